"""Well-known text of geometries, as Cytomine writes it: points, lines, polygons with holes, and several of them.

Shapely reads it as well: a compiled library of geometry, of which nothing else would be used here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import CORRECT_FILE
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["geometry_from_wkt"]

_KINDS: Final = {
    "POINT": ("Point", 0),
    "MULTIPOINT": ("MultiPoint", 1),
    "LINESTRING": ("LineString", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "POLYGON": ("Polygon", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
"""Name in GeoJSON, and how deep positions are nested."""
_HEAD: Final = re.compile(r"\s*([A-Za-z]{5,15})\s*\(")
_PIECE: Final = re.compile(r"[(),]|[^(),\s]+")


def geometry_from_wkt(text: Any, path: Path, where: str) -> dict[str, Any]:
    """Return a geometry in the form of GeoJSON.

    Raises
    ------
    InputError
        If the text is none, or its brackets or numbers do not fit its kind.
    """
    head = _HEAD.match(text) if isinstance(text, str) else None
    kind, depth = _KINDS.get(head[1].upper(), ("", 0)) if head else ("", 0)
    if head is None or not kind:
        raise InputError(
            "this is no well-known text",
            source=path,
            where=where,
            found=text[:40] if isinstance(text, str) else json_type(text),
            expected=", ".join(_KINDS),
            advice=CORRECT_FILE,
        )
    stack: list[list[Any]] = [[]]
    position: list[float] = []
    try:
        for piece in _PIECE.findall(text, head.end() - 1):
            if piece == "(":
                stack.append([])
            elif piece in ",)":
                if position:
                    stack[-1].append(position)
                    position = []
                if piece == ")":
                    inner = stack.pop()
                    stack[-1].append(inner)
            else:
                position.append(float(piece))
        (held,) = stack.pop()
        is_whole = not stack and not position
    except (ValueError, IndexError):
        is_whole, held = False, []
    if kind == "MultiPoint":  # each in brackets of its own, or not
        held = [each[0] if len(each) == 1 else each for each in held]
    if not is_whole or not held or not _is_nested(held, depth + (kind == "Point")):
        raise InputError(
            "the well-known text is damaged",
            source=path,
            where=where,
            found=text[:60],
            expected="brackets that close, and two numbers a corner",
            advice=CORRECT_FILE,
        )
    return {"type": kind, "coordinates": held[0] if kind == "Point" else held}


def _is_nested(value: Any, depth: int) -> bool:
    """Tell whether a value is positions, two numbers at least, that many lists deep; no list is empty."""
    if not isinstance(value, list) or not value:
        return False
    if depth:
        return all(_is_nested(each, depth - 1) for each in value)
    return len(value) > 1 and all(isinstance(each, float) for each in value)
