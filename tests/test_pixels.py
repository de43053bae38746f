"""Masks and strict NIfTI: against SimpleITK and nibabel, and against damage of every kind."""

import gzip
import os
import struct
import time
import tracemalloc
import warnings
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annoconv.errors import AnnoconvError, GeometryError, LimitError, MaskError, OutputExistsError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids, ras_from_lps
from annoconv.limits import Limits
from annoconv.pixels import ArrayVolume, Mask, Masks, NiftiVolume, check_frame, count, save_nifti
from annoconv.volumes import nifti
from tests.real_data import real
from tests.test_geometry import IDENTITY, affine, grids, image, rotation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import SimpleITK

OBLIQUE = Grid((4, 3, 2), affine(rotation(0.4, -0.3, 0.2), (0.5, 2.0, 3.0), (-10, 20, 30)))


def nifti_file(path, stored, grid=OBLIQUE, *, compress=True, **fields):
    """Write a file with any header fields changed, through nibabel."""
    data = np.ascontiguousarray(stored.transpose())
    made = nibabel.Nifti1Image(data, None if grid is None else ras_from_lps(grid.affine), dtype=stored.dtype)
    content = bytearray(made.to_bytes())
    header = nibabel.Nifti1Header(bytes(content[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    content[:348] = header.binaryblock
    path.write_bytes(gzip.compress(bytes(content), mtime=0) if compress else bytes(content))
    return path


def labels(dtype=np.uint8, shape=(2, 3, 4)):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def read(path, limits=None):
    return NiftiVolume(path, limits).read()


# --- independent readers


@settings(max_examples=40, deadline=None)
@given(grid=grids(), data=st.data())
def test_simpleitk_and_nibabel_read_what_we_write(tmp_path_factory, grid, data):
    labels_kji = data.draw(
        hnp.arrays(st.sampled_from(["u1", "u2", "i4"]), grid.shape_kji, elements=st.integers(0, 200))
    )
    path = tmp_path_factory.mktemp("nifti") / "mask.nii.gz"
    save_nifti(path, labels_kji, grid)
    itk = SimpleITK.ReadImage(str(path))
    assert np.array_equal(SimpleITK.GetArrayFromImage(itk), labels_kji)
    np.testing.assert_allclose(itk.GetSpacing(), grid.spacing, rtol=1e-6)
    np.testing.assert_allclose(itk.GetOrigin(), grid.origin, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(np.reshape(itk.GetDirection(), (3, 3)), grid.direction, atol=1e-6)
    other = nibabel.load(path)
    np.testing.assert_allclose(other.affine, np.diag([-1, -1, 1, 1]) @ grid.affine, rtol=1e-6, atol=1e-4)
    assert other.header.get_xyzt_units()[0] == "mm"
    volume = NiftiVolume(path)
    assert compare_grids(volume.grid, grid).kind is GridKind.SAME
    assert np.array_equal(volume.read(), labels_kji)


@pytest.mark.parametrize(
    "name",
    [
        "nifti/totalseg_ct/example_seg.nii.gz",
        "nifti/totalseg_ct/example_seg_roi_subset.nii.gz",
        "nifti/nibabel/standard.nii.gz",
        "nrrd/pynrrd/BallBinary30x30x30.nii.gz",
    ],
)
def test_real_files_as_simpleitk_reads_them(name):
    volume = NiftiVolume(real(name))
    itk = SimpleITK.ReadImage(str(real(name)))
    assert np.array_equal(volume.read(), SimpleITK.GetArrayFromImage(itk))
    np.testing.assert_allclose(volume.grid.origin, itk.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(volume.grid.spacing, itk.GetSpacing(), rtol=1e-5)
    np.testing.assert_allclose(volume.grid.direction.ravel(), itk.GetDirection(), atol=1e-5)


def test_a_big_endian_image_as_simpleitk_reads_it():
    path = real("nifti/nibabel/anatomical.nii")
    pixels_kji = nifti.read_array(nifti.read_header(path, Limits()))
    assert np.array_equal(pixels_kji, SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))))


def test_the_same_ball_as_nrrd_and_nifti_lies_in_the_same_place():
    ball = SimpleITK.ReadImage(str(real("nrrd/pynrrd/BallBinary30x30x30.nrrd")))
    volume = NiftiVolume(real("nrrd/pynrrd/BallBinary30x30x30.nii.gz"))
    direction = np.reshape(ball.GetDirection(), (3, 3))
    as_nrrd = Grid(ball.GetSize(), affine(direction, ball.GetSpacing(), ball.GetOrigin()))
    placed = apply_relation(volume.read(), compare_grids(volume.grid, as_nrrd))
    assert np.array_equal(placed, SimpleITK.GetArrayFromImage(ball))


def test_a_real_ct_is_no_mask():
    with pytest.raises(MaskError, match="negative"):
        read(real("nifti/totalseg_ct/example_ct_sm.nii.gz"))
    with pytest.raises(MaskError, match="fractions"):
        read(real("nifti/nibabel/resampled_anat_moved.nii"))


# --- writing


def test_writing_is_the_same_every_time(tmp_path):
    written = []
    for name in ("a.nii.gz", "b.nii.gz"):
        save_nifti(tmp_path / name, labels(), OBLIQUE)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert written[0][3:8] == bytes(5)  # no name, no time
    with pytest.raises(OutputExistsError):
        save_nifti(tmp_path / "a.nii.gz", labels(), OBLIQUE)


@pytest.mark.parametrize(("most", "dtype"), [(255, "u1"), (256, "i2"), (32768, "u2"), (65536, "i4"), (2**31, "u4")])
def test_smallest_integer_type_is_stored(tmp_path, most, dtype):
    stored = np.zeros((2, 3, 4), dtype=np.int64)
    stored[1, 2, 3] = most
    save_nifti(tmp_path / "mask.nii.gz", stored, OBLIQUE)
    volume = NiftiVolume(tmp_path / "mask.nii.gz")
    assert volume.dtype == np.dtype(dtype)
    assert volume.read().max() == most


def test_bool_and_fractions(tmp_path):
    save_nifti(tmp_path / "bool.nii.gz", labels() > 5, OBLIQUE)
    assert read(tmp_path / "bool.nii.gz").dtype == np.uint8
    fractions = np.linspace(0, 1, 24).reshape(2, 3, 4)
    save_nifti(tmp_path / "fractions.nii.gz", fractions, OBLIQUE)
    mask = Mask("a", NiftiVolume(tmp_path / "fractions.nii.gz"))
    np.testing.assert_array_equal(mask.read(), fractions.astype(np.float32))
    with pytest.raises(MaskError, match="fractions have no labels"):
        replace(mask, value=1).read()


def test_what_is_not_written(tmp_path):
    for bad in (labels(np.int16) - 1, labels(np.float64), labels().astype(complex)):
        if bad.dtype.kind == "f":
            bad = bad + 0.5
        with pytest.raises(MaskError):
            save_nifti(tmp_path / "bad.nii.gz", bad, OBLIQUE)
    with pytest.raises(MaskError, match="32 bits"):
        save_nifti(tmp_path / "bad.nii.gz", np.full((2, 3, 4), 2**33), OBLIQUE)
    with pytest.raises(GeometryError, match="fit"):
        save_nifti(tmp_path / "bad.nii.gz", labels().transpose(), OBLIQUE)
    with pytest.raises(GeometryError, match="patient"):
        save_nifti(tmp_path / "bad.nii.gz", labels(), Grid((4, 3, 2), np.eye(4), "SLIDE"))
    assert list(tmp_path.iterdir()) == []


def test_an_image_without_place_gets_a_mask_without_place(tmp_path):
    save_nifti(tmp_path / "mask.nii.gz", labels(), Grid((4, 3, 2)))
    assert NiftiVolume(tmp_path / "mask.nii.gz").grid.lps_from_ijk is None


def test_more_than_32767_voxels_along_an_axis(tmp_path):
    grid = Grid((40000, 1, 1), np.eye(4))
    save_nifti(tmp_path / "long.nii.gz", np.ones((1, 1, 40000), dtype=bool), grid)
    assert isinstance(nibabel.load(tmp_path / "long.nii.gz"), nibabel.Nifti2Image)
    assert count(Mask("a", NiftiVolume(tmp_path / "long.nii.gz"))) == 40000


# --- types


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i2", ">i2", "<i4", ">i4", "<u4", "<i8", ">u8"])
@pytest.mark.parametrize("compress", [True, False])
def test_integers_of_every_kind_and_byte_order(tmp_path, dtype, compress):
    stored = labels(dtype)
    header = nibabel.Nifti1Header(endianness=dtype[0] if dtype[0] in "<>" else "<")
    header.set_data_dtype(stored.dtype)
    header.set_data_shape((4, 3, 2))
    header.set_sform(np.eye(4), 1)
    header["vox_offset"] = 352
    content = header.binaryblock + bytes(4) + stored.tobytes()
    path = tmp_path / "mask.nii"
    path.write_bytes(gzip.compress(content) if compress else content)
    found = read(path)
    assert np.array_equal(found, labels())
    assert found.dtype.kind == "u"
    assert found.dtype.isnative


def test_64_bit_labels_do_not_pass_through_floats(tmp_path):
    stored = labels(np.uint64)
    stored[0, 0, 0] = 2**53 + 1
    assert read(nifti_file(tmp_path / "mask.nii.gz", stored)).flat[0] == 2**53 + 1


def test_whole_floats_are_labels(tmp_path):
    found = read(nifti_file(tmp_path / "mask.nii.gz", labels(np.float32) * 300))
    assert found.dtype == np.uint16
    assert np.array_equal(found, labels(np.uint16) * 300)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 1.5, 1e300])
def test_other_floats_are_refused(tmp_path, bad):
    stored = labels(np.float64)
    stored[1, 1, 1] = bad
    with pytest.raises(MaskError):
        read(nifti_file(tmp_path / "mask.nii.gz", stored))


def test_scaling(tmp_path):
    scaled = nifti_file(tmp_path / "a.nii.gz", labels(), scl_slope=2, scl_inter=1)
    assert np.array_equal(read(scaled), labels() * 2 + 1)
    fractions = nifti_file(tmp_path / "b.nii.gz", labels(), scl_slope=1 / 23)
    np.testing.assert_allclose(read(fractions), labels() / 23, rtol=1e-6)
    unset = nifti_file(tmp_path / "c.nii.gz", labels(), scl_slope=np.nan, scl_inter=5)
    assert np.array_equal(read(unset), labels())
    with pytest.raises(MaskError):
        read(nifti_file(tmp_path / "d.nii.gz", labels(), scl_slope=3e38, scl_inter=np.inf))


@pytest.mark.parametrize("code", [1, 32, 128, 1536, 1792, 2304, 9999])
def test_types_that_are_no_labels(tmp_path, code):
    with pytest.raises(MaskError, match="of this type"):
        read(nifti_file(tmp_path / "mask.nii.gz", labels(), datatype=code))


# --- shapes


def test_trailing_axes_of_one_are_no_axes(tmp_path):
    path = nifti_file(tmp_path / "mask.nii.gz", labels(), dim=[5, 4, 3, 2, 1, 1, 1, 1])
    assert NiftiVolume(path).grid.shape == (4, 3, 2)
    flat = nifti_file(tmp_path / "flat.nii.gz", labels(shape=(1, 6, 4)), dim=[2, 4, 6, 1, 1, 1, 1, 1])
    assert NiftiVolume(flat).grid.shape == (4, 6, 1)


@pytest.mark.parametrize(
    "dim", [[4, 4, 3, 1, 2, 1, 1, 1], [3, 4, -3, 2, 1, 1, 1, 1], [0, 4, 3, 2, 1, 1, 1, 1], [9, 4, 3, 2, 1, 1, 1, 1]]
)
def test_other_shapes_are_refused(tmp_path, dim):
    with pytest.raises(MaskError):
        read(nifti_file(tmp_path / "mask.nii.gz", labels(), dim=dim))


# --- place


def test_qform_alone(tmp_path):
    path = tmp_path / "q.nii.gz"
    made = nibabel.Nifti1Image(labels().transpose(), None)
    made.set_qform(ras_from_lps(OBLIQUE.affine), 1)
    nibabel.save(made, path)
    assert compare_grids(NiftiVolume(path).grid, OBLIQUE).kind is GridKind.SAME


@pytest.mark.parametrize(("unit", "scale"), [(0, 1), (1, 1000), (2, 1), (3, 0.001), (10, 1)])
def test_units_of_length(tmp_path, unit, scale):
    path = nifti_file(tmp_path / "mask.nii.gz", labels(), xyzt_units=unit)
    np.testing.assert_allclose(NiftiVolume(path).grid.affine[:3], OBLIQUE.affine[:3] * scale, rtol=1e-6)


def test_conflict_of_qform_and_sform(tmp_path):
    nifti_file(tmp_path / "mask.nii.gz", labels())
    made = nibabel.load(tmp_path / "mask.nii.gz")
    for shift, is_refused in ((0.02, False), (0.03, True)):  # mm; the smallest spacing is 0.5 mm
        form = made.get_sform()
        form[:3, 3] += OBLIQUE.direction[:, 0] * [-1, -1, 1] * shift
        made.set_qform(form, 1)
        nibabel.save(made, tmp_path / "both.nii.gz")
        if is_refused:
            with pytest.raises(GeometryError, match="qform and sform put a corner"):
                _ = NiftiVolume(tmp_path / "both.nii.gz").grid
        else:
            assert NiftiVolume(tmp_path / "both.nii.gz").grid.shape == (4, 3, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"srow_x": [np.nan, 0, 0, 0]},
        {"srow_x": [np.inf, 0, 0, 0]},
        {"srow_x": [0, 0, 0, 0]},
        {"srow_x": [3e38, 0, 0, 0]},
        {"srow_x": [0, 1, 0, 0], "srow_y": [0, 1, 0, 0]},
        {"sform_code": 0, "qform_code": 1, "quatern_b": 2},
        {"sform_code": 0, "qform_code": 1, "quatern_b": np.nan},
        {"sform_code": 0, "qform_code": 1, "pixdim": [1, 0, 1, 1, 1, 1, 1, 1]},
        {"sform_code": 0, "qform_code": 1, "pixdim": [1, np.inf, 1, 1, 1, 1, 1, 1]},
        {"sform_code": 0, "qform_code": 1, "qoffset_x": np.nan},
        {"xyzt_units": 7},
    ],
)
def test_useless_affines_are_refused(tmp_path, fields):
    with pytest.raises(GeometryError):
        _ = NiftiVolume(nifti_file(tmp_path / "mask.nii.gz", labels(), **fields)).grid


def test_a_mask_without_place_does_not_belong_to_an_image_with_one(tmp_path):
    path = nifti_file(tmp_path / "mask.nii.gz", labels(), sform_code=0, qform_code=0)
    with pytest.raises(GeometryError, match="codes 0"):
        check_frame(image(), NiftiVolume(path))
    assert check_frame(image(origin=None), NiftiVolume(path)).kind is GridKind.SAME


# --- the printed example whose numbers are the same in DICOM (B.1) and NIfTI (B.2)

PRINTED = {"spacing": [0.742, 0.742, 1.0], "origin": [-158.0, -158.0, -240.0], "direction": IDENTITY}


def test_numbers_copied_from_dicom_to_nifti_are_refused(tmp_path):
    case_image = image(shape=[40, 30, 20], **PRINTED)
    printed = affine(IDENTITY, PRINTED["spacing"], PRINTED["origin"])
    path = tmp_path / "mask.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((40, 30, 20), np.uint8), printed), path)
    with pytest.raises(GeometryError, match="RAS, not LPS"):
        check_frame(case_image, NiftiVolume(path))
    right = tmp_path / "right.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((40, 30, 20), np.uint8), np.diag([-1, -1, 1, 1]) @ printed), right)
    assert check_frame(case_image, NiftiVolume(right)).kind is GridKind.SAME


def test_copied_numbers_are_refused_on_one_lattice_too(tmp_path):
    # With whole-millimetre numbers the wrong volume is a shifted window of the right lattice.
    case_image = image(shape=[40, 30, 20], spacing=[1, 1, 1], origin=[-18, -10, 0])
    nibabel.save(
        nibabel.Nifti1Image(np.zeros((40, 30, 20), np.uint8), affine(IDENTITY, (1, 1, 1), (-18, -10, 0))),
        tmp_path / "mask.nii",
    )
    volume = NiftiVolume(tmp_path / "mask.nii")
    assert compare_grids(volume.grid, Grid.from_image(case_image)).kind is GridKind.SUB
    with pytest.raises(GeometryError, match="RAS, not LPS"):
        check_frame(case_image, volume)


# --- damage

GOOD = nifti.nifti_bytes(labels(), OBLIQUE)


def test_checksum_length_and_tail_are_verified(tmp_path):
    path = tmp_path / "mask.nii.gz"
    for damaged in (
        GOOD[:-8] + bytes([GOOD[-8] ^ 1]) + GOOD[-7:],
        GOOD[:-4] + bytes([GOOD[-4] ^ 1]) + GOOD[-3:],
        GOOD[:-1],
        GOOD[:-20],
        GOOD[:30],
        GOOD + b"x",
        GOOD + bytes(512),
        GOOD + gzip.compress(b"x"),
        gzip.compress(gzip.decompress(GOOD) + b"x"),
        gzip.compress(gzip.decompress(GOOD)[:-1]),
    ):
        path.write_bytes(damaged)
        with pytest.raises(MaskError):
            read(path)


def test_members_in_a_row_are_one_file(tmp_path):
    content = gzip.decompress(GOOD)
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(b"".join(gzip.compress(content[start : start + 100]) for start in range(0, len(content), 100)))
    assert np.array_equal(read(path), labels())


def test_uncompressed_length_is_verified(tmp_path):
    content = gzip.decompress(GOOD)
    for damaged in (content[:-1], content + b"x"):
        (tmp_path / "mask.nii").write_bytes(damaged)
        with pytest.raises(MaskError, match="length"):
            read(tmp_path / "mask.nii")


NO_NIFTI = {
    "empty": b"",
    "magic of gzip": b"\x1f\x8b",
    "JSON": b"{}",
    "broken gzip": b"\x1f\x8b" + bytes(40),
    "empty gzip": gzip.compress(b"", mtime=0),
    "zeros": bytes(400),
}


@pytest.mark.parametrize("content", NO_NIFTI.values(), ids=NO_NIFTI)
def test_what_is_no_nifti(tmp_path, content):
    (tmp_path / "mask.nii.gz").write_bytes(content)
    with pytest.raises(MaskError):
        read(tmp_path / "mask.nii.gz")


def test_a_pair_of_header_and_image_is_refused(tmp_path):
    with pytest.raises(MaskError, match="together"):
        read(nifti_file(tmp_path / "mask.hdr", labels(), compress=False, magic=b"ni1"))


@pytest.mark.parametrize("offset", [0, 348, 352.5, np.nan, np.inf, 1e30, -352])
def test_place_of_the_voxels(tmp_path, offset):
    with pytest.raises(MaskError, match="vox_offset"):
        read(nifti_file(tmp_path / "mask.nii.gz", labels(), vox_offset=offset))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "mask.nii.gz")
    with pytest.raises(MaskError, match="no such file"):
        read(tmp_path / "mask.nii.gz")


def test_limits(tmp_path):
    path = nifti_file(tmp_path / "mask.nii.gz", labels())
    for limits in (Limits(mask_voxels=23), Limits(expanded_bytes=375)):
        with pytest.raises(LimitError):
            read(path, limits)
    assert read(path, Limits(mask_voxels=24, expanded_bytes=376)).shape == (2, 3, 4)


def bomb_behind_a_small_header():
    return gzip.compress(gzip.decompress(GOOD) + bytes(300_000_000), 9)


def header_that_claims_gigabytes():
    content = bytearray(gzip.decompress(GOOD))
    content[40:56] = struct.pack("<8h", 3, 2000, 2000, 1000, 1, 1, 1, 1)
    return gzip.compress(bytes(content))


def millions_of_members():
    return gzip.compress(gzip.decompress(GOOD)[:352]) + gzip.compress(b"") * 600_000


def long_name_in_the_gzip_header():
    return b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 30_000_000


@pytest.mark.parametrize(
    "make",
    [bomb_behind_a_small_header, header_that_claims_gigabytes, millions_of_members, long_name_in_the_gzip_header],
)
def test_hostile_files_are_refused_fast_and_small(tmp_path, make):
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(make())
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises((MaskError, LimitError)):
        read(path)
    elapsed, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 2
    assert peak < 256 << 20


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_header_is_read_or_refused_cleanly(tmp_path_factory, data):
    content = bytearray(gzip.decompress(GOOD))
    for at in data.draw(st.lists(st.integers(0, 351), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.nii"
    path.write_bytes(content)
    try:
        assert read(path).shape == NiftiVolume(path).grid.shape_kji
        message = str(path)
    except AnnoconvError as error:
        message = str(error)
    assert str(path) in message


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255))
def test_no_changed_byte_of_a_compressed_file_goes_unseen(tmp_path_factory, at, value):
    content = bytearray(GOOD)
    content[at] = value
    path = tmp_path_factory.getbasetemp() / "changed.nii.gz"
    path.write_bytes(content)
    try:
        assert np.array_equal(read(path), labels())
        message = str(path)
    except AnnoconvError as error:
        message = str(error)
    assert str(path) in message


# --- masks


def test_masks_of_one_label_map_share_it(tmp_path):
    path = nifti_file(tmp_path / "map.nii.gz", labels() % 3)
    volume = NiftiVolume(path)
    masks = Masks([Mask("a", volume, 1), Mask("b", volume, 2), Mask("c", ArrayVolume(OBLIQUE, labels() > 3))])
    assert list(masks) == ["a", "b", "c"]
    assert [[mask.id for mask in group] for _, group in masks.by_volume()] == [["a", "b"], ["c"]]
    kept = volume.read()
    path.unlink()
    assert count(masks["a"]) == 8
    assert kept is volume.read()
    assert count(replace(masks["a"], value=None)) == 16
    assert count(replace(masks["a"], value=9)) == 0


def test_two_masks_with_one_id():
    volume = ArrayVolume(OBLIQUE, labels())
    with pytest.raises(MaskError, match="same id"):
        Masks([Mask("a", volume), Mask("a", volume, 1)])


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5)))
def test_box_holds_the_foreground_and_is_tight(mask_kji):
    mask = Mask("a", ArrayVolume(Grid(mask_kji.shape[::-1], np.eye(4)), mask_kji))
    indices = np.argwhere(mask_kji)
    expected = None if not len(indices) else list(zip(indices.min(0), indices.max(0) + 1, strict=True))
    assert mask.bbox_kji == (expected and tuple(slice(*pair) for pair in expected))
    assert count(mask) == len(indices)


def test_arrays_are_read_only_and_the_given_one_is_not_touched():
    given_array = labels()
    volume = ArrayVolume(OBLIQUE, given_array)
    with pytest.raises(ValueError, match="read-only"):
        volume.read()[0, 0, 0] = 1
    assert given_array.flags.writeable
    with pytest.raises(GeometryError):
        ArrayVolume(OBLIQUE, labels().transpose())


def test_nothing_is_opened_before_it_is_asked_for(tmp_path):
    mask = Mask("a", NiftiVolume(tmp_path / "absent.nii.gz"))
    with pytest.raises(MaskError, match="no such file"):
        _ = mask.grid


def test_the_mask_of_a_tilted_series_is_sheared_by_its_sform_alone(tmp_path):
    sheared = Grid((4, 3, 2), [[1, 0, 0, 5], [0, 1, 0.25, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    save_nifti(tmp_path / "mask.nii.gz", labels(), sheared)
    header = nibabel.load(tmp_path / "mask.nii.gz").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 0)
    assert np.allclose(np.diag([-1, -1, 1, 1]) @ header.get_sform(), sheared.affine)
    assert np.allclose(NiftiVolume(tmp_path / "mask.nii.gz").grid.affine, sheared.affine)
