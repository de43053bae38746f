"""COCO files to cases: flat pictures each a case, the slices of one image together, results with their pictures.

A file is scanned once for where its records stand; then the records of one case after another are read. What breaks a
rule of COCO is a finding. Those that leave no way to read the file stop it, all at once; the others come with the
reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias

import numpy as np

from annoconv import images
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.errors import DocumentError, InputError, UsageError
from annoconv.files.atomic import note_inputs
from annoconv.loss import LossReport
from annoconv.messages import Message
from annoconv_converters._pictures.carrier import SIDE_NAME, SIDE_SUFFIX, nothing_shown, restored
from annoconv_converters._pictures.categories import Categories, unnamed
from annoconv_converters._pictures.class_lists import CLASSES
from annoconv_converters._pictures.edited import bind
from annoconv_converters._pictures.file_losses import file_losses
from annoconv_converters._pictures.fitting import GONE, lost, reserved_ids
from annoconv_converters._pictures.geometry import size_from_record
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import Picture, Shape, is_caption, picture_name
from annoconv_converters.coco.check import case_findings, file_findings
from annoconv_converters.coco.foreign import REASONS, TASK, is_flat, understand
from annoconv_converters.coco.panoptic import unpack
from annoconv_converters.coco.side import CocoSide, additions, read_coco_side
from annoconv_converters.coco.stream import (
    ANNOTATIONS,
    IMAGES,
    RESULTS,
    Record,
    Span,
    id_of,
    key_of,
    picture_of_result,
    read_element,
    read_record,
    scan,
    without_key,
)
from annoconv_converters.coco.volumes import volume_losses
from annoconv_converters.coco.write import CONTRIBUTOR, info_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.documents.residuals import Path as Steps
    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters._pictures.edited import Edit

__all__ = ["RecordIndex", "index_file", "read_coco"]

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


def read_coco(
    sources: Sequence[Path], *, context: Context, names: str | None, ground_truth: Path | None, maps: Path | None
) -> Iterator[Reading]:
    """Yield the cases of COCO files; see `from_coco`."""
    pattern = _pattern(names)
    paths = [path for path in images.list_files(sources, context.limits) if path.suffix == ".json"]
    paths = [path for path in paths if not path.name.endswith((SIDE_SUFFIX, SIDE_NAME))]
    if not paths:
        raise InputError("there is no COCO file", source=sources[0] if sources else None, expected=".json")
    case_index = 0
    for path in paths:
        index = index_file(path, context, pattern, ground_truth)
        if not index.groups and any(index.side.lost(case_index)):
            raise nothing_shown(path)
        with path.open("rb") as file:
            for reading in _readings(index, file, context, pattern, maps, case_index):
                yield reading
                case_index += 1
                context.advance(case_index)


def _pattern(names: str | None) -> re.Pattern[str]:
    if names is None:
        return DEFAULT_NAMES
    try:
        pattern = re.compile(names)
    except re.error as error:
        raise UsageError("this is no pattern of file names", found=names) from error
    if "index" not in pattern.groupindex:
        raise UsageError("the pattern names no index", found=names, expected=r"(?P<series>.+)_(?P<index>\d+)\.png")
    return pattern


def index_file(path: Path, context: Context, pattern: re.Pattern[str], ground_truth: Path | None = None) -> RecordIndex:
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
    side = read_coco_side(path, limits)
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
            for record in part.elements(limits, path):
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
            Message("the file breaks the rules of COCO in {count} places", count=len(findings)),
            findings=findings[:_MOST_NAMED],
            source=path,
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
                    records = part.elements(context.limits, ground_truth) if part.section == IMAGES else []
                    known |= {id_of(record): Picture(without_key(record), key=key_of(record)) for record in records}
                elif RESULTS in part:
                    problem = "the ground truth is a list of results too"
                    raise InputError(problem, source=ground_truth, expected="a COCO file with images and categories")
                else:
                    beside["categories"] = part.get("categories", [])
        strange = next((owner for owner in sizes if owner not in known), None)
        if strange is not None:
            problem = "a result is for an image that the ground truth does not have"
            raise InputError(
                problem, source=path, where="image_id", found=strange, advice="Pass another --ground-truth"
            )
    for entry in side.images:
        record = entry.get("record")
        if isinstance(record, dict) and record:
            known.setdefault(id_of(record), Picture(record, key=side.key_of(record)))
    if ground_truth is None:
        sizes = {key: {} for key in known} | sizes
    return {owner: known.get(owner) or Picture(record) for owner, record in sizes.items()}


def _readings(
    index: RecordIndex, file: BinaryIO, context: Context, pattern: re.Pattern[str], maps: Path | None, case_index: int
) -> Iterator[Reading]:
    listed = index.beside.get("categories")
    info = index.beside.get("info")
    is_ours = isinstance(info, dict) and info.get("contributor") == CONTRIBUTOR
    is_plain = is_ours and not index.is_keyed
    listed = listed if isinstance(listed, list) else []
    beside = {key: value for key, value in index.beside.items() if key not in {IMAGES, ANNOTATIONS}}
    if ANNOTATIONS not in index.beside and not index.is_results:
        beside[ANNOTATIONS] = None
    if listed:
        beside.pop("categories", None)
    kind = _kind(index, file, listed)
    # What was written with our keys was compared with the built-in labels only.
    systems = {True: Labels.of(), False: Labels.of(label_system=context.label_system)}
    categories = {keyed: Categories(listed, labels, is_list=True) for keyed, labels in systems.items()}
    for number, group in enumerate(index.groups):
        pictures = [_picture(index, file, position, kind, maps) for position in group]
        case = next((each.key["case"] for each in pictures if "case" in each.key), None)
        residual = next((found for each in pictures if (found := each.key.get("residual")) is not None), None)
        if residual is None and case is not None:
            residual = index.side.residual(case)
        use_keys = residual is not None
        for picture in pictures if use_keys or is_ours else ():  # else what stands under the key is theirs
            picture.record = without_key(picture.record)
            picture.shapes = [replace(shape, record=without_key(shape.record)) for shape in picture.shapes]
        ids, edit = reserved_ids(residual), None
        said = None if number else {**beside, **({"info": info_beside(beside["info"])} if is_ours else {})}
        index.side.classes |= {str(shape.record.get("category_id")) for each in pictures for shape in each.shapes}
        added: Callable[[], Iterable[Loss]] = list
        if use_keys and index.side.is_edited:
            added = additions(index.path, pictures, categories[False], said, context, kind, case_index + number)
            pictures += index.side.without(case, pictures)
            name_of = unnamed if index.is_results else categories[True].name_of
            edit = bind(pictures, [index.side.keys_of(each) for each in pictures], name_of, ids)
        for picture in pictures:
            picture.name = picture_name(picture, pattern, use_keys=use_keys)
        known = categories[True].of_case(pictures) if use_keys else categories[False].whole
        places = next((each.key[CLASSES] for each in pictures if CLASSES in each.key), ()) if use_keys else ()
        unfit: dict[Steps, str] = {}
        put_back = partial(_put_back, residual=residual, source=index.path, edit=edit, unfit=unfit)
        _, loaded, records = understand(
            pictures,
            known,
            kind=kind,
            position=group[0] + 1,
            use_keys=use_keys,
            is_ours=is_plain,
            beside=None if is_ours else said,
            source=index.path,
            limits=context.limits,
            task=TASK if use_keys or context.task is None else context.task,
            restore=put_back if use_keys else None,
            reserved=ids,
            listed=categories[True].apart(places).labels_of(places) if use_keys else known.listed,
        )
        findings = case_findings(pictures, known, case_index + number)
        losses = list(file_losses(records, REASONS, case_index + number))
        if not (is_plain or use_keys or is_flat(pictures)):
            whole = said and {**said, "categories": listed}
            labels = Labels.of(loaded.case, context.label_system)
            losses = volume_losses(pictures, loaded, known, whole, labels, kind=kind, case_index=case_index + number)
        losses += [*lost(unfit, case_index + number), *added()]
        if is_ours and index.is_keyed and number == len(index.groups) - 1:
            losses += index.side.lost_categories(listed, case_index + number)
        if is_ours and not use_keys and any(each.key.get("id") for picture in pictures for each in picture.shapes):
            losses += lost({(): GONE}, case_index + number)
        losses = [*(index.side.lost(case_index) if number == 0 else ()), *losses]
        yield Reading(loaded.case, loaded.masks, LossReport(losses), findings=tuple(findings), source=index.path)


def _put_back(document: Record, *, residual: Any, source: Path, edit: Edit | None, unfit: dict[Steps, str]) -> Record:
    """Return the case that was written; note what does not fit it any more."""
    place, rule = "what stands under the key annoconv", "coco.carrier"
    document, found = restored(document, residual, source, place=place, rule=rule, edit=edit)
    unfit |= found
    return document


def _kind(index: RecordIndex, file: BinaryIO, categories: list[Any]) -> str:
    """Return the kind of a file by its first annotation and its categories."""
    if index.is_results:
        return "results"
    if len(index.annotation_places):
        start, end = index.annotation_places[0].tolist()
        first = read_element(file, start, end, index.path)
        if is_caption(first):
            return "captions"
        for kind, field_name in (("panoptic", "segments_info"), ("keypoints", "keypoints")):
            if field_name in first:
                return kind
    return "keypoints" if any(isinstance(each, dict) and "keypoints" in each for each in categories) else "instances"


def _picture(index: RecordIndex, file: BinaryIO, position: int, kind: str, maps: Path | None) -> Picture:
    """Read an image record and its annotations."""
    if index.is_results:
        given = index.given[index.image_numbers[position]]
        record, key = given.record, given.key
    else:
        start, end = index.image_places[position].tolist()
        record = read_record(file, start, end, index.path)
        key = index.side.key_of(record)
    number = str(record.get("id"))
    above = () if index.is_results else (IMAGES, position)
    picture = Picture(record, key=key, is_unsized=index.is_results, place=above)
    for place in index.of_image[index.borders[position] : index.borders[position + 1]].tolist():
        start, end = index.annotation_places[place].tolist()
        annotation = read_record(file, start, end, index.path)
        if index.is_results:
            annotation["id"] = place + 1
        if kind == "panoptic":
            size = size_from_record(record, source=index.path, where=f"images, id {number}")
            folder = maps or index.path.parent / index.path.stem
            note_inputs([folder])
            picture.packed, picture.packed_place = annotation, (ANNOTATIONS, place)
            segments, held = unpack(annotation, folder, size, source=index.path, where=f"annotations of image {number}")
            picture.map_size = None if held == size else held
            for rank, segment in enumerate(segments):
                steps: Steps = (*picture.packed_place, "segments_info", rank)
                picture.shapes.append(Shape(segment, key=key_of(segment), place=steps))
        else:
            steps = (place,) if index.is_results else (ANNOTATIONS, place)
            picture.shapes.append(Shape(annotation, key=key_of(annotation), place=steps))
    return picture
