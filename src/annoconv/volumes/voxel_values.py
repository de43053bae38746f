"""What a volume of masks may hold: whole numbers from 0, or fractions from 0 to 1, in types that readers know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.advice import at_most, at_most_bytes, in_bytes
from annoconv.errors import LimitError, MaskError
from annoconv.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["as_labels", "check_held", "smallest_dtype", "smallest_labels"]

_LABEL_DTYPES = tuple(np.dtype(code) for code in ("u1", "i2", "u2", "i4", "u4"))
"""In the order in which the smallest is chosen; what NIfTI readers know best comes first."""

_ROUNDING = 1e-6
"""How far a fraction may lie above 1, because a NIfTI header scales by a float32."""


def as_labels(values: NDArray[Any], path: Path | None) -> NDArray[Any]:
    """Return stored values read-only as bool, unsigned integers, or floats from 0 to 1; MaskError for the rest."""
    if values.dtype.kind == "f":
        values = _whole_or_fractions(values, path)
    elif values.dtype.kind == "i":
        if values.size and (least := int(values.min())) < 0:
            raise MaskError(
                "labels are not negative",
                source=path,
                found=least,
                expected="0 for background, then 1 ...",
                advice="Give what is negative a label of its own; an image is named with --images",
            )
        values = values.view(values.dtype.str.replace("i", "u"))
    elif values.dtype.kind not in "bu":
        raise MaskError(
            "voxels of this type are no labels",
            source=path,
            found=values.dtype,
            expected="whole numbers from 0, or numbers from 0 to 1",
            advice="Save labels as whole numbers, without colours",
        )
    values = values.view()
    values.flags.writeable = False
    return values


def _whole_or_fractions(values: NDArray[Any], path: Path | None) -> NDArray[Any]:
    least, most = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    problem, found = "", Message("values from {least:g} to {most:g}", least=least, most=most)
    if not (least >= 0 and most <= 2**53):  # NaN fails too
        problem = "not labels, nor fractions from 0 to 1"
    else:
        whole = values.astype(np.min_scalar_type(int(most)))
        if np.array_equal(whole, values):
            return whole
        if most <= 1 + _ROUNDING:
            return np.asarray(np.minimum(values, 1))
        broken = float(values[whole != values][0])
        problem = "labels are whole numbers, fractions lie from 0 to 1"
        found = Message("{broken:.9g} among values up to {most:.9g}", broken=broken, most=most)
    expected = "only whole numbers from 0, or only values from 0 to 1"
    advice = "Round labels to whole numbers and save them as integers; divide percentages by 100"
    raise MaskError(problem, source=path, found=found, expected=expected, advice=advice)


def check_held(size: int, path: Path | None, limits: Limits) -> None:
    """Raise LimitError if a volume of so many bytes is too large to be held in memory."""
    if size > limits.volume_bytes:
        raise LimitError(
            "the volume is too large to be held in memory",
            source=path,
            found=in_bytes(size),
            expected=at_most_bytes(limits.volume_bytes),
            limit="volume_bytes",
        )


def smallest_labels(labels_kji: NDArray[Any], path: Path | None = None) -> NDArray[Any]:
    """Return labels in the smallest of uint8, int16, uint16, int32, uint32 that holds them, fractions as float32."""
    labels_kji = as_labels(labels_kji, path)
    if labels_kji.dtype.kind == "f":
        return labels_kji.astype(np.float32)
    return labels_kji.astype(smallest_dtype(int(labels_kji.max(initial=0)), path), copy=False)


def smallest_dtype(largest: int, path: Path | None = None) -> np.dtype[Any]:
    """Return the smallest of uint8, int16, uint16, int32, uint32 that holds labels up to the largest."""
    fitting = [dtype for dtype in _LABEL_DTYPES if largest <= np.iinfo(dtype).max]
    if not fitting:
        raise MaskError(
            "a label does not fit 32 bits",
            source=path,
            found=largest,
            expected=at_most(0xFFFFFFFF),
            advice="Number the labels anew from 1",
        )
    return fitting[0]
