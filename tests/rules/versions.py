"""How a good case becomes one that breaks a rule on readers, devices, versions or scopes, and one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import Document, common
from tests.rules.examples import Example, add, each, first, in_time, labelled, review

if TYPE_CHECKING:
    from collections.abc import Callable

AGENTS: list[Document] = [
    {"id": "A1", "kind": "person", "roles": ["annotator"]},
    {"id": "R1", "kind": "person", "roles": ["reviewer"]},
    {"id": "D", "kind": "device", "roles": ["model"]},
]


def by_device(metadata: Document | None = None, **annotation: Any) -> Callable[[Document], None]:
    """Let a device have made the first annotation of a case without a reviewer."""

    def change(document: Document) -> None:
        del document["metadata"]["reviewer"]
        document["metadata"] |= {"annotator": "A1", "agents": AGENTS, **(metadata or {})}
        document["reviews"] = [review(annotation_ids=["P1"])]
        first(annotator="D", **annotation)(document)

    return change


def listed(*outcomes: str, **annotation: Any) -> Callable[[Document], None]:
    """Let suggestions with these outcomes name the first annotation, which names none."""

    def change(document: Document) -> None:
        document["metadata"]["assistance"] = [
            {"id": f"S{n}", "model": {"name": "m"}, "annotation_ids": ["B1"], "outcome": outcome}
            for n, outcome in enumerate(outcomes)
        ]
        first(**annotation)(document)

    return change


def reviewed(**told: Any) -> Callable[[Document], None]:
    """Let the second annotation be R2's, and R2 review."""
    return lambda document: (
        document["metadata"].pop("reviewer"),
        document["annotations"][1].update(annotator="R2"),
        document.update(reviews=[review(reviewer="R2", **told)]),
    )[-1]


def axes(**short: Any) -> Callable[[Document], None]:
    """Give the object of the first annotation a long and a short axis."""
    line = {"tracking_uid": "1.5", "slice_index": 3}
    return lambda document: add(
        common("L", "polyline", polyline=[[1, 1], [9, 9]], **line),
        common("S", "polyline", polyline=[[1, 9], [9, 1]], **line, **short),
    )(document)


def box(identity: str, **rest: Any) -> Document:
    return common(identity, "bbox", bbox=[1, 2, 0, 19, 16, 10], **rest)


def consensus(*sources: Document, **made: Any) -> Callable[[Document], None]:
    """Change the first annotation, and make a box of it."""
    return lambda document: (each(*sources)(document), add(box("C", **{"derived_from": ["B1"], **made}))(document))[1]


def lacking(key: str, *requirements: str) -> Callable[[Document], None]:
    """Take a key from the image, and record that it does not meet these requirements."""

    def change(document: Document) -> None:
        del document["image"][key]
        if requirements:
            told = [{"requirement": each, "description": "lost"} for each in requirements]
            document["image"]["nonconformances"] = told

    return change


def of_object(**rest: Any) -> Document:
    return common("O", "attribute", attributes={"margin": "smooth"}, scope="object", **rest)


def studied(count: int, **image: Any) -> Callable[[Document], None]:
    """List studies, and say something of one."""

    def change(document: Document) -> None:
        document["studies"] = [{"study_instance_uid": f"1.7.{n}"} for n in range(count)]
        document["image"].update(image)
        add(common("O", "attribute", attributes={"dose": "low"}, scope="study"))(document)

    return change


def denied(text: Document, *rest: Document) -> Callable[[Document], None]:
    """Let a report say that there is no nodule where an annotation shows one."""

    def change(document: Document) -> None:
        document["texts"] = [{"id": "T", "kind": "exam_report", "content": "余肺野未见结节"}]
        words = {"text_id": "T", "start": 0, "end": 7, "text": "余肺野未见结节", "semantic_type": "sign"}
        add(common("W", "text_span", assertion="absent", **words, **text), *rest)(document)

    return change


def asked(**annotation: Any) -> Callable[[Document], None]:
    """Ask an attribute of a label, and say that there is none such, or show one."""
    return labelled({"attributes": [{"key": "margin", "required": True}]}, type="attribute", **annotation)


VERSIONS: dict[str, list[Example]] = {
    "A-3.4.suggestion_open": [
        Example(
            listed(*wrong),
            "/metadata/assistance/0/annotation_ids/0",
            also_good=listed(*right, **told),
        )
        for wrong, right, told in (
            (["rejected"], ["accepted"], {"algorithm_type": "automatic_confirmed"}),
            (["pending"], ["pending"], {"status": "preliminary"}),
            (["pending"], ["rejected", "accepted"], {}),
        )
    ],
    "A-3.4.manual_from_model": [
        Example(
            listed("accepted", algorithm_type="manual"),
            "/annotations/0/algorithm_type",
            also_good=listed("accepted", algorithm_type="semi_automatic"),
        )
    ],
    "A-3.4.made_by_device": [
        *(
            Example(by_device(**told), "/annotations/0/annotator", also_good=by_device({"reviewer": "R1"}))
            for told in ({}, {"algorithm_type": "manual"}, {"algorithm_type": "automatic_confirmed"})
        ),
        Example(
            by_device({"reviewer": "R1"}, algorithm_type="manual"),
            "/annotations/0/annotator",
            also_good=by_device(status="preliminary", algorithm_type="automatic"),
        ),
        Example(
            lambda d: (by_device()(d), d.update(reviews=[review(annotation_ids=["P1"])])),
            "/annotations/0/annotator",
            also_good=lambda d: (by_device()(d), d.update(reviews=[review(annotation_ids=["B1"])])),
        ),
        Example(
            by_device({"audit": [{"action": "confirm", "actor": "D", "at": "2026-01-01T00:00:00Z"}]}),
            "/annotations/0/annotator",
            also_good=by_device({"audit": [{"action": "confirm", "actor": "A1", "at": "2026-01-01T00:00:00Z"}]}),
        ),
        Example(
            lambda d: (
                (by_device({"annotator": "D"})(d), each({}, {"annotator": "A1"}, {"annotator": "A1"})(d))
                and d["annotations"][0].pop("annotator")
            ),
            "/metadata/annotator",
            also_good=lambda d: (
                by_device()(d),
                d["metadata"].update(
                    assistance=[{"id": "S", "model": {"name": "m"}, "annotation_ids": ["B1"], "outcome": "accepted"}]
                ),
            ),
        ),
    ],
    "A-9.3.1b.reviewer_is_annotator": [
        Example(reviewed(), "/reviews/0/reviewer", also_good=reviewed(annotation_ids=["B1", "Q1"])),
        Example(
            reviewed(annotation_ids=["P1"]),
            "/reviews/0/reviewer",
            also_good=lambda d: (
                reviewed()(d),
                d["annotations"][1].update(status="superseded"),
                d["annotations"].append(
                    common("P2", "polygon", polygon=[[1, 1], [5, 1], [5, 6]], slice_index=9, derived_from=["P1"])
                ),
            ),
        ),
        Example(reviewed(), "/reviews/0/reviewer", also_good=reviewed(level="arbitration", frozen_version="v1.0")),
    ],
    "A-A.3.3.absent_and_present": [
        Example(
            denied({}, common("N", "attribute", assertion="absent", attributes={"seen": False})),
            "/annotations/4/assertion",
            also_good=denied({}),
        )
    ],
    "A-10.1.2.attribute_missing": [
        Example(asked(attributes=told), "/annotations/3", also_good=asked(attributes=told, assertion="absent"))
        for told in ({}, {"seen": False})
    ],
    **{
        f"A-7.2{point}.{key}_missing": [
            Example(lacking(key, "quality"), "/image", "exchange", also_good=lacking(key, "quality", key))
        ]
        for point, key in (("b", "direction"), ("c", "spacing"), ("d", "origin"))
    },
    "A-9.3.1c.final_twice": [
        Example(
            lambda d: (first(tracking_uid="1.5")(d), add(box("B2", tracking_uid="1.5", parent_id="P1"))(d)),
            "/annotations/3/status",
            also_good=good_one,
        )
        for good_one in (
            axes(),
            axes(parent_id="B1"),
            lambda d: (first(tracking_uid="1.5")(d), add(box("B2", tracking_uid="1.5", parent_id="B1"))(d)),
            lambda d: (first(tracking_uid="1.5", session="1")(d), add(box("B2", tracking_uid="1.5", session="2"))(d)),
        )
    ],
    "A-9.3.1c.superseded_by_none": [
        *(
            Example(
                consensus({"status": "superseded"}, status=status),
                "/annotations/0/status",
                also_good=consensus({"status": "superseded"}, status="final"),
            )
            for status in ("rejected", "preliminary")
        ),
        Example(
            lambda d: consensus({"status": "superseded"}, status="superseded")(d),
            "/annotations/3/status",
            also_good=lambda d: (
                consensus({"status": "superseded"}, status="superseded")(d),
                add(box("E", derived_from=["C"], assertion="absent"))(d),
            ),
        ),
    ],
    "A-9.3.1c.source_is_final": [
        Example(consensus(), "/annotations/0/status", also_good=other)
        for other in (
            consensus({"status": "superseded"}),
            consensus(label_code="NECROSIS"),
            consensus(status="preliminary"),
            consensus(frame_index=4),
            add(common("M", "point", point=[3, 4, 5], derived_from=["B1"])),
        )
    ],
    "A-8.2.2e.tracking_labels": [
        Example(
            each({"tracking_uid": "1.5"}, {"tracking_uid": "1.5", "label_code": "MASS"}),
            "/annotations/1/label_code",
            also_good=lambda d: (
                each({"tracking_uid": "1.5"}, {"tracking_uid": "1.6", "label_code": "MASS"})(d),
                add(common("O", "attribute", attributes={"a": 1}, label_code="STABLE", tracking_uid="1.5"))(d),
            ),
        )
    ],
    "A-C.1.scope_unresolved": [
        *(
            Example(add(of_object()), "/annotations/3/scope", also_good=good_one)
            for good_one in (
                add(of_object(parent_id="B1")),
                add(of_object(tracking_uid="1.5")),
                first(scope="object"),
                lambda d: (
                    add(of_object())(d),
                    d.update(
                        links=[
                            {
                                "id": "L",
                                "type": "relation",
                                "source_id": "O",
                                "target_id": "B1",
                                "relation": "near",
                            }
                        ]
                    ),
                ),
            )
        ),
        Example(studied(2), "/annotations/3/scope", also_good=studied(2, study_instance_uid="1.7.1")),
        Example(studied(2), "/annotations/3/scope", also_good=studied(1)),
    ],
    "A-C.3.frame_missing": [
        Example(
            lambda d: (in_time()(d), first(bbox=[1, 2, 9, 9], slice_index=3)(d), each({}, {"frame_index": 0})(d)),
            "/annotations/0",
            also_good=lambda d: (
                in_time()(d),
                first(bbox=[1, 2, 9, 9], slice_index=3, frame_index=0, last_frame_index=2)(d),
                each({}, {"frame_index": 0})(d),
            ),
        )
    ],
    "A-11.1.2.role_differs": [
        Example(
            lambda d: d["metadata"].update(agents=[{"id": "A1", "roles": ["reviewer", "qc"]}, {"id": "R1"}]),
            "/metadata/annotator",
            also_good=lambda d: d["metadata"].update(agents=[{"id": "A1"}, AGENTS[1]]),
        ),
        Example(
            lambda d: (
                d["metadata"].update(agents=[*AGENTS, {"id": "R2"}], reviewer="R2"),
                first(annotator="R1")(d),
            ),
            "/annotations/0/annotator",
            also_good=lambda d: (
                d["metadata"].update(agents=[AGENTS[0], AGENTS[1], {"id": "C1", "roles": ["reviewer", "arbiter"]}]),
                first(annotator="C1")(d),
            ),
        ),
    ],
    "A-C.4.timestamps_order": [
        Example(
            lambda d: d["metadata"].update(
                timestamps={"start": "2026-01-02T00:00:00+08:00", "end": "2026-01-01T15:59:59Z"}
            ),
            "/metadata/timestamps/end",
            also_good=lambda d: d["metadata"].update(
                timestamps={"start": "2026-01-02T00:00:00+08:00", "end": "2026-01-01T16:00:00Z"}
            ),
        )
    ],
}
"""Each says what a person would: a device confirms nothing, a consensus replaces its sources, a lesion has two axes."""
