"""YOLO: detection, segmentation, pose and oriented boxes as text files of normalised coordinates.

Each line is a class and numbers from 0 to 1, shares of the picture's width and height, so that the size of a picture
must be known: from its file, from `--images`, or from our side file. Continuous pixels, origin at the outer corner;
pose keypoints too. `docs/formats/yolo.md` holds the mapping table. Authority: docs.ultralytics.com/datasets
(data.yaml), and Darknet (obj.data, obj.names).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from annoconv import images as image_seam
from annoconv.ids import safe_name
from annoconv.registry import Option
from annoconv_converters._pictures.options import AllAnnotations, Images, Names, Render, Window
from annoconv_converters._pictures.read import read_pictures
from annoconv_converters._pictures.render import rendering_of
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters.yolo.data_set import TASK, Kind, read_data_set
from annoconv_converters.yolo.write import WrittenKind, fitting_kind, yolo_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SIGNS", "from_yolo", "to_yolo"]

SIGNS = {
    "lines": {
        ".txt": r"\d+( +[-+.\deE]+){4,}",
        ".yaml": r"(names|nc|train|val)\s*:.*",
        ".yml": r"(names|nc|train|val)\s*:.*",
    }
}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""


def to_yolo(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Images = (),
    kind: Annotated[
        WrittenKind,
        Option(help="Of lines: polygons that decode to exactly the masks, boxes, boxes with keypoints, turned boxes."),
    ] = "auto",
    render: Render = "none",
    window: Window = None,
    names: Names = "own",
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write a YOLO data set: boxes, polygons, keypoints or turned boxes.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A folder.
    context
        Label system, limits.
    images
        Where the pictures are rendered from, and which tell the sizes that cases do not.
    kind
        Of lines. `auto` is `pose` where there are keypoints, and `obb` where there are turned boxes, beside nothing but
        boxes; else `segment`. `pose` holds boxes and keypoints, `obb` the smallest turned boxes of polygons; masks have
        no place in either.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.
    names
        Flat ones tell apart pictures that would have one name.
    all_annotations
        Whether to write what does not count as a finding.

    Returns
    -------
    LossReport
        What YOLO does not hold, exactly; it travels in the side file, with the sizes of the pictures.

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
        yolo_format("segment" if kind == "auto" else kind, context.limits),
        context=context,
        rendering=rendering,
        names=names,
        all_annotations=all_annotations,
        fitting=partial(fitting_kind, limits=context.limits) if kind == "auto" else None,
    )


def from_yolo(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images, where the pictures are not in the data set.")] = (),
    kind: Annotated[Kind, Option(help="Of lines; auto tells by their length, pose and obb by data.yaml.")] = "auto",
) -> Iterator[Reading]:
    """Read YOLO data sets of Ultralytics, Roboflow, labelImg, Label Studio and Darknet.

    Parameters
    ----------
    sources
        Folders with `data.yaml`, `classes.txt`, or Darknet's `obj.data`.
    context
        Task id, limits.
    images
        Tell the sizes of pictures that are not beside their labels, by series UID.
    kind
        Lines of eight numbers are turned boxes if `obb` is asked for or `data.yaml` says so (`task: obb`), else
        polygons of four vertices; where all are such, a warning says that nothing tells. Lines of six numbers are
        triangles unless `detect` is asked for: a box, its confidence and its track.

    Raises
    ------
    InputError
        If a line is no label, or the size of a picture is not known.
    """
    given = image_seam.readable(image_seam.scan(images, context.limits)) if images else ()
    found = {safe_name(each.uid): each.grid for each in given}
    labels = context.label_system
    batches = (
        read_data_set(folder, {}, kind, context.limits, found, labels, as_they_come=True)
        for folder in map(Path, sources)
    )
    return read_pictures(batches, context=context, task=TASK)
