"""Pascal VOC: boxes in XML files, one a picture.

VOC counts pixels from 1 and its maxima are inclusive: `xmin` 1 is our 0, and `xmax` is our `x_max`. Much software
writes them from 0; say so with `zero_based`. Authority: the VOC2012 development kit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from annoconv import images as image_seam
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.kin import Batch, read_kin
from annoconv_converters._pictures.native import Picture
from annoconv_converters._pictures.safe_xml import number, parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from annoconv.casefile import Reading
    from annoconv.limits import Limits
    from annoconv.registry import Context

__all__ = ["from_pascal_voc"]

Record: TypeAlias = "dict[str, Any]"

_TASK: Final = "pascal-voc"
_FLAGS: Final = ("truncated", "difficult", "occluded")


def from_pascal_voc(
    sources: Sequence[Path],
    *,
    context: Context,
    zero_based: Annotated[bool, Option(help="The boxes count pixels from 0 and their maxima are exclusive.")] = False,
) -> Iterator[Reading]:
    """Yield a case for each picture of Pascal VOC files.

    Parameters
    ----------
    sources
        XML files, or folders of them.
    context
        Task id, limits.
    zero_based
        Whether `xmin` 0 is the left edge of the first pixel.

    Raises
    ------
    InputError
        If a file is no VOC annotation, or declares XML entities.
    """
    paths = [path for path in image_seam.list_files(sources, context.limits) if path.suffix.lower() == ".xml"]
    if not paths:
        raise InputError("there is no Pascal VOC file", source=Path(sources[0]) if sources else None, expected=".xml")
    batches = (_batch(path, context.limits, shift=0 if zero_based else 1) for path in paths)
    return read_kin(batches, context=context, task=_TASK)


def _batch(path: Path, limits: Limits, *, shift: int) -> Batch:
    root = parse_xml(path, limits)
    size = root.find("size")
    if root.tag != "annotation" or size is None:
        raise InputError("this is no Pascal VOC annotation", source=path, expected="annotation with a size")
    record: Record = {
        "id": 1,
        "file_name": (root.findtext("filename") or "").strip() or f"{path.stem}.jpg",
        "width": int(number(size.findtext("width"), "size/width", path)),
        "height": int(number(size.findtext("height"), "size/height", path)),
    }
    names: list[str] = []
    picture = Picture(record)
    for place, element in enumerate(root.iterfind("object"), start=1):
        name = (element.findtext("name") or "").strip()
        if name not in names:
            names.append(name)
        picture.annotations.append(_record(element, place, names.index(name), path, shift))
    categories = [{"id": place, "name": name} for place, name in enumerate(names)]
    return Batch([picture], categories, path)


def _record(element: Element, place: int, category: int, path: Path, shift: int) -> Record:
    box = element.find("bndbox")
    if box is None:
        raise InputError("the object has no box", source=path, where=f"object {place}", expected="bndbox")
    x_min, y_min, x_max, y_max = (
        number(box.findtext(name), f"object {place}/{name}", path) for name in ("xmin", "ymin", "xmax", "ymax")
    )
    x_min, y_min = x_min - shift, y_min - shift
    if x_max < x_min or y_max < y_min:
        raise InputError("the box is turned inside out", source=path, where=f"object {place}")
    attributes: Record = {name: element.findtext(name) == "1" for name in _FLAGS if element.find(name) is not None}
    pose = (element.findtext("pose") or "").strip()
    if pose and pose != "Unspecified":
        attributes["pose"] = pose
    return {
        "id": place,
        "category_id": category,
        "bbox": [tidy(x_min), tidy(y_min), tidy(x_max - x_min), tidy(y_max - y_min)],
        "attributes": attributes,
    }
