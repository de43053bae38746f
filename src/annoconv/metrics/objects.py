"""The boxes, polygons and points of two readers of one image: which is which, and how many were found.

Objects are compared with those of their label on their image, slice and frame. Boxes and polygons in the plane match by
the IoU of their areas, boxes in space by that of their volumes, points by their distance in mm. Lists of results are
compared as COCO does: boxes with the boxes around what the reference drew, masks with its outlines filled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from annoconv.messages import Message
from annoconv.metrics.average_precision import (
    COCO_AREAS,
    ScoredImage,
    average_precision,
    froc,
    mean_average_precision,
)
from annoconv.metrics.filled import box_around, filled, mask_iou
from annoconv.metrics.matching import Matching, detection, instances, match
from annoconv.metrics.resampled import froc_interval, map_interval
from annoconv.metrics.results import with_interval
from annoconv.metrics.shapes import box_iou, center_distance_mm, common_area, polygon_iou
from annoconv.model import (
    AnnotationStatus,
    BboxAnnotation,
    ContoursAnnotation,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    MaskAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.metrics.average_precision import Interpolation
    from annoconv.metrics.matching import Instance, Method
    from annoconv.model import MetricValue

__all__ = ["LEFT_OUT", "Drawn", "Found", "Objects", "left_out", "measured", "objects_of", "pair", "shape_of"]

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
UNSCORED: Final = Message(
    "no average precision nor FROC: some objects have no confidence from 0 to 1, which ranks them"
)
Drawn = Literal["box", "mask"]
"""What a list of results consists of."""
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
    crowd
        Which of them stand for a crowd.
    """

    ids: list[str] = field(default_factory=list[str])
    shapes: list[Any] = field(default_factory=list[Any])
    scores: list[float | None] = field(default_factory=list["float | None"])
    crowd: list[bool] = field(default_factory=list[bool])


Place = tuple[str, str, str, int | None, int | None]
"""Label, kind (`area`, `mask`, `volume`, `point`), image (`""` is the primary one), slice, frame."""


@dataclass(frozen=True)
class Found:
    """The pairs of one label and kind over all places that were compared."""

    label: str
    kind: str
    matchings: list[Matching]
    rows: list[Instance]
    images: list[ScoredImage] | None


def objects_of(loaded: LoadedCase, *, drawn: Drawn | None = None, crowd: Collection[str] = ()) -> dict[Place, Objects]:
    """Return the boxes, polygons and points of a case; what was superseded or rejected is left out.

    Parameters
    ----------
    loaded
        The case.
    drawn
        What all of them are taken as: boxes around them, or masks; masks of pictures are among them then.
    crowd
        Annotations that stand for a crowd.
    """
    found: dict[Place, Objects] = {}
    for each in loaded.case.annotations:
        kinds = _ANY if drawn is None else (*_ANY, MaskAnnotation)
        if not isinstance(each, kinds) or each.status in _NOT_RESULTS:
            continue
        kind, shape = _voxels_of(loaded, each) if isinstance(each, MaskAnnotation) else shape_of(each)
        if drawn == "box" and kind in {"area", "mask"}:
            kind, shape = "area", [_ring_of_box(*box_around(shape))]
        elif drawn == "mask" and kind == "area" and loaded.case.image.shape is not None:
            kind, shape = "mask", filled(shape, loaded.case.image.shape[:2])
        if kind is None:
            continue
        uid = "" if each.image_uid in {None, loaded.case.image.uid} else str(each.image_uid)
        slice_index = None if kind == "volume" else getattr(each, "slice_index", None)
        objects = found.setdefault((each.label_code, kind, uid, slice_index, each.frame_index), Objects())
        objects.ids.append(each.id)
        objects.shapes.append(shape)
        objects.scores.append(None if each.confidence is None else float(each.confidence))
        objects.crowd.append(each.id in crowd)
    return found


def _voxels_of(loaded: LoadedCase, each: MaskAnnotation) -> tuple[str | None, Any]:
    """Return the pixels of a mask of a picture, rows by columns; None of a volume, or where it is empty."""
    voxels = np.asarray(loaded.masks[each.id].read(), dtype=np.bool_)
    return ("mask", voxels[0]) if voxels.shape[0] == 1 and voxels.any() else (None, None)


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
    drawn: Drawn | None = None,
    crowd: Collection[str] = (),
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
    drawn
        What the other consists of, if it is a list of results.
    crowd
        Annotations of the reference that stand for a crowd: what lies on one counts neither for nor against.
    """
    sides = objects_of(reference, drawn=drawn, crowd=crowd), objects_of(other, drawn=drawn)
    found: dict[tuple[str, str], Found] = {}
    none = Objects()
    for place in sorted({*sides[0], *sides[1]}, key=str):
        label, kind = place[:2]
        if kind == "point" and spacing is None:
            continue
        a, b = (side.get(place, none) for side in sides)
        similarity = _similarity(kind, a, b, spacing)
        areas = [[] if kind == "point" else [_size(kind, shape) for shape in side.shapes] for side in (a, b)]
        is_crowd = np.array(a.crowd, dtype=np.bool_)
        if is_crowd.any() and kind != "point":
            similarity = _of_crowds(similarity, is_crowd, *areas)
        scores = [score for score in b.scores if score is not None]
        is_scored = len(scores) == len(b.scores)
        matching = match(
            similarity[~is_crowd],
            **({"most_mm": most_mm} if kind == "point" else {"least": least_iou}),
            method=method,
            scores=scores if is_scored else (),
        )
        if is_crowd.any():
            matching = _beside_crowds(matching, similarity, is_crowd, least_iou)
        group = found.setdefault((label, kind), Found(label, kind, [], [], []))
        group.matchings.append(matching)
        group.rows.extend(instances(matching, similarity, a.ids, b.ids))
        if is_scored and kind != "point" and group.images is not None:
            group.images.append(ScoredImage(similarity, scores, a.crowd, areas[0], areas[1], reference.case.case_id))
        else:
            found[label, kind] = Found(label, kind, group.matchings, group.rows, None)
    return list(found.values())


def _of_crowds(
    similarity: NDArray[np.float64], is_crowd: NDArray[np.bool_], sizes: list[float], others: list[float]
) -> NDArray[np.float64]:
    """Return similarities, of crowds the share of the other object that lies on it, as COCO does."""
    a, b = np.array(sizes)[:, None], np.array(others)[None]
    common = similarity * (a + b) / (1 + similarity)
    return np.where(is_crowd[:, None], np.divide(common, b, out=np.zeros_like(common), where=b > 0), similarity)


def _beside_crowds(
    matching: Matching, similarity: NDArray[np.float64], is_crowd: NDArray[np.bool_], least: float
) -> Matching:
    """Return a matching of what is no crowd, by its places among all; what lies on a crowd is not additional."""
    places = np.flatnonzero(~is_crowd).tolist()
    on_crowd: NDArray[np.bool_] = np.any(similarity[is_crowd] >= least, axis=0).reshape(-1)
    return Matching(
        tuple((places[row], column) for row, column in matching.pairs),
        tuple(places[row] for row in matching.missed),
        tuple(column for column in matching.additional if not on_crowd[column]),
    )


def _size(kind: str, shape: Any) -> float:
    """Return the area of rings, square pixels, holes taken off; the volume of a box, voxels; the pixels of a mask."""
    if kind == "mask":
        return float(np.count_nonzero(shape))
    if kind == "volume":
        return float(np.prod(np.subtract(shape[3:], shape[:3])))
    return common_area(shape, shape)


def _similarity(kind: str, a: Objects, b: Objects, spacing: Sequence[float] | None) -> Any:
    if not a.ids or not b.ids:
        return np.zeros((len(a.ids), len(b.ids)))
    if kind == "area":
        return polygon_iou(a.shapes, b.shapes)
    if kind == "mask":
        return mask_iou(a.shapes, b.shapes)
    if kind == "volume":
        return box_iou(a.shapes, b.shapes)
    return center_distance_mm(a.shapes, b.shapes, spacing or ())


def measured(found: Sequence[Found], least_iou: float, *, images: int | None = None) -> list[tuple[str, MetricValue]]:
    """Return precision, recall and F1 of each label and kind over all; AP, mAP and FROC where all have scores.

    Parameters
    ----------
    found
        What was paired.
    least_iou
        What is a match.
    images
        Cases that were compared, those without an object among them, for false positives an image.

    Returns
    -------
    values
        Each with the kind of object that it is of: `area`, `mask`, `volume`, `point`.
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for each in found:
        groups.setdefault((each.label, each.kind), []).append(each)
    ranked = {each.kind for each in found for image in each.images or () if len(image.scores)}
    values: list[tuple[str, MetricValue]] = []
    classes: dict[str, list[list[ScoredImage]]] = {}
    for (label, kind), group in sorted(groups.items()):
        told = detection([each for one in group for each in one.matchings], label=label)
        scored = [image for one in group for image in one.images or ()]
        if kind in ranked and all(one.images is not None for one in group):  # a class that nobody detected has 0
            told += [
                average_precision(scored, threshold=least_iou, interpolation=name, label=label)
                for name in _INTERPOLATIONS
            ]
            told += _means([scored], kind, label, images)
            value = froc(scored, threshold=least_iou, images_in_all=images, label=label)
            interval = froc_interval(scored, threshold=least_iou, images_in_all=images)
            told.append(value if interval is None else with_interval(value, interval))
            classes.setdefault(kind, []).append(scored)
        values += [(kind, each) for each in told]
    for kind, several in classes.items():
        values += [(kind, each) for each in _means(several, kind, None, images)]
    return values


def _means(classes: list[list[ScoredImage]], kind: str, label: str | None, images: int | None) -> list[MetricValue]:
    """Return the mean average precision, and of areas in the plane that of small, medium and large ones."""
    values: list[MetricValue] = []
    for area in COCO_AREAS if kind in {"area", "mask"} else ("all",):
        value = mean_average_precision(classes, area=area, label=label)
        interval = None if value.value is None else map_interval(classes, area=area, cases=images)
        values.append(value if interval is None else with_interval(value, interval))
    return values
