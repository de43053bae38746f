"""Cases of boxes, or of polygons, on one flat picture, as most are: drawn as records of COCO in one step.

`draw` says how any case is drawn. What both say of such a case is the same.
Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain, islice
from operator import mul, sub
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.casefile import LoadedCase
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

    from annoconv.model import AnyAnnotation, BboxAnnotation, Case
    from annoconv_converters.coco.outlines import Outline

__all__ = ["DrawnPlain", "document_of", "drawn_plain", "each_drawn_plain"]

Record: TypeAlias = "dict[str, Any]"

_OF_POLYGON: Final = frozenset({"id", "category", "label_code", "type", "polygon"})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_TOGETHER: Final = 1000
"""Polygons that are measured at a time."""


class DrawnPlain(Drawing):
    """A case of boxes, or of polygons, as a picture.

    Attributes
    ----------
    places
        The last member of each annotation, which says where it is.
    """

    places: list[Record]


def document_of(drawing: Drawing, labels: list[Record], kept: Record) -> Record:
    """Return the case of a drawing as JSON values.

    Parameters
    ----------
    drawing
        Of the case.
    labels, kept
        Its labels, and what it holds of the COCO file that it came from, which are JSON values already.
    """
    case = drawing.loaded.case
    apart: Record = {"annotations": []} if isinstance(drawing, DrawnPlain) else {}
    if case.labels is not None:
        apart["labels"] = []
    if case.extensions is not None:
        apart["extensions"] = {**case.extensions, EXTENSION: None} if EXTENSION in case.extensions else case.extensions
    document: Record = strict_json.plain(case.model_copy(update=apart))
    if case.labels is not None:
        document["labels"] = labels
    if EXTENSION in document.get("extensions", ()):
        document["extensions"][EXTENSION] = kept
    if not isinstance(drawing, DrawnPlain):
        return document
    document["annotations"] = [
        {"id": each.id, "category": each.category.value, "label_code": each.label_code, "type": each.type} | place
        for each, place in zip(case.annotations, drawing.places, strict=True)
    ]
    return document


def each_drawn_plain(cases: Iterable[LoadedCase]) -> Iterator[tuple[LoadedCase, DrawnPlain | None]]:
    """Yield cases, each as a picture with records; None of one that is more than boxes, or than polygons, or has none.

    Cases of polygons are held until there are some, which are measured together.
    """
    waiting: list[LoadedCase] = []
    count = 0
    for each in _with_end(cases):
        if isinstance(each, LoadedCase) and _is_of_polygons(each.case):
            waiting.append(each)
            count += len(each.case.annotations)
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


def drawn_plain(loaded: LoadedCase) -> DrawnPlain | None:
    """Return a case as a picture with records; None if it is more than boxes, or than polygons, or has none."""
    if _is_of_polygons(loaded.case):
        return next(_of_polygons([loaded]))
    boxes = boxes_of(loaded) if loaded.case.annotations else None
    if boxes is None:
        return None
    annotations = cast("list[BboxAnnotation]", loaded.case.annotations)
    (picture,) = boxes.pictures
    return _drawn(loaded, picture.record, _boxes(annotations), [{"bbox": each.bbox} for each in annotations])


def _is_of_polygons(case: Case) -> bool:
    """Tell whether a case is one flat picture with polygons, and these have each an id of its own."""
    image, polygons = case.image, case.annotations
    is_flat = image.shape is not None and len(image.shape) == 2 and image.model_fields_set <= _OF_IMAGE
    is_one = is_flat and not case.related_images and bool(polygons) and all(map(_is_polygon, polygons))
    return is_one and len({each.id for each in polygons}) == len(polygons)


def _of_polygons(cases: Sequence[LoadedCase]) -> Iterator[DrawnPlain | None]:
    """Yield cases of polygons, each as a picture with records; None of one with what is too far or too small."""
    told = [cast("list[PolygonAnnotation]", each.case.annotations) for each in cases]
    outlines = iter(outlines_of([[[*chain.from_iterable(one.polygon)]] for each in told for one in each]))
    for loaded, polygons in zip(cases, told, strict=True):
        known = [each for each in islice(outlines, len(polygons)) if each]
        places = [{"polygon": each.polygon} for each in known]
        image = loaded.case.image
        columns, rows = image.shape or (0, 0)
        record = picture_record(image, columns, rows, own_name(image))
        is_whole = len(known) == len(polygons)
        yield _drawn(loaded, record, _polygons(polygons, known), places) if is_whole else None


def _drawn(loaded: LoadedCase, record: Record, shapes: Sequence[Shape], places: list[Record]) -> DrawnPlain:
    image = loaded.case.image
    drawing = DrawnPlain(loaded, loaded, {}, planes={image.uid: Planes("k", 1, record["height"], record["width"])})
    drawing.places = places
    drawing.place(image.uid, 0, Picture(record, [*shapes], {"uid": image.uid}, address=address_of(image)))
    return drawing


def _boxes(annotations: list[BboxAnnotation]) -> list[Shape]:
    x, y, x_max, y_max = zip(*(each.bbox for each in annotations), strict=True)
    widths, heights = [*map(sub, x_max, x)], [*map(sub, y_max, y)]
    areas = each_tidy(map(mul, widths, heights))
    sizes = zip(x, y, each_tidy(widths), each_tidy(heights), strict=True)
    return [
        Shape(_record(each, [], area, [*size]), key={"id": each.id, "type": "bbox"})
        for each, area, size in zip(annotations, areas, sizes, strict=True)
    ]


def _polygons(annotations: list[PolygonAnnotation], outlines: list[Outline]) -> list[Outlined]:
    return [
        Outlined(
            _record(each, outline.segmentation, outline.drawn_area, outline.drawn_box),
            key={"id": each.id, "type": "polygon"},
            outline=outline,
        )
        for each, outline in zip(annotations, outlines, strict=True)
    ]


def _record(annotation: AnyAnnotation, segmentation: list[list[float]], area: float, box: list[float]) -> Record:
    return {
        "id": annotation.id,
        "category_id": annotation.label_code,
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
