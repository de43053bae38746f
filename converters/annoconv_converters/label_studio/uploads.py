"""What a server of Label Studio makes of the names of pictures that are uploaded to it.

It keeps a picture under `/data/upload/{project}/{eight hexadecimal digits}-{name}`, and of the name, without its
folders, what Django lets stand. Authority: HumanSignal/label-studio, `data_import/models.py`.
"""

from __future__ import annotations

import json
import re
import weakref
from array import array
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.scratch import scratch_file
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._pictures.together import TokenPlaces, token_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["WrittenNames", "is_upload_of", "uploaded_name", "written_names"]

_UPLOAD: Final = re.compile(r"(?:.*/)?data/upload/\d+/[0-9a-f]{8}-([^/]+)")
_FORBIDDEN: Final = re.compile(r"[^-\w.]")


def uploaded_name(address: object) -> str | None:
    """Return the name that an uploaded picture has on its server; None if an address is no such one."""
    found = _UPLOAD.fullmatch(unquote(address.partition("?")[0])) if isinstance(address, str) else None
    return None if found is None else found[1]


def is_upload_of(address: object, name: str) -> bool:
    """Tell whether an address is that of an uploaded picture of a name."""
    return uploaded_name(address) == _on_server(name)


def written_names(pictures: Iterable[Mapping[str, Any]], addresses: Iterable[object], source: Path) -> dict[str, str]:
    """Return the file names of pictures by the names that they have on a server.

    Parameters
    ----------
    pictures
        That were written.
    addresses
        Of the pictures of the tasks.
    source
        The export.

    Raises
    ------
    InputError
        If two uploads have one name, or two pictures of the same name there were written: nothing tells which is which.
    """
    written: dict[str, list[str]] = {}
    for each in pictures:
        written.setdefault(_on_server(each["file_name"]), []).append(str(each["file_name"]))
    uploads: dict[str, list[str]] = {}
    for address in dict.fromkeys(map(str, addresses)):
        name = uploaded_name(address)
        if name in written:
            uploads.setdefault(name, []).append(address)
    for name, found in uploads.items():
        for same in (found, list(dict.fromkeys(written[name]))):
            if len(same) > 1:
                raise InputError(
                    "pictures have one name as uploads, and nothing tells which was which before",
                    source=source,
                    found=Message("{first} and {second}", first=same[0], second=same[1]),
                    expected="a name for each picture",
                    advice="Export them apart, or remove the side file; --names flat writes names that stay apart",
                )
    return {name: written[name][0] for name in uploads}


class WrittenNames:
    """The file names of pictures that were written, by the names that they have on a server; they wait in a file.

    Parameters
    ----------
    pictures
        That were written.

    Attributes
    ----------
    are_apart
        Whether no two of them have one name there, nor two uploads that were asked for.
    """

    def __init__(self, pictures: Iterable[Mapping[str, Any]]) -> None:
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)
        self._addresses, self._uploads, self.are_apart = SeenNames(), SeenNames(), True
        names, on_server, tokens, self._starts = SeenNames(), SeenNames(), bytearray(), array("q")
        for name in (str(each["file_name"]) for each in pictures):
            if names.add(name):
                self.are_apart &= on_server.add(_on_server(name))
                tokens += token_of(_on_server(name))
                self._starts.append(self._file.tell())
                self._file.write(f"{json.dumps(name)}\n".encode())
        self._places = TokenPlaces(tokens)

    def of(self, address: str) -> str | None:
        """Return the file name of the picture that was uploaded to an address; None if none is known."""
        name = uploaded_name(address)
        place = -1 if name is None else self._places.of(name)
        if name is None or place < 0:
            return None
        self.are_apart &= not self._addresses.add(address) or self._uploads.add(name)
        self._file.seek(self._starts[place])
        return str(json.loads(self._file.readline()))


def _on_server(name: str) -> str:
    return _FORBIDDEN.sub("", name.rpartition("/")[2].strip().replace(" ", "_"))
