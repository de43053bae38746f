"""Folders before and after a command, and a folder that holds something of every format to run commands in."""

from __future__ import annotations

import json
import os
from pathlib import Path

from annoconv import registry
from annoconv.cli import main
from tests.cases import make

WRITERS = [each.name for each in registry.formats() if each.writes]
ALL_READERS = [each.name for each in registry.formats() if each.reads]
READERS = [name for name in ALL_READERS if name in WRITERS]
Tree = dict[str, bytes]

_READ_ONLY = {
    "labelme": (
        ".json",
        json.dumps(
            {
                "shapes": [{"label": "NAME", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"}],
                "imagePath": "x.jpg",
                "imageHeight": 20,
                "imageWidth": 30,
            }
        ),
    ),
    "pascal-voc": (
        ".xml",
        "<annotation><filename>x.jpg</filename><size><width>30</width><height>40</height></size><object><name>NAME</name>"
        "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>20</ymax></bndbox></object></annotation>",
    ),
}
"""Ending and content of a file of the formats that are not written; its one class has the name of the case."""


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
    """Return the ending of one case in a format; empty for a folder."""
    return _READ_ONLY[name][0] if name in _READ_ONLY else registry.converter("to", name).suffix


def source_of(root: Path, name: str) -> Path:
    """Return where `prepare` has put something of a format."""
    return root / "from" / name / f"x{suffix(name)}"


def pictures(name: str, root: Path) -> list[str]:
    """Return the option that names the images of the case, where the format needs them."""
    return ["--images", str(root / "d" / "images")] if name in {"dicom-seg", "dicom-sr"} else []


def prepare(root: Path, case: str = "axial") -> Path:
    """Make a case with its mask and images in `d`, something of each format in `from`, and what is not ours."""
    make(case, root / "d")
    (root / "foreign").mkdir()
    (root / "foreign" / "keep.txt").write_text("not ours")
    (root / "empty").mkdir()
    (root / "labels.json").write_text("[]")
    for name, (_, text) in _READ_ONLY.items():
        source_of(root, name).parent.mkdir(parents=True)
        source_of(root, name).write_text(text.replace("NAME", case))
    for name in READERS:
        target = str(source_of(root, name))
        assert main(["to-" + name, str(root / "d/case.json"), *pictures(name, root), "-o", target, "--quiet"]) == 0
    return root
