"""BIDS: a derivative data set with discrete segmentations, one folder a subject.

::

    dataset_description.json  README  .bidsignore  participants.tsv .json (pseudonym, sex, age, height, weight)
    sub-{label}/anat/sub-{label}_{suffix}.nii.gz .json      the image (MR, where --suffix names its contrast)
    sourcedata/sub-{label}/ct/sub-{label}_ct.nii.gz .json   the image of another modality; BIDS has no place for it yet
    sub-{label}/anat/sub-{label}_dseg.nii.gz .json .tsv     the label map and its table
    annoconv/{label}.json                                   private (not with --plain), named in .bidsignore

Where masks overlap, each class is a file `sub-{label}_label-{class}_mask.nii.gz` instead of one label map.

Authority: BIDS 1.10, "Derivatives: Imaging data types" (dseg, mask, `label-`), "Dataset description".
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.documents import strict_json
from annoconv.errors import MaskError
from annoconv.files.manifest import MANIFEST
from annoconv.files.names import is_left_by_desktop
from annoconv.files.stage import is_stage
from annoconv.model import Modality
from annoconv_converters._volumes.label_tables import read_table, write_tsv
from annoconv_converters._volumes.labels import Entry, entry_of
from annoconv_converters._volumes.opening import stem_of
from annoconv_converters.nifti.case_files import CaseFiles, Region
from annoconv_converters.nifti.layouts.participants import (
    TABLE,
    read_participants,
    row_of,
    said_again,
    told_by,
    write_participants,
)
from annoconv_converters.nifti.layouts.training import Training
from annoconv_converters.nifti.prepared import in_boxes
from annoconv_converters.nifti.side_file import FOLDER
from annoconv_converters.nifti.source_trees import SourceFile, image_sidecar, of_table, of_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.layouts.base import Request
    from annoconv_converters.nifti.prepared import Prepared, PreparedImage, PreparedMask

__all__ = ["Bids"]

_VERSION: Final = "1.10.0"
_README: Final = """\
Segmentations as BIDS derivatives, written by annoconv.

Each `*_dseg.tsv` names the labels of the label map beside it. BIDS defines no place for images of other modalities than
its own; those stand under `sourcedata/`.
"""
_SEGMENTED: Final = ("*_dseg.nii*", "*_label-*_mask.nii*")
_REASONS: Final[Reasons] = {
    "subject/age": "BIDS has ages in years; one is read back in the largest unit of which it is a whole number",
}
_LABELLED: Final = re.compile(r"_label-([A-Za-z0-9]+)_")


class Bids(Training):
    """A derivative data set of BIDS."""

    name = "bids"
    title = "BIDS"
    reasons = _REASONS
    needs_images = False
    is_closed = False

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        super().__init__(folder, request, several=several)
        self.participants: dict[str, dict[str, str]] = {}

    def add(self, case: Prepared) -> None:
        """Write one subject."""
        primary, label = case.images[0], _label(case.name)
        folder, stem = self.folder / f"sub-{label}" / "anat", f"sub-{label}"
        if primary.source is not None and primary.grid is not None:
            self._write_image(primary, stem)
        if self.task is None:
            self.task = case.case.task_id
        self.participants[label] = row_of(case.case)
        if primary.grid is None or not primary.masks:
            return
        sidecar = {"Manual": not any(each.annotation.algorithm_type == "automatic" for each in primary.masks)}
        path = folder / f"{stem}_dseg{self.request.volumes.suffix}"
        values = dict(self.classes.values)
        try:
            self.write_label(case, path)
        except MaskError as error:
            if "overlap" not in error.problem:
                raise
            self.classes.values = values
            self._write_masks(case, primary, folder, stem, sidecar)
            return
        path.with_name(f"{stem}_dseg.json").write_bytes(strict_json.dumps(sidecar, indent=2))
        path.with_name(f"{stem}_dseg.tsv").write_bytes(
            write_tsv([self._named(case, entry) for entry in self.entries(case)])
        )

    def _write_image(self, image: PreparedImage, stem: str) -> None:
        is_mr = image.image.modality is Modality.MR and self.request.suffix
        suffix = self.request.suffix if is_mr else image.image.modality.value.lower()
        place = f"{stem}/anat" if is_mr else f"sourcedata/{stem}/{suffix}"
        path = self.folder / place / f"{stem}_{suffix}{self.request.volumes.suffix}"
        if image.source is not None and image.grid is not None:
            self.request.volumes.write_image(path, image.source, image.grid)
        sidecar = image_sidecar(image.image) | ({"SkullStripped": False} if is_mr else {})
        path.with_name(f"{stem}_{suffix}.json").write_bytes(strict_json.dumps(sidecar, indent=2))

    def _write_masks(
        self, case: Prepared, image: PreparedImage, folder: Path, stem: str, sidecar: dict[str, Any]
    ) -> None:
        """Write each class to a file of its own, because some overlap."""
        if image.grid is None:
            return
        by_code: dict[str, list[PreparedMask]] = {}
        for each in image.masks:
            by_code.setdefault(each.annotation.label_code, []).append(each)
        boxed = in_boxes([each for members in by_code.values() for each in members])
        for code, members in by_code.items():
            mask_kji = np.zeros(image.grid.shape_kji, dtype=np.bool_)
            for _, box, inside in islice(boxed, len(members)):
                if box is not None:
                    mask_kji[box] |= inside != 0
            entry = entry_of(1, code, members[0].annotation.category, case.labels)
            path = folder / f"{stem}_label-{_label(code)}_mask{self.request.volumes.suffix}"
            self.request.volumes.write_labels(path, mask_kji, image.grid, [[self._named(case, entry)]])
            told = sidecar | {"Type": "ROI"}
            path.with_name(stem_of(path.name) + ".json").write_bytes(strict_json.dumps(told, indent=2))
            self.known[path] = [1] if mask_kji.any() else []

    def keys(self, case: Prepared) -> dict[str, str]:
        """Return the region keys: the names in the tables."""
        codes = {each.annotation.id: each.annotation.label_code for each in case.images[0].masks}
        return {identity: self._name_of(case, codes[identity]) for identity in super().keys(case)}

    def _named(self, case: Prepared, entry: Entry) -> Entry:
        """Return a row whose name is that of its class, by which it is found again."""
        return replace(entry, name=self._name_of(case, entry.code or entry.name))

    def _name_of(self, case: Prepared, code: str) -> str:
        """Return the class of a label, unless a table does not hold its name: then its code."""
        name = self.class_of(case, code)
        return name if name == name.strip() else code

    def found_name(self, name: str) -> str:
        """Return the subject's label."""
        return _label(name)

    def finish(self) -> None:
        """Write what describes the data set."""
        write_participants(self.folder, self.participants)
        description = _description(self.task)
        (self.folder / "dataset_description.json").write_bytes(strict_json.dumps(description, indent=2))
        (self.folder / "README.md").write_text(_README, "utf-8")
        (self.folder / ".bidsignore").write_text(f"annoconv\n{MANIFEST}\n", "utf-8")

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Look for the description."""
        return (folder / "dataset_description.json").is_file()

    @classmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the subjects of a data set and of its derivatives; sessions are cases of their own."""
        description = finder.object(folder / "dataset_description.json")
        name = description.get("Name")
        told = (
            {"task_id": name}
            if isinstance(name, str) and name and description.get("DatasetType") == "derivative"
            else {}
        )
        places = {path.parent for ending in _SEGMENTED for path in _below(folder, f"**/sub-*/**/{ending}")}
        sources = {path.name for path in _below(folder, "sourcedata/sub-*") if any(_below(path, "*/*.nii*"))}
        places |= {folder / name / "anat" for name in sources - {place.parent.name for place in places}}
        shared = [
            SourceFile(
                folder / "dataset_description.json",
                lambda: description,
                lambda retold: _description(retold.case.task_id),
            ),
            *(SourceFile(path, partial(_columns, path), lambda _: {}) for path in _tables(folder)),
        ]
        participants, units = read_participants(folder), _units(folder, finder)
        here = {part for place in places for part in place.parts}
        gone = {name: row for label, row in participants.items() if (name := f"sub-{label}") not in here and row}
        gone = {name: row for name, row in gone.items() if not (folder / name).exists()}
        shared.append(SourceFile(folder / TABLE, lambda: gone, lambda _: {}))
        for place in sorted(places):
            yield _subject(place, folder, finder, told, shared, participants, units)


def _below(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield what is in a folder but for stages of outputs and what desktops leave there."""
    for path in folder.glob(pattern):
        if not any(is_stage(part) or is_left_by_desktop(part) for part in path.relative_to(folder).parts):
            yield path


def _description(task: str | None) -> dict[str, Any]:
    """Return what `dataset_description.json` says."""
    return {
        "Name": task or "segmentations",
        "BIDSVersion": _VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "annoconv"}],
    }


def _tables(folder: Path) -> list[Path]:
    """Return the tables of sessions and scans."""
    return sorted(path for name in ("sub-*/*_sessions", "**/*_scans") for path in _below(folder, f"{name}.tsv"))


def _columns(path: Path) -> dict[str, str]:
    """Return the columns of a table, but for the first, which names what stands in the folders anyway."""
    with path.open(encoding="utf-8-sig", errors="replace") as table:
        return dict.fromkeys(table.readline(1 << 16).strip().split("\t")[1:], "")


def _units(folder: Path, finder: Finder) -> dict[str, str]:
    """Return the units that the file beside the table of participants tells, by column."""
    beside = (folder / TABLE).with_suffix(".json")
    told = finder.object(beside) if beside.is_file() else {}
    columns = {column: value.get("Units") for column, value in told.items() if isinstance(value, dict)}
    return {column: unit for column, unit in columns.items() if isinstance(unit, str)}


def _subject(
    place: Path,
    folder: Path,
    finder: Finder,
    told: dict[str, Any],
    shared: Sequence[SourceFile],
    participants: Mapping[str, Mapping[str, str]],
    units: Mapping[str, str],
) -> CaseFiles:
    """Return the case of one `anat` folder."""
    parts = [part for part in place.relative_to(folder).parts if part.startswith(("sub-", "ses-"))]
    name = "_".join(part.partition("-")[2] for part in parts)
    files = sorted(_below(place, "*.nii*")) if place.is_dir() else []
    others = sorted(_below((folder / "sourcedata").joinpath(*parts), "*/*.nii*"))
    regions: list[Region] = []
    absent: list[Region] = []
    sources: list[SourceFile] = []
    labels = [path for path in files if stem_of(path.name).endswith("_dseg") or _LABELLED.search(path.name)]
    for path in labels:
        table = path.with_name(stem_of(path.name) + ".tsv")
        rows = read_table(table) if table.is_file() else None
        file = finder.open(path)
        sources += [of_volume(file)] + ([of_table(table, path)] if rows is not None else []) + finder.sidecars(file)
        for region in finder.regions(file, table=rows):
            key = region.entry.name if region.entry.name else f"{path.name}/{region.key}"
            regions.append(replace(region, key=key))
        absent += finder.rows_without_voxels(file, rows or {})
    images = [path for path in (*files, *others) if path not in labels]
    image_file = finder.open(images[0]) if images else None
    opened = [region.volume for region in regions]
    image = finder.image(name, image_file, opened, folder)
    exact = finder.is_exact(image_file)
    carrier = folder / FOLDER / f"{name}.json"
    sources += finder.image_files(image_file) if image_file is not None else []
    row = participants.get(parts[0].removeprefix("sub-"), {})
    if row:
        sources.append(
            SourceFile(folder / TABLE, lambda: dict(row), lambda retold: said_again(row, units, retold.case))
        )
    told = {"case_id": name, **told, **told_by(row, units)}
    return CaseFiles(
        name,
        place,
        carrier,
        [image],
        regions,
        told,
        is_exact=exact,
        absent=absent,
        files=sources,
        shared=shared,
        unread=lambda: images[1:],
    )


def _label(name: str) -> str:
    """Return a name as BIDS labels are: letters and digits; a name that is none gets eight digits of its digest."""
    label = re.sub(r"[^A-Za-z0-9]", "", name)
    return label if label == name else f"{label}{hashlib.sha256(name.encode()).hexdigest()[:8]}"
