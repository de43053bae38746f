"""What Python gives: values of options and of the context, masks, and the ten lines of the page on real series."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest

import annoconv
from annoconv import Context, InputError, LoadedCase, MaskError, UsageError
from annoconv.demo.series import write_series
from annoconv.geometry import Grid
from annoconv.messages import Message
from annoconv.model import BboxAnnotation, Case, MaskAnnotation, Metadata
from tests.real_data import real

SHAPE_KJI = (6, 20, 16)
MASK_KJI = np.zeros(SHAPE_KJI, bool)
MASK_KJI[2:4, 5:10, 5:10] = True
NOW = Context(timestamp=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series") / "ct"
    pixels = np.arange(np.prod(SHAPE_KJI), dtype=np.int16).reshape(SHAPE_KJI)
    write_series(folder, Grid(SHAPE_KJI[::-1], np.diag([1.5, 2.0, 3.0, 1.0])), pixels, name="values")
    return folder


def mask_of(identity: str = "M1", **keys: Any) -> MaskAnnotation:
    given: dict[str, Any] = {"category": "organ", "label_code": "LIVER", "mask_file": f"{identity}.nii.gz"}
    return MaskAnnotation(id=identity, **given | keys)


def case_of(ct: Path, *annotations: MaskAnnotation | BboxAnnotation) -> Case:
    return Case(
        task_id="T", image=annoconv.image_of(ct), annotations=[*annotations] or [mask_of()], metadata=Metadata()
    )


def write(ct: Path, target: Path, loaded: LoadedCase | None = None, **options: Any) -> annoconv.LossReport:
    given = {"format": "dicom-seg", "images": ct, "context": NOW} | options
    return annoconv.write(loaded or LoadedCase(case_of(ct), {"M1": MASK_KJI}), target, **given)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("timezone", "Asia/Shanghai", "zoneinfo.ZoneInfo"),
        ("label_system", "labels.json", "tuple of Label"),
        ("limits", {"files": 3}, "annoconv.Limits"),
        ("limits", None, "annoconv.Limits"),
        ("task", 3, "quotation marks"),
    ],
)
def test_a_context_holds_what_it_says(name: str, value: object, said: str) -> None:
    given: dict[str, Any] = {name: value}
    with pytest.raises(UsageError, match=said):
        Context(**given)


def test_an_error_tells_what_python_calls_an_option(ct: Path, tmp_path: Path) -> None:
    write(ct, tmp_path / "x.dcm")
    with pytest.raises(UsageError) as raised:
        write(ct, tmp_path / "x.dcm")
    assert str(raised.value).endswith("pass --overwrite (in Python: overwrite=...)")
    assert raised.value.text().endswith("pass --overwrite")
    both = UsageError("x", advice="Pass --timestamp, --label-system or --allow-gaps; or --timestamp now")
    wanted = "allow_gaps=..., context=annoconv.Context(timestamp=datetime(..., tzinfo=...), label_system=...)"
    assert str(both).endswith(f"now (in Python: {wanted})")
    assert str(pickle.loads(pickle.dumps(both))) == str(both)
    assert "in Python" not in Message("{error}", error=both)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MASK_KJI.transpose(0, 2, 1), "array.transpose(0, 2, 1)"),
        (MASK_KJI.transpose(2, 1, 0), "array.transpose(2, 1, 0)"),
        (MASK_KJI.transpose(1, 2, 0), "array.transpose(2, 0, 1)"),
        (MASK_KJI[None], "array.any(axis=0)"),
        (np.stack([MASK_KJI] * 3, axis=-1), "array.any(axis=3)"),
        (MASK_KJI[:3], "grid of its image"),
        (np.ma.masked_array(MASK_KJI, mask=MASK_KJI), "array.filled(0)"),
    ],
)
def test_an_array_that_does_not_fit_is_told_what_to_do(given: np.ndarray[Any, Any], said: str, ct: Path) -> None:
    with pytest.raises(MaskError) as raised:
        LoadedCase(case_of(ct), {"M1": given})
    assert said in str(raised.value)


def test_a_read_only_view_of_what_can_change_is_copied(ct: Path) -> None:
    changing = MASK_KJI.copy()
    view = changing.view()
    view.flags.writeable = False
    loaded = LoadedCase(case_of(ct), {"M1": view})
    changing[:] = False
    np.testing.assert_array_equal(loaded.masks["M1"].read(), MASK_KJI)


def test_a_mask_of_another_case_takes_the_id_that_it_is_given(ct: Path) -> None:
    first = LoadedCase(case_of(ct), {"M1": MASK_KJI})
    second = LoadedCase(case_of(ct, mask_of("Q")), {"Q": first.masks["M1"]})
    np.testing.assert_array_equal(second.masks["Q"].read(), MASK_KJI)


def test_two_masks_of_one_id_are_not_written(ct: Path, tmp_path: Path) -> None:
    loaded = LoadedCase(case_of(ct, mask_of(), mask_of(label_code="SPLEEN")), {"M1": MASK_KJI})
    with pytest.raises(InputError, match="2 masks of this id"):
        write(ct, tmp_path / "x.dcm", loaded)
    assert not list(tmp_path.iterdir())


def test_fractions_that_are_refused_name_their_annotation(ct: Path, tmp_path: Path) -> None:
    with pytest.raises(MaskError) as raised:
        write(ct, tmp_path / "x.dcm", LoadedCase(case_of(ct), {"M1": MASK_KJI * 0.5}))
    assert raised.value.where == "M1"


def test_a_segmentation_that_is_gone_is_an_error_of_ours(ct: Path, tmp_path: Path) -> None:
    write(ct, tmp_path / "x.dcm")
    (reading,) = annoconv.read(tmp_path / "x.dcm")
    (tmp_path / "x.dcm").unlink()
    with pytest.raises(MaskError, match="cannot be opened again"):
        reading.masks["M1"].read()


def test_what_is_found_is_of_the_class_that_is_looked_for(ct: Path) -> None:
    case = case_of(ct)
    with pytest.raises(UsageError, match="found MaskAnnotation; expected BboxAnnotation"):
        annoconv.find(case, "M1", BboxAnnotation)
    wrong: Any = "mask"
    with pytest.raises(UsageError, match=r"a class of annoconv\.model"):
        annoconv.find(case, "M1", wrong)


def test_the_text_of_a_case_is_no_path_and_is_not_repeated() -> None:
    given: Any = '{"patient_id": "P-17"}'
    with pytest.raises(UsageError) as raised:
        LoadedCase(given)
    assert "P-17" not in str(raised.value)


# --- real series ---

SERIES = ("ct_flipped_iop", "ct_philips_axial", "mr_ge_coronal_hfp", "mr_hitachi_oblique")


@pytest.mark.parametrize("name", SERIES)
def test_the_ten_lines_are_true_of_a_real_series(name: str, tmp_path: Path) -> None:
    folder = real(f"dicom/{name}")
    pixels_kji = annoconv.pixels_of(folder)
    mask_kji = pixels_kji > 45
    loaded = LoadedCase(case_of(folder), {"M1": mask_kji})
    with pytest.raises(UsageError) as raised:
        write(folder, tmp_path / "x.dcm", loaded, context=None)
    assert "context=annoconv.Context(timestamp=" in str(raised.value)
    write(folder, tmp_path / "x.dcm", loaded)
    read: Any = highdicom.seg.segread(tmp_path / "x.dcm")
    slices = [pydicom.dcmread(each, force=True) for each in sorted(folder.iterdir()) if each.is_file()]
    wanted = {each.SOPInstanceUID: np.squeeze(each.pixel_array) > 45 for each in slices if "PixelData" in each}
    found = read.get_pixels_by_source_instance([*wanted], segment_numbers=[1], assert_missing_frames_are_empty=True)
    np.testing.assert_array_equal(found[..., 0] > 0, [*wanted.values()])


def test_a_decoder_that_is_missing_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    from annoconv_converters._dicom import pixels

    class Missing:
        is_available = False

    monkeypatch.setattr(pixels, "get_decoder", lambda _: Missing())
    assert "annoconv[codecs]" in pixels.decoding_advice("1.2.840.10008.1.2.4.70", Message("damaged"))
    monkeypatch.undo()
    assert pixels.decoding_advice("1.2.840.10008.1.2.5", Message("damaged")) == "damaged"
    assert "Decompress" in pixels.decoding_advice("1.2.840.10008.1.2.4.104", Message("damaged"))
