"""Cases of plain boxes on one flat picture, made as one before them was that says the same beside these, as most do.

`read` says what any picture is, and is asked for the first of those that are alike. What both say of one is the same.
Continuous pixels, x = column, y = row, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile.column_cases import as_boxes, framed_case
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.pictures import named_image
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.kept_alike import apart, said_beside, with_kept
from annoconv_converters._pictures.plain import plain_boxes
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import flat_uid, picture_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import ColumnCase
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Picture

__all__ = ["AlikeCases"]

Record: TypeAlias = "dict[str, Any]"

_MOST: Final = 64
"""Cases that are kept."""
_NAMES: Final = ("id", "file_name")
"""Of a picture; all else that its record says is alike."""


class AlikeCases:
    """Cases by what they say beside the name of their picture and its boxes.

    Parameters
    ----------
    use_keys
        Whether our keys count.
    """

    def __init__(self, *, use_keys: bool) -> None:
        self._use_keys = use_keys
        self._known: dict[bytes, ColumnCase] = {}
        self._listed: Sequence[Record] = ()
        self._asked: bytes | None = None

    def of(
        self, pictures: Sequence[Picture], known: Categories, listed: Sequence[Record], residual: Any = None
    ) -> ColumnCase | None:
        """Return the case that pictures are; None if none that was noted says the same, or they are not so plain.

        Parameters
        ----------
        pictures
            Of the case.
        known
            Its categories.
        listed
            Its class list; that of cases which are alike is one object.
        residual
            What a carrier holds of it, if there is one.
        """
        self._asked = None
        if listed is not self._listed or len(self._known) > _MOST:
            self._known, self._listed = {}, listed
        with suppress(AnnoconvError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            return self._like(pictures[0], known, residual) if len(pictures) == 1 else None
        return None

    def note(self, case: LoadedCase) -> None:
        """Keep the case that the pictures are for which there was none, if it is boxes as columns."""
        boxes = as_boxes(case)
        if self._asked is not None and boxes is not None:
            self._known[self._asked] = boxes

    def _like(self, picture: Picture, known: Categories, residual: Any) -> ColumnCase | None:
        columns = held(picture)
        if columns is None or not columns.is_plain or columns.more or picture.is_frame:
            return None
        if picture_name(picture, DEFAULT_NAMES, use_keys=self._use_keys) is not None:
            return None
        uid, name = flat_uid(picture.record)
        key = picture.key if self._use_keys else {}
        uid = key.get("uid", uid)
        if type(uid) is not str:
            return None
        image = named_image(picture.record["file_name"] if picture.is_renamed else name, uid, picture.address)
        boxes = plain_boxes(picture, uid, known, use_keys=self._use_keys)
        if boxes is None or "extensions" in image:
            return None
        record = {name: value for name, value in picture.record.items() if name not in _NAMES}
        about: list[Any] = [record, {**key, "uid": ""}, sorted(image), [*boxes.definitions.values()]]
        said = [] if residual is None else said_beside(residual, boxes.columns.ids)
        if said is None:
            return None
        asked, kept = strict_json.dumps(about + said), list[Any]()
        if said and asked not in self._known:  # as all that has something of its own
            told = apart(said)
            if told is None:
                return None
            asked, kept = strict_json.dumps(about + told.alike), told.kept
        self._asked = asked
        like = self._known.get(asked)
        if like is None:
            return None
        extensions = with_kept(like.extensions or {}, kept) if kept else like.extensions
        return framed_case(like.frame, {**like.image, "uid": uid, **image}, boxes.columns, extensions)
