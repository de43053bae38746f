"""Files of the 2-D formats, damaged at random: each is read or refused with an error of ours, soon."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annoconv import registry
from annoconv.errors import AnnoconvError
from tests.converters.test_labelme import png

BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>"
SIZE = {"original_width": 30, "original_height": 20}
RING = [[0, 0], [9, 0], [9, 9], [0, 0]]
WHOLE: dict[str, tuple[str, str]] = {
    "cvat": (
        "x.xml",
        "<annotations><meta><task><size>5</size><labels><label><name>a</name></label></labels></task></meta>"
        '<image id="0" name="a.png" width="8" height="6"><box label="a" xtl="1" ytl="1" xbr="5" ybr="3" rotation="9"/>'
        '<mask label="a" rle="1, 2, 2, 1" left="2" top="1" width="3" height="2"/>'
        '<polygon label="a" points="1,2;3,4;5,1"/>'
        '<skeleton label="s"><points label="1" occluded="0" outside="0" points="1,2"/></skeleton>'
        '<tag label="t"/></image></annotations>',
    ),
    "pascal-voc": (
        "x.xml",
        "<annotation><filename>a.jpg</filename><size><width>30</width><height>20</height></size><object><name>a</name>"
        f"<difficult>1</difficult>{BOX}<part><name>p</name>{BOX}</part></object></annotation>",
    ),
    "labelme": (
        "x.json",
        json.dumps(
            {
                "shapes": [
                    {"label": "a", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon", "group_id": 1},
                    {"label": "a", "points": [[1, 1], [5, 1]], "shape_type": "circle", "flags": {"x": True}},
                    {"label": "m", "points": [[1, 1], [2, 2]], "shape_type": "mask", "mask": png([[1, 0], [1, 1]])},
                ],
                "flags": {"z": False},
                **{"imagePath": "a.png", "imageHeight": 20, "imageWidth": 30},
            }
        ),
    ),
    "label-studio": (
        "x.json",
        json.dumps(
            [
                {
                    "data": {"image": "a.png", "text": "hello"},
                    "annotations": [
                        {
                            "result": [
                                {"id": "a", "type": "rectangle", "value": {"x": 1, "y": 2, "width": 3, "height": 4}}
                                | SIZE,
                                {"id": "a", "type": "labels", "value": {"labels": ["x", "y"]}},
                                {"id": "b", "type": "labels", "value": {"start": 1, "end": 3, "text": "el"}},
                                {"id": "a", "type": "choices", "value": {"choices": ["q"]}, "from_name": "c"},
                                {"type": "relation", "from_id": "a", "to_id": "b"},
                            ]
                        }
                    ],
                }
            ]
        ),
    ),
    "geojson": (
        "x.geojson",
        json.dumps(
            {
                "type": "FeatureCollection",
                "pictures": [{"file_name": "a.png", "width": 30, "height": 20}],
                "features": [
                    {
                        "type": "Feature",
                        "id": "u",
                        "geometry": {"type": "MultiPolygon", "coordinates": [[RING, [[2, 1], [4, 1], [4, 3]]]]},
                        "nucleusGeometry": {"type": "Polygon", "coordinates": [RING], "plane": {"z": 1}},
                        "properties": {
                            "classification": {"names": ["a", "b"], "color": [1, 2, 3]},
                            "measurements": [{"name": "q", "value": 1}],
                            "childObjects": [{"geometry": None}],
                        },
                    }
                ],
            }
        ),
    ),
    "yolo": ("labels/x.txt", "0 0.5 0.5 0.2 0.4 0.75\n1 0 0 1 0 1 1\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"),
}
PIECES = [b"nan", b"-1", b"1e9", b"<a>", b"&x;", b"[", b'"', b"\xff", b"9" * 20, b"0.5", b"", b"{}", b"null", b"\n"]


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        numbers = list(re.finditer(rb"\d+(\.\d+)?|\"[a-z]*\"", bytes(data)))
        if numbers and chance.random() < 0.6:
            place, end = chance.choice(numbers).span()
        else:
            end = place + chance.randint(0, 9)
        data[place:end] = chance.choice(PIECES)
    return bytes(data)


def try_some(name: str, folder: Path, count: int) -> None:
    file, text = WHOLE[name]
    chance = random.Random(name)
    target = folder / file
    target.parent.mkdir(exist_ok=True)
    if name == "yolo":
        Image.new("L", (20, 10)).save(target.parent / "x.png")
    description = b"train: labels\nnames:\n  0: a # b\n  1: 'c d'\nkpt_shape: [2, 3]\n"
    for _ in range(count):
        data, told = text.encode(), description
        if name == "yolo" and chance.random() < 0.5:
            told = damaged(description, chance)
        else:
            data = damaged(data, chance)
        target.write_bytes(data)
        (folder / "data.yaml").write_bytes(told)
        started = time.process_time()
        try:
            options: dict[str, Any] = {"predictions": True} if name == "label-studio" else {}
            for reading in registry.read([folder if name == "yolo" else target], format=name, **options):
                assert all(mask.read() is not None for mask in reading.masks.values())
        except AnnoconvError:
            pass
        assert time.process_time() - started < 2, data


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_damaged_is_read_or_refused(name: str, tmp_path: Path) -> None:
    try_some(name, tmp_path, 300)


@pytest.mark.soak
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_damaged_is_read_or_refused_many_times(name: str, tmp_path: Path) -> None:
    try_some(name, tmp_path, 100_000)
