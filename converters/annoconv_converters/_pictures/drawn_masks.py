"""Masks as the run lengths of the pictures that they are seen on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.errors import MaskError
from annoconv.geometry import GridKind, apply_relation
from annoconv.messages import Message
from annoconv.pixels import check_frame, foreground_of
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters._pictures.planes import PictureVolume
from annoconv_converters._raster.flat_masks import labels_in
from annoconv_converters._raster.outlines import polygons_of
from annoconv_converters._raster.run_lengths import compress, counts_of_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.model import Image
    from annoconv.pixels import Mask, Volume
    from annoconv_converters._pictures.geometry import Record
    from annoconv_converters._pictures.planes import Planes
    from annoconv_converters._raster.run_lengths import Counts, Run

__all__ = ["Form", "masks_on"]

Form: TypeAlias = Literal["rle", "polygon"]
_LARGE: Final = 1 << 26
"""Pixels of a picture of which no array is made."""


def masks_on(
    volume: Volume, masks: list[Mask], image: Image, planes: Planes, form: Form
) -> Iterator[tuple[Mask, int, Counts, Record]]:
    """Yield the run lengths and the record of masks of one volume on each picture that they are seen on."""
    relation = check_frame(image, volume)
    if isinstance(volume, PictureVolume) and volume.planes == planes and relation.kind is GridKind.SAME:
        known = volume.runs()
        if known is not None:
            yield from _paired(known, {1: masks}, planes, form)
            return
    by_value: dict[int, list[Mask]] = {}
    for mask in masks:
        if mask.value is not None:
            by_value.setdefault(mask.value, []).append(mask)
    whole = [mask for mask in masks if mask.value is None]
    is_large = planes.axis == "k" and planes.count == 1 and planes.rows * planes.columns > _LARGE
    covered = foreground_of(volume) if is_large and relation.kind is GridKind.SAME else None
    if covered is not None:
        if by_value:
            yield from _paired(labels_in(covered), by_value, planes, form)
        if whole:
            yield from _paired(labels_in(covered.of(None)), {1: whole}, planes, form)
        return
    labels_kji = volume.read()
    if labels_kji.dtype.kind == "f":
        raise MaskError(
            "pictures hold masks, not fractions",
            source=volume.path,
            where=masks[0].id,
            found=Message("numbers between 0 and 1"),
            expected="0 and 1, or whole labels",
            advice="Write it as a fractional DICOM segmentation, or set a threshold first",
        )
    labels_kji = apply_relation(labels_kji, relation, volume.path, masks[0].id)
    if by_value:
        yield from _paired(counts_of_labels(planes.stack(labels_kji)), by_value, planes, form)
    if whole:
        yield from _paired(counts_of_labels(planes.stack(labels_kji != 0)), {1: whole}, planes, form)


def _paired(
    found: Iterable[Run], by_value: dict[int, list[Mask]], planes: Planes, form: Form
) -> Iterator[tuple[Mask, int, Counts, Record]]:
    runs = [run for run in found if run.label in by_value]
    many = [run.counts for run in runs]
    drawn: Iterable[Any] = polygons_of(many, planes.rows) if form == "polygon" else compress(many)
    for run, shape in zip(runs, drawn, strict=True):
        for mask in by_value[run.label]:
            yield mask, run.slice_index, run.counts, counts_to_record(run.counts, planes.size, shape)
