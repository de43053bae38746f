"""HL7's validator and a HAPI server, as `prepare.sh` puts them into the folder `ANNOCONV_FHIR_PEERS`.

The validator has no terminology server: `terminology.json` tells it the few media types and languages that are written
(IANA's registries), so that another one is an error.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests import peers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE: Final = Path(__file__).parent
_EXTENSIONS: Final = Path(__file__).parents[3] / "docs" / "formats" / "fhir-extensions.json"
_DEFINITIONS: Final = {
    "R5": ("5.0.0", "hl7.fhir.r5.core#5.0.0", "hl7.terminology.r5#7.0.1", "hl7.fhir.uv.extensions.r5#5.3.0-ballot-tc1"),
    "R4B": (
        *("4.3.0", "hl7.fhir.r4b.core#4.3.0"),
        *("hl7.terminology.r4#7.0.1", "hl7.fhir.uv.extensions.r4#5.3.0-ballot-tc1"),
    ),
}
_LONGEST_S: Final = 1800


class Said(NamedTuple):
    """A line of the validator: of a file, how bad, which message, where, in words."""

    file: str
    level: str
    message_id: str
    place: str
    words: str


def _java(*more: str) -> list[str]:
    folder = Path(os.environ.get("ANNOCONV_FHIR_PEERS", ""))
    if not (folder / "classpath").is_file():
        missing = f"{HERE.name}/prepare.sh FOLDER, and set ANNOCONV_FHIR_PEERS to it"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    classes = f"{folder / 'classes'}:{(folder / 'classpath').read_text('utf-8').strip()}"
    return [str(peers.program("java")), "-Xmx6g", f"-Duser.home={folder / 'home'}", "-cp", classes, *more]


def validated(release: str, files: Sequence[Path]) -> list[Said]:
    """Return what HL7's validator says of files: errors and warnings."""
    own = [str(_EXTENSIONS), str(HERE / "terminology.json")]
    command = _java("Validator", *_DEFINITIONS[release], "--", *own, "--", *map(str, files))
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_LONGEST_S, check=True)
    said = [Said(*line.split("\t")) for line in answer.stdout.splitlines()]
    return [each for each in said if each.level != "information"]


@contextmanager
def server(release: str) -> Iterator[int]:
    """Run a HAPI server with a database in memory; give its port on 127.0.0.1."""
    with subprocess.Popen(
        _java("Server", release),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(next(line for line in process.stdout if line.startswith("port ")).removeprefix("port "))
        process.stdin.close()
