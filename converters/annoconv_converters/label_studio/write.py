"""Pictures to tasks of Label Studio: regions in per cent of width and height, origin at the picture's outer corner."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.files.side_files import SideFiles
from annoconv_converters._pictures.carrier import side_of
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.parts import JoinedTexts
from annoconv_converters._pictures.picture_format import PictureFormat, has_keypoints, polygon_reasons
from annoconv_converters._pictures.rotation import corners_of
from annoconv_converters._pictures.sizes import without_size
from annoconv_converters._pictures.skeletons import box_of_keypoints, seen_of
from annoconv_converters.label_studio.boxes import drawn_boxes
from annoconv_converters.label_studio.exports import TASK, batch_of, read_tasks
from annoconv_converters.label_studio.pictures import stored_name
from annoconv_converters.label_studio.shapes import POINT_WIDTH
from annoconv_converters.label_studio.trees import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.limits import Limits
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.picture_format import Whole
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "label_studio_format", "tree"]

Record: TypeAlias = "dict[str, Any]"

REASONS: Final[Reasons] = {
    "annotations/#/id": "Label Studio numbers its regions",
    "annotations/#/mask_file": "Label Studio names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "Label Studio has no label maps",
    "*/algorithm_type": "a region of Label Studio is drawn by hand or a prediction, and by hand where nothing is said",
    "annotations/#/category": "in Label Studio the category follows from the label",
    **polygon_reasons("Label Studio"),
    "labels/#/number": "tasks of Label Studio name classes, without numbers",
    "labels/#/*": "tasks of Label Studio name the classes of their regions, without more",
    "annotations/#/polyline/*": "Label Studio has no lines",
    "*/modality": "Label Studio knows no modality",
    "*/shape/#": "a picture of Label Studio has two dimensions",
    "task_id": "a task of Label Studio is one picture, not an annotation task",
    "*": "Label Studio has no place for {place}",
}
_ORIGINS: Final[dict[str | None, str]] = {"automatic_confirmed": "prediction"}
"""Of regions, by who made them."""
_CONTROLS: Final = {
    "rectanglelabels": "rectangle",
    "polygonlabels": "polygon",
    "keypointlabels": "keypoint",
    "ellipselabels": "ellipse",
}
"""Names of the tags of a labelling configuration that what is written refers to, by type."""


def label_studio_format(limits: Limits) -> PictureFormat[list[Record]]:
    """Return what the writer must know of Label Studio."""
    return PictureFormat(
        task=TASK,
        tree=tree,
        save=_save,
        parts=_Parts,
        read=lambda path, _: read_tasks(path, limits),
        understood=partial(_understood, limits=limits),
        reasons=REASONS,
        has_ids=True,
        shapes=frozenset({"point", "ellipse", "keypoints", "oriented_box"}),
        is_outlined=True,
        joined=has_keypoints,
    )


def tree(pictures: Sequence[Picture], categories: Sequence[Record], _: Whole) -> list[Record]:
    """Return a task for each picture.

    Raises
    ------
    ImageError
        If the size of a picture is not known.
    """
    names = {record["id"]: str(record["name"]) for record in categories}
    are_named = all(names.values())
    boxes = drawn_boxes(pictures if are_named else [], names)
    tasks: list[Record] = []
    for picture in pictures:
        is_sized = "width" in picture.record
        if are_named and held(picture) is not None:
            result, suggested = next(boxes), list[Record]()
        else:
            result, suggested = _results(picture, names)
        data = {"image": _address(picture)}
        size = {f"original_{side}": picture.record[side] for side in ("width", "height") if is_sized}
        told = {"id": picture.record["id"], "data": data, **({"meta": size} if size else {})}
        tasks.append({**told, "annotations": [{"result": result}]})
        if suggested:
            tasks[-1]["predictions"] = [{"model_version": MODEL_VERSION, "result": suggested}]
    return tasks


def _results(picture: Picture, names: Mapping[Any, str]) -> tuple[list[Record], list[Record]]:
    """Return the regions of a picture, and those that a model suggests."""
    if picture.shapes and "width" not in picture.record:
        raise without_size("Label Studio", picture)
    picture.shapes.sort(key=_is_suggested)  # as they are read
    first: dict[str, Shape] = {}
    for shape in picture.shapes:
        first.setdefault(shape.key["id"], shape)
    regions = [
        (_is_suggested(shape), region)
        for shape in picture.shapes
        for region in _regions(shape, first, picture.record, names[shape.record["category_id"]])
    ]
    return [region for is_one, region in regions if not is_one], [region for is_one, region in regions if is_one]


def _understood(
    tasks: list[Record], pictures: Sequence[Picture], _: object, target: Path, *, limits: Limits
) -> Batch | None:
    """Return what tasks of plain boxes are read as; None of any other."""
    if any(held(each) is None for each in pictures):
        return None
    return batch_of(tasks, target, limits, side_of(target, SideFiles(limits)), predictions=False, label_system=())


def _address(picture: Picture) -> str:
    """Return how a task names its picture: where a server has it, unless it has another name by now."""
    name, address = str(picture.record["file_name"]), picture.address
    return address if address is not None and stored_name(address) == name else name


def _save(tasks: list[Record], path: Path) -> None:
    path.write_bytes(strict_json.dumps(tasks, indent=2))


class _Parts:
    """Tasks that are written some at a time."""

    def __init__(self, folder: Path) -> None:
        self._texts = JoinedTexts(b",\n")

    def add(self, tasks: list[Record], _: Path) -> None:
        """Add tasks."""
        self._texts.add(strict_json.dumps(tasks, indent=2)[2:-3])

    def finish(self, target: Path) -> None:
        """Write the file."""
        with target.open("wb") as file:
            file.write(b"[\n")
            self._texts.move(file)
            file.write(b"\n]\n")


def _is_suggested(shape: Shape) -> bool:
    """Tell whether a model made a shape and nobody has confirmed it."""
    return shape.algorithm_type == "automatic"


def _regions(shape: Shape, first: Mapping[str, Shape], picture: Record, label: str) -> Iterator[Record]:
    """Yield the region of a shape; of keypoints one each, below that of their object, or the box round them."""
    parent = first.get(shape.parent_id or "", shape)
    if shape.geometry is None or shape.geometry["type"] != "keypoints":
        above = {} if parent is shape else {"parentID": str(parent.record["id"])}
        yield _region(shape, picture, label) | above
        return
    keypoints = shape.geometry["keypoints"]
    kinds = {(each.record["category_id"], _is_suggested(each)) for each in (parent, shape)}
    if parent is shape or len(kinds) > 1 or (parent.geometry or {}).get("type") == "keypoints":
        parent = shape
        box = {**shape.record, "bbox": box_of_keypoints(keypoints)}
        yield _region(replace(shape, record=box, geometry=None), picture, label)
    for number, each in enumerate(keypoints, start=1):
        if seen_of(each):
            record = {key: value for key, value in shape.record.items() if key != "score"}
            record["id"] = f"{shape.record['id']}.{number}"
            point = replace(shape, record=record, geometry={"type": "point", "point": each["point"]})
            yield _region(point, picture, each["name"]) | {"parentID": str(parent.record["id"])}


def _region(shape: Shape, picture: Record, label: str) -> Record:
    """Return a shape as a region of Label Studio."""
    columns, rows = picture["width"], picture["height"]
    scale = (100 / columns, 100 / rows)
    record, geometry, rings = shape.record, shape.geometry, shape.record.get("segmentation")
    if geometry is not None and geometry["type"] == "point":
        x, y = (coordinate * each for coordinate, each in zip(geometry["point"], scale, strict=True))
        kind, value = "keypointlabels", {"x": x, "y": y, "width": POINT_WIDTH}
    elif geometry is not None and geometry["type"] == "oriented_box":
        kind, turn = "rectanglelabels", geometry.get("rotation_degrees", 0)
        x, y = corners_of(geometry["center"], geometry["size"], turn)[:2]
        width, height = (side * each for side, each in zip(geometry["size"], scale, strict=True))
        value = {"x": x * scale[0], "y": y * scale[1], "width": width, "height": height, "rotation": turn}
    elif geometry is not None:
        kind = "ellipselabels"
        x, y = (coordinate * each for coordinate, each in zip(geometry["center"], scale, strict=True))
        across, down = (radius * each for radius, each in zip(geometry["radii"], scale, strict=True))
        value = {"x": x, "y": y, "radiusX": across, "radiusY": down, "rotation": geometry.get("rotation_degrees", 0)}
    elif rings:
        kind = "polygonlabels"
        corners = zip(rings[0][::2], rings[0][1::2], strict=True)
        value = {"points": [[x * scale[0], y * scale[1]] for x, y in corners], "closed": True}
    else:
        kind = "rectanglelabels"
        x, y, width, height = record["bbox"]
        value = {
            "x": x * scale[0],
            "y": y * scale[1],
            "width": width * scale[0],
            "height": height * scale[1],
            "rotation": 0,
        }
    is_classed = bool(label)
    region: Record = {
        "id": str(record["id"]),
        "type": kind if is_classed else _CONTROLS[kind],
        "value": {**value, kind: [label]} if is_classed else value,
        **({} if _is_suggested(shape) else {"origin": _ORIGINS.get(shape.algorithm_type, "manual")}),
        "to_name": "image",
        "from_name": _CONTROLS[kind],
        "image_rotation": 0,
        "original_width": columns,
        "original_height": rows,
    }
    return region | ({"score": record["score"]} if "score" in record else {})
