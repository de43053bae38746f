"""Whether the values of a series are valid: rescaling, Hounsfield units, lost signal, bias field (A 7.2 f)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.messages import Message
from annoconv_converters.check_images.attributes import among, at, groups_of, is_ungrouped, parted, several
from annoconv_converters.check_images.classes import MODALITIES, ROOT
from annoconv_converters.check_images.description import Series, Slice, numbers_of
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from annoconv_converters.check_images.description import SlicePixels

__all__ = [
    "bias_factor",
    "bias_field",
    "dropout",
    "hu_range",
    "pixels_differ",
    "pixels_undecodable",
    "rescale_differs",
    "rescale_invalid",
    "rescale_missing",
    "rescale_of",
    "rescale_of_each",
    "unit_of_values",
]

_RESCALED: Final = {"CT": "HU", "PT": "BQML"}
"""Modalities whose slices must say how they are rescaled (PS3.3 C.8.2.1.1, C.8.9.1), and into what."""
_CLASSES: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("2", "2.1", "2.2", "128", "128.1", "130")
)
_TAGS: Final = {"RescaleSlope": "(0028,1053)", "RescaleIntercept": "(0028,1052)"}
_LEAST_PIXELS: Final = 200
"""Blocks of tissue that a bias field is fitted to at least."""


def rescale_of(one: Slice) -> tuple[float, float] | None:
    """Return slope and intercept of a slice; None where one is absent or none."""
    slope, intercept = (one.number(name) for name in _TAGS)
    is_usable = slope is not None and intercept is not None and math.isfinite(slope * intercept) and slope != 0
    return (slope, intercept) if is_usable and slope is not None and intercept is not None else None


@check("A-7.2a.pixels_undecodable", "series")
def pixels_undecodable(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each image whose pixels cannot be decoded."""
    bad = {one: kept.problem for one, kept in _kept(series).items() if kept.problem is not None}
    if bad:
        problem = next(iter(bad.values())).problem
        yield several(series, [*bad], problem=getattr(problem, "values", {}).get("reason", problem))


def _kept(series: Series) -> Mapping[Slice, SlicePixels]:
    return {} if series.pixels is None else series.pixels()


def _decoded(series: Series) -> list[tuple[Slice, SlicePixels]]:
    """Return what the pixels of each slice say, in the order of the stack, those left out that cannot be decoded."""
    found = [(one, kept) for one, kept in _kept(series).items() if kept.problem is None]
    return sorted(found, key=lambda each: (series.k_of.get(each[0], len(found)), each[0].frame or 0))


@check("A-7.2f.rescale_missing", "series")
def rescale_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series of CT or PET of which slices lack slope or intercept."""
    bound = [each for each in series.slices if _must_be_rescaled(each)]
    for keyword, tag in _TAGS.items():
        lacking = [each for each in bound if not each.text.get(keyword)]
        if lacking:
            name = MODALITIES[lacking[0].sop_class_uid.removeprefix(ROOT)][0]
            unit = lacking[0].text.get("Units") or _RESCALED[name]
            yield among(series, lacking, keyword=keyword, tag=tag, modality=name, unit=unit)
            return


def _must_be_rescaled(one: Slice) -> bool:
    """Tell whether a slice is of a class that states it, and does so in a place that is there."""
    return one.sop_class_uid in _CLASSES and not _is_derived_map(one) and not is_ungrouped(one)


def _is_derived_map(one: Slice) -> bool:
    """Tell whether an enhanced image has no values of its own: a localizer or a map (PS3.3 C.8.15.3.10)."""
    return bool(one.frame is not None and "DERIVED" in one.text.get("ImageType", ""))


@check("A-7.2f.rescale_invalid", "series")
def rescale_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield slices whose slope is 0, or whose slope or intercept is no number."""
    for keyword, tag in _TAGS.items():
        bad = [each for each in series.slices if each.text.get(keyword) and not _is_usable(each, keyword)]
        if bad:
            first = min(bad, key=lambda each: series.k_of.get(each, 0))
            yield among(series, bad, keyword=keyword, tag=tag, found=first.text[keyword])


def _is_usable(one: Slice, keyword: str) -> bool:
    values = numbers_of(one.text.get(keyword, ""))
    return len(values) == 1 and math.isfinite(values[0]) and (values[0] != 0 or keyword == "RescaleIntercept")


@check("A-7.2f.rescale_differs", "series")
def rescale_differs(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice of a CT that is rescaled otherwise."""
    if series.modality != "CT":
        return
    expected, count, odd = parted(series, rescale_of)
    for group in groups_of(odd, rescale_of):
        pairs = {"found": rescale_of(group[0]), "expected": expected}
        told = {name: "{:g}, {:g}".format(*pair) for name, pair in pairs.items() if pair is not None}
        yield several(series, group, count=count, all=len(series.slices), **told)


@check("A-7.2f.rescale_of_each", "series")
def rescale_of_each(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield an MR series whose slices are rescaled by several slopes or intercepts; by none is by 1 and 0.

    Those of PET each have a slope of their own, as the standard has it (PS3.3 C.8.9.4); of several volumes each may.
    """
    if series.modality != "MR" or _is_of_volumes(series):
        return
    expected, _count, odd = parted(series, _applied)
    if odd and expected is not None:
        first = min(odd, key=lambda each: series.k_of.get(each, 0))
        told = {"found": "{:g}, {:g}".format(*_applied(first)), "expected": "{:g}, {:g}".format(*expected)}
        yield among(series, odd, **told)


def _applied(one: Slice) -> tuple[float, float]:
    """Return by what the stored values of a slice are rescaled: without slope and intercept, by 1 and 0."""
    return rescale_of(one) or (1.0, 0.0)


def _is_of_volumes(series: Series) -> bool:
    """Tell whether a series holds several volumes, of which each is rescaled in its own way."""
    return series.stack is not None and series.stack.several > 1


@check("A-7.2f.unit_of_values", "series")
def unit_of_values(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield CT slices whose values are in another unit than HU, as they say (PS3.3 C.11.1.1.2)."""
    odd = [each for each in series.slices if not _is_of_hounsfield(each)]
    if series.modality == "CT" and odd:
        first = min(odd, key=lambda each: series.k_of.get(each, 0))
        yield among(series, odd, found=first.text["RescaleType"])


def _is_of_hounsfield(one: Slice) -> bool:
    return one.text.get("RescaleType", "") in {"", "HU"}


@check("A-7.2f.pixels_differ", "series")
def pixels_differ(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice that is inverted against the others, or in colour among grey ones."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(series, _photometry)
    for group in groups_of(odd, _photometry):
        told = {"found": _photometry(group[0]), "expected": expected, "count": count}
        yield several(series, group, all=len(series.slices), **told)


def _photometry(one: Slice) -> str | None:
    """Return how the pixels of a slice are to be shown; every kind of colour is one."""
    stated = one.text.get("PhotometricInterpretation")
    is_colour = stated and not stated.startswith("MONOCHROME")
    return None if not stated else "colour" if is_colour else stated


@check("A-7.2f.hu_range", "series")
def hu_range(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield a CT whose values cannot be Hounsfield units."""
    rescale, _, _ = parted(series, rescale_of)
    usable = [kept for one, kept in _decoded(series) if rescale_of(one) == rescale and _is_of_hounsfield(one)]
    if series.modality != "CT" or not isinstance(rescale, tuple) or not usable or series.is_localizer:
        return
    slope, intercept = rescale
    ends = [value * slope + intercept for value in (min(k.low for k in usable), max(k.high for k in usable))]
    low, high = min(ends), max(ends)
    expected: Message | None = None
    if low > numbers["highest_minimum"]:
        expected = Message("no value is below {bound:g}, as air and fat are", bound=numbers["highest_minimum"])
    elif high < numbers["lowest_maximum"]:
        expected = Message("no value is above {bound:g}, as water is", bound=numbers["lowest_maximum"])
    elif low < numbers["lowest_minimum"] or high > numbers["highest_maximum"]:
        bounds = {"low": numbers["lowest_minimum"], "high": numbers["highest_maximum"]}
        expected = Message("values are from {low:g} to {high:g}", **bounds)
    if expected is not None and high > low:
        yield Fault(series.path, series.steps(), {"low": f"{low:g}", "high": f"{high:g}", "expected": expected})


@check("A-7.2f.dropout", "series")
def dropout(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice without any signal, and each with much less than the ones on both sides."""
    rescaled = [each for each in series.slices if rescale_of(each) is not None]
    left_out = {*series.slices} - {*rescaled} if rescaled else set()
    left_out |= {*parted(series, _photometry)[2]}
    if series.modality == "CT":
        left_out |= {*parted(series, rescale_of)[2]}
    found = [(one, kept) for one, kept in _decoded(series) if one not in left_out]
    if len(found) < 2 or (series.stack is None and any(one.frame is None for one, _ in found)):
        return
    if series.stack is not None and series.stack.several > 1:
        return
    signal = np.array([(kept.bright - kept.low) * abs((rescale_of(one) or (1.0, 0.0))[0]) for one, kept in found])
    flat = [kept.high == kept.low for _, kept in found]
    for n, (one, _) in enumerate(found):
        near = [signal[m] for m in (n - 1, n + 1) if 0 <= m < len(found)]
        is_weak = len(near) == 2 and signal[n] < numbers["share"] * min(near) and not (flat[n - 1] or flat[n + 1])
        if (flat[n] and not all(flat)) or is_weak:
            told = {"found": f"{signal[n]:.4g}", "expected": f"{float(np.mean(near)):.4g}"}
            yield at(series, one, **({"slice": one.frame} if one.frame is not None else {}) | told)


@check("A-7.2f.bias_field", "series")
def bias_field(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield an MR series whose tissue changes its signal smoothly by a large factor across the field of view."""
    if series.modality != "MR":
        return
    pictures = [kept.thumbnail for _, kept in _decoded(series)]
    if not pictures or len({each.shape for each in pictures}) != 1:
        return
    factor = bias_factor(np.stack(pictures))
    if factor > numbers["largest_factor"]:
        expected = f"{numbers['largest_factor']:g}"
        yield Fault(series.path, series.steps(), {"found": f"{factor:.3g}", "expected": expected})


def bias_factor(volume_kji: NDArray[np.float32]) -> float:
    """Return by which factor a smooth field changes the signal of tissue: a quadratic fitted to its logarithm.

    The field is taken where there is tissue (above a quarter of the 98th percentile): its 95th by its 5th percentile.
    """
    bright = float(np.percentile(volume_kji, 98))
    tissue = np.argwhere(volume_kji > bright / 4)
    if len(tissue) < _LEAST_PIXELS or bright <= 0:
        return 1.0
    place = (tissue - tissue.mean(axis=0)) / np.maximum(tissue.std(axis=0), 1e-6)
    k, j, i = place.T
    terms = np.stack([np.ones(len(place)), k, j, i, k * k, j * j, i * i, k * j, k * i, j * i], axis=1)
    logarithm = np.log(volume_kji[tuple(tissue.T)])
    weights = np.linalg.lstsq(terms, logarithm, rcond=None)[0]
    low, high = np.percentile(terms @ weights, [5, 95])
    return float(np.exp(high - low))
