"""The name that the source of a flat image gives to its picture, in a case.

It is the path of the image's one file; what the model takes for no relative path, or for the name of what a picture is
made of, stands beside it, in `extensions` under `annoconv.picture`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.ids import is_dicom_uid, safe_name

if TYPE_CHECKING:
    from annoconv.model import Image

__all__ = ["EXTENSION", "PICTURES", "is_relative", "named_image", "own_name"]

Record: TypeAlias = "dict[str, Any]"

EXTENSION: Final = "annoconv.picture"
"""Key in `extensions` of an image under which its picture's `name` stands, where no file of it has that."""
_MADE_OF: Final = (".dcm", ".dicom", ".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Endings of files that pictures are made of, and have other names than."""
PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Endings of the names of pictures."""


def own_name(image: Image) -> str:
    """Return the name of the picture that a flat image is."""
    told = (image.extensions or {}).get(EXTENSION)
    name = told.get("name") if isinstance(told, dict) else None
    if isinstance(name, str) and name:
        return name
    path = image.files[0].path if image.files else ""
    return path if path and _is_own(path, image.uid) else f"{safe_name(image.uid)}.png"


def named_image(name: str | None, uid: str) -> Record:
    """Return what an image says of the name of its picture; nothing of one that follows from its UID."""
    if name is None:
        return {}
    files: Record = {"files": [{"path": name}]} if is_relative(name) else {}
    return files if files and _is_own(name, uid) else {**files, "extensions": {EXTENSION: {"name": name}}}


def _is_own(path: str, uid: str) -> bool:
    """Tell whether the path of an image's file is the name of its picture, not of what that is made of."""
    ending = path.lower()
    return ending.endswith(PICTURES) or not (is_dicom_uid(uid) or ending.endswith(_MADE_OF))


def is_relative(name: str) -> bool:
    """Tell whether the model takes a name as a relative path."""
    parts = name.split("/")
    is_plain = not any(mark in "\\:\x7f" or mark < " " for mark in name)
    return is_plain and not any(part in {"", "."} or part[:2] == ".." for part in parts)
