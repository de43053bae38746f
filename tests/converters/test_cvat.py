"""CVAT XML: images, videos, every shape; and what hostile XML is answered."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.documents import strict_json
from annoconv.errors import InputError, LimitError
from annoconv.loss import LossReport
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.converters.pictures_cases import flat_case
from tests.real_data import real

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><annotations><version>&b;</version></annotations>'
OUTSIDE = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><annotations/>'


def write(folder: Path, inner: str) -> Path:
    path = folder / "x.xml"
    path.write_text(f"<annotations><version>1.1</version>{inner}</annotations>", "utf-8")
    return path


def test_a_real_file() -> None:
    first, second = registry.read([real("cvat/datumaro/train.xml")], format="cvat")
    box = first.case.annotations[0]
    assert (box.label_code, box.bbox) == ("label1", [0, 2, 4, 4])  # type: ignore[union-attr]
    attributes = {"occluded": True, "z_order": 1, "a1": True, "a2": "v3", "a3": "0003", "a4": 2.4}
    assert box.attributes == attributes
    (skeleton,) = [each for each in second.case.annotations if each.label_code == "skeleton"]
    told = [(each.name, each.visibility and each.visibility.value) for each in skeleton.keypoints]  # type: ignore[union-attr]
    assert told == [("1", "visible"), ("2", "visible"), ("3", "absent"), ("4", "visible")]


def test_there_and_back(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.xml", format="cvat")
    (reading,) = registry.read([tmp_path / "x.xml"], format="cvat")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
    np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())
    registry.write([loaded], tmp_path / "plain.xml", format="cvat", plain=True)
    (bare,) = registry.read([tmp_path / "plain.xml"], format="cvat")
    assert [each.type for each in bare.case.annotations] == [each.type for each in loaded.case.annotations]
    np.testing.assert_array_equal(bare.masks["1"].read(), loaded.masks["M"].read())


def test_masks_are_run_lengths_within_their_box(tmp_path: Path) -> None:
    mask = '<mask label="a" rle="1, 2, 2, 1" left="2" top="1" width="3" height="2"/>'
    path = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{mask}</image>')
    (reading,) = registry.read([path], format="cvat")
    expected = np.zeros((6, 8), bool)
    expected[1, 3:5] = True
    expected[2, 4] = True
    np.testing.assert_array_equal(reading.masks["1"].read()[0], expected)


def test_a_turned_box(tmp_path: Path) -> None:
    box = '<box label="a" xtl="2" ytl="2" xbr="6" ybr="4" rotation="90.0"/>'
    path = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{box}</image>')
    (reading,) = registry.read([path], format="cvat")
    (found,) = strict_json.plain(reading.case)["annotations"]
    told = {"type": "oriented_box", "center": [4, 3], "size": [4, 2], "rotation_degrees": 90}
    assert {name: found[name] for name in told} == told


def test_videos_have_frames(tmp_path: Path) -> None:
    boxes = "".join(
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="1" xtl="1" ytl="2" xbr="3" ybr="4"/>'
        for frame, outside in ((0, 0), (1, 0), (2, 1))
    )
    size = "<original_size><width>32</width><height>24</height></original_size>"
    meta = f"<meta><task><name>clip</name><size>10</size>{size}</task></meta>"
    path = write(tmp_path, f'{meta}<track id="4" label="tool">{boxes}</track>')
    (reading,) = registry.read([path], format="cvat")
    assert reading.case.image.shape == [32, 24, 10]
    assert [each.frame_index for each in reading.case.annotations] == [0, 1]
    assert {(each.tracking_id, each.is_key_frame) for each in reading.case.annotations} == {("4", True)}


def test_videos_of_a_project(tmp_path: Path) -> None:
    tasks = "".join(
        f"<task><id>{number}</id><name>clip{number}</name><size>{size}</size><original_size><width>{width}</width>"
        "<height>24</height></original_size></task>"
        for number, size, width in ((5, 10, 32), (6, 20, 48))
    )
    box = '<box frame="3" outside="0" occluded="0" keyframe="1" xtl="1" ytl="2" xbr="3" ybr="4"/>'
    tracks = "".join(f'<track id="0" label="a" task_id="{number}" group_id="2">{box}</track>' for number in (6, 5))
    path = write(tmp_path, f"<meta><project><tasks>{tasks}</tasks></project></meta>{tracks}")
    readings = list(registry.read([path], format="cvat"))
    assert [(each.case.image.uid, each.case.image.shape) for each in readings] == [
        ("clip6", [48, 24, 20]),
        ("clip5", [32, 24, 10]),
    ]
    assert readings[0].case.annotations[0].attributes == {"group_id": 2}
    assert [each.frame_index for each in readings[1].case.annotations] == [3, 4, 5, 6, 7, 8, 9]


def test_skeletons_on_frames_and_in_coco(tmp_path: Path) -> None:
    points = "".join(
        f'<points label="{name}" keyframe="1" outside="{outside}" occluded="{hidden}" points="{x},2"/>'
        for name, outside, hidden, x in (("a", 0, 0, 1.5), ("b", 0, 1, 2.5), ("c", 1, 0, 3.5))
    )
    size = "<original_size><width>32</width><height>24</height></original_size>"
    meta = f"<meta><job><size>4</size>{size}</job></meta>"
    skeleton = f'<skeleton frame="2" keyframe="1" z_order="0">{points}</skeleton>'
    path = write(tmp_path, f'{meta}<track id="0" label="hand">{skeleton}</track>')
    (reading,) = registry.read([path], format="cvat")
    first, second = reading.case.annotations
    assert [(each.frame_index, each.is_key_frame) for each in (first, second)] == [(2, True), (3, False)]
    expected = [
        {"name": "a", "point": [1.5, 2], "visibility": "visible"},
        {"name": "b", "point": [2.5, 2], "visibility": "hidden"},
        {"name": "c", "visibility": "absent"},
    ]
    assert strict_json.plain(first.keypoints) == strict_json.plain(second.keypoints) == expected  # type: ignore[union-attr]
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "x.json", format="coco")
    records = json.loads((tmp_path / "x.json").read_text())["annotations"]
    assert [each["keypoints"] for each in records] == [[1, 1.5, 2, 2, 1.5, 1, 0, 0, 0]] * 2
    assert {tuple(each["bbox"]) for each in records} == {(1, 1.5, 2, 1)}


def boxes_of(reading: Reading) -> dict[int | None, list[float]]:
    return {each.frame_index: [*each.bbox] for each in reading.case.annotations}  # type: ignore[union-attr]


def names_in_coco(reading: Reading, folder: Path) -> list[int]:
    registry.write([LoadedCase(reading.case, reading.masks)], folder / "frames.json", format="coco")
    names = [each["file_name"] for each in json.loads((folder / "frames.json").read_text())["images"]]
    return [int(name.rpartition("_k")[2].removesuffix(".png")) for name in names]


def task(inner: str, tracks: str, folder: Path) -> Path:
    size = "<original_size><width>100</width><height>50</height></original_size>"
    return write(folder, f"<meta><task>{inner}{size}</task></meta>{tracks}")


def box_at(frame: int, x: float, *, outside: int = 0, key: int = 1) -> str:
    place = f'xtl="{x}" ytl="10" xbr="{x + 10}" ybr="20"'
    return f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{key}" {place}/>'


def test_the_frames_of_a_step_and_no_others(tmp_path: Path) -> None:
    inner = "<size>4</size><start_frame>0</start_frame><stop_frame>15</stop_frame><frame_filter>step=5</frame_filter>"
    track = box_at(0, 10) + box_at(5, 15, key=0) + box_at(10, 20) + box_at(15, 20, outside=1)
    (reading,) = registry.read([task(inner, f'<track id="0" label="A">{track}</track>', tmp_path)], format="cvat")
    assert boxes_of(reading) == {0: [10, 10, 20, 20], 5: [15, 10, 25, 20], 10: [20, 10, 30, 20]}
    assert strict_json.plain(reading.case.image)["annotated_frames"] == [{"first": 0, "last": 15, "step": 5}]
    assert names_in_coco(reading, tmp_path) == [0, 5, 10, 15]
    assert reading.losses == LossReport([])


def test_the_frames_from_a_start_frame(tmp_path: Path) -> None:
    inner = "<size>5</size><start_frame>100</start_frame><stop_frame>104</stop_frame><frame_filter></frame_filter>"
    track = box_at(100, 10) + box_at(101, 11, key=0) + box_at(102, 12, outside=1)
    (reading,) = registry.read([task(inner, f'<track id="0" label="A">{track}</track>', tmp_path)], format="cvat")
    assert boxes_of(reading) == {100: [10, 10, 20, 20], 101: [11, 10, 21, 20]}
    assert names_in_coco(reading, tmp_path) == [100, 101, 102, 103, 104]


def test_boxes_move_between_key_frames(tmp_path: Path) -> None:
    inner = "<size>20</size><start_frame>0</start_frame><stop_frame>19</stop_frame>"
    track = box_at(0, 10) + box_at(10, 20) + box_at(11, 20, outside=1)
    (reading,) = registry.read([task(inner, f'<track id="0" label="A">{track}</track>', tmp_path)], format="cvat")
    assert boxes_of(reading) == {frame: [10 + frame, 10, 20 + frame, 20] for frame in range(11)}
    assert [each.is_key_frame for each in reading.case.annotations].count(True) == 2
    assert names_in_coco(reading, tmp_path) == list(range(20))
    step = inner + "<frame_filter>step = 4</frame_filter>"
    track = box_at(0, 10) + box_at(8, 18)
    (reading,) = registry.read([task(step, f'<track id="0" label="A">{track}</track>', tmp_path)], format="cvat")
    assert boxes_of(reading) == {0: [10, 10, 20, 20], 4: [14, 10, 24, 20]} | {
        frame: [18, 10, 28, 20] for frame in (8, 12, 16)
    }


def test_a_shape_on_a_frame_that_the_task_does_not_have(tmp_path: Path) -> None:
    inner = "<size>4</size><start_frame>0</start_frame><stop_frame>15</stop_frame><frame_filter>step=5</frame_filter>"
    path = task(inner, f'<track id="0" label="A">{box_at(7, 1)}</track>', tmp_path)
    with pytest.raises(InputError, match=r"7; expected 0 \.\.\. 15, step 5"):
        list(registry.read([path], format="cvat"))


def test_outlines_between_key_frames_are_named(tmp_path: Path) -> None:
    def outline(frame: int, points: str, *, outside: int = 0) -> str:
        return f'<polygon frame="{frame}" keyframe="1" outside="{outside}" occluded="0" points="{points}"/>'

    track = outline(0, "0,0;4,0;4,4") + outline(2, "2,0;6,0;6,4") + outline(4, "2,0;6,0;6,4;2,4")
    path = task("<size>6</size>", f'<track id="0" label="A">{track}</track>', tmp_path)
    (reading,) = registry.read([path], format="cvat")
    told = {each.frame_index: strict_json.plain(each.polygon) for each in reading.case.annotations}  # type: ignore[union-attr]
    assert [*sorted(told)] == [0, 1, 2, 4, 5]
    assert told[1] == [[1, 0], [5, 0], [5, 4]]
    found = [(loss.path, loss.kind.value) for loss in reading.losses]
    assert found == [("/track/0/polygon/0", "approximated"), ("/track/0/polygon/1", "no_place")]


def test_a_skeleton_of_which_a_picture_lacks_points(tmp_path: Path) -> None:
    def element(name: str, x: float, outside: int) -> str:
        return f'<points label="{name}" outside="{outside}" occluded="0" points="{x},{x + 1}"/>'

    names = ("nose", "left", "right", "tail")
    labels = "<label><name>cow</name><type>skeleton</type></label>" + "".join(
        f"<label><name>{name}</name><type>points</type><parent>cow</parent></label>" for name in names
    )
    inner = "".join(
        f'<image id="{number}" name="{name}.jpg" width="100" height="100"><skeleton label="cow" z_order="0">'
        + "".join(element(each, 10.5 + 10 * at, int(at < lacking)) for at, each in enumerate(names))
        + "</skeleton></image>"
        for number, (name, lacking) in enumerate((("a", 2), ("b", 0)))
    )
    path = write(tmp_path, f"<meta><task><labels>{labels}</labels></task></meta>{inner}")
    cases = [LoadedCase(each.case, each.masks) for each in registry.read([path], format="cvat")]
    registry.write(cases, tmp_path / "x.json", format="coco")
    document = json.loads((tmp_path / "x.json").read_text())
    assert document["categories"][0]["keypoints"] == list(names)
    told = [(each["keypoints"], each["num_keypoints"], each["bbox"]) for each in document["annotations"]]
    assert told == [
        ([0, 0, 0, 0, 0, 0, 30, 31, 2, 40, 41, 2], 2, [30, 31, 11, 11]),
        ([10, 11, 2, 20, 21, 2, 30, 31, 2, 40, 41, 2], 4, [10, 11, 31, 31]),
    ]
    registry.write(cases, tmp_path / "again.xml", format="cvat", plain=True)
    again = [each.case for each in registry.read([tmp_path / "again.xml"], format="cvat")]
    assert [strict_json.plain(each) for each in again] == [strict_json.plain(each.case) for each in cases]


def test_a_cuboid_is_two_faces(tmp_path: Path) -> None:
    places = {"tl1": (1, 1), "tr1": (4, 1), "br1": (4, 5), "bl1": (1, 5), "tl2": (6, 0), "tr2": (3, 0)}
    places |= {"br2": (3, 4), "bl2": (6, 4)}
    told = " ".join(f'x{corner}="{x}" y{corner}="{y}"' for corner, (x, y) in places.items())
    path = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6"><cuboid label="a" {told}/></image>')
    (reading,) = registry.read([path], format="cvat")
    front, back = reading.case.annotations
    assert front.polygon == [(1, 1), (4, 1), (4, 5), (1, 5)]  # type: ignore[union-attr]
    assert back.polygon == [(6, 0), (3, 0), (3, 4), (6, 4)]  # type: ignore[union-attr]
    assert back.attributes == {"cuboid": "cuboid_1", "face": "back"}


def test_tags_and_attributes_there_and_back(tmp_path: Path) -> None:
    common = {"category": "lesion", "label_code": "NODULE"}
    told = {"occluded": True, "z_order": 3, "group_id": 2, "spiculated": False, "grade": "4a", "digits": "007"}
    annotations = [
        {"id": "1", "type": "bbox", "bbox": [1, 2, 3, 4], "attributes": told, **common},
        {"id": "2", "type": "attribute", "attributes": {"benign": True, "note": "<&>"}, **common},
    ]
    image = {"uid": "a", "modality": "OT", "shape": [8, 6]}
    document = {"task_id": "cvat", "image": image, "annotations": annotations, "metadata": {}}
    registry.write([LoadedCase(Case.model_validate(document), Masks())], tmp_path / "x.xml", format="cvat", plain=True)
    written = (tmp_path / "x.xml").read_text()
    assert 'occluded="1" z_order="3" group_id="2"' in written
    (flag,) = ElementTree.fromstring(written).iterfind("meta//attribute[name='spiculated']")
    assert {each.tag: each.text for each in flag} == {
        "name": "spiculated",
        "mutable": "False",
        "input_type": "checkbox",
        "default_value": "false",
        "values": "false\ntrue",
    }
    (reading,) = registry.read([tmp_path / "x.xml"], format="cvat")
    back = strict_json.plain(reading.case)["annotations"]
    assert [each["attributes"] for each in back] == [told, {"benign": True, "note": "<&>"}]
    assert [each["type"] for each in back] == ["bbox", "attribute"]


def test_what_a_model_made(tmp_path: Path) -> None:
    box = '<box label="a" source="{}" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    inner = "".join(box.format(source) for source in ("manual", "auto", "semi-auto"))
    (reading,) = registry.read([write(tmp_path, f'<image id="0" name="a.png">{inner}</image>')], format="cvat")
    assert [each.algorithm_type for each in reading.case.annotations] == [None, "automatic", "semi_automatic"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb2312", "GBK", "gb18030", "big5", "iso-8859-1"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    label = "\u80ba" if encoding != "iso-8859-1" else "caf\u00e9"
    shape = f'<image id="0" name="a.png"><tag label="{label}"/></image>'
    text = f'<?xml version="1.0" encoding="{encoding}"?><annotations>{shape}</annotations>'
    (tmp_path / "x.xml").write_bytes(text.encode(encoding))
    (reading,) = registry.read([tmp_path / "x.xml"], format="cvat")
    named = reading.case.labels[0]  # type: ignore[index]
    assert label in {named.name_en, named.name_zh}


@pytest.mark.parametrize("encoding", ["utf-7", "rot13", "idna", "no-such", "shift_jis", "gb2312", "utf-8", "base64"])
def test_encodings_that_are_none_of_xml(encoding: str, tmp_path: Path) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><annotations>'.encode() + b"\xff\xfe\x81</annotations>"
    (tmp_path / "x.xml").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.xml"):
        list(registry.read([tmp_path / "x.xml"], format="cvat"))


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, "<annotations>", "<other/>", "", "<annotations></annotation>"])
def test_xml_that_is_hostile_or_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(InputError, match=r"x\.xml"):
        list(registry.read([tmp_path / "x.xml"], format="cvat"))


@pytest.mark.parametrize(
    "shape",
    [
        '<box label="a" xtl="nan" ytl="0" xbr="1" ybr="1"/>',
        '<box label="a" xtl="1" ytl="0" xbr="1e99" ybr="1"/>',
        '<polygon label="a" points="1,2;3,4"/>',
        '<polygon label="a" points="1,2;3;4,5"/>',
        '<polygon label="a" points="0,0;1000000000,0;1,1"/>',
        '<mask label="a" rle="1, 2" left="0" top="0" width="3" height="2"/>',
        '<mask label="a" rle="7, -3, 2" left="0" top="0" width="3" height="2"/>',
        '<mask label="a" rle="6" left="7" top="0" width="3" height="2"/>',
        '<mask label="a" rle="99999999999999999999" left="0" top="0" width="3" height="2"/>',
        '<cuboid label="a"/>',
        '<spline label="a"/>',
        '<polyline label="a" points="1,2"/>',
        '<ellipse label="a" cx="1" cy="1" rx="0" ry="1"/>',
        '<box label="a" z_order="1.5" xtl="1" ytl="0" xbr="2" ybr="1"/>',
        '<mask label="a" rle="1" left="0.5" top="0" width="1" height="1"/>',
        '<mask label="a" rle="6.5" left="0" top="0" width="3" height="2"/>',
    ],
)
def test_shapes_that_are_none(shape: str, tmp_path: Path) -> None:
    path = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{shape}</image>')
    with pytest.raises((InputError, LimitError)):
        list(registry.read([path], format="cvat"))


def test_nesting_is_bounded(tmp_path: Path) -> None:
    path = write(tmp_path, "<a>" * 5000 + "</a>" * 5000)
    with pytest.raises(LimitError, match="nested"):
        list(registry.read([path], format="cvat"))


def test_what_a_file_says_and_its_case_does_not_is_named_by_its_place(tmp_path: Path) -> None:
    cuboid = " ".join(
        f'x{corner}="{x}" y{corner}="{y}"'
        for corner, x, y in (
            *(("tl1", 1, 1), ("tr1", 9, 1), ("br1", 9, 9), ("bl1", 1, 9)),
            *(("tl2", 2, 2), ("tr2", 8, 2), ("br2", 8, 8), ("bl2", 2, 8)),
        )
    )
    shapes = f"""
      <box label="a" source="auto" occluded="1" xtl="10" ytl="10" xbr="20" ybr="14" rotation="30" z_order="2"/>
      <points label="a" points="1,2;3.5,4" group_id="7"/>
      <box label="b" source="file" xtl="1.50" ytl="1" xbr="4" ybr="5" pinned="1">
        <attribute name="sure">true</attribute><attribute name="grade">07</attribute>
        <attribute name="confidence">0.50</attribute><attribute name="twice">x</attribute>
        <attribute name="twice">y</attribute>
      </box>
      <cuboid label="b" {cuboid}/>
      <ellipse label="a" cx="9" cy="9" rx="3" ry="2" rotation="15.25"/>
      <mask label="b" rle="1, 2, 1" left="2" top="3" width="2" height="2"/>
      <tag label="c"/>"""
    path = tmp_path / "x.xml"
    path.write_text(
        "<annotations><version>1.1</version><meta><task><name>t</name><size>1</size><owner><email>o@x</email></owner>"
        "<labels><label><name>a</name><color>#ff0000</color></label><label><name>unseen</name></label></labels></task>"
        f'</meta><image id="5" name="p.png" width="40" height="30" subset="train">{shapes}</image></annotations>'
    )
    (reading,) = registry.read([path], format="cvat")
    assert [(loss.path, loss.kind.value) for loss in reading.losses] == [
        ("/image/0/@subset", "no_place"),
        ("/image/0/box/1/@pinned", "no_place"),
        ("/image/0/box/1/@source", "approximated"),
        ("/image/0/box/1/attribute/twice", "no_place"),
        ("/image/0/cuboid/0", "approximated"),
        ("/image/0/points/0", "approximated"),
        ("/meta/task/labels/a/color", "no_place"),
        ("/meta/task/name", "no_place"),
        ("/meta/task/owner/email", "no_place"),
    ]
    assert not any("o@x" in loss.message for loss in reading.losses)


def test_a_tag_without_attributes_is_written_without_any(tmp_path: Path) -> None:
    inner = '<image id="0" name="a.png" width="5" height="4"><tag label="sharp" source="manual"/></image>'
    (reading,) = registry.read([write(tmp_path, inner)], format="cvat")
    assert not list(reading.losses)
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "y.xml", format="cvat", plain=True)
    written = (tmp_path / "y.xml").read_text()
    assert "image_label" not in written
    assert '<tag label="sharp" source="manual"' in written
    (again,) = registry.read([tmp_path / "y.xml"], format="cvat")
    assert again.case.annotations[0].attributes == reading.case.annotations[0].attributes


@pytest.mark.parametrize("name", ["/", "a/b", "a/", "/b"])
def test_a_class_with_a_slash_is_a_class_like_any_other(name: str, tmp_path: Path) -> None:
    """In the file's tree a point of a skeleton stands behind the name of this and a slash."""
    label = f"<label><name>{name}</name><attributes></attributes></label>"
    image = '<image id="0" name="a.png" width="8" height="8"></image>'
    path = write(tmp_path, f"<meta><task><labels>{label}</labels></task></meta>{image}")
    (reading,) = registry.read([path], format="cvat")
    assert list(reading.losses) == []
