"""What packages bring for annoconv: their entry points, by group."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, distributions, entry_points
from itertools import groupby
from typing import TYPE_CHECKING, cast

from annoconv.errors import AnnoconvError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["entries_of", "with_rivals"]


def entries_of(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, each once, sorted by name; AnnoconvError if the metadata are damaged."""
    found = {(each.name, each.value): each for each in _installed().select(group=group)}
    for each in found.values():
        if EntryPoint.pattern.match(each.value) is None:
            package = each.dist.name if each.dist is not None else group
            raise _damaged(package, f"{each.name} = {each.value}")
    return [found[key] for key in sorted(found)]


def with_rivals(group: str) -> Iterator[tuple[EntryPoint, tuple[str, ...]]]:
    """Yield each name of a group: the first entry point that has it, and the values of the others."""
    for _, several in groupby(entries_of(group), key=lambda each: each.name):
        first, *others = several
        yield first, tuple(each.value for each in others)


@cache
def _installed() -> EntryPoints:
    """Return all entry points; this opens a file of every installed distribution."""
    try:
        return cast("EntryPoints", entry_points())  # Python 3.11 gives it another name
    except Exception as error:  # whatever stands in a file that an installer left behind
        for each in distributions():
            try:
                _ = [*each.entry_points], each.name
            except Exception as reason:  # this is the one
                raise _damaged(str(each.locate_file("")), f"{type(reason).__name__}: {reason}") from error
        raise


def _damaged(package: str, found: str) -> AnnoconvError:
    return AnnoconvError(
        Message("the metadata of an installed package are damaged: {package}", package=package),
        found=found,
        expected="entry_points.txt with lines such as name = module:function",
        advice="Install that package again, or uninstall it",
    )
