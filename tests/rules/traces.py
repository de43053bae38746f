"""How a good case breaks what is asked of its trace: times, versions, reviews, registrations, granularity, grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.rules.examples import Example, each, first, registration, review

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.documents import Document


def metadata(**rest: Any) -> Callable[[Document], None]:
    """Change the metadata; None takes a key out."""

    def change(document: Document) -> None:
        for key, value in rest.items():
            document["metadata"].pop(key, None)
            if value is not None:
                document["metadata"][key] = value

    return change


def reviewed(version: str, *changes: str) -> Callable[[Document], None]:
    """Let a version have been reviewed, and changes have led to others."""

    def change(document: Document) -> None:
        document["reviews"] = [review(reviewed_version=version)]
        if changes:
            told = [{"version": each, "description": "the outline of B1"} for each in changes]
            document["metadata"]["changes"] = told

    return change


def with_mr(**rest: Any) -> Callable[[Document], None]:
    """Add an MR of the same patient, and what else is told."""

    def change(document: Document) -> None:
        document["related_images"] = [document["image"] | {"uid": "1.9", "modality": "MR"} | rest.get("image", {})]
        document["image"] |= rest.get("primary", {})
        document.update(rest.get("case", {}))

    return change


def graded(**rest: Any) -> Callable[[Document], None]:
    """Define the label of the annotations, with a grading."""
    told = {"key": "TI-RADS", "kind": "grading", **rest}
    label = {"code": "NODULE", "category": "lesion", "attributes": [told]}
    return lambda document: document.update(labels=[label])


OF_MR = registration(moving_frame_of_reference_uid=None, moving_image_uid="1.9")
VALUES = [{"value": "1"}, {"value": "2"}]
TRACES: dict[str, list[Example]] = {
    "A-5.6.time_missing": [
        Example(
            metadata(timestamps=None),
            "/metadata",
            also_good=lambda d: (
                metadata(timestamps=None)(d),
                each(*[{"annotated_at": "2026-01-01T00:00:00Z"}] * 3)(d),
            ),
        ),
        Example(
            lambda d: (metadata(timestamps=None)(d), first(annotated_at="2026-01-01T00:00:00Z")(d)),
            "/metadata",
            also_good=metadata(
                timestamps=None, audit=[{"action": "create", "actor": "A1", "at": "2026-01-01T00:00:00Z"}]
            ),
        ),
    ],
    "A-5.6.change_missing": [
        Example(reviewed("v0.9"), "/metadata/version", also_good=reviewed("v0.9", "v1.0")),
        Example(reviewed("v0.9", "v0.8"), "/metadata/version", also_good=reviewed("v1.0")),
        Example(
            reviewed("v0.9"),
            "/metadata/version",
            also_good=lambda d: (
                reviewed("v0.9")(d),
                d["reviews"].append(review(id="V2", at="2026-01-02T00:00:00Z", reviewed_version="v1.0")),
            ),
        ),
    ],
    "A-9.3.1b.review_missing": [
        Example(
            metadata(reviewer=None),
            "/metadata",
            also_good=lambda d: (metadata(reviewer=None)(d), d.update(reviews=[review()])),
        ),
        Example(
            lambda d: (metadata(reviewer=None)(d), d.update(reviews=[review(level="self_check", reviewer="A1")])),
            "/metadata",
            also_good=lambda d: (
                metadata(reviewer=None)(d),
                d.update(reviews=[review(level="arbitration", reviewer="E1", frozen_version="v1.0")]),
            ),
        ),
    ],
    "A-8.4e.version_missing": [
        Example(
            metadata(version=None),
            "/metadata",
            also_good=lambda d: (metadata(version=None)(d), d.update(annotations=[])),
        )
    ],
    "A-8.4e.image_version_missing": [
        Example(
            with_mr(image={"version": "2"}, case={"registrations": [OF_MR]}),
            "/image",
            also_good=with_mr(image={"version": "2"}, primary={"version": "1"}, case={"registrations": [OF_MR]}),
        )
    ],
    "A-7.2h.registration_missing": [
        Example(with_mr(), "/related_images/0", also_good=with_mr(case={"registrations": [OF_MR]})),
        Example(
            with_mr(primary={"frame_of_reference_uid": "1.7"}, image={"frame_of_reference_uid": "1.8"}),
            "/related_images/0",
            also_good=with_mr(primary={"frame_of_reference_uid": "1.7"}, image={"frame_of_reference_uid": "1.7"}),
        ),
        Example(
            with_mr(),
            "/related_images/0",
            also_good=with_mr(
                image={"nonconformances": [{"requirement": "registration", "description": "the patient moved"}]}
            ),
        ),
        Example(with_mr(), "/related_images/0", also_good=with_mr(image={"modality": "CT"})),
    ],
    "A-8.3b.granularity_mixed": [
        Example(
            each({"granularity": "region"}, {"granularity": "boundary"}),
            "/annotations/1/granularity",
            also_good=each({"granularity": "region"}, {"granularity": "region"}),
        ),
        Example(
            each({"granularity": "region"}, {"granularity": "boundary"}),
            "/annotations/1/granularity",
            also_good=each({"granularity": "region"}, {"granularity": "boundary", "label_code": "MASS"}),
        ),
    ],
    "A-A.3.2.basis_missing": [
        Example(
            graded(permissible_values=VALUES),
            "/labels/0/attributes/0",
            also_good=graded(permissible_values=VALUES, basis="ACR TI-RADS 2017"),
        ),
        Example(
            graded(basis="ACR TI-RADS 2017"),
            "/labels/0/attributes/0",
            also_good=graded(minimum=1, maximum=5, basis="ACR TI-RADS 2017"),
        ),
        Example(graded(), "/labels/0/attributes/0", also_good=graded(kind="morphology")),
    ],
}
"""What a case keeps so that it can be traced, and what is graded."""
