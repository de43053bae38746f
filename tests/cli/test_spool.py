"""Losses of a command: in order, each once, however many wait in files."""

from __future__ import annotations

import io
import random

import pytest

from annoconv import loss
from annoconv.cli import spool
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message


@pytest.mark.parametrize("held", [1, 7, 1000])
def test_what_is_written_is_what_the_report_of_all_says(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_MANY", held)
    monkeypatch.setattr(loss, "_HELD", held)
    monkeypatch.setattr(loss, "_BLOCK", 3)
    monkeypatch.setattr(loss, "_SENTENCES", 1)
    said = [Message("no place for {name}", name='"肝"\n\\\x1f\x7f'), "rounded"]
    losses = [
        Loss(case, f"/annotations/{place}/名~1", kind, said[place % 2])
        for case in range(3)
        for place in range(20)
        for kind in (LossKind.NO_PLACE, LossKind.PRECISION)
    ]
    given = [*losses, *losses[:10]]
    random.Random(1).shuffle(given)
    found = spool.Losses("zh")
    found.add(given[:50])
    found.add(LossReport(given[20:80]))
    found.add(iter(given[70:]))
    text = io.StringIO()
    found.write(text)
    assert text.getvalue() == LossReport(losses).to_json()


def test_no_loss_is_an_empty_list() -> None:
    text = io.StringIO()
    spool.Losses("en").write(text)
    assert text.getvalue() == "[]\n"
