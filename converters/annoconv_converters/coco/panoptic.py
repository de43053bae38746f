"""Panoptic maps: PNGs whose pixels hold the id of their segment, red + 256 green + 65536 blue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError, MaskError
from annoconv.messages import listed
from annoconv.pictures import file_name_of
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters._raster.png import png_bytes, read_png
from annoconv_converters._raster.run_lengths import counts_of_labels, decode, expand

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["MOST_SEGMENTS", "number_segments", "packed_record", "unpack", "write_map"]

Record: TypeAlias = "dict[str, Any]"

MOST_SEGMENTS: Final = 1 << 24
_NOT_OF_SEGMENTS: Final = frozenset({"score", "attributes"})


def unpack(
    record: Record, folder: Path, size: tuple[int, int], *, source: object, where: str
) -> tuple[list[Record], tuple[int, int]]:
    """Return the segments of a panoptic annotation as records of instances, and the size of its PNG.

    A PNG that is smaller than its picture lies in its upper left corner; `check` tells of it.

    Raises
    ------
    InputError
        If the PNG is missing or larger than its picture, or a segment has no pixels.
    """
    name, segments = record.get("file_name"), record.get("segments_info")
    if (
        not isinstance(name, str)
        or "\0" in name
        or not isinstance(segments, list)
        or not all(isinstance(each, dict) for each in segments)
    ):
        raise InputError(
            "a panoptic annotation is damaged",
            source=str(source),
            where=where,
            found=listed([*record], 5),
            expected="file_name of a PNG, and a list of objects in segments_info",
            advice=CORRECT_FILE,
        )
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            "the name of the PNG leads out of its folder",
            source=str(source),
            where=where,
            found=name,
            expected="a name below the folder of the maps",
            advice=CORRECT_FILE,
        )
    pixels = read_png(path, size, ("RGB", "RGBA"))[..., :3].astype(np.uint32)
    held = pixels.shape[0], pixels.shape[1]
    numbers_ji = np.zeros(size, dtype=np.uint32)
    numbers_ji[: held[0], : held[1]] = pixels[..., 0] + (pixels[..., 1] << 8) + (pixels[..., 2] << 16)
    runs = {run.label: run.counts for run in counts_of_labels(numbers_ji[None])}
    found: list[Record] = []
    for segment in segments:
        number = segment.get("id")
        if type(number) is not int or number not in runs:
            raise InputError(
                "a segment has no pixels in the PNG",
                source=str(path),
                where=where,
                found=number,
                expected="an id whose colour is in the PNG",
                advice="Name the folder of the right PNG files with --maps",
            )
        drawn = counts_to_record(runs.pop(number), size)
        found.append({"image_id": record.get("image_id"), "segmentation": drawn["segmentation"], **segment})
    if runs:
        raise InputError(
            "the PNG holds pixels of no segment",
            source=str(path),
            where=where,
            found=sorted(runs)[:3],
            expected="the ids of its segments, and 0",
            advice="Name the folder of the right PNG files with --maps",
        )
    return found, held


def number_segments(picture: Picture) -> None:
    """Leave only masks among a picture's shapes and give each a segment id of its own."""
    taken: set[int] = {0}
    segments: list[Shape] = []
    for shape in picture.shapes:
        record = shape.record
        if not isinstance(record.get("segmentation"), dict):
            continue
        number = record.get("id")
        if type(number) is not int or number in taken or not 0 < number < MOST_SEGMENTS:
            number = max(taken) + 1
        taken.add(number)
        kept = {key: value for key, value in record.items() if key not in _NOT_OF_SEGMENTS}
        segments.append(replace(shape, record=kept | {"id": number}))
    picture.shapes = segments


def packed_record(picture: Picture) -> Record:
    """Return the panoptic annotation of a picture."""
    name = str(picture.record.get("file_name"))
    infos = [
        {key: value for key, value in shape.record.items() if key not in {"image_id", "segmentation"}}
        for shape in picture.shapes
    ]
    return {
        "image_id": picture.record["id"],
        "file_name": f"{file_name_of(name).rpartition('.')[0]}.png",
        "segments_info": infos,
    }


def write_map(picture: Picture, folder: Path) -> None:
    """Write the PNG of a picture's segments.

    Raises
    ------
    MaskError
        If two masks overlap: a panoptic pixel belongs to one segment.
    """
    size = picture.record["height"], picture.record["width"]
    numbers_ji = np.zeros(size, dtype=np.uint32)
    for shape in picture.shapes:
        mask_ji = decode(expand(shape.record["segmentation"]["counts"].encode()), size)
        if numbers_ji[mask_ji].any():
            raise MaskError(
                "masks overlap, and a panoptic map holds one segment a pixel",
                where=picture.record["file_name"],
                found=shape.key["id"],
                expected="pixels that no other mask has",
                advice="Write --kind instances",
            )
        numbers_ji[mask_ji] = shape.record["id"]
    held = picture.map_size or size
    if not numbers_ji[held[0] :].any() and not numbers_ji[:, held[1] :].any():
        numbers_ji = numbers_ji[: held[0], : held[1]]
    path = folder / str((picture.packed or packed_record(picture))["file_name"])
    if not path.resolve().is_relative_to(folder.resolve()):
        raise MaskError(
            "the name of the PNG leads out of its folder",
            found=path.name,
            expected="a name below the folder of the maps",
            advice="Correct the file name of the picture",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        png_bytes(np.stack([(numbers_ji >> shift & 255).astype(np.uint8) for shift in (0, 8, 16)], axis=-1))
    )
