"""A file that has fewer pixels than its header says is refused when it is used, also where nobody reads its pixels."""

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from annoconv import registry
from annoconv.errors import ImageError
from tests.converters.test_dicom_series import only, write_series, write_slice
from tests.real_data import real

SLICE = np.arange(6, dtype="<u2").tobytes()


def cut_off(path, syntax):
    """Cut the last 3 of its 12 bytes of pixels, or the end of its compressed pixels, off a file."""
    write_slice(path, 1, syntax=ExplicitVRLittleEndian if syntax == RLELossless else syntax)
    if syntax == RLELossless:
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    path.write_bytes(path.read_bytes()[:-3])


@pytest.mark.parametrize(
    ("syntax", "found"),
    [
        (ExplicitVRLittleEndian, "found 9 bytes of pixels; expected 12 bytes of pixels"),
        (ImplicitVRLittleEndian, "found 9 bytes of pixels; expected 12 bytes of pixels"),
        (RLELossless, r"found compressed pixels without an end; expected SequenceDelimitationItem \(FFFE,E0DD\)"),
    ],
)
def test_a_file_that_was_cut_off_in_its_pixels_is_refused_without_reading_them(tmp_path, syntax, found):
    write_series(tmp_path / "ct", 2)
    (tmp_path / "ct" / "1.dcm").unlink()
    cut_off(tmp_path / "ct" / "cut.dcm", syntax)
    with pytest.raises(ImageError, match=rf"cut\.dcm: PixelData \(7FE0,0010\): .*{found}"):
        only(tmp_path / "ct").describe()


@pytest.mark.parametrize(
    ("changes", "is_short"),
    [
        ({"PixelData": SLICE[:10]}, True),
        ({"PixelData": b""}, True),
        ({"PixelData": SLICE + b"\0\0"}, False),
        ({"PixelData": None}, False),
        ({"BitsAllocated": 1, "PixelData": b"\7\0"}, False),
        ({"BitsAllocated": 8, "SamplesPerPixel": 3, "PixelData": bytes(18)}, False),
        ({"BitsAllocated": 8, "SamplesPerPixel": 3, "PixelData": bytes(16)}, True),
        *(
            (
                {"BitsAllocated": 8, "SamplesPerPixel": 3, "PhotometricInterpretation": name, "PixelData": bytes(12)},
                short,
            )
            for name, short in (("YBR_FULL_422", False), ("YBR_FULL", True))
        ),
        ({"NumberOfFrames": 2, "PixelData": SLICE * 2}, False),
        ({"NumberOfFrames": 2, "PixelData": SLICE + SLICE[:8]}, True),
        ({"PixelData": SLICE[:10], "DataSetTrailingPadding": bytes(64)}, True),
    ],
)
def test_pixels_are_as_many_as_the_header_says(tmp_path, changes, is_short):
    write_slice(tmp_path / "a.dcm", ImagePositionPatient=None, **changes)
    source = only(tmp_path / "a.dcm")
    if is_short:
        with pytest.raises(ImageError, match="fewer pixels than its header says"):
            source.describe()
    else:
        source.describe()


def test_frames_are_as_many_as_the_header_says_where_groups_describe_them(tmp_path):
    whole = real("dicom/enhanced_small/emri_small.dcm").read_bytes()
    for name, cut, is_short in (("whole", 0, False), ("short", 100, True)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.dcm").write_bytes(whole[: len(whole) - cut])
        source = only(tmp_path / name)
        if is_short:
            with pytest.raises(ImageError, match="fewer pixels than its header says"):
                source.describe()
        else:
            source.describe()


def test_a_mask_is_not_drawn_on_a_series_that_was_cut_off(tmp_path):
    folder = write_series(tmp_path / "ct")
    cut_off(folder / "3.dcm", ExplicitVRLittleEndian)
    affine = np.diag([-0.5, -2, 2.5, 1])
    affine[:3, 3] = -10, -20, 30
    nibabel.save(nibabel.Nifti1Image(np.ones((3, 2, 4), np.uint8), affine), tmp_path / "m.nii.gz")
    with pytest.raises(ImageError, match=r"3\.dcm: .*found 9 bytes of pixels; expected 12"):
        list(registry.read([tmp_path / "m.nii.gz"], format="nifti", images=[folder]))
