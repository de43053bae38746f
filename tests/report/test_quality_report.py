"""The quality report: what it says of cases whose truth is known, and that nothing of theirs is taken for markup."""

import base64
import hashlib
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annoconv.demo.case import make
from annoconv.geometry import Grid
from annoconv.pixels import NiftiVolume, save_nifti
from annoconv.report.quality.junit import junit
from annoconv.report.quality.page import page
from annoconv.report.quality.spans import marked
from tests.cli.conftest import Ran, run
from tests.report.quality_cases import edit, many, two_readers

__all__ = ["run"]

HOSTILE = "<script>alert(1)</script>&\"'"


def dice(first: Path, second: Path, value: int) -> tuple[float, int]:
    """Return the Dice of a label by its definition, and the slice on which most voxels differ."""
    a, b = (NiftiVolume(each.parent / "masks" / "organs.nii.gz").read() == value for each in (first, second))
    return 2 * (a & b).sum() / (a.sum() + b.sum()), int((a != b).sum(axis=(1, 2)).argmax())


@pytest.fixture
def readings(tmp_path: Path) -> tuple[Path, Path]:
    return two_readers(tmp_path)


def reported(run: Callable[..., Ran], tmp_path: Path, *arguments: object, name: str = "r.json") -> dict[str, Any]:
    """Run the command; return the report of --json, which is the one of the file."""
    ran = run("report", *arguments, "-o", tmp_path / name, "--json")
    told = ran.json["report"]
    if name.endswith(".json"):
        assert json.loads((tmp_path / name).read_text(encoding="utf-8")) == told
    return told  # type: ignore[no-any-return]


def test_agreement_is_that_of_the_masks(run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]) -> None:
    told = reported(run, tmp_path, *readings, "--images", readings[0].parent / "images")
    rows = {each["label"]: each for each in told["agreement"]}
    assert {label: row["status"] for label, row in rows.items()} == {
        "LIVER": "defined",
        "NODULE": "other_empty",
        "SPLEEN": "defined",
    }
    liver, spleen = dice(*readings, 1), dice(*readings, 2)
    assert (rows["LIVER"]["value"], rows["SPLEEN"]["value"]) == pytest.approx((liver[0], spleen[0]))
    assert liver[0] > 0.85
    assert spleen[0] < 0.75
    assert [label for label, row in rows.items() if row["needs_dedicated_review"]] == ["NODULE", "SPLEEN"]
    (pair,) = told["pairs"]
    assert pair["readers"] == ["A1", "B2"]
    assert pair["mean_defined"] == pytest.approx((liver[0] + spleen[0]) / 2)
    assert pair["mean_with_misses"] == pytest.approx((liver[0] + spleen[0]) / 3)
    assert told["verdict"]["status"] == "review"
    assert "#agreement" in [each["href"] for each in told["next"]]
    shown = {each["label"]: each for each in told["overlays"]}
    assert shown["SPLEEN"]["index"] == spleen[1]
    assert rows["SPLEEN"]["overlay"] == shown["SPLEEN"]["id"]


def test_reviews_follow_by_the_bounds_of_a_project(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    rules = tmp_path / "rules.json"
    changed = {"A-8.4c.second_review_missing": {"parameters": {"least_dice": 0.99}}}
    rules.write_text(json.dumps({"version": "1", "rules": changed}), encoding="utf-8")
    told = reported(run, tmp_path, *readings, "--rules", rules)
    assert told["bounds"] == {"second_review_dice": 0.99, "dedicated_review_dice": 0.75}
    rows = {each["label"]: each["needs_second_review"] for each in told["agreement"]}
    assert rows == {"LIVER": True, "NODULE": True, "SPLEEN": True}
    assert told["verdict"]["reviews"] == 3
    assert told["pairs"][0]["second_reviews"] == 3
    assert any("below 0.99" in each["text"]["en"] for each in told["next"])


def test_contours_of_both_readers_are_on_the_overlay(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    told = reported(run, tmp_path, *readings, "--images", readings[0].parent / "images")
    (overlay,) = (each for each in told["overlays"] if each["label"] == "SPLEEN")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(overlay["png"]))).convert("RGB"))
    assert pixels.shape == (overlay["height"], overlay["width"], 3)
    assert [each["name"] for each in overlay["legend"]] == ["A1", "B2"]
    for each in overlay["legend"]:
        colour = [int(each["colour"][place : place + 2], 16) for place in (1, 3, 5)]
        assert (pixels == colour).all(axis=-1).sum() > 50


def test_a_reader_who_reads_twice_is_told_apart_and_other_images_are_not_compared(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    edit(readings[1], lambda case: case["metadata"].update(annotator="A1"))
    told = reported(run, tmp_path, *readings)
    assert {name for each in told["agreement"] for name in each["readers"]} == {f"A1 ({each})" for each in readings}
    edit(readings[1], lambda case: case["image"].update(uid="1.2.3"))
    told = reported(run, tmp_path, *readings, name="other.json")
    assert told["agreement"] == []
    (refused,) = told["not_compared"]
    assert "1.2.3" in refused["reason"]["en"]
    assert re.search("[一-鿿]", refused["reason"]["zh"])
    assert told["verdict"]["status"] != "passed"


def test_what_could_not_be_read_is_never_a_pass(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    gone = tmp_path / "gone.jsonl"
    ran = run("report", readings[0], bad, gone, "-o", tmp_path / "r.json", "--json")
    assert ran.code != 0
    told = ran.json["report"]
    assert told["verdict"]["status"] in {"not_checked", "failed"}
    assert [each["is_checked"] for each in told["cases"]][::2] == [True, False]
    assert told["next"][0]["href"].startswith("#rule-")
    alone = run("report", gone, "-o", tmp_path / "s.json", "--json")
    assert alone.json["report"]["verdict"]["status"] == "not_checked"


def test_a_finding_leads_to_its_overlay_and_a_span_to_its_region(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    told = reported(run, tmp_path, *readings)
    (empty,) = (each for each in told["clauses"] if each["rule"] == "A-6.4.1.mask_empty")
    overlay = next(each for each in told["overlays"] if each["label"] == "NODULE")
    assert empty["findings"][0]["overlay"] == overlay["id"]
    assert {"case": empty["findings"][0]["case"], "annotation": "LES_1"} in overlay["regions"]
    spans = [span for text in told["texts"] for span in text["spans"]]
    assert {region["annotation"] for span in spans for region in span["regions"]} == {"LES_1"}
    assert {region["overlay"] for span in spans for region in span["regions"]} == {overlay["id"]}


def test_an_overlay_shows_the_slice_of_its_finding(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    organs = path.parent / "masks" / "organs.nii.gz"
    volume = NiftiVolume(organs)
    labels, grid = volume.read().copy(), volume.grid
    labels[5, 20:22, 20:22] = 0  # a cavity of the liver, far from its largest slice
    places = np.argwhere(labels[14] == 1)
    labels[14, places[len(places) // 2][0], places[len(places) // 2][1]] = 0
    organs.unlink()
    save_nifti(organs, labels, grid)
    flipped = path.parent / "masks" / "flipped.nii.gz"
    turned = grid.affine @ np.diag([1.0, 1.0, -1.0, 1.0])
    turned[:3, 3] = (grid.affine @ [0, 0, grid.shape[2] - 1, 1])[:3]
    save_nifti(flipped, (labels[::-1] == 1).astype(np.uint8), Grid(grid.shape, turned))

    def stored_backwards(case: dict[str, Any]) -> None:
        del case["annotations"][0]["mask_value"]
        case["annotations"][0]["mask_file"] = "masks/flipped.nii.gz"
        case["annotations"].append(case["annotations"][0] | {"id": "AGAIN", "mask_file": "masks/organs.nii.gz"})
        case["annotations"][-1]["mask_value"] = 1

    edit(path, stored_backwards)
    told = reported(run, tmp_path, path)
    (cavity,) = (each for each in told["clauses"] if each["rule"] == "A-9.3.1a.cavity")
    shown = {each["id"]: each for each in told["overlays"]}
    found = {each["annotation"]: each["slice_index"] for each in cavity["findings"]}
    assert found["AGAIN"] == 5
    assert found["ORG_LIVER"] == 14  # the first of its file is the last of the image
    for each in cavity["findings"]:
        assert shown[each["overlay"]]["index"] == each["slice_index"]
        assert "A-9.3.1a.cavity" in shown[each["overlay"]]["caption"]["zh"]


def test_rules_of_a_project_are_applied_and_named_in_each_report(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(
        json.dumps({"version": "hospital-7", "rules": {"A-6.4.1.mask_empty": {"level": "error"}}}), encoding="utf-8"
    )
    digest = hashlib.sha256(rules.read_bytes()).hexdigest()
    assert reported(run, tmp_path, *readings)["verdict"]["errors"] == 0
    told = reported(run, tmp_path, *readings, "--rules", rules, name="with.json")
    assert told["verdict"]["errors"] == 1
    assert told["versions"]["rules"]["project"] == {"file": "rules.json", "version": "hospital-7", "sha256": digest}
    assert digest in page(told)
    assert "hospital-7" in page(told)
    for command in (("report", "-o"), ("validate", "--profile", "delivery", "--findings")):
        for ending in ("sarif", "xml"):
            target = tmp_path / f"{command[0]}-rules.{ending}"
            run(command[0], *readings, *command[1:], target, "--rules", rules)
            text = target.read_text(encoding="utf-8")
            assert digest in text
            assert "hospital-7" in text
            assert told["versions"]["rules"]["sha256"] in text
    wrong = run("report", *readings, "-o", tmp_path / "w.html", "--rules", tmp_path / "none.json")
    assert wrong.code != 0
    assert not (tmp_path / "w.html").exists()


class Page(HTMLParser):
    """The elements of a page: their names, ids, where they lead, and what they would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href"}:
                (self.loaded if name == "src" or tag != "a" else self.links).append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def test_names_are_never_markup(run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]) -> None:
    def spoil(case: dict[str, Any]) -> None:
        case["case_id"] = HOSTILE
        case["metadata"]["annotator"] = f"{HOSTILE}{case['metadata']['annotator']}"
        case["texts"][1]["content"] = case["texts"][1]["content"].replace("Synthetic", HOSTILE)
        shift = len(HOSTILE) - len("Synthetic")
        for each in case["annotations"]:
            if each.get("text_id") == "REPORT_EN":
                each["start"] += shift
                each["end"] += shift
        case["labels"] = [{"code": "NODULE", "category": "lesion", "name_en": HOSTILE, "name_zh": HOSTILE}]

    for each in readings:
        edit(each, spoil)
    run("report", *readings, "-o", tmp_path / "r.html", "--images", readings[0].parent / "images")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    found = Page(text)
    assert "script" not in found.names
    assert "alert(1)" in text
    assert found.handlers == []
    run("report", *readings, "-o", tmp_path / "r.xml")
    ET.parse(tmp_path / "r.xml")
    assert "<script>" not in (tmp_path / "r.xml").read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_its_links_lead_somewhere(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    run("report", *readings, "-o", tmp_path / "r.html", "--images", readings[0].parent / "images")
    found = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert found.loaded
    assert [each for each in found.loaded if not each.startswith("data:image/png;base64,")] == []
    assert "script" not in found.names
    assert len(found.ids) == len(set(found.ids))
    assert [each for each in found.links if each.removeprefix("#") not in found.ids] == []


def test_every_sentence_is_in_both_languages(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    told = reported(run, tmp_path, *readings)
    page_text = page(told, "zh")
    assert page_text.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    english = re.findall(
        r'<span class="en" lang="en">(.*?)</span><span class="zh" lang="zh-CN">(.*?)</span>', page_text
    )
    assert len(english) > 40
    assert [en for en, zh in english if not re.search("[一-鿿]", zh)] == []
    assert 'id="lang-zh" checked' in page_text


def test_the_same_cases_give_the_same_bytes(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    for name in ("a.html", "b.html", "a.sarif", "b.sarif", "a.xml", "b.xml"):
        run("report", *readings, "-o", tmp_path / name)
    for ending in ("html", "sarif", "xml"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_overlapping_spans_are_marked_by_code_points() -> None:
    spans = [
        {"id": "S1", "start": 1, "end": 4, "label": "A", "regions": []},
        {"id": "S2", "start": 2, "end": 6, "label": "B", "regions": [{"annotation": "R<", "overlay": None}]},
    ]
    told = marked({"case": "case-1", "content": "😀ab<d&x", "spans": spans})
    assert re.sub("<sup.*?</sup>", "", told) == (
        '😀<mark title="S1 (A)">a</mark><mark title="S1 (A), S2 (B)">b&lt;</mark><mark title="S2 (B)">d&amp;</mark>x'
    )
    assert '<a href="#case-1"><bdi>R&lt;</bdi></a>' in told


def test_sarif_and_junit_have_every_finding(
    run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]
) -> None:
    edit(readings[1], lambda case: case["annotations"][3].update(bbox=[21, 16, 9, 12, 25, 14]))
    gone = tmp_path / "gone.json"
    for command in ("report", "validate"):
        option = ("-o",) if command == "report" else ("--profile", "delivery", "--findings")
        sarif, xml = tmp_path / f"{command}.sarif", tmp_path / f"{command}.xml"
        ran = run(command, *readings, gone, *option, sarif, "--json")
        run(command, *readings, gone, *option, xml)
        findings = ran.json["findings"]
        (log,) = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
        rules = log["tool"]["driver"]["rules"]
        results = [
            (
                rules[each["ruleIndex"]]["id"],
                each["level"],
                each["message"]["text"],
                each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            )
            for each in log["results"]
        ]
        checked = [each for each in findings if each["rule"] != "not_checked"]
        assert results == [(each["rule"], each["level"], each["message"], each["path"]) for each in checked]
        assert any(each["level"] == "error" for each in checked)
        assert log["invocations"][0]["executionSuccessful"] is False
        suites = ET.parse(xml).getroot()
        assert [suite.get("name") for suite in suites] == [*map(str, readings), str(gone)]
        failing = {test.get("name") for test in suites.iter("testcase") if test.find("failure") is not None}
        assert failing == {each["rule"] for each in checked if each["level"] == "error"}
        assert [test.get("name") for test in suites.iter("testcase") if test.find("error") is not None] == [
            "not_checked"
        ]
        assert suites.get("failures") == str(len(failing))


def test_junit_is_xml_whatever_a_message_holds() -> None:
    finding = {
        "source": 'a"<b\n',
        "case_index": 0,
        "path": "/x",
        "rule": "r",
        "level": "error",
        "message": "\x00]]>&\ud800",
    }
    suites = ET.fromstring(junit([finding], ['a"<b\n', "c"]).encode("utf-8", "replace"))
    assert [each.get("name") for each in suites] == ['a"<b\n', "c"]
    assert [len(list(each.iter("failure"))) for each in suites] == [1, 0]


def test_an_ending_says_what_is_written(run: Callable[..., Ran], tmp_path: Path, readings: tuple[Path, Path]) -> None:
    ran = run("report", readings[0], "-o", tmp_path / "r.docx")
    assert ran.code == 2
    assert "--format" in ran.err
    assert run("report", readings[0], "-o", tmp_path / "r.sarif.json").code == 0
    assert "runs" in json.loads((tmp_path / "r.sarif.json").read_text(encoding="utf-8"))
    assert run("report", readings[0], "-o", tmp_path / "r.docx", "--format", "html").code == 0
    assert run("report", readings[0], "-o", tmp_path / "x.html", "--overlays", "-1").code == 2
    assert not (tmp_path / "x.html").exists()


def test_a_hundred_cases_of_twenty_labels_are_a_small_page(run: Callable[..., Ran], tmp_path: Path) -> None:
    many(tmp_path / "many", 100, 20)
    told = reported(run, tmp_path, tmp_path / "many", "--profile", "minimal")
    assert (len(told["cases"]), len(told["labels"]), len(told["table"])) == (100, 20, 2000)
    assert len(told["overlays"]) == 12
    text = page(told)
    assert len(text.encode()) <= 2_000_000
    assert len(Page(text).ids) == len(set(Page(text).ids))


@pytest.mark.parametrize("name", ["r.html", "r.json", "r.sarif", "r.xml"])
def test_a_path_that_is_no_utf_8_is_told_with_replaced_characters(
    run: Callable[..., Ran], tmp_path: Path, name: str
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff"))
    first, _ = two_readers(folder)
    edit(first, lambda case: case["metadata"].pop("annotator"))
    assert run("report", first, "-o", tmp_path / name).code == 1
    assert "bad" in (tmp_path / name).read_text(encoding="utf-8")
    assert run("validate", first, "--profile", "delivery", "--findings", tmp_path / f"v.{name[2:]}").code in {1, 2}
    if name == "r.sarif":
        (result, *_) = json.loads((tmp_path / name).read_text(encoding="utf-8"))["runs"][0]["results"]
        assert "bad%FF" in result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
