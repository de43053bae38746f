"""Ids and cases of COCO files, of which there may be millions: packed, and told apart as if they were not."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from annoconv_converters.coco.ids import Numbers
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase

if TYPE_CHECKING:
    from collections.abc import Callable


def given_out(wanted: list[Any]) -> list[Any]:
    """Return the ids that are given out, by a set of all of them."""
    taken: set[Any] = set()
    last, found = 0, []
    for each in wanted:
        number = each
        if type(each) not in {int, str} or each in taken:
            last += 1
            while last in taken:
                last += 1
            number = last
        taken.add(number)
        found.append(number)
    return found


@given(
    st.lists(st.integers(-2, 9) | st.sampled_from(["1", "a", None, 1.0, True, 17, 18, (1 << 20), (1 << 26), 1 << 70]))
)
def test_an_id_is_given_out_once(wanted: list[Any]) -> None:
    numbers = Numbers()
    assert [numbers.take(each) for each in wanted] == given_out(wanted)
    assert numbers.last + 1 not in given_out(wanted)


def test_pictures_of_a_case_are_found_wherever_they_stand(tmp_path: Path) -> None:
    names = [f"{series}_k{index:04d}.png" for series in ("b", "a", "c") for index in range(3)] + ["x.png", "y.png"]
    random.Random(1).shuffle(names)
    images = [{"id": number, "file_name": name, "width": 4, "height": 4} for number, name in enumerate(names, 1)]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    first = list(dict.fromkeys(name.partition("_k")[0].removesuffix(".png") for name in names))
    found = [(one.case.image.uid, one.case.image.shape) for one in registry.read([path], format="coco")]
    assert found == [(each, [4, 4] if each in "xy" else [4, 4, 3]) for each in first]


def picture(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "file_name": name, "width": 100, "height": 80}


def box(number: int, owner: int, category: int = 3, left: int = 10) -> dict[str, Any]:
    sides = {"bbox": [left, 5, 8, 6], "area": 48, "iscrowd": 0, "segmentation": []}
    return {"id": number, "image_id": owner, "category_id": category, **sides}


def counted(path: Path, count: int = 5, prefix: str = "p", name: str = "cat") -> Path:
    """Write a file as most programs do: everything is numbered from 1 throughout."""
    images = [picture(place + 1, f"{prefix}{place}.png") for place in range(count)]
    records = [box(2 * place + of + 1, place + 1, left=10 + 20 * of) for place in range(count) for of in range(2)]
    categories = [{"id": 3, "name": name}]
    path.write_text(json.dumps({"images": images, "annotations": records, "categories": categories}))
    return path


def cases_of(path: Path, name: str = "coco") -> list[LoadedCase]:
    return [LoadedCase(each.case, each.masks) for each in registry.read([path], format=name)]


def ids_in(path: Path) -> dict[str, tuple[Any, list[Any]]]:
    """Return the id of each picture and those of its annotations, by the name of its file."""
    told = json.loads(path.read_text())
    owned = {
        each["id"]: [one["id"] for one in told["annotations"] if one["image_id"] == each["id"]]
        for each in told["images"]
    }
    return {each["file_name"]: (each["id"], owned[each["id"]]) for each in told["images"]}


OWN = {f"p{place}.png": (place + 1, [2 * place + 1, 2 * place + 2]) for place in range(5)}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("places", [[0, 1, 3, 4], [1, 2, 3, 4], [3, 1, 4], [4, 3, 2, 1, 0]])
def test_ids_stay_when_other_pictures_are_gone(places: list[int], plain: bool, tmp_path: Path) -> None:
    cases = cases_of(counted(tmp_path / "a.json"))
    registry.write([cases[place] for place in places], tmp_path / "b.json", format="coco", plain=plain)
    assert ids_in(tmp_path / "b.json") == {f"p{place}.png": OWN[f"p{place}.png"] for place in places}


def test_an_id_that_is_gone_is_not_given_again(tmp_path: Path) -> None:
    """The first case knows how far its file went; what its highest ids are now is told."""
    cases = cases_of(counted(tmp_path / "a.json"))
    (added,) = cases_of(counted(tmp_path / "n.json", 1, "new"))
    added = LoadedCase(added.case.model_copy(update={"extensions": None}))
    losses = registry.write([cases[0], added, *cases[1:4]], tmp_path / "b.json", format="coco")
    assert ids_in(tmp_path / "b.json") == {
        "new0.png": (6, [11, 12]),
        **{f"p{n}.png": OWN[f"p{n}.png"] for n in range(4)},
    }
    highest = [each for each in losses if "highest" in each.path]
    assert [(each.case_index, each.path, each.kind) for each in highest] == [
        (0, "/extensions/annoconv.coco/highest/annotations", "precision"),
        (0, "/extensions/annoconv.coco/highest/images", "precision"),
    ]
    again = cases_of(tmp_path / "b.json")[0].case.extensions
    assert again is not None
    assert again["annoconv.coco"]["highest"] == {"images": 6, "annotations": 12}


def test_ids_that_two_files_have_are_told(tmp_path: Path) -> None:
    cases = [*cases_of(counted(tmp_path / "a.json", 2)), *cases_of(counted(tmp_path / "b.json", 3, "q", "dog"))]
    losses = registry.write(cases, tmp_path / "c.json", format="coco")
    assert ids_in(tmp_path / "c.json") == {
        "p0.png": (1, [1, 2]),
        "p1.png": (2, [3, 4]),
        "q0.png": (4, [7, 8]),
        "q1.png": (5, [9, 10]),
        "q2.png": (3, [5, 6]),
    }
    categories = json.loads((tmp_path / "c.json").read_text())["categories"]
    assert categories == [{"id": 3, "name": "cat"}, {"id": 4, "name": "dog"}]
    assert not [each for each in losses if "supercategory" in each.path]
    moved = {(each.case_index, each.path): str(each.message) for each in losses if each.path.endswith("/id")}
    image, category = ("/extensions/annoconv.coco" + path for path in ("/image/fields/id", "/categories/dog/id"))
    there = "; it travels in the key annoconv and the side file"
    for place in (2, 3):
        assert moved[place, image] == "another picture of the COCO file has the id" + there
        assert {(place, f"/annotations/{number}/id") for number in range(2)} <= moved.keys()
    for place in (2, 3, 4):
        assert moved[place, category] == "the category has another id in the COCO file" + there
    assert "another" not in moved[4, image]
    assert [each.case.extensions for each in cases_of(tmp_path / "c.json")[1:]] == [
        each.case.extensions for each in cases[1:]
    ]


def edited_cvat(path: Path) -> None:
    text = re.sub(r'<image [^>]*name="p1.png".*?</image>', "", path.read_text(), flags=re.DOTALL)
    drawn = '<box label="cat" source="manual" occluded="0" xtl="40" ytl="40" xbr="49" ybr="49" z_order="0"></box>'
    text = re.sub(r'(<image [^>]*name="p2.png"[^>]*>)', rf"\1{drawn}", text)
    new = f'<image id="77" name="new.png" width="100" height="80">{drawn}</image>'
    path.write_text(text.replace("<image ", f"{new}<image ", 1))


def edited_label_studio(path: Path) -> None:
    tasks = json.loads(path.read_text())
    new, _, third = (json.loads(json.dumps(each).replace("p0.png", "new.png")) for each in tasks[:3])
    del tasks[1]
    drawn = third["annotations"][0]["result"][0] | {"id": "another"}
    drawn["value"]["x"] = 50
    tasks[1]["annotations"][0]["result"].insert(0, drawn)
    new["annotations"][0]["result"] = [drawn]
    del new["id"]
    path.write_text(json.dumps([new, *tasks]))


def edited_yolo(path: Path) -> None:
    drawn = "0 0.5 0.5 0.1 0.1\n"
    (labels,) = {each.parent for each in path.rglob("p0.txt")}
    (labels / "p1.txt").unlink()
    (labels / "p2.txt").write_text(drawn + (labels / "p2.txt").read_text())
    (labels / "new.txt").write_text(drawn)
    (path / "images").mkdir(exist_ok=True)
    Image.new("L", (100, 80)).save(path / "images" / "new.png")
    for listed in [each for each in path.glob("*.txt") if "p1.png" in each.read_text()]:
        lines = [line for line in listed.read_text().splitlines() if "p1.png" not in line]
        listed.write_text("\n".join([lines[0].replace("p0.png", "new.png"), *lines, ""]))


def edited_geojson(path: Path) -> None:
    told = json.loads(path.read_text())
    del told["pictures"][1]
    told["pictures"].insert(0, {"file_name": "new.png", "width": 100, "height": 80})
    features = [each for each in told["features"] if each["properties"]["picture"] != "p1.png"]
    drawn = json.loads(json.dumps(features[-1])) | {"id": 3}
    drawn["geometry"]["coordinates"] = [[[40, 40], [49, 40], [49, 49], [40, 49], [40, 40]]]
    for number, name in ((4, "new.png"), (3, "p2.png")):
        features.insert(0, {**drawn, "id": number, "properties": {**drawn["properties"], "picture": name}})
    path.write_text(json.dumps({**told, "features": features}))


EDITS: dict[str, Callable[[Path], None]] = {
    "cvat": edited_cvat,
    "label-studio": edited_label_studio,
    "yolo": edited_yolo,
    "geojson": edited_geojson,
}


@pytest.mark.parametrize("name", EDITS)
def test_ids_stay_when_files_of_another_format_were_edited(name: str, tmp_path: Path) -> None:
    """A picture is gone, one is new, and another has a new annotation."""
    target = tmp_path / f"x{registry.converter('to', name).suffix}"
    registry.write(cases_of(counted(tmp_path / "a.json")), target, format=name)
    EDITS[name](target)
    registry.write(cases_of(target, name), tmp_path / "b.json", format="coco")
    found = ids_in(tmp_path / "b.json")
    assert found.pop("new.png")[0] == 6
    third = found.pop("p2.png")
    assert third[0] == 3
    assert [each for each in third[1] if each <= 10] == [5, 6]
    assert len(third[1]) == 3
    assert found == {f"p{n}.png": OWN[f"p{n}.png"] for n in (0, 3, 4)}
