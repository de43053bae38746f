"""What YOLO, CVAT, Label Studio, GeoJSON, LabelMe and Pascal VOC share: what files hold, and the cases that it means.

Those that are written have a side file: for each record which annotation it belongs to, and for each case what is
missing. `write` makes it. If the file is the one that was written with it, its records are counted off; else it was
edited, and they are paired one by one (`edited`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.loss import Loss, LossReport
from annoconv.model import SCHEMA_VERSION
from annoconv_converters._pictures.additions import Additions
from annoconv_converters._pictures.carrier import damaged, not_used, nothing_shown, read_side, restored
from annoconv_converters._pictures.cases import by_records, loaded_case
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.check import StatedSizes, picture_findings
from annoconv_converters._pictures.class_lists import CLASSES, FileLists, are_listed, classes_told
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.edited import bind
from annoconv_converters._pictures.fitting import GONE, lost, reserved_ids
from annoconv_converters._pictures.meaning import PictureCase, picture_case
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import KEY, Picture, picture_name
from annoconv_converters._pictures.whole_side import in_parts, is_entry, whole_side

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from annoconv.files.side_files import Side
    from annoconv.findings import Finding
    from annoconv.limits import Limits
    from annoconv.registry import Context
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.whole_side import Part

__all__ = ["Batch", "by_themselves", "picture_case_of", "put_keys", "read_pictures"]

Record: TypeAlias = "dict[str, Any]"

FileLosses: TypeAlias = Callable[[Sequence[Picture], LoadedCase, int], Iterable[Loss]]
"""From pictures of a file, the case that they mean and its index to what that does not hold of the file."""


@dataclass
class Batch:
    """What files of a format hold.

    Attributes
    ----------
    pictures
        In the order of the files.
    categories
        Category records; a record's `category_id` is one of their ids.
    side
        The side file that belongs to them.
    source
        For messages.
    losses
        Asked of each case that no side file tells of, and of each in a file that was edited.
    findings
        Asked of each case: what the file breaks of its format's rules.
    classes
        Whether the categories are a class list, with numbers or only an order; else they are the classes that are seen.
    pictures_of
        In place of the pictures, where the file is as it was written: gives those that a side file tells of.
    part
        Where the file is as it was written and these pictures are some of it: the cases of its side file that they are.
    flat
        In place of the pictures, where each is a case of its own and no side file tells of one: as they are read. What
        is asked of a case is asked before the next is read; until then, classes may be added to the categories.
    joined
        In place of all else, where a file may be one case that is read some records at a time: gives that, given its
        index, or None.
    """

    pictures: list[Picture]
    categories: list[Record]
    source: Path
    side: Side | None = None
    losses: FileLosses | None = None
    findings: Callable[[Sequence[Picture], int], Iterable[Finding]] | None = None
    classes: ClassKind = "seen"
    pictures_of: Callable[[Sequence[Record]], list[Picture]] | None = None
    part: Part | None = None
    flat: Iterator[Picture] | None = None
    joined: Callable[[Context, int], Reading | None] | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """A case that a side file tells of, with the keys of the records on each picture if its file was edited.

    `shown` are those of its pictures that the file still has, `listed` the classes of its list.
    """

    pictures: list[Picture]
    shown: list[Picture]
    residual: Any
    keys: list[list[Record]] | None
    listed: list[Record]


def put_keys(parsed: list[Picture], entry: Record, *, with_shapes: bool = True) -> None:
    """Give pictures and their shapes the keys that a side file holds for them."""
    for picture, told in zip(parsed, entry["pictures"], strict=True):
        picture.key = told[KEY]
        keys: list[Any] = told["annotations"] if with_shapes else []
        columns = held(picture)
        if columns is not None:
            columns.keys = keys if len(keys) == len(columns.classes) else []
            continue
        if len(keys) != len(picture.shapes):
            keys = [{}] * len(picture.shapes)
        for shape, key in zip(picture.shapes, keys, strict=True):
            shape.key = key if isinstance(key, dict) else {}


def picture_case_of(
    pictures: list[Picture],
    categories: Categories,
    task: str,
    source: object,
    *,
    use_keys: bool,
    reserved: Collection[str] = (),
    listed: Sequence[Record] = (),
    is_first: bool = True,
    codes: Collection[str] | None = None,
) -> PictureCase:
    """Return what pictures mean, each alone or all together as one volume.

    With keys, `listed` is their class list. Without, it is that of the file: as a first case has it, or one behind; or
    of that the classes that are used or have the `codes` of a case that it is compared with.
    """
    for picture in pictures:
        picture.name = picture_name(picture, DEFAULT_NAMES, use_keys=use_keys)
    is_listed = categories.kind != "seen" and not use_keys
    known = categories.whole if is_listed else categories.of_case(pictures)
    if is_listed:
        of_file = known.list_of_case(pictures, is_first=is_first) if codes is None else known.list_with(pictures, codes)
        listed = _as_told(of_file, known.kind, pictures)
    native = picture_case(pictures, known, use_keys=use_keys, source=source, reserved=reserved, listed=listed)
    native.document = {"schema_version": SCHEMA_VERSION, "task_id": task, **native.document}
    return native


def _as_told(listed: list[Record], kind: ClassKind, pictures: Sequence[Picture]) -> list[Record]:
    """Return the class list of a case, numbered if it is so; or if it is that of a volume, which has no other.

    A video of which nothing says that it has frames is a volume too.
    """
    has_frames = any(each.is_frame and (each.shapes or each.annotated_frames) for each in pictures)
    if kind == "numbered" or not (has_frames or all(each.name is None for each in pictures)):
        return listed
    return [{name: value for name, value in each.items() if name != "number"} for each in listed]


def read_pictures(batches: Iterable[Batch], *, context: Context, task: str) -> Iterator[Reading]:
    """Yield the cases of what files of a format hold: flat pictures each a case, the slices of a volume together."""
    count = 0
    sizes = StatedSizes()
    source: Path | None = None
    for batch in batches:
        first = count
        is_first, source = batch.source != source, batch.source
        known, left, beside = _side(batch, task, context)
        for reading in _readings(batch, known, left, context, task, count, sizes, is_first=is_first):
            losses = [*(loss._replace(case_index=count) for loss in beside), *reading.losses]
            yield reading if count > first or not beside else replace(reading, losses=LossReport(losses))
            count += 1
            context.advance(count)
        if count == first and beside and batch.side is not None and batch.side.path is not None:
            raise nothing_shown(batch.source)


def _readings(
    batch: Batch,
    known: Iterable[_Written],
    left: Iterable[Picture],
    context: Context,
    task: str,
    count: int,
    sizes: StatedSizes,
    *,
    is_first: bool,
) -> Iterator[Reading]:
    if batch.joined is not None:
        reading = batch.joined(context, count)
        if reading is not None:
            yield reading
        return
    # What was written with a side file was compared with the built-in labels only.
    ours = Categories(batch.categories, Labels.of())
    source = batch.source
    categories = {is_list: _categories(batch, context, is_list=is_list) for is_list in (True, False)}
    for each in known:
        ids = reserved_ids(each.residual)
        added = _additions(batch, each, categories[bool(each.listed)], context, task, count, is_first=is_first)
        is_first = False
        edit = None if each.keys is None else bind(each.pictures, each.keys, ours.name_of, ids)
        native = picture_case_of(each.pictures, ours, task, source, use_keys=True, reserved=ids, listed=each.listed)
        document, unfit = restored(
            native.document, each.residual, source, place="the side file", rule="side.invalid", edit=edit
        )
        loaded = loaded_case(native, document, source, context.limits)
        findings = _findings(batch, each.shown, count, sizes)
        losses = LossReport([*lost(unfit, count), *(edit.lost(count) if edit else ()), *added()])
        _forget(each.pictures)
        del native, document, edit
        yield Reading.of(loaded, losses, findings=findings, source=source)
        count += 1
    if batch.flat is not None:
        left = _read_on(batch.flat, batch.categories, categories[True])
    listed = categories[True]
    for pictures, loaded in by_themselves(
        left, listed, context.task or task, source, context.limits, is_first=is_first
    ):
        losses = LossReport(() if batch.losses is None else batch.losses(pictures, by_records(loaded), count))
        findings = _findings(batch, pictures, count, sizes)
        _forget(pictures)
        yield Reading.of(loaded, losses, findings=findings, source=source)
        count += 1


def _read_on(pictures: Iterator[Picture], records: list[Record], categories: Categories) -> Iterator[Picture]:
    """Yield pictures as they are read; add the classes that were met."""
    for picture in pictures:
        categories.add(records[len(categories.records) :])
        yield picture


def _forget(pictures: Iterable[Picture]) -> None:
    """Let go of the shapes of pictures, which are in their case, while that is written."""
    for picture in pictures:
        picture.shapes = []


def _findings(batch: Batch, pictures: Sequence[Picture], count: int, sizes: StatedSizes) -> tuple[Finding, ...]:
    of_format = () if batch.findings is None else batch.findings(pictures, count)
    return (*of_format, *picture_findings(pictures, count), *sizes.findings(pictures, count))


def _categories(batch: Batch, context: Context, *, is_list: bool) -> Categories:
    """Return the categories of a file as they are without a side file; a list if its cases have it."""
    labels = Labels.of(label_system=context.label_system)
    return Categories(batch.categories, labels, kind=batch.classes if is_list else "seen")


def _additions(
    batch: Batch, each: _Written, categories: Categories, context: Context, task: str, count: int, *, is_first: bool
) -> Callable[[], Iterator[Loss]]:
    """Return what gives, once its records are paired, the losses of what was added to a case in an edited file."""
    if each.keys is None or batch.losses is None:
        return lambda: iter(())
    found: list[Loss] = []
    remembered = Additions(each.shown)
    shown = by_themselves(each.shown, categories, task, batch.source, context.limits, is_first=is_first)
    for pictures, loaded in shown:
        found += batch.losses(pictures, by_records(loaded), count)
    return partial(remembered.lost, found)


def by_themselves(
    pictures: Iterable[Picture], categories: Categories, task: str, source: Path, limits: Limits, *, is_first: bool
) -> Iterator[tuple[list[Picture], LoadedCase]]:
    """Yield the cases that pictures are if nothing but their file tells of them, with the pictures of each.

    Of pictures that are still to be read, each is a case of its own. Whether one of them is the first of the file says
    how much its class list has of that of the file.
    """
    for place, group in enumerate(_groups(pictures)):
        yield group, _by_itself(group, categories, task, source, limits, is_first=is_first and not place)


def _by_itself(
    group: list[Picture], categories: Categories, task: str, source: Path, limits: Limits, *, is_first: bool
) -> LoadedCase:
    native = picture_case_of(group, categories, task, source, use_keys=False, is_first=is_first)
    return loaded_case(native, native.document, source, limits)


def _groups(pictures: Iterable[Picture]) -> Iterable[list[Picture]]:
    if isinstance(pictures, Iterator):
        return ([each] for each in pictures)
    groups: dict[object, list[Picture]] = {}
    for position, picture in enumerate(pictures):
        name = picture_name(picture, DEFAULT_NAMES, use_keys=False)
        groups.setdefault(position if name is None else name.case or name.series, []).append(picture)
    return groups.values()


def _side(batch: Batch, task: str, context: Context) -> tuple[Iterable[_Written], list[Picture], list[Loss]]:
    """Return the cases that the side file tells of, the pictures of which it knows nothing, and what is lost of it."""
    if batch.flat is not None:
        return [], [], [] if batch.side is None else batch.side.losses(0)
    if batch.side is None:
        return [], batch.pictures, []
    left_over: list[Picture] = []
    if batch.part is not None:
        return _whole(batch, batch.part.head, [batch.part.entries], left_over), left_over, []
    whole = whole_side(batch.side, task)
    if whole is not None:
        return _whole(batch, whole[0], in_parts(whole[1], batch.side), left_over), left_over, []
    side = read_side(batch.side, dict, task, context.limits)
    if side is None:
        return [], batch.pictures, batch.side.losses(0)
    if side.other is not None:
        return [], batch.pictures, [not_used(side, 0)]
    entries = side.members.get("cases")
    if not isinstance(entries, list) or not all(map(is_entry, entries)):
        raise damaged(None, side.path)
    classes = classes_told(side.members)
    if classes is None or not all(are_listed(each, classes) for each in entries):
        raise damaged(None, side.path)
    left: dict[Any, list[Picture]] = {}
    for picture in batch.pictures:
        left.setdefault(picture.record.get("file_name"), []).append(picture)
    is_edited = not batch.side.is_of(side.main)
    written: list[_Written] = []
    losses: list[Loss] = []
    lists = FileLists(batch.categories, batch.classes, classes, is_edited=is_edited)
    for number, entry in enumerate(entries):
        told: list[Record] = entry["pictures"]
        shown = [left[each["file_name"]].pop(0) if left.get(each["file_name"]) else None for each in told]
        if not any(shown):
            losses += lost({("cases", number): GONE}, 0)
            continue
        pictures = [picture or _without_shapes(each) for picture, each in zip(shown, told, strict=True)]
        put_keys(pictures, entry, with_shapes=not is_edited)
        keys = [each["annotations"] for each in told] if is_edited else None
        places = entry.get(CLASSES)
        listed = lists.of(places, pictures, is_first=not written) if places else []
        written.append(_Written(pictures, list(filter(None, shown)), entry["residual"], keys, listed))
    rest = {id(picture) for pictures in left.values() for picture in pictures}
    return written, [picture for picture in batch.pictures if id(picture) in rest], losses


def _whole(batch: Batch, head: Record, parts: Iterable[list[Record]], left: list[Picture]) -> Iterator[_Written]:
    """Yield the cases of a side file and a file that are as they were written, so that one follows the other.

    Pictures of which the side file does not tell are left at the end.
    """
    path = batch.side.path if batch.side is not None and batch.side.path is not None else batch.source
    classes = classes_told(head)
    lists = FileLists(batch.categories, batch.classes, classes or ())
    for entry, pictures in _shown(batch, parts, left):
        if classes is None or not are_listed(entry, classes):
            raise damaged(None, path)
        told: list[Record] = entry["pictures"]
        if [each.record.get("file_name") for each in pictures] != [each["file_name"] for each in told]:
            raise damaged(None, path)
        put_keys(pictures, entry)
        places = entry.get(CLASSES)
        yield _Written(pictures, pictures, entry["residual"], None, lists.of(places) if places else [])


def _shown(batch: Batch, parts: Iterable[list[Record]], left: list[Picture]) -> Iterator[tuple[Record, list[Picture]]]:
    """Yield cases of a side file with their pictures, which are read some cases at a time."""
    rest = iter(batch.pictures)
    for entries in parts:
        if batch.pictures_of is not None:
            rest = iter(batch.pictures_of([picture for entry in entries for picture in entry["pictures"]]))
        for entry in entries:
            yield entry, [*islice(rest, len(entry["pictures"]))]
    left += rest


def _without_shapes(told: Record) -> Picture:
    """Return a picture that the file does not show any more: its image is no smaller for that."""
    named: Record = {name: told[name] for name in ("file_name", "width", "height") if name in told}
    return Picture({"id": told["file_name"], **named}, is_unsized=True)
