"""Kinds of lines of YOLO: which one is written, what a turned box is read as, and what is said of a guess."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from annoconv_converters.yolo.trees import DataSetTree
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.documents import strict_json
from annoconv.loss import LossKind
from annoconv.model import Case
from annoconv.pixels import Masks

WIDTH, HEIGHT = 200, 100
BOX: dict[str, Any] = {"type": "bbox", "bbox": [1, 2, 30, 40]}
TURNED: dict[str, Any] = {"type": "oriented_box", "center": [50, 40], "size": [30, 10], "rotation_degrees": 30}
POLYGON: dict[str, Any] = {"type": "polygon", "polygon": [[1, 1], [9, 1], [9, 7]]}
KEYPOINTS: dict[str, Any] = {
    "type": "keypoints",
    "keypoints": [{"name": "a", "point": [3, 4], "visibility": "visible"}],
}


def case(*shapes: dict[str, Any]) -> LoadedCase:
    common = {"category": "lesion", "label_code": "NODULE"}
    annotations = [{"id": f"A{place}", **common, **shape} for place, shape in enumerate(shapes)]
    image = {"uid": "a", "modality": "OT", "shape": [WIDTH, HEIGHT]}
    document = {"task_id": "yolo", "image": image, "annotations": annotations, "metadata": {}}
    return LoadedCase(Case.model_validate(document), Masks())


def data_set(folder: Path, lines: list[str], more: str = "") -> Path:
    """Write a data set of one picture as other software does."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    Image.new("L", (WIDTH, HEIGHT)).save(folder / "images" / "a.png")
    (folder / "data.yaml").write_text(f"train: images\nval: images\nnames: [ship]\n{more}")
    (folder / "labels" / "a.txt").write_text("".join(f"{line}\n" for line in lines))
    return folder


def read(folder: Path, **options: Any) -> Reading:
    (reading,) = registry.read([folder], format="yolo", **options)
    return reading


def line_of(center: tuple[float, float], size: tuple[float, float], degrees: float, digits: int = 6) -> str:
    """Return a turned box as a line, its corners by hand."""
    turn = math.radians(degrees)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    halves = [(x * size[0] / 2, y * size[1] / 2) for x, y in corners]
    places = [
        (center[0] + x * math.cos(turn) - y * math.sin(turn), center[1] + x * math.sin(turn) + y * math.cos(turn))
        for x, y in halves
    ]
    return " ".join(["0", *(f"{each:.{digits}f}" for x, y in places for each in (x / WIDTH, y / HEIGHT))])


@pytest.mark.parametrize("way", ["option", "task"])
def test_lines_of_eight_numbers_are_turned_boxes_where_that_is_said(way: str, tmp_path: Path) -> None:
    folder = data_set(tmp_path / "x", [line_of((90, 50), (40, 20), 30)], "task: obb\n" if way == "task" else "")
    reading = read(folder, **({"kind": "obb"} if way == "option" else {}))
    (found,) = strict_json.plain(reading.case)["annotations"]
    assert found["type"] == "oriented_box"
    assert found["center"] == pytest.approx([90, 50], abs=1e-3)
    assert found["size"] == pytest.approx([40, 20], abs=1e-3)
    assert found["rotation_degrees"] == pytest.approx(30, abs=1e-2)
    assert not list(reading.losses)
    assert not reading.findings


def test_lines_of_eight_numbers_are_polygons_where_nothing_is_said_and_that_is_a_finding(tmp_path: Path) -> None:
    reading = read(data_set(tmp_path / "x", [line_of((90, 50), (40, 20), 30)] * 2))
    assert [each.type for each in reading.case.annotations] == ["polygon", "polygon"]
    assert [(each.rule, each.level) for each in reading.findings] == [("yolo.obb", "warning")]
    for lines, options in ((["0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2", "0 0.1 0.1 0.2 0.1 0.2 0.2"], {}),):
        assert not read(data_set(tmp_path / "y", lines), **options).findings
    assert not read(tmp_path / "x", kind="segment").findings


def test_what_lines_of_corners_are_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(DataSetTree, "_has_four_corners", lambda _: bool(asked.append(1)))
    folder = data_set(tmp_path / "x", ["0 0.5 0.5 0.1 0.1"])
    for name in "bc":
        (folder / "images" / f"{name}.png").write_bytes((folder / "images" / "a.png").read_bytes())
    assert len([*registry.read([folder], format="yolo")]) == 3
    assert len(asked) == 1


def test_corners_of_no_rectangle_are_the_smallest_box_round_them_and_named(tmp_path: Path) -> None:
    reading = read(data_set(tmp_path / "x", ["0 0.1 0.2 0.3 0.2 0.3 0.5 0.2 0.6"]), kind="obb")
    (found,) = reading.case.annotations
    assert found.type == "oriented_box"
    assert [(loss.path, loss.kind.value) for loss in reading.losses] == [("/labels~1a.txt/0/numbers", "approximated")]


@given(
    x=st.floats(60, 140),
    y=st.floats(40, 60),
    size=st.tuples(st.floats(1, 60), st.floats(1, 40)),
    degrees=st.floats(0, 359),
    start=st.integers(0, 3),
    is_turned=st.booleans(),
)
def test_a_turned_box_is_where_its_corners_are_whichever_comes_first(
    x: float,
    y: float,
    size: tuple[float, float],
    degrees: float,
    start: int,
    is_turned: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("x")
    name, *shares = line_of((x, y), size, degrees, 9).split()
    pairs = [" ".join(shares[place : place + 2]) for place in range(0, 8, 2)]
    pairs = pairs[start:] + pairs[:start]
    reading = read(data_set(folder / "in", [" ".join([name, *(pairs[::-1] if is_turned else pairs)])]), kind="obb")
    assert not list(reading.losses)
    registry.write([LoadedCase(reading.case, reading.masks)], folder / "out", format="yolo", kind="obb")
    told = [float(each) for each in (folder / "out" / "labels" / "a.txt").read_text().split()[1:]]
    places = {(round(a * WIDTH, 3), round(b * HEIGHT, 3)) for a, b in zip(told[::2], told[1::2], strict=True)}
    for pair in pairs:
        a, b = map(float, pair.split())
        assert min(max(abs(a * WIDTH - c), abs(b * HEIGHT - d)) for c, d in places) < 2e-3


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ([BOX], "segment"),
        ([POLYGON, BOX], "segment"),
        ([TURNED, BOX], "obb"),
        ([TURNED, POLYGON], "segment"),
        ([KEYPOINTS, BOX], "pose"),
        ([KEYPOINTS, TURNED], "pose"),
        ([KEYPOINTS, POLYGON], "segment"),
    ],
)
def test_the_kind_of_lines_follows_from_what_is_written(
    shapes: list[dict[str, Any]], kind: str, tmp_path: Path
) -> None:
    losses = registry.write([case(*shapes)], tmp_path / "set", format="yolo")
    described = yaml.safe_load((tmp_path / "set" / "data.yaml").read_text())
    assert described.get("task", "pose" if "kpt_shape" in described else "segment") == kind
    carried = {loss.path for loss in losses if loss.kind is LossKind.CARRIED}
    assert ("/annotations/0/keypoints/0/point/0" in carried) == (KEYPOINTS in shapes and kind == "segment")


def test_turned_boxes_come_back_without_the_side_file(tmp_path: Path) -> None:
    registry.write([case(TURNED)], tmp_path / "set", format="yolo")
    (tmp_path / "set" / "annoconv.json").unlink()
    (tmp_path / "set" / "images").mkdir()
    Image.new("L", (WIDTH, HEIGHT)).save(tmp_path / "set" / "images" / "a.png")
    (found,) = strict_json.plain(read(tmp_path / "set").case)["annotations"]
    assert {name: found[name] for name in TURNED} == TURNED
