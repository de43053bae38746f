"""MetaImage files (`.mha`, `.mhd` with its `.raw` or `.zraw`), read strictly.

ITK's own reader is in SimpleITK, 50 MB of compiled code that allocates what a header says; the header is ten lines of
text. Its coordinates are LPS. Authority: https://itk.org/Wiki/ITK/MetaIO/Documentation.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.advice import CORRECT_FILE, NOTHING, SAVE_AGAIN
from annoconv.errors import GeometryError, MaskError
from annoconv.files.inflate import DEFLATE_MOST, inflated, read_exactly
from annoconv.geometry import Grid
from annoconv.messages import Message, listed
from annoconv.volumes.refusals import no_such_file, too_many_voxels, too_short, unread_type, volume_too_large
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._volumes.file import FileSegment, Tree, VolumeFile, data_file, mm_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["MetaFile"]

_TYPES: Final = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_STORED: Final = frozenset(
    {
        *("ObjectType", "NDims", "DimSize", "ElementType", "ElementNumberOfChannels", "ElementDataFile", "HeaderSize"),
        *("BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB", "CompressedData", "CompressedDataSize"),
    }
)
"""Fields that say how the voxels are stored."""
_PLACED: Final = (
    ("ElementSpacing", "ElementSize"),
    ("TransformMatrix", "Rotation", "Orientation"),
    ("Offset", "Origin", "Position"),
)
"""Fields that say where they lie, which the affine stands for; the first that is there holds."""
_SPACING, _MATRIX, _OFFSET = _PLACED
_LETTERS: Final = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "I": (2, 1), "S": (2, -1)}
"""Axis of LPS and sign of the direction that begins at this side of the patient: the identity is RAI."""
_ALONG: Final = 0.5
"""Least component of a direction along the axis of its letter: of its three the largest is 0.577 or more."""
_UNIT_ROUNDING: Final = 1e-5
"""How far a direction may be from length 1 and still have it: rows are written with six digits."""
_TRUE: Final = frozenset({"true", "1", "t", "y", "yes"})


class MetaFile(VolumeFile):
    """A MetaImage of three axes."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path)
        self._limits = limits

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, str], int]:
        """Return the fields, and the byte behind the last one."""
        if not self.path.is_file():
            raise no_such_file(self.path, Message("a MetaImage file"))
        fields: dict[str, str] = {}
        with self.path.open("rb") as file:
            while "ElementDataFile" not in fields:
                line = file.readline(1 << 16)
                key, separator, value = line.decode("utf-8", "replace").partition("=")
                if not separator or file.tell() > self._limits.header_bytes:
                    raise MaskError(
                        "not a MetaImage header",
                        source=self.path,
                        where=Message("byte {position}", position=file.tell() - len(line)),
                        found=line[:40].decode("ascii", "replace").rstrip(),
                        expected="a name, =, and a value on each line",
                        advice=CORRECT_FILE,
                    )
                if key.strip() in fields:
                    raise MaskError(
                        "the header names a field twice",
                        source=self.path,
                        where=key.strip(),
                        found=value.strip()[:40],
                        expected="each field once",
                        advice=CORRECT_FILE,
                    )
                fields[key.strip()] = value.strip()
            return fields, file.tell()

    @property
    def unstated(self) -> tuple[str, ...]:
        return tuple(names[0] for names in _PLACED if not any(name in self._parsed[0] for name in names))

    def _field(self, *names: str, default: str | None = None) -> str:
        value = next((self._parsed[0][name] for name in names if name in self._parsed[0]), default)
        if value is None:
            raise MaskError(
                "the header lacks a field",
                source=self.path,
                where=names[0],
                found=NOTHING,
                expected=listed(names),
                advice=CORRECT_FILE,
            )
        return value

    def _numbers(self, *names: str, count: int, default: str) -> list[float]:
        numbers = _floats(self._field(*names, default=default))
        if len(numbers) != count:
            raise GeometryError(
                "a field holds another count of numbers",
                source=self.path,
                where=names[0],
                found=len(numbers),
                expected=count,
                advice=CORRECT_FILE,
            )
        return numbers

    def _read_grid(self) -> Grid:
        if (
            self._field("BinaryData", default="True").lower() not in _TRUE
            or self._field("HeaderSize", default="0") != "0"
        ):
            raise MaskError(
                "voxels in this form are not read",
                source=self.path,
                found=Message("text, or bytes behind a header of their own"),
                expected="BinaryData = True and HeaderSize = 0",
                advice=SAVE_AGAIN,
            )
        if self._field("NDims", default="3") != "3" or self._field("ElementNumberOfChannels", default="1") != "1":
            raise MaskError(
                "not one volume",
                source=self.path,
                where="NDims",
                found=Message(
                    "{axes} axes, {channels} channels",
                    axes=self._field("NDims", default="3"),
                    channels=self._field("ElementNumberOfChannels", default="1"),
                ),
                expected="three axes, one channel",
                advice="Save one volume as a file of its own, without colours",
            )
        sizes = self._numbers("DimSize", count=3, default="")
        if not all(size.is_integer() and size >= 1 for size in sizes):
            raise MaskError(
                "impossible dimensions",
                source=self.path,
                where="DimSize",
                found=sizes,
                expected="three whole numbers from 1",
                advice=CORRECT_FILE,
            )
        if math.prod(sizes) > self._limits.mask_voxels:
            raise too_many_voxels(self.path, math.prod(map(int, sizes)), self._limits)
        spacing = self._numbers(*_SPACING, count=3, default="1 1 1")
        affine = np.eye(4)
        with np.errstate(all="ignore"):  # what overflows is refused as no affine
            lengths = np.linalg.norm(self._directions, axis=0)
            lengths[np.abs(lengths - 1) > _UNIT_ROUNDING] = 1
            affine[:3, :3] = self._directions / lengths * spacing
            affine[:3, 3] = self._numbers(*_OFFSET, count=3, default="0 0 0")
            affine[:3] *= mm_of(self._field("DistanceUnits", default=""), self.path, "DistanceUnits")
        if min(spacing) <= 0:
            raise GeometryError(
                "a voxel size is not positive",
                source=self.path,
                where="ElementSpacing",
                found=spacing,
                expected="numbers above 0",
                advice="An axis that runs the other way is a sign in TransformMatrix",
            )
        try:
            return Grid((int(sizes[0]), int(sizes[1]), int(sizes[2])), affine)
        except GeometryError as error:
            raise GeometryError(
                error.problem,
                source=self.path,
                where="TransformMatrix",
                found=error.found,
                expected=error.expected,
                advice=CORRECT_FILE,
            ) from error

    @cached_property
    def _directions(self) -> NDArray[np.float64]:
        """The directions of the index axes, columns, LPS; each is a row of the file's matrix."""
        matrix = self._numbers(*_MATRIX, count=9, default="1 0 0 0 1 0 0 0 1")
        return np.reshape(matrix, (3, 3)).T

    def _read_dtype(self) -> np.dtype[Any]:
        name = self._field("ElementType")
        if name not in _TYPES:
            raise unread_type(self.path, "ElementType", name, _TYPES)
        is_big = self._field("BinaryDataByteOrderMSB", "ElementByteOrderMSB", default="False").lower() in _TRUE
        return np.dtype(_TYPES[name]).newbyteorder(">" if is_big else "<")

    @property
    def layers(self) -> int:
        """One."""
        return 1

    def _read_segments(self) -> Sequence[FileSegment]:
        """None: the format names no labels."""
        return ()

    def tree(self) -> Tree:
        """Return the fields, the comment and the tags of programs too, and what conflicts with the place."""
        fields = self._parsed[0]
        placed = self.grid  # refused before, if its numbers are none
        agreeing = {name for names in _PLACED for name in names if self._agrees(name, names)}
        if mm_of(fields.get("DistanceUnits", ""), self.path, "DistanceUnits") == 1:
            agreeing.add("DistanceUnits")
        if not any(_floats(fields.get("CenterOfRotation", "0"))):
            agreeing.add("CenterOfRotation")
        if self._runs_along(fields.get("AnatomicalOrientation", "")):
            agreeing.add("AnatomicalOrientation")
        said = {key: value for key, value in fields.items() if key not in _STORED | agreeing and value}
        return said | place_of(placed)

    def _agrees(self, name: str, names: Sequence[str]) -> bool:
        """Tell whether a field says what the first of its kind says, which holds; rows of a matrix have length 1."""
        told = next((self._parsed[0][each] for each in names if each in self._parsed[0]), "")
        if _floats(self._parsed[0].get(name, told)) != _floats(told):
            return False
        lengths = np.linalg.norm(self._directions, axis=0)
        return names is not _MATRIX or bool(np.all(np.abs(lengths - 1) <= _UNIT_ROUNDING))

    def _runs_along(self, letters: str) -> bool:
        """Tell whether the index axes begin at the sides that three letters name; other texts name none."""
        if len(letters) != 3 or not _LETTERS.keys() >= set(letters):
            return True
        sides = zip(self._directions.T, map(_LETTERS.__getitem__, letters), strict=True)
        return all(sign * direction[axis] >= _ALONG * np.linalg.norm(direction) for direction, (axis, sign) in sides)

    def written_tree(self, grid: Grid, segments: Sequence[FileSegment], *, is_labels: bool) -> Tree:
        """Return where the voxels lie: MetaImage is only read, and has no labels."""
        return place_of(grid)

    def _values(self) -> NDArray[Any]:
        expected = math.prod(self.grid.shape) * self.dtype.itemsize
        if expected > self._limits.expanded_bytes:
            raise volume_too_large(self.path, expected, self._limits)
        check_held(expected, self.path, self._limits)
        path, at = self._data_file()
        if expected > path.stat().st_size * DEFLATE_MOST:
            raise too_short(self.path, path.stat().st_size, expected)
        packed = path.stat().st_size
        stored = read_exactly(lambda: self._pieces(path, at), expected, packed, self.path).view(self.dtype)
        native = stored if self.dtype.isnative else stored.astype(self.dtype.newbyteorder("="))
        return native.reshape(1, *self.grid.shape_kji)

    def _data_file(self) -> tuple[Path, int]:
        name = self._field("ElementDataFile")
        if name == "LOCAL":
            return self.path, self._parsed[1]
        return data_file(self.path, name, "ElementDataFile"), 0

    def _pieces(self, path: Path, at: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(at)
            if self._field("CompressedData", default="False").lower() in _TRUE:
                yield from inflated(file, self.path, is_zlib=True)
            else:
                while piece := file.read(1 << 20):
                    yield piece


def _floats(text: str) -> list[float]:
    """Return the numbers of a field; nothing if a part of it is none."""
    try:
        return [float(part) for part in text.split()]
    except ValueError:
        return []
