"""What a data set that is written is read as, from the text of its files while that is at hand.

Lines and `data.yaml` are understood as the reader does; only what is a matter of the folder, which files are there and
what they are named, is known already. Where names are unusual the folder itself is read again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.pictures import PICTURE_FILES
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.columns import Columns, box_picture, held
from annoconv_converters._pictures.records import Picture
from annoconv_converters.yolo.border import SLACK
from annoconv_converters.yolo.data_set import shape_of
from annoconv_converters.yolo.description import Description
from annoconv_converters.yolo.lines import record_of
from annoconv_converters.yolo.places import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters.yolo.boxes import Shares
    from annoconv_converters.yolo.lines import Kind

__all__ = ["DESCRIPTION", "LIST", "Files", "understood"]

Record: TypeAlias = "dict[str, Any]"

DESCRIPTION, LIST = "data.yaml", "train.txt"
_PLAIN: Final = re.compile(r"(?:\w[\w.-]{0,200}/){0,5}\w[\w.-]{0,200}", re.ASCII)
"""Names of pictures that are the same in any list, on any system."""


class Files(dict[str, str]):
    """The text of each file, those of the pictures last and in their order; and the boxes that are columns in them."""

    def __init__(self, texts: dict[str, str], boxes: Shares) -> None:
        super().__init__(texts)
        self.boxes = boxes


def understood(
    files: Files,
    drawn: Sequence[Picture],
    sizes: Mapping[str, tuple[int, int]],
    folder: Path,
    kind: Kind,
    limits: Limits,
) -> Batch | None:
    """Return what a data set is read as; None if its names or sizes have to be looked at by its reader.

    Parameters
    ----------
    files
        Of the data set.
    drawn
        The pictures.
    sizes
        Rows and columns of each.
    folder
        Where it is written, for messages.
    kind
        Of lines.
    limits
        Bounds on what is read.
    """
    names = [str(picture.record["file_name"]) for picture in drawn]
    if not all(name in sizes and _is_plain(name) for name in names) or len(files) != len(names) + 2:
        return None
    if any(len(text) > limits.line_bytes for text in files.values()):
        return None
    description = Description(folder, files[DESCRIPTION].removesuffix("\n"))
    pictures: list[Picture] = []
    count = 0
    found = files.boxes.sizes()
    places: dict[Any, int] = {}
    """Of classes in the file, by their numbers."""
    labels = [*files][2:]
    for number, (name, label, one) in enumerate(zip(names, labels, drawn, strict=True), start=1):
        rows, columns = size = sizes[name]
        record: Record = {"id": number, "file_name": name, "width": columns, "height": rows}
        text, own = files[label], held(one)
        if own is not None:
            if not places.keys() >= {*own.classes}:
                places |= {of: int(line.split()[0]) for of, line in zip(own.classes, text.splitlines(), strict=True)}
            numbers = range(count + 1, count + 1 + len(own.classes))
            boxes = Columns(numbers, [places[of] for of in own.classes], sizes=next(found))
            pictures.append(box_picture(record, boxes))
            count += len(own.classes)
            continue
        picture = Picture(record, is_unsized=True)
        path, slack = folder / label, SLACK * 2 * max(size)
        for place, line in enumerate(text.splitlines(), start=1):
            count += 1
            told = record_of(line, size, kind, description.keypoints, path, place)
            told["id"] = count
            picture.shapes.append(shape_of(told, (label, place - 1), kind, slack))
        pictures.append(picture)
    return Batch(pictures, description.categories, folder, classes="numbered")


def _is_plain(name: str) -> bool:
    return (
        _PLAIN.fullmatch(name) is not None and name.lower().endswith(PICTURE_FILES) and listed(name) == f"images/{name}"
    )
