"""Large COCO files at once: columns of numbers and an index by image, geometry left in the file until asked for.

`load` needs `msgspec` (extra `coco-bulk`) to be fast and does without; `validate` finds what breaks the rules of COCO
in bounded memory. Neither makes cases: that is `from_coco`, which reads one picture after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.codes import Labels
from annoconv.documents.json_arrays import Span
from annoconv.errors import AnnoconvError, DocumentError
from annoconv.findings import Finding, Level
from annoconv.limits import Limits
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.check import PICTURE_TWICE, picture_twice
from annoconv_converters._pictures.geometry import is_numbers, size_from_record
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters.coco.check import NO_ID, Effort, shape_findings
from annoconv_converters.coco.records import id_of, picture_of_result
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES, RESULTS, Record, elements_of, read_element, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["CocoTable", "load", "validate"]

Numbers: TypeAlias = "NDArray[np.int64]"

_FIELDS: Final = ("id", "image_id", "category_id", "iscrowd", "area", "bbox")
_DTYPES: Final = (np.int64, np.int64, np.int64, np.bool_, np.float64, np.float32)
_ABSENT: Final = float("nan")


@dataclass(frozen=True)
class CocoTable:
    """The annotations of a file as columns.

    Attributes
    ----------
    path
        The file.
    beside
        What it holds beside images and annotations: info, categories.
    image_ids
        Shape (images,), int64.
    ids, annotation_image_ids, category_ids
        Shape (annotations,), int64, in the order of the file.
    is_crowd
        Shape (annotations,), bool.
    areas
        Shape (annotations,), float64, square pixels; NaN where absent.
    boxes
        Shape (annotations, 4), float32: x, y, width, height, continuous pixels from the outer corner; NaN where absent.
    places
        Shape (annotations, 2), int64: half-open, bytes of the file.
    """

    path: Path
    beside: Record
    image_ids: Numbers
    image_places: Numbers
    ids: Numbers
    annotation_image_ids: Numbers
    category_ids: Numbers
    is_crowd: NDArray[np.bool_]
    areas: NDArray[np.float64]
    boxes: NDArray[np.float32]
    places: Numbers
    _by_image: Numbers
    _sorted_images: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    def of_image(self, image_id: int) -> Numbers:
        """Return the positions of an image's annotations, in the order of the file."""
        first, last = np.searchsorted(self._sorted_images, (image_id, image_id + 1))
        return self._by_image[first:last]

    def record(self, position: int) -> Record:
        """Return one annotation with its geometry, read from the file."""
        start, end = self.places[position].tolist()
        with self.path.open("rb") as file:
            return read_element(file, start, end, self.path)


def load(path: Path, limits: Limits | None = None) -> CocoTable:
    """Return the annotations of an instances file as columns with an index by image.

    Raises
    ------
    DocumentError
        If the file is no COCO, or an id is no whole number of 64 bits.
    """
    limits = limits or Limits()
    decode = _decoder(path, limits)
    columns: list[list[NDArray[Any]]] = [[] for _ in range(6)]
    places: list[Numbers] = []
    image_ids: list[Numbers] = []
    image_places: list[Numbers] = []
    beside: Record = {}
    with path.open("rb") as file:
        for part in scan(file, path, limits):
            if not isinstance(part, Span):
                beside = part
                continue
            rows = decode(part)
            where = np.stack((part.starts, part.ends), axis=1)
            try:
                if part.section == IMAGES:
                    image_ids.append(np.array([row.id for row in rows], dtype=np.int64))
                    image_places.append(where)
                    continue
                for column, name, dtype in zip(columns, _FIELDS, _DTYPES, strict=True):
                    values = map(attrgetter(name), rows)
                    column.append(np.fromiter(chain.from_iterable(values) if name == "bbox" else values, dtype))
            except OverflowError as error:
                raise _invalid("the ids of a table have 64 bits", path, f"byte {int(part.starts[0])} on") from error
            places.append(where)
    empty = np.empty(0, dtype=np.int64)
    joined: list[NDArray[Any]] = [np.concatenate(column) if column else empty for column in columns]
    by_image = np.argsort(joined[1], kind="stable")
    return CocoTable(
        path,
        beside,
        np.concatenate(image_ids) if image_ids else empty,
        np.concatenate(image_places) if image_places else empty.reshape(0, 2),
        joined[0],
        joined[1],
        joined[2],
        joined[3].astype(np.bool_),
        joined[4],
        joined[5].reshape(-1, 4),
        np.concatenate(places) if places else empty.reshape(0, 2),
        by_image,
        joined[1][by_image],
    )


def _decoder(path: Path, limits: Limits) -> Callable[[Span], Sequence[Any]]:
    """Return what turns a span into rows of `_FIELDS`; the others are skipped without being built."""

    def understand(span: Span) -> Sequence[Any]:
        return [_row(record, path) for record in elements_of(span, limits, path)]

    if find_spec("msgspec") is None:
        return understand
    import msgspec

    box = tuple[float, float, float, float]
    fields: list[Any] = [("id", int), ("image_id", int, 0), ("category_id", int, 0), ("iscrowd", int, 0)]
    row = msgspec.defstruct("Row", [*fields, ("area", float, _ABSENT), ("bbox", box, (_ABSENT,) * 4)], gc=False)
    decoder = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # a class made above

    def decode(span: Span) -> Sequence[Any]:
        try:
            found: list[Any] = decoder.decode(span.text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # a null or 1.0, or what is refused
            return understand(span)
        return found

    return decode


def _row(record: Record, path: Path) -> SimpleNamespace:
    """Return the fields of a record as msgspec would."""
    place = f"id {record.get('id')}"
    numbers = [record.get(name) or 0 for name in _FIELDS[:4]]
    if record.get("id") is None or not all(isinstance(number, int) for number in numbers):
        raise _invalid("the ids of a table are whole numbers", path, place)
    area, box = record.get("area"), record.get("bbox") or None
    if not (area is None or is_numbers([area], 1)) or not (box is None or is_numbers(box, 4)):
        raise _invalid("an area is a number, a box four", path, place)
    values = (*numbers, _ABSENT if area is None else area, [_ABSENT] * 4 if box is None else box)
    return SimpleNamespace(**dict(zip(_FIELDS, values, strict=True)))


def _invalid(problem: str, path: Path, place: str | None) -> DocumentError:
    finding = Finding("coco.invalid", Level.ERROR, "", problem)
    return DocumentError(problem, findings=[finding], source=path, where=place)


def validate(path: Path, limits: Limits | None = None) -> Iterator[Finding]:
    """Yield what a COCO file breaks, in its order, holding ids and sizes but no record for long.

    Errors that end the reading, such as no strict JSON, are raised.
    """
    limits = limits or Limits()
    sizes: dict[Any, tuple[int, int]] = {}
    seen: set[Any] = set()
    names = SeenNames()
    effort = Effort.of(path.stat().st_size)
    labels = Labels.of()
    categories = Categories([], labels)
    for part in _parts(path, limits):
        if not isinstance(part, Span):
            categories = Categories(part.get("categories") or [], labels)
        elif part.section == IMAGES:
            for record in elements_of(part, limits, path):
                yield from _image_findings(record, sizes, names)
    for part in _parts(path, limits):
        if isinstance(part, Span) and part.section != IMAGES:
            for record in elements_of(part, limits, path):
                yield from _annotation_findings(
                    record, sizes, seen, categories, effort, is_result=part.section == RESULTS
                )


def _parts(path: Path, limits: Limits) -> Iterator[Span | Record]:
    with path.open("rb") as file:
        yield from scan(file, path, limits)


def _image_findings(record: Record, sizes: dict[Any, tuple[int, int]], names: SeenNames) -> Iterator[Finding]:
    """Yield what an image breaks, and note its size and its name."""
    number = id_of(record)
    place = f"/{IMAGES}/{number}"
    if number is None or number in sizes:
        yield _twice_or_none(number, place)
    try:
        sizes[number] = size_from_record(record, source="", where=place)
    except AnnoconvError as error:
        sizes[number] = 0, 0
        yield Finding("coco.size", Level.ERROR, place, error.problem)
    name = record.get("file_name")
    if isinstance(name, str) and name and not names.add(name):
        yield Finding(PICTURE_TWICE, Level.WARNING, place, picture_twice(name))


def _annotation_findings(
    record: Record,
    sizes: dict[Any, tuple[int, int]],
    seen: set[Any],
    categories: Categories,
    effort: Effort,
    *,
    is_result: bool,
) -> Iterator[Finding]:
    """Yield what an annotation breaks, and note its id."""
    number, owner = len(seen) + 1 if is_result else id_of(record), id_of(record, "image_id")
    place = f"/{ANNOTATIONS}/{number}"
    if "segments_info" not in record and (number is None or number in seen):
        yield _twice_or_none(number, place)
    seen.add(number)
    if owner is None or not (is_result or owner in sizes):
        yield Finding("coco.dangling", Level.ERROR, f"{place}/image_id", "the annotation belongs to no image")
        return
    try:
        if is_result:
            drawn = picture_of_result(record, owner)
            sizes[owner] = size_from_record(drawn, source="", where=place) if "width" in drawn else (0, 0)
        yield from shape_findings(Shape(record), sizes[owner], categories, place, 0, effort, is_result=is_result)
    except AnnoconvError as error:
        yield Finding("coco.geometry", Level.ERROR, place, error.problem)


def _twice_or_none(number: Any, place: str) -> Finding:
    if number is None:
        return Finding("coco.no_id", Level.ERROR, f"{place}/id", NO_ID)
    return Finding("coco.duplicate", Level.ERROR, f"{place}/id", "the id stands twice; number the records apart")
