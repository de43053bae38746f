"""`annoconv check-links`: sets that say nothing, and every kind of fault planted in them, found only there."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pydicom
import pytest
from annoconv_converters.check_links import check
from annoconv_converters.check_links.instances import read_instance

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.cli import main
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.limits import Limits
from annoconv.pixels import save_nifti
from tests import peers
from tests.cases import blob, concept, document, grid_of, make, mask, series
from tests.converters.test_dicom_sr_ultrasound import thyroid
from tests.real_data import real

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

NODULE = {"category": "lesion", "label_code": "NODULE"}
LENGTH = {"concept": concept("410668003", "SCT", "Length"), "value": 12.5, "unit": "mm"}
UID = "1.2.840.99999.77.1"


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = main(["check-links", "--json", *map(str, arguments)])
    return code, list(json.loads(capsys.readouterr().out)["findings"])


# --- the sets


def write_set(folder: Path) -> Path:
    """Write a series of CT, a segmentation of two objects, and a report of these, of a box and of a box in space."""
    folder.mkdir(parents=True)
    grid = grid_of((24, 20, 6))
    image = series(folder, grid, "linked")
    save_nifti(folder / "a.nii.gz", blob(grid), grid)
    save_nifti(folder / "b.nii.gz", blob(grid, shift=2.0), grid)
    drawn = [
        mask("A", "a.nii.gz", measurements=[LENGTH]),
        mask("B", "b.nii.gz", "SPLEEN"),
        {"id": "C", **NODULE, "type": "bbox", "bbox": [3.0, 4.0, 10.5, 12.0], "slice_index": 2},
        {"id": "D", **NODULE, "type": "point", "point": [3.0, 4.0, 2.5]},
    ]
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, drawn)))
    study = folder / "study"
    registry.write(
        [read_case(folder / "case.json")], study, format="dicom-sr", images=[folder / "images"], seg=True, viewer="ohif"
    )
    shutil.move(folder / "images", study / "images")
    return study


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("clean") / "set")


def test_a_whole_study_says_nothing(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-links", str(clean)]) == 0
    assert capsys.readouterr().err == "0 errors, 0 warnings (2 annotation files, 6 others)\n"


@pytest.mark.parametrize(
    "name", ["axial", "sagittal", "oblique", "label_map", "every_geometry", "follow_up", "readers"]
)
def test_sets_of_the_zoo_say_nothing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = make(name, tmp_path / "case")
    written = tmp_path / "study"
    registry.write([read_case(case.path)], written, format="dicom-sr", images=case.images, seg=True)
    assert told(capsys, written, *case.images) == (0, [])


def test_frames_of_ultrasound_say_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = thyroid(tmp_path / "us")
    registry.write([loaded], tmp_path / "us" / "images" / "sr.dcm", format="dicom-sr", images=[tmp_path / "us/images"])
    assert told(capsys, tmp_path / "us" / "images") == (0, [])


@pytest.mark.parametrize("kind", ["binary", "labelmap", "fractional"])
def test_each_kind_of_segmentation_says_nothing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = make("label_map", tmp_path / "case")
    target = tmp_path / "seg.dcm"
    registry.write(
        [read_case(case.path)], target, format="dicom-seg", images=case.images, type=kind, compress="deflate"
    )
    assert told(capsys, target, *case.images) == (0, [])


# --- the faults


def seg(study: Path) -> Path:
    return next(study.glob("*_seg.dcm"))


def report(study: Path) -> Path:
    return next(each for each in study.glob("*.dcm") if not each.name.endswith("_seg.dcm"))


def slices(study: Path) -> list[Path]:
    return sorted((study / "images").iterdir(), key=lambda path: float(pydicom.dcmread(path).ImagePositionPatient[2]))


def edit(path: Path, change: Callable[[Dataset], object]) -> Path:
    dataset = pydicom.dcmread(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change(dataset)
        dataset.save_as(path)
    return path


def group(dataset: Dataset, number: int = 0) -> Dataset:
    """Return a measurement group of a report."""
    (measured,) = (each for each in dataset.ContentSequence if each.ConceptNameCodeSequence[0].CodeValue == "126010")
    return measured.ContentSequence[number]


def item(parent: Dataset, code: str) -> Dataset:
    """Return the first content item of a concept name."""
    return next(
        each
        for each in parent.ContentSequence
        if "ConceptNameCodeSequence" in each and each.ConceptNameCodeSequence[0].CodeValue == code
    )


def segment_of(dataset: Dataset, number: int = 0) -> Dataset:
    return item(group(dataset, number), "121191").ReferencedSOPSequence[0]


def put(one: Dataset, **values: Any) -> None:
    for keyword, value in values.items():
        setattr(one, keyword, value)


def region_image(dataset: Dataset) -> Dataset:
    return item(group(dataset, 2), "111030").ContentSequence[0].ReferencedSOPSequence[0]


def evidence(dataset: Dataset) -> Dataset:
    """Return the entry of the images in the evidence of a report."""
    return max(
        dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence,
        key=lambda each: len(each.ReferencedSOPSequence),
    )


def evidence_of_segmentation(dataset: Dataset) -> Dataset:
    return min(
        dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence,
        key=lambda each: len(each.ReferencedSOPSequence),
    )


def frame_source(dataset: Dataset, frame: int = 0) -> Dataset:
    return dataset.PerFrameFunctionalGroupsSequence[frame].DerivationImageSequence[0].SourceImageSequence[0]


def shift(dataset: Dataset) -> None:
    place = dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    x, y, z = place.ImagePositionPatient
    place.ImagePositionPatient = [x, y, float(z) + 3.0]


class Fault(NamedTuple):
    """A fault: what is done to the set, which file is blamed, by which rules, and where the first of them stands."""

    plant: Callable[[Path], object]
    blamed: Callable[[Path], Path]
    rules: set[str]
    place: str


def in_seg(change: Callable[[Dataset], object]) -> Callable[[Path], object]:
    return lambda study: edit(seg(study), change)


def in_report(change: Callable[[Dataset], object]) -> Callable[[Path], object]:
    return lambda study: edit(report(study), change)


def first(study: Path) -> Path:
    return sorted((study / "images").iterdir())[0]


def last(study: Path) -> Path:
    return sorted((study / "images").iterdir())[-1]


SERIES = "ReferencedSeriesSequence/0"
FRAMES = "/PerFrameFunctionalGroupsSequence"
FAULTS: dict[str, Fault] = {
    "a slice is missing for the segmentation": Fault(
        lambda study: (slices(study)[3].unlink(), report(study).unlink()),
        seg,
        {"missing"},
        "ReferencedInstanceSequence/",
    ),
    "the segmentation is missing": Fault(lambda study: seg(study).unlink(), report, {"missing"}, "Evidence"),
    "the series is missing": Fault(
        lambda study: (shutil.rmtree(study / "images"), report(study).unlink()), seg, {"missing"}, SERIES
    ),
    "the class of the segmentation is another": Fault(
        in_report(lambda told: put(segment_of(told), ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.66.7")),
        report,
        {"class"},
        "ReferencedSOPClassUID",
    ),
    "the series of the images is another": Fault(
        in_report(lambda told: put(evidence(told), SeriesInstanceUID=UID)), report, {"series_of"}, "Evidence"
    ),
    "the study in the evidence is another": Fault(
        in_report(lambda told: put(told.CurrentRequestedProcedureEvidenceSequence[0], StudyInstanceUID=UID)),
        report,
        {"study_of"},
        "Evidence",
    ),
    "the series in the segmentation is another": Fault(
        in_seg(lambda told: put(told.ReferencedSeriesSequence[0], SeriesInstanceUID=UID)),
        seg,
        {"series_of", "source"},
        SERIES,
    ),
    "the report is of another study": Fault(
        in_report(lambda told: put(told, StudyInstanceUID=UID)), report, {"study"}, "/StudyInstanceUID"
    ),
    "the segmentation is of another study": Fault(
        lambda study: (edit(seg(study), lambda told: put(told, StudyInstanceUID=UID)), report(study).unlink()),
        seg,
        {"study", "study_of"},
        "/ReferencedSeriesSequence",
    ),
    "the report is of another patient": Fault(
        in_report(lambda told: put(told, PatientID="SOMEBODY")), report, {"patient"}, "/PatientID"
    ),
    "a region is on a frame that there is not": Fault(
        in_report(lambda told: put(region_image(told), ReferencedFrameNumber=7)),
        report,
        {"frame"},
        "ReferencedFrameNumber",
    ),
    "a segment is named that there is not": Fault(
        in_report(lambda told: put(segment_of(told), ReferencedSegmentNumber=9)),
        report,
        {"segment"},
        "ReferencedSegmentNumber",
    ),
    "a segment of an image": Fault(
        in_report(
            lambda told: put(
                segment_of(told),
                ReferencedSOPInstanceUID=region_image(told).ReferencedSOPInstanceUID,
                ReferencedSOPClassUID=region_image(told).ReferencedSOPClassUID,
            )
        ),
        report,
        {"segment"},
        "ReferencedSegmentNumber",
    ),
    "no segment is named": Fault(
        in_report(lambda told: segment_of(told).__delitem__("ReferencedSegmentNumber")),
        report,
        {"segment"},
        "ReferencedSOPSequence/0",
    ),
    "the number is that of another object": Fault(
        in_report(lambda told: put(segment_of(told), ReferencedSegmentNumber=2)), report, {"tracking"}, "/UID"
    ),
    "the frames are those of another segment": Fault(
        in_report(lambda told: put(segment_of(told, 1), ReferencedFrameNumber=1)),
        report,
        {"segment"},
        "ReferencedFrameNumber",
    ),
    "the tracking UID is another": Fault(
        in_report(lambda told: put(item(group(told), "112040"), UID=UID)), report, {"tracking"}, "/UID"
    ),
    "the tracking UID is none": Fault(
        in_report(lambda told: put(item(group(told, 2), "112040"), UID="abc")), report, {"uid"}, "/UID"
    ),
    "the segment has no tracking UID": Fault(
        in_seg(lambda told: told.SegmentSequence[0].__delitem__("TrackingUID")), report, {"tracking"}, "/UID"
    ),
    "the tracking identifier is another": Fault(
        in_report(lambda told: put(item(group(told), "112039"), TextValue="Z")), report, {"tracking"}, "/UID"
    ),
    "two segments have one tracking UID": Fault(
        lambda study: (
            edit(
                seg(study), lambda told: put(told.SegmentSequence[1], TrackingUID=told.SegmentSequence[0].TrackingUID)
            ),
            report(study).unlink(),
        ),
        seg,
        {"tracking"},
        "/SegmentSequence/1/TrackingUID",
    ),
    "two segments have one number": Fault(
        lambda study: (
            edit(seg(study), lambda told: put(told.SegmentSequence[1], SegmentNumber=1)),
            report(study).unlink(),
        ),
        seg,
        {"segment"},
        f"{FRAMES}/",
    ),
    "a frame shows a segment that is not described": Fault(
        in_seg(
            lambda told: put(
                told.PerFrameFunctionalGroupsSequence[-1].SegmentIdentificationSequence[0], ReferencedSegmentNumber=5
            )
        ),
        seg,
        {"segment"},
        f"{FRAMES}/",
    ),
    "frames are not as many as their descriptions": Fault(
        in_seg(lambda told: told.PerFrameFunctionalGroupsSequence.pop()), seg, {"frame"}, "/NumberOfFrames"
    ),
    "a frame is of an instance that is in no list": Fault(
        in_seg(lambda told: told.ReferencedSeriesSequence[0].ReferencedInstanceSequence.pop(2)),
        seg,
        {"evidence"},
        f"{FRAMES}/",
    ),
    "a segmentation is in no list": Fault(
        in_report(
            lambda told: told.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence.remove(
                evidence_of_segmentation(told)
            )
        ),
        report,
        {"evidence"},
        "/ContentSequence/",
    ),
    "the segmentation is in another frame of reference": Fault(
        in_seg(lambda told: put(told, FrameOfReferenceUID=UID)), seg, {"frame_of_reference"}, "/FrameOfReferenceUID"
    ),
    "coordinates are in another frame of reference": Fault(
        in_report(lambda told: put(group(told, 3).ContentSequence[-1], ReferencedFrameOfReferenceUID=UID)),
        report,
        {"frame_of_reference"},
        "ReferencedFrameOfReferenceUID",
    ),
    "the library names another frame of reference": Fault(
        in_report(lambda told: put(item(item(item(told, "111028"), "126200"), "112227"), UID=UID)),
        report,
        {"frame_of_reference"},
        "/UID",
    ),
    "the source series is another": Fault(
        in_report(lambda told: put(item(group(told), "121232"), UID=UID)), report, {"source"}, "/ContentSequence/"
    ),
    "a frame lies on another slice than its source": Fault(in_seg(shift), seg, {"plane"}, f"{FRAMES}/1/"),
    "points lie outside the image": Fault(
        in_report(
            lambda told: put(
                item(group(told, 2), "111030"), GraphicData=[300.0, 4.0, 310.0, 4.0, 310.0, 12.0, 300.0, 4.0]
            )
        ),
        report,
        {"region"},
        "GraphicData",
    ),
    "coordinates are on no image": Fault(
        in_report(lambda told: item(group(told, 2), "111030").__delitem__("ContentSequence")),
        report,
        {"region"},
        "/ContentSequence/",
    ),
    "a slice has the UID of another": Fault(
        lambda study: (
            shutil.copy(first(study), study / "images" / "zz_copy.dcm"),
            report(study).unlink(),
            seg(study).unlink(),
            put_spare(study),
        ),
        last,
        {"twice"},
        "/SOPInstanceUID",
    ),
    "slices of one series differ in frame of reference": Fault(
        lambda study: (edit(last(study), lambda told: put(told, FrameOfReferenceUID=UID)), report(study).unlink()),
        last,
        {"series"},
        "/FrameOfReferenceUID",
    ),
}


def put_spare(study: Path) -> None:
    """Put the segmentation back, as it was."""
    shutil.copy(study.parent / "spare.dcm", study / "spare.dcm")


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_there(
    name: str, clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = FAULTS[name]
    study = tmp_path / "study"
    shutil.copytree(clean, study)
    shutil.copy(seg(clean), tmp_path / "spare.dcm")
    fault.plant(study)
    code, findings = told(capsys, study)
    blamed = str(fault.blamed(study))
    own = [each for each in findings if each["source"] == blamed]
    assert {each["rule"].removeprefix("links.") for each in findings} == fault.rules
    assert own, findings
    assert any(fault.place in each["path"] for each in own), [each["path"] for each in own]
    assert all("; found " in each["message"] and "; expected " in each["message"] for each in findings)
    assert code == int(any(each["level"] == "error" for each in findings))


def test_a_segment_that_no_frame_shows_is_a_warning(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(clean, tmp_path / "study")

    def empty(dataset: Dataset) -> None:
        for each in dataset.PerFrameFunctionalGroupsSequence:
            each.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 1

    edit(seg(study), empty)
    code, findings = told(capsys, study)
    assert (code, {(each["rule"], each["level"]) for each in findings}) == (0, {("links.segment", "warning")})


def test_an_item_that_is_named_by_its_position_must_be_there(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(clean, tmp_path / "study")

    def refer(dataset: Dataset, *position: int) -> None:
        by_reference = pydicom.Dataset()
        by_reference.RelationshipType, by_reference.ReferencedContentItemIdentifier = "INFERRED FROM", [*position]
        item(group(dataset), "410668003").ContentSequence = [by_reference]

    edit(report(study), lambda dataset: refer(dataset, 1, len(dataset.ContentSequence), 1, 1))
    assert told(capsys, study) == (0, [])
    edit(report(study), lambda dataset: refer(dataset, 1, len(dataset.ContentSequence), 1, 99))
    code, (finding,) = told(capsys, study)
    assert (code, finding["rule"]) == (1, "links.item")
    assert finding["path"].endswith("/ReferencedContentItemIdentifier")


def test_an_identical_copy_is_a_warning_and_a_changed_one_an_error(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(clean, tmp_path / "study")
    copy = Path(shutil.copy(first(study), study / "images" / "zz.dcm"))
    code, findings = told(capsys, study)
    assert (code, [each["level"] for each in findings]) == (0, ["warning"])
    edit(copy, lambda dataset: put(dataset, InstanceNumber=99))
    code, findings = told(capsys, study)
    assert (code, [(each["source"], each["level"]) for each in findings]) == (1, [(str(copy), "error")])


@pytest.mark.parametrize("option", ["+ti", "+tb", "+td"])
def test_the_encoding_changes_nothing(
    option: str, clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Implicit, big endian and deflated, as dcmtk writes them."""
    study = shutil.copytree(clean, tmp_path / "study")
    edit(report(study), lambda dataset: put(item(group(dataset), "112040"), UID=UID))
    for path in (seg(study), report(study), *slices(study)):
        answer = peers.run("dcmconv", option, path, path)
        assert answer.returncode == 0, answer.stderr
    code, (finding,) = told(capsys, study)
    assert (code, finding["rule"]) == (1, "links.tracking")


# --- what others wrote, and what is no study


def test_a_foreign_report_without_its_series_and_without_tracking_in_its_segment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, findings = told(capsys, real("sr/dcmqi_tid1500/sr.dcm").parent)
    assert code == 1
    assert [(each["rule"], Path(each["source"]).name, each["level"]) for each in findings] == [
        ("links.missing", "seg.dcm", "error"),
        ("links.tracking", "sr.dcm", "warning"),
        ("links.missing", "sr.dcm", "error"),
    ]


@pytest.mark.parametrize("name", ["seg/highdicom_ct", "seg/dcmqi_liver_triple", "seg/dcmqi_partial_overlaps"])
def test_foreign_segmentations_agree_with_what_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, findings = told(capsys, real(name))
    assert {each["rule"] for each in findings} <= {"links.missing"}


def test_a_structure_set_in_a_frame_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """rt-utils makes a new frame of reference and refers to the slices of another."""
    code, findings = told(capsys, real("rtstruct/rt_utils"))
    assert code == 1
    assert {each["rule"] for each in findings} == {"links.frame_of_reference"}


def test_a_damaged_file_is_named_and_the_others_are_checked(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(clean, tmp_path / "study")
    (study / "torn.dcm").write_bytes(report(clean).read_bytes()[:4001])
    (study / "notes.txt").write_text("no DICOM")
    (study / "empty.dcm").write_bytes(b"")
    code, findings = told(capsys, study)
    assert (code, [(each["rule"], Path(each["source"]).name) for each in findings]) == (
        1,
        [("not_checked", "torn.dcm")],
    )
    assert main(["check-links", str(study)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "0 errors, 0 warnings, 1 of 9 inputs not checked"


def test_any_byte_may_be_wrong(clean: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    for path in (report(clean), seg(clean)):
        data = path.read_bytes()
        for at, value in zip(random.integers(132, 6000, 300), random.integers(0, 256, 300), strict=True):
            torn = tmp_path / path.name
            torn.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
            with suppress(InputError):
                one = read_instance(torn, Limits())
                assert all(finding.path for _, finding in check([one] if one else []))


def test_a_folder_without_annotations_is_refused(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-links", str(clean / "images")]) == 1
    told_to_people = capsys.readouterr().err
    assert "neither a segmentation nor a report" in told_to_people
    assert "found 6 DICOM files of other kinds" in told_to_people
    assert main(["check-links", "--lang", "zh", str(clean / "images")]) == 1
    assert "既没有分割" in capsys.readouterr().err


def test_a_finding_tells_nobodys_name_and_speaks_chinese(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(clean, tmp_path / "study")
    edit(report(study), lambda dataset: put(dataset, PatientID="SECRET", PatientName="Secret^One"))
    assert main(["check-links", "--lang", "zh", str(study)]) == 1
    told_to_people = capsys.readouterr().err
    assert "ecret" not in told_to_people.lower()
    assert "另一位患者" in told_to_people
