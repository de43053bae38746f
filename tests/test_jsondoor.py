"""The strict door: what four common JSON parsers let in is refused, and digits survive."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annoconv import jsondoor
from annoconv.errors import DocumentError, InputError, LimitError
from annoconv.limits import Limits
from annoconv.model import Case
from tests.documents import c5, c5_without_mask_file, common, everything, good

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{} {}",
        b"{} x",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"[1" + b"0" * 400 + b".5]",
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b"[1,]",
        b"{'a': 1}",
        b"[01]",
        b"[.5]",
        b'"a\nb"',
        b"// no\n{}",
        "{}".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_refuses_what_is_not_strict_json(text: bytes, exact: bool) -> None:
    with pytest.raises(DocumentError) as caught:
        jsondoor.loads(text, source="f.json", exact=exact)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.path) == ("schema.invalid", "")
    assert "f.json" in str(caught.value)
    assert finding.text("zh") != finding.text("en")


def test_names_line_and_column() -> None:
    with pytest.raises(DocumentError, match="the key 'a' stands twice at line 2, column"):
        jsondoor.loads(b'{"a": 1,\n "a": 2}')


@pytest.mark.parametrize("depth", [202, 5000, 1_000_000])
def test_refuses_what_is_too_deep(depth: int) -> None:
    with pytest.raises(LimitError, match="too deeply"):
        jsondoor.loads(b"[" * depth + b"]" * depth)


def test_accepts_the_depth_that_is_allowed() -> None:
    assert jsondoor.loads(b"[" * 100 + b"]" * 100)


def test_refuses_what_is_too_large() -> None:
    with pytest.raises(LimitError, match="too large"):
        jsondoor.loads(b"[1, 2, 3]", limits=replace(Limits(), document_bytes=8))


def test_a_million_digits_are_refused_at_once() -> None:
    with pytest.raises(DocumentError):
        jsondoor.loads(b"[" + b"9" * 1_000_000 + b"]")


def test_a_model_keeps_the_digits_of_decimals() -> None:
    values = (
        b'{"size": 5.60, "long": 0.12345678901234567890, "list": [1.0, 1, true, "x"], "huge": 12345678901234567890123}'
    )
    text = json.dumps(good() | {"annotations": [common("A", "attribute", attributes={})]}).encode()
    text = text.replace(b'"attributes": {}', b'"attributes": ' + values)
    case = jsondoor.parse(text, Case)
    held = case.annotations[0].attributes
    assert held is not None
    assert str(held["size"]) == "5.60"
    assert str(held["long"]) == "0.12345678901234567890"
    written = jsondoor.dumps(case)
    for digits in (b'"size":5.60', b"0.12345678901234567890", b'[1.0,1,true,"x"]', b"12345678901234567890123"):
        assert digits in written
    assert jsondoor.dumps(jsondoor.parse(written, Case)) == written


def test_extensions_are_kept_to_the_digit() -> None:
    text = json.dumps(good()).encode()[:-1] + b', "extensions": {"example.org/x": {"v": [1.50, null, 2, {}]}}}'
    assert b'{"example.org/x":{"v":[1.50,null,2,{}]}}' in jsondoor.dumps(jsondoor.parse(text, Case))


def test_a_model_and_its_text_are_the_same_document() -> None:
    for document in (c5(), good(), everything()):
        case = jsondoor.parse(json.dumps(document).encode(), Case)
        assert jsondoor.parse(jsondoor.dumps(case, indent=2), Case) == case
        assert json.loads(jsondoor.dumps(case)) == document


def test_parse_tells_every_place() -> None:
    document = c5_without_mask_file()
    document["image"]["shape"] = [1]
    with pytest.raises(DocumentError, match="in 2 places") as caught:
        jsondoor.parse(json.dumps(document).encode(), Case, source="x.json", where="line 3")
    assert [finding.path for finding in caught.value.findings] == ["/annotations/0", "/image/shape"]
    assert str(caught.value).startswith("x.json: line 3: ")


def test_plain_values() -> None:
    moment = datetime(2025, 3, 12, 10, 25, tzinfo=UTC)
    assert jsondoor.plain([moment, Decimal("5.60"), None, (1,)]) == ["2025-03-12T10:25:00Z", Decimal("5.60"), None, [1]]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity"), "\ud800", object(), {1: 2}]
)
def test_refuses_what_has_no_form(value: object) -> None:
    with pytest.raises(InputError):
        jsondoor.dumps({"x": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_text_and_value_are_inverse(value: object) -> None:
    text = jsondoor.dumps(value)
    assert jsondoor.loads(text) == value
    assert text == jsondoor.dumps(jsondoor.loads(text))
    assert jsondoor.dumps(value, indent=2) == jsondoor.dumps(jsondoor.loads(text), indent=2)


def test_lines_are_numbered_and_blank_ones_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\r\n\n  \n[2]')
    assert list(jsondoor.iter_lines(path)) == [(1, b'{"a": 1}'), (4, b"[2]")]


def test_a_long_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1\n" + b" " * 100)
    with pytest.raises(LimitError, match="line 2"):
        list(jsondoor.iter_lines(path, replace(Limits(), line_bytes=50)))


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError):
            jsondoor.read_bytes(path)
        with pytest.raises(InputError):
            list(jsondoor.iter_lines(path))
