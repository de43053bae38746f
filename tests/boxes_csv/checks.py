"""Boxes in CSV: what is peculiar to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.errors import InputError
from tests.cases import make


def test_a_box_is_a_row(tmp_path: Path) -> None:
    case = read_case(make("radiograph", tmp_path).path)
    registry.write([case], tmp_path / "x.csv", format="boxes-csv")
    header, row = (tmp_path / "x.csv").read_text("utf-8").splitlines()
    assert header.startswith("schema_version,case_id,task_id,image_uid,modality,id,category,label_code,x_min,y_min")
    assert row == "1.0,,T,RADIOGRAPH_1,DX,B,lesion,NODULE,10.0,8.0,30.5,22.0"


def test_other_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="this is no table of boxes"):
        list(registry.read([tmp_path / "x.csv"], format="boxes-csv"))
