"""What the DICOM converters share: encoding elements, texts that fit their VR, dates, codes and the private carrier.

Everything is written in Explicit VR Little Endian and UTF-8 (ISO_IR 192), whatever the source was written in.

The carrier is one private block, group 4143 ("AC"), creator `ANNOCONV` (PS3.5 7.8.1): (4143,1001) UT holds a JSON
object, which the converter's page in `docs/formats/` describes. A file without the block is complete in itself.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydicom.charset import decode_element
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as ItemSequence
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import PersonName, format_number_as_ds, validate_value

from annoconv import jsondoor
from annoconv.model import Concept
from annoconv_converters._labels import concept_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annoconv.limits import Limits

__all__ = [
    "CARRIER_CREATOR",
    "CHARACTER_SET",
    "LONG_VRS",
    "carried",
    "carry",
    "code_item",
    "coded",
    "concept_in",
    "copy_elements",
    "date_and_time",
    "date_time",
    "decimal_string",
    "element",
    "encode",
    "fit",
    "item",
    "items",
    "moment",
    "offset_zone",
    "sequence",
    "text",
]

CHARACTER_SET: Final = "ISO_IR 192"
CARRIER_CREATOR: Final = "ANNOCONV"
_CARRIER_GROUP: Final = 0x4143
_CARRIER_ELEMENT: Final = 0x01

LONG_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""VRs with a 32-bit length field (PS3.5 7.1.2)."""
_LENGTHS: Final = {"AE": 16, "CS": 16, "LO": 64, "LT": 10240, "PN": 64, "SH": 16, "ST": 1024}
"""Characters that a value may have (PS3.5 6.2)."""
_LAYOUT_VRS: Final = frozenset({"LT", "ST", "UT"})
"""VRs that may hold line breaks and a backslash."""
_MINUTES_OF_A_DAY: Final = 24 * 60
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_ESCAPE: Final = re.compile(r"\x1b[ -/]+[0-~]")
"""Escape sequence of ISO 2022; pydicom leaves that of GB2312 (ISO 2022 IR 58) in the decoded text."""
_DATE_TIME: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?")


def element(tag: int, vr: str, value: bytes) -> bytes:
    """Return one encoded element, Explicit VR Little Endian, padded to even length (PS3.5 7.1.2, 6.2)."""
    if len(value) % 2:
        value += b"\0" if vr in {"UI", "OB", "UN"} else b" "
    if vr in LONG_VRS:
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def item(content: bytes) -> bytes:
    """Return one encoded sequence item of explicit length (PS3.5 7.5.1)."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def sequence(tag: int, *contents: bytes) -> bytes:
    """Return an encoded sequence of explicit length, each of `contents` an item's elements."""
    return element(tag, "SQ", b"".join(map(item, contents)))


def encode(dataset: Dataset) -> bytes:
    """Return a data set's elements, Explicit VR Little Endian, UTF-8."""
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, dataset, CHARACTER_SET)
    return stream.getvalue()


def items(*datasets: Dataset) -> ItemSequence:
    """Return data sets as the value of a sequence."""
    return ItemSequence(datasets)


def text(value: object) -> str:
    """Return an element's value as text without white space at its ends; several values joined by a backslash."""
    if value is None:
        return ""
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(map(text, value))
    return _ESCAPE.sub("", str(value)).strip(" \0")


def fit(vr: str, value: str) -> str:
    """Return `value` as a single value of a text VR holds it: no control characters, no backslash, not too long.

    What differs from `value` is found by comparing the case that the written file gives back.
    """
    if vr not in _LAYOUT_VRS:
        value = _CONTROL.sub(" ", value).replace("\\", "/")
    if vr == "PN":
        value = value.replace("=", "-")
    return value.strip()[: _LENGTHS.get(vr)].strip()


def decimal_string(number: float) -> str:
    """Return a number as a decimal string of at most 16 characters (PS3.5 6.2, DS)."""
    return format_number_as_ds(float(number) + 0.0)


def code_item(concept: Concept) -> Dataset:
    """Return a concept as an item of the code sequence macro (PS3.3 8.8)."""
    macro = Dataset()
    if len(concept.code) <= _LENGTHS["SH"]:
        macro.CodeValue = fit("SH", concept.code)
    elif concept.code.startswith("urn:") or "://" in concept.code:
        macro.URNCodeValue = concept.code
    else:
        macro.LongCodeValue = fit("UC", concept.code)
    macro.CodingSchemeDesignator = fit("SH", concept.scheme)
    macro.CodeMeaning = fit("LO", concept.meaning)
    return macro


def coded(concept: Concept) -> bytes:
    """Return a concept as the encoded elements of an item of the code sequence macro."""
    return _coded(concept.code, concept.scheme, concept.meaning)


@lru_cache(maxsize=1024)
def _coded(code: str, scheme: str, meaning: str) -> bytes:
    return encode(code_item(Concept(code=code, scheme=scheme, meaning=meaning)))


def concept_in(dataset: Dataset, keyword: str) -> Concept | None:
    """Return the first concept of a code sequence, or None if it is absent or lacks its code."""
    sequence_value = dataset.get(keyword)
    if not sequence_value:
        return None
    macro = sequence_value[0]
    code = text(macro.get("CodeValue")) or text(macro.get("LongCodeValue")) or text(macro.get("URNCodeValue"))
    scheme = text(macro.get("CodingSchemeDesignator")) or ("URN" if "URNCodeValue" in macro else "")
    return concept_of(scheme, code, text(macro.get("CodeMeaning")))


def date_and_time(at: datetime) -> tuple[str, str]:
    """Return a moment as the values of DA and TM, in its own offset."""
    fraction = f".{at.microsecond:06d}" if at.microsecond else ""
    return f"{at.year:04d}{at.month:02d}{at.day:02d}", f"{at.hour:02d}{at.minute:02d}{at.second:02d}{fraction}"


def date_time(at: datetime) -> str:
    """Return a moment as the value of DT, with its offset from UTC if it has one."""
    return "".join(date_and_time(at)) + (at.strftime("%z")[:5] if at.tzinfo else "")


def moment(value: str) -> datetime | None:
    """Return the moment of a DT value, or None if it has no offset, is no full date, or is wrong."""
    found = _DATE_TIME.fullmatch(value.strip())
    zone = offset_zone(found[8]) if found and found[8] else None
    if not found or not found[3] or zone is None:
        return None
    year, month, day, hour, minute, second = (int(found[group] or 0) for group in range(1, 7))
    try:
        return datetime(year, month, day, hour, minute, second, int((found[7] or "0").ljust(6, "0")), tzinfo=zone)
    except ValueError:
        return None


def offset_zone(value: str) -> timezone | None:
    """Return the zone of an offset from UTC, `+0800` (TimezoneOffsetFromUTC), or None if it is none."""
    if not re.fullmatch(r"[+-]\d{4}", value):
        return None
    minutes = int(value[1:3]) * 60 + int(value[3:])
    if minutes >= _MINUTES_OF_A_DAY:
        return None
    return timezone(timedelta(minutes=-minutes if value[0] == "-" else minutes)) if minutes else UTC


def copy_elements(source: Dataset, target: Dataset, keywords: Iterable[str]) -> None:
    """Copy those elements that the source has with a valid value, as UTF-8 text; those present but empty stay empty."""
    for keyword in keywords:
        if keyword in source:
            found = source[keyword]
            decode_element(found, source.get("SpecificCharacterSet") or None)
            value = _plain_value(found.value)
            if _is_valid(found.VR, value):
                setattr(target, keyword, value)


def _plain_value(value: Any) -> Any:
    """Return a value without the bytes of the character set that it was read in."""
    if isinstance(value, PersonName | str):
        return _ESCAPE.sub("", str(value))
    if isinstance(value, ItemSequence):
        return items(*(_plain_item(each) for each in value))
    if isinstance(value, MultiValue):
        return [_plain_value(each) for each in value]
    return value


def _plain_item(source: Dataset) -> Dataset:
    target = Dataset()
    copy_elements(source, target, [name for name in source.dir() if name != "SpecificCharacterSet"])
    return target


def _is_valid(vr: str, value: Any) -> bool:
    if vr == "SQ" or value is None:
        return True
    try:
        for each in value if isinstance(value, list) else [value]:
            validate_value(vr, each, 2)  # 2: raise
    except (ValueError, TypeError):
        return False
    return True


def carry(dataset: Dataset, document: dict[str, Any]) -> None:
    """Put a JSON object into the private block."""
    block = dataset.private_block(_CARRIER_GROUP, CARRIER_CREATOR, create=True)
    block.add_new(_CARRIER_ELEMENT, "UT", jsondoor.dumps(document).decode().strip())


def carried(dataset: Dataset, limits: Limits) -> dict[str, Any] | None:
    """Return the JSON object of the private block, numbers exact, or None if there is none.

    Raises
    ------
    DocumentError, LimitError
        If there is a block and what it holds is not strict JSON.
    """
    try:
        value = dataset.private_block(_CARRIER_GROUP, CARRIER_CREATOR)[_CARRIER_ELEMENT].value
    except KeyError:
        return None
    data = value if isinstance(value, bytes) else str(value).encode()
    where = str(_carrier_tag())
    document = jsondoor.loads(data.strip(b" \0"), limits=limits, where=where, exact=True)
    return document if isinstance(document, dict) else None


def _carrier_tag() -> BaseTag:
    return Tag(_CARRIER_GROUP, 0x1000 | _CARRIER_ELEMENT)
