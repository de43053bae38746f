"""The labels of one case after the other: most have those of the one before, and they are looked up once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.codes import Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.model import Case, Label

__all__ = ["CaseLabels"]


class CaseLabels:
    """Gives the labels that hold for a case.

    Parameters
    ----------
    label_system
        The task's labels.
    """

    def __init__(self, label_system: Sequence[Label]) -> None:
        self._label_system = label_system
        self._last: tuple[Sequence[Label] | None, Labels] | None = None

    def alike(self, case: Case) -> Case:
        """Return the next case, with the very labels of the one before if it has the same, which is seen at once."""
        if self._last is None or self._last[0] is None or self._last[0] != case.labels:
            return case
        return case.model_copy(update={"labels": self._last[0]})

    def __call__(self, case: Case) -> Labels:
        """Return the labels of the next case."""
        if self._last is None or self._last[0] != case.labels:
            self._last = case.labels, Labels.of(case, self._label_system)
        return self._last[1]
