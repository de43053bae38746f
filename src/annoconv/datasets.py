"""Cases as programs that learn take them: a sequence of samples, dictionaries of MONAI.

Nothing here imports torch or MONAI. Arrays are C-order `kji` (slice, row, column), values are rescaled (HU of CT);
MONAI's dictionaries alone have its own order, (channel, i, j, k), and its RAS affine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast, overload

import numpy as np

from annoconv.advice import nearest
from annoconv.casefile import LoadedCase, Reading, read_cases
from annoconv.casefile.left_out import is_there
from annoconv.casefile.loaded import as_loaded, every_case
from annoconv.errors import ImageError, UsageError
from annoconv.files.inputs import limits_of, paths_of
from annoconv.geometry import Grid, apply_relation, compare_grids, ras_from_lps
from annoconv.messages import Message, listed
from annoconv.model import Case, MaskAnnotation
from annoconv.report.sources import Sources
from annoconv.shown_values import rescaling_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.limits import Limits
    from annoconv.report.sources import Pixels

__all__ = ["Dataset", "Given", "Sample", "cases_of", "to_monai"]

Given: TypeAlias = LoadedCase | Reading | Case | Path | str | Iterable[LoadedCase | Reading | Path | str]
"""Cases, or the files and folders that hold them; one or several."""


def cases_of(given: Given, limits: Limits | None = None) -> Iterator[LoadedCase]:
    """Yield cases that are given in any way."""
    if isinstance(given, Path | str):
        yield from read_cases(given, limits=limits)
        return
    for each in every_case(cast("LoadedCase", given)):
        if isinstance(each, Path | str):
            yield from read_cases(each, limits=limits)
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
        Shape (mask, slice, row, column), bool or fractions, on the grid of the image: one for each label that was asked
        for, else the masks on this image in the case's order.
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
        Codes of the labels that are wanted. Each sample has one mask for each, in this order: what its masks of this
        label cover, nothing if it has none. All masks, one by one, if empty.
    all_annotations
        Whether masks count too that were superseded or rejected, or say that something is absent.
    limits
        Bounds on what is read.

    Raises
    ------
    UsageError
        If the labels are no list of codes, or one is that of no case and like one that is.
    ImageError
        When a sample is asked for whose image is not there or not the case's.
    """

    def __init__(
        self,
        cases: Given,
        *,
        images: Sequence[Path | str] | Path | str,
        labels: Sequence[str] = (),
        all_annotations: bool = False,
        limits: Limits | None = None,
    ) -> None:
        limits = limits_of(limits)
        self._cases = [*cases_of(cases, limits)]
        self._all_annotations = all_annotations
        self._labels = _checked_labels(labels, self.label_codes)
        self._sources = Sources(paths_of(images), limits)

    @property
    def cases(self) -> Sequence[LoadedCase]:
        """The cases, in the order of the samples."""
        return tuple(self._cases)

    @property
    def label_codes(self) -> list[str]:
        """The codes of all masks that count, sorted."""
        return sorted({each.label_code for loaded in self._cases for each in self._masks_of(loaded)})

    def _masks_of(self, loaded: LoadedCase) -> list[MaskAnnotation]:
        """Return the masks that count: on the case's image, and there."""
        return [
            each
            for each in loaded.case.annotations
            if isinstance(each, MaskAnnotation)
            and each.image_uid in {None, loaded.case.image.uid}
            and (self._all_annotations or is_there(each))
        ]

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
        try:
            loaded = self._cases[index]
        except TypeError as error:
            raise UsageError(
                "a sample is asked for by its position",
                found=type(index).__name__,
                expected=Message("0 to {last}, or a slice", last=len(self) - 1),
                advice="dataset.cases has the cases in the order of the samples",
            ) from error
        pixels = self._pixels(loaded)
        found = self._masks_of(loaded)
        groups = [[each for each in found if each.label_code == code] for code in self._labels]
        masks = [_union(loaded, each, pixels.grid) for each in groups or ([one] for one in found)]
        stacked = np.stack(masks) if masks else np.zeros((0, *pixels.grid.shape_kji), bool)
        return Sample(_values(pixels), stacked, self._labels or tuple(each.label_code for each in found))

    def __iter__(self) -> Iterator[Sample]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"Dataset({len(self)} cases)"

    def _pixels(self, loaded: LoadedCase) -> Pixels:
        found = self._sources.of(loaded.case.image)
        if found is None and self._sources.paths:
            raise self._sources.none_of([loaded.case.image.uid], advice="Name the folder of the images")
        if found is None:
            raise ImageError(
                "no images were given",
                found=Message("no path"),
                expected=loaded.case.image.uid,
                advice="Name the folder of the images",
            )
        return found

    def monai(self, place: int, channels: bool) -> dict[str, Any]:
        """Return a sample as `to_monai` has it; the data set has labels."""
        loaded = self._cases[place]
        image, masks, labels = self[place]
        grid = self._pixels(loaded).grid
        label: NDArray[Any] = (masks > 0.5).astype(np.uint8)
        if not channels:
            if (label.sum(axis=0) > 1).any():
                raise UsageError(
                    "masks of several labels overlap",
                    source=loaded.path,
                    found=listed([code for code, each in zip(labels, label, strict=True) if each.any()], 10),
                    expected="no voxel of two labels in one label map",
                    advice="Give channels=True, for one channel a label",
                )
            numbers: NDArray[Any] = np.arange(1, len(labels) + 1, dtype=np.uint8 if len(labels) < 256 else np.uint16)
            label = (label * numbers[:, None, None, None]).max(axis=0, initial=0)[None]
        affine = np.eye(4) if grid.lps_from_ijk is None else ras_from_lps(grid.affine)
        channels_first = np.moveaxis(image, -1, 0) if image.ndim == 4 else image[None]
        about: dict[str, Any] = {
            "affine": affine,
            "original_affine": affine,
            "spatial_shape": np.array(grid.shape),
            "space": "RAS",
            "filename_or_obj": loaded.case.case_id or loaded.case.image.uid,
        }
        return {
            "image": np.ascontiguousarray(channels_first.transpose(0, 3, 2, 1)),
            "label": np.ascontiguousarray(label.transpose(0, 3, 2, 1)),
            "image_meta_dict": {key: copy(each) for key, each in about.items()},
            "label_meta_dict": {key: copy(each) for key, each in about.items()},
            "label_codes": list(labels),
        }


def to_monai(
    cases: Given,
    *,
    images: Sequence[Path | str] | Path | str,
    labels: Sequence[str] = (),
    channels: bool = False,
    all_annotations: bool = False,
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
    all_annotations
        Whether masks count too that were superseded or rejected, or say that something is absent.
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
        If masks of several labels overlap in a label map, or as `Dataset` says.
    """
    given: dict[str, Any] = {"images": images, "all_annotations": all_annotations, "limits": limits}
    dataset = Dataset(cases, labels=labels, **given)
    if not labels:
        dataset = Dataset(dataset.cases, labels=dataset.label_codes, **given)
    return [dataset.monai(place, channels) for place in range(len(dataset))]


def _checked_labels(labels: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that are asked for; UsageError if they are none, or one is a slip."""
    given = cast("Sequence[object]", labels)
    if not isinstance(labels, list | tuple) or not all(isinstance(each, str) for each in given):
        raise UsageError(
            "labels are a list of codes",
            found=type(labels).__name__,
            expected="a list or tuple of texts",
            advice=Message("Give [{code!r}]", code=labels) if isinstance(labels, str) else "Give their codes in order",
        )
    unasked = [code for code in known if code not in labels]
    for place, code in enumerate(labels):
        if code in labels[:place]:
            raise UsageError(
                "a label is asked for twice", found=code, expected="each code once", advice="Leave one of them out"
            )
        if code not in known and get_close_matches(code.casefold(), [one.casefold() for one in unasked], 1):
            raise UsageError(
                "no case has a mask of this label",
                found=code,
                expected=listed(known, 10),
                advice=nearest(code, unasked),
            )
    return tuple(labels)


def _union(loaded: LoadedCase, annotations: Sequence[MaskAnnotation], grid: Grid) -> NDArray[Any]:
    """Return what masks cover together; nothing if there are none."""
    masks = [_on_grid(loaded, each.id, grid) for each in annotations]
    return np.maximum.reduce(masks) if masks else np.zeros(grid.shape_kji, bool)


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
    return apply_relation(mask.read(), compare_grids(mask.grid, grid), mask.volume.path, identity)


def _values(pixels: Pixels) -> NDArray[Any]:
    """Return the pixels of an image on the grid of the case, rescaled where its headers tell how, as an own array."""
    if pixels.source is None:
        picture = np.asarray(pixels.picture)[None]
        return picture.astype(np.float32) if picture.ndim == 3 else picture.copy()
    relation = compare_grids(pixels.source.grid, pixels.grid)
    stored = pixels.source.read()
    if stored.ndim == 4:
        return stored.copy()
    stored = apply_relation(stored, relation, pixels.source.path)
    scales = [rescaling_of(header) if (header := pixels.header(k)) is not None else None for k in range(len(stored))]
    if all(each is None for each in scales):
        return stored.astype(np.float32)
    slopes, intercepts = np.array([each or (1.0, 0.0) for each in scales], np.float32).T[:, :, None, None]
    return np.asarray(stored.astype(np.float32) * slopes + intercepts)
