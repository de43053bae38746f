"""Cases and their masks from and to disk: strict on the way in, lazy masks, whole or not at all on the way out.

A file holds one case (`.json`) or one a line (`.jsonl`). Masks are files beside it, named by paths relative to it that
never leave its folder. Masks that share a file have each their own `mask_value` in one label map.
"""

from __future__ import annotations

from annoconv.casefile.loaded import LoadedCase, Reading
from annoconv.casefile.reading import CASE_ENDINGS, CASE_NAME, beside_masks, documents, open_case, read_case, read_cases
from annoconv.casefile.writing import write_case, write_cases

__all__ = [
    "CASE_ENDINGS",
    "CASE_NAME",
    "LoadedCase",
    "Reading",
    "beside_masks",
    "documents",
    "open_case",
    "read_case",
    "read_cases",
    "write_case",
    "write_cases",
]
