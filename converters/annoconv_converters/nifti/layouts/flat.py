"""The plain layout: a folder a case, masks and images in it, and a table that says which is which.

::

    masks/{annotation id}.nii.gz   one mask a file (--arrange files), or
    dseg.nii.gz                    one label map an image (--arrange label-map), or layers (--arrange 4d);
    dseg.tsv .txt .ctbl            its labels for BIDS, ITK-SNAP and Slicer
    images/{name}.nii.gz           the images that were given
    transforms/{id}.txt            registrations, as ITK reads them
    labels.json                    what each file and value is
    annoconv.json                  private: what the format has no place for (not with --plain)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from annoconv.documents import strict_json
from annoconv.errors import DocumentError, MaskError, UsageError
from annoconv.files.manifest import is_unchanged
from annoconv.files.names import inside, is_left_by_desktop
from annoconv.ids import safe_name
from annoconv.images import list_files
from annoconv.messages import Message, listed
from annoconv.volumes.label_boxes import find_labels
from annoconv_converters._volumes.label_tables import write_ctbl, write_snap, write_tsv
from annoconv_converters._volumes.labels import Entry, entry_of
from annoconv_converters._volumes.opening import is_volume, stem_of
from annoconv_converters.nifti import registrations
from annoconv_converters.nifti.case_files import CaseFiles, ImageFiles, Region
from annoconv_converters.nifti.layouts.base import Layout
from annoconv_converters.nifti.layouts.index import FORMAT, INDEX, VERSION, index_problem
from annoconv_converters.nifti.source_trees import of_json, of_volume
from annoconv_converters.nifti.volumes import label_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from annoconv.geometry import Grid
    from annoconv_converters._volumes.file import VolumeFile
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.prepared import Prepared, PreparedImage, PreparedMask

__all__ = ["CARRIER", "Flat"]

CARRIER: Final = "annoconv.json"
CARRIED: Final = "annoconv"
"""Folder of the displacement fields that the side file took along."""
_IMAGE_STEMS: Final = frozenset({"image", "img", "ct", "mr", "mri", "pt", "pet"})
"""Names under which an image stands among masks that other programs wrote."""
_DRAWN: Final = 1
"""What stands in the voxels of a mask that has a file or a layer of its own."""
_SIDE_FILES: Final = ((".tsv", write_tsv), (".txt", write_snap), (".ctbl", write_ctbl))
_TOLD_OF_REGIONS: Final = ("id", "label_code", "category", "image_uid")
_TOLD_OF_IMAGES: Final = ("study_instance_uid", "frame_of_reference_uid")


class Flat(Layout):
    """One folder a case, or one file."""

    name = "flat"
    title = "plain NIfTI"
    needs_images: ClassVar[bool] = False
    keeps_annotations: ClassVar[bool] = True

    def add(self, case: Prepared) -> None:
        """Write one case into its folder."""
        folder = self.folder / case.name if self.several else self.folder
        if self.request.is_single:
            self._add_file(case)
            return
        if folder.exists() and self.several:
            raise UsageError("two cases have the same name", found=case.name, expected="distinct case_id")
        folder.mkdir(exist_ok=True)
        names = _image_names(case)
        index: dict[str, Any] = {"format": FORMAT, "version": VERSION}
        told = strict_json.plain(case.case)
        index |= {key: told[key] for key in ("case_id", "task_id") if key in told}
        index["images"] = [
            self._write_image(image, name, folder) for image, name in zip(case.images, names, strict=True)
        ]
        if "labels" in told:
            index["labels"] = told["labels"]
        regions = {
            annotation_id: region
            for image, name in zip(case.images, names, strict=True)
            for annotation_id, region in self._write_masks(case, image, name, folder).items()
        }
        order = [each.id for each in case.case.annotations if each.id in regions]
        index["regions"] = [regions[annotation_id] for annotation_id in order]
        if rows := registrations.write_all(case.loaded, folder):
            index["registrations"] = rows
        (folder / INDEX).write_bytes(strict_json.dumps(index, indent=2))

    def finish(self) -> None:
        """Write nothing: each case describes itself."""

    def keys(self, case: Prepared) -> dict[str, str]:
        """Return the region keys: in one file the values, else the annotations' own ids."""
        if self.request.is_single:
            return {key: f"0/{value}" for key, value in _values(case.masks).items()}
        return {each.annotation.id: each.annotation.id for each in case.masks}

    def _add_file(self, case: Prepared) -> None:
        masked = [image for image in case.images if image.masks]
        if len(masked) != 1:
            raise UsageError(
                "one file holds the masks of one image",
                found=Message("masks on {count} images", count=len(masked)),
                advice="Name a folder",
            )
        target = next(iter(self.known), self.folder / "labels.nii.gz")
        self._write_label_map(case, masked[0], target)

    def _write_label_map(self, case: Prepared, image: PreparedImage, path: Path) -> dict[str, int]:
        values = _values(image.masks)
        grid = _grid(image)
        labels_kji = label_map(image, grid, lambda each: values[each.annotation.id])
        entries = [_entry(case, each, values[each.annotation.id]) for each in image.masks]
        self.request.volumes.write_labels(path, labels_kji, grid, [sorted(entries, key=lambda entry: entry.value)])
        self.known[path] = list(find_labels(labels_kji))
        return values

    def _write_image(self, image: PreparedImage, name: str, folder: Path) -> dict[str, Any]:
        told = strict_json.plain(image.image)
        index = {key: told[key] for key in ("uid", "modality", "shape", *_TOLD_OF_IMAGES) if key in told}
        if image.grid is None or image.grid.lps_from_ijk is None:
            index["coordinate_frame"] = "NONE"
        if image.source is not None and image.grid is not None:
            path = f"images/{name}{self.request.volumes.suffix}"
            self.request.volumes.write_image(folder / path, image.source, image.grid)
            index["file"] = path
        return index

    def _write_masks(self, case: Prepared, image: PreparedImage, name: str, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the masks of one image; return their rows in the index by annotation id."""
        if not image.masks:
            return {}
        is_primary = image is case.images[0]
        stem = "dseg" if is_primary else f"{name}_dseg"
        suffix = self.request.volumes.suffix
        rows = {each.annotation.id: _row(case, each, is_primary=is_primary) for each in image.masks}
        if self.request.arrange == "files":
            file_names = _file_names([each.annotation.id for each in image.masks], suffix)

            def place(each: PreparedMask) -> tuple[Path, Entry]:
                return folder / file_names[each.annotation.id], _entry(case, each, 1)

            self.request.volumes.write_files(image, _grid(image), place)
            for identity, row in rows.items():
                row["file"] = file_names[identity]
                self.known[folder / file_names[identity]] = [_DRAWN]
        elif self.request.arrange == "label-map":
            values = self._write_label_map(case, image, folder / f"{stem}{suffix}")
            for identity, row in rows.items():
                row |= {"file": f"{stem}{suffix}", "value": values[identity]}
            entries = [_entry(case, each, values[each.annotation.id]) for each in image.masks]
            for ending, write in _SIDE_FILES:
                content = write(sorted(entries, key=lambda entry: entry.value))
                (folder / f"{stem}{ending}").write_bytes(content)
        else:
            self._write_layers(case, image, folder / f"{stem}{suffix}")
            for layer, each in enumerate(image.masks):
                rows[each.annotation.id] |= {"file": f"{stem}{suffix}", "layer": layer}
        return rows

    def _write_layers(self, case: Prepared, image: PreparedImage, path: Path) -> None:
        layers = [each.read() for each in image.masks]
        dtype = np.float32 if any(layer.dtype.kind == "f" for layer in layers) else np.uint8
        tables = [[_entry(case, each, 1)] for each in image.masks]
        stacked = np.stack([layer.astype(dtype) for layer in layers])
        self.request.volumes.write_labels(path, stacked, _grid(image), tables)
        self.known[path] = [_DRAWN]

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Take every folder: this is the layout of files that follow no other."""
        return folder.is_dir()

    @classmethod
    def find(cls, folder: Path, finder: Finder) -> Iterator[CaseFiles]:
        """Yield the case of a folder, of each of its folders, or of a file."""
        if folder.is_file():
            yield _of_files(folder, [folder], finder, stem_of(folder.name))
        elif (folder / INDEX).is_file():
            yield _of_index(folder, finder)
        elif indexed := [path.parent for path in folder.glob(f"*/{INDEX}") if not is_left_by_desktop(path.parent.name)]:
            for each in sorted(indexed):
                yield _of_index(each, finder)
        else:
            places = [folder, *(folder / name for name in ("segmentations", "masks", "labels"))]
            files = [path for place in places if place.is_dir() for path in sorted(place.iterdir()) if is_volume(path)]
            files = [path for path in files if path.resolve() not in finder.drawn_on]
            if not files:
                below = _others(folder, set(), finder)
                raise MaskError(
                    "no volume is in this folder",
                    source=folder,
                    found=listed([path.relative_to(folder).as_posix() for path in below], 5) if below else None,
                    advice="Name the folder of the masks",
                )
            yield _of_files(folder, files, finder, safe_name(folder.resolve().name))


def _of_files(source: Path, paths: Sequence[Path], finder: Finder, name: str) -> CaseFiles:
    """Return the case of files of unknown origin: all on one grid, an image among them if its name says so."""
    is_folder = source.is_dir()
    image_path = next((path for path in paths if is_folder and stem_of(path.name).lower() in _IMAGE_STEMS), None)
    masks = [finder.open(path) for path in paths if path != image_path]
    image_file = None if image_path is None else finder.open(image_path)
    regions: list[Region] = []
    for file in masks:
        for region in finder.regions(file, is_one_of_several=len(masks) > 1):
            regions.append(replace(region, key=f"{file.path.name}/{region.key}" if len(masks) > 1 else region.key))
    image = finder.image(name, image_file, [mask.volume(0) for mask in masks], source)
    exact = finder.is_exact(image_file or (masks[0] if masks else None))
    beside = source / CARRIER if is_folder else source.with_name(f"{name}.annoconv.json")
    files = [each for file in masks for each in finder.mask_files(file)]
    files += finder.image_files(image_file) if image_file is not None else []
    unread = partial(_others, source, set(paths), finder)
    return CaseFiles(name, source, beside, [image], regions, is_exact=exact, files=files, unread=unread)


def _others(folder: Path, read: Set[Path], finder: Finder) -> list[Path]:
    """Return the volumes in a folder and below it that are neither read nor named as images, nor of the side file."""
    if folder.is_file():
        return []
    used = read | {source.path for source in finder.sources}
    below = [path for path in list_files([folder], finder.context.limits) if is_volume(path) and path not in used]
    return [path for path in below if path.resolve() not in finder.drawn_on and path.parent.name != CARRIED]


def _of_index(folder: Path, finder: Finder) -> CaseFiles:
    """Return the case that our own index describes."""
    index = finder.object(folder / INDEX)
    if problem := index_problem(index):
        raise DocumentError(
            Message("not an index of this version ({problem})", problem=problem[1]),
            source=folder / INDEX,
            where=problem[0],
        )
    placeless = {each["uid"] for each in index["images"] if each.get("coordinate_frame") == "NONE"}
    primary = index["images"][0]["uid"]
    files: dict[str, VolumeFile] = {}

    def opened(path: str, uid: str) -> VolumeFile:
        if path not in files:
            files[path] = finder.open(_inside(folder, path), is_placeless=uid in placeless)
        return files[path]

    rows = [row for row in index["regions"] if _inside(folder, row["file"]).is_file()]
    drawn: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        if (place := _layer(row)) not in drawn:
            volume_file = opened(row["file"], row.get("image_uid") or primary)
            drawn[place] = _drawn_since(row, volume_file, folder, finder)
    regions = [_indexed_region(row, files[row["file"]], bool(drawn[_layer(row)])) for row in rows]
    regions += _not_indexed(folder, rows, files, drawn, finder, is_placeless=bool(placeless))
    first: dict[str, VolumeFile] = {}
    for row in rows:
        first.setdefault(row.get("image_uid") or primary, files[row["file"]])
    images: list[ImageFiles] = []
    exact = False
    for each in index["images"]:
        file = opened(each["file"], each["uid"]) if "file" in each else first.get(each["uid"])
        if file is not None:
            exact |= finder.is_exact(file)
            told = {key: each[key] for key in _TOLD_OF_IMAGES if key in each}
            images.append(ImageFiles(each["uid"], each["modality"], file.grid, told))
        elif each["uid"] == primary:
            shape = each.get("shape")
            if shape is None:
                raise DocumentError("nothing tells the shape of the image", source=folder / INDEX, where="/images/0")
            told = {"shape": shape} | {key: each[key] for key in _TOLD_OF_IMAGES if key in each}
            images.append(ImageFiles(each["uid"], each["modality"], _bare_grid(shape), told))
    told = {key: index[key] for key in ("case_id", "task_id", "labels") if key in index}
    fields: dict[str, Path] = {}
    if "registrations" in index:
        written, limits = index["registrations"], finder.context.limits
        told["registrations"], fields = registrations.read_all(written, folder, partial(_inside, folder), limits)
    name = str(index.get("case_id") or folder.name)
    numbers = {each["file"]: number for number, each in enumerate(index["images"]) if "file" in each}
    sources = [of_volume(file, numbers.get(path)) for path, file in files.items()]
    if len(rows) < len(index["regions"]):
        said = {"regions": {row["id"]: row["file"] for row in index["regions"]}}
        kept = {"regions": {row["id"]: row["file"] for row in rows}}
        sources.append(of_json(folder / INDEX, said, lambda _: kept))
    read = {file.path for file in files.values()} | {*fields.values()}
    return CaseFiles(
        name,
        folder,
        folder / CARRIER,
        images,
        regions,
        told,
        fields,
        is_exact=exact,
        files=sources,
        unread=partial(_others, folder, read, finder),
    )


def _not_indexed(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    files: dict[str, VolumeFile],
    drawn: Mapping[tuple[str, int], Sequence[int]],
    finder: Finder,
    *,
    is_placeless: bool,
) -> Iterator[Region]:
    """Yield what others have drawn since the index was written: labels of its volumes, and files among its masks."""
    for (path, layer), values in drawn.items():
        members = [row for row in rows if _layer(row) == (path, layer)]
        indexed, told = {row.get("value", _DRAWN) for row in members}, members[0]
        file, mask_file = files[path], "" if "layer" in told else path
        names = {each.entry.value: each.entry for each in file.segments if each.layer == layer}
        for value in values:
            if value not in indexed:
                entry = names.get(value) or Entry(value, f"LABEL_{value}")
                key = f"{path}/{layer}/{value}" if "layer" in told else f"{path}/{value}"
                uid = {name: told[name] for name in ("image_uid",) if name in told}
                yield Region(key, file.volume(layer), value, mask_file, entry, uid)
    beside = sorted((folder / "masks").iterdir()) if (folder / "masks").is_dir() else []
    for place in beside:
        if is_volume(place) and f"masks/{place.name}" not in files:
            files[f"masks/{place.name}"] = file = finder.open(place, is_placeless=is_placeless)
            for region in finder.regions(file, is_one_of_several=True):
                yield replace(region, key=f"{place.name}/{region.key}", mask_file=f"masks/{place.name}")


def _drawn_since(row: dict[str, Any], file: VolumeFile, folder: Path, finder: Finder) -> list[int]:
    """Return the labels of a volume as others have left it; none if nobody has edited it, or it is still one mask.

    In the volume of one mask a value alone is the mask's, whatever it is; of several, 1 is.
    """
    _, layer = _layer(row)
    if not 0 <= layer < file.layers:
        raise DocumentError("there is no such layer", source=folder / INDEX, where=f"{row['file']} layer {layer}")
    if file.path not in finder.known and any(is_unchanged(file.path, each) for each in (folder, folder.parent)):
        return []
    values = finder.values(file, layer)
    if "value" in row:
        return values
    if len(values) > 1 and _DRAWN not in values:
        raise MaskError(
            "of the values in the file of one mask none is the mask's",
            source=file.path,
            where=row["id"],
            found=values[:5],
            expected=_DRAWN,
            advice="Give the voxels of the mask the value 1; every other value is an annotation of its own",
        )
    return values[1:] and values


def _indexed_region(row: dict[str, Any], file: VolumeFile, is_label_map: bool) -> Region:
    value = row.get("value", _DRAWN if is_label_map else None)
    told: dict[str, Any] = {key: row[key] for key in _TOLD_OF_REGIONS if key in row}
    mask_file = "" if "layer" in row else row["file"]
    volume = file.volume(row.get("layer", 0))
    return Region(row["id"], volume, value, mask_file, Entry(value or 1, row.get("name", "")), told)


def _layer(row: dict[str, Any]) -> tuple[str, int]:
    """Return the volume of a region: its file and layer."""
    return row["file"], row.get("layer", 0)


def _bare_grid(shape: Sequence[int]) -> Grid:
    from annoconv.geometry import Grid

    return Grid((shape[0], shape[1], shape[2] if len(shape) > 2 else 1))


def _inside(folder: Path, name: str) -> Path:
    """Return a path of the index; DocumentError if it leads out of the folder."""
    path = inside(folder, name)
    if path is None:
        raise DocumentError("a path leads out of the folder", source=folder / INDEX, where=name)
    return path


def _row(case: Prepared, each: PreparedMask, *, is_primary: bool) -> dict[str, Any]:
    annotation = each.annotation
    row: dict[str, Any] = {
        "id": annotation.id,
        "label_code": annotation.label_code,
        "category": annotation.category.value,
        "name": _entry(case, each, 1).name,
    }
    return row if is_primary else row | {"image_uid": annotation.image_uid}


def _entry(case: Prepared, each: PreparedMask, value: int) -> Entry:
    return entry_of(value, each.annotation.label_code, each.annotation.category, case.labels)


def _grid(image: PreparedImage) -> Grid:
    if image.grid is None:
        raise MaskError("the masks have no grid")
    return image.grid


def _values(masks: Sequence[PreparedMask]) -> dict[str, int]:
    """Return the label of each mask: its own where all have distinct ones, else one after the other."""
    own = [each.annotation.mask_value for each in masks]
    distinct = None not in own and len(set(own)) == len(own)
    return {
        each.annotation.id: (value or 1) if distinct else n
        for n, (each, value) in enumerate(zip(masks, own, strict=True), 1)
    }


def _image_names(case: Prepared) -> list[str]:
    return ["image" if n == 0 else f"image_{n + 1}" for n, _ in enumerate(case.images)]


def _file_names(identities: Sequence[str], suffix: str) -> dict[str, str]:
    names = {identity: f"masks/{safe_name(identity)}{suffix}" for identity in identities}
    if len({name.casefold() for name in names.values()}) != len(names):
        raise UsageError("two masks would have the same file name", found=sorted(names)[:5], expected="distinct ids")
    return names
