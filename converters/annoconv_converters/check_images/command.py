"""Check images before they are annotated: DICOM series, whole slides, cine loops, NIfTI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annoconv.files.inputs import check_source
from annoconv.findings import Level
from annoconv.messages import Message, translate
from annoconv.registry import Option
from annoconv_converters.check_images.run import check_images as findings_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.cli.report import Report

__all__ = ["check_images"]


def check_images(
    report: Report,
    paths: Annotated[Sequence[Path], Option(help="Images: files, or folders of them.", metavar="PATH")],
    *,
    headers_only: Annotated[bool, Option(help="Read no pixels.")] = False,
    bias_field: Annotated[bool, Option(help="Look for a bias field in MR, too.")] = False,
    listing: Annotated[
        Path | None, Option(help="What must be there: file names or SOP Instance UIDs, or a case.", metavar="FILE")
    ] = None,
) -> None:
    """Say every finding about images, one series after the other."""
    for path in paths:
        check_source(path)
    report.is_reading = True
    found = findings_of(paths, pixels=not headers_only, bias_field=bias_field, manifest=listing, limits=report.limits)
    for source, finding in found:
        report.add_finding(finding, source)
    errors, warnings = report.levels[Level.ERROR], report.levels[Level.WARNING]
    counts = (
        Message("1 error") if errors == 1 else Message("{count} errors", count=errors),
        Message("1 warning") if warnings == 1 else Message("{count} warnings", count=warnings),
    )
    report.say("{}", translate("{}, {}", report.lang, *counts))
