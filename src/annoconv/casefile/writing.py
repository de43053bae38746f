"""Cases to disk: a file, lines, or folders, with their masks, whole or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import NOTHING
from annoconv.casefile.column_cases import as_columns
from annoconv.casefile.loaded import as_loaded, checked, every_case, masks_folder, renamed, without_masks_folder
from annoconv.casefile.reading import CASE_ENDINGS, CASE_NAME, mask_annotations
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.errors import InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.files.inputs import limits_of, paths_of
from annoconv.files.names import check_ending, is_inner, mask_path
from annoconv.ids import case_name
from annoconv.messages import Message
from annoconv.model import SCHEMA_VERSION, Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from annoconv.casefile.column_cases import ColumnCase
    from annoconv.casefile.loaded import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.model import AnyAnnotation

__all__ = ["FolderBeside", "write_case", "write_cases"]

_TOGETHER: Final = 1_000
"""Annotations that are written at a time."""
_ANNOTATIONS: Final = b'\n  "annotations": ['
"""Where they begin in a case of its own file; within other members there is more space before a name."""
_END: Final = b"\n  ]\n}\n"
"""What stands behind them if nothing else does."""


def write_case(case: LoadedCase | Reading | Case, target: Path | str, *, overwrite: bool = False) -> list[Path]:
    """Write one case: a `.json` or `.jsonl` file with its masks in `x.masks`, or a folder with `case.json`.

    Returns
    -------
    list of Path
        The case file.

    Raises
    ------
    OutputExistsError
        If the target or its folder of masks exists and `overwrite` is false.
    MaskError
        If a mask is missing or the masks of one file overlap; then nothing is written.
    """
    return write_cases(case, target, overwrite=overwrite, is_one=True)


def write_cases(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    overwrite: bool = False,
    is_one: bool = False,
    as_read: bool = False,
    limits: Limits | None = None,
) -> list[Path]:
    """Write cases as they come: to a `.jsonl` file, one a line; to a `.json` file, if it is one; else to a folder.

    Parameters
    ----------
    cases
        Cases with their masks; none is held longer than it takes to write it.
    target
        A name that ends in neither is a folder: `case.json` for one case, `{case_id}/case.json` for several.
    overwrite
        Whether existing outputs are replaced: a case file whatever it is, a folder if annoconv wrote all that is in it.
    is_one
        That there is only one case is known, and need not be found out by asking for a second.
    as_read
        That nothing was changed in the cases since they were read is known; else each is checked again.
    limits
        What readers take: a longer line, or a larger document, is not written.

    Returns
    -------
    list of Path
        The case files.

    Raises
    ------
    OutputExistsError
        If the target or its folder of masks exists and may not be replaced.
    UsageError
        If the name has the ending of another kind of file, or there are several cases for a `.json` file.
    DocumentError
        If a case was changed in place into what the schema does not allow.
    LimitError
        If a line or a document exceeds the limits; then nothing is written.

    Notes
    -----
    All of it appears at once. The masks of `x.json` and of `x.jsonl` are in the folder `x.masks` beside it. In a
    `.jsonl` file, a case whose mask paths an earlier one took has its masks in a folder named by its id,
    or by that and its position from 1 where another case of this id has such a folder.
    """
    (target,), every, limits = paths_of([target]), every_case(cases), limits_of(limits)
    check_ending(target, CASE_ENDINGS)
    cases = map(without_masks_folder, every if as_read else map(checked, every))
    if target.suffix == ".jsonl":
        return _write_lines(cases, target, overwrite, limits)
    if target.suffix == ".json":
        return _write_file(cases, target, overwrite, limits)
    return _write_folder(iter(cases), target, overwrite, is_one, limits)


def _write_lines(
    cases: Iterable[LoadedCase | Reading], target: Path, overwrite: bool, limits: Limits | None
) -> list[Path]:
    taken: set[str] = set()
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target, overwrite=overwrite))
        beside = FolderBeside(target, outputs, overwrite)
        with temporary.open("wb") as file:
            for position, loaded in enumerate(cases):
                boxes = as_columns(as_loaded(loaded))
                names = {} if boxes is not None else {name: name for name in _files_of(loaded)}
                if taken & names.keys():
                    folder = _folder_name(loaded.case, position)
                    if any(name.startswith(f"{folder}/") for name in taken):  # of another case of this id
                        folder = f"{folder}-{position + 1}"
                    names = {name: f"{folder}/{name}" for name in names}
                taken |= {*names.values()}
                line = _of_boxes(boxes) if boxes is not None else _document(beside.write(loaded, names))
                strict_json.check_line(line, position + 1, target, limits)
                file.write(line)
    return [target]


def _write_file(
    cases: Iterable[LoadedCase | Reading], target: Path, overwrite: bool, limits: Limits | None
) -> list[Path]:
    several = UsageError(
        "there are several cases",
        source=target,
        found=Message("more than one"),
        expected="one for a .json file",
        advice="Name a .jsonl file or a folder",
    )
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target, overwrite=overwrite))
        beside = FolderBeside(target, outputs, overwrite)
        for position, loaded in enumerate(cases):
            if position:
                raise several
            case = beside.write(loaded, {name: name for name in _files_of(loaded)})
            _put(temporary, case, target, limits)
        if not temporary.exists():
            raise InputError(
                "there is no case to write",
                source=target,
                found=NOTHING,
                expected="a case at least",
                advice="Name one source at least",
            )
    return [target]


class FolderBeside:
    """The folder of masks beside a case file, made when there is a first mask."""

    def __init__(self, target: Path, outputs: ExitStack, overwrite: bool) -> None:
        self._target, self._outputs, self._overwrite = target, outputs, overwrite
        self._folder: Path | None = None
        self._copied: dict[str, str] = {}
        """From the names of files that were copied to their new ones."""

    def write(self, loaded: LoadedCase | Reading, names: Mapping[str, str]) -> Case:
        """Write the masks and fields of a case; return it with their new paths."""
        from annoconv.casefile.mask_files import write_fields, write_masks

        if not names:
            return loaded.case
        folder, name = self._made(), masks_folder(self._target).name
        case = renamed(loaded.case, {each: f"{name}/{short}" for each, short in names.items()})
        case = write_masks(case, loaded.masks, folder, is_from_disk=_is_from_disk(loaded))
        write_fields(case, loaded.fields, folder)
        return case

    def copy(self, document: dict[str, Any], source: Path) -> list[str]:
        """Copy the files that a document of a case file names, and name the copies in it; return what is not there."""
        from annoconv.casefile.mask_files import copy_file

        missing: list[str] = []
        members = (*document.get("annotations", ()), *document.get("registrations", ()))
        for one, key in ((one, key) for one in members for key in ("mask_file", "field_file") if key in one):
            name: str = one[key]
            path = mask_path(source.parent, name)
            if not path.is_file():
                missing.append(name)
                continue
            if name not in self._copied:
                short = name.removeprefix(f"{masks_folder(source).name}/")
                self._copied[name] = f"{masks_folder(self._target).name}/{short}"
                copy_file(path, self._made(), self._copied[name])
            one[key] = self._copied[name]
        return missing

    def _made(self) -> Path:
        """Return the folder in which the folder of masks stands while it is written."""
        if self._folder is None:
            place = masks_folder(self._target)
            if not is_inner(place.name) or not place.name.isprintable():
                raise UsageError(
                    "a case cannot name files in this folder",
                    source=place,
                    found=place.name,
                    expected="a name of printable characters without / \\ and :",
                    advice="Choose another name",
                )
            folder = self._outputs.enter_context(replacing(place, overwrite=self._overwrite, of=self._target))
            folder.mkdir()
            self._folder = folder.parent
        return self._folder


def _write_folder(
    cases: Iterator[LoadedCase | Reading], target: Path, overwrite: bool, is_one: bool, limits: Limits | None
) -> list[Path]:
    from annoconv.casefile.mask_files import write_fields, write_masks

    written: list[Path] = []
    taken: set[str] = set()
    with replacing(target, overwrite=overwrite) as temporary:
        temporary.mkdir()
        first = next(cases, None)
        second = None if is_one else next(cases, None)
        for position, loaded in enumerate(_chain(first, second, cases)):
            place = Path() if second is None else Path(_folder_name(loaded.case, position))
            if f"{place}".casefold() in taken:
                raise InputError(
                    "two cases would have the same folder",
                    source=target,
                    found=str(place),
                    expected="distinct case_id, also by case",
                    advice="Give one of them another case_id, or name a .jsonl file",
                )
            taken.add(f"{place}".casefold())
            folder = temporary / place
            if second is not None:
                folder.mkdir()
            case = write_masks(loaded.case, loaded.masks, folder, is_from_disk=_is_from_disk(loaded))
            write_fields(case, loaded.fields, folder)
            case_file = place / CASE_NAME
            _put(temporary / case_file, case, target / case_file, limits)
            written.append(target / case_file)
    return written


def _put(temporary: Path, case: Case, target: Path, limits: Limits | None) -> None:
    """Write a case into a file of its own, unless no reader would take it."""
    with temporary.open("wb") as file:
        for text in _texts(case):
            file.write(text)
        strict_json.check_document(file.tell(), target, limits)


def _chain(
    first: LoadedCase | Reading | None, second: LoadedCase | Reading | None, rest: Iterator[LoadedCase | Reading]
) -> Iterator[LoadedCase | Reading]:
    for loaded in (first, second):
        if loaded is not None:
            yield loaded
    yield from rest


def _folder_name(case: Case, position: int) -> str:
    return case_name(case.case_id) if case.case_id else f"case-{position + 1:06d}"


def _files_of(loaded: LoadedCase | Reading) -> list[str]:
    """Return the files that a case brings: its masks, and its displacement fields where they are there."""
    fields = [each for each in loaded.case.registrations or () if each.id in loaded.fields]
    named = [each.mask_file for each in mask_annotations(loaded.case)]
    return named + [each.field_file for each in fields if each.field_file]


def _is_from_disk(loaded: LoadedCase | Reading) -> bool:
    return getattr(loaded, "path", None) is not None


def _texts(case: Case) -> Iterator[bytes]:
    """Yield the text of a case in a file of its own, some annotations at a time, so that it never stands as a whole."""
    if len(case.annotations) <= _TOGETHER:
        yield _document(case, indent=True)
        return
    before, after = _document(_with_annotations(case, []), indent=True).split(_ANNOTATIONS + b"]")
    yield before + _ANNOTATIONS
    for start in range(0, len(case.annotations), _TOGETHER):
        with collector_paused():
            text = strict_json.dumps({"annotations": case.annotations[start : start + _TOGETHER]}, indent=2)
        yield (b"," if start else b"") + text.partition(_ANNOTATIONS)[2].removesuffix(_END)
    yield _END.removesuffix(b"\n}\n") + after


def _with_annotations(case: Case, annotations: list[AnyAnnotation]) -> Case:
    return case.model_copy(update={"annotations": annotations})


def _of_boxes(boxes: ColumnCase) -> bytes:
    return strict_json.dumps({"schema_version": SCHEMA_VERSION, **boxes.as_document()})


def _document(case: Case, *, indent: bool = False) -> bytes:
    with collector_paused():
        document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
        document |= case.model_dump(warnings=False)  # a float may be a decimal, with its digits
        return strict_json.dumps(document, indent=2 if indent else None)
