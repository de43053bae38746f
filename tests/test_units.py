"""Units of UCUM: what its specification and DICOM write is one, what people write beside it is none."""

from __future__ import annotations

import pytest

from annoconv.units import is_unit


@pytest.mark.parametrize(
    "text",
    [
        *("1", "mm", "mm2", "cm3", "ml", "mL", "%", "deg", "g", "ng/mL", "U/L", "10*9/L", "10*-6", "/min", "s-1"),
        *("kg.m/s2", "kg.m/(s2.A)", "(m.s)/(kg)", "((m))", "Bq/ml", "Cel", "mm[Hg]", "[lb_av]", "k[iU]/L", "[hnsf'U]"),
        *("{pixels}", "{SUVbw}g/ml", "mg{creat}/d", "cal_[15]", "1/d", "B[SPL]", "2.mm", "daN", "KiBy"),
    ],
)
def test_units(text: str) -> None:
    assert is_unit(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "MM", "mm²", "millimetres", "bananas", "HU", "µm", "mm/", "mm.", ".mm", "m m", "mm--1", "mm0"),
        *("mm(", "(mm", ")mm(", "()", "mm()", "2(mm)", "{", "{a}{", "[", "[]", "kmin", "m%", "mm/{ }", "mm\n"),
    ],
)
def test_no_units(text: str) -> None:
    assert not is_unit(text)
