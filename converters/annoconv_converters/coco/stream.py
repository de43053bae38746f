"""COCO files in bounded memory: an object of long arrays, `images` and `annotations`, or an array of detection results.

Where each record stands is found by `json_arrays`; here is what it says.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.json_arrays import ROOT, NotObjectsError, Scanner, Span
from annoconv.documents.other_formats import looks_like
from annoconv.errors import DocumentError
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv_converters._pictures.scores import has_long, put_long

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from annoconv.limits import Limits

__all__ = [
    "ANNOTATIONS",
    "COUNTED",
    "IMAGES",
    "RESULTS",
    "Record",
    "elements_of",
    "read_element",
    "read_records",
    "scan",
]

Record: TypeAlias = "dict[str, Any]"

IMAGES: Final = "images"
ANNOTATIONS: Final = "annotations"
RESULTS: Final = ROOT
"""Section of the elements of a file that is an array itself."""
_TOGETHER: Final = 1000
"""Records that are read at a time."""
_NEAR: Final = 1 << 10
"""Bytes between two records that are read together."""
_SURE: Final = 1 << 53
"""Below it, a float that is whole is the number that was written."""
_WHOLE: Final = ("id", "image_id", "category_id", "width", "height")
COUNTED: Final = frozenset(
    {*_WHOLE, "area", "bbox", "caption", "file_name", "iscrowd", "keypoints", "num_keypoints", "score"}
    | {"segmentation", "segments_info"}
)
"""Members that COCO itself has, as far as they hold numbers."""
_ALONE: Final = COUNTED - {"segments_info"}
"""Those in which nothing else stands."""
_TOO_MUCH: Final = Message("too much stands beside images and annotations")


def elements_of(span: Span, limits: Limits, source: Path) -> list[Record]:
    """Return the elements of a span; DocumentError if one is no object, or the text no strict JSON."""
    where = f"{span.section or 'results'}, byte {int(span.starts[0])} on"
    found = strict_json.loads(span.text, limits=limits, source=source, where=where)
    if len(found) != len(span.starts) or not all(type(each) is dict for each in found):
        raise _invalid(
            Message("every member of {section} is an object", section=span.section or Message("the results")),
            source,
            where,
        )
    stranger = next((each for each in found if "image_id" not in each), None) if span.section == RESULTS else None
    if stranger is not None:
        raise _neither([stranger], source)
    if not all(_are_sure(found)):
        exact = strict_json.loads(span.text, limits=limits, source=source, where=where, exact=True)
        for record, written in zip(found, exact, strict=True):
            _put_whole(record, written)
    return list(found)


def scan(file: BinaryIO, source: Path, limits: Limits) -> Iterator[Span | Record]:
    """Yield the spans of a COCO file in their order, then its skeleton: what it holds beside images and annotations.

    Parameters
    ----------
    file
        Open at its start.
    source
        Its name for messages.
    limits
        `header_bytes` bounds the skeleton, `line_bytes` one element.

    Raises
    ------
    DocumentError
        If it is no strict JSON, or neither an object nor an array.
    LimitError
        If an element or the skeleton is too large.
    """
    scanner = Scanner(source, limits, (IMAGES, ANNOTATIONS), _TOO_MUCH)
    try:
        yield from scanner.spans(file)
    except NotObjectsError as error:
        problem = Message("the array {section!r} is no array of objects", section=error.section)
        raise _invalid(problem, source, None) from error
    text = bytes(scanner.skeleton)
    if scanner.section is not None:
        sentence = "this is not JSON: the text ends in the middle of {section}; copy it again from where it is whole"
        raise _invalid(Message(sentence, section=scanner.section or Message("the results")), source, None)
    skeleton = strict_json.loads(text, limits=limits, source=source)
    if not isinstance(skeleton, dict | list):
        raise _neither(skeleton, source)
    beside: Record = skeleton if isinstance(skeleton, dict) else {RESULTS: skeleton}
    if isinstance(skeleton, dict):
        exact = strict_json.loads(text, limits=limits, source=source, exact=True)
        beside |= {name: exact[name] for name in skeleton if name not in {ANNOTATIONS, IMAGES, "categories"}}
        _put_members(beside.get("categories"), exact.get("categories"))
    needed = {ANNOTATIONS: beside.get(ANNOTATIONS, []), "categories": beside.get("categories") or []}
    if RESULTS not in beside:
        needed[IMAGES] = beside.get(IMAGES)
    for name, member in needed.items():
        if not isinstance(member, list):
            seen = looks_like(skeleton)
            raise _invalid(
                Message(
                    "a COCO file has a list of {name}; found {seen}; name one, or read this file with annoconv convert",
                    name=name,
                    seen=seen,
                ),
                source,
                None,
            )
    yield beside


def read_records(file: BinaryIO, places: Sequence[tuple[int, int]], source: Path) -> Iterator[Record]:
    """Yield records: numbers of COCO as floats, which are counted with; what others put beside them to the digit."""
    for first in range(0, len(places), _TOGETHER):
        part = places[first : first + _TOGETHER]
        records = _elements(file, part, source)
        are_sure = _are_sure(records)
        others = [_others(record) for record in records]
        are_long = any("score" in record for record in records) and has_long(b"".join(_texts(file, part)))
        if any(others) or are_long or not all(are_sure):
            exact = _elements(file, part, source, exact=True)
            for record, written, names, is_sure in zip(records, exact, others, are_sure, strict=True):
                record |= {name: written[name] for name in names if name not in COUNTED}
                _put_members(record.get("segments_info"), written.get("segments_info"))
                if are_long:
                    put_long(record, written)
                if not is_sure:
                    _put_whole(record, written)
        yield from records


def _others(record: Record) -> list[str]:
    """Return the members of a record of which, or in which, digits are kept."""
    if _ALONE.issuperset(record):
        return []
    return [
        name
        for name, value in record.items()
        if name == "segments_info" or (name not in COUNTED and isinstance(value, float | dict | list))
    ]


def _put_members(records: Any, exact: Any) -> None:
    """Give the records of a list the digits of their text, but for what is counted with."""
    for record, written in zip(records, exact, strict=True) if isinstance(records, list) else ():
        if isinstance(record, dict):
            record |= {name: value for name, value in written.items() if name not in COUNTED}
            _put_whole(record, written)


def read_element(file: BinaryIO, start: int, end: int, source: Path) -> Record:
    """Return the element at a place of a file that a scan has found."""
    places = [(start, end)]
    (record,) = _elements(file, places, source)
    if not _make_whole(record):
        _put_whole(record, *_elements(file, places, source, exact=True))
    return record


def _elements(file: BinaryIO, places: Sequence[tuple[int, int]], source: Path, *, exact: bool = False) -> list[Record]:
    where = Message("byte {position}", position=places[0][0])
    text = b"[%b]" % b",".join(_texts(file, places))
    found = strict_json.loads(text, source=source, where=where, exact=exact)
    if len(found) != len(places) or not all(type(each) is dict for each in found):  # the file has changed meanwhile
        raise _invalid("every member of a section is an object", source, where)
    return list(found)


def _texts(file: BinaryIO, places: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the texts at places of a file; those that follow near each other are read together."""
    first = 0
    while first < len(places):
        (start, end), last = places[first], first + 1
        while last < len(places) and 0 <= places[last][0] - end <= _NEAR:
            end, last = places[last][1], last + 1
        file.seek(start)
        read = file.read(end - start)
        yield from (read[begin - start : behind - start] for begin, behind in places[first:last])
        first = last


def _are_sure(records: list[Record]) -> list[bool]:
    """Turn ids and sizes of records into integers; return of each whether that is all there is to do."""
    named = {*chain.from_iterable(records)}.intersection(_WHOLE)
    if not any(float in {*map(type, map(methodcaller("get", name), records))} for name in named):
        return [True] * len(records)
    return [*map(_make_whole, records)]


def _make_whole(record: Record) -> bool:
    """Turn ids and sizes that were written as 1.0, as spreadsheets and data frames do, into integers.

    Return whether that is all there is to do: a float beyond 2^53 does not tell which integer was written.
    """
    is_sure = True
    for name in _WHOLE:
        value = record.get(name)
        if type(value) is float and value.is_integer():
            record[name] = int(value)
            is_sure = is_sure and abs(value) < _SURE
    return is_sure


def _put_whole(record: Record, exact: Record) -> None:
    """Do the same from the digits that were written."""
    for name in _WHOLE:
        value = exact.get(name)
        if type(value) is int or (type(value) is Decimal and value == value.to_integral_value()):
            record[name] = int(value)


def _neither(document: Any, source: Path) -> DocumentError:
    seen = looks_like(document)
    return _invalid(
        Message("this is neither a COCO object nor an array of results; found {seen}", seen=seen), source, None
    )


def _invalid(problem: str, source: Path, where: str | None) -> DocumentError:
    finding = Finding("coco.invalid", Level.ERROR, "", problem)
    return DocumentError(problem, findings=[finding], source=source, where=where)
