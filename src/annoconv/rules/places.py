"""Places in the patient, and what reaches beyond its centre: contours, frames of reference, extents (A 9.3.1 a)."""

from __future__ import annotations

from math import cos, fsum, hypot, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    ContourGeometricType,
    ContoursAnnotation,
    CoordinateSpace,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    KeypointVisibility,
    Laterality,
    OrientedBoxAnnotation,
)
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation, Contour

_PLANE_MM: Final = 0.2
"""Millimetres: points of one plane, rounded to tenths, are no farther from it."""
_LEAST_POINTS: Final = {ContourGeometricType.OPEN_PLANAR: 2, ContourGeometricType.OPEN_NONPLANAR: 2}
"""Other lines are closed and have three."""
_SIDES: Final = frozenset({Laterality.LEFT, Laterality.RIGHT})


@rule("A-6.3.1.frame_of_reference_missing")
def frame_of_reference_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation in the patient's space whose image names no frame of reference."""
    for path, each in subject.annotations():
        image = subject.image_of(each)
        in_patient = isinstance(each, ContoursAnnotation) or each.coordinate_space is CoordinateSpace.PATIENT
        if in_patient and image is not None and image.frame_of_reference_uid is None:
            yield Breach(path, {"id": each.id, "uid": image.uid})


@rule("A-6.5.1a.contour_points")
def contour_points(subject: Subject) -> Iterator[Breach]:
    """Yield each contour with fewer points than its type has; a point is one."""
    for path, contour in _contours(subject):
        count, is_point = len(contour.points), contour.geometric_type is ContourGeometricType.POINT
        least = 1 if is_point else _LEAST_POINTS.get(contour.geometric_type, 3)
        if count < least or (is_point and count > 1):
            values = {"type": contour.geometric_type.value, "count": count, "expected": least}
            yield Breach((*path, "points"), values)


@rule("A-6.5.1a.contour_not_planar")
def contour_not_planar(subject: Subject) -> Iterator[Breach]:
    """Yield each planar contour of which a point lies off the plane of the others."""
    for path, contour in _contours(subject):
        if contour.geometric_type in {ContourGeometricType.POINT, ContourGeometricType.OPEN_NONPLANAR}:
            continue
        distance = _off_plane(contour.points)
        if distance > _PLANE_MM:
            yield Breach((*path, "points"), {"distance": f"{distance:.3g}"})


def _off_plane(points: Sequence[Sequence[float]]) -> float:
    """Return how far, in mm, the farthest point lies from the plane through the middle, normal to the area within."""
    middle = [fsum(point[axis] for point in points) / len(points) for axis in range(3)]
    moved = [[a - b for a, b in zip(point, middle, strict=True)] for point in points]
    normal = [0.0, 0.0, 0.0]
    for (x0, y0, z0), (x1, y1, z1) in zip(moved, [*moved[1:], moved[0]], strict=True):
        normal = [normal[0] + y0 * z1 - z0 * y1, normal[1] + z0 * x1 - x0 * z1, normal[2] + x0 * y1 - y0 * x1]
    length = sqrt(fsum(each * each for each in normal))
    if length == 0:
        return 0.0
    return max(abs(fsum(n * x for n, x in zip(normal, point, strict=True))) for point in moved) / length


@rule("A-8.4e.instance_unknown")
def instance_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each contour drawn on an instance that its image, which lists its instances, does not list."""
    for path, annotation in subject.annotations():
        image = subject.image_of(annotation)
        if not isinstance(annotation, ContoursAnnotation) or image is None or image.instances is None:
            continue
        listed = {each.sop_instance_uid for each in image.instances}
        for number, contour in enumerate(annotation.contours):
            if contour.sop_instance_uid is not None and contour.sop_instance_uid not in listed:
                place = (*path, "contours", number, "sop_instance_uid")
                yield Breach(place, {"instance": contour.sop_instance_uid, "uid": image.uid})


@rule("A-6.5.1a.extent_outside")
def extent_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each ellipse, ellipsoid or turned box that reaches beyond its image, though its centre is inside."""
    for path, each in subject.annotations():
        image = subject.image_of(each)
        if image is None or image.shape is None or each.coordinate_space is CoordinateSpace.PATIENT:
            continue
        for axis, low, high in extents_of(each):
            size = image.shape[axis] if axis < len(image.shape) else 1
            if 0 <= (low + high) / 2 <= size and (low < -0.5 or high > size + 0.5):
                values = {"axis": "xyz"[axis], "found": f"{low:.4g} .. {high:.4g}", "size": size}
                yield Breach(path, values)
                break


def extents_of(each: AnyAnnotation) -> Iterator[tuple[int, float, float]]:
    """Yield (axis, least, greatest coordinate) of a shape told by its centre, in pixels or voxels."""
    if not isinstance(each, EllipseAnnotation | EllipsoidAnnotation | OrientedBoxAnnotation):
        return
    for axis, (middle, row) in enumerate(zip(each.center, _axes(each), strict=False)):
        if isinstance(each, OrientedBoxAnnotation):
            half = fsum(abs(part) * side / 2 for part, side in zip(row, each.size, strict=False))
        else:
            half = hypot(*(part * radius for part, radius in zip(row, each.radii, strict=False)))
        yield axis, middle - half, middle + half


def _axes(each: EllipseAnnotation | EllipsoidAnnotation | OrientedBoxAnnotation) -> Sequence[Sequence[float]]:
    """Return the matrix whose columns are the shape's own axes."""
    if not isinstance(each, EllipseAnnotation) and len(each.center) == 3:
        return each.direction or [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    angle = radians(0.0 if isinstance(each, EllipsoidAnnotation) else each.rotation_degrees or 0.0)
    return [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]


@rule("A-10.1.2.keypoint_place")
def keypoint_place(subject: Subject) -> Iterator[Breach]:
    """Yield each keypoint that is seen nowhere, or has a place though it was not marked or is not there."""
    nowhere = {KeypointVisibility.ABSENT, KeypointVisibility.UNLABELLED}
    for path, each in subject.annotations():
        for number, point in enumerate(each.keypoints if isinstance(each, KeypointsAnnotation) else ()):
            is_lost = point.visibility is KeypointVisibility.VISIBLE and point.point is None
            if point.visibility is not None and (is_lost or (point.visibility in nowhere and point.point is not None)):
                values = {"name": point.name, "visibility": point.visibility.value}
                yield Breach((*path, "keypoints", number), values)


@rule("A-8.2.2c.laterality_differs")
def laterality_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each site on one side of the body in an image of the other side."""
    for path, each in subject.annotations():
        image, site = subject.image_of(each), each.finding_site
        if image is None or site is None or image.laterality is None or site.laterality is None:
            continue
        if len({image.laterality, site.laterality} & _SIDES) == len(_SIDES):
            values = {"found": site.laterality.value, "image": image.laterality.value}
            yield Breach((*path, "finding_site", "laterality"), values)


def _contours(subject: Subject) -> Iterator[tuple[Steps, Contour]]:
    for path, annotation in subject.annotations():
        if isinstance(annotation, ContoursAnnotation):
            for number, contour in enumerate(annotation.contours):
                yield (*path, "contours", number), contour
