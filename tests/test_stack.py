"""Stacks of slices against PS3.3 C.7.6.2.1.1 written out, and refusals that name slices and numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annoconv.errors import GeometryError
from annoconv.geometry import transform_points
from annoconv.volumes.slice_stack import Plane, stack_grid
from tests.test_geometry import ANGLES, rotation

AXIAL, CORONAL, SAGITTAL = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1)


def planes(count=4, *, orientation=AXIAL, step=(0, 0, 2.5), origin=(10, 20, 30), spacing=(2.0, 0.5), size=(5, 7)):
    return [Plane(f"slice{n}", np.add(origin, np.multiply(step, n)), orientation, spacing, *size) for n in range(count)]


def dicom_position(plane, column, row):
    """Return a pixel's place by the formula of PS3.3 C.7.6.2.1.1, number by number."""
    x, y, (between_rows, between_columns) = plane.orientation[:3], plane.orientation[3:], plane.pixel_spacing
    return [x[n] * between_columns * column + y[n] * between_rows * row + plane.position[n] for n in range(3)]


@pytest.mark.parametrize(
    ("orientation", "step", "first", "affine"),
    [
        (AXIAL, (0, 0, 2.5), 0, [[0.5, 0, 0, 10], [0, 2, 0, 20], [0, 0, 2.5, 30]]),
        (AXIAL, (0, 0, -2.5), 3, [[0.5, 0, 0, 10], [0, 2, 0, 20], [0, 0, 2.5, 22.5]]),
        # Coronal: (1,0,0) x (0,0,-1) = (0,1,0), so slices run to posterior.
        (CORONAL, (0, 3, 0), 0, [[0.5, 0, 0, 10], [0, 0, 3, 20], [0, -2, 0, 30]]),
        # Sagittal: (0,1,0) x (0,0,-1) = (-1,0,0), so slices run to the right.
        (SAGITTAL, (1.5, 0, 0), 3, [[0, 0, -1.5, 14.5], [0.5, 0, 0, 20], [0, -2, 0, 30]]),
        # Both in-plane axes reversed: the normal stays (0,0,1).
        ((-1, 0, 0, 0, -1, 0), (0, 0, 2), 0, [[-0.5, 0, 0, 10], [0, -2, 0, 20], [0, 0, 2, 30]]),
        # One reversed: (-1,0,0) x (0,1,0) = (0,0,-1).
        ((-1, 0, 0, 0, 1, 0), (0, 0, 2), 3, [[-0.5, 0, 0, 10], [0, 2, 0, 20], [0, 0, -2, 36]]),
    ],
)
def test_affine_by_hand(orientation, step, first, affine):
    grid, order = stack_grid(planes(orientation=orientation, step=step))
    assert grid.affine[:3].tolist() == affine
    assert order[0] == first
    assert grid.shape == (5, 7, 4)
    assert np.linalg.det(grid.direction) == pytest.approx(1)


@given(
    st.tuples(ANGLES, ANGLES, ANGLES),
    st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)),
    st.floats(0.3, 8),
    st.permutations(range(6)),
    st.sampled_from([1, -1]),
)
def test_each_pixel_of_each_slice_is_where_dicom_says(angles, spacing, gap, shuffle, sense):
    turn = rotation(*angles)
    across, down = turn[:, 0], turn[:, 1] * sense
    stack = planes(6, orientation=(*across, *down), step=np.cross(across, down) * gap, spacing=spacing)
    given_order = [stack[n] for n in shuffle]
    grid, order = stack_grid(given_order)
    assert [given_order[n].name for n in order] == [plane.name for plane in stack]
    for k, index in enumerate(order):
        for column, row in ((0, 0), (4, 0), (0, 6), (4, 6)):
            expected = dicom_position(given_order[index], column, row)
            np.testing.assert_allclose(transform_points(grid.affine, (column, row, k)), expected, atol=1e-6)


def test_one_slice_has_the_given_step():
    grid, order = stack_grid(planes(1), 3.5)
    assert grid.spacing.tolist() == [0.5, 2.0, 3.5]
    assert order == [0]


def test_rounded_positions_are_one_stack():
    rounded = [
        Plane(f"slice{n}", (10.004 - 0.008 * (n % 2), 20, round(n * 0.625, 2)), AXIAL, (0.4, 0.4), 9, 9)
        for n in range(200)
    ]
    grid, _ = stack_grid(rounded)
    assert grid.spacing[2] == pytest.approx(0.625, abs=1e-4)


def refusal(stack):
    with pytest.raises(GeometryError) as caught:
        stack_grid(stack)
    return str(caught.value)


def test_gap_names_slices_and_numbers():
    stack = planes(6)
    text = refusal(stack[:3] + stack[4:])
    assert "5 mm between slice2 and slice4" in text
    assert "2.5 mm" in text


def test_drifting_distances_are_refused():
    drifting = [Plane(f"slice{n}", (0, 0, n * 2 + 0.004 * n * n), AXIAL, (1, 1), 9, 9) for n in range(24)]
    assert "voxels off" in refusal(drifting)


def test_shared_position_names_both():
    stack = planes(4)
    text = refusal([*stack, Plane("copy", stack[1].position, AXIAL, (2.0, 0.5), 5, 7)])
    assert "1 of 5 slices share" in text
    assert "slice1 and copy" in text
    assert "32.5 mm" in text


def test_two_orientations_name_both():
    text = refusal([*planes(2), Plane("other", (0, 0, 50), CORONAL, (2.0, 0.5), 5, 7)])
    assert "differ in orientation" in text
    assert "[1, 0, 0, 0, 0, -1] in other" in text
    assert "[1, 0, 0, 0, 1, 0] in slice0" in text


def test_shear_names_angle_and_slice():
    tilt = math.radians(14)
    tilted = planes(4, orientation=(1, 0, 0, 0, math.cos(tilt), -math.sin(tilt)), step=(0, 0, 5))
    text = refusal(tilted)
    assert "sheared by 14.0 degrees" in text
    assert "slice3" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spacing": (2.0, 0.6)}, "pixel spacing"),
        ({"size": (6, 7)}, "size"),
        ({"orientation": (1, 0, 0, 0, 1, 0.001)}, "orientation"),
    ],
)
def test_slices_must_be_alike(changes, words):
    assert f"differ in {words}" in refusal([*planes(2), *planes(1, origin=(10, 20, 35), **changes)])


@pytest.mark.parametrize(
    "changes",
    [
        {"orientation": (1, 0, 0, 0, 1, 0.02)},
        {"orientation": (1, 0, 0, 1, 0, 0)},
        {"orientation": (0, 0, 0, 0, 0, 0)},
        {"orientation": (math.nan,) * 6},
        {"orientation": (1, 0, 0)},
        {"spacing": (0, 1)},
        {"spacing": (-1, 1)},
        {"spacing": (math.inf, 1)},
        {"spacing": (math.nan, 1)},
        {"origin": (math.nan, 0, 0)},
        {"origin": (1e300, 0, 0)},
    ],
)
def test_useless_numbers_are_refused(changes):
    with pytest.raises(GeometryError):
        stack_grid(planes(**changes))
    with pytest.raises(GeometryError):
        stack_grid(planes(1, **changes))


def test_no_slices():
    with pytest.raises(GeometryError):
        stack_grid([])
