"""CVAT files by other software, as xml.etree reads them.

What is only read (tracks, cuboids) the writer has no form for; what the reader would write in their place is told by
its own function, and put where it stands. That the writer takes the rest there and back is checked besides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from annoconv_converters.cvat import elements, read
from annoconv_converters.cvat.tracks import series_of

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.limits import Limits
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

FORMAT = "cvat"
UNSAID: dict[str, str] = {}
ADDED = {"*": "what the writer says of every shape and label"}
NOTHING = {("occluded", "0"), ("z_order", "0"), ("group_id", "0"), ("source", "manual"), ("outside", "0")}
SHAPES = {"box", "polygon", "polyline", "points", "ellipse", "mask", "tag", "skeleton", "cuboid"}
PIXELS = {"rle", "left", "top", "width", "height"}


def files() -> list[Foreign]:
    found = [*data("cvat/**/*.xml"), *cases("kin/**/*.xml")]
    return [Foreign("/".join(path.parts[-2:]), (path,)) for path in found]


def tree(path: Path) -> Any:
    """Return elements by name, those that are numbered as objects by their number, labels by their name."""
    if path.suffix == ".json":
        return json.loads(path.read_text("utf-8"))
    root = ElementTree.parse(path).getroot()
    said: dict[str, Any] = {}
    for tag in ("image", "track"):
        said[tag] = {str(place): _holder(each) for place, each in enumerate(root.findall(tag))}
    task = root.find("meta/task")
    assert task is not None
    described = {each.tag: _element(each) for each in task if each.tag not in {"size", "mode", "labels"}}
    described = {name: value for name, value in described.items() if value}
    said["meta"] = {"task": {**described, "labels": {_name(each): _label(each) for each in task.findall("labels/*")}}}
    return {name: value for name, value in said.items() if value}


def _element(element: Any) -> Any:
    text = (element.text or "").strip()
    return {child.tag: _element(child) for child in element if _element(child)} if len(element) else text


def _name(label: Any) -> str:
    above = label.findtext("parent")
    return f"{above}/{label.findtext('name')}" if above else label.findtext("name")


def _label(label: Any) -> dict[str, Any]:
    said = {each.tag: _element(each) for each in label if each.tag not in {"name", "attributes"}}
    for each in label.findall("attributes/attribute"):
        told = {part.tag: " ".join(_element(part).split()) for part in each if part.tag != "name" and _element(part)}
        said.setdefault("attributes", {})[each.findtext("name")] = told
    return said


def _holder(element: Any) -> dict[str, Any]:
    said = {f"@{key}": value for key, value in element.items() if (element.tag, key) != ("image", "id")}
    said = {key: value for key, value in said.items() if (key[1:], value) not in NOTHING}
    return said | _shapes(element)


def _shapes(element: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in SHAPES:
        for place, each in enumerate(element.findall(tag)):
            if each.get("outside") != "1":
                found.setdefault(tag, {})[str(place)] = _shape(each)
    return found


def _shape(element: Any) -> dict[str, Any]:
    skipped = PIXELS if element.tag == "mask" else set()
    said: dict[str, Any] = {}
    for key, value in element.items():
        if value and (key, value) not in NOTHING and key not in skipped:
            said[f"@{key}"] = value if key == "label" else _written(value)
    told = {each.get("name"): _written((each.text or "").strip()) for each in element.findall("attribute")}
    return said | ({"attribute": told} if told else {}) | _shapes(element)


def _written(value: Any) -> Any:
    """Return numbers to 1e-6, however they are written; other texts as they are."""
    if isinstance(value, str) and (";" in value or value.count(",") == 1):
        value = [number for pair in value.split(";") for number in pair.split(",")]
    if isinstance(value, list | tuple):
        return " ".join(str(_written(each)) for each in value)
    try:
        return f"{float(value):.6f}"
    except ValueError:
        return value


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    """Put what is written again where it stands in the file."""
    batches = read.read_cvat(file.sources[0], Limits())
    again: dict[str, Any] = {}
    case = iter(readings)
    for batch in batches:
        assert batch.losses is not None
        (tracks,) = getattr(batch.losses, "args", ()) or ({},)
        told = getattr(batch.losses, "func", batch.losses).__self__
        videos = [[each for each in batch.pictures if series_of([each]) == name] for name in tracks]
        for pictures in videos or [[each] for each in batch.pictures]:
            for record in told.records(pictures, next(case).case, tracks.get(series_of(pictures), ())):
                _put(again, record)
    for record in told.descriptions():
        _put(again, record)
    for holder, tag, place in _apart(file.sources[0]):
        again.get("image", {}).get(holder, {}).get(tag, {}).pop(place, None)
    target = folder / "again.json"
    target.write_text(json.dumps(again), "utf-8")
    return target


def _apart(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the places of shapes that a case has as several annotations, so that they do not come back as one."""
    for number, image in enumerate(ElementTree.parse(path).getroot().findall("image")):
        for tag in ("points", "cuboid"):
            for place, each in enumerate(image.findall(tag)):
                if tag == "cuboid" or ";" in each.get("points", ""):
                    yield str(number), tag, str(place)


def _put(again: dict[str, Any], record: Any) -> None:
    if record.again is not None:
        node = again
        for step in record.place:
            node = node.setdefault(str(step), {})
        node |= _texts(record.again, is_shape=len(record.place) > 2)


def _texts(value: Any, name: str = "", *, is_shape: bool) -> Any:
    if isinstance(value, dict):
        return {str(key): _texts(each, str(key), is_shape=is_shape) for key, each in value.items()}
    return _written(value) if is_shape and name != "@label" else value


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """The writer's file means the same annotations, but for their ids."""
    target = again.parent / "written.xml"
    given = [LoadedCase(one.case, one.masks) for one in readings if "<track" not in file.sources[0].read_text("utf-8")]
    if given:
        registry.write(given, target, format=FORMAT, context=Context(task="T"), plain=True)
        back = list(registry.read([target], format=FORMAT, context=Context(task="T")))
        for one, other in zip(readings, back, strict=True):
            named = [[each.model_copy(update={"id": "x"}) for each in given.case.annotations] for given in (one, other)]
            assert [type(each) for each in named[0]] == [type(each) for each in named[1]], file.name
            assert [each.label_code for each in named[0]] == [each.label_code for each in named[1]], file.name
            assert not other.losses, file.name


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget what is behind what."""
    as_it_is = read.CvatFile._told

    def without(self: Any, shape: Any, label: str) -> Any:
        found = as_it_is(self, shape, label)
        found.get("attributes", {}).pop("z_order", None)
        return found

    monkeypatch.setattr(read.CvatFile, "_told", without)
    return next(one for one in files() if one.name == "datumaro/train.xml")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count the rotation of skeletons among what only says how the rest is encoded."""
    monkeypatch.setitem(elements._ENCODING, "@rotation", "damage")
    return next(one for one in files() if one.name == "datumaro/train.xml")
