"""A shape of a file that becomes several annotations is named, at its place, by every reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annoconv import registry

CUBOID = " ".join(
    f'{axis}{corner}="{number}"'
    for corner, x, y in (
        ("tl1", 5, 5), ("bl1", 5, 15), ("tr1", 15, 5), ("br1", 15, 15),
        ("tl2", 20, 4), ("bl2", 20, 14), ("tr2", 10, 4), ("br2", 10, 14),
    )
    for axis, number in (("x", x), ("y", y))
)  # fmt: skip


def cvat(folder: Path, shapes: str) -> Path:
    path = folder / "annotations.xml"
    path.write_text(
        f'<annotations><version>1.1</version><image id="0" name="a.png" width="40" height="30">{shapes}</image>'
        "</annotations>"
    )
    return path


def labelme(folder: Path, *points: list[int]) -> Path:
    shape = {"label": "a", "points": list(points), "shape_type": "points"}
    size = {"imagePath": "a.png", "imageHeight": 30, "imageWidth": 40}
    path = folder / "a.json"
    path.write_text(json.dumps({"version": "5.0.0", "flags": {}, **size, "shapes": [shape]}))
    return path


def apart(path: Path, format: str) -> tuple[int, list[str]]:
    (reading,) = registry.read([path], format=format)
    paths = [loss.path for loss in reading.losses if loss.kind.value == "approximated"]
    return len(reading.case.annotations), paths


@pytest.mark.parametrize(
    ("shapes", "count", "places"),
    [
        ('<points label="a" points="1,1;2,2;3,3"/>', 3, ["/image/0/points/0"]),
        ('<points label="a" points="1,1"/><points label="a" points="1,1;2,2"/>', 3, ["/image/0/points/1"]),
        (f'<cuboid label="a" {CUBOID}/>', 2, ["/image/0/cuboid/0"]),
        ('<points label="a" points="1,1"/><points label="a" points="2,2"/>', 2, []),
    ],
)
def test_shapes_of_cvat(shapes: str, count: int, places: list[str], tmp_path: Path) -> None:
    assert apart(cvat(tmp_path, shapes), "cvat") == (count, places)


def test_shapes_of_labelme(tmp_path: Path) -> None:
    assert apart(labelme(tmp_path, [1, 1], [2, 2], [3, 3]), "labelme") == (3, ["/shapes/0"])
    assert apart(labelme(tmp_path, [1, 1]), "labelme") == (1, [])
