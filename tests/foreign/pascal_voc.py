"""Pascal VOC files in the forms of the development kit and of two tools, as xml.etree reads them.

None of the real files is one, so these were made by hand, after what the kit and the tools write. VOC is only read;
what it would say of a case is told by the reader's own function, which is written as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from annoconv_converters import pascal_voc
from annoconv_converters.pascal_voc import trees

from annoconv.codes import Labels
from tests.foreign import Foreign

if TYPE_CHECKING:
    import pytest

    from annoconv.casefile import Reading

FORMAT = "pascal-voc"
UNSAID: dict[str, str] = {}
ADDED = {"segmented": "the case says whether it has masks", "object/#/*": "what has no place in between"}


def files() -> list[Foreign]:
    folder = Path(__file__).parent / "files" / "pascal_voc"
    return [Foreign(path.stem, (path,)) for path in sorted(folder.glob("*.xml"))]


def tree(path: Path) -> Any:
    """Return elements by name, objects and their parts as lists, flags and actions as truth values."""
    if path.suffix == ".json":
        return json.loads(path.read_text("utf-8"))
    root = ElementTree.parse(path).getroot()
    said = _element(root)
    said["object"] = [_object(each) for each in root.findall("object")]
    return said


def _element(element: Any) -> Any:
    if len(element) == 0:
        return (element.text or "").strip()
    told = {child.tag: _element(child) for child in element}
    return {f"@{name}": value for name, value in element.items()} | {
        name: value for name, value in told.items() if value != ""
    }


def _object(element: Any) -> dict[str, Any]:
    said: dict[str, Any] = _element(element)
    if said.get("pose") == "Unspecified":
        del said["pose"]
    for name in ("truncated", "difficult", "occluded"):
        if said.get(name) in {"0", "1"}:
            said[name] = said[name] == "1"
    sides = ("xmin", "ymin", "xmax", "ymax")
    said["bndbox"] |= {side: round(float(element.findtext(f"bndbox/{side}")), 6) for side in sides}
    if "actions" in said:
        said["actions"] = {name: value == "1" for name, value in said["actions"].items()}
    if "attributes" in said:
        told: dict[str, list[str]] = {}
        for each in element.findall("attributes/attribute"):
            told.setdefault(each.findtext("name"), []).append(each.findtext("value"))
        said["attributes"] = {name: values[0] if len(values) == 1 else values for name, values in told.items()}
    if "part" in said:
        said["part"] = [_object(part) for part in element.findall("part")]
    return said


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (reading,) = readings
    said = trees.voc_tree(reading.case, Labels.of(reading.case), shift=1)
    target = folder / "again.json"
    target.write_text(json.dumps(_listed(said)), "utf-8")
    return target


def _listed(value: Any) -> Any:
    """Return what is numbered as a list."""
    if isinstance(value, dict) and value and all(isinstance(key, int) for key in value):
        return [_listed(value[place]) for place in range(len(value))]
    return {key: _listed(member) for key, member in value.items()} if isinstance(value, dict) else value


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget whether an object is occluded."""
    monkeypatch.setattr(pascal_voc, "FLAGS", ("truncated", "difficult"))
    return files()[-1]


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Leave the folder out of what the file says."""
    as_it_is = trees.members_of_object
    monkeypatch.setattr(trees, "members_of_object", lambda element, *without: as_it_is(element, "folder", *without))
    return files()[-1]
