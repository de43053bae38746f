"""Each member of a written file, changed alone: the case changes, a loss names it, or the file is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.model import Case
from tests.test_edited import NAMES, Edited, flat, volume

Steps = tuple[Any, ...]

CASES = {"flat": flat, "volume": volume}
EVERY = {"flat": 1, "volume": 3}
"""Of a volume, whose slices are alike, every third member."""
SAYS_NOTHING = {
    "coco": [r"annotations/\d+/id"],
    "geojson": [r"features/\d+/id"],
    "label-studio": [r"\d+/id", r"\d+/annotations", r".*/result/\d+/id", r".*/(from|to)_name"],
    "cvat": [
        r"annotations/version(/unknown)?",
        r"annotations/meta/.*/attributes",
        r"annotations/meta/task/(size|mode)",
        r"annotations/image/id",
    ],
    "yolo": [r"train.txt/\d+"],
}
"""Numbers of records, which tools give anew; names of controls; counts of pictures; what is empty or listed twice."""


def other(value: Any) -> Any:
    """Return another value of the same kind; of a list one with one member more, of an object one with a new key."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {**value, "unknown": "y"}
    if isinstance(value, list):
        return [*value, moved(value[-1]) if value else {"unknown": "y"}]
    return "x" if value is None else moved(value)


def moved(value: Any) -> Any:
    """Return a value in which every number and text is another."""
    if isinstance(value, dict):
        return {key: moved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [moved(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def places(value: Any, above: Steps = ()) -> Iterator[Steps]:
    """Yield the places of all members of a JSON document."""
    yield above
    members = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for step, each in members:
        yield from places(each, (*above, step))


def at(document: Any, place: Steps) -> Any:
    for step in place:
        document = document[step]
    return document


def with_other(document: Any, place: Steps) -> Any:
    """Return a document with another value at a place; a ring stays closed."""
    if not place:
        return other(document)
    *above, last = place
    holder = at(document, tuple(above))
    before = holder[last]
    holder[last] = other(before)
    if "geometry" in place and "coordinates" in place and not isinstance(before, list):
        ring = at(document, tuple(above[:-1]))
        if above[-1] in {0, len(ring) - 1}:
            ring[0], ring[-1] = list(holder), list(holder)
    return document


def json_edits(text: bytes) -> Iterator[tuple[str, bytes]]:
    for place in places(json.loads(text)):
        told = "/".join(map(str, place))
        yield told, json.dumps(with_other(json.loads(text), place)).encode()
        if place:
            document = json.loads(text)
            del at(document, place[:-1])[place[-1]]
            yield f"without {told}", json.dumps(document).encode()


def xml_edits(text: bytes) -> Iterator[tuple[str, bytes]]:
    for number, element in enumerate(ElementTree.fromstring(text).iter()):
        for name in [*element.attrib, "unknown", ""]:
            root = ElementTree.fromstring(text)
            edited = list(root.iter())[number]
            above = [each.tag for each in root.iter() if edited in list(each.iter())]
            if (name == "unknown" and "meta" in above) or (not name and len(edited)):
                continue
            before = edited.get(name, "") if name else (edited.text or "").strip()
            after = str(float(before) + 1) if re.fullmatch(r"[\d.]+", before) else f"{before}x"
            if name:
                edited.set(name, after)
            else:
                edited.text = after
            yield "/".join([*above, name]).rstrip("/"), ElementTree.tostring(root)


def line_edits(text: bytes) -> Iterator[tuple[str, bytes]]:
    lines = text.decode().splitlines()
    for number, line in enumerate(lines):
        words = line.split(" ")
        changed = [[*words[:place], other_word(word), *words[place + 1 :]] for place, word in enumerate(words)]
        for now in ([line, line], [], *([" ".join(each)] for each in changed)):
            told = [*lines[:number], *now, *lines[number + 1 :]]
            yield f"{'' if now else 'without '}{number}", "".join(f"{each}\n" for each in told).encode()


def other_word(word: str) -> str:
    """Return another word; a number that is one of a picture still."""
    if re.fullmatch(r"\d+", word):
        return str(int(word) + 1)
    return repr(float(word) * 0.75) if re.fullmatch(r"[\d.]+", word) else f"{word}x"


def edits(output: Edited) -> Iterator[tuple[str, Path, bytes]]:
    """Yield edits: what is changed, which file, and what stands in it then."""
    if output.format == "yolo":
        files = [each for each in sorted(output.path.rglob("*")) if each.suffix in {".txt", ".yaml"}]
        for path in files:
            name = path.relative_to(output.path).as_posix()
            for told, text in line_edits(path.read_bytes()):
                without, _, place = told.rpartition(" ")
                yield f"{without}{name}/{place}", path, text
        return
    text = output.path.read_bytes()
    for told, edited in (xml_edits if output.format == "cvat" else json_edits)(text):
        yield told, output.path, edited


def contents(output: Edited) -> tuple[Any, list[Any]]:
    """Return what cases and masks a file holds, and what is lost."""
    readings = list(registry.read([output.path], format=output.format))
    masks = [{name: mask.read().tobytes() for name, mask in each.masks.items()} for each in readings]
    return [strict_json.plain(each.case) for each in readings] + masks, [
        loss for each in readings for loss in each.losses
    ]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("format", NAMES)
def test_no_member_is_changed_in_silence(format: str, case: str, tmp_path: Path) -> None:
    """What is taken out says nothing: it comes back from the side file, or the case is without it."""
    output = Edited(format, tmp_path)
    output.write(CASES[case]())
    before, losses = contents(output)
    assert losses == []
    silent: list[str] = []
    for told, path, text in list(edits(output))[:: EVERY[case]]:
        written = path.read_bytes()
        path.write_bytes(text)
        try:
            is_silent = contents(output) == (before, [])
        except AnnoconvError:
            is_silent = False
        path.write_bytes(written)
        if is_silent and not told.startswith("without"):
            silent.append(told)
    assert [each for each in silent if not any(re.fullmatch(known, each) for known in SAYS_NOTHING[format])] == []


def made_by(*kinds: str) -> LoadedCase:
    """Return the radiograph with boxes that were made in these ways."""
    document = strict_json.plain(flat().case)
    for annotation, kind in zip(document["annotations"], kinds, strict=False):
        annotation["algorithm_type"] = kind
    return LoadedCase(Case.model_validate(document), flat().masks)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("manual", None), ("semi-auto", "semi_automatic"), ("file", "automatic"), ("consensus", None)],
)
def test_who_made_a_shape_of_cvat_is_what_its_source_says(source: str, kind: str | None, tmp_path: Path) -> None:
    """All that CVAT imports has the source `file`, whoever made it; another that no case knows is named."""
    output = Edited("cvat", tmp_path)
    output.write(made_by("automatic"))
    output.edit(lambda root: root.find("image/box").set("source", source))
    (document,), losses = output.read()
    first, *others = document["annotations"]
    assert first.get("algorithm_type") == kind
    assert others == strict_json.plain(flat().case)["annotations"][1:]
    assert [path for path, _, _ in losses] == (["/image/0/box/0/@source"] if source == "consensus" else [])


def test_corners_in_another_order_are_another_outline(tmp_path: Path) -> None:
    """The same corners make several rings; only where one begins and which way it runs says nothing."""
    output = Edited("coco", tmp_path)
    document = strict_json.plain(flat().case)
    document["annotations"][2]["polygon"] = [[5.0, 25.0], [20.0, 25.0], [20.0, 38.0], [5.0, 38.0]]
    output.write(LoadedCase(Case.model_validate(document), flat().masks))
    bow = [[5.0, 25.0], [20.0, 38.0], [20.0, 25.0], [5.0, 38.0]]
    output.edit(
        lambda file: file["annotations"][2].update(segmentation=[[number for corner in bow for number in corner]])
    )
    (found,), _ = output.read()
    assert found["annotations"][2]["polygon"] == bow


@pytest.mark.parametrize("format", ["coco", "cvat"])
def test_a_piece_of_a_mask_under_another_class_is_of_another_mask(format: str, tmp_path: Path) -> None:
    output = Edited(format, tmp_path)
    output.write(volume())

    def change(document: Any) -> None:
        if format == "cvat":
            document.findall("image")[2].find("mask").set("label", "LIVER")
        else:
            document["categories"].append({"id": 900, "name": "LIVER", "supercategory": "organ"})
            document["annotations"][2]["category_id"] = 900

    output.edit(change)
    (reading,) = registry.read([output.path], format=output.format)
    before, after = volume().masks["M1"].read(), reading.masks["M1"].read()
    codes = {each.id: each.label_code for each in reading.case.annotations}
    (new,) = codes.keys() - {"M1", "M2", "B"}
    assert (codes["M1"], codes[new]) == ("KIDNEY_LEFT", "LIVER")
    assert [int(each.sum()) for each in after] == [int(each.sum()) * (place != 2) for place, each in enumerate(before)]
    assert (reading.masks[new].read()[2] > 0).tolist() == (before[2] > 0).tolist()


def test_a_class_that_was_added_and_nothing_has_is_named(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(flat())
    output.edit(lambda file: file["categories"].append({"id": 900, "name": "PANCREAS", "supercategory": "organ"}))
    assert [(path, kind) for path, kind, _ in output.read()[1]] == [("/categories/3", "no_place")]
