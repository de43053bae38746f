"""GeoJSON of QuPath, and the annotations of ASAP and Cytomine: outlines on whole slides.

Coordinates are continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards;
Cytomine counts y upwards from the lower edge, so its outlines are turned over once the height of the slide is known.
Written are feature collections that QuPath reads; a hole stays a hole. The member `pictures` of a collection names
the pictures and their sizes. Authority: RFC 7946; qupath.readthedocs.io ("Exporting annotations");
computationalpathologygroup/ASAP.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv import images as image_seam
from annoconv import jsondoor
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._outlines import exact_rings
from annoconv_converters._pictures.geometry import is_numbers
from annoconv_converters._pictures.kin import SIDE_SUFFIX, Batch, read_kin, side_path, write_kin
from annoconv_converters._pictures.native import Picture
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.safe_xml import attribute_number, parse_xml
from annoconv_converters._polygons import with_keyholes
from annoconv_converters._runlength import decode, expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SUFFIX", "from_geojson", "to_geojson"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".geojson"
_TASK: Final = "geojson"
_KINDS: Final = frozenset({".geojson", ".json", ".xml", ".txt"})
_WKT_PART: Final = re.compile(r"\(([^()]*)\)")
_WKT: Final = re.compile(r"\s*(POLYGON|MULTIPOLYGON|POINT|LINESTRING)\s*(\(.*\))\s*", re.DOTALL)


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

    def parse(path: Path, _: object) -> Batch:
        return _batch(path, context.limits)

    return write_kin(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=_write,
        parse=parse,
        plain=plain,
        is_outlined=False,
        shapes=frozenset({"point", "polyline"}),
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
    return read_kin((_batch(path, context.limits, height) for path in paths), context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
    names = {record["id"]: str(record["name"]) for record in categories}
    features: list[Record] = []
    for picture in pictures:
        for record in picture.annotations:
            properties: Record = {"objectType": "annotation", "classification": {"name": names[record["category_id"]]}}
            if "score" in record:
                properties["confidence"] = record["score"]
            if record.get("attributes"):
                properties["metadata"] = record["attributes"]
            if len(pictures) > 1:
                properties["picture"] = picture.record["file_name"]
            geometry = _geometry_of(record)
            features.append({"type": "Feature", "id": record["id"], "geometry": geometry, "properties": properties})
    told = [
        {name: picture.record[name] for name in ("file_name", "width", "height") if name in picture.record}
        for picture in pictures
    ]
    path.write_bytes(jsondoor.dumps({"type": "FeatureCollection", "pictures": told, "features": features}))


def _geometry_of(record: Record) -> Record:
    """Return the geometry of a record; a mask is a polygon with holes for each of its pieces."""
    segmentation, geometry = record.get("segmentation"), record.get("geometry")
    if isinstance(geometry, dict):
        kind = "Point" if geometry["type"] == "point" else "LineString"
        return {"type": kind, "coordinates": geometry.get("point", geometry.get("polyline"))}
    if isinstance(segmentation, dict):
        rows, columns = segmentation["size"]
        pieces = exact_rings(decode(expand(segmentation["counts"].encode()), (rows, columns)))
        return {"type": "MultiPolygon", "coordinates": [[_closed(ring) for ring in piece] for piece in pieces]}
    if segmentation:
        return {"type": "Polygon", "coordinates": [_closed(segmentation[0])]}
    x, y, width, height = record["bbox"]
    ring = [x, y, x + width, y, x + width, y + height, x, y + height]
    return {"type": "Polygon", "coordinates": [_closed(ring)]}


def _closed(ring: Sequence[float]) -> list[list[float]]:
    corners = [[x, y] for x, y in zip(ring[::2], ring[1::2], strict=True)]
    return [*corners, corners[0]]


def _batch(path: Path, limits: Limits, height: int | None = None) -> Batch:
    if path.suffix.lower() == ".xml":
        return _asap(path, limits)
    document = jsondoor.loads(jsondoor.read_bytes(path, limits), limits=limits, source=path)
    if (
        isinstance(document, dict)
        and isinstance(document.get("annotation"), dict)
        and "location" in document["annotation"]
    ):
        return _cytomine(document["annotation"], path, height)
    features = _features(document, path)
    told = document.get("pictures") if isinstance(document, dict) else None
    sizes = ("width", "height")
    pictures: dict[str, Picture] = {}
    for member in told if isinstance(told, list) else []:
        if isinstance(member, dict) and isinstance(member.get("file_name"), str):
            size = {name: member[name] for name in sizes if name in member}
            pictures[member["file_name"]] = Picture({"file_name": member["file_name"], **size}, is_unsized=True)
    if not pictures:
        pictures[f"{path.stem}.png"] = Picture({"file_name": f"{path.stem}.png"}, is_unsized=True)
    names: list[str] = []
    for place, feature in enumerate(features, start=1):
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        picture = pictures.get(str(properties.get("picture")), next(iter(pictures.values())))
        is_sized = "width" in picture.record
        picture.annotations += _records(feature, properties, place, names, path, is_sized=is_sized)
    for number, picture in enumerate(pictures.values(), start=1):
        picture.record["id"] = number
    categories = [{"id": place, "name": name} for place, name in enumerate(names)]
    return Batch(list(pictures.values()), categories, path, side_path(path))


def _features(document: Any, path: Path) -> list[Record]:
    """Return the features of a collection, of a list, or of a single one."""
    listed = document
    if isinstance(document, dict):
        listed = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    if not isinstance(listed, list) or not all(
        isinstance(each, dict) and each.get("type") == "Feature" for each in listed
    ):
        raise InputError("this is no GeoJSON of features", source=path)
    return listed


def _records(
    feature: Record, properties: Record, place: int, names: list[str], path: Path, *, is_sized: bool
) -> Iterator[Record]:
    where = f"feature {place}"
    classification = properties.get("classification")
    name = classification.get("name") if isinstance(classification, dict) else None
    name = name if isinstance(name, str) else str(properties.get("name") or "")
    if name not in names:
        names.append(name)
    stated = feature.get("id")
    identity = stated if type(stated) is int else place
    record: Record = {"id": identity, "category_id": names.index(name)}
    if type(properties.get("confidence")) in {int, float}:
        record["score"] = properties["confidence"]
    attributes = _attributes(properties)
    if attributes:
        record["attributes"] = attributes
    geometry = feature.get("geometry")
    shapes = list(_shapes(geometry, path, where)) if isinstance(geometry, dict) else []
    if not shapes:
        raise InputError("the geometry is of a kind that has no place in a picture", source=path, where=where)
    outlines = [shape["segmentation"][0] for shape in shapes if "segmentation" in shape]
    if len(outlines) == len(shapes) and (is_sized or len(outlines) == 1):  # a mask needs a size
        yield {**record, "segmentation": outlines}
    elif len(shapes) == 1:
        yield {**record, **shapes[0]}
    else:
        yield from ({**record, "id": f"{identity}.{number}", **shape} for number, shape in enumerate(shapes, start=1))


def _attributes(properties: Record) -> Record:
    """Return what QuPath says of an object beyond its class: metadata, and measurements in either form."""
    told: Record = {}
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
    return {key: value for key, value in told.items() if isinstance(value, str | int | float)}


def _shapes(geometry: Record, path: Path, where: str) -> Iterator[Record]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        yield {"segmentation": [_outline(coordinates, path, where)]}
    elif kind == "MultiPolygon":
        yield from ({"segmentation": [_outline(each, path, where)]} for each in _list(coordinates, path, where))
    elif kind == "Point":
        yield {"geometry": {"type": "point", "point": _corner(coordinates, path, where)}}
    elif kind == "MultiPoint":
        for each in _list(coordinates, path, where):
            yield {"geometry": {"type": "point", "point": _corner(each, path, where)}}
    elif kind == "LineString":
        yield {"geometry": {"type": "polyline", "polyline": _corners(coordinates, path, where)}}
    elif kind == "MultiLineString":
        for each in _list(coordinates, path, where):
            yield {"geometry": {"type": "polyline", "polyline": _corners(each, path, where)}}


def _list(value: Any, path: Path, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InputError("the geometry has no coordinates", source=path, where=where)
    return value


def _corner(value: Any, path: Path, where: str) -> list[float]:
    if not is_numbers(value, 2) and not (isinstance(value, list) and is_numbers(value[:2], 2)):
        raise InputError("a position is two numbers", source=path, where=where)
    return [float(value[0]), float(value[1])]


def _corners(value: Any, path: Path, where: str) -> list[list[float]]:
    return [_corner(each, path, where) for each in _list(value, path, where)]


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


def _asap(path: Path, limits: Limits) -> Batch:
    root = parse_xml(path, limits)
    if root.tag != "ASAP_Annotations":
        raise InputError("this is no ASAP annotation", source=path, found=root.tag)
    picture = Picture({"id": 1, "file_name": f"{path.stem}.png"}, is_unsized=True)
    names: list[str] = []
    for place, element in enumerate(root.iterfind("Annotations/Annotation"), start=1):
        group = element.get("PartOfGroup", "None")
        if group not in names:
            names.append(group)
        listed = sorted(
            element.iterfind("Coordinates/Coordinate"), key=lambda each: attribute_number(each, "Order", path)
        )
        corners = [[attribute_number(each, "X", path), attribute_number(each, "Y", path)] for each in listed]
        record: Record = {
            "id": place,
            "category_id": names.index(group),
            "attributes": {"name": element.get("Name", "")},
        }
        picture.annotations += _asap_records(record, element.get("Type", ""), corners, path)
    return Batch([picture], [{"id": place, "name": name} for place, name in enumerate(names)], path)


def _asap_records(record: Record, kind: str, corners: list[list[float]], path: Path) -> Iterator[Record]:
    if kind in {"Polygon", "Rectangle", "Spline"} and len(corners) > 2:
        yield {**record, "segmentation": [[number for corner in corners for number in corner]]}
    elif kind == "Dot" and len(corners) == 1:
        yield {**record, "geometry": {"type": "point", "point": corners[0]}}
    elif kind == "PointSet" and corners:
        for number, corner in enumerate(corners, start=1):
            yield {**record, "id": f"{record['id']}.{number}", "geometry": {"type": "point", "point": corner}}
    elif kind == "Measurement" and len(corners) > 1:
        yield {**record, "geometry": {"type": "polyline", "polyline": corners}}
    else:
        raise InputError(
            "the annotation cannot be understood", source=path, where=f"Annotation {record['id']}", found=kind
        )


def _cytomine(annotation: Record, path: Path, height: int | None) -> Batch:
    found = _WKT.fullmatch(annotation["location"]) if isinstance(annotation["location"], str) else None
    if found is None:
        raise InputError("the location is no well-known text", source=path)
    rings: list[list[list[float]]] = []
    for part in _WKT_PART.findall(found[2]):
        try:
            corners = [[float(number) for number in pair.split()] for pair in part.split(",")]
        except ValueError as error:
            raise InputError("a position is two numbers", source=path, where="location") from error
        if not all(is_numbers(corner, 2) for corner in corners):
            raise InputError("a position is two numbers", source=path, where="location")
        rings.append([[x, height - y if height is not None else y] for x, y in corners])
    record: Record = {"id": annotation.get("id", 1), "category_id": 0}
    if height is None:
        record["attributes"] = {"y_axis": "upwards"}
    kind = found[1]
    if kind == "POINT":
        record["geometry"] = {"type": "point", "point": rings[0][0]}
    elif kind == "LINESTRING":
        record["geometry"] = {"type": "polyline", "polyline": rings[0]}
    elif kind == "POLYGON":
        record["segmentation"] = [_outline(rings, path, "location")]
    else:
        record["segmentation"] = [_outline([ring], path, "location") for ring in rings]
    terms = annotation.get("term")
    name = f"term_{terms[0]}" if isinstance(terms, list) and terms else "annotation"
    picture = Picture({"id": 1, "file_name": f"image_{annotation.get('image', 1)}.png"}, [record], is_unsized=True)
    return Batch([picture], [{"id": 0, "name": name}], path)
