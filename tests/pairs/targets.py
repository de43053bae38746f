"""What the files of each 2-D format say that annoconv wrote, read by pycocotools, PyYAML, ElementTree and json."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import yaml
from pycocotools.coco import COCO

from tests.pairs import Box, DataSet, Seen, Shape


def _coco(path: Path, _: DataSet) -> Seen:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(path)
    classes = [(each["id"], each["name"]) for each in coco.dataset["categories"]]
    names = dict(classes)
    seen = Seen(classes)
    for image in coco.loadImgs(coco.getImgIds()):
        things: list[tuple[str | None, Shape]] = []
        for each in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            assert abs(each["area"] - each["bbox"][2] * each["bbox"][3]) < 1e-6
            things.append((names.get(each.get("category_id")), Box(*each["bbox"])))
        seen.pages.append((image["file_name"], things))
    return seen


def _yolo(path: Path, data: DataSet) -> Seen:
    """Read a data set as trainers do; its pictures are not there, their sizes are those of the source."""
    described = yaml.safe_load((path / "data.yaml").read_text("utf-8"))
    names = dict(described["names"]) if described["names"] else {}
    assert list(names) == list(range(len(names)))
    seen = Seen(list(names.items()))
    sizes = {page.name: (page.width, page.height) for page in data.pages}
    listed = (path / "train.txt").read_text("utf-8").split("\n")[:-1]
    files = {each.relative_to(path / "labels") for each in (path / "labels").rglob("*.txt")}
    for name in (line.removeprefix("./images/") for line in listed):
        width, height = sizes.get(name, (1, 1))
        file = Path(name).with_suffix(".txt")
        files.remove(file)
        things: list[tuple[str | None, Shape]] = []
        for line in (path / "labels" / file).read_text("utf-8").splitlines():
            number, *shares = line.split()
            numbers = [float(share) * (height if place % 2 else width) for place, share in enumerate(shares)]
            if len(numbers) == 4:
                x, y, across, down = numbers
                box = Box(x - across / 2, y - down / 2, across, down)
            else:
                box = _bounds(list(zip(numbers[::2], numbers[1::2], strict=True)))
            things.append((names[int(number)], box))
        seen.pages.append((name, things))
    assert not files
    return seen


def _cvat(path: Path, _: DataSet) -> Seen:
    root = ElementTree.parse(path).getroot()
    seen = Seen([(None, str(each.text)) for each in root.iterfind("meta/task/labels/label/name")])
    for image in root.iter("image"):
        things: list[tuple[str | None, Shape]] = []
        for each in image:
            sides = [float(each.get(side, "0")) for side in ("xtl", "ytl", "xbr", "ybr")]
            corners = [tuple(map(float, pair.split(","))) for pair in each.get("points", "").split(";") if pair]
            things.append((each.get("label"), _bounds(corners or [sides[:2], sides[2:]])))
        seen.pages.append((image.get("name", ""), things))
    return seen


def _label_studio(path: Path, _: DataSet) -> Seen:
    seen = Seen(None)
    for task in json.loads(path.read_text("utf-8")):
        things: list[tuple[str | None, Shape]] = []
        for each in task["annotations"][0]["result"]:
            value = each["value"]
            across, down = each["original_width"] / 100, each["original_height"] / 100
            corners = value.get("points") or [
                (value["x"], value["y"]),
                (value["x"] + value["width"], value["y"] + value["height"]),
            ]
            box = _bounds([(x * across, y * down) for x, y in corners])
            labels = next((labels for kind, labels in value.items() if kind.endswith("labels")), [None])
            things.append((labels[0], box))
        seen.pages.append((task["data"]["image"], things))
    return seen


def _geojson(path: Path, _: DataSet) -> Seen:
    collection = json.loads(path.read_text("utf-8"))
    things: dict[str, list[tuple[str | None, Shape]]] = {each["file_name"]: [] for each in collection["pictures"]}
    (alone, *others) = things
    for each in collection["features"]:
        properties: dict[str, Any] = each["properties"]
        (ring,) = each["geometry"]["coordinates"]
        name = properties["picture"] if others else alone
        things[name].append((properties.get("classification", {}).get("name"), _bounds(ring)))
    return Seen(None, list(things.items()))


def _bounds(corners: Sequence[Sequence[float]]) -> Box:
    """Return the box that corners are of; GeoJSON has boxes as polygons."""
    assert len({tuple(corner) for corner in corners}) in {2, 4}
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


READ: Final[dict[str, Callable[[Path, DataSet], Seen]]] = {
    "coco": _coco,
    "yolo": _yolo,
    "cvat": _cvat,
    "label-studio": _label_studio,
    "geojson": _geojson,
}
"""Reads what was written of a data set."""
