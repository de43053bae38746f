"""The package data are HL7's definitions, nothing of them is lost, and they are up to date."""

from __future__ import annotations

import lzma
from pathlib import Path

import orjson
import pytest
from annoconv_converters.check_fhir.definitions import RELEASES, Release, definitions
from annoconv_converters.check_fhir.fhirpath import compiled

from model.generator.fhir_definitions import PACKAGES, outputs
from model.generator.fhir_definitions import definitions as trimmed
from tests.converters.check_fhir.packages import package

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("release", RELEASES)
def test_the_definitions_are_those_of_the_packages(release: Release) -> None:
    folders = [package(each.partition("@")[0]) for each in PACKAGES[release]]
    packed = ROOT / f"converters/annoconv_converters/check_fhir/definitions/{release.lower()}.json.xz"
    assert orjson.loads(lzma.decompress(packed.read_bytes())) == trimmed(release, *folders), "run `make generate`"


def test_without_the_packages_the_definitions_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ANNOCONV_NODE_MODULES", raising=False)
    assert outputs(ROOT) == {}
    monkeypatch.setenv("ANNOCONV_NODE_MODULES", str(tmp_path))
    assert outputs(ROOT) == {}


@pytest.mark.parametrize("release", RELEASES)
def test_every_element_of_every_type_is_there(release: Release) -> None:
    known = definitions(release)
    core = package(PACKAGES[release][0].partition("@")[0])
    count = 0
    for path in core.glob("StructureDefinition-*.json"):
        structure = orjson.loads(path.read_bytes())
        if structure.get("derivation") == "constraint" or structure["kind"] not in {"resource", "complex-type"}:
            continue
        for element in structure["snapshot"]["element"]:
            above, _, name = element["path"].rpartition(".")
            if not above:
                continue
            field = known.kind(above).fields[name.removesuffix("[x]")]
            assert field.is_list == (element["max"] == "*")
            assert (field in known.kind(above).needed) == (element["min"] == 1)
            assert len(field.keys) == max(len(element.get("type", ())), 1)
            count += 1
    assert count > 5_000


@pytest.mark.parametrize("release", RELEASES)
def test_the_data_are_small_and_name_their_packages(release: Release) -> None:
    known = definitions(release)
    assert known.packages == PACKAGES[release]
    packed = ROOT / f"converters/annoconv_converters/check_fhir/definitions/{release.lower()}.json.xz"
    assert packed.stat().st_size < 100_000
    assert len(lzma.decompress(packed.read_bytes())) < 1_000_000


@pytest.mark.parametrize("release", RELEASES)
def test_every_expression_is_understood(release: Release) -> None:
    for each in definitions(release).invariants:
        assert compiled(each.expression)


def test_codes_are_those_of_the_release() -> None:
    r5 = definitions("R5").kind("Observation").fields["status"]
    assert r5.codes == {
        "http://hl7.org/fhir/observation-status": frozenset(
            "registered preliminary final amended corrected cancelled entered-in-error unknown".split()  # noqa: SIM905
        )
    }
    assert definitions("R4B").kind("Attachment").fields["contentType"].codes is None


def test_abstract_types_are_no_resources() -> None:
    known = definitions("R5")
    assert known.resource("Observation") is not None
    for name in ("Resource", "DomainResource", "Quantity", "Banana", "", None, 1, ["Observation"]):
        assert known.resource(name) is None
