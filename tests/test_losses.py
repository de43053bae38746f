"""Losses by comparison: kinds, sentences and what a carrier takes along."""

from __future__ import annotations

from decimal import Decimal

import pytest

from annoconv.documents.losses import Carrier, report
from annoconv.documents.residuals import Residual, restore
from annoconv.loss import Loss, LossKind

REASONS = {
    "annotations/#/id": "ids are numbers there",
    "*/label": ("the label stands for another", LossKind.UNCODED),
    "*": "there is no place for {place}",
}
ORIGINAL = {"task": "T", "annotations": [{"id": "a", "label": "L", "size": 1.25, "note": "x"}], "mask_file": "m.nii"}
NATIVE = {"annotations": [{"id": "a", "label": "M", "size": 1.2, "note": "y"}]}


def told(*, carrier: Carrier | None = None) -> dict[str, tuple[LossKind, str]]:
    return {loss.path: (loss.kind, loss.message) for loss in report(ORIGINAL, NATIVE, REASONS, carrier).losses}


def test_what_differs_is_a_loss_of_its_kind() -> None:
    assert told() == {
        "/task": (LossKind.NO_PLACE, "there is no place for task"),
        "/mask_file": (LossKind.NO_PLACE, "there is no place for mask_file"),
        "/annotations/0/label": (LossKind.UNCODED, "the label stands for another"),
        "/annotations/0/size": (LossKind.PRECISION, "there is no place for annotations.size"),
        "/annotations/0/note": (LossKind.APPROXIMATED, "there is no place for annotations.note"),
    }


def test_what_is_added_is_told_as_that() -> None:
    compared = report({"age": 5}, {"age": 5, "height": 1.7, "sex": "other"}, {"*": "{name} is the source's"})
    assert [(loss.path, loss.kind) for loss in compared.losses] == [
        ("/height", LossKind.APPROXIMATED),
        ("/sex", LossKind.APPROXIMATED),
    ]
    assert str(compared.losses[0].message) == "height is the source's; it is added, the original has none"


def test_without_a_carrier_nothing_is_kept() -> None:
    assert report(ORIGINAL, NATIVE, REASONS).losses
    assert report(ORIGINAL, NATIVE, REASONS).kept == Residual()


def test_a_carrier_takes_along_what_it_can() -> None:
    compared = report(ORIGINAL, NATIVE, REASONS, Carrier("the side file"), left_out=[("task",)])
    kinds = {loss.path: loss.kind for loss in compared.losses}
    assert {path for path, kind in kinds.items() if kind is LossKind.NO_PLACE} == {"/task", "/mask_file"}
    assert set(kinds.values()) == {LossKind.NO_PLACE, LossKind.CARRIED}
    back = restore(NATIVE, compared.kept)
    assert (
        report(ORIGINAL, back, REASONS).losses
        == report(ORIGINAL, {"annotations": ORIGINAL["annotations"]}, REASONS).losses
    )


def test_paths_stand_within_what_is_named() -> None:
    compared = report({"a": Decimal("5.60")}, {"a": Decimal("5.6")}, {"*": "digits"}, case_index=3, within=("file", 0))
    assert compared.losses == [Loss(3, "/file/0/a", LossKind.PRECISION, "digits")]


def test_a_place_without_a_reason_is_our_bug() -> None:
    with pytest.raises(LookupError, match="task"):
        report({"task": 1}, {}, {})
