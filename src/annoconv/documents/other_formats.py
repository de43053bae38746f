"""Which other format a JSON document is of, told by its keys: for what is said of a document that is no case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv.model import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OF_A_CASE", "REQUIRED", "OtherFormat", "format_of"]

_REQUIRED: Final = sorted(name for name, field in Case.model_fields.items() if field.is_required())
REQUIRED: Final = ", ".join(_REQUIRED)
"""The keys of a case, for messages."""
OF_A_CASE: Final = frozenset(_REQUIRED) - {"annotations"}
"""Those that other formats do not have."""


class OtherFormat(NamedTuple):
    """A format as people call it, and as the commands do."""

    name: str
    command: str

    @property
    def found(self) -> Message:
        """What is said that stands there."""
        return Message("a {name} file", name=self.name)

    @property
    def advice(self) -> Message:
        """What to do with it."""
        return Message("Read it with `annoconv {command}` first", command=self.command)

    def finding(self) -> Finding:
        """Return the one finding about a document of this format that was taken for one of ours."""
        problem = Message("{problem}; found {found}", problem=Message("this is no case"), found=self.found)
        told = Message("{problem}; expected {expected}", problem=problem, expected=REQUIRED)
        return Finding(
            "schema.invalid", Level.ERROR, "", Message("{problem}. {advice}", problem=told, advice=self.advice)
        )


_BY_KEYS: Final[tuple[tuple[frozenset[str], OtherFormat], ...]] = (
    (frozenset({"images", "annotations"}), OtherFormat("COCO", "from-coco")),
    (frozenset({"images", "categories"}), OtherFormat("COCO", "from-coco")),
    (frozenset({"image_id", "category_id"}), OtherFormat("COCO", "from-coco")),
    (frozenset({"features", "type"}), OtherFormat("GeoJSON", "from-geojson")),
    (frozenset({"geometry", "type"}), OtherFormat("GeoJSON", "from-geojson")),
    (frozenset({"shapes", "imagePath"}), OtherFormat("LabelMe", "from-labelme")),
    (frozenset({"data", "annotations"}), OtherFormat("Label Studio", "from-label-studio")),
    (frozenset({"data", "predictions"}), OtherFormat("Label Studio", "from-label-studio")),
    (frozenset({"resourceType"}), OtherFormat("FHIR", "from-fhir")),
)
"""Keys that stand together in no case, and the format that has them; in a list, its first object."""


def format_of(document: object) -> OtherFormat | None:
    """Return the format that the keys of a document tell; None for a case, and for what nothing tells."""
    first = cast("list[object]", document)[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        return None
    keys = cast("Mapping[str, object]", first).keys()
    return None if keys & OF_A_CASE else next((each for telling, each in _BY_KEYS if telling <= keys), None)
