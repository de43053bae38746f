"""Cases with what was found of them: what a quality report is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from annoconv.findings import NOT_CHECKED, Level
from annoconv.messages import translate
from annoconv.model import Package

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.documents.classes import AnyDocument
    from annoconv.findings import Finding
    from annoconv.model import AnyAnnotation

__all__ = ["Subject", "Text", "annotation_of", "both"]

Text: TypeAlias = dict[str, str]
"""A sentence by language, `en` and `zh`."""


@dataclass(frozen=True)
class Subject:
    """A document with what was found of it.

    Attributes
    ----------
    id
        In the report, `case-1`.
    source
        The file as it was named.
    case_index
        Zero-based position among the cases of the file.
    findings
        In their order.
    loaded
        The case; None if it could not be read, or its structure is wrong.
    document
        What is no case: a package, a task definition, a label system.
    """

    id: str
    source: str
    case_index: int
    findings: Sequence[Finding]
    loaded: LoadedCase | None = None
    document: AnyDocument | None = None

    @property
    def name(self) -> str:
        """Its case_id, else the UID of its image, else where it stands."""
        if self.loaded is not None:
            return self.loaded.case.case_id or self.loaded.case.image.uid
        if isinstance(self.document, Package):
            return self.document.package_id
        return f"{self.source}#{self.case_index}" if self.case_index else self.source

    @property
    def reader(self) -> str:
        """Who annotated it; the file if nobody is named."""
        annotator = None if self.loaded is None else self.loaded.case.metadata.annotator
        return annotator or self.source

    @property
    def is_checked(self) -> bool:
        """Whether rules could be applied to it."""
        return all(each.rule != NOT_CHECKED for each in self.findings)

    def count(self, level: Level) -> int:
        """Return how many findings are of a level; that it was not checked is none."""
        return sum(each.level is level and each.rule != NOT_CHECKED for each in self.findings)


def annotation_of(subject: Subject, finding: Finding) -> AnyAnnotation | None:
    """Return the annotation that a finding is about; None if it is about something else."""
    steps = finding.path.split("/")
    if subject.loaded is None or len(steps) < 3 or steps[1] != "annotations" or not steps[2].isdecimal():
        return None
    annotations, place = subject.loaded.case.annotations, int(steps[2])
    return annotations[place] if place < len(annotations) else None


def both(sentence: str) -> Text:
    """Return a sentence in both languages."""
    return {"en": str(sentence), "zh": translate(sentence, "zh")}
