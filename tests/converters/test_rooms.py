"""The rooms of the 2-D formats: what one format alone uses stands with it, and losses are told in its own name."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import annoconv_converters
import pytest

from annoconv import registry
from tests.converters.pictures_cases import flat_case

ROOT = Path(annoconv_converters.__file__).parent
ROOMS = ("_pictures", "_raster")
NAMES = {"coco": "COCO", "yolo": "YOLO", "cvat": "CVAT", "label_studio": "Label Studio", "geojson": "GeoJSON"}
"""Formats with a writer by the names of their packages, and what sentences call them."""


def imported(path: Path) -> set[str]:
    """Return the modules of ours that a module imports, wherever in it."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {node.module for node in nodes if node.module and node.module.startswith("annoconv_converters.")}


def test_no_file_of_a_shared_room_is_used_by_one_format_only() -> None:
    users: dict[str, set[str]] = {
        f"annoconv_converters.{room}.{path.stem}": set() for room in ROOMS for path in (ROOT / room).glob("[!_]*.py")
    }
    for path in ROOT.rglob("*.py"):
        owner = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for module in imported(path) & users.keys():
            if path != ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py"):
                users[module].add(owner)
    lonely = {module: by for module, by in users.items() if not by & set(ROOMS) and len(by) < 2}
    assert lonely == {}


@pytest.mark.parametrize("package", NAMES)
def test_reasons_name_their_own_format(package: str) -> None:
    reasons = import_module(f"annoconv_converters.{package}.write").REASONS
    assert list(reasons)[-1] == "*"
    for sentence in reasons.values():
        assert [name for name in NAMES.values() if name in sentence] == [NAMES[package]]


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("package", NAMES)
def test_losses_name_their_own_format(package: str, is_plain: bool, tmp_path: Path) -> None:
    converter = registry.converter("to", package.replace("_", "-"))
    options = {"plain": True} if is_plain and "plain" in converter.options else {}
    losses = registry.write([flat_case()], tmp_path / f"x{converter.suffix}", format=converter.format, **options)
    assert losses
    for loss in losses:
        assert [name for name in NAMES.values() if name in loss.message] == [NAMES[package]], loss
