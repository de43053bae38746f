"""Cost of FHIR R5 against fhir.resources: `python -m tests.benchmarks.fhir [--small]`.

The core in one process: resources of a case made and serialised, per Observation, against the same resources, as
dictionaries, validated by fhir.resources and dumped as JSON. A finding is an Observation with an ImagingSelection (a
box on one of 200 slices); the other case has Observations of a class and one attribute. Then whole commands, in
processes of their own: `to-fhir` and `from-fhir` of 10,000 and 100,000 findings. CPU time, the best of the runs; the
collector is off for both in the core.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from annoconv_converters.fhir.write import resources_of

from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.model import Case
from annoconv.registry import Context

SLICES: Final = 200
RUNS: Final = 5
CT: Final = "1.2.840.10008.5.1.4.1.1.2"


def box(number: int) -> dict[str, Any]:
    place = number % 400
    region = {"type": "bbox", "bbox": [place + 0.5, 10.25, place + 20.5, 40.75], "slice_index": number % SLICES}
    return {"id": f"N{number}", "category": "lesion", "label_code": "NODULE", **region}


def attribute(number: int) -> dict[str, Any]:
    told = {"type": "attribute", "attributes": {"shape": ("round", "oval", "irregular")[number % 3]}}
    return {"id": f"N{number}", "category": "lesion", "label_code": "NODULE", **told}


KINDS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "a finding with its region": box,
    "an Observation with one attribute": attribute,
}


def document(annotations: Iterable[dict[str, Any]]) -> dict[str, Any]:
    instances = [{"sop_instance_uid": f"1.2.3.4.{n}", "sop_class_uid": CT} for n in range(1, SLICES + 1)]
    return {
        "schema_version": "1.0",
        "task_id": "T",
        "case_id": "C",
        "image": {"uid": "1.2.3.4", "modality": "CT", "study_instance_uid": "1.2.3", "instances": instances},
        "annotations": list(annotations),
        "metadata": {"annotator": "A1", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}},
    }


def best(work: Callable[[], object], runs: int) -> float:
    """Return the least CPU time of some runs, s."""
    told: list[float] = []
    for _ in range(runs):
        gc.collect()
        gc.disable()
        start = time.process_time()
        work()
        told.append(time.process_time() - start)
        gc.enable()
    return min(told)


def core(make: Callable[[int], dict[str, Any]], count: int, runs: int) -> tuple[float, float]:
    """Return the time of ours and of fhir.resources for an Observation and what goes with it, s."""
    loaded = LoadedCase(strict_json.as_model(document(map(make, range(count))), Case))
    ours = best(lambda: strict_json.dumps(resources_of(loaded, Context())[0]), runs)
    text = strict_json.dumps(resources_of(loaded, Context())[0])
    told = [each for each in json.loads(text) if each["resourceType"] in {"Observation", "ImagingSelection"}]
    classes = {
        name: getattr(import_module(f"fhir.resources.{name.lower()}"), name)
        for name in {each["resourceType"] for each in told}
    }

    def theirs() -> None:
        for each in told:
            classes[each["resourceType"]].model_validate(each).model_dump_json()

    return ours / count, best(theirs, max(1, runs // 2)) / count


def command(*arguments: str) -> float:
    """Return the CPU time of a command, s."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "annoconv", *arguments], check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="A tenth of the size, one run.")
    is_small = parser.parse_args().small
    runs, count = (1, 200) if is_small else (RUNS, 2000)
    print(f"Python {platform.python_version()}, fhir.resources {version('fhir.resources')}, {count:,} of each\n")
    print("| core | annoconv, µs | fhir.resources, µs | times |\n|---|---|---|---|")
    for name, make in KINDS.items():
        ours, theirs = core(make, count, runs)
        print(f"| {name} | {ours * 1e6:.1f} | {theirs * 1e6:.0f} | {theirs / ours:.1f} |")
    sizes = (1_000, 10_000) if is_small else (10_000, 100_000)
    print("\n| whole command, CPU s | " + " | ".join(f"{size:,}" for size in sizes) + " | of ten times |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for release in ("R5", "R4B"):
            told: dict[str, list[float]] = {"to-fhir": [], "from-fhir": []}
            for size in sizes:
                case, out = Path(folder) / "case.json", Path(folder) / "out.json"
                case.write_bytes(strict_json.dumps(document(map(box, range(size)))))
                written = [
                    command("to-fhir", str(case), "-o", str(out), "--release", release, "--overwrite")
                    for _ in range(1 if is_small else 2)
                ]
                back = command("from-fhir", str(out), "-o", f"{folder}/back-{release}-{size}")
                told["to-fhir"].append(min(written))
                told["from-fhir"].append(back)
            for name, (few, many) in told.items():
                print(f"| {name} {release} | {few:.2f} | {many:.2f} | {many / few / 10:.2f} |")


if __name__ == "__main__":
    main()
