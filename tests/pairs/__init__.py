"""Data sets of flat pictures as every 2-D format says them, so that each pair can be held against the other.

`DataSet` is what is said; `sources` writes it as other software would, `targets` reads what annoconv wrote, neither
with code of annoconv. What more can be said of (rings, keypoints, frames) is a class beside `Box`, a line in the table
`SHAPES` of each source that has it, and one in the reader of each target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, order=True)
class Box:
    """A box in continuous pixels, origin at the outer corner of the first pixel."""

    x: float
    y: float
    width: float
    height: float

    def rounded(self) -> Box:
        """Return the box to a hundredth of a thousandth of a pixel, by which it is compared."""
        return Box(*(round(each, 5) + 0.0 for each in (self.x, self.y, self.width, self.height)))


Shape: TypeAlias = Box


@dataclass(frozen=True)
class Thing:
    """An object: place of its class in the list, None for an object without a class, and where it is."""

    label: int | None
    shape: Shape


@dataclass(frozen=True)
class Page:
    """A picture with its objects."""

    name: str
    width: int
    height: int
    things: tuple[Thing, ...] = ()


@dataclass(frozen=True)
class DataSet:
    """What a data set says: names of its classes, their numbers in formats that let one choose, and its pictures."""

    classes: tuple[str, ...]
    numbers: tuple[int, ...]
    pages: tuple[Page, ...]

    @property
    def used(self) -> set[str]:
        """Names of the classes that objects have."""
        return {self.classes[each.label] for page in self.pages for each in page.things if each.label is not None}


@dataclass
class Seen:
    """What a file of a target says: its class list (numbers where it has them), and the objects of each picture."""

    classes: list[tuple[int | None, str]] | None
    pages: list[tuple[str, list[tuple[str | None, Shape]]]] = field(default_factory=list)
