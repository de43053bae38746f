"""CVAT XML: images, videos, every shape; and what hostile XML is answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annoconv import jsondoor, registry
from annoconv.errors import InputError, LimitError
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
    attributes = {"occluded": True, "z_order": 1, "a1": True, "a2": "v3", "a3": "0003", "a4": "2.4"}
    assert box.attributes == attributes
    skeleton = [each for each in second.case.annotations if each.label_code == "skeleton"]
    assert [(each.attributes or {})["keypoint"] for each in skeleton] == ["1", "2", "4"]  # 3 is outside


def test_there_and_back(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.xml", format="cvat")
    (reading,) = registry.read([tmp_path / "x.xml"], format="cvat")
    assert jsondoor.plain(reading.case) == jsondoor.plain(loaded.case)
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
    assert sorted(reading.case.annotations[0].polygon) == [[3, 1], [3, 5], [5, 1], [5, 5]]  # type: ignore[union-attr]


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
        '<mask label="a" rle="6" left="7" top="0" width="3" height="2"/>',
        '<mask label="a" rle="99999999999999999999" left="0" top="0" width="3" height="2"/>',
        '<cuboid label="a"/>',
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
