"""What pixels mean: whites that are least, and indices of a palette."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, convert_color_space
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import ImageError
from annoconv.model import Case

if TYPE_CHECKING:
    from pathlib import Path

STORED = np.array([[0, 100, 200], [255, 50, 1]], np.uint8)


def instance(folder: Path, photometric: str) -> tuple[LoadedCase, pydicom.Dataset]:
    """Write a picture of three columns and two rows; return its case and header."""
    folder.mkdir()
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[photometric])
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3.4", "1.2.3"
    dataset.Modality, dataset.PatientID, dataset.InstanceNumber = "OT", "P", 1
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 2, 3, 1
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PhotometricInterpretation, dataset.PixelData = photometric, STORED.tobytes()
    dataset.WindowCenter, dataset.WindowWidth = 127.5, 255
    image = {"uid": "1.2.3.4", "modality": "OT", "shape": [3, 2]}
    document = {"task_id": "T", "image": image, "annotations": [], "metadata": {}}
    return LoadedCase(Case.model_validate(document)), dataset


def pixels(folder: Path) -> np.ndarray:
    (path,) = folder.rglob("*.png")
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("depth", ["8", "16"])
def test_the_least_value_of_monochrome1_is_white(depth: str, tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", "MONOCHROME1")
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    output = tmp_path / "set"
    report = registry.write([loaded], output, format="coco", images=[tmp_path / "dicom"], render=depth)
    most = 255 if depth == "8" else 65535
    np.testing.assert_array_equal(pixels(output), most - STORED.astype(int))
    assert [loss.path for loss in report if "MONOCHROME1" in str(loss.message)] == ["/image"]


def test_the_indices_of_a_palette_become_its_colours(tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", "PALETTE COLOR")
    for place, name in enumerate(("Red", "Green", "Blue")):
        table = ((np.arange(256) * (place + 1)) % 256).astype(np.uint16) << 8
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    registry.write([loaded], tmp_path / "set", format="yolo", images=[tmp_path / "dicom"], render="8")
    expected = np.stack([STORED.astype(int) * factor % 256 for factor in (1, 2, 3)], axis=-1)
    np.testing.assert_array_equal(pixels(tmp_path / "set"), expected)


def test_a_palette_that_is_not_there(tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", "PALETTE COLOR")
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    with pytest.raises(ImageError, match="palette"):
        registry.write([loaded], tmp_path / "set", format="yolo", images=[tmp_path / "dicom"], render="16")
    assert not (tmp_path / "set").exists()


def coloured(folder: Path, photometric: str, bits: int) -> LoadedCase:
    """Write a picture of three samples, and return its case."""
    loaded, dataset = instance(folder, photometric)
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelData = np.stack([STORED] * 3, axis=-1).astype(f"<u{bits // 8}").tobytes()
    dataset.save_as(folder / "a.dcm", enforce_file_format=True)
    return loaded


@pytest.mark.parametrize(("photometric", "bits"), [("HSV", 8), ("RGB", 16)])
def test_colours_that_are_no_red_green_and_blue_of_8_bits_are_refused(
    photometric: str, bits: int, tmp_path: Path
) -> None:
    loaded = coloured(tmp_path / "dicom", photometric, bits)
    with pytest.raises(ImageError, match=f"colours of the image cannot be written; found {photometric}, {bits} bits"):
        registry.write([loaded], tmp_path / "set", format="coco", images=[tmp_path / "dicom"], render="8")
    assert not (tmp_path / "set").exists()


def test_red_green_and_blue_stay_what_they_are(tmp_path: Path) -> None:
    loaded = coloured(tmp_path / "dicom", "RGB", 8)
    registry.write([loaded], tmp_path / "set", format="coco", images=[tmp_path / "dicom"], render="8")
    np.testing.assert_array_equal(pixels(tmp_path / "set"), np.stack([STORED] * 3, axis=-1))


@pytest.mark.parametrize(("first", "bits"), [(0, 16), (10, 16), (-5, 16), (0, 8)])
def test_a_palette_gives_the_colours_that_pydicom_does(first: int, bits: int, tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", "PALETTE COLOR")
    for place, name in enumerate(("Red", "Green", "Blue")):
        kind = "SS" if first < 0 else "US"
        dataset.add_new(f"{name}PaletteColorLookupTableDescriptor", kind, [256, first, bits])
        table = (np.arange(256) * 251 * (place + 1)) % (1 << bits)
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.astype(f"<u{bits // 8}").tobytes())
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    registry.write([loaded], tmp_path / "set", format="yolo", images=[tmp_path / "dicom"], render="8")
    np.testing.assert_array_equal(pixels(tmp_path / "set"), apply_color_lut(STORED, dataset) >> (bits - 8))


@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_colours_are_those_that_pydicom_gives(photometric: str, is_planar: bool, tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", photometric)
    stored = np.stack([STORED, STORED[::-1], STORED[:, ::-1]], axis=-1)
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, int(is_planar)
    dataset.PixelData = np.ascontiguousarray(stored.transpose(2, 0, 1) if is_planar else stored).tobytes()
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    registry.write([loaded], tmp_path / "set", format="coco", images=[tmp_path / "dicom"], render="8")
    expected = stored if photometric == "RGB" else convert_color_space(stored, photometric, "RGB")
    np.testing.assert_array_equal(pixels(tmp_path / "set"), expected)


def test_a_jpeg_in_dicom_has_the_colours_that_pillow_gives(tmp_path: Path) -> None:
    loaded, dataset = instance(tmp_path / "dicom", "YBR_FULL_422")
    drawn = Image.fromarray(np.stack([STORED] * 3, axis=-1) // 2 + np.array([80, 20, 0], np.uint8))
    encoded = io.BytesIO()
    drawn.save(encoded, "JPEG", quality=100, subsampling=0)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PixelData = encapsulate([encoded.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(tmp_path / "dicom" / "a.dcm", enforce_file_format=True)
    registry.write([loaded], tmp_path / "set", format="coco", images=[tmp_path / "dicom"], render="8")
    shown = np.asarray(Image.open(encoded).convert("RGB")).astype(int)
    assert np.abs(pixels(tmp_path / "set") - shown).max() <= 2
