"""Whether a case or another document is good: rules by profile, each from a clause, listed in `model/rules.yaml`.

One module a subject; a rule is a function registered under its id (`annoconv.rules.engine`). Packages beside the core
add rules of their own (`annoconv.rules.added`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from annoconv.advice import nearest
from annoconv.casefile import LoadedCase
from annoconv.errors import UsageError
from annoconv.files.inputs import paths_of
from annoconv.findings import in_order
from annoconv.rules.engine import PROFILES, Breach, Profile, Rule, Standalone, Subject, catalogue, checks, rule
from annoconv.rules.given import GivenImages
from annoconv.rules.splits import PatientSplits
from annoconv.rules.table import RuleTable, rule_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.model import Label, LabelSystem, Package, TaskDefinition

__all__ = [
    "PROFILES",
    "Breach",
    "PatientSplits",
    "Profile",
    "Rule",
    "RuleTable",
    "Standalone",
    "Subject",
    "catalogue",
    "check",
    "rule",
    "rule_table",
    "sources_of",
]

for _subject in (
    "annotation",
    "assistance",
    "case",
    "coordinates",
    "cycle",
    "data_set",
    "definitions",
    "frames",
    "image",
    "input_data",
    "instances",
    "labels",
    "links",
    "mask",
    "mask_shape",
    "meaning",
    "order",
    "people",
    "places",
    "polygon",
    "references",
    "registrations",
    "results",
    "shapes",
    "studies",
    "task_elements",
    "trace",
    "values",
):
    import_module(f"{__name__}.{_subject}")  # registers its rules


def check(
    target: LoadedCase | LabelSystem | Package | TaskDefinition,
    *,
    profile: Profile = "minimal",
    sources: Callable[[], list[ImageSource]] | None = None,
    label_system: Sequence[Label] | None = None,
    label_system_id: str | None = None,
    splits: PatientSplits | None = None,
    place: str = "",
    table: RuleTable | None = None,
    task: TaskDefinition | None = None,
) -> list[Finding]:
    """Return every place of a document that breaks a rule of the profile, in a stable order.

    Parameters
    ----------
    target
        A case; its masks are opened only by rules that look into them: in `minimal` only their headers, and only
        beside `sources`; from `exchange` on each file is read once. Or another document, with the rules of its class.
    profile
        Which rules apply, and at which level.
    sources
        Gives the source images to check the case against; called once, and only if a rule asks.
    label_system
        The task's labels; None if none were given.
    label_system_id
        Identifier of the label system that they are of, if it is known.
    splits
        Where the cases that were checked before stand, if it is one of several; it is noted there.
    place
        What messages call the place of the case among them.
    table
        The rules with a project's changes; None for those of annoconv.
    task
        The definition of the task; it is asked of the cases that name it.
    """
    if profile not in PROFILES:
        raise UsageError(
            "there is no such profile", found=profile, expected=", ".join(PROFILES), advice=nearest(profile, PROFILES)
        )
    listed = catalogue() if table is None else table.rules
    subject: Subject | Standalone[Any]
    if isinstance(target, LoadedCase):
        own = task if task is not None and task.task_id == target.case.task_id else None
        subject = Subject(target, sources, label_system, splits, place, listed, own)
        registered = checks()
    else:
        subject, registered = Standalone(target, label_system, label_system_id, listed), checks(type(target))
    return in_order(
        each.finding(breach, level)
        for each in listed.values()
        if each.id in registered and (level := each.levels[profile]) is not None
        for breach in registered[each.id](subject)
    )


def sources_of(paths: Sequence[Path | str] | Path | str, limits: Limits | None = None) -> GivenImages | None:
    """Return what gives the images found under some paths, scanned at its first call; None without paths."""
    named = paths_of(paths)
    return GivenImages(named, limits) if named else None
