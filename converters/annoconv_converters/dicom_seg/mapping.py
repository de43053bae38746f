"""What a segmentation's attributes mean in a case document: one mapping, used by the reader and asked by the writer.

Its result is *native*: it rests on the file alone, not on source images, options or the private carrier. The table in
`docs/formats/dicom-seg.md` says the same in words.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydicom.uid import UID

from annoconv import ids
from annoconv.codes import (
    PRIVATE_SCHEME,
    ClassLabel,
    Labels,
    category_concept,
    category_of,
    is_label_code,
    name_fields,
)
from annoconv.documents import strict_json
from annoconv.geometry import describe_grid
from annoconv.ids import safe_name
from annoconv.model import AlgorithmType, AnnotationCategory, FractionalType, Label
from annoconv.sites import site_of
from annoconv_converters._dicom.codes import concept_in
from annoconv_converters._dicom.equipment import is_own, software_in
from annoconv_converters._dicom.patient import patient_in
from annoconv_converters._dicom.snomed import modern_concept
from annoconv_converters._dicom.storage import MODALITIES
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_seg.algorithm import agents_and_model
from annoconv_converters.dicom_seg.frame_grid import placed_instances, source_series
from annoconv_converters.dicom_seg.segment import (
    ALGORITHM_TYPES,
    BACKGROUND,
    UNKNOWN_SCHEME,
    Segment,
)
from annoconv_converters.dicom_seg.subject import studies_together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from pydicom.dataset import Dataset

    from annoconv_converters.dicom_seg.frame_grid import FrameGrid
    from annoconv_converters.dicom_seg.groups import FrameTable

__all__ = [
    "LABEL_MAP_FILE",
    "annotation_ids",
    "backgrounds_of",
    "called",
    "hides_a_segment",
    "merge",
    "native_document",
    "segments_of",
]

LABEL_MAP_FILE: Final = "masks/labels.nii.gz"
"""Mask file of segments that cannot overlap; they are its values."""
_ALGORITHM_TYPES: Final[dict[Any, str]] = {
    written: kind.value for kind, written in ALGORITHM_TYPES.items() if kind is not AlgorithmType.AUTOMATIC_CONFIRMED
}


def backgrounds_of(header: Dataset) -> frozenset[int]:
    """Return the values of a label map's voxels that belong to no segment (supplement 243).

    They are PixelPaddingValue, which may be absent (PS3.3 C.8.20.2), and the numbers of the segments that are coded as
    background; 0 if there is none. A described segment 0 is background too, whatever it is coded as.
    """
    stated = header.get("PixelPaddingValue")
    coded = {number for number, is_background in _coded(header) if is_background}
    return frozenset(coded | ({int(stated)} if isinstance(stated, int) else set())) or frozenset({0})


def hides_a_segment(header: Dataset) -> bool:
    """Tell whether a label map describes 0, which is read as background, as something else."""
    return bool(backgrounds_of(header) - {0}) and any(not number and not of_none for number, of_none in _coded(header))


def _coded(header: Dataset) -> Iterator[tuple[int, bool]]:
    """Yield the number of each segment, and whether it is coded as background."""
    for each in header.get("SegmentSequence") or []:
        kind = concept_in(each, "SegmentedPropertyTypeCodeSequence")
        is_background = kind is not None and (kind.scheme, kind.code) == (BACKGROUND.type.scheme, BACKGROUND.type.code)
        yield int(each.get("SegmentNumber") or 0), is_background


def segments_of(header: Dataset) -> list[Segment]:
    """Return what the file says of each segment but the background, in the order of their numbers.

    Codes of the former SNOMED scheme (SRT) become those of SNOMED CT, unless we wrote them ourselves.
    """
    described = [Segment.from_item(each) for each in header.get("SegmentSequence") or []]
    if text(header.get("SegmentationType")) == "LABELMAP":
        backgrounds = backgrounds_of(header) | {0}
        described = [segment for segment in described if segment.number not in backgrounds]
    if not is_own(header):
        described = [_modern(segment) for segment in described]
    return sorted(described, key=lambda segment: segment.number)


def _modern(segment: Segment) -> Segment:
    return replace(
        segment,
        type=modern_concept(segment.type),
        category=modern_concept(segment.category),
        modifiers=tuple(map(modern_concept, segment.modifiers)),
        region=segment.region and modern_concept(segment.region),
        region_modifiers=tuple(map(modern_concept, segment.region_modifiers)),
    )


def annotation_ids(segments: Sequence[Segment]) -> list[str]:
    """Return an id for each segment: what our block calls it, else its tracking id if distinct, else its number."""
    stated = Counter(segment.tracking_id for segment in segments)
    return [
        segment.annotation_id
        or (segment.tracking_id if stated[segment.tracking_id] == 1 else None)
        or f"segment_{segment.number}"
        for segment in segments
    ]


def made_ids(segments: Sequence[Segment]) -> frozenset[str]:
    """Return the ids that segments have by their numbers alone."""
    return frozenset(f"segment_{each.number}" for each in segments) & {*annotation_ids(segments)}


def called(segments: Sequence[Segment], names: Mapping[str, str]) -> list[Segment]:
    """Return segments under the ids that our block has for them, by what they would be called without it."""
    found = zip(annotation_ids(segments), segments, strict=True)
    return [replace(segment, annotation_id=names[name]) if name in names else segment for name, segment in found]


def native_document(
    header: Dataset,
    table: FrameTable,
    frame_grid: FrameGrid,
    labels: Labels,
    segments: Sequence[Segment] | None = None,
    *,
    zone: tzinfo | None = None,
) -> dict[str, Any]:
    """Return the case document that a segmentation stands for by itself, without task and case id.

    Parameters
    ----------
    header
        Every attribute but frames and pixels.
    table, frame_grid
        What its frames show, and where they lie.
    labels
        Label systems in which the concepts of the segments are looked up.
    segments
        What `segments_of` made of the header, if that was done before.
    zone
        For times, where the file names none.
    """
    segments = segments_of(header) if segments is None else segments
    is_map = text(header.get("SegmentationType")) == "LABELMAP"
    fractions = text(header.get("SegmentationFractionalType"))
    fractional_type = fractions if fractions in set(FractionalType) else None
    image = _image(header, table, frame_grid)
    agents, model = agents_and_model(segments, is_ours=is_own(header))
    defined: dict[str, dict[str, Any]] = {}
    annotations: list[dict[str, Any]] = []
    found = _labels(segments, labels, is_ours=is_own(header))
    identities = annotation_ids(segments)
    for segment, annotation_id, file, label in zip(segments, identities, _files(identities), found, strict=True):
        if label.definition is not None:
            defined.setdefault(label.code, label.definition)
        known = None if is_own(header) else label.known
        stated: dict[str, Any] = {
            "id": annotation_id,
            **_tracking(segment, annotation_id, image["uid"]),
            "category": _category(segment, known).value,
            "label_code": label.code,
            "finding_site": _finding_site(segment, label),
            "type": "mask",
            "mask_file": LABEL_MAP_FILE if is_map else f"masks/{file}.nii.gz",
            "mask_value": segment.number if is_map else None,
            "fractional_type": fractional_type,
            "algorithm_type": _ALGORITHM_TYPES.get(segment.algorithm_type),
            "annotator": agents[segment.number]["id"] if segment.number in agents else None,
        }
        annotations.append({key: value for key, value in stated.items() if value is not None})
    document = {
        **patient_in(header, zone),
        "image": image,
        "annotations": annotations,
        "metadata": _metadata(header, agents, model),
    }
    definitions = [definition for definition in defined.values() if definition]
    return document | ({"labels": definitions} if definitions else {})


def _files(identities: Sequence[str]) -> list[str]:
    """Return a file name for each id; those that differ in case only have a digest, as some file systems need."""
    names = [safe_name(identity) for identity in identities]
    count = Counter(name.casefold() for name in names)
    return [
        name if count[name.casefold()] == 1 else f"{name}-{ids.content_digest(identity.encode())[:8]}"
        for name, identity in zip(names, identities, strict=True)
    ]


def merge(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the one case whose images the documents describe; the first one's image is the primary."""
    merged = dict(documents[0])
    for position, other in enumerate(documents[1:], 2):
        uid = other["image"]["uid"]
        own_map = {"mask_file": LABEL_MAP_FILE.replace(".", f"_{position}.", 1)}
        moved = [
            {**each, "image_uid": uid, **(own_map if each["mask_file"] == LABEL_MAP_FILE else {})}
            for each in other["annotations"]
        ]
        merged["related_images"] = [*merged.get("related_images", []), other["image"]]
        merged["annotations"] = [*merged["annotations"], *moved]
        known = {label["code"] for label in merged.get("labels", [])}
        added = [label for label in other.get("labels", []) if label["code"] not in known]
        if added:
            merged["labels"] = [*merged.get("labels", []), *added]
    agents = _distinct(each for one in documents for each in one["metadata"].get("agents", []))
    if agents:
        merged["metadata"] = {**merged["metadata"], "agents": agents}
    return merged | studies_together(documents)


def _labels(segments: Sequence[Segment], labels: Labels, *, is_ours: bool) -> list[ClassLabel]:
    """Return the label of each segment: that of the code which we wrote, else that of its name and concept."""
    if is_ours:
        return [_own_label(segment, labels) for segment in segments]
    return labels.of_names([(segment.name, _told(segment, labels)) for segment in segments])


def _own_label(segment: Segment, labels: Labels) -> ClassLabel:
    """Return the label of a segment that we wrote: its code is that of a private concept, or the description."""
    is_private = segment.type.scheme == PRIVATE_SCHEME
    code = segment.type.code if is_private else segment.description
    if not code or not is_label_code(code):
        return labels.of_name(segment.name, _told(segment, labels))
    told = _told(segment, None)
    if not is_private and _is_another(segment, labels.get(code)):
        return labels.of_name(segment.name, _told(segment, labels))
    known = labels.get(code) if is_private else labels.find(segment.name, told)
    if known is not None and known.code != code:
        known = None
    shown = code if known is None else known.name_en or known.name_zh or code
    usual = {} if known is None else strict_json.plain(known)
    more = [key for key in ("concept_modifiers", "color_rgb", "concept_category") if told.get(key) != usual.get(key)]
    if segment.name == shown and (is_private or known is not None) and not (more and set(more) & told.keys()):
        return ClassLabel(code, known)
    if is_private:
        del told["concept"]
    return ClassLabel(code, known, {"code": code, **name_fields(segment.name), **told})


def _is_another(segment: Segment, described: Label | None) -> bool:
    """Tell whether a segment has neither the name nor the concept of the label whose code describes it."""
    if described is None or described.concept is None:
        return False
    names = {described.name_en, described.name_zh, described.code}
    stated = (segment.type.scheme, segment.type.code)
    return segment.name not in names and stated != (described.concept.scheme, described.concept.code)


def _told(segment: Segment, labels: Labels | None) -> dict[str, Any]:
    """Return what a segment says of its label beside the name; its category unless that would be written anyway."""
    stated = {
        "concept": None if segment.type.scheme == UNKNOWN_SCHEME else segment.type,
        "concept_modifiers": segment.modifiers or None,
        "color_rgb": None if segment.color_rgb is None else list(segment.color_rgb),
    }
    told = {key: strict_json.plain(value) for key, value in stated.items() if value is not None}
    known = None if labels is None else labels.find(segment.name, told)
    category = _category(segment, known)
    written = (known and known.concept_category) or category_concept(category)
    if segment.category != written and segment.category.scheme != UNKNOWN_SCHEME:
        told["concept_category"] = strict_json.plain(segment.category)
    return {"category": category.value, **told}


def _tracking(segment: Segment, annotation_id: str, image_uid: str) -> dict[str, Any]:
    """Return what tracks a segment's object; no UID where it is what we derive, no name that is the annotation's id."""
    uid, name = segment.tracking_uid, segment.tracking_id
    named = {} if name is None or name == annotation_id else {"tracking_id": name}
    if uid is None or "." not in uid or not UID(uid).is_valid:
        return {}
    return named if uid == ids.tracking(image_uid, name or annotation_id) else {"tracking_uid": uid} | named


def _finding_site(segment: Segment, label: ClassLabel) -> dict[str, Any] | None:
    """Return where a segment's object is, unless the label of the label system says so itself."""
    site = segment.region and site_of(segment.region, segment.region_modifiers)
    if site is None or (label.known is not None and label.known.finding_site == site):
        return None
    return dict(strict_json.plain(site))


def _category(segment: Segment, known: Label | None) -> AnnotationCategory:
    """Return the category; a known label tells it better, as others choose the property category more freely."""
    return (known and known.category) or category_of(segment.category)


def _image(header: Dataset, table: FrameTable, frame_grid: FrameGrid) -> dict[str, Any]:
    series = source_series(header, table)
    instances = series.get("ReferencedInstanceSequence") or []
    source_class = text(instances[0].get("ReferencedSOPClassUID")) if instances else ""
    stated = {
        "uid": text(series.get("SeriesInstanceUID")) or text(header.get("SeriesInstanceUID")),
        "modality": MODALITIES.get(source_class, "OT"),
        **describe_grid(frame_grid.grid),
        "frame_of_reference_uid": text(header.get("FrameOfReferenceUID")),
        "study_instance_uid": text(header.get("StudyInstanceUID")),
        "instances": placed_instances(header, table, frame_grid),
    }
    return {key: value for key, value in stated.items() if value}


def _metadata(header: Dataset, agents: Mapping[int, dict[str, Any]], model: str | None) -> dict[str, Any]:
    name, version, ended = software_in(header)
    software = {"name": name, "version": version, "ai_model": model}
    stated: dict[str, Any] = {
        "annotator": text(header.get("ContentCreatorName")),
        "institution": text(header.get("InstitutionName")),
        "software": {key: value for key, value in software.items() if value},
        "timestamps": {"end": ended} if ended else {},
        "agents": _distinct(agents.values()),
    }
    return {key: value for key, value in stated.items() if value}


def _distinct(members: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return members of a list, each id once, the first of it."""
    return list({each["id"]: each for each in reversed([*members])}.values())[::-1]
