"""What the command line says about parameters of converters and commands, and an option that many formats share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin

from annoconv.files.inputs import paths_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AllAnnotations", "Option", "parts_of", "with_paths"]


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


def with_paths(annotation: Any, value: Any) -> Any:
    """Turn texts into paths where a parameter takes paths, so that a user may write either, and one for several."""
    if Path not in parts_of(annotation):
        return value
    origins: list[Any] = [get_origin(part) for part in parts_of(annotation)]
    if any(isinstance(origin, type) and issubclass(origin, Sequence) for origin in origins):
        return paths_of(value)
    return Path(value) if isinstance(value, str) else value


def parts_of(annotation: Any) -> Iterator[Any]:
    """Yield a type and all that it is made of: `list[Path]` and `Path`."""
    yield annotation
    for part in get_args(annotation):
        yield from parts_of(part)
