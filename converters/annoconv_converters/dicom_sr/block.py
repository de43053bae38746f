"""What the private block (4143,1001) of a report says: what else its case holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.residuals import Residual
from annoconv_converters._dicom.carrier import read_carried

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.limits import Limits

__all__ = ["Block", "read_block"]

_VERSION: Final = 1


@dataclass(frozen=True)
class Block:
    """The private block of a report.

    Attributes
    ----------
    digest
        Of the rest of the file, so that one that nobody edited need not be compared.
    residual
        What the file does not hold of the case.
    held
        What it holds instead (`annoconv.documents.merging.held`).
    names
        Ids of annotations that the file itself calls otherwise, by that.
    unsaid
        What the file has of its source and the case does not say.
    """

    digest: str
    residual: Residual
    held: Sequence[Any] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    unsaid: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        told: dict[str, Any] = {"version": _VERSION, "digest": self.digest, "residual": self.residual.to_json()}
        told |= {"held": [*self.held]}
        told |= {"names": dict(self.names)} if self.names else {}
        return told | ({"unsaid": [*self.unsaid]} if self.unsaid else {})


def read_block(header: Dataset, path: Path, limits: Limits) -> Block | None:
    """Return the private block of a file; None if it has none.

    Raises
    ------
    InputError
        If there is one and it is of another version, or anything but what annoconv writes.
    """
    return read_carried(header, path, limits, version=_VERSION, block_of=_block)


def _block(document: dict[str, Any]) -> Block:
    """Return what a document of this version says; KeyError, TypeError or ValueError if it says anything else."""
    held = [(tuple(path), value) for path, value in document["held"]]
    names = {str(name): str(identity) for name, identity in document.get("names", {}).items()}
    unsaid = [str(each) for each in document.get("unsaid", ())]
    if not isinstance(document["digest"], str):
        raise TypeError("a digest is a text")
    return Block(document["digest"], Residual.from_json(document["residual"]), held, names, unsaid)
