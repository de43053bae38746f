"""The XML of CVAT, version 1.1: shapes on images, and tracks on the frames of videos.

Continuous pixels, origin at the outer corner of the first pixel. Masks are run lengths, row by row within their box,
background first; boxes and ellipses are turned about their centre, clockwise. Authority: docs.cvat.ai, "XML annotation
format"; cvat-ai/cvat, `dataset_manager/formats/cvat.py`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE, NOTHING, at_most
from annoconv.codes import is_name
from annoconv.documents.collector import collector_paused
from annoconv.documents.residuals import pointer
from annoconv.errors import InputError, LimitError
from annoconv.files.side_files import SideFiles
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import side_of
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.check import place_of
from annoconv_converters._pictures.columns import box_picture, held
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.scores import is_longer
from annoconv_converters._xml import attribute_number, parse_xml, whole
from annoconv_converters._xml import side as side_length
from annoconv_converters.cvat.boxes import boxes_of
from annoconv_converters.cvat.coordinates import FACES
from annoconv_converters.cvat.elements import shapes_of
from annoconv_converters.cvat.shapes import SHAPES, corners_of
from annoconv_converters.cvat.skeletons import skeletons_of
from annoconv_converters.cvat.tracks import MOST_FRAMES, frames_of, range_of, series_of, shown_on, together, unlike
from annoconv_converters.cvat.trees import ALGORITHM_TYPES, CONFIDENCE, IMPORTED, CvatTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.limits import Limits
    from annoconv.model import Label
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.columns import Columns

__all__ = ["TASK", "CvatFile", "numbered", "read_cvat", "read_tree", "tree_of"]

Record: TypeAlias = "dict[str, Any]"
Place: TypeAlias = "tuple[str | int, ...]"

TASK: Final = "cvat"
"""Task of a case that names none."""
_FIRST: Final = 1
"""Id of the first class within the reader; a list of slices of a volume has these as its numbers."""


def tree_of(path: Path, limits: Limits) -> Element:
    """Return the root of a file, `annotations`; InputError if it is none of CVAT."""
    root = parse_xml(path, limits)
    if root.tag != "annotations":
        raise InputError(
            "this is no CVAT annotation",
            source=path,
            found=root.tag,
            expected="annotations",
            advice="Name an export as CVAT for images or for video",
        )
    return root


@collector_paused()
def read_cvat(
    path: Path, limits: Limits, label_system: Sequence[Label] = (), sides: SideFiles | None = None
) -> list[Batch]:
    """Return the pictures of a file: those of its images, and the frames of its videos.

    Parameters
    ----------
    path
        The file.
    limits
        Bounds.
    label_system
        The task's labels, by which classes are named again.
    sides
        Those of the request.

    Raises
    ------
    InputError
        If it is no annotation of CVAT, or a shape cannot be understood.
    """
    return read_tree(tree_of(path, limits), path, limits, label_system, sides)


def read_tree(
    root: Element, path: Path, limits: Limits, label_system: Sequence[Label] = (), sides: SideFiles | None = None
) -> list[Batch]:
    """Return the same, given what stands in the file."""
    file = CvatFile(root, path)
    tree = CvatTree(root, label_system)
    pictures = file.images(dict(enumerate(root.iterfind("image"))))
    numbered(pictures)
    videos = file.videos(root.findall("track"))
    shown = [(partial(tree.losses), pictures)] if pictures or not videos else []
    for some in together(videos):
        frames = [picture for _, video in some for picture in video]
        shown.append((partial(tree.video_losses, {series_of(video): places for places, video in some}), frames))
    batches = [
        Batch(some, file.labels, path, losses=losses, findings=file.findings, classes=file.classes)
        for losses, some in shown
    ]
    tree.between = file.between
    batches[0].side = side_of(path, sides or SideFiles(limits))
    tree.open = sum(len(batch.pictures) for batch in batches)
    return batches


def numbered(pictures: Iterable[Picture], first: int = 1) -> int:
    """Give shapes the ids of the annotations that they become, from the first on; return the next."""
    for picture in pictures:
        boxes = held(picture)
        shapes = picture.shapes if boxes is None else []
        if boxes is not None:
            boxes.numbers = range(first, first + len(boxes.classes))
            first += len(boxes.classes)
        for shape in shapes:
            shape.record["id"] = first
            first += 1
    return first


class CvatFile:
    """The labels and attributes of a file, and its shapes as records.

    Parameters
    ----------
    root
        `annotations`, of which the images are not looked at.
    path
        The file.
    met
        Labels that shapes are known to have, in their order; others come behind.
    """

    def __init__(self, root: Element, path: Path, met: Iterable[str] = ()) -> None:
        self._path = path
        defined = [each for each in root.iterfind("meta//labels/label") if each.find("parent") is None]
        names = dict.fromkeys(each.findtext("name") or "" for each in defined)
        every = dict.fromkeys([*names, *(each for each in met if each.strip())])
        self._numbers: dict[str, int] = {name: place for place, name in enumerate(every, _FIRST)}
        self.classes: ClassKind = "ordered" if names else "seen"
        self._counts: dict[str, int] = {}
        self._skeletons = skeletons_of(root)
        self._defined = {name: {*self._skeletons.get(name, {}).get("keypoints", ())} for name in names}
        self.between: list[tuple[Place, bool]] = []
        self._types = {
            (label.findtext("name"), attribute.findtext("name")): attribute.findtext("input_type")
            for label in root.iterfind("meta//label")
            for attribute in label.iterfind("attributes/attribute")
        }
        self._tasks = [each for kind in ("task", "job", "project/tasks/task") for each in root.iterfind(f"meta/{kind}")]

    @property
    def labels(self) -> list[Record]:
        """The records of its classes, as far as they were met."""
        return [each | self._skeletons.get(str(each["name"]), {}) for each in categories_of(self._numbers, _FIRST)]

    def findings(self, pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
        """Yield a warning for each shape whose label, or the label of a point of it, is not defined in `meta`."""
        names = {number: name for name, number in self._numbers.items()}
        odd = (
            each
            for each in pictures
            if (boxes := held(each)) is None or any(names[number] not in self._defined for number in {*boxes.classes})
        )
        shapes = (each for picture in odd if self._defined for each in picture.shapes)
        for shape in (each for each in shapes if each.record["category_id"] in names):  # one without a label has none
            name = names[shape.record["category_id"]]
            points = shape.geometry["keypoints"] if shape.geometry and shape.geometry["type"] == "keypoints" else ()
            met = [name, *(each["name"] for each in points)]
            known = {name, *self._defined[name]} if name in self._defined else set()
            for each in [each for each in met if each not in known][:1]:
                told = Message("no label of this name is defined: {name}", name=each)
                yield Finding("cvat.label", Level.WARNING, pointer((*place_of(shape), "@label")), told, case_index)

    def images(self, elements: Mapping[int, Element]) -> list[Picture]:
        """Return images by their places with their shapes, which have no ids yet."""
        some = [*elements.values()]
        return [*map(self._image, some, elements, boxes_of(some))]

    def _image(self, element: Element, place: int, boxes: Columns | None) -> Picture:
        record: Record = {"id": element.get("id"), "file_name": element.get("name", "")}
        if element.get("width") is not None:
            record |= {
                name: side_length(element.get(name), f"image/@{name}", self._path) for name in ("width", "height")
            }
        if boxes is not None:
            boxes.above = "image", place, "box"
            boxes.classes = [self._numbers.setdefault(each, _FIRST + len(self._numbers)) for each in boxes.classes]
            return box_picture(record, boxes, place=("image", place))
        picture = Picture(record, is_unsized=True, place=("image", place))
        for at, shape in shapes_of(element, picture.place):
            is_signed = shape.get("source") != IMPORTED
            try:
                found = list(self._shapes(shape, record))
            except InputError as error:
                raise _at(at, error) from error
            for each in found:
                each.place, each.is_signed = at, is_signed
            picture.shapes += found
        return picture

    def videos(self, tracks: list[Element]) -> list[tuple[list[Place], list[Picture]]]:
        """Return the tracks of each video, and its frames; in a project a track names its task."""
        by_task: dict[str | None, dict[Place, Element]] = {}
        for place, track in enumerate(tracks):
            by_task.setdefault(track.get("task_id"), {})["track", place] = track
        return [(list(members), self._video(name, members)) for name, members in by_task.items()]

    def _video(self, name: str | None, tracks: dict[Place, Element]) -> list[Picture]:
        """Return the frames of a task that something is seen on, and its last, by their numbers in the video."""
        task = next((each for each in self._tasks if name is not None and each.findtext("id") == name), None)
        task = task if task is not None else next(iter(self._tasks), None)
        size = task.find("original_size") if task is not None else None
        if task is None or size is None:
            raise InputError(
                "the video states no size",
                source=self._path,
                found=NOTHING,
                expected="meta/task/original_size",
                advice=CORRECT_FILE,
            )
        record: Record = {
            each: side_length(size.findtext(each), f"original_size/{each}", self._path) for each in ("width", "height")
        }
        frames = frames_of(task, self._path)
        shapes: dict[int, list[Shape]] = {}
        count = 0
        for place, track in tracks.items():
            listed = list(shapes_of(track, place))
            self.between += unlike(listed, frames, self._path)
            for shown in shown_on(listed, frames, self._path):
                count += 1
                if count > MOST_FRAMES:
                    raise LimitError(
                        "the tracks show too much",
                        source=self._path,
                        found=count,
                        expected=at_most(MOST_FRAMES),
                        advice="Export fewer frames of the video at once",
                    )
                for inherited in ("label", "group_id", "source"):
                    shown.element.set(inherited, track.get(inherited, ""))
                told = {"track_id": track.get("id", ""), "keyframe": shown.is_key_frame}
                for each in self._shapes(shown.element, record):
                    each.record["attributes"] = {**each.record.get("attributes", {}), **told}
                    each.place = shown.place or ()
                    shapes.setdefault(shown.frame, []).append(each)
        series = (task.findtext("source") or task.findtext("name") or self._path.stem).strip().replace("/", "_")
        pictures: list[Picture] = []
        for frame in sorted({*shapes, frames[-1]}):
            told = {"id": frame, "file_name": f"{series}_k{frame:06d}.png", **record}
            ranges = range_of(frames)
            pictures.append(Picture(told, shapes.get(frame, []), is_frame=True, annotated_frames=ranges))
        numbered(pictures)
        return pictures

    def _count(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._counts[kind]}"

    def _shapes(self, shape: Element, picture: Record) -> Iterator[Shape]:
        """Yield a shape, or one for each point, element of a skeleton, or face of a cuboid."""
        label = shape.get("label", "")
        is_named = bool(label.strip())
        number_ = self._numbers.setdefault(label, _FIRST + len(self._numbers)) if is_named else None
        common: Record = {"category_id": number_, **self._told(shape, label)}
        algorithm_type = ALGORITHM_TYPES.get(shape.get("source", ""))
        more = {"algorithm_type": algorithm_type} if algorithm_type else {}
        if shape.tag == "skeleton":
            points = self._points(shape, label)
            yield Shape(common, {"type": "keypoints", "keypoints": points}, more=more)
        elif shape.tag == "cuboid":
            cuboid = self._count("cuboid")
            for face, corners in FACES.items():
                ring = [attribute_number(shape, f"{axis}{corner}", self._path) for corner in corners for axis in "xy"]
                told = {"cuboid": cuboid, "face": face}
                attributes = common.get("attributes", {}) | told
                yield Shape({**common, "attributes": attributes, "segmentation": [ring]}, more=more)
        else:
            for each in self._shaped(shape, picture):
                each.record, each.more = {**common, **each.record}, more
                yield each

    def _points(self, skeleton: Element, label: str) -> list[Record]:
        """Return the points of a skeleton in the order of its label; what is not listed is not labelled."""
        found: dict[str, Record] = {}
        for element in skeleton:
            name = element.get("label", "")
            if element.tag == "attribute":
                continue
            corners = corners_of(element, self._path) if element.tag == "points" else []
            if len(corners) != 1 or name in found or not is_name(name):
                raise InputError(
                    "a part of a skeleton is damaged",
                    source=self._path,
                    where=f"skeleton {label}",
                    found=name or element.tag,
                    expected="one point with a name of its own",
                    advice=CORRECT_FILE,
                )
            hidden = "hidden" if element.get("occluded") == "1" else "visible"
            seen = {"point": list(corners[0]), "visibility": hidden}
            found[name] = {"name": name, **({"visibility": "absent"} if element.get("outside") == "1" else seen)}
        defined = self._skeletons.setdefault(label, {"keypoints": []})["keypoints"]
        defined += [name for name in found if name not in defined]
        if not found:
            raise InputError(
                "the skeleton has no points",
                source=self._path,
                where=f"skeleton {label}",
                found=NOTHING,
                expected="a point at least",
                advice=CORRECT_FILE,
            )
        return [found.get(name) or {"name": name, "visibility": "unlabelled"} for name in defined]

    def _shaped(self, shape: Element, picture: Record) -> Iterator[Shape]:
        if shape.tag == "points":
            for corner in corners_of(shape, self._path):
                yield Shape({}, {"type": "point", "point": list(corner)})
            return
        read = SHAPES.get(shape.tag)
        if read is None:
            problem = "the shape is of a kind that has no place in a picture"
            raise InputError(
                problem,
                source=self._path,
                found=shape.tag,
                expected=", ".join(SHAPES),
                advice="Export it as a shape of a picture, or delete it",
            )
        yield read(shape, picture, self._path)

    def _told(self, shape: Element, label: str) -> Record:
        """Return what a shape says beside its place: attributes and confidence."""
        told: Record = {"occluded": True} if shape.get("occluded") == "1" else {}
        for name in ("z_order", "group_id"):
            if shape.get(name, "0") not in {"", "0"}:
                told[name] = whole(shape.get(name), f"{shape.tag}/@{name}", self._path)
        found: Record = {}
        for each in shape.iterfind("attribute"):
            name, value = each.get("name", ""), (each.text or "").strip()
            score = _score(value) if name == CONFIDENCE else None
            if score is not None:
                found["score"] = score
            else:
                told[name] = _typed(value, self._types.get((label, name)))
        return found | ({"attributes": told} if told else {})


def _at(place: Place, error: InputError) -> InputError:
    """Return the error of a shape with its place in the file."""
    where = ": ".join(filter(None, (pointer(place), error.where)))
    return InputError(
        error.problem,
        source=error.source,
        where=where,
        found=error.found,
        expected=error.expected,
        advice=error.advice,
    )


def _score(value: str) -> float | None:
    """Return a confidence; None if it is none, or has more digits, which an attribute keeps."""
    try:
        score = float(value)
    except ValueError:
        return None
    return score if 0 <= score <= 1 and not is_longer(Decimal(value)) else None


def _typed(value: str, kind: str | None) -> Any:
    """Return an attribute as its label defines it; numbers only where nothing of how they are written is lost."""
    if kind == "number":
        for read in (int, float):
            try:
                found = read(value)
            except ValueError:
                continue
            if str(found) == value and abs(found) < 1e15:
                return found
        return value
    return value if kind == "text" else {"true": True, "false": False}.get(value, value)
