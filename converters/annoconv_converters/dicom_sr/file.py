"""A report as it stands in a file: its header, its content tree, and what it refers to. DICOM files and DICOM JSON.

Authority: PS3.10 7.1, PS3.5 A; PS3.18 F (JSON).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message
from annoconv_converters._dicom.carrier import CARRIER_GROUP
from annoconv_converters._dicom.charset import settle_character_set
from annoconv_converters._dicom.content import Item
from annoconv_converters._dicom.content_read import ContentReader
from annoconv_converters._dicom.elements import EXPLICIT, file_start, walk
from annoconv_converters._dicom.encoding import encode
from annoconv_converters._dicom.equipment import is_own
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.opening import opened, reading_whole
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_sr import codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters._dicom.elements import Buffer, Encoding, FileStart

__all__ = ["SEGMENTATIONS", "ReportFile", "class_of", "content_digest", "open_report"]

SEGMENTATIONS: Final = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""Storage classes of segmentations."""
_REPORTS: Final = "1.2.840.10008.5.1.4.1.1.88."
_NO_REPORTS: Final = frozenset({"1.2.840.10008.5.1.4.1.1.88.59"})
_CONTENT: Final = 0x0040A730
_TAG: Final = re.compile("[0-9A-Fa-f]{8}")
_MOST_NAMED: Final = 3
_OWN_UIDS: Final = frozenset({0x00080018, 0x0020000E})
_NEITHER: Final = Message("neither DICM after 128 bytes nor JSON")


@dataclass(eq=False)
class ReportFile:
    """A report.

    Attributes
    ----------
    path
        The file.
    header
        Every element but the content.
    root
        The content tree.
    encoding
        How elements are encoded that the tree keeps as they stand.
    digest
        Of all that it says, without its own UIDs and our private block.
    misread
        Places of text that is not of the character set that the file declares, and what became of it.
    """

    path: Path
    header: Dataset
    root: Item
    encoding: Encoding
    digest: str
    misread: Sequence[tuple[str, Message]] = ()

    @cached_property
    def is_own(self) -> bool:
        """Whether we wrote it."""
        return is_own(self.header)


def class_of(path: Path) -> str:
    """Return the storage class of a DICOM file or of DICOM JSON; empty if it is neither."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
        if start.lstrip()[:1] in (b"{", b"["):
            return "json"
        found = file_start(start)
        return "" if found is None else found.values.get(0x00020002, b"").strip(b" \0").decode("ascii", "replace")
    except (*DAMAGE, StopIteration):
        return ""


def open_report(path: Path, limits: Limits) -> ReportFile:
    """Return a measurement report, checked to be one and to be whole.

    Raises
    ------
    InputError
        If the file is no structured report, none of TID 1500, or damaged.
    LimitError
        If it is larger than a document may be.
    """
    size = path.stat().st_size
    if size > limits.document_bytes:
        raise LimitError(
            "the report is too large",
            source=path,
            found=Message("{count} bytes", count=size),
            expected=Message("at most {count}", count=limits.document_bytes),
            advice="Raise the bound if the file is trusted",
            limit="document_bytes",
        )
    if class_of(path) == "json":
        with reading_whole(path):
            return _checked(_of_json(path, limits))
    with opened(path, limits.header_bytes, advice=Message("Name a DICOM structured report"), found=_NEITHER) as file:
        if not file.is_all:
            raise LimitError(
                "the report is too large once inflated",
                source=path,
                found=Message("more than {count} bytes", count=limits.header_bytes),
                expected=Message("at most {count}", count=limits.header_bytes),
                advice="Raise the bound if the file is trusted",
                limit="header_bytes",
            )
        return _checked(_open(path, file.data, file.start))


def _open(path: Path, data: Buffer, start: FileStart) -> ReportFile:
    kept: dict[int, bytes] = {}
    content = b""
    for each in walk(data, start.data_set, len(data), start.encoding):
        if each.tag == _CONTENT:
            content = data[each.start : each.end]
        else:
            kept[each.tag] = data[each.start : each.end]
    return _of_elements(path, kept, content, start.encoding)


def _of_elements(path: Path, kept: Mapping[int, bytes], content: bytes, encoding: Encoding) -> ReportFile:
    is_little = not encoding.is_big_endian
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = read_dataset(BytesIO(b"".join(kept[tag] for tag in sorted(kept))), encoding.is_implicit, is_little)
        misread: list[tuple[str, Message]] = []
        misread += settle_character_set(header)
        sets = _sets(header)
        reader = ContentReader(content, encoding, sets)
        root = reader.root(0, len(content)) if content else Item("", "")
        is_plain = content.isascii() and b"\x1b" not in content
        if not is_plain and (reader.is_misdeclared or sets != ["ISO_IR 192"]):
            whole = BytesIO(b"".join([*(kept[tag] for tag in sorted(kept) if tag < _CONTENT), content]))
            with_content = read_dataset(whole, encoding.is_implicit, is_little)
            misread = settle_character_set(with_content)
            sets = _sets(with_content)
            root = ContentReader(content, encoding, sets).root(0, len(content))
        named = ContentReader(b"".join(kept.get(tag, b"") for tag in _ROOT), encoding, sets)
        stated = named.root(0, len(named.data))
        root.kind, root.name, root.template, root.value = stated.kind, stated.name, stated.template, stated.value
        root.observed_at = text(header.get("ObservationDateTime"))
    return ReportFile(path, header, root, encoding, content_digest(kept, content), misread)


def _sets(header: Dataset) -> list[str]:
    """Return the values of SpecificCharacterSet."""
    declared: Any = header.get("SpecificCharacterSet")
    return [str(each or "") for each in declared] if isinstance(declared, MultiValue) else [str(declared or "")]


_ROOT: Final = (0x0040A040, 0x0040A043, 0x0040A050, 0x0040A504)


def content_digest(elements: Mapping[int, bytes], content: bytes) -> str:
    """Return a digest of a report by its encoded elements, without its own UIDs and our private block."""
    kept = [tag for tag in sorted(elements) if tag not in _OWN_UIDS and tag >> 16 != CARRIER_GROUP]
    return ids.content_digest(*(elements[tag] for tag in kept), content)


def _of_json(path: Path, limits: Limits) -> ReportFile:
    document: Any = strict_json.loads(path.read_bytes(), limits=limits, source=path)
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    tags = [*document] if isinstance(document, dict) else []
    if not tags or not all(_TAG.fullmatch(str(each)) for each in tags):
        raise InputError(
            "this is not DICOM JSON",
            source=path,
            found=", ".join(map(str, tags[:_MOST_NAMED])) or json_type(document),
            expected="one data set as a JSON object (PS3.18 F.2)",
            advice=Message("Name a DICOM structured report"),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = Dataset.from_json(_listed(document))
        dataset.SpecificCharacterSet = "ISO_IR 192"
        data = encode(dataset)
    kept: dict[int, bytes] = {}
    content = b""
    for each in walk(data, 0, len(data)):
        if each.tag == _CONTENT:
            content = data[each.start : each.end]
        elif each.tag != 0x00080005:
            kept[each.tag] = data[each.start : each.end]
    kept[0x00080005] = encode(_declared())
    return _of_elements(path, kept, content, EXPLICIT)


def _declared() -> Dataset:
    declared = Dataset()
    declared.SpecificCharacterSet = "ISO_IR 192"
    return declared


def _listed(document: Any) -> Any:
    """Return DICOM JSON with every value in a list, as the standard has it and some writers forget (PS3.18 F.2.2)."""
    if isinstance(document, dict):
        found = {key: _listed(value) for key, value in document.items()}
        if "vr" in found and "Value" in found and not isinstance(found["Value"], list):
            found["Value"] = [found["Value"]]
        return found
    return [_listed(each) for each in document] if isinstance(document, list) else document


def _checked(file: ReportFile) -> ReportFile:
    """Return a report that is one of measurements; InputError names what it is otherwise."""
    kind = text(file.header.get("SOPClassUID"))
    if not kind.startswith(_REPORTS) or kind in _NO_REPORTS:
        raise InputError(
            "the file is no structured report",
            source=file.path,
            where="SOPClassUID (0008,0016)",
            found=kind or Message("none"),
            expected="a structured report of measurements",
            advice="Segmentations are read with from-dicom-seg",
        )
    key = file.root.key
    is_report = file.root.template == "1500" or (key[1] == "DCM" and key[0] in codes.REPORTS)
    if not is_report:
        title = file.root.name.meaning if file.root.name is not None else ""
        raise InputError(
            "the report is none of measurements",
            source=file.path,
            where="ConceptNameCodeSequence (0040,A043)",
            found=Message("{title} (template {number})", title=title or "-", number=file.root.template or "-"),
            expected="an imaging measurement report (TID 1500)",
            advice="Other reports are texts for people: show them with dsrdump or dsr2html of dcmtk",
        )
    return file
