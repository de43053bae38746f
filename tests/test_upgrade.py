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
