"""Where the parts of a COCO output stand while they are written, and arrays of records."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.documents import strict_json
from annoconv.files.atomic import expecting, replacing
from annoconv.scratch import scratch_file
from annoconv_converters._pictures.carrier import SIDE_NAME, SIDE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack
    from pathlib import Path

__all__ = ["OutputFiles", "OutputPart", "make_output_files"]

Record: TypeAlias = "dict[str, Any]"

_FILE_NAMES: Final = {"auto": "instances", "keypoints": "person_keypoints"}


@dataclass
class OutputFiles:
    """Where the parts of an output stand while they are written; folders and the side file are made when asked for."""

    outputs: ExitStack
    document: Path
    beside: dict[str, Path]
    is_folder: bool
    target: Path
    made: dict[str, Path] = field(default_factory=dict)

    def __call__(self, part: Literal["side", "maps", "pictures"]) -> Path:
        """Return the path of a part."""
        if part not in self.made:
            path = self.beside[part]
            if not self.is_folder:
                path = self.outputs.enter_context(replacing(path, of=self.target))
            if part != "side":
                path.mkdir(parents=True)
            self.made[part] = path
        return self.made[part]


def make_output_files(target: Path, outputs: ExitStack, kind: str, *, plain: bool, has_pictures: bool) -> OutputFiles:
    """Return where the parts of an output stand: a `.json` file and its neighbours, or a folder."""
    temporary = outputs.enter_context(replacing(target))
    if target.suffix == ".json":
        beside = {
            "side": target.with_suffix(SIDE_SUFFIX),
            "maps": target.parent / target.stem,
            "pictures": target.parent / f"{target.stem}_images",
        }
        for part, is_written in {"side": not plain, "maps": kind == "panoptic", "pictures": has_pictures}.items():
            if is_written:
                expecting(beside[part], of=target)
        return OutputFiles(outputs, temporary, beside, is_folder=False, target=target)
    folder = temporary / "annotations"
    folder.mkdir(parents=True)
    name = f"{_FILE_NAMES.get(kind, kind)}_default"  # the form in which Datumaro looks for it
    beside = {"side": folder / SIDE_NAME, "maps": folder / name, "pictures": temporary / "images"}
    return OutputFiles(outputs, folder / f"{name}.json", beside, is_folder=True, target=target)


class OutputPart:
    """An array of records in a temporary file, one a line."""

    def __init__(self, stack: ExitStack) -> None:
        self.file: IO[bytes] = stack.enter_context(scratch_file())
        self.count = 0

    def add(self, *records: Record) -> None:
        """Write records."""
        for text in map(strict_json.dumps, records):
            self.file.write((b",\n" if self.count else b"[\n") + text[:-1])
            self.count += 1

    def add_numbered(self, records: Sequence[Record]) -> None:
        """Write records of which each begins with its id, at once."""
        if records:
            text = strict_json.dumps(records)[1:-2].replace(b'},{"id":', b'},\n{"id":')  # in a text, quotes are escaped
            self.file.write((b",\n" if self.count else b"[\n") + text)
            self.count += len(records)

    def copy(self, target: IO[bytes], first: Record | None = None) -> None:
        """Copy the array to a file, one record before the others."""
        self.file.seek(0 if first is None else 2)
        if first is not None:
            target.write(b"[\n" + strict_json.dumps(first).rstrip() + b",\n")
        shutil.copyfileobj(self.file, target)
        target.write(b"\n]" if self.count else b"[]")
