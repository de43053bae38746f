"""Bounds on what is accepted from outside, in one place.

They are checked before anything is decoded or allocated; what exceeds one raises `LimitError` (exit code 4). Raise a
single bound with `dataclasses.replace(Limits(), depth=50)`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds, each inclusive.

    Attributes
    ----------
    document_bytes
        Size of one JSON document.
    line_bytes
        Size of one line of a JSON Lines file.
    depth
        Nesting of objects and arrays in a JSON document; 201 is where the parser itself stops.
    keys
        Keys of one object in a case.
    members
        Members of one list that an annotation or another part of a case holds, such as the vertices of a polygon.
    findings
        Places in which one document does not conform that are told; the rest is counted.
    mask_voxels
        Voxels of one mask or image volume, or pixels of a whole slide: 185,000 by 185,000.
    volume_bytes
        Size of a volume that is held in memory. Of masks and label maps that cover little of theirs, only what they
        cover is.
    expanded_bytes
        Size of a file's content once inflated; eight bytes for each of the voxels that there may be.
    header_bytes
        Size of what stands before the voxels: NIfTI extensions, DICOM attributes other than pixel data.
    files
        Files in one request, folders expanded.
    direction_millionths
        How far the direction cosines of DICOM slices may be off right angles and unit length, and off those of other
        slices: those of three decimals are off by up to 2,000. What is beyond 100 is taken with a loss entry.
    """

    document_bytes: int = 1 << 30
    line_bytes: int = 64 << 20
    depth: int = 201
    keys: int = 100_000
    members: int = 1_000_000
    findings: int = 100_000
    mask_voxels: int = 1 << 35
    volume_bytes: int = 8 << 30
    expanded_bytes: int = 1 << 38
    header_bytes: int = 64 << 20
    files: int = 1_000_000
    direction_millionths: int = 100
