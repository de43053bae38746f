"""Pipes, devices and sources that hold nothing of a format are refused by name; links stay within the named folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
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


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def a_folder(*inside: Callable[[Path], object]) -> Callable[[Path], None]:
    def make_folder(path: Path) -> None:
        path.mkdir()
        for number, made in enumerate(inside):
            for ending in ENDINGS:
                made(path / f"x{number}{ending}")

    return make_folder


ENDINGS = ("", ".json", ".jsonl", ".xml", ".txt", ".yaml", ".dcm", ".nii.gz", ".mhd", ".nrrd", ".geojson", ".png")
"""What a reader may look for in a folder."""
NOTHING: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": a_socket,
    "a device": lambda path: path.symlink_to(os.devnull),
    "nothing": lambda path: None,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
    "an empty file": Path.touch,
    "a file of blanks": lambda path: path.write_text(" \n\n"),
    "a file of zeros": lambda path: path.write_bytes(bytes(1000)),
    "an empty folder": Path.mkdir,
    "a folder in a folder": lambda path: (path / "a" / "b").mkdir(parents=True),
    "a folder of pipes": a_folder(os.mkfifo),
    "a folder of sockets": a_folder(a_socket),
    "a folder of devices": a_folder(lambda path: path.symlink_to(os.devnull)),
    "a folder of links to nothing": a_folder(lambda path: path.symlink_to("nowhere")),
    "a folder of empty files": a_folder(Path.touch),
    "a folder of folders": a_folder(Path.mkdir),
    "a folder of other files": lambda path: (path.mkdir(), (path / "README.md").write_text("text")),
}
"""What holds nothing of any format."""


@pytest.mark.parametrize("kind", NOTHING)
@pytest.mark.parametrize("name", ALL)
def test_what_holds_nothing_is_refused_by_name(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for ending in ("", ".json", ".xml", ".nii.gz") if " file" in kind and "folder" not in kind else ("",):
        source = tmp_path / f"source{ending}"
        NOTHING[kind](source)
        refused([f"from-{name}", source], str(source), capsys, tmp_path / "out")


@pytest.mark.parametrize("kind", NOTHING)
@pytest.mark.parametrize("command", ["validate", "upgrade", "to-coco", "--images", "--label-system"])
def test_no_command_takes_what_holds_nothing(
    command: str,
    kind: str,
    case: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "source.jsonl"
    NOTHING[kind](source)
    words: list[object] = [command, source]
    if command == "validate":
        assert main(["validate", str(source), "--quiet"]) in {1, 2}
        assert str(source) in capsys.readouterr().err
        return
    if command.startswith("--"):
        words = ["to-dicom-seg" if command == "--images" else "to-coco", case, *words]
    refused(words, str(source), capsys, tmp_path / ("out.jsonl" if command == "upgrade" else "out"))


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
    images = ["--images", str(case.parent / "images")] if name in {"dicom-seg", "dicom-sr"} else []
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


READ_ONLY = {
    "labelme": (
        "a.json",
        '{"version": "5.5.0", "flags": {}, "imagePath": "a.png", "imageData": null, "imageWidth": 20, "imageHeight": '
        '10, "shapes": [{"label": "x", "shape_type": "circle", "points": [[5, 5], [7, 5]]}]}',
    ),
    "pascal-voc": (
        "a.xml",
        "<annotation><filename>a.png</filename><size><width>20</width><height>10</height></size><object><name>x</name>"
        "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object></annotation>",
    ),
}
"""A file of each format that is only read."""


def test_every_format_is_among_those_whose_links_are_tried() -> None:
    assert {*READERS, *READ_ONLY} == set(ALL)


@pytest.mark.parametrize("name", READ_ONLY)
def test_no_reader_of_foreign_files_follows_a_link_out_of_its_folder(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, text = READ_ONLY[name]
    (tmp_path / "source").mkdir()
    (tmp_path / file).write_text(text)
    (tmp_path / "source" / file).symlink_to(f"../{file}")
    refused([f"from-{name}", tmp_path / "source"], str(tmp_path / "source" / file), capsys, tmp_path / "out")
    (tmp_path / "source" / file).unlink()
    shutil.copy(tmp_path / file, tmp_path / "source" / file)
    (tmp_path / "source" / "a.png").symlink_to("../secret.png")
    (tmp_path / "secret.png").write_bytes(b"secret")
    code = main([f"from-{name}", str(tmp_path / "source"), "-o", str(tmp_path / "out"), "--quiet"])
    assert code == 0 or "leads out of the folder" in capsys.readouterr().err, "its pictures are not looked into"


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
