"""Files and side files that nobody changed are read case by case, as they are where one of them was touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from annoconv_converters._pictures import whole_side

import annoconv
from annoconv.documents import strict_json
from annoconv.files.manifest import MANIFEST, is_as_written

from .test_many_pictures import FORMATS, cases, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def told(path: Path, format: str) -> list[tuple[object, list[str]]]:
    readings = annoconv.read([path], format=format)
    return [(strict_json.plain(each.case), sorted(map(str, each.losses))) for each in readings]


def touch(folder: Path, format: str) -> None:
    """Change what says that nothing was changed, and nothing else: the manifest goes, the side file ends in a blank."""
    if format == "yolo":
        (folder / "set" / MANIFEST).unlink()
    else:
        side = folder / "x.annoconv.json"
        side.write_bytes(side.read_bytes() + b" ")


@pytest.mark.parametrize("points", [False, True])
@pytest.mark.parametrize(("read", "together"), [(1, 5), (50, 1), (1 << 18, 8), (1 << 18, 1_000)])
@pytest.mark.parametrize("format", FORMATS)
def test_what_nobody_changed_is_read_as_what_was_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, read: int, together: int, points: bool
) -> None:
    monkeypatch.setattr(whole_side, "_READ", read)
    monkeypatch.setattr(whole_side, "_TOGETHER", together)
    written(tmp_path / "out", format, cases(points))
    path = tmp_path / "out" / FORMATS[format]
    whole = told(path, format)
    assert len(whole) == len(cases())
    touch(tmp_path / "out", format)
    assert told(path, format) == whole


@pytest.mark.parametrize("read", [1, 1 << 18])
@pytest.mark.parametrize("format", FORMATS)
def test_an_extension_may_hold_what_begins_as_a_case_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, read: int
) -> None:
    monkeypatch.setattr(whole_side, "_READ", read)
    told_of = {"org.example": [0, {"pictures": [1]}, {"pictures": []}, {"cases": [{"pictures": []}]}]}
    several = cases()
    for each in several[1:3]:
        each.case.extensions = told_of
    written(tmp_path / "out", format, several)
    path = tmp_path / "out" / FORMATS[format]
    whole = told(path, format)
    assert [each.get("extensions") for each, _ in whole] == [each.case.extensions for each in several]
    touch(tmp_path / "out", format)
    assert told(path, format) == whole


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file of another length": lambda folder: (folder / "labels" / "p3.txt").write_text(""),
    "a file of the same length": lambda folder: (folder / "train.txt").write_bytes(
        (folder / "train.txt").read_bytes().replace(b"p3", b"p4")
    ),
    "a file that is gone": lambda folder: (folder / "data.yaml").unlink(),
    "a file more": lambda folder: (folder / "labels" / "x.txt").write_text(""),
    "a folder more": lambda folder: (folder / "images").mkdir(),
    "a link in place of a file": lambda folder: (
        (folder / "train.txt").rename(folder.parent / "train.txt"),
        (folder / "train.txt").symlink_to(folder.parent / "train.txt"),
    ),
    "no manifest": lambda folder: (folder / MANIFEST).unlink(),
    "a manifest of another kind": lambda folder: (folder / MANIFEST).write_text("{}"),
    "a manifest that is cut": lambda folder: (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:900]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_is_as_written_as_long_as_nobody_changed_it(tmp_path: Path, change: str) -> None:
    written(tmp_path / "out", "yolo", cases())
    folder = tmp_path / "out" / "set"
    assert is_as_written(folder)
    CHANGES[change](folder)
    assert not is_as_written(folder)


def test_a_picture_that_was_laid_into_a_data_set_tells_its_size(tmp_path: Path) -> None:
    """The side file knows another one, so that such a data set is none that nobody changed."""
    from PIL import Image

    written(tmp_path / "out", "yolo", cases())
    (tmp_path / "out" / "set" / "images").mkdir()
    Image.new("L", (80, 62)).save(tmp_path / "out" / "set" / "images" / "p1.png")
    first = next(iter(annoconv.read([tmp_path / "out" / "set"], format="yolo"))).case
    assert strict_json.plain(first.annotations[0])["bbox"][:2] == [6, 4]  # of 40 x 31 pixels: 3, 2
