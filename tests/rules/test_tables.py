"""A project's own levels and numbers of rules, and what became of each rule."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

import annoconv
from annoconv import rules
from annoconv.casefile import LoadedCase
from annoconv.errors import InputError
from annoconv.findings import Level
from annoconv.model import Case
from annoconv.rules.outcomes import Outcome, RuleOutcomes
from annoconv.validation import check_file
from tests.documents import Document, c5, good, write
from tests.rules.examples import linked

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, changes: Any, **rest: Any) -> Path:
    path = folder / "rules.json"
    path.write_text(json.dumps({"version": "h1", "rules": changes} | rest), encoding="utf-8")
    return path


def of(document: Document) -> Case:
    return Case.model_validate_json(json.dumps(document))


def found(document: Document, table: rules.RuleTable, profile: rules.Profile = "delivery") -> list[tuple[str, Level]]:
    return [(each.rule, each.level) for each in rules.check(LoadedCase(of(document)), profile=profile, table=table)]


def test_one_word_is_the_level_in_every_profile(tmp_path: Path) -> None:
    table = rules.rule_table(project(tmp_path, {"A-3.3.dangling_link": {"level": "off"}}))
    assert "A-3.3.dangling_link" in dict(found(c5(), rules.rule_table()))
    assert "A-3.3.dangling_link" not in dict(found(c5(), table))
    assert set(table.rules["A-3.3.dangling_link"].levels.values()) == {None}


def test_a_level_may_be_of_one_profile(tmp_path: Path) -> None:
    table = rules.rule_table(project(tmp_path, {"A-3.3.dangling_link": {"level": {"minimal": "error"}}}))
    assert ("A-3.3.dangling_link", Level.ERROR) in found(c5(), table, "minimal")
    assert table.rules["A-3.3.dangling_link"].levels["exchange"] is Level.WARNING


def test_a_number_is_the_one_that_a_rule_measures_by(tmp_path: Path) -> None:
    document = good()
    linked(record={"recorded_at": "2026-02-15T00:00:00Z"})(document)
    assert found(document, rules.rule_table()) == []
    table = rules.rule_table(project(tmp_path, {"A-8.5.3c.interval": {"parameters": {"most_days": 30}}}))
    assert found(document, table) == [("A-8.5.3c.interval", Level.ERROR)]
    path = write(tmp_path / "case.json", document)
    assert [each.rule for each in annoconv.validate(path, profile="delivery", rules_file=tmp_path / "rules.json")] == [
        "A-8.5.3c.interval"
    ]


def test_reports_name_the_tables(tmp_path: Path) -> None:
    path = project(tmp_path, {})
    told = rules.rule_table(path).to_json()
    assert told["project"] == {
        "file": "rules.json",
        "version": "h1",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert len(told["sha256"]) == 64
    assert "project" not in rules.rule_table().to_json()


@pytest.mark.parametrize(
    ("changes", "rest", "where", "advice"),
    [
        ({"A-9.3.1a.holes": {}}, {}, "/rules/A-9.3.1a.holes", "Did you mean A-9.3.1a.hole?"),
        ({"A-9.3.1a.hole": {"levels": "off"}}, {}, "/rules/A-9.3.1a.hole/levels", "Did you mean level?"),
        ({"A-9.3.1a.hole": {"level": "eror"}}, {}, "/rules/A-9.3.1a.hole/level", "Did you mean error?"),
        ({"A-9.3.1a.hole": {"level": {"deliver": "off"}}}, {}, "/level/deliver", "Did you mean delivery?"),
        ({"A-9.3.1a.hole": {"level": 3}}, {}, "/rules/A-9.3.1a.hole/level", "rules.md"),
        (
            {"A-9.3.1a.hole": {"parameters": {"most_pixel": 1}}},
            {},
            "/parameters/most_pixel",
            "Did you mean most_pixels?",
        ),
        ({"A-9.3.1a.hole": {"parameters": {"most_pixels": -1}}}, {}, "/parameters/most_pixels", "rules.md"),
        ({"A-9.3.1a.hole": {"parameters": {"most_pixels": True}}}, {}, "/parameters/most_pixels", "rules.md"),
        ({"A-9.3.1a.cavity": {"parameters": {"most": 1}}}, {}, "/parameters/most", "rules.md"),
        ({"A-9.3.1a.hole": {"parameters": {"most_pixels": 1e13}}}, {}, "/parameters/most_pixels", "0 to 1e+12"),
        ({"A-9.3.1a.hole": {"level": ["error"]}}, {}, "/rules/A-9.3.1a.hole/level", 'found ["error"]; expected one of'),
        ({"A-9.3.1a.hole": {"level": {"minimal": "eror"}}}, {}, "/level/minimal", "Did you mean error?"),
        ({"A-7.2e.slice_missing": {"level": "off"}}, {}, "/rules/A-7.2e.slice_missing", "this is a check of images"),
        ({"A-9.3.1a.hole": {"severity": "grave"}}, {}, "/rules/A-9.3.1a.hole/severity", "Choose one"),
        ({"A-9.3.1a.hole": {"review_level": 4}}, {}, "/rules/A-9.3.1a.hole/review_level", "Choose one"),
        ({"A-9.3.1a.hole": None}, {}, "/rules/A-9.3.1a.hole", "rules.md"),
        ([], {}, "/rules", "rules.md"),
        ({}, {"version": ""}, "/version", "Give the file a version"),
        ({}, {"rule": {}}, "/rule", "Did you mean rules?"),
    ],
)
def test_what_no_project_can_say(tmp_path: Path, changes: Any, rest: Document, where: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        rules.rule_table(project(tmp_path, changes, **rest))
    assert str(caught.value.where).endswith(where)
    assert advice in str(caught.value)
    assert caught.value.expected
    assert caught.value.found
    assert caught.value.text("zh") != str(caught.value)


def outcomes(*documents: Document) -> dict[str, Outcome]:
    table = rules.rule_table()
    noted = RuleOutcomes(table, "delivery")
    for document in documents:
        case = of(document)
        noted.note(case, rules.check(LoadedCase(case), profile="delivery"), with_images=False)
    return noted.by_rule()


def test_what_does_not_apply_did_not_pass() -> None:
    found = outcomes(good())
    assert found["A-C.3.duplicate_id"] is Outcome.PASSED
    assert found["A-8.4a.mask_grid"] is Outcome.NOT_APPLICABLE  # no masks
    assert found["A-6.6.2.image_source"] is Outcome.NOT_APPLICABLE  # no images given
    assert found["A-6.6.1.document_missing"] is Outcome.NOT_APPLICABLE  # no package
    assert found["A-9.1.1.threshold_order"] is Outcome.NOT_APPLICABLE


def test_a_mask_that_cannot_be_read_passes_no_rule_on_masks(tmp_path: Path) -> None:
    noted = RuleOutcomes(rules.rule_table(), "delivery")
    list(check_file(write(tmp_path / "case.json", c5()), profile="delivery", outcomes=noted))
    found = noted.by_rule()
    assert found["A-10.1.5.mask_missing"] is Outcome.FAILED
    assert found["A-9.3.1a.cavity"] is Outcome.ERROR


def test_a_document_that_cannot_be_looked_at_passes_no_rule() -> None:
    noted = RuleOutcomes(rules.rule_table(), "delivery")
    noted.note(of(good()), [], with_images=False)
    noted.not_checked()
    told = noted.to_json()
    assert told["counts"]["passed"] == 0
    assert told["counts"]["error"] == sum(told["counts"].values()) - told["counts"]["off"]
    assert len(told["error"]) == told["counts"]["error"]
