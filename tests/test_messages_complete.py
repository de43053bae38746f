"""Every error that is raised says what was found, what was expected and what to do next."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from annoconv import errors
from annoconv.advice import beside, nearest
from annoconv.cli import main
from annoconv.documents.other_formats import is_of_another
from annoconv.errors import AnnoconvError
from annoconv.validation import validate

ROOT = Path(__file__).parents[1]
PACKAGES = ("src/annoconv", "converters/annoconv_converters")
ERRORS = {name for name in errors.__all__ if issubclass(getattr(errors, name), AnnoconvError)}
ASKED = frozenset({"found", "expected", "advice"})

TO_COME = {
    "_dicom": 15,
    "check_fhir": 5,
    "dicom_seg": 44,
    "dicom_sr": 9,
    "fhir": 15,
}
"""Calls that lack one of the three, by room: a count may only fall, and a room that is done is taken out."""


def constructed(path: Path) -> Iterator[ast.Call]:
    """Yield the calls of a module that make an error of ours."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in ERRORS:
                yield node


def lacking(call: ast.Call) -> set[str]:
    """Return which of the three a call does not give.

    Findings say all three by themselves, place by place; a limit tells its option. None is nothing said.
    """
    given = {
        each.arg for each in call.keywords if not (isinstance(each.value, ast.Constant) and each.value.value is None)
    }
    if "findings" in given or None in given:
        return set()
    return set(ASKED - given - ({"advice"} if "limit" in given else set()))


def room_of(path: Path) -> str:
    """Return the folder of a package that a file belongs to; of the command line, the module."""
    package = next(each for each in PACKAGES if path.is_relative_to(ROOT / each))
    parts = path.relative_to(ROOT / package).parts
    return "/".join(parts) if parts[0] == "cli" else parts[0]


def test_every_error_says_what_was_found_expected_and_to_be_done() -> None:
    places: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path == ROOT / "src/annoconv/errors.py":
                continue
            for call in constructed(path):
                if missing := lacking(call):
                    told = f"{path.relative_to(ROOT)}:{call.lineno}: {', '.join(sorted(missing))}"
                    places.setdefault(room_of(path), []).append(told)
    assert {room: told for room, told in places.items() if len(told) > TO_COME.get(room, 0)} == {}


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("InputError('x')", ASKED),
        ("InputError('x', found=1, expected=2, advice='y')", set()),
        ("InputError('x', found=None, expected=2, advice='y')", {"found"}),
        ("LimitError('x', found=1, expected=2, limit='files')", set()),
        ("LimitError('x', found=1, expected=2, limit=None)", {"advice"}),
        ("DocumentError('x', findings=[finding])", set()),
        ("errors.MaskError('x', found=1, advice='y')", {"expected"}),
    ],
)
def test_what_is_lacking_is_seen(code: str, missing: set[str], tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(f"raise {code}\n")
    (call,) = constructed(tmp_path / "one.py")
    assert lacking(call) == missing


# --- what the words help with ---


def test_a_name_that_is_nearly_right_is_named() -> None:
    assert nearest("Nifty", ["coco", "nifti"]) == "Did you mean nifti?"
    assert nearest("x", ["coco", "nifti"]) == "Choose one of them"


def test_a_path_that_leads_to_nothing_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "case_01.json").touch()
    assert beside(tmp_path / "case_1.json") == "case_01.json there"
    assert beside(tmp_path / "zzz") == "nothing of this name"
    assert beside(tmp_path / "gone" / "x.json") == f"no folder {tmp_path / 'gone'}"
    assert beside(tmp_path / "case_01.json" / "x") == f"no folder {tmp_path / 'case_01.json'}"


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ('{"images": [], "annotations": [], "categories": []}', "COCO, which from-coco reads"),
        ('[{"image_id": 1, "category_id": 2, "score": 0.5}]', "COCO, which from-coco reads"),
        ('{"type": "FeatureCollection", "features": []}', "GeoJSON, which from-geojson reads"),
        ('{"shapes": [], "imagePath": "a.png"}', "LabelMe, which from-labelme reads"),
        ('[{"id": 1, "data": {}, "annotations": []}]', "Label Studio, which from-label-studio reads"),
        ('{"resourceType": "Bundle", "type": "collection"}', "FHIR, which from-fhir reads"),
    ],
)
def test_a_file_of_another_format_is_one_finding(document: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(document)
    (finding,) = validate(path)
    assert finding.rule == "schema.invalid"
    assert finding.message.startswith(f"this is no case; found what looks like {name}; expected annotations, image, ")
    assert "annoconv convert SOURCE -o OUT" in finding.message
    assert "annoconv convert SOURCE -o OUT" in finding.text("zh")


def test_a_case_with_a_key_too_much_is_no_file_of_another_format(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"images": [], "annotations": [], "categories": [], "task_id": "T"}')
    assert {"schema.required", "schema.unknown_key"} <= {finding.rule for finding in validate(path)}
    assert not is_of_another({"images": [], "annotations": [], "metadata": {}})
    assert not is_of_another([])
    assert not is_of_another("images")


def test_an_enumeration_tells_the_nearest_value_and_a_pattern_what_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.json"
    path.write_text(
        '{"task_id": "T", "image": {"uid": "1.2", "modality": "CT"}, "metadata": {}, "annotations": '
        '[{"id": "A", "type": "bbox", "category": "leison", "label_code": "3 liver", "bbox": [0, 0, 1, 1]}]}'
    )
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert "found 'leison'; expected artefact, " in said
    assert "did you mean lesion?" in said
    assert "found '3 liver'; expected code of a label" in said
