"""Exports of Label Studio, as the json module reads them.

Brushes, answers and relations the writer has no form for; what the reader would write in place of each result is told
by its own function, and put where it stands. That the writer takes the rest there and back is checked besides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv_converters.label_studio import exports, tasks, trees

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.limits import Limits
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

FORMAT = "label-studio"
_NUMBERS = "numbers of the server's"
_COUNTS = "counts of what is there"
UNSAID = {
    **dict.fromkeys(("*/id", "*/inner_id", "*/task", "*/project", "*/unique_id", "*/import_id"), _NUMBERS),
    "*/parent_prediction": _NUMBERS,
    **dict.fromkeys(("*/total_*", "*/cancelled_annotations", "*/comment_count", "*/result_count"), _COUNTS),
    "*/from_name": "a control of the project",
    "*/to_name": "a control of the project",
    "*/closed": "that a polygon is one",
    "*/format": "how a brush is stored",
    "*/rle*": "pixels",
}
ADDED = {"*": "what the writer says of every region"}


def files() -> list[Foreign]:
    found = [*data("label_studio/**/data.json"), *cases("kin/ls*/*.json"), *cases("kin/file_names/ls.json")]
    return [Foreign("/".join(path.parts[-2:]), (path,)) for path in found]


def tree(path: Path) -> Any:
    """Return tasks without what is null, empty, false, no rotation or drawn by hand; numbers to 1e-6."""
    return _said(json.loads(path.read_text("utf-8")))


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        told = {name: _said(each) for name, each in value.items()}
        return {
            name: each
            for name, each in told.items()
            if each not in (None, "", "manual") and each is not False and not _is_none(name, each)
        }
    if isinstance(value, list):
        is_numbers = bool(value) and not isinstance(value[0], dict) and not isinstance(value[0], str)
        if value and isinstance(value[0], list):  # points
            value = [number for pair in value for number in pair]
        told = [_said(each) for each in value]
        return json.dumps(told) if is_numbers else told
    return f"{value:.6f}" if isinstance(value, float | int) and not isinstance(value, bool) else value


def _is_none(name: str, value: Any) -> bool:
    is_rotation = name in {"rotation", "image_rotation"} and value == "0.000000"
    return is_rotation or (value in ([], {}) and name not in {"result"})


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    """Put what is written again where it stands in the file."""
    batch = exports.read_tasks(file.sources[0], Limits())
    again = [_empty(each) for each in json.loads(file.sources[0].read_text("utf-8"))]
    told: Any = getattr(batch.losses, "__self__")  # noqa: B009
    for reading, picture in zip(readings, batch.pictures, strict=True):
        for record in told.records([picture], reading.case):
            node: Any = again
            for step in record.place:
                node = node[step]
            node.update(record.again or {})
    target = folder / "again.json"
    target.write_text(json.dumps(again), "utf-8")
    return target


def _empty(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task of which only the lists stand, with nothing in their members."""
    return {
        "annotations": [{"result": [{} for _ in each.get("result", ())]} for each in task["annotations"]],
    }


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """The writer's file means the same annotations, but for their ids and masks, which it writes as polygons."""
    target = again.parent / "written.json"
    given = [LoadedCase(one.case, one.masks) for one in readings if one.case.image.shape]
    if given:
        registry.write(given, target, format=FORMAT, context=Context(task="T"), plain=True)
        back = list(registry.read([target], format=FORMAT, context=Context(task="T")))
        for one, other in zip(given, back, strict=True):
            if not one.masks:
                told = [[(each.type, each.label_code) for each in case.annotations] for case in (one.case, other.case)]
                assert told[0] == told[1], file.name
            assert not other.losses, file.name


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget who drew a region."""
    as_it_is = tasks.Task._told

    def without(self: Any, region: Any, annotation: Any, more: Any, **stated: Any) -> Any:
        record, told = as_it_is(self, region, annotation, more, **stated)
        return record, {name: value for name, value in told.items() if name != "annotator"}

    monkeypatch.setattr(tasks.Task, "_told", without)
    return next(one for one in files() if one.name == "test_export_yolo/data.json")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count the time of work among what only says how the rest is encoded."""
    monkeypatch.setitem(trees._ENCODING, "lead_time", "damage")
    return next(one for one in files() if one.name == "test_export_yolo/data.json")
