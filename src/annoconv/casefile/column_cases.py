"""Cases of boxes, or of outlines, on one flat picture, as most of a data set are: columns, typed when somebody asks.

An outline is a polygon of one ring. What pydantic says of any document holds for these without it: what they say beside
their annotations is checked once for all that say the same, those column by column, and extensions, any JSON, by their
names. Continuous pixels, x = column, y = row, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from sys import maxsize
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from annoconv.casefile.columns import (
    BoxColumns,
    OutlineColumns,
    are_plain,
    boxes_of,
    columns_of,
    outlines_of,
)
from annoconv.casefile.loaded import LoadedCase
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.exact_numbers import may_lose_digits
from annoconv.documents.faults import LARGE
from annoconv.errors import AnnoconvError
from annoconv.limits import Limits
from annoconv.model import Case, Image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from annoconv.model import Label

__all__ = [
    "CaseFrame",
    "ColumnCase",
    "as_boxes",
    "as_columns",
    "box_case_of",
    "column_case",
    "column_case_of_text",
    "frame_of",
    "framed_case",
    "outline_case_of",
]  # fmt: skip

Record: TypeAlias = "dict[str, Any]"

_AXES: Final = 2
_OF_IMAGE: Final = frozenset({"uid", "modality", "shape", "files", "extensions", "acquired_at"})
_MORE: Final = ("related_images", "registrations")
"""Members of a case that is more than its picture."""
_EXAMPLE: Final[Record] = {"uid": "1", "modality": "OT", "shape": [1, 1]}
_OWN: Final[Record] = {"image": _EXAMPLE, "annotations": [], "extensions": {}}
"""What cases have each their own of, and what a frame has in its place."""
_EXAMPLE_OF: Final[Record] = {"uid": "1", "files": [{"path": "a"}]}
_CASE_OF: Final = b'{"task_id": "1", "image": %b, "annotations": [], "metadata": {}}'
_NAME: Final = re.compile(r"[\w.:-]+")
"""Identifiers as most are."""
_PATH: Final = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*")
"""Relative paths as most are."""
_TYPE, _KINDS = b'"type"', (b'"bbox"', b'"polygon"')
"""What stands once, and twice, in the text of each box or outline."""
_USUAL: Final = Limits()
_ANY: Final = Limits(document_bytes=maxsize, keys=maxsize, members=maxsize)
"""Of a case that was checked already."""


@dataclass(frozen=True, eq=False)
class CaseFrame:
    """What cases say alike, beside their images, annotations and extensions.

    Attributes
    ----------
    document
        As JSON values in the order of the model, in which what they have each their own of has its place.
    text
        The same as JSON, by which it is told from others.
    labels
        Of the cases.
    typed
        One of the cases without annotations, unless the frame was elsewhere in between.
    """

    document: Record
    text: bytes
    labels: Sequence[Label] | None
    typed: Case | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return CaseFrame, (self.document, self.text, self.labels)

    @classmethod
    def of(cls, case: Case) -> CaseFrame:
        """Return that of a case."""
        fields = vars(case).items()
        document = {
            name: _OWN[name] if name in _OWN else strict_json.plain(value)
            for name, value in fields
            if value is not None
        }
        return cls(document, strict_json.dumps(document), case.labels, case.model_copy(update={"annotations": []}))


class ColumnCase(LoadedCase):
    """A case of boxes, or of outlines; its typed case is made when it is asked for, and then holds: it may be changed.

    Attributes
    ----------
    frame
        What it says beside its image and its annotations.
    image
        Its image as JSON values.
    columns
        Its boxes, or its outlines.
    extensions
        Its extensions as JSON values, if it has any.
    """

    def __init__(
        self,
        frame: CaseFrame,
        image: Record,
        columns: BoxColumns | OutlineColumns,
        extensions: Record | None,
        path: Path | None = None,
    ) -> None:
        self.frame, self.image, self.columns, self.extensions, self.path = frame, image, columns, extensions, path
        self._masks, self._fields = None, None

    @cached_property
    def case(self) -> Case:  # type: ignore[override]  # it is not set
        """The typed case."""
        return strict_json.as_model(self.as_document(), Case, limits=_ANY)

    @property
    def is_typed(self) -> bool:
        """Whether the typed case was asked for."""
        return "case" in vars(self)

    @property
    def names_others(self) -> bool:
        """Whether it may name files of masks and fields, or other images."""
        return self.is_typed

    @property
    def header(self) -> Case:
        """The typed case, without its annotations if nobody asked for them."""
        typed = self.frame.typed
        if self.is_typed or typed is None:
            return self.case
        return typed.model_copy(update={"image": _typed(self.image), **self._kept})

    @property
    def case_id(self) -> str | None:
        """Id of the case."""
        return super().case_id if self.is_typed else self.frame.document.get("case_id")

    @property
    def image_uid(self) -> str:
        """UID of the primary image."""
        return super().image_uid if self.is_typed else cast("str", self.image["uid"])

    @property
    def annotation_ids(self) -> Sequence[str]:
        """Ids of the annotations, in their order."""
        return super().annotation_ids if self.is_typed else self.columns.ids

    @property
    def label_codes(self) -> Sequence[str]:
        """Label codes of the annotations, in their order."""
        return super().label_codes if self.is_typed else self.columns.codes

    @property
    def categories(self) -> dict[str, str]:
        """The category of the first annotation of each label code."""
        told = self.columns
        return super().categories if self.is_typed else dict(zip(told.codes[::-1], told.categories[::-1], strict=True))

    def as_document(self) -> Record:
        """Return it as JSON values in the order of the model."""
        own: Record = {"image": self.image, "annotations": self.columns.annotations, **self._kept}
        return {**self.frame.document, **own}

    @property
    def _kept(self) -> Record:
        return {} if self.extensions is None else {"extensions": self.extensions}


def column_case(
    document: Any,
    boxes: BoxColumns | OutlineColumns | None = None,
    *,
    limits: Limits | None = None,
    path: Path | None = None,
) -> ColumnCase | None:
    """Return a case that is a flat picture and boxes, or outlines, which say no more than that; None of any other.

    Parameters
    ----------
    document
        The case as JSON values, which need not conform to the model.
    boxes
        Its boxes, or outlines, where the document has no annotations and its extensions are as a parser makes them.
    limits
        Bounds on it; where they are unusual, it is none.
    path
        Its file, if it came from one.
    """
    return _column_case(document, boxes, limits, path, _of_values if boxes is None else _of_text)


def _column_case(
    document: Any,
    boxes: BoxColumns | OutlineColumns | None,
    limits: Limits | None,
    path: Path | None,
    read: Callable[[Any], Record | None],
) -> ColumnCase | None:
    """Return the same, given what makes the extensions of a case of what a document has for them."""
    if type(document) is not dict or document.keys() & _MORE or limits not in {None, _USUAL}:
        return None
    image, annotations = document.get("image"), document.get("annotations")
    if type(image) is not dict or not image.keys() <= _OF_IMAGE or type(annotations) is not list:
        return None
    boxes = boxes or columns_of(annotations)
    if boxes is None or not are_plain(boxes):
        return None
    frame = frame_of(document)
    try:
        shown = None if frame is None else _image(image)
        extensions = read(document["extensions"]) if "extensions" in document else None
    except AnnoconvError:
        return None  # whoever checks the whole document tells it
    is_whole = "extensions" not in document or extensions is not None
    return ColumnCase(frame, shown, boxes, extensions, path) if frame and shown and is_whole else None


def frame_of(document: Record) -> CaseFrame | None:
    """Return what a document, as JSON values, says beside its own; None if that does not conform to the model."""
    with suppress(AnnoconvError):
        return _frame(strict_json.dumps(document | {name: _OWN[name] for name in _OWN if name in document}))
    return None


def framed_case(
    frame: CaseFrame, image: Record, columns: BoxColumns | OutlineColumns, extensions: Record | None
) -> ColumnCase | None:
    """Return a case as `column_case` does, given what it says beside its own; None if that does not conform.

    Extensions, if the document of the frame has any, are as a parser makes them.
    """
    with suppress(AnnoconvError):
        shown = _image(image) if image.keys() <= _OF_IMAGE and are_plain(columns) else None
        is_whole = extensions is None or _of_text(extensions) is not None
        return ColumnCase(frame, shown, columns, extensions) if shown and is_whole else None
    return None


def column_case_of_text(data: bytes, limits: Limits | None, file: Path) -> ColumnCase | None:
    """Return the case of a document in a file as `column_case` does; None too if it is no strict JSON."""
    if len(data) > LARGE or data.count(_TYPE) * 2 not in map(data.count, _KINDS) or may_lose_digits(data):
        return None
    with collector_paused(), suppress(AnnoconvError):
        return _column_case(strict_json.loads(data, limits=limits), None, limits, file, _of_text)
    return None


def as_boxes(loaded: LoadedCase) -> ColumnCase | None:
    """Return a case that is held as boxes, and of which nobody has the typed case; None of any other."""
    known = as_columns(loaded)
    return known if known is not None and isinstance(known.columns, BoxColumns) else None


def as_columns(loaded: LoadedCase) -> ColumnCase | None:
    """Return the same of a case that is held as boxes or as outlines."""
    return loaded if isinstance(loaded, ColumnCase) and not loaded.is_typed else None


def box_case_of(loaded: LoadedCase) -> ColumnCase | None:
    """Return a case of boxes that was checked as `column_case` does."""
    if (known := as_columns(loaded)) is not None:
        return as_boxes(known)
    return _case_of(loaded, boxes_of(loaded.case.annotations))


def outline_case_of(loaded: LoadedCase) -> ColumnCase | None:
    """Return a case of outlines, one at least, that was checked as `column_case` does."""
    if (known := as_columns(loaded)) is not None:
        return known if isinstance(known.columns, OutlineColumns) else None
    return _case_of(loaded, outlines_of(loaded.case.annotations))


def _case_of(loaded: LoadedCase, told: BoxColumns | OutlineColumns | None) -> ColumnCase | None:
    case = loaded.case
    if told is None or not _is_flat(case.image) or case.related_images or case.registrations:
        return None
    return ColumnCase(
        CaseFrame.of(case), strict_json.plain(case.image), told, strict_json.plain(case.extensions), loaded.path
    )


@lru_cache(maxsize=16)
def _frame(text: bytes) -> CaseFrame | None:
    """Return what a document says in which examples are its own; None if a number may lose digits."""
    return None if may_lose_digits(text) else CaseFrame.of(strict_json.parse(text, Case))


def _of_values(extensions: Any) -> Record | None:
    """Return extensions that a reader has made as JSON values; None if a number may lose digits, or they are large."""
    text = strict_json.dumps({"extensions": extensions})
    if len(text) > LARGE or may_lose_digits(text):
        return None
    return _of_text(strict_json.loads(text)["extensions"])


def _of_text(extensions: Any) -> Record | None:
    """Return extensions that a parser has made of a text of usual size; None if they are none, or of unusual names."""
    is_usual = type(extensions) is dict and all(name and name.isprintable() for name in extensions)
    return extensions if is_usual else None


def _image(image: Record) -> Record | None:
    """Return an image as the model has it; None if it is no flat picture, or one with an unusual UID or path."""
    own = {name: image[name] for name in _EXAMPLE_OF if image.get(name) is not None}
    uid, files = own.get("uid"), own.get("files")
    if type(uid) is not str or _NAME.fullmatch(uid) is None or not (files is None or _is_file(files)):
        return None
    known = _known_image(strict_json.dumps({**image, **{name: _EXAMPLE_OF[name] for name in own}}))
    return known and {**known, **own}


def _is_file(files: Any) -> bool:
    """Tell whether they are one that says its path alone."""
    one = files[0] if type(files) is list and len(files) == 1 else None
    path = one.get("path") if type(one) is dict and len(one) == 1 else None
    return type(path) is str and _PATH.fullmatch(path) is not None


def _typed(image: Record) -> Image:
    """Return an image of a case, typed: those that are alike but for what each has of its own are checked once."""
    own = {name: image[name] for name in _EXAMPLE_OF if image.get(name) is not None}
    like = _typed_like(strict_json.dumps({**image, **{name: _EXAMPLE_OF[name] for name in own}}))
    for file, told in zip(like.files or (), own.get("files", ()), strict=True):
        own["files"] = [file.model_copy(update=told)]
    return like.model_copy(update=own)


@lru_cache(maxsize=256)
def _typed_like(text: bytes) -> Image:
    return strict_json.parse(text, Image, limits=_ANY)


@lru_cache(maxsize=256)
def _known_image(text: bytes) -> Record | None:
    image = strict_json.parse(_CASE_OF % text, Case).image
    return None if may_lose_digits(text) or not _is_flat(image) else cast("Record", strict_json.plain(image))


def _is_flat(image: Image) -> bool:
    return image.shape is not None and len(image.shape) == _AXES and image.model_fields_set <= _OF_IMAGE
