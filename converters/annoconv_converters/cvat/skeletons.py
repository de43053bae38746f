"""Labels of skeletons: one for the whole, one for each of its points, and a drawing that says what lines join.

The drawing is SVG, in which a point is a circle and a line names the numbers of its ends. Authority: docs.cvat.ai,
"Annotation with skeletons"; cvat-ai/cvat, `dataset_manager/formats/cvat.py`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from xml.sax.saxutils import quoteattr

from annoconv.codes import is_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["drawing_of", "skeletons_of"]

Record: TypeAlias = "dict[str, Any]"

_NODE: Final = re.compile(r"<circle\b([^>]*)>")
_LINE: Final = re.compile(r"<line\b([^>]*)>")
_MEMBER: Final = re.compile(r'\bdata-(node-id|label-name|node-from|node-to)="([^"]*)"')


def skeletons_of(root: Element) -> dict[str, Record]:
    """Return the keypoints of each skeleton, and the lines between them from 1, by the name of its label.

    The lines stand in the drawing of the label, by the numbers that its points have there.
    """
    labels = list(root.iterfind("meta//labels/label"))
    found: dict[str, Record] = {}
    for label in labels:
        parent, name = label.findtext("parent"), label.findtext("name") or ""
        if parent is not None and is_name(name):
            names = found.setdefault(parent, {"keypoints": []})["keypoints"]
            names += [name] if name not in names else []
    for label in labels:
        told = found.get(label.findtext("name") or "", {"keypoints": []})
        drawing = label.findtext("svg") or ""
        nodes: dict[str, int] = {}
        for node in _NODE.findall(drawing):
            members = dict(_MEMBER.findall(node))
            if members.get("label-name") in told["keypoints"]:
                nodes[members.get("node-id", "")] = told["keypoints"].index(members["label-name"]) + 1
        ends = [dict(_MEMBER.findall(line)) for line in _LINE.findall(drawing)]
        pairs = [[nodes.get(each.get(f"node-{end}", "")) for end in ("from", "to")] for each in ends]
        lines = [pair for pair in pairs if None not in pair]
        told |= {"skeleton": lines} if lines else {}
    return found


def drawing_of(names: list[str], lines: list[list[int]]) -> str:
    """Return the drawing of a skeleton: its points on a circle, and the lines between them, whose ends count from 1."""
    turns = [2 * math.pi * place / len(names) for place in range(len(names))]
    corners = [(f"{50 + 40 * math.sin(turn):.2f}", f"{50 - 40 * math.cos(turn):.2f}") for turn in turns]
    drawn: list[str] = []
    for start, end in lines:
        (x1, y1), (x2, y2) = corners[start - 1], corners[end - 1]
        ends = f'data-node-from="{start}" data-node-to="{end}"'
        drawn.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" data-type="edge" {ends}></line>')
    for number, (name, (x, y)) in enumerate(zip(names, corners, strict=True), start=1):
        numbers = f'data-type="element node" data-element-id="{number}" data-node-id="{number}"'
        drawn.append(f'<circle r="0.75" cx="{x}" cy="{y}" {numbers} data-label-name={quoteattr(name)}></circle>')
    return "".join(drawn)
