"""Cases of videos whose objects all are tracked, as the tracks of "CVAT for video 1.1": of several, a project.

What CVAT shows between key frames is listed frame by frame, as CVAT itself does; it takes the key frames of that and
moves the shapes between them. An object that is not seen from a frame on is hidden there. Frames are counted by their
number in the video. Authority: cvat-ai/cvat, `dataset_manager/formats/cvat.py`, `dump_as_cvat_interpolation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.model import Case, Image
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["arrange", "frames_told", "is_video", "stretches", "tracks_of"]

Record: TypeAlias = "dict[str, Any]"
Track: TypeAlias = "list[tuple[int, Shape]]"
"""Frames and shapes, in the order of the frames."""

_TAGS: Final = {"oriented_box": "box", "point": "points", "keypoints": "skeleton", "attribute": "tag"}
_TRACKED: Final = frozenset({"box", "polygon", "polyline", "points", "ellipse", "skeleton"})
_PLACE: Final = ("bbox", "segmentation")
_NO_TRACK: Final = (
    "a file of CVAT has tracks if all of it are videos, all their objects are tracked, and none is a mask or stands "
    "twice on a frame; else the track is an attribute of its shapes"
)


_UNSIZED: Final = (
    "each image of CVAT has a width and a height, and neither the case nor --images tells those of its picture"
)


def tag_of(shape: Shape) -> str:
    """Return the element that a shape becomes."""
    if shape.geometry is not None:
        return _TAGS.get(shape.geometry["type"], str(shape.geometry["type"]))
    segmentation = shape.record.get("segmentation")
    return "mask" if isinstance(segmentation, dict) else "polygon" if segmentation else "box"


def arrange(drawings: Sequence[Drawing], first: int, are_videos: bool) -> Iterator[Loss]:
    """Leave of the pictures of cases that are tracks those that a reader gives: what shows something, and the last.

    The shapes of a frame stand in the order of their tracks. Of other cases nothing is changed; that what is tracked in
    their videos is no track is a loss, and so is a picture whose size is not known.

    Parameters
    ----------
    drawings
        The cases.
    first
        Index of the first.
    are_videos
        Whether all cases of the file can be tracks.
    """
    for case_index, drawing in enumerate(drawings, first):
        yield from _unsized(drawing, case_index)
        frames = _frames(drawing) if are_videos else None
        if frames is None:
            yield from _untracked(drawing.document, case_index)
        else:
            _keep_shown(drawing, frames)


def is_video(drawing: Drawing) -> bool:
    """Tell whether a case can be tracks."""
    return _frames(drawing) is not None


def _keep_shown(drawing: Drawing, frames: range) -> None:
    tracks = {id(shape): place for place, track in enumerate(tracks_of(drawing.pictures)) for _, shape in track}
    ranges = drawing.loaded.case.image.annotated_frames or ()
    told = [each.model_dump(exclude_none=True) for each in ranges]
    drawing.pictures = [each for each in drawing.pictures if each.shapes or each.key["index"] == frames[-1]]
    for picture in drawing.pictures:
        picture.is_frame, picture.annotated_frames = True, told
        picture.shapes.sort(key=lambda shape: tracks[id(shape)])


def tracks_of(pictures: Sequence[Picture]) -> list[Track]:
    """Return the shapes of each track, one of a number and a class."""
    tracks: dict[tuple[Any, Any], Track] = {}
    for picture in pictures:
        for shape in picture.shapes:
            attributes = shape.record.get("attributes", {})
            track = tracks.setdefault((attributes.get("track_id"), shape.record["category_id"]), [])
            track.append((picture.key["index"], shape))
    return list(tracks.values())


def stretches(track: Track, frames: range) -> Iterator[tuple[int, Shape, bool, bool]]:
    """Yield frame, shape, whether it is a key frame, and whether it is hidden there, as CVAT lists a track.

    The first shape of a stretch is a key frame. Its last is one too if it stands elsewhere than the key frame before:
    CVAT moves the object on to where it is hidden.
    """
    following = [frame for frame, _ in track[1:]]
    key: Shape | None = None
    for (frame, shape), after in zip(track, [*following, None], strict=True):
        ends = after != frame + frames.step and frame != frames[-1]
        told = shape.record.get("attributes", {}).get("keyframe") is not False
        is_key_frame = told or key is None or (ends and not _is_same_place(key, shape))
        key = shape if is_key_frame else key
        yield frame, shape, is_key_frame, False
        if ends:
            yield frame + frames.step, shape, True, True
            key = None


def _is_same_place(one: Shape, other: Shape) -> bool:
    places = ([shape.record.get(name) for name in _PLACE] for shape in (one, other))
    return one.geometry == other.geometry and next(places) == next(places)


def frames_told(pictures: Sequence[Picture]) -> range:
    """Return the frames of the task that pictures are of."""
    ranges = pictures[0].annotated_frames
    if not ranges:
        return range(pictures[-1].key["index"] + 1)
    (told,) = ranges
    return range(told["first"], told["last"] + 1, told.get("step", 1))


def _frames(drawing: Drawing) -> range | None:
    """Return the frames of a case that can be tracks: of one video, all of it tracked, one shape of a track a frame."""
    case = drawing.shown.case
    frames = _range(case.image)
    if frames is None or not _is_tracked(case):
        return None
    pictures = drawing.pictures
    if any(each.name is None or each.key["uid"] != case.image.uid for each in pictures):
        return None
    indices = {each.key["index"]: each for each in pictures}
    if frames[-1] not in indices or any(each.shapes and index not in frames for index, each in indices.items()):
        return None
    for track in tracks_of(pictures):
        tags = {tag_of(shape) for _, shape in track}
        if len(tags) != 1 or not tags <= _TRACKED or len({frame for frame, _ in track}) != len(track):
            return None
    return frames


def _unsized(drawing: Drawing, case_index: int) -> Iterator[Loss]:
    unsized = {picture.key["uid"] for picture in drawing.pictures if "width" not in picture.record}
    case = drawing.document
    for place, image in enumerate((case["image"], *case.get("related_images", ()))):
        if image["uid"] in unsized:
            path = pointer(("related_images", place - 1) if place else ("image",))
            yield Loss(case_index, path, LossKind.APPROXIMATED, _UNSIZED)


def _untracked(case: Record, case_index: int) -> Iterator[Loss]:
    for place, each in enumerate(case["annotations"]):
        if "tracking_id" in each and "frame_index" in each:
            yield Loss(case_index, f"/annotations/{place}/tracking_id", LossKind.APPROXIMATED, _NO_TRACK)


def _range(image: Image) -> range | None:
    if image.shape is None or len(image.shape) != 3 or image.temporal_positions is not None:
        return None
    ranges = image.annotated_frames
    if not ranges:
        return range(image.shape[2])
    return range(ranges[0].first, ranges[0].last + 1, ranges[0].step or 1) if len(ranges) == 1 else None


def _is_tracked(case: Case) -> bool:
    """Tell whether each annotation is tracked and of one frame."""
    return bool(case.annotations) and all(
        each.tracking_id is not None and each.frame_index is not None and each.last_frame_index is None
        for each in case.annotations
    )
