"""The grid that the frames of a segmentation form, found from the file alone.

Absent frames are empty slices. How far the grid reaches beyond the first and the last frame is told by the list of
referenced instances, if its order agrees with the frames' places; otherwise the grid ends where the frames end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.errors import GeometryError, MaskError
from annoconv.stack import STACK_TOLERANCE_VOXEL, Plane, stack_grid
from annoconv_converters._dicom import text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from annoconv.geometry import Grid
    from annoconv_converters.dicom_seg.groups import FrameTable

__all__ = ["Layout", "find_layout", "referenced_instances", "referenced_series"]

_SAME_PLANE_MM: Final = 1e-3
"""Frames nearer than this lie on one plane; decimal strings keep six decimals and more."""
_MOST_SLICES: Final = 65536
"""A grid of more slices is taken for damage: two frames that are metres apart."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the frames of a segmentation lie.

    Attributes
    ----------
    grid
        Right-handed, slices along the normal of the planes.
    slices
        Shape (planes,), int64: zero-based k of each row of the table's positions.
    """

    grid: Grid
    slices: NDArray[np.int64]


@dataclass(frozen=True)
class _Stated:
    """What the header says of every plane."""

    orientation: tuple[float, ...]
    pixel_spacing: tuple[float, ...]
    slice_spacing: float | None
    columns: int
    rows: int


def find_layout(header: Dataset, table: FrameTable, path: Path | None = None) -> Layout:
    """Return the grid of a segmentation and the slice of each of its planes.

    Raises
    ------
    GeometryError
        If the planes are no regular stack.
    MaskError
        If the header lacks what places them.
    """
    stated = _stated(header, path)
    across, down = np.reshape(stated.orientation, (2, 3))
    normal = np.cross(across, down)
    distances = table.positions @ normal
    count, slices, step = _from_references(header, table, distances, stated) or _from_distances(distances, stated, path)
    if count > _MOST_SLICES:
        raise GeometryError("the frames lie too far apart", source=path, found=f"{count} slices", expected=_MOST_SLICES)
    first = int(slices.argmin())
    places = table.positions[first] + np.outer(np.arange(count) - slices[first], step * normal)
    places[slices] = table.positions
    planes = [
        Plane(f"slice {k + 1}", place.tolist(), stated.orientation, stated.pixel_spacing, stated.columns, stated.rows)
        for k, place in enumerate(places)
    ]
    try:
        grid, _ = stack_grid(planes, step)
    except GeometryError as error:
        raise GeometryError(
            error.problem, source=path, where=error.where, found=error.found, expected=error.expected
        ) from error
    return Layout(grid, slices)


def referenced_series(header: Dataset) -> str:
    """Return the SeriesInstanceUID of the source; empty if none is named."""
    series = header.get("ReferencedSeriesSequence") or []
    return text(series[0].get("SeriesInstanceUID")) if series else ""


def referenced_instances(header: Dataset) -> list[Dataset]:
    """Return the items that name the source instances of the first referenced series, in the order of the file."""
    series = header.get("ReferencedSeriesSequence") or []
    return list(series[0].get("ReferencedInstanceSequence") or []) if series else []


def _stated(header: Dataset, path: Path | None) -> _Stated:
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    measures = (shared.get("PixelMeasuresSequence") or [None])[0] if shared else None
    orientation = (shared.get("PlaneOrientationSequence") or [None])[0] if shared else None
    if measures is None or orientation is None:
        raise MaskError(
            "the frames have no place in space",
            source=path,
            where="SharedFunctionalGroupsSequence (5200,9229)",
            expected="PixelMeasuresSequence and PlaneOrientationSequence",
        )
    spacing = next(
        (float(value) for name in ("SpacingBetweenSlices", "SliceThickness") if (value := measures.get(name))), None
    )
    return _Stated(
        tuple(map(float, orientation.ImageOrientationPatient)),
        tuple(map(float, measures.PixelSpacing)),
        spacing if spacing is not None and spacing > 0 else None,
        int(header.Columns),
        int(header.Rows),
    )


def _from_references(
    header: Dataset, table: FrameTable, distances: NDArray[np.float64], stated: _Stated
) -> tuple[int, NDArray[np.int64], float] | None:
    """Return slice count, slice of each plane and step, if the references are to the source's slices in order."""
    instances = [text(each.get("ReferencedSOPInstanceUID")) for each in referenced_instances(header)]
    rank = {uid: position for position, uid in enumerate(instances)}
    if len(rank) < len(instances) or not len(distances) or any(source not in rank for source in table.sources):
        return None
    ranks = np.array([rank[source] for source in table.sources], dtype=np.int64)
    near, far = int(distances.argmin()), int(distances.argmax())
    if near == far:
        return None if stated.slice_spacing is None else (len(instances), ranks, stated.slice_spacing)
    if ranks[near] == ranks[far]:
        return None
    measured = float((distances[far] - distances[near]) / (ranks[far] - ranks[near]))
    for step in (np.copysign(stated.slice_spacing or measured, measured), measured):
        off = distances - distances[near] - (ranks - ranks[near]) * step
        if np.abs(off).max() <= STACK_TOLERANCE_VOXEL * abs(step):
            return len(instances), ranks if step > 0 else len(instances) - 1 - ranks, float(abs(step))
    return None


def _from_distances(
    distances: NDArray[np.float64], stated: _Stated, path: Path | None
) -> tuple[int, NDArray[np.int64], float]:
    """Return slice count, slice of each plane and step, from the frames' own places."""
    if not len(distances):
        raise MaskError("the segmentation has no frames", source=path, where="NumberOfFrames (0028,0008)")
    apart = np.diff(np.unique(np.round(distances, 3)))
    apart = apart[apart > _SAME_PLANE_MM]
    least = float(apart.min()) if apart.size else (stated.slice_spacing or 1.0)
    reach = distances - distances.min()
    for step in (stated.slice_spacing or least, least):
        slices = np.round(reach / step).astype(np.int64)
        if np.abs(reach - slices * step).max() <= STACK_TOLERANCE_VOXEL * step:
            return int(slices.max()) + 1, slices, step
    raise GeometryError(
        "the frames are not evenly spaced",
        source=path,
        found=", ".join(f"{gap:.6g}" for gap in np.unique(apart)[:5]) + " mm apart",
        expected="whole multiples of one distance",
    )
