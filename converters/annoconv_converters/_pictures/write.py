"""Writing YOLO, CVAT, Label Studio and GeoJSON: cases to records, with a side file for the rest.

A format writes pictures and parses what it has written. The writer parses its own output again to learn what it means
by itself, so that the loss report is exact whatever the format does to numbers, names and order. The side file,
unless it is not wanted, holds for each record which annotation it belongs to, and for each case what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.codes import Labels
from annoconv.documents import residuals, strict_json
from annoconv.errors import InputError
from annoconv.files.atomic import replacing
from annoconv.loss import Loss, LossKind, LossReport
from annoconv_converters._pictures.categories import CategoryTable
from annoconv_converters._pictures.draw import Drawing, Form, draw, slice_folder
from annoconv_converters._pictures.losses import describe, split
from annoconv_converters._pictures.read import SIDE_NAME, SIDE_SUFFIX, Batch, picture_case_of, with_keys
from annoconv_converters._pictures.records import KEY, Picture
from annoconv_converters._pictures.render import Rendering, render
from annoconv_converters._raster.polygons import union

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annoconv.casefile import LoadedCase
    from annoconv.registry import Context
    from annoconv_converters._pictures.meaning import PictureCase
    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["Serialise", "write_pictures"]

Record: TypeAlias = "dict[str, Any]"

Serialise: TypeAlias = Callable[[Sequence[Picture], Sequence[Record], Path], None]
Parse: TypeAlias = Callable[[Path, "dict[str, tuple[int, int]]"], Batch]
"""From what was written, and the size (rows, columns) of pictures by file name where the format does not hold it."""


@dataclass
class _Written:
    drawing: Drawing

    @property
    def loaded(self) -> LoadedCase:
        return self.drawing.loaded

    @property
    def pictures(self) -> list[Picture]:
        return self.drawing.pictures


def write_pictures(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    task: str,
    serialise: Serialise,
    parse: Parse,
    plain: bool,
    is_outlined: bool,
    shapes: frozenset[str],
    keypoints: bool = False,
    images: Sequence[Path] = (),
    rendering: Rendering | None = None,
) -> LossReport:
    """Write cases in a format of pictures.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The format's file or folder.
    context
        Label system, limits.
    task
        Task id that the format's reader gives to a case.
    serialise
        Writes pictures and categories to a path; leaves in each picture the records that it has written.
    parse
        Reads them again.
    plain
        Whether to write no side file.
    is_outlined
        Whether masks become polygons, one ring a record.
    shapes
        Types of annotations beyond masks, boxes and polygons that the format has.
    keypoints
        Whether points are drawn as keypoints of their instances.
    images, rendering
        Where pictures are rendered from, and how; none are if that is None.
    """
    table = CategoryTable(context.label_system)
    written: list[_Written] = []
    names: set[str] = set()
    for loaded in cases:
        folder = slice_folder(loaded, len(written), names)
        form: Form = "polygon" if is_outlined else "rle"
        drawing = draw(
            loaded, axis="k", form=form, folder=folder, only_annotated=False, keypoints=keypoints, shapes=shapes
        )
        labels = Labels(context.label_system, loaded.case.labels)
        categories = {each.label_code: each.category.value for each in reversed(loaded.case.annotations)}
        for picture in drawing.pictures:
            picture.annotations = [ring for record in picture.annotations for ring in _rings(record, is_outlined)]
            for record in picture.annotations:
                code = record["category_id"]
                record["category_id"] = table.number(code, categories[code], labels)
        written.append(_Written(drawing))
        context.advance(len(written))
    if not written:
        raise InputError("there is no case to write", source=target)
    pictures = [picture for one in written for picture in one.pictures]
    for number, picture in enumerate(pictures, start=1):
        picture.record["id"] = number
    for number, record in enumerate((each for picture in pictures for each in picture.annotations), start=1):
        record["id"] = number
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target))
        serialise(pictures, table.sorted(), temporary)
        sizes = {picture.record["file_name"]: _size(picture) for picture in pictures if "width" in picture.record}
        if rendering is not None and rendering.depth != "none":
            _render(written, images, temporary, target, outputs, rendering, context)
        batch = parse(temporary, sizes)
        losses: list[Loss] = []
        entries: list[Record] = []
        position = 0
        for case_index, one in enumerate(written):
            parsed = batch.pictures[position : position + len(one.pictures)]
            position += len(one.pictures)
            entries.append(_compare(one, parsed, batch, case_index, task, losses, plain=plain))
        if [entry for entry in entries if entry.pop("is_needed", False)]:
            side = temporary / SIDE_NAME if temporary.is_dir() else target.with_suffix(SIDE_SUFFIX)
            if not temporary.is_dir():
                side = outputs.enter_context(replacing(side, of=target))
            side.write_bytes(strict_json.dumps({"cases": entries}))
    return LossReport(losses)


def _render(
    written: Sequence[_Written],
    images: Sequence[Path],
    temporary: Path,
    target: Path,
    outputs: ExitStack,
    rendering: Rendering,
    context: Context,
) -> None:
    """Write the pictures into `images` of the output folder, or into a folder beside the output file."""
    folder = temporary / "images"
    if not temporary.is_dir():
        folder = outputs.enter_context(replacing(target.parent / f"{target.stem}_images", of=target))
    for one in written:
        render(one.drawing, images, folder, rendering, context.limits)


def _rings(record: Record, is_outlined: bool) -> Iterator[Record]:
    segmentation = record.get("segmentation")
    if not is_outlined or not isinstance(segmentation, list) or len(segmentation) < 2:
        yield record
    else:
        yield from ({**record, "segmentation": [ring]} for ring in segmentation)


def _size(picture: Picture) -> tuple[int, int]:
    return picture.record["height"], picture.record["width"]


def _compare(
    one: _Written,
    parsed: list[Picture],
    batch: Batch,
    case_index: int,
    task: str,
    losses: list[Loss],
    *,
    plain: bool,
) -> Record:
    """Note the losses of a case and return its entry of the side file; empty if nothing is missing."""
    original = strict_json.plain(one.loaded.case)
    native = picture_case_of(parsed, batch.categories, task, "output").document
    beyond = residuals.residual(original, native)
    if plain:
        losses += beyond.losses(case_index, describe(native, beyond, frozenset(), is_carried=False))
        return {}
    is_whole = not beyond.paths()
    entry, keyed, found = _keyed(one, parsed, batch, task)
    native = found.document
    held = {record[KEY]["id"] for picture in keyed for record in picture.annotations if "id" in record.get(KEY, {})}
    expected = _expected(original, found, one.drawing.parts.keys())
    kept, _ = split(residuals.residual(expected, native))
    if is_whole:
        return {**entry, "residual": kept.to_json()}
    beyond = residuals.residual(original, native)
    _, left = split(beyond)
    left |= set(residuals.residual(original, expected).paths())
    losses += beyond.losses(case_index, describe(native, beyond, left, is_carried=True))
    for place, each in enumerate(original["annotations"]):
        if each["id"] in held:
            message = "the format gives annotations no id of ours; it travels in the side file"
            losses.append(Loss(case_index, residuals.pointer(("annotations", place, "id")), LossKind.CARRIED, message))
    return {**entry, "residual": kept.to_json(), "is_needed": True}


def _keyed(one: _Written, parsed: list[Picture], batch: Batch, task: str) -> tuple[Record, list[Picture], PictureCase]:
    """Return the keys of a case, its pictures with them, and what they mean.

    A mask whose voxels do not come back is none there: first its key says nothing of its type, so that it is what the
    format makes of it; if that still is a mask, its records have no key.
    """
    without_type: set[str] = set()
    unbound: set[str] = set()
    while True:
        entry = _keys(one.pictures, parsed, without_type, unbound)
        keyed = with_keys(parsed, entry)
        found = picture_case_of(keyed, batch.categories, task, "output")
        wrong = {
            each
            for each, parts in one.drawing.parts.items()
            if each in found.parts and not _is_same(parts, found.parts[each])
        }
        if not wrong:
            return entry, keyed, found
        unbound |= wrong & without_type
        without_type |= wrong


def _is_same(parts: list[tuple[int, Counts]], others: list[tuple[int, Counts]]) -> bool:
    """Tell whether two masks have the same pixels on every picture."""
    joined: list[dict[int, bytes]] = []
    for some in (parts, others):
        by_index: dict[int, list[Counts]] = {}
        for index, counts in some:
            by_index.setdefault(index, []).append(counts)
        joined.append({index: union(many, int(many[0].sum())).tobytes() for index, many in by_index.items()})
    return joined[0] == joined[1]


def _expected(original: Record, found: PictureCase, drawn: Iterable[str]) -> Record:
    """Return the case as it comes back: masks that the format does not hold are what it makes of them, or gone."""
    made = {each["id"]: each for each in found.document["annotations"]}
    lost = set(drawn) - found.parts.keys()
    annotations: list[Record] = []
    for each in original["annotations"]:
        if each["id"] not in lost:
            annotations.append(each)
        elif each["id"] in made:
            shape = {key: value for key, value in made[each["id"]].items() if key not in each or key == "type"}
            annotations.append({key: value for key, value in each.items() if not key.startswith("mask_")} | shape)
    return {**original, "annotations": annotations}


def _keys(drawn: list[Picture], parsed: list[Picture], without_type: set[str], unbound: set[str]) -> Record:
    """Return the keys of the pictures of a case and of their records, by position."""
    pictures: list[Record] = []
    for one, other in zip(drawn, parsed, strict=True):
        keys: list[Record] = []
        for record in one.annotations:
            key = record[KEY]
            if key["id"] in without_type:
                key = {} if key["id"] in unbound else {"id": key["id"]}
            keys.append(key)
        fits = len(keys) == len(other.annotations)
        size: Record = {name: one.record[name] for name in ("width", "height") if name in one.record}
        named: Record = {"file_name": other.record.get("file_name"), **size, KEY: one.record[KEY]}
        pictures.append({**named, "annotations": keys if fits else []})
    return {"pictures": pictures}
