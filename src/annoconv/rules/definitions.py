"""Documents that are no cases: label systems, task definitions, packages (A 6.3.1, A 8.2.2 a, A 8.3, A 10.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.class_list import class_list
from annoconv.codes import built_in_labels
from annoconv.documents.residuals import pointer
from annoconv.messages import listed
from annoconv.model import LabelSystem, Package, TaskDefinition
from annoconv.rules.engine import Breach, Standalone, Subject, rule
from annoconv.rules.inventory import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AttributeDefinition, Label

_MOST_NAMED: Final = 10


@rule("A-8.2.2a.duplicate_code")
def duplicate_code_of_case(subject: Subject) -> Iterator[Breach]:
    """Yield each label of a case whose code an earlier one has."""
    yield from _duplicate_codes(subject.case.labels or ())


@rule("A-8.2.2a.duplicate_code", LabelSystem)
def duplicate_code(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each label whose code an earlier one has."""
    yield from _duplicate_codes(subject.document.labels)


def _duplicate_codes(labels: Sequence[Label]) -> Iterator[Breach]:
    first: dict[str, int] = {}
    for position, label in enumerate(labels):
        if first.setdefault(label.code, position) != position:
            yield Breach(("labels", position, "code"), {"code": label.code, "first": first[label.code]})


@rule("A-8.2.2a.parent_unknown", LabelSystem)
def parent_unknown(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each parent that is no label of the system."""
    codes = {label.code for label in subject.document.labels}
    for position, label in enumerate(subject.document.labels):
        if label.parent is not None and label.parent not in codes:
            yield Breach(("labels", position, "parent"), {"code": label.code, "parent": label.parent})


@rule("A-8.2.2a.said_twice")
def said_twice_in_case(subject: Subject) -> Iterator[Breach]:
    """Yield what the labels of a case say twice where each is one."""
    yield from _said_twice(subject.case.labels or ())


@rule("A-8.2.2a.said_twice", LabelSystem)
def said_twice(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield what the labels of a label system say twice where each is one."""
    yield from _said_twice(subject.document.labels)


@rule("A-8.2.2a.said_twice", TaskDefinition)
def said_twice_in_task(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield what the fields of a task say twice where each is one."""
    yield from _fields_twice(("fields",), subject.document.fields or ())


def _said_twice(labels: Sequence[Label]) -> Iterator[Breach]:
    """Yield each class number, name of a keypoint, key of an attribute and permissible value that is there already."""
    yield from _repeated([(("labels", position, "number"), label.number) for position, label in enumerate(labels)])
    for position, label in enumerate(labels):
        path = ("labels", position)
        yield from _repeated([((*path, "keypoints", n), name) for n, name in enumerate(label.keypoints or ())])
        yield from _fields_twice((*path, "attributes"), label.attributes or ())


def _fields_twice(path: Steps, fields: Sequence[AttributeDefinition]) -> Iterator[Breach]:
    yield from _repeated([((*path, number, "key"), each.key) for number, each in enumerate(fields)])
    for number, each in enumerate(fields):
        permitted = enumerate(each.permissible_values or ())
        yield from _repeated([((*path, number, "permissible_values", n, "value"), one.value) for n, one in permitted])


def _repeated(named: Sequence[tuple[Steps, object]]) -> Iterator[Breach]:
    first: dict[object, Steps] = {}
    for path, value in named:
        if value is not None and first.setdefault(value, path) is not path:
            yield Breach(path, {"value": value, "first": pointer(first[value])})


@rule("A-10.1.2.keypoint_pair")
def keypoint_pair_of_case(subject: Subject) -> Iterator[Breach]:
    """Yield each line or flip pair of a case's label that joins no two of its keypoints."""
    yield from _keypoint_pairs(subject.case.labels or ())


@rule("A-10.1.2.keypoint_pair", LabelSystem)
def keypoint_pair(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each line or flip pair of a label that joins no two of its keypoints."""
    yield from _keypoint_pairs(subject.document.labels)


def _keypoint_pairs(labels: Sequence[Label]) -> Iterator[Breach]:
    for position, label in enumerate(labels):
        count = len(label.keypoints or ())
        for key, pairs in {"skeleton": label.skeleton, "flip_pairs": label.flip_pairs}.items():
            for number, (one, other) in enumerate(pairs or ()):
                if one == other or max(one, other) >= count:
                    yield Breach(("labels", position, key, number), {"pair": f"{one}, {other}", "count": count})


@rule("A-10.1.2.flipped_twice")
def flipped_twice_of_case(subject: Subject) -> Iterator[Breach]:
    """Yield each flip pair of a case's label with a keypoint that another pair has."""
    yield from _flipped_twice(subject.case.labels or ())


@rule("A-10.1.2.flipped_twice", LabelSystem)
def flipped_twice(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each flip pair of a label with a keypoint that another pair has."""
    yield from _flipped_twice(subject.document.labels)


def _flipped_twice(labels: Sequence[Label]) -> Iterator[Breach]:
    for position, label in enumerate(labels):
        first: dict[int, int] = {}
        for number, pair in enumerate(label.flip_pairs or ()):
            before = [first[each] for each in pair if each in first]
            if before:
                yield Breach(("labels", position, "flip_pairs", number), {"pair": str(pair), "first": before[0]})
            for each in pair:
                first.setdefault(each, number)


@rule("A-8.2.2.category_differs")
def category_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each label of a case to which the label system given gives another category."""
    given = {label.code: label.category for label in subject.label_system or ()}
    for position, label in enumerate(subject.case.labels or ()):
        expected = given.get(label.code)
        if label.category not in {None, expected} and expected is not None:
            values = {"code": label.code, "found": label.category, "expected": expected}
            yield Breach(("labels", position, "category"), values)


@rule("A-8.3a.parent_cycle")
def parent_cycle_of_case(subject: Subject) -> Iterator[Breach]:
    """Yield for each ring of parents in a case the first label that leads into it."""
    yield from _parent_cycles(subject.case.labels or ())


@rule("A-8.3a.parent_cycle", LabelSystem)
def parent_cycle(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield for each ring of parents the first label that leads into it."""
    yield from _parent_cycles(subject.document.labels)


def _parent_cycles(labels: Sequence[Label]) -> Iterator[Breach]:
    parents = {label.code: label.parent for label in labels}
    seen: set[str] = set()
    for position, label in enumerate(labels):
        chain: list[str] = []
        code: str | None = label.code
        while code is not None and code not in seen:
            seen.add(code)
            chain.append(code)
            code = parents.get(code)
        if code in chain:
            yield Breach(("labels", position, "parent"), {"chain": " > ".join([*chain, code])})


@rule("A-6.5.1b.label_unknown")
def label_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each label that a case names and neither the label system given nor the case itself defines."""
    if subject.label_system is None:
        return
    codes = {label.code for label in (*subject.label_system, *(subject.case.labels or ()))}
    for slot, kinds in targets_of().items():
        for path, code in subject.inventory.references.get(slot, ()) if kinds == ("Label",) else ():
            if code not in codes:
                yield Breach(path, {"code": code})


@rule("A-6.5.1b.label_unused")
def label_unused(subject: Subject) -> Iterator[Breach]:
    """Yield a case that defines labels which nothing in it has; the class list of its data set may."""
    members = {label.code for label in class_list(subject.case)}
    own = [label for label in subject.case.labels or () if label.code not in members]
    slots = [slot for slot, kinds in targets_of().items() if kinds == ("Label",)] if own else []
    used = {code for slot in slots for _, code in subject.inventory.references.get(slot, ())}
    unused = [label.name_en or label.name_zh or label.code for label in own if label.code not in used]
    if unused:
        yield Breach(("labels",), {"names": listed(unused, _MOST_NAMED)})


@rule("A-6.5.1b.label_unknown", TaskDefinition)
def label_of_task_unknown(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each label of a task that its label system does not define.

    A task that names no label system and is given none uses the built-in one; of one only named, nothing is said.
    """
    task, labels = subject.document, subject.label_system
    if labels is None:
        if task.label_system_id is not None:
            return
        labels = built_in_labels()
    codes = {label.code for label in labels}
    for position, code in enumerate(task.label_codes or ()):
        if code not in codes:
            yield Breach(("label_codes", position), {"code": code})


@rule("A-6.5.1b.label_system_differs", TaskDefinition)
def label_system_differs(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield the label system that a task names, if another one was given."""
    named, given = subject.document.label_system_id, subject.label_system_id
    if named is not None and given is not None and named != given:
        yield Breach(("label_system_id",), {"named": named, "given": given})


@rule("A-9.1.1.threshold_order", TaskDefinition)
def threshold_order(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each threshold whose least value exceeds its greatest."""
    for position, each in enumerate(subject.document.thresholds or ()):
        if each.minimum is not None and each.maximum is not None and each.minimum > each.maximum:
            values = {"name": each.name, "minimum": each.minimum, "maximum": each.maximum}
            yield Breach(("thresholds", position), values)


@rule("A-10.1.5.file_twice", Package)
def file_twice(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each file whose path an earlier one has, capitals aside."""
    first: dict[str, int] = {}
    for position, file in enumerate(subject.document.files):
        before = first.setdefault(file.path.casefold(), position)
        if before != position:
            yield Breach(("files", position, "path"), {"path": file.path, "first": before})


@rule("A-10.1.5.file_unlisted", Package)
def file_unlisted(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each file that another one or a validation names and the package does not list."""
    listed = {file.path for file in subject.document.files}
    for position, file in enumerate(subject.document.files):
        for place, path in enumerate(file.references or ()):
            if path not in listed:
                yield Breach(("files", position, "references", place), {"path": path})
    for position, validation in enumerate(subject.document.validations or ()):
        if validation.report_file is not None and validation.report_file not in listed:
            yield Breach(("validations", position, "report_file"), {"path": validation.report_file})
