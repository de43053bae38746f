"""`annoconv registration`: how well registered images lie on each other, by landmarks and structures (8.5.1.3)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase


def registration(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASES", help="Cases with registrations.")],
    bound: Annotated[
        float, typer.Option(metavar="MM", help="Largest deviation that the task allows, 3 to 5 mm.")
    ] = 3.0,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every value to this file, a line each.")
    ] = None,
) -> None:
    """Measure each registration, and say which deviations exceed the bound."""
    from annoconv.casefile import read_cases
    from annoconv.cli.metric_rows import row, say_values, write_csv
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.metrics.registered import registered
    from annoconv.metrics.thresholds import is_beyond

    if not 0 <= bound < float("inf"):
        raise UsageError(
            "a bound is a number of mm, and not negative",
            found=bound,
            expected="0 <= MM",
            advice="The specification (8.5.1.3) names 3 to 5 mm",
        )
    if csv is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(csv)
        check_ending(csv, (".csv",))
    check_inputs(paths)
    rows: list[dict[str, Any]] = []
    beyond: list[dict[str, Any]] = []
    for loaded in read_cases(paths, limits=report.limits):
        for identity, values, notes in registered(loaded):
            where = {"case": _name(loaded), "registration": identity}
            told = [row(each, **where) for each in values]
            rows += told
            report.say("{}", f"{where['case']}: {identity}")
            say_values(report, told)
            for note in notes:
                report.say(note)
            over = [each for each, value in zip(told, values, strict=True) if is_beyond(value, bound)]
            beyond += over
            for each in over:
                name = f"{each.get('label', '')} {each['definition_id']}".strip()
                report.say("beyond the bound (8.5.1.3), align anew: {}", f"{where['case']}, {identity}, {name}")
    report.add("registrations", rows)
    report.add("bound_mm", bound)
    report.add("beyond", beyond)
    if csv is not None:
        columns = ("case", "registration", "label", "definition_id", "status", "value", "unit", "count", "low", "high")
        write_csv(csv, rows, overwrite=report.overwrite, columns=columns)
        report.add_output(csv)


def _name(loaded: "LoadedCase") -> str:
    return loaded.case.case_id or loaded.case.image.uid
