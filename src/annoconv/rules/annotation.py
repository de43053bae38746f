"""Annotations: identity, label codes, and places within their image (A 6.5.1, A 8.2.2, A 9.3.1 a, A C.1, A C.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    BboxAnnotation,
    EllipseAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import AnyAnnotation

_UPPER_SNAKE: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


@rule("A-C.3.duplicate_id")
def duplicate_id(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation whose id an earlier one has."""
    first: dict[str, int] = {}
    for position, annotation in enumerate(subject.case.annotations):
        if annotation.id in first:
            yield Breach(("annotations", position, "id"), {"id": annotation.id, "first": first[annotation.id]})
        first.setdefault(annotation.id, position)


@rule("A-8.4e.image_unknown")
def image_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation that names an image which the case lacks."""
    for path, annotation in subject.annotations():
        if subject.image_of(annotation) is None:
            yield Breach((*path, "image_uid"), {"uid": annotation.image_uid})


@rule("A-C.1.upper_case")
def label_code_upper_case(subject: Subject) -> Iterator[Breach]:
    """Yield each label code that is not upper-case snake case."""
    for path, annotation in subject.annotations():
        if not _UPPER_SNAKE.fullmatch(annotation.label_code):
            yield Breach((*path, "label_code"), {"label_code": annotation.label_code})


@rule("A-C.3.slice_missing")
def slice_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each flat geometry on an image of several slices or frames that does not say on which it lies."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        on_volume = image is not None and image.shape is not None and _slices(image.shape) > 1
        unplaced = annotation.slice_index is None and annotation.frame_index is None
        if on_volume and unplaced and _is_flat(annotation):
            yield Breach(path, {"id": annotation.id, "type": annotation.type})


@rule("A-9.3.1a.slice_outside")
def slice_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each slice or frame index beyond the last slice or frame of its image."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        if image is None or image.shape is None:
            continue
        count = _slices(image.shape)
        for key in ("slice_index", "frame_index"):
            index: int | None = getattr(annotation, key)
            if index is not None and index >= count:
                yield Breach((*path, key), {"key": key, "index": index, "count": count})


@rule("A-C.3.bbox_order")
def bbox_order(subject: Subject) -> Iterator[Breach]:
    """Yield each box whose minimum exceeds its maximum along some axis."""
    for path, annotation in subject.annotations():
        if isinstance(annotation, BboxAnnotation):
            half = len(annotation.bbox) // 2
            minima, maxima = annotation.bbox[:half], annotation.bbox[half:]
            wrong = [axis for axis, low, high in zip("xyz", minima, maxima, strict=False) if low > high]
            if wrong:
                yield Breach((*path, "bbox"), {"axes": ", ".join(wrong)})


@rule("A-6.5.1a.geometry_outside")
def geometry_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each box, polygon, polyline or point that reaches beyond its image."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        key, points = _points(annotation)
        if image is None or image.shape is None or not points:
            continue
        for axis, name in enumerate("xyz"):
            values = [point[axis] for point in points if len(point) > axis]
            size = image.shape[axis] if axis < len(image.shape) else 1
            if values and (min(values) < 0 or max(values) > size):
                found = f"{min(values):g} .. {max(values):g}"
                yield Breach((*path, key), {"axis": name, "found": found, "size": size})


def _slices(shape: list[int]) -> int:
    """Return the number of slices or frames; a 2-D image has one."""
    return shape[2] if len(shape) == 3 else 1


def _is_flat(annotation: AnyAnnotation) -> bool:
    """Tell whether a geometry has two coordinates, so that it needs a slice or frame to lie on."""
    _, points = _points(annotation)
    return isinstance(annotation, EllipseAnnotation) or any(len(point) == 2 for point in points)


def _points(annotation: AnyAnnotation) -> tuple[str, list[list[float]]]:
    """Return the key of a geometry and its points; continuous coordinates, origin at the outer corner."""
    if isinstance(annotation, BboxAnnotation):
        half = len(annotation.bbox) // 2
        return "bbox", [annotation.bbox[:half], annotation.bbox[half:]]
    if isinstance(annotation, PolygonAnnotation):
        return "polygon", annotation.polygon
    if isinstance(annotation, PolylineAnnotation):
        return "polyline", annotation.polyline
    if isinstance(annotation, PointAnnotation):
        return "point", [annotation.point]
    return "", []
