"""Cases that are one flat picture with boxes and nothing else, as most are: drawn, and kept while they wait, in a step.

`draw` says how any case is drawn. What both say of such a case is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.documents import strict_json
from annoconv.model import BboxAnnotation
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.draw import Drawing, picture_record
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.spool import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.model import AnyAnnotation, Case, Label

__all__ = ["Boxes", "boxes_of"]

Record: TypeAlias = "dict[str, Any]"
Told: TypeAlias = "tuple[str, str, str, list[float]]"
"""Id, category, label code and sides of a box, `x_min, y_min, x_max, y_max`."""

_TYPE: Final = "bbox"
_FIELDS: Final = frozenset({"id", "category", "label_code", "type", "bbox"})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_SIDES: Final = 4


class Boxes(Drawing):
    """A case of boxes as a picture, of which texts and numbers wait in a file."""

    def as_document(self) -> Record:
        """Return the case as JSON values, but for its labels, which others have too."""
        case = self.loaded.case
        frame = strict_json.plain(case.model_copy(update={"annotations": [], "labels": case.labels and []}))
        return {**frame, "annotations": [_annotation(*told) for told in _told_of(case)]}

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes it again, once it waits."""
        (picture,), document = self.pictures, self.document
        told = [(each["id"], each["category"], each["label_code"], each["bbox"]) for each in document["annotations"]]
        sizes = [shape.record["bbox"] for shape in picture.shapes]
        kept = {**document, "annotations": told}, sizes, picture.record, picture.address
        return _again, (*kept, self.loaded.path, self.labels, self.listed)


def boxes_of(loaded: LoadedCase) -> Boxes | None:
    """Return a case as a picture with the boxes that its annotations are; None if these or their image say more."""
    case = loaded.case
    image, shape = case.image, case.image.shape
    if shape is None or len(shape) != 2 or not image.model_fields_set <= _OF_IMAGE or case.related_images:
        return None
    if not all(map(_is_box, case.annotations)):
        return None
    told = _told_of(case)
    if len({identity for identity, *_ in told}) < len(told):
        return None
    columns, rows = shape
    drawing = Boxes(loaded, loaded, {})
    sizes = [_sized(*sides) for *_, sides in told]
    _draw(drawing, image.uid, picture_record(image, columns, rows, own_name(image)), address_of(image), told, sizes)
    return drawing


def _again(
    document: Record,
    sizes: list[list[float]],
    record: Record,
    address: str | None,
    path: Path | None,
    labels: list[Label] | None,
    listed: list[Label],
) -> Boxes:
    """Return a case that waited: its document, what is told of its boxes in the place of its annotations, and more."""
    told = document["annotations"]
    document["annotations"] = [_annotation(*each) for each in told]
    loaded = Waiting(document, path)
    drawing = Boxes(loaded, loaded, {}, document=document, labels=labels, listed=listed)
    _draw(drawing, document["image"]["uid"], record, address, told, sizes)
    return drawing


def _draw(
    drawing: Boxes, uid: str, record: Record, address: str | None, told: Iterable[Told], sizes: Iterable[list[float]]
) -> None:
    """Put a picture with its boxes in a drawing, of which each record has as much as any format of pictures asks."""
    shapes = [
        Shape({"id": identity, "category_id": code, "bbox": size}, key={"id": identity, "type": _TYPE})
        for (identity, _, code, _), size in zip(told, sizes, strict=True)
    ]
    drawing.planes[uid] = Planes("k", 1, record["height"], record["width"])
    drawing.place(uid, 0, Picture(record, shapes, {"uid": uid}, address=address))


def _sized(x: float, y: float, x_max: float, y_max: float) -> list[float]:
    """Return the corner and the size of a box, as `flat_box_to_record` does."""
    return [x, y, tidy(x_max - x), tidy(y_max - y)]


def _told_of(case: Case) -> list[Told]:
    annotations = cast("list[BboxAnnotation]", case.annotations)
    return [(each.id, each.category.value, each.label_code, each.bbox) for each in annotations]


def _annotation(identity: str, category: str, code: str, sides: list[float]) -> Record:
    return {"id": identity, "category": category, "label_code": code, "type": _TYPE, "bbox": sides}


def _is_box(annotation: AnyAnnotation) -> bool:
    """Tell whether an annotation is a class and a box in a picture, and says nothing else; its numbers are floats."""
    return (
        type(annotation) is BboxAnnotation
        and annotation.model_fields_set <= _FIELDS
        and len(annotation.bbox) == _SIDES
        and set(map(type, annotation.bbox)) == _FLOATS
    )
