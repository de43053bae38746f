"""What a COCO file may make its reader do, by its size."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from annoconv_converters.coco.check import Effort

from annoconv import registry

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 60_000


def _file(path: Path, rings: list[list[float]], area: float) -> Path:
    annotations: list[dict[str, Any]] = [
        {"id": n, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": [ring], "area": area}
        for n, ring in enumerate(rings, start=1)
    ]
    image = {"id": 1, "file_name": "a.png", "width": SIDE, "height": SIDE}
    path.write_text(json.dumps({"images": [image], "annotations": annotations, "categories": [{"id": 1, "name": "a"}]}))
    return path


def _found(path: Path) -> list[str]:
    (reading,) = registry.read([path], format="coco")
    return [each.path for each in reading.findings if each.rule == "coco.area"]


def test_polygons_across_a_slide_whose_areas_are_wrong_do_not_keep_a_reader_busy(tmp_path: Path) -> None:
    """Each would be drawn in a tenth of a second: 1,000 of them in minutes."""
    rings = [[0.0, 0.0, float(SIDE - n), float(n), float(n), float(SIDE - n)] for n in range(1000)]
    begin = time.process_time()
    assert len(_found(_file(tmp_path / "wide.json", rings, 7.0))) == 1000
    assert time.process_time() - begin < 30


def test_an_area_that_counts_pixels_is_right_and_another_one_is_not(tmp_path: Path) -> None:
    sliver = [[0.3, 0.3, 40.3, 20.3, 40.3, 20.8]]  # it encloses 10 pixels, pycocotools fills 15
    assert _found(_file(tmp_path / "filled.json", sliver, 15.0)) == []
    assert _found(_file(tmp_path / "enclosed.json", sliver, 10.0)) == []
    assert _found(_file(tmp_path / "neither.json", sliver, 12.5)) == ["/annotations/1/area"]


def test_what_is_too_long_leaves_the_rest_of_the_effort_to_others() -> None:
    effort = Effort(100.0)
    assert [effort.allows(each) for each in (60.0, 50.0, 40.0, 1.0)] == [True, False, True, False]
