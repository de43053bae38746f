"""Annotations: identity, label codes, and places within their image (A 6.5.1, A 8.2.2, A 9.3.1 a, A C.1, A C.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    AnnotationScope,
    AttributeAnnotation,
    BboxAnnotation,
    CoordinateSpace,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
    TextSpanAnnotation,
)
from annoconv.rules.engine import Breach, Subject, rule
from annoconv.rules.links import ends_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation, Image

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
        on_volume = image is not None and image.shape is not None and _slices(image) > 1
        unplaced = annotation.slice_index is None and (annotation.frame_index is None or _has_time(image))
        if on_volume and unplaced and _is_flat(annotation):
            yield Breach(path, {"id": annotation.id, "type": annotation.type})


@rule("A-C.3.frame_missing")
def frame_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each flat geometry on an image of several volumes in time that does not say on which it lies."""
    for path, annotation in subject.annotations():
        if annotation.frame_index is None and _has_time(subject.image_of(annotation)) and _is_flat(annotation):
            yield Breach(path, {"id": annotation.id, "type": annotation.type})


@rule("A-C.1.scope_unresolved")
def scope_unresolved(subject: Subject) -> Iterator[Breach]:
    """Yield each statement of an object or a study that leaves open of which.

    A case of one study has no other; an object is the parent, or what the same tracking UID or a link leads to.
    """
    studies = subject.case.studies or ()
    linked = {identity for link in subject.case.links or () for identity in ends_of(link)}
    for path, each in subject.annotations():
        image = subject.image_of(each)
        if each.scope is AnnotationScope.STUDY:
            is_open = len(studies) > 1 and image is not None and image.study_instance_uid is None
        else:
            named = each.parent_id or each.tracking_uid or each.cross_modal_links
            is_open = _is_of_object(each) and not named and each.id not in linked
        if each.scope is not None and is_open:
            yield Breach((*path, "scope"), {"id": each.id, "scope": each.scope.value})


@rule("A-9.3.1a.slice_outside")
def slice_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each slice or frame index beyond the last slice or frame of its image."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        if image is None or image.shape is None:
            continue
        slices = _slices(image)
        frames = image.temporal_positions or slices
        for key, count in {"slice_index": slices, "frame_index": frames, "last_frame_index": frames}.items():
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
    """Yield each geometry that reaches beyond its image; of an ellipse, an ellipsoid or a turned box the centre."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        if image is None or image.shape is None:
            continue
        for key, points in points_of(annotation):
            for axis, name in enumerate("xyz"):
                values = [point[axis] for point in points if len(point) > axis]
                size = image.shape[axis] if axis < len(image.shape) else 1
                if values and (min(values) < 0 or max(values) > size):
                    found = f"{min(values):g} .. {max(values):g}"
                    yield Breach((*path, *key), {"axis": name, "found": found, "size": size})


def _is_of_object(annotation: AnyAnnotation) -> bool:
    """Tell whether something is said of an object by an annotation that has no place of its own."""
    is_without_place = isinstance(annotation, AttributeAnnotation | TextSpanAnnotation)
    return is_without_place and annotation.scope is AnnotationScope.OBJECT


def _slices(image: Image) -> int:
    """Return the number of slices or frames; a 2-D image has one."""
    return image.shape[2] if image.shape is not None and len(image.shape) == 3 else 1


def _has_time(image: Image | None) -> bool:
    """Tell whether frames are volumes in time, so that a frame index names no slice."""
    return image is not None and (image.temporal_positions or 1) > 1


def _is_flat(annotation: AnyAnnotation) -> bool:
    """Tell whether a geometry has two coordinates, so that it needs a slice or frame to lie on."""
    return isinstance(annotation, EllipseAnnotation) or any(
        len(point) == 2 for _, points in points_of(annotation) for point in points
    )


def points_of(annotation: AnyAnnotation) -> Iterator[tuple[Steps, Sequence[Sequence[float]]]]:
    """Yield where an annotation has points, and those in pixels or voxels; origin at the outer corner."""
    found: list[tuple[Steps, Sequence[Sequence[float]]]] = []
    match annotation:
        case BboxAnnotation():
            half = len(annotation.bbox) // 2
            found = [(("bbox",), [annotation.bbox[:half], annotation.bbox[half:]])]
        case PolygonAnnotation():
            found = [(("polygon",), annotation.polygon)]
            found += [(("parts", n, "polygon"), part.polygon) for n, part in enumerate(annotation.parts or ())]
        case PolylineAnnotation():
            found = [(("polyline",), annotation.polyline)]
        case PointAnnotation():
            found = [(("point",), [annotation.point])]
        case KeypointsAnnotation():
            placed = [(n, each.point) for n, each in enumerate(annotation.keypoints) if each.point is not None]
            found = [(("keypoints", n, "point"), [point]) for n, point in placed]
        case EllipseAnnotation() | OrientedBoxAnnotation() | EllipsoidAnnotation():
            found = [(("center",), [annotation.center])]
        case _:
            pass
    in_patient = annotation.coordinate_space is CoordinateSpace.PATIENT
    for key, points in found:
        yield key, [point for point in points if not (in_patient and len(point) == 3)]
