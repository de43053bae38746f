"""How a good case becomes one that breaks a rule, and one that does not: for rules on what a case says twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.documents import Document, common

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv.rules import Profile

LATE = "2026-04-02T00:00:00Z"
"""91 days after the first of January."""


@dataclass(frozen=True)
class Example:
    """How a good case becomes one that breaks a rule, where, and in which profile it is looked at."""

    change: Callable[[Document], Any]
    path: str
    profile: Profile = "delivery"
    also_good: Callable[[Document], Any] = field(default=lambda _: None)


def add(*annotations: Document) -> Callable[[Document], None]:
    return lambda document: document["annotations"].extend(annotations)


def first(**rest: Any) -> Callable[[Document], None]:
    """Change the first annotation, a box."""
    told = {key: each for key, each in rest.items() if each is not None}
    return lambda document: document["annotations"][0].update(told)


def each(*rest: Document) -> Callable[[Document], None]:
    """Change the first annotations, one after another."""

    def change(document: Document) -> None:
        for annotation, keys in zip(document["annotations"], rest, strict=False):
            annotation.update(keys)

    return change


def registration(**rest: Any) -> Document:
    ends = {"fixed_image_uid": "1.2.840.1", "moving_frame_of_reference_uid": "1.6", "maps": "fixed_from_moving"}
    matrix = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    errors = [{"measure": "target_registration_error_mm", "value": 1.2}]
    made = {"errors": errors, "algorithm": {"name": "elastix", "version": "5"}}
    told = {"id": "R", "kind": "rigid", "matrix": matrix, **made, **ends, **rest}
    return {key: value for key, value in told.items() if value is not None}


def check(annotation_id: str, **rest: Any) -> Document:
    return {"annotation_id": annotation_id, "deviation_mm": 1, "threshold_mm": 3, "passed": True, **rest}


def review(**rest: Any) -> Document:
    return {"id": "V", "level": "review", "reviewer": "R1", "at": "2026-01-01T00:00:00Z", "outcome": "passed", **rest}


def studies(*told: tuple[str | None, float | None]) -> Callable[[Document], None]:
    """Put studies into the case: when each began, and how many days from baseline."""
    listed = [
        {"study_instance_uid": f"1.3.{n}", "started_at": began, "days_from_baseline": days}
        for n, (began, days) in enumerate(told)
    ]
    stated = [{key: value for key, value in one.items() if value is not None} for one in listed]
    return lambda document: document.update(studies=stated)


def assisted(record: Document, *rest: Document, **metadata: Any) -> Callable[[Document], None]:
    """Put a record of a suggestion into the metadata, and change the first annotations."""
    whole = {"id": "S", "model": {"name": "nnU-Net", "version": "2"}, "outcome": "accepted", **record}

    def change(document: Document) -> None:
        document["metadata"].update(assistance=[whole], **metadata)
        each(*rest)(document)

    return change


def labelled(label: Document, **rest: Any) -> Callable[[Document], None]:
    """Define the label of a further point, and change that."""

    def change(document: Document) -> None:
        document["labels"] = [{"code": "X", **label}]
        geometry = {} if "type" in rest else {"point": [1, 1, 1]}
        document["annotations"].append(common("X1", "point") | geometry | {"label_code": "X"} | rest)

    return change


def linked(fields: Document | None = None, record: Document | None = None, **rest: Any) -> Callable[[Document], None]:
    """Link the image, of the first of January, to a laboratory record."""

    def change(document: Document) -> None:
        document["image"]["acquired_at"] = "2026-01-01T00:00:00Z"
        values = [{"key": "AFP", "value": 5.6}, {"key": "stage", "value_concept": concept("II")}]
        document["clinical_records"] = [{"id": "C", "kind": "laboratory", "fields": values, **(record or {})}]
        keys = [{"kind": "case_id", "value": "CASE_1"}]
        link = {
            "id": "L",
            "type": "image_structured",
            "record_id": "C",
            "keys": keys,
            **({"fields": fields} if fields else {}),
        }
        document["links"] = [link | rest]

    return change


def spanned(start: int, end: int, text: str) -> Callable[[Document], None]:
    """Add a text, in which `结节` stands from 4 to 6 behind a character beyond the basic plane, and a span of it."""

    def change(document: Document) -> None:
        document["texts"] = [{"id": "T", "kind": "exam_report", "content": "𝟞mm 结节。"}]
        words = {"text_id": "T", "start": start, "end": end, "text": text, "semantic_type": "sign"}
        document["annotations"].append(common("W", "text_span", **words))

    return change


def concept(code: str) -> Document:
    return {"code": code, "scheme": "99TEST", "meaning": f"meaning of {code}"}


def site(code: str) -> Document:
    return {"region": concept(code)}


def bridged(deviation_mm: float) -> Callable[[Document], None]:
    """Link two annotations by a registration, whose checks found 1 and 2.5 mm on one of them."""

    def change(document: Document) -> None:
        checks = [check("B1"), check("B1", deviation_mm=2.5), check("Q1", deviation_mm=3)]
        document["registrations"] = [registration(checks=checks)]
        ends = {"annotation_ids": ["B1", "P1"], "registration_id": "R", "deviation_mm": deviation_mm}
        document["links"] = [{"id": "L", "type": "image_image", **ends}]

    return change


def drawn(polygon: list[list[float]], **rest: Any) -> Callable[[Document], None]:
    return add(common("X", "polygon", polygon=polygon, slice_index=0, **rest))


def ring(x: float, y: float, width: float, height: float) -> list[list[float]]:
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]


def stacked(places: list[float | None], shift: float = 0.0, **image: Any) -> Callable[[Document], None]:
    """Give the image's ten slices these places along z, each moved by `shift` mm along y from the one before."""

    def change(document: Document) -> None:
        instances: list[Document] = [{"sop_instance_uid": f"1.2.{n}"} for n in range(len(places))]
        for n, place in enumerate(places):
            if place is not None:
                instances[n]["image_position_patient"] = [-10.0, n * shift, place]
        document["image"].update(instances=instances, **image)
        if "temporal_positions" in image:
            document["annotations"][1]["frame_index"] = 0  # it is flat

    return change


def in_time(**image: Any) -> Callable[[Document], None]:
    """Make three volumes in time of the image, or what else is said."""
    told = {key: value for key, value in ({"temporal_positions": 3} | image).items() if value is not None}

    def change(document: Document) -> None:
        document["image"].update(told)
        if "temporal_positions" in told:
            document["annotations"][1]["frame_index"] = 0  # it is flat

    return change


EVEN: list[float | None] = [5.0 + 2 * n for n in range(10)]
DIAMOND = [[4.0, 0.0], [8.0, 4.0], [4.0, 8.0], [0.0, 4.0]]


def absent(**rest: Any) -> Callable[[Document], None]:
    return add(common("N", "attribute", assertion="absent", attributes={"seen": False}, **rest))


AGREEING: dict[str, list[Example]] = {
    "A-3.4.suggestion_open": [
        Example(
            assisted({"outcome": outcome}, {"assistance_id": "S"}),
            "/annotations/0/assistance_id",
            also_good=assisted(
                {"outcome": "accepted"}, {"assistance_id": "S", "algorithm_type": "automatic_confirmed"}
            ),
        )
        for outcome in ("pending", "rejected")
    ]
    + [
        Example(
            assisted({"outcome": "rejected"}, {"assistance_id": "S", "status": "final"}),
            "/annotations/0/assistance_id",
            also_good=assisted(
                {"outcome": "rejected"},
                {"assistance_id": "S", "status": "rejected", "algorithm_type": "automatic"},
            ),
        )
    ],
    "A-3.4.assistance_differs": [
        Example(
            assisted({"annotation_ids": ["P1", "Q1"]}, {"assistance_id": "S"}),
            "/annotations/0/assistance_id",
            also_good=assisted({"annotation_ids": ["B1", "P1"]}, {"assistance_id": "S"}),
        ),
        Example(
            lambda d: (
                d["metadata"].update(
                    assistance=[
                        {"id": "S", "model": {"name": "m"}, "annotation_ids": ["B1"]},
                        {"id": "T", "model": {"name": "m"}, "outcome": "accepted"},
                    ]
                )
                or first(assistance_id="T")(d)
            ),
            "/metadata/assistance/0/annotation_ids/0",
        ),
    ],
    "A-3.4.manual_from_model": [
        Example(
            assisted({"outcome": "accepted"}, {"assistance_id": "S", "algorithm_type": "manual"}),
            "/annotations/0/algorithm_type",
            also_good=assisted({"outcome": "accepted"}, {"assistance_id": "S", "algorithm_type": "semi_automatic"}),
        )
    ],
    "A-3.4.confirmed_by_device": [
        Example(
            assisted({"revised_by": "D"}, agents=[{"id": "A1"}, {"id": "R1"}, {"id": "D", "kind": "device"}]),
            "/metadata/assistance/0/revised_by",
            also_good=assisted({"revised_by": "A1"}, agents=[{"id": "A1", "kind": "person"}, {"id": "R1"}]),
        )
    ],
    "A-10.1.6.model_differs": [
        Example(
            assisted({}, software={"ai_model": "TotalSegmentator 2"}),
            "/metadata/software/ai_model",
            also_good=assisted({}, software={"ai_model": "nnu-net v2.1"}),
        ),
        Example(
            assisted(
                {},
                {"assistance_id": "S", "annotator": "D"},
                agents=[{"id": "A1"}, {"id": "R1"}, {"id": "D", "algorithm": {"name": "MedSAM"}}],
            ),
            "/annotations/0/annotator",
            also_good=assisted(
                {},
                {"assistance_id": "S", "annotator": "D"},
                agents=[{"id": "A1"}, {"id": "R1"}, {"id": "D", "algorithm": {"name": "nnU-Net"}}],
            ),
        ),
    ],
    "A-9.3.1c.superseded_by_none": [
        Example(
            first(status="superseded"),
            "/annotations/0/status",
            also_good=each({"status": "superseded"}, {"derived_from": ["B1"]}),
        )
    ],
    "A-9.3.1c.final_twice": [
        Example(
            lambda d, told=told: (
                first(tracking_uid="1.5")(d),
                add(common("B2", "bbox", bbox=[1, 2, 0, 19, 16, 10], tracking_uid="1.5", **told))(d),
            ),
            "/annotations/3/status",
            also_good=lambda d: (
                first(tracking_uid="1.5", status="superseded")(d),
                add(common("B2", "bbox", bbox=[1, 2, 0, 19, 16, 10], tracking_uid="1.5", derived_from=["B1"]))(d),
            ),
        )
        for told in ({}, {"status": "final", "image_uid": "1.2.840.1"})
    ],
    "A-8.2.2e.tracking_pair": [
        Example(
            each({"tracking_uid": "1.5", "tracking_id": "a"}, {"tracking_uid": "1.5", "tracking_id": "b"}),
            "/annotations/1/tracking_id",
            also_good=each(
                {"tracking_uid": "1.5", "tracking_id": "a"},
                {"tracking_uid": "1.5", "tracking_id": "a"},
                {"tracking_uid": "1.6", "tracking_id": "b"},
            ),
        ),
        Example(
            each({"tracking_uid": "1.5", "tracking_id": "a"}, {"tracking_uid": "1.6", "tracking_id": "a"}),
            "/annotations/1/tracking_uid",
        ),
    ],
    "A-A.3.3.absent_and_present": [
        Example(
            absent(scope="case"), "/annotations/3/assertion", also_good=absent(scope="case", finding_site=site("L"))
        ),
        Example(absent(), "/annotations/3/assertion", also_good=absent(slice_index=3)),
        Example(
            lambda d: (first(finding_site=site("L"))(d), absent(scope="image", finding_site=site("L"))(d)),
            "/annotations/3/assertion",
            also_good=lambda d: (
                each(*[{"assertion": "possible"}, {"status": "preliminary"}, {"assertion": "historical"}])(d),
                absent(scope="case")(d),
            ),
        ),
        Example(absent(slice_index=9), "/annotations/3/assertion"),
    ],
    "A-A.3.3.not_evaluated": [
        Example(
            lambda d: (
                d.update(annotated_labels=["CYST", "NODULE"]),
                add(common("N", "attribute", assertion="not_evaluated", attributes={"a": 1}))(d),
            ),
            "/annotated_labels/1",
            also_good=lambda d: d.update(annotated_labels=["NODULE"]),
        )
    ],
    "A-6.3.2.study_order": [
        Example(
            lambda d: d.update(
                studies=[
                    {"study_instance_uid": "1.3", "started_at": "2026-01-02T00:00:00+08:00"},
                    {"study_instance_uid": "1.4"},
                    {"study_instance_uid": "1.5", "started_at": "2026-01-01T15:59:59Z"},
                ]
            ),
            "/studies/2/started_at",
            also_good=lambda d: d.update(
                studies=[
                    {"study_instance_uid": "1.3", "started_at": "2026-01-02T00:00:00+08:00"},
                    {"study_instance_uid": "1.5", "started_at": "2026-01-01T16:00:00Z"},
                ]
            ),
        ),
        Example(
            studies((None, 28), (None, None), (None, -7)),
            "/studies/2/days_from_baseline",
            also_good=studies((None, -7), (None, None), (None, 28.5)),
        ),
    ],
    "A-6.3.2.baseline_days": [
        Example(
            studies(("2026-01-01T09:00:00+08:00", 0), (None, 40), ("2026-03-26T10:00:00+08:00", 80)),
            "/studies/2/days_from_baseline",
            also_good=studies(("2026-01-01T21:00:00+08:00", -2.5), (None, 40), ("2026-03-26T10:00:00+08:00", 81)),
        )
    ],
    "A-8.3b.granularity": [
        Example(first(granularity=wrong), "/annotations/0/granularity", also_good=first(granularity="region"))
        for wrong in ("voxel", "boundary", "image")
    ],
    "A-C.3.category_of_label": [
        Example(
            labelled({"category": "organ"}),
            "/annotations/3/category",
            also_good=labelled({"category": "organ"}, category="text_image"),
        ),
        Example(first(label_code="LUNG_LEFT"), "/annotations/0/category", also_good=labelled({"category": "lesion"})),
    ],
    "A-6.5.1b.label_unnamed": [Example(first(label_code="LABEL_3"), "/annotations/0/label_code")],
    "A-6.5.1b.label_unused": [
        Example(
            lambda d: d.update(labels=[{"code": "SPLEEN_LOBE"}]),
            "/labels",
            "delivery",
            lambda d: d.update(labels=[{"code": "SPLEEN_LOBE", "number": 1}], annotated_labels=["SPLEEN_LOBE"]),
        ),
        Example(
            lambda d: d.update(labels=[{"code": "A_A"}, {"code": "A_B", "parent": "A_A"}]),
            "/labels",
            also_good=labelled({}),
        ),
        Example(
            lambda d: d.update(labels=[{"code": "A_A", "number": 1}, {"code": "A_B"}]),
            "/labels",
            also_good=lambda d: d.update(labels=[{"code": "A_A", "number": 1}]),
        ),
    ],
    "A-10.1.2.keypoints_of_label": [
        Example(
            labelled(
                {"keypoints": ["a", "b"]},
                type="keypoints",
                keypoints=[{"name": name, "point": [1, 1, 1]} for name in names],
            ),
            "/annotations/3/keypoints",
            also_good=labelled(
                {"keypoints": ["a", "b"]},
                type="keypoints",
                keypoints=[{"name": "b"}, {"name": "a", "point": [1, 1, 1]}],
            ),
        )
        for names in ("a", "ac", "aba")
    ],
    "A-10.1.2.value_not_permitted": [
        Example(
            labelled(
                {
                    "attributes": [
                        {"key": "grade", "permissible_values": [{"value": "4A"}, {"value": "5"}], "missing_code": "NA"}
                    ]
                },
                attributes={"grade": value},
            ),
            "/annotations/3/attributes/grade",
            also_good=labelled(
                {
                    "attributes": [
                        {"key": "grade", "permissible_values": [{"value": "4A"}, {"value": "5"}], "missing_code": "NA"}
                    ]
                },
                attributes={"grade": good, "other": "x"},
            ),
        )
        for value, good in (("4a", "4A"), (4, 5.0), (["4A", "4D"], ["4A", "5"]), (True, "NA"))
    ],
    "A-10.1.2.value_out_of_range": [
        Example(
            labelled({"attributes": [{"key": "mm", "minimum": 0, "maximum": 30}]}, attributes={"mm": value}),
            "/annotations/3/attributes/mm",
            also_good=labelled(
                {"attributes": [{"key": "mm", "minimum": 0, "maximum": 30}]}, attributes={"mm": [0, 30, "12.5"]}
            ),
        )
        for value in (-0.5, 30.1, "31")
    ],
    "A-10.1.2.attribute_missing": [
        Example(
            labelled({"attributes": [{"key": "grade", "required": True}, {"key": "other"}]}, attributes={"other": 1}),
            "/annotations/3",
            also_good=labelled({"attributes": [{"key": "grade", "required": True}]}, attributes={"grade": 1}),
        )
    ],
    "A-8.5.2a.quote_differs": [
        Example(spanned(*wrong), "/annotations/3/text", also_good=spanned(4, 6, "结节"))
        for wrong in ((3, 5, "结节"), (4, 6, "nodule"))
    ],
    "A-8.5.2a.not_an_end": [
        Example(
            lambda d: (
                d.update(
                    links=[{"id": "L", "type": "relation", "source_id": "P1", "target_id": "Q1", "relation": "near"}]
                ),
                first(cross_modal_links=["L"])(d),
            ),
            "/annotations/0/cross_modal_links/0",
            also_good=lambda d: (
                d.update(
                    links=[{"id": "L", "type": "relation", "source_id": "P1", "target_id": "B1", "relation": "near"}]
                ),
                first(cross_modal_links=["L"])(d),
            ),
        )
    ],
    "A-8.5.1c.check_contradicted": [
        Example(
            lambda d, told=told: d.update(registrations=[registration(checks=[check("B1", **told)])]),
            "/registrations/0/checks/0/passed",
            also_good=lambda d, good=good: d.update(registrations=[registration(checks=[check("B1", **good)])]),
        )
        for told, good in (
            ({"deviation_mm": 3.1}, {"deviation_mm": 3}),
            ({"passed": False}, {"passed": False, "rotation_degrees": 5}),
        )
    ],
    "A-8.5.1c.deviation_differs": [Example(bridged(3), "/links/0/deviation_mm", also_good=bridged(2.5))],
    "A-8.5.3b.field_differs": [
        Example(linked({"AFP": 5.7}), "/links/0/fields/AFP", also_good=linked({"AFP": 5.60, "stage": "II"})),
        Example(linked({"stage": "I"}), "/links/0/fields/stage", also_good=linked({"stage": "meaning of II"})),
    ],
    "A-8.5.3c.interval": [
        Example(
            linked(record={"recorded_at": "2026-01-08T00:00:00Z"}, interval_days=5.5),
            "/links/0/interval_days",
            also_good=linked(record={"recorded_at": "2026-01-08T00:00:00Z"}, interval_days=6),
        ),
        Example(
            linked(
                {"AFP": 1},
                {"fields": [{"key": "AFP", "value": 1, "measured_at": LATE}]},
                interval_days=7,
                time_deviation=False,
            ),
            "/links/0/interval_days",
            also_good=linked(
                {"AFP": 1},
                {"fields": [{"key": "AFP", "value": 1, "measured_at": LATE}]},
                interval_days=91,
                time_deviation=True,
            ),
        ),
        Example(
            linked(interval_days=90.5),
            "/links/0/time_deviation",
            also_good=linked(interval_days=90.5, time_deviation=True),
        ),
        Example(
            linked(interval_days=90, time_deviation=True), "/links/0/time_deviation", also_good=linked(interval_days=90)
        ),
    ],
    "A-6.5.1a.hole_outside": [
        Example(
            drawn(ring(0, 0, 8, 8), holes=[ring(1, 1, 2, 2), ring(6, 6, 3, 1)]),
            "/annotations/3/holes/1",
            also_good=drawn(ring(0, 0, 8, 8), holes=[ring(1, 1, 2, 2), ring(3, 1, 2, 2), ring(6, 6, 2, 2)]),
        ),
        Example(
            drawn(ring(0, 0, 8, 8), holes=[ring(1, 1, 3, 3), ring(2, 2, 3, 3)]),
            "/annotations/3/holes/1",
            also_good=drawn(DIAMOND, holes=[ring(2, 2, 4, 4)]),
        ),
        Example(drawn(DIAMOND, holes=[ring(1.9, 2, 4, 4)]), "/annotations/3/holes/0"),
        Example(drawn(DIAMOND, holes=[ring(10, 3, 2, 2)]), "/annotations/3/holes/0"),
        Example(
            drawn(ring(0, 0, 4, 4), parts=[{"polygon": ring(8, 8, 4, 4), "holes": [ring(9, 9, 1, 4)]}]),
            "/annotations/3/parts/0/holes/0",
            also_good=drawn(ring(0, 0, 4, 4), parts=[{"polygon": ring(8, 8, 4, 4), "holes": [ring(9, 9, 1, 3)]}]),
        ),
    ],
    "A-6.5.1a.parts_overlap": [
        Example(
            drawn(ring(0, 0, 4, 4), parts=[{"polygon": ring(4, 0, 4, 4)}, {"polygon": other}]),
            "/annotations/3/parts/1",
            also_good=drawn(ring(0, 0, 8, 8), holes=[ring(1, 1, 6, 6)], parts=[{"polygon": ring(2, 2, 4, 4)}]),
        )
        for other in (ring(2, 0, 2, 4), ring(0, 0, 4, 4), ring(1, 1, 1, 1), [[3, 2], [9, 1.9], [9, 2.1]])
    ],
    "A-7.2e.instance_count": [
        Example(stacked([None] * 9), "/image/instances", also_good=stacked([None])),
        Example(
            stacked([None] * 10, temporal_positions=2),
            "/image/instances",
            also_good=stacked([*EVEN, *EVEN], temporal_positions=2),
        ),
    ],
    "A-7.2e.positions_incomplete": [
        Example(stacked([*EVEN[:9], None]), "/image/instances/9", also_good=stacked(EVEN)),
    ],
    "A-7.2e.positions_not_ascending": [
        Example(
            stacked([*EVEN[:9], EVEN[8]]),
            "/image/instances/9/image_position_patient",
            also_good=stacked(EVEN),
        )
    ],
    "A-7.2e.slices_not_upright": [
        Example(places, "/image/instances", also_good=stacked(EVEN, shift=0.01))
        for places in (
            stacked(EVEN, shift=0.5),
            stacked([5.0 + 2 * n + 3 * max(n - 6, 0) for n in range(10)]),
        )
    ],
    "A-7.2c.spacing_not_median": [
        Example(
            stacked([5.0 + 2.3 * n for n in range(10)]),
            "/image/spacing/2",
            also_good=stacked([5.0 + 2 * n + (0.15 if n > 6 else 0) for n in range(10)]),
        )
    ],
    "A-9.3.1a.last_frame": [
        Example(
            first(frame_index=frame, last_frame_index=2),
            "/annotations/0/last_frame_index",
            "minimal",
            first(frame_index=2, last_frame_index=2),
        )
        for frame in (3, None)
    ],
    "A-7.2e.frame_range": [
        Example(
            in_time(annotated_frames=[{"first": 0, "last": 2}, wrong]),
            "/image/annotated_frames/1",
            also_good=in_time(annotated_frames=[{"first": 0, "last": 0}, {"first": 1, "last": 2, "step": 2}]),
        )
        for wrong in ({"first": 2, "last": 1}, {"first": 0, "last": 3})
    ],
    "A-7.2e.frame_time_count": [
        Example(
            in_time(frame_times_ms=[0, 40]), "/image/frame_times_ms", also_good=in_time(frame_times_ms=[0, 40, 80.5])
        ),
        Example(
            in_time(temporal_positions=None, frame_times_ms=[0, 40, 80]),
            "/image/frame_times_ms",
            also_good=in_time(temporal_positions=None, frame_times_ms=[*range(10)]),
        ),
    ],
    "A-7.2e.frame_times_not_ascending": [
        Example(
            in_time(frame_times_ms=[0, 40, later]),
            "/image/frame_times_ms/2",
            also_good=in_time(frame_times_ms=[5, 40, 40.5]),
        )
        for later in (40, 30)
    ],
    "A-8.2.2e.extension_namespace": [
        Example(
            lambda d: d.update(extensions={"score": 1}),
            "/extensions/score",
            "minimal",
            lambda d: d.update(
                extensions={"example.org/score": 1, "org.example.score": 1, "https://example.org/score": 1}
            ),
        ),
        Example(lambda d: d["image"].update(extensions={"/x": 1}), "/image/extensions/~1x", "minimal"),
        Example(first(extensions={"x.": 1}), "/annotations/0/extensions/x.", "minimal"),
    ],
    "A-7.2d.origin_not_first": [
        Example(
            stacked(EVEN, origin=[-10.0, 0.0, 5.2]), "/image/origin", also_good=stacked(EVEN, origin=[-10, 0, 5.05])
        )
    ],
}
"""Rules on what a case says twice, and on what its labels and its images ask of it."""
