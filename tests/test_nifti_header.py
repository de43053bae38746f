"""Headers of NIfTI as bytes and as fields, against nibabel's."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
import pytest

from annoconv.volumes.nifti_header import Version, pack, parse

KINDS: dict[int, Any] = {1: nibabel.Nifti1Header, 2: nibabel.Nifti2Header}
TOLD: dict[str, Any] = {
    **{"descrip": b"by hand", "intent_name": b"liver", "aux_file": b"x", "dim_info": 5, "slice_end": 6},
    **{"dim": (4, 5, 6, 7, 2, 1, 1, 1), "pixdim": (-1.0, 0.5, 0.25, 2.5, 1.0, 1.0, 1.0, 1.0), "intent_p2": 1.5},
    **{"datatype": 4, "bitpix": 16, "vox_offset": 400, "scl_slope": 2.0, "scl_inter": -1.5, "xyzt_units": 10},
    **{"qform_code": 1, "sform_code": 2, "quatern_b": 0.5, "quatern_d": -0.25, "qoffset_x": -12.5, "slice_code": 3},
    **{"srow_x": (1.0, 2.0, 3.0, 4.0), "srow_z": (0.5, 0.0, -3.0, 8.0), "intent_code": 1002, "toffset": 0.125},
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
def test_fields_are_those_that_nibabel_has(version: Version, order: str) -> None:
    header = KINDS[version](endianness=order)
    for name, value in TOLD.items():
        header[name] = value
    header["magic"] = b"n+1" if version == 1 else b"n+2"
    found = parse(header.binaryblock + bytes(4))
    assert found is not None
    fields, *rest = found
    assert rest == [version, order]
    for name in set(header.keys()) - {"magic", "eol_check"}:
        wanted = header[name]
        given = fields[name].rstrip(b"\0") if isinstance(fields[name], bytes) else fields[name]
        assert np.array_equal(np.asarray(given), wanted), name


@pytest.mark.parametrize("version", [1, 2])
def test_bytes_are_those_that_nibabel_writes(version: Version) -> None:
    header = KINDS[version](endianness="<")
    for name in header.keys():  # noqa: SIM118  it has no iterator over names
        header[name] = TOLD.get(name, 0 if header[name].dtype.kind != "S" else b"")
    header["sizeof_hdr"] = len(header.binaryblock)
    header["magic"] = b"n+1" if version == 1 else b"n+2"
    if version == 2:
        header["eol_check"] = (13, 10, 26, 10)
    assert pack(TOLD, version) == header.binaryblock


@pytest.mark.parametrize("start", [b"", b"\0" * 600, nibabel.Nifti1Header().binaryblock[:347]])
def test_what_is_no_header_has_no_fields(start: bytes) -> None:
    assert parse(start) is None
