"""DICOM Segmentation (SEG): masks as segments on their source image, with names and codes.

Binary, fractional and label map segmentations of series, multi-frame images, single images and whole slides; one file
for each image that masks were drawn on. `write_segmentation` and `read_segmentation` take and give arrays.
`docs/formats/dicom-seg.md` holds the mapping table, the private carrier and the limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from annoconv.registry import AllAnnotations, Option
from annoconv_converters.dicom_seg.arrays import SegmentationArrays, read_segmentation, write_segmentation
from annoconv_converters.dicom_seg.kinds import Kind, Settings
from annoconv_converters.dicom_seg.reading.cases import read_segmentations
from annoconv_converters.dicom_seg.segment import Segment, SegmentAlgorithmType
from annoconv_converters.dicom_seg.writing.cases import write_segmentations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = [
    "FILE_A_CASE",
    "SIGNS",
    "SUFFIX",
    "Segment",
    "SegmentAlgorithmType",
    "SegmentationArrays",
    "from_dicom_seg",
    "read_segmentation",
    "to_dicom_seg",
    "write_segmentation",
]

SIGNS = {"sop_classes": ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX: Final = ".dcm"
FILE_A_CASE: Final = True
"""Several cases are a folder (`annoconv.registry.Converter`)."""


def to_dicom_seg(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images: folders or files.")] = (),
    type: Annotated[Literal["binary", "labelmap", "fractional"], Option(help="Kind of segmentation.")] = "binary",
    fractional_type: Annotated[
        Literal["probability", "occupancy"] | None, Option(help="What fractions mean, where the masks do not say.")
    ] = None,
    compress: Annotated[
        Literal["none", "deflate", "rle"], Option(help="Compression; rle for labelmap and fractional.")
    ] = "none",
    keep_empty_frames: Annotated[bool, Option(help="Write a frame for every segment on every slice.")] = False,
    resample: Annotated[
        Literal["never", "nearest", "linear"], Option(help="Interpolate masks that lie on another grid.")
    ] = "never",
    allow_gaps: Annotated[bool, Option(help="Bridge slices that the source lacks.")] = False,
    plain: Annotated[bool, Option(help="Write no private attributes; what has no place is lost.")] = False,
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write DICOM segmentations of the source series: binary, label map or fractional.

    Parameters
    ----------
    cases
        Cases with at least one mask each.
    target
        The file; a folder of files if there are several cases, or masks on several images of one case.
    context
        Label system, time, limits.
    images
        The images that the masks were drawn on; if none is given, the files that the case names are read.
    type
        `binary`: a frame of bits for each segment and slice. `labelmap`: a frame of segment numbers for each slice;
        masks must not overlap. `fractional`: a frame of 255 levels for each segment and slice.
    fractional_type
        Whether fractions are probabilities or how much of the voxel is filled; if None, what the masks say, else
        probabilities.
    compress
        `deflate` compresses the whole data set, `rle` each frame.
    keep_empty_frames
        Whether empty frames are written too.
    resample
        How masks on other grids are brought onto the image's; `never` refuses them.
    allow_gaps
        Whether a series with missing slices is taken; its grid then reaches across them.
    plain
        Whether to leave out the private block in which what the format has no place for travels.
    all_annotations
        Whether to write masks of what does not count as a finding.

    Returns
    -------
    LossReport
        What the format does not hold, exactly.

    Raises
    ------
    ImageError, GeometryError, MaskError
        If an image or a mask is missing or damaged, or a mask does not lie on its image's grid. Nothing is written.
    UsageError
        If no time can be found for the content date, or options contradict each other.

    Notes
    -----
    Any voxel grid that is the image's but permuted, flipped, cropped or padded is re-indexed exactly. Segments are
    numbered in the order of the annotations; in a label map by `mask_value`, where one file holds all masks. Empty
    masks stay as segments without frames; if all are empty, one empty frame of the first segment on the first slice is
    written, since a segmentation has at least one frame. PS3.3 A.51, C.8.20.
    """
    settings = Settings(
        kind=Kind(type.upper()),
        fractional_type=fractional_type,
        compression=compress,
        keep_empty_frames=keep_empty_frames,
        resample=resample,
        allow_gaps=allow_gaps,
        all_annotations=all_annotations,
    )
    return write_segmentations(cases, target, context=context, images=images, settings=settings, plain=plain)


def from_dicom_seg(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images: folders or files.")] = (),
    label_map: Annotated[bool, Option(help="Write all masks of a file as one label map.")] = False,
    allow_gaps: Annotated[bool, Option(help="Bridge slices that the source lacks.")] = False,
) -> Iterator[Reading]:
    """Read DICOM segmentations as masks, on their source series where that is named.

    Parameters
    ----------
    sources
        Files, or folders of segmentations only.
    context
        Label system, task id, limits.
    images
        The images that the segmentations were made from; masks then lie on their grid. Without them the grid is that
        of the segmentation: the slices that it names as its source, else those from its first frame to its last.
    label_map
        Whether the masks of a file share one, each as a value; segments that overlap are refused then.
    allow_gaps
        Whether a series with missing slices is taken; the grid of the masks then reaches across them.

    Raises
    ------
    MaskError
        If a file is no segmentation, is damaged or truncated, or is of a kind that is not read.
    GeometryError
        If the frames are no regular stack.
    """
    return read_segmentations(sources, context=context, images=images, label_map=label_map, allow_gaps=allow_gaps)
