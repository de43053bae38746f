"""From every 2-D format to every other: classes, their list and numbers, pictures and objects stay what they are."""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.codes import UNCLASSIFIED
from tests.pairs import Box, DataSet, Page, Seen, Thing
from tests.pairs.sources import CLASSLESS, LISTED, NUMBERED, WRITE
from tests.pairs.targets import READ

PAIRS = [(source, target) for source in WRITE for target in READ]
SLICE = re.compile(r".*_[ijk]\d{4,6}\.png")
"""Names of pictures that are slices of a volume."""
ENDINGS = (".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".bmp", ".tif")

letters = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\u2028\u2029\ufeff")
class_names = st.one_of(
    st.sampled_from(["HER2+", "HER2-", "肺", "肝", "Lung", "lung", "organ x", "organ_x", "CATEGORY_1", "no", "~", "0"]),
    st.text(letters, min_size=1, max_size=12).filter(lambda name: name.strip() and name != UNCLASSIFIED),
)
parts = st.one_of(
    st.sampled_from(["0", "1", "2", "a"]),  # numbers of objects too
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=8),
)


def is_picture_name(name: str) -> bool:
    """Tell whether every format and file system can have a name."""
    steps = name.split("/")
    return not any(mark in name for mark in "\\:") and all(
        step == step.strip() and step.isprintable() and not step.startswith(".") and step for step in steps
    )


picture_names = (
    st.builds(
        lambda folders, last, ending: "/".join([*folders, f"{last}{ending}"]),
        st.lists(parts, max_size=2),
        parts,
        st.sampled_from(ENDINGS),
    )
    .filter(is_picture_name)
    .filter(lambda name: not SLICE.fullmatch(name))
)


@st.composite
def data_sets(draw: st.DrawFn, source: str) -> DataSet:
    """Return what a data set of a format says."""
    classes = draw(st.lists(class_names.map(str.strip), min_size=1, max_size=6, unique=True))
    numbers = draw(st.permutations(range(1, 3 * len(classes)))) if source == "coco" else range(len(classes))
    names = draw(st.lists(picture_names, min_size=1, max_size=4, unique_by=stem))
    labels = st.integers(0, len(classes) - 1)
    labels = st.one_of(labels, st.none()) if source in CLASSLESS else labels
    pages = []
    for name in names:
        width, height = draw(st.integers(8, 64)), draw(st.integers(8, 64))
        things = []
        # A task without regions says no size of its picture.
        for label in draw(st.lists(labels, min_size=int(source == "label-studio"), max_size=4)):
            x, y = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
            across, down = draw(st.integers(1, width - x - 1)), draw(st.integers(1, height - y - 1))
            things.append(Thing(label, Box(x, y, across, down)))
        pages.append(Page(name, width, height, tuple(things)))
    return DataSet(tuple(classes), tuple(numbers[: len(classes)]), tuple(pages))


def stem(name: str) -> str:
    return name.rpartition(".")[0].casefold()


def convert(source: str, target: str, data: DataSet, folder: Path) -> tuple[Seen, set[str]]:
    """Return what the target says of a data set, and which places of the cases change their values."""
    (folder / "in").mkdir()
    sources = WRITE[source](folder / "in", data)
    readings = list(registry.read(sources, format=source))
    out = folder / f"out{registry.converter('to', target).suffix}"
    losses = registry.write([LoadedCase(each.case, each.masks) for each in readings], out, format=target)
    lost = {
        loss.path for loss in (*losses, *(each for one in readings for each in one.losses)) if loss.kind.changes_value
    }
    return READ[target](out, data), lost


def check(source: str, target: str, data: DataSet, folder: Path) -> None:
    seen, lost = convert(source, target, data, folder)
    none = None if target in {"label-studio", "geojson"} else UNCLASSIFIED
    said = Counter(
        (page.name, none if thing.label is None else data.classes[thing.label], thing.shape.rounded())
        for page in data.pages
        for thing in page.things
    )
    assert Counter((name, label, shape.rounded()) for name, things in seen.pages for label, shape in things) == said
    assert Counter(name for name, _ in seen.pages) == Counter(page.name for page in data.pages)
    if any(label == UNCLASSIFIED for _, label, _ in said):
        assert any(path.endswith("/label_code") for path in lost)
    if seen.classes is None:
        return
    names = [name for _, name in seen.classes if name != UNCLASSIFIED]
    if source not in LISTED:
        assert sorted(names) == sorted(data.used)
        return
    listed = sorted(zip(data.numbers, data.classes, strict=True))
    if (source, target) != ("coco", "coco"):  # a file that is written again keeps the order of its records
        assert names == [name for _, name in listed]
    if source in NUMBERED and target in NUMBERED:
        numbers = {name: number for number, name in seen.classes}
        for place, (number, name) in enumerate(zip(data.numbers, data.classes, strict=True)):
            assert numbers[name] == number or f"/labels/{place}/number" in lost


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_data_set_says_the_same_in_another_format(source: str, target: str) -> None:
    run(source, target, 20)


@pytest.mark.soak
@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_many_data_sets_say_the_same_in_another_format(source: str, target: str) -> None:
    run(source, target, 500)


def run(source: str, target: str, count: int) -> None:
    """Try a pair with so many data sets, the same in every run."""

    @settings(max_examples=count, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(data_sets(source))
    def every(data: DataSet) -> None:
        with tempfile.TemporaryDirectory() as name:
            check(source, target, data, Path(name))

    every()


@pytest.mark.parametrize("source", WRITE)
def test_a_data_set_is_read_without_a_loss(source: str) -> None:
    @settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(data_sets(source))
    def every(data: DataSet) -> None:
        with tempfile.TemporaryDirectory() as name:
            readings = registry.read(WRITE[source](Path(name), data), format=source)
            lost = {loss.path for each in readings for loss in each.losses}
            assert lost <= ({"/size/depth"} if source == "pascal-voc" else set())

    every()


@pytest.mark.parametrize("source", WRITE)
@pytest.mark.parametrize("index", [3, 999_999])
def test_a_picture_that_is_called_as_a_slice_is_read_in_every_format(source: str, index: int, tmp_path: Path) -> None:
    """It is a slice of a volume, which has as many as its number says."""
    page = Page(f"ct_k{index:04d}.png", 20, 10, (Thing(0, Box(2.5, 3.25, 4, 5)), Thing(1, Box(6.5, 3, 4, 5))))
    before = time.process_time()
    (reading,) = registry.read(WRITE[source](tmp_path, DataSet(("a", "b"), (1, 2), (page,))), format=source)
    assert time.process_time() - before < 2
    assert list(reading.case.image.shape or ()) == [20, 10, index + 1]
    assert [each.slice_index for each in reading.case.annotations] == [index, index]


@pytest.mark.parametrize("source", WRITE)
def test_a_picture_that_is_called_as_one_of_its_objects_loses_nothing_by_that(source: str, tmp_path: Path) -> None:
    losses: list[list[str]] = []
    for name in ("a.png", "0.png", "1.png", "2.png"):
        page = Page(name, 20, 10, (Thing(0, Box(2.5, 3.25, 4, 5)), Thing(1, Box(6.5, 3, 4, 5))))
        (tmp_path / name).mkdir()
        sources = WRITE[source](tmp_path / name, DataSet(("a", "b"), (1, 2), (page,)))
        losses.append([loss.path for each in registry.read(sources, format=source) for loss in each.losses])
    assert losses == losses[:1] * len(losses)
