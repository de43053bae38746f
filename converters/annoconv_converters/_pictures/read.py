"""What YOLO, CVAT, Label Studio, GeoJSON, LabelMe and Pascal VOC share: what files hold, and the cases that it means.

Those that are written have a side file: for each record which annotation it belongs to, and for each case what is
missing. `write` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.loss import Loss, LossReport
from annoconv.model import SCHEMA_VERSION
from annoconv_converters._pictures.carrier import restored
from annoconv_converters._pictures.cases import loaded_case
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.meaning import PictureCase, picture_case
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import KEY, Picture, picture_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.registry import Context

__all__ = ["Batch", "picture_case_of", "put_keys", "read_pictures"]

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
        Asked of each case that no side file tells of.
    """

    pictures: list[Picture]
    categories: list[Record]
    source: Path
    side: Path | None = None
    losses: FileLosses | None = None


def put_keys(parsed: list[Picture], entry: Record) -> None:
    """Give pictures and their shapes the keys that a side file holds for them."""
    for picture, told in zip(parsed, entry["pictures"], strict=True):
        picture.key = told[KEY]
        keys: list[Any] = told["annotations"]
        if len(keys) != len(picture.shapes):
            keys = [{}] * len(picture.shapes)
        for shape, key in zip(picture.shapes, keys, strict=True):
            shape.key = key if isinstance(key, dict) else {}


def picture_case_of(
    pictures: list[Picture], categories: Categories, task: str, source: object, *, use_keys: bool
) -> PictureCase:
    """Return what pictures mean, each alone or all together as one volume."""
    for picture in pictures:
        picture.name = picture_name(picture, DEFAULT_NAMES, use_keys=use_keys)
    native = picture_case(pictures, categories.of_case(pictures), use_keys=use_keys, source=source)
    native.document = {"schema_version": SCHEMA_VERSION, "task_id": task, **native.document}
    return native


def read_pictures(batches: Iterable[Batch], *, context: Context, task: str) -> Iterator[Reading]:
    """Yield the cases of what files of a format hold: flat pictures each a case, the slices of a volume together."""
    count = 0
    for batch in batches:
        entries = _entries(batch, context)
        position = 0
        # What was written with a side file was compared with the built-in labels only.
        ours = Categories(batch.categories, Labels.of())
        for entry in entries:
            size = len(entry["pictures"])
            pictures = batch.pictures[position : position + size]
            put_keys(pictures, entry)
            position += size
            native = picture_case_of(pictures, ours, task, batch.source, use_keys=True)
            document = restored(
                native.document, entry["residual"], batch.source, place="the side file", rule="side.invalid"
            )
            yield _reading(native, document, pictures, count, batch.source, context, None)
            count += 1
            context.advance(count)
        categories = Categories(batch.categories, Labels.of(label_system=context.label_system))
        for pictures in _groups(batch.pictures[position:]):
            native = picture_case_of(pictures, categories, context.task or task, batch.source, use_keys=False)
            yield _reading(native, native.document, pictures, count, batch.source, context, batch.losses)
            count += 1
            context.advance(count)


def _reading(
    native: PictureCase,
    document: Record,
    pictures: list[Picture],
    case_index: int,
    source: Path,
    context: Context,
    file_losses: FileLosses | None,
) -> Reading:
    loaded = loaded_case(native, document, source, context.limits)
    losses = () if file_losses is None else file_losses(pictures, loaded, case_index)
    return Reading(loaded.case, loaded.masks, LossReport(losses))


def _groups(pictures: list[Picture]) -> list[list[Picture]]:
    groups: dict[object, list[Picture]] = {}
    for position, picture in enumerate(pictures):
        name = picture_name(picture, DEFAULT_NAMES, use_keys=False)
        groups.setdefault(position if name is None else name.case or name.series, []).append(picture)
    return list(groups.values())


def _entries(batch: Batch, context: Context) -> list[Record]:
    """Return the side file's entries if they are about these pictures, by their names and order."""
    if batch.side is None or not batch.side.is_file():
        return []
    data = strict_json.read_bytes(batch.side, context.limits)
    document = strict_json.loads(data, limits=context.limits, source=batch.side, exact=True)
    try:
        entries = [entry for entry in document["cases"] if entry]
        told = [picture["file_name"] for entry in entries for picture in entry["pictures"]]
        keys = [picture[KEY] for entry in entries for picture in entry["pictures"]]
        lists = [picture["annotations"] for entry in entries for picture in entry["pictures"]]
        is_whole = (
            len(entries) == len(document["cases"])
            and all(isinstance(key, dict) for key in keys)
            and all(isinstance(each, list) for each in lists)
            and all("residual" in entry for entry in entries)
        )
        found = [picture.record.get("file_name") for picture in batch.pictures]
        return entries if is_whole and told == found else []
    except (KeyError, TypeError, AttributeError):
        return []
