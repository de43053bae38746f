"""What commands on metrics refuse, and what they say of options, labels, scores and cases that are left aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import nibabel
import numpy as np
import pytest

from annoconv.pixels import save_nifti
from tests.cli.conftest import Ran
from tests.cli.test_metrics import GRID, OTHER, REFERENCE, case_of, of
from tests.cli.test_verification import NONE, registered, renamed

Run = Callable[..., Ran]
MARK = {"category": "lesion", "label_code": "MARK", "type": "point"}
BOX = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "slice_index": 2, "bbox": [0, 0, 4, 4]}


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")
    return path


def maps(folder: Path, *arrays: Any) -> list[Path]:
    paths = [folder / f"{name}.nii.gz" for name, _ in zip("abc", arrays, strict=False)]
    for path, array in zip(paths, arrays, strict=True):
        save_nifti(path, array, GRID)
    return paths


# --- registration ---


@pytest.mark.parametrize(
    "matrix",
    [
        [[0, 0, 0, 98], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [98, 0, 0, 1]],
    ],
    ids=["singular", "transposed"],
)
def test_a_matrix_that_maps_no_space_is_refused(run: Run, tmp_path: Path, matrix: Any) -> None:
    ran = run("registration", registered(tmp_path, 0.0, kind="affine", matrix=matrix))
    assert ran.code == 1
    assert "/registrations/0/matrix" in ran.err
    assert "expected a matrix that can be inverted" in ran.err


def test_landmarks_that_nothing_tells_apart_are_named(run: Run, tmp_path: Path) -> None:
    path = registered(tmp_path, 2.0)
    more = [
        MARK | {"id": "P2", "point": [2.5, 2.5, 2.5]},
        MARK | {"id": "Q2", "point": [4.5, 2.5, 2.5], "image_uid": "1.2"},
    ]
    changed(path, lambda case: case["annotations"].extend(more))
    ran = run("registration", path)
    assert "landmarks that nothing tells apart are left out: MARK" in ran.err
    assert "tre_mean" not in ran.err

    def track(case: dict[str, Any]) -> None:
        for each in case["annotations"]:
            if each["type"] == "point":
                each["tracking_id"] = each["id"][1:] or "1"

    answer = run("registration", changed(path, track), "--json").json
    assert of({"metrics": answer["registrations"]}, None, "registration.tre_mean")["count"] == 2  # type: ignore[arg-type]


# --- two images ---


@pytest.mark.parametrize("command", ["metrics", "agreement"])
@pytest.mark.parametrize(
    ("key", "value", "found"),
    [("shape", [24, 20, 12], "[24, 20, 12]"), ("spacing", [1.0, 1.0, 3.0], "1 x 1 x 3 mm")],
)
def test_objects_of_two_images_are_refused(
    run: Run, tmp_path: Path, command: str, key: str, value: Any, found: str
) -> None:
    paths = [case_of(tmp_path, name, NONE, name, (BOX,)) for name in ("a", "b")]
    assert run(command, *paths).code == 0
    changed(paths[1], lambda case: case["image"].update({key: value}))
    ran = run(command, *paths)
    assert ran.code == 1
    assert "the two images differ" in ran.err
    assert f"found {found}" in ran.err or f", {found}" in ran.err


# --- what is left aside is said ---


def test_labels_that_are_not_in_both_are_said(run: Run, tmp_path: Path) -> None:
    a, b = maps(tmp_path, (REFERENCE == 1) * np.uint8(255), (REFERENCE == 1).astype(np.uint8))
    assert "no label is in both: 255 in the reference, 1 in the other" in run("metrics", a, b).err
    assert "no label is in both" not in run("metrics", a, b, "--label", "255=LIVER", "--label", "1=LIVER").err


def test_a_mask_beside_a_box_of_its_label_is_said(run: Run, tmp_path: Path) -> None:
    mine = case_of(tmp_path, "a", REFERENCE)
    theirs = case_of(tmp_path, "b", NONE, extra=(BOX | {"label_code": "LIVER"},))
    assert "masks are not compared with boxes, outlines and points: LIVER" in run("metrics", mine, theirs).err


def test_options_without_effect_are_said_or_refused(run: Run, tmp_path: Path) -> None:
    a, b = maps(tmp_path, REFERENCE, OTHER)
    said = run("metrics", a, b, "--label", "7=LUNG", "--spacing", "9,9,9").err
    assert "no label map has a voxel of the number 7: --label 7=LUNG" in said
    assert "--spacing is left aside where an image states its own: a" in said
    refused = run("metrics", a, b, "--cause", "drift")
    assert (refused.code, "expected --aim METRIC=NUMBER" in refused.err) == (2, True)
    assert run("metrics", a, b, "--label", "1=LIVER,2=SPLEEN").code == 2


@pytest.mark.parametrize("score", [97.5, None])
def test_objects_that_nothing_ranks_are_said(run: Run, tmp_path: Path, score: float | None) -> None:
    images = [{"id": 1, "file_name": "1.png", "width": 99, "height": 99}]
    record = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]}
    truth = {"images": images, "categories": [{"id": 1, "name": "NODULE"}]}
    truth["annotations"] = [record | {"id": 1, "area": 400, "iscrowd": 0}]  # type: ignore[dict-item]
    (tmp_path / "truth.json").write_text(json.dumps(truth), "utf-8")
    (tmp_path / "found.json").write_text(json.dumps([record | {"score": 0.5}, record | {"score": score}]), "utf-8")
    ran = run("metrics", tmp_path / "truth.json", tmp_path / "found.json", "--json")
    assert "no average precision nor FROC: some objects have no confidence from 0 to 1" in ran.err


def test_an_auc_that_a_missing_score_prevents_is_said(run: Run, tmp_path: Path) -> None:
    for n, (flag, score) in enumerate([(True, 0.9), (False, 0.2), (True, None)]):
        for side, value in (("truth", flag), ("found", score)):
            path = case_of(tmp_path, "case", NONE)
            given: dict[str, Any] = {} if value is None else {"malignant": value}
            renamed(path, f"C{n}", **given)
            target = tmp_path / side / f"C{n}"
            target.mkdir(parents=True)
            path.rename(target / "case.json")
    ran = run("metrics", tmp_path / "truth", tmp_path / "found")
    assert "no AUC: NODULE.malignant lacks its value or its score in 1 of 3 cases" in ran.err


def test_losses_of_what_was_read_are_reported(run: Run, tmp_path: Path) -> None:
    a, b = maps(tmp_path, REFERENCE, OTHER)
    ran = run("metrics", a, b, "--format", "nifti", "--losses", tmp_path / "losses.json", "--json")
    assert ran.json["losses"]
    assert json.loads((tmp_path / "losses.json").read_text("utf-8"))
    assert run("metrics", a, b, "--format", "nifti", "--fail-on-loss", "any").code == 3


# --- readers ---


def rated(folder: Path, reader: str, grades: list[int | None]) -> list[Path]:
    given: list[dict[str, Any]] = [{} if grade is None else {"grade": grade} for grade in grades]
    return [renamed(case_of(folder, f"{reader}{n}", NONE, reader), f"C{n:02}", **each) for n, each in enumerate(given)]


def test_whole_numbers_with_gaps_have_an_alpha(run: Run, tmp_path: Path) -> None:
    grades: list[list[int | None]] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    paths = [path for n, row in enumerate(grades) for path in rated(tmp_path, f"R{n}", row)]
    answer = run("agreement", *paths, "--json").json
    data = [[np.nan if each is None else each for each in row] for row in grades]
    for level in ("ordinal", "interval"):
        value = of({"metrics": answer["agreement"]}, "NODULE.grade", f"agreement.krippendorff_{level}")["value"]
        peer = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
        assert value == pytest.approx(peer, abs=1e-12)


def test_cases_that_a_reader_lacks_are_named_and_none_in_common_is_refused(run: Run, tmp_path: Path) -> None:
    paths = [*rated(tmp_path, "R0", [1, 2, 3]), *rated(tmp_path, "R1", [1, 2])]
    assert "C02: no reading by R1; it is left out" in run("agreement", *paths).err
    ran = run("agreement", paths[0], paths[4])
    assert (ran.code, "found C00 (R0), C01 (R1)" in ran.err) == (1, True)
    (only,) = maps(tmp_path, REFERENCE)
    twice = run("agreement", only, only)
    assert (twice.code, "Name each file once" in twice.err, "--by file" in twice.err) == (1, True, False)


# --- what is read ---


def test_a_label_map_without_a_place_in_space_states_its_spacing(run: Run, tmp_path: Path) -> None:
    for name, array in (("a", REFERENCE), ("b", OTHER)):
        image = nibabel.Nifti1Image(array.T, np.diag([0.5, 1.0, 3.0, 1.0]))
        image.header.set_xyzt_units("mm")
        image.set_sform(None, 0)
        image.set_qform(None, 0)
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
        assert nibabel.Nifti1Image.from_filename(tmp_path / f"{name}.nii.gz").header.get_zooms() == (0.5, 1.0, 3.0)
    paths = tmp_path / "a.nii.gz", tmp_path / "b.nii.gz"
    assert of(run("metrics", *paths, "--json").json, "2", "surface_voxel.hd")["value"] == 1.5
    named = run("metrics", *paths, "--json", "--spacing", "1,1,1").json
    assert of(named, "2", "surface_voxel.hd")["value"] == 3.0


def test_documents_that_a_folder_would_hide_are_named(run: Run, tmp_path: Path) -> None:
    path = renamed(case_of(tmp_path, "c0", NONE), "C0")
    for command in (["sampling-plan", tmp_path], ["metrics", tmp_path, path]):
        ran = run(*command)
        assert ran.code == 1
        assert "found c0.json; expected case.json, or folders that have one each" in ran.err
    save_nifti(tmp_path / "m.nii.gz", REFERENCE, GRID)
    assert "found c0.json" in run("sampling-plan", tmp_path).err


def test_what_a_label_map_does_not_say_makes_no_stratum(run: Run, tmp_path: Path) -> None:
    (path,) = maps(tmp_path, REFERENCE)
    assert run("sampling-plan", path, "--by", "none", "--json").json["strata"] == {"-": {"cases": 1, "drawn": 1}}
    assert run("sampling-plan", path, "--json").json["strata"] == {"1+2": {"cases": 1, "drawn": 1}}
    refused = run("sampling-plan", path, "--by", "modality")
    assert (refused.code, "found --by modality" in refused.err) == (2, True)


# --- which object is meant ---


def test_boxes_in_space_and_in_the_plane_of_one_label_are_told_apart(run: Run, tmp_path: Path) -> None:
    solid = {**BOX, "id": "V", "slice_index": None, "bbox": [0, 0, 0, 4, 4, 2]}
    solid.pop("slice_index")
    first, second = (case_of(tmp_path, name, REFERENCE, name, (BOX, solid)) for name in ("a", "b"))
    changed(second, lambda each: each["annotations"][-1].update(bbox=[4, 4, 3, 8, 8, 5]))
    ran = run("metrics", first, second, "--json")
    recalls = {
        each["kind"]: each["value"]
        for each in ran.json["metrics"]
        if each["definition_id"] == "detection.recall" and each["label"] == "NODULE"
    }
    assert recalls == {"area": 1.0, "volume": 0.0}
    assert {each["kind"] for each in ran.json["objects"]} == {"area", "volume"}
    table = run("metrics", first, second).err + run("metrics", first, second).out
    assert "NODULE (area)" in table
    assert "NODULE (volume)" in table
    assert {each.get("kind") for each in run("agreement", first, second, "--json").json["agreement"]} == {
        None,
        "area",
        "volume",
    }


@pytest.mark.parametrize("command", ["metrics", "agreement"])
def test_images_that_are_named_apart_are_said(run: Run, tmp_path: Path, command: str) -> None:
    first, second = (case_of(tmp_path, name, REFERENCE, name) for name in ("a", "b"))
    assert "named apart" not in run(command, first, second).err
    changed(second, lambda each: each["image"].update(uid="1.2.4"))
    assert "the images of 1 cases are named apart" in run(command, first, second).err
    assert "C1: 1.2.3, 1.2.4" in run(command, first, second).err
