"""What is shipped: the wheel holds the three packages, each with its types, and what the model generates."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("annoconv", "annoconv_converters", "annoconv_model")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel"))) as archive:
        return archive.namelist()


def built(folder: Path) -> Path:
    """Return the wheel, built into a folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_type_checkers_use_the_annotations_of_all_packages(shipped: list[str]) -> None:
    assert [name for name in PACKAGES if f"{name}/py.typed" not in shipped] == []


def test_it_holds_the_packages_and_the_schema_and_nothing_beside_them(shipped: list[str]) -> None:
    assert "annoconv_model/annoconv.schema.json" in shipped
    assert {name.split("/")[0] for name in shipped if ".dist-info/" not in name} == set(PACKAGES)


@pytest.mark.peers
def test_the_commands_of_readme_work_where_the_wheel_was_installed(tmp_path: Path) -> None:
    """A fresh environment with annoconv alone; what it needs is taken from the one of the tests, with no network."""
    folder, place = tmp_path / "environment", tmp_path / "place"
    place.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    wheel = built(tmp_path / "wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    script = folder / "bin" / "annoconv"
    script.write_text(f'#!/bin/sh\nexec {folder}/bin/python -m annoconv "$@"\n', "utf-8")
    script.chmod(0o755)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (site / "of_the_tests.pth").write_text("\n".join(others) + "\n", "utf-8")
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^\$ (annoconv .*)$", text, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    where = "import annoconv; print(annoconv.__file__)"
    out = subprocess.run([f"{folder}/bin/python", "-c", where], cwd=place, capture_output=True, text=True, check=True)
    assert Path(out.stdout.strip()).is_relative_to(folder), "that of the wheel, not of the repository"
    assert sorted(each.name for each in place.iterdir() if each.suffix in {".dcm", ".json", ".png"}) == [
        "coco.annoconv.json",
        "coco.json",
        "demo.png",
        "masks_seg.dcm",
        "seg.dcm",
    ]
