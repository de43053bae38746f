"""NRRD files (`.nrrd`, `.nhdr`) and Slicer's segmentations in them (`.seg.nrrd`), read strictly.

pynrrd is the library for this format; it inflates without a bound, ignores what follows the data and evaluates no CRC,
so that a hostile file would pass the bounds of `annoconv.limits`. The header is text and small: it is read here.

Authority: https://teem.sourceforge.net/nrrd/format.html; Slicer developer guide, "Segmentation labelmap file format".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from annoconv.advice import CORRECT_FILE, NOTHING, at_most_bytes
from annoconv.codes import concept_of
from annoconv.errors import GeometryError, LimitError, MaskError
from annoconv.geometry import Grid
from annoconv.messages import Message, listed
from annoconv.volumes.refusals import no_such_file, too_many_voxels, unread_type
from annoconv_converters._volumes import mitk
from annoconv_converters._volumes.file import FileSegment, Tree, VolumeFile, mm_of, place_of
from annoconv_converters._volumes.labels import Entry, Terms
from annoconv_converters._volumes.nrrd_data import read_data
from annoconv_converters._volumes.table_trees import fraction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits
    from annoconv.model import Concept

__all__ = ["NrrdFile"]

_TYPES: Final = {
    name: np.dtype(code)
    for code, names in {
        "i1": "signed char|int8|int8_t",
        "u1": "uchar|unsigned char|uint8|uint8_t",
        "i2": "short|short int|signed short|signed short int|int16|int16_t",
        "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
        "i4": "int|signed int|int32|int32_t",
        "u4": "uint|unsigned int|uint32|uint32_t",
        "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
        "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
        "f4": "float",
        "f8": "double",
    }.items()
    for name in names.split("|")
}
_SPACES: Final = {
    "left-posterior-superior": (1, 1),
    "lps": (1, 1),
    "right-anterior-superior": (-1, -1),
    "ras": (-1, -1),
    "left-anterior-superior": (1, -1),
    "las": (1, -1),
}
"""Signs of x and y that turn a space into LPS; the others have no place in a patient."""
_STORED: Final = frozenset(
    {
        *("type", "dimension", "sizes", "encoding", "endian", "data file", "datafile", "block size", "blocksize"),
        *("line skip", "lineskip", "byte skip", "byteskip"),
    }
)
"""Fields that say how the voxels are stored."""
_PLACED: Final = frozenset({"space", "space dimension", "space directions", "space origin"})
"""Fields that say where they lie, which the affine stands for."""
_AXES: Final = frozenset({"domain", "space", "list", "vector", "none", "???"})
"""Kinds of axes that the directions tell too."""
_LISTS: Final = _AXES | {"stub", "point", "scalar"}
"""Kinds of an axis that may be a list of structures; the others are time, colours and components."""
_TERMINOLOGY: Final = (
    *("context", "category", "type", "typeModifier", "anatomicContext", "anatomicRegion", "anatomicRegionModifier"),
)
"""Parts of Slicer's TerminologyEntry, in their order."""
_SEGMENT: Final = re.compile(r"Segment(\d{1,9})_(\w+)")


@dataclass(frozen=True, slots=True)
class _Header:
    """Fields in lower case, key/value pairs as they are, and where the data begin."""

    fields: Mapping[str, str]
    pairs: Mapping[str, str]
    size: int


class NrrdFile(VolumeFile):
    """A NRRD file of three axes, or of a list of layers and three axes."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path)
        self._limits = limits

    @cached_property
    def _header(self) -> _Header:
        if not self.path.is_file():
            raise no_such_file(self.path, Message("a NRRD file"))
        with self.path.open("rb") as file:
            return _read_header(file, self.path, self._limits)

    @cached_property
    def _shape(self) -> tuple[int, int, int, int]:
        """Layers, then voxels along i, j, k."""
        text = self._field("sizes")
        sizes = [int(count) for count in text.split()] if re.fullmatch(r"[\d ]{1,100}", text) else []
        if len(sizes) not in {3, 4} or min(sizes) < 1 or self._field("dimension") != str(len(sizes)):
            raise MaskError(
                "not a volume, nor a list of volumes",
                source=self.path,
                where="sizes",
                found=text[:100],
                expected="three sizes, or four with the list first or last",
                advice="Save one volume as a file of its own, without colours",
            )
        if len(sizes) == 4 and self._is_list_last:
            sizes = [sizes[3], *sizes[:3]]
        sizes = [1, *sizes] if len(sizes) == 3 else sizes
        if math.prod(sizes) > self._limits.mask_voxels:
            raise too_many_voxels(self.path, math.prod(sizes), self._limits)
        return sizes[0], sizes[1], sizes[2], sizes[3]

    @property
    def _is_list_last(self) -> bool:
        """Whether the axis that is no direction in space is the slowest one; Slicer has it first."""
        return self._field("space directions", "none").split()[-1:] == ["none"]

    @property
    def unstated(self) -> tuple[str, ...]:
        return tuple(key for key in ("space", "space directions", "space origin") if not self._field(key, ""))

    def _read_grid(self) -> Grid:
        shape = self._shape[1:]
        space = self._field("space", "").lower()
        if not space:
            return Grid(shape)
        if space not in _SPACES:
            raise GeometryError(
                "this space is not in the patient",
                source=self.path,
                where="space",
                found=space,
                expected=listed([*_SPACES]),
                advice="Save it in the space of the patient, as Slicer does: left-posterior-superior",
            )
        vectors = [_vector(text) for text in re.findall(r"\([^)]*\)", self._field("space directions"))]
        origin = _vector(self._field("space origin", "(0,0,0)"))
        if len(vectors) != 3 or any(len(vector) != 3 for vector in (*vectors, origin)):
            expected = Message("three of three numbers, and an origin of three")
            expected = expected
            told = self._field("space directions")[:100]
            raise _misplaced("the directions of the axes are damaged", self.path, "space directions", told, expected)
        affine = np.eye(4)
        affine[:3, :3] = np.transpose(vectors)
        affine[:3, 3] = origin
        mm = np.array([*_SPACES[space], 1]) * self._mm_by_axis
        try:
            with np.errstate(all="ignore"):  # what is no number is refused as no affine
                return Grid(shape, np.diag([*mm, 1]) @ affine + 0.0)
        except GeometryError as error:
            raise _misplaced(error.problem, self.path, "space directions", error.found, error.expected) from error

    @cached_property
    def _mm_by_axis(self) -> list[float]:
        """The millimetres of the unit of each axis of the space."""
        text = self._field("space units", '"" "" ""')
        units = re.findall(r'"([^"]*)"', text)
        if len(units) != 3:
            expected = Message('"mm" "mm" "mm"')
            raise _misplaced("the units of the axes are damaged", self.path, "space units", text[:100], expected)
        return [mm_of(unit, self.path, "space units") for unit in units]

    def _read_dtype(self) -> np.dtype[Any]:
        name = self._field("type").lower()
        if name not in _TYPES:
            raise unread_type(self.path, "type", name, _TYPES)
        endian = self._field("endian", "little").lower()
        if endian not in {"little", "big"}:
            raise _damaged("unknown byte order", self.path, "endian", endian, Message("little or big"))
        return _TYPES[name].newbyteorder("<" if endian == "little" else ">")

    @property
    def layers(self) -> int:
        """Counts along the list axis."""
        return self._shape[0]

    @property
    def list_axis(self) -> str:  # type: ignore[override]  # a plain value in the base class, read from the header here
        """The kind of its fourth axis, if that is no list: time, RGB-color."""
        kinds = self._field("kinds", "").split()
        if self.layers == 1 or len(kinds) != 4:
            return ""
        kind = kinds[-1 if self._is_list_last else 0]
        return "" if kind.lower() in _LISTS else kind

    @property
    def lists_every_segment(self) -> bool:  # type: ignore[override]  # as above
        """Whether it is a segmentation of Slicer or of MITK."""
        return self.path.name.lower().endswith(".seg.nrrd") or self._groups is not None

    @cached_property
    def _groups(self) -> list[list[dict[str, Any]]] | None:
        return mitk.read_groups(self._header.pairs, self.layers, self.path, self._limits)

    def _read_segments(self) -> Sequence[FileSegment]:
        return list(self._described.values())

    @cached_property
    def _described(self) -> dict[int, FileSegment]:
        """The segments by the numbers in their keys, ascending."""
        described: dict[int, dict[str, str]] = {}
        for key, value in self._header.pairs.items():
            if match := _SEGMENT.fullmatch(key):
                described.setdefault(int(match[1]), {})[match[2]] = value
        segments = {number: self._segment(number, described[number]) for number in sorted(described)}
        if self._groups is not None:
            segments = dict(enumerate(mitk.segments_of(self._groups)))
        first: dict[tuple[int, int], FileSegment] = {}
        for number, segment in segments.items():
            other = first.setdefault((segment.layer, segment.entry.value), segment)
            if other != segment:
                raise MaskError(
                    "two segments have one value, so that nothing tells which voxels are whose",
                    source=self.path,
                    where=mitk.GROUPS if self._groups is not None else f"Segment{number}_LabelValue",
                    found=listed([f"{each.entry.name} ({each.id})" for each in (other, segment)]),
                    expected=Message(
                        "the value {value} once in layer {layer}", value=segment.entry.value, layer=segment.layer
                    ),
                    advice="Give each segment a value of its own, as Slicer and MITK do when they save",
                )
        return segments

    def _segment(self, number: int, told: Mapping[str, str]) -> FileSegment:
        try:
            value, layer = int(told.get("LabelValue", str(number + 1))), int(told.get("Layer", "0"))
            parts = [min(max(float(part), 0.0), 1.0) for part in told.get("Color", "").split()]
        except ValueError as error:
            expected = Message("whole numbers of LabelValue and Layer, numbers of Color")
            raise _damaged(
                "a segment's numbers are damaged", self.path, f"Segment{number}_", listed([*told.values()], 5), expected
            ) from error
        if not 0 <= layer < self.layers or value < 1 or len(parts) not in {0, 3}:
            expected = Message("a layer of the file, a value from 1, a colour of three numbers")
            raise _damaged("a segment is impossible", self.path, f"Segment{number}_", dict(told), expected)
        color = (round(255 * parts[0]), round(255 * parts[1]), round(255 * parts[2])) if parts else None
        entry = Entry(value, told.get("Name", ""), color, _terms(told.get("Tags", "")))
        return FileSegment(layer, entry, told.get("ID", ""))

    def tree(self) -> Tree:
        """Return the fields and the key/value pairs, Slicer's tags and terminology in their parts."""
        said = {key: value for key, value in self._header.fields.items() if key not in _STORED | _PLACED and value}
        if set(said.get("kinds", "").split()) <= _AXES:
            said.pop("kinds", None)
        if self.grid.lps_from_ijk is not None and set(self._mm_by_axis) == {1.0}:
            said.pop("space units", None)
        pairs = self._header.pairs
        told = _pairs(pairs) if self._groups is None else mitk.pairs_tree(pairs, self._groups)
        return said | told | place_of(self.grid)

    def written_tree(self, grid: Grid, segments: Sequence[FileSegment], *, is_labels: bool) -> Tree:
        """Return Slicer's pairs for the segments, numbered as the file numbers them; NRRD is only read."""
        if self._groups is not None:
            return mitk.written_tree(self._groups, segments) | place_of(grid)
        numbers = {(each.layer, each.entry.value): number for number, each in self._described.items()}
        pairs: dict[str, str] = {}
        for each in segments:
            if (number := numbers.get((each.layer, each.entry.value))) is None:
                continue
            color = each.entry.color_rgb
            told = {"ID": each.id, "Name": each.entry.name, "LabelValue": each.entry.value, "Layer": each.layer}
            told["Color"] = " ".join(f"{part / 255:.6g}" for part in color) if color is not None else ""
            told["Tags"] = f"TerminologyEntry:{_entry(each.entry.terms)}"
            pairs |= {f"Segment{number}_{name}": str(value) for name, value in told.items()}
        return _pairs(pairs) | place_of(grid)

    def _values(self) -> NDArray[Any]:
        layers, i, j, k = self._shape
        expected = layers * i * j * k * self.dtype.itemsize
        self._field("encoding")
        stored = read_data(self._header.fields, self.path, self._header.size, expected, self._limits).view(self.dtype)
        native = stored if self.dtype.isnative else stored.astype(self.dtype.newbyteorder("="))
        if layers > 1 and not self._is_list_last:
            return np.ascontiguousarray(np.moveaxis(native.reshape(k, j, i, layers), -1, 0))
        return native.reshape(layers, k, j, i)

    def _field(self, name: str, default: str | None = None) -> str:
        value = self._header.fields.get(name, default)
        if value is None:
            raise _damaged("the header lacks a field", self.path, name, NOTHING, name)
        return value


def _read_header(file: BinaryIO, path: Path, limits: Limits) -> _Header:
    if not file.readline(32).startswith(b"NRRD000"):
        expected = Message("NRRD0001 to NRRD0005 in its first line")
        raise _damaged("not a NRRD file", path, None, Message("another first line"), expected)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    while file.tell() <= limits.header_bytes:
        line = file.readline(limits.header_bytes)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not line.endswith(b"\n") or not text:
            return _Header(fields, pairs, file.tell())
        if text.startswith("#"):
            continue
        key, separator, value = text.partition(":=") if ":=" in text else text.partition(": ")
        if not separator:
            expected = Message("`field: value` or `key:=value`")
            expected = expected
            raise _damaged(
                "neither a field nor a pair",
                path,
                Message("byte {position}", position=file.tell() - len(line)),
                text[:40],
                expected,
            )
        target = pairs if separator == ":=" else fields
        key = key if separator == ":=" else key.strip().lower()
        if key in target:
            raise _damaged("the header names a field twice", path, key, value.strip()[:40], Message("each field once"))
        target[key] = value.strip()
    most = at_most_bytes(limits.header_bytes)
    raise LimitError(
        "the header is too long", source=path, found=Message("more bytes"), expected=most, limit="header_bytes"
    )


def _damaged(problem: str, path: Path, where: str | None, found: object, expected: object) -> MaskError:
    return MaskError(problem, source=path, where=where, found=found, expected=expected, advice=CORRECT_FILE)


def _misplaced(problem: str, path: Path, where: str | None, found: object, expected: object) -> GeometryError:
    return GeometryError(problem, source=path, where=where, found=found, expected=expected, advice=CORRECT_FILE)


def _vector(text: str) -> list[float]:
    try:
        return [float(part) for part in text.strip("() ").split(",")]
    except ValueError:
        return []


def _terms(tags: str) -> Terms:
    """Return the concepts of Slicer's TerminologyEntry: context~category~type~modifier~context~region~modifier."""
    entry = next((tag for tag in tags.split("|") if tag.startswith("TerminologyEntry:")), "")
    parts = entry.partition(":")[2].split("~")
    if len(parts) < 4:
        return Terms()
    category, concept, modifier = map(_concept, parts[1:4])
    region, region_modifier = map(_concept, [*parts[5:7], "", ""][:2])
    return Terms(concept, category, modifier, region, region_modifier)


def _concept(text: str) -> Concept | None:
    return concept_of(*[*text.split("^"), "", "", ""][:3])


def _pairs(pairs: Mapping[str, str]) -> Tree:
    """Return key/value pairs, those of segments in their parts.

    The extent of a segment is left out, which its voxels have anyway.
    """
    said: Tree = {}
    for key, value in pairs.items():
        match = _SEGMENT.fullmatch(key)
        name = match[2] if match else ""
        if name == "Extent" or not value:
            continue
        if name == "Color":
            said[key] = [fraction(part) for part in value.split()]
        elif name == "Tags":
            parts = [tag.partition(":") for tag in value.split("|") if tag]
            said[key] = {tag: _terminology(told) if tag == "TerminologyEntry" else told for tag, _, told in parts}
        else:
            said[key] = value
    return said


def _terminology(entry: str) -> dict[str, Any]:
    """Return the parts of a TerminologyEntry; a concept is scheme, value and meaning."""
    parts = zip(_TERMINOLOGY, entry.split("~"), strict=False)
    return {name: part.split("^") if "^" in part else part for name, part in parts if part.strip("^")}


def _entry(terms: Terms) -> str:
    """Return a TerminologyEntry without the names of the contexts."""
    concepts = (terms.category, terms.concept, terms.modifier, None, terms.region, terms.region_modifier)
    return "~".join(["", *("" if each is None else f"{each.scheme}^{each.code}^{each.meaning}" for each in concepts)])
