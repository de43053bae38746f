"""Pictures of source images as PNG: 16 bits with the rescaling recorded, or 8 bits with the window recorded.

What is a picture already is copied as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from annoconv import images as image_seam
from annoconv.advice import NOTHING
from annoconv.documents.residuals import pointer
from annoconv.errors import ImageError, UsageError
from annoconv.geometry import Grid
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.pictures import PictureFiles, size_of_file
from annoconv.shown_values import header_of, number_of, palette_colours
from annoconv_converters._pictures.sizes import copy_picture, other_shape
from annoconv_converters._raster.png import png_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.model import Image
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["Rendering", "inversions", "pictures_folder", "render", "rendering_of"]

_COLOURED: Final = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
"""Kinds of pixels that are red, green and blue when they have been decoded (PS3.3 C.7.6.3.1.2)."""
_INVERTED: Final = "MONOCHROME1, whose least value is white: its pictures are written with the values turned over"


@dataclass(frozen=True)
class Rendering:
    """How source images become pictures.

    Attributes
    ----------
    depth
        `16`: stored values, moved to be positive; `8`: those within the window, spread over 0 to 255. Of MONOCHROME1,
        whose least value is white, both are counted from the other end.
    window
        Centre and width in units of the rescaled values (HU); that of the image's header if None.
    images
        The sources, files or folders.
    files
        Pictures among them.
    """

    depth: Literal["none", "16", "8"] = "none"
    window: tuple[float, float] | None = None
    images: Sequence[Path] = ()
    files: PictureFiles = field(default_factory=PictureFiles)


def rendering_of(images: Sequence[Path], depth: Literal["none", "16", "8"], window: str | None) -> Rendering:
    """Return how images become pictures, as options tell it; UsageError if the window is none, or is of no use."""
    if window is not None and depth != "8":
        raise UsageError(
            "a window is of pictures of 8 bits",
            found=f"--window {window}",
            expected="--render 8",
            advice="Pass --render 8 too",
        )
    return Rendering(depth, _window_of(window), images, PictureFiles(images))


def _window_of(text: str | None) -> tuple[float, float] | None:
    """Return centre and width of `40,400`; UsageError if it is neither."""
    if text is None:
        return None
    try:
        center, width = (float(part) for part in text.split(","))
    except ValueError:
        width = 0.0
        center = 0.0
    if not (abs(center) < 1e9 and 0 < width < 1e9):
        raise UsageError(
            "this is no window",
            found=text,
            expected="centre and width, such as 40,400",
            advice="Write both numbers with a comma between them",
        )
    return center, width


def render(
    drawing: Drawing, folder: Path, rendering: Rendering, limits: Limits, place: Callable[[str], str] = str
) -> None:
    """Write a file for each picture of a drawing whose file name the records give, where `place` puts it in a folder.

    Raises
    ------
    ImageError
        If an image has no source, or the source is of another shape.
    """
    if not rendering.images:
        raise UsageError(
            "pictures are rendered from source images",
            found=NOTHING,
            expected="the images that the cases are drawn on",
            advice="Pass --images FOLDER",
        )
    sources: list[ImageSource] | None = None
    case = drawing.loaded.case
    for image in (case.image, *(case.related_images or ())):
        planes = drawing.planes.get(image.uid)
        if planes is None:
            continue
        if planes.count == 1 and (file := rendering.files.of(image, limits)) is not None:
            _copy(file, image, drawing, folder, rendering, place)
            continue
        sources = image_seam.scan(rendering.images, limits) if sources is None else sources
        source = image_seam.match(sources, image, source=drawing.loaded.path)
        pixels_kji = source.read()
        if pixels_kji.shape[:3] != Grid.from_image(image).shape_kji:
            raise other_shape(source.path, pixels_kji.shape[2::-1], image)
        for picture in drawing.pictures:
            if picture.key["uid"] != image.uid:
                continue
            index = picture.key.get("index", 0)
            plane = _plane(pixels_kji, planes.axis, index)
            path = _path_of(picture, folder, place)
            pixels, recorded = _pixels(plane, source, index if planes.axis == "k" else 0, rendering)
            picture.key["rendering"] = recorded
            path.write_bytes(png_bytes(pixels))


def _copy(
    file: Path, image: Image, drawing: Drawing, folder: Path, rendering: Rendering, place: Callable[[str], str]
) -> None:
    """Copy the file of a flat image to where its picture is."""
    if rendering.window is not None:
        problem = "a window is of stored values, and this is a picture already, which is copied"
        raise UsageError(
            problem,
            source=file,
            found=file.suffix,
            expected="a source image of stored values",
            advice="Leave --window out",
        )
    size = size_of_file(file)
    if list(size[::-1]) != image.shape:
        raise other_shape(file, size[::-1], image)
    for picture in (each for each in drawing.pictures if each.key["uid"] == image.uid):
        copy_picture(file, _path_of(picture, folder, place))


def _path_of(picture: Picture, folder: Path, place: Callable[[str], str]) -> Path:
    path = folder / place(str(picture.record["file_name"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def pictures_folder(target: Path) -> Path:
    """Return the folder of the pictures of an output that is a file."""
    return target.parent / f"{target.stem}_images"


def inversions(drawing: Drawing, case_index: int) -> Iterator[Loss]:
    """Yield a loss for each image whose pictures were written from the other end, least value white."""
    uids = {each.key["uid"] for each in drawing.pictures if each.key.get("rendering", {}).get("inverted")}
    if not uids:
        return
    case = drawing.loaded.case
    for place, image in enumerate((case.image, *(case.related_images or ()))):
        if image.uid in uids:
            path = pointer(("related_images", place - 1) if place else ("image",))
            yield Loss(case_index, path, LossKind.CARRIED, _INVERTED)


def _plane(pixels_kji: NDArray[Any], axis: str, index: int) -> NDArray[Any]:
    return np.asarray(np.take(pixels_kji, index, axis="kji".index(axis)))


def _pixels(
    plane: NDArray[Any], source: ImageSource, index: int, rendering: Rendering
) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the pixels of a PNG and what must be known to read them."""
    headers = source.headers
    header = header_of(headers, index if index < len(headers) else 0)
    kind = str(header.get("PhotometricInterpretation", "")) if hasattr(header, "get") else ""
    if plane.ndim == 3:
        if plane.dtype != np.uint8 or (kind and kind not in _COLOURED):
            raise ImageError(
                "the colours of the image cannot be written",
                source=source.path,
                where="(0028,0004) PhotometricInterpretation",
                found=Message("{kinds}, {bits} bits", kinds=kind, bits=8 * plane.dtype.itemsize),
                expected=Message("{kinds}, {bits} bits", kinds=", ".join(_COLOURED), bits=8),
                advice="Convert the image to RGB of 8 bits first",
            )
        return np.ascontiguousarray(plane[..., :3]), {"depth": 8, "samples": 3}
    if kind == "PALETTE COLOR":
        return _coloured(plane, header, source)
    is_inverted = kind == "MONOCHROME1"
    inverted = {"inverted": True} if is_inverted else {}
    slope, intercept = number_of(header, "RescaleSlope", 1.0), number_of(header, "RescaleIntercept", 0.0)
    if rendering.depth == "16":
        offset = 1 << 15 if plane.dtype.kind == "i" else 0
        pixels = (plane.astype(np.int64) + offset).clip(0, 65535).astype(np.uint16)
        intercept -= slope * offset
        if is_inverted:  # least is white: what is written is counted from the other end
            pixels, slope, intercept = 65535 - pixels, -slope, intercept + slope * 65535
        return pixels, {"depth": 16, "slope": slope, "intercept": intercept, **inverted}
    window = rendering.window or _window(header)
    if window is None:
        raise UsageError(
            "the image's header holds no window",
            source=source.path,
            found=NOTHING,
            expected="centre and width",
            advice="Pass --window 40,400",
        )
    center, width = window
    # PS3.3 C.11.2.1.3.2 LINEAR_EXACT: (value - centre) / width + 0.5, from 0 to 1.
    share = (plane * slope + intercept - center) / width + 0.5
    pixels = np.floor(share.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    pixels = 255 - pixels if is_inverted else pixels
    return pixels, {"depth": 8, "window_center": center, "window_width": width, **inverted}


def _coloured(plane: NDArray[Any], header: Any, source: ImageSource) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the colours that pixels are indices of (PS3.3 C.7.9); ImageError if the palette cannot be read."""
    colours = palette_colours(plane, header)
    if colours is None:
        raise ImageError(
            "the pixels are indices of a palette that cannot be read",
            source=source.path,
            where="(0028,1101) RedPaletteColorLookupTableDescriptor",
            found=Message("tables that are not whole"),
            expected="tables of red, green and blue",
            advice="Save the image again with its colours in the pixels",
        )
    return colours, {"depth": 8, "samples": 3, "palette": True}


def _window(header: Any) -> tuple[float, float] | None:
    center, width = number_of(header, "WindowCenter", 0.0), number_of(header, "WindowWidth", 0.0)
    return (center, width) if width > 0 else None
