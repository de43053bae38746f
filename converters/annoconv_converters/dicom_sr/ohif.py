"""What OHIF needs beside the standard's content to edit what it reads: which of its tools drew it, and where.

The viewer knows a measurement as its own by how the tracking identifier begins, `Cornerstone3DTools@^0.1.0:Length`, and
looks for coordinates at the first value of a group, else at the group itself; at a group that has none it stops.
Authority: the adapters of cornerstone3D (`MeasurementReport.generateToolState`), of which it is made.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    BboxAnnotation,
    EllipseAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)
from annoconv_converters._dicom.content import Coordinates

if TYPE_CHECKING:
    from annoconv.model import Annotation
    from annoconv_converters._dicom.content import Item
    from annoconv_converters.dicom_sr.regions import Drawn

__all__ = ["has_place", "is_box", "make_editable", "plain_tracking_id", "tool_of"]

_PREFIX: Final = "Cornerstone3DTools@^0.1.0:"
"""Of the tracking identifier of what the viewer drew."""
_NAMED: Final = re.compile(re.escape(_PREFIX) + r"[A-Za-z]+:(.+)", re.DOTALL)
_AXES: Final = {("103339001", "SCT"), ("103340004", "SCT")}
"""Long and short axis."""


def tool_of(annotation: Annotation, drawn: Drawn | None) -> str:
    """Return how the tracking identifier begins of what one of the viewer's tools draws; empty if none does."""
    measured = {(each.concept.code, each.concept.scheme) for each in annotation.measurements or ()}
    if drawn is None:
        return f"{_PREFIX}Bidirectional:" if measured >= _AXES else ""
    if len(drawn.items) != 1 or not isinstance(drawn.items[0].value, Coordinates):
        return ""
    if isinstance(annotation, PolylineAnnotation):
        is_length = len(annotation.polyline) == 2 and annotation.measurements
        return f"{_PREFIX}{'Length' if is_length else 'PlanarFreehandROI'}:"
    if isinstance(annotation, EllipseAnnotation):
        return f"{_PREFIX}{'CircleROI' if drawn.items[0].value.shape == 'CIRCLE' else 'EllipticalROI'}:"
    tools = ((BboxAnnotation, "RectangleROI"), (PolygonAnnotation, "PlanarFreehandROI"), (PointAnnotation, "Probe"))
    return next((f"{_PREFIX}{tool}:" for kind, tool in tools if isinstance(annotation, kind)), "")


def make_editable(group: Item, drawn: Drawn | None) -> None:
    """Put the coordinates of a group at its first value too, where the viewer looks for them."""
    first = next(group.all(kind="NUM"), None)
    if first is None or drawn is None or any(each.kind.startswith("SCOORD") for each in first.children):
        return
    first.children += [replace(each, relationship="INFERRED FROM", name=None) for each in drawn.items]


def has_place(group: Item) -> bool:
    """Tell whether a group, or a value of it, has coordinates: where one has none the viewer stops."""
    places = [group, *group.all(kind="NUM")]
    return any(each.kind.startswith("SCOORD") for place in places for each in place.children)


def plain_tracking_id(name: str) -> str:
    """Return a tracking identifier without the tool that drew it, where something stands behind it."""
    found = _NAMED.fullmatch(name)
    return name if found is None else found[1]


def is_box(group: Item) -> bool:
    """Tell whether the viewer's tool for rectangles drew what stands in a group."""
    return any(
        isinstance(each.value, str) and each.value.startswith(_PREFIX + "RectangleROI")
        for each in group.all(("112039", "DCM"), kind="TEXT")
    )
