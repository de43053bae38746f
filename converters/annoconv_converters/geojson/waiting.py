"""Collections of several pictures that were edited: pictures wait until it is known which case each is of.

Features stand anywhere in a file and say on which picture they are. Whatever is unusual is left to those who read the
file as a whole, and tell what is wrong with it. Continuous pixels, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.json_arrays import NotObjectsError, Scanner
from annoconv.errors import InputError, LimitError
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.carrier import told_pictures
from annoconv_converters._pictures.records import Picture
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._pictures.skeletons import NamedPoints
from annoconv_converters._pictures.stored import StoredPictures, ToldSizes
from annoconv_converters._pictures.together import TokenPlaces
from annoconv_converters.geojson.features import FeatureFile
from annoconv_converters.geojson.read import LISTS, TASK, beside_of, loads, losses_of, picture_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.files.side_files import Side
    from annoconv.limits import Limits
    from annoconv.model import Label
    from annoconv_converters._pictures.stored import Told

__all__ = ["Waiting"]

Record: TypeAlias = "dict[str, Any]"

_PICTURES, _FEATURES = LISTS
_SIDES: Final = ("width", "height")


class _UnusualError(ValueError):
    """The file has to be read as a whole."""


class Waiting:
    """A collection whose pictures wait, each of them named, by itself and by its features."""

    def __init__(self, path: Path, limits: Limits, side: Side) -> None:
        self._path, self._limits, self._side = path, limits, side
        self._file = FeatureFile(path, SeenNames())
        self._points = NamedPoints()
        self._stored = StoredPictures(self._asked)
        self._stubs: list[Picture] = [Picture({}), Picture({"width": 0})]
        """A picture without a width, and one with it, for features that come."""
        self._is_sized = bytearray()
        self._names: TokenPlaces | None = None
        self._sizes: ToldSizes | None = None
        self._said: dict[str, tuple[Steps, Record]] = {}

    @collector_paused()
    def batch(self, label_system: Sequence[Label]) -> Batch | None:
        """Return what the file holds; None if it is another one."""
        try:
            return self._read(label_system)
        except (_UnusualError, NotObjectsError, InputError, LimitError):
            return None

    def _read(self, label_system: Sequence[Label]) -> Batch:
        path, limits = self._path, self._limits
        strict_json.check_document(path.stat().st_size, path, limits)
        scanner = Scanner(path, replace(limits, line_bytes=limits.document_bytes), LISTS)
        count = 0
        with path.open("rb") as file:
            for span in scanner.spans(file):
                found = loads(span.text, path, limits)
                if span.section == _PICTURES:
                    self._add_pictures(found)
                elif span.section == _FEATURES:
                    names = self._settled()
                    for place, feature in enumerate(found, count):
                        self._add_feature(feature, (_FEATURES, place), names)
                    count += len(found)
        document = loads(bytes(scanner.skeleton), path, limits)
        is_collection = isinstance(document, dict) and document.get("type") == "FeatureCollection"
        if not is_collection or any(document.get(name) != [] for name in LISTS):
            raise _UnusualError
        self._settled()
        self._file.points = self._points.names
        losses = losses_of(self._file, self._said, beside_of(document), label_system)
        return Batch([], self._file.categories, path, self._side, losses, stored=self._stored)

    def _add_pictures(self, members: list[Any]) -> None:
        for member in members:
            name = member.get("file_name") if isinstance(member, dict) else None
            if not isinstance(name, str) or self._names is not None:  # or features stand before it
                raise _UnusualError
            size = {key: member[key] for key in _SIDES if key in member}
            picture = Picture({**self._known(name, size), "file_name": name, **size}, is_unsized=True)
            self._is_sized.append("width" in picture.record)
            self._stored.add(picture, ((_PICTURES, len(self._stored)), member))

    def _known(self, name: str, size: Record) -> Record:
        """Return the size that the side file knows of a picture that does not say it."""
        if len(size) == len(_SIDES):
            return {}
        if self._sizes is None:
            self._sizes = ToldSizes(told_pictures(self._side, TASK, self._limits))
        if not self._sizes.is_all:
            raise _UnusualError
        rows, columns = self._sizes.get(name) or (None, None)
        return {} if rows is None else {"width": columns, "height": rows}

    def _settled(self) -> TokenPlaces:
        """Return the names of the pictures, of which none is added any more."""
        if self._names is None:
            self._names = TokenPlaces(self._stored.names)
            if len(self._stored) < 2 or not self._names.are_apart:
                raise _UnusualError
        return self._names

    def _add_feature(self, feature: Any, place: Steps, names: TokenPlaces) -> None:
        name = picture_of(feature) if isinstance(feature, dict) and feature.get("type") == "Feature" else None
        number = -1 if name is None else names.of(name)
        if number < 0:
            raise _UnusualError
        del feature["properties"]["picture"]
        picture = self._stubs[self._is_sized[number]]
        picture.record["file_name"] = name
        picture.shapes = [*self._file.shapes(feature, place, picture)]
        self._points.meet([picture])
        self._stored.add_to(number, picture.shapes, *self._file.told.pop(str(name)))

    def _asked(self, found: Told) -> None:
        self._file.told.clear()
        self._said.clear()
        for picture, (said, *features) in found:
            name = picture.record["file_name"]
            picture.record["id"] = said[0][1] + 1
            self._said[name] = said
            self._file.told[name] = features
        self._points.complete(picture for picture, _ in found)
