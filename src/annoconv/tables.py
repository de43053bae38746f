"""A table as a notebook shows it: HTML in which nothing of the data is markup, and no formula."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str, total: int) -> str:
    """Return rows under their columns, and how many there are in all where these are not all."""
    shown = [tuple(row) for row in rows]
    told = caption if len(shown) == total else f"{caption} ({len(shown)} of {total})"
    head = "".join(f"<th>{_text(each)}</th>" for each in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_text(each)}</td>' for each in row)}</tr>" for row in shown)
    return f"<table><caption>{_text(told)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: object) -> str:
    r"""Return a value as text; what opens a formula, `$` or `\(`, is put apart, so that MathJax sees none."""
    return re.sub(r"[$\\]", lambda found: f"<span>{found[0]}</span>", escape(str(value)))
