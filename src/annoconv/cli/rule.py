"""`annoconv rule`: what a rule asks, where that comes from, and what to do where it is broken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Annotated, Any

import typer

from annoconv.advice import nearest
from annoconv.cli.report import Report
from annoconv.documents import strict_json
from annoconv.errors import UsageError
from annoconv.messages import Language, Message, listed, translate

_TABLES = ("rules", "image_checks")
"""Tables of rules beside the model: of cases, and of images."""
_MOST_NAMED = 5
_STRUCTURE_SENTENCES = {
    "schema.required": "A key that must be there is.",
    "schema.unknown_key": "Every key is one that the schema knows.",
    "schema.type": "Every value has the type that its key wants.",
    "schema.value": "A value of an enumeration is a member of it.",
    "schema.pattern": "A text is written as its key wants.",
    "schema.range": "A number is within the bounds of its key.",
    "schema.length": "A text or list is as long as its key wants.",
    "schema.invalid": "The file is a JSON document of the model.",
    "not_checked": "An input can be opened and decoded.",
}
"""What stands behind findings that are made of the schema, and of files that nobody can read."""


@dataclass(frozen=True)
class Told:
    """A rule as people are told of it, in one language."""

    id: str
    title: str
    source: str
    applies_to: str
    levels: dict[str, str]
    says: str
    advice: str


def rule(
    report: Report,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID", help="Rules, as findings name them, or the end of one; none lists all.")
    ] = [],  # noqa: B006  typer copies it
) -> None:
    """Explain rules: what is asked, by which clause, at which level, and what to do."""
    rules = {told.id: told for told in _rules(report.lang)}
    chosen = [_chosen(each, rules) for each in ids] if ids else list(rules.values())
    report.add("rules", [vars(each) for each in chosen])
    width = max(map(len, rules))
    for each in chosen:
        if not ids:
            report.say("{}", f"{each.id:{width}}  {each.title}")
            continue
        report.say("{}", each.id)
        report.say("  asks: {}", each.title)
        report.say("  why: {}", each.source)
        report.say("  looks at: {}", each.applies_to)
        levels = ((f"{name} " if name else "", translate(level, report.lang)) for name, level in each.levels.items())
        report.say("  level: {}", ", ".join("".join(parts) for parts in levels))
        report.say("  says: {}", each.says)
        report.say("  what to do: {}", each.advice)


def _rules(lang: Language) -> Iterator[Told]:
    for table in _TABLES:
        read: Any = strict_json.loads((files("annoconv_model") / f"{table}.json").read_bytes())
        for entry in read["rules" if table == "rules" else "checks"]:
            yield _told(entry, lang)
    from annoconv.rules.engine import added_rules

    for added in added_rules():
        clause: str = added.entry["clause"]
        whose = Message("{package}, {clause}", package=added.package, clause=clause) if clause else added.package
        yield replace(_told(added.entry, lang), source=whose)
    structure = translate("the schema of a case; `annoconv schema` prints it", lang)
    for identity, sentence in _STRUCTURE_SENTENCES.items():
        yield Told(
            identity,
            translate(sentence, lang),
            structure,
            translate("document", lang),
            {"": "error"},
            translate("what was found and expected at the place", lang),
            translate("Correct the value at the place that the finding names", lang),
        )


def _told(entry: Mapping[str, Any], lang: Language) -> Told:
    level = entry["level"]
    says: str = entry[f"message_{lang}"]
    _, mark, advice = says.rpartition("；" if lang == "zh" else "; ")
    source = translate("clause {} of the specification, its requirement in docs/conformance.md", lang, entry["clause"])
    return Told(
        entry["id"],
        entry[f"title_{lang}"],
        source,
        entry["applies_to"],
        dict(level) if isinstance(level, dict) else {"": level},
        says,
        advice
        if mark
        else translate("Correct the data at the place that the finding names, until the title holds", lang),
    )


def _chosen(written: str, rules: Mapping[str, Told]) -> Told:
    """Return the rule of an id, or the only one that ends in it; UsageError if there is none."""
    if written in rules:
        return rules[written]
    plain = written.strip("[] ").casefold()
    near = [each for name, each in rules.items() if name.casefold() == plain or name.casefold().endswith(f".{plain}")]
    if len(near) == 1:
        return near[0]
    if near:
        raise UsageError(
            "several rules end so",
            found=written,
            expected=listed([each.id for each in near], _MOST_NAMED),
            advice="Name one of them in full",
        )
    page = {"fhir": "check-fhir", "links": "check-links"}.get(plain.partition(".")[0])
    if page is not None:
        raise UsageError(
            Message("a rule of {command}, which has a page of its own", command=page),
            found=written,
            expected=Message("the id of a rule of cases or images"),
            advice=Message("Read docs/reference/{page}.md; the finding itself says what to do", page=page),
        )
    raise UsageError(
        "there is no such rule",
        found=written,
        expected=Message("one of {count} ids, which `annoconv rule` lists", count=len(rules)),
        advice=_nearest(plain, rules),
    )


def _nearest(written: str, rules: Mapping[str, Told]) -> Message:
    """Return the advice to take the id whose whole, or whose name after the point, is spelled most like it."""
    whole = nearest(written, rules)
    if "name" in whole.values:
        return whole
    names = {name.rpartition(".")[2]: name for name in rules}
    by_name = nearest(written.rpartition(".")[2], names)
    found = by_name.values.get("name")
    return Message("Did you mean {name}?", name=names[str(found)]) if found else whole
