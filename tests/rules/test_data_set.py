"""What cases say together, what their task asks of links, and whether the files of an image are those annotated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from annoconv import rules, validate
from annoconv.casefile import open_case
from annoconv.demo.series import write_series
from annoconv.errors import DocumentError
from annoconv.geometry import Grid
from annoconv.model import TaskDefinition
from annoconv.rules.outcomes import Outcome
from tests.cli.conftest import Ran, run
from tests.documents import Document, common, good, write
from tests.rules.test_documents import TASK

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["run"]


def told(path: Path, **options: Any) -> list[tuple[int, str, str]]:
    return [(each.case_index, each.rule, each.path) for each in validate(path, profile="delivery", **options)]


def case(number: int, **rest: Any) -> Document:
    document = good() | {"case_id": f"C{number}"} | rest
    document["image"]["uid"] = f"1.2.{number}"
    return document


def labelled(number: int, **names: str) -> Document:
    document = case(number, labels=[{"code": "OWN", "category": "lesion", **names}])
    document["annotations"][0]["label_code"] = "OWN"
    return document


def test_a_code_has_one_name_in_all_cases(tmp_path: Path) -> None:
    same = write(tmp_path / "a.jsonl", labelled(1, name_en="Own thing"), labelled(2, name_en=" own thing"), labelled(3))
    assert told(same) == []
    other = write(tmp_path / "b.jsonl", labelled(1, name_zh="结节"), labelled(2), labelled(3, name_zh="肿块"))
    assert told(other) == [(2, "A-8.4b.name_of_set", "/labels/0/name_zh")]
    (finding,) = validate(other, profile="delivery")
    assert finding.message == "the label OWN is named 肿块; C1 (b.jsonl, line 1) names it 结节"
    assert [each.level for each in validate(other, profile="exchange")] == ["warning"]


def with_files(number: int, *digests: str, uid: str) -> Document:
    document = case(number)
    document["image"] |= {"uid": uid, "files": [{"path": f"{n}.dcm", "sha256": each} for n, each in enumerate(digests)]}
    return document


def test_an_image_stands_in_a_set_once(tmp_path: Path) -> None:
    one, other = case(1), case(2)
    assert told(write(tmp_path / "a.jsonl", one, other)) == []
    other["image"]["uid"] = one["image"]["uid"]
    again = write(tmp_path / "b.jsonl", one, other)
    assert told(again) == [(1, "A-A.5c.image_twice", "/image/uid")]
    other["metadata"]["annotator"] = "A2"  # a second reader of the same image
    assert told(write(tmp_path / "c.jsonl", one, other)) == []
    other["metadata"]["annotator"] = "A1"
    for change in ({"case_id": "C1"}, {"task_id": "ANOTHER"}):
        assert told(write(tmp_path / "d.jsonl", one, other | change)) == []


def test_images_of_the_same_bytes_are_one_whatever_they_are_called(tmp_path: Path) -> None:
    a, b = "a" * 64, "b" * 64
    path = write(tmp_path / "a.jsonl", with_files(1, a, b, uid="1.5"), with_files(2, b, a, uid="1.6"))
    assert told(path) == [(1, "A-A.5c.image_twice", "/image/files")]
    path = write(tmp_path / "b.jsonl", with_files(1, a, b, uid="1.5"), with_files(2, a, uid="1.6"))
    assert told(path) == []


# --- the task ---


def task(*cardinalities: str, **rest: Any) -> TaskDefinition:
    allowed = [{"scope": "case", "cardinality": each} for each in cardinalities]
    return TaskDefinition.model_validate(TASK | {"alignment_rules": allowed, **rest})


def linked(*links: tuple[list[str], list[str]], **texts: str) -> Document:
    """Return a case whose spans S1, S2 stand in the texts that are told, T else."""
    document = good()
    spans = {span: texts.get(span, "T") for _, named in links for span in named}
    content = "结节边界清楚"
    document["texts"] = [{"id": text, "kind": "exam_report", "content": content} for text in sorted({*spans.values()})]
    for text in document["texts"]:
        text["deidentified"] = True
    for n, (span, text) in enumerate(spans.items()):
        place = {"text_id": text, "start": n, "end": n + 1, "text": content[n], "semantic_type": "sign"}
        document["annotations"].append(common(span, "text_span", **place))
    document["links"] = [
        {"id": f"L{n}", "type": "image_text", "annotation_ids": regions, "span_ids": named}
        for n, (regions, named) in enumerate(links)
    ]
    return document


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ([(["B1"], ["S1"]), (["P1"], ["S2"])], "one_to_one"),
        ([(["B1"], ["S1", "S2"])], "one_to_many"),
        ([(["B1"], ["S1"]), (["B1"], ["S2"])], "one_to_many"),
        ([(["B1", "P1"], ["S1"])], "many_to_one"),
        ([(["B1"], ["S1"]), (["P1"], ["S1"])], "many_to_one"),
        ([(["B1", "P1"], ["S1", "S2"])], "many_to_many"),
    ],
)
@pytest.mark.parametrize("allowed", ["one_to_one", "one_to_many", "many_to_one", "many_to_many"])
def test_links_are_as_many_to_as_many_as_the_task_allows(
    tmp_path: Path, links: list[tuple[list[str], list[str]]], found: str, allowed: str
) -> None:
    path = write(tmp_path / "case.json", linked(*links))
    is_allowed = found in {"one_to_one", allowed} or allowed == "many_to_many"
    expected = [] if is_allowed else [(0, "A-A.3.4.cardinality", f"/links/{n}") for n in range(len(links))]
    assert told(path, task=task(allowed)) == expected
    assert told(path, task=task(allowed, task_id="ANOTHER")) == told(path) == []
    for finding in validate(path, profile="delivery", task=task(allowed)):
        assert found in finding.message
        assert allowed in finding.text("zh")


def test_a_report_in_two_languages_says_one_thing_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "case.json", linked((["B1"], ["S1", "S2"]), S1="ZH", S2="EN"))
    assert told(path, task=task("one_to_one")) == []


def test_the_granularity_is_one_of_the_task(tmp_path: Path) -> None:
    document = good()
    document["annotations"][0]["granularity"] = "region"
    path = write(tmp_path / "case.json", document)
    assert told(path, task=task("one_to_one", granularities=["region", "voxel"])) == []
    assert told(path, task=task("one_to_one", granularities=["voxel"])) == [
        (0, "A-8.3b.granularity_of_task", "/annotations/0/granularity")
    ]


def test_the_task_is_a_file_of_the_command(tmp_path: Path, run: Callable[..., Ran]) -> None:
    path = write(tmp_path / "case.json", linked((["B1"], ["S1", "S2"])))
    definition = write(tmp_path / "task.json", TASK)
    ran = run("validate", path, "--profile", "delivery", "--task-definition", definition, "--json")
    assert [each["rule"] for each in ran.json["findings"]] == ["A-A.3.4.cardinality"]
    assert "A-A.3.4.cardinality" in ran.json["outcomes"]["failed"]
    without = run("validate", path, "--profile", "delivery", "--json").json["outcomes"]
    assert "A-A.3.4.cardinality" in without[Outcome.NOT_APPLICABLE]
    ran = run("report", path, "-o", tmp_path / "r.json", "--task-definition", definition, "--json")
    assert [each["rule"] for each in ran.json["report"]["clauses"]] == ["A-A.3.4.cardinality"]
    wrong = run("validate", path, "--task-definition", path)
    assert wrong.code == 1
    assert "this is no task definition" in wrong.err
    assert "what looks like a case of annoconv" in wrong.err
    assert "did you mean" not in wrong.err
    with pytest.raises(DocumentError):
        validate(path, task=path)


# --- files of an image ---


def test_an_image_file_is_the_one_that_was_annotated(tmp_path: Path) -> None:
    grid = Grid(
        (20, 16, 10), np.diag([1.0, 1.5, 2.0, 1.0]) + np.array([[0, 0, 0, -10], [0] * 4, [0, 0, 0, 5], [0] * 4])
    )
    uid = write_series(tmp_path / "images", grid, np.zeros(grid.shape_kji, np.int16), name="versions")
    document = good()
    files = sorted((tmp_path / "images").glob("*.dcm"))
    stated = [
        {"path": f"images/{each.name}", "sha256": hashlib.sha256(each.read_bytes()).hexdigest()} for each in files
    ]
    document["image"] |= {"uid": uid, "files": stated}

    def found(folder: Path, **options: Any) -> list[tuple[str, str]]:
        path = write(folder / "case.json", document)
        case = open_case(path.read_bytes(), path)
        return [(each.rule, each.path) for each in rules.check(case, profile="delivery", **options)]

    assert found(tmp_path) == []
    files[3].write_bytes(files[3].read_bytes() + b"\0\0")
    assert found(tmp_path) == [("A-6.6.2.image_changed", "/image/files/3/sha256")]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert found(elsewhere) == []  # nothing to look at
    sources = rules.sources_of([tmp_path / "images"])
    assert ("A-6.6.2.image_changed", "/image/files/3/sha256") in found(elsewhere, sources=sources)
    document["image"]["files"] = stated[:3]
    assert found(elsewhere, sources=sources) == []
