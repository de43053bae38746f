"""Any edits, in any order: the file is read, what it shows is what was edited, and every other difference is named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annoconv.documents import strict_json
from tests.test_edited import NAMES, Edited, Record, add, flat, listed, named, rest

COLUMNS = 64
SHOWN = {
    "A": ("NODULE", (1.5, 2.0, 11.25, 12.0)),
    "B": ("NODULE", (20.0, 2.5, 30.0, 12.0)),
    "P": ("LUNG", (5.0, 25.5, 20.0, 38.0)),
}
"""Class and bounds (x, y, x, y, in pixels) of what is edited, in the order of the file."""
NEW = ("SPLEEN", (40.0, 4.0, 50.0, 14.0))
OF_CLASS = {"NODULE": "A", "LUNG": "P"}
"""Of which record a class is taken."""
STEPS = st.lists(
    st.tuples(st.sampled_from(["delete", "add", "move", "relabel", "reorder"]), st.integers(0, 3)), max_size=6
)


def shift(format: str, record: Any, by: float) -> Any:
    """Return a record that lies further to the right by some pixels, changed in place where it can be."""
    if format == "yolo":
        number, *numbers = record.split()
        is_box = len(numbers) == 4
        shares = [float(each) for each in numbers]
        moved = [each + by / COLUMNS * (place == 0 if is_box else place % 2 == 0) for place, each in enumerate(shares)]
        return " ".join([number, *map(repr, moved)])
    if format == "cvat":
        for name in {"xtl", "xbr"} & set(record.attrib):
            record.set(name, repr(float(record.get(name)) + by))
        if "points" in record.attrib:
            pairs = (pair.split(",") for pair in record.get("points").split(";"))
            record.set("points", ";".join(f"{float(x) + by!r},{y}" for x, y in pairs))
    elif format == "coco":
        record["bbox"][0] += by
        for ring in record["segmentation"]:
            ring[::2] = [x + by for x in ring[::2]]
    elif format == "label-studio":
        value, share = record["value"], by / COLUMNS * 100
        if "points" in value:
            value["points"] = [[x + share, y] for x, y in value["points"]]
        else:
            value["x"] += share
    else:
        geometry = record["geometry"]
        geometry["coordinates"] = [[[x + by, y] for x, y in ring] for ring in geometry["coordinates"]]
    return record


def class_of(format: str, record: Any) -> Any:
    """Return how a record tells its class."""
    if format == "yolo":
        return record.split()[0]
    if format == "cvat":
        return record.get("label")
    if format == "coco":
        return record["category_id"]
    if format == "label-studio":
        return next(names for key, names in record["value"].items() if key.endswith("labels"))
    return record["properties"]["classification"]


def with_class(format: str, record: Any, told: Any) -> Any:
    """Return a record of another class, changed in place where it can be."""
    if format == "yolo":
        return " ".join([told, *record.split()[1:]])
    if format == "cvat":
        record.set("label", told)
    elif format == "coco":
        record["category_id"] = told
    elif format == "label-studio":
        record["value"][next(key for key in record["value"] if key.endswith("labels"))] = told
    else:
        record["properties"]["classification"] = told
    return record


class Records:
    """The records of the picture in a file, beside what each must be read as."""

    def __init__(self, format: str, document: Any) -> None:
        self.format, self.document = format, document
        names: list[str | None] = [*SHOWN]
        self.now: list[tuple[str | None, Any]] = []
        held = self._held()
        self.classes = {name: class_of(format, held[list(SHOWN).index(of)]) for name, of in OF_CLASS.items()}
        for place, record in enumerate(held):
            self.now.append((names[place] if place < len(names) else None, record))
        self.shown = dict(SHOWN)

    def _held(self) -> list[Any]:
        if self.format == "cvat":
            return list(self.document.find("image"))
        if self.format == "yolo":
            return (self.document / "labels" / "RADIOGRAPH_1.txt").read_text().splitlines()
        return list(listed(self.format, self.document))

    def put(self) -> None:
        records = [record for _, record in self.now]
        if self.format == "cvat":
            self.document.find("image")[:] = records
        elif self.format == "yolo":
            text = "".join(f"{record}\n" for record in records)
            (self.document / "labels" / "RADIOGRAPH_1.txt").write_text(text)
        else:
            listed(self.format, self.document)[:] = records

    def step(self, kind: str, number: int) -> None:
        if kind == "reorder":
            self.now = [*self.now[number:], *self.now[:number]][:: -1 if number % 2 else 1]
        if kind == "add" and "new" not in self.shown:
            self.put()
            add(self.format)(self.document)
            self.now.insert(0, ("new", self._held()[0]))
            self.shown["new"] = NEW
        places = [place for place, (name, _) in enumerate(self.now) if name in self.shown]
        if not places or kind in {"reorder", "add"}:
            return
        place = places[number % len(places)]
        name, record = self.now[place]
        assert name is not None
        label, (x_min, y_min, x_max, y_max) = self.shown[name]
        if kind == "delete":
            del self.now[place], self.shown[name]
            if name == "new":
                self.shown.pop("new", None)
        elif kind == "move":
            self.now[place] = name, shift(self.format, record, number + 1)
            self.shown[name] = label, (x_min + number + 1, y_min, x_max + number + 1, y_max)
        else:
            wanted = [*OF_CLASS][number % 2]
            self.now[place] = name, with_class(self.format, record, self.classes[wanted])
            self.shown[name] = wanted, (x_min, y_min, x_max, y_max)


def seen(annotation: Record) -> tuple[str, tuple[float, ...]]:
    """Return class and bounds of an annotation."""
    box = annotation.get("bbox")
    corners = np.array(annotation["polygon"] if box is None else [box[:2], box[2:]])
    bounds = (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
    return annotation["label_code"], tuple(round(each, 6) for each in bounds)


@pytest.mark.parametrize("format", list(NAMES))
@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(steps=STEPS)
def test_any_edits(format: str, steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Edited(format, Path(folder))
        output.write(flat())
        shown: dict[str, Any] = {}

        def change(document: Any) -> None:
            records = Records(format, document)
            for step in steps:
                records.step(*step)
            records.put()
            shown.update(records.shown)

        output.edit(change)
        (document,), losses = output.read()
    original = strict_json.plain(flat().case)
    before, found = named(original), named(document)
    assert rest(document) == rest(original)
    assert {name: found.pop(name) for name in "MT"} == {name: before[name] for name in "MT"}
    assert sorted(map(seen, found.values())) == sorted((label, tuple(box)) for label, box in shown.values())
    paths = {path for path, _, _ in losses}
    for name in SHOWN:
        if name not in found:
            assert f"/annoconv/annotations/{name}" in paths
            continue
        for member in ("annotator", *(["category"] if name == "P" else [])):
            is_same = found[name].get(member) == before[name][member]
            assert is_same or f"/annoconv/annotations/{name}/{member}" in paths
