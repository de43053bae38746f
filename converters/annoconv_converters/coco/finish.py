"""The last step from drawn records to those of a kind of COCO file: categories, keypoints, stuff, captions, results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.model import ImageTextLink, TextSpanAnnotation
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters._pictures.records import Shape
from annoconv_converters._raster.polygons import union
from annoconv_converters._raster.run_lengths import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annoconv.model import Case
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["WITH_KEYPOINTS", "Kind", "finish"]

Record: TypeAlias = "dict[str, Any]"
Kind: TypeAlias = Literal["auto", "instances", "keypoints", "panoptic", "captions", "stuff", "results"]

WITH_KEYPOINTS: Final = frozenset({"keypoints", "results"})
"""Kinds of files that hold points."""


def finish(
    drawing: Drawing,
    kind: str,
    category_number: Callable[[str, str], Any],
    keypoint_names: Callable[[str], list[str]],
    *,
    were_results: bool = False,
) -> None:
    """Turn the shapes of a drawing into those of a kind of file, in place.

    Parameters
    ----------
    drawing
        From `draw`.
    kind
        Of file.
    category_number
        From label code and annotation category to the category's id.
    keypoint_names
        From label code to the names of its keypoints; names that are met are added to the list.
    were_results
        Whether the case came from results, so that what has no confidence is one too.
    """
    categories = {
        annotation.label_code: annotation.category.value for annotation in reversed(drawing.loaded.case.annotations)
    }
    for picture in drawing.pictures:
        if kind == "captions":
            picture.shapes = list(_captions(drawing.shown.case, picture))
            continue
        if kind == "results" and were_results:
            picture.shapes += _captions(drawing.shown.case, picture)
        elif kind == "results":
            picture.shapes = [shape for shape in picture.shapes if "score" in shape.record]
        if kind == "stuff":
            picture.shapes = _merged(picture.shapes)
        for shape in picture.shapes:
            record = shape.record
            if "caption" in record:
                continue
            code = record["category_id"]
            if kind in WITH_KEYPOINTS and (shape.keypoints or "keypoints" in record):
                _set_keypoints(record, shape.keypoints, keypoint_names(code))
            record["category_id"] = category_number(code, categories[code])
            if kind == "results":
                is_drawn = bool(record.get("segmentation")) or ("keypoints" in record and not record["area"])
                for key in ("id", "iscrowd", "area", "num_keypoints", "bbox" if is_drawn else "segmentation"):
                    record.pop(key, None)


def _set_keypoints(record: Record, named: dict[str, list[float]], names: list[str]) -> None:
    """Set a record's keypoints in the order of their names; a name that is a number behind them is a place."""
    if not named:
        names += [record["id"]] if not names else []
        return
    places: dict[int, list[float]] = {}
    for name, triple in named.items():
        if name not in names and not (name.isascii() and name.isdecimal() and 0 < int(name[:6]) <= 1000):
            names.append(name)
        places[names.index(name) if name in names else int(name) - 1] = triple
    count = max(len(names), *(place + 1 for place in places))
    record["keypoints"] = [number for place in range(count) for number in places.get(place, [0, 0, 0])]
    record["num_keypoints"] = len(places)


def _merged(shapes: list[Shape]) -> list[Shape]:
    """Return one shape a label, as stuff has no instances."""
    by_code: dict[str, list[Shape]] = {}
    for shape in shapes:
        if isinstance(shape.record.get("segmentation"), dict):
            by_code.setdefault(shape.record["category_id"], []).append(shape)
    merged: list[Shape] = []
    for members in by_code.values():
        first = members[0]
        if len(members) > 1:
            rows, columns = first.record["segmentation"]["size"]
            counts = [expand(member.record["segmentation"]["counts"].encode()) for member in members]
            drawn = counts_to_record(union(counts, rows * columns), (rows, columns))
            first = replace(first, record={**first.record, **drawn})
        merged.append(first)
    return merged


def _captions(case: Case, picture: Picture) -> Iterator[Shape]:
    """Yield a caption for each text of the picture's image, and each span that a link ties to what is drawn."""
    uid = picture.key["uid"]
    for text in case.texts or ():
        if uid in (text.image_uids or ()):
            yield Shape({"id": text.id, "caption": text.content}, key={"id": text.id})
    drawn = {shape.record["id"] for shape in picture.shapes}
    spans = {each.id: each for each in case.annotations if isinstance(each, TextSpanAnnotation)}
    for link in case.links or ():
        if isinstance(link, ImageTextLink) and drawn.intersection(link.annotation_ids):
            for span_id in link.span_ids:
                if span_id in spans:
                    record = {"id": f"{link.id}.{span_id}", "caption": spans[span_id].text}
                    yield Shape(record, key={"id": span_id})
