"""The quality report as one HTML page: no network; a style sheet switches the language, only volumes need a script.

Whatever comes from a case is escaped, and isolated from the direction of the text round it. The page forbids itself to
load anything (Content-Security-Policy); its pictures are in it.
"""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Any, Final

from annoconv.messages import Message
from annoconv.report.quality import volume_viewer
from annoconv.report.quality.agreement_chart import chart
from annoconv.report.quality.sheets import consistency, validations
from annoconv.report.quality.spans import marked
from annoconv.report.quality.words import in_both, own, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annoconv.messages import Language

__all__ = ["page"]

_MOST_OF_RULE: Final = 20
_MOST_FINDINGS: Final = 600
_MOST_ROWS: Final = 400
_MOST_CELLS: Final = 6000
_MOST_CHARACTERS: Final = 200_000
"""What a page shows of each; the rest is counted on it, and stands in --json."""
_SHEETS: Final = frozenset({"consistency", "validations"})
"""Reports of their own, which begin a page in print."""
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_HEAD: Final = Template("""<!DOCTYPE html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="$policy">
<title>$title</title>
<style>
:root { color-scheme: light; --ink: #1c2430; --faint: #5b6675; --line: #d5dbe3; --bad: #a3161b; --warn: #7a4d00;
  --good: #14602c }
body { margin: 0; font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: var(--ink) }
main, header, footer { max-width: 70rem; margin: 0 auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line) }
.lang { position: absolute; opacity: 0 } nav { display: flex; gap: .5rem; flex-wrap: wrap; margin: .8rem 0 }
nav label { border: 1px solid var(--line); border-radius: 4px; padding: .1rem .7rem; cursor: pointer }
#lang-en:checked ~ * .zh, #lang-zh:checked ~ * .en { display: none }
#lang-en:checked ~ header [for=lang-en], #lang-zh:checked ~ header [for=lang-zh] { background: var(--ink); color: #fff }
.lang:focus-visible ~ header nav label { outline: 2px solid #2460c0 }
.verdict { font-size: 1.2rem; font-weight: 600; padding: .6rem 1rem; border-left: .5rem solid }
.failed, .not_checked, .error { color: var(--bad) } .review, .warnings, .warning { color: var(--warn) }
.passed { color: var(--good) } .wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .87rem } td, th { border: 1px solid var(--line); padding: .15rem .45rem;
  text-align: left; vertical-align: top } tr > th:first-child { min-width: 7rem }
.wide tr:first-child th { white-space: nowrap } .wide bdi { overflow-wrap: break-word }
.slice { position: relative; width: fit-content; max-width: 100% } .slice b { position: absolute; color: #fff;
  text-shadow: 0 0 3px #000; font-size: .8rem } .slice b:nth-of-type(1) { left: .3rem; top: 47% }
.slice b:nth-of-type(2) { right: .3rem; top: 47% } .slice b:nth-of-type(3) { top: 0; left: 48% }
.slice b:nth-of-type(4) { bottom: .3rem; left: 48% }
td.n { text-align: right; white-space: nowrap }
td.e { background: #fbe3e3 } td.w { background: #fdf1d8 } td.g { background: #e4f3e8 }
bdi, code { overflow-wrap: anywhere } .faint { color: var(--faint) } figure { margin: 0; width: 18rem; max-width: 100% }
figure img { max-width: 100%; height: auto; background: #000 } .figures { display: flex; flex-wrap: wrap; gap: 1.2rem }
figure:target, details:target, tr:target { outline: 3px solid #2460c0 } figcaption { font-size: .85rem }
.swatch { display: inline-block; width: .8em; height: .8em; border: 1px solid #666; margin-right: .3em }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); padding: .6rem }
mark { background: #ffe58a } svg { display: block } summary { cursor: pointer }
.wide + .wide { margin-top: .6rem } @media print { .sheet { break-before: page } nav { display: none }
.wide { overflow: visible } .wide bdi { overflow-wrap: anywhere } .wide tr:first-child th { white-space: normal }
.sheet table { font-size: .75rem } .sheet tr > th:first-child { min-width: 0 } }
@media (min-width: 60rem) { .sheet bdi { overflow-wrap: anywhere } }
$style</style>
</head>
<body>
""")


def page(report: Mapping[str, Any], lang: Language = "en") -> str:
    """Return the page of a report (`annoconv.report.quality.document`), first shown in a language."""
    names = {each["id"]: each["name"] for each in report["cases"]}
    verdict = report["verdict"]
    has_volumes = bool(report.get("volumes"))
    title = f"annoconv: {verdict['text'][lang]}"
    chosen = {each: " checked" if each == lang else "" for each in ("en", "zh")}
    return "".join(
        (
            _HEAD.substitute(
                lang="zh-CN" if lang == "zh" else "en",
                title=escape(title),
                style=volume_viewer.STYLE if has_volumes else "",
                policy=volume_viewer.policy() if has_volumes else _POLICY,
            ),
            f'<input class="lang" type="radio" name="lang" id="lang-en"{chosen["en"]} aria-label="English">',
            f'<input class="lang" type="radio" name="lang" id="lang-zh"{chosen["zh"]} aria-label="中文">\n',
            "<header><nav><label for=lang-en>English</label><label for=lang-zh>中文</label></nav>",
            f"<h1>{words(Message('Quality report'))}</h1></header>\n<main>\n",
            f'<p class="verdict {escape(verdict["status"])}" id="verdict">{in_both(verdict["text"])}</p>\n',
            _section("next", Message("What to do next"), _next(report["next"])),
            _section("cases", Message("Cases and labels"), _cases(report)),
            _section("agreement", Message("Agreement of readers"), _agreement(report, names)),
            _section("findings", Message("Findings by clause"), _findings(report["clauses"], names)),
            _section("overlays", Message("Slices to look at"), _overlays(report, names)),
            *(
                [_section("volumes", Message("Volumes"), volume_viewer.section(report, names))]
                if "volumes" in report
                else []
            ),
            _section("texts", Message("Texts with their regions"), _texts(report["texts"], names)),
            _section("consistency", Message("Consistency of modalities (8.5.1.4)"), consistency(report, names)),
            _section("validations", Message("Validation (9.4)"), validations(report, names)),
            _section("definitions", Message("Definitions and versions"), _definitions(report)),
            "</main>\n",
            volume_viewer.scripts(report["volumes"]) if has_volumes else "",
            "</body>\n</html>\n",
        )
    )


# --- parts ---


def _section(identity: str, title: Message, content: str) -> str:
    kind = ' class="sheet"' if identity in _SHEETS else ""
    return f'<section id="{identity}"{kind}><h2>{words(title)}</h2>\n{content}</section>\n'


def _heads(*titles: str) -> str:
    return f"<tr>{''.join(f'<th>{each}</th>' for each in titles)}</tr>\n"


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return f'<p class="faint">{words(Message("... and {count} more; --json has them all", count=count))}</p>\n'


def _nothing() -> str:
    return f'<p class="faint">{words(Message("Nothing."))}</p>\n'


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


# --- sections ---


def _next(steps: Iterable[Mapping[str, Any]]) -> str:
    lines = [f'<li><a href="{escape(each["href"])}">{in_both(each["text"])}</a></li>' for each in steps]
    return f"<ol>{''.join(lines)}</ol>\n"


def _cases(report: Mapping[str, Any]) -> str:
    labels = report["labels"]
    cells = {(each["case"], each["label"]): each for each in report["table"]}
    most = max(1, _MOST_CELLS // max(1, len(labels)))
    heads = [
        words(Message("Case")),
        words(Message("Annotator")),
        words(Message("Errors")),
        words(Message("Warnings")),
        *(in_both(each["name"]) for each in labels),
    ]
    rows = [
        f'<tr id="{each["id"]}"><th title="{escape(each["source"])}">{own(each["name"])}</th>'
        f"<td>{own(each['reader'] or '–')}</td>{_counted(each)}"
        f"{''.join(_cell(cells.get((each['id'], label['code']))) for label in labels)}</tr>\n"
        for each in report["cases"][:most]
    ]
    legend = words(
        Message("A cell: annotations; ! errors, ? warnings on them; D the least Dice between readers. Red: see to it.")
    )
    return (
        f'<p class="faint">{legend}</p><div class="wide"><table>{_heads(*heads)}{"".join(rows)}</table></div>\n'
        f"{_more(len(report['cases']) - most)}"
    )


def _counted(case: Mapping[str, Any]) -> str:
    if not case["is_checked"]:
        return f'<td class="e" colspan="2">{words(Message("not checked"))}</td>'
    errors, warnings = case["errors"], case["warnings"]
    return f'<td class="n{" e" if errors else ""}">{errors}</td><td class="n{" w" if warnings else ""}">{warnings}</td>'


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "<td></td>"
    told = [str(cell["annotations"])]
    told += [f"!{cell['errors']}"] if cell["errors"] else []
    told += [f"?{cell['warnings']}"] if cell["warnings"] else []
    value, status = cell.get("dice"), cell.get("status")
    dice = f"D {_number(value)}"
    dice = f'<a href="#{cell["overlay"]}">{dice}</a>' if "overlay" in cell else dice
    told += [dice] if status not in {None, "both_empty"} else []
    is_bad = cell["errors"] or cell.get("needs_dedicated_review")
    is_near = cell["warnings"] or cell.get("needs_second_review")
    kind = " e" if is_bad else " w" if is_near else " g" if cell["annotations"] else ""
    return f'<td class="n{kind}">{" ".join(told)}</td>'


def _agreement(report: Mapping[str, Any], names: Mapping[str, str]) -> str:
    pairs, rows = report["pairs"], report["agreement"]
    heads: tuple[Message, ...]
    parts: list[str] = []
    if not rows and not report["not_compared"]:
        parts.append(f'<p class="faint">{words(Message("No case was read by two; no agreement was measured."))}</p>\n')
    if pairs:
        heads = (
            Message("Readers"),
            Message("Cases"),
            Message("Mean Dice"),
            Message("with misses"),
            Message("Missed"),
            Message("Second review (8.4 c)"),
            Message("Dedicated review (9.2)"),
        )
        lines = [_pair(each) for each in pairs]
        parts += [f'<div class="wide"><table>{_heads(*map(words, heads))}{"".join(lines)}</table></div>\n']
    if rows:
        parts += [chart(rows, report["labels"], report["bounds"])]
        asked = sorted(
            (each for each in rows if each["needs_second_review"]),
            key=lambda each: -1.0 if each["value"] is None else each["value"],
        )
        lines = [
            f"<tr><td>{own(each['case'])}</td><td>{_readers(each)}</td><td>{own(each['label'])}</td>"
            f"<td class=n>{_number(each['value'])}</td><td>{_review(each)}</td><td>{_to_overlay(each)}</td></tr>\n"
            for each in asked[:_MOST_ROWS]
        ]
        heads = (Message("Case"), Message("Readers"), Message("Label"), Message("Dice"), Message("What follows"))
        if lines:
            parts += [f'<div class="wide"><table>{_heads(*map(words, heads), "")}{"".join(lines)}</table></div>\n']
        parts += [_more(len(asked) - _MOST_ROWS)]
    for each in report["not_compared"]:
        parts.append(f'<p class="error">{own(each["case"])}: {_readers(each)}: {in_both(each["reason"])}</p>\n')
    if told := report["stated_agreement"]:
        lines = [
            f"<tr><td>{own(names[each['case']])}</td><td>{own(', '.join(each.get('parties') or ()))}</td>"
            f"<td>{own(each['metric'])}</td><td class=n>{_number(each['value'])}</td></tr>\n"
            for each in told[:_MOST_ROWS]
        ]
        heads = (Message("Case"), Message("Readers"), Message("Metric"), Message("Value"))
        parts += [
            f"<h3>{words(Message('Stated in the cases, not measured here'))}</h3>",
            f'<div class="wide"><table>{_heads(*map(words, heads))}{"".join(lines)}</table></div>\n',
            _more(len(told) - _MOST_ROWS),
        ]
    return "".join(parts)


def _pair(pair: Mapping[str, Any]) -> str:
    cells = (
        pair["cases"],
        _number(pair["mean_defined"]),
        _number(pair["mean_with_misses"]),
        *(pair[key] for key in ("missed", "second_reviews", "dedicated_reviews")),
    )
    return f"<tr><th>{_readers(pair)}</th>{''.join(f'<td class=n>{each}</td>' for each in cells)}</tr>\n"


def _readers(row: Mapping[str, Any]) -> str:
    return f"{own(row['readers'][0])} / {own(row['readers'][1])}"


def _review(row: Mapping[str, Any]) -> str:
    is_dedicated = row["needs_dedicated_review"]
    return words(Message("Dedicated review (9.2)")) if is_dedicated else words(Message("Second review (8.4 c)"))


def _to_overlay(row: Mapping[str, Any]) -> str:
    return f'<a href="#{row["overlay"]}">{words(Message("see the slice"))}</a>' if row.get("overlay") else ""


def _findings(clauses: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    parts: list[str] = []
    left = _MOST_FINDINGS
    for each in clauses:
        shown = each["findings"][: min(_MOST_OF_RULE, max(left, 1))]
        left -= len(shown)
        lines = "".join(
            f'<li class="{escape(one["level"])}"><a href="#{one["case"]}">{own(names[one["case"]])}</a> '
            f"<code>{escape(one['path'])}</code> {in_both(one['message'])} {_to_overlay(one)}</li>\n"
            for one in shown
        )
        kind = "error" if each["errors"] else "warning"
        parts.append(
            f'<details id="{each["id"]}" open><summary><b class="{kind}">{escape(each["clause"])} '
            f"<code>{escape(each['rule'])}</code></b> {in_both(each['title'])} ({each['errors']} / {each['warnings']})"
            f"</summary><ul>{lines}</ul>{_more(len(each['findings']) - len(shown))}</details>\n"
        )
    return "".join(parts) or _nothing()


def _overlays(report: Mapping[str, Any], names: Mapping[str, str]) -> str:
    figures = [_figure(each, names) for each in report["overlays"]]
    refused = [
        f'<p class="warning">{own(names[each["case"]])}: {in_both(each["reason"])}</p>\n'
        for each in report["not_drawn"]
    ]
    return f'<div class="figures">{"".join(figures)}</div>\n{"".join(refused)}' if figures or refused else _nothing()


def _figure(overlay: Mapping[str, Any], names: Mapping[str, str]) -> str:
    place = Message("slice {index} of 0-{last}", index=overlay["index"], last=overlay["slices"] - 1)
    letters = "".join(f"<b>{escape(each)}</b>" for each in overlay["letters"])
    return (
        f'<figure id="{overlay["id"]}"><div class="slice">{letters}<img src="data:image/png;base64,{overlay["png"]}" '
        f'width="{overlay["width"]}" height="{overlay["height"]}" alt="{escape(overlay["caption"]["en"])}"></div>'
        f"<figcaption>"
        f'<a href="#{overlay["case"]}">{own(names[overlay["case"]])}</a>, {own(overlay["label"])}: '
        f"{in_both(overlay['caption'])}, {words(place)}<br>{_legend(overlay)}</figcaption></figure>\n"
    )


def _legend(overlay: Mapping[str, Any]) -> str:
    return " ".join(
        f'<span class="swatch" style="background:{escape(each["colour"])}"></span>{own(each["name"])}'
        for each in overlay["legend"]
    )


def _texts(texts: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    parts: list[str] = []
    left = _MOST_CHARACTERS
    hidden = 0
    for each in texts:
        if len(each["content"]) > left:
            hidden += 1
            continue
        left -= len(each["content"])
        lang = f' lang="{escape(each["language"])}"' if each["language"] else ""
        parts.append(
            f'<h3><a href="#{each["case"]}">{own(names[each["case"]])}</a>: {own(each["text_id"])}</h3>'
            f'<div class="text"{lang}>{marked(each)}</div>\n'
        )
    return "".join(parts) + _more(hidden) or _nothing()


def _rules(told: Mapping[str, Any]) -> Iterable[tuple[Message, str]]:
    """Yield which rules were applied: annoconv's table, and the changes of a project."""
    yield Message("Rules"), f"{told['count']}, {told['version']}, SHA-256 {told['sha256']}"
    if project := told.get("project"):
        yield Message("Rules of the project"), f"{project['file']}, {project['version']}, SHA-256 {project['sha256']}"


def _definitions(report: Mapping[str, Any]) -> str:
    versions, bounds = report["versions"], report["bounds"]
    rows = [
        (Message("Profile"), report["profile"]),
        (Message("annoconv"), versions["annoconv"]),
        (Message("Schema"), versions["schema"]),
        *_rules(versions["rules"]),
        (Message("Second review (8.4 c)"), f"Dice < {bounds['second_review_dice']}"),
        (Message("Dedicated review (9.2)"), f"Dice < {bounds['dedicated_review_dice']}"),
    ]
    told = "".join(f"<tr><th>{words(name)}</th><td>{own(value)}</td></tr>\n" for name, value in rows)
    told += "".join(
        f"<tr><th><code>{escape(each['id'])}</code></th>"
        f"<td>{escape(each['formula'])} ({escape(each['source'])})</td></tr>\n"
        for each in report["definitions"]
    )
    return f'<div class="wide"><table>{told}</table></div>\n'
