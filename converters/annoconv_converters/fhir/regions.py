"""Geometry of annotations and regions of an ImagingSelection: pixels from the outer corner, or millimetres in LPS.

Both count as DICOM's SCOORD and SCOORD3D do (PS3.3 C.10.5, C.18.9): an ellipse is the ends of its longer and then of
its shorter axis, a circle its centre and a point on it, an ellipsoid the ends of its three axes. A polygon in a plane
is a `polyline` whose last point is its first.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters._pictures.rotation import corners_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annoconv_converters.fhir.names import Resource

__all__ = ["alike", "geometry_in", "regions_flat", "regions_solid", "type_of"]

Points: TypeAlias = "list[list[Any]]"

_CONTOURS: Final = {
    "POINT": "point",
    "OPEN_PLANAR": "polyline",
    "OPEN_NONPLANAR": "polyline",
    "CLOSED_PLANAR": "polygon",
}
_GEOMETRIC: Final = {"point": "POINT", "polyline": "OPEN_NONPLANAR", "polygon": "CLOSED_PLANAR"}
_CORNERS: Final = 5
"""Points of a closed rectangle."""


def regions_flat(annotation: Resource) -> list[Resource]:
    """Return the 2-D regions of an annotation on a slice or frame; none if it has no geometry of two numbers."""
    match annotation["type"]:
        case "bbox" if len(annotation["bbox"]) == 4:
            a, b, c, d = annotation["bbox"]
            return [{"regionType": "polyline", "coordinate": [a, b, c, b, c, d, a, d, a, b]}]
        case "polygon":
            rings = [annotation["polygon"], *annotation.get("holes", ())]
            for part in annotation.get("parts", ()):
                rings += [part["polygon"], *part.get("holes", ())]
            return [_region("polyline", [*ring, ring[0]]) for ring in rings]
        case "polyline" if len(annotation["polyline"][0]) == 2:
            return [_region("polyline", annotation["polyline"])]
        case "point" if len(annotation["point"]) == 2:
            return [_region("point", [annotation["point"]])]
        case "keypoints":
            points = [each["point"] for each in annotation["keypoints"] if len(each.get("point", ())) == 2]
            return [_region("point", [each]) for each in points]
        case "ellipse":
            return [_ellipse(annotation)]
        case "oriented_box" if len(annotation["center"]) == 2:
            turn = annotation.get("rotation_degrees", 0)
            found = corners_of(annotation["center"], annotation["size"], turn)
            corners = [list(found[place : place + 2]) for place in range(0, len(found), 2)]
            return [_region("polyline", [*corners, corners[0]])]
        case _:
            return []


def regions_solid(annotation: Resource, in_patient: Callable[[Sequence[float]], list[float]] | None) -> list[Resource]:
    """Return the 3-D regions of an annotation, in millimetres; none if it has none.

    Parameters
    ----------
    annotation
        As JSON values.
    in_patient
        From continuous voxel coordinates (x, y, z), origin at the outer corner, to millimetres in LPS; None if the
        image has no place there.
    """
    is_patient = annotation.get("coordinate_space") == "patient"
    place = list if is_patient else in_patient
    match annotation["type"]:
        case "contours":
            kinds = [
                (_CONTOURS.get(each["geometric_type"], "polygon"), each["points"]) for each in annotation["contours"]
            ]
            return [_region(kind, _closed(points) if kind == "polygon" else points) for kind, points in kinds]
        case "point" if place is not None and len(annotation["point"]) == 3:
            return [_region("point", [place(annotation["point"])])]
        case "polyline" if place is not None and len(annotation["polyline"][0]) == 3:
            return [_region("polyline", [place(each) for each in annotation["polyline"]])]
        case "keypoints" if place is not None:
            points = [each["point"] for each in annotation["keypoints"] if len(each.get("point", ())) == 3]
            return [_region("point", [place(each)]) for each in points]
        case "ellipsoid" if is_patient:
            return [_ellipsoid(annotation)]
        case _:
            return []


def _region(kind: str, points: Sequence[Sequence[Any]]) -> Resource:
    return {"regionType": kind, "coordinate": [number for point in points for number in point]}


def _closed(points: Points) -> Points:
    return points if points[0] == points[-1] and len(points) > 1 else [*points, points[0]]


def _ellipse(annotation: Resource) -> Resource:
    (x, y), (first, second) = annotation["center"], annotation["radii"]
    turn = annotation.get("rotation_degrees", 0)
    if first == second and not turn:
        return _region("circle", [[x, y], [x + first, y]])
    axes = [(first, turn), (second, turn + 90)]
    ends: Points = []
    for radius, angle in sorted(axes, key=lambda each: -each[0]):
        across, down = _direction(angle)
        ends += [[x - radius * across, y - radius * down], [x + radius * across, y + radius * down]]
    return _region("ellipse", ends)


def _direction(degrees: float) -> tuple[float, float]:
    if degrees % 90 == 0:
        return ((1, 0), (0, 1), (-1, 0), (0, -1))[int(degrees // 90) % 4]
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _ellipsoid(annotation: Resource) -> Resource:
    center, radii = annotation["center"], annotation["radii"]
    direction = annotation.get("direction") or [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    ends: Points = []
    for axis, radius in enumerate(radii):
        along = [row[axis] * radius for row in direction]
        ends += [
            [c - a for c, a in zip(center, along, strict=True)],
            [c + a for c, a in zip(center, along, strict=True)],
        ]
    return _region("ellipsoid", ends)


# --- back -------------------------------------------------------------------------------------------------------------


def alike(regions: Sequence[Resource], size: int) -> list[Resource]:
    """Return the regions of others that make one annotation: the first, and those beside it that go with it.

    Points go with points, closed lines with closed lines, contours in space with each other. A region that is no
    geometry of a case, or has not the numbers of its points, goes with none.
    """
    kinds = [_kind(each, size) for each in regions]
    first = next((kind for kind in kinds if kind is not None), None)
    many = first in _TOGETHER
    found = [each for each, kind in zip(regions, kinds, strict=True) if first is not None and kind == first]
    return found if many else found[:1]


_TOGETHER: Final = {"point", "ring", "contour"}


def _kind(region: Resource, size: int) -> str | None:
    """Return what a region of others is; None if a case has no geometry for it."""
    numbers, told = region.get("coordinate", []), region.get("regionType")
    points = _points(region, size)
    if not points or len(numbers) % size:
        return None
    if size == 3:
        if told in {"point", "polyline", "polygon"}:
            return "contour"
        return str(told) if told == "multipoint" or (told == "ellipsoid" and len(points) == 6) else None
    match told:
        case "point":
            return "point" if len(points) == 1 else None
        case "polyline" | "interpolated" if len(points) > 1:
            return "ring" if len(points) > 3 and points[0] == points[-1] else "line"
        case "circle" if len(points) == 2:
            return "circle"
        case "ellipse" if len(points) == 4:
            return "ellipse"
        case _:
            return None


def type_of(regions: Sequence[Resource], size: int) -> str:
    """Return the type of annotation that regions of `size` numbers a point are, where nothing names it."""
    kinds = {each.get("regionType") for each in regions}
    if size == 3:
        is_one = len(regions) == 1
        named = {"point": "point", "polyline": "polyline", "ellipsoid": "ellipsoid", "multipoint": "keypoints"}
        return named.get(str(next(iter(kinds))) if is_one else "", "contours")
    first = _points(regions[0], 2)
    if kinds == {"point"}:
        return "point" if len(regions) == 1 and len(first) == 1 else "keypoints"
    if kinds <= {"ellipse", "circle"}:
        return "ellipse"
    return "polygon" if len(first) > 3 and first[0] == first[-1] else "polyline"


def geometry_in(type_: str, regions: Sequence[Resource], size: int) -> Resource:
    """Return the geometry of an annotation of a type; what the regions do not say is left out.

    Parameters
    ----------
    type_
        Type of the annotation.
    regions
        As they stand in the resource; at least one.
    size
        Numbers of a point: 2 in the plane, 3 in space.
    """
    if type_ == "bbox":
        numbers = regions[0].get("coordinate", [])
        return {"bbox": [*numbers[:2], *numbers[4:6]]} if size == 2 and len(numbers) == 2 * _CORNERS else {}
    listed = [_points(each, size) for each in regions]
    first = listed[0]
    match type_:
        case "polygon" if size == 2:
            return _polygon([_opened(each) for each in listed])
        case "polyline":
            return {"polyline": first}
        case "point":
            return {"point": first[0]}
        case "keypoints":
            is_multipoint = regions[0].get("regionType") == "multipoint"
            return {"keypoints": [{"point": each} for each in (first if is_multipoint else (one[0] for one in listed))]}
        case "ellipse" if size == 2:
            return _ellipse_in(regions[0].get("regionType"), first)
        case "oriented_box" if size == 2 and len(first) == _CORNERS:
            return _box_in(first)
        case "ellipsoid" if size == 3 and len(first) == 6:
            return _ellipsoid_in(first)
        case "contours" if size == 3:
            kinds = [_GEOMETRIC.get(str(each.get("regionType")), "CLOSED_PLANAR") for each in regions]
            told = zip(kinds, listed, strict=True)
            return {
                "contours": [
                    {"geometric_type": kind, "points": _opened(points) if kind == "CLOSED_PLANAR" else points}
                    for kind, points in told
                ]
            }
        case _:
            return {}


def _points(region: Resource, size: int) -> Points:
    numbers = region.get("coordinate", [])
    return [numbers[place : place + size] for place in range(0, len(numbers), size)]


def _opened(points: Points) -> Points:
    return points[:-1] if len(points) > 1 and points[0] == points[-1] else points


def _polygon(rings: list[Points]) -> Resource:
    """Return rings as a polygon: one that begins within the ring before it is a hole of that, any other a part."""
    parts: list[Resource] = []
    for ring in rings:
        if parts and _is_within(ring[0], parts[-1]["polygon"]):
            parts[-1].setdefault("holes", []).append(ring)
        else:
            parts.append({"polygon": ring})
    first, *others = parts
    return first | ({"parts": others} if others else {})


def _is_within(point: list[Any], ring: Points) -> bool:
    x, y = map(float, point)
    is_in = False
    for (a, b), (c, d) in pairwise([*ring, ring[0]]):
        if (b > y) != (d > y) and x < float(a) + (y - float(b)) * (float(c) - float(a)) / (float(d) - float(b)):
            is_in = not is_in
    return is_in


def _ellipse_in(kind: Any, points: Points) -> Resource:
    if kind == "circle" and len(points) == 2:
        radius = math.dist(*points)
        return {"center": points[0], "radii": [radius, radius]}
    if len(points) != 4:
        return {}
    a, b, c, d = points
    turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    told: Resource = {"center": _middle(a, b), "radii": [math.dist(a, b) / 2, math.dist(c, d) / 2]}
    return told | ({"rotation_degrees": turn} if turn else {})


def _box_in(points: Points) -> Resource:
    a, b, c, _, _ = points
    turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    told: Resource = {"center": _middle(a, c), "size": [math.dist(a, b), math.dist(b, c)]}
    return told | ({"rotation_degrees": turn} if turn else {})


def _ellipsoid_in(points: Points) -> Resource:
    pairs = list(zip(points[::2], points[1::2], strict=True))
    radii = [math.dist(*pair) / 2 for pair in pairs]
    told: Resource = {"center": _middle(*pairs[0]), "radii": radii}
    columns = [
        [(b - a) / (2 * radius) if radius else 0 for a, b in zip(*pair, strict=True)]
        for pair, radius in zip(pairs, radii, strict=True)
    ]
    direction = [list(row) for row in zip(*columns, strict=True)]
    return told | ({} if direction == [[1, 0, 0], [0, 1, 0], [0, 0, 1]] else {"direction": direction})


def _middle(one: list[Any], other: list[Any]) -> list[float]:
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]
