"""What people run into with `annoconv convert`, plans, policies and tables: several tools, typing errors, copies."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.uid import UID

from annoconv.cli import allowed
from annoconv.cli.spool import Told
from annoconv.demo.case import make
from annoconv.errors import LossError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Return a folder with masks, a CT and an MR."""
    make(tmp_path / "demo")
    return tmp_path / "demo"


def _patient(demo: Path, place: Path) -> Path:
    shutil.copytree(demo / "masks", place / "masks")
    shutil.copytree(demo / "images" / "ct", place / "ct")
    return place


def test_one_line_serves_patients_of_different_tools(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    _patient(demo, data / "A")
    segmented = _patient(demo, data / "B") / "masks"
    shutil.rmtree(segmented)
    segmented.mkdir()
    assert run("convert", demo / "masks", demo / "images" / "ct", "-o", segmented / "seg.dcm").code == 0
    images = ["--images", f"{data}/{{case_id}}/ct"]
    line = ["convert", f"{data}/{{case_id}}/masks", *images, "-o", f"{tmp_path}/out/{{case_id}}", "--to", "nifti"]
    assert run(*line, "--to-layout", "bids").code == 0
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["A", "B"]


def test_a_task_that_no_file_names_is_no_loss(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("# nothing may be lost\n", "utf-8")
    line = ["convert", demo / "masks", demo / "images" / "ct", "--losses-allowed", nothing]
    ran = run(*line, "-o", tmp_path / "a_seg.dcm", "--fail-on-loss")
    assert ran.code == 0
    assert "nothing is lost" in ran.err
    assert "1 value stands for what the sources do not say" in ran.err


def test_a_path_of_a_policy_is_what_it_says_but_for_the_star() -> None:
    told = [Told(0, "/a[0]/b", "no_place", "gone", "gone", True)]
    allowed.check_allowed(told, [("no_place", "/a[0]/*")], None)  # type: ignore[arg-type]  # no file is named here
    for other in ("/a?0?/b", "/a[01]/b", "/*[1]*"):
        with pytest.raises(LossError):
            allowed.check_allowed(told, [("*", other)], None)  # type: ignore[arg-type]


def test_what_is_left_out_of_the_images_is_told_once(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    line = ["convert", demo / "masks", "--images", demo / "images", "-o", tmp_path / "seg.dcm", "--task", "T", "--json"]
    told = [each for each in run(*line).json["losses"] if each["path"] == "/image"]
    assert len(told) == 1
    assert "MR" in told[0]["message"]


def test_copies_of_one_series_serve_two_cases(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("A", "B"):
        _patient(demo, data / name)
    line = ["convert", f"{data}/{{case_id}}/masks", "--images", f"{data}/{{case_id}}/ct", "--to", "nifti"]
    assert run(*line, "--to-layout", "nnunet", "-o", tmp_path / "nn", "--task", "T").code == 0
    assert sorted(each.name for each in (tmp_path / "nn" / "labelsTr").iterdir()) == ["A.nii.gz", "B.nii.gz"]


def test_several_broken_cases_cost_one_more_pass(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in "ABCDEF":
        _patient(demo, data / name)
    for name in "BCDE":
        (data / name / "masks" / "organs.nii.gz").write_bytes(b"\x1f\x8b")
    line = ["convert", f"{data}/{{case_id}}/masks", "--images", f"{data}/{{case_id}}/ct", "-o", tmp_path / "nn"]
    ran = run(*line, "--to", "nifti", "--to-layout", "nnunet", "--keep-going", "--task", "T")
    assert ran.code == 1
    assert ran.err.count("from nifti") == 3
    assert "2 of 6 cases done, 4 failed" in ran.err
    assert sorted(each.name for each in (tmp_path / "nn" / "labelsTr").iterdir()) == ["A.nii.gz", "F.nii.gz"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["convert", "nowhere", "ct", "-o", "seg.dcm"], "nowhere: there is no such file or folder"),
        (["convert", "empty", "ct", "-o", "seg.dcm"], "found an empty folder"),
        (["convert", "masks.zip", "ct", "-o", "seg.dcm"], "Unpack it first"),
        (["convert", "contours.dcm", "ct", "-o", "seg.dcm"], "found contours of radiotherapy (RTSTRUCT)"),
        (["convert", "masks", "ct", "-o", "x", "--to", "dicomseg"], "Did you mean dicom-seg?"),
        (["plan", "nifti", "dicomseg"], "Did you mean dicom-seg?"),
        (["convrt", "masks"], "No such command 'convrt'; did you mean convert?"),
        (["convert", "masks", "ct", "-o", "{case_id}_seg.dcm"], "{case_id} stands in the name of the output alone"),
        (["convert", "--manifest", "semicolons.csv"], "Save it with commas between the cells"),
    ],
)
def test_a_mistake_is_told_with_what_helps(
    run: Callable[..., Ran], demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: list[str], said: str
) -> None:
    monkeypatch.chdir(_patient(demo, tmp_path / "here"))
    here = tmp_path / "here"
    (here / "empty").mkdir()
    with zipfile.ZipFile(here / "masks.zip", "w") as archive:
        archive.writestr("liver.nii.gz", b"")
    contours = pydicom.dcmread(next((here / "ct").iterdir()))
    contours.SOPClassUID = contours.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.481.3")
    contours.save_as(here / "contours.dcm")
    (here / "semicolons.csv").write_text("case_id;sources\nA;masks\n", "utf-8")
    ran = run(*line)
    assert ran.code in {1, 2}
    assert said in ran.err
