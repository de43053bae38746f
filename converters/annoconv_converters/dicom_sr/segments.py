"""Segmentations beside a report: written and read by the format of their own, joined with it by tracking UID."""

from __future__ import annotations

import contextvars
import shutil
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pydicom

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import MaskError
from annoconv.geometry import Grid
from annoconv.model import MaskAnnotation
from annoconv.pixels import Mask, Masks
from annoconv_converters._dicom.content import Reference
from annoconv_converters._dicom.elements import found_instead
from annoconv_converters._dicom.equipment import is_own
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.opening import DAMAGED
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_sr.group_meaning import JoinedMask
from annoconv_converters.dicom_sr.groups import SegmentReference, tracking_of
from annoconv_converters.dicom_sr.series import DrawnImage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import Reading
    from annoconv.model import Case
    from annoconv.pixels import Volume
    from annoconv.registry import Context

__all__ = [
    "Segmentation",
    "drawn_images",
    "find_segments",
    "joined_masks",
    "masks_of",
    "read_segmentation",
    "write_segmentations",
]

_FORMAT: Final = "dicom-seg"
_BACKGROUND: Final = ("125040", "DCM")


@dataclass(eq=False)
class Segmentation:
    """A segmentation that was read.

    Attributes
    ----------
    path
        Its file.
    reference
        Its instance.
    series_uid, study_uid
        Of it.
    reading
        What its own reader made of it.
    numbers
        Segment number of each of its annotations, by their ids.
    trackings
        TrackingUID and TrackingID of each segment, by its number.
    is_own
        Whether we wrote it.
    """

    path: Path
    reference: Reference
    series_uid: str
    study_uid: str
    reading: Reading
    numbers: Mapping[str, int]
    trackings: Mapping[int, tuple[str, str]]
    is_own: bool
    used: set[int] = field(default_factory=set[int])


def read_segmentation(path: Path, context: Context, images: Sequence[Path] = ()) -> Segmentation:
    """Return a segmentation as its own format reads it; its masks stay in the file.

    Raises
    ------
    MaskError, GeometryError, LimitError
        If it is none, or damaged.
    """
    (reading,) = registry.read([path], format=_FORMAT, context=context, images=list(images))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
            described = [each for each in header.get("SegmentSequence") or () if not _is_background(each)]
            numbers = sorted(int(each.SegmentNumber) for each in described)
            trackings = {
                int(each.SegmentNumber): (text(each.get("TrackingUID")), text(each.get("TrackingID")))
                for each in described
            }
            reference = Reference(text(header.get("SOPClassUID")), text(header.get("SOPInstanceUID")))
            place = text(header.get("SeriesInstanceUID")), text(header.get("StudyInstanceUID"))
            ours = is_own(header)
    except DAMAGE as error:
        raise MaskError(
            "the segments cannot be read",
            source=path,
            where="SegmentSequence (0062,0002)",
            found=found_instead(error),
            expected="segments with numbers (PS3.3 C.8.20.4)",
            advice=DAMAGED,
        ) from error
    masks = [each for each in reading.case.annotations if isinstance(each, MaskAnnotation)]
    named = [each.mask_value for each in masks]
    if len(numbers) != len(masks):
        numbers = [value for value in named if value is not None]
    by_id = {each.id: number for each, number in zip(masks, numbers, strict=False)}
    return Segmentation(path, reference, *place, reading, by_id, trackings, ours)


_TAGS: Final = [
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "Manufacturer", "SegmentSequence"),
    "SpecificCharacterSet",
]


def _is_background(segment: Any) -> bool:
    kind = (segment.get("SegmentedPropertyTypeCodeSequence") or [pydicom.Dataset()])[0]
    return (text(kind.get("CodeValue")), text(kind.get("CodingSchemeDesignator"))) == _BACKGROUND or not int(
        segment.SegmentNumber
    )


def joined_masks(segmentations: Sequence[Segmentation]) -> dict[tuple[str, int], JoinedMask]:
    """Return the masks of segmentations, by instance and segment number; their files have distinct names."""
    found: dict[tuple[str, int], JoinedMask] = {}
    taken: dict[str, int] = {}
    for at, each in enumerate(segmentations):
        for annotation in each.reading.case.annotations:
            if not isinstance(annotation, MaskAnnotation) or annotation.id not in each.numbers:
                continue
            file = annotation.mask_file
            if taken.setdefault(file, at) != at:
                file = file.replace(".", f"_{at + 1}.", 1)
            fields: dict[str, Any] = {
                "mask_file": file,
                "mask_value": annotation.mask_value,
                "fractional_type": annotation.fractional_type and annotation.fractional_type.value,
            }
            if not each.is_own:
                fields["algorithm_type"] = annotation.algorithm_type and annotation.algorithm_type.value
            number = each.numbers[annotation.id]
            stated = {key: value for key, value in fields.items() if value is not None}
            tracking = each.trackings.get(number, ("", ""))[0]
            found[each.reference.sop_instance_uid, number] = JoinedMask(
                stated, (at, annotation.id), tracking, each.is_own
            )
    return found


def masks_of(joined: Mapping[str, JoinedMask], segmentations: Sequence[Segmentation], case: Case) -> Masks:
    """Return the masks of annotations by their ids, still in the files of their segmentations."""
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    shown = {each.id: images.get(each.image_uid or case.image.uid) for each in case.annotations}
    masks: list[Mask] = []
    for identity, one in joined.items():
        at, name = one.key
        mask, image = segmentations[at].reading.masks[name], shown.get(identity)
        grid = Grid.from_image(image) if image is not None and image.shape is not None else None
        masks.append(Mask(identity, mask.volume if grid is None else _with_all_frames(mask.volume, grid), mask.value))
    return Masks(masks)


def _with_all_frames(volume: Volume, grid: Grid) -> Volume:
    """Return a volume of frames without a place in space with those that are behind its last one, if it has fewer."""
    own = volume.grid
    is_flat = own.lps_from_ijk is None and grid.lps_from_ijk is None
    is_shorter = own.shape[:2] == grid.shape[:2] and own.shape[2] < grid.shape[2]
    return _WithEmptyFrames(volume, grid) if is_flat and is_shorter else volume


@dataclass(frozen=True)
class _WithEmptyFrames:
    """A volume in which empty frames follow those of another; see `annoconv.pixels.Volume`."""

    volume: Volume
    grid: Grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.volume.dtype

    @property
    def path(self) -> Path | None:
        """The file of the other."""
        return self.volume.path

    def read(self) -> NDArray[Any]:
        """Return `labels_kji`, read-only."""
        labels_kji = self.volume.read()
        whole_kji = np.zeros(self.grid.shape_kji, dtype=labels_kji.dtype)
        whole_kji[: len(labels_kji)] = labels_kji
        whole_kji.flags.writeable = False
        return whole_kji


def drawn_images(segmentations: Sequence[Segmentation]) -> dict[str, DrawnImage]:
    """Return what segmentations tell of the images that they were drawn on, by the UIDs of these.

    Of several on one lattice it is from the first of their slices to the last; of those on another, nothing is taken.
    """
    found: dict[str, DrawnImage] = {}
    for each in segmentations:
        image = each.reading.case.image
        grid = Grid.from_image(image) if image.shape is not None else None
        if grid is None or grid.lps_from_ijk is None or grid.frame != "LPS" or not grid.is_upright:
            continue
        named = {one.sop_instance_uid: one.sop_class_uid or "" for one in image.instances or ()}
        told = DrawnImage(grid, named if len(named) == grid.shape[2] else {})
        known = found.get(image.uid)
        both = told if known is None else together(known, told)
        if both is not None:
            found[image.uid] = both
    return found


_SAME_MM: Final = 1e-3


def together(one: DrawnImage, other: DrawnImage) -> DrawnImage | None:
    """Return both as one, or None if they are not slices of one lattice, or slices between them are not told."""
    offset = np.linalg.inv(one.grid.affine) @ other.grid.affine
    step = round(float(offset[2, 3]))
    expected = np.eye(4)
    expected[2, 3] = step
    (columns, rows, slices), depth = one.grid.shape, other.grid.shape[2]
    if one.grid.shape[:2] != other.grid.shape[:2] or np.abs(offset - expected).max() > _SAME_MM:
        return None
    first, last = min(0, step), max(slices, step + depth)
    by_place = dict(zip(range(slices), one.instances.items(), strict=False))
    by_place |= dict(zip(range(step, step + depth), other.instances.items(), strict=False))
    places = range(first, last)
    named = dict(by_place[k] for k in places) if all(k in by_place for k in places) else {}
    affine = one.grid.affine.copy()
    affine[:3, 3] += first * affine[:3, 2]
    return DrawnImage(Grid((columns, rows, last - first), affine), named)


# --- written


def write_segmentations(
    loaded: LoadedCase, folder: Path, name: str, context: Context, images: Sequence[Path]
) -> list[Path]:
    """Write the masks of a case as segmentations into a folder; return their files.

    Parameters
    ----------
    loaded
        The case, without what is left out of it.
    folder
        Where they come to stand: `NAME_seg.dcm`, or a folder of that name if there are several.
    name
        Of the case.
    context, images
        As its own writer takes them.
    """
    masks = [each for each in loaded.case.annotations if isinstance(each, MaskAnnotation)]
    alone = loaded.case.model_copy(update={"annotations": masks})
    only = LoadedCase(alone, loaded.masks, loaded.path)
    options = {"images": list(images), "plain": True, "all_annotations": True}
    called = registry.converter("to", _FORMAT)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / f"{name}_seg.dcm"
        # Written by itself, not as an output of this request: the report reads it before it is done.
        contextvars.Context().run(called.function, [only], made, context=context, **called.values_of(options))
        target = folder / (made.name if made.is_file() else f"{name}_seg")
        shutil.move(made, target)
    return sorted(target.glob("*.dcm")) if target.is_dir() else [target]


def _stated(
    annotation: MaskAnnotation, segmentations: Sequence[Segmentation]
) -> list[tuple[Segmentation, int, tuple[str, str]]]:
    """Return the segment that the case itself names, where segmentations do not track their objects."""
    if annotation.segmentation is None or annotation.segment_number is None:
        return []
    return [
        (each, number, tracking)
        for each in segmentations
        for number, tracking in each.trackings.items()
        if each.reference.sop_instance_uid == annotation.segmentation.sop_instance_uid
        and number == annotation.segment_number
        and not tracking[0]
    ]


def find_segments(
    case: Case, segmentations: Sequence[Segmentation]
) -> tuple[dict[str, SegmentReference], frozenset[str]]:
    """Return where each mask of a case stands, and the masks of which several segments may be the one.

    It is the segment of its tracking UID; of several, that in a segmentation of its image, then that of its name.
    """
    found: dict[str, SegmentReference] = {}
    contested: set[str] = set()
    distinct = {each.reference.sop_instance_uid: each for each in reversed(segmentations)}
    for annotation in case.annotations:
        if not isinstance(annotation, MaskAnnotation):
            continue
        name, uid = tracking_of(annotation, case)
        image_uid = annotation.image_uid or case.image.uid
        here = [
            (each, number, tracking)
            for each in distinct.values()
            for number, tracking in each.trackings.items()
            if tracking[0] == uid
        ]
        if len(here) > 1:
            here = [one for one in here if one[0].reading.case.image.uid == image_uid] or here
        chosen = [one for one in here if one[2][1] == name] if len(here) > 1 else here
        chosen = chosen or _stated(annotation, list(distinct.values()))
        if len(chosen) != 1:
            contested |= {annotation.id} if here else set()
            continue
        each, number, _ = chosen[0]
        each.used.add(number)
        reference = Reference(each.reference.sop_class_uid, each.reference.sop_instance_uid, segments=(number,))
        found[annotation.id] = SegmentReference(reference, each.series_uid, each.study_uid)
    return found, frozenset(contested)
