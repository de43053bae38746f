"""annoconv: one typed model of medical image annotation, and converters to and from the formats of its field.

The public names are imported when they are first used, so that `import annoconv` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from annoconv.refusing import refuse_with

if TYPE_CHECKING:
    from pydantic import BaseModel

    from annoconv.casefile import LoadedCase, Reading, read_case, read_cases, write_case, write_cases
    from annoconv.casefile.arrays import image_of, pixels_of, text_span
    from annoconv.data_frame import to_pandas
    from annoconv.datasets import Dataset, Sample, to_monai
    from annoconv.errors import (
        AnnoconvError,
        DocumentError,
        GeometryError,
        ImageError,
        InputError,
        LimitError,
        LossError,
        MaskError,
        OutputExistsError,
        UsageError,
    )
    from annoconv.findings import Finding, Level
    from annoconv.limits import Limits
    from annoconv.loss import Loss, LossKind, LossReport
    from annoconv.registry import Context, Format, Option, formats, read, write
    from annoconv.report.preview import Preview, preview
    from annoconv.rules.inventory import find
    from annoconv.validation import validate

    __version__: str

__all__ = [
    "AnnoconvError",
    "Context",
    "Dataset",
    "DocumentError",
    "Finding",
    "Format",
    "GeometryError",
    "ImageError",
    "InputError",
    "Level",
    "LimitError",
    "Limits",
    "LoadedCase",
    "Loss",
    "LossError",
    "LossKind",
    "LossReport",
    "MaskError",
    "Option",
    "OutputExistsError",
    "Preview",
    "Reading",
    "Sample",
    "UsageError",
    "__version__",
    "find",
    "formats",
    "image_of",
    "pixels_of",
    "preview",
    "read",
    "read_case",
    "read_cases",
    "text_span",
    "to_monai",
    "to_pandas",
    "validate",
    "write",
    "write_case",
    "write_cases",
]

if TYPE_CHECKING:  # a function for each converter
    import annoconv.registry.typed as typed
    from annoconv.registry.typed import *  # noqa: F403

    __all__ += typed.__all__

_HOMES = {
    "casefile.arrays": ("image_of", "pixels_of", "text_span"),
    "casefile": ("LoadedCase", "Reading", "read_case", "read_cases", "write_case", "write_cases"),
    "data_frame": ("to_pandas",),
    "datasets": ("Dataset", "Sample", "to_monai"),
    "errors": tuple(name for name in __all__ if name.endswith("Error")),
    "findings": ("Finding", "Level"),
    "limits": ("Limits",),
    "loss": ("Loss", "LossKind", "LossReport"),
    "report.preview": ("Preview", "preview"),
    "rules.inventory": ("find",),
    "registry": ("Context", "Format", "Option", "formats", "read", "write"),
    "validation": ("validate",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def _refusal_of(error: ValueError, kind: type[BaseModel], given: dict[str, Any]) -> Exception:
    """Return the error for values that a class of the model does not take."""
    from annoconv.documents.refusals import refusal_of

    return refusal_of(error, kind, given)


refuse_with(_refusal_of)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("annoconv")
    if name in _HOME_OF:
        value = getattr(import_module(f"annoconv.{_HOME_OF[name]}"), name)
    elif not name.startswith(("to_", "from_")) or (value := _functions().function_of(name)) is None:
        raise AttributeError(f"module 'annoconv' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_functions().names()})


def _functions() -> Any:
    return import_module("annoconv.registry.functions")
