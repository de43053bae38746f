"""The source images that cases are checked against."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from annoconv.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.model import Image
    from annoconv.pictures import PictureFiles

__all__ = ["GivenImages"]


class GivenImages:
    """The images under some paths, looked for when a rule first asks; calling it gives the volumes, series and slides.

    Parameters
    ----------
    paths
        Files and folders.
    limits
        Bounds on what is read.
    """

    def __init__(self, paths: Sequence[Path], limits: Limits | None = None) -> None:
        self._paths, self._limits = paths, limits or Limits()

    def __call__(self) -> list[ImageSource]:
        """Return them; ImageError if there are none."""
        return self._found

    @cached_property
    def _found(self) -> list[ImageSource]:
        from annoconv import images

        return images.scan(self._paths, self._limits)

    @cached_property
    def _pictures(self) -> PictureFiles:
        from annoconv.pictures import PictureFiles

        return PictureFiles(self._paths)

    def size(self, image: Image) -> tuple[int, int] | None:
        """Return rows and columns of the picture that a flat image is; None without one.

        Raises
        ------
        AnnoconvError
            If it cannot be read, or several could be meant.
        """
        from annoconv.pictures import size_of_file

        path = self._path_of(image)
        return None if path is None else size_of_file(path)

    def picture(self, image: Image) -> NDArray[Any] | None:
        """Return the picture that a flat image is, shape (row, column) or (row, column, sample); None without one.

        Raises
        ------
        AnnoconvError
            If it cannot be read, or several could be meant.
        """
        from annoconv.pictures import read_picture

        path = self._path_of(image)
        return None if path is None else read_picture(path, self._limits)

    def _path_of(self, image: Image) -> Path | None:
        from annoconv.pictures import PICTURES

        is_flat = image.shape is None or all(each == 1 for each in image.shape[2:])
        path = self._pictures.of(image, self._limits) if is_flat else None
        return None if path is None or path.suffix.lower() not in PICTURES else path
