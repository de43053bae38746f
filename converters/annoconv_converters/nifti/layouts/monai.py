"""MONAI: `images`, `labels` and a `datalist.json` with training, validation and testing lists.

Authority: MONAI, `monai.data.load_decathlon_datalist`, and Auto3DSeg's data list (`image`, `label`, `fold`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv_converters.nifti.layouts.msd import Msd, find_listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.layouts.base import Request
    from annoconv_converters.nifti.prepared import Prepared

__all__ = ["Monai"]

_LIST: Final = "datalist.json"
_NAMES: Final = {"train": "training", "val": "validation", "test": "testing"}


class Monai(Msd):
    """A data list for MONAI."""

    name = "monai"
    title = "MONAI"
    has_folds = True

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        super().__init__(folder, request, several=several)
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _NAMES.values()}

    def add(self, case: Prepared) -> None:
        """Write image and label map of one case."""
        self.channel_images(case)
        image, file_name = case.images[0], f"{case.name}{self.request.volumes.suffix}"
        if image.source is not None and image.grid is not None:
            self.request.volumes.write_image(self.folder / "images" / file_name, image.source, image.grid)
        self.write_label(case, self.folder / "labels" / file_name)
        entry: dict[str, Any] = {"image": f"images/{file_name}", "label": f"labels/{file_name}"}
        split = self.request.split_of(case)
        if self.request.folds and split == "train":
            entry["fold"] = self.request.fold_of(case)
        self.lists[_NAMES[split]].append(entry)

    def finish(self) -> None:
        """Write `datalist.json`."""
        datalist = {
            "name": self.task or "",
            "modality": {"0": (self.channels or ["OT"])[0]},
            "labels": self.label_names(),
            **self.lists,
        }
        (self.folder / _LIST).write_bytes(strict_json.dumps(datalist, indent=2))

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Look for the data list."""
        return (folder / _LIST).is_file()

    @classmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the cases of all lists."""
        yield from find_listed(folder, folder / _LIST, finder, tuple(_NAMES.values()))
