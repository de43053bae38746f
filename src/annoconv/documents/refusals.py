"""What is said when a program gives a class of the model what it does not take: the error that its file would have.

pydantic tells what is wrong in its own words; here they are those of a document, with what was found, what is expected
and what to do, place by place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from annoconv.documents.normaliser import normalise
from annoconv.documents.problems import UNKNOWN, Problem, findings_of
from annoconv.errors import DocumentError
from annoconv.messages import Message

__all__ = ["refusal_of"]


class _Strange:
    """Stands for a value that JSON has not."""

    def __init__(self, value: object) -> None:
        self._name = type(value).__name__
        self.has_list = hasattr(value, "tolist")

    def __str__(self) -> str:
        return self._name


def refusal_of(error: ValueError, kind: type[BaseModel], given: Mapping[str, Any]) -> DocumentError:
    """Return the error for values that a class does not take.

    Parameters
    ----------
    error
        What pydantic says.
    kind
        The class.
    given
        The values by their keys.
    """
    document = _plain(given)
    errors = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    if errors and errors[0]["type"] != "no_such_attribute":
        findings = normalise(errors, "pydantic", document=document, root=kind.__name__)
    else:  # a key that there is not, of what is there already
        unknown = (Problem(f"/{key}", UNKNOWN, key) for key in given)
        findings = findings_of(unknown, document, root=kind.__name__)
    first = findings[0]
    problem = Message("{name}: {problem}", name=kind.__name__, problem=first.message)
    if len(findings) > 1:
        problem = Message("{problem}, and {count} more", problem=problem, count=len(findings) - 1)
    value = _value_at(document, first.path)
    advice = None
    if isinstance(value, _Strange):
        advice = Message("Give a list or a number of Python: its .tolist() is one") if value.has_list else None
    return DocumentError(problem, findings=findings, where=first.path or None, advice=advice)


def _plain(value: Any) -> Any:
    """Return a value as JSON would have it."""
    if isinstance(value, BaseModel):
        return {name: _plain(each) for name, each in value if each is not None}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[object]", value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or type(value) in {str, int, float, bool} else _Strange(value)


def _value_at(document: Any, path: str) -> object:
    for step in path.split("/")[1:]:
        if isinstance(document, dict):
            document = cast("dict[str, object]", document).get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(cast("list[object]", document)):
            document = cast("list[object]", document)[int(step)]
        else:
            return None
    return cast("object", document)
