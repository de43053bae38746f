"""What is wrong with a text that is not strict JSON: what stands where, and what to do.

It is looked for after the fact, so that a text which is right pays nothing.
"""

from __future__ import annotations

import math
import re
from typing import Final

from annoconv.messages import Message, recognised

__all__ = ["BYTE_ORDER_MARK", "marked", "not_json", "too_large"]

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_GZIP: Final = b"\x1f\x8b"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_JITER_SENTENCES = (
    "EOF while parsing a list",
    "EOF while parsing an object",
    "EOF while parsing a string",
    "EOF while parsing a value",
    "expected `:`",
    "expected `,` or `]`",
    "expected `,` or `}`",
    "expected ident",
    "expected value",
    "invalid escape",
    "invalid number",
    "number out of range",
    "invalid unicode code point",
    "control character (\\u0000-\\u001F) found while parsing a string",
    "key must be a string",
    "lone leading surrogate in hex escape",
    "trailing comma",
    "trailing characters",
    "unexpected end of hex escape",
)
"""What jiter says of a text that is not JSON."""
_CUT: Final = "EOF while parsing"
_POSITION = re.compile(r"^(?P<what>.*) at line (?P<line>\d+) column (?P<column>\d+)$", re.DOTALL)
_NO_NUMBER: Final = re.compile(rb"[+-]?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)
_END_OF_NUMBER: Final = re.compile(rb"[-+.0-9eE]+\Z")
_BEFORE_LARGE: Final = re.compile(
    rb"""(?:[^"0-9]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[0-9]{1,308}+(?:\.[0-9]*+)?+(?![0-9]|[eE]\+?[0-9]{3}))*+""", re.DOTALL
)
"""What stands before a number that may be too large; texts are passed over."""
_NUMBER: Final = re.compile(rb"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MOST_TRIED: Final = 100_000
"""Numbers of a text that are looked at for the one that is too large."""
_SHOWN: Final = 40  # characters of a number that are shown


def marked(first: int = 1) -> Message:
    """Return what is said of a text that begins with a byte order mark and whose first line has this number."""
    if first > 1:
        return Message(
            "the line starts with a byte order mark; expected a JSON document alone; remove the mark there: "
            "files that start with one were joined"
        )
    return Message(
        "the text starts with a byte order mark; expected a JSON document alone; save it as UTF-8 without one"
    )


def not_json(message: str, data: bytes, first: int = 1) -> Message:
    """Return what is said of a text, whose first line has this number, for which jiter raised this error."""
    if data.startswith(_GZIP):
        return Message("the text is compressed with gzip; unpack it first")
    if data.startswith(_UTF_16) or [byte == 0 for byte in data[:2]].count(True) == 1:
        return Message("the text is UTF-16 or UTF-32; save it as UTF-8")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        byte = f"0x{data[error.start]:02X}"
        return Message(
            "the text is not UTF-8: byte {byte} at line {line}, column {column}; save it as UTF-8",
            byte=byte,
            line=line - 1 + first,
            column=column,
        )
    if not data.strip():
        return Message(
            "the file is empty; found nothing; expected a JSON document; copy it again from where it is whole"
        )
    match = _POSITION.match(message)
    if not match:
        return Message("this is not JSON: {what}", what=recognised(message, *_JITER_SENTENCES))
    what, line, column = match["what"], int(match["line"]), int(match["column"])
    start = _offset(data, line, column)
    line += first - 1
    if "InvalidOperation" in what:
        number = _END_OF_NUMBER.search(data[max(0, start - _SHOWN) : start])
        text = number[0].decode() if number else ""
        problem = Message("the exponent of a number is too large: {number}", number=text)
        return Message("{problem} at line {line}, column {column}", problem=problem, line=line, column=column)
    if word := _NO_NUMBER.match(data, start) or _NO_NUMBER.match(data, max(0, start - 1)):
        return Message(
            "this is not JSON: {word} at line {line}, column {column} is no number; leave out what is not known",
            word=word[0].decode(),
            line=line,
            column=column,
        )
    doubled = re.fullmatch('Detected duplicate key "(.*)"', what, flags=re.DOTALL)
    if doubled:
        told = Message("the key '{key}' stands twice", key=doubled[1])
        return Message(
            "this is not JSON: {what} at line {line}, column {column}; keep one of the two",
            what=told,
            line=line,
            column=column,
        )
    if what.startswith(_CUT):
        return Message(
            "this is not JSON: {what} at line {line}, column {column}; found the end of the text; "
            "expected the rest of the document; copy it again from where it is whole",
            what=recognised(what, *_JITER_SENTENCES),
            line=line,
            column=column,
        )
    return Message(
        "this is not JSON: {what} at line {line}, column {column}; found {found}; expected a JSON document; "
        "correct it there",
        what=recognised(what, *_JITER_SENTENCES),
        line=line,
        column=column,
        found=_shown(data, start),
    )


def _shown(data: bytes, start: int) -> Message:
    """Return what stands at a place, as far as one character tells: whole words may be of a patient."""
    sign = data[start : start + 4].decode("utf-8", "ignore")[:1]
    return Message("{sign!r}", sign=sign) if sign else Message("the end of the text")


def too_large(data: bytes) -> Message:
    """Return what is said of a text in which a number is too large for a double: which one, if it is near the front."""
    start = 0
    for _ in range(_MOST_TRIED):
        before = _BEFORE_LARGE.match(data, start)
        number = _NUMBER.match(data, before.end() if before else start)
        if number is None:
            break
        if math.isinf(float(number[0])):
            first = number.start() - (data[number.start() - 1 : number.start()] == b"-")
            shown = data[first : min(number.end(), first + _SHOWN + 1)].decode()
            line, column = _place(data, first)
            return Message(
                "a number is too large for a double: {number} at line {line}, column {column}",
                number=shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…",
                line=line,
                column=column,
            )
        start = number.end()
    return Message("a number is too large for a double")


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Return the line and the column, in bytes, of a place, both one-based, as jiter counts."""
    return data.count(b"\n", 0, offset) + 1, offset - data.rfind(b"\n", 0, offset)


def _offset(data: bytes, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
    return start + column - 1
