"""From data sets, folders and files to cases: lazy masks, and what the private side file took along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv import images as image_seam
from annoconv.advice import NOTHING
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.merging import merge
from annoconv.documents.residuals import pointer
from annoconv.errors import AnnoconvError, DocumentError, ImageError, InputError, UsageError
from annoconv.files.inputs import check_source
from annoconv.files.manifest import seal_of, suffix_of
from annoconv.files.names import Within, inside
from annoconv.files.side_files import SideFiles
from annoconv.geometry import Grid, GridKind, apply_relation, matrix_text
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message, listed
from annoconv.model import SCHEMA_VERSION, Case, Metadata
from annoconv.pixels import Masks, check_frame
from annoconv.volumes.nifti_affines import check_orthogonal
from annoconv_converters._volumes.file import LayerVolume, UnionVolume
from annoconv_converters._volumes.image import VolumeImage
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.labels import entry_of
from annoconv_converters._volumes.opening import is_volume, open_volume, stem_of
from annoconv_converters.nifti.case_files import document
from annoconv_converters.nifti.finder import Finder
from annoconv_converters.nifti.layouts import LAYOUTS, recognise
from annoconv_converters.nifti.layouts.indexed import others
from annoconv_converters.nifti.prepared import given_sources
from annoconv_converters.nifti.side_file import ENDING, FOLDER, SideFile, read_side_file, side_of, with_empty_regions
from annoconv_converters.nifti.source_trees import Retold, RetoldRow, file_losses, of_given_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path as FilePath

    from annoconv.documents.residuals import Path
    from annoconv.files.side_files import Side
    from annoconv.images import ImageSource
    from annoconv.model import Label
    from annoconv.pixels import Mask
    from annoconv.registry import Context
    from annoconv.volumes.nifti_affines import Form
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.layouts.base import Layout
    from annoconv_converters.nifti.registrations import Given

__all__ = ["read_cases", "read_images"]

_Rows: TypeAlias = dict[tuple[int, str], RetoldRow]
"""Labels of several cases, each once, by value and name."""
_REMOVE: Final = Message("Write the folder again, or remove its index to read the files by themselves")
_GEOMETRY: Final = frozenset({"shape", "spacing", "origin", "direction"})
_OF_OTHERS: Final = "the side file was written for other files; what it holds is left out"
_UNREAD: Final = "the volume is not read where it is; name it, or its folder, as a source or with --images"
_UNNAMED: Final = "the label table does not name the value {value}; {name} stands for it"
_MOST_NAMED: Final = 10
_RENAMED: Final = "the files of the case were renamed, and their name holds; the one it had before is left out"
_OF_ONE: Final = "it is the side file of one volume, and the folder is read as one case; name that volume itself"
_UNFIT: Final = "what the side file holds does not fit the files, which other software has edited; it is left out"


def read_cases(
    sources: Sequence[FilePath],
    *,
    context: Context,
    images: Sequence[FilePath],
    layout: str,
    form: Form,
    labels: FilePath | None,
    modality: str | None,
    allows_no_place: bool,
    takes_layers: bool,
    allow_gaps: bool,
    registrations: Given,
) -> Iterator[Reading]:
    """Yield the cases of files and folders in their order."""
    masks = {path.resolve() for path in sources if path.is_file()}
    finder = Finder(
        context,
        form=form,
        table=read_table(labels) if labels is not None else {},
        sources=_images_but(masks, images, context, allow_gaps=allow_gaps),
        drawn_on={path.resolve() for path in images if path.is_file()} - masks,
        modality=modality,
        allows_no_place=allows_no_place,
        takes_layers=takes_layers,
    )
    position, sides = 0, SideFiles(context.limits)
    known: _Rows = {}
    for number, source in enumerate(sources, 1):
        check_source(source)
        kind = LAYOUTS[layout] if layout != "auto" else recognise(source)
        if not kind.recognises(source) and not (source.is_file() and kind is LAYOUTS["flat"]):
            raise UsageError(
                Message("this is not laid out as {name}", name=kind.name),
                source=source,
                found=Message("a file") if source.is_file() else Message("a folder of other files"),
                expected=Message("the folder of the whole data set"),
                advice="Name that folder, or leave --layout out",
            )
        rows: _Rows = {}
        used: set[FilePath] = set()
        near = replace(finder, within=Within(source if source.is_dir() else source.parent))
        for found, is_last in _with_last(kind.find(source, near)):
            side = side_of(found, sides)
            reading, told = _reading(found, side, near, position, registrations, source)
            # What a data set, or the table of all of them, says is lost only if none of its cases says it.
            if found.shared:
                rows |= _rows(told)
            if labels is not None:
                known |= _rows(told)
            losses = reading.losses
            used |= {*filter(None, [side.path]), *(file.path for file in found.files), *found.unread()}
            if is_last and source.is_dir():
                losses += _of_single_volumes(source, used, sides, position)
            if found.shared and is_last:
                losses += _left_over(source, used, near, kind, sides, position)
                losses += file_losses(found.shared, replace(told, rows=list(rows.values())), source, position)
            finder.used.update(each.uid for each in (reading.case.image, *(reading.case.related_images or ())))
            if is_last and number == len(sources):
                losses += image_seam.unused(finder.sources, finder.used, position)
            if labels is not None and is_last and number == len(sources):
                table = of_given_table(labels, replace(told, rows=list(known.values())))
                losses += file_losses([table], told, source, position)
            yield replace(reading, losses=losses)
            position += 1
            context.advance(position)


def _images_but(
    masks: set[FilePath], images: Sequence[FilePath], context: Context, *, allow_gaps: bool
) -> list[ImageSource]:
    """Return the images that were named, but for files that are sources of masks; ImageError if no other is there."""
    if not images:
        return []
    every = given_sources(images, context.limits, allow_gaps=allow_gaps)
    found = [each for each in every if each.path.resolve() not in masks]
    if not found:
        problem, advice = "no image is here but the sources themselves", "Name the image that the masks were drawn on"
        where, expected = listed(images, _MOST_NAMED), "an image beside the masks"
        raise ImageError(problem, source=where, found=NOTHING, expected=expected, advice=advice)
    return found


def _rows(told: Retold) -> _Rows:
    return {(row.entry.value, row.entry.name): row for row in told.rows}


def _with_last(every: Iterator[CaseFiles]) -> Iterator[tuple[CaseFiles, bool]]:
    """Yield the cases of a source, each with whether it is the last."""
    last = next(every, None)
    if last is None:
        return
    for following in every:
        yield last, False
        last = following
    yield last, True


def read_images(
    sources: Sequence[FilePath], *, context: Context, form: Form, modality: str | None, registrations: Given
) -> Iterator[Reading]:
    """Yield a case without annotations for each image file, and for each image in a folder."""
    for position, path in enumerate(path for path in image_seam.list_files(sources, context.limits) if is_volume(path)):
        image = VolumeImage(path, context.limits, form=form, modality=modality)
        image.read()  # a damaged file is refused, not described
        case = Case(
            schema_version=SCHEMA_VERSION,
            task_id=context.task or "nifti",
            case_id=stem_of(path.name),
            image=image.describe(),
            annotations=[],
            metadata=Metadata(),
        )
        case = Case.model_validate(registrations.added_to(strict_json.plain(case)))
        losses = [] if image.modality != "OT" else [_modality_loss(position)]
        source = next(each for each in sources if path == each or path.is_relative_to(each))
        files = Finder(context, form=form).image_files(open_volume(path, context.limits, form))
        losses += file_losses(files, Retold(case, []), source, position)
        yield Reading(case, Masks(), LossReport(losses), fields=registrations.fields)
        context.advance(position + 1)


def _reading(
    found: CaseFiles, beside: Side, finder: Finder, position: int, registrations: Given, source: FilePath
) -> tuple[Reading, Retold]:
    context = finder.context
    side = read_side_file(beside.path, context.limits)
    unfit = beside.losses(position)
    try:
        merged = None if side is None else _merged(found, side, finder, position)
        if isinstance(merged, str):
            unfit = [Loss(position, f"/{(beside.path or found.carrier).name}", LossKind.NO_PLACE, merged)]
            side = merged = None
        if merged is None:
            complete, masks = document(found, finder.labels, task=context.task)
        else:
            found, complete, masks, unfit = merged
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, AnnoconvError):
            raise
        problem, expected = "what the index tells of the files is damaged", "an index as annoconv wrote it"
        told = f"{type(error).__name__}: {error}"[:100]
        raise DocumentError(problem, source=found.source, found=told, expected=expected, advice=_REMOVE) from error
    fields = {**found.fields, **registrations.fields}
    if side is not None:
        fields |= _carried_fields(side, beside.path or found.carrier)
    complete = registrations.added_to(complete)
    try:
        case = strict_json.as_model(complete, Case, limits=context.limits, source=found.source)
    except DocumentError as error:
        raise DocumentError("the files do not make a case", findings=error.findings, source=found.source) from error
    _check_sheared(case, found)
    retold = _retell(found, case, masks, context.label_system)
    losses = unfit + ([] if side is not None else list(_assumed(found, finder, position)))
    losses += [*_places(case, masks, found, position), *_notes(found, position)]
    losses += file_losses(found.files, retold, source, position)
    losses += _unread(found, source, position)
    made = found.made_ids(masks if side is None else ())
    return Reading(case, Masks(masks), LossReport(losses), fields=fields, made_ids=made), retold


def _merged(
    found: CaseFiles, side: SideFile, finder: Finder, position: int
) -> tuple[CaseFiles, dict[str, Any], list[Mask], list[Loss]] | str:
    """Return files, their case as the side file completes it, its masks, and what does not fit; or why nothing fits."""
    found = side.labelled(found)
    present = {region.key for region in found.regions}
    if set(side.empty) - present:
        found = side.labelled(with_empty_regions(found, side.empty, finder))
    native, masks = document(found, Labels.of(), task=finder.context.task)
    ids = side.ids(found.regions, [each["label_code"] for each in native["annotations"]])
    drawn, known = present - {*side.empty}, {*side.regions} - {*side.empty}
    if side.shape != native["image"].get("shape") or (drawn and known and not drawn & ids.keys()):
        return Message(_OF_OTHERS)
    native, masks = document(side.categorised(found, ids), Labels.of(), task=finder.context.task, ids=ids)

    def is_told_elsewhere(path: Path) -> bool:
        if path[:1] in {("image",), ("related_images",)}:
            return bool(finder.sources) or not _GEOMETRY.intersection(path)
        return path[:1] == ("task_id",) or path[-1:] == ("mask_file",)

    try:
        merged = merge(native, side.residual, side.held, case_index=position, is_told_elsewhere=is_told_elsewhere)
        strict_json.as_model(merged.document, Case)
    except (KeyError, TypeError, ValueError):
        return Message(_UNFIT)
    is_named = found.carrier.parent.name == FOLDER  # the files of a data set name its cases
    renamed = {"/case_id": Message(_RENAMED)} if is_named else {}
    losses = [loss._replace(message=renamed.get(loss.path, loss.message)) for loss in merged.losses]
    return found, merged.document, masks, losses


def _retell(found: CaseFiles, case: Case, masks: Sequence[Mask], label_system: Sequence[Label]) -> Retold:
    """Return a case with what stands for each of its masks in the files that it was read from."""
    labels, systems = Labels.of(case, label_system), Labels.of(label_system=label_system)
    annotations = {each.id: each for each in case.annotations}
    rows: list[RetoldRow] = []
    for region, mask in zip(found.regions, masks, strict=True):
        annotation, volume = annotations[mask.id], region.volume
        values: tuple[int, ...] = () if region.value is None else (region.value,)
        if isinstance(volume, UnionVolume):
            values, volume = volume.labels, volume.source
        layer = volume.layer if isinstance(volume, LayerVolume) else 0
        code = annotation.label_code
        defined = [label for label in (labels.get(code), systems.get(code)) if label is not None]
        names = {code, *(name for label in defined for name in (label.name_en, label.name_zh))} - {None}
        entry = entry_of(min(values, default=1), code, annotation.category, labels)
        rows.append(RetoldRow(volume.path, layer, values, entry, frozenset(map(str, names)), mask.id))
    return Retold(case, rows)


def _carried_fields(side: SideFile, place: FilePath) -> dict[str, FilePath]:
    """Return the displacement fields that the side file took along; DocumentError if one is not beside it."""
    found: dict[str, FilePath] = {}
    for identity, name in side.fields.items():
        path = inside(place.parent, name)
        if path is None or not path.is_file():
            problem, expected = "a displacement field is not beside the side file", Message("a file in its folder")
            advice = "Copy the field beside the side file again"
            raise DocumentError(problem, source=place, where="fields", found=name, expected=expected, advice=advice)
        found[identity] = path
    return found


def _assumed(found: CaseFiles, finder: Finder, position: int) -> Iterator[Loss]:
    """Yield what the case states although the files do not."""
    if not finder.context.task and "task_id" not in found.told:
        message = "the files name no annotation task; nifti stands for it"
        yield Loss(position, "/task_id", LossKind.ADDED, message)
    for number, region in enumerate(found.regions):
        if region.is_beyond_table:
            message = Message(_UNNAMED, value=region.value, name=region.entry.name)
            yield Loss(position, f"/annotations/{number}/label_code", LossKind.APPROXIMATED, message)
    modality = found.images[0].modality
    if modality == "OT" != finder.modality:
        yield _modality_loss(position)
    elif finder.modality not in {None, modality}:
        message = Message(
            "the image itself says {found}; --modality {asked} holds where nothing tells it",
            found=modality,
            asked=finder.modality,
        )
        yield Loss(position, "/image/modality", LossKind.APPROXIMATED, message)


def _notes(found: CaseFiles, position: int) -> Iterator[Loss]:
    """Yield what was unusual about the images that were given: identifiers that they lack, files that were not read."""
    for number, image in enumerate(found.images):
        path = "/image" if number == 0 else pointer(("related_images", number - 1))
        for note in image.notes:
            yield Loss(position, path, LossKind.APPROXIMATED, note)


def _unread(found: CaseFiles, source: FilePath, position: int) -> Iterator[Loss]:
    """Yield the volumes in the folder that the layout does not read."""
    for path in found.unread():
        yield Loss(position, _place(path, source), LossKind.NO_PLACE, Message(_UNREAD))


def _of_single_volumes(folder: FilePath, used: set[FilePath], sides: SideFiles, position: int) -> Iterator[Loss]:
    """Yield the side files that stand beside volumes of a folder, which were written one by one."""
    for place in sorted({folder, *(path.parent for path in used if is_volume(path))}):
        for path in sides.within(place):
            seal = seal_of(path)
            if seal is not None and is_volume(path.with_name(f"x{suffix_of(seal.of)}")):
                yield Loss(position, _place(path, folder), LossKind.NO_PLACE, _OF_ONE)


def _left_over(
    folder: FilePath, used: set[FilePath], finder: Finder, kind: type[Layout], sides: SideFiles, position: int
) -> Iterator[Loss]:
    """Yield the side files in a data set that belong to none of its cases, and the volumes that are no part of it."""
    for path in sides.within(folder / FOLDER, ENDING):
        if path not in used:
            yield Loss(position, _place(path, folder), LossKind.NO_PLACE, _OF_OTHERS)
    for path in others(folder, used, finder) if kind.is_closed else ():
        yield Loss(position, _place(path, folder), LossKind.NO_PLACE, _UNREAD)


def _place(path: FilePath, folder: FilePath) -> str:
    return pointer((path.relative_to(folder).as_posix(),))


def _modality_loss(position: int) -> Loss:
    message = "nothing tells the modality; OT stands for it, --modality names it"
    return Loss(position, "/image/modality", LossKind.APPROXIMATED, message)


def _check_sheared(case: Case, found: CaseFiles) -> None:
    """Refuse images whose axes are sheared, unless instances say where their slices lie (gantry tilt)."""
    for image, files in zip((case.image, *(case.related_images or ())), found.images, strict=False):
        placed = [each.image_position_patient for each in image.instances or ()]
        if not placed or None in placed:
            volumes = (region.volume for region in found.regions if region.volume.grid.lps_from_ijk is not None)
            sheared = (each.path for each in volumes if not each.grid.is_upright)
            check_orthogonal(files.grid, next(sheared, None) or found.source)


def _places(case: Case, masks: Sequence[Mask], found: CaseFiles, position: int) -> Iterator[Loss]:
    """Refuse masks that do not lie on their image's lattice, or have foreground beyond it; with the likely cause.

    Yield those whose slices are the image's by their order, and lie otherwise than their file says.
    """
    images = {image.uid: image for image in (case.image, *(case.related_images or ()))}
    uids = {annotation.id: annotation.image_uid or case.image.uid for annotation in case.annotations}
    numbers = {annotation.id: number for number, annotation in enumerate(case.annotations)}
    within: set[int] = set()
    for mask in masks:
        image = images.get(uids.get(mask.id, case.image.uid))
        if image is None or (grid := Grid.from_image(image)).lps_from_ijk is None:
            continue
        relation = check_frame(image, mask.volume)
        if relation.kind is GridKind.DIFFERENT:
            raise InputError(
                "a mask does not lie on its image's grid",
                source=mask.volume.path or found.source,
                where=mask.id,
                found=_grid_text(mask.grid),
                expected=Message("that of the image {uid}, {grid}", uid=image.uid, grid=_grid_text(grid)),
                advice="Resample the mask onto the image, or name the image that it was drawn on with --images",
            )
        if relation.kind is GridKind.SUB and id(mask.volume) not in within:
            apply_relation(mask.volume.read(), relation, mask.volume.path or found.source, mask.id)
            within.add(id(mask.volume))
        if relation.taken_otherwise is not None:
            path = pointer(("annotations", numbers[mask.id], "mask_file"))
            yield Loss(position, path, LossKind.APPROXIMATED, relation.taken_otherwise)


def _grid_text(grid: Grid) -> Message:
    shape = " x ".join(map(str, grid.shape))
    return Message("{shape} voxels, in LPS {matrix}", shape=shape, matrix=matrix_text(grid.affine))
