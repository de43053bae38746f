"""What is shipped: the wheel holds the three packages, each with its types, and what the model generates."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("annoconv", "annoconv_converters", "annoconv_model")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_type_checkers_use_the_annotations_of_all_packages(shipped: list[str]) -> None:
    assert [name for name in PACKAGES if f"{name}/py.typed" not in shipped] == []


def test_it_holds_the_packages_and_the_schema_and_nothing_beside_them(shipped: list[str]) -> None:
    assert "annoconv_model/annoconv.schema.json" in shipped
    assert {name.split("/")[0] for name in shipped if ".dist-info/" not in name} == set(PACKAGES)
