"""HL7's definitions of FHIR, trimmed to what `check-fhir` asks of them: the package data of that room.

What is read are HL7's own packages (CC0) in the folder `ANNOCONV_NODE_MODULES`: the definitions and the expansions of
their value sets. Where they are not there, what was made before stays. What is written, for each release, is one JSON
text, compressed, with the names of the packages that it comes from::

    {"release": "R5", "packages": [...], "types": {name: {"kind": ..., "base": ...}},
     "elements": {path: {"fields": {name: {...}}, "invariants": [...]}},
     "invariants": [[key, severity, words, expression]], "codes": {value set: {system: [code, ...]}}}

A field has no key where it says the usual: once at most, no `targets` where any resource may be meant. No element of a
resource or data type is asked for more than once, limited to a number above one, fixed or given a pattern.
"""

from __future__ import annotations

import json
import lzma
import os
from pathlib import Path
from typing import Any, Final

import orjson

__all__ = ["PACKAGES", "definitions", "outputs"]

PACKAGES: Final = {
    "R5": ("hl7.fhir.r5.core@5.0.0", "hl7.fhir.r5.expansions@5.0.0"),
    "R4B": ("hl7.fhir.r4b.core@4.3.0", "hl7.fhir.r4b.expansions@4.3.0"),
}
"""The definitions and the expansions of each release, with their versions."""
_FOLDER: Final = "converters/annoconv_converters/check_fhir/definitions"
_PROFILES: Final = "http://hl7.org/fhir/StructureDefinition/"
_SYSTEM_TYPES: Final = "http://hl7.org/fhirpath/System."
_FHIR_TYPE: Final = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
_KINDS: Final = {"resource": "resource", "complex-type": "complex", "primitive-type": "primitive"}
_NOT_ASKED: Final = ("fixed", "pattern")
_MOST_CODES: Final = 800
"""Codes of a value set that are kept; countries have the most."""


def outputs(root: Path) -> dict[str, bytes]:
    """Return the package data of each release whose packages are at hand, by path below the repository's root.

    The compressed bytes stay as they are where their text is the same, whatever the library that compresses them.
    """
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    made: dict[str, bytes] = {}
    for release, packages in PACKAGES.items():
        folders = [Path(modules or "") / package.split("@")[0] for package in packages]
        if not modules or not all(folder.is_dir() for folder in folders):
            continue
        name = f"{_FOLDER}/{release.lower()}.json.xz"
        text = json.dumps(definitions(release, *folders), ensure_ascii=False, separators=(",", ":")).encode()
        before = (root / name).read_bytes() if (root / name).exists() else b""
        same = bool(before) and lzma.decompress(before) == text
        made[name] = before if same else lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
    return made


def definitions(release: str, core: Path, expansions: Path) -> dict[str, Any]:
    """Return what is kept of a release.

    Parameters
    ----------
    release
        `R5` or `R4B`.
    core, expansions
        Folders of HL7's two packages.
    """
    found = [orjson.loads(path.read_bytes()) for path in sorted(core.glob("StructureDefinition-*.json"))]
    base = {each["name"]: each for each in found if each.get("derivation") != "constraint" and each["kind"] in _KINDS}
    profiles = {each["url"]: each for each in found if each.get("derivation") == "constraint"}
    invariants: dict[tuple[str, str, str, str], int] = {}
    types: dict[str, Any] = {}
    elements: dict[str, Any] = {}
    sets: set[str] = set()
    for name, structure in sorted(base.items()):
        types[name] = {
            "kind": _KINDS[structure["kind"]],
            "base": structure.get("baseDefinition", "").rpartition("/")[2],
        }
        if structure["kind"] == "primitive-type":
            continue
        for element in structure["snapshot"]["element"]:
            path: str = element["path"]
            above, _, field = path.rpartition(".")
            own = [
                invariants.setdefault(_invariant(each), len(invariants))
                for each in [*element.get("constraint", ()), *_of_profiles(element, profiles)]
                if each.get("expression") and each["key"] != "ele-1"
            ]
            if above:
                elements[above]["fields"][field] = _field(element, own, sets)
                if field == "id":  # the id of a resource is an id, that of an element any text
                    elements[above]["fields"][field]["types"] = [
                        "id" if types[name]["kind"] == "resource" and above == name else "string"
                    ]
            if not above or _kinds_of(element) & {"BackboneElement", "Element"}:
                elements[path] = {"fields": {}, "invariants": own}
    return {
        "release": release,
        "packages": [*PACKAGES[release]],
        "types": types,
        "elements": elements,
        "invariants": [list(each) for each in invariants],
        "codes": _codes(sets, expansions),
    }


def _invariant(constraint: dict[str, Any]) -> tuple[str, str, str, str]:
    return constraint["key"], constraint["severity"], constraint["human"], constraint["expression"]


def _of_profiles(element: dict[str, Any], profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a profile of a data type, such as SimpleQuantity, asks for beyond it."""
    return [
        constraint
        for kind in element.get("type", ())
        for url in kind.get("profile", ())
        if url in profiles
        for constraint in profiles[url]["snapshot"]["element"][0].get("constraint", ())
    ]


def _kinds_of(element: dict[str, Any]) -> set[str]:
    return {kind["code"] for kind in element.get("type", ())}


def _field(element: dict[str, Any], invariants: list[int], sets: set[str]) -> dict[str, Any]:
    field: dict[str, Any] = {}
    if element["min"] > 1 or element["max"] not in {"1", "*"} or any(key.startswith(_NOT_ASKED) for key in element):
        raise ValueError(f"{element['path']} says what check-fhir does not ask")
    if element["min"]:
        field["needed"] = True
    if element["max"] == "*":
        field["list"] = True
    if "contentReference" in element:
        field["as"] = element["contentReference"].partition("#")[2]
    else:
        field["types"] = [_type_code(kind) for kind in element["type"]]
        targets = {
            _type_code(kind): sorted(url.removeprefix(_PROFILES) for url in kind["targetProfile"])
            for kind in element["type"]
            if "targetProfile" in kind and kind["code"] in {"Reference", "CodeableReference"}
        }
        targets = {code: names for code, names in targets.items() if names != ["Resource"]}
        if targets:
            field["targets"] = targets
    if element.get("isModifier"):
        field["modifier"] = True
    if invariants:
        field["invariants"] = invariants
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and "valueSet" in binding:
        field["codes"] = binding["valueSet"].partition("|")[0]
        sets.add(field["codes"])
    return field


def _type_code(kind: dict[str, Any]) -> str:
    """Return the type of an element; ids and their like name it in an extension."""
    code: str = kind["code"]
    if not code.startswith(_SYSTEM_TYPES):
        return code
    named = [
        each.get("valueUrl") or each.get("valueUri") for each in kind.get("extension", ()) if each["url"] == _FHIR_TYPE
    ]
    return named[0] if named else "string"


def _codes(sets: set[str], expansions: Path) -> dict[str, Any]:
    """Return the codes of value sets by system, of those that are enumerable and not beyond all bounds."""
    found: dict[str, Any] = {}
    for path in sorted(expansions.glob("ValueSet-*.json")):
        value_set = orjson.loads(path.read_bytes())
        if value_set["url"] not in sets:
            continue
        systems: dict[str, list[str]] = {}
        _collect(value_set.get("expansion", {}).get("contains", ()), systems)
        count = sum(map(len, systems.values()))
        if 0 < count <= _MOST_CODES:
            found[value_set["url"]] = {system: sorted(codes) for system, codes in sorted(systems.items())}
    return dict(sorted(found.items()))


def _collect(contained: Any, systems: dict[str, list[str]]) -> None:
    for each in contained:
        if "code" in each and not each.get("abstract"):
            systems.setdefault(each.get("system", ""), []).append(each["code"])
        _collect(each.get("contains", ()), systems)
