"""What a tool added to a file of ours and a case does not hold.

An edited file is compared with its cases as one by other software is. Of that, what counts is all that is lost of
records that are new; of the others, which the side file knows, and beside records only what a case has no place for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annoconv.documents.residuals import pointer
from annoconv.loss import LossKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.loss import Loss
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["Additions"]


@dataclass
class Additions:
    """The records of pictures, remembered before they are paired with those that were written.

    Attributes
    ----------
    pictures
        As the file shows them.
    """

    pictures: Sequence[Picture]
    _shapes: dict[str, list[Shape]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for shape in (each for picture in self.pictures for each in picture.shapes):
            self._shapes.setdefault(pointer(shape.place), []).append(shape)

    def lost(self, found: Iterable[Loss]) -> Iterator[Loss]:
        """Yield those losses of a file by other software that are losses of this one, now that records are paired."""
        left = {id(shape) for picture in self.pictures for shape in picture.shapes}
        for loss in found:
            place = next(filter(self._shapes.__contains__, _above(loss.path)), None)
            shapes = [] if place is None else self._shapes[place]
            is_new = any("id" not in shape.key for shape in shapes if id(shape) in left)
            if is_new or place is None or (loss.kind is LossKind.NO_PLACE and loss.path != place):
                yield loss


def _above(path: str) -> Iterator[str]:
    """Yield a path, and those that it is in, the nearest first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
