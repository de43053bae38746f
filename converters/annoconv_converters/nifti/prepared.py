"""A case made ready to be written: its images found, its masks brought onto their images' grids, exactly."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import images as image_seam
from annoconv.casefile.left_out import kinds_of
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, InputError, MaskError
from annoconv.geometry import Grid, GridKind, apply_relation, is_turned, matrix_text
from annoconv.ids import case_name
from annoconv.messages import Message, listed
from annoconv.model import MaskAnnotation
from annoconv.pixels import ArrayVolume, check_frame, foreground_of
from annoconv.progress import over
from annoconv.volumes.foreground import Foreground
from annoconv.volumes.label_boxes import find_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import GridRelation
    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.model import Case, Image
    from annoconv.pixels import Mask
    from annoconv.registry import Context
    from annoconv.volumes.label_boxes import Box

__all__ = ["Prepared", "PreparedImage", "PreparedMask", "given_sources", "in_boxes", "prepare", "with_files"]

_MOST_NAMED: Final = 5


@dataclass(frozen=True, eq=False)
class PreparedMask:
    """A mask and where it lies in its image."""

    annotation: MaskAnnotation
    mask: Mask
    relation: GridRelation

    def labels(self) -> NDArray[Any] | Foreground:
        """Return what its volume holds, on the image's grid.

        Of labels that do not cover much it is what is not 0, of others and of fractions an array.
        """
        volume = self.mask.volume
        found = foreground_of(volume) if self.relation.kind is GridKind.SAME else None
        if found is None:
            placed = apply_relation(volume.read(), self.relation, volume.path, self.annotation.id)
            found = foreground_of(ArrayVolume(self.relation.fixed, placed))
            return placed if found is None else found
        return found


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image of the case with the masks on it.

    Attributes
    ----------
    image
        As the case describes it.
    grid
        As the case states it; else that of the source, else that of the first mask; None if nothing tells it.
    source
        Its pixels, if they were given.
    masks
        In the order of the annotations.
    """

    image: Image
    grid: Grid | None
    source: ImageSource | None
    masks: Sequence[PreparedMask]

    def by_volume(self) -> Iterator[tuple[NDArray[Any] | Foreground, list[PreparedMask]]]:
        """Yield each volume on the image's grid with the masks that it holds, so that it is read and split once."""
        groups: dict[int, list[PreparedMask]] = {}
        for each in self.masks:
            groups.setdefault(id(each.mask.volume), []).append(each)
        for members in groups.values():
            yield members[0].labels(), members


@dataclass(frozen=True, eq=False)
class Prepared:
    """A case ready to be written.

    Attributes
    ----------
    loaded
        The case.
    name
        What its files are named after.
    images
        The primary image first.
    labels
        Label systems that hold for it.
    """

    loaded: LoadedCase
    name: str
    images: Sequence[PreparedImage]
    labels: Labels

    @property
    def case(self) -> Case:
        """The typed case."""
        return self.loaded.case

    @cached_property
    def document(self) -> dict[str, Any]:
        """The case as JSON values."""
        told: dict[str, Any] = strict_json.plain(self.case)
        return told

    @cached_property
    def masks(self) -> list[PreparedMask]:
        """The masks on all images."""
        return [mask for image in self.images for mask in image.masks]


def in_boxes(masks: Sequence[PreparedMask]) -> Iterator[tuple[PreparedMask, Box | None, NDArray[Any]]]:
    """Yield masks of one image with the box of each on its grid, None if it is empty, and what is in it.

    That is bool, or fractions. A volume is read once, and let go after the last mask that it holds.
    """
    left = Counter(id(each.mask.volume) for each in masks)
    held: dict[int, NDArray[Any] | Foreground] = {}
    for each in over(masks, Message("masks")):
        key = id(each.mask.volume)
        labels = held.pop(key) if key in held else each.labels()
        left[key] -= 1
        if left[key]:
            held[key] = labels
        if isinstance(labels, Foreground):
            mask = labels.of(each.mask.value)
            box = mask.boxes().get(1)
            inside = mask.inside(box) if box else np.zeros((0, 0, 0), np.bool_)
        else:
            mask_kji = each.mask.of(labels)
            box = find_labels(np.asarray(mask_kji != 0)).get(1)
            inside = mask_kji[box] if box else mask_kji[:0]
        yield each, box, inside


def with_files(sources: Sequence[ImageSource]) -> Message:
    """Return images as errors name them; of several in one folder, with the first of their files."""
    paths = [source.path for source in sources]
    named: list[Message] = []
    for source in sources:
        place: object = source.path
        if paths.count(source.path) > 1:
            with suppress(AnnoconvError):  # what is wrong with it is told when it is used
                place = listed(sorted({each.path for each in source.slices}), 1)
        named.append(Message("{uid} ({modality}, {place})", uid=source.uid, modality=source.modality, place=place))
    return listed(named, _MOST_NAMED)


def given_sources(images: Sequence[Path], limits: Limits, *, allow_gaps: bool) -> list[ImageSource]:
    """Return the source images that were given."""
    if not images:
        return []
    from annoconv_converters._dicom.series import scan_series  # imports pydicom, half of the time of a small command

    return scan_series(images, limits, allow_gaps=allow_gaps)


def prepare(loaded: LoadedCase, position: int, sources: Sequence[ImageSource], context: Context) -> Prepared:
    """Return a case with its images found and its masks placed; nothing is read that a header does not say.

    Raises
    ------
    GeometryError
        If a mask does not lie on its image's lattice, or agrees with it only in the other frame.
    ImageError
        If images were given and the primary one is not among them.
    InputError
        If a mask names an image that the case lacks, or there is neither a mask nor an image to write.
    """
    case = loaded.case
    every = [case.image, *(case.related_images or ())]
    groups: dict[str, list[MaskAnnotation]] = {image.uid: [] for image in every}
    for annotation in case.annotations:
        if isinstance(annotation, MaskAnnotation):
            uid = annotation.image_uid or case.image.uid
            if uid not in groups:
                raise InputError(
                    "a mask names an image that the case lacks",
                    source=loaded.path,
                    found=uid,
                    expected=listed([*groups], 5),
                    advice="Correct image_uid",
                )
            if annotation.id not in loaded.masks:
                raise MaskError(
                    "the annotation has no mask",
                    source=loaded.path,
                    where=annotation.id,
                    found=Message("no voxels of it"),
                    expected="a mask for each annotation of type mask",
                    advice="Give its mask too, or leave the annotation out",
                )
            groups[uid].append(annotation)
    images = [
        _image(image, loaded, groups[image.uid], _source(image, sources, loaded.path, is_required=image is case.image))
        for image in every
    ]
    if not any(image.masks or image.source for image in images):
        raise InputError(
            "the case has no mask, and no image was given, so there is nothing to write",
            source=loaded.path,
            where="/annotations",
            found=kinds_of(case),
            expected="a mask that counts as a finding, or an image",
            advice="Boxes, points and attributes go to COCO or GeoJSON; images are given with --images, and "
            "masks of what is superseded, rejected or not there are written with --all-annotations",
        )
    name = case_name(case.case_id) if case.case_id else f"case-{position + 1:06d}"
    return Prepared(loaded, name, images, Labels.of(case, context.label_system))


def _source(
    image: Image, sources: Sequence[ImageSource], case: Path | None, *, is_required: bool
) -> ImageSource | None:
    if is_required and sources:
        return image_seam.match(sources, image, source=case)
    return next((source for source in sources if source.uid == image.uid), None)


def _image(
    image: Image, loaded: LoadedCase, annotations: Sequence[MaskAnnotation], source: ImageSource | None
) -> PreparedImage:
    stated = Grid.from_image(image)
    if source is not None and stated.shape != source.grid.shape and sorted(stated.shape) == sorted(source.grid.shape):
        raise GeometryError(
            "the case states the shape of its image in another order",
            source=loaded.path,
            where="/image/shape",
            found=list(stated.shape),
            expected=list(source.grid.shape),
            advice=image_seam.ORDER_OF_SHAPE,
        )
    grid: Grid | None = stated
    if stated.lps_from_ijk is None:
        given = [source.grid] if source is not None else [loaded.masks[each.id].grid for each in annotations[:1]]
        grid = given[0] if given else None
        if grid is not None and grid.shape != stated.shape:
            raise GeometryError(
                "the image's shape is not that of its files",
                source=loaded.path,
                where="/image/shape",
                found=list(grid.shape),
                expected=list(stated.shape),
                advice="Correct the shape of the image, or name the image's own files with --images",
            )
    if grid is None or not (source or annotations):
        return PreparedImage(image, None, source, [])
    if source is not None and is_turned(source.grid, grid):
        raise GeometryError(
            "the case agrees with its series only if its origin and direction are read as RAS, not LPS",
            source=loaded.path,
            where="/image/origin",
            found=Message("in LPS {matrix}", matrix=matrix_text(grid.affine)),
            expected=Message("in LPS {matrix}", matrix=matrix_text(source.grid.affine)),
            advice="A case holds LPS, as DICOM does; change the signs of x and y",
        )
    masks = [loaded.masks[annotation.id] for annotation in annotations]
    placed = [
        PreparedMask(told, mask, check_frame(grid, mask.volume)) for told, mask in zip(annotations, masks, strict=True)
    ]
    return PreparedImage(image, grid, source, placed)
