"""From measurement reports to cases, with the masks of the segmentations that they refer to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.documents import merging, strict_json
from annoconv.errors import InputError
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.model import Case
from annoconv_converters._dicom.carrier import CARRIER_PLACE
from annoconv_converters._dicom.content import Reference, key_of
from annoconv_converters._dicom.opening import refusing_damage
from annoconv_converters._dicom.series import scan_series
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.block import Block, read_block
from annoconv_converters.dicom_sr.file import SEGMENTATIONS, ReportFile, class_of, open_report
from annoconv_converters.dicom_sr.file_losses import file_losses
from annoconv_converters.dicom_sr.meaning import Meant, groups_of, meaning_of, renamed
from annoconv_converters.dicom_sr.segments import Segmentation, drawn_images, joined_masks, masks_of, read_segmentation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.images import ImageSource
    from annoconv.registry import Context

__all__ = ["read_reports"]

_TASK: Final = "dicom-sr"
"""Task of a case whose file names none, unless the request does."""
_OF_THE_CASE: Final = ("patient_id", "subject", "studies")
_OF_A_MASK: Final = "it is told of a mask, whose segmentation was not given"
_OF_MASKS: Final = (
    "what the private block holds is of a case with masks, whose segmentation was not given; it is left out"
)
_UNFIT: Final = "what the private block holds does not fit the file, which other software has edited; it is left out"


def read_reports(sources: Sequence[Path], *, context: Context, images: Sequence[Path]) -> Iterator[Reading]:
    """Yield a case for each report among files and folders."""
    found = scan_series(images, context.limits, allow_gaps=False) if images else []
    files = image_seam.list_files(sources, context.limits)
    segmentations = [read_segmentation(each, context, images) for each in files if class_of(each) in SEGMENTATIONS]
    reports = [each for each in files if class_of(each) not in SEGMENTATIONS]
    if segmentations and not reports:
        raise InputError(
            "there is no report among the files",
            source=segmentations[0].path,
            found=Message("segmentations only"),
            expected="a structured report of measurements",
            advice="Name the report too; a segmentation alone is read with from-dicom-seg",
        )
    named: set[str] = set()
    used: set[str] = set()
    joined: set[int] = set()
    for case_index, path in enumerate(reports):
        with refusing_damage(path):
            reading, at, refers_to = _reading(path, segmentations, found, context, case_index)
        joined |= at
        named |= refers_to
        used.update(each.uid for each in (reading.case.image, *(reading.case.related_images or ())))
        if case_index == len(reports) - 1:
            more = [*image_seam.unused(found, used, case_index), *_unjoined(segmentations, joined, named, case_index)]
            reading = replace(reading, losses=reading.losses + LossReport(more))
        yield reading
        context.advance(case_index + 1)


def _unjoined(
    segmentations: Sequence[Segmentation], joined: set[int], named: set[str], case_index: int
) -> Iterator[Loss]:
    for at, each in enumerate(segmentations):
        if at in joined:
            continue
        message = Message("no report refers to the segmentation {name}; it is left out", name=each.path.name)
        if each.reference.sop_instance_uid in named:
            message = Message(
                "{name} has no segment of the number and the tracking UID that a group refers to; it is left out",
                name=each.path.name,
            )
        yield Loss(case_index, "/annotations", LossKind.NO_PLACE, message)


def _segmentations_named(file: ReportFile) -> set[str]:
    """Return the instances of the segmentations whose segments the groups of a report refer to."""
    return {
        each.value.sop_instance_uid
        for group in groups_of(file.root)
        for each in group.all(*map(key_of, (codes.SEGMENT, codes.SEGMENT_FRAME)), kind="IMAGE")
        if isinstance(each.value, Reference)
    }


def _reading(
    path: Path,
    segmentations: Sequence[Segmentation],
    found: Sequence[ImageSource],
    context: Context,
    case_index: int,
) -> tuple[Reading, set[int], set[str]]:
    """Return the case of one report, which of the segmentations it is joined with, and which it refers to."""
    file = open_report(path, context.limits)
    block = read_block(file.header, path, context.limits)
    # What was written with a carrier was compared with the built-in labels only.
    labels = Labels.of(label_system=() if block else context.label_system)
    meant = meaning_of(
        file.header,
        file.root,
        labels,
        masks=joined_masks(segmentations),
        zone=None if file.is_own else context.timezone,
        sources={} if file.is_own else {each.uid: each for each in found},
        drawn={} if file.is_own else drawn_images(segmentations),
    )
    refers_to = _segmentations_named(file)
    absent = sorted(refers_to - {each.reference.sop_instance_uid for each in segmentations})
    is_as_written = block is not None and block.digest == file.digest
    restored, losses = _restored(meant, block, case_index, lacks_masks=is_as_written and bool(absent))
    document: dict[str, Any] = restored or {}
    masks = meant.masks
    if restored is not None and block is not None:
        masks = {block.names.get(name, name): one for name, one in masks.items()}
        present = {each["id"] for each in document["annotations"] if each["type"] == "mask"}
        masks = {name: one for name, one in masks.items() if name in present}
    if restored is None:
        document = {"task_id": context.task or _TASK, **meant.document}
        losses += _invented(context, file, meant, case_index)
    losses += [Loss(case_index, place, LossKind.APPROXIMATED, message) for place, message in file.misread]
    case = strict_json.as_model(document, Case, limits=context.limits, source=path)
    if absent or not is_as_written:
        own = case
        if file.is_own:
            own = strict_json.parse(strict_json.dumps({"task_id": _TASK, **meant.document}), Case, source=path)
        losses += file_losses(file, own, meant, segmentations, case_index, absent=frozenset(absent))
    reading = Reading(case, masks_of(masks, segmentations, case), LossReport(losses))
    return reading, {one.key[0] for one in masks.values()}, refers_to


def _restored(
    meant: Meant, block: Block | None, case_index: int, *, lacks_masks: bool
) -> tuple[dict[str, Any] | None, list[Loss]]:
    """Return the case that the private block completes, None if there is none that fits, and what does not fit."""
    if block is None:
        return None, []
    native = {key: value for key, value in meant.document.items() if key not in block.unsaid}
    try:
        merged = merging.merge(
            renamed(native, block.names),
            block.residual,
            block.held,
            case_index=case_index,
            is_told_elsewhere=lambda path: path[0] in _OF_THE_CASE,
        )
        strict_json.as_model(merged.document, Case)
        told = merged.losses
        if lacks_masks:  # nobody edited it
            told = [each._replace(message=Message(_OF_A_MASK)) for each in told]
        return merged.document, told
    except (KeyError, TypeError, ValueError):
        return None, [Loss(case_index, CARRIER_PLACE, LossKind.NO_PLACE, Message(_OF_MASKS if lacks_masks else _UNFIT))]


def _invented(context: Context, file: ReportFile, meant: Meant, case_index: int) -> Iterator[Loss]:
    """Yield what the case states although the file does not."""
    if not context.task:
        message: str = Message("the file names no annotation task; {task} stands for it", task=_TASK)
        yield Loss(case_index, "/task_id", LossKind.ADDED, message)
    if file.is_own:
        return
    image = meant.document["image"]
    if image["modality"] == "OT" and "instances" not in image:
        message = "the report names no image that it is of; its study stands for one"
        yield Loss(case_index, "/image/uid", LossKind.APPROXIMATED, message)
    for place, shown in enumerate(meant.images):
        if shown.drawn is not None:
            where = "/image" if not place else f"/related_images/{place - 1}"
            message = "no source image was given; the grid is that of the segmentation itself"
            yield Loss(case_index, f"{where}/shape", LossKind.APPROXIMATED, message)
    place_of = {each["id"]: place for place, each in enumerate(meant.document["annotations"])}
    for identity, at in meant.without_unit:
        message = "the file states no unit; 1 stands for it"
        path = f"/annotations/{place_of[identity]}/measurements/{at}/unit"
        yield Loss(case_index, path, LossKind.APPROXIMATED, message)
    for place, each in enumerate(meant.document["annotations"]):
        if "slice_index" in each and meant.is_uncertain(each):
            message = "no source image was given; slices are counted in the order in which the report names them"
            yield Loss(case_index, f"/annotations/{place}/slice_index", LossKind.APPROXIMATED, message)
