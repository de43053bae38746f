"""FHIR files: one resource or Bundle in a `.json`, one a line in an `.ndjson` (FHIR Bulk Data Access)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.inputs import check_source
from annoconv.files.stage import settle
from annoconv_converters.check_fhir import check, release_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv.limits import Limits
    from annoconv_converters.check_fhir import Release

__all__ = ["LINES", "check_file", "fhir_files", "release_of_file"]

LINES: Final = (".ndjson", ".jsonl")
"""Endings of files with one resource a line."""
_ENDINGS: Final = (".json", *LINES)
_LOOKED_AT: Final = 100
"""Lines that tell the release of a file."""


def fhir_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files, those in folders sorted by name; InputError for what is none or has another ending."""
    for path in paths:
        settle(path)
        check_source(path)
        if not path.is_dir():
            if path.suffix.lower() not in _ENDINGS:
                raise InputError(
                    "this is no FHIR in JSON",
                    source=path,
                    found=path.suffix,
                    expected=".json or .ndjson",
                    advice="Convert XML or RDF to JSON first",
                )
            yield path
            continue
        inside = sorted(each for each in path.iterdir() if each.suffix.lower() in _ENDINGS and each.is_file())
        if not inside:
            raise InputError(
                "there is no FHIR in this folder",
                source=path,
                found=sum(1 for _ in path.iterdir()),
                expected=".json or .ndjson",
                advice="Name the folder that the resources are in; folders in it are not looked into",
            )
        yield from inside


def release_of_file(path: Path, *, limits: Limits) -> Release:
    """Return the release whose definitions the first resources of a file break in fewer places; R5 if both as often."""
    documents: list[Any] = []
    for where, data in islice(_texts(path, limits), _LOOKED_AT):
        with suppress(DocumentError):  # told when it is checked
            documents.append(strict_json.loads(data, limits=limits, source=path, where=where, exact=True))
    return release_of(*documents)


def check_file(
    path: Path, release: Release, *, sizes: Mapping[str, tuple[int, int]], limits: Limits
) -> Iterator[Finding]:
    """Yield the findings of a file, resource by resource; `case_index` counts the lines that are not blank from 0.

    Parameters
    ----------
    path
        The file.
    release
        By whose definitions.
    sizes
        As `check` takes them.
    limits
        Bounds on what is read, and on the findings of one resource.
    """
    note_inputs([path])
    count = 0
    for index, (where, data) in enumerate(_texts(path, limits)):
        count += 1
        try:
            document = strict_json.loads(data, limits=limits, source=path, where=where, exact=True)
        except DocumentError as error:
            found: Sequence[Finding] = error.findings
        else:
            found = check(document, release, sizes=sizes, limits=limits)
        yield from (replace(finding, case_index=index) for finding in found)
    if not count:
        raise InputError(
            "the file holds no resource",
            source=path,
            found=0,
            expected="one at least",
            advice="Ask for the file again; it has no line with anything in it",
        )


def _texts(path: Path, limits: Limits) -> Iterator[tuple[str | None, bytes]]:
    if path.suffix.lower() in LINES:
        yield from ((f"line {number}", line) for number, line in strict_json.iter_lines(path, limits))
    elif data := strict_json.read_bytes(path, limits):
        yield None, data
