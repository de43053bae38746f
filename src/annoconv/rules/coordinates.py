"""Coordinates of one annotation: as many everywhere, in the space of its kind, on the slice that it names (A C.3 e)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.messages import Message
from annoconv.model import (
    ContoursAnnotation,
    CoordinateSpace,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    OrientedBoxAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)
from annoconv.rules.annotation import points_of
from annoconv.rules.engine import Breach, Subject, rule
from annoconv.rules.places import extents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation


@rule("A-6.4.1.coordinate_count")
def coordinate_count(subject: Subject) -> Iterator[Breach]:
    """Yield each geometry that mixes two and three coordinates, at the first place that differs from the one before."""
    for path, annotation in subject.annotations():
        listed = list(_listed(annotation))
        for key, numbers in listed:
            if len(numbers) != len(listed[0][1]):
                yield Breach((*path, *key), {"found": len(numbers), "expected": len(listed[0][1])})
                break


@rule("A-6.4.1.turned_otherwise")
def turned_otherwise(subject: Subject) -> Iterator[Breach]:
    """Yield each direction matrix of a box in the plane, and each angle of one in space."""
    for path, each in subject.annotations():
        if isinstance(each, OrientedBoxAnnotation):
            key = "direction" if len(each.center) == 2 else "rotation_degrees"
            if getattr(each, key) is not None:
                expected = "rotation_degrees" if key == "direction" else "direction"
                yield Breach((*path, key), {"key": key, "count": len(each.center), "expected": expected})


@rule("A-6.3.1.contours_in_image")
def contours_in_image(subject: Subject) -> Iterator[Breach]:
    """Yield each group of contours that says to be in an image's voxels: its points are millimetres."""
    for path, each in subject.annotations():
        if isinstance(each, ContoursAnnotation) and each.coordinate_space is CoordinateSpace.IMAGE:
            yield Breach((*path, "coordinate_space"), {"id": each.id})


@rule("A-C.3.place_contradicted")
def place_contradicted(subject: Subject) -> Iterator[Breach]:
    """Yield each slice index that the frame index or the third coordinate contradicts.

    Frames of an image without time are its slices. A geometry in space reaches the slice or frame that it names: of
    the range of its coordinates, 0 at the outer face of the first slice, some part is in it or touches it.
    """
    for path, each in subject.annotations():
        frame, index, image = each.frame_index, each.slice_index, subject.image_of(each)
        is_slice = image is not None and image.temporal_positions is None
        frames = (frame, each.last_frame_index or frame) if frame is not None and is_slice else None
        slices = frames if index is None else (index, index)
        reach = None if slices is None else _reach(each)
        if frames is not None and index is not None and not frames[0] <= index <= frames[1]:
            other = Message("frame_index {frame}", frame=frame)
        elif slices is not None and reach is not None and (reach[1] < slices[0] or reach[0] > slices[1] + 1):
            other = Message("z from {low} to {high}", low=f"{reach[0]:g}", high=f"{reach[1]:g}")
        else:
            continue
        key = "frame_index" if index is None else "slice_index"
        yield Breach((*path, key), {"key": key, "index": getattr(each, key), "other": other})


def _listed(annotation: AnyAnnotation) -> Iterator[tuple[Steps, Sequence[float]]]:
    """Yield where an annotation has points, centres and sizes that are to have as many numbers as each other."""
    match annotation:
        case PolylineAnnotation():
            yield from ((("polyline", n), point) for n, point in enumerate(annotation.polyline))
        case KeypointsAnnotation():
            for n, each in enumerate(annotation.keypoints):
                if each.point is not None:
                    yield ("keypoints", n, "point"), each.point
        case OrientedBoxAnnotation():
            yield ("center",), annotation.center
            yield ("size",), annotation.size
        case _:
            pass


def _reach(annotation: AnyAnnotation) -> tuple[float, float] | None:
    """Return from where to where a geometry of three coordinates reaches along k, in slices; None if it has two."""
    if isinstance(annotation, PolygonAnnotation) or annotation.coordinate_space is CoordinateSpace.PATIENT:
        return None
    if isinstance(annotation, EllipsoidAnnotation | OrientedBoxAnnotation):
        return next(((low, high) for axis, low, high in extents_of(annotation) if axis == 2), None)
    along = [point[2] for _, points in points_of(annotation) for point in points if len(point) == 3]
    return (min(along), max(along)) if along else None
