"""What a measurement report costs, beside highdicom's own: `python -m tests.benchmarks.dicom_sr [--small]`.

Data: outlines of 24 vertices in single precision, each with a length and an area, spread over a CT series of 40 slices
(seed 7); then 100 segments in a series of 320 slices, each on 51 of them (as many as the bodies of the benchmark of
segmentations have) or on all. Both write and read files and hold every value; highdicom's report is made of its
templates as its documentation shows, and read by `srread` with all groups, rings and numbers. CPU time of one process,
without imports, the best of three of ours for 1,000, else of one. Sizes: ours without the private block, and with it;
of highdicom its groups alone, and with its image library, which says of the images what ours does.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import pydicom

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.documents import strict_json
from annoconv.pixels import save_nifti
from tests.cases import concept, document, grid_of, mask, series

if TYPE_CHECKING:
    from collections.abc import Callable

SEED, VERTICES, SLICES = 7, 24, 40
LENGTH, AREA = concept("410668003", "SCT", "Length"), concept("42798000", "SCT", "Area")
MM, MM2 = hd.sr.CodedConcept("mm", "UCUM", "mm"), hd.sr.CodedConcept("mm2", "UCUM", "mm2")
ROW, RULE = "| {} | {} | {} | {} |", "|---|---|---|---|"
GRID = grid_of((512, 512, SLICES))


def coded(one: dict[str, Any]) -> hd.sr.CodedConcept:
    return hd.sr.CodedConcept(one["code"], one["scheme"], one["meaning"])


def outlines(count: int) -> list[dict[str, Any]]:
    """Return outlined nodules with a length and an area each."""
    random = np.random.default_rng(SEED)
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    unit = np.column_stack([np.cos(angles), np.sin(angles)])
    found = []
    for place in range(count):
        radius, center = random.uniform(3, 20), random.uniform(60, 450, 2)
        ring = np.float32(center + radius * unit).astype(float).round(3)
        found.append(
            {
                "id": f"N{place + 1}",
                "category": "lesion",
                "label_code": "NODULE",
                "type": "polygon",
                "polygon": ring.tolist(),
                "slice_index": place % SLICES,
                "measurements": [
                    {"concept": LENGTH, "value": round(2 * radius, 2), "unit": "mm"},
                    {"concept": AREA, "value": round(np.pi * radius**2, 2), "unit": "mm2"},
                ],
            }
        )
    return found


def report(groups: list[Any], evidence: list[Any], library: list[Any] | None = None) -> hd.sr.Comprehensive3DSR:
    """Return a report by highdicom."""
    person = hd.sr.ObserverContext(
        coded(concept("121006", "DCM", "Person")), hd.sr.PersonObserverIdentifyingAttributes("Reader^First")
    )
    procedure = coded(concept("363679005", "SCT", "Imaging procedure"))
    content = hd.sr.MeasurementReport(hd.sr.ObservationContext(person), procedure, groups, referenced_images=library)
    return hd.sr.Comprehensive3DSR(evidence, content[0], hd.UID(), 1, hd.UID(), 1, manufacturer="benchmark")


def planar(drawn: dict[str, Any], image: Any) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    ring = np.array([*drawn["polygon"], drawn["polygon"][0]])
    source = hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID)
    length, area = (one["value"] for one in drawn["measurements"])
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        hd.sr.TrackingIdentifier(hd.UID(), drawn["id"]),
        referenced_region=hd.sr.ImageRegion("POLYLINE", ring, source),
        finding_type=coded(concept("27925004", "SCT", "Nodule")),
        measurements=[hd.sr.Measurement(coded(LENGTH), length, MM), hd.sr.Measurement(coded(AREA), area, MM2)],
    )


def read_by_highdicom(path: Path) -> list[tuple[str, Any, list[Any]]]:
    groups = hd.sr.srread(path).content.get_planar_roi_measurement_groups()
    return [(one.tracking_identifier, one.roi.value, [m.value for m in one.get_measurements()]) for one in groups]


def cpu(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the best CPU time of a work, in seconds, and its last result."""
    times, answer = [], None
    for _ in range(repeats):
        begin = time.process_time()
        answer = work()
        times.append(time.process_time() - begin)
    return min(times), answer


def by_annoconv(folder: Path, drawn: list[dict[str, Any]], repeats: int) -> tuple[float, float, int]:
    """Return CPU seconds to write and to read, and bytes; what is read is what was written."""
    (folder / "case.json").write_bytes(strict_json.dumps(document(series(folder, GRID, "benchmark"), drawn)))
    loaded, path = read_case(folder / "case.json"), folder / "sr.dcm"
    options: dict[str, Any] = {"format": "dicom-sr", "images": [folder / "images"]}
    write, _ = cpu(lambda: registry.write([loaded], path, plain=True, overwrite=True, **options), repeats)
    read, (reading,) = cpu(lambda: list(registry.read([path], **options)), repeats)
    kept = ("polygon", "slice_index")
    found = strict_json.plain(reading.case)["annotations"]
    assert [[one[key] for key in kept] for one in found] == [[one[key] for key in kept] for one in drawn]
    return write, read, path.stat().st_size


def by_highdicom(folder: Path, drawn: list[dict[str, Any]]) -> tuple[float, float, int]:
    """Return the same of highdicom, after one small report: what it loads at first use is there."""
    files = [pydicom.dcmread(path, stop_before_pixels=True) for path in (folder / "images").iterdir()]
    files.sort(key=lambda one: one.ImagePositionPatient[2])
    path = folder / "highdicom.dcm"

    def write(some: list[dict[str, Any]]) -> None:
        report([planar(one, files[one["slice_index"]]) for one in some], files).save_as(path)

    write(drawn[:1])
    written, _ = cpu(lambda: write(drawn), 1)
    read, told = cpu(lambda: read_by_highdicom(path), 1)
    assert [values for _, _, values in told] == [[one["value"] for one in each["measurements"]] for each in drawn]
    return written, read, path.stat().st_size


def speed(folder: Path, counts: list[int]) -> None:
    """Print how long reports of so many groups take."""
    print(ROW.format("groups", "annoconv", "highdicom", "ratio"), RULE, sep="\n")
    for count in counts:
        place, drawn = folder / str(count), outlines(count)
        place.mkdir()
        repeats = 3 if count == counts[0] else 1
        ours = by_annoconv(place, drawn, repeats)
        theirs = by_highdicom(place, drawn)
        names = (f"write {count:,}, CPU s", f"read {count:,}, CPU s", f"size of {count:,}, MB")
        for place_of, name in enumerate(names):
            own, other = (each[place_of] / (1e6 if place_of == 2 else 1) for each in (ours, theirs))
            print(ROW.format(name, f"{own:.2f}", f"{other:.2f}", f"{other / own:.2f}"))


def sizes(folder: Path, segments: int, slices: int, spans: list[int]) -> None:
    print(
        "",
        ROW.format(f"{segments} segments, {slices} slices: size, kB", "annoconv", "highdicom", "ratio"),
        RULE,
        sep="\n",
    )
    for span in spans:
        place = folder / str(span)
        place.mkdir()
        grid = grid_of((32, 32, slices))
        image = series(place, grid, f"segments {span}")
        masks = [mask(f"M{n}", "m.nii.gz", mask_value=n) for n in range(1, segments + 1)]
        (place / "case.json").write_bytes(strict_json.dumps(document(image, masks)))
        labels = np.zeros(grid.shape_kji, np.uint8)
        for number in range(segments):
            first = round(number * (slices - span) / max(segments - 1, 1))
            labels.reshape(slices, -1)[first : first + span, number * 4 : number * 4 + 4] = number + 1
        save_nifti(place / "m.nii.gz", labels, grid)
        loaded, own = read_case(place / "case.json"), {}
        for plain in (True, False):
            out = place / f"out{plain}"
            options: dict[str, Any] = {"images": [place / "images"], "seg": True, "plain": plain}
            registry.write([loaded], out, format="dicom-sr", **options)
            own[plain] = (out / "case-000001.dcm").stat().st_size
        segmentation = hd.seg.segread(place / "outTrue" / "case-000001_seg.dcm")
        groups = [
            hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
                hd.sr.TrackingIdentifier(hd.UID(), f"M{number}"),
                referenced_segment=hd.sr.ReferencedSegment.from_segmentation(segmentation, number),
                finding_type=coded(concept("10200004", "SCT", "Liver")),
            )
            for number in range(1, segments + 1)
        ]
        files = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((place / "images").iterdir())]
        kilobytes = f"{own[True] / 1000:.0f}, {own[False] / 1000:.0f} with block"
        for name, library in ((f"each on {span}", None), (f"each on {span}, with the image library", files)):
            theirs = place / "theirs.dcm"
            report(groups, [*files, segmentation], library).save_as(theirs)
            size = theirs.stat().st_size
            print(ROW.format(name, kilobytes, f"{size / 1000:.0f}", f"{size / own[True]:.1f}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a hundredth of it, to see that it runs")
    small = parser.parse_args().small
    warnings.simplefilter("ignore")
    print(f"Python {platform.python_version()}, highdicom {version('highdicom')}, pydicom {version('pydicom')}\n")
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place, name) for name in ("speed", "sizes")]
        for folder in folders:
            folder.mkdir()
        speed(folders[0], [10, 100] if small else [1000, 10_000])
        sizes(folders[1], 5 if small else 100, 8 if small else 320, [4, 8] if small else [51, 320])


if __name__ == "__main__":
    main()
