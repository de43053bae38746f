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

from annoconv.advice import NOTHING
from annoconv.documents import strict_json
from annoconv.errors import MaskError, UsageError
from annoconv.files.names import is_left_by_desktop
from annoconv.ids import safe_name
from annoconv.messages import Message, listed
from annoconv.volumes.label_boxes import find_labels
from annoconv_converters._volumes.label_tables import write_ctbl, write_snap, write_tsv
from annoconv_converters._volumes.labels import Entry, entry_of
from annoconv_converters._volumes.opening import is_volume, stem_of
from annoconv_converters.nifti import registrations
from annoconv_converters.nifti.case_files import SAID_OF_MASKS, CaseFiles, Region
from annoconv_converters.nifti.layouts.base import Layout
from annoconv_converters.nifti.layouts.index import FORMAT, INDEX, VERSION
from annoconv_converters.nifti.layouts.indexed import CARRIER, DRAWN, TOLD_OF_IMAGES, of_index, others
from annoconv_converters.nifti.prepared import in_boxes
from annoconv_converters.nifti.volumes import label_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.geometry import Grid
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.prepared import Prepared, PreparedImage, PreparedMask

__all__ = ["Flat"]

_IMAGE_STEMS: Final = frozenset({"image", "img", "ct", "mr", "mri", "pt", "pet"})
"""Names under which an image stands among masks that other programs wrote."""
_SIDE_FILES: Final = ((".tsv", write_tsv), (".txt", write_snap), (".ctbl", write_ctbl))


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
            raise UsageError(
                "two cases have the same name",
                found=case.name,
                expected="distinct case_id",
                advice="Give one of them another case_id",
            )
        folder.mkdir(exist_ok=True)
        names = _image_names(case)
        index: dict[str, Any] = {"format": FORMAT, "version": VERSION}
        told = case.document
        index |= {key: told[key] for key in ("case_id", "task_id") if key in told}
        described = [told["image"], *told.get("related_images", ())]
        index["images"] = [
            self._write_image(image, each, name, folder)
            for image, each, name in zip(case.images, described, names, strict=True)
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
        told_of = strict_json.dumps(index, indent=2)
        (folder / INDEX).write_bytes(told_of)
        self.request.volumes.written[folder / INDEX] = told_of

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
                expected="masks on one image",
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

    def _write_image(self, image: PreparedImage, told: dict[str, Any], name: str, folder: Path) -> dict[str, Any]:
        index: dict[str, Any] = {key: told[key] for key in ("uid", "modality", "shape", *TOLD_OF_IMAGES) if key in told}
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
        said = {each["id"]: each for each in case.document["annotations"]}
        rows = {
            each.annotation.id: _row(case, each, said[each.annotation.id], is_primary=is_primary)
            for each in image.masks
        }
        if self.request.arrange == "files":
            file_names = _file_names([each.annotation.id for each in image.masks], suffix)

            def place(each: PreparedMask) -> tuple[Path, Entry]:
                return folder / file_names[each.annotation.id], _entry(case, each, 1)

            self.request.volumes.write_files(image, _grid(image), place)
            for identity, row in rows.items():
                row["file"] = file_names[identity]
                self.known[folder / file_names[identity]] = [DRAWN]
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
        layers = [(box, inside) for _, box, inside in in_boxes(image.masks)]
        dtype = np.float32 if any(inside.dtype.kind == "f" for _, inside in layers) else np.uint8
        tables = [[_entry(case, each, 1)] for each in image.masks]
        stacked = np.zeros((len(layers), *_grid(image).shape_kji), dtype=dtype)
        for layer_kji, (box, inside) in zip(stacked, layers, strict=True):
            if box is not None:
                layer_kji[box] = inside
        self.request.volumes.write_labels(path, stacked, _grid(image), tables)
        self.known[path] = [DRAWN]

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
            yield of_index(folder, finder)
        elif indexed := [path.parent for path in folder.glob(f"*/{INDEX}") if not is_left_by_desktop(path.parent.name)]:
            for each in sorted(indexed)[:-1]:
                yield of_index(each, finder)
            last = of_index(max(indexed), finder)
            yield replace(last, unread=partial(_beside, folder, indexed, last, finder))
        else:
            places = [folder, *(folder / name for name in ("segmentations", "masks", "labels"))]
            files = [path for place in places if place.is_dir() for path in sorted(place.iterdir()) if is_volume(path)]
            files = [path for path in files if path.resolve() not in finder.drawn_on]
            if not files:
                below = others(folder, set(), finder)
                raise MaskError(
                    "no volume is in this folder",
                    source=folder,
                    found=listed([path.relative_to(folder).as_posix() for path in below], 5) if below else NOTHING,
                    expected="a volume at least",
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
    unused: list[Entry] = []
    for file in masks:
        held = list(finder.regions(file, is_one_of_several=len(masks) > 1))
        unused += finder.unused(file, held)
        for region in held:
            regions.append(replace(region, key=f"{file.path.name}/{region.key}" if len(masks) > 1 else region.key))
    image = finder.image(name, image_file, [mask.volume(0) for mask in masks], source)
    exact = finder.is_exact(image_file or (masks[0] if masks else None))
    beside = source / CARRIER if is_folder else source.with_name(f"{name}.annoconv.json")
    files = [each for file in masks for each in finder.mask_files(file)]
    files += finder.image_files(image_file) if image_file is not None else []
    unread = partial(others, source, set(paths), finder)
    return CaseFiles(name, source, beside, [image], regions, is_exact=exact, unused=unused, files=files, unread=unread)


def _beside(folder: Path, cases: Sequence[Path], last: CaseFiles, finder: Finder) -> Iterator[Path]:
    """Yield the volumes that the last of several cases does not read, and those that stand beside the cases."""
    yield from last.unread()
    yield from (path for path in others(folder, set(), finder) if not any(map(path.is_relative_to, cases)))


def _row(case: Prepared, each: PreparedMask, said: dict[str, Any], *, is_primary: bool) -> dict[str, Any]:
    annotation = each.annotation
    row: dict[str, Any] = {
        "id": annotation.id,
        "label_code": annotation.label_code,
        "category": annotation.category.value,
        "name": _entry(case, each, 1).name,
    }
    row |= {key: said[key] for key in SAID_OF_MASKS if key in said}
    return row if is_primary else row | {"image_uid": annotation.image_uid}


def _entry(case: Prepared, each: PreparedMask, value: int) -> Entry:
    return entry_of(value, each.annotation.label_code, each.annotation.category, case.labels)


def _grid(image: PreparedImage) -> Grid:
    if image.grid is None:
        raise MaskError(
            "the masks have no grid",
            found=Message("an image without shape"),
            expected="shape of the image",
            advice="Name the image with --images",
        )
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
        raise UsageError(
            "two masks would have the same file name",
            found=sorted(names)[:5],
            expected="distinct ids",
            advice="Give one of them another id",
        )
    return names
