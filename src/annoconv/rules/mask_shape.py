"""What masks look like that nobody has drawn so: cavities, islands, gaps, jumps of slices (A 6.5.1 a, A 9.3.1 a).

A volume is looked at once for all of them (`annoconv.quality`); slices are zero-based, those of the mask file's k axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.errors import AnnoconvError
from annoconv.messages import Message, listed
from annoconv.rules.engine import Breach, Subject, rule
from annoconv.rules.mask import mask_contents, relation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import MaskAnnotation
    from annoconv.quality.jumps import Jump
    from annoconv.quality.labels import Found, LabelContent
    from annoconv.rules.voxels import VolumeContent

Place: TypeAlias = "tuple[int | None, int | None, int]"
"""A voxel (i, j, k) of a mask file, or a slice of it."""
_MOST_NAMED: Final = 3


def _shapes(subject: Subject) -> Iterator[tuple[Steps, MaskAnnotation, LabelContent]]:
    """Yield each mask that is not empty, with what is unusual about it."""
    for path, annotation, content in mask_contents(subject):
        shape = content.shape_of(annotation.mask_value)
        if shape is not None:
            yield (*path, "mask_file"), annotation, shape


def _slice_of(subject: Subject, annotation: MaskAnnotation, place: Place) -> int | None:
    """Return the slice of the image that shows a voxel (i, j, k) of a mask file; None if the two have no common slices.

    A mask may be stored in another order than its image, so that of a slice of the file alone no slice may follow.
    """
    from annoconv.geometry import GridKind

    image = subject.image_of(annotation)
    if image is None or image.shape is None:
        return place[2]
    relation = relation_of(subject, annotation, image)
    if isinstance(relation, AnnoconvError) or relation.kind is GridKind.DIFFERENT:  # told by the rule on its grid
        return None
    if relation.slices is not None:
        found = relation.slices[place[2]]
    else:
        along = place[relation.axes[2]]
        if along is None:
            return None
        count = relation.moving.shape[relation.axes[2]]
        found = relation.offset[2] + (count - 1 - along if relation.flips[2] else along)
    return found if 0 <= found < relation.fixed.shape[2] else None


def _seen(
    subject: Subject, path: Steps, annotation: MaskAnnotation, values: Mapping[str, object], place: Place
) -> Breach:
    """Return a breach that is seen at a place of a mask file."""
    return Breach(path, values, _slice_of(subject, annotation, place))


def _numbers(subject: Subject, identity: str) -> Mapping[str, float]:
    return subject.rules[identity].parameters


def _where(found: Sequence[Found]) -> Message:
    template = "(i, j, k) {place}"
    return listed([Message(template, place=", ".join(map(str, each.place))) for each in found], _MOST_NAMED)


@rule("A-9.3.1a.value_anomalous")
def value_anomalous(subject: Subject) -> Iterator[Breach]:
    """Yield each mask without a value of its own whose file holds several values."""
    for path, annotation, content in mask_contents(subject):
        if annotation.mask_value is None and len(content.values) > 1:
            shown = listed(sorted(content.values), 10)
            yield Breach((*path, "mask_file"), {"id": annotation.id, "count": len(content.values), "values": shown})


@rule("A-9.3.1a.cavity")
def cavity(subject: Subject) -> Iterator[Breach]:
    """Yield each mask that encloses background on all sides."""
    for path, annotation, shape in _shapes(subject):
        if shape.cavities:
            size = sum(each.voxels for each in shape.cavities)
            told = {"count": len(shape.cavities), "voxels": size, "where": _where(shape.cavities)}
            yield _seen(subject, path, annotation, {"id": annotation.id, **told}, shape.cavities[0].place)


@rule("A-9.3.1a.hole")
def hole(subject: Subject) -> Iterator[Breach]:
    """Yield each mask with small holes in single slices, which are open in space."""
    most = _numbers(subject, "A-9.3.1a.hole")["most_pixels"]
    for path, annotation, shape in _shapes(subject):
        small = [each for each in shape.holes if each.voxels <= most]
        if small:
            told = {"count": len(small), "where": _where(small)}
            yield _seen(subject, path, annotation, {"id": annotation.id, **told}, small[0].place)


@rule("A-9.3.1a.island")
def island(subject: Subject) -> Iterator[Breach]:
    """Yield each mask with parts too small to be structures beside its largest one."""
    numbers = _numbers(subject, "A-9.3.1a.island")
    for path, annotation, shape in _shapes(subject):
        largest = shape.parts[0].voxels
        most = min(numbers["most_voxels"], numbers["largest_share"] * largest)
        small = [each for each in shape.parts[1:] if each.voxels <= most]
        if small:
            told = {"count": len(small), "voxels": sum(each.voxels for each in small), "where": _where(small)}
            yield _seen(subject, path, annotation, {"id": annotation.id, **told}, small[0].place)


@rule("A-9.3.1a.speckled")
def speckled(subject: Subject) -> Iterator[Breach]:
    """Yield each mask file whose labels are scattered voxels, so that nothing is told of their shapes."""
    told: set[int] = set()
    for path, annotation, content in _volumes(subject):
        if content.is_speckled and id(content) not in told:
            told.add(id(content))
            yield Breach((*path, "mask_file"), {"mask_file": annotation.mask_file})


def _volumes(subject: Subject) -> Iterator[tuple[Steps, MaskAnnotation, VolumeContent]]:
    yield from mask_contents(subject)


@rule("A-9.3.1a.slice_gap")
def slice_gap(subject: Subject) -> Iterator[Breach]:
    """Yield each mask that is empty on a few slices between two that overlap."""
    for path, annotation, shape in _shapes(subject):
        if shape.gaps:
            spans = [str(a) if a == b else f"{a} - {b}" for a, b in shape.gaps]
            told = {"id": annotation.id, "slices": listed(spans, _MOST_NAMED)}
            yield _seen(subject, path, annotation, told, (None, None, shape.gaps[0][0]))


@rule("A-6.5.1a.slice_jump")
def slice_jump(subject: Subject) -> Iterator[Breach]:
    """Yield each mask with a slice that is shifted against both its neighbours."""
    for path, annotation, shape in _shapes(subject):
        if shape.jumps:
            told = {"id": annotation.id, "jumps": _jumps(shape.jumps)}
            yield _seen(subject, path, annotation, told, (None, None, shape.jumps[0].k))


@rule("A-6.5.1a.slice_step")
def slice_step(subject: Subject) -> Iterator[Breach]:
    """Yield each mask that is shifted from one slice on."""
    for path, annotation, shape in _shapes(subject):
        if shape.steps:
            told = {"id": annotation.id, "jumps": _jumps(shape.steps)}
            yield _seen(subject, path, annotation, told, (None, None, shape.steps[0].k))


def _jumps(found: Sequence[Jump]) -> Message:
    template = "slice {k} by (i, j) {di}, {dj}"
    return listed([Message(template, k=each.k, di=each.di, dj=each.dj) for each in found], _MOST_NAMED)
