"""A large case, read some annotations at a time, is what its text as a whole says; what is wrong is told as of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from annoconv.casefile import pieces, read_case
from annoconv.casefile.pieces import case_in_pieces
from annoconv.errors import AnnoconvError
from annoconv.limits import Limits
from annoconv.model import Case
from tests.test_typed_values import EXAMPLES, seen

BOX = {"id": "A", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1.0, 2.5, 30.0, 40.0]}
CASE: dict[str, Any] = {
    "task_id": "T",
    "image": {"uid": "1", "modality": "OT", "shape": [64, 64]},
    "annotations": [{**BOX, "id": f"A{number}"} for number in range(3_000)],
    "metadata": {"annotator": "R1"},
}
TEXT = json.dumps(CASE)
DIGITS = TEXT.replace('"id": "A7"', '"id": "A7", "attributes": {"a": 0.12345678901234567890, "b": -0.0, "c": 1e2}')


def told(path: Path, limits: Limits | None = None) -> Any:
    try:
        return seen(read_case(path, limits=limits).case)
    except AnnoconvError as error:
        return type(error), str(error), getattr(error, "findings", None)


def as_a_whole(path: Path, limits: Limits | None = None) -> Any:
    with patch.object(pieces, "_LARGE", 1 << 60):
        return told(path, limits)


@pytest.mark.parametrize("path", [*EXAMPLES.glob("*valid/*.json")], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_examples_are_read_alike(path: Path) -> None:
    with patch.object(pieces, "_LARGE", 0):
        found = told(path)
    assert found == as_a_whole(path)


@pytest.mark.parametrize(
    ("text", "in_pieces"),
    [
        pytest.param(TEXT, True, id="as it is"),
        pytest.param(json.dumps(CASE, indent=1), True, id="spaced"),
        pytest.param(DIGITS, True, id="digits"),
        pytest.param(json.dumps({**CASE, "annotations": []}), True, id="none"),
        pytest.param(json.dumps({name: CASE[name] for name in reversed(CASE)}), True, id="in another order"),
        pytest.param(TEXT.replace('"A7"', '"A8"'), True, id="an id twice"),
        pytest.param(TEXT.replace("[1.0, 2.5,", "[1.0, 1e999,", 1), False, id="a number too large"),
        pytest.param(TEXT.replace('"bbox": [', '"bbax": [', 1), False, id="a field that is none"),
        pytest.param(TEXT.replace('"id": "A7"', '"id": "A7", "id": "A7"'), False, id="a key twice"),
        pytest.param(TEXT.replace('"task_id"', '"annotations": [], "task_id"'), False, id="the list twice"),
        pytest.param(TEXT.replace("}, {", "} {"), False, id="no commas"),
        pytest.param(TEXT.replace("}, {", "}\x0b, {"), False, id="a space that is none"),
        pytest.param(TEXT.replace("}], ", "},], "), False, id="a comma too many"),
        pytest.param(TEXT.replace("}], ", "}, 1], "), False, id="a number among them"),
        pytest.param(TEXT[:-1], False, id="cut"),
        pytest.param(TEXT[: len(TEXT) // 2], False, id="cut within the list"),
        pytest.param("\ufeff" + TEXT, False, id="a byte order mark"),
        pytest.param(TEXT.replace('"annotations"', '"annotationes"'), False, id="no list"),
        pytest.param(TEXT.replace('"task_id": "T", ', ""), False, id="nothing of the task"),
    ],
)
def test_a_case_is_read_alike(text: str, in_pieces: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with patch.object(pieces, "_LARGE", 0):
        assert (case_in_pieces(path, Limits()) is not None) == in_pieces
        assert told(path) == as_a_whole(path)
        assert path.read_text("utf-8") == text


@pytest.mark.parametrize("limits", [Limits(document_bytes=1_000), Limits(keys=4), Limits(members=2), Limits(depth=3)])
def test_limits_hold_alike(limits: Limits, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(TEXT, "utf-8")
    with patch.object(pieces, "_LARGE", 0):
        assert told(path, limits) == as_a_whole(path, limits)


def test_exact_digits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(DIGITS, "utf-8")
    with patch.object(pieces, "_LARGE", 0):
        case = case_in_pieces(path, Limits())
    assert isinstance(case, Case)
    assert str((case.annotations[7].attributes or {})["a"]) == "0.12345678901234567890"
