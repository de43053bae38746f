"""Names that were met are told from others, however few of them are held as they are."""

from __future__ import annotations

from unittest.mock import patch

from annoconv_converters._pictures import seen_names
from annoconv_converters._pictures.seen_names import SeenNames, SizesOfNames, ToldNames
from hypothesis import example, given
from hypothesis import strategies as st

NAMES = st.lists(st.sampled_from([f"{n}.png" for n in range(40)] + ["", "\ud800", "肺.png"]), max_size=200)


@given(names=NAMES, fresh=st.integers(1, 9))
@example(names=[f"{n}.png" for n in range(300)] * 2, fresh=3)
def test_names_are_met_once(names: list[str], fresh: int) -> None:
    with patch.object(seen_names, "_FRESH", fresh):
        seen, told = SeenNames(), ToldNames()
        known: dict[str, str] = {}
        for place, name in enumerate(names):
            assert (name in seen) == (name in known)
            assert seen.add(name) == (name not in known)
            assert told.add(f"{name!r}", f"{place}") == ([known[name]] if name in known else None)
            known.setdefault(name, f"{place}")


@given(told=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3), st.integers(1, 1 << 40))))
@example(told=[("a", 640, 480), ("b", 1, 2), ("a", 3, 4), ("b", 1, 2)])
def test_the_first_size_of_a_name_holds(told: list[tuple[str, int, int]]) -> None:
    with patch.object(seen_names, "_FRESH", 2):
        sizes, known = SizesOfNames(), dict[str, tuple[int, int]]()
        for name, *size in told:
            own = (size[0], size[1])
            assert sizes.first(name, own) == known.get(name)
            known.setdefault(name, own)
