"""The annotations of cases as a table of pandas, one a row, in columns of Arrow's types."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.datasets import Given, cases_of
from annoconv.documents import strict_json
from annoconv.errors import UsageError
from annoconv.model import MaskAnnotation

if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase
    from annoconv.model import AnyAnnotation

__all__ = ["to_pandas"]

_AXES: Final = ("x_min", "y_min", "z_min", "x_max", "y_max", "z_max")
_TEXT, _WHOLE, _REAL = "string", "int64", "double"
_COLUMNS: Final = {
    "case_id": _TEXT, "task_id": _TEXT, "patient_id": _TEXT, "split": _TEXT, "image_uid": _TEXT, "modality": _TEXT,
    "annotation_id": _TEXT, "type": _TEXT, "category": _TEXT, "label_code": _TEXT, "status": _TEXT, "assertion": _TEXT,
    "annotator": _TEXT, "confidence": _REAL, "slice_index": _WHOLE, "frame_index": _WHOLE,
    **dict.fromkeys(_AXES, _REAL), "mask_file": _TEXT, "mask_value": _WHOLE, "voxels": _WHOLE, "attributes": _TEXT,
}  # fmt: skip
"""Columns of the table of annotations, and their types in Arrow."""


def to_pandas(cases: Given, *, voxels: bool = False) -> Any:
    """Return the annotations of cases as a `pandas.DataFrame`, one a row, its columns of Arrow's types.

    Parameters
    ----------
    cases
        Cases, or files and folders of cases.
    voxels
        Whether the voxels of masks are counted, for which every mask is read.

    Returns
    -------
    pandas.DataFrame
        What an annotation has not is missing (`pandas.NA`). Boxes stand in continuous pixels or voxels, minima first;
        `attributes` is JSON.

    Raises
    ------
    UsageError
        If pandas or pyarrow is not installed.
    """
    try:
        pd: Any = import_module("pandas")
        pa: Any = import_module("pyarrow")
    except ImportError as error:
        raise UsageError(
            "a table needs pandas and pyarrow",
            found=str(error),
            expected="both installed",
            advice="pip install annoconv[pandas]",
        ) from error
    rows = [_row(loaded, each, voxels) for loaded in cases_of(cases) for each in loaded.case.annotations]
    columns: dict[str, Any] = {}
    for name, kind in _COLUMNS.items():
        values = pa.array([row.get(name) for row in rows], type=pa.type_for_alias(kind))
        columns[name] = pd.Series(pd.arrays.ArrowExtensionArray(values), name=name)
    return pd.DataFrame(columns)


def _row(loaded: LoadedCase, annotation: AnyAnnotation, voxels: bool) -> dict[str, Any]:
    case = loaded.case
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    uid = annotation.image_uid or case.image.uid
    image = images.get(uid)
    row: dict[str, Any] = {
        "case_id": case.case_id,
        "task_id": case.task_id,
        "patient_id": case.patient_id,
        "split": None if case.split is None else str(case.split),
        "image_uid": uid,
        "modality": None if image is None else image.modality.value,
        "annotation_id": annotation.id,
        "type": annotation.type,
        "category": annotation.category.value,
        "label_code": annotation.label_code,
        "status": None if annotation.status is None else annotation.status.value,
        "assertion": None if annotation.assertion is None else annotation.assertion.value,
        "annotator": annotation.annotator or case.metadata.annotator,
        "confidence": None if annotation.confidence is None else float(annotation.confidence),
        "slice_index": annotation.slice_index,
        "frame_index": annotation.frame_index,
    }
    box = getattr(annotation, "bbox", None)
    if box is not None:
        axes = _AXES if len(box) == len(_AXES) else [name for name in _AXES if name[0] != "z"]
        row |= zip(axes, map(float, box), strict=True)
    attributes = getattr(annotation, "attributes", None)
    if attributes:
        row["attributes"] = strict_json.dumps(attributes).decode().strip()
    if isinstance(annotation, MaskAnnotation):
        row |= {"mask_file": annotation.mask_file, "mask_value": annotation.mask_value}
        if voxels and annotation.id in loaded.masks:
            row["voxels"] = int(np.count_nonzero(loaded.masks[annotation.id].read()))
    return row
