"""`annoconv report`: what is to be said of the quality of cases, as a page for people or a document for programs."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import ChosenProfile, LabelSystemFile, ProfileName, RulesFile, TaskFile
from annoconv.messages import Message
from annoconv.progress import over

if TYPE_CHECKING:
    from annoconv.report.quality.subjects import Subject


class ReportFormat(StrEnum):
    """What is written."""

    HTML = "html"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


ENDINGS = {
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
    ".json": ReportFormat.JSON,
    ".sarif": ReportFormat.SARIF,
    ".xml": ReportFormat.JUNIT,
}
"""What an ending says; `.sarif.json` is SARIF."""


def quality_report(
    report: Report,
    cases: Annotated[
        list[Path], typer.Argument(metavar="CASES", help="Cases: .json or .jsonl files, or folders with case.json.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .html, .json, .sarif or .xml (JUnit) to write.")],
    format: Annotated[ReportFormat | None, typer.Option(help="What is written, else the ending tells.")] = None,
    profile: ChosenProfile = ProfileName.DELIVERY,
    images: Annotated[
        list[Path], typer.Option(metavar="PATH", help="Images of the cases, to check against and to draw on.")
    ] = [],  # noqa: B006  typer copies it
    label_system: LabelSystemFile = None,
    rules: RulesFile = None,
    task_definition: TaskFile = None,
    viewer: Annotated[
        bool, typer.Option("--viewer", help="Put volumes into the page, to be looked at from all sides (NiiVue).")
    ] = False,
    overlays: Annotated[int, typer.Option(metavar="NUMBER", help="Slices that are drawn at most.")] = 12,
) -> None:
    """Check the cases, compare their readers, and write what people and programs need of it."""
    from annoconv.casefile.label_systems import read_label_system
    from annoconv.casefile.reading import case_paths, check_distinct
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of, replacing
    from annoconv.files.names import readable
    from annoconv.report.quality.document import quality_report as document_of
    from annoconv.report.sources import Sources
    from annoconv.rules.table import rule_table
    from annoconv.validation import read_task

    check_inputs([*cases, *images])
    table = rule_table(rules, limits=report.limits)
    task = None if task_definition is None else read_task(task_definition, report.limits)
    paths = case_paths(cases, report.limits)
    check_distinct(paths)
    kind = format or format_of(output)
    if overlays < 0:
        raise UsageError(
            "a number of slices is not negative",
            found=str(overlays),
            expected=Message("0 or more"),
            advice="Leave --overlays out for 12; 0 draws none",
        )
    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
    labels, label_system_id = (None, None) if label_system is None else read_label_system(label_system, report.limits)
    sources = Sources(images, report.limits)
    subjects = _subjects(
        report,
        paths,
        profile=profile.value,
        images=images,
        label_system=labels,
        label_system_id=label_system_id,
        table=table,
        task=task,
    )
    told = document_of(
        subjects,
        profile=profile.value,
        sources=sources,
        most_overlays=overlays,
        label_system=labels or (),
        rules=table,
        with_volumes=viewer,
    )
    with replacing(output, overwrite=report.overwrite) as temporary:
        temporary.write_text(readable(_written(kind, told, subjects, report)), encoding="utf-8", newline="")
    report.add("report", told)
    report.say("{}", Message("{verdict}", verdict=Message(told["verdict"]["text"][report.lang])))
    report.add_output(output)


def format_of(output: Path) -> ReportFormat:
    """Return what an ending asks for; UsageError if it is none of ours."""
    from annoconv.errors import UsageError

    if output.name.lower().endswith(".sarif.json"):
        return ReportFormat.SARIF
    found = ENDINGS.get(output.suffix.lower())
    if found is None:
        raise UsageError(
            "the ending does not say what is to be written",
            source=output,
            found=output.suffix or Message("no ending"),
            expected=Message("one of {endings}", endings=", ".join(ENDINGS)),
            advice="Choose an ending, or name the format with --format html, json, sarif or junit",
        )
    return found


def _subjects(report: Report, paths: list[Path], **chosen: Any) -> "list[Subject]":
    """Return the cases with their findings; an input that cannot be read is one without a case."""
    from annoconv.casefile import LoadedCase
    from annoconv.errors import AnnoconvError
    from annoconv.findings import NOT_CHECKED, Finding, Level
    from annoconv.report.quality.subjects import Subject
    from annoconv.rules.splits import PatientSplits
    from annoconv.validation import check_documents

    found: list[Subject] = []
    splits = PatientSplits()
    for path in over(paths, Message("files")):
        try:
            for index, subject, findings in check_documents(path, splits=splits, limits=report.limits, **chosen):
                told = [*findings]
                for each in told:
                    report.add_finding(each, path, is_said=True)
                loaded = subject if isinstance(subject, LoadedCase) else None
                document = None if subject is None or isinstance(subject, LoadedCase) else subject
                found.append(Subject(f"case-{len(found) + 1}", str(path), index, told, loaded, document))
        except AnnoconvError as error:
            report.not_checked(error, path)
            problem = Finding(NOT_CHECKED, Level.ERROR, "", Message("{error}", error=error))
            found.append(Subject(f"case-{len(found) + 1}", str(path), 0, [problem]))
    return found


def _written(kind: ReportFormat, told: dict[str, Any], subjects: "list[Subject]", report: Report) -> str:
    from annoconv.report.quality.junit import junit
    from annoconv.report.quality.page import page
    from annoconv.report.quality.sarif import sarif

    findings = [
        {"source": one.source, **{**each.to_json(report.lang), "case_index": one.case_index}}
        for one in subjects
        for each in one.findings
    ]
    applied = {"profile": told["profile"], **told["versions"]["rules"]}
    if kind is ReportFormat.HTML:
        return page(told, report.lang)
    if kind is ReportFormat.JUNIT:
        return junit(findings, dict.fromkeys(one.source for one in subjects), report.lang, applied)
    document = told if kind is ReportFormat.JSON else sarif(findings, report.lang, applied)
    return f"{json.dumps(document, ensure_ascii=False, indent=1)}\n"
