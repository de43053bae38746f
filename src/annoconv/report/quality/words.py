"""Words of a page: what is said in both languages, of which a style sheet shows one, and what a case says."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from annoconv.report.quality.subjects import both

if TYPE_CHECKING:
    from annoconv.report.quality.subjects import Text

__all__ = ["in_both", "own", "words"]


def in_both(text: Text) -> str:
    """Return a sentence in both languages as HTML, once if it is the same."""
    en, zh = escape(text["en"]), escape(text["zh"])
    return en if en == zh else f'<span class="en" lang="en">{en}</span><span class="zh" lang="zh-CN">{zh}</span>'


def words(sentence: str) -> str:
    """Return a sentence of ours in both languages as HTML."""
    return in_both(both(sentence))


def own(value: object) -> str:
    """Return what a case says, escaped, and isolated from the direction of what is round it."""
    return f"<bdi>{escape(str(value))}</bdi>"
