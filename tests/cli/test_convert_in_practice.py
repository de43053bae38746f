"""What people run into with `annoconv convert`, plans, policies and tables: several tools, typing errors, copies."""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING

import nibabel
import pydicom
import pytest
from pydicom.uid import UID

from annoconv import registry
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


@pytest.mark.parametrize("layout", ["nnunet", "msd", "bids", "monai"])
def test_one_label_is_one_class_whatever_each_tool_calls_it(
    run: Callable[..., Ran], demo: Path, tmp_path: Path, layout: str
) -> None:
    """A model is trained on one liver, not on `liver` and `Liver`; each case comes back with its own name."""
    ct, voxels = demo / "images" / "ct", nibabel.load(demo / "masks" / "organs.nii.gz")
    for patient, name in (("A", "liver"), ("B", "Liver")):
        place = tmp_path / "data" / patient
        place.mkdir(parents=True)
        nibabel.save(voxels.__class__((voxels.get_fdata() == 1).astype("u1"), voxels.affine), place / f"{name}.nii.gz")
    line = ["convert", f"{tmp_path}/data/{{case_id}}", "--images", ct, "-o", tmp_path / "set", "--to", "nifti"]
    ran = run(*line, "--to-layout", layout, "--task", "T")
    assert ran.code == 0, ran.err
    values = {
        path.name: set(nibabel.load(path).get_fdata().ravel().astype(int).tolist())
        for path in (tmp_path / "set").rglob("*.nii.gz")
        if "images" not in path.parent.name and "sourcedata" not in path.parts
    }
    assert len(values) == 2
    assert all(each == {0, 1} for each in values.values())
    if layout == "nnunet":
        told = json.loads((tmp_path / "set" / "dataset.json").read_text("utf-8"))
        assert told["labels"] == {"background": 0, "liver": 1}
    back = registry.read([tmp_path / "set"], format="nifti", images=[ct])
    assert [each.case.labels[0].name_en for each in back if each.case.labels] == ["liver", "Liver"]
    plain = run(*line, "--to-layout", layout, "--task", "T", "--to-plain", "--overwrite", "--json").json
    assert [(each["case_index"], each["kind"]) for each in plain["losses"] if "name_en" in each["path"]] == [
        (1, "approximated")
    ]


def test_two_cases_do_not_become_one_file(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    for name in "AB":
        _patient(demo, tmp_path / "data" / name)
    (tmp_path / "cases.csv").write_text(
        "case_id,sources,images,output\nA,data/A/masks,data/A/ct,x.dcm\nB,data/B/masks,data/B/ct,x.dcm\n", "utf-8"
    )
    ran = run("convert", "--manifest", tmp_path / "cases.csv", "--to", "dicom-seg", "--task", "T")
    assert ran.code == 2
    assert "there are several cases, and each has a file of its own" in ran.err
    assert not (tmp_path / "x.dcm").exists()
    line = ["convert", f"{tmp_path}/data/{{case_id}}/masks", "--images", f"{tmp_path}/data/{{case_id}}/ct"]
    assert run(*line, "--to", "dicom-seg", "--task", "T", "-o", tmp_path / "x").code == 0
    assert sorted(each.name for each in (tmp_path / "x").glob("*.dcm")) == ["A.dcm", "B.dcm"]


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
        (["convert", "{id}/masks", "-o", "{id}.dcm"], "found {id}; expected {case_id}"),
        (["convert", "{case_id}/masks", "-o", "{case}.dcm"], "found {case}; expected {case_id}"),
        (["convert", "--manifest", "windows.csv", "--to", "coco"], "Write / in the place of \\"),
        (["convert", "--manifest", "drive.csv", "--to", "coco"], "found C:/data/masks"),
        (["convert", "masks", "gaps", "-o", "x", "--to", "nifti"], "here it is --from-allow-gaps, --to-allow-gaps"),
        (["convert", "masks", "twice", "-o", "seg.dcm"], "copy000.dcm, and 19 more"),
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
    (here / "windows.csv").write_text("case_id,sources,output\nA,masks\\nodule.nii.gz,a.json\n", "utf-8")
    (here / "drive.csv").write_text("case_id,sources,output\nA,C:/data/masks,a.json\n", "utf-8")
    slices = sorted((here / "ct").iterdir())
    for folder, kept in (("gaps", slices[:9] + slices[10:]), ("twice", slices)):
        (here / folder).mkdir()
        for each in kept:
            shutil.copy(each, here / folder)
    for number, each in enumerate(slices):
        copy = pydicom.dcmread(each)
        copy.SeriesInstanceUID += ".2"
        copy.SOPInstanceUID = copy.file_meta.MediaStorageSOPInstanceUID = UID(f"{copy.SOPInstanceUID}.2")
        copy.save_as(here / "twice" / f"copy{number:03}.dcm")
    (here / "semicolons.csv").write_text("case_id;sources\nA;masks\n", "utf-8")
    ran = run(*line)
    assert ran.code in {1, 2}
    assert said in ran.err
