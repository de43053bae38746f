"""What became of each rule over the documents that were looked at: `not_applicable` and `error` are never a pass."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from annoconv import model
from annoconv.rules.engine import checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from annoconv.findings import Finding
    from annoconv.rules.engine import Profile
    from annoconv.rules.table import RuleTable

__all__ = ["Outcome", "RuleOutcomes"]

_WITH_IMAGES: Final = frozenset({"A-6.6.2.image_source", "A-A.5c.near_copy"})
"""Rules that look at source images beside the case."""
_WITH_TASK: Final = frozenset({"A-8.3b.granularity_of_task", "A-A.3.4.cardinality"})
"""Rules that hold a case against the definition of its task."""
_UNREAD: Final = frozenset({"A-10.1.5.mask_missing", "A-10.1.5.mask_outside", "A-6.4.1.mask_damaged"})
"""What keeps a mask from being read: then no rule on masks passes."""


class Outcome(StrEnum):
    """What became of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"
    OFF = "off"


class RuleOutcomes:
    """Collects what became of each rule, document by document.

    Parameters
    ----------
    table
        The rules.
    profile
        Which of them apply.
    """

    def __init__(self, table: RuleTable, profile: Profile) -> None:
        self._rules = {each.id: each for each in table.rules.values() if each.levels[profile] is not None}
        self._every = tuple(table.rules)
        self._applied: set[str] = set()
        self._broken: set[str] = set()
        self._unsure: set[str] = set()
        self._is_unsure = False

    def note(
        self, document: BaseModel, findings: Iterable[Finding], *, with_images: bool, with_task: bool = False
    ) -> None:
        """Note a document that the rules were applied to, and what they found."""
        without = (frozenset() if with_images else _WITH_IMAGES) | (frozenset() if with_task else _WITH_TASK)
        broken = {each.rule for each in findings}
        self._broken |= broken
        if broken & _UNREAD:
            self._unsure |= {each.id for each in self._rules.values() if each.applies_to == "MaskAnnotation"}
        held = {name for one in {type(each) for each in _parts(document)} for name in _names(one)}
        own = checks(type(document))
        self._applied |= {
            identity
            for identity, rule in self._rules.items()
            if identity in own and rule.applies_to in held and identity not in without
        }

    def not_checked(self) -> None:
        """Note that a document could not be looked at: no rule passes on it."""
        self._is_unsure = True

    def by_rule(self) -> dict[str, Outcome]:
        """Return what became of each rule."""
        return {identity: self._outcome(identity) for identity in self._every}

    def to_json(self) -> dict[str, Any]:
        """Return how many rules came to which end, and the rules that did not pass, by their end."""
        found = self.by_rule()
        counts = Counter(found.values())
        listed: Mapping[str, list[str]] = {
            outcome.value: [identity for identity, each in found.items() if each is outcome]
            for outcome in Outcome
            if outcome not in {Outcome.PASSED, Outcome.OFF}
        }
        return {"counts": {outcome.value: counts[outcome] for outcome in Outcome}, **listed}

    def _outcome(self, identity: str) -> Outcome:
        if identity not in self._rules:
            return Outcome.OFF
        if identity in self._broken:
            return Outcome.FAILED
        if self._is_unsure or identity in self._unsure:
            return Outcome.ERROR
        return Outcome.PASSED if identity in self._applied else Outcome.NOT_APPLICABLE


@cache
def _names(kind: type[BaseModel]) -> frozenset[str]:
    """Return the names of a class and of those that it is made of."""
    return frozenset(each.__name__ for each in kind.__mro__ if hasattr(model, each.__name__))


def _parts(value: object) -> Iterator[BaseModel]:
    """Yield a document and every object in it."""
    if isinstance(value, BaseModel):
        yield value
        for name in value.__pydantic_fields_set__:
            yield from _parts(getattr(value, name))
    elif isinstance(value, list):
        if value and isinstance(value[0], float | int | str):
            return
        for each in value:
            yield from _parts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _parts(each)
