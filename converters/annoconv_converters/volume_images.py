"""NIfTI, NRRD and MetaImage files as image sources.

A file is an image of its own: its UID is that of its sidecar (`SeriesInstanceUID`, as dcm2niix writes it), else its
name without the ending. In folders, files that say that they are labels (NIfTI's intent 1002, `.seg.nrrd`, a label
table in the header) are passed over, so that a folder may hold images and masks.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from annoconv import ids, jsondoor
from annoconv.errors import AnnoconvError, ImageError, MaskError
from annoconv.forms import check_orthogonal
from annoconv.geometry import describe_grid, transform_points
from annoconv.images import ImageSource, SliceIdentity, list_files
from annoconv.limits import Limits
from annoconv.model import Image, Modality
from annoconv.nifti import LABEL_INTENT
from annoconv_converters._volume_files import NiftiFile, VolumeFile, is_volume, open_volume, stem_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from annoconv.forms import Form
    from annoconv.geometry import Grid

__all__ = ["VolumeImage", "scan"]


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
            raise ImageError("the file holds several volumes", source=self.path, found=layers, expected=1)
        check_orthogonal(file.grid, self.path)
        return file

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        """Return what the sidecar says."""
        beside = self.path.with_name(stem_of(self.path.name) + ".json")
        if not beside.is_file():
            return {}
        told = jsondoor.loads(jsondoor.read_bytes(beside, self._limits), limits=self._limits, source=beside)
        return told if isinstance(told, dict) else {}

    def _stated(self, name: str) -> str:
        value = self._told.get(name)
        return value if isinstance(value, str) and value else ""

    @property
    def uid(self) -> str:
        """SeriesInstanceUID of the sidecar, else the file's name without its ending."""
        return self._stated("SeriesInstanceUID") or stem_of(self.path.name)

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
        from annoconv import nifti

        try:
            if isinstance(self._file, NiftiFile):
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
