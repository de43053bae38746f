"""Shapes are drawn on the right pixels of the right slices: places computed by hand."""

import numpy as np
import pytest

from annoconv.codes import Labels
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask
from annoconv.report import covered as covered_by
from annoconv.report.covered import layers_of, scaled
from annoconv.report.drawing import colours_of_labels, drawn
from annoconv.report.outlines import strokes_of
from tests.report.scenes import case_of, coloured, flat, on_image, with_masks

RED = {"NODULE": (255, 0, 0), "LIVER": (255, 0, 0)}


def pixels_of(image, *annotations, size, **options):
    """Return the rows and columns of the pixels that something is drawn on."""
    panel = on_image(image, *annotations, size=size, **options).panels[0]
    return coloured(drawn(panel, RED))


def extent(found):
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("factor", [1, 3, 10])
def test_a_box_is_drawn_on_its_outermost_pixels(factor):
    found = pixels_of(flat(40, 20), {"type": "bbox", "bbox": [2, 3, 12, 14]}, size=40 * factor)
    assert extent(found) == tuple(each * factor for each in (2, 3, 12, 14))
    assert not found[3 * factor + 2 : 14 * factor - 2, 2 * factor + 2 : 12 * factor - 2].any()


def test_a_box_of_the_whole_picture_is_drawn_inside_it():
    assert extent(pixels_of(flat(40, 20), {"type": "bbox", "bbox": [0, 0, 40, 20]}, size=40)) == (0, 0, 40, 20)


def test_a_polygon_with_a_hole_and_a_second_part_has_three_rings():
    square = [[4, 4], [16, 4], [16, 16], [4, 16]]
    told = {"type": "polygon", "polygon": square, "holes": [[[8, 8], [12, 8], [12, 12], [8, 12]]]}
    told["parts"] = [{"polygon": [[30, 4], [36, 4], [36, 10]]}]
    found = pixels_of(flat(40, 20), told, size=40)
    assert extent(found[:, :20]) == (4, 4, 16, 16)
    assert found[8, 8:12].all()
    assert found[8:12, 11].all()
    assert not found[5:8, 5:15].any()
    assert not found[9:11, 9:11].any()
    assert extent(found[:, 20:]) == (10, 4, 16, 10)


@pytest.mark.parametrize(
    ("point", "pixel"), [((5, 7), (5, 7)), ((5.9, 7.5), (5, 7)), ((0, 0), (0, 0)), ((40, 20), (39, 19))]
)
def test_a_point_is_a_cross_on_its_pixel(point, pixel):
    found = pixels_of(flat(40, 20), {"type": "point", "point": list(point)}, size=40)
    x, y = pixel
    assert found[y].sum() > 3
    assert found[:, x].sum() > 3
    assert found.sum() == found[y].sum() + found[:, x].sum() - 1


def test_keypoints_are_crosses_where_they_have_a_place():
    points = [{"name": "a", "point": [10.5, 10.5]}, {"name": "b"}, {"name": "c", "point": [30.5, 5.5]}]
    found = pixels_of(flat(40, 20), {"type": "keypoints", "keypoints": points}, size=40)
    assert found[10, 10]
    assert found[5, 30]
    assert found.sum() == 2 * 17


def test_an_ellipse_and_a_turned_box_reach_as_far_as_their_axes():
    told = {"type": "ellipse", "center": [20, 10], "radii": [6, 3], "rotation_degrees": 90}
    assert extent(pixels_of(flat(40, 20), told, size=400)) == (170, 40, 230, 160)
    turned = {"type": "oriented_box", "center": [20, 10], "size": [10, 2], "rotation_degrees": 45}
    reach = (10 + 2) / 2 / np.sqrt(2)
    found = extent(pixels_of(flat(40, 20), turned, size=400))
    expected = (200 - 10 * reach, 100 - 10 * reach, 200 + 10 * reach, 100 + 10 * reach)
    assert np.abs(np.array(found) - expected).max() <= 1
    upper_left = pixels_of(flat(40, 20), turned, size=400)[60:80, 160:180]
    assert upper_left.any()  # towards +x and +y, so that it runs from upper left to lower right


def test_a_line_is_open_and_a_dot_has_a_ring():
    line = {"type": "polyline", "polyline": [[2, 2], [2, 12], [20, 12]]}
    found = pixels_of(flat(40, 20), line, size=40)
    assert extent(found) == (2, 2, 20, 12)
    assert not found[5, 6:].any()
    tiny = {"type": "bbox", "bbox": [2000, 1000, 2002, 1002]}
    assert pixels_of(flat(4000, 2000), tiny, size=400).sum() > 20


def grid(slices=6):
    return Grid((20, 16, slices), np.diag([1.0, 2.0, 3.0, 1.0]))


def slices_of(annotation, on=None):
    case = case_of({"uid": "I", "modality": "CT", "shape": [20, 16, 6]}, annotation)
    found = {}
    for k, stroke in strokes_of(case.annotations[0], case.image, on or grid()):
        found.setdefault(k, []).append(stroke.points)
    return found


def test_shapes_in_space_are_on_the_slices_that_they_meet():
    box = slices_of({"type": "bbox", "bbox": [2, 3, 1.0, 8, 9, 4.0]})
    assert sorted(box) == [1, 2, 3]
    assert {tuple(corner) for corner in box[2][0].tolist()} == {(2, 3), (8, 3), (8, 9), (2, 9)}
    assert sorted(slices_of({"type": "bbox", "bbox": [2, 3, 2.2, 8, 9, 2.4]})) == [2]
    ball = slices_of({"type": "ellipsoid", "center": [10, 8, 3], "radii": [5, 4, 2]})
    assert sorted(ball) == [1, 2, 3, 4]
    half = np.sqrt(1 - 0.25**2)  # half a slice off the middle, of two slices
    assert np.ptp(ball[2][0], axis=0) == pytest.approx([10 * half, 8 * half], rel=2e-3)
    assert sorted(slices_of({"type": "point", "point": [1, 1, 5.99]})) == [5]
    assert slices_of({"type": "point", "point": [1, 1, 6.5]}) == {}
    line = slices_of({"type": "polyline", "polyline": [[0.0, 0.0, 0.5], [4.0, 0.0, 2.5]]})
    assert {k: each[0].tolist() for k, each in line.items()} == {
        0: [[0, 0], [1, 0]], 1: [[1, 0], [3, 0]], 2: [[3, 0], [4, 0]],
    }  # fmt: skip


def test_what_stands_in_millimetres_is_brought_into_voxels():
    place = {"coordinate_space": "patient", "frame_of_reference_uid": "1.2.3"}
    # voxel (4, 5, 2) has its centre at x = 4, y = 10, z = 6 mm: continuous 4.5, 5.5, 2.5
    assert slices_of({"type": "point", **place, "point": [4, 10, 6]})[2][0].tolist() == [[4.5, 5.5]]
    ring = {"geometric_type": "CLOSED_PLANAR", "points": [[4, 10, 6], [8, 10, 6], [8, 14, 6]]}
    found = slices_of({"type": "contours", "contours": [ring]})
    assert found[2][0].tolist() == [[4.5, 5.5], [8.5, 5.5], [8.5, 7.5]]
    sphere = slices_of({"type": "ellipsoid", **place, "center": [10, 14, 6], "radii": [6, 6, 6]})
    assert sorted(sphere) == [0, 1, 2, 3, 4]
    assert np.ptp(sphere[2][0], axis=0) == pytest.approx([12, 6], rel=2e-3)
    box = slices_of({"type": "bbox", **place, "bbox": [2, 2, 4.5, 8, 8, 7.5]})
    assert sorted(box) == [2]
    assert np.ptp(box[2][0], axis=0).tolist() == [6, 3]


def test_uneven_slices_have_their_own_heights():
    positions = np.array([[0, 0, z] for z in (0.0, 3.0, 6.0, 12.0)])
    affine = np.diag([1.0, 1.0, 4.0, 1.0])
    uneven = Grid((20, 16, 4), affine, positions=positions)
    place = {"coordinate_space": "patient", "frame_of_reference_uid": "1.2.3"}
    for z, k in ((0.0, 0), (3.0, 1), (6.2, 2), (12.0, 3)):
        assert sorted(slices_of({"type": "point", **place, "point": [4, 5, z]}, uneven)) == [k]


def test_a_shape_in_the_plane_is_on_its_slice_or_frames():
    box = {"type": "bbox", "bbox": [1, 1, 5, 5]}
    assert sorted(slices_of(box | {"slice_index": 3})) == [3]
    assert sorted(slices_of(box | {"frame_index": 1, "last_frame_index": 9})) == [1, 2, 3, 4, 5]
    assert slices_of(box) == {}
    preview = on_image({"uid": "I", "modality": "CT", "shape": [20, 16, 6]}, box, box | {"slice_index": 2})
    assert [str(each) for each in preview.notices if "A0" in each] == ["A0 have no place on a slice, and are not drawn"]


def mask(*boxes, shape=(6, 16, 20)):
    array = np.zeros(shape, np.uint8)
    for k, j, i in boxes:
        array[k, j, i] = 1
    return array


IMAGE = {"uid": "I", "modality": "CT"}


@pytest.mark.parametrize("factor", [1, 2, 7])
def test_the_contour_of_a_mask_runs_inside_it(factor):
    covered = mask((2, slice(3, 9), slice(4, 12)))
    on = Grid((20, 16, 6), np.diag([1.0, 1.0, 3.0, 1.0]))
    panel = with_masks(IMAGE, on, [covered], size=20 * factor).panels[0]
    found = coloured(drawn(panel, RED))
    assert panel.index == 2
    assert extent(found) == tuple(each * factor for each in (4, 3, 12, 9))
    assert not found[3 * factor + 2 : 9 * factor - 2, 4 * factor + 2 : 12 * factor - 2].any()


def test_one_voxel_is_seen_and_has_a_ring():
    on = Grid((1024, 1024, 3), np.eye(4))
    panel = with_masks(IMAGE, on, [mask((1, 1000, 10), shape=(3, 1024, 1024))], size=256).panels[0]
    found = coloured(drawn(panel, RED))
    assert panel.index == 1
    assert found[250, 2]
    assert found.sum() > 15


def test_each_label_has_the_slice_with_most_of_it_and_ties_the_middle_one():
    boxes = [(1, slice(2), slice(2)), (3, slice(4), slice(4)), (4, slice(2), slice(2))]
    alike = [(k, slice(8, 10), slice(8, 10)) for k in (0, 1, 2, 3, 4)]
    preview = with_masks(IMAGE, grid(), [mask(*boxes), mask(*alike)], labels=["LIVER", "SPLEEN"])
    assert [(each.index, list(each.labels)) for each in preview.panels] == [(2, ["SPLEEN"]), (3, ["LIVER"])]
    one = with_masks(IMAGE, grid(), [mask(*boxes), mask(*alike)], labels=["LIVER", "SPLEEN"], slices=1)
    assert [each.index for each in one.panels] == [2]
    assert "I: 1 slices are shown; those with most of LIVER are not" in one.notices


def test_fractions_are_drawn_from_one_half_on():
    share = np.zeros((6, 16, 20), np.float32)
    share[2, 2:12, 2:12] = 0.4
    share[2, 4:8, 4:8] = 0.5
    share[4, 2:12, 2:12] = 0.4
    panel = with_masks(IMAGE, grid(), [share], size=32).panels[0]
    assert panel.index == 2
    assert panel.masks[0][1].sum() == 4 * 8  # pixels of 1 x 2 mm
    low = with_masks(IMAGE, grid(), [np.full((6, 16, 20), 0.3, np.float32)])
    assert "I: nothing is drawn on it" in low.notices


def test_empty_masks_and_one_slice_are_no_error():
    empty = with_masks(IMAGE, grid(), [mask()])
    assert [each.index for each in empty.panels] == [3]
    assert "I: nothing is drawn on it" in empty.notices
    single = with_masks(IMAGE, Grid((20, 16, 1), np.eye(4)), [mask((0, 3, 4), shape=(1, 16, 20))])
    assert single.panels[0].slices == 1


@pytest.mark.parametrize("largest", [1 << 24, 0])
def test_runs_and_arrays_cover_the_same_pixels(largest, monkeypatch):
    monkeypatch.setattr(covered_by, "_LARGEST_PLANE", largest)
    rng = np.random.default_rng(1)
    labels = np.where(rng.random((4, 33, 47)) < 0.01, rng.integers(1, 4, (4, 33, 47)), 0).astype(np.uint8)
    on = Grid((47, 33, 4), np.eye(4))
    volume = ArrayVolume(on, labels)
    masks = [Mask(f"M{n}", volume, n) for n in (1, 2, 3)]
    (layer,) = layers_of(on, [(volume, masks)])
    for each, counts in layer.counts():
        assert counts.tolist() == [(labels[k] == each.value).sum() for k in range(4)]
    for size in ((33, 47), (10, 11), (99, 100)):
        for k in range(4):
            found = dict(layer.planes(k, size))
            for one in masks:
                whole = labels[k] == one.value
                assert (one in found) == whole.any()
                if one in found:
                    assert (found[one] == scaled(whole, size)).all()


def test_fewer_pixels_keep_every_voxel_and_more_pixels_keep_the_share():
    single = np.zeros((1000, 800), bool)
    single[999, 799] = True
    assert np.argwhere(scaled(single, (10, 7))).tolist() == [[9, 6]]
    assert scaled(np.eye(3, dtype=bool), (30, 30)).sum() == 300


def test_labels_of_one_colour_are_told_apart_and_dark_ones_are_seen():
    labels = [{"code": code, "category": "organ", "color_rgb": [0, 0, 60]} for code in ("A", "B")]
    case = Case.model_validate({**case_of(flat(4, 4)).model_dump(exclude_unset=True), "labels": labels})
    colours = colours_of_labels([*"AB", *(f"C{n}" for n in range(60))], Labels.of(case))
    assert len(set(colours.values())) == 62
    assert all(0.299 * r + 0.587 * g + 0.114 * b >= 99 for r, g, b in colours.values())
