"""Named points of one object: as the model has them, as COCO and YOLO write them, and the classes that define them.

Points of the model are continuous pixels, origin at the outer corner of the first pixel; those of a record are pixel
*indices*, x, y and visibility of each, half a pixel less. 0 is not labelled, 1 hidden, 2 seen. COCO counts the ends of
the lines of a skeleton from 1, the model from 0. Authority: the data format of cocodataset.org.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import is_name
from annoconv.model import KeypointsAnnotation, PointAnnotation
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.geometry import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.codes import Labels
    from annoconv.model import Case, Label
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "ALONE",
    "NamedPoints",
    "Skeletons",
    "box_of_keypoints",
    "defined_by",
    "has_keypoints",
    "is_from_zero",
    "keypoints_of",
    "names_of",
    "seen_of",
    "triples_of",
]

Record: TypeAlias = "dict[str, Any]"

ALONE: Final = "1"
"""Name of a point that stands by itself, where a format has named points only."""
_SEEN: Final = {"hidden": 1, "absent": 0, "unlabelled": 0}
_VISIBILITIES: Final = ("unlabelled", "hidden", "visible")


def names_of(record: Mapping[str, Any], count: int = 0) -> list[str]:
    """Return the names of the keypoints of a category; those that have none, up to a count, are their numbers from 1.

    Parameters
    ----------
    record
        Of the category, from outside.
    count
        How many there are at least.
    """
    listed = record.get("keypoints")
    told: list[Any] = listed if isinstance(listed, list) else []
    numbered = [str(place + 1) for place in range(max(count, len(told)))]
    return [
        told[place] if place < len(told) and isinstance(told[place], str) and is_name(told[place]) else number
        for place, number in enumerate(numbered)
    ]


def defined_by(record: Mapping[str, Any]) -> Record:
    """Return what a category says of the keypoints of its objects, as fields of a label; empty if it says nothing."""
    names = names_of(record)
    if not names:
        return {}
    lines = _pairs(record.get("skeleton"), 0 if is_from_zero(record) else 1, len(names))
    pairs = _pairs(record.get("flip_pairs"), 0, len(names))
    told: Record = {"keypoints": names} | ({"skeleton": lines} if lines else {})
    return told | ({"flip_pairs": pairs} if pairs else {})


def is_from_zero(record: Mapping[str, Any]) -> bool:
    """Tell whether the lines of a category count its keypoints from 0: one begins at 0, and none is beyond the last."""
    listed, count = record.get("skeleton"), len(names_of(record))
    lines: list[Any] = listed if isinstance(listed, list) else []
    ends = [end for line in lines if isinstance(line, list) for end in line]
    return 0 in ends and all(type(end) is int and 0 <= end < count for end in ends)


def _pairs(value: Any, first: int, count: int) -> list[list[int]]:
    """Return pairs of places that are counted from `first`, counted from 0; others are left out."""
    listed: list[Any] = value if isinstance(value, list) else []
    pairs = [each for each in listed if isinstance(each, list) and len(each) == 2 and all(type(e) is int for e in each)]
    return [[a - first, b - first] for a, b in pairs if min(a, b) - first >= 0 and max(a, b) - first < count]


def keypoints_of(points: Sequence[tuple[float, float, int]], names: Sequence[str]) -> list[Record]:
    """Return points as the model has them.

    Parameters
    ----------
    points
        x, y in continuous pixels, and visibility: 0, 1, 2.
    names
        Of each.
    """
    return [
        {"name": name, **({"point": [x, y]} if seen else {}), "visibility": _VISIBILITIES[seen]}
        for (x, y, seen), name in zip(points, names, strict=True)
    ]


def seen_of(keypoint: Mapping[str, Any]) -> int:
    """Return the visibility of a point of the model as COCO has it."""
    return _SEEN.get(keypoint.get("visibility", ""), 2) if keypoint.get("point") else 0


def triples_of(keypoints: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Any]:
    """Return x, y as pixel indices and visibility of each name, one behind the other; names beyond have no place."""
    is_same = [each["name"] for each in keypoints] == list(names)
    placed: dict[int, list[Any]] = {}
    for number, each in enumerate(keypoints):
        if (is_same or each["name"] in names) and seen_of(each):
            x, y = each["point"]
            placed[number if is_same else names.index(each["name"])] = [tidy(x - 0.5), tidy(y - 0.5), seen_of(each)]
    return [number for place in range(len(names)) for number in placed.get(place, [0, 0, 0])]


def box_of_keypoints(keypoints: Iterable[Mapping[str, Any]]) -> list[float]:
    """Return x, y, width and height, continuous pixels, of the pixels that labelled points lie on; 0 if there are none.

    One pixel has a width and a height: a box without an area has no object for those who score detections by it.
    """
    corners = [each["point"] for each in keypoints if seen_of(each)]
    if not corners:
        return [0, 0, 0, 0]
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    x, y = tidy(min(xs) - 0.5), tidy(min(ys) - 0.5)
    return [x, y, tidy(max(xs) + 0.5 - x), tidy(max(ys) + 0.5 - y)]


class NamedPoints:
    """All points of each class of objects, in the order in which they were met.

    Attributes
    ----------
    names
        By the id of the class.
    """

    def __init__(self) -> None:
        self.names: dict[int, list[str]] = {}

    def meet(self, pictures: Iterable[Picture]) -> None:
        """Take the points of the objects on pictures."""
        for number, points in _points(pictures):
            known = self.names.setdefault(number, [])
            known += [each["name"] for each in points if each["name"] not in known]

    def complete(self, pictures: Iterable[Picture]) -> None:
        """Give each object on pictures all points of its class."""
        for number, points in _points(pictures):
            by_name = {each["name"]: each for each in points}
            points[:] = [by_name.get(each) or {"name": each} for each in self.names[number]]


def _points(pictures: Iterable[Picture]) -> Iterator[tuple[int, list[Record]]]:
    """Yield class and points of each object."""
    for shape in (each for picture in pictures if held(picture) is None for each in picture.shapes):
        if shape.geometry is not None and shape.geometry["type"] == "keypoints":
            yield shape.record["category_id"], shape.geometry["keypoints"]


class Skeletons:
    """Which keypoints the objects of a class have, by the name of the class; what was taken over first holds."""

    def __init__(self) -> None:
        self._told: dict[str, Record] = {}
        """Of each class: `keypoints`, `skeleton` and `flip_pairs`, as a label has them."""
        self._used: dict[str, Record] = {}
        """The same of classes of which objects were met, by what their labels say, whichever label system has them."""
        self._met: dict[str, list[str]] = {}
        """Names of the points that were met, by class."""
        self._last: Sequence[Label] | None = None
        """Class list of the case before: most cases have the same."""

    def __len__(self) -> int:
        """Return how many classes have keypoints."""
        return len(self._told)

    def define(self, name: str, told: Record) -> None:
        """Take over a definition, unless the class has one."""
        if told:
            self._told.setdefault(name, told)

    def note(self, case: Case, labels: Labels, *, with_points: bool = False) -> None:
        """Note what a case says: the definitions of its labels, else the names of all points that are met.

        Parameters
        ----------
        case, labels
            The case and its labels.
        with_points
            Whether a point by itself is the only keypoint of its class.
        """
        if case.labels != self._last:
            for label in case.labels or ():
                self.define(labels.name_of(label.code), _of_label(label))
        self._last = case.labels
        for code, names in _met(case, with_points=with_points):
            name = labels.name_of(code)
            if told := _of_label(labels.get(code)):
                self._used.setdefault(name, told)
            known = self._met.setdefault(name, [])
            known += [each for each in names if each not in known]

    def settle(self) -> None:
        """Take over what all cases that were noted say together: what their own labels say comes first."""
        for name, told in self._used.items():
            self.define(name, told)
        for name, names in self._met.items():
            self.define(name, {"keypoints": names})
        self._used, self._met = {}, {}

    def names(self, name: str) -> list[str]:
        """Return the names of the keypoints of a class, in their order; none if it has none."""
        found: list[str] = self._told.get(name, {}).get("keypoints", [])
        return found

    def record(self, record: Record) -> Record:
        """Return the record of a category with its keypoints, their lines and what changes places."""
        told = self._told.get(str(record["name"]), {})
        lines = {"skeleton": [[a + 1, b + 1] for a, b in told["skeleton"]]} if "skeleton" in told else {}
        return {**record, **told, **lines}


def has_keypoints(case: Case) -> bool:
    """Tell whether a case has keypoints, or a class that has."""
    is_any = any(isinstance(each, KeypointsAnnotation) for each in case.annotations)
    return is_any or any(label.keypoints for label in case.labels or ())


def _of_label(label: Any) -> Record:
    if label is None or not label.keypoints:
        return {}
    told = {"keypoints": list(label.keypoints), "skeleton": label.skeleton, "flip_pairs": label.flip_pairs}
    return {
        name: [list(each) if isinstance(each, tuple) else each for each in value]
        for name, value in told.items()
        if value
    }


def _met(case: Case, *, with_points: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the names of the keypoints that a case has, with their label codes; last those that stand alone."""
    for each in case.annotations:
        if isinstance(each, KeypointsAnnotation):
            yield each.label_code, [point.name for point in each.keypoints]
    named = {each.label_code for each in case.annotations if isinstance(each, KeypointsAnnotation)}
    for each in case.annotations:
        if with_points and isinstance(each, PointAnnotation) and each.label_code not in named:
            yield each.label_code, [ALONE]
