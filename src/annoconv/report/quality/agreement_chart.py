"""How Dice is distributed, label by label, as inline SVG: a mark for each pair of readings, and the two bounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from typing import TYPE_CHECKING, Any, Final

from annoconv.messages import Message
from annoconv.report.quality.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["chart"]

_LEFT, _WIDTH, _ROW, _TOP = 170, 470, 22, 30
_MOST_LABELS: Final = 60
_BINS: Final = 100
_LONGEST_NAME: Final = 22
_BAD, _NEAR, _GOOD = "#a3161b", "#b87400", "#14602c"
_ROUNDED: Final = 1e-9
"""Added before a hundredth is cut off: 0.29 is 29 of them."""
_TITLE: Final = "Dice by label; the lines stand at {low} and {high}, × is a structure that one of two readers lacks"


def chart(rows: Sequence[Mapping[str, Any]], labels: Iterable[Mapping[str, Any]], bounds: Mapping[str, float]) -> str:
    """Return the chart of rows of agreement; marks in one hundredth are one, the larger the more they are."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in rows:
        if each["status"] != "both_empty":
            groups[each["label"]].append(each)
    names = {each["code"]: each["name"]["en"] for each in labels}
    shown = sorted(groups)[:_MOST_LABELS]
    height = _TOP + _ROW * len(shown) + 24
    low, high = bounds["dedicated_review_dice"], bounds["second_review_dice"]
    parts = [
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 20} {height}" width="{_LEFT + _WIDTH + 20}" height="{height}" role="img" '
        'font-size="11" font-family="sans-serif">',
    ]
    for bound, colour in ((low, _BAD), (high, _NEAR)):
        x = _x(bound)
        parts += (
            f'<line class="bound" x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{height - 20}" stroke="{colour}"/>',
            f'<text x="{x}" y="{_TOP - 12}" text-anchor="middle" fill="{colour}">{bound}</text>',
        )
    for tick in (0.0, 0.25, 0.5, 1.0):
        parts.append(f'<text x="{_x(tick)}" y="{height - 6}" text-anchor="middle" fill="#5b6675">{tick:g}</text>')
    for place, label in enumerate(shown):
        y = _TOP + _ROW * place + _ROW // 2
        name = names.get(label, label)
        name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y}" y2="{y}" stroke="#d5dbe3"/>')
        parts += _marks(groups[label], y, low, high)
    parts.append("</svg>")
    said = words(Message(_TITLE, low=low, high=high))
    left = f'<p class="faint">{len(shown)} / {len(groups)}</p>' if len(groups) > len(shown) else ""
    return f'<h3>{said}</h3>\n<div class="wide">{"".join(parts)}</div>\n{left}'


def _marks(rows: Iterable[Mapping[str, Any]], y: int, low: float, high: float) -> Iterable[str]:
    """Yield the marks of one label."""
    found = [each["value"] for each in rows]
    kinds = Counter(
        (int(value * _BINS + _ROUNDED), _BAD if value < low else _NEAR if value < high else _GOOD)
        for value in found
        if value is not None
    )
    for (place, colour), count in sorted(kinds.items()):
        radius = min(3 + count**0.5, 9)
        at = f'cx="{_x(place / _BINS)}" cy="{y}" r="{radius:.1f}" fill="{colour}"'
        yield f'<circle {at} fill-opacity=".6"><title>{count}</title></circle>'
    if missed := found.count(None):
        yield f'<text x="{_x(0)}" y="{y + 4}" text-anchor="middle" fill="{_BAD}">×<title>{missed}</title></text>'


def _x(value: float) -> float:
    return round(_LEFT + _WIDTH * value, 1)
