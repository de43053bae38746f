"""Reads damaged files in a process of its own: `python -m tests.soak.reader FORMAT SEED COUNT FILE...`.

A line for each file that did something else than be read or be refused by an `AnnoconvError`. The seed at work stands
in a file, so that the one that killed the process is known.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
import traceback
import warnings
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from annoconv_converters._pictures.carrier import SIDE_SUFFIX

from annoconv import images, registry, rules
from annoconv.casefile import read_case
from annoconv.errors import AnnoconvError
from annoconv.registry import Context
from tests.soak.mutations import damaged

ALLOWED = 256 << 20
"""Bytes of memory above what the imports need, and seconds of CPU, that refusing a file may take."""
ALLOWED_S = 2
OPTIONS: dict[str, dict[str, Any]] = {
    "geojson": {"height": 100},
    "label-studio": {"predictions": True},
    "labelme": {"instances": True},
    "pascal-voc": {"zero_based": True},
}
"""What every second file is read with."""
CONTEXT = Context(task="T", timestamp=datetime(2026, 1, 1, tzinfo=UTC), timezone=timezone(timedelta(hours=8)))


def main() -> None:
    format_name, seed, count, folder, *sources = sys.argv[1:]
    warnings.simplefilter("ignore")
    with suppress(AnnoconvError):
        read(format_name, [Path(sources[0])])  # what is imported lazily is there before memory is bounded
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30,) * 2)
    used = peak()
    slowest, most, understood = 0.0, 0, 0
    for number in range(int(seed), int(seed) + int(count)):
        Path(folder, "seed").write_text(str(number))
        source = Path(sources[number % len(sources)])
        place = Path(folder, "work")
        shutil.rmtree(place, ignore_errors=True)
        path = damage(source, place, number)
        before = time.process_time()
        try:
            read(format_name, [path])
            understood += 1
        except AnnoconvError:
            pass
        except BaseException as error:
            place_of = traceback.extract_tb(error.__traceback__)[-1]
            ours = [each for each in traceback.extract_tb(error.__traceback__) if "annoconv" in each.filename]
            last = ours[-1] if ours else place_of
            where = f"{Path(last.filename).name}:{last.lineno}"
            print(f"{type(error).__name__}\t{where}\t{error!s:.100}\t{number}\t{source}", flush=True)
        took = time.process_time() - before
        more = peak() - used
        if took > ALLOWED_S or more > ALLOWED:
            print(f"costly\t{took:.1f} s, {more >> 20} MB\t\t{number}\t{source}", flush=True)
        slowest, most = max(slowest, took), max(most, more)
    print(f"done\t{count}, {understood} of them read\tslowest {slowest:.2f} s CPU, {most >> 20} MB")


def peak() -> int:
    """Return the most memory held since the last call, in bytes."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def damage(source: Path, place: Path, seed: int) -> Path:
    """Write a damaged copy of a file, or of a folder of which one file is damaged; return its path.

    A file that has a side file is damaged beside it, or the side file is.
    """
    if source.is_file():
        place.mkdir(parents=True)
        side = source.with_suffix(SIDE_SUFFIX)
        told = seed // 7 % 3 if side.is_file() else 0
        for each in (source, side) if told else (source,):
            data = each.read_bytes()
            (place / each.name).write_bytes(damaged(data, seed) if each is (source, source, side)[told] else data)
        return place / source.name
    shutil.copytree(source, place)
    files = sorted(each for each in place.rglob("*") if each.is_file())
    one = files[seed // 7 % len(files)]
    one.write_bytes(damaged(one.read_bytes(), seed))
    return place


def read(format_name: str, sources: list[Path]) -> None:
    """Read everything that a source holds."""
    if format_name == "case":
        rules.check(read_case(sources[0]), profile="delivery")
        return
    if format_name == "images":
        source = images.open(sources[0])
        source.describe()
        source.read()
        return
    is_asked = sources[0].stat().st_size % 2 and (format_name != "geojson" or "cytomine" in sources[0].name)
    options = OPTIONS.get(format_name, {}) if is_asked else {}
    for reading in registry.read(sources, format=format_name, context=CONTEXT, **options):
        for mask in reading.masks.values():
            mask.read()


if __name__ == "__main__":
    main()
