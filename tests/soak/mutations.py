"""Damage: what happens to files on the way, and what somebody does to them on purpose. One seed, one damaged file."""

from __future__ import annotations

import gzip
import json
import random
import re
import struct
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

NUMBERS = ("-1", "0", "1", "1e9", "-1e308", "1e999", "NaN", "Infinity", "2147483648", "18446744073709551616", "0.5")
WORDS = ('""', "null", "true", "[]", "{}", "[[[[]]]]", '"../../x"', '"\\u0000"', '"é中𝄞"', "1", '"' + "A" * 5000 + '"')
VALUES = (*(None, True, 0, -1, 1, 0.5, -1e308, 1 << 63), *("", " ", "x", "\ud800", "\0"), *([], {}, [[]], [None], [{}]))
_TOKEN = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(rb'"[^"\n]{0,80}"|[A-Za-z_]\w*')
_WIDE = (b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", struct.pack("<f", float("nan")))
_WIDER = (b"\xff" * 8, b"\x00" * 8, struct.pack("<d", float("inf")), struct.pack("<q", 1 << 40))


def damaged(data: bytes, seed: int) -> bytes:
    """Return a file with one to three faults; a gzip file is damaged within, since its checksum stops the rest."""
    chance = random.Random(seed)
    if data[:2] == b"\x1f\x8b" and chance.random() < 0.9:
        return gzip.compress(damaged(gzip.decompress(data), seed), 1, mtime=0)
    is_text = b"\x00" not in data[:4096]
    if is_text and chance.random() < 0.5:  # what is still JSON or XML gets further
        for _ in range(chance.randint(1, 3)):
            data = _exchange_in_tree(data, chance)
        return data
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(_TEXT if is_text and chance.random() < 0.8 else _BINARY)(data, chance)
    return data


def _at(data: bytes, chance: random.Random) -> int:
    """Return a place in a file; headers are hit more often than what follows them."""
    return chance.randrange(max(1, min(len(data), chance.choice((400, 4000, len(data))))))


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + bytes(each ^ (1 << chance.randrange(8)) for each in data[at : at + 1]) + data[at + 1 :]


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    at, new = _at(data, chance), chance.choice((*_WIDE, *_WIDER, b"\x00", b"\xff", b"\x7f"))
    return data[:at] + new + data[at + len(new) :]


def _delete(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 8, 100)) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at : at + chance.choice((1, 8, 100))] * chance.choice((2, 50)) + data[at:]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: _at(data, chance)]


def _exchange(pattern: re.Pattern[bytes], words: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    def exchange(data: bytes, chance: random.Random) -> bytes:
        found = list(pattern.finditer(data))
        if not found:
            return data
        one = chance.choice(found)
        return data[: one.start()] + chance.choice(words).encode() + data[one.end() :]

    return exchange


def _swap(data: bytes, chance: random.Random) -> bytes:
    found = list(_WORD.finditer(data))
    if len(found) < 2:
        return data
    one, two = sorted(chance.sample(found, 2), key=lambda each: each.start())
    return data[: one.start()] + two[0] + data[one.end() : two.start()] + one[0] + data[two.end() :]


def _exchange_in_tree(data: bytes, chance: random.Random) -> bytes:
    """Put something of another kind, or what stands elsewhere, for a part of JSON or XML, or take it out."""
    try:
        if data.lstrip().startswith(b"<"):
            return _exchange_in_xml(ElementTree.fromstring(data), chance)
        return _exchange_in_json(json.loads(data), chance)
    except (ValueError, RecursionError, ElementTree.ParseError):  # no longer a tree
        return _flip(data, chance)


def _exchange_in_json(tree: Any, chance: random.Random) -> bytes:
    holders = [each for each in _holders(tree) if each]
    if not holders:
        return json.dumps(chance.choice(VALUES)).encode()
    (one, key), (other, from_key) = (_place(chance.choice(holders), chance) for _ in range(2))
    if chance.random() < 0.2:
        del one[key]
    else:
        one[key] = chance.choice((*VALUES, *(json.loads(json.dumps(other[from_key])),) * 5))
    return json.dumps(tree).encode()


def _holders(tree: Any) -> list[Any]:
    holders = [tree] if isinstance(tree, dict | list) else []
    for each in holders:  # which grows
        holders += [one for one in (each.values() if isinstance(each, dict) else each) if isinstance(one, dict | list)]
    return holders


def _place(holder: Any, chance: random.Random) -> tuple[Any, Any]:
    return holder, chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))


def _exchange_in_xml(root: ElementTree.Element, chance: random.Random) -> bytes:
    one, other = (chance.choice(list(root.iter())) for _ in range(2))
    texts = ("", " ", "x", "1", "-1", "0.5", "nan", "1e999", "9" * 30, "1,2", ";", "true", str(other.text))
    what = chance.randrange(6)
    if what == 0:
        one.text = chance.choice(texts)
    elif what == 1:
        one.tag = other.tag
    elif what == 2:
        one.append(ElementTree.fromstring(ElementTree.tostring(other)))
    elif what == 3 and len(one):
        one.remove(chance.choice(list(one)))
    elif one.attrib:
        name = chance.choice(list(one.attrib))
        told = one.attrib.pop(name)
        if what == 4:
            one.set(chance.choice(list(other.attrib) or [name]), told)
        elif chance.random() < 0.7:
            one.set(name, chance.choice((*texts, *other.attrib.values())))
    return ElementTree.tostring(root)


_BINARY = (_flip, _flip, _overwrite, _overwrite, _delete, _repeat, _truncate)
_TEXT = (
    _exchange(_TOKEN, NUMBERS),
    _exchange(_WORD, WORDS),
    _exchange(_TOKEN, WORDS),
    _swap,
    _flip,
)
