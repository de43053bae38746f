"""The typed model: `from annoconv.model import Case`. Generated from `model/*.yaml`, never edited."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from annoconv_model import _runtime
from annoconv_model.models import *  # noqa: F403  every public name of the generated package is ours too
from pydantic import BaseModel

if not TYPE_CHECKING:  # type checkers take an `__all__` that they cannot read for an empty one
    from annoconv_model.models import __all__  # noqa: F401


def _refusal(error: ValueError, kind: type[BaseModel], given: dict[str, Any]) -> Exception:
    """Return the error of ours for values that a class does not take; what makes it stands above the model."""
    refused: Exception = import_module("annoconv.documents.refusals").refusal_of(error, kind, given)
    return refused


_runtime.refuse_with(_refusal)
