"""COCO files of ours that were edited: what was added to them, and what their records say twice, otherwise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import Labels
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._pictures.additions import Additions
from annoconv_converters._pictures.geometry import box_from_record, box_to_record
from annoconv_converters._pictures.read import by_themselves
from annoconv_converters._pictures.stored import grouped
from annoconv_converters._raster.run_lengths import area_of, box_of
from annoconv_converters.coco.foreign import TASK, kept_of
from annoconv_converters.coco.volumes import volume_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.registry import Context
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["additions", "said_twice"]

Record: TypeAlias = "dict[str, Any]"

_HUNDREDTHS: Final = 0.0101
"""Pixels: how far a length is off whose two ends were rounded."""
_RUN_LENGTHS: Final = frozenset({"size", "counts"})


def additions(
    path: Path,
    pictures: list[Picture],
    categories: Categories,
    beside: Record | None,
    context: Context,
    kind: str,
    case_index: int,
) -> Callable[[], Iterator[Loss]]:
    """Return what gives, once their records are paired, the losses of what was added to pictures in an edited file.

    Parameters
    ----------
    path
        The file.
    pictures
        Those of a case that it shows, without our keys.
    categories
        Of the file.
    beside
        For the first case, what the file holds beside images, annotations and categories.
    context
        Label system, limits.
    kind
        Of the file.
    case_index
        Of the case among those read.
    """
    found: list[Loss] = []
    remembered = Additions(pictures)
    is_first = beside is not None
    for some, loaded in by_themselves(grouped(pictures), categories, TASK, path, context.limits, is_first=is_first):
        labels = Labels.of(loaded.case, context.label_system)
        known = categories.of_case(some)
        found += volume_losses(some, loaded, known, beside, labels, kind=kind, case_index=case_index, is_ours=True)
        beside = None
    return partial(remembered.lost, found)


def said_twice(pictures: Sequence[Picture], loaded: LoadedCase, case_index: int) -> Iterator[Loss]:
    """Yield a loss for each area, box and count of keypoints that is not that of its record's outline.

    Parameters
    ----------
    pictures
        Those of a case; the shapes that have a key were written by us.
    loaded
        The case: what it says of other software's file holds what that said otherwise already.
    case_index
        Of the case among those read.
    """
    kept = kept_of(loaded).get("annotations")
    differences: Record = kept if isinstance(kept, dict) else {}
    for picture in pictures:
        size = picture.record.get("height", 0), picture.record.get("width", 0)
        for shape in picture.shapes:
            if "id" not in shape.key or not shape.place:
                continue
            difference = differences.get(shape.key["id"])
            before = difference.get("fields") if isinstance(difference, dict) else None
            for name in _other(shape, size):
                if not isinstance(before, dict) or before.get(name) != shape.record[name]:
                    sentence = Message("a case has no place for {name}; the outline says otherwise", name=name)
                    yield Loss(case_index, pointer((*shape.place, name)), LossKind.NO_PLACE, sentence)
            drawn = shape.record.get("segmentation")
            for name in sorted(drawn.keys() - _RUN_LENGTHS) if isinstance(drawn, dict) else ():
                sentence = Message("a case has no place for {name}", name=name)
                yield Loss(case_index, pointer((*shape.place, "segmentation", name)), LossKind.NO_PLACE, sentence)


def _other(shape: Shape, size: tuple[int, int]) -> Iterator[str]:
    """Yield the members of a record that are not those of its outline, hundredths apart."""
    record = shape.record
    keypoints = record.get("keypoints")
    if isinstance(keypoints, list):
        triples = [keypoints[place : place + 3] for place in range(0, len(keypoints), 3)]
        counts = sum(map(any, triples)), sum(bool(each[2:] and each[2]) for each in triples)
        if "num_keypoints" in record and record["num_keypoints"] not in counts:
            yield "num_keypoints"
    segmentation = shape.segmentation(size, source="", where="")
    box = box_from_record(record, source="", where="")
    if segmentation is not None:
        drawn = [(segmentation.area, segmentation.box)]
        if segmentation.rings is not None and all(size) and not _are_same(record, box, *drawn[0]):
            counts_ = segmentation.counts
            drawn.append((area_of(counts_), box_of(counts_, size[0])))
        if "area" in record and not any(_is_area(record["area"], *each) for each in drawn):
            yield "area"
        if box is not None and not any(_is_box(box, each) for _, each in drawn):
            yield "bbox"
    elif box is not None and "area" in record and not isinstance(keypoints, list):
        _, _, width, height = box_to_record(box)
        if not _is_area(record["area"], width * height, box):
            yield "area"


def _are_same(record: Record, box: Any, area: float, own: Sequence[float]) -> bool:
    return _is_area(record.get("area"), area, own) and (box is None or _is_box(box, own))


def _is_area(stated: Any, area: float, box: Sequence[float]) -> bool:
    slack = _HUNDREDTHS * (1 + box[2] - box[0] + box[3] - box[1])
    return isinstance(stated, int | float) and abs(stated - area) <= slack


def _is_box(box: Sequence[float], other: Sequence[float]) -> bool:
    return max(abs(one - another) for one, another in zip(box, other, strict=True)) <= 2 * _HUNDREDTHS
