"""Flags of an object and actions or attributes of the same name in Pascal VOC."""

from __future__ import annotations

from pathlib import Path

from annoconv import registry


def test_a_flag_keeps_its_value_beside_an_action_and_an_attribute_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        "<annotation><filename>a.png</filename><size><width>40</width><height>30</height></size><object>"
        "<name>person</name><difficult>1</difficult><truncated>1</truncated>"
        "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox>"
        "<attributes><attribute><name>difficult</name><value>hard</value></attribute></attributes>"
        "<actions><truncated>0</truncated><jumping>1</jumping></actions></object></annotation>"
    )
    (reading,) = registry.read([path], format="pascal-voc")
    (found,) = reading.case.annotations
    assert found.attributes == {"truncated": True, "difficult": True, "jumping": True}
    clashes = [loss.path for loss in reading.losses if loss.path.startswith("/object")]
    assert clashes == ["/object/0/actions/truncated", "/object/0/attributes/difficult"]
