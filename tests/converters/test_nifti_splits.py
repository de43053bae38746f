"""Splits and folds of training layouts: as cases state them or as asked, and never one patient in two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from annoconv import registry, rules
from annoconv.casefile import LoadedCase
from annoconv.errors import InputError
from annoconv.model import Split
from tests.converters.test_nifti import several

if TYPE_CHECKING:
    from collections.abc import Sequence


def of_patients(loaded: list[LoadedCase], **told: Sequence[str]) -> list[LoadedCase]:
    """Return cases that state a value each of some keys."""
    return [
        LoadedCase(
            each.case.model_copy(update={key: values[place] for key, values in told.items()}), each.masks, each.path
        )
        for place, each in enumerate(loaded)
    ]


def test_no_patient_is_trained_on_and_validated_in_one_fold(tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "abcdef")
    loaded = of_patients(loaded, patient_id=["P1", "P1", "P2", "P2", "P1", "P2"])
    options = {"format": "nifti", "images": images, "folds": 5}
    registry.write(loaded, tmp_path / "nnunet", layout="nnunet", **options)
    registry.write(loaded, tmp_path / "monai", layout="monai", **options)
    patients = [{"CASE_a", "CASE_b", "CASE_e"}, {"CASE_c", "CASE_d", "CASE_f"}]
    for fold in json.loads((tmp_path / "nnunet" / "splits_final.json").read_text()):
        assert all(not (names & set(fold["train"]) and names & set(fold["val"])) for names in patients)
    listed = json.loads((tmp_path / "monai" / "datalist.json").read_text())["training"]
    fold_of = {Path(entry["image"]).name.partition(".")[0]: entry["fold"] for entry in listed}
    assert [len({fold_of[name] for name in names}) for names in patients] == [1, 1]


def test_the_split_that_cases_state_is_where_they_stand(tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "abc")
    loaded = of_patients(loaded, split=[Split.TRAIN, Split.VALIDATION, Split.TEST], patient_id=["P1", "P2", "P3"])
    options = {"format": "nifti", "images": images, "folds": 3}
    registry.write(loaded, tmp_path / "nnunet", layout="nnunet", **options)
    assert [path.name for path in (tmp_path / "nnunet" / "imagesTs").iterdir()] == ["CASE_c_0000.nii.gz"]
    assert json.loads((tmp_path / "nnunet" / "dataset.json").read_text())["numTraining"] == 2
    assert json.loads((tmp_path / "nnunet" / "splits_final.json").read_text()) == [
        {"train": ["CASE_a"], "val": ["CASE_b"]}
    ]
    registry.write(loaded, tmp_path / "monai", layout="monai", **options)
    listed = json.loads((tmp_path / "monai" / "datalist.json").read_text())
    assert [len(listed[name]) for name in ("training", "validation", "testing")] == [1, 1, 1]
    splits = tmp_path / "splits.json"
    splits.write_text('{"train": ["CASE_c"]}')
    registry.write(loaded, tmp_path / "asked", layout="msd", splits=splits, format="nifti", images=images)
    assert json.loads((tmp_path / "asked" / "dataset.json").read_text())["numTest"] == 0


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai"])
def test_cases_of_one_patient_in_two_splits_are_refused(layout: str, tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "ab")
    stated = of_patients(loaded, split=[Split.TRAIN, Split.TEST], patient_id=["P1", "P1"])
    with pytest.raises(InputError, match="the cases of one patient stand in two splits") as raised:
        registry.write(stated, tmp_path / "out", format="nifti", layout=layout, images=images)
    assert str(raised.value.found) == "CASE_a in train, CASE_b in test"
    words = f"{raised.value.problem}; found {{found}}; expected {raised.value.expected};"
    assert rules.catalogue()["A-9.4.1.patient_in_two_splits"].message_en.startswith(words)
    splits = tmp_path / "splits.json"
    splits.write_text('{"test": ["CASE_b"]}')
    with pytest.raises(InputError, match="two splits"):
        registry.write(
            of_patients(loaded, patient_id=["P1", "P1"]),
            tmp_path / "out",
            format="nifti",
            layout=layout,
            images=images,
            splits=splits,
        )
    assert not (tmp_path / "out").exists()
