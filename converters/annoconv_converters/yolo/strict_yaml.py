"""The strict door for YAML: PyYAML reads it, and what a description of data does not need is refused.

No aliases (a few lines of them are gigabytes), no tags of anybody's own, no key twice, one document, bounded in bytes,
parts and depth. Scalars stay the texts that they were written as, so that a class named NO is not False and 007 not 7.
Authority: YAML 1.1, https://yaml.org/spec/1.1/, as PyYAML and therefore the trainers read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import yaml

from annoconv.advice import CORRECT_FILE, at_most
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message, recognised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MOST_BYTES", "loads", "quoted"]

# libyaml where PyYAML was built with it; its parser in Python is twenty times slower, so it is given less to do.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_BYTES: Final = 1 << 21 if yaml.__with_libyaml__ else 1 << 18
_MOST_PARTS: Final = 200_000 if yaml.__with_libyaml__ else 20_000
"""Scalars, lists and mappings, with their ends: read in less than 2 s."""
_DEEPEST: Final = 8
_AS_IT_IS: Final = re.compile(r"[ !#-\[\]-~]+")
"""Characters that stand for themselves between double quotes."""
_PLAIN: Final = ("str", "int", "float", "bool", "null", "seq", "map")
_TAGS: Final = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in _PLAIN)}
_LIBYAML_SENTENCES = (
    "could not find expected ':'",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
    "did not find expected '-' indicator",
    "did not find expected <document start>",
    "did not find expected key",
    "did not find expected node content",
    "found a tab character that violates indentation",
    "found character that cannot start any token",
    "found undefined tag handle",
    "found unexpected end of stream",
    "found unknown escape character",
    "mapping keys are not allowed in this context",
    "mapping values are not allowed in this context",
    "block sequence entries are not allowed in this context",
)
"""What libyaml says of a text that is not YAML."""


def loads(text: str, path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML text holds: texts, lists and mappings of texts.

    Parameters
    ----------
    text
        Of the file, no longer than `MOST_BYTES`.
    path
        For messages.

    Raises
    ------
    InputError
        If it is not YAML, holds no mapping, or more than one document, an alias, a key twice or a tag of its own.
    LimitError
        If it is too deep or has too many parts.
    """
    events = _counted(yaml.parse(text, Loader=_LOADER), path)
    try:
        kinds = [type(next(events)) for _ in range(2)]
        if kinds[1] is yaml.StreamEndEvent:
            return {}
        document = _node(next(events), events, path, 0)
        next(events)  # the end of the document
        another = next(events)
    except yaml.MarkedYAMLError as error:
        line = Message("line {number}", number=error.problem_mark.line + 1) if error.problem_mark else None
        found = recognised(error.problem or "", *_LIBYAML_SENTENCES)
        raise InputError(
            "this is not YAML", source=path, where=line, found=found, expected="YAML", advice=CORRECT_FILE
        ) from error
    except yaml.YAMLError as error:
        raise InputError(
            "this is not YAML", source=path, found=str(error).splitlines()[0], expected="YAML", advice=CORRECT_FILE
        ) from error
    if not isinstance(another, yaml.StreamEndEvent):
        _refuse("the file holds several documents", another, path, Message("another one"), Message("one"))
    if not isinstance(document, dict):
        raise InputError(
            "the file is not a mapping",
            source=path,
            where=Message("line {number}", number=1),
            found=json_type(document),
            expected="names and their values",
            advice=CORRECT_FILE,
        )
    return document


def quoted(text: str) -> str:
    """Return a text in double quotes: the same to YAML 1.1 and 1.2, whatever it looks like without them."""
    if _AS_IT_IS.fullmatch(text):
        return f'"{text}"'
    dumped: str = yaml.dump(text, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True, width=1 << 30)
    return dumped.rstrip("\n")


def _counted(events: Iterator[Any], path: Path) -> Iterator[Any]:
    for number, event in enumerate(events):
        if number == _MOST_PARTS:
            problem = "the description has too many parts"
            raise LimitError(
                problem,
                source=path,
                where=_line(event),
                found=number,
                expected=at_most(_MOST_PARTS),
                advice="Leave out what does not describe the data set",
            )
        yield event


def _node(event: Any, events: Iterator[Any], path: Path, depth: int) -> Any:
    """Return what an event begins, taking those that belong to it."""
    if isinstance(event, yaml.AliasEvent):
        _refuse("an alias stands here", event, path, f"*{event.anchor}", Message("what it stands for"))
    if event.tag not in _TAGS:
        _refuse("a value has a tag of its own", event, path, event.tag, Message("none"))
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if depth == _DEEPEST:
        problem = "the description is nested too deeply"
        raise LimitError(
            problem,
            source=path,
            where=_line(event),
            found=Message("more levels"),
            expected=Message("{count} levels", count=_DEEPEST),
            advice="Leave out what does not describe the data set",
        )
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, path, depth + 1))
        return items
    members: dict[str, Any] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _node(inner, events, path, depth + 1)
        if not isinstance(key, str):
            _refuse("a key is not a text", inner, path, json_type(key), Message("a name"))
        if key in members:
            _refuse("a key stands twice", inner, path, key, Message("each once"))
        members[key] = _node(next(events), events, path, depth + 1)
    return members


def _refuse(problem: str, event: Any, path: Path, found: str, expected: str) -> NoReturn:
    found = found if isinstance(found, Message) else found[:80]
    raise InputError(problem, source=path, where=_line(event), found=found, expected=expected, advice=CORRECT_FILE)


def _line(event: Any) -> str:
    return Message("line {number}", number=event.start_mark.line + 1)
