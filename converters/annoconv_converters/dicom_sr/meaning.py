"""What a measurement report means in a case document: one mapping, used by the reader and asked by the writer.

It rests on the file alone, not on source images, options or the private block. The table in `docs/formats/dicom-sr.md`
says the same in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.geometry import describe_grid
from annoconv.model import Concept, Modality
from annoconv_converters._dicom.content import Item, Reference, key_of
from annoconv_converters._dicom.dates import moment, offset_zone
from annoconv_converters._dicom.equipment import is_own, software_in
from annoconv_converters._dicom.patient import patient_in
from annoconv_converters._dicom.storage import MODALITIES
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.document import TITLE
from annoconv_converters.dicom_sr.group_meaning import GroupReader
from annoconv_converters.dicom_sr.observers import observers_in, verifiers_in, verifying_in
from annoconv_converters.dicom_sr.series import StatedImage, referenced
from annoconv_converters.dicom_sr.shapes import Places
from annoconv_converters.dicom_sr.values import evaluation_in, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from pydicom.dataset import Dataset

    from annoconv.codes import Labels
    from annoconv.images import ImageSource
    from annoconv_converters.dicom_sr.group_meaning import JoinedMask
    from annoconv_converters.dicom_sr.series import DrawnImage

__all__ = ["Meant", "groups_of", "images_of", "meaning_of", "renamed"]

_DERIVED_CLASSES: Final = ("1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.67", "1.2.840.10008.5.1.4.1.1.88")
"""Of what is made from images: segmentations, maps of real world values, reports."""
_DERIVED_STATES: Final = ("1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.30", "1.2.840.10008.5.1.4.1.1.9.")


@dataclass(eq=False)
class Meant:
    """What a report means.

    Attributes
    ----------
    document
        The case document, without task and case id.
    group_of
        By annotation id, the position of its measurement group among all.
    masks
        By annotation id, where its mask stands.
    unordered
        UIDs of images of which it is not known how their slices follow each other.
    images
        What the report says of its images.
    without_unit
        Measured values of which no unit is stated: annotation id, and position among its measurements.
    """

    document: dict[str, Any]
    group_of: dict[str, int] = field(default_factory=dict[str, int])
    masks: dict[str, JoinedMask] = field(default_factory=dict[str, "JoinedMask"])
    unordered: frozenset[str] = frozenset()
    images: Sequence[StatedImage] = ()
    without_unit: Sequence[tuple[str, int]] = ()

    def is_uncertain(self, annotation: Mapping[str, Any]) -> bool:
        """Tell whether the slice of an annotation is counted in no known order."""
        return (annotation.get("image_uid") or self.document["image"]["uid"]) in self.unordered


def groups_of(root: Item) -> list[Item]:
    """Return the measurement groups of a report, in its order."""
    found: list[Item] = []
    for container in root.all(*map(key_of, (codes.MEASUREMENTS, codes.DERIVED)), kind="CONTAINER"):
        found += container.all(key_of(codes.GROUP), kind="CONTAINER")
    return found


def images_of(header: Dataset, root: Item) -> list[StatedImage]:
    """Return the images that a report is of, the primary first: the one that its library has first."""
    found: dict[str, StatedImage] = {}
    for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
        for study in header.get(keyword) or ():
            for series in study.get("ReferencedSeriesSequence") or ():
                uid = text(series.get("SeriesInstanceUID"))
                for each in series.get("ReferencedSOPSequence") or ():
                    kind = text(each.get("ReferencedSOPClassUID"))
                    if not uid or kind.startswith((*_DERIVED_CLASSES, *_DERIVED_STATES)):
                        continue
                    image = found.setdefault(uid, StatedImage(uid, text(study.get("StudyInstanceUID"))))
                    image.instances[text(each.get("ReferencedSOPInstanceUID"))] = kind
    owner = {instance: image for image in found.values() for instance in image.instances}
    first: list[StatedImage] = []
    for library in root.all(key_of(codes.LIBRARY), kind="CONTAINER"):
        for group in library.all(key_of(codes.LIBRARY_GROUP), kind="CONTAINER"):
            for entry in group.all(kind="IMAGE"):
                named = owner.get(entry.value.sop_instance_uid) if isinstance(entry.value, Reference) else None
                if named is not None and named.group is not group:
                    named.take(group)
                    first += [] if named in first else [named]
    return first + [image for image in found.values() if image not in first]


def meaning_of(
    header: Dataset,
    root: Item,
    labels: Labels,
    *,
    masks: Mapping[tuple[str, int], JoinedMask] | None = None,
    zone: tzinfo | None = None,
    sources: Mapping[str, ImageSource] | None = None,
    drawn: Mapping[str, DrawnImage] | None = None,
) -> Meant:
    """Return what a report stands for by itself.

    Parameters
    ----------
    header, root
        Its elements and its content tree.
    labels
        Label systems in which the concepts of the findings are looked up.
    masks
        Segments of the segmentations that were read with it, by instance and number.
    zone
        For times, where the file names none.
    sources
        The images themselves by their UIDs, as far as they were given.
    drawn
        What segmentations tell of images by their UIDs: their place, where neither they nor the report tells it, and
        nothing in the report lies on another slice.
    """
    images = images_of(header, root)
    groups = groups_of(root)
    used = {each.sop_instance_uid for each in referenced(groups)}
    for image in images:
        image.source = (sources or {}).get(image.uid)
        told = (drawn or {}).get(image.uid)
        is_placed = image.grid is not None and image.grid.lps_from_ijk is not None
        if told is not None and not is_placed and told.holds(used & image.instances.keys()):
            image.drawn = told
    is_ours = is_own(header)
    observers = observers_in(root.children)
    people = [each for each in observers if each["kind"] == "person"]
    author = next(iter(people or observers), None)
    reader = GroupReader(
        Places(images), labels, is_ours=is_ours, author=author["id"] if author else None, masks=masks or {}
    )
    reader.read(groups)
    document = patient_in(header, zone)
    _put_study(document, header, root, groups)
    shown = [_image(each, is_ours=is_ours) for each in images]
    document["image"] = shown[0] if shown else _no_image(header, groups)
    if len(shown) > 1:
        document["related_images"] = shown[1:]
    if reader.definitions:
        document["labels"] = reader.definitions
    document["annotations"] = reader.annotations
    stated = text(header.get("PreliminaryFlag")) or ("" if is_ours else text(header.get("CompletionFlag")))
    status = _STATUSES.get(stated)
    for each in reader.annotations:
        each |= {"status": status} if status else {}
    reviews = list(verifying_in(header, offset_zone(text(header.get("TimezoneOffsetFromUTC"))) or zone))
    timed = [each for each in reviews if "at" in each]
    if timed:
        document["reviews"] = timed
    agents = [*observers, *reader.agents, *verifiers_in(header)]
    document["metadata"] = _metadata(header, root, author, agents, reviews, zone)
    unordered = frozenset() if is_ours else frozenset(each.uid for each in images if not each.is_in_order)
    return Meant(document, reader.group_of, reader.joined, unordered, images, reader.without_unit)


_STATUSES: Final = {"FINAL": "final", "PRELIMINARY": "preliminary", "COMPLETE": "final", "PARTIAL": "preliminary"}


def _no_image(header: Dataset, groups: Sequence[Item]) -> dict[str, Any]:
    """Return an image of which the report names no instance: the series of a segmentation's source, else the study."""
    study = text(header.get("StudyInstanceUID"))
    series = next(filter(None, (each.text(key_of(codes.SOURCE_SERIES)).strip() for each in groups)), "")
    uid = series or study or text(header.get("SOPInstanceUID"))
    return {"uid": uid, "modality": "OT"} | ({"study_instance_uid": study} if series and study else {})


def _put_study(document: dict[str, Any], header: Dataset, root: Item, groups: Sequence[Item]) -> None:
    """Put what the content says of the study: the procedures, and the time point that all groups are of."""
    uid = text(header.get("StudyInstanceUID"))
    procedures = [each.value for each in root.all(key_of(codes.PROCEDURE)) if isinstance(each.value, Concept)]
    stated = [each for each in procedures if not (is_own(header) and each == codes.ANY_PROCEDURE)]
    points = {each.text(key_of(codes.TIME_POINT)).strip() for each in groups}
    told: dict[str, Any] = {}
    if stated:
        told["procedures"] = [tidy(each) for each in stated]
    if len(points) == 1 and "" not in points:
        told["time_point"] = points.pop()
    if not told or not ids.is_dicom_uid(uid):
        return
    (study,) = document.get("studies") or ({"study_instance_uid": uid},)
    document["studies"] = [{**told, **study}]


_KNOWN: Final = frozenset(
    key_of(each)
    for each in (
        *(codes.MODALITY, codes.FRAME_OF_REFERENCE, codes.ROWS, codes.COLUMNS, codes.BETWEEN_COLUMNS),
        *(codes.BETWEEN_ROWS, codes.BETWEEN_SLICES, *codes.ORIENTATION, *codes.POSITION),
    )
)


def _image(image: StatedImage, *, is_ours: bool) -> dict[str, Any]:
    shared = image.shared
    stated = shared.get(codes.MODALITY.code)
    classes = list(image.instances.values())
    modality = stated.code if isinstance(stated, Concept) else MODALITIES.get(classes[0] if classes else "", "OT")
    grid = image.grid
    described: dict[str, Any] = {} if grid is None else describe_grid(grid)
    if grid is not None and grid.lps_from_ijk is None and not is_ours and image.source is None:
        del described["coordinate_frame"]
    if image.source is not None:
        described = dict(strict_json.plain(image.source.describe()))
    frame_of_reference = shared.get(codes.FRAME_OF_REFERENCE.code)
    found: dict[str, Any] = {
        "uid": image.uid,
        "modality": modality if modality in set(Modality) else "OT",
        "frame_of_reference_uid": frame_of_reference if isinstance(frame_of_reference, str) else "",
        "study_instance_uid": image.study_uid,
    } | described
    thickness = image.number(codes.THICKNESS)
    if thickness and thickness > 0 and not is_ours:
        found["slice_thickness"] = thickness
    if not is_ours:
        named = image.instances if image.drawn is None else image.drawn.instances
        found["instances"] = [
            {"sop_instance_uid": uid, "sop_class_uid": kind} | _position(image, uid) for uid, kind in named.items()
        ]
    group = image.group
    contexts = [each for each in group.all(kind="CODE") if each.key not in _KNOWN] if group is not None else []
    found["acquisition_context"] = [told for each in contexts if (told := evaluation_in(each)) is not None]
    return {key: value for key, value in found.items() if value}


def _position(image: StatedImage, uid: str) -> dict[str, Any]:
    position = image.positions.get((uid, 0))
    return {"image_position_patient": list(position)} if position is not None else {}


def _metadata(
    header: Dataset,
    root: Item,
    author: Mapping[str, Any] | None,
    agents: Sequence[dict[str, Any]],
    reviews: Sequence[dict[str, Any]],
    zone: tzinfo | None,
) -> dict[str, Any]:
    name, version, ended = software_in(header)
    title = text(header.get("SeriesDescription"))
    language = next((each for each in root.all(key_of(codes.LANGUAGE)) if isinstance(each.value, Concept)), None)
    if ended is None and not is_own(header):
        ended = _content_time(header, zone)
    stated: dict[str, Any] = {
        "annotator": author["id"] if author else "",
        "reviewer": reviews[0]["reviewer"] if reviews else "",
        "institution": text(header.get("InstitutionName")),
        "software": {key: value for key, value in {"name": name, "version": version}.items() if value},
        "timestamps": {"end": ended} if ended else {},
        "title": "" if is_own(header) and title == TITLE else title,
        "language": _language(language) if language is not None else "",
        "agents": list(_said_more(agents)),
    }
    return {key: value for key, value in stated.items() if value}


def _content_time(header: Dataset, zone: tzinfo | None) -> str | None:
    stated = text(header.get("ContentDate")) + text(header.get("ContentTime"))
    zone = offset_zone(text(header.get("TimezoneOffsetFromUTC"))) or zone
    at = moment(stated + "+0000") if zone is not None and text(header.get("ContentTime")) else None
    return None if at is None else str(strict_json.plain(at.replace(tzinfo=zone)))


def _language(one: Item) -> str:
    """Return a language tag (RFC 5646), its country as a part."""
    country = next((each.value for each in one.all(key_of(codes.COUNTRY)) if isinstance(each.value, Concept)), None)
    tag = one.value.code if isinstance(one.value, Concept) else ""
    tag = {"eng": "en", "zho": "zh", "chi": "zh", "deu": "de", "fra": "fr", "spa": "es", "jpn": "ja"}.get(tag, tag)
    return f"{tag}-{country.code}" if country is not None and "-" not in tag and tag else tag


def _said_more(agents: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the agents, each once, of whom more is known than a name."""
    seen: set[str] = set()
    for each in agents:
        if each["id"] not in seen and (set(each) > {"id", "kind"} or each["kind"] == "device"):
            seen.add(each["id"])
            yield each


def renamed(native: dict[str, Any], names: Mapping[str, str], *, is_whole: bool = True) -> dict[str, Any]:
    """Return a case document whose annotations have the ids that the private block has for them.

    Parameters
    ----------
    native
        What a file says by itself.
    names
        Ids by what the file calls the annotations.
    is_whole
        Whether it is what a reader makes of the block; else what the file says without it, under other ids.
    """
    if not names:
        return native
    annotations: list[dict[str, Any]] = []
    for each in native["annotations"]:
        one = dict(each)
        if each["id"] in names:
            one["id"] = names[each["id"]]
            if is_whole and "tracking_id" not in one:
                one["tracking_id"] = each["id"]
            if one.get("tracking_id") == one["id"]:
                del one["tracking_id"]
        if is_whole and "parent_id" in one:
            one["parent_id"] = names.get(one["parent_id"], one["parent_id"])
        if is_whole and "measurements" in one:
            one["measurements"] = [_with_geometries(measured, names) for measured in one["measurements"]]
        annotations.append(one)
    return {**native, "annotations": annotations}


def _with_geometries(measured: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if "geometry_ids" not in measured:
        return measured
    return {**measured, "geometry_ids": [names.get(each, each) for each in measured["geometry_ids"]]}
