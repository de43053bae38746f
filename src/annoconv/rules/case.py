"""The case as a whole: its schema (A C.2), keys that others add (A 8.2.2 e), its part of a data set (A 9.4.1)."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from annoconv.model import SCHEMA_VERSION
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACED: Final = re.compile(r"[^./:]+[./:].+")
"""`example.org/key`, `org.example.key`, `https://example.org/key`."""


@rule("A-C.2.schema_version")
def schema_version(subject: Subject) -> Iterator[Breach]:
    """Yield the version of a schema that is not known here; a case that states none has the standard's own layout."""
    found = subject.case.schema_version
    if found is not None and found != SCHEMA_VERSION:
        yield Breach(("schema_version",), {"found": found, "expected": SCHEMA_VERSION})


@rule("A-8.2.2e.extension_namespace")
def extension_namespace(subject: Subject) -> Iterator[Breach]:
    """Yield each key among extensions that does not say whose it is, so that two tools may mean different things."""
    case = ((), subject.case.extensions)
    others = chain(subject.every_image(), subject.annotations())
    for path, extensions in (case, *((path, each.extensions) for path, each in others)):
        for key in extensions or ():
            if not _NAMESPACED.fullmatch(key):
                yield Breach((*path, "extensions", key), {"key": key})


@rule("A-9.4.1.patient_in_two_splits")
def patient_in_two_splits(subject: Subject) -> Iterator[Breach]:
    """Yield the split of a case if a case before it, of the same patient, stands in another."""
    case = subject.case
    if subject.splits is None or case.patient_id is None or case.split is None:
        return
    found = subject.splits.place(case.patient_id, case.split.value, subject.name)
    if found is not None:
        yield Breach(("split",), {"found": found})
