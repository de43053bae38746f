"""Where the CPU time of one `to-dicom-seg` goes: `python -m tests.benchmarks.dicom_seg_parts CASE SERIES [--runs 5]`.

The command's own functions are timed in a process like the command's; medians. What is imported is timed where it is
imported first, so that later parts have what they share with earlier ones for nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_CHILD: Final = """
import json, sys, time
from pathlib import Path
parts, last = {"the interpreter": time.process_time()}, time.process_time()

def part(name):
    global last
    now = time.process_time()
    parts[name], last = now - last, now

import pydantic, numpy
part("pydantic, numpy")
import annoconv.model
part("the classes of the model")
import pydicom.dataset
part("pydicom, with its codecs")
import annoconv.cli.command, annoconv.registry, typer.main
part("the command line, typer")
from annoconv_converters.dicom_seg.writing import cases
import annoconv_converters.dicom_seg.arrays, annoconv_converters.readers.dicom, annoconv_converters.readers.volumes
part("the converter and the readers of images")
from annoconv.casefile import read_case
from annoconv.model import Case
loaded = read_case(Path(sys.argv[1]))
part("the case, and the validators that it needs")
from annoconv.limits import Limits
sources = cases.scan_series([Path(sys.argv[2])], Limits(), allow_gaps=False)
grids = [each.grid for each in sources]
part("the headers of the series")
from annoconv.registry import Context
import annoconv.volumes.nifti
part("what reads NIfTI")
for mask in loaded.masks.values():
    kept = mask.volume.read()
    break
part("the label map")
from annoconv_converters.dicom_seg.kinds import Settings
settings = Settings()
context, target = Context(), Path(sys.argv[3])
with cases._prepared(loaded, sources, context, settings) as made:
    part("frames, header, functional groups")
    losses = list(cases._finish(loaded.case, 0, made, context, {}, plain=False))
    part("what is read back of the header, losses, the private block")
    for each in made:
        cases.write_part(each, target)
    part("UIDs and the file")
print(json.dumps(parts))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", type=Path)
    parser.add_argument("series", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    found: dict[str, list[float]] = {}
    for _ in range(asked.runs + 1):  # the first one warms the files
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", _CHILD, str(asked.case), str(asked.series), f"{folder}/o.dcm"]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for name, seconds in json.loads(told).items():
            found.setdefault(name, []).append(seconds)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in found.items()}
    print("| part | CPU s | share |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.3f} | {seconds / sum(medians.values()):.0%} |")
    print(f"| together | {sum(medians.values()):.2f} | |")


if __name__ == "__main__":
    main()
