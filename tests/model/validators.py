"""The four validators that must agree, each giving the findings of the documented normaliser.

A document that is no case is validated by its class's definition in the schema, `#/$defs/Package`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from pydantic import ValidationError

from annoconv.documents.classes import class_of
from annoconv.documents.normaliser import normalise

SCHEMA_FILE = files("annoconv_model") / "annoconv.schema.json"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
EXAMPLES = Path(__file__).parents[2] / "model" / "examples"

Verdict = list[tuple[str, str]]
"""(JSON pointer, kind) of each finding, sorted."""


def _schema(name: str) -> dict[str, Any]:
    return (
        SCHEMA if name == "Case" else {key: SCHEMA[key] for key in ("$schema", "$defs")} | {"$ref": f"#/$defs/{name}"}
    )


@cache
def _python(name: str) -> Any:
    return jsonschema.Draft202012Validator(_schema(name))


@cache
def _rust(name: str) -> Any:
    return jsonschema_rs.validator_for(_schema(name))


def _verdict(errors: Any, dialect: Any, document: Any) -> Verdict:
    found = normalise(errors, dialect, document=document)
    return sorted((finding.path, finding.rule.removeprefix("schema.")) for finding in found)


def of_pydantic(document: Any) -> Verdict:
    try:
        class_of(document).model_validate_json(json.dumps(document))
    except ValidationError as error:
        return _verdict(error.errors(), "pydantic", document)
    return []


def of_python(document: Any) -> Verdict:
    return _verdict(list(_python(class_of(document).__name__).iter_errors(document)), "jsonschema", document)


def of_rust(document: Any) -> Verdict:
    return _verdict(list(_rust(class_of(document).__name__).iter_errors(document)), "jsonschema-rs", document)


class Ajv:
    """ajv in a process of its own, a document a line."""

    def __init__(self, modules: Path) -> None:
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("ajv.cjs")), str(SCHEMA_FILE)],
            env={**os.environ, "NODE_PATH": str(modules)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __call__(self, document: Any) -> Verdict:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([class_of(document).__name__, document]) + "\n")
        self._process.stdin.flush()
        return _verdict(json.loads(self._process.stdout.readline()), "ajv", document)

    def close(self) -> None:
        self._process.communicate()


def open_ajv() -> Iterator[Ajv]:
    """Yield ajv; absent (no `ANNOCONV_NODE_MODULES`) is a skip at home and a failure in CI."""
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    if not modules or not shutil.which("node"):
        missing = "ajv is not at hand: npm install ajv@8 ajv-formats@3, and set ANNOCONV_NODE_MODULES"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    ajv = Ajv(Path(modules))
    yield ajv
    ajv.close()
