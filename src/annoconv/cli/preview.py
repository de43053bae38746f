"""`annoconv preview`: a picture of each case, the slices with most of each label and what is drawn on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv.cli.report import Report

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase


def preview(
    report: Report,
    cases: Annotated[
        list[Path], typer.Argument(metavar="CASE", help="Cases: .json or .jsonl files, or folders with case.json.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A .png file for one case, or a folder for {case_id}.png of each.")
    ],
    images: Annotated[list[Path], typer.Option(metavar="PATH", help="Images of the cases: files or folders.")] = [],  # noqa: B006  typer copies it
    window: Annotated[
        str | None, typer.Option(metavar="CENTRE,WIDTH", help="Window of grey values, or lung, bone, brain, abdomen.")
    ] = None,
    font: Annotated[
        str | None, typer.Option(metavar="FILE", help="Font for Chinese names, or built-in for label codes.")
    ] = None,
    slices: Annotated[int | None, typer.Option(metavar="NUMBER", help="Slices of one image at most.")] = None,
    size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Longer side of a slice.")] = None,
    label_system: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The task's labels with their names and colours.")
    ] = None,
) -> None:
    """Write a picture of one case, or of each of several."""
    from annoconv.casefile import read_cases
    from annoconv.casefile.reading import case_paths, check_distinct
    from annoconv.cli.labels import read_labels
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of, replacing
    from annoconv.messages import Message
    from annoconv.progress import over
    from annoconv.report import preview as pictures
    from annoconv.report.sources import Sources

    check_inputs([*cases, *images])
    paths = case_paths(cases, report.limits)
    check_distinct(paths)
    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
    is_file = output.suffix.lower() in pictures.PICTURE_ENDINGS
    if is_file:
        pictures.check_ending(output)
    chosen: dict[str, Any] = {
        "images": Sources(images, report.limits),
        "window": window,
        "font": font if font in {None, "built-in"} else Path(str(font)),
        "size": size,
        "slices": pictures.MOST_SLICES if slices is None else slices,
        "lang": report.lang,
        "label_system": read_labels(label_system, report.limits) if label_system is not None else (),
        "limits": report.limits,
    }
    with replacing(output, overwrite=report.overwrite) as temporary:
        if not is_file:
            temporary.mkdir()
        taken: set[str] = set()
        shown: list[dict[str, object]] = []
        cases_read = read_cases(paths, limits=report.limits)
        for position, loaded in enumerate(over(cases_read, Message("cases"), report.total_of(paths))):
            if is_file and position:
                raise UsageError(
                    "there are several cases",
                    source=output,
                    found=Message("a second one, {name}", name=loaded.case.case_id or loaded.path),
                    expected="one for a .png file",
                    advice="Name a folder with -o: it will hold {case_id}.png of each",
                )
            made = pictures.preview(loaded, **chosen)
            for notice in made.notices:
                report.say("{}: {}", loaded.case.case_id or loaded.case.image.uid, notice)
            name = _name_of(loaded, position)
            if name.casefold() in taken:
                raise UsageError(
                    "two cases would have the same picture",
                    source=output,
                    found=f"{name}.png",
                    expected="distinct case_id, also by case",
                    advice="Give one of them another case_id, or preview them one by one",
                )
            taken.add(name.casefold())
            (temporary if is_file else temporary / f"{name}.png").write_bytes(made.png)
            picture = output.name if is_file else f"{name}.png"
            panels = [{"image_uid": each.image_uid, "index": each.index} for each in made.panels]
            shown.append({"case_id": loaded.case.case_id, "picture": picture, "slices": panels})
    report.add("previews", shown)
    report.add_output(output)


def _name_of(loaded: "LoadedCase", position: int) -> str:
    """Return the name of a picture in a folder: that of its case."""
    from annoconv.ids import safe_name

    return safe_name(loaded.case.case_id) if loaded.case.case_id else f"case-{position + 1:06d}"
