"""The losses that a policy allows, `--losses-allowed FILE`: anything else that the receiver loses stops the command.

A line of the file is a kind of loss and a pattern of paths, `no_place /annotations/*/attributes/*`; `*` stands for any
kind, and in a path for anything. What follows `# ` is a remark. A report that `--losses` wrote is such a file too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.errors import InputError, LossError
from annoconv.files.inputs import check_source
from annoconv.loss import LossKind
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from annoconv.cli.spool import Told

__all__ = ["check_allowed", "read_allowed"]

_ANY: Final = "*"
_MOST_NAMED: Final = 5


def read_allowed(path: Path) -> list[tuple[str, str]]:
    """Return kinds and patterns of paths.

    Raises
    ------
    InputError
        If the file is not there, or a line is something else.
    """
    if path.exists():
        check_source(path)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the policy cannot be read",
            source=path,
            found=Message("nothing") if isinstance(error, FileNotFoundError) else type(error).__name__,
            expected="lines such as no_place /metadata/*",
            advice="Correct --losses-allowed",
        ) from error
    if text.lstrip().startswith("["):
        return [_checked(path, 1, each.get("kind"), each.get("path")) for each in _report(path, text)]
    found: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = f" {line}".partition(" #")[0].split(None, 1)
        if words:
            found.append(_checked(path, number, words[0], words[1].strip() if len(words) > 1 else None))
    return found


def _report(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise _no_line(path, 1, text[:20])
    return told


def _checked(path: Path, number: int, kind: Any, pattern: Any) -> tuple[str, str]:
    is_path = isinstance(pattern, str) and (pattern == _ANY or pattern.startswith("/") or pattern == "")
    if kind not in {_ANY, *LossKind} or not is_path:
        raise _no_line(path, number, f"{kind or ''} {pattern or ''}".strip())
    return str(kind), pattern


def _no_line(path: Path, number: int, found: str) -> InputError:
    return InputError(
        "this line allows no loss",
        source=path,
        where=f"line {number}",
        found=found,
        expected=Message("a kind ({kinds}, or *) and a path that begins with /", kinds=", ".join(LossKind)),
        advice="Write it as no_place /metadata/*",
    )


def check_allowed(losses: Iterable[Told], allowed: list[tuple[str, str]], source: Path) -> None:
    """Raise LossError if the receiver loses what is not allowed."""
    patterns = [(kind, re.compile(".*".join(map(re.escape, path.split(_ANY))), re.DOTALL)) for kind, path in allowed]
    refused: dict[str, None] = {}
    for loss in losses:
        if loss.changes_value and not any(
            kind in {_ANY, loss.kind} and pattern.fullmatch(loss.path) for kind, pattern in patterns
        ):
            refused[f"{loss.kind} {loss.path}"] = None
    if refused:
        raise LossError(
            Message("{count} losses are not allowed, and nothing is written", count=len(refused)),
            source=source,
            found=listed([*refused], _MOST_NAMED),
            expected=Message("only losses that the file allows"),
            advice="Add a line for each that may be, or choose another format or other options",
        )
