"""What a segmentation has of patient, study and instances of its source, and its case says or does not say."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from annoconv.model import Case, Image

__all__ = ["INSTANCES", "OF_THE_CASE", "left_unsaid", "studies_together", "without"]

OF_THE_CASE: Final = ("patient_id", "subject", "studies")
"""Keys of a case that say whose it is."""
INSTANCES: Final = "instances"
"""Key of an image that names its instances."""


def studies_together(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return `studies` of several case documents: each once, by their time where all state it.

    A study at which the subject was another than in the first document has that subject of its own.
    """
    studies: dict[str, dict[str, Any]] = {}
    for document in documents:
        uid = document["image"].get("study_instance_uid", "")
        (study,) = document.get("studies") or ({"study_instance_uid": uid},)
        subject = document.get("subject")
        if subject and subject != documents[0].get("subject"):
            study = {**study, "subject": subject}
        if uid and len(study) > 1:
            studies.setdefault(uid, study)
    found = list(studies.values())
    if all("started_at" in each for each in found):
        found.sort(key=lambda each: datetime.fromisoformat(each["started_at"]))
    return {"studies": found} if found else {}


def left_unsaid(case: Case, image: Image, *, is_plain: bool) -> list[str]:
    """Return what a segmentation has of its source and its case does not say: of the case, and of the image.

    A file that says it is not read by it, so that a case comes back without what it never had. A plain file of ours
    does not say what its case had: its instances are never read.
    """
    of_case = [] if is_plain else [name for name in OF_THE_CASE if getattr(case, name) is None]
    return of_case if image.instances is not None and not is_plain else [*of_case, INSTANCES]


def without(document: dict[str, Any], unsaid: Container[str]) -> dict[str, Any]:
    """Return a case document without what `left_unsaid` names."""
    kept = {key: value for key, value in document.items() if key not in unsaid}
    if INSTANCES in unsaid:
        kept["image"] = {key: value for key, value in document["image"].items() if key != INSTANCES}
    return kept
