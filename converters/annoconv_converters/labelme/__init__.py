"""LabelMe: polygons, boxes, masks and points, the XML of the web tool and the JSON of the desktop tool.

Coordinates are continuous pixels, origin at the outer corner of the first pixel, and are taken as they are.
Authority: CSAILVision/LabelMeAnnotationTool (XML), wkentaro/labelme (JSON).
"""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from annoconv import images as image_seam
from annoconv.advice import CORRECT_FILE
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.documents.other_formats import looks_like
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.registry import Option
from annoconv_converters._pictures.archives import nothing_of
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.geometry import counts_to_record, is_numbers, size_from_record
from annoconv_converters._pictures.picture_names import folder_below, name_below
from annoconv_converters._pictures.read import read_pictures
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.scores import has_long, is_number, put_long
from annoconv_converters._raster.run_lengths import MOST_PIXELS, counts_of
from annoconv_converters.labelme.groups import joined
from annoconv_converters.labelme.shapes import Record, shape_of, with_record
from annoconv_converters.labelme.trees import json_losses
from annoconv_converters.labelme.web_tool import from_web_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import Loss
    from annoconv.registry import Context

__all__ = ["SIGNS", "from_labelme"]

SIGNS = {
    "keys": ("shapes imagePath", "shapes imageData", "shapes imageHeight"),
    "elements": ("annotation polygon", "annotation imagesize"),
}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

_TASK: Final = "labelme"


def from_labelme(
    sources: Sequence[Path],
    *,
    context: Context,
    instances: Annotated[bool, Option(help="Shapes of one group_id are one object.")] = False,
) -> Iterator[Reading]:
    """Read LabelMe: JSON of the desktop tool and of AnyLabeling, XML of the web tool.

    Parameters
    ----------
    sources
        XML or JSON files, or folders of them; the masks of an XML file lie in `Masks` beside it.
    context
        Task id, limits.
    instances
        Whether outlines of one group and label are one polygon with parts, and points of one group the keypoints of one
        object.

    Raises
    ------
    InputError
        If a file is no LabelMe annotation, a mask is missing or of another size, or XML entities are declared.
    """
    folders = list(map(Path, sources))
    files = image_seam.list_files(folders, context.limits)
    paths = [path for path in files if path.suffix.lower() in {".xml", ".json"}]
    if not paths:
        raise nothing_of(Message("there is no LabelMe file"), sources, ".xml, .json")
    batches = (
        from_web_tool(path, context, folder_below(path, folders))
        if path.suffix.lower() == ".xml"
        else _from_json(path, context, instances, folder_below(path, folders))
        for path in paths
    )
    return read_pictures(batches, context=context, task=_TASK)


def _from_json(path: Path, context: Context, instances: bool, folder: str) -> Batch:
    limits = context.limits
    data = strict_json.read_bytes(path, limits)
    document = strict_json.loads_keeping(data, {"attributes"}, limits=limits, source=path)
    if has_long(data):
        put_long(document, strict_json.loads(data, limits=limits, source=path, exact=True))
    shapes = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise InputError(
            "this is no LabelMe annotation",
            source=path,
            found=looks_like(document, "labelme"),
            expected="an object with shapes",
            advice="Name files that LabelMe saved",
        )
    named = document.get("imagePath")
    is_named = isinstance(named, str) and bool(named)
    name = name_below(folder, str(named) if is_named else f"{path.stem}.jpg")
    record: Record = {"id": 1, "file_name": name}
    if document.get("imageHeight") is not None or document.get("imageWidth") is not None:  # old files state none
        record |= {"height": document.get("imageHeight"), "width": document.get("imageWidth")}
    names: dict[str, int] = {}
    picture = Picture(record, is_unsized=True, is_named=is_named)
    for place, shape in enumerate(shapes, start=1):
        at = ("shapes", place - 1)
        picture.shapes += [replace(each, place=at) for each in _json_shape(shape, record, names, path, place)]
    became: dict[str, str] = {}
    points: dict[int, list[str]] = {}
    if instances:
        picture.shapes, became, points = joined(picture.shapes, names)
    for flag, value in _flags(document).items():
        told = {"image_label": value}
        picture.shapes.append(
            Shape({"id": f"flag {flag}", "category_id": names.setdefault(flag, len(names)), "attributes": told})
        )

    def losses(_: object, loaded: LoadedCase, case_index: int) -> list[Loss]:
        labels = Labels.of(loaded.case, context.label_system)
        return json_losses(document, loaded.case, labels, case_index, became if instances else None, name=name)

    categories = categories_of(names)
    for number_, point_names in points.items():
        categories[number_]["keypoints"] = point_names
    return Batch([picture], categories, path, losses=losses)


def _flags(holder: Record) -> Record:
    flags = holder.get("flags")
    return {key: value for key, value in flags.items() if type(value) is bool} if isinstance(flags, dict) else {}


def _json_shape(shape: Record, picture: Record, names: dict[str, int], path: Path, place: int) -> Iterator[Shape]:
    """Yield a shape, or one for each of several points."""
    label = "" if shape.get("label") is None else str(shape["label"])
    points = shape.get("points")
    if not isinstance(points, list) or not all(is_numbers(point, 2) for point in points):
        raise InputError(
            "the points are damaged",
            source=path,
            where=Message("shape {number}", number=place),
            found=json_type(points),
            expected="pairs of numbers: [[x, y], ...]",
            advice=CORRECT_FILE,
        )
    corners = [(float(x), float(y)) for x, y in points]
    attributes: Record = {"group_id": shape["group_id"]} if type(shape.get("group_id")) is int else {}
    attributes |= _flags(shape)
    if isinstance(shape.get("description"), str) and shape["description"]:
        attributes["description"] = shape["description"]
    if isinstance(shape.get("attributes"), dict):
        attributes |= shape["attributes"]
    common: Record = {"id": place, "category_id": names.setdefault(label, len(names)), "attributes": attributes}
    if is_number(shape.get("score")):
        common["score"] = float(shape["score"])
    kind = str(shape.get("shape_type") or "polygon")
    if kind == "mask":
        yield Shape(common | _json_mask(shape, corners, picture, path, place))
    elif kind == "points" and corners:
        for nth, corner in enumerate(corners, start=1):
            yield with_record({**common, "id": f"{place}.{nth}"}, shape_of("point", [corner], path, place))
    else:
        yield with_record(common, shape_of(kind, corners, path, place))


def _json_mask(
    shape: Record, corners: Sequence[tuple[float, float]], picture: Record, path: Path, place: int
) -> Record:
    """Return a mask that is a PNG in base 64, at the first corner of its box.

    As the tool draws it: corners are rounded; where they are whole, the second is the last pixel and cuts the mask off.
    """
    where = f"shape {place}"
    size = size_from_record(picture, source=path, where=where)
    if size[0] * size[1] > MOST_PIXELS:
        raise InputError(
            "the picture is too large for a mask",
            source=path,
            where=where,
            found=Message("{rows} x {columns} pixels", rows=size[0], columns=size[1]),
            expected=Message("at most {count} pixels", count=MOST_PIXELS),
            advice="Cut the picture into tiles",
        )
    if len(corners) != 2:
        problem, count = "the mask has another count of corners", len(corners)
        raise InputError(problem, source=path, where=where, found=count, expected=2, advice=CORRECT_FILE)
    try:
        data = base64.b64decode(shape.get("mask") or "", validate=True)
        with Pillow.open(io.BytesIO(data), formats=("PNG",)) as opened:
            if opened.height * opened.width > size[0] * size[1]:
                found = [opened.height, opened.width]
                raise InputError(
                    "the mask is larger than its picture",
                    source=path,
                    where=where,
                    found=found,
                    expected=list(size),
                    advice=CORRECT_FILE,
                )
            pixels: NDArray[np.bool_] = np.asarray(np.atleast_3d(np.asarray(opened)).any(axis=-1))
    except InputError:
        raise
    except (
        OSError,
        UnidentifiedImageError,
        SyntaxError,
        TypeError,
        ValueError,  # of base 64 too
        Pillow.DecompressionBombError,
    ) as error:
        raise InputError(
            "the mask cannot be read",
            source=path,
            where=where,
            found=Message("{count} characters", count=len(str(shape.get("mask") or ""))),
            expected="a PNG in base 64",
            advice=CORRECT_FILE,
        ) from error
    (left, top), (right, bottom) = ((round(x), round(y)) for x, y in corners)
    if all(each.is_integer() for corner in corners for each in corner):
        pixels = pixels[: max(bottom - top + 1, 0), : max(right - left + 1, 0)]
    mask_ji = np.zeros(size, dtype=np.bool_)
    inner = mask_ji[top : top + pixels.shape[0], left : left + pixels.shape[1]] if min(left, top) >= 0 else mask_ji[:0]
    if inner.shape != pixels.shape:
        raise InputError(
            "the mask reaches beyond its picture",
            source=path,
            where=where,
            found=pixels.shape,
            expected=list(inner.shape),
            advice=CORRECT_FILE,
        )
    inner[:] = pixels
    return counts_to_record(counts_of(mask_ji), size)
