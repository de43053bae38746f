"""Real files by other software, a module for each format: what they are, and what they say in the format's own terms.

A module has

- `FORMAT`, the name of the format;
- `files()`, the files, as `Foreign`;
- `tree(path)`, what a file or folder says, read by a reader that is not ours: objects, lists and values;
- `UNSAID`, patterns of what only says how the rest is encoded, with the reason; it is not compared;
- optionally `ADDED`, patterns of what the writer must say beyond the file, with the reason;
- optionally `write(readings, file, folder)`, which writes what was read again and returns its path, where the format's
  writer alone cannot (a format that is only read; sources that have to be made first);
- optionally `check(readings, file, again)`, what must hold besides: the voxels;
- `damage(monkeypatch)`, which makes the reader take one attribute less and returns a file where that shows; and
  `silence(monkeypatch)`, which keeps one from the reader's report.

A pattern is matched against the steps of a path joined by `/`, each position a `#`, as those of
`annoconv.documents.losses` are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import real_data

__all__ = ["Foreign", "cases", "data"]


@dataclass(frozen=True)
class Foreign:
    """One file or folder by other software.

    Attributes
    ----------
    name
        For people and the committed table; distinct in its format.
    sources
        What is read; `tree` is asked of the first.
    images
        Its images, for the reader and for the writer.
    read_options, write_options
        Options beyond the images.
    refused
        Name of the error with which it is refused, on the way in or out.
    """

    name: str
    sources: tuple[Path, ...]
    images: tuple[Path, ...] = ()
    read_options: Mapping[str, Any] = field(default_factory=dict)
    write_options: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


def data(pattern: str) -> list[Path]:
    """Return those of the real files whose path fits, in the order of their names; none if the folder is not there."""
    return sorted(real_data.folder().glob(pattern))


def cases(pattern: str) -> list[Path]:
    """Return those of the synthetic files beside the real ones whose path fits."""
    return sorted((real_data.folder().parent / "cases").glob(pattern))
