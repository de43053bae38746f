"""Pascal VOC: boxes in XML files, one a picture, parts of objects, and masks of the objects in PNGs.

VOC counts pixels from 1 and its maxima are inclusive: `xmin` 1 is our 0, and `xmax` is our `x_max`. Much software
writes them from 0; say so with `zero_based`. In `SegmentationObject/` the i-th object has the index i, and 255 is void.
Authority: the VOC2012 development kit.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import numpy as np

from annoconv import images as image_seam
from annoconv.advice import CORRECT_FILE, NOTHING
from annoconv.codes import Labels
from annoconv.documents.residuals import pointer
from annoconv.errors import InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.names import check_inside, is_taken
from annoconv.findings import Finding, Level
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.registry import Option
from annoconv_converters._pictures.archives import nothing_of
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.geometry import counts_to_record, size_from_record, tidy
from annoconv_converters._pictures.picture_names import folder_below, name_below
from annoconv_converters._pictures.read import read_pictures
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.rotation import ROTATION, as_turned
from annoconv_converters._raster.png import read_png
from annoconv_converters._raster.run_lengths import counts_of
from annoconv_converters._xml import as_number, number, parse_xml, side
from annoconv_converters.pascal_voc.pixels import numbers_of_colours, origin_of
from annoconv_converters.pascal_voc.trees import FLAGS, voc_losses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.registry import Context

__all__ = ["SIGNS", "from_pascal_voc"]

SIGNS = {"elements": ("annotation bndbox", "annotation size")}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

Record: TypeAlias = "dict[str, Any]"

_TASK: Final = "pascal-voc"
_MASKS: Final = "SegmentationObject"
_VOID: Final = 255
_UNTOLD: Final = (
    "no box of the files begins at pixel 1, so nothing shows that they count from 1 as VOC does; "
    "if they count from 0, pass --zero-based"
)
_FROM_ZERO: Final = (
    "a box begins below pixel 1 and none at it, so that the files are taken to count from 0, with exclusive maxima; "
    "VOC counts from 1"
)
_COLOURS: Final = "the colours of the masks are not those of the palette of VOC, so that they number no objects"


def from_pascal_voc(
    sources: Sequence[Path],
    *,
    context: Context,
    zero_based: Annotated[bool, Option(help="The boxes count pixels from 0 and their maxima are exclusive.")] = False,
) -> Iterator[Reading]:
    """Read Pascal VOC XML: boxes, parts, and the masks of SegmentationObject.

    Parameters
    ----------
    sources
        XML files, or folders of them; the masks of objects lie in `SegmentationObject` beside `Annotations`.
    context
        Task id, limits.
    zero_based
        Whether `xmin` 0 is the left edge of the first pixel. Without it they are taken so if a box of the files begins
        below 1 and none at 1, which a warning says; where none begins at either, it says that nothing tells.

    Raises
    ------
    InputError
        If a file is no VOC annotation or declares XML entities; without `zero_based`, if some boxes begin below 1 and
        others at 1, or below 0.
    """
    paths = [path for path in image_seam.list_files(sources, context.limits) if is_taken(path, (".xml",), sources)]
    if not paths:
        raise nothing_of(Message("there is no Pascal VOC file"), sources, ".xml")
    origin = 0 if zero_based else origin_of(parse_xml(path, context.limits) for path in paths)
    folders = list(map(Path, sources))
    shift = 1 if origin is None else origin
    batches = (_batch(path, context, folder_below(path, folders), shift=shift) for path in paths)
    findings = None if zero_based or origin == 1 else partial(_origin, origin == 0)
    batches = (replace(each, findings=findings) if findings and not n else each for n, each in enumerate(batches))
    return read_pictures(batches, context=context, task=_TASK)


def _origin(is_from_zero: bool, pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
    """Yield a warning of what pixels are taken to be counted from, if a file has any boxes."""
    if any("bbox" in shape.record for picture in pictures for shape in picture.shapes):
        yield Finding("voc.origin", Level.WARNING, "/object", _FROM_ZERO if is_from_zero else _UNTOLD, case_index)


def _batch(path: Path, context: Context, folder: str, *, shift: int) -> Batch:
    root = parse_xml(path, context.limits)
    size = root.find("size")
    if root.tag != "annotation":
        raise InputError(
            "this is no Pascal VOC annotation",
            source=path,
            found=root.tag,
            expected="<annotation>",
            advice="Name .xml files of Annotations/",
        )
    if size is None:
        raise InputError(
            "the annotation does not say how large its picture is",
            source=path,
            found=Message("no size"),
            expected="<size><width>640</width><height>480</height><depth>3</depth></size>",
            advice="Add it, from the picture",
        )
    named = (root.findtext("filename") or "").strip()
    record: Record = {
        "id": 1,
        "file_name": name_below(folder, named or f"{path.stem}.jpg"),
        "width": side(size.findtext("width"), "size/width", path),
        "height": side(size.findtext("height"), "size/height", path),
    }
    names: dict[str, int] = {}
    picture = Picture(record, is_named=bool(named))
    objects = root.findall("object")
    masks = _masks(path, record, len(objects))
    for place, element in enumerate(objects, start=1):
        found = _record(element, str(place), names, path, shift)
        at = ("object", place - 1)
        picture.shapes.append(_with_turn(Shape(found, place=at)))
        if masks and place in masks:
            told = {"instance": str(place)}
            picture.shapes.append(Shape({**found, "id": f"{place}.mask", "attributes": told, **masks[place]}, place=at))
        for nth, part in enumerate(element.iterfind("part"), start=1):
            inner = _record(part, f"{place}.{nth}", names, path, shift)
            picture.shapes.append(
                _with_turn(
                    Shape(
                        {**inner, "attributes": inner["attributes"] | {"part_of": str(place)}},
                        place=(*at, "part", nth - 1),
                    )
                )
            )

    def losses(_: object, loaded: LoadedCase, case_index: int) -> list[Loss]:
        labels = Labels.of(loaded.case, context.label_system)
        found = voc_losses(root, loaded.case, labels, case_index, shift=shift, name=record["file_name"])
        lost = [Loss(case_index, pointer((_MASKS,)), LossKind.NO_PLACE, _COLOURS)] if masks is None else []
        return [*found, *lost]

    return Batch([picture], categories_of(names), path, losses=losses)


def _record(element: Element, identity: str, names: dict[str, int], path: Path, shift: int) -> Record:
    """Return an object, or a part of one."""
    where = f"{element.tag} {identity}"
    name = element.findtext("name") or ""
    box = element.find("bndbox")
    if box is None:
        raise InputError(
            "the object has no box", source=path, where=where, found=NOTHING, expected="bndbox", advice=CORRECT_FILE
        )
    x_min, y_min, x_max, y_max = (
        number(box.findtext(side), f"{where}/{side}", path) for side in ("xmin", "ymin", "xmax", "ymax")
    )
    if shift and min(x_min, y_min) < 1:
        raise InputError(
            "VOC counts pixels from 1, and this box does not",
            source=path,
            where=where,
            found=[x_min, y_min],
            expected="corners from 1",
            advice="If the file counts from 0, pass --zero-based",
        )
    x_min, y_min = x_min - shift, y_min - shift
    if x_max < x_min or y_max < y_min:
        raise InputError(
            "the box is turned inside out",
            source=path,
            where=where,
            found=[x_min + shift, y_min + shift, x_max, y_max],
            expected="xmin up to xmax, and ymin up to ymax",
            advice=CORRECT_FILE,
        )
    return {
        "id": identity,
        "category_id": names.setdefault(name, len(names)),
        "bbox": [tidy(x_min), tidy(y_min), tidy(x_max - x_min), tidy(y_max - y_min)],
        "attributes": _attributes(element),
    }


def _with_turn(shape: Shape) -> Shape:
    """Return an object as the turned box that it is, if CVAT says so in an attribute."""
    attributes: Record = shape.record["attributes"]
    degrees = as_number(str(attributes.get(ROTATION)))
    turned = as_turned(replace(shape, record={**shape.record, "attributes": {**attributes, ROTATION: degrees}}))
    return shape if turned.geometry is None else turned


def _attributes(element: Element) -> Record:
    """Return flags, pose, actions, and the attributes that other tools add."""
    told: Record = {name: element.findtext(name) == "1" for name in FLAGS if element.find(name) is not None}
    pose = (element.findtext("pose") or "").strip()
    if pose and pose != "Unspecified":
        told["pose"] = pose
    others: Record = {action.tag: (action.text or "").strip() == "1" for action in element.iterfind("actions/*")}
    for each in element.iterfind("attributes/attribute"):
        others[(each.findtext("name") or "").strip()] = (each.findtext("value") or "").strip()
    return others | told


def _masks(path: Path, picture: Record, count: int) -> dict[int, Record] | None:
    """Return the masks of the objects of a picture, where it has any; None if its colours are no numbers."""
    mask = path.parent.parent / _MASKS / f"{path.stem}.png"
    if path.parent.name != "Annotations" or not mask.is_file():
        return {}
    note_inputs([check_inside(path.parent.parent, mask)])
    size = size_from_record(picture, source=path, where="size")
    pixels = read_png(mask, size, ("P", "L", "RGB", "RGBA"))
    if pixels.shape[:2] != size:
        raise InputError(
            "the mask is of another size",
            source=mask,
            found=pixels.shape[:2],
            expected=list(size),
            advice="Save the mask as PNG of the picture's size",
        )
    labels_ji = pixels[..., 0] if pixels.shape[2] == 1 else numbers_of_colours(pixels[..., :3])
    if labels_ji is None:
        return None
    held = set(np.unique(labels_ji).tolist()) - {0, _VOID}
    if held and max(held) > count:
        raise InputError(
            "the mask holds the number of no object",
            source=mask,
            found=max(held),
            expected=Message("0 to {count}", count=count),
            advice="Add the object to the annotation, or correct the mask",
        )
    return {index: counts_to_record(counts_of(labels_ji == index), size) for index in held}
