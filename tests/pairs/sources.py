"""A data set in the files of each 2-D format, as other software writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from PIL import Image

from tests.pairs import Box, DataSet, Page, Thing

NUMBERED: Final = {"coco", "yolo"}
"""Formats whose classes have numbers."""
LISTED: Final = NUMBERED | {"cvat"}
"""Formats that have a class list."""
CLASSLESS: Final = {"cvat", "geojson", "label-studio", "labelme", "pascal-voc"}
"""Formats of which an object may have no class; pycocotools reads none of COCO."""


def _save(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def _name(data: DataSet, thing: Thing) -> str:
    return "" if thing.label is None else data.classes[thing.label]


def _coco(folder: Path, data: DataSet) -> list[Path]:
    annotations: list[dict[str, Any]] = []
    for number, page in enumerate(data.pages, 1):
        for thing in page.things:
            label = {} if thing.label is None else {"category_id": data.numbers[thing.label]}
            record = {"id": len(annotations) + 1, "image_id": number, **label, "iscrowd": 0}
            annotations.append(record | SHAPES["coco"][type(thing.shape)](thing.shape, page))
    images = [
        {"id": number, "file_name": page.name, "width": page.width, "height": page.height}
        for number, page in enumerate(data.pages, 1)
    ]
    categories = [{"id": number, "name": name} for number, name in zip(data.numbers, data.classes, strict=True)]
    return [_save(folder / "x.json", {"images": images, "annotations": annotations, "categories": categories})]


def _yolo(folder: Path, data: DataSet) -> list[Path]:
    names = json.dumps(data.classes, ensure_ascii=False)
    (folder / "data.yaml").write_text(f"train: images\nval: images\nnames: {names}\n", "utf-8")
    for page in data.pages:
        picture, label = folder / "images" / page.name, (folder / "labels" / page.name).with_suffix(".txt")
        for path in (picture, label):
            path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (page.width, page.height)).save(picture, "PNG")
        lines = [(thing.label, *SHAPES["yolo"][type(thing.shape)](thing.shape, page)) for thing in page.things]
        label.write_text("".join(f"{' '.join(map(str, line))}\n" for line in lines), "utf-8")
    return [folder]


def _cvat(folder: Path, data: DataSet) -> list[Path]:
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    labels = ElementTree.SubElement(ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task"), "labels")
    for name in data.classes:
        ElementTree.SubElement(ElementTree.SubElement(labels, "label"), "name").text = name
    for number, page in enumerate(data.pages):
        size = {"width": str(page.width), "height": str(page.height)}
        image = ElementTree.SubElement(root, "image", id=str(number), name=page.name, **size)
        for thing in page.things:
            tag, told = SHAPES["cvat"][type(thing.shape)](thing.shape, page)
            ElementTree.SubElement(image, tag, label=_name(data, thing), **told)
    ElementTree.ElementTree(root).write(folder / "x.xml", "utf-8")
    return [folder / "x.xml"]


def _label_studio(folder: Path, data: DataSet) -> list[Path]:
    tasks: list[dict[str, Any]] = []
    for page in data.pages:
        results: list[dict[str, Any]] = []
        for thing in page.things:
            kind, value = SHAPES["label-studio"][type(thing.shape)](thing.shape, page)
            is_classed = thing.label is not None
            value = {**value, f"{kind}labels": [_name(data, thing)]} if is_classed else value
            size = {"original_width": page.width, "original_height": page.height}
            told = {"id": str(len(results)), "type": f"{kind}labels" if is_classed else kind, "value": value}
            results.append({**told, "from_name": kind, "to_name": "image", **size})
        tasks.append({"id": len(tasks) + 1, "data": {"image": page.name}, "annotations": [{"result": results}]})
    return [_save(folder / "x.json", tasks)]


def _geojson(folder: Path, data: DataSet) -> list[Path]:
    features: list[dict[str, Any]] = []
    for page in data.pages:
        for thing in page.things:
            told = {} if thing.label is None else {"classification": {"name": _name(data, thing)}}
            properties = {"objectType": "annotation", "picture": page.name, **told}
            geometry = SHAPES["geojson"][type(thing.shape)](thing.shape, page)
            features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    pictures = [{"file_name": page.name, "width": page.width, "height": page.height} for page in data.pages]
    collection = {"type": "FeatureCollection", "features": features, "pictures": pictures}
    return [_save(folder / "x.geojson", collection)]


def _labelme(folder: Path, data: DataSet) -> list[Path]:
    for number, page in enumerate(data.pages):
        shapes = [
            {"label": _name(data, thing), **SHAPES["labelme"][type(thing.shape)](thing.shape, page), "group_id": None}
            for thing in page.things
        ]
        size = {"imageHeight": page.height, "imageWidth": page.width}
        told = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": page.name, "imageData": None, **size}
        _save(folder / f"{number}.json", told)
    return [folder]


def _pascal_voc(folder: Path, data: DataSet) -> list[Path]:
    for number, page in enumerate(data.pages):
        root = ElementTree.Element("annotation")
        ElementTree.SubElement(root, "filename").text = page.name
        size = ElementTree.SubElement(root, "size")
        for tag, count in (("width", page.width), ("height", page.height), ("depth", 3)):
            ElementTree.SubElement(size, tag).text = str(count)
        for thing in page.things:
            element = ElementTree.SubElement(root, "object")
            ElementTree.SubElement(element, "name").text = _name(data, thing)
            inner = ElementTree.SubElement(element, "bndbox")
            for tag, text in SHAPES["pascal-voc"][type(thing.shape)](thing.shape, page).items():
                ElementTree.SubElement(inner, tag).text = text
        ElementTree.ElementTree(root).write(folder / f"{number}.xml", "utf-8")
    return [folder]


def _coco_box(box: Box, _: Page) -> dict[str, Any]:
    bbox = [box.x, box.y, box.width, box.height]
    return {"bbox": bbox, "area": box.width * box.height, "segmentation": []}


def _yolo_box(box: Box, page: Page) -> tuple[float, ...]:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return x / page.width, y / page.height, box.width / page.width, box.height / page.height


def _cvat_box(box: Box, _: Page) -> tuple[str, dict[str, str]]:
    sides = {"xtl": box.x, "ytl": box.y, "xbr": box.x + box.width, "ybr": box.y + box.height}
    return "box", {name: str(side) for name, side in sides.items()}


def _label_studio_box(box: Box, page: Page) -> tuple[str, dict[str, float]]:
    x, width = (100 * each / page.width for each in (box.x, box.width))
    y, height = (100 * each / page.height for each in (box.y, box.height))
    return "rectangle", {"x": x, "y": y, "width": width, "height": height, "rotation": 0}


def _corners(box: Box) -> list[list[float]]:
    x, y = box.x + box.width, box.y + box.height
    return [[box.x, box.y], [x, box.y], [x, y], [box.x, y]]


def _geojson_box(box: Box, _: Page) -> dict[str, Any]:
    corners = _corners(box)
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def _labelme_box(box: Box, _: Page) -> dict[str, Any]:
    return {"points": _corners(box)[::2], "shape_type": "rectangle", "flags": {}}


def _pascal_voc_box(box: Box, _: Page) -> dict[str, str]:
    sides = {"xmin": box.x + 1, "ymin": box.y + 1, "xmax": box.x + box.width, "ymax": box.y + box.height}
    return {name: str(side) for name, side in sides.items()}


SHAPES: Final[dict[str, dict[type, Callable[[Any, Page], Any]]]] = {
    "coco": {Box: _coco_box},
    "yolo": {Box: _yolo_box},
    "cvat": {Box: _cvat_box},
    "label-studio": {Box: _label_studio_box},
    "geojson": {Box: _geojson_box},
    "labelme": {Box: _labelme_box},
    "pascal-voc": {Box: _pascal_voc_box},
}
"""How each format says a shape."""
WRITE: Final[dict[str, Callable[[Path, DataSet], list[Path]]]] = {
    "coco": _coco,
    "yolo": _yolo,
    "cvat": _cvat,
    "label-studio": _label_studio,
    "geojson": _geojson,
    "labelme": _labelme,
    "pascal-voc": _pascal_voc,
}
"""Writes a data set into a folder; returns what is given to the reader."""
