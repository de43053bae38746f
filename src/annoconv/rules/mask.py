"""Mask files: they exist, lie in the case's folder, and where the image lies (A 6.4.1, A 6.5.1, A 8.4 a, A B.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.errors import AnnoconvError
from annoconv.files.names import mask_path
from annoconv.messages import Message
from annoconv.model import MaskAnnotation
from annoconv.rules.engine import Breach, Subject, match, rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.geometry import Grid


def _mask_files(subject: Subject) -> Iterator[tuple[Steps, MaskAnnotation, Path | None]]:
    """Yield each mask of a case that has a file, with the path of the mask's own; None if that leaves the folder."""
    if subject.loaded.path is None:
        return
    for path, annotation in subject.annotations():
        if isinstance(annotation, MaskAnnotation):
            try:
                file = mask_path(subject.loaded.path.parent, annotation.mask_file)
            except AnnoconvError:
                file = None
            yield path, annotation, file


@rule("A-10.1.5.mask_missing")
def mask_file_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose file is not there."""
    for path, annotation, file in _mask_files(subject):
        if file is not None and not file.is_file():
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file})


@rule("A-10.1.5.mask_outside")
def mask_file_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose path leads out of the case's folder, by way of a symbolic link."""
    for path, annotation, file in _mask_files(subject):
        if file is None:
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file})


@rule("A-8.4a.mask_grid")
def mask_file_grid(subject: Subject) -> Iterator[Breach]:
    """Yield each mask file that cannot be opened or does not lie on its image's lattice; headers only are read."""
    from annoconv.geometry import GridKind
    from annoconv.pixels import check_frame

    for path, annotation, file in _mask_files(subject):
        image = subject.image_of(annotation)
        if image is None or file is None or not file.is_file():
            continue
        try:
            relation = check_frame(image, subject.loaded.masks[annotation.id].volume)
        except AnnoconvError as error:
            problem: str = Message("{error}", error=error)
        else:
            problem = (
                "" if relation.kind is not GridKind.DIFFERENT else Message("its grid is not on the image's lattice")
            )
        if problem:
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "problem": problem})


@rule("A-B.2.affine_equals_dicom_origin")
def affine_equals_dicom_origin(subject: Subject) -> Iterator[Breach]:
    """Yield each mask file off its series whose affine (RAS) has the series' origin (LPS) with no sign changed."""
    for path, annotation, file in _mask_files(subject):
        image = subject.image_of(annotation)
        if subject.sources is None or image is None or file is None or not file.is_file():
            continue
        source = match(subject, image)
        if source is None or isinstance(source, str):
            continue
        try:
            is_copied = _is_copied(subject.loaded.masks[annotation.id].grid, source.grid)
        except AnnoconvError:
            continue  # told by the rules on the mask file and on the image
        if is_copied:
            origin = ", ".join(f"{number:g}" for number in source.grid.origin)
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "origin": origin})


def _is_copied(mask: Grid, series: Grid) -> bool:
    from annoconv.geometry import GRID_TOLERANCE_VOXEL, GridKind, compare_grids, ras_from_lps

    if mask.lps_from_ijk is None or series.lps_from_ijk is None or series.frame != "LPS":
        return False
    if compare_grids(mask, series).kind in {GridKind.SAME, GridKind.REINDEXED}:
        return False
    x, y, z = abs(ras_from_lps(mask.lps_from_ijk)[:3, 3] - series.origin)
    tolerance = GRID_TOLERANCE_VOXEL * float(series.spacing.min())
    # An origin on the long axis is the same in both frames, and tells nothing.
    return bool(max(x, y, z) <= tolerance < abs(series.origin[:2]).max())
