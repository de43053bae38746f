"""A command that is killed at any moment leaves the former set of outputs, or the new one whole; never a mixture.

`ANNOCONV_SOAK_KILLS` kills in all (1,000 if unset), shared by the commands.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import time
import warnings
from pathlib import Path

import pytest

from annoconv.cli import main
from annoconv.files.stage import is_stage, settle
from tests.cases import make

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("ANNOCONV_SOAK_KILLS", "1000"))
FORMATS = {
    "dicom-seg": "out.dcm",
    "nifti": "out",
    "coco": "out.json",
    "yolo": "out",
    "cvat": "out.xml",
    "label-studio": "out.json",
    "geojson": "out.geojson",
}
COMMANDS = {f"to-{name}": output for name, output in FORMATS.items()} | {
    "from-dicom-seg": "back",
    "from-nifti": "back.json",
    "from-coco": "back.jsonl",
}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_command_leaves_no_mixture(command: str, overwrite: bool, tmp_path: Path) -> None:
    old, new = (prepared(command, name, tmp_path / name) for name in ("axial", "whole_model"))
    place = tmp_path / "place"
    place.mkdir()
    outputs = ["-o", str(place / COMMANDS[command]), "--losses", str(place / "losses.json"), "--overwrite"]
    started = time.monotonic()
    assert os.waitstatus_to_exitcode(run([*new, *outputs], None)) == 0
    longest = time.monotonic() - started
    whole = contents(place)
    chance, ends = random.Random(command), {"before": 0, "after": 0, "with leftovers": 0}
    for _ in range(KILLS // (2 * len(COMMANDS))):
        shutil.rmtree(place)
        place.mkdir()
        if overwrite:
            assert main([*old, *outputs]) == 0
        former = contents(place)
        run([*new, *(outputs if overwrite else outputs[:-1])], chance.uniform(0, longest * 1.1))
        ends["with leftovers"] += any(is_stage(each.name) for each in place.iterdir())
        settle(place / COMMANDS[command])
        seen = {name: digest for name, digest in contents(place).items() if not is_stage(name.split("/")[0])}
        assert seen in (former, whole), f"a mixture: {sorted(seen)}"
        ends["after" if seen == whole else "before"] += 1
        assert main([*new, *outputs]) == 0
        assert contents(place) == whole
    print(command, "overwriting" if overwrite else "new", ends)


def prepared(command: str, name: str, folder: Path) -> list[str]:
    """Return a command without its outputs; its sources are made."""
    case = make(name, folder / "case")
    direction, _, format_name = command.partition("-")
    images = [word for path in case.images for word in ("--images", str(path))] if format_name == "dicom-seg" else []
    if direction == "to":
        return [command, str(case.path), *images, "--quiet"]
    written = folder / "source" / FORMATS[format_name]
    assert main([f"to-{format_name}", str(case.path), *images, "-o", str(written), "--quiet"]) == 0
    return [command, str(written), *images, "--quiet"]


def run(arguments: list[str], kill_after_s: float | None) -> int:
    """Run a command in a child of its own, kill it after a while, and return its wait status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads that libraries left idle
        child = os.fork()
    if child == 0:
        os._exit(main(arguments))
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file below a folder, by its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
