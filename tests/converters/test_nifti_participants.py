"""Patients in BIDS: the table of participants and its description, as others read and write it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import Reading, read_case
from annoconv.documents import strict_json
from annoconv.loss import LossKind
from tests.cases import make

SUBJECT = {"sex": "female", "age": "061Y", "height": 1.62, "weight": 63.5}


def cases(folder: Path, *told: dict[str, Any]) -> list[Any]:
    loaded = []
    for number, each in enumerate(told):
        zoo = make("axial", folder / str(number))
        document = dict(strict_json.loads(zoo.path.read_bytes())) | {"case_id": f"C{number}"} | each
        zoo.path.write_bytes(strict_json.dumps(document))
        loaded.append(read_case(zoo.path))
    return loaded


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "participants.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def read(folder: Path) -> list[Reading]:
    return list(registry.read([folder], format="nifti"))


@pytest.mark.parametrize("plain", [False, True])
def test_pseudonym_and_subject_stand_in_the_table_and_come_back(plain: bool, tmp_path: Path) -> None:
    loaded = cases(tmp_path / "in", {"patient_id": "P_0042", "subject": SUBJECT}, {}, {"subject": {"sex": "unknown"}})
    report = registry.write(loaded, tmp_path / "out", format="nifti", layout="bids", plain=plain)
    nothing = dict.fromkeys(("patient_id", "sex", "age", "height", "weight"), "n/a")
    assert table(tmp_path / "out") == [
        {
            "participant_id": "sub-C0",
            "patient_id": "P_0042",
            "sex": "F",
            "age": "61",
            "height": "1.62",
            "weight": "63.5",
        },
        {"participant_id": "sub-C1", **nothing},
        {"participant_id": "sub-C2", **nothing},
    ]
    described = json.loads((tmp_path / "out" / "participants.json").read_bytes())
    assert {column: each.get("Units") for column, each in described.items()} == {
        "patient_id": None,
        "sex": None,
        "age": "year",
        "height": "m",
        "weight": "kg",
    }
    first, second, third = read(tmp_path / "out")
    assert strict_json.plain(first.case)["subject"] == SUBJECT
    assert first.case.patient_id == "P_0042"
    assert (second.case.patient_id, second.case.subject) == (None, None)
    assert [loss for each in (first, second, third) for loss in each.losses if loss.path != "/image/modality"] == []
    about = [loss for loss in report if loss.path.startswith(("/subject", "/patient_id"))]
    assert [(loss.case_index, loss.path) for loss in about] == [(2, "/subject/sex")]
    assert about[0].kind is (LossKind.NO_PLACE if plain else LossKind.CARRIED)


def test_no_table_is_written_of_patients_of_whom_nothing_is_known(tmp_path: Path) -> None:
    registry.write(cases(tmp_path / "in", {}), tmp_path / "out", format="nifti", layout="bids")
    assert not list((tmp_path / "out").glob("participants.*"))


@pytest.mark.parametrize(
    ("age", "written"), [("000Y", "0"), ("089Y", "89"), ("018M", "1.5"), ("005M", "0.4167"), ("003D", "0.0082")]
)
def test_ages_are_years_and_come_back(age: str, written: str, tmp_path: Path) -> None:
    loaded = cases(tmp_path / "in", {"subject": {"age": age}})
    registry.write(loaded, tmp_path / "out", format="nifti", layout="bids", plain=True)
    assert [each["age"] for each in table(tmp_path / "out")] == [written]
    (reading,) = read(tmp_path / "out")
    assert reading.case.subject is not None
    assert reading.case.subject.age == age


@pytest.mark.parametrize(
    ("row", "units", "subject", "lost"),
    [
        ({"sex": "male", "age": "34"}, {}, {"sex": "male", "age": "034Y"}, set()),
        ({"sex": "n/a", "age": "89+"}, {}, None, {"age"}),
        ({"weight": "70", "height": "1.8"}, {}, None, {"weight", "height"}),
        ({"weight": "70.0", "height": "180"}, {"weight": "kg", "height": "cm"}, {"weight": 70}, {"height"}),
        ({"age": "12"}, {"age": "month"}, None, {"age"}),
        ({"group": "control"}, {}, None, {"group"}),
    ],
    ids=["words", "not available", "units that nobody tells", "other units", "months", "other columns"],
)
def test_rows_of_others_are_read_as_far_as_they_say_what_they_mean(
    row: dict[str, str], units: dict[str, str], subject: Any, lost: set[str], tmp_path: Path
) -> None:
    registry.write(cases(tmp_path / "in", {}), tmp_path / "out", format="nifti", layout="bids", plain=True)
    lines = [["participant_id", *row], ["sub-C0", *row.values()]]
    (tmp_path / "out" / "participants.tsv").write_text("".join("\t".join(line) + "\r\n" for line in lines))
    told = {column: {"Units": unit} for column, unit in units.items()}
    (tmp_path / "out" / "participants.json").write_text(json.dumps(told))
    (reading,) = read(tmp_path / "out")
    assert strict_json.plain(reading.case).get("subject") == subject
    assert {loss.path for loss in reading.losses} - {"/image/modality"} == {
        f"/participants.tsv/{column}" for column in lost
    }


def test_the_index_of_the_plain_layout_holds_what_is_said_of_masks(tmp_path: Path) -> None:
    zoo = make("findings", tmp_path / "in")
    registry.write([read_case(zoo.path)], tmp_path / "out", format="nifti", plain=True)
    (reading,) = read(tmp_path / "out")
    first, second = reading.case.annotations
    assert (first.tracking_uid, first.tracking_id, second.tracking_uid) == ("1.2.3.4.1", "Target 1", "1.2.3.4.2")
    assert first.finding_site is not None
    assert first.finding_site.region.code == "45653009"
    index = json.loads((tmp_path / "out" / "labels.json").read_bytes())
    assert index["regions"][0]["finding_site"]["laterality"] == "left"


def test_an_age_that_is_read_back_in_another_unit_is_said_to_stand_in_years(tmp_path: Path) -> None:
    """Three weeks are 21 / 365.25 years, which nobody can tell from 21 days."""
    loaded = cases(tmp_path / "in", {"subject": {"age": "003W"}})
    report = registry.write(loaded, tmp_path / "out", format="nifti", layout="bids", plain=True)
    (row,) = table(tmp_path / "out")
    assert float(row["age"]) == pytest.approx(21 / 365.25, abs=1e-4)
    (loss,) = (each for each in report if each.path == "/subject/age")
    assert loss.kind is LossKind.APPROXIMATED
    assert "has ages in years" in loss.message
    (reading,) = read(tmp_path / "out")
    assert strict_json.plain(reading.case)["subject"] == {"age": "021D"}
