"""Refusals say what stands there in the words of the format, not in those of the program."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import annoconv_converters
import pytest
from annoconv_converters._pictures.geometry import Segmentation
from annoconv_converters._raster.polygons import rings_of_lists
from PIL import Image

from annoconv import errors, registry
from annoconv.casefile import write_cases
from annoconv.errors import InputError, LimitError
from tests.converters.pictures_cases import flat_case

VOC = "<annotation><filename>a.jpg</filename><size><width>5</width><height>4</height></size></annotation>"
INSIDE_OUT = (
    '<annotations><version>1.1</version><image id="0" name="a.png" width="50" height="40">'
    '<box label="c" xtl="9" ytl="1" xbr="1" ybr="9"/></image></annotations>'
)
FAR = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Polygon", '
    '"coordinates": [[[1, 1], [1e8, 1], [1e8, 9], [1, 1]]]}, "properties": {}}]}'
)
OF_A_NEGATIVE_SIZE = (
    '[{"id": 7, "data": {"image": "a.png"}, "meta": {"original_width": -60, "original_height": 40}, "annotations": []}]'
)
OF_TWO_SIZES = (
    '[{"id": 7, "data": {"image": "a.png"}, "meta": {"original_width": 60, "original_height": 40}, "annotations": '
    '[{"result": [{"id": "r", "type": "rectanglelabels", "original_width": 50, "original_height": 40, "to_name": "i", '
    '"value": {"x": 1, "y": 1, "width": 9, "height": 9, "rectanglelabels": ["a"]}}]}]}]'
)
OF_TEXT = (
    '{"images": [{"id": "1", "width": 5, "height": 4}], "annotations": [{"id": 1, "image_id": 1}], "categories": []}'
)


@pytest.mark.parametrize(
    ("name", "format_", "text", "said"),
    [
        (
            "x.geojson",
            "geojson",
            '{"type": "FeatureCollection", "features": null}',
            "found an object with type, features",
        ),
        ("x.xml", "labelme", VOC, "found boxes of Pascal VOC; expected polygons and masks of LabelMe"),
        ("x.xml", "cvat", INSIDE_OUT, "/image/0/box/0: box: the box is turned inside out"),
        (
            "x.xml",
            "pascal-voc",
            VOC.replace(">5<", ">0<"),
            "x.xml: size/width: a picture has a width and a height; found 0",
        ),
        ("x.xml", "cvat", INSIDE_OUT.replace("40", "0"), "x.xml: image/@height: a picture has a width and a height"),
        (
            "x.json",
            "coco",
            OF_TEXT,
            "the annotation is of image 1, and there is '1': one is a text, the other a number",
        ),
        (
            "x.geojson",
            "geojson",
            FAR,
            "beyond every image; found 1e+08; expected within 1e+07 pixels. Correct the file",
        ),
        (
            "x.json",
            "label-studio",
            OF_A_NEGATIVE_SIZE,
            "task 7: the task states no size of its picture; found (-60, 40); expected whole numbers from 1 as",
        ),
        ("x.json", "label-studio", OF_TWO_SIZES, "(meta) than the region; found (60, 40); expected (50, 40)"),
    ],
)
def test_what_was_found(name: str, format_: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        list(registry.read([tmp_path / name], format=format_))
    told = [str(each.message) for each in getattr(caught.value, "findings", ())]
    assert said in " ".join([str(caught.value), *told])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"0 .5 .5 .1 .1 1.7", "line 1: the confidence is out of range; found 1.7"),
        (b"0 .5 .5 .1 .1 \xff", "the file cannot be read as text; found 0xFF; expected UTF-8"),
    ],
)
def test_lines_of_yolo(line: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("c\n")
    (tmp_path / "a.txt").write_bytes(line)
    Image.new("L", (50, 40)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=said):
        list(registry.read([tmp_path], format="yolo"))


@pytest.mark.parametrize("line", ["0 .5 .5 .2 .2 .1 .1 2 .3 .3", "0 .5 .5 .2 .2 .1 .1 2 .3"])
def test_a_keypoint_that_is_not_whole(line: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "data.yaml").write_text("names: [c]\ntrain: images\nval: images\nkpt_shape: [2, 3]\n")
    (tmp_path / "labels" / "a.txt").write_text(line)
    Image.new("L", (50, 40)).save(tmp_path / "images" / "a.png")
    said = r"line 1: the line has another count of numbers; found \d; expected 4 of a box, or 10 with its keypoints"
    with pytest.raises(InputError, match=said):
        list(registry.read([tmp_path], format="yolo"))


def test_pictures_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("c\n")
    (tmp_path / "a.txt").write_text("0 .5 .5 .1 .1")
    (tmp_path / "a.png").write_text(json.dumps("no picture"))
    with pytest.raises(InputError, match=r"a\.png: the picture cannot be read; found first bytes "):
        list(registry.read([tmp_path], format="yolo"))


def test_a_side_file_of_another_data_set(tmp_path: Path) -> None:
    for name in ("one", "other"):
        case = flat_case()
        case.case.image.uid = name
        registry.write(case, tmp_path / name, format="yolo")
    shutil.copy(tmp_path / "one/annoconv.json", tmp_path / "other/annoconv.json")
    said = (
        r"other\.png: the size of the picture is not known; found a side file that does not tell of it; .* or put back"
    )
    with pytest.raises(InputError, match=said):
        list(registry.read([tmp_path / "other"], format="yolo"))


OF_FORMATS = {
    "cvat": ("x.xml", INSIDE_OUT),
    "pascal-voc": ("x.xml", VOC.replace(">5<", ">0<")),
    "coco": ("x.json", OF_TEXT),
    "geojson": ("x.geojson", FAR),
    "fhir": ("x.json", '{"resourceType": "Bundle"}'),
    "yolo": ("x.txt", "0 .5 .5 .1 .1\n"),
}


@pytest.mark.parametrize("asked", [each.name for each in registry.formats() if each.reads])
@pytest.mark.parametrize("own", OF_FORMATS)
def test_every_reader_names_the_one_that_takes_a_file(own: str, asked: str, tmp_path: Path) -> None:
    name, text = OF_FORMATS[own]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as refusal:
        list(registry.read([tmp_path / name], format=asked))
    assert (f"from-{own}" in str(refusal.value)) == (own != asked)


def test_a_case_needs_no_reader(tmp_path: Path) -> None:
    (path,) = write_cases([flat_case()], tmp_path / "x.jsonl")
    with pytest.raises(InputError, match="give it to a command `to-` as it is"):
        list(registry.read([path], format="cvat"))


def test_an_outline_that_is_too_long_says_what_to_do() -> None:
    ring = [0.0, 0.0, 1e6, 1e6] * 1_000
    with pytest.raises(LimitError, match=r"x\.json: a: the polygon's boundary is too long; .*\. Draw it with fewer"):
        _ = Segmentation((9, 9), rings_of_lists([ring]), source="x.json", where="a").counts


NRRD = (
    "NRRD0004\ntype: uchar\ndimension: 3\nspace: scanner-xyz\nsizes: 2 2 1\nencoding: raw\n"
    "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"
)
MHA = (
    "ObjectType = Image\nNDims = 3\nDimSize = 2 2 1\nElementSpacing = 1 1 -2\nElementType = MET_UCHAR\n"
    "ElementDataFile = LOCAL\n"
)


@pytest.mark.parametrize(
    ("name", "header", "said", "advice"),
    [
        ("m.nrrd", NRRD, "found scanner-xyz; expected left-posterior-superior", "in the space of the patient"),
        ("m.mha", MHA, "not positive; found .*-2.*; expected numbers above 0", "a sign in TransformMatrix"),
    ],
)
def test_volumes_that_say_where_they_lie_otherwise(
    name: str, header: str, said: str, advice: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(header.encode() + b"\0\1\0\1")
    with pytest.raises(InputError, match=said) as refusal:
        list(registry.read([tmp_path / name], format="nifti"))
    assert advice in (refusal.value.advice or "")


ROOMS = (
    "dicom_sr",
    "check_links",
    "_dicom/carrier.py",
    "_dicom/opening.py",
    "geojson",
    "label_studio",
    "yolo",
    "cvat",
    "_raster/polygons.py",
    "_pictures",
)
"""Rooms in which every error says what was found, what was expected and what to do."""


@pytest.mark.parametrize("room", ROOMS)
def test_every_refusal_says_found_expected_and_what_to_do(room: str) -> None:
    place = Path(annoconv_converters.__file__).parent / room
    for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            name = ast.unparse(node.exc.func)
            if name in vars(errors) or name == "error":
                said = {each.arg for each in node.exc.keywords}
                assert said >= {"found", "expected", "advice"}, f"{path.name}:{node.lineno}: {name}"
