"""Large collections by other software, nearly always outlines: one case, put together of some features at a time.

What is done with some features is done while they are at hand, and only their typed annotations stay. Whatever is
unusual is left to those who read the file as a whole, and tell what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.case_labels import CaseLabels
from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.json_arrays import NotObjectsError, Scanner
from annoconv.errors import AnnoconvError
from annoconv.loss import LossReport
from annoconv.pixels import Masks
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import side_of
from annoconv_converters._pictures.cases import by_records, loaded_case
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.file_losses import file_losses
from annoconv_converters._pictures.read import picture_case_of
from annoconv_converters._pictures.records import Picture, flat_uid
from annoconv_converters._pictures.scores import has_long
from annoconv_converters.geojson.coordinates import plain_rings
from annoconv_converters.geojson.feature import colours_of
from annoconv_converters.geojson.features import FeatureFile, outline_of
from annoconv_converters.geojson.kinds import Kinds
from annoconv_converters.geojson.losses import REASONS, geojson_losses
from annoconv_converters.geojson.read import DEEP_ENOUGH, TASK, beside_of, loads, own_name, read_files
from annoconv_converters.geojson.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.files.side_files import Side, SideFiles
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.model import Case, Label
    from annoconv.registry import Context

__all__ = ["read_batches"]

Record: TypeAlias = "dict[str, Any]"

_LARGE: Final = 1 << 20
"""Bytes of a file that is worth it."""
_TOGETHER: Final = 200
"""Features that are read at a time."""
_KEEPING: Final = (b'"measurements"', b'"metadata"', b"\\")
"""In a text: what is at hand if members stand there whose numbers keep their digits (`KEPT`), but for ids."""
_OF_FEATURE: Final = frozenset({"type", "id", "geometry", "properties"})
_OF_GEOMETRY: Final = frozenset({"type", "coordinates"})
_WITHIN: Final = ("childObjects", "children")
"""Properties that hold further objects."""


def read_batches(
    path: Path, limits: Limits, *, height: int | None, label_system: Sequence[Label], sides: SideFiles
) -> Iterator[Batch]:
    """Yield what a file holds, as `read_files` does; a large collection of outlines some features at a time.

    Pictures of a collection that was edited wait until it is known which case each is of.
    """
    if path.suffix.lower() != ".xml" and height is None and limits.depth >= DEEP_ENOUGH:
        side = side_of(path, sides)
        if side.path is None and path.stat().st_size >= _LARGE:
            pieces = _Pieces(path, side)
            yield pieces.batch
            if pieces.is_read:
                return
        waiting = None if side.is_whole else Waiting(path, limits, side).batch(label_system)
        if waiting is not None:
            yield waiting
            return
    yield from read_files(path, limits, height=height, label_system=label_system, sides=sides)


class _Pieces:
    """A file that may be read in pieces."""

    def __init__(self, path: Path, side: Side) -> None:
        self._path = path
        self.batch = Batch([], [], path, side, joined=self._joined)
        self.is_read = False
        """Whether it could be."""

    def _joined(self, context: Context, case_index: int) -> Reading | None:
        """Return the case that it is; None if it has to be read as a whole."""
        try:
            found = _case_of(self._path, context, case_index)
        except (AnnoconvError, NotObjectsError):
            return None
        self.is_read = found is not None
        return found


@collector_paused()
def _case_of(path: Path, context: Context, case_index: int) -> Reading | None:
    limits, system = context.limits, context.label_system
    strict_json.check_document(path.stat().st_size, path, limits)
    file, scanner = FeatureFile(path), Scanner(path, limits, ["features"])
    known, labels_of, colours = Categories((), Labels.of(label_system=system)), CaseLabels(system), colours_of(system)
    kinds, (uid, _) = Kinds(file, case_index), flat_uid({"file_name": own_name(path)})
    case: Case | None = None
    labels: dict[str, Label] = {}
    losses: list[Loss] = []
    for features, is_plain in _some(scanner, path, limits):
        picture = Picture({"file_name": own_name(path), "id": 1}, is_unsized=True)
        if not all(_is_known_place(feature) for _, feature in features):
            return None
        are_outlines = [_is_outline(feature) for _, feature in features]
        told = (feature["geometry"]["coordinates"] for _, feature in features)
        rings = plain_rings([*told]) if all(are_outlines) else None
        alike = kinds.take(features, rings, uid) if rings is not None and is_plain else None
        if alike is not None and case is not None:
            if alike[0] is None:
                return None
            case.annotations.extend(alike[0])
            losses += alike[1]
            continue
        for (place, feature), is_outline in zip(features, are_outlines, strict=True):
            if is_outline:
                drawn = None if rings is None else outline_of(feature["geometry"]["coordinates"])
                picture.shapes.append(file.outline(feature, place, picture, drawn))
            else:
                picture.shapes += file.shapes(feature, place, picture)
        known.add(file.categories[len(known.records) :])
        more = _typed(picture, known, path, context, is_plain=is_plain)
        if more is None:
            return None
        case = case or more
        loaded, named = by_records(LoadedCase(more, Masks([]))), labels_of(more)
        found = geojson_losses(file.told, (), [picture], loaded, named, colours, case_index)
        losses += found
        if rings is not None:
            kinds.learn(features, more.annotations, found)
        file.told.clear()
        labels |= {label.code: label for label in more.labels or () if label.code not in labels}
        if case is not more:
            case.annotations.extend(more.annotations)  # in place: an assignment would look at all of them again
    skeleton = strict_json.loads(bytes(scanner.skeleton), limits=limits, source=path)
    is_ours = not isinstance(skeleton, dict) or skeleton.get("type") != "FeatureCollection" or "pictures" in skeleton
    if is_ours or case is None or known.whole is not known:  # two classes would be one label
        return None
    if len({each.id for each in case.annotations}) < len(case.annotations):
        return None
    beside = file_losses([beside_of(skeleton)], REASONS, case_index)
    case = case.model_copy(update={"labels": [*labels.values()]}) if labels else case
    return Reading(case, Masks([]), LossReport([*beside, *losses]), source=path)


def _typed(picture: Picture, categories: Categories, path: Path, context: Context, *, is_plain: bool) -> Case | None:
    """Return what a picture means; None if that may rest on other shapes of it."""
    native = picture_case_of([picture], categories, context.task or TASK, path, use_keys=False)
    shapes = picture.shapes
    has_points = any(each.geometry is not None and each.geometry["type"] == "keypoints" for each in shapes)
    if has_points or native.parts or len(native.document["annotations"]) != len(shapes):
        return None
    return loaded_case(native, native.document, path, context.limits, is_plain=is_plain).case


def _some(scanner: Scanner, path: Path, limits: Limits) -> Iterator[tuple[list[tuple[tuple[str, int], Any]], bool]]:
    """Yield the features of a file with their places, some at a time, and whether they are few and have no decimals."""
    count = 0
    with path.open("rb") as file:
        for span in scanner.spans(file):
            text, may_keep = span.text, _may_keep(span.text)
            is_small = text.count(b",") < limits.members and text.count(b":") < limits.keys
            found = loads(text, path, limits) if may_keep else strict_json.loads(text, limits=limits, source=path)
            placed = [(("features", count + number), feature) for number, feature in enumerate(found)]
            count += len(found)
            for start in range(0, len(placed), _TOGETHER):
                yield placed[start : start + _TOGETHER], is_small and not may_keep


def _may_keep(text: bytes) -> bool:
    """Tell whether members may stand in a text whose numbers keep their digits."""
    is_any = any(each in text for each in _KEEPING) or has_long(text)
    return is_any or text.count(b'"id"') != text.count(b'"id":"') + text.count(b'"id": "')


def _is_known_place(feature: Any) -> bool:
    """Tell whether it is a feature that does not say on which picture it is."""
    properties = feature.get("properties") if isinstance(feature, dict) and feature.get("type") == "Feature" else "none"
    return not isinstance(properties, str) and not (isinstance(properties, dict) and "picture" in properties)


def _is_outline(feature: Record) -> bool:
    """Tell whether a feature is a polygon, of which its properties tell what it is."""
    geometry, properties = feature.get("geometry"), feature.get("properties")
    return (
        feature.keys() <= _OF_FEATURE
        and isinstance(geometry, dict)
        and geometry.keys() == _OF_GEOMETRY
        and geometry["type"] == "Polygon"
        and (properties is None or (isinstance(properties, dict) and properties.keys().isdisjoint(_WITHIN)))
    )
