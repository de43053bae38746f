"""nnU-Net v2: `imagesTr`, `labelsTr`, `imagesTs` and `dataset.json`; regions where masks overlap.

Where no two classes meet, `labels` is class to value. Where they do, a value stands for each set of classes that meet,
`labels` is class to the list of its values, and `regions_class_order` says which value a predicted region writes:
larger regions first, so that smaller ones are drawn over them. The class `ignore`, the highest value, is what nobody
has annotated: here an annotation whose `assertion` is `not_evaluated`.

Authority: nnU-Net documentation, "dataset_format.md", "region_based_training.md", "ignore_label.md"; splits as in
`splits_final.json`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError
from annoconv.limits import Limits
from annoconv.messages import Message, listed
from annoconv.model import Assertion
from annoconv_converters._volumes.opening import open_volume, start_of
from annoconv_converters.nifti.layouts.training import (
    Training,
    case_files,
    cases_in,
    channel_names,
    class_labels,
)
from annoconv_converters.nifti.source_trees import SourceFile, of_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.codes import Labels
    from annoconv.model import Annotation
    from annoconv_converters.nifti.case_files import CaseFiles, Region
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.layouts.base import Request
    from annoconv_converters.nifti.prepared import Prepared
    from annoconv_converters.nifti.source_trees import Retold

__all__ = ["NnUNet"]

_IGNORE: Final = "ignore"
_UNSEEN: Final = Assertion.NOT_EVALUATED
_CLASSES: Final = '{"background": 0, "liver": 1}'
_CHANNEL_NAMES: Final = '{"0": "CT"}'
_PAIRS: Final = (("imagesTr", "labelsTr"), ("imagesTs", "labelsTs"))
_NO_IMAGE: Final = "the data set has no image of the case; the grid of its label map stands for it"
_MOST_NAMED: Final = 5
_COUNTED: Final = frozenset({"numTraining", "file_ending"})
"""Members that count the cases, and say how their files are named."""


class NnUNet(Training):
    """A raw data set of nnU-Net v2."""

    name = "nnunet"
    title = "nnU-Net"
    allows_regions: ClassVar[bool] = True
    has_splits: ClassVar[bool] = True
    has_folds: ClassVar[bool] = True

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        super().__init__(folder, request, several=several)
        self.training: list[str] = []
        self.validated: list[str] = []
        self.reserved: set[str] = set()
        self.folds: list[list[str]] = [[] for _ in range(request.folds)]

    def add(self, case: Prepared) -> None:
        """Write channels and label map of one case."""
        names = {
            self.class_of(case, each.annotation.label_code): each.annotation.assertion for each in case.images[0].masks
        }
        self.reserved |= {
            name for name, told in names.items() if name == "background" or (name == _IGNORE and told is not _UNSEEN)
        }
        split = self.request.split_of(case)
        is_test = split == "test"
        ending = self.request.volumes.suffix
        for channel, image in enumerate(self.channel_images(case)):
            path = self.folder / ("imagesTs" if is_test else "imagesTr") / f"{case.name}_{channel:04d}{ending}"
            if image.source is not None and image.grid is not None:
                self.request.volumes.write_image(path, image.source, image.grid)
        self.write_label(case, self.folder / ("labelsTs" if is_test else "labelsTr") / f"{case.name}{ending}")
        if not is_test:
            self.training.append(case.name)
        if split == "val":
            self.validated.append(case.name)
        elif not is_test and self.folds:
            self.folds[self.request.fold_of(case)].append(case.name)

    def finish(self) -> None:
        """Write `dataset.json`, and `splits_final.json` if folds or a validation split were asked for."""
        if self.reserved:
            found, advice = sorted(self.reserved), "Give the label another code"
            raise InputError(
                "nnU-Net keeps this name for itself",
                found=found,
                expected="names that nnU-Net does not keep",
                advice=advice,
            )
        self._put_ignored_last()
        names = list(dict.fromkeys(name for names in self.classes.values for name in sorted(names)))
        ignored = {name: self.classes.alone(name) for name in names if name == _IGNORE}
        names = [name for name in names if name != _IGNORE]
        has_regions = any(len(names) > 1 for names in self.classes.values)
        dataset: dict[str, Any] = {
            "channel_names": {str(number): name for number, name in enumerate(self.channels or [])},
            "labels": {"background": 0},
            "numTraining": len(self.training),
            "file_ending": self.request.volumes.suffix,
        }
        if has_regions:
            names.sort(key=lambda name: (-len(self.classes.labels_of(name)), self.classes.alone(name)))
            dataset["labels"] |= {name: self.classes.labels_of(name) for name in names} | ignored
            dataset["regions_class_order"] = [self.classes.alone(name) for name in names]
        else:
            dataset["labels"] |= {name: self.classes.alone(name) for name in names} | ignored
        if self.task:
            dataset["name"] = self.task
        (self.folder / "dataset.json").write_bytes(strict_json.dumps(dataset, indent=2))
        if splits := self._splits():
            (self.folder / "splits_final.json").write_bytes(strict_json.dumps(splits, indent=2))

    def _put_ignored_last(self) -> None:
        """Give what is not annotated the highest value, which nnU-Net asks for, in the files that are written too."""
        values = self.classes.values
        if met := [sorted(names) for names in values if _IGNORE in names and len(names) > 1]:
            raise InputError(
                "what nnU-Net is to ignore overlaps a class",
                found=met,
                expected="voxels of its own",
                advice="Take the voxels of the class out of the mask that is not evaluated",
            )
        value, last = values.get(frozenset([_IGNORE])), max(values.values(), default=0)
        if value is None or value == last:
            return
        new = {value: last, last: value}
        self.classes.values = {names: new.get(each, each) for names, each in values.items()}
        for path in [path for path, present in self.known.items() if new.keys() & set(present)]:
            file = open_volume(path, Limits())
            labels_kji = file.volume(0).read()
            changed_kji = np.array(labels_kji)
            for old, other in new.items():
                changed_kji[labels_kji == old] = other
            rows = [replace(each.entry, value=new.get(each.entry.value, each.entry.value)) for each in file.segments]
            rows.sort(key=lambda row: row.value)
            self.request.volumes.write_labels(path, changed_kji, file.grid, [rows])
            self.known[path] = sorted(new.get(each, each) for each in self.known[path])

    def says_why(self, annotation: Annotation, labels: Labels) -> bool:
        """Tell whether an annotation is the class that nnU-Net ignores."""
        return annotation.assertion is _UNSEEN and labels.name_of(annotation.label_code) == _IGNORE

    def _splits(self) -> list[dict[str, list[str]]]:
        folds = [self.validated] if self.validated else self.folds
        return [{"train": [name for name in self.training if name not in fold], "val": fold} for fold in folds]

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Look for the folders and for what only version 2's `dataset.json` has."""
        path = folder / "dataset.json"
        return b'"channel_names"' in start_of(path)

    @classmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the training cases, then the test cases."""
        dataset = finder.object(folder / "dataset.json")
        path = folder / "dataset.json"
        ending, stated = str(dataset.get("file_ending", ".nii.gz")), _labels(dataset, path)
        classes = {name: values if isinstance(values, list) else [values] for name, values in stated.items()}
        channels = _channels(dataset, path)
        if not ending or "/" in ending:
            raise DocumentError(
                "no ending of a file",
                source=path,
                where="/file_ending",
                found=ending,
                expected="an ending such as .nii.gz",
                advice="Correct dataset.json",
            )
        shared = [of_json(path, _members(dataset, stated), partial(_members_again, stated))]
        splits = folder / "splits_final.json"
        if splits.is_file():
            folds = finder.json(splits)
            shared.append(SourceFile(splits, lambda: [""] * len(folds), lambda _: []))
        told = {"task_id": dataset["name"]} if isinstance(dataset.get("name"), str) and dataset["name"] else {}
        every = [folder / name for pair in _PAIRS for name in pair]
        if not any(path for each in every for path in cases_in(each, ending)):
            named = sorted({path.name for each in every for path in cases_in(each, "")})
            raise InputError(
                "no file of the data set has the ending that its dataset.json names",
                source=path,
                where="/file_ending",
                found=listed(named, _MOST_NAMED) if named else Message("no file"),
                expected=ending,
                advice="Write the ending that the files have, or give them this one",
            )
        for images, labels in _PAIRS:
            told_by = {_label_stem(each, ending): each for each in cases_in(folder / labels, ending)}
            stems = set(told_by)
            stems |= {path.name[: -len(ending) - 5] for path in cases_in(folder / images, f"_0000{ending}")}
            for name in sorted(stems):
                places = [folder / images / f"{name}_{number:04d}{ending}" for number in range(len(channels))]
                present = [path for path in places if path.is_file()]
                if present and present != places:
                    raise InputError(
                        "a channel of the case is missing",
                        source=folder / images,
                        found=name,
                        expected=len(channels),
                        advice="Copy the missing channel there",
                    )
                found = case_files(finder, folder, name, present, told_by.get(name), classes, channels, shared, **told)
                if not (present or finder.sources or found.carrier.is_file()):
                    found = replace(found, images=[replace(each, notes=(Message(_NO_IMAGE),)) for each in found.images])
                yield replace(found, regions=[_as_it_counts(region) for region in found.regions])


def _label_stem(path: Path, ending: str) -> str:
    """Return the name of the case of a label map; Slicer's segmentations in `.nrrd` have an ending more."""
    name = path.name[: -len(ending)]
    return name.removesuffix(".seg") if ending == ".nrrd" else name


def _as_it_counts(region: Region) -> Region:
    """Return a region; that of the class which nnU-Net ignores says that it is no finding."""
    return replace(region, told={**region.told, "assertion": _UNSEEN.value}) if region.key == _IGNORE else region


def _labels(dataset: dict[str, Any], path: Path) -> dict[str, int | list[int]]:
    """Return the value of each class, or its values, but for the background, which is 0 and no class is."""
    try:
        stated = {
            str(name): [_value(value) for value in values] if isinstance(values, list) else _value(values)
            for name, values in dataset["labels"].items()
        }
        if stated.pop("background", 0) != 0 or any(
            each in (0, []) or (isinstance(each, list) and 0 in each) for each in stated.values()
        ):
            raise ValueError
        return stated
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise InputError(
            "not the classes of nnU-Net's dataset.json",
            source=path,
            where="/labels",
            found=str(dataset.get("labels"))[:100],
            expected=_CLASSES,
            advice="Write each class by its name, with its value, or its values if it is a region",
        ) from error


def _value(stated: Any) -> int:
    """Return a value as numbers or texts state it; ValueError if it is not a whole number."""
    if float(stated) != int(stated):
        raise ValueError
    return int(stated)


def _channels(dataset: dict[str, Any], path: Path) -> list[str]:
    """Return the names of the channels, in the order of their numbers."""
    try:
        return [str(name) for _, name in sorted(dataset["channel_names"].items(), key=lambda one: int(one[0]))]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = str(dataset.get("channel_names"))[:100]
        raise InputError(
            "not the channels of nnU-Net's dataset.json",
            source=path,
            where="/channel_names",
            found=found,
            expected=_CHANNEL_NAMES,
            advice="Correct dataset.json",
        ) from error


def _members(dataset: dict[str, Any], labels: dict[str, int | list[int]]) -> dict[str, Any]:
    """Return what `dataset.json` says, without what it counts, how files are named, and the background."""
    return {key: value for key, value in dataset.items() if key not in _COUNTED} | {"labels": labels}


def _members_again(said: dict[str, Any], told: Retold) -> dict[str, Any]:
    labels = {
        name: list(values) if isinstance(said.get(name), list) else values[0]
        for name, values in class_labels(told, said).items()
    }
    channels = {str(number): name for number, name in enumerate(channel_names(told.images))}
    return {"name": told.case.task_id, "channel_names": channels, "labels": labels}
