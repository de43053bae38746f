"""Data sets of YOLO by other software, as PyYAML and a few lines of text read them; written again by the writer.

A data set that is written has the layout of Ultralytics; `write` gives it the layout of its source.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import yaml
from annoconv_converters.yolo import boxes, data_set, trees, written

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

FORMAT = "yolo"
UNSAID: dict[str, str] = {}
ADDED = {"data.yaml/*": "what is written for every data set", "obj.data": "settings of a training"}

SPLITS: Final = ("train", "val", "valid", "test")


def files() -> list[Foreign]:
    found = [*data("yolo/**/data.yaml"), *data("yolo/**/obj.data"), *cases("kin/**/data.yaml")]
    return [Foreign("/".join(path.parts[-3:-1]), (path.parent,)) for path in found]


def tree(path: Path) -> dict[str, Any]:
    """Return what each file says; lines as the name of their class and their numbers, to 1e-8 of a picture."""
    said: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name in ("data.yaml", "obj.names", "obj.data"):
        file = path / name
        if file.is_file():
            told, listed = _described(file)
            names = listed or names
            said[name] = told
    for file in sorted(path.rglob("*.txt")):
        if re.fullmatch(r"(train|val|valid|test|classes)\.txt", file.name) is None:
            lines = [line.split() for line in file.read_text("utf-8").splitlines() if line.strip()]
            said[file.relative_to(path).as_posix()] = [
                {"class": names[first], "numbers": " ".join(f"{float(number):.8f}" for number in numbers)}
                for first, *numbers in lines
            ]
    return said


def _described(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    text = file.read_text("utf-8")
    if file.name == "obj.names":
        names = {str(place): name for place, name in enumerate(text.split())}
        return {"names": names}, names
    if file.name == "obj.data":
        told = dict(line.split(" = ") for line in text.splitlines())
        del told["names"]
        names = {}
    else:
        told = yaml.safe_load(text)
        listed = told["names"]
        names = {str(key): name for key, name in (enumerate(listed) if isinstance(listed, list) else listed.items())}
        told["names"] = names
    lists = {str(told[split]) for split in SPLITS if split in told}
    left_out = {"path", "nc", "classes", "kpt_shape"} | (set() if len(lists) > 1 else set(SPLITS))
    return {key: value for key, value in told.items() if key not in left_out}, names


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (source,) = file.sources
    again = folder / "again"
    kind = "pose" if "kpt_shape" in _text(source / "data.yaml") else "segment"
    given = [LoadedCase(one.case, one.masks) for one in readings]
    registry.write(given, again, format=FORMAT, kind=kind, context=Context(task="T"))
    if (source / "obj.data").is_file():
        told = yaml.safe_load((again / "data.yaml").read_text("utf-8"))
        (again / "data.yaml").unlink()
        (again / "obj.names").write_text("".join(f"{name}\n" for name in told["names"].values()), "utf-8")
        (again / "obj.data").write_text("names = obj.names\ntrain = train.txt\n", "utf-8")
        shutil.move(again / "labels" / "obj_train_data", again / "obj_train_data")
    return again


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """Every annotation comes back."""
    if not (again / "data.yaml").is_file():
        return
    back = list(registry.read([again], format=FORMAT, context=Context(task="T")))
    assert [one.case.annotations for one in back] == [one.case.annotations for one in readings], file.name


def _file(name: str) -> Foreign:
    return next(one for one in files() if one.name == name)


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader take each box for a little wider than it is."""
    as_it_is = data_set.record_of

    def wider(*given: Any) -> Any:
        record = as_it_is(*given)
        record["bbox"][2] += 0.01
        return record

    for module in (data_set, written):
        monkeypatch.setattr(module, "record_of", wider)
    sizes = boxes._sizes
    monkeypatch.setattr(boxes, "_sizes", lambda pixels: np.add(sizes(pixels), [0, 0, 0.01, 0]))
    return _file("datumaro/yolov8_detection")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count a setting among what only says how the rest is encoded."""
    monkeypatch.setitem(trees._ENCODING, "backup", "damage")
    return _file("datumaro/yolo")
