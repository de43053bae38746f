"""The text of a resource: XHTML that shows and does not act (HL7 FHIR, Narrative, txt-1 and txt-2)."""

from __future__ import annotations

import re
from html.entities import html5
from typing import Final
from xml.parsers import expat

__all__ = ["is_safe"]

_NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
_TAGS: Final = (
    "div p br a abbr acronym address b bdi bdo big blockquote caption cite code col colgroup dd dfn dl dt em h1 h2 h3"
    " h4 h5 h6 hr i img ins del kbd li map area ol pre q s samp small span strike strong sub sup table tbody td tfoot"
    " th thead tr tt u ul var wbr rt rp ruby center font label nobr text"
)
_ATTRIBUTES: Final = (
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset"
    " cite class colspan compact color coords dir face frame headers height href hreflang hspace id idref lang longdesc"
    " name nowrap rel rev rowspan rules scope shape size span src start style summary tabindex target title type valign"
    " value vspace width xml:lang xmlns xml:space data-fhir data-image"
)
_TAG_NAMES: Final = frozenset(_TAGS.split())
_ATTRIBUTE_NAMES: Final = frozenset(_ATTRIBUTES.split())
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_ACTS: Final = re.compile(r"\s*(?:javascript|vbscript)\s*:", re.IGNORECASE)


class _NotSafe(Exception):  # noqa: N818  no error: the answer is found
    """Something stands in a text that may not."""


def is_safe(text: object) -> bool:
    """Tell whether a text is one `div` of XHTML that says something, well formed, without scripts and forms."""
    if not isinstance(text, str) or "<!" in text.replace("<!--", ""):
        return False
    reader = _Reader()
    try:
        reader.read(_ENTITY.sub(_character, text))
    except (expat.ExpatError, _NotSafe):
        return False
    return reader.says


def _character(entity: re.Match[str]) -> str:
    """Return the characters of an entity of HTML that XML does not know."""
    told = html5.get(entity[1], "")
    return entity[0] if not told or told in "<>&\"'" else told


class _Reader:
    """Stops at what may not stand in a text, and notes whether there is something to read."""

    def __init__(self) -> None:
        self.says = False
        self._is_inside = False

    def read(self, text: str) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._said
        parser.ProcessingInstructionHandler = self._refuse
        parser.Parse(text.strip(), True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag not in _TAG_NAMES or not attributes.keys() <= _ATTRIBUTE_NAMES:
            raise _NotSafe
        if any(_ACTS.match(value) for value in attributes.values()):
            raise _NotSafe
        if not self._is_inside and (tag != "div" or attributes.get("xmlns") != _NAMESPACE):
            raise _NotSafe
        self._is_inside = True
        self.says = self.says or tag == "img"

    def _said(self, text: str) -> None:
        self.says = self.says or not text.isspace()

    def _refuse(self, *_: str) -> None:
        raise _NotSafe
