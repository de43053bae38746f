"""A case as a measurement report: its content tree (TID 1500) and the data set around it (PS3.3 A.35.13, C.17.2).

What stands here is what other software reads; what TID 1500 has no place for travels in the private block. highdicom
builds the same tree from classes of its own, which takes twenty times as long; tests read what we write with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.uid import UID, Comprehensive3DSRStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from annoconv import ids
from annoconv.codes import PRIVATE_SCHEME
from annoconv.model import AgentKind, AnnotationStatus, Concept
from annoconv_converters._dicom.codes import code_item as macro
from annoconv_converters._dicom.content import Item
from annoconv_converters._dicom.dates import date_and_time, offset_zone
from annoconv_converters._dicom.encoding import CHARACTER_SET, encode, items
from annoconv_converters._dicom.equipment import OWN_MANUFACTURER, UNSPECIFIED, put_annotation_software
from annoconv_converters._dicom.file_head import file_head, own_version
from annoconv_converters._dicom.implicit import as_implicit
from annoconv_converters._dicom.patient import patient_of, put_patient
from annoconv_converters._dicom.source_elements import OF_PATIENT_AND_STUDY, REQUIRED_EMPTY, is_how_unsaid
from annoconv_converters._dicom.texts import copy_elements, fit, text
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.library import library_group
from annoconv_converters.dicom_sr.observers import device_items, observer_items, put_verifying, verification
from annoconv_converters.dicom_sr.values import code_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from annoconv.model import Case
    from annoconv_converters.dicom_sr.groups import GroupWriter, SegmentReference
    from annoconv_converters.dicom_sr.series import Series

__all__ = ["TITLE", "build_content", "build_header", "file_bytes"]

TITLE: Final = "Measurement report"
"""SeriesDescription of a case without a title."""
MODEL_NAME: Final = "annoconv to-dicom-sr"


def build_content(case: Case, writer: GroupWriter, images: Sequence[Series], *, every: bool) -> list[Item]:
    """Return the items of the root of a report, in the order of the rows of TID 1500.

    Parameters
    ----------
    case
        The case, without what is left out of it.
    writer
        Writes its annotations.
    images
        Its images, the primary first.
    every
        Whether the library has an entry for each instance.
    """
    metadata = case.metadata
    agents = {agent.id: agent for agent in metadata.agents or ()}
    found: list[Item] = []
    if metadata.language is not None:
        language = Concept(code=metadata.language, scheme="RFC5646", meaning=metadata.language)
        found.append(code_item("HAS CONCEPT MOD", codes.LANGUAGE, language))
    if metadata.annotator is not None:
        agent = agents.get(metadata.annotator)
        is_device = agent is not None and agent.kind is AgentKind.DEVICE
        found += device_items(agent) if agent is not None and is_device else observer_items(metadata.annotator, agent)
    for device in writer.devices[:1]:
        found += device_items(device)
    study = next((each for each in case.studies or () if each.study_instance_uid == images[0].study_uid), None)
    procedures = (study.procedures if study is not None else None) or [codes.ANY_PROCEDURE]
    found += [code_item("HAS CONCEPT MOD", codes.PROCEDURE, each) for each in procedures]
    library = Item("CONTAINS", "CONTAINER", codes.LIBRARY, "CONTINUOUS", template="1600")
    library.children = [library_group(each, every) for each in images if each.slices]
    measured = Item("CONTAINS", "CONTAINER", codes.MEASUREMENTS, "CONTINUOUS")
    measured.children = [writer.group(each) for each in writer.grouped]
    return [*found, library, measured]


def build_header(
    case: Case, images: Sequence[Series], content: Sequence[Item], segments: Iterable[SegmentReference], at: datetime
) -> Dataset:
    """Return every element of a report but its content, its UIDs and the private block.

    Parameters
    ----------
    case, images, content
        What it says, and of which images.
    segments
        What it refers to in segmentations.
    at
        Content date and time; with its zone.
    """
    header = Dataset()
    header.SpecificCharacterSet = CHARACTER_SET
    header.SOPClassUID = Comprehensive3DSRStorage
    for keyword in REQUIRED_EMPTY:
        setattr(header, keyword, "")
    del header.PositionReferenceIndicator
    primary = images[0]
    if primary.header is not None:
        copy_elements(primary.header, header, OF_PATIENT_AND_STUDY)
        if "PositionReferenceIndicator" in header:
            del header.PositionReferenceIndicator
        if "BodyPartExamined" in header:
            del header.BodyPartExamined
    header.StudyInstanceUID = UID(primary.study_uid or ids.study(primary.uid))
    put_patient(header, patient_of(case, case.image))
    if is_how_unsaid(header):  # type 1C
        header.DeidentificationMethod = UNSPECIFIED
    _put_series(header, case, at)
    reviews = verification(case)
    statuses = {each.status for each in case.annotations}
    header.CompletionFlag = "COMPLETE" if reviews or statuses == {AnnotationStatus.FINAL} else "PARTIAL"
    if statuses == {AnnotationStatus.FINAL}:
        header.PreliminaryFlag = "FINAL"
    elif statuses == {AnnotationStatus.PRELIMINARY}:
        header.PreliminaryFlag = "PRELIMINARY"
    agents = {agent.id: agent for agent in case.metadata.agents or ()}
    put_verifying(header, reviews, agents, case.metadata.institution or "")
    header.PerformedProcedureCodeSequence = items()
    _put_evidence(header, images, content, segments)
    _put_private_scheme(header, content)
    header.ValueType = "CONTAINER"
    header.ConceptNameCodeSequence = items(macro(codes.REPORT))
    header.ContinuityOfContent = "CONTINUOUS"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "1500"
    header.ContentTemplateSequence = items(template)
    return header


def _put_series(header: Dataset, case: Case, at: datetime) -> None:
    header.Modality = "SR"
    header.SeriesNumber = header.InstanceNumber = 1
    header.SeriesDescription = fit("LO", case.metadata.title or TITLE)
    # All dates and times of a data set are in the zone that it states; where it states none, in that of the case.
    zone = offset_zone(text(header.get("TimezoneOffsetFromUTC")))
    header.SeriesDate, header.SeriesTime = date_and_time(at.astimezone(zone) if zone else at)
    header.ContentDate, header.ContentTime = header.SeriesDate, header.SeriesTime
    header.ReferencedPerformedProcedureStepSequence = items()
    if case.metadata.institution:
        header.InstitutionName = fit("LO", case.metadata.institution)
    header.Manufacturer = OWN_MANUFACTURER
    header.ManufacturerModelName = MODEL_NAME
    header.DeviceSerialNumber = "0"
    header.SoftwareVersions = fit("LO", own_version())
    put_annotation_software(header, case.metadata)


def _put_evidence(
    header: Dataset, images: Sequence[Series], content: Sequence[Item], segments: Iterable[SegmentReference]
) -> None:
    """Name every instance that the report refers to, by study and series, the report's own study apart."""
    studies: dict[str, dict[str, dict[str, str]]] = {}
    for each in images:
        if not each.slices:
            continue
        study = each.study_uid or ids.study(each.uid)
        studies.setdefault(study, {}).setdefault(each.uid, {}).update(each.instances)
    for one in segments:
        named = {one.reference.sop_instance_uid: one.reference.sop_class_uid}
        studies.setdefault(one.study_uid, {}).setdefault(one.series_uid, {}).update(named)
    own = str(header.StudyInstanceUID)
    for keyword, uids in (
        ("CurrentRequestedProcedureEvidenceSequence", [uid for uid in studies if uid == own]),
        ("PertinentOtherEvidenceSequence", [uid for uid in studies if uid != own]),
    ):
        if uids:
            setattr(header, keyword, items(*(_study(uid, studies[uid]) for uid in uids)))


def _study(uid: str, series: Mapping[str, Mapping[str, str]]) -> Dataset:
    study = Dataset()
    listed: list[Dataset] = []
    for series_uid, instances in series.items():
        one = Dataset()
        references: list[Dataset] = []
        for instance, kind in instances.items():
            reference = Dataset()
            reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = UID(kind), UID(instance)
            references.append(reference)
        one.ReferencedSOPSequence = items(*references)
        one.SeriesInstanceUID = UID(series_uid)
        listed.append(one)
    study.ReferencedSeriesSequence = items(*listed)
    study.StudyInstanceUID = UID(uid)
    return study


def _put_private_scheme(header: Dataset, content: Sequence[Item]) -> None:
    schemes = sorted({scheme for scheme in _schemes(content) if scheme.startswith("99")})
    described: list[Dataset] = []
    for each in schemes:
        scheme = Dataset()
        scheme.CodingSchemeDesignator = fit("SH", each)
        if each == PRIVATE_SCHEME:
            scheme.CodingSchemeName = "Label codes of annoconv cases that no published terminology holds"
        described.append(scheme)
    if described:
        header.CodingSchemeIdentificationSequence = items(*described)


def _schemes(content: Iterable[Item]) -> Iterable[str]:
    for one in content:
        if one.name is not None:
            yield one.name.scheme
        if isinstance(one.value, Concept):
            yield one.value.scheme
        yield from _schemes(one.children)


def file_bytes(header: Dataset, content: bytes, sop_instance_uid: str, *, is_implicit: bool) -> bytes:
    """Return a whole file: the header's elements and the content sequence, in the order of their tags.

    Parameters
    ----------
    header, content
        The elements, and the content sequence in Explicit VR Little Endian.
    sop_instance_uid
        Of the file.
    is_implicit
        Whether it is written in Implicit VR Little Endian: a line of more than 8,191 points is too long for Explicit
        VR, which leaves it as UN, and dcmtk's readers stop there.
    """
    before, behind = Dataset(), Dataset()
    for each in header:
        (before if each.tag < 0x0040A730 else behind).add(each)
    syntax = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    data = encode(before) + content + encode(behind)
    head = file_head(Comprehensive3DSRStorage, sop_instance_uid, syntax)
    return head + (as_implicit(data) if is_implicit else data)
