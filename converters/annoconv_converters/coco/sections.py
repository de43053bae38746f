"""The sections of a COCO file and its side file, which stand in temporary files until they are put together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.documents import strict_json
from annoconv.files.manifest import ending_of, seal
from annoconv_converters._pictures.carrier import VERSION
from annoconv_converters._pictures.records import KEY
from annoconv_converters.coco.output import OutputPart
from annoconv_converters.coco.side import CATEGORIES, INFO, SEGMENTS
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from annoconv_converters._pictures.records import Picture
    from annoconv_converters.coco.output import OutputFiles

__all__ = ["Sections"]

Record: TypeAlias = "dict[str, Any]"


class Sections:
    """The records of pictures and annotations, and what is noted of them beside the file.

    Parameters
    ----------
    stack
        Closes the temporary files.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._parts = {name: OutputPart(stack) for name in (IMAGES, ANNOTATIONS, "side")}

    def add(self, picture: Picture, case: str, kind: str | None, *, is_keyed: bool, is_plain: bool) -> None:
        """Write a picture and its annotations.

        Parameters
        ----------
        picture
            With its shapes.
        case
            Position of its case, as our key has it.
        kind
            Of the file.
        is_keyed
            Whether our key and the side file say more of them.
        is_plain
            Whether nothing at all is said beside COCO.
        """
        image, key = picture.record, {"case": case, **picture.key}
        number = str(image["id"])
        if is_keyed:
            named = {"section": IMAGES, "id": number, "record": image if kind == "results" else {}, KEY: key}
            size: Record = {name: image[name] for name in ("width", "height", "date_captured") if name in image}
            self._parts["side"].add({**named, "file_name": image.get("file_name"), **size})
            image = {**image, KEY: key}
        elif "rendering" in key and not is_plain:
            image = {**image, KEY: {"rendering": key["rendering"]}}
        records = [{**shape.record, KEY: shape.key} if is_keyed else shape.record for shape in picture.shapes]
        if is_keyed:
            section = ANNOTATIONS if picture.packed is None else SEGMENTS
            for shape in picture.shapes:
                identity = str(shape.record.get("id"))
                named = {"section": section, "id": identity if picture.packed is None else f"{number}/{identity}"}
                self._parts["side"].add({**named, "image": number, KEY: shape.key})
        if picture.packed is not None:
            keys = [{KEY: shape.key} if is_keyed else {} for shape in picture.shapes]
            infos = [{**info, **key} for info, key in zip(picture.packed["segments_info"], keys, strict=True)]
            records = [{**picture.packed, "segments_info": infos}]
        if kind == "results":
            records = [{name: value for name, value in record.items() if name != "id"} for record in records]
        self._parts[IMAGES].add(image)
        self._parts[ANNOTATIONS].add(*records)

    def add_numbered(self, image: Record, records: Sequence[Record]) -> None:
        """Write the record of a picture, and those of its annotations, each of which begins with its id."""
        self._parts[IMAGES].add(image)
        self._parts[ANNOTATIONS].add_numbered(records)

    def put_together(
        self, layout: OutputFiles, kind: str | None, head: Record, categories: Sequence[Record], *, has_none: bool
    ) -> None:
        """Put the file and its side file together.

        Parameters
        ----------
        layout
            Where they stand.
        kind
            Of the file.
        head
            Its members beside pictures and annotations.
        categories
            Of the file, for the side file.
        has_none
            Whether it has no list of annotations if there is none.
        """
        with layout.document.open("wb") as file:
            if kind == "results":
                self._parts[ANNOTATIONS].copy(file)
                file.write(b"\n")
            else:
                file.write(b"{\n")
                for name, value in head.items():
                    file.write(json.dumps(name).encode() + b": " + strict_json.dumps(value).rstrip() + b",\n")
                names = [IMAGES] if has_none and not self._parts[ANNOTATIONS].count else [IMAGES, ANNOTATIONS]
                for name in names:
                    file.write(f'"{name}": '.encode())
                    self._parts[name].copy(file)
                    file.write(b"\n}\n" if name == names[-1] else b",\n")
        if self._parts["side"].count:
            for record in categories:
                self._parts["side"].add({"section": CATEGORIES, "record": record})
            side = layout("side")
            with side.open("wb") as file:
                self._parts["side"].copy(file, {KEY: VERSION, INFO: head.get(INFO)})
                file.write(b"\n")
            if layout.is_folder:  # else it gets its seal with the file, at the end
                seal(side, layout.document, ending_of(layout.document))
