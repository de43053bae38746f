"""No command changes or removes a byte that annoconv did not write, but for a file that `-o` or `--losses` names."""

from __future__ import annotations

import json
import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from annoconv.cli import main
from tests.trees import ALL_READERS, WRITERS, Tree, prepare, source_of, suffix, tree


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


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


def foreign(root: Path, name: str, target: str) -> Path:
    """Lay something that is not ours at a name, and return another name."""
    place = root / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("not ours")
    return root / target


FORMS = [unicodedata.normalize(form, "h\u00e9patique") for form in ("NFC", "NFD")]
Place = Callable[[Path], Path]
TO: dict[str, tuple[Place, bool | None]] = {
    "the folder of the case": (lambda root: root / "d", False),
    "the folder above": (lambda root: root, False),
    "the case": (lambda root: root / "d/case.json", False),
    "the case by another spelling": (lambda root: root / "d/images/../../d/case.json", False),
    "the mask": (lambda root: root / "d/m.nii.gz", False),
    "the folder of images": (lambda root: root / "d/images", False),
    "an image": (first_image, False),
    "the case by a slash at its end": (lambda root: Path(f"{root}/d/case.json/"), False),
    "the folder of the case by dots": (lambda root: root / "d/.", False),
    "the case by a link to its folder": (lambda root: link(root, "d") / "case.json", False),
    "an image by a link to its folder": (lambda root: link(root, "d/images") / first_image(root).name, False),
    "in the case": (lambda root: root / "d/case.json/x", False),
    "the labels": (lambda root: root / "labels.json", False),
    "a hard link to the labels": (lambda root: hard_link(root, "labels.json"), False),
    "a hard link to an image": (lambda root: hard_link(root, f"d/images/{first_image(root).name}"), False),
    "a link to a link to the mask": (lambda root: link(root, hard_link(root, "d/m.nii.gz").name), False),
    "a link to the case": (lambda root: link(root, "d/case.json"), False),
    "a link to the folder of the case": (lambda root: link(root, "d"), False),
    "a hard link to the case": (lambda root: hard_link(root, "d/case.json"), False),
    "a hard link to the mask": (lambda root: hard_link(root, "d/m.nii.gz"), False),
    "a folder of somebody else": (lambda root: root / "foreign", False),
    "the folder of the case by capitals": (lambda root: root / "D/x", True),
    "another form of letters": (lambda root: foreign(root, f"{FORMS[0]}.txt", FORMS[1]), True),
    "beside the images": (lambda root: root / "d/images/new", True),
    "a new name whose side file is not ours": (lambda root: foreign(root, "n.annoconv.json", "n"), None),
    "a new name whose pictures are not ours": (lambda root: foreign(root, "n_images/keep.txt", "n"), None),
    "a new name beside the case": (lambda root: root / "d/new", True),
    "a new name elsewhere": (lambda root: root / "new/deep/x", True),
    "an empty folder": (lambda root: root / "empty", False),
}
"""Where an output may be asked for, and whether that is fine; None where it is for some formats."""


@pytest.mark.parametrize("place", TO)
@pytest.mark.parametrize("name", WRITERS)
def test_writing_costs_the_user_nothing(name: str, place: str, root: Path) -> None:
    where, is_fine = TO[place]
    target = where(root)
    if is_fine is not False:
        target = target.with_suffix(suffix(name))
    case = str(root / "d/case.json")
    given = ["--images", str(root / "d/images"), "--label-system", str(root / "labels.json"), "--quiet"]
    for words in ([], ["--overwrite"]) if not is_fine else ([],):
        before = tree(root)
        code = main(["to-" + name, case, *given, "-o", str(target), *words])
        check(before, root, code, None if place == "an empty folder" and words else is_fine)
        if is_fine is None and code == 0:
            break


def check(before: Tree, root: Path, code: int, is_fine: bool | None) -> None:
    """Check that all that was there is there, and after a refusal nothing else."""
    assert code in {0, 2}
    after = tree(root)
    assert {key: after.get(key) for key in before} == before
    assert is_fine in {None, code == 0}
    assert code == 0 or after == before


FROM: dict[str, tuple[Callable[[Path, str], Path], bool]] = {
    "the source": (lambda root, name: source_of(root, name), False),
    "the source by a link to its folder": (
        lambda root, name: link(root, f"from/{name}") / source_of(root, name).name,
        False,
    ),
    "the source by dots and a slash": (
        lambda root, name: Path(f"{root}/from/../from/{name}/./{source_of(root, name).name}/"),
        False,
    ),
    "the labels": (lambda root, name: root / "labels.json", False),
    "a new file whose masks are not ours": (lambda root, name: foreign(root, "new.masks/keep.txt", "new.json"), False),
    "a new file of lines whose masks are not ours": (
        lambda root, name: foreign(root, "new.masks/keep.txt", "new.jsonl"),
        False,
    ),
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
    source = source_of(root, name)
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    return files[-1].relative_to(root).as_posix()


@pytest.mark.parametrize("place", FROM)
@pytest.mark.parametrize("name", ALL_READERS)
def test_reading_costs_the_user_nothing(name: str, place: str, root: Path) -> None:
    where, is_new = FROM[place]
    target = where(root, name)
    source = source_of(root, name)
    images = ["--images", str(root / "d/images")] if name in {"dicom-seg", "dicom-sr", "nifti"} else []
    if place == "an image" and not images:
        (root / "d/images").rename(root / "from" / name / "images")
        source, target = root / "from" / name, first_of(root / "from" / name / "images")
    for words in ([], ["--overwrite"]) if not is_new else ([],):
        before = tree(root)
        given = [*images, "--label-system", str(root / "labels.json"), "--quiet"]
        check(before, root, main(["from-" + name, str(source), *given, "-o", str(target), *words]), is_new)


def first_of(folder: Path) -> Path:
    return sorted(folder.iterdir())[0]


LOSSES: dict[str, tuple[str, str]] = {
    "the case": ("new.json", "d/case.json"),
    "the output": ("new.json", "new.json"),
    "the output by capitals": ("new.json", "NEW.json"),
    "the output by another form of letters": (f"{FORMS[0]}.json", f"{FORMS[1]}.json"),
    "the side file by another form of letters": (f"{FORMS[0]}.json", f"{FORMS[1]}.annoconv.json"),
    "the labels": ("new.json", "labels.json"),
    "in the case": ("new.json", "d/case.json/l.json"),
    "the output by another spelling": ("new.json", "d/../new.json"),
    "in the output": ("new", "new/losses.json"),
    "around the output": ("new/x.json", "new"),
    "the mask": ("new.json", "d/m.nii.gz"),
    "an image": ("new.json", "d/images/axial-0.dcm"),
    "the side file": ("new.json", "new.annoconv.json"),
    "a side file by capitals": ("new.json", "other.ANNOCONV.json"),
    "the manifest of a folder": ("new.json", "foreign/.annoconv.json"),
}


@pytest.mark.parametrize("words", [[], ["--overwrite"]])
@pytest.mark.parametrize("place", LOSSES)
def test_losses_are_an_output_like_any_other(place: str, words: list[str], root: Path) -> None:
    output, losses = LOSSES[place]
    if place == "an image":
        losses = first_image(root).relative_to(root).as_posix()
    before = tree(root)
    given = ["--images", str(root / "d/images"), "--label-system", str(root / "labels.json")]
    command = ["to-coco", str(root / "d/case.json"), *given, "-o", str(root / output)]
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


def with_pictures(root: Path, name: str) -> list[str]:
    """Return the command that writes a case with folders beside it."""
    if name == "masks":
        return ["from-dicom-seg", str(root / "from/dicom-seg/x.dcm"), "--images", str(root / "d/images")]
    words = ["--kind", "panoptic"] if name == "coco" else []
    return [
        f"to-{name}",
        str(root / "d/case.json"),
        "--images",
        str(root / "d/images"),
        "--render",
        "8",
        "--window",
        "40,400",
        *words,
    ]


FOLDERS = [
    ("masks", "x.json", ["x.masks"], ["from-labelme", "from/labelme/x.json"]),
    ("coco", "x.json", ["x", "x_images"], ["to-label-studio", "d/case.json"]),
    ("cvat", "x.xml", ["x_images"], ["to-cvat", "d/case.json"]),
    ("cvat", "x", ["x_images"], ["to-cvat", "d/case.json"]),
    ("geojson", "x", ["x_images"], ["to-cvat", "d/case.json"]),
    ("label-studio", "x.v2", ["x_images"], ["to-cvat", "d/case.json"]),
]


@pytest.mark.parametrize(
    ("first", "target", "folders", "second"), FOLDERS, ids=[f"{each[0]} {each[1]}" for each in FOLDERS]
)
def test_the_folders_of_a_former_output_go_with_it(
    first: str, target: str, folders: list[str], second: list[str], root: Path
) -> None:
    assert main([*with_pictures(root, first), "-o", str(root / target), "--quiet"]) == 0
    assert all((root / folder).is_dir() for folder in folders)
    command = [second[0], str(root / second[1]), "-o", str(root / target), "--quiet"]
    other = root / f"{folders[-1]}.jpg"
    other.mkdir()
    before = tree(root)
    assert main(command) == 2
    assert tree(root) == before
    edited = next(path for path in sorted((root / folders[-1]).iterdir()) if path.name != ".annoconv.json")
    whole = edited.read_bytes()
    edited.write_bytes(whole + b" ")
    before = tree(root)
    assert main([*command, "--overwrite"]) == 2, "it was changed since"
    assert tree(root) == before
    edited.write_bytes(whole)
    assert main([*command, "--overwrite"]) == 0
    assert not any((root / folder).exists() for folder in folders)
    assert main([*command, "--overwrite"]) == 0
    assert other.is_dir()


def test_a_folder_of_another_output_stays(root: Path) -> None:
    assert main([*with_pictures(root, "cvat"), "-o", str(root / "x.xml"), "--quiet"]) == 0
    assert main(["schema", "-o", str(root / "x.json"), "--quiet"]) == 0
    (root / "y_images").mkdir()
    (root / "y_images" / "1.png").write_text("not ours")
    before = tree(root)
    assert main(["schema", "-o", str(root / "x.json"), "--quiet", "--overwrite"]) == 0
    assert main(["schema", "-o", str(root / "y.json"), "--quiet"]) == 0
    assert before.items() <= tree(root).items()


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


OWN_ENDINGS = {
    "coco": {".json"},
    "cvat": {".xml"},
    "dicom-seg": {".dcm"},
    "dicom-sr": {".dcm"},
    "fhir": {".json"},
    "geojson": {".geojson", ".json"},
    "label-studio": {".json"},
    "nifti": {".nii", ".nii.gz"},
    "yolo": set[str](),
}
OTHER_ENDINGS = [".json", ".JSON", ".jsonl", ".geojson", ".xml", ".dcm", ".nii", ".nii.gz", ".seg.nrrd", ".png", ".zip"]


@pytest.mark.parametrize("name", [*(f"to-{name}" for name in WRITERS), *(f"from-{name}" for name in ALL_READERS)])
def test_an_ending_that_says_something_else_is_refused(
    name: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    direction, _, format_name = name.partition("-")
    own = OWN_ENDINGS[format_name] if direction == "to" else {".json", ".jsonl"}
    source = root / "d/case.json" if direction == "to" else source_of(root, format_name)
    images = ["--images", str(root / "d/images")] if format_name in {"dicom-seg", "dicom-sr"} else []
    before = tree(root)
    for ending in OTHER_ENDINGS:
        if ending not in own:
            assert main([name, str(source), *images, "-o", str(root / f"new{ending}"), "--quiet"]) == 2
            said = capsys.readouterr().err
            assert f"new{ending}: the ending of this name" in said
            assert all(each in said for each in own or {"a folder"})
            assert tree(root) == before
    for target in ("2026.v2", "1.2.840.10008.7"):
        assert main([name, str(source), *images, "-o", str(root / target), "--quiet"]) == 0
        if direction == "to":  # what one command writes the other reads
            back = ["-o", str(root / f"back of {target}.jsonl"), "--quiet"]
            assert main([f"from-{format_name}", str(root / target), *images, *back]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["to-coco", "d/case.json", "-o", "new.json", "--losses", "losses.csv"],
        ["upgrade", "d/case.json", "-o", "new.jsonl"],
        ["upgrade", "d/case.json", "-o", "new"],
        ["schema", "-o", "schema.xml"],
        ["validate", "d/case.json", "--findings", "findings.nii.gz"],
        ["validate", "d/case.json", "--findings", "findings.json"],
    ],
)
def test_the_other_outputs_have_endings_too(words: list[str], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    before = tree(root)
    assert main([*words, "--quiet"]) == 2
    assert tree(root) == before


def lines_of_case(root: Path) -> Path:
    """Write the case as a line, and another that is none and yet names a file."""
    (root / "d/n.nii.gz").write_text("not ours")
    whole = json.dumps(json.loads((root / "d/case.json").read_bytes()))
    (root / "d/cases.jsonl").write_text(whole + '\n{"task_id": 5, "x": {"mask_file" : "\\u006e.nii.gz"}}\n')
    return root / "d/cases.jsonl"


@pytest.mark.parametrize("place", ["d/m.nii.gz", "labels.json", "h.json", "h.jsonl", "link/cases.jsonl"])
@pytest.mark.parametrize(
    "words",
    [
        ["validate", "--label-system", "labels.json", "--findings"],
        ["validate", "--schema-only", "--findings"],
        ["validate", "--label-system", "labels.json", "--losses"],
        ["info", "labels.json", "--losses"],
        ["upgrade", "-o"],
    ],
)
def test_other_commands_replace_nothing_that_they_read(
    words: list[str], place: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    lines = lines_of_case(root)
    link(root, "d")
    for name in ("h.json", "h.jsonl"):
        hard_link(root, "d/n.nii.gz").rename(root / name)
    before = tree(root)
    command, *rest = words
    assert main([command, str(lines), *rest, place, "--quiet", "--overwrite"]) in {1, 2}
    assert tree(root) == before


@pytest.mark.parametrize(
    ("words", "place"),
    [(["validate", "--findings"], "h.jsonl"), (["upgrade", "-o"], "h.json"), (["info", "--losses"], "h.json")],
)
def test_no_command_replaces_the_mask_of_a_case(words: list[str], place: str, root: Path) -> None:
    hard_link(root, "d/m.nii.gz").rename(root / place)
    before = tree(root)
    command, option = words
    assert main([command, str(root / "d/case.json"), option, str(root / place), "--overwrite", "--quiet"]) == 2
    assert tree(root) == before


SIDE = "z.annoconv.json"
RENDERED = ["--images", "d/images", "--render", "8"]
BEFORE_ANY_WORK = {
    "an option's file by the output": ["to-coco", "--skeletons", "labels.json", "-o", "labels.json"],
    "an option's file by the losses": ["to-nifti", "--splits", "labels.json", "-o", "new", "--losses", "labels.json"],
    "the case by the losses of info": ["info", "--losses", "d/case.json"],
    "the case by the losses of validate": ["validate", "--losses", "d/case.json"],
    "the labels by the losses of validate": ["validate", "--label-system", "labels.json", "--losses", "labels.json"],
    "the source by the losses of a reader": ["from-coco", "-o", "new.json", "--losses", "d/case.json"],
    "a name whose side file is too long": ["to-cvat", "-o", f"{'x' * 250}.xml"],
    "a name whose side file is too long, COCO": ["to-coco", "-o", f"{'x' * 250}.json"],
    "a name whose masks are too long": ["from-coco", "-o", f"{'x' * 250}.json"],
    **{
        f"the side file of {name} by the losses": [f"to-{name}", "-o", f"z{suffix(name)}", "--losses", SIDE]
        for name in WRITERS
    },
    **{f"a side file of {name} by the output": [f"to-{name}", "-o", SIDE] for name in WRITERS},
    "the side file of plain NIfTI by the losses": ["to-nifti", "-o", "z.nii.gz", "--losses", SIDE],
    **{
        f"masks of {name} by the losses": [f"from-{name}", "-o", "z.json", "--losses", "z.masks/l.json"]
        for name in ALL_READERS
    },
    **{f"a side file by what {name} reads": [f"from-{name}", "-o", SIDE] for name in ALL_READERS},
    "pictures by the losses": ["to-cvat", *RENDERED, "-o", "z.xml", "--losses", "z_images/l.json"],
    "pictures of COCO by the losses": ["to-coco", *RENDERED, "-o", "z.json", "--losses", "z_images/l.json"],
    "maps by the losses": ["to-coco", "--kind", "panoptic", "-o", "z.json", "--losses", "z/l.json"],
    "the findings by the losses": ["validate", "--findings", "f.jsonl", "--losses", SIDE],
}


@pytest.mark.parametrize("what", BEFORE_ANY_WORK)
def test_what_cannot_be_written_is_refused_before_any_work(
    what: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    (root / "d/case.json").write_text("not read")
    before = tree(root)
    command, *words = BEFORE_ANY_WORK[what]
    assert main([command, "d/case.json", *words, "--overwrite", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert tree(root) == before
    if "too long" in what:
        part = ".masks" if "masks" in what else ".annoconv.json"
        assert f"nothing can be written under the name of {'x' * 250}{part}, which belongs to it" in said
        assert "Choose a shorter name" in said
    elif SIDE in words:
        assert f"{SIDE}: this is the name of a side file" in said
    elif "l.json" in words[-1]:
        assert "two outputs are one, or one is in the other" in said
    else:
        assert "would replace an input" in said


TWICE: dict[str, Callable[[Path], Path]] = {
    "the same name": lambda root: root / "d/case.json",
    "another spelling": lambda root: root / "d/../d/./case.json",
    "its folder": lambda root: root / "d",
    "a link": lambda root: link(root, "d/case.json").rename(root / "l.json"),
    "a link to its folder": lambda root: link(root, "d") / "case.json",
    "a hard link": lambda root: hard_link(root, "d/case.json").rename(root / "d/h.json"),
}


@pytest.mark.parametrize("how", TWICE)
def test_a_case_that_is_given_twice_is_refused(how: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = root / "d/case.json", TWICE[how](root)
    before = tree(root)
    commands = [[f"to-{name}", "-o", str(root / f"new{suffix(name)}")] for name in WRITERS]
    for command, *words in (*commands, ["validate"], ["info"]):
        assert main([command, str(first), str(root / "labels.json"), str(second), *words, "--quiet"]) == 2
        said = capsys.readouterr().err
        assert "two of the sources are one" in said
        assert f"{first}: " in said
        assert (f"{second}/case.json" if second.is_dir() else f"{second}") in said
        assert tree(root) == before


@pytest.mark.parametrize("name", ALL_READERS)
def test_a_source_that_is_given_twice_is_refused(name: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = source_of(root, name)
    other = link(root, f"from/{name}") / source.name
    before = tree(root)
    assert main([f"from-{name}", str(source), str(other), "-o", str(root / "new"), "--quiet"]) == 2
    told = f"{source}: two of the sources are one; found {other}; expected sources that differ. Name each source once"
    assert told in capsys.readouterr().err
    assert tree(root) == before


def test_a_side_file_of_another_output_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["to-coco", str(root / "d/case.json"), "-o", str(root / "o.json"), "--quiet"]) == 0
    side = root / "o.annoconv.json"
    for change in (b"", b" "):
        side.write_bytes(side.read_bytes() + change)
        before = tree(root)
        for words in ([], ["--overwrite"]):
            assert main(["to-cvat", str(root / "d/case.json"), "-o", str(root / "o.xml"), *words, "--quiet"]) == 2
            said = capsys.readouterr().err
            assert f"{side}: this belongs to another output; found o.json; expected" in said
            assert said.rstrip().endswith("Choose another name")
        assert tree(root) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", 'this is not a label system; found an object; expected {"labels": [...]}. Name the file'),
        (
            '{"labels": [{"code": "X", "display": "x", "mine": 1}]}',
            "this is not a label system. Correct --label-system",
        ),
    ],
)
def test_a_label_system_that_is_none_says_what_to_do(
    text: str, told: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "labels.json").write_text(text)
    command = ["to-coco", str(root / "d/case.json"), "--label-system", str(root / "labels.json")]
    assert main([*command, "-o", str(root / "x.json"), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert "null" not in said
    assert not (root / "x.json").exists()


def test_folders_that_were_not_there_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["to-coco", str(root / "d/case.json"), "-o", str(root / "typo/deep/x.json")]
    assert main([*command, "--losses", str(root / "typo/l.json")]) == 0
    assert capsys.readouterr().err.count(f"made the folder {root}/typo, which was not there\n") == 1
    assert main([*command, "--overwrite"]) == 0
    assert "made the folder" not in capsys.readouterr().err
    assert main(["to-coco", str(root / "foreign/keep.txt"), "-o", str(root / "other/x.json")]) == 1
    assert "made the folder" not in capsys.readouterr().err
    assert not (root / "other").exists()
