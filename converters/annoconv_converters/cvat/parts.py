"""Files of CVAT as they are read: image by image where each is a case of its own, some at a time if they are ours.

Images of a file that was edited, or of volumes, wait until it is known which case each is of. Videos are read as a
whole.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from annoconv.documents import strict_json
from annoconv.errors import InputError, LimitError
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import side_of
from annoconv_converters._pictures.planes import DEFAULT_NAMES, parse_name
from annoconv_converters._pictures.stored import StoredPictures
from annoconv_converters._pictures.whole_side import holds, whole_parts
from annoconv_converters._xml import XmlParts
from annoconv_converters.cvat.read import TASK, CvatFile, numbered, read_cvat
from annoconv_converters.cvat.trees import CvatTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.files.side_files import Side, SideFiles
    from annoconv.limits import Limits
    from annoconv.model import Label
    from annoconv_converters._pictures.records import Picture
    from annoconv_converters._pictures.stored import Told
    from annoconv_converters._pictures.whole_side import Part

__all__ = ["read_files"]

_TRACK: Final = b"<track"
"""What stands in a file of ours if there is a video in it."""
_IMAGE: Final = "image"
_TOGETHER: Final = 100
"""Images that are read at a time: one after another costs less than each between other things."""


def read_files(path: Path, limits: Limits, label_system: Sequence[Label], sides: SideFiles) -> Iterator[Batch]:
    """Yield what `read_cvat` returns, of flat images as they are read."""
    side = side_of(path, sides)
    parts = whole_parts(side, TASK, without=_TRACK)
    if parts is not None:
        yield from _as_written(path, limits, label_system, side, parts)
        return
    flat = _flat(path, limits, label_system, side) if side.path is None else None
    apart = flat or (None if side.is_whole else _stored(path, limits, label_system, side))
    yield from read_cvat(path, limits, label_system, sides) if apart is None else [apart]


def _as_written(
    path: Path, limits: Limits, label_system: Sequence[Label], side: Side, parts: Iterator[Part]
) -> Iterator[Batch]:
    rest = XmlParts(path, limits, _IMAGE)
    images = iter(rest)
    file: CvatFile | None = None
    first = 0
    for part in parts:
        some = dict(enumerate(islice(images, None if part.is_last else len(part.pictures)), first))
        file = file or CvatFile(rest.root, path)  # what is said of labels stands before the images
        pictures = file.images(some)
        numbered(pictures)
        tree = CvatTree(rest.root, label_system, open=-1, images=some)
        first += len(some)
        findings, kind = file.findings, file.classes
        yield Batch(pictures, file.labels, path, side, tree.losses, findings, kind, part=part)


def _flat(path: Path, limits: Limits, label_system: Sequence[Label], side: Side) -> Batch | None:
    """Return the images of a file as they are read; None if they are not all flat, or one cannot be read."""
    if not path.is_file():
        return None
    strict_json.check_document(path.stat().st_size, path, limits)
    rest = XmlParts(path, limits, _IMAGE)
    met: dict[str, None] = {}
    count = 0
    for image in rest:
        if parse_name(DEFAULT_NAMES, image.get("name", "")) or image.find("skeleton") is not None:
            return None
        met |= dict.fromkeys(shape.get("label", "") for shape in image if shape.tag != "attribute")
        count += 1
    root = rest.root
    if not count or root.tag != "annotations" or root.find("track") is not None:
        return None
    file = CvatFile(root, path, met)
    tree = CvatTree(root, label_system, open=count)

    def pictures() -> Iterator[Picture]:
        images, number = enumerate(XmlParts(path, limits, _IMAGE)), 1
        while some := dict(islice(images, _TOGETHER)):
            tree.images = some
            found = file.images(some)
            number = numbered(found, number)
            yield from found

    return Batch([], file.labels, path, side, tree.losses, file.findings, file.classes, flat=pictures())


def _stored(path: Path, limits: Limits, label_system: Sequence[Label], side: Side) -> Batch | None:
    """Return the images of a file, which wait; None if there are videos, or one who reads it as a whole has to tell."""
    if not path.is_file() or holds(path, _TRACK):
        return None
    rest = XmlParts(path, limits, _IMAGE)
    images = enumerate(rest)
    file: CvatFile | None = None
    before = 0
    tree: CvatTree

    def asked(found: Told) -> None:
        tree.images = {int(picture.place[1]): element for picture, (element,) in found}

    stored, number = StoredPictures(asked), 1
    try:
        strict_json.check_document(path.stat().st_size, path, limits)
        while some := dict(islice(images, _TOGETHER)):
            if file is None:
                file, before = CvatFile(rest.root, path), _beside(rest.root)
            found = file.images(some)
            number = numbered(found, number)
            for picture, element in zip(found, some.values(), strict=True):
                stored.add(picture, element)
    except (InputError, LimitError):
        return None
    if file is None:
        return None
    root = rest.root
    if root.tag != "annotations" or _beside(root) != before or root.find("track") is not None:
        return None
    tree = CvatTree(root, label_system, open=len(stored))
    return Batch([], file.labels, path, side, tree.losses, file.findings, file.classes, stored=stored)


def _beside(root: Element) -> int:
    """Return how many elements stand beside images."""
    return sum(each.tag != _IMAGE for each in root)
