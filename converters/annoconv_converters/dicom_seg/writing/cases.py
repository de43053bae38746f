"""From a case to one segmentation file for each image that masks were drawn on."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from annoconv import ids, times
from annoconv import images as image_seam
from annoconv.advice import NAME_APART, NOTHING
from annoconv.casefile.left_out import kinds_of, left_out, masks_left_out
from annoconv.casefile.left_out import without as without_left_out
from annoconv.casefile.references import without_gone
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.losses import report
from annoconv.documents.merging import held
from annoconv.documents.residuals import pointer, residual
from annoconv.errors import ImageError, InputError
from annoconv.files.atomic import replacing
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message, listed
from annoconv.model import Case, Image, MaskAnnotation
from annoconv_converters._dicom.carrier import carry
from annoconv_converters._dicom.elements import EXPLICIT, Element
from annoconv_converters._dicom.groups import PER_FRAME
from annoconv_converters._dicom.patient import patient_of
from annoconv_converters._dicom.series import note_losses, scan_series
from annoconv_converters._dicom.source_elements import not_copied
from annoconv_converters.dicom_seg.block import Block, digest_of, meaning, said_digest
from annoconv_converters.dicom_seg.frame_grid import find_frame_grid
from annoconv_converters.dicom_seg.groups import read_table
from annoconv_converters.dicom_seg.kinds import Kind
from annoconv_converters.dicom_seg.mapping import (
    LABEL_MAP_FILE,
    annotation_ids,
    called,
    merge,
    native_document,
    segments_of,
)
from annoconv_converters.dicom_seg.subject import OF_THE_CASE, left_unsaid, without
from annoconv_converters.dicom_seg.writing.file import frame_index, write_file
from annoconv_converters.dicom_seg.writing.gather import Gathered, gather, segment_numbers
from annoconv_converters.dicom_seg.writing.groups import encode_groups
from annoconv_converters.dicom_seg.writing.header import ANEW, Content, Elements, build_header, elements_of, put_uids
from annoconv_converters.dicom_seg.writing.losses import CARRIER, REASONS, otherwise_fractional, uncoded
from annoconv_converters.dicom_seg.writing.planes import check_image
from annoconv_converters.dicom_seg.writing.segments import segment_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.left_out import LeftOut
    from annoconv.images import ImageSource
    from annoconv.registry import Context
    from annoconv_converters.dicom_seg.kinds import Settings
    from annoconv_converters.dicom_seg.segment import Segment

__all__ = ["SegmentationPart", "prepare", "write_part", "write_segmentations"]

_NAMED: Final = "TrackingID is the annotation's tracking_id, where it has one"


@dataclass(eq=False)
class SegmentationPart:
    """The segmentation of one image, ready but for its UIDs.

    Attributes
    ----------
    content
        What it says.
    gathered
        Its voxels.
    index
        Segment number and plane of each frame.
    header
        Its elements, encoded.
    groups
        PerFrameFunctionalGroupsSequence, encoded.
    annotation_ids
        Annotation of each segment number.
    image
        What the case says of the image; None if there is no case.
    """

    content: Content
    gathered: Gathered
    index: list[tuple[int, int]]
    header: Elements
    groups: bytes
    annotation_ids: dict[int, str] = field(default_factory=dict)
    image: Image | None = None


def write_segmentations(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Sequence[Path],
    settings: Settings,
    plain: bool,
) -> LossReport:
    """Write cases as segmentations: one file, or a folder if there are several cases or images."""
    sources = scan_series(images, context.limits, allow_gaps=settings.allow_gaps) if images else []
    remaining = iter(cases)
    start = [loaded for _, loaded in zip(range(2), remaining, strict=False)]
    if not start:
        raise InputError(
            "there is no case to write",
            source=target,
            found=NOTHING,
            expected="at least one case",
            advice="Name the cases that are to be written",
        )
    losses: list[Loss] = []
    first, _ = _shown(start[0], settings)
    several = len(start) > 1 or len(_masks_by_image(first.case)) > 1
    with replacing(target) as temporary:
        if several:
            temporary.mkdir()
        used: set[str] = set()
        case_index = 0
        for case_index, loaded in enumerate(chain(start, remaining)):
            used.update(each.uid for each in (loaded.case.image, *(loaded.case.related_images or ())))
            shown, unwritten = _shown(loaded, settings)
            with _prepared(shown, sources, context, settings) as parts:
                used.update(part.content.source.uid for part in parts)
                losses += _finish(loaded.case, case_index, parts, context, unwritten, plain=plain)
                for part in parts:
                    path = temporary / _file_name(loaded.case, case_index, part, len(parts)) if several else temporary
                    if path.exists():
                        problem = "two cases would have the same file"
                        raise InputError(problem, found=path.name, expected="distinct case_id", advice=NAME_APART)
                    write_part(part, path)
            context.advance(case_index + 1)
        losses += image_seam.unused(sources, used, case_index)
    return LossReport(losses)


def prepare(content: Content, gathered: Gathered) -> SegmentationPart:
    """Return the segmentation that says `content` of the voxels `gathered`."""
    planes, frames, settings = gathered.planes, gathered.frames, content.settings
    index = frame_index(frames, content.segments, planes, settings)
    how, is_map = f"Resampled, {settings.resample}", settings.kind is Kind.LABELMAP
    changed = [number for number, kind, _ in gathered.changes if kind is LossKind.RESAMPLED]
    resampled = {0 if is_map else number: how for number in changed}
    header = build_header(content, planes, frames, len(index))
    return SegmentationPart(content, gathered, index, header, encode_groups(index, planes, resampled))


def write_part(part: SegmentationPart, path: Path) -> None:
    """Derive the UIDs of a segmentation and write it."""
    frames, planes = part.gathered.frames, part.gathered.planes
    sop_instance_uid = put_uids(part.header, part.content, planes, frames.digest)
    settings = part.content.settings
    write_file(path, part.header, part.groups, part.index, frames, planes, settings, sop_instance_uid)
    part.gathered.release()


def _shown(loaded: LoadedCase, settings: Settings) -> tuple[LoadedCase, LeftOut]:
    """Return a case without what is left out of it, and why."""
    unwritten = left_out(loaded.case, all_annotations=settings.all_annotations)
    return without_left_out(loaded, unwritten), unwritten


def _masks_by_image(case: Case) -> dict[str, list[MaskAnnotation]]:
    """Return the masks of each image that has some, the primary image first."""
    groups: dict[str, list[MaskAnnotation]] = {case.image.uid: []}
    for annotation in case.annotations:
        if isinstance(annotation, MaskAnnotation):
            groups.setdefault(annotation.image_uid or case.image.uid, []).append(annotation)
    return {uid: masks for uid, masks in groups.items() if masks}


@contextmanager
def _prepared(
    loaded: LoadedCase, sources: Sequence[ImageSource], context: Context, settings: Settings
) -> Generator[list[SegmentationPart]]:
    """Give the parts of a case, ready but for their UIDs and the carrier; what they hold on disk goes afterwards."""
    case = loaded.case
    groups = _masks_by_image(case)
    if not groups:
        raise InputError(
            "the case has no mask, so there is nothing to segment",
            source=loaded.path,
            where="/annotations",
            found=kinds_of(case),
            expected="a mask that counts as a finding",
            advice="Boxes, points and attributes go to COCO or GeoJSON; masks of what is superseded, rejected or not "
            "there are written with --all-annotations",
        )
    sources = _without_masks(sources, loaded) or _own_files(loaded, context, settings)
    labels = Labels.of(case, context.label_system)
    with ExitStack() as spools:
        parts: list[SegmentationPart] = []
        for uid, annotations in groups.items():
            image = _image_of(case, uid, loaded.path)
            source = image_seam.match(sources, image, source=loaded.path)
            check_image(image, source)
            at = times.timestamp([loaded.case], [source.acquired_at], given=context.timestamp, zone=context.timezone)
            numbers = segment_numbers({each.id: loaded.masks[each.id] for each in annotations}, settings.kind)
            ordered = sorted(annotations, key=lambda each: numbers[each.id])
            segments = [segment_of(numbers[each.id], each, case, source.uid, labels) for each in ordered]
            masks = {numbers[each.id]: loaded.masks[each.id] for each in ordered}
            told = settings.told_by(ordered)
            gathered = gather(masks, image, source, told, spools)
            content = Content(
                source=source,
                segments=segments,
                metadata=case.metadata,
                at=at,
                settings=told,
                patient=patient_of(case, image),
            )
            part = prepare(content, gathered)
            part.image = image
            part.annotation_ids = {numbers[each.id]: each.id for each in ordered}
            if len(groups) > 1:
                gathered.release()
            parts.append(part)
        yield parts


def _without_masks(sources: Sequence[ImageSource], loaded: LoadedCase) -> list[ImageSource]:
    """Return the images that are no masks of the case: those may lie in one folder with its image."""
    masks = {mask.volume.path.resolve() for mask in loaded.masks.values() if mask.volume.path is not None}
    return [source for source in sources if source.path.resolve() not in masks]


def _own_files(loaded: LoadedCase, context: Context, settings: Settings) -> list[ImageSource]:
    """Return the images whose files the case names."""
    case, path = loaded.case, loaded.path
    places = {"/image": case.image}
    places |= {f"/related_images/{number}": image for number, image in enumerate(case.related_images or ())}
    named = {
        f"{at}/files/{n}/path": file.path for at, image in places.items() for n, file in enumerate(image.files or ())
    }
    if path is None or not named:
        return []
    files = [path.parent / name for name in named.values()]
    for where, file in zip(named, files, strict=True):
        if not file.exists():
            raise ImageError(
                "the case names an image file that is not there",
                source=path,
                where=where,
                found=Message("nothing"),
                expected=file,
                advice="Put it there, or name the images with --images",
            )
    return scan_series(files, context.limits, allow_gaps=settings.allow_gaps)


def _image_of(case: Case, uid: str, path: Path | None) -> Image:
    every: list[Image] = [case.image, *(case.related_images or ())]
    for image in every:
        if image.uid == uid:
            return image
    problem = "a mask names an image that the case does not have"
    raise InputError(
        problem,
        source=path,
        where="/related_images",
        found=uid,
        expected=listed([each.uid for each in every], 5),
        advice="Name the image in related_images, or correct the image_uid of the mask",
    )


def _finish(
    case: Case,
    case_index: int,
    parts: Sequence[SegmentationPart],
    context: Context,
    unwritten: LeftOut,
    *,
    plain: bool,
) -> Iterator[Loss]:
    """Give the parts their carrier; yield what the format does not hold."""
    original = strict_json.plain(case)
    headers = [_header(part) for part in parts]
    unsaid = [left_unsaid(case, part.image or case.image, is_plain=plain) for part in parts]
    described = [segments_of(header) for header in headers]
    otherwise = [_names(part, some) for part, some in zip(parts, described, strict=True)]
    natives = [
        without(_native(part, header, called(some, other)), names)
        for part, header, some, other, names in zip(parts, headers, described, otherwise, unsaid, strict=True)
    ]
    native = merge([_without_names(*each) for each in zip(natives, otherwise, strict=True)] if plain else natives)
    gone = masks_left_out(original, unwritten)
    expected, unnamed = without_gone(original, gone)
    written_as = {identity: part.content.settings for part in parts for identity in part.annotation_ids.values()}
    compared = report(
        original,
        native,
        REASONS,
        None if plain else CARRIER,
        case_index=case_index,
        left_out=residual(original, expected).paths() if gone else (),
        unwritten={**unwritten, **unnamed, **otherwise_fractional(case, written_as)},
    )
    kept = report(expected, native, REASONS, CARRIER).kept if gone else compared.kept
    if not plain:
        key = ids.uid("carrier", ids.content_digest(strict_json.dumps(original)))
        together = zip(parts, headers, described, otherwise, natives, unsaid, strict=True)
        for position, (part, written, some, other, own, names) in enumerate(together):
            segments = called(some, other)
            meanings = dict(zip(annotation_ids(segments), map(meaning, segments), strict=True))
            digest = digest_of(part.header | {PER_FRAME: part.groups})
            anew = {name: said_digest(written, keywords) for name, keywords in ANEW.items()}
            image = own["image"]["uid"]
            told = Block(key, position, len(parts), image, digest, meanings, unsaid=names, anew=anew, names=other)
            if position == 0:
                # Nobody is named in private that a de-identification of the file would leave there.
                named = [each for each in held(native, kept) if each[0][0] not in OF_THE_CASE]
                told = replace(told, residual=kept, held=named)
            block = Dataset()
            carry(block, told.document())
            part.header |= elements_of(block)
    yield from compared.losses
    yield from uncoded(case, case_index, Labels.of(case, context.label_system), unwritten)
    position_of = {annotation.id: position for position, annotation in enumerate(case.annotations)}
    for identity in sorted(identity for other in otherwise for identity in other.values()):
        path = pointer(("annotations", position_of[identity], "id"))
        carried = Message("{sentence}; it travels in {place}", sentence=Message(_NAMED), place=Message(CARRIER.place))
        if plain:
            yield Loss(case_index, path, LossKind.NO_PLACE, _NAMED)
        else:
            yield Loss(case_index, path, LossKind.CARRIED, carried)
    for part in parts:
        yield from note_losses(part.content.source, case_index, of_identity=False)
        yield from not_copied(part.content.source, case_index)
        for number, kind, message in part.gathered.changes:
            path = pointer(("annotations", position_of[part.annotation_ids[number]], "mask_file"))
            yield Loss(case_index, path, kind, message)


def _header(part: SegmentationPart) -> Dataset:
    """Return the header of a part as a reader has it: of its encoded elements, so that nothing is taken for granted."""
    data = b"".join(part.header[tag] for tag in sorted(part.header))
    return read_dataset(BytesIO(data), is_implicit_VR=False, is_little_endian=True)


def _names(part: SegmentationPart, segments: Sequence[Segment]) -> dict[str, str]:
    """Return the ids of annotations that a file calls otherwise, by what it calls them."""
    found = zip(annotation_ids(segments), segments, strict=True)
    return {name: part.annotation_ids[each.number] for name, each in found if name != part.annotation_ids[each.number]}


def _without_names(native: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what is meant without our block: what a file calls an annotation is its id then."""
    name_of = {identity: name for name, identity in names.items()}
    annotations: list[dict[str, Any]] = []
    for each in native["annotations"]:
        name = name_of.get(each["id"])
        if name is not None:
            each = {key: value for key, value in each.items() if (key, value) != ("tracking_id", name)}
            if each["mask_file"] != LABEL_MAP_FILE:
                each["mask_file"] = f"masks/{ids.safe_name(name)}.nii.gz"
        annotations.append(each)
    return {**native, "annotations": annotations}


def _native(part: SegmentationPart, header: Dataset, segments: Sequence[Segment]) -> dict[str, Any]:
    """Return what the reader will make of a part.

    One frame of each plane tells as much about the grid as all of them.
    """
    shared = part.header[0x52009229]
    frame_of = {plane: (number, plane) for number, plane in reversed(part.index)}
    whole = shared + encode_groups(sorted(frame_of.values()), part.gathered.planes, {})
    table = read_table(
        whole,
        Element(0x52009229, b"SQ", 0, 12, len(shared), len(shared)),
        Element(0x52009230, b"SQ", len(shared), len(shared) + 12, len(whole), len(whole)),
        EXPLICIT,
    )
    return native_document(header, table, find_frame_grid(header, table), Labels.of(), segments)


def _file_name(case: Case, case_index: int, part: SegmentationPart, parts: int) -> str:
    name = ids.case_name(case.case_id) if case.case_id else f"case-{case_index + 1:06d}"
    return f"{name}_{ids.safe_name(part.content.source.uid)}.dcm" if parts > 1 else f"{name}.dcm"
