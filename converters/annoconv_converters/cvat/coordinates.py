"""Where annotations are, as the shapes of CVAT have it: coordinates, corners of cuboids, elements of skeletons.

Continuous pixels, origin at the outer corner of the first pixel; boxes are turned about their centre, clockwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.model import KeypointsAnnotation, KeypointVisibility
from annoconv_converters._pictures.rotation import sides_of
from annoconv_converters.cvat.elements import shapes_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from annoconv.model import AnyAnnotation

__all__ = ["FACES", "coordinates_of", "cuboid_of", "elements_of", "point_of"]

Record: TypeAlias = "dict[str, Any]"

FACES: Final = {"front": ("tl1", "tr1", "br1", "bl1"), "back": ("tl2", "tr2", "br2", "bl2")}
"""Corners of a cuboid as it is seen in the picture, in the order of an outline."""


def elements_of(skeleton: Element, found: AnyAnnotation) -> Record:
    """Return the elements of a skeleton again: the points that are seen, each by its name."""
    again: dict[str, dict[int, Record]] = {}
    points = {each.name: each for each in found.keypoints} if isinstance(found, KeypointsAnnotation) else {}
    for (_, _, _, _, tag, place), element in shapes_of(skeleton, ("", 0, "", 0)):
        point = points.get(element.get("label", ""))
        if point is not None and point.point is not None:
            occluded = {"@occluded": 1.0} if point.visibility is KeypointVisibility.HIDDEN else {}
            told = {"@label": point.name, "@points": tuple(point.point), **occluded}
            again.setdefault(str(tag), {})[int(place)] = told
    return again


def point_of(annotation: Any) -> tuple[float, ...]:
    """Return where a point is; nothing if it is none."""
    return tuple(annotation.point) if annotation.type == "point" else ()


def coordinates_of(annotation: Any, tag: str) -> Record:
    """Return where an annotation is, as a shape of that tag has it; nothing if it is of another kind."""
    match annotation.type, tag:
        case "bbox", "box":
            return dict(zip(("@xtl", "@ytl", "@xbr", "@ybr"), annotation.bbox, strict=True)) | {"@rotation": 0.0}
        case "oriented_box", "box":
            sides = dict(
                zip(("@xtl", "@ytl", "@xbr", "@ybr"), sides_of(annotation.center, annotation.size), strict=True)
            )
            return sides | {"@rotation": annotation.rotation_degrees or 0.0}
        case ("polygon", "polygon") | ("polyline", "polyline"):
            return {"@points": tuple(number for vertex in getattr(annotation, tag) for number in vertex)}
        case "ellipse", "ellipse":
            turn = annotation.rotation_degrees or 0.0
            names = ("@cx", "@cy", "@rx", "@ry", "@rotation")
            return dict(zip(names, (*annotation.center, *annotation.radii, turn), strict=True))
        case _:
            return {}


def cuboid_of(found: Sequence[Any]) -> Record:
    """Return the corners of a cuboid, of the polygons of its faces."""
    again: Record = {}
    for each in found:
        corners = FACES.get(str((each.attributes or {}).get("face")), ())
        for corner, (x, y) in zip(corners, each.polygon, strict=False):
            again |= {f"@x{corner}": x, f"@y{corner}": y}
    return again
