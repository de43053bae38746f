"""Features of GeoJSON in the form in which they are compared: as QuPath means them, however they are spelled.

A ring is the same wherever it begins and whether its first corner is repeated; holes have no order; several geometries
of which there is one are that one; QuPath takes an ellipse from the bounds of its ring; a class has a name, whether it
is told as a text, an object or a list of names. Coordinates are one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv_converters._pictures.file_losses import as_value, stated
from annoconv_converters._raster.polygons import without_keyholes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "OLD_TYPES",
    "class_name",
    "feature_meant",
    "geometry_meant",
    "has_heights",
    "is_other_than_ellipse",
    "kind_of",
    "measured",
    "rings_of_polygon",
]

Record: TypeAlias = "dict[str, Any]"

OLD_TYPES: Final = {
    "PathTileObject": "tile",
    "PathCellObject": "cell",
    "TMACoreObject": "tmaCore",
    "PathDetectionObject": "detection",
    "PathRootObject": "root",
    "PathAnnotationObject": "annotation",
}
"""What QuPath 0.2 wrote as the ids of its objects, and the types that they stand for."""
_ENCODING: Final = {
    "type": "that it is a feature",
    "id": "who a feature is: the annotation's id; features are numbered when they are written",
}
"""What only says how the rest is encoded, and why it is left out."""
_ELSEWHERE: Final = ("nucleusGeometry", "childObjects", "children")
"""What becomes annotations of their own: that there is one is all that is compared."""
_ROUNDED: Final = 0.015
"""Pixels: how far a corner may be from an ellipse whose corners and bounds were rounded to hundredths."""
_NOTHING: Final[Record] = {"isLocked": False, "isMissing": False}
"""Values that say no more than their absence."""


def feature_meant(feature: Record) -> Record:
    """Return what a feature says."""
    held = feature.get("properties")
    properties: Record = dict(held) if isinstance(held, dict) else {}
    name, told = class_name(properties), properties.get("classification")
    if told:
        more = told if isinstance(told, dict) else {}
        more = {key: as_value(value) for key, value in more.items() if key not in {"name", "names"}}
        properties["classification"] = stated({"name": name, **more})
    properties["objectType"] = kind_of(feature)
    properties.pop("object_type", None)
    measurements = properties.get("measurements")
    if isinstance(measurements, list) and len(measured(measurements)) == len(measurements):
        properties["measurements"] = measured(measurements)
    if "color" in properties:
        properties["color"] = as_value(properties["color"])
    properties = {key: value for key, value in properties.items() if _NOTHING.get(key) is not value}
    geometry = feature.get("geometry")
    said: Record = {key: value for key, value in feature.items() if key not in _ENCODING}
    said |= {"properties": stated(properties), "geometry": geometry_meant(geometry) if geometry else None}
    for holder in (said, said["properties"]):
        holder |= {key: True for key in _ELSEWHERE if holder.get(key)}
    return stated(said)


def kind_of(feature: Record) -> Any:
    """Return the type of an object: said, or of QuPath 0.2 by its id."""
    held = feature.get("properties")
    properties: Record = held if isinstance(held, dict) else {}
    old = feature.get("id")
    return properties.get("objectType", properties.get("object_type", OLD_TYPES.get(old) if type(old) is str else None))


def class_name(properties: Record) -> str:
    """Return the class in any of QuPath's forms: a text, a name, or names of a class and those within it."""
    found = properties.get("classification")
    if isinstance(found, dict):
        names = found.get("names")
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return ": ".join(names)
        found = found.get("name")
    return found if isinstance(found, str) else str(properties.get("name") or "")


def measured(measurements: Any) -> Record:
    """Return measurements by name, of either form."""
    if isinstance(measurements, list):
        named = (each for each in measurements if isinstance(each, dict) and {"name", "value"} <= each.keys())
        return {str(each["name"]): each["value"] for each in named}
    return measurements if isinstance(measurements, dict) else {}


def geometry_meant(geometry: Any) -> Any:
    """Return what a geometry says: its type, and its coordinates as one value, each ring from its least corner on."""
    if not isinstance(geometry, dict):
        return geometry
    kind = geometry.get("type")
    coordinates: Any = _without_heights(geometry.get("coordinates"))
    if isinstance(kind, str) and kind.startswith("Multi") and isinstance(coordinates, list) and len(coordinates) == 1:
        kind, coordinates = kind.removeprefix("Multi"), coordinates[0]
    said = {**geometry, "type": kind, "coordinates": as_value(coordinates)}
    if kind == "Polygon" and geometry.get("isEllipse") is True:
        said["coordinates"] = _bounds(coordinates[0])
    elif kind == "Polygon" and coordinates:
        said["coordinates"] = _polygon(coordinates)
    elif kind == "MultiPolygon":
        said["coordinates"] = tuple(sorted(map(_polygon, coordinates)))
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        said["geometries"] = tuple(map(geometry_meant, geometry["geometries"]))
    plane = geometry.get("plane")
    if isinstance(plane, dict):  # the first plane and all channels are where nothing is said
        said["plane"] = {key: value for key, value in plane.items() if value != (-1 if key == "c" else 0)}
    return stated(said)


def has_heights(geometry: Any) -> bool:
    """Tell whether a position of a geometry has more than two numbers."""
    if not isinstance(geometry, dict):
        return False
    within: Any = geometry.get("geometries")
    coordinates = geometry.get("coordinates")
    is_higher = _without_heights(coordinates) != coordinates
    return is_higher or (isinstance(within, list) and any(map(has_heights, within)))


def is_other_than_ellipse(geometry: Any) -> bool:
    """Tell whether a geometry that says that it is an ellipse has a hole, or a corner that is not on the ellipse.

    That is the one within the bounds of its ring, as QuPath takes it, which writes corners to hundredths of a pixel.
    """
    if not isinstance(geometry, dict) or geometry.get("type") != "Polygon" or geometry.get("isEllipse") is not True:
        return False
    if len(geometry["coordinates"]) > 1:
        return True
    corners = np.array(_without_heights(geometry["coordinates"][0]), dtype=float)
    middle, radii = (corners.max(0) + corners.min(0)) / 2, (corners.max(0) - corners.min(0)) / 2
    distances = np.linalg.norm((corners - middle) / radii, axis=1)
    return bool((np.abs(distances - 1) * radii.max() > _ROUNDED * radii.max() / radii.min()).any())


def _without_heights(coordinates: Any) -> Any:
    """Return coordinates with positions of two numbers."""
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return coordinates
    return [*map(_without_heights, coordinates)] if isinstance(coordinates[0], list | tuple) else coordinates[:2]


def rings_of_polygon(polygon: Sequence[Sequence[float]]) -> list[list[list[float]]]:
    """Return the rings of a polygon of a case, its holes apart."""
    return without_keyholes(polygon)


def _bounds(ring: Sequence[Sequence[float]]) -> tuple[float, ...]:
    xs, ys = [corner[0] for corner in ring], [corner[1] for corner in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _polygon(rings: Sequence[Any]) -> tuple[Any, ...]:
    """Return an outer ring, then those round its holes in the order of their corners."""
    outer, *holes = (_ring(as_value(ring)) for ring in rings)
    return outer, *sorted(holes)


def _ring(ring: tuple[Any, ...]) -> tuple[Any, ...]:
    corners = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    first = corners.index(min(corners))
    return *corners[first:], *corners[:first]
