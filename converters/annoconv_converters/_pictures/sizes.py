"""Files of pictures: which is that of a flat image, its size, where nothing else states that, and its copy."""

from __future__ import annotations

import math
import shutil
from typing import TYPE_CHECKING, Final

from annoconv import images as image_seam
from annoconv.advice import COPY_AGAIN, begin_of
from annoconv.casefile import LoadedCase
from annoconv.errors import ImageError
from annoconv.geometry import Grid
from annoconv.messages import Message, listed
from annoconv.pictures import PictureFiles, own_name, size_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.model import Case, Image
    from annoconv_converters._pictures.records import Picture

__all__ = ["copy_picture", "other_shape", "with_sizes", "without_size"]

_MOST_NAMED: Final = 10
_OTHER_SHAPE: Final = "Name the image that was annotated, or correct the shape in the case"


def without_size(title: str, picture: Picture) -> ImageError:
    """Return the error that a format needs a size which nothing tells."""
    return ImageError(
        Message("{title} needs the size of every picture that something is drawn on", title=title),
        where="/image/shape",
        found=picture.record["file_name"],
        expected="a width and a height",
        advice="Name the pictures, or their folder, with --images, or state the shape of the image in its case",
    )


def with_sizes(
    cases: Iterable[LoadedCase], images: Sequence[Path], limits: Limits, *, is_rendered: bool
) -> Iterator[LoadedCase]:
    """Yield cases, flat images without a shape with that of the picture of their name among files and folders.

    A shape that a case states is compared with that of its picture, or of the volume of its UID.

    Parameters
    ----------
    cases
        The cases.
    images
        Files and folders that were named.
    limits
        Bounds on what is read.
    is_rendered
        Whether pictures are made of them; then that compares them, and misses what is not there.

    Raises
    ------
    ImageError
        If several pictures have the name, one cannot be read or is of another shape, or no image is that of any case.
    """
    if not images:
        yield from cases
        return
    given = image_seam.list_files(images, limits)
    files = PictureFiles(images)
    volumes: list[ImageSource] | None = None
    is_used = is_rendered
    wanted: dict[str, None] = {}
    for loaded in cases:
        case = loaded.case
        every = (case.image, *(case.related_images or ()))
        sizes = [_size(each, files, limits) for each in every]
        is_used |= any(sizes)
        wanted |= dict.fromkeys(() if is_used else map(own_name, every))
        if not (is_rendered or all(sizes)):
            volumes = _volumes(images, limits) if volumes is None else volumes
            same = [_is_same(each, volumes) for each in every]
            is_used |= any(same)
        if all(each.shape is not None for each in every):
            yield loaded
            continue
        first, *others = (_sized(each, size) for each, size in zip(every, sizes, strict=True))
        changed = {"image": first, **({"related_images": others} if others else {})}
        yield _changed(loaded, case.model_copy(update=changed))
    if not is_used:
        names = [path.name for path in given] or [Message("no file")]
        raise ImageError(
            "no image of the cases is among those that were named",
            source=listed(list(map(str, images)), _MOST_NAMED),
            found=image_seam.describe_sources(volumes) if volumes else listed(names, _MOST_NAMED),
            expected=listed(list(wanted), _MOST_NAMED),
            advice="Name the folder of the images, or leave --images out: they are needed to render pictures, and for "
            "sizes that cases do not state",
        )


def _volumes(images: Sequence[Path], limits: Limits) -> list[ImageSource]:
    """Return the volumes among files and folders that may hold pictures only."""
    try:
        return image_seam.scan(images, limits)
    except ImageError:
        return []


def _is_same(image: Image, volumes: Sequence[ImageSource]) -> bool:
    """Tell whether an image is among volumes; ImageError if it is, in another shape."""
    try:
        volume = image_seam.match(volumes, image)
    except ImageError:
        return False
    if image.shape is not None and Grid.from_image(image).shape != volume.grid.shape:
        raise other_shape(volume.path, volume.grid.shape, image)
    return True


def other_shape(path: Path, found: Sequence[int], image: Image) -> ImageError:
    """Return the error that an image is of another shape than its case says."""
    problem = "the image is of another shape than the case says"
    return ImageError(problem, source=path, found=list(found), expected=image.shape, advice=_OTHER_SHAPE)


def _changed(loaded: LoadedCase, case: Case) -> LoadedCase:
    """Return a case in place of one, with the same masks."""
    return LoadedCase(case, lambda: loaded.masks, loaded.path, loaded.fields)


def copy_picture(source: Path, target: Path) -> None:
    """Copy the file of a picture as it stands; into one of another ending, its pixels as they are seen, as PNG."""
    if source.suffix.lower() == target.suffix.lower():
        shutil.copyfile(source, target)
        return
    from PIL import Image as Pillow
    from PIL import ImageOps

    try:
        with Pillow.open(source) as picture:
            ImageOps.exif_transpose(picture).save(target, "PNG")
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise ImageError(
            "the picture cannot be read",
            source=source,
            found=begin_of(source),
            expected="a picture, such as PNG, JPEG or TIFF",
            advice=COPY_AGAIN,
        ) from error


def _size(image: Image, files: PictureFiles, limits: Limits) -> tuple[int, int] | None:
    """Return columns and rows of the picture of an image, if it is there; ImageError if the case states others."""
    is_flat = image.shape is None or math.prod(image.shape[2:]) == 1
    path = files.of(image, limits) if is_flat else None
    if path is None:
        return None
    rows, columns = size_of_file(path)
    if image.shape is not None and list(image.shape[:2]) != [columns, rows]:
        raise other_shape(path, (columns, rows), image)
    return columns, rows


def _sized(image: Image, size: tuple[int, int] | None) -> Image:
    return image if size is None or image.shape is not None else image.model_copy(update={"shape": list(size)})
