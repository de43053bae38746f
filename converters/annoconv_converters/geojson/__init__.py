"""GeoJSON of QuPath, and the annotations of ASAP and Cytomine: outlines on whole slides.

Coordinates are continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards;
Cytomine counts y upwards from the lower edge, so its outlines are turned over once the height of the slide is known.
Written are feature collections that QuPath reads; a hole stays a hole. The member `pictures` of a collection names
the pictures and their sizes. Authority: RFC 7946; qupath.readthedocs.io ("Exporting annotations");
computationalpathologygroup/ASAP.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from annoconv import images as image_seam
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._pictures.read import SIDE_SUFFIX, Batch, read_pictures
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters._raster.outlines import rings_of
from annoconv_converters._raster.run_lengths import expand
from annoconv_converters.geojson.features import read_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["SUFFIX", "from_geojson", "to_geojson"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".geojson"
_TASK: Final = "geojson"
_KINDS: Final = frozenset({".geojson", ".json", ".xml", ".txt"})
_VERTICES: Final = 72
"""Of an ellipse; a multiple of four, so that its extremes are among them."""


def to_geojson(
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
    """Write cases as one GeoJSON feature collection.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The file; `*.annoconv.json` beside it takes along what GeoJSON has no place for.
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
        What GeoJSON does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """
    colours = {label.code: list(label.color_rgb) for label in context.label_system if label.color_rgb}

    def serialise(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
        _write(pictures, categories, path, colours)

    def parse(path: Path, _: object) -> Batch:
        return read_features(path, context.limits)

    return write_pictures(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=serialise,
        parse=parse,
        plain=plain,
        is_outlined=False,
        shapes=frozenset({"point", "polyline", "ellipse"}),
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_geojson(
    sources: Sequence[Path],
    *,
    context: Context,
    height: Annotated[int | None, Option(help="Rows of the slide, for Cytomine, which counts y from below.")] = None,
) -> Iterator[Reading]:
    """Yield the cases of GeoJSON files of QuPath, XML files of ASAP, and JSON answers of Cytomine.

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Task id, limits.
    height
        Rows of the slide; only outlines of Cytomine need it. Without it they are taken as they are, upside down.

    Raises
    ------
    InputError
        If a file is none of these, a geometry cannot be understood, or XML entities are declared.
    """
    files = image_seam.list_files(sources, context.limits)
    paths = [path for path in files if path.suffix.lower() in _KINDS and not path.name.endswith(SIDE_SUFFIX)]
    if not paths:
        raise InputError("there is no GeoJSON file", source=Path(sources[0]) if sources else None, expected=".geojson")
    return read_pictures((read_features(path, context.limits, height) for path in paths), context=context, task=_TASK)


def _write(
    pictures: Sequence[Picture], categories: Sequence[Record], path: Path, colours: dict[str, list[int]]
) -> None:
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
    path.write_bytes(strict_json.dumps({"type": "FeatureCollection", "pictures": told, "features": features}))


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
