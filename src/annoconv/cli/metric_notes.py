"""What is said beside the numbers of metrics: options without effect, labels that are not in both, objects unranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annoconv.cli.readings import listed
from annoconv.messages import Message
from annoconv.metrics.objects import UNSCORED, objects_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.cli.readings import Read

__all__ = ["apart", "other_images", "unused"]


def unused(readings: Sequence[Read], labels: Sequence[str], step: Any) -> Iterator[Message]:
    """Yield which options had no effect.

    Parameters
    ----------
    readings
        All that were read.
    labels
        `NUMBER=CODE`, as they were given.
    step
        The spacing that was named, if one was.
    """
    maps = {each.label for read in readings if read.loaded is None for some in read.regions.values() for each in some}
    for text in labels:
        number, _, code = text.partition("=")
        if code not in maps:
            yield Message("no label map has a voxel of the number {number}: --label {text}", number=number, text=text)
    if step is not None:
        for read in readings:
            if read.stated is None and read.spacing("", None) not in {None, step}:
                yield Message("--spacing is left aside where an image states its own: {name}", name=read.name)
                return


def other_images(pairs: Iterable[tuple[Read, Read]]) -> Iterator[Message]:
    """Yield which cases are compared though each side names another image: their grids agree, which proves nothing."""
    names: dict[str, str] = {}
    for a, b in pairs:
        if a.loaded is not None and b.loaded is not None and a.loaded.case.image.uid != b.loaded.case.image.uid:
            names.setdefault(a.name, f"{a.name}: {a.loaded.case.image.uid}, {b.loaded.case.image.uid}")
    if names:
        yield Message(
            "the images of {count} cases are named apart, and what is drawn on them is compared: {cases}",
            count=len(names),
            cases=listed(list(names.values())),
        )


def apart(reference: Read, other: Read) -> Iterator[Message]:
    """Yield what two readings of one case have apart: labels, kinds of annotation, and scores that are not there."""
    sides = [_labels(each) for each in (reference, other)]
    if all(sides) and not sides[0].keys() & sides[1].keys():
        names = [", ".join(sorted(side)[:5]) for side in sides]
        yield Message("no label is in both: {a} in the reference, {b} in the other", a=names[0], b=names[1])
    for label in sorted(sides[0].keys() & sides[1].keys()):
        if not sides[0][label] & sides[1][label] and other.drawn is None:
            yield Message("masks are not compared with boxes, outlines and points: {label}", label=label)
    if other.loaded is not None:
        objects = objects_of(other.loaded, drawn=other.drawn)
        scores = [score for (_, kind, *_), each in objects.items() if kind != "point" for score in each.scores]
        if None in scores and (other.drawn is not None or any(score is not None for score in scores)):
            yield UNSCORED


def _labels(read: Read) -> dict[str, set[str]]:
    """Return the kinds of annotation, regions or objects, that each label has."""
    found: dict[str, set[str]] = {}
    for some in read.regions.values():
        for each in some:
            found.setdefault(each.label, set()).add("region")
    for label, *_ in objects_of(read.loaded) if read.loaded is not None else ():
        found.setdefault(label, set()).add("object")
    return found
