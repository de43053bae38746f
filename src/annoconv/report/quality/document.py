"""The quality report as one JSON object: what the page shows, and nothing that it does not.

Sentences are objects by language. Everything is in a stable order and without a clock: the same cases give the same
report. A finding, a row of agreement and a text name the case by its id in the report, `case-1`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import Labels
from annoconv.findings import NOT_CHECKED, Level
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.metrics.definitions import DEFINITIONS
from annoconv.model import SCHEMA_VERSION, ImageTextLink, TextSpanAnnotation
from annoconv.report.quality.agreement import agreement, stated
from annoconv.report.quality.cross_modal import cross_modal, validation_records
from annoconv.report.quality.overlays import overlays
from annoconv.report.quality.subjects import annotation_of, both
from annoconv.report.sources import Sources
from annoconv.rules import rule_table
from annoconv.rules.cycle import review_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annoconv.metrics.thresholds import ReviewBounds
    from annoconv.model import Label
    from annoconv.report.quality.subjects import Subject, Text
    from annoconv.rules import Profile, Rule, RuleTable

__all__ = ["MOST_OVERLAYS", "quality_report"]

MOST_OVERLAYS: Final = 12
_FORMAT: Final = 1
"""Raised when a member changes its meaning."""
_REVIEWED: Final = ("status", "needs_second_review", "needs_dedicated_review", "overlay")
_STRUCTURE: Final = both(Message("The document has the structure of its class."))
_CHECKED: Final = both(Message("The input can be opened and decoded."))
_VERDICT_SENTENCES: Final = {
    "failed": "Not fit for the profile {profile}. Errors: {errors}. Cases with errors: {failed} of {inputs}",
    "not_checked": "Not decided for the profile {profile}. Not checked: {not_checked} of {inputs}",
    "review": "Not yet fit for the profile {profile}. Reviews that follow: {reviews}. Not compared: {refused}",
    "warnings": "Fit for the profile {profile}. Warnings: {warnings}. Cases: {inputs}",
    "passed": "Fit for the profile {profile}. Nothing was found. Cases: {inputs}",
}


def quality_report(
    subjects: Sequence[Subject],
    *,
    profile: Profile,
    sources: Sources | None = None,
    most_overlays: int = MOST_OVERLAYS,
    label_system: Sequence[Label] = (),
    rules: RuleTable | None = None,
    with_volumes: bool = False,
) -> dict[str, Any]:
    """Return the report on cases with their findings.

    Parameters
    ----------
    subjects
        The cases, checked by the rules of the profile.
    profile
        The profile.
    sources
        Their images, on which contours are drawn.
    most_overlays
        How many slices are drawn at most.
    label_system
        The task's labels, with their names and colours.
    rules
        The rules that were applied, with a project's changes.
    with_volumes
        Whether volumes are put into it, which a page shows from all sides.
    """
    sources = sources or Sources([], Limits())
    table = rules or rule_table()
    bounds = review_bounds(table.rules)
    rows, pairs, refused = agreement(subjects, bounds)
    drawings, not_drawn = overlays(subjects, rows, sources, most=most_overlays, label_system=label_system)
    shown = _Shown(drawings)
    pictured = {(*each["cases"], each["label"]): each["id"] for each in drawings if "cases" in each}
    for row in rows:
        if overlay := pictured.get((*row["cases"], row["label"])):
            row["overlay"] = overlay
    clauses = _clauses(subjects, shown, table.rules)
    verdict = _verdict(subjects, rows, refused, profile)
    volumes: dict[str, Any] = {}
    if with_volumes:
        from annoconv.report.quality.volumes import volumes as volumes_of

        first = [case for each in drawings for case in (each.get("cases") or [each["case"]])]
        shown_volumes, not_shown = volumes_of(subjects, first, sources, label_system=label_system)
        volumes = {"volumes": shown_volumes, "volumes_not_shown": not_shown}
    return {
        "kind": "quality_report",
        "format": _FORMAT,
        "profile": profile,
        "verdict": verdict,
        "next": [*_next(verdict, clauses, rows, bounds)],
        "cases": [_case(each) for each in subjects],
        "labels": _labels(subjects, label_system),
        "table": [*_table(subjects, rows)],
        "bounds": {"second_review_dice": bounds.second, "dedicated_review_dice": bounds.dedicated},
        "pairs": pairs,
        "agreement": rows,
        "not_compared": refused,
        "stated_agreement": stated(subjects),
        "clauses": clauses,
        "overlays": drawings,
        "not_drawn": not_drawn,
        **volumes,
        "texts": [*_texts(subjects, shown)],
        "cross_modal": cross_modal(subjects, table.rules),
        "validations": validation_records(subjects),
        "definitions": _definitions(),
        "versions": _versions(table),
    }


class _Shown:
    """Which overlay shows an annotation: on a slice, or at all."""

    def __init__(self, drawings: Sequence[dict[str, Any]]) -> None:
        self._any: dict[tuple[str, str], str] = {}
        self._slices: dict[tuple[str, str, int], str] = {}
        for each in drawings:
            for one in each["regions"]:
                key = one["case"], one["annotation"]
                self._any.setdefault(key, each["id"])
                self._slices.setdefault((*key, each["index"]), each["id"])

    def get(self, case: str, annotation: str, slice_index: int | None = None) -> str | None:
        """Return the overlay; None if none was drawn."""
        if slice_index is None:
            return self._any.get((case, annotation))
        return self._slices.get((case, annotation, slice_index))


def _verdict(
    subjects: Sequence[Subject], rows: Sequence[dict[str, Any]], refused: Sequence[Any], profile: Profile
) -> dict[str, Any]:
    counts = {
        "inputs": len(subjects),
        "errors": sum(each.count(Level.ERROR) for each in subjects),
        "warnings": sum(each.count(Level.WARNING) for each in subjects),
        "failed": sum(each.count(Level.ERROR) > 0 for each in subjects),
        "not_checked": sum(not each.is_checked for each in subjects),
        "reviews": sum(each["needs_second_review"] for each in rows),
        "refused": len(refused),
    }
    order = {
        "failed": counts["errors"],
        "not_checked": counts["not_checked"] or not subjects,
        "review": counts["reviews"] + counts["refused"],
        "warnings": counts["warnings"],
    }
    status = next((name for name, found in order.items() if found), "passed")
    text = Message(_VERDICT_SENTENCES[status], profile=profile, **counts)
    return {"status": status, "text": both(text), **counts}


def _next(
    verdict: dict[str, Any],
    clauses: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    bounds: ReviewBounds,
) -> Iterable[dict[str, Any]]:
    """Yield what to do, the gravest first, each with the place on the page that shows what it is about."""

    def step(text: Message, href: str) -> dict[str, Any]:
        return {"text": both(text), "href": href}

    for each in clauses:
        if each["rule"] == NOT_CHECKED:
            yield step(Message("Give again what could not be read: {count}", count=each["errors"]), _at(each))
    for each in sorted(clauses, key=lambda one: (-one["errors"], one["rule"])):
        if each["errors"] and each["rule"] != NOT_CHECKED:
            yield step(
                Message("Mend the errors of {rule}: {count}", count=each["errors"], rule=each["rule"]), _at(each)
            )
    dedicated = sum(each["needs_dedicated_review"] for each in rows)
    if dedicated:
        text = Message(
            "Hold dedicated reviews (9.2), for a Dice below {bound}: {count}",
            count=dedicated,
            bound=bounds.dedicated,
        )
        yield step(text, "#agreement")
    if second := sum(each["needs_second_review"] for each in rows) - dedicated:
        text = Message(
            "Hold second reviews (8.4 c), for a Dice below {bound}: {count}", count=second, bound=bounds.second
        )
        yield step(text, "#agreement")
    if verdict["refused"]:
        yield step(Message("Mend what could not be compared: {count}", count=verdict["refused"]), "#agreement")
    if verdict["warnings"]:
        yield step(
            Message("Mend what warnings are about, or say why not: {count}", count=verdict["warnings"]), "#findings"
        )
    if verdict["status"] == "passed":
        yield step(Message("Deliver: nothing is left to do"), "#cases")


def _at(clause: dict[str, Any]) -> str:
    return f"#{clause['id']}"


def _case(subject: Subject) -> dict[str, Any]:
    case = None if subject.loaded is None else subject.loaded.case
    return {
        "id": subject.id,
        "name": subject.name,
        "source": subject.source,
        "case_index": subject.case_index,
        "reader": None if case is None else case.metadata.annotator,
        "reviewer": None if case is None else case.metadata.reviewer,
        "is_checked": subject.is_checked,
        "annotations": None if case is None else len(case.annotations),
        "errors": subject.count(Level.ERROR),
        "warnings": subject.count(Level.WARNING),
    }


def _labels(subjects: Sequence[Subject], label_system: Sequence[Label]) -> list[dict[str, Any]]:
    found: dict[str, Text] = {}
    for each in subjects:
        if each.loaded is None:
            continue
        codes = dict.fromkeys(one.label_code for one in each.loaded.case.annotations if one.label_code not in found)
        known = Labels.of(each.loaded.case, label_system) if codes else None
        for code in codes:
            label = known.get(code) if known is not None else None
            en, zh = (None, None) if label is None else (label.name_en, label.name_zh)
            found[code] = {"en": en or zh or code, "zh": zh or en or code}
    return [{"code": code, "name": name} for code, name in sorted(found.items())]


def _table(subjects: Sequence[Subject], rows: Sequence[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield for each case and label how many annotations there are, what was found of them, and their least Dice."""
    least: dict[tuple[str, str], dict[str, Any]] = {}
    for found in rows:
        for case in found["cases"]:
            have = least.get((case, found["label"]))
            if have is None or _rank(found) < _rank(have):
                least[case, found["label"]] = found
    for each in subjects:
        if each.loaded is None:
            continue
        counts = Counter(one.label_code for one in each.loaded.case.annotations)
        broken: Counter[tuple[str, Level]] = Counter()
        for finding in each.findings:
            if (annotation := annotation_of(each, finding)) is not None:
                broken[annotation.label_code, finding.level] += 1
        missed = [label for case, label in least if case == each.id and label not in counts]
        for label in sorted({*counts, *missed}):
            row: dict[str, Any] | None = least.get((each.id, label))
            yield {
                "case": each.id,
                "label": label,
                "annotations": counts[label],
                "errors": broken[label, Level.ERROR],
                "warnings": broken[label, Level.WARNING],
                **({} if row is None else {"dice": row["value"], **{key: row[key] for key in _REVIEWED if key in row}}),
            }


def _rank(row: dict[str, Any]) -> float:
    """Return where a row stands: a structure that one reader lacks first, one that both lack last."""
    if row["value"] is None:
        return -1.0 if row["needs_second_review"] else 2.0
    return float(row["value"])


def _clauses(subjects: Sequence[Subject], shown: _Shown, rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """Return the findings by rule, rules by clause, those with errors first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in subjects:
        for finding in each.findings:
            annotation = annotation_of(each, finding)
            overlay = None if annotation is None else shown.get(each.id, annotation.id, finding.slice_index)
            groups[finding.rule].append(
                {
                    "case": each.id,
                    "path": finding.path,
                    "level": finding.level.value,
                    "message": {lang: str(finding.text(lang)) for lang in ("en", "zh")},
                    **({} if annotation is None else {"annotation": annotation.id, "label": annotation.label_code}),
                    **({} if finding.slice_index is None else {"slice_index": finding.slice_index}),
                    **({} if overlay is None else {"overlay": overlay}),
                }
            )
    found: list[dict[str, Any]] = []
    for name, findings in groups.items():
        rule = rules.get(name)
        title = {"en": rule.title_en, "zh": rule.title_zh} if rule is not None else _STRUCTURE
        levels = Counter(each["level"] for each in findings)
        found.append(
            {
                "rule": name,
                "clause": "" if rule is None else rule.clause,
                "title": _CHECKED if name == NOT_CHECKED else title,
                "errors": levels["error"],
                "warnings": levels["warning"],
                "findings": findings,
            }
        )
    found.sort(key=lambda each: (not each["errors"], _steps(each["clause"]), each["rule"]))
    return [{"id": f"rule-{number}", **each} for number, each in enumerate(found, 1)]


def _steps(clause: str) -> list[tuple[bool, int, str]]:
    """Return a clause so that 9.3 stands before 10.1."""
    return [
        (not each.isdecimal(), int(each) if each.isdecimal() else 0, each)
        for each in clause.replace(" ", ".").split(".")
    ]


def _texts(subjects: Sequence[Subject], shown: _Shown) -> Iterable[dict[str, Any]]:
    """Yield each text with spans, and for each span the annotations that it is linked to."""
    for each in subjects:
        if each.loaded is None:
            continue
        case = each.loaded.case
        spans: dict[str, list[TextSpanAnnotation]] = defaultdict(list)
        for annotation in case.annotations:
            if isinstance(annotation, TextSpanAnnotation):
                spans[annotation.text_id].append(annotation)
        linked: dict[str, dict[str, str | None]] = defaultdict(dict)
        for link in case.links or ():
            if isinstance(link, ImageTextLink):
                for span in link.span_ids:
                    linked[span] |= {one: shown.get(each.id, one) for one in link.annotation_ids}
        for text in case.texts or ():
            if text.id in spans:
                yield {
                    "case": each.id,
                    "text_id": text.id,
                    "language": text.language,
                    "content": text.content,
                    "spans": [
                        {
                            "id": one.id,
                            "start": one.start,
                            "end": one.end,
                            "label": one.label_code,
                            "regions": [{"annotation": key, "overlay": value} for key, value in linked[one.id].items()],
                        }
                        for one in sorted(spans[text.id], key=lambda one: (one.start, one.end, one.id))
                    ],
                }


def _definitions() -> list[dict[str, Any]]:
    told = DEFINITIONS["overlap.dice"]
    return [{"id": "overlap.dice", "formula": told.formula, "unit": told.unit, "source": told.source}]


def _versions(table: RuleTable) -> dict[str, Any]:
    return {
        "annoconv": version("annoconv"),
        "schema": SCHEMA_VERSION,
        "rules": {"count": len(table.rules), **table.to_json()},
    }
