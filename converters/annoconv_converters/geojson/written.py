"""What a collection that is written is read as, while what was drawn is at hand.

The text of a float is read as that very float, so that a ring of floats comes back as it was drawn; a test holds that
against the reader. All else is read from its text.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.outlines import RingColumns, held_rings, ring_picture
from annoconv_converters._pictures.records import Shape
from annoconv_converters._raster.polygons import FARTHEST_PIXEL
from annoconv_converters.geojson.meaning import class_name
from annoconv_converters.geojson.read import DEEP_ENOUGH, batch_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters._pictures.records import Picture

__all__ = ["understood"]

Record: TypeAlias = "dict[str, Any]"

_FLOATS: Final[set[type]] = {float}
_BARE: Final = {"type": "Polygon", "coordinates": ()}


def understood(collection: Record, pictures: Sequence[Picture], path: Path, limits: Limits) -> Batch | None:
    """Return what a collection is read as; None if its reader has to be asked.

    Parameters
    ----------
    collection
        As it is written; it is not changed.
    pictures
        With their shapes, of each of which it has a feature.
    path
        Of the file, for messages.
    limits
        Bounds on what is read.
    """
    if limits.depth < DEEP_ENOUGH:
        return None
    drawn = [held_rings(picture) for picture in pictures]
    names = [picture.record["file_name"] for picture in pictures]
    rings = [each for each in drawn if each is not None]
    if len(rings) == len({*names}) == len(names):
        return _batch_of_rings(collection, rings, path)
    outlines = [_outline(shape) for picture in pictures for shape in picture.shapes]
    told: Sequence[Record] = collection["features"]
    features = [
        feature if outline is None else {**feature, "geometry": _BARE}
        for feature, outline in zip(told, outlines, strict=True)
    ]
    return batch_of(strict_json.dumps({**collection, "features": features}), path, limits, outlines)


def _batch_of_rings(collection: Record, rings: Sequence[RingColumns], path: Path) -> Batch:
    """Return what a collection is read as whose features are rings, on each of its pictures those at its place."""
    names: dict[str, int] = {}
    found: list[Picture] = []
    features = iter(collection["features"])
    for number, (record, drawn) in enumerate(zip(collection["pictures"], rings, strict=True), start=1):
        classes = [
            names.setdefault(class_name(each["properties"]), len(names)) for each in islice(features, len(drawn.rings))
        ]
        columns = RingColumns([*map(str, drawn.numbers)], classes, rings=drawn.rings)
        found.append(ring_picture({**record, "id": number}, columns, is_unsized=True))
    return Batch(found, categories_of(names), path, None)


def _outline(shape: Shape) -> Shape | None:
    """Return what a ring of floats is read as; None of any other shape."""
    if len(shape.pieces) != 1 or len(shape.pieces[0]) != 1:
        return None
    drawn = shape.record["segmentation"]
    (flat,) = drawn
    if set(map(type, flat)) != _FLOATS or not -FARTHEST_PIXEL <= min(flat) <= max(flat) <= FARTHEST_PIXEL:
        return None
    return Shape({"segmentation": drawn}, pieces=shape.pieces, is_outline=True)
