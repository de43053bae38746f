"""Frames and volumes in time: how many, in which order, from which to which (A 7.2 e and note)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from annoconv.messages import Message
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import Image


@rule("A-9.3.1a.last_frame")
def last_frame(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation whose last frame is before its first one, or has none."""
    for path, annotation in subject.annotations():
        first, last = annotation.frame_index, annotation.last_frame_index
        if last is not None and (first is None or last < first):
            yield Breach(
                (*path, "last_frame_index"), {"last": last, "first": Message("not given") if first is None else first}
            )


@rule("A-7.2e.frame_range")
def frame_range(subject: Subject) -> Iterator[Breach]:
    """Yield each range of annotated frames that ends before it begins, or beyond the last frame of its image."""
    for path, image in subject.every_image():
        for position, each in enumerate(image.annotated_frames or ()):
            count = _frames(image)
            if each.last < each.first or (count is not None and each.last >= count):
                values = {
                    "first": each.first,
                    "last": each.last,
                    "count": Message("an unknown number") if count is None else count,
                }
                yield Breach((*path, "annotated_frames", position), values)


@rule("A-7.2e.frame_time_count")
def frame_time_count(subject: Subject) -> Iterator[Breach]:
    """Yield each image with more or fewer times than frames, or than volumes in time."""
    for path, image in subject.every_image():
        count, times = _frames(image), image.frame_times_ms
        if times is not None and count is not None and len(times) != count:
            yield Breach((*path, "frame_times_ms"), {"found": len(times), "expected": count})


@rule("A-7.2e.frame_times_not_ascending")
def frame_times_not_ascending(subject: Subject) -> Iterator[Breach]:
    """Yield each time of a frame that is not after that of the frame before."""
    for path, image in subject.every_image():
        for position, (before, after) in enumerate(pairwise(image.frame_times_ms or ()), 1):
            if after <= before:
                values = {"before": f"{before:g}", "after": f"{after:g}"}
                yield Breach((*path, "frame_times_ms", position), values)


def _frames(image: Image) -> int | None:
    """Return the number of volumes in time, else of frames; None where nothing tells it."""
    if image.temporal_positions is not None:
        return image.temporal_positions
    return None if image.shape is None else image.shape[2] if len(image.shape) == 3 else 1
