"""Files that a case names, inside of resources: masks and displacement fields as the bytes of their NIfTI files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv.casefile.loaded import renamed
from annoconv.casefile.mask_files import write_fields, write_masks
from annoconv.files.atomic import Outputs
from annoconv.model import MaskAnnotation
from annoconv.pixels import Mask, Masks, NiftiVolume
from annoconv_converters.fhir.contents import attached_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.model import Case
    from annoconv_converters.fhir.names import Resource

__all__ = ["Attached", "fields_of", "files_of", "masks_of"]

_ENDINGS = (".nii.gz", ".nii")


class Attached:
    """A mask volume that stands in a resource; it is decoded when it is asked for.

    Parameters
    ----------
    told
        The attachment.
    limits
        Bounds on the volume.
    """

    path = None

    def __init__(self, told: Resource, limits: Limits) -> None:
        self._told, self._limits = told, limits

    def _opened(self, folder: str) -> NiftiVolume:
        data = attached_bytes(self._told) or b""
        place = Path(folder) / ("mask.nii.gz" if data.startswith(b"\x1f\x8b") else "mask.nii")
        place.write_bytes(data)
        return NiftiVolume(place, self._limits)

    @cached_property
    def _header(self) -> tuple[Grid, np.dtype[Any]]:
        with tempfile.TemporaryDirectory() as folder:
            volume = self._opened(folder)
            return volume.grid, volume.dtype

    @property
    def grid(self) -> Grid:
        """Its grid."""
        return self._header[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self._header[1]

    def read(self) -> NDArray[Any]:
        """Return the labels, read-only."""
        with tempfile.TemporaryDirectory() as folder:
            return self._opened(folder).read()


def files_of(loaded: LoadedCase) -> tuple[Case, dict[str, bytes]]:
    """Return a case whose masks are NIfTI, digests put right, and the bytes of its files by their names.

    Raises
    ------
    MaskError
        If a mask is missing, or masks of one file overlap.
    """
    named = {each.mask_file for each in loaded.case.annotations if isinstance(each, MaskAnnotation)}
    if not named and not loaded.fields:
        return loaded.case, {}
    names = {name: f"{name}.nii.gz" for name in named if not name.endswith(_ENDINGS)}
    case = renamed(loaded.case, names) if names else loaded.case
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with Outputs():  # a set of their own, so that they are there at its end
            case = write_masks(case, loaded.masks, place, is_from_disk=loaded.path is not None)
            write_fields(case, loaded.fields, place)
        files = sorted(each for each in place.rglob("*") if each.is_file())
        return case, {each.relative_to(place).as_posix(): each.read_bytes() for each in files}


def masks_of(case: Case, attached: Mapping[str, Resource], limits: Limits) -> Masks:
    """Return the masks of a case by what is attached, by the names of their files; one that is not there has none."""
    volumes = {name: Attached(told, limits) for name, told in attached.items() if "data" in told}
    masks = [each for each in case.annotations if isinstance(each, MaskAnnotation) and each.mask_file in volumes]
    return Masks(Mask(each.id, volumes[each.mask_file], each.mask_value) for each in masks)


class _Fields(dict[str, Path]):
    """Displacement fields by registration id, whose files are there as long as this is."""


def fields_of(case: Case, attached: Mapping[str, Resource]) -> dict[str, Path]:
    """Return the displacement fields of a case as files."""
    named = [each for each in case.registrations or () if each.field_file in attached]
    told = [(each.id, each.field_file, attached_bytes(attached[str(each.field_file)])) for each in named]
    held = [(identity, name, data) for identity, name, data in told if data is not None]
    found = _Fields()
    if held:
        folder = tempfile.mkdtemp()
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
        for number, (identity, name, data) in enumerate(held):
            found[identity] = Path(folder) / f"{number}{''.join(Path(str(name)).suffixes)}"
            found[identity].write_bytes(data)
    return found
