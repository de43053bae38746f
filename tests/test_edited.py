"""Files of ours that were edited in another tool: the edit holds, what was not touched comes back whole.

Each edit is made as the tool writes it. CVAT exports hundredths of a pixel, attributes that nobody set, and no ids;
Label Studio keeps the ids of its regions and signs them; QuPath gives features new ids, drops what it does not know,
and begins rings elsewhere; scripts on COCO number images and annotations anew and drop unknown members.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import DocumentError
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks

Record = dict[str, Any]
Edit = Callable[[Any], Any]

NAMES = {"coco": "x.json", "cvat": "x.xml", "label-studio": "x.json", "geojson": "x.geojson", "yolo": "x"}
GONE, CHANGED = "does not show it any more", "was changed in the file"


def flat(uid: str = "RADIOGRAPH_1", first: str = "A") -> LoadedCase:
    """Return a radiograph with boxes, a polygon and a mask; who made each, and how sure, is known to us alone."""
    mask_kji = np.zeros((1, 48, 64), bool)
    mask_kji[0, 30:40, 40:60] = True
    mask_kji[0, 33:36, 45:50] = False
    lesion = {"category": "lesion", "label_code": "NODULE"}
    annotations: list[Record] = [
        {"id": first, **lesion, "type": "bbox", "bbox": [1.5, 2.0, 11.25, 12.0], "annotator": "DOC_A"},
        {"id": "B", **lesion, "type": "bbox", "bbox": [20.0, 2.5, 30.0, 12.0], "annotator": "DOC_B"},
        {
            "id": "P",
            "category": "other",  # not what the label says of itself
            "label_code": "LUNG",
            "type": "polygon",
            "polygon": [[5.0, 25.5], [20.0, 26.0], [12.0, 38.0]],
            "annotator": "DOC_P",
        },
        {
            "id": "M",
            "category": "organ",
            "label_code": "LIVER",
            "type": "mask",
            "mask_file": "m.nii.gz",
            "annotator": "DOC_M",
        },
        {"id": "T", "category": "attribute", "label_code": "GRADE", "type": "attribute", "attributes": {"grade": "2"}},
    ]
    image = {"uid": uid, "modality": "DX", "shape": [64, 48], "coordinate_frame": "NONE"}
    document = {
        "schema_version": "1.0",
        "task_id": "T7",
        "image": image,
        "annotations": annotations,
        "metadata": {"annotator": "A1"},
    }
    return LoadedCase(Case.model_validate(document), Masks([Mask("M", ArrayVolume(Grid((64, 48, 1)), mask_kji))]))


def volume() -> LoadedCase:
    """Return a volume of four slices with two masks of one label and a box."""
    masks: list[Mask] = []
    annotations: list[Record] = []
    for place, name in enumerate(("M1", "M2")):
        mask_kji = np.zeros((4, 20, 24), bool)
        mask_kji[1:4, 2:8, 2 + 12 * place : 10 + 12 * place] = True
        masks.append(Mask(name, ArrayVolume(Grid((24, 20, 4)), mask_kji)))
        organ = {"category": "organ", "label_code": "KIDNEY_LEFT", "type": "mask", "mask_file": f"{name}.nii.gz"}
        annotations.append({"id": name, **organ, "annotator": f"DOC_{name}"})
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [3.0, 10.0, 9.0, 15.0]}
    annotations.append({**box, "slice_index": 2, "annotator": "DOC_B"})
    image = {"uid": "CT_1", "modality": "CT", "shape": [24, 20, 4]}
    document = {
        "schema_version": "1.0",
        "task_id": "T7",
        "image": image,
        "annotations": annotations,
        "metadata": {"annotator": "A1"},
    }
    return LoadedCase(Case.model_validate(document), Masks(masks))


class Edited:
    """An output of ours in one format, the records of which are lists that an edit may change."""

    def __init__(self, format: str, folder: Path) -> None:
        self.format, self.path = format, folder / NAMES[format]

    def write(self, *cases: LoadedCase) -> None:
        registry.write(cases, self.path, format=self.format)

    def edit(self, change: Edit) -> None:
        """Read what stands in the file, change it, and write it again."""
        if self.format == "cvat":
            tree = ElementTree.parse(self.path)
            change(tree.getroot())
            tree.write(self.path)
        elif self.format == "yolo":
            change(self.path)
        else:
            document = json.loads(self.path.read_bytes())
            change(document)
            self.path.write_text(json.dumps(document))

    def read(self) -> tuple[list[Record], list[Any]]:
        """Return the documents of the cases that stand there, and the losses by path and what they say."""
        readings = list(registry.read([self.path], format=self.format))
        documents: list[Record] = [strict_json.plain(each.case) for each in readings]
        return documents, [(loss.path, loss.kind.value, loss.message) for each in readings for loss in each.losses]


# --- what is done in each tool, to the records on the first picture: A and B are boxes of one label, P a polygon


def coco_stripped(document: Record) -> None:
    """Drop unknown members and number everything anew, as exports of annotation tools do."""
    numbers: dict[Any, int] = {}
    for place, image in enumerate(document["images"], start=101):
        numbers[image["id"]] = image["id"] = place
        image.pop("annoconv", None)
    for place, each in enumerate(document["annotations"], start=1):
        each["id"], each["image_id"] = place, numbers.get(each["image_id"], each["image_id"])
        each.pop("annoconv", None)


def listed(format: str, document: Any) -> list[Any]:
    """Return the records of the first picture, in place."""
    if format == "coco":
        records: list[Any] = document["annotations"]
    elif format == "label-studio":
        records = document[0]["annotations"][0]["result"]
    else:
        records = document["features"]
    return records


def delete(format: str, place: int) -> Edit:
    def change(document: Any) -> None:
        if format == "cvat":
            image = document.find("image")
            image.remove(list(image)[place])
        elif format == "yolo":
            labels = document / "labels" / "RADIOGRAPH_1.txt"
            lines = labels.read_text().splitlines()
            labels.write_text("\n".join(lines[:place] + lines[place + 1 :]) + "\n")
        else:
            del listed(format, document)[place]

    return change


def move(format: str) -> Edit:
    """Move B by ten pixels to the right."""

    def change(document: Any) -> None:
        if format == "cvat":
            box = document.find("image")[1]
            box.set("xtl", "30.00")
            box.set("xbr", "40.00")
        elif format == "yolo":
            labels = document / "labels" / "RADIOGRAPH_1.txt"
            lines = labels.read_text().splitlines()
            number, x, *rest = lines[1].split()
            lines[1] = " ".join([number, repr(float(x) + 10 / 64), *rest])
            labels.write_text("\n".join(lines) + "\n")
        elif format == "coco":
            document["annotations"][1]["bbox"][0] = 30.0
        elif format == "label-studio":
            listed(format, document)[1]["value"]["x"] = 30 / 64 * 100
        else:
            ring = document["features"][1]["geometry"]["coordinates"][0]
            document["features"][1]["geometry"]["coordinates"] = [[[x + 10, y] for x, y in ring]]

    return change


def relabel(format: str) -> Edit:
    """Give P the label of the boxes."""

    def change(document: Any) -> None:
        if format == "cvat":
            document.find("image")[2].set("label", document.find("image")[0].get("label"))
        elif format == "yolo":
            labels = document / "labels" / "RADIOGRAPH_1.txt"
            lines = labels.read_text().splitlines()
            lines[2] = " ".join([lines[0].split()[0], *lines[2].split()[1:]])
            labels.write_text("\n".join(lines) + "\n")
        elif format == "coco":
            document["annotations"][2]["category_id"] = document["annotations"][0]["category_id"]
        elif format == "label-studio":
            first, third = listed(format, document)[0], listed(format, document)[2]
            third["value"]["polygonlabels"] = first["value"]["rectanglelabels"]
        else:
            features = document["features"]
            features[2]["properties"]["classification"] = features[0]["properties"]["classification"]

    return change


def add(format: str) -> Edit:
    """Draw a box of a label that was not used before."""

    def change(document: Any) -> None:
        if format == "cvat":
            box = {"label": "SPLEEN", "source": "manual", "occluded": "0", "xtl": "40.00", "ytl": "4.00"}
            document.find("image").insert(
                0, ElementTree.Element("box", {**box, "xbr": "50.00", "ybr": "14.00", "z_order": "0"})
            )
        elif format == "yolo":
            data = document / "data.yaml"
            names = [line for line in data.read_text().splitlines() if line.startswith("  ")]
            data.write_text(data.read_text() + f'  {len(names)}: "SPLEEN"\n')
            labels = document / "labels" / "RADIOGRAPH_1.txt"
            labels.write_text(f"{len(names)} {45 / 64} {9 / 48} {10 / 64} {10 / 48}\n" + labels.read_text())
        elif format == "coco":
            document["categories"].append({"id": 4000, "name": "SPLEEN"})
            box = {"id": 77, "image_id": 1, "category_id": 4000, "bbox": [40, 4, 10, 10], "area": 100, "iscrowd": 0}
            document["annotations"].insert(0, {**box, "segmentation": []})
        elif format == "label-studio":
            value = {"x": 40 / 64 * 100, "y": 4 / 48 * 100, "width": 1000 / 64, "height": 1000 / 48, "rotation": 0}
            region = {"id": "Zx81_abcQ2", "type": "rectanglelabels", "value": {**value, "rectanglelabels": ["SPLEEN"]}}
            names = {"to_name": "image", "from_name": "rectangle", "original_width": 64, "original_height": 48}
            document[0]["annotations"][0]["result"].insert(0, {**region, **names, "origin": "manual"})
        else:
            ring = [[40, 4], [50, 4], [50, 14], [40, 14], [40, 4]]
            properties = {"objectType": "annotation", "classification": {"name": "SPLEEN", "color": [1, 2, 3]}}
            feature = {"type": "Feature", "id": "6f1d3c1e-5f0a-4a58-9d8c-0a8f6f2b1c11", "properties": properties}
            document["features"].insert(0, {**feature, "geometry": {"type": "Polygon", "coordinates": [ring]}})

    return change


def named(document: Record) -> dict[str, Record]:
    return {each["id"]: each for each in document["annotations"]}


@pytest.fixture(params=list(NAMES))
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Edited:
    edited = Edited(request.param, tmp_path)
    edited.write(flat())
    return edited


def original() -> dict[str, Record]:
    return named(strict_json.plain(flat().case))


def rest(document: Record) -> Record:
    """Return what a case says beside its annotations and labels."""
    return {key: value for key, value in document.items() if key not in {"annotations", "labels"}}


def test_a_file_that_nobody_edited_comes_back_whole(output: Edited) -> None:
    assert output.read() == ([strict_json.plain(flat().case)], [])


def test_what_only_looks_different_comes_back_whole(output: Edited) -> None:
    """The file is written anew with other spaces, its records in another order."""

    def change(document: Any) -> None:
        if output.format == "cvat":
            image = document.find("image")
            image[:] = list(image)[::-1]
        elif output.format == "yolo":
            labels = document / "labels" / "RADIOGRAPH_1.txt"
            labels.write_text("\n\n".join(labels.read_text().splitlines()[::-1]) + "\n")
        else:
            listed(output.format, document).reverse()

    output.edit(change)
    (document,), losses = output.read()
    assert document == strict_json.plain(flat().case)
    assert losses == []


def test_a_deleted_shape_is_gone_and_the_others_are_whole(output: Edited) -> None:
    output.edit(delete(output.format, 0))
    (document,), losses = output.read()
    expected = original()
    del expected["A"]
    assert named(document) == expected
    assert rest(document) == rest(strict_json.plain(flat().case))
    assert [(path, kind) for path, kind, _ in losses] == [("/annoconv/annotations/A", "no_place")]
    assert GONE in losses[0][2]


def test_a_moved_shape_is_where_it_was_moved_to(output: Edited) -> None:
    output.edit(move(output.format))
    (document,), losses = output.read()
    found, expected = named(document), original()
    moved = next(each for name, each in found.items() if name not in {"A", "P", "M", "T"})
    assert {name: each for name, each in found.items() if name in {"A", "P", "M", "T"}} == {
        name: each for name, each in expected.items() if name != "B"
    }
    if output.format in {"cvat", "yolo"}:  # without ids it is another shape
        assert "annotator" not in moved
        assert [path for path, _, _ in losses] == ["/annoconv/annotations/B"]
    else:
        assert (moved["id"], moved["annotator"]) == ("B", "DOC_B")
    if output.format == "geojson":  # a box is told from a polygon by the side file alone
        assert np.array(moved["polygon"]).min(0).tolist() == [30.0, 2.5]
        assert np.array(moved["polygon"]).max(0).tolist() == [40.0, 12.0]
        assert {path.rsplit("/", 1)[0] for path, _, _ in losses} == {
            "/annoconv/annotations/B",
            "/annoconv/annotations/B/bbox",
        }
        assert all(CHANGED in message for _, _, message in losses)
    else:
        assert moved["bbox"] == [30.0, 2.5, 40.0, 12.0]
        assert output.format in {"cvat", "yolo"} or losses == []


def test_a_relabelled_shape_has_its_new_label(output: Edited) -> None:
    output.edit(relabel(output.format))
    (document,), losses = output.read()
    expected = original()
    expected["P"] |= {"label_code": "NODULE", "category": "lesion"}
    assert named(document) == expected
    unused = {"cvat": ["/meta/task/labels/LUNG"], "yolo": ["/data.yaml/names/0"]}  # of what nothing has any more
    assert [(path, kind) for path, kind, _ in losses] == [
        (path, "no_place") for path in ("/annoconv/annotations/P/category", *unused.get(output.format, []))
    ]
    assert CHANGED in losses[0][2]


def test_an_added_shape_is_an_annotation_of_its_own(output: Edited) -> None:
    output.edit(add(output.format))
    (document,), losses = output.read()
    found = named(document)
    (new,) = found.keys() - original().keys()
    assert {name: each for name, each in found.items() if name != new} == original()
    assert found[new]["label_code"] == "SPLEEN"
    assert "annotator" not in found[new]
    corners = found[new].get("polygon") or [found[new]["bbox"][:2], found[new]["bbox"][2:]]
    assert (np.min(corners, 0).round(9).tolist(), np.max(corners, 0).round(9).tolist()) == ([40, 4], [50, 14])
    colour = ["/features/0/properties/classification/color"] if output.format == "geojson" else []
    assert [path for path, _, _ in losses] == colour


def test_everything_at_once(output: Edited) -> None:
    for change in (relabel, move, lambda format: delete(format, 0), add):
        output.edit(change(output.format))
    (document,), losses = output.read()
    found = named(document)
    assert found["M"] == original()["M"]
    assert found["P"] == original()["P"] | {"label_code": "NODULE", "category": "lesion"}
    assert "A" not in found
    assert {"/annoconv/annotations/A", "/annoconv/annotations/P/category"} <= {path for path, _, _ in losses}


@pytest.mark.parametrize("change", [relabel, move, lambda format: delete(format, 1)])
def test_coco_of_a_tool_that_drops_what_it_does_not_know(change: Any, tmp_path: Path) -> None:
    kept, stripped = Edited("coco", tmp_path / "kept"), Edited("coco", tmp_path / "stripped")
    for output in (kept, stripped):
        output.write(flat())
        output.edit(change("coco"))
    stripped.edit(coco_stripped)
    assert stripped.read() == kept.read()


def test_coco_of_a_tool_that_numbers_what_is_left_anew(tmp_path: Path) -> None:
    """B has the number that A had: where others were numbered anew, a number tells nothing."""
    output = Edited("coco", tmp_path)
    output.write(flat())
    for change in (move("coco"), delete("coco", 0), coco_stripped):
        output.edit(change)
    (document,), losses = output.read()
    found = named(document)
    assert {name: found[name] for name in "PMT"} == {name: original()[name] for name in "PMT"}
    assert [path for path, _, _ in losses] == ["/annoconv/annotations/A", "/annoconv/annotations/B"]
    (new,) = found.keys() - {"P", "M", "T"}
    assert (found[new]["bbox"], found[new].get("annotator")) == ([30.0, 2.5, 40.0, 12.0], None)


# --- what tools do to all of a file


def saved_by_cvat(root: Any) -> None:
    """CVAT writes hundredths, a z order, where shapes come from, and every attribute that their label has."""
    for label in root.iterfind("meta/task/labels/label"):
        attribute = ElementTree.SubElement(label.find("attributes"), "attribute")
        for tag, text in (("name", "margin"), ("mutable", "False"), ("input_type", "select"), ("values", "sharp")):
            ElementTree.SubElement(attribute, tag).text = text
    for image in root.iterfind("image"):
        for shape in image:
            for name in ("xtl", "ytl", "xbr", "ybr"):
                if name in shape.attrib:
                    shape.set(name, f"{float(shape.get(name)):.2f}")
            if "points" in shape.attrib:
                corners = [pair.split(",") for pair in shape.get("points").split(";")]
                shape.set("points", ";".join(f"{float(x):.2f},{float(y):.2f}" for x, y in corners))
            if shape.tag != "tag":
                shape.set("z_order", "0")
            shape.set("source", "file")


def saved_by_label_studio(tasks: Any) -> None:
    """Label Studio signs the annotation of a task and keeps files under an address of its own."""
    for place, task in enumerate(tasks, start=1):
        del task["meta"]
        task |= {"id": place, "inner_id": 1, "total_annotations": 1, "project": 3, "drafts": [], "predictions": []}
        (annotation,) = task["annotations"]
        annotation |= {"id": place, "completed_by": 1, "was_cancelled": False, "ground_truth": False, "task": place}


def saved_by_qupath(collection: Any) -> None:
    """QuPath gives objects new ids, begins rings elsewhere, and drops what it does not know."""
    del collection["pictures"]
    for place, feature in enumerate(collection["features"]):
        feature["id"] = f"6f1d3c1e-5f0a-4a58-9d8c-0a8f6f2b1c{place:02d}"
        geometry = feature["geometry"]
        geometry.pop("isEllipse", None)
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for polygon in polygons:
            polygon[:] = [[*ring[2:], *ring[1:3]] for ring in polygon]


def saved_by_a_script(document: Any) -> None:
    coco_stripped(document)
    document["annotations"].sort(key=lambda each: (each["category_id"], each["id"]))


def beside_definitions(losses: list[Any]) -> list[str]:
    """Return the paths of losses but those of the attribute that CVAT defines and nobody has set."""
    return [path for path, _, _ in losses if "/attributes/margin/" not in path]


SAVED = {
    "cvat": saved_by_cvat,
    "label-studio": saved_by_label_studio,
    "geojson": saved_by_qupath,
    "coco": saved_by_a_script,
}


@pytest.mark.parametrize("format", SAVED)
def test_what_a_tool_only_saved_is_whole(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(flat())
    output.edit(SAVED[format])
    (document,), losses = output.read()
    found = named(document)
    if format == "label-studio":  # it says who submitted the task, of what nobody has signed
        assert found["T"].pop("annotator", "user_1") == "user_1"
    if format == "geojson":
        found["P"]["polygon"] = [*found["P"]["polygon"][1:], found["P"]["polygon"][0]]  # the same ring
    assert found == original()
    assert rest(document) == rest(strict_json.plain(flat().case))
    assert beside_definitions(losses) == []


@pytest.mark.parametrize("format", SAVED)
def test_what_a_tool_saved_and_somebody_edited(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(flat())
    output.edit(delete(format, 0))
    output.edit(SAVED[format])
    (document,), losses = output.read()
    found = named(document)
    assert [(each["id"], each.get("annotator")) for each in found.values()] == [
        ("B", "DOC_B"),
        ("P", "DOC_P"),
        ("M", "DOC_M"),
        ("T", "user_1" if format == "label-studio" and "annotator" in found["T"] else None),
    ]
    assert beside_definitions(losses) == ["/annoconv/annotations/A"]


def test_hundredths_of_a_pixel_hold(tmp_path: Path) -> None:
    """CVAT rounds what nobody touched; it is the same annotation, where CVAT says that it is."""
    loaded = flat()
    (box, *others) = loaded.case.annotations
    third = box.model_copy(update={"bbox": [1 / 3, 2 / 3, 10 + 1 / 3, 20 + 2 / 3]})
    output = Edited("cvat", tmp_path)
    output.write(LoadedCase(loaded.case.model_copy(update={"annotations": [third, *others]}), loaded.masks))
    output.edit(saved_by_cvat)
    (document,), losses = output.read()
    assert named(document)["A"] == original()["A"] | {"bbox": [0.33, 0.67, 10.33, 20.67]}
    # CVAT's numbers differ from ours by less than 1e-15; what made them the very same is of no use any more.
    assert beside_definitions(losses) == ["/annoconv/annotations/A/bbox/2", "/annoconv/annotations/A/bbox/3"]


def test_a_moved_region_is_signed_by_who_moved_it(tmp_path: Path) -> None:
    output = Edited("label-studio", tmp_path)
    output.write(flat())
    output.edit(move("label-studio"))
    output.edit(saved_by_label_studio)
    (document,), losses = output.read()
    assert {name: each.get("annotator") for name, each in named(document).items() if name != "T"} == {
        "A": "DOC_A",
        "B": "user_1",
        "P": "DOC_P",
        "M": "DOC_M",
    }
    assert [path for path, _, _ in losses] == ["/annoconv/annotations/B/annotator"]


# --- volumes, pictures and cases


def pixels(output: Edited) -> dict[str, Any]:
    (reading,) = registry.read([output.path], format=output.format)
    return {name: np.array(mask.read()) for name, mask in reading.masks.items()}


def records_of(output: Edited, picture: int) -> Callable[[Any], list[Any]]:
    """Return how the records of one slice are found, in place."""

    def found(document: Any) -> list[Any]:
        if output.format == "cvat":
            return document.findall("image")[picture]
        if output.format == "coco":
            return [each for each in document["annotations"] if each["image_id"] == picture + 1]
        if output.format == "label-studio":
            return document[picture]["annotations"][0]["result"]
        name = document["pictures"][picture]["file_name"]
        return [each for each in document["features"] if each["properties"]["picture"] == name]

    return found


VOLUMES = ("coco", "cvat", "label-studio", "geojson")


@pytest.mark.parametrize("format", VOLUMES)
def test_a_piece_of_a_mask_that_was_deleted_on_a_slice(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(volume())
    before = pixels(output)
    find = records_of(output, 1)

    def change(document: Any) -> None:
        found = find(document)
        if format == "cvat":
            found.remove(found[0])
        elif format == "label-studio":
            del found[0]
        else:
            document["annotations" if format == "coco" else "features"].remove(found[0])

    output.edit(change)
    after = pixels(output)
    assert after.keys() == before.keys()
    np.testing.assert_array_equal(after["M2"], before["M2"])
    before["M1"][1] = False
    np.testing.assert_array_equal(after["M1"], before["M1"])
    (document,), losses = output.read()
    assert document == strict_json.plain(volume().case)
    assert losses == []


@pytest.mark.parametrize("format", VOLUMES)
def test_a_piece_of_a_mask_that_was_drawn_anew_stays_of_it(format: str, tmp_path: Path) -> None:
    """Of the two masks of one label only one misses a piece there."""
    output = Edited(format, tmp_path)
    output.write(volume())
    before = pixels(output)
    find = records_of(output, 1)

    def change(document: Any) -> None:
        first = find(document)[0]
        if format == "cvat":  # its upper half is wiped away
            first.attrib |= {"rle": "0, 24", "top": "5", "left": "2", "width": "8", "height": "3"}
        elif format == "coco":
            first |= {"segmentation": [[2, 5, 10, 5, 10, 8, 2, 8]], "bbox": [2, 5, 8, 3], "area": 24}
            first["id"] = 900
            first.pop("annoconv")
        elif format == "label-studio":
            corners = [[2, 5], [10, 5], [10, 8], [2, 8]]
            first["value"]["points"] = [[x / 24 * 100, y / 20 * 100] for x, y in corners]
            first["id"] = "Zx81_abcQ2"
        else:
            first["geometry"]["coordinates"] = [[[[2, 5], [10, 5], [10, 8], [2, 8], [2, 5]]]]
            first["id"] = "6f1d3c1e-5f0a-4a58-9d8c-0a8f6f2b1c11"

    output.edit(change)
    after = pixels(output)
    before["M1"][1, 2:5] = False
    assert after.keys() == before.keys()
    for name in ("M1", "M2"):
        np.testing.assert_array_equal(after[name], before[name])
    (document,), losses = output.read()
    assert document == strict_json.plain(volume().case)
    assert losses == []


@pytest.mark.parametrize("format", ["coco", "cvat", "label-studio"])
def test_a_slice_that_is_not_listed_any_more(format: str, tmp_path: Path) -> None:
    """The volume keeps its slices; what was drawn on this one alone is gone."""
    output = Edited(format, tmp_path)
    output.write(volume())

    def change(document: Any) -> None:
        for place in (3, 2):
            if format == "cvat":
                document.remove(document.findall("image")[place])
            elif format == "label-studio":
                del document[place]
            else:
                document["annotations"] = [each for each in document["annotations"] if each["image_id"] != place + 1]
                del document["images"][place]

    output.edit(change)
    (document,), losses = output.read()
    expected = strict_json.plain(volume().case)
    del expected["annotations"][2]
    assert document == expected
    unused = ["/meta/task/labels/NODULE"] if format == "cvat" else []
    assert [path for path, _, _ in losses] == ["/annoconv/annotations/B", *unused]
    assert {name: mask.sum(axis=(1, 2)).tolist() for name, mask in pixels(output).items()} == {
        "M1": [0, 48, 0, 0],
        "M2": [0, 48, 0, 0],
    }


@pytest.mark.parametrize("format", ["coco", "cvat", "label-studio", "geojson", "yolo"])
def test_a_picture_that_is_not_listed_any_more(format: str, tmp_path: Path) -> None:
    """Its case is gone, and named; the others stay what they are."""
    output = Edited(format, tmp_path)
    output.write(flat("RADIOGRAPH_0"), flat("RADIOGRAPH_1"), flat("RADIOGRAPH_2"))

    def change(document: Any) -> None:
        if format == "cvat":
            document.remove(document.find("image"))
        elif format == "label-studio":
            del document[0]
        elif format == "coco":
            del document["images"][0]
            document["annotations"] = [each for each in document["annotations"] if each["image_id"] != 1]
        elif format == "geojson":
            del document["pictures"][0]
            first = [each for each in document["features"] if each["properties"]["picture"] == "RADIOGRAPH_0.png"]
            document["features"] = [each for each in document["features"] if each not in first]
        else:
            (document / "labels" / "RADIOGRAPH_0.txt").unlink()
            listing = document / "train.txt"
            listing.write_text("".join(f"{line}\n" for line in listing.read_text().splitlines()[1:]))

    output.edit(change)
    documents, losses = output.read()
    assert documents == [strict_json.plain(flat(f"RADIOGRAPH_{number}").case) for number in (1, 2)]
    assert [(path, kind) for path, kind, _ in losses] == [("/annoconv/cases/0", "no_place")]


def test_a_copy_of_a_record_is_another_annotation(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(flat())

    def change(document: Any) -> None:
        copy = {**document["annotations"][1], "id": 900, "bbox": [30.0, 30.0, 5.0, 5.0]}
        document["annotations"].insert(0, copy)

    output.edit(change)
    (document,), losses = output.read()
    found = named(document)
    assert {name: found[name] for name in "ABPMT"} == original()
    assert found["900"]["bbox"] == [30.0, 30.0, 35.0, 35.0]
    assert [path for path, _, _ in losses] == ["/annotations/0/area"]  # which is that of the other box


def test_the_image_that_held_what_we_carry_is_gone_from_coco(tmp_path: Path) -> None:
    """Of a volume the first slice; the side file holds it too. Without that, what is lost is named."""
    output = Edited("coco", tmp_path)
    output.write(volume())

    def change(document: Any) -> None:
        del document["images"][0]

    output.edit(change)
    assert output.read() == ([strict_json.plain(volume().case)], [])
    (tmp_path / "x.annoconv.json").unlink()
    (document,), losses = output.read()
    assert "annotator" not in document["annotations"][0]
    assert ("/annoconv", "no_place") in [(path, kind) for path, kind, _ in losses]


@pytest.mark.parametrize("code", ["LIVER", "GIZMO"])
@pytest.mark.parametrize("has_side", [True, False])
def test_a_category_that_was_deleted_from_coco(code: str, has_side: bool, tmp_path: Path) -> None:
    """Its annotations are there; what they are the file does not say, and of a label of ours the side file alone."""
    output = Edited("coco", tmp_path)
    loaded = flat()
    document = strict_json.plain(loaded.case)
    document["annotations"][3]["label_code"] = code
    output.write(LoadedCase(Case.model_validate(document), loaded.masks))

    def change(document: Any) -> None:
        (category,) = [each for each in document["categories"] if each["name"] == code]
        document["categories"].remove(category)

    output.edit(change)
    if not has_side:
        (tmp_path / "x.annoconv.json").unlink()
    (document,), losses = output.read()
    found, expected = named(document), original()
    is_known = has_side or code == "LIVER"
    assert found["M"].pop("label_code").startswith("CATEGORY_")
    expected["M"]["category"] = "organ" if is_known else "other"
    assert {**found["M"], "label_code": "LIVER"} == expected["M"]
    del found["M"], expected["M"]
    assert found == expected
    assert [path for path, _, _ in losses] == ([] if is_known else ["/annotations/3/category_id"])


RENAMED = {"CYST": "lesion", "AORTA": "organ", "WIDGET": "lesion"}
"""New names of the class NODULE, and the category that its annotations have then: that of a label, else as before."""


@pytest.mark.parametrize("name", RENAMED)
def test_a_class_that_was_renamed(output: Edited, name: str) -> None:
    """A name that no label system knows says nothing of the category, which is as it was."""
    path = output.path / "data.yaml" if output.format == "yolo" else output.path
    path.write_text(path.read_text().replace("LIVER", "SPLEEN").replace("NODULE", name))
    (document,), losses = output.read()
    found = named(document)
    assert [found[each]["label_code"] for each in "ABPM"] == [name, name, "LUNG", "SPLEEN"]
    assert [found[each].get("annotator") for each in "ABPM"] == ["DOC_A", "DOC_B", "DOC_P", "DOC_M"]
    category = "lesion" if output.format == "coco" else RENAMED[name]  # whose record has a supercategory
    assert [found[each]["category"] for each in "ABPM"] == [category, category, "other", "organ"]
    assert [each for each in losses if "color" not in each[0]] == []


def test_a_category_that_only_the_carrier_has_is_kept_in_a_class_that_says_none(output: Edited) -> None:
    loaded = flat()
    document = strict_json.plain(loaded.case)
    for each, code in zip(document["annotations"], ("GIZMO", "GADGET"), strict=False):
        each |= {"label_code": code, "category": "tissue"}
    output.path = output.path.with_stem("other")
    output.write(LoadedCase(Case.model_validate(document), loaded.masks))
    path = output.path / "data.yaml" if output.format == "yolo" else output.path
    path.write_text(path.read_text().replace("GIZMO", "WIDGET").replace("GADGET", "SPLEEN"))
    (document,), losses = output.read()
    found = named(document)
    says = ("SPLEEN", "tissue") if output.format == "coco" else ("SPLEEN", "organ")
    assert [(found[each]["label_code"], found[each]["category"]) for each in "AB"] == [("WIDGET", "tissue"), says]
    told = [] if output.format == "coco" else ["/annoconv/annotations/B/category"]
    assert [path for path, _, _ in losses if "color" not in path] == told


# --- side files that are not what was written

DAMAGED = {
    "cut off": lambda whole: whole[: len(whole) // 2],
    "an empty object": lambda _: b"{}",
    "an empty list": lambda _: b"[]",
    "null": lambda _: b"null",
    "nothing": lambda _: b"",
    "of another version": lambda whole: whole.replace(b'"annoconv":1', b'"annoconv":2'),
    "of no version": lambda whole: whole.replace(b'"annoconv":1', b'"other":1'),
    "of a version that is none": lambda whole: whole.replace(b'"annoconv":1', b'"annoconv":true'),
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("format", list(NAMES))
def test_a_side_file_that_cannot_be_understood_is_refused_by_name(format: str, damage: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(flat())
    side = output.path / "annoconv.json" if format == "yolo" else output.path.with_suffix(".annoconv.json")
    side.write_bytes(DAMAGED[damage](side.read_bytes()))
    with pytest.raises(DocumentError) as caught:
        output.read()
    assert str(side) in str(caught.value)


@pytest.mark.parametrize("format", ["coco", "cvat", "label-studio", "geojson"])
def test_a_side_file_of_another_file_is_named(format: str, tmp_path: Path) -> None:
    """One that was written with another file tells of cases that this one does not hold."""
    output, other = Edited(format, tmp_path / "a"), Edited(format, tmp_path / "b")
    output.write(flat("RADIOGRAPH_1"))
    other.write(flat("RADIOGRAPH_2"))
    side = output.path.with_suffix(".annoconv.json")
    side.write_bytes(other.path.with_suffix(".annoconv.json").read_bytes())
    (document,), losses = output.read()
    assert document["image"]["uid"] == "RADIOGRAPH_1"
    assert ("/annoconv/cases/0", "no_place") in [(path, kind) for path, kind, _ in losses]


def test_a_side_file_of_a_file_of_another_ending_is_named(tmp_path: Path) -> None:
    output, other = Edited("cvat", tmp_path), Edited("geojson", tmp_path)
    other.write(flat())
    registry.write([flat()], output.path, format="cvat", plain=True)
    _, losses = output.read()
    assert [(path, kind) for path, kind, _ in losses] == [("/annoconv", "no_place")]


# --- keypoints


def with_keypoints() -> LoadedCase:
    """Return a case with a box of two named points, and one that is two points alone, of which one is not there."""
    common = {"category": "lesion", "label_code": "NODULE"}
    points = [{"name": "left", "point": [3.5, 4.5]}, {"name": "right", "point": [5.5, 4.5]}]
    alone = [{"name": "left", "point": [40.5, 20.5]}, {"name": "right", "visibility": "unlabelled"}]
    document = strict_json.plain(flat().case)
    document["annotations"] = [
        document["annotations"][0],
        {"id": "K", **common, "type": "keypoints", "keypoints": points, "parent_id": "A", "annotator": "DOC_1"},
        {"id": "Q", **common, "type": "keypoints", "keypoints": alone, "annotator": "DOC_Q"},
    ]
    return LoadedCase(Case.model_validate(document), Masks())


def test_a_keypoint_that_was_moved(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    registry.write([with_keypoints()], output.path, format="coco", kind="keypoints")
    expected = named(strict_json.plain(with_keypoints().case))
    assert named(output.read()[0][0]) == expected

    def change(document: Any) -> None:
        instance, alone = document["annotations"]
        instance["keypoints"][3:5] = [6.0, 7.0]  # indices of pixels
        alone["keypoints"][:2] = [41.0, 20.0]

    output.edit(change)
    (document,), losses = output.read()
    expected["K"]["keypoints"][1]["point"], expected["Q"]["keypoints"][0]["point"] = [6.5, 7.5], [41.5, 20.5]
    for each in (*expected["K"]["keypoints"], expected["Q"]["keypoints"][0]):
        each["visibility"] = "visible"
    assert named(document) == expected
    assert all(CHANGED in message for _, _, message in losses)


def test_an_instance_that_was_deleted_takes_its_points_along(tmp_path: Path) -> None:
    for format, kind in (("coco", "keypoints"), ("yolo", "pose")):
        output = Edited(format, tmp_path / format)
        registry.write([with_keypoints()], output.path, format=format, kind=kind)
        output.edit(delete(format, 0))
        (document,), losses = output.read()
        expected = named(strict_json.plain(with_keypoints().case))
        assert named(document) == {"Q": expected["Q"]}
        assert [path for path, _, _ in losses] == [f"/annoconv/annotations/{name}" for name in ("A", "K")]
