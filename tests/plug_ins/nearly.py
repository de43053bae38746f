"""Volumes: converters that keep all promises but one or two each."""

import sys
from collections.abc import Iterator
from pathlib import Path

import boxes_csv
import numpy as np
from annoconv_converters.nifti import from_nifti, to_nifti

from annoconv.casefile import Reading
from annoconv.errors import InputError
from annoconv.pixels import ArrayVolume, Mask, Masks
from annoconv.registry import Context

if "--help" in sys.argv:
    raise ImportError("no help today")


def to_shifted(cases, target: Path, *, context: Context):
    """Write masks as they are."""
    return to_nifti(cases, target, context=context)


def from_shifted(sources, *, context: Context) -> Iterator[Reading]:
    """Read masks a voxel beside."""
    for each in from_nifti(sources, context=context):
        masks = [
            Mask(name, ArrayVolume(mask.grid, np.roll(mask.read(), 1, axis=2))) for name, mask in each.masks.items()
        ]
        yield Reading(each.case, Masks(masks), each.losses)


def to_mute(cases, target: Path, *, context: Context):
    """Refuse everything."""
    raise InputError("no", found="a case", expected="nothing", advice="Go away")


def from_mute(sources, *, context: Context) -> Iterator[Reading]:
    """Read nothing."""
    yield from ()


def to_twice(cases, target: Path, *, context: Context):
    """Write a table."""
    return boxes_csv.to_boxes_csv(cases, target, context=context)


def from_twice(sources, *, context: Context) -> Iterator[Reading]:
    """Read each case twice."""
    for each in boxes_csv.from_boxes_csv(list(sources), context=context):
        yield each
        yield each
