"""Geometry against hand-computed values, DICOM's own formula written out, and properties."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annoconv.errors import GeometryError, LimitError
from annoconv.geometry import (
    Grid,
    GridKind,
    affine_lps,
    apply_relation,
    compare_grids,
    corner_displacement_voxel,
    describe_grid,
    lps_from_ras,
    ras_from_lps,
    transform_points,
)
from annoconv.model import CoordinateFrame, Image

IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def image(**changes):
    fields = {
        "uid": "1.2.3",
        "modality": "CT",
        "shape": [4, 3, 2],
        "spacing": [0.5, 2.0, 3.0],
        "origin": [10.0, 20.0, 30.0],
        "direction": IDENTITY,
    }
    return Image(**(fields | changes))


def affine(direction, spacing, origin):
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(direction, dtype=float) * spacing
    matrix[:3, 3] = origin
    return matrix


def rotation(a, b, c):
    """Return a rotation about x, then y, then z."""
    ca, sa, cb, sb, cc, sc = (f(x) for x in (a, b, c) for f in (math.cos, math.sin))
    about_x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_z = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


ANGLES = st.floats(-3.2, 3.2)
SHAPES = st.tuples(*[st.integers(1, 6)] * 3)
SPACINGS = st.tuples(*[st.floats(0.2, 6)] * 3)
ORIGINS = st.tuples(*[st.floats(-500, 500)] * 3)


@st.composite
def grids(draw):
    """Draw any orientation, left-handed ones included."""
    direction = rotation(draw(ANGLES), draw(ANGLES), draw(ANGLES)) * [1, 1, draw(st.sampled_from([1, -1]))]
    return Grid(draw(SHAPES), affine(direction, draw(SPACINGS), draw(ORIGINS)))


def reindexed(grid, axes, flips):
    """Return the grid with its axes in another order and direction, worked out voxel by voxel."""
    shape = tuple(grid.shape[a] for a in axes)

    def source_index(index):
        source = [0, 0, 0]
        for position, a in enumerate(axes):
            source[a] = shape[position] - 1 - index[position] if flips[position] else index[position]
        return source

    origin = transform_points(grid.affine, source_index((0, 0, 0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for position in range(3):
        a = axes[position]
        matrix[:3, position] = grid.affine[:3, a] * (-1 if flips[position] else 1)
    return Grid(shape, matrix), source_index


# --- affine_lps


def test_affine_of_a_document_by_hand():
    points = transform_points(affine_lps(image()), [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [3, 2, 1]])
    assert points.tolist() == [[10, 20, 30], [10.5, 20, 30], [10, 22, 30], [10, 20, 33], [11.5, 24, 33]]


def test_columns_of_the_direction_are_the_axes():
    # Coronal: columns run to the left, rows run down (to inferior), slices to posterior.
    direction = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    points = transform_points(affine_lps(image(direction=direction)), [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert points.tolist() == [[10.5, 20, 30], [10, 20, 28], [10, 23, 30]]


def test_ras_numbers_change_the_sign_of_x_and_y():
    in_ras = affine_lps(image(coordinate_frame=CoordinateFrame.RAS))
    assert in_ras.tolist() == [[-0.5, 0, 0, -10], [0, -2, 0, -20], [0, 0, 3, 30], [0, 0, 0, 1]]
    assert Grid.from_image(image(coordinate_frame=CoordinateFrame.RAS)).frame == "LPS"


def test_two_dimensional_image_has_one_slice():
    grid = Grid.from_image(image(shape=[4, 3], spacing=[0.5, 2.0]))
    assert grid.shape == (4, 3, 1)
    assert grid.spacing.tolist() == [0.5, 2.0, 1.0]
    assert grid.shape_kji == (1, 3, 4)


@pytest.mark.parametrize("absent", ["spacing", "origin", "direction"])
def test_an_image_without_place_has_no_affine(absent):
    incomplete = image(**{absent: None})
    assert Grid.from_image(incomplete).lps_from_ijk is None
    with pytest.raises(GeometryError, match=absent):
        affine_lps(incomplete)
    with pytest.raises(GeometryError, match="no place in space"):
        _ = Grid.from_image(incomplete).affine


def test_frames_without_patient():
    assert Grid.from_image(image(coordinate_frame=CoordinateFrame.NONE)).lps_from_ijk is None
    assert Grid.from_image(image(coordinate_frame=CoordinateFrame.SLIDE)).frame == "SLIDE"


def test_direction_must_be_orthonormal():
    with pytest.raises(GeometryError, match="orthonormal"):
        affine_lps(image(direction=[[1, 0.001, 0], [0, 1, 0], [0, 0, 1]]))
    rounded = [[0.60883, -0.142762, -0.780349], [0.790737, 0.188227, 0.582499], [0.063724, -0.971694, 0.227486]]
    affine_lps(image(direction=rounded))


@pytest.mark.parametrize(
    "matrix",
    [
        np.full((4, 4), np.nan),
        affine(IDENTITY, (1, 1, 1), (0, math.inf, 0)),
        affine(IDENTITY, (1, 1, 0), (0, 0, 0)),
        affine(IDENTITY, (1, 1, 1), (1e300, 0, 0)),
        affine([[1, 1, 0], [0, 0, 0], [0, 0, 1]], (1, 1, 1), (0, 0, 0)),
        np.eye(3),
        np.ones((4, 4)),
    ],
)
def test_no_grid_of_a_useless_affine(matrix):
    with pytest.raises(GeometryError):
        Grid((2, 2, 2), matrix)


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, 1), (-1, 2, 3)])
def test_no_grid_of_a_useless_shape(shape):
    with pytest.raises(GeometryError):
        Grid(shape, np.eye(4))


def test_a_grid_does_not_change_with_its_source():
    matrix = np.eye(4)
    grid = Grid((2, 2, 2), matrix)
    matrix[0, 0] = 5
    assert grid.affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 5


@given(grids())
def test_description_gives_the_grid_back(grid):
    described = describe_grid(grid)
    back = Grid.from_image(
        SimpleNamespace(
            **described | {"coordinate_frame": CoordinateFrame(described["coordinate_frame"]), "instances": None}
        )
    )
    assert compare_grids(back, grid).kind is GridKind.SAME
    np.testing.assert_allclose(back.affine, grid.affine, atol=1e-8)


@given(grids(), hnp.arrays(float, (5, 3), elements=st.floats(-100, 100)))
def test_index_to_patient_to_index_is_the_identity(grid, indices):
    back = transform_points(np.linalg.inv(grid.affine), transform_points(grid.affine, indices))
    np.testing.assert_allclose(back, indices, atol=1e-6)


@given(grids())
def test_ras_and_lps_are_inverse(grid):
    assert np.array_equal(lps_from_ras(ras_from_lps(grid.affine)), grid.affine)


# --- compare_grids, apply_relation

ORDERS = [
    (axes, flips) for axes in itertools.permutations(range(3)) for flips in itertools.product([False, True], repeat=3)
]


@pytest.mark.parametrize(("axes", "flips"), ORDERS)
def test_each_of_the_48_axis_orders_is_reindexed_exactly(axes, flips):
    fixed = Grid((3, 4, 5), affine(rotation(0.3, -0.2, 0.1), (0.7, 1.1, 2.5), (-100, 50, 7)))
    moving, source_index = reindexed(fixed, axes, flips)
    relation = compare_grids(moving, fixed)
    is_same = axes == (0, 1, 2) and not any(flips)
    assert relation.kind is (GridKind.SAME if is_same else GridKind.REINDEXED)
    rng = np.random.default_rng(1)
    labels_kji = rng.integers(0, 200, moving.shape_kji, dtype=np.uint8)
    placed = apply_relation(labels_kji, relation)
    assert placed.shape == fixed.shape_kji
    assert placed.flags.c_contiguous
    for i, j, k in np.ndindex(moving.shape):
        fi, fj, fk = source_index((i, j, k))
        assert placed[fk, fj, fi] == labels_kji[k, j, i]
    assert np.array_equal(apply_relation(placed, compare_grids(fixed, moving)), labels_kji)


@given(grids(), st.sampled_from(ORDERS), st.data())
def test_every_voxel_keeps_its_place(fixed, order, data):
    moving, _ = reindexed(fixed, *order)
    labels_kji = data.draw(hnp.arrays(np.uint8, moving.shape_kji))
    placed = apply_relation(labels_kji, compare_grids(moving, fixed))

    def by_place(array_kji, grid):
        indices = np.argwhere(array_kji)
        points = transform_points(grid.affine, indices[:, ::-1])
        values = array_kji[tuple(indices.T)]
        return sorted((*np.round(point, 4) + 0.0, value) for point, value in zip(points, values, strict=True))

    before, after = by_place(labels_kji, moving), by_place(placed, fixed)
    np.testing.assert_allclose(np.array(after), np.array(before), atol=2e-4)
    assert np.array_equal(apply_relation(placed, compare_grids(fixed, moving)), labels_kji)


def shifted(grid, start, shape):
    matrix = grid.affine.copy()
    matrix[:3, 3] = transform_points(grid.affine, start)
    return Grid(shape, matrix)


def test_a_grid_of_more_voxels_than_memory_is_refused_before_any_is_made():
    moving = Grid.from_image(image())
    fixed = Grid.from_image(image(shape=[4, 3, 10**9]))
    with pytest.raises(LimitError, match="too large to be held in memory"):
        apply_relation(np.ones(moving.shape_kji, dtype=np.uint16), compare_grids(moving, fixed))


def test_sub_grid_is_padded_and_super_grid_cropped():
    fixed = Grid((6, 5, 4), affine(rotation(0.5, 0.1, 0.9), (0.5, 2, 3), (1, 2, 3)))
    part = shifted(fixed, (2, 1, 1), (3, 3, 2))
    labels_kji = np.arange(18, dtype=np.uint16).reshape(part.shape_kji)
    relation = compare_grids(part, fixed)
    assert (relation.kind, relation.offset) == (GridKind.SUB, (2, 1, 1))
    padded = apply_relation(labels_kji, relation)
    assert np.array_equal(padded[1:3, 1:4, 2:5], labels_kji)
    assert np.count_nonzero(padded) == 17
    back = compare_grids(fixed, part)
    assert back.offset == (-2, -1, -1)
    assert np.array_equal(apply_relation(padded, back), labels_kji)


def test_foreground_is_never_cut():
    fixed = Grid((4, 4, 4), np.eye(4))
    reaching = shifted(fixed, (2, 0, 0), (4, 4, 4))
    labels_kji = np.zeros((4, 4, 4), dtype=np.uint8)
    labels_kji[0, 0, 1] = 1
    assert apply_relation(labels_kji, compare_grids(reaching, fixed))[0, 0, 3] == 1
    labels_kji[0, 0, 2:] = 1
    with pytest.raises(GeometryError, match="2 of its 3 foreground voxels"):
        apply_relation(labels_kji, compare_grids(reaching, fixed))


def test_a_grid_that_does_not_touch_is_empty_or_refused():
    fixed = Grid((4, 4, 4), np.eye(4))
    away = shifted(fixed, (100, -100, 0), (4, 4, 4))
    relation = compare_grids(away, fixed)
    assert not apply_relation(np.zeros((4, 4, 4), dtype=bool), relation).any()
    with pytest.raises(GeometryError, match="64 of its 64"):
        apply_relation(np.ones((4, 4, 4), dtype=bool), relation)


@settings(max_examples=60)
@given(grids(), st.sampled_from(ORDERS), st.tuples(*[st.integers(-4, 4)] * 3), st.tuples(*[st.integers(0, 4)] * 3))
def test_any_window_of_any_order_lands_where_its_millimetres_are(fixed, order, start, more):
    window = shifted(fixed, start, tuple(size + extra for size, extra in zip(fixed.shape, more, strict=True)))
    moving, _ = reindexed(window, *order)
    labels_kji = np.zeros(moving.shape_kji, dtype=np.uint8)
    index = tuple(size // 2 for size in moving.shape)
    labels_kji[index[::-1]] = 7
    target = np.linalg.inv(fixed.affine) @ [*transform_points(moving.affine, index), 1]
    inside = all(-0.5 < value < size - 0.5 for value, size in zip(target, fixed.shape, strict=False))
    relation = compare_grids(moving, fixed)
    if inside:
        placed = apply_relation(labels_kji, relation)
        assert placed[tuple(round(value) for value in target[2::-1])] == 7
    else:
        with pytest.raises(GeometryError):
            apply_relation(labels_kji, relation)


@pytest.mark.parametrize(
    ("change", "is_different"),
    [
        (affine(IDENTITY, (1, 1, 1), (0.04, 0, 0)), False),
        (affine(IDENTITY, (1, 1, 1), (0.06, 0, 0)), True),
        (affine(IDENTITY, (1.0003, 1, 1), (0, 0, 0)), False),
        (affine(IDENTITY, (1.001, 1, 1), (0, 0, 0)), True),
        (affine(IDENTITY, (2, 1, 1), (0, 0, 0)), True),
        (affine(rotation(0, 0, 0.0003), (1, 1, 1), (0, 0, 0)), False),
        (affine(rotation(0, 0, 0.001), (1, 1, 1), (0, 0, 0)), True),
        (affine(rotation(0, 0, math.pi / 4), (1, 1, 1), (0, 0, 0)), True),
    ],
)
def test_tolerance_is_a_twentieth_of_a_voxel_at_the_worst_corner(change, is_different):
    fixed = Grid((100, 100, 100), np.eye(4))
    assert (compare_grids(Grid((100, 100, 100), change), fixed).kind is GridKind.DIFFERENT) == is_different


def test_difference_shows_both_matrices():
    fixed, moving = Grid((4, 4, 4), np.eye(4)), Grid((4, 4, 4), affine(IDENTITY, (2, 1, 1), (0.25, 0, 0)))
    with pytest.raises(GeometryError) as caught:
        apply_relation(np.zeros((4, 4, 4)), compare_grids(moving, fixed))
    assert "[[2, 0, 0, 0.25], [0, 1, 0, 0]" in str(caught.value)
    assert "[[1, 0, 0, 0], [0, 1, 0, 0]" in str(caught.value)


def test_left_handed_and_right_handed_grids_are_flips_of_each_other():
    fixed = Grid((4, 4, 4), np.eye(4))
    left_handed = Grid((4, 4, 4), affine(np.diag([1, 1, -1]), (1, 1, 1), (0, 0, 3)))
    assert compare_grids(left_handed, fixed).flips == (False, False, True)


def test_one_slice_takes_the_step_of_the_volume():
    volume = Grid((4, 4, 10), affine(IDENTITY, (1, 1, 5), (0, 0, 100)))
    one = Grid((4, 4, 1), affine(np.diag([1, 1, -1]), (1, 1, 1.25), (0, 0, 115)))
    relation = compare_grids(one, volume)
    assert (relation.kind, relation.offset, relation.flips) == (GridKind.SUB, (0, 0, 3), (False, False, False))
    back = compare_grids(volume, one)
    labels_kji = np.zeros(volume.shape_kji, dtype=np.uint8)
    labels_kji[3, 1, 2] = 1
    assert apply_relation(labels_kji, back)[0, 1, 2] == 1
    between = Grid((4, 4, 1), affine(IDENTITY, (1, 1, 1), (0, 0, 117)))
    assert compare_grids(between, volume).kind is GridKind.DIFFERENT
    assert compare_grids(one, Grid((4, 4, 1), one.affine * [1, 1, 3, 1])).kind is GridKind.SAME


def test_grids_without_place_are_compared_by_index():
    placed, unplaced = Grid((4, 4, 4), np.eye(4)), Grid((4, 4, 4))
    assert compare_grids(placed, unplaced).kind is GridKind.SAME
    assert compare_grids(unplaced, placed).kind is GridKind.DIFFERENT
    assert compare_grids(Grid((4, 4, 3)), unplaced).kind is GridKind.DIFFERENT
    assert compare_grids(Grid((4, 4, 4), np.eye(4), "SLIDE"), placed).kind is GridKind.DIFFERENT


def test_an_array_must_fit_its_grid():
    grid = Grid((4, 3, 2), np.eye(4))
    with pytest.raises(GeometryError, match="does not fit"):
        apply_relation(np.zeros((4, 3, 2)), compare_grids(grid, grid))


def test_corner_displacement_by_hand():
    # The far corner along i is 9 voxels out: 9 x 0.01 off, in voxels of 1 mm.
    assert corner_displacement_voxel(affine(IDENTITY, (1.01, 1, 1), (0, 0, 0)), np.eye(4), (10, 1, 1)) == pytest.approx(
        0.09
    )
