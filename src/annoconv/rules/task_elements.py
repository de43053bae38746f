"""What a task definition and a package hold at least (A 6.3, A 6.6.1, A 9.1.1, Appendix A)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.messages import listed
from annoconv.model import AgreementMetric, FileRole, Geometry, Package, TaskDefinition
from annoconv.rules.engine import Breach, Standalone, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_MASKS: Final = frozenset(
    {AgreementMetric.DICE, AgreementMetric.IOU, AgreementMetric.HD, AgreementMetric.HD95, AgreementMetric.CONFORMITY}
)
_DOCUMENTS: Final = (FileRole.ANNOTATION, FileRole.DESCRIPTION, FileRole.QC_RECORD)


@rule("A-6.3.3.element_missing", TaskDefinition)
def element_missing(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield what a task definition lacks of the least that it says and the schema leaves open."""
    task = subject.document
    told = {
        "label_codes": task.label_codes or task.label_system_id,
        "alignment_rules": task.alignment_rules,
        "sampling": task.sampling or task.thresholds or task.agreement_monitoring,
    }
    if missing := [key for key, value in told.items() if not value]:
        yield Breach((), {"keys": listed(missing)})


@rule("A-6.3.1.element_missing", TaskDefinition)
def element_of_scope_missing(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield what a task definition lacks of what is said before work begins."""
    task = subject.document
    told = {
        "scope": task.scope,
        "granularities": task.granularities,
        "spatial_requirement": task.spatial_requirement or task.coordinate_frame,
        "operating_rules": task.operating_rules or task.delineation_rules,
        "output_formats": task.output_formats,
    }
    if missing := [key for key, value in told.items() if not value]:
        yield Breach((), {"keys": listed(missing)})


@rule("A-6.3.1.modalities_unrelated", TaskDefinition)
def modalities_unrelated(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield what a task of several modalities lacks to bring these together."""
    task = subject.document
    told = {
        "registration_method": task.registration_method,
        "coordinate_frame": task.coordinate_frame,
        "modality_correspondence": task.modality_correspondence,
    }
    if len(set(task.modalities)) > 1 and (missing := [key for key, value in told.items() if value is None]):
        yield Breach(("modalities",), {"keys": listed(missing)})


@rule("A-6.3.2.handling_missing", TaskDefinition)
def handling_missing(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield the rule of association that does not say what becomes of missing, conflicting or late records."""
    association = subject.document.association
    if association is None:
        return
    told = {key: getattr(association, key) for key in ("missing_handling", "conflict_handling", "time_handling")}
    if missing := [key for key, value in told.items() if value is None]:
        yield Breach(("association",), {"keys": listed(missing)})


@rule("A-9.1.1n2.metric_missing", TaskDefinition)
def metric_missing(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield the metrics of a task with masks that none measures."""
    task = subject.document
    if Geometry.MASK in (task.geometries or ()) and task.metrics and _OF_MASKS.isdisjoint(task.metrics):
        yield Breach(("metrics",), {"metrics": listed([each.value for each in task.metrics])})


@rule("A-A.3.3.missing_code", TaskDefinition)
def missing_code(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each field with a set of values that has none for what is missing or uncertain."""
    for position, field in enumerate(subject.document.fields or ()):
        if field.permissible_values and field.missing_code is None:
            yield Breach(("fields", position), {"key": field.key})


@rule("A-6.6.1.document_missing", Package)
def document_missing(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield the files of a package if annotations, their description or the record of quality control are not there."""
    roles = {each.role for each in subject.document.files}
    if missing := [each.value for each in _DOCUMENTS if each not in roles]:
        yield Breach(("files",), {"roles": listed(missing)})
