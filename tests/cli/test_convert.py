"""The commands made of converters' signatures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from annoconv.loss import LossKind
from tests.documents import c5_without_mask_file, good, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran

pytestmark = pytest.mark.usefixtures("installed")


def test_help_lists_what_cannot_be_imported(run: Callable[..., Ran]) -> None:
    ran = run("--help")
    assert re.search(r"to-good +Good files: a format to test with\.", ran.out)
    assert re.search(r"to-broken +Broken files\.", ran.out)
    assert "to-absent" in ran.out
    assert "sideways" not in ran.out


@pytest.mark.parametrize("rest", [["--help"], ["c.json", "-o", "x"], ["c.json", "-o", "x", "--json"]])
def test_calling_it_is_one_clear_error(run: Callable[..., Ran], rest: list[str]) -> None:
    ran = run("to-broken", *rest)
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "to-broken cannot be loaded" in ran.err
    if "--json" in rest:
        assert ran.json["errors"]


def test_options_come_from_the_signature(run: Callable[..., Ran]) -> None:
    out = run("to-good", "--help").out
    for option in ("--images PATH", "--level NUMBER", "--keep-empty", "--type", "--output", "--timestamp", "--task"):
        assert option in out
    assert "--no-keep-empty" not in out
    assert "Source images." in out
    assert "Good files: a format to test with." in out


def test_writing(run: Callable[..., Ran], tmp_path: Path) -> None:
    case, target = write(tmp_path / "c.json", good()), tmp_path / "out.txt"
    ran = run("to-good", case, "-o", target, "--images", "a", "--images", "b", "--keep-empty", "--type", "b", "--json")
    assert ran.code == 0
    assert ran.json["outputs"] == [str(target)]
    assert ran.json["losses"] == [
        {"case_index": 0, "path": "/case_id", "kind": "no_place", "message": "there is no place"}
    ]
    assert target.read_text().endswith("PosixPath('a'), PosixPath('b')], 3, True, 'b')")


def test_losses_are_said_written_and_may_fail(run: Callable[..., Ran], tmp_path: Path) -> None:
    case, target, losses = write(tmp_path / "c.json", good()), tmp_path / "out.txt", tmp_path / "l.json"
    ran = run("to-good", case, "-o", target, "--losses", losses, "--fail-on-loss")
    assert ran.code == 3
    assert target.exists()
    assert "1 loss: no_place 1" in ran.err
    assert "/case_id: no_place: there is no place" in ran.err
    assert json.loads(losses.read_text())[0]["path"] == "/case_id"


KINDS = """
def to_good(cases: Iterable[LoadedCase], target: Path, *, context: Context) -> LossReport:
    names = [loaded.case.case_id for loaded in cases]
    target.write_text(repr(names))
    return LossReport(Loss(0, f"/{place}", LossKind(kind), "said") for place, kind in enumerate(KINDS))
"""


@pytest.mark.parametrize(
    ("kinds", "code", "code_any"),
    [
        (["no_place", "carried"], 3, 3),
        (["precision"], 3, 3),
        (["approximated"], 3, 3),
        (["resampled"], 3, 3),
        (["carried"], 0, 3),
        (["uncoded", "carried"], 0, 3),
        ([], 0, 0),
    ],
)
def test_only_what_changes_the_value_stops_unless_any_does(
    run: Callable[..., Ran], installed: Path, tmp_path: Path, kinds: list[str], code: int, code_any: int
) -> None:
    case = write(tmp_path / "c.json", good())
    with (installed / "site" / "good_converter.py").open("a") as module:
        module.write(KINDS.replace("KINDS", repr(kinds)))
    assert run("to-good", case, "-o", tmp_path / "a").code == 0
    assert run("to-good", case, "-o", tmp_path / "b", "--fail-on-loss").code == code
    assert run("to-good", case, "-o", tmp_path / "c", "--fail-on-loss", "any").code == code_any
    assert run("to-good", case, "-o", tmp_path / "d", "--fail-on-loss=any").code == code_any
    assert run("to-good", "-o", tmp_path / "e", "--fail-on-loss", case).code == code, "the path is no value"
    assert run("to-good", "-o", tmp_path / "f", "--fail-on-loss", "any", "--", case).code == code_any
    assert run("to-good", "-o", tmp_path / "g", "--fail-on-loss=all", case).code == 2
    ran = run("to-good", case, "-o", tmp_path / "h")
    changed = sum(LossKind(kind).changes_value for kind in kinds)
    assert ("1 loss: " in ran.err) == bool(changed)
    assert sum(": said" in line for line in ran.err.splitlines()) == changed
    assert ("1 value travels in our private carrier" in ran.err) == ("carried" in kinds)
    assert ("nothing is lost" in ran.err) == (not changed)


def test_the_demonstration_names_first_what_changes_the_value(run: Callable[..., Ran], installed: Path) -> None:
    with (installed / "site" / "good_converter.py").open("a") as module:
        module.write(KINDS.replace("KINDS", repr(["carried", "uncoded", "resampled", "no_place"])))
    assert "bytes, 1 no_place, 1 resampled, 1 carried, 1 uncoded\n" in run("demo").err


def test_existing_outputs_are_refused(run: Callable[..., Ran], tmp_path: Path) -> None:
    case, target = write(tmp_path / "c.json", good()), tmp_path / "out.txt"
    target.write_text("mine")
    assert run("to-good", case, "-o", target).code == 2
    assert target.read_text() == "mine"
    assert run("to-good", case, "-o", target, "--overwrite").code == 0


def test_standard_output(run: Callable[..., Ran], tmp_path: Path) -> None:
    case = write(tmp_path / "c.json", good())
    ran = run("to-good", case, "-o", "-")
    assert (ran.code, ran.out) == (0, "(['CASE_1'], [], 3, False, 'a')")
    assert run("to-good", case, "-o", "-", "--json").code == 2
    back = run("from-good", case, "-o", "-")
    assert json.loads(back.out)["case_id"] == "CASE_1"


def test_reading(run: Callable[..., Ran], tmp_path: Path) -> None:
    lines = write(tmp_path / "c.jsonl", good(), good() | {"case_id": "CASE_2"})
    ran = run("from-good", lines, "-o", tmp_path / "out", "--json")
    assert ran.code == 0
    assert [each["kind"] for each in ran.json["losses"]] == ["precision"]
    assert ran.json["outputs"] == [str(tmp_path / "out" / name / "case.json") for name in ("CASE_1", "CASE_2")]
    assert run("from-good", lines, "-o", tmp_path / "out").code == 2


def test_a_bad_case_leaves_no_output(run: Callable[..., Ran], tmp_path: Path) -> None:
    lines = write(tmp_path / "c.jsonl", good(), c5_without_mask_file())
    for command, target in (("to-good", "out.txt"), ("from-good", "out"), ("from-good", "out.jsonl")):
        ran = run(command, lines, "-o", tmp_path / target, "--json")
        assert ran.code == 1
        assert [each["path"] for each in ran.json["findings"]] == ["/annotations/0"]
        assert ran.json["outputs"] == []
        assert not (tmp_path / target).exists()


def test_no_output_loses_nothing(run: Callable[..., Ran], tmp_path: Path) -> None:
    lines = write(tmp_path / "c.jsonl", good(), c5_without_mask_file())
    ran = run("from-good", lines, "-o", tmp_path / "out")
    assert (ran.code, "precision" in ran.err) == (1, False)
    assert run("from-good", lines, "-o", tmp_path / "out", "--json").json["losses"] == []
    whole = run("from-good", write(tmp_path / "d.jsonl", good()), "-o", tmp_path / "out")
    assert (whole.code, "precision" in whole.err) == (0, True)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timestamp", "2025-01-01T00:00:00"), ("--timestamp", "soon"), ("--timezone", "Mars"), ("--level", "many")],
)
def test_bad_values_are_usage_errors(run: Callable[..., Ran], tmp_path: Path, option: str, value: str) -> None:
    case = write(tmp_path / "c.json", good())
    assert run("to-good", case, "-o", tmp_path / "x", option, value).code == 2
    assert not (tmp_path / "x").exists()


def test_a_label_system(run: Callable[..., Ran], tmp_path: Path) -> None:
    case, labels = write(tmp_path / "c.json", good()), tmp_path / "labels.json"
    labels.write_text('{"labels": [{"code": "A"}]}')
    assert run("to-good", case, "-o", tmp_path / "a", "--label-system", labels).code == 0
    labels.write_text('{"labels": [{"code": 5}]}')
    ran = run("to-good", case, "-o", tmp_path / "b", "--label-system", labels, "--json")
    assert [each["path"] for each in ran.json["findings"]] == ["/0/code"]


def test_an_error_that_is_one_finding_is_said_once(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    ran = run("to-good", tmp_path / "x.json", "-o", tmp_path / "out.txt")
    assert ran.code == 1
    assert ran.err.count("this is not JSON") == 1
    told = run("to-good", tmp_path / "x.json", "-o", tmp_path / "out.txt", "--json").json
    assert [each["rule"] for each in told["findings"]] == ["schema.invalid"]
