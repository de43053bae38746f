"""The name of a class in the files of every format: one label, the very name again, two never one.

`class_names` holds small files of classes that were once made one: HER2+ and HER2-, the lung and the liver in Chinese.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import pydicom
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.codes import UNCLASSIFIED, Labels
from annoconv.model import Label
from annoconv.pixels import save_nifti
from annoconv.registry import Context
from tests import cases

SOURCES = Path(__file__).parent / "class_names"
SIZE = {"original_width": 40, "original_height": 30}


def _json(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def _coco(folder: Path, name: str) -> Path:
    categories = [{"id": 4, "name": name}]
    images = [{"id": 1, "file_name": f"{folder.name}.png", "width": 40, "height": 30}]
    annotations = [{"id": 1, "image_id": 1, "category_id": 4, "bbox": [2, 2, 6, 6], "area": 36, "iscrowd": 0}]
    return _json(folder / "x.json", {"images": images, "annotations": annotations, "categories": categories})


def _yolo(folder: Path, name: str) -> Path:
    (folder / "labels").mkdir()
    (folder / "images").mkdir()
    (folder / "data.yaml").write_text(f"names: [{json.dumps(name, ensure_ascii=False)}]\n", "utf-8")
    (folder / "labels" / f"{folder.name}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    Image.new("L", (40, 30)).save(folder / "images" / f"{folder.name}.png")
    return folder


def _cvat(folder: Path, name: str) -> Path:
    root = ElementTree.Element("annotations")
    picture = ElementTree.SubElement(root, "image", id="0", name=f"{folder.name}.png", width="40", height="30")
    ElementTree.SubElement(picture, "box", label=name, xtl="2", ytl="2", xbr="8", ybr="8")
    ElementTree.ElementTree(root).write(folder / "x.xml", "utf-8")
    return folder / "x.xml"


def _labelme(folder: Path, name: str) -> Path:
    shape = {"label": name, "points": [[2, 2], [8, 8]], "shape_type": "rectangle"}
    told = {"imagePath": f"{folder.name}.png", "imageHeight": 30, "imageWidth": 40}
    return _json(folder / "x.json", {"shapes": [shape], **told})


def _label_studio(folder: Path, name: str) -> Path:
    value = {"x": 5, "y": 5, "width": 20, "height": 20, "rectanglelabels": [name]}
    result = {"id": "r", "type": "rectanglelabels", "from_name": "a", "to_name": "b", "value": value, **SIZE}
    return _json(folder / "x.json", [{"data": {"image": f"{folder.name}.png"}, "annotations": [{"result": [result]}]}])


def _geojson(folder: Path, name: str) -> Path:
    properties = {"classification": {"name": name}, "picture": f"{folder.name}.png"}
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [3, 4]}, "properties": properties}
    pictures = [{"file_name": f"{folder.name}.png", "width": 40, "height": 30}]
    return _json(folder / "x.geojson", {"type": "FeatureCollection", "features": [feature], "pictures": pictures})


def _pascal_voc(folder: Path, name: str) -> Path:
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = f"{folder.name}.png"
    for place, members in (("size", {"width": 40, "height": 30}), ("object", {"name": name})):
        inner = ElementTree.SubElement(root, place)
        for key, value in members.items():
            ElementTree.SubElement(inner, key).text = str(value)
    box = ElementTree.SubElement(inner, "bndbox")
    for key, value in {"xmin": 3, "ymin": 3, "xmax": 8, "ymax": 8}.items():
        ElementTree.SubElement(box, key).text = str(value)
    ElementTree.ElementTree(root).write(folder / "x.xml", "utf-8")
    return folder / "x.xml"


def _nifti(folder: Path, name: str) -> Path:
    (folder / "labelsTr").mkdir()
    grid = cases.grid_of((6, 5, 4))
    labels_kji = np.zeros(grid.shape_kji, np.uint8)
    labels_kji[1, 2, 3] = 3
    save_nifti(folder / "labelsTr" / "a.nii.gz", labels_kji, grid)
    labels = {"background": 0, name: 3}
    _json(folder / "dataset.json", {"channel_names": {"0": "CT"}, "labels": labels, "file_ending": ".nii.gz"})
    return folder


@cache
def _segmentation() -> pydicom.FileDataset:
    with tempfile.TemporaryDirectory() as folder:
        zoo = cases.make("axial", Path(folder))
        target = Path(folder) / "x.dcm"
        registry.write([read_case(zoo.path)], target, format="dicom-seg", images=zoo.images, plain=True)
        return pydicom.dcmread(target)


def _dicom_seg(folder: Path, name: str) -> Path:
    """Write a segmentation as other software would, its property type in a scheme of its own."""
    header = deepcopy(_segmentation())
    header.Manufacturer = "Other"
    segment = header.SegmentSequence[0]
    segment.SegmentLabel = name
    del segment.SegmentDescription
    kind = segment.SegmentedPropertyTypeCodeSequence[0]
    kind.CodingSchemeDesignator, kind.CodeValue = "99HOUSE", "A1"
    header.SegmentSequence = header.SegmentSequence[:1]
    header.save_as(folder / "x.dcm")
    return folder / "x.dcm"


@cache
def _report() -> pydicom.FileDataset:
    with tempfile.TemporaryDirectory() as folder:
        zoo = cases.make("axial", Path(folder))
        target = Path(folder) / "x.dcm"
        registry.write([read_case(zoo.path)], target, format="dicom-sr", images=zoo.images, plain=True)
        return pydicom.dcmread(target)


def _dicom_sr(folder: Path, name: str) -> Path:
    """Write a report as other software would, its finding in a scheme of its own."""
    report = deepcopy(_report())
    report.Manufacturer = "Other"
    (group,) = report.ContentSequence[-1].ContentSequence
    (finding,) = [one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].CodeMeaning == "Finding"]
    kind = finding.ConceptCodeSequence[0]
    kind.CodingSchemeDesignator, kind.CodeValue, kind.CodeMeaning = "99HOUSE", "A1", name
    report.save_as(folder / "x.dcm")
    return folder / "x.dcm"


def _fhir(folder: Path, name: str) -> Path:
    region = {"regionType": "point", "coordinate": [2.5, 2.5]}
    selection = {"resourceType": "ImagingSelection", "status": "available", "code": {"text": name}}
    return _json(folder / "x.json", selection | {"instance": [{"uid": "1.2.3", "imageRegion2D": [region]}]})


WRITE: Final[dict[str, Callable[[Path, str], Path]]] = {
    "coco": _coco,
    "cvat": _cvat,
    "dicom-seg": _dicom_seg,
    "dicom-sr": _dicom_sr,
    "fhir": _fhir,
    "geojson": _geojson,
    "label-studio": _label_studio,
    "labelme": _labelme,
    "nifti": _nifti,
    "pascal-voc": _pascal_voc,
    "yolo": _yolo,
}
"""A file of other software with one object of a class, by format."""
STRIPPED = {"dicom-seg", "dicom-sr", "pascal-voc"}
"""Formats in which white space at the ends of a name is none of it."""
LONGEST = {"dicom-seg": 64, "dicom-sr": 64}
"""SegmentLabel is an LO (PS3.5 6.2)."""
NAMES = [
    *("HER2+", "HER2-", "肺", "肝", "左肺上叶结节", "Lung", "LUNG", "lung", "Left Kidney", "kidney_left"),
    *("organ x", "organ  x", "Organ x", "organ_x", " organ x", "organ x ", "3rd ventricle", "Größe", "tumeur (côlon)"),
    *("caf\u00e9", "cafe\u0301", "🫁 lobe", "🫀", "a \"b\" # c: 'd' <e> & f", "опухоль", "肺" * 200, "n" * 200),
]


def one(folder: Path, format_name: str, name: str, **options: Any) -> LoadedCase:
    """Read the one case of a file of other software."""
    folder.mkdir(parents=True)
    (reading,) = registry.read([WRITE[format_name](folder, name)], format=format_name, **options)
    return LoadedCase(reading.case, reading.masks)


@pytest.mark.parametrize("format_name", [one.name for one in registry.formats() if one.reads])
def test_a_name_has_the_same_label_in_every_format(format_name: str, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        if len(name) > LONGEST.get(format_name, 1000) or (format_name in STRIPPED and name != name.strip()):
            continue
        case = one(tmp_path / str(number), format_name, name).case
        found = Labels.of().of_name(name)
        assert case.annotations[0].label_code == found.code, name
        assert Labels.of(case).name_of(found.code) == name


@pytest.mark.parametrize("format_name", [one.name for one in registry.formats() if one.reads])
def test_every_reader_asks_the_tasks_label_system(format_name: str, tmp_path: Path) -> None:
    system = (Label.model_validate({"code": "TASK_7", "name_en": "Organ X", "category": "tissue"}),)
    for number, name in enumerate(("TASK_7", "Organ X", "organ x")):
        case = one(tmp_path / str(number), format_name, name, context=Context(label_system=system)).case
        told = case.annotations[0]
        assert (told.label_code, told.category.value) == ("TASK_7", "tissue")


def coco_names(path: Path) -> list[str]:
    return [each["name"] for each in json.loads(path.read_text("utf-8"))["categories"]]


def yolo_names(path: Path) -> list[str]:
    return list(yaml.safe_load((path / "data.yaml").read_text("utf-8"))["names"].values())


def cvat_names(path: Path) -> list[str]:
    root = ElementTree.parse(path).getroot()
    assert {each.get("label") for each in root.iter("box")} == {each.text for each in root.iterfind("meta//label/name")}
    return [str(each.text) for each in root.iterfind("meta//label/name")]


def label_studio_names(path: Path) -> list[str]:
    tasks = json.loads(path.read_text("utf-8"))
    return [each["value"][each["type"]][0] for task in tasks for each in task["annotations"][0]["result"]]


def geojson_names(path: Path) -> list[str]:
    features = json.loads(path.read_text("utf-8"))["features"]
    return [each["properties"]["classification"]["name"] for each in features]


READ: Final[dict[str, Callable[[Path], list[str]]]] = {
    "coco": coco_names,
    "cvat": cvat_names,
    "geojson": geojson_names,
    "label-studio": label_studio_names,
    "yolo": yolo_names,
}
"""The names of the classes that a file holds, read by no code of ours."""


def written(loaded: Sequence[LoadedCase], format_name: str, folder: Path, **options: Any) -> list[str]:
    """Write cases and return the names of classes in the file."""
    folder.mkdir(exist_ok=True)
    target = folder / f"out{registry.converter('to', format_name).suffix}"
    registry.write(loaded, target, format=format_name, **options)
    return READ[format_name](target)


@pytest.mark.parametrize("target", READ)
def test_files_that_are_read_one_by_one_keep_their_names_when_written_together(target: str, tmp_path: Path) -> None:
    names = [name for name in NAMES if len(name) < 200]
    loaded = [one(tmp_path / f"n{number}", "coco", name) for number, name in enumerate(names)]
    assert sorted(written(loaded, target, tmp_path / "out")) == sorted(names)
    out = tmp_path / "out" / f"out{registry.converter('to', target).suffix}"
    codes = [reading.case.annotations[0].label_code for reading in registry.read([out], format=target)]
    assert codes == [each.case.annotations[0].label_code for each in loaded]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(str.strip), unique=True)
)
@settings(max_examples=5, deadline=None, derandomize=True)
def test_names_of_any_characters_are_written_as_they_are(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = [one(folder / f"n{number}", "coco", each) for number, each in enumerate(["a", *names])]
        for target in READ:
            assert sorted(set(written(loaded, target, folder / target))) == sorted({"a", *names})


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize(
    "source", [name for name in WRITE if name not in {"nifti", "fhir", "geojson"} and "dicom" not in name]
)
def test_a_name_goes_from_format_to_format(source: str, target: str, tmp_path: Path) -> None:
    names = ["HER2+", "HER2-", "肺", "Lung", "organ x"]
    loaded = [one(tmp_path / f"n{number}", source, name) for number, name in enumerate(names)]
    assert sorted(written(loaded, target, tmp_path / "out")) == sorted(names)


def test_two_names_of_one_label_in_one_file_stay_two_classes(tmp_path: Path) -> None:
    names = ["Lung", "肺", "lung"]
    for order in (names, names[::-1]):
        path = _coco_of(tmp_path / f"{order[0]}.json", [{"id": n, "name": name} for n, name in enumerate(order, 1)])
        (reading,) = registry.read([path], format="coco")
        assert len({each.label_code for each in reading.case.annotations}) == 3
        for target in READ:
            found = written([LoadedCase(reading.case, reading.masks)], target, tmp_path / order[0] / target)
            assert sorted(found) == sorted(names)


def _coco_of(path: Path, categories: list[dict[str, Any]], ids: Sequence[Any] | None = None) -> Path:
    """Write a COCO file with a box of each category."""
    path.parent.mkdir(exist_ok=True, parents=True)
    (path.parent / path.stem).mkdir()
    boxes = [
        {"id": place, "image_id": 1, "category_id": number, "bbox": [place, 2, 6, 6], "area": 36, "iscrowd": 0}
        for place, number in enumerate(ids or [each["id"] for each in categories], 1)
    ]
    images = [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}]
    return _json(path, {"images": images, "annotations": boxes, "categories": categories})


@pytest.mark.parametrize(
    "categories",
    [
        [{"id": 7}, {"id": 3, "name": ""}, {"id": 1, "name": "CATEGORY_7"}],
        [{"id": 1, "name": "person"}, {"id": 2, "name": "person"}],
        [{"id": 9, "name": "a\nb"}, {"id": 2, "name": "a b"}],
        [{"id": "x y", "name": "HER2+"}, {"id": "x-y", "name": "HER2-"}],
        [{"id": n, "name": name} for n, name in enumerate(["person", "Lung", "person", "肺", "lung"], 1)],
    ],
)
def test_categories_of_coco_come_back_with_ids_and_names(categories: list[dict[str, Any]], tmp_path: Path) -> None:
    path = _coco_of(tmp_path / "in.json", categories)
    (reading,) = registry.read([path], format="coco")
    assert len({each.label_code for each in reading.case.annotations}) == len(categories)
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "out.json", format="coco")
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(path.read_text())


def test_categories_that_only_a_later_picture_uses_are_not_written_twice(tmp_path: Path) -> None:
    names = ["a\u00a0b", "HER2+", "肺", "unused", "a\nb", ""]
    path = _coco_of(tmp_path / "in.json", [{"id": number, "name": name} for number, name in enumerate(names, 1)])
    document = json.loads(path.read_text())
    document["images"].append({"id": 2, "file_name": "b.png", "width": 40, "height": 30})
    document["annotations"] = [{**each, "image_id": 1 + (each["id"] > 1)} for each in document["annotations"]]
    del document["annotations"][3]
    _json(path, document)
    loaded = [LoadedCase(each.case, each.masks) for each in registry.read([path], format="coco")]
    registry.write(loaded, tmp_path / "out.json", format="coco")
    assert json.loads((tmp_path / "out.json").read_text()) == document


def test_ids_that_the_file_does_not_define_come_back(tmp_path: Path) -> None:
    path = _coco_of(tmp_path / "in.json", [{"id": 1, "name": "a"}], [1, 7, "seven", None])
    (reading,) = registry.read([path], format="coco")
    codes = [each.label_code for each in reading.case.annotations]
    assert codes == ["a", "CATEGORY_7", "CATEGORY_seven", UNCLASSIFIED]
    registry.write([LoadedCase(reading.case, reading.masks)], tmp_path / "out.json", format="coco")
    again = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert [each.get("category_id") for each in again] == [1, 7, "seven", None]


@pytest.mark.parametrize("format_name", ["cvat", "geojson", "label-studio", "labelme", "pascal-voc"])
def test_an_object_without_a_class_is_unclassified(format_name: str, tmp_path: Path) -> None:
    case = one(tmp_path / "x", format_name, "").case
    assert (case.annotations[0].label_code, case.labels) == (UNCLASSIFIED, None)


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"labelme": ["labelme_ascii"]}, ["HER2+", "HER2-"]),
        ({"labelme": ["labelme_zh"]}, ["肝", "肺"]),
        ({"cvat": ["cvat_one.xml", "cvat_two.xml"]}, ["肝", "肺"]),
        ({"yolo": ["yolo_one", "yolo_two"]}, ["肝", "肺"]),
        ({"cvat": ["cvat_one.xml"], "labelme": ["labelme_zh"], "yolo": ["yolo_two"]}, ["肝", "肺"]),
    ],
)
def test_classes_of_several_files_stay_what_they_are(
    sources: dict[str, list[str]], expected: list[str], target: str, tmp_path: Path
) -> None:
    loaded = [
        LoadedCase(reading.case, reading.masks)
        for format_name, places in sources.items()
        for place in places
        for reading in registry.read([SOURCES / place], format=format_name)
    ]
    assert sorted(set(written(loaded, target, tmp_path))) == expected


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_training_sets_name_their_classes_as_the_source_does(layout: str, tmp_path: Path) -> None:
    zoo = cases.make("axial", tmp_path / "zoo")
    loaded = read_case(zoo.path)
    (first, *_) = loaded.case.annotations
    found = Labels.of().of_name("HER2+  阳性")
    label = Label.model_validate(found.definition)
    annotations = [first.model_copy(update={"label_code": found.code})]
    case = loaded.case.model_copy(update={"labels": [label], "annotations": annotations})
    renamed = LoadedCase(case, loaded.masks)
    registry.write([renamed], tmp_path / "out", format="nifti", layout=layout, images=zoo.images)
    for carrier in (tmp_path / "out" / "annoconv").iterdir():
        carrier.unlink()
    (reading,) = registry.read([tmp_path / "out"], format="nifti")
    assert [each.label_code for each in reading.case.annotations] == [found.code]
    assert Labels.of(reading.case).name_of(found.code) == "HER2+  阳性"
