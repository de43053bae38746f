"""Side files that are as they were written, with a file that is so too: their cases one by one, none of them held.

Bytes that nobody changed are those that `write` puts there: the head, then the cases, each of which begins with its
pictures. An extension of a case may hold what begins so too: what is no JSON by itself goes on behind it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.exact_numbers import EVERYTHING
from annoconv.errors import DocumentError
from annoconv.files.atomic import note_inputs
from annoconv.files.names import check_inside
from annoconv_converters._pictures.carrier import FORMAT, PICTURE, VERSION, damaged
from annoconv_converters._pictures.records import KEY, are_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.files.side_files import Side

__all__ = ["Part", "holds", "in_parts", "is_entry", "whole_parts", "whole_pictures", "whole_side"]

Record: TypeAlias = "dict[str, Any]"

_READ: Final = 1 << 18
"""Bytes that are read at once."""
_TOGETHER: Final = 1_000
"""Pictures and records of which the cases are read at a time."""
_CASES: Final = b',"cases":['
_FIRST: Final = b'{"pictures":['
_NEXT: Final = b"," + _FIRST
_END: Final = b"]}"


def whole_side(side: Side, format: str) -> tuple[Record, Iterator[Record]] | None:
    """Return the head of a side file and its cases; None if it or its file was changed, or it is of another format."""
    path = side.path
    if path is None or not side.is_whole:
        return None
    note_inputs([check_inside(path.parent, path)])
    head = b""
    with path.open("rb") as file:
        while _CASES not in head and (read := file.read(_READ)):
            head += read
    if _CASES not in head:
        return None
    try:
        found = strict_json.loads(head.partition(_CASES)[0] + _CASES + _END, source=path)
    except DocumentError:  # it is in another order
        return None
    return (found, _cases(path)) if (found.get(KEY), found.get(FORMAT)) == (VERSION, format) else None


class Part(NamedTuple):
    """Some of the cases that a side file tells of, which follow one another.

    Attributes
    ----------
    head
        What the side file says beside its cases.
    entries
        The cases.
    is_last
        Whether no case follows them.
    """

    head: Record
    entries: list[Record]
    is_last: bool

    @property
    def pictures(self) -> list[Record]:
        """What it says of their pictures."""
        return [each for entry in self.entries for each in entry["pictures"]]


def whole_parts(side: Side, format: str, *, without: bytes | None = None) -> Iterator[Part] | None:
    """Return the cases of a side file some at a time; None if they are few, or where `whole_side` gives none.

    Parameters
    ----------
    side
        The side file.
    format
        Of its file.
    without
        What stands in that file if it is to be read as a whole.
    """
    whole = whole_side(side, format)
    if whole is None or len([*islice(in_parts(whole[1], side), 2)]) < 2:
        return None
    return None if without is not None and holds(side.main, without) else _parts(side, format)


def _parts(side: Side, format: str) -> Iterator[Part]:
    head, entries = whole_side(side, format) or ({}, iter(()))
    before: list[Record] = []
    for some in in_parts(entries, side):
        if before:
            yield Part(head, before, is_last=False)
        before = some
    yield Part(head, before, is_last=True)


def in_parts(entries: Iterator[Record], side: Side) -> Iterator[list[Record]]:
    """Yield cases with some thousand pictures and records at a time; DocumentError if one is none."""
    held: list[Record] = []
    weight = 0
    for entry in entries:
        if not is_entry(entry):
            raise damaged(None, side.path or side.main)
        held.append(entry)
        weight += sum(1 + len(each["annotations"]) for each in entry["pictures"])
        if weight >= _TOGETHER:
            yield held
            held, weight = [], 0
    if held:
        yield held


def holds(path: Path, text: bytes) -> bool:
    """Tell whether a text stands in a file."""
    before = b""
    with path.open("rb") as file:
        while read := file.read(_READ):
            if text in before + read:
                return True
            before = (before + read)[-len(text) :]
    return False


def is_entry(entry: Any) -> bool:
    """Tell whether a side file's entry of a case is whole."""
    pictures = entry.get("pictures") if isinstance(entry, dict) and "residual" in entry else None
    return (
        isinstance(pictures, list)
        and bool(pictures)
        and all(
            isinstance(each, dict)
            and isinstance(each.get(KEY), dict)
            and isinstance(each.get("file_name"), str)
            and isinstance(each.get("annotations"), list)
            and are_keys(each["annotations"])
            for each in pictures
        )
    )


def whole_pictures(side: Side, format: str) -> list[Record]:
    """Return name and size of the pictures that such a side file tells of; none if it is not as it was written."""
    whole = whole_side(side, format)
    listed = (each for entry in whole[1] for each in entry["pictures"]) if whole is not None else ()
    return [{name: each[name] for name in PICTURE if name in each} for each in listed]


def _cases(path: Path) -> Iterator[Record]:
    waiting = b""
    for text in _texts(path):
        waiting += text
        try:
            found = _some(waiting, path)
        except DocumentError:
            continue
        waiting = b""
        yield from found
    if waiting:
        yield from _some(waiting, path)  # tells what is wrong


def _texts(path: Path) -> Iterator[bytes]:
    """Yield the texts of cases, each with a comma before it, of as many as are read at once."""
    held, is_head = b"", True
    with path.open("rb") as file:
        while read := file.read(max(_READ, len(held))):
            held += read
            if is_head:
                if _CASES not in held:
                    continue
                held, is_head = b"," + held.partition(_CASES)[2], False
            whole, begun, last = held.rpartition(_NEXT)
            if whole:
                yield whole
            held = begun + last
    if held.startswith(_NEXT):
        yield held.rstrip().removesuffix(_END)


def _some(text: bytes, path: Path) -> list[Record]:
    found: list[Record] = strict_json.loads_keeping(b"[%b]" % text[1:], EVERYTHING, source=path)
    return found
