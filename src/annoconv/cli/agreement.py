"""`annoconv agreement`: how far readers of the same cases agree, in masks, objects, attributes, spans and sizes."""

from collections import defaultdict
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import RulesFile

if TYPE_CHECKING:
    from annoconv.cli.readings import Read
    from annoconv.metrics.thresholds import ReviewBounds


class By(StrEnum):
    """Who is compared."""

    ANNOTATOR = "annotator"
    VERSION = "version"
    MODALITY = "modality"
    FILE = "file"


def agreement(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASES", help="Cases of two readers at least, or label maps.")],
    by: Annotated[By, typer.Option(help="Who is compared; label maps are compared by file.")] = By.ANNOTATOR,
    format: Annotated[str | None, typer.Option(help="Format that all are read as; else their names tell.")] = None,
    tolerance: Annotated[
        list[float], typer.Option(metavar="MM", help="Tolerance of the surface Dice; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    label: Annotated[
        list[str], typer.Option(metavar="NUMBER=CODE", help="What a number of a label map is; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    spacing: Annotated[
        str | None, typer.Option(metavar="I,J,K", help="mm from column to column, row to row, slice to slice.")
    ] = None,
    rules: RulesFile = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every value to this file, a line each.")
    ] = None,
) -> None:
    """Compare each two readings of a case, then all readers over all cases."""
    from dataclasses import asdict

    from annoconv.cli.metric_notes import other_images
    from annoconv.cli.metric_rows import reviews, row, say_reviews, say_table, say_values, summaries, write_csv
    from annoconv.cli.readings import labels_option, spacing_option
    from annoconv.errors import InputError, UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.messages import Message
    from annoconv.progress import over
    from annoconv.rules.cycle import review_bounds
    from annoconv.rules.table import rule_table

    check_inputs([*paths, *([] if rules is None else [rules])])
    bounds = review_bounds(rule_table(rules, limits=report.limits).rules)
    if csv is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(csv)
        check_ending(csv, (".csv",))
    if not all(0 <= each < float("inf") for each in tolerance):
        raise UsageError(
            "a tolerance is a number of mm, and not negative",
            found=", ".join(f"{each:g}" for each in tolerance),
            expected="0 <= MM",
            advice="1 or 2 mm are usual; none is measured without it",
        )
    step, codes = spacing_option(spacing), labels_option(label)
    groups = _groups(paths, by, report, format, codes)
    readers = sorted({reader for group in groups.values() for reader in group})
    if len(readers) < 2:
        raise UsageError(
            "agreement is between two readers at least",
            found=", ".join(readers) or None,
            advice="Name who is compared with --by, or compare with a reference: annoconv metrics",
            expected=Message("cases of one image by two readers or more"),
        )
    lacking = {name: [each for each in readers if each not in group] for name, group in groups.items()}
    if all(len(group) < 2 for group in groups.values()):
        raise InputError(
            "no two readers read the same case",
            found=_whose(lacking, groups),
            expected=Message("cases of one case_id, or of one image, by two readers or more"),
            advice="Give each reader's case the same case_id",
        )
    for name in sorted(name for name, some in lacking.items() if some):
        report.say("{}: no reading by {}; it is left out where they are compared", name, ", ".join(lacking[name]))
    rows: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []
    sizes: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for first, second in combinations(readers, 2):
        place = {"reference": first, "other": second}
        values: list[tuple[str, Any, float | None]] = []
        for name, group in over(groups.items(), Message("cases")):
            if first in group and second in group:
                found, diagonal = _between(report, group[first], group[second], tolerance, step)
                told = [row(each, **place, case=name, kind=kind) for kind, each in found]
                rows += told
                values += [(name, each, diagonal) for _, each in found if not each.definition_id.startswith("text.")]
                records += _records(told, by, bounds)
                asked += reviews(((each, {**place, "case": name}) for _, each in found), bounds)
                _note_sizes(sizes, name, first, second, [each for _, each in found])
                say_table(report, told, ": ".join(each for each in (name, f"{first}, {second}") if each))
        if values:
            told = [{**place, **each} for each in summaries(values)]
            means += told
            say_table(report, told, f"{first}, {second}")
    for note in other_images(pair for group in groups.values() for pair in combinations(group.values(), 2)):
        report.say(note)
    overall = _over_cases(groups, readers, sizes)
    place = {"reference": ", ".join(readers)}
    told = [row(each, **place) for each in overall]
    rows += told
    records += _records([{**each, "parties": readers} for each in told], by, bounds)
    say_values(report, told)
    report.add("agreement", rows)
    report.add("means", means)
    report.add("records", [{"id": f"AGREEMENT_{n}", **each} for n, each in enumerate(records, 1)])
    report.add("reviews", asked)
    report.add("bounds", asdict(bounds))
    say_reviews(report, asked)
    if csv is not None:
        write_csv(csv, [*rows, *means], overwrite=report.overwrite)
        report.add_output(csv)


def _whose(lacking: "dict[str, list[str]]", groups: "dict[str, dict[str, Read]]") -> str:
    return ", ".join(f"{name or '-'} ({', '.join(groups[name])})" for name in sorted(lacking)[:5])


def _groups(
    paths: list[Path], by: By, report: Report, format_name: str | None, codes: dict[str, str]
) -> "dict[str, dict[str, Read]]":
    """Return the readings of each case by reader."""
    from annoconv.cli.readings import named, read_paths
    from annoconv.errors import InputError
    from annoconv.messages import Message

    groups: dict[str, dict[str, Read]] = {}
    for path in paths:
        readings = named(read_paths(path, report.limits, format_name), codes)
        for read in readings:
            report.add_losses(read.losses)
            is_map = read.loaded is None
            reader = str(read.source) if is_map or by is By.FILE else _reader(read, by)
            name = "" if is_map and len(readings) == 1 else read.name
            group = groups.setdefault(name, {})
            if reader in group:
                raise InputError(
                    "two readings of one case are by one reader",
                    source=path,
                    found=reader,
                    advice="Name each file once" if by is By.FILE or is_map else "Tell them apart with --by file",
                    expected=Message("one reading of each reader"),
                )
            group[reader] = read
    return groups


def _reader(read: "Read", by: By) -> str:
    if read.loaded is None:
        return str(read.source)
    case = read.loaded.case
    names = {
        By.ANNOTATOR: case.metadata.annotator,
        By.VERSION: case.metadata.version,
        By.MODALITY: case.image.modality.value,
    }
    return names[by] or str(read.source)


def _between(
    report: Report, a: "Read", b: "Read", tolerances: list[float], step: Any
) -> tuple[list[tuple[str | None, Any]], float | None]:
    """Return what was measured of two readings, each with its kind of object, and the largest diagonal."""
    from annoconv.cli.comparable import check_grids, check_labels
    from annoconv.cli.readings import grid_of
    from annoconv.metrics.objects import measured, objects_of, pair
    from annoconv.metrics.ratings import spans_of
    from annoconv.metrics.regions import compare
    from annoconv.metrics.texts import spans

    check_labels(a, b)
    values: list[tuple[str | None, Any]] = []
    diagonals: list[float] = []
    for image in sorted({*a.regions, *b.regions}):
        told = compare(
            a.regions.get(image, []),
            b.regions.get(image, []),
            grid_of(a, b, image),
            tolerances_mm=tolerances,
            spacing=a.spacing(image, step),
        )
        values += [(None, each) for each in told.values]
        diagonals += [] if told.diagonal_mm is None else [told.diagonal_mm]
        for note in told.notes:
            report.say(note)
    if a.loaded is not None and b.loaded is not None:
        if objects_of(a.loaded) and objects_of(b.loaded):
            check_grids(a, b)
        along = a.spacing("", step)
        spacing = None if along is None else along[::-1]
        values += measured(
            pair(a.loaded, b.loaded, least_iou=0.5, most_mm=5.0, method="hungarian", spacing=spacing), 0.5
        )
        mine, theirs = spans_of(a.loaded), spans_of(b.loaded)
        if mine or theirs:
            values += [(None, each) for each in spans(mine, theirs)]
    return values, max(diagonals, default=None)


def _note_sizes(sizes: Any, case: str, first: str, second: str, values: list[Any]) -> None:
    for each in values:
        for key, reader in (("overlap.reference_size", first), ("overlap.other_size", second)):
            if each.definition_id == key and each.value is not None:
                sizes[f"{each.label} {each.unit}"][case][reader] = each.value


def _over_cases(groups: "dict[str, dict[str, Read]]", readers: list[str], sizes: Any) -> list[Any]:
    """Return how far all readers agree over all cases: on attributes, and on the sizes of structures."""
    from annoconv.metrics.ratings import attributes_of, number_agreement, rating_agreement

    ratings: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for name, group in groups.items():
        for reader, read in group.items():
            for key, value in (attributes_of(read.loaded) if read.loaded else {}).items():
                ratings[key][name][reader] = value
    found: list[Any] = []
    for key, table in sorted(ratings.items()):
        found += rating_agreement(table, readers, label=key)
    for label, numbers in sorted(sizes.items()):
        found += number_agreement(numbers, readers, label=label, unit=label.rpartition(" ")[2])
    return found


_METRICS = {
    "overlap.dice": "dice",
    "overlap.iou": "iou",
    "surface_voxel.hd": "hd",
    "surface_voxel.hd95": "hd95",
    "surface_voxel.assd": "assd",
    "surface_voxel.nsd": "nsd",
    "detection.f1": "f1",
    "agreement.cohen_kappa": "kappa",
    "agreement.fleiss_kappa": "fleiss_kappa",
    "agreement.icc_2_1": "icc",
    "agreement.pearson": "pearson",
}
"""What stands in a record of agreement (A 9.2), by its definition."""
_SCOPES = {By.ANNOTATOR: "annotators", By.VERSION: "versions", By.MODALITY: "modalities", By.FILE: "annotators"}


def _records(rows: list[dict[str, Any]], by: By, bounds: "ReviewBounds") -> list[dict[str, Any]]:
    """Return rows as records of agreement of the model: those that have a value, which a record needs."""
    from annoconv.metrics.thresholds import needs_dedicated_review, needs_second_review
    from annoconv.model import AgreementRecord, MetricValue

    found: list[dict[str, Any]] = []
    for each in rows:
        if each["definition_id"] not in _METRICS or each["value"] is None:
            continue
        record: dict[str, Any] = {
            "id": "AGREEMENT",
            "between": _SCOPES[by],
            "metric": _METRICS[each["definition_id"]],
            "value": each["value"],
            "parties": each.get("parties") or [each["reference"], each["other"]],
            "definition_id": each["definition_id"],
        }
        if each.get("tolerance_mm") is not None:
            record["tolerance_mm"] = each["tolerance_mm"]
        if record["metric"] == "dice":
            known = MetricValue.model_fields.keys()
            value = MetricValue.model_validate({key: told for key, told in each.items() if key in known})
            record["needs_second_review"] = needs_second_review(value, bounds)
            record["needs_dedicated_review"] = needs_dedicated_review(value, bounds)
        told = AgreementRecord.model_validate(record).model_dump(mode="json")
        del told["id"]
        found.append(told)
    return found
