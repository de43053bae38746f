"""Bytes and texts that stand inside of resources, with their size and hash."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from annoconv.errors import InputError

if TYPE_CHECKING:
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Sources

__all__ = ["attached_bytes", "attached_text", "attachment", "is_elsewhere", "text_in"]


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
    found = text_in(resource, None)
    return None if found is None else found[0]


def text_in(resource: Resource, index: Sources | None) -> tuple[str, Resource | None] | None:
    """Return the text of a DocumentReference, and the Binary that it stands in; None if there is none.

    Parameters
    ----------
    resource
        The DocumentReference.
    index
        Where a Binary is looked for that an attachment names by its `url`.
    """
    for each in resource.get("content", ()):
        told = each.get("attachment", {})
        binary = None if index is None or "data" in told else _binary(told, resource, index)
        media_type = told.get("contentType", "") if binary is None else told.get("contentType", binary["contentType"])
        if str(media_type).startswith("text/plain"):
            data = attached_bytes(told if binary is None else {**told, "data": binary.get("data")})
            if data is not None:
                try:
                    return data.decode("utf-8"), binary
                except UnicodeDecodeError as error:
                    raise InputError(
                        "a text is not UTF-8",
                        found=str(error.reason),
                        expected="UTF-8",
                        advice="Save the text as UTF-8 before it is attached",
                    ) from error
    return None


def _binary(told: Resource, resource: Resource, index: Sources) -> Resource | None:
    """Return the Binary that an attachment names by its address."""
    found = index.get({"reference": told.get("url")}, resource)
    return found if found is not None and found.get("resourceType") == "Binary" and "contentType" in found else None


def is_elsewhere(resource: Resource) -> bool:
    """Tell whether a resource attaches what is not in it, but at an address."""
    contents = resource.get("content", ())
    listed = [each.get("attachment") for each in contents if isinstance(each, dict)] if contents else []
    return any(isinstance(each, dict) and "url" in each and "data" not in each for each in listed)
