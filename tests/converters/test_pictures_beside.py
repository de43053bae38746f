"""What stands beside the pictures of a file: label files that no list names, side files of another format."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annoconv import registry
from annoconv.errors import DocumentError
from tests.converters.test_pictures_polygons import case
from tests.test_edited import NAMES, Edited


@pytest.mark.parametrize("has_side", [True, False])
def test_a_label_file_without_a_listed_picture_is_named(has_side: bool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    registry.write([case()], path, format="yolo")
    if not has_side:
        (path / "annoconv.json").unlink()
        (path / "images").mkdir()
        (path / "images" / "a.png").write_bytes(_png())
    before = [(loss.path, loss.kind.value) for each in registry.read([path], format="yolo") for loss in each.losses]
    (path / "labels" / "orphan.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (path / "labels" / "classes.txt").write_text("NODULE\n")
    after = [(loss.path, loss.kind.value) for each in registry.read([path], format="yolo") for loss in each.losses]
    assert [each for each in after if each not in before] == [("/labels~1orphan.txt", "no_place")]


def test_a_label_file_beside_the_pictures_is_named_too(tmp_path: Path) -> None:
    """As Darknet has them."""
    folder = tmp_path / "data" / "obj"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(_png())
    (folder / "a.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (folder / "orphan.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (tmp_path / "data" / "train.txt").write_text("data/obj/a.png\n")
    (tmp_path / "obj.names").write_text("NODULE\n")
    (tmp_path / "obj.data").write_text("classes = 1\ntrain = data/train.txt\nnames = obj.names\n")
    (reading,) = registry.read([tmp_path], format="yolo")
    assert [loss.path for loss in reading.losses if loss.path.endswith("txt")] == ["/data~1obj~1orphan.txt"]


@pytest.mark.parametrize(("format", "other"), [*permutations(NAMES, 2)])
def test_the_side_file_of_another_format_is_refused(format: str, other: str, tmp_path: Path) -> None:
    """But where its seal says that it belongs to another file of that stem: then that is a loss."""
    for name in (format, other):
        (tmp_path / name).mkdir()
        registry.write([case()], tmp_path / name / NAMES[name], format=name)
    ours, theirs = (_side(tmp_path / name / NAMES[name]) for name in (format, other))
    ours.write_bytes(theirs.read_bytes())
    if "yolo" in {format, other} or NAMES[format] == NAMES[other]:
        with pytest.raises(DocumentError) as caught:
            list(registry.read([tmp_path / format / NAMES[format]], format=format))
        assert str(ours) in str(caught.value)
        assert other in str(caught.value)
    else:
        readings = list(registry.read([tmp_path / format / NAMES[format]], format=format))
        assert ("/annoconv", "no_place") in [(loss.path, loss.kind.value) for each in readings for loss in each.losses]


def _side(path: Path) -> Path:
    return path / "annoconv.json" if path.is_dir() else path.with_suffix(".annoconv.json")


def _png() -> bytes:
    """Return a grey picture of 100 columns and 80 rows."""
    stream = io.BytesIO()
    Image.new("L", (100, 80)).save(stream, "PNG")
    return stream.getvalue()


ADDED: list[tuple[str, str, Any]] = [
    ("coco", "/annotations/0/iscrowd", lambda document: document["annotations"][0].update(iscrowd=1)),
    ("coco", "/info/url", lambda document: document["info"].update(url="u")),
    ("coco", "/categories/1", lambda document: document["categories"].append({"id": 77, "name": "new"})),
    ("coco", "/categories/0/color", lambda document: document["categories"][0].update(color="red")),
    ("coco", "/images/0/flickr_url", lambda document: document["images"][0].update(flickr_url="u")),
    (
        "label-studio",
        "/0/annotations/1",
        lambda document: document[0]["annotations"].append({"id": 9, "was_cancelled": True, "result": []}),
    ),
    (
        "label-studio",
        "/0/predictions/0",
        lambda document: document[0].update(predictions=[{"model_version": "other", "score": 0.5, "result": []}]),
    ),
    ("yolo", "/data.yaml/nc", lambda folder: _describe(folder, "nc: 7")),
    ("yolo", "/data.yaml/kpt_shape", lambda folder: _describe(folder, "kpt_shape: [17, 3]")),
]
"""Format, place, and what a tool adds there to a file of ours that a case cannot hold."""


@pytest.mark.parametrize(
    ("has_side", "format", "place", "change"),
    [(True, *each) for each in ADDED] + [(False, *each) for each in ADDED if each[0] == "coco"],
)
def test_what_a_tool_adds_and_a_case_cannot_hold_is_named(
    has_side: bool, format: str, place: str, change: Any, tmp_path: Path
) -> None:
    output = Edited(format, tmp_path)
    output.write(case("C1"), case("C2", "b"))
    if not has_side:
        _side(output.path).unlink()
    before = output.read()[1]
    output.edit(change)
    after = [(path, kind) for path, kind, message in output.read()[1] if (path, kind, message) not in before]
    assert {path[: len(place)] for path, _ in after} == {place}
    assert {kind for _, kind in after} == {"no_place"}


def test_the_count_of_classes_is_no_loss(tmp_path: Path) -> None:
    output = Edited("yolo", tmp_path)
    output.write(case())
    before = output.read()
    output.edit(lambda folder: _describe(folder, "nc: 1"))
    assert output.read() == before


def _describe(folder: Path, line: str) -> None:
    """Put a line before the description of a data set."""
    path = folder / "data.yaml"
    path.write_text(f"{line}\n{path.read_text()}")
