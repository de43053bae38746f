"""One form for every validator's errors: pydantic, python-jsonschema, jsonschema-rs and ajv give the same findings."""

from __future__ import annotations

import copy
import json
import random
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from pydantic import ValidationError

import annoconv
from annoconv.errors import InputError, UsageError
from annoconv.findings import Finding, Level, in_order
from annoconv.model import Case
from annoconv.validation import check_file, normalise, validate
from tests.documents import Document, c5, c5_without_mask_file, common, everything, good, write

SCHEMA = json.loads((files("annoconv_model") / "annoconv.schema.json").read_text(encoding="utf-8"))
PYTHON, RUST = jsonschema.Draft202012Validator(SCHEMA), jsonschema_rs.validator_for(SCHEMA)
ROOT = Path(__file__).parents[1]
AJV = json.loads((Path(__file__).parent / "golden" / "ajv_errors.json").read_text(encoding="utf-8"))["cases"]


def by_pydantic(document: Document) -> list[Finding]:
    try:
        Case.model_validate_json(json.dumps(document))
    except ValidationError as error:
        return normalise(error.errors(include_url=False), "pydantic", document=document)
    return []


def by_all(document: Document) -> list[Finding]:
    """Return the findings, having checked that all validators give the same."""
    found = by_pydantic(document)
    assert normalise(PYTHON.iter_errors(document), "jsonschema", document=document) == found
    assert normalise(RUST.iter_errors(document), "jsonschema-rs", document=document) == found
    return found


def broken(change: Any) -> Document:
    document = everything()
    change(document)
    return document


def test_a_missing_mask_file_is_one_finding() -> None:
    (finding,) = by_all(c5_without_mask_file())
    assert (finding.path, finding.rule, finding.level) == ("/annotations/0", "schema.required", Level.ERROR)
    assert "mask_file" in finding.text("en")
    assert "mask_file" in finding.text("zh")
    assert "缺少" in finding.text("zh")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.pop("task_id"), [("", "required")]),
        (lambda d: d.update(extra=1), [("/extra", "unknown_key")]),
        (lambda d: d.update({"a/b~c": 1}), [("/a~1b~0c", "unknown_key")]),
        (lambda d: d.update(task_id=5), [("/task_id", "type")]),
        (lambda d: d.update(task_id=None), [("/task_id", "type")]),
        (lambda d: d.update(case_id=None), [("/case_id", "type")]),
        (lambda d: d.update(task_id="a\n"), [("/task_id", "pattern")]),
        (lambda d: d.update(annotations={}), [("/annotations", "type")]),
        (lambda d: d["image"].update(modality="XX"), [("/image/modality", "value")]),
        (lambda d: d["image"].update(modality=5), [("/image/modality", "value")]),
        (lambda d: d["image"].update(shape=[0, 2]), [("/image/shape/0", "range")]),
        (lambda d: d["image"].update(shape=[1.5, 2]), [("/image/shape/0", "type")]),
        (lambda d: d["image"].update(shape=[1.0, True]), [("/image/shape/1", "type")]),
        (lambda d: d["image"].update(shape=[1]), [("/image/shape", "length")]),
        (lambda d: d["image"].update(shape=[1, 1, 1, "x"]), [("/image/shape", "length")]),
        (lambda d: d["image"].update(shape=["x"]), [("/image/shape/0", "type")]),
        (lambda d: d["image"].update(spacing=[1.0, 0]), [("/image/spacing/1", "range")]),
        (lambda d: d["image"].update(acquired_at="2025-02-30T00:00:00Z"), [("/image/acquired_at", "pattern")]),
        (lambda d: d["image"].update(acquired_at="2025-01-02T03:04:05"), [("/image/acquired_at", "pattern")]),
        (lambda d: d["annotations"][0].update(type="blob"), [("/annotations/0/type", "value")]),
        (lambda d: d["annotations"][0].update(type=5), [("/annotations/0/type", "value")]),
        (lambda d: d["annotations"][0].pop("type"), [("/annotations/0", "required")]),
        (lambda d: d["annotations"].insert(0, 5), [("/annotations/0", "type")]),
        (lambda d: d["annotations"][0].update(bbox=[1, 2, 3, 4, 5]), [("/annotations/0/bbox", "length")]),
        (lambda d: d["annotations"][0].update(bbox=[1, 2, "x", 4]), [("/annotations/0/bbox/2", "type")]),
        (lambda d: d["annotations"][1].update(id=5), [("/annotations/1/id", "type")]),
        (lambda d: d["annotations"][1].pop("polygon"), [("/annotations/1", "required")]),
        (lambda d: d["annotations"][2].update(point=[1, "x"]), [("/annotations/2/point/1", "type")]),
        (lambda d: d["annotations"][2].pop("point"), [("/annotations/2", "required")]),
        (lambda d: d["annotations"][3].update(attributes={"a": {"x": 1}}), [("/annotations/3/attributes/a", "type")]),
        (lambda d: d["annotations"][3].update(attributes={"a": [1, []]}), [("/annotations/3/attributes/a", "type")]),
        (lambda d: d["annotations"][3].update(attributes={"a": None}), [("/annotations/3/attributes/a", "type")]),
        (lambda d: d["annotations"][3].update(attributes={"a\n": 1}), [("/annotations/3/attributes/a\n", "pattern")]),
        (lambda d: d["annotations"][3].update(mask_file="../x"), [("/annotations/3/mask_file", "pattern")]),
        (lambda d: d["annotations"][3].update(confidence=1.5), [("/annotations/3/confidence", "range")]),
    ],
)
def test_one_place_one_kind(change: Any, expected: list[tuple[str, str]]) -> None:
    found = by_all(broken(change))
    assert [(finding.path, finding.rule.removeprefix("schema.")) for finding in found] == expected


def test_every_mutation_reads_the_same_in_every_dialect() -> None:
    values = [
        None,
        True,
        "",
        "a\n",
        5,
        -1,
        1.5,
        [],
        {},
        [1],
        [[1, 2]],
        {"a": 1},
        "mask",
        "2025-02-30T00:00:00Z",
        "../x",
    ]
    rng = random.Random(20250312)
    for _ in range(300):
        document = everything()
        for _ in range(rng.choice([1, 1, 2, 3])):
            node, key = rng.choice(list(places(document)))
            action = rng.choice(["set", "set", "remove", "add"])
            if action == "set":
                node[key] = copy.deepcopy(rng.choice(values))
            elif action == "remove":
                del node[key]
            elif isinstance(node, dict):
                node[rng.choice(["zz", "type", "a/b", "point", "k\n"])] = copy.deepcopy(rng.choice(values))
            else:
                node.append(copy.deepcopy(rng.choice(values)))
        by_all(document)


def places(node: Any) -> Any:
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.mark.parametrize("case", AJV)
def test_ajv_says_the_same(case: Any) -> None:
    found = normalise(case["errors"], "ajv", document=case["document"])
    assert found == by_all(case["document"])
    assert found


def test_findings_are_in_document_order() -> None:
    found = [Finding("b", Level.ERROR, f"/annotations/{n}", "m") for n in (10, 9, 9)]
    found.append(Finding("a", Level.ERROR, "/annotations/10", "m"))
    ordered = in_order(found)
    assert [(each.path, each.rule) for each in ordered] == [
        ("/annotations/9", "b"),
        ("/annotations/10", "a"),
        ("/annotations/10", "b"),
    ]
    assert sorted(found)[0] == ordered[0]


def test_a_file_gives_structure_or_rules(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", c5_without_mask_file(), c5(), good())
    found = validate(path)
    assert [(each.case_index, each.rule, each.level) for each in found] == [
        (0, "schema.required", "error"),
        (1, "A-10.1.5.mask_missing", "warning"),
        (1, "A-3.3.dangling_link", "warning"),
    ]
    assert [each.rule for each in check_file(path, schema_only=True)] == ["schema.required"]


def test_what_is_no_json_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1, "a": 2}\nnot json\n')
    assert [(each.case_index, each.rule, each.path) for each in validate(path)] == [
        (0, "schema.invalid", ""),
        (1, "schema.invalid", ""),
    ]


def test_a_typed_case_is_checked_by_rules() -> None:
    document = good()
    document["annotations"].append(common("B1", "attribute", attributes={}))
    case = Case.model_validate_json(json.dumps(document))
    assert [each.rule for each in annoconv.validate(case)] == ["A-C.3.duplicate_id"]


def test_an_unknown_profile_is_refused() -> None:
    case = Case.model_validate_json(json.dumps(good()))
    with pytest.raises(UsageError, match="minimal, exchange, delivery"):
        validate(case, profile="strict")  # type: ignore[arg-type]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    for name in ("none.json", "x.txt", "."):
        with pytest.raises(InputError):
            validate(tmp_path / name)


PATTERN_OF_TIMES = (
    "a moment as RFC 3339 writes it, with its offset from UTC; a day that the calendar lacks is refused; "
    "write it like 2025-03-12T10:25:00+08:00, with its offset from UTC"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["image"].update(modality="PET"), "allowed; found 'PET'; expected PT, OPT, …; did you mean PT?"),
        (
            lambda d: d["image"].update(modality="qq"),
            "one of the 53 of Modality; they are listed in docs/reference/model.md",
        ),
        (
            lambda d: d["image"].update(modality=5),
            "allowed; found 5; expected one of the 53 of Modality; they are listed",
        ),
        (
            lambda d: d.update(subject={"sex": "男"}),
            "found '男'; expected female, male, other, unknown; did you mean male?",
        ),
        (lambda d: d["annotations"][0].update(type="MASK"), "text_span; did you mean mask?"),
        (
            lambda d: d["annotations"][0].update(bbox=[1, 2, 3, 4, 5]),
            "a list of 5 members; expected 4 or 6 members ([x_min",
        ),
        (
            lambda d: d["annotations"][1].update(polygon=[[1, 2], [3, 4]]),
            "found a list of 2 members; expected at least 3 m",
        ),
        (
            lambda d: d["image"].update(origin=[1.0]),
            "found a list of 1 members; expected 3 members (position of the centre",
        ),
        (
            lambda d: d["image"].update(shape=[1, 2, 3, 4]),
            "found a list of 4 members; expected 2 to 3 members (number of",
        ),
        (
            lambda d: d["image"].update(shape=[0, 2]),
            "found 0; expected a number from 1 to 2147483647 (number of voxels",
        ),
        (
            lambda d: d["image"].update(spacing=[1.0, 0]),
            "found 0; expected a number above 0 (distance between voxel cen",
        ),
        (
            lambda d: d["annotations"][3].update(confidence="0.5"),
            "'0.5'; expected a number (confidence of whoever made it); leave the quotation marks out",
        ),
        (
            lambda d: d.update(task_id=5),
            "found 5; expected a text (identifier of the annotation task); write it in quot",
        ),
        (
            lambda d: d.update(annotations={}),
            "found an object; expected a list (what was annotated); put it into square b",
        ),
        (
            lambda d: d.update(metadata="张三"),
            "found a text of 2 characters; expected an object (who annotated, reviewed, wit",
        ),
        (
            lambda d: d["annotations"][3].update(attributes={"a": {}}),
            "an object; expected true or false, a number, a text, a l",
        ),
        (
            lambda d: d["annotations"][3].update(attributes={"a\n": 1}),
            "found 'a\\n'; expected name of a free attribute",
        ),
        (
            lambda d: d["image"].update(acquired_at="2025-01-02T03:04:05"),
            f"found '2025-01-02T03:04:05'; expected {PATTERN_OF_TIMES}",
        ),
        (
            lambda d: d["image"].update(uid="x" * 70 + "\n"),
            f"found '{'x' * 60}...'; expected a project-wide identifier",
        ),
        (
            lambda d: d.update(studies=[{"study_instance_uid": "1.2", "time_point": " "}]),
            "found a text of 1 characters; exp",
        ),
        (lambda d: d["annotations"][3].pop("mask_file"), "'mask_file' is missing; add it: path of the mask file"),
        (lambda d: d["annotations"][0].pop("type"), "missing; expected mask, bbox, oriented_box"),
        (
            lambda d: d["annotations"][3].update(mask_path=d["annotations"][3].pop("mask_file")),
            "did you mean mask_file?",
        ),
        (lambda d: d["image"].update(Spacing=1), "did you mean spacing?"),
    ],
)
def test_a_message_says_what_was_found_what_is_expected_and_what_to_do(change: Any, message: str) -> None:
    told = by_all(broken(change))
    assert any(message in finding.message for finding in told), [finding.message for finding in told]


@pytest.mark.parametrize("path", sorted((ROOT / "model/examples/invalid").glob("*.json")), ids=lambda path: path.stem)
def test_every_message_is_whole_in_both_languages(path: Path) -> None:
    for finding in validate(path):
        words = finding.text("zh").replace("'attributes' 或 'extensions'", "")
        assert not re.search(r"found|expected|missing|write it|did you mean| is ", words)
        assert "add it" in finding.message or "expected" in finding.message or "key" in finding.message


def test_what_a_text_says_that_stands_where_none_should_is_not_told() -> None:
    document = good() | {
        "subject": "Zhang San, 1961",
        "studies": [{"study_instance_uid": "1.2", "description": "Zhang\nSan"}],
    }
    assert "Zhang" not in "".join(finding.message + finding.text("zh") for finding in by_all(document))


def test_of_many_faults_each_is_told_without_a_comparison() -> None:
    document = good() | {f"labl{number}s": 1 for number in range(201)}
    assert not any("did you mean" in finding.message for finding in by_all(document))
    (first, *_) = by_all(good() | {"labl0s": 1})
    assert first.message.endswith("did you mean labels?")


def test_a_box_of_five_numbers_may_have_four_or_six() -> None:
    document = good()
    document["annotations"][0]["bbox"] = [1, 2, 3, 4, 5]
    (finding,) = by_all(document)
    assert "应为 4 或 6 个元素" in finding.text("zh")


def test_the_message_of_a_file_that_is_not_there_ends_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        validate(tmp_path / "none.json")
    assert (
        str(copy.copy(raised.value))
        == str(raised.value)
        == f"{tmp_path / 'none.json'}: there is no such file or folder; found nothing of this name; "
        "expected a file or a folder. Correct the path"
    )


def test_a_last_frame_without_a_first_one_is_told_in_words() -> None:
    document = good()
    document["annotations"][0]["last_frame_index"] = 2
    (finding,) = validate(Case.model_validate_json(json.dumps(document)))
    assert finding.message == "last_frame_index is 2, but frame_index is not given"
    assert finding.text("zh") == "last_frame_index 为 2，而 frame_index 为 未给出"
