"""Check the references of segmentations and reports: every one resolves, and both ends say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annoconv import images as image_seam
from annoconv.errors import AnnoconvError, InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.inputs import check_each_once, check_source
from annoconv.findings import Level
from annoconv.messages import Message
from annoconv.registry import Option
from annoconv_converters.check_links import check
from annoconv_converters.check_links.instances import Instance, read_instance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.cli.report import Report

__all__ = ["check_links"]


def check_links(
    report: Report,
    folders: Annotated[
        Sequence[Path],
        Option(help="Segmentations and reports with the images of their study: folders or files.", metavar="FOLDER"),
    ],
) -> None:
    """Say every fault in the references of segmentations and reports to each other and to their images."""
    report.is_reading = True
    for path in folders:
        check_source(path)
    check_each_once(folders)
    note_inputs(folders)
    found: list[Instance] = []
    failed = 0
    for path in image_seam.list_files(folders, report.limits):
        try:
            one = read_instance(path, report.limits)
        except AnnoconvError as error:
            report.not_checked(error, path)
            failed += 1
            continue
        if one is not None:
            found.append(one)
    annotations = sum(each.is_annotation for each in found)
    if not annotations and not failed:
        raise InputError(
            "there is neither a segmentation nor a report here",
            source=", ".join(map(str, folders)),
            found=Message("{count} DICOM files of other kinds", count=len(found)),
            expected="DICOM segmentations, structured reports, structure sets or bulk annotations",
            advice="Name the folder that holds them together with their images",
        )
    for path, finding in check(found, report.limits.findings):
        report.add_finding(finding, path)
    report.add("checked", {"annotations": annotations, "others": len(found) - annotations})
    errors, warnings = report.levels[Level.ERROR] - failed, report.levels[Level.WARNING]
    counts = (
        Message("1 error") if errors == 1 else Message("{count} errors", count=errors),
        Message("1 warning") if warnings == 1 else Message("{count} warnings", count=warnings),
    )
    if failed:
        report.say("{}, {}, {} of {} inputs not checked", *counts, failed, failed + len(found))
    else:
        report.say("{}, {} ({} annotation files, {} others)", *counts, annotations, len(found) - annotations)
