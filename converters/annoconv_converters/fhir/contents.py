"""Bytes and texts that stand inside of resources, with their size and hash."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from annoconv.errors import InputError

if TYPE_CHECKING:
    from annoconv_converters.fhir.names import Resource

__all__ = ["attached_bytes", "attached_text", "attachment"]


def attachment(data: bytes, media_type: str, **more: Any) -> Resource:
    """Return bytes as an attachment, with their size and, as FHIR has it, their SHA-1 (`Attachment.hash`)."""
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    told = {"data": base64.b64encode(data).decode(), "size": str(len(data)), "hash": base64.b64encode(digest).decode()}
    return {"contentType": media_type, **told, **more}


def attached_bytes(told: Resource) -> bytes | None:
    """Return the bytes of an attachment, None if they are elsewhere; InputError if they are not what it says."""
    if not isinstance(told.get("data"), str):
        return None
    try:
        data = base64.b64decode(told["data"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(
            "an attachment is no base64",
            found=str(error),
            expected="base64 of its bytes",
            advice="Ask for the file again; what is in it is not what was sent",
        ) from error
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if told.get("hash", digest) != digest:
        raise InputError(
            "an attachment is not the one that its hash tells",
            found=digest,
            expected=told["hash"],
            advice="Ask for the file again; what is in it is not what was sent",
        )
    return data


def attached_text(resource: Resource) -> str | None:
    """Return the text that a DocumentReference holds; None if it holds none."""
    for each in resource.get("content", ()):
        told = each.get("attachment", {})
        if str(told.get("contentType", "")).startswith("text/plain"):
            data = attached_bytes(told)
            if data is not None:
                try:
                    return data.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise InputError(
                        "a text is not UTF-8",
                        found=str(error.reason),
                        expected="UTF-8",
                        advice="Save the text as UTF-8 before it is attached",
                    ) from error
    return None
