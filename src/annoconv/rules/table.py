"""The table of rules, and a project's own levels and numbers over it: data, so that no code changes.

A project's file names rules by their ids and says what is otherwise::

    {"version": "hospital-1",
     "rules": {"A-9.3.1a.hole": {"level": {"delivery": "error"}, "parameters": {"most_pixels": 9}},
               "A-C.1.upper_case": {"level": "off"}}}
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import nearest
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.findings import Level
from annoconv.messages import Message
from annoconv.rules.engine import PROFILES, added_rules, catalogue, table_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv.rules.engine import Profile, Rule

__all__ = ["RuleTable", "rule_table"]

_OFF: Final = "off"
_LEVELS: Final = (*(level.value for level in Level), _OFF)
_SEVERITIES: Final = ("minor", "moderate", "critical")
_KEYS: Final = ("level", "severity", "action", "review_level", "parameters")
_LARGEST: Final = 1e12
_SHARES: Final = frozenset({"least_dice", "largest_share"})
"""Parameters that are shares: 0.85, not 85."""


@dataclass(frozen=True)
class RuleTable:
    """The rules that are applied, with what tells them from others.

    Attributes
    ----------
    rules
        By id, in the order of `model/rules.yaml`.
    version, sha256
        Of annoconv's own table; the digest is of what packages add too.
    packages
        Names of the packages that add rules.
    file, file_version, file_sha256
        Of the project's file; None without one.
    """

    rules: Mapping[str, Rule]
    version: str
    sha256: str
    packages: tuple[str, ...] = ()
    file: str | None = None
    file_version: str | None = None
    file_sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return which rules these are, as reports name them."""
        told: dict[str, Any] = {"version": self.version, "sha256": self.sha256}
        if self.packages:
            told["packages"] = [*self.packages]
        if self.file is not None:
            told["project"] = {"file": self.file, "version": self.file_version, "sha256": self.file_sha256}
        return told


@cache
def _actions() -> tuple[str, ...]:
    return tuple(strict_json.loads(table_bytes())["actions"])


@cache
def _image_checks() -> frozenset[str]:
    """Return the ids of the checks of images, which have a table of their own."""
    listed = strict_json.loads((files("annoconv_model") / "image_checks.json").read_bytes())["checks"]
    return frozenset(each["id"] for each in listed) - catalogue().keys()


def rule_table(path: Path | None = None, *, limits: Limits | None = None) -> RuleTable:
    """Return the table of rules, with the changes of a project's file.

    Raises
    ------
    InputError
        If the file names a rule, a key or a number that there is not, or a value that none may have.
    """
    own, added = table_bytes(), added_rules()
    digest = hashlib.sha256(own + b"".join(strict_json.dumps(each.entry) for each in added)).hexdigest()
    packages = tuple(sorted({each.package for each in added}))
    table = RuleTable(catalogue(), strict_json.loads(own)["version"], digest, packages)
    if path is None:
        return table
    data = strict_json.read_bytes(path, limits)
    document = strict_json.loads(data, limits=limits, source=path)
    _check_keys(document, ("version", "rules"), path, "")
    version, changes = document.get("version"), document.get("rules")
    if not isinstance(version, str) or not version.strip():
        raise _refused(path, "/version", version, Message("a text"), "Give the file a version; reports name it")
    if not isinstance(changes, dict):
        raise _refused(path, "/rules", changes, Message("an object, its keys ids of rules"), _LOOK)
    changed = {identity: _changed(table, identity, told, path) for identity, told in changes.items()}
    return replace(
        table,
        rules=MappingProxyType({**table.rules, **changed}),
        file=path.name,
        file_version=version,
        file_sha256=hashlib.sha256(data).hexdigest(),
    )


_LOOK: Final = "docs/reference/rules.md lists the rules with their levels and numbers"


def _changed(table: RuleTable, identity: str, told: Any, path: Path) -> Rule:
    """Return a rule as a project has it."""
    where = f"/rules/{identity}"
    rule = table.rules.get(identity)
    if identity in _image_checks():
        raise InputError(
            "this is a check of images, which a project's file does not change",
            source=path,
            where=where,
            found=identity,
            expected="the id of a rule, as docs/reference/rules.md lists them",
            advice="Leave it out: check-images has the levels and numbers of docs/reference/image-checks.md",
        )
    if rule is None:
        raise InputError(
            "there is no such rule",
            source=path,
            where=where,
            found=identity,
            expected="the id of a rule, as docs/reference/rules.md lists them",
            advice=nearest(identity, table.rules),
        )
    _check_keys(told, _KEYS, path, where)
    return replace(
        rule,
        levels=_levels(rule, told.get("level", {}), path, f"{where}/level"),
        severity=_listed(told.get("severity", rule.severity), _SEVERITIES, path, f"{where}/severity"),
        action=_listed(told.get("action", rule.action), _actions(), path, f"{where}/action"),
        review_level=_listed(told.get("review_level", rule.review_level), (1, 2, 3), path, f"{where}/review_level"),
        parameters=_parameters(rule, told.get("parameters", {}), path, f"{where}/parameters"),
    )


def _levels(rule: Rule, told: Any, path: Path, where: str) -> Mapping[Profile, Level | None]:
    """Return the levels of a rule: one word is the level in every profile."""
    if isinstance(told, str):
        checked = dict.fromkeys(PROFILES, _listed(told, _LEVELS, path, where))
    elif not isinstance(told, dict):
        listed = Message("one of {levels}, or an object of them by profile", levels=", ".join(_LEVELS))
        raise _refused(path, where, told, listed, _LOOK)
    else:
        _check_keys(told, PROFILES, path, where)
        checked = {name: _listed(level, _LEVELS, path, f"{where}/{name}") for name, level in told.items()}
    return {**rule.levels, **{name: None if level == _OFF else Level(level) for name, level in checked.items()}}


def _parameters(rule: Rule, told: Any, path: Path, where: str) -> Mapping[str, float]:
    _check_keys(told, tuple(rule.parameters), path, where)
    for name, value in told.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        most = 1 if name in _SHARES else _LARGEST
        if not is_number or not math.isfinite(value) or not 0 <= value <= most:
            raise _refused(path, f"{where}/{name}", value, Message("a number from 0 to {most:g}", most=most), _LOOK)
    return {**rule.parameters, **told}


def _listed(value: Any, allowed: Iterable[Any], path: Path, where: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
        listed = [str(each) for each in allowed]
        raise _refused(path, where, value, ", ".join(listed), nearest(str(value), listed))
    return value


def _check_keys(document: Any, known: tuple[str, ...], path: Path, where: str) -> None:
    """Refuse what is no object, or has a key that there is not."""
    if not isinstance(document, dict):
        raise _refused(path, where, document, Message("an object"), _LOOK)
    for key in document:
        if key not in known:
            expected = ", ".join(known) or Message("no keys: this rule has no numbers")
            raise InputError(
                "there is no such key",
                source=path,
                where=f"{where}/{key}",
                found=key,
                expected=expected,
                advice=nearest(key, known) if known else _LOOK,
            )


def _refused(path: Path, where: str, found: Any, expected: str, advice: str) -> InputError:
    stated = strict_json.dumps(found).decode().rstrip() if found is not None else Message("nothing")
    return InputError(
        "this is no value that it can have", source=path, where=where, found=stated, expected=expected, advice=advice
    )
