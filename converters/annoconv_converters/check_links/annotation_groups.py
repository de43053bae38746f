"""What bulk annotations of microscopy say: their groups, and what stands in these by number.

Authority: PS3.3 C.37.1 (microscopy bulk simple annotations), C.8.12.5 (optical paths).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv_converters.check_links.parts import items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["AnnotationGroup", "optical_paths_in", "read_annotation_groups"]

_GROUPS, _GROUP_NUMBER, _GROUP_UID, _COUNT, _KIND = 0x006A0002, 0x0040A180, 0x006A0003, 0x006A000C, 0x00700023
_POINTS, _DOUBLE_POINTS, _STARTS, _COMMON_Z = 0x00660016, 0x00660022, 0x00660040, 0x006A0010
_MEASUREMENTS, _VALUES, _FLOATS, _MEASURED = 0x00660121, 0x00660132, 0x00660125, 0x006A0011
_PATHS, _PATH, _REFERENCED_PATH = 0x00480105, 0x00480106, 0x006A000E
_COORDINATES: Final = {"2D": 2, "3D": 3}


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationGroup:
    """A group of bulk annotations.

    Attributes
    ----------
    place
        JSON pointer of its item.
    number, uid
        AnnotationGroupNumber and AnnotationGroupUID.
    kind
        GraphicType.
    count
        NumberOfAnnotations.
    points
        (n, 2) in pixels, or (n, 3) in mm; (n, 2) too where all have one z.
    starts
        Of lines and polygons, where each begins among the numbers of all points, counted from 1; else None.
    measured
        Place and values of each list of annotations that were measured, counted from 1, and how many values there are.
    optical_paths
        Identifiers of the optical paths that it is of; none if it is of all.
    """

    place: str
    number: int
    uid: str
    kind: str
    count: int
    points: NDArray[np.float64]
    starts: NDArray[np.int64] | None
    measured: Sequence[tuple[str, NDArray[np.int64], int]]
    optical_paths: tuple[str, ...]


def read_annotation_groups(
    data: Buffer, sequences: Mapping[int, Element], encoding: Encoding, coordinate_type: str
) -> list[AnnotationGroup]:
    """Return the groups of bulk annotations; `coordinate_type` is 2D or 3D (AnnotationCoordinateType)."""
    found: list[AnnotationGroup] = []
    for position, parts in enumerate(items_of(data, sequences.get(_GROUPS), encoding)):
        place = f"/AnnotationGroupSequence/{position}"
        double = _numbers(data, parts.get(_DOUBLE_POINTS), f"{encoding.order}f8")
        single = _numbers(data, parts.get(_POINTS), f"{encoding.order}f4")
        flat = (double if len(double) else single).astype(np.float64)
        size = 2 if _COMMON_Z in parts else _COORDINATES.get(coordinate_type, 2)
        starts = parts.get(_STARTS)
        paths = text_of(data, parts.get(_REFERENCED_PATH))
        found.append(
            AnnotationGroup(
                place,
                _number(data, parts.get(_GROUP_NUMBER), encoding),
                text_of(data, parts.get(_GROUP_UID)),
                text_of(data, parts.get(_KIND)),
                _number(data, parts.get(_COUNT), encoding),
                flat[: len(flat) // size * size].reshape(-1, size),
                None if starts is None else _numbers(data, starts, f"{encoding.order}u4").astype(np.int64),
                tuple(_measured(data, parts.get(_MEASUREMENTS), encoding, place)),
                tuple(each.strip() for each in paths.split("\\") if each.strip()),
            )
        )
    return found


def _measured(
    data: Buffer, sequence: Element | None, encoding: Encoding, place: str
) -> Iterator[tuple[str, NDArray[np.int64], int]]:
    for at, measurement in enumerate(items_of(data, sequence, encoding)):
        for number, values in enumerate(items_of(data, measurement.get(_VALUES), encoding)):
            if _MEASURED in values:
                here = f"{place}/MeasurementsSequence/{at}/MeasurementValuesSequence/{number}/AnnotationIndexList"
                indices = _numbers(data, values[_MEASURED], f"{encoding.order}u4").astype(np.int64)
                yield here, indices, len(_numbers(data, values.get(_FLOATS), f"{encoding.order}f4"))


def _numbers(data: Buffer, each: Element | None, kind: str) -> NDArray[np.float64]:
    """Return the numbers of an element; none of none."""
    value = b"" if each is None else bytes(data[each.value : each.value_end])
    size = np.dtype(kind).itemsize
    return np.frombuffer(value[: len(value) // size * size], dtype=kind)


def _number(data: Buffer, each: Element | None, encoding: Encoding) -> int:
    return 0 if each is None else int.from_bytes(data[each.value : each.value_end], encoding.endian)


def optical_paths_in(data: Buffer, sequences: Mapping[int, Element], encoding: Encoding) -> frozenset[str]:
    """Return the identifiers of the optical paths of an image."""
    paths = items_of(data, sequences.get(_PATHS), encoding)
    return frozenset(text_of(data, parts.get(_PATH)) for parts in paths) - {""}
