"""What a request states of cases whose sources name it nowhere: which case it is, who annotated, and where."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from annoconv.casefile.loaded import LoadedCase, Reading, check_changed
from annoconv.errors import DocumentError, UsageError
from annoconv.messages import Message
from annoconv.model import Metadata

if TYPE_CHECKING:
    from annoconv.model import Case

__all__ = ["Stated"]


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated; None where nothing is.

    Attributes
    ----------
    case_id
        Of the one case that there is.
    annotator
        Agent id of who annotated.
    institution
        Where it was annotated.
    """

    case_id: str | None = None
    annotator: str | None = None
    institution: str | None = None

    def check(self) -> None:
        """Raise UsageError for what no case can hold."""
        values = {"annotator": self.annotator, "institution": self.institution}
        for name, value in {"case_id": self.case_id, **values}.items():
            if value is None:
                continue
            try:
                key = "annotator" if name == "case_id" else name  # both are identifiers
                check_changed(Metadata.model_construct(_fields_set={key}, **{key: value}))
            except DocumentError as error:
                raise UsageError(
                    Message("--{name} is not what a case can hold", name=name.replace("_", "-")),
                    found=value,
                    expected=Message("one line of text, with no white space at its ends"),
                    advice="Write it otherwise",
                ) from error

    def put(self, loaded: LoadedCase | Reading) -> LoadedCase | Reading:
        """Return a case with what it does not say itself."""
        if self == Stated():
            return loaded
        case = loaded.case
        update: dict[str, Any] = {}
        if self.case_id is not None and case.case_id is None:
            update["case_id"] = unicodedata.normalize("NFC", self.case_id)
        more: dict[str, Any] = {}
        is_told = case.metadata.annotator is not None or any(each.annotator for each in case.annotations)
        if self.annotator is not None and not is_told:
            more["annotator"] = self.annotator
        if self.institution is not None and case.metadata.institution is None:
            more["institution"] = self.institution
        if more:
            update["metadata"] = case.metadata.model_copy(update=more)
        return _with(loaded, case.model_copy(update=update)) if update else loaded


def _with(loaded: LoadedCase | Reading, case: Case) -> LoadedCase | Reading:
    if isinstance(loaded, Reading):
        return replace(loaded, case=case)
    return LoadedCase(case, lambda: loaded.masks, loaded.path, loaded.fields)
