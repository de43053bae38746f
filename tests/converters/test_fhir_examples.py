"""HL7's own examples of the resources that are read, R5 and R4B: what is lost of each stands in a committed table."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from annoconv import registry
from annoconv.errors import InputError
from tests.foreign import fhir
from tests.test_foreign import GOLDEN, judge

if TYPE_CHECKING:
    from tests.foreign import Foreign

TABLE = GOLDEN / "fhir-examples.txt"
TYPES = ("ImagingStudy", "ImagingSelection", "Observation", "DiagnosticReport", "DocumentReference")


def refusal(file: Foreign) -> str:
    """Return the name of the error where an example holds nothing that a case is made of; the table says which."""
    try:
        list(registry.read(file.sources, format="fhir"))
    except InputError as error:
        return type(error).__name__ if "there is nothing here that a case holds" in str(error) else ""
    return ""


def examples(release: str) -> list[Foreign]:
    """Return HL7's examples of a release, or skip the test (fail it in CI)."""
    folder = Path(os.environ.get("ANNOCONV_NODE_MODULES", "")) / f"hl7.fhir.{release}.examples"
    if not folder.is_dir():
        missing = f"npm install hl7.fhir.{release}.examples, and set ANNOCONV_NODE_MODULES"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    paths = [path for type_ in TYPES for path in sorted(folder.glob(f"{type_}-*.json"))]
    return [fhir.foreign(path, f"{release}/{path.stem}") for path in paths]


@pytest.mark.parametrize("release", ["r5", "r4b"])
def test_what_is_lost_of_examples_is_what_the_table_says(
    release: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lines: list[str] = []
    for file in examples(release):
        folder = tmp_path / file.sources[0].stem
        folder.mkdir()
        lines += judge(fhir, replace(file, refused=refusal(file)), folder)
    table = TABLE.read_text("utf-8").splitlines() if TABLE.exists() else []
    if request.config.getoption("--accept-losses"):
        kept = [line for line in table if not line.startswith(f"{release}/")]
        TABLE.write_text("\n".join(sorted([*kept, *lines])) + "\n", "utf-8")
        return
    assert sorted(lines) == [line for line in table if line.startswith(f"{release}/")]
