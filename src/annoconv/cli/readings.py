"""What commands on metrics read: cases, label maps in NIfTI, and files of any format that is installed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from annoconv.errors import InputError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.metrics.objects import Drawn
    from annoconv.metrics.regions import Region

__all__ = ["Read", "grid_of", "labels_option", "listed", "named", "paired", "read_paths", "spacing_option"]

_VOLUMES = (".nii.gz", ".nii")
_MOST_NAMED = 5
_START = 4096


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
    drawn
        What a list of results consists of, boxes or masks.
    crowd
        Annotations that stand for a crowd, which COCO counts neither for nor against.
    stated
        mm along k, j and i that a label map without a place in space states.
    losses
        What a converter could not read into the case.
    """

    name: str
    source: Path
    regions: dict[str, list[Region]]
    grids: dict[str, Grid] = field(default_factory=dict[str, Any])
    loaded: LoadedCase | None = None
    drawn: Drawn | None = None
    crowd: frozenset[str] = frozenset()
    stated: tuple[float, float, float] | None = None
    losses: tuple[Loss, ...] = ()

    @property
    def patient(self) -> str:
        """Its patient; a case that names none is one by itself."""
        patient = self.loaded.case.patient_id if self.loaded is not None else None
        return self.name if patient is None else f"patient {patient}"

    def spacing(self, image: str, named: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        """Return the mm along k, j and i of an image: by its place in space, else as it states them, else as named.

        What a label map without a place in space states is used where nothing was named: many have a 1 there unasked.
        """
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
        return named or self.stated


def read_paths(path: Path, limits: Limits, format_name: str | None, *, truth: Path | None = None) -> list[Read]:
    """Return the readings of a file or folder.

    Parameters
    ----------
    path
        A case, a folder of cases, a NIfTI label map, a folder of these, or what a converter reads.
    limits
        Bounds on what is read.
    format_name
        The converter that reads it; if absent, the name and the keys of a document tell.
    truth
        The file that it is measured by: COCO's lists of results have the images and categories of that one.
    """
    if path.suffix == ".json" and format_name in {None, "coco"} and _is_coco(path, limits, results=True):
        return list(_of_results(path, truth, limits))
    if format_name is not None:
        return list(_of_format(path, format_name, limits))
    if path.is_dir():
        volumes = sorted(each for each in path.iterdir() if each.name.endswith(_VOLUMES))
        if volumes and not (path / "case.json").is_file():
            _check_alone(path)
            return [_of_volume(each, path, limits) for each in volumes]
        is_case = (path / "case.json").is_file() or any(path.glob("*/case.json"))
        if is_case:
            return list(_of_cases(path, limits))
        _check_alone(path)
        holds_volumes = any(path.rglob("*.nii*"))
        return list(_of_format(path, "nifti" if holds_volumes else "dicom-seg", limits))
    if path.name.endswith(_VOLUMES):
        return [_of_volume(path, path, limits)]
    if path.suffix == ".json" and _is_coco(path, limits):
        return list(_of_format(path, "coco", limits))
    if path.suffix in {".json", ".jsonl"}:
        return list(_of_cases(path, limits))
    return list(_of_format(path, "dicom-seg", limits))


def _check_alone(path: Path) -> None:
    """Refuse a folder whose case documents would be passed over: they lie in it under other names than case.json."""
    passed_over = sorted(each.name for each in path.iterdir() if each.suffix in {".json", ".jsonl"} and _is_case(each))
    if passed_over:
        raise InputError(
            "documents of cases in a folder are found by the name case.json alone",
            source=path,
            found=listed(passed_over),
            expected=Message("case.json, or folders that have one each"),
            advice="Name the documents themselves: FOLDER/*.json",
        )


def _is_case(path: Path) -> bool:
    """Tell by the first keys of a document whether it is a case."""
    with path.open("rb") as file:
        start = file.read(_START)
    return bool(re.match(rb'\s*\{\s*("\w+"\s*:\s*"[^"]*"\s*,\s*)*"task_id"\s*:', start))


def _is_coco(path: Path, limits: Limits, *, results: bool = False) -> bool:
    """Tell whether a document has the members of COCO's, or is a list of records with an image and a score."""
    from annoconv.documents import strict_json

    if path.is_dir():
        return False
    document = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits)
    if results:
        first = document[0] if isinstance(document, list) and document else None
        return document == [] or (isinstance(first, dict) and {"image_id", "score"} <= first.keys())
    return isinstance(document, dict) and "image" not in document and {"images", "categories"} <= document.keys()


def _of_results(path: Path, truth: Path | None, limits: Limits) -> Iterator[Read]:
    """Yield the cases of a list of results; of images without any too, which are those of the reference."""
    from annoconv.casefile import LoadedCase
    from annoconv.documents import strict_json

    if truth is None or truth.suffix != ".json" or not _is_coco(truth, limits):
        raise InputError(
            "a list of results names images and categories by the numbers of another file",
            source=path,
            found=Message("a reference that is no COCO file") if truth is not None else Message("results alone"),
            expected=Message("the COCO file that they were detected for, as the reference"),
            advice="annoconv metrics ANNOTATIONS.json RESULTS.json",
        )
    records = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits)
    drawn = _drawn(records)
    results = () if records == [] else _of_format(path, "coco", limits, ground_truth=truth)
    found = {each.name: replace(each, drawn=drawn) for each in results}
    for each in _of_format(truth, "coco", limits):
        if each.name not in found and each.loaded is not None:
            nothing = LoadedCase(each.loaded.case.model_copy(update={"annotations": []}))
            found[each.name] = replace(_of_loaded(nothing, path), drawn=drawn)
    yield from found.values()


def _drawn(records: list[Any]) -> Drawn | None:
    """Return what a list of results consists of: masks if each has one, boxes if none has; None of a mixture."""
    has_mask = [bool(each.get("segmentation")) for each in records]
    has_box = [bool(each.get("bbox")) for each in records]
    if records and all(has_mask):
        return "mask"
    return "box" if all(has_box) and not any(has_mask) else None


def _of_cases(path: Path, limits: Limits) -> Iterator[Read]:
    from annoconv.casefile import read_cases

    for loaded in read_cases([path], limits=limits):
        yield _of_loaded(loaded, path)


def _of_format(path: Path, name: str, limits: Limits, **options: Any) -> Iterator[Read]:
    from annoconv import registry
    from annoconv.casefile.loaded import as_loaded

    context = registry.Context(task="metrics", limits=limits)
    for reading in registry.read([path], format=name, context=context, **options):
        yield replace(_of_loaded(as_loaded(reading), path), losses=tuple(reading.losses))


def _of_loaded(loaded: LoadedCase, path: Path) -> Read:
    from annoconv.casefile import LoadedCase
    from annoconv.metrics.regions import regions_of

    case, crowd = loaded.case, _crowd(loaded)
    single = [each for each in case.annotations if each.id not in crowd]
    drawn = LoadedCase(case.model_copy(update={"annotations": single}), loaded.masks) if crowd else loaded
    return Read(case.case_id or case.image.uid, path, regions_of(drawn), _grids(loaded), loaded, crowd=crowd)


def _crowd(loaded: LoadedCase) -> frozenset[str]:
    """Return the annotations that COCO's `iscrowd` marks."""
    side: Any = (loaded.case.extensions or {}).get("annoconv.coco")
    records: Any = side.get("annotations") if isinstance(side, dict) else None
    return frozenset(
        str(key)
        for key, each in (records.items() if isinstance(records, dict) else ())
        if isinstance(each, dict) and isinstance(each.get("fields"), dict) and each["fields"].get("iscrowd") == 1
    )


def _of_volume(file: Path, path: Path, limits: Limits) -> Read:
    from annoconv.metrics.regions import regions_of_volume
    from annoconv.pixels import NiftiVolume

    volume = NiftiVolume(file, limits)
    ending = next(each for each in _VOLUMES if file.name.endswith(each))
    i, j, k = (*volume.steps, 0.0, 0.0, 0.0)[:3]
    steps = k or float(volume.grid.shape[2] == 1), j, i
    stated = steps if volume.grid.lps_from_ijk is None and all(steps) else None
    regions = {"": regions_of_volume(volume)}
    return Read(file.name.removesuffix(ending), path, regions, {"": volume.grid}, stated=stated)


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
                Message("cases without a partner: {names}", names=listed(alone)),
                source=lacking[0].source if lacking else None,
                found=Message("{names}", names=listed([each.name for each in lacking])) if lacking else None,
                expected=Message("each case in both, by case_id, else by its image's UID or its file's name"),
                advice="Give each case in both, an empty one where nothing was found; a case that is left out flatters",
            )
    yield from ((sides[0][name], sides[1][name]) for name in sides[0])


def _by_name(readings: Iterable[Read]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    for read in readings:
        if read.name in found:
            raise InputError(
                "two cases have one name",
                source=read.source,
                found=read.name,
                expected=Message("a case_id for each"),
                advice="Give each its own; cases without one go by the UID of their image",
            )
        found[read.name] = read
    return found


def listed(names: list[str]) -> str:
    """Return the first names of many, and how many there are."""
    more = f", ... ({len(names)})" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def named(readings: Iterable[Read], names: Mapping[str, str]) -> list[Read]:
    """Return readings whose label maps have codes for their numbers; what is a case has its own."""
    return [
        read
        if read.loaded is not None
        else replace(
            read,
            regions={
                image: [replace(each, label=names.get(each.label, each.label)) for each in some]
                for image, some in read.regions.items()
            },
        )
        for read in readings
    ]


def labels_option(texts: Iterable[str]) -> dict[str, str]:
    """Return the codes that `NUMBER=CODE` name."""
    names: dict[str, str] = {}
    for text in texts:
        number, _, code = text.partition("=")
        if not number.isdecimal() or not code or "=" in code or str(int(number)) in names:
            raise UsageError(
                "a label is a number and its code, each number once",
                found=text,
                expected="NUMBER=CODE",
                advice="--label 1=LIVER --label 2=SPLEEN",
            )
        names[str(int(number))] = code
    return names


def spacing_option(text: str | None) -> tuple[float, float, float] | None:
    """Return the mm along k, j and i that `I,J,K` names, `I,J` of a picture."""
    if text is None:
        return None
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in {2, 3} or not all(0 < number < float("inf") for number in numbers):
        raise UsageError(
            "a spacing is two or three numbers of mm",
            found=text,
            expected="COLUMN,ROW,SLICE",
            advice="For a CT of 0.7 mm pixels and 5 mm slices: 0.7,0.7,5",
        )
    i, j, k = (*numbers, 1.0)[:3]
    return k, j, i
