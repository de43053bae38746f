"""Skeletons with absent points, rings of either sense and steps of frames, from each format that has them to every one.

What was written is read by pycocotools, PyYAML, ElementTree and json, in pixels.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from annoconv import registry
from annoconv.casefile import LoadedCase

WIDTH, HEIGHT = 64, 48
NAMES: Final = ("nose", "left", "right", "tail")
Corner = tuple[float, float]
Skeleton = list[tuple[float, float, int] | None]
"""x and y in continuous pixels and visibility (1 hidden, 2 seen) of each point; None where it is not there."""

few = settings(max_examples=20, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])


def convert(source: str, files: list[Path], target: str, folder: Path, **options: Any) -> Path:
    readings = list(registry.read(files, format=source))
    out = folder / f"out{registry.converter('to', target).suffix}"
    registry.write([LoadedCase(each.case, each.masks) for each in readings], out, format=target, **options)
    return out


# --- skeletons


def coco_skeletons(folder: Path, pages: list[Skeleton]) -> list[Path]:
    records = [
        {
            "id": number,
            "image_id": number,
            "category_id": 7,
            "iscrowd": 0,
            "area": 1,
            "bbox": [0, 0, 1, 1],
            "keypoints": [each for p in points for each in ((p[0] - 0.5, p[1] - 0.5, p[2]) if p else (0, 0, 0))],
            "num_keypoints": sum(p is not None for p in points),
        }
        for number, points in enumerate(pages, 1)
    ]
    images = [{"id": n, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for n in range(1, len(pages) + 1)]
    category = {"id": 7, "name": "cow", "keypoints": NAMES, "skeleton": [[1, 2]]}
    path = folder / "x.json"
    path.write_text(json.dumps({"images": images, "annotations": records, "categories": [category]}))
    return [path]


def yolo_skeletons(folder: Path, pages: list[Skeleton]) -> list[Path]:
    names = "".join(f"\n    - {name}" for name in NAMES)
    described = f"train: images\nkpt_shape: [{len(NAMES)}, 3]\nkpt_names:\n  0:{names}\nnames: [cow]\n"
    (folder / "data.yaml").write_text(described)
    for name in ("images", "labels"):
        (folder / name).mkdir()
    for number, points in enumerate(pages, 1):
        Image.new("L", (WIDTH, HEIGHT)).save(folder / "images" / f"{number}.png")
        told = [each for p in points for each in ((p[0] / WIDTH, p[1] / HEIGHT, p[2]) if p else (0, 0, 0))]
        (folder / "labels" / f"{number}.txt").write_text(" ".join(map(str, (0, 0.5, 0.5, 0.5, 0.5, *told))) + "\n")
    return [folder]


def cvat_skeletons(folder: Path, pages: list[Skeleton]) -> list[Path]:
    labels = "<label><name>cow</name><type>skeleton</type></label>" + "".join(
        f"<label><name>{name}</name><type>points</type><parent>cow</parent></label>" for name in NAMES
    )
    images = ""
    for number, points in enumerate(pages, 1):
        inner = "".join(
            f'<points label="{name}" outside="{int(p is None)}" occluded="{int(p is not None and p[2] == 1)}" '
            f'points="{p[0] if p else 0},{p[1] if p else 0}"/>'
            for name, p in zip(NAMES, points, strict=True)
        )
        size = f'width="{WIDTH}" height="{HEIGHT}"'
        images += f'<image id="{number}" name="{number}.png" {size}><skeleton label="cow">{inner}</skeleton></image>'
    path = folder / "x.xml"
    path.write_text(f"<annotations><meta><task><labels>{labels}</labels></task></meta>{images}</annotations>")
    return [path]


def label_studio_skeletons(folder: Path, pages: list[Skeleton]) -> list[Path]:
    tasks: list[Any] = []
    for number, points in enumerate(pages, 1):
        size = {"original_width": WIDTH, "original_height": HEIGHT, "to_name": "image", "from_name": "x"}
        box = {"x": 1, "y": 1, "width": 90, "height": 90, "rotation": 0, "rectanglelabels": ["cow"]}
        result: list[Any] = [{"id": "p", "type": "rectanglelabels", "value": box, **size}]
        for name, p in zip(NAMES, points, strict=True):
            if p is not None:
                place = {"x": 100 * p[0] / WIDTH, "y": 100 * p[1] / HEIGHT, "keypointlabels": [name]}
                result.append({"id": name, "type": "keypointlabels", "value": place, "parentID": "p", **size})
        tasks.append({"id": number, "data": {"image": f"{number}.png"}, "annotations": [{"result": result}]})
    path = folder / "x.json"
    path.write_text(json.dumps(tasks))
    return [path]


SOURCES: Final[dict[str, Callable[[Path, list[Skeleton]], list[Path]]]] = {
    "coco": coco_skeletons,
    "yolo": yolo_skeletons,
    "cvat": cvat_skeletons,
    "label-studio": label_studio_skeletons,
}


def coco_seen(path: Path) -> list[Skeleton]:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(path)
        coco.loadRes([{**each, "score": 1.0} for each in coco.dataset["annotations"]])  # which needs 3 x n numbers
    (category,) = coco.dataset["categories"]
    seen: list[Skeleton] = []
    for image in coco.dataset["images"]:
        (record,) = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert len(record["keypoints"]) == 3 * len(category["keypoints"])
        assert min(*record["bbox"][2:], record["area"]) > 0
        told = zip(*(iter(record["keypoints"]),) * 3, strict=True)
        named = dict(zip(category["keypoints"], told, strict=True))
        places = [named.get(name, (0, 0, 0)) for name in NAMES]
        seen.append([(x + 0.5, y + 0.5, v) if v else None for x, y, v in places])
    return seen


def yolo_seen(path: Path) -> list[Skeleton]:
    described = yaml.safe_load((path / "data.yaml").read_text())
    count, dimensions = described["kpt_shape"]
    (names,) = described["kpt_names"].values()
    assert (len(names), dimensions) == (count, 3)
    seen: list[Skeleton] = []
    for line in (path / "train.txt").read_text().split():
        (told,) = (path / "labels" / f"{Path(line).stem}.txt").read_text().splitlines()
        _, _, _, width, height, *numbers = map(float, told.split())
        assert min(width, height) > 0
        assert len(numbers) == 3 * count
        named = dict(zip(names, zip(*(iter(numbers),) * 3, strict=True), strict=True))
        places = [named.get(name, (0, 0, 0)) for name in NAMES]
        seen.append([(x * WIDTH, y * HEIGHT, int(v)) if v else None for x, y, v in places])
    return seen


def cvat_seen(path: Path) -> list[Skeleton]:
    seen: list[Skeleton] = []
    for image in ElementTree.parse(path).getroot().iter("image"):
        (skeleton,) = image.iter("skeleton")
        named: dict[str | None, tuple[float, float, int] | None] = {}
        for each in skeleton:
            x, y = map(float, each.get("points", "").split(","))
            visible = 1 if each.get("occluded") == "1" else 2
            named[each.get("label")] = None if each.get("outside") == "1" else (x, y, visible)
        seen.append([named.get(name) for name in NAMES])
    return seen


def label_studio_seen(path: Path) -> list[Skeleton]:
    seen: list[Skeleton] = []
    for task in json.loads(path.read_text()):
        result = task["annotations"][0]["result"]
        (owner,) = {each["parentID"] for each in result if "parentID" in each}
        assert [each["value"]["rectanglelabels"] for each in result if each["id"] == owner] == [["cow"]]
        named = {each["value"]["keypointlabels"][0]: each["value"] for each in result if "parentID" in each}
        places = [named.get(name) for name in NAMES]
        seen.append([(p["x"] * WIDTH / 100, p["y"] * HEIGHT / 100, 2) if p else None for p in places])
    return seen


def geojson_seen(path: Path) -> list[Skeleton]:
    collection = json.loads(path.read_text())
    seen: list[Skeleton] = []
    for feature in collection["features"]:
        told = feature["properties"].get("metadata", {})
        if "keypoints" in told:
            unseen = {*told.get("absent", ()), *told.get("unlabelled", ())}
            named = [name for name in told["keypoints"] if name not in unseen]
            places = dict(zip(named, feature["geometry"]["coordinates"], strict=True))
            hidden = told.get("hidden", ())
            seen.append([(*places[name], 1 if name in hidden else 2) if name in places else None for name in NAMES])
    return seen


TARGETS: Final[dict[str, tuple[Callable[[Path], list[Skeleton]], dict[str, str]]]] = {
    "coco": (coco_seen, {}),
    "yolo": (yolo_seen, {"kind": "pose"}),
    "cvat": (cvat_seen, {}),
    "label-studio": (label_studio_seen, {}),
    "geojson": (geojson_seen, {}),
}

halves = st.integers(1, 2 * HEIGHT - 2).map(lambda number: number / 2)
points = st.one_of(st.none(), st.tuples(halves, halves, st.sampled_from([1, 2])))
skeletons = st.lists(points, min_size=len(NAMES), max_size=len(NAMES)).filter(any)


def rounded(pages: list[Skeleton], *, is_seen_only: bool) -> list[list[Any]]:
    return [
        [p and (round(p[0], 5), round(p[1], 5), 2 if is_seen_only else p[2]) for p in skeleton] for skeleton in pages
    ]


PAIRS: Final = [(source, target) for source in SOURCES for target in TARGETS]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_skeletons_through_every_pair(source: str, target: str) -> None:
    run(source, target, 20)


@pytest.mark.soak
@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_many_skeletons_through_every_pair(source: str, target: str) -> None:
    run(source, target, 500)


def run(source: str, target: str, count: int) -> None:
    read, options = TARGETS[target]

    @settings(few, max_examples=count)
    @given(pages=st.lists(skeletons, min_size=1, max_size=3))
    def check(pages: list[Skeleton]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "in").mkdir()
            out = convert(source, SOURCES[source](folder / "in", pages), target, folder, **options)
            is_seen_only = "label-studio" in {source, target}  # which has no hidden points
            assert rounded(read(out), is_seen_only=is_seen_only) == rounded(pages, is_seen_only=is_seen_only)

    check()


# --- rings


def enclosed(ring: list[Corner]) -> float:
    shifted = [*ring[1:], ring[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, shifted, strict=True))) / 2


def square(x: float, y: float, side: float, *, is_turned: bool) -> list[Corner]:
    ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return ring[::-1] if is_turned else ring


@pytest.mark.parametrize("target", ["geojson", "coco", "cvat", "yolo", "label-studio"])
def test_holes_of_either_sense_in_every_format(target: str) -> None:
    @few
    @given(turns=st.lists(st.booleans(), min_size=3, max_size=3), at=st.integers(5, 12), side=st.integers(2, 6))
    def check(turns: list[bool], at: int, side: int) -> None:
        outer = square(2, 2, 30, is_turned=turns[0])
        holes = [
            square(at + 0.25, 4.5, side, is_turned=turns[1]),
            square(at + 0.25, 14.5, side + 0.5, is_turned=turns[2]),
        ]
        closed = [[*ring, ring[0]] for ring in (outer, *holes)]
        geometry = {"type": "Polygon", "coordinates": closed}
        feature = {"type": "Feature", "geometry": geometry, "properties": {"classification": {"name": "a"}}}
        collection = {"pictures": [{"file_name": "a.png", "width": WIDTH, "height": HEIGHT}], "features": [feature]}
        expected = enclosed(outer) - sum(map(enclosed, holes))
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.geojson"
            path.write_text(json.dumps({"type": "FeatureCollection", **collection}))
            assert AREAS[target](convert("geojson", [path], target, Path(name))) == pytest.approx(expected, abs=1e-6)

    check()


def geojson_area(path: Path) -> float:
    (feature,) = json.loads(path.read_text())["features"]
    assert feature["geometry"]["type"] == "Polygon"
    outer, *holes = ([tuple(corner) for corner in ring[:-1]] for ring in feature["geometry"]["coordinates"])
    assert len(holes) == 2
    return enclosed(outer) - sum(map(enclosed, holes))


def coco_area(path: Path) -> float:
    (record,) = json.loads(path.read_text())["annotations"]
    (flat,) = record["segmentation"]
    area = float(record["area"])
    assert enclosed(list(zip(flat[::2], flat[1::2], strict=True))) == pytest.approx(area)
    return area


def cvat_area(path: Path) -> float:
    (polygon,) = ElementTree.parse(path).getroot().iter("polygon")
    return enclosed([(float(x), float(y)) for x, y in (p.split(",") for p in polygon.get("points", "").split(";"))])


def yolo_area(path: Path) -> float:
    _, *numbers = map(float, (path / "labels" / "a.txt").read_text().split())
    return enclosed([(x * WIDTH, y * HEIGHT) for x, y in zip(numbers[::2], numbers[1::2], strict=True)])


def label_studio_area(path: Path) -> float:
    (region,) = json.loads(path.read_text())[0]["annotations"][0]["result"]
    return enclosed([(x * WIDTH / 100, y * HEIGHT / 100) for x, y in region["value"]["points"]])


AREAS: Final[dict[str, Callable[[Path], float]]] = {
    "geojson": geojson_area,
    "coco": coco_area,
    "cvat": cvat_area,
    "yolo": yolo_area,
    "label-studio": label_studio_area,
}


# --- frames


@pytest.mark.parametrize("target", ["coco", "yolo", "cvat", "label-studio", "geojson"])
def test_the_frames_of_a_task_in_every_format(target: str, tmp_path: Path) -> None:
    @few
    @given(
        first=st.integers(0, 30), step=st.integers(1, 4), count=st.integers(2, 6), data=st.data(), last=st.booleans()
    )
    def check(first: int, step: int, count: int, data: st.DataObject, last: bool) -> None:
        frames = [first + step * place for place in range(count)]
        start = data.draw(st.integers(0, count - 2))
        end = data.draw(st.integers(start + 1, count - 1))
        keys = [(frames[start], 4.0, 0), (frames[end], 4.0 + 2 * (frames[end] - frames[start]), int(not last))]
        boxes = "".join(
            f'<box frame="{frame}" keyframe="1" outside="{outside}" xtl="{x}" ytl="2" xbr="{x + 3}" ybr="9"/>'
            for frame, x, outside in keys
        )
        task = (
            f"<size>{count}</size><start_frame>{first}</start_frame><stop_frame>{frames[-1]}</stop_frame>"
            f"<frame_filter>step={step}</frame_filter>"
            "<original_size><width>200</width><height>20</height></original_size>"
        )
        shown = frames[start:] if last else frames[start:end]
        expected = {frame: 4.0 + 2 * (min(frame, frames[end]) - frames[start]) for frame in shown}
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.xml"
            meta = f"<meta><task><name>clip</name>{task}</task></meta>"
            path.write_text(f'<annotations>{meta}<track id="0" label="a">{boxes}</track></annotations>')
            names, lefts = FRAMES[target](convert("cvat", [path], target, Path(name)))
            assert names == frames
            assert lefts == pytest.approx(expected)

    check()


def frame_of(name: str) -> int:
    return int(name.rpartition("_k")[2].removesuffix(".png"))


def coco_frames(path: Path) -> tuple[list[int], dict[int, float]]:
    document = json.loads(path.read_text())
    frames = {each["id"]: frame_of(each["file_name"]) for each in document["images"]}
    return list(frames.values()), {frames[each["image_id"]]: each["bbox"][0] for each in document["annotations"]}


def yolo_frames(path: Path) -> tuple[list[int], dict[int, float]]:
    names = [line.removeprefix("./images/") for line in (path / "train.txt").read_text().split()]
    lefts: dict[int, float] = {}
    for name in names:
        for line in (path / "labels" / f"{name[:-4]}.txt").read_text().splitlines():
            _, x, _, width, _ = map(float, line.split())
            lefts[frame_of(name)] = (x - width / 2) * 200
    return list(map(frame_of, names)), lefts


def cvat_frames(path: Path) -> tuple[list[int], dict[int, float]]:
    root = ElementTree.parse(path).getroot()
    told = {tag: root.findtext(f"meta/task/{tag}") for tag in ("start_frame", "stop_frame", "frame_filter")}
    step = int((told["frame_filter"] or "step=1").removeprefix("step="))
    frames = range(int(told["start_frame"] or 0), int(told["stop_frame"] or 0) + 1, step)
    shown = [box for box in root.iterfind("track/box") if box.get("outside") == "0"]
    return list(frames), {int(box.get("frame", "")): float(box.get("xtl", "")) for box in shown}


def label_studio_frames(path: Path) -> tuple[list[int], dict[int, float]]:
    tasks = {frame_of(task["data"]["image"]): task["annotations"][0]["result"] for task in json.loads(path.read_text())}
    return list(tasks), {frame: each["value"]["x"] * 2 for frame, result in tasks.items() for each in result}


def geojson_frames(path: Path) -> tuple[list[int], dict[int, float]]:
    collection = json.loads(path.read_text())
    frames = [frame_of(each["file_name"]) for each in collection["pictures"]]
    lefts = {
        frame_of(each["properties"]["picture"]): each["geometry"]["coordinates"][0][0][0]
        for each in collection["features"]
    }
    return frames, lefts


FRAMES: Final[dict[str, Callable[[Path], tuple[list[int], dict[int, float]]]]] = {
    "coco": coco_frames,
    "yolo": yolo_frames,
    "cvat": cvat_frames,
    "label-studio": label_studio_frames,
    "geojson": geojson_frames,
}
