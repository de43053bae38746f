"""Pictures to a feature collection that QuPath reads; a hole stays a hole.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards. Authority: RFC 7946;
qupath.readthedocs.io ("Exporting annotations").
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv_converters._pictures.outlines import held_rings
from annoconv_converters._pictures.parts import JoinedTexts
from annoconv_converters._pictures.picture_format import PictureFormat, has_keypoints
from annoconv_converters.geojson.feature import classification_of, colours_of, feature_of, features_of
from annoconv_converters.geojson.losses import SHAPES
from annoconv_converters.geojson.read import TASK, read_file
from annoconv_converters.geojson.written import understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.registry import Context
    from annoconv_converters._pictures.picture_format import Whole
    from annoconv_converters._pictures.records import Picture

__all__ = ["REASONS", "geojson_format", "tree"]

Record: TypeAlias = "dict[str, Any]"

_TOGETHER: Final = 1_000
"""Features that are written at a time."""
REASONS: Final[Reasons] = {
    "annotations/#/id": "the features of GeoJSON are numbered",
    "annotations/#/mask_file": "GeoJSON names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "GeoJSON has no label maps",
    "annotations/#/category": "in GeoJSON the category follows from the label",
    "annotations/#/*holes/*": "in GeoJSON a hole begins at its leftmost corner",
    "annotations/#/parts/*": "in GeoJSON several polygons along the edges of pixels are a mask",
    "*/modality": "GeoJSON knows no modality",
    "*/shape/#": "a picture of GeoJSON has two dimensions",
    "task_id": "GeoJSON names no annotation task",
    "*": "GeoJSON has no place for {place}",
}


def geojson_format(context: Context) -> PictureFormat[Record]:
    """Return what the writer must know of GeoJSON; classes have the colours of the task's label system."""
    return PictureFormat(
        task=TASK,
        tree=partial(tree, colours=colours_of(context.label_system)),
        save=_save,
        parts=_Parts,
        read=lambda path, _: read_file(path, context.limits),
        understood=lambda collection, pictures, _, path: understood(collection, pictures, path, context.limits),
        reasons=REASONS,
        has_ids=True,
        has_parts=True,
        has_rings=True,
        shapes=SHAPES,
        joined=has_keypoints,
    )


def tree(
    pictures: Sequence[Picture], categories: Sequence[Record], whole: Whole, *, colours: Mapping[str, list[int]]
) -> Record:
    """Return pictures as a feature collection."""
    classes = {record["id"]: classification_of(str(record["name"]), colours) for record in categories}
    features: list[Record] = []
    for picture in pictures:
        named = picture.record["file_name"] if whole.count > 1 else None
        rings = held_rings(picture)
        if rings is not None:
            features += features_of(rings, classes, named)
            continue
        for shape in picture.shapes:
            features.append(feature_of(shape, classes[shape.record["category_id"]], named))
    told = [
        {name: picture.record[name] for name in ("file_name", "width", "height") if name in picture.record}
        for picture in pictures
    ]
    return {"type": "FeatureCollection", "pictures": told, "features": features}


def _save(collection: Record, path: Path) -> None:
    """Write a collection, some features at a time."""
    features = collection["features"]
    before, after = strict_json.dumps({**collection, "features": []}).rsplit(b"[]", 1)
    with path.open("wb") as file:
        file.write(before + b"[")
        for start in range(0, len(features), _TOGETHER):
            file.write(b"," if start else b"")
            file.write(strict_json.dumps(features[start : start + _TOGETHER])[1:-2])
        file.write(b"]" + after)


class _Parts:
    """A collection that is written some pictures at a time."""

    def __init__(self, folder: Path) -> None:
        self._lists = {name: JoinedTexts(b",") for name in ("pictures", "features")}

    def add(self, collection: Record, _: Path) -> None:
        """Add pictures and their features."""
        for name, texts in self._lists.items():
            texts.add(strict_json.dumps(collection[name])[1:-2])

    def finish(self, target: Path) -> None:
        """Write the file."""
        before, between, after = strict_json.dumps({name: [] for name in self._lists}).split(b"[]")
        with target.open("wb") as file:
            file.write(b'{"type":"FeatureCollection",' + before[1:] + b"[")
            self._lists["pictures"].move(file)
            file.write(b"]" + between + b"[")
            self._lists["features"].move(file)
            file.write(b"]" + after)
