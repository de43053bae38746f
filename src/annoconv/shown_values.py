"""How stored values become what is seen: rescaling, windows, palettes, MONOCHROME1.

Authority: DICOM PS3.3 C.11.1 (modality LUT), C.11.2.1 (VOI LUT), C.7.6.3.1.2 and C.7.9 (photometric interpretation,
palettes); nifti1.h, `scl_slope`. Headers are told apart by what they can be asked: those of DICOM have `get`, those of
NIfTI `slope` and `intercept`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "PRESETS", "FrameHeaders", "Window", "colours_of", "header_of", "is_inverted", "number_of", "palette_colours",
    "percentile_window", "rescaling_of", "stated_window", "text_of",
]  # fmt: skip


@dataclass(frozen=True)
class Window:
    """What values are shown between black and white.

    Attributes
    ----------
    center, width
        In units of the rescaled values (HU of CT).
    name
        Where it is from, for people: `DICOM`, the name of a preset, `1-99 %`.
    function
        `LINEAR`, `LINEAR_EXACT` or `SIGMOID`, PS3.3 C.11.2.1.2 and C.11.2.1.3.
    """

    center: float
    width: float
    name: str
    function: str = "LINEAR_EXACT"

    @property
    def text(self) -> str:
        """What is said of it: `W 400 L 40 (abdomen)`."""
        return f"W {self.width:.4g} L {self.center:.4g} ({self.name})"

    def shown(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the grey levels of rescaled values, 0 to 255, same shape; what is no number is black."""
        levels = np.asarray(values, dtype=np.float32)
        if self.function == "SIGMOID":
            share = 1 / (1 + np.exp((-4 * (levels - self.center) / self.width).clip(-80, 80)))
        elif self.function == "LINEAR" and self.width > 1:
            share = (levels - (self.center - 0.5)) / (self.width - 1) + 0.5
        elif self.function == "LINEAR":
            share = (levels > self.center - 0.5).astype(np.float32)
        else:
            share = (levels - self.center) / self.width + 0.5
        return np.asarray(np.floor(np.nan_to_num(share).clip(0, 1) * 255 + 0.5), np.uint8)


PRESETS: Final = {
    name: Window(center, width, name)
    for name, center, width in (
        ("abdomen", 40, 400),
        ("bone", 400, 1800),
        ("brain", 40, 80),
        ("lung", -600, 1500),
        ("mediastinum", 50, 350),
        ("liver", 60, 160),
        ("stroke", 35, 40),
    )
}
"""Usual windows of CT, HU."""
_MOST_SAMPLES: Final = 1 << 20
"""Values that percentiles are taken of, evenly among all."""


@runtime_checkable
class FrameHeaders(Protocol):
    """Headers of which those of frames are told with what else their file says of them."""

    def shown(self, index: int, /) -> Any:
        """Return the header of a slice."""
        ...


def header_of(headers: Sequence[Any], index: int) -> Any:
    """Return what the file of a slice says of how its values are shown."""
    return headers.shown(index) if isinstance(headers, FrameHeaders) else headers[index]


def text_of(header: Any, keyword: str) -> str:
    """Return an element of a DICOM header as text, the first of several values; empty without one."""
    value = header.get(keyword) if hasattr(header, "get") else None
    if value is not None and not isinstance(value, str | bytes) and hasattr(value, "append"):
        value = value[0] if len(value) else None
    return "" if value is None else str(value)


def number_of(header: Any, keyword: str, default: float) -> float:
    """Return an element of a DICOM header as a number, the first of several values; the default without one."""
    text = text_of(header, keyword)
    return float(text) if text else default


def rescaling_of(header: Any) -> tuple[float, float] | None:
    """Return slope and intercept of stored values; None if the header does not tell what they mean."""
    if hasattr(header, "get"):
        if text_of(header, "ModalityLUTSequence") or not text_of(header, "RescaleSlope"):
            return None
        return number_of(header, "RescaleSlope", 1.0), number_of(header, "RescaleIntercept", 0.0)
    slope, intercept = getattr(header, "slope", None), getattr(header, "intercept", None)
    return None if slope is None or intercept is None else (float(slope), float(intercept))


def stated_window(header: Any) -> Window | None:
    """Return the first window of a DICOM header, None without one; of values that need a table, there is none."""
    if not hasattr(header, "get") or text_of(header, "ModalityLUTSequence"):
        return None
    width = number_of(header, "WindowWidth", 0.0)
    if not text_of(header, "WindowCenter") or not 0 < width < np.inf:
        return None
    function = text_of(header, "VOILUTFunction") or "LINEAR"
    return Window(number_of(header, "WindowCenter", 0.0), width, "DICOM", function)


def percentile_window(values: NDArray[Any]) -> Window:
    """Return the window from the first to the last percentile of values that are numbers."""
    flat = values.reshape(-1)[:: max(values.size // _MOST_SAMPLES, 1)]
    flat = flat[np.isfinite(flat)] if flat.dtype.kind == "f" else flat
    low, high = np.percentile(flat, (1, 99)).tolist() if flat.size else (0.0, 1.0)
    if low == high:
        low, high = (float(flat.min()), float(flat.max())) if flat.size else (0.0, 1.0)
    return Window((low + high) / 2, (high - low) or 1.0, "1-99 %")


def is_inverted(header: Any) -> bool:
    """Tell whether the least value is white."""
    return text_of(header, "PhotometricInterpretation") == "MONOCHROME1"


def colours_of(plane: NDArray[Any], header: Any) -> NDArray[np.uint8] | None:
    """Return a plane of colours, shape (row, column, 3), red, green, blue of 8 bits; None of grey values."""
    if plane.ndim == 2:
        kind = text_of(header, "PhotometricInterpretation")
        return palette_colours(plane, header) if kind == "PALETTE COLOR" else None
    if plane.shape[2] < 3:
        return None
    samples = plane[..., :3]
    if samples.dtype == np.uint8:
        return np.ascontiguousarray(samples)
    bits = int(number_of(header, "BitsStored", 8 * samples.dtype.itemsize))
    return np.ascontiguousarray((samples.astype(np.int64) >> max(bits - 8, 0)).clip(0, 255).astype(np.uint8))


def palette_colours(plane: NDArray[Any], header: Any) -> NDArray[np.uint8] | None:
    """Return the colours that pixels are indices of, shape (row, column, 3); None if the palette cannot be read."""
    channels = [_looked_up(plane, header, colour) for colour in ("Red", "Green", "Blue")]
    told = [each for each in channels if each is not None]
    return np.ascontiguousarray(np.stack(told, axis=-1)) if len(told) == len(channels) else None


def _looked_up(plane: NDArray[Any], header: Any, colour: str) -> NDArray[np.uint8] | None:
    """Return one colour of the pixels, 8 bits; None if its table is not there or not whole."""
    described: Sequence[Any] | None = header.get(f"{colour}PaletteColorLookupTableDescriptor")
    data: Any = header.get(f"{colour}PaletteColorLookupTableData")
    if described is None or len(described) != 3 or not isinstance(data, bytes):
        return None
    count, first, bits = int(described[0]) or 1 << 16, int(described[1]), int(described[2])
    if bits not in {8, 16} or len(data) < count * bits // 8:
        return None
    table = np.frombuffer(data[: count * bits // 8], np.uint8)
    table = table[1::2] if bits == 16 else table  # the higher byte of each
    return np.asarray(table[np.clip(plane.astype(np.int64) - first, 0, count - 1)])
