"""Masks with voxels where their image has none: refused where they come in, as converters would refuse them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.errors import GeometryError
from tests.converters.test_dicom_seg_tilt import EVEN, labels, mask_file, places, series_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_mask_with_voxels_beyond_its_image_is_refused_where_it_comes_in(tmp_path: Path) -> None:
    """An array whose axes were swapped on saving has the affine of the image, and other counts along i, j, k."""
    positions = places(EVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))

    def saved(name: str, saved_kji: Any) -> Path:
        return mask_file(tmp_path / f"{name}.nii.gz", saved_kji, positions, series)

    turned = np.ascontiguousarray(labels_kji.transpose(0, 2, 1))
    padded = np.concatenate([labels_kji, np.zeros_like(labels_kji[:1])])
    (reading,) = registry.read([saved("padded", padded)], format="nifti", images=[series])
    assert len(reading.masks) == 2
    padded[-1, 0, 0] = 1
    for name, array, advice in [("turned", turned, "axes in another order"), ("beyond", padded, "crop the mask")]:
        outside = int(np.count_nonzero(array)) - int(np.count_nonzero(array[:8, :6, :8]))
        with pytest.raises(GeometryError, match=f"{outside} of its {np.count_nonzero(array)} foreground") as refusal:
            list(registry.read([saved(name, array)], format="nifti", images=[series]))
        assert f"{name}.nii.gz" in str(refusal.value)
        assert advice in (refusal.value.advice or "")
