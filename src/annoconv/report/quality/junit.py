"""Findings as JUnit XML, which every CI system reads: a suite for each file, a test for each rule that it breaks.

Errors are failures, an input that could not be checked is an error, and warnings stand in the output of a test that
passes. A file without findings has one test, which passes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from annoconv.findings import NOT_CHECKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.messages import Language

__all__ = ["junit"]

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(
    findings: Iterable[Mapping[str, Any]],
    sources: Iterable[str],
    lang: Language = "en",
    rules: Mapping[str, Any] | None = None,
) -> str:
    """Return findings as JUnit XML.

    Parameters
    ----------
    findings
        As `--findings` writes them: `source` and the members of `Finding.to_json`.
    sources
        Every file that was looked at.
    lang
        Language of their sentences.
    rules
        Which rules were applied, as `RuleTable.to_json` tells it: properties of each suite.
    """
    suites: dict[str, dict[str, list[Mapping[str, Any]]]] = {each: {} for each in sources}
    for each in findings:
        suites.setdefault(str(each["source"]), defaultdict(list)).setdefault(str(each["rule"]), []).append(each)
    properties = "" if rules is None else f"<properties>\n{''.join(_properties(rules, 'rules'))}</properties>\n"
    told = [_suite(source, broken, lang, properties) for source, broken in suites.items()]
    sums = [sum(counts[place] for counts, _ in told) for place in range(3)]
    body = "".join(text for _, text in told)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="annoconv" {_counts(sums)}>\n{body}</testsuites>\n'
    )


def _suite(
    source: str, rules: Mapping[str, Sequence[Mapping[str, Any]]], lang: Language, properties: str
) -> tuple[tuple[int, int, int], str]:
    """Return how many tests, failures and errors a file has, and its suite."""
    tests = [_test(source, rule, some, lang) for rule, some in rules.items()]
    if not tests:
        tests = [("", f"<testcase classname={_quoted(source)} name={_quoted('findings')}/>\n")]
    kinds = [kind for kind, _ in tests]
    counts = len(tests), kinds.count("failure"), kinds.count("error")
    body = "".join(text for _, text in tests)
    return counts, f"<testsuite name={_quoted(source)} {_counts(counts)}>\n{properties}{body}</testsuite>\n"


def _properties(told: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield a property for each value, named by its path: `rules.project.version`."""
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _properties(value, f"{name}.{key}")
        else:
            yield f"<property name={_quoted(f'{name}.{key}')} value={_quoted(str(value))}/>\n"


def _test(source: str, rule: str, findings: Sequence[Mapping[str, Any]], lang: Language) -> tuple[str, str]:
    lines = [_line(each, lang) for each in findings]
    text = escape(_clean("\n".join(lines)))
    head = f"<testcase classname={_quoted(source)} name={_quoted(rule)}>"
    if not any(each["level"] == "error" for each in findings):
        return "", f"{head}<system-out>{text}</system-out></testcase>\n"
    kind = "error" if rule == NOT_CHECKED else "failure"
    return kind, f"{head}<{kind} type={_quoted(rule)} message={_quoted(lines[0])}>{text}</{kind}></testcase>\n"


def _line(finding: Mapping[str, Any], lang: Language) -> str:
    index = f"#{finding['case_index']} " if finding["case_index"] else ""
    return f"{index}{finding['path']}: {finding['level']}: {finding.get(f'message_{lang}', finding['message'])}"


def _counts(counts: Sequence[int]) -> str:
    return f'tests="{counts[0]}" failures="{counts[1]}" errors="{counts[2]}"'


def _quoted(text: str) -> str:
    return quoteattr(_clean(text), {"\n": "&#10;"})


def _clean(text: str) -> str:
    """Return a text with what XML 1.0 has no place for as U+FFFD."""
    return _NO_XML.sub("\ufffd", text)
