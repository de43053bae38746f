"""The errors that annoconv raises: one tree, one exit code for each branch.

::

    AnnoconvError                  exit 1   every error of this library
    ├── InputError (ValueError)    exit 1   what was given cannot be used
    │   ├── DocumentError                   a JSON document does not conform; carries the findings
    │   ├── GeometryError                   grids, frames or affines that cannot be brought together
    │   ├── ImageError                      a source image is missing, damaged or ambiguous
    │   └── MaskError                       a mask file is missing, damaged or not a mask
    ├── LimitError (ValueError)    exit 4   the input exceeds a size, depth or budget limit
    ├── LossError                  exit 3   the receiver would lose what a policy does not allow
    └── UsageError                 exit 2   the request itself makes no sense
        └── OutputExistsError               the output is there already

Losses are not errors (`annoconv.loss`), nor are broken rules (`annoconv.findings`). No message carries patient data.
`error.text("zh")` is for people; `str(error)` is English and adds what Python calls the options that it names. A
sentence that names something is a `Message` of `annoconv.messages`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from annoconv.messages import Message, shortened, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv.messages import Language

__all__ = [
    "AnnoconvError",
    "DocumentError",
    "GeometryError",
    "ImageError",
    "InputError",
    "LimitError",
    "LossError",
    "MaskError",
    "OutputExistsError",
    "UsageError",
]


_OPTION: Final = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]*)")
_OF_CONTEXT: Final = {
    "label-system": "label_system=...",
    "task": "task=...",
    "timestamp": "timestamp=datetime(..., tzinfo=...)",
    "timezone": "timezone=ZoneInfo(...)",
    "limit": "limits=annoconv.Limits(...)",
}
"""Options that `annoconv.Context` has in Python."""


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
        What stands there and what should, never with patient data. Words in `found` are a `Message`; a plain text there
        is the input's own.
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
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return the whole sentence in English, with what Python calls the options that it names."""
        options = dict.fromkeys(_OPTION.findall(self.advice or ""))
        in_python = [f"{name.replace('-', '_')}=..." for name in options if name not in _OF_CONTEXT]
        if of_context := [_OF_CONTEXT[name] for name in options if name in _OF_CONTEXT]:
            in_python.append(f"context=annoconv.Context({', '.join(of_context)})")
        return f"{self.text()} (in Python: {', '.join(in_python)})" if in_python else self.text()

    def text(self, lang: Language = "en") -> str:
        """Return the whole sentence in a language; `str(error)` is the English one."""
        where = self.where and str(shortened(translate(self.where, lang)))
        place = ": ".join(part for part in (self.source, where) if part)
        told = translate(self.problem, lang)
        sentence = f"{place}: {told}" if place else told
        if self.found is not None:
            found = translate(self.found, lang) if isinstance(self.found, Message) else shortened(self.found)
            sentence = translate("{}; found {}", lang, sentence, found)
        if self.expected is not None:
            expected = translate(self.expected, lang) if isinstance(self.expected, str) else self.expected
            expected = shortened(expected)
            sentence = translate("{}; expected {}", lang, sentence, expected)
        if self.advice:
            return translate("{}. {}", lang, sentence, translate(self.advice, lang))
        return translate("{}.", lang, sentence)


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
        found: object = None,
        expected: object = None,
        advice: str | None = None,
    ) -> None:
        self.findings = tuple(findings)
        super().__init__(problem, source=source, where=where, found=found, expected=expected, advice=advice)


class GeometryError(InputError):
    """Grids, frames or affines cannot be brought together."""


class ImageError(InputError):
    """A source image is missing, damaged or ambiguous."""


class MaskError(InputError):
    """A mask file is missing, damaged or not a mask."""


class LimitError(AnnoconvError, ValueError):
    """The input exceeds a size, depth or budget limit; `limit` is its name in `annoconv.Limits`, if it has one."""

    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        problem: str,
        *,
        limit: str | None = None,
        source: Path | str | None = None,
        where: str | None = None,
        found: object = None,
        expected: object = None,
        advice: str | None = None,
    ) -> None:
        self.limit = limit
        if limit is not None and advice is None:
            advice = Message("The limit is {name}; --limit {name}=NUMBER sets another", name=limit)
        super().__init__(problem, source=source, where=where, found=found, expected=expected, advice=advice)


class LossError(AnnoconvError):
    """The receiver would lose what `--losses-allowed` does not allow."""

    exit_code: ClassVar[int] = 3


class UsageError(AnnoconvError):
    """The request itself makes no sense."""

    exit_code: ClassVar[int] = 2


class OutputExistsError(UsageError):
    """The output exists and may not be replaced, or another run is writing it."""
