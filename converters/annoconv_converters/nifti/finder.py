"""Finding cases in files: what every layout needs to open volumes, name their labels and describe their images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.advice import NOTHING, at_most
from annoconv.codes import Labels, words
from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.errors import DocumentError, GeometryError, ImageError, InputError, LimitError, MaskError
from annoconv.files.atomic import note_inputs
from annoconv.geometry import GridKind, compare_grids
from annoconv.messages import Message
from annoconv.model import Modality
from annoconv.pixels import boxes_of
from annoconv_converters._volumes.file import UnionVolume, VolumeFile
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.labels import Entry
from annoconv_converters._volumes.nifti import NiftiFile
from annoconv_converters._volumes.opening import open_volume, stem_of
from annoconv_converters.nifti.case_files import ImageFiles, Region
from annoconv_converters.nifti.doubts import check_layers, check_no_image
from annoconv_converters.nifti.prepared import with_files
from annoconv_converters.nifti.source_trees import of_sidecar, of_table, of_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from annoconv.files.names import Within
    from annoconv.geometry import Grid
    from annoconv.images import ImageSource
    from annoconv.pixels import Volume
    from annoconv.registry import Context
    from annoconv.volumes.nifti_affines import Form
    from annoconv_converters.nifti.source_trees import SourceFile

__all__ = ["Finder"]

_MOST_LABELS: Final = 5000
"""Labels of one volume: the finest atlases have hundreds, an image taken for a label map has thousands."""
_DRAWN: Final = (1, 255)
"""What programs put into the voxels of a mask that is alone in its file."""
_SIDECAR: Final = {
    "uid": "SeriesInstanceUID",
    "modality": "Modality",
    "study_instance_uid": "StudyInstanceUID",
    "frame_of_reference_uid": "FrameOfReferenceUID",
}
"""Fields of the model's image by their names in sidecars, which dcm2niix gives them."""


@dataclass(frozen=True)
class Finder:
    """What a request brings along for all layouts.

    Attributes
    ----------
    context
        The request's context.
    form
        Which affine of a NIfTI header holds.
    table
        Rows of the label table that was given, by value or by name.
    sources
        Source images that were given, none of which is a source of masks.
    drawn_on
        Image files that were named themselves, which are no masks wherever they are.
    modality
        Modality of images where nothing else tells it.
    known
        Labels of files that were just written, so that they need not be read again.
    written
        Of files that were just written, what stands before the voxels, or a whole document.
    allows_no_place
        Whether a file may have no place in space.
    takes_layers
        Whether the volumes of a file are structures, even if it calls them time points.
    within
        Checks that links stay within the folder that was named.
    used
        UIDs of the sources that describe an image of a case.
    """

    context: Context
    form: Form = "agree"
    table: Mapping[str | int, Entry] = field(default_factory=dict[str | int, Entry])
    sources: Sequence[ImageSource] = ()
    drawn_on: Set[Path] = frozenset()
    modality: str | None = None
    known: Mapping[Path, Sequence[int]] = field(default_factory=dict[Path, list[int]])
    written: Mapping[Path, bytes] = field(default_factory=dict[Path, bytes])
    allows_no_place: bool = False
    takes_layers: bool = False
    within: Within | None = None
    used: set[str] = field(default_factory=set[str])

    @property
    def labels(self) -> Labels:
        """The label systems of the request."""
        return Labels.of(label_system=self.context.label_system)

    def open(self, path: Path, *, is_placeless: bool = False) -> VolumeFile:
        """Return a file of volumes; GeometryError by name if it has no place in space."""
        file = open_volume(self._checked(path), self.context.limits, self.form, self.written.get(path))
        if file.grid.lps_from_ijk is None and not (is_placeless or self.allows_no_place):
            raise GeometryError(
                "the file states no place in space: its sform and qform codes are both 0"
                if isinstance(file, NiftiFile)
                else "the file states no place in space",
                source=path,
                found=NOTHING,
                expected="an affine",
                advice="Write the affine of the image that it was drawn on, or pass --no-place if there is none",
            )
        return file

    def values(self, file: VolumeFile, layer: int = 0) -> list[int]:
        """Return the labels that a layer holds, ascending; none for fractions."""
        if file.path in self.known:
            return list(self.known[file.path])
        found = list(boxes_of(file.volume(layer), _MOST_LABELS) or ())
        if len(found) > _MOST_LABELS:
            raise _too_many("too many labels for a label map", file.path, len(found))
        return found

    def json(self, path: Path) -> Any:
        """Return the content of a JSON file, which no output may replace; DocumentError if it is not strict JSON."""
        note_inputs([path])
        return self._loaded(path)

    def _loaded(self, path: Path) -> Any:
        limits = self.context.limits
        data = self.written.get(path) or strict_json.read_bytes(self._checked(path), limits)
        return strict_json.loads(data, limits=limits, source=path)

    def object(self, path: Path) -> dict[str, Any]:
        """Return a JSON object; DocumentError if it is something else."""
        value = self.json(path)
        if not isinstance(value, dict):
            found, advice = json_type(value), "Correct the file, or remove it to read the others by themselves"
            raise DocumentError("not a JSON object", source=path, found=found, expected="an object", advice=advice)
        return value

    def regions(
        self, file: VolumeFile, *, table: Mapping[str | int, Entry] | None = None, is_one_of_several: bool = False
    ) -> Iterator[Region]:
        """Yield what a file of unknown origin holds: its segments, or its labels by whatever table there is.

        Parameters
        ----------
        file
            The file.
        table
            Its own table.
        is_one_of_several
            Whether it stands among others, so that one value is the structure which the file is named after.
        """
        table = table or self.table or self._table_beside(file.path)
        stem = stem_of(file.path.name)
        if not self.takes_layers:
            check_layers(file)
        if file.layers > _MOST_LABELS:
            raise _too_many("too many layers for masks", file.path, file.layers)
        known = 0
        for layer in range(file.layers):
            volume = file.volume(layer)
            told = {each.entry.value: each for each in file.segments if each.layer == layer}
            present = self.values(file, layer)
            if len(present) > len(told) and file.path not in self.known:
                check_no_image(file, volume, present, sum(value in table or value in told for value in present))
            # A segment may have no voxel, and a voxel no segment: neither is left out.
            values = (
                [*told, *(value for value in present if value not in told)] if file.lists_every_segment else present
            )
            known += len(values)
            if known > _MOST_LABELS:
                raise _too_many("too many labels for a label map", file.path, known)
            named = sum(value in table for value in values)
            # One value is the mask that the file is, unless it is a number among labels.
            is_mask = not values or (len(values) == 1 and (values[0] in _DRAWN or is_one_of_several))
            if (is_mask and not told and not named) or (volume.dtype.kind == "f" and not present):
                name = stem if file.layers == 1 else f"{stem}_{layer + 1}"
                value = next((value for value in values if value != 1), None)
                yield Region(
                    f"{layer}", volume, value, self._mask_file(file), self._row(Entry(value or 1, name), table)
                )
                continue
            for value in values:
                segment = told.get(value)
                entry = table.get(value) or (segment.entry if segment else Entry(value, f"LABEL_{value}"))
                row = self._row(entry, table)
                told_id = {"id": segment.id} if segment and segment.id else {}
                beyond = bool(table or told) and value not in table and value not in told
                yield Region(f"{layer}/{value}", volume, value, self._mask_file(file), row, told_id, beyond)

    def class_regions(
        self, file: VolumeFile, classes: Mapping[str, Sequence[int]], mask_file: str
    ) -> Iterator[tuple[Region, bool]]:
        """Yield the classes of a data set, each with whether a label map has a voxel of it.

        A class of several labels is their union. Its colour is that of the file's own label table. A value that the
        data set does not tell of is a class of its own, named by its number.
        """
        if file.layers != 1:
            raise MaskError(
                "the label map of a case is one volume",
                source=file.path,
                found=Message("{count} volumes", count=file.layers),
                expected=1,
                advice="Save one volume, or read the file by itself with --layout flat",
            )
        present = set(self.values(file))
        volume = file.volume(0)
        told = {value for values in classes.values() for value in values}
        classes = {**classes, **{f"LABEL_{value}": [value] for value in sorted(present - told)}}
        for name, values in classes.items():
            is_present = bool(present.intersection(values))
            entry = self._row(_class_entry(file, name, values), self.table)
            if len(values) == 1:
                beyond = values[0] not in told
                yield Region(name, volume, values[0], mask_file, entry, is_beyond_table=beyond), is_present
            else:
                yield Region(name, UnionVolume(volume, tuple(values)), None, "", entry), is_present

    def rows_without_voxels(self, file: VolumeFile, table: Mapping[str | int, Entry]) -> Iterator[Region]:
        """Yield what a table names, by its name, and no voxel of its label map is."""
        present = set(self.values(file, 0))
        for value, entry in table.items():
            if isinstance(value, int) and entry.name and value not in present:
                yield Region(entry.name, file.volume(0), value, self._mask_file(file), self._row(entry, table))

    def image(self, name: str, file: VolumeFile | None, volumes: Sequence[Volume], source: Path) -> ImageFiles:
        """Return an image: as a source image that was given describes it, else as its own file or a mask tells it."""
        grid = file.grid if file is not None else volumes[0].grid if volumes else None
        matched = self._source(name, grid, source, {volume.path for volume in volumes})
        if matched is not None:
            self.used.add(matched.uid)
            described = strict_json.plain(matched.describe())
            uid, stated = described.pop("uid"), described.pop("modality")
            modality = self.modality if self.modality and stated == Modality.OT.value else stated
            return ImageFiles(uid, modality, matched.grid, described, matched.notes)
        if grid is None:
            problem, advice = "neither an image nor a mask is there", "Name the image with --images"
            raise InputError(problem, source=source, found=NOTHING, expected="an image or a mask", advice=advice)
        image = self.own_image(name, file) if file is not None else ImageFiles(name, Modality.OT.value, grid)
        if self.modality or image.modality != Modality.OT.value:
            return replace(image, modality=self.modality or image.modality)
        places = dict.fromkeys(volume.path for volume in volumes if volume.path is not None)
        told = (_told_by(self._sidecar(path)).get("modality") for path in places)
        return replace(image, modality=next(filter(None, told), image.modality))

    def placed(self, uid: str) -> dict[str, Any]:
        """Return where the slices of an image lie, by the source that was given for it; none of an even upright one."""
        source = next((each for each in self.sources if each.uid == uid and not _is_even(each.grid)), None)
        told = {} if source is None else strict_json.plain(source.describe())
        return {key: told[key] for key in ("spacing", "origin", "direction", "instances") if key in told}

    def own_image(self, name: str, file: VolumeFile) -> ImageFiles:
        """Return an image as its own file and the sidecar beside it tell it."""
        told = _told_by(self._sidecar(file.path))
        modality = self.modality or told.pop("modality", None) or Modality.OT.value
        return ImageFiles(told.pop("uid", name), modality, file.grid, told)

    def _checked(self, path: Path) -> Path:
        return path if self.within is None else self.within(path)

    @staticmethod
    def is_exact(file: VolumeFile | None) -> bool:
        """Tell whether the geometry comes from float64: NIfTI-2, NRRD, MetaImage."""
        if file is None:
            return False
        return not isinstance(file, NiftiFile) or file.header.version == 2

    def _source(self, name: str, grid: Grid | None, where: Path, masks: Set[Path | None]) -> ImageSource | None:
        if not self.sources:
            return None
        others = [each for each in self.sources if each.path not in masks]
        named = [each for each in others if each.uid == name] or [*image_seam.readable(others)]
        if len(named) > 1 and grid is not None:
            named = [each for each in named if compare_grids(grid, each.grid).kind is not GridKind.DIFFERENT]
        if len(named) != 1:
            found = with_files(named or others) if others else Message("the masks themselves")
            raise ImageError(
                "no single image fits these files",
                source=where,
                found=found,
                expected="one image on the grid of the masks",
                advice="Name that image with --images; if others lie in its folder, put it into one of its own",
            )
        return named[0]

    def _sidecar(self, path: Path) -> dict[str, Any] | None:
        """Return the JSON object of a volume's name beside it; None if there is none, or it is a case made of it."""
        beside = _place_of_sidecar(path)
        if not beside.is_file():
            return None
        told = self._loaded(beside)
        if isinstance(told, dict) and {"image", "annotations"} <= told.keys():
            return None  # perhaps the one that is written now
        return self.object(beside)

    def sidecars(self, file: VolumeFile, image: int = 0) -> list[SourceFile]:
        """Return the sidecar beside a file of the image of this number, or of masks on it, if there is one."""
        told = self._sidecar(file.path)
        return [] if told is None else [of_sidecar(_place_of_sidecar(file.path), told, image)]

    def image_files(self, file: VolumeFile, number: int = 0) -> list[SourceFile]:
        """Return what an image was read from: its file, and the sidecar beside it."""
        return [of_volume(file, number), *self.sidecars(file, number)]

    def mask_files(self, file: VolumeFile) -> list[SourceFile]:
        """Return what masks were read from: their file, its sidecar, and the label table where none was given."""
        table = None if self.table else self._place_of_table(file.path)
        tables = [of_table(table, file.path)] if table is not None else []
        return [of_volume(file), *self.sidecars(file), *tables]

    def unused(self, file: VolumeFile, regions: Sequence[Region]) -> list[Entry]:
        """Return the rows of a file's label table whose values no voxel has; none of an atlas, of which it has few."""
        table = {} if file.segments else self.table or self._table_beside(file.path)
        used = {value for region in regions for value in region.labels or (1,)}
        unused = [entry for key, entry in table.items() if isinstance(key, int) and key > 0 and key not in used]
        return unused if len(unused) <= len(used.intersection(table)) else []

    def _table_beside(self, path: Path) -> Mapping[str | int, Entry]:
        table = self._place_of_table(path)
        return read_table(table) if table is not None else {}

    def _place_of_table(self, path: Path) -> Path | None:
        """Return the label table that stands beside a file under its name."""
        stem = stem_of(path.name)
        names = (
            f"{stem}.tsv",
            f"{stem}_dseg.tsv",
            f"{stem}_labels.txt",
            f"{stem}.ctbl",
            f"{stem}.txt",
            f"{stem}.label",
        )
        place = next((path.parent / name for name in names if (path.parent / name).is_file()), None)
        if place is not None:
            note_inputs([self._checked(place)])
        return place

    def _row(self, entry: Entry, table: Mapping[str | int, Entry]) -> Entry:
        """Return a row completed by the table's row of the same name."""
        known = self.table.get(words(entry.name)) or table.get(words(entry.name))
        if known is None:
            return entry
        color = entry.color_rgb or known.color_rgb
        return Entry(entry.value, entry.name, color, known.terms, known.code)

    @staticmethod
    def _mask_file(file: VolumeFile) -> str:
        """Return the path of a file's masks in the case; layers become files of their own."""
        if file.layers > 1:
            return ""
        return file.path.name if isinstance(file, NiftiFile) else f"{stem_of(file.path.name)}.nii.gz"


def _class_entry(file: VolumeFile, name: str, values: Sequence[int]) -> Entry:
    """Return the row of a class of a data set, with the colour that the file's own table has for its label.

    Of several labels the class has that one's whose name is its own.
    """
    rows = (each.entry for each in file.segments if each.entry.value in values)
    told = next((row for row in rows if len(values) == 1 or words(row.name) == words(name)), None)
    return Entry(min(values), name) if told is None else Entry(min(values), name, told.color_rgb, told.terms)


def _is_even(grid: Grid) -> bool:
    """Tell whether slices are a box of voxels, as far as they have a place."""
    return grid.lps_from_ijk is None or grid.frame != "LPS" or grid.is_upright


def _place_of_sidecar(path: Path) -> Path:
    return path.parent / f"{stem_of(path.name)}.json"


def _told_by(sidecar: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a sidecar says of an image, by the names that dcm2niix gives it."""
    told = sidecar or {}
    found = {key: told[name] for key, name in _SIDECAR.items() if isinstance(told.get(name), str)}
    if told.get("Modality") not in list(Modality):
        found.pop("modality", None)
    return found


def _too_many(problem: str, path: Path, found: object) -> LimitError:
    advice = "An image is read with --as-image, or named with --images"
    return LimitError(problem, source=path, found=found, expected=at_most(_MOST_LABELS), advice=advice)
