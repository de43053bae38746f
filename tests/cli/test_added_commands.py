"""A package beside the core adds a command, by the entry point group `annoconv.commands`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

MODULE = '''"""Count the letters of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annoconv.errors import InputError
from annoconv.registry import Option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.cli.report import Report

print("IMPORTED")


def count_letters(
    report: Report,
    files: Annotated[Sequence[Path], Option(help="Texts to count.", metavar="TEXT")],
    *,
    letter: Annotated[str, Option(help="Count this one only.")] = "",
    skip: Annotated[Sequence[str], Option(help="Do not count these.", name="without")] = (),
    reverse: Annotated[bool, Option(help="Last file first.")] = False,
) -> None:
    for file in reversed(files) if reverse else files:
        if not file.exists():
            raise InputError("there is no such file", source=file)
        letters = [one for one in file.read_text() if one not in skip and one in (letter or one)]
        report.say("{}: {}", file.name, len(letters))
        report.add(file.stem, len(letters))
'''


def install(site: Path, distribution: str, commands: Mapping[str, str], **modules: str) -> None:
    """Lay out a distribution as an installer would: its modules, its metadata and its entry points."""
    metadata = site / f"{distribution}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in commands.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[annoconv.commands]", *lines, ""]))
    for name, text in modules.items():
        (site / f"{name}.py").write_text(text)


def annoconv(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site), "COLUMNS": "100"}
    command = [sys.executable, "-m", "annoconv", *arguments]
    return subprocess.run(command, env=environment, cwd=site, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    added = {
        "count-letters": "letters_command:count_letters",
        "not-there": "no_such_module:run",
        "broken": "broken_command:run",
        "validate": "letters_command:count_letters",
        "to-coco": "letters_command:count_letters",
        "twice": "letters_command:count_letters",
    }
    broken = '"""Cannot be imported."""\nimport no_such_library\n'
    install(tmp_path, "letters", added, letters_command=MODULE, broken_command=broken)
    install(tmp_path, "other", {"twice": "broken_command:run"})
    return tmp_path


def test_it_is_listed_without_being_imported_and_so_is_one_that_cannot_be_loaded(site: Path) -> None:
    said = annoconv(site, "--help").stdout
    assert "IMPORTED" not in said
    rows = {words[0]: words[1] for line in said.splitlines() if len(words := line.split(maxsplit=1)) == 2}
    assert rows["count-letters"] == "Count the letters of files."
    assert rows["broken"] == "Cannot be imported."
    assert rows["not-there"] == "(the module no_such_module is not installed)"
    broken = annoconv(site, "broken")
    assert broken.returncode == 1
    assert "broken cannot be loaded" in broken.stderr
    assert "No module named 'no_such_library'" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_its_parameters_are_arguments_and_options(site: Path) -> None:
    said = " ".join(annoconv(site, "count-letters", "--help").stdout.split())
    for told in ("TEXT", "Texts to count.", "--letter", "--without", "--reverse", "Last file first.", "--json"):
        assert told in said
    assert "--no-reverse" not in said
    (site / "a.txt").write_text("banana")
    (site / "b.txt").write_text("nab")
    done = annoconv(site, "count-letters", "a.txt", "b.txt", "--without", "n", "--without", "b", "--reverse", "--json")
    answer = json.loads(done.stdout.removeprefix("IMPORTED\n"))
    assert (done.returncode, answer["a"], answer["b"]) == (0, 3, 1)
    assert done.stderr.splitlines() == ["b.txt: 1", "a.txt: 3"]
    assert annoconv(site, "count-letters", "a.txt", "--letter", "a").stderr == "a.txt: 3\n"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("odd:NUMBER", "not a callable object"),
        ("odd:nothing", "not enough values"),
        ("odd:bare", "a parameter without an annotation"),
        ("odd:unknown", "name 'Mystery' is not defined"),
        ("odd:doubled", "quiet"),
    ],
)
def test_what_is_no_command_is_one_clear_error(tmp_path: Path, value: str, found: str) -> None:
    odd = (
        "from __future__ import annotations\nNUMBER = 5\ndef nothing() -> None: ...\ndef bare(report, x) -> None: ...\n"
        "def unknown(report, x: Mystery) -> None: ...\ndef doubled(report, *, quiet: bool = False) -> None: ...\n"
    )
    install(tmp_path, "odd", {"odd-one": value}, odd=odd)
    done = annoconv(tmp_path, "odd-one", "x")
    assert done.returncode == 1
    assert done.stderr.startswith("annoconv: error: ")
    assert "odd-one" in done.stderr
    assert found in done.stderr


def test_its_errors_are_those_of_every_command(site: Path) -> None:
    assert annoconv(site, "count-letters").returncode == 2
    done = annoconv(site, "count-letters", "absent.txt", "--json")
    assert done.returncode == 1
    assert "absent.txt" in json.loads(done.stdout.removeprefix("IMPORTED\n"))["errors"][0]["message"]


def test_a_name_that_is_taken_is_refused(site: Path) -> None:
    said = annoconv(site, "--help").stdout
    assert "(refused: the name belongs to annoconv)" in said
    assert "(refused: the name belongs to a converter)" in said
    assert "Check cases: structure" in annoconv(site, "validate", "--help").stdout, "the name stays with its owner"
    assert "IMPORTED" not in annoconv(site, "to-coco", "--help").stdout
    done = annoconv(site, "twice", "x")
    assert done.returncode == 2
    assert "the name twice is taken" in done.stderr
    assert "broken_command:run and letters_command:count_letters" in done.stderr
    assert "IMPORTED" not in done.stdout


def test_every_installed_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv.cli import _COMMANDS, main
    from annoconv.registry import commands, converters

    for name in [*_COMMANDS, *commands(_COMMANDS), *converters()]:
        assert main([name, "-h"]) == 0, name
        help_text = capsys.readouterr().out
        assert f"\n  annoconv {name}" in help_text.partition("Example:")[2], name
        assert "<str>" not in help_text, name
        assert "<list[" not in help_text, name
