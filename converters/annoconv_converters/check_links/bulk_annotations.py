"""Bulk annotations of microscopy: their groups and what stands in these by number, on the image that they are of.

Authority: PS3.3 C.37.1 (microscopy bulk simple annotations), C.8.12.5 (optical paths).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv import ids
from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note
from annoconv_converters.check_links.parts import items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding
    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["AnnotationGroup", "check_bulk_annotations", "optical_paths_in", "read_annotation_groups"]

_GROUPS, _GROUP_NUMBER, _GROUP_UID, _COUNT, _KIND = 0x006A0002, 0x0040A180, 0x006A0003, 0x006A000C, 0x00700023
_POINTS, _DOUBLE_POINTS, _STARTS, _COMMON_Z = 0x00660016, 0x00660022, 0x00660040, 0x006A0010
_MEASUREMENTS, _VALUES, _FLOATS, _MEASURED = 0x00660121, 0x00660132, 0x00660125, 0x006A0011
_PATHS, _PATH, _REFERENCED_PATH = 0x00480105, 0x00480106, 0x006A000E
_COORDINATES: Final = {"2D": 2, "3D": 3}
_POINTS_OF: Final = {"POINT": 1, "RECTANGLE": 4, "ELLIPSE": 4}
"""Points of one annotation (PS3.3 C.37.1.2.1); lines and polygons have as many as they like."""
_NAMED: Final = 5


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

    @property
    def is_line(self) -> bool:
        """Whether its annotations have as many points as they like."""
        return self.kind not in _POINTS_OF


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


def check_bulk_annotations(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the numbers of bulk annotations, and where they lie."""
    named = next((link for link in one.links if link.place.startswith("/ReferencedImageSequence/")), None)
    target = None if named is None else study.by_uid.get(named.uid)
    if one.text("AnnotationCoordinateType") == "3D" and not one.text("FrameOfReferenceUID"):
        yield note(
            "frame_of_reference",
            "/FrameOfReferenceUID",
            "coordinates in space have no frame of reference",
            found=Message("nothing"),
            expected=Message("that of the images (PS3.3 C.37.1.2)"),
            advice="Without it they lie nowhere: write the FrameOfReferenceUID of the images",
        )
    uids: dict[str, int] = {}
    for position, group in enumerate(one.annotation_groups, 1):
        yield from _identity(group, position, uids)
        yield from _counts(group)
        if target is not None:
            yield from _paths(group, target)
            if one.text("AnnotationCoordinateType") != "3D":
                yield from _region(group, target, one.text("PixelOriginInterpretation"))


def _identity(group: AnnotationGroup, position: int, uids: dict[str, int]) -> Iterator[Finding]:
    if group.number != position:
        yield note(
            "group",
            f"{group.place}/AnnotationGroupNumber",
            "annotation groups are not numbered in their order",
            found=group.number,
            expected=Message("{number}: from 1, each one more (PS3.3 C.37.1.2)", number=position),
            advice="Number the groups anew",
        )
    if not ids.is_dicom_uid(group.uid):
        yield note(
            "uid",
            f"{group.place}/AnnotationGroupUID",
            "this is no UID",
            found=group.uid or Message("nothing"),
            expected="a UID (PS3.5 9.1)",
            advice="Give the group a UID of its own",
        )
    elif uids.setdefault(group.uid, position) != position:
        yield note(
            "group",
            f"{group.place}/AnnotationGroupUID",
            "two annotation groups have one UID",
            found=Message("{uid} of group {number} too", uid=group.uid, number=uids[group.uid]),
            expected=Message("one for each group (PS3.3 C.37.1.2)"),
            advice="Give the group a UID of its own",
        )


def _counts(group: AnnotationGroup) -> Iterator[Finding]:
    """Yield that a group has not as many annotations as it says, or names some that it has not."""
    size = group.points.shape[1]
    starts = group.starts if group.is_line else None
    held = len(group.points) // _POINTS_OF.get(group.kind, 1) if starts is None else len(starts)
    if group.is_line and starts is None:
        held = min(group.count, 1)  # one line needs no beginning
    if held != group.count:
        yield note(
            "group",
            f"{group.place}/NumberOfAnnotations",
            "the group has not as many annotations as it says",
            found=group.count,
            expected=Message("{count} as in its coordinates", count=held),
            advice="The file is damaged, or was written wrongly: write it anew",
        )
    if starts is not None and len(starts):
        is_wrong = starts[0] != 1 or (np.diff(starts) <= 0).any() or ((starts - 1) % size).any()
        if is_wrong or starts[-1] > group.points.size:
            yield note(
                "group",
                f"{group.place}/LongPrimitivePointIndexList",
                "the beginnings of annotations are not those of points",
                found=listed(starts[:_NAMED].tolist(), _NAMED),
                expected=Message(
                    "1, then larger numbers up to {count}, each the first of a point", count=group.points.size
                ),
                advice="They count the numbers of all points from 1: write the group anew",
            )
    for place, indices, values in group.measured:
        beyond = indices[(indices < 1) | (indices > group.count)]
        if len(beyond) or len(indices) != values:
            yield note(
                "group",
                place,
                "measurements are of annotations that there are not",
                found=listed(beyond[:_NAMED].tolist(), _NAMED)
                if len(beyond)
                else Message("{count} numbers for {values} values", count=len(indices), values=values),
                expected=Message("a number from 1 to {count} for each value", count=group.count),
                advice="Annotations are counted from 1: correct the numbers",
            )


def _paths(group: AnnotationGroup, target: Instance) -> Iterator[Finding]:
    unknown = [each for each in group.optical_paths if target.optical_paths and each not in target.optical_paths]
    if unknown:
        yield note(
            "optical_path",
            f"{group.place}/ReferencedOpticalPathIdentifier",
            "the image has no such optical path",
            found=listed(unknown, _NAMED),
            expected=Message(
                "{names} as in {name}", names=listed(sorted(target.optical_paths), _NAMED), name=target.path.name
            ),
            advice="Correct the identifier: it is that of OpticalPathSequence",
        )


def _region(group: AnnotationGroup, target: Instance, origin: str) -> Iterator[Finding]:
    """Yield that annotations lie beyond the border of their image."""
    size = target.matrix(origin)
    if size is None or not len(group.points):
        return
    flat = group.points[:, :2]
    inside = ((flat >= 0) & (flat <= size)).all(axis=1)
    outside = len(flat) - int(inside.sum())
    if outside:
        yield note(
            "region",
            f"{group.place}/PointCoordinatesData",
            "points lie outside the image",
            found=Message("{count} of {all} points", count=outside, all=len(flat)),
            expected=Message(
                "at most {columns} columns and {rows} rows as in {name}",
                columns=size[0],
                rows=size[1],
                name=target.path.name,
            ),
            advice="They may have been drawn on another image: name that one",
            level=Level.ERROR if outside == len(flat) else Level.WARNING,
        )
