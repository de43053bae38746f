"""The sentences of the 2-D formats tell losses in their own format's name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from annoconv import registry
from tests.converters.pictures_cases import flat_case

NAMES = {"coco": "COCO", "yolo": "YOLO", "cvat": "CVAT", "label_studio": "Label Studio", "geojson": "GeoJSON"}
"""Formats with a writer by the names of their packages, and what sentences call them."""


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
