"""From every 2-D format to every other, judged by the tools of the target: `pytest -m peers`.

One data set of boxes in each format that is a source; what annoconv made of it is loaded by Datumaro, supervision,
Ultralytics, label-studio-sdk and shapely, each where it reads the target. They say the names of the classes, their
numbers where the format has them, the names of the pictures, how many objects each has, and how large these are.
Skeletons are read by those that read them. The tools may live in an environment of their own, whose Python
`ANNOCONV_PEERS_PYTHON` names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from tests.converters.test_coco_peers import ask
from tests.pairs import Box, DataSet, Page, Thing
from tests.pairs.sources import LISTED, WRITE
from tests.pairs.test_shapes import HEIGHT, SOURCES, WIDTH, Skeleton

pytestmark = pytest.mark.peers

DATA: Final = DataSet(
    ("HER2+", "unused", "HER2-", "organ x"),
    (0, 1, 2, 3),
    (
        Page("a.png", 40, 30, (Thing(2, Box(4, 5, 10, 6)), Thing(0, Box(20, 10, 8, 12)), Thing(2, Box(1, 1, 2, 3)))),
        Page("b.v2.png", 64, 20, (Thing(3, Box(10, 2, 30, 15)),)),
    ),
)
COCO_NUMBERS: Final = (3, 5, 7, 9)
"""Ids of the classes in COCO, which does not begin at 0."""

DATUMARO = """
import json, sys
import datumaro
found = datumaro.Dataset.import_from(sys.argv[1], sys.argv[2])
names = [each.name for each in found.categories()[datumaro.AnnotationType.label]]
def objects(item):
    outlines = [one for one in item.annotations if one.type.name in {"polygon", "mask"}]
    drawn = {one.id for one in outlines}  # of COCO, an outline and the box round it are two annotations of one id
    boxes = [one for one in item.annotations if one.type.name == "bbox" and not (outlines and one.id in drawn)]
    found = [["" if one.label is None else names[one.label], float(one.get_area())] for one in outlines + boxes]
    return sorted(found)
told = [[item.id, objects(item)] for item in found]
print(json.dumps({"names": names, "pictures": sorted(told)}))
"""
SUPERVISION = {
    "yolo": """
import json, sys
from pathlib import Path
import supervision
folder = sys.argv[1]
found = supervision.DetectionDataset.from_yolo(
    images_directory_path=folder + "/images", annotations_directory_path=folder + "/labels",
    data_yaml_path=folder + "/data.yaml")
told = [[Path(path).stem, sorted([found.classes[one], float(area)] for one, area in zip(each.class_id, each.area))]
        for path, each in found.annotations.items()]
print(json.dumps({"names": found.classes, "pictures": sorted(told)}))
""",
    "coco": """
import json, sys
from pathlib import Path
import supervision
found = supervision.DetectionDataset.from_coco(
    images_directory_path=sys.argv[1] + "/images", annotations_path=sys.argv[1] + "/annotations/instances_default.json")
told = [[Path(path).stem, sorted([found.classes[one], float(area)] for one, area in zip(each.class_id, each.box_area))]
        for path, each in found.annotations.items()]
print(json.dumps({"names": found.classes, "pictures": sorted(told)}))
""",
}
ULTRALYTICS = """
import json, sys
from pathlib import Path
from ultralytics.data.utils import check_det_dataset
from ultralytics.data.dataset import YOLODataset
data = check_det_dataset(sys.argv[1] + "/data.yaml", autodownload=False)
found = YOLODataset(img_path=data["train"], data=data, task=sys.argv[2], augment=False, imgsz=64)
told, points = [], []
for each in found.get_labels():
    rows, columns = each["shape"]
    told.append([Path(each["im_file"]).stem, sorted(
        [data["names"][int(number[0])], float(box[2] * columns * box[3] * rows)]
        for number, box in zip(each["cls"], each["bboxes"]))])
    if each["keypoints"] is not None:
        points += [[[float(x * columns), float(y * rows), int(seen)] for x, y, seen in one]
                   for one in each["keypoints"]]
names = [data["names"][number] for number in range(len(data["names"]))]
print(json.dumps({"names": names, "pictures": sorted(told), "points": points}))
"""
LABEL_STUDIO = """
import json, sys
from label_studio_sdk.converter import Converter
Converter(open(sys.argv[2]).read(), project_dir=None, download_resources=False).convert_to_coco(
    sys.argv[1], sys.argv[3], is_dir=False)
found = json.load(open(sys.argv[3] + "/result.json"))
names = {each["id"]: each["name"] for each in found["categories"]}
told = {each["id"]: [each["file_name"].rpartition("/")[2].rpartition(".")[0], []] for each in found["images"]}
for each in found["annotations"]:
    told[each["image_id"]][1].append([names[each["category_id"]], float(each["area"])])
pictures = sorted([name.partition("__")[2] or name, sorted(each)] for name, each in told.values())  # its own prefix
print(json.dumps({"names": list(names.values()), "pictures": pictures}))
"""
SHAPELY = """
import json, sys
from shapely.geometry import shape
document = json.load(open(sys.argv[1]))
told = {each["file_name"].rpartition(".")[0]: [] for each in document["pictures"]}
for each in document["features"]:
    found = shape(each["geometry"])
    assert found.is_valid and found.exterior.is_ccw is not None
    properties = each["properties"]
    told[properties["picture"].rpartition(".")[0]].append([properties["classification"]["name"], found.area])
names = sorted({name for each in told.values() for name, _ in each})
print(json.dumps({"names": names, "pictures": sorted([name, sorted(each)] for name, each in told.items())}))
"""
CONFIG = """<View><Image name="image" value="$image"/><RectangleLabels name="rectangle" toName="image">{labels}
</RectangleLabels><PolygonLabels name="polygon" toName="image">{labels}</PolygonLabels></View>"""

JUDGES: Final = [
    ("datumaro", "coco"),
    ("datumaro", "cvat"),
    ("datumaro", "yolo"),
    ("supervision", "coco"),
    ("supervision", "yolo"),
    ("ultralytics", "yolo"),
    ("label_studio_sdk", "label-studio"),
    ("shapely", "geojson"),
]
"""Each tool, and what it reads of what annoconv writes."""


def converted(source: str, target: str, folder: Path) -> Path:
    """Write the data set in a source, convert it, and put pictures where the tools look for them."""
    numbers = COCO_NUMBERS if source == "coco" else DATA.numbers
    (folder / "in").mkdir()
    files = WRITE[source](folder / "in", DataSet(DATA.classes, numbers, DATA.pages))
    cases = [LoadedCase(each.case, each.masks) for each in registry.read(files, format=source)]
    out = folder / ("out" if target == "coco" else f"out{registry.converter('to', target).suffix}")
    options = {"kind": "detect"} if target == "yolo" else {}
    registry.write(cases, out, format=target, **options)
    images = (out if out.is_dir() else folder) / "images"
    images.mkdir()
    for page in DATA.pages:
        Image.new("RGB", (page.width, page.height)).save(images / page.name)
    return out


def answer(judge: str, target: str, out: Path) -> dict[str, Any]:
    if judge == "datumaro":
        return ask(judge, DATUMARO, out, Path(target))
    if judge == "supervision":
        return ask(judge, SUPERVISION[target], out)
    if judge == "ultralytics":
        return ask(judge, ULTRALYTICS, out, Path("detect"))
    if judge == "shapely":
        return ask(judge, SHAPELY, out)
    labels = "".join(f'<Label value="{name}"/>' for name in DATA.classes)
    (out.parent / "config.xml").write_text(CONFIG.format(labels=labels), "utf-8")
    return ask(judge, LABEL_STUDIO, out, out.parent / "config.xml", out.parent / "exported")


def expected() -> list[list[Any]]:
    """Return name without ending of each picture, and class and area of its objects."""
    return sorted(
        [
            page.name.rpartition(".")[0],
            sorted(
                [DATA.classes[thing.label], float(thing.shape.width * thing.shape.height)]
                for thing in page.things
                if thing.label is not None
            ),
        ]
        for page in DATA.pages
    )


def taken_for(source: str, judge: str, target: str, label: str) -> str:
    """Return what a tool takes a class for: id 0 of COCO, which is YOLO's class 0, is none to Datumaro."""
    return "" if (source, judge, target) == ("yolo", "datumaro", "coco") and label == DATA.classes[0] else label


@pytest.mark.parametrize(("judge", "target"), JUDGES)
@pytest.mark.parametrize("source", sorted(WRITE))
def test_the_tools_of_a_target_see_what_the_source_said(source: str, judge: str, target: str, tmp_path: Path) -> None:
    told = answer(judge, target, converted(source, target, tmp_path))
    for (name, things), (wanted, objects) in zip(told["pictures"], expected(), strict=True):
        assert name == wanted
        assert [label for label, _ in things] == [taken_for(source, judge, target, label) for label, _ in objects]
        assert [area for _, area in things] == pytest.approx([area for _, area in objects], rel=1e-3)
    names = [each for each in told["names"] if each != "background"]
    if judge == "label_studio_sdk":  # the list is that of the configuration
        assert sorted(names) == sorted(DATA.classes)
    elif target == "geojson" or source not in LISTED:
        assert sorted(names) == sorted(DATA.used)
    else:
        assert names == list(DATA.classes)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_ultralytics_sees_the_keypoints_of_every_source(source: str, tmp_path: Path) -> None:
    # The first has all points: Label Studio has those of a class that are met, in their order.
    pages: list[Skeleton] = [[(9.5, 9.5, 2)] * 4, [(5.5, 6.5, 2), None, (20.5, 30.0, 2), (40.0, 11.5, 2)]]
    (tmp_path / "in").mkdir()
    files = SOURCES[source](tmp_path / "in", pages)
    cases = [LoadedCase(each.case, each.masks) for each in registry.read(files, format=source)]
    out = tmp_path / "out"
    registry.write(cases, out, format="yolo")
    for line in (out / "train.txt").read_text("utf-8").splitlines():
        path = out / line
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT)).save(path)
    told = ask("ultralytics", ULTRALYTICS, out, Path("pose"))["points"]
    wanted = [[(0.0, 0.0, 0) if point is None else point for point in skeleton] for skeleton in pages]
    for skeleton, points in zip(told, wanted, strict=True):
        for found, point in zip(skeleton, points, strict=True):
            assert found == pytest.approx(point, abs=1e-3)
