"""Exports of Label Studio: lists of tasks, read some at a time where each is a case of its own, else as a whole."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.documents import strict_json
from annoconv.documents.json_arrays import ROOT, NotObjectsError, Scanner, elements
from annoconv.documents.other_formats import looks_like
from annoconv.errors import DocumentError, InputError, LimitError
from annoconv.files.side_files import SideFiles
from annoconv.messages import Message
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import side_of, told_pictures
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.scores import has_long, put_long
from annoconv_converters._pictures.skeletons import NamedPoints
from annoconv_converters._pictures.stored import StoredPictures
from annoconv_converters._pictures.whole_side import whole_parts
from annoconv_converters.label_studio.boxes import boxes_of
from annoconv_converters.label_studio.pages import ToldTask, pages_of
from annoconv_converters.label_studio.tasks import Task, damaged
from annoconv_converters.label_studio.trees import ANSWERS, TaskTree
from annoconv_converters.label_studio.uploads import WrittenNames, uploaded_name, written_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.json_arrays import Span
    from annoconv.documents.residuals import Path as Steps
    from annoconv.files.side_files import Side
    from annoconv.limits import Limits
    from annoconv.model import Label
    from annoconv_converters._pictures.records import Picture
    from annoconv_converters._pictures.stored import Told

__all__ = ["TASK", "batch_of", "read_exports", "read_tasks", "tree_of"]

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "label-studio"
"""Task of a case that names none."""
_KEPT: Final = frozenset({"id", *ANSWERS.values()})
"""Members whose numbers keep their digits."""
_OF_MIN: Final = frozenset({"annotation_id", "annotator", "lead_time"})
"""Members of a task of JSON_MIN that say who made its regions, and how."""
_OBJECTS: Final[set[type]] = {dict}
_TOGETHER: Final = 100
"""Tasks that are read at a time."""
_SPANNING: Final = re.compile(rb"""_[ijk][^a-z"_]|\\u00[2-7]|%(5f|6[9ab]|3\d)""")
"""What stands, in small letters, in a file whose pictures may be slices of a volume, or have names with such a text."""
_BEGINS: Final = b"_i", b"_j", b"_k", b"\\u00", b"%"
"""How that begins: most texts have none of these, which is found out sooner."""
_PART: Final = b"parentid"
"""What stands so in one whose classes may have named points."""
_DIGITS: Final = re.compile(
    rb'"(?:%b)"\s*+:(?!\s*+(?:"|-?[1-9]\d*+\s*+[,}]|true|false|null))' % "|".join(sorted(_KEPT)).encode()
)
"""What stands in a text in which a member of these may hold a number with a fraction, or a zero."""
_ESCAPE: Final = b"\\u"
"""How the name of a member may be written otherwise."""
_NAMED_POINTS: Final = b'"parentID":'
"""What stands in a file of ours if its classes have the named points of all its cases."""


def tree_of(path: Path, limits: Limits) -> Any:
    """Return an export as it stands there, a task or a list of tasks; InputError if it is none."""
    document = _loads(strict_json.read_bytes(path, limits), path, limits)
    _check_tasks(document, path)
    return document


def _loads(data: bytes, path: Path, limits: Limits) -> Any:
    """Return the value of a text, with the digits that answers have."""
    has_digits = _ESCAPE in data or _DIGITS.search(data) is not None
    read = partial(strict_json.loads_keeping, kept=_KEPT) if has_digits else strict_json.loads
    document = read(data, limits=limits, source=path)
    if has_long(data):
        put_long(document, strict_json.loads(data, limits=limits, source=path, exact=True))
    return document


def _check_tasks(document: Any, path: Path) -> None:
    """Refuse what is no task or list of tasks."""
    tasks: list[Any] = document if isinstance(document, list) else [document]
    stranger = next((place for place, task in enumerate(tasks) if not _is_task(task)), None)
    if stranger is not None or not tasks:
        where = None if not stranger else Message("task {number}", number=stranger + 1)
        seen = looks_like(tasks[stranger] if stranger else document, TASK)
        problem, expected = "this is no Label Studio export", "tasks with their data, exported as JSON"
        raise InputError(problem, source=path, where=where, found=seen, expected=expected, advice=CORRECT_FILE)
    for number, task in enumerate(tasks, start=1):
        _check_lists(task, Message("task {number}", number=number), path)


def _check_lists(task: Record, where: Message, path: Path) -> None:
    """Refuse a task whose annotations or results are no lists, of which nothing would be read."""
    for name in ("annotations", "completions", "predictions"):
        for each in _listed(task, name, where, path):
            results = _listed(each, "result", where, path) if isinstance(each, dict) else []
            if not {*map(type, results)} <= _OBJECTS:
                stranger = next(result for result in results if not isinstance(result, dict))
                raise damaged("a result is no object", path, where, looks_like(stranger), "{...}")


def _listed(record: Record, name: str, where: Message, path: Path) -> list[Any]:
    """Return a list of a record, empty if it says nothing; InputError if it is none."""
    found = record.get(name)
    if found is not None and not isinstance(found, list):
        raise damaged(Message("`{name}` is no list", name=name), path, where, looks_like(found), "[...]")
    return found or []


def _is_task(task: Any) -> bool:
    """Tell whether a JSON value is a task; one of JSON_MIN has no data, but regions, or says who made them."""
    if not isinstance(task, dict):
        return False
    lists = (each for each in task.values() if isinstance(each, list))
    members = (each for listed in lists for each in listed if isinstance(each, dict))
    return (
        isinstance(task.get("data"), dict)
        or not _OF_MIN.isdisjoint(task)
        or any("original_width" in each or "result" in each for each in members)
    )


def read_tasks(
    path: Path,
    limits: Limits,
    *,
    predictions: bool = False,
    label_system: Sequence[Label] = (),
    sides: SideFiles | None = None,
) -> Batch:
    """Return the pictures of an export.

    Parameters
    ----------
    path
        The file.
    limits
        Bounds.
    predictions
        Whether to read predictions too.
    label_system
        The task's labels, by which classes are named again.
    sides
        Those of the request.

    Raises
    ------
    InputError
        If it is none, or a region cannot be understood.
    """
    document = tree_of(path, limits)
    side = side_of(path, sides or SideFiles(limits))
    return batch_of(document, path, limits, side, predictions, label_system)


def read_exports(
    path: Path, limits: Limits, *, predictions: bool, label_system: Sequence[Label], sides: SideFiles, is_apart: bool
) -> Iterator[Batch]:
    """Yield what an export holds, as `read_tasks` returns it; some tasks at a time if it is as it was written.

    Else its pictures are cases of their own, which come one by one, or wait until it is known which case each is of.
    If it `is_apart` from others, so that no classes but its own count.
    """
    side = side_of(path, sides)
    parts = whole_parts(side, TASK, without=_NAMED_POINTS) if is_apart else None
    if parts is None:
        apart: Batch | None = None
        if is_apart and side.path is None and _is_flat(path, limits):
            apart = _flat(path, limits, side, predictions, label_system)
        elif is_apart and not side.is_whole:
            apart = _stored(path, limits, side, predictions, label_system)
        yield apart or read_tasks(path, limits, predictions=predictions, label_system=label_system, sides=sides)
        return
    tasks = elements(path, (), ROOT, limits)
    for part in parts:
        some = islice(tasks, None if part.is_last else len(part.pictures))
        document = _loads(b"[%b]" % b",".join(some), path, limits)
        yield replace(batch_of(document, path, limits, side, predictions, label_system), part=part)


def batch_of(
    document: Any, path: Path, limits: Limits, side: Side, predictions: bool, label_system: Sequence[Label]
) -> Batch:
    """Return the pictures of tasks."""
    is_list, names = isinstance(document, list), dict[str, int]()
    tasks = list(_tasks(document, 0, names, path, predictions))
    addresses = [task.address for task in tasks]
    shown = told_pictures(side, TASK, limits) if any(map(uploaded_name, addresses)) else ()
    written = written_names(shown, addresses, path)
    for record, address in zip((task.picture.record for task in tasks), addresses, strict=True):
        record["file_name"] = written.get(uploaded_name(address) or "", record["file_name"])
    tree = TaskTree(_told(tasks), is_list, label_system, predictions)
    pictures = [task.picture for task in tasks]
    points = NamedPoints()
    points.meet(pictures)
    points.complete(pictures)
    return Batch(pictures, _categories(names, points), path, side, losses=tree.losses)


def _categories(names: dict[str, int], points: NamedPoints) -> list[Record]:
    """Return the records of classes with their points."""
    categories = categories_of(names)
    for number, defined in points.names.items():
        categories[number]["keypoints"] = defined
    return categories


def _tasks(document: Any, first: int, names: dict[str, int], path: Path, predictions: bool) -> Iterator[Task]:
    """Yield the pictures of tasks, of which the first has this place; add the classes that they have."""
    is_list = isinstance(document, list)
    given: list[Record] = document if is_list else [document]
    for place, (task, boxes) in enumerate(zip(given, boxes_of(given), strict=True), first):
        where, has_boxes = Message("task {number}", number=place + 1), boxes is not None
        for steps, key, page in pages_of(task, where, path, has_boxes=has_boxes):
            own = None if steps else boxes
            yield Task(page, (place, *steps), key, names, path, predictions, is_list=is_list, boxes=own)


def _told(tasks: Iterable[Task]) -> dict[Steps, ToldTask]:
    return {task.picture.place: ToldTask(task.told, task.found, task.key) for task in tasks}


def _is_flat(path: Path, limits: Limits) -> bool:
    """Tell whether a file is a list in which each picture is a case of its own and nothing says what spans them.

    It looks like one in which nothing is named as a slice of a volume is, or as a part of a region: what could be such
    a text counts as one.
    """
    return _is_long_list(path, limits, lambda text: not (_PART in text or _is_spanning(text)))


def _is_spanning(text: bytes) -> bool:
    """Tell whether a text in small letters may name slices of a volume."""
    return any(begin in text for begin in _BEGINS) and _SPANNING.search(text) is not None


def _is_long_list(path: Path, limits: Limits, is_fit: Callable[[bytes], object]) -> bool:
    """Tell whether a file is a list of objects, of which the texts fit."""
    if not path.is_file():
        return False
    strict_json.check_document(path.stat().st_size, path, limits)
    scanner = Scanner(path, replace(limits, line_bytes=limits.document_bytes), ())
    has_tasks = False
    try:
        with path.open("rb") as file:
            for span in scanner.spans(file):
                if not is_fit(span.text.lower()) or not _is_list(span):
                    return False
                has_tasks = True
        return has_tasks and strict_json.loads(bytes(scanner.skeleton), source=path) == []
    except (DocumentError, LimitError, NotObjectsError):
        return False


def _is_list(span: Span) -> bool:
    """Tell whether nothing but commas stands between the elements of a list."""
    before = int(span.starts[0]) - 1
    gaps = zip((span.ends[:-1] - before).tolist(), (span.starts[1:] - before).tolist(), strict=True)
    return {span.text[end:start].strip() for end, start in gaps} <= {b","}


def _flat(path: Path, limits: Limits, side: Side, predictions: bool, label_system: Sequence[Label]) -> Batch:
    """Return the pictures of such a file as they are read."""
    names: dict[str, int] = {}
    categories: list[Record] = []
    tree = TaskTree({}, is_list=True, label_system=label_system, has_predictions=predictions)

    def pictures() -> Iterator[Picture]:
        for tasks in _some(path, limits, names, predictions):
            tree.tasks = _told(tasks)
            categories.extend(categories_of(names)[len(categories) :])
            yield from (task.picture for task in tasks)

    return Batch([], categories, path, side, losses=tree.losses, flat=pictures())


def _some(path: Path, limits: Limits, names: dict[str, int], predictions: bool) -> Iterator[list[Task]]:
    """Yield the pictures of the tasks of a list, some at a time; add the classes that they have."""
    first, texts = 0, elements(path, (), ROOT, limits)
    while some := [*islice(texts, _TOGETHER)]:
        try:
            document = _loads(b"[%b]" % b",".join(some), path, limits)
            _check_tasks(document, path)
        except InputError:
            tree_of(path, limits)  # tells where in the file
            raise
        yield list(_tasks(document, first, names, path, predictions))
        first += len(document)


def _stored(path: Path, limits: Limits, side: Side, predictions: bool, label_system: Sequence[Label]) -> Batch | None:
    """Return the pictures of a list of tasks, which wait; None if one who reads it as a whole has to tell."""
    if not _is_long_list(path, limits, len):
        return None
    names: dict[str, int] = {}
    points = NamedPoints()
    tree = TaskTree({}, is_list=True, label_system=label_system, has_predictions=predictions)

    def asked(found: Told) -> None:
        tree.tasks = {picture.place: task for picture, (task,) in found}
        points.complete(picture for picture, _ in found)

    stored = StoredPictures(asked)
    written: WrittenNames | None = None
    try:
        for tasks in _some(path, limits, names, predictions):
            for task in (each for each in tasks if uploaded_name(each.address)):
                written = written or WrittenNames(told_pictures(side, TASK, limits))
                record = task.picture.record
                record["file_name"] = written.of(task.address) or record["file_name"]
            if written is not None and not written.are_apart:
                return None
            told = _told(tasks)
            points.meet(task.picture for task in tasks)
            for picture in (task.picture for task in tasks):
                stored.add(picture, told[picture.place])
    except (InputError, LimitError):
        return None
    return Batch([], _categories(names, points), path, side, losses=tree.losses, stored=stored)
