"""Volumes that are many, long or wide: whole commands, their CPU, wall time and memory.

    python -m tests.benchmarks.volumes [layouts] [masks] [slides] [growth] [--work FOLDER] [--slices 1600] [--runs 1]

Each command is a process of its own, as installed, with compiled byte code; medians of `runs`. Data, all of seed
20261127: a map of 117 touching ellipsoids in 512 x 512 x `slices` voxels, the same as 117 files, and whole slides of
60,000 x 60,000 and 100,000 x 100,000 pixels in tiles of 512 x 512 without pixels of their own, 0.4 % of each covered by
discs of 40 to 400 pixels (slides). Beside the files of masks stands what a plain isal inflate of them costs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.pixels import NiftiVolume, foreground_of
from tests.benchmarks.pictures import Cost, medians, run
from tests.slides import SEED, same, write_slide_case

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

LABELS: Final = 117
LAYOUTS: Final = ("flat", "nnunet", "msd", "bids", "monai")
COVERED: Final = 0.004
_INFLATE: Final = """
import sys
from isal import igzip_lib
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        member, pending = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), b""
        while not member.eof:
            if member.needs_input:
                pending = file.read(1 << 16)
            member.decompress(pending, 1 << 20)
            pending = b""
"""


def measured(command: Sequence[str | Path], runs: int, target: Path | None = None) -> Cost:
    """Return the medians of a command's costs; its output is deleted before each run but the last."""
    found: list[Cost] = []
    for _ in range(runs):
        if target is not None:
            _delete(target)
        found.append(run(*command))
    return medians(found)


def annoconv(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "annoconv", *arguments, "--quiet"]


def row(what: str, cost: Cost, *more: str) -> None:
    told = f"{cost.cpu:.2f} s", f"{cost.wall:.2f} s", f"{cost.peak:.0f} MB"
    print(" | ".join(["", what, *told, *more, ""]).strip(), flush=True)


def _delete(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    shutil.rmtree(path.with_suffix(".masks"), ignore_errors=True)


# --- a map of 117 labels, and 117 files


def ellipsoids(slices: int) -> NDArray[np.uint8]:
    """Return touching ellipsoids; each is painted in its box, over what was there."""
    rng = np.random.default_rng(SEED)
    shape = (slices, 512, 512)
    labels_kji = np.zeros(shape, np.uint8)
    for label in range(1, LABELS + 1):
        radii = np.array([rng.uniform(0.03, 0.14) * slices, rng.uniform(20, 80), rng.uniform(20, 80)])
        center = np.array([rng.uniform(0.1, 0.9) * slices, rng.uniform(120, 390), rng.uniform(80, 430)])
        first = np.maximum(np.floor(center - radii).astype(int), 0)
        last = np.minimum(np.ceil(center + radii).astype(int) + 1, shape)
        box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        axes = np.ogrid[box]
        inside = sum(((axis - c) / r) ** 2 for axis, c, r in zip(axes, center, radii, strict=True)) < 1
        labels_kji[box][inside] = label
    return labels_kji


def make_maps(work: Path, slices: int) -> None:
    """Write a CT series, `map/case.json` of one label map, and `files/`, one each as TotalSegmentator has them."""
    from annoconv import images
    from annoconv.demo.series import write_series
    from annoconv.documents import strict_json
    from annoconv.geometry import Grid
    from annoconv.pixels import save_nifti

    affine = np.diag([0.8, 0.8, 1.0, 1.0])
    grid = Grid((512, 512, slices), affine)
    pixels = np.broadcast_to(np.arange(512, dtype=np.int16), grid.shape_kji)
    write_series(work / "ct", grid, pixels, name="volumes")
    image = strict_json.plain(images.open(work / "ct").describe())
    labels_kji = ellipsoids(slices)
    print(f"117 labels, {slices} slices: foreground {np.count_nonzero(labels_kji) / labels_kji.size:.4f}", flush=True)
    (work / "map").mkdir()
    save_nifti(work / "map" / "labels.nii.gz", labels_kji, grid)
    masks = [_mask(f"M{n}", f"ORGAN_{n}", "labels.nii.gz", n) for n in range(1, LABELS + 1)]
    (work / "map" / "case.json").write_bytes(strict_json.dumps(_document(image, masks)))
    write_files(work)


def write_files(work: Path) -> None:
    """Write each label of the map to a file: the header is nibabel's, deflated by isal, since gzip takes minutes."""
    import nibabel
    from isal import igzip

    (work / "files").mkdir()
    volume = NiftiVolume(work / "map" / "labels.nii.gz")
    found = foreground_of(volume)
    header = nibabel.Nifti1Header()
    header.set_data_shape(volume.grid.shape)
    header.set_data_dtype(np.uint8)
    header.set_xyzt_units("mm")
    for form in (header.set_sform, header.set_qform):
        form(np.diag([-1, -1, 1, 1]) @ volume.grid.affine, 1)
    header["magic"], header["vox_offset"], header["scl_slope"], header["scl_inter"] = b"n+1", 352, 1, 0
    for label in found.boxes() if found else ():
        with igzip.open(work / "files" / f"organ_{label}.nii.gz", "wb", compresslevel=2) as file:
            file.write(header.binaryblock + bytes(4))
            for piece in found.of(label).pieces(np.dtype(np.uint8)) if found else ():
                file.write(piece)


def _mask(identity: str, label: str, file: str, value: int | None = None) -> dict[str, Any]:
    told = {"id": identity, "category": "organ", "label_code": label, "type": "mask", "mask_file": file}
    return told if value is None else {**told, "mask_value": value}


def _document(image: dict[str, Any], masks: list[dict[str, Any]]) -> dict[str, Any]:
    told = {"task_id": "T", "case_id": "C1", "image": image, "annotations": masks}
    return {**told, "metadata": {"annotator": "A1"}}


def layouts(work: Path, runs: int) -> None:
    """Print what each layout of one map costs, there and back, beside the flat one."""
    print("\n| one map of 117 labels | CPU | wall | peak | of flat |\n|---|---|---|---|---|")
    flat: list[Cost] = []
    for layout in LAYOUTS:
        out = work / f"out-{layout}"
        arrange = ["--arrange", "label-map"] if layout == "flat" else []
        there = annoconv(
            "to-nifti", work / "map" / "case.json", "-o", out, "--images", work / "ct", "--layout", layout, *arrange
        )
        back = annoconv("from-nifti", out, "-o", work / "back")
        costs = [measured(there, runs, out), measured(back, runs, work / "back")]
        flat = flat or costs
        for what, cost, other in zip(("to-nifti", "from-nifti"), costs, flat, strict=True):
            row(f"`{what}` {layout}", cost, f"{cost.cpu / other.cpu:.2f}")
        _delete(out)
        _delete(work / "back")


def masks(work: Path, runs: int) -> None:
    """Print what 117 files cost in and out, and a plain inflate of the same files."""
    print("\n| 117 files | CPU | wall | peak |\n|---|---|---|---|")
    inflate = [sys.executable, "-c", _INFLATE]
    read, out, again, one = (work / name for name in ("in", "out", "again", "map/case.json"))
    row("inflated by isal, the files by nibabel", measured([*inflate, *(work / "files").iterdir()], runs))
    row("`from-nifti` of these", measured(annoconv("from-nifti", work / "files", "-o", read), runs, read))
    row("inflated by isal, the files of that case", measured([*inflate, *read.rglob("*.nii.gz")], runs))
    row("`to-nifti` of that case", measured(annoconv("to-nifti", read, "-o", out), runs, out))
    row("`from-nifti` of these", measured(annoconv("from-nifti", out, "-o", again), runs, again))
    row("`to-nifti` of one map", measured(annoconv("to-nifti", one, "-o", out), runs, out))
    for each in (read, out, again):
        _delete(each)


# --- whole slides


def slides(work: Path, runs: int, sizes: Sequence[int] = (60_000, 100_000)) -> None:
    """Print what a slide costs there and back."""
    print("\n| slide | CPU | wall | peak |\n|---|---|---|---|")
    for size in sizes:
        folder = _slide(work, size)
        case, seg, back = folder / "case", folder / "seg.dcm", folder / "back"
        slide = ["--images", folder / "slide.dcm"]
        for what, command, target in (
            ("`to-dicom-seg`", annoconv("to-dicom-seg", case, "-o", seg, *slide), seg),
            ("`from-dicom-seg`", annoconv("from-dicom-seg", seg, "-o", back, *slide), back),
            ("`validate --profile exchange`", annoconv("validate", case, "--profile", "exchange"), None),
        ):
            row(f"{size} x {size}, {what}", measured(command, runs, target))
        if not same(*(foreground_of(NiftiVolume(path)) for path in (case / "m.nii.gz", back / "m.nii.gz"))):
            raise RuntimeError("the mask that came back is another")
        _delete(seg)
        _delete(back)


def growth(work: Path, runs: int) -> None:
    """Print what slides of 1, 10 and 100 times the pixels cost, and 1, 10 and 100 files of masks."""
    print("\n| what | CPU | wall | peak | times the CPU of a tenth |\n|---|---|---|---|---|")
    before = 0.0
    for size in (10_000, 31_623, 100_000):
        folder = _slide(work, size)
        seg, slide = folder / "seg.dcm", ["--images", folder / "slide.dcm"]
        there = measured(annoconv("to-dicom-seg", folder / "case", "-o", seg, *slide), runs, seg)
        back = measured(annoconv("from-dicom-seg", seg, "-o", folder / "back", *slide), runs, folder / "back")
        both = Cost(there.cpu + back.cpu, there.wall + back.wall, max(there.peak, back.peak))
        row(f"{size} x {size}, there and back", both, f"{both.cpu / before:.1f}" if before else "")
        before = both.cpu
        _delete(seg)
        _delete(folder / "back")
    before = 0.0
    for count in (1, 10, 100):
        some = work / f"some{count}"
        some.mkdir()
        for path in sorted((work / "files").iterdir())[:count]:
            (some / path.name).hardlink_to(path)
        cost = measured(annoconv("from-nifti", some, "-o", work / "in"), runs, work / "in")
        row(f"{count} of the files, `from-nifti`", cost, f"{cost.cpu / before:.1f}" if before else "")
        before = cost.cpu
        _delete(some)
        _delete(work / "in")


def _slide(work: Path, size: int) -> Path:
    folder = work / f"slide{size}"
    if not folder.exists():
        mask = write_slide_case(folder, size, COVERED)
        print(f"{size} x {size}: {mask.voxels / size**2:.4%} covered", flush=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["layouts", "masks", "slides", "growth"])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--slices", type=int, default=1600)
    parser.add_argument("--runs", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = asked.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        if {"layouts", "masks", "growth"} & {*asked.parts} and not (work / "map").exists():
            make_maps(work, asked.slices)
        parts: dict[str, Callable[[Path, int], None]] = {
            "layouts": layouts,
            "masks": masks,
            "slides": slides,
            "growth": growth,
        }
        for part in asked.parts:
            parts[part](work, asked.runs)


if __name__ == "__main__":
    main()
