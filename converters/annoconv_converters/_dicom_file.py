"""One DICOM image file: what a scan of folders reads of it, with every size checked before anything is decoded.

Authority: PS3.10 7.1, PS3.5 6.2 and A.5, PS3.3 C.7.6.2.
"""

from __future__ import annotations

import io
import math
import os
import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue

from annoconv.errors import ImageError
from annoconv.images import SliceIdentity
from annoconv.stack import Plane

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["DAMAGE", "Instance", "acquired_at", "read_instance"]

_SHARED = ["StudyInstanceUID", "FrameOfReferenceUID", "Modality", "SeriesNumber", "SeriesInstanceUID"]
_TIMES = [("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"), ("StudyDate", "StudyTime")]
_PLACE = ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SpacingBetweenSlices", "SliceThickness"]
_TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "NumberOfFrames", "Rows", "Columns"),
    *("AcquisitionDateTime", "TimezoneOffsetFromUTC", *(keyword for pair in _TIMES for keyword in pair)),
    *(*_SHARED, *_PLACE),
]
"""All that a scan reads."""
_NOT_IMAGES = frozenset(f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("30", "66.4", "66.7"))
"""Classes that have rows and columns but are made from images: parametric map, segmentation, label map segmentation."""
_LONGEST_VALUE = 1024
"""Bytes of a scanned attribute: six decimal strings take 101."""
_LONGEST_READ = 1 << 14
"""Bytes read at once while scanning: pydicom looks for delimiters in pieces of 8192."""
_INFLATED_PIECE = 1 << 20
DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError),
    *(TypeError, ValueError, struct.error, zlib.error, BytesLengthException, InvalidDicomError),
)
"""What pydicom and the pixel decoders raise on damaged files; RuntimeError includes RecursionError."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One image file: its path and the few attributes that a scan reads."""

    path: Path
    header: pydicom.Dataset
    sop_class_uid: str
    sop_instance_uid: str

    @property
    def group(self) -> tuple[str, ...]:
        """What files of one series share."""
        *shared, series_uid = map(self.text, _SHARED)
        return (series_uid,) if series_uid else (str(self.path.parent), *shared)

    def value(self, keyword: str) -> Any:
        """Return an attribute's value, None if it is absent or empty."""
        try:
            raw = self.header.get_item(keyword) if keyword in self.header else None
            if raw is None or not raw.value:
                return None
            if isinstance(raw.value, bytes) and len(raw.value) > _LONGEST_VALUE:
                raise ValueError(f"{len(raw.value)} bytes")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.header[keyword].value
        except DAMAGE as error:
            raise ImageError("an attribute cannot be read", source=self.path, where=keyword) from error

    def text(self, keyword: str) -> str:
        """Return an attribute as text, empty if it is absent."""
        value = self.value(keyword)
        return "" if value is None else str(value)

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Return an attribute's `count` finite numbers, None if it is absent."""
        value = self.value(keyword)
        if value is None:
            return None
        try:
            numbers = tuple(float(part) for part in (value if isinstance(value, MultiValue) else [value]))
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) != count or not all(map(math.isfinite, numbers)):
            raise ImageError("an attribute is damaged", source=self.path, where=keyword, expected=f"{count} numbers")
        return numbers

    def plane(self, folder: Path) -> Plane:
        """Return the slice's place; the file must state position, orientation and pixel spacing."""
        position = self.numbers("ImagePositionPatient", 3)
        orientation = self.numbers("ImageOrientationPatient", 6)
        spacing = self.numbers("PixelSpacing", 2)
        if position is None or orientation is None or spacing is None:
            raise ImageError(
                "the slice has no place in space",
                source=self.path,
                expected="ImagePositionPatient, ImageOrientationPatient and PixelSpacing",
            )
        columns, rows = self.size
        return Plane(os.path.relpath(self.path, folder), position, orientation, spacing, columns, rows)

    @property
    def identity(self) -> SliceIdentity:
        """What identifies the slice in other documents."""
        position = self.numbers("ImagePositionPatient", 3)
        position_lps = None if position is None else (position[0], position[1], position[2])
        return SliceIdentity(self.sop_class_uid, self.sop_instance_uid, None, self.path, position_lps)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        (columns,), (rows,) = (self.numbers(keyword, 1) or (0,) for keyword in ("Columns", "Rows"))
        return int(columns), int(rows)


def read_instance(path: Path, limits: Limits) -> Instance | None:
    """Return the image in a file, or None if the file is none."""
    with _GuardedFile(path, limits) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if file.read(132)[128:] != b"DICM":
            return None
        file.seek(0)
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)
        meta, instance = Instance(path, header.file_meta, "", ""), Instance(path, header, "", "")
        sop_class_uid = instance.text("SOPClassUID") or meta.text("MediaStorageSOPClassUID")
        sop_instance_uid = instance.text("SOPInstanceUID") or meta.text("MediaStorageSOPInstanceUID")
    if sop_class_uid in _NOT_IMAGES or "Rows" not in header or "Columns" not in header or not sop_instance_uid:
        return None
    return Instance(path, header, sop_class_uid, sop_instance_uid)


class _GuardedFile(io.BufferedReader):
    """A file that gives pydicom nothing it could drown in.

    pydicom converts some values while it reads, and a list of a million takes minutes: longer ones than a scan can need
    are refused. It inflates a deflated data set whole (PS3.5 A.5): one that grows beyond `limits.header_bytes` is too.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(io.FileIO(path))
        self._most = limits.header_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes; only a deflated data set is asked for without a size."""
        if size is not None and size > _LONGEST_READ:
            raise ValueError(f"a value of {size} bytes")
        if size is not None and size >= 0:
            return super().read(size)
        deflated = super().read(self._most + 1)
        inflater, grown, rest = zlib.decompressobj(-zlib.MAX_WBITS), len(deflated), deflated
        while rest and not inflater.eof and grown <= self._most:
            grown += len(inflater.decompress(rest, _INFLATED_PIECE))
            rest = inflater.unconsumed_tail
        if grown > self._most:
            raise ValueError("a deflated data set that is too large")
        return deflated


_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?")


def acquired_at(instance: Instance) -> datetime | None:
    """Return the time of one slice (PS3.5 6.2, DT); None if it states none that can be read."""
    candidates = [instance.text("AcquisitionDateTime")]
    candidates += [instance.text(date) + instance.text(time) for date, time in _TIMES if instance.value(date)]
    zone = instance.text("TimezoneOffsetFromUTC")
    for text in candidates:
        found = _DATE_TIME.fullmatch(text.strip())
        if found is None:
            continue
        year, month, day, hour, minute, second, fraction, own_zone = found.groups()
        clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}"
        try:
            return datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{own_zone or zone}")
        except ValueError:
            continue
    return None
