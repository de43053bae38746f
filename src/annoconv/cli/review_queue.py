"""`annoconv review-queue`: what waits for which review, as a table that `annoconv review --from` takes filled in."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import RulesFile

if TYPE_CHECKING:
    from annoconv.metrics.thresholds import ReviewBounds
    from annoconv.model import Case
    from annoconv.quality.review_cycle import State

_NO_REVIEW: Final = ("to_revise", "rejected", "confirmed", "frozen")


def review_queue(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASES", help="Cases: .json, .jsonl, or folders.")],
    agreement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `annoconv agreement --json` said of these cases.")
    ] = None,
    rules: RulesFile = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the queue to this file, a line each.")] = None,
) -> None:
    """Say what is next for each annotation: reviews, second and dedicated ones, revisions, arbitrations."""
    from annoconv.casefile.reading import read_cases
    from annoconv.cli.decisions import COLUMNS, TOLD
    from annoconv.cli.metric_rows import write_csv
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.rules.cycle import review_bounds
    from annoconv.rules.table import rule_table

    if csv is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(csv)
        check_ending(csv, (".csv",))
    check_inputs([*paths, *(each for each in (agreement, rules) if each is not None)])
    bounds = review_bounds(rule_table(rules, limits=report.limits).rules)
    measured = [] if agreement is None else _measured(agreement, bounds, report)
    loaded = list(read_cases(paths, limits=report.limits))
    annotators = {each.case.metadata.annotator for each in loaded}
    queue: list[dict[str, Any]] = []
    for each in loaded:
        own = [row for row in measured if _is_of(row, each.case.metadata.annotator, annotators)]
        file = None if each.path is None else str(each.path)
        queue += [entry | ({} if file is None else {"file": file}) for entry in queue_of(each.case, own, bounds)]
    report.add("queue", queue)
    say_queue(report, queue)
    if not queue:
        report.say("nothing waits for a review")
    if csv is not None:
        write_csv(csv, queue, overwrite=report.overwrite, columns=(*COLUMNS, *TOLD))
        report.add_output(csv)


def _is_of(row: dict[str, Any], annotator: str | None, annotators: set[str | None]) -> bool:
    """Tell whether an agreement that was measured is that of an annotator, where readers are told by their names."""
    parties = {row.get("reference"), row.get("other")} - {None}
    return annotator is None or annotator in parties or not parties & annotators


def queue_of(
    case: "Case", measured: Iterable[dict[str, Any]] = (), bounds: "ReviewBounds | None" = None
) -> list[dict[str, Any]]:
    """Return what waits in a case: poor agreement first, then arbitration, then the rest, in the order of the case.

    The bounds are the Dice below which reviews follow, those of the specification if None.
    """
    from annoconv.metrics.thresholds import SPECIFIED
    from annoconv.quality.review_cycle import standings
    from annoconv.quality.review_queues import poor_agreement, unsettled_conflicts
    from annoconv.quality.reviewing import NEXT_SENTENCES

    name = case.case_id or case.image.uid
    labels = {each.id: each.label_code for each in case.annotations}
    own = [each for each in measured if each.get("case") in {None, "", name}]
    poor = poor_agreement(case, own, bounds or SPECIFIED)
    conflicts = unsettled_conflicts(case)
    rows: list[dict[str, Any]] = []
    for identity, standing in standings(case).items():
        asked = poor.get(identity)
        conflict = identity in conflicts
        if standing.state.value == "frozen" or (standing.state.is_settled and asked is None and not conflict):
            continue
        row: dict[str, Any] = {
            "case": name,
            "annotation": identity,
            "label": labels[identity],
            "queue": _queue(standing.state, None if asked is None else asked.queue, conflict),
            "state": standing.state.value,
            "next": NEXT_SENTENCES[standing.state],
        }
        if standing.state.value not in _NO_REVIEW:
            row["level"] = 3 if standing.state.value == "disputed" or _is_of_final(standing.state, asked) else 2
        if asked is not None:
            row |= {"dice": asked.dice, "with": asked.parties}
        if conflict:
            row["finding"] = "inconsistent"
        rows.append({key: value for key, value in row.items() if value is not None})
    return sorted(rows, key=lambda row: _ORDER.index(row["queue"]))


_ORDER: Final = (
    "dedicated_review",
    "second_review",
    "arbitration",
    "inconsistent",
    "revision",
    "review",
    "final_review",
)


def _is_of_final(state: "State", asked: Any) -> bool:
    """Tell whether a grave deviation goes to the final review: it was reviewed before (9.3.1 c)."""
    return asked is not None and asked.queue == "dedicated_review" and state.value == "reviewed"


def _queue(state: "State", asked: str | None, conflict: bool) -> str:
    if state.value == "to_revise":
        return "revision"
    if asked is not None:
        return asked
    if state.value == "disputed":
        return "arbitration"
    return "inconsistent" if conflict else "review"


def _measured(path: Path, bounds: "ReviewBounds", report: Report) -> list[dict[str, Any]]:
    """Return the reviews that poor agreement asked for, from what `agreement --json` said by the same bounds."""
    from dataclasses import asdict

    from annoconv.documents import strict_json
    from annoconv.errors import InputError
    from annoconv.messages import Message
    from annoconv.metrics.thresholds import SPECIFIED

    document = strict_json.loads(strict_json.read_bytes(path, report.limits), limits=report.limits, source=path)
    told = document.get("reviews") if isinstance(document, dict) else None
    if not isinstance(told, list) or not all(isinstance(each, dict) and "label" in each for each in told):
        raise InputError(
            "this is not what agreement says",
            source=path,
            found=Message("no list of reviews"),
            expected=Message("the output of annoconv agreement --json"),
            advice="Write it with: annoconv agreement CASES --json > FILE",
        )
    stated = document.get("bounds", asdict(SPECIFIED))
    if not isinstance(stated, dict) or stated != asdict(bounds):
        raise InputError(
            "the agreement was judged by other bounds",
            source=path,
            where="/bounds",
            found=strict_json.dumps(stated).decode().strip(),
            expected=strict_json.dumps(asdict(bounds)).decode().strip(),
            advice="Give annoconv agreement and annoconv review-queue the same --rules",
        )
    return told


def say_queue(report: Report, queue: Iterable[dict[str, Any]]) -> None:
    """Say what is next, a line each."""
    from annoconv.messages import Message, translate

    rows = list(queue)
    files = {(each["case"], each.get("file")) for each in rows}
    shared = {name for name, count in Counter(name for name, _ in files).items() if count > 1}
    for each in rows:
        dice = f" Dice {each['dice']:.4f}" if isinstance(each.get("dice"), float) else ""
        step = translate(Message(each["next"]), report.lang)
        name = f"{each['case']} ({each['file']})" if each["case"] in shared else each["case"]
        report.say("{}", f"{name}: {each['annotation']} [{each['queue']}]{dice}: {step}")
