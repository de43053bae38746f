"""Whether a case is good: rules by profile, each from a clause, listed in `model/rules.yaml`.

One module a subject; a rule is a function registered under its id (`annoconv.rules.engine`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.errors import UsageError
from annoconv.findings import in_order
from annoconv.rules import annotation, case, image, links, mask, people
from annoconv.rules.engine import PROFILES, Profile, Rule, Subject, catalogue, checks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.findings import Finding
    from annoconv.images import ImageSource

__all__ = ["PROFILES", "Profile", "Rule", "catalogue", "check", "sources_of"]

_MODULES = (annotation, case, image, links, mask, people)  # importing them registers their rules


def check(
    loaded: LoadedCase, *, profile: Profile = "minimal", sources: Callable[[], list[ImageSource]] | None = None
) -> list[Finding]:
    """Return every place of a case that breaks a rule of the profile, in a stable order.

    Parameters
    ----------
    loaded
        The case; its masks are opened only by rules that look into them: in `minimal` only their headers, and only
        beside `sources`; from `exchange` on each file is read once.
    profile
        Which rules apply, and at which level.
    sources
        Gives the source images to check the case against; called once, and only if a rule asks.
    """
    if profile not in PROFILES:
        raise UsageError("there is no such profile", found=profile, expected=", ".join(PROFILES))
    subject = Subject(loaded, sources)
    registered = checks()
    return in_order(
        rule.finding(breach, level)
        for rule in catalogue().values()
        if (level := rule.levels[profile]) is not None
        for breach in registered[rule.id](subject)
    )


def sources_of(paths: Sequence[Path | str]) -> Callable[[], list[ImageSource]] | None:
    """Return what gives the images found under some paths, scanned at its first call; None without paths."""
    if not paths:
        return None

    @cache
    def scan() -> list[ImageSource]:
        from annoconv import images

        return images.scan([Path(path) for path in paths])

    return scan
