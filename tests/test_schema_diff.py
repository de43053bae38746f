"""`schema diff` says breaking where a valid document may become invalid, additive where none does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from annoconv.documents.schema_diff import Effect, compare_schemas

SCHEMA: dict[str, Any] = json.loads((files("annoconv_model") / "annoconv.schema.json").read_text("utf-8"))


def changed(change: Callable[[dict[str, Any]], Any]) -> set[Effect]:
    new = copy.deepcopy(SCHEMA)
    change(new)
    return {one.effect for one in compare_schemas(SCHEMA, new)}


def image(schema: dict[str, Any]) -> Any:
    return schema["$defs"]["Image"]


BREAKING: dict[str, Callable[[Any], Any]] = {
    "key removed": lambda s: image(s)["properties"].pop("coordinate_frame"),
    "key required": lambda s: image(s)["required"].append("shape"),
    "new key required": lambda s: (image(s)["properties"].update(new={}), image(s)["required"].append("new")),
    "value removed": lambda s: s["$defs"]["Modality"]["enum"].remove("CT"),
    "pattern changed": lambda s: s["$defs"]["LabelCode"].update(pattern="^[A-Z]+$"),
    "bound tightened": lambda s: s["$defs"]["UnitInterval"].update(maximum=0.5),
    "bound added": lambda s: s["$defs"]["Real"].update(minimum=0),
    "list shortened": lambda s: image(s)["properties"]["shape"].update(maxItems=2),
    "type changed": lambda s: s["$defs"]["Index"].update(type="string"),
    "branch removed": lambda s: s["properties"]["annotations"]["items"]["properties"]["type"]["enum"].remove("bbox"),
    "branch of a value that was allowed": lambda s: s["properties"]["annotations"]["items"]["allOf"].append(
        {"if": {"properties": {"type": {"const": "bbox"}}, "required": ["type"]}, "then": {"$ref": "#/$defs/Index"}}
    ),
    "rule added": lambda s: s.update(allOf=[{"required": ["case_id"]}]),
}
ADDITIVE: dict[str, Callable[[Any], Any]] = {
    "optional key added": lambda s: image(s)["properties"].update(new={"type": "string"}),
    "key no longer required": lambda s: image(s)["required"].remove("modality"),
    "value added": lambda s: s["$defs"]["Modality"]["enum"].append("NEW"),
    "bound loosened": lambda s: s["$defs"]["UnitInterval"].update(maximum=2),
    "bound removed": lambda s: s["$defs"]["UnitInterval"].pop("maximum"),
    "branch added": lambda s: (
        s["properties"]["annotations"]["items"]["properties"]["type"]["enum"].append("new"),
        s["properties"]["annotations"]["items"]["allOf"].append(
            {"if": {"properties": {"type": {"const": "new"}}, "required": ["type"]}, "then": {"$ref": "#/$defs/Image"}}
        ),
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_breaking(name: str) -> None:
    assert Effect.BREAKING in changed(BREAKING[name])


@pytest.mark.parametrize("name", ADDITIVE)
def test_additive(name: str) -> None:
    assert changed(ADDITIVE[name]) == {Effect.ADDITIVE}


TAGGED: dict[str, Any] = {"properties": {"type": {"enum": ["a"]}}, "additionalProperties": False, "allOf": []}
BRANCH: dict[str, Any] = {"if": {"properties": {"type": {"const": "a"}}, "required": ["type"]}, "then": {"$ref": "#/x"}}
SMALL: list[tuple[dict[str, Any], dict[str, Any], Effect]] = [
    ({"enum": [0, 1]}, {"enum": [False, True]}, Effect.BREAKING),
    ({"const": 1}, {"const": True}, Effect.BREAKING),
    ({"properties": {}}, {"properties": {"new": {"type": "string"}}}, Effect.BREAKING),
    (TAGGED, TAGGED | {"allOf": [BRANCH]}, Effect.BREAKING),
    (TAGGED | {"allOf": [BRANCH]}, TAGGED, Effect.ADDITIVE),
    ({"if": {"maximum": 1}}, {"if": {"maximum": 2}}, Effect.BREAKING),
    ({"not": {"minimum": 1}}, {"not": {"minimum": 0}}, Effect.BREAKING),
]


@pytest.mark.parametrize(("old", "new", "effect"), SMALL)
def test_small_schemas(old: dict[str, Any], new: dict[str, Any], effect: Effect) -> None:
    assert effect in {one.effect for one in compare_schemas(old, new)}


def test_words_are_neither() -> None:
    assert changed(lambda s: image(s).update(description="other words")) == {Effect.ANNOTATION}
    assert compare_schemas(SCHEMA, SCHEMA) == []


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv.cli import main

    old = tmp_path / "old.json"
    old.write_text(json.dumps(SCHEMA | {"required": []}), "utf-8")
    assert main(["schema", "diff", str(old), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "breaking"
    assert main(["schema", "difference"]) == 2
