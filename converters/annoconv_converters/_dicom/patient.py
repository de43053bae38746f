"""Whose images they are and of which study, to and from the patient and study modules (PS3.3 C.7.1.1, C.7.2, C.7.1.3).

Patient and study are the source image's, as an archive files by them: what a case says of them is written where the
source says nothing. A PatientID is a pseudonym only where the file says so (PatientIdentityRemoved).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from annoconv.codes import is_name
from annoconv.documents import strict_json
from annoconv.ids import is_dicom_uid
from annoconv.model import Sex, Study, Subject
from annoconv_converters._dicom.dates import date_and_time, moment, offset_zone
from annoconv_converters._dicom.encoding import decimal_string
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.texts import fit, text

if TYPE_CHECKING:
    from datetime import tzinfo

    from pydicom.dataset import Dataset

    from annoconv.model import Case, Image

__all__ = [
    "Patient",
    "patient_in",
    "patient_of",
    "put_patient",
]

_SEXES: Final = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.OTHER: "O"}
"""PatientSex (0010,0040); of an unknown sex it is empty."""
_STUDY: Final = {
    "study_id": ("StudyID", "SH"),
    "accession_number": ("AccessionNumber", "SH"),
    "time_point": ("ClinicalTrialTimePointID", "LO"),
    "description": ("StudyDescription", "LO"),
}
"""Texts of a study: element and its VR."""
_NUMBERS: Final = {"height": "PatientSize", "weight": "PatientWeight"}
"""Metres and kilograms, as DICOM has them."""
_BASELINE: Final = ("LongitudinalTemporalOffsetFromEvent", "LongitudinalTemporalEventType", "BASELINE")
"""Days from baseline, what they count from, and that it is the baseline (PS3.3 C.7.2.3)."""
_PSEUDONYM: Final = "Pseudonym"
"""DeidentificationMethod (0012,0063) of a patient whom only a case names."""


@dataclass(frozen=True)
class Patient:
    """What a case says of the patient and the study of one of its images.

    Attributes
    ----------
    patient_id
        Pseudonym of the patient.
    subject
        Sex, age, height and weight; what is said of the study before what is said of the case.
    study
        The study of the image.
    """

    patient_id: str | None = None
    subject: Subject | None = None
    study: Study | None = None


def patient_of(case: Case, image: Image) -> Patient:
    """Return what a case says of the patient and the study of one of its images."""
    studies = {each.study_instance_uid: each for each in case.studies or ()}
    study = studies.get(image.study_instance_uid or (next(iter(studies)) if len(studies) == 1 else ""))
    stated = [strict_json.plain(each) for each in (case.subject, study and study.subject) if each is not None]
    merged = {key: value for each in stated for key, value in each.items()}
    return Patient(case.patient_id, Subject.model_validate(merged) if merged else None, study)


def put_patient(header: Dataset, told: Patient) -> None:
    """Put what a case says of patient and study into a header, where the source has left it empty."""
    stated: dict[str, Any] = {}
    if told.patient_id and not _text(header, "PatientID"):
        stated |= {"PatientID": fit("LO", told.patient_id), "PatientIdentityRemoved": "YES"}
        if "DeidentificationMethodCodeSequence" not in header:
            stated["DeidentificationMethod"] = _PSEUDONYM
    if told.subject is not None:
        stated["PatientSex"] = _SEXES.get(told.subject.sex) if told.subject.sex is not None else None
        stated["PatientAge"] = told.subject.age
        for name, keyword in _NUMBERS.items():
            number = getattr(told.subject, name)
            stated[keyword] = None if number is None else decimal_string(number)
    for name, (keyword, vr) in _STUDY.items():
        stated[keyword] = fit(vr, getattr(told.study, name, None) or "")
    began = told.study.started_at if told.study is not None else None
    if began is not None and not (_text(header, "StudyDate") or _text(header, "StudyTime")):
        zone = offset_zone(_text(header, "TimezoneOffsetFromUTC"))
        stated["StudyDate"], stated["StudyTime"] = date_and_time(began.astimezone(zone) if zone else began)
        stated["TimezoneOffsetFromUTC"] = began.strftime("%z")[:5]
    for keyword, value in stated.items():
        if value and not _text(header, keyword):
            setattr(header, keyword, value)
    offset, event, baseline = _BASELINE
    days = told.study.days_from_baseline if told.study is not None else None
    if days is not None and not _text(header, offset):
        setattr(header, offset, float(days))
        setattr(header, event, baseline)
        header.setdefault("ClinicalTrialTimePointID", "")  # type 2 of that module


def patient_in(header: Dataset, zone: tzinfo | None = None) -> dict[str, Any]:
    """Return `patient_id`, `subject` and `studies` of a case document, as far as a header states them.

    Parameters
    ----------
    header
        Of any DICOM object.
    zone
        For times, where the header names none. Without either, a study has no beginning: the model has no time without
        a zone.
    """
    patient_id, study_uid = _text(header, "PatientID"), _text(header, "StudyInstanceUID")
    sex = _text(header, "PatientSex")
    subject = _valid(
        Subject,
        {
            "sex": next((name.value for name, written in _SEXES.items() if written == sex), None),
            "age": _text(header, "PatientAge"),
            **{name: _number(_text(header, keyword)) for name, keyword in _NUMBERS.items()},
        },
    )
    offset, event, baseline = _BASELINE
    days = _number(_text(header, offset)) if _text(header, event) == baseline else None
    began = moment(_text(header, "StudyDate") + _text(header, "StudyTime") + "+0000")
    zone = offset_zone(_text(header, "TimezoneOffsetFromUTC")) or zone
    is_whole = bool(_text(header, "StudyTime")) and zone is not None
    study = _valid(
        Study,
        {
            "study_instance_uid": study_uid,
            **{name: _text(header, keyword) for name, (keyword, _) in _STUDY.items()},
            "started_at": strict_json.plain(began.replace(tzinfo=zone)) if began and is_whole else None,
            "days_from_baseline": days,
        },
    )
    found: dict[str, Any] = {}
    if _text(header, "PatientIdentityRemoved") == "YES" and is_name(patient_id) and patient_id == patient_id.strip():
        found["patient_id"] = patient_id
    if subject:
        found["subject"] = subject
    if len(study) > 1 and is_dicom_uid(study_uid):  # its UID alone is the image's
        found["studies"] = [study]
    return found


def _valid(kind: type[Subject | Study], stated: dict[str, Any]) -> dict[str, Any]:
    """Return what is stated and is what the model takes."""
    given = {key: value for key, value in stated.items() if value not in (None, "")}
    try:
        kind.model_validate_json(strict_json.dumps(given))
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors()}
        return {key: value for key, value in given.items() if key not in wrong}
    return given


def _text(header: Dataset, keyword: str) -> str:
    """Return an element as text; nothing if it is damaged."""
    try:
        return text(header.get(keyword))
    except DAMAGE:
        return ""


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
