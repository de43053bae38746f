"""What stands beside the pictures of a file: label files that no list names, side files of another format."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path

import pytest
from PIL import Image

from annoconv import registry
from annoconv.errors import DocumentError
from tests.converters.test_pictures_polygons import case
from tests.test_edited import NAMES


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
    if format == "coco" or other == "coco" or "yolo" in {format, other} or NAMES[format] == NAMES[other]:
        with pytest.raises(DocumentError) as caught:
            list(registry.read([tmp_path / format / NAMES[format]], format=format))
        assert str(ours) in str(caught.value)
        assert "coco" in {format, other} or other in str(caught.value)
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
