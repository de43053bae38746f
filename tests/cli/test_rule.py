"""`annoconv rule`, near misses, errors as objects, and completion in the shell."""

from __future__ import annotations

import json

import pytest

from annoconv.cli import main
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


@pytest.mark.parametrize(
    ("words", "completed"), [("annoconv to-c", "to-coco"), ("annoconv info --overw", "--overwrite")]
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
