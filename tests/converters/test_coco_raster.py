"""Run lengths and polygons, judged by pycocotools: the same bytes, the same pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from annoconv_converters._raster.outlines import polygons_of, rings_of
from annoconv_converters._raster.polygons import Rings, rasterise, rings_of_lists, union, with_keyholes
from annoconv_converters._raster.run_lengths import (
    area_of,
    box_of,
    compress,
    compress_one,
    counts_of,
    counts_of_labels,
    decode,
    expand,
    fitting,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as oracle

from annoconv.errors import InputError, LimitError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools under numpy 2

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))
tenths = st.integers(-300, 600).map(lambda number: number / 10)
floats = st.floats(-40, 80, allow_nan=False, width=32)
rings = st.lists(st.tuples(tenths | floats, tenths | floats), min_size=3, max_size=9)


def encoded(mask_ji: Any) -> Any:
    return oracle.encode(np.asfortranarray(mask_ji.astype(np.uint8)))


def drawn(polygons: list[list[int]], size: tuple[int, int]) -> Any:
    return oracle.decode(oracle.merge(oracle.frPyObjects(polygons, *size)))


@given(masks)
@settings(max_examples=1000, deadline=None)
def test_run_lengths_are_those_of_pycocotools(mask_ji: Any) -> None:
    counts, expected = counts_of(mask_ji), encoded(mask_ji)
    assert compress_one(counts) == expected["counts"]
    read = fitting(expand(expected["counts"]), mask_ji.shape)
    np.testing.assert_array_equal(decode(read, mask_ji.shape), mask_ji)
    assert area_of(counts) == oracle.area(expected)
    x, y, x_max, y_max = box_of(counts, mask_ji.shape[0])
    assert [x, y, x_max - x, y_max - y] == oracle.toBbox(expected).tolist()


def test_ten_thousand_random_masks() -> None:
    rng = np.random.default_rng(20260102)
    many = [rng.random(rng.integers(1, 48, 2)) < rng.random() for _ in range(10_000)]
    assert compress([counts_of(each) for each in many]) == [encoded(each)["counts"] for each in many]


def test_every_label_of_a_volume_on_every_slice() -> None:
    rng = np.random.default_rng(1)
    labels_kji = (rng.integers(0, 5, (7, 33, 29)) * (rng.random((7, 33, 29)) < 0.6)).astype(np.uint16) * 61
    labels_kji[3] = 0
    runs = list(counts_of_labels(labels_kji))
    texts = compress([run.counts for run in runs])
    expected = {
        (k, int(value)): encoded(labels_kji[k] == value)["counts"]
        for k in range(7)
        for value in np.unique(labels_kji[k])
        if value
    }
    assert {(run.slice_index, run.label): text for run, text in zip(runs, texts, strict=True)} == expected


def test_every_mask_of_a_volume_of_512_512_320_with_20_labels() -> None:
    """Balls with rough borders and cavities: the same bytes as pycocotools, polygons that it decodes to the masks."""
    rng = np.random.default_rng(11)
    labels_kji = np.zeros((320, 512, 512), np.uint8)
    for value in range(1, 21):
        low = [int(rng.integers(0, size - 80)) for size in labels_kji.shape]
        box = tuple(slice(start, start + 80) for start in low)
        radius = np.sqrt(sum((axis - 39.5) ** 2 for axis in np.ogrid[:80, :80, :80]))
        radius += rng.random(radius.shape) * 3
        labels_kji[box][(radius < 36) & (radius > value % 4)] = value
    runs = list(counts_of_labels(labels_kji))
    texts, polygons = compress([run.counts for run in runs]), polygons_of([run.counts for run in runs], 512)
    found = {(run.slice_index, run.label) for run in runs}
    assert found == {(k, int(value)) for k in range(320) for value in np.unique(labels_kji[k]) if value}
    for run, text, polygon in zip(runs, texts, polygons, strict=True):
        mask_ji = labels_kji[run.slice_index] == run.label
        assert encoded(mask_ji)["counts"] == text
        np.testing.assert_array_equal(drawn(polygon, (512, 512)), mask_ji)


@given(rings, st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=1500, deadline=None)
def test_polygons_are_drawn_to_the_pixel(corners: list[tuple[float, float]], rows: int, columns: int) -> None:
    flat = [float(number) for corner in corners for number in corner]
    expected = oracle.frPyObjects([flat], rows, columns)[0]
    assert compress_one(rasterise(rings_of_lists([flat]), (rows, columns))) == expected["counts"]


@given(st.lists(rings, min_size=1, max_size=5), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=500, deadline=None)
def test_polygons_of_one_mask_are_merged(many: list[list[tuple[float, float]]], rows: int, columns: int) -> None:
    flats = [[float(number) for corner in corners for number in corner] for corners in many]
    expected = oracle.merge(oracle.frPyObjects(flats, rows, columns))
    assert compress_one(rasterise(rings_of_lists(flats), (rows, columns))) == expected["counts"]


@given(st.lists(hnp.arrays(np.bool_, (9, 11)), min_size=1, max_size=4))
@settings(deadline=None)
def test_union_is_the_merge(many: list[Any]) -> None:
    joined = union([counts_of(each) for each in many], 99)
    assert compress_one(joined) == oracle.merge([encoded(each) for each in many])["counts"]


def exact_polygons(mask_ji: Any) -> list[list[int]]:
    (polygons,) = polygons_of([counts_of(mask_ji)], mask_ji.shape[0])
    return polygons


@given(masks)
@settings(max_examples=1000, deadline=None)
def test_polygons_decode_to_exactly_the_mask(mask_ji: Any) -> None:
    polygons = exact_polygons(mask_ji)
    assert bool(polygons) == mask_ji.any()
    if polygons:
        np.testing.assert_array_equal(drawn(polygons, mask_ji.shape), mask_ji)
        assert rings_of_lists(polygons).area == mask_ji.sum()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_noise_with_holes_and_diagonal_touches(share: float) -> None:
    mask_ji = np.random.default_rng(7).random((200, 180)) < share
    np.testing.assert_array_equal(drawn(exact_polygons(mask_ji), mask_ji.shape), mask_ji)


@given(st.lists(hnp.arrays(np.bool_, (9, 11)), max_size=6))
@settings(deadline=None)
def test_outlines_of_many_masks_are_those_of_each(many: list[Any]) -> None:
    assert list(polygons_of([counts_of(each) for each in many], 9)) == [exact_polygons(each) for each in many]


def test_runs_of_no_background_are_one_piece() -> None:
    (polygons,) = polygons_of([np.array([6, 2, 0, 3, 1, 0, 12])], 6)
    assert polygons == [[1, 0, 2, 0, 2, 5, 1, 5]]


def test_a_hole_in_a_hole() -> None:
    mask_ji = np.ones((11, 11), bool)
    mask_ji[2:9, 2:9] = False
    mask_ji[4:7, 4:7] = True
    mask_ji[5, 5] = False
    np.testing.assert_array_equal(drawn(exact_polygons(mask_ji), mask_ji.shape), mask_ji)
    assert [len(piece) for piece in rings_of(counts_of(mask_ji), mask_ji.shape[0])] == [2, 2]


@given(masks)
@settings(max_examples=500, deadline=None)
def test_rings_fill_the_mask_by_the_even_odd_rule(mask_ji: Any) -> None:
    filled = np.zeros(mask_ji.shape, bool)
    for piece in rings_of(counts_of(mask_ji), mask_ji.shape[0]):
        arrays = [np.array(ring, np.float64).reshape(-1, 2) for ring in piece]
        one = decode(rasterise(Rings.of([with_keyholes(arrays)]), mask_ji.shape), mask_ji.shape)
        assert not (filled & one).any()
        filled |= one
    np.testing.assert_array_equal(filled, mask_ji)


@pytest.mark.parametrize(
    "text", [b"", b"0" * 7 + b"\x7f", b"\x1f", b"P", b"o" * 9, "é".encode(), b"ooooooo0", b"PPPPPPPP0"]
)
def test_damaged_strings_are_refused(text: bytes) -> None:
    with pytest.raises(InputError):
        fitting(expand(text), (4, 4))


@given(st.binary(max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_mask_or_an_error(text: bytes) -> None:
    try:
        counts = fitting(expand(text), (5, 7))
    except InputError:
        return
    assert decode(counts, (5, 7)).shape == (5, 7)


@pytest.mark.parametrize("counts", [[1, 2], [-1, 36], [35.0], [True] * 35, ["35"], [10**30]])
def test_counts_that_do_not_fit_are_refused(counts: Any) -> None:
    with pytest.raises(InputError):
        fitting(counts, (5, 7))


@pytest.mark.parametrize("flat", [[0, 0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 1, 0, 1, 1e9], [0, 0, 1, 0, 1, float("nan")]])
def test_polygons_that_are_none_are_refused(flat: list[float]) -> None:
    with pytest.raises(InputError):
        rings_of_lists([[0, 0, 1, 0, 1, 1], flat])


def test_what_would_take_too_long_is_refused() -> None:
    zigzag = [float(number) for place in range(2000) for number in (9e6 * (place % 2), place)]
    with pytest.raises(LimitError, match="too long"):
        rasterise(rings_of_lists([zigzag]), (10, 10))
    with pytest.raises(LimitError, match="too large"):
        decode(np.array([10**10]), (100_000, 100_000))
