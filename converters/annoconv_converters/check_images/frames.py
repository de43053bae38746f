"""Folders of numbered pictures, which are the frames of a video: gaps, repetitions, sizes (A 7.2 note 2).

Five pictures and more of one name but for their last number, in one folder, four fifths of whose numbers are there, are
taken for frames; pictures of many patients are not numbered so.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from annoconv.messages import Message
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["ENDINGS", "FrameFolder", "frame_folders"]

ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_NUMBER: Final = re.compile(r"^(.*?)(\d+)(\D*)$", re.DOTALL)
_LEAST_FRAMES: Final = 5
_LEAST_SHARE: Final = 0.8
_DAMAGE: Final = (OSError, UnidentifiedImageError, ValueError, SyntaxError, Pillow.DecompressionBombError)


@dataclass(frozen=True)
class FrameFolder:
    """The frames of one video.

    Attributes
    ----------
    frames
        Their numbers and files, ascending.
    with_pixels
        Whether pixels are decoded.
    """

    frames: tuple[tuple[int, Path], ...]
    with_pixels: bool = True

    @cached_property
    def sizes(self) -> dict[Path, tuple[int, int] | str]:
        """The columns and rows of each, or why it cannot be read."""
        return {path: self._size(path) for _, path in self.frames}

    def _size(self, path: Path) -> tuple[int, int] | str:
        try:
            with Pillow.open(path) as picture:
                if self.with_pixels:
                    picture.load()
                return picture.size
        except _DAMAGE:
            return Message("the picture is damaged")

    @cached_property
    def repeated(self) -> list[Path]:
        """The frames that have the bytes of the one before."""
        digests = [hashlib.sha256(path.read_bytes()).digest() for _, path in self.frames]
        return [self.frames[n][1] for n, (one, other) in enumerate(pairwise(digests), 1) if one == other]


def frame_folders(files: Iterable[Path], *, pixels: bool) -> list[FrameFolder]:
    """Return the videos among files."""
    groups: defaultdict[tuple[Path, str, str], dict[int, Path]] = defaultdict(dict)
    for path in files:
        match = _NUMBER.match(path.stem) if path.name.lower().endswith(ENDINGS) else None
        if match is not None:
            groups[path.parent, match[1], match[3] + path.suffix.lower()].setdefault(int(match[2]), path)
    found: list[FrameFolder] = []
    for _, numbered in sorted(groups.items(), key=lambda each: (str(each[0][0]), *each[0][1:])):
        span = max(numbered) - min(numbered) + 1
        if len(numbered) >= _LEAST_FRAMES and len(numbered) >= _LEAST_SHARE * span:
            found.append(FrameFolder(tuple(sorted(numbered.items())), pixels))
    return found


@check("A-7.2n2.frame_missing", "frames")
def frame_missing(folder: FrameFolder, _: Numbers) -> Iterator[Fault]:
    """Yield each gap in the numbers."""
    for (one, before), (other, after) in pairwise(folder.frames):
        if other - one > 1:
            yield Fault(before, (), {"before": before.name, "after": after.name, "count": other - one - 1})


@check("A-7.2n2.frame_twice", "frames")
def frame_twice(folder: FrameFolder, _: Numbers) -> Iterator[Fault]:
    """Yield the first of the frames that are the ones before them once more."""
    if folder.repeated:
        told = {"count": len(folder.repeated), "all": len(folder.frames), "name": folder.repeated[0].name}
        yield Fault(folder.repeated[0], (), told)


@check("A-7.2n2.frame_size_differs", "frames")
def frame_size_differs(folder: FrameFolder, _: Numbers) -> Iterator[Fault]:
    """Yield each frame of another size than most have."""
    counts = Counter(each for each in folder.sizes.values() if not isinstance(each, str))
    if len(counts) < 2:
        return
    (usual, count), *_rest = counts.most_common()
    for path, size in folder.sizes.items():
        if not isinstance(size, str) and size != usual:
            told = {"name": path.name, "found": f"{size[0]} x {size[1]}", "expected": f"{usual[0]} x {usual[1]}"}
            yield Fault(path, (), {**told, "count": count, "all": len(folder.frames)})
