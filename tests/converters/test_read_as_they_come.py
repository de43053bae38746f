"""Files by other software whose pictures are read one after another say what they say when they are held as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters.cvat import parts
from annoconv_converters.label_studio import exports
from annoconv_converters.yolo import data_set
from annoconv_converters.yolo.trees import DataSetTree
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

import annoconv
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS = ["a", "b", "", " ", "strange", "caf\u00e9"]
NAMES = ["1.png", "2.png", "2.png", "ct_k0001.png", "ct_k0002.png", "s/ct_i0003.png", "x_k12.png", "\u56fe.jpg", ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("come")


def told(path: Path, format: str) -> Any:
    """Return what is read, with its losses and findings, or why it is not."""
    try:
        return [
            (strict_json.dumps(each.case), sorted(each.masks), [*each.losses], list(each.findings))
            for each in annoconv.read([path], format=format)
        ]
    except AnnoconvError as error:
        return type(error), str(error), str(getattr(error, "findings", ""))


def check(found: Any, whole: Any) -> None:
    """Compare what is read; of several faults of a file the one that is come to first is told."""
    if isinstance(whole, tuple):
        assert isinstance(found, tuple), found
    else:
        assert found == whole


SHAPES = [
    '<box label="{}" source="manual" occluded="0" xtl="1" ytl="2.50" xbr="9" ybr="4" z_order="0"/>',
    '<box label="{}" xtl="1" ytl="2" xbr="90" ybr="4"><attribute name="grade">2</attribute></box>',
    '<polygon label="{}" points="1,1;5,1;5,5" source="auto" group_id="3"/>',
    '<points label="{}" points="1,1;5,1"/>',
    '<mask label="{}" rle="1, 2, 1" left="1" top="1" width="2" height="2"/>',
    '<tag label="{}" source="manual"/>',
    '<box label="{}" xtl="x" ytl="2" xbr="9" ybr="4"/>',
    '<skeleton label="{}"><points label="tip" points="1,2"/></skeleton>',
    '<cuboid label="{}" '
    + " ".join(f'xtl{n}="1" ytl{n}="1"'.replace("tl", c) for n in "12" for c in ("tl", "bl", "tr", "br"))
    + "/>",
]
META = [
    "",
    "<meta><task><name>t</name><size>2</size><labels><label><name>b</name><attributes/></label><label><name>a</name>"
    "<attributes><attribute><name>grade</name><input_type>number</input_type></attribute></attributes></label>"
    "</labels></task></meta>",
]
IMAGES = st.builds(
    lambda name, shapes, told: f'<image id="7" name="{name}" {told}>{"".join(shapes)}</image>',
    st.sampled_from([*NAMES[:3], NAMES[7]]) | st.sampled_from(NAMES),
    st.lists(
        st.builds(str.format, st.sampled_from(SHAPES[:6]) | st.sampled_from(SHAPES), st.sampled_from(LABELS)),
        max_size=4,
    ),
    st.sampled_from(['width="40" height="30"', 'width="40" height="30"', 'width="0" height="3"', ""]),
)


@given(
    images=st.lists(IMAGES, max_size=7),
    meta=st.sampled_from(META),
    is_before=st.booleans(),
    end=st.sampled_from(["", "", "", "<note>x</note>", "<image>", '<track id="0" label="a"></track>']),
)
@example(images=[], meta="", is_before=True, end="")
@example(images=['<image id="0" name="1.png"><box label="z" xtl="1"/></image>'], meta=META[1], is_before=False, end="")
def test_images_of_cvat(folder: Path, images: list[str], meta: str, is_before: bool, end: str) -> None:
    path = folder / "x.xml"
    inner = meta + "".join(images) if is_before else "".join(images) + meta
    path.write_text(f"<annotations><version>1.1</version>{inner}{end}</annotations>", encoding="utf-8")
    with patch.object(parts, "_TOGETHER", 2):
        found = told(path, "cvat")
    with patch.object(parts, "_flat", return_value=None):
        check(found, told(path, "cvat"))


def result(kind: str, label: str, **more: Any) -> dict[str, Any]:
    value = {"x": 10, "y": 12.5, "width": 20, "height": 25, "rotation": 0, "rectanglelabels": [label]}
    if kind == "keypointlabels":
        value = {"x": 10.0, "y": 12.50, "width": 0.5, "keypointlabels": [label]}
    sized = {"original_width": 40, "original_height": 32}
    return {"type": kind, "from_name": "l", "to_name": "image", **sized, "value": value, **more}


RESULTS = st.builds(
    result,
    st.sampled_from(["rectanglelabels", "rectanglelabels", "keypointlabels"]),
    st.sampled_from(LABELS),
    id=st.sampled_from(["r1", "r2", "None", 3]),
) | st.sampled_from([
    result("rectanglelabels", "a", id="r9", original_width=41),
    result("rectanglelabels", "a", id="r9", score=0.25, origin="prediction"),
    result("keypointlabels", "tip", id="p", parentID="r1"),
    result("rectanglelabels", "c", id="q", item_index=1),
    {"id": "c", "type": "choices", "from_name": "view", "value": {"choices": ["axial"]}},
    {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right"},
    3,
])  # fmt: skip
TASKS = st.one_of(
    st.builds(
        lambda name, results, more: {"data": {"image": name}, "annotations": [{"result": results, **more}]},
        st.sampled_from([*NAMES, "/data/local-files/?d=a%2Fct%5Fk0001.png", "http://h/1-ct.png"]),
        st.lists(RESULTS, max_size=4),
        st.sampled_from([{}, {"completed_by": 3}, {"was_cancelled": True}]),
    ),
    st.sampled_from([
        {"data": {"pages": ["1.png", "2.png"]}, "annotations": [{"result": [result("rectanglelabels", "a", id="r")]}]},
        {"id": 4, "data": {"text": "a text"}, "predictions": []},
        {"id": 4.50, "data": {"image": "9.png"}, "annotations": 3},
        {"label": [{"original_width": 4, "original_height": 4, "x": 1, "y": 1}], "annotator": 1},
        {"a": 1}, [], 3,
    ]),
)  # fmt: skip


@given(
    tasks=st.lists(TASKS, max_size=7),
    end=st.sampled_from(["", "", "", "x", "]", " \n"]),
    is_ascii=st.booleans(),
    between=st.sampled_from([",", ",", ",", ",,", ""]),
)
@example(tasks=[], end="", is_ascii=True, between=",")
def test_tasks_of_label_studio(folder: Path, tasks: list[Any], end: str, is_ascii: bool, between: str) -> None:
    path = folder / "x.json"
    text = between.join(json.dumps(each, ensure_ascii=is_ascii) for each in tasks)
    path.write_text(f"[{text}]{end}", encoding="utf-8")
    with patch.object(exports, "_TOGETHER", 2):
        found = told(path, "label-studio")
    with patch.object(exports, "_is_flat", return_value=False):
        check(found, told(path, "label-studio"))


@pytest.mark.parametrize("place", [0, 5])
@pytest.mark.parametrize(
    "fault",
    [
        {"a": 1},
        [],
        {"id": 4, "data": {"image": "9.png"}, "annotations": 3},
        {"data": {"image": "a.png"}, "annotations": [{"result": [result("rectanglelabels", "a", original_width=0)]}]},
    ],
)
def test_a_fault_is_told_as_in_a_file_that_is_held(tmp_path: Path, fault: Any, place: int) -> None:
    tasks = [{"id": number, "data": {"image": f"{number}.png"}, "annotations": []} for number in range(7)]
    tasks[place] = fault
    path = tmp_path / "x.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with patch.object(exports, "_TOGETHER", 2):
        found = told(path, "label-studio")
    with patch.object(exports, "_is_flat", return_value=False):
        assert found == told(path, "label-studio")
    assert isinstance(found, tuple)


LINES = st.sampled_from([
    "0 0.5 0.5 0.25 0.25", "1 0.5 0.50 0.1 0.2", "1 0.5 0.5 0.1 0.2 0.75", "0 0.5 0.5 0.1 0.2 0.5 7",
    "3 0.5 0.5 0.1 0.2",
    "0 0.1 0.1 0.5 0.1 0.5 0.5", "0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5", "0 0.5 0.5 1.5 0.2", "", "a",
])  # fmt: skip
CORNERS = st.just("0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5")
DESCRIBED = {
    "listed": {"data.yaml": "train: train.txt\nval: train.txt\nnames: [a, b]\n"},
    "named": {"data.yaml": "train: images\nval: images\nnames: {0: a, 1: b, 3: unused}\nnc: 7\n"},
    "pose": {"data.yaml": "train: images\nkpt_shape: [1, 3]\nnames: [a, b]\nflip_idx: [0]\n"},
    "turned": {"data.yaml": "train: images\ntask: obb\nnames: [a, b]\n"},
    "alone": {"classes.txt": "a\nb\n"},
}


@given(
    files=st.dictionaries(
        st.sampled_from([each for each in NAMES if each] + ["a/1.png", "7.jpg"]),
        st.tuples(
            st.lists(LINES, max_size=3) | st.lists(CORNERS, min_size=1, max_size=2), st.booleans() | st.just(True)
        ),
        max_size=5,
    ),
    described=st.sampled_from([*DESCRIBED]),
    beside=st.booleans(),
)
@example(files={}, described="named", beside=False)
@example(
    files={f"{n}.png": (["0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5"], True) for n in "abc"}, described="named", beside=True
)
def test_pictures_of_yolo(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, tuple[list[str], bool]], described: str, beside: bool
) -> None:
    folder = tmp_path_factory.mktemp("set")
    listed = "".join(f"./images/{name}\n" for name in files)
    texts = {**DESCRIBED[described], **({"train.txt": listed} if described == "listed" else {})}
    texts |= {"labels/strange.txt": "0 0.5 0.5 0.1 0.1\n"} if beside else {}
    for name, (lines, is_there) in files.items():
        texts[f"labels/{name.rpartition('.')[0]}.txt"] = "\n".join(lines)
        image = folder / "images" / name
        image.parent.mkdir(parents=True, exist_ok=True)
        if is_there:
            Image.new("L", (40, 30)).save(image)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with patch.object(data_set, "_TOGETHER", 2):
        found = told(folder, "yolo")
    with patch.object(data_set, "_is_flat", return_value=False):
        check(found, told(folder, "yolo"))


def test_lines_of_yolo_are_looked_at_once_for_turned_boxes(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [a]\n")
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for number in range(5):
        Image.new("L", (8, 8)).save(tmp_path / f"images/{number}.png")
        (tmp_path / f"labels/{number}.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n")
    with patch.object(
        DataSetTree, "_has_four_corners", autospec=True, side_effect=DataSetTree._has_four_corners
    ) as asked:
        found = list(annoconv.read([tmp_path], format="yolo"))
    assert asked.call_count == 1
    assert [[each.rule for each in reading.findings] for reading in found] == [["yolo.obb"], [], [], [], []]


def test_a_region_of_any_name_is_not_the_parent_of_those_that_name_none(tmp_path: Path) -> None:
    results = [result("rectanglelabels", "a", id="None"), result("keypointlabels", "tip", id="p")]
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"data": {"image": "1.png"}, "annotations": [{"result": results}]}]), encoding="utf-8")
    (reading,) = annoconv.read([path], format="label-studio")
    assert [(each.id, each.type, each.parent_id) for each in reading.case.annotations] == [
        ("None", "bbox", None),
        ("p", "point", None),
    ]
