"""The reports on consistency of modalities (8.5.1.4) and on validation (9.4) within the quality report."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annoconv.demo.case import make
from annoconv.report.quality.page import page
from tests.cli.conftest import Ran, run
from tests.documents import write
from tests.report.quality_cases import HOSTILE, edit
from tests.rules.test_documents import PACKAGE

__all__ = ["run"]


def told(run: Callable[..., Ran], folder: Path, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = run("report", *arguments, "-o", folder / "r.html", "--json", "--overwrite").json["report"]
    assert page(found) == (folder / "r.html").read_text(encoding="utf-8")
    return found


def plain(report: dict[str, Any], section: str) -> str:
    """Return the English words of a section."""
    text = page(report).partition(f'<section id="{section}"')[2].partition("</section>")[0]
    text = re.sub(r'<span class="zh".*?</span>', "", text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


CHECK = {"annotation_id": "LES_1", "deviation_mm": 2.5, "threshold_mm": 4, "passed": True, "checked_by": "R1"}


def test_the_report_on_consistency_has_frame_error_algorithm_and_checks(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = make(tmp_path / "a")
    edit(
        path,
        lambda case: case["registrations"][0].update(
            checks=[CHECK | {"deviation_mm": 6, "passed": False}, CHECK], frame_of_reference_uid="1.2.3.9"
        ),
    )
    report = told(run, tmp_path, path)
    (one,) = report["cross_modal"]
    assert one["status"] == "consistent"  # the last check of the lesion passed
    assert one["frame"]["coordinate_frame"] == "LPS"
    assert [each["modality"] for each in one["images"]] == ["CT", "MR"]
    (registration,) = one["registrations"]
    assert registration["algorithm"] == {"name": "synthetic", "version": "1"}
    assert registration["errors"] == [
        {"measure": "target_registration_error_mm", "value": 1.2, "landmarks": 6, "most": 5.0, "is_within": True}
    ]
    assert [each["is_last"] for each in registration["checks"]] == [False, True]
    (link,) = one["links"]
    assert [(end["label"], end["modality"]) for end in link["ends"]] == [("NODULE", "CT"), ("NODULE", "MR")]
    assert one["texts"] == {"consistent": 1}
    assert one["records"] == {"linked": 1, "time_deviation": 1}
    shown = plain(report, "consistency")
    for expected in ("LPS", "1.2.3.9", "synthetic 1", "1.2 (n = 6)", "≤ 5 mm", "2.5 mm", "4 mm", "1.8 mm", "R1"):
        assert expected in shown


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda case: case["registrations"][0]["errors"][0].update(value=5.01), "inconsistent"),
        (lambda case: case["registrations"][0].update(checks=[CHECK | {"passed": False}]), "inconsistent"),
        (lambda case: case["links"][1].update(consistency="inconsistent"), "inconsistent"),
        (lambda case: case["links"][0].update(consistency="inconsistent"), "inconsistent"),
        (lambda case: case["registrations"][0].pop("errors"), "incomplete"),
        (lambda case: case["registrations"][0]["algorithm"].pop("version"), "incomplete"),
        (lambda case: (case.pop("registrations"), case["links"][1].pop("registration_id")), "incomplete"),
        (
            lambda case: (case["registrations"][0].pop("errors"), case["registrations"][0].update(nonconformance="x")),
            "consistent",
        ),
        (lambda case: case["links"][0].pop("consistency"), "uncertain"),
    ],
)
def test_what_is_not_consistent_is_said(
    run: Callable[..., Ran], tmp_path: Path, change: Callable[[dict[str, Any]], Any], status: str
) -> None:
    path = make(tmp_path / "a")
    edit(path, change)
    assert [each["status"] for each in told(run, tmp_path, path)["cross_modal"]] == [status]


def test_the_bound_of_a_project_is_the_one_of_the_report(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    rules = tmp_path / "rules.json"
    rules.write_text('{"version": "1", "rules": {"A-8.5.1c.error_above": {"parameters": {"most_mm": 1}}}}', "utf-8")
    report = told(run, tmp_path, path, "--rules", rules)
    assert report["cross_modal"][0]["status"] == "inconsistent"
    assert "&gt; 1 mm" in page(report)


THIRD = {
    "id": "V1",
    "kind": "third_party",
    "organization": "Institute",
    "qualification": "accredited, 17025",
    "reference": "the task definition, version 1.2",
    "metrics": [{"definition_id": "overlap.dice", "status": "defined", "value": 0.91, "label": "LIVER"}],
    "report_file": "third-party.pdf",
    "conclusion": "fit",
    "at": "2026-02-01T00:00:00Z",
}


def test_the_report_on_validation_says_who_validated_and_what_is_not_told(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = make(tmp_path / "a")
    model = {"id": "V0", "kind": "model_validation", "results": {"auc": 0.87}}
    edit(path, lambda case: case["metadata"].update(validations=[model, THIRD]))
    report = told(run, tmp_path, path)
    assert [(each["id"], each["lacks"]) for each in report["validations"]] == [
        ("V1", []),
        ("V0", ["reference", "conclusion"]),
    ]
    shown = plain(report, "validations")
    for expected in ("Institute", "accredited, 17025", "third-party.pdf", "overlap.dice LIVER : 0.91", "auc : 0.87"):
        assert expected in shown
    assert shown.count("not told") == 2


def test_validations_of_a_package_are_reported_too(run: Callable[..., Ran], tmp_path: Path) -> None:
    nobody = {"id": "V9", "kind": "third_party", "organization": HOSTILE}
    path = write(tmp_path / "package.json", PACKAGE | {"package_id": "PKG_7", "validations": [nobody]})
    report = told(run, tmp_path, path)
    assert report["cases"][0]["name"] == "PKG_7"
    (one,) = report["validations"]
    assert one["lacks"] == ["qualification", "reference", "report_file", "conclusion", "results"]
    assert "<script>" not in page(report)


def test_a_case_of_one_image_has_no_report_on_consistency(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")

    def alone(case: dict[str, Any]) -> None:
        for key in ("related_images", "registrations", "links"):
            del case[key]
        case["annotations"] = case["annotations"][:2]

    edit(path, alone)
    report = told(run, tmp_path, path)
    assert report["cross_modal"] == []
    assert "No case has several images" in plain(report, "consistency")
