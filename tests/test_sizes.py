"""Sizes are told by the brackets and commas of a text, as a walk through its value tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annoconv.documents import sizes
from annoconv.errors import LimitError
from annoconv.limits import Limits

SCALARS = st.one_of(st.none(), st.integers(), st.sampled_from(['a,b[{"\\', "\\\\", '"]', "x", "}", ""]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(list('a,"[{\\')), inner, max_size=5),
    max_leaves=40,
)


def walked(document: Any, keys: int, members: int) -> bool:
    """Tell whether an object anywhere, or a list in a member of a list of the document, is too large."""
    level, depth = [document], 0
    while level:
        for node in level:
            if len(node) > (keys if isinstance(node, dict) else members) and (isinstance(node, dict) or depth >= 3):
                return True
        inner = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
        level, depth = [each for each in inner if isinstance(each, dict | list)], depth + 1
    return False


@settings(max_examples=300, deadline=None)
@given(
    document=st.lists(VALUES, max_size=3),
    keys=st.integers(1, 4),
    members=st.integers(1, 4),
    indent=st.none() | st.just(1),
    chunk=st.sampled_from([3, 7, 1 << 20]),
)
def test_what_is_too_large_is_told_by_its_text(
    document: Any, keys: int, members: int, indent: int | None, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "_CHUNK", chunk)
        text = json.dumps(document, indent=indent).encode()
        limits = Limits(keys=keys, members=members)
        if walked(document, keys, members):
            with pytest.raises(LimitError) as caught:
                sizes.check_sizes(text, limits, source=None, where=None)
            assert isinstance(caught.value.found, int)
            assert caught.value.found > (keys if caught.value.limit == "keys" else members)
        else:
            sizes.check_sizes(text, limits, source=None, where=None)


@pytest.mark.parametrize("text", [b"", b"]]]", b"[" * 1000, b'"', b'["', b'{"a', b"[[[[,,,,", b'"\\'])
def test_what_is_no_json_has_no_size(text: bytes) -> None:
    sizes.check_sizes(text, Limits(keys=1, members=1), source=None, where=None)
