"""Chains of commands: from a format to a case on disk, through the rules, and to every format that is written.

What each step of a chain answers is a line, so that a table of them can be committed and read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv import registry
from annoconv.casefile import read_cases, write_cases
from annoconv.errors import AnnoconvError, DocumentError
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from annoconv.validation import check_file

if TYPE_CHECKING:
    from annoconv.rules import Profile

__all__ = ["PROFILES", "Chain", "links"]

PROFILES: tuple[Profile, ...] = ("minimal", "exchange", "delivery")
_WRITERS = [each.name for each in registry.formats() if each.writes]
_AT = parse_timestamp("2099-12-31T23:59:59Z")


@dataclass(frozen=True)
class Chain:
    """What is read, and how.

    Attributes
    ----------
    name
        In the committed table.
    format
        Of the reader.
    sources, images
        Files or folders.
    options
        Of the reader.
    """

    name: str
    format: str
    sources: Sequence[Path]
    images: Sequence[Path] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def links(chain: Chain, folder: Path, profiles: Sequence[Profile] = ("exchange",)) -> Iterator[tuple[str, str]]:
    """Yield each step of a chain with what it answers: `read`, its findings, `written`, or its refusal.

    An error that is not ours, a warning of Python's, and a refusal without the place and without help are failures.
    """
    context = Context(task="T", timestamp=_AT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        case = folder / "cases.jsonl"
        try:
            options = {**chain.options, **_images("from", chain.format, chain.images)}
            readings = registry.read(list(chain.sources), format=chain.format, context=context, **options)
            write_cases(readings, case)
        except AnnoconvError as refusal:
            yield "read", _refusal(refusal, folder, chain)
            return
        yield "read", "done"
        for profile in profiles:
            found = {
                each.rule: each.level.value
                for each in check_file(case, profile=profile, images=chain.images)
                if each.level == "error"
            }
            yield profile, ", ".join(sorted(found)) or "no error"
        several = case.read_bytes().count(b"\n") > 1
        for name in _WRITERS:
            ending = registry.converter("to", name).suffix
            target = folder / name / ("out" if several else f"out{ending}")
            target.parent.mkdir()
            try:
                loaded = read_cases([case])
                registry.write(loaded, target, format=name, context=context, **_images("to", name, chain.images))
            except AnnoconvError as refusal:
                yield f"to-{name}", _refusal(refusal, folder, chain)
            else:
                yield f"to-{name}", "done"


def _images(direction: Any, name: str, images: Sequence[Path]) -> dict[str, Any]:
    takes = "images" in registry.converter(direction, name).options
    return {"images": list(images)} if images and takes else {}


def _refusal(error: AnnoconvError, folder: Path, chain: Chain) -> str:
    """Return a refusal as a sentence without the folders of this run; each names its place, and what to do."""
    assert error.source or error.where, f"a refusal without a place: {error}"
    # What is wrong with a document is said in sentences of its own, each of which says what was found and expected.
    if not isinstance(error, DocumentError):
        assert error.found is not None, f"a refusal that does not say what was found: {error}"
        assert error.expected is not None, f"a refusal that does not say what was expected: {error}"
    assert error.advice or (isinstance(error, DocumentError) and error.findings), f"a refusal without help: {error}"
    text = error.text().replace(f"{folder}/", "")
    roots = sorted({str(each.parent) for each in (*chain.sources, *chain.images)}, key=len, reverse=True)
    for root in roots:
        text = text.replace(f"{root}/", "")
    return f"{type(error).__name__}: {text}"
