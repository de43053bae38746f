"""How costs grow with the work: `python -m tests.benchmarks.growth [rows ...] [--most 10000]`.

For each thing whose cost once grew faster than its work: whole commands at n, 10 n and 100 n, a process each, as they
run, their garbage collector with its own settings; CPU (user and system) beyond the start, and peak memory. 100 n is
`most`, for labels, mask files and hostile outlines a hundredth of it, for slides the pixels of 60,000 x 60,000. Ten
times the work should cost twelve times the CPU at most; a row beyond that says so. Seeds are those of the generators.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.benchmarks.pictures import FORMATS, Cost, cells, coco, command, lines, run, start, wrong
from tests.slides import write_slide_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Named = Iterator[tuple[str, Cost]]

MOST_TIMES: Final = 12
"""The CPU of a tenth of the work."""
SLICE, SLICES, SLIDE, COVERED = 128, 100, 60_000, 0.004
LOSSES: Final = "import sys; from tests.benchmarks.documents import lose; lose(int(sys.argv[1]), sys.argv[2])"


def findings(folder: Path, count: int) -> Named:
    """Measure a document in which each annotation is wrong."""
    wrong(folder / "wrong.json", count)
    yield "`validate`, findings of one kind", command("validate", folder / "wrong.json")


def polygons(folder: Path, count: int) -> Named:
    """Measure a case of polygons, to each format and back with its side file."""
    cells(folder / "in.geojson", count)
    yield "cells: `from-geojson`", command("from-geojson", folder / "in.geojson", "-o", folder / "case.json")
    told = json.loads((folder / "case.json").read_text())
    told["image"]["shape"] = [41_000, 41_000]
    (folder / "case.json").write_text(json.dumps(told))
    for name, target in FORMATS.items():
        out = folder / name / target
        out.parent.mkdir()
        yield f"a case of polygons: `to-{name}`", command(f"to-{name}", folder / "case.json", "-o", out)
        back = folder / f"{name}.jsonl"
        yield f"with its side file: `from-{name}`", command(f"from-{name}", out, "-o", back)


def cases(folder: Path, count: int) -> Named:
    """Measure JSON Lines of cases of one box."""
    lines(folder / "in.jsonl", count)
    for name, target in FORMATS.items():
        out = folder / name / target
        out.parent.mkdir()
        yield f"JSON Lines: `to-{name}`", command(f"to-{name}", folder / "in.jsonl", "-o", out)
        yield f"JSON Lines: `from-{name}`", command(f"from-{name}", out, "-o", folder / f"{name}.jsonl")


def boxes(folder: Path, count: int) -> Named:
    """Measure boxes, ten a picture, from COCO to YOLO."""
    coco(folder / "in.json", count)
    yield "boxes, `convert` COCO to YOLO", command("convert", folder / "in.json", "-o", folder / "set", "--to", "yolo")


def classes(folder: Path, count: int) -> Named:
    """Measure boxes, ten a picture, each of a class of its own, from COCO to the class lists of cases and on."""
    coco(folder / "in.json", count, count)
    yield "classes: `from-coco`", command("from-coco", folder / "in.json", "-o", folder / "in.jsonl")
    for name in ("coco", "yolo", "cvat"):
        out = folder / name / FORMATS[name]
        out.parent.mkdir()
        yield f"classes: `to-{name}`", command(f"to-{name}", folder / "in.jsonl", "-o", out)
        yield f"classes: `from-{name}` again", command(f"from-{name}", out, "-o", folder / f"{name}.jsonl")


def losses(folder: Path, count: int) -> Named:
    """Measure losses of one case, compared, reported and written in order."""
    yield "losses", run(sys.executable, "-c", LOSSES, 10 * count, folder / "losses.json")


def masks(folder: Path, count: int) -> Named:
    """Measure labels of a map, and as many files of masks, in `SLICES` slices of `SLICE` x `SLICE`."""
    labels = max(count // 100, 1)
    grid = Grid((SLICE, SLICE, SLICES), np.diag([1.0, 1.0, 2.0, 1.0]))
    labels_kji = np.zeros(grid.shape_kji, np.uint8)
    files: list[dict[str, Any]] = []
    for number in range(labels):
        row, column = divmod(number, 10)
        box = np.s_[:, 12 * row : 12 * row + 9, 12 * column : 12 * column + 9]
        labels_kji[box] = number + 1
        mask = {"id": f"M{number}", "category": "organ", "label_code": f"ORGAN_{number}", "type": "mask"}
        files.append({**mask, "mask_file": "map.nii.gz", "mask_value": number + 1})
    save_nifti(folder / "map.nii.gz", labels_kji, grid)
    save_nifti(folder / "ct.nii.gz", labels_kji.astype(np.int16), grid)
    image = {"uid": "1.2.3", "modality": "CT", "shape": list(grid.shape), "spacing": [1, 1, 2], "origin": [0, 0, 0]}
    image["direction"] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    told = {"task_id": "T", "case_id": "C", "image": image, "annotations": files, "metadata": {"annotator": "R1"}}
    (folder / "case.json").write_text(json.dumps(told))
    asked = ("--images", folder / "ct.nii.gz")
    for what, layout in (("files of masks", "flat"), ("nnU-Net of one map", "nnunet")):
        out = folder / layout
        yield f"{what}: `to-nifti`", command("to-nifti", folder / "case.json", "-o", out, *asked, "--layout", layout)
        yield f"{what}: `from-nifti`", command("from-nifti", out, "-o", folder / f"{layout}-back")


def slides(folder: Path, count: int, most: int) -> Named:
    """Measure a slide of so many of the pixels of the largest."""
    size = round(SLIDE * (count / most) ** 0.5)
    write_slide_case(folder, size, COVERED)
    asked = ("--images", folder / "slide.dcm")
    yield "a slide: `to-dicom-seg`", command("to-dicom-seg", folder / "case", "-o", folder / "seg.dcm", *asked)
    yield "a slide: `from-dicom-seg`", command("from-dicom-seg", folder / "seg.dcm", "-o", folder / "back", *asked)


def hostile(folder: Path, count: int) -> Named:
    """Measure triangles across a slide of which each states a wrong area."""
    side = float(SLIDE)
    listed = [
        {
            "id": number,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "segmentation": [[0.0, 0.0, side - number, float(number), float(number), side - number]],
            "area": 7.0,
        }
        for number in range(1, max(count // 10, 1) + 1)
    ]
    told = {"images": [{"id": 1, "file_name": "a.png", "width": SLIDE, "height": SLIDE}], "annotations": listed}
    (folder / "wide.json").write_text(json.dumps({**told, "categories": [{"id": 1, "name": "a"}]}))
    yield (
        "outlines whose area is wrong: `from-coco`",
        command("from-coco", folder / "wide.json", "-o", folder / "a.json"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--most", type=int, default=10_000)
    asked = parser.parse_args()
    every: dict[str, Callable[[Path, int], Named]] = {
        each.__name__: each for each in (findings, polygons, cases, boxes, classes, losses, masks, hostile)
    }
    every["slides"] = lambda folder, count: slides(folder, count, asked.most)
    started = start()
    print(f"The start, with one box to do: {started.cpu:.2f} s, {started.peak:.0f} MB.\n")
    print("| what | n | 10 n | 100 n | times the tenth: 10 n, 100 n | peak, MB |\n|---|---|---|---|---|---|")
    for name in asked.rows or every:
        found: dict[str, list[Cost]] = {}
        for count in (asked.most // 100, asked.most // 10, asked.most):
            with tempfile.TemporaryDirectory() as folder:
                for what, cost in every[name](Path(folder), count):
                    found.setdefault(what, []).append(cost)
        for what, costs in found.items():
            beyond = [max(each.cpu - started.cpu, 0.01) for each in costs]
            times = [after / before for before, after in pairwise(beyond)]
            short = " **short**" if beyond[1] > 1 and times[-1] > MOST_TIMES else ""
            told = " | ".join(f"{each.cpu:.2f} s" for each in costs)
            peaks = ", ".join(f"{each.peak:.0f}" for each in costs)
            print(f"| {what} | {told} | {', '.join(f'{each:.1f}' for each in times)}{short} | {peaks} |", flush=True)


if __name__ == "__main__":
    main()
