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
    "label_codes": ["NODULE"],
    "alignment_rules": [{"scope": "case", "cardinality": "one_to_one"}],
    "agreement_monitoring": {"method": "repeat"},
    "scope": "lungs",
    "granularities": ["voxel"],
    "spatial_requirement": "LPS, mm",
    "operating_rules": ["outline first"],
    "output_formats": ["case"],
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
        {"path": "case.json", "size": 1, "sha256": "a" * 64, "role": "annotation"}
        | {"references": ["m.nii.gz"], "version": "v1.0"},
        {"path": "m.nii.gz", "size": 2, "sha256": "b" * 64, "role": "mask"},
        {"path": "README.md", "size": 3, "sha256": "c" * 64, "role": "description"},
        {"path": "qc.json", "size": 4, "sha256": "d" * 64, "role": "qc_record"},
    ],
    "sources": [{"institution": "H", "approval": "E1"}],
}


def attributed(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document["labels"][0].update(attributes=[{"key": "size", **rest}])


def agreed(*ids: str, value: float = 0.9) -> Callable[[Document], None]:
    told = {"between": "annotators", "metric": "dice", "value": value}
    return lambda document: document.update(agreement=[{"id": each, **told} for each in ids])


def fielded(*fields: Document) -> Callable[[Document], None]:
    return lambda document: document.update(fields=[{"key": "size", **each} for each in fields])


def limited(name: str, **rest: Any) -> Callable[[Document], None]:
    return lambda document: document.update(thresholds=[{"name": name, **rest}])


def traced(*events: Document) -> Callable[[Document], None]:
    told = {"stage": "source", "action": "import", "actor": "D1", "at": "2026-01-01T00:00:00Z"}
    return lambda document: document.update(trace=[{**told, **each} for each in events])


def reported(path: str) -> Callable[[Document], None]:
    return lambda document: document.update(validations=[{"id": "V", "kind": "third_party", "report_file": path}])


def spot_checked(failures: int) -> Callable[[Document], None]:
    told = {
        "scope": "text",
        "rule_set": "1",
        "policy": "names",
        "spot_checks": [{"sample_size": 3, "failures": failures}],
    }
    return lambda document: document.update(deidentification=[told])


def collected(begin: str, end: str) -> Callable[[Document], None]:
    source = {"institution": "H", "approval": "E1", "collected_from": begin, "collected_to": end}
    return lambda document: document.update(sources=[source])


def compared(*parties: str) -> Callable[[Document], None]:
    told = {"id": "G", "between": "annotators", "metric": "kappa", "value": 0.5, "parties": list(parties)}
    return lambda document: document.update(agents=[{"id": "A"}, {"id": "B"}], agreement=[told])


def removed(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document.update(deidentification=[{"rule_set": "1", **rest}])


def associated(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document.update(association={"granularity": "case", "keys": ["case_id"], **rest})


def moved(key: str, **rest: Any) -> Callable[[Document], None]:
    return lambda document: (document.pop(key), document.update(rest))[1]


def filed(*files: Document) -> Callable[[Document], None]:
    """Add files to a package."""

    def change(document: Document) -> None:
        document["files"] += [{"path": f"file-{n}.bin", "size": 9, **each} for n, each in enumerate(files)]

    return change


def excluded(**rest: Any) -> Callable[[Document], None]:
    told = {"case_id": "C9", "reason": "association_failed", **rest}
    return lambda document: document.update(exclusions=[told])


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
            "/files/4/path",
            lambda d: d["files"].append({"path": "n.nii.gz", "size": 2, "sha256": "b" * 64, "role": "mask"}),
        )
    ],
    "A-10.1.5.file_unlisted": [
        (PACKAGE, lambda d: d["files"][0].update(references=["n.nii.gz"]), "/files/0/references/0", lambda d: None),
        (PACKAGE, reported("report.pdf"), "/validations/0/report_file", reported("m.nii.gz")),
    ],
    "A-10.1.2.unit": [
        (LABELS, attributed(unit="MM"), "/labels/0/attributes/0/unit", attributed(unit="mm")),
        (TASK, fielded({"unit": "foo"}), "/fields/0/unit", fielded({"unit": "mm"})),
    ],
    "A-9.1.1.threshold_range": [
        (TASK, limited("dice", minimum=12), "/thresholds/0/minimum", limited("hd95", maximum=12)),
        (TASK, limited("Kappa", maximum=-1.5), "/thresholds/0/maximum", limited("Kappa", minimum=-0.5)),
        (TASK, limited("assd", maximum=-1), "/thresholds/0/maximum", limited("pixels", minimum=12)),
    ],
    "A-11.5.1.trace_order": [
        (
            PACKAGE,
            traced({"at": "2026-01-02T00:00:00Z"}, {"at": "2026-01-01T00:00:00Z"}),
            "/trace/1/at",
            traced({}, {}, {"at": "2026-01-02T00:00:00Z"}),
        )
    ],
    "A-11.5.1.trace_chain": [
        (
            PACKAGE,
            traced({"sha256": "a" * 64}, {"previous_sha256": "b" * 64}),
            "/trace/1/previous_sha256",
            traced({"previous_sha256": "c" * 64, "sha256": "a" * 64}, {"previous_sha256": "a" * 64}, {}),
        )
    ],
    "A-7.3a.spot_check": [
        (PACKAGE, spot_checked(9), "/deidentification/0/spot_checks/0/failures", spot_checked(0)),
    ],
    "A-7.1.collection_order": [
        (
            PACKAGE,
            collected("2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            "/sources/0/collected_to",
            collected("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        )
    ],
    "A-8.3a.level_order": [
        (
            LABELS,
            lambda d: (d["labels"][0].update(level="substructure"), d["labels"][1].update(level="organ")),
            "/labels/1/level",
            lambda d: (d["labels"][0].update(level="organ"), d["labels"][2].update(level="feature")),
        )
    ],
    "A-10.1.2.flipped_twice": [
        (
            LABELS,
            lambda d: d["labels"][0].update(keypoints=["l", "r", "c"], flip_pairs=[[0, 1], [1, 2]]),
            "/labels/0/flip_pairs/1",
            lambda d: d["labels"][0].update(keypoints=["l", "r"], flip_pairs=[[0, 1]]),
        )
    ],
    "A-10.1.2.range_order": [
        (
            LABELS,
            attributed(minimum=2, maximum=1),
            "/labels/0/attributes/0/minimum",
            attributed(minimum=1, maximum=1),
        ),
        (TASK, fielded({"minimum": 5, "maximum": 1}), "/fields/0/minimum", fielded({"minimum": 1, "maximum": 5})),
    ],
    "A-8.2.2a.said_twice": [
        (
            LABELS,
            lambda d: (d["labels"][0].update(number=2), d["labels"][2].update(number=2)),
            "/labels/2/number",
            lambda d: d["labels"][0].update(number=2),
        ),
        (TASK, fielded({}, {}), "/fields/1/key", fielded({}, {"key": "shape"})),
        (
            TASK,
            fielded({"permissible_values": [{"value": "x"}, {"value": "x"}], "missing_code": "NA"}),
            "/fields/0/permissible_values/1/value",
            fielded({"permissible_values": [{"value": "x"}, {"value": "y"}], "missing_code": "NA"}),
        ),
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
        ),
        (PACKAGE, compared("A", "ZZ"), "/agreement/0/parties/1", compared("A", "B")),
    ],
    "A-7.1.basis_missing": [
        (
            PACKAGE,
            lambda d: d.update(sources=[{"institution": "H"}]),
            "/sources/0",
            lambda d: d.update(sources=[{"institution": "H", "approval": "E1"}]),
        )
    ],
    "A-7.3a.policy_missing": [
        (PACKAGE, removed(scope="text"), "/deidentification/0", removed(scope="structured_data")),
    ],
    "A-7.3a.mapping_rule_missing": [
        (
            PACKAGE,
            removed(scope="structured_data", mapping_kept=True),
            "/deidentification/0",
            removed(scope="structured_data", mapping_kept=False),
        ),
    ],
    "A-7.3b.tool_missing": [
        (
            PACKAGE,
            removed(scope="pixel_data"),
            "/deidentification/0",
            removed(scope="pixel_data", tool={"name": "dcm", "version": "1"}),
        ),
    ],
    "A-6.3.3.element_missing": [
        (TASK, lambda d: d.pop("alignment_rules"), "", lambda d: d.update(goal="all")),
        (
            TASK,
            lambda d: d.pop("agreement_monitoring"),
            "",
            lambda d: d.update(sampling={"decision_rule": "none may fail"}),
        ),
    ],
    "A-6.3.1.modalities_unrelated": [
        (
            TASK,
            lambda d: d.update(modalities=["CT", "MR"], coordinate_frame="LPS"),
            "/modalities",
            lambda d: d.update(
                modalities=["CT", "MR"],
                coordinate_frame="LPS",
                registration_method="rigid",
                modality_correspondence="dark on CT is bright on T2",
            ),
        )
    ],
    "A-6.3.2.handling_missing": [
        (
            TASK,
            associated(missing_handling="isolated"),
            "/association",
            associated(missing_handling="isolated", conflict_handling="arbitrated", time_handling="labelled"),
        )
    ],
    "A-9.1.1n2.metric_missing": [
        (
            TASK,
            lambda d: d.update(geometries=["mask"], metrics=["kappa"]),
            "/metrics",
            lambda d: d.update(geometries=["mask"], metrics=["kappa", "dice"]),
        )
    ],
    "A-A.3.3.missing_code": [
        (
            TASK,
            fielded({"permissible_values": [{"value": "x"}]}),
            "/fields/0",
            fielded({"permissible_values": [{"value": "x"}], "missing_code": "NA"}),
        )
    ],
    "A-6.3.1.element_missing": [
        (TASK, lambda d, key=key: d.pop(key), "", lambda d: d.update(version="2.0"))
        for key in ("scope", "granularities", "output_formats")
    ]
    + [
        (TASK, lambda d: d.pop("spatial_requirement"), "", moved("spatial_requirement", coordinate_frame="LPS")),
        (TASK, lambda d: d.pop("operating_rules"), "", moved("operating_rules", delineation_rules=["outline first"])),
    ],
    "A-A.3.2.basis_missing": [
        (
            TASK,
            lambda d: d["deliverables"].append({"side": "grading", "description": "TI-RADS"}),
            "/deliverables/1",
            lambda d: d.update(
                deliverables=[{"side": "grading", "description": "TI-RADS"}], grading_rules=["ACR TI-RADS 2017, 1 to 5"]
            ),
        ),
        (
            TASK,
            fielded({"kind": "grading", "minimum": 1, "maximum": 5, "missing_code": "NA"}),
            "/fields/0",
            fielded({"kind": "grading", "minimum": 1, "maximum": 5, "basis": "ACR TI-RADS 2017", "missing_code": "NA"}),
        ),
        (
            LABELS,
            attributed(kind="grading", basis="ACR TI-RADS 2017"),
            "/labels/0/attributes/0",
            attributed(kind="grading", basis="ACR TI-RADS 2017", permissible_values=[{"value": "1"}]),
        ),
    ],
    "A-A.5c.deduplication_missing": [
        (
            TASK,
            lambda d: d.update(data_preparation={"exclusions": ["artefacts"]}),
            "/data_preparation",
            lambda d: d.update(data_preparation={"deduplication": "by SOP Instance UID and by pixels"}),
        )
    ],
    "A-A.5c.file_copied": [
        (
            PACKAGE,
            filed(*[{"role": "text", "sha256": "e" * 64}] * 2),
            "/files/5/sha256",
            filed({"role": "text", "sha256": "e" * 64}, {"role": "mask", "sha256": "e" * 64}),
        )
    ],
    "A-A.5c.failure_unrecorded": [
        (PACKAGE, excluded(), "/exclusions/0", excluded(note="set apart")),
        (
            PACKAGE,
            excluded(),
            "/exclusions/0",
            lambda d: (
                excluded()(d),
                d.update(association_problems=[{"case_id": "C9", "kind": "missing", "handling": "set apart"}]),
            ),
        ),
        (PACKAGE, excluded(), "/exclusions/0", excluded(reason="artefact")),
    ],
    "A-7.1.source_missing": [(PACKAGE, lambda d: d.pop("sources"), "", lambda d: d.update(license="CC BY 4.0"))],
    "A-8.4e.file_version_missing": [
        (PACKAGE, lambda d: d["files"][0].pop("version"), "/files/0", filed({"role": "other", "sha256": "e" * 64}))
    ],
    "A-6.6.2.image_unlinked": [
        (
            PACKAGE,
            filed({"role": "image", "sha256": "e" * 64}),
            "/files/4",
            lambda d: (
                filed({"role": "image", "sha256": "e" * 64})(d),
                d["files"][0]["references"].append("file-0.bin"),
            ),
        )
    ],
    "A-6.6.1.document_missing": [
        (PACKAGE, lambda d: d["files"].pop(), "/files", lambda d: d.update(license="CC BY 4.0")),
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


def test_what_stood_before_is_named_by_a_json_pointer() -> None:
    document = PACKAGE | {"agents": [{"id": "Q1"}, {"id": "Q1"}]}
    (finding,) = validate(Package.model_validate(document))
    assert (finding.rule, finding.path) == ("A-3.3.id_twice", "/agents/1/id")
    assert finding.message == "the id Q1 is that of /agents/0 already"


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


def test_a_case_may_not_give_a_label_of_its_system_another_category() -> None:
    given = labelled(labels=[{"code": "NODULE", "category": "lesion"}, {"code": "LUNG"}])
    case = good()
    case["labels"] = [{"code": "LUNG", "category": "organ"}, {"code": "NODULE", "category": "lesion"}]
    typed = Case.model_validate_json(json.dumps(case))
    assert [each.rule for each in validate(typed, label_system=given) if "category" in each.rule] == []
    case["labels"][1]["category"] = "organ"
    case["annotations"] = [each | {"category": "organ"} for each in case["annotations"]]
    typed = Case.model_validate_json(json.dumps(case))
    found = [(each.rule, each.path) for each in validate(typed, label_system=given, profile="delivery")]
    assert ("A-8.2.2.category_differs", "/labels/1/category") in found
    assert [each.rule for each in validate(typed) if "category" in each.rule] == []


@pytest.mark.parametrize(
    "document",
    [TASK, LABELS, PACKAGE | {"files": [PACKAGE["files"][1] | {"extensions": {}}]}],
    ids=["task", "labels", "package"],
)
def test_an_unknown_key_is_not_sent_where_nothing_of_ones_own_belongs(tmp_path: Path, document: Document) -> None:
    for finding in validate(write(tmp_path / "x.json", document | {"extensions": {}})):
        assert finding.rule == "schema.unknown_key"
        for language in ("en", "zh"):
            assert "attributes" not in finding.text(language)
            assert finding.text(language).count("extensions") == 1  # its own name


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
