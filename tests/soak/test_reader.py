"""What reads damaged files says each thing that it finds at once, so that nothing is lost when it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DYING = """
import os, signal, sys
from tests.soak import reader
count = 0
def read(format_name, sources):
    global count
    count += 1
    if count == 2:
        raise KeyError("found")
    if count == 3:
        os.kill(os.getpid(), signal.SIGKILL)
reader.read = read
reader.main()
"""


def test_a_killed_reader_has_said_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    command = [sys.executable, "-c", DYING, "case", "0", "9", str(tmp_path), str(tmp_path / "a.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    assert done.stdout.startswith("KeyError\t")
