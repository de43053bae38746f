"""Headers of the files of a series, each read when it is first asked for.

Authority: PS3.10 7.1; PS3.3 C.7.6.16.2.9 (pixel value transformation) and C.7.6.16.2.10 (frame VOI LUT).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pydicom
from pydicom.filereader import read_partial

from annoconv.advice import COPY_AGAIN
from annoconv.errors import ImageError
from annoconv_converters._dicom.charset import settle_character_set
from annoconv_converters._dicom.elements import found_instead
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.groups import SHARED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Headers"]

_GROUPS: Final = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_SHOWN: Final = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
_DEFERRED_BYTES: Final = 1 << 20
"""Longer attribute values are left in the file until somebody asks."""


class Headers(Sequence[pydicom.Dataset]):
    """Headers by slice, each file read once, when it is first asked for.

    Parameters
    ----------
    paths
        The file of each slice.
    frames
        The one-based frame of each slice that functional groups describe; None of others.
    """

    def __init__(self, paths: Sequence[Path], frames: Sequence[int | None]) -> None:
        self._paths = paths
        self._frames = frames
        self._read: dict[Path, pydicom.Dataset] = {}
        self._groups: dict[Path, pydicom.Dataset] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        path = self._paths[index]
        if path not in self._read:
            self._read[path] = _header(path)
        return self._read[path]

    def shown(self, index: int) -> pydicom.Dataset:
        """Return the header of a slice with what functional groups say of how its values are shown."""
        header: pydicom.Dataset = self[index]
        frame = self._frames[index]
        if frame is None:
            return header
        path = self._paths[index]
        if path not in self._groups:
            self._groups[path] = _groups(path)
        shared, per_frame = (self._groups[path].get(name) or [] for name in _GROUPS)
        told = pydicom.Dataset()  # with a table of elements of its own, which a copy would share
        told.update(header)
        for item in (*shared[:1], *per_frame[frame - 1 : frame]):
            for name in _SHOWN:
                for values in (item.get(name) or [])[:1]:
                    told.update(values)
        return told


def _groups(path: Path) -> pydicom.Dataset:
    """Return the functional groups of a multi-frame file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[*_GROUPS])
    except DAMAGE as error:
        raise ImageError(
            "the functional groups cannot be read",
            source=path,
            found=type(error).__name__,
            expected="functional groups of a multi-frame image",
            advice=COPY_AGAIN,
        ) from error


def _header(path: Path) -> pydicom.Dataset:
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            header = read_partial(file, stop_when=lambda tag, _vr, _length: tag >= SHARED, defer_size=_DEFERRED_BYTES)
            settle_character_set(header)
            return header
    except DAMAGE as error:
        raise ImageError(
            "the header cannot be read",
            source=path,
            found=found_instead(error),
            expected="a DICOM file (PS3.10)",
            advice=COPY_AGAIN,
        ) from error
