"""The pictures of flat images: the names that their sources give them in a case, and their files.

A name is the path of the image's one file; what the model takes for no relative path, or for the name of what a picture
is made of, stands beside it, in `extensions` under `annoconv.picture`, and so does where a server has it.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from annoconv import images as image_seam
from annoconv.advice import COPY_AGAIN, begin_of
from annoconv.errors import ImageError, LimitError
from annoconv.files.atomic import note_inputs
from annoconv.ids import is_dicom_uid, safe_name
from annoconv.messages import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits
    from annoconv.model import Image

__all__ = [
    "EXTENSION",
    "PICTURES",
    "PICTURE_FILES",
    "PictureFiles",
    "address_of",
    "address_told",
    "file_name_of",
    "is_relative",
    "name_told",
    "named_image",
    "own_name",
    "read_picture",
    "size_of_file",
]

Record: TypeAlias = "dict[str, Any]"

EXTENSION: Final = "annoconv.picture"
"""Key in `extensions` of an image for its picture's `name`, where no file of it has that, and `address`."""
_MADE_OF: Final = (".dcm", ".dicom", ".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Endings of files that pictures are made of, and have other names than."""
PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Endings of the names of pictures."""
_OTHERS: Final = (".heic", ".avif", ".jp2", ".dng", ".mpo", ".pfm", ".svs", ".ndpi", ".mrxs", ".scn", ".dcm")
PICTURE_FILES: Final = (*PICTURES, *_OTHERS)
"""What the file of a picture may end in."""
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029:]")
_MOST_BYTES: Final = 240
"""Of a part of a path: file systems take 255, and endings are exchanged."""
_MOST_NAMED: Final = 10
_ORIENTATION: Final = 0x0112
_LYING: Final = frozenset({5, 6, 7, 8})
"""Of EXIF: rows and columns are to be exchanged, as trainers do."""
_DAMAGE: Final = (OSError, ValueError, SyntaxError)
"""What a decoder raises; a file of no known kind is an OSError."""


def own_name(image: Image) -> str:
    """Return the name of the picture that a flat image is."""
    return name_told(image.uid, image.files[0].path if image.files else None, image.extensions)


def name_told(uid: str, path: str | None, extensions: Record | None) -> str:
    """Return the same of an image of a UID, the path of its first file, and extensions."""
    if name := _told(extensions, "name"):
        return name
    return path if path and _is_own(path, uid) else f"{safe_name(uid)}.png"


def address_of(image: Image) -> str | None:
    """Return where a server has the picture that a flat image is, if its source says so beside its name."""
    return address_told(image.extensions)


def address_told(extensions: Record | None) -> str | None:
    """Return the same of the extensions of an image."""
    return _told(extensions, "address")


def _told(extensions: Record | None, member: str) -> str | None:
    told = (extensions or {}).get(EXTENSION)
    found = told.get(member) if isinstance(told, dict) else None
    return found if isinstance(found, str) and found else None


def named_image(name: str | None, uid: str, address: str | None) -> Record:
    """Return what an image says of the name of its picture, but of one that follows from its UID, and its address."""
    files: Record = {"files": [{"path": name}]} if name is not None and is_relative(name) else {}
    told: Record = {} if name is None or (files and _is_own(name, uid)) else {"name": name}
    told |= {"address": address} if address else {}
    return {**files, **({"extensions": {EXTENSION: told}} if told else {})}


def _is_own(path: str, uid: str) -> bool:
    """Tell whether the path of an image's file is the name of its picture, not of what that is made of."""
    ending = path.lower()
    return ending.endswith(PICTURES) or not (is_dicom_uid(uid) or ending.endswith(_MADE_OF))


def is_relative(name: str) -> bool:
    """Tell whether the model takes a name as a relative path."""
    parts = name.split("/")
    is_plain = not any(mark in "\\:\x7f" or mark < " " for mark in name)
    return is_plain and not any(part in {"", "."} or part[:2] == ".." for part in parts)


def file_name_of(name: str) -> str:
    r"""Return the path of a picture's file below a folder: its name, if that is one.

    Else folders are parted by slashes, none leads upwards or nowhere, what ends a line or parts a path is `_`, and a
    name without the ending of a picture has `.png` behind it; of an address, what follows `?` or `#` is left out.

    Examples
    --------
    >>> file_name_of("train/a.png"), file_name_of("C:\\x\\a.png"), file_name_of("https://x.org/b.png?size=1")
    ('train/a.png', 'C_/x/a.png', 'https_/x.org/b.png')
    """
    is_address = "://" in name or name.startswith("/data/")
    told = unquote(re.split("[?#]", name)[0]) if is_address else name
    parts = [_part(part) for part in told.replace("\\", "/").split("/") if part.strip(" .")]
    found = "/".join(parts) or "picture"
    return found if found.lower().endswith(PICTURE_FILES) else f"{found}.png"


def _part(part: str) -> str:
    """Return a part of a path as file systems take it."""
    part = _FORBIDDEN.sub("_", part)
    if len(part.encode("utf-8", "surrogatepass")) <= _MOST_BYTES:
        return part
    stem, dot, ending = part.rpartition(".")
    return f"{safe_name(stem)}.{ending}" if dot and len(ending) <= 5 else safe_name(part)


class PictureFiles:
    """The files of pictures among files and folders, which are looked through when the first is asked for."""

    def __init__(self, images: Sequence[Path] = ()) -> None:
        self._images = images
        self._known: dict[str, list[Path]] | None = None

    def of(self, image: Image, limits: Limits) -> Path | None:
        """Return the file of the picture that a flat image is: the one that most of its path is that of.

        Raises
        ------
        ImageError
            If several are.
        """
        if self._known is None:
            self._known = _by_name(self._images, limits)
        parts = file_name_of(own_name(image)).split("/")
        is_named = bool(image.files) or EXTENSION in (image.extensions or {})
        found = self._known.get(parts[-1]) or ([] if is_named else self._known.get(parts[-1].rpartition(".")[0], []))
        alike = {path: _common(path.parts[-2::-1], parts[-2::-1]) for path in found}
        best = [path for path, count in alike.items() if count == max(alike.values())]
        if len(best) > 1:
            raise ImageError(
                "several pictures have the name of an image",
                where="/image",
                found=listed(list(map(str, best)), _MOST_NAMED),
                expected=own_name(image),
                advice="Name the folder of one of them",
            )
        return best[0] if best else None


def size_of_file(path: Path) -> tuple[int, int]:
    """Return rows and columns of a picture, by its header; of a JPEG as its EXIF orientation turns it.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    from PIL import Image as Pillow

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # no pixel is read
            with Pillow.open(path) as picture:
                is_lying = picture.format == "JPEG" and picture.getexif().get(_ORIENTATION) in _LYING
                return (picture.width, picture.height) if is_lying else (picture.height, picture.width)
    except (*_DAMAGE, Pillow.DecompressionBombError) as error:
        raise ImageError(
            "the picture cannot be read",
            source=path,
            found=begin_of(path),
            expected="a picture, such as PNG, JPEG or TIFF",
            advice=COPY_AGAIN,
        ) from error


def read_picture(path: Path, limits: Limits) -> NDArray[Any]:
    """Return the pixels of a picture as it is seen: with its palette, its first frame, turned as EXIF says.

    Shape (row, column) or (row, column, sample).

    Raises
    ------
    ImageError
        If it is damaged.
    LimitError
        If it is larger than `limits.volume_bytes`.
    """
    import numpy as np
    from PIL import Image as Pillow
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(path) as picture:
                size = picture.width * picture.height * len(picture.getbands())
                if size > limits.volume_bytes:
                    raise LimitError(
                        "the picture is too large",
                        source=path,
                        found=size,
                        expected=limits.volume_bytes,
                        advice="Make it smaller, or set --limit volume_bytes=NUMBER",
                        limit="volume_bytes",
                    )
                shown = ImageOps.exif_transpose(picture) if picture.format == "JPEG" else picture
                mode = "L" if shown.mode in {"1", "LA"} else shown.mode if shown.mode[0] in "LIF" else "RGB"
                return np.asarray(shown.convert(mode))
    except (*_DAMAGE, Pillow.DecompressionBombError) as error:
        if isinstance(error, LimitError):
            raise
        raise ImageError(
            "the picture cannot be read",
            source=path,
            found=type(error).__name__,
            expected="PNG, JPEG, TIFF or another picture that is whole",
            advice="Fetch the file again from where it was exported",
        ) from error


def _by_name(images: Sequence[Path], limits: Limits) -> dict[str, list[Path]]:
    """Return the files of pictures by their names without folders, and by these without their endings."""
    known: dict[str, list[Path]] = {}
    for path in image_seam.list_files(images, limits):
        if path.name.lower().endswith(PICTURE_FILES):
            known.setdefault(path.name, []).append(path)
            known.setdefault(path.stem, []).append(path)
    note_inputs(images)
    return known


def _common(some: Sequence[str], others: Sequence[str]) -> int:
    """Return how many members two sequences have in common from their start."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(some), len(others)))
