"""The images that a report speaks of: as evidence, as groups of its image library, and back.

An image is named once: its instances in the evidence, in the order of its slices; in the library what they share, and
where the first and the last of them lie. So a report does not grow with slices times objects, and tells the grid of its
image by itself. Authority: PS3.3 C.17.2.3 (evidence), PS3.16 TID 1600 to 1604.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.errors import GeometryError
from annoconv.geometry import Grid, GridKind, compare_grids, grid_text
from annoconv.model import Concept
from annoconv_converters._dicom.content import Item, Quantity, Reference
from annoconv_converters.dicom_sr import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from annoconv.images import ImageSource
    from annoconv.model import Image, QualitativeEvaluation

__all__ = [
    "DrawnImage",
    "Series",
    "StatedImage",
    "referenced",
    "series_of_image",
    "series_of_source",
    "series_of_stated",
]


@dataclass(frozen=True)
class Series:
    """One image of a case, as a report refers to it.

    Attributes
    ----------
    uid, study_uid
        SeriesInstanceUID and StudyInstanceUID.
    modality
        In DICOM's terms.
    slices
        Instance, and frame where there are several, of each slice in the order of the grid's k axis.
    grid
        Its grid; without an affine if it has no place in space, None if not even its size is known.
    frame_of_reference_uid
        Of its place in the patient; empty if it has none.
    header
        Of its first slice, for patient and study; None if only the case is known.
    own_from_case
        Shape (4, 4): continuous index of the image's own grid from that of the case; None where they are the same.
    contexts
        In which context it was acquired, as the case says.
    """

    uid: str
    study_uid: str
    modality: str
    slices: Sequence[Reference]
    grid: Grid | None = None
    frame_of_reference_uid: str = ""
    header: Dataset | None = None
    own_from_case: NDArray[np.float64] | None = None
    contexts: Sequence[QualitativeEvaluation] = ()

    @property
    def lps_grid(self) -> Grid | None:
        """Its grid, if that has a place in the patient."""
        return self.grid if self.grid is not None and self.grid.frame == "LPS" else None

    @property
    def is_slide(self) -> bool:
        """Whether coordinates are those of a whole slide's total pixel matrix."""
        return self.grid is not None and self.grid.frame == "SLIDE"

    @property
    def counts_frames(self) -> bool:
        """Whether its slices are frames in time, not in space."""
        return self.lps_grid is None and len(self.slices) > 1 and bool(self.slices[0].frames)

    @property
    def instances(self) -> dict[str, str]:
        """Class of each instance, in the order of the slices."""
        return {each.sop_instance_uid: each.sop_class_uid for each in self.slices}


def series_of_source(source: ImageSource, image: Image | None) -> Series:
    """Return an image of which the files are there; GeometryError if the case describes it otherwise."""
    grid = source.grid
    slices = [
        Reference(each.sop_class_uid, each.sop_instance_uid, (each.frame,) if each.frame is not None else ())
        for each in source.slices
    ]
    if grid.frame == "SLIDE":  # one image, whatever its tiles are
        slices = [replace(slices[0], frames=())]
    found = Series(
        uid=source.uid,
        study_uid=source.study_instance_uid,
        modality=source.modality,
        slices=slices,
        grid=grid,
        frame_of_reference_uid=source.frame_of_reference_uid if grid.frame == "LPS" else "",
        header=source.headers[0] if len(source.headers) else None,
        contexts=(image.acquisition_context or ()) if image is not None else (),
    )
    if image is None or image.shape is None:
        return found
    stated = Grid.from_image(image)
    if stated.lps_from_ijk is None or grid.lps_from_ijk is None:
        return found
    relation = compare_grids(stated, grid)
    if relation.kind is GridKind.DIFFERENT:
        raise GeometryError(
            "the case describes its image otherwise than the image itself",
            source=source.path,
            where="/image",
            found=grid_text(stated),
            expected=grid_text(grid),
            advice="Correct the geometry in the case, or name the series that it was annotated on",
        )
    corner = np.eye(4)
    corner[:3, 3] = 0.5
    moved: NDArray[np.float64] = corner @ np.linalg.inv(grid.affine) @ stated.affine @ np.linalg.inv(corner)
    if np.allclose(moved, np.eye(4), atol=1e-3):
        return found
    return replace(found, own_from_case=np.asarray(np.round(moved, 6), dtype=np.float64))


def series_of_image(image: Image) -> Series | None:
    """Return an image of which only the case tells; None if it names no instances."""
    named = [Reference(each.sop_class_uid or "", each.sop_instance_uid) for each in image.instances or ()]
    if not named or not all(each.sop_class_uid for each in named):
        return None
    grid = Grid.from_image(image) if image.shape is not None else None
    if grid is not None and len(named) == 1 and grid.shape[2] > 1 and grid.frame != "SLIDE":
        named = [replace(named[0], frames=(number,)) for number in range(1, grid.shape[2] + 1)]
    return Series(
        uid=image.uid,
        study_uid=image.study_instance_uid or "",
        modality=image.modality.value,
        slices=named,
        grid=grid,
        frame_of_reference_uid=image.frame_of_reference_uid or "",
        contexts=image.acquisition_context or (),
    )


# --- read back


@dataclass(frozen=True)
class DrawnImage:
    """What segmentations tell of an image that was not given: those of its slices that something was drawn on.

    Attributes
    ----------
    grid
        Of these slices.
    instances
        Instance and class of each, in the order of the grid's k axis; empty where they are not named one by one.
    """

    grid: Grid
    instances: Mapping[str, str]

    def holds(self, uids: Iterable[str]) -> bool:
        """Tell whether each of these instances is one of its slices."""
        return self.instances.keys() >= set(uids)


@dataclass(eq=False)
class StatedImage:
    """What a report says of an image: what its evidence names and its library describes.

    Attributes
    ----------
    uid, study_uid
        SeriesInstanceUID and StudyInstanceUID.
    instances
        Class of each instance, in the order of the evidence.
    frames
        Frames of the only instance, in the order of the slices; empty where there are none.
    group
        Its group of the library.
    positions
        Where instances and frames lie, LPS, mm.
    source
        The image itself, if it was given: then its slices and its grid are its own.
    drawn
        What segmentations tell of it; its slices and its grid are then those.
    """

    uid: str
    study_uid: str
    instances: dict[str, str] = field(default_factory=dict[str, str])
    frames: tuple[int, ...] = ()
    group: Item | None = None
    positions: dict[tuple[str, int], tuple[float, ...]] = field(
        default_factory=dict[tuple[str, int], tuple[float, ...]]
    )
    source: ImageSource | None = None
    drawn: DrawnImage | None = None

    def take(self, group: Item) -> None:
        """Take what a group of the library says of it."""
        self.group = self.group or group
        for entry in group.all(kind="IMAGE"):
            value = entry.value
            if not isinstance(value, Reference) or value.sop_instance_uid not in self.instances:
                continue
            if len(value.frames) > 1:
                self.frames = value.frames
            place = tuple(_number(entry, name) for name in codes.POSITION)
            found = tuple(number for number in place if number is not None)
            if len(found) == len(codes.POSITION):
                self.positions[value.sop_instance_uid, value.frames[0] if value.frames else 0] = found

    @property
    def slices(self) -> list[tuple[str, int]]:
        """Instance and frame (0 where there are none) of each slice."""
        if self.source is not None:
            return [(each.sop_instance_uid, each.frame or 0) for each in self.source.slices]
        if self.drawn is not None:
            return [(each, 0) for each in self.drawn.instances]
        if self.frames and len(self.instances) == 1:
            return [(next(iter(self.instances)), number) for number in self.frames]
        return [(each, 0) for each in self.instances]

    @property
    def is_in_order(self) -> bool:
        """Whether it is known how its slices follow each other in space."""
        return self.source is not None or self.drawn is not None or len(self.slices) < 2

    @property
    def shared(self) -> dict[str, Any]:
        """What the library says of all of it: numbers by the code of their concept, and texts."""
        return {} if self.group is None else {each.key[0]: each.value for each in self.group.children if each.name}

    def number(self, name: Concept) -> float | None:
        """Return a number that the library has for all of it."""
        return None if self.group is None else _number(self.group, name)

    @property
    def grid(self) -> Grid | None:
        """Its grid, without an affine if it is not placed; None if its size is not told."""
        if self.source is not None:
            return self.source.grid
        if self.drawn is not None:
            return self.drawn.grid
        columns, rows = self.number(codes.COLUMNS), self.number(codes.ROWS)
        if not columns or not rows or min(columns, rows) < 1:
            return None
        places = self.slices
        shape = (int(columns), int(rows), max(len(places), 1))
        spacing = [self.number(name) for name in (codes.BETWEEN_COLUMNS, codes.BETWEEN_ROWS)]
        step = self.number(codes.BETWEEN_SLICES) or self.number(codes.THICKNESS) or 1.0
        cosines = [self.number(name) for name in codes.ORIENTATION]
        first, last = (self.positions.get(places[at]) if places else None for at in (0, -1))
        if None in spacing or None in cosines or first is None or last is None:
            return Grid(shape)
        across, down = np.array(cosines[:3], float), np.array(cosines[3:], float)
        normal = np.cross(across, down)
        along = (np.array(last) - np.array(first)) / max(len(places) - 1, 1)
        if np.abs(along - normal * step).max() <= 1e-6 * max(step, 1.0) or len(places) == 1:
            along = normal * step
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1], affine[:3, 2] = across * spacing[0], down * spacing[1], along
        affine[:3, 3] = first
        try:
            return Grid(shape, affine)
        except GeometryError:
            return Grid(shape)


def _number(one: Item, name: Concept) -> float | None:
    found = one.first((name.code, name.scheme), kind="NUM")
    if found is None or not isinstance(found.value, Quantity):
        return None
    if found.value.exact is not None:
        return found.value.exact
    try:
        return float(found.value.text)
    except ValueError:
        return None


def referenced(items: Iterable[Item]) -> Iterator[Reference]:
    """Yield every instance that a content tree refers to."""
    for one in items:
        if isinstance(one.value, Reference):
            yield one.value
        yield from referenced(one.children)


def series_of_stated(image: StatedImage) -> Series:
    """Return an image as a report that was read names it."""
    slices = [Reference(image.instances[uid], uid, (frame,) if frame else ()) for uid, frame in image.slices]
    shared = image.shared
    modality, frame_of_reference = shared.get(codes.MODALITY.code), shared.get(codes.FRAME_OF_REFERENCE.code)
    return Series(
        uid=image.uid,
        study_uid=image.study_uid,
        modality=modality.code if isinstance(modality, Concept) else "OT",
        slices=slices,
        grid=image.grid,
        frame_of_reference_uid=frame_of_reference if isinstance(frame_of_reference, str) else "",
    )
