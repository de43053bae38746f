"""YOLO data sets: their layouts and lines, and our masks in them."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from annoconv_converters.yolo import strict_yaml
from annoconv_converters.yolo.smallest_box import smallest_box
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import InputError, LimitError
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
        assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
        np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())
    else:
        (lost,) = [loss for loss in losses if loss.path == "/annotations/0/mask_file"]
        assert lost.kind is LossKind.NO_PLACE
        back = {each["id"]: each for each in strict_json.plain(reading.case)["annotations"]}
        assert back.pop("M", {"type": "gone"})["type"] != "mask"
        assert list(back.values()) == strict_json.plain(loaded.case)["annotations"][1:]


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
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)


def data_set(folder: Path, lines: str, yaml: str = "names: [a, 'b c']\n") -> Path:
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "data.yaml").write_text(yaml)
    (folder / "labels" / "x.txt").write_text(lines)
    Image.new("L", (20, 10)).save(folder / "images" / "x.png")
    return folder


def test_lines_are_shares_of_the_picture(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "d", "1 0.5 0.5 0.2 0.4 0.75\n0 0 0 1 0 1 1\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n")
    (reading,) = registry.read([folder], format="yolo")
    box, triangle, turned = reading.case.annotations
    assert (box.type, box.bbox, box.confidence, box.label_code) == ("bbox", [8, 3, 12, 7], 0.75, "B_C_EC6FD431C0156050")  # type: ignore[union-attr]
    assert triangle.polygon == [(0, 0), (20, 0), (20, 10)]  # type: ignore[union-attr]
    assert turned.polygon == [(2, 1), (4, 1), (4, 2), (2, 2)]  # type: ignore[union-attr]


def test_confidence_and_tracks(tmp_path: Path) -> None:
    lines = "0.0 0.5 0.5 0.2 0.4 0.75 7\n0 0 0 1 0 1 1 0.25\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 0.5\n"
    (reading,) = registry.read([data_set(tmp_path / "d", lines)], format="yolo")
    assert [each.confidence for each in reading.case.annotations] == [0.75, 0.25, 0.5]
    assert [each.type for each in reading.case.annotations] == ["bbox", "polygon", "polygon"]
    assert reading.case.annotations[0].tracking_id == "7"
    folder = data_set(tmp_path / "e", "0 0.5 0.5 0.2 0.4 0.75 1\n")
    (told,) = registry.read([folder], format="yolo", kind="detect")
    assert (told.case.annotations[0].confidence, told.case.annotations[0].tracking_id) == (0.75, "1")


def picture(path: Path, label: str = "0 0.5 0.5 1 1\n", **more: object) -> None:
    """Write a picture of 20 columns and 10 rows and, beside it or under `labels`, its label file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (20, 10)).save(path, **more)
    beside = path.parent.parent.parent / "labels" / path.parent.name if path.parent.parent.name == "images" else None
    beside = beside or (path.parent.parent / "labels" if path.parent.name == "images" else path.parent)
    beside.mkdir(parents=True, exist_ok=True)
    (beside / f"{path.stem}.txt").write_text(label)


@pytest.mark.parametrize(
    ("yaml", "places", "uids"),
    [
        # Ultralytics: images/train beside labels/train, a root that is not there
        (
            "path: ../datasets/set # root\ntrain: images/train\nval: images/val\ntest: # none\nnames:\n  0: a\n",
            ["images/train/x.png", "images/val/y.JPG"],
            ["train/x", "val/y"],
        ),
        # Roboflow: train/images beside train/labels, named from the folder above
        (
            "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['a']\n",
            ["train/images/x.png", "valid/images/y.png"],
            ["train/images/x", "valid/images/y"],
        ),
        # several folders of one split, inside a path that is there
        (
            "path: set\ntrain:\n- a/images\n- b/images\nnames: {0: a}\n",
            ["set/a/images/x.png", "set/b/images/y.png"],
            None,
        ),
        # no place is told
        ("names: [a]\n", ["images/x.png", "images/y.v2.png"], ["x", "y.v2"]),
    ],
)
def test_layouts_of_ultralytics(yaml: str, places: list[str], uids: list[str] | None, tmp_path: Path) -> None:
    for place in places:
        picture(tmp_path / place)
    (tmp_path / "data.yaml").write_text(yaml)
    (tmp_path / "README.roboflow.txt").write_text("Read me\n")
    readings = list(registry.read([tmp_path], format="yolo"))
    assert [reading.case.image.uid for reading in readings] == (uids or ["set/a/images/x", "set/b/images/y"])
    assert all(reading.case.annotations[0].bbox == [0, 0, 20, 10] for reading in readings)  # type: ignore[union-attr]


def test_layouts_of_others(tmp_path: Path) -> None:
    picture(tmp_path / "flat" / "x.png")
    (tmp_path / "flat" / "classes.txt").write_text("nodule\n")
    (flat,) = registry.read([tmp_path / "flat"], format="yolo")
    assert (flat.case.annotations[0].label_code, flat.case.labels[0].name_en) == ("NODULE", "nodule")  # type: ignore[index]
    picture(tmp_path / "dark" / "obj_train_data" / "x.png")
    picture(tmp_path / "dark" / "obj_valid_data" / "y.png")
    (tmp_path / "dark" / "obj.names").write_text("nodule\n")
    (tmp_path / "dark" / "obj.data").write_text("classes = 1\ntrain = data/train.txt\nvalid = data/valid.txt\n")
    (tmp_path / "dark" / "train.txt").write_text("data/obj_train_data/x.png\n")
    (tmp_path / "dark" / "valid.txt").write_text("data/obj_valid_data/y.png\n")
    assert [each.case.image.uid for each in registry.read([tmp_path / "dark"], format="yolo")] == [
        "obj_train_data/x",
        "obj_valid_data/y",
    ]


def test_a_picture_on_its_side(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "images" / "x.jpg", exif=exif)
    (tmp_path / "data.yaml").write_text("names: [a]\n")
    (reading,) = registry.read([tmp_path], format="yolo")
    assert reading.case.image.shape == [10, 20]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("names: [a, 'b, c', \"d\"] # e\n", ["a", "b, c", "d"]),
        ("names: {0: a, 1: 'b: c'}\n", {"0": "a", "1": "b: c"}),
        ("names:\n- a\n- b # c\n- 'd # e'\nnc: 3\n", ["a", "b", "d # e"]),
        ("names:\n  0: a\n\n  # none\n  1: 'it''s'\ndownload: |\n  names: [x\n", {"0": "a", "1": "it's"}),
        ("x: 1\n'names': [\n  a, # b\n  c ]\n", ["a", "c"]),
        ("names:\n  0:\n    - a\n    - b\n  1: [c]\n", {"0": ["a", "b"], "1": ["c"]}),
        ("names: []\n", []),
        ("names: {0: a, 1: {b: [c]}}\n", {"0": "a", "1": {"b": ["c"]}}),
        ('names: ["\\u80bf\\U0001F9E0"]\n', ["肿🧠"]),
        ("names:\n  - |\n    a\n    b\n  - >-\n    c\n    d\n", ["a\nb\n", "c d"]),
        ("names: a\n  b\n", "a b"),
        ("? names\n: - a\n", ["a"]),
        ("%YAML 1.1\n---\nnames: [a]\n...\n", ["a"]),
        # words stay what they were written as, whatever YAML 1.1 takes them for
        ("names: [NO, on, 007, 1_0, 1:30, ~, .nan]\n", ["NO", "on", "007", "1_0", "1:30", "~", ".nan"]),
        ("names: !!seq [!!str a, ! b, !!int '7']\n", ["a", "b", "7"]),
        ("names: &classes [a]\n", ["a"]),
        ("names:\n", ""),
        ("other: 1\n", None),
        ("# nothing\n", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_the_part_of_yaml_that_is_read(text: str, value: object, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_yaml, "_LOADER", getattr(yaml, loader))
    assert strict_yaml.loads(text, Path("data.yaml")).get("names") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: &a [x]\ntrain: *a\n", r"line 2: an alias stands here; found \*a; expected what it stands for"),
        ("a: &a {b: c}\nd:\n  <<: *a\n", "line 3: an alias stands here"),
        ("names: [a]\n\nnames: [b]\n", "line 3: a key stands twice; found names; expected each once"),
        ("names:\n  0: a\n  0: b\n", "line 3: a key stands twice; found 0"),
        ("names: !x [a]\n", "line 1: a value has a tag of its own; found !x"),
        ("names: [a]\nx: !!python/object/apply:os.system ['ls']\n", "line 2: a value has a tag of its own"),
        ("names: !!set {a, b}\n", "line 1: a value has a tag of its own"),
        ("names: [a]\n---\nnames: [b]\n", "line 2: the file holds several documents; found another one; expected one"),
        ("? [a, b]\n: c\n", "line 1: a key is not a text"),
        ("- a\n", "line 1: the file is not a mapping"),
        ("names: [a\nnc: 1\n", "line 2: this is not YAML"),
        ("names:\n\t- a\n", "line 2: this is not YAML"),
        ("names: [\x07]\n", "this is not YAML"),
    ],
)
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_the_part_of_yaml_that_is_refused(
    text: str, message: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_yaml, "_LOADER", getattr(yaml, loader))
    with pytest.raises(InputError, match=rf"^data.yaml: {message}"):
        strict_yaml.loads(text, Path("data.yaml"))


HOSTILE = {
    "lists in lists": "[",
    "mappings in mappings": "{",
    "items in items": "- ",
    "keys in keys": "? ",
    "many items": "- a\n",
    "many keys": "a:\n",
    "many empty lists": "[],",
    "many texts": "a,",
    "many anchors": "&a ",
    "many documents": "---\n",
    "many lines": "\n",
    "many comments": "#\n",
    "many quotes": '"',
    "a long text": "a ",
    "a long directive": "%",
    "a long tag": "!",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("start", ["", "names: ["])
def test_the_longest_yaml_is_read_or_refused_soon(start: str, name: str) -> None:
    text = (start + HOSTILE[name] * strict_yaml.MOST_BYTES)[: strict_yaml.MOST_BYTES]
    started = time.process_time()
    with contextlib.suppress(InputError, LimitError):
        strict_yaml.loads(text, Path("data.yaml"))
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "name",
    ["a", "NO", "1e3", "it's", 'a "b" \\ c', "肿瘤", "🧠", "a: b # c", " x ", "\u0085", "a\nb", "x" * 5000, "%", "{a}"],
)
def test_a_name_that_is_written_is_the_name_that_yaml_reads(name: str) -> None:
    text = f"names:\n  0: {strict_yaml.quoted(name)}\n"
    assert yaml.safe_load(text) == {"names": {0: name}}
    assert strict_yaml.loads(text, Path("data.yaml")) == {"names": {"0": name}}
    assert text.count("\n") == 2


@pytest.mark.parametrize(
    "yaml",
    [
        "names: [a\n",
        "names: [a}\n",
        "names: {a: b}\n",
        "names: {0: a, 1}\n",
        "names: {0: a, 00: b}\n",
        "names: [[a]]\n",
        "names: a\n  b\n",
        "train: x\n",
        "# nothing\n",
        "",
        "names: [a]\nkpt_shape: [0, 3]\n",
        "names: [a]\nkpt_shape: 17\n",
        "names: " + "[" * 200_000,
        "names:\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1, 500)),
    ],
)
def test_descriptions_that_are_none(yaml: str, tmp_path: Path) -> None:
    with pytest.raises((InputError, LimitError)):
        list(registry.read([data_set(tmp_path / "d", "", yaml)], format="yolo"))


def test_names_of_keypoints(tmp_path: Path) -> None:
    yaml = "kpt_shape: [2, 2]\nkpt_names:\n  0: [apex, base]\nnames: [a]\n"
    folder = data_set(tmp_path / "d", "0 0.5 0.5 0.2 0.4 0.25 0.5 0.75 0.5\n", yaml)
    (reading,) = registry.read([folder], format="yolo")
    assert [each.name for each in reading.case.annotations[1].keypoints] == ["apex", "base"]  # type: ignore[union-attr]
    assert [label.keypoints for label in reading.case.labels or ()] == [["apex", "base"]]


def test_pose(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.2 0.4 0.25 0.5 2 0.0 0.0 0 0.75 0.5 1\n"
    folder = data_set(tmp_path / "d", line, "kpt_shape: [3, 3]\nnames:\n  0: person\n")
    (reading,) = registry.read([folder], format="yolo")
    box, found = reading.case.annotations
    assert strict_json.plain(found.keypoints) == [  # type: ignore[union-attr]
        {"name": "1", "point": [5, 5], "visibility": "visible"},
        {"name": "2", "visibility": "unlabelled"},
        {"name": "3", "point": [15, 5], "visibility": "hidden"},
    ]
    assert found.parent_id == box.id


def test_classes_with_other_keypoints_in_one_set(tmp_path: Path) -> None:
    yaml = "kpt_shape: [3, 3]\nflip_idx: [1, 0, 2]\nkpt_names:\n  0: [l, r]\n  1: [a, b, c]\nnames: [x, y]\n"
    lines = "0 0.5 0.5 0.2 0.4 0.25 0.5 2 0 0 0 0 0 0\n1 0.5 0.5 0.2 0.4 0 0 0 0.25 0.5 1 0.5 0.5 2\n"
    (reading,) = registry.read([data_set(tmp_path / "d", lines, yaml)], format="yolo")
    told = {label.code: (label.keypoints, label.flip_pairs) for label in reading.case.labels or ()}
    assert told == {"x": (["l", "r"], [(0, 1)]), "y": (["a", "b", "c"], [(0, 1)])}
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "again", format="yolo", kind="pose")
    again = (tmp_path / "again" / "labels" / "x.txt").read_text().split("\n")
    expected = [[float(each) for each in line.split()] for line in lines.split("\n")]
    assert [[float(each) for each in line.split()] for line in again] == [pytest.approx(each) for each in expected]
    assert "flip_idx: [1, 0, 2]" in (tmp_path / "again" / "data.yaml").read_text()


@pytest.mark.parametrize(
    "line",
    [
        "x 0 0 1 1",
        "0 nan 0 1 1",
        "0 0.5 0.5",
        "-1 0 0 1 1",
        "0 1e300 0 1 1",
        "0 0 0 1 1 1 1 1 1 7",
        "0.5 0 0 1 1",
        "0",
        "0 5",
    ],
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
    (folder / "labels" / "x.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    with pytest.raises(InputError, match="size of the picture"):
        list(registry.read([folder], format="yolo"))


@pytest.mark.parametrize("line", ["images/" + "x" * 300 + ".png", ".", "x/" * 1500 + "a.png", "a\0b.png"])
def test_a_listed_name_that_no_file_can_have_is_refused(line: str, tmp_path: Path) -> None:
    folder = data_set(tmp_path / "set", "0 0.5 0.5 0.5 0.5\n")
    (folder / "train.txt").write_text(f"{line}\n")
    (folder / "data.yaml").write_text("names: [a]\ntrain: train.txt\n")
    with pytest.raises(InputError):
        list(registry.read([folder], format="yolo"))


def test_what_a_data_set_says_and_its_cases_do_not_is_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "images").mkdir()
    for name in ("a", "b"):
        Image.new("L", (20, 10)).save(tmp_path / "images" / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(f"images/{name}.png\n")
        (tmp_path / "labels" / f"{name}.txt").write_text(
            "0 0.5 0.5 0.2 0.2 0.3 0.4 2 0.1 0.9 0 0.75\n0 0.5 0.5 0.2 0.2 0.3 0.4 3 0 0 0\n"
        )
    described = "train: a.txt\nval: b.txt\nnc: 2\nkpt_shape: [2, 3]\nnames: [x, y]\nflip_idx: [1, 0]\n"
    (tmp_path / "data.yaml").write_text(described)
    first, last = registry.read([tmp_path], format="yolo")
    # A place of what is not labelled, and a visibility that is none; its confidence is the case's too.
    assert [(loss.path, loss.kind.value) for loss in first.losses] == [
        ("/labels~1a.txt/0/numbers", "approximated"),
        ("/labels~1a.txt/1/numbers", "approximated"),
    ]
    assert [(loss.path, loss.kind.value) for loss in last.losses] == [
        ("/data.yaml/train", "approximated"),
        ("/data.yaml/val", "approximated"),
        ("/labels~1b.txt/0/numbers", "approximated"),
        ("/labels~1b.txt/1/numbers", "approximated"),
    ]


def test_what_is_held_whole_is_read_again_without_its_pictures(tmp_path: Path) -> None:
    """The sizes of pictures stand in the side file only, so it is there where nothing else is missing too."""
    (tmp_path / "one" / "labels").mkdir(parents=True)
    (tmp_path / "one" / "images").mkdir()
    Image.new("L", (20, 10)).save(tmp_path / "one" / "images" / "a.png")
    (tmp_path / "one" / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "one" / "data.yaml").write_text("train: images\nnames: [x]\n")
    (read,) = registry.read([tmp_path / "one"], format="yolo")
    assert list(registry.write([LoadedCase(read.case)], tmp_path / "two", format="yolo")) == []
    (again,) = registry.read([tmp_path / "two"], format="yolo")
    assert again.case == read.case


def test_a_description_with_the_count_of_classes_only(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "d", "1 0.5 0.5 0.2 0.4\n", "nc: 2\n")
    (reading,) = registry.read([folder], format="yolo")
    assert [(each.code, each.number) for each in reading.case.labels or ()] == [("CATEGORY_0", 0), ("CATEGORY_1", 1)]
    (folder / "classes.txt").write_text("a\nb\n")
    (named,) = registry.read([folder], format="yolo")
    assert named.case.annotations[0].label_code == "b"
    (folder / "classes.txt").write_text("a\n")
    with pytest.raises(InputError, match="another count"):
        list(registry.read([folder], format="yolo"))


def split_set(folder: Path, described: str, *there: str) -> Path:
    """Make a data set with a picture and its labels in each of some folders below `images` and `labels`."""
    for name in there:
        (folder / "images" / name).mkdir(parents=True)
        (folder / "labels" / name).mkdir(parents=True)
        Image.new("RGB", (50, 40)).save(folder / "images" / name / f"{name}.png")
        (folder / "labels" / name / f"{name}.txt").write_text("0 .5 .5 .1 .1")
    (folder / "data.yaml").write_text(f"names: [cat]\n{described}")
    return folder


@pytest.mark.parametrize(
    ("described", "split", "named"),
    [
        ("train: images/train\nval: images/val\n", "train", "images/train"),
        ("train: images/val\nval: [images/val, images/more]\n", "val", "images/more"),
        ("train: imgs\n", "train", "imgs"),
        ("path: elsewhere\ntrain: train.txt\n", "train", "train.txt"),
    ],
)
def test_a_split_that_is_not_there_is_refused(described: str, split: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{split}: the pictures .* are not there; found {named}"):
        list(registry.read([split_set(tmp_path, described, "val")], format="yolo"))


def test_pictures_for_tests_may_be_missing_and_are_named(tmp_path: Path) -> None:
    readings = list(
        registry.read([split_set(tmp_path, "train: images/train\ntest: images/test\n", "train")], format="yolo")
    )
    assert [each.case.image.uid for each in readings] == ["train/train"]
    assert [(each.rule, each.path) for each in readings[0].findings] == [("yolo.test", "/test")]


def test_labels_of_a_folder_whose_pictures_are_elsewhere_are_not_passed_over(tmp_path: Path) -> None:
    folder = split_set(tmp_path, "train: images/train\nval: images/val\n", "train", "val")
    (folder / "images/train/train.png").unlink()
    (folder / "images/train").rmdir()
    with pytest.raises(InputError, match="the size of the picture is not known"):
        list(registry.read([folder], format="yolo"))


NOTED = [("2", "safe_b"), ("0", "safe_h"), (3, "n_safe_b"), ("1", "n_safe_h")]


def label_studio_set(folder: Path, categories: list[tuple[Any, str]]) -> Path:
    """Write what Label Studio exports where its configuration numbers the labels: lines have these numbers."""
    (folder / "classes.txt").write_text("".join(f"{name}\n" for _, name in NOTED))
    told = [{"id": number, "name": name} for number, name in categories]
    (folder / "notes.json").write_text(json.dumps({"categories": told, "info": {"contributor": "Label Studio"}}))
    for name in ("images", "labels"):
        (folder / name).mkdir()
    Image.new("L", (40, 20)).save(folder / "images" / "a.png")
    (folder / "labels" / "a.txt").write_text("1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.2 0.2\n")
    return folder


def test_the_numbers_of_label_studio_are_those_of_its_notes(tmp_path: Path) -> None:
    (reading,) = registry.read([label_studio_set(tmp_path, NOTED)], format="yolo")
    assert [each.label_code for each in reading.case.annotations] == ["n_safe_h", "safe_b"]
    assert [(each.number, each.code) for each in reading.case.labels or ()] == sorted((int(n), c) for n, c in NOTED)
    assert [(each.rule, each.path) for each in reading.findings] == [("yolo.notes", "/notes.json/categories")]
    assert list(reading.losses) == []


@pytest.mark.parametrize(
    "categories",
    [[*enumerate(name for _, name in NOTED)], NOTED[:3], [(0, name) for _, name in NOTED], [("a", "safe_b")], []],
)
def test_notes_that_say_the_same_or_nothing_of_these_classes_change_nothing(
    categories: list[tuple[Any, str]], tmp_path: Path
) -> None:
    (reading,) = registry.read([label_studio_set(tmp_path, categories)], format="yolo")
    assert [each.label_code for each in reading.case.annotations] == ["safe_h", "n_safe_b"]
    assert reading.findings == ()
