"""MITK's labels in a NRRD file: the names and colours of the values of each of its groups, which are layers.

Authority: key/value pairs of MITK's multi-label segmentations (`org.mitk.multilabel.segmentation`), version 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, MaskError
from annoconv_converters._volumes.file import FileSegment, Tree
from annoconv_converters._volumes.labels import Entry
from annoconv_converters._volumes.table_trees import fraction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["GROUPS", "pairs_tree", "read_groups", "segments_of", "written_tree"]

GROUPS: Final = "org.mitk.multilabel.segmentation.labelgroups"
_CONSTANT: Final = {
    "modality": "org.mitk.multilabel.segmentation",
    "org.mitk.multilabel.segmentation.version": "1",
}
"""Pairs that only say that the file is one of MITK's."""


def read_groups(pairs: Mapping[str, str], layers: int, path: Path, limits: Limits) -> list[list[dict[str, Any]]] | None:
    """Return the labels of each group as the header has them; None if there are none, MaskError if they are damaged."""
    text = pairs.get(GROUPS)
    if text is None:
        return None
    try:
        stated = strict_json.loads(text.encode(), limits=limits, source=path, where=GROUPS)
        groups = [[_plain(label) for label in group["labels"] or ()] for group in stated]
        if len(groups) > layers or not all(_is_label(label) for group in groups for label in group):
            raise ValueError
    except (AnnoconvError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MaskError(
            "the label groups of MITK are damaged",
            source=path,
            where=GROUPS,
            found=text[:100],
            expected='[{"labels": [{"name": "Liver", "value": 1}]}], a group for each layer',
            advice="Save the segmentation again in MITK, or remove the pair to read values without names",
        ) from error
    return groups


def segments_of(groups: Sequence[Sequence[dict[str, Any]]]) -> list[FileSegment]:
    """Return what the groups say of labels, in their order."""
    return [
        FileSegment(layer, Entry(label["value"], label["name"], _color(label)))
        for layer, labels in enumerate(groups)
        for label in labels
    ]


def pairs_tree(pairs: Mapping[str, str], groups: Sequence[Sequence[dict[str, Any]]]) -> Tree:
    """Return what MITK's pairs say, labels under their group and value."""
    told = {key: value for key, value in pairs.items() if key != GROUPS and _CONSTANT.get(key) != value}
    return told | {GROUPS: [{str(label["value"]): _tree(label) for label in labels} for labels in groups]}


def written_tree(groups: Sequence[Sequence[dict[str, Any]]], segments: Sequence[FileSegment]) -> Tree:
    """Return what pairs written from a case would say of those labels that the file has."""
    kept = [{str(each.entry.value): each.entry for each in segments if each.layer == n} for n in range(len(groups))]
    again: list[Tree] = []
    for labels, entries in zip(groups, kept, strict=True):
        named = {value for label in labels if (value := str(label["value"])) in entries}
        again.append({value: _entry_tree(entries[value]) for value in sorted(named)})
    return {GROUPS: again}


def _plain(label: Mapping[str, Any]) -> dict[str, Any]:
    """Return a label, its name as a text: like a colour, it may be a property, which has a type and a value."""
    name = label.get("name", "")
    return {**label, "name": name["value"] if isinstance(name, dict) else name}


def _is_label(label: dict[str, Any]) -> bool:
    parts = _parts(label)
    is_color = not parts or (
        len(parts) == 3 and all(isinstance(each, int | float) and 0 <= each <= 1 for each in parts)
    )
    return type(label["value"]) is int and label["value"] > 0 and isinstance(label["name"], str) and is_color


def _parts(label: dict[str, Any]) -> list[Any]:
    stated = label.get("color")
    return list(stated["value"]) if stated is not None else []


def _color(label: dict[str, Any]) -> tuple[int, int, int] | None:
    parts = _parts(label)
    return (round(255 * parts[0]), round(255 * parts[1]), round(255 * parts[2])) if parts else None


def _tree(label: dict[str, Any]) -> Tree:
    told = {key: value for key, value in label.items() if key not in {"value", "color"}}
    return told | ({"color": [fraction(str(part)) for part in _parts(label)]} if _parts(label) else {})


def _entry_tree(entry: Entry) -> Tree:
    color = entry.color_rgb
    return {"name": entry.name} | ({} if color is None else {"color": [fraction(str(part / 255)) for part in color]})
