"""Pipes, devices and sources that hold nothing of a format are refused by name; links stay within the named folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.cli import main
from annoconv.errors import AnnoconvError, InputError
from annoconv.files.inputs import check_source
from annoconv.files.names import Within
from annoconv.images import list_files
from annoconv.limits import Limits
from tests.cases import make
from tests.trees import READERS, suffix, tree

ALL = [each.name for each in registry.formats() if each.reads]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("axial", tmp_path_factory.mktemp("case") / "d").path


def refused(words: list[object], name: str, capsys: pytest.CaptureFixture[str], target: Path) -> None:
    code = main([*map(str, words), "-o", str(target), "--quiet"])
    said = capsys.readouterr().err
    assert code in {1, 2}, said
    assert name in said
    assert "internal error" not in said
    assert not target.exists()


@pytest.mark.parametrize("kind", ["pipe", "device", "nothing", "empty folder", "folder with a pipe"])
@pytest.mark.parametrize("name", ALL)
def test_what_holds_nothing_is_refused_by_name(
    name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    if kind == "pipe":
        os.mkfifo(source)
    elif kind == "device":
        source = Path(os.devnull)
    elif "folder" in kind:
        source.mkdir()
        if "pipe" in kind:
            os.mkfifo(source / "p.json")
    refused([f"from-{name}", source], str(source), capsys, tmp_path / "out")


@pytest.mark.parametrize("content", ["", "\n \n", None])
@pytest.mark.parametrize("name", READERS)
def test_no_case_is_no_output(
    name: str, content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source.jsonl"
    if content is None:
        os.mkfifo(source)
    else:
        source.write_text(content)
    refused([f"to-{name}", source], str(source), capsys, tmp_path / f"out{suffix(name)}")


def test_options_do_not_name_pipes(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for words in (["--images", pipe], ["--label-system", pipe], ["--skeletons", pipe]):
        refused(["to-coco", case, *words], str(pipe), capsys, tmp_path / "out.json")
    assert main(["validate", str(pipe), "--quiet"]) == 1


def test_a_source_is_a_file_or_a_folder(tmp_path: Path) -> None:
    check_source(tmp_path)
    (tmp_path / "f").touch()
    check_source(tmp_path / "f")
    for path, said in ((tmp_path / "no", "no such"), (tmp_path / "f" / "x", "no such"), (Path(os.devnull), "device")):
        with pytest.raises(InputError, match=said):
            check_source(path)


def test_links_are_followed_within_the_named_folder_only(tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "f").touch()
    (tmp_path / "in" / "g").symlink_to("a/f")
    (tmp_path / "secret").touch()
    assert [path.name for path in list_files([tmp_path / "in"], Limits())] == ["g"], "each file once"
    (tmp_path / "in" / "h").symlink_to("../secret")
    with pytest.raises(InputError, match="leads out of the folder"):
        list_files([tmp_path / "in"], Limits())
    assert len(list_files([tmp_path / "in" / "h"], Limits())) == 1, "the user named the link itself"
    within = Within(tmp_path / "in")
    assert within(tmp_path / "in" / "g")
    with pytest.raises(InputError):
        within(tmp_path / "in" / "h")


@pytest.mark.parametrize("name", READERS)
def test_no_reader_follows_a_link_out_of_its_folder(name: str, case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "source" / "x"
    folder.parent.mkdir()
    images = ["--images", str(case.parent / "images")] if name == "dicom-seg" else []
    target = folder / f"x{suffix(name)}" if suffix(name) and name != "nifti" else folder
    assert main([f"to-{name}", str(case), *images, "-o", str(target), "--quiet"]) == 0
    followed = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".annoconv.json"):
        outside = tmp_path / "outside" / file.name
        outside.parent.mkdir(exist_ok=True)
        shutil.move(file, outside)
        file.symlink_to(outside)
        code = main([f"from-{name}", str(folder), *images, "-o", str(tmp_path / "out"), "--quiet"])
        followed += code == 0
        if code == 0:
            shutil.rmtree(tmp_path / "out")
        file.unlink()
        shutil.move(outside, file)
    assert followed == 0


@pytest.mark.parametrize("ending", [".mhd", ".nhdr"])
def test_the_data_of_a_volume_is_no_link_out_of_its_folder(ending: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(range(8)))
    header = {
        ".mhd": "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = v.raw\n",
        ".nhdr": "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\nspace: left-posterior-superior\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\ndata file: v.raw\n",
    }[ending]
    (tmp_path / "in" / f"v{ending}").write_text(header)
    (tmp_path / "in" / "v.raw").symlink_to("../secret.raw")
    command = ["from-nifti", str(tmp_path / "in" / f"v{ending}"), "-o", str(tmp_path / "out"), "--quiet"]
    assert main(command) == 1
    (tmp_path / "in" / "v.raw").unlink()
    shutil.copy(tmp_path / "secret.raw", tmp_path / "in" / "v.raw")
    assert main(command) == 0
    before = tree(tmp_path)
    for words in ([], ["--overwrite"]):
        assert main([*command[:-2], str(tmp_path / "in" / "v.raw"), "--quiet", *words]) == 2
    assert tree(tmp_path) == before, "the data are read too"


def test_the_masks_of_pascal_voc_are_no_links_out_of_its_folder(tmp_path: Path) -> None:
    from annoconv_converters._raster.png import png_bytes

    np = pytest.importorskip("numpy")
    (tmp_path / "voc" / "Annotations").mkdir(parents=True)
    (tmp_path / "voc" / "SegmentationObject").mkdir()
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>"
    size = "<size><width>4</width><height>3</height></size>"
    (tmp_path / "voc" / "Annotations" / "p.xml").write_text(
        f"<annotation>{size}<object><name>X</name>{box}</object></annotation>"
    )
    (tmp_path / "secret.png").write_bytes(png_bytes(np.ones((3, 4), np.uint8)))
    (tmp_path / "voc" / "SegmentationObject" / "p.png").symlink_to("../../secret.png")
    with pytest.raises(AnnoconvError, match="leads out of the folder"):
        list(registry.read([tmp_path / "voc" / "Annotations"], format="pascal-voc"))


def test_a_case_beside_a_volume_is_no_sidecar_of_it(case: Path, tmp_path: Path) -> None:
    shutil.copy(case.parent / "m.nii.gz", tmp_path / "m.nii.gz")
    command = ["from-nifti", str(tmp_path / "m.nii.gz"), "--as-image", "-o", str(tmp_path / "m.json"), "--quiet"]
    assert main(command) == 0
    whole = tree(tmp_path)
    assert main([*command, "--overwrite"]) == 0
    assert tree(tmp_path) == whole
    (tmp_path / "m.json").write_text(json.dumps({"Modality": "MR"}))
    before = tree(tmp_path)
    assert main([*command, "--overwrite"]) == 2, "a sidecar is read"
    assert tree(tmp_path) == before
