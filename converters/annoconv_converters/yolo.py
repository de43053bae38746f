"""YOLO: detection, segmentation, pose and oriented boxes as text files of normalised coordinates.

Each line is a class and numbers from 0 to 1, shares of the picture's width and height, so that the size of a picture
must be known: from its file, from `--images`, or from our side file. Continuous pixels, origin at the outer corner;
pose keypoints too. `docs/formats/yolo.md` holds the mapping table. Authority: docs.ultralytics.com/datasets
(data.yaml), and Darknet (obj.data, obj.names).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from annoconv import images as image_seam
from annoconv.errors import ImageError, InputError
from annoconv.ids import safe_name
from annoconv.registry import Option
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.kin import SIDE_NAME, Batch, read_kin
from annoconv_converters._pictures.kin_write import write_kin
from annoconv_converters._pictures.native import Picture
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.rotation import smallest_box, turned_box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["from_yolo", "to_yolo"]

Record: TypeAlias = "dict[str, Any]"
Sizes: TypeAlias = "dict[str, tuple[int, int]]"
Kind: TypeAlias = Literal["auto", "detect", "segment", "pose", "obb"]

_TASK: Final = "yolo"
_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_BOX, _OBB = 4, 8
_NAMES: Final = ("data.yaml", "data.yml", "dataset.yaml")


def to_yolo(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images to render: folders or files.")] = (),
    kind: Annotated[
        Literal["segment", "detect", "pose", "obb"],
        Option(help="Polygons that decode to exactly the masks, boxes, boxes with keypoints, or turned boxes."),
    ] = "segment",
    render: Annotated[
        Literal["none", "16", "8"], Option(help="Write PNGs of the images: 16 bits rescaled, or 8 bits windowed.")
    ] = "none",
    window: Annotated[str | None, Option(help="Centre and width of the 8-bit window.", metavar="40,400")] = None,
) -> LossReport:
    """Write cases as a YOLO data set: `data.yaml`, `train.txt`, `labels/`, and the side file `annoconv.json`.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A folder.
    context
        Label system, limits.
    images
        Where the pictures are rendered from.
    kind
        Of lines. `pose` holds boxes and the points that name an `instance` and a `keypoint`, `obb` the smallest turned
        boxes of polygons; masks have no place in either.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.

    Returns
    -------
    LossReport
        What YOLO does not hold, exactly; it travels in the side file, with the sizes of the pictures.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """

    def serialise(pictures: Sequence[Picture], categories: Sequence[Record], folder: Path) -> None:
        _write(pictures, categories, folder, kind)

    def parse(folder: Path, sizes: Sizes) -> Batch:
        return _batch(folder, sizes, "segment", context.limits)

    return write_kin(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=serialise,
        parse=parse,
        plain=False,
        is_outlined=True,
        shapes=frozenset(),
        keypoints=kind == "pose",
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_yolo(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images, where the pictures are not in the data set.")] = (),
    kind: Annotated[Kind, Option(help="Of lines; auto tells by their length, and pose by data.yaml.")] = "auto",
) -> Iterator[Reading]:
    """Yield the cases of YOLO data sets.

    Parameters
    ----------
    sources
        Folders with `data.yaml`, or with Darknet's `obj.data`.
    context
        Task id, limits.
    images
        Tell the sizes of pictures that are not beside their labels, by series UID.
    kind
        Lines of eight numbers are polygons of four vertices unless `obb` is asked for; both are read as polygons.

    Raises
    ------
    InputError
        If a line is no label, or the size of a picture is not known.
    """
    found = {safe_name(source.uid): source.grid for source in image_seam.scan(images, context.limits)} if images else {}
    batches = (_batch(folder, {}, kind, context.limits, found) for folder in map(Path, sources))
    return read_kin(batches, context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], folder: Path, kind: str) -> None:
    classes = {record["id"]: place for place, record in enumerate(categories)}
    names: list[str] = []
    every = [record for picture in pictures for record in picture.annotations]
    keypoints = list(dict.fromkeys(name for record in every for name in record.get("named", {"1": 0})))
    for picture in pictures:
        name = str(picture.record["file_name"])
        if "width" not in picture.record:
            raise ImageError("YOLO needs the size of every picture", where="/image/shape", found=name)
        size = picture.record["height"], picture.record["width"]
        lines: list[str] = []
        for record in picture.annotations:
            shares = _shares(_numbers(record, kind), size)
            if kind == "pose":
                shares += _keypoint_shares(record, keypoints, size)
            lines.append(" ".join([str(classes[record["category_id"]]), *map(_written, shares)]))
        path = folder / "labels" / f"{name.rpartition('.')[0]}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        names.append(f"./images/{name}\n")
    (folder / "train.txt").write_text("".join(names), encoding="utf-8")
    listed = "".join(f"  {place}: {record['name']}\n" for place, record in enumerate(categories))
    head = "path: .\ntrain: train.txt\nval: train.txt\n"
    head += f"kpt_shape: [{len(keypoints)}, 3]\n" if kind == "pose" and keypoints else ""
    (folder / "data.yaml").write_text(f"{head}names:\n{listed}" if listed else f"{head}names: []\n", encoding="utf-8")


def _numbers(record: Record, kind: str) -> list[float]:
    """Return a polygon's vertices, or centre and size of a box, in pixels."""
    rings = record.get("segmentation")
    x, y, width, height = record["bbox"]
    if kind == "segment" and rings:
        return list(rings[0])
    if kind == "obb":
        ring = rings[0] if rings else turned_box((x, y, x + width, y + height), 0, (0, 0))
        return list(ring) if len(ring) == _OBB else smallest_box(np.array(ring).reshape(-1, 2))
    return [x + width / 2, y + height / 2, width, height]


def _shares(numbers: list[float], size: tuple[int, int]) -> list[float]:
    return [number / size[1 - place % 2] for place, number in enumerate(numbers)]


def _keypoint_shares(record: Record, names: list[str], size: tuple[int, int]) -> list[float]:
    """Return x, y and visibility of each keypoint; records have pixel indices, YOLO continuous pixels."""
    named = record.get("named") or ({"1": record["keypoints"]} if "keypoints" in record else {})
    shares: list[float] = []
    for name in names:
        x, y, seen = named.get(name, (-0.5, -0.5, 0))
        shares += [(x + 0.5) / size[1], (y + 0.5) / size[0], seen]
    return shares


def _written(number: float) -> str:
    return repr(float(number))


def _batch(folder: Path, sizes: Sizes, kind: str, limits: Limits, sources: dict[str, Any] | None = None) -> Batch:
    """Return the pictures of a data set in the order of its list, else of their names."""
    if folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise InputError("there is no such folder", source=folder)
    names, keypoints = _names(folder, limits)
    side = folder / SIDE_NAME
    known = dict(sizes) if sizes else _side_sizes(side, limits)
    pictures: list[Picture] = []
    for number, (name, label, image) in enumerate(_listed(folder, limits), start=1):
        rows, columns = known.get(name) or _size(name, image, sources or {})
        record: Record = {"id": number, "file_name": name, "width": columns, "height": rows}
        picture = Picture(record)
        for place, line in enumerate(_lines(label, limits), start=1):
            picture.annotations.append(_record(line, (rows, columns), kind, keypoints, label, place))
        pictures.append(picture)
    for number, each in enumerate((record for picture in pictures for record in picture.annotations), start=1):
        each["id"] = number
    categories: list[Record] = [{"id": place, "name": name} for place, name in names.items()]
    if keypoints:
        named = [str(place + 1) for place in range(keypoints[0])]
        categories = [{**each, "keypoints": named} for each in categories]
    return Batch(pictures, categories, folder, side)


def _record(
    line: str, size: tuple[int, int], kind: str, keypoints: tuple[int, int] | None, path: Path, place: int
) -> Record:
    rows, columns = size
    try:
        category, *numbers = line.split()
        label, shares = int(category), [float(each) for each in numbers]
    except ValueError:
        label, shares = -1, []
    if label < 0 or not all(abs(share) < 1e4 for share in shares):
        raise InputError(
            "this is no label", source=path, where=f"line {place}", expected="a class and numbers from 0 to 1"
        )
    record: Record = {"category_id": label}
    pose = _BOX + keypoints[0] * keypoints[1] if keypoints else -1
    if len(shares) == _BOX + 1 or len(shares) == pose + 1:
        *shares, record["score"] = shares
    if len(shares) in {_BOX, pose}:
        x, y, width, height = (share * (columns, rows)[each % 2] for each, share in enumerate(shares[:_BOX]))
        record["bbox"] = [tidy(x - width / 2), tidy(y - height / 2), tidy(width), tidy(height)]
        if keypoints and len(shares) == pose:
            record["keypoints"] = _pose(shares[_BOX:], size, keypoints[1])
    elif len(shares) >= 6 and len(shares) % 2 == 0 and kind != "detect" and (kind != "obb" or len(shares) == _OBB):
        ring = [tidy(share * (columns, rows)[each % 2]) for each, share in enumerate(shares)]
        record["segmentation"] = [ring]
    else:
        raise InputError("the line has another count of numbers", source=path, where=f"line {place}", found=len(shares))
    return record


def _pose(shares: list[float], size: tuple[int, int], dimensions: int) -> list[float]:
    """Return keypoints as COCO has them: pixel indices and visibility; 0, 0 without one is not labelled."""
    triples: list[float] = []
    for start in range(0, len(shares), dimensions):
        x, y = shares[start] * size[1], shares[start + 1] * size[0]
        seen = int(shares[start + 2]) if dimensions == 3 else 2 * (x != 0 or y != 0)
        triples += [tidy(x - 0.5), tidy(y - 0.5), min(max(seen, 0), 2)] if seen else [0, 0, 0]
    return triples


def _lines(path: Path, limits: Limits) -> list[str]:
    if not path.is_file():
        return []  # a picture without objects
    if path.stat().st_size > limits.line_bytes:
        raise InputError("the label file is too large", source=path, expected=f"{limits.line_bytes} bytes")
    return [line for line in _text(path).splitlines() if line.strip()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the file cannot be read as text", source=path, found=type(error).__name__) from error


def _listed(folder: Path, limits: Limits) -> list[tuple[str, Path, Path]]:
    """Return name, label file and image file of each picture."""
    listing = folder / "train.txt"
    if listing.is_file():
        found: list[tuple[str, Path, Path]] = []
        for line in _text(listing).splitlines():
            name = line.strip().replace("\\", "/").removeprefix("./")
            if name:
                found.append(_located(folder, name))
        return found
    labels = folder / "labels"
    files = image_seam.list_files([labels if labels.is_dir() else folder], limits)
    root = labels if labels.is_dir() else folder
    stems = [path.relative_to(root).with_suffix("") for path in files if path.suffix == ".txt"]
    result: list[tuple[str, Path, Path]] = []
    for stem in stems:
        candidates = [folder / "images" / f"{stem}{suffix}" for suffix in _SUFFIXES]
        image = next((path for path in candidates if path.is_file()), candidates[0])
        result.append((f"{stem}{image.suffix}", root / f"{stem}.txt", image))
    return result


def _located(folder: Path, name: str) -> tuple[str, Path, Path]:
    """Return where label and image of a listed picture are: Darknet names them from the folder above."""
    parts = Path(name).parts
    if ".." in parts or Path(name).is_absolute():
        raise InputError("the list names a picture beyond its folder", source=folder / "train.txt", found=name)
    if parts[0] == "images":
        inner = Path(*parts[1:])
        return str(inner), folder / "labels" / inner.with_suffix(".txt"), folder / name
    for start in range(len(parts)):
        image = folder.joinpath(*parts[start:])
        if image.exists() or image.with_suffix(".txt").exists():
            return parts[-1], image.with_suffix(".txt"), image
    return parts[-1], folder / Path(name).with_suffix(".txt"), folder / name


def _size(name: str, image: Path, sources: dict[str, Any]) -> tuple[int, int]:
    if image.is_file():
        try:
            with Pillow.open(image) as picture:
                return picture.height, picture.width
        except (OSError, UnidentifiedImageError, ValueError, Pillow.DecompressionBombError) as error:
            raise ImageError("the picture cannot be read", source=image, found=type(error).__name__) from error
    for series, grid in sources.items():
        if re.fullmatch(rf"(.*/)?{re.escape(series)}(_k\d+)?\.[a-z]+", name):
            return grid.shape[1], grid.shape[0]
    raise InputError("the size of the picture is not known", source=image, advice="Put it there, or pass --images")


def _side_sizes(side: Path, limits: Limits) -> Sizes:
    """Return the sizes that our side file tells."""
    from annoconv import jsondoor

    if not side.is_file():
        return {}
    document = jsondoor.loads(jsondoor.read_bytes(side, limits), limits=limits, source=side)
    cases = document.get("cases") if isinstance(document, dict) else None
    told: Sizes = {}
    for case in cases if isinstance(cases, list) else []:
        for picture in case.get("pictures", []) if isinstance(case, dict) else []:
            size: Any = (picture.get("height"), picture.get("width")) if isinstance(picture, dict) else (None, None)
            if all(type(count) is int for count in size) and isinstance(picture.get("file_name"), str):
                told[picture["file_name"]] = size
    return told


def _names(folder: Path, limits: Limits) -> tuple[dict[int, str], tuple[int, int] | None]:
    """Return the names of the classes and, for pose, count and dimensions of the keypoints."""
    for name in _NAMES:
        if (folder / name).is_file():
            return _from_yaml(_text(folder / name), folder / name)
    for name in ("obj.names", "classes.txt"):
        if (folder / name).is_file():
            lines = _text(folder / name).splitlines()
            return {place: line.strip() for place, line in enumerate(lines) if line.strip()}, None
    del limits
    raise InputError("this is no YOLO data set", source=folder, expected="data.yaml, obj.names or classes.txt")


def _from_yaml(text: str, path: Path) -> tuple[dict[int, str], tuple[int, int] | None]:
    """Read `names` and `kpt_shape`, the two members that matter; in the forms in which data sets have them."""
    shape = re.search(r"^kpt_shape:\s*\[\s*(\d{1,4})\s*,\s*([23])\s*\]", text, re.MULTILINE)
    keypoints = (int(shape[1]), int(shape[2])) if shape else None
    inline = re.search(r"^names:\s*\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    if inline:
        listed = [_unquoted(name) for name in inline[1].split(",") if name.strip()]
        return dict(enumerate(listed)), keypoints
    block = re.search(r"^names:\s*(?:#.*)?\n((?:[ \t-][^\n]*(?:\n|$)|\s*\n)+)", text, re.MULTILINE)
    names: dict[int, str] = {}
    for line in block[1].splitlines() if block else []:
        item = re.fullmatch(r"\s*(?:(\d{1,9})\s*:|-)\s+(.+?)\s*", line)
        if item:
            names[int(item[1]) if item[1] else len(names)] = _unquoted(item[2])
        elif line.strip() and not line.strip().startswith("#"):
            raise InputError("the names of the classes cannot be understood", source=path, found=line[:40])
    if not block:
        raise InputError("data.yaml names no classes", source=path, expected="names")
    return names, keypoints


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"" else name
