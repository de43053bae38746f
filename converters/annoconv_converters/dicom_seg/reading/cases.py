"""From segmentation files to cases: lazy masks on the source's grid, and what the private carrier took along."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.documents import merging, strict_json
from annoconv.errors import GeometryError
from annoconv.geometry import Grid, GridKind, compare_grids
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.model import Case
from annoconv.pixels import Mask, Masks
from annoconv_converters._dicom.carrier import CARRIER_PLACE
from annoconv_converters._dicom.equipment import is_own
from annoconv_converters._dicom.opening import refusing_damage
from annoconv_converters._dicom.series import scan_series
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_seg.block import Block, meaning, read_block, said_digest
from annoconv_converters.dicom_seg.frame_grid import FrameGrid, find_frame_grid, relation_to, source_series
from annoconv_converters.dicom_seg.kinds import Kind
from annoconv_converters.dicom_seg.mapping import LABEL_MAP_FILE, annotation_ids, made_ids, merge, native_document
from annoconv_converters.dicom_seg.reading.file import SegmentationFile, open_segmentation
from annoconv_converters.dicom_seg.reading.losses import file_losses
from annoconv_converters.dicom_seg.reading.source import Origin, find_origin, spacing_losses
from annoconv_converters.dicom_seg.reading.volumes import LabelVolume, SegmentVolume, check_size, fractional_segments
from annoconv_converters.dicom_seg.subject import INSTANCES, OF_THE_CASE, is_placed, without
from annoconv_converters.dicom_seg.writing.header import ANEW

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.images import ImageSource
    from annoconv.registry import Context

__all__ = ["read_segmentations"]

_TASK: Final = "dicom-seg"
"""Task of a case whose file names none, unless the request does."""
_INCOMPLETE: Final = (
    "the case was written to {count} files that are not all given; what the private block holds is left out"
)
_OF_ANOTHER: Final = "the private block was written for another image; what it holds is left out"
_UNFIT: Final = "what the private block holds does not fit the file, which other software has edited; it is left out"

_NOW_FRACTIONS: Final = "other software has edited the mask to fractions; they are a file of their own"
_FRACTIONS_OF: Final = "the mask holds fractions, and the case did not say of what; it is what the file says"


@dataclass(eq=False)
class _Part:
    """One file, and what it says by itself."""

    file: SegmentationFile
    block: Block | None
    context: Context

    @cached_property
    def frame_grid(self) -> FrameGrid:
        frame_grid = find_frame_grid(self.file.header, self.file.table, self.file.path, self.context.limits)
        check_size(frame_grid, self.context.limits, self.file.path)
        return frame_grid

    @cached_property
    def native(self) -> dict[str, Any]:
        # What was written with a carrier was compared with the built-in labels only.
        labels = Labels.of(label_system=() if self.block else self.context.label_system)
        described = self.file.segments
        meanings = self.block.meanings if self.block else {}
        # What others labelled anew is still described by the label code that we wrote there.
        segments = [
            replace(segment, description=None)
            if meanings.get(identity, meaning(segment)) != meaning(segment)
            else segment
            for identity, segment in zip(annotation_ids(described), described, strict=True)
        ]
        header = self.file.header
        document = native_document(
            header,
            self.file.table,
            self.frame_grid,
            labels,
            segments,
            zone=None if is_own(header) else self.context.timezone,
        )
        if self.block is not None:
            return without(document, self.block.unsaid)
        return without(document, (INSTANCES,)) if is_own(header) else document

    @cached_property
    def own_case(self) -> Case:
        """The case that the file stands for by itself."""
        return strict_json.parse(strict_json.dumps({"task_id": _TASK, **self.native}), Case, source=self.file.path)

    def masks(self, grid: Grid, whole_masks: Container[str], *, is_map: bool) -> Iterator[Mask]:
        """Yield the mask of each segment on a grid; as values of one volume if they are a label map.

        Fractions of annotations that are `whole_masks` are no fractions.
        """
        segments = self.file.segments
        limits = self.context.limits
        is_map = is_map or self.file.kind is Kind.LABELMAP
        whole = LabelVolume(self.file, self.frame_grid, grid, limits=limits) if is_map else None
        for annotation_id, segment in zip(annotation_ids(segments), segments, strict=True):
            if whole is not None:
                yield Mask(annotation_id, whole, segment.number)
            else:
                is_mask = annotation_id in whole_masks
                own = SegmentVolume(self.file, self.frame_grid, grid, segment.number, is_mask, limits=limits)
                yield Mask(annotation_id, own)


def read_segmentations(
    sources: Sequence[Path], *, context: Context, images: Sequence[Path], label_map: bool, allow_gaps: bool
) -> Iterator[Reading]:
    """Yield a case for each segmentation, or for the several files that were written from one case."""
    found = scan_series(images, context.limits, allow_gaps=allow_gaps) if images else []
    groups = _together([_open(path, context) for path in image_seam.list_files(sources, context.limits)])
    case_index = 0
    used: set[str] = set()
    while groups:
        parts = groups.pop(0)
        with refusing_damage(parts[0].file.path):
            reading = _reading(parts, found, context, case_index, is_map=label_map)
        del parts
        used.update(each.uid for each in (reading.case.image, *(reading.case.related_images or ())))
        if not groups:
            reading = replace(reading, losses=reading.losses + image_seam.unused(found, used, case_index))
        yield reading
        case_index += 1
        context.advance(case_index)


def _open(path: Path, context: Context) -> _Part:
    file = open_segmentation(path, context.limits)
    with refusing_damage(path):
        block = read_block(file.header, path, context.limits)
        return _Part(replace(file, names=block.names) if block else file, block, context)


def _together(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Return the files of one case together, in the order in which they were written; a copy is a case of its own."""
    groups: dict[tuple[str, int], list[_Part]] = {}
    copies: Counter[tuple[str, int]] = Counter()
    for part in parts:
        block = part.block or Block(str(part.file.path), 0, 1, "")
        copy = copies[block.case, block.part]
        copies[block.case, block.part] += 1
        groups.setdefault((block.case, copy), []).append(part)
    return [sorted(group, key=lambda part: part.block.part if part.block else 0) for group in groups.values()]


def _reading(
    parts: list[_Part], found: Sequence[ImageSource], context: Context, case_index: int, *, is_map: bool
) -> Reading:
    origins = {part.file.path: find_origin(found, part.file, part.frame_grid) for part in parts}
    native = merge([part.native for part in parts])
    restored, losses = _restored(native, parts, case_index)
    document: dict[str, Any] = restored or {}
    if restored is None:
        document = {"task_id": context.task or _TASK, **native}
        document["image"] = _described(parts[0], origins[parts[0].file.path])
        losses += _invented(case_index, context, origins[parts[0].file.path], parts[0])
    for part in parts:
        losses += [Loss(case_index, path, LossKind.APPROXIMATED, message) for path, message in part.file.misread]
        origin = origins[part.file.path]
        losses += origin.losses(part.file, part.frame_grid, case_index) if origin else ()
        losses += spacing_losses(part.file, part.frame_grid, case_index)
    if is_map:
        document["annotations"] = _as_map(document["annotations"], parts)
    whole_masks, now_fractions = _settle_fractions(document, [] if is_map or restored is None else parts, case_index)
    losses += now_fractions
    case = strict_json.as_model(document, Case, limits=context.limits, source=parts[0].file.path)
    labels = Labels.of(case, context.label_system)
    for part in parts:
        if part.block and part.block.digest == part.file.digest:
            continue  # nobody edited it
        if is_own(part.file.header):
            edited = _edited(part, origins[part.file.path])
            losses += file_losses(part.file, part.own_case, case_index, Labels.of(part.own_case), edited)
        else:
            losses += file_losses(part.file, case, case_index, labels)
    grids = [_grid(part, case, origins[part.file.path]) for part in parts]
    masks = Masks(
        mask for part, grid in zip(parts, grids, strict=True) for mask in part.masks(grid, whole_masks, is_map=is_map)
    )
    made = [made_ids(part.file.segments) for part in parts if part.block is None]
    return Reading(case, masks, LossReport(losses), made_ids=frozenset().union(*made))


def _settle_fractions(document: dict[str, Any], parts: Sequence[_Part], case_index: int) -> tuple[set[str], list[Loss]]:
    """Return the annotations of fractional files that are masks in the case, and what of them has become fractions.

    The private block tells which were written as fractions of 0 and 1. What others have edited is a file of its own.
    """
    rows = {each["id"]: (number, each) for number, each in enumerate(document["annotations"])}
    whole_masks: set[str] = set()
    losses: list[Loss] = []
    for part in parts:
        if part.file.kind is not Kind.FRACTIONAL:
            continue
        written = list(zip(part.file.segments, part.native["annotations"], strict=True))
        drawn = [
            (segment.number, stated, *rows[stated["id"]])
            for segment, stated in written
            if stated["id"] in rows and "fractional_type" not in rows[stated["id"]][1]
        ]
        edited = fractional_segments(part.file) if drawn else set[int]()
        for number, stated, place, row in drawn:
            if number not in edited:
                whole_masks.add(stated["id"])
                continue
            was_label = row.pop("mask_value", None) is not None  # of a label map, which has no room for fractions
            names = ("mask_file", "fractional_type") if was_label else ("fractional_type",)
            row |= {name: stated[name] for name in names if name in stated}
            message = _NOW_FRACTIONS if was_label else _FRACTIONS_OF
            losses.append(Loss(case_index, f"/annotations/{place}/{names[0]}", LossKind.APPROXIMATED, message))
    return whole_masks, losses


def _edited(part: _Part, origin: Origin | None) -> set[str]:
    """Return the elements of a file of ours that others have changed, as far as its block and its source tell.

    One digest stands for all that it has of its source, so that it tells nobody's name. A file without a block tells
    nothing of that, and what it has is then as of any other file.
    """
    header, edited = part.file.header, set[str]()
    told = part.block.anew if part.block is not None else {"source": ""}
    for name, keywords in ANEW.items():
        if name in told and told[name] != said_digest(header, keywords):
            edited |= {*keywords}
    if origin is not None and origin.source.headers:
        source = origin.source.headers[0]
        edited -= {each for each in ANEW["source"] if text(header.get(each)) == text(source.get(each))}
    return edited


def _as_map(annotations: list[dict[str, Any]], parts: Sequence[_Part]) -> list[dict[str, Any]]:
    """Return the annotations with the masks of each file as values of one mask file."""
    places: dict[str, dict[str, Any]] = {}
    for position, part in enumerate(parts, 1):
        segments = part.file.segments
        name = LABEL_MAP_FILE if position == 1 else LABEL_MAP_FILE.replace(".", f"_{position}.", 1)
        for annotation_id, segment in zip(annotation_ids(segments), segments, strict=True):
            places[annotation_id] = {"mask_file": name, "mask_value": segment.number}
    return [{**each, **places.get(each["id"], {})} for each in annotations]


def _invented(case_index: int, context: Context, origin: Origin | None, part: _Part) -> Iterator[Loss]:
    """Yield what the case states although the file does not."""
    if not context.task:
        message: str = Message("the file names no annotation task; {task} stands for it", task=_TASK)
        yield Loss(case_index, "/task_id", LossKind.ADDED, message)
    if origin is None:
        message = "no source image was given; the grid is that of the segmentation itself"
        yield Loss(case_index, "/image/shape", LossKind.APPROXIMATED, message)
        if not text(source_series(part.file.header, part.file.table).get("SeriesInstanceUID")):
            message = "the file names no series as its source; its own stands for the image"
            yield Loss(case_index, "/image/uid", LossKind.APPROXIMATED, message)


def _described(part: _Part, origin: Origin | None) -> dict[str, Any]:
    """Return the image as the file describes it, or the source itself if the file tells another or has another grid."""
    stated: dict[str, Any] = part.native["image"]
    own = part.frame_grid.grid
    is_whole = own.frame != "LPS" or own.is_upright or is_placed(stated)
    if origin is None:
        if is_whole:
            return stated
        raise GeometryError(
            "the slices are sheared or uneven, and the file does not name the instance of each",
            source=part.file.path,
            where="ReferencedSeriesSequence (0008,1115)",
            expected="an instance for each slice, which has its position",
            advice="Name the source series with --images",
            found=Message("no instance for each slice"),
        )
    source = origin.source
    is_same = is_whole and compare_grids(own, source.grid).kind is GridKind.SAME
    if is_same and stated["uid"] == source.uid and "study_instance_uid" in stated:
        return stated
    described: dict[str, Any] = strict_json.plain(source.describe())
    instances = {each.sop_instance_uid: each.sop_class_uid for each in source.slices if each.sop_instance_uid}
    named = [{"sop_instance_uid": uid, "sop_class_uid": sop_class} for uid, sop_class in instances.items()]
    return ({INSTANCES: named} if named else {}) | described


def _grid(part: _Part, case: Case, origin: Origin | None) -> Grid:
    """Return the grid for the masks of a part: that of the case's image, else its source's, else the file's own."""
    own = part.frame_grid.grid
    if own.frame == "SLIDE":
        return Grid(own.shape)  # mask files know no slide coordinates; the indices are those of the matrix
    ids = {each["id"] for each in part.native["annotations"]}
    uids = {annotation.image_uid or case.image.uid for annotation in case.annotations if annotation.id in ids}
    stated = [Grid.from_image(each) for each in (case.image, *(case.related_images or ())) if each.uid in uids]
    for grid in (*stated, *([] if origin is None else [origin.source.grid])):
        is_placed = (grid.lps_from_ijk is None) == (own.lps_from_ijk is None)
        if is_placed and relation_to(own, grid).kind is not GridKind.DIFFERENT:
            return grid
    return own


def _restored(
    native: dict[str, Any], parts: Sequence[_Part], case_index: int
) -> tuple[dict[str, Any] | None, list[Loss]]:
    """Return the case that the private block completes, None if there is none that fits, and what does not fit."""
    blocks = [part.block for part in parts if part.block is not None]
    if not blocks:
        return None, []
    first = blocks[0]
    if first.residual is None or len(parts) != first.parts:
        message: str = Message(_INCOMPLETE, count=first.parts)
    elif any(part.block and part.block.image != part.native["image"]["uid"] for part in parts):
        message = Message(_OF_ANOTHER)
    else:
        try:
            merged = merging.merge(
                native,
                first.residual,
                first.held,
                case_index=case_index,
                is_told_elsewhere=lambda path: path[0] in OF_THE_CASE,
            )
            strict_json.as_model(merged.document, Case)
            return merged.document, merged.losses
        except (KeyError, TypeError, ValueError):
            message = Message(_UNFIT)
    return None, [Loss(case_index, CARRIER_PLACE, LossKind.NO_PLACE, message)]
