"""Every rule: one case that keeps it, one that breaks exactly it, in the level that its profile gives it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv import model, rules
from annoconv.casefile import LoadedCase, open_case
from annoconv.errors import GeometryError
from annoconv.geometry import Grid, apply_relation
from annoconv.model import Case, LabelSystem, Package, TaskDefinition
from annoconv.pixels import check_frame, save_nifti
from annoconv.rules import engine
from tests.documents import Document, common, good, write
from tests.rules.coordinates import COORDINATES
from tests.rules.cycles import CYCLES
from tests.rules.examples import AGREEING, Example, add, check, registration, review
from tests.rules.mask_shapes import MASK_SHAPES
from tests.rules.said import SAID
from tests.rules.stated import STATED
from tests.rules.test_documents import OF_OTHERS
from tests.rules.traces import TRACES
from tests.rules.versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def of_version(version: str) -> Callable[[Document], None]:
    return lambda document: document.update(schema_version=version)


def relation(**rest: Any) -> Document:
    return {"id": "L", "type": "relation", "source_id": "P1", "target_id": "Q1", "relation": "near", **rest}


def record(told: Document) -> Document:
    return {"id": "C", "kind": "laboratory", "fields": [{"key": "AFP", **told}]}


def suggestion(identity: str, annotation_ids: list[str], **rest: Any) -> Document:
    return {"id": identity, "model": {"name": "m"}, "annotation_ids": annotation_ids, "outcome": "accepted", **rest}


def suggested(document: Document, **told: Any) -> None:
    """Let the first annotation have grown out of a suggestion."""
    document["annotations"][0]["assistance_id"] = "S1"
    document["metadata"]["assistance"] = [{"id": "S1", "model": {"name": "m"}, **told}]


def structured(document: Document, recorded_at: str = "2026-04-02T00:00:00Z", **told: Any) -> None:
    """Link the image of 1 January 2026 with a record, of 91 days later if not told otherwise."""
    document["image"]["acquired_at"] = "2026-01-01T00:00:00Z"
    document["clinical_records"] = [record({"value": 5.6}) | {"recorded_at": recorded_at}]
    document["links"] = [
        {
            "id": "L",
            "type": "image_structured",
            "record_id": "C",
            "keys": [{"kind": "case_id", "value": "CASE_1"}],
            **told,
        }
    ]


EXAMPLES: dict[str, list[Example]] = {
    "A-C.3.duplicate_id": [Example(add(common("B1", "point", point=[1, 1, 1])), "/annotations/3/id", "minimal")],
    "A-C.2.schema_version": [
        Example(
            of_version(version),
            "/schema_version",
            "minimal",
            of_version(model.SCHEMA_VERSION),
        )
        for version in ("2.0", "0.9", "1.0.1")
    ],
    "A-8.4e.image_unknown": [
        Example(
            add(common("X", "point", point=[1, 1, 1], image_uid="1.9")),
            "/annotations/3/image_uid",
            "minimal",
            add(common("X", "point", point=[1, 1, 1], image_uid="1.2.840.1")),
        )
    ],
    "A-C.3.slice_missing": [
        Example(
            add(shape),
            "/annotations/3",
            "minimal",
            add(shape | {"frame_index": 1}),
        )
        for shape in (
            common("X", "polygon", polygon=[[1, 1], [5, 1], [5, 6]]),
            common("X", "bbox", bbox=[1, 1, 2, 2]),
            common("X", "ellipse", center=[4, 4], radii=[2, 1]),
            common("X", "point", point=[1, 2]),
            common("X", "polyline", polyline=[[1, 2], [3, 4]]),
        )
    ],
    "A-9.3.1a.slice_outside": [
        Example(
            add(common("X", "point", point=[1, 2], **{key: 10})),
            f"/annotations/3/{key}",
            "minimal",
            add(common("X", "point", point=[1, 2], **{key: 9})),
        )
        for key in ("slice_index", "frame_index")
    ],
    "A-5.6.annotator_missing": [
        Example(
            lambda d: d["metadata"].pop("annotator"),
            "/metadata",
            also_good=lambda d: [each.update(annotator="A2") for each in d["annotations"]],
        )
    ],
    "A-C.3.bbox_order": [
        Example(add(common("X", "bbox", bbox=[5, 1, 0, 4, 2, 1])), "/annotations/3/bbox", "minimal"),
        Example(
            add(common("X", "bbox", bbox=[5, 6, 6, 5], slice_index=0)),
            "/annotations/3/bbox",
            "minimal",
            add(common("X", "bbox", bbox=[5, 5, 5, 6], slice_index=0)),
        ),
    ],
    "A-6.5.1a.geometry_outside": [
        Example(
            add(common("X", "bbox", bbox=[0, 0, 0, 20, 16, 10.5])),
            "/annotations/3/bbox",
            "minimal",
            add(common("X", "bbox", bbox=[0, 0, 0, 20, 16, 10])),
        ),
        Example(add(common("X", "point", point=[-0.5, 1, 1])), "/annotations/3/point"),
        Example(
            add(common("X", "polygon", polygon=[[1, 1], [5, 16.01], [5, 6]], slice_index=0)), "/annotations/3/polygon"
        ),
    ],
    "A-7.2b.direction_missing": [Example(lambda d: d["image"].pop("direction"), "/image", "exchange")],
    "A-7.2d.origin_missing": [Example(lambda d: d["image"].pop("origin"), "/image", "exchange")],
    "A-7.2c.spacing_missing": [
        Example(
            lambda d: d["image"].pop("spacing"),
            "/image",
            "exchange",
            lambda d: d.update(
                related_images=[
                    {"uid": "us", "modality": "US", "shape": [9, 9, 9], "coordinate_frame": "NONE", "frame_rate": 25}
                ]
            ),
        )
    ],
    "A-7.2b.direction_not_orthonormal": [
        Example(
            lambda d: d["image"].update(direction=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.1], [0.0, 0.0, 1.0]]),
            "/image/direction",
            "minimal",
            lambda d: d["image"].update(direction=[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]),
        )
    ],
    "A-C.2.shape_missing": [
        Example(
            lambda d: d["image"].pop("shape"),
            "/image",
            "minimal",
            lambda d: d.update(
                related_images=[{"uid": "report only", "modality": "CT"}],
                annotations=[
                    common("O", "point", point=[1, 2, 3], coordinate_space="patient", image_uid="report only")
                ],
            ),
        )
    ],
    "A-7.2c.spacing_rank": [
        Example(
            lambda d: d["image"].update(spacing=[1.0, 1.0]),
            "/image/spacing",
            "minimal",
            lambda d: d.update(related_images=[{"uid": "x", "modality": "DX", "shape": [9, 9], "spacing": [1.0, 1.0]}]),
        )
    ],
    "A-C.2.duplicate_uid": [
        Example(
            lambda d: d.update(related_images=[{"uid": "1.2.840.1", "modality": "DX", "shape": [9, 9]}]),
            "/related_images/0/uid",
            "minimal",
            lambda d: d.update(related_images=[{"uid": "1.2.840.2", "modality": "DX", "shape": [9, 9]}]),
        )
    ],
    "A-C.1.upper_case": [
        Example(
            lambda d, code=code: d["annotations"][0].update(label_code=code),
            "/annotations/0/label_code",
            also_good=lambda d: d["annotations"][0].update(label_code="T2_HYPERINTENSE_1"),
        )
        for code in ("liver", "Liver_Left", "LIVER_", "LIVER__LEFT")
    ],
    "A-3.3.dangling_link": [
        Example(
            lambda d: d["annotations"][0].update(cross_modal_links=["P1", "TXT_SPAN_01"]),
            "/annotations/0/cross_modal_links/1",
            "minimal",
            lambda d: d["annotations"][0].update(cross_modal_links=["P1", "1.2.840.1"]),
        )
    ],
    "A-3.4.unconfirmed": [
        Example(
            lambda d: d["annotations"][0].update(algorithm_type="automatic"),
            "/annotations/0/algorithm_type",
            also_good=lambda d: d["annotations"][0].update(algorithm_type="automatic_confirmed"),
        )
    ],
    "A-3.3.reference_unknown": [
        *(
            Example(
                lambda d, put=put: d.update(put("absent")),
                path,
                "exchange",
                lambda d, put=put: d.update(put("B1")),
            )
            for put, path in (
                (lambda at: {"reviews": [review(annotation_ids=[at])]}, "/reviews/0/annotation_ids/0"),
                (lambda at: {"links": [relation(source_id=at)]}, "/links/0/source_id"),
                (lambda at: {"links": [relation(target_id=at)]}, "/links/0/target_id"),
                (
                    lambda at: {"registrations": [registration(checks=[check(at)])]},
                    "/registrations/0/checks/0/annotation_id",
                ),
            )
        ),
        Example(lambda d: d["annotations"][0].update(assistance_id="S"), "/annotations/0/assistance_id", "exchange"),
        Example(
            lambda d: d.update(registrations=[registration(moving_image_uid="1.9")]),
            "/registrations/0/moving_image_uid",
            "exchange",
            lambda d: d.update(registrations=[registration()]),
        ),
        Example(
            lambda d: d.update(
                texts=[{"id": "T", "kind": "other", "content": "x", "image_uids": ["1.2.840.1", "1.9"]}]
            ),
            "/texts/0/image_uids/1",
            "exchange",
            lambda d: d["image"].update(derived_from=["1.9"]),
        ),
        Example(
            lambda d: d.update(links=[{"id": "L", "type": "image_text", "annotation_ids": ["B1"], "span_ids": ["P1"]}]),
            "/links/0/span_ids/0",
            "exchange",
        ),
    ],
    "A-3.3.id_twice": [
        Example(
            lambda d: d.update(texts=[{"id": "B1", "kind": "other", "content": "x"}]),
            "/annotations/0/id",
            "minimal",
            lambda d: d.update(texts=[{"id": "T1", "kind": "other", "content": "x"}]),
        ),
        Example(
            lambda d: d.update(related_images=[{"uid": "P1", "modality": "DX", "shape": [9, 9]}]),
            "/annotations/1/id",
            "minimal",
            lambda d: d.update(related_images=[{"uid": "P", "modality": "DX", "shape": [9, 9]}]),
        ),
        Example(
            lambda d: d["metadata"].update(agents=[{"id": "A1"}, {"id": "R1"}, {"id": "R1"}]),
            "/metadata/agents/2/id",
            "minimal",
            lambda d: d["metadata"].update(agents=[{"id": "A1"}, {"id": "R1"}]),
        ),
        Example(
            lambda d: d["metadata"].update(qc={"findings": [{"id": "P1", "kind": "other"}]}),
            "/metadata/qc/findings/0/id",
            "minimal",
            lambda d: d["metadata"].update(agents=[{"id": "A1"}, {"id": "R1"}, {"id": "P1"}]),
        ),
    ],
    "A-3.3.reference_cycle": [
        Example(
            lambda d: [
                each.update(parent_id=parent) for each, parent in zip(d["annotations"], ["P1", "Q1", "P1"], strict=True)
            ],
            "/annotations/1/parent_id",
            "minimal",
            lambda d: [
                each.update(parent_id=parent) for each, parent in zip(d["annotations"][1:], ["B1", "B1"], strict=True)
            ],
        ),
        Example(
            lambda d: d["annotations"][1].update(derived_from=["B1", "P1"]),
            "/annotations/1/derived_from",
            "minimal",
            lambda d: d["annotations"][1].update(derived_from=["B1", "Q1"]),
        ),
    ],
    "A-6.3.2.study_unlisted": [
        Example(
            lambda d: d["image"].update(study_instance_uid="1.3") or d.update(studies=[{"study_instance_uid": "1.2"}]),
            "/image/study_instance_uid",
            "minimal",
            lambda d: d["image"].update(study_instance_uid="1.2") or d.update(studies=[{"study_instance_uid": "1.2"}]),
        )
    ],
    "A-11.1.2.agent_unknown": [
        Example(
            lambda d: d["metadata"].update(agents=[{"id": "A1"}]),
            "/metadata/reviewer",
            also_good=lambda d: d["metadata"].update(agents=[{"id": "A1"}, {"id": "R1"}]),
        )
    ],
    "A-8.5.1b.end_missing": [
        Example(
            lambda d: d.update(registrations=[registration(fixed_image_uid=None)]),
            "/registrations/0",
            "minimal",
            lambda d: d.update(registrations=[registration(fixed_image_uid=None, fixed_frame_of_reference_uid="1.5")]),
        )
    ],
    "A-8.5.3a.value_missing": [
        *(
            Example(
                lambda d, told=told: d.update(clinical_records=[record(told)]),
                "/clinical_records/0/fields/0",
                "minimal",
                lambda d, told=good_one: d.update(clinical_records=[record(told)]),
            )
            for told, good_one in (
                ({}, {"value": 0}),
                ({"comparator": "lt"}, {"absent_reason": "masked"}),
                (
                    {"value": False, "absent_reason": "error"},
                    {"value_concept": {"code": "1", "scheme": "SCT", "meaning": "m"}},
                ),
            )
        )
    ],
    "A-3.4.suggestion_open": [
        *(
            Example(
                lambda d, outcome=outcome: suggested(d, **outcome),
                "/annotations/0/assistance_id",
                also_good=lambda d, good_one=good_one: suggested(d, **good_one),
            )
            for outcome, good_one in (
                ({"outcome": "pending"}, {"outcome": "accepted"}),
                ({"outcome": "rejected"}, {"outcome": "accepted"}),
                ({}, {"outcome": "accepted"}),
            )
        ),
        Example(
            lambda d: suggested(d, outcome="rejected"),
            "/annotations/0/assistance_id",
            also_good=lambda d: (suggested(d, outcome="rejected"), d["annotations"][0].update(status="rejected")),
        ),
    ],
    "A-3.4.assistance_differs": [
        Example(
            lambda d: (suggested(d, outcome="accepted"), d["metadata"]["assistance"].append(suggestion("S2", ["B1"]))),
            "/metadata/assistance/1/annotation_ids/0",
            also_good=lambda d: suggested(d, outcome="accepted", annotation_ids=["B1"]),
        )
    ],
    "A-8.3b.granularity": [
        Example(
            lambda d: d["annotations"][0].update(granularity="voxel"),
            "/annotations/0/granularity",
            also_good=lambda d: (
                d["annotations"][0].update(granularity="region"),
                d["annotations"][1].update(granularity="boundary", label_code="MASS"),
            ),
        )
    ],
    "A-C.3.category_of_label": [
        Example(
            lambda d: d["annotations"][0].update(label_code="LUNG_LEFT", category="lesion"),
            "/annotations/0/category",
            also_good=lambda d: d["annotations"][0].update(label_code="LUNG_LEFT", category="organ"),
        ),
        Example(
            lambda d: d.update(labels=[{"code": "NODULE", "category": "organ"}], annotations=d["annotations"][:1]),
            "/annotations/0/category",
            also_good=lambda d: d.update(labels=[{"code": "NODULE"}]),
        ),
    ],
    "A-8.5.3c.interval": [
        *(
            Example(
                lambda d, told=told: structured(d, **told),
                f"/links/0/{key}",
                also_good=lambda d, good_one=good_one: structured(d, **good_one),
            )
            for told, key, good_one in (
                (
                    {"interval_days": 92.5, "time_deviation": True},
                    "interval_days",
                    {"interval_days": 91.2, "time_deviation": True},
                ),
                ({"interval_days": 91}, "time_deviation", {"interval_days": 91, "time_deviation": True}),
                ({}, "time_deviation", {"time_deviation": True}),
                ({"time_deviation": False}, "time_deviation", {"recorded_at": "2026-01-31T00:00:00Z"}),
                (
                    {"recorded_at": "2026-01-31T00:00:00Z", "time_deviation": True},
                    "time_deviation",
                    {"time_deviation": True},
                ),
            )
        )
    ],
    "A-8.5.3b.field_differs": [
        Example(
            lambda d: structured(d, time_deviation=True, fields={"AFP": 5.7}),
            "/links/0/fields/AFP",
            also_good=lambda d: structured(d, time_deviation=True, fields={"AFP": 5.60}),
        )
    ],
    "A-9.3.1b.reviewer_differs": [
        Example(
            lambda d: d.update(reviews=[review(reviewer="R2")]),
            "/metadata/reviewer",
            also_good=lambda d: d.update(
                reviews=[review(), review(id="V2", level="arbitration", reviewer="C1", frozen_version="v1.0")]
            ),
        )
    ],
    "A-8.2.2a.duplicate_code": [
        Example(
            lambda d: d.update(labels=[{"code": "NODULE"}, {"code": "X", "number": 1}, {"code": "NODULE"}]),
            "/labels/2/code",
            "minimal",
            lambda d: d.update(labels=[{"code": "NODULE"}, {"code": "nodule"}]),
        )
    ],
    "A-9.3.1b.reviewer_is_annotator": [
        Example(
            lambda d: d["metadata"].update(reviewer="A1"),
            "/metadata/reviewer",
            also_good=lambda d: d["metadata"].update(reviewer="R2"),
        ),
        Example(lambda d: d["annotations"][1].update(annotator="R1"), "/metadata/reviewer"),
    ],
}
_MORE = (AGREEING, SAID, STATED, VERSIONS, COORDINATES, CYCLES, TRACES)
for _rule, _more in (entry for examples in _MORE for entry in examples.items()):
    EXAMPLES[_rule] = [*EXAMPLES.get(_rule, ()), *_more]
"""Rules that look at the document alone; those that look at files are tested by name below."""
WITH_FILES = {
    "A-6.4.1.fractional_type",
    "A-10.1.5.mask_digest",
    "A-6.4.1.mask_damaged",
    "A-6.4.1.mask_empty",
    "A-6.4.1.mask_value_absent",
    "A-6.4.1.mask_value_unnamed",
    "A-8.4a.mask_beyond_image",
    "A-6.6.2.image_source",
    "A-6.6.2.image_changed",
    "A-8.4a.mask_grid",
    "A-8.4a.mask_steps_otherwise",
    "A-10.1.5.mask_missing",
    "A-10.1.5.mask_outside",
    "A-B.2.affine_equals_dicom_origin",
    "A-6.5.1b.label_unknown",
    "A-8.2.2.category_differs",
    *MASK_SHAPES,
}


OF_SEVERAL = {
    "A-9.4.1.patient_in_two_splits",
    "A-8.4b.name_of_set",
    "A-A.5c.image_twice",
    "A-A.5c.near_copy",
    "A-8.3b.granularity_of_task",
    "A-A.3.4.cardinality",
}
"""Rules on cases together, `tests/test_splits.py`, and on a case and its task: `test_data_set`, `test_near_copies`."""


def loaded(document: Document) -> LoadedCase:
    return LoadedCase(Case.model_validate_json(json.dumps(document)))


@pytest.mark.parametrize(("rule", "example"), [(rule, each) for rule in EXAMPLES for each in EXAMPLES[rule]])
def test_one_keeps_it_and_one_breaks_exactly_it(rule: str, example: Example) -> None:
    kept, broken = good(), good()
    example.also_good(kept)
    assert rules.check(loaded(kept), profile=example.profile) == []
    example.change(broken)
    (finding,) = rules.check(loaded(broken), profile=example.profile)
    assert (finding.rule, finding.path) == (rule, example.path)
    assert finding.level is rules.catalogue()[rule].levels[example.profile]
    assert finding.text("en") != finding.text("zh")


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
@pytest.mark.parametrize("profile", rules.PROFILES)
def test_a_profile_gives_the_level(rule: str, profile: rules.Profile) -> None:
    document = good()
    EXAMPLES[rule][0].change(document)
    level = rules.catalogue()[rule].levels[profile]
    assert [each.level for each in rules.check(loaded(document), profile=profile)] == ([level] if level else [])


def test_the_catalogue_and_the_functions_are_the_same_set() -> None:
    of_others = {name for one in (TaskDefinition, LabelSystem, Package) for name in engine.checks(one)}
    assert set(rules.catalogue()) == set(engine.checks()) | of_others
    assert set(engine.checks()) == set(EXAMPLES) | WITH_FILES | OF_SEVERAL
    assert of_others == set(OF_OTHERS) | {"A-6.5.1b.label_system_differs"}


@pytest.mark.parametrize("rule", rules.catalogue().values(), ids=lambda rule: rule.id)
def test_an_entry_is_whole(rule: rules.Rule) -> None:
    assert tuple(rule.levels) == rules.PROFILES
    assert rule.levels["delivery"] is not None
    assert rule.clause.startswith(("A ", "Q ", "M ", "C "))
    assert hasattr(model, rule.applies_to)
    names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (rule.message_en, rule.message_zh)]
    assert names[0] == names[1]
    for text in (rule.title_zh, rule.message_zh):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text)
    assert rule.title_en.endswith(".")
    assert rule.title_zh.endswith("。")
    assert not rule.message_en.endswith(".")


def test_all_breaches_are_told_at_once() -> None:
    document = good()
    for name in EXAMPLES:
        if name.endswith((".bbox_order", ".upper_case", ".reviewer_is_annotator", ".dangling_link")):
            EXAMPLES[name][0].change(document)
    found = rules.check(loaded(document), profile="delivery")
    assert len(found) == 4
    assert found == sorted(found)
    assert found == rules.check(loaded(document), profile="delivery")


# --- rules that look at files ---


def with_mask(
    folder: Path, affine: Any = None, labels_kji: Any = None, values: Sequence[int] = (), **rest: Any
) -> LoadedCase:
    """Return a case with a mask file, or a label map of these values, that fits its image unless told otherwise."""
    folder.mkdir(exist_ok=True)
    document = good()
    told: list[Document] = [{"mask_value": value} for value in values] or [{}]
    for number, each in enumerate(told):
        document["annotations"].append(common("M" * (number + 1), "mask", mask_file="masks/m.nii.gz", **each, **rest))
    path = write(folder / "case.json", document)
    if affine is None:
        affine = np.diag([1.0, 1.5, 2.0, 1.0])
        affine[:3, 3] = document["image"]["origin"]
    labels_kji = np.ones((10, 16, 20), bool) if labels_kji is None else labels_kji
    save_nifti(folder / "masks" / "m.nii.gz", labels_kji, Grid(labels_kji.shape[::-1], affine))
    return open_case(path.read_bytes(), path)


def told(case: LoadedCase, profile: rules.Profile = "delivery", **options: Any) -> list[tuple[str, str]]:
    return [(each.rule, each.path) for each in rules.check(case, profile=profile, **options)]


def drawn(shape_kji: tuple[int, int, int], *boxes: tuple[int, int]) -> Any:
    """Return labels 1, 2 ..., each in these slices of two columns."""
    labels_kji = np.zeros(shape_kji, np.uint8)
    for value, (first, last) in enumerate(boxes, 1):
        labels_kji[first:last, 2, 3:5] = value
    return labels_kji


def test_mask_files_that_fit(tmp_path: Path) -> None:
    assert rules.check(with_mask(tmp_path), profile="delivery") == []


def test_mask_file_missing(tmp_path: Path) -> None:
    case = with_mask(tmp_path)
    (tmp_path / "masks" / "m.nii.gz").unlink()
    (finding,) = rules.check(case, profile="delivery")
    assert (finding.rule, finding.path) == ("A-10.1.5.mask_missing", "/annotations/3/mask_file")
    assert [each.level for each in rules.check(case)] == ["warning"]


def test_mask_file_outside(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    case = with_mask(folder)
    (folder / "masks").rename(tmp_path / "out")
    (folder / "masks").symlink_to(tmp_path / "out")
    (finding,) = rules.check(case)
    assert (finding.rule, finding.path, finding.level) == ("A-10.1.5.mask_outside", "/annotations/3/mask_file", "error")


def test_mask_file_on_another_lattice(tmp_path: Path) -> None:
    shifted = np.diag([1.0, 1.5, 2.0, 1.0])
    shifted[:3, 3] = (-9.6, 0.0, 5.0)
    for number, affine in enumerate((shifted, np.diag([3.0, 1.5, 2.0, 1.0]))):
        folder = tmp_path / str(number)
        folder.mkdir()
        (finding,) = rules.check(with_mask(folder, affine), profile="delivery")
        assert (finding.rule, finding.path) == ("A-8.4a.mask_grid", "/annotations/3/mask_file")
        assert finding.message.count("LPS from ijk [[") == 2  # both, so that one sees how they differ


def test_lps_numbers_written_as_ras_are_explained(tmp_path: Path) -> None:
    turned = np.diag([-1.0, -1.5, 2.0, 1.0])
    turned[:3, 3] = (10.0, 0.0, 5.0)
    (finding,) = rules.check(with_mask(tmp_path, turned), profile="exchange")
    assert finding.rule == "A-8.4a.mask_grid"
    assert "RAS" in finding.message


def test_a_damaged_mask_file_is_a_finding(tmp_path: Path) -> None:
    case = with_mask(tmp_path)
    (tmp_path / "masks" / "m.nii.gz").write_bytes(b"nothing")
    (finding,) = rules.check(case, profile="delivery")
    assert finding.rule == "A-8.4a.mask_grid"
    assert rules.check(case) == []


def test_foreground_beyond_the_image(tmp_path: Path) -> None:
    """A mask on more slices than the image has: what lies on the others is what converters would have to cut."""
    fits = with_mask(tmp_path / "fits", labels_kji=drawn((14, 16, 20), (2, 10)))
    assert told(fits) == []
    case = with_mask(tmp_path / "beyond", labels_kji=drawn((14, 16, 20), (2, 11)))
    assert told(case) == [("A-8.4a.mask_beyond_image", "/annotations/3/mask_file")]
    assert told(case, "minimal") == []
    (finding,) = rules.check(case, profile="exchange")
    assert "2 of its 18 foreground voxels" in finding.message
    mask = case.masks["M"]
    with pytest.raises(GeometryError, match="2 of its 18 foreground voxels"):
        apply_relation(mask.read(), check_frame(case.case.image, mask.volume))


def test_half_a_shape(tmp_path: Path) -> None:
    """Every second voxel of the image: another lattice."""
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    affine[:3, 3] = good()["image"]["origin"]
    case = with_mask(tmp_path, affine, np.ones((5, 8, 10), bool))
    assert told(case) == [("A-8.4a.mask_grid", "/annotations/3/mask_file")]


def test_the_source_tells_where_an_image_lies_of_which_the_case_says_nothing(tmp_path: Path) -> None:
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = good()["image"]["origin"]
    flipped = affine @ np.array([[-1, 0, 0, 19], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    for name, moved, expected in (
        ("same", affine, []),
        ("flipped, and said so", flipped, []),
        ("moved", affine + 3.5 * np.eye(4, k=3), ["A-8.4a.mask_grid"]),
    ):
        case = with_mask(tmp_path / name, moved)
        bare = case.case.model_copy(
            update={"image": case.case.image.model_copy(update=dict.fromkeys(("origin", "direction", "spacing")))}
        )
        without = LoadedCase(bare, lambda case=case: case.masks, case.path)  # type: ignore[misc]
        sources: Any = lambda: [Source("1.2.840.1", Grid((20, 16, 10), affine))]  # noqa: E731
        found = [rule for rule, _ in told(without, sources=sources) if rule.startswith("A-8.4a")]
        assert found == expected, name


def test_masks_without_foreground(tmp_path: Path) -> None:
    case = with_mask(tmp_path / "empty", labels_kji=np.zeros((10, 16, 20), bool))
    for profile in ("exchange", "delivery"):
        (finding,) = rules.check(case, profile=profile)
        assert (finding.rule, finding.path, finding.level) == (
            "A-6.4.1.mask_empty",
            "/annotations/3/mask_file",
            "warning",
        )
    assert told(case, "minimal") == []


def test_values_that_a_map_lacks_or_nobody_names(tmp_path: Path) -> None:
    labels_kji = drawn((10, 16, 20), (1, 3), (4, 6))
    assert told(with_mask(tmp_path / "both", labels_kji=labels_kji, values=[1, 2])) == []
    lacks = with_mask(tmp_path / "lacks", labels_kji=labels_kji, values=[1, 2, 7])
    assert told(lacks) == [("A-6.4.1.mask_value_absent", "/annotations/5/mask_value")]
    left = with_mask(tmp_path / "left", labels_kji=labels_kji, values=[2])
    assert told(left) == [("A-6.4.1.mask_value_unnamed", "/annotations/3/mask_file")]
    assert [each.level for each in rules.check(left, profile="exchange")] == ["warning"]
    assert told(left, "minimal") == []


def test_fractions_say_what_they_are_and_labels_do_not(tmp_path: Path) -> None:
    fractions = np.full((10, 16, 20), 0.5, np.float32)
    silent = with_mask(tmp_path / "silent", labels_kji=fractions)
    assert told(silent) == [("A-6.4.1.fractional_type", "/annotations/3")]
    assert [each.level for each in rules.check(silent, profile="exchange")] == ["warning"]
    labels = with_mask(
        tmp_path / "labels", labels_kji=drawn((10, 16, 20), (1, 3)), values=[1], fractional_type="OCCUPANCY"
    )
    assert told(labels) == [("A-6.4.1.fractional_type", "/annotations/3/fractional_type")]
    whole = np.ones((10, 16, 20), np.float32)
    assert told(with_mask(tmp_path / "whole", labels_kji=whole, fractional_type="PROBABILITY")) == []


def test_the_digest_of_a_mask_file(tmp_path: Path) -> None:
    case = with_mask(tmp_path / "none")
    sha256 = hashlib.sha256((tmp_path / "none" / "masks" / "m.nii.gz").read_bytes()).hexdigest()
    assert told(with_mask(tmp_path / "same", sha256=sha256)) == []
    other = with_mask(tmp_path / "other", sha256="0" * 64)
    assert told(other) == [("A-10.1.5.mask_digest", "/annotations/3/sha256")]
    assert told(other, "exchange") == told(case) == []


def test_a_mask_file_that_ends_too_early_or_holds_no_labels(tmp_path: Path) -> None:
    expected = [("A-6.4.1.mask_damaged", "/annotations/3/mask_file")]
    case = with_mask(tmp_path / "cut", labels_kji=np.random.default_rng(1).integers(0, 2, (10, 16, 20), np.uint8))
    path = tmp_path / "cut" / "masks" / "m.nii.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert told(case) == expected
    assert told(case, "exchange") == expected
    fractions = np.full((10, 16, 20), 0.5, np.float32)
    assert told(with_mask(tmp_path / "fractions", labels_kji=fractions, fractional_type="PROBABILITY")) == []
    assert told(with_mask(tmp_path / "levels", labels_kji=fractions, values=[1])) == expected


@dataclass(frozen=True)
class Source:
    uid: str
    grid: Grid
    modality: str = "CT"
    path: str = "ct"


def test_image_source() -> None:
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = good()["image"]["origin"]
    same, moved = Grid((20, 16, 10), affine), Grid((20, 16, 10), np.diag([1.0, 1.5, 2.0, 1.0]))
    cases: list[tuple[Source, list[str]]] = [
        (Source("1.2.840.1", same), []),
        (Source("1.2.840.7", same), ["/image"]),
        (Source("1.2.840.1", moved), ["/image"]),
    ]
    for source, expected in cases:
        found = rules.check(loaded(good()), sources=lambda source=source: [source])  # type: ignore[misc, list-item]
        assert [each.path for each in found if each.rule == "A-6.6.2.image_source"] == expected


def test_a_grid_that_is_not_that_of_the_files_is_told_beside_theirs_with_its_likely_cause() -> None:
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = good()["image"]["origin"]
    source = Source("1.2.840.1", Grid((20, 16, 10), affine))
    placeless = {key: value for key, value in good()["image"].items() if key not in {"origin", "direction", "spacing"}}
    for image, found, actual, cause in (
        (good()["image"] | {"shape": [20, 16, 11]}, "shape [20, 16, 11], LPS from", "shape [20, 16, 10], LPS", ""),
        (placeless | {"shape": [20, 16, 11]}, "shape [20, 16, 11]", "[20, 16, 10]", ""),
        (good()["image"] | {"shape": [10, 16, 20]}, "shape [10, 16, 20]", "[20, 16, 10]", "(columns, rows, slices)"),
        (placeless | {"shape": [16, 20, 10]}, "shape [16, 20, 10]", "[20, 16, 10]", "(columns, rows, slices)"),
    ):
        findings = rules.check(loaded(good() | {"image": image}), sources=lambda: [source])  # type: ignore[list-item]
        (message,) = [each.message for each in findings if each.rule == "A-6.6.2.image_source"]
        before, after = message.split(", but the files have ")
        assert found in before
        assert actual in after
        assert cause in after


@dataclass(frozen=True)
class Slice:
    sop_instance_uid: str


@dataclass(frozen=True)
class Series(Source):
    slices: tuple[Slice, ...] = tuple(Slice(f"1.2.{n}") for n in range(10))


def test_instances_are_those_of_the_source() -> None:
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = good()["image"]["origin"]
    for uids, slices, expected in (
        ([*range(10)], Series.slices, []),
        ([9], Series.slices, []),
        ([*range(9), 11], Series.slices, ["1.2.11"]),
        ([11], (Slice(""),), []),
    ):
        document = good()
        document["image"]["instances"] = [{"sop_instance_uid": f"1.2.{n}"} for n in uids]
        source = Series("1.2.840.1", Grid((20, 16, 10), affine), slices=slices)
        found = rules.check(loaded(document), sources=lambda source=source: [source])  # type: ignore[misc, list-item]
        assert [each.rule for each in found] == ["A-6.6.2.image_source"] * len(expected)
        assert all(uid in each.message for uid, each in zip(expected, found, strict=True))


ORIGIN = (-10.0, 0.0, 5.0)
"""Of the good case's image, LPS."""


def affine_of(*numbers: float) -> Any:
    """Return an LPS affine by its diagonal and its origin."""
    affine = np.diag([*numbers[:3], 1.0])
    affine[:3, 3] = numbers[3:]
    return affine


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def codes(case: LoadedCase, grid: Grid) -> list[str]:
    return [each.rule for each in rules.check(case, sources=lambda: [Source("1.2.840.1", grid)])]  # type: ignore[list-item]


def test_affine_equals_dicom_origin(tmp_path: Path) -> None:
    series = Grid((20, 16, 10), affine_of(1, 1.5, 2, *ORIGIN))
    # In LPS; in the file x and y have the other sign.
    masks = {
        "right": (affine_of(1, 1.5, 2, *ORIGIN), False),
        "flipped, and right": (affine_of(-1, -1.5, 2, 9.0, 22.5, 5.0), False),
        "all copied": (affine_of(-1, -1.5, 2, 10.0, 0.0, 5.0), True),
        "directions turned, origin copied": (affine_of(1, 1.5, 2, 10.0, 0.0, 5.0), True),
        "elsewhere": (affine_of(1, 1.5, 2, 10.0, 7.0, 5.0), False),
    }
    for name, (affine, is_copied) in masks.items():
        case = with_mask(_made(tmp_path / name), affine)
        assert codes(case, series) == ["A-B.2.affine_equals_dicom_origin"] * is_copied, name
        assert rules.check(case) == []  # the series is not at hand
    (finding,) = rules.check(
        case := with_mask(tmp_path, affine_of(-1, -1.5, 2, 10, 0, 5)), sources=lambda: [Source("1.2.840.1", series)]
    )  # type: ignore[list-item]
    assert (finding.path, finding.level) == ("/annotations/3/mask_file", "error")
    assert "masks/m.nii.gz (RAS) has the origin -10, 0, 5 of its series (LPS)" in finding.message
    # The same, and nothing to change the sign of; damage is for other rules.
    central = Grid((20, 16, 10), affine_of(1, 1.5, 2, 0, 0, 5))
    assert "A-B.2.affine_equals_dicom_origin" not in codes(
        with_mask(_made(tmp_path / "c"), affine_of(-1, -1.5, 2, 0, 0, 5)), central
    )
    damaged = with_mask(_made(tmp_path / "damaged"))
    (tmp_path / "damaged" / "masks" / "m.nii.gz").write_bytes(b"nothing")
    assert codes(damaged, series) == []


def test_a_symmetric_field_of_view_is_not_accused(tmp_path: Path) -> None:
    """Stored from left to right it has the very numbers of the series: no copy can be told from it."""
    series = Grid((20, 16, 10), affine_of(1, 1.5, 2, -9.5, -11.25, 5.0))
    assert "A-B.2.affine_equals_dicom_origin" not in codes(
        with_mask(tmp_path, affine_of(-1, -1.5, 2, 9.5, 11.25, 5.0)), series
    )


def test_a_case_whose_numbers_are_ras_is_explained() -> None:
    turned = Grid((20, 16, 10), affine_of(-1, -1.5, 2, 10.0, 0.0, 5.0))
    (finding,) = rules.check(loaded(good()), sources=lambda: [Source("1.2.840.1", turned)])  # type: ignore[list-item]
    assert finding.rule == "A-6.6.2.image_source"
    assert "read as RAS" in finding.message
