"""Where the records of a COCO file stand, and which pictures are one case; what leaves no way to read it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.errors import DocumentError, InputError
from annoconv.messages import Message
from annoconv_converters._pictures.json_arrays import Span
from annoconv_converters._pictures.records import Picture, picture_name
from annoconv_converters.coco.check import file_findings
from annoconv_converters.coco.records import id_of, key_of, picture_of_result, without_key
from annoconv_converters.coco.side import CocoSide, read_coco_side
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES, RESULTS, Record, elements_of, scan

if TYPE_CHECKING:
    import re
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.files.side_files import SideFiles
    from annoconv.registry import Context

__all__ = ["RecordIndex", "index_file"]

Places: TypeAlias = "NDArray[np.int64]"

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
        Positions of the pictures of each case, in the order of the file.
    image_places, annotation_places
        Shape (records, 2), int64: half-open, bytes.
    image_numbers
        Ids of the images by position.
    of_image
        Positions of annotations sorted by image; those of image p stand from `borders[p]` to `borders[p + 1]`.
    side
        What the side file says, if it is needed.
    is_keyed
        Whether images have our key: one without is of another tool, whoever wrote the file.
    """

    path: Path
    beside: Record
    groups: list[list[int]]
    image_places: Places
    annotation_places: Places
    image_numbers: list[Any]
    of_image: Places
    borders: Places
    side: CocoSide = field(default_factory=CocoSide)
    is_results: bool = False
    is_keyed: bool = False
    given: dict[Any, Picture] = field(default_factory=dict)


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
    image_records: list[tuple[Any, Any]] = []
    spans: dict[str, list[Places]] = {IMAGES: [], ANNOTATIONS: []}
    owners: list[Any] = []
    numbers: list[Any] = []
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
            spans[section].append(np.stack((part.starts, part.ends), axis=1))
            for record in elements_of(part, limits, path):
                if section == IMAGES:
                    image_records.append((id_of(record), _token(record, side.key_of(record), pattern)))
                    continue
                owner = id_of(record, "image_id")
                owners.append(owner)
                numbers.append(id_of(record))
                is_panoptic = is_panoptic or "segments_info" in record
                if part.section == RESULTS and owner not in sizes:
                    sizes[owner] = picture_of_result(record, owner)
    given: dict[Any, Picture] = {}
    if is_results:
        given = _pictures_of_results(path, sizes, side, ground_truth, context, beside)
        image_records = [(number, _token(each.record, each.key, pattern)) for number, each in given.items()]
    named = None if is_results or is_panoptic else numbers
    findings = file_findings(image_records, named, owners, beside.get("categories"))
    if findings:
        raise DocumentError(
            "the file breaks the rules of COCO in 1 place"
            if len(findings) == 1
            else Message("the file breaks the rules of COCO in {count} places", count=len(findings)),
            source=path,
            findings=findings[:_MOST_NAMED],
            advice=CORRECT_FILE,
        )
    position = {number: place for place, (number, _) in enumerate(image_records)}
    owned = np.array([position[owner] for owner in owners], dtype=np.int64)
    order = np.argsort(owned, kind="stable")
    return RecordIndex(
        path,
        beside,
        _groups(image_records),
        _joined(spans[IMAGES]),
        _joined(spans[ANNOTATIONS]),
        [number for number, _ in image_records],
        order,
        np.searchsorted(owned[order], np.arange(len(image_records) + 1)),
        side,
        is_results,
        any(token is not None and token[0] == "key" for _, token in image_records),
        given,
    )


def _joined(places: list[Places]) -> Places:
    return np.concatenate(places) if places else np.empty((0, 2), dtype=np.int64)


def _token(record: Record, key: Record, pattern: re.Pattern[str]) -> Any:
    """Return what the pictures of one case share; None for a picture that is a case by itself."""
    if isinstance(key.get("case"), str):
        return "key", key["case"]
    name = picture_name(Picture(record), pattern, use_keys=False)
    return None if name is None else ("name", name.case or name.series)


def _groups(image_records: list[tuple[Any, Any]]) -> list[list[int]]:
    groups: list[list[int]] = []
    open_groups: dict[Any, list[int]] = {}
    for position, (_, token) in enumerate(image_records):
        if token is None:
            groups.append([position])
        elif token in open_groups:
            open_groups[token].append(position)
        else:
            open_groups[token] = [position]
            groups.append(open_groups[token])
    return groups


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
