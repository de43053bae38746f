"""A case with its masks, as it stands on disk or as a converter read it; masks are opened when they are asked for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv.documents import strict_json
from annoconv.errors import UsageError
from annoconv.files.names import mask_path
from annoconv.loss import LossReport
from annoconv.model import MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from annoconv.findings import Finding
    from annoconv.model import Case
    from annoconv.pixels import Masks

__all__ = [
    "LoadedCase",
    "Reading",
    "as_loaded",
    "check_changed",
    "checked",
    "masks_folder",
    "renamed",
    "without_masks_folder",
]


class LoadedCase:
    """A case and its masks.

    Parameters
    ----------
    case
        The typed case.
    masks
        Its masks by annotation id, or what gives them when they are first asked for.
    path
        Its file, if it came from one.
    fields
        Files of its displacement fields by registration id, if they are not beside that file.
    """

    def __init__(
        self,
        case: Case,
        masks: Masks | Callable[[], Masks] | None = None,
        path: Path | None = None,
        fields: Mapping[str, Path] | None = None,
    ) -> None:
        self.case = case
        self.path = path
        self._masks = masks
        self._fields = fields

    @cached_property
    def fields(self) -> Mapping[str, Path]:
        """Files of the displacement fields by registration id, where they are there; InputError if one leads out."""
        if self._fields is not None or self.path is None:
            return self._fields or {}
        named = {each.id: each.field_file for each in self.case.registrations or () if each.field_file is not None}
        found = {identity: mask_path(self.path.parent, name) for identity, name in named.items()}
        return {identity: path for identity, path in found.items() if path.is_file()}

    @property
    def masks(self) -> Masks:
        """The masks by annotation id; their files are opened when they are read."""
        if self._masks is None or callable(self._masks):
            from annoconv.pixels import Masks

            self._masks = Masks() if self._masks is None else self._masks()
        return self._masks

    def __repr__(self) -> str:
        return f"LoadedCase({self.case.case_id or self.case.image.uid!r}, {len(self.case.annotations)} annotations)"


@dataclass(frozen=True)
class Reading:
    """A case as a converter read it, with what the format did not hold as the model would."""

    case: Case
    masks: Masks
    losses: LossReport = field(default_factory=LossReport)
    fields: Mapping[str, Path] = field(default_factory=dict[str, Path], kw_only=True)
    """Files of the displacement fields by registration id."""
    findings: tuple[Finding, ...] = field(default=(), kw_only=True)
    """What the file breaks of the rules of its format, nothing of it mended; paths are places in the file."""
    source: Path | None = field(default=None, kw_only=True)
    """The file or folder that the findings are about."""
    made_ids: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Ids of annotations that the file does not state: its reader made them."""


def checked(loaded: Any) -> LoadedCase | Reading:
    """Return a case that still is what the schema allows, whatever was changed in it; DocumentError if it is not."""
    if not isinstance(loaded, LoadedCase | Reading):
        raise UsageError(
            "this is no case with its masks",
            found=type(loaded).__name__,
            expected="LoadedCase or Reading",
            advice="Take what read_case gives, or LoadedCase(case, masks)",
        )
    check_changed(loaded.case, source=None if isinstance(loaded, Reading) else loaded.path)
    return loaded


def as_loaded(loaded: LoadedCase | Reading) -> LoadedCase:
    """Return a case as writers take it, also one that a converter just read."""
    return LoadedCase(loaded.case, loaded.masks, fields=loaded.fields) if isinstance(loaded, Reading) else loaded


def check_changed(document: BaseModel, *, source: Path | None = None) -> None:
    """Refuse a typed document that was changed in place into what the schema does not allow, as its file would be."""
    kind = type(document)
    with suppress(TypeError, ValueError), strict_json.collector_paused():  # pydantic's errors are ValueErrors
        kind.model_validate(document.model_dump(exclude_unset=True, warnings=False))
        return
    strict_json.as_model(strict_json.plain(document), kind, source=source)  # tells where


def masks_folder(target: Path) -> Path:
    """Return the folder of the masks of a case file."""
    return target.with_suffix(".masks")


def without_masks_folder(loaded: LoadedCase | Reading) -> LoadedCase | Reading:
    """Return a case whose files are named within `x.masks`, if it comes from `x.json`: the same case wherever it is."""
    if isinstance(loaded, Reading) or loaded.path is None:
        return loaded
    prefix = f"{masks_folder(loaded.path).name}/"
    named = {each.mask_file for each in loaded.case.annotations if isinstance(each, MaskAnnotation)}
    named |= {each.field_file for each in loaded.case.registrations or () if each.field_file is not None}
    names = {name: name.removeprefix(prefix) for name in named}
    if len({*names.values()}) < len(named) or not any(name.startswith(prefix) for name in named):
        return loaded
    return LoadedCase(renamed(loaded.case, names), lambda: loaded.masks, loaded.path, loaded.fields)


def renamed(case: Case, names: Mapping[str, str]) -> Case:
    """Return a case whose mask and field files have new names; others keep theirs."""
    moved = [
        annotation.model_copy(update={"mask_file": names.get(annotation.mask_file, annotation.mask_file)})
        if isinstance(annotation, MaskAnnotation)
        else annotation
        for annotation in case.annotations
    ]
    update: dict[str, Any] = {"annotations": moved}
    if case.registrations is not None:
        update["registrations"] = [
            each.model_copy(update={"field_file": names.get(each.field_file, each.field_file)})
            if each.field_file
            else each
            for each in case.registrations
        ]
    return case.model_copy(update=update)
