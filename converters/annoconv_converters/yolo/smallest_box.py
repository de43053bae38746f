"""The smallest turned box round points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.rotation import turned_box
from annoconv_converters.yolo.border import is_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["smallest_box"]


def smallest_box(vertices: NDArray[Any], size: tuple[int, int] | None = None) -> list[float]:
    """Return the corners of the turned box of least area round points; one of its sides lies on their convex hull.

    Parameters
    ----------
    vertices
        Shape (points, 2), x and y in pixels.
    size
        Rows and columns of a picture that the points lie in, and that the box may not leave: where those that touch
        the hull do, it is upright.
    """
    hull = _hull(vertices)
    low, high = hull.min(axis=0), hull.max(axis=0)
    upright = turned_box((*low.tolist(), *high.tolist()), 0, (0, 0))
    sides = np.roll(hull, -1, axis=0) - hull
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    along = sides[lengths > 0] / lengths[lengths > 0, None]
    if len(hull) < 3 or not len(along):
        return upright
    across = np.stack((-along[:, 1], along[:, 0]), axis=1)
    u, v = hull @ along.T, hull @ across.T
    areas = np.ptp(u, axis=0) * np.ptp(v, axis=0)
    (u_low, u_high), (v_low, v_high) = ((each.min(axis=0), each.max(axis=0)) for each in (u, v))
    for best in areas.argsort(kind="stable"):
        turn = np.stack((along[best], across[best]))
        us, vs = (u_low[best], u_high[best]), (v_low[best], v_high[best])
        ends = np.array([(us[0], vs[0]), (us[1], vs[0]), (us[1], vs[1]), (us[0], vs[1])])
        corners = [tidy(number) for number in (ends @ turn).ravel()]
        if size is None or is_within(corners, size):
            return corners
    return upright


def _hull(vertices: NDArray[Any]) -> NDArray[np.float64]:
    """Return the convex hull of points, by Andrew's monotone chain."""
    points: list[tuple[float, float]] = sorted({(float(x), float(y)) for x, y in vertices})
    if len(points) < 3:
        return np.array(points)
    chains: list[list[tuple[float, float]]] = []
    for ordered in (points, points[::-1]):
        chain: list[tuple[float, float]] = []
        for point in ordered:
            while len(chain) > 1 and _turns_right(chain[-2], chain[-1], point):
                chain.pop()
            chain.append(point)
        chains.append(chain[:-1])
    return np.array([*chains[0], *chains[1]])


def _turns_right(first: tuple[float, float], second: tuple[float, float], third: tuple[float, float]) -> bool:
    across = (second[0] - first[0]) * (third[1] - first[1])
    return across - (second[1] - first[1]) * (third[0] - first[0]) <= 0
