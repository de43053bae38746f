"""NIfTI, NRRD and MetaImage files as image sources.

In folders, files that say that they are labels (NIfTI's intent 1002, `.seg.nrrd`, a label table in the header) are
passed over, so that a folder may hold images and masks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from annoconv.errors import AnnoconvError
from annoconv.images import ImageSource, list_files
from annoconv.limits import Limits
from annoconv.volumes.nifti import LABEL_INTENT
from annoconv_converters._volumes.image import VolumeImage
from annoconv_converters._volumes.nifti import NiftiFile
from annoconv_converters._volumes.opening import is_volume, open_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["scan"]


def scan(paths: Sequence[Path], limits: Limits | None = None) -> list[ImageSource]:
    """Return the volumes among files and folders that are not labels, in a stable order."""
    limits = limits or Limits()
    named = {Path(path).resolve() for path in paths}
    found: list[ImageSource] = []
    for path in list_files(paths, limits):
        if is_volume(path) and (path.resolve() in named or not _is_labels(path, limits)):
            found.append(cast("ImageSource", VolumeImage(path, limits)))  # pyright loses its way in the protocol
    return found


def _is_labels(path: Path, limits: Limits) -> bool:
    """Tell whether a file says that it holds labels; a damaged one does not, and is refused when it is used."""
    if path.name.lower().endswith(".seg.nrrd"):
        return True
    file = open_volume(path, limits)
    try:
        return isinstance(file, NiftiFile) and (file.header.intent == LABEL_INTENT or bool(file.segments))
    except AnnoconvError:
        return False
