"""The header of a NIfTI file as the values of its fields, and these as bytes again.

Fields have the names of `nifti1.h` and `nifti2.h` (nibabel's too); several numbers of one field are a tuple, texts are
bytes with the zeros behind them. A struct, not nibabel's header, which takes a hundred times as long: in a folder of
small masks the header is most of a file.
"""

from __future__ import annotations

import re
import struct
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SIZES", "ByteOrder", "Header", "Version", "dtype_name", "dtype_of", "pack", "parse", "type_fields"]

Header: TypeAlias = dict[str, Any]
Version: TypeAlias = Literal[1, 2]
ByteOrder: TypeAlias = Literal["<", ">"]

_FIELDS: Final[dict[Version, str]] = {
    1: """
        sizeof_hdr i, data_type 10s, db_name 18s, extents i, session_error h, regular 1s, dim_info B, dim 8h,
        intent_p1 f, intent_p2 f, intent_p3 f, intent_code h, datatype h, bitpix h, slice_start h, pixdim 8f,
        vox_offset f, scl_slope f, scl_inter f, slice_end h, slice_code B, xyzt_units B, cal_max f, cal_min f,
        slice_duration f, toffset f, glmax i, glmin i, descrip 80s, aux_file 24s, qform_code h, sform_code h,
        quatern_b f, quatern_c f, quatern_d f, qoffset_x f, qoffset_y f, qoffset_z f,
        srow_x 4f, srow_y 4f, srow_z 4f, intent_name 16s, magic 4s
    """,
    2: """
        sizeof_hdr i, magic 8s, datatype h, bitpix h, dim 8q, intent_p1 d, intent_p2 d, intent_p3 d, pixdim 8d,
        vox_offset q, scl_slope d, scl_inter d, cal_max d, cal_min d, slice_duration d, toffset d,
        slice_start q, slice_end q, descrip 80s, aux_file 24s, qform_code i, sform_code i,
        quatern_b d, quatern_c d, quatern_d d, qoffset_x d, qoffset_y d, qoffset_z d,
        srow_x 4d, srow_y 4d, srow_z 4d, slice_code i, xyzt_units i, intent_code i, intent_name 16s, dim_info B,
        unused_str 15s
    """,
}
"""Name and form, as `struct` has it, of each field."""
SIZES: Final[dict[Version, int]] = {1: 348, 2: 540}
"""Bytes of a header."""
_MAGIC: Final[dict[Version, bytes]] = {1: b"n+1\0", 2: b"n+2\0\r\n\x1a\n"}
"""Of a file that holds header and voxels together."""

_DTYPES: Final = {
    **{2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"},
}
"""Types of voxels that are read, by their code; the codes of the others:"""
_OTHER_TYPES: Final = {
    **{0: "none", 1: "binary", 32: "complex64", 128: "RGB", 255: "all"},
    **{1536: "float128", 1792: "complex128", 2048: "complex256", 2304: "RGBA"},
}


def _places(version: Version) -> list[tuple[str, str]]:
    return [(name, form) for name, form in re.findall(r"(\w+) (\w+)", _FIELDS[version])]


def _count(form: str) -> int:
    """Return how many values a field of this form has; a text is one."""
    return 1 if form[-1] == "s" else int(form[:-1] or 1)


_NAMES: Final = {version: [(name, _count(form)) for name, form in _places(version)] for version in _FIELDS}
_STRUCTS: Final[dict[tuple[Version, ByteOrder], struct.Struct]] = {
    (version, order): struct.Struct(order + "".join(form for _, form in _places(version)))
    for version in _FIELDS
    for order in ("<", ">")
}
_EMPTY: Final[dict[Version, Header]] = {
    version: {
        name: b"" if form[-1] == "s" else 0 if _count(form) == 1 else (0,) * _count(form)
        for name, form in _places(version)
    }
    for version in _FIELDS
}


def parse(start: bytes) -> tuple[Header, Version, ByteOrder] | None:
    """Return the fields of a header with its version and byte order; None if these bytes begin with none."""
    for (version, order), layout in _STRUCTS.items():
        if len(start) >= layout.size and struct.unpack_from(f"{order}i", start) == (layout.size,):
            values = layout.unpack_from(start)
            header: Header = {}
            at = 0
            for name, count in _NAMES[version]:
                header[name] = values[at] if count == 1 else values[at : at + count]
                at += count
            if header["magic"] == _MAGIC[version]:
                return header, version, order
    return None


def pack(header: Mapping[str, Any], version: Version) -> bytes:
    """Return a header's bytes, little-endian; fields that are not given are 0, its size and magic are its version's."""
    told: Header = {**_EMPTY[version], **header, "sizeof_hdr": SIZES[version], "magic": _MAGIC[version]}
    values = ((told[name],) if count == 1 else told[name] for name, count in _NAMES[version])
    return _STRUCTS[version, "<"].pack(*chain.from_iterable(values))


def dtype_of(header: Header, order: ByteOrder) -> np.dtype[Any] | None:
    """Return the type of the voxels as they are stored; None if it is none that is read."""
    name = _DTYPES.get(header["datatype"])
    return None if name is None else np.dtype(f"{order}{name}")


def dtype_name(header: Header) -> str | int:
    """Return what a type of voxels that is not read is called, with its code."""
    code = header["datatype"]
    return f"{_OTHER_TYPES[code]} ({code})" if code in _OTHER_TYPES else code


def type_fields(dtype: np.dtype[Any]) -> Header:
    """Return the fields that tell the type of the voxels."""
    kind = f"{dtype.kind}{dtype.itemsize}"
    return {"datatype": next(code for code, name in _DTYPES.items() if name == kind), "bitpix": 8 * dtype.itemsize}
