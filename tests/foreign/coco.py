"""COCO files by other software, as `json` reads them: instances, keypoints, panoptic, results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from annoconv_converters.coco import foreign
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

    from annoconv.casefile import Reading

FORMAT = "coco"
UNSAID: dict[str, str] = {}
REFUSED = {"yolo_same_stem/twice.json": "InputError"}  # two pictures of one name, by both names


def files() -> list[Foreign]:
    given = [*data("coco/**/*.json"), *cases("kin/**/*.json")]
    named = {"/".join(path.parts[-2:]): path for path in given if _is_coco(path)}
    return [Foreign(name, (path,), refused=REFUSED.get(name, "")) for name, path in named.items()]


def _is_coco(path: Path) -> bool:
    said = json.loads(path.read_text("utf-8"))
    return "annotations" in said if isinstance(said, dict) else bool(said) and "image_id" in said[0]


# --- what a file says


def tree(path: Path) -> Any:
    said = json.loads(path.read_text("utf-8"))
    if isinstance(said, list):
        return {"": _named(said, "image_id")}
    for section in ("images", "annotations", "categories", "licenses"):
        said[section] = _named(said.get(section) or [], "image_id" if _is_panoptic(said, section) else "id")
    return said


def _is_panoptic(said: Any, section: str) -> bool:
    return section == "annotations" and any("segments_info" in each for each in said[section])


def _named(records: list[Any], key: str) -> list[Any]:
    """Return records with a text by which they are aligned: their id, else their place among those of their image."""
    counts: dict[Any, int] = {}
    for each in records:
        number = each[key]
        counts[number] = counts.get(number, 0) + 1
        each["uid"] = f"{number}/{counts[number]}"
    return records


# --- written again


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    target = folder / f"{file.sources[0].stem}.json"
    made = [LoadedCase(one.case, one.masks) for one in readings]
    registry.write(made, target, format=FORMAT, context=Context(task="T"), plain=True)
    return target


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """The segments of a panoptic map are where they were, under their ids."""
    for path in (again.parent / again.stem).glob("*.png"):
        stated = np.asarray(Image.open(file.sources[0].parent / file.sources[0].stem / path.name).convert("RGB"))
        np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGB")), stated, err_msg=path.name)


# --- deliberate damage


def _file(name: str) -> Foreign:
    (found,) = (one for one in files() if one.name == name)
    return found


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader keep nothing of the licence of a picture."""
    as_it_is = foreign.difference_of

    def forgetful(record: Any, again: Any) -> Any:
        told = as_it_is(record, again)
        told.get("fields", {}).pop("license", None)
        return told

    monkeypatch.setattr(foreign, "difference_of", forgetful)
    return _file("annotations/instances_val.json")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let it do so without a word."""
    monkeypatch.setattr(foreign, "_compared", lambda *_: [])
    return damage(monkeypatch)
