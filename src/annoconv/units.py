"""Units: whether a text is one of UCUM, by its grammar and its symbols.

The libraries that know UCUM bring a whole system of quantities (pint, lark) for what two lines of grammar tell.
Symbols in brackets, customary and arbitrary units such as `[lb_av]` and `[iU]`, are checked for their form only.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["dimension_of", "is_unit"]

_PREFIXES: Final = "da Ki Mi Gi Ti Y Z E P T G M k h d c m u n p f a z y"
_METRIC: Final = (
    "m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc gf Ky Gal dyn erg P"
    " Bi St Mx G Oe Gb sb Lmb ph Ci R RAD REM cal cal_m cal_IT cal_th cal_[15] cal_[20] tex eq osm g% kat U Np B st mho"
    " bit By Bd"
)
"""Symbols that take a prefix."""
_OTHER: Final = "10* 10^ % gon deg ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo AU atm Ao b att circ sph bit_s"
"""Symbols that take none."""


def _one_of(symbols: str) -> str:
    return "|".join(map(re.escape, symbols.split()))


_ANNOTATION: Final = r"\{[!-z|~]*\}"
_BRACKETED: Final = r"[mB%]?\[[A-Za-z][^\[\](){}\s]*\]"
_SIMPLE: Final = f"(?:{_one_of(_PREFIXES)})?(?:{_one_of(_METRIC)}|{_BRACKETED})|{_one_of(_OTHER)}|[1-9][0-9]*"
_COMPONENT: Final = f"(?:(?:{_ANNOTATION})?(?:{_SIMPLE})(?:[+-]?[1-9][0-9]*)?(?:{_ANNOTATION})?|{_ANNOTATION})"
"""The annotation in front is DICOM's way, `{SUVbw}g/ml`."""
_TERM: Final = re.compile(f"/?{_COMPONENT}(?:[./]{_COMPONENT})*")
_ATOM: Final = re.compile(
    f"(?:{_ANNOTATION})?(?:{_one_of(_PREFIXES)})?"
    f"(?P<symbol>{_one_of('m l L g s')})(?P<power>[+-]?[1-9][0-9]*)?(?:{_ANNOTATION})?"
)
_INNERMOST: Final = re.compile(r"(?<![^./(])\(([^()]*)\)")


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit of UCUM, in its case-sensitive symbols.

    Examples
    --------
    >>> [is_unit(each) for each in ("mm", "ng/mL", "10*9/L", "{SUVbw}g/ml", "kg.m/(s2.A)", "1")]
    [True, True, True, True, True, True]
    >>> [is_unit(each) for each in ("MM", "mm²", "millimetres", "mm/", "")]
    [False, False, False, False, False]
    """
    while match := _INNERMOST.search(text):
        if not _TERM.fullmatch(match[1]):
            return False
        text = f"{text[: match.start()]}1{text[match.end() :]}"
    return _TERM.fullmatch(text) is not None


def dimension_of(text: str) -> int | None:
    """Return the power of a length that a unit is; 0 of a mass or a time, None of what is not told here.

    What counts pixels or has no unit may stand where an image has no spacing; products and inches are not told.

    Examples
    --------
    >>> [dimension_of(each) for each in ("mm", "cm2", "mL", "m3", "kg", "ms")]
    [1, 2, 3, 3, 0, 0]
    >>> [dimension_of(each) for each in ("1", "{pixels}", "[in_i]", "mm/s", "%")]
    [None, None, None, None, None]
    """
    match = _ATOM.fullmatch(text)
    if match is None or text in _OTHER.split():
        return None
    if match["symbol"] in {"g", "s"}:
        return 0
    return int(match["power"] or 1) * (1 if match["symbol"] == "m" else 3)
