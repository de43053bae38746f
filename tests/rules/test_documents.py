"""Task definitions, label systems and packages: told by their keys, each with the rules of its own."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from annoconv import rules
from annoconv.documents.classes import class_of
from annoconv.model import Case, Label, LabelSystem, Package, TaskDefinition
from annoconv.validation import validate
from tests.documents import Document, c5, good, write

if TYPE_CHECKING:
    from pathlib import Path

TASK: Document = {
    "task_id": "T",
    "version": "1.0",
    "title": "nodules",
    "goal": "find nodules",
    "modalities": ["CT"],
    "algorithm_type": "manual",
    "deliverables": [{"side": "image", "description": "masks"}],
    "roles": [{"role": "annotator", "duties": "outlines"}],
}
LABELS: Document = {
    "id": "L",
    "version": "1.0",
    "labels": [{"code": "LUNG"}, {"code": "NODULE", "parent": "LUNG"}, {"code": "NECROSIS", "parent": "NODULE"}],
}
PACKAGE: Document = {
    "package_id": "P",
    "version": "1.0",
    "created_at": "2026-01-01T00:00:00Z",
    "files": [
        {"path": "case.json", "size": 1, "sha256": "a" * 64, "role": "annotation", "references": ["m.nii.gz"]},
        {"path": "m.nii.gz", "size": 2, "sha256": "b" * 64, "role": "mask"},
    ],
}


def attributed(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document["labels"][0].update(attributes=[{"key": "size", **rest}])


def agreed(*ids: str, value: float = 0.9) -> Callable[[Document], None]:
    told = {"between": "annotators", "metric": "dice", "value": value}
    return lambda document: document.update(agreement=[{"id": each, **told} for each in ids])


OF_OTHERS: dict[str, list[tuple[Document, Callable[[Document], Any], str, Callable[[Document], Any]]]] = {
    "A-8.2.2a.duplicate_code": [
        (
            LABELS,
            lambda d: d["labels"].append({"code": "LUNG"}),
            "/labels/3/code",
            lambda d: d["labels"].append({"code": "lung"}),
        )
    ],
    "A-8.2.2a.parent_unknown": [
        (
            LABELS,
            lambda d: d["labels"][1].update(parent="THORAX"),
            "/labels/1/parent",
            lambda d: d["labels"].append({"code": "THORAX"}),
        )
    ],
    "A-8.3a.parent_cycle": [
        (LABELS, lambda d: d["labels"][0].update(parent="NECROSIS"), "/labels/0/parent", lambda d: None),
        (LABELS, lambda d: d["labels"][0].update(parent="LUNG"), "/labels/0/parent", lambda d: None),
        (LABELS, lambda d: d["labels"][1].update(parent="NECROSIS"), "/labels/1/parent", lambda d: None),
    ],
    "A-6.5.1b.label_unknown": [
        (
            TASK,
            lambda d: d.update(label_codes=["LIVER", "LIVRE"]),
            "/label_codes/1",
            lambda d: d.update(label_codes=["LIVRE"], label_system_id="L"),
        )
    ],
    "A-9.1.1.threshold_order": [
        (
            TASK,
            lambda d: d.update(thresholds=[{"name": "dice", "minimum": 0.9, "maximum": 0.85}]),
            "/thresholds/0",
            lambda d: d.update(thresholds=[{"name": "dice", "minimum": 0.85, "maximum": 0.85}]),
        )
    ],
    "A-10.1.5.file_twice": [
        (
            PACKAGE,
            lambda d: d["files"].append({"path": "M.nii.gz", "size": 2, "sha256": "b" * 64, "role": "mask"}),
            "/files/2/path",
            lambda d: d["files"].append({"path": "n.nii.gz", "size": 2, "sha256": "b" * 64, "role": "mask"}),
        )
    ],
    "A-10.1.5.file_unlisted": [
        (PACKAGE, lambda d: d["files"][0].update(references=["n.nii.gz"]), "/files/0/references/0", lambda d: None)
    ],
    "A-10.1.2.unit": [(LABELS, attributed(unit="MM"), "/labels/0/attributes/0/unit", attributed(unit="mm"))],
    "A-10.1.2.range_order": [
        (
            LABELS,
            attributed(minimum=2, maximum=1),
            "/labels/0/attributes/0/minimum",
            attributed(minimum=1, maximum=1),
        )
    ],
    "A-8.2.2a.said_twice": [
        (
            LABELS,
            lambda d: (d["labels"][0].update(number=2), d["labels"][2].update(number=2)),
            "/labels/2/number",
            lambda d: d["labels"][0].update(number=2),
        )
    ],
    "A-10.1.2.keypoint_pair": [
        (
            LABELS,
            lambda d: d["labels"][0].update(keypoints=["a", "b"], skeleton=[[0, 1], [1, 2]]),
            "/labels/0/skeleton/1",
            lambda d: d["labels"][0].update(keypoints=["a", "b"], skeleton=[[0, 1]], flip_pairs=[[0, 1]]),
        )
    ],
    "A-3.3.id_twice": [
        (PACKAGE, agreed("G", "G"), "/agreement/1/id", agreed("G", "H")),
    ],
    "A-9.2.agreement_range": [
        (PACKAGE, agreed("G", value=7.5), "/agreement/0/value", agreed("G", value=0.75)),
    ],
    "A-11.1.2.agent_unknown": [
        (
            PACKAGE,
            lambda d: d.update(created_by="D1", agents=[{"id": "Q1"}]),
            "/created_by",
            lambda d: d.update(created_by="D1", agents=[{"id": "D1"}]),
        )
    ],
}
"""What keeps a rule and what breaks exactly it."""
_ALL = [(rule, *example) for rule, listed in OF_OTHERS.items() for example in listed]


def checked(document: Document) -> list[tuple[str, str]]:
    typed = class_of(document).model_validate_json(json.dumps(document))
    return [(each.rule, each.path) for each in validate(typed, profile="delivery")]


@pytest.mark.parametrize(("rule", "base", "change", "path", "also_good"), _ALL)
def test_one_keeps_it_and_one_breaks_exactly_it(
    rule: str, base: Document, change: Callable[[Document], Any], path: str, also_good: Callable[[Document], Any]
) -> None:
    kept, broken = copy.deepcopy(base), copy.deepcopy(base)
    also_good(kept)
    assert checked(kept) == []
    change(broken)
    assert checked(broken) == [(rule, path)]


def test_two_rings_of_parents_are_two_findings() -> None:
    ring = [{"code": "A", "parent": "B"}, {"code": "B", "parent": "A"}, {"code": "C", "parent": "C"}]
    found = validate(LabelSystem.model_validate(LABELS | {"labels": [{"code": "X", "parent": "A"}, *ring]}))
    assert [each.path for each in found] == ["/labels/0/parent", "/labels/3/parent"]
    assert "X > A > B > A" in found[0].message


def labelled(**rest: Any) -> LabelSystem:
    return LabelSystem.model_validate(LABELS | rest)


def test_a_label_system_is_given_by_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.json", LABELS)
    task = TaskDefinition.model_validate(TASK | {"label_system_id": "M", "label_codes": ["NODULE"]})
    for given in (path, str(path)):
        (finding,) = validate(task, label_system=given)
        assert (finding.rule, finding.path) == ("A-6.5.1b.label_system_differs", "/label_system_id")
    in_file = validate(write(tmp_path / "task.json", TASK | {"label_system_id": "M"}), label_system=path)
    assert [each.rule for each in in_file] == ["A-6.5.1b.label_system_differs"]


def test_labels_are_those_of_the_label_system_given() -> None:
    labels = [Label.model_validate(each) for each in LABELS["labels"]]
    task = TaskDefinition.model_validate(TASK | {"label_system_id": "L", "label_codes": ["NODULE", "LIVER"]})
    assert [each.path for each in validate(task, label_system=labels)] == ["/label_codes/1"]
    assert validate(task) == []
    named = [each.rule for each in validate(task, label_system=labelled(id="M"))]
    assert named == ["A-6.5.1b.label_unknown", "A-6.5.1b.label_system_differs"]
    assert [each.rule for each in validate(task, label_system=labelled())] == ["A-6.5.1b.label_unknown"]
    case = good()
    case["annotations"][1]["label_code"] = "LIVER"
    case["annotations"][2]["label_code"] = "OWN"
    case["labels"] = [{"code": "OWN"}]
    typed = Case.model_validate_json(json.dumps(case))
    found = validate(typed, label_system=labels)
    assert [(each.rule, each.path) for each in found] == [("A-6.5.1b.label_unknown", "/annotations/1/label_code")]
    assert validate(typed) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (TASK, TaskDefinition),
        (LABELS, LabelSystem),
        (PACKAGE, Package),
        (good(), Case),
        (c5(), Case),
        ({"labels": []}, LabelSystem),
        ({"package_id": "P"}, Package),
        ({"image_id": "CT_00123", "annotations": [], "version": "1.0"}, Case),
        ({"task_id": "T", "version": "1.0"}, Case),
        ({}, Case),
        ([], Case),
        ("x", Case),
    ],
    ids=str,
)
def test_a_document_is_told_by_its_keys(document: object, expected: type) -> None:
    assert class_of(document) is expected


def test_a_file_of_lines_may_hold_all_of_them(tmp_path: Path) -> None:
    broken = PACKAGE | {"files": []}
    path = write(tmp_path / "all.jsonl", TASK, LABELS, PACKAGE, good(), broken, TASK | {"roles": []})
    found = validate(path, profile="delivery")
    assert [(each.case_index, each.rule, each.path) for each in found] == [
        (4, "schema.length", "/files"),
        (5, "schema.length", "/roles"),
    ]


def test_what_is_no_case_has_no_rules_of_cases() -> None:
    assert rules.check(TaskDefinition.model_validate(TASK), profile="delivery") == []
