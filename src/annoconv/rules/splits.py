"""One patient, one part of a data set: asked of cases together, by rules and by layouts for training (A 9.4.1)."""

from __future__ import annotations

from hashlib import blake2b

from annoconv.messages import Message

__all__ = ["PatientSplits"]

_DIGEST_BYTES = 16


class PatientSplits:
    """The split that the first case of each patient stands in.

    Of a patient it keeps a digest, the split and the name of that case: some 300 bytes, however many cases there are.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[str, str]] = {}

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
