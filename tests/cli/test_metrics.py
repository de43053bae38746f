from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annoconv.casefile import LoadedCase
from annoconv.casefile.writing import write_case
from annoconv.geometry import Grid
from annoconv.model import AgreementRecord, Case
from annoconv.pixels import ArrayVolume, Mask, Masks, save_nifti
from tests.cli.conftest import Ran

Run = Callable[..., Ran]
GRID = Grid((12, 10, 6), np.diag([0.5, 1.0, 3.0, 1.0]))


def labels(*boxes: tuple[int, tuple[int, int]]) -> Any:
    """A label map of bars along i, one each row."""
    array = np.zeros(GRID.shape_kji, np.uint8)
    for row, (value, (first, last)) in enumerate(boxes, 1):
        array[1:4, 2 * row : 2 * row + 2, first:last] = value
    return array


REFERENCE = labels((1, (0, 10)), (2, (0, 10)))
OTHER = labels((1, (0, 10)), (2, (3, 10)), (3, (0, 2)))


def case_of(folder: Path, name: str, array: Any, reader: str = "A1", extra: tuple[dict[str, Any], ...] = ()) -> Path:
    codes = {1: "LIVER", 2: "SPLEEN", 3: "CYST"}
    present = [value for value in codes if (array == value).any()]
    document = {
        "task_id": "T",
        "case_id": "C1",
        "image": {
            "uid": "1.2.3",
            "modality": "CT",
            "shape": [12, 10, 6],
            "spacing": [0.5, 1.0, 3.0],
            "origin": [0.0, 0.0, 0.0],
            "direction": np.eye(3).tolist(),
        },
        "annotations": [
            {
                "id": f"M{value}",
                "category": "organ",
                "label_code": codes[value],
                "type": "mask",
                "mask_file": "labels.nii.gz",
                "mask_value": value,
            }
            for value in present
        ]
        + list(extra),
        "metadata": {"annotator": reader},
    }
    case = Case.model_validate(document)
    volume = ArrayVolume(GRID, array)
    masks = Masks(Mask(f"M{value}", volume, value) for value in present)
    write_case(LoadedCase(case, masks), folder / f"{name}.json")
    return folder / f"{name}.json"


def of(answer: dict[str, Any], label: str, definition: str) -> dict[str, Any]:
    (found,) = [
        each for each in answer["metrics"] if each.get("label") == label and each["definition_id"] == definition
    ]
    return found


def test_label_maps_by_their_numbers(run: Run, tmp_path: Path) -> None:
    for name, array in (("a", REFERENCE), ("b", OTHER)):
        save_nifti(tmp_path / f"{name}.nii.gz", array, GRID)
    answer = run("metrics", tmp_path / "a.nii.gz", tmp_path / "b.nii.gz", "--tolerance", "1.5", "--json").json
    assert of(answer, "1", "overlap.dice")["value"] == 1.0
    assert of(answer, "2", "overlap.dice")["value"] == 2 * 7 / 17
    assert of(answer, "2", "surface_voxel.hd")["value"] == 1.5  # three columns of 0.5 mm
    assert of(answer, "2", "surface_voxel.nsd")["value"] == 1.0
    missed = of(answer, "3", "overlap.dice")
    assert (missed["value"], missed["status"]) == (None, "reference_empty")
    assert of(answer, "2", "overlap.reference_size")["value"] == pytest.approx(3 * 2 * 10 * 1.5 / 1000)
    means = {each["definition_id"]: each for each in answer["means"]}
    assert means["overlap.dice:mean_defined"]["value"] == pytest.approx((1 + 14 / 17) / 2)
    assert means["overlap.dice:mean_with_misses"]["value"] == pytest.approx((1 + 14 / 17) / 3)
    assert [(each["label"], each["needs_dedicated_review"]) for each in answer["reviews"]] == [
        ("2", False),
        ("3", True),
    ]


@pytest.mark.parametrize("other", ["case", "grid turned"])
def test_a_case_by_another_way(run: Run, tmp_path: Path, other: str) -> None:
    mine = case_of(tmp_path, "mine", REFERENCE)
    theirs = case_of(tmp_path, "theirs", OTHER)
    if other == "grid turned":
        turned = GRID.affine.copy()
        turned[:3, 0], turned[:3, 3] = -turned[:3, 0], turned[:3, 3] + 11 * turned[:3, 0]
        save_nifti(tmp_path / "theirs.masks/labels.nii.gz", OTHER[..., ::-1], Grid(GRID.shape, turned), overwrite=True)
    answer = run("metrics", mine, theirs, "--json").json
    assert of(answer, "LIVER", "overlap.dice")["value"] == 1.0
    assert of(answer, "SPLEEN", "overlap.dice")["value"] == 2 * 7 / 17
    assert of(answer, "CYST", "overlap.dice")["status"] == "reference_empty"


def test_what_a_converter_reads(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path / "demo", "--quiet").code == 0
    case = tmp_path / "demo/case.json"
    for other in ("dicom-seg.dcm", "coco.json", "nifti"):
        answer = run("metrics", case, tmp_path / "demo/outputs" / other, "--json").json
        dice = [each["value"] for each in answer["metrics"] if each["definition_id"] == "overlap.dice"]
        assert dice == [1.0] * 3, other


def test_masks_that_overlap_are_measured_one_by_one(run: Run, tmp_path: Path) -> None:
    mine = case_of(tmp_path, "mine", REFERENCE)
    document = json.loads(mine.read_text("utf-8"))
    document["annotations"].append(document["annotations"][0] | {"id": "M9", "label_code": "ORGANS"})
    mine.write_text(json.dumps(document), "utf-8")
    answer = run("metrics", mine, mine, "--json").json
    assert {of(answer, label, "overlap.dice")["value"] for label in ("LIVER", "SPLEEN", "ORGANS")} == {1.0}


def test_an_image_with_a_spacing_and_no_place_has_distances(run: Run, tmp_path: Path) -> None:
    paths = [case_of(tmp_path, name, array) for name, array in (("mine", REFERENCE), ("theirs", OTHER))]
    for path in paths:
        document = json.loads(path.read_text("utf-8"))
        del document["image"]["origin"], document["image"]["direction"]  # as the specification's own example, C.5
        path.write_text(json.dumps(document), "utf-8")
    answer = run("metrics", *paths, "--json").json
    assert of(answer, "SPLEEN", "surface_voxel.hd")["value"] == 1.5
    for path in paths:
        document = json.loads(path.read_text("utf-8"))
        del document["image"]["spacing"]
        path.write_text(json.dumps(document), "utf-8")
    ran = run("metrics", *paths, "--json")
    assert "states no spacing: distances and sizes are left out" in ran.err
    assert {each["definition_id"].partition(".")[0] for each in ran.json["metrics"]} == {"overlap"}
    named = run("metrics", *paths, "--json", "--spacing", "0.5,1,3").json
    assert of(named, "SPLEEN", "surface_voxel.hd")["value"] == 1.5


def test_folders_of_label_maps_and_a_case_without_a_partner(run: Run, tmp_path: Path) -> None:
    for folder in ("truth", "found"):
        (tmp_path / folder).mkdir()
        for name in ("p1", "p2"):
            save_nifti(tmp_path / folder / f"{name}.nii.gz", REFERENCE if folder == "truth" else OTHER, GRID)
    answer = run("metrics", tmp_path / "truth", tmp_path / "found", "--json").json
    assert {each["case"] for each in answer["metrics"]} == {"p1", "p2"}
    mean = next(each for each in answer["means"] if each["definition_id"] == "overlap.dice:mean_defined")
    assert (mean["count"], mean["low"], mean["high"]) == (4, pytest.approx(mean["value"]), pytest.approx(mean["value"]))
    (tmp_path / "found/p2.nii.gz").unlink()
    save_nifti(tmp_path / "found/p3.nii.gz", OTHER, GRID)
    failed = run("metrics", tmp_path / "truth", tmp_path / "found")
    assert failed.code == 1
    assert "cases without a partner: p2" in failed.err


def test_boxes_polygons_and_points(run: Run, tmp_path: Path) -> None:
    def box(identity: str, *corners: float, **more: Any) -> dict[str, Any]:
        common = {"id": identity, "category": "lesion", "label_code": "NODULE", "type": "bbox"}
        return common | {"bbox": list(corners), "slice_index": 2} | more

    point = {"id": "P", "category": "lesion", "label_code": "MARK", "type": "point", "slice_index": 1}
    none = np.zeros(GRID.shape_kji, np.uint8)
    mine = case_of(tmp_path, "a", none, extra=(box("B1", 0, 0, 4, 4), box("B2", 6, 6, 8, 8), point | {"point": [1, 1]}))
    theirs = case_of(
        tmp_path,
        "b",
        none,
        extra=(
            box("X1", 0, 0, 4, 5, confidence=0.9),
            box("X2", 0, 0, 1, 1, confidence=0.95),
            point | {"point": [7, 5]},  # 3 mm and 4 mm away
        ),
    )
    answer = run("metrics", mine, theirs, "--json").json
    assert of(answer, "NODULE", "detection.recall")["value"] == 0.5
    assert of(answer, "NODULE", "detection.precision")["value"] == 0.5
    assert of(answer, "NODULE", "detection.ap_coco")["value"] == pytest.approx(51 * 0.5 / 101)
    assert of(answer, "MARK", "detection.recall")["value"] == 1.0  # exactly 5 mm
    pairs = {(each["reference"], each["other"], each["similarity"]) for each in answer["objects"]}
    assert ("B1", "X1", 0.8) in pairs
    assert ("B2", None, None) in pairs
    closer = run("metrics", mine, theirs, "--json", "--distance", "4.99").json
    assert of(closer, "MARK", "detection.recall")["value"] == 0.0


def test_a_table_of_every_value(run: Run, tmp_path: Path) -> None:
    mine, theirs = case_of(tmp_path, "mine", REFERENCE), case_of(tmp_path, "theirs", OTHER)
    ran = run("metrics", mine, theirs, "--csv", tmp_path / "values.csv", "--surface", "surfel", "--boundary", "2")
    assert ran.code == 0
    assert "second review (8.4 c): SPLEEN, C1" in ran.err
    with (tmp_path / "values.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = {(each["label"], each["definition_id"]): each["value"] for each in rows}
    assert values["LIVER", "surface_surfel.hd95"] == "0.0"
    assert values["LIVER", "boundary.iou"] == "1.0"
    assert values["CYST", "boundary.iou"] == ""
    before = (tmp_path / "values.csv").read_bytes()
    assert run("metrics", mine, theirs, "--csv", tmp_path / "values.csv").code == 2
    again = run(
        "metrics",
        mine,
        theirs,
        "--csv",
        tmp_path / "values.csv",
        "--surface",
        "surfel",
        "--boundary",
        "2",
        "--overwrite",
    )
    assert again.code == 0
    assert (tmp_path / "values.csv").read_bytes() == before


def test_in_chinese(run: Run, tmp_path: Path) -> None:
    mine, theirs = case_of(tmp_path, "mine", REFERENCE), case_of(tmp_path, "theirs", OTHER)
    assert "二次审核（8.4 c）：SPLEEN" in run("metrics", mine, theirs, "--lang", "zh").err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--iou", "0"], "a least IoU is above 0"),
        (["--spacing", "1"], "two or three numbers of mm"),
        (["--csv", "values.txt"], "values.txt"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, tmp_path: Path, options: list[str], said: str) -> None:
    mine = case_of(tmp_path, "mine", REFERENCE)
    ran = run("metrics", mine, mine, *options)
    assert ran.code == 2
    assert said in ran.err


def test_fractions_and_other_grids_are_refused(run: Run, tmp_path: Path) -> None:
    save_nifti(tmp_path / "a.nii.gz", REFERENCE, GRID)
    save_nifti(tmp_path / "b.nii.gz", REFERENCE, Grid(GRID.shape, GRID.affine @ np.diag([1.1, 1, 1, 1])))
    ran = run("metrics", tmp_path / "a.nii.gz", tmp_path / "b.nii.gz")
    assert ran.code == 1
    assert "the mask's grid is not the image's" in ran.err


# --- agreement ---


def rated(tmp_path: Path, case: int, reader: str, spiculated: str, diameter: float) -> Path:
    attribute = {
        "id": "R",
        "category": "lesion",
        "label_code": "NODULE",
        "type": "attribute",
        "attributes": {"spiculated": spiculated, "diameter": diameter},
    }
    path = case_of(tmp_path, f"{reader}_{case}", REFERENCE if reader == "A1" else OTHER, reader, (attribute,))
    document = json.loads(path.read_text("utf-8"))
    document["case_id"] = f"C{case}"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_two_readers_of_several_cases(run: Run, tmp_path: Path) -> None:
    given = [("yes", "yes"), ("yes", "no"), ("no", "no"), ("no", "no")]
    sizes = [(10.0, 11.0), (20.0, 21.0), (30.0, 29.0), (40.0, 42.0)]
    paths = [
        rated(tmp_path, case, reader, given[case][n], sizes[case][n])
        for case in range(4)
        for n, reader in enumerate(("A1", "A2"))
    ]
    answer = run("agreement", *paths, "--json").json
    values = {(each.get("label"), each["definition_id"]): each for each in answer["agreement"] if "case" not in each}
    assert values["NODULE.spiculated", "agreement.cohen_kappa"]["value"] == 0.5  # Acc 3/4, p_e 1/2 * 1/4 + 1/2 * 3/4
    assert values["NODULE.diameter", "agreement.bias"]["value"] == 0.75
    assert values["NODULE.diameter", "agreement.icc_2_1"]["value"] == pytest.approx(0.9937, abs=2e-3)
    dice = [
        each for each in answer["agreement"] if each["definition_id"] == "overlap.dice" and each["label"] == "SPLEEN"
    ]
    assert [each["value"] for each in dice] == [2 * 7 / 17] * 4
    for each in answer["records"]:
        AgreementRecord.model_validate(each)
    asked = [each for each in answer["records"] if each.get("needs_second_review")]
    assert {(each["metric"], each["needs_dedicated_review"]) for each in asked} == {("dice", False)}
    assert len(asked) == 4
    assert {each["label"] for each in answer["reviews"]} == {"SPLEEN", "CYST"}  # one the second reader alone has


def test_two_readings_by_one_reader_and_one_reader_alone(run: Run, tmp_path: Path) -> None:
    mine, theirs = case_of(tmp_path, "a", REFERENCE), case_of(tmp_path, "b", OTHER)
    ran = run("agreement", mine, theirs)
    assert (ran.code, "--by file" in ran.err) == (1, True)
    assert run("agreement", mine, theirs, "--by", "file").code == 0
    alone = run("agreement", mine)
    assert (alone.code, "two readers at least" in alone.err) == (2, True)


# --- COCO, with scores ---


def coco_scene(folder: Path, seed: int) -> tuple[Path, Path, list[dict[str, Any]]]:
    """Boxes of two classes on images, some without any, and a list of results."""
    rng = np.random.default_rng(seed)
    images = [{"id": n, "file_name": f"{n}.png", "width": 400, "height": 400} for n in range(1, 9)]
    truth: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for image in images[:-1]:
        for category in (3, 7):
            for _ in range(int(rng.integers(0, 4))):
                x, y, w, h = (float(each) for each in (*rng.integers(0, 200, 2), *rng.integers(8, 150, 2)))
                common = {"image_id": image["id"], "category_id": category}
                truth.append(common | {"id": len(truth) + 1, "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0})
                for _ in range(int(rng.integers(0, 3))):
                    moved = [x + float(rng.integers(0, 9)), y, w + float(rng.integers(-4, 5)), h]
                    score = float(np.round(rng.random(), 1))
                    found.append(common | {"bbox": moved, "score": score})
    found.append({"image_id": 2, "category_id": 3, "bbox": [1.0, 1.0, 30.0, 30.0], "score": 0.95})
    categories = [{"id": 3, "name": "NODULE"}, {"id": 7, "name": "MASS"}]
    (folder / "truth.json").write_text(
        json.dumps({"images": images, "annotations": truth, "categories": categories}), "utf-8"
    )
    (folder / "found.json").write_text(json.dumps(found), "utf-8")
    return folder / "truth.json", folder / "found.json", found


@pytest.mark.parametrize("seed", range(3))
def test_a_list_of_results_as_pycocotools_measures_it(run: Run, tmp_path: Path, seed: int) -> None:
    truth, results, found = coco_scene(tmp_path, seed)
    answer = run("metrics", truth, results, "--json").json
    with contextlib.redirect_stdout(io.StringIO()):
        ground = COCO(str(truth))
        peer = COCOeval(ground, ground.loadRes(found), "bbox")
        peer.evaluate()
        peer.accumulate()
    precision = peer.eval["precision"][..., 2]  # thresholds, recalls, classes, areas

    def mean(values: Any) -> float | None:
        return float(values[values > -1].mean()) if (values > -1).any() else None

    for place, name in enumerate(("map", "map_small", "map_medium", "map_large")):
        told = [each for each in answer["metrics"] if each["definition_id"] == f"detection.{name}"]
        values = {each.get("label"): each["value"] for each in told}
        assert values[None] == pytest.approx(mean(precision[:, :, :, place]), abs=1e-12)
        for number, label in enumerate(("NODULE", "MASS")):
            assert values[label] == pytest.approx(mean(precision[:, :, number, place]), abs=1e-12)
    assert of(answer, "MASS", "detection.ap_coco")["value"] == pytest.approx(mean(precision[0, :, 1, 0]), abs=1e-12)
    document = json.loads(truth.read_text("utf-8"))
    document["annotations"] = [
        each | {"id": n, "area": each["bbox"][2] * each["bbox"][3], "iscrowd": 0} for n, each in enumerate(found, 1)
    ]
    (tmp_path / "scored.json").write_text(json.dumps(document), "utf-8")
    whole = run("metrics", truth, tmp_path / "scored.json", "--json").json
    dropped = [{key: value for key, value in each.items() if key != "other"} for each in answer["metrics"]]
    assert [{key: value for key, value in each.items() if key != "other"} for each in whole["metrics"]] == dropped


def test_a_class_that_nobody_detected_counts_as_0(run: Run, tmp_path: Path) -> None:
    truth, results, found = coco_scene(tmp_path, 1)
    results.write_text(json.dumps([each for each in found if each["category_id"] == 3]), "utf-8")
    answer = run("metrics", truth, results, "--json").json
    assert of(answer, "MASS", "detection.map")["value"] == 0.0
    both = [each for each in answer["metrics"] if each["definition_id"] == "detection.map" and "label" not in each]
    assert both[0]["value"] == pytest.approx(of(answer, "NODULE", "detection.map")["value"] / 2, abs=1e-15)
    results.write_text("[]", "utf-8")
    nothing = run("metrics", truth, results, "--json").json
    assert of(nothing, "MASS", "detection.recall")["status"] == "other_empty"


def test_results_without_their_images_are_refused_with_what_helps(run: Run, tmp_path: Path) -> None:
    truth, results, _ = coco_scene(tmp_path, 1)
    for mine, theirs in ((results, truth), (case_of(tmp_path, "c", REFERENCE), results)):
        ran = run("metrics", mine, theirs)
        assert (ran.code, "annoconv metrics ANNOTATIONS.json RESULTS.json" in ran.err) == (1, True)


def test_false_positives_an_image_count_images_without_any_object(run: Run, tmp_path: Path) -> None:
    truth, results, _ = coco_scene(tmp_path, 0)
    document = json.loads(truth.read_text("utf-8"))
    one = {"image_id": 1, "category_id": 3, "bbox": [10.0, 10.0, 20.0, 20.0]}
    document["annotations"] = [one | {"id": 1, "area": 400.0, "iscrowd": 0}]
    truth.write_text(json.dumps(document), "utf-8")
    away = {"bbox": [200.0, 200.0, 20.0, 20.0], "score": 0.9}
    results.write_text(json.dumps([one | away, one | {"score": 0.5}]), "utf-8")
    froc = of(run("metrics", truth, results, "--json").json, "NODULE", "detection.froc")
    assert froc["value"] == 1.0  # one false in eight images: it is found at 1/8 already
    document["images"] = document["images"][:4]
    truth.write_text(json.dumps(document), "utf-8")
    fewer = of(run("metrics", truth, results, "--json").json, "NODULE", "detection.froc")
    assert fewer["value"] == pytest.approx(6 / 7 + 0.0 / 7)
