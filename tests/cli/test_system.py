"""What the system does to a command: signals, full disks, pipes, packed files; one error that says what is wrong."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from tests.test_disks import fill_the_disk, in_child

if TYPE_CHECKING:
    from tests.cli.conftest import Ran

COCO = {
    "images": [{"id": number, "file_name": f"p{number}.png", "width": 20, "height": 10} for number in range(30)],
    "annotations": [{"id": 1, "image_id": 0, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
    "categories": [{"id": 1, "name": "a"}],
}


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(COCO))
    return path


STOPPED = """
import os, signal, sys
import annoconv.cli.formats
from annoconv.cli import main
from annoconv.files.atomic import replacing
from pathlib import Path

number, arguments = int(sys.argv[1]), sys.argv[2:] or None
signal.signal(number, signal.SIG_DFL)  # the tests may run where it is ignored, as under nohup

def stops(*_):
    with replacing(Path("x.json")) as temporary:
        temporary.write_text("{}")
        os.kill(os.getpid(), number)

annoconv.cli.formats.formats = stops
sys.argv = ["annoconv", "formats"]
code = main(arguments)
assert signal.getsignal(number) is signal.SIG_DFL
sys.exit(code)
"""


def stopped(number: int, folder: Path, *arguments: str) -> tuple[int, str, list[str]]:
    """Return exit code, errors and what is left of a process that a signal stops while it writes an output."""
    words = [sys.executable, "-c", STOPPED, str(number), *arguments]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr, sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_a_command_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    assert stopped(number, tmp_path) == (128 + number, "", [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_program_that_calls_a_command_ends_by_its_signals_itself(number: signal.Signals, tmp_path: Path) -> None:
    code, said, left = stopped(number, tmp_path, "formats")
    assert (code, said) == (-number, "")
    assert [each.startswith(".annoconv-") for each in left] == [True]  # the stage, as of any process that is killed


def test_a_program_that_calls_a_command_handles_its_signals_itself(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shutdown(BaseException):
        pass

    def ends(*_: object) -> None:
        raise Shutdown

    def signals(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("annoconv.cli.formats.formats", signals)
    former = signal.signal(signal.SIGTERM, ends)
    try:
        with pytest.raises(Shutdown):
            run("formats")
        assert signal.getsignal(signal.SIGTERM) is ends
    finally:
        signal.signal(signal.SIGTERM, former)


def test_a_signal_that_the_caller_ignores_is_ignored(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def signals(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGHUP)

    monkeypatch.setattr("annoconv.cli.formats.formats", signals)
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("formats").code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


def without_reader(stream: str, *words: object) -> tuple[int, str]:
    """Return exit code and what is said of a command one stream of which nobody reads any more."""
    end, closed = os.pipe()
    os.close(end)
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, stream: closed}
    command = [sys.executable, "-m", "annoconv", *map(str, words)]
    try:
        ran = subprocess.run(command, **streams, text=True, check=False)
    finally:
        os.close(closed)
    return ran.returncode, ran.stderr or ""


@pytest.mark.parametrize("words", [["schema"], ["formats", "--json"], ["--help"], ["--version"], ["to-coco", "-h"]])
def test_an_answer_that_nobody_reads_ends_as_other_programs_do(words: list[str]) -> None:
    """By the exit code that a shell gives for SIGPIPE, and without a word."""
    code, said = without_reader("stdout", *words)
    assert code == 141
    assert "annoconv: error" not in said
    assert "Traceback" not in said


def test_a_fault_of_the_request_is_told_even_if_nobody_reads_the_answer() -> None:
    code, said = without_reader("stdout", "no-command", "--json")
    assert code == 141
    assert "No such command" in said
    assert "Traceback" not in said


def test_an_output_is_written_and_the_code_is_that_of_the_work_if_nobody_reads_what_is_said(
    coco: Path, tmp_path: Path
) -> None:
    target = tmp_path / "cases.jsonl"
    assert without_reader("stderr", "from-coco", coco, "-o", target) == (0, "")
    assert target.is_file()
    assert without_reader("stderr", "from-coco", coco, "-o", target) == (2, "")
    answer = tmp_path / "again.jsonl"
    assert without_reader("stdout", "from-coco", coco, "-o", answer, "--json") == (141, "")
    assert answer.read_bytes() == target.read_bytes()  # it stood there when the answer was cut off


@pytest.mark.parametrize(
    "words",
    [
        ["validate", "-"],
        ["from-coco", "-", "-o", "x.json"],
        ["convert", "-", "--from", "coco", "--to", "cvat", "-o", "x.xml"],
        ["to-coco", "-", "-o", "x.json"],
        ["info", "-"],
    ],
)
def test_standard_input_as_a_source_is_named_as_what_is_not_read(
    words: list[str], run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*words)
    assert ran.code == 1
    assert "standard input is not read; found -; expected a file or a folder" in ran.err
    assert "rite what it holds to a file first" in ran.err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "words", [["from-coco", "coco.json", "-o", "x", "--losses", "-"], ["validate", "x.jsonl", "--findings", "-"]]
)
def test_standard_output_is_no_file_of_the_name_of_a_dash(
    words: list[str], coco: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(coco.parent)
    assert run("from-coco", coco, "-o", "x.jsonl").code == 0
    ran = run(*words)
    assert ran.code == 2
    assert "this output is no text for standard output; found -; expected a file or a folder. Name the file" in ran.err
    assert not Path("-").exists()


def test_a_side_file_beside_standard_output_is_left_out_by_plain(coco: Path, run: Callable[..., Ran]) -> None:
    case = coco.with_name("cases.jsonl")
    assert run("from-coco", coco, "-o", case).code == 0
    ran = run("to-cvat", case, "-o", "-")
    assert ran.code == 2
    assert "found output.annoconv.json, output.xml; expected one text file. Add --plain, which writes no" in ran.err
    assert run("to-cvat", case, "-o", "-", "--plain").out.startswith("<?xml")


def test_the_temporary_folder_is_named_where_its_disk_is_full_and_not_that_of_the_output(
    coco: Path, run: Callable[..., Ran]
) -> None:
    cases = coco.with_name("cases.jsonl")
    assert run("from-coco", coco, "-o", cases).code == 0

    def are_apart(*_: object) -> bool:
        return False

    def fill() -> None:
        fill_the_disk()
        pytest.MonkeyPatch().setattr("annoconv.files.naming.is_on_one_disk", are_apart)

    code, said = in_child(fill, ["to-coco", str(cases), "-o", str(coco.with_name("out.json"))])
    folder = f"annoconv: error: {tempfile.gettempdir()}: the folder for temporary files takes no more; found File too"
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith(folder)
    assert "TMPDIR" in said
    assert not coco.with_name("out.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("words", [["schema"], ["formats", "--json"], ["rule", "nothing", "--json"]])
def test_a_full_disk_behind_standard_output_is_one_error(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "annoconv", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode in {1, 2}
    assert "Traceback" not in ran.stderr
    assert "internal" not in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("annoconv: error: standard output takes no more; found No space")


@pytest.mark.parametrize("option", ["--losses-allowed", "--manifest", "--font"])
def test_a_pipe_as_the_file_of_an_option_is_refused_and_not_waited_for(
    option: str, coco: Path, run: Callable[..., Ran]
) -> None:
    pipe = coco.with_name("pipe.csv")
    os.mkfifo(pipe)
    cases = coco.with_name("cases.jsonl")
    assert run("from-coco", coco, "-o", cases).code == 0
    command = {"--losses-allowed": ["to-coco", cases, "-o", "x.json"], "--manifest": ["convert", "--to", "coco"]}
    ran = run(*command.get(option, ["preview", cases, "-o", coco.with_name("p")]), option, pipe)
    assert ran.code == 1
    assert f"{pipe}: this is neither a file nor a folder; found a pipe" in ran.err


def test_a_fault_in_a_line_is_told_with_the_number_of_that_line(coco: Path, run: Callable[..., Ran]) -> None:
    cases = coco.with_name("cases.jsonl")
    assert run("from-coco", coco, "-o", cases).code == 0
    lines = cases.read_text().splitlines(keepends=True)
    cases.write_text("".join([*lines[:4], lines[4][:50] + "\n", *lines[5:]]))
    for words in (["validate", cases], ["to-coco", cases, "-o", coco.with_name("out.json")]):
        ran = run(*words)
        assert ran.code == 1
        assert "at line 5, column 50" in ran.err


def test_a_packed_text_is_to_be_unpacked(coco: Path, run: Callable[..., Ran]) -> None:
    packed = coco.with_name("coco.json.gz")
    packed.write_bytes(gzip.compress(coco.read_bytes()))
    for words in (["validate"], ["convert", "-o", "x.json", "--to", "coco"], ["from-coco", "-o", "x.jsonl"]):
        ran = run(*words, packed)
        assert ran.code == 1
        assert "npack it" in ran.err
    renamed = packed.rename(coco.with_name("renamed.json"))
    assert "the text is compressed with gzip; unpack it first" in run("from-coco", renamed, "-o", "x.jsonl").err


def test_the_picture_that_is_missing_is_named(coco: Path, run: Callable[..., Ran]) -> None:
    cases = coco.with_name("cases.jsonl")
    assert run("from-coco", coco, "-o", cases).code == 0
    pictures = coco.with_name("pictures")
    pictures.mkdir()
    for number in range(29):
        Pillow.new("L", (20, 10)).save(pictures / f"p{number}.png")
    ran = run("to-yolo", cases, "-o", coco.with_name("y"), "--images", pictures, "--render", "8")
    assert ran.code == 1
    assert f"{pictures}: the picture of an image is not there" in ran.err
    assert "expected p29.png" in ran.err
    assert not coco.with_name("y").exists()


def test_many_outputs_are_counted_on_the_terminal(coco: Path, run: Callable[..., Ran]) -> None:
    ran = run("from-coco", coco, "-o", coco.with_name("cases"))
    assert ran.err.count("wrote ") == 20
    assert "... and 10 more; --json has them all" in ran.err


def test_an_error_on_the_way_to_standard_output_names_no_temporary_file(coco: Path, run: Callable[..., Ran]) -> None:
    ran = run("from-coco", coco, "-o", "-")
    assert ran.code == 2
    assert ran.err.startswith("annoconv: error: -: there are several cases")
