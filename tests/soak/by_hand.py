"""Small files of what is only read, not written: each member that a reader knows stands in one of them."""

from __future__ import annotations

import json
from typing import Any, Final

_PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAEUlEQVR4nGP8z8DAwMSAQgAAE1EBB4BOjR4AAAAASUVORK5CYII="
_SIZE: Final = {"original_width": 20, "original_height": 10, "to_name": "img"}


def _result(identity: str, kind: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "from_name": kind, "value": value, **_SIZE, **more}


_LABELME: Final[dict[str, Any]] = {
    "version": "5.5.0",
    "flags": {"good": True},
    "imagePath": "a.png",
    "imageData": None,
    "imageWidth": 20,
    "imageHeight": 10,
    "shapes": [
        {
            **{"label": "nodule", "shape_type": "polygon", "group_id": 3, "flags": {"hard": False}, "description": "x"},
            **{"points": [[1, 1], [8.5, 2], [4, 9]], "attributes": {"grade": 2}, "score": 0.5},
        },
        {"label": "nodule", "shape_type": "polygon", "group_id": 3, "points": [[1, 1], [3, 1], [3, 3]]},
        {"label": "x", "shape_type": "circle", "points": [[5, 5], [7, 5]]},
        {"label": "r", "shape_type": "rectangle", "points": [[5, 5], [7, 7]]},
        {"label": "tip", "shape_type": "points", "group_id": 4, "points": [[5, 5]]},
        {"label": "end", "shape_type": "point", "group_id": 4, "points": [[6, 5]]},
        {"label": "l", "shape_type": "linestrip", "points": [[5, 5], [7, 5], [8, 8]]},
        {"label": "m", "shape_type": "mask", "points": [[2, 2], [5, 5]], "mask": _PIXEL},
    ],
}
_LABELME_XML: Final = (
    "<annotation><filename>a.png</filename><folder>f</folder><imagesize><nrows>10</nrows><ncols>20</ncols></imagesize>"
    "<object><name>a</name><deleted>0</deleted><verified>0</verified><occluded>yes</occluded><attributes>x</attributes>"
    "<parts><hasparts>1</hasparts><ispartof/></parts><date>d</date><id>0</id><polygon><username>me</username>"
    "<pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2</y></pt><pt><x>5</x><y>8</y></pt></polygon></object>"
    "<object><name>b</name><deleted>0</deleted><id>1</id><type>bounding_box</type><polygon><pt><x>1</x><y>2</y></pt>"
    "<pt><x>5</x><y>2</y></pt><pt><x>5</x><y>8</y></pt><pt><x>1</x><y>8</y></pt></polygon></object>"
    "<object><name>c</name><deleted>1</deleted><id>2</id><polygon><pt><x>1</x><y>2</y></pt></polygon></object>"
    "</annotation>"
)
_PASCAL_VOC: Final = (
    "<annotation><folder>f</folder><filename>a.png</filename><source><database>x</database></source>"
    "<size><width>20</width><height>10</height><depth>1</depth></size><segmented>0</segmented>"
    "<object><name>nodule</name><pose>Left</pose><truncated>0</truncated><difficult>1</difficult><bndbox>"
    "<xmin>2</xmin><ymin>3</ymin><xmax>9</xmax><ymax>8</ymax></bndbox><actions><run>1</run><sit>0</sit></actions>"
    "<attributes><attribute><name>grade</name><value>2</value></attribute></attributes>"
    "<part><name>head</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>4</xmax><ymax>5</ymax></bndbox></part></object>"
    "<object><name>cyst</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>2.5</ymax></bndbox></object>"
    "</annotation>"
)
_CVAT_LABELS: Final = (
    "<labels><label><name>nodule</name><attributes><attribute><name>grade</name><input_type>number</input_type>"
    "</attribute></attributes></label><label><name>cow</name><type>skeleton</type><svg>&lt;circle data-node-id=&quot;1"
    "&quot; data-label-name=&quot;tip&quot;&gt;&lt;circle data-node-id=&quot;2&quot; data-label-name=&quot;end&quot;"
    "&gt;&lt;line data-node-from=&quot;1&quot; data-node-to=&quot;2&quot;&gt;</svg></label>"
    "<label><name>tip</name><type>points</type><parent>cow</parent></label>"
    "<label><name>end</name><type>points</type><parent>cow</parent></label></labels>"
)
_CVAT_SKELETON: Final = (
    '<skeleton label="cow" {0}><points label="tip" outside="0" occluded="1" points="3,4"/>'
    '<points label="end" outside="1" occluded="0" points="6,4"/></skeleton>'
)
_FRAME: Final = 'frame="{0}" keyframe="1"'
_CVAT_IMAGES: Final = (
    f"<annotations><version>1.1</version><meta><task><id>1</id><name>t</name>{_CVAT_LABELS}</task><dumped>d</dumped>"
    '</meta><image id="0" name="a.png" width="20" height="10"><box label="nodule" source="auto" occluded="1" xtl="1" '
    'ytl="2" xbr="8" ybr="6" rotation="15" z_order="1" group_id="2"><attribute name="grade">2</attribute></box>'
    '<polygon label="nodule" points="1,1;8,1;8,6"/><polyline label="nodule" points="1,1;8,1"/><points label="nodule" '
    'points="1,1;2,2"/><ellipse label="nodule" cx="5" cy="5" rx="2" ry="3" rotation="3"/><mask label="nodule" '
    'left="2" top="2" width="3" height="2" rle="1, 4, 1"/><tag label="nodule"/><cuboid label="nodule" xtl1="1" ytl1="1"'
    ' xbl1="1" ybl1="5" xtr1="5" ytr1="1" xbr1="5" ybr1="5" xtl2="2" ytl2="2" xbl2="2" ybl2="6" xtr2="6" ytr2="2" '
    f'xbr2="6" ybr2="6"/>{_CVAT_SKELETON.format("")}</image></annotations>'
)
_CVAT_VIDEO: Final = (
    f"<annotations><version>1.1</version><meta><task><id>1</id><name>t</name>{_CVAT_LABELS}<size>9</size><start_frame>"
    "2</start_frame><stop_frame>20</stop_frame><frame_filter>step=2</frame_filter><original_size><width>20</width>"
    '<height>10</height></original_size></task></meta><track id="0" label="nodule" source="manual"><box frame="2" '
    'keyframe="1" outside="0" occluded="0" xtl="1" ytl="2" xbr="8" ybr="6" rotation="350"/><box frame="8" keyframe="1" '
    'outside="1" occluded="0" xtl="3" ytl="2" xbr="9" ybr="6" rotation="10"/></track><track id="1" label="nodule">'
    '<polygon frame="4" keyframe="1" outside="0" points="1,1;8,1;8,6"/><polygon frame="10" keyframe="1" outside="1" '
    'points="1,1;8,1;9,6"/></track><track id="2" label="cow">'
    f"{_CVAT_SKELETON.format(_FRAME.format(2))}{_CVAT_SKELETON.format(_FRAME.format(6))}"
    "</track></annotations>"
)
_LABEL_STUDIO: Final[list[Any]] = [
    {
        "id": 7,
        "data": {"image": "a.png", "text": "a nodule of 3 mm"},
        "meta": {"original_width": 20, "original_height": 10},
        "annotations": [
            {
                **{"id": 1, "completed_by": {"id": 4, "email": "a@b.c"}, "was_cancelled": False},
                **{"created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-01T10:00:01.123456789Z"},
                "result": [
                    _result(
                        "r1",
                        "rectanglelabels",
                        {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 5, "rectanglelabels": ["nodule"]},
                        origin="prediction-changed",
                    ),
                    _result("r1", "choices", {"x": 10, "y": 20, "width": 30, "height": 40, "choices": ["big"]}),
                    _result("r1", "textarea", {"text": ["seen twice"]}),
                    _result("p1", "keypointlabels", {"x": 5, "y": 5, "keypointlabels": ["tip"]}, parentID="r1"),
                    _result("p2", "keypointlabels", {"x": 8, "y": 5, "keypointlabels": ["end"]}, parentID="r1"),
                    _result(
                        "e",
                        "ellipselabels",
                        {"x": 50, "y": 50, "radiusX": 5, "radiusY": 9, "ellipselabels": ["a"]},
                        score=0.5,
                    ),
                    _result("g", "polygonlabels", {"points": [[1, 1], [50, 1], [9, 80]], "polygonlabels": ["a", "b"]}),
                    _result("s", "labels", {"start": 2, "end": 8, "text": "nodule", "labels": ["sign"]}),
                    _result("t", "taxonomy", {"taxonomy": [["a", "b"], ["c"]]}),
                    _result("n", "rating", {"rating": 3}),
                    {"type": "relation", "from_id": "r1", "to_id": "e", "direction": "right", "labels": ["x"]},
                ],
            }
        ],
        "predictions": [
            {
                **{"model_version": "m", "score": 0.4},
                "result": [_result("q", "rectanglelabels", {"x": 1, "y": 2, "width": 3, "height": 4})],
            }
        ],
    },
    {"id": 8, "data": {"image": "b.png"}, "annotations": []},
]
_CYTOMINE: Final[dict[str, Any]] = {
    "collection": [
        {"id": 12, "image": 3, "term": [4], "location": "POLYGON ((1 2, 9 2, 9 8, 1 2), (5 3, 6 3, 6 4, 5 3))"},
        {"id": 13, "image": 3, "term": [4, 5], "location": "MULTIPOINT ((1 2), (3 4))"},
    ],
    "size": 2,
}
_RING: Final = [[1, 1], [9, 1], [9, 8], [1, 1]]
_GEOJSON: Final[dict[str, Any]] = {
    "type": "FeatureCollection",
    "features": [
        {
            **{
                "type": "Feature",
                "id": "c",
                "geometry": {"type": "Polygon", "coordinates": [_RING], "plane": {"z": 1}},
            },
            "nucleusGeometry": {"type": "Polygon", "coordinates": [_RING], "isEllipse": False},
            "properties": {
                **{"objectType": "cell", "classification": {"names": ["a", "b"], "color": [1, 2, 3]}, "name": "n"},
                **{"isLocked": True, "measurements": [{"name": "area", "value": 4.5}], "metadata": {"k": "v"}},
                "childObjects": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 3]}}],
            },
        },
        {
            **{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [_RING], "isEllipse": True}},
            "properties": {"classification": "x", "measurements": {"area": 4}, "color": [1, 2, 3]},
        },
        {
            "type": "Feature",
            "geometry": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "MultiPolygon", "coordinates": [[_RING], [_RING]]},
                    {"type": "LineString", "coordinates": [[1, 1], [2, 2, 5]]},
                ],
            },
            "properties": None,
        },
        {
            **{"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]}},
            "properties": {"metadata": {"keypoints": ["tip", "end", "x"], "absent": ["x"], "hidden": ["tip"]}},
        },
    ],
}
BY_HAND: Final[dict[str, dict[str, str]]] = {
    "pascal-voc": {"a.xml": _PASCAL_VOC},
    "labelme": {"a.json": json.dumps(_LABELME), "b.xml": _LABELME_XML},
    "cvat": {"images.xml": _CVAT_IMAGES, "video.xml": _CVAT_VIDEO},
    "label-studio": {"a.json": json.dumps(_LABEL_STUDIO)},
    "geojson": {"cytomine.json": json.dumps(_CYTOMINE), "qupath.geojson": json.dumps(_GEOJSON)},
}
"""Texts of files by format and name."""
