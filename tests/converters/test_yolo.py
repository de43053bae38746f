"""YOLO data sets: their layouts and lines, and our masks in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from annoconv_converters._pictures.rotation import smallest_box

from annoconv import jsondoor, registry
from annoconv.errors import InputError
from annoconv.loss import LossKind
from tests.converters.pictures_cases import flat_case
from tests.converters.test_coco import keypoint_case
from tests.real_data import real


@pytest.mark.parametrize("name", ["yolo/datumaro/yolo", "yolo/datumaro/yolov8_detection"])
def test_real_data_sets(name: str) -> None:
    (reading,) = registry.read([real(name)], format="yolo")
    first, second = reading.case.annotations
    assert (first.label_code, second.label_code) == ("label_2", "label_4")
    assert first.bbox == pytest.approx([0, 2, 4, 4], abs=1e-4)  # type: ignore[union-attr]
    assert reading.case.image.shape == [15, 10]


@pytest.mark.parametrize("kind", ["segment", "detect", "pose", "obb"])
def test_there_and_back(kind: str, tmp_path: Path) -> None:
    loaded = flat_case()
    losses = registry.write([loaded], tmp_path / "set", format="yolo", kind=kind)
    (reading,) = registry.read([tmp_path / "set"], format="yolo")
    if kind == "segment":
        assert jsondoor.plain(reading.case) == jsondoor.plain(loaded.case)
        np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())
    else:
        (lost,) = [loss for loss in losses if loss.path == "/annotations/0/mask_file"]
        assert lost.kind is LossKind.NO_PLACE
        back = {each["id"]: each for each in jsondoor.plain(reading.case)["annotations"]}
        assert back.pop("M", {"type": "gone"})["type"] != "mask"
        assert list(back.values()) == jsondoor.plain(loaded.case)["annotations"][1:]


def test_the_smallest_turned_box() -> None:
    turned = np.array([[0, 2], [2, 0], [5, 3], [3, 5], [2.5, 2.5]])
    corners = np.array(smallest_box(turned)).reshape(-1, 2)
    assert sorted(map(tuple, np.round(corners, 6).tolist())) == [(0, 2), (2, 0), (3, 5), (5, 3)]
    assert sorted(smallest_box(np.array([[1, 1], [4, 1]]))[::2]) == [1, 1, 4, 4]


def test_keypoints_are_written_for_pose(tmp_path: Path) -> None:
    loaded = keypoint_case()
    registry.write([loaded], tmp_path / "set", format="yolo", kind="pose")
    assert "kpt_shape: [2, 3]" in (tmp_path / "set" / "data.yaml").read_text()
    line = (tmp_path / "set" / "labels" / "X.txt").read_text().split()
    assert [float(each) for each in line[5:]] == pytest.approx([10.5 / 30, 8 / 20, 2, 12.25 / 30, 9.5 / 20, 1])
    (reading,) = registry.read([tmp_path / "set"], format="yolo")
    assert jsondoor.plain(reading.case) == jsondoor.plain(loaded.case)


def data_set(folder: Path, lines: str, yaml: str = "names: [a, 'b c']\n") -> Path:
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "data.yaml").write_text(yaml)
    (folder / "labels" / "x.txt").write_text(lines)
    from PIL import Image

    Image.new("L", (20, 10)).save(folder / "images" / "x.png")
    return folder


def test_lines_are_shares_of_the_picture(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "d", "1 0.5 0.5 0.2 0.4 0.75\n0 0 0 1 0 1 1\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n")
    (reading,) = registry.read([folder], format="yolo")
    box, triangle, turned = reading.case.annotations
    assert (box.type, box.bbox, box.confidence, box.label_code) == ("bbox", [8, 3, 12, 7], 0.75, "b_c")  # type: ignore[union-attr]
    assert triangle.polygon == [[0, 0], [20, 0], [20, 10]]  # type: ignore[union-attr]
    assert turned.polygon == [[2, 1], [4, 1], [4, 2], [2, 2]]  # type: ignore[union-attr]


def test_pose(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.2 0.4 0.25 0.5 2 0.0 0.0 0 0.75 0.5 1\n"
    folder = data_set(tmp_path / "d", line, "kpt_shape: [3, 3]\nnames:\n  0: person\n")
    (reading,) = registry.read([folder], format="yolo")
    _, *points = reading.case.annotations
    assert [each.point for each in points] == [[5, 5], [15, 5]]  # type: ignore[union-attr]
    assert [(each.attributes or {})["visibility"] for each in points] == [2, 1]


@pytest.mark.parametrize(
    "line", ["x 0 0 1 1", "0 nan 0 1 1", "0 0.5 0.5", "-1 0 0 1 1", "0 1e300 0 1 1", "0 0 0 1 1 1 1 1 1 1"]
)
def test_lines_that_are_none_are_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1"):
        list(registry.read([data_set(tmp_path / "d", line + "\n")], format="yolo"))


def test_a_list_that_leads_out_and_a_size_that_is_not_known_are_refused(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "d", "")
    (folder / "train.txt").write_text("../../secret.png\n")
    with pytest.raises(InputError, match="beyond its folder"):
        list(registry.read([folder], format="yolo"))
    (folder / "train.txt").unlink()
    (folder / "images" / "x.png").unlink()
    with pytest.raises(InputError, match="size of the picture"):
        list(registry.read([folder], format="yolo"))
