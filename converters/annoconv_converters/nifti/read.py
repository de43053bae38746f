"""From data sets, folders and files to cases: lazy masks, and what the private side file took along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annoconv import images as image_seam
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.documents import residuals, strict_json
from annoconv.documents.residuals import Residual
from annoconv.errors import AnnoconvError, DocumentError, InputError, UsageError
from annoconv.files.atomic import note_inputs
from annoconv.files.disk import is_file
from annoconv.files.names import Within, check_inside, inside
from annoconv.geometry import Grid, GridKind
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.model import SCHEMA_VERSION, Case, Metadata
from annoconv.pixels import Masks, check_frame
from annoconv_converters._volumes.file import LayerVolume, UnionVolume
from annoconv_converters._volumes.image import VolumeImage
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.labels import entry_of
from annoconv_converters._volumes.opening import is_volume, open_volume, stem_of
from annoconv_converters.nifti.case_files import document
from annoconv_converters.nifti.finder import Finder
from annoconv_converters.nifti.layouts import LAYOUTS, recognise
from annoconv_converters.nifti.source_trees import Retold, RetoldRow, file_losses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.model import Label
    from annoconv.pixels import Mask
    from annoconv.registry import Context
    from annoconv.volumes.nifti_affines import Form
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.registrations import Given

__all__ = ["read_cases", "read_images"]


def read_cases(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Sequence[Path],
    layout: str,
    form: Form,
    labels: Path | None,
    modality: str | None,
    allows_no_place: bool,
    registrations: Given,
) -> Iterator[Reading]:
    """Yield the cases of files and folders in their order."""
    finder = Finder(
        context,
        form=form,
        table=read_table(labels) if labels is not None else {},
        sources=image_seam.scan(images, context.limits) if images else [],
        modality=modality,
        allows_no_place=allows_no_place,
    )
    position = 0
    for source in sources:
        if not source.exists():
            raise InputError("there is no such file or folder", source=source)
        kind = LAYOUTS[layout] if layout != "auto" else recognise(source)
        if not kind.recognises(source) and not source.is_file():
            raise UsageError(Message("this is not laid out as {name}", name=kind.name), source=source)
        rows: dict[tuple[int, str], RetoldRow] = {}
        near = replace(finder, within=Within(source if source.is_dir() else source.parent))
        for found, is_last in _with_last(kind.find(source, near)):
            reading, told = _reading(found, near, position, registrations, source)
            if found.shared:  # what a data set says is lost only if none of its cases says it
                rows |= {(row.entry.value, row.entry.name): row for row in told.rows}
            if found.shared and is_last:
                told = replace(told, rows=list(rows.values()))
                losses = reading.losses + file_losses(found.shared, told, source, position)
                reading = replace(reading, losses=losses)
            yield reading
            position += 1
            context.advance(position)


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
    sources: Sequence[Path], *, context: Context, form: Form, modality: str | None, registrations: Given
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
    found: CaseFiles, finder: Finder, position: int, registrations: Given, source: Path
) -> tuple[Reading, Retold]:
    context = finder.context
    told = _carried(found, finder)
    # What was written with a side file was compared with the built-in labels only.
    labels = finder.labels if told is None else Labels.of()
    try:
        native, masks = document(found, labels, task=context.task, ids=told["ids"] if told else None)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, AnnoconvError):
            raise
        raise DocumentError("what the index tells of the files is damaged", source=found.source) from error
    restored = None if told is None else _restored(native, told)
    fields = {**found.fields, **registrations.fields}
    if restored is not None and told is not None:
        fields |= _carried_fields(told, found.carrier)
    complete = registrations.added_to(native if restored is None else restored)
    try:
        case = strict_json.as_model(complete, Case, limits=context.limits, source=found.source)
    except DocumentError as error:
        raise DocumentError("the files do not make a case", findings=error.findings, source=found.source) from error
    _check_places(case, masks, found)
    retold = _retell(found, case, masks, context.label_system)
    losses = [] if restored is not None else list(_assumed(found, finder, position))
    losses += file_losses(found.files, retold, source, position)
    return Reading(case, Masks(masks), LossReport(losses), fields=fields), retold


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


def _carried_fields(told: dict[str, Any], side: Path) -> dict[str, Path]:
    """Return the displacement fields that the side file took along; DocumentError if one is not beside it."""
    found: dict[str, Path] = {}
    for identity, place in told.get("fields", {}).items():
        path = inside(side.parent, place)
        if path is None or not path.is_file():
            raise DocumentError("a displacement field is not beside the side file", source=side, where="fields")
        found[identity] = path
    return found


def _carried(found: CaseFiles, finder: Finder) -> dict[str, Any] | None:
    """Return the private side file; None if there is none, DocumentError if it is damaged."""
    if not is_file(found.carrier):
        return None
    note_inputs([check_inside(found.carrier.parent, found.carrier)])
    limits = finder.context.limits
    told = strict_json.loads(
        strict_json.read_bytes(found.carrier, limits), limits=limits, source=found.carrier, exact=True
    )
    named = (told.get("ids"), told.get("fields", {})) if isinstance(told, dict) else ()
    are_texts = all(isinstance(each, dict) and all(isinstance(x, str) for x in each.values()) for each in named)
    if not named or not are_texts or "residual" not in told:
        raise DocumentError("the side file is damaged", source=found.carrier)
    return dict(told)


def _restored(native: dict[str, Any], told: dict[str, Any]) -> dict[str, Any] | None:
    """Return the case that the side file completes; None if it does not fit the files any more."""
    try:
        restored = residuals.restore(native, Residual.from_json(told["residual"]))
        case = strict_json.as_model(restored, Case)
    except (KeyError, TypeError, ValueError):
        return None
    ids = {annotation.id for annotation in case.annotations if annotation.type == "mask"}
    return restored if ids == {each["id"] for each in native["annotations"]} else None


def _assumed(found: CaseFiles, finder: Finder, position: int) -> Iterator[Loss]:
    """Yield what the case states although the files do not."""
    if not finder.context.task and "task_id" not in found.told:
        message = "the files name no annotation task; nifti stands for it"
        yield Loss(position, "/task_id", LossKind.APPROXIMATED, message)
    if found.images[0].modality == "OT" and finder.modality is None:
        yield _modality_loss(position)


def _modality_loss(position: int) -> Loss:
    message = "nothing tells the modality; OT stands for it, --modality names it"
    return Loss(position, "/image/modality", LossKind.APPROXIMATED, message)


def _check_places(case: Case, masks: Sequence[Mask], found: CaseFiles) -> None:
    """Refuse masks that do not lie on their image's lattice, with the explanation where frames were mixed up."""
    images = {image.uid: image for image in (case.image, *(case.related_images or ()))}
    uids = {annotation.id: annotation.image_uid or case.image.uid for annotation in case.annotations}
    for mask in masks:
        image = images.get(uids.get(mask.id, case.image.uid))
        if image is None or Grid.from_image(image).lps_from_ijk is None:
            continue
        if check_frame(image, mask.volume).kind is GridKind.DIFFERENT:
            raise InputError(
                "a mask does not lie on its image's grid",
                source=mask.volume.path or found.source,
                expected=Message("the grid of the image {uid}", uid=image.uid),
                advice="Resample the mask onto the image, or name the image that it was drawn on with --images",
            )
