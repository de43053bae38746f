"""The times of the frames of cine loops: ultrasound, angiography, endoscopy (A 7.2 note; PS3.3 C.7.6.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from annoconv.messages import Message
from annoconv_converters.check_images.description import Series, Slice, numbers_of
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "frame_rate_differs",
    "frame_times_invalid",
    "frame_times_missing",
]

_CINE: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}"
    for suffix in ("3.1", "12.1", "12.2", "77.1.1.1", "77.1.2.1", "77.1.4.1", "77.1.5.1")
)
"""Multi-frame ultrasound, angiography, fluoroscopy, and video of endoscopes, microscopes, cameras, ophthalmology."""


def _loops(series: Series) -> Iterator[tuple[Slice, int]]:
    """Yield each cine loop with the number of its frames."""
    for one in series.slices:
        frames = one.number("NumberOfFrames") or 1
        if one.sop_class_uid in _CINE and one.frame is None and math.isfinite(frames) and frames > 1:
            yield one, int(frames)


@check("A-7.2n2.frame_times_missing", "series")
def frame_times_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each cine loop that does not say when its frames were taken."""
    for one, count in _loops(series):
        if not one.text.get("FrameTime") and not one.text.get("FrameTimeVector"):
            yield Fault(one.path, series.steps(), {"name": one.name, "count": count})


@check("A-7.2n2.frame_times_invalid", "series")
def frame_times_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each cine loop whose times are not positive, or not one for each frame."""
    for one, count in _loops(series):
        if one.text.get("FrameTime"):
            time = one.number("FrameTime")
            if time is None or not (math.isfinite(time) and time > 0):
                told = {"keyword": "FrameTime", "tag": "(0018,1063)", "found": one.text["FrameTime"]}
                yield Fault(one.path, series.steps(), {"name": one.name, "expected": Message("positive ms"), **told})
        if one.text.get("FrameTimeVector"):
            yield from _vector(series, one, count)


def _vector(series: Series, one: Slice, count: int) -> Iterator[Fault]:
    times = numbers_of(one.text["FrameTimeVector"])
    bad = next((n for n, time in enumerate(times) if not (math.isfinite(time) and (time > 0 or n == 0))), None)
    told: dict[str, object] = {"keyword": "FrameTimeVector", "tag": "(0018,1065)", "name": one.name}
    if len(times) != count:
        found, expected = (Message("{count} times", count=number) for number in (len(times), count))
        yield Fault(one.path, series.steps(), told | {"found": found, "expected": expected})
    elif bad is not None:
        found = Message("{time:g} ms before frame {frame}", time=times[bad], frame=bad)
        steps = (*series.steps(), "frames", bad)
        yield Fault(one.path, steps, told | {"found": found, "expected": Message("positive ms")})


@check("A-7.2n2.frame_rate_differs", "series")
def frame_rate_differs(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each cine loop that is said to be shown at another rate than its frames were taken."""
    for one, _ in _loops(series):
        rate, time = one.number("CineRate"), one.number("FrameTime")
        if not rate or not time or not math.isfinite(rate) or not math.isfinite(time) or min(rate, time) <= 0:
            continue
        if abs(rate - 1000 / time) > numbers["share"] * 1000 / time + 0.5:  # a rate is a whole number
            values = {"name": one.name, "found": f"{rate:g}", "expected": f"{1000 / time:.4g}"}
            yield Fault(one.path, series.steps(), values)
