"""The twin of the demonstration case with faults: what `annoconv validate --profile delivery` finds is listed here.

Each fault is one that annotation projects make, and breaks exactly one rule. Nothing in it is a patient's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.documents import strict_json
from annoconv.pixels import NiftiVolume, save_nifti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PLANTED", "plant"]

_SPLEEN: Final = 2
_CAVITY: Final = (slice(9, 11), slice(21, 23), slice(24, 27))
"""Voxels (k, j, i) inside the liver."""
_SHIFTED: Final = 12
"""The slice of the spleen that is moved by three voxels."""


def _link(case: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in case["links"] if each["type"] == kind)
    return found


_FAULTS: Final[dict[tuple[str, str], Callable[[dict[str, Any]], object]]] = {
    ("A-9.3.1a.cavity", "/annotations/0/mask_file"): lambda case: None,
    ("A-6.5.1a.slice_jump", "/annotations/1/mask_file"): lambda case: None,
    ("A-3.3.dangling_link", "/annotations/2/cross_modal_links/2"): lambda case: case["annotations"][2][
        "cross_modal_links"
    ].append("LINK_PET"),
    ("A-3.4.unconfirmed", "/annotations/3/algorithm_type"): lambda case: case["annotations"][3].update(
        algorithm_type="automatic"
    ),
    ("A-6.5.1a.geometry_outside", "/annotations/3/bbox"): lambda case: case["annotations"][3].update(
        bbox=[12, 16, 9, 21, 25, 24]
    ),
    ("A-8.5.2a.quote_differs", "/annotations/7/text"): lambda case: case["annotations"][7].update(
        text="Round hypodense nodule in the left lobe of the liver"
    ),
    ("A-8.4b.name_differs", "/labels/0/name_en"): lambda case: case.update(
        labels=[{"code": "LIVER", "category": "organ", "name_en": "Hepar"}]
    ),
    ("A-8.5.3c.interval", "/links/2/time_deviation"): lambda case: _link(case, "image_structured").pop(
        "time_deviation"
    ),
    ("A-8.5.1c.error_above", "/registrations/0/errors/0/value"): lambda case: case["registrations"][0]["errors"][
        0
    ].update(value=7.5),
    ("A-5.5.personal_data", "/texts/1/content"): lambda case: case["texts"][1].update(
        content=f"{case['texts'][1]['content']} Tel. 13800138000."
    ),
    ("A-6.5.2.review_order", "/reviews/1/at"): lambda case: case["reviews"].append(
        {**case["reviews"][0], "id": "REVIEW_2", "at": "2026-01-08T18:00:00+08:00"}
    ),
}
PLANTED: Final = tuple(_FAULTS)
"""Rule and JSON pointer of each fault; those of masks are drawn into the voxels."""


def plant(clean: Path, folder: Path) -> Path:
    """Write the twin of a demonstration case with its masks into a folder of its own; return the path of the case.

    Parameters
    ----------
    clean
        The case of `annoconv.demo.case.make`.
    folder
        Made if absent. The images are those of the clean case.
    """
    case = strict_json.loads(clean.read_bytes())
    for fault in _FAULTS.values():
        fault(case)
    organs = NiftiVolume(clean.parent / "masks" / "organs.nii.gz")
    labels_kji = organs.read().copy()
    labels_kji[_CAVITY] = 0
    plane = labels_kji[_SHIFTED]
    spleen = plane == _SPLEEN
    plane[spleen] = 0
    plane[np.roll(spleen, 3, axis=1)] = _SPLEEN
    save_nifti(folder / "masks" / "organs.nii.gz", labels_kji, organs.grid)
    nodule = NiftiVolume(clean.parent / "masks" / "nodule.nii.gz")
    save_nifti(folder / "masks" / "nodule.nii.gz", nodule.read(), nodule.grid)
    path = folder / "case.json"
    path.write_bytes(strict_json.dumps(case, indent=2))
    return path
