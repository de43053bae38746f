"""`annoconv check-fhir`: files, folders, lines, releases, images, and what is no FHIR at all."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from annoconv_converters.check_fhir import check, release_of
from annoconv_converters.check_fhir.files import check_file

from annoconv.cli import main
from annoconv.errors import LimitError
from annoconv.limits import Limits
from tests.converters.check_fhir.resources import OBSERVATION, PATIENT, SELECTION_R4B, SERIES, STUDY, uuid
from tests.real_data import real

GOOD = json.dumps(OBSERVATION)
BAD = GOOD.replace('"final"', '"banana"')


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    code = main(["check-fhir", "--json", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def places(answer: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["case_index"], each["path"], each["rule"]) for each in answer["findings"]]


def test_a_valid_file_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "o.json").write_text(GOOD)
    assert main(["check-fhir", str(tmp_path / "o.json")]) == 0
    assert capsys.readouterr().err == "0 errors, 0 warnings (FHIR R5)\n"


def test_a_finding_names_the_place_what_was_found_what_was_expected_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "o.json"
    entry = {"fullUrl": uuid(1), "resource": STUDY | {"status": "banana"}}
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry]}))
    assert main(["check-fhir", str(path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        f"{path}: /entry/0/resource/status: error: Bundle.entry[0].resource.status: the code is not in the value set "
        "http://hl7.org/fhir/ValueSet/imagingstudy-status; found banana; expected one of available, cancelled, "
        "entered-in-error, registered, unknown. [fhir.code]"
    )
    assert main(["check-fhir", "--lang", "zh", str(path)]) == 1
    assert "该代码不在值集" in capsys.readouterr().err


def test_each_line_is_a_resource_and_a_bad_one_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Observation.ndjson"
    path.write_text("\n".join([GOOD, "", BAD, "{", '{"resourceType": "Patient", "id": "a", "id": "b"}', BAD]))
    code, answer = told(capsys, path)
    assert code == 1
    assert places(answer) == [
        (1, "/status", "fhir.code"),
        (2, "", "schema.invalid"),
        (3, "", "schema.invalid"),
        (4, "/status", "fhir.code"),
    ]


def test_a_folder_is_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Observation.ndjson").write_text(GOOD + "\n" + BAD)
    (tmp_path / "bundle.json").write_text(json.dumps(PATIENT))
    (tmp_path / "notes.txt").write_text("")
    code, answer = told(capsys, tmp_path)
    assert code == 1
    assert places(answer) == [(1, "/status", "fhir.code")]
    assert sorted(Path(each).name for each in answer["releases"]) == ["Observation.ndjson", "bundle.json"]


def test_the_release_is_told_by_the_content_or_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release_of(SELECTION_R4B | {"created": "2026-03-10", "author": {"display": "x"}}) == "R5"  # in both
    study = real("fhir/r4") / "ImagingStudy-example.json"
    selection = tmp_path / "s.json"
    selection.write_text(json.dumps(STUDY))
    code, answer = told(capsys, study, selection)
    assert (code, list(answer["releases"].values())) == (0, ["R4B", "R5"])
    assert told(capsys, "--release", "R5", study)[0] == 1
    assert told(capsys, "--release", "R4B", selection)[0] == 1


@pytest.mark.parametrize("name", sorted(["Observation-656.json", "Provenance-example.json", "Media-xray.json"]))
def test_real_r4_files_are_valid_in_r4b(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--release", "R4B", real("fhir/r4") / name)[0] == 0


def test_content_of_r4_in_a_file_of_r5_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    path = real("fhir/r5_invalid") / "bodystructure-example-fetus.json"
    code, answer = told(capsys, "--release", "R5", path)
    assert code == 1
    assert places(answer) == [(0, "", "fhir.missing"), (0, "/location", "fhir.element")]


def test_regions_lie_inside_the_images_that_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pydicom

    slice_ = next(
        path for path in sorted((real("seg/dcmqi_liver_triple") / "ct-3slice").iterdir()) if path.suffix == ".dcm"
    )
    header = pydicom.dcmread(slice_, stop_before_pixels=True)
    region = {"regionType": "point", "coordinate": [header.Columns + 0.5, 1]}
    selection = {
        "resourceType": "ImagingSelection",
        "status": "available",
        "code": {"text": "x"},
        "instance": [{"uid": header.SOPInstanceUID, "imageRegion2D": [region]}],
    }
    path = tmp_path / "s.json"
    path.write_text(json.dumps(selection))
    assert told(capsys, path)[0] == 0
    code, answer = told(capsys, "--images", slice_.parent, path)
    assert code == 1
    assert places(answer) == [(0, "/instance/0/imageRegion2D/0/coordinate/0", "fhir.outside_image")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", b""),
        ("a.json", b"{"),
        ("a.json", b'{"resourceType": "Patient", "active": true, "active": false}'),
        ("a.json", b'\xef\xbb\xbf{"resourceType": "Patient"}'),
        ("a.json", b'{"resourceType": "Patient", "id": "\xff"}'),
        ("a.json", b'{"resourceType": "Basic", "code": {"text": "\\ud800"}}'),
        ("a.json", b'{"resourceType": "Observation", "valueQuantity": {"value": 1e999}}'),
        ("a.json", b"[]"),
        ("a.json", b"{}"),
        ("a.json", b"null"),
        ("a.ndjson", b""),
        ("a.ndjson", b"\n \n"),
        ("a.xml", b"<Patient/>"),
    ],
)
def test_what_is_no_fhir_is_refused(name: str, text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_bytes(text)
    assert main(["check-fhir", str(path)]) == 1
    err = capsys.readouterr().err
    assert str(path) in err
    assert "Traceback" not in err


def test_limits_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"extension":[' * 150 + "{}" + "]}" * 150)
    assert main(["check-fhir", str(path)]) == 4
    path.write_text(GOOD)
    assert main(["check-fhir", "--limit", "document_bytes=100", str(path)]) == 4
    deep: dict[str, Any] = {"resourceType": "Basic", "code": {"text": "x"}}
    inner = deep
    for _ in range(2_000):
        inner["extension"] = [{"url": "https://example.org/x"}]
        inner = inner["extension"][0]
    with pytest.raises(LimitError, match="depth"):
        check(deep, "R5")
    capsys.readouterr()


def test_as_many_findings_as_the_limit_are_told() -> None:
    document = {"resourceType": "Patient", "name": [{"family": 1}] * 50}
    findings = check(document, "R5", limits=Limits(findings=10))
    assert [each.rule for each in findings] == ["fhir.more", *["fhir.type"] * 10]


def test_nothing_of_a_patient_is_told() -> None:
    document = PATIENT | {"name": [{"family": "Müller\x00"}], "birthDate": "1.1.1970", "gender": "Herr Müller"}
    document |= {
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "MRN 12345"}],
        "telecom": [{"value": "555 1234"}],
    }
    for release in ("R5", "R4B"):
        for each in check(document, release):
            for secret in ("Müller\x00", "1970", "12345", "1234"):
                assert secret not in each.message


HOSTILE: dict[str, Any] = {
    "a reference of many parts": {"subject": {"reference": "http://" + "Ab/" * 300_000}},
    "a reference of many slashes": {"subject": {"reference": "http://" + "/" * 1_000_000}},
    "a unit of many brackets": {"valueQuantity": {"system": "http://unitsofmeasure.org", "code": "()" * 300_000}},
    "base64 of blanks": {"component": [{"code": {"text": "x"}, "valueAttachment": {"data": " " * 1_000_000}}]},
    "a code of blanks": {"status": "a " * 500_000},
    "a text of tags": {"text": {"status": "generated", "div": "<div>" * 200_000}},
    "a text of entities": {"text": {"status": "generated", "div": '<!DOCTYPE x [<!ENTITY a "&b;">]><div>&a;</div>'}},
    "many elements that are unknown": {f"x{number}": 1 for number in range(10_000)},
    "many types of one choice": {"component": [{"valueString": "x", "valueInteger": 1}] * 5_000},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_resources_take_no_longer_than_their_size(name: str) -> None:
    document = OBSERVATION | HOSTILE[name]
    check(OBSERVATION, "R5")
    started = time.process_time()
    check(document, "R5")
    assert time.process_time() - started < 2


def test_findings_take_bounded_memory() -> None:
    document = OBSERVATION | {f"x{number}": 1 for number in range(2_000)}
    tracemalloc.start()
    try:
        assert len(check(document, "R5")) == 2_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000 * 4_096


def test_an_invariant_that_takes_too_long_is_given_up() -> None:
    actors = [{"key": f"a{number}", "type": "person", "title": "x"} for number in range(1_000)]
    steps = [{"operation": {"title": "x", "initiator": each["key"], "receiver": each["key"]}} for each in actors]
    scenario = {
        "resourceType": "ExampleScenario",
        "status": "draft",
        "actor": actors,
        "process": [{"title": "x", "step": steps}],
    }
    with pytest.raises(LimitError, match="take too long"):
        check(scenario, "R5")


def test_lines_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "Observation.ndjson"

    def peak(count: int) -> int:
        path.write_text(f"{GOOD}\n" * count)
        tracemalloc.start()
        try:
            assert list(check_file(path, "R5", sizes={}, limits=Limits())) == []
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)
    assert peak(60) < 1.5 * peak(5) + (1 << 20)


def test_the_sizes_of_images_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    inside = check(SELECTION_R4B, "R4B", sizes={f"{SERIES}.1.1": (11, 21)})
    outside = check(SELECTION_R4B, "R4B", sizes={f"{SERIES}.1.1": (10, 21)})
    assert (len(inside), [each.rule for each in outside]) == (0, ["fhir.outside_image"])
