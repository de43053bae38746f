"""Lines of YOLO: a class and shares of the width and height of the picture, of a box, of corners, or of keypoints.

Continuous pixels, origin at the outer corner of the first pixel. Authority: docs.ultralytics.com/datasets.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._xml import is_in_digits
from annoconv_converters.yolo.border import SLACK
from annoconv_converters.yolo.description import MOST_CLASSES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Kind", "are_shares", "record_of"]

Record: TypeAlias = "dict[str, Any]"
Kind: TypeAlias = Literal["auto", "detect", "segment", "pose", "obb"]

_BOX, _OBB = 4, 8
_LONGEST_LINE: Final = 1 << 22
"""Characters: 100,000 vertices with all their digits."""


def record_of(
    line: str, size: tuple[int, int], kind: str, keypoints: tuple[int, int] | None, path: Path | str, place: int
) -> Record:
    """Return what a line says of one object, in the form of a COCO annotation.

    Parameters
    ----------
    line
        A class, numbers, and behind them a confidence and the number of a track where they stand.
    size
        Rows and columns of the picture.
    kind
        Of the lines.
    keypoints
        How many a line has, and numbers of each: `kpt_shape`.
    path, place
        For messages: the file, and the line counted from 1.

    Raises
    ------
    InputError, LimitError
        If it is none.
    """
    rows, columns = size
    if len(line) > _LONGEST_LINE:
        raise LimitError(
            "the line is too long",
            source=path,
            where=Message("line {number}", number=place),
            found=Message("{count} characters", count=len(line)),
            expected=Message("at most {count} characters", count=_LONGEST_LINE),
            advice=CORRECT_FILE,
        )
    words = line.split()
    try:
        category, *shares = map(float, words if is_in_digits("".join(words)) else ())
        label = int(category) if category.is_integer() else -1
    except ValueError:
        label, shares = -1, []
    if len(shares) == _BOX and not keypoints and 0 <= label < MOST_CLASSES and are_shares(shares):  # most are
        return {"category_id": label, "bbox": _box(shares, size)}
    if not 0 <= label < MOST_CLASSES or not all(abs(share) < 1e4 for share in shares):
        raise InputError(
            "this is no label",
            source=path,
            where=Message("line {number}", number=place),
            found=line[:60],
            expected="a class and numbers from 0 to 1",
            advice=CORRECT_FILE,
        )
    record: Record = {"category_id": label}
    pose = _BOX + keypoints[0] * keypoints[1] if keypoints else _BOX
    if len(shares) in {_BOX + 2, pose + 2} and shares[-1].is_integer() and (kind == "detect" or shares[-1] > 1):
        *shares, track = shares  # a tracker's line
        record["attributes"] = {"track_id": int(track)}
    is_odd = len(shares) % 2 == 1 and len(shares) > _BOX + 1 and len(shares) not in {pose, pose + 1}
    if (len(shares) in {_BOX + 1, pose + 1} or is_odd) and 0 <= shares[-1] <= 1:
        *shares, record["score"] = shares
    elif len(shares) in {_BOX + 1, pose + 1} and len(shares) % 2:
        raise InputError(
            "the confidence is out of range",
            source=path,
            where=Message("line {number}", number=place),
            found=shares[-1],
            expected="a number from 0 to 1",
            advice=CORRECT_FILE,
        )
    if len(shares) in {_BOX, pose}:
        _check_shares([*shares[:_BOX], *_places(shares[_BOX:], keypoints)], path, place)
        record["bbox"] = _box(shares, size)
        if keypoints and len(shares) == pose:
            record["keypoints"] = _pose(shares[_BOX:], size, keypoints[1])
    elif _is_ring(shares, kind, has_keypoints=keypoints is not None):
        _check_shares(shares, path, place)
        ring = [tidy(share * (columns, rows)[each % 2]) for each, share in enumerate(shares)]
        record["segmentation"] = [ring]
    else:
        raise InputError(
            "the line has another count of numbers",
            source=path,
            where=Message("line {number}", number=place),
            found=len(shares),
            expected=Message("4 of a box, or {count} with its keypoints", count=pose)
            if keypoints
            else Message("4 of a box, or 6 and more of a polygon"),
            advice=CORRECT_FILE,
        )
    return record


def _is_ring(shares: list[float], kind: str, *, has_keypoints: bool) -> bool:
    """Tell whether numbers are corners; those of keypoints that are not all there have a visibility of 2 among them."""
    is_even = len(shares) >= 6 and len(shares) % 2 == 0
    is_half = has_keypoints and 2.0 in shares
    return is_even and not is_half and kind != "detect" and (kind != "obb" or len(shares) == _OBB)


def _box(shares: list[float], size: tuple[int, int]) -> list[float]:
    """Return `x, y, width, height` in pixels of shares that tell the centre and the size of a box."""
    rows, columns = size
    x, y, width, height = shares[0] * columns, shares[1] * rows, shares[2] * columns, shares[3] * rows
    return [tidy(x - width / 2), tidy(y - height / 2), tidy(width), tidy(height)]


def are_shares(numbers: list[float]) -> bool:
    """Tell whether numbers are shares of a picture's width and height, or next to that."""
    return -SLACK <= min(numbers) <= max(numbers) <= 1 + SLACK and not isnan(sum(numbers))


def _check_shares(shares: list[float], path: Path | str, place: int) -> None:
    """Refuse coordinates that are no shares of a picture's width and height."""
    if not are_shares(shares):
        beyond = next(share for share in shares if not -SLACK <= share <= 1 + SLACK)
        raise InputError(
            "the line has a number beyond the picture",
            source=path,
            where=Message("line {number}", number=place),
            found=beyond,
            expected="shares of the width and height of the picture, from 0 to 1",
            advice="If the numbers are pixels, divide them by the width and height of the picture",
        )


def _places(shares: list[float], keypoints: tuple[int, int] | None) -> list[float]:
    """Return x and y of each keypoint."""
    return [share for place, share in enumerate(shares) if keypoints and place % keypoints[1] < 2]


def _pose(shares: list[float], size: tuple[int, int], dimensions: int) -> list[float]:
    """Return keypoints as COCO has them: pixel indices and visibility; 0, 0 without one is not labelled."""
    triples: list[float] = []
    for start in range(0, len(shares), dimensions):
        x, y = shares[start] * size[1], shares[start + 1] * size[0]
        seen = int(shares[start + 2]) if dimensions == 3 else 2 * (x != 0 or y != 0)
        triples += [tidy(x - 0.5), tidy(y - 0.5), min(max(seen, 0), 2)] if seen else [0, 0, 0]
    return triples
