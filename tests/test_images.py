"""The seam: finding files, asking every reader, choosing the image that a case means."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from annoconv import images
from annoconv.errors import ImageError, LimitError
from annoconv.limits import Limits
from tests.real_data import real


def source(uid):
    return SimpleNamespace(grid=None, uid=uid, modality="CT", path=Path("folder") / uid)


def case_image(uid):
    return SimpleNamespace(uid=uid)


def test_files_are_listed_once_in_a_stable_order(tmp_path):
    for name in ("b/2", "b/1", "a", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "c" / "link").symlink_to(tmp_path / "a")
    (tmp_path / "c" / "loop").symlink_to(tmp_path)
    (tmp_path / "c" / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = images.list_files([tmp_path / "b" / "2", tmp_path, tmp_path / "b"], Limits())
    assert [str(path.relative_to(tmp_path)) for path in found] == ["b/2", "a", "b/1", "c/d/e"]


def test_what_cannot_be_listed(tmp_path):
    with pytest.raises(ImageError, match="no such file or folder"):
        images.list_files([tmp_path / "absent"], Limits())
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(LimitError, match="too many files"):
        images.list_files([tmp_path], Limits(files=2))


def test_match_by_uid():
    sources = [source("1.2.3"), source("1.2.4")]
    assert images.match(sources, case_image("1.2.4")) is sources[1]


def test_the_only_image_is_meant_by_a_name_but_not_by_another_uid():
    only = [source("1.2.3")]
    assert images.match(only, case_image("CT_00123")) is only[0]
    with pytest.raises(ImageError, match=r"1\.2\.3 \(CT, .*expected 1\.2\.9"):
        images.match(only, case_image("1.2.9"))


def test_several_or_no_images_are_listed():
    with pytest.raises(ImageError) as caught:
        images.match([source(f"1.2.{n}") for n in range(12)], case_image("CT_00123"))
    assert "1.2.9 (CT" in str(caught.value)
    assert "and 2 more" in str(caught.value)
    with pytest.raises(ImageError, match="no image"):
        images.match([], case_image("CT_00123"))


def test_the_installed_readers_are_asked():
    assert images.open(real("dicom/mr_hitachi_oblique")).modality == "MR"
    with pytest.raises(ImageError, match="there is no image here"):
        images.open(real("coco"))
    with pytest.raises(ImageError, match="which image is meant") as caught:
        images.open(real("dicom/dx_cr"))
    assert "DX" in str(caught.value)
    assert "CR" in str(caught.value)
