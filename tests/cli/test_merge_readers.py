"""`annoconv merge-readers`: the cases of several readers of one image as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK

from annoconv.casefile import read_case
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.cli.conftest import Ran
from tests.cli.test_metrics import GRID, case_of

Run = Callable[..., Ran]
Extra = tuple[dict[str, Any], ...]
NONE = np.zeros(GRID.shape_kji, np.uint8)


def block(value: int, first: int, last: int) -> Any:
    array = NONE.copy()
    array[1:4, 2:6, first:last] = value
    return array


def box(identity: str, corners: list[float], **more: Any) -> dict[str, Any]:
    common = {"id": identity, "category": "lesion", "label_code": "NODULE", "type": "bbox", "slice_index": 2}
    return common | {"bbox": corners} | more


def point(identity: str, *place: float, **more: Any) -> dict[str, Any]:
    common = {"id": identity, "category": "lesion", "label_code": "MARK", "type": "point", "slice_index": 1}
    return common | {"point": list(place)} | more


def readers(folder: Path, *given: tuple[Any, Extra]) -> list[Path]:
    return [case_of(folder, f"r{n}", array, f"A{n}", extra) for n, (array, extra) in enumerate(given, 1)]


def merged(run: Run, paths: list[Path], *options: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the command answers, and the case that it wrote."""
    out = paths[0].with_name("merged.json")
    ran = run("merge-readers", *paths, "-o", out, "--json", *options)
    assert ran.code == 0, ran.err
    assert run("validate", out, "--profile", "exchange").code == 0
    return ran.json, json.loads(out.read_text("utf-8"))


def final(document: dict[str, Any], label: str) -> list[dict[str, Any]]:
    return [
        each
        for each in document["annotations"]
        if each["label_code"] == label and each.get("status", "final") == "final"
    ]


def voxels(folder: Path, identity: str) -> Any:
    return read_case(folder / "merged.json").masks[identity].read()


def test_three_readers_by_majority(run: Run, tmp_path: Path) -> None:
    paths = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ()), (block(1, 5, 9), ()))
    answer, document = merged(run, paths)
    (liver,) = final(document, "LIVER")
    assert np.array_equal(voxels(tmp_path, liver["id"]), block(1, 1, 8) == 1)
    assert liver["derived_from"] == ["A1.M1", "A2.M1", "A3.M1"]
    own = {each["id"]: each for each in document["annotations"] if each is not liver}
    assert {key: (each["status"], each["annotator"]) for key, each in own.items()} == {
        f"A{n}.M1": ("superseded", f"A{n}") for n in (1, 2, 3)
    }
    assert np.array_equal(voxels(tmp_path, "A3.M1"), block(1, 5, 9) == 1)
    agents = {each["id"]: each for each in document["metadata"]["agents"]}
    assert {"A1", "A2", "A3", document["metadata"]["annotator"]} == agents.keys()
    assert agents["CONSENSUS"]["algorithm"]["parameters"]["method"] == "majority"
    dice = {tuple(each["parties"]): each["value"] for each in document["metadata"]["agreement"]}
    assert dice == {("A1", "A2"): 10 / 13, ("A1", "A3"): 2 / 10, ("A2", "A3"): 6 / 11}
    (told,) = answer["merged"]
    assert (told["id"], told["is_kept"], told["voxels"], told["tied_voxels"]) == ("LIVER_1", True, 7 * 12, 0)


@pytest.mark.parametrize(
    ("options", "columns"), [([], (1, 6)), (["--ties", "in"], (0, 8)), (["--adjudicator", "A2"], (1, 8))]
)
def test_on_which_side_a_tie_falls(run: Run, tmp_path: Path, options: list[str], columns: tuple[int, int]) -> None:
    paths = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ()))
    answer, document = merged(run, paths, *options)
    (liver,) = final(document, "LIVER")
    assert np.array_equal(voxels(tmp_path, liver["id"]), block(1, *columns) == 1)
    assert answer["merged"][0]["tied_voxels"] == 3 * 12


def test_a_project_has_bounds_of_its_own(run: Run, tmp_path: Path) -> None:
    paths, rules = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ())), tmp_path / "rules.json"
    changed = {"A-9.2.dedicated_review_missing": {"parameters": {"least_dice": 0.8}}}
    rules.write_text(json.dumps({"version": "1", "rules": changed}), encoding="utf-8")
    for options, is_dedicated in (((), False), (("--rules", rules), True)):
        _, document = merged(run, paths, *options, "--overwrite")
        (record,) = document["metadata"]["agreement"]
        assert record["value"] == 10 / 13
        assert (record["needs_second_review"], record["needs_dedicated_review"]) == (True, is_dedicated)


def test_five_readers_by_staple_as_itk_does(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = block(1, 2, 9)
    arrays = [np.where(rng.random(truth.shape) < 0.04 * (n + 1), 1 - truth, truth) for n in range(5)]
    _, document = merged(run, readers(tmp_path, *((each, ()) for each in arrays)), "--method", "staple")
    peer = SimpleITK.STAPLEImageFilter()
    peer.SetForegroundValue(1)
    probability = SimpleITK.GetArrayFromImage(peer.Execute([SimpleITK.GetImageFromArray(each) for each in arrays]))
    assert np.array_equal(voxels(tmp_path, "LIVER_1"), probability > 0.5)
    told = {
        (each["metric"], each["parties"][0]): each["value"]
        for each in document["metadata"]["agreement"]
        if each["between"] == "reference"
    }
    assert [told["sensitivity", f"A{n}"] for n in range(1, 6)] == pytest.approx(peer.GetSensitivity(), abs=1e-5)
    assert [told["specificity", f"A{n}"] for n in range(1, 6)] == pytest.approx(peer.GetSpecificity(), abs=1e-5)


def test_a_soft_label_is_the_share_of_readers(run: Run, tmp_path: Path) -> None:
    paths = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ()), (NONE, ()))
    _, document = merged(run, paths, "--soft")
    (liver,) = final(document, "LIVER")
    assert liver["fractional_type"] == "PROBABILITY"
    share = (block(1, 0, 6).astype(np.float32) + block(1, 1, 8)) / np.float32(3)
    assert np.array_equal(voxels(tmp_path, liver["id"]), share)
    assert run("to-nifti", tmp_path / "merged.json", "-o", tmp_path / "nifti").code == 0
    (written,) = (tmp_path / "nifti").rglob("*LIVER_1*.nii.gz")
    image = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(written)))
    assert np.allclose(image, share, atol=1e-7)


def test_what_one_of_three_marked_is_rejected_and_kept(run: Run, tmp_path: Path) -> None:
    paths = readers(tmp_path, (block(3, 0, 4), ()), (block(1, 0, 4), ()), (block(1, 0, 4), ()))
    answer, document = merged(run, paths)
    assert final(document, "CYST") == []
    assert {each["id"]: each["status"] for each in document["annotations"]} == {
        "LIVER_1": "final",
        "A1.M3": "rejected",
        "A2.M1": "superseded",
        "A3.M1": "superseded",
    }
    assert [(each["label"], each["is_kept"], each["voxels"]) for each in answer["merged"]] == [
        ("CYST", False, 0),
        ("LIVER", True, 48),
    ]


def test_empty_masks_and_readers_who_marked_nothing(run: Run, tmp_path: Path) -> None:
    paths = readers(tmp_path, (block(1, 0, 4), ()), (block(1, 0, 4), ()), (NONE, ()))
    document = json.loads(paths[2].read_text("utf-8"))
    first = json.loads(paths[0].read_text("utf-8"))["annotations"][0]
    save_nifti(tmp_path / "empty.nii.gz", NONE, GRID)
    document["annotations"] = [first | {"mask_file": "empty.nii.gz", "id": "E"}]
    del document["annotations"][0]["mask_value"]
    paths[2].write_text(json.dumps(document), "utf-8")
    answer, _ = merged(run, paths)
    assert np.array_equal(voxels(tmp_path, "LIVER_1"), block(1, 0, 4) == 1)
    (told,) = answer["merged"]
    assert told["marked_by"] == ["A1", "A2", "A3"]
    staple, _ = merged(run, paths, "--method", "staple", "--overwrite")
    assert staple["merged"][0]["voxels"] == 48


def test_many_labels_that_several_readers_gave_differently(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    arrays = [rng.integers(0, 4, GRID.shape_kji).astype(np.uint8) for _ in range(3)]
    paths = readers(tmp_path, *((each, ()) for each in arrays))
    answer, document = merged(run, paths)
    for value, label in ((1, "LIVER"), (2, "SPLEEN"), (3, "CYST")):
        (one,) = final(document, label)
        votes = sum((each == value).astype(int) for each in arrays)
        assert np.array_equal(voxels(tmp_path, one["id"]), votes >= 2)
    assert answer["overlaps"] == []
    tied, _ = merged(run, paths[:2], "--ties", "in", "--overwrite")
    pairs = {tuple(each["ids"]): each["voxels"] for each in tied["overlaps"]}
    a, b = arrays[:2]
    assert pairs["LIVER_1", "SPLEEN_1"] == ((a == 1) & (b == 2) | (a == 2) & (b == 1)).sum()


def test_boxes_and_points_are_kept_by_vote_and_lie_in_the_middle(run: Run, tmp_path: Path) -> None:
    paths = readers(
        tmp_path,
        (NONE, (box("B", [0, 0, 4, 4]), point("P", 1, 1), box("ALONE", [8, 8, 11, 10]))),
        (NONE, (box("B", [0, 0, 4, 5]), point("P", 2, 1))),
        (NONE, (box("B", [1, 0, 5, 4]), point("P", 9, 9))),
    )
    answer, document = merged(run, paths)
    (nodule,) = final(document, "NODULE")
    assert (nodule["bbox"], nodule["derived_from"]) == ([0.0, 0.0, 4.0, 4.0], ["A1.B", "A2.B", "A3.B"])
    (mark,) = final(document, "MARK")
    assert (mark["point"], mark["derived_from"]) == ([1.5, 1.0], ["A1.P", "A2.P"])
    refused = {each["id"] for each in document["annotations"] if each.get("status") == "rejected"}
    assert refused == {"A1.ALONE", "A3.P"}
    assert [each["marked_by"] for each in answer["merged"] if not each["is_kept"]] == [["A1"], ["A3"]]
    iou = {tuple(each["parties"]): each["value"] for each in document["metadata"]["agreement"]}
    assert iou["A1", "A2"] == 0.8


def test_an_adjudicator_has_the_last_word(run: Run, tmp_path: Path) -> None:
    paths = readers(
        tmp_path,
        (NONE, (box("B", [0, 0, 4, 4]), box("C", [8, 8, 11, 10]), point("P", 1, 1))),
        (NONE, (box("B", [0, 0, 4, 5]), box("C", [8, 8, 11, 10]))),
        (NONE, (box("MINE", [1, 0, 5, 4], confidence=0.7, note="seen twice"), point("P", 9, 9))),
    )
    _, document = merged(run, paths, "--adjudicator", "A3")
    (nodule,) = final(document, "NODULE")
    assert (nodule["bbox"], nodule["confidence"], nodule["annotator"]) == ([1, 0, 5, 4], 0.7, "A3")
    assert nodule["derived_from"] == ["A1.B", "A2.B", "A3.MINE"]
    assert [each["point"] for each in final(document, "MARK")] == [[9, 9]]
    refused = {each["id"] for each in document["annotations"] if each.get("status") == "rejected"}
    assert refused == {"A1.C", "A2.C", "A1.P"}  # both saw C; he did not
    (him,) = (each for each in document["metadata"]["agents"] if each["id"] == "A3")
    assert "arbiter" in him["roles"]
    assert document["metadata"]["annotator"] == "A3"


@pytest.mark.parametrize(("distance", "count"), [("5", 1), ("4.999", 0)])
def test_points_of_exactly_the_distance_are_one(run: Run, tmp_path: Path, distance: str, count: int) -> None:
    paths = readers(tmp_path, (NONE, (point("P", 1, 1),)), (NONE, (point("P", 7, 5),)))  # 3 mm and 4 mm
    _, document = merged(run, paths, "--distance", distance)
    assert len(final(document, "MARK")) == count


def test_values_of_attributes_are_voted(run: Run, tmp_path: Path) -> None:
    def rated(**values: Any) -> Extra:
        common = {"id": "R", "category": "lesion", "label_code": "NODULE", "type": "attribute"}
        return (common | {"attributes": values},)

    paths = readers(
        tmp_path,
        (NONE, rated(shape="round", grade=3, size=10.0, tied="x")),
        (NONE, rated(shape="round", grade=4, size=12.5, tied="y")),
        (NONE, rated(shape="oval", grade=4, size=20.0)),
    )
    answer, document = merged(run, paths)
    (nodule,) = final(document, "NODULE")
    assert nodule["attributes"] == {"shape": "round", "grade": 4, "size": 12.5}
    assert answer["merged"][0]["undecided_attributes"] == ["tied"]
    _, asked = merged(run, paths, "--adjudicator", "A2", "--overwrite")
    assert final(asked, "NODULE")[0]["attributes"] == {"shape": "round", "grade": 4, "size": 12.5, "tied": "y"}


def test_the_same_bytes_in_whatever_order_the_cases_are_given(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    paths = readers(
        tmp_path,
        *(
            (rng.integers(0, 3, GRID.shape_kji).astype(np.uint8), (box("B", [n, 0, n + 4, 4]), point("P", n, 1)))
            for n in range(3)
        ),
    )
    files: list[dict[str, bytes]] = []
    for order in (paths, paths[::-1]):
        folder = tmp_path / f"out{len(files)}"
        assert run("merge-readers", *order, "-o", folder, "--method", "staple").code == 0
        files.append(
            {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
        )
    assert files[0] == files[1]
    assert len(files[0]) > 5


def test_it_goes_to_dicom_and_only_the_consensus_does(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path / "demo", "--quiet").code == 0
    first = tmp_path / "demo/case.json"
    second = tmp_path / "demo/second.json"
    document = json.loads(first.read_text("utf-8"))
    document["metadata"]["annotator"] = "A9"
    document["metadata"]["agents"].append({"id": "A9", "kind": "person", "roles": ["annotator"]})
    second.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    out, images = tmp_path / "merged.json", tmp_path / "demo/images"
    assert run("merge-readers", first, second, "-o", out).code == 0
    checked = run("validate", out, "--profile", "delivery", "--images", images, "--json")
    assert (checked.code, checked.json["findings"]) == (0, [])
    assert run("to-dicom-seg", out, "-o", tmp_path / "seg.dcm", "--images", images).code == 0
    segments = pydicom.dcmread(tmp_path / "seg.dcm").SegmentSequence
    assert [each.SegmentLabel for each in segments] == ["Liver", "Nodule", "Spleen"]
    back = run("metrics", first, tmp_path / "seg.dcm", "--json").json
    dice = [each["value"] for each in back["metrics"] if each["definition_id"] == "overlap.dice"]
    assert dice == [1.0] * 3
    links = {each["id"]: each for each in json.loads(out.read_text("utf-8"))["links"]}
    assert len(links) == 2 * len(document["links"])


def test_several_cases_at_once(run: Run, tmp_path: Path) -> None:
    paths = []
    for case in (1, 2):
        for reader in ("A1", "A2"):
            path = case_of(tmp_path, f"{reader}_{case}", block(1, case, 6), reader)
            document = json.loads(path.read_text("utf-8"))
            document["case_id"], document["image"]["uid"] = f"C{case}", f"1.2.{case}"
            path.write_text(json.dumps(document), "utf-8")
            paths.append(path)
    out = tmp_path / "all.jsonl"
    assert run("merge-readers", *paths, "-o", out).code == 0
    cases = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [each["case_id"] for each in cases] == ["C1", "C2"]
    assert run("validate", out, "--profile", "exchange").code == 0


def change(path: Path, **image: Any) -> None:
    document = json.loads(path.read_text("utf-8"))
    document["image"] |= image
    path.write_text(json.dumps(document), "utf-8")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("image", "different images or patients"),
        ("reader", "two readings of one case are by one reader"),
        ("one", "two readers at least"),
        ("spacing", "readers' cases give one image different grids"),
        ("grid", "the mask's grid is not the image's"),
        ("fractions", "a mask of fractions is no vote"),
        ("adjudicator", "the adjudicator is none of the readers"),
        ("text", "say different things under one identifier"),
    ],
)
def test_what_cannot_be_merged_is_refused_and_leaves_nothing(run: Run, tmp_path: Path, fault: str, said: str) -> None:
    paths = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ()))
    options: list[str] = []
    if fault == "image":
        change(paths[1], uid="1.2.4")
    elif fault == "reader":
        paths[1] = case_of(tmp_path, "again", block(1, 0, 6), "A1")
    elif fault == "one":
        paths = paths[:1]
    elif fault == "spacing":
        change(paths[1], spacing=[0.6, 1.0, 3.0])
    elif fault == "grid":
        off = GRID.affine.copy()
        off[0, 3] += 0.2
        save_nifti(tmp_path / "r2.masks/labels.nii.gz", block(1, 1, 8), Grid(GRID.shape, off), overwrite=True)
    elif fault == "fractions":
        save_nifti(tmp_path / "r2.masks/labels.nii.gz", block(1, 1, 8) * np.float32(0.5), GRID, overwrite=True)
        document = json.loads(paths[1].read_text("utf-8"))
        del document["annotations"][0]["mask_value"]
        document["annotations"][0]["fractional_type"] = "PROBABILITY"
        paths[1].write_text(json.dumps(document), "utf-8")
    elif fault == "adjudicator":
        options = ["--adjudicator", "NOBODY"]
    else:
        for path, text in zip(paths, ("Leber", "Milz"), strict=True):
            document = json.loads(path.read_text("utf-8"))
            document["texts"] = [{"id": "T", "kind": "exam_report", "content": text}]
            path.write_text(json.dumps(document), "utf-8")
    before = set(tmp_path.rglob("*"))
    ran = run("merge-readers", *paths, "-o", tmp_path / "merged.json", *options)
    assert ran.code in {1, 2}
    assert said in ran.err
    assert "found" in ran.err
    assert "expected" in ran.err
    assert set(tmp_path.rglob("*")) == before


def test_files_are_readers_if_asked(run: Run, tmp_path: Path) -> None:
    paths = [case_of(tmp_path, name, block(1, 0, 6), "A1") for name in ("mine", "yours")]
    _, document = merged(run, paths, "--by", "file")
    assert final(document, "LIVER")[0]["derived_from"] == ["mine.M1", "yours.M1"]


def test_in_chinese(run: Run, tmp_path: Path) -> None:
    paths = readers(tmp_path, (block(1, 0, 6), ()), (block(1, 1, 8), ()))
    assert "保留" in run("merge-readers", *paths, "-o", tmp_path / "merged.json", "--lang", "zh").err
