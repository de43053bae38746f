"""What a case does not hold of the files that it was read from: each file against what the case would say there.

A file is a tree of its own terms, without voxels: header fields by their names, rows of a label table by their values,
members of a JSON file. The same tree is made again from the case, by the writer's own functions where the format is
written. What a case says beyond a file is no loss of the file, and is left out of the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.codes import words
from annoconv.documents.losses import report
from annoconv.geometry import Grid
from annoconv.loss import LossKind
from annoconv_converters._volumes.file import FileSegment
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.mitk import GROUPS
from annoconv_converters._volumes.table_trees import table_tree, written_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv.model import Case, Image
    from annoconv_converters._volumes.file import Tree, VolumeFile
    from annoconv_converters._volumes.labels import Entry

__all__ = [
    "Retold",
    "RetoldRow",
    "SourceFile",
    "file_losses",
    "image_sidecar",
    "mask_sidecar",
    "of_given_table",
    "of_json",
    "of_sidecar",
    "of_table",
    "of_volume",
]

_SPACE: Final = "a case is in scanner coordinates, or in none; which ones a file means has no place in it"
_SCALED: Final = "a case has the values as they are scaled, not how they are stored"
_IN_MM: Final = "lengths are in mm in a case"
_OF_SUBJECT: Final = "{name} is taken in years, m and kg, or as M, F and O; the file does not say it so"
_ROUNDING_MM: Final = 1e-2
_NO_LABEL: Final = "no annotation stands for this label"
_EMPTY: Final[Sequence[Any]] = ("", None, [], {})
_REASONS: Final[Reasons] = {
    "[qs]form_code": (_SPACE, LossKind.NO_PLACE),
    "[qs]form": "a case has one affine, which was chosen of two that conflict",
    "scl_*": (_SCALED, LossKind.NO_PLACE),
    "pixdim*": (
        "a case has the voxel sizes of its affine, and no place for others or for steps of time",
        LossKind.NO_PLACE,
    ),
    "xyzt_units/space": _IN_MM,
    "space units": (_IN_MM, LossKind.APPROXIMATED),
    "DistanceUnits": (_IN_MM, LossKind.APPROXIMATED),
    "AnatomicalOrientation": ("the axes run otherwise by the matrix, which holds", LossKind.APPROXIMATED),
    "CenterOfRotation": ("it moves no voxel, in ITK and in a case", LossKind.NO_PLACE),
    "TransformMatrix": ("its rows are not of length 1; a case has it in the spacing", LossKind.APPROXIMATED),
    "affine/*": "the geometry of the case's image stands for it",
    "*LabelTable/#/[0-9]*/*": "a label has no place for {name} as the file has it",
    **dict.fromkeys(("*LabelTable/#/[0-9]*", "*LabelTable/#/-[0-9]*", "-[0-9]*"), _NO_LABEL),
    "Segment[0-9]*": "a label has no place for what the file says in {name}",
    f"{GROUPS}/#/[0-9]*/*": "a label has no place for {name}",
    "labels/*": _NO_LABEL,
    "images/*/shape": ("the volume itself says it", LossKind.NO_PLACE),
    "regions/*/id": ("the side file knows the annotation by its former id", LossKind.NO_PLACE),
    "regions/*/name": ("the label code beside it says what it is", LossKind.NO_PLACE),
    "sub-*": "no file here is of this participant",
    "age": _OF_SUBJECT,
    "sex": _OF_SUBJECT,
    "height": _OF_SUBJECT,
    "weight": _OF_SUBJECT,
    "regions/*": "the file that the index names for it is not there",
    "[0-9]*/*": "a label has no place for {name} as the file has it",
    "[0-9]*": _NO_LABEL,
    "#": "a case has no place for the fold that it is in",
    "*": "a case has no place for {name}",
}


@dataclass(frozen=True)
class RetoldRow:
    """One mask of a case as the files name it.

    Attributes
    ----------
    path
        Its file.
    layer
        Its volume there.
    labels
        Its labels there, more than one for a region of several; empty where every voxel that is not 0 is its own.
    entry
        The row of a label table that the case gives for it.
    names
        What else names the same label: its code, and its name in the other language.
    identity
        Of its annotation.
    """

    path: Path | None
    layer: int
    labels: tuple[int, ...]
    entry: Entry
    names: frozenset[str]
    identity: str


@dataclass(frozen=True)
class Retold:
    """What a case says, for those who make the tree of a file again."""

    case: Case
    rows: Sequence[RetoldRow]

    @property
    def images(self) -> list[Image]:
        """Its images, the primary one first."""
        return [self.case.image, *(self.case.related_images or ())]

    @cached_property
    def grids(self) -> list[Grid | None]:
        """Where the images lie; None for one whose shape nothing tells."""
        return [Grid.from_image(image) if image.shape is not None else None for image in self.images]

    def segments(self, path: Path, said: Mapping[tuple[int, int], str]) -> list[FileSegment]:
        """Return the labels of a file, under that of their names which the file itself has for a layer and a label."""
        return [
            FileSegment(row.layer, named_as(row, said.get((row.layer, row.entry.value))), row.identity)
            for row in self.rows
            if row.path == path
        ]


def named_as(row: RetoldRow, said: str | None) -> Entry:
    """Return a row's entry under the name that a file has for it, if that is one of the label's."""
    return replace(row.entry, name=said) if said is not None and said in row.names else row.entry


@dataclass(frozen=True)
class SourceFile:
    """A file that a case was read from.

    Attributes
    ----------
    path
        The file.
    tree
        Says what stands in it.
    again
        Says what would stand there, from the case.
    """

    path: Path
    tree: Callable[[], Any]
    again: Callable[[Retold], Any]


def of_volume(file: VolumeFile, image: int | None = None) -> SourceFile:
    """Return a file of masks, or of the case's image of this number: 0 for the primary one."""

    def again(told: Retold) -> Tree:
        of_image = told.grids[image or 0]
        # A mask keeps the grid that it was drawn on.
        grid = of_image if of_image is not None and _is_near(of_image, file.grid) else file.grid
        said = {(each.layer, each.entry.value): each.entry.name for each in file.segments}
        return file.written_tree(grid, told.segments(file.path, said), is_labels=image is None)

    return SourceFile(file.path, file.tree, again)


def _is_near(one: Grid, other: Grid) -> bool:
    """Tell whether two grids are the same but for rounding."""
    if one.shape != other.shape or one.lps_from_ijk is None or other.lps_from_ijk is None:
        return False
    return bool(np.abs(one.lps_from_ijk - other.lps_from_ijk).max() < _ROUNDING_MM)


def of_table(table: Path, volume: Path) -> SourceFile:
    """Return the label table of a file."""

    def again(told: Retold) -> Tree:
        said = {(0, value): entry.name for value, entry in read_table(table).items() if isinstance(value, int)}
        return written_table(text(), [each.entry for each in told.segments(volume, said)])

    def text() -> str:
        return table.read_bytes().decode("utf-8-sig")

    return SourceFile(table, lambda: table_tree(text()), again)


def of_given_table(table: Path, told: Retold) -> SourceFile:
    """Return the label table that was named for all files; of a table of terms, the rows of their names."""
    text, entries = table.read_bytes().decode("utf-8-sig"), read_table(table)
    tree = table_tree(text)
    named_rows = [(row, name) for row in told.rows if (name := _name_in(entries, row)) is not None]
    if any(isinstance(key, str) for key in entries):
        tree = {name: tree[name] for _, name in named_rows}
        return SourceFile(
            table,
            lambda: tree,
            lambda _: written_table(text, [replace(row.entry, name=name) for row, name in named_rows]),
        )
    said = {value: entry.name for value, entry in entries.items()}
    # Where files have one value for two things, the table speaks of that which has its name.
    rows = sorted((row for row in told.rows if row.labels), key=lambda row: said.get(row.entry.value) in row.names)
    again = [named_as(row, said.get(row.entry.value)) for row in rows]
    return SourceFile(table, lambda: tree, lambda _: written_table(text, again))


def _name_in(table: Mapping[str | int, Entry], row: RetoldRow) -> str | None:
    """Return the name, as `annoconv.codes.words` has it, under which a table knows a label."""
    return next((name for each in sorted(row.names) if (name := words(each)) in table), None)


def of_json(path: Path, members: Tree, again: Callable[[Retold], Tree]) -> SourceFile:
    """Return a JSON file by its members; an empty one says nothing."""
    return SourceFile(path, lambda: {key: value for key, value in members.items() if value not in _EMPTY}, again)


def of_sidecar(path: Path, members: Tree, image: int = 0) -> SourceFile:
    """Return the sidecar of the case's image of this number, or of a mask on it."""
    return of_json(path, members, lambda told: image_sidecar(told.images[image]) | mask_sidecar(told.case))


def image_sidecar(image: Image) -> Tree:
    """Return what the sidecar of an image says, by the names that dcm2niix gives it."""
    told = {
        "Modality": image.modality.value,
        "SeriesInstanceUID": image.uid,
        "StudyInstanceUID": image.study_instance_uid,
        "FrameOfReferenceUID": image.frame_of_reference_uid,
    }
    return {key: value for key, value in told.items() if value is not None}


def mask_sidecar(case: Case) -> Tree:
    """Return what the sidecar of a label map says: whether people drew it."""
    return {
        "Manual": not any(each.algorithm_type == "automatic" for each in case.annotations if each.type == "mask"),
        "Type": "ROI",
    }


def file_losses(
    files: Iterable[SourceFile], told: Retold, source: Path, case_index: int, reasons: Reasons = _REASONS
) -> Iterator[Loss]:
    """Yield what files say and the case does not.

    Parameters
    ----------
    files
        What the case was read from.
    told
        The case.
    source
        What was named: the paths of losses begin with the name of a file in it, or of one that was named beside it,
        unless it is the file itself.
    case_index
        Of the case among those read.
    reasons
        Sentences by place in a file.
    """
    folder = source if source.is_dir() else source.parent
    for file in files:
        inner = file.path.relative_to(folder).as_posix() if file.path.is_relative_to(folder) else file.path.name
        name = () if file.path == source else (inner,)
        said, again = _side_by_side(file.tree(), file.again(told))
        yield from report(said, again, reasons, case_index=case_index, within=name).losses


def _side_by_side(said: Any, again: Any) -> tuple[Any, Any]:
    """Return two trees, so that what has no counterpart is one leaf in the first and is left out of the second."""
    if isinstance(said, dict) and isinstance(again, dict):
        pairs = {key: _side_by_side(value, again[key]) for key, value in said.items() if key in again}
        alone = {key: value if _is_leaf(value) else "" for key, value in said.items() if key not in again}
        return {key: one for key, (one, _) in pairs.items()} | alone, {key: other for key, (_, other) in pairs.items()}
    if isinstance(said, list) and isinstance(again, list):
        both = [_side_by_side(*pair) for pair in zip(said, again, strict=False)]
        alone_in_list = [value if _is_leaf(value) else "" for value in said[len(again) :]]
        return [one for one, _ in both] + alone_in_list, [other for _, other in both]
    return said, again


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)
