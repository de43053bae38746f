"""The boxes, polygons and points of two readers of one image: which is which, and how many were found.

Objects are compared with those of their label on their image, slice and frame. Boxes and polygons in the plane match by
the IoU of their areas, boxes in space by that of their volumes, points by their distance in mm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.messages import Message
from annoconv.metrics.average_precision import (
    COCO_AREAS,
    ScoredImage,
    average_precision,
    froc,
    mean_average_precision,
)
from annoconv.metrics.matching import detection, instances, match
from annoconv.metrics.shapes import box_iou, center_distance_mm, common_area, polygon_iou
from annoconv.model import (
    AnnotationStatus,
    BboxAnnotation,
    ContoursAnnotation,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.metrics.average_precision import Interpolation
    from annoconv.metrics.matching import Instance, Matching, Method
    from annoconv.model import MetricValue

__all__ = ["LEFT_OUT", "Found", "Objects", "left_out", "measured", "objects_of", "pair", "shape_of"]

_NOT_RESULTS: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_NOT_COMPARED: Final = (
    ContoursAnnotation,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    PolylineAnnotation,
)
_INTERPOLATIONS: Final[tuple[Interpolation, ...]] = ("coco", "voc_2007", "voc_2010")
LEFT_OUT: Final = Message(
    "some objects are not compared: boxes in space that are turned, ellipses, contours, lines, keypoints"
)
_ANY: Final = (BboxAnnotation, OrientedBoxAnnotation, PolygonAnnotation, PointAnnotation)


@dataclass(frozen=True)
class Objects:
    """The objects of one label, kind and place.

    Attributes
    ----------
    ids
        Of the annotations.
    shapes
        Boxes, rings or points.
    scores
        Confidences; None where one has none.
    """

    ids: list[str] = field(default_factory=list[str])
    shapes: list[Any] = field(default_factory=list[Any])
    scores: list[float | None] = field(default_factory=list["float | None"])


Place = tuple[str, str, str, int | None, int | None]
"""Label, kind (`area`, `volume`, `point`), image (`""` is the primary one), slice, frame."""


@dataclass(frozen=True)
class Found:
    """The pairs of one label and kind over all places that were compared."""

    label: str
    kind: str
    matchings: list[Matching]
    rows: list[Instance]
    images: list[ScoredImage] | None


def objects_of(loaded: LoadedCase) -> dict[Place, Objects]:
    """Return the boxes, polygons and points of a case; what was superseded or rejected is left out."""
    found: dict[Place, Objects] = {}
    for each in loaded.case.annotations:
        if not isinstance(each, _ANY) or each.status in _NOT_RESULTS:
            continue
        kind, shape = shape_of(each)
        if kind is None:
            continue
        uid = "" if each.image_uid in {None, loaded.case.image.uid} else str(each.image_uid)
        slice_index = None if kind == "volume" else each.slice_index
        objects = found.setdefault((each.label_code, kind, uid, slice_index, each.frame_index), Objects())
        objects.ids.append(each.id)
        objects.shapes.append(shape)
        objects.scores.append(None if each.confidence is None else float(each.confidence))
    return found


def left_out(loaded: LoadedCase) -> bool:
    """Tell whether a case has objects in the image that are not compared: turned boxes in space, ellipses, lines."""
    return any(
        isinstance(each, _NOT_COMPARED) or (isinstance(each, OrientedBoxAnnotation) and len(each.center) == 3)
        for each in loaded.case.annotations
    )


def shape_of(each: Any) -> tuple[str | None, Any]:
    """Return the kind of an object (`area`, `volume`, `point`) and its shape; None of a box that is turned in 3-D."""
    if isinstance(each, BboxAnnotation):
        box = [float(number) for number in each.bbox]
        return ("volume", box) if len(box) == 6 else ("area", [_ring_of_box(*box)])
    if isinstance(each, OrientedBoxAnnotation):
        return (None, None) if len(each.center) == 3 else ("area", [_turned(each)])
    if isinstance(each, PolygonAnnotation):
        parts = [each, *(each.parts or ())]
        return "area", [np.array(ring) for part in parts for ring in (part.polygon, *(part.holes or ()))]
    point = [float(number) for number in each.point]
    return "point", point if len(point) == 3 else [*point, 0.0]


def _ring_of_box(x0: float, y0: float, x1: float, y1: float) -> Any:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def _turned(box: OrientedBoxAnnotation) -> Any:
    angle = np.deg2rad(box.rotation_degrees or 0.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(box.size) / 2
    return half @ turn.T + np.array(box.center)


def pair(
    reference: LoadedCase,
    other: LoadedCase,
    *,
    least_iou: float,
    most_mm: float,
    method: Method,
    spacing: Sequence[float] | None,
) -> list[Found]:
    """Return which object of one case is which of the other, by label and kind.

    Parameters
    ----------
    reference, other
        Two readings of one image.
    least_iou, most_mm
        What is a match, of areas and volumes, and of points.
    method
        How pairs are chosen; see `annoconv.metrics.matching.match`.
    spacing
        mm along x, y, z; None if unknown, then points are left out.
    """
    sides = objects_of(reference), objects_of(other)
    found: dict[tuple[str, str], Found] = {}
    none = Objects()
    for place in sorted({*sides[0], *sides[1]}, key=str):
        label, kind = place[:2]
        if kind == "point" and spacing is None:
            continue
        a, b = (side.get(place, none) for side in sides)
        similarity = _similarity(kind, a, b, spacing)
        scores = [score for score in b.scores if score is not None]
        is_scored = len(scores) == len(b.scores)
        matching = match(
            similarity,
            **({"most_mm": most_mm} if kind == "point" else {"least": least_iou}),
            method=method,
            scores=scores if is_scored else (),
        )
        group = found.setdefault((label, kind), Found(label, kind, [], [], []))
        group.matchings.append(matching)
        group.rows.extend(instances(matching, similarity, a.ids, b.ids))
        if is_scored and kind != "point" and group.images is not None:
            areas = [[_size(kind, shape) for shape in side.shapes] for side in (a, b)]
            group.images.append(ScoredImage(similarity, scores, (), *areas))
        else:
            found[label, kind] = Found(label, kind, group.matchings, group.rows, None)
    return list(found.values())


def _size(kind: str, shape: Any) -> float:
    """Return the area of rings, square pixels, holes taken off; the volume of a box, voxels."""
    if kind == "volume":
        return float(np.prod(np.subtract(shape[3:], shape[:3])))
    return common_area(shape, shape)


def _similarity(kind: str, a: Objects, b: Objects, spacing: Sequence[float] | None) -> Any:
    if not a.ids or not b.ids:
        return np.zeros((len(a.ids), len(b.ids)))
    if kind == "area":
        return polygon_iou(a.shapes, b.shapes)
    if kind == "volume":
        return box_iou(a.shapes, b.shapes)
    return center_distance_mm(a.shapes, b.shapes, spacing or ())


def measured(found: Sequence[Found], least_iou: float, *, images: int | None = None) -> list[MetricValue]:
    """Return precision, recall and F1 of each label over all that was compared; AP, mAP and FROC where all have scores.

    Parameters
    ----------
    found
        What was paired.
    least_iou
        What is a match.
    images
        Cases that were compared, those without an object among them, for false positives an image.
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for each in found:
        groups.setdefault((each.label, each.kind), []).append(each)
    ranked = {each.kind for each in found for image in each.images or () if len(image.scores)}
    values: list[MetricValue] = []
    classes: dict[str, list[list[ScoredImage]]] = {}
    for (label, kind), group in sorted(groups.items()):
        values += detection([each for one in group for each in one.matchings], label=label)
        scored = [image for one in group for image in one.images or ()]
        if kind in ranked and all(one.images is not None for one in group):  # a class that nobody detected has 0
            values += [
                average_precision(scored, threshold=least_iou, interpolation=name, label=label)
                for name in _INTERPOLATIONS
            ]
            values += _means([scored], kind, label)
            values.append(froc(scored, threshold=least_iou, images_in_all=images, label=label))
            classes.setdefault(kind, []).append(scored)
    for kind, several in classes.items():
        values += _means(several, kind, None)
    return values


def _means(classes: list[list[ScoredImage]], kind: str, label: str | None) -> list[MetricValue]:
    """Return the mean average precision, and of areas in the plane that of small, medium and large ones."""
    areas = COCO_AREAS if kind == "area" else ("all",)
    return [mean_average_precision(classes, area=area, label=label) for area in areas]
