"""Findings as SARIF 2.1.0, which code hosts and CI systems show beside a change (OASIS, 2020).

A place in a document is a JSON pointer: a logical location, beside the file. No line is given, which we do not know.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from annoconv.findings import NOT_CHECKED
from annoconv.rules import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annoconv.messages import Language

__all__ = ["sarif"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def sarif(
    findings: Iterable[Mapping[str, Any]], lang: Language = "en", rules: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return findings as a SARIF log.

    Parameters
    ----------
    findings
        As `--findings` writes them: `source` and the members of `Finding.to_json`.
    lang
        Language of their sentences.
    rules
        Which rules were applied, as `RuleTable.to_json` tells it.
    """
    results: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    places: dict[str, int] = {}
    for each in findings:
        text = str(each.get(f"message_{lang}", each["message"]))
        if each["rule"] == NOT_CHECKED:
            notes.append({"level": "error", "message": {"text": text}, "locations": [_location(each)]})
            continue
        results.append(
            {
                "ruleId": each["rule"],
                "ruleIndex": places.setdefault(each["rule"], len(places)),
                "level": _LEVELS[each["level"]],
                "message": {"text": text},
                "locations": [_location(each)],
                "properties": {"case_index": each["case_index"]},
            }
        )
    driver = {
        "name": "annoconv",
        "version": version("annoconv"),
        "rules": [_rule(name, lang) for name in places],
    }
    invocation = {"executionSuccessful": not notes, **({"toolExecutionNotifications": notes} if notes else {})}
    run = {
        "tool": {"driver": driver},
        "language": "zh-CN" if lang == "zh" else "en-US",
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
        **({} if rules is None else {"properties": {"rules": dict(rules)}}),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _location(finding: Mapping[str, Any]) -> dict[str, Any]:
    source = str(finding["source"]).replace("\\", "/")
    quoted = quote(source, errors="surrogateescape")
    uri = f"file://{quoted}" if source.startswith("/") else quoted
    path = str(finding["path"])
    logical = {"logicalLocations": [{"fullyQualifiedName": path, "kind": "member"}]} if path else {}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}}, **logical}


def _rule(name: str, lang: Language) -> dict[str, Any]:
    rule = catalogue().get(name)
    if rule is None:
        return {"id": name}
    title = rule.title_zh if lang == "zh" else rule.title_en
    return {"id": name, "shortDescription": {"text": title}, "properties": {"clause": rule.clause}}
