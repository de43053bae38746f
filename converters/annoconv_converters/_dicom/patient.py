"""What DICOM's patient and study modules say of a case's subject and its study (PS3.3 C.7.1, C.7.2).

A PatientID becomes a pseudonym only where the file says that it is one. Units are DICOM's: kg and m.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv_converters._dicom.dates import date_and_time, moment
from annoconv_converters._dicom.encoding import decimal_string
from annoconv_converters._dicom.texts import fit, text

if TYPE_CHECKING:
    from datetime import datetime

    from pydicom.dataset import Dataset

    from annoconv.model import Case, Study

__all__ = ["patient_in", "put_patient", "study_of"]

_SEXES: Final = {"M": "male", "F": "female", "O": "other"}
_AGE: Final = re.compile(r"\d{3}[DWMY]")
_STUDY_NAMES: Final = {
    "study_id": ("SH", "StudyID"),
    "accession_number": ("SH", "AccessionNumber"),
    "time_point": ("LO", "ClinicalTrialTimePointID"),
    "description": ("LO", "StudyDescription"),
}
"""Texts of a study: VR and keyword."""


def patient_in(header: Dataset, study_instance_uid: str) -> dict[str, Any]:
    """Return the keys `patient_id`, `subject` and `studies` of a case document, as far as a header says them."""
    is_pseudonym = text(header.get("PatientIdentityRemoved")) == "YES"
    age = text(header.get("PatientAge"))
    subject = {
        "sex": _SEXES.get(text(header.get("PatientSex"))),
        "age": age if _AGE.fullmatch(age) else None,
        "height": _positive(header, "PatientSize"),
        "weight": _positive(header, "PatientWeight"),
    }
    texts = {name: _line(header.get(keyword)) for name, (_, keyword) in _STUDY_NAMES.items()}
    date, time = (text(header.get(f"Study{part}")) for part in ("Date", "Time"))
    at = moment(f"{date}{time}{text(header.get('TimezoneOffsetFromUTC'))}") if date and time else None
    study = _stated({**texts, "started_at": None if at is None else strict_json.plain(at)})
    found = {
        "patient_id": _line(header.get("PatientID")) if is_pseudonym else None,
        "subject": _stated(subject) or None,
        "studies": [{"study_instance_uid": study_instance_uid, **study}] if study and study_instance_uid else None,
    }
    return _stated(found)


def study_of(case: Case, study_instance_uid: str | None) -> Study | None:
    """Return the study of a case by its UID, or None."""
    return next((each for each in case.studies or () if each.study_instance_uid == study_instance_uid), None)


def put_patient(header: Dataset, case: Case, study: Study | None) -> None:
    """Write what a case says of its patient and a study where the header says nothing."""
    subject = {**_told(case.subject), **_told(study.subject if study else None)}
    sexes = {name: code for code, name in _SEXES.items()}
    stated: dict[str, str | None] = {
        "PatientID": fit("LO", case.patient_id) if case.patient_id else None,
        "PatientIdentityRemoved": "YES" if case.patient_id else None,
        "PatientSex": sexes.get(str(subject.get("sex"))),
        "PatientAge": subject.get("age"),
        "PatientSize": decimal_string(subject["height"]) if "height" in subject else None,
        "PatientWeight": decimal_string(subject["weight"]) if "weight" in subject else None,
    }
    told = _told(study)
    stated |= {key: fit(vr, told[name]) for name, (vr, key) in _STUDY_NAMES.items() if name in told}
    at: datetime | None = study.started_at if study else None
    if at is not None:
        stated["StudyDate"], stated["StudyTime"] = date_and_time(at)
    if text(header.get("PatientID")):
        del stated["PatientID"], stated["PatientIdentityRemoved"]
    for keyword, value in stated.items():
        if value is not None and not text(header.get(keyword)):
            setattr(header, keyword, value)


def _told(value: Any) -> dict[str, Any]:
    return {} if value is None else dict(strict_json.plain(value))


def _stated(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _line(value: Any) -> str | None:
    return " ".join(text(value).split()) or None


def _positive(header: Dataset, keyword: str) -> float | None:
    """Return a number above zero, or None if there is none."""
    try:
        number = float(header.get(keyword) or 0)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < float("inf") else None
