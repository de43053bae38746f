"""The errors about files of volumes that readers of several formats raise alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.advice import COPY_AGAIN, CORRECT_PATH, at_most, at_most_bytes, beside, in_bytes
from annoconv.errors import LimitError, MaskError
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["no_such_file", "too_many_voxels", "too_short", "unread_type", "volume_too_large"]


def no_such_file(path: Path, expected: Message) -> MaskError:
    """Return the error that a file of a volume is not there."""
    return MaskError("there is no such file", source=path, found=beside(path), expected=expected, advice=CORRECT_PATH)


def too_short(path: Path, size: int, voxels: int) -> MaskError:
    """Return the error that a file of so many bytes, compressed or not, cannot hold so many bytes of voxels."""
    return MaskError(
        "the file is too short to hold its volume",
        source=path,
        found=in_bytes(size),
        expected=Message("{count} bytes of voxels", count=voxels),
        advice=COPY_AGAIN,
    )


def too_many_voxels(path: Path, count: int, limits: Limits) -> LimitError:
    """Return the error that a header states more voxels than a mask may have."""
    return LimitError(
        "too many voxels", source=path, found=count, expected=at_most(limits.mask_voxels), limit="mask_voxels"
    )


def unread_type(path: Path, where: str, found: str, known: Iterable[str]) -> MaskError:
    """Return the error that a header states a type of voxels that is not read."""
    return MaskError(
        "voxels of this type are not read",
        source=path,
        where=where,
        found=found,
        expected=listed([*known], 8),
        advice="Save labels as whole numbers, without colours",
    )


def volume_too_large(path: Path, size: int, limits: Limits) -> LimitError:
    """Return the error that a volume of so many bytes is larger than what a compressed file may hold."""
    return LimitError(
        "the volume is too large",
        source=path,
        found=in_bytes(size),
        expected=at_most_bytes(limits.expanded_bytes),
        limit="expanded_bytes",
    )
