"""Regions of an ImagingSelection: as many numbers as their type has, and inside the image (DICOM PS3.3 C.10.5, C.18.9).

2-D coordinates are pixels from the outer corner of the first one, columns first; 3-D ones millimetres. In R4B a region
is an extension with HL7's address for that of R5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv.findings import Level
from annoconv.messages import Message
from annoconv_converters.check_fhir.own_rules import Breach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from annoconv_converters.check_fhir.nodes import Node

__all__ = ["OF_INSTANCES", "breaches_of"]

CROSS_VERSION: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ImagingSelection.instance"
"""Address of an instance as R4B has it, an extension of Basic."""


@dataclass(frozen=True, slots=True)
class _Region:
    """A region: its type, its numbers, and the pointer of each below the instance."""

    dimensions: int
    type: str
    numbers: Sequence[float]
    pointers: Callable[[int], str]
    below: str


_POINTS: Final = {
    2: {"point": (1, 1), "polyline": (2, None), "interpolated": (2, None), "circle": (2, 2), "ellipse": (4, 4)},
    3: {
        "point": (1, 1),
        "multipoint": (1, None),
        "polyline": (2, None),
        "polygon": (4, None),
        "ellipse": (4, 4),
        "ellipsoid": (6, 6),
    },
}
"""Points of each type: at least, and at most."""
_AXES_APART: Final = 1e-2
"""How far the middles of two axes of an ellipse may be apart, of the longer axis: coordinates are rounded."""


def breaches_of(node: Node, sizes: Mapping[str, tuple[int, int]]) -> Iterator[Breach]:
    """Yield what is wrong with the regions of one instance.

    Parameters
    ----------
    node
        An instance of an ImagingSelection, or the extension that stands for it in R4B.
    sizes
        Columns and rows of images whose size is known, by SOP Instance UID.
    """
    uid, regions = _told(node.value)
    for region in regions:
        yield from _of_count(region)
        if region.dimensions == 2:
            yield from _of_place(region, sizes.get(uid))


def _of_count(region: _Region) -> Iterator[Breach]:
    bounds = _POINTS[region.dimensions].get(region.type)
    if bounds is None:
        return  # a code that the value set lacks is told there
    if not region.numbers:
        return  # told as an empty array
    count, rest = divmod(len(region.numbers), region.dimensions)
    least, most = bounds
    if rest or count < least or (most is not None and count > most):
        if most == least:
            wanted = Message("{count} for {type}", count=least * region.dimensions, type=region.type)
        else:
            wanted = Message(
                "{count} or more for {type}, a multiple of {dimensions}",
                count=least * region.dimensions,
                type=region.type,
                dimensions=region.dimensions,
            )
        problem = "the region has a wrong number of coordinates"
        yield Breach("coordinates", region.below, problem, found=len(region.numbers), expected=wanted)
        return
    points = [
        tuple(region.numbers[each : each + region.dimensions])
        for each in range(0, len(region.numbers), region.dimensions)
    ]
    if region.type == "polygon" and points[0] != points[-1]:
        yield Breach(
            "closed", region.below, "the polygon is not closed", advice="Write its first point again as the last"
        )
    if region.type == "circle" and points[0] == points[1]:
        yield Breach("extent", region.below, "the circle has no radius")
    if region.type in {"ellipse", "ellipsoid"}:
        yield from _of_axes(region, points)


def _of_axes(region: _Region, points: Sequence[Sequence[float]]) -> Iterator[Breach]:
    pairs = list(zip(points[::2], points[1::2], strict=True))
    lengths = [math.dist(*pair) for pair in pairs]
    middles = [[(a + b) / 2 for a, b in zip(*pair, strict=True)] for pair in pairs]
    if 0 in lengths:
        yield Breach("extent", region.below, "an axis has no length", level=Level.WARNING)
    elif any(math.dist(middles[0], other) > _AXES_APART * max(lengths) for other in middles[1:]):
        advice = "Write the two ends of each axis one after the other"
        yield Breach("axes", region.below, "the axes have no common centre", level=Level.WARNING, advice=advice)


def _of_place(region: _Region, size: tuple[int, int] | None) -> Iterator[Breach]:
    """Yield the first number of a region that lies outside."""
    if region.type == "circle" and len(region.numbers) == 4:
        x, y = region.numbers[:2]
        radius = math.dist((x, y), region.numbers[2:])
        reached: Iterable[float] = (x - radius, y - radius, x + radius, y + radius)
    else:
        reached = region.numbers
    for index, number in enumerate(reached):
        most = None if size is None else size[index % 2]
        if number < 0 or (most is not None and number > most):
            wanted = Message("0 or more") if most is None else Message("0 to {most}", most=most)
            pointer = region.pointers(min(index, len(region.numbers) - 1))
            yield Breach("outside_image", pointer, "the region lies outside the image", expected=wanted)
            return


def _told(value: dict[str, Any]) -> tuple[str, list[_Region]]:
    if "url" in value:
        return _of_extensions(value.get("extension"))
    regions: list[_Region] = []
    for dimensions in (2, 3):
        key = f"imageRegion{dimensions}D"
        for index, each in enumerate(_dicts(value.get(key))):
            below = f"/{key}/{index}"
            numbers = _numbers(each.get("coordinate"))
            if numbers is not None:
                regions.append(
                    _Region(dimensions, str(each.get("regionType")), numbers, _Numbered(f"{below}/coordinate/"), below)
                )
    return str(value.get("uid")), regions


class _Numbered:
    """The pointer of a coordinate by its position."""

    def __init__(self, before: str, after: str = "", first: int = 0) -> None:
        self.before, self.after, self.first = before, after, first

    def __call__(self, index: int) -> str:
        return f"{self.before}{self.first + index}{self.after}"


def _of_extensions(extensions: Any) -> tuple[str, list[_Region]]:
    uid, regions = "", list[_Region]()
    for index, each in enumerate(_dicts(extensions)):
        url = each.get("url")
        if url == "uid":
            uid = str(each.get("valueId") or each.get("valueString"))
        elif url in ("imageRegion2D", "imageRegion3D"):
            parts = _dicts(each.get("extension"))
            below = f"/extension/{index}"
            kind = next((part.get("valueCode") for part in parts if part.get("url") == "regionType"), None)
            places = [place for place, part in enumerate(parts) if part.get("url") == "coordinate"]
            numbers = _numbers([parts[place].get("valueDecimal") for place in places])
            if numbers is not None:
                first = places[0] if places else 0
                pointers = _Numbered(f"{below}/extension/", "/valueDecimal", first)
                regions.append(_Region(int(str(url)[-2]), str(kind), numbers, pointers, below))
    return uid, regions


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [each if isinstance(each, dict) else {} for each in values] if isinstance(values, list) else []


def _numbers(values: Any) -> list[float] | None:
    """Return numbers; None if there are others, which is told elsewhere."""
    if not isinstance(values, list) or any(
        isinstance(each, bool | str | list | dict) or each is None for each in values
    ):
        return None
    return [float(each) for each in values]


OF_INSTANCES: Final = ("ImagingSelection.instance", CROSS_VERSION)
"""The type of an instance, and the address of the extension that stands for it."""
