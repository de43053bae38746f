"""Label Studio: tasks with their annotations, as it exports and imports them in JSON.

Coordinates are per cent of the picture's width and height, origin at its outer corner. Brush masks are in Label
Studio's own run lengths over four samples a pixel. Authority: labelstud.io/guide/export and the tags' reference; the
run lengths are those of the `@thi.ng/rle-pack` package.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv import images as image_seam
from annoconv import jsondoor
from annoconv.errors import InputError, LimitError
from annoconv.registry import Option
from annoconv_converters._pictures.geometry import counts_to_record, is_numbers, tidy
from annoconv_converters._pictures.kin import SIDE_SUFFIX, Batch, read_kin, side_path, write_kin
from annoconv_converters._pictures.native import Picture
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.rotation import turned_box
from annoconv_converters._runlength import MOST_PIXELS, counts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SUFFIX", "from_label_studio", "to_label_studio"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".json"
_TASK: Final = "label-studio"
_MOST_WORDS: Final = 1 << 22
"""Samples of a brush mask that are written one by one; runs are not counted."""


def to_label_studio(
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
    """Write cases as Label Studio tasks, one a picture; masks as polygons that decode to exactly them.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A `.json` file; `*.annoconv.json` beside it takes along what Label Studio has no place for.
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
        What Label Studio does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """

    def parse(path: Path, _: object) -> Batch:
        return _batch(path, context.limits)

    return write_kin(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=_write,
        parse=parse,
        plain=plain,
        is_outlined=True,
        shapes=frozenset({"point", "ellipse"}),
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_label_studio(sources: Sequence[Path], *, context: Context) -> Iterator[Reading]:
    """Yield a case for each task of Label Studio exports (JSON, or JSON_MIN).

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Task id, limits.

    Raises
    ------
    InputError
        If a file is no export, or a region cannot be understood.
    """
    files = image_seam.list_files(sources, context.limits)
    paths = [path for path in files if path.suffix == ".json" and not path.name.endswith(SIDE_SUFFIX)]
    if not paths:
        raise InputError(
            "there is no Label Studio export", source=Path(sources[0]) if sources else None, expected=".json"
        )
    return read_kin((_batch(path, context.limits) for path in paths), context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
    names = {record["id"]: str(record["name"]) for record in categories}
    tasks: list[Record] = []
    for picture in pictures:
        if "width" not in picture.record:
            raise InputError("Label Studio needs the size of every picture", found=picture.record["file_name"])
        picture.annotations = [
            record for record in picture.annotations if _region(record, picture.record, "") is not None
        ]
        result = [_region(record, picture.record, names[record["category_id"]]) for record in picture.annotations]
        data = {"image": picture.record["file_name"]}
        size = {"original_width": picture.record["width"], "original_height": picture.record["height"]}
        tasks.append({"id": picture.record["id"], "data": data, "meta": size, "annotations": [{"result": result}]})
    path.write_bytes(jsondoor.dumps(tasks, indent=2))


def _region(record: Record, picture: Record, label: str) -> Record | None:
    """Return a record as a region of Label Studio."""
    columns, rows = picture["width"], picture["height"]
    scale = (100 / columns, 100 / rows)
    geometry, rings = record.get("geometry"), record.get("segmentation")
    if isinstance(geometry, dict) and geometry["type"] == "point":
        kind, value = "keypointlabels", {"x": geometry["point"][0] * scale[0], "y": geometry["point"][1] * scale[1]}
    elif isinstance(geometry, dict):
        kind = "ellipselabels"
        x, y = (coordinate * each for coordinate, each in zip(geometry["center"], scale, strict=True))
        across, down = (radius * each for radius, each in zip(geometry["radii"], scale, strict=True))
        value = {"x": x, "y": y, "radiusX": across, "radiusY": down, "rotation": geometry.get("rotation_degrees", 0)}
    elif rings:
        kind = "polygonlabels"
        corners = zip(rings[0][::2], rings[0][1::2], strict=True)
        value = {"points": [[x * scale[0], y * scale[1]] for x, y in corners], "closed": True}
    else:
        kind = "rectanglelabels"
        x, y, width, height = record["bbox"]
        value = {
            "x": x * scale[0],
            "y": y * scale[1],
            "width": width * scale[0],
            "height": height * scale[1],
            "rotation": 0,
        }
    region: Record = {
        "id": str(record["id"]),
        "type": kind,
        "value": {**value, kind: [label]},
        "origin": "manual",
        "to_name": "image",
        "from_name": "label",
        "image_rotation": 0,
        "original_width": columns,
        "original_height": rows,
    }
    return region | ({"score": record["score"]} if "score" in record else {})


def _batch(path: Path, limits: Limits) -> Batch:
    document = jsondoor.loads(jsondoor.read_bytes(path, limits), limits=limits, source=path)
    tasks = document if isinstance(document, list) else [document]
    if not all(isinstance(task, dict) for task in tasks) or not tasks:
        raise InputError("this is no Label Studio export", source=path, expected="a list of tasks")
    names: list[str] = []
    pictures = [_picture(task, place, names, path) for place, task in enumerate(tasks, start=1)]
    return Batch(pictures, [{"id": place, "name": name} for place, name in enumerate(names)], path, side_path(path))


def _picture(task: Record, place: int, names: list[str], path: Path) -> Picture:
    held = task.get("data")
    data: Record = held if isinstance(held, dict) else task
    named = next((each for key, each in data.items() if isinstance(each, str) and key in {"image", "img", "ocr"}), None)
    named = (
        named
        or next((each for each in data.values() if isinstance(each, str)), None)
        or f"task_{task.get('id', place)}"
    )
    record: Record = {"id": task.get("id", place), "file_name": _name(named)}
    picture = Picture(record, is_unsized=True)
    meta = task.get("meta")
    if isinstance(meta, dict) and "original_width" in meta:
        record |= {"width": meta["original_width"], "height": meta.get("original_height")}
    seen: set[str] = set()
    for annotation, regions in _results(task):
        for region in regions:
            found = _understood(region, record, annotation, names, path)
            if found is not None:
                while found["id"] in seen:
                    found["id"] += "_"
                seen.add(found["id"])
                picture.annotations.append(found)
    return picture


def _name(named: str) -> str:
    """Return the file name of a task's picture; addresses of a server lead nowhere."""
    name = named.partition("?")[0] if "://" in named else named
    return name.lstrip("/") or "task"


def _results(task: Record) -> Iterator[tuple[Record, list[Record]]]:
    """Yield each annotation of a task with its regions; for JSON_MIN, those under the names of its tags."""
    annotations = task.get("annotations", task.get("completions"))
    if isinstance(annotations, list):
        for annotation in annotations:
            regions = annotation.get("result") if isinstance(annotation, dict) else None
            if isinstance(regions, list) and not annotation.get("was_cancelled"):
                yield annotation, [region for region in regions if isinstance(region, dict)]
        return
    for members in task.values():
        if isinstance(members, list) and all(isinstance(each, dict) for each in members):
            yield {}, [_from_flat(each) for each in members]


def _from_flat(member: Record) -> Record:
    kind = next((key for key in member if key.endswith("labels")), "")
    size: Record = {key: member[key] for key in ("original_width", "original_height") if key in member}
    return {"type": kind, "value": member, **size}


def _understood(region: Record, picture: Record, annotation: Record, names: list[str], path: Path) -> Record | None:
    """Return a region as a record; None for what is no region of a picture."""
    where = f"task {picture['id']}, region {region.get('id', '?')}"
    value, kind = region.get("value"), region.get("type")
    if not isinstance(value, dict) or kind in {"choices", "textarea", "rating", "taxonomy", "relation"}:
        return None
    size = region.get("original_width"), region.get("original_height")
    if not all(type(count) is int and 0 < count < 1 << 20 for count in size):
        raise InputError("the region states no size of its picture", source=path, where=where, found=size)
    picture.setdefault("width", size[0])
    picture.setdefault("height", size[1])
    labels = next((each for key, each in value.items() if key.endswith("labels") and isinstance(each, list)), [])
    label = str(labels[0]) if labels else ""
    if label not in names:
        names.append(label)
    record: Record = {"id": str(region.get("id") or "region"), "category_id": names.index(label)}
    score = region.get("score")
    if type(score) in {int, float}:
        record["score"] = score
    author = annotation.get("completed_by")
    author = author.get("email") or author.get("id") if isinstance(author, dict) else author
    if author is not None:
        record["more"] = {"annotator": f"user_{author}" if isinstance(author, int) else str(author).strip()}
    return record | _geometry(value, (size[0], size[1]), path, where)  # type: ignore[arg-type]


def _geometry(value: Record, size: tuple[int, int], path: Path, where: str) -> Record:
    columns, rows = size
    if "points" in value:
        points = value["points"]
        if not isinstance(points, list) or not all(is_numbers(point, 2) for point in points):
            raise InputError("a polygon has points of two numbers", source=path, where=where)
        return {"segmentation": [[tidy(x) for x in _scaled(points, columns, rows)]]}
    if "rle" in value:
        mask_ji = decode_brush(value["rle"], (rows, columns), path, where)
        return counts_to_record(counts_of(mask_ji), (rows, columns))
    names = ("x", "y", "radiusX", "radiusY") if "radiusX" in value else ("x", "y", "width", "height")
    numbers = [value.get(name, 0) for name in names]
    if not is_numbers(numbers, 4):
        raise InputError("a region has numbers", source=path, where=where)
    x, y, width, height = (number * (columns, rows)[place % 2] / 100 for place, number in enumerate(numbers))
    turn = value.get("rotation", 0)
    turn = turn if type(turn) in {int, float} and abs(turn) < 1e6 else 0
    if "radiusX" in value:
        turned = {"rotation_degrees": turn} if turn else {}
        center, radii = [tidy(x), tidy(y)], [tidy(width), tidy(height)]
        return {"geometry": {"type": "ellipse", "center": center, "radii": radii, **turned}}
    if "height" not in value:
        return {"geometry": {"type": "point", "point": [tidy(x), tidy(y)]}}
    if turn:  # about its upper left corner
        return {"segmentation": [turned_box((x, y, x + width, y + height), turn, (x, y))]}
    return {"bbox": [tidy(x), tidy(y), tidy(width), tidy(height)]}


def _scaled(points: list[list[float]], columns: int, rows: int) -> Iterator[float]:
    for x, y in points:
        yield x * columns / 100
        yield y * rows / 100


def decode_brush(rle: Any, size: tuple[int, int], path: Path, where: str) -> NDArray[np.bool_]:
    """Return the mask of Label Studio's brush: where the fourth sample of a pixel is not 0.

    Raises
    ------
    InputError
        If it is damaged or not of the picture's size.
    LimitError
        If it is larger than a brush ever is.
    """
    samples = size[0] * size[1] * 4
    if samples > 4 * MOST_PIXELS:
        raise LimitError("the mask is too large", source=path, where=where)
    if not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise InputError("a brush mask is a list of bytes", source=path, where=where)
    bits = _Bits(bytes(rle))
    try:
        count, word = bits.take(32), bits.take(5) + 1
        widths = [bits.take(4) + 1 for _ in range(4)]
        if count != samples:
            raise InputError("the brush mask is not of the picture's size", source=path, where=where, found=count)
        values = np.zeros(count, dtype=np.uint8)
        place = words = 0
        while place < count:
            is_run = bits.take(1)
            length = bits.take(widths[bits.take(2)]) + 1
            end = min(place + length, count)
            if is_run:
                values[place:end] = bits.take(word) != 0
            else:
                words += length
                if words > _MOST_WORDS:
                    raise LimitError("the brush mask has too many single samples", source=path, where=where)
                values[place:end] = [bits.take(word) != 0 for _ in range(length)][: end - place]
            place += length
    except EOFError as error:
        raise InputError("the brush mask ends early", source=path, where=where) from error
    return np.asarray(values.reshape(size[0], size[1], 4)[..., 3] != 0)


class _Bits:
    """Numbers of a few bits each, the most significant first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, width: int) -> int:
        end = self._at + width
        if end > 8 * len(self._data):
            raise EOFError
        first, last = self._at // 8, (end + 7) // 8
        number = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        self._at = end
        return number & ((1 << width) - 1)
