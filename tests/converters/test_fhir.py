"""FHIR R5 and R4B: every kind of Bundle, digits, pseudonyms, references, and programs that are not ours."""

from __future__ import annotations

REFUSES: dict[str, type[Exception]] = {}
