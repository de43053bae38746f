"""What is found in one document, with its place as a JSON pointer and, in the sentence, as FHIRPath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annoconv.errors import InputError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

if TYPE_CHECKING:
    from annoconv_converters.check_fhir.definitions import Definitions

__all__ = ["Collected", "Enough", "fhir_path"]


class Enough(Exception):  # noqa: N818  no error: the rest is not told
    """As many findings as a document may have are there."""


class Collected:
    """The findings of one document.

    Parameters
    ----------
    document
        The whole of it.
    definitions
        Of its release.
    most
        How many are kept; `Enough` is raised at the next.
    """

    def __init__(self, document: Any, definitions: Definitions, most: int) -> None:
        self.findings: list[Finding] = []
        self._document = document
        self._definitions = definitions
        self._most = most

    def note(
        self,
        rule: str,
        pointer: str,
        problem: str,
        *,
        level: Level = Level.ERROR,
        found: object = None,
        expected: object = None,
        advice: str | None = None,
    ) -> None:
        """Note that a place breaks a rule; `found` never holds what a patient is or has."""
        if len(self.findings) >= self._most:
            message = Message("there are more than {count} findings (--limit findings)", count=self._most)
            self.findings.insert(0, Finding("fhir.more", Level.ERROR, "", message))
            raise Enough
        where = fhir_path(self._document, pointer, self._definitions)
        told = InputError(problem, where=where, found=found or None, expected=expected, advice=advice)
        self.findings.append(Finding(f"fhir.{rule}", level, pointer, Message("{error}", error=told)))


def fhir_path(document: Any, pointer: str, definitions: Definitions) -> str:
    """Return a JSON pointer as the FHIRPath that leads there, `Observation.component[0].value`."""
    kind = definitions.resource(document.get("resourceType")) if isinstance(document, dict) else None
    path = kind.name if kind is not None else ""
    value: Any = document
    for step in pointer.split("/")[1:]:
        if isinstance(value, list):
            path = f"{path}[{step}]"
            value = value[int(step)] if int(step) < len(value) else None
            continue
        key = step.replace("~1", "/").replace("~0", "~")
        known = kind.by_key.get(key.removeprefix("_")) if kind is not None else None
        path = f"{path}.{known[0].name if known else key}"
        value = value.get(key) if isinstance(value, dict) else None
        kind = known[1] if known is not None else None
        if kind is not None and kind.kind == "primitive":
            kind = definitions.kind("Element")
        if kind is not None and kind.name == "Resource":
            kind = definitions.resource(value.get("resourceType")) if isinstance(value, dict) else kind
    return path
