"""pydantic, python-jsonschema, the Rust validator and ajv agree on documents that hypothesis damages."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model.validators import EXAMPLES, Ajv, of_pydantic, of_python, of_rust, open_ajv

DOCUMENTS = [json.loads(path.read_bytes()) for path in sorted((EXAMPLES / "valid").glob("*.json"))]
TEXTS = ["", " ", "x", "1", "x\n", "\n", "中文", "1.2.3", "../x", "/x", "a/b", "mask", "bbox"]
TIMES = ["2025-03-12T10:25:00Z", "2025-02-30T10:25:00Z", "2025-03-12T10:25:00"]
NUMBERS = [0, 1, -1, 1.0, 2.0, 0.5, -0.5, 1e300, 2**31, 2**53, 10**20]
LISTS = [[], [1], [1, 2, 3], ["x"], [None], [[1, 2, 3]] * 3]
OBJECTS = [{}, {"a": 1}, {"id": "X"}, {"type": "mask"}, {"type": "image_text"}]
LINK = {"id": "L", "type": "image_structured", "record_id": "R"}
JUNK = st.sampled_from([None, True, False, *NUMBERS, *TEXTS, *TIMES, *LISTS, *OBJECTS])
KEYS = st.sampled_from(
    ["id", "type", "unknown", "attributes", "a/b~c", "", "slice_index", "bbox", "mask_file", "中文", "x\n", "kind"]
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in members:
        yield from _places(value, (*path, step))


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A valid document after one or two changes."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        path = draw(st.sampled_from(list(_places(document))[1:]))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        change = draw(st.sampled_from(["replace", "remove", "add", "repeat"]))
        if change == "replace":
            parent[path[-1]] = copy.deepcopy(draw(JUNK))
        elif change == "remove":
            del parent[path[-1]]
        elif change == "add" and isinstance(parent, dict):
            parent[draw(KEYS)] = copy.deepcopy(draw(JUNK))
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
    return document


@pytest.fixture(scope="module")
def ajv() -> Iterator[Ajv]:
    yield from open_ajv()


@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_four_validators_agree(ajv: Ajv, document: Any) -> None:
    verdict = of_pydantic(document)
    assert of_rust(document) == verdict
    assert ajv(document) == verdict
    assert of_python(document) == verdict


@pytest.mark.parametrize(
    ("addition", "finding"),
    [
        ({"registrations": [{"id": "R", "kind": "affine", "extra": 1}]}, ("/registrations/0/extra", "unknown_key")),
        ({"texts": [{"type": "bbox", "bbox": 1}]}, ("/texts/0/bbox", "unknown_key")),
        ({"": 1}, ("/", "unknown_key")),
        ({"links": [LINK | {"fields": {"": {}}}]}, ("/links/0/fields/", "type")),
        ({"labels": [{"code": "L", "": {"": 1}}]}, ("/labels/0/", "unknown_key")),
        ({"links": [LINK | {"fields": {"": None, "a": {}}}]}, ("/links/0/fields/a", "type")),
    ],
    ids=[
        "rule beside another fault",
        "key named as a tag",
        "empty key",
        "value under an empty key",
        "unknown value under an empty key",
        "value beside an empty key",
    ],
)
def test_they_agree_where_they_once_did_not(ajv: Ajv, addition: Any, finding: tuple[str, str]) -> None:
    image = {"uid": "1", "modality": "CT"}
    document = {"task_id": "T", "image": image, "annotations": [], "metadata": {}} | addition
    verdict = of_pydantic(document)
    assert finding in verdict
    assert of_rust(document) == ajv(document) == of_python(document) == verdict
