"""`annoconv validate`: every finding about cases, task definitions, label systems and packages."""

from pathlib import Path
from typing import Annotated

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import ChosenProfile, LabelSystemFile, ProfileName, RulesFile, TaskFile
from annoconv.errors import AnnoconvError
from annoconv.findings import Level
from annoconv.messages import Message, translate
from annoconv.progress import over


def validate(
    report: Report,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="Cases, task definitions, label systems, packages: .json, .jsonl, or folders with case.json.",
        ),
    ],
    profile: ChosenProfile = ProfileName.MINIMAL,
    images: Annotated[
        list[Path], typer.Option(metavar="PATH", help="Source images to check against: files or folders.")
    ] = [],  # noqa: B006  typer copies it
    label_system: LabelSystemFile = None,
    rules: RulesFile = None,
    task_definition: TaskFile = None,
    schema_only: Annotated[bool, typer.Option("--schema-only", help="Check the structure only.")] = False,
    findings: Annotated[
        Path | None,
        typer.Option("--findings", metavar="FILE", help="Write every finding: .jsonl, .sarif, or .xml for JUnit."),
    ] = None,
) -> None:
    """Say every finding about the documents, one file after the other."""
    from annoconv.advice import beside
    from annoconv.casefile.reading import case_paths, check_distinct
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.rules.outcomes import RuleOutcomes
    from annoconv.rules.splits import PatientSplits
    from annoconv.rules.table import rule_table
    from annoconv.validation import check_file, read_task

    check_inputs([*paths, *images])
    table = rule_table(rules, limits=report.limits)
    task = None if task_definition is None else read_task(task_definition, report.limits)
    outcomes = RuleOutcomes(table, profile.value) if report.as_json and not schema_only else None
    paths = case_paths(paths, report.limits)
    check_distinct(paths)
    labels, label_system_id = None, None
    if label_system is not None:
        from annoconv.casefile.label_systems import read_label_system

        labels, label_system_id = read_label_system(label_system, report.limits)
    for path in images:
        if not path.exists():
            raise UsageError(
                "there is no such file or folder",
                source=path,
                found=beside(path),
                expected="an image, or a folder of images",
                advice="Correct --images",
            )
    if findings is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(findings)
        check_ending(findings, (".jsonl", ".sarif", ".sarif.json", ".xml"))
        report.keep_findings()
    applied = {"profile": profile.value, **table.to_json()}
    failed = 0
    splits = PatientSplits()
    for path in over(paths, Message("files")):
        try:
            found = check_file(
                path,
                profile=profile.value,
                images=images,
                label_system=labels,
                label_system_id=label_system_id,
                schema_only=schema_only,
                splits=splits,
                limits=report.limits,
                table=table,
                outcomes=outcomes,
                task=task,
            )
            for finding in found:
                report.add_finding(finding, path)
        except AnnoconvError as error:
            report.not_checked(error, path)
            if outcomes is not None:
                outcomes.not_checked()
            failed += 1
    if findings is not None:
        report.write_findings(findings, map(str, paths), applied)
    report.add("rules", applied)
    if outcomes is not None:
        report.add("outcomes", outcomes.to_json())
    if rules is not None:
        report.say("rules {} with those of {}, version {}", table.version, rules, table.file_version)
    errors, warnings = report.levels[Level.ERROR] - failed, report.levels[Level.WARNING]
    counts = (
        Message("1 error") if errors == 1 else Message("{count} errors", count=errors),
        Message("1 warning") if warnings == 1 else Message("{count} warnings", count=warnings),
    )
    if failed:
        report.say("{}, {}, {} of {} inputs not checked", *counts, failed, len(paths))
    else:
        report.say("{}", translate("{}, {}", report.lang, *counts))
