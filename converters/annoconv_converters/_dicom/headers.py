"""Headers of the files of a series, each read when it is first asked for. Authority: PS3.10 7.1."""

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

_DEFERRED_BYTES: Final = 1 << 20
"""Longer attribute values are left in the file until somebody asks."""


class Headers(Sequence[pydicom.Dataset]):
    """Headers by slice, each file read once, when it is first asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._read: dict[Path, pydicom.Dataset] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        path = self._paths[index]
        if path not in self._read:
            self._read[path] = _header(path)
        return self._read[path]


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
