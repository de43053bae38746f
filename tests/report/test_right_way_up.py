"""Slices are shown the right way up, with the right letters: by what nibabel and SimpleITK make of the same files."""

import itertools

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform

from annoconv import images
from annoconv.casefile import LoadedCase
from annoconv.demo.series import write_series
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.report.drawing import drawn
from annoconv.report.preview import preview
from annoconv.report.views import letters_of, view_of
from annoconv.shown_values import Window
from tests.real_data import real
from tests.report.scenes import case_of, coloured, on_image, ramp, with_masks, write_nifti

ALL = ["".join(one) for order in itertools.permutations(("RL", "AP", "SI")) for one in itertools.product(*order)]
"""Every way in which the axes of a file can run."""
PLANES = {"S": "axial", "I": "axial", "A": "coronal", "P": "coronal", "R": "sagittal", "L": "sagittal"}
LETTERS = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "S", "I"), "sagittal": ("A", "P", "S", "I")}


def as_seen(canonical, plane, place):
    """Return the slice of a RAS array as a radiologist sees it: this is the definition, written by hand."""
    if plane == "axial":  # right at the left, anterior at the top
        return canonical[::-1, ::-1, place].T
    if plane == "coronal":  # right at the left, superior at the top
        return canonical[::-1, place, ::-1].T
    return canonical[place, ::-1, ::-1].T  # anterior at the left, superior at the top


def in_orientation(array_ras, codes):
    """Return a RAS array and its affine as a file with other axes has them, by nibabel."""
    turn = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    affine = np.eye(4)
    return (
        nibabel.orientations.apply_orientation(array_ras, turn),
        affine @ inv_ornt_aff(turn, array_ras.shape),
    )


@pytest.mark.parametrize("codes", ALL)
def test_a_volume_is_seen_the_same_whatever_order_it_is_stored_in(tmp_path, codes):
    array = ramp((9, 8, 7))
    stored, affine = in_orientation(array, codes)
    assert "".join(nibabel.aff2axcodes(affine)) == codes
    source = images.open(write_nifti(tmp_path / "v.nii.gz", stored, affine))
    shape = source.grid.shape
    box = {"type": "bbox", "bbox": [0, 0, 0, shape[0], shape[1], 1]}
    case = case_of(strict_json.plain(source.describe()), box)
    longest = max(shape[:2]) * 4
    panel = preview(LoadedCase(case), images=[tmp_path], size=longest, window="125,250").panels[0]
    plane = PLANES[codes[2]]
    assert (panel.view.name, panel.view.letters, panel.index) == (plane, LETTERS[plane], 0)
    axis = "RAS".index({"L": "R", "P": "A", "I": "S"}.get(codes[2], codes[2]))
    place = 0 if codes[2] in "RAS" else array.shape[axis] - 1
    expected = Window(125, 250, "").shown(as_seen(array, plane, place))
    shown = panel.background[..., 0].reshape(expected.shape[0], 4, expected.shape[1], 4).mean(axis=(1, 3))
    assert np.abs(shown - expected)[1:-1, 1:-1].max() <= 3  # bilinear within a pixel of a ramp


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LIP", "PSR", "ASL", "SRA"])
def test_a_block_in_a_corner_of_the_patient_is_at_its_side(codes):
    array = np.zeros((10, 10, 10), np.uint8)
    array[7:, 7:, 7:] = 1  # right, anterior, superior
    stored, affine = in_orientation(array, codes)
    grid = Grid(stored.shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)
    image = {"uid": "I", "modality": "CT"}
    panel = with_masks(image, grid, [stored.transpose(2, 1, 0)], size=40).panels[0]
    left, right, top, bottom = panel.view.letters
    found = coloured(drawn(panel, {"LIVER": (255, 0, 0)}))
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    for letter, is_there in (
        (left, columns.max() < 20), (right, columns.min() >= 20), (top, rows.max() < 20), (bottom, rows.min() >= 20),
    ):  # fmt: skip
        assert is_there == (letter in "RAS")


def turned(degrees, axis):
    """Return a rotation about an axis of LPS, by its series."""
    angle, cross = np.deg2rad(degrees), np.cross(np.eye(3), np.array(axis) / np.linalg.norm(axis))
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 2, 3)])
@pytest.mark.parametrize("codes", ["LPS", "PIR", "LIP", "RAI"])
def test_an_oblique_slice_is_shown_as_the_nearest_of_the_three(codes, axis):
    _, affine = in_orientation(np.zeros((6, 5, 4)), codes)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    affine[:3, :3] = turned(20, axis) @ affine[:3, :3]
    view = view_of(Grid((6, 5, 4), affine))
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    nearest = "".join(nibabel.aff2axcodes(ras, ("LR", "PA", "IS")))
    assert view.name == PLANES[nearest[2]]
    assert tuple(each[0] for each in view.letters) == LETTERS[view.name]
    assert all(len(set(each) & set(other)) == 0 for each, other in (view.letters[:2], view.letters[2:]))


def test_letters_of_a_direction_are_those_of_its_largest_parts():
    assert letters_of(np.array([0.0, 0.0, -1.0])) == "I"
    assert letters_of(np.array([0.6, -0.8, 0.0])) == "AL"
    assert letters_of(np.array([-0.8, 0.48, 0.36])) == "RPS"
    assert letters_of(np.array([-0.99, 0.14, 0.0])) == "R"


@pytest.mark.parametrize(
    "folder",
    ["dicom/mr_ge_coronal_hfp", "odd/compressed_series_rle", "dicom/ct_flipped_iop", "dicom/mr_hitachi_oblique"],
)
def test_real_series_are_shown_as_simpleitk_orients_them(folder):
    itk = pytest.importorskip("SimpleITK")
    path = real(folder)
    source = images.open(path)
    image = strict_json.plain(source.describe())
    k = 1
    drawing = {"type": "bbox", "bbox": [1, 1, 4, 4], "slice_index": k}
    size = max(source.grid.shape[:2])
    panel = preview(LoadedCase(case_of(image, drawing)), images=[path], size=size, window="300,2000").panels[0]
    series = itk.ReadImage([str(each.path) for each in source.slices])
    index = series.TransformPhysicalPointToIndex([float(each) for each in source.grid.affine[:3] @ [0, 0, k, 1]])
    upright = itk.DICOMOrient(
        series[:, :, index[2] : index[2] + 1], {"axial": "LPS", "coronal": "LIP"}.get(panel.view.name, "PIL")
    )
    expected = Window(300, 2000, "").shown(itk.GetArrayFromImage(upright)[0])
    assert panel.background.shape[:2] == expected.shape
    assert (panel.background[..., 0] == expected).mean() == 1.0


def test_slices_of_dicom_files_in_reverse_are_the_same_slices(tmp_path):
    grid = Grid((8, 6, 5), np.diag([1.0, 1.0, 3.0, 1.0]))
    values = ramp(grid.shape_kji)
    write_series(tmp_path / "a", grid, values, name="a")
    write_series(tmp_path / "b", grid, values, name="a", reverse=True)
    shown = []
    for folder in ("a", "b"):
        source = images.open(tmp_path / folder)
        case = case_of(strict_json.plain(source.describe()), {"type": "bbox", "bbox": [1, 1, 3, 3], "slice_index": 0})
        shown.append(preview(LoadedCase(case), images=[tmp_path / folder], size=64, window="125,250"))
    assert shown[0].png == shown[1].png
    assert shown[0].panels[0].background.mean() < 60  # the first slice is the darkest


def test_pixels_have_their_size_in_millimetres():
    grid = Grid((10, 10, 1), np.diag([1.0, 3.0, 5.0, 1.0]))
    image = {"uid": "I", "modality": "CT"}
    assert with_masks(image, grid, [np.ones((1, 10, 10), np.uint8)], size=90).panels[0].background.shape == (90, 30, 3)
    stated = {"spacing": [2.0, 1.0]}
    assert on_image(flat_image(stated), {"type": "point", "point": [1, 1]}, size=80).panels[0].background.shape == (
        40, 80, 3,
    )  # fmt: skip


def flat_image(rest):
    return {"uid": "P", "modality": "XC", "shape": [10, 10], "coordinate_frame": "NONE", **rest}


def test_patient_orientation_tells_the_letters_of_an_image_without_a_place():
    def view(*stated):
        return view_of(Grid((4, 4, 1)), None, {"PatientOrientation": list(stated)}).letters

    assert view("L", "F") == ("R", "L", "S", "I")
    assert view("P", "F") == ("A", "P", "S", "I")
    assert view("AR", "FL") == ("PL", "AR", "SR", "IL")
    assert view("", "") == ("", "", "", "")
    assert view("X", "F") == ("", "", "", "")
