"""Hostile and damaged volumes: refused by name, within 2 s and 256 MB above the imports, or equal to what was meant."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from annoconv import registry
from annoconv.errors import AnnoconvError, GeometryError, LimitError, MaskError
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.volumes.nifti import nifti_bytes, read_array, read_header
from tests.cases import blob, grid_of
from tests.real_data import real

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
LABELS = np.zeros((6, 5, 4), np.uint8)
LABELS[1:3, 1:4, 1:3] = 1


def read_all(path: Path) -> tuple[Any, Any]:
    header = read_header(path, Limits())
    affine = header.grid.lps_from_ijk
    return (None if affine is None else affine.tobytes(), header.shape), read_array(header)


def our_file(_: Path) -> bytes:
    grid = grid_of((40, 36, 20))
    return nifti_bytes(blob(grid).astype(np.uint8), grid)


def noisy_file(_: Path) -> bytes:
    image = np.random.default_rng(0).normal(0, 300, (24, 20, 16)).astype(np.int16)
    return gzip.compress(nibabel.Nifti1Image(image, AFFINE).to_bytes(), 6)


def real_file(_: Path) -> bytes:
    return (real("nifti/totalseg_ct") / "example_seg_roi_subset.nii.gz").read_bytes()


@pytest.mark.parametrize("make", [our_file, noisy_file, real_file])
def test_a_thousand_single_bit_flips_are_refused_or_change_nothing(
    make: Callable[[Path], bytes], tmp_path: Path
) -> None:
    content = make(tmp_path)
    path = tmp_path / "flipped.nii.gz"
    path.write_bytes(content)
    geometry, voxels = read_all(path)
    rng = np.random.default_rng(1)
    # The first bytes of the gzip header and the last of its trailer are always among them.
    bits = {*range(80), *range(len(content) * 8 - 64, len(content) * 8)}
    bits |= set(rng.choice(range(80, len(content) * 8 - 64), 1000 - len(bits), replace=False).tolist())
    assert len(bits) == 1000
    for bit in sorted(bits):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        try:
            other_geometry, other = read_all(path)
        except AnnoconvError:
            continue
        assert other_geometry == geometry, bit
        np.testing.assert_array_equal(other, voxels, err_msg=f"bit {bit}")


def with_header(**fields: Any) -> Callable[[Path], None]:
    """Return what writes an uncompressed file whose header fields are set without any check."""

    def write(path: Path) -> None:
        content = bytearray(nibabel.Nifti1Image(LABELS, AFFINE).to_bytes())
        header = np.frombuffer(bytes(content[:348]), dtype=nibabel.Nifti1Header.template_dtype).copy()
        for name, value in fields.items():
            header[name] = value
        content[:348] = header.tobytes()
        path.write_bytes(content)

    return write


def forms(sform: Any = None, qform: Any = None, codes: tuple[int, int] = (1, 1)) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        # The header is written by hand: nibabel's image writes its one affine into both forms.
        header = nibabel.Nifti1Image(LABELS, AFFINE).header.copy()
        header.set_sform(AFFINE if sform is None else sform, codes[0])
        header.set_qform(AFFINE if qform is None else qform, codes[1], strip_shears=True)
        header["vox_offset"] = 352
        path.write_bytes(header.binaryblock + bytes(4) + LABELS.tobytes(order="F"))

    return write


def changed(row: int, column: int, value: float) -> Any:
    affine = AFFINE.copy()
    affine[row, column] = value
    return affine


def pixdim(place: int, value: float) -> list[float]:
    return [value if n == place else number for n, number in enumerate([1.0, 2.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0])]


def a_bomb(path: Path) -> None:
    """Declare 8 GB of voxels in a kilobyte."""
    header = nibabel.Nifti1Image(LABELS, AFFINE).header.copy()
    header.set_data_shape((2000, 2000, 2000))
    header["vox_offset"] = 352
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4) + bytes(1000)))


def more_than_it_says(path: Path) -> None:
    """Inflate to 400 MB behind a small header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = nibabel.Nifti1Image(LABELS, AFFINE).to_bytes()
    path.write_bytes(
        packer.compress(head) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    )


def far_voxels(path: Path) -> None:
    with_header(vox_offset=3e9)(path)


def trailing(path: Path) -> None:
    path.write_bytes(gzip.compress(nibabel.Nifti1Image(LABELS, AFFINE).to_bytes()) + b"more")


def truncated(path: Path) -> None:
    path.write_bytes(gzip.compress(nibabel.Nifti1Image(LABELS, AFFINE).to_bytes())[:-9])


def wrong_crc(path: Path) -> None:
    content = bytearray(gzip.compress(nibabel.Nifti1Image(LABELS, AFFINE).to_bytes()))
    content[-8] ^= 1
    path.write_bytes(content)


def many_members(path: Path) -> None:
    path.write_bytes(gzip.compress(nibabel.Nifti1Image(LABELS, AFFINE).to_bytes()) + gzip.compress(b"") * 200_000)


def extension(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        image = nibabel.Nifti1Image(LABELS, AFFINE)
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, content))
        path.write_bytes(image.to_bytes())

    return write


BILLION = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><CaretExtension>&a;</CaretExtension>'

HOSTILE: dict[str, tuple[Callable[[Path], None], type[AnnoconvError], str]] = {
    "both codes 0": (forms(codes=(0, 0)), GeometryError, "codes are both 0"),
    "NaN in the sform": (with_header(srow_x=[np.nan, 0, 0, 0]), GeometryError, "sform.*not a finite affine"),
    "infinite sform": (with_header(srow_y=[0, np.inf, 0, 0]), GeometryError, "sform.*not a finite affine"),
    "singular sform": (with_header(srow_z=[0, 0, 0, 0]), GeometryError, "sform.*singular"),
    "beyond the earth": (with_header(srow_z=[0, 0, 3, 1e30]), GeometryError, "sform.*too large"),
    "NaN in the quaternion": (with_header(qform_code=1, quatern_b=np.nan), GeometryError, "no finite rotation"),
    "a quaternion that is none": (with_header(qform_code=1, quatern_b=3.0), GeometryError, "no finite rotation"),
    "negative zoom": (with_header(pixdim=pixdim(2, -2.0)), GeometryError, "voxel size is negative"),
    "NaN zoom": (with_header(pixdim=pixdim(1, np.nan)), GeometryError, "voxel size.*not a number"),
    "zero zoom": (with_header(qform_code=1, sform_code=0, pixdim=pixdim(1, 0.0)), GeometryError, "qform.*singular"),
    "impossible handedness": (with_header(qform_code=1, pixdim=pixdim(0, 7.0)), GeometryError, "no finite rotation"),
    "forms in conflict": (forms(qform=changed(0, 3, 5.0)), GeometryError, "qform and sform put a corner.*--form"),
    "sheared": (forms(sform=changed(0, 1, 1.0), codes=(1, 0)), GeometryError, "the axes are sheared"),
    "unknown unit": (with_header(xyzt_units=7), GeometryError, "unknown unit"),
    "NaN offset": (with_header(vox_offset=np.nan), MaskError, "impossible place of the voxels"),
    "far voxels": (far_voxels, MaskError, "impossible place of the voxels"),
    "negative dimension": (with_header(dim=[3, 6, -5, 4, 1, 1, 1, 1]), MaskError, "impossible dimensions"),
    "nine dimensions": (with_header(dim=[9, 6, 5, 4, 1, 1, 1, 1]), MaskError, "impossible dimensions"),
    "too many voxels": (with_header(dim=[3, 32767, 32767, 32767, 1, 1, 1, 1]), LimitError, "too many voxels"),
    "larger than the file": (with_header(dim=[3, 60, 50, 40, 1, 1, 1, 1]), MaskError, "length is wrong"),
    "complex numbers": (with_header(datatype=32, bitpix=64), MaskError, "of this type are not read"),
    "unknown type": (with_header(datatype=999), MaskError, "of this type are not read"),
    "NaN intercept": (with_header(scl_slope=1.0, scl_inter=np.nan), MaskError, "intercept is not a number"),
    "no NIfTI": (lambda path: path.write_bytes(b"GIF89a" * 100) and None, MaskError, "not a NIfTI file"),
    "empty": (lambda path: path.write_bytes(b"") and None, MaskError, "the file is empty"),
    "a bomb": (a_bomb, MaskError, "too short to hold"),
    "more than it says": (more_than_it_says, MaskError, "data follow the volume"),
    "trailing bytes": (trailing, MaskError, "damaged|follow|cut off"),
    "truncated": (truncated, MaskError, "cut off|damaged"),
    "wrong checksum": (wrong_crc, MaskError, "damaged"),
    "200,000 members": (many_members, LimitError, "too many gzip members"),
    "entities in the table": (extension(BILLION), MaskError, "declares a document type"),
    "an endless table": (extension(b"<CaretExtension>" + b"<a/>" * 2_000_000), LimitError, "too long"),
    "half a table": (extension(b"<CaretExtension><Volume"), MaskError, "label table.*not well-formed XML"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name_within_the_bound(name: str, tmp_path: Path) -> None:
    write, kind, message = HOSTILE[name]
    path = tmp_path / "hostile.nii"
    write(path)
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(kind, match=message) as caught:
            list(registry.read([path], format="nifti"))
        took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert took < 2
    assert peak < 256 << 20


def test_a_bomb_stays_within_the_bound_as_the_system_counts(tmp_path: Path) -> None:
    """Measured from outside: tracemalloc does not see what C code allocates."""
    more_than_it_says(tmp_path / "hostile.nii.gz")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from annoconv import registry\n"
        "from annoconv_converters.nifti import read\n"
        "from annoconv.errors import AnnoconvError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    list(registry.read([Path(sys.argv[1])], format='nifti'))\n"
        "except AnnoconvError: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "hostile.nii.gz")]
    grown = int(subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert grown * (1 if sys.platform == "darwin" else 1024) < 256 << 20
    assert resource.RUSAGE_SELF == 0


def test_an_image_is_not_taken_for_a_label_map(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 30_000, (40, 40, 40)).astype(np.uint16)
    nibabel.save(nibabel.Nifti1Image(image, AFFINE), tmp_path / "pet.nii.gz")
    with pytest.raises(LimitError, match=r"too many labels.*--as-image"):
        list(registry.read([tmp_path / "pet.nii.gz"], format="nifti"))
    (reading,) = registry.read([tmp_path / "pet.nii.gz"], format="nifti", as_image=True, modality="PT")
    assert reading.case.image.modality == "PT"


def test_the_form_that_is_named_holds_where_two_conflict(tmp_path: Path) -> None:
    path = tmp_path / "conflict.nii"
    forms(qform=changed(0, 3, 5.0))(path)
    origins = {}
    for form in ("sform", "qform"):
        (reading,) = registry.read([path], format="nifti", form=form)
        origins[form] = reading.case.image.origin
    assert origins == {"sform": [0.0, 0.0, 0.0], "qform": [-5.0, 0.0, 0.0]}
    forms(codes=(1, 0))(path)
    with pytest.raises(GeometryError, match="no such form"):
        list(registry.read([path], format="nifti", form="qform"))


def test_a_handedness_of_minus_one_is_legal(tmp_path: Path) -> None:
    path = tmp_path / "left.nii"
    forms(sform=np.diag([-2.0, 2.0, 3.0, 1.0]), qform=np.diag([-2.0, 2.0, 3.0, 1.0]))(path)
    assert float(nibabel.load(path).header["pixdim"][0]) == -1
    (reading,) = registry.read([path], format="nifti")
    np.testing.assert_array_equal(Grid.from_image(reading.case.image).affine, np.diag([2.0, -2.0, 3.0, 1.0]))


def test_forms_that_differ_by_rounding_alone_do_not_conflict(tmp_path: Path) -> None:
    """Near half a turn a float32 quaternion is off by more than 0.05 voxel; that is no conflict."""
    angle = np.pi - 2e-4
    axis = np.array([0.6, 0.64, 0.48])
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross) * 0.5
    image = nibabel.Nifti1Image(np.zeros((600, 600, 2), np.uint8), affine)
    image.header.set_sform(affine, 1)
    image.header.set_qform(affine, 1)
    nibabel.save(image, tmp_path / "turned.nii.gz")
    header = read_header(tmp_path / "turned.nii.gz", Limits())
    np.testing.assert_allclose(header.grid.affine[2], affine[2], atol=1e-4)


HOSTILE_NRRD = {
    "cut off": ("type: uchar\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n\n", "too short|cut off"),
    "data follow": ("type: uchar\ndimension: 3\nsizes: 1 1 1\nencoding: raw\n\nxxxx", "data follow"),
    "no encoding": ("type: uchar\ndimension: 3\nsizes: 1 1 1\n\nx", "lacks a field"),
    "two sizes": ("type: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\n\nxxxx", "not a volume"),
    "huge": ("type: uchar\ndimension: 3\nsizes: 99999 99999 99999\nencoding: raw\n\nx", "too many voxels"),
    "leads out": (
        "type: uchar\ndimension: 3\nsizes: 1 1 1\nencoding: raw\ndata file: ../../etc/passwd\n\n",
        "no data file of this name",
    ),
    "twice": ("type: uchar\nsizes: 1 1 1\ntype: uchar\n\n", "names a field twice"),
    "NaN": (
        "type: uchar\ndimension: 3\nsizes: 1 1 1\nspace: LPS\nspace directions: (nan,0,0) (0,1,0) (0,0,1)\n"
        "encoding: raw\n\nx",
        "space directions",
    ),
    "sheared": (
        "type: uchar\ndimension: 3\nsizes: 1 1 1\nspace: LPS\nspace directions: (1,0,0) (0.5,1,0) (0,0,1)\n"
        "encoding: raw\n\nx",
        "sheared",
    ),
}


@pytest.mark.parametrize("name", HOSTILE_NRRD)
def test_a_hostile_nrrd_is_refused(name: str, tmp_path: Path) -> None:
    header, message = HOSTILE_NRRD[name]
    (tmp_path / "x.nrrd").write_bytes(b"NRRD0004\n" + header.encode())
    with pytest.raises(AnnoconvError, match=message):
        list(registry.read([tmp_path / "x.nrrd"], format="nifti", no_place=True))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("NDims = 3\nDimSize = 9 9 9\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n", "too short|cut off"),
        ("NDims = 3\nDimSize = 1 1\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nx", "another count of numbers"),
        (
            "NDims = 3\nDimSize = 1 1 1\nElementSpacing = -1 1 1\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nx",
            "not positive",
        ),
        ("NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile = /etc/passwd\n", "no data file"),
        ("NDims = 3\nDimSize = 1 1 1\nElementType = MET_OTHER\nElementDataFile = LOCAL\nx", "of this type"),
        ("nothing", "not a MetaImage"),
    ],
)
def test_a_hostile_metaimage_is_refused(header: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.mha").write_text(header)
    with pytest.raises(AnnoconvError, match=message):
        list(registry.read([tmp_path / "x.mha"], format="nifti"))


def test_a_damaged_index_or_side_file_is_refused(tmp_path: Path) -> None:
    grid = grid_of((6, 5, 4))
    for index in (b"{}", b'{"format": "annoconv-nifti", "version": 1}', b"[1]", b'{"format":'):
        folder = tmp_path / f"{len(index)}"
        folder.mkdir()
        (folder / "m.nii.gz").write_bytes(nifti_bytes(np.zeros(grid.shape_kji, np.uint8), grid))
        (folder / "labels.json").write_bytes(index)
        with pytest.raises(AnnoconvError, match=r"labels\.json"):
            list(registry.read([folder], format="nifti"))
    outside = (
        b'{"format": "annoconv-nifti", "version": 1, "images": [{"uid": "A", "modality": "CT", "shape": [1, 1, 1]}],'
        b' "regions": [{"id": "M", "file": "../m.nii.gz", "label_code": "LIVER", "category": "organ"}]}'
    )
    for written in (outside, outside.replace(b"../m", b"A" * 300)):
        (folder / "labels.json").write_bytes(written)
        with pytest.raises(AnnoconvError, match="leads out of the folder"):
            list(registry.read([folder], format="nifti"))
