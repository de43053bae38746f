"""Pictures of files of ours that other tools sorted, dropped or renamed: which is which their names and uids say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, InputError
from annoconv.geometry import Grid
from annoconv.model import AlgorithmType, Case
from annoconv.pixels import ArrayVolume, Mask, Masks
from tests.test_edited import NAMES, Edited, flat

Record = dict[str, Any]


def two_images() -> LoadedCase:
    """Return a CT of three slices with a mask, and an MR of two slices beside it, on which nothing is drawn."""
    mask_kji = np.zeros((3, 20, 24), bool)
    mask_kji[1, 2:8, 2:10] = True
    organ = {"category": "organ", "label_code": "LIVER", "type": "mask", "mask_file": "m.nii.gz", "annotator": "DOC_M"}
    ct = {"uid": "CT_1", "modality": "CT", "shape": [24, 20, 3], "spacing": [0.7, 0.7, 5.0], "origin": [1.0, 2.0, 3.0]}
    mr = {"uid": "MR_1", "modality": "MR", "shape": [16, 12, 2], "spacing": [1.5, 1.5, 4.0], "origin": [7.0, 8.0, 9.0]}
    document = {
        "schema_version": "1.0",
        "task_id": "T7",
        "image": {**ct, "acquired_at": "2026-01-02T08:30:00+08:00"},
        "related_images": [{**mr, "acquired_at": "2026-01-03T09:00:00+08:00"}],
        "annotations": [{"id": "M", **organ}],
        "metadata": {"annotator": "A1"},
    }
    return LoadedCase(Case.model_validate(document), Masks([Mask("M", ArrayVolume(Grid((24, 20, 3)), mask_kji))]))


def only_saved(_: Record) -> None:
    pass


def sorted_backwards(document: Record) -> None:
    document["images"].reverse()


def without_empty_pictures(document: Record) -> None:
    shown = {each["image_id"] for each in document["annotations"]}
    document["images"] = [each for each in document["images"] if each["id"] in shown]


def without_folders(document: Record) -> None:
    for each in document["images"]:
        each["file_name"] = each["file_name"].rpartition("/")[2]


def without_names(document: Record) -> None:
    for each in document["images"]:
        del each["file_name"]


def some_renamed(document: Record) -> None:
    """Some are renamed and told by their keys, the others by their names; keys of annotations are dropped."""
    for each in document["images"][:2]:
        each["file_name"] = "renamed.png"
    for each in document["images"][2:]:
        del each["annoconv"]
    for each in document["annotations"]:
        del each["annoconv"]
    document["images"].reverse()


PICTURES = (only_saved, sorted_backwards, without_empty_pictures, without_folders, without_names, some_renamed)


@pytest.mark.parametrize("change", PICTURES)
def test_the_images_of_a_case_of_coco_are_told_by_name_or_key(change: Any, tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(two_images())
    output.edit(change)
    documents, losses = output.read()
    assert documents == [strict_json.plain(two_images().case)]
    names = [each.get("file_name") for each in json.loads(output.path.read_bytes())["images"]]
    renamed = [f"/images/{place}/file_name" for place, name in enumerate(names) if name == "renamed.png"]
    assert [path for path, _, _ in losses] == renamed


def test_the_images_of_a_case_are_told_by_their_keys_alone(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(two_images())
    output.path.with_suffix(".annoconv.json").unlink()
    output.edit(sorted_backwards)
    assert output.read() == ([strict_json.plain(two_images().case)], [])


@pytest.mark.parametrize("renamed", ["other.png", "second.png", "x/other.png"])
def test_a_flat_picture_of_coco_has_the_name_that_it_was_given(renamed: str, tmp_path: Path) -> None:
    cases = [in_folder("RADIOGRAPH_0", "a/first.png"), in_folder("RADIOGRAPH_1", "a/second.png")]
    output = Edited("coco", tmp_path)
    registry.write(cases, output.path, format="coco")
    output.edit(lambda document: document["images"][1].update(file_name=renamed))
    documents, losses = output.read()
    assert [each["image"]["files"] for each in documents] == [[{"path": "a/first.png"}], [{"path": renamed}]]
    assert losses == []


@pytest.mark.parametrize("name", [None, ""])
def test_a_flat_picture_of_coco_without_a_name_has_that_which_was_written(name: str | None, tmp_path: Path) -> None:
    cases = [in_folder("RADIOGRAPH_0", "a/first.png"), in_folder("RADIOGRAPH_1", "a/second.png")]
    output = Edited("coco", tmp_path)
    registry.write(cases, output.path, format="coco")

    def without_name(document: Any) -> None:
        document["images"][1].pop("file_name")
        document["images"][1].update({} if name is None else {"file_name": name})

    output.edit(without_name)
    documents, losses = output.read()
    assert (documents, losses) == ([strict_json.plain(each.case) for each in cases], [])


def in_folder(uid: str, path: str) -> LoadedCase:
    loaded = flat(uid)
    document = strict_json.plain(loaded.case)
    document["image"]["files"] = [{"path": path}]
    return LoadedCase(Case.model_validate(document), loaded.masks)


@pytest.mark.parametrize("change", [sorted_backwards, without_folders, without_names])
def test_so_are_those_of_several_cases(change: Any, tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    registry.write([flat("RADIOGRAPH_0"), flat("RADIOGRAPH_1")], output.path, format="coco")
    output.edit(change)
    documents, losses = output.read()
    found = sorted(documents, key=lambda each: str(each["image"]["uid"]))
    assert (found, losses) == ([strict_json.plain(flat(f"RADIOGRAPH_{number}").case) for number in (0, 1)], [])


# --- GeoJSON


def geojson_of(tmp_path: Path) -> Edited:
    output = Edited("geojson", tmp_path)
    registry.write([flat("RADIOGRAPH_0"), flat("RADIOGRAPH_1")], output.path, format="geojson")
    return output


def without_one(collection: Any) -> None:
    del collection["pictures"][0]


def without_a_file_name(collection: Any) -> None:
    collection["pictures"][1]["file_name"] = None


def without_a_width(collection: Any) -> None:
    del collection["pictures"][0]["width"]


def without_any(collection: Any) -> None:
    del collection["pictures"]


@pytest.mark.parametrize("change", [without_one, without_a_file_name, without_a_width, without_any])
def test_the_size_of_a_picture_of_geojson_is_in_the_side_file_too(change: Any, tmp_path: Path) -> None:
    output = geojson_of(tmp_path)
    output.edit(change)
    documents = [strict_json.plain(flat(f"RADIOGRAPH_{number}").case) for number in (0, 1)]
    assert output.read() == (documents, [])


def with_ellipse() -> LoadedCase:
    document = strict_json.plain(flat().case)
    ellipse = {"id": "E", "category": "lesion", "label_code": "NODULE", "type": "ellipse"}
    document["annotations"] = [{**ellipse, "center": [32.0, 24.0], "radii": [20.0, 10.0], "annotator": "DOC_E"}]
    return LoadedCase(Case.model_validate(document), Masks())


def a_corner_moved(geometry: Record) -> None:
    geometry["coordinates"][0][7][0] -= 0.5


def a_hole_added(geometry: Record) -> None:
    geometry["coordinates"].append([[30, 22], [34, 22], [34, 26], [30, 22]])


def rounded(geometry: Record) -> None:
    """QuPath writes hundredths."""
    geometry["coordinates"] = [[[round(x, 2), round(y, 2)] for x, y in ring] for ring in geometry["coordinates"]]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (a_corner_moved, ["/features/0/geometry/isEllipse"]),
        (a_hole_added, ["/features/0/geometry/isEllipse"]),
        (rounded, []),
    ],
)
def test_what_is_no_ellipse_any_more_is_named(change: Any, lost: list[str], tmp_path: Path) -> None:
    output = Edited("geojson", tmp_path)
    output.write(with_ellipse())
    output.edit(lambda collection: change(collection["features"][0]["geometry"]))
    documents, losses = output.read()
    assert documents == [strict_json.plain(with_ellipse().case)]
    assert [(path, kind) for path, kind, _ in losses] == [(path, "no_place") for path in lost]


@pytest.mark.parametrize("name", ["objectType", "picture"])
def test_a_property_that_is_no_text_is_named(name: str, tmp_path: Path) -> None:
    output = Edited("geojson", tmp_path)
    output.write(flat())
    output.edit(lambda collection: collection["features"][0]["properties"].update({name: 42}))
    documents, losses = output.read()
    assert documents == [strict_json.plain(flat().case)]
    assert [(path, kind) for path, kind, _ in losses] == [(f"/features/0/properties/{name}", "no_place")]


# --- the wrong command


@pytest.mark.parametrize("written", ["coco", "label-studio"])
@pytest.mark.parametrize("read", ["coco", "geojson", "label-studio"])
def test_the_wrong_command_is_told_the_right_one(written: str, read: str, tmp_path: Path) -> None:
    output = Edited(written, tmp_path)
    output.write(flat())
    if written == read:
        return
    with pytest.raises(AnnoconvError, match=f"from-{written}"):
        list(registry.read([output.path], format=read))


# --- Label Studio


@pytest.mark.parametrize("score", ["high", 7.5])
def test_a_score_that_is_none_is_named(score: Any, tmp_path: Path) -> None:
    """It is changed, and what it says has no place; the annotation has no confidence any more."""
    loaded = flat()
    (first, *others) = loaded.case.annotations
    sure = first.model_copy(update={"confidence": 0.5})
    guess = others[0].model_copy(update={"confidence": 0.25, "algorithm_type": AlgorithmType.AUTOMATIC})
    case = loaded.case.model_copy(update={"annotations": [sure, guess, *others[1:]]})
    output = Edited("label-studio", tmp_path)
    output.write(LoadedCase(case, loaded.masks))

    def change(tasks: Any) -> None:
        tasks[0]["annotations"][0]["result"][0]["score"] = score
        tasks[0]["predictions"][0]["result"][0]["score"] = score

    output.edit(change)
    (document,), losses = output.read()
    assert [each["id"] for each in document["annotations"] if "confidence" in each] == []
    paths = [f"/0/{held}/0/result/0/score" for held in ("annotations", "predictions")]
    assert [(path, kind) for path, kind, _ in losses] == [(path, "no_place") for path in paths]


def uploaded(tasks: Any) -> None:
    """The server gives each picture a name of its own, without folders."""
    for place, task in enumerate(tasks):
        task["data"]["image"] = f"/data/upload/3/ab12cd{place:02x}-{task['data']['image'].rpartition('/')[2]}"
    tasks.reverse()


@pytest.mark.parametrize("loaded", [flat(), two_images()])
def test_pictures_that_were_uploaded_are_those_that_were_written(loaded: LoadedCase, tmp_path: Path) -> None:
    output = Edited("label-studio", tmp_path)
    output.write(loaded)
    output.edit(uploaded)
    assert output.read() == ([strict_json.plain(loaded.case)], [])


@pytest.mark.parametrize("pair", [("d/a.png", "e/a.png"), ("d/a.png", "e/b.png")])
def test_two_uploads_of_one_name_are_refused_by_both(pair: tuple[str, str], tmp_path: Path) -> None:
    """Folders do not reach the server; nor does it matter whether both were written, or one was uploaded twice."""
    cases = []
    for name in pair:
        document = strict_json.plain(flat().case)
        document["image"] |= {"uid": name.partition(".")[0].replace("/", "_"), "files": [{"path": name}]}
        cases.append(LoadedCase(Case.model_validate(document), flat().masks))
    path = tmp_path / "x.json"
    registry.write(cases, path, format="label-studio")
    tasks = json.loads(path.read_text())
    for task, digits in zip(tasks, ("aaaaaaaa", "bbbbbbbb"), strict=True):
        task["data"]["image"] = f"/data/upload/3/{digits}-a.png"
    path.write_text(json.dumps(tasks))
    with pytest.raises(InputError) as refusal:
        list(registry.read([path], format="label-studio"))
    assert refusal.value.found == "/data/upload/3/aaaaaaaa-a.png and /data/upload/3/bbbbbbbb-a.png"
    path.write_text(json.dumps(tasks[:1]))
    if pair[1] == "e/a.png":
        with pytest.raises(InputError, match=r"d/a\.png and e/a\.png"):
            list(registry.read([path], format="label-studio"))
    else:
        assert list(registry.read([path], format="label-studio"))


# --- YOLO


def test_the_size_of_a_picture_of_yolo_is_that_of_its_file(tmp_path: Path) -> None:
    """Lines are shares of it, so on a picture of another size they are other outlines."""
    output = Edited("yolo", tmp_path)
    output.write(flat())
    (output.path / "images").mkdir()
    Image.new("L", (64, 48)).save(output.path / "images" / "RADIOGRAPH_1.png")
    assert output.read() == ([strict_json.plain(flat().case)], [])
    Image.new("L", (128, 24)).save(output.path / "images" / "RADIOGRAPH_1.png")
    (document,), losses = output.read()
    assert document["image"]["shape"] == [128, 24]
    boxes = [each["bbox"] for each in document["annotations"] if each["type"] == "bbox"]
    assert [3.0, 1.0, 22.5, 6.0] in boxes  # A: twice as wide, half as high
    assert "/annoconv/annotations/A" in [path for path, _, _ in losses]


# --- CVAT


def test_a_second_value_of_an_attribute_is_named(tmp_path: Path) -> None:
    output = Edited("cvat", tmp_path)
    output.write(flat())

    def change(root: Any) -> None:
        for value in ("sharp", "blurred"):
            ElementTree.SubElement(root.find("image")[0], "attribute", {"name": "margin"}).text = value

    output.edit(change)
    (document,), losses = output.read()
    (first,) = [each for each in document["annotations"] if each["id"] == "A"]
    assert first["attributes"] == {"margin": "blurred"}
    assert ("/image/0/box/0/attribute/margin", "no_place") in [(path, kind) for path, kind, _ in losses]


@pytest.mark.parametrize(("name", "value"), [("year", 1999), ("date_created", "1999-01-01T00:00:00Z")])
def test_the_time_of_a_coco_file_that_was_changed_is_named(name: str, value: Any, tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(two_images())
    output.edit(only_saved)
    assert output.read()[1] == []
    output.edit(lambda document: document["info"].update({name: value}))
    documents, losses = output.read()
    assert documents == [strict_json.plain(two_images().case)]
    assert [(path, kind) for path, kind, _ in losses] == [(f"/info/{name}", "no_place")]


# --- what an error tells: where, what was found, what was expected, what to do


def broken(format: str, document: Any) -> None:
    """Make one record of the first picture one that cannot be understood."""
    if format == "cvat":
        del document.find("image")[1].attrib["xtl"]
    elif format == "label-studio":
        document[0]["annotations"][0]["result"][1]["value"]["x"] = "left"
    else:
        document["features"][1]["type"] = "Thing"


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("cvat", "/image/0/box/1: box/@xtl: this is no coordinate; found nothing; expected a number. "),
        ("label-studio", "task 1, region 2: the numbers of the region are damaged; found ['left', "),
        ("geojson", "/features/1/type: a feature is of another type; found Thing; expected Feature. "),
    ],
)
def test_a_record_that_cannot_be_understood_is_told_with_its_place(format: str, told: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(flat())
    output.edit(lambda document: broken(format, document))
    with pytest.raises(AnnoconvError) as caught:
        output.read()
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (
            {"type": "Point", "coordinates": ["x", 1]},
            "no position; found ['x', 1]; expected [x, y], numbers within 1e12. ",
        ),
        ({"type": "Circle", "coordinates": [1, 1]}, "no place in a picture; found Circle; expected Point, "),
    ],
)
def test_a_geometry_that_is_none_is_told_with_its_place(geometry: Record, told: str, tmp_path: Path) -> None:
    output = Edited("geojson", tmp_path)
    output.write(flat())
    output.edit(lambda collection: collection["features"][1].update(geometry=geometry))
    with pytest.raises(AnnoconvError) as caught:
        output.read()
    assert "feature 2: " in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize("format", list(NAMES))
def test_an_archive_is_to_be_unpacked(format: str, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with ZipFile(archive, "w") as file:
        file.writestr("annotations.xml", "<annotations/>")
    with pytest.raises(AnnoconvError, match="unpack it"):
        list(registry.read([archive], format=format))
