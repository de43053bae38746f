"""What YOLO, CVAT, Label Studio, GeoJSON, LabelMe and Pascal VOC share: what files hold, and the cases that it means.

Those that are written have a side file: for each record which annotation it belongs to, and for each case what is
missing. `write` makes it. If the file is the one that was written with it, its records are counted off; else it was
edited, and they are paired one by one (`edited`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.loss import Loss, LossReport
from annoconv.model import SCHEMA_VERSION
from annoconv_converters._pictures.additions import Additions
from annoconv_converters._pictures.alike_cases import AlikeCases
from annoconv_converters._pictures.carrier import nothing_shown, restored
from annoconv_converters._pictures.cases import by_records, loaded_case
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.check import SharedPictures, picture_findings
from annoconv_converters._pictures.edited import StatedCategories, bind
from annoconv_converters._pictures.fitting import lost, reserved_ids
from annoconv_converters._pictures.kept_alike import as_before
from annoconv_converters._pictures.meaning import picture_case
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import Picture, picture_name
from annoconv_converters._pictures.stored import grouped
from annoconv_converters._pictures.told_cases import told_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.findings import Finding
    from annoconv.limits import Limits
    from annoconv.registry import Context
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.cases import PictureCase
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.edited import Edit
    from annoconv_converters._pictures.told_cases import WrittenCase

__all__ = ["by_themselves", "picture_case_of", "read_pictures"]

Record: TypeAlias = "dict[str, Any]"


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
    as_columns: bool = False,
) -> PictureCase:
    """Return what pictures mean, each alone or all together as one volume.

    With keys, `listed` is their class list. Without, it is that of the file: as a first case has it, or one behind; or
    of that the classes that are used or have the `codes` of a case that it is compared with. Plain boxes may be asked
    for as columns.
    """
    for picture in pictures:
        picture.name = picture_name(picture, DEFAULT_NAMES, use_keys=use_keys)
    if use_keys or categories.kind == "seen":
        known = categories.of_case(pictures)
    else:
        known, of_file = _classes_of(pictures, categories, is_first=is_first, codes=codes)
        listed = _as_told(of_file, known.kind, pictures)
    native = picture_case(
        pictures,
        known,
        use_keys=use_keys,
        source=source,
        reserved=reserved,
        listed=listed,
        as_columns=as_columns,
    )
    native.document = {"schema_version": SCHEMA_VERSION, "task_id": task, **native.document}
    return native


def _classes_of(
    pictures: Sequence[Picture], categories: Categories, *, is_first: bool, codes: Collection[str] | None = None
) -> tuple[Categories, Sequence[Record]]:
    """Return the categories of a file as they are for a case without keys, and its class list, if the file has one."""
    if categories.kind == "seen":
        return categories.of_case(pictures), ()
    known = categories.whole
    return known, known.list_of_case(pictures, is_first=is_first) if codes is None else known.list_with(pictures, codes)


def _as_told(listed: Sequence[Record], kind: ClassKind, pictures: Sequence[Picture]) -> Sequence[Record]:
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
    met = SharedPictures()
    source: Path | None = None
    for batch in batches:
        first = count
        is_first, source = batch.source != source, batch.source
        known, left, beside = told_cases(batch, task, context)
        for reading in _readings(batch, known, left, context, task, count, met, is_first=is_first):
            if beside and count == first:
                losses = [*(loss._replace(case_index=count) for loss in beside), *reading.losses]
                reading = replace(reading, losses=LossReport(losses))
            yield reading
            count += 1
            context.advance(count)
        if count == first and beside and batch.side is not None and batch.side.path is not None:
            raise nothing_shown(batch.source)


def _readings(
    batch: Batch,
    known: Iterable[WrittenCase],
    left: Callable[[], Iterable[list[Picture]]],
    context: Context,
    task: str,
    count: int,
    met: SharedPictures,
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
    stated: StatedCategories | None = None
    alike = AlikeCases(use_keys=True)
    for each in known:
        added = _additions(batch, each, categories[bool(each.listed)], context, task, count, is_first=is_first)
        is_first = False
        stated = stated or StatedCategories(ours, each.written)
        loaded, edit, unfit = _case_of(each, ours, alike, stated, task, source, context.limits)
        findings = _findings(batch, each.shown, count, met)
        losses = LossReport([*lost(unfit, count), *(edit.lost(count) if edit else ()), *added()])
        _forget(each.pictures)
        del edit
        yield Reading.of(loaded, losses, findings=findings, source=source)
        count += 1
    listed = categories[True]
    groups = left() if batch.flat is None else _read_on(batch.flat, batch.categories, listed)
    for pictures, loaded in by_themselves(
        groups, listed, context.task or task, source, context.limits, is_first=is_first
    ):
        losses = LossReport(() if batch.losses is None else batch.losses(pictures, by_records(loaded), count))
        findings = _findings(batch, pictures, count, met)
        _forget(pictures)
        yield Reading.of(loaded, losses, findings=findings, source=source)
        count += 1


def _case_of(
    each: WrittenCase,
    ours: Categories,
    alike: AlikeCases,
    stated: StatedCategories,
    task: str,
    source: Path,
    limits: Limits,
) -> tuple[LoadedCase, Edit | None, dict[Steps, str]]:
    """Return a case that was written; if its file was edited, how its records are paired and what does not fit it."""
    if each.keys is None:
        known: LoadedCase | None = alike.of(each.pictures, ours.of_case(each.pictures), each.listed, each.residual)
        if known is not None:
            return known, None, {}
    ids = reserved_ids(each.residual)
    edit = None if each.keys is None else bind(each.pictures, each.keys, ours.name_of, ids, stated)
    loaded, unfit = _restored(each, ours, edit, ids, task, source, limits)
    if edit is None:
        alike.note(loaded)
    return loaded, edit, unfit


def _restored(
    each: WrittenCase, ours: Categories, edit: Edit | None, ids: set[str], task: str, source: Path, limits: Limits
) -> tuple[LoadedCase, dict[Steps, str]]:
    """Return a case that was written, and what of the side file does not fit it, if its file was edited."""
    native = picture_case_of(
        each.pictures,
        ours,
        task,
        source,
        use_keys=True,
        reserved=ids,
        listed=each.listed,
        as_columns=edit is None,
    )
    if native.boxes is not None:
        document = as_before(native.document, each.residual, native.boxes.ids)
        if document is not None:
            return loaded_case(native, document, source, limits), {}
    document, unfit = restored(
        native.whole(), each.residual, source, place="the side file", rule="side.invalid", edit=edit
    )
    return loaded_case(native, document, source, limits), unfit


def _read_on(pictures: Iterator[Picture], records: list[Record], categories: Categories) -> Iterator[list[Picture]]:
    """Yield pictures as they are read, each alone; add the classes that were met."""
    for picture in pictures:
        categories.add(records[len(categories.records) :])
        yield [picture]


def _forget(pictures: Iterable[Picture]) -> None:
    """Let go of the shapes of pictures, which are in their case, while that is written."""
    for picture in pictures:
        picture.shapes = []


def _findings(batch: Batch, pictures: Sequence[Picture], count: int, met: SharedPictures) -> tuple[Finding, ...]:
    of_format = () if batch.findings is None else batch.findings(pictures, count)
    return (*of_format, *picture_findings(pictures, count), *met.findings(pictures, count))


def _categories(batch: Batch, context: Context, *, is_list: bool) -> Categories:
    """Return the categories of a file as they are without a side file; a list if its cases have it."""
    labels = Labels.of(label_system=context.label_system)
    return Categories(batch.categories, labels, kind=batch.classes if is_list else "seen")


def _additions(
    batch: Batch, each: WrittenCase, categories: Categories, context: Context, task: str, count: int, *, is_first: bool
) -> Callable[[], Iterator[Loss]]:
    """Return what gives, once its records are paired, the losses of what was added to a case in an edited file."""
    if each.keys is None or batch.losses is None:
        return lambda: iter(())
    found: list[Loss] = []
    remembered = Additions(each.shown)
    shown = by_themselves(grouped(each.shown), categories, task, batch.source, context.limits, is_first=is_first)
    for pictures, loaded in shown:
        found += batch.losses(pictures, by_records(loaded), count)
    return partial(remembered.lost, found)


def by_themselves(
    groups: Iterable[list[Picture]], categories: Categories, task: str, source: Path, limits: Limits, *, is_first: bool
) -> Iterator[tuple[list[Picture], LoadedCase]]:
    """Yield the cases that pictures are if nothing but their file tells of them, with the pictures of each.

    Whether one of them is the first of the file says how much its class list has of that of the file.
    """
    alike = AlikeCases(use_keys=False)
    for place, group in enumerate(groups):
        is_head = is_first and not place
        known, listed = _classes_of(group, categories, is_first=is_head)
        loaded: LoadedCase | None = alike.of(group, known, listed)
        if loaded is None:
            native = picture_case_of(group, categories, task, source, use_keys=False, is_first=is_head, as_columns=True)
            loaded = loaded_case(native, native.document, source, limits)
            alike.note(loaded)
        yield group, loaded
