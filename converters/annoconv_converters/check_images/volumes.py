"""NIfTI files: affine, voxel sizes, values (A 7.2 b, c, f; A B.2). RAS as the file states it, mm."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from annoconv.advice import COPY_AGAIN, begin_of
from annoconv.errors import AnnoconvError, GeometryError, LimitError, MaskError
from annoconv.files.inflate import DEFLATE_MOST, first_bytes, is_gzip
from annoconv.geometry import Grid
from annoconv.messages import Message
from annoconv.volumes import nifti
from annoconv.volumes.nifti_affines import read_grid, rounding_mm
from annoconv.volumes.nifti_header import SIZES, dtype_of, parse
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits
    from annoconv.volumes.nifti_affines import Form
    from annoconv.volumes.nifti_header import Header

__all__ = ["NiftiImage", "Voxels", "is_pair", "not_finite"]

_START: Final = 540
_PAIR_START: Final = frozenset(size.to_bytes(4, order) for size in (348, 540) for order in ("little", "big"))
"""How the header of a pair of files begins: its own length."""
_FORMS: Final[tuple[Form, ...]] = ("sform", "qform")


def is_pair(path: Path) -> bool:
    """Tell whether a file is the header of an Analyze or NIfTI image whose voxels are in another one."""
    if path.suffix.lower() != ".hdr":
        return False
    with path.open("rb") as file:
        return file.read(4) in _PAIR_START


@dataclass(frozen=True)
class NiftiImage:
    """One NIfTI file.

    Attributes
    ----------
    path
        The file.
    limits
        Bounds on what is read.
    with_values
        Whether the voxels are looked at.
    """

    path: Path
    limits: Limits
    with_values: bool = True

    @cached_property
    def header(self) -> Header:
        """The fields of the header, unchecked; MaskError if there is none."""
        with self.path.open("rb") as file:
            found = parse(first_bytes(file, self.path, _START))
        if found is None:
            raise MaskError(
                "not a NIfTI file that holds header and voxels together",
                source=self.path,
                found=begin_of(self.path),
                expected="a NIfTI-1 or NIfTI-2 header with magic n+1 or n+2",
                advice="Name a .nii or .nii.gz file; convert .hdr and .img to one first",
            )
        return found[0]

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along i, j, k."""
        dim = [*self.header["dim"]]
        i, j, k = ([*dim[1 : dim[0] + 1], 1, 1, 1])[:3]
        return i, j, k

    @cached_property
    def forms(self) -> dict[str, NDArray[np.float64] | GeometryError]:
        """The affines whose code is not 0, LPS, mm, or why they are none."""
        found: dict[str, NDArray[np.float64] | GeometryError] = {}
        for form in _FORMS:
            if self.header[f"{form}_code"] > 0:
                try:
                    zooms = [each if math.isfinite(each) and each > 0 else 1.0 for each in self.header["pixdim"][1:4]]
                    pixdim = (self.header["pixdim"][0], *zooms, *self.header["pixdim"][4:])
                    affine = read_grid({**self.header, "pixdim": pixdim}, self.shape, self.path, form).lps_from_ijk
                    if affine is not None:
                        found[form] = affine
                except GeometryError as error:
                    found[form] = error
        return found

    @property
    def has_sizes(self) -> bool:
        """Whether the voxel sizes are positive numbers."""
        axes = range(1, max(1, min(3, self.header["dim"][0])) + 1)
        return all(math.isfinite(size) and size > 0 for size in (self.header["pixdim"][axis] for axis in axes))

    @property
    def sizes(self) -> str:
        """The voxel sizes as stated, for people."""
        return ", ".join(f"{each:g}" for each in self.header["pixdim"][1:4])

    @property
    def sizes_key(self) -> str:
        """What the header calls them."""
        return "pixdim"

    @cached_property
    def affine(self) -> NDArray[np.float64] | None:
        """The affine that holds: the sform, else the qform."""
        return next((each for each in self.forms.values() if not isinstance(each, GeometryError)), None)

    @cached_property
    def read(self) -> Voxels:
        """What reading the voxels tells; only the header and the length are looked at without values."""
        try:
            stored = self._stored()
            return Voxels() if not self.with_values else not_finite(nifti.read_array(stored), self.shape)
        except AnnoconvError as error:
            return Voxels(problem=error)

    def _stored(self) -> nifti.NiftiHeader:
        """Return where the voxels stand, whatever the header says of their place in space."""
        with self.path.open("rb") as file:
            is_packed, size = is_gzip(file), os.fstat(file.fileno()).st_size
            start = first_bytes(file, self.path, _START)
        header, (_, version, order) = self.header, parse(start) or ({}, 1, "<")
        dim, dtype = [*header["dim"]], dtype_of(header, order)
        offset = float(header["vox_offset"])
        if not 1 <= dim[0] <= 7 or min(dim[1 : dim[0] + 1]) < 1:
            raise MaskError(
                "impossible dimensions",
                source=self.path,
                where="dim",
                found=dim,
                expected="1 to 7 dimensions of at least 1",
                advice=COPY_AGAIN,
            )
        if dtype is None or not (math.isfinite(offset) and SIZES[version] + 4 <= offset <= self.limits.header_bytes):
            return nifti.read_header(self.path, self.limits, several=True)  # which says what is wrong
        volumes = tuple(dim[4 : dim[0] + 1])
        made = nifti.NiftiHeader(self.path, Grid(self.shape), dtype, 1.0, 0.0, int(offset), volumes, version)
        if made.data_bytes + offset > self.limits.expanded_bytes:
            expected, limit = self.limits.expanded_bytes, "expanded_bytes"
            raise LimitError(
                "the volume is too large", source=self.path, found=made.data_bytes, expected=expected, limit=limit
            )
        expected = made.offset + made.data_bytes
        if (not is_packed and size != expected) or expected > size * DEFLATE_MOST:
            found, expected_text = (Message("{count} bytes", count=count) for count in (size, expected))
            raise MaskError(
                "the file's length is wrong", source=self.path, found=found, expected=expected_text, advice=COPY_AGAIN
            )
        return made


class Voxels(NamedTuple):
    """Why voxels cannot be read, and how many are no finite numbers, the first of them at (i, j, k)."""

    problem: AnnoconvError | None = None
    bad: int = 0
    all: int = 0
    first: tuple[int, ...] = ()


def not_finite(stored: NDArray[Any], shape: tuple[int, int, int]) -> Voxels:
    """Return how many stored values are no finite numbers, of a volume of this shape (i, j, k), perhaps several."""
    if stored.dtype.kind != "f":
        return Voxels()
    bad = ~np.isfinite(stored).reshape(-1)
    count = int(np.count_nonzero(bad))
    place = np.unravel_index(int(bad.argmax()) % math.prod(shape), shape[::-1]) if count else ()
    return Voxels(None, count, bad.size, tuple(int(each) for each in reversed(place)))


def _at(image: NiftiImage, **values: object) -> Fault:
    return Fault(image.path, (), {"name": image.path.name, **values})


@check("A-7.2a.file_unreadable", "nifti", "placed")
def unreadable(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield a file whose voxels cannot be read: cut off, damaged, of a type that is no number."""
    problem = image.read.problem
    if problem is not None:
        text = Message("{problem}", problem=problem.problem)
        if problem.found is not None:
            text = Message("{problem}, found {found}", problem=text, found=problem.found)
        yield _at(image, problem=text)


@check("A-7.2f.value_not_finite", "nifti", "placed")
def value_not_finite(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield a file with voxels that are no finite numbers."""
    found = image.read
    if found.bad:
        yield _at(image, count=found.bad, all=found.all, place=", ".join(map(str, found.first)))


@check("A-7.2f.scaling_invalid", "nifti")
def scaling_invalid(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield a file whose values are scaled by a number that is none; a slope of 0 or NaN asks for no scaling."""
    slope, intercept = image.header["scl_slope"], image.header["scl_inter"]
    if math.isfinite(slope) and slope != 0 and not math.isfinite(intercept):
        yield _at(image, found=f"{intercept:g}", slope=f"{slope:g}")


@check("A-B.2.form_missing", "nifti")
def form_missing(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield a file both of whose codes are 0."""
    if not image.forms:
        yield _at(image)


@check("A-7.2b.affine_invalid", "nifti", "placed")
def affine_invalid(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield each affine that is set and none."""
    for form, affine in image.forms.items():
        if isinstance(affine, GeometryError):
            yield _at(image, form=form, problem=affine.problem)


@check("A-B.2.forms_differ", "nifti")
def forms_differ(image: NiftiImage, numbers: Numbers) -> Iterator[Fault]:
    """Yield a file whose two affines put a corner further apart than a share of the smallest voxel."""
    sform, qform = image.forms.get("sform"), image.forms.get("qform")
    if not isinstance(sform, np.ndarray) or not isinstance(qform, np.ndarray) or not image.has_sizes:
        return
    corners = np.array([[*ijk, 1] for ijk in product(*((0, count - 1) for count in image.shape))], dtype=np.float64)
    off = float(np.linalg.norm(corners @ (sform - qform).T[:, :3], axis=1).max())
    voxel = float(np.linalg.norm(sform[:3, :3], axis=0).min())
    if off > numbers["voxel_share"] * voxel and off > rounding_mm(image.header, image.shape):
        yield _at(image, off=f"{off:.4g}")


@check("A-7.2b.affine_sheared", "nifti", "placed")
def affine_sheared(image: NiftiImage, numbers: Numbers) -> Iterator[Fault]:
    """Yield a file whose axes are not at right angles."""
    if image.affine is None:
        return
    axes = image.affine[:3, :3] / np.linalg.norm(image.affine[:3, :3], axis=0)
    cosine = max((float(axes[:, a] @ axes[:, b]) for a, b in combinations(range(3), 2)), key=abs)
    angle = math.degrees(math.acos(min(1.0, abs(cosine))))
    if 90 - angle > numbers["largest_degrees"]:
        yield _at(image, angle=f"{angle:.2f}")


@check("A-7.2c.voxel_size_invalid", "nifti", "placed")
def voxel_size_invalid(image: NiftiImage, _: Numbers) -> Iterator[Fault]:
    """Yield a file with a voxel size that is no positive number."""
    if not image.has_sizes:
        yield _at(image, key=image.sizes_key, found=image.sizes)


@check("A-7.2c.voxel_size_differs", "nifti")
def voxel_size_differs(image: NiftiImage, numbers: Numbers) -> Iterator[Fault]:
    """Yield a file whose voxel sizes are not those of its sform; where there is a qform, it has them by itself."""
    sform = image.forms.get("sform")
    if not isinstance(sform, np.ndarray) or not image.has_sizes or isinstance(image.forms.get("qform"), np.ndarray):
        return
    unit = {1: 1000.0, 3: 0.001}.get(image.header["xyzt_units"] & 7, 1.0)
    stated, actual = np.array(image.header["pixdim"][1:4]) * unit, np.linalg.norm(sform[:3, :3], axis=0)
    differ = np.abs(stated - actual) > numbers["share"] * actual
    if any(differ[axis] and count > 1 for axis, count in enumerate(image.shape)):
        found, expected = (", ".join(f"{number:.5g}" for number in each) for each in (stated, actual))
        yield _at(image, found=found, expected=expected)
