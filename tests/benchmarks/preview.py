"""Speed of `annoconv preview`: `python -m tests.benchmarks.preview [--small]`.

Data: the seeded label map of 20 smooth organs and the noisy CT of `tests.benchmarks.nifti`, 512 x 512 x 320, as a DICOM
series and as NIfTI, its masks as one label map and as 20 files. CPU is that of the whole command in a process of its
own, imports and reading included, best of three; noise is the worst case for the PNG.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from annoconv import images
from annoconv.demo.series import write_series
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.benchmarks.nifti import LABELS, REPEATS, SEED, label_map


def write_inputs(folder: Path, shape_kji: tuple[int, int, int]) -> dict[str, tuple[Path, Path]]:
    """Write cases and images; return the case and the image of each row."""
    grid = Grid(shape_kji[::-1], np.diag([0.7, 0.7, 1.0, 1.0]))
    labels_kji = label_map(shape_kji)
    noise = np.random.default_rng(SEED).normal(0, 20, shape_kji).astype(np.int16)
    write_series(folder / "ct", grid, noise + labels_kji.astype(np.int16) * 10, name="preview")
    save_nifti(folder / "masks" / "all.nii.gz", labels_kji, grid)
    for n in range(LABELS):
        save_nifti(folder / "masks" / f"{n}.nii.gz", labels_kji == n + 1, grid)
    image = strict_json.plain(images.open(folder / "ct").describe())
    rows: dict[str, tuple[Path, Path]] = {}
    for name, fields in (
        ("one label map", lambda n: {"mask_file": "masks/all.nii.gz", "mask_value": n + 1}),
        ("20 mask files", lambda n: {"mask_file": f"masks/{n}.nii.gz"}),
    ):
        told: list[dict[str, Any]] = [
            {"id": f"M{n}", "type": "mask", "category": "organ", "label_code": f"LABEL_{n + 1}", **fields(n)}
            for n in range(LABELS)
        ]
        document = {"task_id": "T", "case_id": "C", "image": image, "annotations": told, "metadata": {"annotator": "A"}}
        path = folder / f"{name.replace(' ', '_')}.json"
        path.write_bytes(strict_json.dumps(document))
        rows[f"DICOM series, {name}"] = path, folder / "ct"
    return rows


def cpu_of(case: Path, image: Path, target: Path) -> float:
    """Return the CPU seconds of one command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        sys.executable,
        "-m",
        "annoconv",
        "preview",
        case,
        "--images",
        image,
        "-o",
        target,
        "--overwrite",
        "--quiet",
    ]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="64 x 64 x 20")
    shape_kji = (20, 64, 64) if parser.parse_args().small else (320, 512, 512)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| input | CPU | PNG |\n|---|---|---|")
        for row, (case, image) in write_inputs(folder, shape_kji).items():
            seconds = min(cpu_of(case, image, folder / "out.png") for _ in range(REPEATS))
            print(f"| {row} | {seconds:.2f} s | {(folder / 'out.png').stat().st_size / 1e6:.2f} MB |")


if __name__ == "__main__":
    main()
