"""Coordinates of content items as geometries of annotations: the other way of `regions`.

Numbers are the shortest decimals that are the same in single precision; of an ellipse, a box that is turned or an
ellipsoid, the roundest that DICOM would have the same of.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.codes import PRIVATE_SCHEME
from annoconv_converters._dicom.content import Coordinates, Reference
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.outlines import ellipse_points, ellipsoid_points, is_same, shortest, turned_corners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from annoconv_converters._dicom.content import Item
    from annoconv_converters.dicom_sr.series import StatedImage

__all__ = ["Places", "geometry_of", "image_of"]

Geometry: TypeAlias = dict[str, Any]
_MOST_DIGITS: Final = 9


class Places:
    """Where instances and frames stand in the images of a case.

    Parameters
    ----------
    images
        The images, the primary first.

    Attributes
    ----------
    primary
        UID of the primary one; empty if there is none.
    uids
        UIDs of all.
    """

    def __init__(self, images: Iterable[StatedImage]) -> None:
        listed = list(images)
        self.primary = listed[0].uid if listed else ""
        self.uids = frozenset(each.uid for each in listed)
        grids = {each.uid: each.grid for each in listed}
        self._placed = {uid for uid, grid in grids.items() if grid is not None and grid.lps_from_ijk is not None}
        self._found: dict[tuple[str, int], tuple[StatedImage, int]] = {}
        self._whole: dict[str, StatedImage] = {}
        self._count: dict[str, int] = {}
        for image in listed:
            slices = image.slices
            self._count[image.uid] = len(slices)
            for index, place in enumerate(slices):
                self._found.setdefault(place, (image, index))
            for uid in image.instances:
                self._whole.setdefault(uid, image)

    def place(self, reference: Reference | None) -> Geometry:
        """Return `image_uid`, where it is not the primary one, and the slice or the frames of an annotation."""
        if reference is None:
            return {}
        uid, frames = reference.sop_instance_uid, reference.frames
        image, index = self._found.get((uid, frames[0] if frames else 0), (self._whole.get(uid), None))
        if image is None:
            return {}
        named: Geometry = {} if image.uid == self.primary else {"image_uid": image.uid}
        if index is None and frames and (uid, 0) in self._found and self._is_single(image):
            # An instance of one frame is a slice by itself, and has no other than the first (PS3.3 C.18.3).
            index = self._found[uid, 0][1] if frames == (1,) else None
            frames = ()
        if index is None and frames:
            index = frames[0] - 1
        if index is None:
            return named
        is_placed = image.uid in self._placed
        if frames and not is_placed:
            last = {"last_frame_index": index + frames[-1] - frames[0]} if len(frames) > 1 else {}
            return named | {"frame_index": index} | last
        if is_placed or self._count[image.uid] > 1:
            return named | {"slice_index": index}
        return named

    def _is_single(self, image: StatedImage) -> bool:
        """Tell whether each instance of an image is one slice, as far as that is known."""
        return image.source is not None or image.uid in self._placed or self._count[image.uid] > 1


def image_of(one: Item) -> Reference | None:
    """Return the image that coordinates lie on."""
    found = next((each.value for each in one.all(kind="IMAGE") if isinstance(each.value, Reference)), None)
    return found if isinstance(found, Reference) else None


def geometry_of(regions: Sequence[Item], places: Places, *, is_bound: bool) -> list[Geometry]:
    """Return the geometries that the regions of one group are: one, or one for each slice that they lie on.

    Parameters
    ----------
    regions
        SCOORD and SCOORD3D items of a group.
    places
        Where images stand.
    is_bound
        Whether they bound the finding, and do not outline it.
    """
    sound = [
        each for each in regions if isinstance(each.value, Coordinates) and all(map(math.isfinite, each.value.data))
    ]
    flat = [each for each in sound if each.kind == "SCOORD"]
    solid = [each for each in sound if each.kind == "SCOORD3D"]
    found = _in_space(solid) if solid else []
    named = [each for each in flat if each.key[1] == PRIVATE_SCHEME and _value(each).shape == "POINT"]
    if named:
        points = [{"name": each.key[0], "point": shortest(_value(each).data)} for each in named]
        found.append({"type": "keypoints", "keypoints": points} | places.place(image_of(named[0])))
        flat = [each for each in flat if each not in named]
    shapes = [shape | places.place(image_of(each)) for each in flat if (shape := _shape(each, is_bound=is_bound))]
    return found + _together(shapes)


def _value(one: Item) -> Coordinates:
    assert isinstance(one.value, Coordinates)  # noqa: S101 - its callers chose it so
    return one.value


_PLACE: Final = ("image_uid", "slice_index", "frame_index", "last_frame_index")


def _together(shapes: list[Geometry]) -> list[Geometry]:
    """Return polygons of one slice as parts of one, and the same box on one slice after another as a solid one."""
    boxes = [each for each in shapes if each["type"] == "bbox" and "slice_index" in each]
    if len(boxes) > 1 and len(boxes) == len(shapes):
        first = boxes[0]["slice_index"]
        is_stack = all(
            (each["bbox"], each["slice_index"], each.get("image_uid"))
            == (boxes[0]["bbox"], first + n, boxes[0].get("image_uid"))
            for n, each in enumerate(boxes)
        )
        if is_stack:
            x0, y0, x1, y1 = boxes[0]["bbox"]
            solid = {key: value for key, value in boxes[0].items() if key == "image_uid"}
            return [{"type": "bbox", "bbox": [x0, y0, float(first), x1, y1, float(first + len(boxes))]} | solid]
    merged: list[Geometry] = []
    for each in shapes:
        like = merged[-1] if merged else {}
        if each["type"] == like.get("type") == "polygon" and all(each.get(key) == like.get(key) for key in _PLACE):
            part = {key: each[key] for key in ("polygon", "holes") if key in each}
            like["parts"] = [*like.get("parts", ()), part]
        else:
            merged.append(each)
    return merged


# --- on a slice


def _shape(one: Item, *, is_bound: bool) -> Geometry | None:
    """Return the geometry of one SCOORD item; None if its data are none."""
    value = _value(one)
    data = shortest(value.data)
    points = [data[at : at + 2] for at in range(0, len(data) - 1, 2)]
    if value.shape == "POINT" and len(points) == 1:
        return {"type": "point", "point": points[0]}
    if value.shape == "MULTIPOINT" and points:
        return {
            "type": "keypoints",
            "keypoints": [{"name": str(n), "point": point} for n, point in enumerate(points, 1)],
        }
    if value.shape == "CIRCLE" and len(points) == 2:
        radius = math.dist(value.data[:2], value.data[2:])
        center = points[0]
        round_radius = _roundest(radius, lambda r: is_same(_flat(ellipse_points(center, (r, r), 0)[1]), value.data))
        if round_radius == radius:
            round_radius = float(f"{radius:.7g}")
        return {"type": "ellipse", "center": center, "radii": [round_radius] * 2} if radius > 0 else None
    if value.shape == "ELLIPSE" and len(points) == 4:
        return _ellipse(value)
    if value.shape == "POLYLINE" and len(points) > 1:
        return _line(points, value, is_bound=is_bound, is_path=one.key == codes.key_of(codes.PATH))
    return None


def _flat(points: Iterable[Sequence[float]]) -> list[float]:
    return [number for point in points for number in point]


def _roundest(number: float, fits: Callable[[float], bool]) -> float:
    """Return the number of fewest decimals that fits, or the number itself."""
    for digits in range(_MOST_DIGITS):
        if fits(found := round(number, digits) + 0.0):
            return found
    return number


def _ellipse(value: Coordinates) -> Geometry | None:
    """Return an ellipse; its first radius is along the major axis, unless the axes are upright."""
    ends = np.array(value.data, dtype=np.float64).reshape(4, 2)
    major, minor = ends[1] - ends[0], ends[3] - ends[2]
    radii = [float(np.hypot(*major)) / 2, float(np.hypot(*minor)) / 2]
    if min(radii) <= 0:
        return None
    center = [float(number) for number in ends.mean(axis=0)]
    angle = math.degrees(math.atan2(major[1], major[0]))
    angle = angle - 180 * round(angle / 180) if abs(abs(angle) - 90) > 1e-9 else 90.0
    candidates = [(radii, angle), (radii[::-1], angle - 90 if angle > 0 else angle + 90)]
    if abs(angle) == 90:
        candidates = [(radii[::-1], 0.0), *candidates]
    for sizes, turned in candidates:
        for digits in range(_MOST_DIGITS):
            x, y, a, b, degrees = (round(number, digits) + 0.0 for number in (*center, *sizes, turned))
            if a > 0 and b > 0 and is_same(_flat(ellipse_points((x, y), (a, b), degrees)[1]), value.data):
                rotation = {"rotation_degrees": degrees} if degrees else {}
                return {"type": "ellipse", "center": [x, y], "radii": [a, b]} | rotation
    x, y, a, b, degrees = (float(f"{number:.8g}") for number in (*center, *radii, angle))
    rotation = {"rotation_degrees": degrees} if abs(degrees) > 1e-6 else {}
    return {"type": "ellipse", "center": [x, y], "radii": [a, b]} | rotation


def _line(points: list[list[float]], value: Coordinates, *, is_bound: bool, is_path: bool) -> Geometry | None:
    is_closed = points[0] == points[-1] and len(points) > 3
    if is_path or not is_closed:
        return {"type": "polyline", "polyline": points}
    if is_bound and len(points) == 5:
        box = _box(points, value)
        if box is not None:
            return box
    return apart(points)


def _box(points: list[list[float]], value: Coordinates) -> Geometry | None:
    """Return four corners as a box, upright or turned; None if they are none."""
    xs, ys = sorted({x for x, _ in points}), sorted({y for _, y in points})
    if len(xs) == len(ys) == 2:
        return {"type": "bbox", "bbox": [xs[0], ys[0], xs[1], ys[1]]}
    corners = np.array(value.data, dtype=np.float64).reshape(5, 2)[:4]
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    size = [float(np.hypot(*across)), float(np.hypot(*down))]
    scale = max(1.0, float(np.abs(corners).max()))
    is_square = abs(float(across @ down)) <= 1e-5 * scale * max(size)
    is_whole = np.abs(corners[2] - corners[1] - down).max() <= 1e-5 * scale
    if min(size) <= 0 or not (is_square and is_whole):
        return None
    center = [float(number) for number in corners.mean(axis=0)]
    angle = math.degrees(math.atan2(across[1], across[0]))
    for digits in range(_MOST_DIGITS):
        x, y, w, h, turned = (round(number, digits) + 0.0 for number in (*center, *size, angle))
        if w > 0 and h > 0 and is_same(_flat(turned_corners((x, y), (w, h), turned)), value.data):
            return {"type": "oriented_box", "center": [x, y], "size": [w, h], "rotation_degrees": turned}
    x, y, w, h, turned = (float(f"{number:.8g}") for number in (*center, *size, angle))
    return {"type": "oriented_box", "center": [x, y], "size": [w, h], "rotation_degrees": turned}


def apart(points: list[list[float]]) -> Geometry:
    """Return a closed line as a polygon, and what it goes around on its way as holes (`regions.keyhole`)."""
    first = points[0]
    turns = [at for at, point in enumerate(points) if point == first]
    loops = [points[begin:end] for begin, end in pairwise(turns)]
    ring, holes = loops[0], [loop[1:] for loop in loops[1:]]
    is_keyhole = len(ring) > 2 and all(len(hole) > 3 and hole[0] == hole[-1] for hole in holes)
    if not holes or not is_keyhole:
        return {"type": "polygon", "polygon": points[:-1]}
    return {"type": "polygon", "polygon": ring, "holes": [hole[:-1] for hole in holes]}


# --- in space


_CONTOURS: Final[Mapping[str, str]] = {
    "POINT": "POINT",
    "MULTIPOINT": "POINT",
    "POLYLINE": "OPEN_NONPLANAR",
    "POLYGON": "CLOSED_PLANAR",
}


def _in_space(items: Sequence[Item]) -> list[Geometry]:
    """Return what SCOORD3D items are: a point, a line, an ellipsoid, or contours."""
    values = [_value(each) for each in items]
    uids = {each.frame_of_reference_uid for each in values}
    place: Geometry = {"coordinate_space": "patient"}
    if len(uids) == 1 and "" not in uids:
        place["frame_of_reference_uid"] = uids.pop()
    first, name = values[0], items[0].key
    triples = [_triples(each) for each in values]
    if len(values) == 1 and first.shape == "POINT" and len(triples[0]) == 1:
        return [{"type": "point", "point": triples[0][0]} | place]
    if len(values) == 1 and first.shape == "POLYLINE" and name == codes.key_of(codes.PATH) and len(triples[0]) > 1:
        return [{"type": "polyline", "polyline": triples[0]} | place]
    if len(values) == 1 and first.shape == "ELLIPSOID" and len(triples[0]) == 6:
        return [_ellipsoid(first) | place]
    contours: list[Geometry] = []
    for value, points in zip(values, triples, strict=True):
        kind = _CONTOURS.get(value.shape)
        if value.shape == "ELLIPSE" and len(points) == 4:
            kind, points = "CLOSED_PLANAR", _around(value)
        if kind == "CLOSED_PLANAR" and len(points) > 1 and points[0] == points[-1]:
            points = points[:-1]
        if kind is not None and points:
            contours.append({"geometric_type": kind, "points": points})
    return [{"type": "contours", "contours": contours} | place] if contours else []


def _triples(value: Coordinates) -> list[list[float]]:
    data = shortest(value.data)
    return [data[at : at + 3] for at in range(0, len(data) - 2, 3)]


_STEPS: Final = 64
"""Vertices of the polygon that stands for an ellipse in space."""


def _around(value: Coordinates) -> list[list[float]]:
    ends = np.array(value.data, dtype=np.float64).reshape(4, 3)
    centre, major, minor = ends.mean(axis=0), (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
    angles = np.arange(_STEPS) * (2 * math.pi / _STEPS)
    points = centre + np.outer(np.cos(angles), major) + np.outer(np.sin(angles), minor)
    return [[float(number) for number in point] for point in np.round(points, 6)]


def _ellipsoid(value: Coordinates) -> Geometry:
    """Return an ellipsoid, its axes in the order of their lengths unless they are those of the patient."""
    ends = np.array(value.data, dtype=np.float64).reshape(3, 2, 3)
    center = ends.mean(axis=(0, 1))
    axes = (ends[:, 1] - ends[:, 0]) / 2
    radii = np.linalg.norm(axes, axis=1)
    units = axes / np.where(radii > 0, radii, 1)[:, None]
    order = np.argmax(np.abs(units), axis=1)
    if len({*order.tolist()}) == 3:
        units, radii = units[np.argsort(order)], radii[np.argsort(order)]
    direction = units.T
    for digits in range(_MOST_DIGITS):
        told = [np.round(each, digits) + 0.0 for each in (center, radii, direction)]
        found = {"center": told[0].tolist(), "radii": told[1].tolist(), "direction": told[2].tolist()}
        if is_same(ellipsoid_points(found["center"], found["radii"], found["direction"]), value.data):
            break
    else:
        found = {"center": center.tolist(), "radii": radii.tolist(), "direction": direction.tolist()}
    if np.array_equal(np.array(found["direction"]), np.eye(3)):
        del found["direction"]
    return {"type": "ellipsoid"} | found
