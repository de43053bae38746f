"""The catalogues of messages: each package's `.po` brought up to what its source says, and the `.mo` made of it.

A new sentence stands there without a translation until a person writes it; `tests/test_messages.py` fails until then.
The translation of a sentence that is said no more stays as an obsolete entry (`#~`), for when it comes back. Babel is
needed here only; what runs needs Python's `gettext`.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from model.generator.sentences import PACKAGES, sentences_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LANGUAGES", "catalogues", "read_catalogue"]

LANGUAGES = ("zh",)

_HEADER = """\
# What {package} says to people. The English sentences are read from the source by `make generate`.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"

"""


def catalogues(root: Path) -> dict[str, bytes]:
    """Return the `.po` and `.mo` of every package and language by their paths below the repository's root."""
    stems = {
        (package, language): f"{package}/locale/{language}/LC_MESSAGES/annoconv"
        for package in PACKAGES
        for language in LANGUAGES
    }
    before = {place: read_catalogue(root / f"{stem}.po") for place, stem in stems.items()}
    said: dict[str, dict[str, set[str]]] = {}
    for package in PACKAGES:  # what the core says is looked up there
        known = {text for others in said.values() for text in others}
        told = sentences_of(root, package).said
        said[package] = {text: files for text, files in told.items() if text not in known}
    made: dict[str, bytes] = {}
    for (package, language), stem in stems.items():
        translated = {
            entry.id: entry.string
            for (_, other), catalogue in before.items()
            for entry in (*catalogue.obsolete.values(), *catalogue)
            if other == language and entry.string
        }
        catalogue = Catalog(fuzzy=False)
        for text, files in said[package].items():
            places = [(file.removeprefix(f"{package}/"), None) for file in sorted(files)]
            catalogue.add(text, translated.get(text, ""), locations=places)  # type: ignore[arg-type]  # babel takes no line too
        for entry in (*before[package, language].obsolete.values(), *before[package, language]):
            if entry.id and entry.string and not any(entry.id in others for others in said.values()):
                catalogue.obsolete[entry.id] = entry
        header = _HEADER.format(package=package.rpartition("/")[2], language=language)
        made[f"{stem}.po"] = header.encode() + _po(catalogue)
        made[f"{stem}.mo"] = _mo(catalogue, language)
    return made


def read_catalogue(path: Path) -> Catalog:
    """Return a `.po`; an empty one where there is none yet."""
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def _po(catalogue: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalogue, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return file.getvalue()


def _mo(catalogue: Catalog, language: str) -> bytes:
    plain = _Plain(locale=language, fuzzy=False)
    for message in catalogue:
        if message.id and message.string:
            plain.add(message.id, message.string)
    file = BytesIO()
    write_mo(file, plain)
    return file.getvalue()


class _Plain(Catalog):
    """A catalogue whose header names no time and no version of Babel: the same sentences give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=UTF-8"), ("Language", str(self.locale))]
