"""A command that is killed at any moment leaves the former set of outputs, or the new one whole; never a mixture.

`ANNOCONV_SOAK_KILLS` kills in all (1,000 if unset), shared by the commands, half of them with former outputs there.
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

from annoconv import registry
from annoconv.cli import main
from annoconv.files.stage import is_stage
from tests.trees import ALL_READERS, WRITERS, pictures, prepare, source_of, suffix

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("ANNOCONV_SOAK_KILLS", "1000"))
RIVALRIES = 50
CASE_OUTPUTS = ("back", "back.json", "back.jsonl")
COMMANDS = {f"to-{name}": f"out{suffix(name)}" for name in WRITERS} | {
    f"from-{name}": CASE_OUTPUTS[number % len(CASE_OUTPUTS)] for number, name in enumerate(ALL_READERS)
}
"""Every command that writes, and what it is asked to write."""


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders with a case and something of each format; all differs."""
    return [prepare(tmp_path_factory.mktemp(name), name) for name in ("axial", "whole_model")]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_command_leaves_no_mixture(command: str, overwrite: bool, roots: list[Path], tmp_path: Path) -> None:
    old, new = (words(command, root) for root in roots)
    place, target = tmp_path / "place", tmp_path / "place" / COMMANDS[command]
    place.mkdir()
    outputs = ["-o", str(target), "--losses", str(place / "losses.json"), "--overwrite"]
    started = time.monotonic()
    assert finish(start([*new, *outputs])) == 0
    longest = time.monotonic() - started
    whole = contents(place)
    chance, ends = random.Random(f"{command}{overwrite}"), {"former": 0, "new": 0, "with leftovers": 0}
    for _ in range(KILLS // (2 * len(COMMANDS))):
        shutil.rmtree(place)
        place.mkdir()
        if overwrite:
            assert main([*old, *outputs]) == 0
        former = contents(place)
        assert former != whole
        child = start([*new, *(outputs if overwrite else outputs[:-1])])
        time.sleep(chance.uniform(0, longest * 1.1))
        os.kill(child, signal.SIGKILL)
        finish(child)
        ends["with leftovers"] += any(is_stage(each.name) for each in place.iterdir())
        code = main(reading(command, target, tmp_path / "read"))
        seen = {name: digest for name, digest in contents(place).items() if not is_stage(name.split("/")[0])}
        assert seen in (former, whole), f"a mixture: {sorted(seen)}"
        assert code == (0 if seen else 1)
        ends["new" if seen == whole else "former"] += 1
        assert main([*new, *outputs]) == 0
        assert contents(place) == whole
    print(command, "overwriting" if overwrite else "new", ends)


@pytest.mark.parametrize("writers", [2, 4])
@pytest.mark.parametrize("command", ["to-coco", "to-yolo", "to-dicom-seg", "from-nifti", "from-coco"])
def test_of_several_commands_at_one_target_each_is_done_whole_or_refused(
    command: str, writers: int, roots: list[Path], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    outputs = ["-o", str(place / COMMANDS[command]), "--losses", str(place / "losses.json"), "--overwrite"]
    wholes = []
    for root in roots:
        shutil.rmtree(place, ignore_errors=True)
        assert main([*words(command, root), *outputs]) == 0
        wholes.append(contents(place))
    refused = 0
    for _ in range(RIVALRIES):
        children = [start([*words(command, roots[number % 2]), *outputs]) for number in range(writers)]
        codes = [finish(child) for child in children]
        assert 0 in codes
        assert {*codes} <= {0, 2}
        refused += codes.count(2)
        assert contents(place) in wholes
    print(command, writers, "writers", RIVALRIES, "times;", refused, "refused")


def words(command: str, root: Path) -> list[str]:
    """Return a command without its outputs; a writer writes the pictures too."""
    direction, _, name = command.partition("-")
    if direction == "from":
        return [command, str(source_of(root, name)), *pictures(name, root), "--quiet"]
    render = ["--render", "16"] if "render" in registry.converter("to", name).options else []
    return [command, str(root / "d/case.json"), "--images", str(root / "d/images"), *render, "--quiet"]


def reading(command: str, target: Path, place: Path) -> list[str]:
    """Return a command that reads what another one wrote."""
    direction, _, name = command.partition("-")
    shutil.rmtree(place, ignore_errors=True)
    if direction == "to":
        return [f"from-{name}", str(target), "-o", str(place), "--quiet"]
    return ["info", str(target), "--quiet"]


def start(arguments: list[str]) -> int:
    """Run a command in a child of its own; return its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads that libraries left idle
        child = os.fork()
    if child == 0:
        os._exit(main(arguments))
    return child


def finish(child: int) -> int:
    """Wait for a child; return its exit code, or the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file below a folder, by its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
