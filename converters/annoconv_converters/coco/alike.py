"""Pictures of other software of which all records are boxes, or all outlines: what many say alike is understood once.

`foreign` understands any picture, and says the same of these. What their classes mean, and the case that they have, is
understood for each set of classes; a picture says beside these its name, its size, and its records.
Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.column_cases import frame_of, framed_case
from annoconv.limits import Limits
from annoconv.model import SCHEMA_VERSION
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.meaning import labels_of
from annoconv_converters._pictures.records import picture_name
from annoconv_converters.coco.boxes import PlainColumns
from annoconv_converters.coco.foreign import TASK, is_exact, left_of_image, used_categories
from annoconv_converters.coco.plain_pictures import drawn_image, plain_image
from annoconv_converters.coco.plain_records import meanings_of, records_of_columns

if TYPE_CHECKING:
    import re

    from annoconv.casefile.column_cases import CaseFrame, ColumnCase
    from annoconv.registry import Context
    from annoconv_converters._pictures.categories import Categories, Meaning
    from annoconv_converters._pictures.file_losses import FileRecord
    from annoconv_converters._pictures.records import Picture

__all__ = ["AlikeCase", "AlikePictures"]

Record: TypeAlias = "dict[str, Any]"

_MOST: Final = 1_024
"""Sets of classes of which is known what they mean."""


class AlikeCase(NamedTuple):
    """The case that a picture is, and what does not come back of its record."""

    loaded: ColumnCase
    records: list[FileRecord]


class _Classes(NamedTuple):
    """What a set of classes means: each of them, what cases of these say alike, and what is kept of the classes."""

    meanings: dict[int, Meaning]
    frame: CaseFrame
    kept: Record


class AlikePictures:
    """Understands such pictures of a file.

    Parameters
    ----------
    categories
        Of the file.
    context
        Task of the cases, limits.
    names
        Pattern of the file names of slices.
    source
        The file, for messages.
    """

    def __init__(self, categories: Categories, context: Context, names: re.Pattern[str], source: object) -> None:
        self._categories, self._names, self._source = categories, names, source
        self._task, self._is_usual = context.task or TASK, context.limits == Limits()
        self._known: dict[frozenset[int], _Classes | None] = {}

    def case_of(self, picture: Picture) -> AlikeCase | None:
        """Return the case of a picture that is not the first of its file, and breaks no rule; None of any other."""
        columns = held(picture)
        if not isinstance(columns, PlainColumns) or picture.key or not self._is_usual:
            return None
        if picture_name(picture, self._names, use_keys=False) is not None:
            return None
        image, known = plain_image(picture, source=self._source), self._classes(picture, columns)
        if image is None or known is None:
            return None
        width, height = image["shape"]
        found = records_of_columns(columns, image["uid"], (height, width), known.meanings)
        if found is None or found.columns is None or not found.is_right:
            return None
        more, records = left_of_image(picture, drawn_image(picture.record))
        own = {"image": more} | found.kept
        if not is_exact(own):
            return None
        loaded = framed_case(known.frame, image, found.columns, {EXTENSION: known.kept | own})
        return None if loaded is None else AlikeCase(loaded, records)

    def _classes(self, picture: Picture, columns: PlainColumns) -> _Classes | None:
        """Return what the classes of a picture mean; None if two of them are one label, or one is none of the file."""
        used = frozenset(columns.classes)
        if used not in self._known:
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[used] = self._understood(picture, columns)
        return self._known[used]

    def _understood(self, picture: Picture, columns: PlainColumns) -> _Classes | None:
        meanings = meanings_of(columns.classes, self._categories)
        if meanings is None:
            return None
        definitions = {each.code: each.definition for each in meanings.values() if each.definition}
        labels = labels_of(definitions, self._categories.list_of_case([picture], is_first=False))
        head = {"schema_version": SCHEMA_VERSION, "task_id": self._task}
        frame = frame_of({**head, "image": {}, **labels, "annotations": [], "metadata": {}, "extensions": {}})
        kept: Record = {"categories": used_categories(columns.classes, self._categories)}
        return _Classes(meanings, frame, kept) if frame is not None and is_exact(kept) else None
