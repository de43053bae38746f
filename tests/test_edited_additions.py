"""What a tool adds to a file of ours is read as a file by other software is: what has no place is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from annoconv_converters._pictures import carrier

from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError
from annoconv.model import Case
from annoconv.validation import validate
from tests.test_edited import NAMES, Edited, Record, add, delete, flat, listed, named, saved_by_qupath, volume


def with_unknown(format: str, record: Any) -> str:
    """Add to a record something that a case has no place for, and return its place within the record."""
    if format == "cvat":
        record.set("blurred", "1")
        return "@blurred"
    if format == "geojson":
        record["properties"]["reviewed_in"] = "room 2"
        return "properties/reviewed_in"
    name = "lead_time" if format == "label-studio" else "difficult"
    record[name] = 12.5
    return name


PLACES = {
    "coco": "/annotations/{}",
    "cvat": "/image/0/box/{}",
    "label-studio": "/0/annotations/0/result/{}",
    "geojson": "/features/{}",
}


@pytest.mark.parametrize("format", PLACES)
@pytest.mark.parametrize("place", [0, 2])
def test_what_has_no_place_in_a_case_is_named(format: str, place: int, tmp_path: Path) -> None:
    """Of a box that was added (0), and of one that was there (2)."""
    output = Edited(format, tmp_path)
    output.write(flat())
    output.edit(add(format))
    before = output.read()[1]
    told: list[str] = []

    def change(document: Any) -> None:
        records = document.find("image") if format == "cvat" else listed(format, document)
        told.append(with_unknown(format, records[place]))

    output.edit(change)
    after = [each for each in output.read()[1] if each not in before]
    assert [(path, kind) for path, kind, _ in after] == [(f"{PLACES[format].format(place)}/{told[0]}", "no_place")]


@pytest.mark.parametrize("format", PLACES)
def test_of_a_volume_too(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(volume())
    told: list[str] = []

    def change(document: Any) -> None:
        records = document.findall("image")[2] if format == "cvat" else listed(format, document)
        if format == "label-studio":
            records = document[2]["annotations"][0]["result"]
        told.append(with_unknown(format, records[-1]))

    output.edit(change)
    (document,), losses = output.read()
    assert document == strict_json.plain(volume().case)
    ((path, kind, _),) = losses
    assert (path.endswith("/" + told[0]), kind) == (True, "no_place")


def test_a_picture_that_was_added_to_coco_keeps_what_it_says(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(flat())

    def change(document: Any) -> None:
        document["images"].append({"id": 77, "file_name": "new.png", "width": 64, "height": 48, "site": "B"})
        box = {"id": 78, "image_id": 77, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}
        document["annotations"].append({**box, "segmentation": [], "difficult": 1})

    output.edit(change)
    first, second = output.read()[0]
    assert first == strict_json.plain(flat().case)
    kept = second["extensions"]["annoconv.coco"]
    assert kept["image"]["fields"]["site"] == "B"
    assert kept["annotations"]["78"]["fields"]["difficult"] == 1


VIDEO = """<annotations><version>1.1</version><meta><task><size>2</size><source>v.mp4</source>
<original_size><width>64</width><height>48</height></original_size></task></meta>
<track id="0" label="NODULE"><box frame="0" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/></track></annotations>"""


def test_the_side_file_of_what_was_exported_as_a_video_is_named(tmp_path: Path) -> None:
    output = Edited("cvat", tmp_path)
    output.write(flat())
    output.path.write_text(VIDEO)
    _, losses = output.read()
    assert ("/annoconv/cases/0", "no_place") in [(path, kind) for path, kind, _ in losses]


@pytest.mark.parametrize("format", ["coco", "cvat"])
def test_a_file_without_pictures_is_refused_beside_its_side_file(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(flat())

    def change(document: Any) -> None:
        if format == "cvat":
            document.remove(document.find("image"))
        else:
            document["images"], document["annotations"] = [], []

    output.edit(change)
    with pytest.raises(InputError, match="side file") as caught:
        output.read()
    assert str(output.path) in str(caught.value)


def test_a_fault_of_ours_is_not_taken_for_one_of_the_side_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("ours")

    output = Edited("cvat", tmp_path)
    output.write(flat())
    output.edit(delete("cvat", 0))
    monkeypatch.setattr(carrier, "fitted", broken)
    with pytest.raises(KeyError, match="ours"):
        output.read()


@pytest.mark.parametrize(
    "change",
    [
        lambda carried: carried.update(values=5),
        lambda carried: carried.pop("order"),
        lambda carried: carried["values"].append([[], 1]),
        lambda carried: carried["removed"].append([]),
        lambda carried: carried["values"].append([["annotations", "x", "id"], "A"]),
        lambda carried: carried["values"].append([["annotations", -9, "category"], "organ"]),
        lambda carried: carried["values"].append([["annotations", 0.5], 1]),
        lambda carried: carried["order"].append([["annotations"], 5]),
        lambda carried: carried["values"].append([["image"], 5]),
    ],
)
def test_a_carrier_that_names_no_places_is_refused(change: Any, tmp_path: Path) -> None:
    output = Edited("cvat", tmp_path)
    output.write(flat())
    output.edit(delete("cvat", 0))
    side = output.path.with_suffix(".annoconv.json")
    document = json.loads(side.read_bytes())
    change(document["cases"][0]["residual"])
    side.write_text(json.dumps(document))
    with pytest.raises(DocumentError, match="side file"):
        output.read()


# --- features that do not say on which picture they are


def two_pictures(output: Edited) -> list[Record]:
    """Write two pictures, on which other things are drawn, and return their cases."""
    other = strict_json.plain(flat("RADIOGRAPH_2").case)
    other["annotations"] = [{**other["annotations"][0], "id": "Z", "bbox": [40.0, 20.0, 50.0, 31.0]}]
    first, second = flat("RADIOGRAPH_1"), LoadedCase(Case.model_validate(other), flat().masks)
    output.write(first, second)
    return [strict_json.plain(each.case) for each in (first, second)]


def without_pictures(collection: Any) -> None:
    for feature in collection["features"]:
        del feature["properties"]["picture"]


@pytest.mark.parametrize("save", [without_pictures, lambda c: (without_pictures(c), saved_by_qupath(c))])
def test_features_go_to_the_pictures_that_they_were_on(save: Any, tmp_path: Path) -> None:
    output = Edited("geojson", tmp_path)
    expected = two_pictures(output)
    output.edit(save)
    documents, losses = output.read()
    for document, case in zip(documents, expected, strict=True):
        assert named(document).keys() == named(case).keys()
        assert [each.get("annotator") for each in document["annotations"]] == [
            each.get("annotator") for each in case["annotations"]
        ]
    assert losses == []


def test_a_feature_of_which_nothing_tells_the_picture_is_on_one_of_the_files_own_name(tmp_path: Path) -> None:
    output = Edited("geojson", tmp_path)
    expected = two_pictures(output)
    output.edit(add("geojson"))
    documents, losses = output.read()
    assert documents[:2] == expected
    assert (documents[2]["image"]["uid"], len(documents[2]["annotations"])) == ("x", 1)
    assert ("/features/0/properties/picture", "approximated") in [(path, kind) for path, kind, _ in losses]


# --- references to what is gone


@pytest.mark.parametrize("format", NAMES)
def test_a_link_to_what_is_gone_is_found_by_validate(format: str, tmp_path: Path) -> None:
    document = strict_json.plain(flat().case)
    document["annotations"][1]["cross_modal_links"] = ["A"]
    output = Edited(format, tmp_path)
    output.write(LoadedCase(Case.model_validate(document), flat().masks))
    output.edit(delete(format, 0))
    (found,), _ = output.read()
    assert named(found)["B"]["cross_modal_links"] == ["A"]
    findings = validate(Case.model_validate(found))
    assert [each.path for each in findings if "link" in each.rule] == ["/annotations/0/cross_modal_links/0"]
