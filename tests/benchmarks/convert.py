"""What `annoconv convert` costs beside its two halves: `python -m tests.benchmarks.convert [--small]`.

Data: the seeded label map of 20 smooth organs on a noisy CT (`tests.benchmarks.nifti`), 512 x 512 x 320, and a COCO
file of 2,000 pictures with ten boxes each. CPU is that of whole commands in processes of their own, imports included,
best of three; the halves write a case, or cases, in between.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from annoconv.demo.series import write_series
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.benchmarks.nifti import REPEATS, SEED, label_map

Line = list[str]


def cpu_of(lines: list[Line]) -> float:
    """Return the CPU seconds of commands, one after the other."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for line in lines:
        subprocess.run([sys.executable, "-m", "annoconv", *line, "--quiet"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def best(lines: Callable[[Path], list[Line]], folder: Path) -> float:
    """Return the least of some runs, each into a folder of its own."""
    spent: list[float] = []
    for _ in range(REPEATS):
        place = folder / "out"
        place.mkdir()
        spent.append(cpu_of(lines(place)))
        shutil.rmtree(place)
    return min(spent)


def volume(folder: Path, shape_kji: tuple[int, int, int]) -> None:
    grid = Grid(shape_kji[::-1], np.diag([0.7, 0.7, 1.0, 1.0]))
    noise = np.random.default_rng(SEED).normal(0, 20, shape_kji).astype(np.int16)
    write_series(folder / "ct", grid, noise, name="convert")
    save_nifti(folder / "organs.nii.gz", label_map(shape_kji), grid)


def pictures(path: Path, count: int) -> None:
    rng = np.random.default_rng(SEED)
    images = [{"id": n, "file_name": f"{n}.png", "width": 640, "height": 480} for n in range(count)]
    categories = [{"id": n, "name": f"class {n}"} for n in range(1, 21)]
    annotations = []
    for number in range(10 * count):
        x, y, width, height = (round(float(each), 2) for each in rng.uniform((0, 0, 5, 5), (400, 300, 200, 150)))
        box = {"bbox": [x, y, width, height], "area": width * height, "iscrowd": 0, "segmentation": []}
        annotations.append(box | {"id": number, "image_id": number // 10, "category_id": number % 20 + 1})
    path.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="64 x 64 x 20, and 50 pictures")
    is_small = parser.parse_args().small
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        volume(folder, (20, 64, 64) if is_small else (320, 512, 512))
        pictures(folder / "coco.json", 50 if is_small else 2000)
        organs, ct, coco = (f"{folder / each}" for each in ("organs.nii.gz", "ct", "coco.json"))
        task = ["--task", "T"]
        rows: dict[str, tuple[Callable[[Path], list[Line]], Callable[[Path], list[Line]]]] = {
            "NIfTI and CT to DICOM-SEG": (
                lambda out: [["convert", organs, ct, "-o", f"{out}/seg.dcm", *task]],
                lambda out: [
                    ["from-nifti", organs, "--images", ct, "-o", f"{out}/case.json", *task],
                    ["to-dicom-seg", f"{out}/case.json", "--images", ct, "-o", f"{out}/seg.dcm"],
                ],
            ),
            "COCO to YOLO": (
                lambda out: [["convert", coco, "--to", "yolo", "-o", f"{out}/yolo"]],
                lambda out: [
                    ["from-coco", coco, "-o", f"{out}/cases.jsonl"],
                    ["to-yolo", f"{out}/cases.jsonl", "-o", f"{out}/yolo"],
                ],
            ),
        }
        print("| what | convert, CPU | two commands, CPU | ratio |\n|---|---|---|---|")
        for row, (one, two) in rows.items():
            whole, halves = best(one, folder), best(two, folder)
            print(f"| {row} | {whole:.2f} s | {halves:.2f} s | {whole / halves:.2f} |", flush=True)


if __name__ == "__main__":
    main()
