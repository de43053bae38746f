"""The plain layout read again: the case that our own index describes, and what others have drawn since."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import NOTHING
from annoconv.errors import DocumentError, MaskError
from annoconv.files.manifest import is_unchanged
from annoconv.files.names import inside
from annoconv.geometry import Grid
from annoconv.images import list_files
from annoconv.messages import Message
from annoconv_converters._volumes.labels import Entry
from annoconv_converters._volumes.opening import is_volume
from annoconv_converters.nifti import registrations
from annoconv_converters.nifti.case_files import SAID_OF_MASKS, CaseFiles, ImageFiles, Region
from annoconv_converters.nifti.layouts.index import INDEX, check_index
from annoconv_converters.nifti.source_trees import of_json, of_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from annoconv_converters._volumes.file import VolumeFile
    from annoconv_converters.nifti.finder import Finder
    from annoconv_converters.nifti.source_trees import Retold

__all__ = ["CARRIER", "DRAWN", "TOLD_OF_IMAGES", "of_index", "others"]

CARRIER: Final = "annoconv.json"
_REMOVE: Final = Message("Write the folder again, or remove its index to read the files by themselves")
_CARRIED: Final = "annoconv"
"""Folder of the displacement fields that the side file took along."""
DRAWN: Final = 1
"""What stands in the voxels of a mask that has a file or a layer of its own."""
_TOLD_OF_REGIONS: Final = ("id", "label_code", "category", "image_uid", *SAID_OF_MASKS)
TOLD_OF_IMAGES: Final = ("study_instance_uid", "frame_of_reference_uid")
"""Fields of an image that the index holds."""


def others(folder: Path, read: Set[Path], finder: Finder) -> list[Path]:
    """Return the volumes in a folder and below it that are neither read nor named as images, nor of the side file."""
    if folder.is_file():
        return []
    used = read | {source.path for source in finder.sources}
    below = [path for path in list_files([folder], finder.context.limits) if is_volume(path) and path not in used]
    return [path for path in below if path.resolve() not in finder.drawn_on and path.parent.name != _CARRIED]


def of_index(folder: Path, finder: Finder) -> CaseFiles:
    """Return the case that our own index describes."""
    index = finder.object(folder / INDEX)
    check_index(index, folder / INDEX)
    placeless = {each["uid"] for each in index["images"] if each.get("coordinate_frame") == "NONE"}
    primary = index["images"][0]["uid"]
    files: dict[str, VolumeFile] = {}

    def opened(path: str, uid: str) -> VolumeFile:
        if path not in files:
            place = places.get(path) or _inside(folder, path)
            files[path] = finder.open(place, is_placeless=uid in placeless)
        return files[path]

    places = {row["file"]: _inside(folder, row["file"]) for row in index["regions"]}
    there = {name for name, place in places.items() if place.is_file()}
    rows = [row for row in index["regions"] if row["file"] in there]
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
            told = {key: each[key] for key in TOLD_OF_IMAGES if key in each} | finder.placed(each["uid"])
            images.append(ImageFiles(each["uid"], each["modality"], file.grid, told))
        elif each["uid"] == primary:
            shape = each.get("shape")
            if shape is None:
                raise DocumentError(
                    "nothing tells the shape of the image",
                    source=folder / INDEX,
                    where="/images/0",
                    found=NOTHING,
                    expected="shape, or a file of it",
                    advice=_REMOVE,
                )
            told = {"shape": shape} | {key: each[key] for key in TOLD_OF_IMAGES if key in each}
            images.append(ImageFiles(each["uid"], each["modality"], _bare_grid(shape), told))
    told = {key: index[key] for key in ("case_id", "task_id", "labels") if key in index}
    fields: dict[str, Path] = {}
    if "registrations" in index:
        written, limits = index["registrations"], finder.context.limits
        told["registrations"], fields = registrations.read_all(written, folder, partial(_inside, folder), limits)
    name = str(index.get("case_id") or folder.name)
    numbers = {each["file"]: number for number, each in enumerate(index["images"]) if "file" in each}
    sources = [of_volume(file, numbers.get(path)) for path, file in files.items()]
    shapes = {
        each["file"]: {"shape": each["shape"]}
        for each in index["images"]
        if "file" in each and tuple(each.get("shape", ())) not in {(), *_shapes(files[each["file"]])}
    }
    said: dict[str, dict[str, Any]] = {
        "images": shapes,
        "regions": {row["id"]: row["file"] for row in index["regions"]},
    }
    said["regions"] |= {row["id"]: {"id": row["id"], "name": row.get("name", "")} for row in rows}
    sources.append(of_json(folder / INDEX, said, partial(_index_again, rows, shapes)))
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
        unread=partial(others, folder, read, finder),
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
        indexed, told = {row.get("value", DRAWN) for row in members}, members[0]
        file, mask_file = files[path], "" if "layer" in told else path
        new = [value for value in values if value not in indexed]
        names = {each.entry.value: each.entry for each in file.segments if each.layer == layer} if new else {}
        for value in new:
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
        raise DocumentError(
            "there is no such layer",
            source=folder / INDEX,
            where=f"{row['file']} layer {layer}",
            found=layer,
            expected=Message("0 to {count}", count=file.layers - 1),
            advice=_REMOVE,
        )
    if file.path not in finder.known and any(is_unchanged(file.path, each) for each in (folder, folder.parent)):
        return []
    values = finder.values(file, layer)
    if "value" in row:
        return values
    if len(values) > 1 and DRAWN not in values:
        raise MaskError(
            "of the values in the file of one mask none is the mask's",
            source=file.path,
            where=row["id"],
            found=values[:5],
            expected=DRAWN,
            advice="Give the voxels of the mask the value 1; every other value is an annotation of its own",
        )
    return values[1:] and values


def _indexed_region(row: dict[str, Any], file: VolumeFile, is_label_map: bool) -> Region:
    value = row.get("value", DRAWN if is_label_map else None)
    told: dict[str, Any] = {key: row[key] for key in _TOLD_OF_REGIONS if key in row}
    mask_file = "" if "layer" in row else row["file"]
    volume = file.volume(row.get("layer", 0))
    return Region(row["id"], volume, value, mask_file, Entry(value or 1, row.get("name", "")), told)


def _layer(row: dict[str, Any]) -> tuple[str, int]:
    """Return the volume of a region: its file and layer."""
    return row["file"], row.get("layer", 0)


def _index_again(rows: Sequence[dict[str, Any]], images: Mapping[str, Any], told: Retold) -> dict[str, Any]:
    """Return what the index would say of its regions, which are the first that were read; of these images, no shape."""
    again: dict[str, Any] = {}
    for row, each in zip(rows, told.rows, strict=False):
        name = row.get("name", "")
        again[row["id"]] = {"id": each.identity, "name": name if name in {"", *each.names} else each.entry.name}
    return {"images": {file: {"file": file} for file in images}, "regions": again}


def _shapes(file: VolumeFile) -> list[tuple[int, ...]]:
    """Return the shape of a volume, and without its one slice."""
    shape = tuple(file.grid.shape)
    return [shape, shape[:2]] if shape[2] == 1 else [shape]


def _bare_grid(shape: Sequence[int]) -> Grid:
    return Grid((shape[0], shape[1], shape[2] if len(shape) > 2 else 1))


def _inside(folder: Path, name: str) -> Path:
    """Return a path of the index; DocumentError if it leads out of the folder, or no file can have it."""
    path = inside(folder, name)
    if path is None:
        problem = "a path leads out of the folder, or no file can have it"
        raise DocumentError(
            problem, source=folder / INDEX, found=name[:100], expected="a path below the folder", advice=_REMOVE
        )
    return path
