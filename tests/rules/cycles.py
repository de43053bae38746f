"""How a good case breaks rules on its cycle of reviews, its data before annotation, and what labels mean together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import Document, common
from tests.rules.examples import Example, add, check, linked, registration, review

if TYPE_CHECKING:
    from collections.abc import Callable

FINDING: Document = {"id": "F1", "kind": "boundary", "annotation_id": "B1"}
RETURNED: Document = review(outcome="revise", annotation_ids=["B1"], findings=[FINDING], reviewed_version="v1")
SECOND: Document = review(id="V2", reviewer="R2", at="2026-01-02T00:00:00Z", annotation_ids=["B1"])
FINAL: Document = review(id="V3", level="arbitration", reviewer="C1", at="2026-01-03T00:00:00Z")
PARTY = ["A1", "A2"]


def reviews(*told: Document, **metadata: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["reviews"] = [dict(each) for each in told]
        document["metadata"].update(metadata)

    return change


def without(told: Document, *keys: str) -> Document:
    return {key: value for key, value in told.items() if key not in keys}


def agreed(value: float, *more: Document, **rest: Any) -> Callable[[Document], None]:
    record = {"id": "G", "between": "annotators", "metric": "dice", "value": value, "annotation_ids": ["B1"], **rest}
    return reviews(*more, agreement=[record])


def of_image(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document["image"].update(rest)


def metadata(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document["metadata"].update(rest)


def registered(**rest: Any) -> Callable[[Document], None]:
    return lambda document: document.update(registrations=[registration(**rest)])


def removed(**rest: Any) -> Callable[[Document], None]:
    return metadata(deidentification=[{"scope": "text", "rule_set": "1", **rest}])


def texted(content: str) -> Callable[[Document], None]:
    return lambda document: document.update(texts=[{"id": "T", "kind": "exam_report", "content": content}])


def conflicting(*told: Document) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        texted("结节")(document)
        words = {"text_id": "T", "start": 0, "end": 2, "text": "结节", "semantic_type": "sign"}
        add(common("W", "text_span", **words))(document)
        ends = {"annotation_ids": ["B1"], "span_ids": ["W"], "consistency": "inconsistent"}
        document["links"] = [{"id": "L", "type": "image_text", **ends}]
        document["reviews"] = [*told]

    return change


def unbound(document: Document) -> None:
    linked()(document)
    del document["links"][0]["keys"]


def of_images(consistency: str, code: str = "NODULE") -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["annotations"][1]["label_code"] = code
        ends = {"annotation_ids": ["B1", "P1"], "consistency": consistency}
        document["links"] = [{"id": "L", "type": "image_image", **ends}]

    return change


def video(**rest: Any) -> Callable[[Document], None]:
    told = {"uid": "us", "modality": "US", "shape": [9, 9, 9], "coordinate_frame": "NONE"}
    return lambda document: document.update(related_images=[told | rest])


def slide(**rest: Any) -> Callable[[Document], None]:
    told = {"uid": "sm", "modality": "SM", "shape": [9, 9], "coordinate_frame": "SLIDE"}
    return lambda document: document.update(related_images=[told | rest])


def graded(status: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["annotations"][0]["status"] = status
        more = {"attributes": {"TI-RADS": "3"}, "parent_id": "B1", "scope": "object"}
        add(common("G1", "attribute", **more))(document)

    return change


STAFF = [{"id": "A1", "roles": ["annotator"]}, {"id": "R1", "roles": ["reviewer"]}]
CYCLES: dict[str, list[Example]] = {
    "A-6.5.2.revision_open": [
        Example(reviews(RETURNED, version="v1"), "/reviews/0/outcome", also_good=reviews(RETURNED, version="v2")),
        Example(
            reviews(RETURNED, version="v1"),
            "/reviews/0/outcome",
            also_good=reviews(RETURNED, review(id="V2", round=2, at="2026-01-02T00:00:00Z")),
        ),
    ],
    "A-9.3.1c.dispute_open": [
        Example(
            reviews(review(annotation_ids=["B1"]), SECOND | {"outcome": "revise", "findings": [FINDING]}),
            "/reviews/1/outcome",
            also_good=reviews(
                review(annotation_ids=["B1"]),
                SECOND | {"outcome": "revise", "findings": [FINDING]},
                FINAL | {"annotation_ids": ["B1"]},
            ),
        )
    ],
    "A-6.5.2.status_differs": [
        Example(
            reviews(review(), qc={"status": "failed"}),
            "/metadata/qc/status",
            also_good=reviews(review(annotation_ids=["B1"]), qc={"status": "pending"}),
        )
    ],
    "A-6.5.2.review_order": [
        Example(
            reviews(SECOND, review(annotation_ids=["P1"])),
            "/reviews/1/at",
            also_good=reviews(review(annotation_ids=["P1"]), SECOND),
        )
    ],
    "A-6.5.2.reason_missing": [
        Example(
            reviews(without(RETURNED, "findings"), version="v2"),
            "/reviews/0",
            also_good=reviews(without(RETURNED, "findings") | {"conclusion": "too wide"}, version="v2"),
        )
    ],
    "A-9.3.1c.frozen_version_missing": [
        Example(
            reviews(review(), FINAL, version="v1"),
            "/reviews/1",
            also_good=reviews(review(), FINAL | {"frozen_version": "v1"}, version="v1"),
        )
    ],
    "A-9.3.1c.change_unrecorded": [
        Example(
            reviews(review(), FINAL | {"frozen_version": "v1"}, version="v2"),
            "/metadata/version",
            also_good=reviews(
                review(),
                FINAL | {"frozen_version": "v1"},
                version="v2",
                changes=[{"version": "v2", "description": "a nodule more"}],
            ),
        )
    ],
    "A-9.3.1b.reviewer_role": [
        Example(
            reviews(review(), agents=[STAFF[0], {"id": "R1", "roles": ["data_intake"]}]),
            "/reviews/0/reviewer",
            also_good=reviews(review(), agents=STAFF),
        )
    ],
    "A-9.3.1b.qualification_missing": [
        Example(
            metadata(agents=[STAFF[0] | {"qualification": "resident"}, STAFF[1]]),
            "/metadata/agents/1",
            also_good=metadata(agents=[STAFF[0], STAFF[1] | {"qualification": "consultant"}]),
        )
    ],
    "A-8.4c.second_review_missing": [
        Example(agreed(0.84), "/metadata/agreement/0", also_good=agreed(0.85)),
        Example(agreed(0.84), "/metadata/agreement/0", also_good=agreed(0.84, review(is_cross_review=True))),
    ],
    "A-9.2.dedicated_review_missing": [
        Example(
            agreed(0.74),
            "/metadata/agreement/0",
            also_good=agreed(0.74, error_kinds=["boundary"], resolution="annotated anew"),
        )
    ],
    "A-8.4c.flag_differs": [
        Example(
            agreed(0.8, needs_second_review=False, resolution="annotated anew"),
            "/metadata/agreement/0/needs_second_review",
            also_good=agreed(0.8, needs_second_review=True, resolution="annotated anew"),
        )
    ],
    "A-8.5.2b.conflict_open": [
        Example(
            conflicting(),
            "/links/0/consistency",
            also_good=conflicting(review(findings=[{"id": "F", "kind": "inconsistent", "annotation_id": "W"}])),
        )
    ],
    "A-7.1.basis_missing": [
        Example(
            metadata(sources=[{"institution": "H"}]),
            "/metadata/sources/0",
            also_good=metadata(sources=[{"institution": "H", "lawful_basis": "consent"}]),
        )
    ],
    "A-7.2c.resampling_unrecorded": [
        Example(
            of_image(preprocessing=[{"kind": "resampling"}]),
            "/image/preprocessing/0",
            also_good=of_image(
                preprocessing=[{"kind": "resampling"}],
                resampling={"original_spacing": [0.5, 0.5, 5.0], "spacing": [1.0, 1.5, 2.0]},
            ),
        )
    ],
    "A-7.2g.defect_unnamed": [
        Example(
            of_image(quality={"acceptable": False}),
            "/image/quality",
            also_good=of_image(quality={"acceptable": False, "defects": ["motion_blur"]}),
        )
    ],
    "A-7.2h.error_missing": [
        Example(registered(errors=None), "/registrations/0", also_good=registered(errors=None, checks=[check("B1")]))
    ],
    "A-8.5.1d.algorithm_missing": [
        Example(
            registered(algorithm={"name": "elastix"}),
            "/registrations/0",
            also_good=registered(algorithm={"name": "elastix"}, nonconformance="by hand"),
        )
    ],
    "A-8.5.1c.error_above": [
        Example(
            registered(errors=[{"measure": "surface_distance_mm", "value": 5.1}]),
            "/registrations/0/errors/0/value",
            also_good=registered(errors=[{"measure": "surface_distance_mm", "value": 5}]),
        )
    ],
    "A-6.5.1d.deviation_above": [
        Example(
            registered(checks=[check("B1", deviation_mm=4, passed=False)]),
            "/registrations/0/checks/0/passed",
            also_good=registered(checks=[check("B1", deviation_mm=4, passed=False), check("B1", deviation_mm=1)]),
        )
    ],
    "A-7.2n1.magnification_missing": [
        Example(slide(), "/related_images/0", also_good=slide(objective_magnification=20))
    ],
    "A-7.2n2.frame_time_missing": [Example(video(), "/related_images/0", also_good=video(frame_rate=25))],
    "A-7.3a.policy_missing": [
        Example(
            removed(policy="names"),
            "/metadata/deidentification/0",
            also_good=removed(policy="names", spot_checks=[{"sample_size": 3, "failures": 0}]),
        )
    ],
    "A-7.3a.mapping_rule_missing": [
        Example(
            removed(scope="structured_data", mapping_kept=True, mapping_storage="vault"),
            "/metadata/deidentification/0",
            also_good=removed(
                scope="structured_data", mapping_kept=True, mapping_storage="vault", mapping_access="two people"
            ),
        )
    ],
    "A-7.3b.tool_missing": [
        Example(
            removed(scope="image_metadata", tool={"name": "dcm"}),
            "/metadata/deidentification/0",
            also_good=removed(scope="image_metadata", tool={"name": "dcm", "version": "1"}),
        )
    ],
    "A-5.5.personal_data": [
        Example(
            texted("身份证11010519491231002X，结节。"), "/texts/0/content", also_good=texted("编号110105194912310021。")
        ),
        Example(texted("电话 13800138000"), "/texts/0/content", also_good=texted("UID 1.2.840.13800138000.1")),
        Example(texted("Tel. 13800138000."), "/texts/0/content", also_good=texted("0.13800138000.")),
    ],
    "A-8.4b.name_differs": [
        Example(
            lambda d: (
                d.update(labels=[{"code": "LIVER", "name_en": "Spleen"}, {"code": "NODULE"}])
                or d["annotations"][0].update(label_code="LIVER", category="organ")
            ),
            "/labels/0/name_en",
            also_good=lambda d: (
                d.update(labels=[{"code": "LIVER", "name_en": "liver"}, {"code": "NODULE"}])
                or d["annotations"][0].update(label_code="LIVER", category="organ")
            ),
        )
    ],
    "A-8.4d.labels_differ": [
        Example(of_images("consistent", "MASS"), "/links/0/annotation_ids", also_good=of_images("uncertain", "MASS"))
    ],
    "A-8.5.3a.key_missing": [Example(unbound, "/links/0", also_good=linked())],
    "A-9.1.1n1.deviation_missing": [
        Example(
            metadata(assistance=[{"id": "S", "model": {"name": "m"}, "outcome": "modified"}]),
            "/metadata/assistance/0",
            also_good=metadata(
                assistance=[
                    {
                        "id": "S",
                        "model": {"name": "m"},
                        "outcome": "modified",
                        "deviations": [{"measure": "dice", "value": 0.9}],
                    }
                ]
            ),
        )
    ],
    "A-9.1.2.failure_unexplained": [
        Example(
            metadata(assessments=[{"dimension": "fitness", "passed": False}]),
            "/metadata/assessments/0",
            also_good=metadata(assessments=[{"dimension": "fitness", "passed": False, "note": "too few"}]),
        )
    ],
    "A-A.3.2.contour_open": [Example(graded("preliminary"), "/annotations/3/parent_id", also_good=graded("final"))],
}
