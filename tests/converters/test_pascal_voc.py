"""Pascal VOC: pixels count from 1, maxima are inclusive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annoconv import registry
from annoconv.errors import InputError

BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>20.5</ymax></bndbox>"
OBJECT = f"<object><name>nodule</name><pose>Left</pose><truncated>0</truncated><difficult>1</difficult>{BOX}</object>"
SIZE = "<size><width>30</width><height>40</height><depth>3</depth></size>"


def write(folder: Path, inner: str) -> Path:
    path = folder / "x.xml"
    path.write_text(f"<annotation><filename>x.jpg</filename>{inner}</annotation>")
    return path


def test_boxes(tmp_path: Path) -> None:
    path = write(tmp_path, SIZE + OBJECT)
    (reading,) = registry.read([path], format="pascal-voc")
    (box,) = reading.case.annotations
    assert box.bbox == [0, 1, 30, 20.5]  # type: ignore[union-attr]
    assert box.attributes == {"truncated": False, "difficult": True, "pose": "Left"}
    assert (reading.case.image.uid, reading.case.image.shape) == ("x", [30, 40])
    (zero,) = registry.read([path], format="pascal-voc", zero_based=True)
    assert zero.case.annotations[0].bbox == [1, 2, 30, 20.5]  # type: ignore[union-attr]


@pytest.mark.parametrize("first", ["0", "0.5", "0.0"])
def test_boxes_that_can_count_from_zero_only_are_read_so_and_that_is_said(first: str, tmp_path: Path) -> None:
    path = write(tmp_path, SIZE + OBJECT.replace("<xmin>1<", f"<xmin>{first}<"))
    (reading,) = registry.read([path], format="pascal-voc")
    assert reading.case.annotations[0].bbox == [float(first), 2, 30, 20.5]  # type: ignore[union-attr]
    assert [finding.rule for finding in reading.findings] == ["voc.origin"]
    (told,) = registry.read([path], format="pascal-voc", zero_based=True)
    assert told.case.annotations == reading.case.annotations
    assert not told.findings


def test_what_one_file_shows_holds_for_all_of_them(tmp_path: Path) -> None:
    for name, first in (("a", "0"), ("b", "7")):
        write(tmp_path, SIZE + OBJECT.replace("<xmin>1<", f"<xmin>{first}<")).rename(tmp_path / f"{name}.xml")
    readings = list(registry.read([tmp_path], format="pascal-voc"))
    assert [each.case.annotations[0].bbox[:2] for each in readings] == [[0, 2], [7, 2]]  # type: ignore[union-attr]
    assert [[found.rule for found in each.findings] for each in readings] == [["voc.origin"], ["picture.twice"]]


@pytest.mark.parametrize("first", ["0", "-1"])
def test_boxes_of_which_some_count_from_one_and_some_cannot_are_asked_for(first: str, tmp_path: Path) -> None:
    path = write(tmp_path, SIZE + OBJECT + OBJECT.replace("<xmin>1<", f"<xmin>{first}<"))
    with pytest.raises(InputError, match="--zero-based"):
        list(registry.read([path], format="pascal-voc"))
    (reading,) = registry.read([path], format="pascal-voc", zero_based=True)
    assert {finding.rule for finding in reading.findings} == ({"picture.outside"} if first == "-1" else set())


def test_the_data_sets_of_the_challenge_count_from_one(tmp_path: Path) -> None:
    source = "<source><database>The VOC2012 Database</database></source>"
    path = write(tmp_path, source + SIZE + OBJECT.replace("<xmin>1<", "<xmin>3<"))
    (reading,) = registry.read([path], format="pascal-voc")
    assert reading.case.annotations[0].bbox == [2, 1, 30, 20.5]  # type: ignore[union-attr]
    assert not reading.findings


def test_parts_actions_and_attributes(tmp_path: Path) -> None:
    part = f"<part><name>spike</name>{BOX}</part>"
    more = (
        "<actions><walking>1</walking></actions><attributes><attribute><name>grade</name><value>4a</value></attribute>"
    )
    path = write(tmp_path, SIZE + OBJECT.replace("</object>", f"{part}{more}</attributes></object>"))
    (reading,) = registry.read([path], format="pascal-voc")
    whole, spike = reading.case.annotations
    assert whole.attributes is not None
    assert (whole.attributes["walking"], whole.attributes["grade"]) == (True, "4a")
    assert (spike.id, spike.label_code, spike.attributes) == ("1.1", "spike", {"part_of": "1"})


def test_masks_of_objects(tmp_path: Path) -> None:
    for name in ("Annotations", "SegmentationObject"):
        (tmp_path / name).mkdir()
    write(tmp_path / "Annotations", SIZE + OBJECT + OBJECT)
    pixels = np.zeros((40, 30), np.uint8)
    pixels[2:20, 0:29], pixels[1, 1], pixels[30, 3] = 2, 255, 2
    picture = Image.fromarray(pixels).convert("P")
    picture.putdata(pixels.ravel().tolist())
    picture.save(tmp_path / "SegmentationObject" / "x.png")
    (reading,) = registry.read([tmp_path / "Annotations"], format="pascal-voc")
    assert [each.id for each in reading.case.annotations] == ["1", "2", "2.mask"]
    np.testing.assert_array_equal(reading.masks["2.mask"].read()[0], pixels == 2)
    picture.putdata([3] * pixels.size)
    picture.save(tmp_path / "SegmentationObject" / "x.png")
    with pytest.raises(InputError, match="number of no object"):
        list(registry.read([tmp_path / "Annotations"], format="pascal-voc"))
    picture.resize((29, 40)).save(tmp_path / "SegmentationObject" / "x.png")
    with pytest.raises(InputError, match="size"):
        list(registry.read([tmp_path / "Annotations"], format="pascal-voc"))


@pytest.mark.parametrize(
    "inner",
    [
        OBJECT,
        SIZE.replace("30", "wide") + OBJECT,
        SIZE.replace("30", "0") + OBJECT,
        SIZE.replace("30", "30.5") + OBJECT,
        SIZE + OBJECT.replace("<xmax>30</xmax>", ""),
        SIZE + OBJECT.replace("30", "nan"),
        SIZE + OBJECT.replace("<xmax>30", "<xmax>-5"),
        SIZE + "<object><name>a</name></object>",
    ],
)
def test_what_is_no_annotation(inner: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(registry.read([write(tmp_path, inner)], format="pascal-voc"))


def test_entities_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>')
    with pytest.raises(InputError, match="document type"):
        list(registry.read([tmp_path / "x.xml"], format="pascal-voc"))


def test_files_of_which_no_box_begins_at_an_edge_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, SIZE + OBJECT.replace("<xmin>1<", "<xmin>3<"))
    (reading,) = registry.read([path], format="pascal-voc")
    assert [finding.rule for finding in reading.findings] == ["voc.origin"]
    for options in ({"zero_based": True}, {}):
        (told,) = registry.read([path if options else write(tmp_path, SIZE + OBJECT)], format="pascal-voc", **options)
        assert not told.findings


def test_fractions_are_read_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, SIZE + OBJECT.replace("<xmin>1<", "<xmin>1.25<"))
    (reading,) = registry.read([path], format="pascal-voc")
    assert reading.case.annotations[0].bbox[0] == 0.25  # type: ignore[union-attr]


def test_masks_in_the_colours_of_the_palette(tmp_path: Path) -> None:
    for name in ("Annotations", "SegmentationObject"):
        (tmp_path / name).mkdir()
    path = write(tmp_path / "Annotations", SIZE + OBJECT + OBJECT)
    pixels = np.zeros((40, 30, 3), np.uint8)
    pixels[2, 3], pixels[4, 5], pixels[6, 7] = (128, 0, 0), (0, 128, 0), (224, 224, 192)  # 1, 2, void
    Image.fromarray(pixels).save(tmp_path / "SegmentationObject" / "x.png")
    (reading,) = registry.read([path], format="pascal-voc")
    assert {name: np.argwhere(mask.read()[0]).tolist() for name, mask in reading.masks.items()} == {
        "1.mask": [[2, 3]],
        "2.mask": [[4, 5]],
    }
    pixels[2, 3] = (1, 2, 3)
    Image.fromarray(pixels).save(tmp_path / "SegmentationObject" / "x.png")
    (reading,) = registry.read([path], format="pascal-voc")
    assert [each.type for each in reading.case.annotations] == ["bbox", "bbox"]
    assert [loss.path for loss in reading.losses if "colours" in str(loss.message)] == ["/SegmentationObject"]
