"""What safety costs: many files written as one output, and the same bytes written plainly and unsynced.

    python -m tests.benchmarks.outputs [folders]

Each folder holds a document of 1.2 kB and a mask of 0.2 kB, as `from-coco` writes of a picture with one mask; seed 0.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.files.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"case.json": 1200, "masks/1.nii.gz": 200}


def write(folder: Path, folders: int) -> None:
    chance = random.Random(0)
    contents = {name: chance.randbytes(size) for name, size in SIZES.items()}
    for number in range(folders):
        (folder / f"{number}" / "masks").mkdir(parents=True)
        for name, content in contents.items():
            (folder / f"{number}" / name).write_bytes(content)


def safely(folder: Path, folders: int) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        write(temporary, folders)


def measured(work: Callable[[Path, int], None], folder: Path, folders: int) -> tuple[float, float]:
    """Return the wall and CPU time of one run, in seconds."""
    os.sync()
    wall, cpu = time.perf_counter(), time.process_time()
    work(folder, folders)
    return time.perf_counter() - wall, time.process_time() - cpu


def main(folders: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        runs = [
            (measured(write, Path(place, f"p{n}"), folders), measured(safely, Path(place, f"s{n}"), folders))
            for n in range(3)
        ]
    (plain_wall, plain_cpu), (safe_wall, safe_cpu) = (
        tuple(min(each) for each in zip(*kind, strict=True)) for kind in zip(*runs, strict=True)
    )
    print(f"{folders} folders, {len(SIZES) * folders} files, best of 3")
    print(f"| plainly | {plain_wall:.2f} s | {plain_cpu:.2f} s |")
    print(f"| as one output | {safe_wall:.2f} s | {safe_cpu:.2f} s |")
    print(f"| ratio | {safe_wall / plain_wall:.2f} | {safe_cpu / plain_cpu:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
