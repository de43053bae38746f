"""The side file of a COCO file: what our key says of images and annotations, for files that were edited since.

It is read where the file is not byte for byte the one that was written with it. Images are found in it by file name,
annotations by what they say, because tools number both anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.residuals import pointer
from annoconv.files.atomic import note_inputs
from annoconv.files.disk import is_file
from annoconv.files.manifest import sealed_main
from annoconv.loss import Loss, LossKind
from annoconv_converters._pictures.carrier import SIDE_NAME, SIDE_SUFFIX, damaged, not_used, read_side
from annoconv_converters._pictures.edited import NOT_WRITTEN, classes_said
from annoconv_converters._pictures.file_losses import FileRecord, file_losses
from annoconv_converters._pictures.fitting import GONE, lost
from annoconv_converters._pictures.records import KEY, Picture, are_keys
from annoconv_converters._pictures.said import digest_of
from annoconv_converters.coco.foreign import TASK
from annoconv_converters.coco.records import key_of
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path as Steps
    from annoconv.files.side_files import Side, SideFiles
    from annoconv.limits import Limits
    from annoconv_converters._pictures.carrier import SideFile

__all__ = ["CATEGORIES", "INFO", "SEGMENTS", "CocoSide", "read_coco_side"]

Record: TypeAlias = "dict[str, Any]"

SEGMENTS: Final = "segments"
"""Section of the segments of panoptic maps."""
CATEGORIES: Final = "categories"
"""Section of the categories as they were written."""
INFO: Final = "info"
"""Member of the head of a side file: that of the file, as it was written."""
_TOLD: Final = ("id", "file_name", "width", "height", "date_captured")
_HEAD: Final = 4096
_CATEGORY: Final = ("id", "name", "supercategory", "keypoints", "skeleton")
"""Members of the categories that we write."""
_REASONS: Final[Reasons] = {
    "#": "no record has the category, and a case has those only that are seen in it",
    "*": "a case has no place for {name}",
}
_NUMBERED: Final = "slices are named after their image and numbered"


@dataclass
class CocoSide:
    """What the side file says, as far as it is needed.

    Attributes
    ----------
    is_edited
        Whether the file is another one than was written; also where there is no side file to tell.
    images
        Entries of the images.
    keys
        Keys of the records on an image, by its id: with `number`, the id of the record.
    unused
        A side file that belongs to another file.
    side
        Where it stands, or which others were not read.
    classes
        Ids of the categories that records of the file have, as far as it has been read.
    categories
        Records of the categories that were written, by name.
    info
        That of the file as it was written; empty if that is not known.
    not_written
        Places of images of which the key is another one than was written.
    renamed
        Places of the names of slices that are not those that were written.
    """

    is_edited: bool = True
    images: list[Record] = field(default_factory=list)
    keys: dict[str, list[Record]] = field(default_factory=dict)
    unused: SideFile | None = None
    side: Side | None = None
    classes: set[str] = field(default_factory=set)
    categories: dict[str, Record] = field(default_factory=dict)
    info: Record = field(default_factory=dict)
    not_written: list[Steps] = field(default_factory=list)
    renamed: list[Steps] = field(default_factory=list)
    _named: dict[tuple[str, str | None], Record | None] = field(default_factory=dict)
    _cases: set[str] = field(default_factory=set)
    """Those that the file shows something of."""
    _keyed: dict[str, Record] = field(default_factory=dict)
    """Entries of images by what their key says."""
    _shown: dict[int, str] = field(default_factory=dict)
    """Id of the image of the file that an entry was last found for."""

    def add(self, entry: Record) -> None:
        """Add an entry; an image can be found by its name if that is its alone, else only together with its id."""
        if entry["section"] == CATEGORIES:
            self.categories[str(entry["record"].get("name"))] = entry["record"]
        elif entry["section"] == IMAGES:
            self.images.append(entry)
            name = str(entry.get("file_name"))
            self._named[name, str(entry["id"])] = entry
            self._named[name, None] = None if (name, None) in self._named else entry
            self._keyed[digest_of(entry[KEY])] = entry
        else:
            number = str(entry["id"]).removeprefix(f"{entry['image']}/")
            self.keys.setdefault(str(entry["image"]), []).append({**entry[KEY], "number": number})

    def image_of(self, record: Record, key: Record) -> Record:
        """Return the entry of an image; empty if there is none.

        One under another name is that which its key says, unless another image of the file is.
        """
        name, number = str(record.get("file_name")), str(record.get("id"))
        found = self._named.get((name, number)) or self._named.get((name, None))
        if not found and key:
            found = self._keyed.get(digest_of(key))
            found = found if found and self._shown.get(id(found), number) == number else None
        if not found:
            return {}
        self._shown[id(found)] = number
        self._cases.add(str(found[KEY].get("case")))
        return found

    def key_of(self, record: Record, place: Steps = ()) -> Record:
        """Return the key of an image: that of its entry, else its own; note its place if the two are not the same."""
        key = key_of(record)
        entry = self.image_of(record, key)
        told: Record = entry.get(KEY, {})
        if place and "index" in told and record.get("file_name") not in (None, entry.get("file_name")):
            self.renamed.append((*place, "file_name"))
        if place and key and told and digest_of(key) != digest_of(told):
            self.not_written.append((*place, KEY))
        return told or key

    def is_renamed(self, picture: Picture) -> bool:
        """Tell whether a picture that was written has another name since."""
        name, entry = picture.record.get("file_name"), self.image_of(picture.record, picture.key)
        return isinstance(name, str) and name != "" and bool(entry) and name != entry.get("file_name")

    def with_name(self, picture: Picture) -> Record:
        """Return the record of a picture, with the name that was written where it has none any more."""
        record, name = picture.record, self.image_of(picture.record, picture.key).get("file_name")
        return {**record, "file_name": name} if name and not record.get("file_name") else record

    def keys_of(self, picture: Picture) -> list[Record]:
        """Return the keys of the records that were written of a picture."""
        return self.keys.get(str(self.image_of(picture.record, picture.key).get("id")), [])

    def residual(self, case: Any) -> Any:
        """Return what the first image of a case holds of it; None if the side file does not know it."""
        keys = (entry[KEY] for entry in self.images if str(case) in self._cases)
        return next((key["residual"] for key in keys if key.get("case") == case and "residual" in key), None)

    def in_order(self, pictures: list[Picture], case: Any) -> None:
        """Put the pictures of a case in the order in which they were written, whatever that of the file is."""
        ranks = {id(entry): rank for rank, entry in enumerate(self.images)}
        uids = [each.key.get("uid") for each in pictures if each.key.get("residual") is not None]
        first = [key.get("uid") for key in (entry[KEY] for entry in self.images) if key.get("case") == case] or uids

        def rank(picture: Picture) -> tuple[bool, int]:
            return picture.key.get("uid") not in first[:1], ranks.get(
                id(self.image_of(picture.record, picture.key)), len(ranks)
            )

        pictures.sort(key=rank)

    def without(self, case: Any, pictures: Sequence[Picture]) -> list[Picture]:
        """Return the pictures of a case that its file does not show any more."""
        shown = {id(entry) for picture in pictures if (entry := self.image_of(picture.record, picture.key))}
        return [
            Picture({name: entry[name] for name in _TOLD if name in entry}, key=entry[KEY], is_unsized=True)
            for entry in self.images
            if shown and entry[KEY].get("case") == case and id(entry) not in shown
        ]

    def lost_categories(self, listed: Sequence[Any], case_index: int) -> Iterator[Loss]:
        """Yield what the categories of an edited file say that no case holds: those of no record, unknown members."""
        told: list[Record] = [each if isinstance(each, dict) else {} for each in listed]
        written = [key for keys in self.keys.values() for key in keys]
        ours = classes_said(written, [str(each.get("name")) for each in told])
        is_seen = [str(each.get("id")) in self.classes or str(each.get("name")) in ours for each in told]
        pairs = [(each, each if seen else None) for each, seen in zip(told, is_seen, strict=True) if self.is_edited]
        records = [
            FileRecord((CATEGORIES, place), each, again and self._written(again))
            for place, (each, again) in enumerate(pairs)
        ]
        yield from file_losses(records, _REASONS, case_index)

    def _written(self, record: Record) -> Record:
        """Return a category as it was written, whatever its number is now; of a new one what counts of it."""
        before = self.categories.get(str(record.get("name")))
        if before is None:
            return {name: record[name] for name in _CATEGORY if name in record}
        return {**before, "id": record.get("id")}

    def maps_of(self, path: Path) -> Path:
        """Return the folder of the maps of a file: that of its side file's name, where the file alone was renamed."""
        place = None if self.side is None else self.side.path
        beside = path.with_suffix("") if place is None else place.with_name(place.name.removesuffix(SIDE_SUFFIX))
        return beside if beside.is_dir() else path.with_suffix("")

    def lost(self, case_index: int) -> Iterator[Loss]:
        """Yield a loss for each case that the file shows nothing of, and for a side file of another file."""
        if self.unused is not None:
            yield not_used(self.unused, case_index)
        told = dict.fromkeys(str(entry[KEY].get("case")) for entry in self.images)
        yield from lost({("cases", case): GONE for case in told if case not in self._cases}, case_index)

    def lost_keys(self, case_index: int) -> Iterator[Loss]:
        """Yield a loss for each image of those read since that holds another key, or slice's name, than was written."""
        for place in self.renamed:
            yield Loss(case_index, pointer(place), LossKind.APPROXIMATED, _NUMBERED)
        self.renamed.clear()
        for place in self.not_written:
            yield Loss(case_index, pointer(place), LossKind.NO_PLACE, NOT_WRITTEN)
        self.not_written.clear()


def read_coco_side(path: Path, limits: Limits, sides: SideFiles) -> CocoSide:
    """Return what the side file of a COCO file says; of an unedited file only where its records do not say it.

    Raises
    ------
    DocumentError
        If it is damaged or of another version.
    """
    own = path.with_suffix(SIDE_SUFFIX), path.with_name(SIDE_NAME)
    side = sides.of(path, next(filter(is_file, own), own[0]))
    if side.path is None:
        return CocoSide(side=side)
    with path.open("rb") as file:
        is_array = file.read(_HEAD).lstrip()[:1] == b"["  # results, which do not hold their images
    if not is_array and side.is_of(sealed_main(side.path)):
        note_inputs([side.path])
        return CocoSide(is_edited=False, side=side)
    read = read_side(side, list, TASK, limits)
    if read is None or read.other is not None:
        return CocoSide(unused=read, side=side)
    head = 0 if KEY in read.members[0] else 1  # behind the seal
    info = read.members[head].get(INFO)
    found = CocoSide(is_edited=not side.is_of(read.main), side=side, info=info if isinstance(info, dict) else {})
    for entry in read.members[head + 1 :]:
        if not _is_entry(entry):
            raise damaged(None, read.path)
        found.add(entry)
    return found


def _is_entry(entry: Any) -> bool:
    if isinstance(entry, dict) and entry.get("section") == CATEGORIES:
        return isinstance(entry.get("record"), dict)
    is_told = isinstance(entry, dict) and are_keys([entry.get(KEY)]) and "id" in entry
    section = entry.get("section") if is_told else None
    return section == IMAGES or (section in (ANNOTATIONS, SEGMENTS) and "image" in entry)
