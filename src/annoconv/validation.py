"""Whether a document is one (structure) and whether it is good (rules): findings, never exceptions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.documents.normaliser import Dialect, normalise
from annoconv.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.findings import Finding
    from annoconv.limits import Limits
    from annoconv.model import Case
    from annoconv.rules import Profile

__all__ = ["Dialect", "check_file", "normalise", "validate"]


def validate(
    target: LoadedCase | Case | Path | str,
    *,
    profile: Profile = "minimal",
    images: Sequence[Path | str] = (),
    limits: Limits | None = None,
) -> list[Finding]:
    """Return every finding about a case, or about each case of a `.json` or `.jsonl` file.

    Parameters
    ----------
    target
        The case, or the file.
    profile
        Which rules are applied and how strictly: minimal, exchange, delivery.
    images
        Source images to check the cases against, files or folders.
    limits
        Bounds on what is read.

    Notes
    -----
    Rules are applied to cases whose structure is right; the others have findings named `schema.<kind>` only.
    """
    if isinstance(target, Path | str):
        return list(check_file(Path(target), profile=profile, images=images, limits=limits))
    from annoconv import rules
    from annoconv.casefile import LoadedCase

    loaded = target if isinstance(target, LoadedCase) else LoadedCase(target)
    return rules.check(loaded, profile=profile, sources=rules.sources_of(images))


def check_file(
    path: Path,
    *,
    profile: Profile = "minimal",
    images: Sequence[Path | str] = (),
    schema_only: bool = False,
    limits: Limits | None = None,
) -> Iterator[Finding]:
    """Yield the findings of a `.json` or `.jsonl` file, case by case in constant memory."""
    from annoconv import rules
    from annoconv.casefile import documents, open_case

    sources = rules.sources_of(images)
    for index, (where, data) in enumerate(documents(path, limits=limits)):
        try:
            loaded = open_case(data, path, where=where, limits=limits)
        except DocumentError as error:
            yield from (replace(finding, case_index=index) for finding in error.findings)
            continue
        if not schema_only:
            found = rules.check(loaded, profile=profile, sources=sources)
            yield from (replace(finding, case_index=index) for finding in found)
