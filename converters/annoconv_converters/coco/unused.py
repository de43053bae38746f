"""Options of `to-coco` that change nothing of what is written: who passes one is mistaken, so they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.advice import nearest
from annoconv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from annoconv.codes import Labels
    from annoconv.model import Case
    from annoconv_converters._pictures.planes import Axis

__all__ = ["Unused"]


class Unused:
    """What was asked for and no case had a use for so far.

    Parameters
    ----------
    axis, only_annotated
        As `to_coco` has them.
    skeletons
        Labels in the table of skeletons.
    """

    def __init__(self, axis: Axis, only_annotated: bool, skeletons: Iterable[str]) -> None:
        asked = {"--axis": axis != "k", "--annotated-only": only_annotated}
        self._of_slices = [option for option, is_asked in asked.items() if is_asked]
        self._skeletons = dict.fromkeys(skeletons)

    def take(self, case: Case, labels: Labels) -> None:
        """Take what a case uses: it has slices or frames, or labels of these codes or names."""
        if any(len(each.shape or ()) > 2 for each in (case.image, *(case.related_images or ()))):
            self._of_slices = []
        for code in [code for code in self._skeletons if labels.get(code) is not None]:
            del self._skeletons[code]

    def check(self, names: Iterable[str], source: Path | None) -> None:
        """Refuse what is left.

        Parameters
        ----------
        names
            Of the classes that are written.
        source
            The table of skeletons.
        """
        if self._of_slices:
            problem = "the option is of the slices of a volume, and all pictures are flat"
            raise UsageError(problem, found=self._of_slices[0], expected="slices of a volume", advice="Leave it out")
        strangers = self._skeletons.keys() - set(names)
        if strangers:
            raise UsageError(
                "a skeleton is of a label that is not known",
                source=source,
                found=min(strangers),
                expected="codes or names of labels of the cases or of the label system",
                advice=nearest(min(strangers), names),
            )
