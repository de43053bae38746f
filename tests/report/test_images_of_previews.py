"""What is behind the contours: windows by pydicom, colours, MONOCHROME1, pictures by their names, slides by levels."""

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_windowing
from pydicom.uid import UID, ExplicitVRLittleEndian

from annoconv import images
from annoconv.casefile import LoadedCase
from annoconv.demo.series import write_series
from annoconv.documents import strict_json
from annoconv.errors import GeometryError, ImageError
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.report.preview import preview, window_of
from annoconv.report.sources import Sources
from annoconv.shown_values import Window, colours_of, is_inverted, percentile_window, rescaling_of, stated_window
from tests.real_data import real
from tests.report.scenes import case_of, flat, ramp, write_nifti

BOX = {"type": "bbox", "bbox": [1, 1, 3, 3]}


@pytest.mark.parametrize(
    ("function", "center", "width"),
    [
        *(("LINEAR", center, width) for center, width in ((40, 400), (-600, 1500), (30.5, 1), (0, 2))),
        *(("LINEAR_EXACT", center, width) for center, width in ((40, 400), (-600, 1500), (0, 2))),
        *(("SIGMOID", center, width) for center, width in ((40, 400), (-600, 1500))),
    ],
)
def test_windows_are_those_of_pydicom(function, center, width):
    header = Dataset()
    header.WindowCenter, header.WindowWidth, header.VOILUTFunction = [center, 9], [width, 9], function
    header.PhotometricInterpretation, header.BitsStored, header.PixelRepresentation = "MONOCHROME2", 16, 1
    header.RescaleSlope, header.RescaleIntercept = 1, 0
    values = np.arange(-2000, 2000, 7, dtype=np.int16)
    window = stated_window(header)
    assert (window.center, window.width, window.function) == (center, width, function)
    found = apply_windowing(values, header)
    expected = (found + 32768.0) / 65535 * 255  # of the values that 16 bits hold
    assert np.abs(window.shown(values) - expected).max() <= 1


@pytest.mark.parametrize(("index", "text"), [(0, "W 102 L 49 (DICOM)"), (1, "W 300 L 100 (DICOM)")])
def test_the_window_of_a_frame_is_that_of_its_functional_groups(tmp_path, index, text):
    """Enhanced images have windows and rescaling in groups: here one that all frames share, and one of a frame."""
    dataset = pydicom.dcmread(real("dicom/enhanced_small/eCT_Supplemental.dcm"))
    assert "WindowWidth" not in dataset
    own = Dataset()
    own.WindowCenter, own.WindowWidth = 100, 300
    dataset.save_as(tmp_path / "as_it_is.dcm")
    source = images.open(tmp_path / "as_it_is.dcm")
    number = source.slices[1].frame
    dataset.PerFrameFunctionalGroupsSequence[number - 1].FrameVOILUTSequence = [own]
    (tmp_path / "as_it_is.dcm").unlink()
    dataset.save_as(tmp_path / "enhanced.dcm")
    source = images.open(tmp_path / "enhanced.dcm")
    case = case_of(strict_json.plain(source.describe()), {**BOX, "slice_index": index})
    (panel,) = preview(LoadedCase(case), images=[tmp_path], size=512).panels
    assert panel.window == text
    header = Dataset()
    header.WindowCenter, header.WindowWidth = (100, 300) if index else (49, 102)
    header.PhotometricInterpretation, header.BitsStored, header.PixelRepresentation = "MONOCHROME2", 16, 1
    header.RescaleSlope, header.RescaleIntercept = 1, 0
    stored = dataset.pixel_array[source.slices[index].frame - 1]
    expected = apply_windowing((stored - 1024.0).astype(np.int16), header)
    expected = (expected + 32768.0) / 65535 * 255
    shown = panel.view.turned(expected)
    assert np.abs(panel.background[..., 0] - shown).mean() < 1, "the same picture as pydicom makes of the frame"
    assert "WindowWidth" not in source.headers[index], "the header of the file is as it was"


def series(folder, *, edit=None, modality="CT", value=None):
    """Write a series of one slice 32 x 24 with a ramp; return its case and the pixels."""
    grid = Grid((32, 24, 1), np.diag([1.0, 1.0, 3.0, 1.0]))
    pixels = ramp(grid.shape_kji) if value is None else np.full(grid.shape_kji, value, np.int16)
    write_series(folder, grid, pixels, modality=modality, name="s")
    path = next(folder.iterdir())
    dataset = pydicom.dcmread(path)
    for keyword, told in (edit or {}).items():
        setattr(dataset, keyword, told)
    dataset.save_as(path)
    source = images.open(folder)
    return LoadedCase(case_of(strict_json.plain(source.describe()), {**BOX, "slice_index": 0})), pixels[0]


def panel_of(loaded, folder, **options):
    return preview(loaded, images=[folder], font="built-in", size=32, **options).panels[0]


def test_the_window_is_the_one_asked_for_else_the_header_s_else_ct_s_else_of_the_values(tmp_path):
    stated = {"WindowCenter": 100, "WindowWidth": 50}
    for name, edit, modality, text in (
        ("header", stated, "CT", "W 50 L 100 (DICOM)"),
        ("preset", {}, "CT", "W 400 L 40 (abdomen)"),
        ("values", {}, "MR", "1-99 %"),
    ):
        loaded, pixels = series(tmp_path / name, edit=edit, modality=modality)
        panel = panel_of(loaded, tmp_path / name)
        assert text in panel.window
        asked = panel_of(loaded, tmp_path / name, window="bone")
        assert asked.window == "W 1800 L 400 (bone)"
        assert (asked.background[..., 0] == Window(400, 1800, "").shown(pixels)).all()
    assert window_of("40,400") == Window(40, 400, "--window")


def test_a_window_that_shows_nothing_is_not_taken(tmp_path):
    loaded, _ = series(tmp_path / "s", edit={"WindowCenter": 9000, "WindowWidth": 10})
    assert "1-99 %" in panel_of(loaded, tmp_path / "s").window


def test_rescaling_is_applied_before_the_window(tmp_path):
    edit = {"RescaleSlope": "2", "RescaleIntercept": "-1024", "WindowCenter": -900, "WindowWidth": 300}
    loaded, pixels = series(tmp_path / "s", edit=edit)
    expected = Window(-900, 300, "", "LINEAR").shown(pixels * 2.0 - 1024)
    assert (panel_of(loaded, tmp_path / "s").background[..., 0] == expected).all()


def test_monochrome1_is_turned_over(tmp_path):
    shown = {}
    for kind in ("MONOCHROME1", "MONOCHROME2"):
        loaded, _ = series(tmp_path / kind, edit={"PhotometricInterpretation": kind})
        shown[kind] = panel_of(loaded, tmp_path / kind).background.astype(int)
    assert (shown["MONOCHROME1"] == 255 - shown["MONOCHROME2"]).all()


def test_colours_are_shown_as_they_are_and_a_window_is_said_to_do_nothing(tmp_path):
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
    edit = {
        "SamplesPerPixel": 3,
        "PlanarConfiguration": 0,
        "PhotometricInterpretation": "RGB",
        "PixelData": colours.tobytes(),
    }
    edit |= {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    loaded, _ = series(tmp_path / "s", edit=edit)
    found = preview(loaded, images=[tmp_path / "s"], font="built-in", size=32, window="lung")
    assert (found.panels[0].background == colours).all()
    assert found.panels[0].window == ""
    assert any("colours" in each for each in found.notices)


def test_palettes_deep_colours_and_headers_without_values():
    header = {"PhotometricInterpretation": "PALETTE COLOR"}
    for number, name in enumerate(("Red", "Green", "Blue")):
        header[f"{name}PaletteColorLookupTableDescriptor"] = [2, 5, 8]
        header[f"{name}PaletteColorLookupTableData"] = bytes([number, 100 + number])
    assert colours_of(np.array([[5, 6]]), header).tolist() == [[[0, 1, 2], [100, 101, 102]]]
    deep = np.array([[[4095, 2048, 16]]], np.uint16)
    assert colours_of(deep, {"BitsStored": 12}).tolist() == [[[255, 128, 1]]]
    assert colours_of(np.zeros((2, 2), np.uint8), None) is None
    assert rescaling_of({}) is None
    assert stated_window({"WindowCenter": 40, "WindowWidth": 0}) is None
    assert stated_window(None) is None
    assert not is_inverted(None)
    assert percentile_window(np.array([[np.nan, 2.0, 4.0]])).center == pytest.approx(3.0)
    assert percentile_window(np.full((3, 3), 7)).shown(np.full((3, 3), 7)).tolist() == [[128] * 3] * 3


def test_a_ct_in_nifti_has_its_slope_and_the_window_of_ct(tmp_path):
    import nibabel

    stored = ramp((32, 24, 2))
    made = nibabel.Nifti1Image(stored, np.diag([-1.0, -1.0, 1.0, 1.0]))
    made.header.set_slope_inter(2, -100)
    made.header.set_data_dtype(np.int16)
    nibabel.save(made, tmp_path / "ct.nii.gz")
    values = nibabel.load(tmp_path / "ct.nii.gz").get_fdata()
    image = strict_json.plain(images.open(tmp_path / "ct.nii.gz").describe()) | {"modality": "CT"}
    panel = panel_of(LoadedCase(case_of(image, {**BOX, "slice_index": 1})), tmp_path)
    assert panel.window == "W 400 L 40 (abdomen)"
    assert np.abs(panel.background[..., 0].astype(int) - Window(40, 400, "").shown(values[:, :, 1].T)).max() <= 1


def test_pictures_are_found_by_their_names_and_seen_as_exif_turns_them(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    Pillow.fromarray(colours).save(tmp_path / "in" / "a.png")
    Pillow.fromarray(colours[::-1]).save(tmp_path / "in" / "b.png")
    named = flat(32, 24, files=[{"path": "in/a.png"}])
    assert (panel_of(LoadedCase(case_of(named, BOX)), tmp_path).background == colours).all()
    lying = Pillow.fromarray(colours)
    exif = lying.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    lying.save(tmp_path / "c.jpg", exif=exif, quality=100, subsampling=0)
    shown = panel_of(LoadedCase(case_of(flat(24, 32, files=[{"path": "c.jpg"}]), BOX)), tmp_path).background
    assert np.abs(shown.astype(int) - np.rot90(colours, -1)).mean() < 4
    deep = (ramp((24, 32)) * 100).astype(np.uint16)
    Pillow.fromarray(deep).save(tmp_path / "d.png")
    grey = panel_of(LoadedCase(case_of(flat(32, 24, files=[{"path": "d.png"}]), BOX)), tmp_path)
    assert "1-99 %" in grey.window
    assert grey.background[-1, -1, 0] > 250


def test_an_image_that_is_not_the_case_s_is_refused(tmp_path):
    Pillow.new("RGB", (32, 24)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"another shape.*\[32, 24, 1\].*\[33, 24, 1\]"):
        panel_of(LoadedCase(case_of(flat(33, 24, files=[{"path": "a.png"}]), BOX)), tmp_path)
    with pytest.raises(ImageError, match="no image of the case"):
        panel_of(LoadedCase(case_of(flat(32, 24, files=[{"path": "other.png"}]), BOX)), tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageError, match="cannot be read"):
        panel_of(LoadedCase(case_of(flat(32, 24, files=[{"path": "broken.png"}]), BOX)), tmp_path / "broken.png")
    with pytest.raises(ImageError, match="no such file"):
        panel_of(LoadedCase(case_of(flat(32, 24), BOX)), tmp_path / "absent")


def test_a_volume_elsewhere_is_refused_and_one_with_other_axes_is_brought_there(tmp_path):
    array = ramp((32, 24, 4))
    source = images.open(write_nifti(tmp_path / "v.nii.gz", array, np.diag([-1.0, -1.0, 1.0, 1.0])))
    image = strict_json.plain(source.describe())
    drawing = {**BOX, "slice_index": 0}
    straight = panel_of(LoadedCase(case_of(image, drawing)), tmp_path, window="125,250")
    turned = tmp_path / "turned"
    turned.mkdir()
    affine = np.diag([-1.0, -1.0, -1.0, 1.0])
    affine[2, 3] = 3
    write_nifti(turned / "v.nii.gz", array[:, :, ::-1], affine)
    assert (
        panel_of(LoadedCase(case_of(image, drawing)), turned, window="125,250").background == straight.background
    ).all()
    moved = tmp_path / "moved"
    moved.mkdir()
    write_nifti(moved / "v.nii.gz", array, np.diag([-1.0, -1.0, 1.0, 1.0]) + np.eye(4, k=3) * 7.5)
    with pytest.raises(GeometryError, match="lies elsewhere"):
        panel_of(LoadedCase(case_of(image, drawing)), moved)


def test_some_slices_are_read_as_all_of_them_are(tmp_path):
    grid = Grid((8, 6, 5), np.diag([1.0, 1.0, 3.0, 1.0]))
    write_series(tmp_path, grid, ramp(grid.shape_kji), name="s")
    source = images.open(tmp_path)
    assert (images.read_slices(source, [3, 0]) == source.read()[[3, 0]]).all()


def write_level(path, pixels, tile, kind):
    """Write one resolution level of a slide, tiled in full, uncompressed."""
    rows, columns = pixels.shape[:2]
    told = Dataset()
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    told.SOPClassUID = told.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
    told.SOPInstanceUID = told.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.9.{columns}.{len(kind)}")
    told.StudyInstanceUID, told.SeriesInstanceUID, told.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    told.Modality, told.PatientID, told.ImageType = "SM", "P", ["DERIVED", "PRIMARY", kind, "NONE"]
    told.Rows = told.Columns = tile
    told.SamplesPerPixel, told.PhotometricInterpretation, told.PlanarConfiguration = 3, "RGB", 0
    told.BitsAllocated, told.BitsStored, told.HighBit, told.PixelRepresentation = 8, 8, 7, 0
    told.TotalPixelMatrixColumns, told.TotalPixelMatrixRows = columns, rows
    told.DimensionOrganizationType, told.ImageOrientationSlide = "TILED_FULL", [0, -1, 0, -1, 0, 0]
    origin, measures, shared = Dataset(), Dataset(), Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = "20", "40"
    told.TotalPixelMatrixOriginSequence = [origin]
    step = f"{0.64 / columns:.6f}"
    measures.PixelSpacing, measures.SliceThickness = [step, step], "0.001"
    shared.PixelMeasuresSequence = [measures]
    told.SharedFunctionalGroupsSequence = [shared]
    padded = np.zeros((-(-rows // tile) * tile, -(-columns // tile) * tile, 3), np.uint8)
    padded[:rows, :columns] = pixels
    tiles = padded.reshape(-(-rows // tile), tile, -1, tile, 3).swapaxes(1, 2).reshape(-1, tile, tile, 3)
    told.NumberOfFrames, told.PixelData = len(tiles), tiles.tobytes()
    told["PixelData"].VR = "OB"
    told.save_as(path, enforce_file_format=True)


def test_a_slide_is_shown_from_the_smallest_level_that_has_enough_pixels(tmp_path):
    whole = np.random.default_rng(0).integers(0, 255, (450, 640, 3), dtype=np.uint8)
    small = np.full((113, 160, 3), 77, np.uint8)
    write_level(tmp_path / "1.dcm", whole, 64, "VOLUME")
    write_level(tmp_path / "2.dcm", small, 64, "THUMBNAIL")
    write_level(tmp_path / "3.dcm", np.full((200, 200, 3), 250, np.uint8), 64, "LABEL")
    write_level(tmp_path / "4.dcm", np.full((220, 220, 3), 240, np.uint8), 64, "OVERVIEW")
    slide = images.open(tmp_path)
    assert isinstance(slide, images.Overview)
    assert (slide.read_overview(160) == 77).all()
    assert slide.read_overview(100).shape == (1, 113, 160, 3)
    assert (slide.read_overview(161)[0] == whole[::3, ::3]).all()
    assert (slide.read_overview(300)[0] == whole[::2, ::2]).all()
    assert (slide.read_overview(640)[0] == whole).all()
    assert (images.read_slices(slide, [0])[0] == whole).all()
    image = strict_json.plain(slide.describe())
    found = preview(LoadedCase(case_of(image, {"type": "bbox", "bbox": [0, 0, 320, 225]})), images=[tmp_path], size=160)
    panel = found.panels[0]
    assert panel.view.letters == ("", "", "", "")
    assert panel.background.shape == (112, 160, 3)
    ((_, stroke),) = panel.strokes
    assert stroke.points.max(axis=0).tolist() == [80, 56]


def test_sources_are_looked_for_once_for_all_cases(tmp_path, monkeypatch):
    loaded, _ = series(tmp_path / "s")
    seen = []
    scan = images.scan
    monkeypatch.setattr(images, "scan", lambda *given: seen.append(given) or scan(*given))
    sources = Sources([tmp_path / "s"], Limits())
    for _ in range(3):
        preview(loaded, images=sources, size=16)
    assert len(seen) == 1
