"""Every sentence that reaches people is there in both languages, and what is said follows the language asked for."""

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from annoconv import messages
from annoconv.documents.losses import report
from annoconv.errors import InputError, UsageError
from annoconv.findings import Finding, Level
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message, language, listed, recognised, translate
from model.generator.catalogues import LANGUAGES, catalogues, read_catalogue
from model.generator.sentences import PACKAGES, sentences_of

ROOT = Path(__file__).parents[1]
CHINESE = re.compile(r"[\u4e00-\u9fff，。：；、（）]")
ENGLISH = re.compile(r"(?<![\w./`'\"=-])(?!annoconv )[a-z]{2,} (?!diff )[a-z]{2,}(?![\w./=-])")
"""Two words of English, one after the other, that are no command."""


def translations(package: str, lang: str) -> dict[str, str]:
    catalogue = read_catalogue(ROOT / package / "locale" / lang / "LC_MESSAGES" / "annoconv.po")
    return {str(each.id): str(each.string) for each in catalogue if each.id}


def places(template: str) -> list[tuple[str, str, str]]:
    """Return the places of a template, each with its form and conversion, in any order."""
    parsed = Formatter().parse(template)
    return sorted((name, form or "", turned or "") for _, name, form, turned in parsed if name is not None)


# --- both languages ---


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_can_be_translated(package: str) -> None:
    assert sentences_of(ROOT, package).faults == []


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_is_translated(package: str, lang: str) -> None:
    known = {**translations(PACKAGES[0], lang), **translations(package, lang)}
    said = sentences_of(ROOT, package).said
    assert [text for text in said if not known.get(text)] == []
    untouched = {text: known[text] for text in said if not CHINESE.search(known[text])}
    assert {text: told for text, told in untouched.items() if told != text or ENGLISH.search(text)} == {}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_translations_name_what_the_sentence_names(package: str, lang: str) -> None:
    templates = {text: told for text, told in translations(package, lang).items() if "{" in text and '{"' not in text}
    assert {text: told for text, told in templates.items() if places(text) != places(told)} == {}


def test_the_catalogues_are_up_to_date() -> None:
    assert [name for name, data in catalogues(ROOT).items() if (ROOT / name).read_bytes() != data] == []


def test_a_sentence_made_at_run_time_is_a_fault(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."annoconv.converters"]\n')
    (tmp_path / PACKAGES[0] / "errors.py").write_text("class InputError(ValueError): ...\n")
    (tmp_path / PACKAGES[0] / "bad.py").write_text(
        "def f(x):\n"
        "    raise InputError(f'the {x} is bad')\n"
        "def g(x):\n"
        "    problem = 'one way' if x else 'another'\n"
        "    raise InputError(problem, found='some words', expected=f'{x:.3g}')\n"
        "def _refuse(problem, where):\n"
        "    raise InputError(problem, where=where)\n"
        "def h():\n"
        "    _refuse('passed on', '/a')\n"
        "    _refuse('made ' + 'of parts', '/a')\n"
    )
    told = sentences_of(tmp_path, PACKAGES[0])
    assert set(told.said) == {"one way", "another", "passed on"}
    assert [fault.split(":")[1] for fault in told.faults] == ["2", "5", "10"]


# --- what is said ---


def test_a_message_is_its_english_sentence() -> None:
    message = Message("at most {count}", count=3)
    assert message == "at most 3"
    assert hash(message) == hash("at most 3")
    assert translate(message, "zh") == "最多 3"
    assert translate(message, "en") == "at most 3"
    for again in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert (again.template, again.values) == (message.template, message.values)


def test_a_message_without_values_is_taken_as_it_stands() -> None:
    assert Message('{"LABEL": {}}') == '{"LABEL": {}}'


def test_values_are_not_taken_for_templates() -> None:
    message = Message("{name} is new", name="{count}")
    assert message == "{count} is new"
    assert translate(message, "zh") == "新增了 {count}"


def test_messages_inside_messages_are_translated() -> None:
    inner = listed([Message("a folder"), "a folder", 3], 2)
    assert inner == "a folder, a folder, and 1 more"
    assert translate(inner, "zh") == "文件夹, a folder, 另有 1 个"
    error = InputError("the document is too large")
    assert "文档过大" in translate(Message("not written: {error}", error=error), "zh")


def test_an_error_is_said_in_both_languages() -> None:
    error = InputError(
        Message("{name} cannot be loaded", name="to-x"),
        source="a.json",
        where=Message("line {number}", number=3),
        found="a folder",
        expected="a folder",
        advice="Choose another name or pass --overwrite",
    )
    assert error.text() == (
        "a.json: line 3: to-x cannot be loaded; found a folder; expected a folder. "
        "Choose another name or pass --overwrite."
    ).removesuffix(".")
    # `found` is the input's own text unless it is a message
    assert error.text("zh") == (
        "a.json: 第 3 行: to-x 无法加载；实际为 a folder；应为 文件夹。请换一个名称，或使用 --overwrite。"
    )


def test_losses_and_findings_are_said_in_both_languages() -> None:
    loss = Loss(0, "/task_id", LossKind.NO_PLACE, Message("{name} was removed", name="x"))
    assert (loss.message, loss.text("zh")) == ("x was removed", "删除了 x")
    assert '"message": "x was removed"' in LossReport([loss]).to_json("zh")
    assert loss.to_json() == {"case_index": 0, "path": "/task_id", "kind": "no_place", "message": "x was removed"}
    finding = Finding("schema.invalid", Level.ERROR, "", "trailing comma")
    assert finding.to_json("zh")["message_zh"] == "末尾有多余的逗号"


def test_a_reason_may_name_more_than_its_place() -> None:
    reasons = {"*": Message("{name} is new: {place}", place="{place}", name="x")}
    (loss,) = report({"a": {"b": 1}}, {}, reasons).losses
    assert loss.message == "b is new: a.b"
    plain = {"*": Message("{old} has no {place}", old="x", place="{place}")}
    assert [loss.message for loss in report({"a": {"b": 1}}, {}, plain).losses] == ["x has no a.b"]


def test_what_other_software_says_is_recognised() -> None:
    templates = ("No such option: {name}", "Invalid value for {name}: {reason}", "{value} is not one of {choices}.")
    told = recognised("Invalid value for '--lang': 'fr' is not one of 'en', 'zh'.", *templates)
    assert translate(told, "zh") == "'--lang' 的值无效：'fr' 不在可选值之内：'en', 'zh'。"
    assert recognised("something else", *templates) == "something else"


def test_the_first_variable_that_is_set_decides() -> None:
    assert language({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language({"LC_ALL": "", "LC_MESSAGES": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}) == "en"
    assert language({"LC_ALL": "zh_CN", "LANG": "en_US"}) == "zh"
    assert language({}) == "en"


def test_other_packages_bring_their_own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    catalogue = Catalog()
    catalogue.add("the toy is broken", "玩具坏了")
    catalogue.add("the {toy} is broken", "{other}坏了")
    folder = tmp_path / "toy_format" / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "annoconv.mo").open("wb") as file:
        write_mo(file, catalogue)
    (tmp_path / "toy_format" / "__init__.py").write_text("raise ImportError('not to be imported')\n")
    distribution = tmp_path / "toy_format-1.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-format\nVersion: 1\n")
    (distribution / "entry_points.txt").write_text("[annoconv.converters]\nto-toy = toy_format:to_toy\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    messages._catalogues.cache_clear()
    try:
        assert UsageError("the toy is broken").text("zh") == "玩具坏了。"
        # A translation that names what there is not does not hide what is said.
        assert translate(Message("the {toy} is broken", toy="car"), "zh") == "the car is broken"
    finally:
        messages._catalogues.cache_clear()


# --- the command line ---

WRONG = [
    ["--help"],
    ["formats"],
    ["nosuch"],
    ["--nosuch"],
    ["validate"],
    ["validate", "--help"],
    ["validate", "nosuch.json"],
    ["validate", "nosuch.json", "--profile", "nosuch"],
    ["validate", "text.json"],
    ["validate", "text.json", "--images", "nosuch"],
    ["validate", "bad.json"],
    ["validate", "list.json"],
    ["schema", "nosuch"],
    ["schema", "diff", "list.json"],
    ["upgrade", "text.json", "-o", "x.jsonl"],
    ["upgrade", "bad.json", "-o", "y.json", "--shape", "1"],
    ["upgrade", "old.json", "-o", "y.json"],
    ["info", "nosuch.json"],
    ["to-nifti", "nosuch.json", "-o", "out"],
    ["to-nifti", "bad.json", "-o", "text.json"],
    ["to-coco", "bad.json"],
    ["to-coco", "bad.json", "-o", "a", "--window", "3", "--timezone", "nosuch"],
    ["from-nifti", "nosuch", "-o", "a"],
    ["from-coco", "text.json", "-o", "a"],
    ["from-dicom-seg", "text.json", "-o", "a", "--timestamp", "nosuch"],
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.json").write_text("{,}")
    (tmp_path / "bad.json").write_text('{"task_id": 3}')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "old.json").write_text('{"image_id": "1.2", "annotations": [], "annotator": "a"}')
    return tmp_path


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_no_english_sentence_is_left(
    arguments: list[str], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from annoconv.cli import main

    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    main(arguments)
    out, err = capsys.readouterr()
    lines = [line for line in (out + err).splitlines() if ENGLISH.search(line.replace("from to", ""))]
    assert lines == []
    assert CHINESE.search(out + err)
    monkeypatch.setenv("LANG", "C")
    main([*arguments, "--lang", "zh"] if arguments[0] != "nosuch" else ["--lang", "zh", *arguments])
    out, err = capsys.readouterr()
    assert CHINESE.search(out + err)


def test_every_option_is_explained_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    from annoconv.cli import main
    from annoconv.registry import converters

    for name in converters():
        main([name, "--help", "--lang", "zh"])
        out, _ = capsys.readouterr()
        assert [line for line in out.splitlines() if ENGLISH.search(line)] == [], name
        assert all(len(line.encode("gb18030", "replace")) <= 82 for line in out.splitlines()), name


def test_help_in_chinese_loads_nothing_heavy() -> None:
    code = (
        "import sys; from annoconv.cli import main; main(['--help', '--lang', 'zh'])\n"
        "print([m for m in ('pydantic', 'numpy', 'babel', 'pydicom') if m in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONUTF8": "1"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stderr.strip() == "[]"
