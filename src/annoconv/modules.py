"""Where a module stands that another package brings, found without importing it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

__all__ = ["spec_of"]


def spec_of(module: str) -> ModuleSpec | None:
    """Return the spec of a module by its dotted name; None if it is not installed.

    Its parents are not imported, which `importlib.util.find_spec` would do. All finders are asked, since packages that
    are installed for editing may have one of their own.
    """
    spec: ModuleSpec | None = None
    places: Sequence[str] | None = None
    names = module.split(".")
    for position, _ in enumerate(names):
        spec = _found(".".join(names[: position + 1]), places)
        if spec is None:
            return None
        places = spec.submodule_search_locations
    return spec


def _found(name: str, places: Sequence[str] | None) -> ModuleSpec | None:
    specs = (finder.find_spec(name, places) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    return next((spec for spec in specs if spec is not None), None)
