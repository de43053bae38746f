"""Cases from disk: strict documents, masks beside them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from annoconv.advice import NOTHING
from annoconv.casefile.column_cases import column_case_of_text
from annoconv.casefile.loaded import LoadedCase
from annoconv.casefile.pieces import case_in_pieces
from annoconv.documents import strict_json
from annoconv.documents.other_formats import REQUIRED, is_of_another, looks_like
from annoconv.errors import AnnoconvError, DocumentError, InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.inputs import check_count, check_each_once, check_source, limits_of, paths_of
from annoconv.files.names import check_mask_paths, is_archive, mask_path
from annoconv.files.stage import settle
from annoconv.messages import Message
from annoconv.model import Case, MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv.pixels import Masks

__all__ = [
    "CASE_ENDINGS",
    "CASE_NAME",
    "beside_masks",
    "case_paths",
    "check_distinct",
    "documents",
    "mask_annotations",
    "open_case",
    "read_case",
    "read_cases",
]

CASE_NAME = "case.json"
"""Name of the case file in a folder of its own."""
CASE_ENDINGS = (".json", ".jsonl")
"""Of a file of one case, and of a file of one a line."""
_REQUIRED: Final = frozenset(name for name, field in Case.model_fields.items() if field.is_required())
_NAMED: Final = re.compile(rb'_file"\s*:\s*("(?:[^"\\]|\\.)*")')
"""A member that names a file, `mask_file` or `field_file`, in a document of any version that need not be right."""


def documents(path: Path, *, limits: Limits | None = None) -> Iterator[tuple[str | None, bytes]]:
    """Yield each document of a `.json` or `.jsonl` file (or of the `case.json` in a folder) and where it stands.

    The files that it names are noted as read, whatever else is wrong with it, so that no output replaces one.

    Raises
    ------
    InputError
        If there is no such file, it is a pipe or a device, its name has another ending, or it holds no case.
    LimitError
        If a document is too large.
    """
    yield from _texts(_noted(path, limits), limits)


def _noted(path: Path, limits: Limits | None) -> Path:
    """Return the file of a path, which is there and is noted as read."""
    settle(path)
    path = _case_file(path)
    check_source(path)
    note_inputs([path])
    note_inputs(_named(path, limits))
    return path


def _texts(path: Path, limits: Limits | None) -> Iterator[tuple[str | None, bytes]]:
    if path.suffix != ".jsonl":
        yield None, strict_json.read_bytes(path, limits)
        return
    is_empty = True
    for number, line in strict_json.iter_lines(path, limits):
        is_empty = False
        yield f"line {number}", line
    if is_empty:
        raise InputError(
            "the file holds no case",
            source=path,
            found=NOTHING,
            expected="a case on each line",
            advice="Write the file again, or leave it out",
        )


def _named(path: Path, limits: Limits | None) -> Iterator[Path]:
    """Yield the files that the documents of a file name by their paths from its folder."""
    with suppress(OSError, AnnoconvError):  # the readers tell it
        for _, data in _texts(path, limits):
            for name in set(_NAMED.findall(data)):
                with suppress(ValueError):  # the readers refuse it
                    yield path.parent / json.loads(name)


def open_case(data: bytes, path: Path, *, where: str | None = None, limits: Limits | None = None) -> LoadedCase:
    """Return the case of a document that stands in `path`; raises DocumentError if it does not conform."""
    return _opened(data, path, _case_file(path), where, limits)


def _opened(data: bytes, path: Path, file: Path, where: str | None, limits: Limits | None) -> LoadedCase:
    """Return the case of a document in a file, for which `path` stands in what was asked."""
    boxes = column_case_of_text(data, limits, file)
    if boxes is not None:
        return boxes
    try:
        case = strict_json.parse(data, Case, limits=limits, source=file, where=where)
    except DocumentError as error:
        if found := _of_another_format(data, limits):
            raise InputError(
                "this is no case", source=path, where=where, found=found, expected=REQUIRED, advice=_convert(path)
            ) from error
        raise
    return _beside(case, file, limits)


def _of_another_format(data: bytes, limits: Limits | None) -> Message | None:
    """Return what a document is that has no member which only a case has, and others instead."""
    try:
        document = strict_json.loads(data, limits=limits)
    except AnnoconvError:
        return None
    members: set[str] = set(document) if isinstance(document, dict) else set()
    is_strange = bool(members - Case.model_fields.keys()) and members & _REQUIRED <= {"annotations"}
    return looks_like(document) if is_strange or is_of_another(document) else None


def beside_masks(case: Case, path: Path, *, limits: Limits | None = None) -> LoadedCase:
    """Return a case that stands in `path` with its masks, unopened."""
    return _beside(case, _case_file(path), limits)


def _beside(case: Case, file: Path, limits: Limits | None) -> LoadedCase:
    def masks() -> Masks:
        return _open_masks(case, file.parent, limits)

    return LoadedCase(case, masks, file)


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
    loaded = next(found)
    if next(found, None) is not None:
        raise InputError(
            "the file holds several cases",
            source=path,
            found=Message("more than one"),
            expected="one",
            advice="Read it with read_cases",
        )
    return loaded


def read_cases(paths: Iterable[Path | str] | Path | str, *, limits: Limits | None = None) -> Iterator[LoadedCase]:
    """Yield the cases of `.json` and `.jsonl` files, of folders that hold a `case.json`, and of folders of these.

    One path stands for a list of it.

    Raises
    ------
    DocumentError
        If a document does not conform.
    InputError
        If a file cannot be read or holds no case, or a mask path leads out of its folder.
    UsageError
        If two of the paths are one file.
    """
    limits = limits_of(limits)
    files = case_paths(paths_of(paths), limits)
    check_distinct(files)
    for path in files:
        file = _noted(path, limits)
        for loaded in _cases_of(path, file, limits):
            if loaded.names_others:
                named = {one.mask_file: None for one in mask_annotations(loaded.case)}
                check_mask_paths(file.parent, named | dict.fromkeys(_field_files(loaded.case)))
            yield loaded


def _cases_of(path: Path, file: Path, limits: Limits) -> Iterator[LoadedCase]:
    """Yield the cases of a file, for which `path` stands in what was asked."""
    case = case_in_pieces(file, limits) if file.suffix != ".jsonl" else None
    if case is not None:
        yield _beside(case, file, limits)
        return
    for where, data in _texts(file, limits):
        loaded = _opened(data, path, file, where, limits)
        del data  # it may be large, and the case waits to be written
        yield loaded


def case_paths(paths: Iterable[Path], limits: Limits) -> list[Path]:
    """Return paths of cases, and in place of a folder without a case the folders in it that have one, by name.

    Raises
    ------
    LimitError
        If they are more than `limits.files`.
    """
    found: list[Path] = []
    for path in paths:
        is_folder = path.is_dir() and not (path / CASE_NAME).is_file()
        if is_folder:
            settle(path)
        below = sorted(each.parent for each in path.glob(f"*/{CASE_NAME}") if each.is_file()) if is_folder else []
        found += below or [path]
        check_count(len(found), path, limits)
    return found


def check_distinct(paths: Iterable[Path]) -> None:
    """Raise UsageError if two paths are one file by any spelling or link, or a folder and the case in it."""
    check_each_once(path / CASE_NAME if path.is_dir() else path for path in paths)


def _case_file(path: Path) -> Path:
    if path.is_dir() and (path / CASE_NAME).is_file():
        return path / CASE_NAME
    if path.suffix not in CASE_ENDINGS:
        check_source(path)
        raise InputError(
            "this is not a case",
            source=path,
            found=Message("a folder without one") if path.is_dir() else path.suffix or Message("a name without ending"),
            expected=Message(".json, .jsonl, or a folder with {name} or with folders that have one", name=CASE_NAME),
            advice=_convert(path),
        )
    return path


def _convert(path: Path) -> Message:
    if is_archive(path):
        return Message("Unpack it first")
    return Message("If it is of another format, `annoconv convert {path} -o OUT` reads it", path=path)


def mask_annotations(case: Case) -> Iterator[MaskAnnotation]:
    """Yield the masks of a case."""
    return (annotation for annotation in case.annotations if isinstance(annotation, MaskAnnotation))


def _field_files(case: Case) -> Iterator[str]:
    """Yield the paths of the displacement fields of a case."""
    return (each.field_file for each in case.registrations or () if each.field_file is not None)


def _open_masks(case: Case, folder: Path, limits: Limits | None) -> Masks:
    from annoconv.pixels import Mask, Masks, NiftiVolume

    volumes: dict[str, NiftiVolume] = {}
    for annotation in mask_annotations(case):
        if annotation.mask_file not in volumes:
            volumes[annotation.mask_file] = NiftiVolume(mask_path(folder, annotation.mask_file), limits)
    return Masks(
        Mask(annotation.id, volumes[annotation.mask_file], annotation.mask_value)
        for annotation in mask_annotations(case)
    )
