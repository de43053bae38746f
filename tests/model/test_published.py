"""A published version of the schema never changes its meaning; a later one of the same major version only adds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annoconv.documents.schema_diff import Effect, compare_schemas
from annoconv.model import SCHEMA_VERSION
from annoconv.upgrade import _STEPS
from tests.model.validators import SCHEMA

PUBLISHED = sorted((Path(__file__).parents[2] / "model" / "published").glob("annoconv-*.schema.json"))


def version_of(path: Path) -> str:
    return path.name.removeprefix("annoconv-").removesuffix(".schema.json")


def test_the_first_version_is_kept() -> None:
    assert "1.0" in map(version_of, PUBLISHED)


@pytest.mark.parametrize("path", PUBLISHED, ids=version_of)
def test_identifier_names_the_version(path: Path) -> None:
    assert json.loads(path.read_bytes())["$id"].endswith(f"/{version_of(path)}/annoconv.schema.json")


@pytest.mark.parametrize("path", PUBLISHED, ids=version_of)
def test_published_schema_keeps_its_meaning(path: Path) -> None:
    version = version_of(path)
    changes = compare_schemas(json.loads(path.read_bytes()), SCHEMA)
    if version == SCHEMA_VERSION:
        assert [change for change in changes if change.effect is not Effect.ANNOTATION] == [], "give it a new version"
    else:
        assert version in _STEPS, "annoconv upgrade needs a step from it"
        if version.split(".")[0] == SCHEMA_VERSION.split(".")[0]:
            assert [change for change in changes if change.effect is Effect.BREAKING] == [], (
                "give it a new major version"
            )
