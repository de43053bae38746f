"""Slips of a newcomer to the Python API: each ends in an error of ours that says what was found and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import annoconv
from annoconv import AnnoconvError, GeometryError, LoadedCase
from annoconv.demo.series import write_series
from annoconv.geometry import Grid
from annoconv.metrics.regions import Region, dice_of_labels
from annoconv.model import (
    BboxAnnotation,
    Case,
    Image,
    MaskAnnotation,
    Metadata,
    Modality,
    TextDocument,
    Timestamps,
)
from annoconv.pixels import ArrayVolume, Mask, Masks

MASK_KJI = np.zeros((6, 20, 16), bool)
MASK_KJI[2:4, 5:10, 5:10] = True


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series") / "ct"
    affine = np.diag([1.5, 2.0, 3.0, 1.0])
    write_series(
        folder, Grid((16, 20, 6), affine), np.arange(6 * 20 * 16, dtype=np.int16).reshape(6, 20, 16), name="slips"
    )
    return folder


@pytest.fixture
def case(ct: Path) -> Case:
    mask = MaskAnnotation(id="M1", category="organ", label_code="LIVER", mask_file="liver.nii.gz")
    box = BboxAnnotation(id="B1", category="lesion", label_code="NODULE", bbox=[1.0, 1.0, 0.0, 4.0, 5.0, 2.0])
    text = TextDocument(id="T1", kind="exam_report", content="肝右叶结节。肝大小正常。")
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return Case(
        task_id="TASK_1",
        image=annoconv.image_of(ct),
        annotations=[mask, box],
        metadata=Metadata(timestamps=Timestamps(end=when)),
        texts=[text],
    )


@pytest.fixture
def loaded(case: Case) -> LoadedCase:
    return LoadedCase(case, {"M1": MASK_KJI})


Slip = Callable[[Any, LoadedCase, Path, Path], object]


def _changed_in_place(api: Any, loaded: LoadedCase, ct: Path, out: Path) -> object:
    loaded.case.annotations[1].bbox[:] = [1.0]  # type: ignore[union-attr]
    return api.write(loaded, out / "x.dcm", format="dicom-seg", images=ct)


def _assigned(api: Any, loaded: LoadedCase, ct: Path, out: Path) -> object:
    loaded.case.annotations[0].label_code = "3 liver"
    return None


def _assigned_nothing(api: Any, loaded: LoadedCase, ct: Path, out: Path) -> object:
    loaded.case.image.uids = "1.2"  # type: ignore[attr-defined]
    return None


def _mask(given: object) -> Slip:
    return lambda api, loaded, ct, out: api.LoadedCase(loaded.case, {"M1": given})


def _made(kind: Any, **keys: Any) -> Slip:
    return lambda api, loaded, ct, out: kind(**keys)


ANNOTATION = {"id": "M1", "category": "organ", "label_code": "LIVER"}
SLIPS: dict[str, tuple[Slip, str, str]] = {
    "no masks": (
        lambda api, loaded, ct, out: api.write(
            api.LoadedCase(loaded.case), out / "x.dcm", format="dicom-seg", images=ct
        ),
        "the annotation has no mask",
        "mask",
    ),
    "a case that is a file": (
        lambda api, loaded, ct, out: api.LoadedCase("case.json"),
        "str",
        "annoconv.read_case('case.json')",
    ),
    "a dictionary for a case": (
        lambda api, loaded, ct, out: api.LoadedCase({"task_id": "T"}),
        "dict",
        "annoconv.model.Case(**it)",
    ),
    "a misspelled choice": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x.dcm", format="dicom-seg", images=ct, type="labelmapp"),
        "'labelmapp'",
        "Did you mean labelmap?",
    ),
    "a number for a choice": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x.json", format="coco", images=ct, render=8),
        "found 8; expected 'none', '16', '8'",
        "Did you mean 8?",
    ),
    "a text for a switch": (
        lambda api, loaded, ct, out: api.write(
            loaded, out / "x.dcm", format="dicom-seg", images=ct, keep_empty_frames="no"
        ),
        "found 'no'; expected bool",
        "Give a value of this type",
    ),
    "nothing for a choice of reading": (
        lambda api, loaded, ct, out: list(api.read(ct, format="nifti", form=None)),
        "found None",
        "Choose one of them",
    ),
    "a dictionary for a context": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x.json", format="coco", context={"task": "T"}),
        "dict",
        "annoconv.Context(task=..., timestamp=...)",
    ),
    "a dictionary for cases": (
        lambda api, loaded, ct, out: api.write({"task_id": "T"}, out / "x.json", format="coco"),
        "dict",
        "annoconv.model.Case(**it)",
    ),
    "a dictionary for sources": (lambda api, loaded, ct, out: api.read({"task_id": "T"}), "dict", "Name the file"),
    "a dictionary for an image": (lambda api, loaded, ct, out: api.image_of({"ct": ct}), "dict", "Name the file"),
    "a path for a case to write": (
        lambda api, loaded, ct, out: api.write("case.json", out / "x.dcm", format="dicom-seg"),
        "str",
        "annoconv.read_case('case.json')",
    ),
    "a list of dictionaries to write": (
        lambda api, loaded, ct, out: api.write([{"task_id": "T"}], out / "x.dcm", format="dicom-seg"),
        "dict",
        "annoconv.model.Case(**it)",
    ),
    "nothing to write": (
        lambda api, loaded, ct, out: api.write(None, out / "x.dcm", format="dicom-seg"),
        "NoneType",
        "read_case",
    ),
    "one array for all masks": (
        lambda api, loaded, ct, out: api.LoadedCase(loaded.case, MASK_KJI),
        "ndarray",
        '{"M1": array}',
    ),
    "a list for an array": (_mask([[0, 1], [1, 0]]), "list", "numpy.asarray"),
    "axes in the order i, j, k": (_mask(MASK_KJI.transpose(2, 1, 0)), "(16, 20, 6)", "transpose(2, 1, 0)"),
    "an array of another shape": (_mask(MASK_KJI[1:]), "(5, 20, 16)", "grid of its image"),
    "an array of texts": (_mask(MASK_KJI.astype("U1")), "<U1", "array > 0"),
    "complex numbers": (_mask(MASK_KJI.astype(np.complex64)), "complex64", "array > 0"),
    "negative numbers": (_mask(-MASK_KJI.astype(np.int16)), "-1", "label of its own"),
    "percent for fractions": (_mask(MASK_KJI * 50.5), "50.5", "divide percentages by 100"),
    "no number": (_mask(np.where(MASK_KJI, np.nan, 0.0)), "nan", "Round labels"),
    "a mask of an unknown id": (
        lambda api, loaded, ct, out: api.LoadedCase(loaded.case, {"M10": MASK_KJI}),
        "nothing",
        "Did you mean M1",
    ),
    "a mask of a box": (lambda api, loaded, ct, out: api.LoadedCase(loaded.case, {"B1": MASK_KJI}), "bbox", "M1"),
    "a value that the array has not": (
        lambda api, loaded, ct, out: api.LoadedCase(
            loaded.case.model_copy(
                update={"annotations": [MaskAnnotation(**ANNOTATION, mask_file="a.nii.gz", mask_value=2)]}
            ),
            {"M1": MASK_KJI.astype(np.uint8)},
        ),
        "0, 1",
        "array of bool",
    ),
    "an image without shape": (
        lambda api, loaded, ct, out: api.LoadedCase(
            loaded.case.model_copy(update={"image": Image(uid="1.2", modality="CT")}), {"M1": MASK_KJI}
        ),
        "1.2",
        "annoconv.image_of(folder)",
    ),
    "no time zone": (_made(Timestamps, end=datetime(2026, 1, 2)), "2026-01-02T00:00:00", "+08:00"),  # noqa: DTZ001
    "no time zone for the output": (
        lambda api, loaded, ct, out: api.Context(timestamp=datetime(2026, 1, 2)),  # noqa: DTZ001
        "datetime",
        "tzinfo=timezone.utc",
    ),
    "a text for a time of the output": (lambda api, loaded, ct, out: api.Context(timestamp="now"), "str", "datetime"),
    "a key that is missing": (_made(MaskAnnotation, **ANNOTATION), "mask_file", "path of the mask file"),
    "a key that is misspelled": (
        _made(Image, uid="1", modality="CT", spacings=[1.0, 1.0]),
        "spacings",
        "did you mean spacing",
    ),
    "a value that is misspelled": (
        _made(MaskAnnotation, **{**ANNOTATION, "category": "orgna"}, mask_file="a.nii.gz"),
        "orgna",
        "organ",
    ),
    "a label with a blank": (
        _made(MaskAnnotation, **{**ANNOTATION, "label_code": "3 liver"}, mask_file="a.nii.gz"),
        "3 liver",
        "code",
    ),
    "a box as an array of rows": (_made(BboxAnnotation, **ANNOTATION, bbox=np.zeros((2, 2))), "ndarray", ".tolist()"),
    "a box of three numbers": (
        _made(BboxAnnotation, **ANNOTATION, bbox=[1.0, 2.0, 3.0]),
        "3 members",
        "add what is missing",
    ),
    "a text for an image": (
        _made(Case, task_id="T", image="ct", annotations=[], metadata=Metadata()),
        "/image",
        "an object",
    ),
    "an array for a number": (
        _made(MaskAnnotation, **ANNOTATION, mask_file="a.nii.gz", mask_value=np.ones(2)),
        "ndarray",
        ".tolist()",
    ),
    "a null for what is required": (_made(Image, uid=None, modality="CT"), "/uid", "null is not allowed"),
    "assigned a wrong value": (_assigned, "3 liver", "code of a label"),
    "assigned to no key": (_assigned_nothing, "uids", "did you mean uid"),
    "changed in place": (_changed_in_place, "1 members", "add what is missing"),
    "no such folder": (lambda api, loaded, ct, out: api.image_of(out / "c"), "nothing of this name", "Correct"),
    "two series in one folder": (lambda api, loaded, ct, out: _two(api, ct, out), "ct", "one file or folder"),
    "several folders": (lambda api, loaded, ct, out: api.image_of([ct, ct]), "2 paths", "folder of one series"),
    "a number for a path": (lambda api, loaded, ct, out: api.image_of(3), "int", "Name the file or folder"),
    "a number for an output": (
        lambda api, loaded, ct, out: api.write(loaded, 3, format="nifti"),
        "int",
        "Name the file or folder",
    ),
    "a number among images": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x.dcm", format="dicom-seg", images=[3]),
        "int",
        "Name the file or folder",
    ),
    "no such format": (lambda api, loaded, ct, out: api.write(loaded, out / "x", format="nifty"), "nifty", "nifti"),
    "no such option": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x.dcm", format="dicom-seg", image=ct),
        "image",
        "Did you mean images",
    ),
    "a format that the name does not tell": (
        lambda api, loaded, ct, out: api.write(loaded, out / "x"),
        "ending",
        "format=NAME",
    ),
    "the output exists": (lambda api, loaded, ct, out: _twice(api, loaded, ct, out), "", "overwrite"),
    "an id that is not there": (lambda api, loaded, ct, out: api.find(loaded.case, "M11"), "M11", "Did you mean M1"),
    "an id of another class": (lambda api, loaded, ct, out: api.find(loaded.case, "B1", MaskAnnotation), "B1", "M1"),
    "the name of a class": (
        lambda api, loaded, ct, out: api.find(loaded.case, "M1", "MaskAnnotation"),
        "found str",
        "the class itself",
    ),
    "looked for in a loaded case": (lambda api, loaded, ct, out: api.find(loaded, "M1"), "LoadedCase", "loaded.case"),
    "a quote that is not there": (
        lambda api, loaded, ct, out: api.text_span(
            loaded.case.texts[0], "脾", id="S", label_code="LIVER", semantic_type="anatomy"
        ),
        "0 places",
        "letter by letter",
    ),
    "a quote that is there twice": (
        lambda api, loaded, ct, out: api.text_span(
            loaded.case.texts[0], "肝", id="S", label_code="LIVER", semantic_type="anatomy"
        ),
        "2 places",
        "occurrence",
    ),
    "a sample by a name": (
        lambda api, loaded, ct, out: api.Dataset(loaded, images=ct)["a"],
        "str",
        "dataset.cases",
    ),
    "no such profile": (lambda api, loaded, ct, out: api.validate(loaded, profile="minimum"), "minimum", "minimal"),
    "a list to validate": (lambda api, loaded, ct, out: api.validate([loaded]), "list", "one by one"),
    "nothing to read": (lambda api, loaded, ct, out: list(api.read([])), "nothing", "Name the file or folder"),
    "images to read": (lambda api, loaded, ct, out: list(api.read(ct)), "images", "images=[...]"),
    "a file of no format": (lambda api, loaded, ct, out: list(api.read(_text(out))), ".txt", "format=NAME"),
}


def _two(api: Any, ct: Path, out: Path) -> object:
    write_series(out / "both" / "a", Grid((4, 4, 2), np.eye(4)), np.zeros((2, 4, 4), np.int16), name="a")
    write_series(out / "both" / "b", Grid((4, 4, 2), np.eye(4)), np.zeros((2, 4, 4), np.int16), name="b")
    return api.image_of(out / "both")


def _twice(api: Any, loaded: LoadedCase, ct: Path, out: Path) -> object:
    api.write(loaded, out / "x.dcm", format="dicom-seg", images=ct)
    return api.write(loaded, out / "x.dcm", format="dicom-seg", images=ct)


def _text(out: Path) -> Path:
    path = out / "notes.txt"
    path.write_text("nothing to see\n")
    return path


def _compared(loaded: LoadedCase) -> object:
    regions = [Region("LIVER", loaded.masks["M1"])]
    return dice_of_labels(regions, regions, Grid.from_image(loaded.case.image))


PLACED: dict[str, Slip] = {
    "dicom-seg": lambda api, loaded, ct, out: api.write(loaded, out / "x.dcm", format="dicom-seg", images=ct),
    "nifti": lambda api, loaded, ct, out: api.write(loaded, out / "x", format="nifti"),
    "coco": lambda api, loaded, ct, out: api.write(loaded, out / "x.json", format="coco", images=ct),
    "Dataset": lambda api, loaded, ct, out: api.Dataset(loaded, images=ct)[0],
    "metrics": lambda api, loaded, ct, out: _compared(loaded),
}


@pytest.mark.parametrize("name", PLACED)
def test_a_mask_on_another_grid_is_named(name: str, loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    volume = ArrayVolume(Grid((16, 20, 6), np.diag([1.6, 2.0, 3.0, 1.0])), MASK_KJI)
    moved = LoadedCase(loaded.case, Masks([Mask("M1", volume, None)]))
    with pytest.raises(GeometryError, match=r"M1: the mask's grid is not the image's"):
        PLACED[name](annoconv, moved, ct, tmp_path)


LIMITED: dict[str, Slip] = {
    "read_case": lambda api, loaded, ct, out: api.read_case(ct, limits=3),
    "write_case": lambda api, loaded, ct, out: api.write_cases(loaded, out / "x.json", limits={"depth": 3}),
    "image_of": lambda api, loaded, ct, out: api.image_of(ct, limits=3),
    "pixels_of": lambda api, loaded, ct, out: api.pixels_of(ct, limits=3),
    "validate": lambda api, loaded, ct, out: api.validate(loaded, limits=3),
    "preview": lambda api, loaded, ct, out: api.preview(loaded, images=ct, limits=3),
    "Dataset": lambda api, loaded, ct, out: api.Dataset(loaded, images=ct, limits=3),
    "to_monai": lambda api, loaded, ct, out: api.to_monai(loaded, images=ct, limits=3),
    "Context": lambda api, loaded, ct, out: api.Context(limits=3),
}


@pytest.mark.parametrize("name", LIMITED)
def test_limits_that_are_none_are_an_error(name: str, loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    with pytest.raises(annoconv.UsageError, match=r"found (int|dict); expected Limits\. Give annoconv\.Limits"):
        LIMITED[name](annoconv, loaded, ct, tmp_path)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_ends_in_an_error_that_says_what_to_do(name: str, loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    slip, found, advice = SLIPS[name]
    with pytest.raises(AnnoconvError) as raised:
        slip(annoconv, loaded, ct, tmp_path)
    said = str(raised.value)
    assert found in said
    assert advice in said
    assert raised.value.text("zh") != said
    assert name == "the output exists" or not any(tmp_path.glob("x*")), "nothing is half-written"


def test_there_are_enough_slips() -> None:
    assert len(SLIPS) >= 25


# --- what is right ---


def test_one_case_several_and_a_typed_case_alone_are_written(loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    for number, given in enumerate((loaded, [loaded], iter([loaded]))):
        annoconv.write(given, tmp_path / f"{number}.dcm", format="dicom-seg", images=ct)
    assert len({(tmp_path / f"{number}.dcm").read_bytes() for number in range(3)}) == 1
    bare = loaded.case.model_copy(update={"annotations": loaded.case.annotations[1:], "texts": None})
    annoconv.write_case(bare, tmp_path / "bare.json")
    assert annoconv.read_case(tmp_path / "bare.json").case.annotations == bare.annotations


def test_what_is_written_has_the_voxels_where_they_were(loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    annoconv.write(loaded, tmp_path / "x.dcm", images=str(ct), format="dicom-seg")
    (reading,) = annoconv.read(tmp_path / "x.dcm", images=str(ct))
    np.testing.assert_array_equal(reading.masks["M1"].read(), MASK_KJI)
    pydicom = pytest.importorskip("pydicom")
    frames = pydicom.dcmread(tmp_path / "x.dcm")
    positions = [
        float(each.PlanePositionSequence[0].ImagePositionPatient[2]) for each in frames.PerFrameFunctionalGroupsSequence
    ]
    assert positions == [2 * 3.0, 3 * 3.0]  # slices 2 and 3 of 3 mm


def test_pixels_are_in_the_order_of_the_image(ct: Path) -> None:
    assert annoconv.pixels_of(ct).shape == (6, 20, 16)
    assert (annoconv.pixels_of(ct)[:, 0, 0] == np.arange(6) * 320).all()
    assert annoconv.image_of(str(ct)).shape == [16, 20, 6]


def test_an_array_is_copied_so_that_what_is_done_to_it_changes_no_mask(case: Case) -> None:
    array = MASK_KJI.copy()
    loaded = LoadedCase(case, {"M1": array})
    array[:] = True
    np.testing.assert_array_equal(loaded.masks["M1"].read(), MASK_KJI)


def test_a_label_map_is_shared_and_read_by_value(case: Case) -> None:
    masks = [
        MaskAnnotation(id=f"M{value}", category="organ", label_code="LIVER", mask_file="all.nii.gz", mask_value=value)
        for value in (1, 2)
    ]
    labels = MASK_KJI.astype(np.uint8) + 2 * np.roll(MASK_KJI, 6, axis=2).astype(np.uint8)
    loaded = LoadedCase(case.model_copy(update={"annotations": masks}), {"M1": labels, "M2": labels})
    assert loaded.masks["M1"].volume is loaded.masks["M2"].volume
    np.testing.assert_array_equal(loaded.masks["M2"].read(), labels == 2)


def test_a_picture_takes_a_mask_of_two_axes() -> None:
    image = Image(uid="p", modality=Modality.DX, shape=[4, 3])
    mask = MaskAnnotation(id="M1", category="lesion", label_code="NODULE", mask_file="a.nii.gz")
    case = Case(task_id="T", image=image, annotations=[mask], metadata=Metadata())
    assert LoadedCase(case, {"M1": np.eye(3, 4)}).masks["M1"].read().tolist() == [np.eye(3, 4, dtype=bool).tolist()]


def test_a_span_is_found_by_its_text_in_code_points() -> None:
    text = TextDocument(id="T1", kind="exam_report", content="𠀀肝右叶结节。肝大小正常。")
    span = annoconv.text_span(text, "肝", occurrence=1, id="S", label_code="LIVER", semantic_type="anatomy", note="x")
    assert (span.start, span.end, span.text, span.text_id, span.note) == (7, 8, "肝", "T1", "x")
    assert text.content[span.start : span.end] == "肝"


def test_what_has_an_id_is_found(case: Case) -> None:
    assert annoconv.find(case, "M1", MaskAnnotation).mask_file == "liver.nii.gz"
    assert annoconv.find(case, "T1") is (case.texts or [])[0]
    assert annoconv.find(case, case.image.uid) is case.image


def test_the_format_of_what_is_read_is_found(loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    annoconv.write_case(loaded, tmp_path / "case.json")
    annoconv.write(loaded, tmp_path / "nii", format="nifti")
    annoconv.write(loaded, tmp_path / "x.dcm", format="dicom-seg", images=ct)
    for name in ("case.json", "nii", "x.dcm"):
        (reading,) = annoconv.read(tmp_path / name)
        assert reading.case.annotations[0].label_code == "LIVER", name


def test_reprs_are_short(loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    many = loaded.case.model_copy(update={"annotations": [*loaded.case.annotations] * 500})
    assert len(repr(many)) < 2_000
    assert "1000 in all" in repr(many)
    assert "None" not in repr(loaded.case.image)
    losses = annoconv.write(loaded, tmp_path / "x.dcm", format="dicom-seg", images=ct)
    assert len(repr(losses)) < 400
    (reading,) = annoconv.read(tmp_path / "x.dcm")
    assert len(repr(reading)) < 100


def test_a_notebook_shows_tables_in_which_nothing_is_markup(loaded: LoadedCase, ct: Path, tmp_path: Path) -> None:
    case = loaded.case.model_copy(update={"case_id": "<script>x</script>"})
    shown = LoadedCase(case, loaded.masks)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert shown.count("<tr>") == 3
    formula = loaded.case.model_copy(update={"case_id": r"$a$ and \(b\)"})
    shown = LoadedCase(formula, loaded.masks)._repr_html_()
    assert (
        re.sub(r"<span>[$\\]</span>", "", shown).count("$") == re.sub(r"<span>[$\\]</span>", "", shown).count("\\") == 0
    )
    losses = annoconv.write(loaded, tmp_path / "x.dcm", format="dicom-seg", images=ct)
    assert losses._repr_html_().count("<tr>") == min(len(losses), 50) + 1
    assert annoconv.LossReport()._repr_html_().count("<tr>") == 1


def test_signatures_are_shown_in_full() -> None:
    import inspect

    parameters = inspect.signature(Image).parameters
    assert {"uid", "modality", "shape", "spacing"} <= set(parameters)
    assert "given" not in parameters
    assert {"images", "format", "context"} & set(inspect.signature(annoconv.write).parameters) == {"format", "context"}
    assert "CT" in dir(Modality)


def test_the_model_alone_raises_what_pydantic_says() -> None:
    import subprocess
    import sys

    code = "from annoconv_model import Image\ntry: Image()\nexcept ValueError as error: print(type(error).__module__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pydantic_core")
