"""`annoconv review` and `review-queue`: the cycle of annotation, review and revision, to the frozen version."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import Document, good, write
from tests.report.quality_cases import edit, two_readers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran

    Run = Callable[..., Ran]

AGENTS = [
    {"id": "A1", "roles": ["annotator"]},
    {"id": "R1", "roles": ["reviewer"]},
    {"id": "R2", "roles": ["reviewer"]},
    {"id": "C1", "roles": ["arbiter"]},
    {"id": "D1", "roles": ["reviewer"], "kind": "device"},
]


def case(**metadata: Any) -> Document:
    document = good()
    document["metadata"] = {"annotator": "A1", "version": "v1", "agents": AGENTS} | metadata
    return document


class Steps:
    """A case and the decisions on it, day by day."""

    def __init__(self, run: Run, folder: Path, document: Document) -> None:
        self.run, self.folder, self.day = run, folder, 0
        self.path = write(folder / "0.json", document)

    def decide(self, decision: str, reviewer: str, *more: object) -> Ran:
        self.day += 1
        out = self.folder / f"{self.day}.json"
        at = f"2026-01-{self.day:02}T00:00:00Z"
        told = ("--decision", decision, "--reviewer", reviewer, "--timestamp", at, *more)
        ran = self.run("review", self.path, "-o", out, *told)
        assert out.exists() == (ran.code == 0)
        self.path = out if ran.code == 0 else self.path
        return ran

    @property
    def document(self) -> Document:
        return json.loads(self.path.read_text("utf-8"))  # type: ignore[no-any-return]

    def revise(self, version: str) -> None:
        document = self.document
        document["metadata"]["version"] = version
        write(self.path, document)


@pytest.fixture
def steps(run: Run, tmp_path: Path) -> Steps:
    return Steps(run, tmp_path, case())


def test_from_the_first_review_to_the_frozen_version(steps: Steps) -> None:
    assert steps.decide("revise", "R1", "--annotation", "B1", "--finding", "boundary", "--note", "too wide").code == 0
    (first,) = steps.document["reviews"]
    assert first == {
        "id": "REVIEW_1",
        "level": "review",
        "round": 1,
        "reviewer": "R1",
        "at": "2026-01-01T00:00:00Z",
        "annotation_ids": ["B1"],
        "reviewed_version": "v1",
        "outcome": "revise",
        "findings": [{"id": "FINDING_1", "kind": "boundary", "annotation_id": "B1", "note": "too wide"}],
        "conclusion": "too wide",
    }
    assert steps.document["metadata"]["qc"] == {"status": "failed"}
    assert steps.document["metadata"]["reviewer"] == "R1"

    ran = steps.decide("accept", "R1", "--annotation", "B1")
    assert ran.code == 1
    assert "B1: to_revise" in ran.err
    assert "next is the revision" in ran.err

    steps.revise("v2")
    assert steps.decide("accept", "R1").code == 0
    assert steps.document["reviews"][-1]["round"] == 2
    assert steps.document["metadata"]["qc"] == {"status": "passed"}
    assert "frozen_version" not in steps.document["reviews"][-1]

    ran = steps.decide("accept", "C1", "--level", 3)
    assert "frozen as version v2" in ran.err
    assert steps.document["reviews"][-1]["frozen_version"] == "v2"
    assert [each["action"] for each in steps.document["metadata"]["audit"]] == [
        "return",
        "confirm",
        "arbitrate",
        "freeze",
    ]
    ran = steps.decide("revise", "R2", "--finding", "missed")
    assert ran.code == 1
    assert "frozen" in ran.err
    assert "another metadata.version" in ran.err

    steps.revise("v3")
    assert steps.decide("revise", "R2", "--finding", "missed").code == 0


def test_reviewers_who_differ_are_arbitrated(steps: Steps, run: Run) -> None:
    steps.decide("accept", "R1", "--annotation", "B1")
    ran = steps.decide("reject", "R2", "--annotation", "B1", "--finding", "false_positive")
    assert ran.code == 0
    assert steps.document["reviews"][-1]["is_cross_review"] is True
    assert steps.document["metadata"]["qc"] == {"status": "disputed"}
    assert run("review-queue", steps.path, "--json").json["queue"][0] == {
        "case": "CASE_1",
        "annotation": "B1",
        "label": "NODULE",
        "queue": "arbitration",
        "state": "disputed",
        "next": "next is the arbitration: --level 3",
        "level": 3,
        "file": str(steps.path),
    }
    assert "next is the arbitration" in steps.decide("accept", "R1", "--annotation", "B1").err
    assert steps.decide("accept", "C1", "--annotation", "B1", "--level", 3).code == 0
    assert steps.document["annotations"][0]["status"] == "final"
    assert "frozen_version" not in steps.document["reviews"][-1]  # the others were not reviewed


def test_what_was_rejected_stays_so_when_the_case_is_accepted(steps: Steps) -> None:
    steps.decide("reject", "R1", "--annotation", "B1", "--finding", "false_positive")
    assert steps.document["annotations"][0]["status"] == "rejected"
    assert steps.decide("accept", "R2").code == 0
    assert steps.decide("accept", "C1", "--level", 3).code == 0
    assert steps.document["annotations"][0]["status"] == "rejected"


@pytest.mark.parametrize(
    ("decision", "reviewer", "more", "told"),
    [
        ("accept", "A1", (), "nobody reviews what he or she annotated"),
        ("accept", "D1", (), "no device"),
        ("accept", "R9", (), "not among them"),
        ("accept", "R1", ("--level", 3), "the role for this level"),
        ("accept", "C1", ("--level", 3), "next is the review: --level 2"),
        ("accept", "R1", ("--level", 4), "there is no such level"),
        ("accept", "R1", ("--annotation", "B2"), "B1, P1, Q1"),
        ("revise", "R1", (), "says what is wrong"),
        ("revise", "R1", ("--finding", "bondary"), "Did you mean boundary?"),
    ],
)
def test_what_the_cycle_does_not_allow(
    steps: Steps, decision: str, reviewer: str, more: tuple[object, ...], told: str
) -> None:
    ran = steps.decide(decision, reviewer, *more)
    assert ran.code == 1
    assert told in ran.err
    assert "found" in ran.err
    assert "expected" in ran.err
    chinese = steps.decide(decision, reviewer, *more, "--lang", "zh")
    assert told not in chinese.err or told.startswith(("Did", "B1"))


def test_a_review_needs_its_time_and_comes_after_the_one_before(steps: Steps, run: Run, tmp_path: Path) -> None:
    told = ("review", steps.path, "-o", tmp_path / "x.json", "--decision", "accept", "--reviewer", "R1")
    assert "--timestamp now" in run(*told).err
    steps.day = 8
    steps.decide("accept", "R1")
    steps.day = 4
    assert "earlier than the last review" in steps.decide("accept", "R2").err


def test_many_decisions_of_a_table(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "cases.jsonl", case(), case() | {"case_id": "CASE_2"})
    table = tmp_path / "d.csv"
    table.write_text(
        "\ufeffcase,annotation,finding,decision,reviewer,level,note,at\n"
        'CASE_1,B1 P1,boundary missed,revise,R1,2,"wide, and one missed",2026-01-01T00:00:00Z\n'
        "CASE_2,,,accept,R1,,,\n"
        "CASE_2,B1,,,,,,\n",
        encoding="utf-8",
    )
    told = ("review", path, "--from", table, "--timestamp", "2026-01-02T00:00:00Z")
    ran = run(*told, "-o", tmp_path / "out.jsonl", "--json")
    assert ran.code == 0
    first, second = (json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert [(each["kind"], each["annotation_id"]) for each in first["reviews"][0]["findings"]] == [
        ("boundary", "B1"),
        ("boundary", "P1"),
        ("missed", "B1"),
        ("missed", "P1"),
    ]
    assert second["reviews"][0]["at"] == "2026-01-02T00:00:00Z"
    assert [each["case"] for each in ran.json["reviews"]] == ["CASE_1", "CASE_2"]
    again = run(*told, "-o", tmp_path / "again.jsonl", "--json")
    assert again.code == 0
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case,decision,reviewr\nCASE_1,accept,R1\n", "Did you mean reviewer?"),
        ("case,reviewer\nCASE_1,R1\n", "there is no column decision"),
        ("decision,reviewer\naccept\n", "line 2: the line has another number of columns"),
        ("case,decision,reviewer\nCASE_9,accept,R1\n", "line 2: there is no such case"),
        ("decision,reviewer\naccept,R1\nacept,R2\n", "line 3: a review needs a decision"),
        ("decision,reviewer\n,R1\n", "the table decides nothing"),
        ("decision,reviewer\naccept,R1\naccept,R1\n", "line 3: the reviewer reviewed this already"),
    ],
)
def test_a_table_that_is_wrong_writes_nothing(run: Run, tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path / "case.json", case())
    table = tmp_path / "d.csv"
    table.write_text(text, encoding="utf-8")
    ran = run("review", path, "--from", table, "--timestamp", "2026-01-02T00:00:00Z", "-o", tmp_path / "o.json")
    assert ran.code == 1
    assert told in ran.err
    assert not (tmp_path / "o.json").exists()


def test_poor_agreement_makes_queues(run: Run, tmp_path: Path) -> None:
    record = {"between": "annotators", "metric": "dice", "parties": ["A1", "A2"]}
    agreement = [
        record | {"id": "G1", "value": 0.85, "annotation_ids": ["P1"]},
        record | {"id": "G2", "value": 0.84, "annotation_ids": ["B1"]},
        record | {"id": "G3", "value": 0.74, "annotation_ids": ["Q1"]},
    ]
    path = write(tmp_path / "case.json", case(agreement=agreement))
    ran = run("review-queue", path, "--csv", tmp_path / "q.csv", "--json")
    told = [(each["annotation"], each["queue"], each.get("dice")) for each in ran.json["queue"]]
    assert told == [("Q1", "dedicated_review", 0.74), ("B1", "second_review", 0.84), ("P1", "review", None)]
    lines = (tmp_path / "q.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("case,annotation,finding,decision,reviewer,level,note,at")
    filled = [lines[0], lines[1].replace(",Q1,,,,", ",Q1,contour,revise,R1,"), *lines[2:]]
    (tmp_path / "q.csv").write_text("\n".join(filled), encoding="utf-8")
    at = ("--timestamp", "2026-01-02T00:00:00Z")
    assert run("review", path, "--from", tmp_path / "q.csv", *at, "-o", tmp_path / "o.json").code == 0


def test_what_agreement_said_makes_queues(run: Run, tmp_path: Path) -> None:
    paths = two_readers(tmp_path)
    said = tmp_path / "agreement.json"
    said.write_text(run("agreement", *paths, "--json").out, encoding="utf-8")
    queue = run("review-queue", *paths, "--agreement", said, "--json").json["queue"]
    asked = [(each["file"], each["annotation"]) for each in queue if each["queue"] == "dedicated_review"]
    # boxes, points, spans and grades of the same label were not compared
    assert asked == [(str(path), mask) for path in paths for mask in ("ORG_SPLEEN", "LES_1")]
    said.write_text("{}", encoding="utf-8")
    assert "agreement CASES --json" in run("review-queue", paths[0], "--agreement", said).err


def test_an_agreement_of_others_asks_nothing_of_a_reader(run: Run, tmp_path: Path) -> None:
    first, second = two_readers(tmp_path)
    asked = {"label": "SPLEEN", "case": "DEMO_0001", "dice": 0.2, "needs_dedicated_review": True}
    said = tmp_path / "agreement.json"
    said.write_text(json.dumps({"reviews": [{**asked, "reference": "B2", "other": "C3"}]}), encoding="utf-8")
    queue = run("review-queue", first, second, "--agreement", said, "--json").json["queue"]
    assert {each["file"] for each in queue if each["queue"] == "dedicated_review"} == {str(second)}


def test_a_project_has_bounds_of_its_own(run: Run, tmp_path: Path) -> None:
    record = {"between": "annotators", "metric": "dice", "parties": ["A1", "A2"]}
    agreement = [
        record | {"id": "G1", "value": 0.88, "annotation_ids": ["P1"]},
        record | {"id": "G2", "value": 0.78, "annotation_ids": ["B1"]},
    ]
    path = write(tmp_path / "case.json", case(agreement=agreement))
    rules = tmp_path / "rules.json"
    bounds = {"A-8.4c.second_review_missing": 0.9, "A-9.2.dedicated_review_missing": 0.8}
    changed = {rule: {"parameters": {"least_dice": least}} for rule, least in bounds.items()}
    rules.write_text(json.dumps({"version": "1", "rules": changed}), encoding="utf-8")
    decision = ("--annotation", "P1", "--decision", "accept", "--reviewer", "R1", "--timestamp", "2026-01-01T00:00:00Z")
    for command in (("review-queue", path), ("review", path, "-o", tmp_path / "out.json", *decision)):
        queue = run(*command, "--rules", rules, "--json").json["queue"]
        asked = {each["annotation"]: each["queue"] for each in queue}
        assert (asked["P1"], asked["B1"]) == ("second_review", "dedicated_review")
    queue = run("review", path, "-o", tmp_path / "other.json", *decision, "--json").json["queue"]
    assert {each["annotation"]: each["queue"] for each in queue}["B1"] == "second_review"


def test_an_agreement_by_other_bounds_is_refused(run: Run, tmp_path: Path) -> None:
    paths, rules, said = two_readers(tmp_path), tmp_path / "rules.json", tmp_path / "agreement.json"
    changed = {"A-8.4c.second_review_missing": {"parameters": {"least_dice": 0.999}}}
    rules.write_text(json.dumps({"version": "1", "rules": changed}), encoding="utf-8")
    answer = run("agreement", *paths, "--rules", rules, "--json")
    assert [each["label"] for each in answer.json["reviews"]] == ["LIVER", "NODULE", "SPLEEN"]
    said.write_text(answer.out, encoding="utf-8")
    refused = run("review-queue", *paths, "--agreement", said)
    assert refused.code == 1
    assert "the same --rules" in refused.err
    queue = run("review-queue", *paths, "--agreement", said, "--rules", rules, "--json").json["queue"]
    asked = [each["annotation"] for each in queue if each["queue"] == "second_review"]
    assert asked == ["ORG_LIVER", "ORG_LIVER"]


def test_a_decision_on_the_case_of_another_file_is_refused(run: Run, tmp_path: Path) -> None:
    first, second = two_readers(tmp_path)
    table, out = tmp_path / "t.csv", tmp_path / "o.json"
    table.write_text(
        f"case,annotation,decision,reviewer,at,file\nDEMO_0001,ORG_LIVER,accept,R1,2026-03-01T00:00:00Z,{second}\n",
        encoding="utf-8",
    )
    ran = run("review", first, "-o", out, "--from", table)
    assert ran.code == 1
    assert "line 2: the case is of another file" in ran.err
    assert not out.exists()


def test_the_readings_of_one_case_are_told_apart_by_their_files(run: Run, tmp_path: Path) -> None:
    paths = two_readers(tmp_path)
    for path in paths:
        edit(path, lambda document: document["reviews"].clear())
    table, out = tmp_path / "queue.csv", tmp_path / "out.jsonl"
    told = run("review-queue", *paths, "--csv", table).err
    assert f"DEMO_0001 ({paths[1]}): ORG_LIVER" in told
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row |= {"decision": "accept", "reviewer": "R1", "at": "2026-03-01T00:00:00Z"}
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert run("review", *paths, "-o", out, "--from", table).code == 0
    assert run("review-queue", out).err == "nothing waits for a review\n"
    for row in rows:
        row.pop("file")
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ran = run("review", *paths, "-o", tmp_path / "again.jsonl", "--from", table)
    assert ran.code == 1
    assert "in a column file" in ran.err


def test_a_decision_is_not_earlier_than_what_it_is_of(run: Run, tmp_path: Path) -> None:
    document = case(timestamps={"start": "2026-02-01T00:00:00Z", "end": "2026-02-01T01:00:00Z"})
    document["annotations"][0]["annotated_at"] = "2026-02-03T00:00:00Z"
    path = write(tmp_path / "case.json", document)
    more = ("--decision", "revise", "--finding", "boundary", "--reviewer", "R1")
    for identity, at, code in (("B1", 2, 1), ("B1", 4, 0), ("P1", 2, 0), ("P1", 1, 0)):
        out = tmp_path / f"{identity}{at}.json"
        time = f"2026-02-0{at}T00:00:00Z"
        ran = run("review", path, "-o", out, "--annotation", identity, *more, "--timestamp", time)
        assert ran.code == code
        assert ("earlier than what it is of" in ran.err) == bool(code)
    early = run("review", path, "-o", tmp_path / "x.json", *more, "--timestamp", "2026-01-31T00:00:00Z")
    assert early.code == 1


@pytest.mark.parametrize("identity", ["", " "])
def test_an_empty_id_is_not_all_annotations(run: Run, tmp_path: Path, identity: str) -> None:
    path, out = write(tmp_path / "case.json", case()), tmp_path / "out.json"
    more = ("--decision", "accept", "--reviewer", "R1", "--timestamp", "2026-03-01T00:00:00Z")
    ran = run("review", path, "-o", out, "--annotation", identity, *more)
    assert ran.code == 2
    assert "an annotation has no id" in ran.err
    assert not out.exists()


def test_a_self_check_is_the_annotators(steps: Steps) -> None:
    assert "of the annotator's own work; found R1; expected A1" in steps.decide("accept", "R1", "--level", 1).err
    assert steps.decide("accept", "A1", "--level", 1).code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("decision,reviewer,at\naccept,R1,2026/3/1 10:00\n", "t.csv: line 2: this is no time"),
        ("decision,reviewer,at\naccept,R1,2026-03-01\n", "t.csv: line 2: the time names no zone"),
        ("decision;reviewer;at\naccept;R1;2026-03-01\n", "the columns are not parted by commas"),
        ("decision\treviewer\naccept\tR1\n", "the columns are not parted by commas"),
        (
            "annotation,decision,reviewer,at\nB1;P1,accept,R1,2026-03-01T00:00:00Z\n",
            "found B1;P1; expected B1, P1, Q1. Part several by spaces",
        ),
        (
            "finding,decision,reviewer,at\nboundary;missed,revise,R1,2026-03-01T00:00:00Z\n",
            "Part several by spaces",
        ),
    ],
)
def test_a_table_of_another_kind_is_told_with_its_line(run: Run, tmp_path: Path, text: str, told: str) -> None:
    path, table = write(tmp_path / "case.json", case()), tmp_path / "t.csv"
    table.write_text(text, encoding="utf-8")
    ran = run("review", path, "-o", tmp_path / "out.json", "--from", table)
    assert ran.code
    assert told in ran.err
    assert "--timezone" not in ran.err


def test_a_folder_is_no_table(run: Run, tmp_path: Path) -> None:
    ran = run("review", write(tmp_path / "case.json", case()), "-o", tmp_path / "out.json", "--from", tmp_path)
    assert "found a folder; expected CSV" in ran.err
