"""DICOM-SEG against highdicom, dcmqi and pydicom-seg: time, memory, size, and whether the voxels are the same.

    python tests/benchmarks/dicom_seg.py [--work FOLDER] [--runs 3]

Each step runs in a process of its own, `runs` times; medians are printed. *Core* is without imports and reading the
inputs (series and label map); *whole* is the process from its start to its end; *peak* is the most memory above what
the process held once imports and inputs were there. The peers are used as their users would: highdicom and pydicom-seg
from Python, dcmqi by its programs. pydicom-seg needs pydicom < 3, so it gets an environment of its own in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHAPE = (320, 512, 512)
SPACING = (0.78125, 0.78125, 1.0)
ORIGIN = (-199.6, -180.0, -300.0)
FOREGROUND = 0.155
SEEDS = {20: 20, 100: 100}
NIFTI_AT = "2026-01-01T10:10:10+08:00"


# --- inputs


def make_inputs(work: Path) -> None:
    """Write a CT series with shuffled file names, and label maps of 20 and 100 touching ellipsoids."""
    import nibabel
    import numpy as np

    from annoconv import images
    from annoconv.documents import strict_json

    if not (work / "ct").exists():
        write_series(work / "ct")
    image = strict_json.plain(images.open(work / "ct").describe())
    affine = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 1.0])
    affine[:3, 3] = [-ORIGIN[0], -ORIGIN[1], ORIGIN[2]]
    for count, seed in SEEDS.items():
        folder = work / f"case{count}"
        folder.mkdir(exist_ok=True)
        if not (folder / "labels.nii.gz").exists():
            labels = ellipsoids(count, seed)
            np.save(work / f"labels{count}.npy", labels)
            nibabel.save(nibabel.Nifti1Image(labels.transpose(2, 1, 0), affine), folder / "labels.nii.gz")
        (folder / "case.json").write_bytes(strict_json.dumps(case_document(count, image)))
        (folder / "dcmqi.json").write_text(json.dumps(dcmqi_document(count)), "utf-8")
        labels = np.load(work / f"labels{count}.npy")
        frames = sum(len(np.unique(plane)) - 1 for plane in labels)
        print(
            f"{count} segments: seed {seed}, foreground {np.count_nonzero(labels) / labels.size:.4f}, "
            f"{frames} binary frames of {labels.shape[0]} slices"
        )


def write_series(folder: Path) -> None:
    import numpy as np

    from annoconv.demo.series import write_series as write
    from annoconv.geometry import Grid

    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = ORIGIN
    rng = np.random.default_rng(0)
    slices, rows, columns = SHAPE
    y, x = np.mgrid[0:rows, 0:columns]
    body = np.where(((x - 256) / 200) ** 2 + ((y - 256) / 140) ** 2 < 1, 40, -1000)
    noise = rng.normal(0, 12, (8, rows, columns))
    values = np.stack([(body + noise[k % 8]).astype(np.int16) for k in range(slices)])
    write(folder, Grid((columns, rows, slices), affine), values, name="benchmark")
    for number, name in enumerate(rng.permutation(slices), 1):
        (folder / f"{number:04d}.dcm").rename(folder / f"s{name:04d}.dcm")


def ellipsoids(count: int, seed: int) -> Any:
    """Return touching ellipsoids, log-normal radii, the largest first, scaled until the foreground is as stated."""
    import numpy as np

    low, high = 0.3, 4.0
    for _ in range(12):
        scale = (low * high) ** 0.5
        labels = _ellipsoids(count, seed, scale)
        share = np.count_nonzero(labels) / labels.size
        if abs(share - FOREGROUND) < 0.002:
            break
        low, high = (scale, high) if share < FOREGROUND else (low, scale)
    return labels


def _ellipsoids(count: int, seed: int, scale: float) -> Any:
    import numpy as np

    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.uint8)
    radii = np.sort(np.exp(rng.uniform(np.log(6), np.log(62), count)))[::-1] * scale
    for number, radius in enumerate(radii, 1):
        size = radius * np.array([rng.uniform(0.8, 1.2), rng.uniform(0.6, 1), rng.uniform(0.8, 1.3)])
        for attempt in range(300):
            angle, q = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
            center = np.array(
                [rng.uniform(20, SHAPE[0] - 20), 256 + q * 130 * np.sin(angle), 256 + q * 185 * np.cos(angle)]
            )
            first = np.maximum(np.floor(center - size).astype(int), 0)
            last = np.minimum(np.ceil(center + size).astype(int) + 1, SHAPE)
            z, y, x = np.ogrid[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
            inside = sum(((axis - c) / r) ** 2 for axis, c, r in zip((z, y, x), center, size, strict=True)) < 1
            part = labels[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
            free = inside & (part == 0)
            if free.sum() >= 0.6 * inside.sum() or attempt == 299:
                part[free] = number
                break
    return labels


def case_document(count: int, image: dict[str, Any]) -> dict[str, Any]:
    liver = {"code": "10200004", "scheme": "SCT", "meaning": "Liver"}
    labels = [{"code": f"S{n}", "name_en": f"S{n}", "category": "organ", "concept": liver} for n in range(1, count + 1)]
    masks = [
        {
            "id": f"M{n}",
            "category": "organ",
            "label_code": f"S{n}",
            "type": "mask",
            "mask_file": "labels.nii.gz",
            "mask_value": n,
            "algorithm_type": "automatic",
        }
        for n in range(1, count + 1)
    ]
    metadata = {"annotator": "A1", "software": {"ai_model": "synth 1"}, "timestamps": {"end": NIFTI_AT}}
    return {"task_id": "T", "image": image, "labels": labels, "annotations": masks, "metadata": metadata}


def dcmqi_document(count: int) -> dict[str, Any]:
    def code(value: str, meaning: str) -> dict[str, str]:
        return {"CodeValue": value, "CodingSchemeDesignator": "SCT", "CodeMeaning": meaning}

    segments = [
        {
            "labelID": n,
            "SegmentDescription": f"S{n}",
            "SegmentLabel": f"S{n}",
            "SegmentAlgorithmType": "AUTOMATIC",
            "SegmentAlgorithmName": "synth",
            "SegmentedPropertyCategoryCodeSequence": code("123037004", "Anatomical Structure"),
            "SegmentedPropertyTypeCodeSequence": code("10200004", "Liver"),
            "recommendedDisplayRGBValue": [n, 100, 200],
        }
        for n in range(1, count + 1)
    ]
    return {
        "ContentCreatorName": "A1",
        "SeriesDescription": "Segmentation",
        "SeriesNumber": "300",
        "InstanceNumber": "1",
        "BodyPartExamined": "ABDOMEN",
        "segmentAttributes": [segments],
        "ContentLabel": "SEGMENTATION",
        "ContentDescription": "x",
    }


# --- steps, each in a process of its own


class Meter:
    """Measures from where inputs are in memory to the end."""

    def __init__(self) -> None:
        with open("/proc/self/statm") as file:  # noqa: PTH123 - not a file
            self._held = int(file.read().split()[1]) * resource.getpagesize()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def done(self) -> None:
        # Not ru_maxrss, in which the memory of the process that started this one counts until it is replaced.
        status = Path("/proc/self/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) * 1024 - self._held
        print(
            json.dumps(
                {
                    "core_s": time.perf_counter() - self._wall,
                    "cpu_s": time.process_time() - self._cpu,
                    "peak_mb": peak / 1e6,
                }
            )
        )


def step_annoconv_write(work: Path, count: int, target: Path, *options: str) -> None:
    from annoconv_converters.dicom_seg import Segment, write_segmentation

    from annoconv import images
    from annoconv.model import Concept
    from annoconv.pixels import NiftiVolume

    source = images.open(work / "ct")
    labels = NiftiVolume(work / f"case{count}" / "labels.nii.gz").read()
    liver = Concept(code="10200004", scheme="SCT", meaning="Liver")
    organ = Concept(code="123037004", scheme="SCT", meaning="Anatomical Structure")
    segments = [Segment(number=n, name=f"S{n}", type=liver, category=organ) for n in range(1, count + 1)]
    _ = source.grid, source.slices, source.headers[0]
    meter = Meter()
    write_segmentation(
        labels, source, target, segments=segments, overwrite=True, **dict(one.split("=") for one in options)
    )
    meter.done()


def step_annoconv_read(work: Path, count: int, target: Path, *options: str) -> None:
    import numpy as np
    from annoconv_converters.dicom_seg import read_segmentation

    meter = Meter()
    labels = read_segmentation(target).labels()
    meter.done()
    if options:
        _check(np, labels, work, count)


def step_highdicom_write(work: Path, count: int, target: Path) -> None:
    import highdicom
    import nibabel
    import numpy as np
    from pydicom import dcmread
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    sources = [dcmread(path, stop_before_pixels=True) for path in (work / "ct").iterdir()]
    sources.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    stored = nibabel.load(work / f"case{count}" / "labels.nii.gz")
    labels = np.ascontiguousarray(np.asarray(stored.dataobj).transpose(2, 1, 0))
    meter = Meter()
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=n,
            segment_label=f"S{n}",
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type="MANUAL",
        )
        for n in range(1, count + 1)
    ]
    segmentation = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=labels,
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid=generate_uid(),
        series_number=300,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="M",
        manufacturer_model_name="M",
        software_versions="1",
        device_serial_number="1",
    )
    segmentation.save_as(target)
    meter.done()


def step_highdicom_read(work: Path, count: int, target: Path, *options: str) -> None:
    import highdicom
    import numpy as np

    meter = Meter()
    volume = highdicom.seg.segread(target).get_volume(combine_segments=True)
    meter.done()
    if options:
        _check(np, volume.array, work, count)


def step_pydicom_seg_read(work: Path, count: int, target: Path, *options: str) -> None:
    import numpy as np
    import pydicom
    import pydicom_seg

    meter = Meter()
    found = pydicom_seg.MultiClassReader().read(pydicom.dcmread(str(target)))
    meter.done()
    if options:
        _check(np, found.data, work, count)


def _check(np: Any, found: Any, work: Path, count: int) -> None:
    expected = np.load(work / f"labels{count}.npy")
    planes = np.flatnonzero(expected.reshape(len(expected), -1).any(axis=1))
    expected = expected if len(found) == len(expected) else expected[planes[0] : planes[-1] + 1]
    equal = any(np.array_equal(found[::way], expected) for way in (1, -1))
    if not equal:
        raise SystemExit("the voxels differ")


# --- running them


def run(command: list[str | Path]) -> dict[str, float]:
    """Run a process; return what it prints of itself, its time and its memory."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([str(part) for part in command], stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        whole = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    if process.returncode:
        raise SystemExit(f"{command[0]} failed:\n{text[-3000:]}")
    lines = [line for line in text.splitlines() if line.startswith('{"core_s"')]
    own = json.loads(lines[-1]) if lines else {}
    cpu = usage.ru_utime + usage.ru_stime
    return {"whole_s": whole, "whole_cpu_s": cpu, "process_mb": usage.ru_maxrss / 1e3, **own}


def medians(command: list[str | Path], runs: int, output: Path | None = None) -> dict[str, float]:
    results = []
    for _ in range(runs):
        if output is not None:
            output.unlink(missing_ok=True)
        results.append(run(command))
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def environment_of_pydicom_seg(work: Path) -> Path:
    """Return the Python of an environment with pydicom-seg, made if it is not there."""
    folder = Path(os.environ.get("ANNOCONV_PYDICOM_SEG", work / "pydicom-seg"))
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "pydicom<3", "numpy<2", "pydicom-seg", "setuptools"], check=True
        )
    return python


def versions(python: Path) -> str:
    from importlib.metadata import version

    names = ("annoconv", "numpy", "pydicom", "highdicom", "dcmqi")
    script = (
        "from importlib.metadata import version as v; print('pydicom-seg', v('pydicom-seg'), 'pydicom', v('pydicom'))"
    )
    other = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    return ", ".join(f"{name} {version(name)}" for name in names) + f", {other}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "annoconv-benchmark-dicom-seg")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--inputs", action="store_true", help="only make the inputs")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        name, work, count, target, *options = arguments.step
        globals()[f"step_{name}"](Path(work), int(count), Path(target), *options)
        return
    work, runs = arguments.work, arguments.runs
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # pip compiles what it installs; an editable install, its first run
    work.mkdir(parents=True, exist_ok=True)
    if arguments.inputs:
        make_inputs(work)
        return
    subprocess.run([sys.executable, __file__, "--work", work, "--inputs"], check=True)
    python, beside = environment_of_pydicom_seg(work), Path(sys.executable).parent
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, threads as each program chooses")
    print(f"Python {platform.python_version()}; {versions(python)}; medians of {runs}")

    def step(name: str, count: int, target: Path, *options: str, by: Path = Path(sys.executable)) -> dict[str, float]:
        command: list[str | Path] = [by, Path(__file__).resolve(), "--step", name, work, str(count), target, *options]
        return medians(command, runs, target if "write" in name else None)

    ours, theirs, dcmqi = work / "annoconv.dcm", work / "highdicom.dcm", work / "dcmqi.dcm"
    few = step("annoconv_write", 20, work / "annoconv20.dcm")
    write = step("annoconv_write", 100, ours)
    write_hd = step("highdicom_write", 100, theirs)
    deflated = work / "deflated.dcm"
    write_deflated = step("annoconv_write", 100, deflated, "compress=deflate")
    step("annoconv_write", 100, work / "labelmap.dcm", "type=labelmap", "compress=rle")
    case, cli_target = work / "case100", work / "cli.dcm"

    def command_line(count: int) -> dict[str, float]:
        source = work / f"case{count}" / "case.json"
        given = ["to-dicom-seg", source, "-o", cli_target, "--images", work / "ct", "--quiet"]
        return medians([beside / "annoconv", *given], runs, cli_target)

    cli_few, cli = command_line(20), command_line(100)
    labels = case / "labels.nii.gz"
    write_dcmqi = medians(
        [
            *(beside / "itkimage2segimage", "--inputImageList", labels, "--inputDICOMDirectory", work / "ct"),
            *("--inputMetadata", case / "dcmqi.json", "--outputDICOM", dcmqi, "--skip"),
        ],
        runs,
        dcmqi,
    )
    read = step("annoconv_read", 100, ours)
    read_hd = step("highdicom_read", 100, ours)
    read_ps = step("pydicom_seg_read", 100, ours, by=python)
    checks = [
        ("annoconv_read", Path(sys.executable), file) for file in (ours, theirs, dcmqi, deflated, work / "labelmap.dcm")
    ]
    checks += [("highdicom_read", Path(sys.executable), ours), ("pydicom_seg_read", python, ours)]
    for name, by, file in checks:
        run([by, Path(__file__).resolve(), "--step", name, work, "100", file, "check"])
    (work / "itk").mkdir(exist_ok=True)
    read_dcmqi = medians(
        [
            *(beside / "segimage2itkimage", "--inputDICOM", ours, "--outputDirectory", work / "itk"),
            *("--mergeSegments", "-t", "nrrd"),
        ],
        runs,
    )
    native, small = ours.stat().st_size, deflated.stat().st_size
    rows = [
        ("write core, s", write["core_s"], {"highdicom": write_hd["core_s"]}, "1/10 of highdicom"),
        ("write core, CPU s", write["cpu_s"], {"highdicom": write_hd["cpu_s"]}, ""),
        (
            "write whole process, s",
            cli["whole_s"],
            {"highdicom": write_hd["whole_s"], "dcmqi": write_dcmqi["whole_s"]},
            "1/3 of dcmqi, 1/5 of highdicom",
        ),
        (
            "write whole process, CPU s",
            cli["whole_cpu_s"],
            {"highdicom": write_hd["whole_cpu_s"], "dcmqi": write_dcmqi["whole_cpu_s"]},
            "",
        ),
        ("write peak above inputs, MB", write["peak_mb"], {"highdicom": write_hd["peak_mb"]}, "1/2.5"),
        (
            "write process, MB",
            cli["process_mb"],
            {"highdicom": write_hd["process_mb"], "dcmqi": write_dcmqi["process_mb"]},
            "1/2.5 of dcmqi",
        ),
        (
            "read core, s",
            read["core_s"],
            {"highdicom": read_hd["core_s"], "pydicom-seg": read_ps["core_s"]},
            "1/7 of both",
        ),
        (
            "read peak above imports, MB",
            read["peak_mb"],
            {"highdicom": read_hd["peak_mb"], "pydicom-seg": read_ps["peak_mb"]},
            "1/1.6",
        ),
        (
            "read process, MB",
            read["process_mb"],
            {
                "highdicom": read_hd["process_mb"],
                "dcmqi": read_dcmqi["process_mb"],
                "pydicom-seg": read_ps["process_mb"],
            },
            "1/1.6 of dcmqi",
        ),
        (
            "read whole process, s",
            read["whole_s"],
            {"highdicom": read_hd["whole_s"], "dcmqi": read_dcmqi["whole_s"]},
            "",
        ),
        ("deflated, MB", small / 1e6, {"native": native / 1e6}, "1/80 of native"),
        ("write deflated core, s", write_deflated["core_s"], {}, ""),
        (
            "write core of 20 segments, s",
            few["core_s"],
            {},
            f"100 cost {write['core_s'] / few['core_s']:.2f} times (1.5)",
        ),
        (
            "write whole process of 20 segments, s",
            cli_few["whole_s"],
            {},
            f"100 cost {cli['whole_s'] / cli_few['whole_s']:.2f} times (1.5)",
        ),
    ]
    print("\n| figure | annoconv | peers | ratio | must |\n|---|---|---|---|---|")
    for name, own, others, must in rows:
        peers = ", ".join(f"{peer} {value:.2f}" for peer, value in others.items())
        ratios = ", ".join(f"1/{value / own:.1f}" for value in others.values())
        print(f"| {name} | {own:.2f} | {peers} | {ratios} | {must} |")
    print("\nAll of them read the same voxels as were written; those of highdicom and dcmqi were read by annoconv too.")


if __name__ == "__main__":
    main()
