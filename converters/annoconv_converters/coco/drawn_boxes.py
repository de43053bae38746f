"""Cases of boxes on one flat picture, as most are: drawn as records of COCO in one step, column by column.

`draw` says how any case is drawn. What both say of such a case is the same.
Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from operator import mul, sub
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from annoconv.documents import strict_json
from annoconv_converters._pictures.boxes import boxes_of
from annoconv_converters._pictures.draw import Drawing
from annoconv_converters._pictures.geometry import each_tidy
from annoconv_converters._pictures.records import Picture, Shape

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase
    from annoconv.model import BboxAnnotation

__all__ = ["DrawnBoxes", "document_of", "drawn_boxes"]

Record: TypeAlias = "dict[str, Any]"


class DrawnBoxes(Drawing):
    """A case of boxes as a picture."""


def document_of(drawing: Drawing) -> Record:
    """Return the case of a drawing as JSON values."""
    case = drawing.loaded.case
    if not isinstance(drawing, DrawnBoxes):
        return cast("Record", strict_json.plain(case))
    annotations = [
        {"id": each.id, "category": each.category.value, "label_code": each.label_code, "type": "bbox"}
        | {"bbox": each.bbox}
        for each in cast("list[BboxAnnotation]", case.annotations)
    ]
    return {**strict_json.plain(case.model_copy(update={"annotations": []})), "annotations": annotations}


def drawn_boxes(loaded: LoadedCase) -> DrawnBoxes | None:
    """Return a case as a picture with records of its boxes; None if it is more than that, or has no box."""
    boxes = boxes_of(loaded) if loaded.case.annotations else None
    if boxes is None:
        return None
    annotations = cast("list[BboxAnnotation]", loaded.case.annotations)
    x, y, x_max, y_max = zip(*(each.bbox for each in annotations), strict=True)
    widths, heights = [*map(sub, x_max, x)], [*map(sub, y_max, y)]
    areas = each_tidy(map(mul, widths, heights))
    sizes = zip(x, y, each_tidy(widths), each_tidy(heights), strict=True)
    shapes = [
        Shape(
            {
                "id": each.id,
                "category_id": each.label_code,
                "segmentation": [],
                "area": area,
                "bbox": [*size],
                "iscrowd": 0,
            },
            key={"id": each.id, "type": "bbox"},
        )
        for each, area, size in zip(annotations, areas, sizes, strict=True)
    ]
    drawing = DrawnBoxes(loaded, loaded, {}, planes=boxes.planes)
    (picture,) = boxes.pictures
    drawing.place(picture.key["uid"], 0, Picture(picture.record, shapes, picture.key, address=picture.address))
    return drawing
