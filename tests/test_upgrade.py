"""Older layouts become the current schema; what they are silent on is asked for and recorded, never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError, UsageError
from annoconv.model import SCHEMA_VERSION
from annoconv.upgrade import Missing, upgrade_document

B3 = {
    "image_id": "CT_00123",
    "spacing": [0.742, 0.742, 1.0],
    "origin": [-158.0, -158.0, -240.0],
    "direction": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "annotations": [
        {"label": "liver", "type": "mask", "mask_file": "liver.nii.gz", "attributes": {"level": "organ"}},
        {"label": "tumor", "type": "mask", "mask_file": "tumor.nii.gz", "attributes": {"lesion_type": "HCC"}},
        {"label": "tumor", "type": "bbox", "bbox": [1, 2, 3, 4], "attributes": {"lesion_type": "HCC"}},
    ],
    "annotator": "doctor_A",
    "version": "1.0",
    "timestamp": "2025-03-12T10:25:00",
}
GIVEN = Missing(task_id="T1", modality="CT", timezone="+08:00")


def upgraded(document: Any, missing: Missing = GIVEN) -> Any:
    return strict_json.plain(upgrade_document(json.dumps(document).encode(), missing))


def test_b3_becomes_a_case() -> None:
    case = upgraded(B3)
    assert case["schema_version"] == SCHEMA_VERSION
    assert case["image"]["uid"] == "CT_00123"
    assert case["image"]["origin"] == [-158.0, -158.0, -240.0]
    assert [one["id"] for one in case["annotations"]] == ["liver_1", "tumor_1", "tumor_2"]
    assert [one["category"] for one in case["annotations"]] == ["organ", "lesion", "lesion"]
    assert case["annotations"][2]["bbox"] == [1, 2, 3, 4]
    assert case["metadata"]["annotator"] == "doctor_A"
    assert case["metadata"]["timestamps"] == {"end": "2025-03-12T10:25:00+08:00"}


def test_b3_records_what_was_given_with_the_original_words() -> None:
    notes = " ".join(change["description"] for change in upgraded(B3)["metadata"]["changes"])
    for said in ("task_id T1", "modality CT", "2025-03-12T10:25:00 was read in the time zone +08:00"):
        assert said in notes


def test_b3_with_a_zone_needs_no_timezone() -> None:
    case = upgraded(B3 | {"timestamp": "2025-03-12T10:25:00Z"}, Missing(task_id="T1", modality="CT"))
    assert case["metadata"]["timestamps"]["end"] == "2025-03-12T10:25:00Z"
    assert len(case["metadata"]["changes"]) == 2


@pytest.mark.parametrize(
    ("missing", "asked"),
    [
        (Missing(modality="CT", timezone="Z"), "--task-id"),
        (Missing(task_id="T", timezone="Z"), "--modality"),
        (Missing(task_id="T", modality="CT"), "--timezone"),
    ],
)
def test_b3_asks_for_what_is_missing(missing: Missing, asked: str) -> None:
    with pytest.raises(UsageError, match=asked):
        upgraded(B3, missing)


def test_shape_is_taken_where_it_is_given() -> None:
    case = upgraded(B3, Missing("T1", "CT", "Z", (512, 512, 300)))
    assert case["image"]["shape"] == [512, 512, 300]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.update(extra=1),
        lambda d: d.update(annotations={}),
        lambda d: d["annotations"].append({"type": "mask"}),
        lambda d: d.update(timestamp=20250312),
        lambda d: d.update(spacing="0.7"),
        lambda d: d["annotations"][0].pop("mask_file"),
    ],
)
def test_damaged_b3_is_refused(damage: Callable[[Any], Any]) -> None:
    document = json.loads(json.dumps(B3))
    damage(document)
    with pytest.raises((InputError, DocumentError)):
        upgraded(document)


def test_current_version_stays_as_it_is_and_says_its_version() -> None:
    document = {"task_id": "T", "image": {"uid": "1", "modality": "CT"}, "annotations": [], "metadata": {}}
    assert upgraded(document, Missing()) == {"schema_version": SCHEMA_VERSION} | document


DRAFT = {
    "task_id": "T",
    "image": {"uid": "1", "modality": "CT", "frame": "LPS"},
    "related_images": [{"uid": "2", "modality": "US", "frame": "NONE"}],
    "labels": [
        {
            "code": "KIDNEY_CYST",
            "concept_modifier": {"code": "7771000", "scheme": "SCT", "meaning": "Left"},
            "anatomic_region": {"code": "64033007", "scheme": "SCT", "meaning": "Kidney"},
            "attributes": [{"key": "bosniak", "values": ["I", "II"]}],
        }
    ],
    "annotations": [
        {
            "id": f"A{number}",
            "category": "lesion",
            "label_code": "KIDNEY_CYST",
            "type": "point",
            "point": [1, 2, 3],
            "origin": origin,
            "instance_number": number,
            "abnormal": ["occluded"],
            "attributes": {"origin": "human", "frame": 1},
        }
        for number, origin in enumerate(["human", "model", "model_confirmed"], start=1)
    ],
    "links": [
        {"id": "L", "type": "image_structured", "record_id": "R", "keys": [{"kind": "study_uid", "value": "1.2"}]}
    ],
    "metadata": {
        "agents": [{"id": "A1", "role": "annotator"}],
        "qc": {
            "findings": [
                {"id": "Q1", "kind": "image_rotation", "made_by_model": "checker", "model_version": "2.0"},
                {"id": "Q2", "kind": "image_rotation", "made_by": "A1"},
            ]
        },
    },
}
"""A document as it was written before 1.0 was released: every key that was renamed since."""


def test_keys_of_a_draft_get_their_names_of_today() -> None:
    case = upgraded(DRAFT, Missing())
    assert [each["coordinate_frame"] for each in (case["image"], *case["related_images"])] == ["LPS", "NONE"]
    kinds = [each["algorithm_type"] for each in case["annotations"]]
    assert kinds == ["manual", "automatic", "automatic_confirmed"]
    assert [each["object_number"] for each in case["annotations"]] == [1, 2, 3]
    assert case["annotations"][0]["abnormal_marks"] == ["occluded"]
    assert case["annotations"][0]["attributes"] == {"origin": "human", "frame": 1}, "what is a user's own stays"
    (label,) = case["labels"]
    assert label["concept_modifiers"] == [{"code": "7771000", "scheme": "SCT", "meaning": "Left"}]
    assert label["finding_site"] == {"region": {"code": "64033007", "scheme": "SCT", "meaning": "Kidney"}}
    assert label["attributes"] == [{"key": "bosniak", "permissible_values": [{"value": "I"}, {"value": "II"}]}]
    assert case["links"][0]["keys"] == [{"kind": "study_instance_uid", "value": "1.2"}]
    checker = {"id": "checker 2.0", "kind": "device", "algorithm": {"name": "checker", "version": "2.0"}}
    assert case["metadata"]["agents"] == [{"id": "A1", "roles": ["annotator"]}, checker]
    assert [each["made_by"] for each in case["metadata"]["qc"]["findings"]] == ["checker 2.0", "A1"]
    assert upgraded(case, Missing()) == case


def test_a_key_under_both_its_names_is_refused() -> None:
    image = {"uid": "1", "modality": "CT", "frame": "LPS", "coordinate_frame": "LPS"}
    with pytest.raises(DocumentError) as refused:
        upgraded(DRAFT | {"image": image}, Missing())
    assert [finding.path for finding in refused.value.findings] == ["/image/frame"]


def test_a_finding_of_both_a_person_and_a_model_is_refused() -> None:
    findings = [{"id": "Q1", "kind": "image_rotation", "made_by": "A1", "made_by_model": "checker"}]
    with pytest.raises(InputError, match="a person or by a model"):
        upgraded(DRAFT | {"metadata": {"qc": {"findings": findings}}}, Missing())


def test_numbers_are_written_as_they_stood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv.cli import main

    source, target = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    image = '"image":{"uid":"1","modality":"CT","spacing":[1,0.70,1.0]}'
    source.write_text('{"task_id":"T",' + image + ',"annotations":[],"metadata":{}}', "utf-8")
    assert main(["upgrade", str(source), "-o", str(target)]) == 0
    assert image in target.read_text("utf-8")
    capsys.readouterr()


def test_unknown_version_is_refused() -> None:
    with pytest.raises(InputError, match=r"9\.9"):
        upgraded({"schema_version": "9.9"}, Missing())


def test_command_upgrades_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv.cli import main

    source, target = tmp_path / "b3.json", tmp_path / "case.json"
    source.write_text(json.dumps(B3), "utf-8")
    assert main(["upgrade", str(source), "-o", str(target), "--modality", "CT"]) == 2
    assert not target.exists()
    options = ["--task-id", "T", "--modality", "CT", "--timezone", "Asia/Shanghai", "--shape", "512,512,300"]
    assert main(["upgrade", str(source), "-o", str(target), *options]) == 0
    assert json.loads(target.read_bytes())["image"]["shape"] == [512, 512, 300]
    assert main(["upgrade", str(source), "-o", str(target), *options]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_masks_go_along_to_another_folder(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv import read_case
    from annoconv.cli import main
    from tests.cases import make

    make("axial", tmp_path / "d")
    made = tmp_path / "d/case.json"
    document = json.loads(made.read_bytes())
    del document["schema_version"]
    source, target = made.with_name(f"old{ending}"), tmp_path / "else" / f"new{ending}"
    source.write_bytes(strict_json.dumps(document))
    command = ["upgrade", str(source), "-o", str(target), "--quiet"]
    foreign = tmp_path / "else/new.masks/keep.txt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("not ours")
    assert main([*command, "--overwrite"]) == 2
    assert not target.exists()
    foreign.unlink()
    foreign.parent.rmdir()
    assert main(command) == 0
    before, after = read_case(made), read_case(target)
    assert len(after.masks) > 0
    for identity, mask in before.masks.items():
        assert (after.masks[identity].read() == mask.read()).all()
    assert {path.parts[-2] for path in (tmp_path / "else").rglob("*.nii.gz")} == {"new.masks"}
    again = tmp_path / "third" / f"again{ending}"
    assert main(["upgrade", str(target), "-o", str(again), "--quiet"]) == 0
    assert {path.parent.name for path in again.parent.rglob("*.nii.gz")} == {"again.masks"}
    beside = source.with_name(f"beside{ending}")
    assert main(["upgrade", str(source), "-o", str(beside), "--quiet"]) == 0
    assert not beside.with_suffix(".masks").exists(), "its masks are where they were"
    assert read_case(beside).case == before.case
    (source.parent / "m.nii.gz").unlink()
    capsys.readouterr()
    assert main([*command[:-1], "--overwrite"]) == 0
    assert "not there and were not copied: m.nii.gz" in capsys.readouterr().err
    assert not target.with_suffix(".masks").exists()
