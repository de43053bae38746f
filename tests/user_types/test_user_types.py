"""What mypy and pyright, both strict, say of a user's script over the installed wheel, and of a newcomer's slips."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from annoconv.demo.case import make

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLAGGED = {
    number
    for number, line in enumerate((HERE / "slips.py").read_text("utf-8").splitlines(), 1)
    if line.endswith("# flagged")
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment in which the wheel is installed, and what it needs is seen."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=False)
    (site,) = (folder / "environment").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    beside = [path for path in sys.path if path.endswith("site-packages")]
    (site / "beside.pth").write_text("".join(f"{path}\n" for path in beside))
    return folder / "environment"


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MYPY"))}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, encoding="utf-8", check=False)


def test_the_script_is_a_user_s_and_runs(tmp_path: Path) -> None:
    assert len((HERE / "script.py").read_text("utf-8").splitlines()) >= 150
    make(tmp_path / "demo")
    (tmp_path / "out").mkdir()
    series = tmp_path / "demo" / "images" / "ct"
    done = run(sys.executable, HERE / "script.py", series, tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "case.png").is_file()


@pytest.mark.peers
def test_mypy_passes_the_script_and_flags_the_slips(installed: Path, tmp_path: Path) -> None:
    for name in ("script.py", "slips.py"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    python = installed / "bin" / "python"
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "--no-error-summary"]
    command += ["--no-color-output", "--cache-dir", tmp_path / "cache"]
    done = run(*command, "script.py", "slips.py", folder=tmp_path)
    told = re.findall(r"^(\w+\.py):(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    assert [each for each in told if each[0] == "script.py"] == [], done.stdout
    assert {int(number) for name, number, _ in told if name == "slips.py"} == FLAGGED, done.stdout + done.stderr


@pytest.mark.peers
def test_pyright_passes_the_script_and_flags_the_slips(installed: Path, tmp_path: Path) -> None:
    for name in ("script.py", "slips.py"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    settings = {"typeCheckingMode": "strict", "include": ["script.py", "slips.py"], "reportUnusedExpression": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = run(
        *(sys.executable, "-m", "pyright", "--pythonpath", installed / "bin" / "python", "--outputjson"),
        folder=tmp_path,
    )
    told = json.loads(done.stdout)["generalDiagnostics"]
    errors = [(Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"]) for each in told]
    assert [each for each in errors if each[0] == "script.py"] == []
    assert {number for name, number, _ in errors if name == "slips.py"} == FLAGGED, errors
