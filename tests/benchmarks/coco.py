"""Speed of COCO against the usual ways: `python -m tests.benchmarks.coco [--small]`.

Written as their own users write them: the pycocotools loop over all labels of every slice
(`encode(asfortranarray(labels == value))` where there is any), rasterio's `shapes` with four neighbours on the slice
of each label, `COCO(path)` of pycocotools. Data: a seeded map of 20 organs with rough borders and some holes, 512 x
512 x 320, and 1,000,000 annotations with a polygon of 6 to 24 vertices on 125,000 pictures. Ours start from the label
map; every string is compared with that of pycocotools, every polygon is decoded by it. Times are the best of three
(loading: one run each, in a process of its own), wall and CPU, one thread. "core" is without imports and without
making the data; "peak" is above the imports.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from annoconv_converters._raster.outlines import polygons_of
from annoconv_converters._raster.run_lengths import compress, counts_of, counts_of_labels
from scipy.ndimage import gaussian_filter

SEED = 20260102
LABELS = 20
REPEATS = 3


def organs(shape_kji: tuple[int, int, int]) -> Any:
    """Return 20 ellipsoids with rough borders, every fourth with a cavity; about 10 % is foreground."""
    rng = np.random.default_rng(SEED)
    labels_kji = np.zeros(shape_kji, np.uint8)
    for value in range(1, LABELS + 1):
        center = [rng.uniform(0.2, 0.8) * size for size in shape_kji]
        radii = [rng.uniform(0.08, 0.2) * size for size in shape_kji]
        low = [max(0, int(c - 1.3 * r)) for c, r in zip(center, radii, strict=True)]
        high = [min(s, int(c + 1.3 * r) + 1) for c, r, s in zip(center, radii, shape_kji, strict=True)]
        box = tuple(slice(*each) for each in zip(low, high, strict=True))
        axes = np.ogrid[box]
        distance = sum(((axis - c) / r) ** 2 for axis, c, r in zip(axes, center, radii, strict=True))
        noise = gaussian_filter(rng.standard_normal(distance.shape), 1.5)
        mask = distance + 0.03 * noise / noise.std() < 1
        if value % 4 == 0:
            mask &= ~(distance + 0.04 * noise / noise.std() < 0.05)
        labels_kji[box][mask] = value
    return labels_kji


def best(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall and CPU seconds of the fastest of three runs, and what the last gave."""
    timings, found = [], None
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        found = run()
        timings.append((time.perf_counter() - wall, time.process_time() - cpu))
    return (*min(timings, key=lambda timing: timing[1]), found)


def ours_run_lengths(labels_kji: Any) -> dict[tuple[int, int], bytes]:
    runs = list(counts_of_labels(labels_kji))
    texts = compress([run.counts for run in runs])
    return {(run.slice_index, run.label): text for run, text in zip(runs, texts, strict=True)}


def ours_polygons(labels_kji: Any) -> dict[tuple[int, int], list[list[int]]]:
    runs = list(counts_of_labels(labels_kji))
    polygons = polygons_of([run.counts for run in runs], labels_kji.shape[1])
    return {(run.slice_index, run.label): each for run, each in zip(runs, polygons, strict=True)}


def their_run_lengths(labels_kji: Any) -> dict[tuple[int, int], bytes]:
    from pycocotools import mask

    found = {}
    for k, labels_ji in enumerate(labels_kji):
        for value in range(1, LABELS + 1):
            mask_ji = labels_ji == value
            if mask_ji.any():
                found[k, value] = mask.encode(np.asfortranarray(mask_ji.astype(np.uint8)))["counts"]
    return found


def check_polygons(polygons: dict[tuple[int, int], list[list[int]]], labels_kji: Any) -> None:
    from pycocotools import mask

    size = labels_kji.shape[1:]
    for (k, value), each in polygons.items():
        decoded = mask.decode(mask.merge(mask.frPyObjects(each, *size)))
        assert np.array_equal(decoded, labels_kji[k] == value), "a polygon does not decode to its mask"


def check_random_masks(count: int) -> None:
    from pycocotools import mask

    rng = np.random.default_rng(SEED)
    many = [rng.random(rng.integers(1, 48, 2)) < rng.random() for _ in range(count)]
    theirs = [mask.encode(np.asfortranarray(each.astype(np.uint8)))["counts"] for each in many]
    assert compress([counts_of(each) for each in many]) == theirs, "the run lengths are not the same"


def annotations_file(path: Path, count: int) -> None:
    """Write an instances file, an eighth as many pictures as annotations."""
    rng = np.random.default_rng(SEED)
    images = count // 8
    with path.open("w") as file:
        categories = [{"id": i, "name": f"c{i}", "supercategory": "x"} for i in range(1, 81)]
        file.write(f'{{"info": {{}}, "licenses": [], "categories": {json.dumps(categories)}, "images": [\n')
        for i in range(1, images + 1):
            record = {"id": i, "width": 640, "height": 480, "file_name": f"{i:012d}.jpg", "license": 1}
            file.write(("," if i > 1 else "") + json.dumps(record))
        file.write('], "annotations": [\n')
        for i in range(1, count + 1):
            corners = int(rng.integers(6, 25))
            angles = np.arange(corners) * (2 * np.pi / corners)
            (x, y), radius = rng.uniform((100, 100), (500, 380)), rng.uniform(10, 90)
            ring = np.round(np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1), 2)
            low, high = ring.min(axis=0), ring.max(axis=0)
            area = float(
                abs(np.dot(ring[:, 0], np.roll(ring[:, 1], -1)) - np.dot(ring[:, 1], np.roll(ring[:, 0], -1))) / 2
            )
            record = {
                "segmentation": [ring.ravel().tolist()],
                "area": area,
                "iscrowd": 0,
                "image_id": int(rng.integers(1, images + 1)),
                "bbox": [*low.tolist(), *np.round(high - low, 2).tolist()],
                "category_id": int(rng.integers(1, 81)),
                "id": i,
            }
            file.write(("," if i > 1 else "") + json.dumps(record))
        file.write("]}\n")


def peak_kb() -> int:
    """Return the largest memory that this process has held; `getrusage` would count what its parent held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def load_once(who: str, path: Path) -> None:
    """Load a file in this process and print wall, CPU and peak as JSON; `__main__` starts one process for each."""
    if who == "ours":
        from annoconv_converters.coco.bulk import load as run
    elif who == "validate":
        from annoconv_converters.coco.bulk import validate

        def run(path: Path) -> Any:
            return sum(1 for _ in validate(path))
    else:
        from pycocotools.coco import COCO as run  # noqa: N811
    before = peak_kb()
    wall, cpu = time.perf_counter(), time.process_time()
    found = run(path)
    timing = [time.perf_counter() - wall, time.process_time() - cpu]
    peak = (peak_kb() - before) / 1024
    del found
    print(json.dumps([*timing, peak]))


def measure_loading(who: str, path: Path) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.coco", "--load", who, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(each) for each in json.loads(done.stdout.strip().splitlines()[-1])]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="64 slices, 100,000 annotations")
    parser.add_argument("--load", nargs=2, metavar=("WHO", "PATH"))
    arguments = parser.parse_args()
    if arguments.load:
        load_once(arguments.load[0], Path(arguments.load[1]))
        return
    names = ("numpy", "pycocotools", "rasterio", "msgspec")
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in names)}")
    print(f"one thread of {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    shape_kji = (64 if arguments.small else 320, 512, 512)
    labels_kji = organs(shape_kji)
    filled = np.count_nonzero(labels_kji) / labels_kji.size
    print(f"organs(): {shape_kji} with {LABELS} labels, {filled:.1%} foreground, seed {SEED}")
    check_random_masks(10_000)
    print("| what | ours, wall / CPU s | theirs | ratio (CPU) |\n|---|---|---|---|")
    *ours, ours_found = best(lambda: ours_run_lengths(labels_kji))
    *theirs, their_found = best(lambda: their_run_lengths(labels_kji))
    assert ours_found == their_found, "the run lengths are not the same"
    row(f"volume to run lengths, {len(ours_found)} masks, identical, and 10,000 random ones", ours, theirs)
    *ours, polygons = best(lambda: ours_polygons(labels_kji))
    check_polygons(polygons, labels_kji)
    try:
        from rasterio.features import shapes
    except ImportError:
        print("| exact polygons | rasterio is not installed | | |")
    else:
        few = [labels_kji[k] == value for k, value in sorted(polygons)[:: max(1, len(polygons) // 60)]]
        *theirs, _ = best(lambda: [list(shapes(mask.view(np.uint8), mask=mask, connectivity=4)) for mask in few])
        row(
            f"volume to exact polygons, ms a mask (all {len(polygons)}; theirs {len(few)} of them)",
            [1e3 * each / len(polygons) for each in ours],
            [1e3 * each / len(few) for each in theirs],
        )
    count = 100_000 if arguments.small else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instances.json"
        annotations_file(path, count)
        size = path.stat().st_size / 1e6
        ours, theirs = measure_loading("ours", path), measure_loading("pycocotools", path)
        row(f"load {count:,} annotations with an index ({size:.0f} MB)", ours, theirs)
        print(f"| its peak above imports, MB | {ours[2]:.0f} | {theirs[2]:.0f} | {theirs[2] / ours[2]:.1f} |")
        checked = measure_loading("validate", path)
        print(f"| validate them, streaming | {checked[0]:.1f} / {checked[1]:.1f}, peak {checked[2]:.0f} MB | | |")


def row(name: str, ours: list[float], theirs: list[float]) -> None:
    told = [f"{wall:.3g} / {cpu:.3g}" for wall, cpu, *_ in (ours, theirs)]
    print(f"| {name} | {told[0]} | {told[1]} | {theirs[1] / ours[1]:.1f} |")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


if __name__ == "__main__":
    main()
