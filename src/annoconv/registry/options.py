"""What the command line says about parameters of converters and commands, and an option that many formats share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import Parameter, formatannotation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin

from annoconv.advice import nearest
from annoconv.errors import UsageError
from annoconv.files.inputs import paths_of
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AllAnnotations", "Option", "parts_of", "value_of"]

_LONGEST_VALUE: Final = 100
"""Characters of a value that a message shows."""


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


def value_of(parameter: Parameter, value: Any, function: str) -> Any:
    """Return what a parameter takes for a value that a program gave; UsageError if it takes none such.

    Texts are paths where it takes paths, so that a user may write either, and one for several.
    """
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

    found, annotation = _with_paths(parameter.annotation, value), parameter.annotation
    try:
        TypeAdapter[Any](annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True)).validate_python(
            found
        )
    except PydanticUserError:  # a type of its own, of which nothing is known
        return found
    except ValidationError as error:
        plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
        choices = [each for part in parts_of(plain) if get_origin(part) is Literal for each in get_args(part)]
        raise UsageError(
            Message("{name} does not take this value of {option}", name=function, option=parameter.name),
            found=repr(value)[:_LONGEST_VALUE],
            expected=", ".join(map(repr, choices)) or formatannotation(plain),
            advice=nearest(value, choices) if choices else "Give a value of this type",
        ) from error
    return found


def _with_paths(annotation: Any, value: Any) -> Any:
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
