"""No command changes or removes a byte that annoconv did not write, but for a file that `-o` or `--losses` names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annoconv import registry
from annoconv.cli import main
from annoconv.files.stage import is_stage
from tests.cases import make

WRITERS = [each.name for each in registry.formats() if each.writes]
READERS = [each.name for each in registry.formats() if each.reads and each.writes]
Tree = dict[str, bytes]


def tree(root: Path) -> Tree:
    """Return every file, link and folder below a folder: what it holds, or where it leads."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = b"link to " + os.fsencode(path.readlink())
        elif path.is_dir():
            found[name] = b"folder"
        elif path.is_file():
            found[name] = b"file " + path.read_bytes()
        else:
            found[name] = b"special"
    return found


def suffix(name: str) -> str:
    return registry.converter("to", name).suffix


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with its mask and images in `d`, and in `from` an output of each format."""
    root = tmp_path_factory.mktemp("prepared")
    make("axial", root / "d")
    (root / "foreign").mkdir()
    (root / "foreign" / "keep.txt").write_text("not ours")
    (root / "empty").mkdir()
    for name in READERS:
        target = root / "from" / name / f"x{suffix(name)}"
        assert main(["to-" + name, str(root / "d/case.json"), *pictures(name, root), "-o", str(target), "--quiet"]) == 0
    return root


def pictures(name: str, root: Path) -> list[str]:
    return ["--images", str(root / "d" / "images")] if name == "dicom-seg" else []


@pytest.fixture
def root(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "r", symlinks=True)
    return tmp_path / "r"


def link(root: Path, target: str) -> Path:
    (root / "link").symlink_to(target)
    return root / "link"


def hard_link(root: Path, target: str) -> Path:
    (root / "hard").hardlink_to(root / target)
    return root / "hard"


def first_image(root: Path) -> Path:
    return sorted((root / "d" / "images").iterdir())[0]


Place = Callable[[Path], Path]
TO: dict[str, tuple[Place, bool]] = {
    "the folder of the case": (lambda root: root / "d", False),
    "the folder above": (lambda root: root, False),
    "the case": (lambda root: root / "d/case.json", False),
    "the case by another spelling": (lambda root: root / "d/images/../../d/case.json", False),
    "the mask": (lambda root: root / "d/m.nii.gz", False),
    "the folder of images": (lambda root: root / "d/images", False),
    "an image": (first_image, False),
    "a link to the case": (lambda root: link(root, "d/case.json"), False),
    "a link to the folder of the case": (lambda root: link(root, "d"), False),
    "a hard link to the case": (lambda root: hard_link(root, "d/case.json"), False),
    "a hard link to the mask": (lambda root: hard_link(root, "d/m.nii.gz"), False),
    "a folder of somebody else": (lambda root: root / "foreign", False),
    "a new name beside the case": (lambda root: root / "d/new", True),
    "a new name elsewhere": (lambda root: root / "new/deep/x", True),
    "an empty folder": (lambda root: root / "empty", False),
}
"""Where an output may be asked for, and whether that is fine without `--overwrite`."""


@pytest.mark.parametrize("place", TO)
@pytest.mark.parametrize("name", WRITERS)
def test_writing_costs_the_user_nothing(name: str, place: str, root: Path) -> None:
    where, is_new = TO[place]
    target = where(root)
    if is_new:
        target = target.with_suffix(suffix(name))
    for words in ([], ["--overwrite"]) if not is_new else ([],):
        before = tree(root)
        command = ["to-" + name, str(root / "d/case.json"), "--images", str(root / "d/images"), "-o", str(target)]
        code = main([*command, "--quiet", *words])
        if is_new:
            assert code == 0
            assert {key: value for key, value in tree(root).items() if key in before} == before
        elif place == "an empty folder" and words:
            # A format of one file refuses it, as a folder where a file goes.
            assert code == 0 or tree(root) == before
            assert {key: value for key, value in tree(root).items() if key in before} == before
        else:
            assert code == 2
            assert tree(root) == before


FROM: dict[str, tuple[Callable[[Path, str], Path], bool]] = {
    "the source": (lambda root, name: root / "from" / name / f"x{suffix(name)}", False),
    "the folder of the source": (lambda root, name: root / "from" / name, False),
    "the folder above": (lambda root, name: root / "from", False),
    "a link to the source": (lambda root, name: link(root, f"from/{name}/x{suffix(name)}"), False),
    "a file of the source": (lambda root, name: root / inner(root, name), False),
    "a hard link to a file of the source": (lambda root, name: hard_link(root, inner(root, name)), False),
    "an image": (lambda root, name: first_image(root), False),
    "a folder of somebody else": (lambda root, name: root / "foreign", False),
    "a new folder beside the source": (lambda root, name: root / "from" / name / "new", True),
    "a new file beside the source": (lambda root, name: root / "from" / name / "new.json", True),
    "a new file elsewhere": (lambda root, name: root / "new/deep/new.json", True),
    "a new file of lines": (lambda root, name: root / "new.jsonl", True),
}


def inner(root: Path, name: str) -> str:
    """Return the name of a file of a source, or of the source if it is one."""
    source = root / "from" / name / f"x{suffix(name)}"
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    return files[-1].relative_to(root).as_posix()


@pytest.mark.parametrize("place", FROM)
@pytest.mark.parametrize("name", READERS)
def test_reading_costs_the_user_nothing(name: str, place: str, root: Path) -> None:
    where, is_new = FROM[place]
    target = where(root, name)
    source = root / "from" / name / f"x{suffix(name)}"
    images = ["--images", str(root / "d/images")] if name in {"dicom-seg", "nifti"} else []
    if place == "an image" and not images:
        (root / "d/images").rename(root / "from" / name / "images")
        source, target = root / "from" / name, first_of(root / "from" / name / "images")
    for words in ([], ["--overwrite"]) if not is_new else ([],):
        before = tree(root)
        code = main(["from-" + name, str(source), *images, "-o", str(target), "--quiet", *words])
        if is_new:
            assert code == 0
            assert {key: value for key, value in tree(root).items() if key in before} == before
        else:
            assert code == 2
            assert tree(root) == before


def first_of(folder: Path) -> Path:
    return sorted(folder.iterdir())[0]


LOSSES: dict[str, tuple[str, str]] = {
    "the case": ("new.json", "d/case.json"),
    "the output": ("new.json", "new.json"),
    "the output by capitals": ("new.json", "NEW.json"),
    "the output by another spelling": ("new.json", "d/../new.json"),
    "in the output": ("new", "new/losses.json"),
    "around the output": ("new/x.json", "new"),
    "the mask": ("new.json", "d/m.nii.gz"),
    "an image": ("new.json", "d/images/axial-0.dcm"),
    "the side file": ("new.json", "new.annoconv.json"),
}


@pytest.mark.parametrize("words", [[], ["--overwrite"]])
@pytest.mark.parametrize("place", LOSSES)
def test_losses_are_an_output_like_any_other(place: str, words: list[str], root: Path) -> None:
    output, losses = LOSSES[place]
    if place == "an image":
        losses = first_image(root).relative_to(root).as_posix()
    before = tree(root)
    command = ["to-coco", str(root / "d/case.json"), "--images", str(root / "d/images"), "-o", str(root / output)]
    assert main([*command, "--losses", str(root / losses), "--quiet", *words]) == 2
    assert tree(root) == before


def test_two_outputs_of_one_command_appear_together(root: Path) -> None:
    before = tree(root)
    (root / "l.json").write_text("there already")
    command = ["to-coco", str(root / "d/case.json"), "-o", str(root / "x.json"), "--losses", str(root / "l.json")]
    assert main([*command, "--quiet"]) == 2
    assert tree(root) == before | {"l.json": b"file there already"}
    assert main([*command, "--quiet", "--overwrite"]) == 0
    assert {"x.json", "x.annoconv.json", "l.json"} <= tree(root).keys()


@pytest.mark.parametrize("ending", [".json", ".geojson"])
def test_a_side_file_is_replaced_with_its_own_output_only(ending: str, root: Path) -> None:
    format_name = {".json": "coco", ".geojson": "geojson"}[ending]
    command = ["to-" + format_name, str(root / "d/case.json"), "-o", str(root / f"x{ending}"), "--quiet"]
    assert main(command) == 0
    assert main([*command, "--overwrite"]) == 0
    side = root / "x.annoconv.json"
    whole = side.read_bytes()
    other = ["to-label-studio", str(root / "d/case.json"), "-o", str(root / "x.tasks"), "--quiet", "--overwrite"]
    before = tree(root)
    assert main(other) == 2, "it belongs to another output"
    assert tree(root) == before
    side.write_bytes(whole.replace(b"axial", b"edit!") + b" ")
    before = tree(root)
    assert main([*command, "--overwrite"]) == 2, "it was changed since"
    assert tree(root) == before


def test_a_side_file_goes_with_the_output_that_it_belonged_to(root: Path) -> None:
    command = ["to-coco", str(root / "d/case.json"), "-o", str(root / "x.json"), "--quiet"]
    assert main(command) == 0
    assert (root / "x.annoconv.json").exists()
    assert main([*command, "--overwrite", "--plain"]) == 0
    assert not (root / "x.annoconv.json").exists()
    (root / "x.annoconv.json").write_text("somebody else's")
    assert main([*command, "--overwrite", "--plain"]) == 0
    assert (root / "x.annoconv.json").read_text() == "somebody else's"


def test_masks_of_one_file_are_not_those_of_another(root: Path) -> None:
    source = str(root / "from/dicom-seg/x.dcm")
    command = ["from-dicom-seg", source, "--images", str(root / "d/images"), "--quiet", "--overwrite", "-o"]
    assert main([*command, str(root / "x.json")]) == 0
    before = tree(root)
    assert main([*command, str(root / "x.jsonl")]) == 2
    assert tree(root) == before
    assert main([*command, str(root / "x.json")]) == 0
    assert tree(root) == before


def test_the_demo_folder_is_an_output_too(root: Path) -> None:
    assert main(["demo", str(root / "foreign"), "--overwrite", "--quiet"]) == 2
    assert tree(root / "foreign") == {"keep.txt": b"file not ours"}


def test_a_device_is_not_replaced() -> None:
    assert main(["schema", "-o", os.devnull, "--overwrite", "--quiet"]) == 2
    assert not Path(os.devnull).is_file()


NAMES = [
    "case.json",
    "out",
    "out.json",
    "out.annoconv.json",
    "out.masks/a",
    "out_images/a",
    "out/a",
    "l.json",
    "m.nii.gz",
]
CONTENTS = st.sampled_from(["foreign", "[]", "{}", '{"seal":{}}', "link", "folder"])


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_tree_and_any_command_line(data: st.DataObject, root: Path, tmp_path_factory: Any) -> None:
    """Whatever lies around: what was there is there afterwards, but for the files that -o and --losses name."""
    place = tmp_path_factory.mktemp("any") / "r"
    shutil.copytree(root, place, symlinks=True)
    for name in data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        path, content = place / name, data.draw(CONTENTS)
        if any(each.exists() and not each.is_dir() for each in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            continue
        if content == "link":
            path.symlink_to(place / "d" / "case.json")
        elif content == "folder":
            path.mkdir()
        else:
            path.write_text(content)
    name = data.draw(st.sampled_from(WRITERS))
    target = place / data.draw(st.sampled_from([*NAMES, "d", "d/out", "from", f"from/{name}", "foreign", "."]))
    direction = data.draw(st.sampled_from(["to", "from"]))
    source = place / ("d/case.json" if direction == "to" else f"from/{name}/x{suffix(name)}")
    losses = data.draw(st.none() | st.sampled_from([*NAMES, "d/case.json", "new.json"]))
    words = data.draw(st.sampled_from([[], ["--overwrite"]]))
    words = [*words, *(["--losses", str(place / losses)] if losses else []), "--quiet"]
    before = tree(place)
    main([f"{direction}-{name}", str(source), *pictures(name, place), "-o", str(target), *words])
    after = tree(place)
    named = {path.relative_to(place).as_posix() for path in (target, place / (losses or "l.json"))}
    free = {each for each in named if "--overwrite" in words and before.get(each, b"").startswith((b"file", b"link"))}
    kept = {key: value for key, value in before.items() if key not in free}
    assert {key: after.get(key) for key in kept} == kept
    assert not [each for each in after if any(map(is_stage, each.split("/")))]
