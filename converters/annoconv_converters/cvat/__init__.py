"""CVAT: annotations of images and videos in its own XML, version 1.1.

Continuous pixels, origin at the outer corner of the first pixel, as ours; points too. Masks are run lengths, row by row
within their box, background first. Authority: docs.cvat.ai, "CVAT for image" and "CVAT for video".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv import images as image_seam
from annoconv.files.names import is_taken
from annoconv.files.side_files import SideFiles
from annoconv.messages import Message
from annoconv_converters._pictures.archives import nothing_of
from annoconv_converters._pictures.options import AllAnnotations, Images, Names, Plain, Render, Window
from annoconv_converters._pictures.read import read_pictures
from annoconv_converters._pictures.render import rendering_of
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters.cvat.parts import read_files
from annoconv_converters.cvat.read import TASK
from annoconv_converters.cvat.write import cvat_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SIGNS", "SUFFIX", "from_cvat", "to_cvat"]

SIGNS = {"elements": ("annotations meta", "annotations version", "annotations image", "annotations track")}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX = ".xml"


def to_cvat(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Images = (),
    plain: Plain = False,
    render: Render = "none",
    window: Window = None,
    names: Names = "own",
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write CVAT XML: boxes, polygons, lines, points, ellipses, masks, attributes.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The file; `*.annoconv.json` beside it takes along what CVAT has no place for.
    context
        Label system, limits.
    images
        Where the pictures are rendered from, and which tell the sizes that cases do not.
    plain
        Whether to leave that out.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.
    names
        Flat ones tell apart pictures that would have one name.
    all_annotations
        Whether to write what does not count as a finding.

    Returns
    -------
    LossReport
        What CVAT does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """
    rendering = rendering_of(images, render, window)
    return write_pictures(
        cases,
        target,
        cvat_format(context.limits),
        context=context,
        rendering=rendering,
        names=names,
        plain=plain,
        all_annotations=all_annotations,
    )


def from_cvat(sources: Sequence[Path], *, context: Context) -> Iterator[Reading]:
    """Read CVAT XML of images and of videos, with tracks and skeletons.

    Parameters
    ----------
    sources
        XML files, or folders of them.
    context
        Task id, limits.

    Raises
    ------
    InputError
        If a file is no CVAT annotation, a shape cannot be understood, or XML entities are declared.
    """
    paths = [path for path in image_seam.list_files(sources, context.limits) if is_taken(path, (SUFFIX,), sources)]
    if not paths:
        raise nothing_of(Message("there is no CVAT file"), sources, ".xml")
    sides = SideFiles(context.limits)
    batches = (batch for path in paths for batch in read_files(path, context.limits, context.label_system, sides))
    return read_pictures(batches, context=context, task=TASK)
