"""Label tables as XML in a NIfTI header extension: Connectome Workbench, TotalSegmentator, nilearn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.advice import at_most_bytes, in_bytes
from annoconv.errors import InputError, LimitError, MaskError
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv_converters._volumes.label_tables import LONGEST_TABLE, by_value
from annoconv_converters._volumes.labels import Entry, color_of, stated_color
from annoconv_converters._xml import element_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["read_caret", "write_caret"]

_WITHOUT: Final = Message("Save the file again without the header extension, and name a label table with --labels")


def write_caret(volumes: Sequence[Sequence[Entry]]) -> bytes:
    """Return the XML that TotalSegmentator and Connectome Workbench read from the first header extension.

    Parameters
    ----------
    volumes
        The rows of each volume of the file, in their order.
    """
    tables = "".join(
        f'<VolumeInformation Index="{index}">\n<LabelTable>\n'
        f"{''.join(map(_caret_row, rows))}</LabelTable>\n</VolumeInformation>\n"
        for index, rows in enumerate(volumes)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<CaretExtension>\n{tables}</CaretExtension>\n'.encode()


def _caret_row(entry: Entry) -> str:
    red, green, blue = (f"{part / 255:.6g}" for part in color_of(entry))
    name = entry.name.replace("]]>", "]]]]><![CDATA[>")
    return (
        f'<Label Key="{entry.value}" Red="{red}" Green="{green}" Blue="{blue}" Alpha="1"><![CDATA[{name}]]></Label>\n'
    )


def read_caret(content: bytes, path: Path) -> list[tuple[int, Entry]]:
    """Return the labels of Caret's XML, each with the index of its volume; MaskError if it is damaged."""
    if len(content) > LONGEST_TABLE:
        raise LimitError(
            "the label table in the header extension is too long",
            source=path,
            found=in_bytes(len(content)),
            expected=at_most_bytes(LONGEST_TABLE),
            advice=_WITHOUT,
        )
    try:
        root = element_of(content, path, Limits())
        found = [
            (int(volume.attrib.get("Index", "0")), _caret_entry(node))
            for volume in root.iter("VolumeInformation")
            for node in volume.iter("Label")
            if int(node.attrib["Key"]) > 0
        ]
    except InputError as error:
        raise MaskError(
            Message("label table in the header extension: {problem}", problem=error.problem),
            source=path,
            found=error.found,
            expected=error.expected,
            advice=_WITHOUT,
        ) from error
    except (ValueError, KeyError) as error:
        if isinstance(error, LimitError):
            raise
        raise MaskError(
            "the label table in the header extension is damaged",
            source=path,
            found=str(error)[:80],
            expected="a whole number under Key and Index",
            advice=_WITHOUT,
        ) from error
    for index in {index for index, _ in found}:
        by_value((entry for at, entry in found if at == index), path)
    return found


def _caret_entry(node: Element) -> Entry:
    parts = [min(max(float(node.attrib[name]), 0.0), 1.0) for name in ("Red", "Green", "Blue")]
    red, green, blue = (round(255 * part) for part in parts)
    value = int(node.attrib["Key"])
    return Entry(value, (node.text or "").strip(), stated_color(value, (red, green, blue)))
