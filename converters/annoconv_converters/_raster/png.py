"""PNG in and out, bounded: the header is checked before anything is inflated.

Pillow is imported for the first picture only: most files of annotations come without any.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.advice import COPY_AGAIN, begin_of
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message, listed
from annoconv_converters._raster.run_lengths import MOST_PIXELS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["png_bytes", "read_png"]


def read_png(path: Path, size: tuple[int, int], modes: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return the pixels of a PNG no larger than `size`, shape (rows, columns, samples); its header is checked first.

    Raises
    ------
    InputError
        If it is missing, damaged, larger or of another kind.
    """
    from PIL import Image as Pillow

    if size[0] * size[1] > MOST_PIXELS:
        raise LimitError(
            "the picture is too large",
            source=path,
            found=Message("{rows} x {columns} pixels", rows=size[0], columns=size[1]),
            expected=Message("at most {count} pixels", count=MOST_PIXELS),
            advice="Cut it into tiles",
        )
    try:
        with Pillow.open(path, formats=("PNG",)) as picture:
            if picture.height > size[0] or picture.width > size[1] or picture.mode not in modes:
                found = (picture.height, picture.width, picture.mode)
                raise InputError(
                    "the picture is of another size or kind",
                    source=path,
                    found=found,
                    expected=Message(
                        "at most {rows} x {columns} pixels, of {modes}",
                        rows=size[0],
                        columns=size[1],
                        modes=listed(modes),
                    ),
                    advice="Save it as PNG of the picture's size",
                )
            return np.atleast_3d(np.asarray(picture))
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            "the picture cannot be read",
            source=path,
            found=begin_of(path),
            expected="a PNG",
            advice=COPY_AGAIN,
        ) from error


def png_bytes(pixels: NDArray[Any]) -> bytes:
    """Return a PNG: uint8 or uint16 of shape (rows, columns), or uint8 of shape (rows, columns, 3)."""
    from PIL import Image as Pillow

    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, format="PNG", compress_level=6)
    return stream.getvalue()
