"""Resources of others, as public reports of FHIR tools have them, rebuilt small: what a case says of them."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import Reading, write_case
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.validation import validate

Document = dict[str, Any]
SCT, DCM, UCUM = "http://snomed.info/sct", "http://dicom.nema.org/resources/ontology/DCM", "http://unitsofmeasure.org"
RING = [1.5, 2.0, 10.0, 2.0, 10.0, 9.25, 1.5, 2.0]
POINTS = [[1.5, 2.0], [10.0, 2.0], [10.0, 9.25]]
NODULE = {"coding": [{"system": SCT, "code": "27925004", "display": "Nodule"}]}
DIAMETER = {"coding": [{"system": SCT, "code": "81827009", "display": "Diameter"}]}
GROUP = {"coding": [{"system": DCM, "code": "125007", "display": "Measurement Group"}]}
STUDY: Document = {
    "resourceType": "ImagingStudy",
    "id": "st",
    "status": "available",
    "subject": {"reference": "Patient/p1"},
    "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
    "series": [
        {
            "uid": "1.2.3.4",
            "modality": {"coding": [{"system": DCM, "code": "CT"}]},
            "instance": [
                {"uid": f"1.2.3.4.{n}", "sopClass": {"code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"}} for n in (1, 2)
            ],
        }
    ],
}


def millimetres(value: float) -> Document:
    return {"value": value, "unit": "mm", "system": UCUM, "code": "mm"}


def finding(*regions: str, **more: Any) -> Document:
    told = {"resourceType": "Observation", "status": "final", "code": NODULE, "subject": {"reference": "Patient/p1"}}
    return told | ({"derivedFrom": [{"reference": each} for each in regions]} if regions else {}) | more


def measured(**more: Any) -> Document:
    return {"resourceType": "Observation", "status": "final", "code": DIAMETER} | more


def selection(*regions: tuple[str, list[float]], key: str = "imageRegion2D", **more: Any) -> Document:
    told = [{"regionType": kind, "coordinate": numbers} for kind, numbers in regions]
    return {
        "resourceType": "ImagingSelection",
        "status": "available",
        "code": {"coding": [{"system": DCM, "code": "111030", "display": "Image Region"}]},
        "seriesUid": "1.2.3.4",
        "instance": [{"uid": "1.2.3.4.2", key: told}],
    } | more


def bundle(*entries: Document | tuple[str, Document], type_: str = "collection") -> Document:
    told = [
        {"resource": each} if isinstance(each, dict) else {"fullUrl": each[0], "resource": each[1]} for each in entries
    ]
    return {"resourceType": "Bundle", "type": type_, "entry": copy.deepcopy(told)}


def readings(document: Document, folder: Path) -> list[Reading]:
    (folder / "theirs.json").write_text(json.dumps(document), "utf-8")
    return list(registry.read([folder / "theirs.json"], format="fhir"))


def read(document: Document, folder: Path) -> tuple[Document, set[str]]:
    """Return the case, which is one that `validate` takes, and the paths of the losses."""
    (reading,) = readings(document, folder)
    (path,) = write_case(reading, folder / "case")
    assert [str(each) for each in validate(path) if each.level.value == "error"] == []
    return strict_json.plain(reading.case), {each.path for each in reading.losses}


@pytest.mark.parametrize("time", ["2020-07-07T13:26:22.0314215+00:00", "2016-12-31T23:59:60Z"])
def test_a_time_that_a_case_does_not_hold_takes_nothing_else_away(time: str, tmp_path: Path) -> None:
    """Ticks of 100 ns, as .NET writes them; a leap second, which FHIR has."""
    told = finding("ImagingSelection/s", id="f", issued=time)
    case, losses = read(bundle(told, selection(("point", [1, 2]), id="s"), STUDY), tmp_path)
    assert [each["point"] for each in case["annotations"]] == [[1, 2]]
    assert "/entry/0/resource/issued" in losses


def test_what_the_model_does_not_take_is_a_loss(tmp_path: Path) -> None:
    """A line of one point is none of a case: neither it nor its finding are said to be there."""
    told = selection(("polyline", [1, 2, 3]), key="imageRegion3D", id="s")
    case, losses = read(bundle(finding("ImagingSelection/s", id="f"), told, STUDY), tmp_path)
    assert case["annotations"] == []
    assert {"/entry/0/resource", "/entry/1/resource"} <= losses


@pytest.mark.parametrize(
    ("regions", "expected", "lost"),
    [
        ([("polyline", RING), ("point", [20, 21])], {"polygon": POINTS}, 1),
        ([("polyline", RING), ("polyline", [20, 20, 25, 25, 30, 20])], {"polygon": POINTS}, 1),
        ([("circle", [5, 5, 8, 9]), ("point", [1, 1])], {"center": [5, 5], "radii": [5, 5]}, 1),
        ([("polyline", [1, 1, 2, 2, 3])], {"attributes": {}}, 0),
        ([("point", [1, 1, 5, 5])], {"attributes": {}}, 0),
        ([("polyline", [1, 1, 2, 2, 3]), ("point", [7, 8])], {"point": [7, 8]}, 0),
    ],
)
def test_regions_that_make_no_one_geometry_are_losses_and_nothing_is_closed(
    regions: list[tuple[str, list[float]]], expected: Document, lost: int, tmp_path: Path
) -> None:
    case, losses = read(bundle(selection(*regions, id="s"), STUDY), tmp_path)
    (annotation,) = case["annotations"]
    assert {key: annotation[key] for key in expected} == expected
    place = f"/entry/0/resource/instance/0/imageRegion2D/{lost}/coordinate/"
    assert {f"{place}{number}" for number in range(len(regions[lost][1]))} <= losses


def test_points_are_key_points_and_points_in_space_no_contour(tmp_path: Path) -> None:
    case, _ = read(bundle(selection(("point", [1, 2]), ("point", [3, 4]), id="s"), STUDY), tmp_path)
    assert [each["point"] for each in case["annotations"][0]["keypoints"]] == [[1, 2], [3, 4]]
    (tmp_path / "space").mkdir()
    many = selection(("multipoint", [1, 2, 3, 4, 5, 6]), key="imageRegion3D", frameOfReferenceUid="1.2.9", id="s")
    case, losses = read(bundle(many, STUDY), tmp_path / "space")
    assert [each["point"] for each in case["annotations"][0]["keypoints"]] == [[1, 2, 3], [4, 5, 6]]
    assert not [each for each in losses if "imageRegion3D" in each]


def test_an_ellipse_in_space_is_no_polygon(tmp_path: Path) -> None:
    numbers = [0.0, 5, 1, 10, 5, 1, 5, 2, 1, 5, 8, 1]
    one = selection(("ellipse", numbers), key="imageRegion3D", frameOfReferenceUid="1.2.9", id="s")
    case, losses = read(bundle(one, STUDY), tmp_path)
    assert case["annotations"][0]["type"] == "attribute"
    assert "/entry/0/resource/instance/0/imageRegion3D/0/coordinate/0" in losses


def test_a_relative_reference_leads_to_the_server_of_who_refers(tmp_path: Path) -> None:
    """Two servers have an ImagingSelection/s (bundle.html#references)."""
    case, _ = read(
        bundle(
            ("http://b.org/fhir/Observation/f", finding("ImagingSelection/s", id="f")),
            ("http://a.org/fhir/ImagingSelection/s", selection(("point", [1, 2]), id="s")),
            ("http://b.org/fhir/ImagingSelection/s", selection(("point", [7, 8]), id="s")),
            STUDY,
        ),
        tmp_path,
    )
    assert {each["id"]: each["point"] for each in case["annotations"]} == {"f": [7, 8], "s": [1, 2]}


def test_resources_without_ids_are_told_apart(tmp_path: Path) -> None:
    """As a transaction has them that creates them; one id for two types is right in FHIR too."""
    urn = [f"urn:uuid:0000000{n}-0000-4000-8000-000000000000" for n in range(4)]
    told = [finding(urn[2]), finding(urn[3]), selection(("point", [1, 2])), selection(("point", [3, 4]))]
    case, _ = read(bundle(*zip(urn, told, strict=True)), tmp_path)
    assert {each["id"]: each["point"] for each in case["annotations"]} == {urn[0][9:]: [1, 2], urn[1][9:]: [3, 4]}
    (tmp_path / "alike").mkdir()
    value = measured(id="x", valueQuantity=millimetres(5.5))
    case, _ = read(bundle(value, selection(("point", [1, 2]), id="x"), value | {"id": "y"}), tmp_path / "alike")
    assert [each["id"] for each in case["annotations"]] == ["x"]
    assert [each["id"] for each in case["clinical_records"]] == ["Observation-x", "y"]


def test_a_version_before_is_no_second_value(tmp_path: Path) -> None:
    entries = [("http://x.org/Observation/a", measured(id="a", valueQuantity=millimetres(each))) for each in (2.5, 1.5)]
    case, losses = read(bundle(*entries, type_="history"), tmp_path)
    assert [each["fields"][0]["value"] for each in case["clinical_records"]] == [2.5]
    assert "/entry/1/resource" in losses


def entry(method: str, address: str, resource: Document | None = None) -> Document:
    told = {"fullUrl": f"http://x.org/{address}", "request": {"method": method, "url": address}}
    return told | ({"resource": resource} if resource else {})


@pytest.mark.parametrize("has_address", [True, False])
def test_what_was_deleted_is_not_read(has_address: bool, tmp_path: Path) -> None:
    """A history has its newest entry first: `a` was deleted, `b` was deleted and made again."""
    a, b, again = (measured(id=each, valueQuantity=millimetres(n)) for each, n in (("a", 1.5), ("b", 2.5), ("b", 3.5)))
    entries = [
        entry("DELETE", "Observation/a"),
        entry("PUT", "Observation/b", again),
        entry("DELETE", "Observation/b"),
        entry("PUT", "Observation/b", b),
        entry("PUT", "Observation/a", a),
    ]
    if not has_address:
        entries = [{key: each[key] for key in each.keys() - {"fullUrl"}} for each in entries]
    case, losses = read({"resourceType": "Bundle", "type": "history", "entry": entries}, tmp_path)
    values = {each["id"]: each["fields"][0]["value"] for each in case["clinical_records"]}
    assert values == {"b": 3.5}
    assert {"/entry/0/request/method", "/entry/3/resource", "/entry/4/resource"} <= losses


def test_what_another_server_deleted_is_read(tmp_path: Path) -> None:
    told = measured(id="a", valueQuantity=millimetres(1.5))
    entries = [entry("DELETE", "Observation/a"), entry("PUT", "Observation/a", told) | {"fullUrl": "http://y.org/o/a"}]
    case, _ = read({"resourceType": "Bundle", "type": "history", "entry": entries}, tmp_path)
    assert [each["id"] for each in case["clinical_records"]] == ["a"]


BINARY = {"resourceType": "Binary", "contentType": "text/plain", "data": base64.b64encode(b"a nodule").decode()}


def attached(**told: Any) -> Document:
    return {"resourceType": "DocumentReference", "id": "d", "status": "current", "content": [{"attachment": told}]}


@pytest.mark.parametrize("url", ["urn:uuid:00000001-0000-4000-8000-000000000000", "Binary/b"])
@pytest.mark.parametrize("told", [{"contentType": "text/plain"}, {}])
def test_a_text_in_a_binary_is_the_text_of_the_document_that_refers_to_it(
    url: str, told: Document, tmp_path: Path
) -> None:
    binary = BINARY if url.startswith("urn") else BINARY | {"id": "b"}
    address = url if url.startswith("urn") else "http://x.org/Binary/b"
    case, losses = read(bundle(attached(url=url, **told), (address, binary)), tmp_path)
    assert [each["content"] for each in case["texts"]] == ["a nodule"]
    assert losses <= {"/entry/0/resource/content/0/attachment/contentType"}


def test_a_text_that_stands_elsewhere_is_not_fetched_and_that_is_said(tmp_path: Path) -> None:
    told = attached(contentType="text/plain", url="http://x.org/report.txt")
    (reading,) = readings(bundle(told, measured(id="a", valueQuantity=millimetres(1.5))), tmp_path)
    assert reading.case.texts is None
    (loss,) = [each for each in reading.losses if each.path == "/entry/0/resource"]
    assert "another place" in loss.message


def test_a_binary_that_is_not_the_one_of_the_hash_is_refused(tmp_path: Path) -> None:
    told = attached(contentType="text/plain", url="Binary/b", hash=base64.b64encode(b"0" * 20).decode())
    with pytest.raises(InputError, match="hash"):
        read(bundle(told, BINARY | {"id": "b"}), tmp_path)


def test_a_document_in_error_is_no_text(tmp_path: Path) -> None:
    text = attached(contentType="text/plain", data=BINARY["data"]) | {"status": "entered-in-error"}
    report = {"resourceType": "DiagnosticReport", "status": text["status"], "code": NODULE, "conclusion": "a nodule"}
    case, losses = read(bundle(text, report, measured(id="a", valueQuantity=millimetres(1.5))), tmp_path)
    assert "texts" not in case
    assert {"/entry/0/resource", "/entry/1/resource"} <= losses


def test_uids_that_are_written_as_uris_are_uids(tmp_path: Path) -> None:
    """As dcm4chee's archive wrote them."""
    study = copy.deepcopy(STUDY)
    study["series"][0]["uid"] = "urn:oid:1.2.3.4"
    study["series"][0]["instance"][0]["uid"] = "urn:oid:1.2.3.4.1"
    one = selection(("point", [1, 2]), id="s", seriesUid="urn:oid:1.2.3.4", studyUid="urn:oid:1.2.3")
    one["instance"][0]["uid"] = "urn:oid:1.2.3.4.1"
    case, losses = read(bundle(study, one), tmp_path)
    assert (case["image"]["uid"], case["annotations"][0]["slice_index"]) == ("1.2.3.4", 0)
    assert not [each for each in losses if each.lower().endswith("uid")]


def test_each_patient_is_a_case(tmp_path: Path) -> None:
    """Bulk Data and answers to searches have many of them."""
    people = [{"resourceType": "Patient", "id": f"p{n}", "gender": sex} for n, sex in enumerate(("female", "male"))]
    values = [
        measured(id=f"o{n}", valueQuantity=millimetres(n + 0.5), subject={"reference": f"Patient/p{n}"}) for n in (0, 1)
    ]
    found = [strict_json.plain(each.case) for each in readings(bundle(*people, *values), tmp_path)]
    told = [(each["patient_id"], each["subject"]["sex"], each["clinical_records"][0]["id"]) for each in found]
    assert told == [("p0", "female", "o0"), ("p1", "male", "o1")]
    assert [list(each.losses) for each in readings(bundle(*people, *values), tmp_path)] == [[], []]


def test_the_patient_is_whom_the_resources_name(tmp_path: Path) -> None:
    mother, child = ({"resourceType": "Patient", "id": each} for each in ("mother", "child"))
    value = measured(id="o", valueQuantity=millimetres(5.5), subject={"reference": "Patient/child"})
    case, losses = read(bundle(mother, child, value), tmp_path)
    assert case["patient_id"] == "child"
    assert losses == {"/entry/0/resource"}


def test_a_contained_region_brings_its_image(tmp_path: Path) -> None:
    told = finding("#s", id="f", contained=[selection(("polyline", RING), id="s")])
    case, losses = read(told, tmp_path)
    assert case["image"]["uid"] == "1.2.3.4"
    assert case["annotations"][0]["polygon"] == POINTS
    assert not [each for each in losses if "coordinate" in each]


def test_a_unit_of_words_is_not_dimensionless(tmp_path: Path) -> None:
    words = {"value": 5.5, "unit": "mm", "system": UCUM}
    member = measured(id="m", valueQuantity=words)
    one = finding("ImagingSelection/s", id="f", hasMember=[{"reference": "Observation/m"}])
    case, losses = read(bundle(one, member, selection(("point", [1, 2]), id="s")), tmp_path)
    assert case["annotations"][0]["measurements"][0]["unit"] == "mm"
    assert "/entry/1/resource/valueQuantity/system" in losses


def test_a_number_on_a_region_is_a_measurement_of_it(tmp_path: Path) -> None:
    """As the base specification has it, without a group; components too."""
    margin = {"coding": [{"system": SCT, "code": "255432003", "display": "Margin"}]}
    sharp = {"coding": [{"system": SCT, "code": "112233002", "display": "Spiculated"}]}
    parts = [{"code": DIAMETER, "valueQuantity": millimetres(4.25)}, {"code": margin, "valueCodeableConcept": sharp}]
    one = measured(id="m", valueQuantity=millimetres(12.5), derivedFrom=[{"reference": "ImagingSelection/s"}])
    case, losses = read(
        bundle(one | {"component": parts}, selection(("polyline", [1, 1, 9, 9]), id="s"), STUDY), tmp_path
    )
    (annotation,) = case["annotations"]
    assert [each["value"] for each in annotation["measurements"]] == [12.5, 4.25]
    assert annotation["evaluations"][0]["value"]["code"] == "112233002"
    assert not [each for each in losses if each.startswith("/entry/0/")]


def test_a_finding_in_a_finding_has_it_as_its_parent(tmp_path: Path) -> None:
    """Each with a region of its own; a member of two is of the first, and the other is named."""
    refers = {"hasMember": [{"reference": "Observation/g"}]}
    inner = finding("ImagingSelection/t", id="g", category=[GROUP])
    whole = [finding("ImagingSelection/s", id=each, **refers) for each in ("e", "f")]
    regions = [selection(("point", [1, 2]), id="s"), selection(("point", [3, 4]), id="t")]
    case, losses = read(bundle(*whole, inner, *regions, STUDY), tmp_path)
    found = {each["id"]: (each["point"], each.get("parent_id")) for each in case["annotations"]}
    assert found == {"e": ([1, 2], None), "f": ([1, 2], None), "g": ([3, 4], "e")}
    assert "/entry/0/resource/hasMember/0/reference" not in losses
    assert "/entry/1/resource/hasMember/0/reference" in losses


def test_a_region_on_the_second_instance_is_taken(tmp_path: Path) -> None:
    one = selection(("point", [1, 2]), id="s")
    one["instance"].insert(0, {"uid": "1.2.3.4.1"})
    case, losses = read(bundle(one, STUDY), tmp_path)
    assert (case["annotations"][0]["point"], case["annotations"][0]["slice_index"]) == ([1, 2], 1)
    assert "/entry/0/resource/instance/0/uid" in losses


def test_a_span_of_a_contained_text_brings_the_text(tmp_path: Path) -> None:
    attached = {"contentType": "text/plain", "data": base64.b64encode(b"a nodule of 8 mm").decode()}
    text = {"resourceType": "DocumentReference", "id": "t", "status": "current", "content": [{"attachment": attached}]}
    parts = [
        {"url": "reference", "valueReference": {"reference": "#t"}},
        {"url": "offset", "valueInteger": 2},
        {"url": "length", "valueInteger": 6},
    ]
    derived = {"url": "http://hl7.org/fhir/StructureDefinition/derivation-reference", "extension": parts}
    case, losses = read(finding(id="f", contained=[text], extension=[derived]), tmp_path)
    (span,) = case["annotations"]
    assert (span["text"], span["text_id"]) == ("nodule", case["texts"][0]["id"])
    assert losses == set()


def test_what_was_entered_in_error_is_no_value_and_no_region(tmp_path: Path) -> None:
    wrong = [measured(id=each, valueQuantity=millimetres(5.5)) for each in ("a", "b")]
    wrong[0]["status"] = "entered-in-error"
    case, losses = read(bundle(*wrong, selection(("point", [1, 2]), id="s", status="entered-in-error")), tmp_path)
    assert [each["id"] for each in case["clinical_records"]] == ["b"]
    assert case["annotations"] == []
    assert {"/entry/0/resource", "/entry/2/resource"} <= losses
