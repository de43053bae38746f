"""Pictures to a feature collection that QuPath reads; a hole stays a hole.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards. Authority: RFC 7946;
qupath.readthedocs.io ("Exporting annotations").
"""

from __future__ import annotations

import hashlib
import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv_converters._pictures.write import PictureFormat
from annoconv_converters._raster.outlines import rings_of
from annoconv_converters._raster.run_lengths import expand
from annoconv_converters.geojson.features import TASK, read_features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.registry import Context
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "geojson_format", "tree"]

Record: TypeAlias = "dict[str, Any]"

REASONS: Final[Reasons] = {
    "annotations/#/id": "the features of GeoJSON are numbered",
    "annotations/#/mask_file": "GeoJSON names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "GeoJSON has no label maps",
    "annotations/#/category": "in GeoJSON the category follows from the label",
    "*/modality": "GeoJSON knows no modality",
    "*/shape/#": "a picture of GeoJSON has two dimensions",
    "task_id": "GeoJSON names no annotation task",
    "*": "GeoJSON has no place for {place}",
}
_VERTICES: Final = 72
"""Of an ellipse; a multiple of four, so that its extremes are among them."""


def geojson_format(context: Context) -> PictureFormat[Record]:
    """Return what the writer must know of GeoJSON; classes have the colours of the task's label system."""
    colours = {label.code: list(label.color_rgb) for label in context.label_system if label.color_rgb}
    return PictureFormat(
        task=TASK,
        tree=partial(tree, colours=colours),
        save=_save,
        read=lambda path, _: read_features(path, context.limits),
        reasons=REASONS,
        shapes=frozenset({"point", "polyline", "ellipse"}),
    )


def tree(pictures: Sequence[Picture], categories: Sequence[Record], *, colours: Mapping[str, list[int]]) -> Record:
    """Return pictures as a feature collection."""
    classes: dict[Any, Record] = {}
    for record in categories:
        name = str(record["name"])
        # QuPath reads no classification of a name alone.
        classes[record["id"]] = {"name": name, "color": colours.get(name) or _colour(name)}
    features: list[Record] = []
    for picture in pictures:
        for shape in picture.shapes:
            record = shape.record
            properties: Record = {"objectType": "annotation", "classification": classes[record["category_id"]]}
            if "score" in record:
                properties["confidence"] = record["score"]
            if record.get("attributes"):
                properties["metadata"] = record["attributes"]
            if len(pictures) > 1:
                properties["picture"] = picture.record["file_name"]
            geometry = _geometry_of(shape)
            features.append({"type": "Feature", "id": record["id"], "geometry": geometry, "properties": properties})
    told = [
        {name: picture.record[name] for name in ("file_name", "width", "height") if name in picture.record}
        for picture in pictures
    ]
    return {"type": "FeatureCollection", "pictures": told, "features": features}


def _save(collection: Record, path: Path) -> None:
    path.write_bytes(strict_json.dumps(collection))


def _colour(name: str) -> list[int]:
    """Return a colour for a class, always the same."""
    return [64 + byte % 192 for byte in hashlib.sha256(name.encode()).digest()[:3]]


def _geometry_of(shape: Shape) -> Record:
    """Return the geometry of a shape; a mask is a polygon with holes for each of its pieces."""
    segmentation, geometry = shape.record.get("segmentation"), shape.geometry
    if geometry is not None and geometry["type"] == "ellipse":
        turn = {} if geometry.get("rotation_degrees") else {"isEllipse": True}
        return {"type": "Polygon", "coordinates": [_closed(_ellipse(geometry))], **turn}
    if geometry is not None:
        kind = "Point" if geometry["type"] == "point" else "LineString"
        return {"type": kind, "coordinates": geometry.get("point", geometry.get("polyline"))}
    if isinstance(segmentation, dict):
        pieces = rings_of(expand(segmentation["counts"].encode()), segmentation["size"][0])
        return {"type": "MultiPolygon", "coordinates": [[_closed(ring) for ring in piece] for piece in pieces]}
    if segmentation:
        return {"type": "Polygon", "coordinates": [_closed(segmentation[0])]}
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
