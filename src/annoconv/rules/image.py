"""Images: their place in space is explicit and agrees with the images themselves (A 7.2 b to e, A 6.6.2)."""

from __future__ import annotations

from itertools import pairwise, product
from math import atan2, degrees, dist, sqrt
from statistics import median
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError
from annoconv.messages import Message
from annoconv.model import (
    AttributeAnnotation,
    ContoursAnnotation,
    CoordinateFrame,
    CoordinateSpace,
    DataRequirement,
    TextSpanAnnotation,
)
from annoconv.rules.engine import Breach, Subject, match, rule
from annoconv.rules.given import GivenImages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.geometry import Grid
    from annoconv.images import ImageSource
    from annoconv.model import Image

ORTHONORMAL_TOLERANCE: Final = 1e-4
"""What `annoconv.geometry` accepts too; written again because that module imports numpy. No unit."""
_ROUNDED: Final = 0.01
"""Share by which two spacings differ that one of them was rounded for people."""
POSITION_TOLERANCE_VOXEL: Final = 0.1
"""Voxels: what `annoconv.volumes.slice_stack` accepts too, because positions have been rounded."""


def _lacking(subject: Subject, key: str) -> Iterator[Breach]:
    """Yield each volume without a key, unless it is recorded that its data do not meet that requirement (7.2 h)."""
    for path, image in subject.every_image():
        recorded = {each.requirement for each in image.nonconformances or ()}
        if _is_in_patient(image) and getattr(image, key) is None and DataRequirement(key) not in recorded:
            yield Breach(path, {"uid": image.uid})


def _is_in_patient(image: Image) -> bool:
    """Tell whether an image is a volume in the patient; ultrasound, endoscopy and slides have no such place."""
    return (
        image.shape is not None
        and len(image.shape) == 3
        and image.coordinate_frame not in {CoordinateFrame.NONE, CoordinateFrame.SLIDE}
    )


@rule("A-7.2b.direction_missing")
def direction_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each volume without direction cosines."""
    yield from _lacking(subject, "direction")


@rule("A-7.2c.spacing_missing")
def spacing_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each volume without spacing."""
    yield from _lacking(subject, "spacing")


@rule("A-7.2d.origin_missing")
def origin_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each volume without origin."""
    yield from _lacking(subject, "origin")


@rule("A-C.2.shape_missing")
def shape_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each image without shape, as the layout of B.3 leaves them, on whose pixels something has a place."""
    without = AttributeAnnotation | TextSpanAnnotation | ContoursAnnotation
    drawn = {
        each.image_uid or subject.case.image.uid
        for each in subject.case.annotations
        if not isinstance(each, without) and each.coordinate_space is not CoordinateSpace.PATIENT
    }
    for path, image in subject.every_image():
        if image.shape is None and image.uid in drawn:
            yield Breach(path, {"uid": image.uid})


@rule("A-7.2b.direction_not_orthonormal")
def direction_not_orthonormal(subject: Subject) -> Iterator[Breach]:
    """Yield each direction matrix whose columns are not unit vectors at right angles."""
    for path, image in subject.every_image():
        if image.direction is not None and (told := askew(image.direction)):
            yield Breach((*path, "direction"), told)


def askew(direction: Sequence[Sequence[float]]) -> dict[str, object] | None:
    """Return which two columns of a matrix are no unit vectors at right angles, for a message; None if all are."""
    columns = list(zip(*direction, strict=True))
    for first, second in product(range(3), repeat=2):
        dot = sum(a * b for a, b in zip(columns[first], columns[second], strict=True))
        if first <= second and abs(dot - (first == second)) > ORTHONORMAL_TOLERANCE:
            return {"first": first, "second": second, "dot": f"{dot:.4g}"}
    return None


@rule("A-7.2c.spacing_rank")
def spacing_rank(subject: Subject) -> Iterator[Breach]:
    """Yield each spacing that has more or fewer numbers than the image has axes."""
    for path, image in subject.every_image():
        if image.spacing is None or image.shape is None:
            continue
        if len(image.spacing) != len(image.shape):
            yield Breach((*path, "spacing"), {"found": len(image.spacing), "expected": len(image.shape)})


@rule("A-7.2e.instance_count")
def instance_count(subject: Subject) -> Iterator[Breach]:
    """Yield each image whose instances are not one for each slice, frame, volume in time or level, nor one for all."""
    for path, image in subject.every_image():
        if image.instances is None or image.shape is None:
            continue
        times = image.temporal_positions or 1
        slices = _slices(image.shape) * times
        if len(image.instances) not in {1, slices, times, len(image.pyramid or ())}:
            yield Breach((*path, "instances"), {"found": len(image.instances), "expected": slices})


@rule("A-7.2e.positions_incomplete")
def positions_incomplete(subject: Subject) -> Iterator[Breach]:
    """Yield each image of which some instances have a position and others have none."""
    for path, image in subject.every_image():
        without = [n for n, each in enumerate(image.instances or ()) if each.image_position_patient is None]
        if without and len(without) < len(image.instances or ()):
            yield Breach((*path, "instances", without[0]))


@rule("A-7.2e.positions_not_ascending")
def positions_not_ascending(subject: Subject) -> Iterator[Breach]:
    """Yield each slice that does not lie beyond the one before it, along the normal of the slices."""
    for path, _, distances in _stacks(subject):
        for number, (before, after) in enumerate(pairwise(distances), 1):
            if after <= before:
                values = {"before": f"{before:.4g}", "after": f"{after:.4g}"}
                yield Breach((*path, "instances", number, "image_position_patient"), values)


@rule("A-7.2e.slices_not_upright")
def slices_not_upright(subject: Subject) -> Iterator[Breach]:
    """Yield each volume whose slices are sheared (gantry tilt) or unevenly spaced."""
    for path, image, distances in _stacks(subject):
        placed = [each.image_position_patient for each in image.instances or ()][: len(distances)]
        gaps = [after - before for before, after in pairwise(distances)]
        first, last = placed[0], placed[-1]
        if not gaps or min(gaps) <= 0 or image.spacing is None or first is None or last is None:
            continue
        lateral = sqrt(max(dist(first, last) ** 2 - distances[-1] ** 2, 0.0))
        is_uneven = max(gaps) - min(gaps) > 2 * POSITION_TOLERANCE_VOXEL * median(gaps)
        if is_uneven or lateral > POSITION_TOLERANCE_VOXEL * min(image.spacing):
            angle = degrees(atan2(lateral, distances[-1]))
            values = {"angle": f"{angle:.1f}", "least": f"{min(gaps):.6g}", "most": f"{max(gaps):.6g}"}
            yield Breach((*path, "instances"), values)


@rule("A-7.2c.spacing_not_median")
def spacing_not_median(subject: Subject) -> Iterator[Breach]:
    """Yield each spacing along k that is not the median distance of the slices along their normal."""
    for path, image, distances in _stacks(subject):
        steps = [after - before for before, after in pairwise(distances)]
        if not steps or image.spacing is None or min(steps) <= 0:
            continue
        stated, found = image.spacing[-1], median(steps)
        if abs(stated - found) > POSITION_TOLERANCE_VOXEL * found:
            yield Breach((*path, "spacing", 2), {"stated": f"{stated:g}", "found": f"{found:.6g}"})


@rule("A-7.2c.resampling_differs")
def resampling_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each record of a resampling after which the spacing was another than that of its image."""
    for path, image in subject.every_image():
        after = image.resampling.spacing if image.resampling is not None else None
        if after is None or image.spacing is None:
            continue
        pairs = list(zip(after, image.spacing, strict=False))
        if len(after) != len(image.spacing) or any(abs(a - b) > _ROUNDED * max(a, b) for a, b in pairs):
            found, expected = (", ".join(f"{number:g}" for number in each) for each in (after, image.spacing))
            yield Breach((*path, "resampling", "spacing"), {"found": found, "expected": expected})


@rule("A-7.2d.origin_not_first")
def origin_not_first(subject: Subject) -> Iterator[Breach]:
    """Yield each origin that is not the position of the first slice."""
    for path, image, _ in _stacks(subject):
        first = next((each.image_position_patient for each in image.instances or ()), None)
        if image.origin is None or image.spacing is None or first is None:
            continue
        if dist(image.origin, first) > POSITION_TOLERANCE_VOXEL * min(image.spacing):
            found, expected = (", ".join(f"{number:g}" for number in each) for each in (image.origin, first))
            yield Breach((*path, "origin"), {"found": found, "expected": expected})


def _slices(shape: Sequence[int]) -> int:
    return shape[2] if len(shape) == 3 else 1


def _stacks(subject: Subject) -> Iterator[tuple[Steps, Image, list[float]]]:
    """Yield each volume in the patient whose slices all have a position, with how far along its normal they lie.

    Millimetres from the first slice; the normal is the third column of the direction. Volumes in time repeat positions.
    """
    for path, image in subject.every_image():
        positions = [each.image_position_patient for each in image.instances or ()]
        if not _is_in_patient(image) or image.direction is None or image.spacing is None or len(image.spacing) != 3:
            continue
        placed = [each for each in positions if each is not None]
        slices = len(placed) // (image.temporal_positions or 1)
        if placed and len(placed) == len(positions) and slices in {1, _slices(image.shape or ())}:
            normal = [row[2] for row in image.direction]
            first = placed[0]
            along = [sum(n * (a - b) for n, a, b in zip(normal, each, first, strict=True)) for each in placed[:slices]]
            yield path, image, along


@rule("A-C.2.duplicate_uid")
def duplicate_uid(subject: Subject) -> Iterator[Breach]:
    """Yield each image whose UID an earlier one has."""
    seen: set[str] = set()
    for path, image in subject.every_image():
        if image.uid in seen:
            yield Breach((*path, "uid"), {"uid": image.uid})
        seen.add(image.uid)


@rule("A-6.6.2.image_source")
def source(subject: Subject) -> Iterator[Breach]:
    """Yield each image that the given sources lack, or whose grid they contradict."""
    for path, image in subject.every_image():
        problem = _picture_problem(subject, image)
        if problem is None:
            found = match(subject, image)
            if found is None:
                continue
            problem = found if isinstance(found, str) else _contradiction(image, found.grid) or _unlisted(image, found)
        if problem:
            yield Breach(path, {"uid": image.uid, "problem": problem})


def _picture_problem(subject: Subject, image: Image) -> str | None:
    """Return what the picture of a flat image contradicts, empty if nothing; None if no picture is that of it."""
    try:
        size = subject.sources.size(image) if isinstance(subject.sources, GivenImages) else None
    except AnnoconvError as error:
        return Message("{error}", error=error)
    if size is None:
        return None
    rows, columns = size
    if image.shape is None or image.shape[:2] == [columns, rows]:
        return ""
    return Message("shape {shape}, but the files have {actual}", shape=image.shape[:2], actual=[columns, rows])


def _unlisted(image: Image, source: ImageSource) -> str:
    """Return which instance of an image its files lack."""
    if image.instances is None:
        return ""
    held = {each.sop_instance_uid for each in source.slices} - {""}
    unknown = next((each.sop_instance_uid for each in image.instances if each.sop_instance_uid not in held), None)
    return Message("the files have no instance {uid}", uid=unknown) if held and unknown is not None else ""


def _contradiction(image: Image, actual: Grid) -> str:
    """Return how the grid that a case states differs from that of the files, and why, as far as that can be told."""
    from annoconv.geometry import Grid, GridKind, compare_grids, grid_text, is_turned
    from annoconv.images import ORDER_OF_SHAPE

    try:
        stated = Grid.from_image(image)
        if stated.shape != actual.shape and sorted(stated.shape) == sorted(actual.shape):
            return Message(
                "shape {shape}, but the files have {actual}. {order}",
                shape=list(stated.shape),
                actual=list(actual.shape),
                order=ORDER_OF_SHAPE,
            )
        if stated.lps_from_ijk is None:
            if stated.shape == actual.shape:
                return ""
            shapes = {"shape": list(stated.shape), "actual": list(actual.shape)}
            return Message("shape {shape}, but the files have {actual}", **shapes)
        relation = compare_grids(stated, actual)
    except AnnoconvError as error:
        return Message("{error}", error=error)
    if is_turned(stated, actual):
        return Message(
            "they agree only if the case's origin and direction are read as RAS; a case holds LPS, as DICOM does"
        )
    if relation.kind is GridKind.SAME:
        return ""
    return Message(
        "{stated}, but the files have {actual}; copy the geometry of the series, or name the image that was annotated",
        stated=grid_text(stated),
        actual=grid_text(actual),
    )
