"""DICOM Segmentation (SEG): masks as segments on their source series, with names and codes.

Written: BINARY, Segmentation Storage, Explicit VR Little Endian, one file for each image that masks were drawn on.
`docs/formats/dicom-seg.md` holds the mapping table, the private carrier and the limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from annoconv.registry import Option
from annoconv_converters.dicom_seg.read import read_segmentations
from annoconv_converters.dicom_seg.write import write_segmentations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SUFFIX", "from_dicom_seg", "to_dicom_seg"]

SUFFIX: Final = ".dcm"


def to_dicom_seg(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source series: folders or files.")] = (),
    plain: Annotated[bool, Option(help="Write no private attributes; what has no place is lost.")] = False,
) -> LossReport:
    """Write the masks of cases as DICOM segmentations.

    Parameters
    ----------
    cases
        Cases with at least one mask each.
    target
        The file; a folder of files if there are several cases, or masks on several images of one case.
    context
        Label system, time, limits.
    images
        The series that the masks were drawn on; if none is given, the files that the case names are read.
    plain
        Whether to leave out the private block in which what the format has no place for travels.

    Returns
    -------
    LossReport
        What the format does not hold, exactly.

    Raises
    ------
    ImageError, GeometryError, MaskError
        If an image or a mask is missing or damaged, or a mask does not lie on its image's grid. Nothing is written.
    UsageError
        If no time can be found for the content date.

    Notes
    -----
    Any voxel grid that is the image's but permuted, flipped, cropped or padded is re-indexed exactly. Segments are
    numbered in the order of the annotations. Empty masks stay as segments without frames; if all are empty, one empty
    frame of the first segment on the first slice is written, since a segmentation has at least one frame.
    PS3.3 A.51, C.8.20.
    """
    return write_segmentations(cases, target, context=context, images=images, plain=plain)


def from_dicom_seg(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source series: folders or files.")] = (),
) -> Iterator[Reading]:
    """Yield the cases that DICOM segmentations hold, with lazy masks.

    Parameters
    ----------
    sources
        Files, or folders of segmentations only.
    context
        Label system, task id, limits.
    images
        The series that the segmentations were made from; masks then lie on their grid. Without them the grid is that of
        the segmentation: the slices that it names as its source, else those from its first frame to its last.

    Raises
    ------
    MaskError
        If a file is no segmentation, is damaged or truncated, or is of a kind that is not read.
    GeometryError
        If the frames are no regular stack.
    """
    return read_segmentations(sources, context=context, images=images)
