"""What is large, or wrong a million times, is refused or told in time that grows as it does, and in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from annoconv.documents import strict_json
from annoconv.documents.normaliser import normalise
from annoconv.errors import DocumentError, LimitError
from annoconv.limits import Limits
from annoconv.messages import Message, shortened
from annoconv.model import Case
from tests.documents import c5, good

MEASURE = """
import sys, time
from pathlib import Path
from annoconv.cli import main

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) >> 10

def slowness():
    # How many times the 0.08 s of a quiet machine a fixed work takes just now.
    started = time.process_time()
    for _ in range(60):
        assert len({str(number): (number, number % 7) for number in range(5_000)}) == 5_000
    return max(1, (time.process_time() - started) / 0.08)

good, *command = sys.argv[1:]
main(["validate", good, "--quiet"])
main(["validate", good.replace("good", "bad"), "--quiet"])
slow, before, started = slowness(), peak(), time.process_time()
code = main(command)
seconds = time.process_time() - started
print(code, 2 * seconds / (slow + slowness()), peak() - before)
"""


def measured(tmp_path: Path, *command: object) -> tuple[int, float, int, str]:
    """Run a command in a process of its own; return its exit code, seconds of CPU and MiB above the imports.

    Seconds are those of a quiet machine: they are divided by how much slower a fixed work is at the same time, before
    and after, because two processes on one core of two threads take twice the CPU time each.
    """
    (tmp_path / "good.json").write_text(json.dumps(good()))
    (tmp_path / "bad.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "good.json"), *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )
    code, seconds, megabytes = done.stdout.splitlines()[-1].split()
    return int(code), float(seconds), int(megabytes), done.stderr


def with_annotations(*annotations: object) -> bytes:
    return json.dumps(c5() | {"annotations": list(annotations)}, separators=(",", ":")).encode()


BOX: dict[str, Any] = {"id": "x", "type": "bbox", "bbox": [1, 2, 3, 4], "category": "lesion", "label_code": "X"}
POLYGON: dict[str, Any] = {key: value for key, value in BOX.items() if key != "bbox"} | {"type": "polygon"}
HOSTILE: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "a polygon of 3 million points": (
        lambda: with_annotations(POLYGON | {"polygon": [[1, 2]] * 3_000_000}),
        4,
        "members=NUMBER",
    ),
    "300,000 points that are none": (
        lambda: with_annotations(POLYGON | {"polygon": [["", 2]] * 300_000}),
        1,
        "schema.type",
    ),
    "a million attributes": (
        lambda: with_annotations(BOX | {"attributes": {f"k{number}": 1 for number in range(1_000_000)}}),
        4,
        "keys=NUMBER",
    ),
    "90,000 unknown keys": (
        lambda: with_annotations(BOX | {f"k{number}": 1 for number in range(90_000)}),
        1,
        "90000 errors, 0 warnings",
    ),
    "deep nesting": (lambda: b"[" * 1_000_000, 4, "save the file with fewer levels"),
    "a key of a megabyte": (lambda: with_annotations(BOX | {"k" * 1_000_000: 1}), 1, "schema.unknown_key"),
    "a number of a million digits": (
        lambda: with_annotations(BOX | {"frame_index": 0}).replace(
            b'"frame_index":0', b'"frame_index":' + b"9" * 1_000_000
        ),
        1,
        "error",
    ),
}
SECONDS, MEGABYTES = 2, 256
"""What `docs/reference/limits.md` names: seconds of a quiet machine, and what is above the imports."""


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_too_much_is_refused_within_bounds(what: str, tmp_path: Path) -> None:
    make, expected, said = HOSTILE[what]
    (tmp_path / "c.json").write_bytes(make())
    code, seconds, megabytes, err = measured(tmp_path, "validate", tmp_path / "c.json")
    assert code == expected, err[-500:]
    assert said in err
    assert "internal error" not in err
    assert len(err) < 20_000
    assert seconds <= SECONDS
    assert megabytes <= MEGABYTES


def test_a_million_faults_are_told_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(with_annotations(*[{"t": 1}] * 1_000_000))
    code, seconds, megabytes, err = measured(tmp_path, "validate", tmp_path / "c.json")
    assert code == 1
    assert "in 1000000 places, of which 100000 are told" in err
    assert seconds <= 5
    assert megabytes <= 300, "of which the document takes 190"


def test_finding_what_to_tell_takes_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        errors = [{"type": "too_short", "loc": ("annotations", n, "bbox"), "input": []} for n in range(count)]
        started = time.process_time()
        assert len(normalise(errors, "pydantic", document={"annotations": [{"bbox": []}] * count})) == count
        return time.process_time() - started

    seconds(100)
    assert seconds(40_000) < 10 * 3 * seconds(4_000), "squares would be a hundred times"


def test_a_large_document_is_read_as_a_small_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    document = c5()
    document["annotations"] = [
        BOX | {"id": f"b{n}", "confidence": n / 2999, "bbox": [0.1, 0, n + 1.5, 2**53]} for n in range(1, 3000)
    ]
    document["texts"] = []
    data = strict_json.dumps(document)
    assert len(data) > 1 << 17
    whole = strict_json.parse(data, Case)
    assert whole == Case.model_validate_json(data)
    assert whole.model_fields_set == Case.model_validate_json(data).model_fields_set
    assert strict_json.dumps(whole) == strict_json.dumps(Case.model_validate_json(data))


def test_a_large_document_has_the_findings_of_a_small_one() -> None:
    faults = [{"t": 1}, BOX | {"zz": 1}, BOX | {"bbox": [1, 2]}, BOX | {"confidence": 2}, "", None, [], BOX]
    document: dict[str, Any] = c5() | {"annotations": faults, "unknown": 1, "links": [{}], "texts": {}}
    del document["metadata"]
    with pytest.raises(DocumentError) as small:
        strict_json.parse(strict_json.dumps(document), Case)
    document["annotations"] += [BOX] * 3000
    with pytest.raises(DocumentError) as large:
        strict_json.parse(strict_json.dumps(document), Case)
    assert large.value.findings == small.value.findings
    document["annotations"] += faults
    moved = {f"/annotations/{n}": f"/annotations/{n + 3008}" for n in range(8)}
    with pytest.raises(DocumentError) as both:
        strict_json.parse(strict_json.dumps(document), Case)
    paths = [each.path for each in small.value.findings]
    again = [moved[path[:14]] + path[14:] for path in paths if path.startswith("/annotations")]
    assert sorted(each.path for each in both.value.findings) == sorted(paths + again)
    for wrong in (b"[" + b"0," * 100_000 + b"0]", b'"' + b"x" * 200_000 + b'"'):
        with pytest.raises(DocumentError, match="in 1 place"):
            strict_json.parse(wrong, Case)


def test_a_bound_is_inclusive() -> None:
    data = with_annotations(BOX | {"attributes": dict.fromkeys("abc", 1)}, BOX, BOX, BOX, BOX)
    keys = max(len(BOX) + 1, len(c5()))
    assert strict_json.parse(data, Case, limits=Limits(keys=keys, members=4))
    for limits in (Limits(keys=keys - 1), Limits(members=3)):
        with pytest.raises(LimitError):
            strict_json.parse(data, Case, limits=limits)


def test_a_sentence_shows_the_ends_of_what_is_long() -> None:
    message = Message("found {value}", value="a" * 1000 + "z" * 1000)
    assert message == f"found {'a' * 300}...{'z' * 100}"
    assert len(str(shortened(10**10_000))) < 500
    assert len(str(shortened(list(range(10_000))))) < 500
    for short in (1, "x" * 500, 0.1, None, Path("/" + "x" * 900)):
        assert shortened(short) is short


def test_every_limit_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs/reference/limits.md").read_text()
    for field in fields(Limits):
        assert any(
            line.startswith(f"| `{field.name}` |") and line.endswith(f"| {field.default:,} |")
            for line in page.splitlines()
        ), field.name
