"""Cases of boxes, or of polygons, on one flat picture, as most are: drawn as records of COCO in one step.

`draw` says how any case is drawn. What both say of such a case is the same.
Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain, islice
from operator import mul, sub
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.casefile import LoadedCase
from annoconv.casefile.column_cases import as_columns, outline_case_of
from annoconv.casefile.columns import BOX, RING
from annoconv.documents import strict_json
from annoconv_converters._pictures.boxes import boxes_of, record_of
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import Drawing
from annoconv_converters._pictures.geometry import each_tidy
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile.column_cases import ColumnCase
    from annoconv.casefile.columns import BoxColumns, OutlineColumns
    from annoconv_converters.coco.outlines import Outline

__all__ = ["document_of", "drawn_plain", "each_drawn_plain"]

Record: TypeAlias = "dict[str, Any]"

_TOGETHER: Final = 1000
"""Polygons that are measured at a time."""


def document_of(drawing: Drawing, labels: list[Record], kept: Record) -> Record:
    """Return the case of a drawing as JSON values.

    Parameters
    ----------
    drawing
        Of the case.
    labels, kept
        Its labels, and what it holds of the COCO file that it came from, which are JSON values already.
    """
    if (boxes := as_columns(drawing.loaded)) is not None:
        document = boxes.as_document()
    else:
        case = drawing.loaded.case
        apart: Record = {} if case.labels is None else {"labels": []}
        if EXTENSION in (case.extensions or {}):
            apart["extensions"] = {**(case.extensions or {}), EXTENSION: None}
        document = strict_json.plain(case.model_copy(update=apart))
    if "labels" in document:
        document["labels"] = labels
    if EXTENSION in document.get("extensions", ()):
        document["extensions"] = {**document["extensions"], EXTENSION: kept}
    return document


def each_drawn_plain(cases: Iterable[LoadedCase]) -> Iterator[tuple[LoadedCase, Drawing | None]]:
    """Yield cases, each as a picture with records; None of one that is more than boxes, or than polygons, or has none.

    Cases of polygons are held until there are some, which are measured together.
    """
    waiting: list[tuple[LoadedCase, ColumnCase]] = []
    count = 0
    for each in _with_end(cases):
        outlined = outline_case_of(each) if isinstance(each, LoadedCase) else None
        if isinstance(each, LoadedCase) and outlined is not None:
            waiting.append((each, outlined))
            count += len(outlined.annotation_ids)
            if count < _TOGETHER:
                continue
        yield from zip((loaded for loaded, _ in waiting), _of_outlines([told for _, told in waiting]), strict=True)
        if isinstance(each, Exception):
            raise each
        if each is not None and outlined is None:
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
    outlined = outline_case_of(loaded)
    if outlined is not None:
        return next(_of_outlines([outlined]))
    boxes = boxes_of(loaded) if loaded.annotation_ids else None
    if boxes is not None:
        (picture,) = boxes.pictures
        boxes.pictures = [Picture(picture.record, _boxes(boxes.told), picture.key, address=picture.address)]
    return boxes


def _of_outlines(cases: Sequence[ColumnCase]) -> Iterator[Drawing | None]:
    """Yield cases of outlines, each as a picture with records; None of one with what is too far or too small."""
    told = [cast("OutlineColumns", each.columns) for each in cases]
    rings = chain.from_iterable(each.rings for each in told)
    outlines = iter(outlines_of([{"segmentation": [[*chain.from_iterable(ring)]]} for ring in rings]))
    for case, columns in zip(cases, told, strict=True):
        known = [each for each in islice(outlines, len(columns.ids)) if each]
        yield _drawn(case, columns, known) if len(known) == len(columns.ids) else None


def _drawn(case: ColumnCase, told: OutlineColumns, outlines: list[Outline]) -> Drawing:
    uid, (record, address) = case.image_uid, record_of(case)
    drawing = Drawing(case, case, {}, planes={uid: Planes("k", 1, record["height"], record["width"])})
    shapes: list[Shape] = [*_outlined(told, outlines)]
    drawing.place(uid, 0, Picture(record, shapes, {"uid": uid}, address=address))
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


def _outlined(told: OutlineColumns, outlines: list[Outline]) -> Iterator[Outlined]:
    for identity, code, outline in zip(told.ids, told.codes, outlines, strict=True):
        record = _record(identity, code, outline.segmentation, outline.drawn_area, outline.drawn_box)
        yield Outlined(record, key={"id": identity, "type": RING}, outline=outline)


def _record(identity: str, code: str, segmentation: list[list[float]], area: float, box: list[float]) -> Record:
    return {
        "id": identity,
        "category_id": code,
        "segmentation": segmentation,
        "area": area,
        "bbox": box,
        "iscrowd": 0,
    }
