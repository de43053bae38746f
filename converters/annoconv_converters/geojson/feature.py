"""One shape as a feature that QuPath reads; a hole stays a hole.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards. What QuPath says of
an object stands in the attributes of its annotation, and is written where QuPath has it.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters._pictures.skeletons import seen_of
from annoconv_converters._raster.outlines import rings_of
from annoconv_converters._raster.run_lengths import expand
from annoconv_converters.geojson.meaning import rings_of_polygon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from annoconv.model import Label
    from annoconv_converters._pictures.outlines import RingColumns
    from annoconv_converters._pictures.records import Shape

__all__ = ["classification_of", "colours_of", "feature_of", "features_of", "properties_of"]

Record: TypeAlias = "dict[str, Any]"

_VERTICES: Final = 72
"""Of an ellipse; a multiple of four, so that its extremes are among them."""
_OBJECT: Final[Mapping[str, Callable[[Any], bool]]] = {
    "name": lambda value: isinstance(value, str) and bool(value),
    "objectType": lambda value: value in ("detection", "cell", "tile", "tmaCore"),
    "isLocked": lambda value: value is True,
    "isMissing": lambda value: value is True,
}
"""Attributes that are properties of an object of QuPath, and which values they have there."""


def feature_of(shape: Shape, classification: Record, picture: str | None = None) -> Record:
    """Return a shape as a feature."""
    record = shape.record
    attributes = (record.get("attributes") or {}) | _named(shape.geometry or {})
    properties = properties_of(record.get("score"), attributes, classification)
    if picture is not None:
        properties["picture"] = picture
    return {"type": "Feature", "id": record["id"], "geometry": _geometry_of(shape), "properties": properties}


def features_of(rings: RingColumns, classes: Mapping[int, Record], picture: str | None) -> Iterator[Record]:
    """Yield rings as features, as `feature_of` does; properties that are the same are one object."""
    named = {} if picture is None else {"picture": picture}
    properties = {of: properties_of(None, None, classes[of]) | named for of in {*rings.classes}}
    for number, of, ring in zip(rings.numbers, rings.classes, rings.rings, strict=True):
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        yield {"type": "Feature", "id": number, "geometry": geometry, "properties": properties[of]}


def _named(geometry: Record) -> Record:
    """Return what is said of keypoints beside their places: all names, and those that are not seen, by why."""
    listed: list[Record] = geometry.get("keypoints", [])
    unseen: dict[str, list[str]] = {}
    for each in listed:
        why = each.get("visibility", "visible" if seen_of(each) else "unlabelled")
        if why != "visible":
            unseen.setdefault(why, []).append(each["name"])
    return ({"keypoints": [each["name"] for each in listed]} if listed else {}) | unseen


def properties_of(score: float | None, attributes: Record | None, classification: Record) -> Record:
    """Return the properties of an object; numbers among its attributes are measurements, the rest metadata."""
    properties: Record = {"objectType": "annotation"}
    if classification["name"]:
        properties["classification"] = classification
    if score is not None:
        properties["confidence"] = score
    metadata: Record = {}
    measurements: Record = {}
    for name, value in (attributes or {}).items():
        if name in _OBJECT and _OBJECT[name](value):
            properties[name] = value
        else:
            is_text = isinstance(value, str | bool | list)
            (metadata if is_text else measurements)[name] = value
    properties |= {"metadata": metadata} if metadata else {}
    return properties | ({"measurements": measurements} if measurements else {})


def colours_of(label_system: Iterable[Label]) -> dict[str, list[int]]:
    """Return the colours that labels have, by code."""
    return {label.code: list(label.color_rgb) for label in label_system if label.color_rgb}


def classification_of(name: str, colours: Mapping[str, list[int]]) -> Record:
    """Return a class as QuPath has it, which reads none of a name alone: with its colour, else one made of the name."""
    made = [64 + byte % 192 for byte in hashlib.sha256(name.encode()).digest()[:3]]
    return {"name": name, "color": colours.get(name) or made}


def _geometry_of(shape: Shape) -> Record:
    """Return the geometry of a shape; a mask is a polygon with holes for each of its pieces."""
    segmentation, geometry = shape.record.get("segmentation"), shape.geometry
    if geometry is not None and geometry["type"] == "ellipse":
        turn = {} if geometry.get("rotation_degrees") else {"isEllipse": True}
        return {"type": "Polygon", "coordinates": [_closed(_ellipse(geometry))], **turn}
    if geometry is not None and geometry["type"] == "keypoints":
        seen = [each["point"] for each in geometry["keypoints"] if seen_of(each)]
        return {"type": "MultiPoint", "coordinates": seen} if seen else {}
    if geometry is not None:
        kind = "Point" if geometry["type"] == "point" else "LineString"
        return {"type": kind, "coordinates": geometry.get("point", geometry.get("polyline"))}
    if isinstance(segmentation, dict):
        pieces = rings_of(expand(segmentation["counts"].encode()), segmentation["size"][0])
        return {"type": "MultiPolygon", "coordinates": [[_closed(ring) for ring in piece] for piece in pieces]}
    if shape.pieces:
        parts = [[[*ring, ring[0]] for ring in piece] for piece in shape.pieces]
        is_one = len(parts) == 1
        return {"type": "Polygon" if is_one else "MultiPolygon", "coordinates": parts[0] if is_one else parts}
    if segmentation:
        corners = [list(zip(flat[::2], flat[1::2], strict=True)) for flat in segmentation]
        parts = [[[*ring, ring[0]] for ring in rings_of_polygon(each)] for each in corners]
        is_one = len(parts) == 1
        return {"type": "Polygon" if is_one else "MultiPolygon", "coordinates": parts[0] if is_one else parts}
    x, y, width, height = shape.record["bbox"]
    ring = [x, y, x + width, y, x + width, y + height, x, y + height]
    return {"type": "Polygon", "coordinates": [_closed(ring)]}


def _ellipse(geometry: Record) -> list[float]:
    """Return an ellipse as a ring; QuPath takes its bounds, so that its extremes are exact."""
    (cx, cy), (rx, ry) = geometry["center"], geometry["radii"]
    turn = math.radians(geometry.get("rotation_degrees") or 0)
    ring: list[float] = []
    for step in range(_VERTICES):
        angle = 2 * math.pi * step / _VERTICES
        across, along = rx * round(math.cos(angle), 12), ry * round(math.sin(angle), 12)
        ring.append(cx + across * math.cos(turn) - along * math.sin(turn))
        ring.append(cy + across * math.sin(turn) + along * math.cos(turn))
    return ring


def _closed(ring: Sequence[float]) -> list[list[float]]:
    corners = [[x, y] for x, y in zip(ring[::2], ring[1::2], strict=True)]
    return [*corners, corners[0]]
