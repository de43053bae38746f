"""What the report says of modalities together and of validations: its pages of 8.5.1.4 and 9.4 as data.

Of each case with several images, texts or records: the frame in which they are brought together, each registration with
its error, algorithm and checks, each link, and whether all agree. Validations stand in cases and in packages.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from annoconv.model import (
    Consistency,
    ImageImageLink,
    ImageStructuredLink,
    ImageTextLink,
    Package,
    RegistrationMeasure,
    ValidationKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.model import Case, Registration, ValidationRecord
    from annoconv.report.quality.subjects import Subject
    from annoconv.rules import Rule

__all__ = ["cross_modal", "validation_records"]

_MILLIMETRES: Final = frozenset(
    {
        RegistrationMeasure.TARGET_REGISTRATION_ERROR_MM,
        RegistrationMeasure.FIDUCIAL_REGISTRATION_ERROR_MM,
        RegistrationMeasure.SURFACE_DISTANCE_MM,
    }
)
_ASKED: Final[Mapping[ValidationKind, tuple[str, ...]]] = {
    ValidationKind.THIRD_PARTY: ("organization", "qualification", "reference", "report_file", "conclusion"),
    ValidationKind.REFERENCE_STANDARD: ("reference",),
    ValidationKind.MODEL_VALIDATION: ("reference", "conclusion"),
}
"""What a validation of a kind says beside its results (9.4.2): by whom, why they may, against what, its report."""


def cross_modal(subjects: Iterable[Subject], rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """Return what each case of several modalities says of how these agree."""
    most_mm = rules["A-8.5.1c.error_above"].parameters["most_mm"]
    told = [(each, each.loaded.case) for each in subjects if each.loaded is not None]
    return [
        {"case": subject.id, **_consistency(case, most_mm)}
        for subject, case in told
        if case.related_images or case.registrations or case.links
    ]


def _consistency(case: Case, most_mm: float) -> dict[str, Any]:
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    registrations = [_registration(each, case, most_mm) for each in case.registrations or ()]
    modality = {
        each.id: images[each.image_uid or case.image.uid]
        for each in case.annotations
        if (each.image_uid or case.image.uid) in images
    }
    labels = {each.id: each.label_code for each in case.annotations}
    links = [
        {
            "id": each.id,
            "ends": [
                {
                    "annotation": one,
                    "label": labels.get(one),
                    "modality": modality[one].modality.value if one in modality else None,
                }
                for one in each.annotation_ids
            ],
            "registration": each.registration_id,
            "deviation_mm": each.deviation_mm,
            "consistency": None if each.consistency is None else each.consistency.value,
        }
        for each in case.links or ()
        if isinstance(each, ImageImageLink)
    ]
    texts = Counter(
        "unstated" if each.consistency is None else each.consistency.value
        for each in case.links or ()
        if isinstance(each, ImageTextLink)
    )
    records = [each for each in case.links or () if isinstance(each, ImageStructuredLink)]
    found = {
        "images": [
            {"uid": each.uid, "modality": each.modality.value, "frame_of_reference_uid": each.frame_of_reference_uid}
            for each in images.values()
        ],
        "frame": {
            "image_uid": case.image.uid,
            "coordinate_frame": "LPS" if case.image.coordinate_frame is None else case.image.coordinate_frame.value,
            "frame_of_reference_uid": case.image.frame_of_reference_uid,
        },
        "registrations": registrations,
        "links": links,
        "texts": dict(sorted(texts.items())),
        "records": {"linked": len(records), "time_deviation": sum(bool(each.time_deviation) for each in records)},
    }
    return {"status": _status(found), **found}


def _registration(each: Registration, case: Case, most_mm: float) -> dict[str, Any]:
    labels = {one.id: one.label_code for one in case.annotations}
    last = {check.annotation_id: place for place, check in enumerate(each.checks or ())}
    return {
        "id": each.id,
        "kind": each.kind.value,
        "fixed": each.fixed_image_uid or each.fixed_frame_of_reference_uid,
        "moving": each.moving_image_uid or each.moving_frame_of_reference_uid,
        "maps": each.maps.value,
        "frame_of_reference_uid": each.frame_of_reference_uid,
        "algorithm": None
        if each.algorithm is None
        else {"name": each.algorithm.name, "version": each.algorithm.version},
        "errors": [
            {
                "measure": one.measure.value,
                "value": one.value,
                "landmarks": one.landmark_count,
                **({"most": most_mm, "is_within": one.value <= most_mm} if one.measure in _MILLIMETRES else {}),
            }
            for one in each.errors or ()
        ],
        "checks": [
            {
                "annotation": check.annotation_id,
                "label": labels.get(check.annotation_id or ""),
                "deviation_mm": check.deviation_mm,
                "rotation_degrees": check.rotation_degrees,
                "threshold_mm": check.threshold_mm,
                "passed": check.passed,
                "is_last": last[check.annotation_id] == place,
                "checked_by": check.checked_by,
                "checked_at": None if check.checked_at is None else check.checked_at.isoformat(),
            }
            for place, check in enumerate(each.checks or ())
        ],
        "nonconformance": each.nonconformance,
    }


def _status(found: Mapping[str, Any]) -> str:
    """Return how the modalities of a case agree: `inconsistent`, `incomplete`, `uncertain` or `consistent`."""
    states = {each["consistency"] for each in found["links"]} | set(found["texts"])
    registrations = found["registrations"]
    if (
        Consistency.INCONSISTENT.value in states
        or any(each.get("is_within") is False for one in registrations for each in one["errors"])
        or any(each["is_last"] and not each["passed"] for one in registrations for each in one["checks"])
    ):
        return "inconsistent"
    named = {end for each in registrations for end in (each["fixed"], each["moving"])}
    frames = found["frame"]["frame_of_reference_uid"]
    if any(
        each["uid"] not in named
        and each["frame_of_reference_uid"] not in named - {None}
        and (each["frame_of_reference_uid"] is None or each["frame_of_reference_uid"] != frames)
        for each in found["images"][1:]
    ) or any(_lacks(each) for each in registrations):
        return "incomplete"
    return "uncertain" if states & {Consistency.UNCERTAIN.value, "unstated", None} else "consistent"


def _lacks(registration: Mapping[str, Any]) -> bool:
    """Tell whether a registration lacks its error or its algorithm's version, and does not say why."""
    algorithm = registration["algorithm"]
    is_told = algorithm is not None and algorithm["version"] is not None
    has_error = registration["errors"] or registration["checks"]
    return registration["nonconformance"] is None and not (is_told and has_error)


def validation_records(subjects: Iterable[Subject]) -> list[dict[str, Any]]:
    """Return every validation that cases and packages record, those of third parties first."""
    found = [{"case": subject.id, **_validation(record)} for subject, record in _records(subjects)]
    return sorted(found, key=lambda each: each["kind"] != ValidationKind.THIRD_PARTY.value)


def _records(subjects: Iterable[Subject]) -> Iterator[tuple[Subject, ValidationRecord]]:
    for subject in subjects:
        listed: Sequence[ValidationRecord] = ()
        if subject.loaded is not None:
            listed = subject.loaded.case.metadata.validations or ()
        elif isinstance(subject.document, Package):
            listed = subject.document.validations or ()
        yield from ((subject, each) for each in listed)


def _validation(record: ValidationRecord) -> dict[str, Any]:
    told = record.model_dump(mode="json", exclude_none=True)
    lacks = [key for key in _ASKED.get(record.kind, ()) if getattr(record, key) is None]
    lacks += [] if record.metrics or record.results else ["results"]
    return {**told, "lacks": lacks}
