"""A format is added by the files that CONTRIBUTING names and no other: in a copy of the repository, a toy is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from model.generator.format_tables import print_format_tables

ROOT = Path(__file__).parents[1]
TOY = ROOT / "tests" / "boxes_csv"
FOLDERS = ("src", "generated", "converters")
COPIED = (*FOLDERS, "model", "docs", "tests", "README.md", "README.zh-CN.md", "CONTRIBUTING.md", "pyproject.toml")
ADDED = {
    "converters/annoconv_converters/boxes_csv.py": "module.py",
    "docs/formats/boxes-csv.md": "page.md",
    "tests/converters/test_boxes_csv.py": "checks.py",
}
LISTED = {
    "# Readers of image sources": (
        'to-boxes-csv = "annoconv_converters.boxes_csv:to_boxes_csv"\n'
        'from-boxes-csv = "annoconv_converters.boxes_csv:from_boxes_csv"\n\n'
    ),
    "labelme | pascal_voc | readers": "boxes_csv | ",
}
"""What is written into `pyproject.toml`, and before what: two entry points, and the layer that the module stands in."""
WANTED = "boxes-csv or test_boxes_csv or (test_contract and not to- and not from-)"
"""The tests of the format, and those of the contract that are of no format."""
GOLDEN = "tests/golden/losses/boxes-csv.txt"
STUB = "src/annoconv/registry/typed.pyi"
CATALOGUE = "converters/annoconv_converters/locale/zh/LC_MESSAGES/annoconv.po"
"""Where `make generate` puts the new sentences, for their Chinese."""


BARE = [
    *(f"annotations/0/bbox/{position}" for position in range(6)),
    *(f"annotations/0/{key}" for key in ("category", "id", "label_code", "type")),
    *(f"image/{key}/{position}" for key in ("shape", "spacing") for position in range(3)),
]
"""What is lost of the zoo's barest case: its one box is not flat, and a table states no sizes."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository that looks installed to whoever has its folders on the path."""
    place = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / name)
    return place


def install(copy: Path) -> None:
    """Write the metadata of the distribution, as an installer would."""
    project = tomllib.loads((copy / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = copy / "site" / f"annoconv-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: annoconv\nVersion: {project['version']}\n")
    lines: list[str] = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()), ""]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


def run(copy: Path, *arguments: str) -> str:
    """Run Python with the copy's packages; what it says is shown if it fails."""
    path = os.pathsep.join(str(copy / name) for name in ("site", *FOLDERS))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(arguments)}\n{done.stdout}", pytrace=False)
    return done.stdout


def digests(copy: Path) -> dict[str, str]:
    """Return the digest of every file of the repository's copy, by its path."""
    files = [each for name in COPIED for each in (copy / name, *(copy / name).rglob("*")) if each.is_file()]
    return {each.relative_to(copy).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_a_toy_is_added_by_the_files_that_are_named(copy: Path) -> None:
    before = digests(copy)
    for name, source in ADDED.items():
        shutil.copy(TOY / source, copy / name)
    project = copy / "pyproject.toml"
    for place, text in LISTED.items():
        assert project.read_text("utf-8").count(place) == 1
        project.write_text(project.read_text("utf-8").replace(place, text + place), "utf-8")
    install(copy)

    pytest_of = ("-m", "pytest", "-p", "no:cacheprovider")
    run(copy, "-m", "model.generator")
    run(copy, *pytest_of, "tests/test_matrix.py", "-k", "boxes-csv and committed_table", "--accept-losses")

    tests = ("tests/test_contract.py", "tests/converters/test_boxes_csv.py", "tests/test_matrix.py")
    said = run(copy, *pytest_of, *tests, "-v", "-k", WANTED)
    for name in ("test_there_and_back[boxes-csv-whole_model]", "test_help[to-boxes-csv]", "test_a_box_is_a_row"):
        assert f"{name} PASSED" in said
    run(copy, "-m", "model.generator", "--check")
    run(copy, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    run(copy, "-m", "annoconv", "demo", "demo", "--quiet")
    assert (copy / "demo" / "outputs" / "boxes-csv.csv").is_file()

    after = digests(copy)
    changed = {name for name in after if before.get(name) != after[name]}
    assert before.keys() <= after.keys()
    assert changed == {*ADDED, "pyproject.toml", GOLDEN, CATALOGUE, *print_format_tables(ROOT), STUB}
    assert "二维框" in (copy / "README.zh-CN.md").read_text("utf-8")
    lost = (copy / GOLDEN).read_text("utf-8").splitlines()
    assert [line.split() for line in lost if line.startswith("bare: ")] == [
        ["bare:", "no_place", f"/{leaf}"] for leaf in BARE
    ]
