"""The sentences that reach people, read from the source: what the catalogues must hold, and what cannot be translated.

A sentence is a constant where it is written: an argument of an error, a loss, a finding or a `Message`, the help of an
option, a line that a command says, a reason in a table of `Reasons`, the first line of a converter's docstring. Text
made with `f"..."` has no translation and is a fault, unless it holds no words.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["PACKAGES", "Sentences", "sentences_of"]

PACKAGES = ("src/annoconv", "converters/annoconv_converters")
"""The packages with catalogues of their own."""

_ERROR = ("problem", "found", "expected", "advice")
_CALLS: dict[str, dict[int | str, str]] = {
    "Message": {0: "template"},
    "Loss": {3: "message", "message": "message"},
    "Finding": {3: "message", "message": "message"},
    "Change": {2: "message", "message": "message"},
    "Carrier": {0: "place", "place": "place"},
    "Breach": {2: "problem", "expected": "expected", "advice": "advice"},
    "note": {2: "problem", "expected": "expected", "advice": "advice"},
    "Option": {"help": "help"},
    "Argument": {"help": "help"},
    "callback": {"help": "help"},
    "section": {0: "heading"},
    "say": {0: "text"},
    "said": {0: "sentence"},
    "translate": {0: "sentence"},
}
"""Which arguments of which calls are sentences, by position or name, and what they are called."""
_TABLES = re.compile("_COMMANDS|TYPER_SENTENCES|.*_SENTENCES|.*_REASONS|_LOST")
"""Names of tables of sentences; tables annotated as `Reasons` are found by that."""
_ALL = ("said", "translate")  # even what holds no words: a full stop is another one in Chinese
_PLACE = re.compile(r"\{[^{}]*\}")
_WORDS = re.compile(r"(?<![\w./-])[A-Za-z]{2,}")


@dataclass
class Sentences:
    """What a package says.

    Attributes
    ----------
    said
        Each sentence, with the files that say it.
    faults
        What cannot be translated: `file:line: why`.
    """

    said: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def sentences_of(root: Path, package: str) -> Sentences:
    """Return what a package says, `package` being its folder below the repository's root."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted((root / package).rglob("*.py"))}
    readers = [_Reader(path.relative_to(root).as_posix(), tree) for path, tree in trees.items()]
    calls = {name: dict.fromkeys((0, *_ERROR), "") for name in _error_classes(root)} | {
        name: dict.fromkeys(places, "") for name, places in _CALLS.items()
    }
    for _ in range(3):  # a function that passes its parameter on says what it is given; so do those that call it
        for reader in readers:
            reader.forward(calls)
    told = Sentences()
    for reader in readers:
        for sentence, line, call in reader.sentences(calls):
            if sentence is None:
                told.faults.append(f"{reader.name}:{line}: text with words that no catalogue can hold")
            elif _WORDS.search(_PLACE.sub("", sentence)) or call in _ALL:
                told.said.setdefault(sentence, set()).add(reader.name)
    for sentence, name in _summaries(root, package):
        told.said.setdefault(sentence, set()).add(name)
    return told


def _error_classes(root: Path) -> list[str]:
    tree = ast.parse((root / "src/annoconv/errors.py").read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def _summaries(root: Path, package: str) -> Iterator[tuple[str, str]]:
    """Yield the first lines of the docstrings of converters and added commands, which are the summaries in the help."""
    groups = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    entries = groups["annoconv.converters"] | groups.get("annoconv.commands", {})
    modules = {entry.partition(":")[0] for entry in entries.values()}
    called = {entry.partition(":")[2] for entry in groups["annoconv.converters"].values()}
    for module in sorted(modules):
        stem = (root / package).parent.joinpath(*module.split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file() and path.is_relative_to(root / package):
                tree = ast.parse(path.read_text("utf-8"))
                functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in called]
                for node in (tree, *functions):
                    told = ast.get_docstring(node) or ""
                    yield told.partition("\n")[0].strip(), path.relative_to(root).as_posix()


class _Reader:
    """Reads one module."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name = name
        self.tree = tree
        self.owner: dict[ast.AST, ast.FunctionDef] = {}
        self.assigned: dict[tuple[ast.AST, str], list[ast.expr]] = {}
        self._scan(tree, None)

    def _scan(self, node: ast.AST, function: ast.FunctionDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            if function is not None:
                self.owner[child] = function
            for target, value in _assignments(child):
                self.assigned.setdefault((function or self.tree, target), []).append(value)
            self._scan(child, child if isinstance(child, ast.FunctionDef) else function)

    def forward(self, calls: dict[str, dict[int | str, str]]) -> None:
        """Add to `calls` the functions of this module that pass a parameter on as a sentence."""
        for call, places in self._calls(calls):
            function = self.owner.get(call)
            if function is None:
                continue
            names = [each.arg for each in function.args.args]
            named_only = {each.arg for each in function.args.kwonlyargs}
            for place, value in _arguments(call, places):
                if place in {"found", "expected"} or not isinstance(value, ast.Name):
                    continue
                is_private = function.name.startswith("_") and function.name != "__init__"
                if value.id in named_only and is_private:
                    calls.setdefault(function.name, {})[value.id] = ""
                elif value.id in names and is_private:
                    bound = names[0] in {"self", "cls"}
                    told = calls.setdefault(function.name, {})
                    told |= {value.id: "", names.index(value.id) - bound: ""}

    def sentences(self, calls: dict[str, dict[int | str, str]]) -> Iterator[tuple[str | None, int, str]]:
        """Yield each sentence with its line and what says it; None for one that cannot be translated."""
        for call, places in self._calls(calls):
            name = _name(call)
            for place, value in _arguments(call, places):
                own_words = place == "found"
                for sentence in self._texts(value, self.owner.get(call)):
                    if own_words and sentence is not None and _WORDS.search(sentence):
                        yield None, call.lineno, name  # a plain text in `found` is the input's own: words are a Message
                    elif not own_words or sentence is None:
                        yield sentence, call.lineno, name
        for node in ast.walk(self.tree):
            if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                annotation = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
                if "Reasons" in annotation or (isinstance(target, ast.Name) and _TABLES.fullmatch(target.id)):
                    yield from ((text, node.lineno, "") for text in self._texts(node.value, None))
            elif isinstance(node, ast.FunctionDef) and node.returns and "Reasons" in ast.unparse(node.returns):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from ((text, inner.lineno, "") for text in self._texts(inner.value, node))

    def _calls(self, calls: dict[str, dict[int | str, str]]) -> Iterator[tuple[ast.Call, Iterable[int | str]]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (name := _name(node)) in calls:
                yield node, calls[name]

    def _locals(self, function: ast.FunctionDef) -> set[str]:
        stored = {
            each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        arguments = function.args
        return stored | {each.arg for each in (*arguments.args, *arguments.kwonlyargs)}

    def _texts(self, value: ast.expr, function: ast.FunctionDef | None, depth: int = 0) -> Iterator[str | None]:
        """Yield the texts that an expression may be, None where it is made of words that are no constant."""
        if isinstance(value, ast.Constant):
            if isinstance(value.value, str):
                yield value.value
        elif isinstance(value, ast.JoinedStr):
            yield from [None] if any(map(_has_words, value.values)) else []
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            yield from [None] if any(map(_has_words, _operands(value))) else []
        elif isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute) and value.func.attr in {"join", "format"}:
                yield from [None] if _has_words(value.func.value) else []
        elif isinstance(value, ast.Name) and depth < 4:
            local = function is not None and value.id in self._locals(function)
            for each in self.assigned.get((function if function and local else self.tree, value.id), []):
                yield from self._texts(each, function, depth + 1)
        else:
            for part in _parts(value):
                yield from self._texts(part, function, depth)


def _parts(value: ast.expr) -> list[ast.expr]:
    """Return the expressions that a conditional, a table or a pair may be or hold as its sentence."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.BoolOp):
        return value.values
    if isinstance(value, ast.Dict):
        return value.values
    if isinstance(value, ast.BinOp):
        return [value.left, value.right]
    if isinstance(value, ast.DictComp):
        return [value.value]
    if isinstance(value, ast.Tuple):
        held = [each for each in value.elts if isinstance(each, ast.Constant | ast.JoinedStr | ast.IfExp)]
        return held if len(held) == len(value.elts) else value.elts[:1]
    return []


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _operands(value: ast.expr) -> list[ast.expr]:
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return [*_operands(value.left), *_operands(value.right)]
    return value.values if isinstance(value, ast.JoinedStr) else [value]


def _has_words(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_WORDS.search(node.value))


def _arguments(call: ast.Call, places: Iterable[int | str]) -> Iterator[tuple[int | str, ast.expr]]:
    wanted = set(places)
    for place, value in enumerate(call.args):
        if place in wanted and not any(isinstance(each, ast.Starred) for each in call.args[: place + 1]):
            yield place, value
    for keyword in call.keywords:
        if keyword.arg in wanted and not (
            keyword.arg == "message" and any(k.arg == "message_zh" for k in call.keywords)
        ):
            yield keyword.arg, keyword.value


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a statement or expression gives to names."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _given(target, node.value)
    elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
        for row in node.iter.elts:
            yield from _given(node.target, row)
    elif (
        isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value is not None
    ):
        yield node.target.id, node.value


def _given(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, part in zip(target.elts, value.elts, strict=False):
            yield from _given(name, part)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        yield from _given(target, value.body)
        yield from _given(target, value.orelse)
