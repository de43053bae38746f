"""Cases and their masks from and to disk: strict on the way in, lazy masks, whole or not at all on the way out.

A file holds one case (`.json`) or one a line (`.jsonl`). Masks are files beside it, named by paths relative to it that
never leave its folder. Masks that share a file have each their own `mask_value` in one label map.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv import jsondoor
from annoconv.atomic import replacing
from annoconv.errors import InputError, UsageError
from annoconv.loss import LossReport
from annoconv.model import SCHEMA_VERSION, Case, MaskAnnotation
from annoconv.paths import check_mask_paths, mask_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from annoconv.limits import Limits
    from annoconv.pixels import Masks

__all__ = [
    "LoadedCase",
    "Reading",
    "documents",
    "open_case",
    "read_case",
    "read_cases",
    "write_case",
    "write_cases",
]

CASE_NAME = "case.json"
"""Name of the case file in a folder of its own."""


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


def documents(path: Path, *, limits: Limits | None = None) -> Iterator[tuple[str | None, bytes]]:
    """Yield each case document of a `.json` or `.jsonl` file (or of the `case.json` in a folder) and where it stands.

    Raises
    ------
    InputError
        If there is no such file, or its name has another ending.
    LimitError
        If a document is too large.
    """
    path = _case_file(path)
    if path.suffix == ".jsonl":
        yield from ((f"line {number}", line) for number, line in jsondoor.iter_lines(path, limits))
    else:
        yield None, jsondoor.read_bytes(path, limits)


def open_case(data: bytes, path: Path, *, where: str | None = None, limits: Limits | None = None) -> LoadedCase:
    """Return the case of a document that stands in `path`; raises DocumentError if it does not conform."""
    path = _case_file(path)
    case = jsondoor.parse(data, Case, limits=limits, source=path, where=where)

    def masks() -> Masks:
        return _open_masks(case, path.parent, limits)

    return LoadedCase(case, masks, path)


def read_case(path: Path | str, *, limits: Limits | None = None) -> LoadedCase:
    """Return the one case of a file, or of the `case.json` in a folder.

    Raises
    ------
    DocumentError
        If the document does not conform; its findings name every place.
    InputError
        If the file cannot be read, holds several cases, or a mask path leads out of its folder.
    """
    found = read_cases([path], limits=limits)
    loaded = next(found, None)
    if loaded is None or next(found, None) is not None:
        problem = "the file holds no case" if loaded is None else "the file holds several cases"
        raise InputError(problem, source=path, expected="one", advice="Read it with read_cases")
    return loaded


def read_cases(paths: Iterable[Path | str], *, limits: Limits | None = None) -> Iterator[LoadedCase]:
    """Yield the cases of `.json` and `.jsonl` files and of folders that hold a `case.json`, in constant memory."""
    for path in map(Path, paths):
        for where, data in documents(path, limits=limits):
            loaded = open_case(data, path, where=where, limits=limits)
            check_mask_paths(_case_file(path).parent, (one.mask_file for one in _mask_annotations(loaded.case)))
            yield loaded


def write_case(case: LoadedCase | Reading, target: Path | str, *, overwrite: bool = False) -> list[Path]:
    """Write one case: a `.json` or `.jsonl` file with its masks beside it, or a folder with `case.json`.

    Returns
    -------
    list of Path
        The case file.

    Raises
    ------
    OutputExistsError
        If the target or one of the mask files exists and `overwrite` is false.
    MaskError
        If a mask is missing or the masks of one file overlap; then nothing is written.
    """
    return write_cases([case], target, overwrite=overwrite, is_one=True)


def write_cases(
    cases: Iterable[LoadedCase | Reading], target: Path | str, *, overwrite: bool = False, is_one: bool = False
) -> list[Path]:
    """Write cases as they come: to a `.jsonl` file, one a line; to a `.json` file, if it is one; else to a folder.

    Parameters
    ----------
    cases
        Cases with their masks; none is held longer than it takes to write it.
    target
        A name that ends in neither is a folder: `case.json` for one case, `{case_id}/case.json` for several.
    overwrite
        Whether existing outputs are replaced.
    is_one
        That there is only one case is known, and need not be found out by asking for a second.

    Returns
    -------
    list of Path
        The case files.

    Notes
    -----
    A folder appears at once. Beside a `.json` or `.jsonl` file each mask file appears at once, before the case file.
    In a `.jsonl` file, a case whose mask paths an earlier one took has its masks in a folder named by its id.
    """
    target = Path(target)
    if target.suffix == ".jsonl":
        return _write_lines(cases, target, overwrite)
    if target.suffix == ".json":
        return _write_file(cases, target, overwrite)
    return _write_folder(iter(cases), target, overwrite, is_one)


def _case_file(path: Path) -> Path:
    if path.is_dir() and (path / CASE_NAME).is_file():
        return path / CASE_NAME
    if path.suffix not in {".json", ".jsonl"}:
        raise InputError("this is not a case", source=path, expected=f".json, .jsonl, or a folder with {CASE_NAME}")
    return path


def _mask_annotations(case: Case) -> Iterator[MaskAnnotation]:
    return (annotation for annotation in case.annotations if isinstance(annotation, MaskAnnotation))


def _open_masks(case: Case, folder: Path, limits: Limits | None) -> Masks:
    from annoconv.pixels import Mask, Masks, NiftiVolume

    volumes: dict[str, NiftiVolume] = {}
    for annotation in _mask_annotations(case):
        if annotation.mask_file not in volumes:
            volumes[annotation.mask_file] = NiftiVolume(mask_path(folder, annotation.mask_file), limits)
    return Masks(
        Mask(annotation.id, volumes[annotation.mask_file], annotation.mask_value)
        for annotation in _mask_annotations(case)
    )


def _write_lines(cases: Iterable[LoadedCase | Reading], target: Path, overwrite: bool) -> list[Path]:
    from annoconv.maskfiles import write_fields, write_masks

    taken: set[str] = set()
    with ExitStack() as outputs:
        # Entered first, so that it is renamed last: no case file ever names a mask that is not there.
        temporary = outputs.enter_context(replacing(target, overwrite=overwrite))
        with temporary.open("wb") as file:
            for position, loaded in enumerate(cases):
                case = loaded.case
                if taken & _files_of(case):
                    case = _with_own_folder(case, position)
                taken |= _files_of(case)
                write_masks(case, loaded.masks, target.parent, outputs, overwrite=overwrite)
                write_fields(case, loaded.fields, target.parent, outputs, overwrite=overwrite)
                file.write(_document(case))
    return [target]


def _write_file(cases: Iterable[LoadedCase | Reading], target: Path, overwrite: bool) -> list[Path]:
    from annoconv.maskfiles import write_fields, write_masks

    several = UsageError(
        "there are several cases",
        source=target,
        expected="one for a .json file",
        advice="Name a .jsonl file or a folder",
    )
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target, overwrite=overwrite))
        for position, loaded in enumerate(cases):
            if position:
                raise several
            write_masks(loaded.case, loaded.masks, target.parent, outputs, overwrite=overwrite)
            write_fields(loaded.case, loaded.fields, target.parent, outputs, overwrite=overwrite)
            temporary.write_bytes(_document(loaded.case, indent=True))
        if not temporary.exists():
            raise InputError("there is no case to write", source=target)
    return [target]


def _write_folder(cases: Iterator[LoadedCase | Reading], target: Path, overwrite: bool, is_one: bool) -> list[Path]:
    from annoconv.maskfiles import write_fields, write_masks

    written: list[Path] = []
    with replacing(target, overwrite=overwrite) as temporary:
        temporary.mkdir()
        first = next(cases, None)
        second = None if is_one else next(cases, None)
        for position, loaded in enumerate(_chain(first, second, cases)):
            place = Path() if second is None else Path(_folder_name(loaded.case, position))
            if target / place / CASE_NAME in written:
                raise InputError(
                    "two cases would have the same folder", source=target, found=str(place), expected="distinct case_id"
                )
            folder = temporary / place
            folder.mkdir(exist_ok=True)
            with ExitStack() as outputs:
                write_masks(loaded.case, loaded.masks, folder, outputs)
                write_fields(loaded.case, loaded.fields, folder, outputs)
                (folder / CASE_NAME).write_bytes(_document(loaded.case, indent=True))
            written.append(target / place / CASE_NAME)
    return written


def _chain(
    first: LoadedCase | Reading | None, second: LoadedCase | Reading | None, rest: Iterator[LoadedCase | Reading]
) -> Iterator[LoadedCase | Reading]:
    for loaded in (first, second):
        if loaded is not None:
            yield loaded
    yield from rest


def _folder_name(case: Case, position: int) -> str:
    from annoconv.ids import safe_name

    return safe_name(case.case_id) if case.case_id else f"case-{position + 1:06d}"


def _with_own_folder(case: Case, position: int) -> Case:
    name = _folder_name(case, position)
    moved = [
        annotation.model_copy(update={"mask_file": f"{name}/{annotation.mask_file}"})
        if isinstance(annotation, MaskAnnotation)
        else annotation
        for annotation in case.annotations
    ]
    update: dict[str, Any] = {"annotations": moved}
    if case.registrations is not None:
        update["registrations"] = [
            each.model_copy(update={"field_file": f"{name}/{each.field_file}"}) if each.field_file else each
            for each in case.registrations
        ]
    return case.model_copy(update=update)


def _files_of(case: Case) -> set[str]:
    fields = (each.field_file for each in case.registrations or ())
    return {annotation.mask_file for annotation in _mask_annotations(case)} | set(filter(None, fields))


def _document(case: Case, *, indent: bool = False) -> bytes:
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION} | jsondoor.plain(case)
    return jsondoor.dumps(document, indent=2 if indent else None)
