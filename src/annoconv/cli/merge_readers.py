"""`annoconv merge-readers`: the cases of several readers of one image as one case, with what each of them had said."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.cli.rule_options import RulesFile
from annoconv.messages import Message
from annoconv.progress import over

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase
    from annoconv.cli.readings import Read
    from annoconv.metrics.consensus.document import Consensus


class VotingMethod(StrEnum):
    """How masks become one."""

    MAJORITY = "majority"
    STAPLE = "staple"


class TiesRule(StrEnum):
    """Whether what half of the readers marked is kept."""

    OUT = "out"
    IN = "in"


class Reader(StrEnum):
    """Who a reader is."""

    ANNOTATOR = "annotator"
    FILE = "file"


def merge_readers(
    report: Report,
    paths: Annotated[list[Path], typer.Argument(metavar="CASES", help="Cases of two readers at least of each image.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .json or .jsonl file, or a folder.")],
    method: Annotated[VotingMethod, typer.Option(help="How masks become one.")] = VotingMethod.MAJORITY,
    ties: Annotated[TiesRule, typer.Option(help="Whether what exactly half of the readers marked is kept.")] = (
        TiesRule.OUT
    ),
    adjudicator: Annotated[
        str | None, typer.Option(metavar="READER", help="The reader who has the last word on objects and on ties.")
    ] = None,
    soft: Annotated[
        bool, typer.Option("--soft", help="Masks of shares of readers, or probabilities, instead of yes and no.")
    ] = False,
    iou: Annotated[float, typer.Option(help="Least IoU of two objects that are one.")] = 0.5,
    distance: Annotated[float, typer.Option(metavar="MM", help="Largest distance of two points that are one.")] = 5.0,
    spacing: Annotated[
        str | None, typer.Option(metavar="I,J,K", help="mm from column to column, row to row, slice to slice.")
    ] = None,
    rules: RulesFile = None,
    by: Annotated[Reader, typer.Option(help="Who a reader is.")] = Reader.ANNOTATOR,
    format: Annotated[str | None, typer.Option(help="Format that all are read as; else their names tell.")] = None,
) -> None:
    """Merge the readings of each case, and say what became of each object."""
    from annoconv.casefile.writing import write_cases
    from annoconv.cli.readings import spacing_option
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of
    from annoconv.metrics.consensus import Rules
    from annoconv.metrics.consensus import merge_readers as merged
    from annoconv.rules.cycle import review_bounds
    from annoconv.rules.table import rule_table

    if not 0 < iou <= 1 or not 0 <= distance < float("inf"):
        raise UsageError(
            "a least IoU is above 0 and at most 1, and no distance is negative",
            found=f"{iou}, {distance}",
            expected="0 < IoU <= 1, 0 <= MM",
            advice="Leave both out for 0.5 and 5 mm",
        )
    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
    check_inputs([*paths, *([] if rules is None else [rules])])
    bounds = review_bounds(rule_table(rules, limits=report.limits).rules)
    step = spacing_option(spacing)
    groups = _groups(paths, by, report, format)
    settled: list[Consensus] = []
    for group in over(groups.values(), Message("cases")):
        along = next(iter(group.values())).spacing("", step)
        how = Rules(
            method=method.value,
            ties=ties.value,
            adjudicator=adjudicator,
            least_iou=iou,
            most_mm=distance,
            spacing=None if along is None else along[::-1],
        )
        settled.append(merged(_cases(group), how, soft=soft, bounds=bounds))
    for each in write_cases(
        [each.loaded for each in settled], output, overwrite=report.overwrite, is_one=len(groups) == 1
    ):
        report.add_output(each)
    _tell(report, list(groups), settled)


def _groups(paths: list[Path], by: Reader, report: Report, format_name: str | None) -> "dict[str, dict[str, Read]]":
    """Return the readings of each image by reader."""
    from annoconv.cli.readings import read_paths
    from annoconv.errors import InputError

    groups: dict[str, dict[str, Read]] = {}
    images: dict[str, tuple[str, Path]] = {}
    for path in paths:
        for read in read_paths(path, report.limits, format_name):
            if read.loaded is None:
                raise InputError(
                    "a label map without a table is no case",
                    source=path,
                    found=Message("numbers without labels"),
                    expected=Message("cases, or files that a converter reads"),
                    advice="Name the format: --format nifti",
                )
            case = read.loaded.case
            known, first = images.setdefault(case.case_id or case.image.uid, (case.image.uid, path))
            if known != case.image.uid:
                raise InputError(
                    "the cases are of different images or patients",
                    source=path,
                    where="/image/uid",
                    found=case.image.uid,
                    expected=Message("{value} as of {reader}", value=known, reader=first),
                    advice="Merge readings of one image only",
                )
            name = case.metadata.annotator if by is Reader.ANNOTATOR else None
            reader = name or _file_name(path, paths)
            group = groups.setdefault(case.image.uid, {})
            if reader in group:
                raise InputError(
                    "two readings of one case are by one reader",
                    source=path,
                    found=reader,
                    expected=Message("one reading of each reader"),
                    advice="Tell them apart with --by file",
                )
            group[reader] = read
    for image, group in groups.items():
        if len(group) < 2:
            (reader,) = group
            raise InputError(
                "a consensus is of two readers at least",
                source=group[reader].source,
                where=image,
                found=reader,
                expected=Message("cases of one image by two readers or more"),
                advice="Each case names who read it in metadata.annotator; with --by file each file is a reader",
            )
    return groups


def _file_name(path: Path, paths: list[Path]) -> str:
    """Return what tells a file from the others, without white space: its name, or its path where two have one name."""
    names = [each.name.partition(".")[0] or each.name for each in paths]
    own = path.name.partition(".")[0] or path.name
    told = own if names.count(own) == 1 else path.with_suffix("").as_posix()
    return "".join("_" if each.isspace() else each for each in told)


def _cases(group: "dict[str, Read]") -> "dict[str, LoadedCase]":
    return {reader: read.loaded for reader, read in group.items() if read.loaded is not None}


def _tell(report: Report, images: list[str], settled: "list[Consensus]") -> None:
    """Say what became of each object, and who was how good by STAPLE."""
    from annoconv.loss import Loss

    rows: list[dict[str, Any]] = []
    for image, one in zip(images, settled, strict=True):
        case = one.loaded.case
        name = case.case_id or image
        for each in one.settled:
            decision = each.decision
            first = next(iter(decision.members.values()))
            row: dict[str, Any] = {
                "case": name,
                "id": each.identity,
                "label": first.label_code,
                "type": first.type,
                "is_kept": decision.is_kept,
                "marked_by": list(decision.members),
                "readers": list(one.readers),
            }
            if decision.fused is not None:
                row |= {"voxels": decision.fused.voxels, "tied_voxels": decision.fused.tied}
            if decision.undecided:
                row["undecided_attributes"] = list(decision.undecided)
            rows.append(row)
            what = f"{name} {each.identity or first.label_code} ({first.type})"
            sentence = "kept: {}, marked by {} of {}" if decision.is_kept else "not kept: {}, marked by {} of {}"
            report.say(sentence, what, len(decision.members), len(one.readers))
            for key in decision.undecided:
                report.say("readers are divided, and it is left out: {}", f"{name} {each.identity} {key}")
        for other, voxels in one.overlaps:
            report.say(
                "merged masks share voxels that no reader gave to both: {}, voxels: {}",
                f"{name} {', '.join(other)}",
                voxels,
            )
    report.add("merged", rows)
    report.add(
        "overlaps",
        [
            {"case": one.loaded.case.case_id or image, "ids": list(ids), "voxels": voxels}
            for image, one in zip(images, settled, strict=True)
            for ids, voxels in one.overlaps
        ],
    )
    offset = 0
    for one in settled:
        report.add_losses(Loss(offset + each.case_index, each.path, each.kind, each.message) for each in one.losses)
        offset += len(one.readers)
