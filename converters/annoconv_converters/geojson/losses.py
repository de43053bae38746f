"""What a case does not hold of a GeoJSON file: its features against those that would be written again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.codes import UNCLASSIFIED
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.pixels import Masks
from annoconv_converters._pictures.draw import draw
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters.geojson.feature import classification_of, feature_of, properties_of
from annoconv_converters.geojson.meaning import (
    OLD_TYPES,
    class_name,
    feature_meant,
    has_heights,
    is_other_than_ellipse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["REASONS", "SHAPES", "FileFeature", "geojson_losses"]

Record: TypeAlias = "dict[str, Any]"

SHAPES: Final = frozenset({"point", "polyline", "ellipse", "keypoints"})
"""Types of annotations beyond masks, boxes and polygons that are drawn."""
_ATTRIBUTES: Final = "an annotation has one list of attributes: one-line texts, numbers, truth values and lists of them"
_TEXTS: Final = ("objectType", "picture")
"""Properties of a feature that are texts."""
_OF_FEATURE: Final = frozenset({"type", "id", "geometry", "properties"})
_MOST_ALIKE: Final = 1_000
"""Kinds of outlines whose losses are remembered."""
_OWN: Final = "it becomes an annotation of its own"
REASONS: Final[Reasons] = {
    "#": "only what has a geometry, on the first plane of its picture, is written again",
    "*color*": ("a case has no place for colours of objects, and labels have those of the task", LossKind.NO_PLACE),
    "properties/name": ("an object without a class is named by its class", LossKind.APPROXIMATED),
    "properties/classification/name": "a class is a name",
    "properties/confidence": "a confidence lies between 0 and 1, and has the digits of a double",
    "properties/objectType": "objects of other types are written as annotations",
    "properties/picture": (
        "which of the listed pictures it is on is not told; it is on the only one, or on one named after the file",
        LossKind.APPROXIMATED,
    ),
    "properties/childObjects*": (_OWN, LossKind.APPROXIMATED),
    "properties/children*": (_OWN, LossKind.APPROXIMATED),
    "nucleusGeometry": (_OWN, LossKind.APPROXIMATED),
    "properties/metadata*": _ATTRIBUTES,
    "properties/measurements*": _ATTRIBUTES,
    "isEllipse": "an ellipse is the one within the bounds of its ring: other corners and holes have no place",
    "coordinates": "a position is two numbers: a case has no place for the third",
    "geometry/plane/*": "a picture is of one plane; an annotation keeps its number, GeoJSON is written without",
    "geometry/*": "several geometries become annotations of their own, outlines of pixels a mask; two coordinates "
    "count",
    "*": "a case has no place for {name}",
}


@dataclass(frozen=True, slots=True)
class FileFeature:
    """A feature as it stands in its file.

    Attributes
    ----------
    place
        Steps to it.
    identity
        Id of its annotation; of several annotations `{identity}.1` ..., of a nucleus `{identity}.nucleus`.
    feature
        The feature; of a bare geometry one around it.
    """

    place: Steps
    identity: str
    feature: Record


@collector_paused()
def geojson_losses(
    told: Mapping[str, Sequence[FileFeature]],
    beside: Iterable[FileRecord],
    pictures: Sequence[Picture],
    loaded: LoadedCase,
    labels: Labels,
    colours: Mapping[str, list[int]],
    case_index: int,
) -> list[Loss]:
    """Return what a file says of pictures and their case does not; paths as `/features/0/properties/color`.

    Parameters
    ----------
    told
        The file's features by the name of their picture.
    beside
        What else it says.
    pictures
        As they were read.
    loaded
        Their case.
    labels
        Where its labels are defined.
    colours
        Of labels, by code.
    case_index
        Of the case among those read.
    """
    features, annotations = _features(told, pictures, loaded, labels)
    same = {each.identity for each in features if _is_same_polygon(each.feature, annotations.get(each.identity))}
    drawn = {str(shape.record["id"]): shape for shape in _drawn(pictures, loaded, same, annotations)}

    @cache
    def classification(code: str) -> Record:
        said = classification_of("" if code == UNCLASSIFIED else labels.name_of(code), colours)
        return {name: as_value(value) for name, value in said.items()}

    found = [*file_losses(beside, REASONS, case_index)]
    alike: dict[tuple[Any, ...], list[Loss]] = {}
    """Losses of outlines of which the rest is the same, as it nearly always is, by that."""
    for each in features:
        if each.identity not in same:
            shape = drawn.get(each.identity) or drawn.get(f"{each.identity}.1")
            found += file_losses(_records(each, shape, classification), REASONS, case_index)
            continue
        annotation = annotations[each.identity]
        key = _key(each.feature, annotation)
        if key not in alike:
            if len(alike) == _MOST_ALIKE:
                alike.clear()
            records = _records_of_same(_without_outline(each.feature), annotation, classification)
            alike[key] = [*file_losses(records, REASONS, case_index)]
        above = pointer(each.place)
        found += [Loss(case_index, above + loss.path, loss.kind, loss.message) for loss in alike[key]]
    return found


def _features(
    told: Mapping[str, Sequence[FileFeature]], pictures: Sequence[Picture], loaded: LoadedCase, labels: Labels
) -> tuple[list[FileFeature], dict[str, AnyAnnotation]]:
    """Return the features of pictures, and the annotations of their case by the ids of those."""
    features: list[FileFeature] = []
    annotations = {each.id: each for each in loaded.case.annotations}
    masks: dict[tuple[str | None, str], AnyAnnotation] = {
        (each.image_uid or loaded.case.image.uid, labels.name_of(each.label_code)): each
        for each in loaded.case.annotations
        if each.type == "mask"
    }
    for picture in pictures:  # the pieces of a label on the slices of a volume are one mask
        found = told.get(picture.record["file_name"], ())
        features += found
        series = None if picture.name is None else picture.name.series
        for each in found if series is not None else ():
            mask = masks.get((series, class_name(_properties(each.feature))))
            if mask is not None:
                annotations.setdefault(each.identity, mask)
    return features, annotations


def _key(feature: Record, annotation: AnyAnnotation) -> tuple[Any, ...]:
    """Return what the losses of an outline rest on: properties that are the same are one object (`FeatureFile`)."""
    said = annotation.label_code, annotation.confidence
    if annotation.attributes is None and feature.keys() == _OF_FEATURE and len(feature["geometry"]) == 2:
        return id(feature["properties"]), _old_type(feature), *said
    return (repr((_without_outline(feature), annotation.attributes)), *said)


def _without_outline(feature: Record) -> Record:
    """Return what a feature says beside its corners, and its id unless that is a type."""
    geometry = {key: value for key, value in feature["geometry"].items() if key not in {"type", "coordinates"}}
    return {**feature, "id": _old_type(feature), "geometry": geometry}


def _old_type(feature: Record) -> str | None:
    identity = feature.get("id")
    return identity if type(identity) is str and identity in OLD_TYPES else None


def _records_of_same(
    rest: Record, annotation: AnyAnnotation, classification: Callable[[str], Record]
) -> Iterator[FileRecord]:
    """Yield what a feature says beside its outline, which is the same, and what is written of it again."""
    rest, odd = _apart((), rest)
    yield from odd
    attributes = strict_json.plain(annotation.attributes) if annotation.attributes else None
    properties = properties_of(annotation.confidence, attributes, classification(annotation.label_code))
    yield FileRecord((), feature_meant(rest), {"properties": properties})


def _records(each: FileFeature, shape: Shape | None, classification: Callable[[str], Record]) -> Iterator[FileRecord]:
    """Yield what a feature says, and what is written of it again, as the shape that it became."""
    feature, odd = _apart(each.place, each.feature)
    yield from odd
    told = None if shape is None else feature_of(shape, classification(shape.record["category_id"]))
    yield FileRecord(each.place, feature_meant(feature), None if told is None else feature_meant(told))
    if has_heights(feature.get("geometry")):
        yield FileRecord((*each.place, "geometry", "coordinates"), "heights", None)
    if is_other_than_ellipse(feature.get("geometry")):
        yield FileRecord((*each.place, "geometry", "isEllipse"), "corners", None)


def _apart(place: Steps, feature: Record) -> tuple[Record, list[FileRecord]]:
    """Return a feature without properties that should be texts and are none, and those as records of their own."""
    held = _properties(feature)
    odd = [name for name in _TEXTS if not isinstance(held.get(name) or "", str)]
    if not odd:
        return feature, []
    left = {name: value for name, value in held.items() if name not in odd}
    records = [FileRecord((*place, "properties", name), held[name], None) for name in odd]
    return {**feature, "properties": left}, records


def _properties(feature: Record) -> Record:
    held = feature.get("properties")
    return held if isinstance(held, dict) else {}


def _is_same_polygon(feature: Record, annotation: AnyAnnotation | None) -> bool:
    """Tell whether a feature is a polygon of one ring that its annotation has as it stands: nearly all are."""
    geometry = feature.get("geometry")
    if annotation is None or annotation.type != "polygon" or not isinstance(geometry, dict):
        return False
    if annotation.slice_index is not None or annotation.frame_index is not None:
        return False
    if geometry["type"] != "Polygon" or geometry.get("isEllipse") or len(geometry["coordinates"]) != 1:
        return False
    ring, polygon = geometry["coordinates"][0], annotation.polygon
    if len(ring) == len(polygon) + 1 and ring[0] == ring[-1]:
        ring = ring[:-1]
    # Positions have two numbers at least, and vertices two, so that these are the same if all numbers are.
    return len(ring) == len(polygon) and [*chain.from_iterable(ring)] == [*chain.from_iterable(polygon)]


def _drawn(
    pictures: Sequence[Picture], loaded: LoadedCase, same: set[str], annotations: Mapping[str, AnyAnnotation]
) -> Iterator[Shape]:
    """Yield the shapes of a case, but those of `same`, as the writer draws them.

    Masks are drawn from the run lengths that they were read as.
    """
    masks = {identity: each for identity, each in annotations.items() if each.type == "mask"}
    others = [each for each in loaded.case.annotations if each.type != "mask" and each.id not in same]
    case = loaded.case.model_copy(update={"annotations": others})
    without = LoadedCase(case, Masks([]))
    first = [(image.uid, 0) for image in (case.image, *(case.related_images or ()))]
    slices = [(picture.name.series, picture.name.index) for picture in pictures if picture.name is not None]
    drawing = draw(
        without,
        axis="k",
        form="rle",
        folder=None,
        only_annotated=False,
        keypoints=False,
        shapes=SHAPES,
        turn_holes=False,
        only=list(dict.fromkeys([*first, *slices])),
    )
    for picture in pictures if masks else ():
        size = picture.record["height"], picture.record["width"]
        for shape in picture.shapes:
            segmentation = shape.segmentation(size, source="", where="") if shape.record["id"] in masks else None
            if segmentation is not None:
                record = counts_to_record(segmentation.counts, size)
                mask = masks[shape.record["id"]].model_copy(update={"id": shape.record["id"]})
                drawing.add(loaded.case.image.uid, 0, mask, record)
    return (shape for picture in drawing.pictures for shape in picture.shapes)
