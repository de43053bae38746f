"""Pictures to a data set of YOLO: a text file of lines for each, the lists of pictures and classes beside them.

Numbers are shares of a picture's width and height, pose keypoints too; continuous pixels, origin at the outer corner.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.codes import UNCLASSIFIED
from annoconv.messages import Message
from annoconv_converters._pictures.class_lists import COUNTED
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.picture_format import PictureFormat, polygon_reasons
from annoconv_converters._pictures.picture_names import stem_of
from annoconv_converters._pictures.rotation import turned_box
from annoconv_converters._pictures.sizes import without_size
from annoconv_converters._pictures.skeletons import triples_of
from annoconv_converters.yolo.border import SLACK, cut_shapes, is_within
from annoconv_converters.yolo.boxes import Shares
from annoconv_converters.yolo.data_set import TASK, read_data_set
from annoconv_converters.yolo.description import MOST_CLASSES
from annoconv_converters.yolo.places import label_of, listed
from annoconv_converters.yolo.smallest_box import smallest_box
from annoconv_converters.yolo.strict_yaml import quoted
from annoconv_converters.yolo.turned import as_told
from annoconv_converters.yolo.written import DESCRIPTION, LIST, Files, understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from annoconv.documents.losses import Reasons
    from annoconv.limits import Limits
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.picture_format import Whole
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "LineKind", "WrittenKind", "fitting_kind", "tree", "yolo_format"]

Record: TypeAlias = "dict[str, Any]"
LineKind: TypeAlias = Literal["segment", "detect", "pose", "obb"]
WrittenKind: TypeAlias = Literal["auto", LineKind]

_CUT: Final = Message("numbers of YOLO are shares of the picture; what lies beyond it is cut off")
REASONS: Final[Reasons] = {
    "annotations/#/id": "the lines of YOLO have no ids",
    "annotations/#/mask_file": "YOLO names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "YOLO has no label maps",
    "annotations/#/category": "in YOLO the category follows from the label",
    **polygon_reasons("YOLO"),
    "annotations/#/bbox/*": _CUT,
    "annotations/#/polygon/*": _CUT,
    UNCLASSIFIED: "every line of YOLO has a class; that of an object without a class is UNCLASSIFIED",
    COUNTED: "no class list tells the number of the class in YOLO, which depends on the others; a label system does",
    "labels/#/number": "YOLO numbers its classes from 0 without a gap, and each once",
    "annotations/#/attributes/*": "a line of YOLO is a class and numbers, without attributes",
    "annotations/#/polyline/*": "YOLO has no lines of several points",
    "*/modality": "YOLO knows no modality",
    "*/shape/#": "a picture of YOLO has two dimensions",
    "task_id": "YOLO names no annotation task",
    "*": "YOLO has no place for {place}",
}
_DRAWN: Final = ("polygon/*", "*holes/*", "parts/*", "center/*", "radii/*", "size/*", "rotation_degrees")
_BOXES: Final[Reasons] = dict.fromkeys(
    (f"annotations/#/{each}" for each in _DRAWN),
    Message("lines of this kind are boxes, round what lies within the picture"),
)
_POINTS: Final[Reasons] = dict.fromkeys(("annotations/#/point/*", "annotations/#/keypoints/*"), _CUT)
_MORE: Final[dict[LineKind, Reasons]] = {
    "segment": {}, "detect": _BOXES, "pose": {**_BOXES, **_POINTS}, "obb": _BOXES,
}  # fmt: skip
"""Reasons of a kind of lines alone."""
_OBB: Final = 8
"""Numbers of a turned box."""
_OUTLINED: Final = frozenset({"mask", "polygon", "ellipse"})
"""Types of annotations of which `segment` alone keeps the outline."""


def fitting_kind(types: Set[str], *, limits: Limits) -> PictureFormat[Files] | None:
    """Return the format with the kind of lines that holds more of annotations of some types than outlines do.

    It is pose or turned boxes where nothing has another outline.
    """
    if types & _OUTLINED:
        return None
    if "keypoints" in types:
        return yolo_format("pose", limits)
    return yolo_format("obb", limits) if "oriented_box" in types else None


def yolo_format(kind: LineKind, limits: Limits) -> PictureFormat[Files]:
    """Return what the writer must know of YOLO."""
    return PictureFormat(
        task=TASK,
        tree=partial(tree, kind=kind),
        save=_save,
        understood=partial(_understood, kind="obb" if kind == "obb" else "segment", limits=limits),
        parts=_Parts,
        read=lambda folder, sizes: read_data_set(folder, dict(sizes), "obb" if kind == "obb" else "segment", limits),
        reasons={**_MORE[kind], **REASONS},
        is_outlined=True,
        has_parts=kind != "segment",
        cut=cut_shapes,
        has_keypoints=kind == "pose",
        has_sizes=False,
        is_folder=True,
        known_by=stem_of,
        place=listed,
    )


def tree(pictures: Sequence[Picture], categories: Sequence[Record], _: Whole, *, kind: LineKind) -> Files:
    """Return the text of each file of a data set: `data.yaml`, `train.txt`, and one for each picture.

    Raises
    ------
    ImageError
        If the size of a picture is not known.
    """
    classes = {record["id"]: place for place, record in enumerate(categories)}
    named = {record["id"]: list(record.get("keypoints", ())) for record in categories} if kind == "pose" else {}
    task = {"task": kind} if kind == "obb" else {}
    described: Record = {"train": LIST, "val": LIST, **task, **_pose(categories, kind)}
    described["names"] = [str(record["name"]) for record in categories]
    names: list[str] = []
    has_boxes = kind in {"segment", "detect"} and len(classes) <= MOST_CLASSES
    files = Files({DESCRIPTION: _yaml(described), LIST: ""}, Shares(pictures if has_boxes else []))
    boxes = files.boxes.lines(classes)
    for picture in pictures:
        name = str(picture.record["file_name"])
        if has_boxes and held(picture) is not None:
            names.append(f"./{listed(name)}")
            files[label_of(name)] = next(boxes)
            continue
        if picture.shapes and "width" not in picture.record:
            raise without_size("YOLO", picture)
        size = picture.record.get("height", 0), picture.record.get("width", 0)
        lines: list[str] = []
        for shape in picture.shapes:
            shares = _shares(_numbers(shape.record, kind, size), size)
            if kind == "pose":
                count = described["kpt_shape"][0]
                shares += _keypoint_shares(shape, named[shape.record["category_id"]], count, size)
            lines.append(" ".join([str(classes[shape.record["category_id"]]), *map(repr, map(float, shares))]))
        names.append(f"./{listed(name)}")
        files[label_of(name)] = _text(lines)
    files[LIST] = _text(names)
    return files


def _save(files: Files, folder: Path) -> None:
    made: set[str] = set()
    for name, text in files.items():
        path = f"{folder}/{name}"
        parent = path.rpartition("/")[0]
        if parent not in made:
            made.add(parent)
            Path(parent).mkdir(parents=True, exist_ok=True)
        mode = "ab" if name == LIST else "wb"
        with open(path, mode, 0) as file:  # noqa: PTH123  a path object for each of many files is dear
            file.write(text.encode())


def _understood(
    files: Files,
    pictures: Sequence[Picture],
    sizes: Mapping[str, tuple[int, int]],
    folder: Path,
    *,
    kind: LineKind,
    limits: Limits,
) -> Batch | None:
    return understood(files, pictures, sizes, folder, kind, limits)


class _Parts:
    """A data set that is written some pictures at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._made: set[Path] = set()

    def add(self, files: Files, saved: Path) -> None:
        """Move the files of some pictures to the others, and add the pictures to the list."""
        for name in files:
            path = self._folder / name
            if path.parent not in self._made:
                self._made.add(path.parent)
                path.parent.mkdir(parents=True, exist_ok=True)
            if name == LIST:
                with path.open("ab") as file:
                    file.write((saved / name).read_bytes())
            else:
                (saved / name).replace(path)
        shutil.rmtree(saved)

    def finish(self, target: Path) -> None:
        """Do nothing: all is there."""


def _text(lines: Sequence[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def _yaml(described: Record) -> str:
    """Return the text of `data.yaml`."""
    names = described["names"]
    lines = [f"{key}: {value}" for key, value in described.items() if key not in {"names", "kpt_names"}]
    if described.get("kpt_names"):
        lines.append("kpt_names:")
        for place, told in described["kpt_names"].items():
            lines += [f"  {place}:", *(f"    - {quoted(name)}" for name in told)]
    listed = (f"  {place}: {quoted(name)}" for place, name in enumerate(names))
    return _text([*lines, "names:" if names else "names: []", *listed])


def _numbers(record: Record, kind: str, size: tuple[int, int]) -> list[float]:
    """Return a polygon's vertices, the corners of a turned box, or centre and size of a box, in pixels."""
    rings = record.get("segmentation")
    x, y, width, height = record["bbox"]
    if kind == "segment" and rings:
        return list(rings[0])
    if kind == "obb":
        rings = rings or [turned_box((x, y, x + width, y + height), 0, (0, 0))]
        found = smallest_box(np.concatenate(rings).reshape(-1, 2), size)
        is_told = len(rings) == 1 and len(rings[0]) == _OBB
        return list(as_told(found, rings[0], SLACK * max(size)) if is_told else found)
    return [x + width / 2, y + height / 2, width, height]


def _shares(numbers: Sequence[float], size: tuple[int, int]) -> list[float]:
    """Return x and y in turn as shares of width and height; what their last digit puts beyond lies on the border."""
    rows, columns = size
    shares = [number / rows if place % 2 else number / columns for place, number in enumerate(numbers)]
    if 0.0 <= min(shares) <= max(shares) <= 1.0:
        return shares
    return [min(max(share, 0.0), 1.0) for share in shares]


def _keypoint_shares(shape: Shape, names: list[str], count: int, size: tuple[int, int]) -> list[float]:
    """Return x, y and visibility of each keypoint, in the order of its class; those beyond the picture are 0."""
    shares: list[float] = []
    triples = triples_of(shape.keypoints, names)[: 3 * count]
    for x, y, seen in zip(triples[::3], triples[1::3], triples[2::3], strict=True):
        point = x + 0.5, y + 0.5
        shares += [*_shares(point, size), seen] if seen and is_within(point, size) else [0, 0, 0]
    return shares + [0] * (3 * count - len(shares))


def _pose(categories: Sequence[Record], kind: str) -> Record:
    """Return what `data.yaml` says of keypoints: how many a line has, their names by class, and which change places."""
    named = {place: record["keypoints"] for place, record in enumerate(categories) if record.get("keypoints")}
    if kind != "pose":
        return {}
    count = max(map(len, named.values()), default=1)
    flips = [record.get("flip_pairs", []) for record in categories if record.get("keypoints")]
    order = list(range(count))
    for one, other in flips[0] if flips else ():
        order[one], order[other] = other, one
    is_one = bool(flips) and bool(flips[0]) and all(each == flips[0] for each in flips)
    return {"kpt_shape": [count, 3], **({"flip_idx": order} if is_one else {}), "kpt_names": named}
