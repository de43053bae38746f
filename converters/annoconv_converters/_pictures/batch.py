"""What the files of a 2-D format hold, handed to what makes cases of it (`read`).

Pictures are held, wait in a file (`stored`), or come one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.files.side_files import Side
    from annoconv.findings import Finding
    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.records import Picture
    from annoconv_converters._pictures.stored import StoredPictures
    from annoconv_converters._pictures.whole_side import Part

__all__ = ["Batch", "FileLosses"]

Record: TypeAlias = "dict[str, Any]"

FileLosses: TypeAlias = "Callable[[Sequence[Picture], LoadedCase, int], Iterable[Loss]]"
"""From pictures of a file, the case that they mean and its index to what that does not hold of the file."""


@dataclass
class Batch:
    """What files of a format hold.

    Attributes
    ----------
    pictures
        In the order of the files.
    categories
        Category records; a record's `category_id` is one of their ids.
    side
        The side file that belongs to them.
    source
        For messages.
    losses
        Asked of each case that no side file tells of, and of each in a file that was edited.
    findings
        Asked of each case: what the file breaks of its format's rules.
    classes
        Whether the categories are a class list, with numbers or only an order; else they are the classes that are seen.
    stored
        In place of the pictures, where they are not held.
    pictures_of
        In place of the pictures, where the file is as it was written: gives those that a side file tells of.
    part
        Where the file is as it was written and these pictures are some of it: the cases of its side file that they are.
    flat
        In place of the pictures, where each is a case of its own and no side file tells of one: as they are read. What
        is asked of a case is asked before the next is read; until then, classes may be added to the categories.
    joined
        In place of all else, where a file may be one case that is read some records at a time: gives that, given its
        index, or None.
    """

    pictures: list[Picture]
    categories: list[Record]
    source: Path
    side: Side | None = None
    losses: FileLosses | None = None
    findings: Callable[[Sequence[Picture], int], Iterable[Finding]] | None = None
    classes: ClassKind = "seen"
    stored: StoredPictures | None = None
    pictures_of: Callable[[Sequence[Record]], list[Picture]] | None = None
    part: Part | None = None
    flat: Iterator[Picture] | None = None
    joined: Callable[[Context, int], Reading | None] | None = None
