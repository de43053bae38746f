"""NIfTI there and back: exact geometry, every arrangement and layout, labels by name, files made by others."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  as its documentation has it

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case, write_case
from annoconv.documents import residuals, strict_json
from annoconv.errors import GeometryError, InputError, MaskError, UsageError
from annoconv.geometry import Grid, compare_grids, ras_from_lps, transform_points
from annoconv.limits import Limits
from annoconv.loss import LossKind, LossReport
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks, count, save_nifti
from annoconv.volumes.label_boxes import find_labels
from annoconv.volumes.nifti import holds_qform, nifti_bytes, read_array, read_header
from tests import cases
from tests.cases import document, grid_of, mask
from tests.real_data import real

REFUSES = {"bare": InputError, "outlines": InputError, "radiograph": InputError}
"""The cases of the zoo that are refused, since they have no mask, and with which error (`tests/test_matrix.py`)."""
LAYOUTS = ("nnunet", "msd", "bids", "monai")


def loaded_of(grid: Grid, masks: dict[str, Any], *, labels: dict[str, str] | None = None) -> LoadedCase:
    """Return a case in memory with a mask an item, each labelled by `labels` or by its own id."""
    told = [mask(key, f"{key}.nii.gz", (labels or {}).get(key, key)) for key in masks]
    case = Case.model_validate(document(cases.image_document("IMG", grid), told) | {"case_id": "C1"})
    return LoadedCase(case, Masks(Mask(key, ArrayVolume(grid, array)) for key, array in masks.items()))


def there_and_back(loaded: LoadedCase, target: Path, **options: Any) -> tuple[LossReport, Reading]:
    losses = registry.write([loaded], target, format="nifti", **options)
    (reading,) = registry.read([target], format="nifti")
    return losses, reading


def assert_same_voxels(loaded: LoadedCase, reading: Reading) -> None:
    assert set(loaded.masks) == set(reading.masks)
    for identity, original in loaded.masks.items():
        np.testing.assert_array_equal(reading.masks[identity].read(), original.read(), err_msg=identity)


def changed(loaded: LoadedCase, reading: Reading) -> set[str]:
    original, back = strict_json.plain(loaded.case), strict_json.plain(reading.case)
    return {residuals.pointer(path) for path in residuals.residual(original, back).paths()}


@pytest.fixture
def two_organs() -> LoadedCase:
    grid = grid_of((9, 8, 6))
    liver, spleen = np.zeros(grid.shape_kji, bool), np.zeros(grid.shape_kji, bool)
    liver[1:3, 2:5, 1:4], spleen[3:5, 1:3, 5:8] = True, True
    return loaded_of(grid, {"LIVER": liver, "SPLEEN": spleen})


@pytest.fixture
def overlap(two_organs: LoadedCase) -> LoadedCase:
    grid = two_organs.masks["LIVER"].grid
    arrays = {key: np.array(each.read()) for key, each in two_organs.masks.items()}
    arrays["NODULE"] = np.zeros_like(arrays["LIVER"])
    arrays["NODULE"][2, 3:5, 2:5] = True
    return loaded_of(grid, arrays)


# Geometry

ORDERS = [
    np.eye(3)[:, order] * signs
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def rotation(rng: np.random.Generator) -> Any:
    """Return a random rotation matrix (QR of a normal matrix, signs fixed)."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * [1, 1, np.linalg.det(q)]


@pytest.mark.parametrize("order", range(48))
@pytest.mark.parametrize("nifti2", [False, True])
def test_all_axis_orders_and_obliques_agree_with_itk(order: int, nifti2: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(order)
    for number in range(20):
        turn = np.eye(3) if number == 0 else rotation(rng)
        spacing = tuple(rng.uniform(0.4, 6.0, 3))
        grid = grid_of((13, 11, 7), spacing, tuple(rng.uniform(-300, 300, 3)), turn @ ORDERS[order])
        array = rng.random(grid.shape_kji) < 0.3
        loaded = loaded_of(grid, {"LIVER": array})
        folder = tmp_path / f"{number}"
        _, reading = there_and_back(loaded, folder, nifti2=nifti2, plain=True)
        back = reading.masks["LIVER"]
        np.testing.assert_array_equal(back.read(), array)
        stated = Grid.from_image(reading.case.image)
        corners = list(itertools.product(*((0, n - 1) for n in grid.shape)))
        for other in (back.grid, stated):
            apart = transform_points(other.affine, corners) - transform_points(grid.affine, corners)
            assert np.abs(apart).max() < (1e-9 if nifti2 else 1e-4)
        if not nifti2:
            image = sitk.ReadImage(str(folder / "masks" / "LIVER.nii.gz"))
            np.testing.assert_allclose(image.GetOrigin(), grid.origin, atol=1e-4)
            np.testing.assert_allclose(image.GetSpacing(), grid.spacing, atol=1e-5)
            np.testing.assert_allclose(np.reshape(image.GetDirection(), (3, 3)), grid.direction, atol=2e-5)
            np.testing.assert_array_equal(sitk.GetArrayFromImage(image).astype(bool), array)


def test_forms_have_equal_codes_and_the_qform_is_left_out_where_float32_is_too_coarse(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    written = 0
    for _ in range(200):
        grid = grid_of((512, 512, 300), (0.9, 0.9, 1.0), (-200.0, -180.0, 40.0), rotation(rng))
        grid = Grid((512, 512, 1), grid.affine)
        header = nibabel.Nifti1Image.from_bytes(
            gzip.decompress(nifti_bytes(np.zeros(grid.shape_kji, np.uint8), grid))
        ).header
        codes = int(header["sform_code"]), int(header["qform_code"])
        assert codes in {(1, 1), (1, 0)}
        assert header.get_xyzt_units()[0] == "mm"
        if codes == (1, 1):
            written += 1
            corners = [(0, 0, 0), (511, 511, 0)]
            apart = transform_points(header.get_qform(), corners) - transform_points(ras_from_lps(grid.affine), corners)
            assert np.abs(apart).max() < 1e-3
    assert written > 100
    # Half a turn about an axis off the coordinate axes: the quaternion's first component is lost in float32.
    axis = np.array([0.6, 0.64, 0.48]) / np.linalg.norm([0.6, 0.64, 0.48])
    tilted = _about(axis, np.pi - 1e-3)
    ras = np.diag([-1.0, -1.0, 1.0])
    grid = grid_of((512, 512, 2), (0.9, 0.9, 1.0), direction=ras @ tilted)
    path = tmp_path / "half_turn.nii.gz"
    path.write_bytes(nifti_bytes(np.zeros(grid.shape_kji, np.uint8), grid))
    assert int(nibabel.load(path).header["qform_code"]) == 0
    np.testing.assert_allclose(read_header(path, Limits()).grid.affine, grid.affine, atol=1e-4)


def test_a_qform_that_is_written_is_right_for_both_ways_of_reading_half_a_turn() -> None:
    """nifti1_io.c takes a quaternion for half a turn below 1e-7, nibabel below 3.6e-7."""
    from annoconv.volumes.nifti import header_of
    from annoconv.volumes.nifti_affines import forms_of
    from annoconv.volumes.nifti_header import pack

    rng = np.random.default_rng(0)
    corners, written = [(0, 0, 0), (511, 511, 0), (0, 511, 299), (511, 0, 299)], 0
    for _ in range(2000):
        axis, angle = rng.normal(size=3), np.pi - 10 ** rng.uniform(-5, -1)
        turned = np.diag([-1, -1, 1]) @ _about(axis / np.linalg.norm(axis), angle)
        grid = grid_of((512, 512, 300), (0.9, 0.9, 1.0), (-200.0, -180.0, 40.0), turned)
        forms = forms_of(grid, 1)
        if forms["qform_code"] == 0:
            continue
        written += 1
        start = pack(
            forms | {"sform_code": 0, "dim": (3, *grid.shape, 1, 1, 1, 1), "vox_offset": 352, "datatype": 2}, 1
        )
        theirs = ras_from_lps(nibabel.Nifti1Header(start, check=False).get_qform())
        for affine in (theirs, header_of(start + bytes(4), Path("x"), Limits()).grid.affine):
            assert np.abs(transform_points(affine, corners) - transform_points(grid.affine, corners)).max() < 1e-3
    assert written > 200


@pytest.mark.parametrize("order", range(48))
def test_permuted_axes_keep_their_qform(order: int) -> None:
    assert holds_qform(grid_of((512, 512, 300), (0.9, 0.9, 1.0), (-200.0, -180.0, 40.0), ORDERS[order]))


@pytest.mark.parametrize("plain", [False, True])
def test_a_qform_that_is_left_out_and_a_second_version_are_told(plain: bool, tmp_path: Path) -> None:
    axis = np.array([0.6, 0.64, 0.48]) / np.linalg.norm([0.6, 0.64, 0.48])
    tilted = grid_of((9, 8, 6), (90.0, 90.0, 1.0), direction=np.diag([-1.0, -1.0, 1.0]) @ _about(axis, np.pi - 1e-3))
    long = grid_of((40_000, 1, 2))
    for name, grid, place, reason in (
        ("tilted", tilted, "/image/direction", "code of the qform is 0"),
        ("long", long, "/image/shape", "NIfTI-2, because NIfTI-1 holds 32767"),
    ):
        loaded = loaded_of(grid, {"LIVER": np.ones(grid.shape_kji, bool)})
        losses, reading = there_and_back(loaded, tmp_path / name, plain=plain)
        (told,) = (loss for loss in losses if loss.kind is LossKind.UNCODED)
        assert told.path == place
        assert reason in told.message
        assert_same_voxels(loaded, reading)
        kinds = {loss.kind for loss in registry.write([loaded], tmp_path / f"{name}2", format="nifti", nifti2=True)}
        assert LossKind.UNCODED not in kinds


def _about(axis: Any, angle: float) -> Any:
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def test_numbers_copied_from_dicom_into_nifti_are_refused_with_the_reason(tmp_path: Path) -> None:
    """Specification B.1 and B.2 print the same origin and direction for a DICOM series and a NIfTI mask."""
    shape, spacing, origin = (64, 64, 40), (0.7, 0.7, 1.0), (-158.0, -158.0, -240.0)
    grid = grid_of(shape, spacing, origin)
    image = cases.image_document("1.2.840.99999.1", grid)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    labels = np.zeros(shape, np.uint8)
    labels[10:20, 10:20, 5:9] = 1
    nibabel.save(nibabel.Nifti1Image(labels, affine), tmp_path / "liver.nii.gz")
    path = tmp_path / "case.json"
    path.write_bytes(strict_json.dumps(document(image, [mask("M1", "liver.nii.gz")])))
    with pytest.raises(GeometryError, match=r"read as RAS, not LPS.*signs of x and y") as caught:
        registry.write([read_case(path)], tmp_path / "out", format="nifti")
    assert "-158" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_series_itself_finds_copied_numbers(tmp_path: Path) -> None:
    """A case may state no geometry, or have copied it from the NIfTI file; the series is LPS in any case."""
    grid = grid_of((12, 10, 6), (0.7, 0.7, 1.5), (-158.0, -140.0, -240.0))
    image = cases.series(tmp_path / "series", grid, "copied numbers")
    ras = np.diag([0.7, 0.7, 1.5, 1.0])
    ras[:3, 3] = grid.origin
    labels = np.ones((12, 10, 6), np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, ras), tmp_path / "liver.nii.gz")
    bare = {key: image[key] for key in ("uid", "modality", "shape")}
    turned = image | {"origin": [158.0, 140.0, -240.0], "direction": np.diag([-1.0, -1.0, 1.0]).tolist()}
    for number, told in enumerate((bare, turned)):
        path = tmp_path / f"{number}.json"
        path.write_bytes(strict_json.dumps(document(told, [mask("M1", "liver.nii.gz")])))
        with pytest.raises(GeometryError, match=r"agrees? (only if|with its series only if).*read as RAS, not LPS"):
            registry.write([read_case(path)], tmp_path / "out", format="nifti", images=[tmp_path / "series"])
    with pytest.raises(GeometryError, match="read as RAS, not LPS"):
        list(registry.read([tmp_path / "liver.nii.gz"], format="nifti", images=[tmp_path / "series"]))
    from annoconv import rules

    findings = rules.check(read_case(tmp_path / "0.json"), sources=rules.sources_of([tmp_path / "series"]))
    assert "A-B.2.affine_equals_dicom_origin" in [each.rule for each in findings]


def test_a_case_without_a_place_in_space_comes_back(tmp_path: Path) -> None:
    grid = Grid((12, 9, 1))
    image = {"uid": "US_1", "modality": "US", "shape": [12, 9], "coordinate_frame": "NONE"}
    case = Case.model_validate(document(image, [mask("M1", "m.nii.gz")]))
    array = np.zeros(grid.shape_kji, bool)
    array[0, 2:5, 3:8] = True
    loaded = LoadedCase(case, Masks([Mask("M1", ArrayVolume(grid, array))]))
    _, reading = there_and_back(loaded, tmp_path / "out")
    assert_same_voxels(loaded, reading)
    assert changed(loaded, reading) == set()
    with pytest.raises(GeometryError, match=r"no place in space.*codes are both 0"):
        list(registry.read([tmp_path / "out" / "masks" / "M1.nii.gz"], format="nifti"))
    (bare,) = registry.read([tmp_path / "out" / "masks" / "M1.nii.gz"], format="nifti", no_place=True)
    assert bare.case.image.coordinate_frame == "NONE"


# Arrangements and layouts


@pytest.mark.parametrize("arrange", ["files", "4d"])
def test_masks_that_overlap_keep_every_voxel(overlap: LoadedCase, arrange: str, tmp_path: Path) -> None:
    losses, reading = there_and_back(overlap, tmp_path / "out", arrange=arrange)
    assert_same_voxels(overlap, reading)
    assert changed(overlap, reading) == set()
    assert {loss.kind for loss in losses} == {LossKind.CARRIED}


def test_one_label_map_refuses_an_overlap_and_leaves_nothing(overlap: LoadedCase, tmp_path: Path) -> None:
    for target in (tmp_path / "out", tmp_path / "out.nii.gz"):
        with pytest.raises(MaskError, match=r"NODULE: masks overlap.*in common with LIVER"):
            registry.write([overlap], target, format="nifti", arrange="label-map")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", ["out", "out.nii.gz", "out.nii"])
def test_a_label_map_comes_back(two_organs: LoadedCase, name: str, plain: bool, tmp_path: Path) -> None:
    losses, reading = there_and_back(two_organs, tmp_path / name, arrange="label-map", plain=plain)
    assert_same_voxels(two_organs, reading)
    assert changed(two_organs, reading) == (set() if not plain else {loss.path for loss in losses})
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ([name] if plain or name == "out" else ["out.annoconv.json", name])


def test_values_of_a_label_map_are_kept(tmp_path: Path) -> None:
    zoo = cases.make("label_map", tmp_path / "zoo")
    registry.write([read_case(zoo.path)], tmp_path / "out.nii.gz", format="nifti")
    header = read_header(tmp_path / "out.nii.gz", Limits())
    assert sorted(find_labels(read_array(header))) == [2, 7, 300]
    assert header.dtype == np.int16
    assert header.intent == 1002


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_comes_back(layout: str, plain: bool, tmp_path: Path) -> None:
    zoo = cases.make("label_map", tmp_path / "zoo")
    loaded = read_case(zoo.path)
    options = {"layout": layout, "plain": plain, "images": zoo.images}
    losses, reading = there_and_back(loaded, tmp_path / "out", **options)
    assert changed(loaded, reading) == (set() if not plain else {loss.path for loss in losses})
    for annotation in reading.case.annotations:
        original = next(each for each in loaded.case.annotations if each.label_code == annotation.label_code)
        np.testing.assert_array_equal(reading.masks[annotation.id].read(), loaded.masks[original.id].read())
    (image,) = registry.read([tmp_path / "out"], format="nifti", layout=layout)
    assert image.case.image.modality == "CT"
    saved = tmp_path / "again"
    write_case(reading, saved)
    again = read_case(saved)
    assert {key: count(each) for key, each in again.masks.items()} == {
        key: count(each) for key, each in reading.masks.items()
    }


def test_nnunet_writes_regions_where_classes_meet(tmp_path: Path) -> None:
    zoo = cases.make("overlapping_masks", tmp_path / "zoo")
    loaded = read_case(zoo.path)
    _, reading = there_and_back(loaded, tmp_path / "out", layout="nnunet", images=zoo.images)
    dataset = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert all(isinstance(dataset["labels"][name], list) for name in ("LIVER", "NODULE"))
    assert set(dataset["labels"]["LIVER"]) & set(dataset["labels"]["NODULE"])
    assert len(dataset["regions_class_order"]) == 2
    assert_same_voxels(loaded, reading)
    assert changed(loaded, reading) == set()


def test_channels_of_others_are_images_of_the_case(tmp_path: Path) -> None:
    """As nnU-Net's users lay out BraTS: four contrasts, a label that means unlabelled."""
    grid = grid_of((6, 5, 4))
    labels = np.zeros(grid.shape_kji, np.uint8)
    labels[1, 1, 1], labels[2, 2, 2] = 1, 2
    for folder in ("imagesTr", "labelsTr"):
        (tmp_path / folder).mkdir()
    for channel in range(2):
        path = tmp_path / "imagesTr" / f"B1_{channel:04d}.nii.gz"
        path.write_bytes(nifti_bytes(np.full(grid.shape_kji, 0.5, np.float32), grid))
    save_nifti(tmp_path / "labelsTr" / "B1.nii.gz", labels, grid)
    dataset = {"channel_names": {"0": "T1ce", "1": "FLAIR"}, "labels": {"background": 0, "tumor": 1, "ignore": 2}}
    (tmp_path / "dataset.json").write_text(json.dumps(dataset | {"numTraining": 1, "file_ending": ".nii.gz"}))
    (reading,) = registry.read([tmp_path], format="nifti")
    related = reading.case.related_images or ()
    assert [(each.uid, each.modality) for each in (reading.case.image, *related)] == [("B1", "MR"), ("B1_0001", "MR")]
    assert [each.label_code for each in reading.case.annotations] == ["tumor", "ignore"]
    (tmp_path / "imagesTr" / "B1_0001.nii.gz").unlink()
    with pytest.raises(InputError, match="a channel of the case is missing"):
        list(registry.read([tmp_path], format="nifti"))


@pytest.mark.parametrize("layout", ["msd", "monai"])
def test_layouts_without_regions_refuse_an_overlap(layout: str, tmp_path: Path) -> None:
    zoo = cases.make("overlapping_masks", tmp_path / "zoo")
    with pytest.raises(MaskError, match="overlap"):
        registry.write([read_case(zoo.path)], tmp_path / "out", format="nifti", layout=layout, images=zoo.images)
    assert not (tmp_path / "out").exists()


def test_bids_writes_a_mask_a_class_where_masks_overlap(tmp_path: Path) -> None:
    zoo = cases.make("overlapping_masks", tmp_path / "zoo")
    loaded = read_case(zoo.path)
    _, reading = there_and_back(loaded, tmp_path / "out", layout="bids", images=zoo.images)
    assert len(list((tmp_path / "out").glob("sub-*/anat/*_label-*_mask.nii.gz"))) == 2
    assert_same_voxels(loaded, reading)


def test_masks_of_one_label_are_united_and_the_rest_is_named_as_lost(tmp_path: Path) -> None:
    zoo = cases.make("axial", tmp_path / "zoo")
    told = strict_json.plain(read_case(zoo.path).case)
    told["annotations"] = [mask("A", "a.nii.gz", "NODULE"), mask("B", "b.nii.gz", "NODULE", object_number=2)]
    grid = read_case(zoo.path).masks["M1"].grid
    arrays = {key: np.zeros(grid.shape_kji, bool) for key in "AB"}
    arrays["A"][1, 2, 3] = arrays["B"][4, 5, 6] = True
    loaded = LoadedCase(Case.model_validate(told), Masks(Mask(k, ArrayVolume(grid, v)) for k, v in arrays.items()))
    losses, reading = there_and_back(loaded, tmp_path / "out", layout="nnunet", images=zoo.images)
    assert [annotation.id for annotation in reading.case.annotations] == ["A"]
    np.testing.assert_array_equal(reading.masks["A"].read(), arrays["A"] | arrays["B"])
    lost = {loss.path for loss in losses if loss.kind is LossKind.NO_PLACE}
    assert lost == changed(loaded, reading)
    assert "/annotations/1/object_number" in lost


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai"])
def test_a_training_set_needs_its_images(two_organs: LoadedCase, layout: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs the images"):
        registry.write([two_organs], tmp_path / "out", format="nifti", layout=layout)
    assert list(tmp_path.iterdir()) == []


def several(folder: Path, names: str) -> tuple[list[LoadedCase], list[Path]]:
    """Return cases on images of one kind, each with one mask."""
    loaded: list[LoadedCase] = []
    for name in names:
        grid = grid_of((8, 7, 5))
        image = cases.series(folder / name, grid, f"several {name}")
        save_nifti(folder / name / "m.nii.gz", cases.blob(grid), grid)
        told = document(image, [mask("M", "m.nii.gz")]) | {"case_id": f"CASE_{name}"}
        (folder / name / "case.json").write_bytes(strict_json.dumps(told))
        loaded.append(read_case(folder / name))
    return loaded, [folder]


@pytest.mark.parametrize("layout", ["flat", *LAYOUTS])
def test_several_cases_come_back_by_name(layout: str, tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "abc")
    splits = tmp_path / "splits.json"
    splits.write_text('{"test": ["CASE_c"]}')
    options = {"images": images} | ({"splits": splits} if layout in {"nnunet", "msd", "monai"} else {})
    losses = registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, **options)
    readings = {each.case.case_id: each for each in registry.read([tmp_path / "out"], format="nifti")}
    assert list(readings) == ["CASE_a", "CASE_b", "CASE_c"]
    for original in loaded:
        reading = readings[original.case.case_id]
        assert changed(original, reading) == set()
        assert_same_voxels(original, reading)
    assert {loss.case_index for loss in losses} == {0, 1, 2}


def test_folds_rest_on_names_and_splits_are_written(tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "abcdef")
    options = {"format": "nifti", "layout": "nnunet", "images": images, "folds": 3}
    registry.write(loaded, tmp_path / "all", **options)
    registry.write(loaded[:4], tmp_path / "some", **options)
    every = json.loads((tmp_path / "all" / "splits_final.json").read_text())
    some = json.loads((tmp_path / "some" / "splits_final.json").read_text())
    assert len(every) == len(some) == 3
    assert sorted(name for fold in every for name in fold["val"]) == [f"CASE_{name}" for name in "abcdef"]
    for larger, smaller in zip(every, some, strict=True):
        assert set(smaller["val"]) <= set(larger["val"])


def test_a_split_that_names_a_case_twice_is_refused(tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "a")
    splits = tmp_path / "splits.json"
    splits.write_text('{"test": ["CASE_a"], "train": ["CASE_a"]}')
    with pytest.raises(InputError, match="a case stands in two splits"):
        registry.write(loaded, tmp_path / "out", format="nifti", layout="msd", images=images, splits=splits)


def test_an_image_is_written_rescaled_and_read_as_the_models_image(tmp_path: Path) -> None:
    zoo = cases.make("oblique", tmp_path / "zoo")
    loaded = read_case(zoo.path)
    registry.write([loaded], tmp_path / "out", format="nifti", images=zoo.images)
    path = tmp_path / "out" / "images" / "image.nii.gz"
    (reading,) = registry.read([path], format="nifti", as_image=True, modality="CT")
    stated, original = Grid.from_image(reading.case.image), Grid.from_image(loaded.case.image)
    assert compare_grids(stated, original).kind == "same"
    assert reading.case.annotations == []
    series = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(zoo.images[0])))
    np.testing.assert_array_equal(read_array(read_header(path, Limits())), sitk.GetArrayFromImage(series))


def test_the_same_case_writes_the_same_bytes(two_organs: LoadedCase, tmp_path: Path) -> None:
    for name in ("a", "b"):
        registry.write([two_organs], tmp_path / name / "out.nii.gz", format="nifti")
    first, second = ((tmp_path / name / "out.nii.gz").read_bytes() for name in "ab")
    assert first == second
    assert first[3] == 0  # neither name nor comment
    assert first[4:8] == bytes(4)  # no time


# Labels


def test_totalsegmentators_table_is_read_with_its_codes() -> None:
    folder = real("nifti/totalseg_ct")
    table = folder / "totalsegmentator_snomed_mapping.csv"
    (reading,) = registry.read([folder / "example_seg.nii.gz"], format="nifti", labels=table)
    assert len(reading.masks) == 41
    labels = {label.code: label for label in reading.case.labels or ()}
    from annoconv.codes import Labels

    known = Labels.of(reading.case)
    for annotation in reading.case.annotations:
        coded = known.coded(annotation.label_code, annotation.category)
        assert coded.type.scheme == "SCT", annotation.label_code
    assert {annotation.label_code for annotation in reading.case.annotations} >= set(labels)
    stored = nibabel.load(folder / "example_seg.nii.gz")
    for annotation in reading.case.annotations[:5]:
        voxels = np.asarray(stored.dataobj) == annotation.mask_value
        assert count(reading.masks[annotation.id]) == int(voxels.sum())


def test_totalsegmentator_reads_our_table(two_organs: LoadedCase, tmp_path: Path) -> None:
    """TotalSegmentator parses the first extension and takes Key and text of each Label."""
    from xml.etree import ElementTree

    registry.write([two_organs], tmp_path / "out.nii.gz", format="nifti")
    extension = nibabel.load(tmp_path / "out.nii.gz").header.extensions[0]
    root = ElementTree.fromstring(extension.get_content())
    names = {int(label.attrib["Key"]): label.text for label in root.find("VolumeInformation/LabelTable")}
    assert names == {1: "Liver", 2: "Spleen"}


@pytest.mark.parametrize("ending", [".tsv", ".txt", ".ctbl"])
def test_side_tables_name_the_labels_of_a_bare_label_map(two_organs: LoadedCase, ending: str, tmp_path: Path) -> None:
    registry.write([two_organs], tmp_path / "out", format="nifti", arrange="label-map")
    bare = tmp_path / "bare.nii.gz"
    save_nifti(
        bare, read_array(read_header(tmp_path / "out" / "dseg.nii.gz", Limits())), two_organs.masks["LIVER"].grid
    )
    (unnamed,) = registry.read([bare], format="nifti")
    assert [annotation.label_code for annotation in unnamed.case.annotations] == ["LABEL_1", "LABEL_2"]
    (named,) = registry.read([bare], format="nifti", labels=tmp_path / "out" / f"dseg{ending}")
    assert [annotation.label_code for annotation in named.case.annotations] == ["LIVER", "SPLEEN"]


def test_slicers_segments_keep_names_colours_and_terminology() -> None:
    (reading,) = registry.read([real("nrrd/slicerio/Segmentation.seg.nrrd")], format="nifti")
    names = [annotation.id for annotation in reading.case.annotations]
    assert names == [f"Segment_{number}" for number in range(1, 8)]
    labels = {label.name_en: label for label in reading.case.labels or ()}
    assert labels["ribs"].concept is not None
    assert labels["ribs"].concept.code == "113197003"
    assert labels["ribs"].color_rgb == [253, 232, 158]
    image = sitk.ReadImage(str(real("nrrd/slicerio/Segmentation.seg.nrrd")))
    for value, annotation in enumerate(reading.case.annotations, 1):
        expected = sitk.GetArrayFromImage(image) == value
        np.testing.assert_array_equal(reading.masks[annotation.id].read(), expected)


@pytest.mark.parametrize("path", ["nrrd/pyradiomics/brain1_image.nrrd", "pm/dcmqi/pm-example-3slices-256x256.nrrd"])
@pytest.mark.parametrize("ending", [".mha", ".mhd", ".nii", ".nii.gz", ".nrrd"])
@pytest.mark.parametrize("compress", [False, True])
def test_itks_files_are_read_as_itk_reads_them(path: str, ending: str, compress: bool, tmp_path: Path) -> None:
    image = sitk.ReadImage(str(real(path)))
    copy = tmp_path / f"copy{ending}"
    sitk.WriteImage(image, str(copy), compress)
    from annoconv_converters.readers.volumes import scan

    (source,) = scan([copy])
    np.testing.assert_array_equal(source.read(), sitk.GetArrayFromImage(image))
    np.testing.assert_allclose(source.grid.origin, image.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(source.grid.spacing, image.GetSpacing(), atol=1e-5)
    np.testing.assert_allclose(source.grid.direction.ravel(), image.GetDirection(), atol=1e-5)


def test_an_overlapping_seg_nrrd_has_layers(tmp_path: Path) -> None:
    import nrrd

    data = np.zeros((2, 5, 4, 3), np.uint8)
    data[0, 1:3, 1:3, 1] = 1
    data[1, 2:4, 1:3, 1] = 1
    head = {
        "space": "right-anterior-superior",
        "kinds": ["list", "domain", "domain", "domain"],
        "space directions": [[np.nan] * 3, [2.0, 0, 0], [0, 2.0, 0], [0, 0, 3.0]],
        "space origin": [10.0, 20.0, 30.0],
        "encoding": "gzip",
        **{f"Segment{n}_ID": f"S{n}" for n in range(2)},
        **{f"Segment{n}_Layer": str(n) for n in range(2)},
        **{f"Segment{n}_LabelValue": "1" for n in range(2)},
        **{f"Segment{n}_Name": name for n, name in enumerate(("liver", "CYST_NAME"))},
    }
    nrrd.write(str(tmp_path / "two.seg.nrrd"), data, head)
    # pynrrd writes ASCII only; Slicer writes UTF-8.
    content = (tmp_path / "two.seg.nrrd").read_bytes().replace(b"CYST_NAME", "某种结构".encode())
    (tmp_path / "two.seg.nrrd").write_bytes(content)
    (reading,) = registry.read([tmp_path / "two.seg.nrrd"], format="nifti")
    assert reading.case.image.origin == [-10.0, -20.0, 30.0]
    for layer, identity in enumerate(("S0", "S1")):
        np.testing.assert_array_equal(reading.masks[identity].read(), data[layer].T.astype(bool))
    assert any(label.name_zh == "某种结构" for label in reading.case.labels or ())


# Files made by others


def test_big_endian_and_nifti2_and_floats_that_are_whole(tmp_path: Path) -> None:
    labels = np.zeros((6, 5, 4), np.int16)
    labels[1:3, 1:3, 1:3], labels[4, 4, 3] = 3, 7
    affine = np.diag([2.0, 2.0, 3.0, 1.0])
    big = nibabel.Nifti1Image(labels, affine, nibabel.Nifti1Header(endianness=">"))
    files = {
        "big.nii": big,
        "two.nii.gz": nibabel.Nifti2Image(labels, affine),
        "float.nii.gz": nibabel.Nifti1Image(labels.astype(np.float32), affine),
        "double.nii": nibabel.Nifti1Image(labels.astype(np.float64), affine),
    }
    for name, image in files.items():
        nibabel.save(image, tmp_path / name)
        (reading,) = registry.read([tmp_path / name], format="nifti")
        assert [annotation.mask_value for annotation in reading.case.annotations] == [3, 7], name
        np.testing.assert_array_equal(reading.masks["LABEL_3"].read(), labels.T == 3)
        assert reading.case.image.direction == [(-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)]


def test_a_folder_of_masks_is_one_case_and_an_image_among_them_is_its_image(tmp_path: Path) -> None:
    grid = grid_of((6, 5, 4))
    (tmp_path / "s1" / "segmentations").mkdir(parents=True)
    for name, value in (("liver", 1), ("kidney_left", 2)):
        labels = np.zeros(grid.shape_kji, np.uint8)
        labels[value, value, value] = 1
        save_nifti(tmp_path / "s1" / "segmentations" / f"{name}.nii.gz", labels, grid)
    (tmp_path / "s1" / "ct.nii.gz").write_bytes(nifti_bytes(np.full(grid.shape_kji, -5, np.int16), grid))
    (reading,) = registry.read([tmp_path / "s1"], format="nifti", modality="CT")
    assert sorted(annotation.label_code for annotation in reading.case.annotations) == ["KIDNEY_LEFT", "LIVER"]
    assert reading.case.image.modality == "CT"


def test_masks_of_another_grid_than_the_image_are_refused(two_organs: LoadedCase, tmp_path: Path) -> None:
    registry.write([two_organs], tmp_path / "seg.nii.gz", format="nifti", plain=True)
    other = grid_of((9, 8, 6), origin=(1.0, 2.0, 3.0))
    (tmp_path / "ct.nii.gz").write_bytes(nifti_bytes(np.zeros(other.shape_kji, np.float32), other))
    with pytest.raises(InputError, match="does not lie on its image's grid"):
        list(registry.read([tmp_path / "seg.nii.gz"], format="nifti", images=[tmp_path / "ct.nii.gz"]))


@pytest.mark.parametrize(
    ("path", "nrrd"),
    [
        ("seg/dcmqi_liver_triple", "liver_seg.nrrd"),
        ("seg/dcmqi_multi", "liver_spine_seg.nrrd"),
        ("seg/dcmqi_23x38x3/23x38x3", "nrrd/label.nrrd"),
    ],
)
def test_nrrd_to_segmentation_to_nifti_is_the_nrrd(path: str, nrrd: str, tmp_path: Path) -> None:
    source = real(path) / nrrd
    triple = real("seg/dcmqi_liver_triple") / "ct-3slice"
    series = real(path) / "image" if "23x38" in path else triple
    (first,) = registry.read([source], format="nifti", images=[series])
    seg = tmp_path / "seg.dcm"
    loaded = LoadedCase(first.case, first.masks)
    from annoconv.registry import Context
    from annoconv.times import parse_timestamp

    context = Context(timestamp=parse_timestamp("2026-01-01T00:00:00Z"))
    registry.write([loaded], seg, format="dicom-seg", images=[series], context=context)
    (second,) = registry.read([seg], format="dicom-seg", images=[series])
    registry.write([LoadedCase(second.case, second.masks)], tmp_path / "out.nii.gz", format="nifti")
    image, expected = sitk.ReadImage(str(tmp_path / "out.nii.gz")), sitk.ReadImage(str(source))
    resampled = sitk.Resample(image, expected, sitk.Transform(), sitk.sitkNearestNeighbor)
    found, wanted = sitk.GetArrayFromImage(resampled), sitk.GetArrayFromImage(expected)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_allclose(image.GetOrigin(), expected.GetOrigin(), atol=1e-3)


def test_enhanced_dicom_is_the_nifti_beside_it(tmp_path: Path) -> None:
    """The NIfTI was made by dicom2nifti, which rescales in float32: its last digit may differ by one."""
    folder = real("dicom/enhanced_mr_philips_vs_nifti")
    from annoconv import images

    (source,) = images.scan([folder / "001"])
    case = Case(task_id="T", image=source.describe(), annotations=[], metadata={})
    registry.write([LoadedCase(case)], tmp_path / "out", format="nifti", images=[folder / "001"])
    truth = nibabel.load(folder / "001_ground_truth.nii.gz")
    written = nibabel.load(tmp_path / "out" / "images" / "image.nii.gz")
    np.testing.assert_allclose(written.affine, truth.affine, atol=1e-4)
    np.testing.assert_allclose(np.asarray(written.dataobj), np.asarray(truth.dataobj)[..., 0], rtol=2e-7)


# Images


def test_an_image_scan_passes_over_what_says_that_it_is_labels(two_organs: LoadedCase, tmp_path: Path) -> None:
    from annoconv import images

    grid = two_organs.masks["LIVER"].grid
    registry.write([two_organs], tmp_path / "seg.nii.gz", format="nifti")
    (tmp_path / "ct.nii.gz").write_bytes(nifti_bytes(np.full(grid.shape_kji, 0.5, np.float32), grid))
    (tmp_path / "ct.json").write_text('{"Modality": "CT", "SeriesInstanceUID": "1.2.3"}')
    (source,) = images.scan([tmp_path])
    assert (source.uid, source.modality) == ("1.2.3", "CT")
    assert source.slices[1].position_lps == pytest.approx(tuple(grid.affine[:3, 3] + grid.affine[:3, 2]), abs=1e-4)
    (reading,) = registry.read([tmp_path / "seg.nii.gz"], format="nifti", images=[tmp_path])
    assert reading.case.image.uid == "IMG"  # the side file's word holds
    registry.write([two_organs], tmp_path / "plain.nii.gz", format="nifti", plain=True)
    (plain,) = registry.read([tmp_path / "plain.nii.gz"], format="nifti", images=[tmp_path / "ct.nii.gz"])
    assert (plain.case.image.uid, plain.case.image.modality) == ("1.2.3", "CT")
