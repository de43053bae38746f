"""NIfTI files of one volume, or of several along the fourth axis, with the label table of their header."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from annoconv.errors import MaskError
from annoconv.files.inflate import first_bytes
from annoconv.pixels import NiftiVolume
from annoconv.volumes import nifti
from annoconv.volumes.nifti_affines import forms_elsewhere
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._volumes import caret_tables
from annoconv_converters._volumes.file import FileSegment, Tree, VolumeFile, affine_rows, place_of
from annoconv_converters._volumes.table_trees import caret_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.pixels import Volume
    from annoconv.volumes.nifti_affines import Form
    from annoconv.volumes.nifti_header import Header

__all__ = ["NiftiFile"]

_CARET_CODES: Final = frozenset({0, 30})
"""Extension codes under which Caret's XML is found: 30 is registered for it, TotalSegmentator writes 0."""
_TEXTS: Final = ("descrip", "aux_file", "intent_name", "db_name")
_NUMBERS: Final = (
    *("intent_code", "intent_p1", "intent_p2", "intent_p3", "dim_info", "slice_code", "slice_start", "slice_end"),
    *("slice_duration", "toffset", "cal_min", "cal_max"),
)
"""Fields that say nothing where they are 0; `nifti1.h` marks the others of ANALYZE 7.5 as unused."""
_SPACES: Final = {1: "scanner", 2: "aligned", 3: "talairach", 4: "mni", 5: "template"}
_LENGTHS: Final = {1: "meter", 2: "mm", 3: "micron"}
_MM: Final = {1: 1000.0, 3: 0.001}
"""Of the units of length that are not mm."""
_STEP_ROUNDING: Final = 1e-3
"""Share by which a voxel size may differ from the affine's that says the same in fewer digits."""
_TIMES: Final = {8: "sec", 16: "msec", 24: "usec", 32: "hz", 40: "ppm", 48: "rads"}
"""What the codes of the forms and the units mean, in `nifti1.h`; what is not here is unknown and says nothing."""
_LAST_OF_TIME: Final = 24
"""Of the units of the fourth axis the last one of time; the others are frequencies."""
_TIME_SERIES: Final = 2001
"""NIFTI_INTENT_TIME_SERIES"""


class NiftiFile(VolumeFile):
    """A NIfTI file of one volume, or of several along its fourth axis."""

    def __init__(self, path: Path, limits: Limits, form: Form = "agree", written: bytes | None = None) -> None:
        super().__init__(path)
        self._limits = limits
        self._form: Form = form
        self._written = written
        """What its writer put before the voxels, which then is not read again."""

    @cached_property
    def header(self) -> nifti.NiftiHeader:
        """The checked header."""
        if self._written is None:
            header = nifti.read_header(self.path, self._limits, form=self._form, several=True)
        else:
            header = nifti.header_of(self._written, self.path, self._limits, form=self._form, several=True)
        if len(header.volumes) > 1:
            found = [*header.grid.shape, *header.volumes]
            raise MaskError(
                "not a volume, nor a list of volumes",
                source=self.path,
                where="dim",
                found=found,
                expected="three axes, or four",
                advice="Save one volume as a file of its own, without colours",
            )
        return header

    @cached_property
    def _start(self) -> tuple[Header, list[nifti.Extension]]:
        """The fields of the header, and the extensions."""
        if self._written is not None:
            return nifti.parse_start(self._written, self.path)
        with self.path.open("rb") as file:
            return nifti.parse_start(first_bytes(file, self.path, self.header.offset), self.path)

    def _read_grid(self) -> Grid:
        return self.header.grid

    def _read_dtype(self) -> np.dtype[Any]:
        return self.header.dtype

    @property
    def layers(self) -> int:
        """Counts along the fourth axis."""
        return self.header.volumes[0] if self.header.volumes else 1

    @property
    def list_axis(self) -> str:  # type: ignore[override]  # a plain value in the base class, read from the header here
        """The unit of the fourth axis, if it has one: time points, frequencies."""
        header = self._start[0]
        code = header["xyzt_units"] & 56
        if code in _TIMES:
            return f"{'time' if code <= _LAST_OF_TIME else 'frequency'} ({_TIMES[code]})"
        return "time" if header["intent_code"] == _TIME_SERIES else ""

    @property
    def is_label_map(self) -> bool:  # type: ignore[override]  # a plain value in the base class, read from the header here
        """Whether its intent is that of labels."""
        return self.header.intent == nifti.LABEL_INTENT

    def _read_segments(self) -> Sequence[FileSegment]:
        tables = [
            caret_tables.read_caret(content, self.path)
            for code, content in self._start[1]
            if code in _CARET_CODES and b"<CaretExtension" in content[:1000]
        ]
        return [FileSegment(layer, entry) for layer, entry in (tables[0] if tables else [])]

    def tree(self) -> Tree:
        """Return what the header and its extensions say, by the names of the fields."""
        return _tree(*self._start, self.grid, self.path)

    def written_tree(self, grid: Grid, segments: Sequence[FileSegment], *, is_labels: bool) -> Tree:
        """Return what the writer's own header says."""
        tables = [[each.entry for each in segments if each.layer == layer] for layer in range(self.layers)]
        tree = _written_header(grid, self.layers, self.header.version)
        if any(tables):
            tree = tree | {"extensions": {"CaretExtension": [caret_tree(caret_tables.write_caret(tables))]}}
        return tree if is_labels else {name: value for name, value in tree.items() if name != "intent_code"}

    def _values(self) -> NDArray[Any]:
        check_held(self.header.data_bytes, self.path, self._limits)
        return nifti.read_scaled(self.header).reshape(self.layers, *self.grid.shape_kji)

    def volume(self, layer: int) -> Volume:
        """Return one layer; the only one of a file is a volume that can be copied as it stands."""
        return self._only_volume if self.layers == 1 else super().volume(layer)

    @cached_property
    def _only_volume(self) -> NiftiVolume:
        return NiftiVolume(self.path, self._limits, form=self._form)


@lru_cache(maxsize=8)
def _written_header(grid: Grid, layers: int, version: Literal[1, 2]) -> Tree:
    """Return what the writer's own header says of labels on a grid; the files of a case share it."""
    shape = grid.shape_kji if layers == 1 else (layers, *grid.shape_kji)
    voxels = np.broadcast_to(np.zeros((), np.uint8), shape)
    start = next(nifti.nifti_pieces(voxels, grid, version=version, intent=nifti.LABEL_INTENT))
    return _tree(*nifti.parse_start(bytes(start), Path()), grid, Path())


def _tree(header: Header, extensions: Sequence[nifti.Extension], grid: Grid, path: Path) -> Tree:
    tree: Tree = {name: text for name in _TEXTS if (text := _text(header, name))}
    numbers = {name: header[name] for name in _NUMBERS}
    slope, intercept = header["scl_slope"], header["scl_inter"]
    if slope and math.isfinite(slope) and (slope, intercept) != (1, 0):
        numbers |= {"scl_slope": slope, "scl_inter": intercept}
    tree |= {name: number for name, number in numbers.items() if number and not math.isnan(number)}
    codes = {name: header[name] for name in ("qform_code", "sform_code")}
    tree |= {name: f"{_SPACES.get(code, code)}" for name, code in codes.items() if code}
    last = header["dim"][0]
    length, time = _LENGTHS.get(header["xyzt_units"] & 7), _TIMES.get(header["xyzt_units"] & 56)
    steps = [axis for axis in range(4, last + 1) if header["dim"][axis] > 1]
    units = {"space": length} | ({"time": time} if steps else {})
    tree["xyzt_units"] = {axes: unit for axes, unit in units.items() if unit}
    if not any(codes.values()):
        steps = [1, 2, 3, *steps]
    elif not codes["qform_code"]:
        steps = [*_steps_elsewhere(header, grid), *steps]
    tree["pixdim"] = {str(axis): step for axis in steps if (step := header["pixdim"][axis])}
    told: dict[str, list[Any]] = {}
    for code, content in extensions:
        is_caret = code in _CARET_CODES and b"<CaretExtension" in content[:1000]
        named = ("CaretExtension", caret_tree(content)) if is_caret else (str(code), content.decode("latin-1"))
        told.setdefault(named[0], []).append(named[1])
    tree["extensions"] = told
    if all(codes.values()):
        tree |= {form: affine_rows(affine) for form, affine in forms_elsewhere(header, grid, path).items()}
    return {name: value for name, value in tree.items() if value != {}} | place_of(grid)


def _steps_elsewhere(header: Header, grid: Grid) -> list[int]:
    """Return the axes of space along which `pixdim` states another voxel size than the sform has."""
    mm = _MM.get(header["xyzt_units"] & 7, 1.0)
    stated = mm * np.abs(header["pixdim"][1:4])
    differ = np.abs(stated - grid.spacing) > _STEP_ROUNDING * grid.spacing
    return [axis for axis, is_other in enumerate(differ.tolist(), 1) if is_other]


def _text(header: Header, name: str) -> str:
    """Return a text of the header, NIfTI-2 lacks one; what follows a zero byte is left from another."""
    field: bytes = header.get(name, b"")
    return field.partition(b"\0")[0].decode("latin-1").strip()
