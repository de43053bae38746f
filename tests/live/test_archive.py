"""Images, segmentations and reports of ours in an archive: stored by STOW or C-STORE, they come back to the byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pydicom
import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.demo.case import make as make_demo
from tests.live.archive import Archive, archive

pytestmark = pytest.mark.peers


def demo_study(folder: Path, **options: object) -> list[Path]:
    """Return the files of the demonstration case: its CT, and its masks and the rest as segmentation and report."""
    case = make_demo(folder / "demo")
    images = case.parent / "images"
    registry.write([read_case(case)], folder / "study", format="dicom-sr", images=[images], seg=True, **options)
    first = read_case(case).case.image.uid
    ct = [
        p
        for p in sorted(images.rglob("*.dcm"))
        if pydicom.dcmread(p, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID == first
    ]
    return [*ct, *sorted((folder / "study").glob("*.dcm"))]


@pytest.mark.parametrize("way", ["stow", "store"])
def test_what_is_stored_comes_back_equal_to_the_byte(way: str, tmp_path: Path) -> None:
    paths = demo_study(tmp_path)
    assert {pydicom.dcmread(path).Modality for path in paths} == {"CT", "SEG", "SR"}
    with archive(tmp_path / "archive") as one:
        getattr(Archive, way)(one, paths)
        uids = {path: str(pydicom.dcmread(path).SOPInstanceUID) for path in paths}
        assert one.instances() == set(uids.values())
        for path, uid in uids.items():
            stored = one.file(uid)
            if way == "stow":
                assert stored == path.read_bytes()
                assert one.wado(path) == path.read_bytes()
            else:  # file meta information is written by who receives it (PS3.7); the data set is the same to the byte
                assert stored[data_set(stored) :] == path.read_bytes()[data_set(path.read_bytes()) :]
        back = tmp_path / "back"
        back.mkdir()
        for number, (path, uid) in enumerate(uids.items()):
            (back / f"{number:03d}.dcm").write_bytes(one.file(uid))
            assert path.suffix == ".dcm"
    reports = [each for each in back.iterdir() if pydicom.dcmread(each).Modality in {"SEG", "SR"}]
    (again,) = registry.read(reports, format="dicom-sr")
    (before,) = registry.read([each for each in paths if each.parent.name == "study"], format="dicom-sr")
    assert again.case == before.case
    shutil.rmtree(back)


def data_set(data: bytes) -> int:
    """Return where the data set of a file begins: behind the group length (0002,0000) of its meta information."""
    return 144 + int.from_bytes(data[140:144], "little")
