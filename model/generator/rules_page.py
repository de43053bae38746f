"""Print rules and checks of images for people: `docs/reference/rules.md` and `image-checks.md`, from their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROFILES = ("minimal", "exchange", "delivery")

_HEAD = """# The rules

Generated from `model/rules.yaml`; never edited. The schema says whether a document is a case at all
(findings `schema.<kind>`, see [the normaliser](normaliser.md)); a rule says whether it is a good one. A recommendation
is a warning, never an error. `annoconv validate --profile NAME` chooses the profile. An input that cannot be opened or
decoded has the one finding `not_checked`, an error, and is counted by itself. [A project](review.md#rules-of-a-project)
changes levels and numbers in a file of its own.

How many rules have which level in each profile:

| profile | errors | warnings | off |
|---|---|---|---|
"""

_IMAGES_HEAD = """# The checks of images

Generated from `model/image_checks.yaml`; never edited. What `annoconv check-images` finds, and by which numbers.
[Its page](check-images.md) says how to use it.

"""


def print_rules(rules: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page."""
    counts = "".join(_count(rules, profile) for profile in PROFILES)
    return _HEAD + counts + "\n" + "\n".join(map(_rule, rules))


def print_image_checks(checks: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page on the checks of images."""
    return _IMAGES_HEAD + "\n".join(map(_image_check, checks))


def _image_check(check: Mapping[str, Any]) -> str:
    parameters = "".join(f"; {name} {value}" for name, value in check.get("parameters", {}).items())
    return (
        f"## {check['id']}\n\n{check['title_en']} {check['title_zh']}\n\n"
        f"- Source: {check['clause']}; looks at: {check['applies_to']}; {check['level']}{parameters}.\n"
        f"- Says: {check['message_en']}\n- 提示：{check['message_zh']}\n"
    )


def _count(rules: Sequence[Mapping[str, Any]], profile: str) -> str:
    levels = [rule["level"][profile] for rule in rules]
    return f"| {profile} | {levels.count('error')} | {levels.count('warning')} | {levels.count('off')} |\n"


def _rule(rule: Mapping[str, Any]) -> str:
    levels = ", ".join(f"{profile} {rule['level'][profile]}" for profile in PROFILES)
    levels += "".join(f"; {name} {value}" for name, value in rule.get("parameters", {}).items())
    return (
        f"## {rule['id']}\n\n{rule['title_en']} {rule['title_zh']}\n\n"
        f"- Source: {rule['clause']}; looks at: [{rule['applies_to']}](model.md); {levels}.\n"
        f"- {rule['severity']}; what follows: {rule['action']}; level of quality control: {rule['review_level']}.\n"
        f"- Says: {rule['message_en']}\n- 提示：{rule['message_zh']}\n"
    )
