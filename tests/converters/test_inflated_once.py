"""A file of masks is inflated once, however many masks it holds and whatever is made of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv import images, read, read_case, write, write_cases
from annoconv.demo.series import write_series
from annoconv.documents import strict_json
from annoconv.files import inflate
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.cases import document, mask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS = 12
GRID = Grid((40, 30, 20), np.diag([1.0, 1.0, 2.0, 1.0]))


@pytest.fixture
def inflated(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each file is inflated to its end."""
    counted: Counter[str] = Counter()
    whole = inflate.inflated

    def counting(file: Any, path: Path, *arguments: Any, **options: Any) -> Iterator[bytes]:
        yield from whole(file, path, *arguments, **options)
        counted[path.name] += 1

    monkeypatch.setattr(inflate, "inflated", counting)
    return counted


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a case of one label map on a series."""
    write_series(tmp_path / "ct", GRID, np.zeros(GRID.shape_kji, np.int16), name="once")
    labels = np.zeros(GRID.shape_kji, np.uint8)
    for label in range(1, LABELS + 1):
        labels[label : label + 4, label : label + 9, 3 : 3 + 2 * label] = label
    (tmp_path / "case").mkdir()
    save_nifti(tmp_path / "case" / "map.nii.gz", labels, GRID)
    masks = [mask(f"M{n}", "map.nii.gz", f"ORGAN_{n}", mask_value=n) for n in range(1, LABELS + 1)]
    told = document(strict_json.plain(images.open(tmp_path / "ct").describe()), masks)
    (tmp_path / "case" / "case.json").write_bytes(strict_json.dumps(told))
    return tmp_path / "case"


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({"layout": "flat"}, LABELS),
        ({"layout": "flat", "arrange": "label-map"}, 1),
        ({"layout": "flat", "arrange": "4d"}, 1),
        ({"layout": "nnunet"}, 1),
        ({"layout": "msd"}, 1),
        ({"layout": "bids"}, 1),
        ({"layout": "monai"}, 1),
    ],
)
def test_a_label_map_goes_to_every_layout_and_back(
    options: dict[str, Any], files: int, case: Path, tmp_path: Path, inflated: Counter[str]
) -> None:
    write([read_case(case)], tmp_path / "out", format="nifti", images=[case.parent / "ct"], **options)
    assert inflated.pop("map.nii.gz") == 1
    inflated.clear()
    readings = list(read([tmp_path / "out"], format="nifti", images=[case.parent / "ct"]))
    write_cases(readings, tmp_path / "back")
    assert len(readings[0].masks) == LABELS
    assert list(inflated.values()) == [1] * files


def test_files_of_masks_come_in_and_go_out(case: Path, tmp_path: Path, inflated: Counter[str]) -> None:
    loaded = read_case(case)
    (tmp_path / "files").mkdir()
    for identity, each in loaded.masks.items():
        save_nifti(tmp_path / "files" / f"{identity}.nii.gz", each.read(), GRID)
    inflated.clear()
    write_cases(read([tmp_path / "files"], format="nifti"), tmp_path / "in")
    assert sorted(inflated.values()) == [1] * LABELS
    inflated.clear()
    write([read_case(tmp_path / "in")], tmp_path / "out", format="nifti")
    assert sorted(inflated.values()) == [1] * LABELS
    (back,) = read([tmp_path / "out"], format="nifti")
    for identity, each in loaded.masks.items():
        np.testing.assert_array_equal(back.masks[identity].read(), each.read())


def test_masks_in_their_boxes_unite_and_meet_as_arrays_do(tmp_path: Path) -> None:
    """Where two classes meet a value stands for both, whichever mask comes first and from whatever file."""
    write_series(tmp_path / "ct", GRID, np.zeros(GRID.shape_kji, np.int16), name="meet")
    (tmp_path / "case").mkdir()
    drawn = {"A": (slice(2, 9), slice(3, 20), slice(5, 30)), "B": (slice(5, 15), slice(10, 25), slice(0, 12))}
    for name, box in drawn.items():
        array = np.zeros(GRID.shape_kji, np.uint8)
        array[box] = 1
        save_nifti(tmp_path / "case" / f"{name}.nii.gz", array, GRID)
    empty = np.zeros(GRID.shape_kji, np.uint8)
    save_nifti(tmp_path / "case" / "C.nii.gz", empty, GRID)
    masks = [mask(name, f"{name}.nii.gz", f"ORGAN_{name}") for name in (*drawn, "C")]
    told = document(strict_json.plain(images.open(tmp_path / "ct").describe()), masks)
    (tmp_path / "case" / "case.json").write_bytes(strict_json.dumps(told))
    for layout in ("nnunet", "bids"):
        given: dict[str, Any] = {"format": "nifti", "images": [tmp_path / "ct"]}
        write([read_case(tmp_path / "case")], tmp_path / layout, layout=layout, **given)
        (back,) = read([tmp_path / layout], **given)
        for name, box in drawn.items():
            expected = np.zeros(GRID.shape_kji, np.bool_)
            expected[box] = True
            np.testing.assert_array_equal(back.masks[name].read() != 0, expected, err_msg=layout)
