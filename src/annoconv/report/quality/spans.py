"""A text with its spans marked, each linked to the regions that it speaks of; offsets are code points, half open."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["marked"]


def marked(text: Mapping[str, Any]) -> str:
    """Return a text of a report as HTML: where spans overlap, what both cover is marked as of both."""
    content: str = text["content"]
    spans = [{**each, "end": min(each["end"], len(content))} for each in text["spans"]]
    bounds = sorted({0, len(content), *(place for each in spans for place in (each["start"], each["end"]))})
    parts: list[str] = []
    told: set[str] = set()
    for start, end in pairwise(each for each in bounds if each <= len(content)):
        here = [each for each in spans if each["start"] <= start and end <= each["end"]]
        piece = escape(content[start:end])
        if not here:
            parts.append(piece)
            continue
        title = escape(", ".join(f"{each['id']} ({each['label']})" for each in here))
        parts.append(f'<mark title="{title}">{piece}</mark>')
        for each in here:
            if each["end"] == end and each["id"] not in told:
                told.add(each["id"])
                parts.append(_regions(text["case"], each))
    return "".join(parts)


def _regions(case: str, span: Mapping[str, Any]) -> str:
    """Return links to the regions of a span: to their slice if one is drawn, else to their case."""
    links = [
        f'<a href="#{each["overlay"] or case}"><bdi>{escape(each["annotation"])}</bdi></a>' for each in span["regions"]
    ]
    return f'<sup class="faint"><bdi>{escape(span["label"])}</bdi>{" → " if links else ""}{", ".join(links)}</sup>'
