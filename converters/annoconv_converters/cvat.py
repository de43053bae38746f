"""CVAT: annotations of images and videos in its own XML, version 1.1.

Continuous pixels, origin at the outer corner of the first pixel, as ours; points too. Masks are run lengths, row by row
within their box, background first. Authority: docs.cvat.ai, "CVAT for image" and "CVAT for video".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv import images as image_seam
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._pictures.geometry import LARGEST_SIZE, counts_to_record, tidy
from annoconv_converters._pictures.kin import Batch, read_kin, side_path
from annoconv_converters._pictures.kin_write import write_kin
from annoconv_converters._pictures.native import Picture
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.rotation import turned_box
from annoconv_converters._pictures.safe_xml import attribute_number, number, parse_xml, tag, text
from annoconv_converters._runlength import MOST_PIXELS, counts_of, decode, expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SUFFIX", "from_cvat", "to_cvat"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".xml"
_TASK: Final = "cvat"
_CONFIDENCE: Final = "confidence"


def to_cvat(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images to render: folders or files.")] = (),
    plain: Annotated[bool, Option(help="Write no side file; what has no place is lost.")] = False,
    render: Annotated[
        Literal["none", "16", "8"], Option(help="Write PNGs of the images: 16 bits rescaled, or 8 bits windowed.")
    ] = "none",
    window: Annotated[str | None, Option(help="Centre and width of the 8-bit window.", metavar="40,400")] = None,
) -> LossReport:
    """Write cases as one CVAT XML file for images.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The file; `*.annoconv.json` beside it takes along what CVAT has no place for.
    context
        Label system, limits.
    images
        Where the pictures are rendered from.
    plain
        Whether to leave that out.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.

    Returns
    -------
    LossReport
        What CVAT does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """

    def parse(path: Path, _: object) -> Batch:
        return _batches(path, context.limits)[0]

    return write_kin(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=_write,
        parse=parse,
        plain=plain,
        is_outlined=False,
        shapes=frozenset({"point", "polyline", "ellipse"}),
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_cvat(sources: Sequence[Path], *, context: Context) -> Iterator[Reading]:
    """Yield a case for each image of CVAT XML files, and one for each video.

    Parameters
    ----------
    sources
        XML files, or folders of them.
    context
        Task id, limits.

    Raises
    ------
    InputError
        If a file is no CVAT annotation, a shape cannot be understood, or XML entities are declared.
    """
    paths = [path for path in image_seam.list_files(sources, context.limits) if path.suffix.lower() == ".xml"]
    if not paths:
        raise InputError("there is no CVAT file", source=Path(sources[0]) if sources else None, expected=".xml")
    return read_kin((batch for path in paths for batch in _batches(path, context.limits)), context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
    names = {record["id"]: str(record["name"]) for record in categories}
    labels = "".join(
        tag("label", {}, tag("name", {}, text(name)), tag("attributes", {}, "")) for name in names.values()
    )
    meta = tag("meta", {}, tag("task", {}, tag("mode", {}, "annotation"), tag("labels", {}, labels)))
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", tag("version", {}, "1.1"), meta]
    for place, picture in enumerate(pictures):
        size: Record = {name: picture.record[name] for name in ("width", "height") if name in picture.record}
        inner: list[str] = []
        for record in picture.annotations:
            attributes = dict(record.get("attributes") or {})
            if "score" in record:
                attributes[_CONFIDENCE] = record["score"]
            told = [tag("attribute", {"name": name}, text(_told(value))) for name, value in attributes.items()]
            inner.append(_element(record, names[record["category_id"]], told))
        lines.append(tag("image", {"id": place, "name": picture.record["file_name"], **size}, "\n", *inner))
    path.write_text("\n".join([*lines, "</annotations>", ""]), encoding="utf-8")


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)


def _element(record: Record, label: str, inner: list[str]) -> str:
    """Return a record as a shape of CVAT."""
    common = {"label": label, "source": "manual", "occluded": 0}
    segmentation, geometry = record.get("segmentation"), record.get("geometry")
    if isinstance(geometry, dict):
        return _geometry_element(geometry, common, inner) + "\n"
    if isinstance(segmentation, dict):
        rows, columns = segmentation["size"]
        mask_ji = decode(expand(segmentation["counts"].encode()), (rows, columns))
        x, y, width, height = (int(each) for each in record["bbox"])
        inner_ji = mask_ji[y : y + height, x : x + width]
        # Row by row is column by column of the transposed mask.
        rle = ", ".join(map(str, counts_of(inner_ji.T).tolist()))
        place = {"rle": rle, "left": x, "top": y, "width": width, "height": height}
        return tag("mask", common | place, *inner) + "\n"
    if segmentation:
        corners = zip(segmentation[0][::2], segmentation[0][1::2], strict=True)
        return tag("polygon", common | {"points": _points(corners)}, *inner) + "\n"
    x, y, width, height = record["bbox"]
    place = {"xtl": x, "ytl": y, "xbr": tidy(x + width), "ybr": tidy(y + height)}
    return tag("box", common | place, *inner) + "\n"


def _geometry_element(geometry: Record, common: Record, inner: list[str]) -> str:
    if geometry["type"] == "point":
        return tag("points", common | {"points": _points([geometry["point"]])}, *inner)
    if geometry["type"] == "polyline":
        return tag("polyline", common | {"points": _points(geometry["polyline"])}, *inner)
    (cx, cy), (rx, ry) = geometry["center"], geometry["radii"]
    turn = {"rotation": geometry["rotation_degrees"]} if "rotation_degrees" in geometry else {}
    return tag("ellipse", common | {"cx": cx, "cy": cy, "rx": rx, "ry": ry, **turn}, *inner)


def _points(corners: Iterable[Sequence[float]]) -> str:
    return ";".join(f"{float(x)!r},{float(y)!r}" for x, y in corners)


def _batches(path: Path, limits: Limits) -> list[Batch]:
    """Return the pictures of a file: those of its images, and the frames of its video."""
    root = parse_xml(path, limits)
    if root.tag != "annotations":
        raise InputError("this is no CVAT annotation", source=path, found=root.tag)
    labels = _Labels(path)
    pictures = [_image(element, labels, path) for element in root.iterfind("image")]
    tracks = root.findall("track")
    video = _video(root, tracks, labels, path) if tracks else []
    for number_, each in enumerate((record for picture in pictures for record in picture.annotations), start=1):
        each["id"] = number_
    categories = labels.records
    batches = [Batch(pictures, categories, path, side_path(path))] if pictures or not video else []
    return batches + ([Batch(video, categories, path)] if video else [])


class _Labels:
    """The labels that are met, numbered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers)
            self.records.append({"id": self._numbers[name], "name": name})
        return self._numbers[name]


def _image(element: Element, labels: _Labels, path: Path) -> Picture:
    record: Record = {"id": element.get("id"), "file_name": element.get("name", "")}
    if element.get("width") is not None:
        record["width"] = int(attribute_number(element, "width", path))
        record["height"] = int(attribute_number(element, "height", path))
    picture = Picture(record, is_unsized=True)
    for shape in element:
        picture.annotations += _records(shape, labels, record, path)
    return picture


def _records(shape: Element, labels: _Labels, picture: Record, path: Path) -> Iterator[Record]:
    """Yield a record for a shape, and one for each point of a set of points or a skeleton."""
    label = labels.number(shape.get("label", ""))
    common: Record = {"category_id": label, **_attributes(shape)}
    if shape.tag == "skeleton":
        for point in shape.iterfind("points"):
            if point.get("outside") != "1":
                attributes = {"skeleton": shape.get("label", ""), "keypoint": point.get("label", "")}
                corner = _corners(point, path)[0]
                yield {**common, "attributes": attributes, "geometry": {"type": "point", "point": list(corner)}}
        return
    if shape.tag == "points":
        for corner in _corners(shape, path):
            yield {**common, "geometry": {"type": "point", "point": list(corner)}}
        return
    read = _SHAPES.get(shape.tag)
    if read is None:
        raise InputError("the shape is of a kind that has no place in a picture", source=path, found=shape.tag)
    yield {**common, **read(shape, picture, path)}


def _attributes(shape: Element) -> Record:
    told: Record = {}
    for name in ("occluded", "z_order", "group_id"):
        value = shape.get(name)
        if value is not None and value.lstrip("-").isdecimal() and int(value[:9]):
            told[name] = value == "1" if name == "occluded" else int(value[:9])
    found: Record = {}
    for each in shape.iterfind("attribute"):
        name, value = each.get("name", ""), (each.text or "").strip()
        if name == _CONFIDENCE and value.replace(".", "", 1).isdecimal() and float(value) <= 1:
            found["score"] = float(value)
        else:
            told[name] = {"true": True, "false": False}.get(value, value)
    return found | ({"attributes": told} if told else {})


def _corners(shape: Element, path: Path) -> list[tuple[float, float]]:
    corners: list[tuple[float, float]] = []
    for pair in (shape.get("points") or "").split(";"):
        x, comma, y = pair.partition(",")
        if not comma:
            raise InputError("points are pairs of numbers", source=path, where=shape.tag, found=pair[:40])
        corners.append((number(x, shape.tag, path), number(y, shape.tag, path)))
    return corners


def _box(shape: Element, _: Record, path: Path) -> Record:
    x_min, y_min, x_max, y_max = (attribute_number(shape, name, path) for name in ("xtl", "ytl", "xbr", "ybr"))
    turn = attribute_number(shape, "rotation", path) if shape.get("rotation") else 0.0
    if not turn:
        return {"bbox": [x_min, y_min, tidy(x_max - x_min), tidy(y_max - y_min)]}
    ring = turned_box((x_min, y_min, x_max, y_max), turn, ((x_min + x_max) / 2, (y_min + y_max) / 2))
    return {"segmentation": [ring]}


def _polygon(shape: Element, _: Record, path: Path) -> Record:
    return {"segmentation": [[coordinate for corner in _corners(shape, path) for coordinate in corner]]}


def _polyline(shape: Element, _: Record, path: Path) -> Record:
    return {"geometry": {"type": "polyline", "polyline": [list(corner) for corner in _corners(shape, path)]}}


def _ellipse(shape: Element, _: Record, path: Path) -> Record:
    cx, cy, rx, ry = (attribute_number(shape, name, path) for name in ("cx", "cy", "rx", "ry"))
    turn = {"rotation_degrees": attribute_number(shape, "rotation", path)} if shape.get("rotation") else {}
    return {"geometry": {"type": "ellipse", "center": [cx, cy], "radii": [rx, ry], **turn}}


def _mask(shape: Element, picture: Record, path: Path) -> Record:
    left, top, width, height = (int(attribute_number(shape, name, path)) for name in ("left", "top", "width", "height"))
    rows, columns = picture.get("height", 0), picture.get("width", 0)
    if not (0 <= left <= columns - width and 0 <= top <= rows - height and width > 0 and height > 0):
        raise InputError(
            "the mask reaches beyond its picture", source=path, where="mask", found=[left, top, width, height]
        )
    if rows * columns > MOST_PIXELS:
        raise InputError("the picture is too large for a mask", source=path, found=[rows, columns])
    try:
        counts = np.array([int(each) for each in (shape.get("rle") or "").split(",")], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError("run lengths are whole numbers", source=path, where="mask") from error
    if int(counts.min()) < 0 or int(counts.max()) > MOST_PIXELS or int(counts.sum()) != width * height:
        raise InputError(
            "the run lengths do not sum to the mask's box", source=path, where="mask", found=int(counts.sum())
        )
    mask_ji = np.zeros((rows, columns), dtype=np.bool_)
    mask_ji[top : top + height, left : left + width] = decode(counts, (width, height)).T
    return counts_to_record(counts_of(mask_ji), (rows, columns))


def _tag(shape: Element, _: Record, path: Path) -> Record:
    del shape, path
    return {}


_SHAPES: Final[dict[str, Callable[[Element, Record, Path], Record]]] = {
    "box": _box,
    "polygon": _polygon,
    "polyline": _polyline,
    "ellipse": _ellipse,
    "mask": _mask,
    "tag": _tag,
}


def _video(root: Element, tracks: list[Element], labels: _Labels, path: Path) -> list[Picture]:
    """Return the frames that something is seen on, and the last, so that the length of the video is known."""
    task = root.find("meta/task") if root.find("meta/task") is not None else root.find("meta/job")
    size = task.find("original_size") if task is not None else None
    if task is None or size is None:
        raise InputError("the video states no size", source=path, expected="meta/task/original_size")
    width, height = (int(number(size.findtext(name), f"original_size/{name}", path)) for name in ("width", "height"))
    shapes: dict[int, list[Record]] = {}
    for track in tracks:
        for shape in track:
            frame = int(attribute_number(shape, "frame", path))
            if not 0 <= frame < LARGEST_SIZE:
                raise InputError("this is no frame", source=path, found=frame)
            if shape.get("outside") == "1":
                continue
            shape.set("label", track.get("label", ""))
            for each in _records(shape, labels, {"width": width, "height": height}, path):
                attributes = {**each.get("attributes", {}), "track_id": track.get("id", "")}
                shapes.setdefault(frame, []).append({**each, "attributes": attributes})
    stated = task.findtext("size")
    count = int(number(stated, "task/size", path)) if stated else 1
    frames = sorted({*shapes, max(min(count, LARGEST_SIZE) - 1, 0)})
    series = (task.findtext("source") or task.findtext("name") or path.stem).strip().replace("/", "_")
    pictures: list[Picture] = []
    for frame in frames:
        record: Record = {"id": frame, "file_name": f"{series}_k{frame:06d}.png", "width": width, "height": height}
        pictures.append(Picture(record, shapes.get(frame, []), is_frame=True))
    for place, numbered in enumerate((every for picture in pictures for every in picture.annotations), start=1):
        numbered["id"] = place
    return pictures
