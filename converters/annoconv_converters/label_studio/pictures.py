"""Which picture a task of Label Studio is about, and what it is called."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

__all__ = ["pages_key", "picture_key", "picture_name", "stored_name"]

Record: TypeAlias = "dict[str, Any]"

_PICTURE: Final = re.compile(r"(?s).*\.(png|jpe?g|bmp|gif|tiff?|webp|dcm|svs|ndpi)", re.IGNORECASE)


def picture_key(data: Record) -> str | None:
    """Return under which name the data of a task have its picture."""
    texts = {key: each for key, each in data.items() if isinstance(each, str) and len(each) < 4096}
    named = next((key for key in ("image", "img", "ocr") if texts.get(key)), None)
    return named or next((key for key, each in texts.items() if _is_picture(each)), None)


def pages_key(data: Record, *, is_asked: bool) -> str | None:
    """Return under which name the data of a task have a list of pictures; None if they have not.

    Parameters
    ----------
    data
        Of the task.
    is_asked
        Whether a region is on another picture than the first, so that there is a list, whatever its members look like.
    """
    lists = {key: each for key, each in data.items() if isinstance(each, list) and len(each) > 1}
    texts = {key: each for key, each in lists.items() if all(isinstance(one, str) for one in each)}
    if picture_key(data) is not None and not is_asked:
        return None
    found = next((key for key, each in texts.items() if all(map(_is_picture, each))), None)
    return next(iter(texts), None) if found is None and is_asked else found


def stored_name(address: str) -> str | None:
    """Return the path of a file that an address says a server has in its storage; None if it says no such thing."""
    path, _, query = address.partition("?d=")
    return unquote(query) if query and path.startswith("/") else None


def picture_name(named: object, number: object) -> str:
    """Return the name of a task's picture: its address as it stands, but for a file of a server's storage its path."""
    named = named if isinstance(named, str) else ""
    name = stored_name(named) or named
    return f"task_{number}" if named.startswith("data:") or not name else name


def _is_picture(text: str) -> bool:
    """Tell whether a text is the name of a picture by its ending."""
    return _PICTURE.fullmatch(stored_name(text) or text.partition("?")[0]) is not None
