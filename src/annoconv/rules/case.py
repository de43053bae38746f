"""The case as a whole: the version of its schema (A C.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.model import SCHEMA_VERSION
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("A-C.2.schema_version")
def schema_version(subject: Subject) -> Iterator[Breach]:
    """Yield the version of a schema that is not known here; a case that states none has the standard's own layout."""
    found = subject.case.schema_version
    if found is not None and found != SCHEMA_VERSION:
        yield Breach(("schema_version",), {"found": found, "expected": SCHEMA_VERSION})
