"""What a case does not hold of a segmentation: the file against what is written again from the case.

Both are trees of DICOM's own terms: keyword (of a private or unknown element `(gggg,eeee)`) to a value, a list of
values, or a list of items. The frames' functional groups are told once, as the first frame has them that says a thing.
Voxels and where they lie are not compared here: they are the masks. Values of patient and study are never looked at.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from annoconv.documents.losses import report
from annoconv.geometry import Grid
from annoconv.images import SliceIdentity
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.model import MaskAnnotation
from annoconv_converters._dicom.encoding import sequence
from annoconv_converters._dicom.equipment import is_own
from annoconv_converters._dicom.patient import patient_of
from annoconv_converters._dicom.slide import Tile
from annoconv_converters._dicom.trees import LONG_AGO, Tree, tree_of, within
from annoconv_converters.dicom_seg.kinds import Kind, Settings
from annoconv_converters.dicom_seg.mapping import annotation_ids, backgrounds_of
from annoconv_converters.dicom_seg.segment import BACKGROUND
from annoconv_converters.dicom_seg.writing.frames import MapFrames
from annoconv_converters.dicom_seg.writing.groups import encode_groups
from annoconv_converters.dicom_seg.writing.header import ANEW, Content, build_header
from annoconv_converters.dicom_seg.writing.planes import PlaneStack
from annoconv_converters.dicom_seg.writing.segments import segment_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reason, Reasons
    from annoconv.documents.residuals import Path
    from annoconv.images import ImageSource
    from annoconv.model import Case
    from annoconv_converters.dicom_seg.reading.file import SegmentationFile

__all__ = ["file_losses"]

_SHARED: Final = "SharedFunctionalGroupsSequence"
_FRAMES: Final = "PerFrameFunctionalGroupsSequence"
_DERIVED: Final = f"{_FRAMES}/DerivationImageSequence/SourceImageSequence"
_PLACING: Final = (
    *("PlanePositionSequence", "PlanePositionSlideSequence", "PlaneOrientationSequence"),
    *("PixelMeasuresSequence/PixelSpacing", "PixelMeasuresSequence/SpacingBetweenSlices"),
)
_ENCODING: Final = {
    "SpecificCharacterSet": "texts are compared as they read",
    **dict.fromkeys(
        (
            *("SOPClassUID", "SegmentationType", "MaximumFractionalValue", "NumberOfFrames", "SegmentsOverlap", "Rows"),
            *("Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelPaddingValue"),
        ),
        "the kind of segmentation and of its pixels, which masks have of themselves",
    ),
    **dict.fromkeys(
        (
            *("DimensionOrganizationType", "DimensionOrganizationSequence", "DimensionIndexSequence"),
            "PerFrameFunctionalGroupsSequence/FrameContentSequence/DimensionIndexValues",
        ),
        "the order of frames",
    ),
    **dict.fromkeys(("SOPInstanceUID", "SeriesInstanceUID"), "the file's own identity, which is made anew"),
    **dict.fromkeys(
        (f"{groups}/SegmentIdentificationSequence" for groups in (_SHARED, _FRAMES)),
        "which frames are whose, which the masks say",
    ),
    **dict.fromkeys(
        (
            "ReferencedSeriesSequence/ReferencedInstanceSequence",
            *(f"{_DERIVED}/Referenced{name}" for name in ("SOPClassUID", "SOPInstanceUID", "FrameNumber")),
        ),
        "the instances of the source, which it names itself",
    ),
    **dict.fromkeys(
        (
            *("TotalPixelMatrixOriginSequence", "ImageOrientationSlide"),
            *(f"{groups}/{place}" for groups in (_SHARED, _FRAMES) for place in _PLACING),
        ),
        "where the frames lie, which the image's grid says",
    ),
}
"""What only says how the rest is encoded, or who a thing is that says so itself: its place, and why it is left out."""

_MADE_ANEW: Final = dict.fromkeys(
    (
        *(keyword for keywords in ANEW.values() for keyword in keywords),
        f"{_SHARED}/PixelMeasuresSequence/SliceThickness",
        f"{_FRAMES}/DerivationImageSequence",
    ),
    "what a file of ours has of its source, and when and by which version it was written",
)
"""What is left out beside `_ENCODING` of a file that we wrote: the case is not the one that tells it."""

_REASONS: Final[Reasons] = {
    "SegmentSequence/#/SegmentNumber": "segments are numbered in the order of the annotations",
    "SegmentSequence/#/TrackingUID": ("it is no UID; another one is derived", LossKind.NO_PLACE),
    "SegmentSequence/#/TrackingID": "it stands for several segments, so that it is no annotation's id",
    "SegmentSequence/#/SegmentDescription": (
        "an annotation has no place for it; the label code is written there",
        LossKind.NO_PLACE,
    ),
    "SegmentSequence/#/RecommendedDisplayCIELabValue*": "colours of labels are sRGB, 0 to 255",
    "SegmentSequence/#/*CodeSequence/#/*": "a code becomes a concept; one of the former SNOMED schemes, its successor",
    "SegmentSequence/#/SegmentAlgorithmType": "it is none of AUTOMATIC, SEMIAUTOMATIC and MANUAL",
    "SegmentSequence/#/*Algorithm*": "a segment that was not drawn by hand has one algorithm in a case, others none; "
    "there is no place for {name}",
    "SegmentSequence/#/*": "an annotation has no place for {name}",
    "SegmentSequence/#": "the segment is none of the case's annotations",
    "ReferencedSeriesSequence/#*": "one series is the image, that of the frames' instances; others have no place",
    "Manufacturer*": "the software is written again as processing equipment, beside that which writes the file",
    "SoftwareVersions*": "the software is written again as processing equipment, beside that which writes the file",
    "SharedFunctionalGroupsSequence/#/PixelMeasuresSequence/#/*": "an image's spacing stands for it",
    "*FunctionalGroupsSequence/*": "a case has no place for {name} of frames",
    "Study[DT]*": "a study began at a time with a zone, which the file does not state; --timezone names one",
    "PatientID": "a case knows a patient by a pseudonym, which PatientIdentityRemoved does not say that it is",
    "Patient*": "it is the source's: a case has no place for {name}",
    "Study*": "it is the source's: a case has no place for {name}",
    "ClinicalTrial*": "it is the source's: a case has no place for {name}",
    "LongitudinalTemporal[OE]*": "days are counted from the baseline; a case has no place for those from another event",
    "Content[DLT]*": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "Series*": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "InstanceNumber": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "DeviceSerialNumber": ("a case has no place for {name}; it is made anew", LossKind.NO_PLACE),
    "*": "a case has no place for {name}",
}
_ABSENT: Final = {
    "SegmentLabel": Message("the segment has none, which is required; the meaning of its type stands for it"),
    "SegmentedPropertyTypeCodeSequence": Message(
        "the segment has none, which is required; its label stands for what it is"
    ),
    "SegmentedPropertyCategoryCodeSequence": Message(
        "the segment has none, which is required; that of its type stands for it where it is known"
    ),
}
"""Elements of type 1 (PS3.3 C.8.20.4) that a case always says, and what of, where a file lacks them."""
_BACKGROUND: Final = "the segment is the background of the label map, which is described anew"


@dataclass(frozen=True)
class _Source:
    """The image that a case describes: what the writer asks of its source, without files."""

    uid: str
    study_instance_uid: str
    frame_of_reference_uid: str
    grid: Grid
    slices: Sequence[SliceIdentity]
    headers: Sequence[Dataset]


def file_losses(
    file: SegmentationFile, case: Case, case_index: int, labels: Labels, edited: Container[str] = ()
) -> list[Loss]:
    """Return what the file says and a segmentation written from its case, by itself, would not.

    Parameters
    ----------
    file
        The segmentation.
    case
        The case that was read from it; of a file that we wrote, the one that it stands for without the private block.
    case_index
        Of the case among those read.
    labels
        Where the labels of the case are defined.
    edited
        Elements of a file of ours that it has not, or perhaps not, from us.

    Returns
    -------
    list of Loss
        Paths are JSON pointers in the file's tree: `/SegmentSequence/0/SegmentDescription`. Their kinds are those of
        `annoconv.documents.losses.report`.
    """
    anew = {place: why for place, why in _MADE_ANEW.items() if place not in edited} if is_own(file.header) else {}
    left_out = _ENCODING | anew
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = tree_of(_written_again(file, case, labels), left_out)
        stated = tree_of(file.header, left_out, written)
        examples = [_item(each, file.pixels.encoding) for each in file.table.examples]
        (groups,) = written[_FRAMES]
        frames = _together(tree_of(each, left_out, groups, f"{_FRAMES}/") for each in examples)
    original = stated | ({_FRAMES: [frames]} if frames else {})
    background: dict[Path, Reason] = {
        ("SegmentSequence", place): Message(_BACKGROUND)
        for place, each in enumerate(file.header.get("SegmentSequence") or [])
        if file.kind is Kind.LABELMAP and int(each.get("SegmentNumber") or 0) in {0} | backgrounds_of(file.header)
    }
    again = within(written, original)
    told = report(original, again, _REASONS, case_index=case_index, unwritten=background).losses
    return [*told, *_absent(file.header, case_index)]


def _absent(header: Dataset, case_index: int) -> Iterator[Loss]:
    """Yield what segments lack and the case says all the same."""
    for place, segment in enumerate(header.get("SegmentSequence") or []):
        for keyword, message in _ABSENT.items():
            if not segment.get(keyword):
                yield Loss(case_index, f"/SegmentSequence/{place}/{keyword}", LossKind.APPROXIMATED, message)


def _item(data: bytes, encoding: Any) -> Dataset:
    return read_dataset(BytesIO(data), encoding.is_implicit, not encoding.is_big_endian)


def _written_again(file: SegmentationFile, case: Case, labels: Labels) -> Dataset:
    """Return the header, with the groups of one frame, that the writer makes of the case.

    Segments stand where the file has them, so that they are compared with their own.
    """
    image = case.image
    grid = Grid.from_image(image)
    position = None if grid.lps_from_ijk is None else cast("tuple[float, float, float]", tuple(map(float, grid.origin)))
    identity = SliceIdentity("1.2", "1.2.3", None, file.path, position)
    source = cast(
        "ImageSource",
        _Source(
            image.uid,
            image.study_instance_uid or "",
            image.frame_of_reference_uid or "",
            grid,
            [identity],
            [Dataset()],
        ),
    )
    planes = PlaneStack(source)
    if file.header.get("TotalPixelMatrixColumns") is not None:
        planes.tiles = [Tile(0, 0, 1)]
    numbered = dict(zip(annotation_ids(file.segments), file.segments, strict=True))
    masks = [each for each in case.annotations if isinstance(each, MaskAnnotation) and each.id in numbered]
    segments = {
        numbered[each.id].number: segment_of(
            numbered[each.id].number if file.kind is Kind.LABELMAP else rank, each, case, image.uid, labels
        )
        for rank, each in enumerate(masks, 1)
    }
    content = Content(
        source=source,
        segments=list(segments.values()),
        metadata=case.metadata,
        at=LONG_AGO,
        settings=Settings(kind=file.kind).told_by(masks),
        patient=patient_of(case, image),
    )
    elements = build_header(content, planes, MapFrames([np.zeros((1, 1), dtype=np.uint8)]), 1)
    if file.kind is Kind.LABELMAP:
        for number in {0} | backgrounds_of(file.header):
            segments.setdefault(number, replace(BACKGROUND, number=number))
    order = [int(each.get("SegmentNumber") or 0) for each in file.header.get("SegmentSequence") or []]
    elements[0x00620002] = sequence(
        0x00620002, *(segments[number].encoded() if number in segments else b"" for number in order)
    )
    elements[0x52009230] = encode_groups([(next(iter(segments), 1), 0)], planes, {})
    return read_dataset(BytesIO(b"".join(elements[tag] for tag in sorted(elements))), False, True)


def _together(frames: Iterable[Tree]) -> Tree:
    """Return what the groups of all frames say, each thing as the first frame has it that says it."""
    together: Tree = {}
    for frame in frames:
        together = _merged(together, frame)
    return together


def _merged(first: Any, other: Any) -> Any:
    if isinstance(first, dict) and isinstance(other, dict):
        return {**other, **{key: _merged(value, other.get(key)) for key, value in first.items()}}
    if isinstance(first, list) and isinstance(other, list):
        return [
            *(_merged(*pair) for pair in zip(first, other, strict=False)),
            *first[len(other) :],
            *other[len(first) :],
        ]
    return first
