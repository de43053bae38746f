"""What a 2-D format does not hold of a case: what is lost, what travels with us, and how that is put back.

A format's own reader says what a file means by itself; the difference to the case travels in a side file beside it, and
of COCO under the key `annoconv` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from annoconv.advice import NOTHING
from annoconv.documents import residuals, strict_json
from annoconv.documents.losses import Compared, report
from annoconv.documents.residuals import pointer
from annoconv.errors import DocumentError, InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.manifest import ending_of
from annoconv.files.names import check_inside
from annoconv.findings import Finding, Level
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._pictures.fitting import fitted
from annoconv_converters._pictures.kept_alike import as_before, carried_of
from annoconv_converters._pictures.records import KEY, are_keys
from annoconv_converters._pictures.side_cases import CASES, SideCases, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from annoconv.casefile.left_out import LeftOut
    from annoconv.documents.losses import Carrier, Reasons
    from annoconv.documents.residuals import Path as Steps
    from annoconv.files.side_files import Side, SideFiles
    from annoconv.limits import Limits
    from annoconv_converters._pictures.cases import PictureCase
    from annoconv_converters._pictures.edited import Edit

__all__ = [
    "FORMAT",
    "PICTURE",
    "SIDE_NAME",
    "SIDE_SUFFIX",
    "VERSION",
    "SideFile",
    "compare",
    "compare_plain",
    "damaged",
    "not_used",
    "nothing_shown",
    "read_side",
    "restored",
    "side_of",
    "told_pictures",
]

Record: TypeAlias = "dict[str, Any]"
T = TypeVar("T")

SIDE_NAME: Final = "annoconv.json"
"""Of the side file in a folder, where no tool takes it for annotations."""
SIDE_SUFFIX: Final = ".annoconv.json"
"""Of the side file beside a file."""
VERSION: Final = 1
"""Of side files; what was written in another one is refused."""
_NO_SIDE: Final = Message(
    "this is no whole side file of this format; put back the one that was written, or remove it to read the file alone"
)
FORMAT: Final = "format"
"""Member of a side file that says of which format the file is that it belongs to."""
PICTURE: Final = ("file_name", "width", "height")
"""What a side file tells of a picture, beside its keys."""
_LISTED: Final = "coco"
"""The format whose side file is a list, which does not say its format."""
_OWNED: Final = ("annotations", "texts")
"""Lists of a case whose members shapes are."""


def side_of(source: Path, sides: SideFiles) -> Side:
    """Return the side file of a file or a folder."""
    return sides.of(source, source / SIDE_NAME if source.is_dir() else source.with_suffix(SIDE_SUFFIX))


def compare(
    original: Record,
    native: Record,
    expected: Record,
    reasons: Reasons,
    carrier: Carrier,
    case_index: int,
    unwritten: LeftOut,
) -> Compared:
    """Return the losses of a case, and what the carrier must take along so that `expected` comes back.

    Parameters
    ----------
    original
        The case.
    native
        What its file gives back, our keys used.
    expected
        The case without what no carrier brings back: masks whose voxels have no place.
    reasons, carrier, case_index, unwritten
        As `report` takes them.
    """
    if expected == original:
        return report(original, native, reasons, carrier, case_index=case_index, unwritten=unwritten)
    left = residuals.residual(original, expected).paths()
    found = report(original, native, reasons, carrier, case_index=case_index, left_out=left, unwritten=unwritten)
    return Compared(found.losses, report(expected, native, reasons, carrier).kept)


def compare_plain(
    original: Record, native: PictureCase, reasons: Reasons, case_index: int, unwritten: LeftOut
) -> list[Loss]:
    """Return the losses of a case whose file is written without a carrier.

    Parameters
    ----------
    original
        The case.
    native
        What its file gives back, our keys not used. Their ids say nothing; its `owners` tell which annotation is which.
    reasons, case_index, unwritten
        As `report` takes them.
    """
    placed = {
        name: _placed(members, native.document[name], native.owners)
        for name, members in original.items()
        if name in _OWNED and name in native.document
    }
    # By position, not by ids, which those of another annotation may equal.
    left = {**original, **{name: dict(enumerate(original[name])) for name in placed}}
    right = {**native.document, **{name: dict(enumerate(members)) for name, members in placed.items()}}
    return report(left, right, reasons, case_index=case_index, unwritten=unwritten).losses


def _placed(members: list[Record], found: list[Record], owners: Mapping[str, str]) -> list[Record]:
    """Return what was found of a list at the places of its owners, without ids of its own; what has none behind."""
    points = {_keypoint(each, {}): each["id"] for each in members if _keypoint(each, {}) is not None}
    by_owner: dict[str, Record] = {}
    others: list[Record] = []
    for each in found:
        owner = owners.get(each["id"]) or points.get(_keypoint(each, owners))
        if owner is None or by_owner.setdefault(owner, each) is not each:
            others.append(each)
    placed = [by_owner.pop(each["id"], {}) for each in members]
    told = [
        {key: value for key, value in each.items() if key != "id" or value == member["id"]}
        for each, member in zip(placed, members, strict=True)
    ]
    return [*told, *by_owner.values(), *others]


def _keypoint(annotation: Record, owners: Mapping[str, str]) -> tuple[str, str] | None:
    """Return of which instance an annotation is which keypoint, as its writer calls that; None if it is none."""
    attributes = annotation.get("attributes", {})
    instance, name = attributes.get("instance"), attributes.get("keypoint")
    if not isinstance(instance, str) or not isinstance(name, str):
        return None
    return owners.get(instance, instance), name


def restored(
    native: Record, residual: Any, source: Path, *, place: str, rule: str, edit: Edit | None = None
) -> tuple[Record, dict[Steps, str]]:
    """Return the case that was written, and what of the carrier does not fit it, if its file was edited.

    Raises
    ------
    DocumentError
        Under `rule`, if `place` holds what we did not put there.
    """

    def odd() -> DocumentError:
        return damaged(Message("{place} cannot be understood", place=place), source, rule=rule)

    def understood(read: Callable[[Any], T]) -> T:
        try:
            return read(residual)
        except (KeyError, TypeError, ValueError) as error:
            raise odd() from error

    unfit: dict[Steps, str] = {}
    known = as_before(native, residual, [each["id"] for each in native["annotations"]]) if edit is None else None
    if known is not None:
        return known, unfit
    carried = understood(carried_of)
    if edit is not None:
        native, carried, unfit = fitted(native, carried, edit)
    try:
        document = residuals.restore(native, carried)
    except (ValueError, RecursionError) as error:  # values that stand within each other, or too deep
        raise odd() from error
    if not isinstance(document, dict):
        raise odd()
    return document, unfit


@dataclass(frozen=True, slots=True)
class SideFile:
    """What stands in a side file.

    Attributes
    ----------
    path
        The side file.
    members
        The object, or the entries of the list.
    main
        SHA-256 of the file that it was written with; None if that does not stand there.
    other
        Ending of the file that it belongs to, if that is not the one that is read.
    """

    path: Path
    members: Any
    main: str | None
    other: str | None


def read_side(
    side: Side, kind: type[dict[str, Any] | list[Any]], format: str, limits: Limits | None
) -> SideFile | None:
    """Return what stands in a side file; None if there is none.

    Parameters
    ----------
    side
        The side file of the file or folder that is read.
    kind
        Whether an object, of which a large one has its cases as `SideCases`, or a list is expected.
    format
        Of the file or folder.
    limits
        Bounds.

    Raises
    ------
    DocumentError
        If it is damaged, of another version, or none of this format. It is never passed over.
    """
    path, main = side.path, side.main
    if path is None:
        return None
    note_inputs([check_inside(path.parent, path)])
    if kind is dict:
        document = read_object(path, limits)
    else:
        document = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits, source=path, exact=True)
    heads: list[Any] = document[:2] if isinstance(document, list) else [document]
    if not heads or not all(isinstance(each, dict) for each in heads):
        raise damaged(None, path)
    head: Record = heads[0] if KEY in heads[0] else {**heads[-1], **heads[0]}
    version, seal = head.get(KEY), head.get("seal")
    if type(version) is not int or (seal is not None and not isinstance(seal, dict)):
        raise damaged(None, path)
    if version != VERSION:
        problem = Message(
            "the side file is of version {found}, version {known} is read; remove it to read the file alone",
            found=version,
            known=VERSION,
        )
        raise damaged(problem, path)
    of = (seal or {}).get("of")
    told = (seal or head).get("main")
    is_other = isinstance(of, str) and main.is_file() and of != ending_of(main) and not side.is_of(told)
    is_list = isinstance(document, list)
    written = _LISTED if is_list and kind is not list else head.get(FORMAT, format)  # not every side file says it
    if written != format and not is_other:
        problem = Message(
            "the side file was written for {found}, not for {format}; read the file with from-{found}, or put the "
            "right side file there",
            found=str(written)[:40],
            format=format,
        )
        raise damaged(problem, path)
    if not isinstance(document, kind) and not is_other:
        raise damaged(None, path)
    return SideFile(path, document, told, of if is_other else None)


def told_pictures(side: Side, format: str, limits: Limits | None) -> Iterator[Record]:
    """Yield name, size and keys of the pictures that a side file tells of; none if there is no side file."""
    read = read_side(side, dict, format, limits)
    cases = None if read is None or read.other is not None else read.members.get(CASES)
    for case in cases if isinstance(cases, list | SideCases) else ():
        listed = case.get("pictures") if isinstance(case, dict) else None
        for each in listed if isinstance(listed, list) else ():
            if (
                isinstance(each, dict)
                and isinstance(each.get("file_name"), str)
                and isinstance(each.get("annotations"), list)
                and are_keys(each["annotations"])
            ):
                yield {name: each[name] for name in (*PICTURE, "annotations") if name in each}


def not_used(side: SideFile, case_index: int) -> Loss:
    """Return the loss of a side file that says itself that it belongs to another file."""
    sentence = Message("the side file belongs to a file that ends in {suffix}; it is not used", suffix=side.other)
    return Loss(case_index, pointer((KEY,)), LossKind.NO_PLACE, sentence)


def nothing_shown(source: Path) -> InputError:
    """Return the error that a file shows no picture any more, so that no case can tell what its side file loses."""
    return InputError(
        "the file shows no picture of those that its side file tells of",
        source=source,
        found=NOTHING,
        expected="a picture at least",
        advice="Remove the side file too, or leave the file out",
    )


def damaged(problem: Message | None, source: Path, *, rule: str = "side.invalid") -> DocumentError:
    """Return the error that a private carrier cannot be understood; without a problem, that it is no side file."""
    problem = problem or _NO_SIDE
    return DocumentError(problem, findings=[Finding(rule, Level.ERROR, "", problem)], source=source)
