"""Hostile COCO files: each a clear error within 2 s and 256 MB; large ones in bounded memory."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annoconv_converters.coco.bulk import load, validate

import annoconv
from annoconv import registry
from annoconv.casefile import read_case, write_cases
from annoconv.errors import AnnoconvError, DocumentError, InputError, LimitError
from tests.cases import make

SECONDS, MEGABYTES = 2.0, 256
RUN = """
import resource, sys, time
import annoconv_converters.coco, annoconv_converters.geojson, annoconv_converters.cvat, annoconv_converters.labelme
import annoconv_converters.label_studio, annoconv_converters.yolo, annoconv_converters.pascal_voc, numpy, scipy, nibabel
from pathlib import Path
from annoconv import registry
from annoconv.casefile import write_cases
from annoconv.errors import AnnoconvError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before, start = peak(), time.process_time()
try:
    write_cases(registry.read([Path(sys.argv[2])], format=sys.argv[1]), Path(sys.argv[3]))
    print("accepted")
except AnnoconvError as error:
    print(type(error).__name__, error)
print(peak() - before, time.process_time() - start)
"""


def bound(format_name: str, path: Path, target: Path) -> str:
    """Read a file in a process of its own; return what is said, having checked time and memory."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, format_name, str(path), str(target)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said, measured = done.stdout.strip().rsplit("\n", 1)
    megabytes, seconds = map(float, measured.split())
    assert megabytes < MEGABYTES
    assert seconds < SECONDS
    return said


def of(annotation: dict[str, Any], width: Any = 10, height: Any = 8) -> str:
    whole = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, **annotation}
    image = {"id": 1, "width": width, "height": height, "file_name": "a.png"}
    return json.dumps({"images": [image], "annotations": [whole], "categories": [{"id": 1, "name": "x"}]})


def rle(size: Any, counts: Any) -> dict[str, Any]:
    return {"segmentation": {"size": size, "counts": counts}}


ZIGZAG = list(itertools.chain(*((9e6 * (place % 2), place) for place in range(2000))))
HUGE = [100_000, 100_000]
HOSTILE: dict[str, tuple[str, str]] = {
    "size against a short string": (of(rle(HUGE, "5"), *HUGE), "do not sum"),
    "a mask of ten thousand million pixels": (of(rle(HUGE, [0, 10**10]), *HUGE), "too large"),
    "a vertex at 1e9": (of({"segmentation": [[0, 0, 1e9, 0, 1e9, 1e9]]}), "beyond every image"),
    "a boundary without end": (of({"segmentation": [ZIGZAG, [0, 0, 1, 0, 1, 1]]}), "too long"),
    "rings without end": (
        of({"segmentation": [[0, 0, 16000, 0, 16000, 16000, 0, 16000]] * 2000}, 16384, 16384),
        "too long",
    ),
    "counts that do not sum": (of(rle([8, 10], [5, 5, 5])), "do not sum"),
    "negative counts": (of(rle([8, 10], [-5, 85])), "a whole number from 0"),
    # [10, -5, 75] and [10, 5, 70, -5], the last as a difference to the count before the last
    "a negative count in a string": (of(rle([8, 10], ":K[2")), "no run length; found -5"),
    "a difference to below zero in a string": (of(rle([8, 10], ":5V2F")), "no run length; found -5"),
    "counts beyond 64 bits": (of(rle([8, 10], [10**30])), "a whole number from 0"),
    "counts of texts": (of(rle([8, 10], ["80"])), "a whole number from 0"),
    "a string that ends early": (of(rle([8, 10], "no")), "is cut off"),
    "a string of other characters": (of(rle([8, 10], "\u00e9")), "ASCII"),
    "NaN": (of({"bbox": [0, 0, 1, 1]}).replace("[0, 0, 1, 1]", "[NaN, 0, 1, 1]"), "not JSON"),
    "1e999": (of({"bbox": [0, 0, 1, 1]}).replace("[0, 0, 1, 1]", "[1e999, 0, 1, 1]"), "too large"),
    "an odd polygon": (of({"segmentation": [[0, 0, 1, 0, 1]]}), "odd number"),
    "a polygon of two vertices": (of({"segmentation": [[0, 0, 1, 0]]}), "three vertices"),
    "a flat polygon": (of({"segmentation": [0, 0, 1, 0, 1, 1]}), "list of numbers"),
    "a mask of another size": (of(rle([10, 8], [80])), "not of the image's size"),
    "a box of three": (of({"bbox": [1, 2, 3]}), "x, y, width and height"),
    "a box inside out": (of({"bbox": [1, 2, -3, 4]}), "x, y, width and height"),
    "an image without width": (of({}, 0), "height and a width"),
    "an image as wide as true": (of({}, True), "height and a width"),
    "a file name of 20 MB": (of({}).replace("a.png", "a" * 20_000_000), "file name is too long"),
    "nesting": ('{"images":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    "keys twice": ('{"images":[],"images":[],"annotations":[]}', "stands twice"),
    "a comma that is not there": (of({}).replace('"width"', '"id" "width"'), "not JSON"),
    "members that are no objects": ('{"images":[],"annotations":[1,2]}', "no array of objects"),
    "a truncated file": (of({})[:-40], "not JSON"),
    "something behind the end": (of({}) + "x", "not JSON"),
    "a number": ("5", "neither a COCO object"),
    "an object of something else": ("{}", "list of images"),
    "images that are an object": ('{"images": {"1": {}}, "annotations": []}', "list of images"),
    "annotations of null": ('{"images": [], "annotations": null}', "list of annotations"),
    "categories that are an object": (of({}).replace('[{"id": 1, "name": "x"}]', '{"1": "x"}'), "list of categories"),
    "nothing": ("", "the file is empty"),
    "an annotation of no image": (of({}).replace('"image_id": 1', '"image_id": 2'), "breaks the rules"),
    "an id that stands twice": (
        of({}).replace('"images": [', '"images": [{"id": 1, "width": 1, "height": 1}, '),
        "rules",
    ),
    "a visibility of 9": (of({"keypoints": [1, 2, 9]}), "visibility"),
    "a carrier that is none": (
        of({}).replace(
            '"file_name"', '"annoconv": {"case": "0", "residual": {"values": [[["image"], 5]]}}, "file_name"'
        ),
        "annoconv",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    text, expected = HOSTILE[name]
    (tmp_path / "x.json").write_text(text, "utf-8")
    with pytest.raises((InputError, LimitError)) as refusal:
        write_cases(registry.read([tmp_path / "x.json"], format="coco"), tmp_path / "out")
    assert expected in str(refusal.value)
    assert "x.json" in str(refusal.value)
    assert not (tmp_path / "out").exists()


WORST = ("size against a short string", "a mask of ten thousand million pixels", "a boundary without end")


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
@pytest.mark.parametrize("name", [*WORST, "a file name of 20 MB", "nesting", "a vertex at 1e9", "rings without end"])
def test_within_two_seconds_and_256_megabytes(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(HOSTILE[name][0], "utf-8")
    assert "Error" in bound("coco", tmp_path / "x.json", tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_what_is_many_is_read_in_time(tmp_path: Path) -> None:
    """Ten thousand categories of one name, fifty thousand rings of one mask."""
    categories = [{"id": number, "name": "same"} for number in range(1, 10_000)]
    square = {"segmentation": [[0, 0, 5, 0, 5, 5]] * 50_000}
    for place, text in enumerate((of({}).replace('[{"id": 1, "name": "x"}]', json.dumps(categories)), of(square))):
        (tmp_path / "x.json").write_text(text, "utf-8")
        assert bound("coco", tmp_path / "x.json", tmp_path / f"out{place}") == "accepted"


def test_a_slice_far_away_is_refused_before_its_volume_is_drawn(tmp_path: Path) -> None:
    image = {"id": 1, "width": 512, "height": 512, "file_name": "a_k999999.png"}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, **rle([512, 512], [10, 20, 512 * 512 - 30])}
    (tmp_path / "x.json").write_text(json.dumps({"images": [image], "annotations": [annotation], "categories": []}))
    assert "LimitError" in bound("coco", tmp_path / "x.json", tmp_path / "out")


def test_slices_that_claim_a_huge_volume_draw_nothing(tmp_path: Path) -> None:
    images = [{"id": i, "width": 100_000, "height": 100_000, "file_name": f"a_k{i:06d}.png"} for i in (1, 900_000)]
    annotation = {"id": 1, "image_id": 1, "category_id": 1, **rle(HUGE, [10**10])}
    document = {"images": images, "annotations": [annotation], "categories": []}
    (tmp_path / "x.json").write_text(json.dumps(document))
    said = bound("coco", tmp_path / "x.json", tmp_path / "out")
    assert "LimitError" in said


@pytest.mark.parametrize("seed", range(60))
def test_bytes_that_were_changed_never_end_the_process(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    text = bytearray(
        of({"segmentation": {"size": [8, 10], "counts": "0d0Tb0"}, "area": 3, "keypoints": [1, 2, 2]}), "utf-8"
    )
    for place in rng.integers(0, len(text), 3):
        text[place] = rng.choice(list(b'0123456789{}[],:"\\ -eE.x'))
    (tmp_path / "x.json").write_bytes(bytes(text))
    try:
        write_cases(registry.read([tmp_path / "x.json"], format="coco"), tmp_path / "out")
    except AnnoconvError:
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["every_geometry", "label_map"])
def test_a_value_of_another_kind_anywhere_is_read_or_refused(name: str, tmp_path: Path) -> None:
    options = {"kind": "panoptic"} if name == "label_map" else {}
    registry.write([read_case(make(name, tmp_path).path)], tmp_path / "x.json", format="coco", **options)
    path = tmp_path / "x.json"
    whole = json.loads(path.read_text("utf-8"))
    count = sum(1 for _ in members(whole))
    for number in range(count):
        edited = copy.deepcopy(whole)
        owner, key = next(itertools.islice(members(edited), number, None))
        owner[key] = "\0" if isinstance(owner[key], list) else []
        path.write_text(json.dumps(edited), "utf-8")
        try:
            list(registry.read([path], format="coco"))
        except AnnoconvError:
            continue


def members(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each list or object of a document with each of its places; of a list only the first two."""
    keys = list(value) if isinstance(value, dict) else range(min(2, len(value))) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from members(value[key])


def test_a_panoptic_map_that_is_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.png").write_bytes(png)
    image = {"id": 1, "width": 10, "height": 8, "file_name": "a.jpg"}
    annotation = {"image_id": 1, "file_name": "a.png", "segments_info": []}
    (tmp_path / "x.json").write_text(json.dumps({"images": [image], "annotations": [annotation], "categories": []}))
    with pytest.raises(InputError, match=r"another size|cannot be read"):
        list(registry.read([tmp_path / "x.json"], format="coco"))
    annotation["file_name"] = "../../../etc/passwd"
    (tmp_path / "x.json").write_text(json.dumps({"images": [image], "annotations": [annotation], "categories": []}))
    with pytest.raises(InputError, match="out of its folder"):
        list(registry.read([tmp_path / "x.json"], format="coco"))


# --- large files ---


def large(path: Path, count: int, images: int = 50) -> Path:
    rng = np.random.default_rng(3)
    records = [
        {
            "segmentation": [[10, 10, 20 + i % 7, 10, 20, 20 + i % 5]],
            "area": 50.5,
            "iscrowd": i % 2,
            "image_id": int(rng.integers(1, images + 1)),
            "bbox": [1.5, 2, 3, 4],
            "category_id": 3,
            "id": i,
            "text": 'a "quoted" \\ and ]}',
        }
        for i in range(1, count + 1)
    ]
    whole = {
        "info": {"a": "[{"},
        "categories": [{"id": 3, "name": "c"}],
        "images": [{"id": i, "width": 64, "height": 64, "file_name": f"{i}.jpg"} for i in range(1, images + 1)],
        "annotations": records,
    }
    path.write_text(json.dumps(whole), "utf-8")
    return path


def test_a_table_holds_what_the_file_says(tmp_path: Path) -> None:
    path = large(tmp_path / "x.json", 40_000)  # several buffers
    table, whole = load(path), json.loads(path.read_text())
    records = whole["annotations"]
    assert len(table) == 40_000
    assert table.ids.tolist() == [each["id"] for each in records]
    assert table.annotation_image_ids.tolist() == [each["image_id"] for each in records]
    assert table.is_crowd.tolist() == [bool(each["iscrowd"]) for each in records]
    assert table.boxes[5].tolist() == [1.5, 2, 3, 4]
    assert table.beside == {
        "info": {"a": "[{"},
        "categories": [{"id": 3, "name": "c"}],
        "images": [],
        "annotations": [],
    }
    assert table.of_image(7).tolist() == [place for place, each in enumerate(records) if each["image_id"] == 7]
    assert table.of_image(1000).tolist() == []
    assert table.record(39_999) == records[-1]


def test_a_table_without_msgspec_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = large(tmp_path / "x.json", 500)
    with_it = load(path)
    monkeypatch.setattr("annoconv_converters.coco.bulk.find_spec", lambda _: None)
    without = load(path)
    for name in ("ids", "annotation_image_ids", "category_ids", "is_crowd", "areas", "boxes", "places"):
        np.testing.assert_array_equal(getattr(with_it, name), getattr(without, name))


def test_a_table_of_what_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(of({}).replace('"iscrowd": 0', '"x": ' + '{"a":' * 9999 + "1" + "}" * 9999))
    with pytest.raises(LimitError):
        load(tmp_path / "x.json")


@pytest.mark.parametrize("has_msgspec", [True, False])
def test_a_table_of_what_is_no_coco_is_refused(
    has_msgspec: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_msgspec:
        monkeypatch.setattr("annoconv_converters.coco.bulk.find_spec", lambda _: None)
    (tmp_path / "x.json").write_text(of({}).replace('"image_id": 1', '"image_id": "one"'))
    with pytest.raises(DocumentError):
        load(tmp_path / "x.json")


def test_validation_finds_what_is_wrong(tmp_path: Path) -> None:
    path = large(tmp_path / "x.json", 200)
    whole = json.loads(path.read_text())
    assert {each.rule for each in validate(path)} == {"coco.box", "coco.area"}
    whole["annotations"][0]["id"] = 2
    whole["annotations"][5]["image_id"] = 999
    whole["annotations"][6]["segmentation"] = [[1, 2, 3]]
    path.write_text(json.dumps(whole))
    rules = [each.rule for each in validate(path) if each.rule not in {"coco.box", "coco.area"}]
    assert rules == ["coco.duplicate", "coco.dangling", "coco.geometry"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_file_that_is_cut_off_says_so(share: float, tmp_path: Path) -> None:
    records = [{"id": n, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(1, 60)]
    images = [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}]
    text = json.dumps({"images": images, "categories": [{"id": 1, "name": "x"}], "annotations": records})
    path = tmp_path / "cut.json"
    path.write_text(text[: int(len(text) * share)])
    with pytest.raises(annoconv.DocumentError, match="the text ends in the middle of annotations"):
        list(annoconv.read([path], format="coco"))


def test_a_record_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    record = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "attributes": {"a": "y" * 3_000}}
    images = [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}]
    path = tmp_path / "long.json"
    path.write_text(json.dumps({"images": images, "categories": [], "annotations": [record]}))
    context = annoconv.Context(limits=annoconv.Limits(line_bytes=2_000))
    with pytest.raises(annoconv.LimitError, match="a record is too large") as caught:
        list(annoconv.read([path], format="coco", context=context))
    assert caught.value.limit == "line_bytes"


def test_depth_is_a_limit_that_nothing_raises(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"images": [], "annotations": [{"attributes": ' + "[" * 300 + "]" * 300 + "}]}")
    with pytest.raises(annoconv.LimitError, match="save the file with fewer levels"):
        list(annoconv.read([path], format="coco"))
