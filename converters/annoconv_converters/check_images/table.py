"""The table of checks (`model/image_checks.yaml`), and the functions that stand behind its rows.

A check is a small function over one description (a series, a volume, a cine loop, a slide) that yields every place that
breaks it; what it says, how grave it is and by which numbers it measures stand in the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.findings import Finding, Level
from annoconv.messages import shortened, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Fault", "ImageCheck", "Numbers", "apply", "catalogue", "check", "checks"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that breaks a check.

    Attributes
    ----------
    source
        The file, or the folder of the series.
    steps
        Where in it: `("series", uid, "slices", 3)`, zero-based.
    values
        What the message names.
    """

    source: Path
    steps: tuple[str | int, ...]
    values: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class ImageCheck:
    """One row of the table.

    Attributes
    ----------
    id, clause, level, applies_to
        As a rule has them (`annoconv.rules.engine.Rule`).
    parameters
        The numbers by which it measures.
    """

    id: str
    clause: str
    level: Level
    applies_to: str
    title_en: str
    title_zh: str
    message_en: str
    message_zh: str
    parameters: Mapping[str, float] = field(default_factory=dict[str, float])

    def finding(self, fault: Fault) -> Finding:
        """Return the finding for one place."""
        values = {name: shortened(value) for name, value in fault.values.items()}
        zh = self.message_zh.format(**{name: told(value, "zh") for name, value in values.items()})
        return Finding(self.id, self.level, pointer(fault.steps), self.message_en.format(**values), message_zh=zh)


Numbers: TypeAlias = "Mapping[str, float]"
Check: TypeAlias = "Callable[[Any, Numbers], Iterator[Fault]]"
_Found = TypeVar("_Found", bound="Check")
_CHECKS: dict[str, tuple[tuple[str, ...], Check]] = {}


def check(identity: str, *kinds: str) -> Callable[[_Found], _Found]:
    """Register a function as the check of this id, for descriptions of these kinds."""

    def register(function: _Found) -> _Found:
        if identity in _CHECKS:
            raise ValueError(f"check {identity} has two functions")
        _CHECKS[identity] = (kinds, function)
        return function

    return register


def checks() -> Mapping[str, tuple[tuple[str, ...], Check]]:
    """Return kinds and function of every registered check by its id."""
    return MappingProxyType(_CHECKS)


@cache
def catalogue() -> Mapping[str, ImageCheck]:
    """Return every row of the table by id."""
    listed: list[dict[str, Any]] = strict_json.loads((files("annoconv_model") / "image_checks.json").read_bytes())[
        "checks"
    ]
    return MappingProxyType({row["id"]: _row(row) for row in listed})


def _row(row: dict[str, Any]) -> ImageCheck:
    return ImageCheck(level=Level(row["level"]), **{name: value for name, value in row.items() if name != "level"})


def apply(kind: str, description: object, left_out: Iterable[str] = ()) -> Iterator[tuple[Path, Finding]]:
    """Yield what the checks of a kind find, in the order of the table."""
    for row in catalogue().values():
        kinds, function = _CHECKS.get(row.id, ((), None))
        if function is not None and kind in kinds and row.id not in left_out:
            for fault in function(description, row.parameters):
                yield fault.source, row.finding(fault)
