"""Registrations: two images, and a matrix of their kind (A 7.2 h, A 8.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import RegistrationKind
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOLERANCE: Final = 1e-3
"""Of dot products of columns, as shares of their lengths: matrices are written with few digits."""


@rule("A-8.5.1b.end_twice")
def end_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each registration of an image with itself."""
    for position, each in enumerate(subject.case.registrations or ()):
        if each.fixed_image_uid is not None and each.fixed_image_uid == each.moving_image_uid:
            yield Breach(("registrations", position, "moving_image_uid"), {"id": each.id, "uid": each.fixed_image_uid})


@rule("A-8.5.1b.matrix_of_kind")
def matrix_of_kind(subject: Subject) -> Iterator[Breach]:
    """Yield each matrix that is no transform in space, or not of its registration's kind."""
    for position, each in enumerate(subject.case.registrations or ()):
        for key, matrix in {"matrix": each.matrix, "post_matrix": each.post_matrix}.items():
            if matrix is not None and not _is_of_kind(matrix, each.kind):
                yield Breach(("registrations", position, key), {"kind": each.kind.value})


def _is_of_kind(matrix: Sequence[Sequence[float]], kind: RegistrationKind) -> bool:
    """Tell whether a homogeneous matrix is one of a kind: rigid ones turn, scaled ones have columns at right angles."""
    if list(matrix[3]) != [0, 0, 0, 1]:
        return False
    first, second, third = ([matrix[row][column] for row in range(3)] for column in range(3))
    determinant = _dot(first, _cross(second, third))
    if kind not in {RegistrationKind.RIGID, RegistrationKind.RIGID_SCALE}:
        return determinant != 0
    squares = [_dot(each, each) for each in (first, second, third)]
    largest = max(squares)
    is_upright = all(
        abs(_dot(a, b)) <= _TOLERANCE * largest for a, b in ((first, second), (first, third), (second, third))
    )
    is_unscaled = kind is not RegistrationKind.RIGID or all(abs(each - 1) <= _TOLERANCE for each in squares)
    return determinant > 0 and is_upright and is_unscaled


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _cross(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
