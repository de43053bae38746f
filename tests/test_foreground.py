"""What is not 0 of a volume, without the volume: the same labels, boxes, tiles and files as of the array."""

from __future__ import annotations

import gzip
import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv.errors import MaskError
from annoconv.files.inflate import PIECE_BYTES, ZEROS, compress
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.pixels import ArrayVolume, NiftiVolume, foreground_of, save_nifti
from annoconv.volumes.foreground import Foreground, find_foreground, joined, runs_of
from annoconv.volumes.label_boxes import find_labels
from annoconv.volumes.nifti import nifti_bytes, read_array, read_header
from annoconv.volumes.voxel_values import as_labels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPES = [(1, 3000, 701), (5, 601, 512), (3, 2, 1), (40, 64, 100), (1, 1, 1)]
DTYPES = ["u1", "<i2", ">i2", "u4", "f4", "f8"]


def labels(shape: tuple[int, int, int], seed: int, most: int = 120) -> NDArray[Any]:
    """Return blocks of labels, some up to the end of rows, with empty rows between."""
    rng = np.random.default_rng(seed)
    found = np.zeros(shape, np.uint16)
    for _ in range(12):
        box = tuple(slice(low := rng.integers(0, size), low + 1 + rng.integers(0, max(size // 3, 1))) for size in shape)
        found[box] = rng.integers(0, most)
    return found


def of_bytes(content: bytes, shape: tuple[int, int, int], dtype: np.dtype[Any], piece: int) -> Foreground | None:
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return find_foreground(pieces, shape, dtype, lambda stored: as_labels(stored, None))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_runs_are_those_of_the_array(shape: tuple[int, int, int], dtype: str) -> None:
    array = labels(shape, math.prod(shape))
    stored = array.astype(dtype)
    content = stored.tobytes()
    for piece in (PIECE_BYTES, 70_001, len(content)):
        found = of_bytes(content, shape, stored.dtype, piece)
        if found is None:  # more runs than the array is worth
            assert math.prod(shape) < 100
            continue
        np.testing.assert_array_equal(found.dense(), array)
        assert found.boxes() == find_labels(array)
        assert found.voxels == np.count_nonzero(array)
        value = int(array.max())
        np.testing.assert_array_equal(found.of(value).dense(), array == value)
        np.testing.assert_array_equal(found.of(None).dense(), array != 0)
        assert b"".join(found.pieces(np.dtype("<u2"))) == array.tobytes()
        again = runs_of(array.reshape(-1), shape[2])
        for ours, theirs in zip((found.starts, found.stops, found.values), again, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_labels_get_other_numbers_and_what_has_none_is_background() -> None:
    array = labels((4, 50, 60), 3, most=9)
    found = foreground_of(ArrayVolume(Grid((60, 50, 4)), array))
    assert found is not None
    numbers = {1: 300, 4: 2, 7: 7}
    expected = np.zeros_like(array)
    for old, new in numbers.items():
        expected[array == old] = new
    np.testing.assert_array_equal(found.renumbered(numbers).dense(), expected)


@pytest.mark.parametrize(("columns", "rows"), [(64, 64), (100, 30), (701, 3000), (1024, 4096)])
def test_tiles_are_cut_at_their_borders(columns: int, rows: int) -> None:
    array = labels((1, 3000, 701), 5)
    found = foreground_of(ArrayVolume(Grid((701, 3000, 1)), array))
    assert found is not None
    numbers, runs = found.cut(columns, rows)
    across = -(-701 // columns)
    whole = np.zeros((-(-3000 // rows) * rows, across * columns), np.uint16)
    whole[:3000, :701] = array[0]
    for number in range(across * (len(whole) // rows)):
        first, last = np.searchsorted(numbers, [number, number + 1])
        row, column = number // across * rows, number % across * columns
        np.testing.assert_array_equal(runs[first:last].dense()[0], whole[row : row + rows, column : column + columns])


def test_runs_that_touch_are_joined_and_shared_voxels_are_not() -> None:
    def run(start: int, stop: int, value: int) -> tuple[Any, Any, Any]:
        return np.array([start]), np.array([stop]), np.array([value], np.uint8)

    found = joined((1, 2, 10), [run(5, 10, 1), run(10, 12, 1), run(2, 5, 1), run(12, 14, 2)])
    assert found is not None
    assert [found.starts.tolist(), found.stops.tolist()] == [[2, 10, 12], [10, 12, 14]]
    assert joined((1, 2, 10), [run(5, 10, 1), run(9, 12, 1)]) is None


def test_what_covers_much_or_is_no_label_has_to_be_read_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 2, (8, 64, 64)).astype(np.uint8)
    fractions = np.zeros((8, 64, 64), np.float32)
    fractions[2, 3:9, 4:30] = 0.5
    for number, array in enumerate((noise, fractions)):
        volume = ArrayVolume(Grid((64, 64, 8)), array)
        assert foreground_of(volume) is None
        save_nifti(tmp_path / f"{number}.nii.gz", array, volume.grid)
        file = NiftiVolume(tmp_path / f"{number}.nii.gz")
        assert foreground_of(file) is None
        np.testing.assert_array_equal(file.read(), array)


def test_a_mask_without_its_array_is_the_same_file(tmp_path: Path) -> None:
    array = labels((6, 600, 512), 11)
    array[2:4] = 0
    grid = Grid((512, 600, 6), np.diag([0.7, 0.7, 2.0, 1.0]))
    found = foreground_of(ArrayVolume(grid, array))
    assert found is not None
    for name in ("a.nii.gz", "a.nii"):
        save_nifti(tmp_path / name, array, grid)
        save_nifti(tmp_path / f"sparse-{name}", found, grid)
        assert (tmp_path / name).read_bytes() == (tmp_path / f"sparse-{name}").read_bytes()
    np.testing.assert_array_equal(read_array(read_header(tmp_path / "a.nii.gz", Limits())), array)


def test_a_damaged_file_is_refused_however_it_is_read(tmp_path: Path) -> None:
    array = np.zeros((20, 400, 400), np.uint8)
    array[3, 4:300, 5:80] = 1
    content = bytearray(nifti_bytes(array, Grid((400, 400, 20))))
    content[-6] ^= 1
    (tmp_path / "m.nii.gz").write_bytes(content)
    for read in (NiftiVolume.foreground, NiftiVolume.read, NiftiVolume.verify):
        with pytest.raises(MaskError, match="damaged"):
            read(NiftiVolume(tmp_path / "m.nii.gz"))


def test_a_file_that_was_changed_after_it_was_read_is_verified_again(tmp_path: Path) -> None:
    array = np.zeros((2, 40, 40), np.uint8)
    array[1, 4:9] = 1
    path = tmp_path / "m.nii.gz"
    save_nifti(path, array, Grid((40, 40, 2)))
    volume = NiftiVolume(path)
    volume.verify()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(MaskError):
        volume.verify()


def test_blocks_of_zeros_that_stand_ready_inflate_to_what_was_written() -> None:
    chance = random.Random(4)
    noise = chance.randbytes(5000)
    for _ in range(12):
        pieces: list[bytes] = []
        for _ in range(chance.randrange(1, 6)):
            kinds = (
                ZEROS,
                bytes(2 * PIECE_BYTES + 5),
                noise * chance.randrange(1, 300),
                ZEROS[: chance.randrange(9000)],
            )
            pieces.append(chance.choice(kinds))
        packed = b"".join(compress(pieces))
        assert gzip.decompress(packed) == b"".join(pieces)
        assert packed == b"".join(compress(pieces))


def test_zeros_take_neither_time_nor_space() -> None:
    packed = b"".join(compress(ZEROS for _ in range(3000)))
    assert len(packed) < 3000 * PIECE_BYTES / 1000
