"""Cases of boxes, or of polygons, on one flat picture, as most are: measured together, and drawn in one step.

`draw` says how any case is drawn. What both say of such a case is the same.
Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.casefile import LoadedCase
from annoconv.casefile.column_cases import as_columns, box_case_of, outline_case_of
from annoconv.casefile.columns import BOX, RING, BoxColumns
from annoconv.documents import strict_json
from annoconv_converters._pictures.boxes import record_of
from annoconv_converters._pictures.columns import array_of
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import Drawing
from annoconv_converters._pictures.geometry import array_rounded
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Picture
from annoconv_converters.coco.boxes import drawn_of_sizes, tidy_numbers
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile.column_cases import ColumnCase
    from annoconv_converters.coco.outlines import Outline

__all__ = ["PlainCase", "document_of", "drawn_plain", "each_drawn_plain"]

Record: TypeAlias = "dict[str, Any]"

_TOGETHER: Final = 1000
"""Annotations that are measured at a time."""


@dataclass(frozen=True, slots=True)
class PlainCase:
    """A case of boxes, or of polygons, that were measured.

    Attributes
    ----------
    case
        The case.
    segmentations, areas, boxes
        Members of the records that are drawn of its annotations.
    outlines
        Of its polygons; none of boxes.
    comes_back
        Whether these records are read as the same boxes, or polygons.
    """

    case: ColumnCase
    segmentations: Sequence[list[list[float]]]
    areas: Sequence[float]
    boxes: Sequence[list[float]]
    outlines: Sequence[Outline] = ()
    comes_back: bool = True

    def drawing(self) -> Drawing:
        """Return the case as a picture with records."""
        case = self.case
        uid, (record, address) = case.image_uid, record_of(case)
        drawing = Drawing(case, case, {}, planes={uid: Planes("k", 1, record["height"], record["width"])})
        drawing.place(uid, 0, Picture(record, [*self._shapes()], {"uid": uid}, address=address))
        return drawing

    def _shapes(self) -> Iterator[Outlined]:
        told, kind = self.case.columns, RING if self.outlines else BOX
        outlines = self.outlines or repeat(None)
        rows = zip(told.ids, told.codes, self.segmentations, self.areas, self.boxes, outlines, strict=False)
        for identity, code, segmentation, area, box, outline in rows:
            record: Record = {
                "id": identity,
                "category_id": code,
                "segmentation": segmentation,
                "area": area,
                "bbox": box,
                "iscrowd": 0,
            }
            yield Outlined(record, key={"id": identity, "type": kind}, outline=outline)


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


def each_drawn_plain(cases: Iterable[LoadedCase]) -> Iterator[tuple[LoadedCase, PlainCase | None]]:
    """Yield cases, and as what they were measured; None of one that is more than boxes, or than polygons, or has none.

    They are held until there are some, which are measured together.
    """
    waiting: list[tuple[LoadedCase, ColumnCase]] = []
    count = 0
    for each in _with_end(cases):
        plain = _as_plain(each) if isinstance(each, LoadedCase) else None
        if isinstance(each, LoadedCase) and plain is not None:
            waiting.append((each, plain))
            count += 1 + len(plain.annotation_ids)
            if count < _TOGETHER:
                continue
        yield from zip((loaded for loaded, _ in waiting), _measured([told for _, told in waiting]), strict=True)
        if isinstance(each, Exception):
            raise each
        if each is not None and plain is None:
            yield each, None
        waiting, count = [], 0


def _with_end(cases: Iterable[LoadedCase]) -> Iterator[LoadedCase | Exception | None]:
    """Yield cases and then what ended them: that there are no more, or an error."""
    try:
        yield from cases
    except Exception as error:  # it is raised when those before it are written
        yield error
    else:
        yield None


def drawn_plain(loaded: LoadedCase) -> PlainCase | None:
    """Return as what a case is measured; None if it is more than boxes, or than polygons, or has none."""
    plain = _as_plain(loaded)
    return None if plain is None else next(_measured([plain]))


def _as_plain(loaded: LoadedCase) -> ColumnCase | None:
    """Return a case of boxes, or of polygons, that has some."""
    return (outline_case_of(loaded) or box_case_of(loaded)) if loaded.annotation_ids else None


def _measured(cases: Sequence[ColumnCase]) -> Iterator[PlainCase | None]:
    """Yield as what cases are measured; None of one with a polygon that is too far or too small."""
    boxes = iter(_of_boxes([each for each in cases if isinstance(each.columns, BoxColumns)]))
    rings = chain.from_iterable(each.columns.rings for each in cases if not isinstance(each.columns, BoxColumns))
    outlines = iter(outlines_of([{"segmentation": [[*chain.from_iterable(ring)]]} for ring in rings]))
    for case in cases:
        if isinstance(case.columns, BoxColumns):
            yield next(boxes)
            continue
        own = [*islice(outlines, len(case.columns.ids))]
        known = [each for each in own if each]
        if len(known) < len(own):
            yield None
            continue
        segmentations = [each.segmentation for each in known]
        areas, sizes = [each.drawn_area for each in known], [each.drawn_box for each in known]
        yield PlainCase(case, segmentations, areas, sizes, known)


def _of_boxes(cases: Sequence[ColumnCase]) -> Iterator[PlainCase]:
    told = [each.columns for each in cases if isinstance(each.columns, BoxColumns)]
    sides = array_of(chain.from_iterable(each.sides for each in told))
    near, far = sides[:, :2], sides[:, 2:]
    with np.errstate(over="ignore"):  # of those that are too far
        exact = far - near
        sizes, areas = array_rounded(exact), array_rounded(exact[:, 0] * exact[:, 1])
        read = drawn_of_sizes(np.concatenate([near, sizes], axis=1))
    boxes = zip(*near.T.tolist(), *map(tidy_numbers, sizes.T.tolist()), strict=True)
    rows = zip(map(list, boxes), tidy_numbers(areas.tolist()), strict=True)
    comes_back = iter((read.is_plain & (read.far == far).all(1)).tolist())
    for case in cases:
        count = len(case.annotation_ids)
        own, own_areas = zip(*islice(rows, count), strict=True)
        yield PlainCase(case, [[] for _ in own], own_areas, own, comes_back=all([*islice(comes_back, count)]))
