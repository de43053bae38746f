"""Medical Segmentation Decathlon: `imagesTr`, `labelsTr`, `imagesTs` and a `dataset.json` that lists them.

Authority: http://medicaldecathlon.com (dataset.json of Task01 to Task10); read by MONAI's `load_decathlon_datalist`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import CORRECT_FILE
from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError
from annoconv.files.names import inside
from annoconv.messages import listed
from annoconv_converters._volumes.opening import start_of, stem_of
from annoconv_converters.nifti.layouts.training import Training, case_files, channel_names, class_labels
from annoconv_converters.nifti.source_trees import of_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.layouts.base import Request
    from annoconv_converters.nifti.prepared import Prepared
    from annoconv_converters.nifti.source_trees import Retold

__all__ = ["Msd", "find_listed"]

_LIST: Final = "dataset.json"
_COUNTED: Final = frozenset({"numTraining", "numTest"})


class Msd(Training):
    """A data set of the decathlon's form; images of several channels are refused, for which it wants 4-D files."""

    name = "msd"
    title = "the decathlon's layout"
    has_splits = True

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        super().__init__(folder, request, several=several)
        self.training: list[dict[str, str]] = []
        self.test: list[str] = []

    def add(self, case: Prepared) -> None:
        """Write image and label map of one case."""
        is_test = self.request.split_of(case) == "test"
        self.channel_images(case)
        image = case.images[0]
        file_name = f"{case.name}{self.request.volumes.suffix}"
        folder, labels = ("imagesTs", "labelsTs") if is_test else ("imagesTr", "labelsTr")
        if image.source is not None and image.grid is not None:
            self.request.volumes.write_image(self.folder / folder / file_name, image.source, image.grid)
        self.write_label(case, self.folder / labels / file_name)
        if is_test:
            self.test.append(f"./{folder}/{file_name}")
        else:
            self.training.append({"image": f"./{folder}/{file_name}", "label": f"./{labels}/{file_name}"})

    def finish(self) -> None:
        """Write `dataset.json`."""
        dataset: dict[str, Any] = {
            "name": self.task or "",
            "description": "",
            "reference": "",
            "licence": "",
            "release": "",
            "tensorImageSize": "3D",
            "modality": {"0": (self.channels or ["OT"])[0]},
            "labels": self.label_names(),
            "numTraining": len(self.training),
            "numTest": len(self.test),
            "training": self.training,
            "test": self.test,
        }
        (self.folder / _LIST).write_bytes(strict_json.dumps(dataset, indent=2))

    def label_names(self) -> dict[str, str]:
        """Return the classes by value, as text."""
        return {"0": "background"} | {str(value): next(iter(names)) for names, value in self.classes.values.items()}

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Look for what only the decathlon's `dataset.json` has."""
        path = folder / _LIST
        return b'"numTraining"' in (start := start_of(path)) and b'"modality"' in start

    @classmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the training cases, then the test cases."""
        yield from find_listed(folder, folder / _LIST, finder, ("training", "test"))


def find_listed(folder: Path, path: Path, finder: Finder, lists: tuple[str, ...]) -> Iterator[CaseFiles]:
    """Yield the cases that a data list names: entries of `image` and `label`, or images alone.

    Raises
    ------
    DocumentError
        If the list is damaged.
    InputError
        If a path leads out of the folder.
    """
    dataset = finder.object(path)
    try:
        classes = {str(name): [int(value)] for value, name in dataset["labels"].items() if int(value) != 0}
        modality = str((dataset.get("modality") or {}).get("0", ""))
        entries = [entry for name in lists for entry in dataset.get(name) or ()]
        pairs = [
            (entry["image"], entry.get("label")) if isinstance(entry, dict) else (entry, None) for entry in entries
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError(
            "not a data list",
            source=path,
            found=listed([*dataset], 5),
            expected="labels by value, and training",
            advice="Correct dataset.json, or name the folder of the masks",
        ) from error
    shared = [of_json(path, _members(dataset, lists), partial(_members_again, dataset["labels"]))]
    told: Mapping[str, Any] = {"task_id": dataset["name"]} if dataset.get("name") else {}
    for image, label in pairs:
        image_path = _inside(folder, image, path)
        label_path = _inside(folder, label, path) if label else _beside(image_path)
        name = stem_of(image_path.name)
        yield case_files(finder, folder, name, [image_path], label_path, classes, [modality], shared, **told)


def _members(dataset: dict[str, Any], lists: Sequence[str]) -> dict[str, Any]:
    """Return what a data list says, without what it counts, the background, and the files, which are the cases."""
    more = {name: [_beyond_files(entry) for entry in dataset.get(name) or ()] for name in lists}
    more = {name: entries for name, entries in more.items() if any(entries)}
    labels = {value: name for value, name in dataset["labels"].items() if int(value) != 0}
    kept = {key: value for key, value in dataset.items() if key not in {*_COUNTED, *lists}}
    return kept | {"labels": labels} | more


def _beyond_files(entry: Any) -> dict[str, Any]:
    return (
        {key: value for key, value in entry.items() if key not in {"image", "label"}} if isinstance(entry, dict) else {}
    )


def _members_again(said: dict[str, Any], told: Retold) -> dict[str, Any]:
    classes = class_labels(told, list(map(str, said.values())))
    labels = {str(value): name for name, values in classes.items() for value in values}
    channels = {str(number): name for number, name in enumerate(channel_names(told.images[:1]))}
    return {"name": told.case.task_id, "modality": channels, "labels": labels, "tensorImageSize": "3D"}


def _beside(image: Path) -> Path | None:
    """Return the label map of a test image, which no data list names, if it is there."""
    label = image.parent.with_name(image.parent.name.replace("images", "labels")) / image.name
    return label if label != image and label.is_file() else None


def _inside(folder: Path, name: object, source: Path) -> Path:
    path = inside(folder, str(name))
    if path is None:
        raise InputError(
            "a path leads out of the data set",
            source=source,
            found=name,
            expected="a path below the folder",
            advice=CORRECT_FILE,
        )
    return path
