"""A function for each converter of ours, with the types of its options; generated, never edited."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from annoconv.casefile import LoadedCase, Reading
from annoconv.loss import LossReport
from annoconv.model import Case
from annoconv.registry.context import Context

__all__: list[str] = [
    "from_coco",
    "from_cvat",
    "from_dicom_seg",
    "from_dicom_sr",
    "from_fhir",
    "from_geojson",
    "from_label_studio",
    "from_labelme",
    "from_nifti",
    "from_pascal_voc",
    "from_yolo",
    "to_coco",
    "to_cvat",
    "to_dicom_seg",
    "to_dicom_sr",
    "to_fhir",
    "to_geojson",
    "to_label_studio",
    "to_nifti",
    "to_yolo",
]

def from_coco(
    sources: Iterable[Path | str] | Path | str,
    *,
    names: str | None = ...,
    ground_truth: Path | str | None = ...,
    maps: Path | str | None = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_cvat(
    sources: Iterable[Path | str] | Path | str,
    *,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_dicom_seg(
    sources: Iterable[Path | str] | Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    label_map: bool = ...,
    allow_gaps: bool = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_dicom_sr(
    sources: Iterable[Path | str] | Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_fhir(
    sources: Iterable[Path | str] | Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    release: Literal['R5', 'R4B'] | None = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_geojson(
    sources: Iterable[Path | str] | Path | str,
    *,
    height: int | None = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_label_studio(
    sources: Iterable[Path | str] | Path | str,
    *,
    predictions: bool = ...,
    config: Path | str | None = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_labelme(
    sources: Iterable[Path | str] | Path | str,
    *,
    instances: bool = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_nifti(
    sources: Iterable[Path | str] | Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    layout: Literal['auto', 'flat', 'nnunet', 'msd', 'bids', 'monai'] = ...,
    form: Literal['agree', 'sform', 'qform'] = ...,
    labels: Path | str | None = ...,
    modality: str | None = ...,
    as_image: bool = ...,
    layers: bool = ...,
    no_place: bool = ...,
    allow_gaps: bool = ...,
    transform: Sequence[Path | str] | Path | str = ...,
    moving: Path | str | None = ...,
    field_frame: Literal['LPS', 'RAS'] | None = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_pascal_voc(
    sources: Iterable[Path | str] | Path | str,
    *,
    zero_based: bool = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def from_yolo(
    sources: Iterable[Path | str] | Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    kind: Literal['auto', 'detect', 'segment', 'pose', 'obb'] = ...,
    context: Context | None = ...,
) -> Iterator[Reading]: ...

def to_coco(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    kind: Literal['auto', 'instances', 'keypoints', 'panoptic', 'captions', 'stuff', 'results'] = ...,
    segmentation: Literal['rle', 'polygon'] = ...,
    axis: Literal['k', 'j', 'i'] = ...,
    annotated_only: bool = ...,
    render: Literal['none', '16', '8'] = ...,
    window: str | None = ...,
    names: Literal['own', 'flat'] = ...,
    skeletons: Path | str | None = ...,
    license: str | None = ...,
    plain: bool = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_cvat(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    plain: bool = ...,
    render: Literal['none', '16', '8'] = ...,
    window: str | None = ...,
    names: Literal['own', 'flat'] = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_dicom_seg(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    type: Literal['binary', 'labelmap', 'fractional'] = ...,
    fractional_type: Literal['probability', 'occupancy'] | None = ...,
    compress: Literal['none', 'deflate', 'rle'] = ...,
    keep_empty_frames: bool = ...,
    resample: Literal['never', 'nearest', 'linear'] = ...,
    allow_gaps: bool = ...,
    plain: bool = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_dicom_sr(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    seg: bool = ...,
    segmentations: Sequence[Path | str] | Path | str = ...,
    in_space: bool = ...,
    viewer: Literal['any', 'ohif'] = ...,
    plain: bool = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_fhir(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    release: Literal['R5', 'R4B'] = ...,
    bundle: Literal['collection', 'transaction', 'document', 'ndjson'] = ...,
    check: bool = ...,
    plain: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_geojson(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    plain: bool = ...,
    render: Literal['none', '16', '8'] = ...,
    window: str | None = ...,
    names: Literal['own', 'flat'] = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_label_studio(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    plain: bool = ...,
    render: Literal['none', '16', '8'] = ...,
    window: str | None = ...,
    names: Literal['own', 'flat'] = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_nifti(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    layout: Literal['flat', 'nnunet', 'msd', 'bids', 'monai'] = ...,
    arrange: Literal['files', 'label-map', '4d'] | None = ...,
    nifti2: bool = ...,
    splits: Path | str | None = ...,
    folds: int = ...,
    suffix: str = ...,
    allow_gaps: bool = ...,
    plain: bool = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...

def to_yolo(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    images: Sequence[Path | str] | Path | str = ...,
    kind: Literal['auto', 'segment', 'detect', 'pose', 'obb'] = ...,
    render: Literal['none', '16', '8'] = ...,
    window: str | None = ...,
    names: Literal['own', 'flat'] = ...,
    all_annotations: bool = ...,
    context: Context | None = ...,
    overwrite: bool = ...,
    as_read: bool = ...,
) -> LossReport: ...
