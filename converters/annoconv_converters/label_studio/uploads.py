"""What a server of Label Studio makes of the names of pictures that are uploaded to it.

It keeps a picture under `/data/upload/{project}/{eight hexadecimal digits}-{name}`, and of the name, without its
folders, what Django lets stand. Authority: HumanSignal/label-studio, `data_import/models.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from annoconv.errors import InputError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["is_upload_of", "uploaded_name", "written_names"]

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


def _on_server(name: str) -> str:
    return _FORBIDDEN.sub("", name.rpartition("/")[2].strip().replace(" ", "_"))
