"""Losses grouped for people: how many cases and annotations a line speaks of."""

from __future__ import annotations

import pytest

from annoconv.cli import lost
from annoconv.cli.lost import Lost
from annoconv.cli.spool import Losses
from annoconv.loss import Loss, LossKind


def lines(*losses: Loss, are_of_case: bool = False) -> list[str]:
    """Return what is said of losses, of cases of three annotations each."""
    taken = Losses("en")
    taken.add(losses, are_of_case=are_of_case)
    found = Lost({case: ["A0", "A1", "A2"] for case in range(3)})
    for each in taken:
        found.add(each)
    return [line for line, _ in found.lines("en")]


@pytest.mark.parametrize("held", [1, 2, 1000])
def test_cases_and_annotations_are_counted_however_few_are_held(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost, "_HELD", held)
    places = [(case, place) for case in range(3) for place in range(3)]
    of_file = [
        Loss(case, f"/images/{place}/{name}", LossKind.NO_PLACE, "gone") for case, place in places for name in "a"
    ]
    assert lines(*of_file) == ["  /images/*/a (9 values, 3 cases): no_place: gone"]
    of_case = [
        Loss(case, f"/annotations/{place}/x/{n}", LossKind.NO_PLACE, "gone") for case, place in places for n in "01"
    ]
    assert lines(*of_case) == ["  /annotations/*/x (9 annotations): no_place: gone"]
    (named,) = lines(*of_case, are_of_case=True)
    assert named.endswith(f"/x ({'A0, A1, A2'[: 4 * min(held, 3) - 2]}, and {9 - min(held, 3)} more): no_place: gone")
    assert lines(of_case[0]) == ["  /annotations/0/x: no_place: gone"]


def test_losses_at_other_annotations_than_those_held_are_lines_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost, "_HELD", 1)
    losses = [Loss(0, f"/annotations/{place}/{name}", LossKind.NO_PLACE, "gone") for place in range(3) for name in "xy"]
    assert lines(*losses) == ["  /annotations/*: x, y (3 annotations): no_place: gone"]
    assert lines(*losses[:-1]) == [
        "  /annotations/*/x (3 annotations): no_place: gone",
        "  /annotations/*/y (2 annotations): no_place: gone",
    ]


def test_what_several_files_lose_is_one_line() -> None:
    files = [
        Loss(case, f"/labels~1{case}.txt/{place}/x", LossKind.NO_PLACE, "gone") for case in range(3) for place in "01"
    ]
    assert lines(*files) == ["  /*/*/x (6 values, 3 cases): no_place: gone"]
    assert lines(*files[:2]) == ["  /labels~10.txt/*/x (2 values): no_place: gone"]
    assert lines(files[0]) == ["  /labels~10.txt/*/x: no_place: gone"]
    one = [Loss(0, f"/dataset.json/labels/{name}", LossKind.NO_PLACE, "gone") for name in "ab"]
    assert lines(one[0]) == ["  /dataset.json/labels/a: no_place: gone"]
    assert lines(*one) == ["  /dataset.json/labels (2 values): no_place: gone"]
    apart = [Loss(0, f"/{name}", LossKind.NO_PLACE, "gone") for name in "ab"]
    assert lines(*apart) == ["  /... (2 values): no_place: gone"]
