"""What the XML of CVAT says, and what it would say of its cases: element by element, each shape where it stands.

Shapes of images are those that the writer writes. Skeletons, cuboids, turned boxes and tracks are only read, and there
are functions from their annotations back to them. Pixels of masks are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.case_labels import CaseLabels
from annoconv.class_list import class_list
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.model import BboxAnnotation
from annoconv.pictures import own_name
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.file_losses import FileRecord, file_losses, settled, stated
from annoconv_converters._pictures.objects import told_of
from annoconv_converters._pictures.planes import slice_name
from annoconv_converters._xml import as_number, members_of, members_of_object
from annoconv_converters.cvat.boxes import BOX, SIDES, USUAL
from annoconv_converters.cvat.coordinates import coordinates_of, cuboid_of, elements_of, point_of
from annoconv_converters.cvat.elements import (
    TAGS,
    doubled,
    label_key,
    said_of_element,
    said_of_label,
    said_of_shape,
    shapes_of,
    spaced,
)
from annoconv_converters.cvat.skeletons import drawing_of
from annoconv_converters.cvat.tracks import is_outside, range_told, series_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.model import AnyAnnotation, Case, Label
    from annoconv_converters._pictures.records import Picture

__all__ = ["ALGORITHM_TYPES", "CONFIDENCE", "IMPORTED", "CvatTree", "definition_of", "text_of"]

Record: TypeAlias = "dict[str, Any]"

CONFIDENCE: Final = "confidence"
"""Attribute that holds it."""
ALGORITHM_TYPES: Final = {"auto": "automatic", "semi-auto": "semi_automatic"}
"""Of annotations, by the source of a shape."""
IMPORTED: Final = "file"
"""Source of what CVAT has imported, whoever made it."""
KNOWN_SOURCES: Final = frozenset({*ALGORITHM_TYPES, "manual", IMPORTED})
_SOURCES: Final[dict[str | None, str]] = {kind: source for source, kind in ALGORITHM_TYPES.items()}
_REASONS: Final[Reasons] = {
    "*labels/*/svg": "a case has the points of a skeleton and the lines between them, not their drawing",
    "@name": "a case names an image by a relative path",
    "@source": "an annotation is made by hand, with a tool, or by a model",
    "attribute/*": "an annotation has one value of each attribute, and a mask of several pictures those of the first",
    "@label": "a case has the class under the name of its label",
    "#": ("a case has no annotation for it", LossKind.NO_PLACE),
    "*labels/*/attributes/*/input_type": "attributes are defined anew, by what is met: true and false, or a text",
    "*labels/*/*": "a label is defined anew, by the shapes that have it; a case has no place for its {name}",
    "*labels/*": "a label is defined anew, by the shapes or points that have it, and none has this",
    "*": "a case has no place for {name}",
}

_BARE: Final = None, None, None
"""Attributes, confidence and track of an annotation that has none."""
_APART: Final = "each of its points, or faces, becomes an annotation of its own"
_PAIRED: Final = "each vertex moves to the one of its number until the next key frame; CVAT pairs them by their places"
_UNPAIRED: Final = "between outlines of other counts of vertices nothing is read until the next key frame"


@dataclass
class CvatTree:
    """What a file says, held against its cases one by one.

    Attributes
    ----------
    root
        `annotations`.
    label_system
        The task's labels.
    open
        How many pictures are still to be read: after the last one, all cases are known. Negative if some never are.
    images
        Those that are held against their cases next, by their places; all, unless the root is without them.
    between
        Places of outlines that move to the next one in a way of CVAT's own, and whether frames between are read.
    """

    root: Element
    label_system: Sequence[Label] = ()
    open: int = 0
    images: Mapping[int, Element] = field(default_factory=dict)
    between: list[tuple[Path, bool]] = field(default_factory=list)
    _apart: list[Path] = field(default_factory=list)
    """Places of shapes that are several annotations."""
    _ranges: list[Record] = field(default_factory=list)
    _parents: dict[str, str] = field(default_factory=dict)
    """Of the points of skeletons, the labels of these."""
    _drawings: dict[str, str] = field(default_factory=dict)
    _labels: dict[str, dict[str, set[type]]] = field(default_factory=dict)
    _tracks: dict[int, Element] = field(default_factory=dict)
    _met: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    """First values of the attributes of tracks, by number, label and name."""
    _tasks: list[Element] = field(default_factory=list)
    _mutable: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._tasks = self.root.findall("meta/project/tasks/task")
        self._tracks = dict(enumerate(self.root.iterfind("track")))
        self.images = self.images or dict(enumerate(self.root.iterfind("image")))

    def _holder(self, place: Path) -> Element:
        return (self.images if place[0] == "image" else self._tracks)[int(place[1])]

    @cached_property
    def _labels_of(self) -> CaseLabels:
        return CaseLabels(self.label_system)

    def losses(
        self, pictures: Sequence[Picture], loaded: LoadedCase, case_index: int, *, tracks: Sequence[Path] = ()
    ) -> list[Loss]:
        """Return what images or tracks say and their case does not; of the last case, what the file says beside."""
        header = loaded.header
        labels = self._labels_of(header)
        plain = {each.place for each in pictures if not tracks and self._are_boxes(each, loaded, labels)}
        case = header if plain.issuperset(each.place for each in pictures) else loaded.case
        records = list(self.records(pictures, case, tracks, plain=plain))
        self.open -= len(pictures)
        if not self.open:
            records += self.descriptions()
        lost = [
            Loss(case_index, pointer(place), LossKind.APPROXIMATED, _PAIRED)
            if is_read
            else Loss(case_index, pointer(place), LossKind.NO_PLACE, _UNPAIRED)
            for place, is_read in self.between
            if place[:2] in tracks
        ]
        apart = [Loss(case_index, pointer(place), LossKind.APPROXIMATED, _APART) for place in self._apart]
        self._apart = []
        return [*file_losses(records, _REASONS, case_index), *apart, *lost]

    def video_losses(
        self,
        tracks: Mapping[str, Sequence[Path]],
        pictures: Sequence[Picture],
        loaded: LoadedCase,
        case_index: int,
    ) -> list[Loss]:
        """Return what the tracks of a video say and its case does not; `tracks` by the names of the videos."""
        return self.losses(pictures, loaded, case_index, tracks=tracks[series_of(pictures)])

    def records(
        self, pictures: Sequence[Picture], case: Case, tracks: Sequence[Path] = (), *, plain: Collection[Path] = ()
    ) -> Iterator[FileRecord]:
        """Yield what images, or tracks, and the shapes on them say, and what is written again in their place.

        Images whose places are `plain` are those of which all shapes are known to be written again as they are; where
        all are, the case need not have its annotations.
        """
        labels = self._labels_of(case)
        listed = {label.code for label in class_list(case)}
        for label in case.labels or ():
            if label.code in listed:
                self._labels.setdefault(labels.name_of(label.code), {})
            name = labels.name_of(label.code)
            self._parents |= dict.fromkeys((f"{name}/{each}" for each in label.keypoints or ()), name)
            if label.keypoints and label.skeleton:
                self._drawings[name] = drawing_of(label.keypoints, [[a + 1, b + 1] for a, b in label.skeleton])
        self._ranges += (
            [{**range_told(case.image), **dict.fromkeys(("name", "source"), case.image.uid)}] if tracks else []
        )
        annotations = {each.id: each for each in case.annotations}
        masks = {labels.name_of(each.label_code): each for each in case.annotations if each.type == "mask"}
        members: dict[Path, list[AnyAnnotation]] = {}
        shown = (picture for picture in pictures if picture.place not in plain)
        for shape in (each for picture in shown for each in picture.shapes if each.place):
            found = annotations.get(str(shape.record["id"])) or masks.get(self._label_at(shape.place))
            if found is not None:
                members.setdefault(shape.place[:4], []).append(found)
        images = {picture.place: picture for picture in pictures}
        for holder in tracks or images:
            element = self._holder(holder)
            again = self._track(element, holder, members) if tracks else _image(images[holder], case)
            yield FileRecord(holder, said_of_element(members_of(element, *TAGS), str(holder[0])), again)
            for place, shape_ in () if holder in plain else shapes_of(element, holder):
                if not is_outside(shape_):
                    found_ = members.get(place, [])
                    box = self._box(shape_, found_, labels, holder)
                    yield self._shape(place, shape_, found_, labels) if box is None else FileRecord(place, box, box)
                    yield from (FileRecord((*place, "attribute", name), name, None) for name in doubled(shape_))

    def descriptions(self) -> Iterator[FileRecord]:
        """Yield what the file says beside its shapes, and the labels that are defined again."""
        yield FileRecord((), members_of_object(self.root, "image", "track", "meta", "version"), {})
        for kind in ("task", "job", "project"):
            for each in self.root.iterfind(f"meta/{kind}"):
                listed = {label_key(label): label for label in each.iterfind("labels/label")}
                labels = {key: said_of_label(label) for key, label in listed.items()}
                said = {**members_of_object(each, "labels"), **({"labels": labels} if labels else {})}
                size = said.get("original_size")
                again = {
                    "original_size": size,
                    "labels": {key: self._label(key, label) for key, label in listed.items()},
                }
                again |= self._ranges[0] if len(self._ranges) == 1 else {}
                if kind == "project":
                    tasks = {place: said_of_element(members_of(one), "task") for place, one in enumerate(self._tasks)}
                    said |= {"tasks": {"task": tasks}} if tasks else {}
                    again |= {"tasks": {"task": {place: self._task(place) for place in tasks}}}
                yield FileRecord(("meta", kind), said_of_element(said, kind), _present(again))
        for meta in self.root.iterfind("meta"):
            yield FileRecord(("meta",), said_of_element(members_of(meta, "task", "job", "project"), "meta"), {})

    def _task(self, place: int) -> Record:
        """Return a task of a project again, which counts its tasks from 1."""
        task = self._tasks[place]
        names = {task.findtext("name"), task.findtext("source")}
        frames = next((each for each in self._ranges if each["name"] in names), {})
        size = task.find("original_size")
        return {"id": str(place + 1), **({} if size is None else {"original_size": members_of(size)}), **frames}

    def _label_at(self, place: Path) -> str:
        holder = self._holder(place)
        return holder.get("label", "") or holder.findall(str(place[2]))[int(place[3])].get("label", "")

    def _label(self, name: str, label: Element) -> Record | None:
        """Return the definition of a label again; None if no shape has it."""
        if name in self._parents:
            return {"type": "points", "parent": self._parents[name]}
        found = self._labels.get(label.findtext("name") or "")
        if found is None:
            return None
        kind = {"type": "skeleton"} if name in self._parents.values() else {}
        kind |= {"svg": self._drawings[name]} if name in self._drawings else {}
        definitions = {
            each: definition_of(types, is_mutable=(name, each) in self._mutable) for each, types in found.items()
        }
        return stated({"attributes": {each: spaced(told) for each, told in definitions.items()}, **kind})

    def _track(self, element: Element, holder: Path, members: Mapping[Path, list[AnyAnnotation]]) -> Record | None:
        """Return a track again: what its shapes have of it."""
        first = next((found[0] for place, found in members.items() if place[:2] == holder), None)
        if first is None:
            return None
        attributes = first.attributes or {}
        told = {"@id": first.tracking_id or "", "@label": element.get("label")}
        ids = [task.findtext("id") for task in self._tasks]
        told |= {"@task_id": str(ids.index(element.get("task_id")) + 1)} if element.get("task_id") in ids else {}
        return told | {"@source": _SOURCES.get(first.algorithm_type, "")} | _own(attributes)

    def _are_boxes(self, picture: Picture, loaded: LoadedCase, labels: Labels) -> bool:
        """Tell whether plain boxes of a case, which are its annotations, are written again with their labels."""
        boxes = held(picture)
        if boxes is None or not boxes.is_plain:
            return False
        classes = {
            (shape.get("label"), code)
            for shape, code in zip(self._holder(picture.place), loaded.label_codes, strict=True)
        }
        are_same = all(labels.name_of(code) == label for label, code in classes)
        for label in dict.fromkeys(label for label, _ in classes if label is not None and are_same):
            self._labels.setdefault(label, {})
        return are_same

    def _box(self, element: Element, found: list[AnyAnnotation], labels: Labels, holder: Path) -> Record | None:
        """Return what is written again of a box that its annotation says all of, as of most; else None."""
        box = found[0] if len(found) == 1 and holder[0] == "image" else None
        if not isinstance(box, BboxAnnotation) or (box.attributes, box.confidence, box.tracking_id) != _BARE:
            return None
        said = element.attrib
        if element.tag != "box" or len(element) or (element.text or "").strip() or not BOX.issuperset(said):
            return None
        if any(said.get(name, usual) != usual for name, usual in USUAL.items()):
            return None
        name = labels.name_of(box.label_code)
        sides = tuple(as_number(said[side]) for side in SIDES)
        if said.get("label") != name or settled(tuple(box.bbox), sides) is not sides:
            return None
        self._labels.setdefault(name, {})
        return {"@label": name, **{f"@{side}": number for side, number in zip(SIDES, sides, strict=True)}}

    def _shape(self, place: Path, element: Element, found: list[AnyAnnotation], labels: Labels) -> FileRecord:
        holder, tag = str(place[0]), element.tag
        said = said_of_shape(element, holder)
        if not found:
            return FileRecord(place, said, None)
        first = found[0]
        self._apart += [place] if len(found) > 1 else []
        again = self._told(first, labels, holder)
        if tag == "skeleton":
            again["@label"] = labels.name_of(first.label_code)
            again |= elements_of(element, first)
        elif tag == "cuboid":
            again |= cuboid_of(found)
        elif tag == "points":
            again["@points"] = tuple(number for each in found for number in point_of(each))
        else:
            again |= coordinates_of(first, tag)
        if holder == "track":
            again["@frame"] = str(first.frame_index if first.frame_index is not None else 0)
            again["@keyframe"] = float(first.is_key_frame is not False)
        if not again["@source"] and said.get("@source") not in KNOWN_SOURCES:
            del again["@source"]
        return FileRecord(place, said, _settled(again, said))

    def _told(self, annotation: AnyAnnotation, labels: Labels, holder: str) -> Record:
        """Return what a shape says of an annotation beside its place."""
        name = labels.name_of(annotation.label_code)
        attributes = dict(annotation.attributes or {})
        attributes = attributes if holder == "track" else told_of(annotation) | attributes
        defined = self._labels.setdefault(name, {})
        own = _own(attributes)
        others = {key: value for key, value in attributes.items() if f"@{key}" not in own}
        for key, value in others.items():
            defined.setdefault(key, set()).add(type(value))
            if holder == "track" and self._met.setdefault((str(annotation.tracking_id), name, key), value) != value:
                self._mutable.add((name, key))
        told = {key: text_of(value) for key, value in others.items()}
        if annotation.confidence is not None:
            told[CONFIDENCE] = str(annotation.confidence)
            defined.setdefault(CONFIDENCE, set()).add(float)
        source = {"@source": _SOURCES.get(annotation.algorithm_type, "")}
        return {"@label": name, **source, "attribute": told, **own}


def text_of(value: Any) -> str:
    """Return the value of an attribute as CVAT writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(text_of, value)) if isinstance(value, list) else str(value)


def definition_of(types: set[type], *, is_mutable: bool = False) -> dict[str, str]:
    """Return how an attribute of these types of values is defined: a check box for true and false, else a text.

    It is mutable if it changes within a track.
    """
    is_flag = types == {bool}
    told = ("checkbox", "false", "false\ntrue") if is_flag else ("text", "", "")
    return {"mutable": str(is_mutable), **dict(zip(("input_type", "default_value", "values"), told, strict=True))}


def _image(picture: Picture, case: Case) -> Record:
    name = picture.name
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    if name is not None:
        image = images.get(name.series, case.image)
        told = slice_name(name.case, name.series, name.axis, name.index)
    else:
        image = case.image
        told = own_name(image)
    columns, rows, *_ = image.shape or ("", "")
    return {"@name": told, "@width": str(columns), "@height": str(rows)}


def _own(attributes: Mapping[str, Any]) -> Record:
    """Return the attributes that CVAT has as properties of a shape."""
    if not attributes:
        return {}
    own: Record = {"@occluded": 1.0} if attributes.get("occluded") is True else {}
    return own | {f"@{name}": str(attributes[name]) for name in ("z_order", "group_id") if name in attributes}


def _present(members: Record) -> Record:
    labels = {name: value for name, value in members["labels"].items() if value is not None}
    return {**members, "labels": labels}


def _settled(again: Record, said: Record) -> Record:
    """Return a shape with its numbers as the file has them, where they are the same."""
    return {
        name: _settled(value, said[name])
        if isinstance(value, dict) and isinstance(said.get(name), dict)
        else _as_written(value, said.get(name))
        for name, value in again.items()
    }


def _as_written(again: Any, said: Any) -> Any:
    """Return a value as it is written, where it is the same: 0.50 and 0.5, 0 and 0.0."""
    if again == said:
        return said
    if isinstance(again, str) and isinstance(said, str) and again != said:
        return said if as_number(again) == as_number(said) else again
    return settled(again, said)
