"""Cases as data scientists take them: a table of annotations, a sequence of samples, dictionaries of MONAI.

Nothing here imports torch or MONAI. Arrays are C-order `kji` (slice, row, column), values are rescaled (HU of CT);
MONAI's dictionaries alone have its own order, (channel, i, j, k), and its RAS affine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast, overload

import numpy as np

from annoconv.advice import nearest
from annoconv.casefile import LoadedCase, Reading, beside_masks, read_cases
from annoconv.casefile.left_out import is_there
from annoconv.casefile.loaded import as_loaded, every_case
from annoconv.codes import built_in_labels
from annoconv.documents import strict_json
from annoconv.errors import ImageError, UsageError
from annoconv.files.inputs import paths_of
from annoconv.geometry import Grid, apply_relation, compare_grids, ras_from_lps
from annoconv.limits import Limits
from annoconv.messages import Message, listed
from annoconv.model import Case, MaskAnnotation
from annoconv.report.sources import Sources
from annoconv.shown_values import rescaling_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.model import AnyAnnotation
    from annoconv.pixels import Masks
    from annoconv.report.sources import Pixels

__all__ = ["Dataset", "Given", "Sample", "to_monai", "to_pandas"]

Given: TypeAlias = LoadedCase | Reading | Case | Path | str | Iterable[LoadedCase | Reading | Path | str]
"""Cases, or the files and folders that hold them; one or several."""

_AXES: Final = ("x_min", "y_min", "z_min", "x_max", "y_max", "z_max")
_TEXT, _WHOLE, _REAL = "string", "int64", "double"
_COLUMNS: Final = {
    "case_id": _TEXT, "task_id": _TEXT, "patient_id": _TEXT, "split": _TEXT, "image_uid": _TEXT, "modality": _TEXT,
    "annotation_id": _TEXT, "type": _TEXT, "category": _TEXT, "label_code": _TEXT, "status": _TEXT, "annotator": _TEXT,
    "confidence": _REAL, "slice_index": _WHOLE, "frame_index": _WHOLE, **dict.fromkeys(_AXES, _REAL),
    "mask_file": _TEXT, "mask_value": _WHOLE, "voxels": _WHOLE, "attributes": _TEXT,
}  # fmt: skip
"""Columns of the table of annotations, and their types in Arrow."""


def to_pandas(cases: Given, *, voxels: bool = False) -> Any:
    """Return the annotations of cases as a `pandas.DataFrame`, one a row, its columns of Arrow's types.

    Parameters
    ----------
    cases
        Cases, or files and folders of cases.
    voxels
        Whether the voxels of masks are counted, for which every mask is read.

    Returns
    -------
    pandas.DataFrame
        What an annotation has not is missing (`pandas.NA`). Boxes stand in continuous pixels or voxels, minima first;
        `attributes` is JSON.

    Raises
    ------
    UsageError
        If pandas or pyarrow is not installed.
    """
    try:
        pd: Any = import_module("pandas")
        pa: Any = import_module("pyarrow")
    except ImportError as error:
        raise UsageError(
            "a table needs pandas and pyarrow",
            found=str(error),
            expected="both installed",
            advice="pip install annoconv[pandas]",
        ) from error
    rows = [_row(loaded, each, voxels) for loaded in _cases_of(cases) for each in loaded.case.annotations]
    columns: dict[str, Any] = {}
    for name, kind in _COLUMNS.items():
        values = pa.array([row.get(name) for row in rows], type=pa.type_for_alias(kind))
        columns[name] = pd.Series(pd.arrays.ArrowExtensionArray(values), name=name)
    return pd.DataFrame(columns)


def _row(loaded: LoadedCase, annotation: AnyAnnotation, voxels: bool) -> dict[str, Any]:
    case = loaded.case
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    uid = annotation.image_uid or case.image.uid
    image = images.get(uid)
    row: dict[str, Any] = {
        "case_id": case.case_id,
        "task_id": case.task_id,
        "patient_id": case.patient_id,
        "split": None if case.split is None else str(case.split),
        "image_uid": uid,
        "modality": None if image is None else image.modality.value,
        "annotation_id": annotation.id,
        "type": annotation.type,
        "category": annotation.category.value,
        "label_code": annotation.label_code,
        "status": None if annotation.status is None else annotation.status.value,
        "annotator": annotation.annotator or case.metadata.annotator,
        "confidence": None if annotation.confidence is None else float(annotation.confidence),
        "slice_index": annotation.slice_index,
        "frame_index": annotation.frame_index,
    }
    box = getattr(annotation, "bbox", None)
    if box is not None:
        axes = _AXES if len(box) == len(_AXES) else [name for name in _AXES if name[0] != "z"]
        row |= zip(axes, map(float, box), strict=True)
    attributes = getattr(annotation, "attributes", None)
    if attributes:
        row["attributes"] = strict_json.dumps(attributes).decode().strip()
    if isinstance(annotation, MaskAnnotation):
        row |= {"mask_file": annotation.mask_file, "mask_value": annotation.mask_value}
        if voxels and annotation.id in loaded.masks:
            row["voxels"] = int(np.count_nonzero(loaded.masks[annotation.id].read()))
    return row


def _cases_of(given: Given) -> Iterator[LoadedCase]:
    """Yield cases that are given in any way."""
    if isinstance(given, Path | str):
        yield from read_cases(given)
        return
    for each in every_case(cast("LoadedCase", given)):
        if isinstance(each, Path | str):
            yield from read_cases(each)
        else:
            yield as_loaded(_loaded(each))


def _loaded(given: Any) -> LoadedCase | Reading:
    if isinstance(given, Case):
        return LoadedCase(given)
    if isinstance(given, LoadedCase | Reading):
        return given
    raise UsageError(
        "this is no case with its masks",
        found=type(given).__name__,
        expected="LoadedCase, Reading, Case, or the path of a case",
        advice="Take what read_case gives, or LoadedCase(case, masks)",
    )


class Sample(NamedTuple):
    """One case as arrays.

    Attributes
    ----------
    image
        Shape (slice, row, column) or (slice, row, column, sample): rescaled values, float32; colours as stored.
    masks
        Shape (mask, slice, row, column), bool or fractions: the masks on this image, on its grid, in the case's order;
        those of a data set with labels are one for each label, all voxels of it, empty where the case has none.
    labels
        The label code of each mask.
    """

    image: NDArray[Any]
    masks: NDArray[Any]
    labels: tuple[str, ...]


class Dataset(Sequence[Sample]):
    """Cases as a sequence of samples, each read when it is asked for: what `torch.utils.data.DataLoader` takes.

    Parameters
    ----------
    cases
        Cases, or files and folders of cases.
    images
        Files and folders in which the images of the cases are found by their UIDs.
    labels
        Codes of the labels that are wanted, in this order; all masks if empty.

    Raises
    ------
    UsageError
        If a label is in no case and is none of the built-in ones.
    ImageError
        When a sample is asked for whose image is not there or not the case's.
    """

    def __init__(
        self,
        cases: Given,
        *,
        images: Sequence[Path | str] | Path | str,
        labels: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        if isinstance(labels, str):
            raise UsageError(
                "labels are a list of codes",
                found=type(labels).__name__,
                expected="a list or tuple",
                advice=Message("Give [{code!r}]", code=labels),
            )
        self._cases = [*_cases_of(cases)]
        self._labels = tuple(labels)
        _check_labels(self._labels, self._cases)
        self._sources = Sources(paths_of(images), limits or Limits())

    @property
    def cases(self) -> Sequence[LoadedCase]:
        """The cases, in the order of the samples."""
        return tuple(self._cases)

    def __len__(self) -> int:
        return len(self._cases)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        """Return a sample by its position, or a list of them."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        loaded = self._cases[index]
        pixels = self._pixels(loaded)
        values = _values(pixels)
        wanted = [
            each
            for each in _masks(loaded)
            if (each.image_uid or loaded.case.image.uid) == loaded.case.image.uid
            and (not self._labels or each.label_code in self._labels)
        ]
        masks = [(each.label_code, _on_grid(loaded, each.id, pixels.grid)) for each in wanted]
        nowhere = np.zeros(pixels.grid.shape_kji, bool)
        if self._labels:
            masks = [
                (label, reduce(np.maximum, (mask for code, mask in masks if code == label), nowhere))
                for label in self._labels
            ]
        stacked = np.stack([mask for _, mask in masks]) if masks else np.zeros((0, *nowhere.shape), bool)
        return Sample(values, stacked, tuple(code for code, _ in masks))

    def __iter__(self) -> Iterator[Sample]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"Dataset({len(self)} cases)"

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process makes it of: a case of a file is opened there again."""
        stored = [
            (each.case, each.masks, None) if each.path is None else (each.case, None, each.path.absolute())
            for each in self._cases
        ]
        return self.__dict__ | {"_cases": stored}

    def __setstate__(self, state: dict[str, Any]) -> None:
        stored: list[tuple[Case, Masks | None, Path | None]] = state.pop("_cases")
        self.__dict__.update(state)
        self._cases = [
            LoadedCase(case, masks) if path is None else beside_masks(case, path) for case, masks, path in stored
        ]

    def _pixels(self, loaded: LoadedCase) -> Pixels:
        found = self._sources.of(loaded.case.image)
        if found is None and self._sources.paths:
            raise self._sources.none_of([loaded.case.image.uid])
        if found is None:
            raise ImageError(
                "no images were given",
                found=Message("no path"),
                expected=loaded.case.image.uid,
                advice="Name the folder of the images",
            )
        return found

    def monai(self, place: int, labels: Sequence[str], channels: bool) -> dict[str, Any]:
        """Return a sample as `to_monai` has it."""
        loaded = self._cases[place]
        image, masks, codes = self[place]
        grid = self._pixels(loaded).grid
        label: NDArray[Any] = np.zeros((len(labels), *grid.shape_kji), np.uint8)
        for mask_kji, code in zip(masks, codes, strict=True):
            label[labels.index(code)] |= mask_kji > 0.5 if mask_kji.dtype.kind == "f" else mask_kji
        if not channels:
            if (label.sum(axis=0) > 1).any():
                raise UsageError(
                    "masks of several labels overlap",
                    source=loaded.path,
                    found=listed(sorted(set(codes)), 10),
                    expected="no voxel of two labels in one label map",
                    advice="Give channels=True, for one channel a label",
                )
            numbers: NDArray[Any] = np.arange(1, len(labels) + 1, dtype=np.uint8 if len(labels) < 256 else np.uint16)
            label = (label * numbers[:, None, None, None]).max(axis=0, initial=0)[None]
        affine = np.eye(4) if grid.lps_from_ijk is None else ras_from_lps(grid.affine)
        channels_first = np.moveaxis(image, -1, 0) if image.ndim == 4 else image[None]
        about = {"affine": affine, "original_affine": affine, "spatial_shape": np.array(grid.shape)}
        about["filename_or_obj"] = cast("Any", loaded.case.case_id or loaded.case.image.uid)
        return {
            "image": np.ascontiguousarray(channels_first.transpose(0, 3, 2, 1)),
            "label": np.ascontiguousarray(label.transpose(0, 3, 2, 1)),
            "image_meta_dict": about,
            "label_meta_dict": dict(about),
            "label_codes": list(labels),
        }


def to_monai(
    cases: Given,
    *,
    images: Sequence[Path | str] | Path | str,
    labels: Sequence[str] = (),
    channels: bool = False,
    limits: Limits | None = None,
) -> list[dict[str, Any]]:
    """Return cases as the dictionaries of MONAI: `image` and `label` with what `ToMetaTensord` makes tensors of.

    Parameters
    ----------
    cases
        Cases, or files and folders of cases.
    images
        Files and folders in which the images of the cases are found.
    labels
        Codes of the labels, in the order of their numbers from 1; of all masks, sorted, if empty.
    channels
        Whether `label` has a channel of 0 and 1 for each label, so that they may overlap; else it is a label map.
    limits
        Bounds on what is read.

    Returns
    -------
    list of dict
        `image`: shape (channel, i, j, k), rescaled values. `label`: on the same grid. `image_meta_dict` and
        `label_meta_dict`: `affine`, (i, j, k) to RAS in mm. `label_codes`: the label of each number or channel.

    Raises
    ------
    UsageError
        If masks of several labels overlap in a label map.
    """
    dataset = Dataset(cases, images=images, labels=labels, limits=limits)
    wanted = list(labels) or sorted({code for case in dataset.cases for code in _codes(case)})
    return [dataset.monai(place, wanted, channels) for place in range(len(dataset))]


def _check_labels(labels: Sequence[str], cases: Sequence[LoadedCase]) -> None:
    known = {code for loaded in cases for code in _codes(loaded)}
    usual = {each.code for each in built_in_labels()}
    for code in labels:
        if code not in known | usual:
            problem, expected = "no case has a mask of this label", listed(sorted(known))
            raise UsageError(problem, found=code, expected=expected, advice=nearest(code, known))


def _codes(loaded: LoadedCase) -> Iterator[str]:
    return (each.label_code for each in _masks(loaded))


def _masks(loaded: LoadedCase) -> Iterator[MaskAnnotation]:
    """Yield the masks that are findings: not what was superseded or rejected, or is said to be absent."""
    return (each for each in loaded.case.annotations if isinstance(each, MaskAnnotation) and is_there(each))


def _on_grid(loaded: LoadedCase, identity: str, grid: Grid) -> NDArray[Any]:
    if identity not in loaded.masks:
        raise UsageError(
            "the annotation has no mask",
            source=loaded.path,
            where=identity,
            found=Message("no voxels of it"),
            expected="a mask for each annotation of type mask",
            advice="Give its mask too, or leave the annotation out",
        )
    mask = loaded.masks[identity]
    return apply_relation(mask.read(), compare_grids(mask.grid, grid), mask.volume.path)


def _values(pixels: Pixels) -> NDArray[Any]:
    """Return the pixels of an image on the grid of the case, rescaled where its headers tell how."""
    if pixels.source is None:
        return np.asarray(pixels.picture)[None]
    relation = compare_grids(pixels.source.grid, pixels.grid)
    stored = pixels.source.read()
    if stored.ndim == 4:
        return stored
    stored = apply_relation(stored, relation, pixels.source.path)
    scales = [rescaling_of(header) if (header := pixels.header(k)) is not None else None for k in range(len(stored))]
    if all(each is None for each in scales):
        return stored.astype(np.float32)
    slopes, intercepts = np.array([each or (1.0, 0.0) for each in scales], np.float32).T[:, :, None, None]
    return np.asarray(stored.astype(np.float32) * slopes + intercepts)
