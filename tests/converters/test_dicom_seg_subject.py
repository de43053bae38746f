"""Whose a segmentation is, of which study, of which instances, and what made it: there and back, judged by others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom
import pydicom
import pytest
from annoconv_converters._dicom.codes import code_item, concept_in
from annoconv_converters._dicom.texts import fit
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case
from annoconv.documents import strict_json
from annoconv.pixels import save_nifti
from annoconv.registry import Context
from annoconv.times import parse_timestamp, parse_timezone
from tests.cases import blob, grid_of, mask
from tests.converters.seg_cases import by_dcmqi
from tests.converters.test_dicom_seg import convert, loaded
from tests.peers import dciodvfy_errors

STUDY = {
    "study_id": "S7",
    "accession_number": "ACC-7",
    "started_at": "2026-03-01T08:30:00+08:00",
    "time_point": "week 12",
    "description": "CT abdomen",
}
SUBJECT = {"sex": "female", "age": "045Y", "height": 1.62, "weight": 61.5}
GRID = grid_of((14, 12, 6))
OF_THE_SOURCE = ("PatientID", "PatientSex", "StudyDate", "StudyTime", "StudyID", "TimezoneOffsetFromUTC")


def written(folder: Path, annotations: list[Any] | None = None, **rest: Any) -> LoadedCase:
    """Return a case on a series that says nothing of patient and study."""
    save_nifti(folder / "m.nii.gz", blob(GRID), GRID)
    case = loaded(folder, annotations or [mask("M1", "m.nii.gz")], GRID)
    for path in (folder / "images").iterdir():
        header = pydicom.dcmread(path)
        for keyword in OF_THE_SOURCE:
            if keyword in header:
                setattr(header, keyword, "")
        header.save_as(path)
    stated = strict_json.plain(case.case)
    uid = next(iter(instances(folder).values())).StudyInstanceUID
    stated["image"]["study_instance_uid"] = uid
    if "studies" in rest:
        rest["studies"] = [{"study_instance_uid": uid, **each} for each in rest["studies"]]
    (folder / "case.json").write_bytes(strict_json.dumps(stated | rest))
    return read_case(folder / "case.json")


def instances(folder: Path) -> dict[str, pydicom.Dataset]:
    """Return the headers of the source by SOPInstanceUID, by place along the normal."""
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in (folder / "images").iterdir()]
    return {each.SOPInstanceUID: each for each in sorted(headers, key=lambda one: one.ImagePositionPatient[2])}


def read(path: Path, **options: Any) -> Reading:
    (reading,) = registry.read([path], format="dicom-seg", **options)
    return reading


def test_patient_and_study_of_a_case_are_written_where_the_source_is_silent(tmp_path: Path) -> None:
    case = written(tmp_path, patient_id="P-001", subject=SUBJECT, studies=[STUDY])
    path = convert(case, tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    assert dciodvfy_errors(path) == []
    stated = {
        "PatientID": "P-001",
        "PatientIdentityRemoved": "YES",
        "PatientSex": "F",
        "PatientAge": "045Y",
        "PatientSize": 1.62,
        "PatientWeight": 61.5,
        "StudyDate": "20260301",
        "StudyTime": "083000",
        "TimezoneOffsetFromUTC": "+0800",
        "StudyID": "S7",
        "AccessionNumber": "ACC-7",
        "StudyDescription": "CT abdomen",
        "ClinicalTrialTimePointID": "week 12",
    }
    assert {keyword: header.get(keyword) for keyword in stated} == stated
    back = strict_json.plain(read(path).case)
    assert (back["patient_id"], back["subject"]) == ("P-001", SUBJECT)
    assert back["studies"] == [{"study_instance_uid": header.StudyInstanceUID, **STUDY}]


@pytest.mark.parametrize("days", [0.0, 84.5, -3.0])
def test_days_from_baseline_are_an_offset_of_the_trial_and_come_back(days: float, tmp_path: Path) -> None:
    study = {"description": "CT abdomen", "days_from_baseline": days}
    path = convert(written(tmp_path, studies=[study]), tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    assert dciodvfy_errors(path) == []
    assert header[0x0012, 0x0052].VR == "FD"
    assert (header[0x0012, 0x0052].value, header[0x0012, 0x0053].value) == (days, "BASELINE")
    back = strict_json.plain(read(path).case)
    assert back["studies"] == [{"study_instance_uid": header.StudyInstanceUID, **study}]


def test_days_from_another_event_are_a_loss_and_no_days_from_baseline(tmp_path: Path) -> None:
    path = convert(written(tmp_path), tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    header.StudyDescription = "CT abdomen"
    header.LongitudinalTemporalOffsetFromEvent, header.LongitudinalTemporalEventType = 12.0, "ENROLLMENT"
    header.save_as(path)
    reading = read(path)
    (study,) = strict_json.plain(reading.case)["studies"]
    assert "days_from_baseline" not in study
    assert {"/LongitudinalTemporalOffsetFromEvent", "/LongitudinalTemporalEventType"} <= reading.losses.paths()


def test_what_the_source_says_of_the_patient_stays_and_the_case_comes_back_with_its_own(tmp_path: Path) -> None:
    case = written(tmp_path, patient_id="P-001", subject=SUBJECT)
    for path in (tmp_path / "images").iterdir():
        header = pydicom.dcmread(path)
        header.PatientID, header.PatientSex = "ARCHIVE-9", "M"
        header.save_as(path)
    report = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "images"])
    assert {"/patient_id", "/subject/sex"} <= report.paths()
    written_again = pydicom.dcmread(tmp_path / "seg.dcm")
    assert (written_again.PatientID, written_again.PatientSex) == ("ARCHIVE-9", "M")
    assert b"ARCHIVE-9" not in bytes(written_again[0x4143, 0x1001].value.encode())
    back = read(tmp_path / "seg.dcm").case
    assert (back.patient_id, back.subject) == (case.case.patient_id, case.case.subject)


def test_a_case_that_says_nothing_of_the_patient_comes_back_so(tmp_path: Path) -> None:
    save_nifti(tmp_path / "m.nii.gz", blob(GRID), GRID)
    case = loaded(tmp_path, [mask("M1", "m.nii.gz")], GRID)
    path = convert(case, tmp_path / "seg.dcm")
    back = read(path).case
    assert (back.patient_id, back.subject, back.studies, back.image.instances) == (None, None, None, None)
    header = pydicom.dcmread(path)
    assert header.PatientID == "SYNTHETIC"
    assert "SYNTHETIC" not in header[0x4143, 0x1001].value


def test_instances_are_those_of_the_source_in_the_order_of_its_slices(tmp_path: Path) -> None:
    case = written(tmp_path)
    expected = list(instances(tmp_path))
    path = convert(case, tmp_path / "seg.dcm")
    header = pydicom.dcmread(path)
    header.Manufacturer = "another"
    del header[0x4143, 0x0010], header[0x4143, 0x1001]
    header.save_as(tmp_path / "foreign.dcm")
    found = read(tmp_path / "foreign.dcm").case.image.instances or ()
    assert [each.sop_instance_uid for each in found] == expected
    assert {each.sop_class_uid for each in found} == {"1.2.840.10008.5.1.4.1.1.2"}
    references = header.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    header.ReferencedSeriesSequence[0].ReferencedInstanceSequence = [*references[2:], *references[:2]]
    header.save_as(tmp_path / "shuffled.dcm")
    shuffled = read(tmp_path / "shuffled.dcm").case.image
    assert shuffled.shape == [14, 12, 4], "from the first frame to the last"
    assert [each.sop_instance_uid for each in shuffled.instances or ()] == expected[1:5]


def test_instances_that_a_case_names_come_back(tmp_path: Path) -> None:
    case = written(tmp_path)
    named = [
        {"sop_instance_uid": uid, "sop_class_uid": header.SOPClassUID} for uid, header in instances(tmp_path).items()
    ]
    stated = strict_json.plain(case.case)
    stated["image"]["instances"] = named
    (tmp_path / "case.json").write_bytes(strict_json.dumps(stated))
    path = tmp_path / "seg.dcm"
    report = registry.write([read_case(tmp_path / "case.json")], path, format="dicom-seg", images=[tmp_path / "images"])
    assert not any("instances" in each for each in report.paths())
    assert strict_json.plain(read(path).case.image)["instances"] == named


AGENT = {
    "id": "MODEL_1",
    "kind": "device",
    "roles": ["model"],
    "algorithm": {
        "name": "nodule-net",
        "version": "3.1",
        "manufacturer": "Example Labs",
        "family": {"code": "122447", "scheme": "DCM", "meaning": "Region Growing"},
        "parameters": {"threshold": 0.5, "classes": ["solid", "part-solid"]},
    },
}


def test_the_algorithm_of_the_agent_who_made_a_segment_is_told_and_read(tmp_path: Path) -> None:
    made = [
        mask("M1", "m.nii.gz", algorithm_type="automatic", annotator="MODEL_1"),
        mask("M2", "m.nii.gz", "SPLEEN", algorithm_type="manual"),
        mask("M3", "m.nii.gz", "KIDNEY_LEFT", algorithm_type="automatic_confirmed", annotator="MODEL_1"),
    ]
    metadata = {"annotator": "A1", "version": "v1.0", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    case = written(tmp_path, made, metadata={**metadata, "agents": [AGENT]})
    path = convert(case, tmp_path / "seg.dcm", plain=True)
    assert dciodvfy_errors(path) == []
    by_highdicom = highdicom.seg.segread(path)
    told = by_highdicom.get_segment_description(1).algorithm_identification
    assert told is not None
    assert (told.name, told.version, told.source) == ("nodule-net", "3.1", "Example Labs")
    assert (told.family.value, told.family.scheme_designator) == ("122447", "DCM")
    assert told.parameters == {"threshold": "0.5", "classes": '["solid"%2C"part-solid"]'}
    assert [each.SegmentAlgorithmType for each in pydicom.dcmread(path).SegmentSequence] == [
        "AUTOMATIC",
        "MANUAL",
        "SEMIAUTOMATIC",
    ]
    by_dcmqi(path, tmp_path / "dcmqi", GRID)
    back = strict_json.plain(read(path).case)
    (agent,) = back["metadata"]["agents"]
    assert {key: value for key, value in agent.items() if key != "id"} == {
        key: value for key, value in AGENT.items() if key != "id"
    }
    assert [each.get("annotator") for each in back["annotations"]] == [agent["id"], None, agent["id"]]
    again = read(convert(case, tmp_path / "carried.dcm")).case
    assert strict_json.plain(again) == strict_json.plain(case.case)


PARAMETERS: dict[str, tuple[Any, str]] = {
    "number": (0.25, "0.25"),
    "text that is a number": ("0.25", '"0.25"'),
    "whole": (3, "3"),
    "truth": (True, "true"),
    "text": ("dice", "dice"),
    "with, comma = sign": ("a,b=c%d", "a%2Cb%3Dc%25d"),
    "end ": (" both ", "%20both%20"),
    "lines": ("a\nb\\c", "a%0Ab%5Cc"),
    "列表": ([128, 128], "[128%2C128]"),
    "empty": ("", ""),
}
"""Values, and how they stand in the text, written by hand."""


def test_parameters_of_every_kind_are_read_by_highdicom_and_come_back(tmp_path: Path) -> None:
    agent = {
        **AGENT,
        "algorithm": {"name": "net", "parameters": {key: value for key, (value, _) in PARAMETERS.items()}},
    }
    made = [mask("M1", "m.nii.gz", algorithm_type="automatic", annotator="MODEL_1")]
    metadata = {"annotator": "A1", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}, "agents": [agent]}
    path = convert(written(tmp_path, made, metadata=metadata), tmp_path / "seg.dcm", plain=True)
    told = highdicom.seg.segread(path).get_segment_description(1).algorithm_identification
    assert told is not None
    names = {"with, comma = sign": "with%2C comma %3D sign", "end ": "end%20"}
    assert told.parameters == {names.get(key, key): text for key, (_, text) in PARAMETERS.items()}
    (back,) = strict_json.plain(read(path).case)["metadata"]["agents"]
    assert back["algorithm"]["parameters"] == agent["algorithm"]["parameters"]
    assert dciodvfy_errors(path) == []


@pytest.mark.parametrize(
    "words",
    [
        "threshold=0.5",
        "a=b,c=01",
        "a=1,a=2",
        "a=50%",
        "a=1, b=2",
        '{ "spaced": 1 }',
        '{"threshold":1}',
        "a=null",
        "words",
    ],
)
def test_parameters_in_words_of_their_own_come_back_to_the_letter(words: str, tmp_path: Path) -> None:
    path = convert(written(tmp_path), tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    header.Manufacturer = "another"
    segment = header.SegmentSequence[0]
    segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = "AUTOMATIC", "grower"
    algorithm = pydicom.Dataset()
    algorithm.AlgorithmName, algorithm.AlgorithmVersion, algorithm.AlgorithmParameters = "grower", "1", words
    family = pydicom.Dataset()
    family.CodeValue, family.CodingSchemeDesignator, family.CodeMeaning = "123110", "DCM", "Artificial Intelligence"
    algorithm.AlgorithmFamilyCodeSequence = [family]
    segment.SegmentationAlgorithmIdentificationSequence = [algorithm]
    header.save_as(path)
    reading = read(path)
    assert [agent.id for agent in reading.case.metadata.agents or ()] == ["grower 1"]
    assert not any("Algorithm" in loss for loss in reading.losses.paths())
    registry.write(
        [LoadedCase(reading.case, reading.masks)],
        tmp_path / "again.dcm",
        format="dicom-seg",
        images=[tmp_path / "images"],
        context=Context(timestamp=parse_timestamp("2026-01-08T09:40:00+08:00")),
    )
    again = pydicom.dcmread(tmp_path / "again.dcm").SegmentSequence[0]
    assert again.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters == words


def test_a_study_begins_in_the_zone_that_the_file_or_the_request_names(tmp_path: Path) -> None:
    path = convert(written(tmp_path, studies=[STUDY]), tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    header.Manufacturer = "another"
    del header.TimezoneOffsetFromUTC
    header.save_as(path)
    silent = read(path)
    assert strict_json.plain(silent.case)["studies"][0].get("started_at") is None
    assert {"/StudyDate", "/StudyTime"} <= silent.losses.paths()
    told = read(path, context=Context(task="T", timezone=parse_timezone("+08:00")))
    assert strict_json.plain(told.case)["studies"][0]["started_at"] == STUDY["started_at"]
    assert not {"/StudyDate", "/StudyTime"} & told.losses.paths()


@pytest.mark.parametrize("keyword", ["PatientID", "PatientAge", "PatientWeight", "PatientSex"])
def test_what_is_no_value_of_the_model_is_left_and_named(keyword: str, tmp_path: Path) -> None:
    path = convert(written(tmp_path, patient_id="P", subject=SUBJECT), tmp_path / "seg.dcm", plain=True)
    header = pydicom.dcmread(path)
    header.Manufacturer = "another"
    values = {"PatientID": "a\\b", "PatientAge": "45", "PatientWeight": "0", "PatientSex": "X"}
    header.add(pydicom.DataElement(keyword, header[keyword].VR, values[keyword], validation_mode=config.IGNORE))
    header.save_as(path)
    assert any(each.startswith(f"/{keyword}") for each in read(path).losses.paths())


STATED = {
    "EthnicGroup": "e",
    "PatientComments": "c",
    "Occupation": "o",
    "AdmissionID": "A1",
    "PatientState": "s",
    "MedicalAlerts": "m",
    "OtherPatientIDs": "X2",
}
OF_FORMER_FORM = {
    "StudyDate": ("2020.01.02", "20200102"),
    "PatientBirthDate": ("1950.01.01", "19500101"),
    "StudyTime": ("10:11:12.5", "101112.5"),
    "PatientAge": ("45Y", "045Y"),
}
"""Forms of ACR-NEMA that PS3.5 6.2 tells of, and an age without its zero, in the form of today."""


def of_a_source(folder: Path, **elements: str) -> tuple[LoadedCase, Path]:
    """Return a case that says nothing of the patient, and its series, which states these elements."""
    save_nifti(folder / "m.nii.gz", blob(GRID), GRID)
    case = loaded(folder, [mask("M1", "m.nii.gz")], GRID)
    for path in (folder / "images").iterdir():
        header = pydicom.dcmread(path)
        for keyword, value in elements.items():
            tag, data = Tag(keyword), (value + " " * (len(value) % 2)).encode()
            header[tag] = RawDataElement(tag, dictionary_VR(tag), len(data), data, 0, False, True)
        header.save_as(path)
    return case, folder / "images"


def test_all_that_a_source_says_of_patient_and_study_is_the_segmentations_too(tmp_path: Path) -> None:
    former = {keyword: value for keyword, (value, _) in OF_FORMER_FORM.items()}
    case, series = of_a_source(tmp_path, **STATED, **former)
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series], plain=True)
    header = pydicom.dcmread(tmp_path / "seg.dcm")
    expected = STATED | {keyword: value for keyword, (_, value) in OF_FORMER_FORM.items()}
    assert {keyword: str(header.get(keyword)) for keyword in expected} == expected
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    assert "/image" not in losses.paths()


def test_what_of_a_source_is_no_value_is_named_by_element_and_never_by_value(tmp_path: Path) -> None:
    case, series = of_a_source(tmp_path, PatientSex="male", PatientSize="1,75", EthnicGroup="x" * 17)
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series])
    told = [loss.message for loss in losses if loss.path == "/image"]
    for keyword in ("PatientSex", "PatientSize", "EthnicGroup"):
        assert any(each.startswith(f"{keyword} of the source is no value") for each in told)
    assert not any("male" in each or "1,75" in each for each in told)
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []


def test_a_source_that_says_identity_was_removed_and_not_how_gives_a_valid_file_with_a_word(tmp_path: Path) -> None:
    case, series = of_a_source(tmp_path, PatientIdentityRemoved="YES")
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series])
    assert pydicom.dcmread(tmp_path / "seg.dcm").DeidentificationMethod == "unspecified"
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    assert any("DeidentificationMethod" in loss.message for loss in losses if loss.path == "/image")


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("A=B=C=D", "A=B=C-D"),
        ("", ""),
    ],
)
def test_a_name_has_up_to_three_component_groups(name: str, stated: str) -> None:
    assert fit("PN", name) == stated, "PS3.5 6.2.1.1"
    assert fit("PN", "x" * 70 + "=" + "y" * 70) == "x" * 64 + "=" + "y" * 64


def test_a_urn_is_a_code_without_a_scheme() -> None:
    stated = pydicom.Dataset()
    stated.URNCodeValue, stated.CodeMeaning = "urn:oid:1.2.3", "thing"
    above = pydicom.Dataset()
    above.SegmentedPropertyTypeCodeSequence = [stated]
    concept = concept_in(above, "SegmentedPropertyTypeCodeSequence")
    assert concept is not None
    assert code_item(concept) == stated, "PS3.3 8.8: no CodeValue, and no designator that nobody gave it"
