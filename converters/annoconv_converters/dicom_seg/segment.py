"""One segment's description, to and from an item of SegmentSequence (PS3.3 C.8.20.2, C.8.20.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pydicom.dataset import Dataset

from annoconv.model import AlgorithmType, Concept
from annoconv_converters._dicom.codes import coded, concept_in, concepts_in
from annoconv_converters._dicom.colour import Triple, cielab_from_rgb, rgb_from_cielab
from annoconv_converters._dicom.encoding import element, sequence
from annoconv_converters._dicom.texts import fit, text

__all__ = [
    "ALGORITHM_TYPES",
    "ARTIFICIAL_INTELLIGENCE",
    "BACKGROUND",
    "UNKNOWN_SCHEME",
    "UNSPECIFIED",
    "Segment",
    "SegmentAlgorithmType",
]

UNSPECIFIED: Final = "unspecified"
"""Name and version of an algorithm of which nothing is known; both are required of any that is not manual."""
ARTIFICIAL_INTELLIGENCE: Final = Concept(code="123110", scheme="DCM", meaning="Artificial Intelligence")


UNKNOWN_SCHEME: Final = "99UNKNOWN"
"""Coding scheme of what a segment does not say."""


class SegmentAlgorithmType(StrEnum):
    """How the segment was made, SegmentAlgorithmType (0062,0008)."""

    AUTOMATIC = "AUTOMATIC"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    MANUAL = "MANUAL"


ALGORITHM_TYPES: Final = {
    AlgorithmType.MANUAL: SegmentAlgorithmType.MANUAL,
    AlgorithmType.SEMI_AUTOMATIC: SegmentAlgorithmType.SEMIAUTOMATIC,
    AlgorithmType.AUTOMATIC: SegmentAlgorithmType.AUTOMATIC,
    AlgorithmType.AUTOMATIC_CONFIRMED: SegmentAlgorithmType.SEMIAUTOMATIC,
}


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What a segmentation says of one segment.

    Attributes
    ----------
    number
        SegmentNumber, from 1 without gaps unless the segmentation is a label map.
    name
        SegmentLabel, for people.
    type, category, modifiers
        Segmented property type, its category and modifiers.
    region, region_modifiers
        The anatomic region and what narrows it down.
    algorithm_type
        How it was made; None if the file does not say, although it must. Then `MANUAL` is written.
    algorithm_name, algorithm_version
        What made it; required unless it was made by hand, `unspecified` if not known.
    algorithm_title
        What the identification sequence calls it, if that is not `algorithm_name`.
    algorithm_source
        Who makes that; empty if the file has the element without a value.
    algorithm_family
        What kind of algorithm it is. None is artificial intelligence where more than a name is known of it; of no more
        than a name the identification sequence, which is optional, is not written.
    algorithm_parameters
        How it was run, as text.
    tracking_id, tracking_uid
        What identifies the object in every segmentation of it.
    color_rgb
        Recommended display colour, sRGB, 0 to 255.
    description
        SegmentDescription; what we write has the label code there.
    annotation_id
        What our private block calls it; not written.
    """

    number: int
    name: str
    type: Concept
    category: Concept
    modifiers: tuple[Concept, ...] = ()
    region: Concept | None = None
    region_modifiers: tuple[Concept, ...] = ()
    algorithm_type: SegmentAlgorithmType | None = SegmentAlgorithmType.MANUAL
    algorithm_name: str | None = None
    algorithm_version: str | None = None
    algorithm_title: str | None = None
    algorithm_source: str | None = None
    algorithm_family: Concept | None = None
    algorithm_parameters: str | None = None
    tracking_id: str | None = None
    tracking_uid: str | None = None
    color_rgb: Triple | None = None
    description: str | None = None
    annotation_id: str | None = None

    def encoded(self) -> bytes:
        """Return the elements of its item of SegmentSequence, in the order of their tags."""
        parts = [
            b"" if self.region is None else sequence(0x00082218, coded(self.region) + _region_modifiers(self)),
            sequence(0x00620003, coded(self.category)),
            element(0x00620004, "US", self.number.to_bytes(2, "little")),
            _text(0x00620005, "LO", self.name),
            b"" if self.description is None else _text(0x00620006, "ST", self.description),
        ]
        kind = self.algorithm_type or SegmentAlgorithmType.MANUAL
        if kind is SegmentAlgorithmType.MANUAL:
            parts.append(_text(0x00620008, "CS", kind.value))
        else:
            name = self.algorithm_name or UNSPECIFIED
            parts += [self._identification(name), _text(0x00620008, "CS", kind.value), _text(0x00620009, "LO", name)]
        if self.color_rgb is not None:
            parts.append(element(0x0062000D, "US", struct.pack("<3H", *cielab_from_rgb(self.color_rgb))))
        modifiers = sequence(0x00620011, *map(coded, self.modifiers)) if self.modifiers else b""
        parts.append(sequence(0x0062000F, coded(self.type) + modifiers))
        if self.tracking_id is not None and self.tracking_uid is not None:
            parts.append(_text(0x00620020, "UT", self.tracking_id))
            parts.append(element(0x00620021, "UI", self.tracking_uid.encode()))
        return b"".join(parts)

    def _identification(self, name: str) -> bytes:
        """Return SegmentationAlgorithmIdentificationSequence; nothing where no more than a name is known."""
        if not (self.algorithm_family or self._is_known_further):
            return b""
        maker = self.algorithm_source
        algorithm = b"" if maker is None else _text(0x00240202, "LO", maker)
        algorithm += sequence(0x0066002F, coded(self.algorithm_family or ARTIFICIAL_INTELLIGENCE))
        algorithm += _text(0x00660031, "LO", self.algorithm_version or UNSPECIFIED)
        if self.algorithm_parameters:
            algorithm += _text(0x00660032, "LT", self.algorithm_parameters)
        return sequence(0x00620007, algorithm + _text(0x00660036, "LO", self.algorithm_title or name))

    @property
    def _is_known_further(self) -> bool:
        return bool(self.algorithm_version or self.algorithm_source or self.algorithm_parameters)

    @classmethod
    def from_item(cls, item: Dataset) -> Segment:
        """Return what an item of SegmentSequence says; what is missing or damaged in it is filled neutrally."""
        property_type, region = (
            (item.get(keyword) or [Dataset()])[0]
            for keyword in ("SegmentedPropertyTypeCodeSequence", "AnatomicRegionSequence")
        )
        number = int(item.get("SegmentNumber") or 0)
        algorithm = (item.get("SegmentationAlgorithmIdentificationSequence") or [Dataset()])[0]
        family = concept_in(algorithm, "AlgorithmFamilyCodeSequence")
        name = text(item.get("SegmentLabel"))
        kind = concept_in(item, "SegmentedPropertyTypeCodeSequence")
        unknown = Concept(code="unknown", scheme=UNKNOWN_SCHEME, meaning=name or f"Segment {number}")
        read = cls(
            number=number,
            name=name or (kind or unknown).meaning,
            type=kind or unknown,
            category=concept_in(item, "SegmentedPropertyCategoryCodeSequence") or unknown,
            modifiers=concepts_in(property_type, "SegmentedPropertyTypeModifierCodeSequence"),
            region=concept_in(item, "AnatomicRegionSequence"),
            region_modifiers=concepts_in(region, "AnatomicRegionModifierSequence"),
            algorithm_type=_algorithm_type(text(item.get("SegmentAlgorithmType"))),
            algorithm_name=_known(item.get("SegmentAlgorithmName")) or _known(algorithm.get("AlgorithmName")),
            algorithm_version=_known(algorithm.get("AlgorithmVersion")),
            algorithm_title=_title(_known(item.get("SegmentAlgorithmName")), _known(algorithm.get("AlgorithmName"))),
            algorithm_source=_known(algorithm.get("AlgorithmSource"))
            or ("" if "AlgorithmSource" in algorithm else None),
            algorithm_family=family,
            algorithm_parameters=_known(algorithm.get("AlgorithmParameters")),
            tracking_id=text(item.get("TrackingID")) or None,
            tracking_uid=text(item.get("TrackingUID")) or None,
            color_rgb=_color(item),
            description=text(item.get("SegmentDescription")) or None,
        )
        is_usual = family == ARTIFICIAL_INTELLIGENCE and read._is_known_further
        return replace(read, algorithm_family=None) if is_usual else read


BACKGROUND: Final = Segment(
    number=0,
    name="Background",
    type=Concept(code="125040", scheme="DCM", meaning="Background"),
    category=Concept(code="309825002", scheme="SCT", meaning="Spatial and Relational Concept"),
)
"""What the value 0 of a label map is (supplement 243)."""


def _region_modifiers(segment: Segment) -> bytes:
    return sequence(0x00082220, *map(coded, segment.region_modifiers)) if segment.region_modifiers else b""


def _text(tag: int, vr: str, value: str) -> bytes:
    return element(tag, vr, fit(vr, value).encode())


def _algorithm_type(value: str) -> SegmentAlgorithmType | None:
    return SegmentAlgorithmType(value) if value in set(SegmentAlgorithmType) else None


def _known(value: object) -> str | None:
    stated = text(value)
    return stated if stated not in {"", UNSPECIFIED} else None


def _title(name: str | None, title: str | None) -> str | None:
    return None if name in {None, title} else title


def _color(item: Dataset) -> Triple | None:
    stated = item.get("RecommendedDisplayCIELabValue")
    if stated is None or isinstance(stated, int) or len(stated) != 3:
        return None
    return rgb_from_cielab((int(stated[0]), int(stated[1]), int(stated[2])))
