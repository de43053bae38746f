"""What a data set of YOLO says of itself: its classes, its keypoints, and where its pictures are.

Ultralytics says it in `data.yaml`, Darknet in `obj.data`; others have `classes.txt` only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE, NOTHING, at_most_bytes, in_bytes
from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.files.names import Within
from annoconv.messages import listed
from annoconv_converters._pictures.archives import unpacking
from annoconv_converters._pictures.categories import number_stated, unnamed
from annoconv_converters.yolo import strict_yaml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_CLASSES", "Description", "by_number", "folder_of", "text_of"]

Record: TypeAlias = "dict[str, Any]"

_DESCRIPTIONS: Final = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_CLASS_LISTS: Final = ("obj.names", "classes.txt")
_EXPECTED: Final = "data.yaml, obj.names or classes.txt"
_NOTES: Final = "notes.json"
"""Of Label Studio: the classes with the numbers that lines have, where its configuration gave them any."""
_SPLITS: Final = ("train", "val", "valid", "test")
MOST_CLASSES: Final = 1 << 20
_DESCRIPTION_BYTES: Final = 1 << 20


def folder_of(path: Path) -> Path:
    """Return the folder of a data set that is named by it, or by the file that describes it; InputError for others."""
    if not path.is_file():
        return path
    if path.name not in {*_DESCRIPTIONS, *_CLASS_LISTS, "obj.data"}:
        raise InputError(
            "this describes no YOLO data set",
            source=path,
            found=path.name,
            expected=_EXPECTED,
            advice=unpacking([path]) or "Name the folder of the data set",
        )
    return path.parent


class Description:
    """What the folder says of itself: classes, keypoints, and where its pictures are.

    Parameters
    ----------
    folder
        The folder.
    text
        That of its `data.yaml`, where that need not be read.

    Attributes
    ----------
    names
        Of the classes.
    keypoints
        Count and dimensions, for pose.
    keypoint_names
        By class, where they are told.
    is_obb
        Whether its task is turned boxes.
    flip_pairs
        Places of the keypoints that change places when a picture is mirrored.
    listed
        Lists and folders of pictures, where they may be.
    stated
        Of each split that a description names, the places of one list or folder, of which one must be there.
    said
        What each of its files says, classes under `names` by number.
    is_renumbered
        Whether Label Studio numbers the classes otherwise than their list has them in order.
    """

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.names: dict[int, str] = {}
        self.keypoints: tuple[int, int] | None = None
        self.keypoint_names: dict[int, list[str]] = {}
        self.flip_pairs: list[list[int]] = []
        self.is_obb = False
        self.listed: list[str] = []
        self.stated: list[tuple[str, tuple[str, ...]]] = []
        self.said: dict[str, Record] = {}
        self.is_renumbered = False
        if text is not None:
            self._from_yaml(strict_yaml.loads(text, folder / _DESCRIPTIONS[0]), folder / _DESCRIPTIONS[0])
            return
        within = Within(folder)
        described = next((within(folder / name) for name in _DESCRIPTIONS if (folder / name).is_file()), None)
        if described is not None:
            self._from_yaml(strict_yaml.loads(text_of(described, strict_yaml.MOST_BYTES), described), described)
            return
        named = next((within(folder / name) for name in _CLASS_LISTS if (folder / name).is_file()), None)
        if named is None:
            raise InputError(
                "this is no YOLO data set",
                source=folder,
                found=listed(sorted(each.name for each in folder.iterdir())[:3]) or NOTHING,
                expected=_EXPECTED,
                advice="Name the folder in which data.yaml or the class list is",
            )
        lines = text_of(named, _DESCRIPTION_BYTES).splitlines()
        self.names = {place: line for place, line in enumerate(lines) if line.strip()}
        if numbered := _noted(named.with_name(_NOTES), within, sorted(self.names.values())):
            self.is_renumbered, self.names = numbered != self.names, numbered
        self.listed = [f"{name}.txt" for name in _SPLITS]
        self.said[named.name] = {"names": by_number(self.names)}
        if (folder / "obj.data").is_file():
            lines = text_of(within(folder / "obj.data"), _DESCRIPTION_BYTES).splitlines()
            pairs = (line.partition("=") for line in lines)
            told = [(key.strip(), value.strip()) for key, _, value in pairs if key.strip()]
            self.stated = [(key, (value,)) for key, value in told if key in _SPLITS and value]
            self.listed = [value for _, (value,) in self.stated] + self.listed
            self.said["obj.data"] = dict(told)

    def _from_yaml(self, yaml: Record, path: Path) -> None:
        names = yaml.get("names")
        if not names and names != []:
            names = self._unnamed(yaml.get("nc"), path)
        numbered = _numbered(names, path, "names")
        if not all(isinstance(name, str) and name for name in numbered.values()):
            raise InputError(
                "a class has no name",
                source=path,
                where="names",
                found=next(
                    each if isinstance(each, str) else json_type(each)
                    for each in numbered.values()
                    if not isinstance(each, str) or not each
                ),
                expected="a text for each",
                advice=CORRECT_FILE,
            )
        self.names = numbered
        self.said[path.name] = {**yaml, "names": by_number(numbered)}
        self.is_obb = yaml.get("task") == "obb"
        shape = yaml.get("kpt_shape")
        if shape is not None:
            told = [_whole(each) for each in shape] if isinstance(shape, list) else []
            if len(told) != 2 or not 0 < told[0] < 10_000 or told[1] not in {2, 3}:
                raise InputError(
                    "the shape of keypoints is none",
                    source=path,
                    where="kpt_shape",
                    found=str(shape)[:80],
                    expected="[n, 3]",
                    advice=CORRECT_FILE,
                )
            self.keypoints = told[0], told[1]
            for number, listed in _numbered(yaml.get("kpt_names") or {}, path, "kpt_names").items():
                if isinstance(listed, list) and len(listed) <= self.keypoints[0]:
                    self.keypoint_names[number] = [str(name) for name in listed]
            self.flip_pairs = _flip_pairs(yaml.get("flip_idx"), self.keypoints[0], path)
        root = yaml.get("path")
        for split in _SPLITS:
            value = yaml.get(split)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each:
                    above = [f"{root}/{each}"] if isinstance(root, str) and root.strip("./") else []
                    self.stated.append((split, (*above, each)))
        self.listed = [place for _, places in self.stated for place in places] or [f"{name}.txt" for name in _SPLITS]

    def _unnamed(self, stated: Any, path: Path) -> list[str]:
        """Return the names of classes of which `data.yaml` tells the count only: of a class list beside it, else none.

        Raises
        ------
        InputError
            If the list has another count, or nothing tells how many there are.
        """
        count = _whole(stated)
        if not 0 < count <= MOST_CLASSES:
            raise InputError(
                "data.yaml names no classes",
                source=path,
                found=str(stated)[:80],
                expected="names, or nc from 1",
                advice=CORRECT_FILE,
            )
        beside = next((path.parent / name for name in _CLASS_LISTS if (path.parent / name).is_file()), None)
        if beside is None:
            return [unnamed(number) for number in range(count)]
        lines = text_of(Within(path.parent)(beside), _DESCRIPTION_BYTES).splitlines()
        listed = [line for line in lines if line.strip()]
        if len(listed) != count:
            raise InputError(
                "the class list has another count",
                source=beside,
                found=len(listed),
                expected=count,
                advice="Correct nc in data.yaml, or the class list",
            )
        return listed

    @property
    def categories(self) -> list[Record]:
        """Return the classes as category records, by number."""
        records: list[Record] = [{"id": place, "name": name} for place, name in self.names.items()]
        if self.keypoints:
            numbered = [str(place + 1) for place in range(self.keypoints[0])]
            for each in records:
                each["keypoints"] = named = self.keypoint_names.get(each["id"], numbered)
                if self.flip_pairs:
                    each["flip_pairs"] = [pair for pair in self.flip_pairs if max(pair) < len(named)]
        return records


def _noted(path: Path, within: Within, names: list[str]) -> dict[int, str]:
    """Return the classes of such names by the numbers that Label Studio gave them; nothing if it tells of none."""
    if not path.is_file():
        return {}
    told = strict_json.loads(text_of(within(path), _DESCRIPTION_BYTES).encode(), source=path)
    categories = told.get("categories") if isinstance(told, dict) else None
    members = [each for each in categories if isinstance(each, dict)] if isinstance(categories, list) else []
    pairs = [(number_stated(each.get("id")), str(each.get("name"))) for each in members]
    numbered = {number: name for number, name in sorted(pairs, key=str) if number is not None}
    is_whole = len(numbered) == len(pairs) and sorted(numbered.values()) == names
    return dict(sorted(numbered.items())) if is_whole else {}


def _flip_pairs(order: Any, count: int, path: Path) -> list[list[int]]:
    """Return the pairs of places that change; InputError if the order is none of so many."""
    if order is None:
        return []
    places: list[Any] = order if isinstance(order, list) else []
    told = [_whole(each) for each in places]
    if sorted(told) != list(range(count)) or any(told[told[a]] != a for a in told):
        raise InputError(
            "the order of mirrored keypoints is none",
            source=path,
            where="flip_idx",
            found=order,
            expected="each place once, and the mirror of a mirror its own",
            advice=CORRECT_FILE,
        )
    return [[place, other] for place, other in enumerate(told) if place < other]


def _whole(stated: Any) -> int:
    """Return a text as a whole number of the size of counts; -1 if it is none."""
    return int(stated) if isinstance(stated, str) and stated.isdecimal() and len(stated) < 9 else -1


def by_number(names: dict[int, str]) -> Record:
    """Return names as a member of a tree, by their numbers in order."""
    return {str(number): name for number, name in names.items()}


def _numbered(value: Any, path: Path, where: str) -> dict[int, Any]:
    """Return a list or a mapping of numbers by number."""
    if isinstance(value, list):
        return dict(enumerate(value))
    if isinstance(value, dict) and all(key.isdecimal() and len(key) < 8 for key in value):
        numbered = {int(key): each for key, each in value.items()}
        if len(numbered) == len(value):  # 1 and 01 are one
            return numbered
    raise InputError(
        "the names cannot be understood",
        source=path,
        where=where,
        found=json_type(value),
        expected="a list, or names by number",
        advice=CORRECT_FILE,
    )


def text_of(path: Path | str, most: int) -> str:
    """Return the text of a file of UTF-8 that is no longer than `most` bytes; its lines end in line feeds.

    Raises
    ------
    LimitError, InputError
        If it is longer, cannot be read, or is no text.
    """
    try:
        with open(path, "rb", 0) as file:  # noqa: PTH123  a path object for each of many files is dear
            size = os.fstat(file.fileno()).st_size
            text = "" if size > most else file.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the file cannot be read as text",
            source=path,
            found=f"0x{error.object[error.start]:02X}"
            if isinstance(error, UnicodeDecodeError)
            else str(error.strerror),
            expected="UTF-8",
            advice="Save it as UTF-8",
        ) from error
    if size > most:
        raise LimitError(
            "the file is too large",
            source=path,
            found=in_bytes(size),
            expected=at_most_bytes(most),
            advice=CORRECT_FILE,
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")
