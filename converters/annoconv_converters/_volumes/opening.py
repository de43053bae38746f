"""Which format a file of volumes is of, by the ending of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.errors import MaskError
from annoconv_converters._volumes.metaimage import MetaFile
from annoconv_converters._volumes.nifti import NiftiFile
from annoconv_converters._volumes.nrrd import NrrdFile

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv.volumes.nifti_affines import Form
    from annoconv_converters._volumes.file import VolumeFile

__all__ = ["is_volume", "open_volume", "start_of", "stem_of"]


def open_volume(path: Path, limits: Limits, form: Form = "agree", written: bytes | None = None) -> VolumeFile:
    """Return a file of volumes, opened when it is first asked something; MaskError if its name has no known ending.

    Of a NIfTI file that has just been written, `written` is what stands before the voxels.
    """
    kind = _suffix(path.name)
    if kind in {".nii", ".nii.gz"}:
        return NiftiFile(path, limits, form, written)
    if kind in {".nrrd", ".nhdr"}:
        return NrrdFile(path, limits)
    if kind in {".mha", ".mhd"}:
        return MetaFile(path, limits)
    raise MaskError(
        "not a volume by its name",
        source=path,
        found=path.name,
        expected=" ".join(_SUFFIXES),
        advice="Save it as one of these; a pair of .hdr and .img is saved as .nii.gz, and what is no volume is read by "
        "the command of its own format",
    )


_SUFFIXES: Final = (".nii.gz", ".nii", ".seg.nrrd", ".nrrd", ".nhdr", ".mha", ".mhd")


def is_volume(path: Path) -> bool:
    """Tell whether a file's name is that of a volume."""
    return bool(_suffix(path.name)) and not path.name.startswith(".")


def start_of(path: Path) -> bytes:
    """Return the first megabyte of a file, enough to tell what it is; nothing if there is none."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(1 << 20)


def stem_of(name: str) -> str:
    """Return a file name without the ending of a volume."""
    return next((name[: -len(suffix)] for suffix in _SUFFIXES if name.lower().endswith(suffix)), name)


def _suffix(name: str) -> str:
    found = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")
    return ".nrrd" if found == ".seg.nrrd" else found
