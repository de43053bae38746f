"""A case with its masks, as it stands on disk or as a converter read it; masks are opened when they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.errors import DocumentError, InputError, UsageError
from annoconv.files.names import mask_path
from annoconv.loss import LossReport
from annoconv.messages import Message
from annoconv.model import Case, MaskAnnotation
from annoconv.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from pydantic import BaseModel

    from annoconv.findings import Finding
    from annoconv.pixels import Mask, Masks

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
        Its masks by annotation id, as arrays (slice, row, column) too, which are copied unless they are read-only
        (`annoconv.casefile.arrays.masks_of`); or what gives them when they are first asked for.
    path
        Its file, if it came from one.
    fields
        Files of its displacement fields by registration id, if they are not beside that file.

    Raises
    ------
    UsageError, MaskError, GeometryError
        If the case is none, or an array is no mask of one of its annotations.
    """

    def __init__(
        self,
        case: Case,
        masks: Mapping[str, Mask | NDArray[Any]] | Callable[[], Masks] | None = None,
        path: Path | None = None,
        fields: Mapping[str, Path] | None = None,
    ) -> None:
        if not isinstance(case, Case):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _no_case(case)
        self.case = case
        self.path = path
        self._masks = masks if masks is None or callable(masks) else _as_masks(case, masks)
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
    def names_others(self) -> bool:
        """Whether it may name files of masks and fields, or other images."""
        return True

    @property
    def header(self) -> Case:
        """The typed case; if it is boxes that nobody asked for yet, without them."""
        return self.case

    @property
    def case_id(self) -> str | None:
        """Id of the case."""
        return self.case.case_id

    @property
    def image_uid(self) -> str:
        """UID of the primary image."""
        return self.case.image.uid

    @property
    def annotation_ids(self) -> Sequence[str]:
        """Ids of the annotations, in their order."""
        return [each.id for each in self.case.annotations]

    @property
    def label_codes(self) -> Sequence[str]:
        """Label codes of the annotations, in their order."""
        return [each.label_code for each in self.case.annotations]

    @property
    def categories(self) -> dict[str, str]:
        """The category of the first annotation of each label code."""
        return {each.label_code: each.category.value for each in reversed(self.case.annotations)}

    @property
    def masks(self) -> Masks:
        """The masks by annotation id; their files are opened when they are read."""
        if self._masks is None or callable(self._masks):
            from annoconv.pixels import Masks

            self._masks = Masks() if self._masks is None else self._masks()
        return self._masks

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process, or a copy, makes it of: its masks are known, and opened there."""
        return self.__dict__ | {"_masks": self.masks}

    def __repr__(self) -> str:
        return f"LoadedCase({self.case.case_id or self.case.image.uid!r}, {len(self.case.annotations)} annotations)"

    def _repr_html_(self) -> str:
        return _table_of(self.case)


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

    @classmethod
    def of(
        cls, loaded: LoadedCase, losses: LossReport, *, findings: tuple[Finding, ...] = (), source: Path | None = None
    ) -> Reading:
        """Return what was read of a case, which is typed, and its masks found, when they are asked for."""
        reading = cls.__new__(cls)
        told = {"losses": losses, "findings": findings, "source": source, "loaded": loaded}
        vars(reading).update(told, fields={}, made_ids=frozenset())
        return reading

    def __getattr__(self, name: str) -> Any:
        if name in {"case", "masks"} and "loaded" in vars(self):
            return vars(self).setdefault(name, getattr(self.loaded, name))
        raise AttributeError(name)

    @property
    def annotation_ids(self) -> Sequence[str]:
        """Ids of the annotations, in their order."""
        return as_loaded(self).annotation_ids

    def __repr__(self) -> str:
        told = f"{len(self.case.annotations)} annotations, {len(self.losses)} losses"
        return f"Reading({self.case.case_id or self.case.image.uid!r}, {told})"

    def _repr_html_(self) -> str:
        return _table_of(self.case)


def _as_masks(case: Case, given: Mapping[str, Mask | NDArray[Any]]) -> Masks:
    """Return masks that are given in any way that is taken; UsageError if they are none."""
    from annoconv.pixels import Masks

    if isinstance(given, Masks):
        return given
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "masks are given by the ids of their annotations",
            found=type(given).__name__,
            expected="a dictionary of arrays",
            advice='Give {"M1": array}, M1 being the id of the annotation',
        )
    from annoconv.casefile.arrays import masks_of

    return masks_of(case, given)


_SHOWN_ROWS = 50
"""Annotations that a notebook shows."""


def _table_of(case: Case) -> str:
    """Return the annotations of a case as HTML."""
    rows = [
        (each.id, each.type, each.category, each.label_code, each.image_uid or case.image.uid, each.status or "")
        for each in case.annotations[:_SHOWN_ROWS]
    ]
    shape = " x ".join(map(str, case.image.shape or ()))
    caption = f"{case.case_id or case.task_id}: {case.image.modality} {shape}"
    return table(("id", "type", "category", "label", "image", "status"), rows, caption, len(case.annotations))


def every_case(given: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading]) -> Iterable[LoadedCase | Reading]:
    """Return one case or several as several; what is no case is refused when it is come to."""
    if isinstance(given, LoadedCase | Reading | Case | str | bytes | Path):
        return [cast("LoadedCase", given)]
    if not hasattr(given, "__iter__") or isinstance(given, Mapping):
        raise _no_case(given)
    return given


def _no_case(given: object) -> UsageError:
    is_path = isinstance(given, Path) or (isinstance(given, str) and not given.lstrip().startswith(("{", "[")))
    if isinstance(given, Mapping):
        advice: str = "Make a case of it, annoconv.model.Case(**it), or read its file with annoconv.read_case"
    elif is_path:
        advice = Message("Read it first: annoconv.read_case({path!r})", path=str(given))
    else:
        advice = "Take what read_case gives, or LoadedCase(case, masks)"
    return UsageError(
        "this is no case with its masks",
        found=type(given).__name__,
        expected="Case, LoadedCase or Reading",
        advice=advice,
    )


def checked(loaded: Any) -> LoadedCase | Reading:
    """Return a case that still is what the schema allows, whatever was changed in it; DocumentError if it is not."""
    if isinstance(loaded, Case):
        loaded = LoadedCase(loaded)
    if not isinstance(loaded, LoadedCase | Reading):
        raise _no_case(loaded)
    if not as_loaded(loaded).names_others:  # nobody has asked for the typed case, which could be changed
        return loaded
    source = None if isinstance(loaded, Reading) else loaded.path
    check_changed(loaded.case, source=source)
    masks = Counter(each.id for each in loaded.case.annotations if isinstance(each, MaskAnnotation))
    if several := [identity for identity, count in masks.items() if count > 1]:
        raise InputError(
            "masks are told apart by the ids of their annotations",
            source=source,
            where=several[0],
            found=Message("{count} masks of this id", count=masks[several[0]]),
            expected="one",
            advice="Give each annotation an id of its own",
        )
    return loaded


def as_loaded(loaded: LoadedCase | Reading) -> LoadedCase:
    """Return a case as writers take it, also one that a converter just read."""
    if isinstance(loaded, LoadedCase):
        return loaded
    found: LoadedCase | None = vars(loaded).get("loaded")
    return found or LoadedCase(loaded.case, loaded.masks, fields=loaded.fields)


def check_changed(document: BaseModel, *, source: Path | None = None) -> None:
    """Refuse a typed document that was changed in place into what the schema does not allow, as its file would be."""
    kind = type(document)
    with suppress(TypeError, ValueError), collector_paused():  # pydantic's errors are ValueErrors
        kind.model_validate(document.model_dump(exclude_unset=True, warnings=False))
        return
    try:
        strict_json.as_model(strict_json.plain(document), kind, source=source)  # tells where
    except DocumentError as error:
        if error.findings:
            first = error.findings[0]
            error.where = first.path or None
            error.problem = Message("{problem}: {first}", problem=error.problem, first=first.message)
            error.advice = Message("Something was changed in place; correct it before the case is written")
        raise


def masks_folder(target: Path) -> Path:
    """Return the folder of the masks of a case file."""
    return target.with_suffix(".masks")


def without_masks_folder(loaded: LoadedCase | Reading) -> LoadedCase | Reading:
    """Return a case whose files are named within `x.masks`, if it comes from `x.json`: the same case wherever it is."""
    if isinstance(loaded, Reading) or loaded.path is None or not loaded.names_others:
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
