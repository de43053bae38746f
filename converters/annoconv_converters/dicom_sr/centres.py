"""Where the middle of a mask is: a point on one of its slices, for a viewer that shows nothing without coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annoconv.volumes.foreground import runs_of
from annoconv_converters._dicom.content import Coordinates, Item
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.regions import scoord

if TYPE_CHECKING:
    from annoconv.pixels import Mask
    from annoconv_converters.dicom_sr.series import Series

__all__ = ["centre_item", "centre_voxel"]


def centre_voxel(mask: Mask) -> tuple[int, int, int] | None:
    """Return the voxel (i, j, k) of a mask that is nearest to the middle of its middle slice; None of an empty one.

    As many voxels lie before that slice as behind it.
    """
    _, rows, columns = mask.grid.shape_kji
    found = mask.foreground()
    if found is not None:
        starts, stops = found.starts, found.stops
    else:
        starts, stops, _ = runs_of((mask.read() > 0).reshape(-1), columns)
    if not len(starts):
        return None
    lengths = np.cumsum(stops - starts)
    middle = int(np.searchsorted(lengths, (int(lengths[-1]) + 1) // 2))
    k = int(starts[middle]) // (rows * columns)
    here = starts // (rows * columns) == k
    starts, stops = starts[here] - k * rows * columns, stops[here] - k * rows * columns
    lines, begins = np.divmod(starts, columns)
    sizes = stops - starts
    x = float(((begins + (sizes - 1) / 2) * sizes).sum() / sizes.sum())
    y = float((lines * sizes).sum() / sizes.sum())
    nearest = np.clip(np.rint(x), begins, begins + sizes - 1)
    at = int(np.argmin((nearest - x) ** 2 + (lines - y) ** 2))
    return int(nearest[at]), int(lines[at]), k


def centre_item(mask: Mask, series: Series) -> Item | None:
    """Return the middle of a mask as a point (POINT, Center) on the slice of its image; None if it lies on none."""
    voxel = centre_voxel(mask)
    if voxel is None:
        return None
    grid, place = series.lps_grid, np.array([*voxel, 1.0])
    if grid is not None and grid.positions is None and mask.grid.lps_from_ijk is not None:
        place = np.linalg.inv(grid.affine) @ mask.grid.affine @ place
    k = round(float(place[2]))
    if not 0 <= k < len(series.slices):
        return None
    origin = "VOLUME" if series.is_slide else ""
    point = Coordinates("POINT", (float(place[0]) + 0.5, float(place[1]) + 0.5), origin=origin)
    return scoord(point, series.slices[k], codes.CENTER)
