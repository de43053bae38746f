"""COCO there and back: volumes, kinds of files, files of other software, and what the COCO tools say of ours."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import faster_coco_eval
import numpy as np
import pytest
from annoconv_converters.coco import bulk
from PIL import Image as Pillow
from pycocotools import mask as oracle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case, read_cases, write_cases
from annoconv.codes import Labels
from annoconv.documents import residuals, strict_json
from annoconv.errors import MaskError, UsageError
from annoconv.geometry import Grid
from annoconv.loss import LossKind
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks
from tests.cases import make
from tests.real_data import real

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools under numpy 2

REAL = (
    "coco/cocoapi/instances_val2014_fakesegm100_results.json",
    "coco/datumaro/coco_instances/annotations/instances_train.json",
    "coco/datumaro/coco_instances/annotations/instances_val.json",
    "coco/datumaro/coco_panoptic/annotations/panoptic_train.json",
    "coco/datumaro/coco_panoptic/annotations/panoptic_val.json",
    "coco/datumaro/coco_person_keypoints/annotations/person_keypoints_train.json",
    "coco/datumaro/coco_person_keypoints/annotations/person_keypoints_val.json",
)


def told(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def foreign(folder: Path, annotations: list[dict[str, Any]], **more: Any) -> Path:
    """Write a file as other software does, its ids with gaps."""
    image = {"id": 9, "width": 30, "height": 20, "file_name": "train/x.jpg", "license": 4, "extra": None}
    whole = {
        "info": {"year": 2017, "contributor": "others"},
        "licenses": [{"id": 4, "name": "CC0"}],
        "images": [image],
        "categories": [
            {"id": 7, "name": "license plate", "supercategory": "thing"},
            {"id": 3, "name": "肺", "color": "x"},
        ],
        "annotations": [{"image_id": 9, "category_id": 7, **each} for each in annotations],
        **more,
    }
    path = folder / "foreign.json"
    path.write_text(json.dumps(whole), "utf-8")
    return path


def there_and_back(path: Path, folder: Path, **options: Any) -> tuple[Any, Any]:
    """Read a file, write the cases to disk, read those and write COCO again; return its content and the losses."""
    write_cases(registry.read([path], format="coco"), folder / "cases.jsonl")
    losses = registry.write(read_cases([folder / "cases.jsonl"]), folder / "back.json", format="coco", **options)
    return told(folder / "back.json"), losses


@pytest.mark.parametrize("name", REAL)
def test_real_files_come_back_without_a_loss(name: str, tmp_path: Path) -> None:
    path = real(name)
    back, losses = there_and_back(path, tmp_path)
    original = told(path)
    if isinstance(original, list):  # results are grouped by picture
        original, back = (sorted(each, key=lambda one: (one["image_id"], one["score"])) for each in (original, back))
    assert back == original
    assert list(losses) == []
    assert not (tmp_path / "back.annoconv.json").exists()
    folder = path.with_suffix("")
    for png in sorted(folder.glob("*.png")):
        with Pillow.open(png) as ours, Pillow.open(tmp_path / "back" / png.name) as theirs:
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_ids_holes_crowds_and_whatever_else_a_file_says_stay(tmp_path: Path) -> None:
    hole = [5, 5, 15, 5, 15, 15, 5, 15, 5, 5, 8, 8, 8, 12, 12, 12, 12, 8, 8, 8]
    path = foreign(
        tmp_path,
        [
            {
                "id": 7,
                "segmentation": [hole],
                "area": 84,
                "bbox": [5, 5, 10, 10],
                "iscrowd": 0,
                "note": {"a": [1, None]},
            },
            {
                "id": 3,
                "segmentation": {"size": [20, 30], "counts": [0, 20, 580]},
                "iscrowd": 1,
                "area": 20,
                "bbox": [0, 0, 1, 20],
            },
            {
                "id": 12,
                "segmentation": [[1, 1, 4, 1, 4, 4], [20.5, 2, 28, 2.25, 25, 9]],
                "bbox": [0, 0, 3, 3],
                "area": 1,
            },
            {"id": 100, "bbox": [1.1, 2.2, 3.3, 4.4], "category_id": 3, "attributes": {"occluded": True, "r": 5.60}},
            {"id": 5, "segmentation": None, "iscrowd": 0},
        ],
    )
    back, losses = there_and_back(path, tmp_path)
    assert back == told(path)
    assert list(losses) == []


def test_a_changed_annotation_gets_its_own_area_again(tmp_path: Path) -> None:
    path = foreign(tmp_path, [{"id": 7, "bbox": [1, 2, 3, 4], "area": 99, "segmentation": [], "note": 1}])
    (reading,) = registry.read([path], format="coco")
    box = reading.case.annotations[0].model_copy(update={"bbox": [1.0, 2.0, 11.0, 12.0]})
    case = reading.case.model_copy(update={"annotations": [box]})
    registry.write([LoadedCase(case)], tmp_path / "back.json", format="coco")
    (record,) = told(tmp_path / "back.json")["annotations"]
    assert (record["area"], record["bbox"], record["note"], record["id"]) == (100, [1, 2, 10, 10], 1, 7)


def test_findings_tell_and_nothing_is_mended(tmp_path: Path) -> None:
    square = [2, 2, 12, 2, 12, 12, 2, 12]
    path = foreign(
        tmp_path,
        [
            {"id": 1, "segmentation": [square], "area": 50, "bbox": [2, 2, 10, 10]},
            {"id": 2, "segmentation": [square], "area": 100, "bbox": [0, 0, 5, 5]},
            {"id": 3, "bbox": [25, 2, 10, 10], "category_id": 99},
            {"id": 4, "bbox": [2, 2, 3, 3], "keypoints": [500, 2, 2], "num_keypoints": 1},
            {"id": 5, "segmentation": [square], "area": 100, "bbox": [2, 2, 10, 10]},
        ],
    )
    (reading,) = registry.read([path], format="coco")
    found = {(each.path, each.rule) for each in reading.findings}
    assert found == {
        ("/annotations/1/area", "coco.area"),
        ("/annotations/2/bbox", "coco.box"),
        ("/annotations/3/bbox", "coco.outside"),
        ("/annotations/3/category_id", "coco.category"),
        ("/annotations/4/keypoints", "coco.outside"),
    }


@pytest.mark.parametrize("categories", [[], None])
def test_a_category_of_a_file_that_lists_none_is_not_defined(categories: Any, tmp_path: Path) -> None:
    path = foreign(tmp_path, [{"id": 1, "bbox": [2, 2, 3, 3]}], categories=categories)
    if categories is None:
        path.write_text(json.dumps({key: value for key, value in told(path).items() if key != "categories"}))
    (reading,) = registry.read([path], format="coco")
    for findings in (reading.findings, bulk.validate(path)):
        assert [(each.path, each.rule, each.message) for each in findings] == [
            (
                "/annotations/1/category_id",
                "coco.category",
                "the category 7 is not defined, and no other is; add it to categories",
            )
        ]


def test_results_have_the_categories_of_their_ground_truth_if_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps([{"image_id": 9, "category_id": 5, "bbox": [2, 2, 3, 3], "score": 0.5}]))
    truth = foreign(tmp_path, [])
    assert [each.findings for each in registry.read([path], format="coco")] == [()]
    (reading,) = registry.read([path], format="coco", ground_truth=truth)
    assert [each.rule for each in reading.findings] == ["coco.category"]
    assert [*bulk.validate(path)] == []


# --- ours ---


def volume_case(shape: tuple[int, int, int] = (40, 30, 12)) -> LoadedCase:
    """Return a case with three organs, one with a hole, on an oblique grid."""
    rng = np.random.default_rng(5)
    labels_kji = np.zeros(shape[::-1], np.uint8)
    labels_kji[2:9, 5:25, 4:30] = 1
    labels_kji[4:7, 10:20, 10:20] = 0
    labels_kji[5, 12:15, 12:15] = 2
    labels_kji[8:11, 3:9, 30:38] = 3 * (rng.random((3, 6, 8)) < 0.7)
    turn = np.deg2rad(17.0)
    direction = [[np.cos(turn), -np.sin(turn), 0.0], [np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]]
    image = {
        "uid": "1.2.3.4",
        "modality": "CT",
        "shape": list(shape),
        "spacing": [0.7, 0.8, 2.5],
        "origin": [-100.5, 20.25, 33.125],
        "direction": direction,
    }
    masks = [("LIV", "LIVER", 1), ("NOD", "NODULE", 2), ("SPL", "SPLEEN", 3)]
    annotations = [
        {"id": i, "category": "organ", "label_code": code, "type": "mask", "mask_file": "m.nii.gz", "mask_value": value}
        for i, code, value in masks
    ]
    document = {"schema_version": "1.0", "task_id": "T", "image": image, "annotations": annotations, "metadata": {}}
    case = Case.model_validate(document)
    volume = ArrayVolume(Grid.from_image(case.image), labels_kji)
    return LoadedCase(case, Masks(Mask(i, volume, value) for i, _, value in masks))


@pytest.mark.parametrize(
    "options", [{}, {"segmentation": "polygon"}, {"axis": "i"}, {"axis": "j"}, {"annotated_only": True}]
)
def test_a_volume_comes_back_voxel_by_voxel(options: dict[str, Any], tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "x.json", format="coco", **options)
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
    for identity, mask in loaded.masks.items():
        np.testing.assert_array_equal(reading.masks[identity].read(), mask.read())
        assert np.abs(reading.masks[identity].grid.affine - mask.grid.affine).max() < 1e-6


@pytest.mark.parametrize("form", ["rle", "polygon"])
def test_pycocotools_sees_the_masks(form: str, tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "x.json", format="coco", segmentation=form)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(tmp_path / "x.json")
    codes = {number: record["name"] for number, record in coco.cats.items()}
    by_code = {each.label_code: loaded.masks[each.id].read() for each in loaded.case.annotations}
    seen = {code: np.zeros_like(mask) for code, mask in by_code.items()}
    for record in coco.anns.values():
        k = int(coco.imgs[record["image_id"]]["file_name"].rpartition("_k")[2].removesuffix(".png"))
        mask_ji = coco.annToMask(record).astype(bool)
        seen[codes[record["category_id"]]][k] |= mask_ji
        assert (record["area"], record["iscrowd"]) == (mask_ji.sum(), 0)
        assert record["bbox"] == oracle.toBbox(coco.annToRLE(record)).tolist()
    for code, mask in by_code.items():
        np.testing.assert_array_equal(seen[code], mask)


def test_our_output_evaluates_to_one_against_itself(tmp_path: Path) -> None:
    registry.write([volume_case()], tmp_path / "x.json", format="coco", plain=True)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(tmp_path / "x.json")
        found = truth.loadRes([{**record, "score": 1.0} for record in truth.dataset["annotations"]])
        evaluation = COCOeval(truth, found, "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)


def test_faster_coco_eval_agrees(tmp_path: Path) -> None:
    registry.write([volume_case()], tmp_path / "x.json", format="coco", plain=True)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = faster_coco_eval.COCO(str(tmp_path / "x.json"))
        found = truth.loadRes([{**record, "score": 1.0} for record in truth.dataset["annotations"]])
        evaluation = faster_coco_eval.COCOeval_faster(truth, found, "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)


def test_without_our_keys_it_reads_as_if_they_had_never_been_there(tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "keyed.json", format="coco")
    registry.write([loaded], tmp_path / "plain.json", format="coco", plain=True)
    keyed = told(tmp_path / "keyed.json")
    for record in (*keyed["images"], *keyed["annotations"]):
        del record["annoconv"]
    assert keyed == told(tmp_path / "plain.json")
    assert b'annoconv":' not in (tmp_path / "plain.json").read_bytes()
    (tmp_path / "stripped").mkdir()
    (tmp_path / "stripped" / "keyed.json").write_text(json.dumps(keyed))
    (bare,) = registry.read([tmp_path / "stripped" / "keyed.json"], format="coco")
    assert {each.label_code for each in bare.case.annotations} == {"LIVER", "NODULE", "SPLEEN"}
    np.testing.assert_array_equal(bare.masks["LIVER"].read(), loaded.masks["LIV"].read())


def test_the_side_file_alone_brings_everything_back(tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "x.json", format="coco")
    stripped = told(tmp_path / "x.json")
    for record in (*stripped["images"], *stripped["annotations"]):
        del record["annoconv"]
    (tmp_path / "x.json").write_text(json.dumps(stripped, indent=1))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)


def test_file_names_of_ones_own(tmp_path: Path) -> None:
    registry.write([volume_case()], tmp_path / "x.json", format="coco", plain=True)
    document = told(tmp_path / "x.json")
    for record in document["images"]:
        record["file_name"] = "scan-7_slice" + record["file_name"].rpartition("_k")[2]
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert len(list(registry.read([tmp_path / "x.json"], format="coco"))) == 12
    pattern = r"(?P<series>.+)_slice(?P<index>\d+)\.png"
    (reading,) = registry.read([tmp_path / "x.json"], format="coco", names=pattern)
    assert (reading.case.image.uid, reading.case.image.shape) == ("scan-7", [40, 30, 12])


def test_categories_follow_the_label_system_and_do_not_depend_on_use(tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "a.json", format="coco")
    fewer = loaded.case.model_copy(update={"annotations": loaded.case.annotations[2:]})
    registry.write([LoadedCase(fewer, loaded.masks)], tmp_path / "b.json", format="coco")
    ids = [{record["name"]: record["id"] for record in told(tmp_path / f"{x}.json")["categories"]} for x in "ab"]
    assert ids[1]["SPLEEN"] == ids[0]["SPLEEN"]
    assert all(record["supercategory"] for record in told(tmp_path / "a.json")["categories"])


def test_many_cases_share_a_file_and_come_apart_again(tmp_path: Path) -> None:
    cases = [read_case(make(name, tmp_path / name).path) for name in ("axial", "radiograph", "whole_model", "bare")]
    losses = registry.write(cases, tmp_path / "all.json", format="coco")
    readings = list(registry.read([tmp_path / "all.json"], format="coco"))
    assert [strict_json.plain(each.case) for each in readings] == [strict_json.plain(each.case) for each in cases]
    assert {loss.kind for loss in losses} == {LossKind.CARRIED}
    assert {loss.case_index for loss in losses} == {0, 1, 2, 3}


def test_a_folder_is_written_whole(tmp_path: Path) -> None:
    registry.write([volume_case()], tmp_path / "set", format="coco")
    assert sorted(path.name for path in (tmp_path / "set" / "annotations").iterdir()) == [
        "annoconv.json",
        "instances_default.json",
    ]
    (reading,) = registry.read([tmp_path / "set"], format="coco")
    assert reading.case.image.uid == "1.2.3.4"


# --- kinds ---


def keypoint_case() -> LoadedCase:
    common = {"category": "organ", "label_code": "FEMUR"}
    points: list[dict[str, Any]] = [
        {"name": "head", "point": [10.5, 8.0], "visibility": "visible"},
        {"name": "neck", "point": [12.25, 9.5], "visibility": "hidden"},
    ]
    annotations: list[dict[str, Any]] = [
        {"id": "F1", **common, "type": "bbox", "bbox": [5, 5, 25, 18]},
        {"id": "F1.points", **common, "type": "keypoints", "keypoints": points, "parent_id": "F1"},
    ]
    image = {"uid": "X", "modality": "DX", "shape": [30, 20]}
    return LoadedCase(Case.model_validate({"task_id": "T", "image": image, "annotations": annotations, "metadata": {}}))


def test_keypoints_are_pixel_indices(tmp_path: Path) -> None:
    loaded = keypoint_case()
    skeletons = tmp_path / "skeletons.json"
    skeletons.write_text('{"FEMUR": {"keypoints": ["head", "shaft", "neck"], "skeleton": [[1, 3]]}}')
    registry.write([loaded], tmp_path / "x.json", format="coco", kind="keypoints", skeletons=skeletons)
    document = told(tmp_path / "x.json")
    (record,) = document["annotations"]
    assert record["keypoints"] == [10, 7.5, 2, 0, 0, 0, 11.75, 9, 1]
    assert record["num_keypoints"] == 2
    assert document["categories"][0]["skeleton"] == [[1, 3]]
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)


def test_a_panoptic_map_holds_a_mask_whatever_its_form_was_in_its_file(tmp_path: Path) -> None:
    """Of the masks of three pictures, one each: run lengths as numbers, as text, and polygons in two pieces."""
    size, runs = [20, 30], {"counts": [100, 20, 480], "size": [20, 30]}
    pieces = [[2, 2, 12, 2, 12, 12, 2, 12], [20, 2, 24, 2, 24, 6, 20, 6]]
    packed = oracle.frPyObjects(runs, *size)
    forms = [runs, {"counts": packed["counts"].decode(), "size": size}, pieces]
    images = [{"id": n, "width": 30, "height": 20, "file_name": f"{n}.jpg"} for n in range(1, 4)]
    records = [{"id": n, "image_id": n, "category_id": 1, "segmentation": form} for n, form in enumerate(forms, 1)]
    document = {"images": images, "annotations": records, "categories": [{"id": 1, "name": "x"}]}
    (tmp_path / "in.json").write_text(json.dumps(document))
    readings = list(registry.read([tmp_path / "in.json"], format="coco"))
    cases = [LoadedCase(each.case, each.masks) for each in readings]
    losses = registry.write(cases, tmp_path / "p.json", format="coco", kind="panoptic")
    assert not [loss for loss in losses if loss.kind.changes_value]
    joined = oracle.merge(oracle.frPyObjects(pieces, *size))
    for number, expected in enumerate(map(oracle.decode, (packed, packed, joined)), 1):
        with Pillow.open(tmp_path / "p" / f"{number}.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture)[..., 0] > 0, expected > 0)


def test_panoptic_maps_hold_the_masks_and_refuse_overlaps(tmp_path: Path) -> None:
    loaded = volume_case()
    registry.write([loaded], tmp_path / "p.json", format="coco", kind="panoptic")
    assert len(list((tmp_path / "p").rglob("*.png"))) == 9
    (reading,) = registry.read([tmp_path / "p.json"], format="coco")
    np.testing.assert_array_equal(reading.masks["LIV"].read(), loaded.masks["LIV"].read())
    overlapping = read_case(make("overlapping_masks", tmp_path / "o").path)
    with pytest.raises(MaskError, match="overlap"):
        registry.write([overlapping], tmp_path / "q.json", format="coco", kind="panoptic")
    assert not (tmp_path / "q.json").exists()
    assert not (tmp_path / "q").exists()


def test_captions_come_from_links_between_text_and_image(tmp_path: Path) -> None:
    loaded = read_case(make("whole_model", tmp_path / "in").path)
    registry.write([loaded], tmp_path / "c.json", format="coco", kind="captions")
    captions = {record["caption"] for record in told(tmp_path / "c.json")["annotations"]}
    assert captions == {each.text for each in loaded.case.annotations if each.type == "text_span"}
    path = tmp_path / "foreign.json"
    foreign_captions = {
        "images": [{"id": 4, "width": 5, "height": 6, "file_name": "a.jpg"}],
        "annotations": [{"id": 31, "image_id": 4, "caption": "A round nodule."}],
    }
    path.write_text(json.dumps(foreign_captions))
    back, losses = there_and_back(path, tmp_path)
    assert (back, list(losses)) == (foreign_captions, [])


def test_results_hold_what_has_a_confidence(tmp_path: Path) -> None:
    loaded = volume_case()
    scored = [
        each.model_copy(update={"confidence": 0.5}) if each.id != "SPL" else each for each in loaded.case.annotations
    ]
    case = loaded.case.model_copy(update={"annotations": scored})
    losses = registry.write([LoadedCase(case, loaded.masks)], tmp_path / "r.json", format="coco", kind="results")
    results = told(tmp_path / "r.json")
    assert {record["score"] for record in results} == {0.5}
    assert {loss.path for loss in losses if loss.kind is LossKind.NO_PLACE} >= {"/annotations/2/mask_file"}
    (reading,) = registry.read([tmp_path / "r.json"], format="coco")
    assert [each.id for each in reading.case.annotations] == ["LIV", "NOD"]
    np.testing.assert_array_equal(reading.masks["LIV"].read(), loaded.masks["LIV"].read())


def test_results_of_boxes_find_their_pictures_in_the_ground_truth(tmp_path: Path) -> None:
    truth = foreign(tmp_path, [{"id": 1, "bbox": [1, 2, 3, 4]}])
    results = tmp_path / "results.json"
    results.write_text('[{"image_id": 9, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.25}]')
    (bare,) = registry.read([results], format="coco")
    assert bare.case.image.shape is None
    (reading,) = registry.read([results], format="coco", ground_truth=truth)
    assert reading.case.image.shape == [30, 20]
    (box,) = reading.case.annotations
    assert (Labels.of(reading.case).name_of(box.label_code), box.confidence) == ("license plate", 0.25)
    assert {label.number for label in reading.case.labels or ()} == {
        each["id"] for each in json.loads(truth.read_text())["categories"]
    }


def test_stuff_has_one_record_a_label_and_picture(tmp_path: Path) -> None:
    loaded = read_case(make("overlapping_masks", tmp_path / "in").path)
    same = [each.model_copy(update={"label_code": "LIVER"}) for each in loaded.case.annotations]
    case = LoadedCase(loaded.case.model_copy(update={"annotations": same}), loaded.masks)
    registry.write([case], tmp_path / "s.json", format="coco", kind="stuff", plain=True)
    pictures = [record["image_id"] for record in told(tmp_path / "s.json")["annotations"]]
    assert len(pictures) == len(set(pictures))


# --- pictures ---


def test_pictures_are_rendered_with_what_it_takes_to_read_them(tmp_path: Path) -> None:
    zoo = make("axial", tmp_path / "in")
    loaded = read_case(zoo.path)
    registry.write([loaded], tmp_path / "set", format="coco", images=zoo.images, render="16")
    document = told(tmp_path / "set" / "annotations" / "instances_default.json")
    record = document["images"][2]
    with Pillow.open(tmp_path / "set" / "images" / record["file_name"]) as picture:
        pixels = np.asarray(picture)
    rendering = record["annoconv"]["rendering"]
    values = pixels * rendering["slope"] + rendering["intercept"]
    expected = (np.arange(16 * 12 * 6) % 997).reshape(6, 12, 16)[2]
    np.testing.assert_array_equal(values, expected)
    options = {"images": zoo.images, "render": "8", "window": "40,400"}
    registry.write([loaded], tmp_path / "eight", format="coco", **options)
    first = told(tmp_path / "eight" / "annotations" / "instances_default.json")["images"][0]
    assert first["annoconv"]["rendering"] == {"depth": 8, "window_center": 40.0, "window_width": 400.0}
    with pytest.raises(UsageError):
        registry.write([loaded], tmp_path / "none", format="coco", render="16")
    with pytest.raises(UsageError):
        registry.write([loaded], tmp_path / "none", format="coco", images=zoo.images, render="8", window="wide")
    assert not (tmp_path / "none").exists()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        registry.write([volume_case()], tmp_path / name / "x.json", format="coco")
    for file in ("x.json", "x.annoconv.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    loaded = volume_case()
    with pytest.raises(MaskError):
        registry.write([loaded, LoadedCase(loaded.case, Masks())], tmp_path / "x.json", format="coco")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_does_not_know_us_loses_only_what_the_report_names(tmp_path: Path) -> None:
    loaded = read_case(make("radiograph", tmp_path / "in").path)
    losses = registry.write([loaded], tmp_path / "x.json", format="coco", plain=True)
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    back = strict_json.plain(reading.case)
    for each, number in zip(back["annotations"], ["B", "P"], strict=True):
        each["id"] = number  # COCO numbers what it has a form for, in its order
    changed = residuals.residual(strict_json.plain(loaded.case), back).paths()
    numbered = {"/annotations/0/id", "/annotations/1/id"}
    assert {residuals.pointer(path) for path in changed} | numbered == losses.paths()
    shutil.rmtree(tmp_path / "in")
