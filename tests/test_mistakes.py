"""What is said to typical mistakes, in both languages: found, expected and what to do; and the page of them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import mistakes
from tests.mistakes import MISTAKES, SAID, Mistake, said_to

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = re.compile(r"(?<![\w`./-])[a-z]+( [a-z]+){3,}")
"""Four English words in a row are a sentence that was not translated."""


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("right")
    mistakes.lay_out(folder)
    return folder


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.en)
def test_a_mistake_is_told_what_was_found_expected_and_to_be_done(
    mistake: Mistake, right: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    shutil.copytree(right, here)
    told, code = said_to(mistake, here)
    assert code in ({0, 1} if mistake.en in SAID else {1, 2})
    if mistake.en in SAID:
        assert [part for part in SAID[mistake.en] if part not in told["message"]] == []
    else:
        assert [key for key in ("found", "expected", "advice") if told[key] in {None, ""}] == []
        assert code == told["exit_code"]
    assert re.search("[\u4e00-\u9fff]", told["message_zh"])
    assert ENGLISH.search(told["message_zh"]) is None


def test_there_are_seventy_six_at_least_and_each_once() -> None:
    assert (
        len({each.line + str(each.layout) for each in MISTAKES}) == len({each.en for each in MISTAKES}) == len(MISTAKES)
    )
    assert len(MISTAKES) >= 76
    assert {each.en for each in MISTAKES} >= SAID.keys()


def test_the_page_is_what_is_said(right: Path, tmp_path: Path) -> None:
    shutil.copytree(right, tmp_path / "right")
    assert mistakes.PAGE.read_text("utf-8") == mistakes.page(tmp_path)
