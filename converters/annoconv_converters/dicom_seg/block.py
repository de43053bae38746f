"""What the private block (4143,1001) of a segmentation says: of which case it is a part, and what else that holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.documents.residuals import Residual
from annoconv_converters._dicom.carrier import CARRIER_GROUP, read_carried
from annoconv_converters._dicom.texts import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.limits import Limits
    from annoconv_converters.dicom_seg.segment import Segment

__all__ = ["Block", "digest_of", "meaning", "read_block", "said_digest"]

_VERSION: Final = 1
_UIDS: Final = frozenset({0x00080018, 0x0020000E, 0x00209221, 0x00209222})
"""SOPInstanceUID, SeriesInstanceUID, and the dimensions, which name one of their own."""
_PIXELS: Final = 0x7FE00001


@dataclass(frozen=True)
class Block:
    """The private block of one of the files of a case.

    Attributes
    ----------
    case
        A UID that the files of one case share.
    part, parts
        Which of them this is, from 0, and how many there are.
    image
        SeriesInstanceUID of the image that its masks were drawn on.
    digest
        What `digest_of` gave of the file, so that one that nobody edited need not be compared.
    meanings
        Of each of its segments, by annotation id: what `meaning` gave, so that one that others labelled anew is found.
    residual
        What all files together do not hold of the case; in the first part.
    held
        What they hold instead (`annoconv.documents.merging.held`).
    anew
        What `said_digest` gave of what the file has of its source (`source`), and of when it was made (`made`).
    names
        Ids of annotations that the file itself calls otherwise (`mapping.annotation_ids`), by that.
    unsaid
        What the file has of its source and the case does not say (`subject.left_unsaid`).
    """

    case: str
    part: int
    parts: int
    image: str
    digest: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict[str, str])
    residual: Residual | None = None
    held: Sequence[Any] = field(default_factory=list[Any])
    unsaid: Sequence[str] = ()
    anew: Mapping[str, str] = field(default_factory=dict[str, str])
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = {"version": _VERSION, "case": self.case, "part": self.part, "parts": self.parts, "image": self.image}
        told |= {"digest": self.digest, "meanings": dict(self.meanings), "unsaid": list(self.unsaid)}
        told |= {"anew": dict(self.anew)} if self.anew else {}
        told |= {"names": dict(self.names)} if self.names else {}
        return told if self.residual is None else {**told, "residual": self.residual.to_json(), "held": [*self.held]}


def digest_of(elements: Mapping[int, bytes | memoryview]) -> str:
    """Return a digest of encoded elements by tag, without the file's own UIDs, the pixels and the private block."""
    kept = [tag for tag in sorted(elements) if tag not in _UIDS and tag >> 16 != CARRIER_GROUP and tag < _PIXELS]
    return ids.content_digest(*(elements[tag] for tag in kept))


def said_digest(header: Dataset, keywords: Iterable[str]) -> str:
    """Return the first 16 digits of one digest of all that these elements say, however they are encoded."""
    said = [(keyword, text(header.get(keyword))) for keyword in keywords]
    return ids.content_digest(json.dumps([each for each in said if each[1]]).encode())[:16]


def meaning(segment: Segment) -> str:
    """Return the first 16 digits of a digest of what a segment is called and coded as, its description aside."""
    concepts = (segment.type, *segment.modifiers, segment.region, *segment.region_modifiers)
    codes = [each and [each.scheme, each.code] for each in concepts]
    return ids.content_digest(json.dumps([segment.name, *codes]).encode())[:16]


def read_block(header: Dataset, path: Path, limits: Limits) -> Block | None:
    """Return the private block of a file; None if it has none.

    Raises
    ------
    InputError
        If there is one and it is of another version, or anything but what annoconv writes.
    """
    return read_carried(header, path, limits, version=_VERSION, block_of=_block)


def _block(document: dict[str, Any]) -> Block:
    """Return what a document of this version says; KeyError, TypeError or ValueError if it says anything else."""
    case, image, digest = (document[name] for name in ("case", "image", "digest"))
    part, parts = document["part"], document["parts"]
    if not all(isinstance(each, str) for each in (case, image, digest)) or {type(part), type(parts)} != {int}:
        raise TypeError("a name is a text, a count a whole number")
    if not 0 <= part < parts:
        raise ValueError("there is no such part")
    meanings = {str(identity): str(digest) for identity, digest in document["meanings"].items()}
    names = {str(name): str(identity) for name, identity in document.get("names", {}).items()}
    unsaid = [str(each) for each in document.get("unsaid", ())]
    anew = {str(name): str(digest) for name, digest in document.get("anew", {}).items()}
    block = Block(case, part, parts, image, digest, meanings, unsaid=unsaid, anew=anew, names=names)
    if part:
        return block
    held = [(tuple(path), value) for path, value in document["held"]]
    return replace(block, residual=Residual.from_json(document["residual"]), held=held)
