"""What is asked of data before they are annotated: source, preparation, quality, de-identification (A 5.5, A 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from annoconv.model import Case, DeidentificationScope, Modality, Package, PreprocessingKind, RegistrationMeasure
from annoconv.rules.engine import Breach, Standalone, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import DataSource, DeidentificationRecord

_VIDEO: Final = frozenset({Modality.US, Modality.IVUS, Modality.ES, Modality.XA, Modality.RF, Modality.IVOCT})
_IMAGES: Final = frozenset({DeidentificationScope.IMAGE_METADATA, DeidentificationScope.PIXEL_DATA})
_MILLIMETRES: Final = frozenset(
    {
        RegistrationMeasure.TARGET_REGISTRATION_ERROR_MM,
        RegistrationMeasure.FIDUCIAL_REGISTRATION_ERROR_MM,
        RegistrationMeasure.SURFACE_DISTANCE_MM,
    }
)
_IDENTITY_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z]|\.[0-9])", re.ASCII)
_MOBILE_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9][0-9]{9}(?![0-9A-Za-z]|\.[0-9])", re.ASCII)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Of the digits of an identity number (GB 11643)."""


@rule("A-7.1.basis_missing")
def basis_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each source of a case that says neither by which approval nor on which basis its data are used."""
    yield from _without_basis(("metadata", "sources"), subject.case.metadata.sources or ())


@rule("A-7.1.basis_missing", Package)
def basis_missing_in_package(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each source of a package that says neither by which approval nor on which basis its data are used."""
    yield from _without_basis(("sources",), subject.document.sources or ())


def _without_basis(path: Steps, sources: Sequence[DataSource]) -> Iterator[Breach]:
    for position, source in enumerate(sources):
        if source.approval is None and source.lawful_basis is None:
            yield Breach((*path, position), {})


@rule("A-7.2c.resampling_unrecorded")
def resampling_unrecorded(subject: Subject) -> Iterator[Breach]:
    """Yield each image that was resampled and does not record both spacings."""
    for path, image in subject.every_image():
        for position, step in enumerate(image.preprocessing or ()):
            if step.kind is PreprocessingKind.RESAMPLING and image.resampling is None:
                yield Breach((*path, "preprocessing", position), {"uid": image.uid})


@rule("A-7.2g.defect_unnamed")
def defect_unnamed(subject: Subject) -> Iterator[Breach]:
    """Yield each image that is not acceptable and does not say why."""
    for path, image in subject.every_image():
        quality = image.quality
        if quality is not None and not quality.acceptable and not quality.defects and quality.note is None:
            yield Breach((*path, "quality"), {"uid": image.uid})


@rule("A-7.2h.error_missing")
def error_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each registration without a measure of its error, and without a reason."""
    for position, each in enumerate(subject.case.registrations or ()):
        if not each.errors and not each.checks and each.nonconformance is None:
            yield Breach(("registrations", position), {"id": each.id})


@rule("A-8.5.1d.algorithm_missing")
def algorithm_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each registration that does not name its algorithm with the version."""
    for position, each in enumerate(subject.case.registrations or ()):
        if (each.algorithm is None or each.algorithm.version is None) and each.nonconformance is None:
            yield Breach(("registrations", position), {"id": each.id})


@rule("A-8.5.1c.error_above")
def error_above(subject: Subject) -> Iterator[Breach]:
    """Yield each error of a registration in mm beyond the bound."""
    most = subject.rules["A-8.5.1c.error_above"].parameters["most_mm"]
    for position, each in enumerate(subject.case.registrations or ()):
        for place, error in enumerate(each.errors or ()):
            if error.measure in _MILLIMETRES and error.value > most:
                values = {"id": each.id, "value": f"{error.value:g}", "most": f"{most:g}"}
                yield Breach(("registrations", position, "errors", place, "value"), values)


@rule("A-6.5.1d.deviation_above")
def deviation_above(subject: Subject) -> Iterator[Breach]:
    """Yield each last check of an annotation by which the images must be aligned anew."""
    for position, each in enumerate(subject.case.registrations or ()):
        last = {check.annotation_id: place for place, check in enumerate(each.checks or ())}
        for place in sorted(last.values()):
            check = (each.checks or [])[place]
            if not check.passed and check.deviation_mm > check.threshold_mm:
                values = {"value": f"{check.deviation_mm:g}", "most": f"{check.threshold_mm:g}"}
                yield Breach(("registrations", position, "checks", place, "passed"), values)


@rule("A-7.2n1.magnification_missing")
def magnification_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each whole-slide image that tells neither its magnification nor those of its levels."""
    for path, image in subject.every_image():
        levels = image.pyramid or ()
        is_told = image.objective_magnification is not None or any(each.magnification is not None for each in levels)
        if image.modality is Modality.SM and not is_told:
            yield Breach(path, {"uid": image.uid})


@rule("A-7.2n2.frame_time_missing")
def frame_time_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each video that tells neither its frame rate nor the times of its frames."""
    for path, image in subject.every_image():
        is_video = image.modality in _VIDEO and image.shape is not None and len(image.shape) == 3 and image.shape[2] > 1
        if is_video and image.direction is None and image.frame_rate is None and image.frame_times_ms is None:
            yield Breach(path, {"uid": image.uid})


def _deidentified(subject: Subject | Standalone[Package]) -> Iterator[tuple[Steps, DeidentificationRecord]]:
    path: Steps
    if isinstance(subject, Subject):
        path, records = ("metadata", "deidentification"), subject.case.metadata.deidentification
    else:
        path, records = ("deidentification",), subject.document.deidentification
    for position, record in enumerate(records or ()):
        yield (*path, position), record


@rule("A-7.3a.policy_missing", Package)
@rule("A-7.3a.policy_missing")
def policy_missing(subject: Subject | Standalone[Package]) -> Iterator[Breach]:
    """Yield each de-identification of texts that keeps no policy or no spot check."""
    for path, record in _deidentified(subject):
        if record.scope is DeidentificationScope.TEXT and (record.policy is None or not record.spot_checks):
            yield Breach(path, {})


@rule("A-7.3a.mapping_rule_missing", Package)
@rule("A-7.3a.mapping_rule_missing")
def mapping_rule_missing(subject: Subject | Standalone[Package]) -> Iterator[Breach]:
    """Yield each de-identification that keeps a mapping without the rules of its storage and access."""
    for path, record in _deidentified(subject):
        if record.mapping_kept and (record.mapping_storage is None or record.mapping_access is None):
            yield Breach(path, {})


@rule("A-7.3b.tool_missing", Package)
@rule("A-7.3b.tool_missing")
def tool_missing(subject: Subject | Standalone[Package]) -> Iterator[Breach]:
    """Yield each de-identification of images that does not name its tool with the version."""
    for path, record in _deidentified(subject):
        if record.scope in _IMAGES and (record.tool is None or record.tool.version is None):
            yield Breach(path, {})


@rule("A-5.5.personal_data")
def personal_data(subject: Subject) -> Iterator[Breach]:
    """Yield each text of a case that holds a Chinese identity number, by its check digit, or a mobile number."""
    for path, text in _free_texts(subject.case):
        if any(map(_is_identity_number, _IDENTITY_NUMBER.findall(text))) or _MOBILE_NUMBER.search(text):
            yield Breach(path, {})


def _free_texts(case: Case) -> Iterator[tuple[Steps, str]]:
    """Yield what people wrote, with its place."""
    for position, text in enumerate(case.texts or ()):
        yield ("texts", position, "content"), text.content
    for position, record in enumerate(case.clinical_records or ()):
        for place, one in enumerate(record.fields):
            if isinstance(one.value, str):
                yield ("clinical_records", position, "fields", place, "value"), one.value
    for position, annotation in enumerate(case.annotations):
        if annotation.note is not None:
            yield ("annotations", position, "note"), annotation.note
    for position, review in enumerate(case.reviews or ()):
        if review.conclusion is not None:
            yield ("reviews", position, "conclusion"), review.conclusion


def _is_identity_number(number: str) -> bool:
    """Tell whether the date and the check digit of an identity number are right (GB 11643)."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:17], strict=True))
    return (
        1880 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == number[17].upper()
    )
