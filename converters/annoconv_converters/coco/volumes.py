"""What a case does not hold of the slices of a volume by other software: their records against those written again.

Of a flat picture everything comes back (`foreign`); of a volume only what its case says. A mask is compared by its
pixels, whichever form it has; several masks of one label on one slice are one mask when they are written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.loss import LossKind
from annoconv.pixels import Masks
from annoconv_converters._pictures.cases import by_records
from annoconv_converters._pictures.category_table import CategoryTable
from annoconv_converters._pictures.draw import draw, slice_folder
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, stated, with_floats
from annoconv_converters._pictures.geometry import box_to_record
from annoconv_converters._pictures.records import flat_uid, is_caption
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._raster.polygons import union
from annoconv_converters._raster.run_lengths import area_of, box_of
from annoconv_converters.coco.finish import WITH_KEYPOINTS, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv.model import AnyAnnotation
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.planes import Axis
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["volume_losses"]

Record: TypeAlias = "dict[str, Any]"

_ENCODING: Final = {
    "id": "records are numbered anew",
    "image_id": "images are numbered anew: a record is compared on its own picture",
}
"""What only says how the rest is encoded, and why it is left out."""
_PACKED: Final = {"segments_info": "compared one by one", "file_name": "of the pixels, which are the masks"}
"""The same of a panoptic annotation."""
_IMAGE: Final = ("width", "height", "file_name", "date_captured")
"""Members of the images that we write; of an image of which nothing is drawn they come back too."""
_ONE: Final = "masks of one label in a volume are one mask"
_BESIDE: Final[Reasons] = {
    "#": "a case has no place for it",
    "iscrowd": ("a case has no place for {name}", LossKind.NO_PLACE),
    "*": "a case has no place for {name}",
}
"""Of what was added to a file of ours, whatever its pictures are."""
_REASONS: Final[Reasons] = {
    "#": "a volume has no place for it",
    "file_name": "slices are named after their image and numbered",
    "iscrowd": ("a volume has no crowds", LossKind.NO_PLACE),
    "id": (_ONE, LossKind.APPROXIMATED),
    "segmentation": _ONE,
    "bbox": _ONE,
    "area": _ONE,
    "attributes*": "an annotation has one list of attributes: one-line texts, numbers, truth values and lists of them",
    "score": "a mask has one confidence, between 0 and 1",
    "*": "a volume has no place for {name} of its slices or its file",
}


def volume_losses(
    pictures: Sequence[Picture],
    loaded: LoadedCase,
    categories: Categories,
    beside: Record | None,
    labels: Labels,
    *,
    kind: str,
    case_index: int,
    is_ours: bool = False,
) -> list[Loss]:
    """Return what a file says of the slices of a volume and its case does not; paths as `/annotations/0/note`.

    Of a file of ours that was edited, flat pictures too.

    Parameters
    ----------
    pictures
        As they were read; their `place` and that of their shapes are steps in the file.
    loaded
        Their case.
    categories
        Of the file, for these pictures.
    beside
        For the first case, what the file holds beside images and annotations.
    labels
        Where the labels of the case are defined.
    kind
        Of the file.
    case_index
        Of the case among those read.
    is_ours
        Whether we wrote the file.
    """
    again = _Drawn(pictures, loaded, categories, labels, kind, is_ours)
    records: list[FileRecord] = []
    if beside is not None:
        said = stated({name: value for name, value in beside.items() if name != "categories"})
        records.append(FileRecord((), said, {}))
        records += again.categories(beside.get("categories"))
    for picture in pictures:
        records += again.of_picture(picture)
    return list(file_losses(records, _BESIDE if is_ours else _REASONS, case_index))


class _Drawn:
    """A case as it would be drawn on the slices of its file."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        loaded: LoadedCase,
        categories: Categories,
        labels: Labels,
        kind: str,
        is_ours: bool,
    ) -> None:
        self._known, self._labels, self._kind, self._is_ours = categories, labels, kind, is_ours
        self._numbers = CategoryTable()
        case = by_records(loaded).case
        self._masks = {
            (each.image_uid or case.image.uid, each.label_code): each
            for each in case.annotations
            if each.type == "mask"
        }
        self._by_id = {each.id: each for each in case.annotations if each.type == "mask"}
        self._used = {each.label_code: each.category.value for each in reversed(case.annotations)}
        others = [each for each in case.annotations if each.type != "mask"]
        axes: list[Axis] = [picture.name.axis for picture in pictures if picture.name]
        drawing = draw(
            LoadedCase(case.model_copy(update={"annotations": others}), Masks([])),
            axis=axes[0] if axes else "k",
            form="rle",
            folder=slice_folder(loaded, 0, SeenNames()),
            only_annotated=False,
            keypoints=kind in WITH_KEYPOINTS,
            only=list(map(_slice_of, pictures)),
        )
        finish(drawing, kind, lambda code, _: code, self._keypoints, were_results=kind == "results")
        self._pictures = {(each.key["uid"], each.key.get("index", 0)): each for each in drawing.pictures}

    def _keypoints(self, code: str) -> list[str]:
        known = self._known
        return next((list(known[each].keypoints) for each in known.numbers_of([code])), [])

    def categories(self, listed: Any) -> Iterator[FileRecord]:
        """Yield the categories of the file."""
        for place, said in enumerate(listed if isinstance(listed, list) else []):
            code = self._known[said.get("id")].code if isinstance(said, dict) else ""
            again = None
            if code in self._used:
                self._numbers.number(code, self._used[code], self._labels)
                again = self._numbers.records[self._labels.name_of(code)]
            yield FileRecord(("categories", place), _meant(said) if isinstance(said, dict) else said, again)

    def of_picture(self, picture: Picture) -> Iterator[FileRecord]:
        """Yield a picture and what is drawn on it."""
        drawn = self._pictures.get(_slice_of(picture))
        if picture.place:
            ours = {name: picture.record[name] for name in _IMAGE if self._is_ours and name in picture.record}
            yield FileRecord(picture.place, _meant(picture.record), drawn.record if drawn else ours or None)
        if picture.packed is not None:
            packed = {
                name: value for name, value in picture.packed.items() if name not in {"segments_info", "file_name"}
            }
            yield FileRecord(picture.packed_place, _meant(packed), {})
        others = {str(shape.record.get("id")): shape.record for shape in drawn.shapes} if drawn else {}
        members: dict[str, list[Shape]] = {}
        for shape in picture.shapes:
            mask = self._mask_of(shape, picture)
            if mask is not None:
                members.setdefault(mask.id, []).append(shape)
                continue
            drawn_again = others.get(str(shape.record.get("id")))
            again = drawn_again and {name: as_value(value) for name, value in drawn_again.items()}
            yield FileRecord(shape.place, self._said(shape), again)
        for identity, shapes in members.items():
            apart = [[shape] for shape in shapes] if self._is_ours else [shapes]  # ours say which mask each is of
            for some in apart:
                yield from self._masked(self._by_id[identity], some, picture)

    def _mask_of(self, shape: Shape, picture: Picture) -> AnyAnnotation | None:
        """Return the mask that a shape belongs to, if it does."""
        if picture.name is None:
            return self._by_id.get(str(shape.record.get("id")))
        size = picture.record.get("height", 0), picture.record.get("width", 0)
        segmentation = None if is_caption(shape.record) else shape.segmentation(size, source="", where="")
        if segmentation is None or not (segmentation.is_mask or segmentation.is_outline):
            return None
        return self._masks.get((_slice_of(picture)[0], self._known[shape.record.get("category_id")].code))

    def _masked(self, mask: AnyAnnotation, shapes: list[Shape], picture: Picture) -> Iterator[FileRecord]:
        """Yield the records of one mask on one picture, against the one that is drawn of it."""
        size = picture.record["height"], picture.record["width"]
        runs = [shape.segmentation(size, source="", where="") for shape in shapes]
        counts = union([each.counts for each in runs if each], size[0] * size[1])
        again: Record = {
            "category_id": mask.label_code,
            "segmentation": counts.tobytes(),
            "area": area_of(counts),
            "bbox": as_value(box_to_record(box_of(counts, size[0]))),
            "iscrowd": 0,
            **({} if mask.confidence is None else {"score": mask.confidence}),
            "attributes": with_floats(strict_json.plain(mask.attributes or {})),
        }
        for shape, each in zip(shapes, runs, strict=True):
            said = self._said(shape)
            if each is not None:
                said["segmentation"] = each.counts.tobytes()
            if len(shapes) > 1:  # which is which is not told any more
                said["id"] = shape.record.get("id")
            yield FileRecord(shape.place, said, again)

    def _said(self, shape: Shape) -> Record:
        said = _meant(shape.record)
        if "category_id" in said and not is_caption(shape.record):
            said["category_id"] = self._known[said["category_id"]].code
        if self._kind == "panoptic":
            said.pop("segmentation", None)
        return said


def _slice_of(picture: Picture) -> tuple[str, int]:
    """Return the UID of a picture's image, and its index in it."""
    return (flat_uid(picture.record)[0], 0) if picture.name is None else (picture.name.series, picture.name.index)


def _meant(record: Record) -> Record:
    """Return what a record says; arrays as one value."""
    said = {name: as_value(value) for name, value in record.items() if name not in _ENCODING}
    return stated(said)
