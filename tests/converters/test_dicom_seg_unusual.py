"""Series and segmentations that state what is unusual, optional or at odds with itself: said, and nothing made up."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels.utils import pack_bits

from annoconv import images, registry
from annoconv.casefile import LoadedCase, read_case, write_case
from annoconv.cli import main
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, ImageError
from annoconv.limits import Limits
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.converters.seg_cases import case_of, drawn
from tests.converters.test_dicom_seg_stated import REFERENCES, changed, read, said
from tests.peers import dciodvfy_errors

if TYPE_CHECKING:
    from collections.abc import Callable

CT = REFERENCES / "ct"
SEG = REFERENCES / "f_other.dcm"


def label_map(folder: Path, edit: Callable[[pydicom.Dataset], None]) -> Path:
    """Return a label map on the CT, edited, as another program might have written it."""
    source = images.open(CT)
    path = folder / "map.dcm"
    options: dict[str, Any] = {"type": "labelmap", "plain": True}
    case = case_of(folder / "case", source, drawn(source.grid))
    registry.write([case], path, format="dicom-seg", images=[CT], **options)
    dataset = pydicom.dcmread(path)
    dataset.Manufacturer = "another"
    edit(dataset)
    dataset.save_as(path)
    return path


def with_background_9(dataset: pydicom.Dataset) -> None:
    """PS3.3 C.8.20.2 lets PixelPaddingValue be absent: the code (125040, DCM) tells the background."""
    pixels = dataset.pixel_array
    dataset.PixelData = np.where(pixels == 0, 9, pixels).astype(np.uint8).tobytes()
    dataset.SegmentSequence[0].SegmentNumber = 9
    dataset.SegmentSequence = [*dataset.SegmentSequence[1:], dataset.SegmentSequence[0]]
    del dataset.PixelPaddingValue


def beside_padding(padding: int) -> Callable[[pydicom.Dataset], None]:
    """Return an edit that codes the background as segment 9, and pads slices with another value."""

    def edit(dataset: pydicom.Dataset) -> None:
        with_background_9(dataset)
        pixels = dataset.pixel_array.copy()
        pixels[0][pixels[0] == 9] = padding
        dataset.PixelData = pixels.tobytes()
        dataset.add_new("PixelPaddingValue", "US", padding)

    return edit


@pytest.mark.parametrize("edit", [with_background_9, beside_padding(0), beside_padding(200)])
def test_a_background_that_its_code_tells_is_no_annotation(
    edit: Callable[[pydicom.Dataset], None], tmp_path: Path
) -> None:
    path = label_map(tmp_path, edit)
    reading = read(path, CT)
    expected = drawn(images.open(CT).grid)
    assert [each.mask_value for each in reading.case.annotations if each.type == "mask"] == [1, 2]  # type: ignore[union-attr]
    for number, mask in zip((1, 2), reading.masks.values(), strict=True):
        assert np.array_equal(mask.read(), expected == number)
    assert not [each for each in reading.losses.paths() if each.startswith("/SegmentSequence/2")]


def test_what_a_label_map_says_of_its_background_is_told_as_that(tmp_path: Path) -> None:
    def edit(dataset: pydicom.Dataset) -> None:
        (background,) = (each for each in dataset.SegmentSequence if each.SegmentNumber == 0)
        background.SegmentAlgorithmType, background.SegmentAlgorithmName = "AUTOMATIC", "nn"

    found = [each for each in read(label_map(tmp_path, edit), CT).losses if each.path.startswith("/SegmentSequence/0/")]
    assert {each.path.rpartition("/")[2] for each in found} == {"SegmentAlgorithmType", "SegmentAlgorithmName"}
    assert {each.message for each in found} == {
        "the segment is the background of the label map, which is described anew"
    }


def turning(folder: Path) -> Path:
    """Return the CT with every second slice turned by 0.12 mrad, more than six decimals explain."""
    folder.mkdir()
    for number, file in enumerate(sorted(CT.iterdir())):
        angle = 0.00012 * (number % 2)
        changed(file, folder / file.name, ImageOrientationPatient=[1, angle, 0, -angle, 1, 0])
    return folder


def test_slices_that_differ_in_orientation_are_one_stack_only_when_asked_and_with_a_word(tmp_path: Path) -> None:
    series = turning(tmp_path / "ct")
    with pytest.raises(GeometryError, match=r"differ in orientation.*direction_millionths=2000"):
        _ = images.open(series).grid
    limits = Limits(direction_millionths=2000)
    source = images.open(series, limits)
    case = case_of(tmp_path / "case", source, drawn(source.grid))
    context = Context(task="T", limits=limits)
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series], context=context)
    assert any("differ in orientation" in loss.message for loss in losses if loss.path == "/image")
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg", images=[series], context=context)
    assert any("differ in orientation" in loss.message for loss in reading.losses if loss.path == "/image")
    write_case(case, tmp_path / "again" / "case.json")
    asked = ["validate", str(tmp_path / "again"), "--profile", "exchange", "--images", str(series), "--quiet"]
    assert main(asked) == 1
    assert main([*asked, "--limit", "direction_millionths=2000"]) == 0


def by_an_algorithm(path: Path, target: Path) -> Path:
    """Return a segmentation whose segment names its algorithm and no more: the name is 1C, the rest 3 (C.8.20.4)."""
    dataset = pydicom.dcmread(path)
    for segment in dataset.SegmentSequence:
        segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = "SEMIAUTOMATIC", "alg"
        if "SegmentationAlgorithmIdentificationSequence" in segment:
            del segment.SegmentationAlgorithmIdentificationSequence
    dataset.save_as(target)
    return target


def test_of_an_algorithm_that_has_no_more_than_a_name_nothing_is_made_up(tmp_path: Path) -> None:
    first = read(by_an_algorithm(SEG, tmp_path / "in.dcm"), CT)
    (annotation,) = first.case.annotations
    assert annotation.annotator == "alg"
    case, context = LoadedCase(first.case, first.masks), Context(timestamp=parse_timestamp("2026-01-02T00:00:00Z"))
    options: dict[str, Any] = {"images": [CT], "plain": True, "context": context}
    losses = registry.write([case], tmp_path / "out.dcm", format="dicom-seg", **options)
    (segment,) = pydicom.dcmread(tmp_path / "out.dcm").SegmentSequence
    assert segment.SegmentAlgorithmName == "alg"
    assert "SegmentationAlgorithmIdentificationSequence" not in segment, "type 3: nobody said artificial intelligence"
    assert dciodvfy_errors(tmp_path / "out.dcm") == []
    assert not [path for path in losses.paths() if "ai_model" in path or path.startswith("/metadata/agents")]
    again = strict_json.plain(read(tmp_path / "out.dcm", CT).case)
    assert [each["algorithm"] for each in again["metadata"]["agents"]] == [{"name": "alg"}]
    assert again["annotations"][0]["annotator"] == "alg"


def made_by_machine(folder: Path, metadata: dict[str, Any], annotator: str | None = None) -> LoadedCase:
    """Return a case on the CT whose masks are automatic."""
    source = images.open(CT)
    document = strict_json.plain(case_of(folder, source, drawn(source.grid)).case)
    document["metadata"] |= metadata
    for each in document["annotations"]:
        each |= {"algorithm_type": "automatic"} | ({} if annotator is None else {"annotator": annotator})
    (folder / "case.json").write_bytes(strict_json.dumps(document))
    return read_case(folder / "case.json")


@pytest.mark.parametrize(
    ("name", "title", "version", "family"),
    [
        ("nnU-Net", "nnU-Net", "unspecified", "123110"),
        ("TotalSegmentator 2.0.5", "TotalSegmentator", "2.0.5", "123110"),
        ("v2", "v2", "unspecified", "123110"),
    ],
)
def test_an_ai_model_is_artificial_intelligence_and_comes_back_as_that(
    name: str, title: str, version: str, family: str, tmp_path: Path
) -> None:
    case = made_by_machine(tmp_path / "case", {"software": {"ai_model": name}})
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[CT], plain=True)
    for segment in pydicom.dcmread(tmp_path / "seg.dcm").SegmentSequence:
        (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
        assert algorithm.AlgorithmFamilyCodeSequence[0].CodeValue == family
        stated = (segment.SegmentAlgorithmName, algorithm.AlgorithmName, algorithm.AlgorithmVersion)
        assert stated == (name, title, version)
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    back = read(tmp_path / "seg.dcm").case
    assert back.metadata.agents is None
    assert back.metadata.software is not None
    assert back.metadata.software.ai_model == name


@pytest.mark.parametrize(("name", "version"), [("nn 2", "2"), ("nn", "2"), ("TotalSegmentator 2.0.5", "2.0.5")])
def test_an_agent_whose_name_ends_in_its_version_comes_back_as_an_agent(
    name: str, version: str, tmp_path: Path
) -> None:
    algorithm = {"name": name, "version": version}
    agent = {"id": f"{name} {version}", "kind": "device", "roles": ["model"], "algorithm": algorithm}
    case = made_by_machine(tmp_path / "case", {"agents": [agent]}, f"{name} {version}")
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[CT], plain=True)
    back = strict_json.plain(read(tmp_path / "seg.dcm").case)
    assert back["metadata"]["agents"] == [agent]
    assert {each["annotator"] for each in back["annotations"]} == {f"{name} {version}"}
    assert "ai_model" not in back["metadata"].get("software", {})


AI_FAMILY = {"code": "123110", "scheme": "DCM", "meaning": "Artificial Intelligence"}


@pytest.mark.parametrize("family", [AI_FAMILY, AI_FAMILY | {"code": "123109", "meaning": "Manual Processing"}])
def test_an_agent_of_which_a_name_and_a_family_are_known_comes_back_as_an_agent(
    family: dict[str, str], tmp_path: Path
) -> None:
    agent = {"id": "nn", "kind": "device", "roles": ["model"], "algorithm": {"name": "nn", "family": family}}
    case = made_by_machine(tmp_path / "case", {"agents": [agent]}, "nn")
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[CT], plain=True)
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    back = strict_json.plain(read(tmp_path / "seg.dcm").case)
    assert back["metadata"]["agents"] == [agent]
    assert {each["annotator"] for each in back["annotations"]} == {"nn"}
    assert "ai_model" not in back["metadata"].get("software", {})
    assert not [path for path in losses.paths() if path.startswith("/metadata/agents")]


def test_a_spacing_that_the_places_of_the_frames_contradict_is_said(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(SEG)
    several = [*dataset.PerFrameFunctionalGroupsSequence]
    assert len(several) == 1, "one frame has no distance"
    assert "/image/spacing" not in said(read(SEG, CT))
    source = images.open(CT)
    case = case_of(tmp_path / "case", source, drawn(source.grid))
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[CT], plain=True)
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    assert "/image/spacing" not in said(read(tmp_path / "seg.dcm", CT))
    dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = "5"
    dataset.save_as(tmp_path / "seg.dcm")
    assert said(read(tmp_path / "seg.dcm", CT))["/image/spacing"] == (
        "the file states 5 mm as SpacingBetweenSlices, and its planes lie 2.5 mm apart; their places hold"
    )


def finer(dataset: pydicom.Dataset) -> None:
    """Halve the pixels of a segmentation in its planes (PS3.3 A.51.5 allows it): the first centre is a quarter back."""
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns).repeat(2, 1).repeat(2, 2)
    dataset.Rows, dataset.Columns = pixels.shape[1:]
    dataset.PixelData = pack_bits(pixels.astype(np.uint8))
    (measures,) = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    between_rows, between_columns = (float(each) for each in measures.PixelSpacing)
    measures.PixelSpacing = [between_rows / 2, between_columns / 2]
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        x, y, z = (float(each) for each in frame.PlanePositionSequence[0].ImagePositionPatient)
        frame.PlanePositionSequence[0].ImagePositionPatient = [x - between_columns / 4, y - between_rows / 4, z]


def test_a_segmentation_on_a_finer_grid_than_its_source_is_said_with_both_and_its_planes_are_in_place(
    tmp_path: Path,
) -> None:
    dataset = pydicom.dcmread(SEG)
    assert list(dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient) == [
        *(1, 0, 0),
        *(0, 1, 0),
    ]
    finer(dataset)
    dataset.save_as(tmp_path / "seg.dcm")
    told = said(read(tmp_path / "seg.dcm", CT))
    assert "another grid than the image" in told["/image"]
    assert "shape [16, 12," in told["/image"]
    assert "shape [8, 6, 4]" in told["/image"]
    assert "/image/instances" not in told


def odd_one(folder: Path, **elements: Any) -> Path:
    shutil.copytree(CT, folder)
    file = sorted(folder.iterdir())[2]
    changed(file, file, **elements)
    return folder


@pytest.mark.parametrize("keyword", ["FrameOfReferenceUID", "StudyInstanceUID"])
def test_a_slice_of_another_study_or_frame_of_reference_is_refused_with_both_and_advice(
    keyword: str, tmp_path: Path
) -> None:
    source = images.open(odd_one(tmp_path / "ct", **{keyword: "1.2.3.4"}))
    with pytest.raises(ImageError, match=r"1\.2\.3\.4 in 0002\.dcm") as refused:
        _ = (source.grid, source.study_instance_uid, source.frame_of_reference_uid)
    assert_whole(refused.value)


def test_a_localizer_and_a_slice_without_a_place_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(GeometryError) as refused:
        _ = images.open(odd_one(tmp_path / "loc", ImageOrientationPatient=[0, 1, 0, 0, 0, -1])).grid
    assert_whole(refused.value)
    shutil.copytree(CT, tmp_path / "detector")
    for file in (tmp_path / "detector").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.ImagerPixelSpacing = dataset.PixelSpacing
        del dataset.PixelSpacing
        dataset.save_as(file)
    with pytest.raises(ImageError, match="ImagerPixelSpacing is measured at the detector") as refused_too:
        _ = images.open(tmp_path / "detector").grid
    assert_whole(refused_too.value)


def assert_whole(error: AnnoconvError) -> None:
    """An error names what was found, what is expected, and what to do."""
    assert error.found is not None
    assert error.expected is not None
    assert error.advice is not None


def test_a_segment_that_all_frames_share_and_an_unknown_way_of_making_are_told_apart(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(SEG)
    numbers = {
        f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in dataset.PerFrameFunctionalGroupsSequence
    }
    assert len(numbers) == 1
    shared = dataset.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        del frame.SegmentIdentificationSequence
    dataset.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence = shared
    dataset.SegmentSequence[0].SegmentAlgorithmType = "SOMEHOW"
    dataset.save_as(tmp_path / "seg.dcm")
    told = said(read(tmp_path / "seg.dcm", CT))
    assert not [path for path in told if "SegmentIdentificationSequence" in path], "the masks say it"
    assert told["/SegmentSequence/0/SegmentAlgorithmType"] == "it is none of AUTOMATIC, SEMIAUTOMATIC and MANUAL"
