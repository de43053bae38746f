"""Label Studio: tasks with their annotations, as it exports and imports them in JSON.

Coordinates are per cent of the picture's width and height, origin at its outer corner. Authority:
labelstud.io/guide/export and the tags' reference. `docs/formats/label-studio.md` holds the mapping table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from annoconv import images as image_seam
from annoconv.files.names import is_taken
from annoconv.files.side_files import SideFiles
from annoconv.messages import Message
from annoconv.registry import Option
from annoconv_converters._pictures.archives import nothing_of
from annoconv_converters._pictures.carrier import SIDE_SUFFIX
from annoconv_converters._pictures.options import AllAnnotations, Images, Names, Plain, Render, Window
from annoconv_converters._pictures.read import read_pictures
from annoconv_converters._pictures.render import rendering_of
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters.label_studio.configuration import read_configuration
from annoconv_converters.label_studio.exports import TASK, read_exports
from annoconv_converters.label_studio.write import label_studio_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SIGNS", "SUFFIX", "from_label_studio", "to_label_studio"]

SIGNS = {"keys": ("data annotations", "data predictions", "data completions", "annotation_id")}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX = ".json"


def to_label_studio(
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
    """Write Label Studio tasks, one a picture; masks become polygons.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A `.json` file; `*.annoconv.json` beside it takes along what Label Studio has no place for.
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
        What Label Studio does not hold, exactly.

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
        label_studio_format(context.limits),
        context=context,
        rendering=rendering,
        names=names,
        plain=plain,
        all_annotations=all_annotations,
    )


def from_label_studio(
    sources: Sequence[Path],
    *,
    context: Context,
    predictions: Annotated[bool, Option(help="Read the predictions of models too, as automatic ones.")] = False,
    config: Annotated[Path | None, Option(help="Labelling configuration (XML): its labels are the class list.")] = None,
) -> Iterator[Reading]:
    """Read Label Studio exports: boxes, polygons, brush masks, keypoints, text spans, choices.

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Task id, limits.
    predictions
        Whether to read predictions beside annotations.
    config
        The labelling configuration of the project: order, numbers (`category`) and unused members of its class list.

    Raises
    ------
    InputError
        If a file is no export, or a region cannot be understood.
    """
    files = image_seam.list_files(sources, context.limits)
    paths = [path for path in files if is_taken(path, (SUFFIX,), sources) and not path.name.endswith(SIDE_SUFFIX)]
    if not paths:
        raise nothing_of(Message("there is no Label Studio export"), sources, ".json")
    limits, labels, sides = context.limits, context.label_system, SideFiles(context.limits)
    batches = (
        batch
        for path in paths
        for batch in read_exports(
            path, limits, predictions=predictions, label_system=labels, sides=sides, is_apart=config is None
        )
    )
    listed = batches if config is None else map(read_configuration(Path(config), limits).applied, batches)
    return read_pictures(listed, context=context, task=TASK)
