"""What a server of Label Studio makes of the names of pictures that are uploaded to it.

It keeps a picture under `/data/upload/{project}/{eight hexadecimal digits}-{name}`, and of the name, without its
folders, what Django lets stand. Authority: HumanSignal/label-studio, `data_import/models.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def written_names(pictures: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the file names of pictures by the names that they have on a server, as far as only one has such a one."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for picture in pictures:
        name = picture["file_name"]
        if found.setdefault(_on_server(name), name) != name:
            twice.add(_on_server(name))
    return {name: each for name, each in found.items() if name not in twice}


def _on_server(name: str) -> str:
    return _FORBIDDEN.sub("", name.rpartition("/")[2].strip().replace(" ", "_"))
