"""The residual: whatever a format keeps, native + residual = original, and the losses are its leaves."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annoconv.documents.residuals import Residual, grown, leaves, pointer, residual, restore
from annoconv.loss import LossKind

SCALARS = st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b/c~", "中文", 0.5, Decimal("5.60")])
DOCUMENTS = st.dictionaries(
    st.sampled_from(["a", "b", "list", "0"]),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "id"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)
IDENTIFIED = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("ABCDE")}, optional={"v": SCALARS, "w": st.lists(SCALARS, max_size=2)}
    ),
    max_size=5,
    unique_by=lambda each: each["id"],
)


@given(DOCUMENTS, DOCUMENTS)
def test_native_and_residual_are_the_original(original: dict[str, Any], native: dict[str, Any]) -> None:
    before = copy.deepcopy((original, native))
    carried = residual(original, native)
    assert restore(native, carried) == original
    assert (original, native) == before


@given(IDENTIFIED, IDENTIFIED)
def test_members_are_aligned_by_identity(original: list[Any], native: list[Any]) -> None:
    one, other = {"annotations": original}, {"annotations": native}
    carried = residual(one, other)
    assert restore(other, carried) == one
    kept = {each["id"]: each for each in native}
    same = [n for n, each in enumerate(original) if repr(kept.get(each["id"])) == repr(each)]  # true is not 1
    named = {path[1] for path in carried.values if path[:1] == ("annotations",) and len(path) > 1}
    assert named.isdisjoint(same)


@pytest.mark.parametrize("identity", ["id", "uid", "code"])
def test_lists_are_aligned_by_what_identifies_their_members(identity: str) -> None:
    original = {"list": [{identity: "A", "v": 1}, {identity: "B", "v": 2}, {identity: "C", "v": 3}]}
    native = {"list": [{identity: "C", "v": 3}, {identity: "A", "v": 1}, {identity: "B", "v": 7}]}
    carried = residual(original, native)
    assert dict(carried.values) == {("list", 1, "v"): 2}
    assert carried.removed == ()
    assert dict(carried.order) == {("list",): ("A", "B", "C")}
    assert restore(native, carried) == original


@given(DOCUMENTS)
def test_nothing_lost_is_nothing_carried(document: dict[str, Any]) -> None:
    carried = residual(document, copy.deepcopy(document))
    assert not carried.values
    assert not carried.removed


STEPS = st.sampled_from(["a", "b", 0, 1]) | st.sampled_from([True, None, 1.0])
LEAVES = st.tuples(st.lists(STEPS, max_size=4), st.sampled_from([1, "", None, [], {}, [1], {"a": 2}]))


@given(DOCUMENTS)
def test_leaves_alone_are_a_document(document: dict[str, Any]) -> None:
    told = residual(document, {}).to_json()["values"]
    assert json.dumps(grown(told), default=str) == json.dumps(document, default=str)


@given(st.lists(LEAVES, max_size=5))
def test_leaves_alone_are_what_is_restored_from_nothing(values: list[tuple[list[Any], Any]]) -> None:
    try:
        found = grown(values)
    except (AttributeError, TypeError, ValueError):
        return
    carried = Residual.from_json({"values": values, "removed": [], "order": []})
    again = restore({}, carried)
    assert repr(found) == repr(again if values else {})


def test_a_residual_survives_json() -> None:
    original = {"annotations": [{"id": "B", "v": 1}, {"id": "A", "v": 2}], "empty": []}
    native = {"annotations": [{"id": "A", "v": 3, "invented": True}]}
    carried = residual(original, native)
    again = Residual.from_json(json.loads(json.dumps(carried.to_json())))
    assert restore(native, again) == original


@pytest.mark.parametrize("bad", [{}, {"values": 1}, {"values": [[[None], 1]], "removed": [], "order": []}])
def test_what_is_no_residual_is_refused(bad: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Residual.from_json(bad)


def test_digits_and_types_count() -> None:
    assert residual({"a": Decimal("5.60")}, {"a": Decimal("5.6")}).values == {("a",): Decimal("5.60")}
    assert residual({"a": True}, {"a": 1}).values == {("a",): True}
    assert not residual({"a": 1.0}, {"a": 1}).values


def test_losses_are_leaves() -> None:
    carried = residual({"a": {"b/c": 1}, "d": []}, {"x": 2})
    found = list(carried.losses(3, lambda path: (LossKind.CARRIED, f"{len(path)} steps")))
    assert [(each.case_index, each.path, each.message) for each in found] == [
        (3, "/a/b~1c", "2 steps"),
        (3, "/d", "1 steps"),
        (3, "/x", "1 steps"),
    ]


def test_pointer_and_leaves() -> None:
    assert pointer(()) == ""
    assert pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"
    assert leaves({"a": [1, {}], "b": {"c": []}}) == {("a", 0): 1, ("a", 1): {}, ("b", "c"): []}
