"""What is said to people: sentences in English, and the gettext catalogues that hold them in other languages.

The English sentence is the key (`msgid`) of its translations, and what programs see: `str(error)`, `loss.message`. A
sentence that names something is a `Message`, an English `str` that remembers its parts::

    raise InputError(Message("the slices of one series differ in {keyword}", keyword=keyword))

Catalogues are `locale/<language>/LC_MESSAGES/annoconv.mo`, in this package and in the top folder of every package that
brings an entry point of annoconv: a third party's `.mo` is found there without being named anywhere.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.modules import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from gettext import NullTranslations

__all__ = ["Language", "Message", "language", "listed", "recognised", "shortened", "told", "translate"]

Language: TypeAlias = Literal["en", "zh"]

DOMAIN: Final = "annoconv"
_LONGEST, _HEAD, _TAIL = 500, 300, 100  # characters of one value in a sentence, and what is left of a longer one
_GROUPS: Final = ("annoconv.converters", "annoconv.readers", "annoconv.commands", "annoconv.rules")

_SYSTEM_SENTENCES = (
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "Is a directory",
    "Not a directory",
    "Directory not empty",
    "File exists",
    "File name too long",
    "File too large",
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Input/output error",
    "Too many open files",
    "Too many levels of symbolic links",
    "Device or resource busy",
    "Invalid argument",
)
"""What the operating system says of files."""


class Message(str):
    """A sentence in English that can be said in other languages.

    Parameters
    ----------
    template
        The sentence, a constant, with the places of what it names: `"at most {count} bytes"`. Without values it is
        taken as it stands.
    **values
        What it names; a value that is a `Message` or an error of ours is translated too.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Message:
        """Return the English sentence."""
        values = {name: shortened(value) for name, value in values.items()}
        in_words = {name: told(each, "en") if isinstance(each, Exception) else each for name, each in values.items()}
        message = super().__new__(cls, template.format_map(in_words) if values else template)
        message.template = template
        message.values = values
        return message

    def __reduce__(self) -> tuple[Any, ...]:
        """Let copies and other processes have the parts too."""
        return _made, (self.template, self.values)


def _made(template: str, values: Mapping[str, object]) -> Message:
    return Message(template, **values)


def translate(sentence: str, lang: Language, *values: object) -> str:
    """Return a sentence in a language; in English where no catalogue holds it.

    Parameters
    ----------
    sentence
        A `Message`, or a sentence that names nothing.
    lang
        The language.
    *values
        For a plain template with places that have no names, `"{} errors, {} warnings"`.
    """
    if isinstance(sentence, Message):
        if lang == "en":
            return str(sentence)
        values_told = {name: told(value, lang) for name, value in sentence.values.items()}
        template = _looked_up(sentence.template, lang)
        try:
            return template.format_map(values_told) if values_told else template
        except (LookupError, ValueError):  # a catalogue that names what there is not shall not hide what is said
            return str(sentence)
    template = sentence if lang == "en" else _looked_up(sentence, lang)
    return template.format(*(told(value, lang) for value in values)) if values else template


def listed(
    parts: Sequence[object], most: int | None = None, *, count: int | None = None, separator: str = ", "
) -> Message:
    """Return the first `most` parts, of `count` in all, as one message; messages are translated one by one."""
    shown = list(parts[:most])
    more = (len(parts) if count is None else count) - len(shown)
    if more:
        shown.append(Message("and {count} more", count=more))
    places = {f"part_{place}": part for place, part in enumerate(shown)}
    return Message(separator.join(f"{{{name}}}" for name in places), **places)


def shortened(value: object) -> object:
    """Return a value, or its two ends if it is a text, a number or a list that is too long for a sentence."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, int):
        text = "" if value.bit_length() < _LONGEST else hex(value)
    else:
        text = str(value) if isinstance(value, list | tuple | dict | set | frozenset | Decimal) else ""
    is_long = len(text) > _LONGEST and not isinstance(value, Message)
    return f"{text[:_HEAD]}...{text[-_TAIL:]}" if is_long else value


def recognised(text: str, *templates: str) -> str:
    """Return what other software said as a `Message`, if it was made of one of these templates; else as it stands.

    The templates are in order of trial. What stands at a place is recognised in turn.
    """
    for template in templates:
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        if match := re.fullmatch(pattern, text, re.DOTALL):
            return Message(template, **{name: recognised(part, *templates) for name, part in match.groupdict().items()})
    return text


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language that the environment asks for: the first of LC_ALL, LC_MESSAGES and LANG that is set."""
    named = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def told(value: object, lang: Language) -> object:
    """Return a value as a sentence names it: what can be told in a language in it, all else as it stands."""
    if isinstance(value, Message):
        return translate(value, lang)
    if callable(text := getattr(value, "text", None)):
        return text(lang)
    return value


def _looked_up(sentence: str, lang: Language) -> str:
    """Return what the first catalogue that holds a sentence has for it; `""` is the key of a catalogue's header."""
    for catalogue in _catalogues(lang) if sentence else ():
        if (translated := catalogue.gettext(sentence)) != sentence:
            return translated
    return sentence


@cache
def _catalogues(lang: Language) -> tuple[NullTranslations, ...]:
    from gettext import translation

    return tuple(translation(DOMAIN, folder, [lang], fallback=True) for folder in _folders())


def _folders() -> Iterator[Path]:
    """Yield the folders that may hold catalogues: our own, then those of the packages beside us, none imported."""
    from importlib.metadata import entry_points

    yield Path(__file__).parent / "locale"
    packages: set[str] = set()
    with suppress(Exception):  # damage of what is installed is told where it is used
        installed = entry_points()
        packages = {
            each.value.partition(":")[0].partition(".")[0]
            for group in _GROUPS
            for each in installed.select(group=group)
        }
    for package in sorted(packages):
        spec = spec_of(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place) / "locale"
