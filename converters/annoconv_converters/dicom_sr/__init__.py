"""DICOM Structured Reports (SR, TID 1500): boxes, contours, measurements, gradings, and who said so.

One report for each case, Comprehensive 3D SR; masks as segmentations beside it. `content` in `_dicom` is the tree of
items, `regions` and `shapes` are geometries, `values` measurements and evaluations, `groups` and `group_meaning` what
an annotation is, `document` and `meaning` the whole. `docs/formats/dicom-sr.md` holds the mapping table, the private
carrier and the limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from annoconv.registry import AllAnnotations, Option
from annoconv_converters.dicom_sr.read import read_reports
from annoconv_converters.dicom_sr.write import Settings, write_reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["FILE_A_CASE", "SIGNS", "SUFFIX", "from_dicom_sr", "to_dicom_sr"]

SIGNS = {"sop_classes": ("1.2.840.10008.5.1.4.1.1.88.",)}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX: Final = ".dcm"
FILE_A_CASE: Final = True
"""Several cases are a folder (`annoconv.registry.Converter`)."""


def to_dicom_sr(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images: folders or files.")] = (),
    seg: Annotated[bool, Option(help="Write the masks as a segmentation beside the report, into one folder.")] = False,
    segmentations: Annotated[Sequence[Path], Option(help="Segmentations that hold the masks: folders or files.")] = (),
    in_space: Annotated[bool, Option(help="Write what lies on a slice in space (SCOORD3D).")] = False,
    viewer: Annotated[
        Literal["any", "ohif"], Option(name="for", help="Viewer whose tools are named, so that it can edit.")
    ] = "any",
    plain: Annotated[bool, Option(help="Write no private attributes; what has no place is lost.")] = False,
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write DICOM measurement reports: boxes, contours, measurements, gradings, who said so.

    Parameters
    ----------
    cases
        The cases.
    target
        The file; a folder of files if there are several cases, or segmentations are written too.
    context
        Label system, time, limits.
    images
        The images that the annotations were made on; if none is given, the files that the case names, else what it
        says of their instances.
    seg
        Whether masks are written as a segmentation, to which the report refers.
    segmentations
        Segmentations that hold the masks; a mask is found there by its tracking UID.
    in_space
        Whether boxes, contours and points on a slice are written in patient coordinates, where the image has them.
    viewer
        `ohif` names its tools beside the standard's own content.
    plain
        Whether to leave out the private block in which what the format has no place for travels.
    all_annotations
        Whether to write what does not count as a finding.

    Returns
    -------
    LossReport
        What the format does not hold, exactly.

    Raises
    ------
    ImageError, GeometryError
        If an image is missing or damaged, or is not the one that the case describes. Nothing is written.
    UsageError
        If no time can be found for the content date.

    Notes
    -----
    PS3.3 A.35.13, C.17, C.18; PS3.16 TID 1500.
    """
    settings = Settings(
        with_segmentations=seg,
        segmentations=segmentations,
        in_space=in_space,
        for_ohif=viewer == "ohif",
        plain=plain,
        all_annotations=all_annotations,
    )
    return write_reports(cases, target, context=context, images=images, settings=settings)


def from_dicom_sr(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images: folders or files.")] = (),
) -> Iterator[Reading]:
    """Read DICOM structured reports, with the masks of the segmentations given with them.

    Parameters
    ----------
    sources
        Reports as DICOM files or DICOM JSON, segmentations that they refer to, or folders of such files only.
    context
        Label system, task id, limits.
    images
        The images that the reports are of; slices are then counted as they lie in space.

    Raises
    ------
    InputError
        If a file is no measurement report (TID 1500), or is damaged.
    """
    return read_reports(sources, context=context, images=images)
