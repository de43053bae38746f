"""From cases to COCO records: pictures of the images, and of each annotation a record on every picture it is seen on.

The `key` of a shape or a picture holds only what binds it to others: the annotation's id, the image's UID. The rest of
what a format has no place for is found by asking its reader (`write`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.casefile.left_out import left_out, without
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.errors import MaskError
from annoconv.geometry import Grid
from annoconv.ids import case_name, safe_name
from annoconv.messages import Message, listed
from annoconv.model import (
    BboxAnnotation,
    CoordinateSpace,
    EllipseAnnotation,
    KeypointsAnnotation,
    MaskAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)
from annoconv.pictures import address_of, own_name
from annoconv.progress import begin, over
from annoconv_converters._pictures.drawn_masks import Form, masks_on
from annoconv_converters._pictures.geometry import flat_box_to_record, rings_to_record, tidy
from annoconv_converters._pictures.objects import told_of
from annoconv_converters._pictures.planes import Axis, Planes, SliceName, slice_name
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._pictures.rotation import corners_of, ellipse_ring
from annoconv_converters._pictures.skeletons import ALONE, box_of_keypoints
from annoconv_converters._raster.polygons import Rings, is_clockwise, with_keyholes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.left_out import LeftOut
    from annoconv.model import AnyAnnotation, Image, Label
    from annoconv.pixels import Mask
    from annoconv_converters._pictures.seen_names import SeenNames
    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["NUMBERS", "Drawing", "Form", "draw", "picture_record", "slice_folder"]

Record: TypeAlias = "dict[str, Any]"

NUMBERS, _BYTES = 32, 1_000
"""Coordinates, and bytes of run lengths, that weigh as much as a shape."""


@dataclass
class Drawing:
    """A case as pictures; records have no numbers yet.

    Attributes
    ----------
    loaded
        The case.
    shown
        The case without what does not count as a finding.
    left_out
        What that is, by its path, and why.
    pictures
        In the order of the images and slices; a record's `category_id` is still its label code.
    undrawn
        Ids of the annotations that no picture shows.
    parts
        For each mask that is drawn, index of a picture and run lengths.
    document
        The case as JSON values, once it waits for others.
    labels, listed
        Then its labels, and those that are its class list.
    """

    loaded: LoadedCase
    shown: LoadedCase
    left_out: LeftOut
    pictures: list[Picture] = field(default_factory=list)
    planes: dict[str, Planes] = field(default_factory=dict)
    undrawn: list[str] = field(default_factory=list)
    parts: dict[str, list[tuple[int, Counts]]] = field(default_factory=dict)
    document: Record = field(default_factory=dict)
    labels: Sequence[Label] | None = None
    listed: Sequence[Label] = ()
    _at: dict[tuple[str, int], Picture] = field(default_factory=dict)

    @property
    def categories(self) -> dict[str, str]:
        """The category of the first annotation of each label, once the case waits."""
        return {each["label_code"]: each["category"] for each in reversed(self.document["annotations"])}

    @property
    def weight(self) -> int:
        """What its pictures weigh while they are held: a picture and a shape one each."""
        weight = len(self.pictures)
        for shape in (each for picture in self.pictures for each in picture.shapes):
            outline = shape.record.get("segmentation")
            weight += 1 + sum(map(len, outline)) // NUMBERS if isinstance(outline, list) else 1
        return weight + sum(counts.nbytes for parts in self.parts.values() for _, counts in parts) // _BYTES

    def place(self, uid: str, index: int, picture: Picture) -> None:
        """Add a picture."""
        self.pictures.append(picture)
        self._at[uid, index] = picture

    def add(
        self, uid: str, index: int, annotation: AnyAnnotation, drawn: Record, geometry: Record | None = None
    ) -> None:
        """Add an annotation to a picture: as it is drawn in a record, or the geometry that COCO has no form for."""
        record: Record = {"id": annotation.id, "category_id": annotation.label_code, **drawn, "iscrowd": 0}
        if annotation.confidence is not None:
            record["score"] = annotation.confidence
        if annotation.attributes or annotation.tracking_id is not None:
            record["attributes"] = {**told_of(annotation), **strict_json.plain(annotation.attributes or {})}
        key = {"id": annotation.id, "type": annotation.type}
        made = None if annotation.algorithm_type is None else annotation.algorithm_type.value
        shape = Shape(record, geometry, key=key, algorithm_type=made, parent_id=annotation.parent_id)
        shape.keypoints, shape.pieces = record.pop("keypoints", []), record.pop("pieces", [])
        self._at[uid, index].shapes.append(shape)


@collector_paused()
def draw(
    loaded: LoadedCase,
    *,
    axis: Axis,
    form: Form,
    folder: str | None,
    only_annotated: bool,
    keypoints: bool,
    shapes: frozenset[str] = frozenset(),
    turn_holes: bool = True,
    only: Collection[tuple[str, int]] | None = None,
    all_annotations: bool = False,
) -> Drawing:
    """Return the pictures of a case.

    Parameters
    ----------
    loaded
        The case with its masks.
    axis
        Along which volumes are cut.
    form
        Of the masks: run lengths, or polygons that decode to exactly them.
    folder
        In the names of slices; None where the file name alone says enough.
    only_annotated
        Leave out slices that nothing is drawn on.
    keypoints
        Draw points as keypoints.
    shapes
        Types of annotations that are not drawn but kept as the geometry of their shape.
    turn_holes
        Walk holes of polygons the other way round, so that what a ring with its cuts encloses is right.
    only
        Image and index of the only pictures that are drawn; none of a case with masks.
    all_annotations
        Draw what does not count as a finding too.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions, or does not lie on its image's grid.
    """
    unwritten = left_out(loaded.case, all_annotations=all_annotations, one_time=True)
    drawing = Drawing(loaded, without(loaded, unwritten), unwritten)
    case = drawing.shown.case
    shown = {annotation.image_uid or case.image.uid for annotation in case.annotations} | {case.image.uid}
    images = {image.uid: image for image in (case.image, *(case.related_images or ())) if image.uid in shown}
    for image in images.values():
        _add_pictures(drawing, image, axis, folder, only)
    order = {annotation.id: position for position, annotation in enumerate(case.annotations)}
    drawn: set[str] = set()
    for annotation in over(case.annotations, Message("annotations")):
        image = images.get(annotation.image_uid or case.image.uid)
        if image is None or isinstance(annotation, MaskAnnotation):
            continue
        planes = drawing.planes[image.uid]
        geometry = _geometry(annotation) if annotation.type in shapes and _is_flat(annotation) else None
        record = _flat_record(annotation, keypoints, turn_holes) if geometry is None else {}
        if record is None or planes.axis != "k":
            continue
        for index in _indices(annotation, image, planes):
            if only is not None and (image.uid, index) not in only:
                continue
            drawing.add(image.uid, index, annotation, record, geometry)
            drawn.add(annotation.id)
    drawn |= _add_masks(drawing, images, form)
    for picture in drawing.pictures:
        picture.shapes.sort(key=lambda shape: order[shape.key["id"]])
    if keypoints:
        _join_keypoints(drawing)
    _keep_frames(drawing, images)
    if only_annotated:
        drawing.pictures = [p for p in drawing.pictures if p.shapes] or drawing.pictures[:1]
    drawing.undrawn = [annotation.id for annotation in loaded.case.annotations if annotation.id not in drawn]
    return drawing


def _keep_frames(drawing: Drawing, images: dict[str, Image]) -> None:
    """Leave out frames of a video that were not to be annotated and show nothing."""
    for uid, image in images.items():
        if image.annotated_frames and drawing.planes[uid].axis == "k":
            frames = {
                frame for each in image.annotated_frames for frame in range(each.first, each.last + 1, each.step or 1)
            }
            kept = [p for p in drawing.pictures if p.shapes or p.key["uid"] != uid or p.key.get("index") in frames]
            drawing.pictures = kept or drawing.pictures[:1]


def slice_folder(loaded: LoadedCase, case_index: int, taken: SeenNames) -> str | None:
    """Return the folder in the names of a case's slices, distinct among `taken`; None where none is needed."""
    name = case_name(loaded.case_id) if loaded.case_id else safe_name(loaded.image_uid)
    if not taken.add(name):
        name = f"{name}-{case_index + 1}"
        taken.add(name)
        return name
    own = {None, loaded.image_uid}
    has_others = loaded.names_others and any(each.image_uid not in own for each in loaded.case.annotations)
    return name if loaded.case_id or has_others else None


def _add_pictures(
    drawing: Drawing, image: Image, axis: Axis, folder: str | None, only: Iterable[tuple[str, int]] | None
) -> None:
    is_flat = image.shape is None or len(image.shape) == 2
    shape = (0, 0, 1) if image.shape is None else Grid.from_image(image).shape
    planes = Planes.of(shape, "k" if is_flat else axis)
    drawing.planes[image.uid] = planes
    for index in range(planes.count) if only is None else [index for uid, index in only if uid == image.uid]:
        name = None
        if is_flat:
            record = picture_record(image, planes.columns, planes.rows, own_name(image))
            key: Record = {"uid": image.uid}
        else:
            named = slice_name(folder, safe_name(image.uid), axis, index)
            record = picture_record(image, planes.columns, planes.rows, named)
            key = {"uid": image.uid, "axis": axis, "index": index}
            name = SliceName(folder, image.uid, axis, index)
        picture = Picture(record, key=key, name=name, address=address_of(image) if is_flat else None)
        drawing.place(image.uid, index, picture)


def picture_record(image: Image, columns: int, rows: int, name: str) -> Record:
    """Return the record of a picture of an image: its size, if the image has one, its name, and when it was taken."""
    record: Record = {} if image.shape is None else {"width": columns, "height": rows}
    record["file_name"] = name
    if image.acquired_at is not None:
        record["date_captured"] = strict_json.plain(image.acquired_at)
    return record


def _flat_record(annotation: AnyAnnotation, keypoints: bool, turn_holes: bool) -> Record | None:
    """Return an annotation that is no mask as COCO has it; None if it has no form for it."""
    if isinstance(annotation, BboxAnnotation):
        box = annotation.bbox
        if len(box) == 6:
            if annotation.coordinate_space is CoordinateSpace.PATIENT:
                return None
            box = [*box[:2], *box[3:5]]
        return flat_box_to_record(box)
    if isinstance(annotation, EllipseAnnotation):
        return rings_to_record(Rings.of([ellipse_ring(annotation)]))
    if isinstance(annotation, OrientedBoxAnnotation) and _is_flat(annotation):
        return rings_to_record(
            Rings([corners_of(annotation.center, annotation.size, annotation.rotation_degrees or 0.0)])
        )
    if isinstance(annotation, PolygonAnnotation):
        pieces = [[each.polygon, *(each.holes or ())] for each in (annotation, *(annotation.parts or ()))]
        return {**rings_to_record(Rings([_on_keyholes(piece, turn_holes) for piece in pieces])), "pieces": pieces}
    if keypoints and _is_flat(annotation) and isinstance(annotation, PointAnnotation | KeypointsAnnotation):
        told = strict_json.plain(annotation)
        points = told.get("keypoints") or [{"name": ALONE, "point": told["point"]}]
        x, y, width, height = box_of_keypoints(points)
        return {"keypoints": points, "area": tidy(width * height), "bbox": [x, y, width, height]}
    return None


_GEOMETRY: Final[dict[str, tuple[str, ...]]] = {
    "point": ("point",),
    "keypoints": ("keypoints",),
    "polyline": ("polyline",),
    "ellipse": ("center", "radii", "rotation_degrees"),
    "oriented_box": ("center", "size", "rotation_degrees"),
    "attribute": (),
}
"""Fields that are the geometry of annotations of a type."""


def _geometry(annotation: AnyAnnotation) -> Record:
    told = strict_json.plain(annotation)
    return {"type": annotation.type, **{name: told[name] for name in _GEOMETRY[annotation.type] if name in told}}


def _is_flat(annotation: AnyAnnotation) -> bool:
    """Tell whether every vertex has two coordinates."""
    if isinstance(annotation, PolylineAnnotation):
        return all(len(vertex) == 2 for vertex in annotation.polyline)
    if isinstance(annotation, OrientedBoxAnnotation):
        return len(annotation.center) == len(annotation.size) == 2
    if isinstance(annotation, KeypointsAnnotation):
        return all(each.point is None or len(each.point) == 2 for each in annotation.keypoints)
    return not isinstance(annotation, PointAnnotation) or len(annotation.point) == 2


def _indices(annotation: AnyAnnotation, image: Image, planes: Planes) -> Iterable[int]:
    """Return the pictures that an annotation is seen on."""
    if isinstance(annotation, BboxAnnotation) and len(annotation.bbox) == 6:
        bottom, top = math.floor(annotation.bbox[2]), math.ceil(annotation.bbox[5])
        return range(max(bottom, 0), min(max(top, bottom + 1), planes.count))
    is_frame = annotation.slice_index is None and image.temporal_positions is None
    first = annotation.frame_index if is_frame else annotation.slice_index
    last = annotation.last_frame_index if is_frame else first
    if first is None:
        return [0] if planes.count == 1 else []
    return range(first, min(first if last is None else last, planes.count - 1) + 1)


def _on_keyholes(rings: Sequence[Sequence[Sequence[float]]], turn_holes: bool) -> list[float]:
    """Return the ring of a part of a polygon, its holes on keyholes, as a flat list."""
    if len(rings) == 1:
        return list(chain(*rings[0]))
    outer, *inner = (np.array(ring, dtype=np.float64) for ring in rings)
    if turn_holes:
        inner = [hole if is_clockwise(hole) != is_clockwise(outer) else hole[::-1] for hole in inner]
    whole = with_keyholes([outer, *(np.roll(hole, -hole[:, 0].argmin(), axis=0) for hole in inner)])
    return whole.ravel().tolist()


def _add_masks(drawing: Drawing, images: dict[str, Image], form: Form) -> set[str]:
    """Draw the masks, each volume in one pass; return their ids."""
    case = drawing.shown.case
    annotations = {each.id: each for each in case.annotations if isinstance(each, MaskAnnotation)}
    if not annotations:
        return set()
    masks = drawing.shown.masks
    for annotation_id in annotations:
        if annotation_id not in masks:
            raise MaskError(
                "the annotation has no mask",
                where=annotation_id,
                found=Message("no voxels of it"),
                expected="a mask for each annotation of type mask",
                advice="Give its mask too, or leave the annotation out",
            )
    drawn: set[str] = set()
    stage = begin(Message("masks"), len(annotations))
    for volume, members in masks.by_volume():
        by_image: dict[str, list[Mask]] = {}
        for mask in members:
            if mask.id in annotations:
                by_image.setdefault(annotations[mask.id].image_uid or case.image.uid, []).append(mask)
        for uid, group in by_image.items():
            if uid not in images:
                raise MaskError(
                    "the mask belongs to an image that the case does not hold",
                    where=group[0].id,
                    found=uid,
                    expected=Message("one of {names}", names=listed([*images], 5)),
                    advice="Correct image_uid",
                )
            for mask, index, counts, geometry in masks_on(volume, group, images[uid], drawing.planes[uid], form):
                drawing.add(uid, index, annotations[mask.id], geometry)
                drawing.parts.setdefault(mask.id, []).append((index, counts))
                drawn.add(mask.id)
                stage.to(len(drawn))
    stage.end()
    return drawn


def _join_keypoints(drawing: Drawing) -> None:
    """Fold the keypoints of an object into the record of its outline, where that has the same class."""
    for picture in drawing.pictures:
        outlines: dict[str, Shape] = {}
        for shape in picture.shapes:
            if not shape.keypoints:
                outlines.setdefault(shape.record["id"], shape)
        joined: set[int] = set()
        for shape in [each for each in picture.shapes if each.key["type"] == "keypoints"]:
            outline = outlines.get(shape.parent_id or "")
            if outline is None or outline.keypoints:
                continue
            if outline.record["category_id"] == shape.record["category_id"]:
                outline.keypoints = shape.keypoints
                outline.key["points"] = [shape.key["id"]]
                joined.add(id(shape))
        picture.shapes = [each for each in picture.shapes if id(each) not in joined]
