"""No patient stands in two splits: the cases of one file (several: `tests/cli`; training sets: `test_nifti_splits`)."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

from annoconv import validate
from annoconv.findings import Level
from annoconv.rules import PatientSplits
from tests.documents import Document, good

RULE = "A-9.4.1.patient_in_two_splits"


def case(number: int, patient: str | None, split: str | None) -> Document:
    told = {"case_id": f"C{number}", "patient_id": patient, "split": split}
    document = good() | {key: value for key, value in told.items() if value is not None}
    document["image"]["uid"] = f"1.2.840.{number}"
    return document


def lines(path: Path, *cases: Document) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in cases), "utf-8")
    return path


def test_a_patient_in_two_splits_of_a_file_is_told_at_each_case_that_differs_from_the_first(tmp_path: Path) -> None:
    told = [("P1", "train"), ("P2", "test"), ("P1", "test"), ("P1", "train"), ("P1", None), (None, "test")]
    path = lines(tmp_path / "cases.jsonl", *(case(n, *each) for n, each in enumerate(told)))
    (finding,) = validate(path, profile="delivery")
    assert (finding.case_index, finding.path, finding.rule, finding.level) == (2, "/split", RULE, Level.ERROR)
    assert finding.message == (
        "the cases of one patient stand in two splits; found C0 (cases.jsonl, line 1) in train, "
        "C2 (cases.jsonl, line 3) in test; expected one split for all cases of a patient_id; correct split of the cases"
    )
    assert "P1" not in finding.message
    assert "C0 (cases.jsonl, line 1) 在 train，C2 (cases.jsonl, line 3) 在 test" in finding.text("zh")
    assert [each.level for each in validate(path, profile="exchange")] == [Level.WARNING]
    assert validate(path) == []


def test_of_a_patient_a_few_hundred_bytes_are_kept_however_long_the_identifier() -> None:
    splits, count = PatientSplits(), 20_000
    tracemalloc.start()
    for number in range(count):
        splits.place(f"{number:>01000}", "train", f"C{number} (cases.jsonl, line {number})")
        splits.place(f"{number:>01000}", "train", f"C{number} (cases.jsonl, line {number + count})")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept / count < 320
