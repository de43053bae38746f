"""COCO: instances, keypoints, panoptic, captions, stuff and results, 2-D images and volumes, there and back.

`docs/formats/coco.md` holds the mapping table, the half-pixel rules, what travels under our key and the findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annoconv.registry import Option
from annoconv_converters._pictures.options import AllAnnotations, Images, Names, Plain, Render, Window
from annoconv_converters._pictures.render import rendering_of
from annoconv_converters.coco.read import read_coco
from annoconv_converters.coco.write import Options, write_coco

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["SIGNS", "SUFFIX", "from_coco", "to_coco"]

SIGNS = {
    "keys": (
        "images annotations",
        "images categories",
        "images/file_name",
        "annotations/category_id",
        "image_id category_id",
        "image_id caption",
    )
}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX = ".json"


def to_coco(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Images = (),
    kind: Annotated[
        Literal["auto", "instances", "keypoints", "panoptic", "captions", "stuff", "results"],
        Option(help="Kind of file; auto is that of the file that the cases came from, else instances."),
    ] = "auto",
    segmentation: Annotated[
        Literal["rle", "polygon"], Option(help="Masks as run lengths, or as polygons that decode to exactly them.")
    ] = "rle",
    axis: Annotated[Literal["k", "j", "i"], Option(help="Axis along which volumes are cut.")] = "k",
    annotated_only: Annotated[bool, Option(help="Leave out slices that nothing is drawn on.")] = False,
    render: Render = "none",
    window: Window = None,
    names: Names = "own",
    skeletons: Annotated[Path | None, Option(help="Keypoints and skeleton of each label, a .json file.")] = None,
    license: Annotated[str | None, Option(help="Licence of the file, its name.")] = None,
    plain: Plain = False,
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write COCO: instances, keypoints, panoptic, captions, stuff or results; volumes slice by slice.

    Parameters
    ----------
    cases
        Cases with their masks, held one at a time.
    target
        A `.json` file; anything else is a folder with `annotations/` and `images/`.
    context
        Label system, time, limits.
    images
        Where the pictures are rendered from, and which tell the sizes that cases do not.
    kind
        Of file. Points are written by `keypoints` only, texts by `captions` only, `results` hold what has a confidence.
    segmentation
        Form of the masks; polygons of the case stay polygons.
    axis
        Pictures along k have x = i, y = j; along j, x = i, y = k; along i, x = j, y = k. Only masks are cut along i
        or j.
    annotated_only
        Whether slices without annotations are left out.
    render
        16 bits hold the stored values, 8 bits those within the window; how to go back is recorded under our key.
    window
        In units of the rescaled values; that of the image's header if not given.
    names
        Flat ones have no folders and tell apart pictures that would have one name.
    skeletons
        `{"LABEL": {"keypoints": ["left eye"], "skeleton": [[1, 2]]}}`.
    license
        Written to `licenses`.
    plain
        Whether to leave out the key `annoconv` of each record and the side file `*.annoconv.json`.
    all_annotations
        Whether to write what does not count as a finding.

    Returns
    -------
    LossReport
        What the file does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid, or panoptic masks overlap.
        Nothing is written.
    """
    options = Options(
        kind=kind,
        form=segmentation,
        axis=axis,
        only_annotated=annotated_only,
        skeletons=skeletons,
        license=license,
        rendering=rendering_of(images, render, window),
        names=names,
        plain=plain,
        all_annotations=all_annotations,
    )
    return write_coco(cases, target, context=context, options=options)


def from_coco(
    sources: Sequence[Path],
    *,
    context: Context,
    names: Annotated[
        str | None, Option(help="Pattern of the file names of slices, with groups index, series, case, axis.")
    ] = None,
    ground_truth: Annotated[Path | None, Option(help="For results: the file that they were detected for.")] = None,
    maps: Annotated[Path | None, Option(help="Folder of panoptic PNGs; beside the file by default.")] = None,
) -> Iterator[Reading]:
    """Read COCO: instances, keypoints, panoptic, captions, stuff and results; slices become volumes.

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Label system, task id, limits.
    names
        A regular expression; slices that `to-coco` wrote are known without it.
    ground_truth
        Gives results the sizes of their pictures and their categories.
    maps
        Where the PNGs of panoptic files lie.

    Yields
    ------
    Reading
        With `findings`: what disagrees or is undefined. Nothing is mended.

    Raises
    ------
    DocumentError
        If a file is no strict JSON, an id stands twice or an annotation belongs to no image; its findings name all
        places.
    InputError
        If a record cannot be understood: run lengths that do not sum to the image, an odd polygon, a mask of another
        size.
    LimitError
        If a record or a mask is too large.
    """
    return read_coco(sources, context=context, names=names, ground_truth=ground_truth, maps=maps)
