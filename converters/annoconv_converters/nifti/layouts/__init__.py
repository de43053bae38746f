"""Where the files of a data set stand, a module a layout; `LAYOUTS` is the list.

`recognise` asks each whether a folder is laid out like it; the plain one takes what no other does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv_converters.nifti.layouts.bids import Bids
from annoconv_converters.nifti.layouts.flat import Flat
from annoconv_converters.nifti.layouts.monai import Monai
from annoconv_converters.nifti.layouts.msd import Msd
from annoconv_converters.nifti.layouts.nnunet import NnUNet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from annoconv_converters.nifti.layouts.base import Layout

__all__ = ["LAYOUTS", "recognise"]

LAYOUTS: Final[Mapping[str, type[Layout]]] = {kind.name: kind for kind in (Bids, NnUNet, Msd, Monai, Flat)}


def recognise(path: Path) -> type[Layout]:
    """Return the layout of a file or folder."""
    if path.is_file():
        return Flat
    return next(kind for kind in LAYOUTS.values() if kind.recognises(path))
