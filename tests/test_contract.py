"""What every converter and every public module promises (`docs/formats/README.md`, CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.cli import main
from annoconv.registry import Converter, Option
from model.generator import format_tables

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "annoconv": ROOT / "src" / "annoconv",
    "annoconv_converters": ROOT / "converters" / "annoconv_converters",
    "annoconv_model": ROOT / "generated" / "annoconv_model",
}
OURS = [one for one in registry.converters().values() if one.entry_point.module.startswith("annoconv_converters")]
FIRST = {
    "to": {"cases": "Iterable[LoadedCase]", "target": "Path"},
    "from": {"sources": "Sequence[Path]"},
}
RETURNS = {"to": "LossReport", "from": "Iterator[Reading]"}
LONGEST_SUMMARY = 120
WITHOUT_NAMES = {"__main__"}
"""Modules that nobody imports from."""
COMMANDS_AND_RULES = (PACKAGES["annoconv"] / "cli", PACKAGES["annoconv"] / "rules")
"""Folders whose modules are found by their name or by a decorator, not imported from."""


def page_of(converter: Converter) -> Path:
    return ROOT / "docs" / "formats" / f"{converter.format}.md"


def flag_of(parameter: inspect.Parameter) -> str:
    return f"--{option_of(parameter).name or parameter.name.replace('_', '-')}"


def option_of(parameter: inspect.Parameter) -> Option:
    (option,) = parameter.annotation.__metadata__
    assert isinstance(option, Option)
    return option


@pytest.fixture(params=OURS, ids=lambda one: str(one.name))
def converter(request: pytest.FixtureRequest) -> Converter:
    assert isinstance(request.param, Converter)
    return request.param


# --- converters ---


def test_what_is_installed_is_what_the_project_lists() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert {one.name: one.entry_point.value for one in OURS} == listed[registry.GROUP], "run `pip install -e .` again"


def test_each_format_is_read_and_its_page_says_what_it_is() -> None:
    found = format_tables.rows(ROOT)  # refuses a page that does not say what one case is, where the format is written
    assert {one.name for one in found} == {one.format for one in OURS}
    assert all(one.reads for one in found)
    for one in found:
        options = registry.converter("to", one.name).options if one.writes else {}
        assert ("`--plain`" in one.facts[format_tables.CARRIER]) == ("plain" in options), one.name


def test_signature(converter: Converter) -> None:
    signature = inspect.signature(converter.function)
    parameters = list(signature.parameters.values())
    first = FIRST[converter.direction]
    assert {one.name: one.annotation for one in parameters[: len(first)]} == first
    context, *options = parameters[len(first) :]
    assert (context.name, context.annotation) == ("context", "Context")
    assert context.default is inspect.Parameter.empty
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in (context, *options))
    assert [one.name for one in options if one.default is inspect.Parameter.empty] == []
    assert [one.name for one in options if isinstance(one.default, bool) and one.default] == [], (
        "a switch is off by default"
    )
    assert signature.return_annotation == RETURNS[converter.direction]
    assert converter.function.__name__ == converter.name.replace("-", "_")


def test_options_are_told(converter: Converter) -> None:
    for name, parameter in converter.options.items():
        told = option_of(parameter).help
        assert told.endswith("."), f"{name}: {told}"
        assert told[0].isupper(), f"{name}: {told}"


def test_options_that_all_have_are_the_same(converter: Converter) -> None:
    for name, default in (("images", ()), ("plain", False)):
        if name in converter.options:
            assert converter.options[name].default == default


def test_help(converter: Converter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([converter.name, "--help"]) == 0
    said = capsys.readouterr().out
    assert "".join(converter.summary.split()) in "".join(said.split()), "lines may be broken behind a hyphen"
    assert [flag for flag in map(flag_of, converter.options.values()) if flag not in said] == []


def test_summaries_are_the_first_lines_of_function_and_module(converter: Converter) -> None:
    assert converter.function.__module__.startswith(converter.entry_point.module)
    of_function, of_format = (
        str(inspect.getdoc(each)).splitlines()[0]
        for each in (converter.function, sys.modules[converter.entry_point.module])
    )
    assert converter.summary == of_function
    assert converter.summary.startswith("Write " if converter.direction == "to" else "Read ")
    (form,) = (each for each in registry.formats() if each.name == converter.format)
    assert form.summary == of_format
    assert ": " in of_format, "the format's name, then what it holds"
    for told in (of_function, of_format):
        assert told.endswith(".")
        assert len(told) <= LONGEST_SUMMARY


def test_a_page_describes_it(converter: Converter) -> None:
    page = page_of(converter).read_text("utf-8")
    assert page.startswith("# ")
    assert f"annoconv {converter.name}" in page
    undocumented = [
        flag for flag in map(flag_of, converter.options.values()) if not re.search(rf"{flag}(?![\w-])", page)
    ]
    assert undocumented == []
    assert re.search(r"^## .*Limits", page, re.MULTILINE), "a page says what the format cannot do"


def test_docstring_names_parameters_and_errors(converter: Converter) -> None:
    written = inspect.getdoc(converter.function) or ""
    assert written.splitlines()[0].endswith(".")
    names = re.findall(r"^([\w, ]+)$", written, re.MULTILINE)
    described = {name.strip() for line in names for name in line.split(",")}
    assert [name for name in converter.options if name not in described] == []
    assert "Raises\n------" in written


def test_an_unknown_option_and_an_existing_output_are_refused(
    converter: Converter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    source = tmp_path / "case.json"
    source.write_text("{}")
    assert main([converter.name, str(source), "-o", str(tmp_path / "out")]) == 2
    assert main([converter.name, str(source), "-o", str(tmp_path / "x"), "--no-such-option"]) == 2
    assert not (tmp_path / "x").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_listing_imports_no_converter() -> None:
    code = (
        "import sys\nfrom annoconv.cli import main\nmain(['--help'])\nmain(['formats', '--quiet'])\n"
        "print('imported', *(name for name in sys.modules if name.startswith('annoconv_converters')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(one.name in done.stdout for one in OURS)
    assert done.stdout.splitlines()[-1] == "imported"


# --- modules ---


def every_module() -> list[Path]:
    return sorted(path for folder in PACKAGES.values() for path in folder.rglob("*.py"))


def is_public(path: Path) -> bool:
    name = path.parent.name if path.stem == "__init__" else path.stem
    if (
        path.stem != "__init__"
        and path.parent in COMMANDS_AND_RULES
        and path.stem not in {"command", "convert", "engine", "report"}
    ):
        return False
    return path.stem not in WITHOUT_NAMES and not name.startswith("_")


def assigned_names(tree: ast.Module) -> list[str] | None:
    """Return `__all__`; empty where it is imported whole from another module."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and any(name.name == "__all__" for name in statement.names):
            return []
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(statement, ast.Assign)
            return [str(name) for name in ast.literal_eval(statement.value)]
    return None


def test_public_modules_say_what_is_public() -> None:
    lacking = []
    for path in filter(is_public, every_module()):
        tree = ast.parse(path.read_text("utf-8"))
        names = assigned_names(tree)
        if names is None and (len(tree.body) > 1 or path.stem != "__init__"):
            lacking.append(path.relative_to(ROOT).as_posix())
    assert lacking == []


def test_modules_say_what_they_are_for_and_stay_short() -> None:
    silent, long = [], []
    for path in every_module():
        text = path.read_text("utf-8")
        if not ast.get_docstring(ast.parse(text)):
            silent.append(path.relative_to(ROOT).as_posix())
        if "generated" not in path.parts and len(text.splitlines()) > 400:
            long.append(path.relative_to(ROOT).as_posix())
    assert (silent, long) == ([], [])


def test_formats_do_not_import_each_other() -> None:
    folder = PACKAGES["annoconv_converters"]
    found = []
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for name in re.findall(r"annoconv_converters\.(\w+)", path.read_text("utf-8")):
            if (
                name != own
                and not name.startswith("_")
                and f"annoconv_converters.{name}" in {o.entry_point.module for o in OURS}
            ):
                found.append(f"{path.relative_to(ROOT)}: {name}")
    assert found == []
