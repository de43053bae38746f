"""Geometries as coordinates of content items (SCOORD, SCOORD3D).

Pixel coordinates are the same on both sides: (x = column, y = row), origin at the outer corner of the first pixel
(PS3.3 C.18.6.1.1). Coordinates in space are LPS, mm; a voxel (x, y, z) of continuous coordinates, outer face 0, lies at
the grid's affine of (x - 0.5, y - 0.5, z - 0.5). Both are single precision in DICOM.

A ring with holes is one closed POLYLINE that goes from its first vertex to each hole and back on the same way, as a
region is a single ring in TID 1410: it has the same area by the even-odd rule, and is taken apart again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.codes import PRIVATE_SCHEME
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.model import (
    BboxAnnotation,
    Concept,
    ContoursAnnotation,
    CoordinateSpace,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)
from annoconv_converters._dicom.content import Coordinates, Item, Reference
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.outlines import ellipse_points, ellipsoid_points, keyhole, turned_corners

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv.model import Annotation
    from annoconv_converters.dicom_sr.series import Series

__all__ = ["Drawn", "draw", "image_on", "private_concept", "scoord", "scoord3d", "slice_of"]

Point: TypeAlias = "Sequence[float]"
_LARGEST: Final = 3e38
"""Of a number in single precision."""
_MOST_SLICES: Final = 100_000


@dataclass(frozen=True)
class Drawn:
    """How a geometry stands in a measurement group.

    Attributes
    ----------
    items
        Its coordinates, each with the image that they lie on.
    template
        Of the group: 1410 for one region, 1411 for several or a volume, 1501 for anything else.
    purpose
        What the region is to the finding (CID 219), where it is not its outline.
    """

    items: list[Item]
    template: str
    purpose: Concept | None = None


def private_concept(name: str) -> Concept:
    """Return a concept of our private scheme for a name that no terminology has."""
    return Concept(code=name, scheme=PRIVATE_SCHEME, meaning=name)


def slice_of(annotation: Annotation, series: Series) -> int | None:
    """Return the zero-based slice or frame of an image that a geometry lies on; None if it lies on no single one.

    Raises
    ------
    InputError
        If the image has no such slice.
    """
    index = annotation.slice_index
    if index is None and (series.counts_frames or series.lps_grid is None):
        index = annotation.frame_index
    if index is None:
        return 0 if len(series.slices) == 1 else None
    if index >= len(series.slices):
        raise InputError(
            "an annotation lies on a slice that its image does not have",
            where=annotation.id,
            found=index,
            expected=Message("at most {count}", count=len(series.slices) - 1),
            advice="Correct slice_index or frame_index, both from 0, or name the series that it was drawn on",
        )
    return index


def draw(annotation: Annotation, series: Series, *, in_space: bool = False) -> Drawn | None:
    """Return the coordinates of a geometry; None of what has none, or none that a report has a place for.

    Parameters
    ----------
    annotation
        The annotation.
    series
        The image that it lies on.
    in_space
        Whether what lies on a slice is written in space, where the image has a place there.
    """
    if annotation.coordinate_space is CoordinateSpace.PATIENT or isinstance(annotation, ContoursAnnotation):
        return _in_patient(annotation, series)
    three = _solid(annotation, series)
    if three is not None:
        return three
    index = slice_of(annotation, series)
    if index is None:
        return None
    place = _Plane(series, index, annotation)
    drawn = _flat(annotation, place)
    if drawn is None or not (in_space and series.lps_grid is not None):
        return drawn
    return replace(drawn, items=[place.in_space(each) for each in drawn.items])


def image_on(annotation: Annotation, series: Series) -> Reference | None:
    """Return the instance, and of several frames those, of the slice that an annotation names; None if it names none.

    Raises
    ------
    InputError
        If the image has no such slice.
    """
    index = slice_of(annotation, series)
    return None if index is None else _Plane(series, index, annotation).image


class _Plane:
    """One slice of an image, on which coordinates of the case are written."""

    def __init__(self, series: Series, index: int, annotation: Annotation) -> None:
        self.series, self.index = series, index
        frames = range(index, index + 1)
        last = annotation.last_frame_index
        if series.counts_frames and annotation.frame_index == index and last is not None:
            frames = range(index, min(last + 1, len(series.slices)))
        moved = self._moved([(0.0, 0.0)])[0][2] if series.own_from_case is not None else index + 0.5
        k = math.floor(moved)
        if not 0 <= k < len(series.slices):
            k = index
        self.k = k
        self.image = series.slices[k]
        if len(frames) > 1:
            numbers = tuple(number for at in frames for number in series.slices[at].frames)
            self.image = replace(self.image, frames=numbers)

    def _moved(self, points: Iterable[Point]) -> list[tuple[float, float, float]]:
        full = np.array([[point[0], point[1], self.index + 0.5, 1.0] for point in points])
        moved = full @ self.series.own_from_case.T if self.series.own_from_case is not None else full
        return [(float(x), float(y), float(z)) for x, y, z, _ in moved]

    def item(self, shape: str, points: Iterable[Point], name: Concept) -> Item:
        """Return an SCOORD item on this slice."""
        if self.series.own_from_case is None:
            data = tuple(float(number) for point in points for number in point[:2])
        else:
            data = tuple(number for point in self._moved(points) for number in point[:2])
        return scoord(Coordinates(shape, data, origin="VOLUME" if self.series.is_slide else ""), self.image, name)

    def in_space(self, one: Item) -> Item:
        """Return an SCOORD item as one in space."""
        value = one.value
        grid = self.series.lps_grid
        if not isinstance(value, Coordinates) or grid is None:
            return one
        corner = grid.slice_positions[self.k]
        pixels = np.array(value.data).reshape(-1, 2) - 0.5
        points = corner + pixels @ grid.affine[:3, :2].T
        shape, points = _in_space_shape(value.shape, points)
        return scoord3d(shape, points.reshape(-1).tolist(), self.series.frame_of_reference_uid, one.name)


def _in_space_shape(shape: str, points: Any) -> tuple[str, Any]:
    """Return the type of a shape in space, and its points: a closed line is a polygon, a circle an ellipse."""
    if shape == "CIRCLE":
        centre, radius = points[0], points[1] - points[0]
        other = np.cross(np.cross(radius, _any_other(radius)), radius)
        other = other / np.linalg.norm(other) * np.linalg.norm(radius)
        return "ELLIPSE", np.array([centre - radius, centre + radius, centre - other, centre + other])
    if shape == "POLYLINE" and len(points) > 3 and np.array_equal(points[0], points[-1]):
        return "POLYGON", points
    return shape, points


def _any_other(vector: Any) -> Any:
    other = np.zeros(3)
    other[int(np.argmin(np.abs(vector)))] = 1.0
    return other


def scoord(value: Coordinates, image: Reference, name: Concept | None, relationship: str = "CONTAINS") -> Item:
    """Return an SCOORD item and the image that it lies on."""
    _check(value.data)
    return Item(relationship, "SCOORD", name, value, [Item("SELECTED FROM", "IMAGE", None, image)])


def scoord3d(shape: str, data: Sequence[float], frame_of_reference_uid: str, name: Concept | None) -> Item:
    """Return an SCOORD3D item; `data` are (x, y, z), LPS, mm."""
    _check(data)
    return Item("CONTAINS", "SCOORD3D", name, Coordinates(shape, tuple(data), frame_of_reference_uid))


def _check(data: Sequence[float]) -> None:
    if data and max(map(abs, data)) > _LARGEST:
        raise InputError(
            "a coordinate is too large for DICOM",
            found=max(map(abs, data)),
            expected="below 3e38",
            advice="Correct the coordinate: nothing lies so far away",
        )


# --- on a slice


def _flat(annotation: Annotation, place: _Plane) -> Drawn | None:
    if isinstance(annotation, BboxAnnotation) and len(annotation.bbox) == 4:
        return Drawn([place.item("POLYLINE", _rectangle(annotation.bbox), codes.REGION)], "1410", codes.BOUNDED_BY)
    if isinstance(annotation, OrientedBoxAnnotation) and len(annotation.center) == 2:
        return Drawn(
            [
                place.item(
                    "POLYLINE",
                    turned_corners(annotation.center, annotation.size, annotation.rotation_degrees or 0.0),
                    codes.REGION,
                )
            ],
            "1410",
            codes.BOUNDED_BY,
        )
    if isinstance(annotation, PolygonAnnotation):
        rings = [(annotation.polygon, annotation.holes)]
        rings += [(each.polygon, each.holes) for each in annotation.parts or ()]
        regions = [place.item("POLYLINE", keyhole(ring, holes or ()), codes.REGION) for ring, holes in rings]
        return Drawn(regions, "1410" if len(regions) == 1 else "1411")
    if isinstance(annotation, EllipseAnnotation):
        shape, points = ellipse_points(annotation.center, annotation.radii, annotation.rotation_degrees or 0.0)
        return Drawn([place.item(shape, points, codes.REGION)], "1410")
    if isinstance(annotation, PointAnnotation) and len(annotation.point) == 2:
        return Drawn([place.item("POINT", [annotation.point], codes.REGION)], "1410")
    if isinstance(annotation, PolylineAnnotation) and len(annotation.polyline[0]) == 2:
        return Drawn([place.item("POLYLINE", annotation.polyline, codes.PATH)], "1501")
    if isinstance(annotation, KeypointsAnnotation):
        named = [(each.name, each.point) for each in annotation.keypoints if each.point is not None]
        placed = [place.item("POINT", [point], private_concept(name)) for name, point in named if len(point) == 2]
        return Drawn(placed, "1501") if placed else None
    return None


def _rectangle(box: Sequence[float]) -> list[Point]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


# --- in space


def _solid(annotation: Annotation, series: Series) -> Drawn | None:
    """Return what has three coordinates on the voxels of an image: a box on each slice, a point or a line in space."""
    grid, uid = series.lps_grid, series.frame_of_reference_uid
    if isinstance(annotation, BboxAnnotation) and len(annotation.bbox) == 6:
        x0, y0, z0, x1, y1, z1 = annotation.bbox
        slices = range(max(math.floor(z0), 0), min(math.ceil(z1), len(series.slices), _MOST_SLICES))
        box = _rectangle((x0, y0, x1, y1))
        planes = [_Plane(series, k, annotation) for k in slices]
        regions = [plane.item("POLYLINE", box, codes.REGION) for plane in planes]
        return Drawn(regions, "1411", codes.BOUNDED_BY) if regions else None
    if grid is None or not uid:
        return None
    if isinstance(annotation, PointAnnotation) and len(annotation.point) == 3:
        data = _placed([annotation.point], series)
        return Drawn([scoord3d("POINT", data, uid, codes.REGION)], "1410")
    if isinstance(annotation, PolylineAnnotation) and len(annotation.polyline[0]) == 3:
        return Drawn([scoord3d("POLYLINE", _placed(annotation.polyline, series), uid, codes.PATH)], "1501")
    return None


def _placed(points: Iterable[Point], series: Series) -> list[float]:
    """Return points in voxels of the case as (x, y, z), LPS, mm, one behind another."""
    grid = series.lps_grid
    full = np.array([[*point, 1.0] for point in points])
    own = full @ series.own_from_case.T if series.own_from_case is not None else full
    if grid is None:
        return []
    centred = own[:, :3] - 0.5
    if grid.positions is None:
        placed = centred @ grid.affine[:3, :3].T + grid.origin
    else:
        at = np.arange(len(grid.positions))
        corner = np.column_stack([np.interp(centred[:, 2], at, grid.positions[:, axis]) for axis in range(3)])
        placed = corner + centred[:, :2] @ grid.affine[:3, :2].T
    return [float(number) for number in placed.reshape(-1)]


_CONTOURS: Final = {
    "POINT": "MULTIPOINT",
    "OPEN_PLANAR": "POLYLINE",
    "OPEN_NONPLANAR": "POLYLINE",
    "CLOSED_PLANAR": "POLYGON",
    "CLOSEDPLANAR_XOR": "POLYGON",
}
"""GraphicType of a contour of each kind (PS3.3 C.8.8.6.2, C.18.9.1.2)."""


def _in_patient(annotation: Annotation, series: Series) -> Drawn | None:
    """Return what has its place in mm."""
    uid = annotation.frame_of_reference_uid or series.frame_of_reference_uid
    if not uid:
        return None
    if isinstance(annotation, PointAnnotation) and len(annotation.point) == 3:
        return Drawn([scoord3d("POINT", annotation.point, uid, codes.REGION)], "1410")
    if isinstance(annotation, PolylineAnnotation) and len(annotation.polyline[0]) == 3:
        data = [number for point in annotation.polyline for number in point]
        return Drawn([scoord3d("POLYLINE", data, uid, codes.PATH)], "1501")
    if isinstance(annotation, EllipsoidAnnotation):
        return Drawn(
            [
                scoord3d(
                    "ELLIPSOID",
                    ellipsoid_points(annotation.center, annotation.radii, annotation.direction),
                    uid,
                    codes.SURFACE,
                )
            ],
            "1411",
        )
    if isinstance(annotation, ContoursAnnotation):
        rings: list[Item] = []
        for each in annotation.contours:
            shape = _CONTOURS[each.geometric_type.value]
            points = [*each.points, each.points[0]] if shape == "POLYGON" else each.points
            rings.append(scoord3d(shape, [number for point in points for number in point], uid, codes.OUTLINE))
        if len(rings) == 1 and isinstance(rings[0].value, Coordinates) and rings[0].value.shape == "POLYGON":
            return Drawn([replace(rings[0], name=codes.REGION)], "1410")
        return Drawn(rings, "1501")
    return None
