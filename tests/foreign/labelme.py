"""LabelMe files by other software, as `xml.etree` and `json` read them. LabelMe is only read.

What the case would say in a file is told by the reader's own function; masks are compared with their PNGs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
from annoconv_converters.labelme import trees
from annoconv_converters.labelme import web_tool as reader
from PIL import Image

from annoconv.codes import Labels
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

    from annoconv.casefile import Reading

FORMAT = "labelme"
UNSAID = {
    "version": "of the tool, for itself",
    "object/#/segm/mask": "compared as voxels",
    "object/#/segm/box/*": "where the voxels lie: compared as voxels",
}


def files() -> list[Foreign]:
    given = [*data("labelme/**/*.xml"), *cases("kin/class_names_collide/labelme_*/*.json")]
    return [Foreign("/".join(path.parts[-2:]), (path,)) for path in given]


# --- what a file says


def tree(path: Path) -> Any:
    if path.suffix == ".xml":
        said = _element(ElementTree.parse(path).getroot())
    else:
        said = json.loads(path.read_text("utf-8"))
        said["flags"] = said["flags"] or None
        for each in said.get("shapes", ()):
            if each["shape_type"] == "rectangle":
                each["points"] = _bounds(each["points"])
    for each in said.get("object", ()):
        if each.get("type") == "bounding_box" and "polygon" in each:
            each["polygon"]["pt"] = _bounds(each["polygon"]["pt"])
        for name in ("deleted", "verified"):
            if each.get(name) == "0":  # nothing was done to it
                del each[name]
    return _stated(said)


def _element(node: Any) -> Any:
    if not len(node):
        return (node.text or "").strip()
    said: dict[str, Any] = {}
    for child in node:
        if child.tag == "pt":
            told: Any = [float(child.findtext(axis)) for axis in "xy"]
        else:
            told = _element(child)
        if child.tag in {"pt", "object"}:
            said.setdefault(child.tag, []).append(told)
        else:
            said[child.tag] = told
    return said


def _bounds(points: Any) -> list[float]:
    return [*np.min(points, axis=0).tolist(), *np.max(points, axis=0).tolist()]


def _stated(value: Any) -> Any:
    """Return what says something: members that are null or empty say nothing."""
    if isinstance(value, dict):
        told = {key: _stated(member) for key, member in value.items()}
        return {key: member for key, member in told.items() if member not in (None, "", [], {})}
    return [_stated(each) for each in value] if isinstance(value, list) else value


# --- written again


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (reading,) = readings
    labels = Labels.of(reading.case)
    if file.sources[0].suffix == ".xml":
        said = trees.xml_tree(reading.case, labels)
        said["object"] = list(said["object"].values())
    else:
        said = trees.json_tree(reading.case, labels)
        said["shapes"] = [shape for _, shape in sorted(said["shapes"].items())]
    target = folder / "again.json"
    target.write_text(json.dumps({"flags": None, **said}), "utf-8")
    return target


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """A mask is where its PNG has colour."""
    (reading,) = readings
    if file.sources[0].suffix != ".xml":
        return
    for each in ElementTree.parse(file.sources[0]).iterfind("object"):
        name = each.findtext("segm/mask")
        if name:
            pixels = np.asarray(Image.open(file.sources[0].parent / "Masks" / name).convert("RGB")).any(axis=-1)
            np.testing.assert_array_equal(reading.masks[each.findtext("id") or ""].read()[0], pixels, err_msg=name)


# --- deliberate damage


def _real_one() -> Foreign:
    return files()[0]


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget what an object says of itself beyond its name."""
    monkeypatch.setattr(reader, "_attributes", lambda element: {})
    return _real_one()


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count scribbles among what only says how the rest is encoded."""
    monkeypatch.setitem(trees._ENCODING, "segm/scribbles", "damage")
    return _real_one()
