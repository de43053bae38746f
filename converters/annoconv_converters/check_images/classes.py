"""Storage classes of images: which have a place in the patient, and which modality each is of (PS3.3 A.1.4, PS3.6)."""

from __future__ import annotations

from typing import Final

__all__ = ["ENHANCED", "MODALITIES", "PLANAR", "ROOT", "VOLUMES"]

VOLUMES: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}"
    for suffix in ("2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "128", "128.1", "130", "20")
)
"""Classes of images that have a place in the patient: CT, MR, PET, their enhanced ones, nuclear medicine."""
PLANAR: Final = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"})
"""Those of one slice a file, which must state position and orientation (PS3.3 C.7.6.2)."""
MODALITIES: Final = {
    **dict.fromkeys(("2", "2.1", "2.2"), ("CT",)),
    **dict.fromkeys(("4", "4.1", "4.2", "4.3", "4.4"), ("MR",)),
    **dict.fromkeys(("128", "128.1", "130"), ("PT",)),
    **dict.fromkeys(("3.1", "6.1", "6.2"), ("US",)),
    "20": ("NM",),
    "1": ("CR",),
    **dict.fromkeys(("1.1", "1.1.1"), ("DX", "CR")),
    **dict.fromkeys(("1.2", "1.2.1", "13.1.3"), ("MG",)),
    **dict.fromkeys(("12.1", "12.1.1"), ("XA",)),
    **dict.fromkeys(("77.1.1", "77.1.1.1"), ("ES",)),
    "77.1.6": ("SM",),
}
"""Modality of each storage class (PS3.3 A.1.4 and the IODs' own modules), by the end of its UID."""
ROOT: Final = "1.2.840.10008.5.1.4.1.1."
ENHANCED: Final = frozenset(f"{ROOT}{suffix}" for suffix in ("2.1", "2.2", "4.1", "4.3", "4.4", "128.1", "130"))
"""Those whose frames stand in functional groups (PS3.3 C.7.6.16)."""
