"""GeoJSON of QuPath, and the annotations of ASAP and Cytomine: outlines on whole slides.

Coordinates are continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards;
Cytomine counts y upwards from the lower edge, so its outlines are turned over once the height of the slide is known.
Written are feature collections that QuPath reads; a hole stays a hole. The member `pictures` of a collection names
the pictures and their sizes. Authority: RFC 7946; qupath.readthedocs.io ("Exporting annotations");
computationalpathologygroup/ASAP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

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
from annoconv_converters.geojson.pieces import read_batches
from annoconv_converters.geojson.read import TASK
from annoconv_converters.geojson.write import geojson_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["ENDINGS", "SIGNS", "SUFFIX", "from_geojson", "to_geojson"]

SIGNS = {
    "keys": (
        "type features",
        "type geometry",
        "type coordinates",
        "collection/location",
        "location annotation",
        "location image",
    ),
    "elements": ("ASAP_Annotations",),
}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX = ".geojson"
ENDINGS = (SUFFIX, ".json")
_KINDS: Final = (".geojson", ".json", ".xml", ".txt")


def to_geojson(
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
    """Write GeoJSON that QuPath opens: outlines on slides with their holes.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The file; `*.annoconv.json` beside it takes along what GeoJSON has no place for.
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
        What GeoJSON does not hold, exactly.

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
        geojson_format(context),
        context=context,
        rendering=rendering,
        names=names,
        plain=plain,
        all_annotations=all_annotations,
    )


def from_geojson(
    sources: Sequence[Path],
    *,
    context: Context,
    height: Annotated[int | None, Option(help="Rows of the slide, for Cytomine, which counts y from below.")] = None,
) -> Iterator[Reading]:
    """Read GeoJSON of QuPath, XML of ASAP and JSON of Cytomine.

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Task id, limits.
    height
        Rows of the slide; only outlines of Cytomine need it. Without it they are taken as they are, upside down.

    Raises
    ------
    InputError
        If a file is none of these, a geometry cannot be understood, or XML entities are declared.
    """
    files = image_seam.list_files(sources, context.limits)
    paths = [path for path in files if is_taken(path, _KINDS, sources) and not path.name.endswith(SIDE_SUFFIX)]
    if not paths:
        raise nothing_of(Message("there is no GeoJSON file"), sources, ".geojson")
    system, sides = context.label_system, SideFiles(context.limits)
    batches = (
        batch
        for path in paths
        for batch in read_batches(path, context.limits, height=height, label_system=system, sides=sides)
    )
    return read_pictures(batches, context=context, task=TASK)
