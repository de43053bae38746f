"""A promise that is not kept: which one, and how that was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annoconv.messages import translate

if TYPE_CHECKING:
    from annoconv.messages import Language

__all__ = ["Broken"]


@dataclass(frozen=True)
class Broken:
    """A promise that is not kept.

    Attributes
    ----------
    promise
        Its name, `same_bytes`.
    message
        One sentence: what was seen and what is expected; a `Message` if it names something.
    """

    promise: str
    message: str

    def text(self, lang: Language = "en") -> str:
        """Return the sentence in a language."""
        return translate(self.message, lang)

    def __str__(self) -> str:
        return f"{self.promise}: {self.message}"
