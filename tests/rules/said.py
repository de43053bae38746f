"""How a good case breaks a rule on what it says of itself: values, places in space, definitions, registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import Document, common
from tests.rules.examples import DIAMOND, Example, add, concept, drawn, first, labelled, linked, registration, ring

if TYPE_CHECKING:
    from collections.abc import Callable


def measured(**rest: Any) -> Callable[[Document], None]:
    told = {"concept": concept("length"), "value": 12, "unit": "mm"} | rest
    return first(measurements=[{key: each for key, each in told.items() if each is not None}])


def field(**rest: Any) -> Callable[[Document], None]:
    """Add a record of one clinical field."""
    fields = [{"key": "AFP", "value": 5.6, **rest}]
    return lambda document: document.update(clinical_records=[{"id": "C", "kind": "laboratory", "fields": fields}])


def of_patient(kind: str, *uids: str, **rest: Any) -> Callable[[Document], None]:
    """Add an annotation in the patient's space, in the frame of reference that is told, if one is."""

    def change(document: Document) -> None:
        for uid in uids:
            document["image"]["frame_of_reference_uid"] = uid
        document["annotations"].append(common("X", kind, **rest))

    return change


def contoured(kind: str, *points: list[float], instances: int = 0, **rest: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        of_patient("contours", "1.7", contours=[{"geometric_type": kind, "points": list(points), **rest}])(document)
        if instances:
            document["image"]["instances"] = [{"sop_instance_uid": f"1.2.{n}"} for n in range(instances)]

    return change


def keyed(kind: str, value: str) -> Callable[[Document], None]:
    return linked(keys=[{"kind": kind, "value": value}])


def agreed(metric: str, value: float) -> Callable[[Document], None]:
    told = {"id": "G", "between": "annotators", "metric": metric, "value": value}
    return lambda document: document["metadata"].update(agreement=[told])


def sectioned(start: int, end: int) -> Callable[[Document], None]:
    """Add a text of five code points with a section."""
    told = {"id": "T", "kind": "exam_report", "content": "𝟞mm 结"}
    return lambda document: document.update(texts=[told | {"sections": [{"start": start, "end": end}]}])


def found(**rest: Any) -> Callable[[Document], None]:
    """Add a text of five code points with an error that was found in it."""

    def change(document: Document) -> None:
        document["texts"] = [{"id": "T", "kind": "exam_report", "content": "𝟞mm 结"}]
        document["metadata"]["qc"] = {
            "status": "passed",
            "findings": [{"id": "F", "kind": "report_typing", "text_id": "T", "description": "d", **rest}],
        }

    return change


def pointed(**rest: Any) -> Callable[[Document], None]:
    return add(common("X", "keypoints", keypoints=[{"name": "a", **rest}, {"name": "b", "point": [1, 1, 1]}]))


def turned(*diagonal: float, last: list[float], **rest: Any) -> Callable[[Document], None]:
    matrix = [[diagonal[0], 0, 0, 3], [0, diagonal[1], 0, 0], [0, 0, diagonal[2], 0], last]
    return lambda document: document.update(registrations=[registration(matrix=matrix, **rest)])


def sourced(*uids: str) -> Callable[[Document], None]:
    return lambda document: document["image"].update(derived_from=list(uids))


BOTTOM = [0.0, 0.0, 0.0, 1.0]
TRIANGLE = ([0.0, 0.0, 5.0], [4.0, 0.0, 5.0], [4.0, 3.0, 5.0])
TILTED = ([0.0, 0.0, 0.0], [4.0, 0.0, 4.0], [4.0, 4.0, 4.0], [0.0, 4.0, 0.0])
"""A square in the plane z = x."""

SAID: dict[str, list[Example]] = {
    "A-10.1.2.unit": [
        *(
            Example(measured(unit=wrong), "/annotations/0/measurements/0/unit", also_good=measured(unit=right))
            for wrong, right in (("MM", "mm"), ("mm²", "mm2"), ("millimetres", "1"), ("HU", "[hnsf'U]"))
        ),
        Example(field(unit="bananas"), "/clinical_records/0/fields/0/unit", also_good=field(unit="10*9/L")),
        Example(
            lambda d: d["image"].update(pixel_unit="HU"),
            "/image/pixel_unit",
            also_good=lambda d: d["image"].update(pixel_unit="{SUVbw}g/ml"),
        ),
        Example(
            labelled({"attributes": [{"key": "size", "unit": "mm."}]}),
            "/labels/0/attributes/0/unit",
            also_good=labelled({"attributes": [{"key": "size", "unit": "mm"}]}),
        ),
    ],
    "A-8.5.3a.quantity": [
        Example(
            field(value="abc", value_type="quantity", unit="ng/mL"),
            "/clinical_records/0/fields/0/value",
            also_good=field(value_type="quantity", unit="ng/mL"),
        ),
        Example(
            field(value=True, value_type="number"),
            "/clinical_records/0/fields/0/value",
            also_good=field(value_type="number"),
        ),
        Example(
            field(value_type="quantity"),
            "/clinical_records/0/fields/0",
            also_good=field(value_type="quantity", unit="1"),
        ),
    ],
    "A-8.5.3a.key_twice": [
        Example(
            linked(record={"fields": [{"key": "AFP", "value": 1}, {"key": key, "value": 2}]}),
            "/clinical_records/0/fields/1/key",
            also_good=linked(record={"fields": [{"key": "AFP", "value": 1}, {"key": "afp", "value": 2}]}),
        )
        for key in ("AFP",)
    ],
    "A-9.2.measurement_value": [
        Example(measured(**wrong), "/annotations/0/measurements/0", "minimal", measured(**right))
        for wrong, right in (
            ({"value": None}, {"value": None, "absent_reason": "too_small"}),
            ({"absent_reason": "unknown"}, {"value": 0}),
            ({"value": None, "absent_reason": "error", "comparator": "lt"}, {"value": 5, "comparator": "lt"}),
        )
    ],
    "A-10.1.2.range_order": [
        Example(
            field(normal_low=7, normal_high=0),
            "/clinical_records/0/fields/0/normal_low",
            also_good=field(normal_low=7, normal_high=7),
        ),
        Example(
            measured(normal_low=1.5, normal_high=1),
            "/annotations/0/measurements/0/normal_low",
            also_good=measured(normal_low=1.5),
        ),
        Example(
            labelled({"attributes": [{"key": "size", "minimum": 3, "maximum": 2}]}),
            "/labels/0/attributes/0/minimum",
            also_good=labelled({"attributes": [{"key": "size", "minimum": -3, "maximum": 2}]}),
        ),
    ],
    "A-10.1.2.subject_range": [
        Example(
            lambda d, key=key, wrong=wrong: d.update(subject={key: wrong}),
            f"/subject/{key}",
            also_good=lambda d, key=key, right=right: d.update(subject={key: right}),
        )
        for key, wrong, right in (
            ("age", "999Y", "999D"),
            ("age", "151Y", "104Y"),
            ("height", 175, 1.75),
            ("weight", 70000, 70),
        )
    ],
    "A-9.2.agreement_range": [
        Example(agreed(metric, wrong), "/metadata/agreement/0/value", also_good=agreed(metric, right))
        for metric, wrong, right in (
            ("dice", 7.5, 1),
            ("iou", -0.1, 0),
            ("kappa", -1.1, -0.2),
            ("hd95", -1, 7.5),
            ("conformity", 1.1, -3),
        )
    ],
    "A-8.5.2a.place_outside": [
        *(
            Example(sectioned(*wrong), "/texts/0/sections/0", also_good=sectioned(0, 5))
            for wrong in ((3, 2), (0, 6), (9, 2))
        ),
        Example(found(start=2, end=900), "/metadata/qc/findings/0", also_good=found(start=2, end=5)),
        Example(found(start=6), "/metadata/qc/findings/0", also_good=found()),
    ],
    "A-6.3.1.frame_of_reference_missing": [
        Example(
            of_patient("contours", contours=[{"geometric_type": "CLOSED_PLANAR", "points": list(TRIANGLE)}]),
            "/annotations/3",
            also_good=contoured("CLOSED_PLANAR", *TRIANGLE),
        ),
        Example(
            of_patient("point", point=[1, 2, 3], coordinate_space="patient"),
            "/annotations/3",
            also_good=of_patient("point", point=[1, 2, 3]),
        ),
    ],
    "A-6.5.1a.contour_points": [
        Example(
            contoured("CLOSED_PLANAR", *TRIANGLE[:2]),
            "/annotations/3/contours/0/points",
            also_good=contoured("OPEN_PLANAR", *TRIANGLE[:2]),
        ),
        Example(
            contoured("POINT", *TRIANGLE), "/annotations/3/contours/0/points", also_good=contoured("POINT", TRIANGLE[0])
        ),
        Example(contoured("OPEN_NONPLANAR", TRIANGLE[0]), "/annotations/3/contours/0/points"),
    ],
    "A-6.5.1a.contour_not_planar": [
        Example(
            contoured("CLOSED_PLANAR", *TILTED[:3], [0.0, 4.0, 2.0]),
            "/annotations/3/contours/0/points",
            also_good=contoured("CLOSED_PLANAR", *TILTED[:3], [0.0, 4.0, 0.1]),
        ),
        Example(
            contoured("CLOSED_PLANAR", [0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [4.0, 4.0, 0.0], [0.0, 4.0, 3.0]),
            "/annotations/3/contours/0/points",
            also_good=contoured("OPEN_NONPLANAR", [0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [4.0, 4.0, 0.0], [0.0, 4.0, 3.0]),
        ),
    ],
    "A-8.4e.instance_unknown": [
        Example(
            contoured("CLOSED_PLANAR", *TRIANGLE, instances=10, sop_instance_uid="1.2.10"),
            "/annotations/3/contours/0/sop_instance_uid",
            also_good=contoured("CLOSED_PLANAR", *TRIANGLE, instances=10, sop_instance_uid="1.2.9"),
        ),
        Example(
            contoured("CLOSED_PLANAR", *TRIANGLE, instances=1, sop_instance_uid="1.3"),
            "/annotations/3/contours/0/sop_instance_uid",
            also_good=contoured("CLOSED_PLANAR", *TRIANGLE, sop_instance_uid="1.3"),
        ),
    ],
    "A-6.5.1a.extent_outside": [
        Example(
            add(common("X", kind, slice_index=0, **wrong)),
            "/annotations/3",
            also_good=add(common("X", kind, slice_index=0, **right)),
        )
        for kind, wrong, right in (
            ("ellipse", {"center": [1, 1], "radii": [40, 40]}, {"center": [4, 4], "radii": [4, 4]}),
            (
                "ellipse",
                {"center": [4, 8], "radii": [8, 2]},
                {"center": [4, 8], "radii": [8, 2], "rotation_degrees": 90},
            ),
            (
                "oriented_box",
                {"center": [18, 8], "size": [12, 2]},
                {"center": [18, 8], "size": [12, 2], "rotation_degrees": 90},
            ),
        )
    ]
    + [
        Example(
            add(common("X", "ellipsoid", center=[4, 8, 5], radii=[2, 2, 6])),
            "/annotations/3",
            also_good=add(
                common(
                    "X",
                    "ellipsoid",
                    center=[6, 8, 5],
                    radii=[2, 2, 6],
                    direction=[[0, 0, 1], [0, 1, 0], [1, 0, 0]],
                )
            ),
        )
    ],
    "A-6.5.1a.ring_empty": [
        Example(
            drawn([[1, 1], [1, 1], [1, 1]]), "/annotations/3/polygon", also_good=drawn([[1, 1], [1, 1], [2, 1], [2, 2]])
        ),
        Example(
            drawn([[1, 1], [2, 2], [5, 5], [1, 1]]),
            "/annotations/3/polygon",
            also_good=drawn([[1, 1], [5, 5], [5, 1], [1, 5]]),
        ),
        Example(
            drawn(DIAMOND, holes=[[*DIAMOND[1:], DIAMOND[0]]]),
            "/annotations/3/holes/0",
            also_good=drawn(DIAMOND, holes=[ring(3, 3, 2, 2)]),
        ),
    ],
    "A-10.1.2.keypoint_pair": [
        Example(
            labelled({"keypoints": ["a", "b"], key: [wrong]}),
            f"/labels/0/{key}/0",
            also_good=labelled({"keypoints": ["a", "b"], key: [[1, 0]]}),
        )
        for key, wrong in (("skeleton", [0, 9]), ("skeleton", [0, 2]), ("flip_pairs", [0, 0]))
    ],
    "A-10.1.2.keypoint_place": [
        Example(pointed(**wrong), "/annotations/3/keypoints/0", also_good=pointed(**right))
        for wrong, right in (
            ({"visibility": "visible"}, {"visibility": "visible", "point": [1, 1, 1]}),
            ({"visibility": "absent", "point": [1, 1, 1]}, {"visibility": "absent"}),
            ({"visibility": "unlabelled", "point": [1, 1, 1]}, {"visibility": "hidden", "point": [1, 1, 1]}),
        )
    ],
    "A-8.2.2a.said_twice": [
        Example(
            lambda d: d.update(labels=[{"code": "A", "number": 1}, {"code": "B", "number": 1}]),
            "/labels/1/number",
            also_good=lambda d: d.update(labels=[{"code": "A", "number": 1}, {"code": "B", "number": 2}]),
        ),
        Example(
            labelled(
                {"keypoints": ["a", "b", "a"]},
                type="keypoints",
                keypoints=[{"name": "a", "point": [1, 1, 1]}, {"name": "b"}],
            ),
            "/labels/0/keypoints/2",
        ),
        Example(
            labelled({"attributes": [{"key": "size"}, {"key": "size"}]}),
            "/labels/0/attributes/1/key",
            also_good=labelled({"attributes": [{"key": "size"}, {"key": "Size"}]}),
        ),
        Example(
            labelled({"attributes": [{"key": "grade", "permissible_values": [{"value": "4A"}, {"value": "4A"}]}]}),
            "/labels/0/attributes/0/permissible_values/1/value",
        ),
    ],
    "A-8.3a.parent_cycle": [
        Example(
            lambda d: d.update(labels=[{"code": "A", "parent": "B"}, {"code": "B", "parent": "A"}]),
            "/labels/0/parent",
            also_good=lambda d: d.update(
                labels=[{"code": "A", "parent": "B", "number": 1}, {"code": "B", "parent": "LUNG"}]
            ),
        )
    ],
    "A-8.5.3b.field_unknown": [
        Example(linked({"HER2": "2+"}), "/links/0/fields/HER2", also_good=linked({"AFP": 5.6})),
    ],
    "A-6.3.2.key_unknown": [
        Example(keyed("image_uid", "no.such"), "/links/0/keys/0/value", also_good=keyed("image_uid", "1.2.840.1")),
        Example(keyed("case_id", "CASE_2"), "/links/0/keys/0/value", also_good=keyed("case_id", "CASE_1")),
        Example(
            lambda d: (keyed("specimen_id", "S2")(d), d["image"].update(specimen_id="S1")),
            "/links/0/keys/0/value",
            also_good=keyed("specimen_id", "S2"),
        ),
    ],
    "A-8.2.2c.laterality_differs": [
        Example(
            lambda d: (
                first(finding_site={"region": concept("breast"), "laterality": "right"})(d),
                d["image"].update(laterality="left"),
            ),
            "/annotations/0/finding_site/laterality",
            also_good=lambda d, side=side: (
                first(finding_site={"region": concept("breast"), "laterality": side})(d),
                d["image"].update(laterality="left"),
            ),
        )
        for side in ("left", "unilateral", "unpaired")
    ],
    "A-8.5.1b.end_twice": [
        Example(
            lambda d: d.update(
                registrations=[registration(moving_image_uid="1.2.840.1", moving_frame_of_reference_uid=None)]
            ),
            "/registrations/0/moving_image_uid",
            also_good=lambda d: d.update(registrations=[registration()]),
        )
    ],
    "A-8.5.1b.matrix_of_kind": [
        Example(
            turned(*wrong, last=last, kind=kind),
            "/registrations/0/matrix",
            also_good=turned(*right, last=BOTTOM, kind=kind),
        )
        for kind, wrong, right, last in (
            ("rigid", (2, 2, 2), (1, -1, -1), BOTTOM),
            ("rigid", (1, 1, 1), (-1, -1, 1.0004), [5.0, 0.0, 0.0, 7.0]),
            ("rigid", (1, 1, -1), (1, 1, 1), BOTTOM),
            ("rigid_scale", (2, 2, -2), (2, 2, 2.5), BOTTOM),
            ("affine", (2, 0, 2), (2, 0.1, -2), BOTTOM),
        )
    ],
    "A-3.3.reference_cycle": [
        Example(sourced("1.9", "1.2.840.1"), "/image/derived_from", "minimal", sourced("1.9")),
    ],
    "A-8.5.2a.quote_differs": [
        Example(
            lambda d, told={"start": start, "text": text}: (
                d.update(texts=[{"id": "T", "kind": "exam_report", "content": "肺结节"}]),
                add(common("W", "text_span", text_id="T", end=9999, semantic_type="sign", **told))(d),
            ),
            "/annotations/3/text",
        )
        for start, text in ((0, "肺结节"), (500, ""))
    ],
}
"""Rules on what a case says of itself."""
