"""FHIR R5 and R4B: every kind of Bundle, digits, quotations, references, releases, pseudonyms, typed classes."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from annoconv_converters.fhir import to_fhir_resources
from annoconv_converters.fhir.names import EXTENSION
from annoconv_converters.fhir.read import EXACT
from annoconv_converters.fhir.write import resources_of

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import residuals, strict_json
from annoconv.errors import InputError, UsageError
from annoconv.model import Case
from annoconv.pixels import Masks
from annoconv.registry import Context
from annoconv.times import parse_timestamp, parse_timezone
from tests.cases import ZOO, make
from tests.converters.fhir_cases import Document, minimal, one_of, read, written
from tests.real_data import real

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv_converters.fhir.bundle import Release

REFUSES: dict[str, type[Exception]] = {}
ROOT = Path(__file__).parents[2]
AT = Context(timestamp=parse_timestamp("2026-02-01T00:00:00Z"))
RELEASES: tuple[Release, ...] = ("R5", "R4B")


def plain_of(document: Document) -> Any:
    return strict_json.plain(strict_json.as_model(document, Case))


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedCase]:
    folder = tmp_path_factory.mktemp("zoo")
    return {name: read_case(make(name, folder / name).path) for name in ZOO}


@pytest.mark.parametrize("bundle", ["transaction", "document", "ndjson"])
@pytest.mark.parametrize("release", RELEASES)
def test_the_whole_zoo_comes_back_from_every_kind_of_bundle(
    bundle: str, release: str, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    for name, case in zoo.items():
        target = tmp_path / (f"{name}.out" if bundle == "ndjson" else f"{name}.out.json")
        registry.write([case], target, format="fhir", context=AT, release=release, bundle=bundle)
        (reading,) = registry.read([target], format="fhir")
        assert residuals.residual(strict_json.plain(case.case), strict_json.plain(reading.case)).paths() == [], name
        assert list(reading.losses) == [], name


@pytest.mark.parametrize("release", RELEASES)
def test_a_leaf_that_is_changed_comes_back_changed(release: Release, zoo: dict[str, LoadedCase]) -> None:
    """Every fourth place of the model, in the first case of the zoo that has it; all under `soak`."""
    assert _change_leaves(release, zoo, every=4) > 75


@pytest.mark.soak
@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("release", RELEASES)
def test_every_leaf_of_a_case_that_is_changed_comes_back_changed(
    release: Release, name: str, zoo: dict[str, LoadedCase]
) -> None:
    assert _change_leaves(release, {name: zoo[name]}, every=1, is_shared=False) > 0


def _change_leaves(release: Release, zoo: dict[str, LoadedCase], *, every: int, is_shared: bool = True) -> int:
    """Change leaves one at a time, there and back; return how many.

    Masks go along. Which file they are, which value of it, and its digest have to agree with the file itself, and are
    left to the matrix.

    Parameters
    ----------
    release
        Of FHIR.
    zoo
        The cases.
    every
        How many places of the model there are to one that is changed.
    is_shared
        Whether a place of the model is changed once only; else each leaf of each case is.
    """
    count = 0
    seen: set[tuple[Any, ...]] = set()
    for name, loaded in zoo.items():
        document: Document = strict_json.plain(loaded.case)
        for each in document["annotations"]:
            each.pop("sha256", None)  # of a file that is written anew
        for path, value in residuals.leaves(document).items():
            place = (*(step for step in path if isinstance(step, str)), type(value))
            if path[-1] in _OF_FILES or (is_shared and place in seen):
                continue
            seen.add(place)
            is_chosen = len(seen) % every == 0 or not is_shared
            changed = _with_other(document, path, value) if is_chosen else None
            if changed is None:
                continue
            (reading,) = read(written(changed, _named_as(changed, document, loaded.masks), release)[0])
            difference = residuals.residual(plain_of(changed), strict_json.plain(reading.case)).paths()
            assert difference == [], f"{name}: {residuals.pointer(path)}"
            assert list(reading.losses) == [], f"{name}: {residuals.pointer(path)}"
            count += 1
    return count


def _named_as(changed: Document, document: Document, masks: Masks) -> Masks:
    """Return masks under the ids that their annotations have in a changed case."""
    listed = zip(changed["annotations"], document["annotations"], strict=True)
    return Masks(replace(masks[old["id"]], id=new["id"]) for new, old in listed if old["id"] in masks)


_OF_FILES = {"mask_file", "mask_value", "field_file"}


def _with_other(document: Document, path: residuals.Path, value: Any) -> Document | None:
    """Return a document with another value at a place, else without it; None if neither is a case."""
    for other in (*_others(value), None):
        changed = copy.deepcopy(document)
        node: Any = changed
        for step in path[:-1]:
            node = node[step]
        if other is not None:
            node[path[-1]] = other
        elif isinstance(path[-1], str):
            del node[path[-1]]
        else:
            return None
        try:
            strict_json.as_model(changed, Case)
        except InputError:
            continue
        return changed
    return None


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float | Decimal):
        return [value + 1, -value, value / 2]
    if isinstance(value, str):
        members = _members().get(value, [])
        return [f"{value}1", f"2023{value[4:]}", *members]
    return []


@cache
def _members() -> dict[str, list[str]]:
    """Return of each member of an enumeration of the model the others of it."""
    schema = json.loads(
        (Path(__file__).parents[2] / "generated/annoconv_model/annoconv.schema.json").read_text("utf-8")
    )
    listed = [each["enum"] for each in schema["$defs"].values() if "enum" in each]
    return {one: [other for other in each if other != one] for each in listed for one in each}


def test_one_case_sent_twice_is_the_same_resources_and_two_cases_share_their_patient(tmp_path: Path) -> None:
    one, other = minimal(patient_id="P1"), minimal(patient_id="P1", case_id="D")
    first, again, second = (written(each)[0] for each in (one, one, other))
    assert first == again
    shared = {each["id"] for each in first} & {each["id"] for each in second}
    assert shared == {one_of(first, "Patient")["id"]}
    loaded = [LoadedCase(strict_json.as_model(each, Case)) for each in (one, other)]
    registry.write(loaded, tmp_path / "x.json", format="fhir", bundle="transaction")
    bundle = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert all(each["request"]["method"] == "PUT" for each in bundle["entry"])
    assert [each["request"]["url"] for each in bundle["entry"]] == [
        f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in bundle["entry"]
    ]
    assert [each["resource"]["resourceType"] for each in bundle["entry"]][:2] == ["Group", "List"]
    readings = list(registry.read([tmp_path / "x.json"], format="fhir"))
    assert [each.case.case_id for each in readings] == ["C", "D"]


def test_a_patient_of_whom_two_cases_say_different_things_is_two(tmp_path: Path) -> None:
    documents = [minimal(patient_id="P1", subject={"sex": "male"}), minimal(patient_id="P1", case_id="D")]
    loaded = [LoadedCase(strict_json.as_model(each, Case)) for each in documents]
    registry.write(loaded, tmp_path / "x.json", format="fhir")
    readings = registry.read([tmp_path / "x.json"], format="fhir")
    assert [strict_json.plain(each.case) for each in readings] == [plain_of(each) for each in documents]


def test_a_document_begins_with_its_composition_and_bears_a_time(tmp_path: Path) -> None:
    bare = LoadedCase(strict_json.as_model(minimal(metadata={}), Case))
    with pytest.raises(UsageError, match="--timestamp"):
        registry.write([bare], tmp_path / "x.json", format="fhir", bundle="document")
    registry.write([bare], tmp_path / "x.json", format="fhir", bundle="document", context=AT)
    bundle = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert (bundle["type"], bundle["timestamp"]) == ("document", "2026-02-01T00:00:00Z")
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    with pytest.raises(UsageError, match="one case"):
        registry.write([bare, bare], tmp_path / "y.json", format="fhir", bundle="document", context=AT)


def test_lines_are_a_file_for_each_type_and_refer_by_type_and_id(tmp_path: Path) -> None:
    loaded = LoadedCase(strict_json.as_model(minimal(), Case))
    registry.write([loaded], tmp_path / "lines", format="fhir", bundle="ndjson", release="R4B")
    for path in (tmp_path / "lines").glob("*.ndjson"):
        resources = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert {each["resourceType"] for each in resources} == {path.stem}
    (observation,) = [json.loads(line) for line in (tmp_path / "lines/Observation.ndjson").read_text().splitlines()]
    assert observation["focus"][0]["reference"].startswith("Basic/")


# --- digits, times, quotations ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["12.50", "5.60", "0.1234567890123456789012", "1234567890.123456789012"])
@pytest.mark.parametrize("release", RELEASES)
def test_a_number_keeps_its_digits(number: str, release: Release) -> None:
    concept = {"code": "410668003", "scheme": "SCT", "meaning": "Length"}
    document = minimal()
    document["annotations"][0]["measurements"] = [{"concept": concept, "value": Decimal(number), "unit": "mm"}]
    document["annotations"][0]["attributes"] = {"size": Decimal(number)}
    loaded = LoadedCase(strict_json.parse(strict_json.dumps(document), Case))
    resources, _ = resources_of(loaded, Context(), release=release)
    text = strict_json.dumps(resources)
    assert text.count(number.encode()) == 2
    (reading,) = read(strict_json.loads_keeping(text, EXACT))
    assert strict_json.dumps(strict_json.plain(reading.case)) == strict_json.dumps(strict_json.plain(loaded.case))


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("0.12345678901234567890", b"123456789012345678.90E-18"),
        ("1234567890123456789", b"123456789012345678.9E1"),
        ("-0.030000000000000002", b"-30000000000000002E-18"),
        ("0.1234567890123456789012345678901234567890", b"123456789012345678.90123456789012346E-18"),
    ],
)
def test_a_number_is_written_by_the_grammar_of_r5_and_comes_back_to_the_digit(
    number: str, told: bytes, tmp_path: Path
) -> None:
    """R5 datatypes.html#decimal: 18 digits before the point, 17 behind it."""
    concept = {"code": "410668003", "scheme": "SCT", "meaning": "Length"}
    document = minimal()
    document["annotations"][0]["measurements"] = [{"concept": concept, "value": Decimal(number), "unit": "mm"}]
    loaded = LoadedCase(strict_json.parse(strict_json.dumps(document), Case))
    registry.write([loaded], tmp_path / "o.json", format="fhir")
    assert told in (tmp_path / "o.json").read_bytes()
    (reading,) = registry.read([tmp_path / "o.json"], format="fhir")
    assert strict_json.dumps(strict_json.plain(reading.case)) == strict_json.dumps(strict_json.plain(loaded.case))


def test_the_status_of_a_selection_changes_its_meaning_in_r4b() -> None:
    resources, _ = written(minimal(), release="R4B")
    (status,) = one_of(resources, "Basic")["modifierExtension"]
    assert status["valueCode"] == "available"
    assert status["url"].endswith("/5.0/StructureDefinition/extension-ImagingSelection.status")


def test_a_parent_that_is_no_label_of_the_case_is_not_said_of_a_code_system() -> None:
    label = {"code": "A", "name_en": "a", "name_zh": "甲", "parent": "B"}
    document = minimal(labels=[label])
    resources, _ = written(document)
    assert "property" not in one_of(resources, "CodeSystem")["concept"][0]
    assert strict_json.plain(read(resources)[0].case) == plain_of(document)


def test_who_is_named_where_nothing_refers_to_is_no_resource() -> None:
    """HL7's validator: every entry of a document is reached from its Composition."""
    document = minimal()
    document["annotations"][0]["annotator"] = "A2"
    resources, _ = written(document, bundle="document")
    text = strict_json.dumps(resources)
    assert all(text.count(each["id"].encode()) > 1 for each in resources if each["resourceType"] == "Practitioner")


def test_xml_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<Patient xmlns='http://hl7.org/fhir'/>", "utf-8")
    with pytest.raises(InputError, match="FHIR in XML is not read") as caught:
        list(registry.read([tmp_path / "a.xml"], format="fhir"))
    assert caught.value.source == str(tmp_path / "a.xml")
    assert "JSON" in str(caught.value.advice)


@pytest.mark.parametrize(
    "time", ["2026-01-07T00:00:00.123Z", "2026-01-07T00:00:00.123456+08:00", "2026-01-07T08:00:00-09:30"]
)
def test_instants_come_back_to_the_microsecond(time: str) -> None:
    document = minimal()
    document["annotations"][0]["annotated_at"] = time
    (reading,) = read(written(document)[0])
    assert reading.case.annotations[0].annotated_at == parse_timestamp(time)


def test_a_zone_that_fhir_does_not_have_travels_in_the_carrier() -> None:
    document = minimal()
    document["annotations"][0]["annotated_at"] = "2026-01-07T00:00:00+15:30"
    resources, losses = written(document)
    assert "issued" not in one_of(resources, "Observation")
    assert [each.path for each in losses if each.path.startswith("/annotations")] == ["/annotations/0/annotated_at"]
    assert strict_json.plain(read(resources)[0].case) == plain_of(document)


def test_a_time_without_a_zone_is_refused_unless_one_is_named(tmp_path: Path) -> None:
    document = minimal()
    document["annotations"][0]["annotated_at"] = "2026-01-07T00:00:00+08:00"
    loaded = LoadedCase(strict_json.as_model(document, Case))
    path = tmp_path / "x.json"
    registry.write([loaded], path, format="fhir")
    path.write_text(path.read_text("utf-8").replace('"2026-01-07T00:00:00+08:00"', '"2026-01-07T00:00:00"'), "utf-8")
    with pytest.raises(InputError, match="--timezone"):
        list(registry.read([path], format="fhir"))
    zoned = Context(timezone=parse_timezone("+08:00"))
    (reading,) = registry.read([path], format="fhir", context=zoned)
    assert reading.case == loaded.case


def spans(text: str, quote: str, start: int) -> Document:
    span = {"id": "S", "category": "text_image", "label_code": "NODULE", "type": "text_span", "text_id": "R"}
    span |= {"start": start, "end": start + len(quote), "text": quote, "semantic_type": "sign"}
    return minimal(annotations=[span], texts=[{"id": "R", "kind": "exam_report", "content": text}])


REPORT = "左肺下叶见磨玻璃影😀，强化明显。"


def test_offsets_are_code_points_behind_an_emoji() -> None:
    start = REPORT.index("强化明显")
    resources, _ = written(spans(REPORT, "强化明显", start))
    parts = {each["url"]: each for each in one_of(resources, "Observation")["extension"][0]["extension"]}
    assert (parts["offset"]["valueInteger"], parts["length"]["valueInteger"]) == (11, 4)
    assert read(resources)[0].case.annotations[0].text == "强化明显"  # type: ignore[union-attr]


@pytest.mark.parametrize(("offset", "advice"), [(12, "UTF-16"), (10, "Correct")])
def test_a_quotation_that_is_not_at_its_offsets_is_refused(offset: int, advice: str) -> None:
    resources, _ = written(spans(REPORT, "强化明显", 11))
    one_of(resources, "Observation")["extension"][0]["extension"][2]["valueInteger"] = offset
    with pytest.raises(InputError, match=advice):
        read(resources)


def test_a_span_that_does_not_fit_its_text_comes_back_as_it_was() -> None:
    document = spans(REPORT, "no such words", 3)
    assert strict_json.plain(read(written(document)[0])[0].case) == plain_of(document)


# --- what an edit says ------------------------------------------------------------------------------------------------


def test_what_is_changed_in_a_resource_is_taken_from_there() -> None:
    document = minimal()
    document["annotations"][0] |= {"granularity": "voxel", "attributes": {"shape": "round"}, "confidence": 0.5}
    resources, _ = written(document)
    observation, selection = one_of(resources, "Observation"), one_of(resources, "ImagingSelection")
    observation["component"][0]["valueString"] = "oval"
    selection["instance"][0]["uid"] = "1.2.3.4.3"
    selection["instance"][0]["imageRegion2D"][0]["coordinate"] = [0, 0, 9, 0, 9, 9, 0, 9, 0, 0]
    annotation = read(resources)[0].case.annotations[0]
    assert (annotation.attributes, annotation.slice_index, annotation.granularity) == ({"shape": "oval"}, 2, "voxel")
    assert list(annotation.bbox) == [0, 0, 9, 9]  # type: ignore[union-attr]


def test_a_finding_that_is_taken_out_leaves_the_others() -> None:
    box = minimal()["annotations"][0]
    document = minimal(annotations=[{**box, "id": name, "confidence": n / 4} for n, name in enumerate("ABC")])
    resources, _ = written(document)
    report = one_of(resources, "DiagnosticReport")
    del report["result"][1]
    case = read(resources)[0].case
    assert [(each.id, each.confidence) for each in case.annotations] == [("A", 0), ("C", 0.5)]


EDITS: dict[str, tuple[Callable[[list[Document]], object], set[str]]] = {
    "a member": (lambda told: one_of(told, "Observation").update(method={"text": "seen"}), {"Observation/method/text"}),
    "a member deep inside": (
        lambda told: one_of(told, "ImagingStudy")["series"][0].update(number=3),
        {"ImagingStudy/series/0/number"},
    ),
    "an extension": (
        lambda told: one_of(told, "Observation").update(extension=[{"url": "http://example.org/x", "valueCode": "y"}]),
        {"Observation/extension/0/url", "Observation/extension/0/valueCode"},
    ),
    "an extension of ours where it says nothing": (
        lambda told: one_of(told, "Patient").update(extension=[{"url": f"{EXTENSION}image-shape", "valueCode": "y"}]),
        {"Patient/extension/0/url", "Patient/extension/0/valueCode"},
    ),
    "a name": (lambda told: one_of(told, "Patient").update(name=[{"text": "P"}]), {"Patient/name/0/text"}),
    "what follows from others": (
        lambda told: one_of(told, "Task").update(status="draft", description="x"),
        {"Task/status", "Task/description"},
    ),
    "another resource": (
        lambda told: told.append({"resourceType": "Specimen", "id": "s"}),
        {"Specimen"},
    ),
    "a server's mark": (
        lambda told: one_of(told, "Patient").update(meta=one_of(told, "Patient")["meta"] | {"versionId": "1"}),
        {"Patient/meta/versionId"},
    ),
}


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("release", RELEASES)
def test_what_others_put_into_our_resources_and_a_case_has_no_place_for_is_a_loss(name: str, release: Release) -> None:
    edit, lost = EDITS[name]
    resources, _ = written(minimal(patient_id="P1"), release=release)
    assert _lost(resources) == set()
    edit(resources)
    assert _lost(resources) == lost


def _lost(resources: list[Document]) -> set[str]:
    """Return places of what is lost, with types of resources for their numbers."""
    (reading,) = read(resources)
    paths = [each.path.split("/")[1:] for each in reading.losses]
    return {"/".join([str(resources[int(number)]["resourceType"]), *steps]) for number, *steps in paths}


@pytest.mark.parametrize("release", RELEASES)
def test_resources_that_got_other_ids_lose_nothing(release: Release) -> None:
    example = (ROOT / "model/examples/valid/everything-at-once.json").read_bytes()
    document = plain_of(strict_json.loads(example))
    document["annotations"] = [each for each in document["annotations"] if each["type"] != "mask"]
    resources, _ = written(document, release=release)
    ids = {each["id"]: f"{number}" for number, each in enumerate(resources)}
    told = [rewritten(each, lambda old: f"urn:uuid:{ids[old[-36:]]}") | {"id": ids[each["id"]]} for each in resources]
    assert _lost(told) == set()
    one_of(told, "Observation")["method"] = {"text": "seen"}
    assert _lost(told) == {"Observation/method/text"}


def test_the_list_of_cases_and_the_bundle_are_compared_too(tmp_path: Path) -> None:
    loaded = [LoadedCase(strict_json.as_model(minimal(case_id=each), Case)) for each in "CD"]
    path = tmp_path / "x.json"
    registry.write(loaded, path, format="fhir", bundle="transaction")
    assert [len(each.losses) for each in registry.read([path], format="fhir")] == [0, 0]
    bundle = json.loads(path.read_text("utf-8"))
    bundle["entry"][1]["resource"]["title"] = "Mine"
    bundle["entry"][0]["request"]["ifMatch"] = "1"
    bundle["meta"] = {"lastUpdated": "2026-01-01T00:00:00Z"}
    path.write_text(json.dumps(bundle), "utf-8")
    first, second = registry.read([path], format="fhir")
    assert {each.path for each in first.losses} >= {"/entry/0/request/ifMatch", "/meta/lastUpdated"}
    assert [each.path for each in second.losses] == ["/entry/1/resource/title"]


# --- references -------------------------------------------------------------------------------------------------------


def rewritten(node: Any, change: Any) -> Any:
    if isinstance(node, list):
        return [rewritten(each, change) for each in node]
    if not isinstance(node, dict):
        return node
    told = {key: rewritten(value, change) for key, value in node.items()}
    return told | ({"reference": change(told["reference"])} if isinstance(told.get("reference"), str) else {})


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    "form", ["Type/id", "http://server/fhir/Type/id", "Type/id/_history/1", "https://h/r4/Type/id/_history/22"]
)
def test_references_of_every_form_are_followed(form: str, release: Release, tmp_path: Path) -> None:
    example = (ROOT / "model/examples/valid/everything-at-once.json").read_bytes()
    document = plain_of(strict_json.loads(example))
    document["annotations"] = [each for each in document["annotations"] if each["type"] != "mask"]
    resources, _ = written(document, release=release)
    types = {each["id"]: each["resourceType"] for each in resources}

    def change(reference: str) -> str:
        identity = reference.removeprefix("urn:uuid:")
        return form.replace("Type/id", f"{types[identity]}/{identity}")

    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    bundle["entry"] = [{"resource": rewritten(each, change), "search": {"mode": "match"}} for each in resources]
    (tmp_path / "x.json").write_bytes(strict_json.dumps(bundle))
    (reading,) = registry.read([tmp_path / "x.json"], format="fhir")
    assert strict_json.plain(reading.case) == document


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    resources, _ = written(minimal())
    kept = [each for each in resources if each["resourceType"] != "Observation"]
    with pytest.raises(InputError, match="a part of the case is not there"):
        read(kept)


# --- what must be understood ------------------------------------------------------------------------------------------


def save(folder: Path, resource: Document) -> Path:
    path = folder / "x.json"
    path.write_bytes(strict_json.dumps(resource))
    return path


OBSERVATION: Document = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "1834-1", "display": "AFP"}]},
    "valueQuantity": {"value": 5, "unit": "ng/mL", "system": "http://unitsofmeasure.org", "code": "ng/mL"},
}


@pytest.mark.parametrize("place", ["top", "inner", "rules"])
def test_what_changes_the_meaning_and_is_not_known_is_refused(place: str, tmp_path: Path) -> None:
    told = copy.deepcopy(OBSERVATION)
    unknown = [{"url": "http://example.org/not", "valueBoolean": True}]
    {
        "top": lambda: told.update(modifierExtension=unknown),
        "inner": lambda: told.update(component=[{"code": told["code"], "modifierExtension": unknown}]),
        "rules": lambda: told.update(implicitRules="http://example.org/rules"),
    }[place]()
    with pytest.raises(InputError, match="changes the meaning"):
        list(registry.read([save(tmp_path, told)], format="fhir"))


def test_rules_that_are_not_known_are_told_as_rules(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        list(registry.read([save(tmp_path, OBSERVATION | {"implicitRules": "http://example.org/r"})], format="fhir"))
    assert (refusal.value.found, "implicitRules" in str(refusal.value.expected)) == ("http://example.org/r", True)


def test_a_version_before_of_a_resource_of_ours_is_not_read(tmp_path: Path) -> None:
    new, old = (written(minimal(metadata={"title": each}))[0] for each in ("new", "old"))
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in (*new, one_of(old, "Composition"))]
    history = {"resourceType": "Bundle", "type": "history", "entry": entries}
    (reading,) = registry.read([save(tmp_path, history)], format="fhir")
    assert reading.case.metadata.title == "new"
    assert f"/entry/{len(new)}/resource" in {each.path for each in reading.losses}


def test_a_part_of_ours_that_was_deleted_is_missed(tmp_path: Path) -> None:
    resources, _ = written(minimal())
    gone = one_of(resources, "Observation")
    entries: list[Document] = [{"request": {"method": "DELETE", "url": f"Observation/{gone['id']}"}}]
    entries += [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources]
    history = {"resourceType": "Bundle", "type": "history", "entry": entries}
    with pytest.raises(InputError, match="a part of the case is not there"):
        list(registry.read([save(tmp_path, history)], format="fhir"))


def test_an_extension_that_is_not_known_is_reported(tmp_path: Path) -> None:
    told = OBSERVATION | {"extension": [{"url": "http://example.org/more", "valueString": "x"}]}
    (reading,) = registry.read([save(tmp_path, told)], format="fhir")
    assert {each.path for each in reading.losses} == {"/extension/0/url", "/extension/0/valueString"}


@pytest.mark.parametrize(
    ("resource", "release"),
    [
        ({"resourceType": "BodyStructure", "location": {"text": "Fetus"}, "patient": {"reference": "Patient/p"}}, "R5"),
        ({"resourceType": "DiagnosticReport", "status": "final", "imagingStudy": []}, "R5"),
        ({"resourceType": "DiagnosticReport", "status": "final", "study": []}, "R4B"),
        ({"resourceType": "ImagingSelection", "status": "available", "code": {"text": "x"}}, "R4B"),
    ],
)
def test_what_another_release_has_is_refused(resource: Document, release: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another release"):
        list(registry.read([save(tmp_path, resource)], format="fhir", release=release))


def test_content_of_r4_in_a_real_file_of_r5_is_refused() -> None:
    path = real("fhir/r5_invalid") / "bodystructure-example-fetus.json"
    with pytest.raises(InputError, match="another release") as refusal:
        list(registry.read([path], format="fhir", release="R5"))
    assert refusal.value.where == "BodyStructure.location"


def test_two_releases_in_a_file_are_refused(tmp_path: Path) -> None:
    both = [
        {"resourceType": "BodyStructure", "location": {"text": "x"}},
        {"resourceType": "DiagnosticReport", "study": []},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in both]}
    with pytest.raises(InputError, match="another release"):
        list(registry.read([save(tmp_path, bundle)], format="fhir"))


@pytest.mark.parametrize("value", [5, "x", [], {}, [[]], None, True, [{"coding": 5}]])
@pytest.mark.parametrize(
    "key", ["code", "category", "valueQuantity", "identifier", "hasMember", "component", "derivedFrom"]
)
def test_a_member_of_the_wrong_form_is_one_clear_error_or_none(key: str, value: Any, tmp_path: Path) -> None:
    ours, _ = written(minimal())
    one_of(ours, "Observation")[key] = value
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in ours]}
    for told in (OBSERVATION | {key: value}, bundle):
        said = _said(save(tmp_path, told))
        assert said is None or str(tmp_path / "x.json") in said


def _said(path: Path) -> str | None:
    """Return what is said of a file that is refused; None if it is read."""
    try:
        list(registry.read([path], format="fhir"))
    except InputError as error:
        return str(error)
    return None


# --- pseudonyms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"patient_id": "DOE^JANE"},
        {"patient_id": "Jane Doe"},
        {"extensions": {"example.org/x": {"PatientName": "x"}}},
        {"extensions": {"姓名": "x"}},
        {"extensions": {"example.org/x": [{"patient_name": "x"}]}},
    ],
)
def test_what_tells_the_name_of_a_patient_is_refused(more: Document, tmp_path: Path) -> None:
    loaded = LoadedCase(strict_json.as_model(minimal(**more), Case))
    with pytest.raises(InputError, match="pseudonym") as refusal:
        registry.write([loaded], tmp_path / "x.json", format="fhir")
    assert "DOE" not in str(refusal.value)
    assert "Jane" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["name", "Name", "姓名", "PatientName"])
def test_names_among_attributes_and_fields_are_refused(key: str) -> None:
    document = minimal()
    document["annotations"][0]["attributes"] = {key: "x"}
    with pytest.raises(InputError, match="names of patients"):
        written(document)
    record = {"id": "R", "kind": "demographics", "fields": [{"key": key, "value": "x"}]}
    with pytest.raises(InputError, match="names of patients"):
        written(minimal(clinical_records=[record]))


def test_every_resource_says_that_it_is_no_diagnosis() -> None:
    for each in written(minimal(patient_id="P1"))[0]:
        assert {one["code"] for one in each["meta"]["security"]} >= {"HRESCH"}
        assert [one["code"] for one in each["meta"]["tag"]] == ["training-annotation"]


# --- the typed door ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_cases_are_given_as_classes_of_fhir_resources(release: Release) -> None:
    case = strict_json.as_model(minimal(), Case)
    found = to_fhir_resources(case, release=release)
    assert type(found[0]).__name__ == "Composition"
    version = "R4B" in type(found[0]).__module__
    assert version is (release == "R4B")
    dumped = [json.loads(each.model_dump_json()) for each in found]
    assert strict_json.plain(read(dumped)[0].case) == strict_json.plain(case)
