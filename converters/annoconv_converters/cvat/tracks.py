"""Tracks of CVAT: which frames a task has, and what its objects look like between the key frames that a file lists.

A frame is named by its number in the video. Between two key frames boxes, ellipses, cuboids, single points and the
points of skeletons move in a straight line, and turn the shorter way; a shape stays as it is until the next one hides
it, or to the end. Several points stay where they are. CVAT pairs the vertices of lines and outlines by their place
along them, which is not done here: of equally many, each moves to the one of its number, and a loss says so. Authority:
cvat-ai/cvat, `dataset_manager/annotation.py`, `TrackManager.get_interpolated_shapes`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._xml import attribute_number, number, whole
from annoconv_converters.cvat.coordinates import FACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.model import Image
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "MOST_FRAMES", "Shown", "Video", "frames_of", "is_outside", "range_of", "range_told", "series_of", "shown_on",
    "together", "unlike",
]  # fmt: skip

Place: TypeAlias = "tuple[str | int, ...]"
Video: TypeAlias = "tuple[list[Place], list[Picture]]"
"""The tracks of a video, and its frames."""

MOST_FRAMES: Final = 1_000_000
"""Of a video, and shapes on them."""
_OUTLINES: Final = frozenset({"polygon", "polyline"})
_PLACES: Final = frozenset({"xtl", "ytl", "xbr", "ybr", "cx", "cy", "rx", "ry"}) | frozenset(
    f"{axis}{corner}" for corners in FACES.values() for corner in corners for axis in "xy"
)
"""Attributes that say where a shape is, by one number each."""
_TURN: Final = 360.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A shape of a track on a frame.

    Attributes
    ----------
    element
        As it stands in the file, or as it is between two that do.
    frame
        Its number in the video.
    place
        Steps to it in its file's tree; None for what the file does not list.
    is_key_frame
        Whether it was drawn there.
    """

    element: Element
    frame: int
    place: Place | None
    is_key_frame: bool


def frames_of(task: Element, path: Path) -> range:
    """Return the frames of a task by their numbers in the video."""
    stated = {name: (task.findtext(name) or "").strip() for name in ("start_frame", "stop_frame", "frame_filter")}
    key, _, value = stated["frame_filter"].partition("=")
    step = whole(value.strip(), "frame_filter", path) if key.strip() == "step" else 1
    if stated["frame_filter"] and (key.strip() != "step" or step < 1):
        found = stated["frame_filter"]
        raise InputError(
            "the filter of frames cannot be understood",
            source=path,
            found=found,
            expected="step=5",
            advice=CORRECT_FILE,
        )
    size = (task.findtext("size") or "").strip()
    count = whole(size, "task/size", path) if size else 1
    first = whole(stated["start_frame"], "task/start_frame", path) if stated["start_frame"] else 0
    last = first + (max(count, 1) - 1) * step
    if stated["stop_frame"]:
        last = max(whole(stated["stop_frame"], "task/stop_frame", path), first)
    if not 0 <= first <= last < MOST_FRAMES:
        raise InputError(
            "the frames are none of a video",
            source=path,
            found=[first, last],
            expected=Message("0 to {count}", count=MOST_FRAMES - 1),
            advice=CORRECT_FILE,
        )
    return range(first, last + 1, step)


def series_of(pictures: Sequence[Picture]) -> str:
    """Return the name of the video that frames are of."""
    return str(pictures[0].record["file_name"]).rpartition("_k")[0]


def together(videos: Sequence[Video]) -> list[Sequence[Video]]:
    """Return videos that one side file can tell of: all, if each has a name of its own."""
    names = {series_of(pictures) for _, pictures in videos}
    return [videos] if videos and len(names) == len(videos) else [[each] for each in videos]


def range_of(frames: range) -> list[dict[str, Any]]:
    """Return the frames of a task as an image names those that were annotated; nothing where they are all."""
    if frames.start == 0 and frames.step == 1:
        return []
    step = {"step": frames.step} if frames.step > 1 else {}
    return [{"first": frames.start, "last": frames[-1], **step}]


def range_told(image: Image) -> dict[str, str]:
    """Return the frames that were to be annotated, as a task tells them."""
    if image.annotated_frames is None:
        count = image.shape[2] if image.shape is not None and len(image.shape) == 3 else 1
        return {"start_frame": "0", "stop_frame": str(count - 1)}
    each = image.annotated_frames[0]
    step = {"frame_filter": f"step={each.step}"} if each.step else {}
    return {"start_frame": str(each.first), "stop_frame": str(each.last), **step}


def shown_on(listed: Sequence[tuple[Place, Element]], frames: range, path: Path) -> Iterator[Shown]:
    """Yield what a track shows on the frames of its task.

    Parameters
    ----------
    listed
        Its shapes with their places.
    frames
        Of the task.
    path
        The file.

    Raises
    ------
    InputError
        If a shape is on no frame of the task.
    """
    numbered = [(whole(each.get("frame"), f"{each.tag}/@frame", path), place, each) for place, each in listed]
    numbered.sort(key=lambda each: each[0])
    for frame, place, element in numbered:
        if is_outside(element):
            continue
        if frame not in frames:
            expected = f"{frames.start} ... {frames[-1]}" + (f", step {frames.step}" if frames.step > 1 else "")
            raise InputError(
                "the frame is none of the task's", source=path, found=frame, expected=expected, advice=CORRECT_FILE
            )
        yield Shown(element, frame, place, element.get("keyframe", "1") != "0")
    for (frame, _, one), (following, _, other) in pairwise(numbered):
        if not is_outside(one):
            for between in _within(frames, frame + 1, following):
                moved = _between(one, other, (between - frame) / (following - frame), path)
                if moved is not None:
                    yield Shown(moved, between, None, is_key_frame=False)
    if numbered and not is_outside(numbered[-1][2]):
        for after in _within(frames, numbered[-1][0] + 1, frames[-1] + 1):
            yield Shown(copy.deepcopy(numbered[-1][2]), after, None, is_key_frame=False)


def unlike(listed: Sequence[tuple[Place, Element]], frames: range, path: Path) -> Iterator[tuple[Place, bool]]:
    """Yield the places of outlines after which CVAT shows others than are read, and whether any is read."""
    numbered = [(whole(each.get("frame"), f"{each.tag}/@frame", path), place, each) for place, each in listed]
    for (frame, place, one), (following, _, other) in pairwise(sorted(numbered, key=lambda each: each[0])):
        is_moved = one.tag in _OUTLINES and one.get("points") != other.get("points")
        if is_moved and not is_outside(one) and _within(frames, frame + 1, following):
            yield place, _between(one, other, 0.5, path) is not None


def is_outside(element: Element) -> bool:
    """Tell whether a shape of a track hides it: a skeleton does if all its points do."""
    if element.tag != "skeleton" or element.get("outside") is not None:
        return element.get("outside") == "1"
    points = [each for each in element if each.tag != "attribute"]
    return bool(points) and all(each.get("outside") == "1" for each in points)


def _within(frames: range, first: int, end: int) -> range:
    """Return the frames of a task from a first one on, and before an end."""
    start = frames.start + max(-((frames.start - first) // frames.step), 0) * frames.step
    return range(start, min(end, frames[-1] + 1), frames.step)


def _between(one: Element, other: Element, share: float, path: Path) -> Element | None:
    """Return what is shown a share of the way from one key frame to another; None if that is not known."""
    found = copy.deepcopy(one)
    if one.tag != other.tag:
        return None
    for name in list(one.attrib):
        if name == "points":
            between = _points(one, other, share, path)
            if between is None:
                return None
            found.set(name, between)
        elif name == "rotation":
            start, end = _turn(one, path), _turn(other, path)
            found.set(name, repr(tidy((start + ((end - start + 180) % _TURN - 180) * share) % _TURN)))
        elif name in _PLACES and other.get(name) is not None:
            start, end = attribute_number(one, name, path), attribute_number(other, name, path)
            found.set(name, repr(tidy(start + (end - start) * share)))
    others = {each.get("label"): each for each in other if each.tag != "attribute"}
    for element in found if one.tag == "skeleton" else ():
        moved = others.get(element.get("label"))
        if element.tag != "attribute" and moved is not None:
            element.set("points", str(_points(element, moved, share, path) or element.get("points", "")))
    return found


def _points(one: Element, other: Element, share: float, path: Path) -> str | None:
    start, end = (_numbers(each, path) for each in (one, other))
    if one.tag == "points" and len(start) > 2:
        return one.get("points")
    if len(start) != len(end):
        return one.get("points") if one.tag == "points" else None
    moved = [repr(tidy(a + (b - a) * share)) for a, b in zip(start, end, strict=True)]
    return ";".join(",".join(pair) for pair in zip(moved[::2], moved[1::2], strict=False))


def _numbers(element: Element, path: Path) -> list[float]:
    text = (element.get("points") or "").replace(";", ",")
    return [number(each, element.tag, path) for each in text.split(",")] if text else []


def _turn(element: Element, path: Path) -> float:
    return attribute_number(element, "rotation", path) if element.get("rotation") else 0.0
