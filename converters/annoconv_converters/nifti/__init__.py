"""NIfTI: masks and images as volumes, one by one or laid out as nnU-Net, MSD, BIDS and MONAI take them.

Files speak RAS, the case LPS; `docs/coordinates.md` shows both. NRRD, Slicer's `.seg.nrrd` and MetaImage are read too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annoconv.advice import nearest
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, UsageError
from annoconv.messages import Message, listed
from annoconv.registry import AllAnnotations, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["ENDINGS", "SIGNS", "from_nifti", "to_nifti"]

SIGNS = {"endings": (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

ENDINGS = (".nii", ".nii.gz")


def to_nifti(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images to write too: files or folders.")] = (),
    layout: Annotated[
        Literal["flat", "nnunet", "msd", "bids", "monai"], Option(help="How the files of the data set are laid out.")
    ] = "flat",
    arrange: Annotated[
        Literal["files", "label-map", "4d"] | None,
        Option(help="Masks of the flat layout: files (a file each), one label map, or layers of one 4-D file."),
    ] = None,
    nifti2: Annotated[bool, Option(help="Write NIfTI-2, whose affine is float64.")] = False,
    splits: Annotated[Path | None, Option(help="JSON file with the names of cases under train, val and test.")] = None,
    folds: Annotated[
        int, Option(help="Folds of a cross-validation, by the digest of patient_id, else of a case's name.")
    ] = 0,
    suffix: Annotated[str, Option(help="BIDS suffix of MR images, T1w.")] = "",
    allow_gaps: Annotated[bool, Option(help="Bridge slices that the source lacks.")] = False,
    plain: Annotated[bool, Option(help="Write nothing private.")] = False,
    all_annotations: AllAnnotations = False,
) -> LossReport:
    """Write masks as NIfTI: a file each, one label map, or a data set of nnU-Net, MSD, BIDS or MONAI.

    Parameters
    ----------
    cases
        Cases with their masks; each mask is brought onto its image's grid, exactly.
    target
        A folder; or, for one case without overlaps, a `.nii.gz` or `.nii` file, which becomes a label map.
    context
        The request's context.
    images
        Where the source images are. Written with their rescaling applied; training layouts need them.
    layout
        `flat` keeps every annotation. The others hold classes: masks of one label are united.
    arrange
        If None, a file each in a folder, and one label map in a file. One label map refuses masks that overlap.
    nifti2
        Geometry to 1e-9 mm instead of 1e-4 mm.
    splits, folds
        Of training layouts.
    suffix
        Of the BIDS layout.
    allow_gaps
        Slices that a source series lacks are empty in its image.
    plain
        Leave out the side file with what the format has no place for.
    all_annotations
        Write masks of what does not count as a finding.

    Raises
    ------
    GeometryError
        If a mask does not lie on its image's lattice, or agrees with it only in the other frame.
    MaskError
        If masks overlap where one label map must hold them.
    UsageError
        If a training layout lacks its images, or an option would do nothing in the layout.
    """
    from annoconv_converters.nifti.layouts import LAYOUTS
    from annoconv_converters.nifti.layouts.base import Request
    from annoconv_converters.nifti.volumes import VolumeWriter
    from annoconv_converters.nifti.write import write_cases

    kind = LAYOUTS[layout]
    _refuse_unused(
        Message("--layout {layout}", layout=layout),
        {
            "--arrange": arrange is not None and layout != "flat",
            "--splits": splits is not None and not kind.has_splits,
            "--folds": folds != 0 and not kind.has_folds,
            "--suffix": bool(suffix) and layout != "bids",
        },
    )
    if not images:
        _refuse_unused(Message("no --images"), {"--allow-gaps": allow_gaps})
    is_single = target.name.endswith(ENDINGS)
    if is_single and layout != "flat":
        raise UsageError(
            Message("the layout {layout} is a folder", layout=layout),
            found=target.name,
            expected="a folder",
            advice="Name a folder with -o",
        )
    if is_single and arrange == "4d":
        raise UsageError(
            "layers are written to a folder, with the table that names them",
            found=target.name,
            expected="a folder",
            advice="Name a folder with -o",
        )
    if is_single and arrange == "files":
        raise UsageError(
            "masks of a file each are written to a folder",
            found=target.name,
            expected="a folder",
            advice="Name a folder with -o",
        )
    if folds < 0 or folds == 1:
        raise UsageError(
            "this is no count of folds", found=folds, expected="0, or 2 and more", advice="Correct --folds"
        )
    request = Request(
        arrange="label-map" if is_single else arrange or "files",
        volumes=VolumeWriter(2 if nifti2 else 1, ".nii" if target.name.endswith(".nii") else ".nii.gz"),
        is_single=is_single,
        splits=_splits(splits, context),
        folds=folds,
        suffix=suffix,
        all_annotations=all_annotations,
    )
    return write_cases(
        cases,
        target,
        context=context,
        images=images,
        layout=kind,
        request=request,
        plain=plain,
        allow_gaps=allow_gaps,
    )


def from_nifti(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Images that the masks were drawn on: files or folders.")] = (),
    layout: Annotated[
        Literal["auto", "flat", "nnunet", "msd", "bids", "monai"], Option(help="How the files are laid out.")
    ] = "auto",
    form: Annotated[
        Literal["agree", "sform", "qform"], Option(help="Which affine holds where sform and qform conflict.")
    ] = "agree",
    labels: Annotated[
        Path | None,
        Option(help="Label table: dseg.tsv, ITK-SNAP, Slicer colours, names with codes (.csv)."),
    ] = None,
    modality: Annotated[str | None, Option(help="Modality of images of which nothing tells it, CT.")] = None,
    as_image: Annotated[bool, Option(help="Read the sources as images: cases without annotations.")] = False,
    layers: Annotated[
        bool, Option(help="Take the volumes of a file as structures, also where it calls them time.")
    ] = False,
    no_place: Annotated[bool, Option(help="Take files whose sform and qform codes are both 0.")] = False,
    allow_gaps: Annotated[bool, Option(help="Bridge slices that the series of --images lack.")] = False,
    transform: Annotated[
        Sequence[Path], Option(help="Registrations onto the image: ITK text transforms, displacement fields.")
    ] = (),
    moving: Annotated[Path | None, Option(help="Image that --transform brings onto the case's image.")] = None,
    field_frame: Annotated[
        Literal["LPS", "RAS"] | None, Option(help="Frame of a displacement field's vectors; else LPS, as ITK writes.")
    ] = None,
) -> Iterator[Reading]:
    """Read NIfTI, NRRD (.seg.nrrd too) and MetaImage: masks, and data sets of nnU-Net, MSD, BIDS and MONAI.

    Parameters
    ----------
    sources
        Files (a label map or mask each), folders (a mask a file), or data sets.
    context
        The request's context.
    images
        They name UID, modality and geometry; a mask off their grids is refused.
    layout
        By default as the folder's own files tell.
    form
        By default both must agree.
    labels
        Names for values, or terminology for names.
    modality
        In DICOM's terms.
    as_image
        The sources are images, not masks.
    layers
        Volumes along an axis of time or colour are refused by default.
    no_place
        Files without a place in space are refused by default.
    allow_gaps
        The image has a slice where its series lacks one.
    transform, moving, field_frame
        Each takes points of the case's image (fixed) to points of `moving`, as ITK and ANTs write it; nothing in a
        field says in which frame its vectors are.

    Raises
    ------
    MaskError, GeometryError, LimitError
        If a file is damaged, hostile, or its geometry in conflict.
    UsageError
        If an option would do nothing.
    """
    from annoconv.model import Modality
    from annoconv_converters.nifti.read import read_cases, read_images
    from annoconv_converters.nifti.registrations import given

    if modality is not None and modality not in set(Modality):
        raise UsageError(
            "not a modality",
            found=modality,
            expected=", ".join(each.value for each in Modality),
            advice=nearest(modality, Modality),
        )
    if not transform:
        _refuse_unused(Message("no --transform"), {"--field-frame": field_frame is not None})
    if not images:
        _refuse_unused(Message("no --images"), {"--allow-gaps": allow_gaps})
    registrations = given(transform, moving, field_frame or "LPS", modality, context.limits)
    if as_image:
        unused = {"--images": bool(images), "--layout": layout != "auto", "--labels": labels is not None}
        _refuse_unused("--as-image", unused | {"--layers": layers, "--no-place": no_place})
        return read_images(sources, context=context, form=form, modality=modality, registrations=registrations)
    return read_cases(
        sources,
        context=context,
        images=images,
        layout=layout,
        form=form,
        labels=labels,
        modality=modality,
        allows_no_place=no_place,
        takes_layers=layers,
        allow_gaps=allow_gaps,
        registrations=registrations,
    )


def _refuse_unused(of: str, unused: Mapping[str, bool]) -> None:
    """Raise UsageError for the options that were given and that would do nothing."""
    if given := [option for option, is_unused in unused.items() if is_unused]:
        raise UsageError(
            Message("{options} does nothing with {other}", options=listed(given), other=of),
            found=listed(given),
            expected=Message("none of it with {other}", other=of),
            advice=Message("Leave {options} out", options=listed(given)),
        )


def _splits(path: Path | None, context: Context) -> dict[str, list[str]]:
    """Return the names of cases by split."""
    if path is None:
        return {}
    from annoconv.documents import strict_json

    told = strict_json.loads(strict_json.read_bytes(path, context.limits), limits=context.limits, source=path)
    if not isinstance(told, dict) or not set(told) <= {"train", "val", "test"}:
        raise InputError(
            "not splits",
            source=path,
            found=listed([*told], 5) if isinstance(told, dict) else json_type(told),
            expected='an object with "train", "val" and "test"',
            advice="Correct the file of --splits",
        )
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in told.values()):
        raise InputError(
            "a split is damaged",
            source=path,
            found=listed([json_type(names) for names in told.values()]),
            expected="a list of case names",
            advice="Correct the file of --splits",
        )
    names = [name for each in told.values() for name in each]
    if len(set(names)) != len(names):
        raise InputError(
            "a case stands in two splits",
            source=path,
            found=listed(sorted({name for name in names if names.count(name) > 1}), 5),
            expected="each case in one split",
            advice="Correct the file of --splits",
        )
    return {key: list(value) for key, value in told.items()}
