"""Sizes of pictures from the headers of their files, where neither a file of annotations nor a case states them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from annoconv import images as image_seam
from annoconv.casefile import LoadedCase
from annoconv.errors import ImageError
from annoconv.files.atomic import note_inputs
from annoconv.messages import Message, listed
from annoconv_converters._pictures.own_names import EXTENSION, own_name
from annoconv_converters._pictures.picture_names import PICTURE_FILES, file_name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv.model import Case, Image
    from annoconv_converters._pictures.records import Picture

__all__ = ["size_of_file", "with_sizes", "without_size"]

_ORIENTATION: Final = 0x0112
_LYING: Final = frozenset({5, 6, 7, 8})
"""Of EXIF: rows and columns are to be exchanged, as trainers do."""
_DAMAGE: Final = (OSError, UnidentifiedImageError, ValueError, SyntaxError, Pillow.DecompressionBombError)
_MOST_NAMED: Final = 10


def size_of_file(path: Path) -> tuple[int, int]:
    """Return rows and columns of a picture, by its header; of a JPEG as its EXIF orientation turns it.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # no pixel is read
            with Pillow.open(path) as picture:
                is_lying = picture.format == "JPEG" and picture.getexif().get(_ORIENTATION) in _LYING
                return (picture.width, picture.height) if is_lying else (picture.height, picture.width)
    except _DAMAGE as error:
        raise ImageError("the picture cannot be read", source=path, found=type(error).__name__) from error


def without_size(title: str, picture: Picture) -> ImageError:
    """Return the error that a format needs a size which nothing tells."""
    return ImageError(
        Message("{title} needs the size of every picture that something is drawn on", title=title),
        where="/image/shape",
        found=picture.record["file_name"],
        expected="a width and a height",
        advice="Name the pictures, or their folder, with --images, or state the shape of the image in its case",
    )


def with_sizes(cases: Iterable[LoadedCase], images: Sequence[Path], limits: Limits) -> Iterator[LoadedCase]:
    """Yield cases, flat images without a shape with that of the picture of their name among files and folders.

    Raises
    ------
    ImageError
        If several pictures have the name, or one cannot be read.
    """
    known: dict[str, list[Path]] | None = None
    for loaded in cases:
        case = loaded.case
        every = (case.image, *(case.related_images or ()))
        if not images or all(each.shape is not None for each in every):
            yield loaded
            continue
        known = _by_name(images, limits) if known is None else known
        first, *others = (_sized(each, known) for each in every)
        changed = {"image": first, **({"related_images": others} if others else {})}
        yield _changed(loaded, case.model_copy(update=changed))


def _changed(loaded: LoadedCase, case: Case) -> LoadedCase:
    """Return a case in place of one, with the same masks."""
    return LoadedCase(case, lambda: loaded.masks, loaded.path, loaded.fields)


def _by_name(images: Sequence[Path], limits: Limits) -> dict[str, list[Path]]:
    """Return the files of pictures by their names without folders, and by these without their endings."""
    known: dict[str, list[Path]] = {}
    for path in image_seam.list_files(images, limits):
        if path.name.lower().endswith(PICTURE_FILES):
            known.setdefault(path.name, []).append(path)
            known.setdefault(path.stem, []).append(path)
    note_inputs(images)
    return known


def _sized(image: Image, known: dict[str, list[Path]]) -> Image:
    """Return an image with the size of its picture, if that is there: the file that most of its path is that of."""
    if image.shape is not None:
        return image
    parts = file_name_of(own_name(image)).split("/")
    is_named = bool(image.files) or EXTENSION in (image.extensions or {})
    found = known.get(parts[-1]) or ([] if is_named else known.get(parts[-1].rpartition(".")[0], []))
    alike = {path: _common(path.parts[-2::-1], parts[-2::-1]) for path in found}
    best = [path for path, count in alike.items() if count == max(alike.values())]
    if len(best) > 1:
        raise ImageError(
            "several pictures have the name of an image without a size",
            where="/image/shape",
            found=listed(list(map(str, best)), _MOST_NAMED),
            expected=own_name(image),
            advice="Name the folder of one of them",
        )
    if not best:
        return image
    rows, columns = size_of_file(best[0])
    return image.model_copy(update={"shape": [columns, rows]})


def _common(some: Sequence[str], others: Sequence[str]) -> int:
    """Return how many members two sequences have in common from their start."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(some), len(others)))
