"""Label Studio tasks: per cent, turned boxes, brushes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import jsondoor, registry
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
    assert jsondoor.plain(reading.case) == jsondoor.plain(loaded.case)
    np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())


def export(folder: Path, kind: str, value: dict[str, Any], **more: Any) -> Path:
    region = {"id": "r", "type": kind, "value": value, "original_width": 200, "original_height": 100, **more}
    path = folder / "x.json"
    path.write_text(json.dumps([{"id": 1, "data": {"image": "/a/b.png"}, "annotations": [{"result": [region]}]}]))
    return path


def test_a_turned_box_turns_about_its_corner(tmp_path: Path) -> None:
    value = {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 90, "rectanglelabels": ["a"]}
    (reading,) = registry.read([export(tmp_path, "rectanglelabels", value)], format="label-studio")
    corners = [[100, 50], [100, 70], [90, 70], [90, 50]]
    assert reading.case.annotations[0].polygon == corners  # type: ignore[union-attr]


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
