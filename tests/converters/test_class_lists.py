"""Class lists: order, numbers and unused members in every output; objects without a class; what a reader finds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from annoconv_converters._pictures.categories import MOST_IN_EACH
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.cli import main
from annoconv.codes import UNCLASSIFIED, Labels
from annoconv.documents.residuals import compare, pointer
from annoconv.documents.strict_json import plain
from annoconv.errors import InputError
from annoconv.loss import LossKind, LossReport
from annoconv.model import AnnotationCategory, Case, Label
from annoconv.registry import Context
from annoconv.validation import validate
from tests.pairs import Box, DataSet, Page, Seen, Thing
from tests.pairs.sources import CLASSLESS, WRITE
from tests.pairs.targets import READ

NAMES = ("benign", "malignant", "normal")
LISTED = ("coco", "yolo", "cvat")


def data_set(*used: Sequence[int | None], numbers: Sequence[int] = (0, 1, 2)) -> DataSet:
    """Return a data set of three classes, with a picture for each of `used`, which has objects of these classes."""
    drawn = [tuple(Thing(label, Box(2 + 5 * n, 3, 4, 4)) for n, label in enumerate(labels)) for labels in used]
    pages = [Page(f"p{number}.png", 40, 30, things) for number, things in enumerate(drawn)]
    return DataSet(NAMES, tuple(numbers), tuple(pages))


def read(source: str, data: DataSet, folder: Path, **options: Any) -> list[Reading]:
    folder.mkdir()
    return list(registry.read(WRITE[source](folder, data), format=source, **options))


def write(
    readings: Sequence[Reading], target: str, data: DataSet, folder: Path, **options: Any
) -> tuple[Seen, LossReport]:
    folder.mkdir()
    out = folder / f"x{registry.converter('to', target).suffix}"
    losses = registry.write([LoadedCase(one.case, one.masks) for one in readings], out, format=target, **options)
    return READ[target](out, data), losses


@pytest.mark.parametrize("target", LISTED)
@pytest.mark.parametrize("source", LISTED)
@pytest.mark.parametrize("used", [[2], [2, 1, 0], []])
def test_a_list_keeps_its_order_its_numbers_and_what_nothing_is_drawn_of(
    source: str, target: str, used: list[int], tmp_path: Path
) -> None:
    data = data_set(used)
    seen, losses = write(read(source, data, tmp_path / "in"), target, data, tmp_path / "out")
    assert [name for _, name in seen.classes or ()] == [*NAMES]
    numbers = [1, 2, 3] if (source, target) == ("cvat", "coco") else [0, 1, 2]
    assert [number for number, _ in seen.classes or ()] == ([None] * 3 if target == "cvat" else numbers)
    assert [label for _, things in seen.pages for label, _ in things] == [NAMES[each] for each in used]
    changed = [loss.path for loss in losses if loss.path.startswith("/labels") and loss.kind.changes_value]
    assert changed == []


def test_a_list_without_numbers_is_counted_from_1_in_coco_where_0_is_no_class_to_datumaro(tmp_path: Path) -> None:
    data = data_set([0, 2])
    seen, losses = write(read("cvat", data, tmp_path / "in"), "coco", data, tmp_path / "out")
    assert seen.classes == [*enumerate(NAMES, 1)]
    assert not [loss for loss in losses if loss.kind.changes_value]


def test_a_list_without_numbers_has_none_and_no_member_is_missed(tmp_path: Path) -> None:
    """A list of CVAT is an order only: of what nothing is drawn, nothing is found either."""
    (reading,) = read("cvat", data_set([2]), tmp_path / "in")
    assert [(label.code, label.number) for label in reading.case.labels or ()] == [(name, None) for name in NAMES]
    found = validate(LoadedCase(reading.case, reading.masks), profile="delivery")
    assert "A-6.5.1b.label_unused" not in {each.rule for each in found}


def test_the_list_of_slices_of_a_volume_is_a_list_to_the_next_format_too(tmp_path: Path) -> None:
    """Labels of a volume without numbers say what its masks mean: its list is numbered."""
    pages = [Page(f"scan_k{number:04}.png", 40, 30, (Thing(2, Box(2, 3, 4, 4)),)) for number in range(2)]
    data = DataSet(NAMES, (0, 1, 2), tuple(pages))
    seen, _ = write(read("cvat", data, tmp_path / "in"), "coco", data, tmp_path / "out")
    assert seen.classes == [*enumerate(NAMES, 1)]


@pytest.mark.parametrize("is_seen", [True, False])
def test_the_list_of_a_video_is_a_list_to_the_next_format_too(is_seen: bool, tmp_path: Path) -> None:
    (path,) = WRITE["cvat"](tmp_path, data_set([]))
    root = ElementTree.parse(path)
    root.getroot().remove(root.getroot().findall("image")[0])
    task = root.find("meta/task")
    assert task is not None
    for tag, text in (("name", "film"), ("size", "4")):
        ElementTree.SubElement(task, tag).text = text
    size = ElementTree.SubElement(task, "original_size")
    for tag in ("width", "height"):
        ElementTree.SubElement(size, tag).text = "40"
    track = ElementTree.SubElement(root.getroot(), "track", id="0", label="normal")
    sides = {"xtl": "1", "ytl": "1", "xbr": "9", "ybr": "9"}
    outside = "0" if is_seen else "1"
    ElementTree.SubElement(track, "box", frame="1", keyframe="1", outside=outside, occluded="0", **sides)
    root.write(path, "utf-8")
    (reading,) = registry.read([path], format="cvat")
    data = DataSet(NAMES, (0, 1, 2), ())
    seen, losses = write([reading], "yolo", data, tmp_path / "out")
    assert seen.classes == [*enumerate(NAMES)]
    assert any(loss.path.endswith("number") and loss.kind.changes_value for loss in losses) != is_seen


@pytest.mark.parametrize("target", LISTED)
@pytest.mark.parametrize("source", LISTED)
def test_training_and_validation_converted_apart_have_one_list(source: str, target: str, tmp_path: Path) -> None:
    data = data_set([2], [0, 1])
    train, val = read(source, data, tmp_path / "in")
    lists = [write([one], target, data, tmp_path / str(n))[0].classes for n, one in enumerate((train, val))]
    assert lists[0] == lists[1]


@pytest.mark.parametrize("target", LISTED)
@pytest.mark.parametrize("source", sorted(WRITE))
def test_a_label_system_is_the_list_of_every_output(source: str, target: str, tmp_path: Path) -> None:
    told = [{"code": "OTHER_1", "number": 3}, {"code": "normal", "number": 0}, {"code": "benign", "number": 1}]
    context = Context(label_system=tuple(map(Label.model_validate, told)))
    data = data_set([2, 1], [0])
    seen, _ = write(read(source, data, tmp_path / "in"), target, data, tmp_path / "out", context=context)
    assert [name for _, name in seen.classes or ()] == ["normal", "benign", "OTHER_1", "malignant"]
    if target == "coco":
        assert {"normal": 0, "benign": 1, "OTHER_1": 3}.items() <= {name: n for n, name in seen.classes or ()}.items()


def test_a_number_that_yolo_cannot_give_is_said_once_for_all_cases_of_the_list(tmp_path: Path) -> None:
    data = data_set([2], [1], numbers=(1, 7, 4))
    seen, losses = write(read("coco", data, tmp_path / "in"), "yolo", data, tmp_path / "out")
    assert seen.classes == [(0, "benign"), (1, "normal"), (2, "malignant")]
    changed = [(loss.case_index, loss.path) for loss in losses if loss.kind.changes_value]
    assert changed == [(0, f"/labels/{place}/number") for place in range(3)]


@pytest.mark.parametrize("target", ["cvat", "label-studio", "geojson"])
def test_numbers_that_a_format_has_no_place_for_come_back_with_the_side_file(target: str, tmp_path: Path) -> None:
    data = data_set([2], [1], numbers=(1, 7, 4))
    readings = read("coco", data, tmp_path / "in")
    _, losses = write(readings, target, data, tmp_path / "out")
    assert {loss.kind for loss in losses if loss.path.startswith("/labels/")} == {LossKind.CARRIED}
    (path,) = [each for each in (tmp_path / "out").iterdir() if not each.name.endswith(".annoconv.json")]
    again = list(registry.read([path], format=target))
    assert [one.case.labels for one in again] == [one.case.labels for one in readings]
    seen, _ = write(again, "coco", data, tmp_path / "again")
    assert sorted(seen.classes or ()) == [(1, "benign"), (4, "normal"), (7, "malignant")]


def test_a_case_has_its_own_list_again_where_the_file_has_more(tmp_path: Path) -> None:
    """Two files of CVAT in one: nothing but the side file tells that the classes of one were none of the other."""
    one, other = data_set([0], []), DataSet(("left", "right"), (0, 1), (Page("q.png", 40, 30, ()),))
    cases = [*read("cvat", one, tmp_path / "one"), *read("cvat", other, tmp_path / "other")]
    out = tmp_path / "x.xml"
    losses = registry.write([LoadedCase(each.case, each.masks) for each in cases], out, format="cvat")
    assert [*losses] == []
    again = [each.case for each in registry.read([out], format="cvat")]
    assert [[label.code for label in case.labels or ()] for case in again] == [[*NAMES], [*NAMES], ["left", "right"]]
    assert again == [each.case for each in cases]


@pytest.mark.parametrize("place", range(3))
def test_a_case_has_the_order_of_its_list_again_where_that_of_the_file_is_another(place: int, tmp_path: Path) -> None:
    """As all else of it is in the file, nothing but its key can tell."""
    cases = [each.case for each in read("coco", data_set([0], [1], [2]), tmp_path / "in")]
    cases[place] = cases[place].model_copy(update={"labels": (cases[place].labels or [])[::-1]})
    registry.write(cases, tmp_path / "x.json", format="coco")
    assert [each.case.labels for each in registry.read([tmp_path / "x.json"], format="coco")] == [
        each.labels for each in cases
    ]


def told_and_found(cases: Sequence[Case], out: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return which values of cases change in a COCO file, by the losses that are told, and as it is read."""
    losses = registry.write(cases, out, format="coco")
    found: list[tuple[int, str]] = []
    for case_index, (case, again) in enumerate(zip(cases, registry.read([out], format="coco"), strict=True)):
        changed, _ = compare(plain(case), plain(again.case))
        found += ((case_index, pointer(path)) for path in changed.paths())
    return sorted((loss.case_index, loss.path) for loss in losses if loss.kind.changes_value), sorted(found)


@pytest.mark.parametrize("is_long", [False, True])
def test_what_other_cases_add_to_the_list_of_a_case_in_coco_is_told(is_long: bool, tmp_path: Path) -> None:
    """Two files of COCO in one: the list of the one is that of the other too."""
    more = tuple(f"class {number}" for number in range(MOST_IN_EACH if is_long else 2))
    other = DataSet(more, tuple(range(10, 10 + len(more))), (Page("q.png", 40, 30, ()),))
    readings = [*read("coco", data_set([0], [1]), tmp_path / "one"), *read("coco", other, tmp_path / "other")]
    told, found = told_and_found([each.case for each in readings], tmp_path / "x.json")
    assert [each for each in told if each != (1, "/labels")] == [each for each in found if not is_long or each[0] != 1]
    assert ((1, "/labels") in told) == is_long
    assert {case_index for case_index, _ in found} == {0, 1}
    assert (0, f"/labels/{len(NAMES)}/code") in told


def test_a_case_that_needs_no_key_in_a_keyed_file_keeps_nothing_of_that(tmp_path: Path) -> None:
    """Without a key it might be somebody else's, but nobody changed the file."""
    first, second = (each.case for each in read("yolo", data_set([0], [1]), tmp_path / "set"))
    told, found = told_and_found([first, second.model_copy(update={"task_id": "T"})], tmp_path / "x.json")
    assert (tmp_path / "x.annoconv.json").exists()
    assert told == found == []


def test_a_class_that_is_added_to_the_list_of_a_written_file_is_in_its_cases(tmp_path: Path) -> None:
    data = data_set([2])
    write(read("yolo", data, tmp_path / "in"), "yolo", data, tmp_path / "out")
    description = tmp_path / "out" / "x" / "data.yaml"
    told = yaml.safe_load(description.read_text("utf-8"))
    description.write_text(yaml.safe_dump({**told, "names": {**told["names"], 3: "added"}}), "utf-8")
    (reading,) = registry.read([tmp_path / "out" / "x"], format="yolo")
    assert [(label.number, label.code) for label in reading.case.labels or ()] == [*enumerate((*NAMES, "added"))]


def test_two_lists_that_want_one_number_are_one_list_and_a_loss(tmp_path: Path) -> None:
    one, other = (DataSet((name,), (0,), (Page(f"{n}.png", 40, 30),)) for n, name in enumerate("ab"))
    readings = [*read("yolo", one, tmp_path / "one"), *read("yolo", other, tmp_path / "other")]
    seen, losses = write(readings, "coco", one, tmp_path / "out")
    assert seen.classes == [(0, "a"), (1, "b")]
    assert [(each.case_index, each.path) for each in losses if each.kind.changes_value] == [(1, "/labels/0/number")]


def test_a_number_in_a_list_does_not_take_the_meaning_of_a_known_label() -> None:
    listed = Labels([Label(code="LUNG", number=4)], ())
    assert listed.coded("LUNG", AnnotationCategory.ORGAN) == Labels.of().coded("LUNG", AnnotationCategory.ORGAN)


@pytest.mark.parametrize("target", sorted(READ))
@pytest.mark.parametrize("source", sorted(CLASSLESS))
def test_an_object_without_a_class_has_none_where_the_format_allows_it(
    source: str, target: str, tmp_path: Path
) -> None:
    data = data_set([None, 1])
    seen, losses = write(read(source, data, tmp_path / "in"), target, data, tmp_path / "out")
    ((_, things),) = seen.pages
    allows = target in {"label-studio", "geojson"}
    assert [label for label, _ in things] == [None if allows else UNCLASSIFIED, "malignant"]
    named = [loss.path for loss in losses if loss.kind is LossKind.APPROXIMATED and loss.path.endswith("label_code")]
    assert named == ([] if allows else ["/annotations/0/label_code"])


@pytest.mark.parametrize(
    "line", ["0 20 15 4 4", "0 0.5 0.5 1.01 0.2", "0 -0.1 0.2 0.1 0.1", "0 0.1 0.1 0.2 0.1 1.5 0.2"]
)
def test_numbers_of_yolo_that_are_no_shares_are_refused_with_file_and_line(line: str, tmp_path: Path) -> None:
    (source,) = WRITE["yolo"](tmp_path, data_set([0]))
    label = source / "labels" / "p0.txt"
    label.write_text(f"0 0.5 0.5 0.2 0.2\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=r"p0\.txt: line 2: the line has a number beyond the picture"):
        list(registry.read([source], format="yolo"))


def test_what_reaches_beyond_its_picture_ends_at_its_border_in_yolo(tmp_path: Path) -> None:
    page = Page("p.png", 40, 30, (Thing(0, Box(-4, 20, 14, 20)),))
    data = DataSet(("a",), (0,), (page,))
    seen, _ = write(read("coco", data, tmp_path / "in"), "yolo", data, tmp_path / "out")
    assert [shape.rounded() for _, things in seen.pages for _, shape in things] == [Box(0, 20, 10, 10)]


def test_pictures_of_yolo_that_share_a_label_file_are_two_cases(tmp_path: Path) -> None:
    (source,) = WRITE["yolo"](tmp_path, data_set([1]))
    Image.new("L", (40, 30)).save(source / "images" / "p0.jpg")
    first, second = registry.read([source], format="yolo")
    names = [one.case.image.files[0].path if one.case.image.files else one.case.image.uid for one in (first, second)]
    assert sorted(names) == ["p0", "p0.jpg"]
    boxes = [each.model_dump(exclude={"id"}) for one in (first, second) for each in one.case.annotations]
    assert len(boxes) == 2
    assert boxes[0] == boxes[1]


def found(command: str, source: Path, capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], str]:
    """Return the findings that a command tells in `--json`, and what it says to people."""
    assert main([command, str(source), "-o", f"{source}.one.json", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert main([command, str(source), "-o", f"{source}.two.json"]) == 0
    return findings, capsys.readouterr().err


def test_what_a_reader_finds_is_said_and_stands_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = WRITE["coco"](tmp_path, data_set([1]))
    document = json.loads(path.read_text("utf-8"))
    document["annotations"][0] |= {"area": 99, "segmentation": [[2, 3, 6, 3, 6, 7, 2, 7]]}
    path.write_text(json.dumps(document), "utf-8")
    findings, said = found("from-coco", path, capsys)
    assert [(each["rule"], each["path"], each["source"]) for each in findings] == [
        ("coco.area", "/annotations/1/area", str(path))
    ]
    assert f"{path}: /annotations/1/area: warning: the area is 99, that of the mask 16 [coco.area]" in said


def test_a_class_beyond_the_list_of_yolo_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    (source,) = WRITE["yolo"](tmp_path / "set", data_set([0]))
    (source / "labels" / "p0.txt").write_text("0 0.5 0.5 0.2 0.2\n5 0.5 0.5 0.2 0.2\n", "utf-8")
    findings, said = found("from-yolo", source, capsys)
    assert [(each["rule"], each["path"]) for each in findings] == [("yolo.class", "/labels~1p0.txt/1/class")]
    assert "the list of classes has no such number [yolo.class]" in said


@pytest.mark.parametrize("truth", ["[{}]", '{"images": [], "annotations": [], "categories": []}'])
def test_a_ground_truth_that_is_none_of_the_results_is_refused(truth: str, tmp_path: Path) -> None:
    result = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5}
    (tmp_path / "results.json").write_text(json.dumps([result]), "utf-8")
    (tmp_path / "truth.json").write_text(truth.replace("{}", json.dumps(result)), "utf-8")
    with pytest.raises(InputError, match=r"a list of results too|the ground truth does not have"):
        list(registry.read([tmp_path / "results.json"], format="coco", ground_truth=tmp_path / "truth.json"))


def test_the_labels_of_cvat_that_are_parts_of_a_skeleton_are_no_classes(tmp_path: Path) -> None:
    (path,) = WRITE["cvat"](tmp_path, data_set([1]))
    root = ElementTree.parse(path)
    labels = root.find("meta/task/labels")
    assert labels is not None
    part = ElementTree.SubElement(labels, "label")
    for tag, text in (("name", "knee"), ("type", "points"), ("parent", "normal")):
        ElementTree.SubElement(part, tag).text = text
    root.write(path, "utf-8")
    (reading,) = registry.read([path], format="cvat")
    assert [label.code for label in reading.case.labels or ()] == [*NAMES]


@pytest.mark.parametrize("target", ["yolo", "coco"])
def test_a_number_that_rests_on_which_classes_are_used_is_named(target: str, tmp_path: Path) -> None:
    """Of a source without a list: training and validation apart would number their classes otherwise."""
    data = data_set([1, 2], [2])
    readings = read("labelme", data, tmp_path / "in")
    _, losses = write(readings, target, data, tmp_path / "out")
    told = [(loss.case_index, loss.path) for loss in losses if loss.kind is LossKind.UNCODED]
    assert told == [(0, "/annotations/0/label_code"), (0, "/annotations/1/label_code")]
    system = [Label(code=name, category=AnnotationCategory.OTHER, number=number) for number, name in enumerate(NAMES)]
    _, losses = write(readings, target, data, tmp_path / "system", context=Context(label_system=tuple(system)))
    assert not [loss for loss in losses if loss.kind is LossKind.UNCODED]
    _, losses = write(read("coco", data, tmp_path / "listed"), target, data, tmp_path / "again")
    assert not [loss for loss in losses if loss.kind is LossKind.UNCODED]
