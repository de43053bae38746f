"""What was taken along, and a file that was edited since: the edit wins, what fits comes back, the rest is named."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given

from annoconv.documents.merging import Merged, held, merge
from annoconv.documents.residuals import residual
from annoconv.loss import LossKind
from tests.test_residuals import DOCUMENTS, IDENTIFIED

ORIGINAL = {
    "task": "T",
    "annotations": [
        {"id": "A", "label": "LIVER", "note": "smooth"},
        {"id": "P", "label": "NODULE", "point": [1, 2]},
        {"id": "B", "label": "SPLEEN", "note": "lobed", "long": "a long text that is cut"},
    ],
    "labels": [{"code": "LIVER", "zh": "肝"}],
}
NATIVE = {
    "annotations": [{"id": "A", "label": "LIVER"}, {"id": "B", "label": "SPLEEN", "long": "a long"}],
    "labels": [{"code": "LIVER", "en": "Liver"}, {"code": "SPLEEN", "en": "Spleen"}],
    "made": "up",
}


def merged(edited: Any, original: Any = ORIGINAL, native: Any = NATIVE, **options: Any) -> Merged:
    carried = residual(original, native)
    before = copy.deepcopy(edited)
    result = merge(edited, carried, held(native, carried), **options)
    assert edited == before
    return result


def named(result: Merged) -> list[tuple[str, str]]:
    assert {loss.kind for loss in result.losses} <= {LossKind.NO_PLACE}
    return [(loss.path, str(loss.message).split(" is ")[0]) for loss in result.losses]


def without(document: Any, key: str, identity: str) -> Any:
    members = [each for each in document[key] if identity not in (each.get("id"), each.get("code"))]
    return {**document, key: members}


@given(DOCUMENTS, DOCUMENTS)
def test_of_a_file_that_nobody_edited_the_original_comes_back(original: Any, native: Any) -> None:
    assert merged(native, original, native) == Merged(original, [])


@given(IDENTIFIED, IDENTIFIED)
def test_of_a_list_that_nobody_edited_the_original_comes_back(original: Any, native: Any) -> None:
    one, other = {"annotations": original}, {"annotations": native}
    assert merged(other, one, other) == Merged(one, [])


def test_members_in_another_order_are_the_same() -> None:
    edited = {**NATIVE, "annotations": NATIVE["annotations"][::-1], "labels": NATIVE["labels"][::-1]}
    assert merged(edited) == Merged(ORIGINAL, [])


def test_a_member_that_is_removed_takes_along_what_was_kept_of_it() -> None:
    result = merged(without(NATIVE, "annotations", "B"))
    assert result.document == without(ORIGINAL, "annotations", "B")
    assert named(result) == [("/annotations", "B")]


def test_all_members_may_be_removed() -> None:
    result = merged({**NATIVE, "annotations": []})
    assert [each["id"] for each in result.document["annotations"]] == ["P"]
    alone = merged({"list": []}, {"list": [{"id": "A", "v": 1}]}, {"list": [{"id": "A"}]})
    assert alone.document == {"list": []}
    assert named(alone) == [("/list", "A")]


def test_a_member_that_is_added_stands_behind() -> None:
    more = {"id": "N", "label": "NEW"}
    result = merged({**NATIVE, "annotations": [more, *NATIVE["annotations"]]})
    assert result == Merged({**ORIGINAL, "annotations": [*ORIGINAL["annotations"], more]}, [])


def test_a_label_that_replaces_one_that_the_original_lacks_is_whole() -> None:
    label = {"code": "PANCREAS", "en": "Pancreas", "zh": "胰"}
    result = merged({**NATIVE, "labels": [NATIVE["labels"][0], label]})
    assert result == Merged({**ORIGINAL, "labels": [*ORIGINAL["labels"], label]}, [])


def test_an_edited_value_wins_over_what_was_taken_along_instead() -> None:
    edited = copy.deepcopy(NATIVE)
    edited["annotations"][1] = {"id": "B", "label": "PANCREAS", "long": "another"}
    result = merged(edited)
    expected = copy.deepcopy(ORIGINAL)
    expected["annotations"][2] |= {"label": "PANCREAS", "long": "another"}
    assert result.document == expected
    assert named(result) == [
        ("/annotations/2/long", "other software has edited it in the file; what annoconv had taken along instead")
    ]


def test_a_value_that_is_taken_away_stays_away() -> None:
    edited = copy.deepcopy(NATIVE)
    del edited["annotations"][1]["long"]
    result = merged(edited)
    assert "long" not in result.document["annotations"][2]
    assert [path for path, _ in named(result)] == ["/annotations/2/long"]


def test_a_value_that_equals_what_was_taken_along_is_no_edit() -> None:
    edited = copy.deepcopy(NATIVE)
    edited["annotations"][1]["long"] = ORIGINAL["annotations"][2]["long"]
    assert merged(edited) == Merged(ORIGINAL, [])


def test_what_a_file_says_anew_stays() -> None:
    edited = {**NATIVE, "made": "down", "more": 1}
    assert merged(edited) == Merged({**ORIGINAL, "made": "down", "more": 1}, [])


def test_what_others_tell_does_not_win() -> None:
    edited = copy.deepcopy(NATIVE)
    edited["annotations"][1]["long"] = "from elsewhere"
    assert merged(edited, is_told_elsewhere=lambda path: path[-1] == "long") == Merged(ORIGINAL, [])


@given(IDENTIFIED, IDENTIFIED, IDENTIFIED)
def test_whatever_is_edited_the_edit_is_in_the_result(original: Any, native: Any, edited: Any) -> None:
    one, other, third = {"list": original}, {"list": native}, {"list": edited}
    result = merged(third, one, other)
    found = {each["id"]: each for each in result.document.get("list", [])}
    before = {each["id"]: each for each in native}
    kept = {each["id"]: each for each in original}
    for each in edited:
        if each["id"] not in before and each["id"] not in kept:
            assert not residual(each, found[each["id"]]).paths()
    gone = before.keys() - {each["id"] for each in edited}
    assert not found.keys() & gone
    assert {name for _, name in named(result)} >= gone & kept.keys()
