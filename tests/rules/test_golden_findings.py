"""Every finding of every case of the zoo, and of the demonstration case and its twin, stands in a committed list.

`pytest tests/rules/test_golden_findings.py --accept-losses` writes them; read the difference before you commit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annoconv.demo.case import make as make_demo
from annoconv.demo.planted import PLANTED, plant
from annoconv.rules import PROFILES, catalogue
from annoconv.validation import validate
from tests.cases import ZOO, make
from tests.cli.conftest import Ran, run

if TYPE_CHECKING:
    from annoconv.findings import Finding

__all__ = ["run"]

GOLDEN = Path(__file__).parents[1] / "golden" / "findings"


def lines(findings: dict[str, list[Finding]]) -> str:
    """Return a line for each place that breaks a rule: how often, and how grave that is in each profile."""
    told: dict[tuple[str, str], dict[str, str]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for profile, found in findings.items():
        counts |= Counter((each.path, each.rule) for each in found)
        for each in found:
            told.setdefault((each.path, each.rule), {})[profile] = each.level.value
    return "".join(
        f"{path or '(document)'} {rule} {counts[path, rule]} "
        f"{' '.join(f'{profile}={level}' for profile, level in levels.items())}\n"
        for (path, rule), levels in told.items()
    )


@pytest.mark.parametrize("name", ZOO)
def test_no_case_has_a_finding_that_is_not_listed(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    case = make(name, tmp_path / name)
    found = lines({profile: validate(case.path, profile=profile, images=case.images) for profile in PROFILES})
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--accept-losses"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == found


def test_nothing_is_listed_of_cases_that_are_not() -> None:
    assert {each.stem for each in GOLDEN.glob("*.txt")} == set(ZOO)


def told(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((each["rule"], each["path"]) for each in findings)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_demonstration_has_exactly_the_planted_findings(run: Callable[..., Ran], tmp_path: Path, lang: str) -> None:
    clean = make_demo(tmp_path / "demo")
    planted = plant(clean, tmp_path / "demo" / "planted")
    options = ("--profile", "delivery", "--images", tmp_path / "demo" / "images", "--lang", lang)
    assert run("validate", clean, *options, "--json").json["findings"] == []
    ran = run("validate", planted, *options, "--json")
    assert ran.code == 1
    assert told(ran.json["findings"]) == sorted(PLANTED)
    said = run("validate", planted, *options).err
    for each in ran.json["findings"]:
        sentence = each["message" if lang == "en" else "message_zh"]
        assert sentence in said
        assert any("一" <= letter <= "鿿" for letter in sentence) == (lang == "zh")


def test_each_planted_fault_is_of_a_rule_of_its_own() -> None:
    assert len({rule for rule, _ in PLANTED}) == len(PLANTED)
    assert {rule for rule, _ in PLANTED} <= set(catalogue())


def test_the_command_leaves_both(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("demo", tmp_path / "demo").code == 0
    clean, planted = tmp_path / "demo" / "case.json", tmp_path / "demo" / "planted" / "case.json"
    assert json.loads(clean.read_text("utf-8"))["case_id"] == json.loads(planted.read_text("utf-8"))["case_id"]
    options = ("--profile", "delivery", "--images", tmp_path / "demo" / "images", "--json")
    assert run("validate", tmp_path / "demo", *options).json["findings"] == []
    assert told(run("validate", tmp_path / "demo" / "planted", *options).json["findings"]) == sorted(PLANTED)
