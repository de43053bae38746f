"""From a case to a measurement report, and to the segmentations that it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydicom.filereader import read_dataset
from pydicom.uid import UID

from annoconv import ids, times
from annoconv import images as image_seam
from annoconv.casefile.left_out import left_out, masks_left_out
from annoconv.casefile.left_out import without as without_left_out
from annoconv.casefile.references import without_gone
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.losses import report
from annoconv.documents.merging import held
from annoconv.documents.residuals import pointer, residual
from annoconv.errors import ImageError, InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.ids import is_dicom_uid
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.model import MaskAnnotation
from annoconv_converters._dicom.carrier import carry
from annoconv_converters._dicom.content import Item, encode_items, has_long_values
from annoconv_converters._dicom.content_read import ContentReader
from annoconv_converters._dicom.elements import EXPLICIT, walk
from annoconv_converters._dicom.encoding import encode
from annoconv_converters._dicom.implicit import as_implicit
from annoconv_converters._dicom.series import note_losses, scan_series
from annoconv_converters._dicom.source_elements import not_copied
from annoconv_converters.dicom_sr.block import Block
from annoconv_converters.dicom_sr.document import build_content, build_header, file_bytes
from annoconv_converters.dicom_sr.file import content_digest
from annoconv_converters.dicom_sr.groups import GroupWriter, SegmentReference
from annoconv_converters.dicom_sr.losses import CARRIER, REASONS, uncoded, unwritten_of
from annoconv_converters.dicom_sr.meaning import meaning_of, renamed
from annoconv_converters.dicom_sr.segments import (
    Segmentation,
    find_segments,
    joined_masks,
    read_segmentation,
    write_segmentations,
)
from annoconv_converters.dicom_sr.series import Series, series_of_image, series_of_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.left_out import LeftOut
    from annoconv.images import ImageSource
    from annoconv.model import Case, Image
    from annoconv.registry import Context

__all__ = ["Settings", "content_of", "write_reports"]

_WITHOUT_IMAGE = ("attribute", "text_span")
"""What is said of a study, without being drawn on an image."""
OF_THE_CASE = ("patient_id", "subject", "studies")
"""Keys of a case that say whose it is."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How reports are written; the options of `to-dicom-sr`.

    Attributes
    ----------
    with_segmentations
        Whether masks are written as segmentations too.
    segmentations
        Segmentations that hold the masks.
    in_space
        Whether what lies on a slice is written in space.
    for_ohif
        Whether the tools of that viewer are named.
    plain
        Whether the private block is left out.
    all_annotations
        Whether what does not count as a finding is written.
    """

    with_segmentations: bool = False
    segmentations: Sequence[Path] = ()
    in_space: bool = False
    for_ohif: bool = False
    plain: bool = False
    all_annotations: bool = False


def write_reports(
    cases: Iterable[LoadedCase], target: Path, *, context: Context, images: Sequence[Path], settings: Settings
) -> LossReport:
    """Write cases as reports: one file, or a folder if there are several cases or segmentations beside them."""
    if settings.with_segmentations and settings.segmentations:
        raise UsageError(
            "a mask stands in one segmentation",
            found="--seg --segmentations",
            expected=Message("one of both"),
            advice="Leave out --seg to refer to what is there, or --segmentations to write the masks anew",
        )
    sources = scan_series(images, context.limits, allow_gaps=False) if images else []
    given = [read_segmentation(each, context) for each in _files(settings.segmentations, context)]
    remaining = iter(cases)
    start = [loaded for _, loaded in zip(range(2), remaining, strict=False)]
    if not start:
        raise InputError(
            "there is no case to write",
            source=target,
            found=Message("no case"),
            expected="one case at least",
            advice="Name a file that holds cases",
        )
    losses: list[Loss] = []
    several = len(start) > 1 or settings.with_segmentations
    with replacing(target) as temporary:
        if several:
            temporary.mkdir()
        used: set[str] = set()
        case_index = 0
        for case_index, loaded in enumerate(chain(start, remaining)):
            case = loaded.case
            used.update(each.uid for each in (case.image, *(case.related_images or ())))
            name = ids.case_name(case.case_id) if case.case_id else f"case-{case_index + 1:06d}"
            path = temporary / f"{name}.dcm" if several else temporary
            if path.exists():
                raise InputError(
                    "two cases would have the same file",
                    found=path.name,
                    expected="distinct case_id",
                    advice="Give each case a case_id of its own",
                )
            writing = _Writing(loaded, case_index, context, settings, sources, images)
            losses += writing.write(path, name, given)
            context.advance(case_index + 1)
        losses += image_seam.unused(sources, used, case_index)
        losses += _unused(given, case_index)
    return LossReport(losses)


def _files(paths: Sequence[Path], context: Context) -> list[Path]:
    return image_seam.list_files(paths, context.limits) if paths else []


def _unused(given: Sequence[Segmentation], case_index: int) -> Iterator[Loss]:
    stands_in = {each.reference.sop_instance_uid for each in given if each.used}
    for each in given:
        if each.reference.sop_instance_uid not in stands_in:
            message = Message("--segmentations has {name}, in which no mask of a case stands", name=each.path.name)
            yield Loss(case_index, "/annotations", LossKind.NO_PLACE, message)


@dataclass(eq=False)
class _Writing:
    """One case on its way to a report."""

    loaded: LoadedCase
    case_index: int
    context: Context
    settings: Settings
    sources: Sequence[ImageSource]
    image_paths: Sequence[Path]
    matched: dict[str, ImageSource] = field(default_factory=dict[str, "ImageSource"])
    contested: frozenset[str] = frozenset()

    def write(self, path: Path, name: str, given: Sequence[Segmentation]) -> Iterator[Loss]:
        """Write the report and its segmentations; yield what they do not hold."""
        unwritten = left_out(self.loaded.case, all_annotations=self.settings.all_annotations)
        shown = without_left_out(self.loaded, unwritten)
        case = shown.case
        series = self._series(case)
        at = times.timestamp(
            [self.loaded.case],
            [each.acquired_at for each in self.matched.values()],
            given=self.context.timestamp,
            zone=self.context.timezone,
        )
        beside = list(given)
        if self.settings.with_segmentations and any(isinstance(each, MaskAnnotation) for each in case.annotations):
            files = write_segmentations(shown, path.parent, name, self.context, self._named_files(case))
            beside += [read_segmentation(each, self.context) for each in files]
        segments, self.contested = find_segments(case, beside)
        labels = Labels.of(case, self.context.label_system)
        writer = GroupWriter(
            case,
            labels,
            {each.uid: each for each in series} | ({case.image.uid: series[0]} if series else {}),
            segments,
            in_space=self.settings.in_space,
            for_ohif=self.settings.for_ohif,
            masks=shown.masks,
        )
        header, content = content_of(case, writer, series, segments, at)
        encoded, is_implicit = encode_items(content), has_long_values(content)
        losses = list(self._finish(writer, header, encoded, beside, unwritten, segments, is_implicit=is_implicit))
        self._put(path, header, encoded, series[0], is_implicit=is_implicit)
        yield from losses

    def _named_files(self, case: Case) -> list[Path]:
        """Return the images that segmentations are drawn on: those that are named, else those that the case names."""
        return [*self.image_paths] or [each.path for each in self.matched.values()]

    def _series(self, case: Case) -> list[Series]:
        """Return the images that a report speaks of, the primary first: those that annotations lie on, and it."""
        sources = list(self.sources) or self._own_files(case)
        wanted = {each.image_uid or case.image.uid for each in case.annotations} | {case.image.uid}
        found: list[Series] = []
        for image in (case.image, *(case.related_images or ())):
            if image.uid in wanted:
                found += self._one(image, sources, case)
        return found

    def _one(self, image: Image, sources: Sequence[ImageSource], case: Case) -> list[Series]:
        is_named = any(each.uid == image.uid for each in sources)
        stated = series_of_image(image) if not is_named else None
        if stated is not None:
            return [stated]
        is_primary = image.uid == case.image.uid
        if not is_named and not is_primary:
            return []  # what lies on it has no place, and is named
        is_drawn_on = any(each.type not in _WITHOUT_IMAGE for each in case.annotations)
        if not sources and not is_drawn_on and is_dicom_uid(image.study_instance_uid or ""):
            return [Series(image.uid, image.study_instance_uid or "", image.modality.value, ())]
        where = "/image/uid" if is_primary else "/related_images"
        source = image_seam.match(sources, image, source=self.loaded.path, where=where)
        if not source.slices or not source.slices[0].sop_instance_uid:
            raise ImageError(
                "the image is not of DICOM, and a report refers to its image",
                source=source.path,
                found=Message("an image that is no instances of DICOM"),
                expected="DICOM files",
                advice="Convert the image to DICOM first; GeoJSON and COCO refer to any picture",
            )
        self.matched[image.uid] = source
        return [series_of_source(source, image)]

    def _own_files(self, case: Case) -> list[ImageSource]:
        """Return the images whose files the case names."""
        path = self.loaded.path
        named = [file.path for image in (case.image, *(case.related_images or ())) for file in image.files or ()]
        files = [path.parent / name for name in named] if path is not None else []
        found = [file for file in files if file.exists()]
        return scan_series(found, self.context.limits, allow_gaps=False) if found else []

    def _finish(
        self,
        writer: GroupWriter,
        header: Dataset,
        content: bytes,
        beside: Sequence[Segmentation],
        unwritten: LeftOut,
        segments: Mapping[str, SegmentReference],
        *,
        is_implicit: bool,
    ) -> Iterator[Loss]:
        """Put the private block into the header; yield what the report does not hold."""
        whole, plain = self.loaded.case, self.settings.plain
        original = strict_json.plain(whole)
        unsaid = [] if plain else [name for name in OF_THE_CASE if getattr(whole, name) is None]
        native, names = _native(header, content, beside, [each.id for each in writer.grouped])
        native = {key: value for key, value in native.items() if key not in unsaid}
        native = renamed(native, names, is_whole=not plain)
        voxels = unwritten_of(whole, segments, unwritten, contested=self.contested)
        gone = masks_left_out(original, unwritten)
        expected, unnamed = without_gone(original, gone)
        left = [*residual(original, expected).paths(), *voxels] if gone else [*voxels]
        compared = report(
            original,
            native,
            REASONS,
            None if plain else CARRIER,
            case_index=self.case_index,
            left_out=left,
            unwritten={**unwritten, **unnamed, **voxels},
        )
        kept = compared.kept
        if gone and not plain:
            voxels = unwritten_of(whole, segments, unwritten, expected, contested=self.contested)
            kept = report(expected, native, REASONS, CARRIER, left_out=voxels).kept
        if not plain:
            removed = tuple(each for each in kept.removed if each not in voxels)
            kept = replace(kept, removed=removed)
            told = [each for each in held(native, kept) if each[0][0] not in OF_THE_CASE]
            elements = _elements(header)
            if is_implicit:  # a reader sees the bytes of the file
                elements = {tag: as_implicit(data) for tag, data in elements.items()}
            digest = content_digest(elements, as_implicit(content) if is_implicit else content)
            block = Block(digest, kept, told, names, unsaid)
            carry(header, block.document())
        yield from compared.losses
        yield from uncoded(whole, self.case_index, writer.labels, unwritten)
        position_of = {annotation.id: position for position, annotation in enumerate(whole.annotations)}
        for identity in sorted(names.values()):
            path = pointer(("annotations", position_of[identity], "id"))
            yield from _renamed(path, self.case_index, plain=plain)
        for identity in writer.unplaced:
            yield Loss(self.case_index, pointer(("annotations", position_of[identity])), LossKind.NO_PLACE, _UNPLACED)
        for source in self.matched.values():
            yield from note_losses(source, self.case_index, of_identity=False)
            yield from not_copied(source, self.case_index)

    def _put(self, path: Path, header: Dataset, content: bytes, primary: Series, *, is_implicit: bool) -> None:
        """Derive the UIDs of a report from all that it says, and write it."""
        digest = ids.content_digest(encode(header), content)
        series_uid = ids.series("dicom-sr", primary.uid, digest)
        header.SeriesInstanceUID, header.SOPInstanceUID = UID(series_uid), UID(ids.instance(series_uid, 1))
        path.write_bytes(file_bytes(header, content, str(header.SOPInstanceUID), is_implicit=is_implicit))


_UNPLACED = "OHIF stops at what has no coordinates, and shows nothing of the report: write it apart for that viewer"
_NAMED = "the tracking identifier is the annotation's tracking_id, where it has one"


def _renamed(path: str, case_index: int, *, plain: bool) -> Iterator[Loss]:
    if plain:
        yield Loss(case_index, path, LossKind.NO_PLACE, _NAMED)
    else:
        message = Message("{sentence}; it travels in {place}", sentence=Message(_NAMED), place=Message(CARRIER.place))
        yield Loss(case_index, path, LossKind.CARRIED, message)


def content_of(
    case: Case,
    writer: GroupWriter,
    series: Sequence[Series],
    segments: Mapping[str, SegmentReference],
    at: Any,
) -> tuple[Dataset, list[Item]]:
    """Return the header of a report, without its own UIDs, and the items of its root."""
    every = case.image.instances is not None
    content = build_content(case, writer, series, every=every)
    return build_header(case, series, content, segments.values(), at), content


def _elements(header: Dataset) -> dict[int, bytes]:
    data = encode(header)
    return {each.tag: data[each.start : each.end] for each in walk(data, 0, len(data))}


def _native(
    header: Dataset, content: bytes, beside: Sequence[Segmentation], written: Sequence[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a reader makes of a report by itself, and the ids that it gives to annotations with others."""
    root = ContentReader(content, EXPLICIT).root(0, len(content))
    again = read_dataset(BytesIO(encode(header)), False, True)
    meant = meaning_of(again, root, Labels.of(), masks=joined_masks(beside))
    first_of: dict[int, str] = {}
    for identity, position in meant.group_of.items():
        first_of.setdefault(position, identity)
    names = {identity: written[at] for at, identity in first_of.items() if written[at] != identity}
    return meant.document, names
