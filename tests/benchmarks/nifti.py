"""Speed of NIfTI against the usual ways: `python -m tests.benchmarks.nifti [--small]`.

Written as their own users write them: nibabel's `save` at its default level, the `get_fdata` loop that every forum
answer has for splitting a label map, `np.unique` for listing it. Data: a seeded label map of 20 smooth organs and a
noisy body of int16 (CT-like), 512 x 512 x 320. Times are the best of three, wall and CPU, one process, one thread,
without imports and without making the data; splitting is the whole `to-nifti`, with synced files and its loss report.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.files.inflate import compress
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.model import Case
from annoconv.pixels import Mask, Masks, NiftiVolume
from annoconv.volumes.label_boxes import find_labels
from annoconv.volumes.nifti import nifti_pieces, read_array, read_header

SEED = 20260102
LABELS = 20
REPEATS = 3


@dataclass(frozen=True)
class Timing:
    wall_s: float
    cpu_s: float
    size: int = 0


def best(run: Callable[[], Any], size: Callable[[], int] = lambda: 0) -> Timing:
    """Return the best of three runs."""
    timings = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        timings.append(Timing(time.perf_counter() - wall, time.process_time() - cpu))
    fastest = min(timings, key=lambda timing: timing.wall_s)
    return Timing(fastest.wall_s, fastest.cpu_s, size())


def label_map(shape_kji: tuple[int, int, int]) -> Any:
    """Return 20 wavy ellipsoids; about 7 % is foreground."""
    rng = np.random.default_rng(SEED)
    labels_kji = np.zeros(shape_kji, np.uint8)
    k, j, i = np.ogrid[tuple(map(slice, shape_kji))]
    wave = 0.25 * np.sin(k / 9.0) * np.cos(j / 11.0) + 0.2 * np.sin(i / 13.0)
    for label in range(1, LABELS + 1):
        center = [rng.uniform(0.15 * n, 0.85 * n) for n in shape_kji]
        radii = [rng.uniform(0.04 * n, 0.16 * n) for n in shape_kji]
        distance = sum(((axis - c) / r) ** 2 for axis, c, r in zip((k, j, i), center, radii, strict=True))
        labels_kji[distance + wave < 1] = label
    return labels_kji


def ct_like(shape_kji: tuple[int, int, int]) -> Any:
    """Return a noisy cylinder in still air."""
    rng = np.random.default_rng(SEED)
    _, j, i = np.ogrid[tuple(map(slice, shape_kji))]
    inside = ((j / shape_kji[1] - 0.5) / 0.4) ** 2 + ((i / shape_kji[2] - 0.5) / 0.46) ** 2 < 1
    image = np.full(shape_kji, -1000, np.int16)
    noise = rng.normal(40, 12, shape_kji).astype(np.int16)
    np.copyto(image, noise, where=np.broadcast_to(inside, shape_kji))
    return image


def split_usually(path: Path, folder: Path) -> None:
    """Split a label map as forums answer it."""
    image = nibabel.load(path)
    data = image.get_fdata()
    for label in np.unique(data)[1:]:
        mask = (data == label).astype(np.uint8)
        nibabel.save(nibabel.Nifti1Image(mask, image.affine), folder / f"{int(label)}.nii.gz")


def case_of(path: Path, grid: Grid, labels: list[int]) -> LoadedCase:
    image = {
        "uid": "IMG",
        "modality": "CT",
        "shape": list(grid.shape),
        "spacing": grid.spacing.tolist(),
        "origin": grid.origin.tolist(),
        "direction": grid.direction.tolist(),
    }
    annotations = [
        {
            "id": f"M{n}",
            "category": "organ",
            "label_code": f"ORGAN_{n}",
            "type": "mask",
            "mask_file": "labels.nii.gz",
            "mask_value": n,
        }
        for n in labels
    ]
    case = Case.model_validate({"task_id": "T", "image": image, "annotations": annotations, "metadata": {}})
    volume = NiftiVolume(path)
    return LoadedCase(case, Masks(Mask(f"M{n}", volume, n) for n in labels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="128 x 128 x 80, to see that it runs")
    shape_kji = (80, 128, 128) if parser.parse_args().small else (320, 512, 512)
    labels_kji, ct_kji = label_map(shape_kji), ct_like(shape_kji)
    affine = np.diag([0.7, 0.7, 1.0, 1.0])
    grid = Grid(shape_kji[::-1], affine)
    ras = np.diag([-0.7, -0.7, 1.0, 1.0])
    names = ("numpy", "nibabel", "isal")
    print(f"{platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}")
    print(f"{shape_kji[::-1]} voxels, seed {SEED}, foreground {np.count_nonzero(labels_kji) / labels_kji.size:.1%}")
    rows: list[tuple[str, str, Timing, Timing]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, theirs = folder / "ours.nii.gz", folder / "theirs.nii.gz"
        for what, voxels in (("write a label map", labels_kji), ("write a CT", ct_kji)):
            image = nibabel.Nifti1Image(voxels.T, ras)

            def write(voxels: Any = voxels) -> None:
                with ours.open("wb") as file:
                    file.writelines(compress(nifti_pieces(voxels, grid)))

            mine = best(write, lambda: ours.stat().st_size)
            usual = best(lambda image=image: nibabel.save(image, theirs), lambda: theirs.stat().st_size)
            rows.append((what, "nibabel save", mine, usual))
            read_mine = best(lambda: read_array(read_header(theirs, Limits())))
            read_usual = best(lambda: np.asanyarray(nibabel.load(theirs).dataobj))
            rows.append((what.replace("write", "read"), "nibabel dataobj", read_mine, read_usual))
        nibabel.save(nibabel.Nifti1Image(labels_kji.T, ras), theirs)
        rows.append(
            ("list the labels", "np.unique", best(lambda: find_labels(labels_kji)), best(lambda: np.unique(labels_kji)))
        )
        found = list(find_labels(labels_kji))
        counter = iter(range(100))

        def split() -> None:
            registry.write([case_of(theirs, grid, found)], folder / f"out{next(counter)}", format="nifti")

        (folder / "usual").mkdir()
        rows.append(
            (
                f"split {len(found)} labels",
                "get_fdata loop",
                best(split),
                best(lambda: split_usually(theirs, folder / "usual")),
            )
        )
    print(f"{'what':22} {'against':16} {'ours s':>8} {'theirs s':>9} {'ratio':>6} {'cpu':>6} {'size':>6}")
    for what, against, mine, usual in rows:
        size = f"{mine.size / usual.size:.2f}" if usual.size else ""
        print(
            f"{what:22} {against:16} {mine.wall_s:8.3f} {usual.wall_s:9.3f} {usual.wall_s / mine.wall_s:6.1f}"
            f" {usual.cpu_s / mine.cpu_s:6.1f} {size:>6}"
        )


if __name__ == "__main__":
    main()
