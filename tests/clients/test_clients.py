"""The programs of the how-to pages, in other languages, find of every example the verdict and the place of annoconv."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from annoconv.documents.classes import class_of
from tests.model.validators import EXAMPLES

pytestmark = pytest.mark.peers

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
EXPECTED: dict[str, dict[str, str]] = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
FILES = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
MOST_LINES = 60
GO = "github.com/santhosh-tekuri/jsonschema/v6@v6.0.3"

Client = Callable[..., subprocess.CompletedProcess[str]]


def absent(told: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    everything = os.environ | environment
    return subprocess.run(command, cwd=folder, env=everything, capture_output=True, encoding="utf-8", check=False)


def laid_out(page: str, folder: Path) -> Path:
    """Write the files of a page as a reader would."""
    for name, text in FILES.findall((PAGES / page).read_text("utf-8")):
        (folder / name).write_text(text, "utf-8")
    (folder / "annoconv.schema.json").write_bytes((files("annoconv_model") / "annoconv.schema.json").read_bytes())
    return folder


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = laid_out("check-in-javascript.md", tmp_path_factory.mktemp("javascript"))
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    if not modules or not shutil.which("node"):
        absent("ajv is not at hand: npm install ajv@8 ajv-formats@3, and set ANNOCONV_NODE_MODULES")
    return lambda *arguments: run(["node", "check.js", *map(str, arguments)], folder, NODE_PATH=modules or "")


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = laid_out("check-in-go.md", tmp_path_factory.mktemp("go"))
    if not shutil.which("go"):
        absent("go is not installed")
    for command in (["go", "mod", "init", "check"], ["go", "get", GO], ["go", "build", "-o", "check", "."]):
        made = run(command, folder)
        if made.returncode:
            absent(f"{' '.join(command)}: {made.stderr[-500:]}")
    return lambda *arguments: run(["./check", *map(str, arguments)], folder)


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = laid_out("check-in-java.md", tmp_path_factory.mktemp("java"))
    if not shutil.which("mvn") or not shutil.which("java"):
        absent("java or mvn is not installed")
    made = run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], folder)
    if made.returncode:
        absent(f"mvn: {made.stdout[-500:]}")
    return lambda *arguments: run(["java", "-cp", "lib/*", "Check.java", *map(str, arguments)], folder)


def told(client: Client, paths: list[Path]) -> dict[str, set[str]]:
    """Return the places that a client names for each file, by its name."""
    found: dict[str, set[str]] = {path.stem: set() for path in paths}
    by_class: dict[str, list[Path]] = {}
    for path in paths:
        by_class.setdefault(class_of(json.loads(path.read_bytes())).__name__, []).append(path)
    for name, some in by_class.items():
        schema = "annoconv.schema.json" if name == "Case" else f"annoconv.schema.json#/$defs/{name}"
        done = client(schema, *some)
        assert done.returncode in {0, 1}, done.stderr[-2000:]
        for match in re.finditer(r"^(/.*?\.json): (/.*?|): ", done.stdout, re.MULTILINE | re.DOTALL):
            found[Path(match[1]).stem].add("" if match[2] == "/" else match[2])  # a key may hold a line break
        assert done.returncode == int(any(found[path.stem] for path in some)), done.stderr
    return found


@pytest.mark.parametrize("language", ["javascript", "go", "java"])
def test_a_client_gives_the_verdict_and_the_place_of_every_example(
    language: str, request: pytest.FixtureRequest
) -> None:
    client: Any = request.getfixturevalue(language)
    valid, invalid = (sorted((EXAMPLES / kind).glob("*.json")) for kind in ("valid", "invalid"))
    assert {name: places for name, places in told(client, valid).items() if places} == {}
    found = told(client, invalid)
    wrong = {name: places for name, places in found.items() if places != {EXPECTED[name]["pointer"]}}
    assert wrong == {}


WHOLE = b'{"task_id":"T","image":{"uid":"1.2.3","modality":"CT"},"annotations":[],"metadata":{"annotator":"A"}}'
BROKEN = {
    "its end is missing": WHOLE[:40],
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "`NaN`": WHOLE.replace(b'"T"', b"NaN"),
    "text that is not UTF-8": WHOLE.replace(b'"T"', b'"T\xe9"'),
    "a number beyond a double, `1e400`": WHOLE.replace(b'"CT"', b'"CT","spacing":[1e400,1,1]'),
    'a lone surrogate, `"\\ud800"`': WHOLE.replace(b'"T"', rb'"T\ud800"'),
    "a key that stands twice": WHOLE.replace(b'"task_id"', b'"task_id":"U","task_id"'),
    "more than 201 levels": WHOLE[:-1] + b',"extensions":{"x.y":' + b'{"a":' * 200 + b"1" + b"}" * 202,
}
ROWS = re.compile(r"^  \| (.+) \| (\w+ it) \| (\w+ it) \| (\w+ it) \|$", re.MULTILINE)


@pytest.mark.parametrize(("column", "language"), [(1, "javascript"), (2, "go"), (3, "java")])
def test_a_client_names_the_files_that_it_cannot_read_and_checks_the_others(
    column: int, language: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    client: Any = request.getfixturevalue(language)
    names = dict(zip(BROKEN, (tmp_path / f"{number}.json" for number in range(len(BROKEN))), strict=True))
    for row, path in names.items():
        path.write_bytes(BROKEN[row])
        assert run([sys.executable, "-m", "annoconv", "validate", str(path)], tmp_path).returncode in {1, 4}, row
    last = tmp_path / "last.json"
    last.write_bytes(WHOLE[:-1] + b',"x":1}')
    done = client("annoconv.schema.json", tmp_path / "gone.json", *names.values(), last)
    assert done.returncode == 1
    assert f"{tmp_path / 'gone.json'}: /: cannot be read as JSON: " in done.stdout
    assert f"{last}: /x: " in done.stdout
    page = ROWS.findall((PAGES / "validate-in-another-language.md").read_text("utf-8"))
    refused = {row: f"{path}: /" in done.stdout for row, path in names.items()}
    assert refused == {row[0]: row[column] == "refuses it" for row in page}


@pytest.mark.parametrize(("page", "name"), [("javascript", "check.js"), ("go", "check.go"), ("java", "Check.java")])
def test_a_client_is_short(page: str, name: str) -> None:
    programs = dict(FILES.findall((PAGES / f"check-in-{page}.md").read_text("utf-8")))
    assert len(programs[name].splitlines()) < MOST_LINES


def test_the_page_shows_what_the_program_says(javascript: Client, tmp_path: Path) -> None:
    text = (PAGES / "check-in-javascript.md").read_text("utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert javascript("annoconv.schema.json", "case.json").stdout == shown
