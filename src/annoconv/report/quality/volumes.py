"""The volumes of a report: images of 8 bits and label maps, cropped to what is annotated, as NIfTI that the page holds.

Voxels are those of the image, none is interpolated; of large crops every second or third is kept, and that is said.
Grids are LPS, arrays (k, j, i); the NIfTI bytes and `centre` are RAS, mm.
"""

from __future__ import annotations

import base64
import gzip
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.codes import Labels
from annoconv.errors import AnnoconvError
from annoconv.geometry import Grid, apply_relation, ras_from_lps
from annoconv.metrics.regions import regions_of
from annoconv.pixels import check_frame
from annoconv.report.drawing import colours_of_labels
from annoconv.report.quality.agreement import grid_of
from annoconv.shown_values import PRESETS, colours_of, is_inverted, percentile_window, rescaling_of, stated_window
from annoconv.volumes import nifti

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from annoconv.metrics.regions import Region
    from annoconv.model import Image, Label
    from annoconv.report.quality.subjects import Subject
    from annoconv.report.sources import Pixels, Sources

__all__ = ["MOST_VOLUMES", "volumes"]

MOST_VOLUMES: Final = 4
_MARGIN_MM: Final = 20.0
"""What is seen round the annotated part."""
_MOST_VOXELS: Final = 3_000_000
_MOST_LABELS: Final = 255


def volumes(
    subjects: Sequence[Subject],
    first: Iterable[str],
    sources: Sources,
    *,
    most: int = MOST_VOLUMES,
    label_system: Sequence[Label] = (),
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the volumes that are shown, and what could not be shown and why.

    Parameters
    ----------
    subjects
        The cases.
    first
        Ids of the cases that are taken first: those with something to look at.
    sources
        Their images; without one, masks are shown on black.
    most
        How many at most.
    label_system
        The task's labels, with their colours and names.
    """
    by_id = {each.id: each for each in subjects}
    found: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for identity in dict.fromkeys((*first, *by_id)):
        subject = by_id[identity]
        if subject.loaded is None:
            continue
        case = subject.loaded.case
        for uid, regions in regions_of(subject.loaded).items():
            if len(found) >= most:
                return found, refused
            image = next(
                (each for each in (case.image, *(case.related_images or ())) if not uid or each.uid == uid), None
            )
            try:
                made = None if image is None else _volume(subject, image, regions, sources, label_system)
            except AnnoconvError as error:
                refused.append({"case": identity, "reason": {lang: error.text(lang) for lang in ("en", "zh")}})
                continue
            found += [] if made is None else [{"id": f"volume-{len(found) + 1}", **made}]
    return found, refused


def _volume(
    subject: Subject, image: Image, regions: Sequence[Region], sources: Sources, label_system: Sequence[Label]
) -> dict[str, Any] | None:
    """Return one volume; None without a place in the patient, or without anything annotated."""
    loaded = subject.loaded
    pixels = sources.of(image)
    grid = (
        pixels.grid
        if pixels is not None
        else grid_of([subject], "" if loaded and image is loaded.case.image else image.uid)
    )
    if loaded is None or grid.lps_from_ijk is None or grid.frame != "LPS":
        return None
    codes = list(dict.fromkeys(each.label for each in regions))[:_MOST_LABELS]
    labels_kji = _painted(regions, grid, {code: number for number, code in enumerate(codes, 1)})
    box = _box(labels_kji, grid)
    if box is None:
        return None
    step = _step([each.stop - each.start for each in box])
    kept = tuple(slice(each.start, each.stop, step) for each in box)
    labels_kji = np.ascontiguousarray(labels_kji[kept])
    cropped = _cropped(grid, kept, labels_kji.shape)
    levels_kji = np.zeros(labels_kji.shape, np.uint8) if pixels is None else _levels(pixels, image, kept)
    known = Labels.of(loaded.case, label_system)
    colours = colours_of_labels(codes, known)
    middle = np.argwhere(labels_kji).mean(axis=0)[::-1]
    centre = ras_from_lps(cropped.affine) @ [*middle, 1.0]
    return {
        "case": subject.id,
        "image_uid": image.uid,
        "modality": image.modality.value,
        "shape": [*cropped.shape],
        "first": [each.start for each in reversed(kept)],
        "step": step,
        "centre": [round(float(each), 3) for each in centre[:3]],
        "labels": [
            {"value": number, "code": code, "name": _name(code, known), "colour": [*colours[code]]}
            for number, code in enumerate(codes, 1)
        ],
        "image": _packed(levels_kji, cropped),
        "masks": _packed(labels_kji, cropped),
    }


def _name(code: str, known: Labels) -> dict[str, str]:
    label = known.get(code)
    en, zh = (None, None) if label is None else (label.name_en, label.name_zh)
    return {"en": en or zh or code, "zh": zh or en or code}


def _painted(regions: Sequence[Region], grid: Grid, numbers: dict[str, int]) -> NDArray[np.uint8]:
    """Return a label map on the grid; where masks overlap, the later one is seen."""
    painted = np.zeros(grid.shape_kji, np.uint8)
    for region in regions:
        if region.label in numbers:
            mask, mask_kji = region.mask, np.asarray(region.mask.read())
            is_in = mask_kji >= 0.5 if mask_kji.dtype.kind == "f" else mask_kji != 0
            is_in = apply_relation(is_in, check_frame(grid, mask.volume), mask.volume.path, mask.id)
            painted[is_in] = numbers[region.label]
    return painted


def _box(labels_kji: NDArray[np.uint8], grid: Grid) -> tuple[slice, ...] | None:
    """Return what is annotated, and the margin round it."""
    found: list[slice] = []
    for axis, (spacing, count) in enumerate(zip(reversed(grid.spacing.tolist()), labels_kji.shape, strict=True)):
        held = np.flatnonzero(labels_kji.any(axis=tuple(each for each in range(3) if each != axis)))
        if not held.size:
            return None
        margin = math.ceil(_MARGIN_MM / spacing)
        found.append(slice(max(0, int(held[0]) - margin), min(count, int(held[-1]) + 1 + margin)))
    return tuple(found)


def _step(counts: Sequence[int]) -> int:
    """Return every which voxel is kept along each axis."""
    step = 1
    while math.prod(math.ceil(each / step) for each in counts) > _MOST_VOXELS:
        step += 1
    return step


def _cropped(grid: Grid, kept: Sequence[slice], shape_kji: Sequence[int]) -> Grid:
    """Return the grid of what is kept; slices that are unevenly spaced lie at their mean distance."""
    affine = grid.affine.copy()
    start = np.array([*(each.start for each in reversed(kept)), 1.0])
    affine[:3, 3] = (grid.affine @ start)[:3]
    affine[:3, :3] *= kept[0].step or 1
    return Grid((shape_kji[2], shape_kji[1], shape_kji[0]), affine)


def _levels(pixels: Pixels, image: Image, kept: Sequence[slice]) -> NDArray[np.uint8]:
    """Return the grey levels of what is kept, as a slice of the report shows them."""
    indices = range(kept[0].start, kept[0].stop, kept[0].step or 1)
    planes: list[NDArray[Any]] = []
    headers = [pixels.header(k) for k in indices]
    for plane, header in zip(pixels.planes(indices, 0), headers, strict=True):
        colour = colours_of(plane, header)
        grey = plane if colour is None and plane.ndim == 2 else np.asarray(plane if colour is None else colour).mean(-1)
        scale = rescaling_of(header) if header is not None and colour is None else None
        part = np.asarray(grey[kept[1], kept[2]], dtype=np.float32)
        planes.append(part if scale is None else part * np.float32(scale[0]) + np.float32(scale[1]))
    values = np.stack(planes)
    window = stated_window(headers[0])
    if window is None and image.modality.value == "CT":
        window = PRESETS["abdomen"]
    levels = None if window is None else window.shown(values)
    if levels is None or (levels.min() == levels.max() and values.min() < values.max()):
        levels = percentile_window(values).shown(values)
    return 255 - levels if is_inverted(headers[0]) else levels


def _packed(voxels_kji: NDArray[np.uint8], grid: Grid) -> str:
    """Return the bytes of a `.nii.gz`, the same for the same voxels, in base64."""
    pieces = b"".join(bytes(each) for each in nifti.nifti_pieces(np.ascontiguousarray(voxels_kji), grid))
    return base64.b64encode(gzip.compress(pieces, 9, mtime=0)).decode("ascii")
