"""One DICOM image file: what a scan of folders reads of it, with every size checked before anything is decoded.

Only the few attributes below are looked at, by their places in the file: reading whole headers takes twenty times as
long. Authority: PS3.10 7.1, PS3.5 6.2 and A.5, PS3.3 C.7.6.2.
"""

from __future__ import annotations

import math
import mmap
import os
import re
import struct
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydicom.datadict import tag_for_keyword
from pydicom.errors import BytesLengthException, InvalidDicomError

from annoconv.advice import COPY_AGAIN, SAVE_AGAIN, at_most
from annoconv.errors import ImageError
from annoconv.images import SliceIdentity
from annoconv.messages import Message, listed
from annoconv.volumes.slice_stack import Plane
from annoconv_converters._dicom.elements import (
    Buffer,
    Encoding,
    FileStart,
    file_start,
    found_instead,
    inflate_start,
    inner,
    walk,
)
from annoconv_converters._dicom.groups import PER_FRAME, SHARED, FramePlace, read_groups
from annoconv_converters._dicom.lengths import PIXELS, Shortage, shortage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters._dicom.elements import Element

__all__ = ["DAMAGE", "PATIENT", "Instance", "Places", "acquired_at", "read_instance", "read_places"]

_SHARED = ["StudyInstanceUID", "FrameOfReferenceUID", "Modality", "SeriesNumber", "SeriesInstanceUID"]
_TIMES = [("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"), ("StudyDate", "StudyTime")]
_PLACE = ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SpacingBetweenSlices", "SliceThickness"]
_SLIDE = ["TotalPixelMatrixColumns", "TotalPixelMatrixRows", "ImageOrientationSlide", "DimensionOrganizationType"]
_KIND = ["ImageType"]
PATIENT = ["PatientID", "PatientName", "PatientBirthDate", "PatientSex"]
"""Whose image it is: the same for all of a series, the first of them by identity, the others as they may be spelled."""
_TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "NumberOfFrames", "Rows", "Columns"),
    *("SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated"),
    *("AcquisitionDateTime", "TimezoneOffsetFromUTC", *(keyword for pair in _TIMES for keyword in pair)),
    *(*_SHARED, *_PLACE, *_SLIDE, *_KIND, *PATIENT),
]
_WANTED = {tag: name for name in _TAGS if (tag := tag_for_keyword(name)) is not None}
"""All that a scan reads."""
_BINARY_VRS = frozenset({b"US", b"UL", b"SS", b"SL"})
_SHORT_VRS = frozenset({b"US", b"SS"})
_SHORT_TAGS = frozenset({0x00280002, 0x00280010, 0x00280011, 0x00280100})
_BINARY_TAGS = _SHORT_TAGS | {0x00480006, 0x00480007}
"""Those of the wanted attributes that are binary numbers: how large the image is."""
_CHARACTER_SET = 0x00080005
_MATRIX_ORIGIN = 0x00480008
_DETECTORS = 0x00540022
"""DetectorInformationSequence: where nuclear medicine places its first frame (PS3.3 C.8.4.11)."""
_POSITION = 0x00200032
_OFFSETS = (0x0040072A, 0x0040073A, 0x0040074A)
"""X, Y and Z offset in the slide coordinate system."""
_NOT_IMAGES = frozenset(f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("30", "66.4", "66.7"))
"""Classes that have rows and columns but are made from images: parametric map, segmentation, label map segmentation."""
_LONGEST_VALUE = 1024
"""Bytes of a scanned attribute: six decimal strings take 101."""
DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError),
    *(TypeError, ValueError, struct.error, zlib.error, BytesLengthException, InvalidDicomError),
)
"""What pydicom and the pixel decoders raise on damaged files; RuntimeError includes RecursionError."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One image file: its path and the few attributes that a scan reads."""

    path: Path
    header: Mapping[str, str]
    sop_class_uid: str
    sop_instance_uid: str
    frame: int | None = None
    """One-based number, if it is one frame of several."""
    place: FramePlace | None = None
    """Where that frame stands; None if the header says it."""
    shortage: Shortage | None = None
    """What it lacks of its pixels, as far as that can be told without its functional groups."""

    @property
    def group(self) -> tuple[str, ...]:
        """What files of one series share."""
        *shared, series_uid = map(self.text, _SHARED)
        return (series_uid,) if series_uid else (str(self.path.parent), *shared)

    def text(self, keyword: str) -> str:
        """Return an attribute as text without white space at its ends, empty if it is absent."""
        value = self.header.get(keyword, "")
        if len(value) > _LONGEST_VALUE:
            raise ImageError(
                "an attribute is too long",
                source=self.path,
                where=keyword,
                found=Message("{count} characters", count=len(value)),
                expected=at_most(_LONGEST_VALUE),
                advice=SAVE_AGAIN,
            )
        return value

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Return an attribute's `count` finite numbers, None if it is absent."""
        text = self.text(keyword)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split("\\"))
        except ValueError:
            numbers = ()
        if len(numbers) != count or not all(map(math.isfinite, numbers)):
            raise ImageError(
                "an attribute is damaged",
                source=self.path,
                where=keyword,
                expected=Message("{count} numbers", count=count),
                found=text[:_LONGEST_VALUE],
                advice=SAVE_AGAIN,
            )
        return numbers

    @property
    def frames(self) -> int:
        """Number of frames."""
        (count,) = self.numbers("NumberOfFrames", 1) or (1,)
        return max(int(count), 1)

    @property
    def position(self) -> tuple[float, float, float] | None:
        """ImagePositionPatient; None if the image has no place in space."""
        found = self.numbers("ImagePositionPatient", 3) if self.place is None else self.place.position
        return None if found is None else (found[0], found[1], found[2])

    def of_frame(self, number: int | None, place: FramePlace) -> Instance:
        """Return one frame of a multi-frame image, numbered from one; None for the only frame."""
        return replace(self, frame=number, place=place)

    def plane(self, folder: Path) -> Plane:
        """Return the slice's place; the file must state position, orientation and pixel spacing."""
        position, place = self.position, self.place
        orientation = self.numbers("ImageOrientationPatient", 6) if place is None else place.orientation
        spacing = self.numbers("PixelSpacing", 2) if place is None else place.pixel_spacing
        missing = [
            name
            for name, value in (
                ("ImagePositionPatient (0020,0032)", position),
                ("ImageOrientationPatient (0020,0037)", orientation),
                ("PixelSpacing (0028,0030)", spacing),
            )
            if value is None
        ]
        if position is None or orientation is None or spacing is None:
            raise ImageError(
                "the slice has no place in space",
                source=self.path,
                found=Message("{count} of three elements", count=3 - len(missing)),
                expected=listed(missing),
                advice="Add what is known of it, or give another series; ImagerPixelSpacing is measured at the "
                "detector, not in the patient",
            )
        columns, rows = self.size
        name = os.path.relpath(self.path, folder) + (f" frame {self.frame}" if self.frame else "")
        return Plane(name, position, orientation, spacing, columns, rows)

    def check_pixels(self) -> None:
        """Raise ImageError if the file has fewer pixels than its header says."""
        if self.shortage is not None:
            raise ImageError(
                "the file has fewer pixels than its header says",
                source=self.path,
                where="PixelData (7FE0,0010)",
                found=self.shortage.found,
                expected=self.shortage.expected,
                advice="The file is damaged or cut off: fetch it again from where it was exported",
            )

    @property
    def identity(self) -> SliceIdentity:
        """What identifies the slice in other documents."""
        return SliceIdentity(self.sop_class_uid, self.sop_instance_uid, self.frame, self.path, self.position)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        (columns,), (rows,) = (self.numbers(keyword, 1) or (0,) for keyword in ("Columns", "Rows"))
        return int(columns), int(rows)


def read_instance(path: Path, limits: Limits) -> Instance | None:
    """Return the image in a file, or None if the file is none."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            start = file_start(whole)
            if start is None:
                return None
            data, at = _data_set(path, whole, start, limits)
            header, at = _scanned(data, at, start.encoding)
            lack = shortage(data, at, start, header)
    instance = Instance(path, header, "", "", shortage=lack)
    sop_class_uid = instance.text("SOPClassUID") or _uid(start, 0x00020002)
    sop_instance_uid = instance.text("SOPInstanceUID") or _uid(start, 0x00020003)
    if sop_class_uid in _NOT_IMAGES or "Rows" not in header or "Columns" not in header or not sop_instance_uid:
        return None
    return replace(instance, sop_class_uid=sop_class_uid, sop_instance_uid=sop_instance_uid)


class Places(NamedTuple):
    """Where the frames of an image stand.

    Attributes
    ----------
    places
        The distinct ones; the shared one alone if there are no per-frame groups.
    of_frames
        For each frame the position of its place among them.
    matrix_origin
        Centre of the first pixel of a slide's total pixel matrix, in slide coordinates, mm; None if it is not stated.
    elsewhere
        The element that places the image where its frames have no place of their own; empty if there is none.
    """

    places: list[FramePlace]
    of_frames: list[int]
    matrix_origin: tuple[float, ...] | None
    elsewhere: str = ""


def read_places(instance: Instance, limits: Limits) -> Places:
    """Return where the frames of an image stand, from its functional groups."""
    origin: tuple[float, ...] | None = None
    shared: Element | None = None
    per_frame: Element | None = None
    elsewhere = "ImagePositionPatient (0020,0032)" if "ImagePositionPatient" in instance.header else ""
    try:
        with instance.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            start = file_start(whole)
            if start is None:
                raise ValueError("no DICOM file")
            data, at = _data_set(instance.path, whole, start, limits)
            for each in walk(data, at, len(data), start.encoding, until=PIXELS):
                at = each.end
                if each.tag == SHARED:
                    shared = each
                elif each.tag == PER_FRAME:
                    per_frame = each
                elif each.tag == _MATRIX_ORIGIN:
                    sequence = data[each.value : each.value_end]
                    origin = tuple(_offset(inner(sequence, start.encoding, tag)) for tag in _OFFSETS)
                elif each.tag == _DETECTORS and inner(data[each.value : each.value_end], start.encoding, _POSITION):
                    elsewhere = "DetectorInformationSequence (0054,0022)"
            lack = shortage(data, at, start, instance.header)
            places, place_of_frame, _ = read_groups(data, shared, per_frame, start.encoding)
    except DAMAGE as error:
        where = "PerFrameFunctionalGroupsSequence (5200,9230)"
        raise ImageError(
            "the functional groups are damaged",
            source=instance.path,
            where=where,
            found=found_instead(error),
            expected="items of PS3.3 C.7.6.16, each with its length",
            advice=COPY_AGAIN,
        ) from error
    replace(instance, shortage=lack).check_pixels()
    return Places(places, place_of_frame, origin, "" if place_of_frame else elsewhere)


def _offset(value: bytes) -> float:
    return float(value[:_LONGEST_VALUE].strip(b" \0") or 0)


def _data_set(path: Path, whole: Buffer, start: FileStart, limits: Limits) -> tuple[Buffer, int]:
    """Return the data set, inflated if need be as far as a header may reach, and where it begins."""
    if not start.is_deflated:
        return whole, start.data_set
    inflated, is_all = inflate_start(path, start.data_set, limits.header_bytes)
    if not is_all:
        raise ValueError("a deflated data set that is too large")
    return inflated, 0


def _scanned(data: Buffer, at: int, encoding: Encoding) -> tuple[dict[str, str], int]:
    """Return the wanted attributes of a data set as text, and the first byte behind all that was looked at."""
    found: dict[str, str] = {}
    for each in walk(data, at, len(data), encoding, until=SHARED):
        at = each.end
        if each.tag == _CHARACTER_SET and each.value_end - each.value > _LONGEST_VALUE:
            raise ValueError("a list of character sets that takes pydicom minutes")
        if each.tag in _WANTED:
            value = data[each.value : min(each.value_end, each.value + _LONGEST_VALUE + 1)]
            is_binary = each.vr in _BINARY_VRS if each.vr else each.tag in _BINARY_TAGS
            if is_binary:
                if len(value) > (2 if each.vr in _SHORT_VRS or (not each.vr and each.tag in _SHORT_TAGS) else 4):
                    raise ValueError("several values where one is expected")
                found[_WANTED[each.tag]] = str(int.from_bytes(value[:4], encoding.endian))
            else:
                found[_WANTED[each.tag]] = value.strip(b"\0 ").decode("ascii", "replace")
    return found, at


def _uid(start: FileStart, tag: int) -> str:
    return start.values.get(tag, b"").strip(b"\0 ").decode("ascii", "replace")


_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?")


def acquired_at(instance: Instance) -> datetime | None:
    """Return the time of one slice (PS3.5 6.2, DT); None if it states none that can be read."""
    candidates = [instance.text("AcquisitionDateTime")]
    candidates += [instance.text(date) + instance.text(time) for date, time in _TIMES if instance.text(date)]
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
