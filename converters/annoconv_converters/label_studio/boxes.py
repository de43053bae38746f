"""Results of Label Studio that are a box with its label and nothing else, as most are: what they are, and are again.

`write` makes any result, `tasks` reads it and `trees` compares it, member by member; what is told here is the same. Per
cent of the picture's width and height; continuous pixels, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.model import BboxAnnotation
from annoconv_converters._pictures.columns import array_of, held, of_many, plain_columns
from annoconv_converters._pictures.file_losses import SAME, settled
from annoconv_converters._pictures.geometry import LARGEST_SIZE, array_rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.codes import Labels
    from annoconv_converters._pictures.columns import Columns
    from annoconv_converters._pictures.records import Picture

__all__ = ["A_BOX", "RESULTS", "are_again", "box_again", "boxes_of", "drawn_boxes"]

Record: TypeAlias = "dict[str, Any]"

_MEMBERS: Final = frozenset(
    {"id", "type", "value", "origin", "to_name", "from_name", "image_rotation", "original_width", "original_height"}
)
_NEEDED: Final = frozenset({"id", "type", "value", "original_width", "original_height"})
_VALUE: Final = frozenset({"x", "y", "width", "height", "rotation", "rectanglelabels"})
_SIDES: Final = ("x", "y", "width", "height")
A_BOX: Final = BboxAnnotation.model_construct()
"""A box of a case that is boxes and no more: who made it, and when, it does not say."""
RESULTS: Final = "annotations", 0, "result"
"""Steps within a task to the results of its only annotation."""
_SIZE: Final = "original_width", "original_height"
_SIZE_OF: Final = itemgetter(*_SIZE)
_TYPE: Final = "rectanglelabels"
_SIDES_OF: Final = itemgetter(*_SIDES)
_NUMBERS: Final = frozenset({int, float})
_OBJECTS: Final[set[type]] = {dict}
_TEXTS: Final[set[type]] = {str}
_LISTS: Final[set[type]] = {list}
_LARGEST: Final = 1e12
"""As `is_numbers` has it."""


def boxes_of(tasks: Sequence[Any]) -> Iterator[Columns | None]:
    """Yield what the only annotation of each task is, its labels as classes, if its results are boxes and nothing else.

    None of any other task.
    """
    results = [*map(_results, tasks)]
    are_boxes, found = of_many(_as_boxes, results)
    told = zip(are_boxes, tasks, results, strict=True)
    are_plain = [are and _are_alike(task, listed) for are, task, listed in told]
    if are_plain != are_boxes:
        found = [*chain.from_iterable(compress(results, are_plain))]
    counts = [*map(len, compress(results, are_plain))]
    values = [result["value"] for result in found]
    said = array_of(map(_SIDES_OF, values))
    scale = array_of([*_SIZE_OF(listed[0])] * 2 for listed in compress(results, are_plain)).repeat(counts, axis=0)

    def is_same(sides: NDArray[np.float64]) -> NDArray[np.bool_]:
        near, far = sides[:, :2], sides[:, 2:]
        again = np.concatenate([near, far - near], axis=1) * (100 / scale)
        return np.asarray((np.abs(again - said) <= SAME).all(1))

    labels = [value[_TYPE][0] for value in values]
    plain = plain_columns(labels, array_rounded(said * scale / 100), scale[:, :2], counts, is_same)
    for listed, are in zip(results, are_plain, strict=True):
        boxes = next(plain) if are else None
        if boxes is not None:
            boxes.numbers = [result["id"] for result in listed]
        yield boxes


def drawn_boxes(pictures: Sequence[Picture], names: Mapping[Any, str]) -> Iterator[list[Record]]:
    """Yield the results of each picture that holds boxes as columns, given the names of the classes, none empty."""
    drawn = [(columns, picture.record) for picture in pictures if (columns := held(picture)) is not None]
    sides = array_of(chain.from_iterable(columns.sides for columns, _ in drawn))
    scale = 100 / array_of([record["width"], record["height"]] * 2 for _, record in drawn)
    scale = scale.repeat([len(columns.sides) for columns, _ in drawn], axis=0)
    near, size = sides[:, :2], array_rounded(sides[:, 2:] - sides[:, :2])
    values = iter((np.concatenate([near, size], axis=1) * scale).tolist())
    for columns, record in drawn:
        rows = zip(columns.numbers, columns.classes, values, strict=False)
        yield [
            {
                "id": str(number),
                "type": _TYPE,
                "value": {**dict(zip(_SIDES, value, strict=True)), "rotation": 0, _TYPE: [names[of]]},
                "origin": "manual",
                "to_name": "image",
                "from_name": "rectangle",
                "image_rotation": 0,
                "original_width": record["width"],
                "original_height": record["height"],
            }
            for number, of, value in rows
        ]


def are_again(picture: Picture, task: Record, codes: Sequence[str], labels: Labels) -> bool:
    """Tell whether a picture has such boxes of a task, which are the annotations of a case and have their labels.

    Parameters
    ----------
    picture, task
        The picture and its task.
    codes
        Label codes of the annotations.
    labels
        Names of its classes.
    """
    boxes = held(picture)
    if boxes is None or not boxes.is_plain:
        return False
    rows = zip(task["annotations"][0]["result"], codes, strict=True)
    classes = {(*result["value"][_TYPE], code) for result, code in rows}
    return all(labels.name_of(code) == label for label, code in classes)


def _results(task: Any) -> list[Record]:
    """Return the results of the only annotation of a task; none if it is not the only one, or has none."""
    annotations = task.get("annotations")
    if type(annotations) is not list or len(annotations) != 1 or task.get("predictions"):
        return []
    annotation = annotations[0] if isinstance(annotations[0], dict) else {"was_cancelled": True}
    results: Any = None if annotation.get("was_cancelled") else annotation.get("result")
    return results if results and isinstance(task.get("data"), dict) else []


def _are_alike(task: Record, results: Sequence[Record]) -> bool:
    """Tell whether the boxes of a task have one size of their picture, as the task has it, and an id of their own."""
    size = _SIZE_OF(results[0])
    meta = task.get("meta")
    if isinstance(meta, dict) and "original_width" in meta and tuple(meta.get(name) for name in _SIZE) != size:
        return False
    ids = {result["id"] for result in results}
    is_sized = all(type(count) is int and 0 < count < LARGEST_SIZE for count in size)
    are_alike = [*map(_SIZE_OF, results)].count(size) == len(results)
    return is_sized and are_alike and len(ids) == len(results)


def _as_boxes(results: list[Record]) -> list[Record]:
    """Return results that are each a box with a label, and say nothing else; none if one of them is more."""
    return results if _are_boxes(results) else []


def _are_boxes(results: Sequence[Record]) -> bool:
    if not all(_NEEDED.issubset(names) and _MEMBERS.issuperset(names) for names in {*map(tuple, results)}):
        return False
    values = [result["value"] for result in results]
    if {*map(type, values)} != _OBJECTS or not all(frozenset(names) == _VALUE for names in {*map(tuple, values)}):
        return False
    ids, types = ([result[name] for result in results] for name in ("id", "type"))
    labels = [value[_TYPE] for value in values]
    if {*map(type, ids)} != _TEXTS or {*map(type, labels)} != _LISTS or {*map(len, labels)} != {1}:
        return False
    numbers = [*chain.from_iterable(map(_SIDES_OF, values))]
    turns = [value["rotation"] for value in values]
    return (
        types.count(_TYPE) == len(types)
        and {type(label) for (label,) in labels} == _TEXTS
        and all(ids)
        and ids == [*map(str.strip, ids)]
        and _NUMBERS.issuperset(map(type, chain(numbers, turns)))
        and -_LARGEST < min(numbers) <= max(numbers) < _LARGEST
        and not any(turns)
        and [result.get("origin", "manual") for result in results].count("manual") == len(results)
        and not any(result.get("image_rotation") for result in results)
    )


def box_again(result: Record, annotation: Any, labels: Labels, picture: Record) -> Record | None:
    """Return what is written again of a result that is a box which its annotation says all of; else None.

    Parameters
    ----------
    result
        As it stands in the file.
    annotation
        Of the case.
    labels
        Names of its classes.
    picture
        The record of its picture, with its size.
    """
    value = result.get("value")
    if not isinstance(annotation, BboxAnnotation) or annotation.attributes is not None or type(value) is not dict:
        return None
    if not _MEMBERS.issuperset(result) or value.keys() != _VALUE or result.get("type") != "rectanglelabels":
        return None
    if result.get("origin", "manual") != "manual" or result.get("image_rotation") or value["rotation"]:
        return None
    size = picture.get("width", 0), picture.get("height", 0)
    names = [labels.name_of(annotation.label_code)]
    stated = result.get("original_width"), result.get("original_height")
    if not all(size) or stated != size or value["rectanglelabels"] != names:
        return None
    x_min, y_min, x_max, y_max = annotation.bbox
    across, down = 100 / size[0], 100 / size[1]
    again = x_min * across, y_min * down, (x_max - x_min) * across, (y_max - y_min) * down
    said = tuple(value[name] for name in _SIDES)
    if settled(again, said) is not said:
        return None
    told = {**dict(zip(_SIDES, said, strict=True)), "rectanglelabels": tuple(names)}
    return {"type": result["type"], "value": told, "original_width": size[0], "original_height": size[1]}
