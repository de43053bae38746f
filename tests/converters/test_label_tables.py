"""Tables of labels by other programs: what a row is, is told by the row; one that is none is refused by its line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from annoconv_converters._volumes.label_tables import read_table
from annoconv_converters._volumes.labels import Entry

from annoconv import registry
from annoconv.errors import MaskError
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti


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


def test_values_that_a_data_set_does_not_tell_of_are_classes_by_their_number(tmp_path: Path) -> None:
    labels_kji = np.zeros((4, 5, 6), np.uint8)
    labels_kji[1, 1, :3] = [1, 3, 7]
    (tmp_path / "labelsTr").mkdir()
    save_nifti(tmp_path / "labelsTr" / "c_1.nii.gz", labels_kji, Grid((6, 5, 4), np.diag([1.0, 1.0, 2.0, 1.0])))
    described = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "one": 1}, "file_ending": ".nii.gz"}
    (tmp_path / "dataset.json").write_text(json.dumps({**described, "numTraining": 1}), "utf-8")
    (read,) = registry.read([tmp_path], format="nifti", layout="nnunet")
    values = {one.label_code: one.mask_value for one in read.case.annotations}
    assert values == {"one": 1, "LABEL_3": 3, "LABEL_7": 7}
    assert {identity: int(mask.read().sum()) for identity, mask in read.masks.items()} == dict.fromkeys(values, 1)
