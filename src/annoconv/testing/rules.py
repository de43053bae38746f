"""What a package that adds rules promises: entries that are whole, functions that only look, places that are there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from annoconv.documents import residuals, strict_json
from annoconv.errors import AnnoconvError
from annoconv.messages import Message
from annoconv.model import Case
from annoconv.rules.engine import Subject, added_rules, catalogue, checks
from annoconv.testing.cases import NAMES, case_of
from annoconv.testing.promises import Broken

__all__ = ["check_rules"]


def check_rules(package: str) -> list[Broken]:
    """Return the promises that the rules of a package do not keep.

    Parameters
    ----------
    package
        Name of the distribution that has the entry point of the group `annoconv.rules`.
    """
    try:
        rules = catalogue()
    except AnnoconvError as error:
        return [Broken("loads", Message("{error}", error=error))]
    added = {each.entry["id"]: each.entry for each in added_rules() if each.package == package}
    if not added:
        told = Message("{package} adds no rule; expected an entry point of annoconv.rules", package=package)
        return [Broken("loads", told)]
    found: list[Broken] = []
    for identity, entry in added.items():
        if entry["message_zh"] == entry["message_en"]:
            found.append(Broken("two_languages", Message("{rule} has no message_zh", rule=identity)))
        check = checks(Case).get(identity)
        for name in NAMES if check is not None else ():
            with tempfile.TemporaryDirectory() as folder:
                loaded, _ = case_of(name, Path(folder))
                before = strict_json.plain(loaded.case)
                try:
                    first, again = ([*check(Subject(loaded, rules=rules))] for _ in range(2)) if check else ([], [])
                except (AnnoconvError, SystemExit) as error:
                    why: object = error if isinstance(error, AnnoconvError) else type(error).__name__
                    found.append(Broken("applies", Message("{case}: {error}", case=name, error=why)))
                    continue
                if first != again:
                    found.append(
                        Broken("same_twice", Message("{rule} says another thing when asked again", rule=identity))
                    )
                if strict_json.plain(loaded.case) != before:
                    found.append(Broken("only_looks", Message("{rule} changes the case", rule=identity)))
                for breach in first:
                    if not isinstance(breach.path, tuple) or not _is_there(before, breach.path):  # pyright: ignore[reportUnnecessaryIsInstance]
                        path = residuals.pointer(breach.path) if isinstance(breach.path, tuple) else repr(breach.path)  # pyright: ignore[reportUnnecessaryIsInstance]
                        found.append(
                            Broken(
                                "places", Message("{rule} names {path}, which is not there", rule=identity, path=path)
                            )
                        )
                        break
    return list(dict.fromkeys(found))


def _is_there(document: object, path: residuals.Path) -> bool:
    """Tell whether a place is in a document, or a key that it lacks in an object that it has."""
    for position, step in enumerate(path):
        if isinstance(document, dict):
            if step not in document:
                return position == len(path) - 1
            document = document[step]
        elif isinstance(document, list) and isinstance(step, int) and 0 <= step < len(document):
            document = document[step]
        else:
            return False
    return True
