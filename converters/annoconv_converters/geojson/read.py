"""Files of QuPath, Cytomine and ASAP: which of them a file is, and what it holds of which picture.

Continuous pixels of the finest level, origin at the outer corner of the first pixel, y downwards.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.case_labels import CaseLabels
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.json_arrays import elements
from annoconv.documents.other_formats import looks_like
from annoconv.documents.residuals import pointer
from annoconv.errors import InputError, UsageError
from annoconv.files.side_files import SideFiles
from annoconv.pixels import Masks
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import PICTURE, side_of, told_pictures
from annoconv_converters._pictures.draw import draw
from annoconv_converters._pictures.file_losses import FileRecord, stated
from annoconv_converters._pictures.records import Picture
from annoconv_converters._pictures.scores import has_long, put_long
from annoconv_converters._pictures.skeletons import NamedPoints
from annoconv_converters._pictures.whole_side import whole_parts, whole_pictures
from annoconv_converters.geojson.asap import read_asap
from annoconv_converters.geojson.cytomine import answers_of, read_cytomine
from annoconv_converters.geojson.feature import colours_of
from annoconv_converters.geojson.features import FeatureFile
from annoconv_converters.geojson.losses import geojson_losses
from annoconv_converters.geojson.placing import pictures_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.files.side_files import Side
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.model import Case, Label
    from annoconv_converters._pictures.batch import FileLosses
    from annoconv_converters._pictures.records import Shape

__all__ = [
    "DEEP_ENOUGH", "KEPT", "LISTS", "TASK", "batch_of", "beside_of", "losses_of", "own_name", "picture_of", "read_file",
    "read_files", "tree_of",
]  # fmt: skip

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "geojson"
"""Task of a case that names none."""
KEPT: Final = frozenset({"id", "measurements", "metadata"})
"""Members whose numbers keep their digits."""
DEEP_ENOUGH: Final = 16
"""Levels that no outline reaches."""
LISTS: Final = ("pictures", "features")
"""Members of a collection of ours that are long."""
_NAMED_POINTS: Final = b'"keypoints":['
"""What stands in a file of ours if its classes have the named points of all its cases."""
_TOGETHER: Final = 100
"""Features that are read at a time."""
_GEOMETRIES: Final = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


def tree_of(path: Path, limits: Limits) -> Any:
    """Return what a JSON file says, as it stands there: of QuPath a feature collection, of Cytomine its answer."""
    return loads(strict_json.read_bytes(path, limits), path, limits)


def loads(text: bytes, path: Path, limits: Limits) -> Any:
    """Return what a text says, with the digits that are kept or told."""
    document = strict_json.loads_keeping(text, KEPT, limits=limits, source=path)
    if has_long(text):
        put_long(document, strict_json.loads(text, limits=limits, source=path, exact=True))
    return document


def read_files(
    path: Path, limits: Limits, *, height: int | None, label_system: Sequence[Label], sides: SideFiles
) -> Iterator[Batch]:
    """Yield what a file holds, as `read_file` returns it; some cases at a time if it is as it was written."""
    is_json = path.suffix.lower() != ".xml" and height is None
    side = side_of(path, sides) if is_json else None
    parts = whole_parts(side, TASK, without=_NAMED_POINTS) if side is not None else None
    if side is None or parts is None:
        yield read_file(path, limits, height=height, label_system=label_system, sides=sides)
        return
    pictures, features = (elements(path, LISTS, name, limits) for name in LISTS)
    waiting: deque[tuple[bytes, Record]] = deque()
    for part in parts:
        shown = [*islice(pictures, None if part.is_last else len(part.pictures))]
        names = {strict_json.loads(each).get("file_name") for each in shown}
        some: list[bytes] = []
        while waiting or (waiting := _next(features, limits, path)):
            if not part.is_last and picture_of(waiting[0][1]) not in names:
                break
            some.append(waiting.popleft()[0])
        text = b'{"type":"FeatureCollection","pictures":[%b],"features":[%b]}' % (b",".join(shown), b",".join(some))
        document = loads(text, path, limits)
        yield replace(_batch(document, path, side, part.pictures, label_system), part=part)


def batch_of(text: bytes, path: Path, limits: Limits, outlines: Sequence[Shape | None]) -> Batch:
    """Return what the text of a collection of ours holds, of which the outlines that are given are known already."""
    document = loads(text, path, limits)
    return _batch(document, path, None, [], (), outlines)


def _next(features: Iterator[bytes], limits: Limits, path: Path) -> deque[tuple[bytes, Record]]:
    """Return the next features, as texts too."""
    texts = [*islice(features, _TOGETHER)]
    found = strict_json.loads(b"[%b]" % b",".join(texts), limits=limits, source=path)
    return deque(zip(texts, found, strict=True))


@collector_paused()
def read_file(
    path: Path,
    limits: Limits,
    *,
    height: int | None = None,
    label_system: Sequence[Label] = (),
    sides: SideFiles | None = None,
) -> Batch:
    """Return what a file holds: features of GeoJSON, annotations of Cytomine, or those of ASAP.

    Parameters
    ----------
    path
        The file; `.xml` is ASAP's.
    limits
        Bounds.
    height
        Rows of the slide, for Cytomine.
    label_system
        The task's labels.
    sides
        Those of the request.

    Raises
    ------
    InputError
        If it is none of these, or a geometry cannot be understood.
    UsageError
        If there is a height and the file is none of Cytomine.
    """
    labels_of = CaseLabels(label_system)
    is_asap = path.suffix.lower() == ".xml"
    document = None if is_asap else tree_of(path, limits)
    answers = None if is_asap else answers_of(document)
    if answers:
        return read_cytomine(document, answers, path, height, labels_of)
    if height is not None:
        raise UsageError(
            "a height is of the slide of Cytomine's annotations",
            source=path,
            found=looks_like(document),
            expected="annotations of Cytomine",
            advice="Leave --height out",
        )
    if is_asap:
        return read_asap(path, limits, labels_of)
    side = side_of(path, sides or SideFiles(limits))
    told = whole_pictures(side, TASK) or [*told_pictures(side, TASK, limits)]
    return _batch(document, path, side, told, label_system)


def _batch(
    document: Any,
    path: Path,
    side: Side | None,
    told: list[Record],
    label_system: Sequence[Label],
    outlines: Iterable[Shape | None] = (),
) -> Batch:
    """Return what a collection, or another document of features, holds.

    `told` is what its side file says of it, `outlines` those of its features that need not be read.
    """
    known: dict[str, Record] = {
        each["file_name"]: {name: each[name] for name in PICTURE if name in each} for each in told
    }
    pictures, sizes = _pictures(document, known)
    if not pictures:  # QuPath drops what it does not know
        pictures = {name: Picture(record, is_unsized=True) for name, record in known.items()}
    file = FeatureFile(path)
    features = _features(document, path)
    drawn = chain(outlines, repeat(None))
    for (place, feature), name, outline in zip(features, _named(features, pictures, told, path), drawn, strict=False):
        picture = pictures.setdefault(name, Picture(known.get(name, {"file_name": name}), is_unsized=True))
        if outline is None:
            picture.shapes += file.shapes(feature, place, picture)
        else:
            picture.shapes.append(file.outline(feature, place, picture, outline))
    if not pictures:
        pictures[own_name(path)] = Picture({"file_name": own_name(path)}, is_unsized=True)
    listed = list(pictures.values())
    points = NamedPoints()
    points.meet(listed)
    points.complete(listed)
    file.points = points.names
    for number, picture in enumerate(listed, start=1):
        picture.record["id"] = number

    losses = losses_of(file, sizes, beside_of(document), label_system)
    return Batch(listed, file.categories, path, side, losses)


def losses_of(
    file: FeatureFile,
    sizes: Mapping[str, tuple[Steps, Record]],
    rest: FileRecord,
    label_system: Sequence[Label],
) -> FileLosses:
    """Return what gives the losses of a case of a file.

    Parameters
    ----------
    file
        Its features.
    sizes
        Of each of its pictures that it tells of, where it stands and what it says.
    rest
        What it says beside these.
    label_system
        The task's labels.
    """
    labels_of, colours = CaseLabels(label_system), colours_of(label_system)

    def losses(some: Sequence[Picture], loaded: LoadedCase, case_index: int) -> list[Loss]:
        beside = [rest] if some[0].record["id"] == 1 else []
        for picture in some:
            said = sizes.get(picture.record["file_name"])
            is_slice = picture.name is not None  # which has its number in its name, and the size of the others
            again = {name: each for name, each in picture.record.items() if name in PICTURE} if is_slice else None
            beside += [] if said is None else [FileRecord(*said, again or _again(loaded.case))]
        # What is asked once need not be held any longer.
        told = {name: file.told.pop(name, []) for name in (picture.record["file_name"] for picture in some)}
        return geojson_losses(told, beside, some, loaded, labels_of(loaded.case), colours, case_index)

    return losses


def _pictures(document: Any, known: Mapping[str, Record]) -> tuple[dict[str, Picture], dict[str, tuple[Steps, Record]]]:
    """Return the pictures that a collection of ours names, by name, and where each stands and what it says.

    A size that it does not say is that which the side file knows.
    """
    told = document.get("pictures") if isinstance(document, dict) else None
    pictures: dict[str, Picture] = {}
    said: dict[str, tuple[Steps, Record]] = {}
    for place, member in enumerate(told if isinstance(told, list) else []):
        if isinstance(member, dict) and isinstance(member.get("file_name"), str):
            name = member["file_name"]
            size = {key: member[key] for key in ("width", "height") if key in member}
            pictures[name] = Picture({**known.get(name, {}), "file_name": name, **size}, is_unsized=True)
            said[name] = ("pictures", place), member
    return pictures, said


def _named(
    features: list[tuple[Steps, Record]], pictures: Collection[str], told: list[Record], path: Path
) -> Iterator[str]:
    """Yield the name of the picture of each feature, and leave what ours say of it out of their properties.

    Of several pictures, one that a feature does not name is that which the side file knows it of. If it knows none, the
    feature is on one of the file's own name, and `picture` among its properties tells of the loss.
    """
    said = [picture_of(feature) for _, feature in features]
    known: list[str | None] = [next(iter(pictures), own_name(path))] * len(said)
    if len(pictures) > 1 and any(name not in pictures for name in said):
        known = pictures_of(features, told, path)
    for (_, feature), own, found in zip(features, said, known, strict=True):
        name = own if own in pictures or (own and pictures and told) else found
        held = feature.get("properties")
        if name is None:
            name = own_name(path)
            feature["properties"] = {**(held if isinstance(held, dict) else {}), "picture": own or name}
        elif own == name and isinstance(held, dict):
            held.pop("picture", None)  # of several features that are alike it is one dictionary
        yield name


def picture_of(feature: Record) -> str | None:
    """Return the name of the picture that a feature says that it is on."""
    properties = feature.get("properties")
    named = properties.get("picture") if isinstance(properties, dict) else None
    return named if isinstance(named, str) else None


def own_name(path: Path) -> str:
    """Return the name of the picture that a file is of if it names none."""
    return f"{path.stem}.png"


def _again(case: Case) -> Record:
    """Return the picture of a flat case as it is written."""
    drawing = draw(
        LoadedCase(case.model_copy(update={"annotations": []}), Masks([])),
        axis="k",
        form="rle",
        folder=None,
        only_annotated=False,
        keypoints=False,
    )
    return drawing.pictures[0].record


def beside_of(document: Any) -> FileRecord:
    """Return what a collection says beside its features and pictures, of which nothing is written again."""
    said: Record = {}
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        said = stated({key: value for key, value in document.items() if key not in {"type", "features", "pictures"}})
    return FileRecord((), said, {})


def _is_feature(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "Feature"


def _features(document: Any, path: Path) -> list[tuple[Steps, Record]]:
    """Return the features of a collection, of a list, of a single one, or of a bare geometry, with their places."""
    listed: Any = document
    above: Steps = ()
    if isinstance(document, dict):
        kind = document.get("type")
        above = ("features",) if kind == "FeatureCollection" else above
        listed = document.get("features") if above else [document]
        if isinstance(kind, str) and kind in _GEOMETRIES:
            listed = [{"type": "Feature", "geometry": document}]
    is_list = isinstance(listed, list) and (bool(above) or any(map(_is_feature, listed)) or not listed)
    stranger = next((place for place, each in enumerate(listed) if not _is_feature(each)), None) if is_list else None
    if stranger is not None:
        found = listed[stranger].get("type") if isinstance(listed[stranger], dict) else looks_like(listed[stranger])
        where = pointer((*above, stranger, "type"))
        raise InputError(
            "a feature is of another type",
            source=path,
            where=where,
            found=found,
            expected="Feature",
            advice="Name a file of features",
        )
    if not is_list:
        raise InputError(
            "this is no GeoJSON of features",
            source=path,
            found=looks_like(document, "geojson"),
            expected="a FeatureCollection or a Feature",
            advice="Export it from QuPath or another viewer as GeoJSON",
        )
    if isinstance(document, dict) and not above:
        return [((), listed[0])]
    return [((*above, number), feature) for number, feature in enumerate(listed)]
