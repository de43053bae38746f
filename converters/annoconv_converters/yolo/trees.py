"""What the files of a YOLO data set say, and what they would say of its cases.

Lines are compared by the names of their classes, because numbers of classes are made anew; the list of classes is
compared by number. Where a class list or the lines stand in the folder is its layout, which is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.case_labels import CaseLabels
from annoconv.class_list import class_list
from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv.model import (
    BboxAnnotation,
    KeypointsAnnotation,
    MaskAnnotation,
    OrientedBoxAnnotation,
    PolygonAnnotation,
)
from annoconv_converters._pictures.check import PICTURE_TWICE
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, settled, stated
from annoconv_converters._pictures.rotation import corners_of
from annoconv_converters._pictures.scores import is_longer
from annoconv_converters._pictures.skeletons import box_of_keypoints, seen_of
from annoconv_converters.yolo.border import SLACK
from annoconv_converters.yolo.turned import as_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv.model import AnyAnnotation, Case, Label
    from annoconv_converters._pictures.records import Picture

__all__ = ["DataSetTree", "LabelFile"]

Record: TypeAlias = "dict[str, Any]"

_ENCODING: Final = {
    "nc": "the count of the classes, which are listed",
    "classes": "the count of the classes, which are listed",
    "kpt_shape": "how many numbers a line has, which lines have of themselves",
    "task": "what its lines are, which the case has them as",
    "path": "where the folder stands on the machine that it comes from",
    "obj.data/names": "where the classes are listed",
}
"""What only says how the rest is encoded: why it is left out."""
_COUNTS: Final = ("nc", "classes")
_LIST: Final = "train.txt"
"""Lists every picture of a data set that is written."""
_TEST: Final = "test"
_SPLITS: Final = ("train", "val", "valid", _TEST)
_NO_SPLITS: Final = "a case knows of no split; its picture is listed for both, training and validation"
_DIGITS: Final = 17
"""Of a number, which tell any double."""
_OBB: Final = 8
"""Numbers of a turned box."""
_CORNERS: Final = "every line has four corners; they are read as polygons: if they are turned boxes, pass --kind obb"
_RENUMBERED: Final = "notes.json numbers the classes otherwise than classes.txt has them in order; it is followed"
_REASONS: Final[Reasons] = {
    "names/*": "a case has each class once, under one name",
    **dict.fromkeys(_SPLITS, _NO_SPLITS),
    "*.txt": "no picture is listed for the label file, which is in no case",
    "numbers": "a case has boxes, polygons and labelled keypoints within their bounds",
    "class": "a case has the class under the name of its label",
    "score": "a confidence lies between 0 and 1, and has the digits of a double",
    "#": "a case has no annotation for the line",
    "*": "a case has no place for {name}",
}


@dataclass(frozen=True)
class LabelFile:
    """The lines about a picture.

    Attributes
    ----------
    name
        Path within the data set.
    lines
        A class and numbers each.
    """

    name: str
    lines: Sequence[str]


@dataclass
class DataSetTree:
    """What a data set says, held against its cases one by one.

    Attributes
    ----------
    files
        What each of its descriptions says.
    names
        Of the classes.
    keypoints
        Count and dimensions, for pose.
    label_system
        The task's labels.
    open
        How many pictures are still to be held against their cases.
    unlisted
        Gives the lines of the label files of which no picture is listed, by their names.
    is_guessed
        Whether nothing tells what outlines of four corners are.
    records
        Gives what all lines say.
    missing
        Lists of pictures for tests that are named and not there.
    twice
        By the name of a list, how many of its pictures are listed already, and the first of these.
    is_renumbered
        Whether Label Studio numbers the classes otherwise than their list has them in order.
    labels
        The lines about the pictures that are asked for, by their number.
    """

    files: Mapping[str, Record]
    names: Mapping[int, str]
    keypoints: tuple[int, int] | None
    label_system: Sequence[Label] = ()
    open: int = 0
    unlisted: Callable[[], Mapping[str, Sequence[str]]] = dict
    is_guessed: bool = False
    records: Callable[[], Iterable[Record]] = tuple
    missing: list[str] = field(default_factory=list)
    twice: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    is_renumbered: bool = False
    labels: Mapping[int, LabelFile] = field(default_factory=dict)
    _listed: dict[str, str] = field(init=False, default_factory=dict)
    _points: dict[str, tuple[list[str], list[list[int]]]] = field(init=False, default_factory=dict)
    """Names of the keypoints of each class, and which change places."""
    _has_keypoints: bool = field(init=False, default=False)

    def findings(self, pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
        """Yield a warning for each line whose class is beyond the list, and for what the data set says of itself.

        Paths are those in the data set.
        """
        for name in self.missing:
            told = Message("the pictures for tests are not there; found {name}", name=name)
            yield Finding("yolo.test", Level.WARNING, pointer((_TEST,)), told, case_index)
        for name, (count, first) in self.twice.items():
            told = Message(
                "it lists pictures that are listed already: {count}, the first of them {first}; each is one case",
                count=count,
                first=first,
            )
            yield Finding(PICTURE_TWICE, Level.WARNING, pointer((name,)), told, case_index)
        self.missing, self.twice = [], {}
        if self.is_renumbered:
            self.is_renumbered = False
            yield Finding("yolo.notes", Level.WARNING, pointer(("notes.json", "categories")), _RENUMBERED, case_index)
        is_guessed, self.is_guessed = self.is_guessed, False  # all lines are looked at once, not for each case
        if is_guessed and self._has_four_corners():
            yield Finding("yolo.obb", Level.WARNING, "", _CORNERS, case_index)
        odd = (each for each in pictures if (boxes := held(each)) is None or not self.names.keys() >= {*boxes.classes})
        for shape in (each for picture in odd for each in picture.shapes if each.place):
            if shape.record["category_id"] not in self.names:
                path = pointer((*shape.place, "class"))
                yield Finding("yolo.class", Level.WARNING, path, "the list of classes has no such number", case_index)

    def _has_four_corners(self) -> bool:
        """Tell whether all lines are outlines of four corners."""
        is_any = False
        for record in self.records():
            if len(record.get("segmentation", [[]])[0]) != _OBB:
                return False
            is_any = True
        return is_any

    @cached_property
    def _labels_of(self) -> CaseLabels:
        return CaseLabels(self.label_system)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The numbers of the classes by their names."""
        numbers: dict[str, list[str]] = {}
        for number, name in self.names.items():
            numbers.setdefault(name, []).append(str(number))
        return numbers

    def losses(self, pictures: Sequence[Picture], loaded: LoadedCase, case_index: int) -> list[Loss]:
        """Return what the lines about pictures say and their case does not; of the last, what the data set says."""
        case = loaded.header
        labels = self._labels_of(case)
        codes = {*loaded.label_codes, *(label.code for label in class_list(case))}
        names = {labels.name_of(code) for code in codes}
        self._listed |= {number: name for name in sorted(names) for number in self._by_name.get(name, ())}
        for label in case.labels or ():
            if label.keypoints:
                pairs = [list(pair) for pair in label.flip_pairs or ()]
                self._points[labels.name_of(label.code)] = list(label.keypoints), pairs
        told = [each for each in pictures if not self._are_boxes(each, loaded, labels)]
        records = list(self._lines(told, loaded.case, labels)) if told else []
        self.open -= len(pictures)
        if not self.open:
            records += self._descriptions()
        return list(file_losses(records, _REASONS, case_index))

    def _descriptions(self) -> Iterator[FileRecord]:
        """Yield what the descriptions say beside what would be written, now that all cases have been read."""
        again = {"train": _LIST, "val": _LIST, "names": self._listed}
        for name, told in self.files.items():
            yield FileRecord((name,), self._told(name, told), again | self._pose(told))
        yield FileRecord((), {name: tuple(lines) for name, lines in self.unlisted().items()}, {})

    def _pose(self, told: Record) -> Record:
        """Return what a description says of keypoints, as far as the labels of the cases say the same."""
        names, order = told.get("kpt_names"), told.get("flip_idx")
        found: Record = {}
        if isinstance(names, dict):
            known = {str(number): self._points[name][0] for number, name in self.names.items() if name in self._points}
            found["kpt_names"] = {key: each for key, each in names.items() if known.get(key) == each}
        if isinstance(order, list) and self.keypoints:  # else nobody has checked it
            pairs = [
                [place, int(other)] for place, other in enumerate(order) if str(place) != other and place < int(other)
            ]
            if all(told == [each for each in pairs if max(each) < len(names)] for names, told in self._points.values()):
                found["flip_idx"] = as_value(order)
        return found

    def _told(self, name: str, told: Record) -> Record:
        """Return what a description says, counts that are not those of its classes and its lines too."""
        said = _said(name, told)
        odd: Record = {key: told[key] for key in _COUNTS if key in told and str(told[key]) != str(len(self.names))}
        if not self._has_keypoints:
            odd |= {"kpt_shape": as_value(told["kpt_shape"])} if "kpt_shape" in told else {}
        return {**said, **odd}

    def _lines(self, pictures: Sequence[Picture], case: Case, labels: Labels) -> Iterator[FileRecord]:
        annotations: dict[str, AnyAnnotation] = {}
        points: dict[str, KeypointsAnnotation] = {}
        drawn: set[str] = set()
        for each in case.annotations:
            if isinstance(each, KeypointsAnnotation):
                points[each.parent_id or each.id] = each
            elif isinstance(each, MaskAnnotation):
                drawn.add(labels.name_of(each.label_code))
            else:
                annotations[each.id] = each
        for picture in pictures:
            size = picture.record.get("width", 0), picture.record.get("height", 0)
            file = self.labels[picture.record["id"]]
            self._has_keypoints |= any("keypoints" in shape.record for shape in picture.shapes)
            for place, (line, shape) in enumerate(zip(file.lines, picture.shapes, strict=True)):
                number, *numbers = map(float, line.split())
                name = self._name_of(int(number))
                said: Record = {"class": name, "numbers": tuple(numbers)}
                identity = str(shape.record["id"])
                members = points.get(identity)
                stands: AnyAnnotation | None = annotations.get(identity) or members
                again: Record | None = None
                if stands is not None:
                    wanted = self._numbers(annotations.get(identity), members, size)
                    if isinstance(stands, OrientedBoxAnnotation) and len(wanted) == len(said["numbers"]):
                        wanted = (*as_told(wanted[:_OBB], said["numbers"][:_OBB], 2 * SLACK), *wanted[_OBB:])
                    class_name = labels.name_of(stands.label_code)
                    again = {"class": class_name, "numbers": settled(wanted, said["numbers"])}
                elif name in drawn:
                    again = said  # an outline of a mask, which has the very pixels
                exact = _long_score(line.split(), shape.record)
                if exact is not None and again is not None:
                    said, again = {**said, "score": exact}, {**again, "score": float(exact)}
                yield FileRecord((file.name, place), said, again)

    def _are_boxes(self, picture: Picture, loaded: LoadedCase, labels: Labels) -> bool:
        """Tell whether plain boxes of a case, which are its annotations, are written again with their classes."""
        boxes = held(picture)
        if boxes is None or not boxes.is_plain:
            return False
        classes = {*zip(boxes.classes, loaded.label_codes, strict=True)}
        return all(self._name_of(number) == labels.name_of(code) for number, code in classes)

    def _name_of(self, number: int) -> str:
        return self.names.get(number, f"CATEGORY_{number}")

    def _numbers(
        self, annotation: AnyAnnotation | None, points: KeypointsAnnotation | None, size: tuple[int, int]
    ) -> tuple[float, ...]:
        """Return the numbers of the line of an annotation: shares of width and height, then what is known of it."""
        numbers: list[float] = []
        if isinstance(annotation, BboxAnnotation):
            x_min, y_min, x_max, y_max = annotation.bbox
            numbers = [(x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min]
        elif isinstance(annotation, PolygonAnnotation):
            numbers = [coordinate for vertex in annotation.polygon for coordinate in vertex]
        elif isinstance(annotation, OrientedBoxAnnotation):
            numbers = corners_of(annotation.center, annotation.size, annotation.rotation_degrees or 0.0)
        elif points is not None:
            x, y, width, height = box_of_keypoints(strict_json.plain(points.keypoints))
            numbers = [x + width / 2, y + height / 2, width, height]
        columns, rows = size
        shares = [number / (rows if place % 2 else columns) for place, number in enumerate(numbers)]
        if self.keypoints and points is not None:
            dimensions = self.keypoints[1]
            for point in strict_json.plain(points.keypoints):
                x, y = point.get("point", (0, 0))
                shares += [x / columns, y / rows, seen_of(point)][:dimensions]
            annotation = annotation or points
        if annotation is not None and annotation.confidence is not None:
            shares.append(annotation.confidence)
        track = (annotation and annotation.tracking_id) or ""
        return (*shares, *([int(track)] if track.removeprefix("-").isdecimal() else []))


def _long_score(words: Sequence[str], record: Record) -> Decimal | None:
    """Return the confidence of a line with more digits than the double that a case has; None if it has no more."""
    word = words[-2 if "track_id" in record.get("attributes", ()) else -1]
    is_long = "score" in record and len(word) > _DIGITS and is_longer(Decimal(word))
    return Decimal(word) if is_long else None


def _said(name: str, told: Record) -> Record:
    """Return what a description says; where its pictures are listed only if they are split."""
    lists = [told[split] for split in _SPLITS if split in told]
    is_split = any(each != lists[0] for each in lists)
    said = {key: value for key, value in told.items() if key not in _ENCODING and f"{name}/{key}" not in _ENCODING}
    return stated({key: as_value(value) for key, value in said.items() if is_split or key not in _SPLITS})
