"""Cases to disk: a file, lines, or folders, with their masks, whole or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annoconv.casefile.reading import CASE_NAME, mask_annotations
from annoconv.documents import strict_json
from annoconv.errors import InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.ids import safe_name
from annoconv.model import SCHEMA_VERSION, Case, MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.casefile.loaded import LoadedCase, Reading

__all__ = ["write_case", "write_cases"]


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


def _write_lines(cases: Iterable[LoadedCase | Reading], target: Path, overwrite: bool) -> list[Path]:
    from annoconv.casefile.mask_files import write_fields, write_masks

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
    from annoconv.casefile.mask_files import write_fields, write_masks

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
    from annoconv.casefile.mask_files import write_fields, write_masks

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
    return {annotation.mask_file for annotation in mask_annotations(case)} | set(filter(None, fields))


def _document(case: Case, *, indent: bool = False) -> bytes:
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION} | strict_json.plain(case)
    return strict_json.dumps(document, indent=2 if indent else None)
