"""Written without a carrier: the loss report is what is lost, whatever the annotations are called."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("format_name", ["cvat", "label-studio"])
def test_who_made_an_annotation_stands_in_the_format_s_own_terms(format_name: str, plain: bool, tmp_path: Path) -> None:
    document = strict_json.plain(named([("B", "1"), ("P", "2"), ("E", "3"), ("B", "4")]).case)
    second = "semi_automatic" if format_name == "cvat" else "automatic_confirmed"
    for each, made in zip(document["annotations"], ["automatic", second, "manual", None], strict=True):
        each |= {"algorithm_type": made} if made else {}
    loaded = LoadedCase(Case.model_validate(document), Masks())
    target = tmp_path / ("x" + registry.converter("to", format_name).suffix)
    losses = registry.write([loaded], target, format=format_name, plain=plain)
    (reading,) = registry.read([target], format=format_name)
    back = [each.algorithm_type for each in sorted(reading.case.annotations, key=lambda each: each.id)]
    assert back == (["automatic", second, None if plain else "manual", None])
    assert {path for path in losses.paths() if path.endswith("/algorithm_type")} == {"/annotations/2/algorithm_type"}
    assert list(reading.losses) == []
    if format_name == "cvat":
        image = ElementTree.parse(target).find("image")
        assert image is not None
        assert [shape.get("source") for shape in image] == ["auto", "semi-auto", "manual", "manual"]
    else:
        (task,) = json.loads(target.read_text("utf-8"))
        (annotation,), (prediction,) = task["annotations"], task["predictions"]
        assert [each["type"] for each in prediction["result"]] == ["rectanglelabels"]
        assert [each["origin"] for each in annotation["result"]] == ["prediction", "manual", "manual"]
