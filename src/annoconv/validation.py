"""Whether a document is one (structure) and whether it is good (rules): findings, never exceptions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.documents.normaliser import Dialect, normalise
from annoconv.errors import AnnoconvError, DocumentError, UsageError
from annoconv.files.inputs import limits_of, paths_of
from annoconv.messages import Message
from annoconv.progress import over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.documents.classes import AnyDocument
    from annoconv.findings import Finding
    from annoconv.limits import Limits
    from annoconv.model import Label, LabelSystem, TaskDefinition
    from annoconv.rules import PatientSplits, Profile, RuleTable
    from annoconv.rules.outcomes import RuleOutcomes

    GivenLabels: TypeAlias = Sequence[Label] | LabelSystem | Path | str

__all__ = ["Dialect", "check_documents", "check_file", "normalise", "read_task", "validate"]

_OF_THE_WHOLE: Final = {"schema.required", "schema.type"}
"""Rules that a document of another format breaks at its root."""


def validate(
    target: LoadedCase | Reading | AnyDocument | Path | str,
    *,
    profile: Profile = "minimal",
    images: Sequence[Path | str] | Path | str = (),
    label_system: GivenLabels | None = None,
    limits: Limits | None = None,
    rules_file: Path | str | None = None,
    task: TaskDefinition | Path | str | None = None,
) -> list[Finding]:
    """Return every finding about a document, or about each document of a `.json` or `.jsonl` file.

    Parameters
    ----------
    target
        The case, task definition, label system or package, or the file. A document in a file is validated as what its
        keys tell that it is.
    profile
        Which rules are applied and how strictly: minimal, exchange, delivery.
    images
        Source images to check the cases against, files or folders, one or several.
    label_system
        The task's labels, to check cases and task definitions against: a label system, its labels, or its file.
    limits
        Bounds on what is read.
    rules_file
        A project's changes of levels and numbers (docs/reference/review.md).
    task
        The task definition that cases which name it are checked against, or its file.

    Notes
    -----
    Rules are applied to documents whose structure is right; the others have findings named `schema.<kind>` only.
    """
    from annoconv import rules

    limits = limits_of(limits)
    labels, label_system_id = _labels_of(label_system, limits)
    table = None if rules_file is None else rules.rule_table(Path(rules_file), limits=limits)
    task = read_task(Path(task), limits) if isinstance(task, Path | str) else task
    if isinstance(target, Path | str):
        return list(
            check_file(
                Path(target),
                profile=profile,
                images=paths_of(images),
                label_system=labels,
                label_system_id=label_system_id,
                limits=limits,
                table=table,
                task=task,
            )
        )
    from annoconv.casefile import LoadedCase, Reading
    from annoconv.casefile.loaded import as_loaded, check_changed
    from annoconv.documents import classes
    from annoconv.model import Case

    if not isinstance(target, LoadedCase | Reading | classes.AnyDocument):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "this cannot be validated",
            found=type(target).__name__,
            expected="LoadedCase, Reading, Case, TaskDefinition, LabelSystem, Package, or the path of a file",
            advice="Of a list take its members one by one; of a dictionary make a Case first",
        )
    subject = LoadedCase(target) if isinstance(target, Case) else target
    subject = as_loaded(subject) if isinstance(subject, Reading) else subject
    try:
        check_changed(subject.case if isinstance(subject, LoadedCase) else subject)
    except DocumentError as error:
        return list(error.findings)
    return rules.check(
        subject,
        profile=profile,
        sources=rules.sources_of(images, limits),
        label_system=labels,
        label_system_id=label_system_id,
        table=table,
        task=task,
    )


def read_task(path: Path, limits: Limits | None = None) -> TaskDefinition:
    """Return the task definition of a file; DocumentError if it is none."""
    from annoconv.documents import strict_json
    from annoconv.documents.classes import class_of
    from annoconv.documents.other_formats import looks_like
    from annoconv.files.atomic import check_inputs
    from annoconv.files.inputs import check_source
    from annoconv.model import TaskDefinition

    check_inputs([path])
    check_source(path)
    data = strict_json.read_bytes(path, limits)
    document = strict_json.loads(data, limits=limits, source=path)
    if class_of(document) is not TaskDefinition:
        raise DocumentError(
            "this is no task definition",
            source=path,
            found=looks_like(document),
            expected=", ".join(
                sorted(name for name, field in TaskDefinition.model_fields.items() if field.is_required())
            ),
            advice="Name the file of the task's definition with --task-definition; cases are named without an option",
        )
    return strict_json.parse(data, TaskDefinition, limits=limits, source=path)


def check_file(
    path: Path,
    *,
    profile: Profile = "minimal",
    images: Sequence[Path | str] = (),
    label_system: Sequence[Label] | None = None,
    label_system_id: str | None = None,
    schema_only: bool = False,
    splits: PatientSplits | None = None,
    limits: Limits | None = None,
    table: RuleTable | None = None,
    outcomes: RuleOutcomes | None = None,
    task: TaskDefinition | None = None,
) -> Iterator[Finding]:
    """Yield the findings of a `.json` or `.jsonl` file, document by document.

    Memory does not grow with the documents, but by some 300 bytes for each patient whose split is told: no patient
    shall stand in two. `splits` holds those of files before this one. `table` holds the rules with a project's changes;
    `outcomes`, if given, notes what became of each rule; `task` is asked of the cases that name it.
    """
    for _, _, findings in check_documents(
        path,
        profile=profile,
        images=images,
        label_system=label_system,
        label_system_id=label_system_id,
        schema_only=schema_only,
        splits=splits,
        limits=limits,
        table=table,
        outcomes=outcomes,
        task=task,
    ):
        yield from findings


def check_documents(
    path: Path,
    *,
    profile: Profile = "minimal",
    images: Sequence[Path | str] = (),
    label_system: Sequence[Label] | None = None,
    label_system_id: str | None = None,
    schema_only: bool = False,
    splits: PatientSplits | None = None,
    limits: Limits | None = None,
    table: RuleTable | None = None,
    outcomes: RuleOutcomes | None = None,
    task: TaskDefinition | None = None,
) -> Iterator[tuple[int, LoadedCase | AnyDocument | None, Iterable[Finding]]]:
    """Yield the position of each document of a file, the document if its structure is right, and its findings."""
    from annoconv import rules
    from annoconv.casefile import beside_masks, documents
    from annoconv.documents import strict_json
    from annoconv.documents.classes import class_of
    from annoconv.model import Case

    sources = rules.sources_of(images, limits)
    splits = rules.PatientSplits() if splits is None else splits
    for index, (where, data) in enumerate(over(documents(path, limits=limits), Message("documents"))):
        try:
            document = strict_json.parse(data, class_of, limits=limits, source=path, where=where)
        except DocumentError as error:
            if outcomes is not None:
                outcomes.not_checked()
            is_whole = all(each.path or each.rule not in _OF_THE_WHOLE for each in error.findings)
            other = None if is_whole else _of_another_format(data, limits)
            yield index, None, _of_case(index, error.findings if other is None else [other])
            continue
        subject = beside_masks(document, path, limits=limits) if isinstance(document, Case) else document
        found: list[Finding] = []
        if not schema_only:
            found = rules.check(
                subject,
                profile=profile,
                sources=sources,
                label_system=label_system,
                label_system_id=label_system_id,
                splits=splits,
                place=f"{path.name}, {where}" if where else path.name,
                table=table,
                task=task,
            )
            if outcomes is not None:
                outcomes.note(document, found, with_images=sources is not None, with_task=task is not None)
        yield index, subject, _of_case(index, found)


def _of_another_format(data: bytes, limits: Limits | None) -> Finding | None:
    """Return the one finding about a text that is of another format; None if its keys do not tell."""
    from annoconv.documents import strict_json
    from annoconv.documents.other_formats import is_of_another, no_case

    try:
        document = strict_json.loads(data, limits=limits)
    except AnnoconvError:
        return None
    return no_case(document) if is_of_another(document) else None


def _labels_of(given: GivenLabels | None, limits: Limits | None) -> tuple[Sequence[Label] | None, str | None]:
    """Return the labels given, and the identifier of the label system that they are of, if it is known."""
    from annoconv.casefile.label_systems import read_label_system
    from annoconv.model import LabelSystem

    if isinstance(given, Path | str):
        return read_label_system(Path(given), limits)
    return (given.labels, given.id) if isinstance(given, LabelSystem) else (given, None)


def _of_case(index: int, findings: Iterable[Finding]) -> Iterable[Finding]:
    return (replace(finding, case_index=index) for finding in findings) if index else findings
