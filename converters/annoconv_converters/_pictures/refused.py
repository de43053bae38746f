"""Cases that a writer's own reader refuses of what was written: the error tells which case it is, and the number in it.

It is looked for after the fact, so that a case which is right pays nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.fitting import DRAWN
from annoconv_converters._pictures.geometry import LARGEST_NUMBER
from annoconv_converters._raster.polygons import FARTHEST_PIXEL

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.residuals import Path as Steps

__all__ = ["OUTPUT", "told_of"]

Record: TypeAlias = "dict[str, Any]"

OUTPUT: Final = "output"
"""What a reader is told to read, where a writer asks it what it wrote."""
_FAR: Final = Message("numbers within {most:g}", most=LARGEST_NUMBER)
_ROUNDED: Final = 1 - 1e-5
"""Makes up for six digits, which an error may tell of a number."""
_ADVICE: Final = Message("Correct it in the case")


@contextmanager
def told_of(cases: Sequence[LoadedCase], target: Path) -> Generator[None]:
    """Let an error of what was written of some cases tell which it is of, and the number that is too far, if one is."""
    try:
        yield
    except InputError as error:
        documents: list[Record] = []
        if error.source in {OUTPUT, str(target)}:
            documents = [strict_json.plain(each.case) for each in cases]
        most = _most(error.found)
        for document in documents:
            for steps, number in _far(document, most):
                raise InputError(
                    "the number is too far away for a file of pictures",
                    source=target,
                    where=Message("case {case}: {place}", case=_name(document), place=pointer(steps)),
                    found=number,
                    expected=_FAR if most == LARGEST_NUMBER else error.expected,
                    advice=_ADVICE,
                ) from error
        if len(documents) == 1:
            place = Message("case {case}: {place}", case=_name(documents[0]), place=error.where or "")
            error.source, error.where, error.advice = str(target), place, _ADVICE
        raise


def _name(document: Record) -> str:
    return str(document.get("case_id") or document["image"]["uid"])


def _most(found: object) -> float:
    """Return what no coordinate exceeds: that of every file of pictures, or just below what a format refused."""
    try:
        refused = abs(float(str(found)))
    except ValueError:
        return LARGEST_NUMBER
    return refused * _ROUNDED if FARTHEST_PIXEL < refused <= LARGEST_NUMBER else LARGEST_NUMBER


def _far(document: Record, most: float) -> Iterator[tuple[Steps, Any]]:
    """Yield the coordinates beyond a number, and where they stand in a case."""
    for place, annotation in enumerate(document["annotations"]):
        for name in DRAWN & annotation.keys():
            yield from _numbers(annotation[name], ("annotations", place, name), most)


def _numbers(value: Any, steps: Steps, most: float) -> Iterator[tuple[Steps, Any]]:
    members: Sequence[tuple[Any, Any]] = [*value.items()] if isinstance(value, dict) else ()
    for step, member in [*enumerate(value)] if isinstance(value, list) else members:
        yield from _numbers(member, (*steps, step), most)
    if not isinstance(value, list | dict | str | bool) and value is not None and abs(value) > most:
        yield steps, value
