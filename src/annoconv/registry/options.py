"""What the command line says about parameters of converters and commands, and what Python may give for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin

from annoconv.advice import nearest
from annoconv.errors import UsageError
from annoconv.files.inputs import paths_of
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AllAnnotations", "Option", "check_value", "parts_of", "with_paths"]


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


_NAMES: Final = {Path: "pathlib.Path", type(None): "None", bool: "True, False"}

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


def check_value(name: str, annotation: Any, value: Any) -> None:
    """Raise UsageError if what Python gives for an option is not what its annotation says."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    taken: TypeAdapter[Any] = TypeAdapter(annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
    try:
        taken.validate_python(value)
    except ValidationError as error:
        choices = [word for part in parts_of(annotation) if get_origin(part) is Literal for word in get_args(part)]
        kinds = [_NAMES.get(part, part.__name__) for part in parts_of(annotation) if isinstance(part, type)]
        raise UsageError(
            Message("the option {name} has no such value", name=name),
            found=value if isinstance(value, str | int | float) else type(value).__name__,
            expected=", ".join(map(str, choices or kinds)),
            advice=nearest(value, choices) if choices else Message("Give one of this type"),
        ) from error


def parts_of(annotation: Any) -> Iterator[Any]:
    """Yield a type and all that it is made of: `list[Path]` and `Path`."""
    yield annotation
    for part in get_args(annotation):
        yield from parts_of(part)
