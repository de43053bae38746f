"""COCO as other software writes it: every file comes back as it was, without a loss and without a key of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from annoconv_converters.coco.bulk import load, validate

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case, read_cases, write_case, write_cases
from annoconv.errors import DocumentError, InputError

IMAGE = {"id": 1, "width": 30, "height": 20, "file_name": "a.jpg"}
CATEGORY = {"id": 1, "name": "x"}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 5], "area": 50, "segmentation": [], "iscrowd": 0}
SQUARE = [2, 2, 12, 2, 12, 12, 2, 12]
RUNS = {"counts": [100, 20, 480], "size": [20, 30]}
FACE = {**CATEGORY, "keypoints": ["nose", "eye"], "skeleton": [[1, 2]]}
OURS_ONCE = {
    "more": {"category": "organ", "slice_index": 1},
    "geometry": {"type": "point", "point": [1, 2]},
    "lost": ["a colour"],
    "named": {"nose": [1, 2, 2]},
    "key": {"id": "x", "type": "mask"},
    "shapes": [],
}
"""What a record of other software may say; none of it is ours."""
ABSENT = object()


def box(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**BOX, **changes}.items() if value is not ABSENT}


def of(*annotations: dict[str, Any], image: Any = IMAGE, category: Any = CATEGORY, **more: Any) -> dict[str, Any]:
    images, categories = (each if isinstance(each, list) else [each] for each in (image, category))
    return {"images": images, "annotations": list(annotations), "categories": categories, **more}


FILES: dict[str, Any] = {
    "COCO: images without annotations": {"info": {}, "images": [IMAGE], "licenses": [], "categories": [CATEGORY]},
    "LVIS: no file name, no iscrowd, synsets": of(
        box(iscrowd=ABSENT, segmentation=[SQUARE]),
        image={"id": 1, "width": 30, "height": 20, "coco_url": "http://x/1.jpg", "neg_category_ids": [3]},
        category={"id": 1, "name": "alarm_clock", "synset": "alarm_clock.n.01", "synonyms": ["a"], "frequency": "f"},
    ),
    "CVAT: attributes, crowd as a list, empty licence": of(
        box(attributes={"occluded": False, "rotation": 0.0, "track_id": 3}),
        box(id=2, segmentation=RUNS, iscrowd=1, area=20, bbox=[5, 0, 1, 20], attributes={"occluded": False}),
        image={**IMAGE, "license": 0, "flickr_url": "", "coco_url": "", "date_captured": 0},
        category={**CATEGORY, "supercategory": ""},
        licenses=[{"name": "", "id": 0, "url": ""}],
        info={"contributor": "", "date_created": "", "year": ""},
    ),
    "Roboflow: ids from 0, a category twice": of(
        *(box(id=number, image_id=number, area=50.0) for number in range(3)),
        image=[{**IMAGE, "id": number, "file_name": f"{number}.jpg", "extra": {"name": "a"}} for number in range(3)],
        category=[
            {"id": 0, "name": "cells", "supercategory": "none"},
            {"id": 1, "name": "cells", "supercategory": "cells"},
        ],
    ),
    "Label Studio: ignore, ids of 0, a path of Windows": of(
        box(id=0, image_id=0, category_id=0, ignore=0, segmentation=[[each + 0.123456789 for each in SQUARE]]),
        image={**IMAGE, "id": 0, "file_name": "..\\..\\media\\a b.jpg"},
        category={"id": 0, "name": "Airplane"},
    ),
    "an absolute path": of(BOX, image={**IMAGE, "file_name": "/data/x/a.jpg"}),
    "an address": of(BOX, image={**IMAGE, "file_name": "https://x/y/a.jpg?q=1"}),
    "a file name in Chinese": of(BOX, image={**IMAGE, "file_name": "中文/图.png"}),
    "a file name that is none": of(BOX, image={**IMAGE, "file_name": 5}),
    "no categories": {"images": [IMAGE], "annotations": [BOX]},
    "categories of null": {"images": [IMAGE], "annotations": [BOX], "categories": None, "licenses": None},
    "annotations first": {"annotations": [BOX], "categories": [CATEGORY], "images": [IMAGE]},
    "ids of data frames": of(
        box(id=1.0, image_id=1.0, category_id=1.0),
        image={**IMAGE, "id": 1.0, "width": 30.0, "height": 20.0},
        category={"id": 1.0, "name": "x"},
    ),
    "ids of texts": of(
        box(id="a1", image_id="img-1", category_id="c"),
        box(id="7", image_id="img-1", category_id="c"),
        image={**IMAGE, "id": "img-1"},
        category={"id": "c", "name": "x"},
    ),
    "huge and negative ids": of(
        box(id=10**30, image_id=2**70, category_id=-3),
        box(id=-5, image_id=2**70, category_id=-3),
        image={**IMAGE, "id": 2**70},
        category={"id": -3, "name": "x"},
    ),
    "no category": of(box(category_id=ABSENT), box(id=2, category_id=None), box(id=3, category_id={"a": 1})),
    "categories that are not defined": of(*(box(id=i + 1, category_id=n) for i, n in enumerate((-3, 3, 10**12, "c")))),
    "categories without a name": of(BOX, category=[{"id": 1}, {"id": 2, "name": 5}, {"id": 3, "name": ""}]),
    "a background": of(box(category_id=0), category=[{"id": 0, "name": "__background__"}, {"id": 1, "name": "x"}]),
    "only a box": of({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1.5, 2, 3, 4]}),
    "nulls": of(box(area=None, iscrowd=None, segmentation=None, score=None, attributes=None, keypoints=None)),
    "no box": of(box(bbox=None, segmentation=[SQUARE])),
    "a crowd that is true": of(box(iscrowd=True)),
    "empty polygons": of(box(segmentation=[[]]), box(id=2, segmentation=[SQUARE, []])),
    "a closed polygon": of(box(segmentation=[[*SQUARE, *SQUARE[:2]]])),
    "an area that is a text": of(box(area="50")),
    "keys of their own": of(
        box(track_id=3, difficult=0, annotator={"id": 3}, meta=[1, {"a": None}]), videos=[{"id": 1}], type="instances"
    ),
    "attributes of every kind": of(
        box(attributes={"a": {"b": 1}, "c": [1, "x"], "d": None, "": 3, "e\n": 1, "f": 1.50}),
        box(id=2, attributes=["x", "y"]),
    ),
    "scores beyond 1": of(box(score=0.3), box(id=2, score=37.5)),
    "keys of theirs that our own code once used": of(
        box(**OURS_ONCE, segmentation=[SQUARE]),
        box(id=2, **OURS_ONCE, annoconv={"id": "x", "type": "mask"}),
        image={**IMAGE, **OURS_ONCE, "annoconv": {"uid": "x", "axis": "k", "index": 3}},
        category={**CATEGORY, **OURS_ONCE},
    ),
    "segments with keys of that kind, as results": [
        {"image_id": 42, "category_id": 18, "segmentation": RUNS, "score": 0.2, **OURS_ONCE, "annoconv": 5}
    ],
    "a caption beside a box": of(box(caption="left lung")),
    "captions": {"images": [IMAGE], "annotations": [{"id": 1, "image_id": 1, "caption": "A man.\n"}]},
    "keypoints": of(
        box(keypoints=[1, 2, 2, 5.5, 6.5, 1], num_keypoints=2),
        box(id=2, keypoints=[1, 2, 0, 0, 0, 0], num_keypoints=0),
        {"id": 3, "image_id": 1, "category_id": 1, "keypoints": [1, 2, 2, 3, 4, 2.0], "num_keypoints": 2},
        category=FACE,
    ),
    "keypoints of one name": of(
        box(keypoints=[1, 2, 2, 3, 4, 2], num_keypoints=2), category={**FACE, "keypoints": ["p", "p"]}
    ),
    "keypoints of a class that defines none": of(
        box(keypoints=[1, 2, 2, 3, 4, 1], num_keypoints=2),
        box(id=2, bbox=[1.12345678901234, 2, 10, 5]),
        box(id=3, segmentation=[[1.12345678901234, 2, 11, 2, 11, 7]], area=24.5),
    ),
    "no supercategory": of(box(), category={**CATEGORY, "supercategory": None}),
    "results of boxes": [{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236}],
    "results of masks": [
        {"image_id": 42, "category_id": 18, "segmentation": RUNS, "bbox": [5, 0, 1, 20], "score": 0.2}
    ],
    "results of polygons": [{"image_id": "a/b.jpg", "category_id": 18, "segmentation": [SQUARE], "score": 0.2}],
    "results of keypoints, scored one by one": [
        {"image_id": 42, "category_id": 1, "keypoints": [1, 2, 0.91, 3, 4, 7.5], "score": 2.7}
    ],
    "results of captions": [{"image_id": 42, "caption": "a man"}],
    "results of stuff": [{"image_id": 42, "category_id": 92, "segmentation": RUNS}],
}


@pytest.mark.parametrize("name", FILES)
def test_it_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(FILES[name]), "utf-8")
    write_cases(registry.read([path], format="coco"), tmp_path / "cases.jsonl")
    losses = registry.write(read_cases([tmp_path / "cases.jsonl"]), tmp_path / "back.json", format="coco")
    assert json.loads((tmp_path / "back.json").read_text("utf-8")) == FILES[name]
    assert list(losses) == []
    assert {finding.rule for finding in validate(path)} <= {"coco.category", "coco.empty", "coco.area", "coco.box"}


def test_what_is_said_of_a_result_is_kept(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(FILES["results of keypoints, scored one by one"]))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    (found,) = reading.case.annotations
    assert [each.point for each in found.keypoints] == [[1.5, 2.5], [3.5, 4.5]]  # type: ignore[union-attr]
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "again.json", format="coco")
    (again,) = json.loads((tmp_path / "again.json").read_text())
    assert again["keypoints"] == [1, 2, 0.91, 3, 4, 7.5]


def test_results_of_polygons_need_the_size_of_their_picture(tmp_path: Path) -> None:
    results, truth = tmp_path / "x.json", tmp_path / "truth" / "t.json"
    results.write_text(
        json.dumps([{"image_id": 1, "category_id": 1, "segmentation": [SQUARE, SQUARE[::-1]], "score": 1}])
    )
    with pytest.raises(InputError, match="--ground-truth"):
        list(registry.read([results], format="coco"))
    truth.parent.mkdir()
    truth.write_text(json.dumps(of()))
    (reading,) = registry.read([results], format="coco", ground_truth=truth)
    assert reading.masks[reading.case.annotations[0].id].read().sum() == 100


def test_a_volume_of_other_software_says_what_it_loses(tmp_path: Path) -> None:
    images = [{**IMAGE, "id": k, "file_name": f"ct_k{k:04d}.png", "license": 4} for k in range(3)]
    masks = [box(id=k, image_id=k % 3, segmentation=RUNS, area=20, bbox=[5, 0, 1, 20], note=k) for k in range(4)]
    (tmp_path / "x.json").write_text(json.dumps(of(*masks, image=images, info={"year": 2020})))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert reading.case.image.shape == [30, 20, 3]
    one, place = "masks of one label in a volume are one mask", "a volume has no place for {} of its slices or its file"
    assert [(loss.path, loss.kind.value, loss.message) for loss in reading.losses] == [
        ("/annotations/0/id", "approximated", one),
        *((f"/annotations/{k}/note", "no_place", place.format("note")) for k in range(3)),
        ("/annotations/3/id", "approximated", one),
        ("/annotations/3/note", "no_place", place.format("note")),
        *((f"/images/{k}/license", "no_place", place.format("license")) for k in range(3)),
        ("/info/year", "no_place", place.format("year")),
    ]


def test_what_masks_of_one_label_on_a_slice_say_is_that_of_the_one_that_they_become(tmp_path: Path) -> None:
    image = {**IMAGE, "file_name": "ct_k0001.png"}
    left = [[2, 2, 4, 2, 4, 4, 2, 4]]
    right = [[10, 2, 13, 2, 13, 4, 10, 4]]
    masks = [
        box(id=n, segmentation=each, area=area, bbox=bbox)
        for n, each, area, bbox in ((7, left, 4, [2, 2, 2, 2]), (8, right, 6, [10, 2, 3, 2]))
    ]
    (tmp_path / "x.json").write_text(json.dumps(of(*masks, image=image)))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    fields = ("area", "bbox", "id", "segmentation")
    named = [(loss.path, loss.kind.value) for loss in reading.losses if loss.path.startswith("/annotations")]
    kinds = {"area": "precision"}
    assert named == [(f"/annotations/{n}/{name}", kinds.get(name, "approximated")) for n in (0, 1) for name in fields]


def test_a_volume_of_other_software_names_every_key_that_it_loses(tmp_path: Path) -> None:
    images = [{**IMAGE, **OURS_ONCE, "file_name": "ct_k0001.png", "annoconv": 5}]
    (tmp_path / "x.json").write_text(json.dumps(of(box(**OURS_ONCE, annoconv={"id": "x"}), image=images)))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert [each.type for each in reading.case.annotations] == ["bbox"]
    named = {tuple(loss.path.split("/")[1:4:2]) for loss in reading.losses}
    said = {name for name, value in OURS_ONCE.items() if value} | {"annoconv"}  # what is empty says nothing
    assert named >= {(section, key) for section in ("annotations", "images") for key in said}


def test_the_date_of_a_picture_is_when_it_was_acquired(tmp_path: Path) -> None:
    for said, moment in (
        ("2021-03-04T05:06:07+08:00", True),
        ("2013-11-14 17:02:52", False),
        ("2021-13-04T05:06:07Z", False),
    ):
        (tmp_path / "x.json").write_text(json.dumps(of(BOX, image={**IMAGE, "date_captured": said})))
        (reading,) = registry.read([tmp_path / "x.json"], format="coco")
        assert (reading.case.image.acquired_at is not None) is moment
        registry.write([LoadedCase(reading.case)], tmp_path / "back.json", format="coco", overwrite=True)
        assert json.loads((tmp_path / "back.json").read_text())["images"][0]["date_captured"] == said


@pytest.mark.parametrize("name", ["nulls", "no box", "a crowd that is true", "ids of data frames", "no category"])
def test_a_table_takes_what_tools_write(name: str, tmp_path: Path) -> None:
    document = FILES[name]
    whole = {**document, "annotations": document["annotations"][:2]}
    (tmp_path / "x.json").write_text(json.dumps(whole))
    assert load(tmp_path / "x.json").ids.tolist() == list(range(1, len(whole["annotations"]) + 1))


@pytest.mark.parametrize("name", ["huge and negative ids", "ids of texts", "an area that is a text"])
def test_a_table_refuses_what_it_cannot_hold(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(FILES[name]))
    with pytest.raises(DocumentError):
        load(tmp_path / "x.json")


def test_ids_that_are_none_are_named(tmp_path: Path) -> None:
    images = [IMAGE, {**IMAGE, "id": [1], "width": "30"}]
    annotations = [box(id=ABSENT), box(id={}, image_id=[1]), box(id=True, image_id=None)]
    (tmp_path / "x.json").write_text(json.dumps(of(*annotations, image=images)))
    with pytest.raises(DocumentError) as refusal:
        list(registry.read([tmp_path / "x.json"], format="coco"))
    assert [(each.rule, each.path) for each in refusal.value.findings] == [
        ("coco.no_id", "/images/1/id"),
        ("coco.no_id", "/annotations/0/id"),
        ("coco.no_id", "/annotations/1/id"),
        ("coco.no_id", "/annotations/2/id"),
        ("coco.dangling", "/annotations/1/image_id"),
        ("coco.dangling", "/annotations/2/image_id"),
    ]
    said = " ".join(str(each.message) for each in refusal.value.findings)
    assert said.count("that is a whole number or a text") == 6
    rules = [each.rule for each in validate(tmp_path / "x.json")]
    of_images = ["coco.no_id", "coco.size", "picture.twice"]
    assert rules == [*of_images, *["coco.no_id"] * 2, "coco.dangling", "coco.no_id", "coco.dangling"]


@pytest.mark.parametrize("box_or_points", [{"bbox": [2**53 + 1, 0, 1, 1]}, {"keypoints": [1, 1e13, 2]}])
def test_a_number_beyond_every_picture_is_refused_with_the_bound(box_or_points: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(of(box(**box_or_points))))
    with pytest.raises(InputError, match="numbers within 1e12"):
        list(registry.read([tmp_path / "x.json"], format="coco"))


def test_numbers_that_only_other_software_knows_keep_their_digits(tmp_path: Path) -> None:
    text = (
        '{"info":{"x":12345678.123456789,"y":5.60},'
        '"images":[{"id":1,"width":10,"height":8,"file_name":"a.png","t":0.12345678901234567890123}],'
        '"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"area":12,"iscrowd":0,'
        '"depth":5.60,"tracker":{"z":12345678.123456789,"list":[1.10]}}],'
        '"categories":[{"id":1,"name":"x"}]}'
    )
    (tmp_path / "theirs.json").write_text(text, "utf-8")
    (read,) = registry.read([tmp_path / "theirs.json"], format="coco")
    write_case(read, tmp_path / "case.json")
    registry.write([read_case(tmp_path / "case.json")], tmp_path / "ours.json", format="coco", plain=True)
    ours = json.loads((tmp_path / "ours.json").read_text("utf-8"), parse_float=str)
    theirs = json.loads(text, parse_float=str)
    assert (ours["info"], ours["images"]) == (theirs["info"], theirs["images"])
    assert [ours["annotations"][0][name] for name in ("depth", "tracker")] == [
        theirs["annotations"][0][name] for name in ("depth", "tracker")
    ]


def test_the_id_of_keypoints_is_none_that_another_record_has(tmp_path: Path) -> None:
    common = {"image_id": 1, "category_id": 1, "iscrowd": 0, "area": 400, "bbox": [0, 0, 20, 20]}
    records = [
        {"id": 1, **common, "keypoints": [5, 6, 2], "num_keypoints": 1},
        {"id": "1.keypoints", **common},
        {"id": "1.keypoints_", **common},
    ]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
        "annotations": records,
        "categories": [{"id": 1, "name": "cow", "keypoints": ["nose"], "skeleton": []}],
    }
    (tmp_path / "x.json").write_text(json.dumps(document))
    (reading,) = registry.read([tmp_path / "x.json"], format="coco")
    assert [(each.id, each.type) for each in reading.case.annotations] == [
        ("1", "bbox"),
        ("1.keypoints__", "keypoints"),
        ("1.keypoints", "bbox"),
        ("1.keypoints_", "bbox"),
    ]
    assert reading.case.annotations[1].parent_id == "1"
