"""Foreign programs that judge what we write, found in one place: absent is a skip at home and a failure in CI.

CI is where the environment variable `CI` is set and not empty. Programs are looked for beside the running Python
(wheels bring some), then on the path.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

_ORIGIN = {
    "dciodvfy": "the Debian package dicom3tools",
    "dcmdump": "the Debian package dcmtk",
    "bids-validator-deno": "pip install bids-validator-deno",
    "dcmconv": "the Debian package dcmtk",
    "storescu": "the Debian package dcmtk",
    "Orthanc": "the Debian packages orthanc, orthanc-dicomweb and orthanc-gdcm",
    "chromium": "the Debian package chromium",
    "dsrdump": "the Debian package dcmtk",
    "tid1500reader": "pip install dcmqi",
    "java": "the Debian package libpixelmed-java",
    "datamodel-codegen": "pip install datamodel-code-generator",
    "segimage2itkimage": "pip install dcmqi",
    "itkimage2segimage": "pip install dcmqi",
}
_LONGEST_S = 300


def program(name: str) -> Path:
    """Return the path of a foreign program, or skip (fail in CI) the test that needs it."""
    found = _find(name)
    if found is None:
        missing = f"{name} is not installed ({_ORIGIN.get(name, 'unknown origin')})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a foreign program to its end, whatever it answers."""
    return subprocess.run(
        [program(name), *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_LONGEST_S,
        check=False,
    )


def dciodvfy_errors(path: Path) -> list[str]:
    """Return the errors that dicom3tools' validator finds in a DICOM file; warnings are left out."""
    answer = run("dciodvfy", "-new", path)
    return [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("Error")]


@cache
def _find(name: str) -> Path | None:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    return Path(found) if found else None


_JAVA = Path("/usr/share/java")
_JARS = ("pixelmed.jar", "commons-codec.jar", "vecmath.jar")
_XPATH = tuple(f"-Djdk.xml.xpath{name}Limit=0" for name in ("TotalOp", "ExprOp", "ExprGrp"))
"""Its style sheets are larger than Java allows by itself."""


def pixelmed(path: Path) -> list[str]:
    """Return what PixelMed's validator of structured reports says of a file, line by line."""
    jars = [_JAVA / name for name in _JARS]
    missing = [jar.name for jar in jars if not jar.exists()]
    if missing:
        told = f"{', '.join(missing)} not there (the Debian package libpixelmed-java)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    classes = ":".join(map(str, jars))
    answer = run("java", *_XPATH, "-cp", classes, "com.pixelmed.validate.DicomSRValidator", path)
    return (answer.stdout + answer.stderr).splitlines()
