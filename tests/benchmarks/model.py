"""Measure the model: `python -m tests.benchmarks.model` prints a table of ratios.

100,000 mixed annotations in one document (about 38 MB, seed 7), all in one run, medians, CPU and wall. Peers:
a hand-written discriminated pydantic model (`hand_written.py`), stock `gen-pydantic` of the same LinkML model (array
unions mended, since it refuses a valid bbox), python-jsonschema. Then 1,000,000 JSON Lines through `annoconv validate`.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema

from annoconv.casefile import read_case
from annoconv.documents.collector import collector_paused
from annoconv.model import Case
from model.generator.__main__ import ROOT
from tests.benchmarks import hand_written

COUNT, SEED, RUNS = 100_000, 7, 5
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process between: Linux counts the memory of who starts a process among its own."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder))


def _measure(folder: Path) -> None:
    text = json.dumps(_document(COUNT)).encode()
    path = folder / "case.json"
    path.write_bytes(text)
    Case.model_validate_json(b'{"task_id":"T","image":{"uid":"1","modality":"CT"},"annotations":[],"metadata":{}}')
    names = ("pydantic", "pydantic-core", "linkml", "jsonschema", "jsonschema-rs", "jiter")
    print(f"{len(text) / 1e6:.1f} MB, {COUNT} annotations, seed {SEED}, Python {platform.python_version()},", end=" ")
    print(", ".join(f"{name} {version(name)}" for name in names))
    stock_case = _stock(folder).Case
    with collector_paused():
        typed = _median(lambda: Case.model_validate_json(text))
        by_hand = _median(lambda: hand_written.Case.model_validate_json(text))
        stock_paused = _median(stock_case.model_validate_json, text, runs=3)
    bare = _median(lambda: Case.model_validate_json(text))
    stock = _median(stock_case.model_validate_json, text, runs=3)
    read = _median(lambda: read_case(path))
    schema = json.loads((ROOT / "generated" / "annoconv_model" / "annoconv.schema.json").read_text("utf-8"))
    python = _median(lambda: next(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(text)), None), runs=1)
    command = _median(lambda: _validate(path), runs=3, children=True)
    print(f"{'what':<60}{'wall s':>8}{'CPU s':>8}{'ratio':>8}{'bound':>8}")
    _row("typed validation as the library does it (collector paused)", typed)
    _row("  hand-written discriminated pydantic, collector paused", by_hand, by_hand[1] / typed[1], 0.9)
    _row("  stock gen-pydantic as its users call it", stock, stock[1] / typed[1], 8)
    _row("  stock gen-pydantic, collector paused", stock_paused, stock_paused[1] / typed[1], 8)
    _row("bare model_validate_json, collector running", bare)
    _row("read_case, strict door included (speed of typed)", read, typed[1] / read[1], 0.4)
    _row("annoconv validate --schema-only, whole process", command)
    _row("  python-jsonschema, in the process", python, python[1] / command[1], 20)
    lines = folder / "cases.jsonl"
    line = json.dumps(_document(1)).encode() + b"\n"
    with lines.open("wb") as stream:
        for _ in range(1000):
            stream.write(line * 1000)
    started = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", _PEAK, *_command(lines)], check=True, capture_output=True, text=True)
    seconds, peak = time.perf_counter() - started, int(told.stdout) / 1024
    print(f"1,000,000 JSON Lines validated in {seconds:.0f} s, peak of the process {peak:.0f} MB")


def _row(what: str, times: tuple[float, float], ratio: float | None = None, bound: float | None = None) -> None:
    told = "" if ratio is None else f"{ratio:8.2f}{bound:8.1f}"
    print(f"{what:<60}{times[0]:8.2f}{times[1]:8.2f}{told}")


def _median(call: Callable[..., Any], *arguments: Any, runs: int = RUNS, children: bool = False) -> tuple[float, float]:
    """Return the medians of wall and CPU seconds; with `children`, the CPU of processes that were started."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    walls, cpus = [], []
    for _ in range(runs):
        wall, before = time.perf_counter(), resource.getrusage(who)
        call(*arguments)
        after = resource.getrusage(who)
        walls.append(time.perf_counter() - wall)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(walls), statistics.median(cpus)


def _validate(path: Path) -> None:
    subprocess.run(_command(path), check=True)


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "annoconv", "validate", str(path), "--schema-only", "--quiet"]


def _stock(folder: Path) -> ModuleType:
    """Return the module that stock gen-pydantic makes of our model."""
    from linkml.generators.pydanticgen import PydanticGenerator

    text = PydanticGenerator(str(ROOT / "model" / "annoconv.yaml")).serialize()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("    bbox: "):
            lines[number] = "    bbox: list[float] = Field(" + line.split("Field(", 1)[1]
        if line.startswith("    attributes: "):
            said = line.split("Field(", 1)[1]
            lines[number] = "    attributes: Optional[dict[str, Any]] = Field(" + said
    path = folder / "stock_models.py"
    path.write_text("\n".join(lines), "utf-8")
    spec = importlib.util.spec_from_file_location("stock_models", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stock_models"] = module
    spec.loader.exec_module(module)
    return module


def _document(count: int) -> dict[str, Any]:
    chance = random.Random(SEED)
    return {
        "schema_version": "1.0",
        "task_id": "TASK_BENCH",
        "image": {
            "uid": "1.2.840.99999.1",
            "modality": "CT",
            "shape": [512, 512, 320],
            "spacing": [0.7, 0.7, 1.0],
            "origin": [-158.0, -158.0, -240.0],
            "direction": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        },
        "annotations": [_annotation(number, chance) for number in range(count)],
        "metadata": {"annotator": "A1", "reviewer": "R1", "version": "v1.0"},
    }


def _annotation(number: int, chance: random.Random) -> dict[str, Any]:
    kind = ("mask", "bbox", "polygon", "point", "attribute")[number % 5]
    one: dict[str, Any] = {
        "id": f"ANNOTATION_{number:07d}",
        "category": "lesion",
        "label_code": "PNEUMONIA_GGO",
        "type": kind,
        "attributes": {"lesion_type": "GGO", "shape": "irregular", "diameter_mm": round(chance.uniform(3, 40), 2)},
        "cross_modal_links": [f"LINK_{number}"],
        "confidence": round(chance.random(), 4),
        "algorithm_type": "automatic_confirmed",
        "annotator": "A1",
        "annotated_at": "2026-01-08T09:00:00+08:00",
    }
    if kind == "mask":
        one |= {"mask_file": f"masks/{number}.nii.gz", "mask_value": 1}
    elif kind == "bbox":
        one |= {"bbox": [round(chance.uniform(0, 512), 3) for _ in range(4)], "slice_index": number % 320}
    elif kind == "polygon":
        vertices = [[round(chance.uniform(0, 512), 3), round(chance.uniform(0, 512), 3)] for _ in range(8)]
        one |= {"polygon": vertices, "slice_index": number % 320}
    elif kind == "point":
        one |= {"point": [round(chance.uniform(0, 512), 3) for _ in range(3)]}
    return one


if __name__ == "__main__":
    main()
