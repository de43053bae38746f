"""What is said of the FHIR that we write: by check-fhir, HL7's JSON Schema, medplum, fhir.resources; and by a server.

The server keeps its resources in memory, accepts anything and rewrites numbers (12.50 to 12.5): it carries, and never
judges.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from annoconv_converters.check_fhir import check

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import residuals, strict_json
from annoconv.findings import Level
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.cases import ZOO, make

Server = http.client.HTTPConnection
HERE = Path(__file__).parent / "fhir_cases"
AT = Context(timestamp=parse_timestamp("2026-02-01T00:00:00Z"))
PACKAGES = {"R5": "hl7.fhir.r5.core", "R4B": "hl7.fhir.r4b.core"}
WRITTEN = frozenset(
    """
    AuditEvent Basic BodyStructure Bundle CodeSystem Composition ConceptMap DetectedIssue Device DiagnosticReport
    DocumentReference Group ImagingSelection ImagingStudy List Observation Organization Patient Practitioner Provenance
    Task ValueSet
    """.split()  # noqa: SIM905  as words they are read
)
"""Types of resources that are written."""
NEEDED = "npm install @medplum/core@4 @medplum/fhir-router@4 hl7.fhir.r5.core hl7.fhir.r4b.core"


def modules(*names: str) -> Path:
    """Return the folder of node's packages, or skip the test (fail it in CI) if one is not there."""
    folder = Path(os.environ.get("ANNOCONV_NODE_MODULES", ""))
    if shutil.which("node") is None or not all((folder / name).is_dir() for name in names):
        if os.environ.get("CI"):
            pytest.fail(f"{NEEDED}, and set ANNOCONV_NODE_MODULES")
        pytest.skip(f"{NEEDED}, and set ANNOCONV_NODE_MODULES")
    return folder


@pytest.fixture(scope="module", params=["R5", "R4B"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedCase]:
    folder = tmp_path_factory.mktemp("zoo")
    return {name: read_case(make(name, folder / name).path) for name in ZOO}


@pytest.fixture(scope="module")
def bundles(release: str, zoo: dict[str, LoadedCase], tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The whole zoo, in kinds of Bundles by turns, and a data set of two cases."""
    folder = tmp_path_factory.mktemp(release)
    kinds = ("collection", "transaction", "document")
    found: list[Any] = []
    for place, (name, case) in enumerate(zoo.items()):
        path = folder / f"{name}.json"
        registry.write([case], path, format="fhir", context=AT, release=release, bundle=kinds[place % 3])
        found.append(json.loads(path.read_text("utf-8")))
    registry.write([zoo["findings"], zoo["follow_up"]], folder / "two.json", format="fhir", release=release)
    found.append(json.loads((folder / "two.json").read_text("utf-8")))
    return found


@cache
def validator(release: str) -> Any:
    """Return the validator of objects whose members are resources by their types."""
    path = modules(PACKAGES[release]) / PACKAGES[release] / "openapi" / "fhir.schema.json"
    # a misprint of R5's schema: a brace too many in the pattern of decimals
    schema = json.loads(path.read_text("utf-8").replace("{1,9}})?", "{1,9})?"))
    types = {name: {"$ref": f"#/definitions/{name}"} for name in WRITTEN & schema["definitions"].keys()}
    return jsonschema_rs.validator_for({"definitions": schema["definitions"], "properties": types})


def schema_errors(release: str, bundles: list[Any]) -> list[str]:
    resources = list(resources_in(bundles))
    assert {each["resourceType"] for each in resources} <= WRITTEN
    return [
        f"{each.instance_path}: {each.message}"
        for one in resources
        for each in validator(release).iter_errors({one["resourceType"]: one})
    ]


def medplum_errors(release: str, bundles: list[Any]) -> list[str]:
    folder = modules("@medplum/core", PACKAGES[release])
    lines = "\n".join(json.dumps(each) for each in bundles)
    command = ["node", str(HERE / "judge.mjs"), str(folder), PACKAGES[release]]
    answer = subprocess.run(command, input=lines, capture_output=True, encoding="utf-8", timeout=300, check=True)
    return answer.stdout.splitlines()


def class_errors(release: str, bundles: list[Any]) -> list[str]:
    package = "fhir.resources.R4B.bundle" if release == "R4B" else "fhir.resources.bundle"
    errors: list[str] = []
    for each in bundles:
        try:
            import_module(package).Bundle.model_validate(each)
        except ValueError as error:
            errors.append(str(error))
    return errors


def resources_in(bundles: list[Any]) -> Iterator[Any]:
    for each in bundles:
        yield each | {"entry": []}
        yield from (entry["resource"] for entry in each["entry"])


def check_errors(release: str, bundles: list[Any]) -> list[str]:
    found = [each for bundle in bundles for each in check(bundle, "R4B" if release == "R4B" else "R5")]
    return [f"{each.path}: {each.message}" for each in found if each.level is Level.ERROR]


JUDGES = {
    "check-fhir": check_errors,
    "schema": schema_errors,
    "medplum": medplum_errors,
    "fhir.resources": class_errors,
}


@pytest.mark.parametrize("judge", JUDGES)
def test_nothing_is_wrong_with_what_is_written(judge: str, release: str, bundles: list[Any]) -> None:
    assert JUDGES[judge](release, bundles) == []


@pytest.mark.peers
@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("bundle", ["collection", "transaction", "document", "ndjson", "plain"])
def test_nothing_is_wrong_with_any_case_in_any_kind_of_bundle(
    judge: str, bundle: str, release: str, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    found: list[Any] = []
    for name, case in zoo.items():
        path = tmp_path / (name if bundle == "ndjson" else f"{name}.json")
        kind = {"plain": True} if bundle == "plain" else {"bundle": bundle}
        registry.write([case], path, format="fhir", context=AT, release=release, **kind)
        found.append(_document(path))
    assert JUDGES[judge](release, found) == []


@pytest.mark.parametrize("bundle", ["collection", "transaction", "document", "ndjson"])
@pytest.mark.parametrize("release", ["R5", "R4B"])
def test_check_fhir_finds_nothing_in_any_case_in_any_kind_of_bundle(
    bundle: str, release: str, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    """Whoever writes lines refers by type and id: they are checked as the collection of their folder."""
    found: list[str] = []
    for name, case in zoo.items():
        path = tmp_path / (name if bundle == "ndjson" else f"{name}.json")
        registry.write([case], path, format="fhir", context=AT, release=release, bundle=bundle)
        found += [f"{name}: {each}" for each in check_errors(release, [_document(path)])]
    assert found == []


def _document(path: Path) -> Any:
    """Return a Bundle, or the lines of a folder as one."""
    if path.is_file():
        return json.loads(path.read_text("utf-8"))
    lines = [line for each in sorted(path.glob("*.ndjson")) for line in each.read_text("utf-8").splitlines()]
    told = [json.loads(line) for line in lines]
    entries = [{"fullUrl": f"http://h/{each['resourceType']}/{each['id']}", "resource": each} for each in told]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


@pytest.mark.parametrize("judge", JUDGES)
def test_the_judges_see_a_fault(judge: str, release: str, bundles: list[Any]) -> None:
    damaged = json.loads(json.dumps(bundles[0]))
    next(each for each in damaged["entry"] if each["resource"]["resourceType"] == "Observation")["resource"]["bla"] = 1
    assert len(JUDGES[judge](release, [damaged])) > 0


def test_every_code_system_and_identifier_of_ours_is_in_the_guide(bundles: list[Any]) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "reference" / "fhir-guide.md").read_text("utf-8")
    text = json.dumps(bundles)
    for place, head in (("CodeSystem", "## Code systems"), ("id", "## Identifiers")):
        told = guide[guide.index(head) :].partition("\n## ")[0]
        used = set(re.findall(rf'"system": "https://w3id.org/annoconv/fhir/{place}/([^"]+)"', text))
        assert len(used) > 5
        assert [each for each in used if f"| `{each}` |" not in told] == []
    for kind in ("kind", "part", "section", "link-type"):
        of_kind = rf'"system": "https://w3id.org/annoconv/fhir/CodeSystem/{kind}", "code": "([^"]+)"'
        assert [each for each in re.findall(of_kind, text) if f"| `{kind}` | `{each}` |" not in guide] == []


def test_every_extension_of_ours_is_published(bundles: list[Any]) -> None:
    page = Path(__file__).parents[2] / "docs" / "formats" / "fhir-extensions.json"
    published = {each["resource"]["url"] for each in json.loads(page.read_text("utf-8"))["entry"]}
    used = set(re.findall(r'"url": "(https://w3id.org/annoconv/fhir/StructureDefinition/[^"]+)"', json.dumps(bundles)))
    assert used <= published
    assert len(used) > 40


# --- a server ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[http.client.HTTPConnection]:
    folder = modules("@medplum/core", "@medplum/fhir-router", PACKAGES[release])
    command = ["node", str(HERE / "server.mjs"), str(folder), PACKAGES[release]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        connection = http.client.HTTPConnection("127.0.0.1", int(process.stdout.readline()), timeout=120)
        yield connection
        connection.close()
        process.stdin.close()


def ask(server: Server, method: str, address: str, body: bytes | None = None) -> Any:
    server.request(method, address, body, {"content-type": "application/fhir+json"})
    answer = server.getresponse()
    text = answer.read()
    assert answer.status < 300, text[:500]
    return json.loads(text) if text else None


def as_a_server_writes(node: Any) -> Any:
    """Return a case with its numbers as doubles, as a server makes them: 12.50 is 12.5."""
    if isinstance(node, dict):
        return {key: as_a_server_writes(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_a_server_writes(each) for each in node]
    return float(node) if isinstance(node, Decimal) else node


@pytest.mark.parametrize("name", [name for place, name in enumerate(ZOO) if place % 4 == 0])
def test_a_case_comes_back_through_a_server(
    name: str, release: str, server: Server, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    """Every fourth case; the others under `peers`."""
    _through(server, name, zoo[name], release, tmp_path)


@pytest.mark.peers
@pytest.mark.parametrize("name", [name for place, name in enumerate(ZOO) if place % 4 != 0])
def test_every_other_case_comes_back_through_a_server(
    name: str, release: str, server: Server, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    _through(server, name, zoo[name], release, tmp_path)


def _through(server: Server, name: str, case: LoadedCase, release: str, folder: Path) -> None:
    """Send a case twice, search all of its resources, and read them."""
    ask(server, "DELETE", "/")
    target = folder / f"{name}.json"
    registry.write([case], target, format="fhir", release=release, bundle="transaction", context=AT)
    for _ in range(2):  # sent twice, it is the same
        answer = ask(server, "POST", "/", target.read_bytes())
        assert {each["response"]["status"][:2] for each in answer["entry"]} == {"20"}
    searched_in = folder / "searched"
    searched_in.mkdir()
    sent = json.loads(target.read_text("utf-8"))["entry"]
    found = 0
    for type_ in sorted({each["resource"]["resourceType"] for each in sent}):
        searched = ask(server, "GET", f"/{type_}?_count=1000")
        found += len(searched.get("entry", ()))
        (searched_in / f"{type_}.json").write_text(json.dumps(searched), "utf-8")
    assert found == len(sent)
    (reading,) = registry.read([searched_in], format="fhir")
    original, back = (as_a_server_writes(strict_json.plain(each.case)) for each in (case, reading))
    assert residuals.residual(original, back).paths() == []
