"""A bound on the work of invariants: some of HL7's take a time that grows with the square of a resource."""

from __future__ import annotations

from typing import Final

from annoconv.errors import LimitError
from annoconv.messages import Message

__all__ = ["Budget"]

_AT_FIRST: Final = 300_000
_FOR_EACH: Final = 100
"""Three times what the profiles of HL7 themselves take, the most of all its examples."""


class Budget:
    """Elements that expressions may still look at; each object of a document brings some."""

    def __init__(self) -> None:
        self._left = _AT_FIRST

    def grow(self) -> None:
        """Note an object of the document."""
        self._left += _FOR_EACH

    def spend(self, count: int) -> None:
        """Take what was looked at; LimitError if nothing is left."""
        self._left -= count
        if self._left < 0:
            raise LimitError(
                "the invariants of FHIR take too long for this resource",
                found=Message("more steps than a resource of its size needs"),
                expected="resources as they are exchanged",
                advice="Divide it, or check its parts alone",
            )
