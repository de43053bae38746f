"""Written without a carrier: the loss report is what is lost, whatever the annotations are called."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import residuals, strict_json
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.converters.pictures_cases import flat_case

KINDS = tuple(each.id for each in flat_case().case.annotations if each.id != "M")
IDS = st.sampled_from(["1", "2", "3", "4", "5", "6", "07", "B", "10"]) | st.text("ab1_.", min_size=1, max_size=4)
DRAWN = {"coco": "BPE", "cvat": "BPQLE", "geojson": "BPQLE", "label-studio": "BPQE"}
"""What each format has a form for, by the ids of `flat_case`."""


def named(order: list[tuple[str, str]]) -> LoadedCase:
    """Return annotations of the flat case, of these kinds and with these ids, in this order."""
    document: dict[str, Any] = strict_json.plain(flat_case().case)
    by_kind = {each["id"]: each for each in document["annotations"]}
    document["annotations"] = [{**by_kind[kind], "id": identity} for kind, identity in order]
    return LoadedCase(Case.model_validate(document), Masks())


@pytest.mark.parametrize("format_name", DRAWN)
@example(order=[("B", "2"), ("P", "1")])
@example(order=[("L", "1"), ("B", "a"), ("P", "1.1")])
@given(order=st.lists(st.tuples(st.sampled_from(KINDS), IDS), min_size=1, max_size=6, unique_by=lambda each: each[1]))
def test_the_report_is_what_is_lost_whatever_the_ids_and_their_order(
    format_name: str, order: list[tuple[str, str]]
) -> None:
    loaded = named(order)
    kind = {"kind": "instances"} if format_name == "coco" else {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / ("x" + registry.converter("to", format_name).suffix)
        losses = registry.write([loaded], target, format=format_name, plain=True, **kind)
        (reading,) = registry.read([target], format=format_name)
    original, back = strict_json.plain(loaded.case), strict_json.plain(reading.case)
    ours, theirs = original.pop("annotations"), back.pop("annotations")
    expected = {residuals.pointer(path) for path in residuals.residual(original, back).paths()}
    is_drawn = [kind in DRAWN[format_name] for kind, _ in order]
    assert len(theirs) == sum(is_drawn)
    came_back = iter(theirs)
    for place, (each, drawn) in enumerate(zip(ours, is_drawn, strict=True)):
        found = next(came_back) if drawn else {}  # shapes are written in the order of the annotations
        if found.get("id") != each["id"]:
            found = {key: value for key, value in found.items() if key != "id"}
        expected |= {
            f"/annotations/{place}{residuals.pointer(path)}" for path in residuals.residual(each, found).paths()
        }
    assert {loss.path for loss in losses} == expected
