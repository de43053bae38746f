"""What a layout is: where files of a data set stand, there and back."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from annoconv.errors import InputError, UsageError
from annoconv.messages import Message
from annoconv.model import Split as StatedSplit
from annoconv.rules.splits import PatientSplits
from annoconv_converters.nifti.volumes import Arrangement, VolumeWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.model import Annotation
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.prepared import Prepared

__all__ = ["Layout", "Request", "Split"]

Split = Literal["train", "val", "test"]
_SPLITS: Final[tuple[Split, ...]] = ("test", "val", "train")
_STATED: Final[dict[StatedSplit | None, Split]] = {StatedSplit.VALIDATION: "val", StatedSplit.TEST: "test"}


@dataclass(frozen=True)
class Request:
    """What was asked of a writer.

    Attributes
    ----------
    arrange
        How masks are arranged in files; only `flat` asks.
    volumes
        How volumes are written.
    is_single
        Whether the target is one volume file.
    splits
        Names of cases by split; every other case is where its `split` says, else for training.
    folds
        Cross-validation folds; 0 for none.
    suffix
        BIDS suffix of the images.
    all_annotations
        Whether masks of what does not count as a finding are written.
    """

    arrange: Arrangement = "files"
    volumes: VolumeWriter = field(default_factory=VolumeWriter)
    is_single: bool = False
    splits: Mapping[str, Sequence[str]] = field(default_factory=dict[str, list[str]])
    folds: int = 0
    suffix: str = ""
    all_annotations: bool = False

    def split_of(self, case: Prepared) -> Split:
        """Return the split of a case: as asked for, else as the case says."""
        for asked in _SPLITS:
            if case.name in self.splits.get(asked, ()):
                return asked
        return _STATED.get(case.case.split, "train")

    def fold_of(self, case: Prepared) -> int:
        """Return the fold in which a case is validated; it rests on its patient, else on its name, alone.

        So adding cases moves none, and no patient is trained on and validated (specification 9.4.1).
        """
        of = case.case.patient_id or case.name
        return int.from_bytes(hashlib.sha256(of.encode()).digest()[:8], "big") % max(self.folds, 1)


class Layout(ABC):
    """A data set being written; `find` is the way back.

    Parameters
    ----------
    folder
        Empty; everything is written below it.
    request
        What was asked.
    several
        Whether there is more than one case.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """As sentences name it."""
    reasons: ClassVar[Reasons] = MappingProxyType({})
    """Why it does not hold what stands at a place, where that is more than that it has no place for it."""
    needs_images: ClassVar[bool] = True
    keeps_annotations: ClassVar[bool] = False
    """Whether every mask keeps its identity; training layouts unite the masks of one label."""
    has_splits: ClassVar[bool] = False
    """Whether cases are for training, validation or test."""

    has_folds: ClassVar[bool] = False
    """Whether it says in which fold of a cross-validation a case is."""

    is_closed: ClassVar[bool] = False
    """Whether all volumes in the folder are of the layout, so that any other is named as not read."""

    def __init__(self, folder: Path, request: Request, *, several: bool) -> None:
        self.folder = folder
        self.request = request
        self.several = several
        self.known: dict[Path, list[int]] = {}
        """Labels of the files that were written."""
        self._placed = PatientSplits()
        self._names: dict[str, str] = {}
        """The class of each label code, which it has in all cases."""

    @abstractmethod
    def add(self, case: Prepared) -> None:
        """Write the files of one case."""

    @abstractmethod
    def finish(self) -> None:
        """Write what describes the whole data set."""

    @classmethod
    @abstractmethod
    def recognises(cls, folder: Path) -> bool:
        """Tell whether a folder is laid out like this."""

    @classmethod
    @abstractmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the cases of a data set, in the order of their names."""

    def says_why(self, annotation: Annotation, labels: Labels) -> bool:
        """Tell whether the layout itself says why an annotation does not count as a finding, so that it is written."""
        return False

    def kept(self, case: Prepared) -> set[str]:
        """Return the ids of the masks that come back as themselves: the first of each label on the primary image."""
        if self.keeps_annotations:
            return {each.annotation.id for each in case.masks}
        first: dict[str, str] = {}
        for each in case.images[0].masks:
            first.setdefault(each.annotation.label_code, each.annotation.id)
        return set(first.values())

    def keys(self, case: Prepared) -> dict[str, str]:
        """Return the region key of each mask that comes back as itself, by annotation id."""
        kept = self.kept(case)
        return {
            each.annotation.id: self.class_of(case, each.annotation.label_code)
            for each in case.images[0].masks
            if each.annotation.id in kept
        }

    def class_of(self, case: Prepared, code: str) -> str:
        """Return the class of a label in the data set: its very name in the first case that has it, else its code.

        Two tools that call one label `liver` and `Liver` make one class, unless a case has another label of that name.
        """
        own = case.labels.name_of(code)
        first = self._names.setdefault(code, own)
        if first == own:
            return own
        others = {each.annotation.label_code for each in case.images[0].masks} - {code}
        return own if first in map(case.labels.name_of, others) else first

    def found_name(self, name: str) -> str:
        """Return the name under which a case is found again."""
        return name

    def require_one_split(self, case: Prepared) -> None:
        """Raise InputError if another case of the same patient stands in another split."""
        patient, split = case.case.patient_id, self.request.split_of(case)
        if not self.has_splits or patient is None:
            return
        if (found := self._placed.place(patient, split, case.name)) is not None:
            raise InputError(
                "the cases of one patient stand in two splits",
                found=found,
                expected="one split for all cases of a patient_id",
                advice="Correct split of the cases, or name them in --splits",
            )

    def require_image(self, case: Prepared) -> None:
        """Raise UsageError if the primary image was not given: a training set without images is none."""
        if self.needs_images and case.images[0].source is None:
            raise UsageError(
                Message("the layout {name} needs the images", name=self.name),
                found=case.name,
                expected="its image",
                advice="Pass --images with files or folders",
            )
