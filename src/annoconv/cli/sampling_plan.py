"""`annoconv sampling-plan`: which cases an expert looks at, a share of each stratum, drawn by a seed (9.4.1)."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.errors import UsageError

if TYPE_CHECKING:
    from annoconv.cli.readings import Read


class Stratum(StrEnum):
    """What cases are told apart by."""

    LABELS = "labels"
    MODALITY = "modality"
    INSTITUTION = "institution"
    ANNOTATOR = "annotator"
    NONE = "none"


def sampling_plan(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASES", help="Cases that a sample is drawn of.")],
    share: Annotated[float, typer.Option(help="Share of each stratum, from 0 to 1, rounded up.")] = 0.1,
    least: Annotated[int, typer.Option(metavar="NUMBER", help="Cases of each stratum at least.")] = 1,
    by: Annotated[Stratum, typer.Option(help="What cases are told apart by.")] = Stratum.LABELS,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The same seed, the same cases.")] = 0,
    format: Annotated[str | None, typer.Option(help="Format that all are read as; else their names tell.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the sample to this file, a line each.")
    ] = None,
) -> None:
    """Draw a sample for an expert, and say which cases are in it."""
    from annoconv.cli.metric_rows import write_csv
    from annoconv.cli.readings import read_paths
    from annoconv.errors import InputError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.messages import Message
    from annoconv.metrics.verification import sampling_plan as drawn_of
    from annoconv.model import ValidationKind, ValidationRecord

    if csv is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(csv)
        check_ending(csv, (".csv",))
    check_inputs(paths)
    strata: dict[str, str] = {}
    sources: dict[str, str] = {}
    for path in paths:
        for read in read_paths(path, report.limits, format):
            report.add_losses(read.losses)
            if read.name in strata:
                raise InputError(
                    "two cases have one name",
                    source=path,
                    found=read.name,
                    expected=Message("a case_id for each"),
                    advice="Give each its own; cases without one go by the UID of their image",
                )
            strata[read.name], sources[read.name] = _stratum(read, by), str(path)
    drawn = drawn_of(strata, share=share, seed=seed, least=least)
    rows: list[dict[str, Any]] = [{"case": each, "stratum": strata[each], "source": sources[each]} for each in drawn]
    sizes, taken = Counter(strata.values()), Counter(strata[each] for each in drawn)
    for each in rows:
        report.say("{}", f"{each['case']}  {each['stratum']}  {each['source']}")
    for name, count in sorted(sizes.items()):
        report.say("{}: {} of {}", name, taken[name], count)
    results = {"share": share, "seed": seed, "least": least, "by": by.value, "cases": len(strata), "drawn": len(drawn)}
    record = ValidationRecord.model_validate(
        {"id": "VALIDATION_1", "kind": ValidationKind.EXPERT_SAMPLING, "results": results}
    )
    report.add("sample", rows)
    report.add("strata", {name: {"cases": count, "drawn": taken[name]} for name, count in sorted(sizes.items())})
    report.add("validations", [record.model_dump(mode="json")])
    if csv is not None:
        write_csv(csv, rows, overwrite=report.overwrite, columns=("case", "stratum", "source"))
        report.add_output(csv)


def _stratum(read: "Read", by: Stratum) -> str:
    if by is Stratum.NONE:
        return "-"
    if read.loaded is None and by is Stratum.LABELS:
        return "+".join(sorted({each.label for some in read.regions.values() for each in some})) or "-"
    if read.loaded is None:
        raise UsageError(
            "a label map says what it marks, and nothing else of its case",
            source=read.source,
            found=f"--by {by}",
            expected="--by labels, --by none",
            advice="Give cases, which say their modality, institution and annotator",
        )
    case = read.loaded.case
    names = {
        Stratum.LABELS: "+".join(sorted({each.label_code for each in case.annotations})),
        Stratum.MODALITY: case.image.modality.value,
        Stratum.INSTITUTION: case.metadata.institution,
        Stratum.ANNOTATOR: case.metadata.annotator,
    }
    return names[by] or "-"
