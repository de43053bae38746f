"""What code generators of other makers make of the schema for them: every member is there, and no leaf is lost."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from annoconv.documents import residuals
from annoconv.documents.classes import class_of
from model.generator.codegen_schema import ROOTS
from tests.model.test_codegen_schema import schema_for
from tests.model.validators import EXAMPLES
from tests.peers import program

pytestmark = pytest.mark.peers

DOCUMENTS = {path.stem: json.loads(path.read_bytes()) for path in sorted((EXAMPLES / "valid").glob("*.json"))}


def of(root: str) -> dict[str, Any]:
    return {name: document for name, document in DOCUMENTS.items() if class_of(document).__name__ == root}


def classes(root: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a schema by name."""
    schema = schema_for(root)
    return {root: schema} | {name: each for name, each in schema["$defs"].items() if "properties" in each}


def schema_file(root: str, folder: Path) -> Path:
    path = folder / f"{ROOTS[root]}.schema.json"
    path.write_text(json.dumps(schema_for(root)), "utf-8")
    return path


def node_program(name: str) -> Path:
    """Return a program of an npm package, or skip (fail in CI) the test that needs it."""
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    path = Path(modules or "", ".bin", name)
    if modules and path.exists() and shutil.which("node"):
        return path
    missing = f"{name} is not at hand: npm install json-schema-to-typescript quicktype typescript@5"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def run(*command: str | Path, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def lost(original: Any, back: Any) -> list[str]:
    """Return the leaves that are not there any more, or are others; a time is the same moment with the same offset."""
    left, right = residuals.leaves(original), residuals.leaves(back)
    return [
        residuals.pointer(path) for path, value in left.items() if path not in right or not same(value, right[path])
    ]


def same(left: Any, right: Any) -> bool:
    if left == right or not isinstance(left, str):
        return bool(left == right)
    try:
        one, other = datetime.fromisoformat(left), datetime.fromisoformat(str(right))
    except ValueError:
        return False
    return one == other and one.utcoffset() == other.utcoffset()


# --- datamodel-code-generator ---


@pytest.fixture(scope="module", params=ROOTS)
def python_module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    root: str = request.param
    folder = tmp_path_factory.mktemp("python")
    generator = program("datamodel-codegen")
    options = ["--input-file-type", "jsonschema", "--output-model-type", "pydantic_v2.BaseModel", "--use-title-as-name"]
    options += ["--class-name", root, "--target-python-version", "3.11", "--disable-timestamp"]
    run(generator, "--input", schema_file(root, folder), "--output", folder / "made.py", *options, folder=folder)
    spec = importlib.util.spec_from_file_location(f"made_{root}", folder / "made.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return root, module


def test_python_classes_have_their_members(python_module: tuple[str, Any]) -> None:
    root, module = python_module
    for name, told in classes(root).items():
        fields = getattr(module, name).model_fields
        assert {each.alias or key for key, each in fields.items()} == set(told["properties"]), name


def test_python_has_the_union_by_its_tag(python_module: tuple[str, Any]) -> None:
    root, module = python_module
    for name, told in schema_for(root)["$defs"].items():
        if "oneOf" in told:
            field = getattr(module, name).model_fields["root"]
            assert field.discriminator == told["discriminator"]["propertyName"]
            assert len(get_args(field.annotation)) == len(told["oneOf"])


def test_no_example_loses_a_leaf_in_python(python_module: tuple[str, Any]) -> None:
    root, module = python_module
    kind = getattr(module, root)
    for name, document in of(root).items():
        typed = kind.model_validate_json(json.dumps(document))
        back = json.loads(typed.model_dump_json(exclude_unset=True, by_alias=True))
        assert lost(document, back) == [], name


# --- json-schema-to-typescript ---


@pytest.mark.parametrize("root", ROOTS)
def test_typescript_has_every_member_and_takes_every_example_as_a_literal(root: str, tmp_path: Path) -> None:
    maker, compiler = node_program("json2ts"), node_program("tsc")
    run(
        maker,
        "--additionalProperties=false",
        "-i",
        schema_file(root, tmp_path),
        "-o",
        tmp_path / "made.ts",
        folder=tmp_path,
    )
    text = (tmp_path / "made.ts").read_text("utf-8")
    for name, told in classes(root).items():
        body = text.partition(f"export interface {name} {{")[2].partition("\n}")[0]
        absent = [key for key in told["properties"] if f"  {key}?:" not in body and f"  {key}:" not in body]
        assert absent == [], name
    for name, told in schema_for(root)["$defs"].items():
        if "oneOf" in told:
            assert f"export type {name} =" in text
    assert f"export interface {root}1 " not in text, "no class is there twice"
    literals = [f"const x{at}: {root} = {json.dumps(one)};" for at, one in enumerate(of(root).values())]
    wrong = f"// @ts-expect-error\nconst y: {root} = {{...x0, annotator: 3}};" if literals else ""
    lines = [f'import {{ {root} }} from "./made";', *literals, wrong, "export {};"]
    (tmp_path / "examples.ts").write_text("\n".join(lines), "utf-8")
    run(compiler, "--strict", "--noEmit", "--target", "es2022", "--module", "esnext", "examples.ts", folder=tmp_path)


# --- quicktype ---

_THERE_AND_BACK = """
const fs = require("fs");
const convert = require("./made.js");
const [, , root, ...files] = process.argv;
const [to, from] = [convert[`to${root}`], convert[`${root[0].toLowerCase()}${root.slice(1)}ToJson`]];
process.stdout.write(JSON.stringify(files.map((file) => JSON.parse(from(to(fs.readFileSync(file, "utf8")))))));
"""


@pytest.mark.parametrize("root", ROOTS)
def test_quicktype_has_every_member_and_no_example_loses_a_leaf(root: str, tmp_path: Path) -> None:
    maker = node_program("quicktype")
    options: list[str | Path] = ["--src-lang", "schema", "--lang", "javascript", "--top-level", root]
    run(maker, *options, "-o", tmp_path / "made.js", schema_file(root, tmp_path), folder=tmp_path)
    text = (tmp_path / "made.js").read_text("utf-8")
    every = {key for told in classes(root).values() for key in told["properties"]}
    assert [key for key in every if f'json: "{key}"' not in text] == []
    for name, told in schema_for(root)["$defs"].items():
        if "oneOf" in told:  # one class of all members
            merged = text.partition(f'"{name}": o([')[2].partition("])")[0].partition("], false)")[0]
            members = [schema_for(root)["$defs"][each["$ref"].rpartition("/")[2]] for each in told["oneOf"]]
            assert [key for each in members for key in each["properties"] if f'json: "{key}"' not in merged] == []
    (tmp_path / "trip.cjs").write_text(_THERE_AND_BACK, "utf-8")
    paths = []
    for name, document in of(root).items():
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(document), "utf-8")
    command = ["node", "trip.cjs", root, *map(str, paths)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for (name, document), back in zip(of(root).items(), json.loads(done.stdout), strict=True):
        assert lost(document, back) == [], name
