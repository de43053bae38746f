"""`annoconv metrics`: how readings differ from a reference, region by region and object by object."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.messages import Message
from annoconv.progress import over

if TYPE_CHECKING:
    from annoconv.cli.readings import Read
    from annoconv.metrics.regions import Compared


NOTHING = Message("nothing was measured: the reference and the other hold no annotations of one kind that are compared")


class Surface(StrEnum):
    """What a surface consists of."""

    VOXEL = "voxel"
    SURFEL = "surfel"


class MatchingMethod(StrEnum):
    """How objects are paired."""

    HUNGARIAN = "hungarian"
    GREEDY = "greedy"


def metrics(
    report: Report,
    reference: Annotated[Path, typer.Argument(metavar="REF", help="The reference: cases, NIfTI, DICOM-SEG, COCO.")],
    others: Annotated[list[Path], typer.Argument(metavar="OTHER", help="What is measured by it, each by itself.")],
    format: Annotated[
        str | None, typer.Option(help="Format that all are read as, coco; else their names tell.")
    ] = None,
    tolerance: Annotated[
        list[float], typer.Option(metavar="MM", help="Tolerance of the surface Dice; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    surface: Annotated[Surface, typer.Option(help="Border voxels, or surface elements by area.")] = Surface.VOXEL,
    boundary: Annotated[float | None, typer.Option(metavar="MM", help="Width of the boundary of its IoU.")] = None,
    spacing: Annotated[
        str | None, typer.Option(metavar="I,J,K", help="mm from column to column, row to row, slice to slice.")
    ] = None,
    label: Annotated[
        list[str], typer.Option(metavar="NUMBER=CODE", help="What a number of a label map is; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    iou: Annotated[float, typer.Option(help="Least IoU of two objects that match.")] = 0.5,
    distance: Annotated[float, typer.Option(metavar="MM", help="Largest distance of two points that match.")] = 5.0,
    matching: Annotated[MatchingMethod, typer.Option(help="How objects are paired.")] = MatchingMethod.HUNGARIAN,
    folds: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Tell how stable each metric is over so many folds of patients."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="What folds are drawn by.")] = 0,
    aim: Annotated[
        list[str], typer.Option(metavar="METRIC=NUMBER", help="What a model has to reach; may be repeated.")
    ] = [],  # noqa: B006  typer copies it
    cause: Annotated[str | None, typer.Option(metavar="TEXT", help="Why an aim was missed.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every value to this file, a line each.")
    ] = None,
) -> None:
    """Measure each other by the reference, and say the values of each label and their two means."""
    from annoconv.cli.comparable import check_labels
    from annoconv.cli.metric_notes import apart, other_images, unused
    from annoconv.cli.metric_rows import reviews, row, say_reviews, say_table, say_values, summaries, write_csv
    from annoconv.cli.readings import labels_option, named, paired, read_paths, spacing_option
    from annoconv.cli.verification import aims_option, classes, records, stability
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.files.names import check_ending
    from annoconv.metrics.objects import measured

    check_inputs([reference, *others])
    if not 0 < iou <= 1 or not all(0 <= each < float("inf") for each in (distance, *tolerance, boundary or 0)):
        raise UsageError(
            "a least IoU is above 0 and at most 1, and no distance is negative",
            found=", ".join(
                f"{each:g}" for each in (iou, distance, *tolerance, *([] if boundary is None else [boundary]))
            ),
            expected="0 < IoU <= 1, 0 <= MM",
            advice="Leave both out for 0.5 and 5 mm",
        )
    if csv is not None:
        with outputs_of(overwrite=report.overwrite) as outputs:
            outputs.expect(csv)
        check_ending(csv, (".csv",))
    step, aims = spacing_option(spacing), aims_option(aim)
    if cause is not None and not aims:
        raise UsageError(
            "a cause is why an aim was missed, and there is no aim",
            found=cause,
            expected="--aim METRIC=NUMBER",
            advice="Name the aim too, or leave the cause out",
        )
    chosen: dict[str, Any] = {
        "points": surface.value,
        "tolerances_mm": tolerance,
        "boundary_mm": boundary,
    }
    codes = labels_option(label)
    references = named(read_paths(reference, report.limits, format), codes)
    report.add_losses(loss for read in references for loss in read.losses)
    rows: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    mislabelled: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []
    notes: dict[Any, None] = {}
    stable: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    validations: list[dict[str, Any]] = []
    for other in others:
        place = {"reference": str(reference), "other": str(other)}
        values: list[Any] = []
        pairs: list[Any] = []
        measured_by = named(read_paths(other, report.limits, format, truth=reference), codes)
        report.add_losses(loss for read in measured_by for loss in read.losses)
        notes |= dict.fromkeys(unused([*references, *measured_by], label, step))
        cases = list(paired(references, measured_by))
        notes |= dict.fromkeys(other_images(cases))
        for a, b in over(cases, Message("cases")):
            check_labels(a, b)
            if a.loaded is not None and b.loaded is not None and a.name != b.name:
                notes[
                    Message("one case of each is compared, though they are named apart: {a}, {b}", a=a.name, b=b.name)
                ] = None
            for image, compared in _regions(a, b, step, chosen):
                where = {**place, "case": a.name, **({"image": image} if image else {})}
                told = [row(each, **where) for each in compared.values]
                rows += told
                values += [(a.name, each, compared.diagonal_mm) for each in compared.values]
                asked += reviews((each, where) for each in compared.values)
                mislabelled += [
                    {**where, "in_reference": p, "in_other": q, "voxels": count}
                    for (p, q), count in sorted(compared.mislabelled.items())
                ]
                notes |= dict.fromkeys(compared.notes)
                say_table(report, told, f"{a.name}: {other}")
            notes |= _notes(a, b, step)
            notes |= dict.fromkeys(apart(a, b))
            found = _objects(a, b, iou, distance, matching.value, step)
            pairs += found
            objects += [
                {**place, "case": a.name, "label": one.label, "kind": one.kind, **asdict(r)}
                for one in found
                for r in one.rows
            ]
        told_classes, told_curves, unscored = classes(cases)
        notes |= dict.fromkeys(unscored)
        curves += [{**place, **each} for each in told_curves]
        of_objects = measured(pairs, iou, images=len(references))
        overall = [*(each for _, each in of_objects), *told_classes]
        told = [row(each, **place, kind=kind) for kind, each in of_objects]
        told += [row(each, **place) for each in told_classes]
        rows += told
        say_table(report, told, f"{other}")
        average = [{**place, **each} for each in summaries(values)]
        means += average
        say_table(report, average, f"{other}")
        if folds is not None:
            patients = {a.name: a.patient for a, _ in cases}
            told = [row(each, **place) for each in stability([each[:2] for each in values], patients, folds, seed)]
            stable += told
            say_values(report, told)
        validations += records(average, overall, f"{other}: {reference}", aims, cause)
    for key, told in (("metrics", rows), ("means", means), ("mislabelled", mislabelled), ("objects", objects)):
        report.add(key, told)
    report.add("reviews", asked)
    report.add("stability", stable)
    report.add("curves", curves)
    report.add("validations", [{**each, "id": f"VALIDATION_{n}"} for n, each in enumerate(validations, 1)])
    if not rows:
        notes[NOTHING] = None
    for note in notes:
        report.say(note)
    say_reviews(report, asked)
    if csv is not None:
        write_csv(csv, [*rows, *means, *stable], overwrite=report.overwrite)
        report.add_output(csv)


def _regions(a: "Read", b: "Read", step: Any, chosen: dict[str, Any]) -> "list[tuple[str, Compared]]":
    """Return what was measured of each image that has a mask in one of the two."""
    from annoconv.cli.readings import grid_of
    from annoconv.metrics.regions import compare

    return [
        (
            image,
            compare(
                a.regions.get(image, []),
                b.regions.get(image, []),
                grid_of(a, b, image),
                spacing=a.spacing(image, step),
                **chosen,
            ),
        )
        for image in sorted({*a.regions, *b.regions})
        if b.drawn is None and (a.regions.get(image) or b.regions.get(image))
    ]


def _notes(a: "Read", b: "Read", step: Any) -> dict[Any, None]:
    """Return what of the objects of two readings is not compared."""
    from annoconv.metrics.objects import LEFT_OUT, left_out, objects_of
    from annoconv.metrics.regions import NO_SPACING

    found: dict[Any, None] = {}
    cases = [read.loaded for read in (a, b) if read.loaded is not None]
    if any(left_out(each) for each in cases):
        found[LEFT_OUT] = None
    has_points = any(kind == "point" for each in cases for _, kind, *_ in objects_of(each))
    if has_points and a.spacing("", step) is None:
        found[NO_SPACING] = None
    return found


def _objects(a: "Read", b: "Read", iou: float, distance: float, method: Any, step: Any) -> list[Any]:
    from annoconv.cli.comparable import check_grids
    from annoconv.metrics.objects import objects_of, pair

    if a.loaded is None or b.loaded is None:
        return []
    if objects_of(a.loaded) and objects_of(b.loaded):
        check_grids(a, b)
    step = a.spacing("", step)
    spacing = None if step is None else step[::-1]
    return pair(
        a.loaded,
        b.loaded,
        least_iou=iou,
        most_mm=distance,
        method=method,
        spacing=spacing,
        drawn=b.drawn,
        crowd=a.crowd,
    )
