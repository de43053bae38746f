"""What the image of a case is among files and folders: a series, a volume, a slide, or a picture by its name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import images as image_seam
from annoconv.errors import GeometryError, ImageError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids, grid_text
from annoconv.messages import Message, listed
from annoconv.pictures import PictureFiles, read_picture
from annoconv.shown_values import header_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.model import Image

__all__ = ["Pixels", "Sources"]

_MOST_NAMED: Final = 10


@dataclass(frozen=True)
class Pixels:
    """The pixels of one image, on the grid on which the case has it.

    Attributes
    ----------
    grid
        Of the case, or of the file where the case states none.
    source
        The image; None of a picture.
    picture
        Shape (row, column) or (row, column, sample); None of an image.
    """

    grid: Grid
    source: ImageSource | None = None
    picture: NDArray[Any] | None = None

    def planes(self, indices: Sequence[int], longest: int) -> list[NDArray[Any]]:
        """Return stored pixels of slices; of a slide, and of nothing else, perhaps fewer than it has."""
        if self.source is None:
            return [np.asarray(self.picture)]
        if isinstance(self.source, image_seam.Overview):
            return [*self.source.read_overview(longest)]
        relation = compare_grids(self.source.grid, self.grid)
        if relation.kind is GridKind.SAME:
            return [*image_seam.read_slices(self.source, indices)]
        return [*apply_relation(self.source.read(), relation, self.source.path)[list(indices)]]

    def header(self, index: int) -> Any:
        """Return the header of a slice; None without one."""
        if self.source is None:
            return None
        headers = self.source.headers
        if len(headers) != self.grid.shape[2]:
            return header_of(headers, 0) if len(headers) else None
        relation = compare_grids(self.source.grid, self.grid)
        is_reversed = relation.kind is GridKind.REINDEXED and relation.flips[relation.axes.index(2)]
        return header_of(headers, len(headers) - 1 - index if is_reversed else index)


class Sources:
    """The images among files and folders; each is looked for when a case has it.

    Parameters
    ----------
    paths
        Files and folders.
    limits
        Bounds on what is read.

    Raises
    ------
    ImageError
        If one does not exist.
    """

    def __init__(self, paths: Sequence[Path], limits: Limits) -> None:
        self.paths = paths
        self._limits = limits
        self._files = PictureFiles(paths)
        if paths:
            image_seam.list_files(paths, limits)

    @cached_property
    def _found(self) -> list[ImageSource]:
        """Volumes, series and slides; there may be none among pictures."""
        try:
            return image_seam.scan(self.paths, self._limits) if self.paths else []
        except ImageError:
            return []

    def of(self, image: Image) -> Pixels | None:
        """Return the pixels of an image; None if it is not among those that were named.

        Raises
        ------
        ImageError, GeometryError
            If it is damaged, of another shape than the case says, or lies elsewhere.
        """
        is_flat = image.shape is None or math.prod(image.shape[2:]) == 1
        path = self._files.of(image, self._limits) if is_flat and self.paths else None
        if path is not None and path.suffix.lower() != ".dcm":
            return self._picture(path, image)
        try:
            source = image_seam.match(self._found, image)
        except ImageError:
            return None
        return Pixels(_grid_of(source, image), source)

    def _picture(self, path: Path, image: Image) -> Pixels:
        pixels = read_picture(path, self._limits)
        shape = (pixels.shape[1], pixels.shape[0], 1)
        grid = Grid(shape) if image.shape is None else Grid.from_image(image)
        if grid.shape != shape:
            raise _other_shape(path, shape, grid)
        return Pixels(grid, picture=pixels)

    def none_of(self, wanted: Sequence[str], *, advice: str) -> ImageError:
        """Return the error that no image of a case is among those that were named."""
        names = [path.name for path in image_seam.list_files(self.paths, self._limits)] or [Message("no file")]
        return ImageError(
            "no image of the case is among those that were named",
            source=listed(list(map(str, self.paths)), _MOST_NAMED),
            found=image_seam.describe_sources(self._found) if self._found else listed(names, _MOST_NAMED),
            expected=listed(wanted, _MOST_NAMED),
            advice=advice,
        )


def _grid_of(source: ImageSource, image: Image) -> Grid:
    """Return the grid on which a case has an image."""
    found = source.grid
    if image.shape is None:
        return found
    stated = Grid.from_image(image)
    if stated.lps_from_ijk is None or found.lps_from_ijk is None:
        if stated.shape != found.shape:
            raise _other_shape(source.path, found.shape, stated)
        return found if stated.lps_from_ijk is None else stated
    if compare_grids(found, stated).kind not in {GridKind.SAME, GridKind.REINDEXED}:
        raise GeometryError(
            "the image lies elsewhere than the case says",
            source=source.path,
            found=grid_text(found),
            expected=grid_text(stated),
            advice="Name the image that was annotated, or correct its geometry in the case",
        )
    return stated


def _other_shape(path: Path, found: Sequence[int], grid: Grid) -> ImageError:
    return ImageError(
        "the image is of another shape than the case says",
        source=path,
        found=list(found),
        expected=list(grid.shape),
        advice="Name the image that was annotated, or correct the shape in the case",
    )
