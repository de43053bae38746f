"""Confidences that a file writes with more digits than a double keeps, which a case has them as.

Such a score stays a decimal until it becomes one, so that what compares records finds that it is another number.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final, TypeGuard

__all__ = ["confidence_of", "has_long", "is_longer", "is_number", "put_long"]

_NAMES: Final = ("score", "confidence")
_QUOTED: Final = tuple(f'"{name}"'.encode() for name in _NAMES)
_LONG: Final = re.compile(rb'"(?:score|confidence)"\s*+:\s*+(?:0\.0*+[1-9][0-9]{17}|[1-9]\.[0-9]{17})')
"""More than the 17 digits that tell any double: of a text that has none, nothing else is asked."""


def has_long(text: bytes) -> bool:
    """Tell whether a score between 0 and 1 in a JSON text may have more digits than a double keeps."""
    return any(name in text for name in _QUOTED) and _LONG.search(text) is not None


def is_number(value: Any) -> TypeGuard[int | float | Decimal]:
    """Tell whether what stands for a score is a number."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def confidence_of(score: Any) -> float | None:
    """Return the confidence that a score is; None if it is no number between 0 and 1."""
    return float(score) if is_number(score) and 0 <= score <= 1 else None


def put_long(value: Any, exact: Any) -> None:
    """Replace such scores of JSON values by the decimals of their text, in place.

    Parameters
    ----------
    value
        With floats.
    exact
        The same with decimals.
    """
    if isinstance(value, dict):
        for name in _NAMES:
            written = exact.get(name)
            if isinstance(written, Decimal) and is_longer(written):
                value[name] = written
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(each, dict | list):
            put_long(each, exact[key])


def is_longer(number: Decimal) -> bool:
    """Tell whether no double is a number, however it is written."""
    double = float(number)
    return len(number.as_tuple().digits) > 17 and number not in {Decimal(double), Decimal(repr(double))}
