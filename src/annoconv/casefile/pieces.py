"""A large case of a file of its own: its annotations are read and typed some at a time, its text is never held whole.

Whatever is unusual is left to those who read the file as a whole, and tell what is wrong with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.exact_numbers import may_lose_digits, put_exact
from annoconv.documents.faults import check_sizes, typed_members
from annoconv.errors import AnnoconvError
from annoconv.model import Case

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["case_in_pieces"]

_LARGE: Final = 1 << 22
"""Bytes of a file that is worth it."""
_LIST: Final = "annotations"
_AROUND: Final = b'{"annotations":%b}'


def case_in_pieces(path: Path, limits: Limits) -> Case | None:
    """Return the case of a large file, as `strict_json.parse` has it; None if that has to read it."""
    size = path.stat().st_size
    if size < _LARGE or size > limits.document_bytes:
        return None
    from annoconv.documents.json_arrays import NotObjectsError, Scanner  # numpy, which most documents need not

    most = limits.document_bytes
    scanner = Scanner(path, replace(limits, line_bytes=most, header_bytes=most), (_LIST,))
    members: list[Any] = []
    try:
        with path.open("rb") as file, collector_paused():
            for span in scanner.spans(file):
                some = _typed(_AROUND % span.text, limits)
                if some is None:
                    return None
                members += some
        case = strict_json.parse(bytes(scanner.skeleton), Case, limits=limits)
    except (AnnoconvError, NotObjectsError):
        return None
    case.annotations.extend(members)  # in place: an assignment would look at all of them again
    return case


def _typed(text: bytes, limits: Limits) -> list[Any] | None:
    """Return annotations, typed, of an object that holds nothing else; None if one does not conform."""
    check_sizes(text, limits)
    may_lose = may_lose_digits(text)
    document = strict_json.loads(text, limits=limits, is_short=not may_lose)
    typed: list[Any] | None = typed_members(Case, _LIST, document[_LIST])
    if typed is not None and may_lose:
        some = Case.model_construct(annotations=typed)
        put_exact(some, strict_json.loads(text, limits=limits, exact=True))
        return some.annotations
    return typed
