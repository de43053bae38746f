"""Images: their place in space is explicit and agrees with the images themselves (A 7.2 b, c, d, A 6.6.2)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError
from annoconv.messages import Message
from annoconv.model import AttributeAnnotation, CoordinateFrame, TextSpanAnnotation
from annoconv.rules.engine import Breach, Subject, match, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.geometry import Grid
    from annoconv.model import Image

ORTHONORMAL_TOLERANCE: Final = 1e-4
"""What `annoconv.geometry` accepts too; written again because that module imports numpy. No unit."""


def _lacking(subject: Subject, key: str) -> Iterator[Breach]:
    for path, image in subject.every_image():
        if _is_in_patient(image) and getattr(image, key) is None:
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
    """Yield each image without shape, as the layout of B.3 leaves them, on which something has a place."""
    for path, image in subject.every_image():
        if image.shape is None and any(
            subject.image_of(annotation) is image
            and not isinstance(annotation, AttributeAnnotation | TextSpanAnnotation)
            for annotation in subject.case.annotations
        ):
            yield Breach(path, {"uid": image.uid})


@rule("A-7.2b.direction_not_orthonormal")
def direction_not_orthonormal(subject: Subject) -> Iterator[Breach]:
    """Yield each direction matrix whose columns are not unit vectors at right angles."""
    for path, image in subject.every_image():
        if image.direction is None:
            continue
        columns = list(zip(*image.direction, strict=True))
        for first, second in product(range(3), repeat=2):
            dot = sum(a * b for a, b in zip(columns[first], columns[second], strict=True))
            if first <= second and abs(dot - (first == second)) > ORTHONORMAL_TOLERANCE:
                yield Breach((*path, "direction"), {"first": first, "second": second, "dot": f"{dot:.4g}"})
                break


@rule("A-7.2c.spacing_rank")
def spacing_rank(subject: Subject) -> Iterator[Breach]:
    """Yield each spacing that has more or fewer numbers than the image has axes."""
    for path, image in subject.every_image():
        if image.spacing is None or image.shape is None:
            continue
        if len(image.spacing) != len(image.shape):
            yield Breach((*path, "spacing"), {"found": len(image.spacing), "expected": len(image.shape)})


@rule("A-C.2.duplicate_uid")
def duplicate_uid(subject: Subject) -> Iterator[Breach]:
    """Yield each image whose UID an earlier one has."""
    seen: set[str] = set()
    for path, image in subject.every_image():
        if image.uid in seen:
            yield Breach((*path, "uid"), {"uid": image.uid})
        seen.add(image.uid)


_GRID_SENTENCES = ("reindexed", "sub", "different")


@rule("A-6.6.2.image_source")
def source(subject: Subject) -> Iterator[Breach]:
    """Yield each image that the given sources lack, or whose grid they contradict."""
    for path, image in subject.every_image():
        found = match(subject, image)
        if found is None:
            continue
        problem = found if isinstance(found, str) else _contradiction(image, found.grid)
        if problem:
            yield Breach(path, {"uid": image.uid, "problem": problem})


def _contradiction(image: Image, actual: Grid) -> str:
    from annoconv.geometry import Grid, GridKind, compare_grids, is_turned

    try:
        stated = Grid.from_image(image)
        if stated.lps_from_ijk is None:
            if stated.shape == actual.shape:
                return ""
            return Message("shape {shape}, but the files have {actual}", shape=stated.shape, actual=actual.shape)
        relation = compare_grids(stated, actual)
    except AnnoconvError as error:
        return Message("{error}", error=error)
    if is_turned(stated, actual):
        return Message(
            "they agree only if the case's origin and direction are read as RAS; a case holds LPS, as DICOM does"
        )
    if relation.kind is GridKind.SAME:
        return ""
    return Message("the files' grid is {kind}", kind=Message(relation.kind.value))
