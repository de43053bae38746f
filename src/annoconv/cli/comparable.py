"""Whether two readings can be compared: labels of one kind, and objects in pixels of one image."""

from __future__ import annotations

from functools import partial
from math import isclose
from typing import TYPE_CHECKING

from annoconv.cli.readings import listed
from annoconv.errors import InputError

if TYPE_CHECKING:
    from annoconv.cli.readings import Read

__all__ = ["check_grids", "check_labels"]


def check_grids(reference: Read, other: Read) -> None:
    """Refuse objects in pixels of two images: of another number of voxels, or of another size of a voxel."""
    for image in sorted(reference.grids.keys() & other.grids.keys()):
        shapes = [read.grids[image].shape for read in (reference, other)]
        steps = [read.spacing(image, None) for read in (reference, other)]
        is_apart = steps[0] is not None and steps[1] is not None
        is_apart = is_apart and not all(map(partial(isclose, rel_tol=1e-3), steps[0] or (), steps[1] or ()))
        if shapes[0] != shapes[1] or is_apart:
            found, expected = (
                f"{list(shape)}" + ("" if step is None else f", {' x '.join(f'{each:g}' for each in step[::-1])} mm")
                for shape, step in zip(shapes[::-1], steps[::-1], strict=True)
            )
            raise InputError(
                "boxes, outlines and points are in pixels of one image, and the two images differ",
                source=other.source,
                where=other.name,
                found=found,
                expected=expected,
                advice="Compare annotations of one image; correct the shape and the spacing of the case that is wrong",
            )


def check_labels(reference: Read, other: Read) -> None:
    """Refuse a label map by its numbers against codes: not one label would be the same, and all would be missed."""
    if (reference.loaded is None) == (other.loaded is None):
        return
    numbers, codes = (reference, other) if reference.loaded is None else (other, reference)
    sides = [{each.label for some in one.regions.values() for each in some} for one in (numbers, codes)]
    if sides[0] and sides[1] and not sides[0] & sides[1]:
        raise InputError(
            "a label map says its labels by numbers, and the other by codes",
            source=numbers.source,
            found=listed(sorted(sides[0])),
            expected=listed(sorted(sides[1])),
            advice="Say which number is which: --label 1=LIVER --label 2=SPLEEN",
        )
