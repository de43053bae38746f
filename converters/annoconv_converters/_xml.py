"""XML from outside: no document type, no entities, bounded; so nothing is expanded and nothing is fetched.

defusedxml refuses entities too, but bounds neither depth nor size and knows no Chinese encodings; expat is the parser.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, TreeBuilder, indent, tostring
from xml.parsers import expat

from annoconv.advice import CORRECT_FILE
from annoconv.documents import strict_json
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message, recognised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = [
    "XmlParts",
    "as_number",
    "attribute_number",
    "element_of",
    "is_in_digits",
    "members_of",
    "members_of_object",
    "number",
    "parse_xml",
    "whole",
    "xml_bytes",
]


_DECLARED: Final = re.compile(rb"""(\s*<\?xml\s[^>]{0,80}?encoding\s*=\s*["'])([A-Za-z0-9._-]{1,40})""")
_FARTHEST: Final = 1e9
"""Coordinates beyond it, either way, are refused."""
_CHUNK: Final = 1 << 18
"""Bytes that are read at once of a file that is read in parts."""
_EXPAT_SENTENCES: Final = (
    "{what}: line {line}, column {column}",
    "not well-formed (invalid token)",
    "no element found",
    "mismatched tag",
    "unclosed token",
    "syntax error",
    "duplicate attribute",
    "junk after document element",
    "undefined entity",
    "unclosed CDATA section",
    "unknown encoding",
)
"""What expat says of a text that is not XML."""
_MANY_BYTES: Final = frozenset({b"gb2312", b"gbk", b"gb18030", b"big5", b"shift-jis", b"euc-jp", b"euc-kr"})


def parse_xml(path: Path, limits: Limits) -> Element:
    """Return the root element of an XML file.

    Raises
    ------
    InputError
        If it is not well formed, or declares a document type or entities.
    LimitError
        If it is too large or too deep.
    """
    return element_of(strict_json.read_bytes(path, limits), path, limits)


def element_of(data: bytes, path: Path, limits: Limits) -> Element:
    """Return the root element of an XML text that stands in a file; the same errors."""
    parser = _Parser(path, limits, None)
    parser.feed(_in_utf8(data, path), is_last=True)
    return parser.builder.close()


class XmlParts:
    """An XML file of which some children of the root are given one by one, and are not in it.

    Parameters
    ----------
    path
        The file; one in an encoding that the parser does not know is held as a whole.
    limits
        Bounds.
    tag
        Of these children.

    Attributes
    ----------
    root
        With what was read of the rest; whole once all children were asked for.
    """

    def __init__(self, path: Path, limits: Limits, tag: str) -> None:
        self._path = path
        self._parser = _Parser(path, limits, tag)

    @property
    def root(self) -> Element:
        return self._parser.root

    def __iter__(self) -> Iterator[Element]:
        """Yield the children; raises as `parse_xml` does."""
        with self._path.open("rb") as file:
            read = file.read(_CHUNK)
            if _is_of_many_bytes(read):
                read = _in_utf8(read + file.read(), self._path)
            while read:
                self._parser.feed(read, is_last=False)
                yield from self._parser.taken()
                read = file.read(_CHUNK)
        self._parser.feed(b"", is_last=True)
        yield from self._parser.taken()


class _Parser:
    """expat, with its bounds.

    Attributes
    ----------
    root
        The element that all others are in.
    builder
        Makes it.
    """

    def __init__(self, path: Path, limits: Limits, tag: str | None) -> None:
        self._path, self._limits, self._tag = path, limits, tag
        self.builder = TreeBuilder()
        self.root: Element
        self._depth = 0
        self._taken: list[Element] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.builder.data
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def feed(self, data: bytes, *, is_last: bool) -> None:
        """Read on."""
        try:
            self._parser.Parse(data, is_last)
        except (expat.ExpatError, ValueError, LookupError) as error:
            if isinstance(error, InputError | LimitError):
                raise
            raise InputError(
                "this is not well-formed XML",
                source=self._path,
                found=recognised(str(error)[:200], *_EXPAT_SENTENCES),
                expected="well-formed XML",
                advice=CORRECT_FILE,
            ) from error

    def taken(self) -> list[Element]:
        """Return the children that were met since."""
        found, self._taken = self._taken, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise LimitError(
                "the document is nested too deeply",
                source=self._path,
                found=Message("more levels"),
                expected=Message("{count} levels", count=self._limits.depth),
                limit="depth",
            )
        element = self.builder.start(name, attributes)
        if self._depth == 1:
            self.root = element

    def _end(self, name: str) -> None:
        self._depth -= 1
        element = self.builder.end(name)
        if self._depth == 1 and name == self._tag:
            del self.root[-1]
            self._taken.append(element)

    def _refuse(self, *_: Any) -> None:
        raise InputError(
            "the XML declares a document type, which could hold entities",
            source=self._path,
            found=Message("a DOCTYPE"),
            expected="none",
            advice="Delete the DOCTYPE from the file",
        )


def _is_of_many_bytes(data: bytes) -> bool:
    """Tell whether a document says that it is in an encoding of several bytes that the parser does not know."""
    declared = _DECLARED.match(data)
    return declared is not None and declared[2].lower().replace(b"_", b"-") in _MANY_BYTES


def _in_utf8(data: bytes, path: Path) -> bytes:
    """Return a document in an encoding of several bytes, which the parser does not know, in UTF-8."""
    declared = _DECLARED.match(data)
    if declared is None or not _is_of_many_bytes(data):
        return data
    try:
        text = data.decode(declared[2].decode("ascii"))
    except UnicodeDecodeError as error:
        problem = "the text is not in the encoding that it declares"
        raise InputError(
            problem,
            source=path,
            found=Message("other bytes"),
            expected=declared[2].decode("ascii"),
            advice="Save it as UTF-8",
        ) from error
    return text.encode().replace(declared[0], declared[1] + b"utf-8", 1)


def attribute_number(element: Element, name: str, source: Path) -> float:
    """Return an attribute as a finite number of the size of images; InputError if it is none."""
    return number(element.get(name), f"{element.tag}/@{name}", source)


def members_of(element: Element, *without: str) -> Any:
    """Return what an element says: its text, or an object of its attributes (`@name`), text (`#text`) and children.

    Children of one name are a list, one alone is itself; what says nothing is left out.

    Parameters
    ----------
    element
        Any.
    without
        Names of children that are left out, within children too.
    """
    text = element.text.strip() if element.text else ""
    if not len(element) and not element.attrib:
        return text
    said: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items() if value}
    if text:
        said["#text"] = text
    for child in element:
        if child.tag in without:
            continue
        is_leaf = not len(child) and not child.attrib
        if told := (child.text or "").strip() if is_leaf else members_of(child, *without):
            said.setdefault(child.tag, []).append(told)
    return {name: told[0] if isinstance(told, list) and len(told) == 1 else told for name, told in said.items()}


def members_of_object(element: Element, *without: str) -> dict[str, Any]:
    """Return the members of an element that is an object, as `members_of` does; its text if it is one after all."""
    said = members_of(element, *without)
    return said if isinstance(said, dict) else {"#text": said} if said else {}


def as_number(text: str) -> float | str:
    """Return a text as a number, if it is one."""
    try:
        return float(text)
    except ValueError:
        return text


def is_in_digits(text: str) -> bool:
    """Tell whether a text has no digits but 0 to 9, and no `_`: Python reads `1_0` and digits of any script too."""
    return text.isascii() and "_" not in text


def number(text: str | None, where: str, source: Path) -> float:
    """Return a text as a finite number of the size of images; InputError if it is none."""
    try:
        value = float(text) if text and is_in_digits(text) else float("nan")
    except ValueError:
        value = float("nan")
    if not abs(value) < _FARTHEST:
        found = text[:40] if text else Message("nothing")
        expected = "a number" if math.isnan(value) else Message("numbers within {most:g}", most=_FARTHEST)
        raise InputError(
            "this is no coordinate", source=source, where=where, found=found, expected=expected, advice=CORRECT_FILE
        )
    return value


def whole(text: str | None, where: str, source: Path) -> int:
    """Return a text as a whole number of the size of images; InputError if it is none."""
    value = number(text, where, source)
    if not value.is_integer():
        raise InputError(
            "this is no whole number",
            source=source,
            where=where,
            found=(text or "")[:40],
            expected="a whole number",
            advice=CORRECT_FILE,
        )
    return int(value)


def side(text: str | None, where: str, source: Path) -> int:
    """Return a text as a width or height of a picture; InputError if it is no whole number from 1."""
    value = whole(text, where, source)
    if value < 1:
        problem = "a picture has a width and a height"
        raise InputError(
            problem, source=source, where=where, found=value, expected="a whole number from 1", advice=CORRECT_FILE
        )
    return value


def xml_bytes(root: Element) -> bytes:
    """Return a document in UTF-8, each element on a line of its own; the same tree, the same bytes."""
    indent(root, space="")
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
