"""Mask files: they exist, hold what the case says, and lie where the image lies (A 6.4.1, A 6.5.1, A 8.4 a, A B.2)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError
from annoconv.files.manifest import digest
from annoconv.messages import Message
from annoconv.rules.engine import Breach, Subject, match, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.geometry import Grid, GridRelation
    from annoconv.model import Image, MaskAnnotation
    from annoconv.pixels import Volume
    from annoconv.rules.voxels import VolumeContent

__all__ = ["mask_contents", "relation_of"]

_MOST_VALUES: Final = 10


@rule("A-10.1.5.mask_missing")
def mask_file_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose file is not there."""
    for path, annotation, file in subject.mask_files:
        if file is not None and not file.is_file():
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file})


@rule("A-10.1.5.mask_outside")
def mask_file_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose path leads out of the case's folder, by way of a symbolic link."""
    for path, annotation, file in subject.mask_files:
        if file is None:
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file})


@rule("A-8.4a.mask_grid")
def mask_file_grid(subject: Subject) -> Iterator[Breach]:
    """Yield each mask file that cannot be opened or does not lie on its image's lattice; headers only are read."""
    from annoconv.geometry import GridKind, grid_text
    from annoconv.grids import corner_displacement_mm

    for path, annotation, _ in subject.masks_there:
        image = subject.image_of(annotation)
        if image is None:
            continue
        problem = ""
        relation = relation_of(subject, annotation, image)
        if isinstance(relation, AnnoconvError):
            problem = Message("{error}", error=relation)
        elif relation.kind is GridKind.DIFFERENT:
            grids = {"found": grid_text(relation.moving), "expected": grid_text(relation.fixed)}
            problem = Message("its grid is not on the image's lattice: {found}; the image has {expected}", **grids)
            off = corner_displacement_mm(relation.moving, relation.fixed)
            if off is not None:
                told = Message("a corner lies {off:.4g} mm from that of the image", off=off)
                problem = Message("{problem}; {told}", problem=problem, told=told)
        if problem:
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "problem": problem})


@rule("A-8.4a.mask_steps_otherwise")
def mask_steps_otherwise(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose file states one step for slices that are sheared or uneven, and not their mean."""
    for path, annotation, _ in subject.masks_there:
        image = subject.image_of(annotation)
        if image is None:
            continue
        relation = relation_of(subject, annotation, image)
        if not isinstance(relation, AnnoconvError) and relation.taken_otherwise is not None:
            values = {"mask_file": annotation.mask_file, "problem": relation.taken_otherwise}
            yield Breach((*path, "mask_file"), values)


def relation_of(subject: Subject, annotation: MaskAnnotation, image: Image) -> GridRelation | AnnoconvError:
    """Return where a mask file lies in its image, or why that cannot be told; each file is compared once."""
    from annoconv.pixels import check_frame

    try:
        volume = subject.loaded.masks[annotation.id].volume
    except AnnoconvError as error:
        return error
    key = id(volume), image.uid
    if key not in subject.relations:
        try:
            subject.relations[key] = check_frame(_grid_of(subject, image), volume)
        except AnnoconvError as error:
            subject.relations[key] = error
    return subject.relations[key]


def _grid_of(subject: Subject, image: Image) -> Grid:
    """Return the grid of an image: as the case states it, else as the source does that was given."""
    if image.uid not in subject.grids:
        subject.grids[image.uid] = _read_grid_of(subject, image)
    return subject.grids[image.uid]


def _read_grid_of(subject: Subject, image: Image) -> Grid:
    from annoconv.geometry import Grid

    stated = Grid.from_image(image)
    source = match(subject, image) if stated.lps_from_ijk is None else None
    return stated if source is None or isinstance(source, str) or source.grid.shape != stated.shape else source.grid


def mask_contents(subject: Subject) -> Iterator[tuple[Steps, MaskAnnotation, VolumeContent]]:
    """Yield each mask whose file can be opened, with what its volume holds; each file is read once for all rules."""
    if not subject.contents:
        subject.contents.extend(_contents(subject))
    yield from subject.contents


def _contents(subject: Subject) -> Sequence[tuple[Steps, MaskAnnotation, VolumeContent]]:
    masks = [(path, each, subject.loaded.masks[each.id].volume) for path, each, _ in subject.masks_there]
    sharing: dict[int, list[MaskAnnotation]] = {}
    for _, each, volume in masks:
        sharing.setdefault(id(volume), []).append(each)
    read = {id(volume): volume for _, _, volume in masks}
    found = {key: _content(subject, volume, sharing[key]) for key, volume in read.items()}
    return [(path, each, found[id(volume)]) for path, each, volume in masks]


def _content(subject: Subject, volume: Volume, sharing: list[MaskAnnotation]) -> VolumeContent:
    from annoconv.rules.voxels import read_content

    grids: dict[str, Grid] = {}
    for each in sharing:
        image = subject.image_of(each)
        if image is not None and image.shape is not None:
            with suppress(AnnoconvError):  # told by the rules on the image
                grids[image.uid] = _grid_of(subject, image)
    return read_content(volume, [subject.loaded.masks[each.id] for each in sharing], grids)


@rule("A-6.4.1.mask_damaged")
def mask_file_damaged(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose file can be opened, and not be read."""
    for path, annotation, content in mask_contents(subject):
        if content.error is not None and content.is_opened:
            problem = Message("{error}", error=content.error)
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "problem": problem})


@rule("A-8.4a.mask_beyond_image")
def mask_beyond_image(subject: Subject) -> Iterator[Breach]:
    """Yield each mask on its image's lattice with foreground where the image does not reach."""
    for path, annotation, content in mask_contents(subject):
        image = subject.image_of(annotation)
        error = None if image is None else content.beyond.get(image.uid)
        if error is not None:
            problem = Message("{error}", error=error)
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "problem": problem})


@rule("A-6.4.1.fractional_type")
def fractional_type(subject: Subject) -> Iterator[Breach]:
    """Yield each mask of fractions that does not say what they are, and each of a label map that says so."""
    for path, annotation, content in mask_contents(subject):
        says = annotation.fractional_type is not None
        if content.error is None and (
            (content.is_fractional and not says) or (says and annotation.mask_value is not None)
        ):
            values = {"mask_file": annotation.mask_file, "id": annotation.id}
            yield Breach((*path, "fractional_type") if says else path, values)


@rule("A-10.1.5.mask_digest")
def mask_file_digest(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose file has other bytes than the digest on record was made of."""
    digests: dict[Path, str] = {}
    for path, annotation, file in subject.masks_there:
        if annotation.sha256 is None:
            continue
        if file not in digests:
            with suppress(OSError):  # told by the rules on its content
                digests[file] = digest(file)
        found = digests.get(file, annotation.sha256)
        if found != annotation.sha256:
            values = {"mask_file": annotation.mask_file, "found": found, "expected": annotation.sha256}
            yield Breach((*path, "sha256"), values)


@rule("A-6.4.1.mask_empty")
def mask_empty(subject: Subject) -> Iterator[Breach]:
    """Yield each mask of a file without foreground."""
    for path, annotation, content in mask_contents(subject):
        if content.error is None and annotation.mask_value is None and not content.values:
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "id": annotation.id})


@rule("A-6.4.1.mask_value_absent")
def mask_value_absent(subject: Subject) -> Iterator[Breach]:
    """Yield each mask whose value its label map does not hold."""
    for path, annotation, content in mask_contents(subject):
        value = annotation.mask_value
        if content.error is None and value is not None and value not in content.values:
            yield Breach((*path, "mask_value"), {"mask_file": annotation.mask_file, "value": value})


@rule("A-6.4.1.mask_value_unnamed")
def mask_value_unnamed(subject: Subject) -> Iterator[Breach]:
    """Yield each label map that holds values of no annotation, at the first one that names the file."""
    contents: dict[str, tuple[Steps, VolumeContent]] = {}
    named: dict[str, set[int | None]] = {}
    for path, annotation, content in mask_contents(subject):
        contents.setdefault(annotation.mask_file, (path, content))
        named.setdefault(annotation.mask_file, set()).add(annotation.mask_value)
    for file, (path, content) in contents.items():
        left = sorted(content.values - named[file])
        if left and None not in named[file]:
            shown = ", ".join(map(str, left[:_MOST_VALUES]))
            more = len(left) - _MOST_VALUES
            values = Message("{names} and {count} more", names=shown, count=more) if more > 0 else shown
            yield Breach((*path, "mask_file"), {"mask_file": file, "values": values})


@rule("A-B.2.affine_equals_dicom_origin")
def affine_equals_dicom_origin(subject: Subject) -> Iterator[Breach]:
    """Yield each mask file off its series whose affine (RAS) has the series' origin (LPS) with no sign changed."""
    for path, annotation, _ in subject.masks_there:
        image = subject.image_of(annotation)
        if subject.sources is None or image is None:
            continue
        source = match(subject, image)
        if source is None or isinstance(source, str):
            continue
        try:
            is_copied = _is_copied(subject.loaded.masks[annotation.id].grid, source.grid)
        except AnnoconvError:
            continue  # told by the rules on the mask file and on the image
        if is_copied:
            origin = ", ".join(f"{number:g}" for number in source.grid.origin)
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file, "origin": origin})


def _is_copied(mask: Grid, series: Grid) -> bool:
    from annoconv.geometry import GRID_TOLERANCE_VOXEL, GridKind, compare_grids, ras_from_lps

    if mask.lps_from_ijk is None or series.lps_from_ijk is None or series.frame != "LPS":
        return False
    if compare_grids(mask, series).kind in {GridKind.SAME, GridKind.REINDEXED}:
        return False
    x, y, z = abs(ras_from_lps(mask.lps_from_ijk)[:3, 3] - series.origin)
    tolerance = GRID_TOLERANCE_VOXEL * float(series.spacing.min())
    # An origin on the long axis is the same in both frames, and tells nothing.
    return bool(max(x, y, z) <= tolerance < abs(series.origin[:2]).max())
