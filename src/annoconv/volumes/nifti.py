"""NIfTI files, strictly: nothing is inflated or allocated before the header is checked, everything read is verified.

The files' RAS affine and ijk order end here: what leaves this module is LPS and `kji`. NIfTI stores i fastest, so the
voxels in file order *are* a C-order array of shape (k, j, i). Neither header nor data are left to nibabel, which checks
neither the CRC nor the length of a compressed file.

Authority: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h; specification B.2.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import ARRAY_ORDER, COPY_AGAIN, SAVE_AGAIN, in_bytes
from annoconv.errors import GeometryError, MaskError
from annoconv.files.inflate import DEFLATE_MOST, chunks, compress, first_bytes, is_gzip, read_exactly
from annoconv.messages import Message
from annoconv.volumes.nifti_affines import Form, forms_elsewhere, forms_of, is_in_mm, read_grid, steps_of
from annoconv.volumes.nifti_header import SIZES, dtype_name, dtype_of, pack, parse, type_fields
from annoconv.volumes.refusals import no_such_file, too_many_voxels, too_short, volume_too_large

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.volumes.nifti_header import ByteOrder, Header, Version

__all__ = [
    "LABEL_INTENT",
    "NIFTI1_LARGEST",
    "Extension",
    "NiftiHeader",
    "header_of",
    "holds_qform",
    "is_plain",
    "nifti_bytes",
    "nifti_pieces",
    "parse_start",
    "read_array",
    "read_header",
    "read_scaled",
    "scaled",
]

Extension: TypeAlias = tuple[int, bytes]
"""Code and content of a header extension; 0 is unknown to the registry, where Caret's XML label table stands."""
LABEL_INTENT: Final = 1002
"""NIFTI_INTENT_LABEL: the voxels are indices into a table of labels."""

_NIFTI_FILE: Final = Message("a NIfTI file")
_LONGEST: Final = max(SIZES.values())
NIFTI1_LARGEST: Final = 32767
"""Voxels along one axis: the header's dimensions are 16-bit."""
_EXTENSION_ALIGNMENT: Final = 16
_SLOPE_ROUNDING: Final = 1e-6
"""Relative: ten times the rounding of a float32 slope."""
_LARGEST_ROUNDING: Final = 0.1
"""Half a step of scaled integers, up to which labels may be off whole numbers."""


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """What a checked header says.

    Attributes
    ----------
    path
        The file.
    grid
        LPS; without an affine if both sform and qform codes are 0.
    dtype
        As stored, with its byte order.
    slope, intercept
        Value = stored x slope + intercept; (1, 0) if none is set.
    offset
        Byte of the first voxel in the inflated file.
    volumes
        Counts along the axes beyond the third, () for a single volume; vectors have (1, 3).
    version
        1 or 2.
    intent
        Intent code, 1002 for labels.
    steps
        Size of a voxel along (i, j, k) by `pixdim`, mm; 0 where it says none.
    """

    path: Path
    grid: Grid
    dtype: np.dtype[Any]
    slope: float
    intercept: float
    offset: int
    volumes: tuple[int, ...] = ()
    version: Version = 1
    intent: int = 0
    steps: tuple[float, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the stored array, C-order: the axes beyond the third, then (k, j, i)."""
        return (*reversed(self.volumes), *self.grid.shape_kji)

    @property
    def data_bytes(self) -> int:
        """Size of the voxels."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(path: Path, limits: Limits, *, form: Form = "agree", several: bool = False) -> NiftiHeader:
    """Return a file's header after every check that needs no voxel.

    Parameters
    ----------
    path
        `.nii` or `.nii.gz`; the content tells which.
    limits
        Bounds on what is inflated and allocated.
    form
        Which affine holds; by default sform and qform must agree where both are set.
    several
        Whether a file of several volumes, or of vectors, is taken.

    Raises
    ------
    MaskError
        If the file is missing, not a single-file NIfTI, of another type than integers and floats, or too short; if it
        holds several volumes and they are not asked for.
    GeometryError
        If an affine is not finite or singular, a voxel size negative, or sform and qform conflict.
    LimitError
        If the volume is larger than `limits` allow.
    """
    if not path.is_file():
        raise no_such_file(path, _NIFTI_FILE)
    with path.open("rb") as file:
        compressed, size = is_gzip(file), os.fstat(file.fileno()).st_size
        start = first_bytes(file, path, _LONGEST)
    result = header_of(start, path, limits, form=form, several=several)
    expected = result.offset + result.data_bytes
    if not compressed and size != expected:
        raise MaskError(
            "the file's length is wrong",
            source=path,
            found=in_bytes(size),
            expected=in_bytes(expected),
            advice=COPY_AGAIN,
        )
    if expected > size * DEFLATE_MOST:
        raise too_short(path, size, expected)
    return result


def header_of(start: bytes, path: Path, limits: Limits, *, form: Form = "agree", several: bool = False) -> NiftiHeader:
    """Return the header that a file's content begins with, checked as `read_header` does but for the file's length."""
    header, version, order = _parse(start, path)
    shape, volumes, dtype, offset = _layout(header, version, order, path, limits)
    if math.prod(volumes) != 1 and not several:
        raise MaskError(
            "not one volume",
            source=path,
            where="dim",
            found=[*shape, *volumes],
            expected="at most three axes",
            advice="Save each volume as a file of its own",
        )
    result = NiftiHeader(
        path,
        read_grid(header, shape, path, form),
        dtype,
        *_scaling(header, path),
        offset,
        volumes if math.prod(volumes) != 1 else (),
        version,
        header["intent_code"],
        steps_of(header),
    )
    expected = offset + result.data_bytes
    if expected > limits.expanded_bytes:
        raise volume_too_large(path, expected, limits)
    return result


def read_array(header: NiftiHeader) -> NDArray[Any]:
    """Return the stored voxels, shape `header.shape`, native byte order, scaling not applied.

    Raises
    ------
    MaskError
        If the file is truncated, its checksum or length is wrong, or anything follows the voxels.
    """
    packed = header.path.stat().st_size
    voxels = read_exactly(lambda: chunks(header.path), header.data_bytes, packed, header.path, skip=header.offset)
    stored = voxels.view(header.dtype).reshape(header.shape)
    return stored if header.dtype.isnative else stored.astype(header.dtype.newbyteorder("="))


def read_scaled(header: NiftiHeader) -> NDArray[Any]:
    """Return the voxels as `read_array` does, scaling applied; whole numbers where only rounding parts them from them.

    Notes
    -----
    A label map that was floating point when nibabel wrote it as integers has a slope that divides its range by that of
    the type, and its labels come back off by up to half a step. They are taken as labels if every voxel lies so near
    to a whole number, and a step is too small for a fraction to do so by chance.
    """
    return scaled(read_array(header), header)


def scaled(stored: NDArray[Any], header: NiftiHeader) -> NDArray[Any]:
    """Return stored values, scaled as `read_scaled` does it; any shape."""
    slope, intercept = header.slope, header.intercept
    if (slope, intercept) == (1, 0):
        return stored
    with np.errstate(all="ignore"):  # what overflows is refused as no label
        values = np.asarray(stored.astype(np.float64) * slope + intercept)
        step = abs(slope) / 2 if stored.dtype.kind in "iu" and abs(slope) / 2 <= _LARGEST_ROUNDING else 0.0
        whole = np.rint(values)
        is_whole = np.abs(values - whole) <= step + _SLOPE_ROUNDING * np.abs(values)
    return whole if is_whole.all() else values


def is_plain(header: NiftiHeader) -> bool:
    """Tell whether any program takes a file for what is taken here.

    It is packed as its name says, has three axes, no scaling, mm, and no form that says anything but the grid.
    """
    with header.path.open("rb") as file:
        compressed = is_gzip(file)
        stored, _, _ = _parse(first_bytes(file, header.path, _LONGEST), header.path)
    return (
        compressed == header.path.name.endswith(".gz")
        and stored["dim"][0] == 3
        and (header.slope, header.intercept) == (1, 0)
        and is_in_mm(stored)
        and not forms_elsewhere(stored, header.grid, header.path)
    )


def parse_start(start: bytes, path: Path) -> tuple[Header, list[Extension]]:
    """Return what stands before the voxels: the fields of the header of either version, unchecked, and extensions."""
    header, version, order = _parse(start, path)
    return header, _extensions(start, SIZES[version], order, path)


def _extensions(start: bytes, size: int, order: ByteOrder, path: Path) -> list[Extension]:
    found: list[Extension] = []
    at = size + 4
    if start[size : size + 1] in {b"", b"\0"}:
        return found
    while at + 8 <= len(start):
        length, code = struct.unpack(f"{order}ii", start[at : at + 8])
        if length == 0 and not any(start[at:]):
            break
        if length < 8 or at + length > len(start):  # some writers do not align them
            expected = Message("8 bytes or more, within the header")
            raise _damaged("a header extension has an impossible size", path, None, length, expected)
        found.append((code, start[at + 8 : at + length].rstrip(b"\0")))
        at += length
    return found


def nifti_bytes(labels_kji: NDArray[Any], grid: Grid, *, compressed: bool = True) -> bytes:
    """Return a file of a volume: sform and qform, mm, no name and no time in the gzip header.

    Parameters
    ----------
    labels_kji
        Shape `grid.shape_kji`, an integer or float dtype that NIfTI knows; stored as it is.
    grid
        LPS, or without an affine: then both codes are 0. A qform cannot hold sheared axes.
    compressed
        Whether it is a `.nii.gz` file.

    Raises
    ------
    GeometryError
        If the array does not fit the grid.
    """
    pieces = nifti_pieces(labels_kji, grid, intent=LABEL_INTENT if labels_kji.dtype.kind in "iu" else 0)
    return b"".join(compress(pieces) if compressed else pieces)


def nifti_pieces(
    voxels: NDArray[Any],
    grid: Grid,
    *,
    version: Version = 1,
    extensions: Sequence[Extension] = (),
    intent: int = 0,
) -> Iterator[memoryview | bytes]:
    """Yield an uncompressed file of one or several volumes: what stands before the voxels, then the voxels.

    Parameters
    ----------
    voxels
        C-order, shape `grid.shape_kji`, or with further axes before it: `(volume, k, j, i)`, `(3, 1, k, j, i)`.
    grid
        LPS, or without an affine: then both codes are 0. A qform cannot hold sheared axes.
    version
        2 holds the affine in float64; it is taken anyway where an axis has more than 32,767 voxels.
    extensions
        Written in this order.
    intent
        Intent code.
    """
    if voxels.shape[-3:] != grid.shape_kji or voxels.ndim > 7:
        raise GeometryError(
            "the array does not fit its grid", found=voxels.shape, expected=grid.shape_kji, advice=ARRAY_ORDER
        )
    if max(voxels.shape) > NIFTI1_LARGEST:
        version = 2
    packed = b"".join(_packed(*extension) for extension in extensions)
    dim = (voxels.ndim, *reversed(voxels.shape), *(1,) * (7 - voxels.ndim))
    told = {"dim": dim, "scl_slope": 1.0, "intent_code": intent, "vox_offset": SIZES[version] + 4 + len(packed)}
    header = forms_of(grid, version) | type_fields(voxels.dtype) | told
    yield pack(header, version) + bytes((bool(packed), 0, 0, 0)) + packed
    yield np.ascontiguousarray(voxels).data.cast("B") if voxels.size else b""


def holds_qform(grid: Grid) -> bool:
    """Tell whether the float32 quaternion of NIfTI-1 holds a grid to 1e-3 mm, so that both forms are written."""
    return grid.lps_from_ijk is None or forms_of(grid, 1)["qform_code"] != 0


def _packed(code: int, content: bytes) -> bytes:
    """Return one extension; its content is padded with blanks, which XML and JSON allow at their ends."""
    length = -(-(len(content) + 8) // _EXTENSION_ALIGNMENT) * _EXTENSION_ALIGNMENT
    return struct.pack("<ii", length, code) + content.ljust(length - 8)


def _parse(start: bytes, path: Path) -> tuple[Header, Version, ByteOrder]:
    found = parse(start)
    if found is not None:
        return found
    if not start:
        raise _damaged("the file is empty", path, None, in_bytes(0), _NIFTI_FILE)
    raise MaskError(
        "not a NIfTI file that holds header and voxels together",
        source=path,
        found=Message("first bytes {first}", first=start[:8].hex(" ")),
        expected=Message("a header of 348 or 540 bytes with the mark n+1 or n+2"),
        advice="Open it in the program that it comes from, and save it there as NIfTI (.nii.gz)",
    )


def _damaged(problem: str, path: Path, where: str | None, found: object, expected: Message) -> MaskError:
    return MaskError(problem, source=path, where=where, found=found, expected=expected, advice=SAVE_AGAIN)


def _layout(
    header: Header, version: Version, order: ByteOrder, path: Path, limits: Limits
) -> tuple[tuple[int, int, int], tuple[int, ...], np.dtype[Any], int]:
    """Return shape (i, j, k), the counts of further axes, stored dtype and the offset of the voxels."""
    dim = [*header["dim"]]
    if not 1 <= dim[0] <= 7 or min(dim[1 : dim[0] + 1]) < 1:
        expected = Message("one to seven axes, each of one voxel or more")
        raise _damaged("impossible dimensions", path, "dim", dim, expected)
    sizes = [*dim[1 : dim[0] + 1], 1, 1]
    if math.prod(sizes) > limits.mask_voxels:
        raise too_many_voxels(path, math.prod(sizes), limits)
    dtype = dtype_of(header, order)
    if dtype is None:
        raise MaskError(
            "voxels of this type are not read",
            source=path,
            where="datatype",
            found=dtype_name(header),
            expected="whole numbers or real numbers, one a voxel",
            advice="Save labels as whole numbers, without colours",
        )
    stated = float(header["vox_offset"])
    least = SIZES[version] + 4
    if not (least <= stated <= limits.header_bytes and stated.is_integer()):
        expected = Message("a whole number from {least}", least=least)
        raise _damaged("impossible place of the voxels", path, "vox_offset", stated, expected)
    return (sizes[0], sizes[1], sizes[2]), tuple(sizes[3 : dim[0]]), dtype, int(stated)


def _scaling(header: Header, path: Path) -> tuple[float, float]:
    slope, intercept = header["scl_slope"], header["scl_inter"]
    if slope == 0 or not math.isfinite(slope):
        return 1.0, 0.0
    if not math.isfinite(intercept):
        raise _damaged("the intercept is not a number", path, "scl_inter", intercept, Message("a finite number"))
    return slope, intercept
