"""The rooms of the converters: a shared one serves two formats at least, or a format and the readers of images."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import grimp
import pytest

PACKAGE = "annoconv_converters"
SHARED = {"_pictures", "_raster", "_xml", "_dicom", "_volumes"}
PROMISED = {"_dicom", "_volumes"}
"""Rooms that also hold what formats to come need; the docstring of the package names each such module."""
CHECKS = {("annoconv_converters.fhir.write", "annoconv_converters.check_fhir")}
"""A check that is a command and has a room of its own, asked by the writer of what it checks."""


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE)


def room_of(module: str) -> str:
    return module.split(".")[1]


def users_of(module: str) -> set[str]:
    """Return the formats, and `readers`, that use a module, through other shared modules too."""
    found = {room_of(each) for each in graph().find_downstream_modules(module) if each.count(".")}
    return found - SHARED


def shared_modules() -> list[str]:
    return sorted(
        each
        for each in graph().modules
        if each.count(".") and room_of(each) in SHARED and not graph().find_children(each)
    )


@pytest.mark.parametrize("module", shared_modules())
def test_what_is_shared_is_used_by_two(module: str) -> None:
    users = users_of(module)
    if len(users) >= 2:
        return
    package, _, name = module.rpartition(".")
    assert room_of(module) in PROMISED, f"{module} is used by {users or 'nobody'}: it belongs there"
    told = import_module(package).__doc__ or ""
    assert f"`{name}`" in told, f"{module} is used by {users or 'nobody'}, and {package} does not say who will need it"


def test_formats_stand_on_shared_rooms_only() -> None:
    own = {each for each in graph().modules if each.count(".") and room_of(each) not in SHARED}
    across = [
        (importer, imported)
        for importer in sorted(own)
        for imported in sorted(graph().find_modules_directly_imported_by(importer))
        if imported.count(".") and room_of(imported) not in SHARED | {room_of(importer)}
    ]
    assert set(across) == CHECKS
