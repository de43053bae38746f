"""What documents cost, and how that grows: `python -m tests.benchmarks.documents [most]`.

Whole commands, CPU (user and system) and wall, at `most` / 100, `most` / 10 and `most` annotations, 10,000 if nothing
else is asked for: COCO files of pictures with one polygon of 16 vertices each, seed 1, and folders of a case with one
mask of 16 x 16 x 4 voxels. Beside what writes a folder for each case, the same bytes are written plainly, unsynced.
Then losses by themselves, of one case and of a hundred: compared, reported, and written to a file in order.
"""

from __future__ import annotations

import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.cli.spool import Losses
from annoconv.documents.losses import report
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti

if TYPE_CHECKING:
    from collections.abc import Callable

VERTICES, SIZE, SEED = 16, 1000, 1
LEAVES = 50
"""Of an annotation that is lost: 48 coordinates, its id and its label."""


def coco(path: Path, count: int) -> None:
    """Write a COCO file of pictures with one polygon each."""
    chance = random.Random(SEED)
    annotations: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        x, y = chance.uniform(100, SIZE - 100), chance.uniform(100, SIZE - 100)
        angles = [2 * math.pi * place / VERTICES for place in range(VERTICES)]
        ring = [
            round(value, 2)
            for angle in angles
            for value in (x + 40 * math.cos(angle), y + (30 + 9 * chance.random()) * math.sin(angle))
        ]
        drawn = {"segmentation": [ring], "iscrowd": 0}
        annotations.append({"id": number, "image_id": number, "category_id": 1 + number % 5, **drawn})
    images = [{"id": n, "file_name": f"{n:06d}.png", "width": SIZE, "height": SIZE} for n in range(1, count + 1)]
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, 6)]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def volumes(folder: Path, count: int) -> None:
    """Write folders of a case with one mask each."""
    mask_kji = np.zeros((4, 16, 16), dtype=np.uint8)
    mask_kji[1:3, 4:9, 4:9] = 1
    grid = Grid((16, 16, 4), np.diag([1.0, 1.0, 2.0, 1.0]))
    image: dict[str, Any] = {"modality": "CT", "shape": [16, 16, 4], "spacing": [1, 1, 2], "origin": [0, 0, 0]}
    image["direction"] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    save_nifti(folder / "mask.nii.gz", mask_kji, grid)
    mask = (folder / "mask.nii.gz").read_bytes()
    drawn = {"id": "M", "category": "organ", "label_code": "LIVER", "type": "mask", "mask_file": "masks/1.nii.gz"}
    for number in range(count):
        (folder / f"c{number}" / "masks").mkdir(parents=True)
        (folder / f"c{number}" / "masks" / "1.nii.gz").write_bytes(mask)
        told = {"task_id": "T", "case_id": f"c{number}", "image": {"uid": f"1.2.{number}", **image}}
        told |= {"annotations": [drawn], "metadata": {"annotator": "R1"}}
        (folder / f"c{number}" / "case.json").write_text(json.dumps(told))


def command(*arguments: object) -> tuple[float, float]:
    """Return the CPU and wall time of a command, in seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["annoconv", *map(str, arguments), "--quiet"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - start


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU and wall time of a piece of work, in seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def plainly(source: Path, target: Path, cost: tuple[float, float]) -> str:
    """Write the files of a folder again; return the CPU and wall time of that, and how many times that a cost is."""
    contents = {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}

    def write() -> None:
        for name, content in contents.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)

    plain = measured(write)
    ratios = " and ".join(f"{ours / theirs:.1f}" for ours, theirs in zip(cost, plain, strict=True))
    return f"{plain[0]:.2f} s, {plain[1]:.2f} s: {ratios}"


def lose(count: int, path: Path, cases: int = 1) -> None:
    """Compare cases with ones that lack all of them, and write the losses in order."""
    losses = Losses("en")
    for case in range(cases):
        lost = [
            {"id": f"a{n}", "label_code": "LESION", "polygon": [[float(k), k + 0.5] for k in range(24)]}
            for n in range(count // LEAVES // cases)
        ]
        reasons = {"*": "the format has no place for {place}"}
        losses.add(report({"annotations": lost}, {}, reasons, case_index=case).losses)
    with path.open("w", encoding="utf-8") as file:
        losses.write(file)


def row(name: str, count: int, cost: tuple[float, float], beside: str = "") -> None:
    cpu, wall = cost
    print(f"| {name} | {count:,} | {cpu:.2f} s | {wall:.2f} s | {beside} |", flush=True)


def main(most: int) -> None:
    print("| what | how many | CPU | wall | plainly, and how many times that |\n|---|---|---|---|---|")
    for count in (most // 100, most // 10, most):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            coco(folder / "in.json", count)
            cost = command("from-coco", folder / "in.json", "-o", folder / "cases")
            row("from-coco, a folder each", count, cost, plainly(folder / "cases", folder / "plain", cost))
            row("from-coco, lines", count, command("from-coco", folder / "in.json", "-o", folder / "cases.jsonl"))
            row("to-coco", count, command("to-coco", folder / "cases.jsonl", "-o", folder / "out.json"))
            (folder / "volumes").mkdir()
            volumes(folder / "volumes", count)
            cost = command("to-nifti", folder / "volumes", "-o", folder / "nifti")
            row("to-nifti, a folder each", count, cost, plainly(folder / "nifti", folder / "plain nifti", cost))
            for cases in (1, 100):
                cost = measured(lambda: lose(100 * count, folder / "losses.json", cases))  # noqa: B023
                row(f"losses of {cases} case(s)", 100 * count, cost)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
