"""What a document breaks: typed values in a stable order, in English and Chinese, never printed or raised here.

A finding names one place of a case document by its JSON pointer (RFC 6901) and the rule that the place breaks. Rules
named `schema.<kind>` speak of structure (`annoconv.validation`), `not_checked` of an input that could not be read; all
others are listed in `model/rules.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from annoconv.messages import Language, translate

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOT_CHECKED", "Finding", "Language", "Level", "in_order"]

NOT_CHECKED: Final = "not_checked"
"""Stands for a rule where an input could not be opened or decoded, so that no rule was applied."""


class Level(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    """The document must not be used as it is; exit code 1."""
    WARNING = "warning"
    """A recommendation is not followed."""
    INFO = "info"
    """Worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks one rule.

    Attributes
    ----------
    rule
        `schema.required` and its like, or the id of a rule in `model/rules.yaml`.
    level
        How grave it is.
    path
        JSON pointer in the case document, `/annotations/0/mask_file`; empty for the whole document.
    message, message_zh
        One sentence for people in English and in Chinese, without patient data; the second is needed only where the
        catalogues do not hold the first (`annoconv.messages`).
    case_index
        Zero-based position of the case among those of its file.
    slice_index
        The zero-based slice of the image on which it is seen best; None where it is of no slice.
    """

    rule: str
    level: Level
    path: str
    message: str
    case_index: int = 0
    message_zh: str = ""
    slice_index: int | None = None

    def text(self, lang: Language = "en") -> str:
        """Return the sentence in a language."""
        return self.message_zh if lang == "zh" and self.message_zh else translate(self.message, lang)

    def to_json(self, lang: Language = "en") -> dict[str, str | int]:
        """Return the finding as a JSON object: its message in English, and beside it in another language if asked."""
        return {
            "case_index": self.case_index,
            "path": self.path,
            "rule": self.rule,
            "level": self.level.value,
            "message": str(self.message),
            **({} if self.slice_index is None else {"slice_index": self.slice_index}),
            **({} if lang == "en" else {f"message_{lang}": self.text(lang)}),
        }

    def __lt__(self, other: Finding) -> bool:
        """Compare by case, place and rule; positions compare as numbers, so that /9 comes before /10."""
        return _key(self) < _key(other)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted by case, place and rule, each once."""
    each_once = list(dict.fromkeys(findings))
    if any(
        one > other for one, other in pairwise(map(_key, each_once))
    ):  # mostly not, and keys are larger than findings
        each_once.sort(key=_key)
    return each_once


def _key(finding: Finding) -> tuple[object, ...]:
    above, _, last = finding.path.rpartition("/")
    return finding.case_index, (*_steps(above), _step(last)), finding.rule, finding.level, finding.message


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(map(_step, path.split("/")))


def _step(step: str) -> tuple[int, int, str]:
    return (0, int(step), "") if step.isdecimal() else (1, 0, step)
