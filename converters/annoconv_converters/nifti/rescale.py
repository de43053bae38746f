"""Values of an image: what its files store, with the slope and intercept of each slice applied.

Authority: DICOM PS3.3 C.7.6.16.2.9 (pixel value transformation), C.11.1 (modality LUT); nifti1.h, `scl_slope`.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pydicom

from annoconv.advice import CORRECT_FILE
from annoconv.errors import ImageError
from annoconv.messages import Message
from annoconv.volumes.nifti import NiftiHeader
from annoconv_converters._dicom.file import DAMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.images import ImageSource

__all__ = ["rescaled"]

_INTEGERS: Final = tuple(np.dtype(code) for code in ("u1", "i2", "u2", "i4", "u4"))
"""In the order in which the smallest is chosen."""
_GROUPS: Final = [
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "RescaleSlope",
    "RescaleIntercept",
]


def rescaled(source: ImageSource) -> NDArray[Any]:
    """Return an image's values, shape (k, j, i): integers where they stay whole, else float32.

    Raises
    ------
    ImageError
        If it has colour, or its values are not finite or do not fit 32 bits.
    """
    stored = source.read()
    if stored.ndim != 3:
        raise ImageError(
            "a colour image has no place in a volume of values",
            source=source.path,
            found=list(stored.shape),
            expected="one value a voxel",
            advice="Name another image with --images",
        )
    scales = _scales(source)
    if len(scales) != stored.shape[0]:
        raise ImageError(
            "the image has not one header a slice",
            source=source.path,
            found=len(scales),
            expected=stored.shape[0],
            advice=CORRECT_FILE,
        )
    if all(scale == (1, 0) for scale in scales):
        return stored if stored.dtype in _INTEGERS or stored.dtype.kind == "f" else _fitted(stored, source)
    if stored.dtype.kind in "iu" and all(slope.is_integer() and start.is_integer() for slope, start in scales):
        whole = np.empty(stored.shape, dtype=np.int64)
        for k, (slope, intercept) in enumerate(scales):
            np.multiply(stored[k], int(slope), out=whole[k], dtype=np.int64, casting="unsafe")
            whole[k] += int(intercept)
        return _fitted(whole, source)
    values = np.empty(stored.shape, dtype=np.float32)
    for k, (slope, intercept) in enumerate(scales):
        values[k] = stored[k] * slope + intercept
    if not np.isfinite(values).all():
        raise ImageError(
            "rescaled values are not finite numbers",
            source=source.path,
            found=Message("values that are not finite"),
            expected="finite numbers",
            advice="Correct RescaleSlope and RescaleIntercept of the series",
        )
    return values


def _scales(source: ImageSource) -> list[tuple[float, float]]:
    """Return slope and intercept of each slice."""
    headers = source.headers
    if not headers or headers[0] is None:
        return [(1.0, 0.0)] * len(source.slices)
    if isinstance(headers[0], NiftiHeader):
        return [(headers[0].slope, headers[0].intercept)] * len(source.slices)
    groups: dict[Path, pydicom.Dataset] = {}
    found: list[tuple[float, float]] = []
    for header, each in zip(headers, source.slices, strict=True):
        if each.frame is None:
            found.append(_scale([header], each.path))
            continue
        if each.path not in groups:
            groups[each.path] = _read_groups(each.path)
        dataset = groups[each.path]
        per_frame, shared = (dataset.get(name) or [] for name in reversed(_GROUPS[:2]))
        items = (*per_frame[each.frame - 1 : each.frame], *shared[:1])
        inner = [step for item in items for step in (item.get("PixelValueTransformationSequence") or [])]
        found.append(_scale([*inner, dataset], each.path))
    return found


def _read_groups(path: Path) -> pydicom.Dataset:
    """Return a multi-frame file's functional groups; the series reader has found it to be one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_GROUPS)
    except DAMAGE as error:
        raise ImageError(
            "the functional groups cannot be read",
            source=path,
            found=f"{type(error).__name__}: {error}"[:100],
            expected="functional groups of a multi-frame image",
            advice=CORRECT_FILE,
        ) from error


def _scale(places: list[Any], path: Path) -> tuple[float, float]:
    """Return the first slope and intercept that are stated."""
    for place in places:
        slope, intercept = place.get("RescaleSlope"), place.get("RescaleIntercept")
        if slope is not None and intercept is not None:
            try:
                numbers = float(slope), float(intercept)
            except (TypeError, ValueError):
                numbers = math.nan, math.nan
            if not all(map(math.isfinite, numbers)):
                raise ImageError(
                    "the rescaling is damaged",
                    source=path,
                    where="RescaleSlope",
                    found=f"{slope}, {intercept}"[:80],
                    expected="two finite numbers",
                    advice="Correct RescaleSlope and RescaleIntercept of the series",
                )
            return numbers
    return 1.0, 0.0


def _fitted(values: NDArray[Any], source: ImageSource) -> NDArray[Any]:
    """Return integers in the smallest type that holds them; CT keeps int16 where it needs no more."""
    least, most = int(values.min()), int(values.max())
    for dtype in _INTEGERS[1:]:
        limits = np.iinfo(dtype)
        if limits.min <= least and most <= limits.max:
            return values.astype(dtype)
    raise ImageError(
        "the values do not fit 32 bits",
        source=source.path,
        found=Message("{least} to {most}", least=least, most=most),
        expected="-2147483648 to 4294967295",
        advice="Correct RescaleSlope and RescaleIntercept of the series",
    )
