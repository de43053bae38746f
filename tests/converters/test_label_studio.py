"""Label Studio tasks: per cent, turned boxes, brushes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import InputError
from tests.converters.pictures_cases import flat_case
from tests.real_data import real


def test_real_exports() -> None:
    (coco,) = registry.read([real("label_studio/sdk/test_export_coco/data.json")], format="label-studio")
    assert [each.type for each in coco.case.annotations] == ["bbox", "polygon", "point", "point"]
    first, second = registry.read([real("label_studio/sdk/test_export_yolo/data.json")], format="label-studio")
    assert first.case.annotations[0].annotator == "user_2"
    assert first.case.annotations[2].annotator == "user_1"
    assert first.case.annotations[0].bbox == pytest.approx(  # type: ignore[union-attr]
        [1040.437, 1978.871, 1157.741, 2111.475], abs=1e-3
    )
    assert second.case.image.shape == [2800, 2800]
    (plain,) = registry.read([real("label_studio/sdk/test_export_json_min/data.json")], format="label-studio")
    assert plain.case.annotations[0].label_code == "Airplane"


def test_there_and_back(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.json", format="label-studio")
    (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
    np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())


def export(folder: Path, kind: str, value: dict[str, Any], **more: Any) -> Path:
    region = {"id": "r", "type": kind, "value": value, "original_width": 200, "original_height": 100, **more}
    path = folder / "x.json"
    path.write_text(json.dumps([{"id": 1, "data": {"image": "/a/b.png"}, "annotations": [{"result": [region]}]}]))
    return path


def test_a_turned_box_turns_about_its_corner(tmp_path: Path) -> None:
    value = {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 90, "rectanglelabels": ["a"]}
    (reading,) = registry.read([export(tmp_path, "rectanglelabels", value)], format="label-studio")
    corners = [(100, 50), (100, 70), (90, 70), (90, 50)]
    found = strict_json.plain(reading.case.annotations[0])
    assert (found["type"], found["center"], found["size"]) == ("oriented_box", [95, 60], [20, 10])
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "x.coco.json", format="coco", plain=True)
    (record,) = json.loads((tmp_path / "x.coco.json").read_text())["annotations"]
    assert np.array(record["segmentation"]).reshape(-1, 2).tolist() == [list(corner) for corner in corners]


def pack(values: list[int]) -> list[int]:
    """Return values in runs as `@thi.ng/rle-pack` writes them: words of 8 bits, counts of 3, 4, 8, 16 bits."""
    bits = f"{len(values):032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    place = 0
    while place < len(values):
        end = place
        while end < len(values) and values[end] == values[place] and end - place < 65536:
            end += 1
        bits += f"111{end - place - 1:016b}{values[place]:08b}"
        place = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]


def test_brushes(tmp_path: Path) -> None:
    mask = np.zeros((100, 200), bool)
    mask[10:30, 40:90] = True
    samples = np.repeat(mask[..., None] * 255, 4, axis=2).ravel().tolist()
    value = {"format": "rle", "rle": pack(samples), "brushlabels": ["a"]}
    (reading,) = registry.read([export(tmp_path, "brushlabels", value)], format="label-studio")
    np.testing.assert_array_equal(reading.masks["r"].read()[0], mask)


def test_brushes_with_single_samples(tmp_path: Path) -> None:
    samples = [0, 9, 9, 0, 0, 0, 0, 7, 1, 1, 1, 255]  # three pixels; the last two are painted
    bits = f"{12:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    bits += "0" + "00" + "100" + "".join(f"{each:08b}" for each in samples[:5])
    bits += "0" + "01" + "0110" + "".join(f"{each:08b}" for each in samples[5:])
    bits += "0" * (-len(bits) % 8)
    rle = [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
    path = export(tmp_path, "brushlabels", {"rle": rle, "brushlabels": ["a"]}, original_width=3, original_height=1)
    (reading,) = registry.read([path], format="label-studio")
    assert reading.masks["r"].read().ravel().tolist() == [False, True, True]


def tasks(folder: Path, *results: dict[str, Any], data: dict[str, Any] | None = None, **more: Any) -> Path:
    size = {"original_width": 200, "original_height": 100}
    listed = [size | result for result in results]
    path = folder / "x.json"
    path.write_text(
        json.dumps([{"id": 1, "data": data or {"image": "b.png"}, "annotations": [{"result": listed}], **more}])
    )
    return path


def test_results_of_one_id_are_one_region(tmp_path: Path) -> None:
    box = {"x": 10, "y": 10, "width": 10, "height": 10, "rotation": 0}
    path = tasks(
        tmp_path,
        {"id": "r", "type": "rectangle", "value": box, "from_name": "bbox"},
        {"id": "r", "type": "labels", "value": {**box, "labels": ["a", "b"]}},
        {"id": "r", "type": "choices", "value": {**box, "choices": ["sharp"]}, "from_name": "margin"},
        {"id": "r", "type": "textarea", "value": {**box, "text": ["one", "two"]}, "from_name": "note"},
        {"id": "s", "type": "rectanglelabels", "value": {**box, "rectanglelabels": ["c"]}, "origin": "prediction"},
        {"id": "t", "type": "taxonomy", "value": {"taxonomy": [["Lung", "Left"]]}, "from_name": "site"},
        {"id": "u", "type": "videorectangle", "value": {"sequence": []}},
        {"type": "relation", "from_id": "r", "to_id": "s", "direction": "right"},
        {"type": "relation", "from_id": "r", "to_id": "gone"},
    )
    (reading,) = registry.read([path], format="label-studio")
    first, second, whole = reading.case.annotations
    assert (first.label_code, first.bbox, first.cross_modal_links) == ("a", [20, 10, 40, 20], ["s"])  # type: ignore[union-attr]
    assert first.attributes == {"margin": "sharp", "note": ["one", "two"], "labels": ["a", "b"]}
    assert second.algorithm_type == "automatic_confirmed"
    assert (whole.type, whole.label_code, whole.attributes) == ("attribute", "site", {"site": "Lung / Left"})
    assert [(loss.path, loss.kind.value) for loss in reading.losses] == [
        ("/0/annotations/0/result/6", "no_place"),
        ("/0/annotations/0/result/7/direction", "no_place"),
        ("/0/annotations/0/result/8", "no_place"),
    ]


def test_predictions_are_read_when_asked_for(tmp_path: Path) -> None:
    value = {"x": 10, "y": 10, "width": 10, "height": 10, "rectanglelabels": ["a"]}
    region = {"id": "r", "type": "rectanglelabels", "value": value, "original_width": 200, "original_height": 100}
    path = tasks(tmp_path, region, predictions=[{"model_version": "m", "score": 0.25, "result": [region]}])
    (without,) = registry.read([path], format="label-studio")
    assert ([each.id for each in without.case.annotations], len(without.losses)) == (["r"], 1)
    (with_them,) = registry.read([path], format="label-studio", predictions=True)
    human, model = with_them.case.annotations
    assert (human.algorithm_type, model.id, model.algorithm_type, model.confidence) == (None, "r_", "automatic", 0.25)


@pytest.mark.parametrize("unit", ["code points", "UTF-16"])
def test_spans_of_a_text(unit: str, tmp_path: Path) -> None:
    text = "\U0001fac1 clear. A nodule."
    start, end = (8, 18) if unit == "code points" else (9, 19)
    value = {"start": start + 1, "end": end, "text": text[9:18], "labels": ["Sign"]}
    path = tasks(tmp_path, {"id": "r", "type": "labels", "value": value, "to_name": "report"}, data={"report": text})
    (reading,) = registry.read([path], format="label-studio")
    (span,) = strict_json.plain(reading.case)["annotations"]
    assert (text[span["start"] : span["end"]], span["text"], span["semantic_type"]) == (text[9:18], text[9:18], "sign")
    assert reading.case.texts[0].content == text  # type: ignore[index]
    assert reading.case.image.uid == "task_1"  # the text is no name of a picture
    wrong = {**value, "text": "another text"}
    path = tasks(tmp_path, {"id": "r", "type": "labels", "value": wrong, "to_name": "report"}, data={"report": text})
    with pytest.raises(InputError, match="quote"):
        list(registry.read([path], format="label-studio"))


@pytest.mark.parametrize(
    ("image", "uid"),
    [
        ("/data/local-files/?d=a%20b/x.png", "a b/x"),
        ("s3://bucket/x.png?token=1", "s3://bucket/x"),
        ("data:image/png;base64,AAAA", "task_1"),
        ("data:image/png;base64," + "A" * 9000, "task_1"),
    ],
)
def test_names_of_pictures(image: str, uid: str, tmp_path: Path) -> None:
    (reading,) = registry.read([tasks(tmp_path, data={"image": image})], format="label-studio")
    assert reading.case.image.uid == uid


def test_json_min(tmp_path: Path) -> None:
    size = {"original_width": 200, "original_height": 100}
    box = {"x": 10, "y": 10, "width": 10, "height": 10, "rotation": 0, "rectanglelabels": ["a"], **size}
    flat = {"image": "b.png", "id": 3, "label": [box], "quality": "good", "annotator": 4, "annotation_id": 5}
    (tmp_path / "x.json").write_text(json.dumps([flat]))
    (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
    (annotation,) = reading.case.annotations
    assert (annotation.bbox, annotation.annotator) == ([20, 10, 40, 20], "user_4")  # type: ignore[union-attr]


@pytest.mark.parametrize("rle", [[], [0, 0, 0, 1], pack([255] * 40), [300], "AAAA"])
def test_brushes_that_are_none(rle: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="brush"):
        list(
            registry.read([export(tmp_path, "brushlabels", {"rle": rle, "brushlabels": ["a"]})], format="label-studio")
        )


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        ("polygonlabels", {"points": [[1, 2], [3, "x"], [4, 5]]}, {}),
        ("polygonlabels", {"points": [[1, 2], [3, 4]]}, {}),
        ("rectanglelabels", {"x": 1, "y": 2, "width": "wide", "height": 3}, {}),
        ("rectanglelabels", {"x": 1, "y": 2, "width": 3, "height": 3}, {"original_width": 0}),
    ],
)
def test_regions_that_are_none(kind: str, value: dict[str, Any], more: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(registry.read([export(tmp_path, kind, value, **more)], format="label-studio"))


def region(identity: str, kind: str, value: dict[str, Any], label: str, parent: str | None = None) -> dict[str, Any]:
    size = {"original_width": 40, "original_height": 20}
    above = {} if parent is None else {"parentID": parent}
    return {"id": identity, "type": kind, "to_name": "image", "value": {**value, kind: [label]}, **size, **above}


def test_parts_belong_to_the_region_that_they_name(tmp_path: Path) -> None:
    box = {"x": 10, "y": 10, "width": 30, "height": 40, "rotation": 0}
    result = [
        region("p1", "rectanglelabels", box, "person"),
        region("p2", "rectanglelabels", box, "person"),
        region("k1", "keypointlabels", {"x": 20, "y": 20}, "nose", "p1"),
        region("k2", "keypointlabels", {"x": 25, "y": 25}, "tail", "p1"),
        region("k3", "keypointlabels", {"x": 26, "y": 30}, "tail", "p2"),
        region("c", "rectanglelabels", box, "hat", "p2"),
    ]
    (tmp_path / "x.json").write_text(json.dumps([{"data": {"image": "a.png"}, "annotations": [{"result": result}]}]))
    (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
    told = {each.id: (each.type, each.label_code, each.parent_id) for each in reading.case.annotations}
    assert told == {
        "p1": ("bbox", "person", None),
        "p2": ("bbox", "person", None),
        "p1.keypoints": ("keypoints", "person", "p1"),
        "p2.keypoints": ("keypoints", "person", "p2"),
        "c": ("bbox", "hat", "p2"),
    }
    points = [strict_json.plain(each.keypoints) for each in reading.case.annotations if each.type == "keypoints"]
    assert points == [
        [{"name": "nose", "point": [8, 4]}, {"name": "tail", "point": [10, 5]}],
        [{"name": "nose"}, {"name": "tail", "point": [10.4, 6]}],
    ]
    assert not list(reading.losses)
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "y.json", format="label-studio", plain=True)
    (again,) = registry.read([tmp_path / "y.json"], format="label-studio")
    assert [each.type for each in again.case.annotations] == [each.type for each in reading.case.annotations]
    assert [strict_json.plain(e.keypoints) for e in again.case.annotations if e.type == "keypoints"] == points


def test_two_points_of_one_name_stay_points(tmp_path: Path) -> None:
    box = {"x": 10, "y": 10, "width": 30, "height": 40}
    result = [region("p", "rectanglelabels", box, "person")]
    result += [region(f"k{x}", "keypointlabels", {"x": x, "y": 20}, "eye", "p") for x in (20, 25)]
    (tmp_path / "x.json").write_text(json.dumps([{"data": {"image": "a.png"}, "annotations": [{"result": result}]}]))
    (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
    assert [(each.type, each.parent_id) for each in reading.case.annotations] == [
        ("bbox", None), ("point", "p"), ("point", "p"),
    ]  # fmt: skip


def test_times_with_more_than_millionths(tmp_path: Path) -> None:
    result = [region("p", "rectanglelabels", {"x": 10, "y": 10, "width": 30, "height": 40}, "person")]
    annotation = {"result": result, "updated_at": "2024-05-06T07:08:09.123456789Z"}
    (tmp_path / "x.json").write_text(json.dumps([{"data": {"image": "a.png"}, "annotations": [annotation]}]))
    (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
    assert strict_json.plain(reading.case.annotations[0])["annotated_at"] == "2024-05-06T07:08:09.123456Z"
    assert [loss.path for loss in reading.losses] == ["/0/annotations/0/updated_at"]


# --- what cannot be read is refused


@pytest.mark.parametrize(
    ("annotations", "named"),
    [
        ({"result": []}, "`annotations` is no list"),
        (7, "`annotations` is no list"),
        ([{"result": {"0": {"id": "r"}}}], "`result` is no list"),
        ([{"result": '[{"id": "r"}]'}], "`result` is no list"),
        ([{"result": ["r"]}], "a result is no object"),
    ],
)
def test_annotations_and_results_that_are_no_lists_are_refused(tmp_path: Path, annotations: Any, named: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": annotations}]))
    with pytest.raises(InputError, match=f"task 1: {named}"):
        list(registry.read([path], format="label-studio"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("keypointlabels", {"x": 10, "width": 1}),
        ("keypointlabels", {"y": 10, "width": 1}),
        ("rectanglelabels", {"x": 10, "width": 5, "height": 5}),
        ("rectanglelabels", {"x": 10, "y": 10}),
        ("rectanglelabels", {"x": 10, "y": 10, "width": 5}),
        ("rectangle", {"x": 10, "y": 10, "height": 5}),
        ("ellipselabels", {"x": 10, "y": 10, "radiusX": 5}),
        ("ellipselabels", {"x": 10, "y": 10, "radiusY": 5}),
        ("ellipselabels", {"y": 10, "radiusX": 5, "radiusY": 5}),
    ],
)
def test_half_a_shape_is_refused(tmp_path: Path, kind: str, value: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="region r: the numbers of the region are damaged"):
        list(registry.read([export(tmp_path, kind, value | {kind: ["c"]})], format="label-studio"))


def test_half_a_shape_among_results_of_one_id_is_refused(tmp_path: Path) -> None:
    half = {"x": 10, "y": 10, "width": 5}
    path = tasks(
        tmp_path,
        {"id": "r", "type": "rectangle", "value": half},
        {"id": "r", "type": "labels", "value": half | {"labels": ["c"]}},
    )
    with pytest.raises(InputError, match="region r: the numbers of the region are damaged"):
        list(registry.read([path], format="label-studio"))


def test_two_places_of_one_id_are_two_regions(tmp_path: Path) -> None:
    def box(x: int) -> dict[str, Any]:
        value = {"x": x, "y": x, "width": 5, "height": 10, "rectanglelabels": ["c"]}
        return {"id": "r", "type": "rectanglelabels", "value": value}

    (reading,) = registry.read([tasks(tmp_path, box(10), box(50))], format="label-studio")
    boxes = [each.bbox for each in reading.case.annotations if each.type == "bbox"]
    assert boxes == [[20, 10, 30, 20], [100, 50, 110, 60]]
    assert not list(reading.losses)


@pytest.mark.parametrize(
    ("other", "kinds", "labels"),
    [
        ({"points": [[1, 1], [9, 1], [9, 9]], "polygonlabels": ["c"]}, ["bbox", "polygon"], ["c", "c"]),
        ({"x": 10, "y": 10, "radiusX": 3, "radiusY": 4, "ellipselabels": ["c"]}, ["bbox", "ellipse"], ["c", "c"]),
        ({"x": 10, "y": 10, "width": 5, "height": 10, "rectanglelabels": ["d"]}, ["bbox", "bbox"], ["c", "d"]),
        ({"x": 10, "y": 10, "width": 5, "height": 10, "rectanglelabels": ["c"]}, ["bbox", "bbox"], ["c", "c"]),
    ],
)
def test_two_results_of_one_id_that_are_no_parts_of_a_region_are_two(
    tmp_path: Path, other: dict[str, Any], kinds: list[str], labels: list[str]
) -> None:
    first = {"x": 10, "y": 10, "width": 5, "height": 10, "rectanglelabels": ["c"]}
    told = [{"id": "r", "type": [*value][-1], "value": value} for value in (first, other)]
    (reading,) = registry.read([tasks(tmp_path, *told)], format="label-studio")
    assert [(each.id, each.type, each.label_code) for each in reading.case.annotations] == [
        *zip(["r", "r_"], kinds, labels, strict=True)
    ]
    assert not [loss for loss in reading.losses if loss.kind.changes_value]


def test_a_point_is_written_with_the_width_that_the_editor_knows_it_by(tmp_path: Path) -> None:
    point = {"x": 20, "y": 20, "width": 1.0, "keypointlabels": ["nose"]}
    path = tasks(tmp_path, {"id": "r", "type": "keypointlabels", "value": point})
    (reading,) = registry.read([path], format="label-studio")
    assert not list(reading.losses)
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "y.json", format="label-studio", plain=True)
    ((region,),) = (each["annotations"][0]["result"] for each in json.loads((tmp_path / "y.json").read_text()))
    assert region["value"] == point


def test_keypoints_of_a_region_have_neither_its_answers_nor_its_relations(tmp_path: Path) -> None:
    box = {"x": 5, "y": 5, "width": 50, "height": 50}

    def nose(identity: str, parent: str) -> dict[str, Any]:
        value = {"x": 20, "y": 20, "keypointlabels": ["nose"]}
        return {"id": identity, "parentID": parent, "type": "keypointlabels", "value": value}

    path = tasks(
        tmp_path,
        {"id": "p", "type": "rectanglelabels", "value": box | {"rectanglelabels": ["cat"]}},
        {"id": "q", "type": "rectanglelabels", "value": box | {"rectanglelabels": ["cat"]}},
        {"id": "p", "type": "choices", "from_name": "margin", "value": box | {"choices": ["sharp"]}},
        {"type": "relation", "from_id": "p", "to_id": "q"},
        nose("k", "p"),
    )
    (reading,) = registry.read([path], format="label-studio")
    told = {each.id: (each.type, each.attributes, each.cross_modal_links) for each in reading.case.annotations}
    assert told["p"] == ("bbox", {"margin": "sharp"}, ["q"])
    assert told["p.keypoints"] == ("keypoints", None, None)


def paged(identity: str, page: int | None, label: str, width: int = 40) -> dict[str, Any]:
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": [label]}
    size = {"original_width": width, "original_height": 30}
    told = {"id": identity, "type": "rectanglelabels", "value": value, "from_name": "l", "to_name": "i", **size}
    return told if page is None else {**told, "item_index": page}


def test_each_picture_of_a_task_is_a_case(tmp_path: Path) -> None:
    """Regions say which of them they are on; a relation goes with its first region, an answer with the first one."""
    about = {"type": "choices", "value": {"choices": ["good"]}, "from_name": "quality", "to_name": "i", "id": "q"}
    relation = {"type": "relation", "from_id": "b", "to_id": "c"}
    result = [paged("a", 0, "car"), paged("b", 1, "bus", 50), paged("c", 1, "bus", 50), relation, about]
    data = {"pages": ["/data/a.png", "/data/local-files/?d=x/b.png", "s3://k/c.png"], "title": "t"}
    task = {"id": 7, "data": data, "annotations": [{"id": 1, "completed_by": 3, "result": result}]}
    path = tmp_path / "in.json"
    path.write_text(json.dumps([task]))
    readings = list(registry.read([path], format="label-studio"))
    seen = [([each.id for each in one.case.annotations], one.case.image.shape) for one in readings]
    assert seen == [(["a", "q"], [40, 30]), (["b", "c"], [50, 30]), ([], None)]
    assert readings[1].case.annotations[0].cross_modal_links == ["c"]
    assert {each.annotator for one in readings for each in one.case.annotations} == {"user_3"}
    told = [[(loss.path, loss.kind.value) for loss in one.losses] for one in readings]
    assert told == [[("/0/data/pages", "approximated"), ("/0/data/title", "no_place")], [], []]
    registry.write([LoadedCase(one.case) for one in readings], tmp_path / "out.json", format="label-studio")
    again = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [each["data"]["image"] for each in again] == data["pages"]
    assert [len(each["annotations"][0]["result"]) for each in again] == [1, 2, 0]


def test_a_region_on_a_picture_that_its_task_does_not_have_is_refused(tmp_path: Path) -> None:
    task = {"id": 7, "data": {"p": ["a.png", "b.png"]}, "annotations": [{"result": [paged("a", 2, "car")]}]}
    (tmp_path / "in.json").write_text(json.dumps([task]))
    with pytest.raises(InputError, match=r"task 1: a region is on a picture.*found 2; expected 0 to 1"):
        list(registry.read([tmp_path / "in.json"], format="label-studio"))


@pytest.mark.parametrize("names", ["own", "flat"])
def test_a_picture_of_a_storage_is_named_as_it_stands_unless_it_has_another_name_by_now(
    names: str, tmp_path: Path
) -> None:
    address = "/data/local-files/?d=dir%20a/b.png"
    (tmp_path / "in.json").write_text(json.dumps([{"id": 1, "data": {"image": address}, "annotations": []}]))
    (reading,) = registry.read([tmp_path / "in.json"], format="label-studio")
    assert list(reading.losses) == []
    losses = registry.write([LoadedCase(reading.case)], tmp_path / "o.json", format="label-studio", names=names)
    (task,) = json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert task["data"]["image"] == (address if names == "own" else "dir a_b.png")
    assert not any(loss.kind.changes_value for loss in losses) or names == "flat"
    registry.write([LoadedCase(reading.case)], tmp_path / "p.xml", format="cvat")
    assert 'name="dir a/b.png"' in (tmp_path / "p.xml").read_text("utf-8")


def test_a_region_on_the_second_picture_alone_tells_that_there_are_several(tmp_path: Path) -> None:
    """Whatever their addresses look like."""
    task = {"id": 7, "data": {"p": ["s3://k/1", "s3://k/2"]}, "annotations": [{"result": [paged("a", 1, "car")]}]}
    (tmp_path / "in.json").write_text(json.dumps([task]))
    readings = list(registry.read([tmp_path / "in.json"], format="label-studio"))
    assert [len(one.case.annotations) for one in readings] == [0, 1]
