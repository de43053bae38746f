"""The registrations of a case, measured by what is annotated in both images: landmarks, and structures with a mask.

A landmark is a point annotation; two are one by their `tracking_uid`, else by `tracking_id`, else by their label if
each image has one of it. Specification 8.5.1.2 to 8.5.1.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.affines import matrix_text
from annoconv.errors import InputError
from annoconv.geometry import Grid
from annoconv.messages import Message
from annoconv.metrics.registration import offset_of_borders, registration_error
from annoconv.model import AnnotationStatus, CoordinateSpace, MappingDirection, MaskAnnotation, PointAnnotation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.model import Case, MetricValue, Registration

__all__ = ["registered"]

_NOT_RESULTS: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_FIELD: Final = Message("a registration with a displacement field is not measured: only matrices are applied to points")
_NOTHING: Final = Message(
    "no landmark and no structure is annotated in both images of a registration: nothing is measured"
)
_UNPLACED: Final = Message("an image of a registration states no place in space, or is not in the case; it is left out")


def registered(loaded: LoadedCase) -> Iterator[tuple[str, list[MetricValue], list[Message]]]:
    """Yield the id of each registration, what was measured, and what was not.

    Raises
    ------
    InputError
        If the case has no registration.
    """
    case = loaded.case
    if not case.registrations:
        raise InputError(
            "the case has no registration",
            source=loaded.path,
            where="/registrations",
            found=Message("none"),
            expected=Message("a registration with its matrix"),
            advice="Give the registration in the case (8.5.1.2): both images, the matrix, and which way it maps",
        )
    for each in case.registrations:
        grids = [_grid(case, uid) for uid in (each.fixed_image_uid, each.moving_image_uid)]
        if each.field_file is not None or each.matrix is None:
            yield each.id, [], [_FIELD]
        elif grids[0] is None or grids[1] is None:
            yield each.id, [], [_UNPLACED]
        else:
            values = _measured(loaded, each, grids[0], grids[1])
            notes = [_NOTHING] if not values else []
            if names := _untold(case, str(each.fixed_image_uid), str(each.moving_image_uid)):
                notes = [
                    Message(
                        "landmarks that nothing tells apart are left out: {names}; give each a tracking_id, the same "
                        "in both images",
                        names=", ".join(names),
                    )
                ]
            yield each.id, values, notes


def _measured(loaded: LoadedCase, one: Registration, fixed: Grid, moving: Grid) -> list[MetricValue]:
    matrix: NDArray[np.float64] = np.array(one.matrix, dtype=np.float64).reshape(4, 4)
    if np.linalg.matrix_rank(matrix[:3, :3]) < 3 or not np.array_equal(matrix[3], [0, 0, 0, 1]):
        raise InputError(
            "the matrix of a registration maps no space onto another",
            source=loaded.path,
            where=f"/registrations/{(loaded.case.registrations or []).index(one)}/matrix",
            found=matrix_text(matrix),
            expected=Message("a matrix that can be inverted, its last row 0, 0, 0, 1"),
            advice="Give the homogeneous matrix in LPS and mm, row by row: the shift stands in its last column",
        )
    if one.maps is MappingDirection.MOVING_FROM_FIXED:
        matrix = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    uids = str(one.fixed_image_uid), str(one.moving_image_uid)
    sides = [_landmarks(loaded.case, uid, grid) for uid, grid in zip(uids, (fixed, moving), strict=True)]
    common = sorted(sides[0].keys() & sides[1].keys())
    values: list[MetricValue] = []
    if common:
        values += registration_error([sides[0][key] for key in common], [sides[1][key] for key in common], matrix)
    masks = [_structures(loaded, uid) for uid in uids]
    for label in sorted(masks[0].keys() & masks[1].keys()):
        placed = [(each[label][0], each[label][1].affine) for each in masks]
        values += offset_of_borders(placed[0], placed[1], matrix, label=label)
    return values


def _grid(case: Case, uid: str | None) -> Grid | None:
    images = {each.uid: each for each in (case.image, *(case.related_images or ()))}
    image = images.get(uid or "")
    if image is None or image.shape is None:
        return None
    grid = Grid.from_image(image)
    return None if grid.lps_from_ijk is None else grid


def _landmarks(case: Case, uid: str, grid: Grid) -> dict[tuple[str, str], Any]:
    """Return the points of an image in space, LPS, mm, by what says which they are."""
    points = [
        each
        for each in case.annotations
        if isinstance(each, PointAnnotation)
        and (each.image_uid or case.image.uid) == uid
        and each.status not in _NOT_RESULTS
    ]
    labels = [each.label_code for each in points]
    found: dict[tuple[str, str], Any] = {}
    for each in points:
        place = _place(each, grid)
        if each.tracking_uid is not None:
            found["uid", each.tracking_uid] = place
        elif each.tracking_id is not None:
            found["id", each.tracking_id] = place
        elif labels.count(each.label_code) == 1:
            found["label", each.label_code] = place
    return found


def _untold(case: Case, *uids: str) -> list[str]:
    """Return the labels that each image has landmarks of, one of them several, that nothing tells apart."""
    labels = [
        [
            each.label_code
            for each in case.annotations
            if isinstance(each, PointAnnotation)
            and (each.image_uid or case.image.uid) == uid
            and each.status not in _NOT_RESULTS
            and each.tracking_uid is None
            and each.tracking_id is None
        ]
        for uid in uids
    ]
    common = {*labels[0]} & {*labels[1]}
    return sorted(name for name in common if max(each.count(name) for each in labels) > 1)


def _place(point: PointAnnotation, grid: Grid) -> NDArray[np.float64]:
    x, y, *z = (float(each) for each in point.point)
    if point.coordinate_space is CoordinateSpace.PATIENT:
        return np.array([x, y, *z])
    k = z[0] - 0.5 if z else float(point.slice_index or 0)
    return np.asarray((grid.affine @ [x - 0.5, y - 0.5, k, 1.0])[:3])


def _structures(loaded: LoadedCase, uid: str) -> dict[str, tuple[NDArray[np.bool_], Grid]]:
    """Return the masks of an image by label, on their own grids; of several of one label all together."""
    found: dict[str, tuple[NDArray[np.bool_], Grid]] = {}
    case = loaded.case
    for each in case.annotations:
        if not isinstance(each, MaskAnnotation) or each.status in _NOT_RESULTS:
            continue
        mask = loaded.masks[each.id]
        if (each.image_uid or case.image.uid) != uid or mask.grid.lps_from_ijk is None:
            continue
        voxels = np.asarray(mask.read() != 0)
        before = found.get(each.label_code)
        if before is not None and before[0].shape == voxels.shape:
            voxels = voxels | before[0]
        found[each.label_code] = voxels, mask.grid
    return found
