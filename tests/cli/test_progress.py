"""How far a command is: a bar on a terminal, for cases and inside one large case; nothing where it is piped."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

import pytest

from annoconv import progress
from annoconv.cli import bar, main
from annoconv.cli.bar import Bar
from annoconv.demo.case import make
from annoconv.messages import Message

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal of 100 columns on which a bar is drawn at once, and whenever something moves."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("_FIRST", "_BETWEEN", "_MEASURED"):
        monkeypatch.setattr(bar, name, 0.0)
    return stream


def lines(stream: io.StringIO) -> list[str]:
    return [each.strip() for each in stream.getvalue().split("\r") if each.strip()]


def test_a_bar_has_name_done_total_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream, clock = io.StringIO(), Clock()
    shown = Bar(stream, "en", clock)
    with progress.watched_by(shown):
        for _ in progress.over(range(1, 201), Message("slices")):
            clock.now += 0.5
    assert "slices [##########----------]  100/200  2.0/s  0:50 left" in lines(stream)
    assert stream.getvalue().endswith("\r"), "it is cleared at the end"


def test_a_bar_in_chinese_and_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream, clock = io.StringIO(), Clock()
    shown = Bar(stream, "zh", clock)
    stage = shown.begin(Message("cases"), 7300)
    clock.now = 100
    stage.to(100)
    assert lines(stream) == ["病例 [--------------------]  100/7300  1.0/s  剩余 2:00:00"]


def test_what_is_done_soon_needs_no_bar() -> None:
    stream, clock = io.StringIO(), Clock()
    with progress.watched_by(Bar(stream, "en", clock)):
        for _ in progress.over(range(1000), Message("slices")):
            clock.now += 0.0001
    assert stream.getvalue() == ""


def test_slices_are_told_within_cases_and_no_line_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, clock = io.StringIO(), Clock()
    with progress.watched_by(Bar(stream, "en", clock)):
        for _ in progress.over(range(3), Message("cases")):
            for _ in progress.over(range(10), Message("slices")):
                clock.now += 1
    told = lines(stream)
    assert any(each.startswith("cases 1/3, slices [") for each in told)
    monkeypatch.setenv("COLUMNS", "30")
    stream = io.StringIO()
    with progress.watched_by(Bar(stream, "zh", clock)):
        for _ in progress.over(range(100), Message("annotations")):
            clock.now += 1
    assert max(sum(1 + (each > "\u2e80") for each in line) for line in lines(stream)) < 30


def test_things_are_as_they_were_where_nobody_watches() -> None:
    things = [1, 2]
    assert progress.over(things, Message("files")) is things


def test_a_command_tells_how_far_it_is_inside_one_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = make(tmp_path / "demo")
    stream = terminal(monkeypatch)
    assert main(["to-dicom-seg", f"{case}", "--images", f"{case.parent}/images", "-o", f"{tmp_path}/seg.dcm"]) == 0
    told = stream.getvalue()
    for name in ("files", "frames", "MB of organs.nii.gz", "cases"):
        assert f"{name} " in told, name
    assert re.search(r"frames \[#+-*\]  \d+/\d+", told)
    before, _, last = told.rpartition("wrote ")
    assert before.endswith(("\r", "\n")), "what is said stands on a line of its own"
    assert last.strip() == f"{tmp_path}/seg.dcm"


def test_many_cases_have_a_bar_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("A", "B"):
        make(tmp_path / name)
    stream = terminal(monkeypatch)
    assert main(["preview", f"{tmp_path}/{{case_id}}/case.json", "-o", f"{tmp_path}/{{case_id}}.png"]) == 0
    assert "cases [##########----------]  1/2" in stream.getvalue()


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_nothing_of_it_is_piped(quiet: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = make(tmp_path / "demo")
    assert main(["preview", f"{case}", "-o", f"{tmp_path}/a.png", *quiet]) == 0
    assert "\r" not in capsys.readouterr().err
