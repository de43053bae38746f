"""The command line: the same options, streams and exit codes everywhere, and never a traceback."""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.cli import _COMMANDS
from tests.documents import c5, c5_without_mask_file, good, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Ran


# --- help and start ---


def test_help_loads_nothing_heavy() -> None:
    heavy = (
        "{'numpy', 'scipy', 'pydicom', 'highdicom', 'nibabel', 'fhir', 'pydantic', 'rich', 'annoconv_model', 'jiter'}"
    )
    code = f"import sys; from annoconv.cli import main; main(['--help']); print({heavy} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("set()")
    for name in ("validate", "formats", "schema", "info", "demo", "to-dicom-seg", "from-dicom-seg"):
        assert name in out


def test_the_collector_and_the_environment_are_afterwards_as_before(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    before = (gc.isenabled(), gc.get_threshold(), {**os.environ})
    assert run("formats").code == 0
    assert (gc.isenabled(), gc.get_threshold(), {**os.environ}) == before
    gc.disable()
    try:
        assert run("formats").code == 0
        assert not gc.isenabled()
    finally:
        gc.enable()


def slowness() -> float:
    """Return how many times the 0.08 s of a quiet machine a fixed work takes, as in `tests/test_bounds.py`."""
    started = time.process_time()
    for _ in range(60):
        assert len({str(number): (number, number % 7) for number in range(5_000)}) == 5_000
    return max(1, (time.process_time() - started) / 0.08)


def test_help_is_quick() -> None:
    spent: list[float] = []
    for _ in range(7):
        slow = slowness()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "annoconv", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        spent.append(2 * cpu / (slow + slowness()))
    assert min(spent) <= 0.25, "what else the machine does adds to the others"


def test_validating_a_document_opens_no_image_library(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", c5())
    heavy = "{'numpy', 'scipy', 'pydicom', 'highdicom', 'nibabel', 'fhir', 'rich'}"
    called = f"main(['validate', {str(path)!r}])"
    code = f"import sys; from annoconv.cli import main; {called}; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
    assert "2 warnings" in ran.stderr


ROOMS = {"convert": "conversion", "plan": "conversion", "report": "quality_report"}
"""Modules in which commands do what their options ask for, if those are not of their names."""


@pytest.mark.parametrize("command", [*_COMMANDS, *registry.commands()])
def test_help_shows_the_options_that_a_command_uses_and_it_takes_the_others(
    run: Callable[..., Ran], command: str
) -> None:
    ran = run(command, "--help")
    assert ran.code == 0
    for option in ("--json", "--quiet", "--lang"):
        assert option in ran.out
    assert "--no-" not in ran.out
    added = registry.commands().get(command)
    module = added.entry_point.module if added else f"annoconv.cli.{ROOMS.get(command, command.replace('-', '_'))}"
    source = Path(str(import_module(module).__file__)).read_text("utf-8")
    used = {
        "--losses": "add_losses" in source,
        "--fail-on-loss": "add_losses" in source,
        "--overwrite": "overwrite" in source,
        "--limit": "report.limits" in source,
    }
    assert {option: f"  {option} " in ran.out for option in used} == used
    every = ("--losses", "x.json", "--fail-on-loss", "--overwrite", "--limit", "files=9")
    assert run(command, *every, "--help").code == 0


def test_version(run: Callable[..., Ran]) -> None:
    assert run("--version").out.startswith("annoconv 0.")


# --- usage ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["validate"],
        ["validate", "x.json", "--profile", "strict"],
        ["validate", "x.json", "--no-such-option"],
        ["validate", "x.json", "--lang", "fr"],
        ["to-dicom-seg", "x.json"],
        [],
    ],
)
def test_usage_errors_are_two(run: Callable[..., Ran], arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "annoconv" in ran.err


def test_a_usage_error_is_json_too(run: Callable[..., Ran]) -> None:
    answer = run("validate", "--json").json
    assert "Missing argument" in answer["errors"][0]["message"]


# --- validate ---


def test_a_missing_mask_file_is_one_finding(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", c5_without_mask_file())
    ran = run("validate", path, "--json")
    assert ran.code == 1
    (finding,) = ran.json["findings"]
    assert (finding["path"], finding["rule"], finding["level"]) == ("/annotations/0", "schema.required", "error")
    assert "mask_file" in finding["message"]
    assert finding["source"] == str(path)


def test_files_that_are_given_together_share_the_splits_of_patients(run: Callable[..., Ran], tmp_path: Path) -> None:
    told = {split: good() | {"patient_id": "P1", "split": split} for split in ("validation", "test")}
    paths = [write(tmp_path / f"{split}.json", document) for split, document in told.items()]
    (finding,) = run("validate", *paths, "--profile", "delivery", "--json").json["findings"]
    assert (finding["source"], finding["path"]) == (str(paths[1]), "/split")
    assert "CASE_1 (validation.json) in validation, CASE_1 (test.json) in test" in finding["message"]
    assert all(run("validate", path, "--profile", "delivery").code == 0 for path in paths)


def test_in_chinese(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", c5_without_mask_file())
    (finding,) = run("validate", path, "--json", "--lang", "zh").json["findings"]
    assert finding["message"].startswith("the required key 'mask_file' is missing; add it: path")  # the same for all
    assert "缺少必需的键 'mask_file'" in finding["message_zh"]
    ran = run("validate", path, "--lang", "zh")
    assert ran.out == ""
    assert "错误: 缺少必需的键 'mask_file'" in ran.err
    assert "1 个错误，0 个警告" in ran.err


def test_chinese_survives_a_locale_without_it(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", c5_without_mask_file())
    command = [sys.executable, "-m", "annoconv", "validate", str(path), "--lang", "zh", "--json"]
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert ran.returncode == 1
    assert "缺少" in json.loads(ran.stdout.decode("utf-8"))["findings"][0]["message_zh"]


def test_warnings_do_not_fail(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("validate", write(tmp_path / "c.json", c5()), "--json")
    assert ran.code == 0
    assert {each["level"] for each in ran.json["findings"]} == {"warning"}


def test_profiles(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("validate", write(tmp_path / "c.json", c5()), "--json", "--profile", "delivery")
    assert ran.code == 1
    assert [each["rule"] for each in ran.json["findings"]] == [
        "A-10.1.5.mask_missing",
        "A-3.3.dangling_link",
        "A-7.2b.direction_missing",
        "A-7.2d.origin_missing",
        "A-5.6.time_missing",
    ]


def test_lines_and_several_files(run: Callable[..., Ran], tmp_path: Path) -> None:
    lines = write(tmp_path / "a.jsonl", good(), c5_without_mask_file(), good(), c5_without_mask_file())
    one = write(tmp_path / "b.json", c5_without_mask_file())
    ran = run("validate", lines, tmp_path / "none.json", one, "--json", "--schema-only")
    assert ran.code == 1
    places = [(each["source"].rsplit("/", 1)[1], each["case_index"]) for each in ran.json["findings"]]
    assert places == [("a.jsonl", 1), ("a.jsonl", 3), ("none.json", 0), ("b.json", 0)]
    assert "none.json" in ran.json["errors"][0]["message"]


def test_what_could_not_be_opened_is_a_finding_that_the_summary_counts(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "seg.dcm").write_bytes(bytes(128) + b"DICM")
    fine = write(tmp_path / "c.json", good())
    sources = [tmp_path / "folder", tmp_path / "seg.dcm", tmp_path / "none.json", fine]
    ran = run("validate", *sources, "--json")
    assert ran.code == 1
    assert [each["rule"] for each in ran.json["findings"]] == ["not_checked"] * 3
    ran = run("validate", *sources)
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "0 errors, 0 warnings, 3 of 4 inputs not checked"


def test_many_findings_are_one_object(run: Callable[..., Ran], tmp_path: Path) -> None:
    document = good()
    document["annotations"] = [{"type": "mask"}] * 40_000
    answer = run("validate", write(tmp_path / "c.json", document), "--json", "--quiet").json
    assert answer["findings_counts"] == {"schema.invalid": 1, "schema.required": 100_000}
    first, *listed = answer["findings"]
    assert "in 160000 places, of which 100000 are told" in first["message"]
    assert [each["path"] for each in listed] == [f"/annotations/{place // 4}" for place in range(1000)]


def test_every_finding_is_written_to_a_file(run: Callable[..., Ran], tmp_path: Path) -> None:
    document = good()
    document["annotations"] = [{"type": "mask"}] * 2_000
    path = write(tmp_path / "c.json", document)
    ran = run("validate", path, "--findings", tmp_path / "f.jsonl")
    listed = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert (ran.code, len(listed), listed[-1]["path"]) == (1, 8_000, "/annotations/1999")
    assert len(ran.err.splitlines()) == 20 + 2
    assert "... and 7980 more of schema.required" in ran.err
    assert run("validate", path, "--findings", tmp_path / "f.jsonl").code == 2, "the file is there"
    assert run("validate", path, "--findings", path, "--overwrite").code == 2, "the file is read"


def test_a_sentence_holds_no_value_at_length(run: Callable[..., Ran], tmp_path: Path) -> None:
    document = good()
    document["annotations"][0]["k" * 1_000_000] = 1
    document["task_id"] = "t" * 1_000_000 + " "
    ran = run("validate", write(tmp_path / "c.json", document))
    assert ran.code == 1
    assert max(map(len, ran.err.splitlines())) < 2_000


def test_a_limit_has_a_name(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", good())
    ran = run("validate", path, "--limit", "document_bytes=10")
    assert ran.code == 4
    assert "--limit document_bytes=NUMBER" in ran.err
    assert run("validate", path, "--limit", "document_bytes=100000", "--limit", "depth=20").code == 0
    for wrong in ("bytes=10", "files", "files=-1", "files=1e3", "depth=300"):
        ran = run("validate", path, "--limit", wrong)
        assert ran.code == 2, wrong
    ran = run("validate", path, "--limit", "files=-1")
    assert "the limit files is no whole number of at most 18 digits, without a sign" in ran.err


def test_folders_of_cases_count_as_files(run: Callable[..., Ran], tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"c{number}").mkdir()
        write(tmp_path / f"c{number}" / "case.json", good())
    for command in (["validate"], ["info"], ["to-coco", "-o", tmp_path / "x.json"]):
        ran = run(*command, tmp_path, "--limit", "files=3")
        assert ran.code == 4, command
        assert "--limit files=NUMBER" in ran.err
    assert run("validate", tmp_path, "--limit", "files=4").code == 0


def test_quiet_says_errors_only(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("validate", write(tmp_path / "c.json", c5()), "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    broken = c5()
    del broken["annotations"][0]["mask_file"]
    ran = run("validate", write(tmp_path / "b.json", broken), "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"{tmp_path / 'b.json'}: /annotations/0: error: the required key 'mask_file' is missing; add it: path "
        "of the mask file, relative to the case file [schema.required]"
    ]
    assert "none.json" in run("validate", tmp_path / "none.json", "--quiet").err


def test_a_limit_is_four(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    ran = run("validate", path, "--json")
    assert ran.code == 4
    assert "nested too deeply" in ran.json["errors"][0]["message"]


def test_images_are_checked_against(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    ran = run("validate", write(tmp_path / "c.json", good()), "--images", tmp_path / "images", "--json")
    assert [each["rule"] for each in ran.json["findings"]] == ["A-6.6.2.image_source"]
    assert run("validate", tmp_path / "c.json", "--images", tmp_path / "none").code == 2


# --- the others ---


def test_schema_for_code_generators(run: Callable[..., Ran], tmp_path: Path) -> None:
    for root, title in (("case", "Case"), ("package", "Package"), ("label-system", "LabelSystem")):
        schema = json.loads(run("schema", "--for", "codegen", "--of", root).out)
        assert schema["title"] == title
        assert schema["$id"].endswith(f"/codegen/annoconv.{root}.schema.json")
    assert "export interface Case {" in run("schema", "--for", "typescript").out
    assert run("schema", "--for", "typescript", "-o", tmp_path / "x.json").code == 2
    assert run("schema", "--for", "typescript", "-o", tmp_path / "x.d.ts").code == 0
    refused = run("schema", "--of", "package")
    assert refused.code == 2
    assert "--for codegen" in refused.err


def test_schema(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("schema")
    assert json.loads(ran.out)["$schema"].endswith("2020-12/schema")
    assert run("schema", "--json").json["schema"] == json.loads(ran.out)
    target = tmp_path / "s.json"
    assert run("schema", "-o", target, "--json").json["outputs"] == [str(target)]
    assert target.read_text() == ran.out
    assert run("schema", "-o", target).code == 2
    assert run("schema", "-o", target, "--overwrite").code == 0


def test_formats(run: Callable[..., Ran]) -> None:
    ran = run("formats", "--json")
    (found,) = [each for each in ran.json["formats"] if each["name"] == "dicom-seg"]
    assert found["reads"]
    assert found["writes"]
    assert "dicom-seg" in run("formats").err


def test_info(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("info", "--json").json["versions"]["schema"] == "1.0"
    path = write(tmp_path / "x.jsonl", good(), c5() | {"annotations": []})
    first, second = run("info", path, "--json").json["cases"]
    assert first["annotations"] == {"bbox": 1, "point": 1, "polygon": 1}
    assert second["labels"] == {}
    assert "CT 20 x 16 x 10: 1 bbox, 1 point, 1 polygon" in run("info", path).err
    assert run("info", write(tmp_path / "bad.json", c5_without_mask_file()), "--json").json["findings"]


def test_demo(run: Callable[..., Ran], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert run("demo", folder, "--json").json["outputs"] == [str(folder)]
    assert read_case(folder).case.annotations
    assert run("validate", folder / "case.json", "--profile", "exchange").code == 0
    assert run("demo", folder).code == 2


def test_losses_go_to_a_file(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", good())
    assert run("validate", path, "--losses", tmp_path / "l.json").code == 0
    assert (tmp_path / "l.json").read_text() == "[]\n"
    assert run("validate", path, "--losses", tmp_path / "l.json").code == 2


# --- our own bugs ---


def test_a_bug_is_seventy_and_tells_no_values(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("ZHANG SAN 1970-01-01")

    monkeypatch.setattr("annoconv.cli.formats.formats", fails)
    ran = run("formats", "--json")
    assert ran.code == 70
    assert "RuntimeError at test_commands.py:" in ran.err
    assert "ZHANG" not in ran.err + ran.out
    assert ran.json["errors"]


def test_an_interrupt_is_quiet(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("annoconv.cli.formats.formats", stops)
    assert run("formats").code == 130


def test_a_reader_that_leaves_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m annoconv schema | head -c 10; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ran.stdout == '{\n "$schem'
    assert ran.stderr == ""


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from annoconv.cli import bar
    from annoconv.cli.report import Report

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, quiet, shown in ((Terminal(), False, True), (Terminal(), True, False), (io.StringIO(), False, False)):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(bar, "_FIRST", 0.0)
        with Report(quiet=quiet) as report:
            report.progress(1, 2)
        assert bool(stream.getvalue()) is shown
