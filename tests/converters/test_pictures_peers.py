"""YOLO, CVAT, Label Studio and GeoJSON judged by those who load them, and their files read. `pytest -m peers`.

Datumaro, supervision, label-studio-sdk, shapely and Ultralytics may live in an environment of their own, whose Python
`ANNOCONV_PEERS_PYTHON` names. Without it, this Python is asked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from tests.cases import make
from tests.converters.pictures_cases import flat_case
from tests.converters.test_coco import keypoint_case
from tests.converters.test_coco_peers import ask

pytestmark = pytest.mark.peers

DATUMARO = """
import json, sys
import datumaro
found = datumaro.Dataset.import_from(sys.argv[1], sys.argv[2])
told = [[one.type.name, float(one.get_area()) if hasattr(one, "get_area") else 0] for item in found
        for one in item.annotations]
names = [each.name for each in found.categories()[datumaro.AnnotationType.label]]
print(json.dumps({"items": len(found), "annotations": told, "names": names}))
"""
DATUMARO_WRITES = """
import json, sys
import numpy as np
from datumaro import Dataset, DatasetItem
from datumaro.components.annotation import Bbox, Label, Polygon
from datumaro.components.media import Image
box = Bbox(2, 3, 6, 5, label=1, id=1, group=1, attributes={"occluded": True, "truncated": False, "difficult": False})
ring = Polygon([1, 1, 9, 1, 9, 7], label=0, id=2, group=2)
picture = Image.from_numpy(np.zeros((20, 30, 3), np.uint8))
items = [DatasetItem("a", subset="train", media=picture, annotations=[box, ring])]
if sys.argv[2] == "yolo_ultralytics":
    items.append(DatasetItem("b", subset="val", media=picture, annotations=[]))
Dataset.from_iterable(items, categories=["first", "second"]).export(sys.argv[1], sys.argv[2], save_media=True)
print(json.dumps("done"))
"""
SUPERVISION = """
import json, sys
import supervision
folder, is_obb = sys.argv[1], sys.argv[2] == "obb"
found = supervision.DetectionDataset.from_yolo(
    images_directory_path=folder + "/images", annotations_directory_path=folder + "/labels",
    data_yaml_path=folder + "/data.yaml", force_masks=sys.argv[2] == "segment", is_obb=is_obb
)
areas = [int(each.mask.sum()) for each in found.annotations.values() if each.mask is not None and len(each)]
count = sum(map(len, found.annotations.values()))
print(json.dumps({"items": len(found), "annotations": count, "area": sum(areas), "names": found.classes}))
"""
ULTRALYTICS = """
import json, sys
from pathlib import Path
from ultralytics.data.utils import check_det_dataset
from ultralytics.data.dataset import YOLODataset
data = check_det_dataset(sys.argv[1] + "/data.yaml", autodownload=False)
kind = sys.argv[2]
found = YOLODataset(img_path=data["train"], data=data, task=kind, augment=False, imgsz=64)
labels = found.get_labels()
told = [[int(each["cls"][row][0]), each["bboxes"][row].tolist(), each["segments"][row].tolist() if each["segments"]
         else [], None if each["keypoints"] is None else each["keypoints"][row].tolist()]
        for each in labels for row in range(len(each["cls"]))]
print(json.dumps({"items": len(labels), "annotations": told, "names": data["names"]}))
"""
LABEL_STUDIO = """
import json, sys
from label_studio_sdk.label_interface import LabelInterface
from label_studio_sdk.converter import Converter
tasks = json.load(open(sys.argv[1]))
config = open(sys.argv[2]).read()
interface = LabelInterface(config)
for task in tasks:
    for annotation in task["annotations"]:
        assert interface.validate_annotation(annotation), annotation
Converter(config, project_dir=None, download_resources=False).convert_to_coco(sys.argv[1], sys.argv[3], is_dir=False)
print(json.dumps(json.load(open(sys.argv[3] + "/result.json"))))
"""
BRUSH = """
import json, sys
import numpy as np
from label_studio_sdk.converter.brush import decode_rle, encode_rle
random = np.random.default_rng(7)
told = []
for number in range(40):
    rows, columns = (int(each) for each in random.integers(1, 40, 2))
    samples = random.integers(0, 3, (rows, columns, 4)) * (random.random((rows, columns, 4)) < random.random())
    samples = np.repeat(samples[..., :1], 4, axis=2) if number % 2 else samples
    rle = encode_rle(samples.astype(np.uint8).ravel())
    told.append([rows, columns, rle, decode_rle(rle).reshape(rows, columns, 4)[..., 3].tolist()])
print(json.dumps(told))
"""
SHAPELY = """
import json, sys
from shapely.geometry import shape
document = json.load(open(sys.argv[1]))
found = [shape(each["geometry"]) for each in document["features"]]
print(json.dumps([[each.geom_type, each.is_valid, each.area, list(each.bounds)] for each in found]))
"""
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="rectangle" toName="image"><Label value="LUNG"/><Label value="NODULE"/></RectangleLabels>
<PolygonLabels name="polygon" toName="image"><Label value="LUNG"/><Label value="NODULE"/></PolygonLabels>
<KeyPointLabels name="keypoint" toName="image"><Label value="NODULE" model_index="0"/></KeyPointLabels>
<EllipseLabels name="ellipse" toName="image"><Label value="LUNG"/><Label value="NODULE"/></EllipseLabels></View>"""


def volume(folder: Path, target: str, **options: Any) -> tuple[LoadedCase, int]:
    """Write a volume with its pictures; return the case and the number of foreground pixels."""
    zoo = make("axial", folder / "in")
    loaded = read_case(zoo.path)
    registry.write([loaded], folder / target, images=zoo.images, render="8", window="500,1000", **options)
    return loaded, sum(int(mask.read().sum()) for mask in loaded.masks.values())


def test_datumaro_loads_our_cvat(tmp_path: Path) -> None:
    _, pixels = volume(tmp_path, "x.xml", format="cvat")
    (tmp_path / "x_images").rename(tmp_path / "images")  # where it looks for them
    found = ask("datumaro", DATUMARO, tmp_path / "x.xml", Path("cvat"))
    assert found["items"] == len(list((tmp_path / "images").rglob("*.png")))
    assert sum(area for kind, area in found["annotations"] if kind == "mask") == pixels


def test_datumaro_loads_our_yolo(tmp_path: Path) -> None:
    volume(tmp_path, "set", format="yolo", kind="detect")  # it knows boxes only
    found = ask("datumaro", DATUMARO, tmp_path / "set", Path("yolo"))
    readings = list(registry.read([tmp_path / "set"], format="yolo"))
    lines = [line for path in (tmp_path / "set" / "labels").rglob("*.txt") for line in path.read_text().splitlines()]
    assert found["items"] == readings[0].case.image.shape[2]  # type: ignore[index]
    assert [kind for kind, _ in found["annotations"]] == ["bbox"] * len(lines)


@pytest.mark.parametrize(
    ("theirs", "ours", "kinds"),
    [
        ("cvat", "cvat", ["bbox", "polygon"]),
        ("label_me", "labelme", ["bbox", "polygon"]),
        ("voc_detection", "pascal-voc", ["bbox"]),
        ("yolo", "yolo", ["bbox"]),
        ("yolo_ultralytics", "yolo", ["bbox"]),
    ],
)
def test_what_datumaro_writes_is_read(theirs: str, ours: str, kinds: list[str], tmp_path: Path) -> None:
    ask("datumaro", DATUMARO_WRITES, tmp_path / "set", Path(theirs))
    options = {"zero_based": True} if ours == "pascal-voc" else {}
    reading, *others = registry.read([tmp_path / "set"], format=ours, **options)
    assert len(others) == (theirs == "yolo_ultralytics")
    assert reading.case.image.shape == [30, 20]
    assert sorted(each.type for each in reading.case.annotations) == kinds
    (box,) = [each for each in reading.case.annotations if each.type == "bbox"]
    assert box.label_code == "second"
    assert box.bbox == pytest.approx([2, 3, 8, 8], abs=1e-3)


@pytest.mark.parametrize("kind", ["detect", "segment", "obb"])
def test_supervision_loads_our_yolo(kind: str, tmp_path: Path) -> None:
    loaded, pixels = volume(tmp_path, "set", format="yolo", kind=kind)
    found = ask("supervision", SUPERVISION, tmp_path / "set", Path(kind))
    assert found["names"] == sorted({each.label_code for each in loaded.case.annotations}, key=found["names"].index)
    assert found["annotations"] == sum(
        len(path.read_text().splitlines()) for path in (tmp_path / "set").rglob("*_k*.txt")
    )
    assert kind != "segment" or found["area"] >= pixels  # OpenCV fills the pixels of the boundary as well


@pytest.mark.parametrize("kind", ["detect", "segment", "obb"])
def test_ultralytics_loads_our_yolo(kind: str, tmp_path: Path) -> None:
    volume(tmp_path, "set", format="yolo", kind=kind)
    found = ask("ultralytics", ULTRALYTICS, tmp_path / "set", Path(kind))
    lines = [
        [float(each) for each in line.split()]
        for path in sorted((tmp_path / "set" / "labels").rglob("*.txt"))
        for line in sorted(set(path.read_text().splitlines()))  # it drops what stands twice
    ]
    assert len(found["annotations"]) == len(lines)
    for number, box, ring, _ in found["annotations"]:
        near = [
            line for line in lines if line[0] == number and len(line[1:]) == (4 if kind == "detect" else 2 * len(ring))
        ]
        told = box if kind == "detect" else np.ravel(ring)
        assert min(np.abs(np.array(line[1:]) - told).max() for line in near) < 1e-6


def test_ultralytics_loads_our_keypoints(tmp_path: Path) -> None:
    registry.write([keypoint_case()], tmp_path / "set", format="yolo", kind="pose")
    (tmp_path / "set" / "images").mkdir()
    Image.new("RGB", (30, 20)).save(tmp_path / "set" / "images" / "X.png")
    found = ask("ultralytics", ULTRALYTICS, tmp_path / "set", Path("pose"))
    ((_, _, _, keypoints),) = found["annotations"]
    assert np.ravel(keypoints) == pytest.approx([10.5 / 30, 8 / 20, 2, 12.25 / 30, 9.5 / 20, 1], abs=1e-6)


def test_label_studio_takes_our_tasks(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.json", format="label-studio")
    (tmp_path / "config.xml").write_text(CONFIG)
    found = ask("label_studio_sdk", LABEL_STUDIO, tmp_path / "x.json", tmp_path / "config.xml", tmp_path / "out")
    boxes = [each["bbox"] for each in found["annotations"]]
    assert any(each == pytest.approx([1.5, 2, 9.75, 10]) for each in boxes)
    rings = [each["segmentation"][0] for each in found["annotations"] if each.get("segmentation")]
    assert any(each == pytest.approx([5, 5.5, 20, 6, 12, 18]) for each in rings)


def test_brushes_of_label_studio_are_read(tmp_path: Path) -> None:
    for rows, columns, rle, painted in ask("label_studio_sdk", BRUSH):
        value = {"format": "rle", "rle": rle, "brushlabels": ["a"]}
        region = {"id": "r", "type": "brushlabels", "value": value, "original_width": columns, "original_height": rows}
        task = {"id": 1, "data": {"image": "b.png"}, "annotations": [{"result": [region]}]}
        (tmp_path / "x.json").write_text(json.dumps([task]))
        (reading,) = registry.read([tmp_path / "x.json"], format="label-studio")
        np.testing.assert_array_equal(reading.masks["r"].read()[0], np.array(painted) != 0)


def test_shapely_takes_our_geojson(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.geojson", format="geojson")
    mask, box, polygon, point, line, _ = ask("shapely", SHAPELY, tmp_path / "x.geojson")
    assert mask[:3] == ["MultiPolygon", True, int(loaded.masks["M"].read().sum())]
    assert box[2:] == [97.5, [1.5, 2.0, 11.25, 12.0]]
    assert [polygon[0], point[0], line[0]] == ["Polygon", "Point", "LineString"]
