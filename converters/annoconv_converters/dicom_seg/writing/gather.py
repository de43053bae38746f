"""From masks to the frames of one segmentation, whatever kind it is of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.errors import LimitError, MaskError
from annoconv.loss import LossKind
from annoconv.messages import Message, listed
from annoconv.pixels import foreground_of
from annoconv.volumes.foreground import Foreground
from annoconv_converters.dicom_seg.kinds import LEVELS, Kind, Settings
from annoconv_converters.dicom_seg.writing.frames import LabelFrames, LevelFrames, MapFrames, Spool
from annoconv_converters.dicom_seg.writing.planes import LoadedPlanes, PlaneStack, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.model import Image
    from annoconv.pixels import Mask, Volume
    from annoconv_converters.dicom_seg.writing.frames import Frames

__all__ = ["Gathered", "gather", "segment_numbers"]

_LARGEST_NUMBER: Final = 65535
"""SegmentNumber is an unsigned 16-bit number."""
_EXACT: Final = 1e-3
"""Levels: a fraction nearer to one than this is that level, written as float32."""


@dataclass
class Gathered:
    """The frames of a segmentation, and what became of the masks on the way.

    Attributes
    ----------
    frames
        The frames.
    planes
        The planes on which they stand.
    changes
        Segment number, kind of loss, reason: masks that were interpolated or rounded.
    held
        The one volume that frames are cut from when they are written, if there is one.
    """

    frames: Frames
    planes: PlaneStack
    changes: list[tuple[int, LossKind, str]] = field(default_factory=list)
    held: LoadedPlanes | None = None

    def release(self) -> None:
        """Let the volume go that frames are cut from; it is read again when they are written."""
        if self.held is not None:
            self.held.release()


def segment_numbers(masks: Mapping[str, Mask], kind: Kind) -> dict[str, int]:
    """Return the segment number of each mask: its value where a label map of one volume allows it, else its rank."""
    values = [mask.value for mask in masks.values()]
    is_one_map = len({id(mask.volume) for mask in masks.values()}) == 1 and None not in values
    if kind is Kind.LABELMAP and is_one_map and len(set(values)) == len(values):
        stated = {name: mask.value or 0 for name, mask in masks.items()}
        if all(0 < number <= _LARGEST_NUMBER for number in stated.values()):
            return stated
    if len(masks) > _LARGEST_NUMBER:
        raise LimitError(
            "too many segments",
            found=len(masks),
            expected=Message("{count} at most", count=_LARGEST_NUMBER),
            advice="Write the masks as several files",
        )
    return {name: number for number, name in enumerate(masks, 1)}


def gather(
    masks: Mapping[int, Mask], image: Image | None, source: ImageSource, settings: Settings, spools: ExitStack
) -> Gathered:
    """Return the frames of masks on their source; each volume is read once, and none is kept but a single one.

    Parameters
    ----------
    masks
        By segment number.
    image
        What the case says of the source.
    source
        The image that the masks were drawn on.
    settings
        Kind of segmentation; whether other grids are interpolated.
    spools
        Closes what is kept on disk.

    Raises
    ------
    MaskError
        If fractions are to be labels, labels overlap in a label map, or a volume holds values that no mask has.
    GeometryError
        If a mask does not lie on the source's grid.
    """
    groups: dict[int, tuple[Volume, dict[int, int | None]]] = {}
    for number, mask in masks.items():
        groups.setdefault(id(mask.volume), (mask.volume, {}))[1][number] = mask.value
    volumes = list(groups.values())
    planes = PlaneStack(source)
    gathered = Gathered(MapFrames([np.zeros((1, 1), dtype=np.uint8)]), planes)
    names = {number: mask.id for number, mask in masks.items()}

    def placed(volume: Volume, values: Mapping[int, int | None]) -> NDArray[Any] | Foreground:
        annotations = ", ".join(names[number] for number in values)
        labels, change = place(volume, image, source, settings.resample, annotations)
        dtype = None if isinstance(labels, Foreground) else labels.dtype
        if dtype is not None and dtype.kind == "f" and settings.kind is not Kind.FRACTIONAL:
            advice = "Write it with --type fractional"
            raise MaskError(
                "the mask holds fractions",
                source=volume.path,
                where=annotations,
                expected="whole labels",
                advice=advice,
                found=Message("values of type {dtype}", dtype=dtype),
            )
        if change is not None:
            note(*change, values)
        return labels

    def note(kind: LossKind, message: str, numbers: Iterable[int]) -> None:
        new = [(number, kind, message) for number in numbers]
        gathered.changes += [change for change in new if change not in gathered.changes]

    def levels_of(volume: Volume, values: Mapping[int, int | None]) -> Sequence[NDArray[Any]]:
        fractions = placed(volume, values)
        fractions_kji = fractions.dense() if isinstance(fractions, Foreground) else fractions
        levels_kji, is_exact = _levels(fractions_kji, values, volume)
        if not is_exact:
            note(LossKind.PRECISION, f"fractions are rounded to {LEVELS} levels", values)
        return planes.of(levels_kji)

    def frames_of(volume: Volume, values: Mapping[int, int | None]) -> Frames:
        is_fractions = volume.dtype.kind == "f" and foreground_of(volume) is None and volume.read().dtype.kind == "f"
        if is_fractions and settings.kind is Kind.FRACTIONAL:
            gathered.held = LoadedPlanes(partial(levels_of, volume, values), len(planes))
            return LevelFrames(gathered.held, list(values))
        gathered.held = LoadedPlanes(lambda: planes.of(placed(volume, values)), len(planes))
        return LabelFrames(gathered.held, values, volume.path, 1 if settings.kind is Kind.BINARY else 8)

    if settings.kind is Kind.LABELMAP:
        gathered.held = LoadedPlanes(lambda: planes.of(_label_map(volumes, placed, planes, names)), len(planes))
        gathered.frames = MapFrames(gathered.held)
    elif len(volumes) == 1:
        gathered.frames = frames_of(*volumes[0])
    else:
        spool = Spool(planes.rows * planes.columns, len(planes), 1 if settings.kind is Kind.BINARY else 8)
        spools.callback(spool.close)
        for volume, values in volumes:
            spool.add(frames_of(volume, values))
        gathered.frames, gathered.held = spool, None
    return gathered


def _levels(
    fractions_kji: NDArray[Any], values: Mapping[int, int | None], volume: Volume
) -> tuple[NDArray[np.uint8], bool]:
    """Return fractions as levels, 0 to 255, and whether that is what they are exactly."""
    if any(value is not None for value in values.values()):
        raise MaskError(
            "fractions have no labels",
            source=volume.path,
            found=Message("values {values}", values=list(values.values())),
            expected="fractions without mask_value",
            advice="Remove mask_value, or write whole labels with --type labelmap",
        )
    levels_kji = np.empty(fractions_kji.shape, dtype=np.uint8)
    is_exact = True
    for plane_ji, levels_ji in zip(fractions_kji, levels_kji, strict=True):
        scaled = plane_ji * np.float32(LEVELS)
        np.copyto(levels_ji, np.rint(scaled), casting="unsafe")
        is_exact = is_exact and bool((np.abs(scaled - levels_ji) <= _EXACT).all())
    return levels_kji, is_exact


def _label_map(
    volumes: Sequence[tuple[Volume, Mapping[int, int | None]]],
    placed: Callable[[Volume, Mapping[int, int | None]], NDArray[Any] | Foreground],
    planes: PlaneStack,
    names: Mapping[int, str],
) -> NDArray[Any] | Foreground:
    """Return all masks as one volume of segment numbers; refuse two that share a voxel."""
    dtype = np.uint8 if max(names) <= np.iinfo(np.uint8).max else np.uint16
    labels_kji: NDArray[Any] | None = None
    for volume, values in volumes:
        labels = placed(volume, values)
        LabelFrames(planes.of(labels), values, volume.path)  # refuses values that no mask has
        if isinstance(labels, Foreground):
            if len(volumes) == 1 and (renumbered := _renumbered(labels, values, dtype)) is not None:
                return renumbered
            labels = labels.dense()
        array_kji = labels
        if len(volumes) == 1 and all(number == value for number, value in values.items()):
            return np.asarray(array_kji.astype(dtype, copy=False))
        if labels_kji is None:
            labels_kji = np.zeros(planes.grid.shape_kji, dtype=dtype)
        for slice_ji, plane_ji in zip(labels_kji, array_kji, strict=True):
            for layer_ji in _layers(plane_ji, values, dtype):
                is_shared = (slice_ji != 0) & (layer_ji != 0)
                if is_shared.any():
                    raise MaskError(
                        "two masks share voxels, which a label map cannot hold",
                        source=volume.path,
                        found=listed([names[int(slice_ji[is_shared][0])], names[int(layer_ji[is_shared][0])]]),
                        expected="no voxel in two masks",
                        advice="Write them with --type binary",
                    )
                slice_ji |= layer_ji
    return np.zeros(planes.grid.shape_kji, dtype=dtype) if labels_kji is None else labels_kji


def _renumbered(labels: Foreground, values: Mapping[int, int | None], dtype: Any) -> Foreground | None:
    """Return labels as segment numbers; None if two segments may share voxels."""
    stated = {value: number for number, value in values.items() if value is not None}
    if None in values.values():
        labels, stated = labels.of(None), {1: next(iter(values))}
    return labels.renumbered(stated, dtype) if len(stated) == len(values) else None


def _layers(plane_ji: NDArray[Any], values: Mapping[int, int | None], dtype: Any) -> Iterator[NDArray[Any]]:
    """Yield a plane's labels as segment numbers, all at once where every value has one segment."""
    stated = [value for value in values.values() if value is not None]
    if len(stated) == len(values) == len(set(stated)) and max(stated) <= _LARGEST_NUMBER:
        numbers = np.zeros(max(stated) + 1, dtype=dtype)
        numbers[stated] = list(values)
        yield numbers[plane_ji.astype(np.uint16, copy=False)]
        return
    for number, value in values.items():
        yield ((plane_ji == value) if value is not None else (plane_ji != 0)).astype(dtype) * dtype(number)
