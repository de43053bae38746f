"""What is told of the annotations of a flat picture that are all boxes, or all outlines: texts and numbers as columns.

An outline is a polygon of one ring. Continuous pixels, x = column, y = row, origin at the outer corner of the first
pixel.
"""

from __future__ import annotations

import re
from itertools import chain
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from annoconv.model import AnnotationCategory, BboxAnnotation, PolygonAnnotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv.model import AnyAnnotation

__all__ = ["BOX", "RING", "BoxColumns", "OutlineColumns", "are_plain", "boxes_of", "columns_of", "outlines_of"]

Record: TypeAlias = "dict[str, Any]"
Ring: TypeAlias = "Sequence[Sequence[float]]"

BOX: Final = "bbox"
"""Type of an annotation, and the member that says where it is."""
RING: Final = "polygon"
"""The same of an outline."""
_SIDES: Final = 4
_AXES: Final = 2
_CORNERS: Final = 3
"""Vertices that a ring has at least."""
_MOST, _MOST_CORNERS = 1_000, 100_000
"""Annotations, and vertices, of a case; a larger one is checked in pieces."""
_MEMBERS: Final = ("id", "category", "label_code", "type")
_MEMBERS_OF: Final = {kind: itemgetter(*_MEMBERS, kind) for kind in (BOX, RING)}
_FIELDS_OF: Final = {kind: frozenset({*_MEMBERS, kind}) for kind in (BOX, RING)}
_NAME: Final = re.compile(r"[\w.:-]+")
"""Identifiers as most are."""
_CODE: Final = re.compile(r"[A-Za-z]\w{0,127}", re.ASCII)
_CATEGORIES: Final = frozenset(each.value for each in AnnotationCategory)
_OBJECTS: Final[set[type]] = {dict}
_TEXTS: Final[set[type]] = {str}
_LISTS: Final[set[type]] = {list}
_FLOATS: Final[set[type]] = {float}


class BoxColumns(NamedTuple):
    """What is told of boxes: ids, categories, label codes, and sides `x_min, y_min, x_max, y_max`."""

    ids: list[str]
    categories: list[str]
    codes: list[str]
    sides: list[list[float]]

    @property
    def annotations(self) -> list[Record]:
        """The same as annotations."""
        return [
            {"id": identity, "category": category, "label_code": code, "type": BOX, BOX: sides}
            for identity, category, code, sides in zip(*self, strict=True)
        ]


class OutlineColumns(NamedTuple):
    """What is told of outlines: ids, categories, label codes, and vertices, x and y of each."""

    ids: list[str]
    categories: list[str]
    codes: list[str]
    rings: Sequence[Ring]

    @property
    def annotations(self) -> list[Record]:
        """The same as annotations."""
        return [
            {"id": identity, "category": category, "label_code": code, "type": RING, RING: _as_lists(ring)}
            for identity, category, code, ring in zip(*self, strict=True)
        ]


def boxes_of(annotations: Sequence[AnyAnnotation]) -> BoxColumns | None:
    """Return what typed annotations say that are boxes in a picture and nothing else; None of others."""
    told = _told(annotations, BboxAnnotation, BOX)
    if told is None:
        return None
    boxes = [each.bbox for each in cast("Sequence[BboxAnnotation]", annotations)]
    return BoxColumns(*told, boxes) if all(len(box) == _SIDES and _are_floats(box) for box in boxes) else None


def outlines_of(annotations: Sequence[AnyAnnotation]) -> OutlineColumns | None:
    """Return what typed annotations say that are outlines, one at least, and nothing else; None of others."""
    told = _told(annotations, PolygonAnnotation, RING) if annotations else None
    if told is None:
        return None
    rings = [each.polygon for each in cast("Sequence[PolygonAnnotation]", annotations)]
    return OutlineColumns(*told, rings) if all(_are_floats(chain.from_iterable(ring)) for ring in rings) else None


def _told(
    annotations: Sequence[AnyAnnotation], kind: type[AnyAnnotation], name: str
) -> tuple[list[str], list[str], list[str]] | None:
    """Return ids, categories and label codes of annotations; None if one is more, or two have one id."""
    fields = _FIELDS_OF[name]
    if not all(type(each) is kind and each.model_fields_set <= fields for each in annotations):
        return None
    ids = [each.id for each in annotations]
    categories = [each.category._value_ for each in annotations]
    return (ids, categories, [each.label_code for each in annotations]) if len({*ids}) == len(ids) else None


def columns_of(annotations: list[Any]) -> BoxColumns | OutlineColumns | None:
    """Return what annotations say that are all boxes, or all outlines, and nothing else."""
    if not annotations:
        return BoxColumns([], [], [], [])
    if len(annotations) > _MOST:
        return None
    if {*map(type, annotations)} != _OBJECTS or {*map(len, annotations)} != {len(_MEMBERS) + 1}:
        return None
    kind = RING if RING in annotations[0] else BOX
    try:
        ids, categories, codes, types, places = map(list, zip(*map(_MEMBERS_OF[kind], annotations), strict=True))
    except KeyError:
        return None
    if types.count(kind) < len(types):
        return None
    return (OutlineColumns if kind == RING else BoxColumns)(ids, categories, codes, places)


def are_plain(told: BoxColumns | OutlineColumns) -> bool:
    """Tell whether boxes, or outlines, are some of the model, of which no two have one id."""
    ids, categories, codes, places = told
    if not ids:
        return True
    if len(ids) > _MOST or {*map(type, chain(ids, categories, codes))} != _TEXTS or {*map(type, places)} != _LISTS:
        return False
    if not (_are_numbers(told.sides, _SIDES) if isinstance(told, BoxColumns) else _are_rings(told.rings)):
        return False
    are_names = _NAME.fullmatch("".join(ids)) is not None and all(ids)
    are_texts = are_names and all(map(_CODE.fullmatch, {*codes})) and {*categories} <= _CATEGORIES
    return are_texts and len({*ids}) == len(ids)


def _are_rings(rings: Sequence[Ring]) -> bool:
    points = [*chain.from_iterable(rings)]
    is_usual = min(map(len, rings)) >= _CORNERS and len(points) <= _MOST_CORNERS
    return is_usual and {*map(type, points)} == _LISTS and _are_numbers(points, _AXES)


def _are_floats(numbers: Iterable[object]) -> bool:
    return {*map(type, numbers)} == _FLOATS


def _are_numbers(rows: Sequence[Sequence[float]], count: int) -> bool:
    """Tell whether lists hold so many floats each, all finite."""
    numbers = [*chain.from_iterable(rows)]
    return {*map(len, rows)} == {count} and _are_floats(numbers) and isfinite(sum(numbers))


def _as_lists(ring: Ring) -> Ring:
    """Return a ring as JSON has it: typed ones are of tuples."""
    return ring if type(ring[0]) is list else [*map(list, ring)]
