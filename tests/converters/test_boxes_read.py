"""Boxes that are read for many pictures at once mean what they mean one by one: to the byte, whatever stands there."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures import columns
from annoconv_converters.cvat import read as cvat
from annoconv_converters.label_studio import exports
from annoconv_converters.yolo import data_set
from PIL import Image

import annoconv
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SIZES = [(640, 480), (100, 100), (7, 3), (1000, 1)]
LABELS = ["a", "b", "a b", "NODULE", "1", "a.b"]


def number(rng: random.Random) -> float:
    """A coordinate as a share of its picture, most of them within it."""
    return rng.choice([rng.random() * 0.9, round(rng.random() * 0.9, 3), 0, 0.5])


def box(rng: random.Random) -> list[float]:
    """Left, top, right and bottom as shares of the picture."""
    x, y = number(rng), number(rng)
    return [x, y, *(near + rng.choice([rng.random() * (1 - near), 0.0625, 1 - near]) for near in (x, y))]


def odd_box(rng: random.Random) -> list[float]:
    """The same, not within the picture, or without an area."""
    x, y, right, bottom = box(rng)
    return rng.choice([[x, y, x, bottom], [x, y, 1.2, bottom], [-0.3, y, right, bottom], [-0.0, -0.0, 0.5, 0.5]])


def yolo(folder: Path, rng: random.Random, odd: float) -> Path:
    """Write a data set of other software."""
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "data.yaml").write_text("names: [a, b, c d, a]\ntrain: images\nval: images\n")
    for name in range(20):
        Image.new("1", rng.choice(SIZES)).save(folder / "images" / f"{name}.png")
        lines: list[str] = []
        for _ in range(rng.choice([0, 1, 4])):
            x, y, right, bottom = odd_box(rng) if rng.random() < odd else box(rng)
            shares = [(x + right) / 2, (y + bottom) / 2, right - x, bottom - y]
            shares = shares if rng.random() < odd / 10 else [min(max(share, 0), 1) for share in shares]
            numbers = map(rng.choice(["{}", "{:.6f}", "{:.3e}"]).format, shares)
            lines.append(" ".join([str(rng.choice([0, 0, 1, 2, *((3, 7) if odd else ())])), *numbers]))
            if rng.random() < odd:
                others = ["{} 0.5", "{} 1 7", " {} ", "0{}", "{}\n", "0 0 0 1 0 1 1", "10 .5 .5 .25 .25"]
                others += ["1 .5 .5 1", "0 nan .5 .5 .5", "1_0 .5 .5 .25 .25"] if rng.random() < 0.01 else []
                lines[-1] = rng.choice(others).format(lines[-1])
        (folder / "labels" / f"{name}.txt").write_text("\n".join(lines))
    return folder


def cvat_xml(folder: Path, rng: random.Random, odd: float) -> Path:
    """Write a file of other software."""
    images: list[str] = []
    for name in range(20):
        width, height = rng.choice(SIZES)
        shapes: list[str] = []
        for _ in range(rng.choice([0, 1, 4])):
            sides = odd_box(rng) if rng.random() < odd else box(rng)
            places = [side * (width, height)[place % 2] for place, side in enumerate(sides)]
            said = dict(
                zip(("xtl", "ytl", "xbr", "ybr"), map(rng.choice(["{}", "{:.2f}"]).format, places), strict=True)
            )
            said |= {"label": rng.choice(LABELS), "source": "manual", "occluded": "0"}
            said |= {"z_order": "0"} if rng.random() < 0.5 else {}
            inner = ""
            if rng.random() < odd:
                others = {"occluded": "1", "z_order": "2", "source": "auto", "rotation": "10", "group_id": "1"}
                name_, value = rng.choice([*others.items(), ("label", "c"), ("keyframe", "1"), ("source", "file")])
                said[name_] = value
                inner = rng.choice(["", "\n", "x", '<attribute name="q">1</attribute>'])
            attributes = " ".join(f'{key}="{each}"' for key, each in said.items())
            shapes.append(f"<box {attributes}>{inner}</box>")
            if rng.random() < odd:
                shapes.append('<points label="a" points="1,1;2,2"/>')
        size = f'width="{width}" height="{height}"' if rng.random() > odd / 5 else ""
        images.append(f'<image id="{name}" name="{rng.choice(["", "x/"])}{name}.png" {size}>{"".join(shapes)}</image>')
    labels = "".join(f"<label><name>{each}</name></label>" for each in LABELS[: rng.choice([0, 3 if odd else 0, 6])])
    meta = f"<meta><task><labels>{labels}</labels></task></meta>"
    path = folder / "x.xml"
    path.write_text(f"<annotations><version>1.1</version>{meta}{''.join(images)}</annotations>")
    return path


def label_studio(folder: Path, rng: random.Random, odd: float) -> Path:
    """Write an export of other software."""
    tasks: list[dict[str, Any]] = []
    for name in range(20):
        size = dict(zip(("original_width", "original_height"), rng.choice(SIZES), strict=True))
        results: list[dict[str, Any]] = []
        for place in range(rng.choice([0, 1, 4])):
            x, y, right, bottom = (100 * side for side in (odd_box(rng) if rng.random() < odd else box(rng)))
            value: dict[str, Any] = {"x": x, "y": y, "width": right - x, "height": bottom - y, "rotation": 0}
            value["rectanglelabels"] = [rng.choice(LABELS)]
            told: dict[str, Any] = {"id": f"r{place}", "type": "rectanglelabels", "value": value, "origin": "manual"}
            told |= {"to_name": "image", "from_name": "label", "image_rotation": 0, **size}
            if rng.random() < odd:
                changes: list[dict[str, Any]] = [{"id": "r0"}, {"id": 3}, {"id": " r "}, {"score": 0.5}]
                changes += [{"origin": "prediction"}, {"image_rotation": 90}, {"type": "rectangle"}, {"parentID": "r0"}]
                changes += [{"original_width": 99}] if rng.random() < 0.1 else []
                told |= rng.choice(changes)
                value |= rng.choice([{}, {"rotation": 30}, {"rectanglelabels": ["a", "b"]}, {"text": ["t"]}, {"x": 1}])
            results.append(told)
        annotation: dict[str, Any] = {"id": name, "result": results}
        annotation |= {"completed_by": 3, "updated_at": "2024-01-02T03:04:05.1234567Z"} if rng.random() < 0.5 else {}
        task: dict[str, Any] = {"id": name, "data": {"image": f"/data/local-files/?d=x/{name}.png"}}
        task |= {"annotations": [annotation], "predictions": []}
        if rng.random() < odd:
            pages = {"data": {"image": f"y{name}.png", "pages": ["1.png"]}}
            task |= rng.choice([{"meta": size}, {"data": {"t": "x"}}, pages])
            task |= rng.choice([{}, {"annotations": [annotation, annotation]}, {"predictions": [annotation]}])
            annotation |= rng.choice([{}, {"was_cancelled": True}, {"lead_time": 3.5}])
        tasks.append(task)
    path = folder / "x.json"
    path.write_text(json.dumps(tasks))
    return path


FORMATS: dict[str, tuple[Any, Callable[[Path, random.Random, float], Path]]] = {
    "yolo": (data_set, yolo),
    "cvat": (cvat, cvat_xml),
    "label-studio": (exports, label_studio),
}


def read(path: Path, format: str) -> list[Any]:
    """Return all that is told of the cases of a file, and the error that ends it."""
    told: list[Any] = []
    try:
        for each in annoconv.read([path], format=format):
            case = strict_json.dumps(each.case.model_dump(warnings=False))
            told.append((case, [*map(str, each.losses)], [*map(str, each.findings)]))
    except AnnoconvError as error:
        told.append(str(error))
    return told


def one_by_one(some: Sequence[Any], *_: Any) -> Iterator[None]:
    return (None for _ in some)


def edit(path: Path) -> None:
    """Move the last box to the right, and leave the first one out."""
    if path.is_dir():
        path = max(path.glob("labels/**/*.txt"), key=lambda each: each.stat().st_size)
        first, *lines, last = path.read_text().splitlines()
        path.write_text("\n".join([first, *lines[1:], last.replace(" 0.", " 0.0", 1)]))
    elif path.suffix == ".xml":
        before, *boxes = path.read_text().split("<box ")
        path.write_text("<box ".join([before, *boxes[1:-1], boxes[-1].replace('xbr="', 'xbr="1')]))
    else:
        tasks = json.loads(path.read_text())
        shown = [task["annotations"][0]["result"] for task in tasks if task["annotations"][0]["result"]]
        shown[0].pop(0)
        shown[-1][-1]["value"]["width"] = 1.5
        path.write_text(json.dumps(tasks))


@pytest.mark.parametrize("odd", [0, 0.02, 0.2])
@pytest.mark.parametrize("format", FORMATS)
def test_boxes_mean_what_they_mean_one_by_one(format: str, odd: float, tmp_path: Path) -> None:
    module, made = FORMATS[format]
    rng = random.Random(f"{format} {odd}")
    found = 0
    for place in range(3):
        folder = tmp_path / str(place)
        folder.mkdir()
        source = made(folder / "set" if format == "yolo" else folder, rng, odd)
        target = folder / ("out" if format == "yolo" else f"out{source.suffix}")
        for path in (source, target, target):  # of other software; as it was written; edited since
            with patch.object(columns.Columns, "shapes", autospec=True, side_effect=columns.Columns.shapes) as shapes:
                together = read(path, format)
            assert odd or shapes.called is (found % 3 == 2)
            with patch.object(module, "boxes_of", one_by_one):
                assert together == read(path, format)
            if isinstance(together[-1], str):
                break
            found += 1
            if target.exists():
                edit(target)
            else:
                annoconv.write(annoconv.read([source], format=format), target, format=format)
    assert found > 3


@pytest.mark.parametrize(
    "sides", [("-1.7e308", "1.7e308"), ("inf", "inf"), ("1e400", "5"), ("1", "1e305"), ("nan", "5")]
)
def test_sides_that_no_picture_has_are_refused(sides: tuple[str, str], tmp_path: Path) -> None:
    """By a sentence alone: that numbers of this size cannot be subtracted is no warning for anybody."""
    left, right = sides
    box = f'<box label="A" source="manual" occluded="0" xtl="{left}" ytl="1" xbr="{right}" ybr="9" z_order="0"/>'
    path = tmp_path / "x.xml"
    path.write_text(f'<annotations><image id="0" name="a.png" width="64" height="48">{box}</image></annotations>')
    with pytest.raises(AnnoconvError, match=r"x\.xml: /image/0/box/0: box/@x(tl|br): this is no coordinate"):
        list(annoconv.read([path], format="cvat"))


@pytest.mark.parametrize(
    ("text", "expected"), [("1e9", r"numbers within 1e\+09"), ("inf", r"numbers within 1e\+09"), ("x", "a number")]
)
def test_a_number_too_far_away_is_told_the_bound(text: str, expected: str, tmp_path: Path) -> None:
    """It is a number; what the file may hold is what its author has to know."""
    box = f'<box label="A" source="manual" occluded="0" xtl="1" ytl="1" xbr="{text}" ybr="9" z_order="0"/>'
    path = tmp_path / "x.xml"
    path.write_text(f'<annotations><image id="0" name="a.png" width="64" height="48">{box}</image></annotations>')
    with pytest.raises(AnnoconvError, match=rf"this is no coordinate; found {text}; expected {expected}\. "):
        list(annoconv.read([path], format="cvat"))


@pytest.mark.parametrize("text", ["1_0", "\u0661\u0662", "\uff11"])
def test_only_digits_from_0_to_9_make_a_number(text: str, tmp_path: Path) -> None:
    """Python reads these as 10, 12 and 1; no program that writes annotations means that."""
    box = f'<box label="A" source="manual" occluded="0" xtl="1" ytl="1" xbr="{text}" ybr="9" z_order="0"/>'
    path = tmp_path / "x.xml"
    path.write_text(f'<annotations><image id="0" name="a.png" width="64" height="48">{box}</image></annotations>')
    with pytest.raises(AnnoconvError, match=rf"box/@xbr: this is no coordinate; found {text}; expected a number\. "):
        list(annoconv.read([path], format="cvat"))
    folder = tmp_path / "set"
    folder.mkdir()
    Image.new("L", (64, 48)).save(folder / "a.png")
    (folder / "classes.txt").write_text("\n".join(map(str, range(20))))
    for line in (f"{text} 0.5 0.5 0.25 0.25", f"1 0.{text} 0.5 0.25 0.25"):
        (folder / "a.txt").write_text(f"0 0.5 0.5 0.25 0.25\n{line}\n")
        with pytest.raises(AnnoconvError, match=r"a\.txt: line 2: this is no label; found"):
            list(annoconv.read([folder], format="yolo"))
