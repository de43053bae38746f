"""Segmentations that we wrote and others edited: the edit wins, what still fits comes back, the rest is named."""

from __future__ import annotations

import contextlib
import copy
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from annoconv_converters._dicom.carrier import carry
from annoconv_converters.dicom_seg.reading import cases
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.loss import LossKind
from annoconv.pixels import save_nifti
from tests.cases import blob, document, grid_of, mask, series

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

GRID = grid_of((16, 12, 6))
HILUM = {
    "code": "HILUM",
    "name_zh": "肝门",
    "name_en": "Hilum",
    "category": "organ",
    "concept": {"code": "244420000", "scheme": "SCT", "meaning": "Hilum"},
    "concept_category": {"code": "91723000", "scheme": "SCT", "meaning": "Anatomical structure"},
    "color_rgb": [1, 2, 3],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedCase, Path]:
    """Return a case of three masks, one of a label of its own, and its segmentation."""
    folder = tmp_path_factory.mktemp("edited") / "case"
    folder.mkdir()
    for number, name in enumerate("abc"):
        save_nifti(folder / f"{name}.nii.gz", blob(GRID, 2.0 * number, 4.0), GRID)
    annotations = [
        mask("A", "a.nii.gz", attributes={"margin": "smooth"}, confidence=0.5),
        {
            "id": "P",
            "category": "lesion",
            "label_code": "NODULE",
            "type": "point",
            "point": [3.5, 2.5],
            "slice_index": 1,
        },
        mask("B", "b.nii.gz", "SPLEEN", attributes={"margin": "lobed"}),
        mask("C", "c.nii.gz", "HILUM", attributes={"margin": "sharp"}),
    ]
    told = document(series(folder, GRID, "edited"), annotations, labels=[HILUM])
    told["metadata"] = {"annotator": "A1" * 40, "institution": "Institute", "version": "v3"}
    (folder / "case.json").write_bytes(strict_json.dumps(told))
    loaded = read_case(folder / "case.json")
    registry.write([loaded], folder.parent / "seg.dcm", format="dicom-seg", images=[folder / "images"])
    return loaded, folder.parent / "seg.dcm"


@pytest.fixture
def written(made: tuple[LoadedCase, Path], tmp_path: Path) -> tuple[LoadedCase, Path]:
    """Return the case and a segmentation of it that may be edited."""
    shutil.copyfile(made[1], tmp_path / "seg.dcm")
    return made[0], tmp_path / "seg.dcm"


def read(path: Path, **options: Any) -> Reading:
    (reading,) = registry.read([path], format="dicom-seg", **options)
    return reading


def frames(dataset: Dataset) -> dict[tuple[int, int], NDArray[np.uint8]]:
    """Return the frames of a segmentation by segment number and slice."""
    where = [
        (
            int(each.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
            int(each.FrameContentSequence[0].DimensionIndexValues[-1]) - 1,
        )
        for each in dataset.PerFrameFunctionalGroupsSequence
    ]
    return dict(zip(where, dataset.pixel_array, strict=True))


def put(dataset: Dataset, kept: list[tuple[int, int]], pixels: list[NDArray[Any]], numbers: list[int]) -> None:
    """Write frames like those of `kept` (segment, slice), with these pixels, of these segments."""
    places = list(frames(dataset))
    groups = [copy.deepcopy(dataset.PerFrameFunctionalGroupsSequence[places.index(place)]) for place in kept]
    for group, number in zip(groups, numbers, strict=True):
        group.SegmentIdentificationSequence[0].ReferencedSegmentNumber = number
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.NumberOfFrames = len(groups)
    packed = np.packbits(np.concatenate([each.ravel() for each in pixels]), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)


def remove(dataset: Dataset) -> None:
    """Remove segment 2, as programs do: the others are numbered anew."""
    found = {place: pixels for place, pixels in frames(dataset).items() if place[0] != 2}
    put(dataset, list(found), list(found.values()), [1 if number == 1 else 2 for number, _ in found])
    del dataset.SegmentSequence[1]
    dataset.SegmentSequence[1].SegmentNumber = 2


def add(dataset: Dataset) -> None:
    """Add a segment of other software, over the first one's slices."""
    found = frames(dataset)
    more = {(1, k): np.flip(pixels, 1) for (number, k), pixels in found.items() if number == 1}
    numbers = [number for number, _ in found] + [4] * len(more)
    put(dataset, [*found, *more], [*found.values(), *more.values()], numbers)
    item = copy.deepcopy(dataset.SegmentSequence[0])
    item.SegmentNumber, item.SegmentLabel = 4, "Gallbladder"
    del item.SegmentDescription, item.TrackingID, item.TrackingUID
    relabel_item(item, codes.SCT.Gallbladder)
    dataset.SegmentSequence.append(item)


def relabel_item(item: Dataset, code: Any) -> None:
    kind = item.SegmentedPropertyTypeCodeSequence[0]
    kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning = code.value, code.scheme_designator, code.meaning
    item.SegmentLabel = code.meaning


def move(dataset: Dataset) -> None:
    """Move the voxels of segment 1 by two columns."""
    found = {place: np.roll(pixels, 2 * (place[0] == 1), axis=1) for place, pixels in frames(dataset).items()}
    put(dataset, list(found), list(found.values()), [number for number, _ in found])


def edited(path: Path, edit: Callable[[Dataset], None]) -> Path:
    dataset = pydicom.dcmread(path)
    edit(dataset)
    dataset.save_as(path.with_name("edited.dcm"))
    return path.with_name("edited.dcm")


def changed(case: LoadedCase, back: Reading) -> dict[str, Any]:
    """Return what differs, of the members of the case by key."""
    original, read_back = strict_json.plain(case.case), strict_json.plain(back.case)
    return {key: read_back.get(key) for key in {**original, **read_back} if original.get(key) != read_back.get(key)}


def test_a_file_that_is_only_saved_again_loses_nothing(written: tuple[LoadedCase, Path]) -> None:
    def implicit(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian

    for edit in (lambda _: None, implicit):
        back = read(edited(written[1], edit))
        assert (changed(written[0], back), list(back.losses)) == ({}, [])


def test_a_file_that_nobody_edited_is_not_compared(
    written: tuple[LoadedCase, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(cases, "file_losses")
    assert list(read(written[1]).losses) == []


def test_a_segment_that_is_removed_takes_its_annotation_along(written: tuple[LoadedCase, Path]) -> None:
    case, path = written
    back = read(edited(path, remove))
    others = [each for each in strict_json.plain(case.case)["annotations"] if each["id"] != "B"]
    assert changed(case, back) == {"annotations": others}
    assert [(loss.path, loss.kind) for loss in back.losses] == [("/annotations", LossKind.NO_PLACE)]
    assert "B is left out" in back.losses[0].message
    for identity in "AC":
        np.testing.assert_array_equal(back.masks[identity].read(), case.masks[identity].read())


def test_without_any_of_its_segments_the_rest_of_the_case_comes_back(written: tuple[LoadedCase, Path]) -> None:
    def replace(dataset: Dataset) -> None:
        add(dataset)
        found = {place: pixels for place, pixels in frames(dataset).items() if place[0] == 4}
        put(dataset, list(found), list(found.values()), [1] * len(found))
        del dataset.SegmentSequence[:3]
        dataset.SegmentSequence[0].SegmentNumber = 1

    case, path = written
    back = read(edited(path, replace))
    assert [each.id for each in back.case.annotations] == ["P", "segment_1"]
    assert back.case.metadata == case.case.metadata
    gone = [loss.message.split()[0] for loss in back.losses if "left out" in loss.message]
    assert gone == ["A", "B", "C", "HILUM"]


def test_a_segment_that_is_added_is_one_more_annotation(written: tuple[LoadedCase, Path]) -> None:
    case, path = written
    back = read(edited(path, add))
    original = strict_json.plain(case.case)["annotations"]
    annotations = strict_json.plain(back.case)["annotations"]
    assert annotations[:4] == original
    (more,) = annotations[4:]
    assert (more["id"], more["label_code"], more["type"]) == ("segment_4", "GALLBLADDER", "mask")
    assert list(back.losses) == []
    np.testing.assert_array_equal(back.masks["segment_4"].read(), np.flip(case.masks["A"].read(), 2))
    for identity, one in case.masks.items():
        np.testing.assert_array_equal(back.masks[identity].read(), one.read())


@pytest.mark.parametrize(("number", "identity"), [(1, "A"), (3, "C")])
def test_a_segment_with_another_label_keeps_the_rest(
    number: int, identity: str, written: tuple[LoadedCase, Path]
) -> None:
    def relabel(dataset: Dataset) -> None:
        relabel_item(dataset.SegmentSequence[number - 1], codes.SCT.Gallbladder)

    case, path = written
    back = read(edited(path, relabel))
    annotations = strict_json.plain(case.case)["annotations"]
    (one,) = (each for each in annotations if each["id"] == identity)
    one["label_code"] = "GALLBLADDER"
    assert strict_json.plain(back.case)["annotations"] == annotations
    gone = [] if identity == "A" else [("/labels", "HILUM is left out")]
    named = [(loss.path, loss.message) for loss in back.losses if loss.path.startswith("/labels")]
    assert [(path, message.split(":")[0]) for path, message in named] == gone
    # Of the segment's description, which was the label code, a case says nothing.
    assert {loss.path for loss in back.losses} - {"/labels"} == {f"/SegmentSequence/{number - 1}/SegmentDescription"}


def test_a_plain_segment_with_another_label_of_the_label_system_has_that_label(
    made: tuple[LoadedCase, Path], tmp_path: Path
) -> None:
    def relabel(dataset: Dataset) -> None:
        relabel_item(dataset.SegmentSequence[0], codes.SCT.Gallbladder)

    images = [made[1].parent / "case" / "images"]
    registry.write([made[0]], tmp_path / "plain.dcm", format="dicom-seg", images=images, plain=True)
    back = read(edited(tmp_path / "plain.dcm", relabel))
    assert [each.label_code for each in back.case.annotations] == ["GALLBLADDER", "SPLEEN", "HILUM"]
    assert "/SegmentSequence/0/SegmentDescription" in back.losses.paths()


def test_voxels_that_are_moved_are_moved(written: tuple[LoadedCase, Path]) -> None:
    case, path = written
    back = read(edited(path, move))
    assert changed(case, back) == {}
    np.testing.assert_array_equal(back.masks["A"].read(), np.roll(case.masks["A"].read(), 2, axis=2))
    np.testing.assert_array_equal(back.masks["B"].read(), case.masks["B"].read())


def test_what_others_took_out_of_an_element_does_not_come_back_from_the_private_block(
    written: tuple[LoadedCase, Path],
) -> None:
    def anonymise(dataset: Dataset) -> None:
        dataset.ContentCreatorName = ""

    back = read(edited(written[1], anonymise))
    assert back.case.metadata.annotator is None
    assert back.case.metadata.version == "v3"
    assert [(loss.path, loss.kind) for loss in back.losses] == [("/metadata/annotator", LossKind.NO_PLACE)]


def test_what_others_added_and_a_case_has_no_place_for_is_named(written: tuple[LoadedCase, Path]) -> None:
    def annotate(dataset: Dataset) -> None:
        dataset.SeriesDescription = "Second look"
        dataset.SegmentSequence[1].SegmentDescription = "to be looked at again"
        dataset.InstanceCreatorUID = "1.2.3"

    losses = read(edited(written[1], annotate)).losses
    assert {loss.path for loss in losses} == {
        "/SeriesDescription",
        "/SegmentSequence/1/SegmentDescription",
        "/InstanceCreatorUID",
    }


def test_a_segmentation_that_highdicom_makes_of_ours_is_read(
    written: tuple[LoadedCase, Path], made: tuple[LoadedCase, Path], tmp_path: Path
) -> None:
    import highdicom

    case, path = written
    ours = highdicom.seg.segread(path)
    sources = [pydicom.dcmread(each) for each in sorted((made[1].parent / "case" / "images").rglob("*.dcm"))]
    pixels = ours.get_pixels_by_source_instance(
        [each.SOPInstanceUID for each in sources], segment_numbers=[1, 3], ignore_spatial_locations=True
    )
    descriptions = [ours.get_segment_description(number) for number in (1, 3)]
    for number, description in enumerate(descriptions, 1):
        description.SegmentNumber = number
    others = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=pixels.astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid="1.2.3",
        series_number=2,
        sop_instance_uid="1.2.3.4",
        instance_number=1,
        manufacturer="annoconv",
        manufacturer_model_name="x",
        software_versions="1",
        device_serial_number="1",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    others.add(pydicom.dcmread(path)[0x41430010])
    others.add(pydicom.dcmread(path)[0x41431001])
    others.save_as(tmp_path / "made.dcm")
    back = read(tmp_path / "made.dcm")
    assert [each.id for each in back.case.annotations] == ["A", "P", "C"]
    assert back.case.annotations[2].attributes == {"margin": "sharp"}
    assert any("B is left out" in loss.message for loss in back.losses)
    for identity in "AC":
        np.testing.assert_array_equal(back.masks[identity].read(), case.masks[identity].read())


# --- private blocks


def with_block(path: Path, text: str) -> Path:
    def put_text(dataset: Dataset) -> None:
        dataset.private_block(0x4143, "ANNOCONV")[1].value = text

    return edited(path, put_text)


def block_of(path: Path) -> dict[str, Any]:
    told = json.loads(pydicom.dcmread(path).private_block(0x4143, "ANNOCONV")[1].value)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", "1", '"x"', '{"version":1}'])
def test_a_private_block_that_says_nothing_is_refused(text: str, written: tuple[LoadedCase, Path]) -> None:
    with pytest.raises(InputError, match=r"edited\.dcm.*private block.*Remove the private block"):
        read(with_block(written[1], text))


@pytest.mark.parametrize(
    "change",
    [
        {"residual": {"values": 3}},
        {"residual": None},
        {"held": 7},
        {"held": [[["task_id"]]]},
        {"part": 1.5},
        {"part": True},
        {"parts": 0},
        {"parts": "1"},
        {"case": 5},
        {"image": None},
        {"meanings": []},
        {"digest": 5},
        {"version": 2},
        {"version": "1"},
    ],
)
def test_a_private_block_of_another_version_or_damaged_is_refused(
    change: dict[str, Any], written: tuple[LoadedCase, Path]
) -> None:
    text = json.dumps({**block_of(written[1]), **change})
    with pytest.raises(InputError, match="private block"):
        read(with_block(written[1], text))


@pytest.mark.parametrize("key", ["version", "case", "part", "parts", "image", "digest", "meanings", "residual", "held"])
def test_a_private_block_without_one_of_its_members_is_refused(key: str, written: tuple[LoadedCase, Path]) -> None:
    told = {name: value for name, value in block_of(written[1]).items() if name != key}
    with pytest.raises(InputError, match="private block"):
        read(with_block(written[1], json.dumps(told)))


def test_a_private_block_of_another_file_is_named_and_left_out(written: tuple[LoadedCase, Path]) -> None:
    back = read(with_block(written[1], json.dumps({**block_of(written[1]), "image": "1.2.3"})))
    assert {loss.path for loss in back.losses} >= {"/(4143,1001)", "/task_id"}
    assert [each.id for each in back.case.annotations] == ["A", "B", "C"]


def test_a_private_block_that_makes_no_case_is_named_and_left_out(written: tuple[LoadedCase, Path]) -> None:
    told = block_of(written[1])
    told["residual"]["values"].append([["annotations", 0, "confidence"], "high"])
    back = read(with_block(written[1], json.dumps(told)))
    assert "/(4143,1001)" in back.losses.paths()
    assert [each.id for each in back.case.annotations] == ["A", "B", "C"]


def test_of_two_files_of_a_case_one_alone_is_read_and_what_it_lacks_named(
    written: tuple[LoadedCase, Path],
) -> None:
    back = read(with_block(written[1], json.dumps({**block_of(written[1]), "parts": 2})))
    (loss,) = (each for each in back.losses if each.path == "/(4143,1001)")
    assert "2 files" in loss.message
    second = {"version": 1, "case": "1", "part": 1, "parts": 2, "image": "1.2", "digest": "", "meanings": {}}
    assert "/(4143,1001)" in read(with_block(written[1], json.dumps(second))).losses.paths()


def test_a_file_and_its_edited_copy_are_two_cases(written: tuple[LoadedCase, Path], tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    edited(written[1], remove).rename(folder / "b.dcm")
    written[1].rename(folder / "a.dcm")
    readings = list(registry.read([folder], format="dicom-seg"))
    assert [[each.id for each in one.case.annotations] for one in readings] == [["A", "P", "B", "C"], ["A", "P", "C"]]


def test_random_damage_of_a_private_block_is_refused_by_name_or_read(written: tuple[LoadedCase, Path]) -> None:
    rng = np.random.default_rng(7)
    text = json.dumps(block_of(written[1]))
    for _ in range(60):
        start = int(rng.integers(len(text)))
        part = text[start : start + int(rng.integers(1, 9))]
        path = with_block(written[1], text.replace(part, str(rng.choice(["", "0", '"', "{}", "null"])), 1))
        with contextlib.suppress(InputError):
            assert [each.id for each in read(path).case.annotations if each.type == "mask"]


def test_a_block_that_is_put_into_a_file_of_others_is_read(written: tuple[LoadedCase, Path]) -> None:
    def of_others(dataset: Dataset) -> None:
        dataset.Manufacturer = "Somebody"
        carry(dataset, block_of(written[1]))

    back = read(edited(written[1], of_others))
    assert [each.id for each in back.case.annotations] == ["A", "P", "B", "C"]


# --- whose it is


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("has_images", [False, True])
def test_another_patient_and_study_date_are_named(
    made: tuple[LoadedCase, Path], tmp_path: Path, *, is_plain: bool, has_images: bool
) -> None:
    images = [made[1].parent / "case" / "images"]
    path = tmp_path / "seg.dcm"
    registry.write([made[0]], path, format="dicom-seg", images=images, plain=is_plain)

    def change(dataset: Dataset) -> None:
        dataset.PatientID, dataset.PatientName, dataset.PatientBirthDate = "OTHER_PATIENT", "Other^One", "19600102"
        dataset.StudyDate = "20200102"

    back = read(edited(path, change), **({"images": images} if has_images else {}))
    named = {loss.path for loss in back.losses}
    assert {"/PatientID", "/PatientName", "/PatientBirthDate"} <= named
    if is_plain:  # the case has it: nothing says that the case that was written did not
        assert back.case.studies is not None
        assert str(back.case.studies[0].started_at).startswith("2020-01-02")
    else:
        assert "/StudyDate" in named
    assert ("/patient_id" in named) is has_images


def test_another_content_date_is_named(written: tuple[LoadedCase, Path]) -> None:
    back = read(edited(written[1], lambda dataset: setattr(dataset, "ContentDate", "20010203")))
    named = {loss.path for loss in back.losses}
    assert "/ContentDate" in named
    assert "/PatientName" not in named
