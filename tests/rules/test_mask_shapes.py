"""Rules on the shapes of masks, through a case with a mask file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv import rules
from annoconv.casefile import open_case
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from annoconv.rules import voxels
from tests.documents import common, good, write
from tests.rules.mask_shapes import MASK_SHAPES, SHAPE, ellipsoid

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.findings import Finding

AFFINE = np.array([[1.0, 0, 0, -10], [0, 1.5, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]])


def found(folder: Path, mask: Any, values: tuple[int, ...] = (), affine: Any = AFFINE) -> list[Finding]:
    document = good()
    document["image"].update(
        shape=list(SHAPE[::-1]), spacing=[1.0, 1.5, 2.0], origin=[-10.0, 0.0, 0.0], direction=np.eye(3).tolist()
    )
    document["image"].pop("instances", None)
    for n, value in enumerate(values or (None,)):
        more = {} if value is None else {"mask_value": value}
        document["annotations"].append(common("M" * (n + 1), "mask", mask_file="masks/m.nii.gz", **more))
    path = write(folder / "case.json", document)
    save_nifti(folder / "masks" / "m.nii.gz", mask, Grid(mask.shape[::-1], affine), overwrite=True)
    case = open_case(path.read_bytes(), path)
    of_masks = (*MASK_SHAPES, "A-8.4a.mask_grid")
    return [each for each in rules.check(case, profile="delivery") if each.rule in of_masks]


def test_a_mask_as_it_is_drawn_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, ellipsoid()) == []


@pytest.mark.parametrize("rule", sorted(set(MASK_SHAPES) - {"A-9.3.1a.speckled"}))
def test_a_planted_fault_is_the_one_finding(tmp_path: Path, rule: str) -> None:
    change, text = MASK_SHAPES[rule]
    mask = ellipsoid()
    change(mask)
    (finding,) = found(tmp_path, mask)
    assert finding.rule == rule
    assert finding.path.endswith("/mask_file")
    assert text in finding.message
    assert "{" not in finding.text("zh")


def test_a_label_map_is_told_label_by_label(tmp_path: Path) -> None:
    labels = ellipsoid()
    labels[ellipsoid(centre=(11.5, 19.3, 24), radii=(3, 4, 4)) > 0] = 2  # fills what it takes out of the other
    assert found(tmp_path, labels, (1, 2)) == []
    labels[12, 19, 24] = 0
    (finding,) = found(tmp_path, labels, (1, 2))
    assert finding.rule == "A-9.3.1a.cavity"
    assert "the mask MM " in finding.message


def test_scattered_voxels_are_told_and_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voxels, "_MOST_RUNS", 50)
    assert [each.rule for each in found(tmp_path, ellipsoid())] == ["A-9.3.1a.speckled"]


def test_the_displacement_of_a_corner_is_told_in_mm(tmp_path: Path) -> None:
    moved = AFFINE.copy()
    moved[1, 3] = 0.7  # of a pixel of 1.5 mm
    (finding,) = found(tmp_path, ellipsoid(), affine=moved)
    assert finding.rule == "A-8.4a.mask_grid"
    assert "a corner lies 0.7 mm from that of the image" in finding.message
