"""From segmentation files to cases: lazy masks on the source's grid, and what the private carrier took along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import carrier, jsondoor
from annoconv import images as image_seam
from annoconv.carrier import Residual
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.errors import AnnoconvError, DocumentError, GeometryError, InputError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.model import Case, Image
from annoconv.pixels import Mask, Masks
from annoconv_converters._dicom import carried
from annoconv_converters.dicom_seg.datafile import SegmentationFile, open_segmentation
from annoconv_converters.dicom_seg.layout import Layout, find_layout
from annoconv_converters.dicom_seg.mapping import annotation_ids, merge, native_document, segments_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.registry import Context

__all__ = ["SegmentVolume", "read_segmentations"]

_TASK: Final = "dicom-seg"
"""Task of a case whose file names none, unless the request does."""


@dataclass(eq=False)
class SegmentVolume:
    """One segment as a lazy binary volume.

    Attributes
    ----------
    file
        The segmentation.
    layout
        Where its frames lie.
    number
        SegmentNumber.
    grid
        The grid on which it is read: the segmentation's own, or one on the same lattice.
    """

    file: SegmentationFile
    layout: Layout
    number: int
    grid: Grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bool."""
        return np.dtype(np.bool_)

    @property
    def path(self) -> Path:
        """The segmentation file."""
        return self.file.path

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`, bool, read-only."""
        own = self.layout.grid
        mask_kji = np.zeros(own.shape_kji, dtype=np.bool_)
        numbers = np.flatnonzero(self.file.table.segments == self.number)
        slices = self.layout.slices[self.file.table.planes[numbers]]
        flat = mask_kji.reshape(mask_kji.shape[0], -1)
        for k, foreground in zip(slices.tolist(), self.file.frames(numbers), strict=True):
            flat[k] |= foreground
        try:
            placed = apply_relation(mask_kji, compare_grids(own, self.grid))
        except GeometryError as error:
            raise GeometryError(error.problem, source=self.path, found=error.found, expected=error.expected) from error
        placed.flags.writeable = False
        return placed


@dataclass(eq=False)
class _Part:
    """One file, and what it says by itself."""

    file: SegmentationFile
    carried: dict[str, Any] | None
    context: Context

    @cached_property
    def layout(self) -> Layout:
        return find_layout(self.file.header, self.file.table, self.file.path)

    @cached_property
    def native(self) -> dict[str, Any]:
        # What was written with a carrier was compared with the built-in labels only.
        labels = Labels(None if self.carried else self.context.label_system)
        return native_document(self.file.header, self.layout.grid, labels)

    def masks(self, grid: Grid) -> Iterator[Mask]:
        """Yield the mask of each segment on a grid."""
        segments = segments_of(self.file.header)
        for annotation_id, segment in zip(annotation_ids(segments), segments, strict=True):
            yield Mask(annotation_id, SegmentVolume(self.file, self.layout, segment.number, grid))


def read_segmentations(sources: Sequence[Path], *, context: Context, images: Sequence[Path]) -> Iterator[Reading]:
    """Yield a case for each segmentation, or for the several files that were written from one case."""
    found = image_seam.scan(images, context.limits) if images else []
    parts = [_open(path, context) for path in image_seam.list_files(sources, context.limits)]
    for case_index, group in enumerate(_together(parts)):
        yield _reading(group, found, context, case_index)
        context.advance(case_index + 1)


def _open(path: Path, context: Context) -> _Part:
    file = open_segmentation(path, context.limits)
    try:
        document = carried(file.header, context.limits)
    except AnnoconvError as error:
        raise InputError(f"the private block is damaged: {error}", source=path) from error
    return _Part(file, document, context)


def _together(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Return the files of one case together, in the order in which they were written."""
    groups: dict[str, list[_Part]] = {}
    for part in parts:
        key = str(part.carried["case"]) if part.carried and "case" in part.carried else str(part.file.path)
        groups.setdefault(key, []).append(part)
    return [sorted(group, key=_position) for group in groups.values()]


def _position(part: _Part) -> int:
    position = part.carried.get("part", 0) if part.carried else 0
    return position if isinstance(position, int) else 0


def _reading(parts: list[_Part], found: Sequence[ImageSource], context: Context, case_index: int) -> Reading:
    native = merge([part.native for part in parts])
    losses: list[Loss] = []
    document = _restored(native, parts)
    if document is None:
        document = {"task_id": context.task or _TASK, **native}
        document["image"] = _described(parts[0], found)
        losses += _foreign_losses(case_index, context, found)
    case = jsondoor.parse(jsondoor.dumps(document), Case, limits=context.limits, source=parts[0].file.path)
    masks = Masks(mask for part in parts for mask in part.masks(_grid(part, case, found)))
    return Reading(case, masks, LossReport(losses))


def _foreign_losses(case_index: int, context: Context, found: Sequence[ImageSource]) -> Iterator[Loss]:
    """Yield what the case states although the file does not."""
    if not context.task:
        message = f"the file names no annotation task; {_TASK} stands for it"
        yield Loss(case_index, "/task_id", LossKind.APPROXIMATED, message)
    if not found:
        message = "no source image was given; the grid is that of the segmentation itself"
        yield Loss(case_index, "/image/shape", LossKind.APPROXIMATED, message)


def _source(part: _Part, found: Sequence[ImageSource]) -> ImageSource | None:
    """Return the image that a segmentation was drawn on, if images were given at all."""
    if not found:
        return None
    described = Image.model_validate(part.native["image"])
    return image_seam.match(found, described)


def _described(part: _Part, found: Sequence[ImageSource]) -> dict[str, Any]:
    """Return the image as the file describes it, or the source itself if its grid is another."""
    source = _source(part, found)
    if source is None or compare_grids(part.layout.grid, source.grid).kind is GridKind.SAME:
        stated: dict[str, Any] = part.native["image"]
        return stated
    described: dict[str, Any] = jsondoor.plain(source.describe())
    return described


def _grid(part: _Part, case: Case, found: Sequence[ImageSource]) -> Grid:
    """Return the grid for the masks of a part: that of the case's image, else its source's, else the file's own."""
    own = part.layout.grid
    ids = {each["id"] for each in part.native["annotations"]}
    uids = {annotation.image_uid or case.image.uid for annotation in case.annotations if annotation.id in ids}
    stated = [Grid.from_image(each) for each in (case.image, *(case.related_images or ())) if each.uid in uids]
    source = _source(part, found)
    for grid in (*stated, *([] if source is None else [source.grid])):
        if grid.lps_from_ijk is not None and compare_grids(own, grid).kind is not GridKind.DIFFERENT:
            return grid
    return own


def _restored(native: dict[str, Any], parts: Sequence[_Part]) -> dict[str, Any] | None:
    """Return the case that the carrier completes; None if there is no carrier, or it does not fit."""
    document = parts[0].carried
    if document is None or document.get("parts") != len(parts) or "residual" not in document:
        return None
    try:
        restored = carrier.restore(native, Residual.from_json(document["residual"]))
        jsondoor.parse(jsondoor.dumps(restored), Case)
    except (KeyError, TypeError, ValueError, DocumentError):
        return None
    return restored if isinstance(restored, dict) else None
