"""Options that the 2-D formats share, each named once: annotations of a converter's keyword-only parameters.

They are imported where they are used at run time, not for type checkers only: the registry evaluates annotations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from annoconv.registry import AllAnnotations, Option

__all__ = ["AllAnnotations", "Images", "Names", "Plain", "Render", "Window"]

Images: TypeAlias = Annotated[
    Sequence[Path], Option(help="Source images, files or folders: to render, and for sizes that cases do not state.")
]
Names: TypeAlias = Annotated[
    Literal["own", "flat"], Option(help="Names of the pictures: their own, or flat ones, folders put before with _.")
]
Plain: TypeAlias = Annotated[bool, Option(help="Write nothing of our own; what has no place is lost.")]
Render: TypeAlias = Annotated[
    Literal["none", "16", "8"],
    Option(help="Write PNGs of the images: 16 bits rescaled, or 8 bits windowed; pictures are copied."),
]
Window: TypeAlias = Annotated[str | None, Option(help="Centre and width of the 8-bit window.", metavar="40,400")]
