"""Cases that are one flat picture with boxes and nothing else, as most are: they are drawn, and wait, as columns.

So are polygons of one ring each, for formats that take columns of them. `draw` says how any case is drawn. What both
say of such a case is the same.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from annoconv.documents import strict_json
from annoconv.model import BboxAnnotation, PolygonAnnotation
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.columns import BOX, RING, BoxPicture, Columns
from annoconv_converters._pictures.draw import NUMBERS, Drawing, picture_record
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.spool import Waiting
from annoconv_converters._raster.polygons import FARTHEST_PIXEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.model import Label

__all__ = ["Boxes", "boxes_of"]

Record: TypeAlias = "dict[str, Any]"

_KINDS: Final = {BboxAnnotation: BOX, PolygonAnnotation: RING}
_FIELDS: Final = frozenset({"id", "category", "label_code", "type"})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_SIDES: Final = 4
_TOGETHER: Final = 500
"""Rings that are looked at together."""


class Told(NamedTuple):
    """What is told of boxes: ids, categories, label codes, and sides `x_min, y_min, x_max, y_max`.

    In place of sides, rings have vertices, pairs of x and y.
    """

    ids: list[str]
    categories: list[str]
    codes: list[str]
    sides: list[list[Any]]
    kind: str = BOX
    """Type of the annotations."""

    def of(self, places: Sequence[int]) -> Told:
        """Return what is told of some of them."""
        ids, categories, codes = ([each[place] for place in places] for each in self[:3])
        return Told(ids, categories, codes, [self.sides[place] for place in places], self.kind)

    @property
    def annotations(self) -> list[Record]:
        """The same as annotations."""
        kind = self.kind
        return [
            {"id": identity, "category": category, "label_code": code, "type": kind, kind: sides}
            for identity, category, code, sides in zip(*self[:3], self.told_sides(), strict=True)
        ]

    def told_sides(self) -> Iterable[list[Any]]:
        """Return the sides as JSON values."""
        return self.sides if self.kind == BOX else ([*map(list, ring)] for ring in self.sides)


class Boxes(Drawing):
    """A case of boxes as a picture, of which texts and numbers wait in a file.

    Attributes
    ----------
    frame
        The case as JSON values without its annotations, once it waits for others.
    told
        Of its boxes.
    """

    frame: Record
    told: Told

    @property
    def document(self) -> Record:
        return _document(self.frame, self.told)

    @document.setter
    def document(self, frame: Record) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field there
        self.frame = frame

    @property
    def categories(self) -> dict[str, str]:
        return dict(zip(reversed(self.told.codes), reversed(self.told.categories), strict=True))

    @property
    def weight(self) -> int:
        rings = self.told.sides if self.told.kind == RING else ()
        return 1 + len(self.told.ids) + sum(2 * len(ring) // NUMBERS for ring in rings)

    @property
    def is_within(self) -> bool:
        """Whether all of its boxes lie in their picture."""
        (picture,) = self.pictures
        most = picture.record["width"], picture.record["height"]
        return all(0 <= x <= x_max <= most[0] and 0 <= y <= y_max <= most[1] for x, y, x_max, y_max in self.told.sides)

    def waiting(self, labels: Sequence[Label] | None, listed: Sequence[Label], told: Any) -> Boxes:
        """Return it in the form in which it waits for others, as `spool.waiting` does any drawing."""
        apart = {"annotations": [], "labels": told}
        fields = vars(self.loaded.case).items()
        self.frame = {
            name: apart[name] if name in apart else strict_json.plain(value)
            for name, value in fields
            if value is not None
        }
        self.loaded = self.shown = _Waiting(self.frame, self.told, self.loaded.path)
        self.labels, self.listed = labels, listed
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes it again, once it waits; its picture is as it was drawn."""
        return _again, (self.frame, self.told, self.loaded.path, (self.labels, self.listed), *self._picture)

    def some(self, places: Sequence[int]) -> Drawing:
        """Return the case with some of its boxes alone, as any drawing that waits."""
        (picture,), told = self.pictures, self.told.of(places)
        found = Drawing(self.loaded, self.shown, {}, planes=self.planes, document=_document(self.frame, told))
        found.pictures = [
            replace(picture, shapes=[Shape({}, key={"id": each, "type": told.kind}) for each in told.ids])
        ]
        found.labels, found.listed = self.labels, self.listed
        return found

    @property
    def _picture(self) -> tuple[Any, ...]:
        (picture,) = self.pictures
        return picture.record, picture.key["uid"], picture.address


class _Waiting(Waiting):
    """A case of boxes that waits."""

    def __init__(self, frame: Record, told: Told, path: Path | None) -> None:
        super().__init__(frame, path)
        self._told = told

    def as_document(self) -> Record:
        return _document(super().as_document(), self._told)


def boxes_of(loaded: LoadedCase, *, with_rings: bool = False) -> Boxes | None:
    """Return a case as a picture with the boxes that its annotations are; None if these or their image say more.

    With rings, those may all be polygons of one ring each, and the image of no known size.
    """
    case = loaded.case
    image, shape = case.image, case.image.shape
    if not image.model_fields_set <= _OF_IMAGE or case.related_images or (shape is not None and len(shape) != 2):
        return None
    kinds = {_KINDS.get(type(each)) for each in case.annotations} or {BOX}
    kind = kinds.pop()
    if kinds or kind is None or (kind == RING and not with_rings) or (kind == BOX and shape is None):
        return None
    annotations = cast("list[BboxAnnotation | PolygonAnnotation]", case.annotations)
    fields = _FIELDS | {kind}
    if not all(each.model_fields_set <= fields for each in annotations):
        return None
    ids = [each.id for each in annotations]
    sides: list[list[Any]] = [getattr(each, kind) for each in annotations]
    if len({*ids}) < len(ids) or not (_are_boxes(sides) if kind == BOX else _are_rings(sides)):
        return None
    categories = [each.category._value_ for each in annotations]
    told = Told(ids, categories, [each.label_code for each in annotations], sides, kind)
    columns, rows = shape or (0, 0)
    record = picture_record(image, columns, rows, own_name(image))
    return _drawn(Boxes(loaded, loaded, {}), told, record, image.uid, address_of(image))


def _again(frame: Record, told: Told, path: Path | None, listed: tuple[Any, Any], *picture: Any) -> Boxes:
    """Return a case of boxes that waits."""
    loaded = _Waiting(frame, told, path)
    labels, of_case = listed
    waiting = Boxes(loaded, loaded, {}, document=frame, labels=labels, listed=of_case)
    return _drawn(waiting, told, *picture)


def _drawn(drawing: Boxes, told: Told, record: Record, uid: str, address: str | None) -> Boxes:
    """Put a picture with its boxes in a drawing; return that."""
    drawing.told = told
    picture = BoxPicture(record, key={"uid": uid}, address=address)
    picture.columns = Columns(told.ids, told.codes, told.sides, told.ids, kind=told.kind)
    drawing.planes[uid] = Planes("k", 1, record.get("height", 0), record.get("width", 0))
    drawing.place(uid, 0, picture)
    return drawing


def _document(frame: Record, told: Told) -> Record:
    return {**frame, "annotations": told.annotations}


def _are_boxes(sides: list[list[float]]) -> bool:
    """Tell whether all are boxes in a picture, of floats."""
    return all(len(each) == _SIDES and set(map(type, each)) == _FLOATS for each in sides)


def _are_rings(rings: list[list[tuple[float, float]]]) -> bool:
    """Tell whether the numbers of all rings are floats near a picture."""
    for start in range(0, len(rings), _TOGETHER):
        numbers = [*chain.from_iterable(chain.from_iterable(rings[start : start + _TOGETHER]))]
        if set(map(type, numbers)) != _FLOATS or not -FARTHEST_PIXEL <= min(numbers) <= max(numbers) <= FARTHEST_PIXEL:
            return False
    return True
