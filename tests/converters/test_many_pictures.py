"""Cases beyond what is held at a time are written as they are when all are held: the same files and losses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from annoconv_converters._pictures import spool

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.limits import Limits
from annoconv.loss import Loss, LossCollector, LossKind, LossReport
from annoconv.model import Case

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"yolo": "set", "cvat": "x.xml", "label-studio": "x.json", "geojson": "x.geojson"}


def drawn(number: int, place: int) -> dict[str, Any]:
    """Return an annotation of one of several kinds; the classes of later cases are told by their lists only."""
    x = 3.0 + place
    common = {"id": f"A{place}", "category": "lesion", "label_code": f"CLASS_{(number * 7 + place) % 5}"}
    if place % 3 == 0:
        return {**common, "type": "bbox", "bbox": [x, 2, x + 4.5, 9]}
    if place % 3 == 1:
        return {**common, "type": "polygon", "polygon": [[x, 1], [x + 5, 2], [x + 2, 8.25]], "confidence": 0.5}
    # The same attribute is a number in one case and a text in another.
    return {**common, "type": "bbox", "bbox": [1, x, 9, x + 3], "attributes": {"grade": number if number % 2 else "x"}}


def cases(points: bool = False) -> list[LoadedCase]:
    listed = [
        {
            "task_id": "T",
            "case_id": f"c{number}",
            "image": {"uid": f"p{number}", "modality": "OT", "shape": [40, 30 + number]},
            "annotations": [drawn(number, place) for place in range(number % 4)]
            + ([{
                "id": "K", "category": "organ", "label_code": "HAND", "type": "keypoints",
                "keypoints": [{"name": f"n{number % 3}", "point": [4, 5]}, {"name": "tip", "point": [6, 7]}],
            }] if points else []),
            "metadata": {"annotator": "R1"},
            **({"labels": [{"code": "CLASS_3", "number": 4}, {"code": "CLASS_1", "number": 9}]} if number == 8 else {}),
        }
        for number in range(1, 12)
    ]  # fmt: skip
    return [LoadedCase(Case.model_validate(each)) for each in listed]


def written(folder: Path, format: str, listed: list[LoadedCase], **options: Any) -> tuple[dict[str, bytes], LossReport]:
    folder.mkdir()
    losses = annoconv.write(listed, folder / FORMATS[format], format=format, **options)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return files, losses


@pytest.mark.parametrize("points", [False, True])
@pytest.mark.parametrize("options", [{}, {"plain": True}, {"names": "flat"}])
@pytest.mark.parametrize("format", FORMATS)
def test_cases_that_wait_in_a_file_are_written_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, options: dict[str, Any], points: bool
) -> None:
    if format == "yolo" and "plain" in options:
        options = {"kind": "detect"}
    whole = written(tmp_path / "whole", format, cases(points), **options)
    monkeypatch.setattr(spool, "MOST_TOGETHER", 3)
    assert written(tmp_path / "parts", format, cases(points), **options) == whole
    assert list(annoconv.read([tmp_path / "parts" / FORMATS[format]], format=format))


def test_the_kind_of_lines_is_that_of_all_cases_however_many_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MOST_TOGETHER", 3)
    boxes = [each for each in cases() if not any(one.type == "polygon" for one in each.case.annotations)]
    files, _ = written(tmp_path / "boxes", "yolo", [*boxes[1:], cases(points=True)[0]])
    assert b"kpt_shape" in files["set/data.yaml"]


def test_two_pictures_of_one_name_are_refused_however_many_stand_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MOST_TOGETHER", 3)
    with pytest.raises(annoconv.InputError, match=r"p1\.png of case c1 and p1\.png of case c1"):
        written(tmp_path / "twice", "cvat", [*cases(), cases()[0]])
    assert not list((tmp_path / "twice").iterdir())


def test_many_losses_are_in_order_each_once_wherever_they_wait() -> None:
    listed = [Loss(n % 7, f"/a/{n * 7919 % 30_000}", LossKind.CARRIED, "it travels") for n in range(60_000)]
    collected = LossCollector()
    for start in range(0, len(listed), 999):
        collected += listed[start : start + 999]
    report = LossReport(collected)
    expected = sorted({*listed}, key=lambda each: (each.case_index, each.path, each.kind, each.message))
    assert list(report) == expected == list(LossReport(listed))
    assert len(report) == len(expected)
    assert report[-1] == expected[-1]
    assert report[1_000:1_300] == tuple(expected[1_000:1_300])
    assert report == LossReport(expected)
    assert report.paths(3) == frozenset(each.path for each in expected if each.case_index == 3)


@pytest.mark.parametrize("format", ["cvat", "label-studio", "geojson"])
def test_a_file_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr(spool, "MOST_TOGETHER", 3)
    context = annoconv.Context(limits=replace(Limits(), document_bytes=2_000))
    with pytest.raises(annoconv.LimitError):
        written(tmp_path / "large", format, cases(), context=context)
    assert not list((tmp_path / "large").iterdir())
