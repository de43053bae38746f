"""One NIfTI, NRRD or MetaImage file as an image source.

A file is an image of its own: its UID is that of its sidecar (`SeriesInstanceUID`, as dcm2niix writes it), else its
name without the ending: in a data set of nnU-Net the first channel has the name of its case.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.errors import ImageError, MaskError
from annoconv.files.atomic import note_inputs
from annoconv.geometry import describe_grid, transform_points
from annoconv.images import SliceIdentity
from annoconv.model import Image, Modality
from annoconv.volumes.nifti_affines import check_orthogonal
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._volumes.nifti import NiftiFile
from annoconv_converters._volumes.opening import open_volume, start_of, stem_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.volumes.nifti_affines import Form
    from annoconv_converters._volumes.file import VolumeFile

__all__ = ["VolumeImage"]

_FIRST_CHANNEL: Final = "_0000"
_IMAGE_FOLDERS: Final = frozenset({"imagesTr", "imagesTs"})
"""Folders of nnU-Net, in which the image that a case is named after has this ending."""


class VolumeImage:
    """One volume as an image; see `annoconv.images.ImageSource` for what each member means."""

    def __init__(self, path: Path, limits: Limits, *, form: Form = "agree", modality: str | None = None) -> None:
        self.path = path
        self._limits = limits
        self._form: Form = form
        self._modality = modality

    def __repr__(self) -> str:
        return f"VolumeImage({str(self.path)!r})"

    @cached_property
    def _file(self) -> VolumeFile:
        try:
            file = open_volume(self.path, self._limits, self._form)
            layers = file.layers
        except MaskError as error:
            raise _image_error(error) from error
        if layers != 1:
            raise ImageError(
                "the file holds several volumes",
                source=self.path,
                found=layers,
                expected=1,
                advice="Save one volume as a file of its own",
            )
        check_orthogonal(file.grid, self.path)
        return file

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        """Return what the sidecar says."""
        beside = self.path.with_name(stem_of(self.path.name) + ".json")
        if not beside.is_file():
            return {}
        told = strict_json.loads(strict_json.read_bytes(beside, self._limits), limits=self._limits, source=beside)
        if not isinstance(told, dict) or {"image", "annotations"} <= told.keys():
            return {}  # a case that was made of this file is no sidecar
        note_inputs([beside])
        return told

    def _stated(self, name: str) -> str:
        value = self._told.get(name)
        return value if isinstance(value, str) and value else ""

    @property
    def uid(self) -> str:
        """SeriesInstanceUID of the sidecar, else the file's name without its ending, and nnU-Net's first channel's."""
        return self._stated("SeriesInstanceUID") or self._name

    @cached_property
    def _name(self) -> str:
        name = stem_of(self.path.name)
        if name.endswith(_FIRST_CHANNEL) and self.path.parent.name in _IMAGE_FOLDERS:
            is_nnunet = b'"channel_names"' in start_of(self.path.parent.parent / "dataset.json")
            return name.removesuffix(_FIRST_CHANNEL) if is_nnunet else name
        return name

    @property
    def modality(self) -> str:
        """Modality of the sidecar, else as asked, else OT."""
        stated = self._stated("Modality")
        return self._modality or (stated if stated in set(Modality) else Modality.OT.value)

    @property
    def grid(self) -> Grid:
        """The file's."""
        return self._file.grid

    @property
    def frame_of_reference_uid(self) -> str:
        """As the sidecar states, else derived from the UID."""
        return self._stated("FrameOfReferenceUID") or ids.frame_of_reference(self.uid)

    @property
    def study_instance_uid(self) -> str:
        """As the sidecar states, else derived from the UID."""
        return self._stated("StudyInstanceUID") or ids.study(self.uid)

    @property
    def derived(self) -> frozenset[str]:
        """Which UIDs the sidecar lacks."""
        names = {
            "uid": "SeriesInstanceUID",
            "frame_of_reference_uid": "FrameOfReferenceUID",
            "study_instance_uid": "StudyInstanceUID",
        }
        return frozenset(name for name, key in names.items() if not self._stated(key))

    @property
    def acquired_at(self) -> datetime | None:
        """None: these formats hold no time."""
        return None

    @property
    def headers(self) -> Sequence[Any]:
        """The NIfTI header, one for all slices; nothing for the other formats."""
        return (self._file.header,) if isinstance(self._file, NiftiFile) else (None,)

    @cached_property
    def slices(self) -> tuple[SliceIdentity, ...]:
        """Position of each slice; there are no instances."""
        count = self.grid.shape[2]
        if self.grid.lps_from_ijk is None:
            return (SliceIdentity("", "", None, self.path, None),) * count
        corners = transform_points(self.grid.affine, [(0, 0, k) for k in range(count)]).tolist()
        return tuple(SliceIdentity("", "", None, self.path, (x, y, z)) for x, y, z in corners)

    @property
    def notes(self) -> Sequence[str]:
        """A file without a place in space is unusual."""
        return () if self.grid.lps_from_ijk is not None else ("sform and qform codes are both 0",)

    def read(self) -> NDArray[Any]:
        """Return `pixels_kji`; of NIfTI as stored, rescaling not applied.

        Raises
        ------
        ImageError
            If the file is damaged.
        """
        from annoconv.volumes import nifti

        try:
            if isinstance(self._file, NiftiFile):
                check_held(self._file.header.data_bytes, self.path, self._limits)
                return nifti.read_array(self._file.header).reshape(self.grid.shape_kji)
            return np.asarray(self._file.values()[0])
        except MaskError as error:
            raise _image_error(error) from error

    def describe(self) -> Image:
        """Return UID, modality and geometry, and the UIDs that the sidecar states."""
        return Image(
            uid=self.uid,
            modality=Modality(self.modality),
            **describe_grid(self.grid),
            frame_of_reference_uid=self._stated("FrameOfReferenceUID") or None,
            study_instance_uid=self._stated("StudyInstanceUID") or None,
        )


def _image_error(error: MaskError) -> ImageError:
    return ImageError(
        error.problem,
        source=error.source,
        where=error.where,
        found=error.found,
        expected=error.expected,
        advice=error.advice,
    )
