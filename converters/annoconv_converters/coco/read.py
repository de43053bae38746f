"""COCO files to cases: flat pictures each a case, the slices of one image together, results with their pictures.

A file is scanned once for where its records stand; then the records of one case after another are read. What breaks a
rule of COCO is a finding. Those that leave no way to read the file stop it, all at once; the others come with the
reading.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import numpy as np

from annoconv import images
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.errors import UsageError
from annoconv.files.atomic import note_inputs
from annoconv.files.names import is_taken
from annoconv.files.side_files import SideFiles
from annoconv.loss import LossReport
from annoconv.messages import Message
from annoconv_converters._pictures.archives import nothing_of
from annoconv_converters._pictures.carrier import SIDE_NAME, SIDE_SUFFIX, nothing_shown, restored
from annoconv_converters._pictures.categories import Categories, unnamed
from annoconv_converters._pictures.check import SharedPictures
from annoconv_converters._pictures.class_lists import CLASSES
from annoconv_converters._pictures.columns import BoxPicture
from annoconv_converters._pictures.edited import StatedCategories, bind
from annoconv_converters._pictures.file_losses import file_losses
from annoconv_converters._pictures.fitting import GONE, lost, reserved_ids
from annoconv_converters._pictures.geometry import size_from_record
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import Picture, Shape, is_caption, picture_name
from annoconv_converters.coco.alike import AlikePictures
from annoconv_converters.coco.boxes import box_records
from annoconv_converters.coco.check import Effort, case_findings, category_findings
from annoconv_converters.coco.edited import additions, said_twice
from annoconv_converters.coco.foreign import REASONS, TASK, is_flat, understand
from annoconv_converters.coco.head import CONTRIBUTOR, info_beside
from annoconv_converters.coco.index import RecordIndex, index_file
from annoconv_converters.coco.outlines import Outlined, outlines_of
from annoconv_converters.coco.panoptic import unpack
from annoconv_converters.coco.plain_records import outline_records
from annoconv_converters.coco.records import key_of, without_key
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES, Record, read_element, read_records
from annoconv_converters.coco.volumes import volume_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters._pictures.edited import Edit
    from annoconv_converters.coco.boxes import PlainColumns
    from annoconv_converters.coco.outlines import Outline

__all__ = ["read_coco"]

_AHEAD: Final = 1 << 18
"""Bytes of records that are read at a time."""
_OF_A_PICTURE: Final = 1 << 9
"""Bytes that one without annotations counts for."""


def read_coco(
    sources: Sequence[Path], *, context: Context, names: str | None, ground_truth: Path | None, maps: Path | None
) -> Iterator[Reading]:
    """Yield the cases of COCO files; see `from_coco`."""
    pattern = _pattern(names)
    paths = [path for path in images.list_files(sources, context.limits) if is_taken(path, (".json",), sources)]
    paths = [path for path in paths if not path.name.endswith((SIDE_SUFFIX, SIDE_NAME))]
    if not paths:
        raise nothing_of(Message("there is no COCO file"), sources, ".json")
    case_index, sides = 0, SideFiles(context.limits)
    for path in paths:
        index = index_file(path, context, pattern, ground_truth, sides)
        if ground_truth is not None and not index.is_results and not path.samefile(ground_truth):
            raise UsageError(
                "a ground truth is of a list of results",
                source=path,
                found=Message("a file with pictures of its own"),
                expected="a list of results",
                advice="Leave --ground-truth out",
            )
        if not len(index.groups) and any(index.side.lost(case_index)):
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
        raise UsageError(
            "this is no pattern of file names",
            found=Message("{names}: {error}", names=names, error=error),
            expected="a regular expression with groups named series and index",
            advice="Correct --names",
        ) from error
    if "index" not in pattern.groupindex:
        raise UsageError(
            "the pattern names no index",
            found=names,
            expected=r"(?P<series>.+)_(?P<index>\d+)\.png",
            advice="Add a group (?P<index>...) to --names",
        )
    return pattern


def _readings(
    index: RecordIndex, file: BinaryIO, context: Context, pattern: re.Pattern[str], maps: Path | None, case_index: int
) -> Iterator[Reading]:
    listed = index.beside.get("categories")
    info = index.beside.get("info")
    is_ours = isinstance(info, dict) and info.get("contributor") == CONTRIBUTOR
    # What has no key in a keyed file is a case that needs none, unless somebody may have added it.
    is_plain = is_ours and not (index.is_keyed and index.side.is_edited)
    listed = listed if isinstance(listed, list) else []
    beside = {key: value for key, value in index.beside.items() if key not in {IMAGES, ANNOTATIONS}}
    if ANNOTATIONS not in index.beside and not index.is_results:
        beside[ANNOTATIONS] = None
    if listed:
        beside.pop("categories", None)
    kind = _kind(index, file, listed)
    if maps is not None and kind != "panoptic":
        raise UsageError(
            "maps are of panoptic annotations",
            source=index.path,
            found=kind,
            expected="panoptic",
            advice="Leave --maps out",
        )
    # What was written with our keys was compared with the built-in labels only.
    systems = {True: Labels.of(), False: Labels.of(label_system=context.label_system)}
    categories = {keyed: Categories(listed, labels, kind="numbered") for keyed, labels in systems.items()}
    stated = StatedCategories(categories[True], [*index.side.categories.values()] or None)
    effort, met = Effort.of(index.path.stat().st_size), SharedPictures()  # other files may tell more of the same ones
    alike = AlikePictures(categories[False].whole, context, pattern, index.path)
    for number, case_read in enumerate(_read_ahead(index, file, as_columns=kind == "instances" and not is_ours)):
        pictures = [_picture(index, each, kind, maps) for each in case_read]
        plain = alike.case_of(pictures[0]) if number and len(pictures) == 1 else None
        if plain is not None:
            records = LossReport(file_losses(plain.records, REASONS, case_index + number))
            repeated = tuple(met.findings(pictures, case_index + number))
            yield Reading.of(plain.loaded, records, findings=repeated, source=index.path)
            continue
        case = next((each.key["case"] for each in pictures if "case" in each.key), None)
        residual = next((found for each in pictures if (found := each.key.get("residual")) is not None), None)
        if residual is None and case is not None:
            residual = index.side.residual(case)
        use_keys = residual is not None
        for picture in pictures if use_keys or is_ours else ():  # else what stands under the key is theirs
            picture.record = without_key(picture.record)
            picture.shapes = [replace(shape, record=without_key(shape.record)) for shape in picture.shapes]
        ids, edit = reserved_ids(residual), None
        said = (
            None
            if number
            else {**beside, **({"info": info_beside(beside["info"], index.side.info)} if is_ours else {})}
        )
        if is_ours:
            index.side.classes |= {str(shape.record.get("category_id")) for each in pictures for shape in each.shapes}
        added: Callable[[], Iterable[Loss]] = list
        if use_keys and index.side.is_edited:
            for picture in pictures:
                picture.is_renamed = index.side.is_renamed(picture)
            added = additions(index.path, pictures, categories[False], said, context, kind, case_index + number)
            for picture in () if index.is_results else pictures:
                picture.record = index.side.with_name(picture)
            pictures += index.side.without(case, pictures)
            index.side.in_order(pictures, case)
            name_of = unnamed if index.is_results else categories[True].name_of
            told = [index.side.keys_of(each) for each in pictures]
            edit = bind(pictures, told, name_of, ids, stated, are_ids=True)
        for picture in pictures:
            picture.name = picture_name(picture, pattern, use_keys=use_keys)
        known = categories[True].of_case(pictures) if use_keys else categories[False].whole
        places = _classes_of(pictures) if use_keys else []
        unfit: dict[Steps, str] = {}
        put_back = partial(_put_back, residual=residual, source=index.path, edit=edit, unfit=unfit)
        understood = understand(
            pictures,
            known,
            kind=kind,
            use_keys=use_keys,
            is_ours=is_plain,
            beside=None if is_ours else said,
            highest=index.highest,
            source=index.path,
            limits=context.limits,
            task=TASK if use_keys or context.task is None else context.task,
            restore=put_back if use_keys else None,
            reserved=ids,
            listed=categories[True].apart(places).labels_of(places)
            if use_keys
            else known.list_of_case(pictures, is_first=not number),
        )
        loaded = understood.loaded
        findings = [*(() if number else category_findings(listed, case_index))]
        findings += met.findings(pictures, case_index + number)
        if not understood.is_right:
            findings += case_findings(pictures, known, case_index + number, effort, is_result=index.is_results)
        losses = list(file_losses(understood.records, REASONS, case_index + number))
        if not (is_plain or use_keys or is_flat(pictures)):
            whole = said and {**said, "categories": listed}
            labels = Labels.of(loaded.case, context.label_system)
            losses = volume_losses(pictures, loaded, known, whole, labels, kind=kind, case_index=case_index + number)
        losses += [*lost(unfit, case_index + number), *added(), *index.side.lost_keys(case_index + number)]
        if edit is not None:
            losses += [*edit.lost(case_index + number), *said_twice(pictures, loaded, case_index + number)]
        if is_ours and index.is_keyed and number == len(index.groups) - 1:
            losses += index.side.lost_categories(listed, case_index + number)
        if is_ours and not use_keys and any(each.key.get("id") for picture in pictures for each in picture.shapes):
            losses += lost({(): GONE}, case_index + number)
        if number == 0:
            not_read = index.side.side.losses(case_index) if index.side.side and not index.is_keyed else ()
            losses = [*not_read, *index.side.lost(case_index), *losses]
        yield Reading.of(loaded, LossReport(losses), findings=tuple(findings), source=index.path)


def _classes_of(pictures: Sequence[Picture]) -> list[Any]:
    """Return the ids of the classes of a case's own list, as our key names them."""
    found: Any = next((each.key[CLASSES] for each in pictures if CLASSES in each.key), [])
    return [each for each in found if type(each) in {int, str}] if isinstance(found, list) else []


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


class _Read(NamedTuple):
    """A picture as its file has it: its place, its record (none in results), its annotations with their places.

    They are as columns too, if they are boxes or outlines and that was asked for.
    """

    position: int
    record: Record | None
    places: list[int]
    annotations: list[Record]
    outlines: list[Outline | None]
    columns: PlainColumns | None


def _read_ahead(index: RecordIndex, file: BinaryIO, *, as_columns: bool) -> Iterator[list[_Read]]:
    """Yield the pictures of each case; of many small cases, they are read at once."""
    owned = index.annotations
    ends = np.concatenate([[0], np.diff(index.annotation_places, axis=1)[owned.order, 0].cumsum()])
    sizes = (_OF_A_PICTURE + np.diff(ends[owned.borders])).tolist()
    waiting: list[list[tuple[int, list[int]]]] = []
    size = 0
    for group in index.groups:
        waiting.append([(position, owned[position]) for position in group])
        size += sum(sizes[position] for position in group)
        if size >= _AHEAD:
            yield from _read(index, file, waiting, as_columns=as_columns)
            waiting, size = [], 0
    yield from _read(index, file, waiting, as_columns=as_columns)


def _read(
    index: RecordIndex, file: BinaryIO, cases: list[list[tuple[int, list[int]]]], *, as_columns: bool
) -> Iterator[list[_Read]]:
    pictures = [each for case in cases for each in case]
    positions = [] if index.is_results else [position for position, _ in pictures]
    images: list[Record | None] = [*read_records(file, index.image_places[positions].tolist(), index.path)]
    images = images or [None] * len(pictures)
    places = index.annotation_places[[place for _, places in pictures for place in places]].tolist()
    annotations = [*read_records(file, places, index.path)]
    outlines = outlines_of(annotations)
    records, measured = iter(annotations), iter(outlines)
    owned = [[*islice(records, len(of_it))] for _, of_it in pictures]
    columns: list[PlainColumns | None] = [None] * len(pictures)
    if as_columns:
        asked = zip(images, owned, pictures, strict=True)
        found = [(image and image.get("id"), own, of_it) for image, own, (_, of_it) in asked]
        both = zip(box_records(found), outline_records(found, outlines), strict=True)
        columns = [boxes or outlined for boxes, outlined in both]
    every = (
        _Read(position, image, of_it, own, [*islice(measured, len(own))], known)
        for (position, of_it), image, own, known in zip(pictures, images, owned, columns, strict=True)
    )
    for case in cases:
        yield [*islice(every, len(case))]


def _picture(index: RecordIndex, read: _Read, kind: str, maps: Path | None) -> Picture:
    """Return an image with its annotations."""
    position, record, places, annotations, outlines, columns = read
    if record is None:
        given = index.given[index.image_numbers[position]]
        record, key = given.record, given.key
    else:
        key = index.side.key_of(record, (IMAGES, position))
    number = str(record.get("id"))
    above = () if index.is_results else (IMAGES, position)
    if columns is not None:
        plain = BoxPicture(record, key=key, place=above)
        plain.columns = columns
        return plain
    picture = Picture(record, key=key, is_unsized=index.is_results or not places, place=above)
    for place, annotation, outline in zip(places, annotations, outlines, strict=True):
        if index.is_results:
            annotation["id"] = place + 1
        if kind == "panoptic":
            size = size_from_record(record, source=index.path, where=f"images, id {number}")
            folder = maps or index.side.maps_of(index.path)
            note_inputs([folder])
            picture.packed, picture.packed_place = annotation, (ANNOTATIONS, place)
            segments, held = unpack(annotation, folder, size, source=index.path, where=f"annotations of image {number}")
            picture.map_size = None if held == size else held
            for rank, segment in enumerate(segments):
                steps: Steps = (*picture.packed_place, "segments_info", rank)
                picture.shapes.append(Shape(segment, key=key_of(segment), place=steps))
        else:
            steps = (place,) if index.is_results else (ANNOTATIONS, place)
            picture.shapes.append(Outlined(annotation, key=key_of(annotation), place=steps, outline=outline))
    return picture
