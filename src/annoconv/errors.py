"""The errors that annoconv raises: one tree, one exit code for each branch.

::

    AnnoconvError                  exit 1   every error of this library
    ├── InputError (ValueError)    exit 1   what was given cannot be used
    │   ├── DocumentError                   a JSON document does not conform; carries the findings
    │   ├── GeometryError                   grids, frames or affines that cannot be brought together
    │   ├── ImageError                      a source image is missing, damaged or ambiguous
    │   └── MaskError                       a mask file is missing, damaged or not a mask
    ├── LimitError (ValueError)    exit 4   the input exceeds a size, depth or budget limit
    └── UsageError                 exit 2   the request itself makes no sense
        └── OutputExistsError               the output is there already

Losses are not errors (`annoconv.loss`), nor are broken rules (`annoconv.findings`). No message carries patient data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.findings import Finding

__all__ = [
    "AnnoconvError",
    "DocumentError",
    "GeometryError",
    "ImageError",
    "InputError",
    "LimitError",
    "MaskError",
    "OutputExistsError",
    "UsageError",
]


class AnnoconvError(Exception):
    """Base of every error; its text names where, what was found, what was expected and what to do.

    Parameters
    ----------
    problem
        What is wrong, as one sentence without its full stop.
    source
        The file or folder concerned.
    where
        JSON pointer, DICOM tag or line within it.
    found, expected
        What stands there and what should, never with patient data.
    advice
        What to do next, as one sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        problem: str,
        *,
        source: Path | str | None = None,
        where: str | None = None,
        found: object = None,
        expected: object = None,
        advice: str | None = None,
    ) -> None:
        self.problem = problem
        self.source = None if source is None else str(source)
        self.where = where
        self.found = found
        self.expected = expected
        self.advice = advice
        super().__init__(self._text())

    def _text(self) -> str:
        place = ": ".join(part for part in (self.source, self.where) if part)
        sentence = f"{place}: {self.problem}" if place else self.problem
        if self.found is not None:
            sentence += f"; found {self.found}"
        if self.expected is not None:
            sentence += f"; expected {self.expected}"
        return f"{sentence}. {self.advice}" if self.advice else f"{sentence}."


class InputError(AnnoconvError, ValueError):
    """What was given cannot be used."""


class DocumentError(InputError):
    """A JSON document does not conform to the schema; `findings` holds every place."""

    def __init__(
        self,
        problem: str,
        *,
        findings: Sequence[Finding] = (),
        source: Path | str | None = None,
        where: str | None = None,
    ) -> None:
        self.findings = tuple(findings)
        super().__init__(problem, source=source, where=where)


class GeometryError(InputError):
    """Grids, frames or affines cannot be brought together."""


class ImageError(InputError):
    """A source image is missing, damaged or ambiguous."""


class MaskError(InputError):
    """A mask file is missing, damaged or not a mask."""


class LimitError(AnnoconvError, ValueError):
    """The input exceeds a size, depth or budget limit."""

    exit_code: ClassVar[int] = 4


class UsageError(AnnoconvError):
    """The request itself makes no sense."""

    exit_code: ClassVar[int] = 2


class OutputExistsError(UsageError):
    """The output exists and may not be replaced, or another run is writing it."""
