"""Which picture a task of Label Studio is about, and what it is called."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

__all__ = ["pages_of", "picture_key", "picture_name"]

Record: TypeAlias = "dict[str, Any]"

_PICTURE: Final = re.compile(r"(?s).*\.(png|jpe?g|bmp|gif|tiff?|webp|dcm|svs|ndpi)", re.IGNORECASE)


def picture_key(data: Record) -> str | None:
    """Return under which name the data of a task have its picture."""
    texts = {key: each for key, each in data.items() if isinstance(each, str) and len(each) < 4096}
    named = next((key for key in ("image", "img", "ocr") if texts.get(key)), None)
    return named or next((key for key, each in texts.items() if _is_picture(each)), None)


def pages_of(data: Record) -> list[str]:
    """Return the pictures of a task that has a list of several and no single one."""
    lists = (each for each in data.values() if isinstance(each, list) and len(each) > 1)
    pictures = ([each for each in some if isinstance(each, str) and _is_picture(each)] for some in lists)
    return [] if picture_key(data) else next((some for some in pictures if len(some) > 1), [])


def picture_name(data: Record, number: object) -> str:
    """Return the name of a task's picture: its address as it stands, but for a file of a server's storage its path."""
    key = picture_key(data)
    named = "" if key is None else str(data[key])
    path, _, query = named.partition("?d=")
    name = unquote(query) if query and path.startswith("/") else named
    return f"task_{number}" if named.startswith("data:") or not name else name


def _is_picture(text: str) -> bool:
    """Tell whether a text is the name of a picture by its ending."""
    return _PICTURE.fullmatch(text.partition("?")[0]) is not None
