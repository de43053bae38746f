"""Resources together: Bundles of a collection, of a transaction and of a document, and the lines of Bulk Data.

A transaction puts each resource under its own id, so that it may be sent twice. A document begins with its Composition
and bears identifier and time (R5 bundle.html, documents.html). Lines are a file for each type (Bulk Data Access 2.0).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.documents import strict_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv_converters.fhir.names import Resource

__all__ = ["BundleKind", "Release", "bundle_of", "lines_of", "save", "text_of"]

Release: TypeAlias = Literal["R5", "R4B"]
BundleKind: TypeAlias = Literal["collection", "transaction", "document", "ndjson"]
LINES: Final = ".ndjson"
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_MANY: Final = b"0" * 18
_LONG: Final = re.compile(rb"[\[:,]-?\d+\.?\d{18}")
"""Before a number, or between texts, where its digits may be more than R5's grammar of decimals takes."""
_NUMBER: Final = re.compile(
    rb'("[^"\\]*(?:\\.[^"\\]*)*")|(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?(?=[\s,\]}])', re.DOTALL
)
_WHOLE, _FRACTION = 18, 17
"""Digits before and behind the point of a decimal (R5 datatypes.html#decimal)."""


def bundle_of(kind: BundleKind, resources: Sequence[Resource], identity: str, at: str | None) -> Resource:
    """Return resources as a Bundle.

    Parameters
    ----------
    kind
        Which.
    resources
        Of a document, its Composition first.
    identity
        Id of the Bundle, a UUID.
    at
        When it was made; a document needs it.
    """
    head: Resource = {"resourceType": "Bundle", "id": identity}
    if kind == "document":
        head |= {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"}}
    head["type"] = kind
    if kind == "document":
        head["timestamp"] = at
    return head | {"entry": [_entry(each, kind) for each in resources]}


def _entry(resource: Resource, kind: BundleKind) -> Resource:
    entry: Resource = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
    if kind == "transaction":
        entry["request"] = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return entry


def save(bundle: Resource, path: Path) -> None:
    """Write a Bundle as one line of JSON, numbers to the digit."""
    path.write_bytes(text_of(bundle))


def text_of(resource: Resource) -> bytes:
    """Return a resource or Bundle as a line of JSON.

    All digits of a number stay: where R5's grammar takes no more before the point or behind it, they are told with an
    exponent, 123456789012345678.9012E-18, which is the same number to every reader.
    """
    text = strict_json.dumps(resource)
    is_long = _MANY in text.translate(_DIGITS) and _LONG.search(text) is not None
    return _NUMBER.sub(_shifted, text) if is_long else text


def _shifted(part: re.Match[bytes]) -> bytes:
    told, sign, whole, fraction, exponent = part.groups(b"")
    if told or (len(whole) <= _WHOLE and len(fraction) <= _FRACTION):
        return part[0]
    digits = (whole + fraction).lstrip(b"0") or b"0"
    place = max(len(digits) - _FRACTION, min(len(digits), _WHOLE))
    power = int(exponent or 0) + len(digits) - place - len(fraction)
    point = b"." if digits[place:] else b""
    return b"%b%b%b%b" % (sign, digits[:place], point, digits[place:]) + (b"E%d" % power if power else b"")


def lines_of(resources: Iterable[Resource], folder: Path) -> None:
    """Write resources as lines, a file for each type, into a new folder."""
    by_type: dict[str, list[Any]] = {}
    for each in resources:
        by_type.setdefault(each["resourceType"], []).append(each)
    folder.mkdir()
    for type_, listed in sorted(by_type.items()):
        with (folder / f"{type_}{LINES}").open("wb") as file:
            file.writelines(map(text_of, listed))
