"""Documents run: what a page shows is executed and compared; what a user can type or catch is described.

In a page, a `console` block holds commands after `$ ` and what they say (standard output and error together), a
`python` block is followed by a `text` block with what it prints, a `js` block runs under node. A comment
`<!-- file: NAME -->` before a block makes a file of it. A line `[...]` stands for any lines left out. Blocks of a page
run in their order, in one empty folder. `ANNOCONV_ACCEPT_DOCS=1 pytest tests/test_docs.py` writes what was said into
the pages; read it before commit.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import annoconv
from annoconv import errors, registry, rules
from annoconv.cli import _COMMANDS as COMMANDS
from annoconv.cli.command import COMMON, flags_of
from annoconv.documents.normaliser import _KEYWORD_KINDS as KEYWORD_KINDS  # the page lists the same
from annoconv.documents.normaliser import _PYDANTIC_KINDS as PYDANTIC_KINDS
from annoconv.loss import LossKind
from model.generator import conformance
from model.generator.read_linkml import read_model

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ACCEPT = "ANNOCONV_ACCEPT_DOCS"
ELISION = "[...]"
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)```\n", re.DOTALL)
RUNNABLE = ("console", "python", "js")


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def runs(page: Path) -> bool:
    return any(block["kind"] in RUNNABLE and not block["file"] for block in BLOCK.finditer(text_of(page)))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted(DOCS.rglob("*.md"))
FORMATS = sorted(
    {one.format for one in registry.converters().values() if one.entry_point.module.startswith("annoconv_converters")}
)


# --- what pages show is what happens ---


@dataclass
class Shown:
    """Something that a page claims to be said, and where."""

    start: int
    end: int
    expected: str
    said: str

    @property
    def agrees(self) -> bool:
        pattern = r"(?:.*\n)*?".join(re.escape(part) for part in self.expected.split(ELISION + "\n"))
        return re.fullmatch(pattern, self.said) is not None

    @property
    def accepted(self) -> str:
        """What was said, shortened as what was expected is."""
        before, elision, after = self.expected.partition(ELISION + "\n")
        if not elision:
            return self.said
        lines = self.said.splitlines(keepends=True)
        tail = lines[len(lines) - after.count("\n") :]
        return "".join([*lines[: before.count("\n")], elision, *tail])


def run_page(page: Path, folder: Path) -> list[Shown]:
    """Run the blocks of a page in a folder; return what was said."""
    text, shown, names = text_of(page), list[Shown](), dict[str, Any]()
    said: str | None = None
    for block in BLOCK.finditer(text):
        kind, body = block["kind"], block["body"]
        if block["file"]:
            (folder / block["file"]).write_text(body, "utf-8")
        elif kind == "console":
            for command in re.finditer(r"^\$ (?P<line>.*)\n(?P<said>(?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                offset = block.start("body")
                answer = console(command["line"], folder)
                shown.append(
                    Shown(offset + command.start("said"), offset + command.end("said"), command["said"], answer)
                )
        elif kind == "python":
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(body, name_of(page), "exec"), names)
            said = out.getvalue()
        elif kind == "js":
            said = node(body, folder)
        elif kind == "text" and said is not None:
            shown.append(Shown(block.start("body"), block.end("body"), body, said))
            said = None
    assert not said, f"what {name_of(page)} prints is not shown: {said}"
    return shown


def console(line: str, folder: Path) -> str:
    """Run a line as a user would, and return all that it says."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUTF8": "1", "PYTHONWARNINGS": "", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.stdout


def node(script: str, folder: Path) -> str:
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    if not modules or not shutil.which("node"):
        if os.environ.get("CI"):
            pytest.fail("set ANNOCONV_NODE_MODULES to a folder with ajv")
        pytest.skip("ajv is not at hand: npm install ajv@8 ajv-formats@3, and set ANNOCONV_NODE_MODULES")
    done = subprocess.run(
        ["node", "-e", script],
        cwd=folder,
        env={**os.environ, "NODE_PATH": modules},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=name_of)
def test_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run_page(page, tmp_path)
    if os.environ.get(ACCEPT):
        text = text_of(page)
        for one in reversed(shown):
            if not one.agrees:
                text = text[: one.start] + one.accepted + text[one.end :]
        page.write_text(text, "utf-8")
        return
    for one in shown:
        assert one.agrees or one.said == one.expected, name_of(page)


# --- README ---


def test_readme_begins_with_what_a_reader_needs() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        text = text_of(ROOT / name)
        order = ["pip install", "```python", "$ annoconv to-dicom-seg", "| `dicom-seg`"]
        places = [text.index(mark) for mark in order]
        assert places == sorted(places), name
        assert not re.search(r"!\[[^]]*\]\(http", text), f"{name}: badges none"
        for line in ("pip install . && annoconv demo", 'pip install -e ".[dev]" && pytest'):
            assert f"\n```sh\n{line}\n```\n" in text, name
        python = next(block["body"] for block in BLOCK.finditer(text) if block["kind"] == "python")
        assert len([line for line in python.splitlines() if line]) == 6, name


def test_both_readmes_show_the_same() -> None:
    english, chinese = (
        [block["body"] for block in BLOCK.finditer(text_of(ROOT / name))] for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/formats/README.md"])
def test_tables_of_formats_are_whole(page: str) -> None:
    assert sorted(re.findall(r"^\| \[?`([\w-]+)`", text_of(ROOT / page), re.MULTILINE)) == FORMATS


# --- everything that a user meets is described ---


def test_every_command_is_documented() -> None:
    page = text_of(DOCS / "reference" / "cli.md")
    sections = {part.split("\n", 1)[0]: part for part in page.split("\n## ")}
    assert set(COMMANDS) <= {title.removeprefix("annoconv ") for title in sections}
    for name in COMMANDS:
        help_text = console(f"annoconv {name} --help", ROOT)
        options = set(re.findall(r"--[a-z][a-z-]*", help_text)) - common_options()
        lacking = [option for option in options if f"`{option}" not in sections[f"annoconv {name}"]]
        assert lacking == [], name
    assert [option for option in common_options() if f"`{option}" not in page] == []


def common_options() -> set[str]:
    """Return the options that every command takes, whether or not its help shows them."""
    return {"--help"} | {flag for each in COMMON.values() for flag in flags_of(each)}


def test_every_rule_is_documented() -> None:
    page = text_of(DOCS / "reference" / "rules.md")
    assert re.findall(r"^## (\S+)$", page, re.MULTILINE) == list(rules.catalogue())


def test_every_error_is_documented_with_its_exit_code() -> None:
    page = text_of(DOCS / "reference" / "errors.md")
    for name in errors.__all__:
        code = getattr(errors, name).exit_code
        assert re.search(rf"^\| `{name}` \|[^|]*\| {code} \|", page, re.MULTILINE), name
    for code in (0, 1, 2, 3, 4, 70):
        assert re.search(rf"^\| {code} \|", page, re.MULTILINE), code


def test_every_kind_of_loss_is_documented() -> None:
    page = text_of(DOCS / "reference" / "losses.md")
    assert re.findall(r"^\| `(\w+)` \| (yes|no) \|", page, re.MULTILINE) == [
        (kind.value, "yes" if kind.changes_value else "no") for kind in LossKind
    ]
    assert sorted(re.findall(r"^\| \[([\w-]+)\]\(", page, re.MULTILINE)) == FORMATS


def test_every_public_name_is_documented() -> None:
    page = text_of(DOCS / "reference" / "python.md")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == annoconv.__all__


def test_the_normaliser_is_documented() -> None:
    page = text_of(DOCS / "reference" / "normaliser.md")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", page, re.MULTILINE)
    documented = {kind: [set(re.findall(r"`(\w+)`", cell)) for cell in cells] for kind, *cells in rows}
    for kind, (keywords, types) in documented.items():
        assert keywords == {key for key, value in KEYWORD_KINDS.items() if value == kind}, kind
        assert types - {"union_tag_not_found", "union_tag_invalid", "missing_key"} == {
            key for key, value in PYDANTIC_KINDS.items() if value == kind
        }, kind
    assert documented.keys() >= {*KEYWORD_KINDS.values(), *PYDANTIC_KINDS.values()}


# --- pages hold together ---


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", text_of(page)))
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    lost = [one for one in targets if one and "://" not in one and not (page.parent / one).exists()]
    assert lost == []


def test_every_page_is_reached_from_the_index() -> None:
    seen, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md" or not page.is_relative_to(DOCS):
            continue
        seen.add(page)
        targets = re.findall(r"\]\(([^)\s:`]+\.md)(?:#[^)]*)?\)", text_of(page))
        waiting += [path for path in (page.parent / one for one in targets) if path.exists()]
    assert sorted(name_of(page) for page in DOCS.rglob("*.md") if page not in seen) == []


def test_no_file_names_a_registry_or_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    forbidden = re.compile(
        r"(?:https?://)?(?:[\w.-]*\bpypi\.|[\w.-]*registry\.npm|files\.pythonhosted|mirrors?\.)[\w.-]+|--(?:extra-)?index-url"
        r"|(?<![\w.])/(?:home|root|Users|work|tmp)/\w+"
    )
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or b"\0" in (data := path.read_bytes()):
            continue
        found += [f"{name}: {match[0]}" for match in forbidden.finditer(data.decode("utf-8", "replace"))]
    assert found == []


# --- conformance ---


@pytest.fixture(scope="module")
def requirements() -> list[conformance.Row]:
    source = ROOT / "model"
    listed = yaml.safe_load(text_of(source / "conformance.yaml"))["sections"]
    every = yaml.safe_load(text_of(source / "rules.yaml"))["rules"]
    every += yaml.safe_load(text_of(source / "image_checks.yaml"))["checks"]
    return [
        row for part in conformance.rows(listed, read_model(source / "annoconv.yaml"), every).values() for row in part
    ]


def test_conformance_rows_are_whole(requirements: list[conformance.Row]) -> None:
    assert len({row.id for row in requirements}) == len(requirements)
    for row in requirements:
        assert row.status in conformance.STATUSES, row.id
        assert row.clauses, row.id
        assert row.form, row.id
        assert set(row.form) <= set(conformance.FORMS), row.id
        assert re.search(r"[\u4e00-\u9fff]", row.zh), row.id


def test_a_done_row_has_all_that_it_asks_for(requirements: list[conformance.Row]) -> None:
    assert {row.id: row.missing for row in requirements if row.status == "done" and row.missing} == {}


def test_what_conformance_names_exists(requirements: list[conformance.Row]) -> None:
    lost = []
    commands = {*COMMANDS, *registry.converters(), *registry.commands(COMMANDS)}
    for row in requirements:
        lost += [f"{row.id}: {one}" for one in row.commands if one not in commands]
        lost += [f"{row.id}: {one}" for one in row.tests if not is_test(one)]
    assert lost == []


def is_test(node_id: str) -> bool:
    file, _, rest = node_id.partition("::")
    path = ROOT / file
    if not path.is_file() or not rest:
        return path.is_file()
    name, _, parameter = rest.partition("[")
    if name == "test_valid_example_passes_and_round_trips":
        return (ROOT / "model" / "examples" / "valid" / f"{parameter.rstrip(']')}.json").is_file()
    return f"def {name}(" in text_of(path)


def test_json_blocks_are_json() -> None:
    for page in PAGES:
        for block in BLOCK.finditer(text_of(page)):
            if block["kind"] == "json":
                json.loads(block["body"])
