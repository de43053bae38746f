"""LabelMe: the web tool's XML and the desktop tool's JSON."""

from __future__ import annotations

import base64
import io
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annoconv import registry
from annoconv.documents import strict_json
from annoconv.errors import InputError
from tests.real_data import real


def test_a_real_file() -> None:
    (reading,) = registry.read([real("labelme/datumaro/img1.xml")], format="labelme")
    kinds = {each.id: each.type for each in reading.case.annotations}
    assert kinds == {
        "0": "polygon",
        "1": "mask",
        "2": "polygon",
        "3": "polygon",
        "4": "bbox",
        "5": "mask",
        "6": "polygon",
    }
    assert [int(reading.masks[each].read().sum()) for each in "15"] == [10, 130]
    assert reading.case.annotations[2].attributes == {
        "occluded": True,
        "attributes": "a1",
        "hasparts": "3,4",
        "username": "anonymous",
    }


def desktop(folder: Path, *shapes: dict[str, Any]) -> Path:
    path = folder / "x.json"
    path.write_text(json.dumps({"shapes": shapes, "imagePath": "..\\x.jpg", "imageHeight": 20, "imageWidth": 30}))
    return path


def test_shapes_of_the_desktop_tool(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.array([[255, 0], [255, 255]], np.uint8)).save(stream, "PNG")
    path = desktop(
        tmp_path,
        {
            "label": "a",
            "points": [[1, 1], [5, 1], [5, 5]],
            "shape_type": "polygon",
            "group_id": 3,
            "flags": {"hard": True},
        },
        {"label": "a", "points": [[9, 8], [3, 2]], "shape_type": "rectangle"},
        {"label": "b", "points": [[5, 5], [8, 9]], "shape_type": "circle"},
        {"label": "b", "points": [[5, 5], [8, 9]], "shape_type": "linestrip"},
        {"label": "b", "points": [[5, 5]], "shape_type": "point"},
        {
            "label": "m",
            "points": [[4, 3], [5, 4]],
            "shape_type": "mask",
            "mask": base64.b64encode(stream.getvalue()).decode(),
        },
    )
    (reading,) = registry.read([path], format="labelme")
    polygon, box, circle, line, point, mask = reading.case.annotations
    assert polygon.attributes == {"group_id": 3, "hard": True}
    assert box.bbox == [3, 2, 9, 8]  # type: ignore[union-attr]
    assert circle.radii == [5, 5]  # type: ignore[union-attr]
    assert (line.type, point.type) == ("polyline", "point")
    where = np.argwhere(reading.masks[mask.id].read()[0]).tolist()
    assert where == [[3, 4], [4, 4], [4, 5]]


def png(rows: list[list[int]]) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.array(rows, np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_shapes_of_newer_tools(tmp_path: Path) -> None:
    ring = [[1, 1], [5, 1], [5, 5], [1, 5]]
    path = desktop(
        tmp_path,
        {"label": "a", "points": ring, "shape_type": "oriented_rectangle", "description": "d", "score": 0.5},
        {"label": "a", "points": ring, "shape_type": "rotation", "attributes": {"side": "left"}},
        {"label": "a", "points": ring, "shape_type": "rectangle"},
        {"label": "a", "points": [[1, 1], [2, 2]], "shape_type": "points"},
        # corners that are whole cut the mask, others are rounded
        {"label": "m", "points": [[4, 3], [4, 4]], "shape_type": "mask", "mask": png([[1, 1], [1, 1]])},
        {"label": "m", "points": [[3.6, 2.9], [4.7, 3.6]], "shape_type": "mask", "mask": png([[1, 1], [1, 1]])},
    )
    (reading,) = registry.read([path], format="labelme")
    told = [(each.id, each.type) for each in reading.case.annotations]
    assert told == [
        *(("1", "polygon"), ("2", "polygon"), ("3", "bbox"), ("4.1", "point"), ("4.2", "point")),
        *(("5", "mask"), ("6", "mask")),
    ]
    first, second = reading.case.annotations[:2]
    assert (first.confidence, first.attributes, second.attributes) == (0.5, {"description": "d"}, {"side": "left"})
    assert np.argwhere(reading.masks["5"].read()[0]).tolist() == [[3, 4], [4, 4]]
    assert np.argwhere(reading.masks["6"].read()[0]).tolist() == [[3, 4], [3, 5], [4, 4], [4, 5]]


def test_flags_of_a_picture_are_its_labels(tmp_path: Path) -> None:
    document = {"version": "3.0", "flags": {"cat": True, "dog": False}, "shapes": [], "imagePath": "x.jpg"}
    (tmp_path / "x.json").write_text(json.dumps(document))
    (reading,) = registry.read([tmp_path / "x.json"], format="labelme")
    assert [(each.label_code, each.attributes) for each in reading.case.annotations] == [
        ("cat", {"image_label": True}),
        ("dog", {"image_label": False}),
    ]
    assert reading.case.image.shape is None  # old files do not state it


@pytest.mark.parametrize(
    "shape",
    [
        {"label": "a", "points": [[1, 1], [2, 2]], "shape_type": "polygon"},
        {"label": "a", "points": [[1, 1], [2, None]], "shape_type": "rectangle"},
        {"label": "a", "points": [[1, 1], [1, 1]], "shape_type": "circle"},
        {"label": "a", "points": "here", "shape_type": "point"},
        {"label": "m", "points": [[0, 0], [1, 1]], "shape_type": "mask", "mask": "????"},
        {"label": "m", "points": [[0, 0], [1, 1]], "shape_type": "mask", "mask": "AAAA"},
        {"label": "m", "points": [[0, 0], [1, 1]], "shape_type": "mask"},
        {"label": "m", "points": [[0, 0]], "shape_type": "mask", "mask": png([[1]])},
        {"label": "m", "points": [[-1, 0], [0, 1]], "shape_type": "mask", "mask": png([[1, 1], [1, 1]])},
        {"label": "m", "points": [[29, 0], [30, 1]], "shape_type": "mask", "mask": png([[1, 1], [1, 1]])},
        {"label": "m", "points": [[0, 0], [99, 99]], "shape_type": "mask", "mask": png([[1] * 100] * 100)},
        {"label": "m", "points": [[0, 0], [1, 1]], "shape_type": "spiral"},
    ],
)
def test_shapes_that_are_none(shape: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(registry.read([desktop(tmp_path, shape)], format="labelme"))


def test_a_missing_mask_and_entities_are_refused(tmp_path: Path) -> None:
    mask = "<object><name>a</name><segm><mask>../../secret.png</mask></segm></object>"
    size = "<imagesize><nrows>5</nrows><ncols>5</ncols></imagesize>"
    (tmp_path / "x.xml").write_text(f"<annotation><filename>x.jpg</filename>{size}{mask}</annotation>")
    with pytest.raises(InputError, match=r"Masks.secret\.png"):
        list(registry.read([tmp_path / "x.xml"], format="labelme"))
    (tmp_path / "x.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>')
    with pytest.raises(InputError, match="document type"):
        list(registry.read([tmp_path / "x.xml"], format="labelme"))


def test_shapes_of_one_group_are_one_object_if_that_is_asked_for(tmp_path: Path) -> None:
    rings = [[[1, 1], [5, 1], [5, 5]], [[7, 1], [9, 1], [9, 5]]]
    path = desktop(
        tmp_path,
        *({"label": "cell", "points": ring, "shape_type": "polygon", "group_id": 1} for ring in rings),
        {"label": "cow", "points": [[1, 1], [9, 9]], "shape_type": "rectangle", "group_id": 2},
        {"label": "nose", "points": [[2, 2]], "shape_type": "point", "group_id": 2},
        {"label": "tail", "points": [[3, 4]], "shape_type": "point", "group_id": 2},
        {"label": "nose", "points": [[2, 2]], "shape_type": "point", "group_id": 3},
    )
    (apart,) = registry.read([path], format="labelme")
    assert len(apart.case.annotations) == 6
    assert [loss.path for loss in apart.losses] == [f"/shapes/{place}/group_id" for place in range(5)]
    (reading,) = registry.read([path], format="labelme", instances=True)
    cell, cow, points, _ = reading.case.annotations
    assert strict_json.plain(cell)["parts"] == [{"polygon": rings[1]}]
    assert (points.label_code, points.parent_id) == (cow.label_code, cow.id) == ("cow", "3")
    assert [(each.name, each.point) for each in points.keypoints] == [("nose", [2, 2]), ("tail", [3, 4])]  # type: ignore[union-attr]
    assert [loss.path for loss in reading.losses] == []


def test_thousands_of_groups_are_joined_in_time(tmp_path: Path) -> None:
    shapes = [
        {"label": label, "points": [[group % 20 + at, 1]], "shape_type": "point", "group_id": group}
        for group in range(2000)
        for at, label in enumerate(("nose", "tail"))
    ]
    rings = [{**each, "label": "cow", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"} for each in shapes]
    before = time.process_time()
    (reading,) = registry.read([desktop(tmp_path, *shapes, *rings)], format="labelme", instances=True)
    assert time.process_time() - before < 8
    assert Counter(each.type for each in reading.case.annotations) == {"polygon": 2000, "keypoints": 2000}
