"""What the command line says about parameters of converters and commands, and an option that many formats share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

__all__ = ["AllAnnotations", "Option"]


@dataclass(frozen=True, slots=True)
class Option:
    """What the command line says about a parameter of a converter or command: `Annotated[int, Option(help="...")]`.

    Attributes
    ----------
    help
        One sentence.
    metavar
        What stands for its value in the help.
    name
        Its name where it is not the parameter's, without the dashes.
    """

    help: str
    metavar: str | None = None
    name: str | None = None


AllAnnotations: TypeAlias = Annotated[
    bool, Option(help="Write what was superseded or rejected, or is said not to be there, as findings too.")
]
"""Option of formats that cannot say what an annotation is, under one name (`annoconv.casefile.left_out`)."""
