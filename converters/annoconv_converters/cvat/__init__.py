"""CVAT: annotations of images and videos in its own XML, version 1.1.

Continuous pixels, origin at the outer corner of the first pixel, as ours; points too. Masks are run lengths, row by row
within their box, background first. Authority: docs.cvat.ai, "CVAT for image" and "CVAT for video".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from annoconv import images as image_seam
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.read import Batch, read_pictures
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters._raster.run_lengths import counts_of, decode, expand
from annoconv_converters._xml import tag, text
from annoconv_converters.cvat.read import read_cvat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["SUFFIX", "from_cvat", "to_cvat"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".xml"
_TASK: Final = "cvat"
_CONFIDENCE: Final = "confidence"
_BUILT_IN: Final = ("occluded", "z_order", "group_id")
"""Attributes of ours that are CVAT's own."""


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
        return read_cvat(path, context.limits)[0]

    return write_pictures(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=_write,
        parse=parse,
        plain=plain,
        is_outlined=False,
        shapes=frozenset({"point", "polyline", "ellipse", "attribute"}),
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
    return read_pictures(
        (batch for path in paths for batch in read_cvat(path, context.limits)), context=context, task=_TASK
    )


def _write(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
    names = {record["id"]: str(record["name"]) for record in categories}
    kinds: dict[str, dict[str, set[type]]] = {name: {} for name in names.values()}
    images: list[str] = []
    for place, picture in enumerate(pictures):
        size: Record = {name: picture.record[name] for name in ("width", "height") if name in picture.record}
        inner: list[str] = []
        for shape in picture.shapes:
            record = shape.record
            label = names[record["category_id"]]
            attributes = dict(record.get("attributes") or {})
            common: Record = {"label": label, "source": "manual", "occluded": 0}
            for name in _BUILT_IN:
                if (attributes.get(name) is True) if name == "occluded" else type(attributes.get(name)) is int:
                    common |= {name: int(attributes.pop(name))} if attributes[name] else {}
            if "score" in record:
                attributes[_CONFIDENCE] = record["score"]
            for name, value in attributes.items():
                kinds[label].setdefault(name, set()).add(type(value))
            told = [tag("attribute", {"name": name}, text(_told(value))) for name, value in attributes.items()]
            inner.append(_element(shape, common, told))
        images.append(tag("image", {"id": place, "name": picture.record["file_name"], **size}, "\n", *inner))
    labels = "".join(
        tag("label", {}, tag("name", {}, text(name)), _definitions(kinds[name])) for name in names.values()
    )
    told = [tag("size", {}, str(len(pictures))), tag("mode", {}, "annotation"), tag("labels", {}, labels)]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", tag("version", {}, "1.1")]
    lines += [tag("meta", {}, tag("task", {}, *told)), *images, "</annotations>", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _definitions(kinds: dict[str, set[type]]) -> str:
    """Return the attributes of a label: check boxes where all are true or false, else texts."""
    defined: list[str] = []
    for name, types in kinds.items():
        is_flag = types == {bool}
        inner = [tag("name", {}, text(name)), tag("mutable", {}, "False")]
        inner.append(tag("input_type", {}, "checkbox" if is_flag else "text"))
        inner += [
            tag("default_value", {}, "false" if is_flag else ""),
            tag("values", {}, "false\ntrue" if is_flag else ""),
        ]
        defined.append(tag("attribute", {}, *inner))
    return tag("attributes", {}, *(defined or [""]))


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)


def _element(shape: Shape, common: Record, inner: list[str]) -> str:
    """Return a shape as CVAT has it."""
    record, segmentation = shape.record, shape.record.get("segmentation")
    if shape.geometry is not None:
        return _geometry_element(shape.geometry, common, inner) + "\n"
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
    if geometry["type"] == "attribute":
        return tag("tag", {name: value for name, value in common.items() if name in {"label", "source"}}, *inner)
    if geometry["type"] == "point":
        return tag("points", common | {"points": _points([geometry["point"]])}, *inner)
    if geometry["type"] == "polyline":
        return tag("polyline", common | {"points": _points(geometry["polyline"])}, *inner)
    (cx, cy), (rx, ry) = geometry["center"], geometry["radii"]
    turn = {"rotation": geometry["rotation_degrees"]} if "rotation_degrees" in geometry else {}
    return tag("ellipse", common | {"cx": cx, "cy": cy, "rx": rx, "ry": ry, **turn}, *inner)


def _points(corners: Iterable[Sequence[float]]) -> str:
    return ";".join(f"{float(x)!r},{float(y)!r}" for x, y in corners)
