"""What a DICOM file says of itself and of others, read from its bytes: no pixels, no pydicom objects.

Authority: PS3.3 10.3 (image SOP instance reference), 10.5 (hierarchical reference), C.12.2 (common instance reference),
C.17.2.3 (evidence), C.8.20.4 (segments), C.7.6.16 (functional groups).
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from annoconv.errors import LimitError
from annoconv.messages import Message
from annoconv_converters._dicom.content_read import ContentReader
from annoconv_converters._dicom.elements import DamagedError, walk
from annoconv_converters._dicom.groups import PER_FRAME, SHARED, FramePlace, read_groups
from annoconv_converters._dicom.opening import opened
from annoconv_converters.check_links.annotation_groups import AnnotationGroup, optical_paths_in, read_annotation_groups
from annoconv_converters.check_links.parts import is_sequence, items_of, keyword_of, text_of
from annoconv_converters.check_links.rois import StructureSet, read_structure_set

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters._dicom.content import Item
    from annoconv_converters._dicom.elements import Buffer, Element, Encoding, FileStart

__all__ = ["Instance", "Link", "Segment", "read_instance"]

STORAGE: Final = "1.2.840.10008.5.1.4."
LABEL_MAP: Final = "1.2.840.10008.5.1.4.1.1.66.7"
SEGMENTATIONS: Final = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", LABEL_MAP})
_REPORTS: Final = "1.2.840.10008.5.1.4.1.1.88."
_STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
_BULK_ANNOTATIONS: Final = "1.2.840.10008.5.1.4.1.1.91.1"
_TEXTS: Final = {
    0x00080005: "SpecificCharacterSet",
    0x00080016: "SOPClassUID",
    0x00080018: "SOPInstanceUID",
    0x00080060: "Modality",
    0x00100020: "PatientID",
    0x00180050: "SliceThickness",
    0x00180088: "SpacingBetweenSlices",
    0x0020000D: "StudyInstanceUID",
    0x0020000E: "SeriesInstanceUID",
    0x00200032: "ImagePositionPatient",
    0x00200037: "ImageOrientationPatient",
    0x00200052: "FrameOfReferenceUID",
    0x00280008: "NumberOfFrames",
    0x00280030: "PixelSpacing",
    0x00480301: "PixelOriginInterpretation",
    0x006A0001: "AnnotationCoordinateType",
}
_NUMBERS: Final = {
    0x00280010: "Rows",
    0x00280011: "Columns",
    0x00480006: "TotalPixelMatrixColumns",
    0x00480007: "TotalPixelMatrixRows",
}
_LONGEST: Final = 1024
"""Bytes of an attribute that is looked at."""
_CHARACTER_SET: Final = "SpecificCharacterSet"
_PIXELS: Final = 0x7FE00008
"""Before PixelData and what stands for it."""
_CONTENT, _SEGMENTS, _SERIES_LIST = 0x0040A730, 0x00620002, 0x00081115
_EVIDENCE: Final = frozenset({0x0040A375, 0x0040A385})
_INSTANCE, _CLASS, _FRAMES, _SEGMENT_NUMBERS = 0x00081155, 0x00081150, 0x00081160, 0x0062000B
_STUDY, _SERIES, _DERIVATION = 0x0020000D, 0x0020000E, 0x00089124
_FRAME_OF_REFERENCE: Final = frozenset({0x00200052, 0x30060024})
_OF_WORKFLOW: Final = frozenset({0x00081110, 0x00081111, 0x00081120, 0x00081125, 0x0040A370})
"""Sequences that refer to what is no instance: study, procedure step, patient, visit, request."""
_NEEDLES: Final = (_INSTANCE, *_FRAME_OF_REFERENCE)
_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to another instance.

    Attributes
    ----------
    place
        JSON pointer of the item that names it: keywords, and positions counted from 0.
    uid, sop_class_uid
        ReferencedSOPInstanceUID and ReferencedSOPClassUID.
    frames, segments
        One-based numbers; empty where none are named.
    series_uid, study_uid
        Of it, as the items above say; empty where they do not.
    """

    place: str
    uid: str
    sop_class_uid: str = ""
    frames: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    series_uid: str = ""
    study_uid: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as its segmentation describes it: its place as in `Link`, its number, TrackingUID and TrackingID."""

    place: str
    number: int
    tracking_uid: str
    tracking_id: str


@dataclass(eq=False)
class Instance:
    """One DICOM file.

    Attributes
    ----------
    path
        The file.
    texts
        Attributes of it by keyword; what is absent is left out.
    links
        What it refers to, in the order of the file; the frames of a segmentation that are derived from one image are
        told once.
    frames_of_reference
        Place and UID of each frame of reference that stands in a sequence.
    segments
        Of a segmentation.
    content
        Root of the content tree of a report.
    structure_set
        ROIs and contours of a structure set.
    annotation_groups
        Of bulk annotations.
    optical_paths
        Identifiers of the optical paths of an image.
    places, of_frames, segment_of_frames
        As `read_groups` returns them.
    """

    path: Path
    texts: dict[str, str] = field(default_factory=dict[str, str])
    links: list[Link] = field(default_factory=list[Link])
    frames_of_reference: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    segments: list[Segment] = field(default_factory=list[Segment])
    content: Item | None = None
    structure_set: StructureSet | None = None
    annotation_groups: list[AnnotationGroup] = field(default_factory=list[AnnotationGroup])
    optical_paths: frozenset[str] = frozenset()
    places: list[FramePlace] = field(default_factory=list[FramePlace])
    of_frames: list[int] = field(default_factory=list[int])
    segment_of_frames: list[int] = field(default_factory=list[int])
    has_frame_groups: bool = False

    def text(self, keyword: str) -> str:
        """Return an attribute, empty if it is absent."""
        return self.texts.get(keyword, "")

    @property
    def uid(self) -> str:
        """SOPInstanceUID."""
        return self.text("SOPInstanceUID")

    @property
    def is_segmentation(self) -> bool:
        """Whether it is a segmentation."""
        return self.text("SOPClassUID") in SEGMENTATIONS

    @property
    def is_report(self) -> bool:
        """Whether it is a structured report."""
        return self.text("SOPClassUID").startswith(_REPORTS)

    @property
    def is_annotation(self) -> bool:
        """Whether it is checked: it says something of images."""
        return self.is_segmentation or self.is_report or self.is_structure_set or self.is_bulk_annotation

    @property
    def is_structure_set(self) -> bool:
        """Whether it is an RT structure set."""
        return self.text("SOPClassUID") == _STRUCTURE_SET

    @property
    def is_bulk_annotation(self) -> bool:
        """Whether it holds bulk annotations of microscopy."""
        return self.text("SOPClassUID") == _BULK_ANNOTATIONS

    @property
    def is_image(self) -> bool:
        """Whether it has pixels that are not drawn from those of others."""
        return "Rows" in self.texts and not self.is_segmentation

    @property
    def frames(self) -> int:
        """Number of frames, at least 1."""
        return max(self.number("NumberOfFrames"), 1)

    @property
    def is_label_map(self) -> bool:
        """Whether its frames show all segments at once."""
        return self.text("SOPClassUID") == LABEL_MAP

    @cached_property
    def segment_numbers(self) -> dict[int, Segment]:
        """Its segments by their numbers."""
        return {each.number: each for each in self.segments}

    @cached_property
    def shown(self) -> frozenset[int]:
        """Numbers of the segments that some frame shows; of a label map nothing, as its pixels say it."""
        return frozenset(self.segment_of_frames)

    @cached_property
    def sources(self) -> frozenset[str]:
        """Instances and series that it refers to."""
        return frozenset({link.uid for link in self.links} | {link.series_uid for link in self.links}) - {""}

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return decimal strings as numbers; nothing where they are none."""
        try:
            return tuple(float(part) for part in self.text(keyword).split("\\"))
        except ValueError:
            return ()

    def number(self, keyword: str) -> int:
        """Return a whole number, 0 where it is none."""
        text = self.text(keyword)
        return int(text) if text.isdecimal() else 0

    def matrix(self, origin: str) -> tuple[int, int] | None:
        """Return columns and rows that coordinates lie in: of a slide those of all tiles, unless `origin` is FRAME."""
        names = ("Columns", "Rows")
        if "TotalPixelMatrixColumns" in self.texts and origin != "FRAME":
            names = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows")
        columns, rows = map(self.number, names)
        return (columns, rows) if columns and rows else None


def read_instance(path: Path, limits: Limits) -> Instance | None:
    """Return what a file says, or None if it is no DICOM instance.

    Raises
    ------
    InputError
        If it is damaged.
    LimitError
        If what stands before its pixels is longer than `limits.header_bytes`.
    """
    if path.stat().st_size <= _PREAMBLE:
        return None
    with path.open("rb") as file:
        if file.read(_PREAMBLE)[128:] != b"DICM":
            return None
    with (
        warnings.catch_warnings(),
        opened(path, limits.header_bytes, advice=Message("Name a segmentation, a report or an image")) as opening,
    ):
        warnings.simplefilter("ignore")
        read = _read(path, opening.data, opening.start, limits)
    return read if read.text("SOPClassUID").startswith(STORAGE) else None


_PREAMBLE: Final = 132


def _read(path: Path, data: Buffer, start: FileStart, limits: Limits) -> Instance:
    one, encoding = Instance(path), start.encoding
    kept: list[Element] = []
    size = 0
    for each in walk(data, start.data_set, len(data), encoding, until=_PIXELS):
        length = each.value_end - each.value
        size += length
        if size > limits.header_bytes:
            raise LimitError(
                "what stands before the pixels is too long",
                source=path,
                found=Message("{count} bytes", count=size),
                expected=Message("{count} bytes at most", count=limits.header_bytes),
                advice="Raise the bound if the file is trusted",
                limit="header_bytes",
            )
        if each.tag in _TEXTS and length <= _LONGEST:
            one.texts[_TEXTS[each.tag]] = text_of(data, each)
        elif each.tag in _NUMBERS and length in {2, 4}:
            number = int.from_bytes(data[each.value : each.value_end], encoding.endian)
            one.texts[_NUMBERS[each.tag]] = str(number)
        elif is_sequence(each):
            kept.append(each)
    by_tag = {each.tag: each for each in kept}
    if one.is_annotation:
        _read_links(one, data, kept, encoding)
    if one.is_structure_set:
        one.structure_set = read_structure_set(data, by_tag, encoding)
    elif one.is_bulk_annotation:
        one.annotation_groups = read_annotation_groups(data, by_tag, encoding, one.text("AnnotationCoordinateType"))
    elif one.is_image:
        one.optical_paths = optical_paths_in(data, by_tag, encoding)
    shared, per_frame = by_tag.get(SHARED), by_tag.get(PER_FRAME)
    if per_frame is not None and (one.is_annotation or one.is_image):
        one.has_frame_groups = True
        one.places, one.of_frames, one.segment_of_frames = read_groups(data, shared, per_frame, encoding)
    return one


def _read_links(one: Instance, data: Buffer, sequences: list[Element], encoding: Encoding) -> None:
    reader = _LinkReader(one, data, encoding)
    own_study = one.text("StudyInstanceUID")
    for each in sequences:
        if each.tag not in _OF_WORKFLOW:
            reader.read(each, "", "", own_study if each.tag == _SERIES_LIST else "", 0)
        if each.tag == _SEGMENTS and one.is_segmentation:
            one.segments = _segments(one, data, each, encoding)
        if each.tag == _CONTENT and one.is_report:
            content = data[each.start : each.end]
            one.content = ContentReader(content, encoding, _character_sets(one)).root(0, len(content))


def _character_sets(one: Instance) -> list[str]:
    return [part.strip() for part in one.text(_CHARACTER_SET).split("\\")]


@dataclass(eq=False)
class _LinkReader:
    """Reads the references within sequences; what holds none is passed over by a search of its bytes."""

    one: Instance
    data: Buffer
    encoding: Encoding
    seen: set[bytes] = field(default_factory=set[bytes])

    def __post_init__(self) -> None:
        layout = f"{self.encoding.order}HH"
        self.needles = [struct.pack(layout, tag >> 16, tag & 0xFFFF) for tag in _NEEDLES]

    def read(self, sequence: Element, above: str, series_uid: str, study_uid: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise DamagedError(Message("sequences are nested more than {count} deep", count=_DEEPEST))
        data = self.data
        if all(data.find(needle, sequence.value, sequence.value_end) < 0 for needle in self.needles):
            return
        if sequence.tag == _DERIVATION:
            told = bytes(data[sequence.value : sequence.value_end])
            if told in self.seen:
                return
            self.seen.add(told)
        here = f"{above}/{keyword_of(sequence.tag)}"
        for position, found in enumerate(items_of(data, sequence, self.encoding)):
            self._read_item(found, f"{here}/{position}", series_uid, study_uid, depth)

    def _read_item(self, found: dict[int, Element], place: str, series_uid: str, study_uid: str, depth: int) -> None:
        data = self.data
        series_uid = text_of(data, found[_SERIES]) if _SERIES in found else series_uid
        study_uid = text_of(data, found[_STUDY]) if _STUDY in found else study_uid
        if _INSTANCE in found:
            sop_class_uid = text_of(data, found.get(_CLASS))
            frames = text_of(data, found.get(_FRAMES))
            numbers = found.get(_SEGMENT_NUMBERS)
            if not sop_class_uid or sop_class_uid.startswith(STORAGE):
                self.one.links.append(
                    Link(
                        place,
                        text_of(data, found[_INSTANCE]),
                        sop_class_uid,
                        tuple(int(part) for part in frames.split("\\") if part.strip()),
                        () if numbers is None else self._shorts(numbers),
                        series_uid,
                        study_uid,
                    )
                )
        for tag, each in found.items():
            if tag in _FRAME_OF_REFERENCE:
                self.one.frames_of_reference.append((f"{place}/{keyword_of(tag)}", text_of(data, each)))
            elif is_sequence(each) and tag not in _OF_WORKFLOW:
                self.read(each, place, series_uid, study_uid, depth + 1)

    def _shorts(self, each: Element) -> tuple[int, ...]:
        count = (each.value_end - each.value) // 2
        return struct.unpack_from(f"{self.encoding.order}{count}H", self.data, each.value)


def _segments(one: Instance, data: Buffer, sequence: Element, encoding: Encoding) -> list[Segment]:
    reader = ContentReader(data, encoding, _character_sets(one))
    found: list[Segment] = []
    for position, parts in enumerate(items_of(data, sequence, encoding)):
        number = parts.get(0x00620004)
        value = b"" if number is None else data[number.value : number.value_end]
        uid = text_of(data, parts.get(0x00620021))
        named = reader.text(parts[0x00620020], "UT") if 0x00620020 in parts else ""
        place = f"/SegmentSequence/{position}"
        found.append(Segment(place, int.from_bytes(value[:2], encoding.endian), uid, named.strip()))
    return found
