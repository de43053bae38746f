"""The last step from drawn records to those of a kind of COCO file: categories, keypoints, stuff, captions, results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.model import ImageTextLink, TextSpanAnnotation
from annoconv_converters._pictures.geometry import counts_to_record
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.sizes import without_size
from annoconv_converters._pictures.skeletons import triples_of
from annoconv_converters._raster.polygons import union
from annoconv_converters._raster.run_lengths import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annoconv.casefile import LoadedCase
    from annoconv.model import Case
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["WITH_KEYPOINTS", "Kind", "finish", "identities", "identity_loss", "lost_masks"]

Record: TypeAlias = "dict[str, Any]"
Kind: TypeAlias = Literal["auto", "instances", "keypoints", "panoptic", "captions", "stuff", "results"]

WITH_KEYPOINTS: Final = frozenset({"keypoints", "results"})
"""Kinds of files that hold points."""
_NUMBERED: Final = "COCO ids are numbers; the id travels under the key annoconv"


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
        From label code to the names of its keypoints, in their order; none where nothing defines them.
    were_results
        Whether the case came from results, so that what has no confidence is one too.

    Raises
    ------
    ImageError
        If the size of a picture with annotations is not known.
    """
    categories = drawing.loaded.categories
    numbers: dict[str, Any] = {}
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
        if kind in WITH_KEYPOINTS:
            is_every = kind == "keypoints"
            picture.shapes = [
                shape
                for shape in picture.shapes
                if "caption" in shape.record
                or _set_keypoints(shape, keypoint_names(shape.record["category_id"]), is_every=is_every)
            ]
        if picture.shapes and "width" not in picture.record and kind != "results":
            raise without_size("COCO", picture)
        for shape in picture.shapes:
            record, shape.pieces = shape.record, []  # a record has outlines alone
            if "caption" in record:
                continue
            code = record["category_id"]
            if code not in numbers:
                numbers[code] = category_number(code, categories[code])
            record["category_id"] = numbers[code]
            if kind == "results":
                is_drawn = bool(record.get("segmentation")) or (shape.key.get("type") in {"keypoints", "point"})
                for key in ("id", "iscrowd", "area", "num_keypoints", "bbox" if is_drawn else "segmentation"):
                    record.pop(key, None)


def lost_masks(drawing: Drawing, drawn: set[str]) -> set[str]:
    """Return the ids of masks that were drawn but have no place in this kind of file; their voxels cannot travel."""
    written = {shape.key["id"] for picture in drawing.pictures for shape in picture.shapes}
    gone = drawn - written
    return gone and {each.id for each in drawing.loaded.case.annotations if each.type == "mask"} & gone


def _set_keypoints(shape: Shape, names: list[str], *, is_every: bool) -> bool:
    """Set a record's keypoints in the order of its class; return whether one that is nothing else has any there.

    Where `is_every`, a record of a class that has keypoints has them all, unlabelled: scorers ask each for them.
    """
    record, keypoints = shape.record, shape.keypoints
    if not keypoints:
        if is_every and names and not record["iscrowd"]:
            record |= {"keypoints": [0, 0, 0] * len(names), "num_keypoints": 0}
        return True
    record["keypoints"] = triples_of(keypoints, names or [each["name"] for each in keypoints])
    record["num_keypoints"] = sum(seen > 0 for seen in record["keypoints"][2::3])
    return shape.key["type"] != "point" or bool(record["num_keypoints"])


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


def identities(drawing: Drawing, loaded: LoadedCase, case_index: int) -> Iterator[Loss]:
    """Yield a loss for each id that COCO numbers anew; it comes back by our key."""
    numbered = {shape.key["id"]: shape.record for picture in drawing.pictures for shape in picture.shapes}
    for place, identity in enumerate(loaded.annotation_ids):
        record = numbered.get(identity)
        if record is not None and str(record.get("id")) != identity:
            yield identity_loss(case_index, place)


def identity_loss(case_index: int, place: int) -> Loss:
    """Return the loss of the id of the annotation at a place, which COCO numbers anew."""
    return Loss(case_index, pointer(("annotations", place, "id")), LossKind.CARRIED, _NUMBERED)
