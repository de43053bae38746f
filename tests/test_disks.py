"""A disk that is full or read only, and names as long as it takes: one error that names the output, nothing is left."""

from __future__ import annotations

import ctypes
import io
import os
import resource
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from annoconv.cli import main
from annoconv.files.disk import files_below, names_below
from tests.test_stage import forked
from tests.trees import ALL_READERS, WRITERS, pictures, prepare, source_of, suffix, tree

COMMANDS = [*(f"to-{name}" for name in WRITERS), *(f"from-{name}" for name in ALL_READERS)]
LONGEST = 255
"""Bytes of a name, on the file systems of the field."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


def command(name: str, root: Path) -> list[str]:
    direction, _, format_name = name.partition("-")
    source = root / "d/case.json" if direction == "to" else source_of(root, format_name)
    return [name, str(source), *pictures(format_name, root), "--quiet"]


def ending(name: str) -> str:
    return suffix(name[3:]) if name.startswith("to-") else ".jsonl"


def in_child(prepare_it: Callable[[], None], words: list[str]) -> tuple[int, str]:
    """Run a command in a child process; return its exit code, and what it said through a pipe."""
    ear, mouth = os.pipe()

    def run() -> None:
        prepare_it()
        with redirect_stderr(io.StringIO()) as said:
            code = main(words)
        os.write(mouth, said.getvalue().encode())
        os._exit(code)

    code = forked(run)
    os.close(mouth)
    with os.fdopen(ear, "rb") as file:
        return code, file.read().decode()


def fill_the_disk() -> None:
    """Let this process write no more than a few bytes to any file, as a full disk does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))


def give_up_rights() -> None:
    """Let this process do no more than the modes of files say, the system's user too (Linux, capset)."""
    header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(header, rights) == 0


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_error_that_names_the_output(
    name: str, overwrite: bool, prepared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "deep" / f"out{ending(name)}"
    words = [*command(name, prepared), "-o", str(target), "--losses", str(tmp_path / "l.json"), "--overwrite"]
    assert not overwrite or main(words) == 0
    before = tree(tmp_path)
    assert in_child(fill_the_disk, words) == (1, refused(target, "File too large"))
    assert tree(tmp_path) == before


def refused(target: Path, reason: str) -> str:
    """Return the line that says what the system said."""
    return (
        f"annoconv: error: {target}: the system refused; found {reason}; expected that this can be read or written. "
        "See that it is there, may be used, and that the disk has room\n"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_is_read_only_is_named(name: str, prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    target = folder / f"out{ending(name)}"
    words = [*command(name, prepared), "-o", str(target)]
    assert in_child(give_up_rights, words) == (1, refused(target, "Permission denied"))
    assert tree(tmp_path) == {"read-only": b"folder"}


@pytest.mark.parametrize("letter", ["x", "肝"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_is_as_long_as_the_disk_lets_it_be(
    name: str, letter: str, prepared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = command(name, prepared)
    room = LONGEST - len(ending(name)) - len(".annoconv.json")
    fits = letter * (room // len(letter.encode())) + ending(name)
    for _ in range(2):
        assert main([*words, "-o", str(tmp_path / fits), "--overwrite"]) == 0
    before = tree(tmp_path)
    for place in (f"{'x' * LONGEST}x{ending(name)}", f"new/{'x' * LONGEST}x/out{ending(name)}"):
        capfd.readouterr()
        assert main([*words, "-o", str(tmp_path / place)]) in {1, 2}
        said = capfd.readouterr().err
        assert said.count("\n") == 1
        assert f"{tmp_path / place}: " in said
        assert "too long" in said
        assert tree(tmp_path) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_that_leaves_no_room_for_what_belongs_to_it_is_refused_whole(
    name: str, prepared: Path, tmp_path: Path
) -> None:
    longest = "x" * (LONGEST - len(ending(name))) + ending(name)
    code = main([*command(name, prepared), "-o", str(tmp_path / longest)])
    assert code in {0, 1, 2}
    assert code == 0 or tree(tmp_path) == {}


def test_files_of_a_folder_are_named_in_one_order(tmp_path: Path) -> None:
    names = ["b", "a/b", "a/b-c", "a/b.c/d", "a/b/c", "a-b", "a.b", "a0", "\u80dd/x", "A", ".x", "a/B"]
    places = [tmp_path / (f"{name}.txt" if name in {"b", "a/b"} else name) for name in names]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")
    for name in ("e", "a/e/f", "z"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    found, empty = files_below(tmp_path)
    assert [*found] == sorted([*(place.relative_to(tmp_path).as_posix() for place in places), "link"])
    assert empty == ["a/e/f/", "e/", "z/"]
    assert [*names_below(tmp_path)] == sorted([*found, *empty])
