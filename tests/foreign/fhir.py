"""Resources that others wrote, as `json` reads them: examples of HL7's specification, of R4 and R5.

What a case says of each of them again is told by the reader's own functions, in the resource's terms.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv_converters.fhir.read import EXACT, cases_of

from annoconv.documents import strict_json
from annoconv.registry import Context
from tests.foreign import Foreign, data

if TYPE_CHECKING:
    import pytest

    from annoconv.casefile import Reading

FORMAT = "fhir"
UNSAID: dict[str, str] = {}
ADDED = {"*coding/#": "an empty object holds the place of a coding that is not there"}
REFUSED = {
    "BodyStructure-tumor.json": "InputError",
    "Media-xray.json": "InputError",
    "Provenance-example.json": "InputError",
    "patient-example-chinese.json": "InputError",
    "bodystructure-example-fetus.json": "InputError",
}
"""What holds nothing that a case is made of."""


def files() -> list[Foreign]:
    return [foreign(path) for path in data("fhir/*/*.json")]


def foreign(path: Path, name: str = "") -> Foreign:
    return Foreign(name or "/".join(path.parts[-2:]), (path,), refused=REFUSED.get(path.name, ""))


def tree(path: Path) -> Any:
    return _with_short_references(json.loads(path.read_text("utf-8")))


def _with_short_references(node: Any) -> Any:
    """Return a resource whose references are type and id alone: which server keeps them says nothing."""
    if isinstance(node, list):
        return [_with_short_references(each) for each in node]
    if not isinstance(node, dict):
        return node
    told = {key: _with_short_references(value) for key, value in node.items()}
    if isinstance(told.get("reference"), str):
        told["reference"] = "/".join(told["reference"].split("/_history/")[0].split("/")[-2:])
    return told


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (source,) = file.sources
    said = strict_json.loads_keeping(source.read_bytes(), EXACT)
    located: list[Any] = [((), None, said)]
    if said["resourceType"] == "Bundle":
        located = [
            (("entry", place, "resource"), each.get("fullUrl"), each["resource"])
            for place, each in enumerate(said.get("entry", ()))
            if "resource" in each
        ]
    ((case, told, _),) = cases_of(located, Context(task="T"), None, source)
    assert case == readings[0].case
    whole: Any = {"resourceType": said["resourceType"]}
    if said["resourceType"] == "Bundle":
        whole |= {key: said[key] for key in ("type",) if key in said} | {"entry": [{} for _ in said.get("entry", ())]}
    for (place, address, resource), again in told:
        found = {} if again is None else {key: value for key, value in again.items() if key != "id" or "id" in resource}
        if not place:
            whole = found
        else:
            entry = whole["entry"][place[1]]
            entry |= {"fullUrl": address} if address else {}
            entry["resource"] = found
    target = folder / "again.json"
    target.write_bytes(strict_json.dumps(whole))
    return target


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget the units of values."""
    from annoconv_converters.fhir import styles

    monkeypatch.setattr(styles, "_unit_of", lambda value: None)
    return next(one for one in files() if "observation-example" in one.name)


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count a member among those that say nothing."""
    from annoconv_converters.fhir import foreign_losses as module

    kept = module.resource_losses
    monkeypatch.setattr(
        "annoconv_converters.fhir.read.resource_losses",
        lambda *given: [one for one in kept(*given) if "/subject" not in one.path and "/text" not in one.path],
    )
    return next(one for one in files() if "observation-example" in one.name)
