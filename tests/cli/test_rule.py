"""`annoconv rule`, near misses, errors as objects, and completion in the shell."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annoconv.cli import _commands, main
from annoconv.cli.examples import example_of
from annoconv.rules import catalogue


def test_a_rule_is_explained_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "duplicate_id"]) == 0
    said = capsys.readouterr().err
    for part in (
        "A-C.3.duplicate_id",
        "asks: The id of",
        "why: clause A C.3.a",
        "level: minimal error",
        "what to do: ",
    ):
        assert part in said
    assert main(["--lang", "zh", "rule", "[A-C.3.duplicate_id]"]) == 0
    said = capsys.readouterr().err
    for part in ("要求：标注对象的标识", "依据：规范条款 A C.3.a", "级别：minimal 错误", "处理方法：请"):
        assert part in said


def test_every_rule_of_cases_and_of_images_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--json"]) == 0
    told = {each["id"]: each for each in json.loads(capsys.readouterr().out)["rules"]}
    assert {*catalogue(), "A-7.2e.slice_missing", "schema.pattern", "not_checked"} <= told.keys()
    assert all(value for each in told.values() for value in each.values())
    assert told["A-7.2e.slice_missing"]["levels"] == {"": "error"}


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("duplikate_id", ("found duplikate_id", "`annoconv rule` lists", "Did you mean A-C.3.duplicate_id?")),
        ("frame_of_reference_missing", ("several rules end so", "A-6.3.1.frame", "A-7.2a.frame", "Name one of them")),
        ("fhir.unit", ("a rule of check-fhir", "docs/reference/check-fhir.md")),
    ],
)
def test_an_id_that_is_none_tells_the_nearest(
    written: str, parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rule", written]) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in parts), said


@pytest.mark.parametrize(
    ("line", "en", "zh"),
    [
        (
            ["valdate", "x"],
            "No such command 'valdate'; did you mean validate?",
            "没有命令 'valdate'；是否应为 validate？",
        ),
        (["to-nifty", "x"], "did you mean to-nifti?", "是否应为 to-nifti？"),
        (
            ["validate", "x", "--profil=delivery"],
            "No such option: --profil; did you mean --profile?",
            "是否应为 --profile？",
        ),
    ],
)
def test_a_near_miss_is_named(line: list[str], en: str, zh: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line) == 2
    assert en in capsys.readouterr().err
    assert main(["--lang", "zh", *line]) == 2
    assert zh in capsys.readouterr().err


def test_errors_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "none.json", "--json", "--lang", "zh"]) == 1
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["kind"] == "InputError"
    assert error["source"] == "none.json"
    assert error["expected"] == "a file or a folder"
    assert error["advice"] == "Correct the path"
    assert error["found"]
    assert "应为" in error["message_zh"]


def test_errors_of_the_command_line_are_objects_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--overwrit", "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    asked = {"kind": "UsageError", "where": "--overwrit", "found": "--overwrit", "expected": "--overwrite"}
    assert asked.items() <= error.items()
    assert error["advice"] == "Try 'annoconv info --help' for help."


def test_every_example_can_be_typed() -> None:
    root = _commands()
    for name in root.list_commands(None):
        example = example_of(name)
        assert example is not None, name
        _, called, *arguments = shlex.split(example)
        command = root.get_command(None, called)
        told = getattr(command, "told", None)
        flags = {flag for each in (told(arguments) if told else command).params for flag in each.opts}
        asked = {each.partition("=")[0] for each in arguments if each.startswith("-")}
        assert (called, asked - flags) == (name, set())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    source = f'_ANNOCONV_COMPLETE=source_{shell} "{sys.executable}" -m annoconv'
    script = subprocess.run(["bash", "-c", source], capture_output=True, text=True, check=True).stdout
    assert f"_ANNOCONV_COMPLETE=complete_{shell} " in script
    assert "annoconv" in script.strip().splitlines()[-1]
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes_a_command_after_the_line_of_the_page(tmp_path: Path) -> None:
    """What the page says to put into .bashrc, then what pressing the tab key does."""
    annoconv = tmp_path / "annoconv"
    annoconv.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m annoconv "$@"\n', "utf-8")
    annoconv.chmod(0o755)
    pressed = """
        eval "$(_ANNOCONV_COMPLETE=source_bash annoconv)"
        COMP_WORDS=(annoconv to-dicom-s) COMP_CWORD=1
        $(complete -p annoconv | sed 's/.*-F \\([^ ]*\\) .*/\\1/') annoconv
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}:{os.environ['PATH']}"
    out = subprocess.run(["bash", "-c", pressed], capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert out.stdout.split() == ["to-dicom-seg", "to-dicom-sr"], out.stderr


@pytest.mark.parametrize(
    ("words", "completed"), [("annoconv to-c", "to-coco"), ("annoconv validate --overw", "--overwrite")]
)
def test_names_are_completed(
    words: str, completed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_ANNOCONV_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    with pytest.raises(SystemExit):
        main([])
    assert completed in capsys.readouterr().out.split()
