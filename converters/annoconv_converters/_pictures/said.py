"""What a record says, as digests: what a writer notes of it, and a reader of an edited file compares.

Tools write hundredths of a pixel, begin a ring at another corner and turn it round, so an outline has two digests: one
of it exactly, one that all these have in common.
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv_converters._pictures.geometry import is_numbers, rounded, tidy
from annoconv_converters._raster.polygons import without_keyholes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv_converters._pictures.records import Shape

__all__ = ["NOWHERE", "digest_of", "digest_of_name", "digests_of_boxes", "said_of", "said_of_rings"]

Record: TypeAlias = "dict[str, Any]"
Corner: TypeAlias = "tuple[float, float]"

_PLACES: Final = ("slice_index", "frame_index")
_FLOATS: Final[set[type]] = {float}
_OF_BOX: Final = frozenset({"id", "category_id", "bbox"})
_AS_THEY_ARE: Final = frozenset({float, str, type(None)})
_ENCODER: Final = json.JSONEncoder(sort_keys=True)
_FINER: Final = re.compile(rb"\.\d\d\d")
"""In the text of a number: more digits than hundredths have."""
NOWHERE: Final = "none"
"""Outline of what belongs to the whole picture."""


def said_of(shape: Shape, name: str) -> list[Any]:
    """Return what a record says as digests: its class, its outline exactly and to a hundredth, and its other members.

    The second digest of the outline is of its rings wherever they begin and whichever way they run.
    """
    record, more = shape.record, shape.more
    segmentation = record.get("segmentation") or None
    if _is_box(shape):
        return [digest_of_name(name), *_said_of_box(*map(float, record["bbox"])), _told(record, more)]
    if _is_ring(shape):
        (flat,) = record["segmentation"]
        (said,) = said_of_rings([[*zip(flat[::2], flat[1::2], strict=True)]])
        return [digest_of_name(name), *said, _told(record, more)]
    outline = [
        segmentation,
        None if segmentation else record.get("bbox"),
        record.get("keypoints"),
        record.get("caption"),
        shape.geometry,
        [more.get(name) for name in _PLACES],
    ]
    drawn = _rings(segmentation) if isinstance(segmentation, list) else _hundredths(segmentation)
    rough: list[Any] = [drawn, *outline[1:]]
    rough[1] = _bounds(outline[1])
    told = _told(record, more)
    if not any(outline[:5]):
        return [digest_of_name(name), NOWHERE, NOWHERE, told]
    rough[1:] = _hundredths(rough[1:])
    return [digest_of_name(name), digest_of(outline), digest_of(rough), told]


def _told(record: Record, more: Record) -> dict[str, str]:
    """Return what a record says beside its class and its outline, by name."""
    attributes = record.get("attributes")
    if not attributes and not more and "score" not in record:
        return {}
    rest: Record = {"confidence": record["score"]} if "score" in record else {}
    rest |= {f"attributes/{key}": value for key, value in attributes.items()} if isinstance(attributes, dict) else {}
    rest |= {key: value for key, value in more.items() if key not in _PLACES}
    return {key: digest_of(value) for key, value in rest.items()}


def _is_box(shape: Shape) -> bool:
    """Tell whether the outline of a record is a box of the picture and nothing else, as most are."""
    record = shape.record
    is_plain = record.keys() <= _OF_BOX and not shape.more  # as most are
    return (
        shape.geometry is None
        and (is_plain or (not record.get("segmentation") and _is_nothing_else(shape)))
        and is_numbers(record.get("bbox"), 4)
    )


def _is_nothing_else(shape: Shape) -> bool:
    """Tell whether a record has nothing beside its box or outline that says where it is, or stands in place of it."""
    record = shape.record
    is_whole = record.get("keypoints") is None and record.get("caption") is None
    return is_whole and shape.more.keys().isdisjoint(_PLACES)


def _said_of_box(x: float, y: float, width: float, height: float) -> tuple[str, str]:
    """Return the digests of the outline of a box, as `said_of` takes them of any."""
    rough = [rounded(x, 2), rounded(y, 2), rounded(rounded(x + width), 2), rounded(rounded(y + height), 2)]
    exact, near = digests_of_boxes([f"{x}, {y}, {width}, {height}", ", ".join(map(str, rough))])
    return exact, near


def digests_of_boxes(numbers: Iterable[str]) -> list[str]:
    """Return the digests of outlines that are boxes, given the text of the four numbers of each."""
    texts = (f"[null, [{each}], null, null, null, [null, null]]" for each in numbers)
    return [hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts]


def _is_ring(shape: Shape) -> bool:
    """Tell whether the outline of a record is one ring of finite numbers and nothing else, as most of the others are.

    Numbers are floats, whose text in Python is that in JSON.
    """
    record = shape.record
    drawn = record.get("segmentation")
    return (
        isinstance(drawn, list)
        and len(drawn) == 1
        and shape.geometry is None
        and _is_nothing_else(shape)
        and type(drawn[0]) is list
        and len(drawn[0]) % 2 == 0
        and set(map(type, drawn[0])) == _FLOATS
        and is_numbers(drawn[0], len(drawn[0]))
    )


def said_of_rings(rings: Sequence[Sequence[Corner]]) -> list[tuple[str, str]]:
    """Return the digests of outlines that are each one ring of finite floats, as `said_of` takes them of any."""
    text = strict_json.dumps(rings)[3:-4].replace(b",", b", ")
    # Else Python may write an exponent where JSON has none, or hundredths are other numbers.
    if b"e" in text or b"-0.0" in text or _FINER.search(text):
        return [_unusual(rings[0])] if len(rings) == 1 else [said_of_rings([ring])[0] for ring in rings]
    return [
        _usual(ring, told.split(b"], [")) if len({*ring}) == len(ring) else _unusual(ring)
        for ring, told in zip(rings, text.split(b"]], [["), strict=True)
    ]


def _usual(ring: Sequence[Corner], corners: list[bytes]) -> tuple[str, str]:
    """Return the digests of a ring of hundredths, none of whose corners stands twice, given the text of each corner."""
    first = ring.index(min(ring))
    turned = [*corners[first:], *corners[:first]]
    if ring[first - 1] < ring[first + 1 - len(ring)]:
        turned[1:] = turned[:0:-1]
    return _digest_of_rings(b", ".join(corners)), _digest_of_rings(b"[%b]" % b"], [".join(turned))


def _digest_of_rings(numbers: bytes) -> str:
    """Return the digest of an outline that is one ring, given the text of its numbers."""
    return hashlib.sha256(b"[[[%b]], null, null, null, null, [null, null]]" % numbers).hexdigest()[:12]


def _unusual(ring: Sequence[Corner]) -> tuple[str, str]:
    drawn = [[*chain.from_iterable(ring)]]
    exact, rough = f"{drawn}", f"{_rings(drawn)}".replace("(", "[").replace(")", "]")
    first, second = (f"[{each}, null, null, null, null, [null, null]]" for each in (exact, rough))
    return digest_of(first), digest_of(second)


def _rings(rings: list[Any]) -> list[Any]:
    """Return rings to hundredths in an order of their own, holes apart, however each begins and runs."""
    listed = [ring for ring in rings if isinstance(ring, list)]
    numbers = list(chain(*listed))
    if not _FLOATS.issuperset(map(type, numbers)):
        if not all(isinstance(number, int | float | Decimal) for number in numbers):
            return list(map(_hundredths, rings))
        listed = [[*map(float, ring)] for ring in listed]
    whole = [[rounded(number, 2) for number in ring] for ring in listed]
    return sorted(
        _ring(part) for ring in whole for part in _without_keyholes([*zip(ring[::2], ring[1::2], strict=False)])
    )


def _without_keyholes(corners: list[Corner]) -> list[list[Corner]]:
    """Return the rings of an outline; nearly all are one."""
    if len({*corners}) == len(corners):
        return [corners]
    rings = without_keyholes(corners)
    return [[(x, y) for x, y in ring] for ring in rings]


def _ring(corners: list[Corner]) -> list[Corner]:
    """Return the least of all ways to tell a ring, none of its corners twice in a row."""
    kept = corners
    if len({*corners}) < len(corners):
        kept = [after for before, after in pairwise([*corners[-1:], *corners]) if before != after]
    if not kept:
        return corners[:1]
    return _least(kept)


def _least(ring: list[Corner]) -> list[Corner]:
    """Return the least of all ways to tell a ring, of which no corner stands twice in a row."""
    least = min(ring)
    turned = ([*ring[place:], *ring[:place]] for place, corner in enumerate(ring) if corner == least)
    return min(each for one in turned for each in (one, [one[0], *one[:0:-1]]))


def _bounds(box: Any) -> Any:
    """Return the corners of a box: its sides have other hundredths."""
    is_box = isinstance(box, list) and len(box) == 4 and all(isinstance(each, int | float | Decimal) for each in box)
    return [*box[:2], tidy(float(box[0] + box[2])), tidy(float(box[1] + box[3]))] if is_box else box


def _hundredths(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: _hundredths(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_hundredths(member) for member in value]
    return _rounded(value) if isinstance(value, float | Decimal) else value


def _rounded(number: Any) -> float:
    return rounded(number, 2)


def digest_of(value: Any) -> str:
    text = value if isinstance(value, str) else _ENCODER.encode(_floats(value))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@lru_cache(maxsize=4096)
def digest_of_name(name: str) -> str:
    return digest_of(name)


def _floats(value: Any) -> Any:
    """Return a JSON value with its numbers as floats: 10 is 10.0 to a tool in JavaScript."""
    if isinstance(value, list | tuple):
        return value if _AS_THEY_ARE.issuperset(map(type, value)) else [_floats(member) for member in value]
    if isinstance(value, dict):
        return {key: _floats(member) for key, member in value.items()}
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
