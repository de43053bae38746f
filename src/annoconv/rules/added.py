"""Rules that packages beside the core add, through the entry point group `annoconv.rules`.

An entry point names a module. Its `RULES` are the data, a list of entries as `model/rules.yaml` has them; its functions
are registered under their ids, as those of the core are::

    RULES = [{"id": "H-1.side", "level": "warning", "message_en": "the lesion {id} has no side; add finding_site"}]

    @rule("H-1.side")
    def side(subject: Subject) -> Iterator[Breach]: ...

An entry needs `id`, `level` (one word, or one for each profile) and `message_en`; the rest has defaults. A package that
cannot be loaded is an error, since its rules would otherwise pass in silence.
"""

from __future__ import annotations

import re
from importlib import import_module
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from annoconv.errors import AnnoconvError
from annoconv.findings import Level
from annoconv.installed import entries_of
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "Added", "added_entries"]

GROUP: Final = "annoconv.rules"
"""Entry point group of the modules that add rules."""
_ID: Final = re.compile(r"[A-Za-z][\w-]*(\.[\w-]+)+")
_TEXTS: Final = ("id", "clause", "applies_to", "title_en", "title_zh", "message_en", "message_zh")
_CHOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "severity": ("minor", "moderate", "critical"),
    "action": ("correct", "complete", "review", "readjust", "arbitrate"),
    "review_level": (1, 2, 3),
}
_KEYS: Final = (*_TEXTS, *_CHOICES, "level", "parameters")
_DEFAULTS: Final = {"clause": "", "applies_to": "Case", "severity": "moderate", "action": "correct", "review_level": 1}
_LEVELS: Final = (*(level.value for level in Level), "off")


class Added(NamedTuple):
    """A rule that a package adds: what the package is called, and the entry with all its keys."""

    package: str
    entry: dict[str, Any]


def added_entries(profiles: tuple[str, ...], taken: Collection[str]) -> list[Added]:
    """Return the rules of all packages, by the names of their entry points; AnnoconvError if one cannot be taken.

    Parameters
    ----------
    profiles
        Which levels an entry has.
    taken
        Ids that are not free.
    """
    found: list[Added] = []
    seen = dict.fromkeys(taken, "annoconv")
    for point in entries_of(GROUP):
        package = point.dist.name if point.dist is not None else point.module
        for entry in _entries(point, package):
            whole = _whole(entry, package, profiles)
            identity: str = whole["id"]
            if identity in seen:
                raise _no_such_rule(
                    package,
                    identity,
                    Message("an id that {package} has", package=seen[identity]),
                    Message("an id of its own"),
                )
            seen[identity] = package
            found.append(Added(package, whole))
    return found


def _entries(point: EntryPoint, package: str) -> Iterator[Mapping[str, Any]]:
    try:
        module = import_module(point.module)
        rules = getattr(module, point.attr or "RULES")
    except Exception as error:  # whatever a module does when it is imported
        raise AnnoconvError(
            Message("the rules of {package} cannot be loaded", package=package),
            source=point.value,
            found=f"{type(error).__name__}: {error}",
            expected="a module with RULES",
            advice="Install another version of it, or uninstall it: its rules are not applied in part",
        ) from error
    if not isinstance(rules, list | tuple) or not all(isinstance(each, dict) for each in cast("list[Any]", rules)):
        raise _no_such_rule(package, "RULES", type(rules).__name__, Message("a list of objects"))
    yield from cast("list[Mapping[str, Any]]", rules)


def _whole(entry: Mapping[str, Any], package: str, profiles: tuple[str, ...]) -> dict[str, Any]:
    """Return an entry with its defaults, once it is looked through."""
    identity = entry.get("id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        raise _no_such_rule(package, "id", repr(identity), Message("an id such as H-1.side: letters and a dot"))
    for key in ("level", "message_en"):
        if key not in entry:
            raise _no_such_rule(package, identity, Message("no {key}", key=key), Message("id, level and message_en"))
    for key, value in entry.items():
        if key not in _KEYS:
            raise _no_such_rule(package, f"{identity}/{key}", key, ", ".join(_KEYS))
        if key in _TEXTS and not isinstance(value, str):
            raise _no_such_rule(package, f"{identity}/{key}", type(value).__name__, Message("a text"))
        if key == "applies_to" and not _is_class(str(value)):
            expected = Message("a class of the model, such as Case or Image")
            raise _no_such_rule(package, f"{identity}/{key}", repr(value), expected)
        if key in _CHOICES and value not in _CHOICES[key]:
            raise _no_such_rule(package, f"{identity}/{key}", repr(value), ", ".join(map(str, _CHOICES[key])))
    told: Any = entry["level"]
    levels: Any = dict.fromkeys(profiles, told) if isinstance(told, str) else told
    if not isinstance(levels, dict) or not all(
        profile in profiles and level in _LEVELS for profile, level in cast("dict[str, Any]", levels).items()
    ):
        raise _no_such_rule(package, f"{identity}/level", repr(told), ", ".join(_LEVELS))
    parameters: Any = entry.get("parameters", {})
    if not isinstance(parameters, dict) or not all(
        isinstance(each, int | float) for each in cast("dict[str, Any]", parameters).values()
    ):
        raise _no_such_rule(package, f"{identity}/parameters", repr(parameters), Message("numbers by their names"))
    english: str = entry["message_en"]
    title: str = entry.get("title_en", identity)
    whole = {**_DEFAULTS, "title_en": title, "title_zh": title, "message_zh": english, **entry}
    chinese = str(whole["message_zh"])
    if _places(english) != _places(chinese):
        raise _no_such_rule(
            package,
            f"{identity}/message_zh",
            ", ".join(sorted(_places(chinese))) or Message("nothing"),
            ", ".join(sorted(_places(english))) or Message("nothing"),
        )
    return whole | {"level": dict.fromkeys(profiles, "off") | levels, "parameters": dict(parameters)}


def _is_class(name: str) -> bool:
    """Tell whether the model has a class of this name."""
    from annoconv import model

    return hasattr(getattr(model, name, None), "model_fields")


def _places(template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError:
        return {template}


def _no_such_rule(package: str, where: str, found: str, expected: str) -> AnnoconvError:
    return AnnoconvError(
        Message("{package} adds a rule that is none", package=package),
        where=where,
        found=found,
        expected=expected,
        advice="Tell who makes it; until then uninstall it",
    )
