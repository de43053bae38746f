"""Killed at any step, a run leaves the former set of outputs or the new one; of several runs at one target one wins."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annoconv.errors import AnnoconvError, InputError, OutputExistsError
from annoconv.files import disk, outputs, stage
from annoconv.files.atomic import Outputs, replacing
from annoconv.files.manifest import MANIFEST
from annoconv.files.stage import is_stage, settle, stage_folder
from tests.trees import Tree, tree

KILLED = 9


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the disk alone: a process that is killed does not take the system's memory along."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def write_set(place: Path, text: str, *, overwrite: bool) -> None:
    """Write a file, its side file, a folder beside it and losses in another folder, as one set."""
    with Outputs(overwrite=overwrite) as outputs:
        with replacing(place / "x.json") as temporary:
            temporary.write_text(text)
        if "bare" not in text:
            with replacing(place / "x.annoconv.json", of=place / "x.json") as temporary:
                temporary.write_text(json.dumps({"of": text}))
        with replacing(place / "x.masks", of=place / "x.json") as temporary:
            temporary.mkdir()
            (temporary / text).write_text(text)
        with replacing(place / "elsewhere" / "l.json") as temporary:
            temporary.write_text(text)
    assert outputs.overwrite is overwrite


def forked(work: Callable[[], None]) -> int:
    """Do something in a child process; return its exit code: 2 for an error of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads that libraries left idle
        child = os.fork()
    if child == 0:
        try:
            work()
        except AnnoconvError:
            os._exit(2)
        except BaseException:
            os._exit(70)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at(count: int) -> None:
    """End this process, as a kill does, before the given one of the steps that change a folder or sync a file."""
    left = [count]

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object, **options: object) -> object:
            if left[0] == 0:
                os._exit(KILLED)
            left[0] -= 1
            return function(*arguments, **options)

        return step

    for owner, name in (
        *((Path, name) for name in ("rename", "replace", "unlink", "mkdir", "rmdir", "touch", "write_text")),
        (os, "link"),
        (disk.shutil, "rmtree"),
    ):
        setattr(owner, name, counted(getattr(owner, name)))


def seen(place: Path) -> Tree:
    """Return what annoconv sees of a set, after it was asked to read it."""
    settle(place / "x.json")
    return {name: what for name, what in tree(place).items() if not any(map(is_stage, name.split("/")))}


@pytest.mark.parametrize(
    "texts", [pytest.param(("old", "new"), marks=pytest.mark.soak), ("old", "new, bare"), ("", "new")]
)
def test_killed_before_any_step_it_is_the_former_set_or_the_new_one(texts: tuple[str, str], tmp_path: Path) -> None:
    former, new = texts
    place = tmp_path / "other"
    write_set(place, new, overwrite=False)
    whole, count, ends = tree(place), 0, set()
    while True:
        place = tmp_path / f"{count}"
        (place / "elsewhere").mkdir(parents=True)
        if former:
            write_set(place, former, overwrite=False)
        before = tree(place)

        def work(place: Path = place, count: int = count) -> None:
            kill_at(count)
            write_set(place, new, overwrite=True)

        code = forked(work)
        after = seen(place)
        assert after in (before, whole), f"a mixture after {count} steps: {sorted(after)}"
        ends.add(after == whole)
        if code == 0:
            break
        assert code == KILLED
        write_set(place, new, overwrite=True)
        assert tree(place) == whole, f"something is left after {count} steps"
        count += 1
    assert ends == {True, False}
    assert count > 20


ASKED: dict[str, tuple[str, Callable[[Path], bool]]] = {
    "what was moved out of the way": ("x.masks/new", lambda place: not (place / "x.masks").exists()),
    "what was not replaced yet": (
        "x.masks/old",
        lambda place: (place / "x.json").read_text() == "new" and (place / "x.masks" / "old").exists(),
    ),
}


@pytest.mark.parametrize("what", ASKED)
def test_what_a_killed_run_has_not_put_in_place_is_there_when_it_is_asked_for_alone(what: str, tmp_path: Path) -> None:
    name, is_met = ASKED[what]
    place, count, met = tmp_path / "0", 0, 0
    while True:
        (place / "elsewhere").mkdir(parents=True)
        write_set(place, "old", overwrite=False)

        def work(place: Path = place, count: int = count) -> None:
            kill_at(count)
            write_set(place, "new", overwrite=True)

        if forked(work) == 0:
            break
        if is_met(place):
            met += 1
            settle(place / name)
            assert (place / "x.json").read_text() == "new"
            assert (place / "x.masks" / "new").is_file()
            assert not (place / "x.masks" / "old").exists()
        count += 1
        place = tmp_path / f"{count}"
    assert met


def test_the_lock_of_a_stage_keeps_a_second_run_out(tmp_path: Path) -> None:
    with replacing(tmp_path / "x.json") as temporary:
        temporary.write_text("first")
        assert forked(lambda: write_set(tmp_path, "second", overwrite=True)) == 2
    assert tree(tmp_path) == {"x.json": b"file first"}


@pytest.mark.parametrize("report", ["l.json", "elsewhere/l.json"])
def test_two_runs_with_one_report_and_other_outputs_do_not_mix(report: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with Outputs(overwrite=True) as first:
        for name in ("a.json", report):
            first.expect(tmp_path / name)
        first.add(tmp_path / "a.json").write_text("a")
        first.add(tmp_path / report).write_text("of a")
        second = Outputs(overwrite=True)
        for name in ("b.json", report):
            second.expect(tmp_path / name)
        with second, pytest.raises(OutputExistsError, match="another run") as caught:
            second.add(tmp_path / "b.json")
    assert caught.value.source == str(tmp_path / report)
    assert {path.name for path in tmp_path.rglob("*")} == {"elsewhere", "a.json", "l.json"}
    assert (tmp_path / report).read_text() == "of a"


def test_a_folder_that_another_run_replaces_while_it_is_looked_at_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replacing(tmp_path / "out") as temporary:
        (temporary / "masks").mkdir(parents=True)
    check = outputs.check_folder

    def late(folder: Path, of: str) -> object:
        folder.rename(tmp_path / "moved")
        return check(folder, of)

    monkeypatch.setattr(outputs, "check_folder", late)
    with pytest.raises(OutputExistsError, match="somebody changed the output meanwhile"):
        Outputs(overwrite=True).expect(tmp_path / "out")


def write_at(start: int, go: int, place: Path, text: str, *, overwrite: bool) -> None:
    """Wait for the pipe to be closed, write, and end this process."""
    os.close(go)
    os.read(start, 1)
    os._exit(forked(lambda: write_set(place, text, overwrite=overwrite)))


@pytest.mark.parametrize("turns", [5, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.parametrize("writers", [2, 4])
@pytest.mark.parametrize("overwrite", [False, True])
def test_of_several_runs_one_wins(writers: int, overwrite: bool, turns: int, tmp_path: Path) -> None:
    for turn in range(turns):
        place = tmp_path / f"{turn}"
        (place / "elsewhere").mkdir(parents=True)
        start, go = os.pipe()
        children = []
        for number in range(writers):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                write_at(start, go, place, f"run {number}", overwrite=overwrite)
            children.append(child)
        os.close(start)
        os.close(go)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert {*codes} <= {0, 2}
        assert codes.count(0) == 1 if not overwrite else codes.count(0) >= 1
        after = tree(place)
        texts = {after[name][5:].decode() for name in ("x.json", "elsewhere/l.json")}
        assert len(texts) == 1
        assert {f"x.masks/{text}" for text in texts} <= after.keys()
        assert len(after) == 7, sorted(after)


def test_leftovers_without_a_journal_are_cleared_by_the_next_run_only(tmp_path: Path) -> None:
    left = stage_folder(tmp_path / "x.json")
    (left / "0").mkdir(parents=True)
    (left / "lock").touch()
    (left / "0" / "x.json").write_text("half")
    settle(tmp_path / "x.json")
    assert (left / "0" / "x.json").exists()
    with replacing(tmp_path / "x.json") as temporary:
        temporary.write_text("whole")
    assert tree(tmp_path) == {"x.json": b"file whole"}


def plant(folder: Path, *steps: tuple[str, bool, str | None], lock: bool = True) -> Path:
    """Make a stage as a stranger may: of each step the name, whether it removes, and the former one it tells of."""
    left = stage_folder(folder / "x.json")
    told = []
    for number, (name, is_removal, former) in enumerate(steps):
        (left / f"{number}").mkdir(parents=True)
        (left / f"{number}" / name).write_text("planted")
        told.append({"number": number, "name": name, "overwrite": True, "is_removal": is_removal, "former": former})
    (left / "journal.json").write_text(json.dumps({"steps": told, "others": [], "first": None}))
    if lock:
        (left / "lock").touch()
    return left


SHA_256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.parametrize("former", [None, SHA_256_OF_ABC])
@pytest.mark.parametrize("is_removal", [True, False])
@pytest.mark.parametrize("name", ["notes.txt", "photos", "link", ".annoconv.json"])
def test_a_planted_journal_costs_the_user_nothing(
    name: str, is_removal: bool, former: str | None, lock: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".annoconv.json").write_text("mine")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1").write_text("mine")
    (tmp_path / "link").symlink_to("notes.txt")
    left = plant(tmp_path, ("new.txt", False, None), (name, is_removal, former), lock=lock)
    before = tree(tmp_path)
    for work in (
        lambda: settle(tmp_path / "x.json"),
        lambda: settle(tmp_path),
        lambda: write_set(tmp_path, "new", overwrite=True),
    ):
        with pytest.raises(AnnoconvError, match=name if lock else left.name):
            work()
        assert tree(tmp_path) == before


@pytest.mark.parametrize("is_removal", [True, False])
def test_a_journal_replaces_what_it_found_and_removes_what_has_a_seal(is_removal: bool, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("abc")
    plant(tmp_path, ("x.json", is_removal, SHA_256_OF_ABC))
    if is_removal:
        with pytest.raises(InputError, match=r"x\.json"):
            settle(tmp_path / "x.json")
    else:
        settle(tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text() == ("abc" if is_removal else "planted")


@pytest.mark.parametrize("folder", ["0", "old"])
def test_a_stage_reaches_nothing_through_a_link(folder: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.json").write_text("mine")
    left = plant(tmp_path / "in", ("x.json", False, None))
    if folder == "0":
        disk.remove(left / "0")
    (left / folder).symlink_to("../../mine")
    before = tree(tmp_path)
    with pytest.raises(OutputExistsError, match=f"found {folder}"):
        settle(tmp_path / "in" / "x.json")
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("names", "strange"),
    [
        (["mine.txt"], "mine.txt"),
        (["0/x.json"], "0"),
        (["lock", "0/x.json", "mine.txt"], "mine.txt"),
        (["lock", "0"], "0"),
        (["lock", "images/1.dcm"], "images"),
    ],
)
def test_a_folder_that_is_only_named_like_a_stage_is_left_alone(names: list[str], strange: str, tmp_path: Path) -> None:
    left = stage_folder(tmp_path / "x.json")
    for name in names:
        (left / name).parent.mkdir(parents=True, exist_ok=True)
        (left / name).write_text("mine")
    before = tree(tmp_path)
    settle(tmp_path / "x.json")
    with pytest.raises(OutputExistsError, match=f"{left.name}: a folder of this name .* found {strange}"):
        write_set(tmp_path, "new", overwrite=True)
    assert tree(tmp_path) == before


def test_what_is_laid_into_a_stage_while_it_is_at_work_stays(tmp_path: Path) -> None:
    with replacing(tmp_path / "x.json") as temporary:
        temporary.write_text("whole")
        (temporary.parents[1] / "mine.txt").write_text("mine")
    assert (stage_folder(tmp_path / "x.json") / "mine.txt").read_text() == "mine"
    assert (tmp_path / "x.json").read_text() == "whole"


@pytest.mark.parametrize("name", ["../outside.json", "/etc/x", "..", "a/b", ""])
def test_a_journal_from_a_stranger_reaches_no_other_folder(name: str, tmp_path: Path) -> None:
    left = stage_folder(tmp_path / "in" / "x.json")
    (left / "0").mkdir(parents=True)
    (left / "0" / "new").write_text("new")
    step = {"number": 0, "name": name, "overwrite": True, "is_removal": False}
    (left / "journal.json").write_text(json.dumps({"steps": [step], "others": ["../../elsewhere"], "first": None}))
    (left / "lock").touch()
    (tmp_path / "outside.json").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(InputError, match="journal cannot be understood"):
        settle(tmp_path / "in" / "x.json")
    assert tree(tmp_path) == before


def test_the_stages_of_other_folders_must_agree(tmp_path: Path) -> None:
    one, other = (stage_folder(tmp_path / folder / "x.json") for folder in ("in", "out"))
    step = {"number": 0, "name": "x.json", "overwrite": True, "is_removal": False}
    for folder in (one, other):
        (folder / "0").mkdir(parents=True)
        (folder / "0" / "x.json").write_text("new")
        (folder / "lock").touch()
    (tmp_path / "out" / "x.json").write_text("mine")
    told = {"steps": [step], "others": [os.path.relpath(other, one)], "first": None}
    (one / "journal.json").write_text(json.dumps(told))
    (other / "journal.json").write_text(json.dumps({"steps": [step], "others": [], "first": "../../third"}))
    settle(tmp_path / "in" / "x.json")
    assert (tmp_path / "in" / "x.json").read_text() == "new"
    assert (tmp_path / "out" / "x.json").read_text() == "mine"


def test_what_cannot_be_put_in_place_leaves_the_former_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_set(tmp_path, "old", overwrite=False)
    before, do, calls = tree(tmp_path), stage.Stage.do, iter(range(10))

    def failing(self: stage.Stage, step: stage.Step) -> None:
        if next(calls) == 3:
            raise PermissionError
        do(self, step)

    monkeypatch.setattr(stage.Stage, "do", failing)
    with pytest.raises(PermissionError):
        write_set(tmp_path, "new", overwrite=True)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("files", [1, 200])
def test_all_is_on_the_disk_before_anything_is_renamed(
    files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: said.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )
    sync_all, do = disk._sync_file_system, stage.Stage.do

    def syncing(path: Path) -> bool:
        said.append("all")
        return sync_all(path)

    def doing(self: stage.Stage, step: stage.Step) -> None:
        said.append("rename")
        do(self, step)

    monkeypatch.setattr(disk, "_sync_file_system", syncing)
    monkeypatch.setattr(stage.Stage, "do", doing)
    with replacing(tmp_path / "out") as temporary:
        temporary.mkdir()
        for number in range(files):
            (temporary / f"{number}").write_text("x")
    before, after = said[: said.index("rename")], said[said.index("rename") + 1 :]
    assert before == ["all"] if files > 64 else {"0", "out", MANIFEST} <= {*before}
    assert after == [tmp_path.name]


@pytest.mark.parametrize("ending", [".json", ""])
@pytest.mark.parametrize("letter", ["x", "肝"])
def test_the_longest_names_work(ending: str, letter: str, tmp_path: Path) -> None:
    room = 255 - len(ending)
    name = letter * (room // len(letter.encode())) + ending
    for _ in range(2):
        with replacing(tmp_path / name, overwrite=True) as temporary:
            if ending:
                temporary.write_text("whole")
            else:
                temporary.mkdir()
    assert (tmp_path / name).exists()


def test_the_manifest_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    for name, order in (("one", "abc"), ("two", "cab")):
        with replacing(tmp_path / name) as temporary:
            temporary.mkdir()
            for letter in order:
                (temporary / letter).write_text(letter)
            (temporary / "empty").mkdir()
    assert (tmp_path / "one" / MANIFEST).read_bytes() == (tmp_path / "two" / MANIFEST).read_bytes()
    told = json.loads((tmp_path / "one" / MANIFEST).read_bytes())
    assert told["files"]["a"] == [1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"]  # FIPS 180-4
    assert told["empty"] == ["empty/"]


def changes() -> Iterator[tuple[str, Callable[[Path], object]]]:
    yield "a file more", lambda folder: (folder / "more").touch()
    yield "an empty folder more", lambda folder: (folder / "more").mkdir()
    yield "another byte", lambda folder: (folder / "a").write_text("b")
    yield "a byte more", lambda folder: (folder / "a").write_text("aa")
    yield "a link", lambda folder: ((folder / "a").unlink(), (folder / "a").symlink_to("c"))
    yield "no manifest", lambda folder: (folder / MANIFEST).unlink()
    yield "another manifest", lambda folder: (folder / MANIFEST).write_text("{}")


@pytest.mark.parametrize(("what", "change"), list(changes()))
def test_a_folder_that_was_changed_is_not_replaced(what: str, change: Callable[[Path], object], tmp_path: Path) -> None:
    def write() -> None:
        with replacing(tmp_path / "out", overwrite=True) as temporary:
            temporary.mkdir()
            (temporary / "a").write_text("a")
            (temporary / "c").write_text("c")

    write()
    write()
    change(tmp_path / "out")
    before = tree(tmp_path)
    with pytest.raises(OutputExistsError):
        write()
    assert tree(tmp_path) == before, what
