"""YOLO: detection, segmentation, pose and oriented boxes as text files of normalised coordinates.

Each line is a class and numbers from 0 to 1, shares of the picture's width and height, so that the size of a picture
must be known: from its file, from `--images`, or from our side file. Continuous pixels, origin at the outer corner;
pose keypoints too. `docs/formats/yolo.md` holds the mapping table. Authority: docs.ultralytics.com/datasets
(data.yaml), and Darknet (obj.data, obj.names).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv import images as image_seam
from annoconv.errors import ImageError
from annoconv.ids import safe_name
from annoconv.registry import Option
from annoconv_converters._pictures.read import Batch, read_pictures
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.rotation import smallest_box, turned_box
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters.yolo.data_set import Kind, read_data_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["from_yolo", "to_yolo"]

Record: TypeAlias = "dict[str, Any]"


_TASK: Final = "yolo"
_OBB: Final = 8
"""Numbers of a turned box."""


def to_yolo(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images to render: folders or files.")] = (),
    kind: Annotated[
        Literal["segment", "detect", "pose", "obb"],
        Option(help="Polygons that decode to exactly the masks, boxes, boxes with keypoints, or turned boxes."),
    ] = "segment",
    render: Annotated[
        Literal["none", "16", "8"], Option(help="Write PNGs of the images: 16 bits rescaled, or 8 bits windowed.")
    ] = "none",
    window: Annotated[str | None, Option(help="Centre and width of the 8-bit window.", metavar="40,400")] = None,
) -> LossReport:
    """Write cases as a YOLO data set: `data.yaml`, `train.txt`, `labels/`, and the side file `annoconv.json`.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A folder.
    context
        Label system, limits.
    images
        Where the pictures are rendered from.
    kind
        Of lines. `pose` holds boxes and the points that name an `instance` and a `keypoint`, `obb` the smallest turned
        boxes of polygons; masks have no place in either.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.

    Returns
    -------
    LossReport
        What YOLO does not hold, exactly; it travels in the side file, with the sizes of the pictures.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """

    def serialise(pictures: Sequence[Picture], categories: Sequence[Record], folder: Path) -> None:
        _write(pictures, categories, folder, kind)

    def parse(folder: Path, sizes: dict[str, tuple[int, int]]) -> Batch:
        return read_data_set(folder, sizes, "segment", context.limits)

    return write_pictures(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=serialise,
        parse=parse,
        plain=False,
        is_outlined=True,
        shapes=frozenset(),
        keypoints=kind == "pose",
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_yolo(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images, where the pictures are not in the data set.")] = (),
    kind: Annotated[Kind, Option(help="Of lines; auto tells by their length, and pose by data.yaml.")] = "auto",
) -> Iterator[Reading]:
    """Yield the cases of YOLO data sets.

    Parameters
    ----------
    sources
        Folders with `data.yaml`, `classes.txt`, or Darknet's `obj.data`.
    context
        Task id, limits.
    images
        Tell the sizes of pictures that are not beside their labels, by series UID.
    kind
        Lines of eight numbers are polygons of four vertices unless `obb` is asked for; both are read as polygons. Lines
        of six numbers are triangles unless `detect` is asked for: a box, its confidence and its track.

    Raises
    ------
    InputError
        If a line is no label, or the size of a picture is not known.
    """
    found = {safe_name(source.uid): source.grid for source in image_seam.scan(images, context.limits)} if images else {}
    batches = (read_data_set(folder, {}, kind, context.limits, found) for folder in map(Path, sources))
    return read_pictures(batches, context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], folder: Path, kind: str) -> None:
    classes = {record["id"]: place for place, record in enumerate(categories)}
    names: list[str] = []
    every = [shape for picture in pictures for shape in picture.shapes]
    keypoints = list(dict.fromkeys(name for shape in every for name in shape.keypoints or ("1",)))
    for picture in pictures:
        name = str(picture.record["file_name"])
        if "width" not in picture.record:
            raise ImageError("YOLO needs the size of every picture", where="/image/shape", found=name)
        size = picture.record["height"], picture.record["width"]
        lines: list[str] = []
        for shape in picture.shapes:
            shares = _shares(_numbers(shape.record, kind), size)
            if kind == "pose":
                shares += _keypoint_shares(shape, keypoints, size)
            lines.append(" ".join([str(classes[shape.record["category_id"]]), *map(_written, shares)]))
        path = folder / "labels" / f"{name.rpartition('.')[0]}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        names.append(f"./images/{name}\n")
    (folder / "train.txt").write_text("".join(names), encoding="utf-8")
    # In quotes: NO and ON are truth values to YAML.
    listed = "".join(f'  {place}: "{record["name"]}"\n' for place, record in enumerate(categories))
    head = "train: train.txt\nval: train.txt\n"
    head += f"kpt_shape: [{len(keypoints)}, 3]\n" if kind == "pose" and keypoints else ""
    (folder / "data.yaml").write_text(f"{head}names:\n{listed}" if listed else f"{head}names: []\n", encoding="utf-8")


def _numbers(record: Record, kind: str) -> list[float]:
    """Return a polygon's vertices, or centre and size of a box, in pixels."""
    rings = record.get("segmentation")
    x, y, width, height = record["bbox"]
    if kind == "segment" and rings:
        return list(rings[0])
    if kind == "obb":
        ring = rings[0] if rings else turned_box((x, y, x + width, y + height), 0, (0, 0))
        return list(ring) if len(ring) == _OBB else smallest_box(np.array(ring).reshape(-1, 2))
    return [x + width / 2, y + height / 2, width, height]


def _shares(numbers: list[float], size: tuple[int, int]) -> list[float]:
    return [number / size[1 - place % 2] for place, number in enumerate(numbers)]


def _keypoint_shares(shape: Shape, names: list[str], size: tuple[int, int]) -> list[float]:
    """Return x, y and visibility of each keypoint; records have pixel indices, YOLO continuous pixels."""
    named = shape.keypoints or ({"1": shape.record["keypoints"]} if "keypoints" in shape.record else {})
    shares: list[float] = []
    for name in names:
        x, y, seen = named.get(name, (-0.5, -0.5, 0))
        shares += [(x + 0.5) / size[1], (y + 0.5) / size[0], seen]
    return shares


def _written(number: float) -> str:
    return repr(float(number))
