"""The first line of a module's docstring, read from its source: nothing is imported to list what there is."""

from __future__ import annotations

import re
from pathlib import Path

from annoconv.modules import spec_of

__all__ = ["sentence_of", "source_of", "summary_of"]


def summary_of(module: str) -> str:
    """Return the summary of a module by its dotted name, or that it is not installed."""
    source = source_of(module)
    if source is None:
        return f"(the module {module} is not installed)"
    with source.open(encoding="utf-8") as file:
        start = file.read(4096)
    match = re.match(r'(?:\s*#.*\n|\s+)*[rR]?("""|\'\'\'|"|\')(.+?)(?:\1|\n)', start)
    return match.group(2).strip() if match else ""


def sentence_of(module: str, function: str) -> str:
    """Return the first line of the docstring of a function at the top of a module; empty if it has none."""
    source = source_of(module)
    if source is None:
        return ""
    text = source.read_text("utf-8")
    pattern = rf'^def {re.escape(function)}\((?:.*?)\)(?: -> [^\n]+)?:\n    [rR]?"""(.+?)(?:"""|\n)'
    match = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    return match.group(1).strip() if match and "\ndef " not in match.group(0) else ""


def source_of(module: str) -> Path | None:
    """Return the source file of a module by its dotted name, which is not imported; None if there is none."""
    spec = spec_of(module)
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None
