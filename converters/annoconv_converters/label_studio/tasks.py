"""Tasks of Label Studio and what their results mean: regions of a picture, answers, spans of a text, relations.

What one region is told by several results of one id: its shape, its labels, answers about it. Continuous pixels, origin
at the outer corner of the first pixel. Offsets in texts are Unicode code points, as Label Studio writes them; those of
older versions, in UTF-16, are recognised by their quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.columns import box_picture
from annoconv_converters._pictures.geometry import LARGEST_SIZE
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.scores import is_number
from annoconv_converters.label_studio.boxes import RESULTS
from annoconv_converters.label_studio.keypoints import grouped, is_round, parent_of
from annoconv_converters.label_studio.pictures import picture_name, stored_name
from annoconv_converters.label_studio.shapes import SHAPES, differ, shape_of
from annoconv_converters.label_studio.trees import (
    ALGORITHM_TYPES,
    ANSWERS,
    answer_of,
    is_read,
    task_records,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv_converters._pictures.columns import Columns

__all__ = ["Task", "damaged"]

Record: TypeAlias = "dict[str, Any]"

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_FINER: Final = re.compile(r"(?<=\.\d{6})\d+")
"""Digits of a second that a time has beyond millionths."""
_SIDES: Final = ("width", "height")
_SIZE: Final = Message("whole numbers from 1 as original_width and original_height")
_TASK_UNSIZED: Final = Message("the task states no size of its picture")
_TASK_OTHERWISE: Final = Message("the task states another size of its picture (meta) than the region")
_REGION_UNSIZED: Final = Message("the region states no size of its picture")
_MEANINGS: Final = frozenset({"sign", "diagnosis", "attribute", "recommendation"})


@dataclass
class _Region:
    """The results of one id."""

    first: Record
    value: Record
    answers: Record = field(default_factory=dict)
    linked: list[str] = field(default_factory=list)
    results: list[Record] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        found = (each for key, each in self.value.items() if key.endswith("labels") and isinstance(each, list))
        return list(dict.fromkeys(str(label) for each in found for label in each))


def damaged(problem: str, path: Path, where: str | None, found: object, expected: object) -> InputError:
    """Return the error that a task, or what it holds, cannot be understood."""
    return InputError(problem, source=path, where=where, found=found, expected=expected, advice=CORRECT_FILE)


class Task:
    """One task, or one picture of several that it has: with a record for each region.

    Attributes
    ----------
    told
        What it says.
    data
        Of it.
    key
        Under which name these have the picture.
    address
        What stands there.
    picture
        At its steps in the file.
    found
        The id of the annotation that each result belongs to, by its place.
    """

    def __init__(
        self, task: Record, steps: Steps, key: str | None, names: dict[str, int], path: Path, predictions: bool, *,
        is_list: bool, boxes: Columns | None = None,
    ) -> None:  # fmt: skip
        self._names, self._path, self.told, self.key = names, path, task, key
        held = task.get("data")
        self.data: Record = held if isinstance(held, dict) else task
        self.address: Any = self.data.get(key or "")
        (place, *page), above = steps, steps[:1] if is_list else ()
        number = task.get("id", int(place) + 1)
        name = picture_name(self.address, "_".join(map(str, (number, *page[2:]))))
        self._record: Record = {"id": number, "file_name": name}
        stored = stored_name(self.address) if isinstance(self.address, str) else None
        address = self.address if stored else None
        self.picture = Picture(self._record, is_unsized=True, place=steps, address=address)
        meta: Record = task["meta"] if isinstance(task.get("meta"), dict) else {}
        self._is_sized = "original_width" in meta
        if self._is_sized:
            self._record |= zip(_SIDES, self._size_of(meta, _TASK_UNSIZED, f"task {number}"), strict=True)
        if boxes is not None:
            result = task["annotations"][0]["result"]
            self._record |= {side: result[0][f"original_{side}"] for side in _SIDES}
            boxes.classes = [names.setdefault(each, len(names)) for each in boxes.classes]
            boxes.above, boxes.more = (*above, *RESULTS), _made(task["annotations"][0])
            self.picture = box_picture(self._record, boxes, place=steps, address=address)
            self.found: dict[Steps, str | None] = {
                (*RESULTS, number): each for number, each in enumerate(boxes.numbers)
            }
        else:
            self.found = self._all_read(task, above, predictions)
        has_name = isinstance(self.address, str) and name in {self.address, stored}
        self.picture.is_named = has_name or (key is None and "width" not in self._record)  # a text alone has none

    def _all_read(self, task: Record, above: Steps, predictions: bool) -> dict[Steps, str | None]:
        """Read any task; return the id of the annotation that each result belongs to, by its place."""
        self._results = list(task_records(task, with_predictions=True))
        self._owners: dict[int, str] = {}
        self._shapes: dict[str, Shape] = {}
        self._seen: set[str] = set()
        self._texts: set[str] = set()
        for annotation in _annotations(task, [result for _, result in self._results]):
            self._read(annotation, {})
        held = task.get("predictions")
        for each in held if isinstance(held, list) else []:
            if isinstance(each, dict) and is_read(each, predictions):
                self._read(each, {"algorithm_type": "automatic"})
        for within, result in reversed(self._results):  # a region stands where its first result does
            shape = self._shapes.get(self._owners.get(id(result), ""))
            if shape is not None:
                shape.place = (*above, *within)
        return {within: self._owners.get(id(result)) for within, result in self._results}

    def _read(self, annotation: Record, more: Record) -> None:
        results = annotation.get("result")
        results = [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
        if "algorithm_type" not in more:
            more = _made(annotation)
        regions, relations = _regions(results)
        final = {each: self._identity(each) for each in regions}
        for one, other, relation in relations:
            if one in regions and other in regions:
                regions[one].linked.append(final[other])
                regions[one].results.append(relation)
        groups = grouped({each: (one.first | {"value": one.value}, one.labels) for each, one in regions.items()})
        parents = {child: parent for parent, children in groups.items() for child in children}
        where = f"task {self._record['id']}, region "
        shapes = {each: self._shaped(region, f"{where}{each}") for each, region in regions.items()}
        points = {each: _keypoints(children, shapes) for each, children in groups.items()}
        alone = {each for each, told in points.items() if is_round(shapes[each], told)}
        given = {each: final[each] if each in alone else self._identity(f"{final[each]}.keypoints") for each in groups}
        for each, region in regions.items():
            found, identity = shapes[each], final[each]
            of = each if each in alone else parents.get(each)
            if of is not None:  # the first of what one object consists of stands for it
                identity = given[of]
                geometry = {"type": "keypoints", "keypoints": points[of]}
                region = regions[of]
                found = None if identity in self._shapes else Shape({}, geometry)
            record, told = self._told(region, annotation, more, is_copy=of is not None and of not in alone)
            above = of if of is not None and of not in alone else parent_of(region.first)
            told |= {"parent_id": final[above]} if above is not None and above in final and above != each else {}
            if found is not None:
                found.record, found.more = {"id": identity, **record, **found.record}, told
                self._shapes[identity] = found
                self.picture.shapes.append(found)
            if identity in self._shapes:
                self._owners |= {id(result): identity for result in regions[each].results}

    def _identity(self, stated: str) -> str:
        """Return an id that no other region of the task has: copies of an annotation have the same ones."""
        while stated in self._seen:
            stated += "_"
        self._seen.add(stated)
        return stated

    def _told(self, region: _Region, annotation: Record, more: Record, *, is_copy: bool) -> tuple[Record, Record]:
        """Return label, confidence and attributes, and beside these who, when and what is related.

        A copy, the keypoints of a region that is an annotation by itself, has neither answers nor relations.
        """
        labels = region.labels
        label = next(iter(labels or region.answers), "")
        told: Record = {"category_id": self._names.setdefault(label, len(self._names))}
        score = region.first.get("score", annotation.get("score") if "algorithm_type" in more else None)
        if is_number(score):
            told["score"] = float(score)
        attributes = ({} if is_copy else region.answers) | ({"labels": labels} if len(labels) > 1 else {})
        if attributes:
            told["attributes"] = attributes
        algorithm_type = ALGORITHM_TYPES.get(str(region.first.get("origin")))
        links: Record = {"cross_modal_links": region.linked} if region.linked and not is_copy else {}
        return told, ({"algorithm_type": algorithm_type} if algorithm_type else {}) | more | links

    def _shaped(self, region: _Region, where: str) -> Shape | None:
        """Return where a region is; None if that has no place in a case."""
        value, first = region.value, region.first
        if type(value.get("start")) is int and type(value.get("end")) is int and "channel" not in value:
            return self._span(region, where)
        if not any(name in value for name in SHAPES):
            if region.answers:
                return Shape({})
            return None
        size = self._size_of(first, _REGION_UNSIZED, where)
        stated = self._record.setdefault("width", size[0]), self._record.setdefault("height", size[1])
        if stated != size and self._is_sized:
            raise damaged(_TASK_OTHERWISE, self._path, where, stated, size)
        if stated != size:
            raise damaged("the region states another size than others of its picture", self._path, where, size, stated)
        kinds = [str(each.get("type")) for each in region.results]
        return shape_of(value, kinds, (size[1], size[0]), self._path, where)

    def _size_of(self, holder: Record, problem: str, where: str) -> tuple[int, int]:
        """Return columns and rows of the picture as a task or a region states them."""
        columns, rows = (holder.get(f"original_{side}") for side in _SIDES)
        if (
            type(columns) is not int
            or type(rows) is not int
            or not all(0 < each < LARGEST_SIZE for each in (columns, rows))
        ):
            raise damaged(problem, self._path, where, (columns, rows), _SIZE)
        return columns, rows

    def _span(self, region: _Region, where: str) -> Shape | None:
        """Return a span of a text; the text becomes one of the case."""
        start, end, quote = region.value["start"], region.value["end"], region.value.get("text")
        texts = {key: each for key, each in self.data.items() if isinstance(each, str)}
        named = [key for key in (str(region.first.get("to_name")), "text") if key in texts]
        for key in dict.fromkeys([*named, *(texts if isinstance(quote, str) else ())]):
            found = _in_code_points(texts[key], start, end, quote)
            if found is None:
                continue
            if key not in self._texts:
                self._texts.add(key)
                self.picture.shapes.append(Shape({"id": key, "caption": texts[key]}))
            label = (region.labels or [""])[0].lower()
            meaning = label if label in _MEANINGS else "attribute"
            span = {"start": found[0], "end": found[1], "text": texts[key][found[0] : found[1]]}
            return Shape({}, {"type": "text_span", "text_id": key, **span, "semantic_type": meaning})
        if named:
            expected = Message("the quote of the region")
            raise damaged("the span does not hold its quote", self._path, where, [start, end], expected)
        return None


def _made(annotation: Record) -> Record:
    """Return who made an annotation, and when."""
    author = annotation.get("completed_by")
    author = author.get("email") or author.get("id") if isinstance(author, dict) else author
    time = str(annotation.get("updated_at") or annotation.get("created_at"))
    told = {"annotated_at": _FINER.sub("", time)} if _TIME.fullmatch(time) else {}
    if author is not None:
        told |= {"annotator": f"user_{author}" if isinstance(author, int) else str(author).strip()}
    return told


def _keypoints(names: dict[str, str], shapes: dict[str, Shape | None]) -> list[Record]:
    """Return points as the model has them."""
    places = ((name, shapes[each]) for each, name in names.items())
    return [{"name": name, "point": shape.geometry["point"]} for name, shape in places if shape and shape.geometry]


def _annotations(task: Record, results: list[Record]) -> Iterator[Record]:
    """Yield each annotation of a task; JSON_MIN has regions under the names of their tags instead."""
    annotations = task.get("annotations", task.get("completions"))
    if isinstance(annotations, list):
        yield from (each for each in annotations if isinstance(each, dict) and not each.get("was_cancelled"))
    elif not isinstance(task.get("data"), dict):
        author = {"completed_by": task["annotator"]} if "annotator" in task else {}
        yield {"result": results, **author, "updated_at": task.get("updated_at")}


def _regions(results: list[Record]) -> tuple[dict[str, _Region], list[tuple[str, str, Record]]]:
    """Return the results by id, and which regions are related."""
    regions: dict[str, _Region] = {}
    relations: list[tuple[str, str, Record]] = []
    for place, result in enumerate(results, start=1):
        if result.get("type") == "relation":
            relations.append((str(result.get("from_id")), str(result.get("to_id")), result))
            continue
        value = result.get("value")
        if not isinstance(value, dict):
            continue
        identity = str(result.get("id") or f"region_{place}").strip()
        while identity in regions and _is_other(regions[identity], result, value):  # two regions of one id
            identity += "_"
        region = regions.setdefault(identity, _Region(result, {}))
        region.results.append(result)
        if any(name in value for name in SHAPES) and "original_width" in result:
            region.first = region.first | {
                key: result[key] for key in ("original_width", "original_height", "type") if key in result
            }
        member = ANSWERS.get(str(result.get("type")))
        if member is None:
            region.value = {**region.value, **value}
        elif member in value:
            region.answers[str(result.get("from_name") or result["type"])] = answer_of(value[member])
            region.value = {key: each for key, each in value.items() if key != member} | region.value
    return regions, relations


def _is_other(region: _Region, result: Record, value: Record) -> bool:
    """Tell whether a result is of another region: at another place, or by a control that has one of the region."""
    return differ(region.value, value) or any(_control(each) == _control(result) for each in region.results)


def _control(result: Record) -> tuple[Any, Any]:
    return result.get("from_name"), result.get("type")


def _in_code_points(text: str, start: int, end: int, quote: Any) -> tuple[int, int] | None:
    """Return a span of a text in code points, whichever unit it is told in; None if neither holds its quote."""
    if not 0 <= start < end <= 2 * len(text):
        return None
    if end <= len(text) and (not isinstance(quote, str) or text[start:end] == quote):
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    try:
        before, within = (units[2 * a : 2 * b].decode("utf-16-le") for a, b in ((0, start), (start, end)))
    except UnicodeDecodeError:
        return None
    return (len(before), len(before) + len(within)) if within == quote else None
