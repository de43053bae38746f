"""What cases say together: one part of a data set for a patient, one name for a code (A 8.4 b, A 9.4.1, A A.5 c)."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from annoconv.messages import Message

__all__ = ["PatientSplits"]

_DIGEST_BYTES = 16


class Named(NamedTuple):
    """The first name of a code, and the case that gives it."""

    name: str
    case: str


class PatientSplits:
    """The split that the first case of each patient stands in, the first name of each code, the first case of an image.

    Of a patient it keeps a digest, the split and the name of that case: some 300 bytes, however many cases there are;
    of an image as much, where rules ask for it.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[str, str]] = {}
        self._names: dict[tuple[str, str], Named] = {}
        self._images: dict[bytes, tuple[str, str]] = {}

    def name(self, code: str, key: str, name: str, case: str) -> Named | None:
        """Note the name of a code in a language; return the first one if it is another, capitals aside."""
        first = self._names.setdefault((code, key), Named(name, case))
        return None if first.name.casefold().split() == name.casefold().split() else first

    def image(self, reading: tuple[str, ...], case_id: str, case: str) -> str | None:
        """Note the reading of an image; return the first case that has it, if that is of another case_id."""
        key = blake2b("\0".join(reading).encode(), digest_size=_DIGEST_BYTES).digest()
        before, first = self._images.setdefault(key, (case_id, case))
        return None if before == case_id else first

    def place(self, patient_id: str, split: str, name: str) -> Message | None:
        """Note where a case stands; return where it and the patient's first one do, if not in the same split.

        Parameters
        ----------
        patient_id
            The pseudonym of the patient.
        split
            The part of the data set.
        name
            What messages call the case.
        """
        patient = blake2b(patient_id.encode(), digest_size=_DIGEST_BYTES).digest()
        before, first = self._first.setdefault(patient, (split, name))
        if before == split:
            return None
        return Message("{first} in {before}, {second} in {split}", first=first, before=before, second=name, split=split)
