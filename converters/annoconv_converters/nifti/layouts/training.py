"""What the training layouts share: a label map a case, one value a class in the whole data set, images as channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annoconv.errors import InputError, MaskError
from annoconv.geometry import GridKind, compare_grids
from annoconv_converters._labels import entry_of
from annoconv_converters._volume_files import stem_of
from annoconv_converters.nifti.found import Found
from annoconv_converters.nifti.layouts.base import Layout, Request, label_name
from annoconv_converters.nifti.volumes import Classes, class_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv_converters._labels import Entry
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.prepared import Prepared, PreparedImage

__all__ = ["Training", "cases_in", "found_case", "start_of"]


class Training(Layout):
    """A layout with one label map a case, whose values mean the same in every case."""

    allows_regions: ClassVar[bool] = False
    """Whether a value may stand for several classes, where masks overlap."""

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
        names = _numbered([image.image.modality.value for image in images])
        if self.channels is None:
            self.channels, self.task = names, case.case.task_id
        if names != self.channels:
            raise InputError(
                "the cases of a training set have the same channels",
                found=f"{case.name}: {names}",
                expected=self.channels,
            )
        return images

    def write_label(self, case: Prepared, path: Path) -> None:
        """Write the case's label map with its label table."""
        primary = case.images[0]
        if primary.grid is None:
            raise MaskError("the masks have no grid", where=case.name)
        labels_kji = class_map(primary.masks, primary.grid, self.classes, label_name)
        self.request.volumes.write_labels(path, labels_kji, primary.grid, [self.entries(case)])
        self.known[path] = sorted({int(value) for value in _present(labels_kji)})

    def entries(self, case: Prepared) -> list[Entry]:
        """Return the rows of the label table of a case, for the values that stand for one class."""
        codes = {each.annotation.label_code: each.annotation.category for each in case.images[0].masks}
        rows = [
            entry_of(value, code, codes[code], case.labels)
            for names, value in self.classes.values.items()
            for code in names
            if len(names) == 1 and code in codes
        ]
        return sorted(rows, key=lambda entry: entry.value)


def found_case(
    finder: Finder,
    folder: Path,
    name: str,
    image: Path | None,
    label: Path | None,
    classes: Mapping[str, Sequence[int]],
    modality: str | None,
    **told: Any,
) -> Found:
    """Return one case of a training set.

    Parameters
    ----------
    finder
        The request.
    folder
        The data set's.
    name
        The case's.
    image, label
        Its first channel and its label map, where they are.
    classes
        Labels of each class.
    modality
        Of the first channel, as the data set states it.
    told
        Further fields of the case.
    """
    image_file = finder.open(image) if image is not None else None
    label_file = finder.open(label) if label is not None else None
    regions = (
        []
        if label_file is None
        else list(finder.class_regions(label_file, classes, f"{stem_of(label_file.path.name)}.nii.gz"))
    )
    found = finder.image(name, image_file, [] if label_file is None else [label_file.volume(0)], folder)
    if found.modality == "OT" and modality is not None and not finder.modality:
        found = type(found)(found.uid, modality, found.grid, found.told)
    exact = finder.is_exact(image_file or label_file)
    carrier = folder / "annoconv" / f"{name}.json"
    return Found(name, folder, carrier, [found], regions, {"case_id": name, **told}, is_exact=exact)


def cases_in(folder: Path, ending: str = ".nii.gz") -> Iterator[Path]:
    """Yield the volumes of a folder by name; none if there is no such folder."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.name.endswith(ending) and path.name[0] != ".")


def start_of(path: Path) -> bytes:
    """Return the first megabyte of a file, enough to tell what it is; nothing if there is none."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(1 << 20)


def _numbered(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    numbered: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return numbered


def _present(labels_kji: Any) -> list[int]:
    from annoconv.labelmaps import find_labels

    return list(find_labels(labels_kji))
