"""`annoconv demo`: a small synthetic case, checked and converted to every format that is installed."""

import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.messages import translate

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase


def demo(
    report: Report,
    folder: Annotated[
        Path | None, typer.Argument(help="Leave the case, its images, masks and every output in this new folder.")
    ] = None,
) -> None:
    """Make the case and a twin of it with faults, check it, convert it, and say what to try next."""
    from annoconv import registry, rules
    from annoconv.casefile import read_case
    from annoconv.demo.case import make
    from annoconv.demo.planted import PLANTED, plant

    with _place(folder, overwrite=report.overwrite) as place:
        report.say("A synthetic case: a CT with two organs and a lesion, an MR, reports, laboratory values.")
        loaded = read_case(make(place))
        plant(place / "case.json", place / "planted")
        images = [place / "images"]
        for finding in rules.check(loaded, profile="exchange", sources=rules.sources_of(images)):
            report.add_finding(finding, "case.json")
        (place / "outputs").mkdir()
        rows = [_convert(report, loaded, one.name, place, images) for one in registry.formats() if one.writes]
    report.add("formats", rows)
    width = max((len(row["output"]) for row in rows), default=0)
    for row in rows:
        report.say("{}", f"  {row['output']:{width}}  {row['told']}")
    if folder is None:
        report.say("Nothing was kept; `annoconv demo FOLDER` leaves all of it in a folder.")
    else:
        report.add_output(folder)
        report.say("Try next:")
        report.say("{}", f"  annoconv validate {folder}/case.json --profile delivery --images {folder}/images")
        report.say(
            "{}", f"  annoconv to-dicom-seg {folder}/case.json --images {folder}/images -o seg.dcm --losses losses.json"
        )
        report.say("{}", f"  annoconv from-dicom-seg seg.dcm --images {folder}/images -o back.json")
        report.say("Its twin in {} has {} faults, and what finds them is:", f"{folder}/planted", len(PLANTED))
        report.say("{}", f"  annoconv report {folder}/planted --images {folder}/images -o report.html")


@contextmanager
def _place(folder: Path | None, *, overwrite: bool) -> Generator[Path]:
    """Yield the folder to work in: a temporary one, or one that becomes `folder` when all is done."""
    from annoconv.files.atomic import Outputs, replacing

    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()), "demo")
            stack.enter_context(Outputs())
        place = stack.enter_context(replacing(folder, overwrite=overwrite))
        place.mkdir()
        yield place


def _convert(report: Report, loaded: "LoadedCase", name: str, place: Path, images: list[Path]) -> dict[str, Any]:
    """Write the case in one format; return what became of it."""
    from annoconv import registry
    from annoconv.errors import AnnoconvError

    converter = registry.converter("to", name)
    row: dict[str, Any] = {"format": name, "output": name}
    try:
        target = place / "outputs" / f"{name}{converter.suffix}"
        options: dict[str, Any] = {"images": images} if "images" in converter.options else {}
        losses = registry.write([loaded], target, format=name, **options)
    except AnnoconvError as error:
        report.fail(error)
        return row | {"told": translate("not written: {}", report.lang, error.text(report.lang))}
    if report.as_json or report.fail_on_loss or report.losses_file:
        report.add_losses(losses)  # people read the counts in the table
    ordered = sorted(losses, key=lambda loss: (not loss.kind.changes_value, loss.kind))
    kinds = Counter(loss.kind.value for loss in ordered)
    size = sum(file.stat().st_size for file in [target, *target.rglob("*")] if file.is_file())
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or translate("no losses", report.lang)
    return row | {
        "output": f"outputs/{target.name}",
        "bytes": size,
        "losses": dict(kinds),
        "told": translate("{:>9,} bytes, {}", report.lang, size, told),
    }
