"""The name that the source of a flat image gives to its picture, in a case.

It is the path of the image's one file; what the model takes for no relative path, or for the name of what a picture is
made of, stands beside it, in `extensions` under `annoconv.picture`, and so does where a server has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.ids import is_dicom_uid, safe_name

if TYPE_CHECKING:
    from annoconv.model import Image

__all__ = ["EXTENSION", "PICTURES", "address_of", "is_relative", "named_image", "own_name"]

Record: TypeAlias = "dict[str, Any]"

EXTENSION: Final = "annoconv.picture"
"""Key in `extensions` of an image for its picture's `name`, where no file of it has that, and `address`."""
_MADE_OF: Final = (".dcm", ".dicom", ".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Endings of files that pictures are made of, and have other names than."""
PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Endings of the names of pictures."""


def own_name(image: Image) -> str:
    """Return the name of the picture that a flat image is."""
    if name := _told(image, "name"):
        return name
    path = image.files[0].path if image.files else ""
    return path if path and _is_own(path, image.uid) else f"{safe_name(image.uid)}.png"


def address_of(image: Image) -> str | None:
    """Return where a server has the picture that a flat image is, if its source says so beside its name."""
    return _told(image, "address")


def _told(image: Image, member: str) -> str | None:
    told = (image.extensions or {}).get(EXTENSION)
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
