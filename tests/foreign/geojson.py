"""Annotations by QuPath, ASAP and Cytomine, as `json` and `xml.etree` read them.

Features are written again by the writer; what a case would say in the files of ASAP and Cytomine, which are only read,
is told by the readers' own functions.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from annoconv_converters.geojson import asap, cytomine, features

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

FORMAT = "geojson"
UNSAID = {
    "id": "who a feature is: annotations have it, features are numbered",
    "features/#/id": "who a feature is: annotations have it, features are numbered",
}
ADDED = {
    "*properties/objectType": "required by QuPath",
    "*properties/classification/*": "required by QuPath; what has no class is unclassified",
    "Annotations/#/PartOfGroup": "what is in no group is unclassified",
    "AnnotationGroups/*": "what is in no group is unclassified",
}


def files() -> list[Foreign]:
    given = [*data("wsi/annotation_exports/*/*"), *cases("kin/geojson_hole_orientation/*.geojson")]
    return [Foreign("/".join(path.parts[-2:]), (path,)) for path in given]


# --- what a file says


def tree(path: Path) -> Any:
    if path.suffix == ".xml":
        return _stated(_asap(ElementTree.parse(path).getroot()))
    said = json.loads(path.read_text("utf-8"))
    for each in said.get("features", [said]):
        geometry = each.get("geometry")
        if geometry and geometry["type"] == "Polygon":
            outer, *holes = map(_ring, geometry["coordinates"])
            geometry["coordinates"] = [outer, *sorted(holes)]
    answer = said.get("annotation", {})
    if isinstance(answer.get("location"), str):
        kind, numbers = answer["location"].split(" ", 1)
        assert (kind, numbers.count("(")) == ("POLYGON", 2), "a polygon without holes"
        found = [float(number) for number in re.findall(r"[-\d.]+", numbers)]
        corners = [list(pair) for pair in zip(found[::2], found[1::2], strict=True)]
        answer["location"] = {"type": "Polygon", "coordinates": [_ring(corners)]}
    for name in ("id", "image"):
        if name in answer:
            answer[name] = str(answer[name])
    return _stated(said)


def _ring(corners: list[list[float]]) -> list[list[float]]:
    """Return a ring without the corner that closes it, from its least corner on."""
    corners = corners[:-1] if corners[0] == corners[-1] else corners
    first = corners.index(min(corners))
    return corners[first:] + corners[:first]


def _asap(root: Any) -> dict[str, Any]:
    annotations = []
    for each in root.iterfind("Annotations/Annotation"):
        corners = sorted(each.iterfind("Coordinates/Coordinate"), key=lambda one: int(one.get("Order")))
        said = {name: value for name, value in each.attrib.items() if value != "None"}
        annotations.append(said | {"Coordinates": [[float(one.get(axis)) for axis in "XY"] for one in corners]})
    groups = [dict(each.attrib) for each in root.iterfind("AnnotationGroups/Group")]
    return {"Annotations": annotations, "AnnotationGroups": groups}


def _stated(value: Any) -> Any:
    """Return what says something: members that are null or empty, or that nothing is locked, say nothing."""
    if isinstance(value, dict):
        told = {key: _stated(member) for key, member in value.items() if key != "isLocked" or member}
        return {key: member for key, member in told.items() if member not in (None, "", [], {})}
    return [_stated(each) for each in value] if isinstance(value, list) else value


# --- written again


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (reading,) = readings
    (source,) = file.sources
    target = folder / "again.json"
    labels = Labels.of(reading.case)
    if source.suffix == ".xml":
        said: Any = {name: list(told.values()) for name, told in asap.asap_tree(reading.case, labels).items()}
    elif source.suffix == ".txt":
        (answer,) = cytomine.cytomine_tree(reading.case, labels, None).values()
        said = {"annotation": answer}
    else:
        target = folder / "again.geojson"
        case = LoadedCase(reading.case, reading.masks)
        registry.write([case], target, format=FORMAT, context=Context(task="T"), plain=True)
        said = json.loads(target.read_text("utf-8"))
        if json.loads(source.read_text("utf-8"))["type"] == "Feature":
            (said,) = said["features"]
    target.write_text(json.dumps(said), "utf-8")
    return target


# --- deliberate damage


def _file(name: str) -> Foreign:
    (found,) = (one for one in files() if one.name == name)
    return found


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget the classes of objects."""
    monkeypatch.setattr(features, "class_name", lambda properties: "")
    return _file("geojson_hole_orientation/opposite.geojson")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count a colour among the values that say nothing."""
    monkeypatch.setitem(asap._ENCODING, ("Color", "#F4FA58"), "damage")
    return _file("asap/asap-dot.xml")
