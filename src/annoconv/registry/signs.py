"""Which format a file or folder is of: by the end of its name and by its first bytes, without importing a converter.

A converter's module says what tells its files from others in a literal, `SIGNS`, which is read from its source::

    SIGNS = {
        "endings": (".nii", ".nii.gz"),  # of names, in lower case
        "sop_classes": ("1.2.840.10008.5.1.4.1.1.88.",),  # of DICOM files; one that ends in a dot is a start
        "keys": ("images annotations", "a/b"),  # members of a JSON object, or of the first of a list, and theirs
        "elements": ("annotation bndbox",),  # of XML: the root, and others that stand near the start
        "lines": {".txt": r"[0-9]+( [0-9.]+){4}"},   # a whole line near the start of a text of this ending
    }

One fitting entry suffices; of `keys` and `elements` all words of an entry have to be there. A format without signs has
to be named by who reads it.
"""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from annoconv.registry.summary import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["CASE", "IMAGES", "PICTURES", "formats_of", "is_contours", "members_of", "stated"]

CASE: Final = "case"
"""The name that stands for cases themselves, as JSON."""
IMAGES: Final = "images"
"""The name that stands for DICOM images, which are no annotations."""
PICTURES: Final = "pictures"
"""The name that stands for pictures, which stand in data sets too."""

_CASE_SIGNS: Final[Mapping[str, Any]] = {"keys": ("task_id image", "image annotations metadata")}
_PICTURE_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".svs", ".ndpi", ".webp", ".gif")
_WITHOUT_PIXELS: Final = ("11.", "66.", "88.", "91.", "104.", "481.2", "481.3", "481.4", "481.5", "481.8", "9.")
"""SOP classes below 1.2.840.10008.5.1.4.1.1 that are no images: presentations, segmentations, reports, plans."""
_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
_CONTOURS: Final = f"{_STORAGE}481.3"
_SIDE: Final = "annoconv.json"
"""What names of side files end in."""
_STATED: Final = ("SIGNS", "SUFFIX", "ENDINGS")
_HEAD: Final = 1 << 13
_LONG_HEAD: Final = 1 << 18
_ALIKE: Final = 200
"""Files of one ending in a folder that are opened; DICOM files all are."""
_SOP_CLASS: Final = re.compile(rb"\x08\x00\x16\x00(?:UI[\x00-\x40]\x00|[\x00-\x40]\x00\x00\x00)([0-9.]{1,64})")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_ELEMENT: Final = re.compile(r"<([A-Za-z_][\w.-]*)")


@dataclass
class _Start:
    """The first bytes of a file, read when they are asked for."""

    path: Path
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        with self.path.open("rb") as file:
            self.head = file.read(_HEAD)
            if self.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
                self.head += file.read(_LONG_HEAD - _HEAD)
        self.text = self.head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
        is_dicom = self.head[128:132] == b"DICM" or self.head[:2] == b"\x08\x00"
        match = _SOP_CLASS.search(self.head) if is_dicom else None
        self.sop_class = match.group(1).decode() if match else ""
        self.keys = members_of(self.text) if self.text[:1] in {"{", "["} else frozenset[str]()
        self.elements = _ELEMENT.findall(self.text) if self.text[:1] == "<" else []


def members_of(text: str) -> frozenset[str]:
    """Return the names of the members of a JSON object, and theirs as `a/b`, as far as its start tells.

    A list stands for the objects in it.

    Examples
    --------
    >>> sorted(members_of('[{"a": [{"b": 1}], "c": {"d": {"e": 2'))
    ['a', 'a/b', 'c', 'c/d']
    """
    found: set[str] = set()
    open_ones: list[tuple[bool, tuple[str, ...]]] = []
    """Whether each is an object, and the names on the way to it."""
    key, is_key = "", False
    for piece in _TOKEN.findall(text):
        if piece in {"{", "["}:
            is_object, path = open_ones[-1] if open_ones else (False, ())
            open_ones.append((piece == "{", (*path, key) if is_object else path))
            is_key = piece == "{"
        elif piece in {"}", "]"}:
            del open_ones[-1:]
            is_key = False
        elif piece == ",":
            is_key = bool(open_ones) and open_ones[-1][0]
        elif is_key:
            key, is_key = piece.strip('"'), False
            path = open_ones[-1][1]
            if len(path) < 2:
                found.add("/".join((*path, key)))
    return frozenset(found)


def formats_of(path: Path, signs: Mapping[str, Mapping[str, Any]], files: Iterable[Path]) -> set[str]:
    """Return the formats that a file is of, or the files of a folder; with `CASE`, `IMAGES` and `PICTURES`.

    Parameters
    ----------
    path
        As it was named.
    signs
        Of each format.
    files
        The file itself, or those in the folder and below it.
    """
    if path.is_dir() and ((path / "case.json").is_file() or any(path.glob("*/case.json"))):
        return {CASE}
    signs = {**signs, CASE: _CASE_SIGNS}
    found: set[str] = set()
    seen: dict[str, int] = {}
    for file in files:
        name = file.name.lower()
        ending = file.suffix.lower()
        if name.endswith(_SIDE):
            continue
        by_name = {each for each, sign in signs.items() if name.endswith(tuple(sign.get("endings", ())))}
        if by_name or ending in _PICTURE_ENDINGS:
            found |= by_name or {PICTURES}
            continue
        if seen.get(ending, 0) >= _ALIKE:
            continue
        with suppress(OSError):  # whoever reads it tells
            start = _Start(file)
            if start.sop_class:
                found |= _dicom(start.sop_class, signs)
                continue
            seen[ending] = seen.get(ending, 0) + 1
            found |= {each for each, sign in signs.items() if _fits(start, ending, sign)}
    return found


def is_contours(path: Path) -> bool:
    """Tell whether a file is a set of contours as radiotherapy has them (RT Structure Set Storage)."""
    try:
        return _Start(path).sop_class == _CONTOURS
    except OSError:
        return False


def _dicom(sop_class: str, signs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    found = {
        each
        for each, sign in signs.items()
        for told in sign.get("sop_classes", ())
        if sop_class == told or (told.endswith(".") and sop_class.startswith(told))
    }
    is_image = sop_class.startswith(_STORAGE) and not sop_class.removeprefix(_STORAGE).startswith(_WITHOUT_PIXELS)
    return found or ({IMAGES} if is_image else set())


def _fits(start: _Start, ending: str, sign: Mapping[str, Any]) -> bool:
    if any(start.keys >= set(each.split()) for each in sign.get("keys", ())):
        return True
    for each in sign.get("elements", ()) if start.elements else ():
        root, *others = each.split()
        if start.elements[0] == root and set(others) <= set(start.elements):
            return True
    pattern = sign.get("lines", {}).get(ending)
    return pattern is not None and any(re.fullmatch(pattern, line.strip()) for line in start.text.splitlines()[:50])


@cache
def stated(module: str) -> Mapping[str, Any]:
    """Return `SIGNS`, `SUFFIX` and `ENDINGS` of a module by its dotted name, as far as its source has them."""
    source = source_of(module)
    found: dict[str, Any] = {}
    if source is None:
        return found
    with suppress(SyntaxError, ValueError):
        for statement in ast.parse(source.read_text("utf-8")).body:
            target, value = _assigned(statement)
            if target in _STATED and value is not None:
                found[target] = ast.literal_eval(_Known(found).visit(value))
    return found


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return "", None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return (target.id if isinstance(target, ast.Name) else ""), statement.value


class _Known(ast.NodeTransformer):
    """Puts values in the place of names that stand above."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the value of a name."""
        return ast.Constant(self._known[node.id]) if node.id in self._known else node
