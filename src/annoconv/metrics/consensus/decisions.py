"""What several readers say of one image, made one: which annotations are one, which of them stay, and what they say.

Annotations of one type, label, category and place are held against each other. Masks are voted voxel by voxel, boxes
and points are those in the middle, outlines are the one that is most like the others; a named adjudicator's own
annotation stands as it is. Specification 9.3.1 c.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.documents.strict_json import dumps, plain
from annoconv.errors import GeometryError, UsageError
from annoconv.geometry import apply_relation
from annoconv.messages import Message
from annoconv.metrics.consensus.grouping import group, likeness, middle, most_like_the_others
from annoconv.metrics.consensus.voting import fuse
from annoconv.metrics.objects import shape_of
from annoconv.model import Annotation, AnnotationStatus
from annoconv.pixels import check_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import Grid
    from annoconv.metrics.consensus.grouping import Likeness
    from annoconv.metrics.consensus.voting import Fused, Method, Ties
    from annoconv.model import AnyAnnotation
    from annoconv.pixels import Mask

__all__ = ["Decision", "Rules", "decide"]

_NOT_RESULTS: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_BASE: Final = frozenset(Annotation.model_fields)
_FILES: Final = frozenset({"mask_file", "mask_value", "fractional_type", "sha256", "segmentation", "segment_number"})
_MIDDLE: Final = {"bbox": "bbox", "point": "point"}
"""Types whose coordinates have a middle, and the key that holds them."""
_AREAS: Final = frozenset({"bbox", "polygon"})
_ONE_OF_EACH: Final = frozenset({"mask", "attribute"})
"""Types of which one of each reader is the same thing, however little the two coincide."""


@dataclass(frozen=True)
class Rules:
    """How annotations of several readers become one.

    Attributes
    ----------
    method
        Of masks.
    ties
        Whether what exactly half of the readers marked is kept.
    adjudicator
        The reader who has the last word: his objects stand as he drew them, objects that he does not have do not
        stand, and where voxels or values are tied his count.
    least_iou, most_mm
        What is one object: of areas, volumes and masks of which a reader has several; and of points.
    spacing
        mm along x, y, z, of points.
    """

    method: Method = "majority"
    ties: Ties = "out"
    adjudicator: str | None = None
    least_iou: float = 0.5
    most_mm: float = 5.0
    spacing: Sequence[float] | None = None


@dataclass(frozen=True)
class Decision:
    """One object and what became of it.

    Attributes
    ----------
    members
        The readers' annotations by reader, ascending.
    is_kept
        Whether it stays.
    document
        What the merged annotation says, without its identity, status and origin; empty if it does not stay.
    fused, grid
        Its voxels, of a mask, and where they lie.
    measure, coincidence
        `dice` or `iou`, and how far each two of these readers coincide by it.
    undecided
        Keys of attributes of which readers said different things equally often, which are left out.
    """

    members: Mapping[str, AnyAnnotation]
    is_kept: bool
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    fused: Fused | None = None
    grid: Grid | None = None
    measure: str = ""
    coincidence: Mapping[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    undecided: tuple[str, ...] = ()


def decide(readings: Mapping[str, LoadedCase], grids: Mapping[str, Grid], rules: Rules) -> Iterator[Decision]:
    """Yield each object of several readings of one image, by label, type and place.

    Parameters
    ----------
    readings
        By reader; two at least.
    grids
        Of the images by UID, `""` the primary one, as far as they are known: masks are brought onto them.
    rules
        What counts as one object, and what stays.
    """
    places: dict[tuple[Any, ...], dict[str, list[AnyAnnotation]]] = {}
    for reader, loaded in sorted(readings.items()):
        for each in loaded.case.annotations:
            if each.status not in _NOT_RESULTS:
                key = _place(each, loaded.case.image.uid)
                places.setdefault(key, {}).setdefault(reader, []).append(each)
    for key, found in sorted(places.items(), key=lambda item: str(item[0])):
        kind, _, _, _, image = key[:5]
        if kind == "mask":
            yield from _of_masks(found, readings, grids.get(image), rules)
        elif kind == "point" and rules.spacing is None:
            raise UsageError(
                "points of several readers are matched by their distance in mm, and the image states no spacing",
                found=Message("no spacing"),
                expected="COLUMN,ROW,SLICE",
                advice="Name one with --spacing",
            )
        else:
            yield from _of_shapes(kind, found, len(readings), rules)


def _place(each: AnyAnnotation, primary: str) -> tuple[Any, ...]:
    image = "" if each.image_uid in {None, primary} else each.image_uid
    axes = next((len(getattr(each, name)) for name in ("bbox", "point", "center") if hasattr(each, name)), 0)
    where = None if (each.type, axes) == ("bbox", 6) else each.slice_index
    more = (where, each.frame_index, each.last_frame_index, each.coordinate_space, getattr(each, "text_id", None))
    return (each.type, each.label_code, each.category.value, str(each.assertion), image, axes, *more)


def _groups(found: Mapping[str, list[Any]], kind: str, alike: Likeness) -> list[dict[str, int]]:
    """Return which annotations are one: by likeness, or all if no reader has several of a kind that needs none."""
    if kind in _ONE_OF_EACH and all(len(each) == 1 for each in found.values()):
        return [dict.fromkeys(sorted(found), 0)]
    return group(found, alike)


# --- masks ---


def _of_masks(
    found: dict[str, list[AnyAnnotation]], readings: Mapping[str, LoadedCase], grid: Grid | None, rules: Rules
) -> Iterator[Decision]:
    masks = {reader: [readings[reader].masks[each.id] for each in some] for reader, some in found.items()}
    if grid is None:
        grid = next(iter(masks.values()))[0].grid
    arrays = {reader: [_placed(mask, grid) for mask in some] for reader, some in masks.items()}

    def alike(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float | None:
        union = int(np.count_nonzero(a | b))
        value = int(np.count_nonzero(a & b)) / union if union else 0.0
        return value if union and value >= rules.least_iou - 1e-12 else None

    nothing = np.zeros(grid.shape_kji, np.bool_)
    readers = sorted(readings)
    for members in _groups(arrays, "mask", alike):
        voted = [arrays[reader][members[reader]] if reader in members else nothing for reader in readers]
        casting = readers.index(rules.adjudicator) if rules.adjudicator is not None else None
        fused = fuse(voted, method=rules.method, ties=rules.ties, casting=casting)
        annotations = {reader: found[reader][place] for reader, place in members.items()}
        document, undecided = _said(annotations, rules, leave=_FILES | {"measurements"})
        dice = {
            (a, b): value
            for a, b in combinations(annotations, 2)
            if (value := fused.dice(readers.index(a), readers.index(b))) is not None
        }
        yield Decision(annotations, fused.voxels > 0, document, fused, grid, "dice", dice, undecided)


def _placed(mask: Mask, grid: Grid) -> NDArray[np.bool_]:
    """Return a mask on a grid; refuse fractions, which are no vote, and grids that cannot be brought together."""
    mask_kji = mask.read()
    if mask_kji.dtype.kind == "f":
        raise GeometryError(
            "a mask of fractions is no vote",
            source=mask.volume.path,
            where=mask.id,
            found=Message("fractions"),
            expected=Message("voxels that are in or out"),
            advice="Threshold it first, and say at which fraction",
        )
    return apply_relation(mask_kji, check_frame(grid, mask.volume), mask.volume.path, mask.id)


# --- shapes, values and whatever else ---


def _of_shapes(kind: str, found: dict[str, list[AnyAnnotation]], readers: int, rules: Rules) -> Iterator[Decision]:
    alike, of = _likeness(kind, found, rules)
    shapes = {reader: [of(each) for each in some] for reader, some in found.items()}
    for members in _groups(shapes, kind, alike):
        annotations = {reader: found[reader][place] for reader, place in members.items()}
        told: dict[str, Any] = {}
        if kind in _AREAS:
            own = {reader: shapes[reader][place] for reader, place in members.items()}
            told = {"measure": "iou", "coincidence": {(a, b): alike(own[a], own[b]) for a, b in combinations(own, 2)}}
        if not _is_kept(members, readers, rules):
            yield Decision(annotations, False, **told)
            continue
        if rules.adjudicator is not None:
            yield Decision(annotations, True, plain(annotations[rules.adjudicator]), **told)
            continue
        document, undecided = _said(annotations, rules)
        if kind in _MIDDLE:
            key = _MIDDLE[kind]
            document[key] = middle([getattr(each, key) for each in annotations.values()])
        elif len(members) > 1 and kind not in _ONE_OF_EACH:
            chosen = most_like_the_others([shapes[reader][place] for reader, place in members.items()], alike)
            own = plain([*annotations.values()][chosen])
            document |= {name: own[name] for name in _geometry([*annotations.values()][chosen]) if name in own}
        if any(_shape_text(document) != _shape_text(plain(each)) for each in annotations.values()):
            document.pop("measurements", None)
        yield Decision(annotations, True, document, undecided=undecided, **told)


def _is_kept(members: Mapping[str, int], readers: int, rules: Rules) -> bool:
    if rules.adjudicator is not None:
        return rules.adjudicator in members
    return 2 * len(members) > readers or (2 * len(members) == readers and rules.ties == "in")


def _likeness(
    kind: str, found: Mapping[str, list[AnyAnnotation]], rules: Rules
) -> tuple[Likeness, Callable[[AnyAnnotation], Any]]:
    """Return how alike two annotations of a type are, and what of them is looked at."""
    if kind == "attribute":
        return (lambda a, b: 1.0 if a == b else None), lambda each: dumps(plain(each)["attributes"])
    measure = {"bbox": "area", "polygon": "area", "oriented_box": "area", "point": "point"}.get(kind)
    shapes = [shape_of(each) for some in found.values() for each in some] if measure else []
    kinds = {each[0] for each in shapes}
    if len(kinds) == 1 and None not in kinds:
        (only,) = kinds
        alike = likeness(str(only), least_iou=rules.least_iou, most_mm=rules.most_mm, spacing=rules.spacing)
        return alike, lambda each: shape_of(each)[1]
    return (lambda a, b: 1.0 if a == b else None), lambda each: _shape_text(plain(each))


def _geometry(each: AnyAnnotation) -> list[str]:
    """Return the keys that say where an annotation is."""
    return [name for name in type(each).model_fields if name not in _BASE | {"attributes", "type"}]


def _shape_text(document: Mapping[str, Any]) -> bytes:
    return dumps({key: value for key, value in document.items() if key not in _BASE | {"attributes"}})


def _said(
    annotations: Mapping[str, AnyAnnotation], rules: Rules, leave: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what all of them say alike, and the attributes that most of them give; and which of these are tied."""
    documents = {reader: plain(each) for reader, each in annotations.items()}
    first = next(iter(documents.values()))
    same = {
        key: value
        for key, value in first.items()
        if key not in leave | {"attributes"} and all(each.get(key) == value for each in documents.values())
    }
    attributes, undecided = _voted({reader: each.get("attributes") or {} for reader, each in documents.items()}, rules)
    if attributes or all("attributes" in each for each in documents.values()):
        same["attributes"] = attributes
    return same, undecided


def _voted(values: Mapping[str, Mapping[str, Any]], rules: Rules) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the value that most readers gave to each attribute: of numbers with decimals the median."""
    found: dict[str, Any] = {}
    undecided: list[str] = []
    for key in dict.fromkeys(key for each in values.values() for key in each):
        given = {reader: each[key] for reader, each in values.items() if key in each}
        if rules.adjudicator in given:
            found[key] = given[str(rules.adjudicator)]
            continue
        numbers = [
            each for each in given.values() if isinstance(each, int | float | Decimal) and not isinstance(each, bool)
        ]
        if len(numbers) == len(given) and any(isinstance(each, float | Decimal) for each in numbers):
            (found[key],) = middle([[float(each)] for each in numbers])
            continue
        texts = Counter(dumps(each) for each in given.values())
        most = max(texts.values())
        best = [text for text, count in texts.items() if count == most]
        if len(best) > 1:
            undecided.append(key)
            continue
        found[key] = next(each for each in given.values() if dumps(each) == best[0])
    return found, tuple(undecided)
