"""A damaged file is read or refused by an `AnnoconvError`, in bounded memory; nothing else, and never a dead process.

`ANNOCONV_SOAK_COUNT` files a format (2,000 if unset); what was run last stands in `docs/benchmarks.md`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.errors import InputError
from tests.cases import make
from tests.real_data import folder
from tests.soak.by_hand import BY_HAND

pytestmark = pytest.mark.soak

COUNT = int(os.environ.get("ANNOCONV_SOAK_COUNT", "2000"))
FORMATS = [*(one.name for one in registry.formats()), "case", "images"]
CASES = ("whole_model", "odd_width", "every_geometry", "overlapping_masks", "label_map", "radiograph", "chinese")
OPTIONS: dict[str, tuple[dict[str, object], ...]] = {
    "dicom-seg": ({}, {"plain": True}, {"compress": "deflate"}, {"type": "labelmap", "compress": "rle"}),
    "nifti": ({}, {"layout": "nnunet"}, {"layout": "bids"}),
    "coco": ({}, {"kind": "panoptic"}, {"plain": True}),
    "yolo": ({}, {"kind": "segment"}, {"kind": "pose"}),
}
REAL = {
    "dicom-seg": ("seg/**/*.dcm", "wsi/dicom_sm/seg*.dcm"),
    "nifti": ("nifti/**/*.nii*", "nrrd/**/*.n*rd"),
    "coco": ("coco/**/*.json",),
    "cvat": ("cvat/**/*.xml",),
    "label-studio": ("label_studio/**/*.json",),
    "labelme": ("labelme/**/*.xml",),
    "geojson": ("wsi/annotation_exports/**/*.*",),
    "images": ("dicom/**/*.dcm", "seg/**/ct*.dcm", "nrrd/**/*image.nrrd"),
}
LARGEST = 200_000
"""Bytes of a real file that is damaged; larger ones say no more and take longer."""


@pytest.mark.parametrize("format_name", FORMATS)
def test_damaged_files_are_read_or_refused(format_name: str, tmp_path: Path) -> None:
    sources = [*written(format_name, tmp_path), *real(format_name)]
    if not sources:
        pytest.skip("there is no file of this format: it is not written, and the real data are absent")
    seed, found = 0, []
    while seed < COUNT:
        command = [sys.executable, "-m", "tests.soak.reader", format_name, str(seed), str(COUNT - seed), str(tmp_path)]
        done = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
        found += [line for line in done.stdout.splitlines() if not line.startswith("done")]
        if done.returncode == 0:
            print(format_name, done.stdout.splitlines()[-1])
            break
        last = int((tmp_path / "seed").read_text())
        found.append(f"died\t{done.returncode}\t{done.stderr[-300:]}\t{last}\t{sources[last % len(sources)]}")
        seed = last + 1
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def written(format_name: str, place: Path) -> list[Path]:
    """Return files of the format that we wrote, of several cases and with several options."""
    paths: list[Path] = []
    for name, text in BY_HAND.get(format_name, {}).items():
        paths.append(place / name)
        paths[-1].write_text(text, "utf-8")
    for name in CASES:
        case = make(name, place / name)
        if format_name == "case":
            paths.append(case.path.parent)
        elif format_name == "images":
            paths += [each for folder in case.images for each in (folder, *folder.iterdir()) if each.is_dir()]
        elif f"to-{format_name}" in registry.converters():
            writer = registry.converter("to", format_name)
            images = {"images": case.images} if "images" in writer.options else {}
            for number, options in enumerate(OPTIONS.get(format_name, ({},))):
                path = place / f"{name}-{number}{writer.suffix}"
                try:
                    registry.write([read_case(case.path)], path, format=format_name, **options | images)
                except InputError:
                    continue
                paths.append(path)
    return paths


def real(format_name: str) -> list[Path]:
    """Return the small real files of the format."""
    found = (path for pattern in REAL.get(format_name, ()) for path in folder().glob(pattern))
    return sorted(path for path in found if path.is_file() and path.stat().st_size < LARGEST)
