"""The grid that the frames of a segmentation form, found from the file alone.

Absent frames are empty slices. How far the grid reaches beyond the first and the last frame is told by the list of
referenced instances, if its order agrees with the frames' places; otherwise the grid ends where the frames end.
Frames of a whole slide are tiles of its total pixel matrix; frames without a place are told by the number of the
source's frame that they were drawn on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.dataset import Dataset

from annoconv.advice import SAVE_AGAIN
from annoconv.errors import AnnoconvError, GeometryError, MaskError
from annoconv.geometry import (
    DIRECTION_TOLERANCE,
    STACK_TOLERANCE_VOXEL,
    Grid,
    GridKind,
    GridRelation,
    compare_grids,
)
from annoconv.ids import is_dicom_uid
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.volumes.slice_stack import Plane, stack_grid
from annoconv_converters._dicom.elements import found_instead
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv_converters.dicom_seg.groups import FrameTable

_PLACING: Final = Message("PixelMeasuresSequence, PlaneOrientationSequence and PlanePositionSequence")
__all__ = [
    "FrameGrid",
    "find_frame_grid",
    "named_instances",
    "placed_instances",
    "relation_to",
    "source_series",
]

_SAME_PLANE_MM: Final = 1e-3
"""Frames nearer than this lie on one plane; decimal strings keep six decimals and more."""
_IMAGES: Final = ("SourceImageSequence", "ReferencedImageSequence")
"""Elements of the whole file that name images, where frames and series name none."""
_WIDEST: Final = 1000
"""Of the usual distance of frames: wider apart they are damage."""
_MOST_SLICES: Final = 65536
"""A grid of more slices is taken for damage: two frames that are metres apart."""


@dataclass(frozen=True, eq=False)
class FrameGrid:
    """Where the frames of a segmentation lie.

    Attributes
    ----------
    grid
        Right-handed, slices along the normal of the planes.
    slices
        Shape (planes,), int64: zero-based k of each of the table's places.
    tiles
        Zero-based column and row at which each of the places begins, if they are tiles of a slide.
    """

    grid: Grid
    slices: NDArray[np.int64]
    tiles: Sequence[tuple[int, int]] | None = None


@dataclass(frozen=True)
class _Stated:
    """What is the same for every plane."""

    orientation: tuple[float, ...]
    pixel_spacing: tuple[float, ...]
    slice_spacing: float | None
    slice_thickness: float | None
    columns: int
    rows: int


def find_frame_grid(
    header: Dataset, table: FrameTable, path: Path | None = None, limits: Limits | None = None
) -> FrameGrid:
    """Return the grid of a segmentation and the place of each of its planes in it.

    Raises
    ------
    GeometryError
        If the planes are no regular stack.
    MaskError
        If the header lacks what places them.
    """
    try:
        return _find_frame_grid(header, table, path, (limits or Limits()).direction_millionths / 1e6)
    except AnnoconvError:
        raise
    except DAMAGE as error:  # pydicom converts elements only when they are looked at
        problem, found = "an element that places the frames is damaged", found_instead(error)
        raise MaskError(problem, source=path, found=found, expected=_PLACING, advice=SAVE_AGAIN) from error


def _find_frame_grid(header: Dataset, table: FrameTable, path: Path | None, rounding: float) -> FrameGrid:
    if not len(table.planes):
        where, expected = "NumberOfFrames (0028,0008)", Message("at least one frame")
        problem = "the segmentation has no frames"
        raise MaskError(problem, source=path, where=where, found=0, expected=expected, advice=SAVE_AGAIN)
    if header.get("TotalPixelMatrixColumns") is not None:
        return _slide_frame_grid(header, table, path)
    if all(place.position is None for place in table.places):
        return _flat_frame_grid(header, table)
    stated = _stated(header, table, path)
    across, down = np.reshape(stated.orientation, (2, 3))
    normal = np.cross(across, down)
    positions = np.array([place.position for place in table.places], dtype=np.float64)
    distances = positions @ normal
    found = _from_references(header, table, distances, stated) or _from_distances(distances, stated)
    if found is not None and _are_fewer(header, table, found[0], distances, stated):
        found = None
    # Slices of uneven spacing are those that have frames: nothing tells where others would be.
    count, slices, step = found or _one_by_one(distances, path)
    if count > _MOST_SLICES:
        raise GeometryError(
            "the frames lie too far apart",
            source=path,
            found=Message("{count} slices", count=count),
            expected=_MOST_SLICES,
            advice="Correct the positions of the frames where the file was made",
        )
    first = int(slices.argmin())
    last = int(slices.argmax())
    run = (positions[last] - positions[first]) / (distances[last] - distances[first]) if last != first else normal
    places = positions[first] + np.outer(np.arange(count) - slices[first], step * run)
    places[slices] = positions
    planes = [
        Plane(f"slice {k + 1}", place, stated.orientation, stated.pixel_spacing, stated.columns, stated.rows)
        for k, place in enumerate(places.tolist())
    ]
    try:
        grid, _ = stack_grid(planes, step, upright=False, whole=found is None, rounding=rounding)
    except GeometryError as error:
        raise GeometryError(
            error.problem,
            source=path,
            where=error.where,
            found=error.found,
            expected=error.expected,
            advice=error.advice,
        ) from error
    return FrameGrid(grid, slices)


def source_series(header: Dataset, table: FrameTable) -> Dataset:
    """Return the item that names the series of the source: the one that most frames name instances of, else the first.

    An empty item if no series is named.
    """
    series: list[Dataset] = list(header.get("ReferencedSeriesSequence") or []) or [Dataset()]
    if len(series) == 1:
        return series[0]
    named = [place.source for place in table.places]
    return max(series, key=lambda each: sum(map(set(_uids(_instances(each))).__contains__, named)))


def named_instances(header: Dataset, table: FrameTable) -> set[str]:
    """Return the SOPInstanceUIDs that the file calls its source: those of its frames, else those it refers to."""
    of_frames = {place.source for place in table.places if place.source}
    referred = [
        *(each for series in header.get("ReferencedSeriesSequence") or [] for each in _instances(series)),
        *(each for name in _IMAGES for each in header.get(name) or []),
    ]
    return of_frames or {uid for uid in _uids(referred) if uid}


def _instances(series: Dataset) -> list[Dataset]:
    return list(series.get("ReferencedInstanceSequence") or [])


def _uids(references: Sequence[Dataset]) -> list[str]:
    return [text(each.get("ReferencedSOPInstanceUID")) for each in references]


def placed_instances(header: Dataset, table: FrameTable, frame_grid: FrameGrid) -> list[dict[str, Any]]:
    """Return the source instances in the order of the slices, as a case document has them.

    A multi-frame source stands once. There are none where the file does not say which instance each slice is. Sheared
    and uneven slices have their positions, LPS, mm: as the frames state them, or between these; a multi-frame source
    then stands for each.
    """
    named = _named_instances(header, table, frame_grid)
    grid = frame_grid.grid
    if not named or grid.frame != "LPS" or grid.is_upright:
        return named
    positions = grid.slice_positions.copy()
    positions[frame_grid.slices] = [place.position for place in table.places]
    count = len(positions)
    told = zip(named * count if len(named) == 1 else named, (np.round(positions, 10) + 0.0).tolist(), strict=False)
    return [{**each, "image_position_patient": position} for each, position in told]


def _named_instances(header: Dataset, table: FrameTable, frame_grid: FrameGrid) -> list[dict[str, Any]]:
    named = {int(k): place.source for k, place in zip(frame_grid.slices, table.places, strict=False)}
    listed = [
        {"sop_instance_uid": text(each.get("ReferencedSOPInstanceUID")), "sop_class_uid": text(sop_class)}
        for each in _instances(source_series(header, table))
        if is_dicom_uid(sop_class := text(each.get("ReferencedSOPClassUID")))
    ]
    by_uid = {each["sop_instance_uid"]: each for each in listed if is_dicom_uid(each["sop_instance_uid"])}
    if len(by_uid) == 1 and set(named.values()) <= by_uid.keys():
        return listed
    count = frame_grid.grid.shape[2]
    if len(by_uid) == len(listed) == count and set(named.values()) <= by_uid.keys():
        for order in (listed, listed[::-1]):
            if all(order[k]["sop_instance_uid"] == uid for k, uid in named.items()):
                return order
    if len(named) == count and len(set(named.values())) == count and set(named.values()) <= by_uid.keys():
        return [by_uid[named[k]] for k in range(count)]
    return []


def _stated(header: Dataset, table: FrameTable, path: Path | None) -> _Stated:
    first = table.places[0]
    if first.orientation is None or first.pixel_spacing is None or any(p.position is None for p in table.places):
        lacking = sum(
            each.position is None or first.orientation is None or first.pixel_spacing is None for each in table.places
        )
        raise MaskError(
            "the frames have no place in space",
            source=path,
            where="SharedFunctionalGroupsSequence (5200,9229)",
            found=Message("{count} places of frames that are incomplete", count=lacking),
            expected=_PLACING,
            advice=SAVE_AGAIN,
        )
    for place in table.places:
        for name, problem in (
            ("orientation", "the frames differ in orientation"),
            ("pixel_spacing", "the frames differ in pixel spacing"),
        ):
            found, expected = getattr(place, name), getattr(first, name)
            if found == expected:
                continue
            if found is None or not np.allclose(found, expected, rtol=DIRECTION_TOLERANCE, atol=DIRECTION_TOLERANCE):
                advice = "Write the frames of each orientation and spacing as a file of their own"
                raise GeometryError(problem, source=path, found=found, expected=expected, advice=advice)
    return _Stated(
        first.orientation,
        first.pixel_spacing,
        first.slice_spacing,
        first.slice_thickness,
        int(header.Columns),
        int(header.Rows),
    )


def _from_references(
    header: Dataset, table: FrameTable, distances: NDArray[np.float64], stated: _Stated
) -> tuple[int, NDArray[np.int64], float] | None:
    """Return slice count, slice of each plane and step, if the references are to the source's slices in order."""
    if any(place.source_frame is not None for place in table.places):
        rank = {(place.source, place.source_frame): (place.source_frame or 1) - 1 for place in table.places}
        if len({place.source for place in table.places}) > 1:
            return None
        count = max(rank.values()) + 1
    else:
        instances = _uids(_instances(source_series(header, table)))
        rank = dict[tuple[str, int | None], int]({(uid, None): n for n, uid in enumerate(instances)})
        count = len(instances)
        if len(rank) < count or any((place.source, None) not in rank for place in table.places):
            return None
    ranks = np.array([rank[place.source, place.source_frame] for place in table.places], dtype=np.int64)
    near, far = int(distances.argmin()), int(distances.argmax())
    if ranks[near] == ranks[far]:
        step = stated.slice_spacing or stated.slice_thickness
        return None if step is None or near != far else (count, ranks, step)
    measured = float((distances[far] - distances[near]) / (ranks[far] - ranks[near]))
    step = float(np.copysign(stated.slice_spacing or measured, measured))
    off = distances - distances[near] - (ranks - ranks[near]) * step
    if np.abs(off).max() > STACK_TOLERANCE_VOXEL * abs(step):
        return None
    return count, ranks if step > 0 else count - 1 - ranks, abs(step)


def _from_distances(distances: NDArray[np.float64], stated: _Stated) -> tuple[int, NDArray[np.int64], float] | None:
    """Return slice count, slice of each plane and step, from the frames' own places; None if there is no one step."""
    apart = np.diff(np.unique(np.round(distances, 3)))
    apart = apart[apart > _SAME_PLANE_MM]
    least = float(apart.min()) if apart.size else (stated.slice_spacing or stated.slice_thickness or 1.0)
    reach = distances - distances.min()
    for step in (stated.slice_spacing or least, least):
        slices = np.round(reach / step).astype(np.int64)
        if np.abs(reach - slices * step).max() <= STACK_TOLERANCE_VOXEL * step:
            return int(slices.max()) + 1, slices, step
    return None


def _are_fewer(header: Dataset, table: FrameTable, count: int, distances: NDArray[np.float64], stated: _Stated) -> bool:
    """Tell whether the listed source has fewer slices than an even stack: it is none.

    A list of those alone that have frames does not tell of others. Then frames in blocks, each of its own distance, are
    all slices of a source whose distance changes, unless the file states one.
    """
    listed, framed = {*_uids(_instances(source_series(header, table)))}, {place.source for place in table.places}
    if not 1 < len(listed) < count:
        return False
    return framed < listed or (framed == listed and stated.slice_spacing is None and _are_blocks(distances))


def _are_blocks(distances: NDArray[np.float64]) -> bool:
    """Tell whether no distance between neighbouring planes stands alone, as one across empty slices would."""
    apart = np.diff(np.unique(np.round(distances, 3)))
    return all(len([*run]) > 1 for _, run in groupby(np.round(apart / apart.min()).tolist()))


def _one_by_one(distances: NDArray[np.float64], path: Path | None) -> tuple[int, NDArray[np.int64], float]:
    """Return count, rank of each plane and mean step of planes that are unevenly spaced."""
    apart, slices = np.unique(np.round(distances, 3), return_inverse=True)
    gaps = np.diff(apart)
    if gaps.max() > _WIDEST * np.median(gaps):
        raise GeometryError(
            "the frames are not evenly spaced",
            source=path,
            found=Message("{gaps} mm apart", gaps=", ".join(f"{gap:.6g}" for gap in np.unique(gaps)[:5])),
            expected=Message("distances of slices, at most {count} times the usual one", count=_WIDEST),
            advice="Name the source series with --images",
        )
    return len(apart), slices.astype(np.int64), float(apart[-1] - apart[0]) / (len(apart) - 1)


def _flat_frame_grid(header: Dataset, table: FrameTable) -> FrameGrid:
    """Return the grid of frames without a place: the frames of one source image, as far as they are named."""
    slices = np.array([(place.source_frame or 1) - 1 for place in table.places], dtype=np.int64)
    return FrameGrid(Grid((int(header.Columns), int(header.Rows), int(slices.max()) + 1)), slices)


def _slide_frame_grid(header: Dataset, table: FrameTable, path: Path | None) -> FrameGrid:
    """Return the total pixel matrix of a slide as a grid of one slice."""
    width, height = int(header.TotalPixelMatrixColumns), int(header.get("TotalPixelMatrixRows") or 0)
    columns, rows = int(header.Columns), int(header.Rows)
    tiles = [place.tile for place in table.places]
    if all(tile is None for tile in tiles):
        across = -(-width // columns)
        tiles = [((n % across) * columns, (n // across) * rows) for n in range(len(tiles))]
    found = [tile for tile in tiles if tile is not None]
    if len(found) < len(tiles) or any(not (0 <= x < width and 0 <= y < height) for x, y in found):
        outside = len(tiles) - sum(0 <= x < width and 0 <= y < height for x, y in found)
        raise GeometryError(
            "a tile lies outside the total pixel matrix, or nowhere",
            source=path,
            where="PlanePositionSlideSequence (0048,021A)",
            found=Message("{count} tiles outside or without a place", count=outside),
            expected=Message("all inside {columns} x {rows} pixels", columns=width, rows=height),
            advice=SAVE_AGAIN,
        )
    slices = np.zeros(len(found), dtype=np.int64)
    origin = (header.get("TotalPixelMatrixOriginSequence") or [None])[0]
    cosines, spacing = header.get("ImageOrientationSlide"), table.places[0].pixel_spacing
    if origin is None or cosines is None or len(cosines) != 6 or spacing is None:
        return FrameGrid(Grid((width, height, 1)), slices, found)
    across_mm, down_mm = np.reshape([float(number) for number in cosines], (2, 3))
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = across_mm * spacing[1], down_mm * spacing[0]
    affine[:3, 2] = np.cross(across_mm, down_mm) * (table.places[0].slice_thickness or 1.0)
    affine[:3, 3] = [float(origin.get(f"{axis}OffsetInSlideCoordinateSystem") or 0) for axis in "XYZ"]
    return FrameGrid(Grid((width, height, 1), affine + 0.0, "SLIDE"), slices, found)


def relation_to(moving: Grid, fixed: Grid) -> GridRelation:
    """Return where one grid lies in another, also where there is no patient to compare them in.

    Grids without a place start at the same frame. Whole slides of one size are one matrix of pixels: its indices hold,
    since highdicom up to 0.7 stated slide coordinates that are one pixel off, and focal depths differ.
    """
    is_flat = moving.lps_from_ijk is None and fixed.lps_from_ijk is None and moving.shape[:2] == fixed.shape[:2]
    if is_flat or (moving.frame == fixed.frame == "SLIDE" and moving.shape == fixed.shape):
        return GridRelation(GridKind.SAME if moving.shape == fixed.shape else GridKind.SUB, moving, fixed)
    return compare_grids(moving, fixed)
