"""Print the rules for people: `docs/reference/rules.md`, from `model/rules.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROFILES = ("minimal", "exchange", "delivery")

_HEAD = """# The rules

Generated from `model/rules.yaml`; never edited. A rule says whether a case is good; whether it is a case at all, the
schema says (findings `schema.<kind>`, see [the normaliser](normaliser.md)). A recommendation is a warning, never an
error. `annoconv validate --profile NAME` chooses the column. An input that could not be opened or decoded has the one
finding `not_checked`, an error, and is counted by itself.

| profile | errors | warnings | off |
|---|---|---|---|
"""


def print_rules(rules: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page."""
    counts = "".join(_count(rules, profile) for profile in PROFILES)
    return _HEAD + counts + "\n" + "\n".join(map(_rule, rules))


def _count(rules: Sequence[Mapping[str, Any]], profile: str) -> str:
    levels = [rule["level"][profile] for rule in rules]
    return f"| {profile} | {levels.count('error')} | {levels.count('warning')} | {levels.count('off')} |\n"


def _rule(rule: Mapping[str, Any]) -> str:
    levels = ", ".join(f"{profile} {rule['level'][profile]}" for profile in PROFILES)
    return (
        f"## {rule['id']}\n\n{rule['title_en']} {rule['title_zh']}\n\n"
        f"- Source: {rule['clause']}; looks at: [{rule['applies_to']}](model.md); {levels}.\n"
        f"- Says: {rule['message_en']}\n- 提示：{rule['message_zh']}\n"
    )
