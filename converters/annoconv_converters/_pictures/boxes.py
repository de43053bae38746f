"""Cases that are one flat picture with boxes and nothing else, as most are: they are drawn, and wait, as columns.

`draw` says how any case is drawn. What both say of such a case is the same.
"""

from __future__ import annotations

from dataclasses import replace
from operator import le
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from annoconv.casefile.column_cases import ColumnCase, box_case_of
from annoconv.casefile.columns import BOX, BoxColumns
from annoconv.pictures import address_told, name_told
from annoconv_converters._pictures.columns import BoxPicture, Columns
from annoconv_converters._pictures.draw import Drawing
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import CaseFrame
    from annoconv.model import Label

__all__ = ["Boxes", "boxes_of", "record_of"]

Record: TypeAlias = "dict[str, Any]"


class Boxes(Drawing):
    """A case of boxes as a picture, of which texts and numbers wait in a file."""

    loaded: ColumnCase  # pyright: ignore[reportIncompatibleVariableOverride]  # it is set to no other

    @property
    def told(self) -> BoxColumns:
        """Its boxes."""
        return cast("BoxColumns", self.loaded.columns)

    @property
    def document(self) -> Record:
        return self.loaded.as_document()

    @document.setter
    def document(self, _: Record) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field there
        """Do nothing: it is that of the case."""

    @property
    def categories(self) -> dict[str, str]:
        return self.loaded.categories

    @property
    def weight(self) -> int:
        return 1 + len(self.told.ids)

    @property
    def is_within(self) -> bool:
        """Whether all of its boxes lie in their picture."""
        if not self.told.ids:
            return True
        record, (x, y, x_max, y_max) = self.pictures[0].record, zip(*self.told.sides, strict=True)
        is_inside = min(*x, *y) >= 0 and max(x_max) <= record["width"] and max(y_max) <= record["height"]
        return is_inside and all(map(le, x, x_max)) and all(map(le, y, y_max))

    def waiting(self, frame: CaseFrame, listed: Sequence[Label]) -> Boxes:
        """Return it in the form in which it waits for others, as `spool.waiting` does any drawing.

        Parameters
        ----------
        frame
            That of its case, as others have it too.
        listed
            The class list of the case.
        """
        told = self.loaded
        self.loaded = ColumnCase(frame, told.image, told.columns, told.extensions, told.path)  # pyright: ignore[reportIncompatibleVariableOverride]
        self.shown = self.loaded
        self.labels, self.listed = frame.labels, listed
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes it again, once it waits; its picture is as it was drawn."""
        told, (picture,) = self.loaded, self.pictures
        of_case = told.frame, told.image, told.columns, told.extensions, told.path
        return _again, (*of_case, self.listed, picture.record, picture.address)

    def first(self) -> Drawing:
        """Return the case with its first box alone and without extensions, as any drawing that waits."""
        told, (picture,) = self.loaded, self.pictures
        one = ColumnCase(told.frame, told.image, BoxColumns._make(each[:1] for each in self.told), None, told.path)
        document = {name: value for name, value in one.as_document().items() if name != "extensions"}
        found = Drawing(one, one, {}, planes=self.planes, document=document)
        found.pictures = [replace(picture, shapes=[Shape({}, key={"id": self.told.ids[0], "type": BOX})])]
        found.labels, found.listed = self.labels, self.listed
        return found


def boxes_of(loaded: LoadedCase) -> Boxes | None:
    """Return a case as a picture with the boxes that its annotations are; None if these or their image say more."""
    case = box_case_of(loaded)
    if case is None:
        return None
    return _drawn(Boxes(case, case, {}), *record_of(case))


def record_of(case: ColumnCase) -> tuple[Record, str | None]:
    """Return the record of a case's picture, as `picture_record` does, and where a server has it."""
    image = case.image
    (columns, rows), files, extensions = image["shape"], image.get("files"), image.get("extensions")
    name = name_told(image["uid"], files[0].get("path") if files else None, extensions)
    record: Record = {"width": columns, "height": rows, "file_name": name}
    if "acquired_at" in image:
        record["date_captured"] = image["acquired_at"]
    return record, address_told(extensions)


def _again(*told: Any) -> Boxes:
    """Return a case of boxes that waits."""
    *of_case, listed, picture, address = told
    case = ColumnCase(*of_case)
    drawing = Boxes(case, case, {}, labels=case.frame.labels, listed=listed)
    return _drawn(drawing, picture, address)


def _drawn(drawing: Boxes, record: Record, address: str | None) -> Boxes:
    """Put a picture with its boxes in a drawing; return that."""
    told, uid = drawing.told, drawing.loaded.image["uid"]
    picture = BoxPicture(record, key={"uid": uid}, address=address)
    picture.columns = Columns(told.ids, told.codes, told.sides, told.ids)
    drawing.planes[uid] = Planes("k", 1, record["height"], record["width"])
    drawing.place(uid, 0, picture)
    return drawing
