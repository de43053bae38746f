"""What the training layouts share: a label map a case, one value a class in the whole data set, images as channels."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from annoconv.errors import InputError, MaskError
from annoconv.geometry import GridKind, compare_grids
from annoconv.messages import Message
from annoconv.model import Modality
from annoconv_converters._volumes.labels import entry_of
from annoconv_converters._volumes.opening import stem_of
from annoconv_converters.nifti.case_files import CaseFiles
from annoconv_converters.nifti.layouts.base import Layout, Request
from annoconv_converters.nifti.side_file import FOLDER
from annoconv_converters.nifti.source_trees import of_volume
from annoconv_converters.nifti.volumes import Classes, class_map

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.model import Image
    from annoconv_converters._volumes.labels import Entry
    from annoconv_converters.nifti.case_files import Region
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.prepared import Prepared, PreparedImage, PreparedMask
    from annoconv_converters.nifti.source_trees import Retold, SourceFile

__all__ = ["Training", "case_files", "cases_in", "channel_names", "class_labels", "modality_of"]


_CHANNELS: Final = {
    Modality.MR.value: re.compile(r"MRI|T[12][A-Z]*|T[12][-_ ].*|FLAIR|ADC|DWI|DCE|PD|PDW|BOLD|SWI"),
    Modality.PT.value: re.compile(r"PET|SUV"),
    Modality.CT.value: re.compile(r"CTA|CBCT|NCCT|CECT"),
}
"""What data sets call their channels, in upper case."""


class Training(Layout):
    """A layout with one label map a case, whose values mean the same in every case."""

    allows_regions: ClassVar[bool] = False
    """Whether a value may stand for several classes, where masks overlap."""

    is_closed = True

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        super().__init__(folder, request, several=several)
        self.classes = Classes(allows_regions=self.allows_regions)
        self.channels: list[str] | None = None
        self.task: str | None = None

    def channel_images(self, case: Prepared) -> list[PreparedImage]:
        """Return the primary image and those on its grid; MaskError if the channels are not those of other cases."""
        primary = case.images[0]
        images = [primary] + [
            image
            for image in case.images[1:]
            if image.source is not None
            and image.grid is not None
            and primary.grid is not None
            and compare_grids(image.grid, primary.grid).kind is GridKind.SAME
        ]
        names = channel_names([image.image for image in images])
        if self.channels is None:
            self.channels, self.task = names, case.case.task_id
        if names != self.channels:
            raise InputError(
                "the cases of a training set differ in their channels",
                found=f"{case.name}: {names}",
                expected=self.channels,
                advice="Write cases of other channels to another folder",
            )
        return images

    def write_label(self, case: Prepared, path: Path) -> None:
        """Write the case's label map with its label table."""
        primary = case.images[0]
        if primary.grid is None:
            raise MaskError(
                "the masks have no grid",
                where=case.name,
                found=Message("an image without shape"),
                expected="shape of the image",
                advice="Name the image with --images",
            )
        labels_kji = class_map(primary.masks, primary.grid, self.classes, partial(self._class_of_mask, case))
        self.request.volumes.write_labels(path, labels_kji, primary.grid, [self.entries(case)])
        self.known[path] = sorted({int(value) for value in _present(labels_kji)})

    def _class_of_mask(self, case: Prepared, each: PreparedMask) -> str:
        return self.class_of(case, each.annotation.label_code)

    def entries(self, case: Prepared) -> list[Entry]:
        """Return the rows of the label table of a case, for the values that stand for one class."""
        known = {self._class_of_mask(case, each): each.annotation for each in case.images[0].masks}
        rows = [
            entry_of(value, known[name].label_code, known[name].category, case.labels)
            for names, value in self.classes.values.items()
            for name in names
            if len(names) == 1 and name in known
        ]
        return sorted(rows, key=lambda entry: entry.value)


def case_files(
    finder: Finder,
    folder: Path,
    name: str,
    images: Sequence[Path],
    label: Path | None,
    classes: Mapping[str, Sequence[int]],
    channels: Sequence[str],
    shared: Sequence[SourceFile],
    **told: Any,
) -> CaseFiles:
    """Return one case of a training set.

    Parameters
    ----------
    finder
        The request.
    folder
        The data set's.
    name
        The case's.
    images, label
        Its channels, the first of which is the case's image, and its label map; where they are.
    classes
        Labels of each class.
    channels
        What the data set calls them.
    shared
        Files of the whole data set.
    told
        Further fields of the case.
    """
    files = [finder.open(image) for image in images]
    label_file = finder.open(label) if label is not None else None
    every: list[tuple[Region, bool]] = []
    if label_file is not None:
        every += finder.class_regions(label_file, classes, f"{stem_of(label_file.path.name)}.nii.gz")
    regions, absent = ([region for region, has_voxels in every if has_voxels is wanted] for wanted in (True, False))
    volumes = [] if label_file is None else [label_file.volume(0)]
    # The sources that were given tell which image was drawn on; a further channel is its own file.
    found = [finder.image(name, files[0] if files else None, volumes, folder)]
    found += [finder.own_image(f"{name}_{number:04d}", file) for number, file in enumerate(files[1:], 1)]
    if not finder.modality:
        told_by = [modality_of(channel) for channel in channels] + [None] * len(found)
        found = [
            replace(image, modality=modality) if image.modality == "OT" and modality is not None else image
            for image, modality in zip(found, told_by, strict=False)
        ]
    exact = finder.is_exact(files[0] if files else label_file)
    carrier = folder / FOLDER / f"{name}.json"
    sources = [of_volume(label_file), *finder.sidecars(label_file)] if label_file is not None else []
    sources += [each for number, file in enumerate(files) for each in finder.image_files(file, number)]
    told = {"case_id": name, **told}
    return CaseFiles(
        name, folder, carrier, found, regions, told, is_exact=exact, absent=absent, files=sources, shared=shared
    )


def class_labels(told: Retold, said: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Return the labels of each class of a case, under that of its names which the data set has."""
    return {
        next(iter(sorted(row.names & set(said))), row.entry.name): row.labels or (row.entry.value,) for row in told.rows
    }


def modality_of(channel: str) -> str | None:
    """Return the modality that a data set means by the name of a channel; None if that tells none."""
    name = re.sub(r"_\d+$", "", channel).upper()
    if name in set(Modality):
        return name
    return next((modality for modality, pattern in _CHANNELS.items() if pattern.fullmatch(name)), None)


def cases_in(folder: Path, ending: str = ".nii.gz") -> Iterator[Path]:
    """Yield the volumes of a folder by name; none if there is no such folder."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.name.endswith(ending) and path.name[0] != ".")


def channel_names(images: Iterable[Image]) -> list[str]:
    """Return what a data set calls the channels that these images are."""
    names = [image.modality.value for image in images]
    seen: dict[str, int] = {}
    numbered: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return numbered


def _present(labels_kji: Any) -> list[int]:
    from annoconv.volumes.label_boxes import find_labels

    return list(find_labels(labels_kji))
