"""`annoconv review`: decisions of reviewers as records of the cases, one on the command line or many from a table."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import RulesFile

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase
    from annoconv.cli.decisions import Named
    from annoconv.metrics.thresholds import ReviewBounds
    from annoconv.quality.reviewing import Decision


class DecisionName(StrEnum):
    """What a reviewer decides."""

    ACCEPT = "accept"
    REVISE = "revise"
    REJECT = "reject"
    DISPUTE = "dispute"


def review(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASE", help="Cases: .json, .jsonl, or folders.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .json or .jsonl file, or a folder.")],
    annotation: Annotated[
        list[str], typer.Option(metavar="ID", help="An annotation that was looked at; may be repeated. Else all.")
    ] = [],  # noqa: B006  typer copies it
    finding: Annotated[
        list[str], typer.Option(metavar="KIND", help="What is wrong: boundary, contour, missed, ...; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    decision: Annotated[DecisionName | None, typer.Option(help="What was decided.")] = None,
    reviewer: Annotated[str | None, typer.Option(metavar="AGENT", help="Agent id of who decided.")] = None,
    level: Annotated[int, typer.Option(help="1 self check, 2 review, 3 final review or arbitration.")] = 2,
    note: Annotated[str | None, typer.Option(help="In words.")] = None,
    timestamp: Annotated[str | None, typer.Option(help="When it was decided, RFC 3339, or now.")] = None,
    table: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Decisions, a line each, in their order.")
    ] = None,
    rules: RulesFile = None,
) -> None:
    """Write each decision into its case, as far as the cycle of reviews allows it."""
    from annoconv.casefile.reading import read_cases
    from annoconv.casefile.writing import write_cases
    from annoconv.cli.decisions import Asked, Named, decision_of, decisions_of_table
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.messages import Message
    from annoconv.rules.cycle import review_bounds
    from annoconv.rules.table import rule_table

    asked = Asked(
        annotation=" ".join(annotation),
        finding=" ".join(finding),
        decision=None if decision is None else decision.value,
        reviewer=reviewer,
        level=str(level),
        note=note,
        at=timestamp,
    )
    if table is not None and (annotation or finding or decision or reviewer or note):
        raise UsageError(
            "the decisions are in the table",
            source=table,
            found=Message("a decision on the command line too"),
            expected="--from FILE.csv alone, with --timestamp where the table names no time",
            advice="Leave the others out, or leave out --from",
        )
    if not all(each.strip() for each in annotation):
        raise UsageError(
            "an annotation has no id",
            where="--annotation",
            found=Message("nothing"),
            expected="the id of an annotation",
            advice="Name it; without the option all annotations of the case are meant",
        )
    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
    check_inputs([*paths, *(each for each in (table, rules) if each is not None)])
    bounds = review_bounds(rule_table(rules, limits=report.limits).rules)
    loaded = list(read_cases(paths, limits=report.limits))
    decisions = (
        [Named(None, None, decision_of(asked))] if table is None else decisions_of_table(table, asked, report.limits)
    )
    reviewed, rows = _applied(loaded, decisions, table)
    for each in write_cases(
        reviewed, output, overwrite=report.overwrite, is_one=len(reviewed) == 1, limits=report.limits
    ):
        report.add_output(each)
    report.add("reviews", rows)
    _tell(report, reviewed, rows, bounds)


def _applied(
    loaded: "list[LoadedCase]", decisions: "list[Named]", table: Path | None
) -> "tuple[list[LoadedCase], list[dict[str, Any]]]":
    """Return the cases with every decision, and each review as it stands in its case."""
    from dataclasses import replace

    from annoconv.advice import nearest
    from annoconv.errors import InputError
    from annoconv.messages import Message
    from annoconv.quality.reviewing import decided

    names = [each.case.case_id or each.case.image.uid for each in loaded]
    rows: list[dict[str, Any]] = []
    for named, file, decision in decisions:
        if named is None and len(loaded) > 1:
            raise InputError(
                "there are several cases, and the decision names none",
                source=table or decision.source,
                where=decision.where,
                found=Message("{count} cases", count=len(loaded)),
                expected=Message("a column case in a table, --from FILE.csv"),
                advice="Name the case of each decision, or give one case",
            )
        places = [at for at, name in enumerate(names) if named in {None, name}]
        if file is not None:
            places = _of_file(loaded, places, decision, file)
        if len(places) != 1:
            one_name = Message("Name the file of each in a column file, as annoconv review-queue --csv does")
            raise InputError(
                "there is no such case" if not places else "two cases have one name",
                source=decision.source,
                where=decision.where,
                found=named or Message("no case"),
                expected=", ".join(dict.fromkeys(names[:10])) or Message("a case"),
                advice=nearest(named, names) if not places else one_name,
            )
        at = places[0]
        own = decision if decision.source else replace(decision, source=str(loaded[at].path))
        case = decided(loaded[at].case, own)
        loaded[at].case = case
        rows.append({"case": names[at], "review": (case.reviews or [])[-1].model_dump(mode="json")})
    return loaded, rows


def _of_file(loaded: "list[LoadedCase]", places: list[int], decision: "Decision", file: str) -> list[int]:
    """Return those of some cases that were read from a file, as its name is written or as it is found."""
    from annoconv.errors import InputError

    paths = [loaded[at].path for at in places]
    found = [
        at
        for at, path in zip(places, paths, strict=True)
        if path is not None and (str(path) == file or path.resolve() == Path(file).resolve())
    ]
    if places and not found:
        raise InputError(
            "the case is of another file",
            source=decision.source,
            where=decision.where,
            found=file,
            expected=", ".join(str(path) for path in paths[:10]),
            advice="Give this file, or correct the column file; where it is empty, any file of the case will do",
        )
    return found


def _tell(report: Report, reviewed: "list[LoadedCase]", rows: "list[dict[str, Any]]", bounds: "ReviewBounds") -> None:
    """Say what was written, and what is next for each annotation."""
    from annoconv.cli.review_queue import queue_of, say_queue

    for each in rows:
        record = each["review"]
        of = ", ".join(record.get("annotation_ids", ())) or each["case"]
        report.say("{}", f"{each['case']}: {record['id']}: {record['level']}, {record['outcome']}: {of}")
        if "frozen_version" in record:
            report.say("{} is frozen as version {}", each["case"], record["frozen_version"])
    queue = [entry for each in reviewed for entry in queue_of(each.case, bounds=bounds)]
    report.add("queue", queue)
    say_queue(report, queue)
