"""Verification by commands (9.4), registration (8.5.1.3), and on which side of its bound each value falls."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as peer

from annoconv.casefile import LoadedCase
from annoconv.casefile.writing import write_case
from annoconv.geometry import Grid
from annoconv.model import Case, ValidationRecord
from annoconv.pixels import ArrayVolume, Mask, Masks, save_nifti
from tests.cli.conftest import Ran
from tests.cli.test_metrics import GRID, case_of

Run = Callable[..., Ran]
NONE = np.zeros(GRID.shape_kji, np.uint8)


def row_of(value: int, *columns: int) -> Any:
    array = NONE.copy()
    array[1, 2, list(columns)] = value
    return array


def renamed(path: Path, case: str, patient: str | None = None, **attributes: Any) -> Path:
    document = json.loads(path.read_text("utf-8"))
    document["case_id"] = case
    if patient is not None:
        document["patient_id"] = patient
    if attributes:
        confidence = attributes.pop("confidence", None)
        one = {"id": "R", "category": "lesion", "label_code": "NODULE", "type": "attribute", "attributes": attributes}
        document["annotations"].append(one if confidence is None else one | {"confidence": confidence})
    path.write_text(json.dumps(document), "utf-8")
    return path


def sets(folder: Path, count: int) -> tuple[Path, Path]:
    """Cases of a reference and of another set in a folder each; of two patients, whose cases differ."""
    for n in range(count):
        for side in ("truth", "found"):
            columns = range(10) if side == "truth" else range(n % 5, 10)
            path = case_of(folder, "case", row_of(1, *columns))
            renamed(path, f"C{n}", f"P{n // 2}")
            target = folder / side / f"C{n}"
            target.mkdir(parents=True)
            path.rename(target / "case.json")
            path.with_suffix(".masks").rename(target / "case.masks")
    return folder / "truth", folder / "found"


# --- 9.4 ---


def test_stability_over_folds_of_patients(run: Run, tmp_path: Path) -> None:
    truth, found = sets(tmp_path, 8)
    ran = run("metrics", truth, found, "--json", "--folds", 4, "--seed", 1, "--csv", tmp_path / "all.csv")
    answer = ran.json
    dice = {each["case"]: each["value"] for each in answer["metrics"] if each["definition_id"] == "overlap.dice"}
    means = [np.mean([dice[f"C{2 * n}"], dice[f"C{2 * n + 1}"]]) for n in range(4)]  # four patients, a fold each
    told = {each["definition_id"]: each for each in answer["stability"] if each["label"] == "overlap.dice"}
    assert told["verification.fold_mean"]["value"] == pytest.approx(np.mean(means), abs=1e-12)
    assert told["verification.fold_sd"]["value"] == pytest.approx(np.std(means, ddof=1), abs=1e-12)
    assert told["verification.fold_range"]["value"] == pytest.approx(max(means) - min(means), abs=1e-12)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert any(each["definition_id"] == "verification.fold_sd" for each in rows)
    refused = run("metrics", truth, found, "--folds", 5)
    assert (refused.code, "found 5; expected 2 to 4" in refused.err) == (2, True)


def test_every_mean_has_an_interval(run: Run, tmp_path: Path) -> None:
    truth, found = sets(tmp_path, 4)
    answer = run("metrics", truth, found, "--json").json
    defined = [each for each in answer["means"] if each["value"] is not None]
    assert {each["definition_id"].rpartition(":")[2] for each in defined} == {"mean_defined", "mean_with_misses"}
    assert all(each["low"] <= each["value"] <= each["high"] for each in defined)


def test_a_comparison_with_a_reference_and_the_validation_of_a_model_leave_a_record(run: Run, tmp_path: Path) -> None:
    truth, found = sets(tmp_path, 4)
    (compared,) = run("metrics", truth, found, "--json").json["validations"]
    assert compared["kind"] == "reference_standard"
    aims = ["--aim", "overlap.dice=0.5", "--aim", "surface_voxel.hd=100"]
    (reached,) = run("metrics", truth, found, "--json", *aims).json["validations"]
    assert (reached["kind"], reached["results"]["reached"]) == ("model_validation", True)
    missed = run("metrics", truth, found, "--aim", "overlap.dice=0.999")
    assert (missed.code, "Give --cause" in missed.err) == (2, True)
    ran = run("metrics", truth, found, "--json", "--aim", "overlap.dice=0.999", "--cause", "labels drift")
    (told,) = ran.json["validations"]
    assert (told["results"]["reached"], told["conclusion"]) == (False, "labels drift")
    for each in (compared, reached, told):
        ValidationRecord.model_validate(each)
    for wrong in ("dice", "overlap.dice=x", "=1", "overlap.dice=nan", "overlap.nothing=1"):
        refused = run("metrics", truth, found, "--aim", wrong)
        assert (refused.code, "expected" in refused.err) == (2, True), wrong


def test_a_sample_has_its_share_of_each_stratum_and_is_the_same_again(run: Run, tmp_path: Path) -> None:
    paths = []
    for n in range(30):
        path = renamed(case_of(tmp_path, f"c{n}", row_of(1 if n < 20 else 2, 1)), f"C{n}")
        paths.append(path)
    answer = run("sampling-plan", *paths, "--share", "0.15", "--seed", 4, "--json", "--csv", tmp_path / "s.csv").json
    assert answer["strata"] == {"LIVER": {"cases": 20, "drawn": 3}, "SPLEEN": {"cases": 10, "drawn": 2}}
    again = run("sampling-plan", *paths[::-1], "--share", "0.15", "--seed", 4, "--json").json
    assert [each["case"] for each in again["sample"]] == [each["case"] for each in answer["sample"]]
    other = run("sampling-plan", *paths, "--share", "0.15", "--seed", 5, "--json").json
    assert [each["case"] for each in other["sample"]] != [each["case"] for each in answer["sample"]]
    assert (tmp_path / "s.csv").read_text("utf-8").count("\n") == 6
    ValidationRecord.model_validate(answer["validations"][0])
    for wrong in (["--share", "1.1"], ["--share", "nan"], ["--least", "-1"]):
        assert run("sampling-plan", *paths, *wrong).code == 2


def test_attributes_are_classes_and_scored_switches_have_a_curve(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth, answers = rng.random(24) < 0.5, rng.random(24) < 0.5
    grades, others = rng.integers(0, 3, (2, 24))
    sure = np.round(rng.random(24), 1)  # ties
    for n in range(24):
        for side, flag, grade, more in (
            ("truth", truth[n], grades[n], {}),
            ("found", answers[n], others[n], {"confidence": float(sure[n])}),
        ):
            target = tmp_path / side / f"C{n}"
            target.mkdir(parents=True)
            path = case_of(tmp_path, "case", NONE)
            renamed(path, f"C{n}", malignant=bool(flag), grade=f"G{grade}", **more)
            path.rename(target / "case.json")
    answer = run("metrics", tmp_path / "truth", tmp_path / "found", "--json").json
    values = {(each["label"], each["definition_id"]): each["value"] for each in answer["metrics"]}
    scores = np.where(answers, sure, 1 - sure)
    assert values["NODULE.malignant", "classification.auc"] == pytest.approx(
        peer.roc_auc_score(truth, scores), abs=1e-12
    )
    assert values["NODULE.malignant=True", "classification.sensitivity"] == pytest.approx(
        peer.recall_score(truth, answers), abs=1e-12
    )
    assert values["NODULE.grade", "classification.f1_macro"] == pytest.approx(
        peer.f1_score(grades, others, average="macro"), abs=1e-12
    )
    (curve,) = answer["curves"]
    across, up, _ = peer.roc_curve(truth, scores, drop_intermediate=False)
    assert curve["false_positive_rate"] == pytest.approx(across.tolist())
    assert curve["true_positive_rate"] == pytest.approx(up.tolist())
    assert curve["score"][0] is None


# --- 8.5.1.3 ---


def registered(folder: Path, shift: float, **registration: Any) -> Path:
    """A case of two images on different grids; both hold a landmark and a cube, off by `shift` mm after mapping."""
    eye = np.eye(3).tolist()
    images = [
        {"uid": "1.1", "modality": "CT", "shape": [20, 20, 20], "spacing": [1.0, 1.0, 1.0], "origin": [0, 0, 0]},
        {"uid": "1.2", "modality": "MR", "shape": [40, 20, 20], "spacing": [0.5, 1.0, 1.0], "origin": [100, 0, 0]},
    ]
    common = {"category": "organ", "label_code": "LIVER", "type": "mask"}
    mark = {"category": "lesion", "label_code": "MARK", "type": "point"}
    matrix = [[1, 0, 0, 100 - shift], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    document = {
        "task_id": "T",
        "case_id": "C",
        "image": images[0] | {"direction": eye},
        "related_images": [images[1] | {"direction": eye}],
        "registrations": [
            {
                "id": "REG",
                "kind": "rigid",
                "fixed_image_uid": "1.1",
                "moving_image_uid": "1.2",
                "maps": "moving_from_fixed",
                "matrix": matrix,
            }
            | registration
        ],
        "annotations": [
            common | {"id": "A", "mask_file": "a.nii.gz"},
            common | {"id": "B", "mask_file": "b.nii.gz", "image_uid": "1.2"},
            mark | {"id": "P", "point": [8.5, 8.5, 8.5]},
            mark | {"id": "Q", "point": [16.5, 8.5, 8.5], "image_uid": "1.2"},
        ],
        "metadata": {},
    }
    a, b = np.zeros((20, 20, 20), np.bool_), np.zeros((20, 20, 40), np.bool_)
    a[5:9, 5:9, 5:9] = True
    b[5:9, 5:9, 10:18] = True
    grids = [Grid((20, 20, 20), np.eye(4)), Grid((40, 20, 20), np.diag([0.5, 1, 1, 1]) + 100 * np.eye(4, k=3))]
    masks = Masks([Mask("A", ArrayVolume(grids[0], a)), Mask("B", ArrayVolume(grids[1], b))])
    write_case(LoadedCase(Case.model_validate(document), masks), folder / "case.json", overwrite=True)
    return folder / "case.json"


@pytest.mark.parametrize("bound", [3.0, 5.0])
@pytest.mark.parametrize(("more", "is_beyond"), [(0.0, False), (1e-6, True)])
def test_exactly_3_and_5_mm_are_within_the_bound(
    run: Run, tmp_path: Path, bound: float, more: float, is_beyond: bool
) -> None:
    path = registered(tmp_path, bound + more)
    ran = run("registration", path, "--bound", bound, "--json", "--csv", tmp_path / "r.csv")
    values = {(each.get("label"), each["definition_id"]): each["value"] for each in ran.json["registrations"]}
    assert values[None, "registration.tre_mean"] == pytest.approx(bound + more, abs=1e-9)
    assert ("registration.tre_mean" in {each["definition_id"] for each in ran.json["beyond"]}) is is_beyond
    assert ("registration.tre_mean" in ran.err.partition("align anew")[2]) is is_beyond
    # centres of mass: columns 5 to 8 of 1 mm have theirs at 6.5 mm, 10 to 17 of 0.5 mm at 6.75 mm
    assert values["LIVER", "registration.centroid_offset"] == pytest.approx(bound + more + 0.25, abs=1e-9)
    assert (tmp_path / "r.csv").is_file()


def test_a_field_and_a_registration_that_is_not_there(run: Run, tmp_path: Path) -> None:
    path = registered(tmp_path, 0.0)
    document = json.loads(path.read_text("utf-8"))
    del document["annotations"][1:]
    path.write_text(json.dumps(document), "utf-8")
    assert "nothing is measured" in run("registration", path).err
    del document["registrations"]
    path.write_text(json.dumps(document), "utf-8")
    ran = run("registration", path)
    assert (ran.code, "the case has no registration" in ran.err, "expected" in ran.err) == (1, True, True)
    assert run("registration", path, "--bound", "nan").code == 2


# --- bounds, each by a command ---


@pytest.mark.parametrize(
    ("both", "mine", "theirs", "second", "dedicated"),
    [
        (17, 3, 3, False, False),  # Dice 34 / 40 = 0.85
        (1699, 301, 300, True, False),  # 3398 / 3999, a little below
        (3, 1, 1, True, False),  # 6 / 8 = 0.75
        (299, 101, 100, True, True),  # 598 / 799, a little below
    ],
)
def test_exactly_085_and_075_ask_for_no_review(
    run: Run, tmp_path: Path, both: int, mine: int, theirs: int, second: bool, dedicated: bool
) -> None:
    grid = Grid((50, 50, 2), np.eye(4))
    a, b = np.zeros((2, 2, 2500), np.uint8)
    a[0, : both + mine] = 1
    b[0, :both] = 1
    b[1, :theirs] = 1
    for name, array in (("a", a), ("b", b)):
        save_nifti(tmp_path / f"{name}.nii.gz", array.reshape(grid.shape_kji), grid)
    for command in ("metrics", "agreement"):
        answer = run(command, tmp_path / "a.nii.gz", tmp_path / "b.nii.gz", "--json").json
        asked = answer["reviews"]
        assert bool(asked) is second, command
        assert any(each["needs_dedicated_review"] for each in asked) is dedicated, command


@pytest.mark.parametrize(("days", "is_late"), [(90, False), (91, True)])
def test_exactly_90_days_are_no_deviation(run: Run, tmp_path: Path, days: int, is_late: bool) -> None:
    path = case_of(tmp_path, "case", row_of(1, 1))
    document = json.loads(path.read_text("utf-8"))
    document["clinical_records"] = [{"id": "LAB", "kind": "laboratory", "fields": [{"key": "ALT", "value": 40}]}]
    link = {"id": "L", "type": "image_structured", "annotation_ids": ["M1"], "record_id": "LAB"}
    link |= {"keys": [{"kind": "case_id", "value": "C1"}], "interval_days": days}
    document["links"] = [link]
    path.write_text(json.dumps(document), "utf-8")
    ran = run("validate", path, "--profile", "delivery", "--json")
    assert ("time_deviation" in json.dumps(ran.json["findings"])) is is_late
