"""Features of GeoJSON as QuPath has them: shapes of pictures.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards; Cytomine counts y
upwards from the lower edge. Authority: RFC 7946; qupath/qupath, `ROITypeAdapters` and `QuPathTypeAdapters`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.codes import is_name
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.records import IMAGE_LABEL, Picture, Shape
from annoconv_converters._pictures.scores import is_number
from annoconv_converters._raster.polygons import FARTHEST_PIXEL, rings_of_lists, with_keyholes
from annoconv_converters.geojson.coordinates import corner_of, line_of, members_of, plain_rings, rings_of
from annoconv_converters.geojson.losses import FileFeature
from annoconv_converters.geojson.meaning import OLD_TYPES, class_name, kind_of, measured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv_converters._pictures.seen_names import SeenNames


__all__ = ["FeatureFile", "outline_of"]

Record: TypeAlias = "dict[str, Any]"

_KINDS: Final = "Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon, GeometryCollection"
_MOST_KINDS: Final = 1_000
"""Kinds of properties that are held."""
_UNSEEN: Final = ("hidden", "absent", "unlabelled")
"""Metadata of ours: which keypoints are not seen, and why."""


class FeatureFile:
    """The features of one file: their classes and ids.

    Parameters
    ----------
    path
        The file, for messages.
    ids
        Takes the ids that were met.

    Attributes
    ----------
    told
        The features by the name of their picture, each before those within it.
    points
        Names of the keypoints of each class, by its place.
    """

    def __init__(self, path: Path, ids: SeenNames | None = None) -> None:
        self._path = path
        self._names: dict[str, int] = {}
        self._ids: SeenNames | set[str] = set() if ids is None else ids
        self._kinds: dict[str, Record] = {}
        self._count = 0
        self.told: dict[str, list[FileFeature]] = {}
        self.points: dict[int, list[str]] = {}

    @property
    def categories(self) -> list[Record]:
        """Records of the classes that were met."""
        records = categories_of(self._names)
        for number, names in self.points.items():
            records[number]["keypoints"] = names
        return records

    def shapes(self, feature: Record, place: Steps, picture: Picture, parent: str | None = None) -> Iterator[Shape]:
        """Yield the shapes of a feature, of its nucleus, and of the objects within it."""
        self._count += 1
        where = f"feature {self._count}"
        held = feature.get("properties")
        properties: Record = held if isinstance(held, dict) else {}
        identity = self._identity(feature.get("id"), where)
        within = "childObjects" if "childObjects" in properties else "children"
        if properties and within not in properties:
            feature["properties"] = properties = self._known(properties)
        self.told.setdefault(picture.record["file_name"], []).append(FileFeature(place, identity, feature))
        record: Record = {"id": identity, **self._told_of(properties, kind_of(feature))}
        attributes = record["attributes"] | ({} if parent is None else {"parent": parent})
        for part, key in (("", "geometry"), (".nucleus", "nucleusGeometry")):
            if key == "geometry" or feature.get(key):
                told = attributes if not part else {"part": "nucleus", "parent": identity}
                for shape in self._shaped(
                    {**record, "id": f"{identity}{part}" if part else identity, "attributes": told},
                    feature.get(key),
                    where,
                    is_sized="width" in picture.record,
                ):
                    shape.place = place
                    yield shape
        children = properties.get(within)
        for number, child in enumerate(children if isinstance(children, list) else []):
            if not isinstance(child, dict):
                raise InputError(
                    "an object within another is none",
                    source=self._path,
                    where=where,
                    found=json_type(child),
                    expected="an object",
                    advice=CORRECT_FILE,
                )
            yield from self.shapes(child, (*place, "properties", within, number), picture, identity)

    def outline(self, feature: Record, place: Steps, picture: Picture, drawn: Shape | None = None) -> Shape:
        """Return the shape of a feature that is a polygon with nothing within it, as `shapes` does.

        Its rings need not be read if they were `drawn` here.
        """
        self._count += 1
        where = f"feature {self._count}"
        held = feature.get("properties")
        if held:
            feature["properties"] = held = self._known(held)
        identity = self._identity(feature.get("id"), where)
        self.told.setdefault(picture.record["file_name"], []).append(FileFeature(place, identity, feature))
        drawn = drawn or _polygon_shape(feature["geometry"]["coordinates"], self._path, where)
        told = self._told_of(held or {}, kind_of(feature))
        drawn.record = {"id": identity, **told, **drawn.record}
        drawn.has_parts, drawn.place = True, place
        return drawn

    def identity_of(self, feature: Record) -> str:
        """Return the id of the annotation that the next feature becomes."""
        self._count += 1
        return self._identity(feature.get("id"), f"feature {self._count}")

    def _told_of(self, properties: Record, kind: Any) -> Record:
        """Return what properties tell of an object, as its record has it."""
        name = class_name(properties)
        told: Record = {"category_id": self._names.setdefault(name, len(self._names))}
        if is_number(properties.get("confidence")):
            told["score"] = float(properties["confidence"])
        return told | {"attributes": _attributes(properties, kind)}

    def _known(self, properties: Record) -> Record:
        """Return the very properties of another object, if they are the same: most objects are of few kinds."""
        key = repr(properties)
        if len(self._kinds) < _MOST_KINDS:
            return self._kinds.setdefault(key, properties)
        return self._kinds.get(key, properties)

    def _identity(self, stated: Any, where: str) -> str:
        is_number = type(stated) in {int, float, Decimal}
        is_stated = is_number or (isinstance(stated, str) and stated.isprintable() and bool(stated.strip()))
        identity = str(stated).strip() if is_stated and stated not in OLD_TYPES else ""
        if identity in self._ids:
            raise InputError(
                "the id stands twice",
                source=self._path,
                where=where,
                found=identity[:80],
                expected="an id of its own",
                advice=CORRECT_FILE,
            )
        if not identity:
            identity = str(self._count)
            while identity in self._ids:
                identity += "_"
        self._ids.add(identity)
        return identity

    def _shaped(self, record: Record, geometry: Any, where: str, *, is_sized: bool) -> Iterator[Shape]:
        """Yield the shapes of a geometry; one without shapes belongs to the whole picture."""
        if geometry is None or geometry == {}:
            yield Shape({**record, "attributes": record["attributes"] or dict(IMAGE_LABEL)})
            return
        if isinstance(geometry, dict) and geometry.get("type") == "Polygon" and geometry.get("isEllipse") is not True:
            drawn = _polygon_shape(geometry.get("coordinates"), self._path, where)
            more = _plane(geometry, self._path, where)
            drawn.record, drawn.more, drawn.has_parts = {**record, **drawn.record}, more, True
            yield drawn
            return
        points = _keypoints(geometry, record["attributes"], self._path, where)
        if points:
            left = {key: each for key, each in record["attributes"].items() if key not in {"keypoints", *_UNSEEN}}
            named = {"type": "keypoints", "keypoints": points}
            yield Shape({**record, "attributes": left}, named, more=_plane(geometry, self._path, where))
            return
        shapes = list(_shapes(geometry, self._path, where)) if isinstance(geometry, dict) else []
        if not shapes:
            kind = geometry.get("type") if isinstance(geometry, dict) else geometry
            problem = "the geometry is of a kind that has no place in a picture"
            raise InputError(
                problem,
                source=self._path,
                where=where,
                found=kind,
                expected=_KINDS,
                advice="Draw it as a polygon, a line or a point, or delete it",
            )
        more = _plane(geometry, self._path, where)
        outlines = [shape.record["segmentation"][0] for shape in shapes if "segmentation" in shape.record]
        if len(outlines) == len(shapes):
            # What runs along the edges of pixels in several pieces is a mask, which needs a size.
            is_mask = is_sized and len(outlines) > 1 and rings_of_lists(outlines).follows_pixels
            pieces = [piece for shape in shapes for piece in shape.pieces]
            yield Shape({**record, "segmentation": outlines}, more=more, has_parts=not is_mask, pieces=pieces)
            return
        for place, shape in enumerate(shapes, start=1):
            named = {"id": f"{record['id']}.{place}"} if len(shapes) > 1 else {}
            yield replace(shape, record={**record, **named, **shape.record}, more=more)


def _attributes(properties: Record, kind: Any) -> Record:
    """Return what QuPath says of an object beyond its class: metadata, and measurements in either form."""
    told: Record = {}
    if properties.get("classification") and properties.get("name"):
        told["name"] = properties["name"]
    if kind != "annotation" and isinstance(kind, str):
        told["objectType"] = kind
    told |= {key: True for key in ("isLocked", "isMissing") if properties.get(key) is True}
    metadata = properties.get("metadata")
    return told | (metadata if isinstance(metadata, dict) else {}) | measured(properties.get("measurements"))


def _plane(geometry: Record, path: Path, where: str) -> Record:
    """Return the slice and the time point that a geometry lies on; the first are where nothing is said."""
    plane = geometry.get("plane")
    plane = plane if isinstance(plane, dict) else {}
    more = {name: plane[key] for name, key in (("slice_index", "z"), ("frame_index", "t")) if plane.get(key)}
    if not all(type(index) is int and 0 < index < 1 << 31 for index in more.values()):
        raise InputError(
            "the plane is damaged",
            source=path,
            where=where,
            found=more,
            expected="whole numbers from 0 under z and t",
            advice=CORRECT_FILE,
        )
    return more


def _shapes(geometry: Record, path: Path, where: str) -> Iterator[Shape]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon" and geometry.get("isEllipse") is True:
        yield _ellipse_shape([each for corner in rings_of(coordinates, path, where)[0] for each in corner], path, where)
    elif kind == "Polygon":
        yield _polygon_shape(coordinates, path, where)
    elif kind == "MultiPolygon":
        yield from (_polygon_shape(each, path, where) for each in members_of(coordinates, path, where))
    elif kind == "Point":
        yield Shape({}, {"type": "point", "point": corner_of(coordinates, path, where)})
    elif kind == "MultiPoint":
        for each in members_of(coordinates, path, where):
            yield Shape({}, {"type": "point", "point": corner_of(each, path, where)})
    elif kind == "LineString":
        yield Shape({}, {"type": "polyline", "polyline": line_of(coordinates, path, where)})
    elif kind == "MultiLineString":
        for each in members_of(coordinates, path, where):
            yield Shape({}, {"type": "polyline", "polyline": line_of(each, path, where)})
    elif kind == "GeometryCollection":
        for each in members_of(geometry.get("geometries"), path, where):
            if isinstance(each, dict):
                yield from _shapes(each, path, where)


def outline_of(polygon: list[list[list[float]]]) -> Shape:
    """Return the shape of a polygon of one plain ring."""
    return Shape({"segmentation": [[*chain.from_iterable(polygon[0])]]}, pieces=[polygon], is_outline=True)


def _polygon_shape(value: Any, path: Path, where: str) -> Shape:
    if plain_rings([value]) is not None:
        return outline_of(value)
    rings = rings_of(value, path, where)
    if len(rings) == 1:
        flat = list(chain(*rings[0]))
        is_near = min(flat) >= -FARTHEST_PIXEL and max(flat) <= FARTHEST_PIXEL  # its numbers were looked at
        return Shape({"segmentation": [flat]}, pieces=[rings], is_outline=is_near or None)
    keyholed = with_keyholes([np.array(ring) for ring in rings]).ravel()
    return Shape({"segmentation": [keyholed.tolist()]}, pieces=[rings])


def _keypoints(geometry: Any, attributes: Record, path: Path, where: str) -> list[Record]:
    """Return the points of an object, where metadata of ours names them, and as many are seen as there are points."""
    told = {key: attributes.get(key, []) for key in ("keypoints", *_UNSEEN)}
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Point", "MultiPoint") or not all(map(_is_texts, told.values())):
        return []
    names = told["keypoints"]
    if not names or not all(map(is_name, names)):
        return []
    listed = geometry.get("coordinates")
    corners = [
        corner_of(each, path, where) for each in ([listed] if kind == "Point" else members_of(listed, path, where))
    ]
    why = {name: key for key in _UNSEEN for name in told[key]}
    seen = [name for name in names if why.get(name, "hidden") == "hidden"]
    if len(corners) != len(seen) or len({*names}) != len(names):
        return []
    places = dict(zip(seen, corners, strict=True))
    return [
        {"name": name, **({"point": places[name]} if name in places else {}), "visibility": why.get(name, "visible")}
        for name in names
    ]


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _ellipse_shape(ring: list[float], path: Path, where: str) -> Shape:
    """Return the ellipse within the bounds of a ring, as QuPath does."""
    x_min, x_max, y_min, y_max = min(ring[::2]), max(ring[::2]), min(ring[1::2]), max(ring[1::2])
    radii = [tidy((x_max - x_min) / 2), tidy((y_max - y_min) / 2)]
    if not all(radii):
        raise InputError(
            "the ellipse has no area",
            source=path,
            where=where,
            found=radii,
            expected="radii above 0",
            advice=CORRECT_FILE,
        )
    center = [tidy((x_min + x_max) / 2), tidy((y_min + y_max) / 2)]
    return Shape({}, {"type": "ellipse", "center": center, "radii": radii})
