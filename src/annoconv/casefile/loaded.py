"""A case with its masks, as it stands on disk or as a converter read it; masks are opened when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.files.names import mask_path
from annoconv.loss import LossReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from annoconv.model import Case
    from annoconv.pixels import Masks

__all__ = ["LoadedCase", "Reading"]


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
    """

    def __init__(self, case: Case, masks: Masks | Callable[[], Masks] | None = None, path: Path | None = None) -> None:
        self.case = case
        self.path = path
        self._masks = masks

    @cached_property
    def fields(self) -> Mapping[str, Path]:
        """Files of the displacement fields by registration id, where they are there; InputError if one leads out."""
        if self.path is None:
            return {}
        named = {each.id: each.field_file for each in self.case.registrations or () if each.field_file is not None}
        found = {identity: mask_path(self.path.parent, name) for identity, name in named.items()}
        return {identity: path for identity, path in found.items() if path.is_file()}

    @cached_property
    def masks(self) -> Masks:
        """The masks by annotation id; their files are opened when they are read."""
        from annoconv.pixels import Masks

        if self._masks is None:
            return Masks()
        return self._masks if isinstance(self._masks, Masks) else self._masks()

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
