"""Every identifier that is derived rather than given, so that the same input gives the same identifiers.

A derived UID is `2.25.` followed by the decimal value of a version-5 UUID (PS3.5 B.2) in our `NAMESPACE`. The name
that enters it is the *canonical form* of its parts: a JSON array of strings, UTF-8, no white space, non-ASCII kept.
The first part is the UID's role, so that a series and an instance made of the same content differ.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
import re
import unicodedata
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "NAMESPACE",
    "case_name",
    "content_digest",
    "frame_of_reference",
    "instance",
    "is_dicom_uid",
    "resource",
    "resources",
    "safe_name",
    "series",
    "source_series",
    "study",
    "tracking",
    "uid",
]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://w3id.org/annoconv/schema")
"""Never changes: every UID that annoconv ever derived depends on it."""

_DICOM_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_PLAIN = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST_NAME = 100
"""Bytes in UTF-8; leaves room for a suffix and a temporary name within the 255 of common file systems."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Device names that Windows opens instead of a file."""


def uid(*parts: str) -> str:
    """Return the UID derived from `parts`; their order and their borders matter.

    Notes
    -----
    PS3.5 B.2. At most 44 of the 64 characters that a UID may have.
    """
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return f"2.25.{uuid.uuid5(NAMESPACE, canonical).int}"


def study(source_series_uid: str) -> str:
    """Return the StudyInstanceUID of a source series that states none."""
    return uid("study", source_series_uid)


def source_series(sop_instance_uids: Iterable[str]) -> str:
    """Return the SeriesInstanceUID of source instances that state none; the order of the instances does not matter."""
    return uid("source_series", *sorted(sop_instance_uids))


def frame_of_reference(source_series_uid: str) -> str:
    """Return the FrameOfReferenceUID of a source series that states none (its slices share one frame)."""
    return uid("frame_of_reference", source_series_uid)


def series(format_name: str, source_series_uid: str, digest: str) -> str:
    """Return the SeriesInstanceUID of a series that we write: what kind, on which image, with which content."""
    return uid("series", format_name, source_series_uid, digest)


def instance(series_instance_uid: str, instance_number: int) -> str:
    """Return the SOPInstanceUID of an instance that we write, by its place in its series (one-based)."""
    return uid("instance", series_instance_uid, str(instance_number))


def tracking(image_uid: str, annotation_id: str) -> str:
    """Return the Tracking UID of an annotation; the same in every format that it is written to."""
    return uid("tracking", image_uid, annotation_id)


def resource(*parts: str) -> str:
    """Return the id of a FHIR resource, a UUID of version 5: what it is, and of which case."""
    return resources(*parts[:-1])(parts[-1])


def resources(*parts: str) -> Callable[[str], str]:
    """Return what gives the ids of FHIR resources that share all parts but the last."""
    before = json.dumps(("fhir", *parts), ensure_ascii=False, separators=(",", ":"))[:-1]
    shared = hashlib.sha1(NAMESPACE.bytes + before.encode(), usedforsecurity=False)

    def made(last: str) -> str:
        digest = shared.copy()
        digest.update(f",{_as_json(last)}]".encode())
        told = digest.hexdigest()
        return f"{told[:8]}-{told[8:12]}-5{told[13:16]}-{_VARIANT[told[16]]}{told[17:20]}-{told[20:32]}"

    return made


_as_json = json.encoder.encode_basestring
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The first digit of the fourth group of a UUID (RFC 9562 4.1) by the digit of the digest there."""


def content_digest(*chunks: bytes | memoryview) -> str:
    """Return the SHA-256 of `chunks` as hexadecimal text, each preceded by its length (8 bytes, little endian)."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(len(chunk).to_bytes(8, "little"))
        digest.update(chunk)
    return digest.hexdigest()


def is_dicom_uid(text: str) -> bool:
    """Tell whether `text` has the form of a DICOM UID (PS3.5 9.1)."""
    return len(text) <= 64 and _DICOM_UID.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def safe_name(text: str) -> str:
    """Return `text` as a file name of letters and digits of every script and `._-`, valid on every file system.

    A text that is one already comes back unchanged. Otherwise eight digits of its digest are appended, so that two
    texts do not become the same name.

    Examples
    --------
    >>> safe_name("LESION_01")
    'LESION_01'
    >>> safe_name("肝脏")
    '肝脏'
    >>> safe_name("肝 脏")
    '肝_脏-17011b90'
    """
    name = _cut(_lettered(text), _LONGEST_NAME)
    if name == text and _is_name(name):
        return name
    name = _cut(name.strip(".-"), _LONGEST_NAME - 9)
    return f"{'_' if not name or _RESERVED.fullmatch(name) else ''}{name}-{content_digest(text.encode())[:8]}"


def case_name(case_id: str) -> str:
    """Return the id of a case as a file name, without a digest: what is no letter, digit or `._-` becomes `_`.

    Two ids may become one name; whoever writes several cases refuses that. What would be no name, or is too long for
    one, is named as `safe_name` does.

    Examples
    --------
    >>> case_name("病例 001")
    '病例_001'
    """
    name = _lettered(case_id)
    return name if _is_name(name) and len(name.encode()) <= _LONGEST_NAME else safe_name(case_id)


def _is_name(name: str) -> bool:
    return name[:1] not in {"", ".", "-"} and name[-1] != "." and not _RESERVED.fullmatch(name)


def _lettered(text: str) -> str:
    """Return a text in NFC with `_` in the place of what is no letter, mark, digit or `._-`."""
    if _PLAIN.fullmatch(text):
        return text
    normal = unicodedata.normalize("NFC", text)
    return "".join(each if each in "._-" or unicodedata.category(each)[0] in "LMN" else "_" for each in normal)


def _cut(name: str, most: int) -> str:
    return name.encode()[:most].decode("utf-8", "ignore")
