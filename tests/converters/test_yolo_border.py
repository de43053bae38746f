"""What lies beyond its picture is cut at the border of that: the same area within, and one line for one object."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annoconv_converters.yolo.border import cut_at_border
from annoconv_converters.yolo.smallest_box import smallest_box
from hypothesis import given
from hypothesis import strategies as st

from annoconv import registry

from .test_yolo_kinds import BOX, HEIGHT, POLYGON, WIDTH, case

SIZE = (HEIGHT, WIDTH)


def lines(folder: Path, *shapes: dict[str, Any], kind: str) -> list[list[float]]:
    registry.write([case(*shapes)], folder / "set", format="yolo", kind=kind)
    return [[float(each) for each in line.split()] for line in (folder / "set/labels/a.txt").read_text().splitlines()]


def signed(points: list[tuple[float, float]]) -> float:
    return sum(x * v - u * y for (x, y), (u, v) in pairwise([*points, points[0]])) / 2


def area_within(ring: list[tuple[float, float]]) -> float:
    """Return the signed area of a ring within the picture: what lies beyond is pushed onto the border, without area.

    Each side is divided where it crosses a border first, so that what lies within keeps its place.
    """
    pushed: list[tuple[float, float]] = []
    for one, other in pairwise([*ring, ring[0]]):
        cuts = {0.0}
        for axis, most in ((0, WIDTH), (1, HEIGHT)):
            length = other[axis] - one[axis]
            cuts |= {(border - one[axis]) / length for border in (0, most) if length}
        for cut in sorted(each for each in cuts if 0 <= each <= 1):
            x, y = (a + cut * (b - a) for a, b in zip(one, other, strict=True))
            pushed.append((min(max(x, 0), WIDTH), min(max(y, 0), HEIGHT)))
    return signed(pushed)


@given(st.lists(st.tuples(st.integers(-150, 350), st.integers(-80, 180)), min_size=3, max_size=9))
def test_a_ring_is_cut_so_that_it_encloses_the_same_of_the_picture(ring: list[tuple[float, float]]) -> None:
    flat = cut_at_border([number for point in ring for number in point], SIZE)
    cut = list(zip(flat[::2], flat[1::2], strict=True))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in cut)
    assert (signed(cut) if cut else 0) == pytest.approx(area_within(ring), abs=1e-4)


def test_a_polygon_beyond_the_picture_is_cut_not_moved(tmp_path: Path) -> None:
    triangle = {"type": "polygon", "polygon": [[-50, 10], [50, 10], [50, 90]]}
    ((_, *shares),) = lines(tmp_path, triangle, kind="segment")
    corners = {(round(x * WIDTH, 6), round(y * HEIGHT, 6)) for x, y in zip(shares[::2], shares[1::2], strict=True)}
    assert corners == {(0, 10), (50, 10), (50, 90), (0, 50)}  # 100 wide, 80 high: half of it at x = 0


@pytest.mark.parametrize("kind", ["segment", "detect", "pose", "obb"])
def test_what_lies_wholly_beyond_has_no_line_and_comes_back(kind: str, tmp_path: Path) -> None:
    beyond = {"type": "polygon", "polygon": [[-9, 10], [-1, 10], [-1, 20]]}
    box = {"type": "bbox", "bbox": [WIDTH, 3, WIDTH + 9, 20]}
    assert len(lines(tmp_path, beyond, BOX, box, kind=kind)) == 1
    (reading,) = registry.read([tmp_path / "set"], format="yolo")
    assert reading.case == case(beyond, BOX, box).case


def test_keypoints_beyond_the_picture_are_not_labelled(tmp_path: Path) -> None:
    points = [{"name": "a", "point": [3, 4]}, {"name": "b", "point": [-20, 4]}, {"name": "c", "point": [50, 80]}]
    ((*_, ax, ay, a, bx, by, b, _cx, _cy, c),) = lines(
        tmp_path, {"type": "keypoints", "keypoints": points}, kind="pose"
    )
    assert (a, b, c) == (2, 0, 2)
    assert (ax * WIDTH, ay * HEIGHT, bx, by) == pytest.approx((3, 4, 0, 0))


@pytest.mark.parametrize("kind", ["detect", "pose", "obb"])
def test_an_object_of_several_parts_is_one_line_of_boxes(kind: str, tmp_path: Path) -> None:
    parts = {**POLYGON, "parts": [{"polygon": [[60, 50], [80, 50], [80, 90]]}]}
    ((_, *shares),) = lines(tmp_path, parts, kind=kind)
    if kind == "obb":
        xs, ys = np.array(shares[::2]) * WIDTH, np.array(shares[1::2]) * HEIGHT
        assert xs.min() < 3
        assert (xs.max(), ys.max()) > (78, 88)
    else:
        assert shares[:4] == pytest.approx([40.5 / WIDTH, 45.5 / HEIGHT, 79 / WIDTH, 89 / HEIGHT])


@given(st.lists(st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT)), min_size=3, max_size=9, unique=True))
def test_a_smallest_box_stays_in_the_picture_and_holds_its_points(points: list[tuple[int, int]]) -> None:
    corners = np.array(smallest_box(np.array(points, float), SIZE)).reshape(4, 2)
    assert corners.min() >= -1e-3
    assert (corners <= np.array((WIDTH, HEIGHT)) + 1e-3).all()
    sides = np.roll(corners, -1, axis=0) - corners
    for x, y in points:
        away = sides[:, 0] * (y - corners[:, 1]) - sides[:, 1] * (x - corners[:, 0])
        assert away.min() >= -1e-4 * max(1.0, np.abs(sides).max())
