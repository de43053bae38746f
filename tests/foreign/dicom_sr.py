"""Measurement reports by dcmqi, highdicom, dcmjs (OHIF) and HL7, as pydicom reads them.

A content sequence is told by the concepts of its items, codes of the former SNOMED scheme as those of SNOMED CT, and
the evidence by study, series and instance: in which order they stand says nothing.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from annoconv_converters.dicom_sr import file_losses, group_meaning
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sr.coding import Code

from tests.foreign import Foreign, data

if TYPE_CHECKING:
    import pytest

    from annoconv.casefile import Reading

FORMAT = "dicom-sr"
UNSAID = {
    "SpecificCharacterSet": "texts are compared as they read",
    "SOPClassUID": "what may be in a report: always Comprehensive 3D",
    "SOPInstanceUID": "of the file itself",
    "SeriesInstanceUID": "of the file itself",
    "*ContinuityOfContent": "how items are laid out as text",
    "*ContentTemplateSequence/*": "which template an item is of: found from what it holds",
    "CodingSchemeIdentificationSequence/*": "what schemes are called",
    "image/uid": "said of the case, not of the file: no image is named",
    "image/shape": "said of the case, not of the file: no source images were given",
}
ADDED = {
    "ContributingEquipmentSequence/*": "the software that made the file, beside that which writes it",
    "Series[DT]*": "of the series that is written",
    "DeviceSerialNumber": "of the software that writes it",
    "Manufacturer*": "of the software that writes it",
    "SoftwareVersions": "of the software that writes it",
    "DeidentificationMethod": "required where a PatientID is a pseudonym",
    "ClinicalTrialTimePointID": "the time point of the groups, which is the study's",
    "PreliminaryFlag": "what CompletionFlag says of findings, said of the report",
    "Evidence/*": "the image that the case is of",
    "ContentSequence/121005 DCM/*": "what kind of observer is named",
    "ContentSequence/121008 DCM/#/PersonName": "a name that stands there as another text",
    "*/ContentSequence/111030 DCM/#/ContentSequence/IMAGE/*": "the image of a region, which the file has under a title",
    "ContentSequence/121009 DCM/*": "the organization of who verified it, who is an agent then",
    "ContentSequence/121058 DCM/*": "the procedure that is reported: the template asks for one",
    "ContentSequence/111028 DCM/*": "what is known of the images",
    "ContentSequence/126010 DCM/#/ContentSequence/125007 DCM/#/ContentSequence/112039 DCM/*": "a tracking identifier",
    "ContentSequence/126010 DCM/#/ContentSequence/125007 DCM/#/ContentSequence/276214006 SCT/*": "the label's category",
    "*/ContentSequence/111003 DCM/*": "version of an algorithm: the template asks for one",
}
REFUSED = {
    "old/test-SR.dcm": "InputError",
    "old/reportsi.dcm": "InputError",
    "dcmqi_tid1500/sr-tid1500-example.json": "InputError",
}
"""Name of the error with which a file is refused, by the file's name."""


def files() -> list[Foreign]:
    found = [*data("sr/*/sr.dcm"), *data("sr/*/*sr*.dcm"), *data("sr/*/*SR*.dcm"), *data("sr/old/*.dcm")]
    found += data("sr/*/*.json")
    named = {"/".join(path.parts[-2:]): path for path in found}
    plain = {"plain": True}
    listed = [
        Foreign(name, (path,), write_options=plain, refused=REFUSED.get(name, "")) for name, path in named.items()
    ]
    for path in data("sr/*/seg.dcm"):  # the report with the segmentation that it refers to
        sources = (path.with_name("sr.dcm"), path)
        options = plain | {"segmentations": [path]}
        listed.append(Foreign(f"{path.parent.name}/with its segmentation", sources, write_options=options))
    return listed


# --- what a file says


def tree(path: Path) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = _json(path) if path.suffix == ".json" else pydicom.dcmread(path)
        said = _said(dataset)
        evidence: dict[str, Any] = {}
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
            said.pop(keyword, None)
            for study in dataset.get(keyword, ()):
                for series in study.ReferencedSeriesSequence:
                    place = evidence.setdefault(study.StudyInstanceUID, {}).setdefault(series.SeriesInstanceUID, {})
                    place |= {
                        one.ReferencedSOPInstanceUID: one.ReferencedSOPClassUID for one in series.ReferencedSOPSequence
                    }
    return said | ({"Evidence": evidence} if evidence else {})


def _json(path: Path) -> Dataset:
    document = json.loads(path.read_text("utf-8"))
    return Dataset.from_json(_in_lists(document[0] if isinstance(document, list) else document))


def _in_lists(document: Any) -> Any:
    """Return DICOM JSON with each value in a list, as the standard wants it and the example of HL7 has not all."""
    if isinstance(document, dict):
        found = {key: _in_lists(value) for key, value in document.items()}
        if "vr" in found and not isinstance(found.get("Value", []), list):
            found["Value"] = [found["Value"]]
        return found
    return [_in_lists(one) for one in document] if isinstance(document, list) else document


def _said(dataset: Dataset) -> dict[str, Any]:
    """Return what a data set says, without elements that are empty or only name private ones."""
    found: dict[str, Any] = {}
    for each in dataset:
        keyword = each.keyword or f"({each.tag.group:04x},{each.tag.element:04x})"
        if keyword == "ContentSequence":
            value: Any = _content(each.value)
        elif each.VR == "SQ":
            value = [_said(item) for item in each.value]
        elif each.VR == "FL":  # JSON may have more digits than single precision
            value = [float(np.float32(one)) for one in each.value]
        elif isinstance(each.value, MultiValue | list):
            value = [_plain(one) for one in each.value]
        else:
            value = _plain(each.value)
        if value not in ("", b"", None, [], {}) and not each.tag.is_private_creator:
            found[keyword] = value
    if found.get("FloatingPointValue") == found.get("NumericValue"):
        found.pop("FloatingPointValue", None)
    return found


def _content(items: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in items:
        name = one.get("ConceptNameCodeSequence")
        key = _key(name[0]) if name else one.ValueType
        found.setdefault(key, []).append(_said(one))
    return found


def _key(macro: Dataset) -> str:
    """Return code and scheme, of SNOMED RT as of SNOMED CT: pydicom compares them so, by PS3.16 annex O."""
    from pydicom.sr._snomed_dict import mapping

    code, scheme = str(macro.get("CodeValue") or macro.get("LongCodeValue")), str(macro.CodingSchemeDesignator)
    known = mapping["SRT"].get(code) if scheme in {"SRT", "SNM3", "99SDM"} else None
    if known is not None:
        assert Code(code, "SRT", "") == Code(known, "SCT", "")
    return f"{code} {scheme}" if known is None else f"{known} SCT"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return int(value)
    try:
        return float(value) if isinstance(value, float) or hasattr(value, "as_tuple") else str(value).strip()
    except ValueError:
        return str(value).strip()


# --- deliberate damage


def _file(name: str) -> Foreign:
    (found,) = (one for one in files() if one.name == name)
    return found


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget where a finding lies in the body."""
    monkeypatch.setattr(group_meaning, "site_in", lambda _: None)
    return _file("highdicom/sr_document.dcm")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count the titles of series among what only says how the rest is laid out."""
    monkeypatch.setattr(file_losses, "_LAYOUT", (*vars(file_losses)["_LAYOUT"], "ContentQualification"))
    return _file("dcmjs/sample-sr.dcm")


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """Every group is an annotation, and nothing that was measured is lost."""
    (reading,) = readings
    said = tree(file.sources[0])["ContentSequence"]["126010 DCM"][0]["ContentSequence"]["125007 DCM"]
    measured = [len(one.measurements or ()) for one in reading.case.annotations if one.measurements]
    items = [
        sum(each["ValueType"] == "NUM" for some in one["ContentSequence"].values() for each in some) for one in said
    ]
    assert measured == items
