"""How a good case breaks what the model's page states of one key, and how it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import Document, common
from tests.rules.examples import Example, add, check, first, labelled, registration, spanned

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 2**-0.5
TURNED = [[SIDE, -SIDE, 0.0], [SIDE, SIDE, 0.0], [0.0, 0.0, 1.0]]
"""By 45 degrees about the third axis."""
SKEW = [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
NOTHING = [[0.0] * 3] * 3


def ellipsoid(direction: list[list[float]]) -> Callable[[Document], None]:
    return add(common("E", "ellipsoid", center=[9, 8, 5], radii=[3, 2, 1], direction=direction))


def oriented_box(direction: list[list[float]]) -> Callable[[Document], None]:
    return add(common("O", "oriented_box", center=[9, 8, 5], size=[3, 2, 1], direction=direction))


def contour(*points: list[float], kind: str = "CLOSED_PLANAR") -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["image"]["frame_of_reference_uid"] = "1.6"
        add(common("C", "contours", contours=[{"geometric_type": kind, "points": list(points)}]))(document)

    return change


def boxed(*bbox: float) -> Callable[[Document], None]:
    return add(common("X", "bbox", bbox=list(bbox), **({"slice_index": 0} if len(bbox) == 4 else {})))


def slide(*levels: tuple[list[int], float]) -> Callable[[Document], None]:
    """Make a slide of the image, 40 by 30 pixels, with these levels, each with its downsample."""

    def change(document: Document) -> None:
        pyramid = [{"shape": shape, "downsample": downsample} for shape, downsample in levels]
        document["image"] = {"uid": "1.2.840.1", "modality": "SM", "shape": [40, 30], "coordinate_frame": "SLIDE"}
        document["image"] |= {"pyramid": pyramid, "objective_magnification": 40}
        document["annotations"] = [common("Q", "point", point=[3, 4])]

    return change


def resampled(*spacing: float) -> Callable[[Document], None]:
    told = {"original_spacing": [0.5, 0.5, 5.0], "spacing": list(spacing)}
    return lambda document: document["image"].update(resampling=told)


def text(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document.update(
        texts=[{"id": "T", "kind": "exam_report", "content": "所见。印象。", **rest}]
    )


def sections(*places: tuple[int, int]) -> Callable[[Document], None]:
    return text(sections=[{"start": start, "end": end} for start, end in places])


def metadata(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document["metadata"].update(rest)


def audited(*times: str) -> Callable[[Document], None]:
    return metadata(audit=[{"action": "create", "actor": "A1", "at": each} for each in times])


def collected(begin: str, end: str) -> Callable[[Document], None]:
    return metadata(sources=[{"institution": "H", "approval": "E1", "collected_from": begin, "collected_to": end}])


def spot_checked(failures: int) -> Callable[[Document], None]:
    spot = {"sample_size": 3, "failures": failures}
    return metadata(deidentification=[{"scope": "text", "rule_set": "1", "policy": "names", "spot_checks": [spot]}])


def compared(*parties: str, between: str = "annotators") -> Callable[[Document], None]:
    """List the two agents of the case, and measure the agreement of some."""
    record = {"id": "G", "between": between, "metric": "nsd", "value": 0.9, "parties": list(parties)}
    return metadata(agents=[{"id": "A1"}, {"id": "R1"}], agreement=[record])


def measured(code: str, unit: str, value: float = 20, scheme: str = "SCT", **rest: Any) -> Callable[[Document], None]:
    concept = {"code": code, "scheme": scheme, "meaning": "m"}
    return first(measurements=[{"concept": concept, "value": value, "unit": unit, **rest}])


def checked(threshold_mm: float) -> Callable[[Document], None]:
    return lambda document: document.update(
        registrations=[registration(checks=[check("B1", threshold_mm=threshold_mm)])]
    )


def sized(value: object, **definition: Any) -> Callable[[Document], None]:
    """Give an annotation an attribute that its label defines."""
    return labelled({"attributes": [{"key": "size", **definition}]}, attributes={"size": value})


def record(**rest: Any) -> Document:
    return {"id": "R", "kind": "emr", "fields": [{"key": "k", "value": "v"}], **rest}


def tree(*levels: str) -> Callable[[Document], None]:
    """Define labels of these levels, each below the one before it, and use the last."""

    def change(document: Document) -> None:
        document["labels"] = [{"code": f"L{n}", "number": n, "level": level} for n, level in enumerate(levels)]
        for number in range(1, len(levels)):
            document["labels"][number]["parent"] = f"L{number - 1}"

    return change


def sided(label: str | None, own: str | None, image: str = "right", **rest: Any) -> Callable[[Document], None]:
    """Say on which side the label's objects are, on which one object is, and which the image shows."""
    lung = {"code": "39607008", "scheme": "SCT", "meaning": "Lung"}
    sites = [{"region": lung, "laterality": side} if side else None for side in (label, own)]

    def change(document: Document) -> None:
        document["image"]["laterality"] = image
        its = {"finding_site": sites[1]} if sites[1] else {}
        labelled({"finding_site": sites[0]} if sites[0] else {"name_en": "x"}, **its, **rest)(document)

    return change


SEEN: Document = {"type": "attribute", "attributes": {"seen": True}, "scope": "case"}

STATED: dict[str, list[Example]] = {
    "A-6.5.1a.axes_not_orthonormal": [
        Example(of(wrong), "/annotations/3/direction", "minimal", of(TURNED))
        for of in (ellipsoid, oriented_box)
        for wrong in (SKEW, NOTHING)
    ],
    "A-6.5.1a.contour_empty": [
        Example(contour(*line, kind=kind), "/annotations/3/contours/0/points", also_good=contour(*triangle, kind=kind))
        for triangle in [([0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [9.0, 0.1, 0.0])]
        for kind in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
        for line in (
            ([0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [9.0, 0.0, 0.0]),
            ([1.0, 2.0, 3.0],) * 3,
            ([0.0, 0.0, 0.0], [3.0, 3.0, 3.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]),
        )
    ]
    + [
        Example(
            contour([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
            "/annotations/3/contours/0/points",
            also_good=contour([0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [9.0, 0.0, 0.0], kind="OPEN_PLANAR"),
        )
    ],
    "A-6.5.1a.box_empty": [
        Example(boxed(5, 5, 5, 5), "/annotations/3/bbox", also_good=boxed(5, 5, 5, 6)),
        Example(boxed(5, 5, 5, 5, 5, 5), "/annotations/3/bbox", also_good=boxed(5, 5, 5, 8, 9, 5)),
    ],
    "A-10.1.2.flipped_twice": [
        Example(
            labelled({"keypoints": ["l", "r", "c"], "flip_pairs": [[0, 1], [1, 2]]}),
            "/labels/0/flip_pairs/1",
            also_good=labelled({"keypoints": ["l", "r", "c", "d"], "flip_pairs": [[0, 1], [3, 2]]}),
        )
    ],
    "A-8.3a.level_order": [
        Example(tree("system", "substructure", "organ"), "/labels/2/level", also_good=tree("system", "organ", "organ"))
    ],
    "A-10.1.2.value_not_number": [
        Example(sized("12 mm", **asked), "/annotations/3/attributes/size", also_good=sized(good, **asked))
        for good in (12, "12", "9999", 9999)
        for asked in ({"unit": "mm", "missing_code": "9999"}, {"minimum": 1, "maximum": 30, "missing_code": "9999"})
    ]
    + [
        Example(sized(True, minimum=0), "/annotations/3/attributes/size", also_good=sized("big", basis="x")),
        Example(
            sized("large", maximum=3),
            "/annotations/3/attributes/size",
            also_good=sized("large", unit="mm", permissible_values=[{"value": "large"}]),
        ),
    ],
    "A-10.1.2.value_out_of_range": [
        Example(
            sized(9999, maximum=30),
            "/annotations/3/attributes/size",
            also_good=sized(9999.0, maximum=30, missing_code="9999"),
        )
    ],
    "A-10.1.2.attribute_missing": [
        Example(
            labelled({"attributes": [{"key": "size", "required": True}]}),
            "/annotations/3",
            also_good=labelled({"attributes": [{"key": "size", "required": True}]}, status="rejected"),
        )
    ],
    "A-7.2.pyramid_order": [
        Example(
            slide(([10, 8], 4), ([40, 30], 1)),
            "/image/pyramid/1/downsample",
            also_good=slide(([40, 30], 1), ([10, 8], 4)),
        )
    ],
    "A-7.2.pyramid_shape": [
        Example(
            slide(([39, 30], 1), ([10, 8], 4)), "/image/pyramid/0/shape", also_good=slide(([40, 30], 1), ([20, 15], 2))
        )
    ],
    "A-7.2c.resampling_differs": [
        Example(resampled(1, 1.5, 2.5), "/image/resampling/spacing", also_good=resampled(1, 1.5, 2.001)),
        Example(resampled(1, 1.5), "/image/resampling/spacing", also_good=resampled(1, 1.5, 2)),
    ],
    "A-8.5.1c.threshold_wide": [Example(checked(5.01), "/registrations/0/checks/0/threshold_mm", also_good=checked(5))],
    "A-8.5.2a.span_empty": [
        Example(spanned(*place, words), "/annotations/3/end", also_good=spanned(4, 6, "结节"))
        for *place, words in ((5, 5, ""), (6, 4, "结节"))
    ],
    "A-8.5.2b.section_order": [
        Example(sections((3, 6), (0, 3)), "/texts/0/sections/1/start", also_good=sections((0, 3), (3, 6)))
    ],
    "A-6.4.2.audit_order": [
        Example(
            audited("2026-01-01T09:00:00+08:00", "2026-01-01T00:59:59Z"),
            "/metadata/audit/1/at",
            also_good=audited("2026-01-01T09:00:00+08:00", "2026-01-01T01:00:00Z"),
        )
    ],
    "A-7.1.collection_order": [
        Example(
            collected("2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            "/metadata/sources/0/collected_to",
            also_good=collected("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        )
    ],
    "A-7.3a.spot_check": [
        Example(spot_checked(9), "/metadata/deidentification/0/spot_checks/0/failures", also_good=spot_checked(3))
    ],
    "A-7.3a.not_deidentified": [
        Example(text(deidentified=False), "/texts/0/deidentified", also_good=text(deidentified=True)),
        Example(
            lambda d: d.update(clinical_records=[record(deidentified=False)]),
            "/clinical_records/0/deidentified",
            also_good=lambda d: d.update(clinical_records=[record()]),
        ),
    ],
    "A-9.2.measurement_unit": [
        Example(
            measured(code, wrong, scheme=scheme),
            "/annotations/0/measurements/0/unit",
            also_good=measured(code, right, scheme=scheme),
        )
        for scheme, code, wrong, right in (
            ("SCT", "103339001", "kg", "cm"),
            ("SCT", "103340004", "mL", "{pixels}"),
            ("SCT", "118565006", "mm2", "mL"),
            ("SRT", "G-D705", "cm", "cm3"),
            ("SCT", "42798000", "mm3", "mm2"),
        )
    ],
    "A-9.2.measurement_negative": [
        Example(
            measured("103339001", "mm", -20),
            "/annotations/0/measurements/0/value",
            also_good=measured("103339001", "mm", -20, derivation={"code": "1", "scheme": "99T", "meaning": "change"}),
        )
    ],
    "A-11.1.2.agent_unknown": [
        Example(compared("A1", "Z"), "/metadata/agreement/0/parties/1", also_good=compared("A1", "R1")),
        Example(
            compared("Y", "A1"),
            "/metadata/agreement/0/parties/0",
            also_good=compared("v1.0", "v2.0", between="versions"),
        ),
    ],
    "A-8.2.2c.laterality_differs": [
        Example(sided("left", None), "/annotations/3/label_code", also_good=sided("left", "right")),
        Example(sided(None, "bilateral"), "/annotations/3/finding_site/laterality", also_good=sided("bilateral", None)),
        Example(
            sided(None, "bilateral"),
            "/annotations/3/finding_site/laterality",
            also_good=sided(None, "bilateral", **SEEN),
        ),
        Example(sided("left", None), "/annotations/3/label_code", also_good=sided("left", None, image="bilateral")),
    ],
}
