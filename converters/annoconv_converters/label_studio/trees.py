"""What tasks of Label Studio say, and what they would say of their cases, each result where it stands.

Brushes, answers, relations and spans are only read, and there are functions from their annotations back to them. Pixels
of brushes are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.case_labels import CaseLabels
from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, settled, stated
from annoconv_converters._pictures.rotation import corners_of
from annoconv_converters._pictures.skeletons import box_of_keypoints
from annoconv_converters.label_studio.boxes import A_BOX, RESULTS, are_again, box_again
from annoconv_converters.label_studio.keypoints import parent_of
from annoconv_converters.label_studio.shapes import POINT_WIDTH
from annoconv_converters.label_studio.uploads import is_upload_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.model import Case, Label
    from annoconv_converters._pictures.records import Picture
    from annoconv_converters.label_studio.pages import ToldTask

__all__ = [
    "ALGORITHM_TYPES", "ANSWERS", "MODEL_VERSION", "TaskTree", "answer_of", "is_read", "task_records",
]  # fmt: skip

Record: TypeAlias = "dict[str, Any]"

ANSWERS: Final = {each: each for each in ("choices", "rating", "taxonomy", "number", "datetime")} | {"textarea": "text"}
"""Types of results that answer a question, and where in their value the answer stands."""
MODEL_VERSION: Final = "annoconv"
"""What `model_version` says of predictions that we wrote: annotations of a case, which are always read."""
ALGORITHM_TYPES: Final = {"prediction": "automatic_confirmed", "prediction-changed": "automatic_confirmed"}
_MOST_DIGITS: Final = 20
"""Of the number of an annotator: no database has more."""
_ENCODING: Final = {
    **dict.fromkeys(
        ("id", "inner_id", "task", "project", "unique_id", "annotation_id", "import_id", "parent_prediction"),
        "numbers of the server's, which are given anew",
    ),
    **dict.fromkeys(
        ("total_annotations", "cancelled_annotations", "total_predictions", "comment_count", "result_count"),
        "counts of what is there",
    ),
    **dict.fromkeys(("from_name", "to_name"), "which control of a project drew it; projects name theirs"),
    "origin=manual": "that nothing else made it",
    "closed=True": "that a polygon is one",
    "format": "how a brush is stored",
    "rle": "pixels, which are the mask",
}
"""What only says how the rest is encoded, by name, or by name and value: why it is left out."""
_KINDS: Final = {
    *(("keypoints", "keypoint"), ("keypoints", "rectangle")),
    *(("bbox", "rectangle"), ("polygon", "polygon"), ("oriented_box", "rectangle"), ("point", "keypoint")),
    *(("ellipse", "ellipse"), ("mask", "brush"), ("mask", "polygon")),
}
"""Types of annotations, and of results that they are, without `labels`."""
_REASONS: Final[Reasons] = {
    "#": ("a case has no place for it", LossKind.NO_PLACE),
    "data/*": "a case names an image by a relative path, and has texts that something is marked in",
    "image_rotation": "a picture that is turned in the editor: coordinates are taken as they stand",
    "completed_by*": "an annotation has one annotator, by the address, else the number",
    "created_at": "an annotation has one time, the last",
    "updated_at": "an annotation has one time, with its zone",
    "value/width": "a point of a case has no size",
    "direction": "links of annotations have no direction",
    "parentID": "a part names the region that it belongs to, and there is none",
    "labels": "links of annotations have no labels",
    "score": "a confidence lies between 0 and 1, and has the digits of a double",
    "*": "a case has no place for {name}",
}
_APART: Final = Message("each picture of a task is a case of its own")


@dataclass
class TaskTree:
    """What an export says, held against its cases one by one.

    Attributes
    ----------
    tasks
        By the steps to their picture in the file.
    is_list
        Whether they stand in a list.
    label_system
        The task's labels.
    has_predictions
        Whether these were read.
    """

    tasks: Mapping[Path, ToldTask]
    is_list: bool
    label_system: Sequence[Label] = ()
    has_predictions: bool = False

    @cached_property
    def _labels_of(self) -> CaseLabels:
        return CaseLabels(self.label_system)

    def losses(self, pictures: Sequence[Picture], loaded: LoadedCase, case_index: int) -> list[Loss]:
        """Return what the tasks of a case say and it does not."""
        of_several = [each.place for each in pictures if each.place[3:] == (0,)]
        apart = (pointer(place[not self.is_list : 3]) for place in of_several)
        header, codes = loaded.header, loaded.label_codes
        labels = self._labels_of(header)
        plain = {each.place for each in pictures if are_again(each, self.tasks[each.place].task, codes, labels)}
        case = header if plain.issuperset(each.place for each in pictures) else loaded.case
        found = file_losses(self.records(pictures, case, plain), _REASONS, case_index)
        return [*(Loss(case_index, path, LossKind.APPROXIMATED, _APART) for path in apart), *found]

    def records(self, pictures: Sequence[Picture], case: Case, plain: Collection[Path] = ()) -> Iterator[FileRecord]:
        """Yield what tasks, their annotations and results say, and what is written again in their place.

        All results of tasks at places `plain` are known to be written again as they are; the case may be without them.
        """
        labels = self._labels_of(case)
        annotations = {each.id: each for each in case.annotations}
        masks = {labels.name_of(each.label_code): each for each in case.annotations if each.type == "mask"}
        pieces: set[str | None] = {each.id for each in masks.values()}
        for picture in pictures:
            told = self.tasks[picture.place]
            task, found = told.task, told.found
            above = picture.place[:1] if self.is_list else ()
            yield FileRecord(above, _task(task), _task_again(told, picture, case))
            members: dict[Path, Any] = {}
            if picture.place in plain:
                members[RESULTS[:2]] = next(iter(case.annotations), A_BOX)
            for within, result in () if picture.place in plain else task_records(task, with_predictions=True):
                if within[0] == "predictions" and not is_read(
                    task["predictions"][int(within[1])], self.has_predictions
                ):
                    continue
                annotation = annotations.get(str(found.get(within)))
                if annotation is None and within in found and found[within] is not None:
                    annotation = masks.get(_label(result))
                if annotation is not None:
                    members.setdefault(within[:2], annotation)
                box = box_again(result, annotation, labels, picture.record)
                if box is not None:
                    yield FileRecord((*above, *within), box, box)
                    continue
                said = _result(result)
                again = None if annotation is None else _again(result, said, annotation, labels, picture.record)
                owner = None if annotation is None else annotation.parent_id
                if again is not None and owner in pieces and result.get("parentID"):
                    again["parentID"] = result["parentID"]  # a piece of a mask of several pictures
                yield FileRecord((*above, *within), said, again)
            for name in ("annotations", "completions", "predictions"):
                listed: list[Any] = task[name] if isinstance(task.get(name), list) else []
                for number, each in enumerate(listed):
                    is_left_out = name == "predictions" and not is_read(each, self.has_predictions)
                    again = None if is_left_out else _annotation_again(each, members.get((name, number)))
                    if isinstance(each, dict) and each.get("was_cancelled"):
                        again = None
                    is_empty = isinstance(each, dict) and not (each.get("result") or each.get("was_cancelled"))
                    if again is not None or not is_empty or is_left_out:
                        said = _annotation(each) if isinstance(each, dict) else each
                        yield FileRecord((*above, name, number), said, again)


def task_records(task: Record, *, with_predictions: bool = False) -> Iterator[tuple[Path, Record]]:
    """Yield the results of a task by their place within it; those of JSON_MIN stand under the names of their tags."""
    held = [name for name in ("annotations", "completions") if isinstance(task.get(name), list)][:1]
    held += ["predictions"] if with_predictions and isinstance(task.get("predictions"), list) else []
    for name in held:
        every: list[Any] = task[name]
        for number, each in enumerate(every):
            results = each.get("result") if isinstance(each, dict) and not each.get("was_cancelled") else None
            listed: list[Any] = results if isinstance(results, list) else []
            for place, result in enumerate(listed):
                if isinstance(result, dict):
                    yield (name, number, "result", place), result
    if not held[:1] and not isinstance(task.get("data"), dict):
        flat: dict[str, Any] = task
        for name, members in flat.items():
            if isinstance(members, list) and all(isinstance(each, dict) for each in members):
                for place, each in enumerate(members):
                    yield (name, place), {"from_name": name, "value": each, **each}


def is_read(prediction: Any, has_predictions: bool) -> bool:
    """Tell whether a prediction is read: those of models if that is asked for, ours always."""
    return has_predictions or (isinstance(prediction, dict) and prediction.get("model_version") == MODEL_VERSION)


def answer_of(answer: Any) -> Any:
    """Return an answer as the value of an attribute; paths of a taxonomy with slashes."""
    if not isinstance(answer, list):
        return answer
    told = [" / ".join(map(str, each)) if isinstance(each, list) else each for each in answer]
    return told[0] if len(told) == 1 else told


# --- what the file says


def _task(task: Record) -> Record:
    """Return what a task says beside its annotations; of JSON_MIN, beside its regions."""
    regions = () if isinstance(task.get("data"), dict) else {within[0] for within, _ in task_records(task)}
    left_out = {"annotations", "completions", "predictions", *regions}
    said = {name: value for name, value in task.items() if name not in left_out and name not in _ENCODING}
    return stated({name: value if isinstance(value, dict) else as_value(value) for name, value in said.items()})


def _annotation(annotation: Record) -> Record:
    """Return what an annotation says beside its results; what is false was not done."""
    said = stated({name: value for name, value in annotation.items() if name not in _ENCODING and value is not False})
    said.pop("result", None)
    return {name: value if isinstance(value, dict) else as_value(value) for name, value in said.items()}


def _result(result: Record) -> Record:
    """Return what a result says, its value without copies of the rest."""
    value = result.get("value")
    said = {
        name: as_value(each)
        for name, each in result.items()
        if name != "value" and name not in _ENCODING and f"{name}={each}" not in _ENCODING
    }
    if not result.get("image_rotation"):
        said.pop("image_rotation", None)
    if isinstance(value, dict):
        is_flat = value.items() <= result.items()  # of JSON_MIN: its members stand beside it
        said = {} if is_flat else said
        told = {
            name: as_value(each)
            for name, each in value.items()
            if name not in _ENCODING and f"{name}={each}" not in _ENCODING and name != "points"
        }
        if value.get("points"):
            points = as_value(value["points"])
            is_read = isinstance(points, tuple) and all(isinstance(each, tuple) for each in points)
            told["points"] = tuple(chain.from_iterable(points)) if is_read else points
        if told.get("rotation") is not None:
            told["rotation"] = told["rotation"] % 360 if isinstance(told["rotation"], int | float) else told["rotation"]
        if not told.get("rotation"):
            told.pop("rotation", None)
        member = ANSWERS.get(str(result.get("type")))
        if member in told:
            told[member] = as_value(answer_of(value[member]))
        said = stated(said | told if is_flat else {**said, "value": stated(told)})
    return stated(said)


def _label(result: Record) -> str:
    value = result.get("value")
    return next(
        (
            str(each[0])
            for name, each in (value.items() if isinstance(value, dict) else ())
            if name.endswith("labels") and isinstance(each, list) and each
        ),
        "",
    )


# --- what it would say of a case


def _task_again(told: ToldTask, picture: Picture, case: Case) -> Record:
    image, named = case.image, told.picture
    name = str(picture.record["file_name"])
    if picture.name is not None:
        uid = picture.name.series
        image = next((each for each in case.related_images or () if each.uid == uid), image)
    else:
        name = address_of(image) or own_name(image)
    stands = told.data.get(named or "")
    name = str(stands) if is_upload_of(stands, name) else name  # the server's name for it
    data: Record = {each.id: each.content for each in case.texts or ()} | ({named: name} if named else {})
    if isinstance(told.task.get("data"), dict):
        size = dict(zip(("original_width", "original_height"), image.shape or (), strict=False))
        return {"data": data, "meta": size}
    first = next(iter(case.annotations), None)
    return data | ({} if first is None else {"annotator": _author(first), "updated_at": _time(first)})


def _again(result: Record, said: Record, annotation: Any, labels: Labels, picture: Record) -> Record:
    """Return a result again: of its kind, what the annotation says."""
    kind, told = str(result.get("type")), result.get("value")
    if kind == "relation":
        targets = annotation.cross_modal_links or ()
        to = next((each for each in targets if each.rstrip("_") == str(result.get("to_id")).rstrip("_")), None)
        stands = {name: result[name] for name in ("original_width", "original_height") if name in result}
        link = {"type": kind, "from_id": result.get("from_id"), "to_id": result.get("to_id") if to else None}
        return stated(link | stands)
    attributes = strict_json.plain(annotation.attributes or {})
    size = picture.get("width", 0), picture.get("height", 0)
    point = next((each for each in _points(annotation) if each.name == _label(result)), None)
    value = _coordinates(annotation, size) if point is None else _of_point(point, size)
    if annotation.type == "mask" and "points" in said.get("value", {}):
        value["points"] = said["value"]["points"]  # an outline of a mask, which has the very pixels
    names = attributes.get("labels") or [labels.name_of(annotation.label_code)]
    names = names if point is None else [point.name]
    for name in told if isinstance(told, dict) else ():
        if name.endswith("labels"):
            value[name] = tuple(names)
    if kind in ANSWERS:
        value[ANSWERS[kind]] = as_value(attributes.get(str(result.get("from_name") or kind)))
    elif annotation.type == "text_span":
        value |= {"text": annotation.text, "start": annotation.start, "end": annotation.end}
        if said.get("value", {}).get("text") == annotation.text:  # whatever it counts in
            value |= {name: said["value"].get(name) for name in ("start", "end")}
    base = kind.removesuffix("labels")
    is_kind = not base or kind in ANSWERS or (annotation.type, base) in _KINDS
    parent = annotation.parent_id or (annotation.id if point is not None else "")
    spoken = said.get("value", said)
    value = {name: settled(each, spoken.get(name)) for name, each in value.items()}
    value |= {"width": POINT_WIDTH} if base == "keypoint" and spoken.get("width") == POINT_WIDTH else {}
    again: Record = {"value": value} | ({"type": kind} if is_kind else {})
    again |= {} if annotation.confidence is None else {"score": annotation.confidence}
    again |= dict(zip(("original_width", "original_height"), size, strict=True))
    above = parent_of(result)
    if parent and above is not None and parent.rstrip("_") == above.rstrip("_"):
        again["parentID"] = result["parentID"]
    if annotation.algorithm_type == ALGORITHM_TYPES.get(str(result.get("origin")), ""):
        again["origin"] = result["origin"]
    return again | (value if "value" not in said else {})


def _coordinates(annotation: Any, size: tuple[int, int]) -> Record:
    """Return where an annotation is, per cent of width and height; a box is turned about its upper left corner."""
    if not all(size):
        return {}
    across, down = 100 / size[0], 100 / size[1]
    match annotation.type:
        case "bbox":
            x_min, y_min, x_max, y_max = annotation.bbox
            sides = x_min * across, y_min * down, (x_max - x_min) * across, (y_max - y_min) * down
            return dict(zip(("x", "y", "width", "height"), sides, strict=True))
        case "polygon":
            return {"points": tuple([number for x, y in annotation.polygon for number in (x * across, y * down)])}
        case "oriented_box":
            turn = annotation.rotation_degrees or 0
            x, y = corners_of(annotation.center, annotation.size, turn)[:2]
            width, height = annotation.size
            place = {"x": x * across, "y": y * down, "width": width * across, "height": height * down}
            return place | {"rotation": turn % 360}
        case "keypoints":
            x, y, width, height = box_of_keypoints(strict_json.plain(annotation.keypoints))
            return {"x": x * across, "y": y * down, "width": width * across, "height": height * down}
        case "point":
            return {"x": annotation.point[0] * across, "y": annotation.point[1] * down}
        case "ellipse":
            (x, y), (wide, high) = annotation.center, annotation.radii
            place = {"x": x * across, "y": y * down, "radiusX": wide * across, "radiusY": high * down}
            return place | {"rotation": (annotation.rotation_degrees or 0) % 360}
        case _:
            return {}


def _points(annotation: Any) -> list[Any]:
    return list(annotation.keypoints) if annotation.type == "keypoints" else []


def _of_point(point: Any, size: tuple[int, int]) -> Record:
    """Return where a named point is, per cent of width and height."""
    if point.point is None or not all(size):
        return {}
    return {"x": point.point[0] * 100 / size[0], "y": point.point[1] * 100 / size[1]}


def _annotation_again(said: Any, annotation: Any) -> Record:
    """Return who and when of an annotation, as the first of its regions has them."""
    if annotation is None:
        return {}
    author, time = _author(annotation), _time(annotation)
    if isinstance(said, dict) and isinstance(said.get("completed_by"), dict):
        author = {"email" if said["completed_by"].get("email") else "id": author}
    named = "updated_at" if isinstance(said, dict) and said.get("updated_at") else "created_at"
    told = stated({"completed_by": author, named: time, "score": annotation.confidence})
    is_ours = isinstance(said, dict) and said.get("model_version") == MODEL_VERSION
    return told | ({"model_version": MODEL_VERSION} if is_ours else {})


def _author(annotation: Any) -> Any:
    author = annotation.annotator or ""
    number = author.removeprefix("user_")
    is_number = author.startswith("user_") and number.isdecimal() and len(number) < _MOST_DIGITS
    return int(number) if is_number else author


def _time(annotation: Any) -> str | None:
    return None if annotation.annotated_at is None else str(strict_json.plain(annotation.annotated_at))
