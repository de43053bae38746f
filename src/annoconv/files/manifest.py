"""What annoconv wrote, told by digests: the manifest of a folder, the seal of a side file.

A folder of outputs holds `.annoconv.json`: each file's size and SHA-256, and the folders that are empty. A side file,
which is JSON, begins with a seal: the digest of the file that it belongs to and one of its own bytes. Both name the
ending of the output that they belong to, because `x.json` and `x.geojson` would share a side file and a folder of
pictures. Whatever agrees with them was written by annoconv and not changed since, so it may be replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.advice import NEW_NAME
from annoconv.errors import OutputExistsError
from annoconv.files.disk import files_below, is_file, names_below
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "MANIFEST",
    "NO_ENDING",
    "Seal",
    "Snapshot",
    "check_folder",
    "check_seal",
    "digest",
    "ending_of",
    "folders_of",
    "is_as_written",
    "is_unchanged",
    "named",
    "owner_of",
    "seal",
    "seal_of",
    "sealed_main",
    "snapshot",
    "suffix_of",
    "write_manifest",
]

MANIFEST: Final = ".annoconv.json"
NO_ENDING: Final = "."
"""What stands for the ending of an output that has none; that of what belongs to no output is empty."""
_VERSION: Final = 1
_MOST_NAMED: Final = 5
_CHUNK: Final = 1 << 20
_HEAD: Final = 4096
_OPENING: Final = ("{\n", f'"annoconv":{_VERSION},\n', '"of":"",\n', '"files":{\n')
_CLOSING: Final = ['"empty":[]\n', "}\n"]
"""Lines of the manifest of a folder that is an output itself, around its files."""
_SEALED: Final = ".sealed"
"""Name of a side file while it is sealed."""
"""Bytes at the start of a side file among which its whole seal is, however long the ending that it names."""
_SEAL: Final = re.compile(
    rb'([{\[])("seal":|\{"seal":)\{"main":"([0-9a-f]{64})","of":"((?:[^"\\]|\\.)*)","sha256":"([0-9a-f]{64})"\}(\}?)(,?)'
)

Snapshot: TypeAlias = "dict[str, tuple[int, int, int]]"
"""Of each file, its size, inode and time of change."""


class Seal(NamedTuple):
    """What the seal of a side file says of the file that it was written with: its digest, and its ending."""

    main: str
    of: str


def digest(path: Path | str) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    found = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  most files are small, and read at once
        while part := file.read(_CHUNK):
            found.update(part)
    return found.hexdigest()


def write_manifest(folder: Path, of: str) -> None:
    """Write the manifest of a folder that is complete; a file of that name that is there already is left out."""
    told = {"annoconv": _VERSION, "of": of, "files": {}, "empty": []}
    before, _, after = json.dumps(told, ensure_ascii=False, indent=0, separators=(",", ":")).partition('"files":{}')
    empty: list[str] = []
    count = 0
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:  # line by line: there may be many files
        file.write(f'{before}"files":{{')
        for name in names_below(folder):
            if name.endswith("/"):
                empty.append(name)
            elif name != MANIFEST:
                own, key = f"{folder}/{name}", json.dumps(name, ensure_ascii=False)
                file.write(f'{"," if count else ""}\n{key}:[\n{os.lstat(own).st_size},\n"{digest(own)}"\n]')
                count += 1
        listed = json.dumps(empty, ensure_ascii=False, indent=0, separators=(",", ":"))
        end = "\n}" if count else "}"
        file.write(f"{end}{after.replace('[]', listed)}\n")


def check_folder(folder: Path, of: str) -> Snapshot:
    """Return what is in a folder, if annoconv wrote all of it.

    Parameters
    ----------
    of
        Ending of the output that it belongs to; empty if it is one itself.

    Raises
    ------
    OutputExistsError
        If anything in it is not as its manifest has it; the first few are named.
    """
    found, empty = files_below(folder)
    if not found and not empty:
        return {}
    told = _manifest(folder) if MANIFEST in found else None
    if told is None or told["of"] != of:
        problem = "the folder was not written by annoconv" if told is None else "the folder belongs to another output"
        raise OutputExistsError(
            problem,
            source=folder,
            found=Message("no manifest of ours") if told is None else told["of"],
            expected=of,
            advice=NEW_NAME,
        )
    wrong = [
        name
        for name, status in found.items()
        if name != MANIFEST
        and not (
            stat.S_ISREG(status.st_mode)
            and name in told["files"]
            and told["files"][name][0] == status.st_size
            and told["files"][name][1] == digest(folder / name)
        )
    ]
    wrong += [name for name in empty if name not in told["empty"]]
    if wrong:
        raise OutputExistsError(
            "the folder holds what annoconv did not write, or what was changed since",
            source=folder,
            found=named(wrong),
            expected="what its manifest lists",
            advice=NEW_NAME,
        )
    return _states(found)


def is_as_written(folder: Path) -> bool:
    """Tell whether a folder is an output that nobody changed since: no file of it, none more and none fewer.

    Its manifest is read line by line, as it is written, and no more than one entry of it is held.
    """
    path = folder / MANIFEST
    if not is_file(path):
        return False
    count, before = 0, ""
    with suppress(OSError, ValueError), path.open(encoding="utf-8") as lines:
        if [next(lines, "") for _ in _OPENING] != [*_OPENING]:
            return False
        for line in lines:
            if not line.endswith(":[\n"):
                return line == "},\n" and [*lines] == _CLOSING and count == _count(folder)
            name = str(json.loads(line[: -len(":[\n")]))
            told = [next(lines, "") for _ in range(3)]
            own = f"{folder}/{name}"
            is_same = told[0] == f"{os.lstat(own).st_size},\n" and told[1] == f'"{digest(own)}"\n'
            if not is_same or os.path.islink(own) or name <= before:  # noqa: PTH114  a fifth of the time
                return False
            count, before = count + 1, name
    return False


def _count(folder: Path) -> int:
    """Return how many files are in a folder and below it, but for its manifest; -1 if a folder in it is empty."""
    count = -1
    for name in names_below(folder):
        if name.endswith("/"):
            return -1
        count += 1
    return count


def is_unchanged(path: Path, folder: Path) -> bool:
    """Tell whether a file below a folder is as the folder's manifest has it; no, if that does not tell."""
    told = _manifest(folder) if (folder / MANIFEST).is_file() else None
    return told is not None and told["files"].get(path.relative_to(folder).as_posix(), ("", ""))[1] == digest(path)


def snapshot(folder: Path) -> Snapshot:
    """Return what is in a folder by size, inode and time: equal as long as nobody changed it."""
    return _states(files_below(folder)[0])


def _states(found: dict[str, os.stat_result]) -> Snapshot:
    return {name: (each.st_size, each.st_ino, each.st_mtime_ns) for name, each in found.items()}


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        if told["annoconv"] == _VERSION and (told["of"] == "" or _is_ending(told["of"])):
            files, empty = told["files"], told["empty"]
            if all(len(each) == 2 for each in files.values()) and isinstance(empty, list):
                return dict(told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def seal(side: Path, main: Path, of: str) -> None:
    """Put the seal at the start of a side file, an object or an array of JSON; a part of it is held at a time."""
    whole = digest(main)
    own = hashlib.sha256(_joined(b"", whole, of))
    with side.open("rb") as file:
        head = file.read(_CHUNK)
        opening, rest = head[:1], head[1:]
        if opening not in {b"{", b"["}:
            raise ValueError("a side file is an object or an array")
        own.update(head)
        while chunk := file.read(_CHUNK):
            own.update(chunk)
        told = json.dumps({"main": whole, "of": of, "sha256": own.hexdigest()}, separators=(",", ":"))
        member = f'"seal":{told}' if opening == b"{" else f'{{"seal":{told}}}'
        comma = b"" if rest.strip() in {b"}", b"]"} else b","
        sealed = side.with_name(_SEALED)
        file.seek(len(opening))
        with sealed.open("wb") as target:
            target.write(opening + member.encode() + comma)
            shutil.copyfileobj(file, target)
    sealed.replace(side)


def check_seal(side: Path, of: str) -> str:
    """Return the digest of the file that a side file was written for, if nobody changed it since.

    Raises
    ------
    OutputExistsError
        If annoconv did not write every byte of it, or it belongs to another output.
    """
    found = seal_of(side)
    if found is not None and found.of == of and sealed_main(side) == found.main:
        return found.main
    raise OutputExistsError(
        "the side file was not written by annoconv, or was changed since",
        source=side,
        found=Message("content that its seal does not prove"),
        expected="a side file as annoconv wrote it",
        advice=NEW_NAME,
    )


def owner_of(path: Path) -> str | None:
    """Return the ending of the output that a side file or a folder says that it belongs to; None if it says nothing."""
    if path.is_dir():
        told = _manifest(path)
        return None if told is None else str(told["of"])
    found = seal_of(path) if path.is_file() else None
    return None if found is None else found.of


def seal_of(side: Path) -> Seal | None:
    """Return the seal of a side file, whether or not that was changed since; None if there is none."""
    with side.open("rb") as file:
        match = _SEAL.match(file.read(_HEAD))
    with suppress(ValueError):  # no text that JSON knows
        if match is not None and _is_ending(of := json.loads(b'"' + match[4] + b'"')):
            return Seal(match[3].decode(), of)
    return None


def sealed_main(side: Path) -> str | None:
    """Return the digest of the file that a side file was written for; None if there is no seal or it was changed."""
    with side.open("rb") as file:
        head = file.read(_CHUNK)
        match, told = _SEAL.match(head), seal_of(side)
        if match is None or told is None:
            return None
        own = hashlib.sha256(_joined(match[1] + head[match.end() :], told.main, told.of))
        while chunk := file.read(_CHUNK):
            own.update(chunk)
    return told.main if own.hexdigest() == match[5].decode() else None


def folders_of(path: Path) -> Iterator[Path]:
    """Yield the folders that were written as belonging to an output of this name: maps, pictures, masks."""
    for name in (path.stem, f"{path.stem}_images", f"{path.stem}.masks"):
        folder = path.with_name(name)
        if is_file(folder / MANIFEST) and not folder.is_symlink() and owner_of(folder) == ending_of(path):
            yield folder


def ending_of(path: Path) -> str:
    """Return the ending by which what belongs to an output names it."""
    return path.suffix or NO_ENDING


def suffix_of(of: str) -> str:
    """Return what stands behind the stem of an output's name, by the ending that what belongs to it names."""
    return {".gz": ".nii.gz", NO_ENDING: ""}.get(of, of)


def _is_ending(of: object) -> bool:
    return isinstance(of, str) and of.startswith(".") and not {"/", "\0"} & {*of}


def _joined(data: bytes, main: str, of: str) -> bytes:
    """Return of what the digest of a side file's own bytes is taken."""
    return b"\0".join((main.encode(), of.encode(errors="surrogatepass"), data))


def named(names: list[str]) -> str:
    """Return the first of some names, and how many more there are."""
    first = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return Message("{names} and {count} more", names=first, count=more) if more > 0 else first
