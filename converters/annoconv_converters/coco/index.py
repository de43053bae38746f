"""Where the records of a COCO file stand, and which pictures are one case; what leaves no way to read it is refused."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.documents.json_arrays import Span
from annoconv.errors import DocumentError, InputError
from annoconv.messages import Message
from annoconv_converters._pictures.records import Picture, picture_name
from annoconv_converters._pictures.together import Members, together, token_of, token_of_place
from annoconv_converters.coco.check import file_findings
from annoconv_converters.coco.records import id_of, ids_of, key_of, picture_of_result, without_key
from annoconv_converters.coco.side import CocoSide, read_coco_side
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES, RESULTS, Record, elements_of, scan

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.files.side_files import SideFiles
    from annoconv.registry import Context
    from annoconv_converters._pictures.together import Places

__all__ = ["RecordIndex", "index_file"]

Ids: TypeAlias = "array[int] | list[Any]"
"""Ids of records in the order of the file: packed while all are whole numbers of 64 bits, as nearly all are."""

_MOST_NAMED: Final = 100
"""Findings in one error."""


@dataclass
class RecordIndex:
    """Where the records of a file stand.

    Attributes
    ----------
    path
        The file.
    beside
        What it holds beside images and annotations.
    groups
        Positions of the pictures of each case.
    image_places, annotation_places
        Shape (records, 2), int64: half-open, bytes.
    image_numbers
        Ids of the images by position.
    annotations
        Positions of the annotations of each image.
    side
        What the side file says, if it is needed.
    is_keyed
        Whether images have our key: one without is of another tool, whoever wrote the file.
    highest
        The highest ids of the images and the annotations that are numbers.
    """

    path: Path
    beside: Record
    groups: Members
    image_places: Places
    annotation_places: Places
    image_numbers: Ids
    annotations: Members
    side: CocoSide = field(default_factory=CocoSide)
    is_results: bool = False
    is_keyed: bool = False
    given: dict[Any, Picture] = field(default_factory=dict)
    highest: Record = field(default_factory=dict)


def index_file(
    path: Path, context: Context, pattern: re.Pattern[str], ground_truth: Path | None, sides: SideFiles
) -> RecordIndex:
    """Return where the records of a file stand.

    Raises
    ------
    DocumentError
        If it is no strict JSON, an id stands twice, or an annotation belongs to no image; its findings name every
        place.
    """
    limits = context.limits
    image_numbers: Ids = array("q")
    tokens = bytearray()
    is_keyed = False
    spans = {IMAGES: array("q"), ANNOTATIONS: array("q")}
    owners: Ids = array("q")
    numbers: Ids = array("q")
    is_results = is_panoptic = False
    side = read_coco_side(path, limits, sides)
    beside: Record = {}
    sizes: dict[Any, Record] = {}
    with path.open("rb") as file:
        for part in scan(file, path, limits):
            if not isinstance(part, Span):
                is_results = RESULTS in part
                beside = {key: value for key, value in part.items() if key != RESULTS}
                continue
            section = IMAGES if part.section == IMAGES else ANNOTATIONS
            spans[section].frombytes(np.stack((part.starts, part.ends), axis=1).tobytes())
            records = elements_of(part, limits, path)
            if section == IMAGES:
                image_numbers = _with(image_numbers, ids_of(records))
                for record in records:
                    key = side.key_of(record)
                    is_keyed = is_keyed or _is_keyed(key)
                    tokens += _token(record, key, pattern, len(tokens))
                continue
            owned = ids_of(records, "image_id")
            owners, numbers = _with(owners, owned), _with(numbers, ids_of(records))
            is_panoptic = is_panoptic or any("segments_info" in record for record in records)
            for owner, record in zip(owned, records, strict=True) if part.section == RESULTS else ():
                if owner not in sizes:
                    sizes[owner] = picture_of_result(record, owner)
    given: dict[Any, Picture] = {}
    if is_results:
        given = _pictures_of_results(path, sizes, side, ground_truth, context, beside)
        image_numbers = _with(array("q"), [*given])
        is_keyed = any(_is_keyed(each.key) for each in given.values())
        tokens = bytearray().join(
            _token(each.record, each.key, pattern, place) for place, each in enumerate(given.values())
        )
    named = None if is_results or is_panoptic else numbers
    owned_by = _places_of(owners, image_numbers)
    findings = file_findings(image_numbers, named, owners, owned_by, beside.get("categories"))
    if findings:
        raise DocumentError(
            "the file breaks the rules of COCO in 1 place"
            if len(findings) == 1
            else Message("the file breaks the rules of COCO in {count} places", count=len(findings)),
            source=path,
            findings=findings[:_MOST_NAMED],
            advice=CORRECT_FILE,
        )
    told = {} if is_results else {IMAGES: image_numbers, ANNOTATIONS: named or ()}
    return RecordIndex(
        path,
        beside,
        together(tokens),
        np.asarray(spans[IMAGES]).reshape(-1, 2),
        np.asarray(spans[ANNOTATIONS]).reshape(-1, 2),
        image_numbers,
        Members.of(owned_by, len(image_numbers)),
        side,
        is_results,
        is_keyed,
        given,
        {name: highest for name, ids in told.items() if (highest := _highest(ids)) > 0},
    )


def _with(ids: Ids, more: list[Any]) -> Ids:
    """Return ids with more behind them."""
    if isinstance(ids, array):
        try:
            ids.extend(array("q", more))
        except (TypeError, OverflowError):  # a text, none, or a number of more bits
            ids = ids.tolist()
        else:
            return ids
    ids.extend(more)
    return ids


def _highest(ids: Sequence[Any]) -> int:
    """Return the highest of ids that are numbers; 0 if none is one."""
    return max(ids if isinstance(ids, array) else (each for each in ids if type(each) is int), default=0)


def _places_of(owners: Ids, numbers: Ids) -> Places:
    """Return the place of each owner among the numbers; -1 where none is there. Of numbers alike it is the last."""
    if not (isinstance(owners, array) and isinstance(numbers, array)) or not numbers:
        given: list[Any] = list(numbers)
        place_of = {number: place for place, number in enumerate(given) if number is not None}
        return np.fromiter((place_of.get(owner, -1) for owner in owners), np.int64, len(owners))
    known = np.asarray(numbers)
    order = np.argsort(known, kind="stable")
    asked = np.asarray(owners)
    found = order[np.searchsorted(known[order], asked, side="right") - 1]
    return np.where(known[found] == asked, found, -1)


def _token(record: Record, key: Record, pattern: re.Pattern[str], place: int) -> bytes:
    """Return what the pictures of one case share, as bytes; of a case by itself no other has its place."""
    if _is_keyed(key):
        return token_of(f"key {key['case']}")
    name = picture_name(Picture(record), pattern, use_keys=False)
    return token_of_place(place) if name is None else token_of(f"name {name.case or name.series}")


def _is_keyed(key: Record) -> bool:
    return isinstance(key.get("case"), str)


def _pictures_of_results(
    path: Path,
    sizes: dict[Any, Record],
    side: CocoSide,
    ground_truth: Path | None,
    context: Context,
    beside: Record,
) -> dict[Any, Picture]:
    """Return the pictures that results belong to: of the ground truth, our side file, or made of their masks."""
    known: dict[Any, Picture] = {}
    if ground_truth is not None:
        with ground_truth.open("rb") as file:
            for part in scan(file, ground_truth, context.limits):
                if isinstance(part, Span):
                    records = elements_of(part, context.limits, ground_truth) if part.section == IMAGES else []
                    known |= {id_of(record): Picture(without_key(record), key=key_of(record)) for record in records}
                elif RESULTS in part:
                    problem = "the ground truth is a list of results too"
                    raise InputError(
                        problem,
                        source=ground_truth,
                        found=Message("a list of results"),
                        expected="a COCO file with images and categories",
                        advice="Pass the file with the pictures to --ground-truth",
                    )
                else:
                    beside["categories"] = part.get("categories", [])
        strange = next((owner for owner in sizes if owner not in known), None)
        if strange is not None:
            raise InputError(
                "a result is for an image that the ground truth does not have",
                source=path,
                where="image_id",
                found=strange,
                expected="the id of a picture of it",
                advice="Pass another --ground-truth",
            )
    for entry in side.images:
        record = entry.get("record")
        if isinstance(record, dict) and record:
            known.setdefault(id_of(record), Picture(record, key=side.key_of(record)))
    if ground_truth is None:
        sizes = {key: {} for key in known} | sizes
    return {owner: known.get(owner) or Picture(record) for owner, record in sizes.items()}
