"""Speed and memory of metrics against the usual ways: `python -m tests.benchmarks.metrics [--small]`.

Data: 20 organs of a body, from 150 mm to 4 mm, each with an outline of its own in both maps (seed 7), 512 x 512 x 320,
uint8, 1 x 0.7 x 0.7 mm; then pairs that are nothing alike. CPU time, the best of two, one process, without imports,
arrays in memory. Every peer is given the crop that holds both masks, as its careful user would, and is asked for the
same set: HD, HD95, mean distance, surface Dice. What a peer computes once for all of these is computed once. Memory is
that of the process above the two maps, by the system's high-water mark.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from scipy.ndimage import binary_erosion, distance_transform_edt, zoom

from annoconv.metrics.overlap import confusion, overlap
from annoconv.metrics.surface import surface
from annoconv.volumes.label_boxes import find_labels

SEED = 7
SPACING = (1.0, 0.7, 0.7)
RADII = [(110, 75, 55), (110, 75, 55), (70, 75, 55), (45, 45, 40), (60, 30, 30), (60, 30, 30), (40, 15, 50)]
RADII += [(150, 15, 15), (120, 10, 10), (50, 35, 35), *((r, r, r) for r in (25, 20, 18, 15, 12, 10, 8, 6, 5, 4))]
CENTERS = [(0.6, 0.45, 0.25), (0.6, 0.45, 0.75), (0.3, 0.45, 0.3), (0.62, 0.4, 0.5), (0.25, 0.65, 0.3)]
CENTERS += [(0.25, 0.65, 0.7), (0.3, 0.5, 0.55), (0.5, 0.75, 0.5), (0.5, 0.62, 0.45), (0.12, 0.4, 0.5)]
REPEATS = 2


def noise(shape: tuple[int, ...], cell: int, rng: np.random.Generator) -> Any:
    """Return smooth noise of unit deviation."""
    coarse = rng.standard_normal([max(2, -(-count // cell) + 1) for count in shape]).astype(np.float32)
    fine = zoom(coarse, [count / small for count, small in zip(shape, coarse.shape, strict=True)], order=1)
    return fine / max(1e-6, float(fine.std()))


def two_maps(shape: tuple[int, int, int]) -> tuple[Any, Any]:
    """Return two label maps of one body."""
    rng = np.random.default_rng(SEED)
    maps = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    extent = np.array(shape) * SPACING
    scale = extent / (320.0, 358.4, 358.4)
    for label, radii in enumerate(RADII, 1):
        radius = np.array(radii) * scale
        middle = np.array(CENTERS[label - 1] if label <= len(CENTERS) else rng.uniform(0.15, 0.85, 3)) * extent
        low = np.maximum(0, (middle - 1.4 * radius) / SPACING).astype(int)
        high = np.minimum(shape, np.ceil((middle + 1.4 * radius) / SPACING)).astype(int)
        axes = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        parts = (((axis * s - m) / r) ** 2 for axis, s, m, r in zip(axes, SPACING, middle, radius, strict=True))
        distance = np.asarray(sum(parts), dtype=np.float32)
        distance += 0.12 * noise(distance.shape, 12, rng)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        maps[0][box][distance < 1] = label
        maps[1][box][distance + 0.05 * noise(distance.shape, 10, rng) < 1] = label
    return maps


def unlike(shape: tuple[int, int, int]) -> dict[str, tuple[Any, Any]]:
    """Return pairs of masks that are nothing alike."""
    axes = np.ogrid[tuple(map(slice, shape))]

    def ball(middle: float, radius: float) -> Any:
        least = min(count * step for count, step in zip(shape, SPACING, strict=True))
        parts = (
            ((axis * step - middle * count * step) / (radius * least)) ** 2
            for axis, count, step in zip(axes, shape, SPACING, strict=True)
        )
        return sum(parts) < 1

    rng = np.random.default_rng(SEED)
    return {
        "one in the other": (ball(0.5, 0.45), ball(0.5, 0.12)),
        "apart": (ball(0.25, 0.2), ball(0.75, 0.2)),
        "noise of 30 %": (rng.random(shape) < 0.3, rng.random(shape) < 0.3),
        "noise of 30 % and a ball": (rng.random(shape) < 0.3, ball(0.5, 0.12)),
        "sparse noise": (rng.random(shape) < 0.001, rng.random(shape) < 0.001),
    }


def crops(a: Any, b: Any) -> list[tuple[Any, Any]]:
    """Return both masks of each label that both maps have, in the box that holds them and one voxel more."""
    found = []
    boxes = find_labels(a), find_labels(b)
    for label in sorted({*boxes[0]} & {*boxes[1]}):
        box = tuple(
            slice(max(0, min(p.start, q.start) - 1), max(p.stop, q.stop) + 1)
            for p, q in zip(boxes[0][label], boxes[1][label], strict=True)
        )
        found.append((a[box] == label, b[box] == label))
    return found


def scipy_set(pairs: list[tuple[Any, Any]]) -> None:
    for a, b in pairs:
        edges = [each ^ binary_erosion(each) for each in (a, b)]
        away = [distance_transform_edt(~edges[1 - n], sampling=SPACING)[edges[n]] for n in (0, 1)]
        both = np.concatenate(away)
        _ = both.max(), max(np.percentile(each, 95) for each in away), both.mean(), (both <= 1).mean()


def simpleitk_set(pairs: list[tuple[Any, Any]]) -> None:
    for a, b in pairs:
        images = [SimpleITK.GetImageFromArray(each.astype(np.uint8)) for each in (a, b)]
        for image in images:
            image.SetSpacing(SPACING[::-1])
        edges = [SimpleITK.LabelContour(image, False) for image in images]
        maps = [SimpleITK.Abs(SimpleITK.SignedMaurerDistanceMap(edge, False, False, True)) for edge in edges]
        away = [
            SimpleITK.GetArrayViewFromImage(maps[1 - n])[SimpleITK.GetArrayViewFromImage(edges[n]) != 0] for n in (0, 1)
        ]
        both = np.concatenate(away)
        _ = both.max(), max(np.percentile(each, 95) for each in away), both.mean(), (both <= 1).mean()


def medpy_set(pairs: list[tuple[Any, Any]]) -> None:
    from medpy.metric import binary

    for a, b in pairs:
        _ = binary.hd(b, a, SPACING), binary.hd95(b, a, SPACING), binary.assd(b, a, SPACING)


def surface_distance_set(pairs: list[tuple[Any, Any]]) -> None:
    import surface_distance as peer

    for a, b in pairs:
        told = peer.compute_surface_distances(a, b, SPACING)
        peer.compute_robust_hausdorff(told, 100)
        peer.compute_robust_hausdorff(told, 95)
        peer.compute_average_surface_distance(told)
        peer.compute_surface_dice_at_tolerance(told, 1.0)


def monai_set(pairs: list[tuple[Any, Any]]) -> None:
    import torch
    from monai import metrics as peer

    for a, b in pairs:
        x, y = (torch.from_numpy(each[None, None].astype(np.float32)) for each in (b, a))
        common: dict[str, Any] = {"include_background": True, "spacing": SPACING}
        peer.compute_hausdorff_distance(x, y, **common)
        peer.compute_hausdorff_distance(x, y, percentile=95, **common)
        peer.compute_average_surface_distance(x, y, symmetric=True, **common)
        peer.compute_surface_dice(x, y, [1.0], **common)


def cpu(run: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the CPU seconds of the fastest run."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def label_overlap(a: Any, b: Any) -> None:
    images = [SimpleITK.GetImageFromArray(each) for each in (a, b)]
    peer = SimpleITK.LabelOverlapMeasuresImageFilter()
    peer.Execute(*images)


def peak(what: str, paths: list[Path]) -> int:
    """Return the bytes that a process needs above the two maps."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.metrics", "--peak", what, *map(str, paths)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(json.loads(done.stdout))


def status(key: str) -> int:
    """Return a size in bytes that the system tells of this process."""
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024


def print_peak(what: str, paths: list[str]) -> None:
    warm = np.zeros((4, 4, 4), np.uint8)
    warm[1:3, 1:3, 1:3] = 1
    runs = {
        "overlap": lambda a, b: overlap(a, b, SPACING),
        "surface": lambda a, b: surface(a, b, SPACING, tolerances_mm=[1.0]),
        "surfel": lambda a, b: surface(a, b, SPACING, tolerances_mm=[1.0], points="surfel"),
    }
    runs[what](warm, np.roll(warm, 1, 0))
    a, b = (np.load(path) for path in paths)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    runs[what](a, b)
    print(status("VmHWM") - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a quarter of the size along each axis")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.peak:
        print_peak(asked.peak[0], asked.peak[1:])
        return
    warnings.filterwarnings("ignore")
    shape = (80, 128, 128) if asked.small else (320, 512, 512)
    a, b = two_maps(shape)
    both = ("numpy", "scipy", "simpleitk", "medpy", "surface-distance", "monai")
    print(f"{shape}, foreground {np.count_nonzero(a) / a.size:.1%}; Python {platform.python_version()},", end=" ")
    print(", ".join(f"{name} {version(name)}" for name in both))
    table = cpu(lambda: confusion(a, b))
    print(f"| confusion of all labels | {table:.3f} | |")
    print(f"| SimpleITK LabelOverlap | {(other := cpu(lambda: label_overlap(a, b))):.2f} | {other / table:.1f} |")
    whole = cpu(lambda: overlap(a, b, SPACING))
    voxel = cpu(lambda: surface(a, b, SPACING, tolerances_mm=[1.0]))
    surfel = cpu(lambda: surface(a, b, SPACING, tolerances_mm=[1.0], points="surfel"))
    print(f"| every overlap metric, every surface metric of voxels | {whole + voxel:.2f} | |")
    print(f"| surface set of voxels | {voxel:.2f} | |\n| surface set of surfels | {surfel:.2f} | |", flush=True)
    pairs = crops(a, b)
    for name, run, own in (
        ("SciPy", scipy_set, voxel),
        ("SimpleITK", simpleitk_set, voxel),
        ("MedPy", medpy_set, voxel),
        ("surface-distance", surface_distance_set, surfel),
        ("MONAI", monai_set, voxel),
    ):
        if name == "MONAI":
            import torch

            torch.set_num_threads(1)
        seconds = cpu(lambda run=run: run(pairs), 1)
        more = f" ({seconds / voxel:.1f} of voxels)" if own is surfel else ""
        print(f"| {name} | {seconds:.2f} | {seconds / own:.1f}{more} |", flush=True)
    for name, (p, q) in unlike(tuple(count // 2 for count in shape)).items():  # type: ignore[arg-type]
        ours, theirs = cpu(lambda p=p, q=q: surface(p, q, SPACING)), cpu(lambda p=p, q=q: scipy_set(crops(p, q)), 1)
        print(f"| unlike: {name} | {ours:.2f} | SciPy {theirs:.2f}, {theirs / ours:.1f} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{name}.npy") for name in "ab"]
        np.save(paths[0], a)
        np.save(paths[1], b)
        for what in ("overlap", "surface", "surfel"):
            needed = peak(what, paths)
            print(f"| memory of {what}, MB above the maps | {needed / 1e6:.0f} | {needed / a.nbytes:.2f} of one map |")


if __name__ == "__main__":
    main()
