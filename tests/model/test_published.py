"""A published version of the schema never changes its meaning; a later one of the same major version only adds."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from annoconv.documents.schema_diff import Effect, compare_schemas
from annoconv.model import SCHEMA_VERSION
from annoconv.upgrade import _STEPS
from tests.model.validators import SCHEMA

PUBLISHED = Path(__file__).parents[2] / "model" / "published"


def faults(folder: Path, schema: dict[str, Any] = SCHEMA, version: str = SCHEMA_VERSION) -> list[str]:
    """Return what a schema of a version may not do, given those that are published."""
    found: list[str] = []
    for path in sorted(folder.glob("annoconv-*.schema.json")):
        old, number = json.loads(path.read_bytes()), path.name.removeprefix("annoconv-").removesuffix(".schema.json")
        effects = {change.effect for change in compare_schemas(old, schema)}
        if not old["$id"].endswith(f"/{number}/annoconv.schema.json"):
            found.append(f"{number}: its identifier names another version")
        if number == version and effects - {Effect.ANNOTATION}:
            found.append(f"{number}: give the change a new version")
        if number != version and number not in _STEPS:
            found.append(f"{number}: annoconv upgrade needs a step from it")
        if number != version and number.split(".")[0] == version.split(".")[0] and Effect.BREAKING in effects:
            found.append(f"{number}: give the change a new major version")
    return found


def test_published_schemas_keep_their_meaning() -> None:
    assert faults(PUBLISHED) == []


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return a folder in which today's schema is published."""
    (tmp_path / f"annoconv-{SCHEMA_VERSION}.schema.json").write_text(json.dumps(SCHEMA))
    return tmp_path


def test_a_schema_that_is_published_as_it_stands_is_no_fault(published: Path) -> None:
    assert faults(published) == []


def test_an_added_field_needs_a_new_version_once_one_is_published(published: Path, tmp_path: Path) -> None:
    added = copy.deepcopy(SCHEMA)
    added["properties"]["new"] = {"type": "string"}
    assert faults(published, added) == [f"{SCHEMA_VERSION}: give the change a new version"]
    assert faults(published, added, "1.1") == [f"{SCHEMA_VERSION}: annoconv upgrade needs a step from it"]


def test_a_breaking_change_needs_a_new_major_version(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_STEPS, SCHEMA_VERSION, lambda document: document)
    broken = copy.deepcopy(SCHEMA)
    broken["required"] = [*broken["required"], "schema_version"]
    assert faults(published, broken, "1.1") == [f"{SCHEMA_VERSION}: give the change a new major version"]
    assert faults(published, broken, "2.0") == []


def test_a_published_file_names_its_own_version(tmp_path: Path) -> None:
    (tmp_path / "annoconv-0.9.schema.json").write_text(json.dumps(SCHEMA))
    assert "0.9: its identifier names another version" in faults(tmp_path)
