"""A command that is killed at any moment leaves the former output, or the new one whole, or none; never half of one.

`ANNOCONV_SOAK_KILLS` kills in all (1,000 if unset), shared by the commands.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import time
import warnings
from pathlib import Path

import pytest

from annoconv.cli import main
from tests.cases import make

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("ANNOCONV_SOAK_KILLS", "1000"))
LEFT_BEHIND = re.compile(r"^\.[^/]*\.(partial|former)-")
"""Temporary neighbours that a killed command could not remove (`annoconv.files.atomic`)."""
COMMANDS = {
    "to-dicom-seg": "out.dcm",
    "to-nifti": "out",
    "to-coco": "out.json",
    "to-yolo": "out",
    "from-dicom-seg": "back",
    "from-nifti": "back.json",
}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_command_leaves_no_half(command: str, overwrite: bool, tmp_path: Path) -> None:
    arguments, place = prepared(command, tmp_path), tmp_path / "place"
    place.mkdir()
    target = place / COMMANDS[command]
    started = time.monotonic()
    assert os.waitstatus_to_exitcode(run([*arguments, "-o", str(target)], None)) == 0
    longest = time.monotonic() - started
    whole = contents(place)
    chance, ends = random.Random(command), {"before": 0, "killed": 0, "after": 0}
    for _ in range(KILLS // (2 * len(COMMANDS))):
        shutil.rmtree(place)
        place.mkdir()
        former: dict[str, str] = {}
        if overwrite:
            fill(target, command)
            former = contents(place)
        options = ["--overwrite"] if overwrite else []
        run([*arguments, "-o", str(target), *options], chance.uniform(0, longest * 1.1))
        seen = {name: digest for name, digest in contents(place).items() if not LEFT_BEHIND.search(name)}
        if target.suffix != ".json" or command.startswith("to-"):
            is_between = overwrite and not target.suffix and not seen  # the two renames of a folder
            assert seen in (former, whole) or is_between, f"half of an output: {sorted(seen)}"
        elif seen.get(target.name) == whole[target.name]:  # masks beside a .json appear one by one, the case file last
            assert seen == whole
        else:
            assert {*seen.values()} <= {*former.values(), *whole.values()}
        ends["after" if seen == whole else "before" if seen == former else "killed"] += 1
    print(command, "overwriting" if overwrite else "new", ends)


def prepared(command: str, folder: Path) -> list[str]:
    """Return a command without its output; its sources are made."""
    case = make("whole_model", folder / "case")
    images = [word for path in case.images for word in ("--images", str(path))]
    if command.startswith("to-"):
        return [command, str(case.path), *(images if command in {"to-dicom-seg"} else []), "--quiet"]
    written = folder / ("source" + (".dcm" if command == "from-dicom-seg" else ""))
    assert main([command.replace("from-", "to-"), str(case.path), *images, "-o", str(written), "--quiet"]) == 0
    return [command, str(written), "--quiet"]


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


def fill(target: Path, command: str) -> None:
    """Put a former output of the same kind where the new one goes."""
    if target.suffix:
        target.write_text("former")
    else:
        target.mkdir()
        (target / "former.txt").write_text(command)


def contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file below a folder, by its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
