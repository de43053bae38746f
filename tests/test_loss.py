"""Loss reports: a stable order, each loss once, and a JSON text."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from annoconv import loss
from annoconv.loss import Loss, LossCollector, LossKind, LossReport

A = Loss(0, "/annotations/0/confidence", LossKind.NO_PLACE, "it has no place")
B = Loss(0, "/image/spacing", LossKind.PRECISION, "16 characters")
C = Loss(1, "/annotations/0/confidence", LossKind.CARRIED, "in a private block")


def test_order_and_uniqueness() -> None:
    report = LossReport([C, B, A, A])
    assert list(report) == [A, B, C]
    assert report == LossReport([A, B, C])
    assert hash(report) == hash(LossReport([B, C, A]))
    assert report[0] == A
    assert list(report[1:]) == [B, C]
    assert LossReport([A]) + LossReport([B, C, A]) == report
    assert report.paths() == {A.path, B.path}
    assert report.paths(1) == {C.path}
    assert repr(LossReport()) == "LossReport([])"


def test_an_empty_report_is_false() -> None:
    assert not LossReport()
    assert LossReport([A])


def test_json() -> None:
    text = LossReport([B, A]).to_json()
    assert text.endswith("]\n")
    assert json.loads(text)[0] == {
        "case_index": 0,
        "path": "/annotations/0/confidence",
        "kind": "no_place",
        "message": "it has no place",
    }
    assert LossReport().to_json() == "[]\n"


def test_which_kinds_change_the_value() -> None:
    assert {kind.value for kind in LossKind if not kind.changes_value} == {"carried", "uncoded", "added"}


@pytest.mark.parametrize("order", [range(40), reversed(range(40)), [*range(20, 40), *range(20), 3, 30]])
def test_many_losses_are_counted_and_found_as_few_are(order: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they came in order, so that they stand behind each other in one file, or not."""
    monkeypatch.setattr(loss, "_HELD", 7)
    monkeypatch.setattr(loss, "_BLOCK", 3)
    monkeypatch.setattr(loss, "_SENTENCES", 4)
    kinds = [LossKind.CARRIED] * 5 + [LossKind.PRECISION, LossKind.UNCODED]
    every = [Loss(place, "/a", kinds[place % 7], f"sentence {place % 7}") for place in range(40)]
    collector = LossCollector()
    for place in order:
        collector += [every[place]]
    many, few = LossReport(collector), LossReport(every)
    assert many == few == LossReport(every)
    assert [many[place] for place in range(40)] == every
    assert many.counts() == few.counts() == Counter(each.kind for each in every)
    assert [*many.changes()] == [*few.changes()] == [each for each in every if each.kind is LossKind.PRECISION]
    assert {*many.sentences()} == {*few.sentences()} == {each.message for each in every}
