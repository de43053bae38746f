"""Damage: what happens to files on the way, and what somebody does to them on purpose. One seed, one damaged file."""

from __future__ import annotations

import gzip
import random
import re
import struct
from collections.abc import Callable

NUMBERS = ("-1", "0", "1", "1e9", "-1e308", "1e999", "NaN", "Infinity", "2147483648", "18446744073709551616", "0.5")
WORDS = ('""', "null", "true", "[]", "{}", "[[[[]]]]", '"../../x"', '"\\u0000"', '"é中𝄞"', "1", '"' + "A" * 5000 + '"')
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


_BINARY = (_flip, _flip, _overwrite, _overwrite, _delete, _repeat, _truncate)
_TEXT = (_exchange(_TOKEN, NUMBERS), _exchange(_WORD, WORDS), _exchange(_TOKEN, WORDS), _swap, _flip)
