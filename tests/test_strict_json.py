"""The strict door: what four common JSON parsers let in is refused, and digits survive."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annoconv.documents import strict_json
from annoconv.documents.exact_numbers import may_lose_digits
from annoconv.errors import DocumentError, InputError, LimitError
from annoconv.limits import Limits
from annoconv.model import AttributeAnnotation, Case, ClinicalField
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
        strict_json.loads(text, source="f.json", exact=exact)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.path) == ("schema.invalid", "")
    assert "f.json" in str(caught.value)
    assert finding.text("zh") != finding.text("en")


def test_names_line_and_column() -> None:
    with pytest.raises(DocumentError, match="the key 'a' stands twice at line 2, column"):
        strict_json.loads(b'{"a": 1,\n "a": 2}')


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        (b'{"a":\n [1, -1e400]}', "-1e400 at line 2, column 6", ""),
        (b'["1e999 \\" 1e500", 1e100,\n1.5E+309 ]', "1.5E+309 at line 2, column 1", ""),
        (b'{"1": 1e-400, "2": 2e0999}', "2e0999 at line 1, column 20", ""),
        (b"[" + b"9" * 309 + b".5]", f"{'9' * 40}… at line 1, column 2", ""),
        (b'{"a": NaN}', "NaN at line 1, column 7", "leave out what is not known"),
        (b"[0,\n-Infinity]", "Infinity at line 2, column 2", "leave out what is not known"),
        (b'[{"a": nan}]', "nan at line 1, column 9", "leave out what is not known"),
        (b"\xef\xbb\xbf{}", "byte order mark", "save it as UTF-8 without one"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16", "save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), "UTF-16", "save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-be"), "UTF-16", "save it as UTF-8"),
        ('{"a":\n"右肺"}'.encode("gb18030"), "byte 0xD3 at line 2, column 2", "save it as UTF-8"),
        (b"\x00" * 64, "expected value at line 1, column 1", ""),
        (b"[nano]", "expected ident at line 1, column 3", ""),
    ],
)
def test_a_fault_of_the_text_is_told_with_its_place_and_what_to_do(text: bytes, said: str, advice: str) -> None:
    for exact in (False, True):
        with pytest.raises(DocumentError) as caught:
            strict_json.loads(text, exact=exact)
        (finding,) = caught.value.findings
        assert said in finding.message
        assert advice in finding.message
        assert advice or "save" not in finding.message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"\xef\xbb\xbf{}", "line 1", "expected a JSON document alone; save it as UTF-8 without one"),
        (b"\xef\xbb\xbf{}", "line 7", "expected a JSON document alone; remove the mark there: files"),
        (
            b'{"a": [1, 2',
            "line 7",
            "at line 7, column 11; found the end of the text; expected the rest of the document",
        ),
        (b'{"a": "1', "line 7", "a string at line 7, column 8; found the end of the text; expected the rest"),
        (b'{"a": 1]', "line 7", "at line 7, column 8; found ']'; expected a JSON document; correct it there"),
    ],
)
def test_a_fault_of_a_line_tells_what_is_expected(text: bytes, line: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        strict_json.loads(text, source="cases.jsonl", where=line)
    assert said in str(caught.value)


def test_an_exponent_that_no_decimal_holds_is_named() -> None:
    with pytest.raises(DocumentError, match=r"too large: 1e-99999999999999999999 at line 1, column"):
        strict_json.loads(b'{"a": 1e-99999999999999999999}', exact=True)


@pytest.mark.parametrize("depth", [202, 5000, 1_000_000])
def test_refuses_what_is_too_deep(depth: int) -> None:
    with pytest.raises(LimitError, match="too deeply"):
        strict_json.loads(b"[" * depth + b"]" * depth)


def test_accepts_the_depth_that_is_allowed() -> None:
    assert strict_json.loads(b"[" * 100 + b"]" * 100)


def test_refuses_what_is_too_large() -> None:
    with pytest.raises(LimitError, match="too large"):
        strict_json.loads(b"[1, 2, 3]", limits=replace(Limits(), document_bytes=8))


def test_a_million_digits_are_refused_at_once() -> None:
    with pytest.raises(DocumentError):
        strict_json.loads(b"[" + b"9" * 1_000_000 + b"]")


def test_a_model_keeps_the_digits_of_decimals() -> None:
    values = (
        b'{"size": 5.60, "long": 0.12345678901234567890, "list": [1.0, 1, true, "x"], "huge": 12345678901234567890123}'
    )
    text = json.dumps(good() | {"annotations": [common("A", "attribute", attributes={})]}).encode()
    text = text.replace(b'"attributes": {}', b'"attributes": ' + values)
    case = strict_json.parse(text, Case)
    held = case.annotations[0].attributes
    assert held is not None
    assert str(held["size"]) == "5.60"
    assert str(held["long"]) == "0.12345678901234567890"
    written = strict_json.dumps(case)
    for digits in (b'"size":5.60', b"0.12345678901234567890", b'[1.0,1,true,"x"]', b"12345678901234567890123"):
        assert digits in written
    assert strict_json.dumps(strict_json.parse(written, Case)) == written


def decimals(most_exponent: int = 300) -> st.SearchStrategy[str]:
    """Return texts of JSON numbers: signs, zeros before and behind, many digits, exponents of both cases."""
    fraction = st.text("0123456789", min_size=1, max_size=20).map(lambda digits: f".{digits}") | st.just("")
    exponent = st.builds(
        "{}{}{}".format,
        st.sampled_from("eE"),
        st.sampled_from(["", "+", "-"]),
        st.integers(0, most_exponent).map(str) | st.sampled_from(["00", "01"]),
    )
    whole = st.integers(0, 10**20).map(str) | st.integers(0, 99).map(str)
    return st.builds("{}{}{}{}".format, st.sampled_from(["", "-"]), whole, fraction, exponent | st.just(""))


def number(text: str) -> str:
    """Return sign, digits and exponent of a number in one spelling."""
    return str(Decimal(text))


def assert_same_number(written: str, text: str) -> None:
    assert number(written) == number(text)
    assert "e" in text.lower() or written == text


@given(decimals())
@example("12345678.123456789")
@example("0.0000000")
@example("-0")
@example("-0.0")
@example("1E+2")
@example("1e-0")
@example("123456789012345.6")
@example("99.99999999999999")
@example("0.00000000000000000001")
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    kept = strict_json.loads(f'["-0, -0", {text}]'.encode(), exact=True)
    written = strict_json.dumps(kept).decode()
    assert written.startswith('["-0, -0",')
    assert_same_number(written[len('["-0, -0",') : -2], text)


@given(decimals())
@example("12345678.123456789")
@example("123456789012345.6")
@example("99.99999999999999")
@example("-0")
@example("1e-0")
@example("5.60")
def test_a_typed_number_is_written_as_it_was_read(text: str) -> None:
    document = json.dumps(good() | {"annotations": [common("A", "attribute", attributes={"a": 1, "b": ["x", 2]})]})
    held = f'"attributes": {{"a": {text}, "b": ["x", {text}]}}'
    document = document.replace('"attributes": {"a": 1, "b": ["x", 2]}', held)
    document = document[:-1] + f', "extensions": {{"example.org/x": [{text}]}}}}'
    written = strict_json.dumps(strict_json.parse(document.encode(), Case)).decode()
    found = re.search(r'"attributes":\{"a":([^,]+),"b":\["x",([^]]+)\]\}.*"example.org/x":\[([^]]+)\]', written)
    assert found is not None
    for each in found.groups():
        assert_same_number(each, text)


@given(decimals())
def test_a_typed_decimal_is_written_as_it_was_read(text: str) -> None:
    document = f'{{"key": "k", "value": {text}, "normal_low": {text}}}'.encode()
    written = strict_json.dumps(strict_json.parse(document, ClinicalField)).decode()
    found = re.fullmatch(r'\{"key":"k","value":([^,]+),"normal_low":([^,]+)\}\n', written)
    assert found is not None
    for each in found.groups():
        assert_same_number(each, text)


@given(decimals(20).map(Decimal))
@example(Decimal("5.60"))
@example(Decimal("7"))
@example(Decimal("-0"))
def test_a_decimal_that_python_gives_stays_one(value: Decimal) -> None:
    field = ClinicalField(key="k", value=value, normal_low=value)
    whole = {"id": "A", "label_code": "X", "category": "lesion", "type": "attribute", "attributes": {}}
    annotation = AttributeAnnotation.model_validate(whole | {"attributes": {"a": value, "b": ["x", value]}})
    other = AttributeAnnotation.model_validate(whole)
    other.attributes = {"a": value, "b": ["x", value]}
    held = [*vars(field).values(), *annotation.attributes.values(), *other.attributes.values()]
    assert [each for each in held if isinstance(each, float)] == []
    written = strict_json.loads(strict_json.dumps([field, annotation, other]), exact=True)
    found = [
        written[0]["value"],
        written[0]["normal_low"],
        written[1]["attributes"]["a"],
        written[2]["attributes"]["b"][1],
    ]
    assert {str(each) for each in found} == {str(value)}


def test_a_decimal_that_is_no_number_is_refused() -> None:
    for text in ("NaN", "sNaN", "Infinity", "1e400"):
        with pytest.raises(InputError, match="not finite"):
            strict_json.dumps([Decimal(text)])
    for text in (b"1E-9999999999999999999", b"0E+9999999999999999999"):
        with pytest.raises(DocumentError, match="exponent"):
            strict_json.loads(text, exact=True)


def test_extensions_are_kept_to_the_digit() -> None:
    text = json.dumps(good()).encode()[:-1] + b', "extensions": {"example.org/x": {"v": [1.50, null, 2, {}]}}}'
    assert b'{"example.org/x":{"v":[1.50,null,2,{}]}}' in strict_json.dumps(strict_json.parse(text, Case))


def test_a_model_and_its_text_are_the_same_document() -> None:
    for document in (c5(), good(), everything()):
        case = strict_json.parse(json.dumps(document).encode(), Case)
        assert strict_json.parse(strict_json.dumps(case, indent=2), Case) == case
        assert json.loads(strict_json.dumps(case)) == document


def test_parse_tells_every_place() -> None:
    document = c5_without_mask_file()
    document["image"]["shape"] = [1]
    with pytest.raises(DocumentError, match="in 2 places") as caught:
        strict_json.parse(json.dumps(document).encode(), Case, source="x.json", where="line 3")
    assert [finding.path for finding in caught.value.findings] == ["/annotations/0", "/image/shape"]
    assert str(caught.value).startswith("x.json: line 3: ")


def test_plain_values() -> None:
    moment = datetime(2025, 3, 12, 10, 25, tzinfo=UTC)
    assert strict_json.plain([moment, Decimal("5.60"), None, (1,)]) == [
        "2025-03-12T10:25:00Z",
        Decimal("5.60"),
        None,
        [1],
    ]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity"), "\ud800", object(), {1: 2}]
)
def test_refuses_what_has_no_form(value: object) -> None:
    with pytest.raises(InputError):
        strict_json.dumps({"x": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_text_and_value_are_inverse(value: object) -> None:
    text = strict_json.dumps(value)
    assert strict_json.loads(text) == value
    assert text == strict_json.dumps(strict_json.loads(text))
    assert strict_json.dumps(value, indent=2) == strict_json.dumps(strict_json.loads(text), indent=2)


def test_lines_are_numbered_and_blank_ones_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\r\n\n  \n[2]')
    assert list(strict_json.iter_lines(path)) == [(1, b'{"a": 1}'), (4, b"[2]")]


def test_a_long_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1\n" + b" " * 100)
    with pytest.raises(LimitError, match="line 2"):
        list(strict_json.iter_lines(path, replace(Limits(), line_bytes=50)))


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError):
            strict_json.read_bytes(path)
        with pytest.raises(InputError):
            list(strict_json.iter_lines(path))


@pytest.mark.parametrize("values", [[1.0, float("nan")], [float("nan"), 1.0], [1.0, float("inf")], [-float("inf"), 2]])
def test_a_list_of_numbers_that_are_not_finite_is_refused_wherever_they_stand(values: list[float]) -> None:
    with pytest.raises(InputError, match="not finite"):
        strict_json.dumps({"x": values})


_SPACES = st.sampled_from(["", " ", "\n  ", " " * 398, " " * 399, " " * 400, " " * 600])
_NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?", fullmatch=True)
_TEXTS = st.text(st.sampled_from('a"\\\\:,[{. 0157e-é😀'), max_size=24).map(json.dumps)


@st.composite
def _texts_of_json(draw: st.DrawFn) -> str:
    """Return a JSON text with numbers and blanks wherever they may stand."""

    def between(parts: list[str]) -> str:
        return ",".join(f"{draw(_SPACES)}{each}{draw(_SPACES)}" for each in parts)

    def members(values: list[str]) -> str:
        return between([f"{draw(_TEXTS)}{draw(_SPACES)}:{draw(_SPACES)}{each}" for each in values])

    inner = [f"[{between(draw(st.lists(_NUMBERS | _TEXTS, max_size=3)))}]"]
    return f"{{{members([*draw(st.lists(_NUMBERS | _TEXTS, max_size=3)), *inner])}}}"


@given(_texts_of_json())
@example(f'{{"a"{" " * 400}:0.10}}')
def test_no_number_whose_digits_a_double_would_lose_is_overlooked(text: str) -> None:
    """Wherever in the text it stands, and whatever stands before it; by a plain parse with decimals."""
    written: list[str] = []
    json.loads(text, parse_float=written.append, parse_int=written.append)
    assert may_lose_digits(text.encode()) or not any(map(_loses_digits, written))


def _loses_digits(number: str) -> bool:
    """Tell whether a number is another one, or of other digits, once it was a double; integers are none in Python."""
    is_double = re.search("[.eE]", number) is not None
    return number == "-0" or (is_double and str(Decimal(number)) != str(Decimal(repr(float(number)))))


def test_whole_numbers_beyond_a_double_are_written_digit_by_digit() -> None:
    assert strict_json.dumps([1, 1 << 70, -(1 << 70), 10**400]) == (f"[1,{1 << 70},{-(1 << 70)},{10**400}]\n").encode()
