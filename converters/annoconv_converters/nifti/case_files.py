"""A case as files hold it, and the case document that it stands for by itself: one mapping, for reader and writer.

Its result is *native*: it rests on what any program could see in the files. The writer compares it with the case that
it wrote; what is missing is the loss report (`annoconv.documents.residuals`). `docs/formats/nifti.md` has the
same in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import category_of
from annoconv.documents import strict_json
from annoconv.geometry import describe_grid
from annoconv.ids import safe_name
from annoconv.model import SCHEMA_VERSION, AnnotationCategory, Modality
from annoconv.pixels import Mask
from annoconv_converters._volumes.file import UnionVolume
from annoconv_converters._volumes.labels import Entry, named, told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.codes import Labels
    from annoconv.geometry import Grid
    from annoconv.model import Label
    from annoconv.pixels import Volume
    from annoconv_converters.nifti.source_trees import SourceFile

__all__ = ["SAID_OF_MASKS", "CaseFiles", "ImageFiles", "Region", "document", "identities"]

SAID_OF_MASKS: Final = ("tracking_uid", "tracking_id", "finding_site", "algorithm_type", "fractional_type")
"""Fields of masks that the index of the plain layout holds."""
_TASK: Final = "nifti"
"""Task of a case whose files name none, unless the request does."""


@dataclass(frozen=True)
class ImageFiles:
    """One image as the files tell it.

    Attributes
    ----------
    uid
        Its UID, or the name of its files.
    modality
        In DICOM's terms; `OT` if nothing tells it.
    grid
        Of its own file, else of a mask on it.
    told
        Further fields of the model's image, as JSON values.
    notes
        What was unusual about the source image that was given for it.
    """

    uid: str
    modality: str
    grid: Grid
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: Sequence[str] = ()

    def document(self, *, is_exact: bool) -> dict[str, Any]:
        """Return the model's image; geometry of float64 is not rounded, unless its slices are sheared.

        Those have their places from the instances that the source image or the side file tells.
        """
        modality = self.modality if self.modality in list(Modality) else Modality.OT.value
        return {"uid": self.uid, "modality": modality, **_geometry(self.grid, is_exact=is_exact), **self.told}


@dataclass(frozen=True)
class Region:
    """One annotation's voxels as the files tell them.

    Attributes
    ----------
    key
        What identifies it among the case's regions in its layout: a file, a value, a label's name.
    volume
        Where its voxels are.
    value
        Its label there; None for every voxel that is not 0, or fractions.
    mask_file
        Path in the case document, relative to it.
    entry
        Its row in the label table.
    told
        Fields of the annotation that the layout itself holds: `id`, `label_code`, `category`, `image_uid`,
        `assertion`, and `SAID_OF_MASKS`.
    is_beyond_table
        Whether there is a label table, and no row of it is of this value.
    """

    key: str
    volume: Volume
    value: int | None
    mask_file: str
    entry: Entry
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_beyond_table: bool = False

    @property
    def labels(self) -> tuple[int, ...]:
        """Its labels in its volume; none if every voxel that is not 0 is of it."""
        if isinstance(self.volume, UnionVolume):
            return self.volume.labels
        return () if self.value is None else (self.value,)


@dataclass(frozen=True)
class CaseFiles:
    """One case as the files tell it.

    Attributes
    ----------
    name
        What its files are named after.
    source
        File or folder that errors name.
    carrier
        Where our private side file stands, if there is one.
    images
        The primary image first.
    regions
        In the order of the annotations.
    told
        Further fields of the case: `case_id`, `task_id`, `patient_id`, `subject`, `labels`, `registrations`.
    fields
        Files of displacement fields by registration id.
    is_exact
        Whether the geometry comes from float64 and is not rounded.
    unused
        Rows of its own label table whose value no voxel has.
    absent
        Regions of what its data set tells of and no voxel of the case is; one may have been a mask without a voxel.
    files
        What it was read from.
    shared
        Files that it shares with other cases of its data set.
    unread
        Returns the volumes in its folder that it was not read from.
    """

    name: str
    source: Path
    carrier: Path
    images: Sequence[ImageFiles]
    regions: Sequence[Region]
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fields: Mapping[str, Path] = field(default_factory=dict[str, "Path"])
    is_exact: bool = False
    unused: Sequence[Entry] = ()
    absent: Sequence[Region] = ()
    files: Sequence[SourceFile] = ()
    shared: Sequence[SourceFile] = ()
    unread: Callable[[], Iterable[Path]] = tuple

    def made_ids(self, masks: Iterable[Mask]) -> frozenset[str]:
        """Return the ids of masks, in the order of the regions, that no file states."""
        return frozenset(mask.id for region, mask in zip(self.regions, masks, strict=False) if "id" not in region.told)


def document(
    found: CaseFiles, labels: Labels, *, task: str | None = None, ids: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Mask]]:
    """Return the case document that files stand for, and its masks in the order of the annotations.

    Parameters
    ----------
    found
        What the files tell.
    labels
        Label systems in which names and concepts are looked up.
    task
        Task where the files name none.
    ids
        Annotation ids by region key, from the private side file.
    """
    primary = found.images[0]
    defined = {label["code"]: label for label in found.told.get("labels", [])}
    annotations: list[dict[str, Any]] = []
    masks: list[Mask] = []
    coded = list(_labels(found.regions, labels))
    names = identities(found, [code for code, _, _ in coded], ids or {})
    for region, identity, (code, category, definition) in zip(found.regions, names, coded, strict=True):
        if definition is not None:
            defined.setdefault(code, definition)
        annotation: dict[str, Any] = {
            "id": identity,
            "category": category.value,
            "label_code": code,
            "type": "mask",
            "mask_file": region.mask_file or f"masks/{safe_name(identity)}.nii.gz",
        }
        if region.value is not None and (region.mask_file or region.value != 1):  # 1 needs no word in a file of its own
            annotation["mask_value"] = region.value
        annotation |= {key: region.told[key] for key in ("assertion", *SAID_OF_MASKS) if key in region.told}
        uid = region.told.get("image_uid")
        annotations.append(annotation | ({"image_uid": uid} if uid and uid != primary.uid else {}))
        masks.append(Mask(identity, region.volume, region.value))
    used = {each["label_code"] for each in annotations}
    for label in labels.of_names([(named(entry), told_of(entry)) for entry in found.unused]):
        if label.code not in used:  # a rule finds it by its name
            told = strict_json.plain(label.known) if label.known else {"code": label.code, "name_en": label.code}
            defined.setdefault(label.code, label.definition or told)
    native: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "task_id": found.told.get("task_id") or task or _TASK,
        "image": primary.document(is_exact=found.is_exact),
        "annotations": annotations,
        "metadata": {},
    }
    native |= {key: found.told[key] for key in ("case_id", "patient_id", "subject") if found.told.get(key)}
    if len(found.images) > 1:
        native["related_images"] = [image.document(is_exact=found.is_exact) for image in found.images[1:]]
    if defined:
        native["labels"] = [strict_json.plain(label) for label in defined.values()]
    if found.told.get("registrations"):
        native["registrations"] = found.told["registrations"]
    return native, masks


def identities(found: CaseFiles, codes: Sequence[str], ids: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Yield the annotation id of each region: from the side file, else as the layout tells it, else by its label code.

    Parameters
    ----------
    found
        What the files tell.
    codes
        Label codes of its regions.
    ids
        Annotation ids by region key, from the private side file.
    """
    taken = {image.uid for image in found.images}
    for region, code in zip(found.regions, codes, strict=False):
        identity = ids.get(region.key) or _unused(str(region.told.get("id") or code), taken)
        taken.add(identity)
        yield identity


def _labels(
    regions: Sequence[Region], labels: Labels
) -> Iterator[tuple[str, AnnotationCategory, dict[str, Any] | None]]:
    """Yield code, category and definition of each region's label: as the layout tells them, else by its row's name."""
    unlabelled = [region.entry for region in regions if not _is_labelled(region)]
    found = iter(labels.of_names([(named(entry), told_of(entry)) for entry in unlabelled]))
    for region in regions:
        if _is_labelled(region):
            yield str(region.told["label_code"]), AnnotationCategory(region.told["category"]), None
        else:
            label = next(found)
            yield label.code, _category(region, label.known), label.definition


def _is_labelled(region: Region) -> bool:
    return bool(region.told.get("label_code") and region.told.get("category"))


def _category(region: Region, known: Label | None) -> AnnotationCategory:
    if known is not None and known.category is not None:
        return known.category
    told = region.entry.terms.category
    return AnnotationCategory(region.told.get("category", "other")) if told is None else category_of(told)


def _unused(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _geometry(grid: Grid, *, is_exact: bool) -> dict[str, Any]:
    if grid.lps_from_ijk is None or not is_exact or not grid.is_upright:
        return describe_grid(grid)
    lengths = {name: _decimals(getattr(grid, name)) for name in ("spacing", "origin")}
    direction = (grid.direction + 0.0).tolist()
    return {"shape": list(grid.shape), **lengths, "direction": direction, "coordinate_frame": grid.frame}


def _decimals(lengths: NDArray[np.float64]) -> list[float]:
    """Return lengths to 15 digits, which every decimal survives: 0.7, not what is left of it by arithmetic."""
    return [float(f"{length:.15g}") + 0.0 for length in lengths.tolist()]
