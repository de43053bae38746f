"""What masks look like that nobody has drawn so: cavities, islands, gaps, jumps of slices (A 6.5.1 a, A 9.3.1 a).

A volume is looked at once for all of them (`annoconv.quality`); slices are zero-based, those of the mask file's k axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.messages import Message, listed
from annoconv.rules.engine import Breach, Subject, rule
from annoconv.rules.mask import mask_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import MaskAnnotation
    from annoconv.quality.labels import Found, LabelContent
    from annoconv.quality.slices import Jump
    from annoconv.rules.voxels import VolumeContent

_MOST_NAMED: Final = 3


def _shapes(subject: Subject) -> Iterator[tuple[Steps, MaskAnnotation, LabelContent]]:
    """Yield each mask that is not empty, with what is unusual about it."""
    for path, annotation, content in mask_contents(subject):
        shape = content.shape_of(annotation.mask_value)
        if shape is not None:
            yield (*path, "mask_file"), annotation, shape


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
            yield Breach(path, {"id": annotation.id, **told})


@rule("A-9.3.1a.hole")
def hole(subject: Subject) -> Iterator[Breach]:
    """Yield each mask with small holes in single slices, which are open in space."""
    most = _numbers(subject, "A-9.3.1a.hole")["most_pixels"]
    for path, annotation, shape in _shapes(subject):
        small = [each for each in shape.holes if each.voxels <= most]
        if small:
            yield Breach(path, {"id": annotation.id, "count": len(small), "where": _where(small)})


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
            yield Breach(path, {"id": annotation.id, **told})


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
            yield Breach(path, {"id": annotation.id, "slices": listed(spans, _MOST_NAMED)})


@rule("A-6.5.1a.slice_jump")
def slice_jump(subject: Subject) -> Iterator[Breach]:
    """Yield each mask with a slice that is shifted against both its neighbours."""
    for path, annotation, shape in _shapes(subject):
        if shape.jumps:
            yield Breach(path, {"id": annotation.id, "jumps": _jumps(shape.jumps)})


@rule("A-6.5.1a.slice_step")
def slice_step(subject: Subject) -> Iterator[Breach]:
    """Yield each mask that is shifted from one slice on."""
    for path, annotation, shape in _shapes(subject):
        if shape.steps:
            yield Breach(path, {"id": annotation.id, "jumps": _jumps(shape.steps)})


def _jumps(found: Sequence[Jump]) -> Message:
    template = "slice {k} by (i, j) {di}, {dj}"
    return listed([Message(template, k=each.k, di=each.di, dj=each.dj) for each in found], _MOST_NAMED)
