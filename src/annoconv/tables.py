"""A table as a notebook shows it: HTML in which nothing of the data is markup."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str, total: int) -> str:
    """Return rows under their columns, and how many there are in all where these are not all."""
    shown = [tuple(row) for row in rows]
    told = caption if len(shown) == total else f"{caption} ({len(shown)} of {total})"
    head = "".join(f"<th>{escape(each)}</th>" for each in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(each))}</td>' for each in row)}</tr>" for row in shown)
    return f"<table><caption>{escape(told)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
