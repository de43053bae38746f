"""What a case does not hold of a report: the file against what is written again from the case.

Both are trees of DICOM's own terms: keyword to a value, a list of values, or a list of items. A content sequence is by
the concepts of its items, `/ContentSequence/126010 DCM/0/ContentSequence/125007 DCM/2`, each a list of the items of
that name; the evidence is by study, series and instance. Codes of the former SNOMED scheme are keyed as SNOMED CT.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from pydicom.datadict import keyword_for_tag
from pydicom.filereader import read_dataset

from annoconv.codes import Labels
from annoconv.documents.losses import report
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.model import Concept
from annoconv_converters._dicom.content import Coordinates, Item, Quantity, Reference, encode_items, key_of
from annoconv_converters._dicom.content_read import ContentReader
from annoconv_converters._dicom.elements import EXPLICIT
from annoconv_converters._dicom.encoding import encode
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.source_elements import OF_PATIENT_AND_STUDY
from annoconv_converters._dicom.texts import text
from annoconv_converters._dicom.trees import LONG_AGO, Tree, tree_of, within
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.document import build_content, build_header
from annoconv_converters.dicom_sr.groups import GroupWriter, SegmentReference
from annoconv_converters.dicom_sr.series import Series, series_of_image, series_of_stated

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from pydicom.dataset import Dataset

    from annoconv.documents.losses import Reason, Reasons
    from annoconv.documents.residuals import Path
    from annoconv.model import Case
    from annoconv_converters._dicom.elements import Encoding
    from annoconv_converters.dicom_sr.file import ReportFile
    from annoconv_converters.dicom_sr.meaning import Meant
    from annoconv_converters.dicom_sr.segments import Segmentation

__all__ = ["file_losses"]

_EVIDENCE: Final = ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
_LAYOUT: Final = (
    *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "ContinuityOfContent"),
    *("ContentTemplateSequence", "CodingSchemeIdentificationSequence", *_EVIDENCE),
)
"""What says how the rest is laid out, and what identifies the file itself."""
_ANEW: Final = (
    *("ContentDate", "ContentTime", "SeriesDate", "SeriesTime", "SoftwareVersions", "ContributingEquipmentSequence"),
    *OF_PATIENT_AND_STUDY,
)
"""What a file of ours has of its source, and when it was made."""
_REASONS: Final[Reasons] = {
    "Patient*": "it is the source's: a case has no place for {name}",
    "Study*": "it is the source's: a case has no place for {name}",
    "ClinicalTrial*": "it is the source's: a case has no place for {name}",
    "ContentDate": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "ContentTime": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "Series*": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "InstanceNumber": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "DeviceSerialNumber": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "Manufacturer*": ("a case names the software that annotated; the file names what wrote it", LossKind.APPROXIMATED),
    "SoftwareVersions": (
        "a case names the software that annotated; the file names what wrote it",
        LossKind.APPROXIMATED,
    ),
    "Evidence/*": "a case names the instances of its images, and no others",
    "*CodeSequence/#/Cod*": "a code of the former SNOMED scheme is that of SNOMED CT in a case; a case keeps no "
    "more of a concept than code, scheme, version and meaning",
    "*/GraphicData*": (
        "the shape that a case has is drawn with other coordinates, or with these in another order",
        LossKind.APPROXIMATED,
    ),
    "*/RelationshipType": "the item stands in another relationship in the template",
    "*": "a case has no place for {name}",
}
_BY_REFERENCE: Final = "ReferencedContentItemIdentifier"
"""In place of the concept of an item that only names another one by its position (PS3.3 C.17.3.2.5)."""
_TEXTS: Final = {
    "TEXT": "TextValue",
    "PNAME": "PersonName",
    "UIDREF": "UID",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
}


def file_losses(
    file: ReportFile,
    case: Case,
    meant: Meant,
    segmentations: Sequence[Segmentation],
    case_index: int,
    *,
    absent: Container[str] = (),
) -> list[Loss]:
    """Return what the file says and a report written from its case, by itself, would not.

    Parameters
    ----------
    file
        The report.
    case
        The case that was read from it; of a file that we wrote, the one that it stands for without the private block.
    meant
        Which group each annotation is of, and where its mask stands.
    segmentations
        Those that were read with it.
    case_index
        Of the case among those read.
    absent
        Instances of segmentations that it refers to and that were not given.

    Returns
    -------
    list of Loss
        Paths are JSON pointers in the file's tree.
    """
    left_out = {*_LAYOUT, *(_ANEW if file.is_own else ())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header, root, positions = _written_again(file, case, meant, segmentations)
        again = tree_of(header, left_out) | {"Evidence": _evidence(header)} | _content(root, EXPLICIT, positions)
        stated = tree_of(file.header, left_out, again) | {"Evidence": _evidence(file.header)}
        stated |= _content(file.root, file.encoding, None)
    if file.is_own:  # of its source
        stated.get("ContentSequence", {}).pop(" ".join(key_of(codes.LIBRARY)), None)
    stated = {key: value for key, value in stated.items() if value}
    missing: dict[Path, Reason] = {}
    stated = _without_missing(stated, again, (), (), missing, absent)
    return report(stated, within(again, stated), _REASONS, case_index=case_index, unwritten=missing).losses


def _written_again(
    file: ReportFile, case: Case, meant: Meant, segmentations: Sequence[Segmentation]
) -> tuple[Dataset, Item, list[int]]:
    """Return the header and the root that the writer makes of the case, and the position in the file of each group."""
    series = _images(file, case, meant)
    segments: dict[str, SegmentReference] = {}
    for identity, mask in meant.masks.items():
        one = segmentations[mask.key[0]]
        reference = Reference(
            one.reference.sop_class_uid, one.reference.sop_instance_uid, segments=(one.numbers[mask.key[1]],)
        )
        segments[identity] = SegmentReference(reference, one.series_uid, one.study_uid)
    writer = GroupWriter(case, Labels.of(case), {each.uid: each for each in series}, segments)
    content = build_content(case, writer, series, every=case.image.instances is not None)
    header = build_header(case, series, content, segments.values(), LONG_AGO)
    data = encode_items(content)
    root = ContentReader(data, EXPLICIT).root(0, len(data))
    root.kind, root.name, root.template = "CONTAINER", codes.REPORT, "1500"
    positions = [meant.group_of.get(each.id, -1) for each in writer.grouped]
    return read_dataset(BytesIO(encode(header)), False, True), root, positions


def _images(file: ReportFile, case: Case, meant: Meant) -> list[Series]:
    if file.is_own:
        found = [series_of_stated(each) for each in meant.images]
    else:
        listed = (series_of_image(each) for each in (case.image, *(case.related_images or ())))
        found = [each for each in listed if each is not None]
    return found or [Series(case.image.uid, case.image.study_instance_uid or "", case.image.modality.value, ())]


# --- trees


def _evidence(header: Dataset) -> Tree:
    """Return the class of each instance that a report refers to, by study and series."""
    found: Tree = {}
    for keyword in _EVIDENCE:
        for study in header.get(keyword) or ():
            for series in study.get("ReferencedSeriesSequence") or ():
                place = found.setdefault(text(study.get("StudyInstanceUID")), {})
                one = place.setdefault(text(series.get("SeriesInstanceUID")), {})
                for each in series.get("ReferencedSOPSequence") or ():
                    one[text(each.get("ReferencedSOPInstanceUID"))] = text(each.get("ReferencedSOPClassUID"))
    return found


def _content(root: Item, encoding: Encoding, positions: Sequence[int] | None) -> Tree:
    """Return the content of a root by the concepts of its items; groups stand at their positions, if they are given."""
    found = _children(root.children, encoding)
    if positions is not None:
        container = f"{codes.MEASUREMENTS.code} {codes.MEASUREMENTS.scheme}"
        groups = f"{codes.GROUP.code} {codes.GROUP.scheme}"
        for measured in found.get(container, ()):
            written = measured.get("ContentSequence", {}).get(groups, [])
            placed: list[Tree] = [{} for _ in range(max(positions, default=-1) + 1)]
            for position, group in zip(positions, written, strict=False):
                if position >= 0 and not placed[position]:
                    placed[position] = group
            if written:
                measured["ContentSequence"][groups] = placed
    return {"ContentSequence": found} if found else {}


def _children(items: Iterable[Item], encoding: Encoding) -> Tree:
    found: Tree = {}
    for each in items:
        code, scheme = codes.names(each)
        found.setdefault(f"{code} {scheme}".strip() or each.kind or _BY_REFERENCE, []).append(_item(each, encoding))
    return found


def _item(one: Item, encoding: Encoding) -> Tree:
    tree: Tree = {"RelationshipType": one.relationship, "ValueType": one.kind}
    if one.name is not None:
        tree["ConceptNameCodeSequence"] = [_concept(one.name)]
    if one.observed_at:
        tree["ObservationDateTime"] = one.observed_at
    tree |= _value(one)
    for tag, data in one.others.items():
        keyword = keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
        if keyword not in _LAYOUT:
            tree |= _other(keyword, data, encoding)
    children = _children(one.children, encoding)
    return tree | ({"ContentSequence": children} if children else {})


def _other(keyword: str, data: bytes, encoding: Encoding) -> Tree:
    try:
        found = tree_of(read_dataset(BytesIO(data), encoding.is_implicit, not encoding.is_big_endian), ())
    except DAMAGE:
        return {keyword: data}
    return {key: value for key, value in found.items() if value not in ("", None, [])}


def _value(one: Item) -> Tree:
    value = one.value
    if isinstance(value, str):
        return {_TEXTS[one.kind]: value.strip()} if one.kind in _TEXTS and value.strip() else {}
    if isinstance(value, Concept):
        return {"ConceptCodeSequence": [_concept(value)]}
    if isinstance(value, Quantity):
        return _quantity(value)
    if isinstance(value, Reference):
        named: Tree = {"ReferencedSOPClassUID": value.sop_class_uid, "ReferencedSOPInstanceUID": value.sop_instance_uid}
        named |= {"ReferencedFrameNumber": _one_or_list(value.frames)} if value.frames else {}
        named |= {"ReferencedSegmentNumber": _one_or_list(value.segments)} if value.segments else {}
        return {"ReferencedSOPSequence": [named]}
    if isinstance(value, Coordinates):
        told: Tree = {"GraphicType": value.shape, "GraphicData": [*value.data]}
        told |= {"ReferencedFrameOfReferenceUID": value.frame_of_reference_uid} if value.frame_of_reference_uid else {}
        return told | ({"PixelOriginInterpretation": value.origin} if value.origin else {})
    return {}


def _one_or_list(numbers: Sequence[int]) -> Any:
    return numbers[0] if len(numbers) == 1 else [*numbers]


def _quantity(value: Quantity) -> Tree:
    measured: Tree = {}
    if value.text:
        try:
            measured["NumericValue"] = float(value.text)
        except ValueError:
            measured["NumericValue"] = value.text
    if value.exact is not None and value.exact != measured.get("NumericValue"):
        measured["FloatingPointValue"] = value.exact
    if value.unit is not None:
        measured["MeasurementUnitsCodeSequence"] = [_concept(value.unit)]
    found: Tree = {"MeasuredValueSequence": [measured]} if measured else {}
    if value.qualifier is not None:
        found["NumericValueQualifierCodeSequence"] = [_concept(value.qualifier)]
    return found


def _concept(concept: Concept) -> Tree:
    told: Tree = {"CodeValue": concept.code, "CodingSchemeDesignator": concept.scheme, "CodeMeaning": concept.meaning}
    return told | ({"CodingSchemeVersion": concept.version} if concept.version is not None else {})


def _without_missing(
    stated: Any, again: Any, path: Path, names: tuple[str, ...], missing: dict[Path, Reason], absent: Container[str]
) -> Any:
    """Return a tree in which an item that is not written again at all is one leaf, with its title as the reason."""
    if not isinstance(stated, dict):
        return stated
    found: Tree = {}
    for key, value in stated.items():
        if key != "ContentSequence":
            found[key] = value
            continue
        held = again.get(key, {}) if isinstance(again, dict) else {}
        found[key] = {}
        for concept, items in value.items():
            others = held.get(concept, [])
            found[key][concept] = []
            for place, one in enumerate(items):
                here = (*path, key, concept, place)
                told = (*names, _title(one, concept))
                other = others[place] if place < len(others) else {}
                if other:
                    found[key][concept].append(_without_missing(one, other, here, told, missing, absent))
                else:
                    found[key][concept].append(_STATED)
                    why = Message("a case has no place for the item {item}", item=" > ".join(told))
                    uid = str((one.get("ReferencedSOPSequence") or [{}])[0].get("ReferencedSOPInstanceUID"))
                    if uid in absent:
                        why = Message(_ABSENT, item=" > ".join(told), uid=uid)
                    missing[here] = (why, LossKind.NO_PLACE)
    return found


def _title(one: Tree, concept: str) -> str:
    name = one.get("ConceptNameCodeSequence") or [{"CodeMeaning": concept}]
    return str(name[0]["CodeMeaning"])


_ABSENT: Final = (
    "a case has no place for the item {item}: its segmentation {uid} was not given; name it too, and its masks are read"
)
_STATED: Final = "stated"
