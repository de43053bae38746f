"""Tables of labels by other programs: what a row is, is told by the row; one that is none is refused by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.labels import Entry

from annoconv.errors import MaskError


def table(folder: Path, text: str) -> dict[str | int, Entry]:
    (folder / "labels.txt").write_text(text, "utf-8")
    return read_table(folder / "labels.txt")


def test_labels_of_itk_snap_without_its_comment_are_not_taken_for_a_color_table(tmp_path: Path) -> None:
    read = table(tmp_path, '#####\n1 97 23 22 1 1 1 "TMv - 1"\n2 124 100 148 0.5 1 0 SSp-m6b\n')
    assert read == {1: Entry(1, "TMv - 1", (97, 23, 22)), 2: Entry(2, "SSp-m6b", (124, 100, 148))}


def test_names_of_freesurfer_keep_their_underscores_and_those_of_slicer_have_blanks(tmp_path: Path) -> None:
    assert table(tmp_path, "1 L_V1 1 2 3 128\n")[1].name == "L_V1"
    assert table(tmp_path, "# Color table file\n0 Background 0 0 0 0\n1 Left_lung 1 2 3 255\n")[1].name == "Left lung"


@pytest.mark.parametrize(
    "row",
    [
        "2 Left lung 1 2 3 100",
        "2 Lung 1 2",
        "2 Lung 1 2 300 255",
        '2 124 100 148 1 1 "mesh is missing"',
        "1 Spleen 1 2 3 255",
    ],
)
def test_a_row_that_is_none_or_says_otherwise_is_refused_by_its_line(row: str, tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"line 2"):
        table(tmp_path, f"1 Liver 1 2 3 255\n{row}\n")
