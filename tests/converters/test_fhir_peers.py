"""FHIR before HL7's own validator and a HAPI server with a database; `fhir_peers/prepare.sh` gets them."""

from __future__ import annotations

import http.client
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import residuals, strict_json
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.cases import ZOO, make
from tests.converters import fhir_peers
from tests.converters.test_fhir_judges import as_a_server_writes, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.peers
AT = Context(timestamp=parse_timestamp("2026-02-01T00:00:00Z"))
EXTENSIONS = Path(__file__).parents[2] / "docs" / "formats" / "fhir-extensions.json"
KINDS = ("collection", "transaction", "document")
URL = re.compile(r"(?:https?://|urn:(?!uuid))[^\s'|,)\]#]+")


@pytest.fixture(scope="module", params=["R5", "R4B"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedCase]:
    folder = tmp_path_factory.mktemp("zoo")
    return {name: read_case(make(name, folder / name).path) for name in ZOO}


# --- HL7's validator --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said(release: str, zoo: dict[str, LoadedCase], tmp_path_factory: pytest.TempPathFactory) -> list[fhir_peers.Said]:
    """What is said of the whole zoo in every kind of Bundle, of lines, a data set, plain ones, our extensions."""
    folder = tmp_path_factory.mktemp(release)
    files: list[Path] = []
    for name, case in zoo.items():
        for kind in KINDS:
            files.append(folder / f"{name}_{kind}.json")
            registry.write([case], files[-1], format="fhir", context=AT, release=release, bundle=kind)
        files.append(folder / f"{name}_plain.json")
        registry.write([case], files[-1], format="fhir", context=AT, release=release, plain=True)
        lines = folder / f"{name}_lines"
        registry.write([case], lines, format="fhir", release=release, bundle="ndjson")
        files += sorted(lines.glob("*.ndjson"))
    files.append(folder / "two.json")
    registry.write([zoo["findings"], zoo["follow_up"]], files[-1], format="fhir", release=release)
    damaged = json.loads(files[0].read_text("utf-8"))
    damaged["entry"][0]["resource"]["status"] = "banana"
    files.append(folder / "damaged.json")
    files[-1].write_text(json.dumps(damaged), "utf-8")
    return fhir_peers.validated(release, [*files, *([EXTENSIONS] if release == "R5" else [])])


def test_hl7s_validator_finds_no_error(said: list[fhir_peers.Said]) -> None:
    errors = [each for each in said if each.level in {"error", "fatal"} and not _is_in_another_file(each)]
    assert [each for each in errors if Path(each.file).name != "damaged.json"] == []
    assert any("banana" in each.words for each in errors)


def _is_in_another_file(each: fhir_peers.Said) -> bool:
    """Tell whether all that is said is that a resource is not there which another file of the same lines has.

    The validator reads one file of lines at a time. That references lead to what they may is seen in the Bundles.
    """
    path = Path(each.file)
    if path.suffix != ".ndjson" or not each.message_id.endswith("Reference_REF_CantResolve"):
        return False
    (named,) = re.findall(r"'([A-Za-z]+)/([^']+)'", each.words)
    lines = path.with_name(f"{named[0]}.ndjson").read_text("utf-8").splitlines()
    return any(json.loads(line)["id"] == named[1] for line in lines)


def test_each_of_its_warnings_has_a_reason(release: str, said: list[fhir_peers.Said]) -> None:
    rows = [line.split(" | ") for line in (fhir_peers.HERE / "warnings.txt").read_text("utf-8").splitlines()[1:]]
    warnings = {_key(each) for each in said if each.level == "warning"}
    without = [key for key in warnings if not any(key[0] == row[0] and fnmatchcase(key[1], row[1]) for row in rows)]
    assert without == []
    del release


def _key(each: fhir_peers.Said) -> tuple[str, str]:
    told = list(dict.fromkeys(url.rstrip(".") for url in URL.findall(each.words)))
    return each.message_id.rpartition("/")[2], " ".join(told)


# --- a HAPI server ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[http.client.HTTPConnection]:
    with fhir_peers.server(release) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        yield connection
        connection.close()


def searched(server: http.client.HTTPConnection, address: str) -> list[Any]:
    """Return all resources that a search finds, page by page."""
    found: list[Any] = []
    while address:
        page = ask(server, "GET", address)
        found += [each["resource"] for each in page.get("entry", ())]
        following = next((each["url"] for each in page["link"] if each["relation"] == "next"), "")
        address = re.sub(r"^http://[^/]+", "", following)
    return found


@pytest.mark.parametrize("name", ZOO)
def test_a_case_comes_back_from_a_hapi_server(
    name: str, release: str, server: http.client.HTTPConnection, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    """Sent twice, read by ids; numbers are compared as doubles, which a server may make of them."""
    target = tmp_path / "case.json"
    registry.write([zoo[name]], target, format="fhir", release=release, bundle="transaction", context=AT)
    for _ in range(2):
        answer = ask(server, "POST", "/", target.read_bytes())
        assert {each["response"]["status"][:2] for each in answer["entry"]} == {"20"}
    sent = [each["resource"] for each in json.loads(target.read_text("utf-8"))["entry"]]
    back = [ask(server, "GET", f"/{each['resourceType']}/{each['id']}") for each in sent]
    entries = [{"fullUrl": f"http://h/{each['resourceType']}/{each['id']}", "resource": each} for each in back]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (tmp_path / "back.json").write_text(json.dumps(bundle), "utf-8")
    (reading,) = registry.read([tmp_path / "back.json"], format="fhir")
    original, told = (as_a_server_writes(strict_json.plain(each.case)) for each in (zoo[name], reading))
    assert residuals.residual(original, told).paths() == []


def test_a_hapi_server_finds_by_patient_study_and_code(
    release: str, server: http.client.HTTPConnection, zoo: dict[str, LoadedCase], tmp_path: Path
) -> None:
    target = tmp_path / "case.json"
    registry.write([zoo["follow_up"]], target, format="fhir", release=release, bundle="transaction", context=AT)
    ask(server, "POST", "/", target.read_bytes())
    sent = [each["resource"] for each in json.loads(target.read_text("utf-8"))["entry"]]

    def ids(type_: str, **having: Any) -> set[str]:
        return {
            each["id"]
            for each in sent
            if each["resourceType"] == type_ and all(each.get(key) == value for key, value in having.items())
        }

    (patient,) = ids("Patient")
    observations = ids("Observation")
    assert {each["id"] for each in searched(server, f"/Observation?patient={patient}")} == observations
    studies = ids("ImagingStudy")
    assert {each["id"] for each in searched(server, f"/ImagingStudy?patient={patient}")} == studies
    for study in [each for each in sent if each["id"] in studies]:
        uid = study["identifier"][0]
        found = searched(server, f"/ImagingStudy?identifier={uid['system']}%7C{uid['value']}")
        assert [each["id"] for each in found] == [study["id"]]
        if release == "R5":  # R4B has no such parameter
            reports = searched(server, f"/DiagnosticReport?study=ImagingStudy/{study['id']}")
            assert {each["id"] for each in reports} == ids("DiagnosticReport")
    code = next(each for each in sent if each["resourceType"] == "Observation")["code"]
    coding = code["coding"][0]
    of_code = searched(server, f"/Observation?patient={patient}&code={coding['system']}%7C{coding['code']}")
    assert {each["id"] for each in of_code} == ids("Observation", code=code)
