"""Files of ours that were edited say, while their pictures wait in a file, what they say when all of them are held."""

from __future__ import annotations

import json
import re
import shutil
import tracemalloc
from array import array
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures import side_cases
from annoconv_converters._pictures.stored import HeldPictures
from annoconv_converters._pictures.together import TokenPlaces, together, token_of, unpaired
from annoconv_converters.cvat import parts
from annoconv_converters.geojson.waiting import Waiting
from annoconv_converters.label_studio import exports
from annoconv_converters.yolo import data_set
from hypothesis import example, given, settings
from hypothesis import strategies as st

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.converters.test_read_as_they_come import told

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv_converters.yolo.trees import DataSetTree

TARGETS = {"cvat": "x.xml", "label-studio": "x.json", "yolo": "x", "geojson": "x.geojson"}


def case(number: int, **more: Any) -> LoadedCase:
    """Return a case of boxes on one picture, or of a volume, whose pictures are its slices."""
    codes = ["NODULE", "MASS", "CYST"]
    annotations: list[dict[str, Any]] = [
        {
            "id": f"A{place}",
            "category": "lesion",
            "label_code": codes[(number + place) % 3],
            "type": "bbox",
            "bbox": [1.5 + place, 2.25 + number, 20.5 + place, 30.75 + number],
            **({"confidence": 0.5} if (number + place) % 4 == 0 else {}),
            **({"attributes": {"grade": "b"}} if (number + place) % 5 == 0 else {}),
            **({"slice_index": place} if number % 4 == 3 else {}),
        }
        for place in range(number % 4)
    ]
    if number == 5:
        points = [{"name": "tip", "point": [3.5, 4.5]}, {"name": "base", "point": [9.0, 7.5]}]
        annotations.append(
            {
                "id": "K",
                "category": "lesion",
                "label_code": "CYST",
                "type": "keypoints",
                "keypoints": points[: number % 3],
            }
        )
    shape = [64, 48, 5] if number % 4 == 3 else [64, 48]
    image = {"uid": f"IMG_{number}", "modality": "OT", "shape": shape, "coordinate_frame": "NONE"}
    document = {"task_id": "T", "case_id": f"C{number}", "image": image, "annotations": annotations, "metadata": {}}
    return LoadedCase(Case.model_validate(document | more), Masks([]))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    for name, cases in (("one", range(1, 9)), ("other", range(6, 12))):
        for format, target in TARGETS.items():
            (folder / name / format).mkdir(parents=True)
            annoconv.write(map(case, cases), folder / name / format / target, format=format)
    return folder


class Units:
    """The parts of a file that are one picture each, as texts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            names = (path / "train.txt").read_text("utf-8").split()
            labels = [path / f"labels/{name.removeprefix('./images/').rpartition('.')[0]}.txt" for name in names]
            self.texts = [f"{name}\n{label.read_text('utf-8')}" for name, label in zip(names, labels, strict=True)]
            for label in labels:
                label.unlink()
            return
        text = path.read_text("utf-8")
        if path.suffix == ".geojson":
            document = json.loads(text)
            features = document.pop("features")
            self.texts = [
                json.dumps([each, [one for one in features if one["properties"].get("picture") == each["file_name"]]])
                for each in document.pop("pictures")
            ]
            self.document = document
        elif path.suffix == ".json":
            self.texts = [json.dumps(each, indent=1) for each in json.loads(text)]
        else:
            self.texts = re.findall(r"<image [^>]*/>|<image .*?</image>", text, re.DOTALL)
            self.before = text[: text.index("<image ")]

    def write(self) -> None:
        if self.path.is_dir():
            named = [text.partition("\n") for text in self.texts]
            for name, _, lines in named:
                label = self.path / f"labels/{name.removeprefix('./images/').rpartition('.')[0]}.txt"
                label.parent.mkdir(parents=True, exist_ok=True)
                label.write_text(lines, "utf-8")
            (self.path / "train.txt").write_text("".join(f"{name}\n" for name, _, _ in named), "utf-8")
        elif self.path.suffix == ".geojson":
            told = [*map(json.loads, self.texts)]
            features = [one for _, listed in told for one in listed]
            if len(told) % 3 == 0:
                features.reverse()
            listed = {"pictures": [picture for picture, _ in told], "features": features}
            self.path.write_text(json.dumps({**self.document, **listed}), "utf-8")
        elif self.path.suffix == ".json":
            self.path.write_text(f"[{','.join(self.texts)}]", "utf-8")
        else:
            self.path.write_text("\n".join([self.before, *self.texts, "</annotations>"]), "utf-8")


RECORDS = re.compile(r"<box [^>]*?/>|<box .*?</box>|\n\d [\d. ]+(?=\n|$)", re.DOTALL)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(
            ["swap", "drop", "twice", "rename", "digits", "class", "record", "move", "add", "half", "upload"]
        ),
        st.integers(0, 40),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=4,
)


def edit(texts: list[str], others: list[str], kind: str, one: int, other: int) -> None:
    """Change the pictures of a file as a tool or a person does."""
    if not texts:
        return
    one, other = one % len(texts), other % len(texts)
    if kind == "swap":
        texts[one], texts[other] = texts[other], texts[one]
    elif kind == "drop":
        del texts[one]
    elif kind == "half":
        del texts[len(texts) // 2 :]
    elif kind == "twice":
        texts.insert(other, texts[one])
    elif kind == "rename":
        texts[one] = texts[one].replace("IMG_", "NEW_" if other % 2 else "IMG_1", 1)
    elif kind == "digits":
        texts[one] = re.sub(r"(\d\.\d)\d*", r"\g<1>3", texts[one], count=1 + other)
    elif kind == "class":
        texts[one] = texts[one].replace("NODULE", "MASS").replace("\n0 ", "\n1 ")
    elif kind == "upload":
        address = re.compile(r'(?<="image": )"(?:[^"]*/)?([^"/]+)"')
        texts[:] = [address.sub(rf'"/data/upload/1/0123456{other % 10}-\g<1>"', text) for text in texts]
    elif kind == "add":
        texts.insert(one, others[other % len(others)])
    else:
        found = RECORDS.search(texts[one])
        target = RECORDS.search(texts[other])
        if found is not None and (kind == "record" or target is None or one == other):
            texts[one] = texts[one].replace(found[0], "", 1)
        elif found is not None and target is not None:
            texts[one] = texts[one].replace(found[0], "", 1)
            texts[other] = texts[other].replace(target[0], target[0] + found[0], 1)


def held(listed: Any, tree: DataSetTree) -> HeldPictures:
    read = [*listed]
    tree.labels = {picture.record["id"]: lines for picture, lines in read}
    return HeldPictures([picture for picture, _ in read])


def whole(path: Path, format: str) -> Any:
    """Return what is read of a file that is held."""
    with (
        patch.object(parts, "_stored", return_value=None),
        patch.object(exports, "_stored", return_value=None),
        patch.object(data_set, "_stored", held),
        patch.object(Waiting, "batch", return_value=None),
        patch.object(side_cases, "_LARGE", 1 << 30),
    ):
        return told(path, format)


@given(format=st.sampled_from([*TARGETS]), edits=EDITS, side=st.sampled_from(["", "", "", "cut", "other", "spaced"]))
@example(format="cvat", edits=[("swap", 0, 7)], side="")
@example(format="geojson", edits=[("swap", 0, 7), ("digits", 2, 0)], side="")
@example(format="yolo", edits=[("half", 0, 0), ("digits", 0, 0)], side="")
@example(format="label-studio", edits=[("add", 0, 0), ("add", 9, 3), ("twice", 1, 1)], side="")
@example(format="label-studio", edits=[("upload", 0, 0), ("swap", 1, 5), ("digits", 0, 0)], side="")
@example(format="label-studio", edits=[("twice", 1, 2), ("upload", 0, 0), ("twice", 1, 2)], side="")
@example(format="label-studio", edits=[("upload", 0, 0), ("twice", 1, 2), ("upload", 0, 1), ("rename", 2, 1)], side="")
@settings(deadline=None)
def test_edited_files(
    written: Path, tmp_path_factory: pytest.TempPathFactory, format: str, edits: Any, side: str
) -> None:
    folder = tmp_path_factory.mktemp("edited")
    shutil.copytree(written / "one" / format, folder / "one")
    shutil.copytree(written / "other" / format, folder / "other")
    path = folder / "one" / TARGETS[format]
    units, others = Units(path), Units(folder / "other" / TARGETS[format])
    for each in edits:
        edit(units.texts, others.texts, *each)
    units.write()
    beside = next(folder.glob("one/**/*annoconv.json"))
    text = beside.read_text("utf-8")
    if side == "cut":
        beside.write_text(text[: len(text) // 2], "utf-8")
    elif side == "other":
        shutil.copy(next(folder.glob("other/**/*annoconv.json")), beside)
    elif side == "spaced":
        beside.write_text(json.dumps(json.loads(text), indent=1), "utf-8")
    with ExitStack() as stack:
        stack.enter_context(patch.object(side_cases, "_LARGE", 0))
        found = told(path, format)
    assert found == whole(path, format)


@given(shown=st.lists(st.sampled_from("abcde")), told=st.lists(st.sampled_from("abcdef")))
@example(shown=[], told=[])
@example(shown=["a", "b"], told=["b", "a"])
def test_what_is_told_finds_what_is_shown_in_order(shown: list[str], told: list[str]) -> None:
    tokens = b"".join(map(token_of, shown))
    left = {name: [place for place, each in enumerate(shown) if each == name] for name in "abcdef"}
    expected = [left[name].pop(0) if left[name] else -1 for name in told]
    known = TokenPlaces(tokens)
    places = array("i", map(known.take, told))
    assert [*places] == expected
    assert [*unpaired(tokens, places)] == sorted(place for rest in left.values() for place in rest)
    groups = [[place for place, each in enumerate(shown) if each == name] for name in dict.fromkeys(shown)]
    assert [*together(tokens)] == groups
    assert known.are_apart == (len({*shown}) == len(shown))
    last = {name: place for place, name in enumerate(shown)}
    assert [known.of(name) for name in "abcdef"] == [last.get(name, -1) for name in "abcdef"]


def test_a_look_up_among_many_copies_none_of_them() -> None:
    known = TokenPlaces(b"".join(token_of(str(place)) for place in range(10_000)))
    tracemalloc.start()
    try:
        assert known.of("7") == 7
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000  # bytes: 160,000 are held
