"""The cases of a large side file one by one, none of them held: they are read anew whenever they are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.exact_numbers import EVERYTHING
from annoconv.documents.json_arrays import NotObjectsError, Scanner
from annoconv.errors import DocumentError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["CASES", "SideCases", "read_object"]

Record: TypeAlias = "dict[str, Any]"

CASES: Final = "cases"
"""Member of a side file: what it tells of each case."""
_LARGE: Final = 1 << 20
"""Bytes of a side file that is worth it."""
_TOGETHER: Final = 1 << 16
"""Bytes of which the cases are read at a time: as values they take some thirty times as many."""


class SideCases:
    """The cases of a side file."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits

    def __iter__(self) -> Iterator[Any]:
        """Yield the cases; raises as `read_object` does."""
        with self._path.open("rb") as file:
            for span in _scanner(self._path, self._limits).spans(file):
                try:
                    some = strict_json.loads_keeping(span.text, EVERYTHING, limits=self._limits, source=self._path)
                except (DocumentError, LimitError):
                    _read_whole(self._path, self._limits)  # tells where in the file
                    raise
                yield from some


def read_object(path: Path, limits: Limits | None) -> Any:
    """Return the content of a side file, the cases of a large one as `SideCases`.

    Raises
    ------
    DocumentError, LimitError
        If it is no strict JSON, or too large.
    """
    if limits is None or path.stat().st_size < _LARGE:
        return _read_whole(path, limits)
    strict_json.check_document(path.stat().st_size, path, limits)
    scanner = _scanner(path, limits)
    try:
        with path.open("rb") as file:
            for _ in scanner.spans(file):
                pass
        found = strict_json.loads_keeping(bytes(scanner.skeleton), EVERYTHING, limits=limits, source=path)
    except (DocumentError, LimitError, NotObjectsError):
        found = None
    if not isinstance(found, dict) or found.get(CASES) != []:
        return _read_whole(path, limits)
    return {**found, CASES: SideCases(path, limits)}


def _scanner(path: Path, limits: Limits) -> Scanner:
    return Scanner(path, replace(limits, line_bytes=limits.document_bytes), (CASES,), buffer=_TOGETHER)


def _read_whole(path: Path, limits: Limits | None) -> Any:
    data = strict_json.read_bytes(path, limits)
    return strict_json.loads_keeping(data, EVERYTHING, limits=limits, source=path)
