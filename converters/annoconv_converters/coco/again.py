"""Cases that came from COCO files and are written to one again: what a reader will make of them, without asking it.

Of such a case all comes back by itself if all did of one before it with the same labels, and if its records, with what
its file said otherwise, are those of which a reader keeps just that. `understand` says it of any case. What both say of
such a case is the same. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.column_cases import as_columns
from annoconv.documents import strict_json
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.records import Picture, flat_uid
from annoconv_converters.coco.boxes import LARGEST
from annoconv_converters.coco.foreign import left_of_image, used_categories
from annoconv_converters.coco.plain_pictures import drawn_image
from annoconv_converters.coco.records import objects_in
from annoconv_converters.coco.redrawn import class_numbers, columns_again, image_again, records_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import CaseFrame, ColumnCase
    from annoconv.codes import Labels
    from annoconv.model import Case
    from annoconv_converters.coco.classes import Classes, Told
    from annoconv_converters.coco.drawn_plain import PlainCase

__all__ = ["Again", "Records"]

Record: TypeAlias = "dict[str, Any]"

_KEPT: Final = frozenset({"image", "absent", "annotations", "categories"})
"""What is kept of a file with a case behind the first."""
_OF_IMAGE: Final = {"uid", "modality", "shape"}
"""What is read of a picture, beside its name."""


class Records(NamedTuple):
    """What is written of a case.

    Attributes
    ----------
    image
        The record of its picture.
    numbers
        Ids of its annotations.
    annotations
        Their records.
    uses_all
        Whether each class of its list has one.
    """

    image: Record
    numbers: list[int]
    annotations: list[Record]
    uses_all: bool


class Again:
    """Tells of one case after the other what is written of it again, if that is known.

    Parameters
    ----------
    classes
        Of the file that is written.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._frame: CaseFrame | None = None
        """What the case before says beside its picture and its annotations, if all of it comes back."""
        self._listed: Sequence[Record] = ()
        """The classes that are read of its labels."""
        self._case: Case | None = None

    def note(self, loaded: LoadedCase, case: Case, told: Told, *, comes_back: bool) -> None:
        """Note of a case, and its labels, whether all of it comes back by itself."""
        known = as_columns(loaded) if comes_back else None
        self._frame = None if known is None else known.frame
        self._case, self._listed = case, self._classes.read().whole.list_with((), told.codes)

    def records(self, plain: PlainCase, kept: Record, told: Told, labels: Labels) -> Records | None:
        """Return what is written of a case of which all comes back by itself; None if that is to be asked.

        Parameters
        ----------
        plain, kept
            The case, and what it keeps of its file.
        told, labels
            The labels of the case before it.
        """
        case = plain.case
        if case.frame is not self._frame or self._case is None or not plain.comes_back:
            return None
        if not (kept.keys() <= _KEPT and all(kept.values())):
            return None
        image, columns = image_again(case, kept.get("image")), columns_again(plain, kept)
        ids = _whole(case.columns.ids)
        if image is None or columns is None or ids is None or [*(case.extensions or {})] != [EXTENSION]:
            return None
        if image["id"] is None or not _is_kept(case, image, kept.get("image")):
            return None
        classes = objects_in(kept.get("categories"))
        if not self._classes.has(classes, labels):
            self._classes.take(self._case, classes, labels)
        numbers = class_numbers(case, self._classes, self._listed, told, labels)
        if numbers is None:
            return None
        whole = self._classes.read().whole
        if not _is_same(used_categories(numbers.values(), whole), kept.get("categories")):
            return None
        columns |= {"id": ids, "image_id": [image["id"]] * len(ids)}
        columns["category_id"] = [numbers[code] for code in case.columns.codes]
        return Records(image, ids, records_of(columns, kept), len(numbers) >= len(told.codes))


def _is_kept(case: ColumnCase, image: Record, kept: Any) -> bool:
    """Tell whether a reader keeps just that of the record of a picture, and takes it for this picture by itself."""
    if case.image.keys() - {"files", "extensions"} != _OF_IMAGE or case.image["modality"] != "OT":
        return False
    told, _ = left_of_image(Picture(image), drawn_image(image))
    return flat_uid(image)[0] == case.image["uid"] and _is_same(told, kept)


def _whole(ids: Sequence[str]) -> list[int] | None:
    """Return ids as the numbers that they are; None if one is none, or is read as another one."""
    try:
        numbers = [*map(int, ids)]
    except ValueError:
        return None
    return numbers if [*map(str, numbers)] == ids and 0 < min(numbers) <= max(numbers) < LARGEST else None


def _is_same(told: Any, kept: Any) -> bool:
    """Tell whether two members are the same text."""
    return strict_json.dumps([told]) == strict_json.dumps([kept])
