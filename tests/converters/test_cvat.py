"""CVAT XML: images, videos, every shape; and what hostile XML is answered."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import InputError, LimitError
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
    skeleton = [each for each in second.case.annotations if each.label_code == "skeleton"]
    told = [each.attributes or {} for each in skeleton]
    assert [each["keypoint"] for each in told] == ["1", "2", "4"]  # 3 is outside
    assert {(each["instance"], each["visibility"]) for each in told} == {("skeleton_2", 2)}


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


def test_a_turned_box_is_a_polygon(tmp_path: Path) -> None:
    box = '<box label="a" xtl="2" ytl="2" xbr="6" ybr="4" rotation="90.0"/>'
    path = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{box}</image>')
    (reading,) = registry.read([path], format="cvat")
    assert sorted(reading.case.annotations[0].polygon) == [(3, 1), (3, 5), (5, 1), (5, 5)]  # type: ignore[union-attr]


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
    assert reading.case.annotations[0].attributes == {"track_id": "4"}


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
    assert readings[0].case.annotations[0].attributes == {"group_id": 2, "track_id": "0"}


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
    told = [(each.frame_index, each.attributes) for each in reading.case.annotations]
    common = {"instance": "skeleton_1", "track_id": "0"}
    assert told == [
        (2, {**common, "keypoint": "a", "visibility": 2}),
        (2, {**common, "keypoint": "b", "visibility": 1}),
    ]


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
        ("/image/0/box/1/attribute/twice", "approximated"),
        ("/meta/task/labels/a/color", "no_place"),
        ("/meta/task/name", "no_place"),
        ("/meta/task/owner/email", "no_place"),
    ]
    assert not any("o@x" in loss.message for loss in reading.losses)
