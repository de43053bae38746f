"""Data sets of YOLO as folders: which pictures they list, how large those are, and what the lines beside them say.

Ultralytics describes them in `data.yaml`, Darknet in `obj.data`; others have `classes.txt` only. Nothing outside of the
folder is read, wherever its lists lead. Numbers are shares of width and height; continuous pixels, origin at the outer
corner. Authority: docs.ultralytics.com/datasets; AlexeyAB/darknet.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.advice import CORRECT_PATH, NOTHING, beside
from annoconv.errors import InputError, LimitError
from annoconv.files.atomic import note_inputs
from annoconv.files.disk import is_file
from annoconv.files.side_files import SideFiles
from annoconv.messages import Message
from annoconv.pictures import PICTURE_FILES, size_of_file
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import SIDE_NAME, side_of, told_pictures
from annoconv_converters._pictures.columns import box_picture
from annoconv_converters._pictures.planes import DEFAULT_NAMES, parse_name
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.stored import StoredPictures, ToldSizes
from annoconv_converters.yolo.border import SLACK
from annoconv_converters.yolo.boxes import boxes_of
from annoconv_converters.yolo.description import Description, folder_of, text_of
from annoconv_converters.yolo.folder import Folder
from annoconv_converters.yolo.lines import Kind, record_of
from annoconv_converters.yolo.places import label_of
from annoconv_converters.yolo.trees import DataSetTree, LabelFile
from annoconv_converters.yolo.turned import turned_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from annoconv.files.side_files import Side
    from annoconv.limits import Limits
    from annoconv.model import Label
    from annoconv_converters._pictures.columns import Columns
    from annoconv_converters._pictures.stored import Told

__all__ = ["TASK", "Kind", "read_data_set", "shape_of"]

Record: TypeAlias = "dict[str, Any]"
Sizes: TypeAlias = "dict[str, tuple[int, int]]"
SizeOf: TypeAlias = "Callable[[str, Path | None], tuple[int, int] | None]"

TASK: Final = "yolo"
"""Task of a case that names none."""
_ENDING: Final = ".png"
"""Of a picture that is not there and that no list names."""
_MARK: Final = "_"
"""In the names of slices, between series and axis."""
_OF_OTHERS: Final = Message(
    "Put it there, or pass --images; or put back the side file that was written with this data set"
)
_TOGETHER: Final = 100
"""Pictures that are read at a time: one after another costs less than each between other things."""


def read_data_set(
    folder: Path,
    sizes: Sizes,
    kind: Kind,
    limits: Limits,
    sources: dict[str, Any] | None = None,
    label_system: Sequence[Label] = (),
    *,
    as_they_come: bool = False,
) -> Batch:
    """Return the pictures of a data set in the order of its lists, else of their names.

    Parameters
    ----------
    folder
        The folder, or its description.
    sizes
        Rows and columns by file name, where they are known.
    kind
        Of lines.
    limits
        Bounds.
    sources
        Grids of source images by series, which tell the sizes of pictures that are not there.
    label_system
        The task's labels, by which classes are named again.
    as_they_come
        Whether pictures that are cases of their own need not be held together.

    Raises
    ------
    InputError
        If it is none, a line is no label, or the size of a picture is not known.
    """
    folder = folder_of(folder)
    if not folder.is_dir():
        raise InputError(
            "there is no such folder",
            source=folder,
            found=beside(folder),
            expected="the folder of a data set",
            advice=CORRECT_PATH,
        )
    note_inputs([folder])
    description = Description(folder)
    kind = "obb" if kind == "auto" and description.is_obb else kind
    side = side_of(folder, SideFiles(limits))
    if not sizes and side.is_whole:
        whole = _Whole(folder, description, kind, limits)
        tree = DataSetTree(description.said, description.names, description.keypoints, label_system)
        of_list = description.categories
        return Batch([], of_list, folder, side, None, tree.findings, "numbered", pictures_of=whole.pictures)
    told = ToldSizes(() if sizes else told_pictures(side, TASK, limits))

    def size_of(name: str, image: Path | None) -> tuple[int, int] | None:
        known = sizes.get(name) or (told.get(name) if image is None else None)
        return known or _size(name, image, sources or {})

    found = Folder(folder, limits)
    missing = found.missing(description.stated)
    listed = _Listed(found, description, kind, limits)
    tree = DataSetTree(
        description.said,
        description.names,
        description.keypoints,
        label_system,
        open=len(listed),
        unlisted=listed.unlisted,
        is_guessed=kind == "auto" and side.path is None,
        records=listed.records,
        missing=missing,
        twice=found.twice,
        is_renumbered=description.is_renumbered,
    )
    batch = Batch([], description.categories, folder, side, tree.losses, tree.findings, "numbered")
    if as_they_come and _is_flat(listed, side):
        batch.flat = _as_they_come(listed.read(size_of), tree)
    elif as_they_come:
        batch.stored = _stored(listed.read(size_of), tree)
    else:
        read = [*listed.read(size_of)]
        batch.pictures = [picture for picture, _ in read]
        tree.labels = {picture.record["id"]: lines for picture, lines in read}
    return batch


def _is_flat(listed: _Listed, side: Side) -> bool:
    """Tell whether each picture is a case of its own, of which no side file tells."""
    return side.path is None and not any(parse_name(DEFAULT_NAMES, name) for name in listed.names(_MARK))


def _as_they_come(rest: Iterator[tuple[Picture, LabelFile]], tree: DataSetTree) -> Iterator[Picture]:
    while some := [*islice(rest, _TOGETHER)]:
        tree.labels = {picture.record["id"]: lines for picture, lines in some}
        yield from (picture for picture, _ in some)


def _stored(read: Iterator[tuple[Picture, LabelFile]], tree: DataSetTree) -> StoredPictures:
    def asked(found: Told) -> None:
        tree.labels = {picture.record["id"]: lines for picture, (lines,) in found}

    stored = StoredPictures(asked)
    for picture, lines in read:
        stored.add(picture, lines)
    return stored


class _Whole:
    """The pictures of a data set that is as it was written, by what its side file tells of them."""

    def __init__(self, folder: Path, description: Description, kind: Kind, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._shown = _Pictures(folder, kind, description.keypoints)

    def pictures(self, told: Sequence[Record]) -> list[Picture]:
        """Return the next pictures, with their lines."""
        found: list[_Lines] = []
        for each in told:
            name = str(each["file_name"])
            name_in_set = label_of(name)
            label = f"{self._folder}/{name_in_set}"  # a path object for each of many is dear
            size = (each.get("height", 0), each["width"]) if "width" in each else None
            found.append(_Lines(name, size, _lines(label, self._limits), label, name_in_set))
        return self._shown.pictures(found)


class _Listed:
    """The pictures that a data set lists, each with its lines, as they are read."""

    def __init__(self, folder: Folder, description: Description, kind: Kind, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._kind, self._keypoints = kind, description.keypoints
        self._files = folder.pictures(description.listed)

    def __len__(self) -> int:
        return len(self._files)

    def read(self, size_of: SizeOf) -> Iterator[tuple[Picture, LabelFile]]:
        """Yield them, given what tells the size of a picture by its name and its file."""
        shown, rest = _Pictures(self._folder.path, self._kind, self._keypoints), self._lines(size_of)
        while some := [*islice(rest, _TOGETHER)]:
            files = (LabelFile(each.place, each.lines) for each in some)
            yield from zip(shown.pictures(some), files, strict=True)

    def _lines(self, size_of: SizeOf) -> Iterator[_Lines]:
        """Yield what there is about each picture."""
        for stem, place in self._files:
            label = Path(place)
            name, image = self._named(stem, label)
            name_in_set, lines = self._folder.name_of(label), _lines(label, self._limits)
            yield _Lines(name, size_of(name, image), lines, label, name_in_set)

    def names(self, mark: str) -> Iterator[str]:
        """Yield the names of the pictures that have a mark in them."""
        return (self._named(stem, Path(label))[0] for stem, label in self._files if mark in stem)

    def records(self) -> Iterator[Record]:
        """Yield what each line says, in shares of a picture, as far as they are understood."""
        with suppress(InputError, LimitError):
            for _, label in self._files:
                for line in _lines(label, self._limits):
                    yield record_of(line, (1, 1), self._kind, self._keypoints, label, 0)

    def unlisted(self) -> dict[str, list[str]]:
        """Return the lines of the label files of which no picture is listed, by their names."""
        return {
            path.relative_to(self._folder.path).as_posix(): _lines(path, self._limits)
            for path in self._folder.unlisted()
        }

    def _named(self, name: str, label: Path) -> tuple[str, Path | None]:
        """Return the name of a picture with its ending, and where it is."""
        image = self._folder.image(label, name)
        if not name.lower().endswith(PICTURE_FILES):
            name = f"{name}{image.suffix if image else _ENDING}"
        return name, image


class _Lines(NamedTuple):
    """The lines about a picture.

    Attributes
    ----------
    name
        Of the picture.
    size
        Rows and columns, if they are known.
    lines
        About it.
    path, place
        Of their file, for messages, and within the data set.
    """

    name: str
    size: tuple[int, int] | None
    lines: list[str]
    path: Path | str
    place: str


class _Pictures:
    """Makes pictures of the lines about them; they and their shapes are numbered as they come.

    Parameters
    ----------
    folder
        The data set.
    kind, keypoints
        As `record_of` takes them.
    """

    def __init__(self, folder: Path, kind: str, keypoints: tuple[int, int] | None) -> None:
        self._folder, self._kind, self._keypoints = folder, kind, keypoints
        self._pictures = self._shapes = 0

    def pictures(self, some: Sequence[_Lines]) -> list[Picture]:
        """Return the next pictures."""
        boxes: Iterable[Columns | None] = (None for _ in some)
        if self._keypoints is None:
            boxes = boxes_of([each.lines for each in some], [each.size or (0, 0) for each in some])
        return [*map(self._picture, some, boxes)]

    def _picture(self, each: _Lines, boxes: Columns | None) -> Picture:
        """Return the next picture, given what its lines are if they are boxes and nothing else."""
        if each.size is None and each.lines:
            has_side = (self._folder / SIDE_NAME).is_file()
            raise InputError(
                "the size of the picture is not known",
                source=self._folder / "images" / each.name,
                found=Message("a side file that does not tell of it") if has_side else NOTHING,
                expected="the picture of that label file",
                advice=_OF_OTHERS if has_side else "Put it there, or pass --images",
            )
        rows, columns = each.size or (0, 0)
        self._pictures += 1
        stated = {"width": columns, "height": rows} if each.size else {}
        record: Record = {"id": self._pictures, "file_name": each.name, **stated}
        if boxes is not None:
            first = self._shapes + 1
            self._shapes += len(each.lines)
            boxes.numbers, boxes.above = range(first, first + len(each.lines)), (each.place,)
            return box_picture(record, boxes)
        picture = Picture(record, is_unsized=True)
        slack = SLACK * 2 * max(rows, columns)
        for number, line in enumerate(each.lines, start=1):
            self._shapes += 1
            told = record_of(line, (rows, columns), self._kind, self._keypoints, each.path, number)
            told["id"] = self._shapes
            picture.shapes.append(shape_of(told, (each.place, number - 1), self._kind, slack))
        return picture


def shape_of(record: Record, place: tuple[str, int], kind: str, slack: float) -> Shape:
    """Return a line as a shape: an outline is a turned box where lines are such."""
    rings = record.pop("segmentation") if kind == "obb" and "segmentation" in record else None
    return Shape(record, None if rings is None else turned_of(rings[0], slack), place=place)


def _lines(path: Path | str, limits: Limits) -> list[str]:
    if not is_file(path):
        return []  # a picture without objects
    return [line for line in text_of(path, limits.line_bytes).splitlines() if line.strip()]


def _size(name: str, image: Path | None, sources: dict[str, Any]) -> tuple[int, int] | None:
    if image is not None:
        return size_of_file(image)
    for series, grid in sources.items():
        if re.fullmatch(rf"(.*/)?{re.escape(series)}(_k\d+)?\.[a-z]+", name):
            return grid.shape[1], grid.shape[0]
    return None
