"""Cases of boxes, or of polygons, that say more than their file: what travels beside it of those that are alike.

Of cases that differ in the names of their pictures, their annotations and what they keep of other files alone, one is
compared with what is read of it. What is told of that one is told of the others, if all their annotations come back.
`compare` says it of any case. What both say of such a case is the same.
Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.column_cases import as_columns
from annoconv.casefile.columns import BOX, RING
from annoconv.documents import strict_json
from annoconv.loss import Loss
from annoconv_converters._pictures.class_lists import CLASSES
from annoconv_converters._pictures.kept_parts import KeptParts
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.said import said_of
from annoconv_converters.coco.finish import identity_loss
from annoconv_converters.coco.ids import moved
from annoconv_converters.coco.reasons import REASONS
from annoconv_converters.coco.records import objects_in
from annoconv_converters.coco.redrawn import class_numbers, columns_again, image_again, records_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import CaseFrame
    from annoconv.codes import Labels
    from annoconv.documents.losses import Carrier
    from annoconv.model import Case
    from annoconv_converters.coco.classes import Classes, Told
    from annoconv_converters.coco.drawn_plain import PlainCase

__all__ = ["Alike", "CarriedCases", "CaseTold"]

Record: TypeAlias = "dict[str, Any]"

_BOXES: Final = "annotations"
_KEPT: Final = "extensions"
_OWN: Final = frozenset({"uid", "files", "extensions"})
"""What an image says of its name."""


class CaseTold(NamedTuple):
    """What is told of a case, but of its annotations and of what it keeps.

    Attributes
    ----------
    frame, image
        What it says beside its picture and its annotations, and what its picture says beside its name.
    listed, classes
        The classes that are read of its labels, and the ids of those of its list.
    losses, residual
        What is lost or carried, and what our key holds.
    case
        The case.
    """

    frame: CaseFrame
    image: bytes
    listed: Sequence[Record]
    classes: Sequence[Any]
    losses: list[Loss]
    residual: Record
    case: Case


class Alike(NamedTuple):
    """A case that is like one before it: what is told of that, the record of its picture, members of its records."""

    told: CaseTold
    image: Record
    columns: dict[str, list[Any]]


class CarriedCases:
    """Tells of one case after the other what is carried of it, if it is like the one before.

    Parameters
    ----------
    classes
        Of the file that is written.
    carrier
        What carries it.
    """

    def __init__(self, classes: Classes, carrier: Carrier) -> None:
        self._classes = classes
        self._parts = KeptParts(REASONS, carrier)
        self._told: CaseTold | None = None

    def note(
        self, loaded: LoadedCase | None, kept: Record, case: Case, told: Told, key: Record, losses: Sequence[Loss]
    ) -> None:
        """Note what is told of a case with these labels.

        Parameters
        ----------
        loaded, kept
            The case, if it says more than its file whatever is drawn of it, and what it keeps of a COCO file.
        case, told
            Its typed form, and its labels.
        key, losses
            Of its picture, and what is lost or carried.
        """
        self._told = None
        known = None if loaded is None else as_columns(loaded)
        residual, classes = key.get("residual"), key.get(CLASSES)
        if known is None or not residual or not classes or image_again(known, kept.get("image")) is None:
            return
        rest = [each for each in residual["values"] if each[0][0] != _KEPT]
        places = [*(path for path, _ in rest), *residual["removed"]]
        places += [path for path, _ in residual["order"] if path != [_BOXES]]
        if residual["values"][: len(rest)] != rest or any(map(_is_own, places)):
            return
        own = [each for each in losses if not each.path.startswith((f"/{_KEPT}/", "/labels/"))]
        own = [each for each in own if not (each.path.startswith(f"/{_BOXES}/") and each.path.endswith("/id"))]
        if any(_is_own(each.path.split("/")[1:]) for each in own):
            return
        categories = self._classes.read()
        if categories.apart(classes) is categories:
            listed = categories.whole.list_with((), told.codes)
            told_residual = {**residual, "values": rest}
            self._told = CaseTold(known.frame, _rest(known.image), listed, classes, own, told_residual, case)

    def alike(self, plain: PlainCase, kept: Record, told: Told, labels: Labels) -> Alike | None:
        """Return a case that is like the one before; None if it is not, or its annotations may not come back.

        Parameters
        ----------
        plain, kept
            The case, and what it keeps of a COCO file.
        told, labels
            The labels of the case before it.
        """
        case, known = plain.case, self._told
        if known is None or case.frame is not known.frame or not plain.comes_back or _rest(case.image) != known.image:
            return None
        image, columns = image_again(case, kept.get("image")), columns_again(plain, kept)
        if image is None or columns is None:
            return None
        classes = objects_in(kept.get("categories"))
        if not self._classes.has(classes, labels):
            self._classes.take(known.case, classes, labels)
        numbers = class_numbers(case, self._classes, known.listed, told, labels)
        categories = self._classes.read()
        meanings = {code: categories[number] for code, number in (numbers or {}).items()}
        if numbers is None or not {*numbers.values()} <= {*known.classes}:
            return None
        if any((each.code, each.category) != (code, case.categories[code]) for code, each in meanings.items()):
            return None
        if moved(kept, [Picture(image)], self._classes.table.moved):
            return None
        columns["category_id"] = [numbers[code] for code in case.columns.codes]
        return Alike(known, image, columns)

    def picture(
        self, found: Alike, plain: PlainCase, kept: Record, numbers: Sequence[Any], case_index: int
    ) -> tuple[Picture, list[Loss]]:
        """Return such a case as a picture with our keys, and what is lost or carried.

        Parameters
        ----------
        found, plain, kept
            The case.
        numbers
            Ids of the records of its annotations.
        case_index
            Of the case.
        """
        known, case = found.told, plain.case
        ids = case.columns.ids
        parts = self._parts.of(case.extensions)
        residual = known.residual
        order = [[path, ids if path == [_BOXES] else members] for path, members in residual["order"]]
        values = [*residual["values"], *(value for each in parts for value in each.values)]
        key = {
            "uid": case.image_uid,
            CLASSES: known.classes,
            "residual": {**residual, "values": values, "order": order},
        }
        losses = [
            Loss(case_index, each.path, each.kind, each.message)
            for some in (known.losses, *(each.losses for each in parts))
            for each in some
        ]
        losses += (
            identity_loss(case_index, place)
            for place, (identity, number) in enumerate(zip(ids, numbers, strict=True))
            if str(number) != identity
        )
        columns = found.columns | {"id": [*numbers], "image_id": [found.image["id"]] * len(ids)}
        shapes = [*self._shapes(ids, records_of(columns, kept), RING if plain.outlines else BOX)]
        return Picture(found.image, shapes, key), losses

    def _shapes(self, ids: Sequence[str], records: Sequence[Record], kind: str) -> Iterator[Shape]:
        name_of = self._classes.read().name_of
        for identity, record in zip(ids, records, strict=True):
            shape = Shape(record, key={"id": identity, "type": kind})
            shape.key["said"] = said_of(shape, name_of(record["category_id"]))
            yield shape


def _is_own(path: Sequence[Any]) -> bool:
    """Tell whether a place is of what cases that are alike have each its own."""
    return path[0] in {_BOXES, _KEPT} or (path[0] == "image" and (len(path) == 1 or path[1] in _OWN))


def _rest(image: Record) -> bytes:
    """Return what an image says beside the name of its picture, as text."""
    return strict_json.dumps({name: value for name, value in image.items() if name not in _OWN})
