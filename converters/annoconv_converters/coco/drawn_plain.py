"""Cases of boxes, or of polygons, on one flat picture, as most are: drawn as records of COCO in one step.

`draw` says how any case is drawn. What both say of such a case is the same.
Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain, islice
from operator import mul, sub
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.casefile import LoadedCase
from annoconv.casefile.boxes import BOX, as_boxes
from annoconv.documents import strict_json
from annoconv.model import PolygonAnnotation
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.boxes import boxes_of
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import Drawing, picture_record
from annoconv_converters._pictures.geometry import each_tidy
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile.boxes import BoxColumns
    from annoconv.model import AnyAnnotation
    from annoconv_converters.coco.outlines import Outline

__all__ = ["DrawnPolygons", "document_of", "drawn_plain", "each_drawn_plain"]

Record: TypeAlias = "dict[str, Any]"

_OF_POLYGON: Final = frozenset({"id", "category", "label_code", "type", "polygon"})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_TOGETHER: Final = 1000
"""Polygons that are measured at a time."""


class DrawnPolygons(Drawing):
    """A case of polygons as a picture.

    Attributes
    ----------
    outlines
        The polygon of each annotation.
    """

    outlines: list[Outline]


def document_of(drawing: Drawing, labels: list[Record], kept: Record) -> Record:
    """Return the case of a drawing as JSON values.

    Parameters
    ----------
    drawing
        Of the case.
    labels, kept
        Its labels, and what it holds of the COCO file that it came from, which are JSON values already.
    """
    document: Record
    if (boxes := as_boxes(drawing.loaded)) is not None:
        document = boxes.as_document()
        if "labels" in document:
            document["labels"] = labels
        if EXTENSION in document.get("extensions", ()):
            document["extensions"] = {**document["extensions"], EXTENSION: kept}
        return document
    case = drawing.loaded.case
    apart: Record = {"annotations": []} if isinstance(drawing, DrawnPolygons) else {}
    if case.labels is not None:
        apart["labels"] = []
    if case.extensions is not None:
        apart["extensions"] = {**case.extensions, EXTENSION: None} if EXTENSION in case.extensions else case.extensions
    document = strict_json.plain(case.model_copy(update=apart))
    if case.labels is not None:
        document["labels"] = labels
    if EXTENSION in document.get("extensions", ()):
        document["extensions"][EXTENSION] = kept
    if not isinstance(drawing, DrawnPolygons):
        return document
    document["annotations"] = [
        {
            "id": each.id,
            "category": each.category.value,
            "label_code": each.label_code,
            "type": each.type,
            "polygon": outline.polygon,
        }
        for each, outline in zip(case.annotations, drawing.outlines, strict=True)
    ]
    return document


def each_drawn_plain(cases: Iterable[LoadedCase]) -> Iterator[tuple[LoadedCase, Drawing | None]]:
    """Yield cases, each as a picture with records; None of one that is more than boxes, or than polygons, or has none.

    Cases of polygons are held until there are some, which are measured together.
    """
    waiting: list[LoadedCase] = []
    count = 0
    for each in _with_end(cases):
        if isinstance(each, LoadedCase) and _is_of_polygons(each):
            waiting.append(each)
            count += len(each.annotation_ids)
            if count < _TOGETHER:
                continue
        yield from zip(waiting, _of_polygons(waiting), strict=True)
        if isinstance(each, Exception):
            raise each
        if each is not None and each not in waiting[-1:]:
            yield each, drawn_plain(each)
        waiting, count = [], 0


def _with_end(cases: Iterable[LoadedCase]) -> Iterator[LoadedCase | Exception | None]:
    """Yield cases and then what ended them: that there are no more, or an error."""
    try:
        yield from cases
    except Exception as error:  # it is raised when those before it are written
        yield error
    else:
        yield None


def drawn_plain(loaded: LoadedCase) -> Drawing | None:
    """Return a case as a picture with records; None if it is more than boxes, or than polygons, or has none."""
    if _is_of_polygons(loaded):
        return next(_of_polygons([loaded]))
    boxes = boxes_of(loaded) if loaded.annotation_ids else None
    if boxes is not None:
        (picture,) = boxes.pictures
        boxes.pictures = [Picture(picture.record, _boxes(boxes.told), picture.key, address=picture.address)]
    return boxes


def _is_of_polygons(loaded: LoadedCase) -> bool:
    """Tell whether a case is one flat picture with polygons, and these have each an id of its own."""
    if as_boxes(loaded) is not None:
        return False
    case = loaded.case
    image, polygons = case.image, case.annotations
    is_flat = image.shape is not None and len(image.shape) == 2 and image.model_fields_set <= _OF_IMAGE
    is_one = is_flat and not case.related_images and bool(polygons) and all(map(_is_polygon, polygons))
    return is_one and len({each.id for each in polygons}) == len(polygons)


def _of_polygons(cases: Sequence[LoadedCase]) -> Iterator[DrawnPolygons | None]:
    """Yield cases of polygons, each as a picture with records; None of one with what is too far or too small."""
    told = [cast("list[PolygonAnnotation]", each.case.annotations) for each in cases]
    outlines = iter(
        outlines_of([{"segmentation": [[*chain.from_iterable(one.polygon)]]} for each in told for one in each])
    )
    for loaded, polygons in zip(cases, told, strict=True):
        known = [each for each in islice(outlines, len(polygons)) if each]
        yield _drawn(loaded, polygons, known) if len(known) == len(polygons) else None


def _drawn(loaded: LoadedCase, polygons: list[PolygonAnnotation], outlines: list[Outline]) -> DrawnPolygons:
    image = loaded.case.image
    columns, rows = image.shape or (0, 0)
    record = picture_record(image, columns, rows, own_name(image))
    drawing = DrawnPolygons(loaded, loaded, {}, planes={image.uid: Planes("k", 1, rows, columns)})
    drawing.outlines = outlines
    shapes: list[Shape] = [*_polygons(polygons, outlines)]
    drawing.place(image.uid, 0, Picture(record, shapes, {"uid": image.uid}, address=address_of(image)))
    return drawing


def _boxes(told: BoxColumns) -> list[Shape]:
    x, y, x_max, y_max = zip(*told.sides, strict=True)
    widths, heights = [*map(sub, x_max, x)], [*map(sub, y_max, y)]
    areas = each_tidy(map(mul, widths, heights))
    sizes = zip(x, y, each_tidy(widths), each_tidy(heights), strict=True)
    return [
        Shape(_record(identity, code, [], area, [*size]), key={"id": identity, "type": BOX})
        for identity, code, area, size in zip(told.ids, told.codes, areas, sizes, strict=True)
    ]


def _polygons(annotations: list[PolygonAnnotation], outlines: list[Outline]) -> list[Outlined]:
    return [
        Outlined(
            _record(each.id, each.label_code, outline.segmentation, outline.drawn_area, outline.drawn_box),
            key={"id": each.id, "type": "polygon"},
            outline=outline,
        )
        for each, outline in zip(annotations, outlines, strict=True)
    ]


def _record(identity: str, code: str, segmentation: list[list[float]], area: float, box: list[float]) -> Record:
    return {
        "id": identity,
        "category_id": code,
        "segmentation": segmentation,
        "area": area,
        "bbox": box,
        "iscrowd": 0,
    }


def _is_polygon(annotation: AnyAnnotation) -> bool:
    """Tell whether an annotation is a class and one ring, and says nothing else; its numbers are floats."""
    return (
        type(annotation) is PolygonAnnotation
        and annotation.model_fields_set <= _OF_POLYGON
        and {*map(type, chain.from_iterable(annotation.polygon))} == _FLOATS
    )
