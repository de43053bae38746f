"""The files that one case names, written: masks, each file once, and displacement fields, copied."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.errors import InputError, MaskError
from annoconv.files.manifest import digest
from annoconv.files.names import is_inner, leads_out
from annoconv.geometry import Grid, GridKind, compare_grids
from annoconv.messages import Message, listed
from annoconv.model import Case, MaskAnnotation
from annoconv.pixels import NiftiVolume, foreground_of, save_nifti

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.pixels import Mask, Masks
    from annoconv.volumes.foreground import Foreground

__all__ = ["copy_file", "write_fields", "write_masks"]

_SUFFIXES = (".nii.gz", ".nii")


def write_masks(case: Case, masks: Masks, folder: Path, *, is_from_disk: bool = False) -> Case:
    """Write each mask file of a case under a folder that is being made, where there are no links.

    Parameters
    ----------
    is_from_disk
        Whether the case was read from a case file, so that a digest speaks of the file that stands beside that.

    Returns
    -------
    Case
        The case, with the digest of the new file wherever it has one of a file that is written anew or was elsewhere:
        a digest stays that of the file on record only where that file itself is copied.

    Raises
    ------
    MaskError
        If a mask is missing, a file is not named `.nii.gz` or `.nii`, or masks of one file overlap, or differ
        and share a value.
    """
    files: dict[str, list[MaskAnnotation]] = {}
    for annotation in case.annotations:
        if isinstance(annotation, MaskAnnotation):
            if annotation.id not in masks:
                raise MaskError(
                    "the annotation has no mask",
                    where=annotation.id,
                    found=Message("no voxels of it"),
                    expected="a mask for each annotation of type mask",
                    advice="Give its mask too, or leave the annotation out",
                )
            files.setdefault(annotation.mask_file, []).append(annotation)
    digests: dict[str, str] = {}
    for name, sharing in files.items():
        place = _new_file(folder, name)
        is_copied = _write_file(place, name, sharing, masks)
        if any(each.sha256 is not None for each in sharing) and not (is_copied and is_from_disk):
            digests[name] = digest(place)
    return _with_digests(case, digests) if digests else case


def _with_digests(case: Case, digests: Mapping[str, str]) -> Case:
    annotations = [
        each.model_copy(update={"sha256": digests[each.mask_file]})
        if isinstance(each, MaskAnnotation) and each.sha256 is not None and each.mask_file in digests
        else each
        for each in case.annotations
    ]
    return case.model_copy(update={"annotations": annotations})


def write_fields(case: Case, fields: Mapping[str, Path], folder: Path) -> None:
    """Copy the displacement fields of a case under a folder that is being made.

    Parameters
    ----------
    fields
        Files by registration id; where one is absent, the case names a file that its owner has to bring.
    """
    written: set[str] = set()
    for each in case.registrations or ():
        source = fields.get(each.id)
        if source is not None and each.field_file is not None and each.field_file not in written:
            written.add(each.field_file)
            copy_file(source, folder, each.field_file)


def copy_file(source: Path, folder: Path, name: str) -> None:
    """Copy a file under a folder that is being made; InputError if another one has that name."""
    shutil.copyfile(source, _new_file(folder, name))


def _new_file(folder: Path, name: str) -> Path:
    """Return the path of a file that is not there yet; the folders above it are made."""
    path = folder / name
    if not is_inner(name):
        raise leads_out(folder, name)
    if path.exists():
        raise InputError(
            "two masks would have the same file",
            found=name,
            expected="distinct names, also by case",
            advice="Give each of them a mask_file of its own",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_file(temporary: Path, name: str, annotations: list[MaskAnnotation], masks: Masks) -> bool:
    """Write one file of masks; tell whether it is a copy of the file that they were read from."""
    source = masks[annotations[0].id].volume
    unchanged = all(
        masks[annotation.id].volume is source and masks[annotation.id].value == annotation.mask_value
        for annotation in annotations
    )
    if unchanged and isinstance(source, NiftiVolume) and _suffix(source.path.name) == _suffix(name) and source.is_plain:
        source.verify()  # a damaged file is refused, not passed on
        shutil.copyfile(source.path, temporary)
        return True
    if not _suffix(name):
        raise MaskError(
            "masks are written as NIfTI",
            found=name,
            expected="a name that ends in .nii.gz or .nii",
            advice="Correct mask_file",
        )
    labels = _foreground(annotations, masks)
    # Mask files know no slide coordinates; the indices are those of the image's matrix of pixels.
    grid = Grid(source.grid.shape) if source.grid.frame == "SLIDE" else source.grid
    save_nifti(temporary, _voxels(name, annotations, masks) if labels is None else labels, grid)
    return False


def _suffix(name: str) -> str:
    return next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")


def _foreground(annotations: list[MaskAnnotation], masks: Masks) -> Foreground | None:
    """Return what one file holds of one mask, or of a label map's values under their new numbers; None if all is read.

    Masks of distinct values of one volume overlap nowhere.
    """
    found = {annotation.id: masks[annotation.id] for annotation in annotations}
    first = found[annotations[0].id]
    if len(annotations) == 1:
        labels = first.foreground()
        numbers = {1: annotations[0].mask_value or 1}
    else:
        stated = {mask.value for mask in found.values()}
        given = {annotation.mask_value for annotation in annotations}
        is_one_map = all(mask.volume is first.volume for mask in found.values())
        if not is_one_map or None in stated | given or not len(stated) == len(given) == len(annotations):
            return None
        labels = foreground_of(first.volume)
        numbers = {found[each.id].value or 0: each.mask_value or 0 for each in annotations}
    return None if labels is None else labels.renumbered(numbers)


def _voxels(name: str, annotations: list[MaskAnnotation], masks: Masks) -> NDArray[Any]:
    """Return what one file holds: a mask, or labels of which each is that of the masks that name its value.

    Masks that name one value, or none, are one and the same, as two readers' may be. A mask that names none is all that
    is not zero; what no other mask has of it gets the least value that is free.
    """
    whole: MaskAnnotation | None = None
    first: dict[int, MaskAnnotation] = {}
    for annotation in annotations:
        if annotation.mask_value is None:
            other = whole = whole or annotation
        else:
            other = first.setdefault(annotation.mask_value, annotation)
        if other is not annotation:
            _check_grid(name, masks[annotation.id], masks[other.id])
            if not np.array_equal(masks[annotation.id].read(), masks[other.id].read()):
                raise _not_distinct(name, annotations)
    if whole is None:
        return _label_map(name, [*first.values()], masks)
    whole_kji = masks[whole.id].read()
    if not first:
        return whole_kji
    _check_grid(name, masks[whole.id], masks[next(iter(first.values())).id])
    labels_kji = _label_map(name, [*first.values()], masks)
    if whole_kji.dtype.kind == "f" or labels_kji[~whole_kji].any():
        raise _not_distinct(name, annotations)
    free = next(value for value in range(1, len(first) + 2) if value not in first)
    return np.where(whole_kji & (labels_kji == 0), np.min_scalar_type(max(free, *first)).type(free), labels_kji)


def _not_distinct(name: str, annotations: list[MaskAnnotation]) -> MaskError:
    return MaskError(
        "several masks share a file",
        where=name,
        found=Message("values {values}", values=[annotation.mask_value for annotation in annotations]),
        expected="a mask_value for each, all distinct",
        advice="Give each of them a mask_file of its own",
    )


def _label_map(name: str, annotations: list[MaskAnnotation], masks: Masks) -> NDArray[Any]:
    """Return masks of distinct values as labels; refuse two that claim one voxel."""
    dtype = np.min_scalar_type(max(annotation.mask_value or 0 for annotation in annotations))
    renumbered = _renumbered(annotations, masks, dtype)
    if renumbered is not None:
        return renumbered
    labels_kji = np.zeros(masks[annotations[0].id].grid.shape_kji, dtype)
    for annotation in annotations:
        mask = masks[annotation.id]
        _check_grid(name, mask, masks[annotations[0].id])
        mask_kji = mask.read()
        if mask_kji.dtype.kind == "f":
            raise MaskError(
                "fractions cannot stand in a label map",
                where=name,
                found=annotation.id,
                expected="labels, whole numbers from 0",
                advice="Threshold it first, or give it a mask_file of its own",
            )
        taken = labels_kji[mask_kji]
        if taken.any():
            other = next(each.id for each in annotations if each.mask_value == taken[taken != 0][0])
            raise MaskError(
                "masks of one file overlap",
                where=name,
                found=Message(
                    "{count} voxels of {mask} in others, first in {other}",
                    count=np.count_nonzero(taken),
                    mask=annotation.id,
                    other=other,
                ),
                expected="no voxel in two masks",
                advice="Give each of them a mask_file of its own",
            )
        labels_kji[mask_kji] = annotation.mask_value
    return labels_kji


def _renumbered(annotations: list[MaskAnnotation], masks: Masks, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return the label map at one stroke if all masks are distinct values of one volume, else None."""
    found = [masks[annotation.id] for annotation in annotations]
    stated = [mask.value for mask in found if mask.value is not None]
    if len({id(mask.volume) for mask in found}) > 1 or len(set(stated)) < len(found):
        return None
    labels_kji = found[0].volume.read()
    if labels_kji.dtype.kind != "u" or labels_kji.dtype.itemsize > 2:
        return None
    new = np.zeros(np.iinfo(labels_kji.dtype).max + 1, dtype)
    new[stated] = [annotation.mask_value for annotation in annotations]
    return np.asarray(new[labels_kji])


def _check_grid(name: str, mask: Mask, first: Mask) -> None:
    if compare_grids(mask.grid, first.grid).kind is not GridKind.SAME:
        raise MaskError(
            "masks of one file lie on different grids",
            where=name,
            found=listed([first.id, mask.id]),
            expected="one grid for all masks of a file",
            advice="Give each of them a mask_file of its own",
        )
