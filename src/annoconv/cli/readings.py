"""What commands on metrics read: cases, label maps in NIfTI, and files of any format that is installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from annoconv.errors import InputError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.metrics.regions import Region

__all__ = ["Read", "grid_of", "paired", "read_paths", "spacing_option"]

_VOLUMES = (".nii.gz", ".nii")
_MOST_NAMED = 5


@dataclass(frozen=True)
class Read:
    """One reading of one case.

    Attributes
    ----------
    name
        The case's id, its image's, or the name of its file without ending.
    source
        The file or folder as it was named.
    regions
        Its masks by image, `""` the primary one.
    grids
        Of these images, as far as they are known.
    loaded
        The case, if it is more than a label map.
    """

    name: str
    source: Path
    regions: dict[str, list[Region]]
    grids: dict[str, Grid] = field(default_factory=dict[str, Any])
    loaded: LoadedCase | None = None

    def spacing(self, image: str, named: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        """Return the mm along k, j and i of an image: by its place in space, else as it states them, else as named."""
        grid = self.grids.get(image)
        if grid is not None and grid.lps_from_ijk is not None:
            i, j, k = grid.spacing.tolist()
            return k, j, i
        if self.loaded is not None:
            case = self.loaded.case
            images = {"": case.image} | {each.uid: each for each in case.related_images or ()}
            stated = images[image].spacing if image in images else None
            if stated is not None:
                i, j, k = (*map(float, stated), 1.0)[:3]
                return k, j, i
        return named


def read_paths(path: Path, limits: Limits, format_name: str | None) -> list[Read]:
    """Return the readings of a file or folder.

    Parameters
    ----------
    path
        A case, a folder of cases, a NIfTI label map, a folder of these, or what a converter reads.
    limits
        Bounds on what is read.
    format_name
        The converter that reads it; if absent, the name and the keys of a document tell.
    """
    if format_name is not None:
        return list(_of_format(path, format_name, limits))
    if path.is_dir():
        volumes = sorted(each for each in path.iterdir() if each.name.endswith(_VOLUMES))
        if volumes and not (path / "case.json").is_file():
            return [_of_volume(each, path, limits) for each in volumes]
        is_case = (path / "case.json").is_file() or any(path.glob("*/case.json"))
        if is_case:
            return list(_of_cases(path, limits))
        holds_volumes = any(path.rglob("*.nii*"))
        return list(_of_format(path, "nifti" if holds_volumes else "dicom-seg", limits))
    if path.name.endswith(_VOLUMES):
        return [_of_volume(path, path, limits)]
    if path.suffix == ".json" and _is_coco(path, limits):
        return list(_of_format(path, "coco", limits))
    if path.suffix in {".json", ".jsonl"}:
        return list(_of_cases(path, limits))
    return list(_of_format(path, "dicom-seg", limits))


def _is_coco(path: Path, limits: Limits) -> bool:
    from annoconv.documents import strict_json

    document = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits)
    return isinstance(document, dict) and "image" not in document and {"images", "categories"} <= document.keys()


def _of_cases(path: Path, limits: Limits) -> Iterator[Read]:
    from annoconv.casefile import read_cases

    for loaded in read_cases([path], limits=limits):
        yield _of_loaded(loaded, path)


def _of_format(path: Path, name: str, limits: Limits) -> Iterator[Read]:
    from annoconv import registry
    from annoconv.casefile.loaded import as_loaded

    context = registry.Context(task="metrics", limits=limits)
    for reading in registry.read([path], format=name, context=context):
        yield _of_loaded(as_loaded(reading), path)


def _of_loaded(loaded: LoadedCase, path: Path) -> Read:
    from annoconv.metrics.regions import regions_of

    case = loaded.case
    return Read(case.case_id or case.image.uid, path, regions_of(loaded), _grids(loaded), loaded)


def _of_volume(file: Path, path: Path, limits: Limits) -> Read:
    from annoconv.metrics.regions import regions_of_volume
    from annoconv.pixels import NiftiVolume

    volume = NiftiVolume(file, limits)
    ending = next(each for each in _VOLUMES if file.name.endswith(each))
    return Read(file.name.removesuffix(ending), path, {"": regions_of_volume(volume)}, {"": volume.grid})


def _grids(loaded: LoadedCase) -> dict[str, Grid]:
    from annoconv.geometry import Grid

    case = loaded.case
    images = {"": case.image} | {each.uid: each for each in case.related_images or ()}
    return {uid: Grid.from_image(image) for uid, image in images.items() if image.shape is not None}


def grid_of(reference: Read, other: Read, image: str) -> Grid:
    """Return the grid on which an image's masks are compared: the image's, else that of a mask."""
    for read in (reference, other):
        if image in read.grids:
            return read.grids[image]
    masks = [each for read in (reference, other) for each in read.regions.get(image, ())]
    return masks[0].mask.grid


def paired(references: list[Read], others: list[Read]) -> Iterator[tuple[Read, Read]]:
    """Yield the readings of one case, by their names; one of each are a pair whatever their names.

    Raises
    ------
    InputError
        If a case has no partner: leaving it out would make every mean better than it is.
    """
    if len(references) == len(others) == 1:
        yield references[0], others[0]
        return
    sides = [_by_name(each) for each in (references, others)]
    for mine, theirs, lacking in ((sides[0], sides[1], others), (sides[1], sides[0], references)):
        if alone := [name for name in mine if name not in theirs]:
            raise InputError(
                Message("cases without a partner: {names}", names=_listed(alone)),
                source=lacking[0].source if lacking else None,
                advice="Give each case in both, an empty one where nothing was found; a case that is left out flatters",
            )
    yield from ((sides[0][name], sides[1][name]) for name in sides[0])


def _by_name(readings: Iterable[Read]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    for read in readings:
        if read.name in found:
            raise InputError("two cases have one name", source=read.source, found=read.name)
        found[read.name] = read
    return found


def _listed(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def spacing_option(text: str | None) -> tuple[float, float, float] | None:
    """Return the mm along k, j and i that `I,J,K` names, `I,J` of a picture."""
    if text is None:
        return None
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in {2, 3} or not all(0 < number < float("inf") for number in numbers):
        raise UsageError("a spacing is two or three numbers of mm", found=text, expected="COLUMN,ROW,SLICE")
    i, j, k = (*numbers, 1.0)[:3]
    return k, j, i
