"""Answers of Cytomine: annotations with a location in well-known text, whose y counts upwards from the lower edge.

Authority: the web interface of cytomine/Cytomine-core, `userannotation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.loss import Loss, LossKind
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, stated
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.records import Picture
from annoconv_converters.geojson.features import FeatureFile
from annoconv_converters.geojson.meaning import geometry_meant
from annoconv_converters.geojson.wkt import geometry_from_wkt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import Case

__all__ = ["answers_of", "cytomine_tree", "read_cytomine"]

Record: TypeAlias = "dict[str, Any]"
Answers: TypeAlias = "list[tuple[Steps, Record]]"

_UPSIDE_DOWN: Final = "y counts from the lower edge of the slide, whose height is not known; pass --height"
_REASONS: Final[Reasons] = {
    "location/*": "a location is an annotation of each of its parts, in pixels",
    "term": "an annotation has one label",
    "image": "an image is named by its number",
    "*": "a case has no place for {name}",
}
_IMAGE: Final = "image_"
_TERM: Final = "term_"


def answers_of(document: Any) -> Answers:
    """Return the annotations of an answer, one or a collection, with their places; empty if it is none."""
    place: Steps = ()
    listed = [document]
    if isinstance(document, list):
        listed = document
        if len(listed) == 1 and isinstance(listed[0], dict) and isinstance(listed[0].get("collection"), list):
            listed, place = listed[0]["collection"], (0, "collection")
        places: list[Steps] = [(*place, number) for number in range(len(listed))]
    elif isinstance(document, dict) and isinstance(document.get("collection"), list):
        listed = document["collection"]
        places = [("collection", number) for number in range(len(listed))]
    else:
        places = [()]
    told: Answers = []
    for place, each in zip(places, listed, strict=True):
        is_within = isinstance(each, dict) and "annotation" in each
        answer = each["annotation"] if is_within else each
        if not isinstance(answer, dict) or "location" not in answer:
            return []
        told.append(((*place, "annotation") if is_within else place, answer))
    return told


def read_cytomine(document: Any, answers: Answers, path: Path, height: int | None, labels_of: Any) -> Batch:
    """Return the annotations of Cytomine by image.

    Parameters
    ----------
    document
        The file.
    answers
        Of `answers_of`.
    path
        For messages.
    height
        Rows of the slide, so that y is counted from above; None leaves it as it is.
    labels_of
        From a case to its labels.
    """
    pictures: dict[str, Picture] = {}
    file = FeatureFile(path)
    for number, (_, answer) in enumerate(answers, start=1):
        geometry = geometry_from_wkt(answer["location"], path, f"annotation {number}, location")
        if height is not None:
            geometry["coordinates"] = _turned_over(geometry["coordinates"], height)
        terms = answer.get("term")
        name = f"{_TERM}{terms[0]}" if isinstance(terms, list) and terms else ""
        metadata: Record = {"y_axis": "upwards"} if height is None else {}
        if isinstance(terms, list) and len(terms) > 1:
            metadata["terms"] = [str(term) for term in terms]
        properties: Record = {"classification": name, "metadata": metadata}
        feature = {"id": answer.get("id"), "geometry": geometry, "properties": properties}
        image = str(answer.get("image", 1))
        picture = pictures.setdefault(image, Picture({"file_name": f"{_IMAGE}{image}.png"}, is_unsized=True))
        picture.shapes += file.shapes(feature, (number - 1,), picture)
    for number, picture in enumerate(pictures.values(), start=1):
        picture.record["id"] = number
    told = list(pictures.values())

    def losses(some: Sequence[Picture], loaded: LoadedCase, case_index: int) -> list[Loss]:
        again = cytomine_tree(loaded.case, labels_of(loaded.case), height)
        records = [FileRecord((), _beside(document), {})] if some[0] is told[0] else []
        for picture in some:
            for feature in file.told[picture.record["file_name"]]:
                place, answer = answers[feature.place[0]]  # type: ignore[index]  # a position, see above
                records.append(FileRecord(place, _meant(answer, path), again.get(feature.identity)))
        upside_down: Reasons = {} if height is not None else {"location/*": (_UPSIDE_DOWN, LossKind.APPROXIMATED)}
        return list(file_losses(records, {**_REASONS, **upside_down}, case_index))

    return Batch(told, file.categories, path, losses=losses)


def cytomine_tree(case: Case, labels: Labels, height: int | None) -> dict[str, Record]:
    """Return what an answer of Cytomine says of a case, by the ids of its annotations.

    Parameters
    ----------
    case
        Read from one.
    labels
        Where its labels are defined.
    height
        As it was read with.
    """
    answers: dict[str, Record] = {}
    parts: dict[str, list[Record]] = {}
    for each in case.annotations:
        told = strict_json.plain(each)
        identity = each.id.partition(".")[0]
        terms = (each.attributes or {}).get("terms")
        name = labels.name_of(each.label_code)
        term = terms if isinstance(terms, list) else [name.removeprefix(_TERM)] if name.startswith(_TERM) else []
        answers[identity] = {"id": identity, "image": case.image.uid.removeprefix(_IMAGE), "term": as_value(term)}
        parts.setdefault(identity, []).append(told)
    kinds = {"point": "Point", "polyline": "LineString", "polygon": "Polygon"}
    for identity, members in parts.items():
        kind = kinds[members[0]["type"]]
        held = [piece for each in members for piece in _pieces(each)]
        geometry = {"type": f"Multi{kind}", "coordinates": held}
        if height is not None:  # else it lies upside down
            geometry["coordinates"] = _turned_over(geometry["coordinates"], height)
            answers[identity]["location"] = geometry_meant(geometry)
    return answers


def _pieces(told: Record) -> list[Any]:
    """Return the coordinates of an annotation, of a polygon those of each part."""
    parts = [told, *told.get("parts", [])] if told["type"] == "polygon" else []
    return [[each["polygon"], *each.get("holes", [])] for each in parts] or [told[told["type"]]]


def _beside(document: Any) -> Record:
    """Return what stands beside the annotations of an answer."""
    if isinstance(document, dict) and "location" not in document:
        return stated({name: value for name, value in document.items() if name not in {"collection", "annotation"}})
    return {}


def _meant(answer: Record, path: Path) -> Record:
    """Return what an annotation says; its location as a geometry."""
    terms = answer.get("term")
    identity = {name: str(answer[name]) for name in ("id", "image") if answer.get(name) is not None}
    term = {"term": tuple(map(str, terms))} if isinstance(terms, list) else {}
    geometry = geometry_from_wkt(answer["location"], path, "location")
    return stated({**answer, **identity, **term, "location": geometry_meant(geometry)})


def _turned_over(value: Any, height: int) -> Any:
    """Return positions with y counted from the other edge."""
    if isinstance(value[0], list):
        return [_turned_over(each, height) for each in value]
    return [value[0], tidy(height - value[1]), *value[2:]]
