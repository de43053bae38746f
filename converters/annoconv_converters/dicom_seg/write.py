"""From a case to one segmentation file for each image that masks were drawn on."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.filereader import read_dataset

from annoconv import carrier, ids, jsondoor, times
from annoconv import images as image_seam
from annoconv.atomic import replacing
from annoconv.codes import Labels
from annoconv.errors import GeometryError, InputError, LimitError, MaskError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids, matrix_text
from annoconv.loss import Loss, LossReport
from annoconv.model import Case, Image, MaskAnnotation
from annoconv.pixels import check_frame
from annoconv_converters._dicom import carry, element, encode
from annoconv_converters.dicom_seg.frames import BinaryFrames, Bytes, LabelFrames, Spool, bit_stream
from annoconv_converters.dicom_seg.groups import PER_FRAME, FrameTable, encode_groups, table_of
from annoconv_converters.dicom_seg.header import Content, build_header, file_head, put_uids
from annoconv_converters.dicom_seg.layout import find_layout
from annoconv_converters.dicom_seg.losses import describe, split, uncoded
from annoconv_converters.dicom_seg.mapping import merge, native_document
from annoconv_converters.dicom_seg.segment import ALGORITHM_TYPES, AlgorithmType, Segment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.casefile import LoadedCase
    from annoconv.images import ImageSource
    from annoconv.pixels import Mask, Volume
    from annoconv.registry import Context

__all__ = ["CARRIER_VERSION", "write_segmentations"]

CARRIER_VERSION: Final = 1
_LARGEST_PIXELS: Final = 0xFFFFFFFE
"""Bytes that native pixel data may have: the length field has 32 bits (PS3.5 7.1.2)."""
_VERSION: Final = re.compile(r"[vV]?\d[\w.+-]*")


@dataclass(eq=False)
class _Part:
    """The segmentation of one image."""

    content: Content
    frames: BinaryFrames
    index: list[tuple[int, int]]
    table: FrameTable
    header: Dataset


def write_segmentations(
    cases: Iterable[LoadedCase], target: Path, *, context: Context, images: Sequence[Path], plain: bool
) -> LossReport:
    """Write cases as segmentations: one file, or a folder if there are several cases or images."""
    sources = image_seam.scan(images, context.limits) if images else []
    remaining = iter(cases)
    start = [loaded for loaded, _ in zip(remaining, range(2), strict=False)]
    if not start:
        raise InputError("there is no case to write", source=target)
    losses: list[Loss] = []
    several = len(start) > 1 or len(_masks_by_image(start[0].case)) > 1
    with replacing(target, overwrite=True) as temporary:
        if several:
            temporary.mkdir()
        for case_index, loaded in enumerate(chain(start, remaining)):
            with _prepared(loaded, sources, context) as parts:
                losses += _finish(loaded.case, case_index, parts, context, plain=plain)
                for part in parts:
                    path = temporary / _file_name(loaded.case, case_index, part, len(parts)) if several else temporary
                    _write_file(part, path)
            context.advance(case_index + 1)
    return LossReport(losses)


def _masks_by_image(case: Case) -> dict[str, list[MaskAnnotation]]:
    """Return the masks of each image that has some, the primary image first."""
    groups: dict[str, list[MaskAnnotation]] = {case.image.uid: []}
    for annotation in case.annotations:
        if isinstance(annotation, MaskAnnotation):
            groups.setdefault(annotation.image_uid or case.image.uid, []).append(annotation)
    return {uid: masks for uid, masks in groups.items() if masks}


@contextmanager
def _prepared(loaded: LoadedCase, sources: Sequence[ImageSource], context: Context) -> Generator[list[_Part]]:
    """Give the parts of a case, ready but for their UIDs and the carrier; what they hold on disk goes afterwards."""
    case = loaded.case
    groups = _masks_by_image(case)
    if not groups:
        raise InputError(
            "the case has no mask, so there is nothing to segment",
            source=loaded.path,
            where="/annotations",
            advice="Boxes, points and attributes go to DICOM-SR or FHIR",
        )
    sources = sources or _own_files(loaded, context)
    labels = Labels(case.labels, context.label_system)
    with ExitStack() as spools:
        parts: list[_Part] = []
        for uid, annotations in groups.items():
            image = _image_of(case, uid, loaded.path)
            source = image_seam.match(sources, image)
            at = times.timestamp(context, [loaded], [source])
            segments = [_segment(n, each, case, source, labels) for n, each in enumerate(annotations, 1)]
            masks = {n: loaded.masks[each.id] for n, each in enumerate(annotations, 1)}
            frames = _gather(masks, image, source, spools)
            # An all-empty segmentation is one empty frame: NumberOfFrames is at least 1.
            index = frames.index or [(1, 0)]
            table = table_of(index, source.slices)
            content = Content(source=source, segments=segments, metadata=case.metadata, at=at)
            header = build_header(content, table, overlap=frames.overlap)
            parts.append(_Part(content, frames, index, table, header))
        yield parts


def _own_files(loaded: LoadedCase, context: Context) -> list[ImageSource]:
    """Return the images whose files the case names."""
    case, path = loaded.case, loaded.path
    named = [file.path for image in (case.image, *(case.related_images or ())) for file in image.files or ()]
    if path is None or not named:
        return []
    return image_seam.scan([path.parent / name for name in named], context.limits)


def _image_of(case: Case, uid: str, path: Path | None) -> Image:
    every: list[Image] = [case.image, *(case.related_images or ())]
    for image in every:
        if image.uid == uid:
            return image
    problem = "a mask names an image that the case does not have"
    raise InputError(problem, source=path, where="/related_images", found=uid)


def _segment(number: int, annotation: MaskAnnotation, case: Case, source: ImageSource, labels: Labels) -> Segment:
    coded = labels.coded(annotation.label_code, annotation.category)
    kind = ALGORITHM_TYPES[annotation.origin] if annotation.origin else AlgorithmType.MANUAL
    model = case.metadata.software.ai_model if case.metadata.software else None
    last = (model or "").split()[-1:]
    return Segment(
        number=number,
        name=coded.name,
        type=coded.type,
        category=coded.category,
        modifier=coded.modifier,
        region=coded.region,
        algorithm_type=kind,
        algorithm_name=model,
        algorithm_version=last[0] if last and _VERSION.fullmatch(last[0]) else None,
        tracking_id=annotation.id,
        tracking_uid=ids.tracking(source.uid, annotation.id),
        color_rgb=coded.color_rgb,
        description=coded.code,
    )


def _gather(masks: dict[int, Mask], image: Image, source: ImageSource, spools: ExitStack) -> BinaryFrames:
    """Return the frames of all masks; a single label volume is read once and kept, several are spooled one by one."""
    if source.grid.lps_from_ijk is None:
        raise GeometryError(
            "the image has no place in space, which a segmentation needs",
            source=source.path,
            expected="ImagePositionPatient and ImageOrientationPatient",
            advice="Write it as DICOM-SR or COCO",
        )
    _check_image(image, source)
    groups: dict[int, tuple[Volume, dict[int, int | None]]] = {}
    for number, mask in masks.items():
        groups.setdefault(id(mask.volume), (mask.volume, {}))[1][number] = mask.value
    volumes = list(groups.values())
    if len(volumes) == 1:
        return _label_frames(*volumes[0], image, source)
    columns, rows, slices = source.grid.shape
    spool = Spool(rows * columns, slices)
    spools.callback(spool.close)
    for volume, values in volumes:
        spool.add(_label_frames(volume, values, image, source))
    return spool


def _check_image(image: Image, source: ImageSource) -> None:
    stated = Grid.from_image(image)
    if stated.lps_from_ijk is not None and compare_grids(stated, source.grid).kind is GridKind.DIFFERENT:
        raise GeometryError(
            "the case describes its image otherwise than the image itself",
            source=source.path,
            where="/image",
            found=f"shape {list(stated.shape)}, LPS from ijk {matrix_text(stated.affine)}",
            expected=f"shape {list(source.grid.shape)}, LPS from ijk {matrix_text(source.grid.affine)}",
            advice="Correct origin, spacing and direction, or name the image that was annotated",
        )


def _label_frames(volume: Volume, values: dict[int, int | None], image: Image, source: ImageSource) -> LabelFrames:
    check_frame(image, volume)
    labels_kji = volume.read()
    if labels_kji.dtype.kind == "f":
        raise MaskError("the mask holds fractions", source=volume.path, expected="whole labels")
    try:
        labels_kji = apply_relation(labels_kji, compare_grids(volume.grid, source.grid))
    except GeometryError as error:
        raise GeometryError(
            error.problem, source=volume.path, found=error.found, expected=error.expected, advice=error.advice
        ) from error
    return LabelFrames(labels_kji, values, volume.path)


def _finish(case: Case, case_index: int, parts: Sequence[_Part], context: Context, *, plain: bool) -> Iterator[Loss]:
    """Give the parts their carrier and UIDs; yield what the format does not hold."""
    original = jsondoor.plain(case)
    native = merge([_native(part) for part in parts])
    kept, left = split(found := carrier.residual(original, native))
    if not plain:
        key = ids.uid("carrier", ids.content_digest(jsondoor.dumps(original)))
        for position, part in enumerate(parts):
            document: dict[str, Any] = {"version": CARRIER_VERSION, "case": key, "part": position, "parts": len(parts)}
            carry(part.header, document | ({} if position else {"residual": kept.to_json()}))
    for part in parts:
        put_uids(part.header, part.content.source.uid, part.frames.digest)
    yield from found.losses(case_index, describe(native, found, left, is_carried=not plain))
    yield from uncoded(case, case_index, Labels(case.labels, context.label_system))


def _native(part: _Part) -> dict[str, Any]:
    """Return what the reader will make of a part: of its encoded header, so that nothing is taken for granted."""
    header = read_dataset(BytesIO(encode(part.header)), is_implicit_VR=False, is_little_endian=True)
    return native_document(header, find_layout(header, part.table).grid, Labels())


def _file_name(case: Case, case_index: int, part: _Part, parts: int) -> str:
    name = ids.safe_name(case.case_id) if case.case_id else f"case-{case_index + 1:06d}"
    return f"{name}_{ids.safe_name(part.content.source.uid)}.dcm" if parts > 1 else f"{name}.dcm"


def _write_file(part: _Part, path: Path) -> None:
    if path.exists():
        raise InputError("two cases would have the same file", found=path.name, expected="distinct case_id")
    columns, rows, _ = part.content.source.grid.shape
    pixels = rows * columns
    length = (len(part.index) * pixels + 7) // 8
    if length > _LARGEST_PIXELS:
        raise LimitError(
            "the segmentation has too many pixels for one file",
            where="PixelData (7FE0,0010)",
            found=f"{length} bytes in {len(part.index)} frames",
            expected=f"{_LARGEST_PIXELS} bytes at most",
            advice="Write fewer masks to one file",
        )
    with path.open("xb", buffering=1 << 20) as file:
        file.write(file_head(part.header))
        before, behind = _around_frames(part.header)
        file.write(before)
        file.write(encode_groups(part.index, part.content.source.slices))
        file.write(behind)
        file.write(element(0x7FE00010, "OB", b"")[:8] + (length + length % 2).to_bytes(4, "little"))
        for bits in bit_stream(_frames(part, pixels), pixels):
            file.write(bits.data)
        file.write(b"\0" * (length % 2))


def _frames(part: _Part, pixels: int) -> Iterable[Bytes]:
    return part.frames.packed() if part.frames.index else [np.zeros((pixels + 7) // 8, dtype=np.uint8)]


def _around_frames(header: Dataset) -> tuple[bytes, bytes]:
    """Return the encoded header up to where the per-frame functional groups stand, and the rest."""
    before, behind = type(header)(), type(header)()
    for each in header:
        (before if each.tag < PER_FRAME else behind).add(each)
    return encode(before), encode(behind)
