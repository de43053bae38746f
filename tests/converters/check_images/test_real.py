"""What is found in real images: `tests/golden/images.txt`, a sentence for each."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from annoconv_converters.check_images import check_images

from tests.real_data import real

GOLDEN = Path(__file__).parents[2] / "golden" / "images.txt"


def expected() -> dict[str, list[tuple[str, str]]]:
    told: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in GOLDEN.read_text("utf-8").splitlines()[1:]:
        folder, source, rule, why = line.split(" | ")
        assert why.endswith("."), f"no sentence says why: {line}"
        told[folder] += [(source, rule)] if rule != "-" else []
    return told


@pytest.mark.parametrize("folder", expected())
def test_the_findings_on_real_images_are_the_expected_ones(folder: str) -> None:
    root = real(folder)
    found = []
    for source, finding in check_images([root]):
        below = source.absolute().relative_to(root.absolute()).as_posix()
        found.append((below, f"{finding.rule} {'/'.join(finding.path.split('/')[3:])}".strip()))
    assert found == expected()[folder]


def test_every_folder_of_real_dicom_images_is_expected() -> None:
    folders = {f"{group}/{each.name}" for group in ("dicom", "odd") for each in real(group).iterdir()}
    assert folders <= set(expected())
