"""Pascal VOC: pixels count from 1, maxima are inclusive."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "inner",
    [
        OBJECT,
        SIZE.replace("30", "wide") + OBJECT,
        SIZE.replace("30", "0") + OBJECT,
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
