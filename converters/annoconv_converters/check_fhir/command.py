"""Check FHIR resources: HL7's definitions of R5 or R4B, references, units, coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annoconv.errors import AnnoconvError
from annoconv.files.inputs import check_each_once
from annoconv.findings import Level
from annoconv.messages import Message, translate
from annoconv.registry import Option
from annoconv_converters.check_fhir.files import check_file, fhir_files, release_of_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.cli.report import Report
    from annoconv.limits import Limits
    from annoconv_converters.check_fhir import Release

__all__ = ["check_fhir"]


def check_fhir(
    report: Report,
    files: Annotated[
        Sequence[Path], Option(help="Resources and Bundles: .json, .ndjson, or folders of them.", metavar="FILE")
    ],
    *,
    release: Annotated[
        Literal["R5", "R4B"] | None, Option(help="By whose definitions; else by those that the content breaks less.")
    ] = None,
    images: Annotated[
        Sequence[Path], Option(help="Source images that regions must lie inside: files or folders.", metavar="PATH")
    ] = (),
) -> None:
    """Say every finding about FHIR files, one file after the other."""
    report.is_reading = True
    sizes = _sizes(images, report.limits) if images else {}
    paths = list(fhir_files(files))
    check_each_once(paths)
    releases: dict[str, Release] = {}
    failed = 0
    for path in paths:
        try:
            told = release or release_of_file(path, limits=report.limits)
            releases[str(path)] = told
            for finding in check_file(path, told, sizes=sizes, limits=report.limits):
                report.add_finding(finding, path)
        except AnnoconvError as error:
            report.not_checked(error, path)
            failed += 1
    report.add("releases", releases)
    errors, warnings = report.levels[Level.ERROR] - failed, report.levels[Level.WARNING]
    counts = (
        Message("1 error") if errors == 1 else Message("{count} errors", count=errors),
        Message("1 warning") if warnings == 1 else Message("{count} warnings", count=warnings),
    )
    by = ", ".join(sorted(set(releases.values())))
    if failed:
        report.say("{}, {}, {} of {} inputs not checked", *counts, failed, len(paths))
    else:
        report.say("{} (FHIR {})", translate("{}, {}", report.lang, *counts), by)


def _sizes(paths: Sequence[Path], limits: Limits) -> dict[str, tuple[int, int]]:
    """Return columns and rows of the images that have SOP Instance UIDs, by these."""
    from annoconv.images import scan

    return {
        each.sop_instance_uid: (source.grid.shape[0], source.grid.shape[1])
        for source in scan(paths, limits)
        for each in source.slices
        if each.sop_instance_uid
    }
