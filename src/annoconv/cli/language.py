"""The language that a command speaks: its own sentences, the help, and what typer says of a wrong command line.

Help texts stay English where they are written; the formatter translates them as it lays them out. Typer's own sentences
are recognised by their form, so that no version of it needs catalogues of its own.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import typer
import typer.core

from annoconv.messages import Message, language, recognised, translate

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from annoconv.messages import Language

__all__ = ["Command", "Context", "asked_language", "said", "speaking", "spoken", "usage_error", "usage_object"]

_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)

TYPER_SENTENCES = (
    "Missing argument {name}.",
    "Missing option {name}.",
    "Missing command.",
    "No such option: {name}; did you mean {others}?",
    "No such option: {name}",
    "No such command {name}; did you mean {other}?",
    "No such command {name}.",
    "Got unexpected extra argument(s) ({arguments})",
    "Got unexpected extra argument ({arguments})",
    "Got unexpected extra arguments ({arguments})",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Argument {name} takes {count} values.",
    "Invalid value for {name}: {reason}",
    "Invalid value: {reason}",
    "{value} is not one of {choices}; did you mean {other}?",
    "{value} is not one of {choices}.",
    "Value {value} is not a valid {kind}.",
    "{value} is not a valid {kind}.",
    "integer",
    "float",
    "boolean",
)
"""What typer says of a wrong command line, more particular forms first."""

_HELP_SENTENCES = (
    "Usage: ",
    "Options",
    "Arguments",
    "Commands",
    "Converters",
    "Example",
    "Show this message and exit.",
    "required",
    "default: {}",
)
"""What typer and the list of commands say in help."""

_KINDS = re.compile(r" <(list\[)?(str|path|Path|float|int)\]?>")
_WORDS = {"str": "TEXT", "path": "PATH", "Path": "PATH", "float": "NUMBER", "int": "NUMBER"}
"""Types as typer writes them in help, and the words for people."""

_BASE: Any = typer.Context.formatter_class


def asked_language(arguments: Sequence[str]) -> Language:
    """Return the language of `--lang`, else that of the environment; known before the options are read."""
    asked = ""
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang":
            asked = "".join(arguments[place + 1 : place + 2])
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
    return "zh" if asked == "zh" else "en" if asked == "en" else language()


@contextmanager
def speaking(lang: Language) -> Generator[None]:
    """Speak a language while a command runs."""
    before = _spoken.set(lang)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> Language:
    """Return the language of the command that runs."""
    return _spoken.get() or language()


def said(sentence: str, *values: object) -> str:
    """Return a sentence in the language of the command that runs."""
    return translate(sentence, spoken(), *values)


def usage_error(error: Any) -> str:
    """Return what is said of a wrong command line, with the usage of the command."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return f"{error.format_message()}\n"
    told = said("Error: {}", _usage_sentence(error)) + "\n"
    if error.ctx is None:
        return told
    hint = said("Try '{} {}' for help.", error.ctx.command_path, error.ctx.help_option_names[0])
    return f"{error.ctx.get_usage()}\n{hint}\n\n{told}"


def _named(sentence: str) -> dict[str, str]:
    """Return what a sentence of typer names, the inner sentence before the outer one."""
    if not isinstance(sentence, Message):
        return {}
    named = {name: str(value).strip("'") for name, value in sentence.values.items()}
    for inner in sentence.values.values():
        named |= _named(inner) if isinstance(inner, Message) else {}
    return named


def _usage_sentence(error: Any) -> str:
    """Return what is wrong with a command line."""
    text = error.format_message().replace("Value error, ", "")  # typer's validator says it before its own sentence
    text = re.sub(r" \(Possible options: (.*)\)$", r"; did you mean \1?", text)
    text = re.sub(r"'([^']*)' is not one of (.*)\.$", _with_nearest, text)
    return recognised(text, *TYPER_SENTENCES)


def _with_nearest(match: re.Match[str]) -> str:
    """Return what typer says of a value that is no choice, with the choice that is spelled most like it."""
    from annoconv.advice import nearest

    written, choices = match.groups()
    near = nearest(written, re.findall(r"'([^']*)'", choices)).values.get("name")
    return f"{match[0][:-1]}; did you mean {near}?" if near else match[0]


def usage_object(error: Any) -> dict[str, Any]:
    """Return what is wrong with a command line as an object like those of other errors (`annoconv.cli.report`)."""
    lang = spoken()
    sentence = _usage_sentence(error)
    said_too = {} if lang == "en" else {f"message_{lang}": translate(sentence, lang)}
    problem, _, near = str(sentence).partition("; did you mean ")
    parameter, named = getattr(error, "param", None), _named(sentence)
    found = next((named[key] for key in ("value", "arguments", "name") if key in named), None)
    choices = named.get("choices") or near.rstrip("?") or named.get("kind")
    if problem.startswith("Missing"):
        found, choices = "nothing", found
    path = "annoconv" if error.ctx is None else error.ctx.command_path
    return {
        "kind": "UsageError",
        "message": str(sentence),
        "problem": problem,
        "source": None,
        "where": getattr(error, "option_name", None) or (parameter and parameter.get_error_hint()),
        "found": found,
        "expected": choices or f"what `{path} --help` lists",
        "advice": f"Try '{path} --help' for help.",
        "exit_code": 2,
        **said_too,
    }


class Formatter(_BASE):  # type: ignore[misc]  # typer does not say which class it is
    """Lays out help in the language that is spoken."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, said(prefix or "Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the name of a section."""
        super().write_heading(said(heading))

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        super().write_text(_laid_out(said(" ".join(text.split())), self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a table of names and what each is."""
        rows = [(_KINDS.sub(_kind, name), told) for name, told in rows]
        first = min(max((len(name) for name, _ in rows), default=0), col_max) + col_spacing
        width = max(self.width - first - 2, 10)
        super().write_dl([(name, _laid_out(_help(told), width)) for name, told in rows], col_max, col_spacing)


class Context(typer.Context):
    """The context of a command whose help is laid out by `Formatter`."""

    formatter_class = Formatter

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"help_option_names": ["--help", "-h"], **settings})


class Command(typer.core.TyperCommand):
    """A command whose help is laid out by `Formatter`, with an example."""

    context_class = Context

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write an example, if there is one."""
        from annoconv.cli.examples import example_of

        if told := example_of(self.name or ""):
            with formatter.section("Example"):
                formatter.write_text(told)


def _kind(match: re.Match[str]) -> str:
    """Return the word for a type; nothing after the name of an argument, which says what it is."""
    is_option = match.string.startswith("-")
    return f" {_WORDS[match.group(2)]}" if is_option else ""


def _help(told: str) -> str:
    """Translate the help of an option: its sentence, and what typer puts in brackets after it."""
    match = re.fullmatch(r"(?P<sentence>.*?)(?:(?:^|  )\[(?P<facts>[^\[\]]*)\])?", told, re.DOTALL)
    sentence, facts = match.group("sentence", "facts") if match else (told, None)
    parts = [said(sentence)] if sentence else []
    if facts:
        named = (fact.partition(": ") for fact in facts.split("; "))
        said_of = [said(f"{name}: {{}}", value) if colon else said(name) for name, colon, value in named]
        parts.append(f"[{'; '.join(said_of)}]")
    return "  ".join(parts)


def _laid_out(text: str, width: int) -> str:
    """Break lines as the terminal shows them, where a Chinese character takes two columns; typer counts characters."""
    if text.isascii():
        return text
    return "\b\n" + "\n".join(_lines(text, width))  # the mark says: not to be broken again


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for part in re.findall(r"\[[^\]]*\]|[!-~]+|.", text):
        broken = _columns(line + part) > width and part not in "，。；：、）”！？"
        if broken:
            yield line.rstrip()
        line = part.lstrip() if broken else line + part
    yield line


def _columns(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
