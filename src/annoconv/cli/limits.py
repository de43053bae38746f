"""The option `--limit NAME=NUMBER`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

from annoconv.advice import at_most, nearest
from annoconv.errors import UsageError
from annoconv.limits import Limits
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["limits_from"]

_MOST_DIGITS: Final = 18
_LARGEST_VOXEL: Final = 8
"""Bytes."""
_MOST_ROUNDED: Final = 5000
"""Millionths: cosines of three decimals are off by up to 2,000, a tilt of half a degree is 8,700."""


def limits_from(settings: Iterable[str]) -> Limits:
    """Return the bounds with some set otherwise, each as `NAME=NUMBER`; UsageError if there is no such bound.

    Examples
    --------
    >>> limits_from(["files=10"]).files
    10
    """
    known = {each.name for each in fields(Limits)}
    changed: dict[str, int] = {}
    for setting in settings:
        name, _, number = setting.partition("=")
        name = name.replace("-", "_")
        if name not in known:
            raise UsageError(
                "there is no such limit", found=setting, expected=", ".join(sorted(known)), advice=nearest(name, known)
            )
        if not number.isascii() or not number.isdecimal() or len(number) > _MOST_DIGITS:
            problem = Message("the limit {name} is no whole number of at most 18 digits, without a sign", name=name)
            raise UsageError(
                problem,
                found=setting,
                expected=f"{name}={getattr(Limits(), name)}",
                advice="Write a whole number behind =",
            )
        changed[name] = int(number)
    if changed.get("depth", 0) > (deepest := Limits().depth):  # where the parser itself stops
        raise UsageError(
            "no text nested deeper can be read",
            found=changed["depth"],
            expected=at_most(deepest),
            advice="Give a lower limit",
        )
    if changed.get("direction_millionths", 0) > _MOST_ROUNDED:
        found = changed["direction_millionths"]
        raise UsageError(
            "directions that are further off are no rounded ones",
            found=found,
            expected=at_most(_MOST_ROUNDED),
            advice="Correct the directions in the program that they come from",
        )
    if "mask_voxels" in changed:  # one option for all that a large volume needs
        content = _LARGEST_VOXEL * changed["mask_voxels"]
        changed.setdefault("expanded_bytes", max(content, Limits().expanded_bytes))
    return replace(Limits(), **changed)
