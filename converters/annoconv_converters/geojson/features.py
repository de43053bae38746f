"""Features of GeoJSON as QuPath has them, answers of Cytomine, and the XML of ASAP: pictures with records.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards; Cytomine counts y
upwards from the lower edge. Authority: RFC 7946; qupath/qupath, `ROITypeAdapters` and `QuPathTypeAdapters`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv_converters._pictures.carrier import side_path
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.geometry import is_numbers, tidy
from annoconv_converters._pictures.read import Batch
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._raster.polygons import with_keyholes
from annoconv_converters.geojson.asap import read_asap
from annoconv_converters.geojson.wkt import geometry_from_wkt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["TASK", "read_features", "tree_of"]

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "geojson"
"""Task of a case that names none."""
_GEOMETRIES: Final = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
_OLD_IDS: Final = frozenset({"PathTileObject", "PathCellObject", "TMACoreObject", "PathDetectionObject"}) | {
    "PathRootObject",
    "PathAnnotationObject",
}
"""What QuPath 0.2 wrote as the ids of its objects: their types."""


def tree_of(path: Path, limits: Limits) -> Any:
    """Return what a JSON file says, as it stands there: of QuPath a feature collection, of Cytomine its answer."""
    return strict_json.loads(strict_json.read_bytes(path, limits), limits=limits, source=path)


def read_features(path: Path, limits: Limits, height: int | None = None) -> Batch:
    """Return what a file holds: features of GeoJSON, annotations of Cytomine, or those of ASAP.

    Parameters
    ----------
    path
        The file; `.xml` is ASAP's.
    limits
        Bounds.
    height
        Rows of the slide, for Cytomine.

    Raises
    ------
    InputError
        If it is none of these, or a geometry cannot be understood.
    """
    if path.suffix.lower() == ".xml":
        return read_asap(path, limits)
    document = tree_of(path, limits)
    answers = _answers(document)
    if answers:
        return _cytomine(answers, path, height)
    told = document.get("pictures") if isinstance(document, dict) else None
    sizes = ("width", "height")
    pictures: dict[str, Picture] = {}
    for member in told if isinstance(told, list) else []:
        if isinstance(member, dict) and isinstance(member.get("file_name"), str):
            size = {name: member[name] for name in sizes if name in member}
            pictures[member["file_name"]] = Picture({"file_name": member["file_name"], **size}, is_unsized=True)
    if not pictures:
        pictures[f"{path.stem}.png"] = Picture({"file_name": f"{path.stem}.png"}, is_unsized=True)
    file = _FeatureFile(path)
    for feature in _features(document, path):
        properties = feature.get("properties")
        named = properties.get("picture") if isinstance(properties, dict) else None
        picture = pictures.get(str(named), next(iter(pictures.values())))
        picture.shapes += file.shapes(feature, is_sized="width" in picture.record)
    for number, picture in enumerate(pictures.values(), start=1):
        picture.record["id"] = number
    if file.is_coloured and not told:
        next(iter(pictures.values())).lost.append("colours of classes and objects")
    return Batch(list(pictures.values()), file.categories, path, side_path(path))


def _features(document: Any, path: Path) -> list[Record]:
    """Return the features of a collection, of a list, of a single one, or of a bare geometry."""
    listed = document
    if isinstance(document, dict):
        kind = document.get("type")
        listed = document.get("features") if kind == "FeatureCollection" else [document]
        if isinstance(kind, str) and kind in _GEOMETRIES:
            listed = [{"type": "Feature", "geometry": document}]
    if not isinstance(listed, list) or not all(
        isinstance(each, dict) and each.get("type") == "Feature" for each in listed
    ):
        raise InputError("this is no GeoJSON of features", source=path, expected="a FeatureCollection or a Feature")
    return listed


class _FeatureFile:
    """The features of one file: their classes and ids."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []
        self._ids: set[str] = set()
        self._count = 0
        self.is_coloured = False

    @property
    def categories(self) -> list[Record]:
        return categories_of(self._names)

    def shapes(self, feature: Record, *, is_sized: bool, parent: str | None = None) -> Iterator[Shape]:
        """Yield the shapes of a feature, of its nucleus, and of the objects within it."""
        self._count += 1
        where = f"feature {self._count}"
        held = feature.get("properties")
        properties: Record = held if isinstance(held, dict) else {}
        identity = self._identity(feature.get("id"), where)
        name = _class_name(properties)
        if name not in self._names:
            self._names.append(name)
        record: Record = {"id": identity, "category_id": self._names.index(name)}
        if type(properties.get("confidence")) in {int, float}:
            record["score"] = properties["confidence"]
        attributes = _attributes(properties) | ({} if parent is None else {"parent": parent})
        classification = properties.get("classification")
        self.is_coloured |= "color" in properties or (
            isinstance(classification, dict) and bool({"color", "colorRGB"} & classification.keys())
        )
        for part, key in (("", "geometry"), (".nucleus", "nucleusGeometry")):
            if key == "geometry" or feature.get(key):
                told = attributes if not part else {"part": "nucleus", "parent": identity}
                yield from self._shaped(
                    {**record, "id": f"{identity}{part}" if part else identity, "attributes": told},
                    feature.get(key),
                    where,
                    is_sized=is_sized,
                )
        children = properties.get("childObjects", properties.get("children"))
        for child in children if isinstance(children, list) else []:
            if not isinstance(child, dict):
                raise InputError("an object within another is none", source=self._path, where=where)
            yield from self.shapes(child, is_sized=is_sized, parent=identity)

    def _identity(self, stated: Any, where: str) -> str:
        is_stated = type(stated) is int or (isinstance(stated, str) and stated.isprintable() and bool(stated.strip()))
        identity = str(stated).strip() if is_stated and stated not in _OLD_IDS else ""
        if identity in self._ids:
            raise InputError("the id stands twice", source=self._path, where=where, found=identity[:80])
        if not identity:
            identity = str(self._count)
            while identity in self._ids:
                identity += "_"
        self._ids.add(identity)
        return identity

    def _shaped(self, record: Record, geometry: Any, where: str, *, is_sized: bool) -> Iterator[Shape]:
        """Yield the shapes of a geometry; one without shapes belongs to the whole picture."""
        if geometry is None or geometry == {}:
            yield Shape({**record, "attributes": record["attributes"] or {"image_label": True}})
            return
        shapes = list(_shapes(geometry, self._path, where)) if isinstance(geometry, dict) else []
        if not shapes:
            raise InputError("the geometry is of a kind that has no place in a picture", source=self._path, where=where)
        more = _plane(geometry, self._path, where)
        outlines = [shape.record["segmentation"][0] for shape in shapes if "segmentation" in shape.record]
        if len(outlines) == len(shapes) and (is_sized or len(outlines) == 1):  # a mask needs a size
            yield Shape({**record, "segmentation": outlines}, more=more)
            return
        for place, shape in enumerate(shapes, start=1):
            named = {"id": f"{record['id']}.{place}"} if len(shapes) > 1 else {}
            yield replace(shape, record={**record, **named, **shape.record}, more=more)


def _class_name(properties: Record) -> str:
    """Return the class in any of QuPath's forms: a text, a name, or names of a class and those within it."""
    found = properties.get("classification")
    if isinstance(found, dict):
        names = found.get("names")
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return ": ".join(names)
        found = found.get("name")
    return found if isinstance(found, str) else str(properties.get("name") or "")


def _attributes(properties: Record) -> Record:
    """Return what QuPath says of an object beyond its class: metadata, and measurements in either form."""
    told: Record = {}
    if properties.get("classification") and properties.get("name"):
        told["name"] = properties["name"]
    kind = properties.get("objectType", properties.get("object_type"))
    if kind != "annotation" and isinstance(kind, str):
        told["objectType"] = kind
    told |= {key: True for key in ("isLocked", "isMissing") if properties.get(key) is True}
    metadata, measurements = properties.get("metadata"), properties.get("measurements")
    if isinstance(metadata, dict):
        told |= metadata
    if isinstance(measurements, dict):
        told |= measurements
    elif isinstance(measurements, list):
        told |= {
            str(each["name"]): each["value"]
            for each in measurements
            if isinstance(each, dict) and {"name", "value"} <= each.keys()
        }
    return told


def _plane(geometry: Record, path: Path, where: str) -> Record:
    """Return the slice and the time point that a geometry lies on; the first are where nothing is said."""
    plane = geometry.get("plane")
    plane = plane if isinstance(plane, dict) else {}
    more = {name: plane[key] for name, key in (("slice_index", "z"), ("frame_index", "t")) if plane.get(key)}
    if not all(type(index) is int and 0 < index < 1 << 31 for index in more.values()):
        raise InputError("the plane is none", source=path, where=where, found=more)
    return more


def _shapes(geometry: Record, path: Path, where: str) -> Iterator[Shape]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon" and geometry.get("isEllipse") is True:
        yield _ellipse_shape(_outline(coordinates, path, where), path, where)
    elif kind == "Polygon":
        yield Shape({"segmentation": [_outline(coordinates, path, where)]})
    elif kind == "MultiPolygon":
        yield from (Shape({"segmentation": [_outline(each, path, where)]}) for each in _list(coordinates, path, where))
    elif kind == "Point":
        yield Shape({}, {"type": "point", "point": _corner(coordinates, path, where)})
    elif kind == "MultiPoint":
        for each in _list(coordinates, path, where):
            yield Shape({}, {"type": "point", "point": _corner(each, path, where)})
    elif kind == "LineString":
        yield Shape({}, {"type": "polyline", "polyline": _line(coordinates, path, where)})
    elif kind == "MultiLineString":
        for each in _list(coordinates, path, where):
            yield Shape({}, {"type": "polyline", "polyline": _line(each, path, where)})
    elif kind == "GeometryCollection":
        for each in _list(geometry.get("geometries"), path, where):
            if isinstance(each, dict):
                yield from _shapes(each, path, where)


def _ellipse_shape(ring: list[float], path: Path, where: str) -> Shape:
    """Return the ellipse within the bounds of a ring, as QuPath does."""
    x_min, x_max, y_min, y_max = min(ring[::2]), max(ring[::2]), min(ring[1::2]), max(ring[1::2])
    radii = [tidy((x_max - x_min) / 2), tidy((y_max - y_min) / 2)]
    if not all(radii):
        raise InputError("the ellipse has no area", source=path, where=where)
    center = [tidy((x_min + x_max) / 2), tidy((y_min + y_max) / 2)]
    return Shape({}, {"type": "ellipse", "center": center, "radii": radii})


def _list(value: Any, path: Path, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InputError("the geometry has no coordinates", source=path, where=where)
    return value


def _corner(value: Any, path: Path, where: str) -> list[float]:
    if not isinstance(value, list) or not is_numbers(value[:2], 2):
        raise InputError("a position is two numbers", source=path, where=where)
    return [float(value[0]), float(value[1])]


def _corners(value: Any, path: Path, where: str) -> list[list[float]]:
    return [_corner(each, path, where) for each in _list(value, path, where)]


def _line(value: Any, path: Path, where: str) -> list[list[float]]:
    corners = _corners(value, path, where)
    if len(corners) < 2:
        raise InputError("a line has fewer than two corners", source=path, where=where)
    return corners


def _outline(value: Any, path: Path, where: str) -> list[float]:
    """Return the rings of a polygon as one, its holes on keyholes, without the corner that repeats the first."""
    rings: list[Any] = []
    for each in _list(value, path, where):
        corners = _corners(each, path, where)
        corners = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
        if len(corners) < 3:
            raise InputError("a ring has fewer than three corners", source=path, where=where, found=len(corners))
        rings.append(np.array(corners))
    return [float(number) for number in with_keyholes(rings).ravel()]


def _answers(document: Any) -> list[Record]:
    """Return the annotations of an answer of Cytomine: one, or a collection."""
    listed = document if isinstance(document, list) else [document]
    if len(listed) == 1 and isinstance(listed[0], dict) and isinstance(listed[0].get("collection"), list):
        listed = listed[0]["collection"]
    told = [each.get("annotation", each) if isinstance(each, dict) else each for each in listed]
    return told if told and all(isinstance(each, dict) and "location" in each for each in told) else []


def _cytomine(answers: list[Record], path: Path, height: int | None) -> Batch:
    """Return the annotations of Cytomine by image; its locations are well-known text, y upwards."""
    pictures: dict[str, Picture] = {}
    file = _FeatureFile(path)
    for place, answer in enumerate(answers, start=1):
        geometry = geometry_from_wkt(answer["location"], path, f"annotation {place}, location")
        if height is not None:
            geometry["coordinates"] = _turned_over(geometry["coordinates"], height)
        terms = answer.get("term")
        name = f"term_{terms[0]}" if isinstance(terms, list) and terms else ""
        metadata: Record = {"y_axis": "upwards"} if height is None else {}
        if isinstance(terms, list) and len(terms) > 1:
            metadata["terms"] = [str(term) for term in terms]
        properties: Record = {"classification": name, "metadata": metadata}
        feature = {"id": answer.get("id"), "geometry": geometry, "properties": properties}
        image = str(answer.get("image", 1))
        picture = pictures.setdefault(image, Picture({"file_name": f"image_{image}.png"}, is_unsized=True))
        picture.shapes += file.shapes(feature, is_sized=False)
    for number, picture in enumerate(pictures.values(), start=1):
        picture.record["id"] = number
    return Batch(list(pictures.values()), file.categories, path)


def _turned_over(value: Any, height: int) -> Any:
    """Return positions with y counted from above."""
    if isinstance(value[0], list):
        return [_turned_over(each, height) for each in value]
    return [value[0], height - value[1], *value[2:]]
