"""Pictures to the XML of CVAT for images, version 1.1, and the frames of a tracked video to that for videos.

Continuous pixels, origin at the outer corner of the first pixel, as ours; points too. Masks are run lengths, row by row
within their box, background first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement

from annoconv.codes import UNCLASSIFIED
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.geometry import far_side
from annoconv_converters._pictures.objects import TRACK
from annoconv_converters._pictures.parts import JoinedTexts
from annoconv_converters._pictures.picture_format import PictureFormat, polygon_reasons
from annoconv_converters._pictures.records import IMAGE_LABEL
from annoconv_converters._pictures.rotation import sides_of
from annoconv_converters._pictures.skeletons import seen_of
from annoconv_converters._raster.flat_masks import counts_by_row, foreground_of
from annoconv_converters._raster.run_lengths import expand
from annoconv_converters._xml import xml_bytes
from annoconv_converters.cvat.boxes import drawn_boxes
from annoconv_converters.cvat.read import TASK, read_cvat, read_tree
from annoconv_converters.cvat.skeletons import drawing_of
from annoconv_converters.cvat.trees import ALGORITHM_TYPES, CONFIDENCE, definition_of, text_of
from annoconv_converters.cvat.videos import arrange, frames_told, is_video, stretches, tracks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.limits import Limits
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.picture_format import Whole
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "cvat_format", "tree"]

Record: TypeAlias = "dict[str, Any]"

REASONS: Final[Reasons] = {
    "annotations/#/id": "CVAT gives shapes no id of ours",
    "annotations/#/mask_file": "CVAT names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "CVAT has no label maps",
    "*/algorithm_type": "a shape of CVAT is manual, semi-automatic or automatic, and manual where nothing is said",
    "annotations/#/category": "in CVAT the category follows from the label",
    **polygon_reasons("CVAT"),
    UNCLASSIFIED: "every shape of CVAT has a label; that of an object without a class is UNCLASSIFIED",
    "labels/#/number": "the labels of CVAT have an order, not numbers",
    "*/modality": "CVAT knows no modality",
    "*/shape/#": "a picture of CVAT has two dimensions",
    "task_id": "CVAT names no annotation task of ours",
    "*": "CVAT has no place for {place}",
}
_SOURCES: Final[dict[str | None, str]] = {
    "automatic_confirmed": "semi-auto",
    **{kind: source for source, kind in ALGORITHM_TYPES.items()},
}
"""Of shapes, by who made them."""
_BUILT_IN: Final = ("occluded", "z_order", "group_id")
"""Attributes of ours that are CVAT's own."""


def cvat_format(limits: Limits) -> PictureFormat[Element]:
    """Return what the writer must know of CVAT."""
    return PictureFormat(
        task=TASK,
        tree=tree,
        save=_save,
        parts=_Parts,
        read=lambda path, _: read_cvat(path, limits)[0],
        understood=partial(_understood, limits=limits),
        reasons=REASONS,
        shapes=frozenset({"point", "polyline", "ellipse", "attribute", "keypoints", "oriented_box"}),
        arrange=arrange,
        survey=_Attributes,
        joined=is_video,
        joined_by=all,
    )


def tree(pictures: Sequence[Picture], categories: Sequence[Record], whole: Whole) -> Element:
    """Return pictures as CVAT's `annotations`, the attributes of each label defined by what is met in the whole."""
    root = Element("annotations")
    _add(root, "version", "1.1")
    meta, labels = _add(root, "meta"), _Labels(categories)
    if pictures and all(picture.is_frame for picture in pictures):
        videos: dict[str, list[Picture]] = {}
        for picture in pictures:
            videos.setdefault(picture.key["uid"], []).append(picture)
        labels.add_to(_add_videos(root, meta, list(videos.values()), labels))
        return root
    task = _add(meta, "task")
    labels.met = whole.survey
    _add_images(root, pictures, labels, whole.first)
    _add(task, "size", str(whole.count))
    _add(task, "mode", "annotation")
    labels.add_to(task)
    return root


def _add_videos(root: Element, meta: Element, videos: list[list[Picture]], labels: _Labels) -> Element:
    """Add the tracks of videos, several as the tasks of a project; return what the labels belong to."""
    if len(videos) == 1:
        task = _add(meta, "task")
        _add_video(root, task, videos[0], labels)
        return task
    project = _add(meta, "project")
    tasks = _add(project, "tasks")
    for number, pictures in enumerate(videos, start=1):
        task = _add(tasks, "task")
        _add(task, "id", str(number))
        _add_video(root, task, pictures, labels, task_id=number)
    return project


def _add_images(root: Element, pictures: Sequence[Picture], labels: _Labels, first: int) -> None:
    boxes = drawn_boxes(pictures)
    for place, picture in enumerate(pictures, first):
        size = {name: picture.record[name] for name in ("width", "height") if name in picture.record}
        image = _add(root, "image", id=place, name=picture.record["file_name"], **size)
        columns = held(picture)
        if columns is not None:
            for of, sides in zip(columns.classes, next(boxes), strict=True):
                SubElement(image, "box", {"label": labels.names[of], "source": "manual", "occluded": "0", **sides})
            continue
        for shape in picture.shapes:
            label = labels.names[shape.record["category_id"]]
            own, attributes = _told_of(shape)
            source = _SOURCES.get(shape.algorithm_type, "manual")
            element = _element(image, shape, {"label": label, "source": source, "occluded": 0, **own})
            _add_attributes(element, attributes)


def _add_video(root: Element, task: Element, pictures: Sequence[Picture], labels: _Labels, **of: object) -> None:
    """Add the tracks of a video, and what the task says of its frames."""
    first, frames = pictures[0], frames_told(pictures)
    name = first.name.series if first.name else ""
    told = {"name": name, "size": len(frames), "mode": "interpolation", "start_frame": frames[0]}
    told |= {"stop_frame": frames[-1], **({"frame_filter": f"step={frames.step}"} if frames.step > 1 else {})}
    for tag, text in told.items():
        _add(task, tag, str(text))
    size = _add(task, "original_size")
    for tag in ("width", "height"):
        _add(size, tag, str(first.record[tag]))
    for track in tracks_of(pictures):
        shape = track[0][1]
        label = labels.names[shape.record["category_id"]]
        source = _SOURCES.get(shape.algorithm_type, "manual")
        own, _ = _told(shape.record)
        group = {"group_id": own["group_id"]} if "group_id" in own else {}
        number = shape.record["attributes"]["track_id"]
        element = _add(root, "track", id=number, label=label, source=source, **group, **of)
        met: Record = {}
        for frame, shape, is_key_frame, is_hidden in stretches(track, frames):
            own, attributes = _told(shape.record)
            attributes = {name: value for name, value in attributes.items() if name not in TRACK}
            own.pop("group_id", None)
            key = {"keyframe": int(is_key_frame)}
            shown = _element(element, shape, {"frame": frame, "outside": int(is_hidden), "occluded": 0, **key, **own})
            for point in shown.iterfind("points") if shown.tag == "skeleton" else ():
                point.attrib.update({name: str(value) for name, value in key.items()})
                point.attrib.update({"outside": "1"} if is_hidden else {})
            if shown.tag == "skeleton":  # it is hidden where all its points are
                del shown.attrib["outside"], shown.attrib["occluded"]
            _add_attributes(shown, attributes)
            changed = {name for name, value in attributes.items() if met.setdefault(name, value) != value}
            labels.take(label, attributes, changed)


class _Attributes:
    """The attributes that the shapes of each label have, and the types of their values.

    Attributes
    ----------
    types
        By label and name.
    """

    def __init__(self) -> None:
        self.types: dict[str, dict[str, set[type]]] = {}

    def take(self, name: str, shape: Shape) -> None:
        """Take the attributes of a shape."""
        self.note(name, _told_of(shape)[1])

    def note(self, label: str, attributes: Record) -> None:
        """Take attributes."""
        if attributes:
            types = self.types.setdefault(label, {})
            for name, value in attributes.items():
                types.setdefault(name, set()).add(type(value))


class _Labels:
    """The labels of a file, with the attributes that are met: their types, and which change within a track.

    Attributes
    ----------
    names
        By the ids of the classes.
    met
        The attributes.
    """

    def __init__(self, categories: Sequence[Record]) -> None:
        self.names = {record["id"]: str(record["name"]) for record in categories}
        self._skeletons = {str(record["name"]): record for record in categories}
        self.met = _Attributes()
        self._mutable: set[tuple[str, str]] = set()

    def take(self, label: str, attributes: Record, changed: Iterable[str] = ()) -> None:
        """Take the attributes of a shape."""
        self.met.note(label, attributes)
        self._mutable |= {(label, name) for name in changed}

    def add_to(self, task: Element) -> None:
        """Define the labels."""
        labels = _add(task, "labels")
        for name in dict.fromkeys(self.names.values()):
            defined = self.met.types.get(name, {})
            label_ = _add(labels, "label")
            _add(label_, "name", name)
            points = self._skeletons.get(name, {}).get("keypoints", [])
            if points:
                _add(label_, "type", "skeleton")
            attributes = _add(label_, "attributes", "")
            for each, types in defined.items():
                attribute = _add(attributes, "attribute")
                _add(attribute, "name", each)
                for tag, text in definition_of(types, is_mutable=(name, each) in self._mutable).items():
                    _add(attribute, tag, text)
            if points and "skeleton" in self._skeletons[name]:
                _add(label_, "svg", drawing_of(points, self._skeletons[name]["skeleton"]))
            for point in points:
                part = _add(labels, "label")
                for tag, text in (("name", point), ("type", "points"), ("parent", name)):
                    _add(part, tag, text)


def _save(root: Element, path: Path) -> None:
    path.write_bytes(xml_bytes(root))


def _understood(root: Element, pictures: Sequence[Picture], _: object, target: Path, *, limits: Limits) -> Batch | None:
    """Return what a file of plain boxes is read as; None of any other, and of names that XML may not have."""
    if any(held(each) is None for each in pictures):
        return None
    names = [each.text or "" for each in root.iter("name")] + [each.record["file_name"] for each in pictures]
    return read_tree(root, target, limits)[0] if all(map(str.isprintable, names)) else None


class _Parts:
    """A file that is written some images at a time; what it says beside them is the same each time."""

    def __init__(self, folder: Path) -> None:
        self._images = JoinedTexts()
        self._before = self._after = b""

    def add(self, root: Element, saved: Path) -> None:
        """Add images."""
        if saved.exists():
            text = saved.read_bytes()
            saved.unlink()  # the next may need none
        else:
            text = xml_bytes(root)
        start, end = text.index(b"<image "), text.rindex(b"</annotations>")
        self._before, self._after = text[:start], text[end:]
        self._images.add(text[start:end])

    def finish(self, target: Path) -> None:
        """Write the file."""
        with target.open("wb") as file:
            file.write(self._before)
            self._images.move(file)
            file.write(self._after)


def _add(parent: Element, tag: str, text: str | None = None, /, **attributes: object) -> Element:
    """Add an element to another and return it."""
    element = SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})
    element.text = text
    return element


def _told(record: Record) -> tuple[Record, Record]:
    """Return what CVAT has as properties of a shape, and the rest as attributes of its label."""
    attributes = dict(record.get("attributes") or {})
    own: Record = {}
    for name in _BUILT_IN:
        if (attributes.get(name) is True) if name == "occluded" else type(attributes.get(name)) is int:
            own |= {name: int(attributes.pop(name))} if attributes[name] else {}
    if "score" in record:
        attributes[CONFIDENCE] = record["score"]
    return own, attributes


def _told_of(shape: Shape) -> tuple[Record, Record]:
    """Return the same of a shape of an image: a tag says as much as that it belongs to the whole of it."""
    own, attributes = _told(shape.record)
    return own, {} if shape.geometry == {"type": "attribute"} and attributes == IMAGE_LABEL else attributes


def _add_attributes(element: Element, attributes: Record) -> None:
    for name, value in attributes.items():
        _add(element, "attribute", text_of(value), name=name)


def _element(image: Element, shape: Shape, common: Record) -> Element:
    """Add a shape as CVAT has it to its image."""
    record, segmentation = shape.record, shape.record.get("segmentation")
    if shape.geometry is not None:
        return _geometry_element(image, shape.geometry, common)
    if isinstance(segmentation, dict):
        rows, columns = segmentation["size"]
        covered = foreground_of([expand(segmentation["counts"].encode())], (rows, columns))
        x, y, width, height = (int(each) for each in record["bbox"])
        rle = ", ".join(map(str, counts_by_row(covered, (x, y, width, height)).tolist()))
        return _add(image, "mask", **common, rle=rle, left=x, top=y, width=width, height=height)
    if segmentation:
        corners = zip(segmentation[0][::2], segmentation[0][1::2], strict=True)
        return _add(image, "polygon", **common, points=_points(corners))
    x, y, width, height = record["bbox"]
    return _add(image, "box", **common, xtl=x, ytl=y, xbr=far_side(x, width), ybr=far_side(y, height))


def _geometry_element(image: Element, geometry: Record, common: Record) -> Element:
    if geometry["type"] == "attribute":
        return _add(image, "tag", **{name: common[name] for name in ("label", "source")})
    if geometry["type"] == "point":
        return _add(image, "points", **common, points=_points([geometry["point"]]))
    if geometry["type"] == "keypoints":
        return _skeleton(image, geometry["keypoints"], common)
    if geometry["type"] == "polyline":
        return _add(image, "polyline", **common, points=_points(geometry["polyline"]))
    if geometry["type"] == "oriented_box":
        sides = dict(zip(("xtl", "ytl", "xbr", "ybr"), sides_of(geometry["center"], geometry["size"]), strict=True))
        return _add(image, "box", **common, **sides, rotation=geometry.get("rotation_degrees", 0))
    (cx, cy), (rx, ry) = geometry["center"], geometry["radii"]
    turn = {"rotation": geometry["rotation_degrees"]} if "rotation_degrees" in geometry else {}
    return _add(image, "ellipse", **common, cx=cx, cy=cy, rx=rx, ry=ry, **turn)


def _skeleton(image: Element, keypoints: list[Record], common: Record) -> Element:
    """Add a skeleton with all its points; CVAT has those outside that have no place."""
    skeleton = _add(image, "skeleton", **common)
    for each in keypoints:
        is_seen = seen_of(each)
        told = {"outside": int(not is_seen), "occluded": int(is_seen == 1)}
        point = each["point"] if is_seen else (0, 0)
        _add(skeleton, "points", label=each["name"], **told, points=_points([point]))
    return skeleton


def _points(corners: Iterable[Sequence[float]]) -> str:
    return ";".join(f"{float(x)!r},{float(y)!r}" for x, y in corners)
