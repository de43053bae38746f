"""Tracks of CVAT: they stay tracks, with their key frames, and show the same between them as CVAT shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.converters.test_cvat import box_at, task

if TYPE_CHECKING:
    from annoconv.loss import Loss

CLIP = "<name>clip</name><size>20</size><start_frame>0</start_frame><stop_frame>19</stop_frame>"


def again(path: Path, folder: Path, **options: Any) -> tuple[Path, list[Loss]]:
    """Write anew what a file holds."""
    readings = list(registry.read([path], format="cvat"))
    losses = registry.write(
        [LoadedCase(each.case, each.masks) for each in readings], folder / "again.xml", format="cvat", **options
    )
    return folder / "again.xml", list(losses)


def shown_by_cvat(path: Path) -> dict[tuple[str, int], list[float]]:
    """Return the boxes that CVAT shows on each frame, of the key frames alone, which are all that it takes."""
    root = ElementTree.parse(path).getroot()
    last = int(root.findtext("meta/task/stop_frame") or 0)
    step = int((root.findtext("meta/task/frame_filter") or "step=1").removeprefix("step="))
    found: dict[tuple[str, int], list[float]] = {}
    for track in root.iterfind("track"):
        keys = [each for each in track if each.get("keyframe") == "1"]
        for one, other in zip(keys, [*keys[1:], None], strict=True):
            start = int(one.get("frame", ""))
            end = last + step if other is None else int(other.get("frame", ""))
            for frame in range(start, end, step) if one.get("outside") == "0" else ():
                share = 0.0 if other is None else (frame - start) / (end - start)
                sides = ("xtl", "ytl", "xbr", "ybr")
                following = one if other is None else other
                ends = [(float(one.get(side, "")), float(following.get(side, ""))) for side in sides]
                found[track.get("id", ""), frame] = [a + (b - a) * share for a, b in ends]
    return found


def assert_same(shown: dict[tuple[str, int], list[float]], expected: dict[tuple[str, int], list[float]]) -> None:
    assert shown.keys() == expected.keys()
    for place, box in expected.items():
        assert shown[place] == pytest.approx(box), place


def test_tracks_stay_tracks(tmp_path: Path) -> None:
    track = box_at(0, 10) + box_at(4, 20) + box_at(8, 28, outside=1) + box_at(12, 5)
    tracks = f'<track id="7" label="A" group_id="3">{track}</track><track id="8" label="B">{box_at(2, 3)}</track>'
    path = task(CLIP, tracks, tmp_path)
    out, losses = again(path, tmp_path, plain=True)
    root = ElementTree.parse(out).getroot()
    assert not list(root.iterfind("image"))
    assert [(each.get("id"), each.get("label"), each.get("group_id")) for each in root.iterfind("track")] == [
        ("7", "A", "3"),
        ("8", "B", None),
    ]
    keys = [each.get("frame") for each in root.iterfind("track[@id='7']/box[@keyframe='1']")]
    assert keys == ["0", "4", "7", "8", "12"]
    hidden = [each.get("frame") for each in root.iterfind("track/box[@outside='1']")]
    assert hidden == ["8"]
    assert_same(shown_by_cvat(out), shown_by_cvat(path))
    # the last shape before it is hidden became a key frame
    assert [each.path for each in losses if each.path.startswith("/annotations")] == ["/annotations/12/is_key_frame"]
    (reading,) = registry.read([out], format="cvat")
    assert not list(reading.losses)


def test_a_case_of_tracks_comes_back(tmp_path: Path) -> None:
    inner = "<size>4</size><start_frame>3</start_frame><stop_frame>18</stop_frame><frame_filter>step=5</frame_filter>"
    points = '<points label="a" outside="{0}" occluded="0" points="1,2"/><points label="b" outside="{0}" points="4,5"/>'
    skeletons = "".join(
        f'<skeleton frame="{frame}" keyframe="1">{points.format(hidden)}</skeleton>'
        for frame, hidden in ((3, 0), (8, 1))
    )
    turned = '<box frame="8" keyframe="1" outside="0" xtl="1" ytl="2" xbr="9" ybr="6" rotation="30"/>'
    tracks = f'<track id="0" label="hand">{skeletons}</track><track id="1" label="A">{turned}</track>'
    path = task(inner, tracks, tmp_path)
    (first,) = registry.read([path], format="cvat")
    for plain in (False, True):
        out, _ = again(path, tmp_path / str(plain), plain=plain)
        (reading,) = registry.read([out], format="cvat")
        assert [(each.frame_index, each.type) for each in reading.case.annotations] == [
            (3, "keypoints"),
            (8, "oriented_box"),
            (13, "oriented_box"),
            (18, "oriented_box"),
        ]
        assert strict_json.plain(reading.case.image)["annotated_frames"] == [{"first": 3, "last": 18, "step": 5}]
        assert strict_json.plain(reading.case.annotations) == strict_json.plain(first.case.annotations)
        assert not list(reading.losses)


def test_attributes_that_change_within_a_track_are_mutable(tmp_path: Path) -> None:
    def box(frame: int, seen: str) -> str:
        told = f'<attribute name="seen">{seen}</attribute><attribute name="side">left</attribute>'
        return f'<box frame="{frame}" keyframe="1" outside="0" xtl="1" ytl="2" xbr="9" ybr="6">{told}</box>'

    path = task("<size>2</size>", f'<track id="0" label="A">{box(0, "x")}{box(1, "y")}</track>', tmp_path)
    out, _ = again(path, tmp_path, plain=True)
    defined = ElementTree.parse(out).getroot().iterfind("meta//attribute")
    assert [(each.findtext("name"), each.findtext("mutable")) for each in defined] == [
        ("seen", "True"),
        ("side", "False"),
    ]
    (reading,) = registry.read([out], format="cvat")
    assert [each.attributes for each in reading.case.annotations] == [
        {"seen": "x", "side": "left"},
        {"seen": "y", "side": "left"},
    ]
    assert not list(reading.losses)


@pytest.mark.parametrize("other", ["untracked", "twice", "another case"])
def test_what_cannot_be_a_track_is_named(other: str, tmp_path: Path) -> None:
    common = {"type": "bbox", "bbox": [1, 2, 3, 4], "category": "lesion", "label_code": "NODULE"}
    more = {} if other == "untracked" else {"tracking_id": "5"}
    annotations = [
        {"id": "a", **common, "frame_index": 0, "tracking_id": "5", "is_key_frame": True},
        {"id": "b", **common, "frame_index": int(other == "another case"), **more},
    ]
    image = {"uid": "clip", "modality": "OT", "shape": [8, 6, 2]}
    document = {"task_id": "cvat", "image": image, "annotations": annotations, "metadata": {}}
    cases = [LoadedCase(Case.model_validate(document), Masks())]
    if other == "another case":
        cases.append(LoadedCase(Case.model_validate({**document, "case_id": "C", "annotations": []}), Masks()))
    losses = registry.write(cases, tmp_path / "x.xml", format="cvat")
    root = ElementTree.parse(tmp_path / "x.xml").getroot()
    assert not list(root.iterfind("track"))
    assert root.findtext("image/box/attribute[@name='track_id']") == "5"
    found = [(loss.path, loss.kind.value) for loss in losses if loss.path.endswith("tracking_id")]
    expected = [] if other == "untracked" else [("/annotations/1/tracking_id", "approximated")]
    assert found == [("/annotations/0/tracking_id", "approximated"), *expected]


@settings(max_examples=40)
@given(
    first=st.integers(0, 5),
    step=st.integers(1, 3),
    shapes=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 40), st.booleans()), min_size=1, max_size=6),
)
def test_cvat_shows_the_same_after_a_round(
    first: int, step: int, shapes: list[tuple[int, int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    places = {place: (x, hidden) for place, x, hidden in shapes}
    if all(hidden for _, hidden in places.values()):
        return  # nothing is shown
    track = "".join(
        box_at(first + step * place, x, outside=int(hidden)) for place, (x, hidden) in sorted(places.items())
    )
    last = first + 7 * step
    inner = f"<size>8</size><start_frame>{first}</start_frame><stop_frame>{last}</stop_frame>"
    inner += f"<frame_filter>step={step}</frame_filter>" if step > 1 else ""
    folder = tmp_path_factory.mktemp("x")
    path = task(inner, f'<track id="0" label="A">{track}</track>', folder)
    out, _ = again(path, folder, plain=True)
    assert_same(shown_by_cvat(out), shown_by_cvat(path))


def project(folder: Path) -> Path:
    """Return a file of two videos, the second with every other frame from 2 to 20."""
    rest = "</width><height>30</height></original_size>"
    sizes = {number: f"<original_size><width>{40 + number}{rest}" for number in (5, 6)}
    frames = "<start_frame>2</start_frame><stop_frame>20</stop_frame><frame_filter>step=2</frame_filter>"
    tasks = f"<task><id>5</id><name>one</name><size>6</size>{sizes[5]}</task>"
    tasks += f"<task><id>6</id><name>two</name><size>10</size>{frames}{sizes[6]}</task>"
    labels = "".join(f"<label><name>{name}</name></label>" for name in ("B", "A", "unused"))
    tracks = f'<track id="0" label="A" task_id="5">{box_at(1, 3)}{box_at(3, 3, outside=1)}</track>'
    tracks += f'<track id="0" label="B" task_id="6">{box_at(4, 9)}</track>'
    meta = f"<meta><project><tasks>{tasks}</tasks><labels>{labels}</labels></project></meta>"
    path = folder / "in.xml"
    path.write_text(f"<annotations><version>1.1</version>{meta}{tracks}</annotations>")
    return path


@pytest.mark.parametrize("plain", [True, False])
def test_several_videos_stay_the_tasks_of_a_project(plain: bool, tmp_path: Path) -> None:
    path = project(tmp_path)
    out, losses = again(path, tmp_path, plain=plain)
    assert not [each for each in losses if each.kind.changes_value]
    root = ElementTree.parse(out).getroot()
    assert not list(root.iterfind("image"))
    told = [[task.findtext(tag) for tag in ("name", "stop_frame", "frame_filter")] for task in root.iter("task")]
    assert told == [["one", "5", None], ["two", "20", "step=2"]]
    assert [(each.get("task_id"), each.get("label")) for each in root.iterfind("track")] == [("1", "A"), ("2", "B")]
    assert [each.text for each in root.iterfind("meta/project/labels/label/name")] == ["B", "A", "unused"]
    before, after = (list(registry.read([each], format="cvat")) for each in (path, out))
    assert [each.case for each in after] == [each.case for each in before]
    assert not any(list(each.losses) for each in after)


def test_videos_that_were_edited_and_others_are_told_apart(tmp_path: Path) -> None:
    """What is carried of each comes back to it."""
    (one, two) = registry.read([project(tmp_path)], format="cvat")
    cases = [
        LoadedCase(Case.model_validate({**strict_json.plain(each.case), "case_id": f"C{number}"}), Masks())
        for number, each in enumerate((one, two))
    ]
    registry.write(cases, tmp_path / "out.xml", format="cvat")
    text = (tmp_path / "out.xml").read_text("utf-8")
    (tmp_path / "out.xml").write_text(text.replace('xbr="', 'xbr="1'), "utf-8")
    back = list(registry.read([tmp_path / "out.xml"], format="cvat"))
    counts = [(each.case.case_id, len(each.case.annotations)) for each in back]
    assert counts == [(each.case.case_id, len(each.case.annotations)) for each in cases]
