"""What data sets of pictures cost, and how that grows: `python -m tests.benchmarks.pictures [most] [--panlabel PATH]`.

Whole commands, CPU (user and system), wall and peak memory, each a process of its own: JSON Lines of cases with one box
each through every format of pictures, COCO boxes (ten a picture) to YOLO and back, beside `panlabel` if its program is
named, a case of cells with 24 vertices each to and from GeoJSON, and `validate` of a document in which each annotation
is wrong. At `most` / 100, `most` / 10 and `most`, 10,000 if nothing else is asked for; seed 1. The last column is how
many times the row before it is: ten times the work should cost twelve times the CPU at most, and JSON Lines no memory.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

SEED, SIZE, BOXES, VERTICES = 1, 1000, 10, 24
FORMATS = {"coco": "x.json", "yolo": "set", "cvat": "x.xml", "label-studio": "x.json", "geojson": "x.geojson"}


class Cost(NamedTuple):
    """Of a process: seconds of CPU and of wall time, and megabytes."""

    cpu: float
    wall: float
    peak: float


def run(*arguments: object) -> Cost:
    """Run a command; its findings may make it exit with 1."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {0, 1}, arguments
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def boxes(chance: random.Random, count: int) -> list[list[float]]:
    """Return boxes, x, y, width and height."""
    return [
        [round(chance.uniform(0, SIZE - 50), 2) for _ in "xy"] + [round(chance.uniform(5, 45), 2) for _ in "wh"]
        for _ in range(count)
    ]


def lines(path: Path, count: int) -> None:
    """Write cases of one box each as JSON Lines."""
    chance = random.Random(SEED)
    with path.open("w") as file:
        for number in range(count):
            ((x, y, width, height),) = boxes(chance, 1)
            box = {"id": "A", "category": "lesion", "label_code": "NODULE", "type": "bbox"}
            image = {"uid": f"1.2.{number}", "modality": "OT", "shape": [SIZE, SIZE]}
            told = {"schema_version": "1.1", "task_id": "T", "case_id": f"c{number}", "image": image}
            told |= {"annotations": [{**box, "bbox": [x, y, x + width, y + height]}], "metadata": {"annotator": "R1"}}
            file.write(json.dumps(told) + "\n")


def coco(path: Path, count: int, classes: int = 5) -> None:
    """Write a COCO file of boxes of so many classes, ten a picture."""
    chance = random.Random(SEED)
    pictures = range(1, max(count // BOXES, 1) + 1)
    images = [{"id": n, "file_name": f"{n:06d}.png", "width": SIZE, "height": SIZE} for n in pictures]
    annotations: list[dict[str, Any]] = []
    for number, box in enumerate(boxes(chance, count), start=1):
        place = {"id": number, "image_id": 1 + (number - 1) // BOXES % len(images), "category_id": 1 + number % classes}
        annotations.append({**place, "segmentation": [], "area": box[2] * box[3], "bbox": box, "iscrowd": 0})
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, classes + 1)]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def cells(path: Path, count: int) -> None:
    """Write cells as QuPath exports them."""
    chance = random.Random(SEED)
    features: list[dict[str, Any]] = []
    for number in range(count):
        x, y = chance.uniform(100, 40_000), chance.uniform(100, 40_000)
        ring = [
            [round(x + 8 * math.cos(angle) * (1 + 0.2 * chance.random()), 2), round(y + 8 * math.sin(angle), 2)]
            for angle in (2 * math.pi * place / VERTICES for place in range(VERTICES))
        ]
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        properties = {"objectType": "annotation", "classification": {"name": f"cell {number % 5}", "color": [1, 2, 3]}}
        features.append({"type": "Feature", "id": f"cell-{number}", "geometry": geometry, "properties": properties})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def wrong(path: Path, count: int) -> None:
    """Write a case of which no annotation is one."""
    told = {"task_id": "T", "image": {"uid": "1", "modality": "CT"}, "metadata": {"annotator": "R1"}}
    path.write_text(json.dumps({**told, "annotations": [{"a": 1}] * count}))


def measured(folder: Path, count: int, panlabel: str | None) -> dict[str, Cost]:
    """Return the cost of each command at a size."""
    found: dict[str, Cost] = {}
    lines(folder / "in.jsonl", count)
    coco(folder / "in.json", count)
    cells(folder / "in.geojson", count)
    wrong(folder / "wrong.json", count)
    for name, target in FORMATS.items():
        out = folder / name / target
        out.parent.mkdir()
        found[f"JSON Lines: to-{name}"] = run("annoconv", f"to-{name}", folder / "in.jsonl", "-o", out)
        found[f"JSON Lines: from-{name}"] = run("annoconv", f"from-{name}", out, "-o", folder / f"{name}.jsonl")
    chain = (("from-coco", "in.json", "a.jsonl"), ("to-yolo", "a.jsonl", "set"), ("from-yolo", "set", "b.jsonl"))
    for command, source, target in (*chain, ("to-coco", "b.jsonl", "b.json")):
        found[f"boxes: {command}"] = run("annoconv", command, folder / source, "-o", folder / target)
    if panlabel is not None:
        asked = ("-f", "coco", "-t", "yolo", "-i", folder / "in.json", "-o", folder / "theirs", "--allow-lossy")
        found["boxes: panlabel, COCO to YOLO"] = run(panlabel, "convert", *asked)
    for command, source, target in (("from", "in.geojson", "cells.json"), ("to", "cells.json", "cells.geojson")):
        found[f"cells: {command}-geojson"] = run(
            "annoconv", f"{command}-geojson", folder / source, "-o", folder / target
        )
    found["wrong annotations: validate"] = run("annoconv", "validate", folder / "wrong.json")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("most", nargs="?", type=int, default=10_000)
    parser.add_argument("--panlabel")
    asked = parser.parse_args()
    started = run("annoconv", "to-yolo", "--help")
    print(f"The start alone, as `to-yolo --help`: {started.cpu:.2f} s, {started.peak:.0f} MB.\n")
    print("| what | how many | CPU | wall | peak | times the row before: CPU beyond the start, peak |")
    print("|---|---|---|---|---|---|")
    before: dict[str, Cost] = {}
    for count in (asked.most // 100, asked.most // 10, asked.most):
        with tempfile.TemporaryDirectory() as name:
            costs = measured(Path(name), count, asked.panlabel)
        for what, cost in costs.items():
            beside = ""
            if what in before:
                cpu = (cost.cpu - started.cpu) / max(before[what].cpu - started.cpu, 0.01)
                beside = f"{cpu:.1f}, {cost.peak / before[what].peak:.2f}"
            print(
                f"| {what} | {count:,} | {cost.cpu:.2f} s | {cost.wall:.2f} s | {cost.peak:.0f} MB | {beside} |",
                flush=True,
            )
        before = costs


if __name__ == "__main__":
    main()
