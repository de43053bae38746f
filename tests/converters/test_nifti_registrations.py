"""Registrations there and back: ITK's text transforms and displacement fields, each with its direction and frame."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  as its documentation has it
from annoconv_converters.nifti.transforms import Field, read_field, read_matrix

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case, read_cases, write_case, write_cases
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, InputError, UsageError
from annoconv.geometry import transform_points
from annoconv.limits import Limits
from annoconv.loss import LossKind
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks, save_nifti
from annoconv.volumes.nifti import nifti_bytes
from tests import cases
from tests.cases import document, grid_of, mask
from tests.converters.test_nifti import LAYOUTS, ORDERS, _about, assert_same_voxels, changed, there_and_back


@pytest.mark.parametrize("maps", ["moving_from_fixed", "fixed_from_moving"])
def test_a_matrix_is_an_itk_transform_from_fixed_to_moving(maps: str, tmp_path: Path) -> None:
    matrix = np.eye(4)
    matrix[:3, :3] = _about(np.array([0.0, 0.6, 0.8]), 0.3)
    matrix[:3, 3] = 10.5, -3.25, 7.0
    grid = grid_of((6, 5, 4))
    registration = {
        "id": "R1",
        "kind": "rigid",
        "fixed_image_uid": "IMG",
        "moving_image_uid": "MR",
        "maps": maps,
        "matrix": matrix.tolist(),
    }
    told = document(cases.image_document("IMG", grid), [mask("M", "m.nii.gz")], registrations=[registration])
    loaded = LoadedCase(Case.model_validate(told), Masks([Mask("M", ArrayVolume(grid, cases.blob(grid)))]))
    _, reading = there_and_back(loaded, tmp_path / "out")
    assert changed(loaded, reading) == set()
    transform = sitk.ReadTransform(str(tmp_path / "out" / "transforms" / "R1.txt"))
    point = np.array([1.0, 2.0, 3.0])
    moving_from_fixed = matrix if maps == "moving_from_fixed" else np.linalg.inv(matrix)
    np.testing.assert_allclose(transform.TransformPoint(point), transform_points(moving_from_fixed, point), atol=1e-9)
    _, plain = there_and_back(loaded, tmp_path / "plain", plain=True)
    (back,) = plain.case.registrations or ()
    assert back.maps == "moving_from_fixed"
    np.testing.assert_allclose(back.matrix, moving_from_fixed, atol=1e-12)


def test_a_registration_of_frames_without_images_has_no_file_and_comes_back(tmp_path: Path) -> None:
    grid = grid_of((6, 5, 4))
    frames = {"fixed_frame_of_reference_uid": "1.2.5.1", "moving_frame_of_reference_uid": "1.2.5.2"}
    registration = {"id": "R1", "kind": "rigid", **frames, "maps": "fixed_from_moving", "matrix": np.eye(4).tolist()}
    told = document(cases.image_document("IMG", grid), [mask("M", "m.nii.gz")], registrations=[registration])
    loaded = LoadedCase(Case.model_validate(told), Masks([Mask("M", ArrayVolume(grid, cases.blob(grid)))]))
    _, reading = there_and_back(loaded, tmp_path / "out")
    assert not (tmp_path / "out" / "transforms").exists()
    assert changed(loaded, reading) == set()
    losses, plain = there_and_back(loaded, tmp_path / "plain", plain=True)
    assert plain.case.registrations is None
    assert any(loss.path.startswith("/registrations") for loss in losses)


def test_itks_rigid_transforms_are_read_about_their_centre(tmp_path: Path) -> None:
    center, turn, shift = (5.0, -7.0, 11.0), (0.1, -0.2, 0.3), (4.0, 5.0, 6.0)
    euler = sitk.Euler3DTransform(center, *turn, shift)
    zyx = sitk.Euler3DTransform(euler)
    zyx.SetComputeZYX(True)
    versor = sitk.VersorRigid3DTransform()
    versor.SetCenter(center)
    versor.SetMatrix(euler.GetMatrix())
    versor.SetTranslation(shift)
    affine = sitk.AffineTransform(3)
    affine.SetMatrix((1.1, 0.1, 0, 0, 0.9, 0.2, 0.3, 0, 1))
    affine.SetTranslation(shift)
    affine.SetCenter(center)
    similar = sitk.Similarity3DTransform()
    similar.SetScale(1.2)
    similar.SetRotation((0.0, 0.6, 0.8), 0.3)
    similar.SetTranslation(shift)
    similar.SetCenter(center)
    composed = sitk.CompositeTransform([euler, affine, sitk.TranslationTransform(3, shift)])
    none = sitk.Transform(3, sitk.sitkIdentity)
    transforms = (euler, zyx, versor, affine, sitk.TranslationTransform(3, shift), similar, composed, none)
    for number, transform in enumerate(transforms):
        path = tmp_path / f"{number}.txt"
        sitk.WriteTransform(transform, str(path))
        matrix = read_matrix(path)
        for point in ((0.0, 0.0, 0.0), (10.0, 20.0, -30.0)):
            found = transform_points(matrix, point)
            np.testing.assert_allclose(found, transform.TransformPoint(point), atol=1e-9, err_msg=str(transform))


def test_a_text_transform_that_is_none_is_refused(tmp_path: Path) -> None:
    head = "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
    texts = (
        "",
        "x" * 100,
        head,
        f"{head}Parameters: 1 2 3\nFixedParameters: 0 0 0\n",
        f"{head}Parameters: nan\nFixedParameters: \n",
        head.replace("Affine", "BSpline") + "Parameters: 1 2 3\nFixedParameters: 0 0 0\n",
        head.replace("Affine", "Composite"),
        f"{head}Parameters: {'1 ' * 12}\nParameters: {'1 ' * 12}\nFixedParameters: 0 0 0\n",
        f"{head}Parameters: {'1 ' * 12}\nFixedParameters: 0\n",
        head.replace("Affine", "Euler3D") + "Parameters: 1\nFixedParameters: 0 0 0\n",
    )
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text)
        with pytest.raises(InputError, match=rf"{number}\.txt"):
            read_matrix(tmp_path / f"{number}.txt")


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_a_displacement_field_keeps_its_vectors_and_its_frame(frame: str, tmp_path: Path) -> None:
    grid = grid_of((6, 5, 4), direction=ORDERS[13])
    vectors = np.random.default_rng(0).normal(0, 3, (*grid.shape_kji, 3)).astype(np.float32)
    path = tmp_path / "field.nii.gz"
    path.write_bytes(cases.write_field(Field(grid, vectors), frame))
    back = read_field(path, frame, Limits())
    np.testing.assert_array_equal(back.vectors_lps, vectors)
    stored = nibabel.load(path)
    assert stored.shape == (6, 5, 4, 1, 3)
    signs = (1, 1, 1) if frame == "LPS" else (-1, -1, 1)
    np.testing.assert_array_equal(np.asarray(stored.dataobj)[:, :, :, 0].transpose(2, 1, 0, 3), vectors * signs)
    if frame == "LPS":  # as ITK writes and reads it
        image = sitk.ReadImage(str(path), sitk.sitkVectorFloat64)
        transform = sitk.DisplacementFieldTransform(image)
        corner = grid.affine @ [2, 3, 1, 1]
        moved = np.subtract(transform.TransformPoint(corner[:3]), corner[:3])
        np.testing.assert_allclose(moved, vectors[1, 3, 2], atol=1e-4)


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_slope_and_intercept_of_a_displacement_field_are_applied(frame: str, tmp_path: Path) -> None:
    grid = grid_of((3, 2, 2))
    path = tmp_path / "field.nii"
    vectors = np.arange(36, dtype=np.float32).reshape(*grid.shape_kji, 3)
    content = bytearray(gzip.decompress(cases.write_field(Field(grid, vectors), "LPS")))
    content[112:120] = struct.pack("<ff", 0.5, -4.0)  # scl_slope, scl_inter
    path.write_bytes(content)
    signs = (1, 1, 1) if frame == "LPS" else (-1, -1, 1)
    back = read_field(path, frame, Limits()).vectors_lps
    np.testing.assert_array_equal(back, (vectors * 0.5 - 4.0) * signs)
    as_nibabel = np.asarray(nibabel.load(path).dataobj)[:, :, :, 0].transpose(2, 1, 0, 3)
    np.testing.assert_array_equal(back, as_nibabel * signs)


def case_with_field(folder: Path, *, frame: str = "RAS", maps: str = "moving_from_fixed") -> LoadedCase:
    """Return a case whose registration names a displacement field in a folder of its own."""
    grid = grid_of((6, 5, 4))
    image = cases.series(folder / "series", grid, "a field")
    save_nifti(folder / "m.nii.gz", cases.blob(grid), grid)
    (folder / "reg").mkdir()
    vectors = np.random.default_rng(1).normal(0, 3, (*grid.shape_kji, 3))
    (folder / "reg" / "warp.nii.gz").write_bytes(cases.write_field(Field(grid, vectors), frame))
    registration = {
        "id": "W",
        "kind": "syn",
        "fixed_image_uid": image["uid"],
        "moving_image_uid": "MR",
        "maps": maps,
        "field_file": "reg/warp.nii.gz",
        "field_frame": frame,
    }
    told = document(image, [mask("M", "m.nii.gz")], registrations=[registration]) | {"case_id": "C1"}
    (folder / "case.json").write_bytes(strict_json.dumps(told))
    return read_case(folder)


@pytest.mark.parametrize("maps", ["moving_from_fixed", "fixed_from_moving"])
@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_a_field_comes_back_with_its_voxels_its_frame_and_its_direction(frame: str, maps: str, tmp_path: Path) -> None:
    loaded = case_with_field(tmp_path / "in", frame=frame, maps=maps)
    voxels = (tmp_path / "in" / "reg" / "warp.nii.gz").read_bytes()
    _, plain = there_and_back(loaded, tmp_path / "out", plain=True)
    (back,) = plain.case.registrations or ()
    assert (back.field_file, back.field_frame, back.maps) == ("transforms/W.nii.gz", frame, maps)
    assert (tmp_path / "out" / "transforms" / "W.nii.gz").read_bytes() == voxels
    _, carried = there_and_back(loaded, tmp_path / "carried")
    assert changed(loaded, carried) == set()
    for reading, name in ((plain, "transforms/W.nii.gz"), (carried, "reg/warp.nii.gz")):
        folder = tmp_path / f"again {name[:3]}"
        write_case(reading, folder)
        assert (folder / name).read_bytes() == voxels
        assert_same_voxels(loaded, reading)
        write_case(read_case(folder), tmp_path / f"copy {name[:3]}")  # and once more, from a case to a case
        assert (tmp_path / f"copy {name[:3]}" / name).read_bytes() == voxels


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_training_layout_carries_fields_beside_its_side_file(layout: str, tmp_path: Path) -> None:
    loaded = case_with_field(tmp_path / "in")
    voxels = (tmp_path / "in" / "reg" / "warp.nii.gz").read_bytes()
    registry.write([loaded], tmp_path / "out", format="nifti", layout=layout, images=[tmp_path / "in" / "series"])
    (reading,) = registry.read([tmp_path / "out"], format="nifti")
    assert changed(loaded, reading) == set()
    write_case(reading, tmp_path / "again")
    assert (tmp_path / "again" / "reg" / "warp.nii.gz").read_bytes() == voxels
    (carried,) = (tmp_path / "out").rglob("field-1.nii.gz")
    carried.unlink()
    with pytest.raises(InputError, match="a displacement field is not beside the side file"):
        list(registry.read([tmp_path / "out"], format="nifti"))


def test_one_file_has_no_room_for_a_field_and_says_so(tmp_path: Path) -> None:
    loaded = case_with_field(tmp_path / "in")
    losses, reading = there_and_back(loaded, tmp_path / "out.nii.gz")
    lost = {loss.path for loss in losses if loss.kind is LossKind.NO_PLACE}
    assert lost == changed(loaded, reading)
    assert "/registrations/0/field_file" in lost
    assert reading.case.registrations is None


def test_cases_of_one_file_keep_their_fields_apart(tmp_path: Path) -> None:
    loaded = [case_with_field(tmp_path / name) for name in "ab"]
    for number, each in enumerate(loaded):
        each.case.case_id = f"C{number}"
    write_cases(loaded, tmp_path / "both" / "cases.jsonl")
    first, second = read_cases([tmp_path / "both" / "cases.jsonl"])
    names = [each.case.registrations[0].field_file for each in (first, second)]  # type: ignore[index]
    assert names == ["cases.masks/reg/warp.nii.gz", "cases.masks/C1/reg/warp.nii.gz"]
    assert all(each.fields["W"].is_file() for each in (first, second))


def test_a_field_that_is_none_is_refused_and_one_that_is_absent_is_not_invented(tmp_path: Path) -> None:
    loaded = case_with_field(tmp_path / "in")
    path = tmp_path / "in" / "reg" / "warp.nii.gz"
    grid = grid_of((6, 5, 4))
    path.write_bytes(nifti_bytes(np.zeros(grid.shape_kji, np.float32), grid))
    with pytest.raises(GeometryError, match=r"warp\.nii\.gz.*not a displacement field"):
        registry.write([loaded], tmp_path / "out", format="nifti")
    assert not (tmp_path / "out").exists()
    path.unlink()
    _, reading = there_and_back(read_case(tmp_path / "in"), tmp_path / "out")
    assert changed(loaded, reading) == set()
    assert reading.fields == {}


def test_registrations_of_one_file_name_are_refused(tmp_path: Path) -> None:
    grid = grid_of((6, 5, 4))
    matrix = {"kind": "rigid", "fixed_image_uid": "IMG", "moving_image_uid": "MR", "maps": "moving_from_fixed"}
    matrix |= {"matrix": np.eye(4).tolist()}
    told = document(
        cases.image_document("IMG", grid),
        [mask("M", "m.nii.gz")],
        registrations=[{"id": "Ab", **matrix}, {"id": "aB", **matrix}],
    )
    loaded = LoadedCase(Case.model_validate(told), Masks([Mask("M", ArrayVolume(grid, cases.blob(grid)))]))
    with pytest.raises(UsageError, match="two registrations would have the same file name"):
        registry.write([loaded], tmp_path / "out", format="nifti")
    assert list(tmp_path.iterdir()) == []


def test_transforms_of_others_join_a_case_with_their_direction(tmp_path: Path) -> None:
    """What elastix, ANTs and SimpleITK leave: a text transform and a warp, from the fixed image to the moving one."""
    fixed, moving = grid_of((6, 5, 4)), grid_of((7, 6, 5), origin=(3.0, 2.0, 1.0))
    (tmp_path / "fixed.nii.gz").write_bytes(nifti_bytes(np.zeros(fixed.shape_kji, np.float32), fixed))
    (tmp_path / "moving.nii.gz").write_bytes(nifti_bytes(np.zeros(moving.shape_kji, np.float32), moving))
    save_nifti(tmp_path / "liver.nii.gz", cases.blob(fixed), fixed)
    euler = sitk.Euler3DTransform((5.0, -7.0, 11.0), 0.1, -0.2, 0.3, (4.0, 5.0, 6.0))
    sitk.WriteTransform(euler, str(tmp_path / "rigid.tfm"))
    vectors = np.ones((*fixed.shape_kji, 3))
    (tmp_path / "1Warp.nii.gz").write_bytes(cases.write_field(Field(fixed, vectors), "LPS"))
    options: dict[str, Any] = {"transform": [tmp_path / "rigid.tfm", tmp_path / "1Warp.nii.gz"], "modality": "MR"}
    options["moving"] = tmp_path / "moving.nii.gz"
    sources = {"images": [tmp_path / "fixed.nii.gz"]}, {"as_image": True}
    for number, (source, more) in enumerate(zip(("liver.nii.gz", "fixed.nii.gz"), sources, strict=True)):
        (reading,) = registry.read([tmp_path / source], format="nifti", **options, **more)
        rigid, warp = reading.case.registrations or ()
        assert [image.uid for image in reading.case.related_images or ()] == ["moving"]
        assert {(each.fixed_image_uid, each.moving_image_uid, each.maps) for each in (rigid, warp)} == {
            ("fixed", "moving", "moving_from_fixed")
        }
        assert (rigid.kind, warp.kind, warp.field_frame) == ("rigid", "other_nonlinear", "LPS")
        point = (1.0, 2.0, 3.0)
        np.testing.assert_allclose(transform_points(np.array(rigid.matrix), point), euler.TransformPoint(point))
        write_case(reading, tmp_path / f"case{number}")
        written = tmp_path / f"case{number}" / "transforms" / "1Warp.nii.gz"
        np.testing.assert_array_equal(read_field(written, "LPS", Limits()).vectors_lps, vectors)
    with pytest.raises(UsageError, match="given together"):
        list(registry.read([tmp_path / "liver.nii.gz"], format="nifti", transform=options["transform"]))
    with pytest.raises(AnnoconvError, match=r"liver\.nii\.gz.*not a displacement field"):
        list(
            registry.read(
                [tmp_path / "liver.nii.gz"],
                format="nifti",
                transform=[tmp_path / "liver.nii.gz"],
                moving=tmp_path / "moving.nii.gz",
            )
        )
