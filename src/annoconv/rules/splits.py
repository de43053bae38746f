"""What cases say together: one part of a data set for a patient, one name for a code (A 8.4 b, A 9.4.1, A A.5 c)."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv.quality.copies import Copies, Signature

__all__ = ["PatientSplits"]

_DIGEST_BYTES = 16


class Named(NamedTuple):
    """The first name of a code, and the case that gives it."""

    name: str
    case: str


class Waiting(NamedTuple):
    """An image of the first case, which is not read before there is another one."""

    signature: Callable[[], Signature | None]
    reading: tuple[str, ...]
    case_id: str
    case: str


class PatientSplits:
    """The split that the first case of each patient stands in, the first name of each code, the first case of an image.

    Of a patient it keeps a digest, the split and the name of that case: some 300 bytes, however many cases there are;
    of an image as much, where rules ask for it, and some 3 kB where its pixels are looked at.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[str, str]] = {}
        self._names: dict[tuple[str, str], Named] = {}
        self._images: dict[bytes, tuple[str, str]] = {}
        self._copies: Copies | None = None
        self._waiting: list[Waiting] = []

    def name(self, code: str, key: str, name: str, case: str) -> Named | None:
        """Note the name of a code in a language; return the first one if it is another, capitals aside."""
        first = self._names.setdefault((code, key), Named(name, case))
        return None if first.name.casefold().split() == name.casefold().split() else first

    def image(self, reading: tuple[str, ...], case_id: str, case: str) -> str | None:
        """Note the reading of an image; return the first case that has it, if that is of another case_id."""
        key = blake2b("\0".join(reading).encode(), digest_size=_DIGEST_BYTES).digest()
        before, first = self._images.setdefault(key, (case_id, case))
        return None if before == case_id else first

    def near_copy(
        self,
        signature: Callable[[], Signature | None],
        reading: tuple[str, ...],
        case_id: str,
        case: str,
        *,
        least: float,
    ) -> tuple[str, float] | None:
        """Note the pixels of an image; return the first case of another case_id that has nearly them, and how nearly.

        Parameters
        ----------
        signature
            Reads the image; it is called when there are two cases.
        reading
            Images of different readings are not compared.
        case_id, case
            Of the image, and what messages call it.
        least
            Correlation from which on two images are near copies.
        """
        self._waiting.append(Waiting(signature, reading, case_id, case))
        if self._copies is None:
            if all(each.case_id == case_id for each in self._waiting):
                return None
            from annoconv.quality.copies import Copies

            self._copies = Copies()
        found: tuple[str, float] | None = None
        for each in self._waiting:  # the last is the image itself
            read = each.signature()
            group = "\0".join(each.reading)
            found = read and self._copies.first(read, group=group, owner=each.case_id, name=each.case, least=least)
        self._waiting.clear()
        return found

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
