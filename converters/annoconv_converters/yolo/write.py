"""Pictures to a data set of YOLO: a text file of lines for each, the lists of pictures and classes beside them.

Numbers are shares of a picture's width and height, pose keypoints too; continuous pixels, origin at the outer corner.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.codes import UNCLASSIFIED
from annoconv.errors import ImageError
from annoconv.messages import Message
from annoconv_converters._pictures.picture_names import stem_of
from annoconv_converters._pictures.rotation import turned_box
from annoconv_converters._pictures.skeletons import triples_of
from annoconv_converters._pictures.write import PictureFormat, polygon_reasons
from annoconv_converters.yolo.data_set import TASK, read_data_set
from annoconv_converters.yolo.smallest_box import smallest_box
from annoconv_converters.yolo.strict_yaml import quoted
from annoconv_converters.yolo.turned import SLACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.losses import Reasons
    from annoconv.limits import Limits
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "LineKind", "WrittenKind", "kind_of", "tree", "yolo_format"]

Record: TypeAlias = "dict[str, Any]"
LineKind: TypeAlias = Literal["segment", "detect", "pose", "obb"]
WrittenKind: TypeAlias = Literal["auto", "segment", "detect", "pose", "obb"]

REASONS: Final[Reasons] = {
    "annotations/#/id": "the lines of YOLO have no ids",
    "annotations/#/mask_file": "YOLO names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "YOLO has no label maps",
    "annotations/#/category": "in YOLO the category follows from the label",
    **polygon_reasons("YOLO"),
    **dict.fromkeys(
        ("annotations/#/bbox/*", "annotations/#/polygon/*", "annotations/#/point/*"),
        Message("numbers of YOLO are shares of the picture; what lies beyond it is put on its border"),
    ),
    UNCLASSIFIED: "every line of YOLO has a class; that of an object without a class is UNCLASSIFIED",
    "labels/#/number": "YOLO numbers its classes from 0 without a gap, and each once",
    "annotations/#/attributes/*": "a line of YOLO is a class and numbers, without attributes",
    "annotations/#/polyline/*": "YOLO has no lines of several points",
    "*/modality": "YOLO knows no modality",
    "*/shape/#": "a picture of YOLO has two dimensions",
    "task_id": "YOLO names no annotation task",
    "*": "YOLO has no place for {place}",
}
_OBB: Final = 8
"""Numbers of a turned box."""
_OUTLINED: Final = frozenset({"mask", "polygon", "ellipse"})
"""Types of annotations of which `segment` alone keeps the outline."""


def kind_of(cases: Iterable[LoadedCase]) -> LineKind:
    """Return the kind of lines that holds most of cases: pose or turned boxes where nothing has another outline."""
    types = {each.type for loaded in cases for each in loaded.case.annotations}
    if not types & _OUTLINED and "keypoints" in types:
        return "pose"
    return "obb" if "oriented_box" in types and not types & {*_OUTLINED, "keypoints"} else "segment"


def yolo_format(kind: LineKind, limits: Limits) -> PictureFormat[Record]:
    """Return what the writer must know of YOLO."""
    return PictureFormat(
        task=TASK,
        tree=partial(tree, kind=kind),
        save=_save,
        read=lambda folder, sizes: read_data_set(folder, dict(sizes), "obb" if kind == "obb" else "segment", limits),
        reasons=REASONS,
        is_outlined=True,
        has_keypoints=kind == "pose",
        has_sizes=False,
        is_folder=True,
        known_by=stem_of,
    )


def tree(pictures: Sequence[Picture], categories: Sequence[Record], *, kind: LineKind) -> Record:
    """Return what each file of a data set says: `data.yaml` its members, `train.txt` its names, the others their lines.

    Raises
    ------
    ImageError
        If the size of a picture is not known.
    """
    classes = {record["id"]: place for place, record in enumerate(categories)}
    named = {record["id"]: list(record.get("keypoints", ())) for record in categories} if kind == "pose" else {}
    task = {"task": kind} if kind == "obb" else {}
    described: Record = {"train": "train.txt", "val": "train.txt", **task, **_pose(categories, kind)}
    described["names"] = [str(record["name"]) for record in categories]
    names: list[str] = []
    files: Record = {"data.yaml": described, "train.txt": names}
    for picture in pictures:
        name = str(picture.record["file_name"])
        if "width" not in picture.record:
            raise ImageError(
                "YOLO needs the size of every picture",
                where="/image/shape",
                found=name,
                expected="a width and a height",
                advice="Name the pictures with --images",
            )
        size = picture.record["height"], picture.record["width"]
        lines: list[list[float]] = []
        for shape in picture.shapes:
            shares = _shares(_numbers(shape.record, kind, size), size)
            if kind == "pose":
                count = described["kpt_shape"][0]
                shares += _keypoint_shares(shape, named[shape.record["category_id"]], count, size)
            lines.append([classes[shape.record["category_id"]], *map(float, shares)])
        names.append(f"./images/{name}")
        files[f"labels/{name.rpartition('.')[0]}.txt"] = lines
    return files


def _save(files: Record, folder: Path) -> None:
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "data.yaml":
            written = _yaml(lines)
        else:
            written = [line if isinstance(line, str) else " ".join(map(repr, line)) for line in lines]
        path.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")


def _yaml(described: Record) -> list[str]:
    """Return the lines of `data.yaml`."""
    names = described["names"]
    lines = [f"{key}: {value}" for key, value in described.items() if key not in {"names", "kpt_names"}]
    if described.get("kpt_names"):
        lines.append("kpt_names:")
        for place, told in described["kpt_names"].items():
            lines += [f"  {place}:", *(f"    - {quoted(name)}" for name in told)]
    listed = (f"  {place}: {quoted(name)}" for place, name in enumerate(names))
    return [*lines, "names:" if names else "names: []", *listed]


def _numbers(record: Record, kind: str, size: tuple[int, int]) -> list[float]:
    """Return a polygon's vertices, or centre and size of a box within the picture, in pixels."""
    rings = record.get("segmentation")
    x, y, width, height = record["bbox"]
    if kind == "segment" and rings:
        return list(rings[0])
    if kind == "obb":
        ring = rings[0] if rings else turned_box((x, y, x + width, y + height), 0, (0, 0))
        return list(ring) if len(ring) == _OBB else smallest_box(np.array(ring).reshape(-1, 2))
    (x_min, x_max), (y_min, y_max) = _within(x, width, size[1]), _within(y, height, size[0])
    return [(x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min]


def _within(start: float, length: float, most: int) -> tuple[float, float]:
    """Return a side of a box within the picture, but for what the last digit of its numbers makes of it."""
    slack = SLACK * most
    ends = (start, start + length)
    first, last = (each if -slack <= each <= most + slack else min(max(each, 0), most) for each in ends)
    return first, last


def _shares(numbers: list[float], size: tuple[int, int]) -> list[float]:
    """Return x and y in turn as shares of width and height; what lies beyond the picture is put on its border."""
    return [min(max(number / size[1 - place % 2], 0.0), 1.0) for place, number in enumerate(numbers)]


def _keypoint_shares(shape: Shape, names: list[str], count: int, size: tuple[int, int]) -> list[float]:
    """Return x, y and visibility of each keypoint, in the order of its class; those of other classes are 0."""
    shares: list[float] = []
    triples = triples_of(shape.keypoints, names)[: 3 * count]
    for x, y, seen in zip(triples[::3], triples[1::3], triples[2::3], strict=True):
        shares += [*_shares([x + 0.5, y + 0.5], size), seen] if seen else [0, 0, 0]
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
