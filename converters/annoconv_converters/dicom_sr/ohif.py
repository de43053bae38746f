"""What OHIF needs beside the standard's content to edit what it reads: which of its tools drew it.

The viewer knows a measurement as its own by the tracking identifier, `Cornerstone3DTools@^0.1.0:Length`, and takes its
points from the coordinates that a value was inferred from. Authority: the adapters of cornerstone3D, which it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from annoconv.model import Annotation
    from annoconv_converters._dicom.content import Item
    from annoconv_converters.dicom_sr.regions import Drawn

__all__ = ["is_box", "make_editable", "plain_tracking_id", "tool_of"]

_PREFIX: Final = "Cornerstone3DTools@^0.1.0:"
"""Of the tracking identifier of what the viewer drew."""


def tool_of(annotation: Annotation, drawn: Drawn | None) -> str:
    """Return the tracking identifier of the tool that draws such a geometry; empty if none does."""
    return ""


def make_editable(group: Item, annotation: Annotation, drawn: Drawn | None) -> None:
    """Add what the tool needs to a measurement group."""


def plain_tracking_id(name: str) -> str:
    """Return a tracking identifier without the tool that drew it, where something stands behind it."""
    return name


def is_box(group: Item) -> bool:
    """Tell whether the viewer's tool for rectangles drew what stands in a group."""
    return any(
        isinstance(each.value, str) and each.value.startswith(_PREFIX + "RectangleROI")
        for each in group.all(("112039", "DCM"), kind="TEXT")
    )
