"""The typed model: `from annoconv.model import Case`. Generated from `model/*.yaml`, never edited."""

from typing import TYPE_CHECKING

from annoconv_model import _runtime
from annoconv_model.models import *  # noqa: F403  every public name of the generated package is ours too

from annoconv.refusing import refusal_of

if not TYPE_CHECKING:  # type checkers take an `__all__` that they cannot read for an empty one
    from annoconv_model.models import __all__  # noqa: F401

_runtime.refuse_with(refusal_of)
