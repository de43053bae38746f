"""What data sets of pictures cost: `python -m tests.benchmarks.pictures [rows ...] [--count N] [--repeat N]`.

Whole commands, CPU (user and system), wall and peak memory, each a process of its own, medians of `--repeat`; seed 1.
`boxes`: COCO boxes, ten a picture, to YOLO and back, through CVAT and Label Studio too, with and without their side
files, beside `panlabel`, whose program `--panlabel` names. `polygons`: COCO polygons of 16 vertices, ten a picture,
beside Datumaro's import and export, in the Python that `--datumaro` names. `lines`: JSON Lines of cases with one box
each through every format of pictures. `cells`: a case of cells with 24 vertices each to and from GeoJSON. `wrong`:
`validate` of a document in which each annotation is wrong. How these grow with the work is in `growth`.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SEED, SIZE, BOXES, CORNERS, VERTICES = 1, 1000, 10, 16, 24
FORMATS = {"coco": "x.json", "yolo": "set", "cvat": "x.xml", "label-studio": "x.json", "geojson": "x.geojson"}


DATUMARO: Final = """
import json, resource, sys, time
from datumaro import Dataset

def cost(do):
    wall, cpu = time.perf_counter(), time.process_time()
    made = do()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return made, (time.process_time() - cpu, time.perf_counter() - wall, peak)

read, told = cost(lambda: Dataset.import_from(sys.argv[1], "coco_instances"))
_, out = cost(lambda: read.export(sys.argv[2], "coco_instances"))
print(json.dumps({"import": told, "export": out}))
"""


class Peers(NamedTuple):
    """Programs of others: panlabel's own, and a Python that has Datumaro."""

    panlabel: str | None
    datumaro: str | None


class Cost(NamedTuple):
    """Of a process: seconds of CPU and of wall time, and megabytes."""

    cpu: float
    wall: float
    peak: float


def run(*arguments: object) -> Cost:
    """Run a command; its findings may make it exit with 1.

    A process counts the memory of the one that starts it as its own peak, so that is one which holds no data.
    """
    return _starter().submit(_run, list(map(str, arguments))).result()


@cache
def _starter() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _run(arguments: list[str]) -> Cost:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    quiet = subprocess.DEVNULL
    start = time.perf_counter()
    process = subprocess.Popen(arguments, env=environment, stdout=quiet, stderr=quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"{arguments}: {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


Named: TypeAlias = "Iterator[tuple[str, Cost]]"


def command(name: str, *arguments: object) -> Cost:
    return run("annoconv", name, *arguments, "--quiet")


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
            image: dict[str, Any] = {"uid": f"1.2.{number}", "modality": "OT", "shape": [SIZE, SIZE]}
            told: dict[str, Any] = {"schema_version": "1.1", "task_id": "T", "case_id": f"c{number}", "image": image}
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


def polygons(path: Path, count: int) -> None:
    """Write a COCO file of polygons of `CORNERS` vertices with their area and box, ten a picture."""
    chance = random.Random(SEED)
    annotations: list[dict[str, Any]] = []
    angles = [2 * math.pi * place / CORNERS for place in range(CORNERS)]
    images = [
        {"id": n, "file_name": f"{n:06d}.png", "width": SIZE, "height": SIZE} for n in range(1, count // BOXES + 1)
    ]
    for number in range(1, count + 1):
        x, y = chance.uniform(100, SIZE - 100), chance.uniform(100, SIZE - 100)
        xs = [round(x + 40 * math.cos(angle), 2) for angle in angles]
        ys = [round(y + (30 + 9 * chance.random()) * math.sin(angle), 2) for angle in angles]
        twice = sum(xs[n - 1] * ys[n] - xs[n] * ys[n - 1] for n in range(CORNERS))
        box = [min(xs), min(ys), round(max(xs) - min(xs), 2), round(max(ys) - min(ys), 2)]
        ring = [each for pair in zip(xs, ys, strict=True) for each in pair]
        place = {"id": number, "image_id": 1 + (number - 1) // BOXES, "category_id": 1 + number % 5, "iscrowd": 0}
        annotations.append({**place, "segmentation": [ring], "area": round(abs(twice) / 2, 2), "bbox": box})
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, 6)]
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


def medians(costs: Sequence[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def start() -> Cost:
    """Measure `to-yolo` of one box: what a command takes before it has much to do."""
    with tempfile.TemporaryDirectory() as name:
        lines(Path(name, "in.jsonl"), 1)
        return medians([command("to-yolo", Path(name, "in.jsonl"), "-o", Path(name, f"{n}")) for n in range(5)])


def boxes_of_sets(folder: Path, count: int, peers: Peers) -> Named:
    """Measure boxes from COCO to YOLO and back, and through CVAT and Label Studio."""
    coco(folder / "in.json", count)
    yield "from-coco", command("from-coco", folder / "in.json", "-o", folder / "a.jsonl")
    yield "to-yolo", command("to-yolo", folder / "a.jsonl", "-o", folder / "set")
    yield "convert, COCO to YOLO", command("convert", folder / "in.json", "-o", folder / "other", "--to", "yolo")
    if peers.panlabel is not None:
        asked = ("-f", "coco", "-t", "yolo", "-i", folder / "in.json", "-o", folder / "theirs", "--allow-lossy")
        yield "panlabel, COCO to YOLO", run(peers.panlabel, "convert", *asked)
    yield "from-yolo", command("from-yolo", folder / "set", "-o", folder / "b.jsonl")
    yield "to-coco", command("to-coco", folder / "b.jsonl", "-o", folder / "b.json")
    for name, target in (("cvat", "x.xml"), ("label-studio", "x.json")):
        for inner in (name, f"{name}-alone"):
            (folder / inner).mkdir()
        out, alone = folder / name / target, folder / f"{name}-alone" / target
        yield f"to-{name}", command(f"to-{name}", folder / "a.jsonl", "-o", out)
        yield f"from-{name}", command(f"from-{name}", out, "-o", folder / f"{name}.jsonl")
        alone.write_bytes(out.read_bytes())
        yield f"from-{name}, no side file", command(f"from-{name}", alone, "-o", folder / f"{name}-alone.jsonl")


def polygons_of_sets(folder: Path, count: int, peers: Peers) -> Named:
    """Measure polygons from COCO and to it."""
    source = folder / "theirs" / "annotations" / "instances_all.json"
    source.parent.mkdir(parents=True)
    (folder / "theirs" / "images").mkdir()  # Datumaro asks for it
    polygons(source, count)
    yield "from-coco", command("from-coco", source, "-o", folder / "a.jsonl")
    yield "to-coco", command("to-coco", folder / "a.jsonl", "-o", folder / "b.json")
    if peers.datumaro is not None:
        told = subprocess.run(
            [peers.datumaro, "-c", DATUMARO, folder / "theirs", folder / "out"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        for name, (cpu, wall, peak) in json.loads(told.stdout.splitlines()[-1]).items():
            yield f"Datumaro, {name}", Cost(cpu, wall, peak)


def cells_of_a_case(folder: Path, count: int, _: Peers) -> Named:
    """Measure a case of cells from GeoJSON and to it."""
    cells(folder / "in.geojson", count)
    yield "from-geojson", command("from-geojson", folder / "in.geojson", "-o", folder / "cells.json")
    yield "to-geojson", command("to-geojson", folder / "cells.json", "-o", folder / "cells.geojson")


def lines_of_cases(folder: Path, count: int, _: Peers) -> Named:
    """Measure JSON Lines of cases of one box through every format."""
    lines(folder / "in.jsonl", count)
    for name, target in FORMATS.items():
        out = folder / name / target
        out.parent.mkdir()
        yield f"to-{name}", command(f"to-{name}", folder / "in.jsonl", "-o", out)
        yield f"from-{name}", command(f"from-{name}", out, "-o", folder / f"{name}.jsonl")


def wrong_annotations(folder: Path, count: int, _: Peers) -> Named:
    """Measure a document in which each annotation is wrong."""
    wrong(folder / "wrong.json", count)
    yield "validate", command("validate", folder / "wrong.json")


ROWS: Final[dict[str, Callable[[Path, int, Peers], Named]]] = {
    "boxes": boxes_of_sets,
    "polygons": polygons_of_sets,
    "cells": cells_of_a_case,
    "lines": lines_of_cases,
    "wrong": wrong_annotations,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--panlabel")
    parser.add_argument("--datumaro")
    asked = parser.parse_args()
    started = start()
    print(f"The start, with one box to do: {started.cpu:.2f} s, {started.peak:.0f} MB.\n")
    print("| what | how many | CPU | wall | peak | a second, beyond the start |\n|---|---|---|---|---|---|")
    for row in asked.rows or ROWS:
        found: dict[str, list[Cost]] = {}
        for _ in range(asked.repeat):
            with tempfile.TemporaryDirectory() as name:
                for what, cost in ROWS[row](Path(name), asked.count, Peers(asked.panlabel, asked.datumaro)):
                    found.setdefault(what, []).append(cost)
        for what, costs in found.items():
            cpu, wall, peak = medians(costs)
            speed = f"{asked.count / max(cpu - started.cpu, 0.01):,.0f}" if "," not in what or "side" in what else ""
            print(
                f"| {row}: {what} | {asked.count:,} | {cpu:.2f} s | {wall:.2f} s | {peak:.0f} MB | {speed} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
