"""LabelMe: the web tool's XML and the desktop tool's JSON."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annoconv import registry
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
