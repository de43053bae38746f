"""Whether several readers' cases can be one: of one image, on one grid, with names that stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.casefile import LoadedCase
from annoconv.casefile.loaded import without_masks_folder
from annoconv.errors import GeometryError, InputError
from annoconv.geometry import Grid, GridKind, compare_grids, grid_text
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OWN_RECORDS", "common_grids", "inner", "new_names"]

OWN_RECORDS: Final = ("agreement", "assistance", "validations")
"""Lists of the metadata that are each reader's own."""


def inner(loaded: LoadedCase) -> LoadedCase:
    """Return a case whose files are named within its folder of masks."""
    told = without_masks_folder(loaded)
    return told if isinstance(told, LoadedCase) else LoadedCase(told.case, told.masks)


def common_grids(loaded: Mapping[str, LoadedCase]) -> dict[str, Grid]:
    """Return the grid of each image by its UID, `""` the primary one; refuse cases that are not of one image."""
    first_reader, first = next(iter(loaded.items()))
    grids: dict[str, Grid] = {}
    for reader, each in loaded.items():
        for key in ("patient_id", "image"):
            mine, theirs = (getattr(one.case, key) for one in (first, each))
            mine, theirs = (one.uid if key == "image" else one for one in (mine, theirs))
            if mine != theirs and None not in {mine, theirs}:
                raise InputError(
                    "the cases are of different images or patients",
                    source=each.path,
                    where="/image/uid" if key == "image" else f"/{key}",
                    found=Message("{value} of {reader}", value=theirs, reader=reader),
                    expected=Message("{value} as of {reader}", value=mine, reader=first_reader),
                    advice="Merge readings of one image only",
                )
        case = each.case
        for uid, image in {"": case.image, **{one.uid: one for one in case.related_images or ()}}.items():
            if image.shape is None:
                continue
            grid = Grid.from_image(image)
            known = grids.setdefault(uid, grid)
            if known.lps_from_ijk is None and grid.lps_from_ijk is not None and known.shape == grid.shape:
                grids[uid] = grid
            elif grid.lps_from_ijk is None and known.shape == grid.shape:
                continue
            elif compare_grids(grid, known).kind is not GridKind.SAME:
                raise GeometryError(
                    "readers' cases give one image different grids",
                    source=each.path,
                    where=uid or case.image.uid,
                    found=grid_text(grid),
                    expected=grid_text(known),
                    advice="Correct the image of the case that is wrong: its shape, spacing, origin and direction",
                )
    return grids


def new_names(loaded: Mapping[str, LoadedCase]) -> dict[str, dict[str, str]]:
    """Return the new ids of what is each reader's own, by reader and old id: `READER.ID`, all distinct."""
    taken: set[str] = set()
    found: dict[str, dict[str, str]] = {}
    for reader, each in loaded.items():
        case = each.case
        records = (getattr(case.metadata, key) or () for key in OWN_RECORDS)
        own = [
            *case.annotations,
            *(case.links or ()),
            *(case.reviews or ()),
            *(one for some in records for one in some),
        ]
        found[reader] = {}
        for one in own:
            name = base = f"{reader}.{one.id}"
            number = 1
            while name in taken:
                number += 1
                name = f"{base}-{number}"
            taken.add(name)
            found[reader][one.id] = name
    return found
