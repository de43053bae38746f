"""The XML of LabelMe's web tool, with masks in a folder beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annoconv.advice import CORRECT_FILE, NOTHING
from annoconv.codes import Labels
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters._pictures.picture_names import name_below
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._raster.run_lengths import counts_of
from annoconv_converters._xml import number, parse_xml, side
from annoconv_converters.labelme.shapes import Record, box_of, shape_of, with_record
from annoconv_converters.labelme.trees import is_deleted, object_number, text_of, xml_losses

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.loss import Loss
    from annoconv.registry import Context

__all__ = ["from_web_tool"]


def from_web_tool(path: Path, context: Context, folder: str) -> Batch:
    """Return the picture of an XML file; InputError if it is none of LabelMe or a mask does not fit."""
    root = parse_xml(path, context.limits)
    if root.tag != "annotation":
        raise InputError(
            "this is no LabelMe annotation",
            source=path,
            found=root.tag,
            expected="annotation",
            advice="Name files that LabelMe saved",
        )
    if root.find("object/bndbox") is not None or root.find("size/width") is not None:
        raise InputError(
            "this is no LabelMe annotation",
            source=path,
            found=Message("boxes of Pascal VOC"),
            expected="polygons and masks of LabelMe",
            advice="Name files that LabelMe saved",
        )
    named = (root.findtext("filename") or "").strip()
    name = name_below(folder, named or f"{path.stem}.jpg")
    record: Record = {"id": 1, "file_name": name}
    size = root.find("imagesize")
    if size is not None:
        record["height"] = side(size.findtext("nrows"), "imagesize/nrows", path)
        record["width"] = side(size.findtext("ncols"), "imagesize/ncols", path)
    picture = Picture(record, is_unsized=True, is_named=bool(named))
    names: dict[str, int] = {}
    taken: set[int] = set()
    for place, element in enumerate(root.iterfind("object")):
        if is_deleted(element):
            continue
        name = text_of(element.find("name"))
        identity = object_number(element, place)
        if identity in taken:
            raise InputError(
                "the id of an object stands twice",
                source=path,
                where=Message("object {number}", number=place),
                found=identity,
                expected="an id for each object",
                advice=CORRECT_FILE,
            )
        taken.add(identity)
        common: Record = {
            "id": identity,
            "category_id": names.setdefault(name, len(names)),
            "attributes": _attributes(element),
        }
        shape = with_record(common, _xml_shape(element, path, record, place))
        picture.shapes.append(replace(shape, place=("object", place)))

    def losses(_: object, loaded: LoadedCase, case_index: int) -> list[Loss]:
        labels = Labels.of(loaded.case, context.label_system)
        return xml_losses(root, loaded.case, labels, case_index, name=str(record["file_name"]))

    return Batch([picture], categories_of(names), path, losses=losses)


def _attributes(element: Element) -> Record:
    told: Record = {}
    if (element.findtext("occluded") or "").strip() in {"yes", "no"}:
        told["occluded"] = (element.findtext("occluded") or "").strip() == "yes"
    if (element.findtext("attributes") or "").strip():
        told["attributes"] = (element.findtext("attributes") or "").strip()
    for name in ("hasparts", "ispartof"):
        if (element.findtext(f"parts/{name}") or "").strip():
            told[name] = (element.findtext(f"parts/{name}") or "").strip()
    user = element.findtext("polygon/username") or element.findtext("segm/username") or ""
    return told | ({"username": user.strip()} if user.strip() else {})


def _xml_shape(element: Element, path: Path, picture: Record, place: int) -> Shape:
    mask = element.findtext("segm/mask")
    if mask is not None:
        if "height" not in picture:
            raise InputError(
                "the size of the picture is not known",
                source=path,
                found=NOTHING,
                expected="imagesize",
                advice=CORRECT_FILE,
            )
        size = picture["height"], picture["width"]
        mask_ji = _mask(path.parent / "Masks" / Path(mask.strip()).name, size)
        return Shape(counts_to_record(counts_of(mask_ji), size))
    corners = [
        (number(point.findtext("x"), f"object {place}/x", path), number(point.findtext("y"), f"object {place}/y", path))
        for point in element.iterfind("polygon/pt")
    ]
    if (element.findtext("type") or "").strip() == "bounding_box" and corners:
        return Shape({"bbox": box_of(corners)})
    return shape_of(
        "polygon" if len(corners) > 2 else "linestrip" if len(corners) > 1 else "point", corners, path, place
    )


def _mask(path: Path, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where a PNG has colour."""
    from annoconv_converters._raster.png import read_png

    pixels = read_png(path, size, ("RGB", "RGBA", "L", "P", "1"))
    if pixels.shape[:2] != size:
        raise InputError(
            "the mask is of another size",
            source=path,
            found=pixels.shape[:2],
            expected=size,
            advice="Save the mask as PNG of the picture's size",
        )
    return np.asarray(pixels[..., :3].any(axis=-1))
