"""The one writer of YOLO, CVAT, Label Studio and GeoJSON: cases to pictures, to the format's own tree, to its files.

A format says what a tree of its own holds of pictures (`PictureFormat`), how that is saved, and how its files are read.
The writer reads its own output again to learn what it means by itself, so that the loss report is exact whatever the
format does to numbers, names and order. The side file, unless it is not wanted, holds for each shape which annotation
it belongs to and, as digests, what it says, and for each case what is missing.

Classes and names are those of all cases, so cases are drawn first and wait (`spool`); then they are written and read
again some at a time, and what was written of each is put together.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import NOTHING
from annoconv.codes import UNCLASSIFIED
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.errors import InputError
from annoconv.files.atomic import expecting, replacing
from annoconv.files.naming import naming
from annoconv.loss import LossReport
from annoconv.scratch import scratch_file
from annoconv_converters._pictures.alike import Alike
from annoconv_converters._pictures.boxes import Boxes
from annoconv_converters._pictures.carrier import FORMAT, SIDE_NAME, SIDE_SUFFIX, VERSION
from annoconv_converters._pictures.class_lists import CLASSES, Counted, SaidOnce, WrittenLists
from annoconv_converters._pictures.columns import drawn_ids, held, measured
from annoconv_converters._pictures.comparison import compare_case
from annoconv_converters._pictures.drawn import drawn_cases
from annoconv_converters._pictures.outlines import Outlines, compare_outlines
from annoconv_converters._pictures.picture_format import PictureFormat, Whole
from annoconv_converters._pictures.records import KEY, Picture
from annoconv_converters._pictures.refused import told_of
from annoconv_converters._pictures.render import Rendering, inversions, pictures_folder, render
from annoconv_converters._pictures.said import said_of
from annoconv_converters._pictures.sizes import with_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Set

    from annoconv.casefile import LoadedCase
    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.category_table import CategoryTable
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.drawn import Drawn
    from annoconv_converters._pictures.picture_format import Parts
    from annoconv_converters._pictures.picture_names import NameRule

__all__ = ["write_pictures"]

Record: TypeAlias = "dict[str, Any]"

_PART: Final = ".part"
"""Name of the folder in an output folder in which a part of it is written and read again."""


def write_pictures(
    cases: Iterable[LoadedCase],
    target: Path,
    format: PictureFormat[Any],
    *,
    context: Context,
    rendering: Rendering,
    names: NameRule,
    plain: bool = False,
    all_annotations: bool = False,
    fitting: Callable[[Set[str]], PictureFormat[Any] | None] | None = None,
) -> LossReport:
    """Write cases in a format of pictures.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The format's file or folder.
    format
        Which.
    context
        Label system, limits.
    rendering
        How pictures are rendered, if at all.
    names
        Of the pictures.
    plain
        Whether to write no side file.
    all_annotations
        Whether what does not count as a finding is drawn too.
    fitting
        From the types of all annotations to a form of the format that holds more of them, if there is one; none does
        where there is a mask.
    """
    if not format.is_folder:
        if not plain:
            expecting(target.with_suffix(SIDE_SUFFIX), of=target)
        if rendering.depth != "none":
            expecting(pictures_folder(target), of=target)
    is_rendered = rendering.depth != "none"
    sized = with_sizes(cases, rendering.images, context.limits, is_rendered=is_rendered)
    drawn = drawn_cases(sized, format, context, names, has_files=format.is_folder or is_rendered, every=all_annotations)
    other = None if fitting is None else fitting(drawn.types)
    if other is not None:
        again, has_files = (each.loaded for each in drawn.drawings), other.is_folder or is_rendered
        drawn = drawn_cases(again, other, context, names, has_files=has_files, every=all_annotations)
    if not len(drawn.drawings):
        problem, advice = "there is no case to write", "Name one source at least"
        raise InputError(problem, source=target, found=NOTHING, expected="a case at least", advice=advice)
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target))
        writer = _Writer(drawn, temporary, target, outputs, rendering, plain=plain)
        writer.write()
    return LossReport(drawn.losses)


class _Writer:
    """Writes what was drawn, part by part, and reads each part again."""

    def __init__(
        self, drawn: Drawn, temporary: Path, target: Path, outputs: ExitStack, rendering: Rendering, *, plain: bool
    ) -> None:
        self._drawn, self._format, self._plain = drawn, drawn.format, plain
        self._temporary, self._target, self._outputs, self._rendering = temporary, target, outputs, rendering
        self._once, self._counted = SaidOnce(), Counted(drawn.table, drawn.format.reasons, is_anew=True)
        self._alike = Alike(drawn.format.task, drawn.format.reasons, has_ids=drawn.format.has_ids)
        self._lists: WrittenLists | None = None
        self._listed: list[Record] = []
        self._entries: IO[bytes] = outputs.enter_context(scratch_file())
        self._has_classes = self._has_own = False
        self._cases = self._pictures = self._read = 0
        """Those that were written, and shapes that were read again."""
        self._rendered: Path | None = None
        if rendering.depth != "none":
            folder = pictures_folder(target)
            of_folder = self._format.is_folder
            self._rendered = temporary if of_folder else outputs.enter_context(replacing(folder, of=target))

    def write(self) -> None:
        """Write the output and its side file."""
        format, drawn, target = self._format, self._drawn, self._temporary
        with TemporaryDirectory(prefix="annoconv-") as name:
            parts: Parts[Any] | None = None
            for part in drawn.parts():
                if len(part) == len(drawn.drawings):
                    self._write(part, target)
                    break
                if parts is None:
                    parts = format.parts(target if format.is_folder else Path(name))
                path = target / _PART if format.is_folder else Path(name, target.name)
                tree = self._write(part, path)
                if tree is not None:
                    parts.add(tree, path)
            if parts is not None:
                parts.finish(target)
            if not format.is_folder:  # what cannot be read again, as a whole, is not written
                strict_json.check_document(target.stat().st_size, target, drawn.context.limits)
        if (self._has_losses or self._has_own or not format.has_sizes) and not self._plain:
            self._write_side()

    @collector_paused()
    def _write(self, part: list[Drawing], path: Path) -> Any:
        """Write some cases, and learn what they are read as; return what was written if it is only a part of all."""
        format, drawn = self._format, self._drawn
        shown = [list(drawing.pictures) for drawing in part]
        if format.arrange is not None:
            self._lose(format.arrange(part, self._cases, drawn.is_joined))
        for drawing in part:
            drawn.number(drawing)
        if not self._listed:
            drawn.skeletons.settle()
            self._listed = [drawn.skeletons.record(each) for each in drawn.table.sorted()]
        pictures = [picture for drawing in part for picture in drawing.pictures]
        whole = Whole(self._pictures, drawn.count, drawn.survey)
        sizes = {picture.record["file_name"]: _size(picture) for picture in pictures if "width" in picture.record}
        tree = format.tree(pictures, _classes(self._listed, drawn.table, format), whole)
        cases = [drawing.loaded for drawing in part]
        with told_of(cases, self._target), naming(self._target, self._temporary):
            batch = None if format.understood is None else format.understood(tree, pictures, sizes, self._temporary)
        is_all = len(part) == len(drawn.drawings)
        if batch is None or is_all:
            format.save(tree, path)
        elif format.is_folder:
            format.save(tree, self._temporary)
        for picture in pictures:
            for shape in () if held(picture) else picture.shapes:
                shape.record.pop("segmentation", None)  # what was drawn is in the tree
        if is_all or (batch is not None and format.is_folder):
            tree = None
        for drawing, every in zip(part, shown, strict=True):
            if self._rendered is not None:
                all_ = replace(drawing, pictures=every)
                render(all_, self._rendered, self._rendering, drawn.context.limits, format.place)
        with told_of(cases, self._target), naming(self._target, path):
            self._compare(part, format.read(path, sizes) if batch is None else batch)
        self._pictures += len(pictures)
        return tree

    def _compare(self, part: list[Drawing], batch: Batch) -> None:
        """Learn what comes back of some cases, and note it for the side file."""
        format, drawn = self._format, self._drawn
        batch.losses = None  # nobody asks what a file of ours loses, so what it says as it stands can go
        if not format.has_ids:  # they are numbered by their places in what was read
            self._read = _numbered_from(self._read, batch.pictures)
        if self._lists is None or not self._lists.is_of(batch.categories, batch.classes):
            system = drawn.context.label_system
            self._lists = WrittenLists(batch.categories, batch.classes, self._listed, system)
        lists = self._lists
        columns = [] if self._plain else measured(batch.pictures)
        entries: list[Record] = []
        losses: list[Loss] = []
        position = 0
        for drawing in part:
            first, position = position, position + len(drawing.pictures)
            read = batch.pictures[first:position]
            is_said = self._once(drawing.labels, drawing.listed)
            told = None
            if isinstance(drawing, Boxes) and not self._plain:
                told = self._alike.compare(drawing, read, columns[first], lists, self._cases, is_said=is_said)
            elif isinstance(drawing, Outlines) and not self._plain:
                told = compare_outlines(drawing, read, lists, format.task, format.reasons, self._cases, is_said=is_said)
            else:
                _share_rings(drawing.pictures, read)
            found, entry = told or compare_case(
                drawing,
                read,
                lists,
                format.task,
                format.reasons,
                self._cases,
                plain=self._plain,
                is_said=is_said,
            )
            if told is None and not self._plain:
                _note(entry, read, lists.known, has_ids=format.has_ids)
            losses += found
            if self._rendered is not None:
                losses += inversions(drawing, self._cases)
            if lists.kind == "numbered" and self._counted.is_open:
                ids = {identity for picture in drawing.pictures for identity in drawn_ids(picture)}
                losses += self._counted.losses(drawing.document, drawn.labels_of(drawing), ids, self._cases)
            entries.append(entry)
            if not (self._plain or self._has_own):
                self._has_own = lists.is_other(entry.get(CLASSES, ()), read, is_first=not self._cases)
            self._cases += 1
        self._lose(losses)
        if not self._plain:
            self._has_classes = self._has_classes or any(CLASSES in entry for entry in entries)
            self._entries.write((b"," if self._entries.tell() else b"") + strict_json.dumps(entries)[1:-2])

    def _lose(self, losses: Iterable[Loss]) -> None:
        self._drawn.losses += losses

    @property
    def _has_losses(self) -> bool:
        return bool(self._drawn.losses)

    def _write_side(self) -> None:
        """Write the side file: its head, and the entries of the cases."""
        if self._format.is_folder:
            side = self._temporary / SIDE_NAME
        else:
            side = self._outputs.enter_context(replacing(self._target.with_suffix(SIDE_SUFFIX), of=self._target))
        classes = {CLASSES: self._lists.told} if self._lists is not None and self._has_classes else {}
        head = strict_json.dumps({KEY: VERSION, FORMAT: self._format.task, **classes, "cases": []})
        self._entries.seek(0)
        with side.open("wb") as file:
            file.write(head[:-3])
            shutil.copyfileobj(self._entries, file)
            file.write(head[-3:])


def _share_rings(drawn: list[Picture], read: list[Picture]) -> None:
    """Hold rings that are read as they were drawn, as nearly all are, once: those of the case."""
    for one, other in zip(drawn, read, strict=False):
        for ours, theirs in zip(one.shapes, other.shapes, strict=False):
            if ours.pieces is theirs.pieces:
                continue
            # By their texts, in which minus zero is not zero.
            if ours.pieces and strict_json.dumps(ours.pieces) == strict_json.dumps(theirs.pieces):
                theirs.pieces = ours.pieces


def _note(entry: Record, read: list[Picture], known: Categories, *, has_ids: bool) -> None:
    """Note with the key of each record what that says, and the id that the format has for it."""
    for told, picture in zip(entry["pictures"], read, strict=False):
        told["annotations"] = [
            {**key, "said": said_of(shape, known.name_of(shape.record.get("category_id")))}
            | ({"number": str(shape.record["id"])} if has_ids else {})
            for key, shape in zip(told["annotations"], picture.shapes, strict=False)
        ]


def _numbered_from(count: int, pictures: list[Picture]) -> int:
    """Add a number to those of records; return how many there are then."""
    before = count
    for picture in pictures:
        columns = held(picture)
        if columns is not None:
            columns.numbers = [number + before for number in columns.numbers]
            count += len(columns.numbers)
        else:
            for shape in picture.shapes:
                shape.record["id"] += before
            count += len(picture.shapes)
    return count


def _classes(listed: list[Record], table: CategoryTable, format: PictureFormat[Any]) -> list[Record]:
    """Return the classes as a format writes them: that of objects without a class has no name where it needs none."""
    if UNCLASSIFIED in format.reasons or UNCLASSIFIED in table.listed:
        return listed
    return [{**each, "name": ""} if each["name"] == UNCLASSIFIED else each for each in listed]


def _size(picture: Picture) -> tuple[int, int]:
    return picture.record["height"], picture.record["width"]
