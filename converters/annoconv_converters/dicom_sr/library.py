"""The image library of a report: what the instances of an image share, and where the first and the last slice lie.

Authority: PS3.16 TID 1600 to 1604.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.geometry import describe_grid
from annoconv.model import Concept
from annoconv_converters._dicom.content import Item, Quantity
from annoconv_converters._dicom.encoding import decimal_string
from annoconv_converters.dicom_sr import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.dicom_sr.series import Series

__all__ = ["library_group"]

_COUNT: Final = Concept(code="{pixels}", scheme="UCUM", meaning="pixels")
_MM: Final = codes.unit_concept("mm")
_COSINE: Final = Concept(code="{-1:1}", scheme="UCUM", meaning="{-1:1}")
_MODALITIES: Final = {
    "CT": "Computed Tomography",
    "MR": "Magnetic Resonance",
    "PT": "Positron emission tomography",
    "NM": "Nuclear Medicine",
    "US": "Ultrasound",
    "CR": "Computed Radiography",
    "DX": "Digital Radiography",
    "MG": "Mammography",
    "XA": "X-Ray Angiography",
    "RF": "Radio Fluoroscopy",
    "ES": "Endoscopy",
    "OP": "Ophthalmic Photography",
    "SM": "Slide Microscopy",
    "XC": "External-camera Photography",
}
"""Meanings of modalities (CID 29)."""


def _number_item(relationship: str, name: Concept, value: float, unit: Concept) -> Item:
    """Return a NUM item that has all digits of a number, in FloatingPointValue where a decimal string has not."""
    text = decimal_string(value)
    exact = None if float(text) == value else float(value)
    return Item(relationship, "NUM", name, Quantity(text, unit, exact))


def library_group(series: Series, every: bool) -> Item:
    """Return the group of the image library of an image.

    Parameters
    ----------
    series
        The image.
    every
        Whether it has an entry for each instance, not only for the first and the last slice.
    """
    meaning = _MODALITIES.get(series.modality, series.modality)
    group = Item("CONTAINS", "CONTAINER", codes.LIBRARY_GROUP, "CONTINUOUS")
    group.children.append(Item("HAS ACQ CONTEXT", "CODE", codes.MODALITY, codes.dcm(series.modality, meaning)))
    if series.frame_of_reference_uid:
        group.children.append(
            Item("HAS ACQ CONTEXT", "UIDREF", codes.FRAME_OF_REFERENCE, series.frame_of_reference_uid)
        )
    group.children += _shared_numbers(series)
    group.children += [Item("HAS ACQ CONTEXT", "CODE", each.concept, each.value) for each in series.contexts]
    group.children += _entries(series, every)
    return group


def _shared_numbers(series: Series) -> Iterator[Item]:
    context = "HAS ACQ CONTEXT"
    if series.grid is None:
        return
    columns, rows, _ = series.grid.shape
    yield _number_item(context, codes.ROWS, rows, _COUNT)
    yield _number_item(context, codes.COLUMNS, columns, _COUNT)
    grid = series.lps_grid
    if grid is None:
        return
    told = describe_grid(grid)
    names = (codes.BETWEEN_COLUMNS, codes.BETWEEN_ROWS, codes.BETWEEN_SLICES)
    for name, number in zip(names, told["spacing"], strict=True):
        yield _number_item(context, name, number, _MM)
    cosines = np.array(told["direction"])
    for name, number in zip(codes.ORIENTATION, (*cosines[:, 0], *cosines[:, 1]), strict=True):
        yield _number_item(context, name, float(number), _COSINE)


def _entries(series: Series, every: bool) -> Iterator[Item]:
    slices, grid = series.slices, series.lps_grid
    if len(slices) > 1 and slices[0].frames and len(series.instances) == 1:
        frames = tuple(number for each in slices for number in each.frames)
        yield Item("CONTAINS", "IMAGE", None, replace(slices[0], frames=frames))
        if grid is None:
            return
    positions = None if grid is None else grid.slice_positions
    last = len(slices) - 1
    uneven = grid is not None and not grid.is_upright
    for k, each in enumerate(slices):
        if not (every or uneven or k in {0, last}):
            continue
        entry = Item("CONTAINS", "IMAGE", None, each)
        if positions is not None and len(positions) == len(slices):
            entry.children = [
                _number_item("HAS ACQ CONTEXT", name, round(float(number), 10) + 0.0, _MM)
                for name, number in zip(codes.POSITION, positions[k], strict=True)
            ]
        yield entry
