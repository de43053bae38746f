"""Quotations: what stands between two offsets of a text, counted in Unicode code points, and what is quoted."""

from __future__ import annotations

from annoconv.errors import InputError
from annoconv.messages import Message

__all__ = ["check_quote"]


def check_quote(content: str, start: int, end: int, quote: str, where: str) -> None:
    """Refuse a quotation that is not what its offsets say.

    Parameters
    ----------
    content
        The text.
    start, end
        First code point and the one behind the last, zero-based.
    quote
        What is quoted.
    where
        The resource that quotes.

    Raises
    ------
    InputError
        If they differ; where the offsets fit in UTF-16 or in bytes, it says so.
    """
    if 0 <= start <= end <= len(content) and content[start:end] == quote:
        return
    raise InputError(
        "a quotation is not what stands at its offsets",
        where=where,
        found=Message("{start} to {end} of {count} code points", start=start, end=end, count=len(content)),
        expected="offset and length in Unicode code points",
        advice=_counted_otherwise(content, start, end, quote),
    )


def _counted_otherwise(content: str, start: int, end: int, quote: str) -> str:
    ways = (("utf-16-le", 2, "They count UTF-16 units, as JavaScript and Java do; count code points"),)
    for encoding, size, advice in (*ways, ("utf-8", 1, "They count bytes of UTF-8; count code points")):
        data = content.encode(encoding, "surrogatepass")[start * size : end * size]
        if data == quote.encode(encoding, "surrogatepass"):
            return advice
    return "Correct the offset, the length or the quotation"
