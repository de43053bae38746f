"""Cases that are one flat picture with polygons of one ring each: drawn, waiting, written and compared as columns.

`draw` and `comparison` say it of any case. What both say of such a case is the same. Continuous pixels, x = column,
y = row, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.casefile.column_cases import as_columns
from annoconv.casefile.columns import RING, OutlineColumns
from annoconv.documents import strict_json
from annoconv.model import PolygonAnnotation
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.alike import classes_come_back
from annoconv_converters._pictures.boxes import record_of
from annoconv_converters._pictures.columns import BoxPicture, Columns, held
from annoconv_converters._pictures.comparison import compare_case
from annoconv_converters._pictures.crowds import crowds
from annoconv_converters._pictures.draw import NUMBERS, Drawing, picture_record
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.said import digest_of_name, said_of_rings
from annoconv_converters._pictures.spool import Waiting
from annoconv_converters._raster.polygons import FARTHEST_PIXEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv.model import Label
    from annoconv_converters._pictures.class_lists import WrittenLists
    from annoconv_converters._pictures.records import Picture

__all__ = ["RING", "Outlines", "RingColumns", "compare_outlines", "held_rings", "outlines_of", "ring_picture"]

Record: TypeAlias = "dict[str, Any]"
Ring: TypeAlias = "list[tuple[float, float]]"

_FIELDS: Final = frozenset({"id", "category", "label_code", "type", RING})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_TOGETHER: Final = 500
"""Rings that are looked at together."""


@dataclass(slots=True)
class RingColumns(Columns):
    """Records that are a class and a polygon of one ring and say nothing else.

    Attributes
    ----------
    rings
        Vertices of each, in place of sides.
    """

    rings: list[Ring] = field(default_factory=list["Ring"])

    def shapes(self) -> list[Shape]:
        """Return a shape of each."""
        keys: list[Record] = [{"id": each, "type": RING} for each in self.ids] or [{} for _ in self.numbers]
        is_read = not self.ids
        found: list[Shape] = []
        for number, of, vertices, key in zip(self.numbers, self.classes, self.rings, keys, strict=True):
            ring = [[x, y] for x, y in vertices]
            record: Record = {"id": number, "category_id": of, "segmentation": [[*chain.from_iterable(ring)]]}
            found.append(Shape(record, key=key, pieces=[[ring]], has_parts=is_read, is_outline=is_read or None))
        return found


def held_rings(picture: Picture) -> RingColumns | None:
    """Return the records of a picture that are columns of rings still; None if they are anything else."""
    columns = held(picture)
    return columns if isinstance(columns, RingColumns) else None


def ring_picture(record: Record, rings: RingColumns, **more: Any) -> BoxPicture:
    """Return a picture with rings; `more` as `Picture` takes it."""
    picture = BoxPicture(record, **more)
    picture.columns = rings
    return picture


class Outlines(Drawing):
    """A case of outlines as a picture, of which texts and numbers wait in a file.

    Attributes
    ----------
    frame
        The case as JSON values without its annotations, once it waits for others.
    told
        Of its outlines.
    """

    frame: Record
    told: OutlineColumns

    @property
    def document(self) -> Record:
        return {**self.frame, "annotations": self.told.annotations}

    @document.setter
    def document(self, frame: Record) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field there
        self.frame = frame

    @property
    def categories(self) -> dict[str, str]:
        return dict(zip(reversed(self.told.codes), reversed(self.told.categories), strict=True))

    @property
    def weight(self) -> int:
        return 1 + len(self.told.ids) + sum(2 * len(ring) // NUMBERS for ring in self.told.rings)

    def waiting(self, labels: Sequence[Label] | None, listed: Sequence[Label], told: Any) -> Outlines:
        """Return it in the form in which it waits for others, as `spool.waiting` does any drawing."""
        apart = {"annotations": [], "labels": told}
        self.frame = {
            name: apart[name] if name in apart else strict_json.plain(value)
            for name, value in vars(self.loaded.header).items()
            if value is not None
        }
        self.loaded = self.shown = _Waiting(self.frame, self.told, self.loaded.path)
        self.labels, self.listed = labels, listed
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes it again, once it waits; its picture is as it was drawn."""
        (picture,) = self.pictures
        of_picture = picture.record, picture.key["uid"], picture.address
        return _again, (self.frame, self.told, self.loaded.path, self.labels, self.listed, *of_picture)

    def some(self, places: Sequence[int]) -> Drawing:
        """Return the case with some of its outlines alone, as any drawing that waits."""
        (picture,), (ids, categories, codes, rings) = self.pictures, self.told
        ids, categories, codes = ([of[place] for place in places] for of in (ids, categories, codes))
        told = OutlineColumns(ids, categories, codes, [rings[place] for place in places])
        found = Drawing(self.loaded, self.shown, {}, planes=self.planes)
        found.document = {**self.frame, "annotations": told.annotations}
        found.pictures = [replace(picture, shapes=[Shape({}, key={"id": each, "type": RING}) for each in told.ids])]
        found.labels, found.listed = self.labels, self.listed
        return found


class _Waiting(Waiting):
    """A case of outlines that waits."""

    def __init__(self, frame: Record, told: OutlineColumns, path: Path | None) -> None:
        super().__init__(frame, path)
        self._told = told

    def as_document(self) -> Record:
        return {**super().as_document(), "annotations": self._told.annotations}


def outlines_of(loaded: LoadedCase) -> Outlines | None:
    """Return a case as a picture with the outlines that its annotations are; None if these or their image say more."""
    if (known := as_columns(loaded)) is not None:
        told = known.columns
        if not isinstance(told, OutlineColumns) or not _are_near(told.rings):
            return None
        told = told._replace(rings=[[*map(tuple, ring)] for ring in told.rings])
        record, address = record_of(known)
        return _drawn(Outlines(known, known, {}), told, record, known.image_uid, address)
    case = loaded.case
    image, shape = case.image, case.image.shape
    if not image.model_fields_set <= _OF_IMAGE or case.related_images or (shape is not None and len(shape) != 2):
        return None
    if not case.annotations or not all(map(_is_outline, case.annotations)):
        return None
    annotations = cast("list[PolygonAnnotation]", case.annotations)
    ids, rings = [each.id for each in annotations], [each.polygon for each in annotations]
    if len({*ids}) < len(ids) or not _are_near(rings):
        return None
    categories = [each.category._value_ for each in annotations]
    told = OutlineColumns(ids, categories, [each.label_code for each in annotations], rings)
    columns, rows = shape or (0, 0)
    record = picture_record(image, columns, rows, own_name(image))
    return _drawn(Outlines(loaded, loaded, {}), told, record, image.uid, address_of(image))


def _is_outline(annotation: object) -> bool:
    return type(annotation) is PolygonAnnotation and annotation.model_fields_set <= _FIELDS


def _are_near(rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    """Tell whether the numbers of all rings are floats near a picture."""
    for start in range(0, len(rings), _TOGETHER):
        numbers = [*chain.from_iterable(chain.from_iterable(rings[start : start + _TOGETHER]))]
        if set(map(type, numbers)) != _FLOATS or not -FARTHEST_PIXEL <= min(numbers) <= max(numbers) <= FARTHEST_PIXEL:
            return False
    return True


def _again(frame: Record, told: OutlineColumns, path: Path | None, labels: Any, listed: Any, *picture: Any) -> Outlines:
    """Return a case of outlines that waits."""
    loaded = _Waiting(frame, told, path)
    return _drawn(Outlines(loaded, loaded, {}, document=frame, labels=labels, listed=listed), told, *picture)


def _drawn(drawing: Outlines, told: OutlineColumns, record: Record, uid: str, address: str | None) -> Outlines:
    """Put a picture with its outlines in a drawing; return that."""
    drawing.told = told
    columns = RingColumns(told.ids, told.codes, ids=told.ids, rings=cast("list[Ring]", told.rings))
    drawing.planes[uid] = Planes("k", 1, record.get("height", 0), record.get("width", 0))
    drawing.place(uid, 0, ring_picture(record, columns, key={"uid": uid}, address=address))
    return drawing


def compare_outlines(
    drawing: Outlines,
    read: Sequence[Picture],
    lists: WrittenLists,
    task: str,
    reasons: Reasons,
    case_index: int,
    *,
    is_said: bool,
) -> tuple[list[Loss], Record] | None:
    """Return what `compare_case` does, what its records say noted with their keys; None if that is to be asked.

    It is asked of the first outline of each class. So it is of all if one of these comes back as another one, or if the
    rings that were read are not those that were drawn.
    """
    told, found = drawing.told, held_rings(read[0]) if len(read) == 1 else None
    if found is None or found.rings is not told.rings or crowds(drawing.frame, told.ids):
        return None
    if not classes_come_back(told.codes, told.categories, found.classes, drawing, lists):
        return None
    places = sorted({of: place for place, of in reversed([*enumerate(found.classes)])}.values())
    numbers, classes = ([of[place] for place in places] for of in (found.numbers, found.classes))
    some = RingColumns(numbers, classes, rings=[found.rings[place] for place in places])
    shown = replace(read[0], shapes=some.shapes())
    losses, entry = compare_case(
        drawing.some(places), [shown], lists, task, reasons, case_index, plain=False, is_said=is_said
    )
    of_outlines = [loss for loss in losses if loss.path.startswith("/annotations/")]
    residual = entry["residual"]
    paths = [*(path for path, _ in residual["values"]), *residual["removed"]]
    ids = [f"/annotations/{place}/id" for place in range(len(places))]
    if [loss.path for loss in of_outlines] != ids or any(path[:1] == ["annotations"] for path in paths):
        return None
    (picture,), of_id = entry["pictures"], of_outlines[0]
    order = [[path, told.ids if path == ["annotations"] else members] for path, members in residual["order"]]
    own = {**picture, "annotations": [*_keys(told, found, lists)]}
    entry = {**entry, "pictures": [own], "residual": {**residual, "order": order}}
    every = [of_id._replace(path=f"/annotations/{place}/id") for place in range(len(told.ids))]
    return [*every, *(loss for loss in losses if loss not in of_outlines)], entry


def _keys(told: OutlineColumns, found: RingColumns, lists: WrittenLists) -> Iterator[Record]:
    """Yield the keys of outlines with what they say."""
    names = {each: digest_of_name(lists.known.name_of(each)) for each in {*found.classes}}
    parts = (found.rings[start : start + _TOGETHER] for start in range(0, len(found.rings), _TOGETHER))
    outlines = chain.from_iterable(map(said_of_rings, parts))
    for identity, of, outline, number in zip(told.ids, found.classes, outlines, found.numbers, strict=True):
        yield {"id": identity, "type": RING, "said": [names[of], *outline, {}], "number": str(number)}
