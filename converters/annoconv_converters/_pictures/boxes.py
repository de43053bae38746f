"""Cases that are one flat picture with boxes and nothing else, as most are: they are drawn, and wait, as columns.

`draw` says how any case is drawn. What both say of such a case is the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from annoconv.documents import strict_json
from annoconv.model import BboxAnnotation
from annoconv.pictures import address_of, own_name
from annoconv_converters._pictures.columns import BOX, BoxPicture, Columns
from annoconv_converters._pictures.draw import Drawing, picture_record
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.spool import Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.model import AnyAnnotation, Case, Label

__all__ = ["Boxes", "Frame", "boxes_of"]

Record: TypeAlias = "dict[str, Any]"

_OWN: Final[Record] = {"image": {}, "annotations": []}
"""What cases have each their own of."""
_FIELDS: Final = frozenset({"id", "category", "label_code", "type", BOX})
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_FLOATS: Final[set[type]] = {float}
_SIDES: Final = 4


class Told(NamedTuple):
    """What is told of boxes: ids, categories, label codes, and sides `x_min, y_min, x_max, y_max`."""

    ids: list[str]
    categories: list[str]
    codes: list[str]
    sides: list[list[float]]

    @property
    def annotations(self) -> list[Record]:
        """The same as annotations."""
        return [
            {"id": identity, "category": category, "label_code": code, "type": BOX, BOX: sides}
            for identity, category, code, sides in zip(*self, strict=True)
        ]


class Frame(NamedTuple):
    """What cases say alike, beside their images and boxes.

    Attributes
    ----------
    document
        A case as JSON values, but for its image and its annotations, which have their places in it.
    text
        The same as JSON, by which it is told from others.
    labels, listed
        The labels of the case, and those that are its class list, once they are known.
    """

    document: Record
    text: bytes
    labels: Sequence[Label] | None = None
    listed: Sequence[Label] = ()

    @classmethod
    def of(cls, case: Case) -> Frame:
        """Return that of a case."""
        document = {
            name: None if name in _OWN else strict_json.plain(value)
            for name, value in vars(case).items()
            if value is not None
        }
        return cls(document, strict_json.dumps({**document, **_OWN}))


class Boxes(Drawing):
    """A case of boxes as a picture, of which texts and numbers wait in a file.

    Attributes
    ----------
    frame, image
        What the case says beside its boxes, once it waits for others: as they do, and its image as JSON values.
    told
        Of its boxes.
    """

    frame: Frame
    image: Record
    told: Told

    @property
    def document(self) -> Record:
        return _document(self.frame, self.image, self.told)

    @document.setter
    def document(self, _: Record) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field there
        """Do nothing: it is made of what waits."""

    @property
    def categories(self) -> dict[str, str]:
        return dict(zip(reversed(self.told.codes), reversed(self.told.categories), strict=True))

    @property
    def weight(self) -> int:
        return 1 + len(self.told.ids)

    @property
    def is_within(self) -> bool:
        """Whether all of its boxes lie in their picture."""
        (picture,) = self.pictures
        most = picture.record["width"], picture.record["height"]
        return all(0 <= x <= x_max <= most[0] and 0 <= y <= y_max <= most[1] for x, y, x_max, y_max in self.told.sides)

    def waiting(self, frame: Frame) -> Boxes:
        """Return it in the form in which it waits for others, as `spool.waiting` does any drawing."""
        self.frame, self.image = frame, strict_json.plain(self.loaded.case.image)
        self.labels, self.listed = frame.labels, frame.listed
        self.loaded = self.shown = _Waiting(frame, self.image, self.told, self.loaded.path)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes it again, once it waits; its picture is as it was drawn."""
        (picture,) = self.pictures
        return _again, (self.frame, self.image, self.told, self.loaded.path, picture.record, picture.address)

    def first(self) -> Drawing:
        """Return the case with its first box alone, as any drawing that waits."""
        ids, categories, codes, sides = self.told
        (picture,), told = self.pictures, Told(ids[:1], categories[:1], codes[:1], sides[:1])
        document = _document(self.frame, self.image, told)
        found = Drawing(self.loaded, self.shown, {}, planes=self.planes, document=document)
        found.pictures = [replace(picture, shapes=[Shape({}, key={"id": ids[0], "type": BOX})])]
        found.labels, found.listed = self.labels, self.listed
        return found


class _Waiting(Waiting):
    """A case of boxes that waits."""

    def __init__(self, frame: Frame, image: Record, told: Told, path: Path | None) -> None:
        super().__init__(frame.document, path)
        self._of = frame, image, told

    def as_document(self) -> Record:
        return _document(*self._of)


def boxes_of(loaded: LoadedCase) -> Boxes | None:
    """Return a case as a picture with the boxes that its annotations are; None if these or their image say more."""
    case = loaded.case
    image, shape = case.image, case.image.shape
    if shape is None or len(shape) != 2 or not image.model_fields_set <= _OF_IMAGE or case.related_images:
        return None
    if not all(map(_is_box, case.annotations)):
        return None
    annotations = cast("list[BboxAnnotation]", case.annotations)
    ids = [each.id for each in annotations]
    if len({*ids}) < len(ids):
        return None
    categories = [each.category._value_ for each in annotations]
    told = Told(ids, categories, [each.label_code for each in annotations], [each.bbox for each in annotations])
    columns, rows = shape
    record = picture_record(image, columns, rows, own_name(image))
    return _drawn(Boxes(loaded, loaded, {}), told, record, image.uid, address_of(image))


def _again(frame: Frame, image: Record, told: Told, path: Path | None, picture: Record, address: str | None) -> Boxes:
    """Return a case of boxes that waits."""
    loaded = _Waiting(frame, image, told, path)
    drawing = Boxes(loaded, loaded, {}, labels=frame.labels, listed=frame.listed)
    drawing.frame, drawing.image = frame, image
    return _drawn(drawing, told, picture, image["uid"], address)


def _drawn(drawing: Boxes, told: Told, record: Record, uid: str, address: str | None) -> Boxes:
    """Put a picture with its boxes in a drawing; return that."""
    drawing.told = told
    picture = BoxPicture(record, key={"uid": uid}, address=address)
    picture.columns = Columns(told.ids, told.codes, told.sides, told.ids)
    drawing.planes[uid] = Planes("k", 1, record["height"], record["width"])
    drawing.place(uid, 0, picture)
    return drawing


def _document(frame: Frame, image: Record, told: Told) -> Record:
    return {**frame.document, "image": image, "annotations": told.annotations}


def _is_box(annotation: AnyAnnotation) -> bool:
    """Tell whether an annotation is a class and a box in a picture, and says nothing else; its numbers are floats."""
    return (
        type(annotation) is BboxAnnotation
        and annotation.model_fields_set <= _FIELDS
        and len(annotation.bbox) == _SIDES
        and set(map(type, annotation.bbox)) == _FLOATS
    )
