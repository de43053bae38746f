"""Cases as pictures in the forms of a format, waiting for each other, and what is known of all of them together."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.loss import LossCollector
from annoconv_converters._pictures.boxes import Boxes, boxes_of
from annoconv_converters._pictures.category_table import CategoryTable
from annoconv_converters._pictures.columns import BOX, held
from annoconv_converters._pictures.draw import Drawing, Form, draw, slice_folder
from annoconv_converters._pictures.outlines import RING, Outlines, outlines_of
from annoconv_converters._pictures.picture_names import FlatNames, KnownNames, with_file_names
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._pictures.skeletons import Skeletons
from annoconv_converters._pictures.spool import Spool, chunks, waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import CaseFrame
    from annoconv.model import Case, Label
    from annoconv.registry import Context
    from annoconv_converters._pictures.picture_format import PictureFormat, Survey
    from annoconv_converters._pictures.picture_names import NameRule
    from annoconv_converters._pictures.records import Shape

__all__ = ["Drawn", "drawn_cases"]

Record: TypeAlias = "dict[str, Any]"


def drawn_cases(
    cases: Iterable[LoadedCase],
    format: PictureFormat[Any],
    context: Context,
    names: NameRule,
    *,
    has_files: bool,
    every: bool,
) -> Drawn:
    """Return cases as pictures of a format, whose names are those of files if it has any."""
    drawn = Drawn(format, context, with_points=format.has_keypoints)
    flat, told_apart, folders = FlatNames(), KnownNames(format.known_by), SeenNames()
    for loaded in cases:
        drawing = _drawing(loaded, slice_folder(loaded, len(drawn.drawings), folders), format, all_annotations=every)
        if names == "flat":
            flat.rename(drawing.pictures)
        if has_files:
            drawn.losses += [*with_file_names(loaded, drawing.pictures, len(drawn.drawings))]
        told_apart.take(loaded, drawing.pictures)
        drawn.take(drawing)
        context.advance(len(drawn.drawings))
    return drawn


class _Known(NamedTuple):
    """The labels of a case, which most have as the one before: as it lists them, by code, and as JSON values."""

    listed: Sequence[Label] | None
    labels: Labels
    told: Any


class Drawn:
    """The cases as pictures, and what is known of all of them together.

    Attributes
    ----------
    drawings
        In their order.
    table, skeletons
        The classes and their keypoints.
    survey
        The format's own.
    losses
        Found so far.
    count
        Pictures.
    types
        Of the annotations.
    """

    def __init__(self, format: PictureFormat[Any], context: Context, *, with_points: bool) -> None:
        self.format, self.context, self._with_points = format, context, with_points
        self.drawings: Spool[Drawing] = Spool(attrgetter("weight"))
        self.table, self.skeletons = CategoryTable(context.label_system), Skeletons()
        self.survey: Survey | None = None if format.survey is None else format.survey()
        self.losses = LossCollector()
        self.count = 0
        self.types: set[str] = set()
        self._asked: dict[str, tuple[str, str, Labels]] = {}
        """Code, category and labels of the first shape of each class, by its name."""
        self._joined: set[bool] = set()
        self._known: _Known | None = None
        self._frame: CaseFrame | None = None
        """What the case before says beside its boxes, if it is a picture of boxes."""
        self._pictures = self._shapes = 0

    def labels_of(self, drawing: Drawing) -> Labels:
        """Return the labels of a case that waited; most cases have those of the one before."""
        known = self._labels(drawing.labels)
        self._known = known._replace(listed=drawing.labels)  # the next one may have the very same
        return known.labels

    def _labels(self, labels: Sequence[Label] | None) -> _Known:
        if self._known is None or self._known.listed != labels:
            told = None if labels is None else strict_json.plain(labels)
            self._known = _Known(labels, Labels(labels or (), self.context.label_system), told)
        return self._known

    @collector_paused()
    def take(self, drawing: Drawing) -> None:
        """Take the next case."""
        kept: Drawing
        if isinstance(drawing, Boxes):
            frame = drawing.loaded.frame
            if self._frame is None or frame.text != self._frame.text:  # else its class list and its points are the same
                self._take(frame.typed or drawing.loaded.case)
                self._frame = frame
            labels = self._labels(self._frame.labels).labels
            kept = drawing.waiting(self._frame, self.table.last or ())
            types, codes = [BOX] * bool(drawing.told.ids), drawing.told.codes
        else:
            self._frame = None
            case = drawing.loaded.header if isinstance(drawing, Outlines) else drawing.loaded.case
            listed, labels, told = self._take(case)
            if isinstance(drawing, Outlines):
                kept = drawing.waiting(listed, self.table.last or (), told)
                types, codes = [RING], drawing.told.codes
            else:
                kept = waiting(drawing, listed, self.table.last or (), told)
                shapes = [shape for picture in drawing.pictures for shape in picture.shapes]
                types, codes = [each.type for each in case.annotations], [each.record["category_id"] for each in shapes]
                if self.survey is not None:  # boxes alone say nothing to it
                    for shape, code in zip(shapes, codes, strict=True):
                        self.survey.take(labels.name_of(code), shape)
        self.types.update(types)
        for code in dict.fromkeys(codes):
            name = labels.name_of(code)
            if name not in self._asked:
                self._asked[name] = code, kept.categories[code], labels
        if self.format.joined is not None:
            self._joined.add(not isinstance(drawing, Boxes) and self.format.joined(drawing))
        self.count += len(drawing.pictures)
        self.drawings.add(kept)

    def _take(self, case: Case) -> _Known:
        """Take the classes of a case and their keypoints; return its labels."""
        known = self._labels(case.labels)
        self.table.take(case, known.labels)
        self.skeletons.note(case, known.labels, with_points=self._with_points)
        return known

    @property
    def is_joined(self) -> bool:
        """Whether what the file says of a case rests on others."""
        return self.format.joined is not None and self.format.joined_by(self._joined)

    def parts(self) -> Iterator[list[Drawing]]:
        """Yield the cases, as many at a time as are held; classes are numbered before the first."""
        if self.is_joined:
            yield list(self.drawings)
            return
        for code, category, labels in self._asked.values():
            self.table.number(code, category, labels)
        yield from chunks(self.drawings)

    def number(self, drawing: Drawing) -> None:
        """Give pictures and shapes of a case the numbers that they have in the file, and shapes those of classes."""
        labels = self.labels_of(drawing)
        categories = drawing.categories
        numbers: dict[str, Any] = {}

        def number_of(code: str) -> Any:
            if code not in numbers:
                numbers[code] = self.table.number(code, categories[code], labels)
            return numbers[code]

        for picture in drawing.pictures:
            self._pictures += 1
            picture.record["id"] = self._pictures
            columns = held(picture)
            if columns is not None:
                known = {code: number_of(code) for code in dict.fromkeys(columns.classes)}
                columns.classes = [known[code] for code in columns.classes]
                columns.numbers = range(self._shapes + 1, self._shapes + 1 + len(columns.classes))
                self._shapes += len(columns.classes)
                continue
            for shape in picture.shapes:
                self._shapes += 1
                record = shape.record
                record["id"], record["category_id"] = self._shapes, number_of(record["category_id"])


@collector_paused()
def _drawing(loaded: LoadedCase, folder: str | None, format: PictureFormat[Any], *, all_annotations: bool) -> Drawing:
    """Return a case as pictures in a format's forms."""
    boxes = boxes_of(loaded)
    if boxes is not None and (format.cut is None or boxes.is_within):  # what lies within is not cut
        return boxes
    outlines = outlines_of(loaded) if format.has_rings else None
    if outlines is not None:
        return outlines
    form: Form = "polygon" if format.is_outlined else "rle"
    drawing = draw(
        loaded,
        axis="k",
        form=form,
        folder=folder,
        only_annotated=False,
        keypoints=format.has_keypoints,
        shapes=format.shapes,
        turn_holes=not format.has_parts,
        all_annotations=all_annotations,
    )
    for picture in drawing.pictures:
        picture.shapes = [ring for shape in picture.shapes for ring in _rings(shape, format.has_parts)]
        picture.shapes = picture.shapes if format.cut is None else format.cut(picture)
    return drawing


def _rings(shape: Shape, has_parts: bool) -> Iterator[Shape]:
    segmentation = shape.record.get("segmentation")
    if has_parts or not isinstance(segmentation, list) or len(segmentation) < 2:
        yield shape
    else:
        for place, ring in enumerate(segmentation):
            record = {**shape.record, "segmentation": [ring]}
            if place:  # keypoints belong to the first
                key = {name: value for name, value in shape.key.items() if name != "points"}
                yield replace(shape, record=record, keypoints=[], key=key)
            else:
                yield replace(shape, record=record)
